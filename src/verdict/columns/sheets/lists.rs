//! Steps over the entries of lists.

use super::places::Place;
use super::scalar::{less, sum};
use super::{Cell, Cells, Operand, Reader, bit, narrow};
use crate::graph::Fold;
use std::ops::Range;

/// What the bits of some rows come to: how many certainly, how many possibly, and whether some are left.
fn tally(cells: &Cells, rows: Range<usize>) -> (u32, u32, bool) {
    let (mut certain, mut possible, mut left) = (0, 0, 0u64);
    let mut at = rows.start;
    while at < rows.end {
        // The rows of one word.
        let (word, low) = (at / 64, at % 64);
        let count = (64 - low).min(rows.end - at);
        let mask = if count == 64 { u64::MAX } else { ((1 << count) - 1) << low };
        let of = |words: &[u64]| words.get(word).map_or(0, |word| word & mask);
        certain += of(&cells.certain).count_ones();
        possible += of(&cells.possible).count_ones();
        left |= of(&cells.left);
        at += count;
    }
    (certain, possible, left != 0)
}

impl<'a> Reader<'a> {
    fn entries(&self, entries: usize) -> Option<&'a Place> {
        self.places.get(entries).filter(|place| place.fine)
    }

    /// Whether a step holds for some entry.
    pub(super) fn some(&self, entries: usize, (pass, turned): (usize, bool), cells: &mut Cells) {
        let (Some(there), Some(pass)) = (self.entries(entries), self.before.get(pass)) else { return };
        let (lists, kernels) = (&there.lists, self.kernels);
        cells.whole();
        cells.certain.fill(0);
        let Cells { certain, possible, left, joining, .. } = cells;
        let turn = if turned { u64::MAX } else { 0 };
        let (may, does) = if turned { (&pass.certain, &pass.possible) } else { (&pass.possible, &pass.certain) };
        kernels.wide(
            #[inline(always)]
            |()| {
                lists.having(does, turn, certain, joining, kernels);
                let open = possible.iter_mut().zip(&lists.open).zip(&*certain);
                open.for_each(|((possible, open), certain)| *possible = open | certain);
                if may != does {
                    lists.having(may, turn, possible, joining, kernels);
                }
                if pass.left.iter().any(|left| *left != 0) {
                    lists.having(&pass.left, 0, left, joining, kernels);
                    for ((left, possible), certain) in left.iter_mut().zip(possible).zip(certain) {
                        *left &= !*certain;
                        *possible |= *left;
                    }
                }
            },
        );
    }

    /// Whether a step holds for so many entries, where it is known for how many it does.
    pub(super) fn at_least(&self, entries: usize, pass: Option<(usize, bool)>, least: u32, cells: &mut Cells) {
        let Some(there) = self.entries(entries) else { return };
        let (lists, kernels) = (&there.lists, self.kernels);
        let Cells { certain, possible, left, joining, .. } = cells;
        left.fill(0);
        certain.fill(0);
        let Some((pass, turned)) = pass else {
            joining.entries.clear();
            joining.entries.resize(there.len.div_ceil(64), u64::MAX);
            lists.having_so_many(least, certain, joining, kernels);
            let open = certain.iter_mut().zip(possible).zip(&lists.open);
            return open
                .for_each(|((certain, possible), open)| (*certain, *possible) = (*certain & !open, *certain | open));
        };
        let Some(pass) = self.before.get(pass) else { return cells.blank() };
        let turn = if turned { u64::MAX } else { 0 };
        let does = if turned { &pass.possible } else { &pass.certain };
        kernels.wide(
            #[inline(always)]
            |()| {
                joining.entries.clear();
                joining.entries.extend(does.iter().map(|bits| bits ^ turn));
                lists.having_so_many(least, certain, joining, kernels);
                possible.copy_from_slice(&lists.open);
                if pass.possible != pass.certain {
                    let open = pass.possible.iter().zip(&pass.certain).map(|(may, does)| may & !does);
                    joining.entries.clear();
                    joining.entries.extend(open);
                    lists.having_so_many(1, possible, joining, kernels);
                }
                if pass.left.iter().any(|left| *left != 0) {
                    lists.having(&pass.left, 0, left, joining, kernels);
                    left.iter_mut().zip(&lists.open).for_each(|(left, open)| *left &= !open);
                }
                // So far "possibly" is where it is not known how many.
                for ((certain, possible), left) in certain.iter_mut().zip(possible).zip(left) {
                    let open = *possible | *left;
                    (*certain, *possible) = (*certain & !open, *certain | open);
                }
            },
        );
    }

    /// How many entries a step holds for.
    pub(super) fn count(&self, entries: usize, pass: Option<usize>, place: &Place, cells: &mut Cells) {
        let Some(there) = self.entries(entries) else { return };
        cells.whole();
        cells.numbers(place, 1);
        for (row, (span, complete)) in there.lists.each().enumerate() {
            let (certain, possible, left) = match pass {
                Some(pass) => self.before.get(pass).map_or((0, 0, true), |p| tally(p, span.clone())),
                None => (narrow(span.len()), narrow(span.len()), false),
            };
            let cell = match (complete, left) {
                (false, _) => Cell::Unknown,
                (true, true) => Cell::Left,
                (true, false) if certain == possible => Cell::Number(i64::from(certain), 1),
                (true, false) => Cell::Unknown,
            };
            cells.set_number(row, cell);
        }
    }

    /// A number over the entries that a step holds for.
    pub(super) fn folded(
        &self,
        fold: Fold,
        (entries, pass): (usize, Option<usize>),
        body: Operand,
        place: &Place,
        cells: &mut Cells,
    ) {
        let Some(there) = self.entries(entries) else { return };
        cells.whole();
        cells.numbers(place, 0);
        for (row, (span, complete)) in there.lists.each().enumerate() {
            let mut all = if fold == Fold::Sum { Some((0, 1)) } else { None };
            let (mut left, mut open) = (false, !complete);
            for at in span {
                let (passes, may, entry_left) = match pass.map(|pass| self.before.get(pass)) {
                    None => (true, true, false),
                    Some(Some(p)) => (bit(&p.certain, at), bit(&p.possible, at), bit(&p.left, at)),
                    Some(None) => (false, true, true),
                };
                if entry_left {
                    left = true;
                } else if passes {
                    match (self.operand(body, at), all) {
                        (Cell::Left, _) => left = true,
                        (Cell::Unknown, _) => open = true,
                        (Cell::Number(n, d), None) => all = Some((n, d)),
                        (Cell::Number(n, d), Some(so_far)) => match joined(fold, so_far, (n, d)) {
                            Cell::Number(n, d) => all = Some((n, d)),
                            _ => left = true,
                        },
                    }
                } else {
                    open |= may;
                }
            }
            let cell = match (left, open, all) {
                (true, ..) => Cell::Left,
                (_, true, _) | (.., None) => Cell::Unknown,
                (.., Some((n, d))) => Cell::Number(n, d),
            };
            cells.set_number(row, cell);
        }
    }
}

fn joined(fold: Fold, a: (i64, i64), b: (i64, i64)) -> Cell {
    let one = |(n, d): (i64, i64)| Cell::Number(n, d);
    match fold {
        Fold::Sum => sum(a, b, 1),
        Fold::Largest => one(if less(a, b) { b } else { a }),
        Fold::Smallest => one(if less(b, a) { b } else { a }),
    }
}
