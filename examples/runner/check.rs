//! `check`: every finding of every file.

use crate::{Common, Format, colour, draw, say, watch};
use clap::Args;
use entitle::Engine;
use entitle::diagnostic::{Diagnostic, Level};
use entitle::ids::{FieldId, PolicyId};
use entitle::lint::{self, Finding};
use entitle::value::{Date, Language};
use entitle::wire::json::write::profile_to_json;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    common: Common,
    /// Also list the figures whose last known value ends, and the policies that stay open after that
    #[arg(long)]
    figures: bool,
    /// Also show the warnings that an `allow` explains, with the reasons
    #[arg(long)]
    allowed: bool,
    /// The day from which periods are over (default: today)
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,
    /// Check again whenever a file is saved: all errors, and the warnings about the policies of that file
    #[arg(long, conflicts_with = "figures")]
    watch: bool,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, ExitCode> {
    if options.watch {
        let common = &options.common;
        return watch::watch(&common.paths, common.language(), &mut |changed| {
            let _ = once(options, changed);
        });
    }
    once(options, None)
}

/// Checks everything, or what can have changed with these files.
fn once(options: &Options, changed: Option<&BTreeSet<PathBuf>>) -> Result<ExitCode, ExitCode> {
    let common = &options.common;
    if let Some(pack) = common.pack() {
        eprintln!(
            "error: {}: a pack was checked when it was made, and holds no text; `verify` says whether it is whole",
            pack.display()
        );
        return Err(ExitCode::from(2));
    }
    // Warnings are about what the text means, so they wait until it means something.
    let (errors, sources, engine) = match Engine::open(&common.paths) {
        Ok(engine) => (engine.findings().to_vec(), engine.sources().clone(), Some(engine)),
        Err(error) => match error.sources() {
            Some(sources) => (error.findings().to_vec(), sources.clone(), None),
            None => {
                eprintln!("error: {error}");
                return Err(ExitCode::from(1));
            }
        },
    };
    let mut findings: Vec<Finding> = errors.into_iter().map(plain).collect();
    if let Some(engine) = &engine {
        findings.extend(match changed {
            None => engine.analyse(Some(options.as_of.unwrap_or_else(crate::today))),
            Some(files) => engine.analyse_of(&watch::touched(engine, files)),
        });
    }
    let allowed = findings.iter().filter(|f| f.silenced.is_some()).count();
    findings.retain(|f| options.allowed || f.silenced.is_none());
    if common.format == Format::Json {
        let list: Vec<serde_json::Value> = findings
            .iter()
            .map(|finding| {
                let f = &finding.diagnostic;
                let (line, column) = sources.line_column(f.span);
                let mut object = serde_json::json!({
                    "code": f.code.id, "level": if f.level == Level::Error { "error" } else { "warning" },
                    "file": sources.get(f.span.file).map(|s| s.name.clone()), "line": line, "column": column,
                    "bytes": [f.span.start, f.span.end], "message": f.message, "label": f.label, "help": f.help,
                });
                if let (Some(witness), Some(engine)) = (&finding.witness, &engine) {
                    let shown =
                        serde_json::json!({ "on": witness.on.to_string(), "profile": household(engine, witness) });
                    crate::put(&mut object, "witness", shown);
                }
                if let Some(reason) = &finding.silenced {
                    crate::put(&mut object, "allowed", serde_json::json!(reason.get(common.language())));
                }
                object
            })
            .collect();
        say(&serde_json::json!({ "format": "entitle.findings/1", "findings": list }).to_string());
    } else {
        let shown: Vec<Diagnostic> =
            findings.iter().map(|f| with_witness(f, engine.as_ref(), common.language())).collect();
        let drawn = draw::findings(&shown, &sources, colour());
        if !drawn.is_empty() {
            say(drawn.trim_end());
            say("");
        }
        let files = sources.iter().count();
        let open: Vec<Diagnostic> =
            findings.into_iter().filter(|f| f.silenced.is_none()).map(|f| f.diagnostic).collect();
        let Some(engine) = &engine else {
            say(&draw::summary(&open));
            return Ok(ExitCode::from(1));
        };
        if options.figures {
            figures(engine, common.language());
        }
        let policies = engine.model().policies.iter().filter(|p| p.written).count();
        let explained = if allowed == 0 { String::new() } else { format!(", {allowed} explained") };
        say(&format!("{policies} policies in {files} files: {}{explained}", draw::summary(&open)));
    }
    Ok(ExitCode::from(u8::from(engine.is_none())))
}

fn plain(diagnostic: Diagnostic) -> Finding {
    Finding { diagnostic, policy: None, names: Vec::new(), witness: None, silenced: None }
}

/// The finding as it is drawn: with the household that shows it, and the reason for which it is allowed.
fn with_witness(finding: &Finding, engine: Option<&Engine>, language: Language) -> Diagnostic {
    let mut drawn = finding.diagnostic.clone();
    let mut help: Vec<String> = drawn.help.take().into_iter().collect();
    if let (Some(witness), Some(engine)) = (&finding.witness, engine) {
        help.push(format!("shown on {} by {}", witness.on, household(engine, witness)));
    }
    if let Some(reason) = &finding.silenced {
        help.push(format!("allowed: {}", reason.get(language)));
    }
    drawn.help = Some(help.join("\n")).filter(|h| !h.is_empty());
    drawn
}

fn household(engine: &Engine, witness: &lint::Witness) -> serde_json::Value {
    let all: BTreeSet<FieldId> = (0..engine.schema().fields.len()).map(FieldId::of).collect();
    profile_to_json(engine.schema(), &witness.profile, &all)
}

/// The figures whose last known value ends, by that day.
fn figures(engine: &Engine, language: Language) {
    let model = engine.model();
    for (id, to) in lint::ending_figures(model) {
        let Some(parameter) = model.parameters.get(id.index()) else { continue };
        let after = to.add_days(1).and_then(|day| engine.at(day).ok());
        let open: Vec<&str> = model
            .policies
            .iter()
            .enumerate()
            .filter(|(i, p)| p.written && after.as_ref().is_some_and(|r| r.reads_figure(PolicyId::of(*i), id)))
            .map(|(_, p)| p.name.id.as_str())
            .collect();
        let name = parameter.name.get(language);
        say(&match language {
            Language::Zh => format!("{to} 之后没有数值：{name}（{}）", open.join("、")),
            Language::En => format!("no value after {to}: {name} ({})", open.join(", ")),
        });
    }
}
