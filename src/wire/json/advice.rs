//! Advice as JSON, format `entitle.advice/1`; its JSON Schema is `schemas/advice.json`.
//!
//! ```text
//! { "format": "entitle.advice/1", "as_of", "policy_set", "preliminary": true,
//!   "needs": [ { "policy", "ways": [WAY], "more": bool } ], "missing": [ { "policy", "facts": [FACT] } ],
//!   "plan": PLAN, "calendar": [ { "on": date, "policy", "from": verdict, "to": verdict } ] }
//! (also "amounts": [ { "policy", "benefit", "least", "most", "unit": WORDS, "exact" } ] of undetermined policies)
//! WAY  = { "wait_until": date|null, "then": verdict, "changes": [CHANGE], "sentences": WORDS-LISTS }
//! CHANGE = { "record", "fact", "class", "comparison", "condition": WORDS, "source", "granted_by": [policy] }
//! FACT = { "fact", "record", "judged", "settles" }
//! PLAN = { "stages": [ [ { "policy", "monthly", "opened_by": [policy], "counts_as_income" } ] ],
//!          "left_out": [ { "policy", "for", "effect", "monthly" } ], "kept": [policy], "held": [ { "policy", "monthly" } ],
//!          "lowered": [ { "policy", "beside", "effect", "by" } ], "before", "after", "monthly", "exact", "bring": [id] }
//! ```

use super::report::In;
use crate::advise::needs::{Needs, granted_by};
use crate::advise::plan::{Barrier, Plan};
use crate::advise::prose;
use crate::advise::question::Question;
use crate::checked::{Effect, Model};
use crate::ids::PolicyId;
use crate::schema::{Class, Provenance};
use crate::value::{Date, Language};
use crate::verdict::Verdict;
use crate::{Engine, Matches};
use serde_json::{Value, json};

/// All advice on one household: at most `limit` ways for each ineligible policy, and the calendar up to `until`.
#[must_use]
pub fn advice(engine: &Engine, matches: &Matches<'_>, limit: usize, until: Date) -> Value {
    let rules = matches.rules();
    let model = rules.model();
    let of = |verdict: Verdict| {
        let all = (0..model.policies.len()).map(PolicyId::of);
        all.filter(move |p| matches.verdict(*p) == verdict && model.policies.get(p.index()).is_some_and(|p| p.written))
    };
    let needed: Vec<Value> = engine.all_needs(matches, limit).iter().map(|n| needs(n, matches)).collect();
    let missing: Vec<Value> = of(Verdict::Undetermined).map(|p| missing(matches, p)).collect();
    let amounts: Vec<Value> = of(Verdict::Undetermined)
        .flat_map(|p| matches.amount_ranges(p).into_iter().map(move |range| (p, range)))
        .map(|(p, range)| {
            let unit = json!({ "zh": range.unit.words(Language::Zh), "en": range.unit.words(Language::En) });
            let (least, most) = (range.least.to_string(), range.most.to_string());
            json!({ "policy": id(model, p), "benefit": range.benefit, "least": least, "most": most, "unit": unit, "exact": range.exact })
        })
        .collect();
    json!({
        "format": "entitle.advice/1",
        "as_of": rules.as_of().to_string(),
        "policy_set": rules.fingerprint(),
        "preliminary": true,
        "needs": needed,
        "missing": missing,
        "amounts": amounts,
        "plan": plan(&matches.plan(), model),
        "calendar": calendar(engine, matches, until),
    })
}

/// The facts that can still matter for an undetermined policy: `{ "policy", "facts": [FACT] }`.
#[must_use]
pub fn missing(matches: &Matches<'_>, policy: PolicyId) -> Value {
    let model = matches.rules().model();
    let facts: Vec<Value> = matches
        .missing(policy)
        .into_iter()
        .map(|a| {
            let name = model.schema.field(a.missing.field).map(|f| f.name.id.clone());
            json!({ "fact": name, "record": a.missing.record.map(|r| r.0), "judged": a.missing.judged, "settles": a.settles })
        })
        .collect();
    json!({ "policy": id(model, policy), "facts": facts })
}

/// The verdicts that change by themselves up to and with `until`, as in `calendar` of the advice.
#[must_use]
pub fn calendar(engine: &Engine, matches: &Matches<'_>, until: Date) -> Value {
    let rules = matches.rules();
    let word = super::report::verdict;
    let turns = engine.calendar(rules, matches.profile(), until).into_iter().map(|t| {
        let policy = id(rules.model(), t.policy);
        json!({ "on": t.on.to_string(), "policy": policy, "from": word(t.from), "to": word(t.to) })
    });
    turns.collect()
}

