//! What to apply for, in which order: what applies now, what each grant opens, and which benefits cannot be held together.
//!
//! A stage holds the policies that are eligible given what was received and granted before it. Where some of them exclude
//! each other, the combination with the highest monthly amount is taken; where amounts are equal, the one with the smaller
//! policy ids. What is undetermined, depends on a caseworker or on places never counts as granted.

use crate::checked::{BenefitKind, Effect, Model};
use crate::graph::Bound;
use crate::ids::{EntityId, PolicyId};
use crate::profile::{Profile, Slot, position};
use crate::value::{Counted, Label, Number, Unit};
use crate::verdict::from_graph::{Evaluation, Scratch};
use crate::verdict::{Verdict, exact};
use std::collections::{BTreeMap, BTreeSet};

/// The most policies that exclude each other, in one piece, for which every combination is tried.
const EXACT: usize = 20;
/// The most stages; what opens later than that is left to a new match.
const STAGES: usize = 12;

/// The applications, stage by stage.
#[derive(Clone)]
pub struct Plan {
    /// In order; the policies of a stage can be applied for together.
    pub stages: Vec<Stage>,
    /// Eligible policies that are left out because another cannot be held with them, each with that other.
    pub left_out: Vec<(PolicyId, PolicyId, Effect)>,
    /// What the profile says is received and conflicts with something eligible: nothing held is dropped.
    pub kept: Vec<PolicyId>,
    /// Yuan a month over all stages, of the benefits with a monthly amount that is known.
    pub monthly: Number,
    /// Whether every choice between benefits was made by trying all combinations.
    pub exact: bool,
    /// The documents to bring, merged over the applications.
    pub bring: Vec<Label>,
}

/// Applications that can be made together.
#[derive(Clone, Debug, Default)]
pub struct Stage {
    /// The policies, by id.
    pub apply: Vec<Step>,
}

/// One application.
#[derive(Clone)]
pub struct Step {
    /// The policy.
    pub policy: PolicyId,
    /// Yuan a month, where it has such an amount.
    pub monthly: Option<Number>,
    /// Grants of earlier stages without which it would not be eligible.
    pub opened_by: Vec<PolicyId>,
}

/// Works out the plan.
#[must_use]
pub fn plan(model: &Model, bound: &Bound, profile: &Profile) -> Plan {
    let mut plan = Plan {
        stages: Vec::new(),
        left_out: Vec::new(),
        kept: Vec::new(),
        monthly: Number::ZERO,
        exact: true,
        bring: Vec::new(),
    };
    let mut scratch = Scratch::default();
    let mut now = profile.clone();
    let mut granted: Vec<PolicyId> = Vec::new();
    let held: Vec<PolicyId> = policies(model).filter(|p| holds(model, profile, *p)).collect();
    let mut refused: BTreeSet<PolicyId> = BTreeSet::new();
    for _ in 0..STAGES {
        let outcomes = exact::outcomes(bound, &now, &mut scratch);
        let taken: BTreeSet<PolicyId> = held.iter().chain(&granted).copied().collect();
        let mut open: Vec<PolicyId> = policies(model)
            .filter(|p| outcomes.get(p.index()).is_some_and(|o| o.verdict == Verdict::Eligible))
            .filter(|p| !taken.contains(p) && !refused.contains(p) && !places(model, *p))
            .collect();
        // Nothing that is held already, or was granted in an earlier stage, is given up for something new.
        open.retain(|p| match taken.iter().find_map(|t| conflict(model, *p, *t).map(|e| (*t, e))) {
            Some((other, effect)) => {
                refused.insert(*p);
                plan.left_out.push((*p, other, effect));
                if held.contains(&other) && !plan.kept.contains(&other) {
                    plan.kept.push(other);
                }
                false
            }
            None => true,
        });
        if open.is_empty() {
            break;
        }
        let amounts: BTreeMap<PolicyId, Number> =
            open.iter().filter_map(|p| Some((*p, monthly(bound, &now, *p, &mut scratch)?))).collect();
        let chosen = choose(model, &open, &amounts, &mut plan.exact);
        for policy in open.iter().filter(|p| !chosen.contains(p)) {
            if let Some((other, effect)) = chosen.iter().find_map(|c| conflict(model, *policy, *c).map(|e| (*c, e))) {
                refused.insert(*policy);
                plan.left_out.push((*policy, other, effect));
            }
        }
        let mut stage = Stage::default();
        for policy in &chosen {
            let opened_by = opened(model, bound, profile, &granted, *policy, &mut scratch);
            let amount = amounts.get(policy).copied();
            plan.monthly = amount.and_then(|a| plan.monthly.add(a)).unwrap_or(plan.monthly);
            stage.apply.push(Step { policy: *policy, monthly: amount, opened_by });
        }
        for policy in &chosen {
            grant(model, &mut now, *policy);
            granted.push(*policy);
        }
        plan.stages.push(stage);
    }
    for policy in &granted {
        for document in model.policies.get(policy.index()).into_iter().flat_map(|p| &p.bring) {
            if !plan.bring.contains(document) {
                plan.bring.push(document.clone());
            }
        }
    }
    plan.left_out.sort_by_key(|(policy, other, _)| (*policy, *other));
    plan.left_out.dedup_by_key(|(policy, ..)| *policy);
    plan
}

fn policies(model: &Model) -> impl Iterator<Item = PolicyId> + use<> {
    (0..model.policies.len()).map(PolicyId::of)
}

fn places(model: &Model, policy: PolicyId) -> bool {
    model.policies.get(policy.index()).is_some_and(|p| p.subject_to_places)
}

