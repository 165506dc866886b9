//! Steps that are true or not.

use super::places::Place;
use super::{Cell, Cells, NOWHERE, Operand, Reader, Stage, What, bit, narrow, put};
use crate::columns::Column;
use crate::graph::Comparison;
use crate::graph::intervals::Intervals;
use crate::ids::FieldId;
use crate::verdict::Truth;

impl Reader<'_> {
    /// Fills the cells of a step; they are all left before.
    pub(super) fn fill(&self, stage: &Stage, place: &Place, cells: &mut Cells) {
        match &stage.what {
            What::Test(field, set) => self.test(*field, self.bound.set(*set), place, cells),
            // Worked out before, see `Held`, as most tests are, see `Tested`.
            What::Holds(..) => {}
            What::IsEmpty(field) => {
                each_row(place, cells, |row| match self.columns.set(*field, narrow(place.start + row)) {
                    Some(([], _, true)) => Truth::True,
                    Some(([_, ..], _, _)) => Truth::False,
                    _ => Truth::Unknown,
                });
            }
            What::HoldsValue(field, value) => {
                self.numbered(place, cells, [*value], |row, [(n, d)]| match u32::try_from(n / d) {
                    Ok(symbol) if n % d == 0 => self.holds(*field, place.start + row, &[symbol]),
                    _ => Truth::False,
                });
            }
            What::And(parts) => self.joined(parts, true, cells),
            What::Or(parts) => self.joined(parts, false, cells),
            What::Compare(op, a, b) => self.compare(place, cells, *op, (*a, *b)),
            What::InSet(a, set) => {
                let set = self.bound.set(*set);
                self.numbered(place, cells, [*a], |_, [(n, d)]| Truth::of(n % d == 0 && set.contains(n / d)));
            }
            What::Within(e, a, b) => self.numbered(place, cells, [*a, *b], |_, [(place, d), (region, f)]| {
                let end = u32::try_from(region / f).ok().and_then(|r| self.bound.graph.schema.symbol(*e, r));
                let end = i64::from(end.map_or(0, |s| s.end));
                // Places are whole.
                Truth::of(d == 1 && f == 1 && region <= place && place < end)
            }),
            What::Open => cells.whole(),
            What::Some(entries, pass) => self.some(*entries, *pass, cells),
            What::AtLeast(entries, pass, least) => self.at_least(*entries, *pass, *least, cells),
            What::Led(step) => self.led(*step, place, cells),
            What::Owner(step) => self.owner(*step, place, cells),
            number => self.fill_number(number, place, cells),
        }
    }

    fn holds(&self, field: FieldId, row: usize, symbols: &[u32]) -> Truth {
        let Some((holds, lacks, complete)) = self.columns.set(field, narrow(row)) else { return Truth::Unknown };
        if symbols.iter().any(|symbol| holds.contains(symbol)) {
            Truth::True
        } else if complete || symbols.iter().all(|symbol| lacks.contains(symbol)) {
            Truth::False
        } else {
            Truth::Unknown
        }
    }

    /// Whether the value of a fact is in a set, where it is known.
    fn test(&self, field: FieldId, set: &Intervals, place: &Place, cells: &mut Cells) {
        cells.whole();
        let Some(Column::Scalar { values, known }) = self.columns.column(field) else { return };
        for (word, (certain, possible)) in cells.certain.iter_mut().zip(&mut cells.possible).enumerate() {
            let row = place.start + word * 64;
            let known = known.map_or(u64::MAX, |bits| bits.word(row));
            let inside = values.within(row, set.as_slice());
            (*certain, *possible) = (known & inside, !known | inside);
        }
    }

    pub(super) fn operand(&self, operand: Operand, row: usize) -> Cell {
        match operand {
            Operand::Number(n, d) => Cell::Number(n, d),
            Operand::Unknown => Cell::Unknown,
            Operand::Step(at) => self.before.get(at).map_or(Cell::Left, |cells| cells.number(row)),
        }
    }

    /// Asks of numbers, where they are known.
    fn numbered<const N: usize>(
        &self,
        place: &Place,
        cells: &mut Cells,
        operands: [Operand; N],
        truth: impl Fn(usize, [(i64, i64); N]) -> Truth,
    ) {
        cells.whole();
        for row in 0..place.len {
            let mut numbers = [(0, 1); N];
            let (mut left, mut open) = (false, false);
            for (slot, operand) in numbers.iter_mut().zip(operands) {
                match self.operand(operand, row) {
                    Cell::Left => left = true,
                    Cell::Unknown => open = true,
                    Cell::Number(n, d) => *slot = (n, d),
                }
            }
            if left {
                cells.leave(row);
            } else if !open {
                let truth = truth(row, numbers);
                put(&mut cells.certain, row, truth == Truth::True);
                put(&mut cells.possible, row, truth != Truth::False);
            }
        }
    }

    fn compare(&self, place: &Place, cells: &mut Cells, op: Comparison, (a, b): (Operand, Operand)) {
        if self.compare_even(cells, op, (a, b)) {
            return;
        }
        self.numbered(place, cells, [a, b], |_, [(a, b), (c, d)]| {
            let order =
                if b == d { a.cmp(&c) } else { (i128::from(a) * i128::from(d)).cmp(&(i128::from(c) * i128::from(b))) };
            Truth::of(op.holds(order))
        });
    }

    fn joined(&self, parts: &[(usize, bool)], and: bool, cells: &mut Cells) {
        let Cells { certain, possible, left, .. } = cells;
        self.kernels.wide(
            #[inline(always)]
            |()| {
                let all = if and { u64::MAX } else { 0 };
                certain.fill(all);
                possible.fill(all);
                left.fill(0);
                for (at, turned) in parts {
                    let Some(part) = self.before.get(*at) else { continue };
                    let (c, p) =
                        if *turned { (&part.possible, &part.certain) } else { (&part.certain, &part.possible) };
                    let turn = if *turned { u64::MAX } else { 0 };
                    let here = certain.iter_mut().zip(&mut *possible).zip(&mut *left);
                    for (((certain, possible), left), ((c, p), l)) in here.zip(c.iter().zip(p).zip(&part.left)) {
                        let (c, p) = (c ^ turn, p ^ turn);
                        (*certain, *possible) =
                            if and { (*certain & c, *possible & p) } else { (*certain | c, *possible | p) };
                        *left |= l;
                    }
                }
                for ((certain, possible), left) in certain.iter_mut().zip(possible).zip(left) {
                    // What settles a row settles it whatever is left of the other parts.
                    *left &= if and { *possible } else { !*certain };
                    (*certain, *possible) = (*certain & !*left, *possible | *left);
                }
            },
        );
    }

    /// From the place that this place's rows lead to.
    fn led(&self, step: usize, place: &Place, cells: &mut Cells) {
        let there = self.stages.get(step).and_then(|stage| self.places.get(stage.place));
        if let Some(there) = there.filter(|there| there.fine) {
            self.gather(step, place, cells, &there.links);
        }
    }

    fn owner(&self, step: usize, place: &Place, cells: &mut Cells) {
        self.gather(step, place, cells, &place.lists.owners);
    }

    /// What is found at other rows; what leads nowhere is open where that is certain, else left.
    fn gather(&self, step: usize, place: &Place, cells: &mut Cells, to: &[u32]) {
        let (Some(from), Some(stage)) = (self.before.get(step), self.stages.get(step)) else { return };
        let len = self.places.get(stage.place).map_or(0, |place| place.len);
        bits_of((&from.certain, len), to, false, &mut cells.certain);
        bits_of((&from.possible, len), to, true, &mut cells.possible);
        bits_of((&from.left, len), to, !stage.open, &mut cells.left);
        if !from.numerators.is_empty() {
            cells.numbers(place, from.denominator);
            let own = if from.denominators.is_empty() { 0 } else { place.len };
            cells.denominators.resize(own, 1);
            for (slot, at) in cells.numerators.iter_mut().zip(to) {
                *slot = from.numerators.get(*at as usize).copied().unwrap_or(0);
            }
            for (slot, at) in cells.denominators.iter_mut().zip(to) {
                *slot = from.denominators.get(*at as usize).copied().unwrap_or(1);
            }
        }
    }
}

