//! Where the rows of a block, the records that they lead to and the entries of their lists are.

use super::compress::Mask;
use super::runs::{last_bits, without_first};
use super::{MOST, NOWHERE, Way, bit, narrow, put};
use crate::columns::{Bits, Column, Columns};
use crate::ids::FieldId;
use crate::verdict::columns::compare::Kernels;
use std::ops::Range;

/// Where the rows of a place are.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    pub(super) start: usize,
    pub(super) len: usize,
    /// Whether there is anything to work on; else all of it is left.
    pub(super) fine: bool,
    /// Of a place reached through a fact: for each row of the place before, which row here; none where that is not known.
    pub(super) links: Vec<u32>,
    /// Of entries: whose they are.
    pub(super) lists: Lists,
}

/// Lists whose entries stand one list after the other, in the order of the rows that have them.
#[derive(Clone, Debug, Default)]
pub(super) struct Lists {
    /// By row of the place before: the first entry, and one past the last.
    starts: Vec<u32>,
    ends: Vec<u32>,
    /// The rows of the place before that may have other entries.
    pub(super) open: Vec<u64>,
    /// By entry: the row of the place before, where somebody asks for it.
    pub(super) owners: Vec<u32>,
    /// The entries that stand in a list; the others are nobody's.
    owned: Vec<u64>,
    /// The first and the last entry of each list that has any.
    firsts: Vec<u64>,
    lasts: Vec<u64>,
    last: Mask,
    /// The last ones, a byte an entry.
    flags: Vec<u8>,
    /// Whether some entries are nobody's.
    gaps: bool,
    /// The rows of the place before that have an entry.
    some: Vec<u64>,
    rows: Mask,
}

/// Memory for joining entries by list.
#[derive(Clone, Debug, Default)]
pub(super) struct Joining {
    /// What is asked of the entries, where it is not what a step says.
    pub(super) entries: Vec<u64>,
    ends: Vec<u64>,
    rows: Vec<u64>,
}

impl Place {
    /// Finds where the rows are; `owners` where somebody asks whose an entry is.
    pub(super) fn find(
        &mut self,
        way: Way,
        columns: &Columns<'_>,
        before: &[Self],
        rows: &Range<u32>,
        (owners, kernels): (bool, Kernels),
    ) {
        self.links.clear();
        match way {
            Way::Block => (self.start, self.len, self.fine) = (rows.start as usize, rows.len(), true),
            Way::Through(from, field) => self.follow(columns, before.get(from), field),
            Way::Entries(of, field) => {
                self.fine = false;
                let Some(of) = before.get(of).filter(|of| of.fine) else { return };
                let up_to = columns.schema().field(field).map_or(u32::MAX, |f| f.up_to);
                let lists = &mut self.lists;
                let ends = kernels.wide(
                    #[inline(always)]
                    |()| lists.find(columns.column(field), of, up_to, kernels),
                );
                let Some(ends) = ends else { return };
                self.stand(ends);
                if !self.fine {
                    return;
                }
                kernels.wide(
                    #[inline(always)]
                    |()| self.lists.stand(self.len, kernels),
                );
                self.lists.owners.clear();
                if owners {
                    self.lists.own(self.len);
                }
            }
        }
    }

    fn follow(&mut self, columns: &Columns<'_>, from: Option<&Self>, field: FieldId) {
        self.fine = false;
        let Some(from) = from.filter(|from| from.fine) else { return };
        let rows = (from.start..from.start + from.len).map(|row| columns.record(field, narrow(row)));
        self.links.extend(rows.map(|row| row.unwrap_or(NOWHERE)));
        let known = || self.links.iter().copied().filter(|row| *row != NOWHERE);
        let (Some(first), Some(last)) = (known().min(), known().max()) else {
            // Nobody leads anywhere, and what is asked there is open.
            return self.stand((0, 0));
        };
        self.stand((first, last + 1));
        self.links.iter_mut().filter(|row| **row != NOWHERE).for_each(|row| *row -= first);
    }

    fn stand(&mut self, (first, end): (u32, u32)) {
        self.start = first as usize;
        self.len = (end - first) as usize;
        self.fine = self.len <= MOST;
    }
}

