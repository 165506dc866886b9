//! The parser's pairs -> conditions, tables and amounts.

use super::{Builder, Pair, Rule};
use crate::ast::{self, ExprKind};
use crate::span::Span;

pub(super) fn node(kind: ExprKind, span: Span) -> ast::Expr {
    ast::Expr { kind, span }
}

impl Builder<'_> {
    pub(super) fn conditions(&mut self, pair: Pair<'_>) -> Vec<ast::Condition> {
        pair.into_inner().filter_map(|c| self.condition(c)).collect()
    }

    fn condition(&mut self, pair: Pair<'_>) -> Option<ast::Condition> {
        let span = self.span(&pair);
        let (mut label, mut expr, mut source, mut status) = (None, None, None, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::text => label = Some(self.text(&part)),
                Rule::expr => expr = self.expr(part),
                Rule::evidence => self.evidence(part, &mut source, &mut status),
                Rule::bad => {
                    self.unreadable(&part, Rule::a_condition);
                    return None;
                }
                _ => {}
            }
        }
        Some(ast::Condition { label, expr: expr?, source, status, span })
    }

    fn evidence(&mut self, pair: Pair<'_>, source: &mut Option<ast::Text>, status: &mut Option<ast::Name>) {
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::text => *source = Some(self.text(&part)),
                Rule::name => *status = Some(self.name(&part)),
                _ => {}
            }
        }
    }

    pub(super) fn rows(
        &mut self,
        pair: Pair<'_>,
        rows: &mut Vec<ast::Row>,
        mut attributes: Option<&mut Vec<ast::Attribute>>,
    ) {
        for row in pair.into_inner() {
            let span = self.span(&row);
            let (mut key, mut value, mut source, mut status) = (None, None, None, None);
            for part in row.into_inner() {
                match part.as_rule() {
                    Rule::key => key = self.key(part),
                    Rule::expr => value = self.expr(part),
                    Rule::evidence => self.evidence(part, &mut source, &mut status),
                    Rule::row_note => match attributes.as_deref_mut() {
                        Some(attributes) => attributes.extend(self.attribute(part)),
                        None => self.misplaced_note(&part),
                    },
                    Rule::bad => self.unreadable(&part, Rule::a_row),
                    _ => {}
                }
            }
            if let (Some(key), Some(value)) = (key, value) {
                rows.push(ast::Row { key, value, source, status, span });
            }
        }
    }

    fn key(&mut self, pair: Pair<'_>) -> Option<ast::RowKey> {
        let span = self.span(&pair);
        let mut parts = pair.into_inner();
        let first = parts.next()?;
        Some(match first.as_rule() {
            Rule::k_otherwise => ast::RowKey::Otherwise(span),
            Rule::comparison => {
                let op = compare_op(first)?;
                ast::RowKey::Compare(op, self.operands(parts.next()?)?)
            }
            _ => {
                let mut values = vec![self.expr(first)?];
                values.extend(parts.filter_map(|p| self.expr(p)));
                ast::RowKey::Values(values)
            }
        })
    }

    pub(super) fn expr(&mut self, pair: Pair<'_>) -> Option<ast::Expr> {
        let span = self.span(&pair);
        let mut parts = pair.into_inner().filter(|p| p.as_rule() == Rule::chain);
        let rule = self.chain(parts.next()?)?;
        match parts.next() {
            None => Some(rule),
            Some(exception) => {
                let exception = self.chain(exception)?;
                Some(node(ExprKind::Unless(Box::new(rule), Box::new(exception)), span))
            }
        }
    }

    fn chain(&mut self, pair: Pair<'_>) -> Option<ast::Expr> {
        let span = self.span(&pair);
        let mut parts = pair.into_inner();
        let first = self.term(parts.next()?)?;
        let mut terms = vec![first];
        let mut any = false;
        for part in parts {
            any = part.as_rule() == Rule::or_more;
            let term = part.into_inner().find(|p| p.as_rule() == Rule::term)?;
            terms.push(self.term(term)?);
        }
        if terms.len() == 1 {
            return terms.pop();
        }
        Some(node(if any { ExprKind::Or(terms) } else { ExprKind::And(terms) }, span))
    }

    fn term(&mut self, pair: Pair<'_>) -> Option<ast::Expr> {
        let span = self.span(&pair);
        let (mut negations, mut subject, mut op, mut status, mut operand) = (0usize, None, None, None, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::k_not => negations += 1,
                Rule::amount => subject = Some(self.amount(part)?),
                Rule::comparison => op = Some(compare_op(part)?),
                Rule::status => status = part.into_inner().next().map(|p| p.as_rule()),
                Rule::operands => operand = Some(self.operands(part)?),
                _ => {}
            }
        }
        let mut expr = match (op, status, operand) {
            (Some(op), _, Some(operand)) => node(ExprKind::Compare(Box::new(subject?), op, operand), span),
            (None, Some(word), Some(operand)) => {
                let kind = match word {
                    Rule::k_receives | Rule::k_not_receiving => ast::StatusKind::Receives,
                    _ => ast::StatusKind::Recognised,
                };
                let negated = matches!(word, Rule::k_not_receiving | Rule::k_not_recognised);
                node(ExprKind::Status { subject: subject.map(Box::new), kind, negated, operand }, span)
            }
            _ => subject?,
        };
        // Two negations cancel; one of an odd number stays. A chain of any length makes a tree of depth one.
        if negations % 2 == 1 {
            expr = node(ExprKind::Not(Box::new(expr)), span);
        }
        Some(expr)
    }

    pub(super) fn operands(&mut self, pair: Pair<'_>) -> Option<ast::Operand> {
        let span = self.span(&pair);
        let inner = pair.into_inner().next()?;
        match inner.as_rule() {
            Rule::one_of => {
                let list = inner.into_inner().find(|p| p.as_rule() == Rule::list)?;
                let values = list.into_inner().filter_map(|v| self.amount(v)).collect();
                Some(ast::Operand::OneOf(values, span))
            }
            _ => Some(ast::Operand::One(Box::new(self.amount(inner)?))),
        }
    }

    pub(super) fn amount(&mut self, pair: Pair<'_>) -> Option<ast::Expr> {
        let span = self.span(&pair);
        let mut parts = pair.into_inner();
        let base = self.sum(parts.next()?)?;
        let modifiers: Vec<ast::Modifier> = parts.filter_map(|m| self.modifier(m)).collect();
        if modifiers.is_empty() {
            return Some(base);
        }
        Some(node(ExprKind::Modified(Box::new(base), modifiers), span))
    }

    fn modifier(&mut self, pair: Pair<'_>) -> Option<ast::Modifier> {
        let mut parts = pair.into_inner();
        let word = parts.next()?;
        let value = parts.next()?;
        Some(match word.as_rule() {
            Rule::k_at_most => ast::Modifier::AtMost(Box::new(self.sum(value)?)),
            Rule::k_at_least => ast::Modifier::AtLeast(Box::new(self.sum(value)?)),
            Rule::k_round_up => ast::Modifier::Round(ast::RoundMode::Up, self.literal(value)?),
            Rule::k_round_down => ast::Modifier::Round(ast::RoundMode::Down, self.literal(value)?),
            Rule::k_round => ast::Modifier::Round(ast::RoundMode::Nearest, self.literal(value)?),
            _ => ast::Modifier::As(self.unit(&value)?),
        })
    }

    fn sum(&mut self, pair: Pair<'_>) -> Option<ast::Expr> {
        let span = self.span(&pair);
        let mut parts = pair.into_inner();
        let first = self.product(parts.next()?)?;
        let mut rest = Vec::new();
        while let (Some(op), Some(term)) = (parts.next(), parts.next()) {
            let op = if op.as_str() == "+" { ast::SumOp::Add } else { ast::SumOp::Subtract };
            rest.push((op, self.product(term)?));
        }
        Some(if rest.is_empty() { first } else { node(ExprKind::Sum(Box::new(first), rest), span) })
    }

    fn product(&mut self, pair: Pair<'_>) -> Option<ast::Expr> {
        let span = self.span(&pair);
        let mut parts = pair.into_inner();
        let first = self.primary(parts.next()?)?;
        let mut rest = Vec::new();
        while let (Some(op), Some(term)) = (parts.next(), parts.next()) {
            let multiply = matches!(op.as_str(), "*" | "×");
            let op = if multiply { ast::ProductOp::Multiply } else { ast::ProductOp::Divide };
            rest.push((op, self.primary(term)?));
        }
        Some(if rest.is_empty() { first } else { node(ExprKind::Product(Box::new(first), rest), span) })
    }

    fn primary(&mut self, pair: Pair<'_>) -> Option<ast::Expr> {
        let span = self.span(&pair);
        let inner = pair.into_inner().next()?;
        match inner.as_rule() {
            Rule::choice => {
                let (mut word, mut subject, mut rows) = (span, None, Vec::new());
                for part in inner.into_inner() {
                    match part.as_rule() {
                        Rule::k_case => word = self.span(&part),
                        Rule::path => subject = Some(Box::new(self.path(part)?)),
                        Rule::rows => self.rows(part, &mut rows, None),
                        _ => {}
                    }
                }
                Some(node(ExprKind::Case { word, subject, rows }, span))
            }
            Rule::combined => {
                let mut parts = inner.into_inner();
                let kind = match parts.next()?.as_rule() {
                    Rule::k_all_of => ast::BlockKind::All,
                    Rule::k_any_of => ast::BlockKind::Any,
                    _ => ast::BlockKind::None,
                };
                Some(node(ExprKind::Block(kind, self.conditions(parts.next()?)), span))
            }
            Rule::quantified => {
                let mut parts = inner.into_inner();
                let quantifier = match parts.next()?.as_rule() {
                    Rule::k_all => ast::Quantifier::All,
                    Rule::k_any => ast::Quantifier::Any,
                    _ => ast::Quantifier::No,
                };
                let list = Box::new(self.path(parts.next()?)?);
                let conditions = parts.next().map(|c| self.conditions(c));
                Some(node(ExprKind::Quantified(quantifier, list, conditions), span))
            }
            Rule::period => self.period(inner).map(|p| node(ExprKind::Period(p), span)),
            Rule::literal => self.literal(inner).map(|l| node(ExprKind::Literal(l), span)),
            _ => self.path(inner),
        }
    }

    fn path(&mut self, pair: Pair<'_>) -> Option<ast::Expr> {
        let whole = self.span(&pair);
        let mut parts = pair.into_inner();
        let first = parts.next()?;
        let mut expr = if first.as_rule() == Rule::name {
            let name = self.name(&first);
            let span = name.span;
            node(ExprKind::Name(name), span)
        } else {
            let span = self.span(&first);
            let inner = self.expr(first.into_inner().find(|p| p.as_rule() == Rule::expr)?)?;
            node(ExprKind::Group(Box::new(inner)), span)
        };
        for part in parts {
            let span = whole.to(expr.span);
            let end = self.span(&part);
            let span = Span { end: end.end, ..span };
            let rule = part.as_rule();
            let inner = part.into_inner().next()?;
            expr = match rule {
                Rule::step => node(ExprKind::Step(Box::new(expr), self.name(&inner)), span),
                _ => node(ExprKind::Filter(Box::new(expr), Box::new(self.expr(inner)?)), span),
            };
        }
        Some(expr)
    }

    fn period(&mut self, pair: Pair<'_>) -> Option<ast::Period> {
        let span = self.span(&pair);
        let mut dates = Vec::new();
        let mut notice = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::date => dates.push(self.date(&part)?),
                Rule::k_until_notice => notice = Some(self.span(&part)),
                _ => {}
            }
        }
        let mut dates = dates.into_iter();
        let from = dates.next()?;
        let until = match (dates.next(), notice) {
            (Some(to), _) => ast::Until::Date(to),
            (None, Some(span)) => ast::Until::FurtherNotice(span),
            (None, None) => ast::Until::NotSaid,
        };
        Some(ast::Period { from, until, span })
    }

    pub(super) fn literal(&mut self, pair: Pair<'_>) -> Option<ast::Literal> {
        let span = self.span(&pair);
        let inner = if pair.as_rule() == Rule::literal { pair.into_inner().next()? } else { pair };
        let kind = match inner.as_rule() {
            Rule::date => ast::LiteralKind::Date(self.date(&inner)?),
            Rule::percent => {
                let text = inner.as_str().trim_end_matches('%').to_owned();
                ast::LiteralKind::Percent(self.decimal(&inner, &text)?)
            }
            Rule::number => {
                let text = inner.as_str().to_owned();
                ast::LiteralKind::Number(self.decimal(&inner, &text)?)
            }
            Rule::quantity => {
                let mut parts = inner.into_inner();
                let number = parts.next()?;
                let text = number.as_str().to_owned();
                let number = self.decimal(&number, &text)?;
                ast::LiteralKind::Quantity(number, self.unit(&parts.next()?)?)
            }
            Rule::yes => ast::LiteralKind::Yes,
            Rule::no => ast::LiteralKind::No,
            _ => ast::LiteralKind::Text(self.text(&inner).text),
        };
        Some(ast::Literal { kind, span })
    }

    pub(super) fn date(&mut self, pair: &Pair<'_>) -> Option<ast::DateLiteral> {
        let mut numbers = pair.as_str().split(|c: char| !c.is_ascii_digit()).filter(|p| !p.is_empty());
        let mut next = || numbers.next()?.parse::<i16>().ok();
        let (year, month, day) = (next()?, next()?, next()?);
        let span = self.span(pair);
        Some(ast::DateLiteral { year, month: u8::try_from(month).ok()?, day: u8::try_from(day).ok()?, span })
    }
}

fn compare_op(pair: Pair<'_>) -> Option<ast::CompareOp> {
    Some(match pair.into_inner().next()?.as_rule() {
        Rule::le => ast::CompareOp::LessOrEqual,
        Rule::ge => ast::CompareOp::GreaterOrEqual,
        Rule::lt => ast::CompareOp::Less,
        Rule::gt => ast::CompareOp::Greater,
        Rule::k_is_not => ast::CompareOp::IsNot,
        Rule::k_is => ast::CompareOp::Is,
        Rule::k_not_within => ast::CompareOp::NotWithin,
        Rule::k_within => ast::CompareOp::Within,
        Rule::k_not_includes => ast::CompareOp::NotIncludes,
        _ => ast::CompareOp::Includes,
    })
}
