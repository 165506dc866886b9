//! Whether the answer to one question can turn a verdict, whatever is known of the rest.

use super::Truth;
use super::completion;
use super::exact::{RECORDS, Region, look_within, relevant};
use super::facts::{Entries, Facts, Reading};
use super::from_graph::{Blocker, Evaluation, Scratch};
use crate::graph::{Bound, Constraint, FactRef, NodeId};
use crate::ids::{EntityId, FieldId, PolicyId};
use crate::profile::{Profile, RecordIx};

/// The most regions that are looked at to find out whether a fact matters.
const PAIRS: u32 = 400;

/// Whether a policy's truth can turn with one scalar fact alone, between two values.
pub(crate) struct Turn<'a> {
    bound: &'a Bound,
    profile: &'a Profile,
    root: NodeId,
    constraints: Vec<&'a Constraint>,
    asked: (RecordIx, FieldId),
    values: &'a [i64],
}

impl<'a> Turn<'a> {
    /// None for a policy that has no conditions on that day.
    pub(crate) fn of(
        bound: &'a Bound,
        policy: PolicyId,
        profile: &'a Profile,
        asked: (RecordIx, FieldId),
        values: &'a [i64],
    ) -> Option<Self> {
        let entry = bound.graph.entry(policy)?;
        let root = entry.root?;
        Some(Self { bound, profile, root, constraints: relevant(bound, entry), asked, values })
    }

    /// Whether it does in some completion. Also true where that was not ruled out within the limit.
    pub(crate) fn possible(&self, scratch: &mut Scratch) -> bool {
        let Self { bound, profile, root, constraints, asked: (record, field), values } = self;
        if values.is_empty() || self.shown(scratch) {
            return true;
        }
        // Where two values differ, one of them differs from the first, unless a constraint bars the first there.
        let tied = constraints.iter().any(|c| c.fields.len() > 1 && c.fields.contains(field));
        let firsts = if tied { values.len() } else { 1 };
        let pairs = values.iter().take(firsts).enumerate();
        let mut pairs = pairs.flat_map(|(i, first)| values.iter().skip(i + 1).map(move |other| (first, other)));
        pairs.any(|(first, other)| {
            let mut regions = vec![Region::start(bound, profile)];
            let (mut left, mut steps) = (PAIRS, scratch.limits.steps);
            while let Some(region) = regions.pop() {
                if left == 0 || steps == 0 {
                    return true;
                }
                left -= 1;
                let mut one = |value: i64| {
                    let facts = Said { facts: &region, record: *record, field: *field, value };
                    look_within(bound, &facts, &region.profile, &[(*root, true)], constraints, &mut steps, scratch)
                };
                let (a, b) = (one(*first), one(*other));
                if a.2 == Truth::False || b.2 == Truth::False {
                    continue;
                }
                let settled = |side: &(Truth, Option<Blocker>, Truth)| side.0.is_known() && side.2 == Truth::True;
                if a.0.is_known() && a.0 == b.0 {
                    continue;
                }
                if settled(&a) && settled(&b) {
                    return true;
                }
                match a.1.filter(|_| !settled(&a)).or(b.1) {
                    Some(blocker) if region.profile.len() < RECORDS => region.split(blocker, &mut regions),
                    _ => return true,
                }
            }
            false
        })
    }

    /// Whether the quick way shows that it does: one completion in which the policy turns with the fact alone.
    pub(crate) fn shown(&self, scratch: &mut Scratch) -> bool {
        let Self { bound, profile, root, constraints, asked: (record, field), values } = self;
        let mut search = scratch.search();
        let base = Evaluation::new(bound, *profile, scratch);
        let hanging = completion::hanging(bound, *root, self.asked, constraints, &base, profile, &mut search);
        let found = hanging.is_some_and(|completion| {
            let mut truths = values.iter().filter_map(|value| {
                let facts = Said { facts: &completion, record: *record, field: *field, value: *value };
                completion.judged(&facts, *root, constraints, &mut search)
            });
            truths.next().is_some_and(|first| truths.any(|truth| truth != first))
        });
        scratch.give_back(search);
        found
    }
}

/// Facts of which one more is known.
struct Said<'f, F> {
    facts: &'f F,
    record: RecordIx,
    field: FieldId,
    value: i64,
}

impl<F: Facts> Facts for Said<'_, F> {
    fn scalar(&self, record: Option<RecordIx>, fact: FactRef) -> Reading<'_> {
        if record == Some(self.record) && fact.field == self.field {
            return Reading::Value(self.value);
        }
        self.facts.scalar(record, fact)
    }

    fn record(&self, record: Option<RecordIx>, fact: FactRef) -> Option<RecordIx> {
        Facts::record(self.facts, record, fact)
    }

    fn list(&self, record: Option<RecordIx>, fact: FactRef) -> Entries<'_> {
        self.facts.list(record, fact)
    }

    fn holds(&self, record: Option<RecordIx>, fact: FactRef, symbol: u32) -> Truth {
        self.facts.holds(record, fact, symbol)
    }

    fn is_empty(&self, record: Option<RecordIx>, fact: FactRef) -> Truth {
        self.facts.is_empty(record, fact)
    }

    fn root(&self, entity: EntityId) -> Option<RecordIx> {
        self.facts.root(entity)
    }
}
