//! Where an evaluation reads its facts: a profile, or what is left open of one during the exact search.

use super::Truth;
use crate::graph::FactRef;
use crate::graph::intervals::Intervals;
use crate::profile::{Profile, RecordIx, Slot};

/// What a source knows of a scalar fact.
pub enum Reading<'a> {
    /// Its value.
    Value(i64),
    /// Only what it can be.
    Among(&'a Intervals),
    /// Nothing, and nothing is to be concluded from what it could be.
    Unknown,
}

/// What a source knows of a list.
pub struct Entries<'a> {
    /// The known entries.
    pub items: &'a [RecordIx],
    /// Whether there are no others.
    pub complete: bool,
    /// How many others there can be at most; `None` where nothing is to be concluded from it.
    pub others: Option<u32>,
}

/// A source of facts.
pub trait Facts {
    /// A scalar fact of a record; of an unknown record where it is none.
    fn scalar(&self, record: Option<RecordIx>, fact: FactRef) -> Reading<'_>;
    /// The record in a fact.
    fn record(&self, record: Option<RecordIx>, fact: FactRef) -> Option<RecordIx>;
    /// The entries of a list.
    fn list(&self, record: Option<RecordIx>, fact: FactRef) -> Entries<'_>;
    /// Whether a set holds a value.
    fn holds(&self, record: Option<RecordIx>, fact: FactRef, symbol: u32) -> Truth;
    /// Whether a set is empty.
    fn is_empty(&self, record: Option<RecordIx>, fact: FactRef) -> Truth;
    /// The record that policies for a kind are matched against.
    fn root(&self, entity: crate::ids::EntityId) -> Option<RecordIx>;
}

impl Facts for Profile {
    #[inline]
    fn scalar(&self, record: Option<RecordIx>, fact: FactRef) -> Reading<'_> {
        match record.map(|r| self.slot(r, fact.position as usize)) {
            Some(Slot::Scalar(value)) => Reading::Value(*value),
            _ => Reading::Unknown,
        }
    }

    fn record(&self, record: Option<RecordIx>, fact: FactRef) -> Option<RecordIx> {
        match self.slot(record?, fact.position as usize) {
            Slot::Record(ix) => Some(*ix),
            _ => None,
        }
    }

    fn list(&self, record: Option<RecordIx>, fact: FactRef) -> Entries<'_> {
        match record.map(|r| self.slot(r, fact.position as usize)) {
            Some(Slot::List { items, complete }) => Entries { items, complete: *complete, others: None },
            _ => Entries { items: &[], complete: false, others: None },
        }
    }

    fn holds(&self, record: Option<RecordIx>, fact: FactRef, symbol: u32) -> Truth {
        match record.map(|r| self.slot(r, fact.position as usize)) {
            Some(Slot::Set { known, not, complete }) => {
                if known.contains(&symbol) {
                    Truth::True
                } else if *complete || not.contains(&symbol) {
                    Truth::False
                } else {
                    Truth::Unknown
                }
            }
            _ => Truth::Unknown,
        }
    }

    fn is_empty(&self, record: Option<RecordIx>, fact: FactRef) -> Truth {
        match record.map(|r| self.slot(r, fact.position as usize)) {
            Some(Slot::Set { known, complete, .. }) => match (known.is_empty(), complete) {
                (false, _) => Truth::False,
                (true, true) => Truth::True,
                (true, false) => Truth::Unknown,
            },
            _ => Truth::Unknown,
        }
    }

    fn root(&self, entity: crate::ids::EntityId) -> Option<RecordIx> {
        Self::root(self, entity)
    }
}
