//! Changes that are being tried together, and the facts as they would be with them.

use crate::graph::FactRef;
use crate::graph::intervals::Intervals;
use crate::ids::{EntityId, FieldId};
use crate::profile::{Profile, RecordIx, Slot};
use crate::schema::Class;
use crate::value::Date;
use crate::verdict::Truth;
use crate::verdict::facts::{Entries, Facts, Reading};

/// What becomes of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Edit {
    /// A scalar gets this value.
    To(i64),
    /// A set holds this value too.
    With(u32),
    /// A set no longer holds this value.
    Without(u32),
}

/// The condition that a change is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A condition of the policy, by its position.
    Condition(usize),
    /// What always holds, by its position in the model.
    Always(usize),
}

/// One change that is tried.
#[derive(Clone, Debug)]
pub(super) struct Move {
    pub(super) record: RecordIx,
    pub(super) position: u32,
    pub(super) field: FieldId,
    pub(super) class: Class,
    pub(super) edit: Edit,
    /// For a scalar: the values that were not ruled out on the way here.
    pub(super) wanted: Intervals,
    /// Whether a nearer value may do, once the other changes are made.
    pub(super) loose: bool,
    pub(super) purpose: Purpose,
}

/// What is changed: a scalar as a whole, a set value by value. Nothing stands for time that passes.
pub(super) type Key = Option<(RecordIx, u32, Option<u32>)>;

impl Move {
    pub(super) fn key(&self) -> Key {
        let symbol = match self.edit {
            Edit::To(_) => None,
            Edit::With(symbol) | Edit::Without(symbol) => Some(symbol),
        };
        Some((self.record, self.position, symbol))
    }
}

/// One step of the search.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Wait(Date),
    Move(Move),
}

/// How many changes, how hard the hardest is, how hard all are, and how long one waits.
pub(super) type Cost = (usize, u8, u32, Option<Date>);

/// Changes tried together, in the order of their keys.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    pub(super) wait: Option<Date>,
    pub(super) moves: Vec<Move>,
}

/// An action is easier than a grant, a grant easier than waiting, and what happens to people comes last.
const fn rank(class: Class) -> u8 {
    match class {
        Class::Action => 0,
        Class::Grant => 1,
        Class::Time => 2,
        Class::Circumstance => 3,
        Class::Immutable => 4,
    }
}

impl Draft {
    pub(super) fn cost(&self) -> Cost {
        let waiting = self.wait.map(|_| rank(Class::Time));
        let ranks = || self.moves.iter().map(|m| rank(m.class)).chain(waiting);
        (self.len(), ranks().max().unwrap_or(0), ranks().map(u32::from).sum(), self.wait)
    }

    pub(super) fn len(&self) -> usize {
        self.moves.len() + usize::from(self.wait.is_some())
    }

    pub(super) fn keys(&self) -> Vec<Key> {
        self.wait.map(|_| None).into_iter().chain(self.moves.iter().map(Move::key)).collect()
    }

    /// What tells one draft from another.
    pub(super) fn state(&self) -> (Option<Date>, Vec<(Key, Edit, Vec<(i64, i64)>)>) {
        let moves = self.moves.iter().map(|m| (m.key(), m.edit, m.wanted.as_slice().to_vec()));
        (self.wait, moves.collect())
    }

    /// The draft with one more step; none where it contradicts what is changed already.
    pub(super) fn and(&self, step: &Step) -> Option<Self> {
        let mut both = self.clone();
        let next = match step {
            Step::Wait(day) => {
                both.wait = both.wait.max(Some(*day));
                return Some(both);
            }
            Step::Move(next) => next,
        };
        let key = next.key();
        match both.moves.binary_search_by(|m| m.key().cmp(&key)) {
            Err(at) => both.moves.insert(at, next.clone()),
            Ok(at) => {
                let old = both.moves.get_mut(at)?;
                match (old.edit, next.edit) {
                    (Edit::To(_), Edit::To(value)) => {
                        let wanted = old.wanted.and(&next.wanted);
                        let value = nearest(&wanted, value)?;
                        *old = Move { edit: Edit::To(value), wanted, loose: true, ..next.clone() };
                    }
                    (old, new) if old == new => {}
                    _ => return None,
                }
            }
        }
        Some(both)
    }

    /// The steps that the bits of `kept` choose; waiting is the first.
    pub(super) fn part(&self, kept: u32) -> Self {
        let shift = u32::from(self.wait.is_some());
        let wait = self.wait.filter(|_| kept & 1 == 1);
        let chosen = self.moves.iter().zip(shift..).filter(|(_, bit)| kept >> bit & 1 == 1);
        Self { wait, moves: chosen.map(|(m, _)| m.clone()).collect() }
    }

