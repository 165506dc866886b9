//! The authors' tool: checks policies, matches a profile, runs scenarios, prints the schema of a profile.
//!
//! Exit status: 0 fine, 1 the policies or the data are wrong, 2 wrong usage.

mod advise;
mod answer;
mod ask;
mod check;
mod depends;
mod diff;
mod draw;
mod explain_code;
mod export;
mod format;
mod graph;
mod household;
mod matching;
mod packs;
mod page;
mod picture;
#[cfg(feature = "population")]
mod population;
mod record;
mod schema;
mod svg;
mod test;
mod uncovered;
mod watch;

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
    /// Write policies as one file that loads in milliseconds, signed where wanted; or make a key pair
    Pack(packs::Options),
    /// Say what a pack holds and whether it would be loaded
    Verify(packs::Verify),
    /// Run the scenarios in the policies, and report what they cover and which slips they would notice
    Test(test::Options),
    /// Draw the conditions of a policy, or how policies depend on one another
    Graph(graph::Options),
    /// Print the schema of a profile (JSON Schema, or the Arrow schema of a population), or of a form that comes out
    Schema(schema::Options),
    /// Write the conditions of all policies as one SQL statement with the same three-valued answers
    Export(export::Options),
    /// Draw a synthetic city; needs the feature `population`
    #[cfg(feature = "population")]
    Synth(population::synth::Options),
    /// Match a whole population against every policy; needs the feature `population`
    #[cfg(feature = "population")]
    Scan(population::scan::Options),
    /// Draw a synthetic city; needs the feature `population`
    #[cfg(not(feature = "population"))]
    Synth(Absent),
    /// Match a whole population against every policy; needs the feature `population`
    #[cfg(not(feature = "population"))]
    Scan(Absent),
}

/// A command that this build has not: reading and writing Parquet takes a while to compile, and most never need it.
#[cfg(not(feature = "population"))]
#[derive(Args)]
#[command(disable_help_flag = true)]
struct Absent {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

#[cfg(not(feature = "population"))]
impl Absent {
    fn say(&self) -> Result<ExitCode, ExitCode> {
        let rest = self.rest.join(" ");
        eprintln!(
            "error: this needs the feature `population`: cargo run --release --features population --example runner -- … {rest}"
        );
        Err(ExitCode::from(2))
    }
}

/// What every command takes.
#[derive(Args)]
struct Common {
    /// Policy files, or folders that are searched for `*.policy`; or one pack, whose name ends in `.pack`
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// For a pack: demand a signature by this public key (PEM); may be given several times
    #[arg(long, value_name = "PUB")]
    key: Vec<PathBuf>,
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
    /// The Arrow schema; for `schema`
    Arrow,
}

impl Lang {
    const fn language(self) -> Language {
        match self {
            Self::Zh => Language::Zh,
            Self::En => Language::En,
        }
    }
}

impl Common {
    fn language(&self) -> Language {
        self.lang.language()
    }

    /// Opens the policies or the pack, or draws what is wrong with them.
    fn open(&self) -> Result<Engine, ExitCode> {
        if let Some(pack) = self.pack() {
            if self.paths.len() > 1 {
                eprintln!("error: a pack is a whole policy set, and nothing can be opened beside it");
                return Err(ExitCode::from(2));
            }
            return packs::open(pack, &self.key, self.language());
        }
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
        Command::Pack(options) => packs::run(options),
        Command::Verify(options) => packs::verify(options),
        Command::Test(options) => test::run(options),
        Command::Graph(options) => graph::run(options),
        Command::Schema(options) => schema::run(options),
        Command::Export(options) => export::run(options),
        #[cfg(feature = "population")]
        Command::Synth(options) => population::synth::run(options),
        #[cfg(feature = "population")]
        Command::Scan(options) => population::scan::run(options),
        #[cfg(not(feature = "population"))]
        Command::Synth(absent) | Command::Scan(absent) => absent.say(),
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

/// Puts one more member into a JSON object.
fn put(object: &mut serde_json::Value, key: &str, value: serde_json::Value) {
    if let Some(members) = object.as_object_mut() {
        members.insert(key.to_owned(), value);
    }
}

/// Whether to use colour: on a terminal, unless `NO_COLOR` is set.
fn colour() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}
