//! Makes a change in a model, and takes it back.

use super::{Change, Mutant, Place};
use crate::checked::{Expr, Kind, Model, Step, Type};
use crate::value::{Counted, Number, Rounding, Unit};

/// Makes the change and returns what stood there; none where the place is not in the model or the change cannot be made
/// there, and then nothing was changed.
#[must_use]
pub fn apply(model: &mut Model, mutant: &Mutant) -> Option<Expr> {
    let root = root(model, mutant.place)?;
    let before = root.clone();
    let mut left = mutant.at;
    if find(root, &mut left, mutant.change) == Some(true) {
        return Some(before);
    }
    *root = before;
    None
}

/// Puts back what [`apply`] returned.
pub fn restore(model: &mut Model, mutant: &Mutant, before: Expr) {
    if let Some(root) = root(model, mutant.place) {
        *root = before;
    }
}

/// The expression of a place.
fn root(model: &mut Model, place: Place) -> Option<&mut Expr> {
    match place {
        Place::Condition(policy, i) => {
            model.policies.get_mut(policy.index())?.conditions.get_mut(i).map(|c| &mut c.expr)
        }
        Place::Amount(policy, i) => model.policies.get_mut(policy.index())?.benefits.get_mut(i)?.amount.as_mut(),
        Place::Define(define) => model.defines.get_mut(define.index()).map(|d| &mut d.value),
        Place::Figure(parameter, i) => {
            model.parameters.get_mut(parameter.index())?.rows.get_mut(i).map(|r| &mut r.value)
        }
    }
}

/// Counts down to the part and changes it; none while it was not reached.
fn find(expr: &mut Expr, left: &mut usize, change: Change) -> Option<bool> {
    if *left == 0 {
        return Some(make(expr, change));
    }
    *left = left.saturating_sub(1);
    let mut done = None;
    expr.parts_mut(&mut |part| {
        if done.is_none() {
            done = find(part, left, change);
        }
    });
    done
}

fn make(expr: &mut Expr, change: Change) -> bool {
    match (&mut expr.kind, change) {
        (kind, Change::Condition(truth)) => *kind = Kind::Bool(truth),
        (Kind::Compare(op, ..) | Kind::CompareElapsed(op, ..), Change::Comparison(other)) => *op = other,
        (Kind::Compare(_, _, line) | Kind::CompareElapsed(_, _, line, _), Change::Line(step)) => {
            return moved(line, step);
        }
        (Kind::All(..), Change::Quantifier) => {
            let Kind::All(list, body) = take(expr) else { return false };
            expr.kind = Kind::Any(list, body);
        }
        (Kind::Any(..), Change::Quantifier) => {
            let Kind::Any(list, body) = take(expr) else { return false };
            expr.kind = Kind::All(list, body);
        }
        (Kind::And(parts), Change::Join) => expr.kind = Kind::Or(std::mem::take(parts)),
        (Kind::Or(parts), Change::Join) => expr.kind = Kind::And(std::mem::take(parts)),
        (Kind::OneOf(_, values) | Kind::Includes(_, values), Change::Value(i)) if i < values.len() => {
            values.remove(i);
        }
        (Kind::Case(rows, _), Change::Row(i)) if i < rows.len() => {
            rows.remove(i);
        }
        (Kind::Case(rows, _), Change::RowValue(i)) => match rows.get_mut(i) {
            Some((_, value)) => value.kind = Kind::Missing,
            None => return false,
        },
        (Kind::Least(..) | Kind::Most(..), Change::Cap) => {
            let (Kind::Least(amount, _) | Kind::Most(amount, _)) = take(expr) else { return false };
            expr.kind = amount.kind;
        }
        (Kind::Round(mode, ..), Change::Rounding) => {
            *mode = match mode {
                Rounding::Nearest => Rounding::Down,
                Rounding::Down => Rounding::Up,
                Rounding::Up => Rounding::Down,
            };
        }
        (Kind::Number(_), Change::Figure) => return moved(expr, 1),
        _ => return false,
    }
    true
}

fn take(expr: &mut Expr) -> Kind {
    std::mem::replace(&mut expr.kind, Kind::Missing)
}

/// The value one step up or down: one unit, one per cent of a share, one day of a date.
fn moved(line: &mut Expr, step: i8) -> bool {
    match line.ty {
        Type::Number(unit) => {
            let Some(by) = step_of(unit).multiply(Number::whole(i128::from(step))) else { return false };
            if let Kind::Number(n) = &mut line.kind {
                let Some(next) = n.add(by) else { return false };
                *n = next;
                return true;
            }
            let by = Expr { kind: Kind::Number(by), ty: line.ty, span: line.span, words: None, labelled: false };
            let before = take(line);
            let inner = Expr { kind: before, ty: line.ty, span: line.span, words: None, labelled: false };
            line.kind = Kind::Add(Box::new(inner), Box::new(by));
            true
        }
        Type::Date => {
            if let Kind::Date(date) = &mut line.kind {
                let Some(next) = date.add_days(i64::from(step)) else { return false };
                *date = next;
                return true;
            }
            let one = Number::whole(i128::from(step));
            let by = Expr { kind: Kind::Number(one), ty: Type::Number(Unit::DAYS), ..line.clone() };
            let before = take(line);
            let inner = Expr { kind: before, ty: line.ty, span: line.span, words: None, labelled: false };
            line.kind = Kind::Shift(Box::new(inner), Box::new(by), Step::Days(1));
            true
        }
        _ => false,
    }
}

/// What a slip of one step is in a unit.
fn step_of(unit: Unit) -> Number {
    if unit.counted == Counted::Percent { Number::new(1, 100).unwrap_or(Number::ZERO) } else { Number::whole(1) }
}