impl Lists {
    /// Where the lists of some rows start and end, and which may have other entries. Returns where all of them do; none where they stand
    /// in another order than the rows, or over each other.
    #[inline(always)]
    fn find(&mut self, column: Option<&Column<'_>>, of: &Place, up_to: u32, kernels: Kernels) -> Option<(u32, u32)> {
        self.starts.resize(of.len, 0);
        self.ends.resize(of.len, 0);
        self.open.resize(of.len.div_ceil(64), 0);
        self.some.resize(of.len.div_ceil(64), 0);
        self.gaps = false;
        let Some(Column::List { starts, ends, complete, known }) = column else {
            // Nothing is known of any.
            self.starts.fill(0);
            self.ends.fill(0);
            self.open.fill(u64::MAX);
            self.some.fill(0);
            return Some((0, 0));
        };
        let rows = of.start..of.start + of.len;
        let given = starts.get(rows.clone())?.chunks(64).zip(ends.get(rows)?.chunks(64));
        let found =
            self.starts.chunks_mut(64).zip(self.ends.chunks_mut(64)).zip(self.open.iter_mut().zip(&mut self.some));
        // Where the first entry is, once there is one, and one past the last so far.
        let (mut first, mut end) = (None, 0);
        for (word, ((starts, ends), ((from, to), (open, some)))) in given.zip(found).enumerate() {
            let bits = |bits: Option<Bits<'_>>| bits.map_or(u64::MAX, |bits| bits.word(of.start + word * 64));
            let known = bits(*known);
            *open = !(known & bits(*complete));
            let apart = starts.iter().skip(1).zip(ends).fold(0, |apart, (start, end)| apart | (start ^ end));
            let here = starts.first().map_or(0, |start| start.cast_unsigned());
            if known == u64::MAX && apart == 0 && (here == end || word == 0) {
                // Each begins where the one before ended, as the offsets of Arrow have them.
                let base = *first.get_or_insert(here);
                from.iter_mut().zip(starts).for_each(|(slot, start)| *slot = start.cast_unsigned() - base);
                to.iter_mut().zip(ends).for_each(|(slot, end)| *slot = end.cast_unsigned() - base);
                end = to.last().map_or(end, |end| end + base);
            } else {
                for (at, ((start, stop), (from, to))) in
                    starts.iter().zip(ends).zip(from.iter_mut().zip(&mut *to)).enumerate()
                {
                    let (start, stop) = (start.cast_unsigned(), stop.cast_unsigned());
                    // What is not known has no entries.
                    let has = known >> at & 1 == 1 && start < stop;
                    if has && first.is_some() {
                        self.gaps |= start != end;
                        if start < end {
                            return None;
                        }
                    }
                    if has {
                        end = stop;
                    }
                    let base = if has { *first.get_or_insert(start) } else { first.unwrap_or(end) };
                    (*from, *to) = if has { (start - base, stop - base) } else { (end - base, end - base) };
                }
            }
            let sizes = from.iter().zip(&*to).map(|(from, to)| to - from);
            *some = kernels.rows(sizes.clone(), |size| size > 0);
            if *open != 0 {
                // A list that is as long as it can be is complete.
                *open &= !kernels.rows(sizes, |size| size >= up_to.max(1));
            }
        }
        Some((first.unwrap_or(end), end))
    }

    /// Finds whose the entries are, of which there are so many.
    #[inline(always)]
    fn stand(&mut self, len: usize, kernels: Kernels) {
        let words = len.div_ceil(64);
        self.flags.resize(MOST, 0);
        self.lasts.clear();
        if let Some(flags) = self.flags.first_chunk_mut::<MOST>() {
            flags.iter_mut().take(words * 64).for_each(|flag| *flag = 0);
            for end in &self.ends {
                // That of a row without entries is the last of the row before; before the first entry, one past all of them.
                let last = end.wrapping_sub(1) as usize % MOST;
                flags.get_mut(last).into_iter().for_each(|flag| *flag = 1);
            }
            self.lasts.extend(flags.as_chunks::<64>().0.iter().take(words).map(|flags| kernels.flags(flags)));
        }
        self.owned.clear();
        self.owned.resize(words, if self.gaps { 0 } else { u64::MAX });
        if self.gaps {
            let entries = self.starts.iter().zip(&self.ends).flat_map(|(start, end)| *start..*end);
            entries.for_each(|at| put(&mut self.owned, at as usize, true));
        }
        let mut inside = 0;
        self.firsts.clear();
        self.firsts.extend(self.owned.iter().zip(&self.lasts).map(|(owned, lasts)| {
            let inner = owned & !lasts;
            let firsts = owned & !(inner << 1 | inside);
            inside = inner >> 63;
            firsts
        }));
        self.last.set(&self.lasts, kernels);
        self.rows.set(&self.some, kernels);
    }

