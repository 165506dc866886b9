//! Policies beside each other: two that mean the same, one that implies another, one that nobody can get together with what
//! it requires.

use super::conditions::{Told, written};
use super::{Claim, Finding, Proof, Prover, error};
use crate::checked::{Expr, Kind, Model, Policy};
use crate::cores;
use crate::diagnostic::Diagnostic;
use crate::graph::{Bound, NodeId};
use crate::ids::{EnumId, FieldId, PolicyId};
use crate::profile::Profile;
use crate::prove::{Target, made};
use crate::schema::FieldType;
use crate::value::Date;
use crate::verdict::from_graph::Scratch;
use crate::verdict::{Verdict, exact, possible};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn look(model: &Model, starts: &[Date], prover: &mut Prover, told: &Told, findings: &mut Vec<Finding>) {
    same_or_implied(model, starts, prover, told, findings);
    prerequisites(model, prover, told, findings);
}

/// Pairs for which some household shows that the first does not imply the second fall away at once: all policies are judged
/// on a household that is only just eligible for the first. What is left is proved or not.
fn same_or_implied(model: &Model, starts: &[Date], prover: &mut Prover, told: &Told, findings: &mut Vec<Finding>) {
    let ids: Vec<PolicyId> = written(model).map(|(id, _)| id).filter(|id| !told.trivial.contains(id)).collect();
    let whole: Vec<Claim> = ids.iter().map(|id| Claim { goals: vec![(Target::Whole(*id), true)] }).collect();
    let shown = prover.prove(&whole);
    let all: BTreeSet<PolicyId> = ids.iter().copied().collect();
    let households: Vec<(PolicyId, Date, Box<Profile>)> = ids
        .iter()
        .zip(shown)
        .filter_map(|(id, proof)| if let Proof::Falls(on, profile) = proof { Some((*id, on, profile)) } else { None })
        .collect();
    let days: BTreeSet<Date> = households.iter().map(|(_, on, _)| *on).collect();
    let days: Vec<Date> = days.into_iter().collect();
    let bound = cores::each(&days, || (), |on, ()| Some((*on, prover.rules(*on, &all)?)));
    let rules: BTreeMap<Date, Bound> = bound.into_iter().flatten().collect();
    // What a household that is eligible for one policy leaves possible: that the one implies these.
    let beside = |(id, on, profile): &(PolicyId, Date, Box<Profile>), scratch: &mut Scratch| {
        let Some(bound) = rules.get(on) else { return Vec::new() };
        let unit = |p: PolicyId| model.policies.get(p.index()).map(|p| p.unit);
        // With every fact said, so that Kleene logic judges nearly all of them.
        let roots: Vec<NodeId> = bound.graph.entries().iter().filter_map(|e| e.root).collect();
        let said = possible::grounded(bound, profile, &roots);
        let outcomes = exact::kleene(bound, &said, scratch);
        // Facts that were said without looking at the constraints may break one; such a household shows nothing.
        let shows = outcomes.get(id.index()).is_some_and(|o| o.verdict == Verdict::Eligible)
            && exact::contradictions(bound, &said, scratch).is_empty();
        let outcomes = if shows { outcomes } else { exact::outcomes(bound, profile, scratch) };
        let possible = |other: &PolicyId| match outcomes.get(other.index()).map(|o| o.verdict) {
            Some(Verdict::Eligible | Verdict::Undetermined) => true,
            // A policy that is not in force beside the first is asked on the days on which both are.
            Some(Verdict::NotInForce) => {
                starts.iter().any(|day| prover.in_force(*id, *day) && prover.in_force(*other, *day))
            }
            _ => false,
        };
        let others = ids.iter().filter(|o| *o != id && unit(**o) == unit(*id));
        others.filter(|o| possible(o)).map(|o| (*id, *o)).collect()
    };
    let pairs: Vec<(PolicyId, PolicyId)> =
        cores::each(&households, Scratch::default, beside).into_iter().flatten().collect();
    let claims: Vec<Claim> = pairs
        .iter()
        .map(|(one, other)| Claim { goals: vec![(Target::Whole(*one), true), (Target::Whole(*other), false)] })
        .collect();
    let proofs = prover.prove(&claims);
    let mut implied: BTreeSet<(PolicyId, PolicyId)> =
        pairs.into_iter().zip(&proofs).filter(|(_, p)| matches!(p, Proof::Stands { .. })).map(|(p, _)| p).collect();
    // Where nobody is eligible for the first while both are in force, it implies anything.
    let together: Vec<(PolicyId, PolicyId)> = implied.iter().copied().collect();
    let claims: Vec<Claim> = together
        .iter()
        .map(|(one, other)| Claim { goals: vec![(Target::Whole(*one), true), (Target::Whole(*other), true)] })
        .collect();
    for (pair, proof) in together.into_iter().zip(prover.prove(&claims)) {
        if !matches!(proof, Proof::Falls(..)) {
            implied.remove(&pair);
        }
    }
    for (one, other) in &implied {
        let (Some(a), Some(b)) = (model.policies.get(one.index()), model.policies.get(other.index())) else { continue };
        let names = [b.name.id.clone(), a.name.id.clone()];
        if implied.contains(&(*other, *one)) {
            if one < other {
                let diagnostic = Diagnostic::warning(
                    error::SAME_MEANING,
                    b.span,
                    format!("`{}` means the same as `{}`", b.name.id, a.name.id),
                )
                .label("eligible for one is eligible for the other")
                .related(a.span, "the other policy")
                .help("keep one of the two, or say what tells them apart");
                findings.push(Finding::of(diagnostic, *other).named(names));
            }
            continue;
        }
        // Whoever gets the wider one alone shows that the two are not the same.
        let only = Claim { goals: vec![(Target::Whole(*other), true), (Target::Whole(*one), false)] };
        let witness = match prover.prove(std::slice::from_ref(&only)).as_slice() {
            [Proof::Falls(on, profile)] => prover.witness(&only, *on, profile),
            _ => None,
        };
        let diagnostic = Diagnostic::warning(
            error::IMPLIED,
            a.span,
            format!("whoever is eligible for `{}` is eligible for `{}`", a.name.id, b.name.id),
        )
        .label("implies the other policy")
        .related(b.span, "the wider one")
        .help("say how the two go together (`higher of this and`, `not together with`), or allow it with the reason");
        findings.push(Finding { witness, ..Finding::of(diagnostic, *one) }.named(names));
    }
}

