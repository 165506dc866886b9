//! The authors' tool: checks policies, matches a profile, runs scenarios, prints the schema of a profile.
//!
//! Exit status: 0 fine, 1 the policies or the data are wrong, 2 wrong usage.

mod advise;
mod ask;
mod check;
mod diff;
mod draw;
mod explain_code;
mod export;
mod format;
mod household;
mod matching;
mod page;
mod record;
mod schema;
mod test;

use clap::{Args, Parser, Subcommand, ValueEnum};
use entitle::Engine;
use entitle::value::{Date, Language};
use household::Household;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

#[derive(Parser)]
#[command(name = "runner", about = "Checks, matches and tests assistance policies", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Parse and check policies; all findings, with positions
    Check(check::Options),
    /// Lay out policy files, or print them in the other language
    Fmt(format::Options),
    /// Say what changed in meaning between two policy sets, with households that show it
    Diff(diff::Options),
    /// Say what a finding's code means
    ExplainCode(explain_code::Options),
    /// Match a profile against every policy, with reasons
    Match(matching::Options),
    /// Say what to apply for, what still matters, what it would take, and when verdicts change
    Advise(advise::Options),
    /// Interview a household: ask what settles most, until nothing more can change
    Ask(ask::Options),
    /// Write the record of a decision
    Record(record::Options),
    /// Run a record again and say whether it still holds
    VerifyRecord(record::Verify),
    /// Run the scenarios in the policies, and report which conditions they cover
    Test(Common),
    /// Print the JSON Schema of a profile
    Schema(Common),
    /// Write the conditions of all policies as one SQL statement with the same three-valued answers
    Export(export::Options),
}

/// What every command takes.
#[derive(Args)]
struct Common {
    /// Policy files, or folders that are searched for `*.policy`
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// The language of sentences
    #[arg(long, value_enum, default_value_t = Lang::Zh)]
    lang: Lang,
    /// How results are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Lang {
    Zh,
    En,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Format {
    Text,
    Json,
    /// One self-contained page; for `match`
    Html,
}

impl Common {
    fn language(&self) -> Language {
        match self.lang {
            Lang::Zh => Language::Zh,
            Lang::En => Language::En,
        }
    }

    /// Opens the policies, or draws what is wrong with them.
    fn open(&self) -> Result<Engine, ExitCode> {
        Engine::open(&self.paths).map_err(|error| {
            match error.sources() {
                Some(sources) => {
                    eprint!("{}", draw::findings(error.findings(), sources, std::io::stderr().is_terminal()));
                    eprintln!("{}", draw::summary(error.findings()));
                }
                None => eprintln!("error: {error}"),
            }
            ExitCode::from(1)
        })
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match &cli.command {
        Command::Check(options) => check::run(options),
        Command::Fmt(options) => format::run(options),
        Command::Diff(options) => diff::run(options),
        Command::ExplainCode(options) => explain_code::run(options),
        Command::Match(options) => matching::run(options),
        Command::Advise(options) => advise::run(options),
        Command::Ask(options) => ask::run(options),
        Command::Record(options) => record::run(options),
        Command::VerifyRecord(options) => record::verify(options),
        Command::Test(common) => test::run(common),
        Command::Schema(common) => schema::run(common),
        Command::Export(options) => export::run(options),
    };
    result.unwrap_or_else(|code| code)
}

/// Today in UTC: the day is only a default, and results name the day they are for.
fn today() -> Date {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    i64::try_from(seconds / 86_400).ok().and_then(Date::from_days).unwrap_or(Date::FIRST)
}

/// Prints a line and stops quietly when nobody reads any more, as when piped into `head`.
fn say(text: &str) {
    use std::io::Write as _;
    if writeln!(std::io::stdout(), "{text}").is_err() {
        std::process::exit(0);
    }
}

/// Whether to use colour: on a terminal, unless `NO_COLOR` is set.
fn colour() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}
