//! For which policies strong Kleene logic is already exact.
//!
//! With negation pushed down to the tests, a policy is a monotone formula. Where its unknown facts can make all their
//! tests true together and all false together, the formula's best and worst cases are both reachable, and Kleene's
//! "unknown" is the truth. That fails where one fact stands in tests that pull against each other (`age < 60 or age >= 60`),
//! in arithmetic that is compared, or in a constraint with another fact. Those facts are the policy's hard facts: while
//! one is unknown and Kleene is undecided, the exact search has to look.

use super::intervals::Intervals;
use super::{Bound, FactRef, Graph, Node, NodeId};
use crate::ids::{FieldId, PolicyId};
use std::collections::{BTreeMap, BTreeSet};

/// The hard facts of one policy.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hard {
    /// Those read once a profile.
    pub(crate) facts: Vec<FactRef>,
    /// Whether some are facts of entries of a list.
    pub(crate) in_lists: bool,
    /// Whether a figure is missing: bounds can settle what Kleene logic cannot even where every fact is known.
    pub(crate) figures: bool,
    /// Every fact the policy reads, to find the constraints that bear on it.
    pub(crate) fields: BTreeSet<FieldId>,
    /// Positions of the constraints that bear on them, directly or through facts of other constraints.
    pub(crate) constraints: Vec<usize>,
}

#[derive(Default)]
struct Use {
    all: Option<Intervals>,
    any: Intervals,
    tests: BTreeSet<(NodeId, bool)>,
    hard: bool,
}

/// The hard facts of one policy on that day.
pub(crate) fn hard_facts(bound: &Bound, policy: PolicyId) -> Hard {
    let graph = &bound.graph;
    let several = graph.constraints.iter().filter(|c| c.fields.len() > 1);
    let tied: BTreeSet<FieldId> = several.flat_map(|c| c.fields.iter().copied()).collect();
    let root = graph.entry(policy).and_then(|e| e.root);
    root.map_or_else(Hard::default, |root| of_policy(bound, root, &tied))
}

fn of_policy(bound: &Bound, root: NodeId, tied: &BTreeSet<FieldId>) -> Hard {
    let mut uses: BTreeMap<FactRef, Use> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    walk(bound, root, true, &mut uses, &mut seen);
    let mut hard = Hard { figures: misses_figures(&bound.graph, root), ..Hard::default() };
    // Two paths can lead to one record, as the applicant is also a member: one field through two paths may be one fact.
    let mut paths: BTreeMap<FieldId, u32> = BTreeMap::new();
    for fact in uses.keys() {
        *paths.entry(fact.field).or_default() += 1;
    }
    for (fact, used) in uses {
        hard.fields.insert(fact.field);
        let aliased = paths.get(&fact.field).is_some_and(|n| *n > 1);
        let pulls = used.all.as_ref().is_some_and(Intervals::is_empty)
            || (used.all.is_some() && bound.range(fact.field).without(&used.any).is_empty());
        let several = used.tests.len() > 1 && used.all.is_none();
        if used.hard || aliased || pulls || several || tied.contains(&fact.field) {
            if bound.graph.level(fact.record) > 0 {
                hard.in_lists = true;
            } else {
                hard.facts.push(fact);
            }
        }
    }
    hard.constraints = relevant(&bound.graph, hard.fields.clone());
    hard
}

fn relevant(graph: &Graph, mut fields: BTreeSet<FieldId>) -> Vec<usize> {
    loop {
        let before = fields.len();
        for constraint in &graph.constraints {
            if constraint.fields.iter().any(|f| fields.contains(f)) {
                fields.extend(constraint.fields.iter().copied());
            }
        }
        if fields.len() == before {
            break;
        }
    }
    let bears = |c: &super::Constraint| c.fields.iter().any(|f| fields.contains(f));
    graph.constraints.iter().enumerate().filter(|(_, c)| bears(c)).map(|(at, _)| at).collect()
}

