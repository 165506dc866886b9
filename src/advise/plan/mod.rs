//! What to apply for, in which order: what applies now, what each grant opens, and which benefits cannot be held together.
//!
//! A stage holds the policies that are eligible given what was received and granted before it. A benefit that counts as
//! income is added to that income, and everything is looked at again with it. Of what excludes each other, the combination
//! that pays most a month over all stages is taken; where amounts are equal, the one with more grants, then the one with the
//! smaller policy ids. What is undetermined, depends on a caseworker or on places never counts as granted, and nothing that
//! is held is given up for something new.

mod course;
mod grants;

use crate::checked::{Effect, Model};
use crate::graph::Bound;
use crate::ids::PolicyId;
use crate::profile::Profile;
use crate::value::{Label, Number};
use crate::verdict::from_graph::Scratch;
use crate::verdict::{Verdict, exact};
use course::{Course, Ground};
use grants::{conflict, grant, holds, is_income, monthly};
use std::collections::BTreeSet;

pub use grants::Lowered;

/// The most combinations that are played out.
const COMBINATIONS: usize = 256;
/// The most rounds in which grants open further ones.
const ROUNDS: usize = 12;

/// The applications, stage by stage.
#[derive(Clone)]
pub struct Plan {
    /// In order; the policies of a stage can be applied for together.
    pub stages: Vec<Stage>,
    /// What would apply and is left out, with the reason.
    pub left_out: Vec<LeftOut>,
    /// What the profile says is received and conflicts with something eligible: nothing held is dropped.
    pub kept: Vec<PolicyId>,
    /// What is held already, with the yuan a month it pays by these rules, where that is known.
    pub held: Vec<(PolicyId, Option<Number>)>,
    /// Of which less is paid because of another that is held beside it.
    pub lowered: Vec<Lowered>,
    /// Yuan a month of what is held, as far as it is known, before anything is granted.
    pub before: Number,
    /// Yuan a month of what is held and granted at the end, as far as it is known.
    pub after: Number,
    /// Yuan a month that the grants bring: what `after` has more than `before`.
    pub monthly: Number,
    /// Whether every combination was compared.
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
    /// Yuan a month, where it has such an amount, with the incomes that the plan leads to.
    pub monthly: Option<Number>,
    /// Grants of earlier stages without which it would not be eligible.
    pub opened_by: Vec<PolicyId>,
    /// Whether what it pays counts as income elsewhere.
    pub income: bool,
}

/// Something that applies and is not in the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The policy.
    pub policy: PolicyId,
    /// Because of this one, which is held or granted.
    pub other: PolicyId,
    /// Why not both.
    pub why: Barrier,
    /// Yuan a month that it would pay, where that is known.
    pub monthly: Option<Number>,
}

/// Why two are not both in a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Barrier {
    /// An effect that one of them declares.
    Effect(Effect),
    /// What one pays counts as income, with which the other does not apply.
    Income,
}

/// Works out the plan.
#[must_use]
pub fn plan(model: &Model, bound: &Bound, profile: &Profile) -> Plan {
    let mut scratch = Scratch::default();
    let all = || (0..model.policies.len()).map(PolicyId::of);
    let held: Vec<PolicyId> = all().filter(|p| holds(model, profile, *p)).collect();
    let mut ground = Ground { model, bound, profile, held, reach: Vec::new() };
    let barred = reach(&mut ground, &mut scratch);
    let (choices, mut exact) = choices(&ground);
    let mut best: Option<Course> = None;
    for choice in &choices {
        if let Some(course) = ground.play(choice, &mut scratch)
            && best.as_ref().is_none_or(|b| course.better_than(b))
        {
            best = Some(course);
        }
    }
    let nothing = BTreeSet::new();
    let Some(best) = best.or_else(|| ground.play(&nothing, &mut scratch)) else {
        exact = false;
        return told(&ground, None, exact, &barred, &mut scratch);
    };
    told(&ground, Some(&best), exact, &barred, &mut scratch)
}

