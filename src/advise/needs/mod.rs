//! What would make an ineligible policy apply.
//!
//! The search looks for sets of changes: it takes a condition that fails, tries each single change that turns one test in
//! it, and goes on from there until the policy no longer fails. Each set is then evaluated as a whole, freed of what it does
//! not need, and shown only if no part of it would do. The cheapest sets are looked at first, so that the search can stop
//! once it has more than were asked for.

mod draft;
mod options;
mod search;

use super::show;
use crate::checked::Model;
use crate::graph::Bound;
use crate::ids::{EnumId, FieldId, PolicyId};
use crate::profile::{Profile, RecordIx, Slot};
use crate::schema::{Class, FieldType};
use crate::value::{Date, Number, Words};
use crate::verdict::{Comparison, Verdict};
use crate::why::Shown;
use draft::{Draft, Edit, Move, Purpose};
use std::rc::Rc;

/// The ways found for one policy.
#[derive(Clone, Debug)]
pub struct Needs {
    /// The policy.
    pub policy: PolicyId,
    /// Each changes the verdict, and no part of it would. The fewest changes first; of as many, the easiest: an action before
    /// a grant, a grant before waiting, waiting before a circumstance.
    pub ways: Vec<Way>,
    /// Whether there are more than these, or the search ended before that was ruled out.
    pub more: bool,
}

/// Changes that together make the policy apply, or at least keep it open.
#[derive(Clone)]
pub struct Way {
    /// The day from which they do, where time has to pass.
    pub wait_until: Option<Date>,
    /// The changes.
    pub changes: Vec<Change>,
    /// The verdict with them: eligible, or undetermined where other facts are missing still.
    pub then: Verdict,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Of which record.
    pub record: RecordIx,
    /// The fact.
    pub field: FieldId,
    /// What kind of change it is; this decides how it may be spoken of.
    pub class: Class,
    /// What it is now.
    pub actual: Shown,
    /// How it would have to compare with what is required.
    pub comparison: Comparison,
    /// What is required.
    pub required: Shown,
    /// How far off it is, for numbers.
    pub distance: Option<Shown>,
    /// The condition it is needed for.
    pub condition: Words,
    /// The clause that rests on.
    pub source: Option<Words>,
    edit: Edit,
    position: u32,
}

impl Way {
    /// The profile with the changes made.
    #[must_use]
    pub fn applied(&self, profile: &Profile) -> Profile {
        let mut changed = profile.clone();
        for change in &self.changes {
            draft::apply(&mut changed, change.record, change.position, change.edit);
        }
        changed
    }
}

/// The best ways to make an ineligible policy apply, at most `limit`. `at` gives the rules of a later day.
#[must_use]
pub fn needs(
    model: &Model,
    bound: &Bound,
    profile: &Profile,
    policy: PolicyId,
    limit: usize,
    at: &mut dyn FnMut(Date) -> Option<Rc<Bound>>,
) -> Needs {
    let (found, more) = search::search(bound, profile, policy, limit, at);
    let ways = found.into_iter().map(|(draft, then)| way(model, bound, profile, policy, &draft, then)).collect();
    Needs { policy, ways, more }
}

/// The policies that give what a grant needs: the values of the set are policies.
#[must_use]
pub fn granted_by(change: &Change) -> Vec<PolicyId> {
    match (&change.required, change.class, change.comparison) {
        (Shown::Symbols(EnumId::POLICY, symbols), Class::Grant, Comparison::Equal) => {
            symbols.iter().copied().map(PolicyId).collect()
        }
        _ => Vec::new(),
    }
}

fn way(model: &Model, bound: &Bound, profile: &Profile, policy: PolicyId, draft: &Draft, then: Verdict) -> Way {
    let changes = draft.moves.iter().map(|m| change(model, bound, profile, policy, m)).collect();
    Way { wait_until: draft.wait, changes, then }
}

fn change(model: &Model, bound: &Bound, profile: &Profile, policy: PolicyId, one: &Move) -> Change {
    let schema = &model.schema;
    let ty = schema.field(one.field).map(|f| f.ty);
    let slot = profile.slot(one.record, one.position as usize);
    let actual = match (slot, ty) {
        (Slot::Scalar(raw), _) => show(schema, one.field, *raw),
        (Slot::Set { known, .. }, Some(FieldType::Set(e))) => Shown::Symbols(e, known.as_slice().into()),
        _ => Shown::Unknown,
    };
    let (comparison, required, distance) = match (one.edit, slot, ty) {
        (Edit::To(value), Slot::Scalar(now), Some(ty)) => required(model, one, ty, *now, value),
        (Edit::With(symbol), _, Some(FieldType::Set(e))) => (Comparison::Equal, Shown::Symbols(e, symbol.into()), None),
        (Edit::Without(symbol), _, Some(FieldType::Set(e))) => {
            (Comparison::NotEqual, Shown::Symbols(e, symbol.into()), None)
        }
        _ => (Comparison::Equal, Shown::Unknown, None),
    };
    let (condition, source) = match one.purpose {
        Purpose::Condition(at) => {
            let words = bound.graph.entry(policy).and_then(|e| e.clauses.get(at)).map(|c| c.words().clone());
            let declared = model.policies.get(policy.index()).and_then(|p| p.conditions.get(at));
            (words.unwrap_or_default(), declared.and_then(|c| c.source.clone()))
        }
        Purpose::Always(at) => (model.always.get(at).map(|a| a.label.clone()).unwrap_or_default(), None),
    };
    Change {
        record: one.record,
        field: one.field,
        class: one.class,
        actual,
        comparison,
        required,
        distance,
        condition,
        source,
        edit: one.edit,
        position: one.position,
    }
}

/// What a scalar would have to be. A limit in fen that lies just beside a whole yuan is said as the whole yuan it is below or
/// above: "less than 1,240", not "at most 1,239.99".
fn required(model: &Model, one: &Move, ty: FieldType, now: i64, value: i64) -> (Comparison, Shown, Option<Shown>) {
    let schema = &model.schema;
    let up = value > now;
    let next = if up { value.saturating_add(1) } else { value.saturating_sub(1) };
    let beyond = one.loose || one.wanted.contains(next);
    match ty {
        FieldType::Symbol(e) if !one.loose => {
            let count = schema.enumeration(e).map_or(0, |e| e.values.len());
            let values = (0..u32::try_from(count).unwrap_or(0)).filter(|v| one.wanted.contains(i64::from(*v)));
            (Comparison::Equal, Shown::Symbols(e, values.collect()), None)
        }
        FieldType::Quantity(unit) => {
            let whole = unit.grains();
            let beside = if up { value.saturating_sub(1) } else { value.saturating_add(1) };
            let strict = beyond && whole > 1 && value % whole != 0 && beside % whole == 0;
            let comparison = match (beyond, up, strict) {
                (false, ..) => Comparison::Equal,
                (true, true, false) => Comparison::GreaterOrEqual,
                (true, true, true) => Comparison::Greater,
                (true, false, false) => Comparison::LessOrEqual,
                (true, false, true) => Comparison::Less,
            };
            let limit = if strict { beside } else { value };
            let grains = i128::from(unit.grains());
            let off = Number::new(i128::from(limit.abs_diff(now)), grains);
            (comparison, show(schema, one.field, limit), off.map(|n| Shown::Number(n, unit)))
        }
        FieldType::Date if beyond && up => (Comparison::GreaterOrEqual, show(schema, one.field, value), None),
        FieldType::Date if beyond => (Comparison::LessOrEqual, show(schema, one.field, value), None),
        _ => (Comparison::Equal, show(schema, one.field, value), None),
    }
}
