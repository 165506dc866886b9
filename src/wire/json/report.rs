//! Results as JSON, format `entitle.match/1`; its JSON Schema is `schemas/match.json`.
//!
//! ```text
//! { "format": "entitle.match/1", "as_of": date, "policy_set": fingerprint, "preliminary": true, "results": [ RESULT ] }
//! RESULT  = { "policy", "title": WORDS, "category", "department", "verdict", "group", "already_received",
//!             "because": [REASON], "open": [REASON], "missing": [MISSING], "parameters_without_value": [id],
//!             "not_proved", "amounts": [AMOUNT], "sources": [WORDS], "status", "apply_at": [id], "bring": [id] }
//! REASON  = { "condition": WORDS, "within": [WORDS], "holds": true|false|null, "about": [{ "list": WORDS, "entry" }],
//!             "actual", "comparison", "required", "distance", "source", "facts": [{ "fact", "record", "value" }] }
//! MISSING = { "fact", "title": WORDS, "record", "judged", "held_by" }
//! AMOUNT  = { "benefit", "kind", "value", "unit": WORDS, "steps": [{ "what": WORDS, "value" }] }
//! WORDS   = { "zh", "en" }
//! ```
//!
//! `verdict` is `eligible`, `ineligible`, `undetermined` or `not_in_force`. `group` is how an advisor sorts them:
//! `eligible`, `subject_to_assessment` (only a caseworker's assessment is missing), `undetermined`, `already_received`,
//! `ineligible`, `not_in_force`. Numbers are texts, so that no reader turns them into floats.

use crate::Matches;
use crate::checked::{Model, Status};
use crate::ids::PolicyId;
use crate::schema::Provenance;
use crate::value::{Label, Language, Words};
use crate::verdict::{Comparison, Verdict};
use crate::why::{Amount, Explanation, FactRead, Missing, Reason, Shown};
use serde_json::{Value, json};

/// How an advisor sorts the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// It applies.
    Eligible,
    /// What can be checked is met; a caseworker's assessment is missing.
    SubjectToAssessment,
    /// Facts are missing.
    Undetermined,
    /// The profile says that it is already received.
    AlreadyReceived,
    /// It does not apply.
    Ineligible,
    /// It is not in force on that day.
    NotInForce,
}

impl Group {
    /// The group of a result.
    #[must_use]
    pub fn of(explanation: &Explanation, received: bool) -> Self {
        let judged = !explanation.missing.is_empty()
            && explanation.missing.iter().all(|m| m.judged)
            && explanation.parameters.is_empty()
            && !explanation.not_proved;
        match explanation.verdict {
            Verdict::NotInForce => Self::NotInForce,
            _ if received => Self::AlreadyReceived,
            Verdict::Eligible => Self::Eligible,
            Verdict::Ineligible => Self::Ineligible,
            Verdict::Undetermined if judged => Self::SubjectToAssessment,
            Verdict::Undetermined => Self::Undetermined,
        }
    }

    /// Its name in JSON.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Eligible => "eligible",
            Self::SubjectToAssessment => "subject_to_assessment",
            Self::Undetermined => "undetermined",
            Self::AlreadyReceived => "already_received",
            Self::Ineligible => "ineligible",
            Self::NotInForce => "not_in_force",
        }
    }
}

/// The whole match as JSON; policies that nobody has written yet are left out.
#[must_use]
pub fn report(matches: &Matches<'_>) -> Value {
    let rules = matches.rules();
    let results: Vec<Value> =
        matches.explanations().iter().map(|(id, explanation)| explained(matches, *id, explanation)).collect();
    json!({
        "format": "entitle.match/1",
        "as_of": rules.as_of().to_string(),
        "policy_set": rules.fingerprint(),
        "preliminary": true,
        "results": results,
    })
}

/// One policy's result as JSON.
#[must_use]
pub fn result(matches: &Matches<'_>, id: PolicyId) -> Value {
    explained(matches, id, &matches.explain(id))
}

