//! Exact numbers: ratios of 128-bit integers, each operation checked.

use num_rational::Ratio;
use num_traits::{CheckedAdd, CheckedDiv, CheckedMul, CheckedSub, Signed, Zero};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// An exact rational number. Every operation says `None` where the answer would not fit, and never wraps.
///
/// ```
/// use entitle::value::Number;
/// let third = Number::whole(1).divide(Number::whole(3)).unwrap();
/// assert_eq!(third.multiply(Number::whole(3)), Some(Number::whole(1)));
/// assert_eq!(Number::new(2650, 100).unwrap().to_string(), "26.5");
/// ```
#[derive(Clone, Copy)]
pub struct Number(Ratio<i128>);

// It is always in lowest terms, so equal numbers have equal parts; and most that are compared have the same denominator. Both are
// settled in place, without a call.
impl PartialEq for Number {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.0.numer() == other.0.numer() && self.0.denom() == other.0.denom()
    }
}

impl Eq for Number {}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.0.numer(), self.0.denom()).hash(state);
    }
}

impl Ord for Number {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        if self.0.denom() == other.0.denom() { self.0.numer().cmp(other.0.numer()) } else { self.0.cmp(&other.0) }
    }
}

impl PartialOrd for Number {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// How [`Number::round`] chooses between two steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
pub enum Rounding {
    /// The nearest; half a step away from zero.
    Nearest,
    /// The next larger.
    Up,
    /// The next smaller.
    Down,
}

impl Number {
    /// 0
    pub const ZERO: Self = Self(Ratio::new_raw(0, 1));

    /// A whole number.
    #[must_use]
    pub const fn whole(value: i128) -> Self {
        Self(Ratio::new_raw(value, 1))
    }

    /// `numerator / denominator` in lowest terms; none where the denominator is not positive.
    #[must_use]
    pub fn new(numerator: i128, denominator: i128) -> Option<Self> {
        if denominator <= 0 {
            return None;
        }
        // Facts and figures are small: their common divisor is found without 128 bits.
        match (i64::try_from(numerator), u64::try_from(denominator)) {
            (Ok(numerator), Ok(denominator)) => {
                let divisor = common(numerator.unsigned_abs(), denominator);
                let size = i128::from(numerator.unsigned_abs() / divisor);
                let numerator = if numerator < 0 { -size } else { size };
                Some(Self(Ratio::new_raw(numerator, i128::from(denominator / divisor))))
            }
            _ => Some(Self(Ratio::new(numerator, denominator))),
        }
    }

    /// The numerator in lowest terms.
    #[must_use]
    pub fn numerator(self) -> i128 {
        *self.0.numer()
    }

    /// The denominator in lowest terms; always positive.
    #[must_use]
    pub fn denominator(self) -> i128 {
        *self.0.denom()
    }

    /// Whether it has no fraction.
    #[must_use]
    pub fn is_whole(self) -> bool {
        self.denominator() == 1
    }

    /// The sum.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "the trait cannot say that the sum does not fit")]
    pub fn add(self, other: Self) -> Option<Self> {
        if self.is_whole() && other.is_whole() {
            return self.numerator().checked_add(other.numerator()).map(Self::whole);
        }
        self.0.checked_add(&other.0).map(Self)
    }

    /// The difference.
    #[must_use]
    pub fn subtract(self, other: Self) -> Option<Self> {
        if self.is_whole() && other.is_whole() {
            return self.numerator().checked_sub(other.numerator()).map(Self::whole);
        }
        self.0.checked_sub(&other.0).map(Self)
    }

    /// The product.
    #[must_use]
    pub fn multiply(self, other: Self) -> Option<Self> {
        if self.is_whole() && other.is_whole() {
            return self.numerator().checked_mul(other.numerator()).map(Self::whole);
        }
        let small = |n: i128| i64::try_from(n).is_ok();
        if [self.numerator(), self.denominator(), other.numerator(), other.denominator()].into_iter().all(small) {
            // Neither product can pass 128 bits.
            return Self::new(self.numerator() * other.numerator(), self.denominator() * other.denominator());
        }
        self.0.checked_mul(&other.0).map(Self)
    }

