//! The changes that can be made: where a slip of an author would stand.

use super::uses::Uses;
use super::{Change, Mutant, Place};
use crate::checked::{Comparison, Expr, Kind, Model, Type};
use crate::ids::{DefineId, ParameterId, PolicyId};
use crate::value::Date;
use std::collections::BTreeSet;

/// Every change to the conditions and amounts of one policy.
#[must_use]
pub fn of_policy(model: &Model, policy: PolicyId) -> Vec<Mutant> {
    let mut all = Vec::new();
    let Some(declared) = model.policies.get(policy.index()) else { return all };
    for (i, condition) in declared.conditions.iter().enumerate() {
        collect(&condition.expr, Place::Condition(policy, i), false, &mut all);
    }
    for (i, benefit) in declared.benefits.iter().enumerate() {
        if let Some(amount) = &benefit.amount {
            collect(amount, Place::Amount(policy, i), true, &mut all);
        }
    }
    all
}

/// Every change to a definition.
#[must_use]
pub fn of_define(model: &Model, define: DefineId) -> Vec<Mutant> {
    let mut all = Vec::new();
    if let Some(declared) = model.defines.get(define.index()) {
        let amount = matches!(declared.value.ty, Type::Number(_));
        collect(&declared.value, Place::Define(define), amount, &mut all);
    }
    all
}

/// Every change to the rows of a figure that hold on one of the days; no scenario asks for the other rows.
#[must_use]
pub fn of_figure(model: &Model, parameter: ParameterId, days: &BTreeSet<Date>) -> Vec<Mutant> {
    let mut all = Vec::new();
    let rows = model.parameters.get(parameter.index()).map_or(&[][..], |p| p.rows.as_slice());
    for (i, row) in rows.iter().enumerate() {
        if days.iter().any(|day| row.from <= *day && row.to.is_none_or(|to| *day <= to)) {
            collect(&row.value, Place::Figure(parameter, i), true, &mut all);
        }
    }
    all
}

/// The days of the scenarios of the policies that use a figure.
#[must_use]
pub fn days_of(model: &Model, uses: &Uses, parameter: ParameterId) -> BTreeSet<Date> {
    let users = uses.figure_users(parameter);
    let policies = users.iter().filter_map(|p| model.policies.get(p.index()));
    policies.flat_map(|p| &p.scenarios).map(|s| s.on).collect()
}

fn collect(expr: &Expr, place: Place, amount: bool, into: &mut Vec<Mutant>) {
    let mut walk = Walk { place, next: 0, into };
    walk.visit(expr, Role { amount, ..Role::default() });
}

/// What the parts around an expression say about it.
#[derive(Clone, Copy, Default)]
struct Role {
    /// It is part of an amount, where a number is a figure and not a line.
    amount: bool,
    /// It is a divisor, which was proved positive as it is written: nothing in it is changed.
    fixed: bool,
    /// It is the condition of a row: leaving out the row is the change.
    row: bool,
}

struct Walk<'a> {
    place: Place,
    next: usize,
    into: &'a mut Vec<Mutant>,
}

impl Walk<'_> {
    fn visit(&mut self, expr: &Expr, role: Role) {
        let at = self.next;
        self.next = self.next.saturating_add(1);
        if !role.fixed {
            for change in changes(expr, role) {
                self.into.push(Mutant { place: self.place, at, change, span: expr.span });
            }
        }
        let mut position = 0usize;
        let inside = Role { row: false, ..role };
        expr.parts(&mut |part| {
            let role = match &expr.kind {
                Kind::Divide(..) if position == 1 => Role { fixed: true, ..inside },
                // Numbers on either side of a comparison are lines, and those are moved there.
                Kind::Compare(..) | Kind::CompareElapsed(..) | Kind::Shift(..) => Role { amount: false, ..inside },
                Kind::Case(rows, _) if position.is_multiple_of(2) && position < rows.len().saturating_mul(2) => {
                    Role { row: true, amount: false, ..inside }
                }
                _ => inside,
            };
            position = position.saturating_add(1);
            self.visit(part, role);
        });
    }
}

fn changes(expr: &Expr, role: Role) -> Vec<Change> {
    let mut all = Vec::new();
    if is_leaf(expr) && !role.row {
        all.extend([Change::Condition(true), Change::Condition(false)]);
    }
    match &expr.kind {
        Kind::And(parts) | Kind::Or(parts) if parts.len() > 1 => all.push(Change::Join),
        Kind::All(_, body) | Kind::Any(_, body) if !matches!(body.kind, Kind::Bool(_)) => all.push(Change::Quantifier),
        Kind::Compare(op, left, right) => {
            all.extend(other_side(*op).map(Change::Comparison));
            if movable(left, right) && other_side(*op).is_some() {
                all.extend([Change::Line(1), Change::Line(-1)]);
            }
        }
        Kind::CompareElapsed(op, ..) => {
            all.extend(other_side(*op).map(Change::Comparison));
            all.extend([Change::Line(1), Change::Line(-1)]);
        }
        Kind::OneOf(_, values) | Kind::Includes(_, values) if values.len() > 1 => {
            all.extend((0..values.len()).map(Change::Value));
        }
        Kind::Least(..) | Kind::Most(..) => all.push(Change::Cap),
        Kind::Round(..) => all.push(Change::Rounding),
        Kind::Case(rows, _) => {
            all.extend((0..rows.len()).map(Change::Row));
            all.extend((0..rows.len()).map(Change::RowValue));
        }
        Kind::Number(_) if role.amount => all.push(Change::Figure),
        _ => {}
    }
    all
}

/// A condition that is not made of conditions: what an author would call one condition.
fn is_leaf(expr: &Expr) -> bool {
    let joined = matches!(
        expr.kind,
        Kind::And(_) | Kind::Or(_) | Kind::Not(_) | Kind::Case(..) | Kind::ByDate(_) | Kind::Bool(_) | Kind::Missing
    );
    let list = matches!(&expr.kind, Kind::All(_, body) | Kind::Any(_, body) if !matches!(body.kind, Kind::Bool(_)));
    expr.ty == Type::YesNo && !joined && !list
}

/// The same comparison with the line itself on the other side.
const fn other_side(op: Comparison) -> Option<Comparison> {
    match op {
        Comparison::Less => Some(Comparison::LessOrEqual),
        Comparison::LessOrEqual => Some(Comparison::Less),
        Comparison::Greater => Some(Comparison::GreaterOrEqual),
        Comparison::GreaterOrEqual => Some(Comparison::Greater),
        Comparison::Equal | Comparison::NotEqual => None,
    }
}

/// Whether one step more or less means something: numbers and dates, of which at least one is not written out.
fn movable(left: &Expr, right: &Expr) -> bool {
    matches!(left.ty, Type::Number(_) | Type::Date) && matches!(right.ty, Type::Number(_) | Type::Date)
}
