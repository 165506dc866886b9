//! Every name of a file with its place: what an editor asks for under the cursor.

use super::{
    Attribute, AttributeKind, Clause, Condition, EnumValue, Expr, ExprKind, FactKey, FactLine, FactValue, Field,
    FieldNote, File, Item, Name, Operand, Pair, Row, RowKey, TypeExpr,
};
use crate::span::Span;

/// One name where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mention<'a> {
    /// The spelling.
    pub text: &'a str,
    /// Where, without quotes.
    pub span: Span,
    /// Whether the name is declared here; the spelling in the other language, in quotes, is a part of the declaration.
    pub declares: bool,
}

/// Calls `visit` for every name of a file. Names in lines that could not be read are not there.
///
/// ```
/// use entitle::{ast::{from_text, names}, span::FileId};
/// let (file, _) = from_text::parse(FileId(0), "policy tea \"茶\" for person");
/// let mut found = Vec::new();
/// names::names(&file, &mut |mention| found.push((mention.text.to_owned(), mention.declares)));
/// assert_eq!(found, [("tea".to_owned(), true), ("茶".to_owned(), true), ("person".to_owned(), false)]);
/// ```
pub fn names<'a>(file: &'a File, visit: &mut dyn FnMut(Mention<'a>)) {
    let mut walk = Walk { visit };
    for item in &file.items {
        match item {
            Item::Enum(e) => {
                walk.pair(&e.pair);
                walk.values(&e.values);
            }
            Item::Record(r) => {
                walk.pair(&r.pair);
                walk.fields(&r.fields);
            }
            Item::Define(d) => {
                d.owner.iter().for_each(|n| walk.name(n));
                walk.pair(&d.pair);
                walk.expr(&d.value);
            }
            Item::Parameter(p) => {
                p.owner.iter().for_each(|n| walk.name(n));
                walk.pair(&p.pair);
                p.attributes.iter().for_each(|a| walk.attribute(a));
                walk.rows(&p.rows);
            }
            Item::Always(a) => {
                walk.name(&a.owner);
                walk.expr(&a.condition);
            }
            Item::Policy(p) => {
                walk.pair(&p.pair);
                walk.name(&p.unit);
                p.clauses.iter().for_each(|c| walk.clause(c));
            }
            Item::Silence(s) => s.names.iter().for_each(|n| walk.name(n)),
            Item::Phrases(_) => {}
        }
    }
}

struct Walk<'v, 'a> {
    visit: &'v mut dyn FnMut(Mention<'a>),
}