    /// The profile with the changes made.
    pub(super) fn applied(&self, profile: &Profile) -> Profile {
        let mut changed = profile.clone();
        for one in &self.moves {
            apply(&mut changed, one.record, one.position, one.edit);
        }
        changed
    }
}

/// Makes one change.
pub(super) fn apply(profile: &mut Profile, record: RecordIx, position: u32, edit: Edit) {
    let at = position as usize;
    let slot = match (edit, profile.slot(record, at)) {
        (Edit::To(value), _) => Slot::Scalar(value),
        (Edit::With(symbol) | Edit::Without(symbol), slot) => {
            let (mut known, mut not, complete) = match slot {
                Slot::Set { known, not, complete } => (known.clone(), not.clone(), *complete),
                _ => (Vec::new(), Vec::new(), false),
            };
            known.retain(|s| *s != symbol);
            not.retain(|s| *s != symbol);
            if matches!(edit, Edit::With(_)) {
                known.push(symbol);
                known.sort_unstable();
            } else if !complete {
                not.push(symbol);
                not.sort_unstable();
            }
            Slot::Set { known, not, complete }
        }
    };
    profile.set(record, at, slot);
}

/// The value of a set nearest to another; of two equally near the smaller.
pub(super) fn nearest(wanted: &Intervals, value: i64) -> Option<i64> {
    let ends = wanted.as_slice().iter().map(|(a, b)| value.clamp(*a, *b));
    ends.min_by_key(|v| (v.abs_diff(value), *v))
}

/// The facts of a profile with changes made, without a copy of it.
pub(super) struct Changed<'a> {
    pub(super) profile: &'a Profile,
    pub(super) moves: &'a [Move],
    /// One more scalar, tried for itself.
    pub(super) trial: Option<(RecordIx, u32, i64)>,
}

impl Changed<'_> {
    /// The value of a scalar, where it is known.
    pub(super) fn value(&self, record: RecordIx, position: u32) -> Option<i64> {
        if let Some((r, p, value)) = self.trial
            && (r, p) == (record, position)
        {
            return Some(value);
        }
        let mut edits = self.moves.iter().filter(|m| m.record == record && m.position == position);
        let changed = edits.find_map(|m| if let Edit::To(value) = m.edit { Some(value) } else { None });
        changed.or_else(|| match self.profile.slot(record, position as usize) {
            Slot::Scalar(value) => Some(*value),
            _ => None,
        })
    }

    fn edits(&self, record: Option<RecordIx>, fact: FactRef) -> impl Iterator<Item = Edit> + '_ {
        let same = move |m: &&Move| Some(m.record) == record && m.position == fact.position;
        self.moves.iter().filter(same).map(|m| m.edit)
    }
}

impl Facts for Changed<'_> {
    fn scalar(&self, record: Option<RecordIx>, fact: FactRef) -> Reading<'_> {
        record.and_then(|r| self.value(r, fact.position)).map_or(Reading::Unknown, Reading::Value)
    }

    fn record(&self, record: Option<RecordIx>, fact: FactRef) -> Option<RecordIx> {
        Facts::record(self.profile, record, fact)
    }

    fn list(&self, record: Option<RecordIx>, fact: FactRef) -> Entries<'_> {
        self.profile.list(record, fact)
    }

    fn holds(&self, record: Option<RecordIx>, fact: FactRef, symbol: u32) -> Truth {
        for edit in self.edits(record, fact) {
            match edit {
                Edit::With(s) if s == symbol => return Truth::True,
                Edit::Without(s) if s == symbol => return Truth::False,
                _ => {}
            }
        }
        Facts::holds(self.profile, record, fact, symbol)
    }

    fn is_empty(&self, record: Option<RecordIx>, fact: FactRef) -> Truth {
        let mut gone = Vec::new();
        for edit in self.edits(record, fact) {
            match edit {
                Edit::With(_) => return Truth::False,
                Edit::Without(s) => gone.push(s),
                Edit::To(_) => {}
            }
        }
        match record.map(|r| self.profile.slot(r, fact.position as usize)) {
            Some(Slot::Set { known, complete, .. }) if known.iter().all(|s| gone.contains(s)) => {
                if *complete {
                    Truth::True
                } else {
                    Truth::Unknown
                }
            }
            Some(Slot::Set { .. }) => Truth::False,
            _ => Truth::Unknown,
        }
    }

    fn root(&self, entity: EntityId) -> Option<RecordIx> {
        Profile::root(self.profile, entity)
    }
}
