//! `check`: every finding of every file.

use crate::{Common, Format, colour, draw, say, watch};
use clap::Args;
use entitle::Engine;
use entitle::diagnostic::Level;
use entitle::ids::PolicyId;
use entitle::lint;
use entitle::value::Language;
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
    let (mut findings, sources) = Engine::findings_of(&common.paths).map_err(|error| {
        eprintln!("error: {error}");
        ExitCode::from(1)
    })?;
    let wrong = findings.iter().any(|f| f.level == Level::Error);
    // Warnings are about what the text means, so they wait until it means something.
    let engine = if wrong { None } else { Some(common.open()?) };
    if let Some(engine) = &engine {
        findings.extend(match changed {
            None => engine.lint(),
            Some(files) => engine.lint_of(&watch::touched(engine, files)),
        });
    }
    if common.format == Format::Json {
        let list: Vec<serde_json::Value> = findings
            .iter()
            .map(|f| {
                let (line, column) = sources.line_column(f.span);
                serde_json::json!({
                    "code": f.code.id, "level": if f.level == Level::Error { "error" } else { "warning" },
                    "file": sources.get(f.span.file).map(|s| s.name.clone()), "line": line, "column": column,
                    "bytes": [f.span.start, f.span.end], "message": f.message, "label": f.label, "help": f.help,
                })
            })
            .collect();
        say(&serde_json::json!({ "format": "entitle.findings/1", "findings": list }).to_string());
    } else {
        let drawn = draw::findings(&findings, &sources, colour());
        if !drawn.is_empty() {
            say(drawn.trim_end());
            say("");
        }
        let files = sources.iter().count();
        let Some(engine) = engine else {
            say(&draw::summary(&findings));
            return Ok(ExitCode::from(1));
        };
        if options.figures {
            figures(&engine, common.language());
        }
        let policies = engine.model().policies.iter().filter(|p| p.written).count();
        say(&format!("{policies} policies in {files} files: {}", draw::summary(&findings)));
    }
    Ok(ExitCode::from(u8::from(wrong)))
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
