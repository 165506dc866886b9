//! Units as types: money a month is not money a year, and a share is not a count.

use super::Language;

/// What a number counts: powers of the base units, and how a pure number is read.
///
/// Two numbers may be compared or added only when their units are [alike](Unit::alike).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
pub struct Unit {
    /// Power of yuan.
    pub yuan: i8,
    /// Power of square metres.
    pub area: i8,
    /// Power of hours.
    pub hour: i8,
    /// Power of days.
    pub day: i8,
    /// Power of weeks.
    pub week: i8,
    /// Power of calendar months.
    pub month: i8,
    /// Power of calendar years.
    pub year: i8,
    /// How it is read aloud where the powers do not say.
    pub counted: Counted,
}

/// How a number without dimension, or of years, is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
pub enum Counted {
    /// As the powers say; a bare number where there are none.
    #[default]
    Plain,
    /// A share of something: 30 %.
    Percent,
    /// People.
    People,
    /// Times.
    Times,
    /// Years of age.
    Age,
}

impl Unit {
    /// A bare number.
    pub const PLAIN: Self =
        Self { yuan: 0, area: 0, hour: 0, day: 0, week: 0, month: 0, year: 0, counted: Counted::Plain };
    /// A share.
    pub const PERCENT: Self = Self { counted: Counted::Percent, ..Self::PLAIN };
    /// People.
    pub const PEOPLE: Self = Self { counted: Counted::People, ..Self::PLAIN };
    /// Money.
    pub const YUAN: Self = Self { yuan: 1, ..Self::PLAIN };
    /// Calendar months.
    pub const MONTHS: Self = Self { month: 1, ..Self::PLAIN };
    /// Calendar years.
    pub const YEARS: Self = Self { year: 1, ..Self::PLAIN };
    /// Days.
    pub const DAYS: Self = Self { day: 1, ..Self::PLAIN };

    /// The powers in a fixed order.
    #[must_use]
    pub const fn powers(self) -> [i8; 7] {
        [self.yuan, self.area, self.hour, self.day, self.week, self.month, self.year]
    }

    /// Whether it has no dimension.
    #[must_use]
    pub fn is_plain(self) -> bool {
        self.powers() == [0; 7]
    }

    /// Whether two numbers of these units may be compared and added without conversion: the same powers, and both
    /// a share or neither.
    #[must_use]
    pub fn alike(self, other: Self) -> bool {
        self.powers() == other.powers() && (self.counted == Counted::Percent) == (other.counted == Counted::Percent)
    }

    /// Whether it is a length of time counted in months or years, and how many months one of it is.
    #[must_use]
    pub fn months(self) -> Option<i64> {
        match (self.powers(), self.month, self.year) {
            ([0, 0, 0, 0, 0, _, _], 1, 0) => Some(1),
            ([0, 0, 0, 0, 0, _, _], 0, 1) => Some(12),
            _ => None,
        }
    }

    /// Whether it is a length of time counted in days or weeks, and how many days one of it is.
    #[must_use]
    pub fn days(self) -> Option<i64> {
        match (self.powers(), self.day, self.week) {
            ([0, 0, 0, _, _, 0, 0], 1, 0) => Some(1),
            ([0, 0, 0, _, _, 0, 0], 0, 1) => Some(7),
            _ => None,
        }
    }

    /// The unit of a product. None where a power leaves -8..=8.
    #[must_use]
    pub fn times(self, other: Self) -> Option<Self> {
        self.combine(other, 1)
    }

    /// The unit of a quotient. None where a power leaves -8..=8.
    #[must_use]
    pub fn over(self, other: Self) -> Option<Self> {
        self.combine(other, -1)
    }

    fn combine(self, other: Self, sign: i8) -> Option<Self> {
        let power = |a: i8, b: i8| a.checked_add(b.checked_mul(sign)?).filter(|p| (-8..=8).contains(p));
        let mut unit = Self {
            yuan: power(self.yuan, other.yuan)?,
            area: power(self.area, other.area)?,
            hour: power(self.hour, other.hour)?,
            day: power(self.day, other.day)?,
            week: power(self.week, other.week)?,
            month: power(self.month, other.month)?,
            year: power(self.year, other.year)?,
            counted: Counted::Plain,
        };
        let share = |u: Self| u.counted == Counted::Percent;
        unit.counted = match (share(self), share(other), sign) {
            // A share of a share is a share; a share of anything else is that thing.
            (true, true, 1) => Counted::Percent,
            (false, true, 1) => self.counted,
            (true, false, 1) if !other.is_plain() || other.counted != Counted::Plain => other.counted,
            (true, false, _) if other.is_plain() => Counted::Percent,
            (false, false, _) if other.is_plain() && other.counted == Counted::Plain => self.counted,
            (false, false, 1) if self.is_plain() && self.counted == Counted::Plain => other.counted,
            _ => Counted::Plain,
        };
        Some(unit)
    }

    /// How many of the finest grains that a fact may have make one unit: money goes to the fen, shares to 0.01 %,
    /// areas to 0.01 square metre, hours to a tenth; everything else is whole.
    #[must_use]
    pub fn grains(self) -> i64 {
        if self.counted == Counted::Percent {
            10_000
        } else if self.yuan != 0 || self.area != 0 {
            100
        } else if self.hour != 0 {
            10
        } else {
            1
        }
    }

    /// The unit read aloud after a number, in words of `language`; empty for a bare number.
    #[must_use]
    pub fn words(self, language: Language) -> String {
        let zh = language == Language::Zh;
        let pick = |a: &str, b: &str| if zh { a.to_owned() } else { b.to_owned() };
        match self.counted {
            Counted::Percent => return "%".to_owned(),
            Counted::People if self.is_plain() => return pick("人", "people"),
            Counted::Times if self.is_plain() => return pick("次", "times"),
            Counted::Age => return pick("周岁", "years old"),
            _ => {}
        }
        let names: [(i8, &str, &str, &str, &str); 7] = [
            (self.yuan, "元", "元", "yuan", "yuan"),
            (self.area, "平方米", "平方米", "square metres", "square metre"),
            (self.hour, "小时", "小时", "hours", "hour"),
            (self.day, "天", "天", "days", "day"),
            (self.week, "周", "周", "weeks", "week"),
            (self.month, "个月", "月", "months", "month"),
            (self.year, "年", "年", "years", "year"),
        ];
        let mut words = String::new();
        for (power, zh_one, _, en_one, _) in names {
            if power > 0 {
                if !words.is_empty() {
                    words.push('·');
                }
                words.push_str(if zh { zh_one } else { en_one });
            }
        }
        for (power, _, zh_per, _, en_per) in names {
            if power < 0 {
                words.push_str(if zh { "/" } else { " per " });
                words.push_str(if zh { zh_per } else { en_per });
            }
        }
        words
    }
}
