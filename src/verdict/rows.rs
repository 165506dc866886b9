//! Columns -> verdicts, a row at a time: the evaluator that profiles have, reading its facts from a row instead.
//!
//! No profile is made and nothing is copied, so a row costs what a profile costs to evaluate and nothing to build. Verdicts
//! come as two bits a policy and row: whether it certainly applies, and whether it possibly does.

use super::facts::{Entries, Facts, Reading};
use super::from_graph::{Evaluation, Scratch};
use super::{Truth, Verdict};
use crate::columns::Columns;
use crate::graph::{Bound, FactRef};
use crate::ids::{EntityId, PolicyId};
use crate::profile::RecordIx;
use crate::schema::FieldType;
use std::ops::Range;

/// One row as a source of facts, in the seat of its kind.
#[derive(Clone, Copy, Debug)]
pub struct Row<'c, 'a> {
    /// The columns.
    pub columns: &'c Columns<'a>,
    /// The kind of record that is matched.
    pub unit: EntityId,
    /// Its row.
    pub row: u32,
}

impl Facts for Row<'_, '_> {
    #[inline]
    fn scalar(&self, record: Option<RecordIx>, fact: FactRef) -> Reading<'_> {
        let value = record.and_then(|r| self.columns.scalar(fact.field, r.0));
        value.map_or(Reading::Unknown, Reading::Value)
    }

    #[inline]
    fn record(&self, record: Option<RecordIx>, fact: FactRef) -> Option<RecordIx> {
        self.columns.record(fact.field, record?.0).map(RecordIx)
    }

    #[inline]
    fn list(&self, record: Option<RecordIx>, fact: FactRef) -> Entries<'_> {
        match record.and_then(|r| self.columns.list(fact.field, r.0)) {
            Some((items, complete)) => Entries { items, complete, others: None },
            None => Entries { items: &[], complete: false, others: None },
        }
    }

    #[inline]
    fn holds(&self, record: Option<RecordIx>, fact: FactRef, symbol: u32) -> Truth {
        match record.and_then(|r| self.columns.set(fact.field, r.0)) {
            Some((holds, _, _)) if holds.contains(&symbol) => Truth::True,
            Some((_, lacks, complete)) if complete || lacks.contains(&symbol) => Truth::False,
            _ => Truth::Unknown,
        }
    }

    fn is_empty(&self, record: Option<RecordIx>, fact: FactRef) -> Truth {
        match record.and_then(|r| self.columns.set(fact.field, r.0)) {
            Some(([], _, true)) => Truth::True,
            Some(([_, ..], _, _)) => Truth::False,
            _ => Truth::Unknown,
        }
    }

    fn root(&self, entity: EntityId) -> Option<RecordIx> {
        if entity == self.unit {
            return Some(RecordIx(self.row));
        }
        let schema = self.columns.schema();
        let facts = schema.entity(self.unit).map(|e| e.fields.as_slice()).unwrap_or_default();
        let linked = |id: &&crate::ids::FieldId| {
            schema.field(**id).is_some_and(|f| f.back.is_some() && f.ty == FieldType::Record(entity))
        };
        let found = facts.iter().filter(linked).find_map(|id| self.columns.record(*id, self.row));
        found.map(RecordIx)
    }
}

/// The verdicts of some rows on some policies, two bits each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Planes {
    rows: Range<u32>,
    policies: Vec<PolicyId>,
    /// 64-bit words a policy.
    words: usize,
    /// Whether it certainly applies: the rows from the first on, lowest bit first, policy after policy.
    certain: Vec<u64>,
    /// Whether it possibly applies.
    possible: Vec<u64>,
}

impl Planes {
    /// Nothing possible anywhere.
    #[must_use]
    pub fn new(policies: Vec<PolicyId>, rows: Range<u32>) -> Self {
        let words = rows.len().div_ceil(64);
        let all = words.saturating_mul(policies.len());
        Self { rows, policies, words, certain: vec![0; all], possible: vec![0; all] }
    }

