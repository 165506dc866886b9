//! `case`: tables by level, band or date, and tiers by condition. Every case is covered, or `otherwise` says what then.

use super::{Checker, Scope, bounds, plain};
use crate::ast::{self, RowKey};
use crate::checked::error::{NOT_COVERED, ROWS_OVERLAP};
use crate::checked::{Comparison, Expr, Kind, Type};
use crate::diagnostic::Diagnostic;
use crate::ids::EnumId;
use crate::span::Span;
use crate::value::{Number, Unit};

/// One checked row that is not `otherwise`.
struct Arm {
    condition: Expr,
    value: Expr,
    span: Span,
    /// The bound of a band, with its comparison.
    band: Option<(Comparison, Number)>,
}

impl Checker<'_> {
    pub(super) fn table(
        &mut self,
        word: Span,
        span: Span,
        subject: Option<&ast::Expr>,
        rows: &[ast::Row],
        scope: &Scope,
        expected: Option<Type>,
    ) -> Option<Expr> {
        let by_date = rows.iter().any(|r| matches!(&r.key, RowKey::Values(v) if matches!(v.as_slice(), [e] if matches!(e.kind, ast::ExprKind::Period(_)))));
        if by_date && subject.is_none() {
            return self.by_date(rows, span, scope, expected);
        }
        let subject = match subject {
            Some(subject) => Some(self.expr(subject, scope, None)?),
            None => None,
        };
        let mut arms: Vec<Arm> = Vec::new();
        let mut otherwise: Option<Expr> = None;
        let mut covered: Vec<(u32, Span)> = Vec::new();
        let mut ty = expected.filter(|t| !matches!(t, Type::YesNo)).or(expected);
        let mut fine = true;
        for row in rows {
            let value = self.expr(&row.value, scope, ty);
            let value = match (value, ty) {
                (Some(value), _) if matches!(value.kind, Kind::Missing) => Some(value),
                (Some(value), Some(ty)) => self.fitted(value, ty),
                (value, None) => {
                    ty = value.as_ref().map(|v| v.ty);
                    value
                }
                (None, _) => None,
            };
            let key = match (&row.key, &subject) {
                (RowKey::Otherwise(at), _) => {
                    if otherwise.is_some() {
                        self.overlap(*at, "`otherwise` stands twice", None);
                    }
                    otherwise = value;
                    continue;
                }
                (RowKey::Compare(op, operand), Some(subject)) => {
                    self.band(subject.clone(), *op, operand, row.span, scope)
                }
                (RowKey::Values(values), Some(subject)) => {
                    self.chosen(subject.clone(), values, row.span, scope, &mut covered)
                }
                (RowKey::Values(values), None) => {
                    if let [condition] = values.as_slice() {
                        self.condition_expr(condition, scope).map(|c| (c, None))
                    } else {
                        self.wrong_type(
                            row.span,
                            "a row of a table without subject has one condition",
                            "several values",
                        );
                        None
                    }
                }
                (RowKey::Compare(..), None) => {
                    self.wrong_type(row.span, "this row compares, but the table does not say what", "no subject");
                    self.help("write what is compared behind `case`: `case age { >= 65 years old: … }`");
                    None
                }
            };
            match (key, value) {
                (Some((condition, band)), Some(value)) => arms.push(Arm { condition, value, span: row.span, band }),
                _ => fine = false,
            }
        }
        if !fine {
            return None;
        }
        self.order_bands(&mut arms);
        let ty = ty?;
        let complete = match &subject {
            Some(subject) => self.covers(subject, &arms, &covered),
            None => None,
        };
        if otherwise.is_none() && complete != Some(true) {
            self.not_covered(word, subject.as_ref(), &covered);
            return None;
        }
        let last = match otherwise {
            Some(value) => value,
            // The rows cover everything, so the last one is what remains.
            None => arms.pop()?.value,
        };
        let fit = |value: Expr| {
            if matches!(value.kind, Kind::Missing) {
                plain(Kind::Missing, ty, value.span)
            } else {
                Expr { ty, ..value }
            }
        };
        let rows = arms.into_iter().map(|arm| (arm.condition, fit(arm.value))).collect();
        Some(plain(Kind::Case(rows, Box::new(fit(last))), ty, span))
    }

    fn by_date(&mut self, rows: &[ast::Row], span: Span, scope: &Scope, expected: Option<Type>) -> Option<Expr> {
        let ty = match expected {
            Some(ty) => ty,
            None => rows.iter().find_map(|r| self.expr(&r.value, scope, None)).map(|e| e.ty)?,
        };
        let rows = self.dated_rows(rows, scope, ty, span);
        let rows = rows.into_iter().map(|r| (r.from, r.to, r.value)).collect();
        Some(plain(Kind::ByDate(rows), ty, span))
    }

    fn overlap(&mut self, span: Span, message: &str, before: Option<Span>) {
        let mut finding = Diagnostic::error(ROWS_OVERLAP, span, message).label("the same case again");
        if let Some(before) = before {
            finding = finding.related(before, "first here");
        }
        self.report(finding.help("each case has one row"));
    }

    /// A row such as `>= 65 years old`.
    fn band(
        &mut self,
        subject: Expr,
        op: ast::CompareOp,
        operand: &ast::Operand,
        span: Span,
        scope: &Scope,
    ) -> Option<(Expr, Option<(Comparison, Number)>)> {
        let comparison = match op {
            ast::CompareOp::Less => Comparison::Less,
            ast::CompareOp::LessOrEqual => Comparison::LessOrEqual,
            ast::CompareOp::Greater => Comparison::Greater,
            ast::CompareOp::GreaterOrEqual => Comparison::GreaterOrEqual,
            _ => {
                self.wrong_type(
                    span,
                    "a row compares with `<`, `<=`, `>` or `>=`, or lists values",
                    "another comparison",
                );
                return None;
            }
        };
        let condition = self.ordered(subject, comparison, operand, span, scope)?;
        let bound = match &condition.kind {
            Kind::Compare(_, _, right) | Kind::CompareElapsed(_, _, right, _) => match right.kind {
                Kind::Number(n) => Some(n),
                Kind::Symbol(p) => Some(Number::whole(i128::from(p))),
                _ => None,
            },
            _ => None,
        };
        let Some(bound) = bound else {
            self.wrong_type(span, "the bound of a band is a figure written out", "not a figure");
            self.help("where a figure is a parameter, write the tiers as conditions: `case { income < line: …; otherwise: … }`");
            return None;
        };
        Some((condition, Some((comparison, bound))))
    }

    /// A row that lists values of the subject.
    fn chosen(
        &mut self,
        subject: Expr,
        values: &[ast::Expr],
        span: Span,
        scope: &Scope,
        covered: &mut Vec<(u32, Span)>,
    ) -> Option<(Expr, Option<(Comparison, Number)>)> {
        let ty = subject.ty;
        let mut positions = Vec::new();
        let mut ways = Vec::new();
        for value in values {
            let checked = self.expr(value, scope, Some(ty))?;
            match (ty, &checked.kind) {
                (Type::Symbol(e), Kind::Symbol(position)) if checked.ty == ty => {
                    if let Some((_, before)) = covered.iter().find(|(p, _)| p == position).copied() {
                        self.overlap(value.span, "this value has a row already", Some(before));
                    }
                    covered.push((*position, value.span));
                    // In a tree a row for a place is for everything inside it.
                    let end = self.model.schema.symbol(e, *position).map_or(*position, |s| s.end.saturating_sub(1));
                    positions.extend(*position..=end);
                }
                _ => ways.push(self.order(subject.clone(), Comparison::Equal, checked, value.span)?),
            }
        }
        if !positions.is_empty() {
            positions.sort_unstable();
            positions.dedup();
            ways.push(plain(Kind::OneOf(Box::new(subject), positions), Type::YesNo, span));
        }
        let condition = if ways.len() == 1 { ways.pop()? } else { plain(Kind::Or(ways), Type::YesNo, span) };
        Some((condition, None))
    }

    /// Of bands that hold the closest bound wins: upper bounds from the smallest, then lower bounds from the largest.
    fn order_bands(&mut self, arms: &mut [Arm]) {
        if !arms.iter().all(|a| a.band.is_some()) {
            return;
        }
        let key = |arm: &Arm| match arm.band {
            Some((Comparison::Less, n)) => (0, n, 0),
            Some((Comparison::LessOrEqual, n)) => (0, n, 1),
            Some((Comparison::Greater, n)) => (1, n.multiply(Number::whole(-1)).unwrap_or(n), 0),
            Some((_, n)) => (1, n.multiply(Number::whole(-1)).unwrap_or(n), 1),
            None => (2, Number::ZERO, 0),
        };
        arms.sort_by_key(key);
        let twins: Vec<(Span, Span)> = arms
            .windows(2)
            .filter_map(|w| match w {
                [a, b] if a.band == b.band => Some((b.span, a.span)),
                _ => None,
            })
            .collect();
        for (span, before) in twins {
            self.overlap(span, "this band has a row already", Some(before));
        }
        let highest = arms.iter().filter_map(|a| upper(a.band)).max();
        let lowest = arms.iter().filter_map(|a| lower(a.band)).min();
        if let (Some((high, open_high)), Some((low, open_low))) = (highest, lowest)
            && (low < high || (low == high && open_high && open_low))
        {
            let span = arms.iter().find(|a| lower(a.band).is_some()).map(|a| a.span).unwrap_or_default();
            self.overlap(span, "bands from below and from above overlap", None);
        }
    }

    /// Whether the rows leave no case out.
    fn covers(&self, subject: &Expr, arms: &[Arm], covered: &[(u32, Span)]) -> Option<bool> {
        if let Type::Symbol(e) = subject.ty {
            return Some(self.left_out(e, covered).is_empty());
        }
        let whole = match subject.ty {
            Type::Number(unit) => is_count(unit) && !fractional(subject),
            _ => false,
        };
        let high = arms.iter().filter_map(|a| upper(a.band)).max();
        let low = arms.iter().filter_map(|a| lower(a.band)).min();
        let least = match subject.ty {
            Type::Number(_) => bounds::bounds(&self.model, subject),
            _ => None,
        };
        let from_below =
            low.is_some_and(|(n, included)| least.is_some_and(|(least, _)| n < least || (n == least && included)));
        let to_above =
            high.is_some_and(|(n, included)| least.is_some_and(|(_, most)| n > most || (n == most && included)));
        let meet = match (high, low) {
            (Some((high, high_in)), Some((low, low_in))) => {
                low < high
                    || (low == high && (high_in || low_in))
                    || (whole && high_in && low_in && low.subtract(Number::whole(1)) == Some(high))
            }
            _ => false,
        };
        Some(from_below || to_above || meet)
    }

    fn left_out(&self, e: EnumId, covered: &[(u32, Span)]) -> Vec<String> {
        let Some(found) = self.model.schema.enumeration(e) else { return Vec::new() };
        let inside = |position: usize| {
            covered.iter().any(|(p, _)| {
                let end = found.values.get(*p as usize).map_or(0, |s| s.end);
                (*p as usize..end as usize).contains(&position)
            })
        };
        (0..found.values.len())
            .filter(|i| !inside(*i))
            .filter_map(|i| found.values.get(i))
            .map(|s| s.name.id.clone())
            .collect()
    }

    fn not_covered(&mut self, word: Span, subject: Option<&Expr>, covered: &[(u32, Span)]) {
        let (message, help) = match subject.map(|s| s.ty) {
            Some(Type::Symbol(e)) => {
                let left = self.left_out(e, covered);
                let shown: Vec<&str> = left.iter().take(8).map(String::as_str).collect();
                (
                    format!("this table has no row for {}", shown.join(", ")),
                    "add the rows, or `otherwise: …`; where there is no figure, `otherwise: none`",
                )
            }
            Some(_) => (
                "this table leaves a range without a row".to_owned(),
                "add the missing band, or `otherwise: …`; where there is no figure, `otherwise: none`",
            ),
            None => (
                "these tiers do not say what holds when none of them does".to_owned(),
                "add `otherwise: …`; where there is no figure, `otherwise: none`",
            ),
        };
        self.report(Diagnostic::error(NOT_COVERED, word, message).label("does not cover all cases").help(help));
    }
}

fn upper(band: Option<(Comparison, Number)>) -> Option<(Number, bool)> {
    match band? {
        (Comparison::Less, n) => Some((n, false)),
        (Comparison::LessOrEqual, n) => Some((n, true)),
        _ => None,
    }
}

fn lower(band: Option<(Comparison, Number)>) -> Option<(Number, bool)> {
    match band? {
        (Comparison::Greater, n) => Some((n, false)),
        (Comparison::GreaterOrEqual, n) => Some((n, true)),
        _ => None,
    }
}

fn is_count(unit: Unit) -> bool {
    unit.grains() == 1
}

/// Whether a number of a unit that is counted in wholes can still have a fraction.
fn fractional(expr: &Expr) -> bool {
    !matches!(
        expr.kind,
        Kind::Count(_)
            | Kind::Field(..)
            | Kind::Year(_)
            | Kind::Month(_)
            | Kind::Define(..)
            | Kind::Most(..)
            | Kind::Least(..)
    )
}