/// The next question, or `null` where no answer can change any verdict: `{ "fact", "title": WORDS, "record", "held_by",
/// "policies": [policy], "settles" }`. `settles` is in hundredths of a policy.
#[must_use]
pub fn question(question: Option<&Question>, model: &Model) -> Value {
    let Some((q, field)) = question.and_then(|q| model.schema.field(q.field).map(|f| (q, f))) else {
        return Value::Null;
    };
    let held_by = match &field.provenance {
        Provenance::Register(register) => Some(register.id.clone()),
        _ => None,
    };
    json!({
        "fact": field.name.id,
        "title": { "zh": field.name.get(Language::Zh), "en": field.name.get(Language::En) },
        "record": q.record.0,
        "held_by": held_by,
        "policies": q.policies.iter().map(|p| id(model, *p)).collect::<Vec<_>>(),
        "settles": q.settles,
    })
}

fn id(model: &Model, policy: PolicyId) -> String {
    model.policies.get(policy.index()).map(|p| p.name.id.clone()).unwrap_or_default()
}

/// What would make a policy apply: `{ "policy", "ways": [WAY], "more" }`.
#[must_use]
pub fn needs(needs: &Needs, matches: &Matches<'_>) -> Value {
    let (model, profile) = (matches.rules().model(), matches.profile());
    let ways: Vec<Value> = needs
        .ways
        .iter()
        .map(|way| {
            let changes: Vec<Value> = way
                .changes
                .iter()
                .map(|c| {
                    let words = json!({ "zh": c.condition.get(Language::Zh), "en": c.condition.get(Language::En) });
                    let source =
                        c.source.as_ref().map(|s| json!({ "zh": s.get(Language::Zh), "en": s.get(Language::En) }));
                    json!({
                        "record": c.record.0,
                        "fact": model.schema.field(c.field).map(|f| f.name.id.clone()),
                        "class": class(c.class),
                        "comparison": super::report::comparison(c.comparison),
                        "actual": In(&c.actual, model),
                        "required": In(&c.required, model),
                        "distance": c.distance.as_ref().map(|d| In(d, model)),
                        "condition": words,
                        "source": source,
                        "granted_by": granted_by(c).into_iter().map(|p| id(model, p)).collect::<Vec<_>>(),
                    })
                })
                .collect();
            json!({
                "wait_until": way.wait_until.map(|d| d.to_string()),
                "then": super::report::verdict(way.then),
                "changes": changes,
                "sentences": { "zh": prose::way(way, model, profile, Language::Zh), "en": prose::way(way, model, profile, Language::En) },
            })
        })
        .collect();
    json!({ "policy": id(model, needs.policy), "ways": ways, "more": needs.more })
}

const fn class(class: Class) -> &'static str {
    match class {
        Class::Action => "action",
        Class::Grant => "grant",
        Class::Time => "time",
        Class::Circumstance => "circumstance",
        Class::Immutable => "immutable",
    }
}

/// What to apply for, in which order.
#[must_use]
pub fn plan(plan: &Plan, model: &Model) -> Value {
    let effect = |effect: Effect| match effect {
        Effect::NotWhileReceiving => "not_while_receiving",
        Effect::NotTogetherWith => "not_together_with",
        Effect::HigherOf => "higher_of",
        Effect::SameItemOnce => "same_item_once",
        Effect::Deducts => "deducts",
    };
    let stages: Vec<Value> = plan
        .stages
        .iter()
        .map(|stage| {
            let steps = stage.apply.iter().map(|s| {
                json!({
                    "policy": id(model, s.policy),
                    "monthly": s.monthly.map(|n| n.to_string()),
                    "opened_by": s.opened_by.iter().map(|p| id(model, *p)).collect::<Vec<_>>(),
                    "counts_as_income": s.income,
                })
            });
            json!(steps.collect::<Vec<_>>())
        })
        .collect();
    let left_out: Vec<Value> = plan
        .left_out
        .iter()
        .map(|l| {
            let why = match l.why {
                Barrier::Effect(e) => effect(e),
                Barrier::Income => "income",
            };
            let monthly = l.monthly.map(|n| n.to_string());
            json!({ "policy": id(model, l.policy), "for": id(model, l.other), "effect": why, "monthly": monthly })
        })
        .collect();
    let held: Vec<Value> = plan
        .held
        .iter()
        .map(|(p, n)| json!({ "policy": id(model, *p), "monthly": n.map(|n| n.to_string()) }))
        .collect();
    let lowered: Vec<Value> = plan
        .lowered
        .iter()
        .map(|l| {
            let (policy, beside) = (id(model, l.policy), id(model, l.beside));
            json!({ "policy": policy, "beside": beside, "effect": effect(l.effect), "by": l.by.to_string() })
        })
        .collect();
    json!({
        "stages": stages,
        "left_out": left_out,
        "kept": plan.kept.iter().map(|p| id(model, *p)).collect::<Vec<_>>(),
        "held": held,
        "lowered": lowered,
        "before": plan.before.to_string(),
        "after": plan.after.to_string(),
        "monthly": plan.monthly.to_string(),
        "exact": plan.exact,
        "bring": plan.bring.iter().map(|l| l.id.clone()).collect::<Vec<_>>(),
    })
}