    /// Room for some rows in the memory there is; [`Planes::put`] has to fill it.
    pub(super) fn reset(&mut self, policies: &[PolicyId], rows: Range<u32>) {
        if self.policies != policies {
            policies.clone_into(&mut self.policies);
        }
        self.words = rows.len().div_ceil(64);
        self.rows = rows;
        let all = self.words.saturating_mul(policies.len());
        self.certain.resize(all, 0);
        self.possible.resize(all, 0);
    }

    /// The rows.
    #[must_use]
    pub fn rows(&self) -> Range<u32> {
        self.rows.clone()
    }

    /// The policies, in the order of the planes.
    #[must_use]
    pub fn policies(&self) -> &[PolicyId] {
        &self.policies
    }

    /// The rows to which a policy certainly applies, and those to which it possibly does, as words of which the lowest bit of the
    /// first is the first row. `at` is the policy's place in [`Planes::policies`].
    #[must_use]
    pub fn plane(&self, at: usize) -> (&[u64], &[u64]) {
        let from = at.saturating_mul(self.words);
        let range = from..from.saturating_add(self.words);
        (self.certain.get(range.clone()).unwrap_or_default(), self.possible.get(range).unwrap_or_default())
    }

    /// The verdict on one policy, by its place, for one row of the columns.
    #[must_use]
    pub fn verdict(&self, at: usize, row: u32) -> Verdict {
        let index = row.wrapping_sub(self.rows.start) as usize;
        let bit = |words: &[u64]| words.get(index / 64).is_some_and(|w| w >> (index % 64) & 1 == 1);
        let (certain, possible) = self.plane(at);
        match (bit(certain), bit(possible)) {
            (true, _) => Verdict::Eligible,
            (false, true) => Verdict::Undetermined,
            (false, false) => Verdict::Ineligible,
        }
    }

    /// The rows on which some verdict is undetermined, in their order.
    #[must_use]
    pub fn open_rows(&self) -> Vec<u32> {
        let mut open = vec![0u64; self.words];
        for at in 0..self.policies.len() {
            let (certain, possible) = self.plane(at);
            for ((open, certain), possible) in open.iter_mut().zip(certain).zip(possible) {
                *open |= possible & !certain;
            }
        }
        let is_open = |index: &u32| open.get(*index as usize / 64).is_some_and(|w| w >> (index % 64) & 1 == 1);
        let start = self.rows.start;
        (0..self.rows.end.saturating_sub(start)).filter(is_open).map(|index| start + index).collect()
    }

    /// Writes the words of some rows, from the word at `word` on.
    #[inline]
    pub(super) fn put<const N: usize>(&mut self, at: usize, word: usize, certain: &[u64; N], possible: &[u64; N]) {
        let from = at.saturating_mul(self.words).saturating_add(word);
        let here = self.words.saturating_sub(word).min(N);
        for (into, words) in [(&mut self.certain, certain), (&mut self.possible, possible)] {
            let into = into.get_mut(from..from + here).unwrap_or_default();
            match <&mut [u64; N]>::try_from(&mut *into) {
                // A length that is known needs no call.
                Ok(whole) => *whole = *words,
                Err(_) => into.iter_mut().zip(words).for_each(|(into, word)| *into = *word),
            }
        }
        // Past the last row nothing is set.
        let over = self.rows.len() % 64;
        if over > 0 && word + here == self.words {
            let last = from + here - 1;
            for list in [&mut self.certain, &mut self.possible] {
                list.get_mut(last).into_iter().for_each(|bits| *bits &= (1 << over) - 1);
            }
        }
    }

    /// Only some of the rows, given rising, as if they stood one after the other from 0 on.
    #[must_use]
    pub fn only(self, rows: &[u32]) -> Self {
        let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        if self.rows == (0..count) {
            return self;
        }
        let mut only = Self::new(self.policies.clone(), 0..count);
        for (to, from) in (0u32..).zip(rows) {
            for at in 0..self.policies.len() {
                only.set(
                    at,
                    to,
                    match self.verdict(at, *from) {
                        Verdict::Eligible => Truth::True,
                        Verdict::Undetermined => Truth::Unknown,
                        Verdict::Ineligible | Verdict::NotInForce => Truth::False,
                    },
                );
            }
        }
        only
    }