fn explained(matches: &Matches<'_>, id: PolicyId, explanation: &Explanation) -> Value {
    let model = matches.rules().model();
    let received = matches.received(id);
    let Some(policy) = model.policies.get(id.index()) else { return Value::Null };
    let label = |l: &Option<Label>| l.as_ref().map(|l| l.id.clone());
    let ids = |all: &[Label]| all.iter().map(|l| l.id.clone()).collect::<Vec<_>>();
    json!({
        "policy": policy.name.id,
        "title": words(&policy.title),
        "category": label(&policy.category),
        "department": label(&policy.department),
        "verdict": verdict(explanation.verdict),
        "group": Group::of(explanation, received).id(),
        "already_received": received,
        "because": explanation.because.iter().map(|r| reason(r, model)).collect::<Vec<_>>(),
        "open": explanation.open.iter().map(|r| reason(r, model)).collect::<Vec<_>>(),
        "missing": explanation.missing.iter().map(|m| missing(m, model)).collect::<Vec<_>>(),
        "parameters_without_value": explanation.parameters.iter().filter_map(|p| model.parameters.get(p.index())).map(|p| p.name.id.clone()).collect::<Vec<_>>(),
        "not_proved": explanation.not_proved,
        "amounts": explanation.amounts.iter().map(|a| amount(a, model, id)).collect::<Vec<_>>(),
        "subject_to_places": policy.subject_to_places,
        "sources": policy.sources.iter().map(words).collect::<Vec<_>>(),
        "status": status(policy.status),
        "apply_at": ids(&policy.apply_at),
        "bring": ids(&policy.bring),
    })
}

/// The name of a verdict in JSON.
#[must_use]
pub const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Eligible => "eligible",
        Verdict::Ineligible => "ineligible",
        Verdict::Undetermined => "undetermined",
        Verdict::NotInForce => "not_in_force",
    }
}

const fn status(status: Status) -> &'static str {
    match status {
        Status::Verified => "verified",
        Status::Secondary => "secondary",
        Status::Illustrative => "illustrative",
    }
}

fn words(words: &Words) -> Value {
    json!({ "zh": words.get(Language::Zh), "en": words.get(Language::En) })
}

fn reason(reason: &Reason, model: &Model) -> Value {
    let about: Vec<Value> =
        reason.about.iter().map(|(list, entry)| json!({ "list": words(list), "entry": entry })).collect();
    let show = |s: &Option<Shown>| s.as_ref().map(|s| shown(s, model));
    json!({
        "condition": words(&reason.condition),
        "within": reason.within.iter().map(words).collect::<Vec<_>>(),
        "holds": reason.holds,
        "about": about,
        "actual": show(&reason.actual),
        "comparison": reason.comparison.map(comparison),
        "required": show(&reason.required),
        "distance": show(&reason.distance),
        "source": reason.clause.as_ref().map(words),
        "facts": reason.facts.iter().map(|f| fact(f, model)).collect::<Vec<_>>(),
    })
}

pub(super) const fn comparison(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
        Comparison::Equal => "is",
        Comparison::NotEqual => "is not",
    }
}

fn fact(fact: &FactRead, model: &Model) -> Value {
    let name = model.schema.field(fact.field).map_or("", |f| f.name.id.as_str());
    json!({ "fact": name, "record": fact.record.map(|r| r.0), "value": shown(&fact.value, model) })
}

fn missing(missing: &Missing, model: &Model) -> Value {
    let Some(field) = model.schema.field(missing.field) else { return Value::Null };
    let held_by = match &field.provenance {
        Provenance::Register(register) => Some(register.id.clone()),
        _ => None,
    };
    let title = json!({ "zh": field.name.get(Language::Zh), "en": field.name.get(Language::En) });
    json!({ "fact": field.name.id, "title": title, "record": missing.record.map(|r| r.0), "judged": missing.judged, "held_by": held_by })
}

fn amount(amount: &Amount, model: &Model, policy: PolicyId) -> Value {
    let benefit = model.policies.get(policy.index()).and_then(|p| p.benefits.get(amount.benefit));
    let kind = benefit.map(|b| format!("{:?}", b.kind).to_lowercase());
    let steps: Vec<Value> =
        amount.steps.iter().map(|s| json!({ "what": words(&s.words), "value": shown(&s.value, model) })).collect();
    let unit = amount.value.map(|(_, unit)| json!({ "zh": unit.words(Language::Zh), "en": unit.words(Language::En) }));
    let label = benefit.and_then(|b| b.label.as_ref()).map(words);
    json!({ "benefit": amount.benefit, "label": label, "kind": kind, "value": amount.value.map(|(n, _)| n.to_string()), "unit": unit, "steps": steps })
}

pub(super) fn shown(value: &Shown, model: &Model) -> Value {
    match value {
        Shown::Unknown => Value::Null,
        Shown::YesNo(b) => json!(b),
        Shown::Number(n, unit) => json!({ "number": n.to_string(), "unit": unit.words(Language::En) }),
        Shown::Date(date) => json!({ "date": date.to_string() }),
        Shown::Elapsed(from, to) => json!({ "from": from.to_string(), "to": to.to_string() }),
        Shown::Symbols(e, values) => {
            let names: Vec<&str> =
                values.iter().filter_map(|v| model.schema.symbol(*e, *v)).map(|s| s.name.id.as_str()).collect();
            json!({ "values": names })
        }
        Shown::Entries(count) => json!({ "entries": count }),
    }
}