/// What can come to be granted whatever is chosen: everything eligible granted over and over. What is held bars the rest.
fn reach(ground: &mut Ground<'_>, scratch: &mut Scratch) -> Vec<(PolicyId, PolicyId, Effect)> {
    let (model, bound) = (ground.model, ground.bound);
    let mut barred = Vec::new();
    let mut now = ground.profile.clone();
    let mut reach: BTreeSet<PolicyId> = BTreeSet::new();
    let mut out: BTreeSet<PolicyId> = ground.held.iter().copied().collect();
    for _ in 0..ROUNDS {
        let outcomes = exact::outcomes(bound, &now, scratch);
        let mut fresh = Vec::new();
        for (i, outcome) in outcomes.iter().enumerate() {
            let policy = PolicyId::of(i);
            if reach.contains(&policy) || out.contains(&policy) || outcome.verdict == Verdict::NotInForce {
                continue;
            }
            let rivals = |others: &BTreeSet<PolicyId>| others.iter().any(|o| conflict(model, policy, *o).is_some());
            let eligible = match outcome.verdict {
                Verdict::Eligible => true,
                // Where rivals of it are among the grants, it is looked at without them.
                _ if rivals(&reach) => {
                    let mut without = ground.profile.clone();
                    for other in reach.iter().filter(|o| conflict(model, policy, **o).is_none()) {
                        grant(model, &mut without, *other);
                    }
                    exact::outcome(bound, policy, &without, scratch).verdict == Verdict::Eligible
                }
                _ => false,
            };
            if !eligible || model.policies.get(i).is_some_and(|p| p.subject_to_places) {
                continue;
            }
            if let Some((other, effect)) = ground.held.iter().find_map(|h| Some((*h, conflict(model, policy, *h)?))) {
                barred.push((policy, other, effect));
                out.insert(policy);
            } else {
                fresh.push(policy);
            }
        }
        if fresh.is_empty() {
            break;
        }
        for policy in fresh {
            grant(model, &mut now, policy);
            reach.insert(policy);
        }
    }
    ground.reach = reach.into_iter().collect();
    barred
}

/// What may be let in: every largest set without a conflict, with every choice of what counts as income; and whether these
/// are all.
fn choices(ground: &Ground<'_>) -> (Vec<BTreeSet<PolicyId>>, bool) {
    let model = ground.model;
    let reach = &ground.reach;
    let rivals = |p: PolicyId| reach.iter().copied().filter(move |o| *o != p && conflict(model, p, *o).is_some());
    let incomes: Vec<PolicyId> = reach.iter().copied().filter(|p| is_income(model, *p)).collect();
    let mut found: BTreeSet<Vec<PolicyId>> = BTreeSet::new();
    let mut whole = true;
    for left_out in 0..1u32 << incomes.len().min(6) {
        let out: Vec<PolicyId> =
            incomes.iter().enumerate().filter(|(i, _)| left_out >> i & 1 == 1).map(|(_, p)| *p).collect();
        let mut sets: Vec<Vec<PolicyId>> = vec![Vec::new()];
        for policy in reach.iter().copied().filter(|p| !out.contains(p)) {
            let near: BTreeSet<PolicyId> = rivals(policy).filter(|o| !out.contains(o)).collect();
            let mut next: BTreeSet<Vec<PolicyId>> = BTreeSet::new();
            for set in sets {
                let mut without: Vec<PolicyId> = set.iter().copied().filter(|s| !near.contains(s)).collect();
                if without.len() == set.len() {
                    without.push(policy);
                    next.insert(without);
                } else {
                    without.push(policy);
                    next.insert(set);
                    next.insert(without);
                }
            }
            if next.len() > COMBINATIONS {
                whole = false;
            }
            sets = next.into_iter().take(COMBINATIONS).collect();
        }
        found.extend(sets.into_iter().filter(|set| {
            // What could join without a conflict belongs in.
            let joins = |p: &PolicyId| !out.contains(p) && !set.contains(p) && !rivals(*p).any(|o| set.contains(&o));
            !reach.iter().any(joins)
        }));
    }
    whole &= incomes.len() <= 6 && found.len() <= COMBINATIONS;
    (found.into_iter().take(COMBINATIONS).map(|set| set.into_iter().collect()).collect(), whole)
}

