//! The record of a decision, format `entitle.record/1` (JSON Schema: `schemas/record.json`): enough to say later whether it still holds, and no more.
//!
//! ```text
//! { "format": "entitle.record/1", "engine": version, "policy_set": fingerprint, "as_of": date,
//!   "limits": { "regions": n, "steps": n }, "facts": PROFILE, "results": [ { "policy", "verdict", "not_proved",
//!   "because": [ { "condition": WORDS, "holds" } ], "missing": [fact], "amounts": [text|null] } ] }
//! ```
//!
//! `facts` has only what the policies can read on that day, in the form of a profile. The same input gives the same bytes.

use super::profile::{UnknownFields, profile_from_json};
use super::report::verdict;
use super::write::profile_to_json;
use crate::ids::{FieldId, PolicyId};
use crate::value::{Date, Language};
use crate::{Engine, Matches};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The record of all results of a match.
#[must_use]
pub fn record(matches: &Matches<'_>) -> Value {
    let rules = matches.rules();
    let model = rules.model();
    let all: Vec<PolicyId> = (0..model.policies.len()).map(PolicyId::of).collect();
    let mut keep: BTreeSet<FieldId> = rules.facts_read(&all).into_iter().collect();
    // Whether a policy is received already is read from these, whatever the conditions ask.
    for policy in &model.policies {
        keep.extend(["benefits", "recognitions"].iter().filter_map(|name| model.schema.field_named(policy.unit, name)));
    }
    json!({
        "format": "entitle.record/1",
        "engine": env!("CARGO_PKG_VERSION"),
        "policy_set": rules.fingerprint(),
        "as_of": rules.as_of().to_string(),
        "limits": { "regions": rules.limits().regions, "steps": rules.limits().steps },
        "facts": profile_to_json(&model.schema, matches.profile(), &keep),
        "results": results(matches),
    })
}

fn results(matches: &Matches<'_>) -> Vec<Value> {
    let model = matches.rules().model();
    let explanations = matches.explanations();
    explanations
        .iter()
        .filter_map(|(id, explanation)| Some((model.policies.get(id.index())?, explanation)))
        .map(|(policy, explanation)| {
            let because: Vec<Value> = explanation
                .because
                .iter()
                .map(|r| {
                    let words = &r.wording.condition;
                    let words = json!({ "zh": words.get(Language::Zh), "en": words.get(Language::En) });
                    json!({ "condition": words, "holds": r.holds })
                })
                .collect();
            let missing: Vec<&str> = explanation
                .missing
                .iter()
                .filter_map(|m| model.schema.field(m.field))
                .map(|f| f.name.id.as_str())
                .collect();
            let amounts: Vec<Option<String>> =
                explanation.amounts.iter().map(|a| a.value.map(|(n, _)| n.to_string())).collect();
            json!({
                "policy": policy.name.id, "verdict": verdict(explanation.verdict), "not_proved": explanation.not_proved,
                "because": because, "missing": missing, "amounts": amounts,
            })
        })
        .collect()
}

/// Runs a record again and says, in English, what differs; empty when it still holds.
///
/// # Errors
/// When the text is not a record of this format, or its facts do not fit the policies' vocabulary.
pub fn verify(engine: &Engine, text: &[u8]) -> Result<Vec<String>, String> {
    let old: Value = serde_json::from_slice(text).map_err(|e| format!("not JSON: {e}"))?;
    let part = |name: &str| old.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    if part("format") != "entitle.record/1" {
        return Err("not a record of the format entitle.record/1".to_owned());
    }
    let day: Date = part("as_of").parse().map_err(|_| "the record's as-of date is not a date".to_owned())?;
    let facts = old.get("facts").map(ToString::to_string).unwrap_or_default();
    let (profile, _) = profile_from_json(engine.schema(), facts.as_bytes(), UnknownFields::Reject)
        .map_err(|e| format!("the facts of the record do not fit the vocabulary\n{e}"))?;
    let rules = engine.at(day).map_err(|e| e.to_string())?;
    let matches = rules.match_profile(&profile).map_err(|e| e.to_string())?;
    let new = record(&matches);
    let mut differences = Vec::new();
    for name in ["engine", "policy_set"] {
        let (was, is) = (part(name), new.get(name).and_then(Value::as_str).unwrap_or_default().to_owned());
        if was != is {
            differences.push(format!("{name}: was {was}, is {is}"));
        }
    }
    let list = |value: &Value| value.get("results").and_then(Value::as_array).cloned().unwrap_or_default();
    let (was, is) = (list(&old), list(&new));
    let name = |result: &Value| result.get("policy").and_then(Value::as_str).unwrap_or_default().to_owned();
    for result in &was {
        let policy = name(result);
        match is.iter().find(|r| name(r) == policy) {
            None => differences.push(format!("{policy}: is not in the policy set any more")),
            Some(now) => {
                for key in ["verdict", "not_proved", "because", "missing", "amounts"] {
                    if result.get(key) != now.get(key) {
                        let text = |v: Option<&Value>| v.map(ToString::to_string).unwrap_or_default();
                        differences.push(format!(
                            "{policy}: {key} was {}, is {}",
                            text(result.get(key)),
                            text(now.get(key))
                        ));
                    }
                }
            }
        }
    }
    for result in is.iter().filter(|r| !was.iter().any(|w| name(w) == name(r))) {
        differences.push(format!("{}: was not in the policy set", name(result)));
    }
    Ok(differences)
}