    /// The quotient; none where the divisor is zero.
    #[must_use]
    pub fn divide(self, other: Self) -> Option<Self> {
        if other.0.is_zero() {
            return None;
        }
        self.0.checked_div(&other.0).map(Self)
    }

    /// The multiple of `step` that `mode` chooses; none where `step` is not positive.
    ///
    /// ```
    /// use entitle::value::{Number, Rounding};
    /// let half = Number::new(25, 10).unwrap();
    /// assert_eq!(half.round(Rounding::Nearest, Number::whole(1)), Some(Number::whole(3)));
    /// assert_eq!(half.round(Rounding::Down, Number::whole(1)), Some(Number::whole(2)));
    /// ```
    #[must_use]
    pub fn round(self, mode: Rounding, step: Self) -> Option<Self> {
        if !step.0.is_positive() {
            return None;
        }
        let steps = self.divide(step)?;
        let floor = steps.numerator().div_euclid(steps.denominator());
        let rest = steps.subtract(Self::whole(floor))?;
        let up = match mode {
            Rounding::Down => false,
            Rounding::Up => !rest.0.is_zero(),
            Rounding::Nearest => {
                let twice = rest.multiply(Self::whole(2))?;
                let half = Self::whole(1);
                twice > half || (twice == half && floor >= 0)
            }
        };
        Self::whole(floor.checked_add(i128::from(up))?).multiply(step)
    }

    /// The largest whole number not above it.
    #[must_use]
    pub fn floor(self) -> i128 {
        self.numerator().div_euclid(self.denominator())
    }

    /// The smallest whole number not below it.
    #[must_use]
    pub fn ceiling(self) -> i128 {
        let floor = self.floor();
        if self.is_whole() { floor } else { floor.saturating_add(1) }
    }
}

/// The greatest common divisor, where the second is not 0.
const fn common(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Number {
    /// A decimal where it ends within nine places, else `numerator/denominator`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (numerator, denominator) = (self.numerator(), self.denominator());
        let mut scale = 1i128;
        let mut places = 0usize;
        while places < 9 && scale.checked_rem(denominator) != Some(0) {
            scale = scale.saturating_mul(10);
            places = places.saturating_add(1);
        }
        let exact = scale.checked_rem(denominator) == Some(0);
        match exact.then(|| numerator.checked_mul(scale / denominator)).flatten() {
            None => write!(f, "{numerator}/{denominator}"),
            Some(digits) => {
                let sign = if digits < 0 { "-" } else { "" };
                let digits = digits.unsigned_abs();
                let scale = scale.unsigned_abs();
                write!(f, "{sign}{}", digits / scale)?;
                if places > 0 { write!(f, ".{:0places$}", digits % scale) } else { Ok(()) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_ratios_are_in_the_same_lowest_terms_as_large_ones() {
        let ends = [i64::MIN, i64::MIN + 1, -300, -7, -1, 0, 1, 6, 100, 123_450, i64::MAX].map(i128::from);
        let beyond = [i128::from(i64::MAX) + 1, i128::from(u64::MAX), i128::from(u64::MAX) + 1, -(1 << 100), 1 << 100];
        for numerator in ends.into_iter().chain(beyond) {
            for denominator in [1, 2, 7, 12, 100, i128::from(i64::MAX), i128::from(u64::MAX), 1 << 64, 1 << 90] {
                let number = Number::new(numerator, denominator);
                let large = Ratio::new(numerator, denominator);
                assert_eq!(number, Some(Number(large)), "{numerator}/{denominator}");
                for (n, d) in [(0, 1), (1, 3), (-7, 2), (999, 1000), (i128::from(i64::MAX), 7), (1 << 66, 5)] {
                    let (other, ratio) = (Number::new(n, d), Ratio::new(n, d));
                    let product = number.zip(other).and_then(|(a, b)| a.multiply(b));
                    assert_eq!(
                        product,
                        large.checked_mul(&ratio).map(Number),
                        "{numerator}/{denominator} times {n}/{d}"
                    );
                    assert_eq!(number.cmp(&other), large.cmp(&ratio), "{numerator}/{denominator} beside {n}/{d}");
                    assert_eq!(number == other, large == ratio);
                }
            }
            assert_eq!((Number::new(numerator, 0), Number::new(numerator, -1)), (None, None));
        }
    }
}