/// The set that a grant of the policy goes into: `recognitions` where it only recognises a status, else `benefits`.
fn set_of(model: &Model, policy: PolicyId) -> Option<(EntityId, usize)> {
    let declared = model.policies.get(policy.index())?;
    let recognised = declared.benefits.iter().all(|b| b.kind == BenefitKind::Recognition);
    let name = if recognised && !declared.benefits.is_empty() { "recognitions" } else { "benefits" };
    let field = model.schema.field_named(declared.unit, name)?;
    Some((declared.unit, position(&model.schema, field)?))
}

/// Whether a profile says that the policy is received or recognised.
fn holds(model: &Model, profile: &Profile, policy: PolicyId) -> bool {
    set_of(model, policy).is_some_and(|(unit, at)| {
        profile
            .root(unit)
            .is_some_and(|ix| matches!(profile.slot(ix, at), Slot::Set { known, .. } if known.contains(&policy.0)))
    })
}

/// The profile once the policy is granted.
fn grant(model: &Model, profile: &mut Profile, policy: PolicyId) {
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

/// Why two policies cannot both be drawn; the same whichever of them is asked.
fn conflict(model: &Model, a: PolicyId, b: PolicyId) -> Option<Effect> {
    let says = |one: PolicyId, other: PolicyId| {
        let exclusions = model.policies.get(one.index()).map_or(&[][..], |p| p.exclusions.as_slice());
        exclusions.iter().find_map(|e| {
            let bars = matches!(e.effect, Effect::NotWhileReceiving | Effect::NotTogetherWith | Effect::HigherOf);
            (bars && e.policies.contains(&other.0)).then_some(e.effect)
        })
    };
    says(a, b).or_else(|| says(b, a))
}

/// Yuan a month that the policy pays.
fn monthly(bound: &Bound, profile: &Profile, policy: PolicyId, scratch: &mut Scratch) -> Option<Number> {
    let entry = bound.graph.entry(policy)?;
    let mut evaluation = Evaluation::new(bound, profile, scratch);
    let mut total: Option<Number> = None;
    for amount in &entry.amounts {
        let crate::checked::Type::Number(unit) = amount.value.ty else { continue };
        let value = evaluation.point(amount.value.node)?;
        if let Some(value) = per_month(value, unit) {
            total = Some(total.map_or(Some(value), |t| t.add(value))?);
        }
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

/// Of policies that are all eligible, those to apply for: no two in conflict, with the highest monthly amount.
fn choose(model: &Model, open: &[PolicyId], amounts: &BTreeMap<PolicyId, Number>, exact: &mut bool) -> Vec<PolicyId> {
    let mut left: BTreeSet<PolicyId> = open.iter().copied().collect();
    let mut chosen = Vec::new();
    while let Some(first) = left.pop_first() {
        // One piece of the graph of conflicts.
        let mut piece = vec![first];
        let mut at = 0;
        while let Some(one) = piece.get(at).copied() {
            at += 1;
            let near: Vec<PolicyId> = left.iter().copied().filter(|o| conflict(model, one, *o).is_some()).collect();
            for other in near {
                left.remove(&other);
                piece.push(other);
            }
        }
        piece.sort_unstable();
        if piece.len() <= EXACT {
            chosen.extend(best(model, &piece, amounts));
        } else {
            *exact = false;
            let mut order = piece.clone();
            order.sort_by_key(|p| (std::cmp::Reverse(amounts.get(p).copied().unwrap_or(Number::ZERO)), *p));
            let mut some: Vec<PolicyId> = Vec::new();
            for policy in order {
                if some.iter().all(|s| conflict(model, policy, *s).is_none()) {
                    some.push(policy);
                }
            }
            chosen.extend(some);
        }
    }
    chosen.sort_unstable();
    chosen
}

/// Every combination of a piece, highest amount first, then most policies, then smallest ids.
fn best(model: &Model, piece: &[PolicyId], amounts: &BTreeMap<PolicyId, Number>) -> Vec<PolicyId> {
    fn extend(
        model: &Model,
        rest: &[PolicyId],
        amounts: &BTreeMap<PolicyId, Number>,
        so_far: &mut Vec<PolicyId>,
        total: Number,
        best: &mut (Number, Vec<PolicyId>),
    ) {
        let Some((first, others)) = rest.split_first() else {
            if total > best.0 || (total == best.0 && so_far.len() > best.1.len()) {
                *best = (total, so_far.clone());
            }
            return;
        };
        if so_far.iter().all(|s| conflict(model, *first, *s).is_none()) {
            let amount = amounts.get(first).copied().unwrap_or(Number::ZERO);
            so_far.push(*first);
            extend(model, others, amounts, so_far, total.add(amount).unwrap_or(total), best);
            so_far.pop();
        }
        extend(model, others, amounts, so_far, total, best);
    }
    let mut found = (Number::whole(-1), Vec::new());
    extend(model, piece, amounts, &mut Vec::new(), Number::ZERO, &mut found);
    found.1
}

/// Earlier grants without any one of which the policy would not be eligible, given the others.
fn opened(
    model: &Model,
    bound: &Bound,
    profile: &Profile,
    granted: &[PolicyId],
    policy: PolicyId,
    scratch: &mut Scratch,
) -> Vec<PolicyId> {
    let mut needed = Vec::new();
    for one in granted {
        let mut without = profile.clone();
        for other in granted.iter().filter(|g| *g != one) {
            grant(model, &mut without, *other);
        }
        if exact::outcome(bound, policy, &without, scratch).verdict != Verdict::Eligible {
            needed.push(*one);
        }
    }
    needed
}
