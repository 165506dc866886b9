//! The parts of an expression, to look at or to change.

use super::{Expr, Kind};

impl Expr {
    /// Calls `visit` for each part.
    pub fn parts<'e>(&'e self, visit: &mut dyn FnMut(&'e Self)) {
        match &self.kind {
            Kind::Frame(_)
            | Kind::Number(_)
            | Kind::Date(_)
            | Kind::Today
            | Kind::Symbol(_)
            | Kind::Bool(_)
            | Kind::Missing => {}
            Kind::Define(_, of) | Kind::Parameter(_, of) => of.iter().for_each(|e| visit(e)),
            Kind::Field(a, _)
            | Kind::Not(a)
            | Kind::OneOf(a, _)
            | Kind::Includes(a, _)
            | Kind::SetIsEmpty(a)
            | Kind::Count(a)
            | Kind::Round(_, a, _)
            | Kind::Convert(a, _)
            | Kind::Year(a)
            | Kind::Month(a) => visit(a),
            Kind::And(all) | Kind::Or(all) => all.iter().for_each(visit),
            Kind::Compare(_, a, b)
            | Kind::CompareElapsed(_, a, b, _)
            | Kind::Within(a, b)
            | Kind::IncludesValue(a, b)
            | Kind::All(a, b)
            | Kind::Any(a, b)
            | Kind::Filter(a, b)
            | Kind::Fold(_, a, b)
            | Kind::Add(a, b)
            | Kind::Subtract(a, b)
            | Kind::Multiply(a, b, _)
            | Kind::Divide(a, b, _)
            | Kind::Least(a, b)
            | Kind::Most(a, b)
            | Kind::Elapsed(a, b)
            | Kind::Shift(a, b, _) => {
                visit(a);
                visit(b);
            }
            Kind::Case(rows, otherwise) => {
                for (condition, value) in rows {
                    visit(condition);
                    visit(value);
                }
                visit(otherwise);
            }
            Kind::ByDate(rows) => rows.iter().for_each(|(_, _, e)| visit(e)),
        }
    }

    /// Calls `visit` for each part, in the order of [`Expr::parts`], so that it can be changed.
    pub fn parts_mut(&mut self, visit: &mut dyn FnMut(&mut Self)) {
        match &mut self.kind {
            Kind::Frame(_)
            | Kind::Number(_)
            | Kind::Date(_)
            | Kind::Today
            | Kind::Symbol(_)
            | Kind::Bool(_)
            | Kind::Missing => {}
            Kind::Define(_, of) | Kind::Parameter(_, of) => of.iter_mut().for_each(|e| visit(e)),
            Kind::Field(a, _)
            | Kind::Not(a)
            | Kind::OneOf(a, _)
            | Kind::Includes(a, _)
            | Kind::SetIsEmpty(a)
            | Kind::Count(a)
            | Kind::Round(_, a, _)
            | Kind::Convert(a, _)
            | Kind::Year(a)
            | Kind::Month(a) => visit(a),
            Kind::And(all) | Kind::Or(all) => all.iter_mut().for_each(visit),
            Kind::Compare(_, a, b)
            | Kind::CompareElapsed(_, a, b, _)
            | Kind::Within(a, b)
            | Kind::IncludesValue(a, b)
            | Kind::All(a, b)
            | Kind::Any(a, b)
            | Kind::Filter(a, b)
            | Kind::Fold(_, a, b)
            | Kind::Add(a, b)
            | Kind::Subtract(a, b)
            | Kind::Multiply(a, b, _)
            | Kind::Divide(a, b, _)
            | Kind::Least(a, b)
            | Kind::Most(a, b)
            | Kind::Elapsed(a, b)
            | Kind::Shift(a, b, _) => {
                visit(a);
                visit(b);
            }
            Kind::Case(rows, otherwise) => {
                for (condition, value) in rows {
                    visit(condition);
                    visit(value);
                }
                visit(otherwise);
            }
            Kind::ByDate(rows) => rows.iter_mut().for_each(|(_, _, e)| visit(e)),
        }
    }
}
