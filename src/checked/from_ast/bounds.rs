//! The least and the most a number can be. It proves that divisors are not zero and that nothing grows beyond what is
//! computed exactly.

use super::Checker;
use crate::checked::error::TOO_LARGE;
use crate::checked::{Expr, Fold, Kind, Model, Type};
use crate::diagnostic::Diagnostic;
use crate::schema::FieldType;
use crate::value::Number;

/// No number may be larger: products of two still fit the 128 bits that numbers are computed in, denominators included.
const LARGEST: i128 = 1_000_000_000_000_000_000;

type Bounds = (Number, Number);

impl Checker<'_> {
    /// Passes a number on where its bounds allow exact arithmetic.
    pub(super) fn within_limits(&mut self, expr: Expr) -> Option<Expr> {
        if !matches!(expr.ty, Type::Number(_)) {
            return Some(expr);
        }
        let fits = bounds(&self.model, &expr).is_some_and(|(least, most)| {
            let limit = Number::whole(LARGEST);
            most <= limit && least >= Number::whole(-LARGEST)
        });
        if !fits {
            self.report(
                Diagnostic::error(TOO_LARGE, expr.span, "this number can grow too large to be computed exactly")
                    .label(format!("can pass {LARGEST}"))
                    .help("give the facts in it bounds (`from … to …`), or cap it with `but at most`"),
            );
            return None;
        }
        Some(expr)
    }
}

/// Least and most of a number; none where they do not fit the arithmetic.
pub(super) fn bounds(model: &Model, expr: &Expr) -> Option<Bounds> {
    let of = |e: &Expr| bounds(model, e);
    match &expr.kind {
        Kind::Number(n) => Some((*n, *n)),
        Kind::Field(_, field) => {
            let field = model.schema.field(*field)?;
            let FieldType::Quantity(unit) = field.ty else { return None };
            let grains = i128::from(unit.grains());
            Some((Number::new(i128::from(field.range.0), grains)?, Number::new(i128::from(field.range.1), grains)?))
        }
        Kind::Define(define, _) => model.defines.get(define.index())?.bounds,
        Kind::Parameter(parameter, _) => {
            let rows = &model.parameters.get(parameter.index())?.rows;
            // While a parameter's own rows are being checked none is known yet; they are figures of ordinary size.
            hull(rows.iter().filter_map(|r| of(&r.value))).or(Some((Number::ZERO, Number::whole(1_000_000_000_000))))
        }
        Kind::Missing => Some((Number::ZERO, Number::ZERO)),
        Kind::Count(list) => {
            let (least, most) = length(model, list);
            Some((Number::whole(least), Number::whole(most)))
        }
        Kind::Fold(Fold::Sum, list, body) => {
            let (least, most) = of(body)?;
            let (fewest, entries) = length(model, list);
            let fewest = if least > Number::ZERO { fewest } else { entries };
            let many = if most > Number::ZERO { entries } else { 0 };
            let low =
                least.multiply(Number::whole(fewest))?.min(if least > Number::ZERO { least } else { Number::ZERO });
            Some((
                if least > Number::ZERO { least.multiply(Number::whole(length(model, list).0))? } else { low },
                most.multiply(Number::whole(many))?,
            ))
        }
        Kind::Fold(_, _, body) => of(body),
        Kind::Add(a, b) => {
            let ((a, b), (c, d)) = (of(a)?, of(b)?);
            Some((a.add(c)?, b.add(d)?))
        }
        Kind::Subtract(a, b) => {
            let ((a, b), (c, d)) = (of(a)?, of(b)?);
            Some((a.subtract(d)?, b.subtract(c)?))
        }
        Kind::Multiply(a, b, factor) => {
            let ((a, b), (c, d)) = (of(a)?, of(b)?);
            hull(
                [a.multiply(c)?, a.multiply(d)?, b.multiply(c)?, b.multiply(d)?]
                    .into_iter()
                    .filter_map(|n| n.multiply(*factor))
                    .map(|n| (n, n)),
            )
        }
        Kind::Divide(a, b, factor) => {
            let ((a, b), (c, d)) = (of(a)?, of(b)?);
            hull(
                [a.divide(c)?, a.divide(d)?, b.divide(c)?, b.divide(d)?]
                    .into_iter()
                    .filter_map(|n| n.multiply(*factor))
                    .map(|n| (n, n)),
            )
        }
        Kind::Least(a, b) => {
            let ((a, b), (c, d)) = (of(a)?, of(b)?);
            Some((a.min(c), b.min(d)))
        }
        Kind::Most(a, b) => {
            let ((a, b), (c, d)) = (of(a)?, of(b)?);
            Some((a.max(c), b.max(d)))
        }
        Kind::Round(mode, a, step) => {
            let (a, b) = of(a)?;
            Some((a.round(*mode, *step)?, b.round(*mode, *step)?))
        }
        Kind::Convert(a, factor) => {
            let (a, b) = of(a)?;
            Some((a.multiply(*factor)?, b.multiply(*factor)?))
        }
        Kind::Case(rows, otherwise) => hull(
            rows.iter()
                .map(|(_, v)| v)
                .chain([&**otherwise])
                .filter(|v| !matches!(v.kind, Kind::Missing))
                .filter_map(of),
        ),
        Kind::ByDate(rows) => hull(rows.iter().map(|(_, _, v)| v).filter_map(of)),
        Kind::Year(_) => Some((Number::whole(1), Number::whole(9999))),
        Kind::Month(_) => Some((Number::whole(1), Number::whole(12))),
        _ => None,
    }
}

/// The fewest and the most entries a list can have.
fn length(model: &Model, list: &Expr) -> (i128, i128) {
    match &list.kind {
        Kind::Field(_, field) => {
            let field = model.schema.field(*field);
            let fewest = field.is_some_and(|f| !f.includes.is_empty());
            (i128::from(fewest), field.map_or(0, |f| i128::from(f.up_to)))
        }
        Kind::Filter(list, _) => (0, length(model, list).1),
        Kind::Define(define, _) => model.defines.get(define.index()).map_or((0, 1000), |d| length(model, &d.value)),
        _ => (0, 1000),
    }
}

fn hull(all: impl Iterator<Item = Bounds>) -> Option<Bounds> {
    all.reduce(|(a, b), (c, d)| (a.min(c), b.max(d)))
}
