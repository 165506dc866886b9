//! What a grant changes: the sets of what is held, and the income it counts as; and what benefits come to when several are
//! held.

use crate::checked::{BenefitKind, Effect, Expr, Kind, Model, Type};
use crate::graph::Bound;
use crate::ids::{EntityId, FieldId, PolicyId};
use crate::profile::{Profile, RecordIx, Slot, position};
use crate::schema::FieldType;
use crate::value::{Counted, Number, Rounding, Unit};
use crate::verdict::from_graph::{Evaluation, Scratch};
use std::collections::BTreeMap;

/// The set that a grant of the policy goes into: `recognitions` where it only recognises a status, else `benefits`.
fn set_of(model: &Model, policy: PolicyId) -> Option<(EntityId, usize)> {
    let declared = model.policies.get(policy.index())?;
    let recognised = declared.benefits.iter().all(|b| b.kind == BenefitKind::Recognition);
    let name = if recognised && !declared.benefits.is_empty() { "recognitions" } else { "benefits" };
    let field = model.schema.field_named(declared.unit, name)?;
    Some((declared.unit, position(&model.schema, field)?))
}

/// Whether a profile says that the policy is received or recognised.
pub(super) fn holds(model: &Model, profile: &Profile, policy: PolicyId) -> bool {
    set_of(model, policy).is_some_and(|(unit, at)| {
        profile
            .root(unit)
            .is_some_and(|ix| matches!(profile.slot(ix, at), Slot::Set { known, .. } if known.contains(&policy.0)))
    })
}

/// Says that the policy is held.
pub(super) fn grant(model: &Model, profile: &mut Profile, policy: PolicyId) {
    let Some((unit, at)) = set_of(model, policy) else { return };
    let Some(ix) = profile.root(unit) else { return };
    let (mut known, not, complete) = match profile.slot(ix, at) {
        Slot::Set { known, not, complete } => (known.clone(), not.clone(), *complete),
        _ => (Vec::new(), Vec::new(), false),
    };
    if !known.contains(&policy.0) {
        known.push(policy.0);
        known.sort_unstable();
    }
    let not = not.into_iter().filter(|s| *s != policy.0).collect();
    profile.set(ix, at, Slot::Set { known, not, complete });
}

/// Whether what the policy pays counts as income.
pub(super) fn is_income(model: &Model, policy: PolicyId) -> bool {
    model.policies.get(policy.index()).is_some_and(|p| p.counts_as_income.is_some())
}

/// Adds what the policy pays a month to the income it counts as. Where either is not known, the income is not known.
pub(super) fn earn(model: &Model, profile: &mut Profile, policy: PolicyId, pays: Option<Number>) {
    let Some(declared) = model.policies.get(policy.index()) else { return };
    let Some((unit, fact)) = declared.counts_as_income.as_ref().map(|e| (declared.unit, e)) else { return };
    let Some((record, field)) = place(profile, model, unit, fact) else { return };
    let Some(at) = position(&model.schema, field) else { return };
    let Slot::Scalar(now) = *profile.slot(record, at) else { return };
    let more = pays.and_then(|n| raw(model, field, n)).and_then(|n| now.checked_add(n));
    let most = model.schema.field(field).map_or(i64::MAX, |f| f.range.1);
    profile.set(record, at, more.map_or(Slot::Unknown, |n| Slot::Scalar(n.min(most))));
}

/// The record and fact that a path from the unit leads to.
fn place(profile: &Profile, model: &Model, unit: EntityId, path: &Expr) -> Option<(RecordIx, FieldId)> {
    let Kind::Field(of, field) = &path.kind else { return None };
    let record = match &of.kind {
        Kind::Frame(_) => profile.root(unit)?,
        Kind::Field(..) => {
            let (record, link) = place(profile, model, unit, of)?;
            match profile.slot(record, position(&model.schema, link)?) {
                Slot::Record(ix) => *ix,
                _ => return None,
            }
        }
        _ => return None,
    };
    Some((record, *field))
}

