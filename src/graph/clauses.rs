//! A policy's conditions as clauses: all of them hold, and each holds when one of its literals does.
//!
//! In strong Kleene logic "and" and "or" distribute over each other and absorb each other exactly as in two values, so this form has
//! the same three-valued truth as the condition it was made of. Nothing is dropped for contradicting itself (`x or not x` stays):
//! that would be right in two values only.

use super::{FactRef, Graph, Node, NodeId, SetId};
use std::collections::BTreeSet;

/// The most clauses of one policy; what would need more stands as one literal.
const CLAUSES: usize = 64;

/// The most clauses that are looked through for what others imply, and the most literals of one: both are compared with each other, and
/// a hostile text may have ten thousand.
const COMPARED: usize = 1_024;

/// One question, asked straight or turned round.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Literal {
    /// A fact read once a profile is in a set of intervals (or, `false`, is not).
    Test(FactRef, SetId, bool),
    /// Any other condition holds (or does not).
    Node(NodeId, bool),
}

/// A condition in clauses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Clauses {
    /// Whether these are the clauses of the condition's opposite: some conditions are short only that way.
    pub(crate) opposite: bool,
    /// All must hold; of each, one literal. Those with the fewest literals first, so that the first that fails says it shortest.
    pub(crate) clauses: Vec<Vec<Literal>>,
}

/// A condition as clauses, straight or of its opposite, whichever are fewer.
pub(crate) fn of(graph: &Graph, root: NodeId) -> Clauses {
    let straight = form(graph, root, true);
    let turned = form(graph, root, false);
    let (opposite, mut clauses) = match (straight, turned) {
        (Some(a), Some(b)) if b.len() < a.len() => (true, b),
        (Some(a), _) => (false, a),
        (None, Some(b)) => (true, b),
        (None, None) => (false, vec![vec![Literal::Node(root, true)]]),
    };
    clauses.sort_by_key(Vec::len);
    Clauses { opposite, clauses }
}

/// The clauses of a condition (or of its opposite); none where there would be too many.
fn form(graph: &Graph, id: NodeId, positive: bool) -> Option<Vec<Vec<Literal>>> {
    match (graph.node(id), positive) {
        (Node::Bool(value), _) => Some(if *value == positive { Vec::new() } else { vec![Vec::new()] }),
        (Node::Not(a), _) => form(graph, *a, !positive),
        (Node::And(parts), true) | (Node::Or(parts), false) => {
            let mut all = Vec::new();
            if parts.len() > COMPARED {
                return None;
            }
            for part in parts {
                all.extend(form(graph, *part, positive).unwrap_or_else(|| vec![vec![Literal::Node(*part, positive)]]));
            }
            let all = absorbed(all);
            (all.len() <= CLAUSES).then_some(all)
        }
        (Node::And(parts), false) | (Node::Or(parts), true) => {
            let mut all: Vec<Vec<Literal>> = vec![Vec::new()];
            if parts.len() > COMPARED {
                return None;
            }
            for part in parts {
                let part = form(graph, *part, positive)?;
                if all.len().checked_mul(part.len())? > CLAUSES * 4 {
                    return None;
                }
                all = all.iter().flat_map(|a| part.iter().map(move |b| [a.as_slice(), b].concat())).collect();
                all = absorbed(all);
            }
            (all.len() <= CLAUSES).then_some(all)
        }
        (Node::Test(fact, set), _) if graph.level(fact.record) == 0 => {
            Some(vec![vec![Literal::Test(*fact, *set, positive)]])
        }
        _ => Some(vec![vec![Literal::Node(id, positive)]]),
    }
}

/// Without the clauses that another one implies, in the order of the others.
fn absorbed(clauses: Vec<Vec<Literal>>) -> Vec<Vec<Literal>> {
    let sets: Vec<BTreeSet<Literal>> = clauses.into_iter().map(|c| c.into_iter().collect()).collect();
    let implied = |at: usize, set: &BTreeSet<Literal>| {
        sets.iter().enumerate().any(|(i, other)| i != at && other.is_subset(set) && (other.len() < set.len() || i < at))
    };
    let kept = sets.iter().enumerate().filter(|(at, set)| !implied(*at, set));
    kept.map(|(_, set)| set.iter().cloned().collect()).collect()
}
