//! `record` writes the record of a decision; `verify-record` runs one again.

use crate::{Common, Household, say};
use clap::Args;
use entitle::wire::json::record;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    household: Household,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, ExitCode> {
    let engine = options.common.open()?;
    let profile = options.household.read(&engine)?;
    let rules = options.household.rules(&engine)?;
    let matches = Household::matches(&rules, &profile)?;
    say(&serde_json::to_string_pretty(&record::record(&matches)).unwrap_or_default());
    Ok(ExitCode::SUCCESS)
}

#[derive(Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    common: Common,
    /// The record
    #[arg(long)]
    record: PathBuf,
}

pub(crate) fn verify(options: &Verify) -> Result<ExitCode, ExitCode> {
    let engine = options.common.open()?;
    let fail = |message: String| {
        eprintln!("error: {message}");
        ExitCode::from(1)
    };
    let text = std::fs::read(&options.record).map_err(|e| fail(format!("{}: {e}", options.record.display())))?;
    let differences = record::verify(&engine, &text).map_err(fail)?;
    if differences.is_empty() {
        say("the record holds: the same rules, the same facts, the same results");
        return Ok(ExitCode::SUCCESS);
    }
    for difference in differences {
        say(&difference);
    }
    Ok(ExitCode::from(1))
}