    /// Replaces a verdict, as when the exact search settled it.
    pub fn set(&mut self, at: usize, row: u32, truth: Truth) {
        let index = row.wrapping_sub(self.rows.start) as usize;
        if index >= self.rows.len() {
            return;
        }
        let (word, bit) = (at.saturating_mul(self.words).saturating_add(index / 64), 1u64 << (index % 64));
        let put = |words: &mut Vec<u64>, on: bool| {
            if let Some(word) = words.get_mut(word) {
                *word = if on { *word | bit } else { *word & !bit };
            }
        };
        put(&mut self.certain, truth == Truth::True);
        put(&mut self.possible, truth != Truth::False);
    }
}

/// Rows that are marked, policy by policy in the order of some [`Planes`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    words: usize,
    bits: Vec<u64>,
}

impl Marks {
    /// None marked.
    pub(crate) fn new(policies: usize, rows: usize) -> Self {
        let words = rows.div_ceil(64);
        Self { words, bits: vec![0; words.saturating_mul(policies)] }
    }

    /// The rows that are marked of a policy, by its place: words of which the lowest bit of the first is the first row.
    #[must_use]
    pub fn plane(&self, at: usize) -> &[u64] {
        let from = at.saturating_mul(self.words);
        self.bits.get(from..from.saturating_add(self.words)).unwrap_or_default()
    }

    /// Writes the words of some rows, from the word at `word` on.
    pub(super) fn put(&mut self, at: usize, word: usize, words: &[u64]) {
        let from = at.saturating_mul(self.words).saturating_add(word);
        let here = self.words.saturating_sub(word).min(words.len());
        if let (Some(into), Some(words)) = (self.bits.get_mut(from..from + here), words.get(..here)) {
            into.copy_from_slice(words);
        }
    }
}

/// The verdicts of strong Kleene logic on some rows of a kind. Policies that are not in force on that day are left out.
#[must_use]
pub fn verdicts(
    bound: &Bound,
    policies: &[PolicyId],
    columns: &Columns<'_>,
    unit: EntityId,
    rows: Range<u32>,
    scratch: &mut Scratch,
) -> Planes {
    let roots: Vec<_> = policies.iter().filter_map(|p| Some((*p, bound.graph.entry(*p)?.root?))).collect();
    let mut planes = Planes::new(roots.iter().map(|(p, _)| *p).collect(), rows.clone());
    for row in rows {
        let facts = Row { columns, unit, row };
        let mut evaluation = Evaluation::new(bound, &facts, scratch);
        for (at, (_, root)) in roots.iter().enumerate() {
            match evaluation.afresh(*root) {
                Truth::False => {}
                truth => planes.set(at, row, truth),
            }
        }
    }
    planes
}

/// Rows that contradict a constraint whatever their missing facts are: the constraint's position among those of the
/// vocabulary, the kind of record and its row. At most `limit`, in the order of the constraints.
#[must_use]
pub fn contradictions(
    bound: &Bound,
    columns: &Columns<'_>,
    limit: usize,
    scratch: &mut Scratch,
) -> Vec<(usize, EntityId, u32)> {
    let mut found = Vec::new();
    for constraint in &bound.graph.constraints {
        let facts = Row { columns, unit: constraint.entity, row: 0 };
        let mut evaluation = Evaluation::new(bound, &facts, scratch);
        for row in 0..columns.rows(constraint.entity) {
            if found.len() >= limit {
                return found;
            }
            evaluation.enter(1, Some(RecordIx(row)));
            if evaluation.afresh(constraint.node) == Truth::False {
                found.push((constraint.index, constraint.entity, row));
            }
        }
    }
    found
}
