//! Conditions: those that never or always hold, those that their siblings imply, and alternatives that nobody reaches.

use super::parts::{self, Part, Role};
use super::{Claim, Finding, Proof, Prover, error, inside, said};
use crate::checked::{Model, Policy};
use crate::diagnostic::Diagnostic;
use crate::ids::PolicyId;
use crate::prove::Target;
use crate::span::Span;
use std::collections::BTreeSet;

/// What was found of whole policies.
#[derive(Default)]
pub(super) struct Told {
    /// Policies for nobody or for everybody: comparing them with others says nothing more.
    pub(super) trivial: BTreeSet<PolicyId>,
}

/// What a claim was made for.
enum About {
    Nobody,
    Everybody,
    Never(usize),
    Always(usize),
    Implied(usize),
    Part(usize, Box<Part>),
}

pub(super) fn look(model: &Model, prover: &mut Prover, findings: &mut Vec<Finding>) -> Told {
    let mut claims = Vec::new();
    let mut about: Vec<(PolicyId, About)> = Vec::new();
    for (id, policy) in written(model) {
        let mut claim = |goals: Vec<(Target, bool)>, what: About| {
            claims.push(Claim { goals });
            about.push((id, what));
        };
        claim(vec![(Target::Whole(id), true)], About::Nobody);
        // What asks for the most comes first: a household for it is one for what asks for less.
        for at in 0..policy.conditions.len() {
            claim(vec![(Target::Condition(id, at), true)], About::Never(at));
            if policy.conditions.len() > 1 {
                let goals = siblings(id, policy, &[at]).chain([(Target::Condition(id, at), false)]);
                claim(goals.collect(), About::Implied(at));
            }
            claim(vec![(Target::Condition(id, at), false)], About::Always(at));
        }
        claim(vec![(Target::Whole(id), false)], About::Everybody);
        for (at, condition) in policy.conditions.iter().enumerate() {
            for part in parts::parts(&condition.expr) {
                let made = prover.add(policy.unit, policy.in_force.clone(), vec![part.without.clone()]);
                let differs = [(Target::Condition(id, at), !part.weaker), (Target::Condition(made, 0), part.weaker)];
                claim(siblings(id, policy, &[at]).chain(differs).collect(), About::Part(at, Box::new(part)));
            }
        }
    }
    let proofs = prover.prove_any(&claims);
    let mut told = Told::default();
    let standing: Vec<(PolicyId, About)> =
        about.into_iter().zip(proofs).filter(|(_, p)| matches!(p, Proof::Stands { .. })).map(|(a, _)| a).collect();
    for (id, policy) in written(model) {
        let mine: Vec<&About> = standing.iter().filter(|(of, _)| *of == id).map(|(_, a)| a).collect();
        report(prover, (id, policy), &mine, &mut told, findings);
    }
    told
}

fn report(
    prover: &mut Prover,
    (id, policy): (PolicyId, &Policy),
    standing: &[&About],
    told: &mut Told,
    findings: &mut Vec<Finding>,
) {
    let name = &policy.name.id;
    let nobody = standing.iter().any(|a| matches!(a, About::Nobody));
    let everybody = standing.iter().any(|a| matches!(a, About::Everybody));
    if nobody || everybody {
        told.trivial.insert(id);
    }
    let mut tell = |at: Option<usize>, diagnostic: Diagnostic| {
        let names = at.and_then(|at| policy.conditions.get(at)).map(|c| c.names.clone()).unwrap_or_default();
        findings.push(Finding::of(diagnostic, id).named(names));
    };
    if nobody {
        tell(
            None,
            Diagnostic::warning(error::NOBODY, policy.span, format!("nobody can be eligible for `{name}`"))
                .label("its conditions cannot hold together")
                .help("look for two conditions that exclude each other"),
        );
    }
    if everybody {
        tell(
            None,
            Diagnostic::warning(error::EVERYBODY, policy.span, format!("everybody is eligible for `{name}`"))
                .help("a condition is missing, or always holds"),
        );
    }
    let mut marked: Vec<Span> = Vec::new();
    let words = |at: usize| said(policy.conditions.get(at).and_then(|c| c.expr.words.as_deref()));
    let span = |at: usize| policy.conditions.get(at).map_or(policy.span, |c| c.expr.span);
    for found in standing {
        if let About::Never(at) = found {
            marked.push(span(*at));
            tell(
                Some(*at),
                Diagnostic::warning(
                    error::NEVER,
                    span(*at),
                    format!("this condition of `{name}` can never hold{}", words(*at)),
                )
                .label("false whatever the facts are")
                .help("compare it with the bounds of its facts and with what always holds"),
            );
        }
    }
    // Of a policy for nobody everything is implied; of one for everybody nothing is needed.
    if nobody || everybody {
        return;
    }
    for found in standing {
        if let About::Always(at) = found {
            marked.push(span(*at));
            tell(
                Some(*at),
                Diagnostic::warning(
                    error::ALWAYS,
                    span(*at),
                    format!("this condition of `{name}` always holds{}", words(*at)),
                )
                .label("true whatever the facts are")
                .help("leave it out, or say what was meant"),
            );
        }
    }
    let implied: Vec<usize> =
        standing.iter().filter_map(|a| if let About::Implied(at) = a { Some(*at) } else { None }).collect();
    for (at, from) in implied_together(prover, (id, policy), &implied, &marked) {
        marked.push(span(at));
        let mut finding = Diagnostic::warning(
            error::REDUNDANT,
            span(at),
            format!("the other conditions of `{name}` imply this one{}", words(at)),
        )
        .label("whoever meets the others meets this")
        .help("leave it out, or say what was meant");
        for other in from {
            finding = finding.related(span(other), "implied by this");
        }
        tell(Some(at), finding);
    }
    let spare: Vec<(usize, &Part)> = standing
        .iter()
        .filter_map(|a| if let About::Part(at, part) = a { Some((*at, &**part)) } else { None })
        .collect();
    for (at, part, finding) in spare_parts(prover, (id, policy), &spare, &marked) {
        marked.push(part.span);
        tell(Some(at), finding);
    }
}

