//! Which facts policies can read: for asking no more of a household than is needed.

use crate::graph::{Bound, Cause, Graph, Node, NodeId};
use crate::ids::{FieldId, ParameterId, PolicyId};
use std::collections::BTreeSet;

/// The facts that the conditions and amounts of these policies can read on that day, after simplification, with those of
/// the constraints that bear on them. In the order of the schema.
#[must_use]
pub fn facts_read(bound: &Bound, policies: &[PolicyId]) -> Vec<FieldId> {
    let graph = &bound.graph;
    let mut fields = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for entry in policies.iter().filter_map(|p| graph.entry(*p)) {
        let amounts = entry.amounts.iter().map(|a| a.value.node).filter(|_| entry.root.is_some());
        for node in entry.root.into_iter().chain(amounts) {
            walk(graph, node, &mut fields, &mut seen);
        }
    }
    loop {
        let before = fields.len();
        for constraint in graph.constraints_fields() {
            if constraint.iter().any(|f| fields.contains(f)) {
                fields.extend(constraint);
            }
        }
        if fields.len() == before {
            return fields.into_iter().collect();
        }
    }
}

/// Whether the conditions or amounts of a policy wait for a figure that has no value on that day.
#[must_use]
pub fn waits_for(bound: &Bound, policy: PolicyId, figure: ParameterId) -> bool {
    let Some(entry) = bound.graph.entry(policy) else { return false };
    let mut stack: Vec<NodeId> = entry.root.into_iter().chain(entry.amounts.iter().map(|a| a.value.node)).collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = stack.pop() {
        if matches!(bound.graph.node(id), Node::Unknown(Cause::Parameter(p)) if *p == figure) {
            return true;
        }
        if seen.insert(id) {
            bound.graph.node(id).children(&mut |child| stack.push(child));
        }
    }
    false
}

fn walk(graph: &Graph, id: NodeId, fields: &mut BTreeSet<FieldId>, seen: &mut BTreeSet<NodeId>) {
    if !seen.insert(id) {
        return;
    }
    match graph.node(id) {
        Node::Follow(f)
        | Node::Test(f, _)
        | Node::Holds(f, _)
        | Node::HoldsValue(f, _)
        | Node::IsEmpty(f)
        | Node::Fact(f) => {
            fields.insert(f.field);
        }
        Node::List { fact, .. } => {
            fields.insert(fact.field);
        }
        _ => {}
    }
    graph.node(id).children(&mut |child| walk(graph, child, fields, seen));
}