/// A policy that asks for another one, by a status held by its unit or by a record beside it: the two sets of conditions
/// must go together. What the other says of benefits is left out: these change when it is granted.
fn prerequisites(model: &Model, prover: &mut Prover, told: &Told, findings: &mut Vec<Finding>) {
    let mut claims = Vec::new();
    let mut about: Vec<(PolicyId, PolicyId, usize)> = Vec::new();
    for (id, policy) in written(model).filter(|(id, _)| !told.trivial.contains(id)) {
        for (at, condition) in policy.conditions.iter().enumerate() {
            let mut needed = Vec::new();
            held(&condition.expr, &mut needed);
            for (subject, other) in needed {
                let Some(required) = model.policies.get(other.index()).filter(|p| p.written && other != id) else {
                    continue;
                };
                if subject.ty != crate::checked::Type::Record(required.unit) || told.trivial.contains(&other) {
                    continue;
                }
                let conditions = granted(model, required, &subject);
                let both = prover.add(policy.unit, overlap(policy, required), conditions);
                claims.push(Claim { goals: vec![(Target::Whole(id), true), (Target::Whole(both), true)] });
                about.push((id, other, at));
            }
        }
    }
    let proofs = prover.prove(&claims);
    let mut seen = BTreeSet::new();
    for ((id, other, at), _) in about.into_iter().zip(proofs).filter(|(_, p)| matches!(p, Proof::Stands { .. })) {
        if !seen.insert((id, other)) {
            continue;
        }
        let (Some(policy), Some(required)) = (model.policies.get(id.index()), model.policies.get(other.index())) else {
            continue;
        };
        let span = policy.conditions.get(at).map_or(policy.span, |c| c.expr.span);
        let diagnostic = Diagnostic::warning(
            error::PREREQUISITE,
            span,
            format!(
                "nobody can meet the conditions of `{}` and those of `{}`, which it asks for",
                policy.name.id, required.name.id
            ),
        )
        .label("asked for here")
        .related(required.span, "the policy that is asked for")
        .help("compare the two sets of conditions, or allow it where facts change between the two grants");
        findings.push(Finding::of(diagnostic, id).named([required.name.id.clone()]));
    }
}

