//! A completion in which a condition hangs on one fact: on the way from the condition to a test of the fact, everything else is
//! what lets the test through. (Testing of circuits calls that a sensitised path.)

use super::Completion;
use crate::graph::{Bound, Constraint, Node, NodeId};
use crate::ids::FieldId;
use crate::profile::{Profile, RecordIx};
use crate::verdict::from_graph::{Evaluation, Scratch};
use std::collections::BTreeMap;

/// A completion that is likely to make the condition hang on a scalar fact of a record. Whether it does is for the caller to evaluate.
pub(in crate::verdict) fn hanging<'a>(
    bound: &'a Bound,
    root: NodeId,
    asked: (RecordIx, FieldId),
    constraints: &[&Constraint],
    base: &Evaluation<'_, Profile>,
    profile: &'a Profile,
    scratch: &mut Scratch,
) -> Option<Completion<'a>> {
    let mut completion = Completion::start(bound, profile);
    let mut path = Path { base, asked, reads: BTreeMap::new() };
    (path.hang(&mut completion, root, scratch) && completion.allow(base, constraints, scratch)).then_some(completion)
}

struct Path<'p> {
    base: &'p Evaluation<'p, Profile>,
    asked: (RecordIx, FieldId),
    /// Whether a node reads the fact, of some record.
    reads: BTreeMap<NodeId, bool>,
}

impl Path<'_> {
    fn reads(&mut self, bound: &Bound, id: NodeId) -> bool {
        if let Some(known) = self.reads.get(&id) {
            return *known;
        }
        let node = bound.graph.node(id);
        let mut found = node.fact().is_some_and(|fact| fact.field == self.asked.1);
        node.children(&mut |child| found = found || self.reads(bound, child));
        self.reads.insert(id, found);
        found
    }

    /// Assumes what makes a condition hang on the fact, by the first way there is.
    fn hang(&mut self, c: &mut Completion<'_>, id: NodeId, scratch: &mut Scratch) -> bool {
        let Some(left) = c.steps.checked_sub(1) else { return false };
        c.steps = left;
        let bound = c.bound;
        // What the profile settles hangs on nothing.
        if !self.reads(bound, id) || (bound.graph.level(id) == 0 && self.base.settled(id).is_some()) {
            return false;
        }
        match bound.graph.node(id) {
            Node::Not(a) => self.hang(c, *a, scratch),
            Node::And(parts) => self.hang_part(c, parts, true, scratch),
            Node::Or(parts) => self.hang_part(c, parts, false, scratch),
            Node::Any(list, body) => self.hang_entry(c, *list, (*body, false), scratch),
            Node::All(list, body) => self.hang_entry(c, *list, (*body, true), scratch),
            Node::Test(fact, _) | Node::Holds(fact, _) | Node::IsEmpty(fact) => {
                c.reach(fact.record) == Some(self.asked.0)
            }
            Node::Compare(..) | Node::InSet(..) | Node::Within(..) | Node::HoldsValue(..) => true,
            _ => false,
        }
    }

    /// One part hangs on it, and the others say nothing: they hold among parts that all must hold (`quiet`), else they fail.
    fn hang_part(&mut self, c: &mut Completion<'_>, parts: &[NodeId], quiet: bool, scratch: &mut Scratch) -> bool {
        let base = self.base;
        parts.iter().any(|chosen| {
            c.attempt(|c| {
                self.hang(c, *chosen, scratch)
                    && parts.iter().filter(|other| *other != chosen).all(|other| c.want(base, *other, quiet, scratch))
            })
        })
    }

    /// What one entry says hangs on it, and the others say nothing.
    fn hang_entry(
        &mut self,
        c: &mut Completion<'_>,
        list: NodeId,
        (body, quiet): (NodeId, bool),
        scratch: &mut Scratch,
    ) -> bool {
        let (bound, base) = (c.bound, self.base);
        let Node::List { fact, level, filters } = bound.graph.node(list) else { return false };
        let Some(record) = c.reach(fact.record) else { return false };
        if (record, fact.field) == self.asked {
            return true;
        }
        let (items, complete) = c.items(record, *fact);
        let parts = || std::iter::once(&body).chain(filters.iter());
        items.iter().flat_map(|chosen| parts().map(move |part| (chosen, part))).any(|(chosen, part)| {
            c.attempt(|c| {
                c.focus_on(*level, Some(*chosen));
                // An entry speaks where all filters hold and its body is not what says nothing.
                let hangs = self.hang(c, *part, scratch)
                    && filters.iter().filter(|f| *f != part).all(|f| c.want(base, *f, true, scratch))
                    && (*part == body || c.want(base, body, !quiet, scratch));
                if hangs && !complete {
                    c.close(record, *fact, &items);
                }
                hangs
                    && items
                        .iter()
                        .filter(|i| *i != chosen)
                        .all(|i| c.want_quiet(base, *level, filters, (body, quiet), *i, scratch))
            })
        })
    }
}