/// Yuan a month in the grains of an income fact.
fn raw(model: &Model, field: FieldId, monthly: Number) -> Option<i64> {
    let Some(FieldType::Quantity(unit)) = model.schema.field(field).map(|f| f.ty) else { return None };
    let months = if unit.year == -1 { 12 } else { 1 };
    let grains = monthly.multiply(Number::whole(i128::from(unit.grains()) * months))?;
    i64::try_from(grains.round(Rounding::Nearest, Number::whole(1))?.numerator()).ok()
}

/// Yuan a month that the policy pays by itself.
pub(super) fn monthly(bound: &Bound, profile: &Profile, policy: PolicyId, scratch: &mut Scratch) -> Option<Number> {
    let entry = bound.graph.entry(policy)?;
    let mut evaluation = Evaluation::new(bound, profile, scratch);
    let mut total: Option<Number> = None;
    for amount in &entry.amounts {
        let Type::Number(unit) = amount.value.ty else { continue };
        if per_month(Number::ZERO, unit).is_none() {
            continue;
        }
        let value = per_month(evaluation.point(amount.value.node)?, unit)?;
        total = Some(total.map_or(Some(value), |t| t.add(value))?);
    }
    total
}

fn per_month(value: Number, unit: Unit) -> Option<Number> {
    let plain = unit.counted == Counted::Plain && unit.yuan == 1 && unit.area == 0 && unit.hour == 0 && unit.day == 0;
    match (plain, unit.month, unit.year) {
        (true, -1, 0) => Some(value),
        (true, 0, -1) => value.divide(Number::whole(12)),
        _ => None,
    }
}

/// Why two policies cannot both be drawn; the same whichever of them is asked.
pub(super) fn conflict(model: &Model, a: PolicyId, b: PolicyId) -> Option<Effect> {
    let bars = |e: Effect| matches!(e, Effect::NotWhileReceiving | Effect::NotTogetherWith | Effect::HigherOf);
    effect(model, a, b, bars).or_else(|| effect(model, b, a, bars))
}

/// An effect that one policy declares on another.
fn effect(model: &Model, one: PolicyId, other: PolicyId, which: impl Fn(Effect) -> bool) -> Option<Effect> {
    let exclusions = model.policies.get(one.index()).map_or(&[][..], |p| p.exclusions.as_slice());
    exclusions.iter().find(|e| which(e.effect) && e.policies.contains(&other.0)).map(|e| e.effect)
}

/// What a benefit comes to beside others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lowered {
    /// The benefit of which less is paid.
    pub policy: PolicyId,
    /// The one that it is paid beside.
    pub beside: PolicyId,
    /// Why: it is deducted, or both pay for the same item.
    pub effect: Effect,
    /// How much less, yuan a month.
    pub by: Number,
}

/// What is not paid because several are held: deducted, or the same item once. No benefit falls below nothing.
pub(super) fn lowered(model: &Model, held: &[PolicyId], amounts: &BTreeMap<PolicyId, Number>) -> Vec<Lowered> {
    let mut left = amounts.clone();
    let mut found = Vec::new();
    for policy in held {
        for beside in held.iter().filter(|b| *b != policy) {
            let deducts = effect(model, *policy, *beside, |e| e == Effect::Deducts);
            let once = |a, b| effect(model, a, b, |e| e == Effect::SameItemOnce);
            let same = once(*policy, *beside).or_else(|| once(*beside, *policy));
            // Of two that pay for the same item, the smaller is not paid; of equal ones, the later.
            let key = |p: &PolicyId| (amounts.get(p).copied().unwrap_or(Number::ZERO), std::cmp::Reverse(*p));
            let less = key(policy) < key(beside);
            let Some(effect) = deducts.or(same.filter(|_| less)) else { continue };
            let (Some(mine), Some(theirs)) = (left.get(policy).copied(), amounts.get(beside).copied()) else {
                continue;
            };
            let by = if effect == Effect::Deducts { mine.min(theirs) } else { mine };
            if by > Number::ZERO
                && let Some(rest) = mine.subtract(by)
            {
                left.insert(*policy, rest);
                found.push(Lowered { policy: *policy, beside: *beside, effect, by });
            }
        }
    }
    found
}
