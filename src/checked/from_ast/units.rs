//! Units and numbers as written -> as computed.

use crate::ast;
use crate::value::{Counted, Number, Unit};

/// The unit of a written unit.
pub(super) fn unit(written: &ast::Unit) -> Unit {
    let mut unit = one(written.base);
    for per in &written.per {
        unit = unit.over(one(*per)).unwrap_or(unit);
    }
    unit
}

fn one(word: ast::UnitWord) -> Unit {
    match word {
        ast::UnitWord::Yuan => Unit::YUAN,
        ast::UnitWord::SquareMetre => Unit { area: 1, ..Unit::PLAIN },
        ast::UnitWord::Hour => Unit { hour: 1, ..Unit::PLAIN },
        ast::UnitWord::Day => Unit::DAYS,
        ast::UnitWord::Week => Unit { week: 1, ..Unit::PLAIN },
        ast::UnitWord::Month => Unit::MONTHS,
        ast::UnitWord::Year => Unit::YEARS,
        ast::UnitWord::YearOld => Unit { counted: Counted::Age, ..Unit::YEARS },
        ast::UnitWord::Person => Unit::PEOPLE,
        ast::UnitWord::Time => Unit { counted: Counted::Times, ..Unit::PLAIN },
        ast::UnitWord::Percent => Unit::PERCENT,
    }
}

/// The number of written digits; none where it does not fit.
pub(super) fn number(digits: ast::Decimal) -> Option<Number> {
    Number::new(digits.digits, 10i128.checked_pow(u32::from(digits.places))?)
}

/// A unit in which years and months (and weeks and days) that stand against each other are brought to months (and
/// days), and the factor that brings a number there: months per year is a bare number, times 1/12.
pub(super) fn settle(unit: Unit) -> (Unit, Number) {
    let mut settled = unit;
    let mut factor = Number::whole(1);
    if unit.year.signum() * unit.month.signum() < 0 {
        settled.month += unit.year;
        settled.year = 0;
        factor = power(12, unit.year);
    }
    if unit.week.signum() * unit.day.signum() < 0 {
        settled.day += unit.week;
        settled.week = 0;
        factor = factor.multiply(power(7, unit.week)).unwrap_or(factor);
    }
    (settled, factor)
}

/// The factor that turns a number of one unit into one of another, where years are 12 months and weeks 7 days.
pub(super) fn conversion(from: Unit, to: Unit) -> Option<Number> {
    let basic = |u: Unit| {
        let months = u.month.checked_add(u.year)?;
        let days = u.day.checked_add(u.week)?;
        Some([u.yuan, u.area, u.hour, months, days])
    };
    if basic(from)? != basic(to)? || (from.counted == Counted::Percent) != (to.counted == Counted::Percent) {
        return None;
    }
    let years = power(12, from.year.checked_sub(to.year)?);
    years.multiply(power(7, from.week.checked_sub(to.week)?))
}

fn power(base: i128, exponent: i8) -> Number {
    let size = base.checked_pow(u32::from(exponent.unsigned_abs())).unwrap_or(1);
    if exponent >= 0 { Number::whole(size) } else { Number::new(1, size).unwrap_or(Number::whole(1)) }
}

/// The least and most a fact of that unit can be where its declaration does not say, in grains. Nothing in welfare
/// policy comes near: ten billion yuan, a hundred million of anything else, two hundred years.
pub(super) fn default_range(unit: Unit) -> (i64, i64) {
    let most = if unit.yuan != 0 {
        10_000_000_000
    } else if unit.counted == Counted::Percent {
        100
    } else if unit.counted == Counted::Age || unit.year == 1 {
        200
    } else if unit.month == 1 {
        2_400
    } else if unit.week == 1 || unit.day == 1 {
        73_000
    } else {
        100_000_000
    };
    (0, most * unit.grains())
}