/// The spans in which both are in force.
fn overlap(a: &Policy, b: &Policy) -> Vec<(Date, Option<Date>)> {
    let mut spans = Vec::new();
    for (from, to) in &a.in_force {
        for (start, end) in &b.in_force {
            let first = *from.max(start);
            let last = match (to, end) {
                (Some(x), Some(y)) => Some(*x.min(y)),
                (x, y) => x.or(*y),
            };
            if last.is_none_or(|l| first <= l) {
                spans.push((first, last));
            }
        }
    }
    spans
}

/// The policies that a condition asks somebody to hold, where no alternative stands beside: whose, and which.
fn held(expr: &Expr, into: &mut Vec<(Expr, PolicyId)>) {
    match &expr.kind {
        Kind::And(parts) => parts.iter().for_each(|p| held(p, into)),
        Kind::Includes(set, positions) => {
            let Kind::Field(subject, _) = &set.kind else { return };
            if set.ty == crate::checked::Type::Set(EnumId::POLICY) {
                into.extend(positions.iter().map(|p| ((**subject).clone(), PolicyId(*p))));
            }
        }
        // Receives or is recognised as: two sets, one question.
        Kind::Or(parts) if parts.iter().all(|p| matches!(p.kind, Kind::Includes(..))) => {
            parts.iter().for_each(|p| held(p, into));
        }
        _ => {}
    }
}

/// The conditions of a policy about another record, without what they say of benefits.
fn granted(model: &Model, required: &Policy, subject: &Expr) -> Vec<Expr> {
    let sets: BTreeSet<FieldId> = model
        .schema
        .fields
        .iter()
        .enumerate()
        .filter(|(_, f)| f.ty == FieldType::Set(EnumId::POLICY))
        .map(|(i, _)| FieldId::of(i))
        .collect();
    required.conditions.iter().map(|c| placed(model, &c.expr, subject, &sets, true)).collect()
}

/// An expression with another record in focus; what it says of sets of policies counts in its favour.
fn placed(model: &Model, expr: &Expr, subject: &Expr, sets: &BTreeSet<FieldId>, positive: bool) -> Expr {
    match &expr.kind {
        Kind::Frame(0) => subject.clone(),
        Kind::Includes(set, _) | Kind::SetIsEmpty(set) | Kind::IncludesValue(set, _) if matches!(&set.kind, Kind::Field(_, field) if sets.contains(field)) => {
            made(Kind::Bool(positive), expr.span)
        }
        Kind::Not(a) => made(Kind::Not(Box::new(placed(model, a, subject, sets, !positive))), expr.span),
        // Inside lists and tables parts pull both ways; where one of them is about benefits the whole counts in favour.
        Kind::Define(..) | Kind::All(..) | Kind::Any(..) | Kind::Compare(..) | Kind::Case(..)
            if expr.ty == crate::checked::Type::YesNo && asks(model, expr, sets) =>
        {
            made(Kind::Bool(positive), expr.span)
        }
        _ => {
            let again = expr.with_parts(&mut |part| Some(placed(model, part, subject, sets, positive)));
            again.unwrap_or_else(|| expr.clone())
        }
    }
}

/// Whether an expression reads one of these facts, itself or through definitions.
fn asks(model: &Model, expr: &Expr, sets: &BTreeSet<FieldId>) -> bool {
    let mut found = match &expr.kind {
        Kind::Field(_, field) => sets.contains(field),
        Kind::Define(id, _) => model.defines.get(id.index()).is_some_and(|d| asks(model, &d.value, sets)),
        _ => false,
    };
    expr.parts(&mut |part| found |= asks(model, part, sets));
    found
}
