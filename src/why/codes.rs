//! Reasons as numbers, for millions of rows: which condition, and of near misses what they hang on.
//!
//! The conditions of a policy are numbered as written, each before its parts, from 0. A [`Code`] is the policy's id times 65,536 plus
//! that number, so it means the same for as long as the policy's text does not change; [`dictionary`] says each in words. For
//! one household's reasons in full, with values and distances, there is [`super::from_verdict`].

use crate::graph::trace::{Clause, Form, Operand};
use crate::graph::{Bound, Entry, FactRef, Graph, Node, NodeId};
use crate::ids::{FieldId, PolicyId};
use crate::profile::RecordIx;
use crate::schema::Class;
use crate::value::{Number, Words};
use crate::verdict::facts::{Facts, Reading};
use crate::verdict::from_graph::Evaluation;
use crate::verdict::{Comparison, Truth, Verdict};

/// One condition of one policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(
    /// The policy's id times 65,536, plus the condition's number.
    pub u32,
);

/// What a near miss hangs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hinge {
    /// One fact that is missing.
    Missing(FieldId),
    /// One condition on what the person can do.
    Action(FieldId),
    /// One condition on what another policy gives.
    Grant(FieldId),
    /// One figure that is off by no more than the margin.
    Margin,
}

/// A policy that is missed by one condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NearMiss {
    /// The policy.
    pub policy: PolicyId,
    /// The condition that fails, or is open.
    pub code: Code,
    /// What it hangs on.
    pub hinge: Hinge,
}

impl Code {
    pub(super) fn of(policy: PolicyId, number: usize) -> Self {
        Self(policy.0 << 16 | u32::try_from(number.min(0xffff)).unwrap_or(0xffff))
    }

    /// The policy.
    #[must_use]
    pub const fn policy(self) -> PolicyId {
        PolicyId(self.0 >> 16)
    }
}

/// The conditions of a policy with their codes.
#[must_use]
pub fn dictionary(entry: &Entry) -> Vec<(Code, Words)> {
    fn walk(policy: PolicyId, clauses: &[Clause], into: &mut Vec<(Code, Words)>) {
        for clause in clauses {
            into.push((Code::of(policy, into.len()), clause.words().clone()));
            walk(policy, parts(clause), into);
        }
    }
    let mut all = Vec::new();
    walk(entry.policy, &entry.clauses, &mut all);
    all
}

pub(super) fn parts(clause: &Clause) -> &[Clause] {
    match &clause.form {
        Form::All(parts) | Form::Any(parts) => parts,
        Form::Not(part) => std::slice::from_ref(part),
        Form::Every { body, .. } | Form::Some { body, .. } => body.as_deref().map_or(&[], std::slice::from_ref),
        _ => &[],
    }
}

/// How many conditions there are in one, itself among them.
fn size(clause: &Clause) -> usize {
    parts(clause).iter().map(size).fold(1, usize::saturating_add)
}

/// Conditions that by themselves settle a verdict: all that hold where it applies, one that fails where it does not. Nothing where
/// Kleene logic leaves it open.
pub fn proof<F: Facts>(evaluation: &mut Evaluation<'_, F>, entry: &Entry, holds: bool, into: &mut Vec<Code>) {
    conjunction(evaluation, entry.policy, &entry.clauses, 0, Truth::of(holds), into);
}

/// The conditions behind a verdict, whichever it is: where it applies all that hold, where it does not the first that fails, where it
/// depends on something missing all that are open. Where Kleene logic leaves a settled verdict open, the open ones settle it together
/// and stand for it.
pub fn reasons<F: Facts>(evaluation: &mut Evaluation<'_, F>, entry: &Entry, verdict: Verdict, into: &mut Vec<Code>) {
    let mut all = |truth| {
        let before = into.len();
        conjunction(evaluation, entry.policy, &entry.clauses, 0, truth, into);
        into.len() > before
    };
    match verdict {
        Verdict::NotInForce => {}
        Verdict::Eligible => {
            all(Truth::True);
            all(Truth::Unknown);
        }
        Verdict::Ineligible => {
            if !all(Truth::False) {
                all(Truth::Unknown);
            }
        }
        Verdict::Undetermined => {
            all(Truth::Unknown);
        }
    }
}

/// Parts of which all must hold: all of them where they do, else the first that fails.
fn conjunction<F: Facts>(
    evaluation: &mut Evaluation<'_, F>,
    policy: PolicyId,
    clauses: &[Clause],
    first: usize,
    truth: Truth,
    into: &mut Vec<Code>,
) {
    let mut number = first;
    for clause in clauses {
        if evaluation.truth(clause.node) == truth {
            one(evaluation, policy, clause, number, truth, into);
            if truth == Truth::False {
                return;
            }
        }
        number = number.saturating_add(size(clause));
    }
}