/// The bits at some rows; `nowhere` where there is no such row.
fn bits_of((words, len): (&[u64], usize), rows: &[u32], nowhere: bool, into: &mut [u64]) {
    // Mostly all bits are alike, which saves looking each of them up.
    let all = |bits: u64| {
        let last = if len % 64 == 0 { u64::MAX } else { (1 << (len % 64)) - 1 };
        let (rest, end) = words.split_last().map_or((&[][..], 0), |(end, rest)| (rest, end ^ bits));
        rest.iter().all(|word| *word == bits) && end & last == 0
    };
    let same = if all(0) { Some(false) } else { all(u64::MAX).then_some(true) };
    for (word, rows) in into.iter_mut().zip(rows.chunks(64)) {
        *word = rows.iter().enumerate().fold(0, |word, (at, row)| {
            let one = match same {
                _ if *row == NOWHERE => nowhere,
                Some(same) => same,
                None => bit(words, *row as usize),
            };
            word | u64::from(one) << at
        });
    }
}

/// Asks of every row, none of which is left.
fn each_row(place: &Place, cells: &mut Cells, truth: impl Fn(usize) -> Truth) {
    cells.whole();
    for (word, (certain, possible)) in cells.certain.iter_mut().zip(&mut cells.possible).enumerate() {
        let (mut yes, mut may) = (0u64, 0u64);
        for at in 0..64.min(place.len.saturating_sub(word * 64)) {
            match truth(word * 64 + at) {
                Truth::True => (yes, may) = (yes | 1 << at, may | 1 << at),
                Truth::Unknown => may |= 1 << at,
                Truth::False => {}
            }
        }
        (*certain, *possible) = (yes, may);
    }
}