    /// Finds the row of each entry.
    fn own(&mut self, len: usize) {
        self.owners.resize(len, NOWHERE);
        for (row, (start, end)) in self.starts.iter().zip(&self.ends).enumerate() {
            if let Some(owners) = self.owners.get_mut(*start as usize..*end as usize) {
                owners.fill(narrow(row));
            }
        }
    }

    /// By row of the place before: its entries, and whether there are no others.
    pub(super) fn each(&self) -> impl Iterator<Item = (Range<usize>, bool)> {
        let spans = self.starts.iter().zip(&self.ends);
        spans.enumerate().map(|(row, (start, end))| (*start as usize..*end as usize, !bit(&self.open, row)))
    }

    /// Sets the bits of the rows that have an entry whose bit is set; `turn` turns some of them round first. `memory` is overwritten.
    #[inline(always)]
    pub(super) fn having(&self, entries: &[u64], turn: u64, into: &mut [u64], memory: &mut Joining, kernels: Kernels) {
        let Joining { ends, rows, .. } = memory;
        ends.resize(ends.len().max(self.lasts.len()).max(self.some.len()), 0);
        rows.resize(rows.len().max(self.some.len() + 1), 0);
        let mut carry = 0;
        let lists = entries.chunks(64).zip(self.owned.chunks(64)).zip(self.lasts.chunks(64));
        for (((entries, owned), lasts), ends) in lists.zip(ends.chunks_mut(64)) {
            let entries = entries.iter().zip(owned).map(|(entries, owned)| (entries ^ turn) & owned);
            carry = last_bits(entries.zip(lasts), carry, ends);
        }
        // The last bits of the lists, side by side, are the bits of the rows that have one.
        self.last.together(ends, rows, kernels);
        self.rows.apart(rows, into, ends, kernels);
    }

