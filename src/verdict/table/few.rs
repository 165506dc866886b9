//! The exact verdict where few facts are missing: every combination of what they can be is tried.
//!
//! Of a missing fact only the spans between the cut points of the conditions that are still open matter, and of a policy that Kleene logic
//! leaves open usually one or two facts are missing that matter. That is a handful of combinations, each a look at a few clauses: much less
//! than a search. Facts that can be chosen freely need no combinations: chosen well they make all of their conditions hold, chosen badly
//! all fail. The same goes for a condition of another kind (a list, a sum) whose facts nothing else of the policy reads, once it is shown
//! that it can hold and can fail. What else is of another kind is not relied on: a policy that can hold and can fail whatever that is is
//! open, and only otherwise the search decides.

use super::{Table, Words, record};
use crate::graph::{Bound, FactRef, NodeId, SetId};
use crate::ids::FieldId;
use crate::profile::{Profile, RecordIx, Slot};
use crate::verdict::completion::Shown;
use crate::verdict::{Outcome, Truth, Verdict};

/// A policy as it is laid out in the table, by its literals.
#[derive(Clone, Debug)]
pub(super) struct Form {
    pub(super) opposite: bool,
    pub(super) clauses: Vec<Vec<Literal>>,
    /// Facts that a constraint ties to others.
    pub(super) constrained: Vec<FieldId>,
}

/// One literal of a clause.
#[derive(Clone, Copy, Debug)]
pub(super) struct Literal {
    pub(super) what: Kind,
    /// Whether two conditions of the policy may pull at what it asks about, or a constraint.
    pub(super) tied: bool,
    /// Whether nothing else of the policy, and no constraint, reads what it reads.
    pub(super) alone: bool,
}

/// Where a missing fact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holder {
    /// In a record of the profile: several paths may lead to it.
    Record(RecordIx),
    /// In one that the profile does not have.
    Fresh(NodeId),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// A fact is in a set, or (`false`) is not.
    Test(FactRef, SetId, bool),
    /// A condition of another kind, by its number in the table.
    Asked(u32),
}

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

/// A clause that is open.
struct Clause {
    /// Where its conditions on missing facts end.
    end: usize,
    /// Whether something that can be chosen freely makes it hold, or not.
    free: bool,
    /// Whether something else might make it hold.
    other: bool,
}

/// Memory for one policy after the other.
#[derive(Default)]
pub(super) struct Missing {
    facts: [Option<(Holder, FieldId)>; FACTS],
    /// The open conditions, clause after clause.
    open: Vec<Open>,
    clauses: Vec<Clause>,
    /// What is tried of each.
    values: [Vec<i64>; FACTS],
}

/// The verdict on a policy that Kleene logic leaves open; where it is left to the search, what is shown of it. `turns` says of a condition
/// of another kind, by its number, whether it is shown that it can hold and can fail.
pub(super) fn settle(
    bound: &Bound,
    table: &Table,
    policy: usize,
    profile: &Profile,
    (words, missing): (&Words, &mut Missing),
    turns: &mut dyn FnMut(u32) -> bool,
) -> Result<Outcome, Shown> {
    let Some(Some(form)) = table.forms.get(policy) else { return Err(Shown::default()) };
    let Some((all_hold, some_fail)) = tried(bound, table, policy, form, profile, (words, missing), turns) else {
        return Err(Shown::default());
    };
    let verdict = match (all_hold, some_fail) {
        (true, true) => Verdict::Undetermined,
        _ if !form.constrained.is_empty() || missing.clauses.iter().any(|c| c.other) => {
            let (holds, fails) = if form.opposite { (some_fail, all_hold) } else { (all_hold, some_fail) };
            return Err(Shown { holds, fails });
        }
        (all_hold, _) if all_hold != form.opposite => Verdict::Eligible,
        _ => Verdict::Ineligible,
    };
    Ok(Outcome { verdict, not_proved: false, by_kleene: verdict == Verdict::Undetermined })
}

/// Whether all clauses hold in some combination, and whether one fails in some; none where too much is missing to try.
fn tried(
    bound: &Bound,
    table: &Table,
    policy: usize,
    form: &Form,
    profile: &Profile,
    (words, missing): (&Words, &mut Missing),
    turns: &mut dyn FnMut(u32) -> bool,
) -> Option<(bool, bool)> {
    missing.clear();
    for (at, clause) in form.clauses.iter().enumerate() {
        match table.clause(policy, at, words) {
            Truth::True => continue,
            // All clauses of an open policy can hold.
            Truth::False => return None,
            Truth::Unknown => {}
        }
        let (mut free, mut other) = (false, false);
        // What is known does not make it hold, or the clause would not be open.
        for literal in clause {
            match literal.what {
                Kind::Test(fact, set, wanted) => {
                    let holder = record(bound, fact.record, profile);
                    if holder.is_some_and(|r| !matches!(profile.slot(r, fact.position as usize), Slot::Unknown)) {
                        continue;
                    }
                    if literal.tied {
                        let holder = holder.map_or(Holder::Fresh(fact.record), Holder::Record);
                        missing.add((holder, fact.field), set, wanted)?;
                    } else {
                        free = true;
                    }
                }
                Kind::Asked(number) => match words.asked.get(number as usize) {
                    Some(Some(Truth::True | Truth::False)) => {}
                    Some(Some(Truth::Unknown)) if !literal.tied || literal.alone && turns(number) => free = true,
                    _ => other = true,
                },
            }
        }
        missing.clauses.push(Clause { end: missing.open.len(), free, other });
    }
    if missing.facts.iter().flatten().any(|(_, field)| form.constrained.contains(field)) {
        return None;
    }
    missing.tried(bound)
}

impl Missing {
    fn clear(&mut self) {
        self.facts = [None; FACTS];
        self.open.clear();
        self.clauses.clear();
        self.values.iter_mut().for_each(Vec::clear);
    }

    fn add(&mut self, fact: (Holder, FieldId), set: SetId, wanted: bool) -> Option<()> {
        // Two paths to records that are not known may lead to the same one.
        let same = |(holder, field): &(Holder, FieldId)| {
            *field == fact.1 && *holder != fact.0 && [*holder, fact.0].iter().any(|h| matches!(h, Holder::Fresh(_)))
        };
        if self.facts.iter().flatten().any(same) {
            return None;
        }
        let at = self.facts.iter().position(|known| known.is_none_or(|known| known == fact))?;
        *self.facts.get_mut(at)? = Some(fact);
        if self.open.len() == OPEN {
            return None;
        }
        self.open.push((at, set, wanted));
        Some(())
    }

    /// Whether all clauses hold in some combination with what is free chosen well and nothing else of help, and whether one fails in some
    /// with what is free chosen badly and everything else of help.
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
            let (mut all, mut failed) = (true, false);
            for clause in &self.clauses {
                let by_fact = self.open.get(start..clause.end).unwrap_or_default().iter().any(holds);
                start = clause.end;
                all &= by_fact || clause.free;
                failed |= !by_fact && !clause.other;
            }
            (some, none) = (some || all, none || failed);
            if some && none {
                break;
            }
        }
        Some((some, none))
    }
}
