//! What keeps an undetermined verdict open: the facts and figures that three-valued logic stopped at.

use super::Missing;
use super::from_verdict::Walker;
use crate::graph::{Cause, FactRef, Node, NodeId};
use crate::ids::ParameterId;
use crate::profile::{RecordIx, Slot};
use crate::verdict::Truth;
use std::collections::BTreeSet;

/// What keeps one verdict open; used again for the next.
#[derive(Default)]
pub(super) struct Causes {
    missing: Vec<Missing>,
    parameters: BTreeSet<ParameterId>,
    /// By node, the turn in which it was looked at last.
    seen: Vec<u32>,
    turn: u32,
}

impl Causes {
    /// Begins anew.
    pub(super) fn clear(&mut self) {
        self.turn = self.turn.wrapping_add(1);
        if self.turn == 0 {
            self.seen.fill(0);
            self.turn = 1;
        }
    }

    /// What was found.
    pub(super) fn take(&mut self) -> (Vec<Missing>, Vec<ParameterId>) {
        (self.missing.drain(..).collect(), std::mem::take(&mut self.parameters).into_iter().collect())
    }

    /// Whether a node is looked at for the first time.
    fn first(&mut self, node: NodeId, nodes: usize) -> bool {
        self.seen.resize(nodes, 0);
        let turn = self.turn;
        self.seen.get_mut(node.0 as usize).is_none_or(|seen| std::mem::replace(seen, turn) != turn)
    }
}

impl Walker<'_> {
    /// The facts and figures that keep a node undecided.
    pub(super) fn causes(&mut self, node: NodeId, causes: &mut Causes) {
        let bound = self.bound;
        let graph = &bound.graph;
        // Inside a list the same node is asked of each entry, so only nodes outside are looked at once. What asks about one fact is
        // looked at as quickly as it is looked up.
        let one_fact = matches!(graph.node(node), Node::Test(..) | Node::Holds(..) | Node::IsEmpty(_) | Node::Fact(_));
        if !one_fact && graph.level(node) == 0 && !causes.first(node, graph.nodes().len()) {
            return;
        }
        match graph.node(node) {
            Node::Not(a) => self.causes(*a, causes),
            Node::And(parts) | Node::Or(parts) => {
                for part in parts {
                    if self.evaluation.truth(*part) == Truth::Unknown {
                        self.causes(*part, causes);
                    }
                }
            }
            Node::Test(fact, _) | Node::Holds(fact, _) | Node::IsEmpty(fact) | Node::Fact(fact) => {
                self.missing(*fact, causes);
            }
            Node::HoldsValue(fact, value) => {
                self.missing(*fact, causes);
                self.causes_of_scalar(*value, causes);
            }
            Node::Unknown(Cause::Parameter(parameter)) => {
                causes.parameters.insert(*parameter);
            }
            Node::Any(list, body) | Node::All(list, body) => self.causes_in_list(*list, Some((*body, true)), causes),
            Node::Compare(_, a, b) | Node::Within(_, a, b) => {
                self.causes_of_scalar(*a, causes);
                self.causes_of_scalar(*b, causes);
            }
            Node::InSet(a, _) => self.causes_of_scalar(*a, causes),
            _ => {}
        }
    }

    fn causes_of_scalar(&mut self, node: NodeId, causes: &mut Causes) {
        if self.evaluation.point(node).is_some() {
            return;
        }
        let bound = self.bound;
        match bound.graph.node(node) {
            Node::Fact(_) | Node::Unknown(_) => self.causes(node, causes),
            Node::Count(list) => self.causes_in_list(*list, None, causes),
            Node::Fold(_, list, body) => self.causes_in_list(*list, Some((*body, false)), causes),
            Node::Case(rows, otherwise) => {
                for (condition, value) in rows {
                    match self.evaluation.truth(*condition) {
                        Truth::False => {}
                        Truth::True => {
                            self.causes_of_scalar(*value, causes);
                            return;
                        }
                        Truth::Unknown => {
                            self.causes(*condition, causes);
                            self.causes_of_scalar(*value, causes);
                        }
                    }
                }
                self.causes_of_scalar(*otherwise, causes);
            }
            other => other.children(&mut |child| self.causes_of_scalar(child, causes)),
        }
    }

    fn causes_in_list(&mut self, list: NodeId, body: Option<(NodeId, bool)>, causes: &mut Causes) {
        let (level, entries, complete) = self.evaluation.entries(list);
        if !complete && let Some((record, fact)) = self.evaluation.list_fact(list) {
            add_missing(causes, self.as_missing(record, fact));
        }
        let bound = self.bound;
        let filters = match bound.graph.node(list) {
            Node::List { filters, .. } => &filters[..],
            _ => &[],
        };
        for (entry, passes) in entries {
            self.evaluation.enter(level, Some(entry));
            if passes == Truth::Unknown {
                for filter in filters {
                    if self.evaluation.truth(*filter) == Truth::Unknown {
                        self.causes(*filter, causes);
                    }
                }
            }
            match body {
                Some((body, true)) if passes != Truth::False && self.evaluation.truth(body) == Truth::Unknown => {
                    self.causes(body, causes);
                }
                Some((body, false)) if passes != Truth::False => self.causes_of_scalar(body, causes),
                _ => {}
            }
        }
        self.evaluation.enter(level, None);
    }

    fn missing(&mut self, fact: FactRef, causes: &mut Causes) {
        let record = self.evaluation.record(fact.record);
        let known = record.is_some_and(|r| match self.profile.slot(r, fact.position as usize) {
            Slot::Unknown => false,
            Slot::List { complete, .. } | Slot::Set { complete, .. } => *complete,
            _ => true,
        });
        if !known {
            let missing = self.as_missing(record, fact);
            add_missing(causes, missing);
        }
    }

    fn as_missing(&self, record: Option<RecordIx>, fact: FactRef) -> Missing {
        let judged = self.bound.graph.kind(fact.field).is_some_and(|kind| kind.judged);
        Missing { record, field: fact.field, judged }
    }
}

fn add_missing(causes: &mut Causes, missing: Missing) {
    if !causes.missing.contains(&missing) {
        causes.missing.push(missing);
    }
}
