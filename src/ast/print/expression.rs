//! Conditions and amounts.

use super::Printer;
use super::literal::is_duration;
use crate::ast::{
    BlockKind, CompareOp, Condition, Expr, ExprKind, LiteralKind, Modifier, Operand, ProductOp, Quantifier, RoundMode,
    Row, RowKey, StatusKind, SumOp,
};

impl Printer<'_> {
    pub(super) fn expr(&self, expr: &Expr) -> String {
        match &expr.kind {
            ExprKind::Literal(literal) => self.literal(literal),
            ExprKind::Name(name) => self.name(name),
            ExprKind::Step(base, name) => {
                format!("{}{}{}", self.expr(base), self.pick(".", "的"), self.name(name))
            }
            ExprKind::Filter(base, condition) => {
                let (open, close) = (self.pick("[", "【"), self.pick("]", "】"));
                format!("{}{open}{}{close}", self.expr(base), self.expr(condition))
            }
            ExprKind::Group(inner) => {
                format!("{}{}{}", self.pick("(", "（"), self.expr(inner), self.pick(")", "）"))
            }
            ExprKind::Case { subject, rows, .. } => {
                let subject = subject.as_ref().map(|s| format!(" {}", self.expr(s))).unwrap_or_default();
                let rows: Vec<String> = rows.iter().map(|r| self.row(r)).collect();
                format!("{}{subject} {{ {} }}", self.word("k_case"), rows.join(self.pick("; ", "；")))
            }
            ExprKind::Block(kind, conditions) => {
                let word = match kind {
                    BlockKind::All => "k_all_of",
                    BlockKind::Any => "k_any_of",
                    BlockKind::None => "k_none_of",
                };
                format!("{} {}", self.word(word), self.block(conditions))
            }
            ExprKind::Quantified(quantifier, list, conditions) => {
                let word = match quantifier {
                    Quantifier::All => "k_all",
                    Quantifier::Any => "k_any",
                    Quantifier::No => "k_no",
                };
                let conditions = conditions.as_ref().map(|c| format!(" {}", self.block(c))).unwrap_or_default();
                format!("{} {}{conditions}", self.word(word), self.expr(list))
            }
            ExprKind::And(terms) => self.joined(terms, "k_and"),
            ExprKind::Or(terms) => self.joined(terms, "k_or"),
            ExprKind::Unless(rule, exception) => {
                format!("{} {} {}", self.expr(rule), self.word("k_unless"), self.expr(exception))
            }
            ExprKind::Not(inner) => format!("{} {}", self.word("k_not"), self.expr(inner)),
            ExprKind::Compare(left, op, right) => {
                format!("{} {} {}", self.expr(left), self.compare(*op, right), self.operand(right))
            }
            ExprKind::Status { subject, kind, negated, operand } => {
                let subject = subject.as_ref().map(|s| format!("{} ", self.expr(s))).unwrap_or_default();
                let word = match (kind, negated) {
                    (StatusKind::Receives, false) => "k_receives",
                    (StatusKind::Receives, true) => "k_not_receiving",
                    (StatusKind::Recognised, false) => "k_recognised",
                    (StatusKind::Recognised, true) => "k_not_recognised",
                };
                format!("{subject}{} {}", self.word(word), self.operand(operand))
            }
            ExprKind::Sum(first, rest) => {
                let mut text = self.expr(first);
                for (op, term) in rest {
                    text += if *op == SumOp::Add { " + " } else { " - " };
                    text += &self.expr(term);
                }
                text
            }
            ExprKind::Product(first, rest) => {
                let mut text = self.expr(first);
                for (op, factor) in rest {
                    text += match op {
                        ProductOp::Multiply => self.pick(" * ", " × "),
                        ProductOp::Divide => self.pick(" / ", " ÷ "),
                    };
                    text += &self.expr(factor);
                }
                text
            }
            ExprKind::Modified(base, modifiers) => {
                let mut text = self.expr(base);
                for modifier in modifiers {
                    text.push(' ');
                    text += &self.modifier(modifier);
                }
                text
            }
            ExprKind::Period(period) => self.period(period),
        }
    }

    fn joined(&self, terms: &[Expr], word: &str) -> String {
        let terms: Vec<String> = terms.iter().map(|t| self.expr(t)).collect();
        terms.join(&format!(" {} ", self.word(word)))
    }

    fn block(&self, conditions: &[Condition]) -> String {
        if conditions.is_empty() {
            return "{ }".to_owned();
        }
        let conditions: Vec<String> = conditions.iter().map(|c| self.condition(c)).collect();
        format!("{{ {} }}", conditions.join(self.pick("; ", "；")))
    }

    pub(super) fn condition(&self, condition: &Condition) -> String {
        let mut text = String::new();
        if let Some(label) = &condition.label {
            text += &self.label(&label.text);
            text += self.colon();
        }
        text += &self.expr(&condition.expr);
        text + &self.evidence(condition.status.as_ref(), condition.source.as_ref())
    }

    pub(super) fn evidence(&self, status: Option<&crate::ast::Name>, source: Option<&crate::ast::Text>) -> String {
        let mut text = String::new();
        if let Some(status) = status {
            text += &format!(" {} {}", self.word("k_status"), self.name(status));
        }
        if let Some(source) = source {
            text += &format!(" {} {}", self.word("k_source"), self.label(&source.text));
        }
        text
    }

    pub(super) fn row(&self, row: &Row) -> String {
        let key = match &row.key {
            RowKey::Otherwise(_) => self.word("k_otherwise").to_owned(),
            RowKey::Compare(op, operand) => format!("{} {}", self.compare(*op, operand), self.operand(operand)),
            RowKey::Values(values) => {
                let values: Vec<String> = values.iter().map(|v| self.expr(v)).collect();
                values.join(self.comma())
            }
        };
        let evidence = self.evidence(row.status.as_ref(), row.source.as_ref());
        format!("{key}{}{}{evidence}", self.colon(), self.expr(&row.value))
    }

    /// A comparison. In Chinese the word for "at least" is 满 before a length of time, 不早于 before a date, 不低于 else;
    /// the choice looks at the next literal only, so that no types are needed.
    fn compare(&self, op: CompareOp, right: &Operand) -> &'static str {
        let (en, zh) = op.spellings();
        if !self.zh() {
            return en;
        }
        let Operand::One(right) = right else { return zh };
        let (duration, date) = match &right.kind {
            ExprKind::Literal(l) => (is_duration(l), matches!(l.kind, LiteralKind::Date(_))),
            ExprKind::Name(name) => (false, matches!(name.text.as_str(), "today" | "今天")),
            _ => (false, false),
        };
        match op {
            CompareOp::GreaterOrEqual if duration => "满",
            CompareOp::Less if duration => "未满",
            CompareOp::Less if date => "早于",
            CompareOp::LessOrEqual if date => "不晚于",
            CompareOp::Greater if date => "晚于",
            CompareOp::GreaterOrEqual if date => "不早于",
            _ => zh,
        }
    }

    fn operand(&self, operand: &Operand) -> String {
        match operand {
            Operand::One(value) => self.expr(value),
            Operand::OneOf(values, _) => {
                let values: Vec<String> = values.iter().map(|v| self.expr(v)).collect();
                let (open, close) = (self.pick(" (", "（"), self.pick(")", "）"));
                format!("{}{open}{}{close}", self.word("k_one_of"), values.join(self.comma()))
            }
        }
    }

    fn modifier(&self, modifier: &Modifier) -> String {
        match modifier {
            Modifier::AtMost(value) => format!("{} {}", self.word("k_at_most"), self.expr(value)),
            Modifier::AtLeast(value) => format!("{} {}", self.word("k_at_least"), self.expr(value)),
            Modifier::As(unit) => format!("{} {}", self.word("k_as"), self.unit(unit, false)),
            Modifier::Round(mode, step) => {
                let word = match mode {
                    RoundMode::Nearest => "k_round",
                    RoundMode::Up => "k_round_up",
                    RoundMode::Down => "k_round_down",
                };
                format!("{} {}", self.word(word), self.literal(step))
            }
        }
    }
}
