//! The calendar in SQL: what the two databases say differently.

use super::layout::Layout;
use super::scope::{Scalar, Text};
use super::{Dates, Dialect};
use crate::graph::Step;

impl Dialect {
    /// Keeps the layers of a statement from being written into each other, where the database would do so at the price
    /// of computing what they share again and again.
    pub(super) const fn materialized(self) -> &'static str {
        match self {
            Self::Sqlite => " MATERIALIZED",
            Self::DuckDb => "",
        }
    }

    fn civil(self, day: &str) -> String {
        match self {
            Self::Sqlite => format!("date({day} * 86400, 'unixepoch')"),
            Self::DuckDb => format!("(DATE '1970-01-01' + CAST({day} AS INTEGER))"),
        }
    }

    pub(super) fn year(self, day: &str) -> String {
        let day = self.civil(day);
        match self {
            Self::Sqlite => format!("CAST(strftime('%Y', {day}) AS INTEGER)"),
            Self::DuckDb => format!("year({day})"),
        }
    }

    pub(super) fn month(self, day: &str) -> String {
        let day = self.civil(day);
        match self {
            Self::Sqlite => format!("CAST(strftime('%m', {day}) AS INTEGER)"),
            Self::DuckDb => format!("month({day})"),
        }
    }

    /// A day some months later, month ends clamped. `day` and `months` are short.
    fn months_later(self, day: &str, months: &str) -> String {
        let civil = self.civil(day);
        match self {
            // The first of the month that is reached, and then as many days as the month has, at most.
            Self::Sqlite => {
                let first = format!("date({civil}, 'start of month', ({months}) || ' months')");
                let last = format!("date({civil}, 'start of month', (({months}) + 1) || ' months', '-1 day')");
                format!(
                    "min(unixepoch({first}) / 86400 + CAST(strftime('%d', {civil}) AS INTEGER) - 1, unixepoch({last}) / 86400)"
                )
            }
            Self::DuckDb => {
                format!("(CAST({civil} + to_months(CAST({months} AS INTEGER)) AS DATE) - DATE '1970-01-01')")
            }
        }
    }
}

impl Layout<'_> {
    /// The day number of a date in its column.
    pub(super) fn day_number(&self, column: &str) -> String {
        match (self.options.dates, self.options.dialect) {
            (Dates::Days, _) => column.to_owned(),
            (Dates::Iso, Dialect::Sqlite) => format!("(unixepoch({column}) / 86400)"),
            (Dates::Iso, Dialect::DuckDb) => format!("({column} - DATE '1970-01-01')"),
        }
    }

    /// A date moved by a number of steps; both are whole, without a denominator, and short.
    pub(super) fn shifted(&self, date: &Scalar, count: &Scalar, step: Step) -> Result<Scalar, String> {
        let (Step::Months(n) | Step::Days(n)) = step;
        let n = i128::from(n);
        let product = super::scalar::spread(count.num_bounds, (n, n), i128::checked_mul)?;
        let amount = format!("{} * {n}", count.num.sql);
        // Beyond the calendar there is no date; the least and the most here are far inside what is counted exactly.
        let (first, last) = (i128::from(crate::value::Date::FIRST.days()), i128::from(crate::value::Date::LAST.days()));
        let (sql, days) = match step {
            Step::Days(_) => (format!("({} + {amount})", date.num.sql), product),
            Step::Months(_) => {
                let days = super::scalar::spread(product, (31, 31), i128::checked_mul)?;
                (self.options.dialect.months_later(&date.num.sql, &amount), days)
            }
        };
        let reached = super::scalar::spread(date.num_bounds, days, i128::checked_add)?;
        if reached.0 < first || reached.1 > last {
            return Err("it counts from a date that may lie so far away that the calendar ends".to_owned());
        }
        let num = Text::of(sql, &[&date.num, &count.num]);
        Ok(Scalar { num, den: None, scale: 1, num_bounds: reached, den_bounds: (1, 1) })
    }
}
