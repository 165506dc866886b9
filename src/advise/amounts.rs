//! The least and the most a benefit can be while facts are missing, over what can make the policy apply.
//!
//! The missing facts that an amount reads are said in turn, one value of each kind that makes a difference. Where the policy
//! can apply with them, the amount is one that is reached, or has bounds that interval arithmetic gives. Where the bounds are
//! reached, the range is exact; otherwise no completion passes it.

use super::{pieces, with};
use crate::checked::Type;
use crate::graph::{Bound, FactRef, Node, NodeId};
use crate::ids::PolicyId;
use crate::profile::{Profile, RecordIx, Slot};
use crate::schema::FieldType;
use crate::value::{Number, Unit};
use crate::verdict::from_graph::{Evaluation, Scratch};
use crate::verdict::{Verdict, exact};
use std::collections::BTreeSet;

/// The most combinations of answers that are tried for one policy.
const COMBINATIONS: usize = 128;
/// The most answers to one question.
const ANSWERS: usize = 16;

/// What one benefit can come to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// Position in the policy's benefits.
    pub benefit: usize,
    /// The least.
    pub least: Number,
    /// The most.
    pub most: Number,
    /// Its unit.
    pub unit: Unit,
    /// Whether both ends are reached; otherwise they are bounds that no completion passes.
    pub exact: bool,
}

/// The ranges of the benefits that have an amount and for which a bound is known. None where the policy cannot apply.
#[must_use]
pub fn ranges(bound: &Bound, profile: &Profile, policy: PolicyId, scratch: &mut Scratch) -> Vec<Range> {
    let Some(entry) = bound.graph.entry(policy).filter(|e| e.root.is_some()) else { return Vec::new() };
    let mut found = Vec::new();
    for amount in &entry.amounts {
        let Type::Number(unit) = amount.value.ty else { continue };
        let node = amount.value.node;
        let mut search = Search { bound, policy, node, left: COMBINATIONS, reached: None, outer: None, known: true };
        search.say(profile, scratch);
        if let Some(outer) = search.outer.filter(|_| search.known) {
            let exact = search.reached == Some(outer);
            found.push(Range { benefit: amount.benefit, least: outer.0, most: outer.1, unit, exact });
        }
    }
    found
}

struct Search<'a> {
    bound: &'a Bound,
    policy: PolicyId,
    node: NodeId,
    left: usize,
    /// The least and the most that some completion reaches.
    reached: Option<(Number, Number)>,
    /// What no completion passes.
    outer: Option<(Number, Number)>,
    /// Whether every part had bounds.
    known: bool,
}

impl Search<'_> {
    fn bounded(&self, profile: &Profile, scratch: &mut Scratch) -> Option<(Number, Number)> {
        exact::span(self.bound, profile, self.node, scratch)
    }

    /// Says one more of the facts that the amount reads, or takes the amount as it is.
    fn say(&mut self, profile: &Profile, scratch: &mut Scratch) {
        if !exact::contradictions(self.bound, profile, scratch).is_empty() {
            return;
        }
        let outcome = exact::outcome(self.bound, self.policy, profile, scratch);
        if matches!(outcome.verdict, Verdict::Ineligible | Verdict::NotInForce) {
            return;
        }
        let proved = !outcome.not_proved && !self.waits(profile, scratch);
        let point = Evaluation::new(self.bound, profile, scratch).point(self.node);
        if let Some(value) = point {
            widen(&mut self.outer, (value, value));
            if proved {
                widen(&mut self.reached, (value, value));
            }
            return;
        }
        if let Some((record, fact, answers)) = self.next(profile, scratch)
            && let Some(left) = self.left.checked_sub(answers.len())
        {
            self.left = left;
            let whole = self.covers(fact, answers.len());
            for value in answers {
                self.say(&with(profile, record, fact.position as usize, Slot::Scalar(value)), scratch);
            }
            if whole {
                return;
            }
        }
        match self.bounded(profile, scratch) {
            Some(bounds) => widen(&mut self.outer, bounds),
            None => self.known = false,
        }
    }

    /// Whether the policy waits for a figure that has no value: then nothing shows that it can apply.
    fn waits(&self, profile: &Profile, scratch: &mut Scratch) -> bool {
        let Some(root) = self.bound.graph.entry(self.policy).and_then(|e| e.root) else { return true };
        if Evaluation::new(self.bound, profile, scratch).truth(root).is_known() {
            return false;
        }
        let mut stack = vec![root];
        let mut seen = BTreeSet::new();
        while let Some(id) = stack.pop() {
            if matches!(self.bound.graph.node(id), Node::Unknown(_)) {
                return true;
            }
            if seen.insert(id) {
                self.bound.graph.node(id).children(&mut |child| stack.push(child));
            }
        }
        false
    }

    /// Whether so many answers are all that a fact can be.
    fn covers(&self, fact: FactRef, answers: usize) -> bool {
        let range = self.bound.range(fact.field).as_slice();
        let count = range.iter().map(|(a, b)| b.abs_diff(*a).saturating_add(1)).fold(0u64, u64::saturating_add);
        u64::try_from(answers).is_ok_and(|n| n >= count)
    }

    /// A missing fact that the amount reads, outside lists, with the answers that can make a difference.
    fn next(&self, profile: &Profile, scratch: &mut Scratch) -> Option<(RecordIx, FactRef, Vec<i64>)> {
        let mut evaluation = Evaluation::new(self.bound, profile, scratch);
        let mut stack = vec![self.node];
        let mut seen = BTreeSet::new();
        let mut best: Option<(RecordIx, FactRef, Vec<i64>)> = None;
        while let Some(id) = stack.pop() {
            let graph = &self.bound.graph;
            if graph.level(id) > 0 || !seen.insert(id) {
                continue;
            }
            if let Node::Fact(fact) | Node::Test(fact, _) = graph.node(id)
                && let Some(record) = evaluation.record(fact.record)
                && *profile.slot(record, fact.position as usize) == Slot::Unknown
                && !matches!(graph.schema.field(fact.field).map(|f| f.ty), Some(FieldType::Set(_) | FieldType::List(_)))
            {
                let answers = pieces(self.bound, graph.ids(), fact.field, ANSWERS);
                if !answers.is_empty() && best.as_ref().is_none_or(|(_, _, b)| answers.len() < b.len()) {
                    best = Some((record, *fact, answers));
                }
            }
            graph.node(id).children(&mut |child| stack.push(child));
        }
        best
    }
}

fn widen(range: &mut Option<(Number, Number)>, more: (Number, Number)) {
    *range = Some(range.map_or(more, |(least, most)| (least.min(more.0), most.max(more.1))));
}
