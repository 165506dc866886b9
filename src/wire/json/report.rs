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
use crate::checked::{Model, Policy, Status};
use crate::ids::PolicyId;
use crate::schema::Provenance;
use crate::value::{Label, Language, Words};
use crate::verdict::{Comparison, Verdict};
use crate::why::{Amount, Explanation, FactRead, Missing, Place, Reason, Shown, Step};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::fmt;

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

/// The whole match as JSON; policies that nobody has written yet are left out. It is written straight from the results: `Display` is
/// the JSON text, and as a `Serialize` it goes to any writer, or with [`serde_json::to_value`] into a tree.
///
/// ```
/// # use entitle::{Engine, profile::Profile, wire::json::report::report};
/// # let engine = Engine::from_texts([("a.policy".to_owned(), "record person { birth_date: date }".to_owned())])?;
/// let rules = engine.at("2026-01-01".parse().unwrap())?;
/// let text = report(&rules.match_profile(&Profile::new())?).to_string();
/// assert!(text.starts_with(r#"{"format":"entitle.match/1","as_of":"2026-01-01""#));
/// # Ok::<(), entitle::Error>(())
/// ```
#[must_use]
pub fn report<'m>(matches: &'m Matches<'m>) -> Report<'m> {
    let results = matches.explanations().into_iter().map(|(_, explanation)| PolicyResult { matches, explanation });
    Report { matches, results: results.collect() }
}

/// One policy's result as JSON, see [`report`]; null where there is no such policy.
#[must_use]
pub fn result<'m>(matches: &'m Matches<'m>, id: PolicyId) -> PolicyResult<'m> {
    PolicyResult { matches, explanation: matches.explain(id) }
}

/// All results of a match, see [`report`].
#[derive(Clone, Debug)]
pub struct Report<'m> {
    matches: &'m Matches<'m>,
    results: Vec<PolicyResult<'m>>,
}

/// The result of one policy, see [`result`].
#[derive(Clone, Debug)]
pub struct PolicyResult<'m> {
    matches: &'m Matches<'m>,
    explanation: Explanation,
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Display for PolicyResult<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Report<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rules = self.matches.rules();
        let mut object = serializer.serialize_map(Some(5))?;
        object.serialize_entry("format", "entitle.match/1")?;
        object.serialize_entry("as_of", &Text(rules.as_of()))?;
        object.serialize_entry("policy_set", rules.fingerprint())?;
        object.serialize_entry("preliminary", &true)?;
        object.serialize_entry("results", &self.results)?;
        object.end()
    }
}

impl Serialize for PolicyResult<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (model, explanation) = (self.matches.rules().model(), &self.explanation);
        let Some(policy) = model.policies.get(explanation.policy.index()) else { return serializer.serialize_unit() };
        let received = self.matches.received(explanation.policy);
        let parameters = explanation.parameters.iter().filter_map(|p| model.parameters.get(p.index()));
        let mut object = serializer.serialize_map(None)?;
        object.serialize_entry("policy", &policy.name.id)?;
        object.serialize_entry("title", &TwoTexts::of(&policy.title))?;
        object.serialize_entry("category", &policy.category.as_ref().map(|l| &l.id))?;
        object.serialize_entry("department", &policy.department.as_ref().map(|l| &l.id))?;
        object.serialize_entry("verdict", verdict(explanation.verdict))?;
        object.serialize_entry("group", Group::of(explanation, received).id())?;
        object.serialize_entry("already_received", &received)?;
        object.serialize_entry("because", &All(&explanation.because, model))?;
        object.serialize_entry("open", &All(&explanation.open, model))?;
        object.serialize_entry("missing", &All(&explanation.missing, model))?;
        object.serialize_entry("parameters_without_value", &parameters.map(|p| &p.name.id).collect::<Vec<_>>())?;
        object.serialize_entry("not_proved", &explanation.not_proved)?;
        let amounts: Vec<_> = explanation.amounts.iter().map(|amount| (amount, policy)).collect();
        object.serialize_entry("amounts", &All(&amounts, model))?;
        object.serialize_entry("subject_to_places", &policy.subject_to_places)?;
        object.serialize_entry("sources", &All(&policy.sources, model))?;
        object.serialize_entry("status", status(policy.status))?;
        object.serialize_entry("apply_at", &All(&policy.apply_at, model))?;
        object.serialize_entry("bring", &All(&policy.bring, model))?;
        object.end()
    }
}

/// Something of a result, with the names of what it points at.
pub(super) struct In<'a, T>(pub(super) &'a T, pub(super) &'a Model);

/// A list of them.
struct All<'a, T>(&'a [T], &'a Model);

impl<'a, T> Serialize for All<'a, T>
where
    In<'a, T>: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|one| In(one, self.1)))
    }
}

/// What is written as a text, as it is shown.
struct Text<T>(T);

impl<T: fmt::Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A text in both languages.
struct TwoTexts<'a> {
    zh: &'a str,
    en: &'a str,
}

impl<'a> TwoTexts<'a> {
    fn of(words: &'a Words) -> Self {
        Self { zh: words.get(Language::Zh), en: words.get(Language::En) }
    }
}

