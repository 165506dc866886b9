//! Dates and numbers, whose types promise more than their bits, so reading them checks it; and texts, most of what a pack holds.

use crate::value::{Date, Number, Words};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.days().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_days(i64::deserialize(deserializer)?).ok_or_else(|| D::Error::custom("a day outside the calendar"))
    }
}

/// The largest numerator and denominator that is read. Real figures have far fewer digits; the arithmetic is exact and
/// checked up to 2^127, and this leaves the operations that do not check (lowest terms, the opposite) far from its ends.
const LARGEST: i128 = 1 << 120;

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.numerator(), self.denominator()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (numerator, denominator) = <(i128, i128)>::deserialize(deserializer)?;
        let small = (-LARGEST..=LARGEST).contains(&numerator) && (1..=LARGEST).contains(&denominator);
        let number = if small { Self::new(numerator, denominator) } else { None };
        // In lowest terms already: one number has one form, so the same set has the same bytes.
        number
            .filter(|n| n.numerator() == numerator && n.denominator() == denominator)
            .ok_or_else(|| D::Error::custom("a number that no text can write"))
    }
}

impl Serialize for Words {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.zh(), self.en()).serialize(serializer)
    }
}

/// Copies each text once, out of the bytes it stands in. Only a format that lends its bytes can be read.
impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (zh, en) = <(Option<&str>, Option<&str>)>::deserialize(deserializer)?;
        Ok(Self::new(zh, en))
    }
}