impl<'a> Walk<'_, 'a> {
    fn name(&mut self, name: &'a Name) {
        (self.visit)(Mention { text: &name.text, span: name.span, declares: false });
    }

    fn pair(&mut self, pair: &'a Pair) {
        (self.visit)(Mention { text: &pair.name.text, span: pair.name.span, declares: true });
        if let Some(other) = &pair.other {
            // Straight and curly quotes are of different length, the same on both sides.
            let quotes =
                (other.span.end - other.span.start).saturating_sub(u32::try_from(other.text.len()).unwrap_or(0));
            let (start, end) = (other.span.start + quotes / 2, other.span.end.saturating_sub(quotes / 2));
            let span = Span { start, end, ..other.span };
            (self.visit)(Mention { text: &other.text, span, declares: true });
        }
    }

    fn values(&mut self, values: &'a [EnumValue]) {
        for value in values {
            self.pair(&value.pair);
            self.values(&value.inside);
        }
    }

    fn fields(&mut self, fields: &'a [Field]) {
        for field in fields {
            self.pair(&field.pair);
            match &field.ty {
                TypeExpr::Named(name) | TypeExpr::Set(name) | TypeExpr::List(name) => self.name(name),
                TypeExpr::ListOf(inner, _) | TypeExpr::Inline(inner, _) => self.fields(inner),
                TypeExpr::YesNo(_) | TypeExpr::Date(_) | TypeExpr::Unit(_) => {}
            }
            for note in &field.notes {
                // The classes and former names are no names that anything else could mean.
                if let FieldNote::HeldBy(name) = note {
                    self.name(name);
                }
            }
        }
    }

    fn clause(&mut self, clause: &'a Clause) {
        match clause {
            Clause::Eligible(conditions, _) => self.conditions(conditions),
            Clause::Benefit(benefit) => benefit.amount.iter().for_each(|a| self.expr(a)),
            Clause::Attribute(attribute) => self.attribute(attribute),
            Clause::Silence(silence) => silence.names.iter().for_each(|n| self.name(n)),
            Clause::Scenario(scenario) => scenario.facts.iter().for_each(|f| self.fact(f)),
        }
    }

    fn attribute(&mut self, attribute: &'a Attribute) {
        if attribute.kind != AttributeKind::Status {
            attribute.values.iter().for_each(|v| self.expr(v));
        }
    }

    fn conditions(&mut self, conditions: &'a [Condition]) {
        conditions.iter().for_each(|c| self.expr(&c.expr));
    }

    fn rows(&mut self, rows: &'a [Row]) {
        for row in rows {
            match &row.key {
                RowKey::Otherwise(_) => {}
                RowKey::Compare(_, operand) => self.operand(operand),
                RowKey::Values(values) => values.iter().for_each(|v| self.expr(v)),
            }
            self.expr(&row.value);
        }
    }

    fn fact(&mut self, fact: &'a FactLine) {
        if let FactKey::Path(names) = &fact.key {
            names.iter().for_each(|n| self.name(n));
        }
        for value in &fact.values {
            match value {
                FactValue::Record(inner, _) => inner.iter().for_each(|f| self.fact(f)),
                FactValue::Expr(expr) => self.expr(expr),
                FactValue::OrMore(_) => {}
            }
        }
    }

    fn operand(&mut self, operand: &'a Operand) {
        match operand {
            Operand::One(value) => self.expr(value),
            Operand::OneOf(values, _) => values.iter().for_each(|v| self.expr(v)),
        }
    }

    fn expr(&mut self, expr: &'a Expr) {
        match &expr.kind {
            ExprKind::Literal(_) | ExprKind::Period(_) => {}
            ExprKind::Name(name) => self.name(name),
            ExprKind::Step(base, name) => {
                self.expr(base);
                self.name(name);
            }
            ExprKind::Filter(base, condition) => {
                self.expr(base);
                self.expr(condition);
            }
            ExprKind::Group(inner) | ExprKind::Not(inner) => self.expr(inner),
            ExprKind::Case { subject, rows, .. } => {
                subject.iter().for_each(|s| self.expr(s));
                self.rows(rows);
            }
            ExprKind::Block(_, conditions) => self.conditions(conditions),
            ExprKind::Quantified(_, list, conditions) => {
                self.expr(list);
                conditions.iter().for_each(|c| self.conditions(c));
            }
            ExprKind::And(terms) | ExprKind::Or(terms) => terms.iter().for_each(|t| self.expr(t)),
            ExprKind::Unless(rule, exception) => {
                self.expr(rule);
                self.expr(exception);
            }
            ExprKind::Compare(left, _, right) => {
                self.expr(left);
                self.operand(right);
            }
            ExprKind::Status { subject, operand, .. } => {
                subject.iter().for_each(|s| self.expr(s));
                self.operand(operand);
            }
            ExprKind::Sum(first, rest) => {
                self.expr(first);
                rest.iter().for_each(|(_, e)| self.expr(e));
            }
            ExprKind::Product(first, rest) => {
                self.expr(first);
                rest.iter().for_each(|(_, e)| self.expr(e));
            }
            ExprKind::Modified(base, modifiers) => {
                self.expr(base);
                for modifier in modifiers {
                    if let super::Modifier::AtMost(value) | super::Modifier::AtLeast(value) = modifier {
                        self.expr(value);
                    }
                }
            }
        }
    }
}
