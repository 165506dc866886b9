//! Numbers of one denominator, as most figures are: a block of them is worked out in 64-bit integers, without a look at each row.
//! Where one of them overflows, nothing is said of any, and the careful way does them all.

use super::places::Place;
use super::{Cells, Operand, Reader};
use crate::graph::Comparison;

/// Denominators beyond this are left to the careful way.
const MOST: i64 = 1 << 40;

/// An operand all of whose numbers have one denominator.
#[derive(Clone, Copy)]
struct Even<'a> {
    /// Its cells; none where it is the same number for every row.
    cells: Option<&'a Cells>,
    numerator: i64,
    denominator: i64,
}

impl Even<'_> {
    /// Which rows of a word are known, and which are left.
    fn word(&self, word: usize) -> (u64, u64) {
        let of = |words: &[u64]| words.get(word).copied().unwrap_or(0);
        self.cells.map_or((u64::MAX, 0), |cells| (of(&cells.certain) & !of(&cells.left), of(&cells.left)))
    }

    fn numerators(&self, word: usize) -> &[i64] {
        let cells = self.cells.map_or(&[][..], |cells| cells.numerators.as_slice());
        cells.get(word * 64..).map_or(&[], |rest| rest.get(..64).unwrap_or(rest))
    }
}

/// Hands over the numerators of two operands, row by row, of the rows of a word.
#[inline]
fn each(a: Even<'_>, b: Even<'_>, word: usize, mut f: impl FnMut(usize, i64, i64)) {
    match (a.cells.is_some(), b.cells.is_some()) {
        (true, true) => {
            let both = a.numerators(word).iter().zip(b.numerators(word));
            both.enumerate().for_each(|(at, (x, y))| f(at, *x, *y));
        }
        (true, false) => a.numerators(word).iter().enumerate().for_each(|(at, x)| f(at, *x, b.numerator)),
        (false, _) => b.numerators(word).iter().enumerate().for_each(|(at, y)| f(at, a.numerator, *y)),
    }
}

/// The factors that bring two denominators to their least common multiple, and that.
fn common(a: i64, b: i64) -> Option<(i64, i64, i64)> {
    if a == b {
        return Some((1, 1, a));
    }
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    let (for_a, for_b) = (b.checked_div(x)?, a.checked_div(x)?);
    let all = a.checked_mul(for_a).filter(|all| *all <= MOST)?;
    Some((for_a, for_b, all))
}

impl<'a> Reader<'a> {
    fn even(&self, operand: Operand) -> Option<Even<'a>> {
        match operand {
            Operand::Number(numerator, denominator) => Some(Even { cells: None, numerator, denominator }),
            Operand::Unknown => None,
            Operand::Step(at) => {
                let cells = self.before.get(at)?;
                Some(Even { cells: Some(cells), numerator: 0, denominator: cells.even()? })
            }
        }
    }

    fn evens(&self, (a, b): (Operand, Operand)) -> Option<(Even<'a>, Even<'a>)> {
        let (a, b) = (self.even(a)?, self.even(b)?);
        (a.cells.is_some() || b.cells.is_some()).then_some((a, b))
    }

    /// Compares numbers, where the operands have one denominator each and nothing overflows; says whether it did.
    pub(super) fn compare_even(&self, cells: &mut Cells, op: Comparison, operands: (Operand, Operand)) -> bool {
        let Some((a, b)) = self.evens(operands) else { return false };
        match op {
            Comparison::Less => ordered(a, b, cells, |x, y| x < y),
            Comparison::LessOrEqual => ordered(a, b, cells, |x, y| x <= y),
            Comparison::Greater => ordered(a, b, cells, |x, y| x > y),
            Comparison::GreaterOrEqual => ordered(a, b, cells, |x, y| x >= y),
            Comparison::Equal => ordered(a, b, cells, |x, y| x == y),
            Comparison::NotEqual => ordered(a, b, cells, |x, y| x != y),
        }
    }

    /// Joins numbers of a common denominator, likewise.
    pub(super) fn join_even(
        &self,
        place: &Place,
        cells: &mut Cells,
        operands: (Operand, Operand),
        f: impl Fn(i64, i64) -> (i64, bool),
    ) -> bool {
        let Some((a, b)) = self.evens(operands) else { return false };
        let Some((for_a, for_b, all)) = common(a.denominator, b.denominator) else { return false };
        joined(a, b, (place, all), cells, |x, y| {
            let ((x, over), (y, more)) = (x.overflowing_mul(for_a), y.overflowing_mul(for_b));
            let (joined, most) = f(x, y);
            (joined, over | more | most)
        })
    }

    /// Multiplies numbers, and by a factor, likewise.
    pub(super) fn multiply_even(
        &self,
        place: &Place,
        cells: &mut Cells,
        operands: (Operand, Operand),
        (numerator, denominator): (i64, i64),
    ) -> bool {
        let Some((a, b)) = self.evens(operands) else { return false };
        let all = a.denominator.checked_mul(b.denominator).and_then(|d| d.checked_mul(denominator));
        let Some(all) = all.filter(|all| *all <= MOST) else { return false };
        joined(a, b, (place, all), cells, |x, y| {
            let (product, over) = x.overflowing_mul(y);
            let (product, more) = product.overflowing_mul(numerator);
            (product, over | more)
        })
    }
}

fn ordered(a: Even<'_>, b: Even<'_>, cells: &mut Cells, holds: impl Fn(i64, i64) -> bool) -> bool {
    let Some((for_a, for_b, _)) = common(a.denominator, b.denominator) else { return false };
    let Cells { certain, possible, left, .. } = cells;
    for (word, ((certain, possible), left)) in certain.iter_mut().zip(possible).zip(left).enumerate() {
        let ((known, out), (known_too, out_too)) = (a.word(word), b.word(word));
        let (known, out) = (known & known_too, out | out_too);
        let (mut yes, mut over) = (0u64, 0u64);
        each(a, b, word, |at, x, y| {
            let ((x, of_a), (y, of_b)) = (x.overflowing_mul(for_a), y.overflowing_mul(for_b));
            yes |= u64::from(holds(x, y)) << at;
            over |= u64::from(of_a | of_b) << at;
        });
        if over & known != 0 {
            cells.blank();
            return false;
        }
        (*certain, *possible, *left) = (known & yes, !known | yes, out);
    }
    true
}

fn joined(
    a: Even<'_>,
    b: Even<'_>,
    (place, denominator): (&Place, i64),
    cells: &mut Cells,
    f: impl Fn(i64, i64) -> (i64, bool),
) -> bool {
    cells.numbers(place, denominator);
    let Cells { certain, left, numerators, .. } = cells;
    let words = certain.iter_mut().zip(left).zip(numerators.chunks_mut(64));
    for (word, ((certain, left), numerators)) in words.enumerate() {
        let ((known, out), (known_too, out_too)) = (a.word(word), b.word(word));
        let (known, out) = (known & known_too, out | out_too);
        let mut over = 0u64;
        let mut slots = numerators.iter_mut();
        each(a, b, word, |at, x, y| {
            let (n, too_much) = f(x, y);
            slots.next().into_iter().for_each(|slot| *slot = n);
            over |= u64::from(too_much) << at;
        });
        if over & known != 0 {
            cells.blank();
            return false;
        }
        (*certain, *left) = (known, out);
    }
    true
}
