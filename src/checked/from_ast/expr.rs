//! Expressions: each form with its type.

use super::paths::Path;
use super::{Checker, Scope, plain, units};
use crate::ast::{self, ExprKind};
use crate::checked::error::{OTHER_ENUM, PERIODS_DIFFER, UNITS_DIFFER};
use crate::checked::{Expr, Kind, Type};
use crate::diagnostic::Diagnostic;
use crate::ids::EnumId;
use crate::span::Span;
use crate::value::{Language, Number, Unit};

impl Checker<'_> {
    /// An expression. `expected` only helps where a word or a bare number could mean several things.
    pub(super) fn expr(&mut self, expr: &ast::Expr, scope: &Scope, expected: Option<Type>) -> Option<Expr> {
        self.deeper(expr.span, |c| c.any_expr(expr, scope, expected))
    }

    fn any_expr(&mut self, expr: &ast::Expr, scope: &Scope, expected: Option<Type>) -> Option<Expr> {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Literal(literal) => self.literal_expr(literal, expected),
            ExprKind::Name(name) => self.name_expr(name, scope, expected),
            ExprKind::Step(..) | ExprKind::Filter(..) => match self.path(expr, scope, expected)? {
                Path::Value(value) => Some(value),
                Path::Each(..) => {
                    self.wrong_type(span, "this has a value for each entry of a list", "one value is needed");
                    self.help("end it with `.sum`, `.largest` or `.smallest` (的合计, 的最大, 的最小)");
                    None
                }
            },
            ExprKind::Group(inner) => self.expr(inner, scope, expected),
            ExprKind::Case { word, subject, rows } => {
                self.table(*word, span, subject.as_deref(), rows, scope, expected)
            }
            ExprKind::Block(kind, conditions) => {
                let parts = self.conditions(conditions, scope);
                let kind = match kind {
                    ast::BlockKind::All => Kind::And(parts),
                    ast::BlockKind::Any => Kind::Or(parts),
                    ast::BlockKind::None => Kind::And(parts.into_iter().map(negated).collect()),
                };
                Some(plain(kind, Type::YesNo, span))
            }
            ExprKind::Quantified(quantifier, list, conditions) => {
                self.quantified(*quantifier, list, conditions.as_deref(), span, scope)
            }
            ExprKind::And(terms) | ExprKind::Or(terms) => {
                let mut parts = Vec::new();
                for term in terms {
                    parts.extend(self.condition_expr(term, scope));
                }
                let kind = if matches!(expr.kind, ExprKind::And(_)) { Kind::And(parts) } else { Kind::Or(parts) };
                Some(plain(kind, Type::YesNo, span))
            }
            ExprKind::Unless(rule, exception) => {
                let (rule, exception) = (self.condition_expr(rule, scope), self.condition_expr(exception, scope));
                Some(plain(Kind::Or(vec![rule?, exception?]), Type::YesNo, span))
            }
            ExprKind::Not(inner) => Some(negated(self.condition_expr(inner, scope)?)),
            ExprKind::Compare(left, op, right) => self.comparison(left, *op, right, span, scope),
            ExprKind::Status { subject, kind, negated: not, operand } => {
                let held = self.status(subject.as_deref(), *kind, operand, span, scope)?;
                Some(if *not { negated(held) } else { held })
            }
            ExprKind::Sum(first, rest) => self.sum(first, rest, span, scope, expected),
            ExprKind::Product(first, rest) => self.product(first, rest, span, scope),
            ExprKind::Modified(base, modifiers) => self.modified(base, modifiers, span, scope, expected),
            ExprKind::Period(_) => {
                self.wrong_type(span, "a period stands before the colon of a dated row", "not a value");
                None
            }
        }
    }

    /// An expression that must be a condition, with its words.
    pub(super) fn condition_expr(&mut self, expr: &ast::Expr, scope: &Scope) -> Option<Expr> {
        let checked = self.expr(expr, scope, Some(Type::YesNo))?;
        let mut checked = self.fitted(checked, Type::YesNo)?;
        if checked.words.is_none() {
            checked.words = Some(Box::new(self.written(expr)));
        }
        Some(checked)
    }

    /// The conditions of a block, each with its author's label.
    pub(super) fn conditions(&mut self, conditions: &[ast::Condition], scope: &Scope) -> Vec<Expr> {
        conditions.iter().filter_map(|c| self.labelled(c, scope)).collect()
    }

    /// A condition with its author's label.
    pub(super) fn labelled(&mut self, condition: &ast::Condition, scope: &Scope) -> Option<Expr> {
        let mut checked = self.condition_expr(&condition.expr, scope)?;
        if let Some(label) = &condition.label {
            checked.words = Some(Box::new(self.words(&label.text)));
            checked.labelled = true;
        }
        Some(checked)
    }

    /// Adds a help to the finding reported last.
    pub(super) fn help(&mut self, help: &str) {
        if let Some(last) = self.findings.last_mut() {
            last.help = Some(help.to_owned());
        }
    }

    pub(super) fn literal_expr(&mut self, literal: &ast::Literal, expected: Option<Type>) -> Option<Expr> {
        let span = literal.span;
        let too_large = |c: &mut Self| c.wrong_type(span, "this number is too large", "too many digits");
        let (kind, ty) = match &literal.kind {
            ast::LiteralKind::Date(date) => (Kind::Date(self.date(date)?), Type::Date),
            ast::LiteralKind::Yes => (Kind::Bool(true), Type::YesNo),
            ast::LiteralKind::No => (Kind::Bool(false), Type::YesNo),
            ast::LiteralKind::Text(_) => {
                self.wrong_type(span, "a text is not a value", "a name or a number is needed here");
                self.help("texts stand in labels, titles and sources; values of an enum are names, without quotes");
                return None;
            }
            ast::LiteralKind::Percent(digits) => {
                let share = units::number(*digits).and_then(|n| n.divide(Number::whole(100)));
                let Some(share) = share else {
                    too_large(self);
                    return None;
                };
                (Kind::Number(share), Type::Number(Unit::PERCENT))
            }
            ast::LiteralKind::Quantity(digits, unit) => {
                let Some(number) = units::number(*digits) else {
                    too_large(self);
                    return None;
                };
                (Kind::Number(number), Type::Number(units::unit(unit)))
            }
            ast::LiteralKind::Number(digits) => {
                let Some(number) = units::number(*digits) else {
                    too_large(self);
                    return None;
                };
                // In a table whose head says the unit, rows are bare numbers.
                let unit = match expected {
                    Some(Type::Number(unit)) => unit,
                    _ => Unit::PLAIN,
                };
                let share = unit.counted == crate::value::Counted::Percent;
                let number = if share { number.divide(Number::whole(100)).unwrap_or(number) } else { number };
                (Kind::Number(number), Type::Number(unit))
            }
        };
        Some(plain(kind, ty, span))
    }

    fn quantified(
        &mut self,
        quantifier: ast::Quantifier,
        list: &ast::Expr,
        conditions: Option<&[ast::Condition]>,
        span: Span,
        scope: &Scope,
    ) -> Option<Expr> {
        // What is denied has words of its own: an explanation may come down to it.
        let denied = |checker: &Self, quantifier: ast::Quantifier, mut asked: Expr| {
            let kind = ExprKind::Quantified(quantifier, Box::new(list.clone()), conditions.map(<[_]>::to_vec));
            asked.words = Some(Box::new(checker.written(&ast::Expr { kind, span })));
            negated(asked)
        };
        let Path::Value(list) = self.path(list, scope, None)? else {
            self.wrong_type(list.span, "`all`, `any` and `no` ask about a list", "these are values, not entries");
            return None;
        };
        if let Type::Set(_) = list.ty {
            let empty = plain(Kind::SetIsEmpty(Box::new(list)), Type::YesNo, span);
            let any = quantifier == ast::Quantifier::Any;
            return Some(if any { denied(self, ast::Quantifier::No, empty) } else { empty });
        }
        let Type::List(entity) = list.ty else {
            let found = self.type_name(list.ty);
            self.wrong_type(
                list.span,
                format!("`all`, `any` and `no` ask about a list, and this is {found}"),
                "not a list",
            );
            return None;
        };
        let inner = scope.inside(entity);
        let body = match conditions {
            None => plain(Kind::Bool(true), Type::YesNo, list.span),
            Some(conditions) => {
                let mut parts = self.conditions(conditions, &inner);
                if parts.len() == 1 { parts.pop()? } else { plain(Kind::And(parts), Type::YesNo, span) }
            }
        };
        let (list, body) = (Box::new(list), Box::new(body));
        let kind = if quantifier == ast::Quantifier::All { Kind::All(list, body) } else { Kind::Any(list, body) };
        let asked = plain(kind, Type::YesNo, span);
        Some(if quantifier == ast::Quantifier::No { denied(self, ast::Quantifier::Any, asked) } else { asked })
    }

    pub(super) fn type_name(&self, ty: Type) -> String {
        let schema = &self.model.schema;
        let of_enum = |e: EnumId| schema.enumeration(e).map(|e| e.name.id.clone()).unwrap_or_default();
        match ty {
            Type::YesNo => "a condition".to_owned(),
            Type::Date => "a date".to_owned(),
            Type::Elapsed => "the time between two dates".to_owned(),
            Type::Number(unit) if unit.is_plain() && unit.counted == crate::value::Counted::Plain => {
                "a bare number".to_owned()
            }
            Type::Number(unit) => format!("a number of `{}`", unit_name(unit)),
            Type::Symbol(e) => format!("a value of `{}`", of_enum(e)),
            Type::Set(e) => format!("a set of `{}`", of_enum(e)),
            Type::Record(e) => format!("a `{}`", schema.entity(e).map(|e| e.name.id.clone()).unwrap_or_default()),
            Type::List(e) => format!("a list of `{}`", schema.entity(e).map(|e| e.name.id.clone()).unwrap_or_default()),
        }
    }

    /// Reports numbers of different units, with the conversion where there is one.
    pub(super) fn units_differ(&mut self, span: Span, found: Unit, wanted: Unit) {
        let (f, w) = (unit_name(found), unit_name(wanted));
        let convertible = units::conversion(found, wanted).is_some();
        let code = if convertible { PERIODS_DIFFER } else { UNITS_DIFFER };
        let mut finding =
            Diagnostic::error(code, span, format!("this is `{f}` where `{w}` is needed")).label(format!("`{f}`"));
        if convertible {
            finding = finding.help(format!("convert it: `… as {w}`"));
        } else if wanted.powers() == found.powers() {
            finding = finding.help("a share is not a count: write shares with `%`");
        }
        self.report(finding);
    }

    pub(super) fn other_enum(&mut self, name: &ast::Name, wanted: EnumId, other: EnumId) {
        let schema = &self.model.schema;
        let of = |e: EnumId| schema.enumeration(e).map(|e| e.name.id.clone()).unwrap_or_default();
        let values: Vec<String> = schema
            .enumeration(wanted)
            .map(|e| e.values.iter().take(12).map(|v| v.name.id.clone()).collect())
            .unwrap_or_default();
        let message = format!("`{}` is a value of `{}`, not of `{}`", name.text, of(other), of(wanted));
        let help = format!("`{}` has: {}", of(wanted), values.join(", "));
        self.report(Diagnostic::error(OTHER_ENUM, name.span, message).label("a value of another enum").help(help));
    }
}

pub(super) fn unit_name(unit: Unit) -> String {
    let name = unit.words(Language::En);
    if name.is_empty() { "a bare number".to_owned() } else { name }
}

/// The opposite of a condition; it keeps the words, which are read with "not".
pub(super) fn negated(expr: Expr) -> Expr {
    let span = expr.span;
    plain(Kind::Not(Box::new(expr)), Type::YesNo, span)
}
