//! The exact verdict where few facts are missing: every combination of what they can be is tried.
//!
//! Of a missing fact only the spans between the cut points of the conditions that are still open matter, and of a policy that Kleene logic
//! leaves open usually one or two facts are missing. That is a handful of combinations, each a look at a few clauses: much less than
//! a search. Where a constraint ties the facts, a condition is of another kind, or the combinations are many, the search decides.

use super::{Table, Words, record};
use crate::graph::clauses::Literal;
use crate::graph::{Bound, Node, SetId};
use crate::ids::FieldId;
use crate::profile::{Profile, RecordIx, Slot};
use crate::verdict::{Outcome, Truth, Verdict};

/// The most facts that may be missing.
const FACTS: usize = 4;

/// The most values that are tried of one.
const VALUES: usize = 16;

/// The most combinations.
const COMBINATIONS: usize = 128;

/// The most conditions of a policy that may be open.
const OPEN: usize = 32;

/// A condition on one of the missing facts that is open: the fact's place among them, and the set that its value has to be in (or not).
type Open = (usize, SetId, bool);

/// Memory for one policy after the other.
#[derive(Default)]
pub(super) struct Missing {
    /// By the record itself: several paths may lead to it.
    facts: [Option<(RecordIx, FieldId)>; FACTS],
    /// The open conditions, clause after clause, and where each clause ends.
    open: Vec<Open>,
    ends: Vec<usize>,
    /// What is tried of each.
    values: [Vec<i64>; FACTS],
}

/// The verdict on a policy that Kleene logic leaves open. None where it is left to the search.
pub(super) fn settle(
    bound: &Bound,
    table: &Table,
    policy: usize,
    profile: &Profile,
    (words, missing): (&Words, &mut Missing),
) -> Option<Outcome> {
    let form = bound.graph.clauses().get(policy)?.as_ref()?;
    let hard = bound.hard(crate::ids::PolicyId::of(policy))?;
    // A constraint on one fact alone is in the range of what that can be.
    let ties = |at: &usize| {
        let node = bound.graph.constraints.get(*at).map(|c| bound.graph.node(c.node));
        !matches!(node, Some(Node::Test(fact, _)) if matches!(bound.graph.node(fact.record), Node::Element(_)))
    };
    if hard.figures || hard.constraints.iter().any(ties) {
        return None;
    }
    missing.clear();
    for (at, clause) in form.clauses.iter().enumerate() {
        match table.clause(policy, at, words) {
            Truth::True => continue,
            // All clauses of an open policy can hold.
            Truth::False => return None,
            Truth::Unknown => {}
        }
        for literal in clause {
            let Literal::Test(fact, set, wanted) = literal else { return None };
            let record = record(bound, fact.record, profile)?;
            if matches!(profile.slot(record, fact.position as usize), Slot::Unknown) {
                missing.add((record, fact.field), *set, *wanted)?;
            }
        }
        missing.ends.push(missing.open.len());
    }
    let holds = missing.tried(bound)?;
    let verdict = match holds {
        (true, true) => Verdict::Undetermined,
        (all_hold, _) if all_hold != form.opposite => Verdict::Eligible,
        _ => Verdict::Ineligible,
    };
    Some(Outcome { verdict, not_proved: false, by_kleene: verdict == Verdict::Undetermined })
}

impl Missing {
    fn clear(&mut self) {
        self.facts = [None; FACTS];
        self.open.clear();
        self.ends.clear();
        self.values.iter_mut().for_each(Vec::clear);
    }

    fn add(&mut self, fact: (RecordIx, FieldId), set: SetId, wanted: bool) -> Option<()> {
        let at = self.facts.iter().position(|known| known.is_none_or(|known| known == fact))?;
        *self.facts.get_mut(at)? = Some(fact);
        if self.open.len() == OPEN {
            return None;
        }
        self.open.push((at, set, wanted));
        Some(())
    }

    /// Whether all clauses hold in some combination, and whether they do not in some.
    fn tried(&mut self, bound: &Bound) -> Option<(bool, bool)> {
        let mut count = 1usize;
        for (at, fact) in self.facts.iter().enumerate() {
            let (Some((_, field)), Some(values)) = (fact, self.values.get_mut(at)) else { break };
            let [(least, most)] = bound.range(*field).as_slice() else { return None };
            values.push(*least);
            for (_, set, _) in self.open.iter().filter(|(of, ..)| *of == at) {
                let ends = bound.set(*set).as_slice().iter().flat_map(|(from, to)| [*from, to.saturating_add(1)]);
                for end in ends.filter(|end| least < end && end <= most) {
                    if !values.contains(&end) {
                        values.push(end);
                    }
                }
                if values.len() > VALUES {
                    return None;
                }
            }
            count = count.checked_mul(values.len()).filter(|count| *count <= COMBINATIONS)?;
        }
        let (mut some, mut none) = (false, false);
        for combination in 0..count {
            let mut values = [0i64; FACTS];
            let mut left = combination;
            for (slot, of) in values.iter_mut().zip(&self.values) {
                let len = of.len().max(1);
                *slot = of.get(left % len).copied().unwrap_or(0);
                left /= len;
            }
            let holds = |(at, set, wanted): &Open| {
                values.get(*at).is_some_and(|value| bound.set(*set).contains(*value) == *wanted)
            };
            let mut start = 0;
            let all = self.ends.iter().all(|end| {
                let clause = self.open.get(start..*end).unwrap_or_default();
                start = *end;
                clause.iter().any(holds)
            });
            (some, none) = (some || all, none || !all);
            if some && none {
                break;
            }
        }
        Some((some, none))
    }
}
