//! Steps over the entries of lists.

use super::scalar::{less, sum};
use super::{Cell, Cells, Operand, Place, Reader, bit, put};
use crate::columns::set_bits;
use crate::graph::Fold;

/// What the bits of some rows come to: how many certainly, how many possibly, and whether some are left.
fn tally(cells: &Cells, start: usize, end: usize) -> (u32, u32, bool) {
    let (mut certain, mut possible, mut left) = (0, 0, 0u64);
    let mut at = start;
    while at < end {
        // The rows of one word.
        let (word, low) = (at / 64, at % 64);
        let count = (64 - low).min(end - at);
        let mask = if count == 64 { u64::MAX } else { ((1 << count) - 1) << low };
        let of = |words: &[u64]| words.get(word).map_or(0, |word| word & mask);
        certain += of(&cells.certain).count_ones();
        possible += of(&cells.possible).count_ones();
        left |= of(&cells.left);
        at += count;
    }
    (certain, possible, left != 0)
}

/// The rows that have an entry with its bit set.
///
/// Lists are runs of bits. Added to all bits of a run but the last, a bit that is set carries over every bit after it, up to the last: a
/// whole word of entries is joined by list at once.
fn lists_with<'w>(bits: &'w [u64], there: &'w Place) -> impl Iterator<Item = usize> + 'w {
    let mut carry = false;
    let ends = bits.iter().zip(&there.owned).zip(&there.lasts).map(move |((bits, owned), lasts)| {
        let (bits, inner) = (bits & owned, !lasts);
        let (sum, over) = (bits & inner).overflowing_add(inner);
        let (sum, again) = sum.overflowing_add(u64::from(carry));
        carry = over || again;
        (sum | bits) & lasts
    });
    set_bits(ends).filter_map(|at| there.owners.get(at).map(|owner| *owner as usize))
}

impl<'a> Reader<'a> {
    fn entries(&self, entries: usize) -> Option<&'a Place> {
        self.places.get(entries).filter(|place| place.fine)
    }

    /// Whether a step holds for some entry.
    pub(super) fn some(&self, entries: usize, pass: usize, cells: &mut Cells) {
        let (Some(there), Some(pass)) = (self.entries(entries), self.before.get(pass)) else { return };
        cells.whole();
        cells.possible.clone_from(&there.open);
        for row in lists_with(&pass.certain, there) {
            put(&mut cells.certain, row, true);
            put(&mut cells.possible, row, true);
        }
        if pass.possible != pass.certain {
            lists_with(&pass.possible, there).for_each(|row| put(&mut cells.possible, row, true));
        }
        for row in lists_with(&pass.left, there) {
            if !bit(&cells.certain, row) {
                cells.leave(row);
            }
        }
    }

    /// How many entries a step holds for.
    pub(super) fn count(&self, entries: usize, pass: Option<usize>, place: &Place, cells: &mut Cells) {
        let Some(there) = self.entries(entries) else { return };
        cells.whole();
        cells.numbers(place, 1);
        for (row, (start, end, complete)) in there.spans.iter().enumerate() {
            let (certain, possible, left) = match pass {
                Some(pass) => self.before.get(pass).map_or((0, 0, true), |p| tally(p, *start as usize, *end as usize)),
                None => (end - start, end - start, false),
            };
            let cell = match (*complete, left) {
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
        for (row, (start, end, complete)) in there.spans.iter().enumerate() {
            let mut all = if fold == Fold::Sum { Some((0, 1)) } else { None };
            let (mut left, mut open) = (false, !complete);
            for at in *start as usize..*end as usize {
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

#[cfg(test)]
mod tests {
    use super::super::NOWHERE;
    use super::*;

    #[test]
    fn lists_of_any_length_are_joined_where_they_stand() {
        // Lengths of lists (with a gap of so many entries before each), some longer than a word, some ending with one.
        let lists = [(0, 3), (2, 59), (0, 1), (5, 200), (0, 64), (63, 1), (1, 130), (0, 2)];
        let total: usize = lists.iter().map(|(gap, len)| gap + len).sum();
        let mut place = Place { owners: vec![NOWHERE; total + 7], ..Place::default() };
        place.owned.resize(place.owners.len().div_ceil(64), 0);
        place.lasts.resize(place.owners.len().div_ceil(64), 0);
        let (mut at, mut spans) = (0, Vec::new());
        for (row, (gap, len)) in (0u32..).zip(lists) {
            let span = at + gap..at + gap + len;
            for entry in span.clone() {
                put(&mut place.owned, entry, true);
                place.owners.get_mut(entry).into_iter().for_each(|owner| *owner = row);
            }
            put(&mut place.lasts, span.end - 1, true);
            at = span.end;
            spans.push(span);
        }
        let words = place.owned.len();
        let mut seed = 7u64;
        for round in 0..400u32 {
            let bits: Vec<u64> = (0..words)
                .map(|_| {
                    // Few bits, many, none or all, entries of nobody among them.
                    let mut word = if round % 5 == 4 { u64::MAX } else { 0 };
                    for _ in 0..round % 4 {
                        seed = seed.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
                        word |= 1 << (seed >> 58);
                    }
                    word
                })
                .collect();
            let found: Vec<usize> = lists_with(&bits, &place).collect();
            let wanted = spans.iter().enumerate().filter(|(_, span)| (*span).clone().any(|at| bit(&bits, at)));
            assert_eq!(found, wanted.map(|(row, _)| row).collect::<Vec<_>>(), "{bits:?}");
        }
    }
}