fn one<F: Facts>(
    evaluation: &mut Evaluation<'_, F>,
    policy: PolicyId,
    clause: &Clause,
    number: usize,
    truth: Truth,
    into: &mut Vec<Code>,
) {
    let inner = number.saturating_add(1);
    let parts = parts(clause);
    match (&clause.form, truth) {
        // Of alternatives the first that holds is enough; they fail only together.
        (Form::All(_), _) if !clause.labelled => conjunction(evaluation, policy, parts, inner, truth, into),
        (Form::Any(_), Truth::True) if !clause.labelled => {
            let mut at = inner;
            for part in parts {
                if evaluation.truth(part.node) == Truth::True {
                    return one(evaluation, policy, part, at, truth, into);
                }
                at = at.saturating_add(size(part));
            }
        }
        _ => into.push(Code::of(policy, number)),
    }
}

/// Whether a policy is missed by one condition that could give way, and what it hangs on. `margin` is the share of the figure
/// required by which a figure may be off, in percent.
pub fn near_miss<F: Facts>(
    evaluation: &mut Evaluation<'_, F>,
    facts: &F,
    bound: &Bound,
    entry: &Entry,
    margin: u32,
) -> Option<NearMiss> {
    let (clause, number, truth) = the_one(evaluation, &entry.clauses, 0)?;
    let hinge = match truth {
        Truth::Unknown => missing(evaluation, facts, bound, clause)?,
        Truth::False => giving(evaluation, bound, clause, margin)?,
        Truth::True => return None,
    };
    Some(NearMiss { policy: entry.policy, code: Code::of(entry.policy, number), hinge })
}

/// The only part that does not hold, as deep as there is only one.
fn the_one<'c, F: Facts>(
    evaluation: &mut Evaluation<'_, F>,
    clauses: &'c [Clause],
    first: usize,
) -> Option<(&'c Clause, usize, Truth)> {
    let mut found = None;
    let mut number = first;
    for clause in clauses {
        let truth = evaluation.truth(clause.node);
        if truth != Truth::True {
            if found.is_some() {
                return None;
            }
            found = Some((clause, number, truth));
        }
        number = number.saturating_add(size(clause));
    }
    let (clause, number, truth) = found?;
    match &clause.form {
        Form::All(_) => the_one(evaluation, parts(clause), number.saturating_add(1)),
        _ => Some((clause, number, truth)),
    }
}

/// The one fact that is missing below a condition; none where there are several, or what is missing is not a fact of the
/// unit or a record it leads to.
fn missing<F: Facts>(evaluation: &mut Evaluation<'_, F>, facts: &F, bound: &Bound, clause: &Clause) -> Option<Hinge> {
    let mut found: Option<(Option<RecordIx>, FieldId)> = None;
    for fact in facts_below(&bound.graph, clause.node)? {
        let record = evaluation.record(fact.record);
        let open = match bound.graph.schema().field(fact.field)?.ty {
            crate::schema::FieldType::Set(_) => false,
            _ => matches!(facts.scalar(record, fact), Reading::Unknown),
        };
        if open && found.is_some_and(|f| f != (record, fact.field)) {
            return None;
        }
        if open {
            found = Some((record, fact.field));
        }
    }
    found.map(|(_, field)| Hinge::Missing(field))
}

/// The facts below a node; none where it looks into a list.
fn facts_below(graph: &Graph, node: NodeId) -> Option<Vec<FactRef>> {
    let mut found = Vec::new();
    let mut open = vec![node];
    while let Some(id) = open.pop() {
        let node = graph.node(id);
        match node {
            Node::List { .. } | Node::Any(..) | Node::All(..) | Node::Count(_) | Node::Fold(..) => return None,
            Node::Test(fact, _) | Node::Holds(fact, _) | Node::HoldsValue(fact, _) | Node::Fact(fact) => {
                if !found.contains(fact) {
                    found.push(*fact);
                }
            }
            _ => {}
        }
        if found.len() > 32 || open.len() > 1_000 {
            return None;
        }
        node.children(&mut |child| open.push(child));
    }
    Some(found)
}

/// What could make a condition that fails give way.
fn giving<F: Facts>(evaluation: &mut Evaluation<'_, F>, bound: &Bound, clause: &Clause, margin: u32) -> Option<Hinge> {
    if let Form::Compare(comparison, a, b) = &clause.form
        && within_margin(evaluation, *comparison, (a, b), margin)
    {
        return Some(Hinge::Margin);
    }
    let facts = facts_below(&bound.graph, clause.node)?;
    let [fact] = facts.as_slice() else { return None };
    match bound.graph.schema().field(fact.field)?.class {
        Class::Action => Some(Hinge::Action(fact.field)),
        Class::Grant => Some(Hinge::Grant(fact.field)),
        Class::Time | Class::Circumstance | Class::Immutable => None,
    }
}

fn within_margin<F: Facts>(
    evaluation: &mut Evaluation<'_, F>,
    comparison: Comparison,
    (a, b): (&Operand, &Operand),
    margin: u32,
) -> bool {
    if !matches!(a.ty, crate::checked::Type::Number(_)) || comparison == Comparison::Equal {
        return false;
    }
    let (Some(found), Some(required)) = (evaluation.point(a.node), evaluation.point(b.node)) else { return false };
    let distance = if found > required { found.subtract(required) } else { required.subtract(found) };
    let share = Number::new(i128::from(margin), 100).and_then(|m| required.multiply(m));
    matches!((distance, share), (Some(distance), Some(share)) if distance <= share)
}
