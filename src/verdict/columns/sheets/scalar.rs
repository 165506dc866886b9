//! Steps that are numbers.

use super::places::Place;
use super::{Cell, Cells, Operand, Reader, What, bit};
use crate::columns::Column;
use crate::ids::FieldId;
use crate::value::Number;
use crate::verdict::from_graph::{day, shifted};

impl Reader<'_> {
    /// Fills the cells of a step that is a number; they are all left before.
    pub(super) fn fill_number(&self, what: &What, place: &Place, cells: &mut Cells) {
        let whole = |n: i64| Cell::Number(n, 1);
        match what {
            What::Fact(field, grains) => self.fact(*field, *grains, place, cells),
            What::Add(a, b) => self.pair(place, cells, (*a, *b), i64::overflowing_add, |a, b| sum(a, b, 1)),
            What::Subtract(a, b) => self.pair(place, cells, (*a, *b), i64::overflowing_sub, |a, b| sum(a, b, -1)),
            What::Multiply(a, b, f) => {
                if !self.multiply_even(place, cells, (*a, *b), *f) {
                    self.two(place, cells, (*a, *b), |a, b| product(a, b, *f));
                }
            }
            What::Divide(a, b, f) => self.two(place, cells, (*a, *b), |a, (n, d)| match n {
                0 => Cell::Unknown,
                1.. => product(a, (d, n), *f),
                _ => n.checked_neg().zip(d.checked_neg()).map_or(Cell::Left, |(n, d)| product(a, (d, n), *f)),
            }),
            What::Least(a, b) => {
                self.pair(place, cells, (*a, *b), |a, b| (a.min(b), false), |a, b| pick(a, b, less(b, a)));
            }
            What::Most(a, b) => {
                self.pair(place, cells, (*a, *b), |a, b| (a.max(b), false), |a, b| pick(a, b, less(a, b)));
            }
            What::Round(mode, a, step) => {
                self.one(place, cells, *a, |n| n.round(*mode, *step).map_or(Cell::Left, cell));
            }
            What::Shift(a, b, step) => self.two(place, cells, (*a, *b), |a, b| {
                let shifted = number(a).zip(number(b)).and_then(|(a, b)| shifted(a, b, *step));
                shifted.map_or(Cell::Left, cell)
            }),
            What::Year(a) => self.one(place, cells, *a, |n| day(n).map_or(Cell::Left, |d| whole(i64::from(d.year())))),
            What::Month(a) => {
                self.one(place, cells, *a, |n| day(n).map_or(Cell::Left, |d| whole(i64::from(d.month()))));
            }
            What::Case(rows, otherwise) => self.case(rows, *otherwise, place, cells),
            What::Count(entries, pass) => self.count(*entries, *pass, place, cells),
            What::Fold(fold, entries, pass, body) => self.folded(*fold, (*entries, *pass), *body, place, cells),
            // The others are truths.
            _ => {}
        }
    }

    fn fact(&self, field: FieldId, grains: i64, place: &Place, cells: &mut Cells) {
        cells.whole();
        cells.numbers(place, grains.max(1));
        let Some(Column::Scalar { values, known }) = self.columns.column(field) else { return };
        values.copy_to(place.start, &mut cells.numerators);
        for (word, certain) in cells.certain.iter_mut().enumerate() {
            *certain = known.map_or(u64::MAX, |bits| bits.word(place.start + word * 64));
        }
    }

    /// Two numbers joined: `quick` those of a common denominator, and whether that overflows; else `careful` each pair.
    fn pair(
        &self,
        place: &Place,
        cells: &mut Cells,
        operands: (Operand, Operand),
        quick: impl Fn(i64, i64) -> (i64, bool),
        careful: impl Fn((i64, i64), (i64, i64)) -> Cell,
    ) {
        if !self.join_even(place, cells, operands, quick) {
            self.two(place, cells, operands, careful);
        }
    }

    fn one(&self, place: &Place, cells: &mut Cells, a: Operand, what: impl Fn(Number) -> Cell) {
        self.two(place, cells, (a, Operand::Number(0, 1)), |a, _| number(a).map_or(Cell::Left, &what));
    }

    fn two(
        &self,
        place: &Place,
        cells: &mut Cells,
        (a, b): (Operand, Operand),
        what: impl Fn((i64, i64), (i64, i64)) -> Cell,
    ) {
        cells.whole();
        cells.numbers(place, 0);
        for row in 0..place.len {
            let cell = match (self.operand(a, row), self.operand(b, row)) {
                (Cell::Number(a, b), Cell::Number(c, d)) => what((a, b), (c, d)),
                (Cell::Left, _) | (_, Cell::Left) => Cell::Left,
                _ => Cell::Unknown,
            };
            cells.set_number(row, cell);
        }
    }

    /// Rows with an open condition before one that holds are left: their value may be the same either way.
    fn case(&self, rows: &[((usize, bool), Operand)], otherwise: Operand, place: &Place, cells: &mut Cells) {
        cells.whole();
        cells.numbers(place, 0);
        for row in 0..place.len {
            let mut chosen = Some(otherwise);
            for ((at, turned), value) in rows {
                let Some(condition) = self.before.get(*at) else { continue };
                let (certain, possible) = (bit(&condition.certain, row), bit(&condition.possible, row));
                let (holds, may) = if *turned { (!possible, !certain) } else { (certain, possible) };
                if bit(&condition.left, row) || holds != may {
                    chosen = None;
                    break;
                }
                if holds {
                    chosen = Some(*value);
                    break;
                }
            }
            let cell = chosen.map_or(Cell::Left, |value| self.operand(value, row));
            cells.set_number(row, cell);
        }
    }
}

fn number((n, d): (i64, i64)) -> Option<Number> {
    Number::new(i128::from(n), i128::from(d))
}

fn cell(n: Number) -> Cell {
    fit(n.numerator(), n.denominator())
}

/// Two integers of 64 bits, in lower terms where they do not fit as they are.
fn fit(n: i128, d: i128) -> Cell {
    let small = |n: i128, d: i128| Some((i64::try_from(n).ok()?, i64::try_from(d).ok()?));
    let lowest = || Number::new(n, d).and_then(|n| small(n.numerator(), n.denominator()));
    small(n, d).or_else(lowest).map_or(Cell::Left, |(n, d)| Cell::Number(n, d))
}

pub(super) fn sum((a, b): (i64, i64), (c, d): (i64, i64), sign: i64) -> Cell {
    if b == d {
        return fit(i128::from(a) + i128::from(c) * i128::from(sign), i128::from(b));
    }
    let (a, b, c, d) = (i128::from(a), i128::from(b), i128::from(c) * i128::from(sign), i128::from(d));
    // Products of 64 bits stay within 127; their sum may not.
    a.checked_mul(d).zip(c.checked_mul(b)).and_then(|(x, y)| x.checked_add(y)).map_or(Cell::Left, |n| fit(n, b * d))
}

fn product((a, b): (i64, i64), (c, d): (i64, i64), (e, f): (i64, i64)) -> Cell {
    let n = (i128::from(a) * i128::from(c)).checked_mul(i128::from(e));
    let d = (i128::from(b) * i128::from(d)).checked_mul(i128::from(f));
    n.zip(d).map_or(Cell::Left, |(n, d)| fit(n, d))
}

pub(super) fn less((a, b): (i64, i64), (c, d): (i64, i64)) -> bool {
    i128::from(a) * i128::from(d) < i128::from(c) * i128::from(b)
}

fn pick(a: (i64, i64), b: (i64, i64), second: bool) -> Cell {
    let (n, d) = if second { b } else { a };
    Cell::Number(n, d)
}
