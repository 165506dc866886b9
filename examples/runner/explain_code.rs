//! `explain-code`: the page of a finding's code.

use crate::say;
use clap::Args;
use std::process::ExitCode;

const PAGES: &str = include_str!("../../grammar/codes.md");

#[derive(Args)]
pub(crate) struct Options {
    /// The code, such as E105
    code: String,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, ExitCode> {
    let wanted = options.code.to_uppercase();
    let page = PAGES.split("\n## ").skip(1).find_map(|page| page.strip_prefix(wanted.as_str())?.strip_prefix('\n'));
    let Some(page) = page else {
        let codes: Vec<&str> = PAGES.split("\n## ").skip(1).filter_map(|p| p.lines().next()).collect();
        eprintln!("error: there is no code `{}`; there are {}", options.code, codes.join(", "));
        return Err(ExitCode::from(2));
    };
    say(&format!("{wanted}\n{}", page.trim_end()));
    Ok(ExitCode::SUCCESS)
}
