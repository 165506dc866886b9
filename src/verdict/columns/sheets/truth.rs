//! Steps that are true or not.

use super::{Cell, Cells, Operand, Place, Reader, Stage, What, bit, narrow, put};
use crate::columns::Column;
use crate::graph::Comparison;
use crate::ids::FieldId;
use crate::verdict::Truth;

impl Reader<'_> {
    /// Fills the cells of a step; they are all left before.
    pub(super) fn fill(&self, stage: &Stage, place: &Place, cells: &mut Cells) {
        match &stage.what {
            What::Test(field, set) => {
                let set = self.bound.set(*set);
                self.scalars(*field, place, cells, |value| Truth::of(set.contains(value)));
            }
            What::Holds(field, symbols) => {
                each_row(place, cells, |row| self.holds(*field, place.start + row, symbols));
            }
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

    /// Asks of the value of a fact, where it is known.
    fn scalars(&self, field: FieldId, place: &Place, cells: &mut Cells, truth: impl Fn(i64) -> Truth) {
        let Some(Column::Scalar { values, known }) = self.columns.column(field) else { return cells.whole() };
        each_row(place, cells, |row| {
            let row = place.start + row;
            match values.get(row).filter(|_| known.is_none_or(|bits| bits.get(row))) {
                Some(value) => truth(value),
                None => Truth::Unknown,
            }
        });
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
        self.numbered(place, cells, [a, b], |_, [(a, b), (c, d)]| {
            let order =
                if b == d { a.cmp(&c) } else { (i128::from(a) * i128::from(d)).cmp(&(i128::from(c) * i128::from(b))) };
            Truth::of(op.holds(order))
        });
    }

    fn joined(&self, parts: &[(usize, bool)], and: bool, cells: &mut Cells) {
        // What settles a row settles it whatever is left of the other parts.
        let words = cells.left.len();
        for word in 0..words {
            let (mut certain, mut possible, mut left) = if and { (u64::MAX, u64::MAX, 0) } else { (0, 0, 0) };
            for (at, turned) in parts {
                let (c, p, l) = self.before.get(*at).map_or((0, u64::MAX, u64::MAX), |part| {
                    let of = |words: &[u64], otherwise| words.get(word).copied().unwrap_or(otherwise);
                    (of(&part.certain, 0), of(&part.possible, u64::MAX), of(&part.left, u64::MAX))
                });
                let (c, p) = if *turned { (!p, !c) } else { (c, p) };
                left |= l;
                if and {
                    (certain, possible) = (certain & c, possible & p);
                } else {
                    (certain, possible) = (certain | c, possible | p);
                }
            }
            left &= if and { possible } else { !certain };
            let put = |words: &mut [u64], bits: u64| words.get_mut(word).into_iter().for_each(|slot| *slot = bits);
            put(&mut cells.certain, certain & !left);
            put(&mut cells.possible, possible | left);
            put(&mut cells.left, left);
        }
    }

    /// From the place that this place's rows lead to.
    fn led(&self, step: usize, place: &Place, cells: &mut Cells) {
        let there = self.stages.get(step).and_then(|stage| self.places.get(stage.place));
        if let Some(there) = there.filter(|there| there.fine) {
            self.gather(step, place, cells, |row| there.links.get(row).copied());
        }
    }

    fn owner(&self, step: usize, place: &Place, cells: &mut Cells) {
        self.gather(step, place, cells, |row| place.owners.get(row).copied());
    }

    fn gather(&self, step: usize, place: &Place, cells: &mut Cells, to: impl Fn(usize) -> Option<u32>) {
        let Some(from) = self.before.get(step) else { return };
        let numbers = !from.numerators.is_empty();
        cells.whole();
        if numbers {
            cells.numbers(place, 1);
        }
        for row in 0..place.len {
            let Some(at) = to(row).filter(|at| *at != super::NOWHERE).map(|at| at as usize) else {
                cells.leave(row);
                continue;
            };
            if numbers {
                cells.set_number(row, from.number(at));
            } else if bit(&from.left, at) {
                cells.leave(row);
            } else {
                put(&mut cells.certain, row, bit(&from.certain, at));
                put(&mut cells.possible, row, bit(&from.possible, at));
            }
        }
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
