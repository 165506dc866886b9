//! Operators: comparisons, what somebody holds, arithmetic, caps and rounding.

use super::expr::negated;
use super::{Checker, PARTS, Scope, bounds, plain, units};
use crate::ast::{self, CompareOp, Operand};
use crate::checked::error::{NO_ORDER, TOO_DEEP, UNKNOWN_NAME, ZERO_DIVISOR};
use crate::checked::{Comparison, Expr, Kind, Step, Type};
use crate::diagnostic::Diagnostic;
use crate::ids::EnumId;
use crate::schema::FieldType;
use crate::span::Span;
use crate::value::{Number, Rounding, Unit};

impl Checker<'_> {
    pub(super) fn comparison(
        &mut self,
        left: &ast::Expr,
        op: CompareOp,
        right: &Operand,
        span: Span,
        scope: &Scope,
    ) -> Option<Expr> {
        let left = self.expr(left, scope, None)?;
        match op {
            CompareOp::Is | CompareOp::IsNot => {
                let same = self.same(left, right, span, scope)?;
                Some(if op == CompareOp::IsNot { negated(same) } else { same })
            }
            CompareOp::Within | CompareOp::NotWithin => {
                let within = self.within(left, right, span, scope)?;
                Some(if op == CompareOp::NotWithin { negated(within) } else { within })
            }
            CompareOp::Includes | CompareOp::NotIncludes => {
                let Type::Set(e) = left.ty else {
                    let found = self.type_name(left.ty);
                    self.wrong_type(
                        left.span,
                        format!("`includes` asks about a set, and this is {found}"),
                        "not a set",
                    );
                    return None;
                };
                let held = self.includes(left, e, right, span, scope)?;
                Some(if op == CompareOp::NotIncludes { negated(held) } else { held })
            }
            CompareOp::Less => self.ordered(left, Comparison::Less, right, span, scope),
            CompareOp::LessOrEqual => self.ordered(left, Comparison::LessOrEqual, right, span, scope),
            CompareOp::Greater => self.ordered(left, Comparison::Greater, right, span, scope),
            CompareOp::GreaterOrEqual => self.ordered(left, Comparison::GreaterOrEqual, right, span, scope),
        }
    }

    fn one<'b>(&mut self, right: &'b Operand) -> Option<&'b ast::Expr> {
        match right {
            Operand::One(value) => Some(value),
            Operand::OneOf(_, span) => {
                self.wrong_type(
                    *span,
                    "`one of` follows `is`, `receives`, `recognised as` or `includes`",
                    "one value is needed",
                );
                None
            }
        }
    }

    pub(super) fn ordered(
        &mut self,
        left: Expr,
        op: Comparison,
        right: &Operand,
        span: Span,
        scope: &Scope,
    ) -> Option<Expr> {
        let right = self.one(right)?;
        let right = self.expr(right, scope, Some(left.ty).filter(|t| matches!(t, Type::Symbol(_))))?;
        self.order(left, op, right, span)
    }

    /// `left OP right` for two checked sides.
    pub(super) fn order(&mut self, left: Expr, op: Comparison, right: Expr, span: Span) -> Option<Expr> {
        let kind = match (left.ty, right.ty) {
            (Type::Number(a), Type::Number(b)) => {
                if a.alike(b) {
                    Kind::Compare(op, Box::new(left), Box::new(right))
                } else if let Some(factor) = units::conversion(b, a).filter(|_| length(a) && length(b)) {
                    // 24 months is 2 years wherever lengths of time are compared; rates are not converted unasked.
                    let (ty, at) = (left.ty, right.span);
                    let right = plain(Kind::Convert(Box::new(right), factor), ty, at);
                    Kind::Compare(op, Box::new(left), Box::new(right))
                } else {
                    self.units_differ(right.span, b, a);
                    return None;
                }
            }
            (Type::Date, Type::Date) => Kind::Compare(op, Box::new(left), Box::new(right)),
            (Type::Symbol(a), Type::Symbol(b)) if a == b => {
                let found = self.model.schema.enumeration(a);
                if !found.is_some_and(|e| e.ascending) && !matches!(op, Comparison::Equal | Comparison::NotEqual) {
                    let name = found.map(|e| e.name.id.clone()).unwrap_or_default();
                    self.report(
                        Diagnostic::error(NO_ORDER, span, format!("the values of `{name}` have no order"))
                            .label("cannot be compared by order")
                            .help(format!("list them with `is one of (…)`, or declare `enum {name} ascending`")),
                    );
                    return None;
                }
                Kind::Compare(op, Box::new(left), Box::new(right))
            }
            (Type::Elapsed, Type::Number(unit)) => {
                let Some(step) = step(unit) else {
                    let found = self.type_name(right.ty);
                    self.wrong_type(
                        right.span,
                        format!("a length of time is needed here, and this is {found}"),
                        "such as `6 months` or `60 years old`",
                    );
                    return None;
                };
                Kind::CompareElapsed(op, Box::new(left), Box::new(right), step)
            }
            (Type::Number(unit), Type::Elapsed) if step(unit).is_some() => {
                let step = step(unit)?;
                Kind::CompareElapsed(op.flipped(), Box::new(right), Box::new(left), step)
            }
            (a, b) => {
                let (a, b) = (self.type_name(a), self.type_name(b));
                self.wrong_type(span, format!("{a} cannot be compared with {b}"), format!("{a} and {b}"));
                return None;
            }
        };
        Some(plain(kind, Type::YesNo, span))
    }

    fn same(&mut self, left: Expr, right: &Operand, span: Span, scope: &Scope) -> Option<Expr> {
        match (left.ty, right) {
            (Type::Symbol(e), Operand::One(value)) => {
                let value = self.expr(value, scope, Some(left.ty))?;
                let value = self.fitted(value, Type::Symbol(e))?;
                let kind = match value.kind {
                    Kind::Symbol(position) => Kind::OneOf(Box::new(left), vec![position]),
                    _ => Kind::Compare(Comparison::Equal, Box::new(left), Box::new(value)),
                };
                Some(plain(kind, Type::YesNo, span))
            }
            (Type::Symbol(e), Operand::OneOf(values, _)) => {
                let positions = self.positions(e, values, scope)?;
                Some(plain(Kind::OneOf(Box::new(left), positions), Type::YesNo, span))
            }
            (Type::YesNo, Operand::One(value)) => {
                let value = self.expr(value, scope, Some(Type::YesNo))?;
                let value = self.fitted(value, Type::YesNo)?;
                match value.kind {
                    Kind::Bool(true) => Some(left),
                    Kind::Bool(false) => Some(negated(left)),
                    _ => {
                        let both = Kind::And(vec![left.clone(), value.clone()]);
                        let neither = Kind::And(vec![negated(left), negated(value)]);
                        let ways = vec![plain(both, Type::YesNo, span), plain(neither, Type::YesNo, span)];
                        Some(plain(Kind::Or(ways), Type::YesNo, span))
                    }
                }
            }
            (_, Operand::One(value)) => {
                let value = self.expr(value, scope, Some(left.ty).filter(|t| matches!(t, Type::Symbol(_))))?;
                self.order(left, Comparison::Equal, value, span)
            }
            (ty, Operand::OneOf(_, at)) => {
                let found = self.type_name(ty);
                self.wrong_type(
                    *at,
                    format!("`one of` asks about a value of an enum, and this is {found}"),
                    "not an enum",
                );
                None
            }
        }
    }

    /// Positions of names in an enum, in rising order, without doubles.
    fn positions(&mut self, e: EnumId, values: &[ast::Expr], scope: &Scope) -> Option<Vec<u32>> {
        let mut positions = Vec::new();
        let mut fine = true;
        for value in values {
            let checked = self.expr(value, scope, Some(Type::Symbol(e))).and_then(|v| self.fitted(v, Type::Symbol(e)));
            match checked.map(|v| v.kind) {
                Some(Kind::Symbol(position)) => positions.push(position),
                Some(_) => {
                    self.wrong_type(value.span, "values written out are needed here", "not a value of an enum");
                    fine = false;
                }
                None => fine = false,
            }
        }
        positions.sort_unstable();
        positions.dedup();
        fine.then_some(positions)
    }

    fn within(&mut self, left: Expr, right: &Operand, span: Span, scope: &Scope) -> Option<Expr> {
        let right = self.one(right)?;
        let Type::Symbol(e) = left.ty else {
            let found = self.type_name(left.ty);
            self.wrong_type(
                left.span,
                format!("`within` asks about a place, and this is {found}"),
                "not a value of an enum",
            );
            return None;
        };
        let right = self.expr(right, scope, Some(left.ty))?;
        let right = self.fitted(right, Type::Symbol(e))?;
        Some(plain(Kind::Within(Box::new(left), Box::new(right)), Type::YesNo, span))
    }

    fn includes(&mut self, set: Expr, e: EnumId, right: &Operand, span: Span, scope: &Scope) -> Option<Expr> {
        let values: Vec<&ast::Expr> = match right {
            Operand::One(value) => vec![value],
            Operand::OneOf(values, _) => values.iter().collect(),
        };
        if let [value] = values.as_slice() {
            let value = self.expr(value, scope, Some(Type::Symbol(e)))?;
            let value = self.fitted(value, Type::Symbol(e))?;
            let kind = match value.kind {
                Kind::Symbol(position) => Kind::Includes(Box::new(set), vec![position]),
                _ => Kind::IncludesValue(Box::new(set), Box::new(value)),
            };
            return Some(plain(kind, Type::YesNo, span));
        }
        let owned: Vec<ast::Expr> = values.into_iter().cloned().collect();
        let positions = self.positions(e, &owned, scope)?;
        Some(plain(Kind::Includes(Box::new(set), positions), Type::YesNo, span))
    }

    /// `SUBJECT receives X`: reads the set `benefits` (or `recognitions`) of the subject.
    pub(super) fn status(
        &mut self,
        subject: Option<&ast::Expr>,
        kind: ast::StatusKind,
        operand: &Operand,
        span: Span,
        scope: &Scope,
    ) -> Option<Expr> {
        let field = match kind {
            ast::StatusKind::Receives => "benefits",
            ast::StatusKind::Recognised => "recognitions",
        };
        let record = if let Some(subject) = subject {
            self.expr(subject, scope, None)?
        } else {
            let (frame, entity) = scope.frames.iter().enumerate().next_back()?;
            plain(Kind::Frame(u8::try_from(frame).ok()?), Type::Record(*entity), Span { end: span.start, ..span })
        };
        let Type::Record(entity) = record.ty else {
            let found = self.type_name(record.ty);
            self.wrong_type(
                record.span,
                format!("a person or household holds benefits, and this is {found}"),
                "not a record",
            );
            return None;
        };
        let found = self.field_named(entity, field);
        let is_set =
            |f| matches!(self.model.schema.field(f).map(|f| f.ty), Some(FieldType::Set(e)) if e == EnumId::POLICY);
        let Some(id) = found.filter(|f| is_set(*f)) else {
            let name = self.model.schema.entity(entity).map(|e| e.name.id.clone()).unwrap_or_default();
            self.report(
                Diagnostic::error(UNKNOWN_NAME, span, format!("a `{name}` has no `{field}`"))
                    .label("asked here")
                    .help(format!("declare `{field}: set of policy` in `record {name}`, or say whose it is")),
            );
            return None;
        };
        let at = record.span;
        let set = plain(Kind::Field(Box::new(record), id), Type::Set(EnumId::POLICY), at);
        self.includes(set, EnumId::POLICY, operand, span, scope)
    }

    fn few_parts(&mut self, parts: usize, span: Span) -> Option<()> {
        if parts < PARTS {
            return Some(());
        }
        let message = format!("this calculation has more than {PARTS} parts");
        self.report(Diagnostic::error(TOO_DEEP, span, message).help("give some of them a name with `define`"));
        None
    }

    pub(super) fn sum(
        &mut self,
        first: &ast::Expr,
        rest: &[(ast::SumOp, ast::Expr)],
        span: Span,
        scope: &Scope,
        expected: Option<Type>,
    ) -> Option<Expr> {
        self.few_parts(rest.len(), span)?;
        let mut left = self.expr(first, scope, expected)?;
        for (op, term) in rest {
            let right = self.expr(term, scope, expected)?;
            let whole = left.span.to(right.span);
            let (kind, ty) = match (left.ty, op, right.ty) {
                (Type::Number(a), _, Type::Number(b)) => {
                    if !a.alike(b) {
                        self.units_differ(right.span, b, a);
                        return None;
                    }
                    let (l, r) = (Box::new(left), Box::new(right));
                    let kind = if *op == ast::SumOp::Add { Kind::Add(l, r) } else { Kind::Subtract(l, r) };
                    (kind, Type::Number(a))
                }
                (Type::Date, ast::SumOp::Subtract, Type::Date) => {
                    (Kind::Elapsed(Box::new(left), Box::new(right)), Type::Elapsed)
                }
                (Type::Date, op, Type::Number(unit)) if step(unit).is_some() => {
                    let step = match (step(unit)?, op) {
                        (step, ast::SumOp::Add) => step,
                        (Step::Months(n), ast::SumOp::Subtract) => Step::Months(-n),
                        (Step::Days(n), ast::SumOp::Subtract) => Step::Days(-n),
                    };
                    (Kind::Shift(Box::new(left), Box::new(right), step), Type::Date)
                }
                (a, _, b) => {
                    let (a, b) = (self.type_name(a), self.type_name(b));
                    self.wrong_type(
                        whole,
                        format!("{a} and {b} cannot be added or subtracted"),
                        format!("{a} and {b}"),
                    );
                    return None;
                }
            };
            left = plain(kind, ty, whole);
        }
        self.within_limits(Expr { span, ..left })
    }

    pub(super) fn product(
        &mut self,
        first: &ast::Expr,
        rest: &[(ast::ProductOp, ast::Expr)],
        span: Span,
        scope: &Scope,
    ) -> Option<Expr> {
        self.few_parts(rest.len(), span)?;
        let mut left = self.expr(first, scope, None)?;
        for (op, factor) in rest {
            let right = self.expr(factor, scope, None)?;
            let whole = left.span.to(right.span);
            let (Type::Number(a), Type::Number(b)) = (left.ty, right.ty) else {
                let (a, b) = (self.type_name(left.ty), self.type_name(right.ty));
                self.wrong_type(whole, format!("{a} and {b} cannot be multiplied or divided"), format!("{a} and {b}"));
                return None;
            };
            let unit = if *op == ast::ProductOp::Multiply { a.times(b) } else { a.over(b) };
            let Some(unit) = unit else {
                self.wrong_type(whole, "this unit has too many parts", "split the calculation");
                return None;
            };
            let (unit, scale) = units::settle(unit);
            if *op == ast::ProductOp::Divide
                && bounds::bounds(&self.model, &right).is_none_or(|(least, _)| least <= Number::ZERO)
            {
                self.report(
                    Diagnostic::error(ZERO_DIVISOR, right.span, "this divisor can be zero")
                        .label("not proved to be more than zero")
                        .help(
                            "say what holds then: `… but at least 1`, bounds on the fact, or a `case` with `otherwise`",
                        ),
                );
                return None;
            }
            let (l, r) = (Box::new(left), Box::new(right));
            let kind =
                if *op == ast::ProductOp::Multiply { Kind::Multiply(l, r, scale) } else { Kind::Divide(l, r, scale) };
            left = plain(kind, Type::Number(unit), whole);
        }
        self.within_limits(Expr { span, ..left })
    }

    pub(super) fn modified(
        &mut self,
        base: &ast::Expr,
        modifiers: &[ast::Modifier],
        span: Span,
        scope: &Scope,
        expected: Option<Type>,
    ) -> Option<Expr> {
        self.few_parts(modifiers.len(), span)?;
        let mut left = self.expr(base, scope, expected)?;
        for modifier in modifiers {
            let Type::Number(unit) = left.ty else {
                let found = self.type_name(left.ty);
                self.wrong_type(
                    left.span,
                    format!("only a number is capped, rounded or converted, and this is {found}"),
                    "not a number",
                );
                return None;
            };
            let inner = Box::new(left);
            left = match modifier {
                ast::Modifier::AtMost(bound) | ast::Modifier::AtLeast(bound) => {
                    let bound = self.expr(bound, scope, Some(Type::Number(unit)))?;
                    let bound = Box::new(self.fitted(bound, Type::Number(unit))?);
                    let most = matches!(modifier, ast::Modifier::AtMost(_));
                    let kind = if most { Kind::Least(inner, bound) } else { Kind::Most(inner, bound) };
                    plain(kind, Type::Number(unit), span)
                }
                ast::Modifier::Round(mode, literal) => {
                    let step = self.literal_expr(literal, Some(Type::Number(unit)))?;
                    let step = self.fitted(step, Type::Number(unit))?;
                    let Kind::Number(step) = step.kind else { return None };
                    if step <= Number::ZERO {
                        self.wrong_type(literal.span, "a step of rounding is more than zero", "zero");
                        return None;
                    }
                    let mode = match mode {
                        ast::RoundMode::Nearest => Rounding::Nearest,
                        ast::RoundMode::Up => Rounding::Up,
                        ast::RoundMode::Down => Rounding::Down,
                    };
                    plain(Kind::Round(mode, inner, step), Type::Number(unit), span)
                }
                ast::Modifier::As(wanted) => {
                    let to = units::unit(wanted);
                    let Some(factor) = units::conversion(unit, to) else {
                        self.units_differ(wanted.span, unit, to);
                        return None;
                    };
                    plain(Kind::Convert(inner, factor), Type::Number(to), span)
                }
            };
        }
        self.within_limits(left)
    }
}

/// The calendar step of a length of time.
pub(super) fn step(unit: Unit) -> Option<Step> {
    unit.months().map(Step::Months).or_else(|| unit.days().map(Step::Days))
}

fn length(unit: Unit) -> bool {
    step(unit).is_some()
}
