//! `export`: the policies of a day as one SQL statement, and the tables it reads.

use crate::{Common, Format, Lang, say, today};
use clap::{Args, ValueEnum};
use entitle::ids::PolicyId;
use entitle::value::Date;
use entitle::wire::json::{UnknownFields, profile_from_json};
use entitle::wire::sql;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Options {
    /// Policy files, or folders that are searched for `*.policy`
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// What to write
    #[arg(long, value_enum, default_value_t = Target::Sql)]
    format: Target,
    /// The day the rules are of; today if not given
    #[arg(long)]
    as_of: Option<Date>,
    /// Where to write; printed if not given
    #[arg(short, long)]
    output: Option<PathBuf>,
    /// Which database reads it
    #[arg(long, value_enum, default_value_t = Dialect::Sqlite)]
    dialect: Dialect,
    /// How a date stands in its column
    #[arg(long, value_enum, default_value_t = Dates::Iso)]
    dates: Dates,
    /// How a value of an enum stands in its column
    #[arg(long, value_enum, default_value_t = Enums::Names)]
    enums: Enums,
    /// Only these policies
    #[arg(long = "policy")]
    policies: Vec<String>,
    /// Write the statements that make the tables instead
    #[arg(long, conflicts_with = "profile")]
    schema: bool,
    /// Write the statements that put this profile into the tables instead
    #[arg(long)]
    profile: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Target {
    Sql,
}

#[derive(Clone, Copy, ValueEnum)]
enum Dialect {
    Sqlite,
    Duckdb,
}

#[derive(Clone, Copy, ValueEnum)]
enum Dates {
    Iso,
    Days,
}

#[derive(Clone, Copy, ValueEnum)]
enum Enums {
    Names,
    Positions,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, ExitCode> {
    let Target::Sql = options.format;
    let common = Common { paths: options.paths.clone(), key: Vec::new(), lang: Lang::En, format: Format::Text };
    let engine = common.open()?;
    let fail = |error: String| {
        eprintln!("error: {error}");
        ExitCode::from(1)
    };
    let form = sql::Options {
        dialect: match options.dialect {
            Dialect::Sqlite => sql::Dialect::Sqlite,
            Dialect::Duckdb => sql::Dialect::DuckDb,
        },
        dates: match options.dates {
            Dates::Iso => sql::Dates::Iso,
            Dates::Days => sql::Dates::Days,
        },
        enums: match options.enums {
            Enums::Names => sql::Enums::Names,
            Enums::Positions => sql::Enums::Positions,
        },
    };
    let rules = engine.at(options.as_of.unwrap_or_else(today)).map_err(|e| fail(e.to_string()))?;
    if let Some(path) = &options.profile {
        let bytes = std::fs::read(path).map_err(|e| fail(format!("{} cannot be read: {e}", path.display())))?;
        let (profile, _) =
            profile_from_json(engine.schema(), &bytes, UnknownFields::Reject).map_err(|e| fail(e.to_string()))?;
        return write(options, &sql::rows(engine.schema(), form, &profile, 0, true).0);
    }
    let policies: Vec<PolicyId> = if options.policies.is_empty() {
        rules.bound().graph.entries().iter().map(|e| e.policy).collect()
    } else {
        let known = |id: &String| engine.policy(id).ok_or_else(|| fail(format!("there is no policy `{id}`")));
        options.policies.iter().map(known).collect::<Result<_, _>>()?
    };
    let statement = sql::statement_of(&rules, form, &policies);
    if options.schema {
        return write(options, &statement.schema);
    }
    for refusal in &statement.refused {
        let policy = engine.model().policies.get(refusal.policy.index()).map_or("", |p| p.name.id.as_str());
        eprintln!("warning: `{policy}` is not in the statement: {}", refusal.reason);
    }
    eprintln!(
        "{} policies; {} refused, {} not in force",
        statement.policies.len(),
        statement.refused.len(),
        statement.not_in_force.len()
    );
    write(options, &statement.sql)
}

fn write(options: &Options, text: &str) -> Result<ExitCode, ExitCode> {
    match &options.output {
        None => say(text.trim_end()),
        Some(path) => std::fs::write(path, text).map_err(|e| {
            eprintln!("error: {} cannot be written: {e}", path.display());
            ExitCode::from(1)
        })?,
    }
    Ok(ExitCode::SUCCESS)
}
