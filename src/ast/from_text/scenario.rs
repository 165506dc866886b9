//! The parser's pairs -> scenarios.

use super::expression::node;
use super::{Builder, Pair, Rule};
use crate::ast::{self, ExprKind};

impl Builder<'_> {
    pub(super) fn scenario(&mut self, pair: Pair<'_>) -> Option<ast::Scenario> {
        let span = self.span(&pair);
        let (mut label, mut like, mut on, mut facts) = (None, None, None, Vec::new());
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::text => label = Some(self.text(&part)),
                Rule::like => like = part.into_inner().find(|p| p.as_rule() == Rule::text).map(|t| self.text(&t)),
                Rule::on => on = part.into_inner().find(|p| p.as_rule() == Rule::date).and_then(|d| self.date(&d)),
                Rule::facts => facts = self.facts(part),
                _ => {}
            }
        }
        Some(ast::Scenario { label: label?, like, on, facts, span })
    }

    fn facts(&mut self, pair: Pair<'_>) -> Vec<ast::FactLine> {
        pair.into_inner().filter_map(|fact| self.fact(fact)).collect()
    }

    fn fact(&mut self, pair: Pair<'_>) -> Option<ast::FactLine> {
        let span = self.span(&pair);
        let (mut key, mut values) = (None, Vec::new());
        for part in pair.into_inner() {
            let place = self.span(&part);
            match part.as_rule() {
                Rule::k_expect => key = Some(ast::FactKey::Expect(place)),
                Rule::fact_path => {
                    key = Some(ast::FactKey::Path(part.into_inner().map(|n| self.name(&n)).collect()));
                }
                Rule::fact_value => {
                    let inner = part.into_inner().next()?;
                    values.push(match inner.as_rule() {
                        Rule::k_or_more => ast::FactValue::OrMore(place),
                        Rule::facts => ast::FactValue::Record(self.facts(inner), place),
                        Rule::literal => ast::FactValue::Expr(node(ExprKind::Literal(self.literal(inner)?), place)),
                        Rule::name => ast::FactValue::Expr(node(ExprKind::Name(self.name(&inner)), place)),
                        _ => ast::FactValue::Expr(self.amount(inner)?),
                    });
                }
                Rule::bad => {
                    self.unreadable(&part, Rule::a_fact);
                    return None;
                }
                _ => {}
            }
        }
        Some(ast::FactLine { key: key?, values, span })
    }
}