impl Serialize for TwoTexts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(Some(2))?;
        object.serialize_entry("zh", self.zh)?;
        object.serialize_entry("en", self.en)?;
        object.end()
    }
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

impl Serialize for In<'_, Words> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        TwoTexts::of(self.0).serialize(serializer)
    }
}

impl Serialize for In<'_, Label> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.id)
    }
}

impl Serialize for In<'_, Reason> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(reason, model) = self;
        let mut object = serializer.serialize_map(Some(10))?;
        object.serialize_entry("condition", &TwoTexts::of(&reason.wording.condition))?;
        object.serialize_entry("within", &All(&reason.wording.within, model))?;
        object.serialize_entry("holds", &reason.holds)?;
        object.serialize_entry("about", &All(&reason.about, model))?;
        object.serialize_entry("actual", &reason.actual.as_ref().map(|s| In(s, model)))?;
        object.serialize_entry("comparison", &reason.comparison.map(comparison))?;
        object.serialize_entry("required", &reason.required.as_ref().map(|s| In(s, model)))?;
        object.serialize_entry("distance", &reason.distance.as_ref().map(|s| In(s, model)))?;
        object.serialize_entry("source", &reason.wording.source.as_ref().map(TwoTexts::of))?;
        object.serialize_entry("facts", &All(&reason.facts, model))?;
        object.end()
    }
}

/// An entry of a list, from 1.
impl Serialize for In<'_, Place> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(Some(2))?;
        object.serialize_entry("list", &TwoTexts::of(&self.0.name))?;
        object.serialize_entry("entry", &self.0.entry)?;
        object.end()
    }
}

impl Serialize for In<'_, FactRead> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(fact, model) = self;
        let mut object = serializer.serialize_map(Some(3))?;
        object.serialize_entry("fact", model.schema.field(fact.field).map_or("", |f| f.name.id.as_str()))?;
        object.serialize_entry("record", &fact.record.map(|r| r.0))?;
        object.serialize_entry("value", &In(&fact.value, model))?;
        object.end()
    }
}

impl Serialize for In<'_, Missing> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(missing, model) = self;
        let Some(field) = model.schema.field(missing.field) else { return serializer.serialize_unit() };
        let held_by = match &field.provenance {
            Provenance::Register(register) => Some(&register.id),
            _ => None,
        };
        let (zh, en) = (field.name.get(Language::Zh), field.name.get(Language::En));
        let mut object = serializer.serialize_map(Some(5))?;
        object.serialize_entry("fact", &field.name.id)?;
        object.serialize_entry("title", &TwoTexts { zh: &zh, en: &en })?;
        object.serialize_entry("record", &missing.record.map(|r| r.0))?;
        object.serialize_entry("judged", &missing.judged)?;
        object.serialize_entry("held_by", &held_by)?;
        object.end()
    }
}

/// An amount of a policy.
impl Serialize for In<'_, (&Amount, &Policy)> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self((amount, policy), model) = self;
        let benefit = policy.benefits.get(amount.benefit);
        let kind = benefit.map(|b| format!("{:?}", b.kind).to_lowercase());
        let unit = amount.value.map(|(_, u)| (u.words(Language::Zh), u.words(Language::En)));
        let mut object = serializer.serialize_map(Some(6))?;
        object.serialize_entry("benefit", &amount.benefit)?;
        object.serialize_entry("label", &benefit.and_then(|b| b.label.as_ref()).map(TwoTexts::of))?;
        object.serialize_entry("kind", &kind)?;
        object.serialize_entry("value", &amount.value.map(|(n, _)| Text(n)))?;
        object.serialize_entry("unit", &unit.as_ref().map(|(zh, en)| TwoTexts { zh, en }))?;
        object.serialize_entry("steps", &All(&amount.steps, model))?;
        object.end()
    }
}

impl Serialize for In<'_, Step> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(Some(2))?;
        object.serialize_entry("what", &TwoTexts::of(&self.0.words))?;
        object.serialize_entry("value", &In(&self.0.value, self.1))?;
        object.end()
    }
}

impl Serialize for In<'_, Shown> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Shown::Unknown => return serializer.serialize_unit(),
            Shown::YesNo(b) => return serializer.serialize_bool(*b),
            _ => {}
        }
        let mut object = serializer.serialize_map(None)?;
        match self.0 {
            Shown::Unknown | Shown::YesNo(_) => {}
            Shown::Number(number, unit) => {
                object.serialize_entry("number", &Text(number))?;
                object.serialize_entry("unit", &unit.words(Language::En))?;
            }
            Shown::Date(date) => object.serialize_entry("date", &Text(date))?,
            Shown::Elapsed(from, to) => {
                object.serialize_entry("from", &Text(from))?;
                object.serialize_entry("to", &Text(to))?;
            }
            Shown::Symbols(e, values) => {
                let symbols = values.iter().filter_map(|v| self.1.schema.symbol(*e, *v));
                object.serialize_entry("values", &symbols.map(|s| s.name.id.as_str()).collect::<Vec<_>>())?;
            }
            Shown::Entries(count) => object.serialize_entry("entries", count)?,
        }
        object.end()
    }
}