/// The plan in full.
fn told(
    ground: &Ground<'_>,
    course: Option<&Course>,
    exact: bool,
    barred: &[(PolicyId, PolicyId, Effect)],
    scratch: &mut Scratch,
) -> Plan {
    let (model, bound, profile) = (ground.model, ground.bound, ground.profile);
    let held: Vec<(PolicyId, Option<Number>)> =
        ground.held.iter().map(|p| (*p, monthly(bound, profile, *p, scratch))).collect();
    let known = held.iter().filter_map(|(p, n)| Some((*p, (*n)?))).collect();
    let less = grants::lowered(model, &ground.held, &known);
    let sum = known.values().try_fold(Number::ZERO, |sum, n| sum.add(*n)).unwrap_or(Number::ZERO);
    let before = less.iter().try_fold(sum, |sum, l| sum.subtract(l.by)).unwrap_or(sum);
    let mut kept: Vec<PolicyId> = barred.iter().map(|(_, other, _)| *other).collect();
    kept.sort_unstable();
    kept.dedup();
    let pays = |policy: PolicyId, scratch: &mut Scratch| monthly(bound, profile, policy, scratch);
    let mut left_out: Vec<LeftOut> = Vec::new();
    for (policy, other, effect) in barred {
        let monthly = pays(*policy, scratch);
        left_out.push(LeftOut { policy: *policy, other: *other, why: Barrier::Effect(*effect), monthly });
    }
    let mut plan = Plan {
        stages: Vec::new(),
        left_out,
        kept,
        held,
        lowered: less,
        before,
        after: before,
        monthly: Number::ZERO,
        exact,
        bring: Vec::new(),
    };
    let Some(course) = course else { return plan };
    let granted = course.granted();
    let mut earlier: Vec<PolicyId> = Vec::new();
    for stage in &course.stages {
        let mut apply = Vec::new();
        for policy in stage {
            let opened_by = ground.opened_by(course, &earlier, *policy, scratch);
            let monthly = course.amounts.get(policy).copied();
            apply.push(Step { policy: *policy, monthly, opened_by, income: is_income(model, *policy) });
        }
        earlier.extend(stage);
        plan.stages.push(Stage { apply });
    }
    for policy in &course.passed {
        let rival = granted.iter().find_map(|g| Some((*g, Barrier::Effect(conflict(model, *policy, *g)?))));
        // What is left out without a rival counts as income, and would end something else.
        let would_end = || {
            let mut then = course.after.clone();
            grants::earn(model, &mut then, *policy, monthly(bound, profile, *policy, &mut Scratch::default()));
            let mut all = ground.held.iter().chain(&granted);
            let ends =
                |p: &&PolicyId| exact::outcome(bound, **p, &then, &mut Scratch::default()).verdict != Verdict::Eligible;
            all.find(ends).map(|p| (*p, Barrier::Income))
        };
        if let Some((other, why)) = rival.or_else(would_end) {
            plan.left_out.push(LeftOut { policy: *policy, other, why, monthly: pays(*policy, scratch) });
        }
    }
    for (policy, other) in &course.ended {
        let monthly = pays(*policy, scratch);
        plan.left_out.push(LeftOut { policy: *policy, other: *other, why: Barrier::Income, monthly });
    }
    plan.left_out.sort_by_key(|l| (l.policy, l.other));
    plan.left_out.dedup_by_key(|l| l.policy);
    plan.lowered.clone_from(&course.lowered);
    plan.after = course.total;
    plan.monthly = course.total.subtract(before).unwrap_or(Number::ZERO);
    for policy in &granted {
        for document in model.policies.get(policy.index()).into_iter().flat_map(|p| &p.bring) {
            if !plan.bring.contains(document) {
                plan.bring.push(document.clone());
            }
        }
    }
    plan
}
