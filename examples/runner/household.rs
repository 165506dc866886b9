//! The household a command is about: its profile and the day.

use crate::today;
use clap::Args;
use entitle::profile::Profile;
use entitle::value::Date;
use entitle::wire::json::{UnknownFields, profile_from_json};
use entitle::{Engine, Matches, Rules};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Household {
    /// The profile, a JSON file; `-` reads standard input
    #[arg(long)]
    pub(crate) profile: PathBuf,
    /// The day the rules are taken as of, YYYY-MM-DD; today where not given
    #[arg(long)]
    pub(crate) as_of: Option<Date>,
    /// Report facts that the vocabulary does not have instead of refusing the profile
    #[arg(long)]
    pub(crate) allow_unknown_fields: bool,
}

impl Household {
    pub(crate) fn read(&self, engine: &Engine) -> Result<Profile, ExitCode> {
        let text =
            bytes(&self.profile).map_err(|e| fail(&format!("{} cannot be read: {e}", self.profile.display())))?;
        let unknown = if self.allow_unknown_fields { UnknownFields::Report } else { UnknownFields::Reject };
        let (profile, notices) = profile_from_json(engine.schema(), &text, unknown)
            .map_err(|e| fail(&format!("the profile does not fit the vocabulary\n{e}")))?;
        for notice in notices {
            eprintln!("left out: {notice}");
        }
        Ok(profile)
    }

    pub(crate) fn rules(&self, engine: &Engine) -> Result<Rules, ExitCode> {
        engine.at(self.as_of.unwrap_or_else(today)).map_err(|e| fail(&e.to_string()))
    }

    pub(crate) fn matches<'r>(rules: &'r Rules, profile: &'r Profile) -> Result<Matches<'r>, ExitCode> {
        rules.match_profile(profile).map_err(|e| fail(&e.to_string()))
    }
}

fn fail(message: &str) -> ExitCode {
    eprintln!("error: {message}");
    ExitCode::from(1)
}

fn bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    if path.as_os_str() == "-" {
        let mut text = Vec::new();
        std::io::stdin().take(8 << 20).read_to_end(&mut text)?;
        return Ok(text);
    }
    std::fs::read(path)
}
