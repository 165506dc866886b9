//! Civil dates as day numbers: comparison is one integer comparison, and the calendar is asked only for arithmetic.

use jiff::{Span, ToSpan, civil};
use std::{fmt, str::FromStr};

/// A civil date from 0001-01-01 to 9999-12-31, held as days since 1970-01-01. There is no time of day and no time zone.
///
/// Adding months keeps the day of the month, or takes the month's last day where that day does not exist
/// (Civil Code of the People's Republic of China, article 202).
///
/// ```
/// use entitle::value::Date;
/// let date: Date = "2024-02-29".parse().unwrap();
/// assert_eq!(date.add_months(12).unwrap().to_string(), "2025-02-28");
/// assert!("2023-02-29".parse::<Date>().is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i32);

/// The text is not a date as `YYYY-MM-DD`, or the day does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a date that exists, written as YYYY-MM-DD")]
pub struct NotADate;

impl Date {
    /// The first date there is, 0001-01-01.
    pub const FIRST: Self = Self(-719_162);
    /// The last date there is, 9999-12-31.
    pub const LAST: Self = Self(2_932_896);

    /// The date of a year, month and day; none where it does not exist.
    #[must_use]
    pub fn new(year: i16, month: u8, day: u8) -> Option<Self> {
        if year < 1 {
            return None;
        }
        let date = civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
        Some(Self::from_civil(date))
    }

    /// The date that many days after 1970-01-01; none outside the range.
    #[must_use]
    pub fn from_days(days: i64) -> Option<Self> {
        let date = Self(i32::try_from(days).ok()?);
        (Self::FIRST..=Self::LAST).contains(&date).then_some(date)
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub const fn days(self) -> i64 {
        self.0 as i64
    }

    /// The year.
    #[must_use]
    pub fn year(self) -> i16 {
        self.civil().year()
    }

    /// The month, 1 to 12.
    #[must_use]
    pub fn month(self) -> i8 {
        self.civil().month()
    }

    /// The day of the month.
    #[must_use]
    pub fn day(self) -> i8 {
        self.civil().day()
    }

    /// That many calendar months later (earlier where negative); none outside the range.
    #[must_use]
    pub fn add_months(self, months: i64) -> Option<Self> {
        let span = Span::new().try_months(months).ok()?;
        self.civil().checked_add(span).ok().map(Self::from_civil).filter(|d| *d >= Self::FIRST)
    }

    /// That many days later (earlier where negative); none outside the range.
    #[must_use]
    pub fn add_days(self, days: i64) -> Option<Self> {
        Self::from_days(self.days().checked_add(days)?)
    }

    fn civil(self) -> civil::Date {
        // Every value was made by `from_civil` or checked against the range, so the addition cannot fail.
        civil::date(1970, 1, 1).checked_add(self.0.days()).unwrap_or(civil::Date::MIN)
    }

    fn from_civil(date: civil::Date) -> Self {
        let days = date.since(civil::date(1970, 1, 1)).map_or(0, |span| span.get_days());
        Self(days)
    }
}

impl FromStr for Date {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<Self, NotADate> {
        let mut parts = text.splitn(3, '-');
        let mut part = |digits: usize| {
            let part = parts.next().filter(|p| p.len() == digits && p.bytes().all(|b| b.is_ascii_digit()))?;
            part.parse::<i16>().ok()
        };
        let (year, month, day) = (part(4), part(2), part(2));
        let date = || Self::new(year?, u8::try_from(month?).ok()?, u8::try_from(day?).ok()?);
        date().ok_or(NotADate)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year(), self.month(), self.day())
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
