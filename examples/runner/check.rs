//! `check`: every finding of every file.

use crate::{Common, Format, colour, draw, say};
use entitle::Engine;
use entitle::diagnostic::Level;
use std::process::ExitCode;

pub(crate) fn run(common: &Common) -> Result<ExitCode, ExitCode> {
    let (mut findings, sources) = Engine::findings_of(&common.paths).map_err(|error| {
        eprintln!("error: {error}");
        ExitCode::from(1)
    })?;
    let wrong = findings.iter().any(|f| f.level == Level::Error);
    // Warnings are about what the text means, so they wait until it means something.
    let engine = if wrong { None } else { Some(common.open()?) };
    if let Some(engine) = &engine {
        findings.extend(engine.lint());
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
        let policies = engine.model().policies.iter().filter(|p| p.written).count();
        say(&format!("{policies} policies in {files} files: {}", draw::summary(&findings)));
    }
    Ok(ExitCode::from(u8::from(wrong)))
}
