//! What stands beside a result: lists as CSV, and how far a scan came.

use super::broken;
use super::summary::Looked;
use entitle::Rules;
use entitle::ids::PolicyId;
use entitle::schema::Schema;
use entitle::value::Language;
use entitle::wire::population::lists::{Lists, Top};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A file beside the result: `city.parquet` has `city.rejects.ndjson`.
pub(super) fn beside(output: &Path, ending: &str) -> PathBuf {
    output.with_extension(ending)
}

pub(super) fn text(path: &Path, text: &str) -> Result<(), ExitCode> {
    std::fs::write(path, text).map_err(|e| broken(&path.display().to_string(), &e))
}

/// The lists as CSV, with a mark that spreadsheets read UTF-8 by; near misses and what turns where they were looked for.
pub(super) fn lists(output: &Path, rules: &Rules, (lists, looked): (&Lists, Looked)) -> Result<(), ExitCode> {
    let all =
        [("missed", &lists.missed, true), ("near", &lists.near, looked.near), ("turns", &lists.turns, looked.turns)];
    for (name, list, wanted) in all {
        let path = beside(output, &format!("{name}.csv"));
        if !wanted {
            // What an earlier scan left there is not of this one.
            let _ = std::fs::remove_file(&path);
            continue;
        }
        text(&path, &list_csv(rules, list))?;
    }
    Ok(())
}

fn list_csv(rules: &Rules, list: &BTreeMap<PolicyId, Top>) -> String {
    let schema = &rules.model().schema;
    let mut writer = csv::Writer::from_writer(b"\xef\xbb\xbf".to_vec());
    let header = ["policy", "title", "order", "id", "household", "district", "need", "hangs_on", "reason", "turns"];
    let _ = writer.write_record(header);
    for (id, top) in list {
        let Some(policy) = rules.model().policies.get(id.index()) else { continue };
        for (order, entry) in top.iter().enumerate() {
            let (code, hinge) =
                entry.hinge.clone().map_or((String::new(), String::new()), |(c, h)| (c.to_string(), h.to_string()));
            let _ = writer.write_record([
                policy.name.id.clone(),
                policy.name.get(Language::Zh),
                (order + 1).to_string(),
                entry.id.to_string(),
                entry.household.to_string(),
                district(schema, entry.district, Language::Zh),
                entry.need().map_or_else(String::new, |n| n.to_string()),
                hinge,
                code,
                if entry.begins { "begins" } else { "" }.to_owned(),
            ]);
        }
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

/// The name of a district.
pub(super) fn district(schema: &Schema, at: Option<u32>, language: Language) -> String {
    let tree = schema.fields.iter().find_map(|f| match f.ty {
        entitle::schema::FieldType::Symbol(e) if ["residence", "hukou"].contains(&f.name.id.as_str()) => Some(e),
        _ => None,
    });
    let symbol = tree.zip(at).and_then(|(e, at)| schema.symbol(e, at));
    symbol.map_or_else(String::new, |s| s.name.get(language))
}

/// How far a scan came, kept beside its result.
pub(super) struct Progress {
    path: PathBuf,
    about: Value,
}

impl Progress {
    /// `about` is all that decides the result.
    pub(super) fn of(about: Value, output: &Path) -> Self {
        Self { path: beside(output, "progress.json"), about }
    }

    /// The households that an earlier scan did, and its lists.
    pub(super) fn resume(&self, lists: &mut Lists) -> Result<u64, ExitCode> {
        let wrong = |what: &str| {
            eprintln!("error: {}: {what}", self.path.display());
            ExitCode::from(1)
        };
        let text = std::fs::read_to_string(&self.path).map_err(|_| wrong("there is no scan to go on with"))?;
        let state: Value = serde_json::from_str(&text).map_err(|_| wrong("it is not a scan's progress"))?;
        if state.get("about") != Some(&self.about) {
            return Err(wrong(
                "the earlier scan was of another population, other policies or another day, or with another --details, \
                 --margin, --exact, --within or --id: say these as they were, or scan anew without --resume",
            ));
        }
        if state.get("complete") == Some(&json!(true)) {
            return Err(wrong("the earlier scan is complete"));
        }
        let kept = state.get("lists").and_then(|v| Lists::from_json(v, lists.top()));
        *lists = kept.ok_or_else(|| wrong("it is not a scan's progress"))?;
        state.get("households").and_then(Value::as_u64).ok_or_else(|| wrong("it is not a scan's progress"))
    }

    pub(super) fn write(&self, households: u64, complete: bool, lists: &Lists) -> Result<(), ExitCode> {
        // Once it is complete there is nothing to go on with, and the lists stand in files of their own.
        let lists = if complete { Value::Null } else { lists.to_json() };
        let state = json!({ "about": self.about, "households": households, "complete": complete, "lists": lists });
        text(&self.path, &state.to_string())
    }
}