    /// Sets the bits of the rows that have so many entries whose bit is set in the memory's `entries`, which is overwritten.
    #[inline(always)]
    pub(super) fn having_so_many(&self, least: u32, into: &mut [u64], memory: &mut Joining, kernels: Kernels) {
        let mut entries = std::mem::take(&mut memory.entries);
        entries.iter_mut().zip(&self.owned).for_each(|(entries, owned)| *entries &= owned);
        for _ in 1..least {
            let mut borrow = 0;
            for ((entries, firsts), lasts) in
                entries.chunks_mut(64).zip(self.firsts.chunks(64)).zip(self.lasts.chunks(64))
            {
                borrow = without_first(firsts.iter().zip(lasts), borrow, entries);
            }
        }
        self.having(&entries, 0, into, memory, kernels);
        memory.entries = entries;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may stop at a wrong index")]
    #![allow(clippy::cast_possible_wrap, reason = "its tables are small")]

    use super::*;

    struct Random(u64);

    impl Random {
        fn below(&mut self, n: usize) -> usize {
            self.0 = self.0.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
            (self.0 >> 33) as usize % n
        }

        fn bits(&mut self, words: usize, likely: usize) -> Vec<u64> {
            let mut bits = vec![0; words];
            (0..words * 64).for_each(|at| put(&mut bits, at, self.below(256) < likely));
            bits
        }
    }

    /// Lists of so many rows: where they start and end, which are known and which complete.
    struct Layout {
        starts: Vec<i32>,
        ends: Vec<i32>,
        known: Vec<u8>,
        complete: Vec<u8>,
    }

    /// By round: with no gaps, with some rows unknown, with gaps, or with what is of no account standing anywhere.
    fn layout(random: &mut Random, rows: usize, round: usize) -> Layout {
        let (mut starts, mut ends, mut at) = (Vec::new(), Vec::new(), random.below(70));
        let mut bytes = |likely: usize| -> Vec<u8> {
            let byte = |_| if random.below(8) < likely { 255 } else { random.below(256) as u8 };
            (0..rows.div_ceil(8)).map(byte).collect()
        };
        let (known, complete) = (bytes(if round.is_multiple_of(4) { 8 } else { 6 }), bytes(4));
        for row in 0..rows {
            let unknown = known[row / 8] >> (row % 8) & 1 == 0;
            let size = match random.below(12) {
                0..3 => 0,
                11 if round.is_multiple_of(3) => 60 + random.below(200),
                _ => 1 + random.below(5),
            };
            if round % 4 == 2 && random.below(9) == 0 {
                at += random.below(100);
            }
            if round % 4 == 3 && (unknown || size == 0) {
                let start = random.below(at + 1) as i32;
                starts.push(start);
                ends.push(if unknown { start - 1 } else { start });
                continue;
            }
            starts.push(at as i32);
            at += size;
            ends.push(at as i32);
        }
        Layout { starts, ends, known, complete }
    }

    #[test]
    fn entries_are_joined_by_list_as_one_by_one() {
        let mut random = Random(11);
        for round in 0..400 {
            let (skipped, rows) = (random.below(80), random.below(300));
            let Layout { starts, ends, known, complete } = layout(&mut random, skipped + rows, round);
            let bits = |bytes| Bits::new(bytes, 0, skipped + rows);
            let column = Column::List { starts: &starts, ends: &ends, complete: bits(&complete), known: bits(&known) };
            let of = Place { start: skipped, len: rows, fine: true, ..Place::default() };
            let up_to = 4;
            for kernels in Kernels::all() {
                let mut lists = Lists::default();
                let (first, end) = lists.find(Some(&column), &of, up_to, kernels).unwrap();
                let len = (end - first) as usize;
                lists.stand(len, kernels);
                lists.own(len);
                let mut spans = Vec::new();
                for row in skipped..skipped + rows {
                    let has = |bytes: &[u8]| bytes[row / 8] >> (row % 8) & 1 == 1;
                    let span = if has(&known) { starts[row]..ends[row] } else { 0..0 };
                    let full = !span.is_empty() && span.len() >= up_to as usize;
                    let expected = (has(&known) && has(&complete)) || full;
                    let (found, complete) = lists.each().nth(row - skipped).unwrap();
                    assert_eq!(complete, expected, "{round} {row}");
                    assert_eq!(found.len(), span.len(), "{round} {row}");
                    assert!(span.is_empty() || found.start == span.start as usize - first as usize, "{round} {row}");
                    spans.push(found);
                }
                for (at, owner) in lists.owners.iter().enumerate() {
                    let whose = spans.iter().position(|span| span.contains(&at));
                    assert_eq!(whose.map_or(NOWHERE, narrow), *owner, "{round} {at}");
                }
                for likely in [0, 1, 32, 128, 256] {
                    let entries = random.bits(len.div_ceil(64), likely);
                    let (mut found, mut memory) = (vec![0; rows.div_ceil(64)], Joining::default());
                    lists.having(&entries, 0, &mut found, &mut memory, kernels);
                    // What is left in memory changes nothing.
                    let mut again = vec![0; rows.div_ceil(64)];
                    lists.having(&entries, 0, &mut again, &mut memory, kernels);
                    let mut expected = vec![0; rows.div_ceil(64)];
                    for (row, span) in spans.iter().enumerate() {
                        put(&mut expected, row, span.clone().any(|at| bit(&entries, at)));
                    }
                    assert_eq!(found, expected, "{kernels:?} {round}");
                    assert_eq!(again, expected, "{kernels:?} {round}");
                    // The opposite of every bit, and so many of them.
                    let opposite = entries.iter().map(|word| !word).collect::<Vec<u64>>();
                    let mut turned = vec![0; rows.div_ceil(64)];
                    lists.having(&opposite, u64::MAX, &mut turned, &mut memory, kernels);
                    assert_eq!(turned, expected, "{kernels:?} {round}");
                    for least in 1..5 {
                        memory.entries.clone_from(&entries);
                        let mut found = vec![0; rows.div_ceil(64)];
                        lists.having_so_many(least, &mut found, &mut memory, kernels);
                        for (row, span) in spans.iter().enumerate() {
                            let many = span.clone().filter(|at| bit(&entries, *at)).count() >= least as usize;
                            assert_eq!(bit(&found, row), many, "{kernels:?} {round} {row} {least}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn lists_out_of_order_or_over_each_other_are_left() {
        let of = |len: usize| Place { start: 0, len, fine: true, ..Place::default() };
        let find = |starts: &[i32], ends: &[i32]| {
            let column = Column::List { starts, ends, complete: None, known: None };
            Lists::default().find(Some(&column), &of(starts.len()), 8, Kernels::best())
        };
        assert_eq!(find(&[5, 7, 9], &[7, 9, 9]), Some((5, 9)));
        assert_eq!(find(&[5, 3], &[7, 5]), None);
        assert_eq!(find(&[5, 6], &[7, 8]), None);
        // Far on, after more rows than one word has.
        let (mut starts, mut ends): (Vec<i32>, Vec<i32>) = (0..100).map(|at| (at * 2, at * 2 + 2)).unzip();
        assert_eq!(find(&starts, &ends), Some((0, 200)));
        (starts[64], ends[64]) = (127, 128);
        assert_eq!(find(&starts, &ends), None);
        assert_eq!(Lists::default().find(None, &of(3), 8, Kernels::best()), Some((0, 0)));
    }
}