/// The conditions that can go together, each with the siblings that imply it. Two that imply each other are one finding.
fn implied_together(
    prover: &mut Prover,
    (id, policy): (PolicyId, &Policy),
    implied: &[usize],
    marked: &[Span],
) -> Vec<(usize, Vec<usize>)> {
    let mut gone: Vec<usize> = Vec::new();
    let mut found = Vec::new();
    let standing = |prover: &mut Prover, at: usize, left_out: &[usize]| {
        let goals = siblings(id, policy, left_out).chain([(Target::Condition(id, at), false)]).collect();
        matches!(prover.prove(&[Claim { goals }]).as_slice(), [Proof::Stands { .. }])
    };
    for at in implied.iter().rev().copied() {
        if policy.conditions.get(at).is_none_or(|c| marked.contains(&c.expr.span)) {
            continue;
        }
        let mut out: Vec<usize> = gone.iter().copied().chain([at]).collect();
        if out.len() > 1 && !standing(prover, at, &out) {
            continue;
        }
        gone.push(at);
        // What is not needed for the proof is no reason.
        for other in (0..policy.conditions.len()).rev() {
            if !out.contains(&other) {
                out.push(other);
                if !standing(prover, at, &out) {
                    out.pop();
                }
            }
        }
        let from = (0..policy.conditions.len()).filter(|i| !out.contains(i)).collect();
        found.push((at, from));
    }
    found.reverse();
    found
}

/// Parts that can be left out. Of those of one block that others of it imply, one: the rest may be needed once it is gone.
fn spare_parts<'p>(
    prover: &mut Prover,
    (id, policy): (PolicyId, &Policy),
    spare: &[(usize, &'p Part)],
    marked: &[Span],
) -> Vec<(usize, &'p Part, Diagnostic)> {
    let mut found: Vec<(usize, &'p Part, Diagnostic)> = Vec::new();
    // What is spare as a whole is not told of its parts.
    let mut spare: Vec<&(usize, &'p Part)> = spare.iter().collect();
    spare.sort_by_key(|(_, part)| (std::cmp::Reverse(part.span.end - part.span.start), std::cmp::Reverse(part.span)));
    let mut blocks: Vec<Span> = Vec::new();
    for (at, part) in spare {
        if marked.iter().any(|m| inside(part.span, *m)) || found.iter().any(|(_, p, _)| inside(part.span, p.span)) {
            continue;
        }
        let name = &policy.name.id;
        let words = said(part.words.as_deref());
        let alone = part.only.clone().filter(|_| part.role == Role::Alternative && !part.weaker);
        let unreachable = alone.is_some_and(|only| {
            let made = prover.add(policy.unit, policy.in_force.clone(), vec![only]);
            let goals = siblings(id, policy, &[*at]).chain([(Target::Condition(made, 0), true)]).collect();
            matches!(prover.prove(&[Claim { goals }]).as_slice(), [Proof::Stands { .. }])
        });
        // What nobody reaches can go whatever else goes; of the others in a block, one may be needed once another is gone.
        if !unreachable && blocks.contains(&part.block) {
            continue;
        }
        let finding = if unreachable {
            Diagnostic::warning(
                error::UNREACHABLE,
                part.span,
                format!("nobody gets `{name}` by this alternative{words}"),
            )
            .label("whoever meets it fails another condition, or it can never hold")
            .help("leave it out, or say what was meant")
        } else {
            let (message, label) = match (part.role, part.weaker) {
                (Role::Alternative, false) => {
                    (format!("this alternative of `{name}` adds nobody{words}"), "whoever meets it meets another one")
                }
                (Role::Filter, _) => {
                    (format!("this narrowing in `{name}` changes nothing{words}"), "the same without it")
                }
                _ => (format!("this part of a condition of `{name}` changes nothing{words}"), "implied by the rest"),
            };
            blocks.push(part.block);
            Diagnostic::warning(error::REDUNDANT, part.span, message)
                .label(label)
                .help("leave it out, or say what was meant")
        };
        found.push((*at, part, finding));
    }
    found
}

/// All conditions of a policy but some, as goals.
fn siblings(id: PolicyId, policy: &Policy, but: &[usize]) -> impl Iterator<Item = (Target, bool)> + use<> {
    let but = but.to_vec();
    (0..policy.conditions.len()).filter(move |i| !but.contains(i)).map(move |i| (Target::Condition(id, i), true))
}

/// The policies that somebody wrote.
pub(super) fn written(model: &Model) -> impl Iterator<Item = (PolicyId, &Policy)> {
    model.policies.iter().enumerate().filter(|(_, p)| p.written).map(|(i, p)| (PolicyId::of(i), p))
}
