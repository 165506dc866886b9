//! Declarations, clauses and scenarios: what takes lines of its own.

use super::glossary::is_in;
use super::{Printer, WIDTH, width};
use crate::ast::{
    Attribute, Benefit, Clause, Condition, EnumValue, Expr, ExprKind, FactKey, FactLine, FactValue, Field, FieldNote,
    Item, Policy, Row, Scenario, Silence, TypeExpr,
};
use crate::span::Span;

impl Printer<'_> {
    pub(super) fn item(&mut self, item: &Item) {
        match item {
            Item::Enum(e) => {
                let ascending = if e.ascending { format!(" {}", self.word("k_ascending")) } else { String::new() };
                let head = format!("{} {}{ascending}", self.word("k_enum"), self.pair(&e.pair));
                self.values(&head, &e.values, e.span);
            }
            Item::Record(r) => {
                let head = format!("{} {}", self.word("k_record"), self.pair(&r.pair));
                self.fields(&head, &r.fields, "", r.span);
            }
            Item::Define(d) => {
                let owner = self.owner(d.owner.as_ref());
                let head = format!("{} {owner}{} = ", self.word("k_define"), self.pair(&d.pair));
                self.statement(&head, &d.value, "", d.span);
            }
            Item::Parameter(p) => {
                let owner = self.owner(p.owner.as_ref());
                let unit = self.unit(&p.unit, false);
                let head = format!("{} {owner}{}{}{unit}", self.word("k_parameter"), self.pair(&p.pair), self.colon());
                self.open(&head, p.span);
                for attribute in &p.attributes {
                    self.attribute(attribute);
                }
                for row in &p.rows {
                    self.row_line(row);
                }
                self.close(p.span);
            }
            Item::Always(a) => {
                let owner = self.name(&a.owner);
                let head = format!("{} {owner} {}{}", self.word("k_always"), self.label(&a.label.text), self.colon());
                self.statement(&head, &a.condition, "", a.span);
            }
            Item::Policy(p) => self.policy(p),
            Item::Silence(s) => self.silence(s),
            Item::Phrases(phrases) => {
                let span = phrases.first().map(|p| p.one.span).unwrap_or_default();
                self.open(self.word("k_phrases"), span);
                for phrase in phrases {
                    let (mut one, mut other) = (&phrase.one.text, &phrase.other.text);
                    if is_in(one, other, self.surface) {
                        (one, other) = (other, one);
                    }
                    let line = format!("{} = {}", self.quote(one), self.quote(other));
                    self.line(&line, phrase.one.span);
                }
                self.close(span);
            }
        }
    }

    fn owner(&self, owner: Option<&crate::ast::Name>) -> String {
        owner.map(|o| format!("{}{}", self.name(o), self.pick(".", "的"))).unwrap_or_default()
    }

    fn open(&mut self, head: &str, span: Span) {
        self.line(&format!("{head} {{"), Span { end: span.start, ..span });
        self.indent += 1;
    }

    fn close(&mut self, span: Span) {
        self.leading_comments(span.end);
        self.indent = self.indent.saturating_sub(1);
        self.line("}", Span { start: span.end, ..span });
    }

    fn fits(&self, line: &str) -> bool {
        self.indent * 4 + width(line) <= WIDTH
    }

    fn commented(&self, span: Span) -> bool {
        self.comments.last().is_some_and(|c| c.span.start > span.start && c.span.end < span.end)
    }

    fn values(&mut self, head: &str, values: &[EnumValue], span: Span) {
        let flat = values.iter().all(|v| v.inside.is_empty());
        let names: Vec<String> = values.iter().map(|v| self.pair(&v.pair)).collect();
        let line = format!("{head} {{ {} }}", names.join(self.comma()));
        if flat && self.fits(&line) && !self.commented(span) {
            self.line(&line, span);
            return;
        }
        self.open(head, span);
        for value in values {
            let pair = self.pair(&value.pair);
            let place = value.pair.name.span;
            if value.inside.is_empty() {
                self.line(&pair, place);
            } else {
                let end = value.inside.last().map_or(place, |v| v.pair.name.span);
                self.values(&pair, &value.inside, place.to(end));
            }
        }
        self.close(span);
    }

    fn fields(&mut self, head: &str, fields: &[Field], tail: &str, span: Span) {
        self.open(head, span);
        for field in fields {
            let colon = self.colon();
            let notes = self.notes(&field.notes);
            let pair = self.pair(&field.pair);
            let (ty, inner) = match &field.ty {
                TypeExpr::YesNo(_) => (self.word("k_yes_no").to_owned(), None),
                TypeExpr::Date(_) => (self.word("k_date").to_owned(), None),
                TypeExpr::Unit(unit) => (self.unit(unit, false), None),
                TypeExpr::Named(name) => (self.name(name), None),
                TypeExpr::Set(name) => (format!("{} {}", self.word("k_set_of"), self.name(name)), None),
                TypeExpr::List(name) => (format!("{} {}", self.word("k_list_of"), self.name(name)), None),
                TypeExpr::ListOf(inner, _) => (format!("{} ", self.word("k_list_of")), Some(inner)),
                TypeExpr::Inline(inner, _) => (String::new(), Some(inner)),
            };
            match inner {
                None => self.line(&format!("{pair}{colon}{ty}{notes}"), field.span),
                Some(inner) => self.fields(format!("{pair}{colon}{ty}").trim_end(), inner, &notes, field.span),
            }
        }
        self.close_with(tail, span);
    }

    fn notes(&self, notes: &[FieldNote]) -> String {
        let mut text = String::new();
        for note in notes {
            text.push(' ');
            text += &match note {
                FieldNote::Judged(_) => self.word("k_judged").to_owned(),
                FieldNote::HeldBy(name) => format!("{} {}", self.word("k_held_by"), self.name(name)),
                FieldNote::Class(name) => format!("{} {}", self.word("k_class"), self.name(name)),
                FieldNote::Range(least, most) => {
                    let (from, to) = (self.word("k_from"), self.word("k_to"));
                    format!("{from} {} {to} {}", self.literal(least), self.literal(most))
                }
                FieldNote::UpTo(count) => format!("{} {}", self.word("k_up_to"), self.literal(count)),
                FieldNote::Was(name) => format!("{} {}", self.word("k_was"), name.text),
            };
        }
        text
    }

    fn policy(&mut self, policy: &Policy) {
        let unit = self.name(&policy.unit);
        let head = format!("{} {} {} {unit}", self.word("k_policy"), self.pair(&policy.pair), self.word("k_for"));
        if !policy.has_body {
            self.line(&head, policy.span);
            return;
        }
        self.open(&head, policy.span);
        for clause in &policy.clauses {
            match clause {
                Clause::Eligible(conditions, span) => {
                    self.text.push('\n');
                    self.open(self.word("k_eligible_when"), *span);
                    self.conditions(conditions);
                    self.close(*span);
                }
                Clause::Benefit(benefit) => self.benefit(benefit),
                Clause::Attribute(attribute) => self.attribute(attribute),
                Clause::Silence(silence) => self.silence(silence),
                Clause::Scenario(scenario) => {
                    self.text.push('\n');
                    self.scenario(scenario);
                }
            }
        }
        self.close(policy.span);
    }

    fn conditions(&mut self, conditions: &[Condition]) {
        for condition in conditions {
            let label = condition.label.as_ref().map(|l| self.label(&l.text) + self.colon()).unwrap_or_default();
            let evidence = self.evidence(condition.status.as_ref(), condition.source.as_ref());
            self.statement(&label, &condition.expr, &evidence, condition.span);
        }
    }

    /// `head expression tail`, broken into lines where it is too long or holds a comment.
    fn statement(&mut self, head: &str, expr: &Expr, tail: &str, span: Span) {
        let line = format!("{head}{}{tail}", self.expr(expr));
        if self.fits(&line) && !self.commented(span) && !tall(expr) {
            self.line(&line, span);
            return;
        }
        match &expr.kind {
            ExprKind::Block(kind, conditions) => {
                let word = match kind {
                    crate::ast::BlockKind::All => "k_all_of",
                    crate::ast::BlockKind::Any => "k_any_of",
                    crate::ast::BlockKind::None => "k_none_of",
                };
                self.open(&format!("{head}{}", self.word(word)), span);
                self.conditions(conditions);
                self.close_with(tail, span);
            }
            ExprKind::Quantified(quantifier, list, Some(conditions)) => {
                let word = match quantifier {
                    crate::ast::Quantifier::All => "k_all",
                    crate::ast::Quantifier::Any => "k_any",
                    crate::ast::Quantifier::No => "k_no",
                };
                self.open(&format!("{head}{} {}", self.word(word), self.expr(list)), span);
                self.conditions(conditions);
                self.close_with(tail, span);
            }
            ExprKind::Case { subject, rows, .. } => {
                let subject = subject.as_ref().map(|s| format!(" {}", self.expr(s))).unwrap_or_default();
                self.open(&format!("{head}{}{subject}", self.word("k_case")), span);
                for row in rows {
                    self.row_line(row);
                }
                self.close_with(tail, span);
            }
            ExprKind::And(terms) | ExprKind::Or(terms) => {
                let word = self.word(if matches!(expr.kind, ExprKind::And(_)) { "k_and" } else { "k_or" });
                for (i, term) in terms.iter().enumerate() {
                    let text = self.expr(term);
                    // What stands inside the last term comes before it, so that it stays inside the statement.
                    let (line, place) = match i {
                        0 => (format!("{head}{text}"), Span { end: term.span.end, ..span }),
                        _ if i + 1 == terms.len() => (format!("{word} {text}{tail}"), Span { start: span.end, ..span }),
                        _ => (format!("{word} {text}"), term.span),
                    };
                    self.line(&line, place);
                    if i == 0 {
                        self.indent += 1;
                    }
                }
                self.indent = self.indent.saturating_sub(1);
            }
            _ => self.line(&line, span),
        }
    }

    fn close_with(&mut self, tail: &str, span: Span) {
        self.leading_comments(span.end);
        self.indent = self.indent.saturating_sub(1);
        self.line(&format!("}}{tail}"), Span { start: span.end, ..span });
    }

    fn row_line(&mut self, row: &Row) {
        let line = self.row(row);
        if self.fits(&line) && !tall(&row.value) {
            self.line(&line, row.span);
            return;
        }
        let evidence = self.evidence(row.status.as_ref(), row.source.as_ref());
        let value = self.expr(&row.value);
        let head =
            line.strip_suffix(evidence.as_str()).and_then(|l| l.strip_suffix(value.as_str())).unwrap_or("").to_owned();
        self.statement(&head, &row.value, &evidence, row.span);
    }

    fn attribute(&mut self, attribute: &Attribute) {
        let mut line = self.word(attribute.kind.rule()).to_owned();
        if !attribute.values.is_empty() {
            line += self.colon();
            let values: Vec<String> = attribute.values.iter().map(|v| self.expr(v)).collect();
            line += &values.join(self.comma());
        }
        self.line(&line, attribute.span);
    }

    fn silence(&mut self, silence: &Silence) {
        let names: Vec<String> = silence.names.iter().map(|n| self.name(n)).collect();
        let mut line = format!("{} {} {}", self.word("k_allow"), silence.code.text, names.join(self.comma()));
        line.truncate(line.trim_end().len());
        if let Some(reason) = &silence.reason {
            line = format!("{line}{}{}", self.colon(), self.label(&reason.text));
        }
        self.line(&line, silence.span);
    }

    fn benefit(&mut self, benefit: &Benefit) {
        let mut head = format!("{} {}", self.word("k_benefit"), self.name(&benefit.kind));
        if let Some(label) = &benefit.label {
            head = format!("{head} {}", self.label(&label.text));
        }
        match &benefit.amount {
            None => self.line(&head, benefit.span),
            Some(amount) => self.statement(&(head + self.colon()), amount, "", benefit.span),
        }
    }

    pub(super) fn scenario(&mut self, scenario: &Scenario) {
        let mut head = format!("{} {}", self.word("k_scenario"), self.label(&scenario.label.text));
        if let Some(like) = &scenario.like {
            head = format!("{head} {} {}", self.word("k_like"), self.label(&like.text));
        }
        if let Some(on) = &scenario.on {
            head = format!("{head} {} {}", self.word("k_on"), self.date(on));
        }
        self.open(&head, scenario.span);
        for line in &scenario.facts {
            self.fact_line(line);
        }
        self.close(scenario.span);
    }

    fn fact_line(&mut self, fact: &FactLine) {
        let line = self.fact(fact);
        match fact.values.as_slice() {
            [FactValue::Record(inner, span)] if !self.fits(&line) => {
                let head = self.fact_head(fact);
                self.open(head.trim_end(), *span);
                for line in inner {
                    self.fact_line(line);
                }
                self.close(*span);
            }
            _ => self.line(&line, fact.span),
        }
    }

    fn fact_head(&self, fact: &FactLine) -> String {
        let key = match &fact.key {
            FactKey::Expect(_) => self.word("k_expect").to_owned(),
            FactKey::Path(names) => {
                let names: Vec<String> = names.iter().map(|n| self.name(n)).collect();
                names.join(self.pick(".", "的"))
            }
        };
        key + self.colon()
    }

    fn fact(&self, fact: &FactLine) -> String {
        let values: Vec<String> = fact
            .values
            .iter()
            .map(|value| match value {
                FactValue::Expr(expr) => self.expr(expr),
                FactValue::OrMore(_) => self.word("k_or_more").to_owned(),
                FactValue::Record(lines, _) => {
                    let lines: Vec<String> = lines.iter().map(|l| self.fact(l)).collect();
                    format!("{{ {} }}", lines.join(self.pick("; ", "；")))
                }
            })
            .collect();
        self.fact_head(fact) + &values.join(self.comma())
    }
}

/// Whether an expression reads better on several lines however short it is: a block of several conditions.
fn tall(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Block(_, conditions) if conditions.len() > 1)
}
