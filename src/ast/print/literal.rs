//! Values written out: dates, quantities, units.

use super::Printer;
use crate::ast::{DateLiteral, Decimal, Literal, LiteralKind, Period, Unit, UnitWord, Until};

impl Printer<'_> {
    pub(super) fn literal(&self, literal: &Literal) -> String {
        match &literal.kind {
            LiteralKind::Date(date) => self.date(date),
            LiteralKind::Percent(d) => format!("{}%", self.decimal(d)),
            LiteralKind::Quantity(d, unit) => {
                let one = d.digits == 1 && d.places == 0;
                let space = if self.zh() { "" } else { " " };
                format!("{}{space}{}", self.decimal(d), self.unit(unit, one))
            }
            LiteralKind::Number(d) => self.decimal(d),
            LiteralKind::Yes => self.word("k_yes").to_owned(),
            LiteralKind::No => self.word("k_no_value").to_owned(),
            LiteralKind::Text(text) => self.label(text),
        }
    }

    pub(super) fn date(&self, date: &DateLiteral) -> String {
        if self.zh() {
            format!("{:04}年{}月{}日", date.year, date.month, date.day)
        } else {
            format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)
        }
    }

    pub(super) fn period(&self, period: &Period) -> String {
        let from = format!("{} {}", self.word("k_from"), self.date(&period.from));
        let begin = self.pick("", "起");
        match &period.until {
            Until::NotSaid => format!("{from}{begin}"),
            Until::Date(to) => format!("{from} {} {}", self.word("k_to"), self.date(to)),
            Until::FurtherNotice(_) => format!("{from}{begin} {}", self.word("k_until_notice")),
        }
    }

    fn decimal(&self, decimal: &Decimal) -> String {
        let (mut digits, wan) = (decimal.digits, decimal.wan && self.zh());
        if wan {
            digits /= 10_000;
        }
        let mut text = digits.to_string();
        let places = usize::from(decimal.places);
        if places > 0 {
            while text.len() <= places {
                text.insert(0, '0');
            }
            text.insert(text.len() - places, '.');
            // 6.6万 is 66000 elsewhere: the places that 万 filled are not written.
            if decimal.wan && !wan {
                text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
            }
        }
        if wan { text + "万" } else { text }
    }

    pub(super) fn unit(&self, unit: &Unit, one: bool) -> String {
        let (plural, singular, zh, _) = unit.base.spellings();
        let mut text = if self.zh() {
            zh
        } else if one {
            singular
        } else {
            plural
        }
        .to_owned();
        for per in &unit.per {
            let (_, singular, _, zh) = per.spellings();
            if self.zh() {
                text.push('/');
                text.push_str(zh);
            } else {
                text.push_str(" per ");
                text.push_str(singular);
            }
        }
        text
    }
}

/// Whether a literal is a length of time, which Chinese compares with 满 and 未满.
pub(super) fn is_duration(literal: &Literal) -> bool {
    let LiteralKind::Quantity(_, unit) = &literal.kind else { return false };
    let time = [UnitWord::Day, UnitWord::Week, UnitWord::Month, UnitWord::Year, UnitWord::YearOld];
    unit.per.is_empty() && time.contains(&unit.base)
}