fn walk(
    bound: &Bound,
    id: NodeId,
    positive: bool,
    uses: &mut BTreeMap<FactRef, Use>,
    seen: &mut BTreeSet<(NodeId, bool)>,
) {
    if !seen.insert((id, positive)) {
        return;
    }
    let graph: &Graph = &bound.graph;
    match graph.node(id) {
        Node::Not(a) => walk(bound, *a, !positive, uses, seen),
        Node::And(all) | Node::Or(all) => all.iter().for_each(|a| walk(bound, *a, positive, uses, seen)),
        Node::Test(fact, set) => {
            let range = bound.range(fact.field);
            let wanted = if positive { range.and(bound.set(*set)) } else { range.without(bound.set(*set)) };
            let used = uses.entry(*fact).or_default();
            used.tests.insert((id, positive));
            used.all = Some(used.all.as_ref().map_or_else(|| wanted.clone(), |all| all.and(&wanted)));
            used.any = used.any.or(&wanted);
            follow(graph, fact.record, uses);
        }
        Node::Holds(fact, _) | Node::IsEmpty(fact) | Node::HoldsValue(fact, _) => {
            uses.entry(*fact).or_default().tests.insert((id, positive));
            follow(graph, fact.record, uses);
            if let Node::HoldsValue(_, value) = graph.node(id) {
                arithmetic(graph, *value, uses, &mut BTreeSet::new());
            }
        }
        Node::Any(list, body) | Node::All(list, body) => {
            let holds_for_some = matches!(graph.node(id), Node::Any(..)) == positive;
            if let Node::List { fact, filters, .. } = graph.node(*list) {
                let used = uses.entry(*fact).or_default();
                used.tests.insert((id, positive));
                // Whoever belongs to the list is on it although the list is not known: the applicant is a member.
                used.hard |= graph.schema.field(fact.field).is_some_and(|f| !f.includes.is_empty());
                follow(graph, fact.record, uses);
                // An entry counts for "some" when it passes the filter, and against "every" when it does.
                filters.iter().for_each(|f| walk(bound, *f, holds_for_some, uses, seen));
            }
            walk(bound, *body, positive, uses, seen);
        }
        Node::Compare(..) | Node::InSet(..) | Node::Within(..) => arithmetic(graph, id, uses, &mut BTreeSet::new()),
        _ => {}
    }
}

/// Facts inside arithmetic: bounds can settle a comparison that Kleene cannot.
fn arithmetic(graph: &Graph, id: NodeId, uses: &mut BTreeMap<FactRef, Use>, seen: &mut BTreeSet<NodeId>) {
    if !seen.insert(id) {
        return;
    }
    match graph.node(id) {
        Node::Fact(fact)
        | Node::Test(fact, _)
        | Node::Holds(fact, _)
        | Node::IsEmpty(fact)
        | Node::HoldsValue(fact, _) => {
            uses.entry(*fact).or_default().hard = true;
        }
        Node::List { fact, .. } => uses.entry(*fact).or_default().hard = true,
        Node::Follow(fact) => uses.entry(*fact).or_default().hard = true,
        _ => {}
    }
    graph.node(id).children(&mut |child| arithmetic(graph, child, uses, seen));
}

/// The facts that lead to a record; several paths through an unknown record are several reads of one thing.
fn follow(graph: &Graph, record: NodeId, uses: &mut BTreeMap<FactRef, Use>) {
    if let Node::Follow(fact) = graph.node(record) {
        uses.entry(*fact).or_default();
        follow(graph, fact.record, uses);
    }
}

fn misses_figures(graph: &Graph, root: NodeId) -> bool {
    let mut stack = vec![root];
    let mut seen = BTreeSet::new();
    while let Some(id) = stack.pop() {
        if matches!(graph.node(id), Node::Unknown(_)) {
            return true;
        }
        if seen.insert(id) {
            graph.node(id).children(&mut |child| stack.push(child));
        }
    }
    false
}
