//! The parser's pairs -> declarations and clauses.

use super::{Builder, Pair, Rule};
use crate::ast::error::{NUMBER, RESERVED};
use crate::ast::{self, keywords};
use crate::diagnostic::Diagnostic;
use crate::span::Span;

impl Builder<'_> {
    pub(super) fn declaration(&mut self, pair: Pair<'_>) -> Option<ast::Item> {
        if pair.as_rule() != Rule::declaration {
            return None;
        }
        let inner = pair.into_inner().next()?;
        match inner.as_rule() {
            Rule::enumeration => self.enumeration(inner).map(ast::Item::Enum),
            Rule::record => self.record(inner).map(ast::Item::Record),
            Rule::define => self.define(inner).map(ast::Item::Define),
            Rule::parameter => self.parameter(inner).map(ast::Item::Parameter),
            Rule::always => self.always(inner).map(ast::Item::Always),
            Rule::policy => self.policy(inner).map(ast::Item::Policy),
            Rule::phrases => Some(ast::Item::Phrases(self.phrases(inner))),
            Rule::silence => self.silence(inner).map(ast::Item::Silence),
            _ => {
                self.unreadable(&inner, Rule::a_declaration);
                None
            }
        }
    }

    pub(super) fn name(&mut self, pair: &Pair<'_>) -> ast::Name {
        let (text, span) = (pair.as_str().to_owned(), self.span(pair));
        self.not_reserved(&text, span, "something is missing before or after it, or the thing needs another name");
        ast::Name { text, span }
    }

    fn not_reserved(&mut self, text: &str, span: Span, help: &str) {
        if keywords::RESERVED.contains(&text) {
            self.findings.push(
                Diagnostic::error(RESERVED, span, format!("`{text}` is a word of the language, not a name"))
                    .label("a name was expected here")
                    .help(help),
            );
        }
    }

    pub(super) fn text(&self, pair: &Pair<'_>) -> ast::Text {
        let quoted = pair.as_str().trim_end();
        let mut characters = quoted.chars();
        characters.next();
        characters.next_back();
        ast::Text { text: characters.as_str().to_owned(), span: self.span(pair) }
    }

    fn pair(&mut self, pair: Pair<'_>) -> Option<ast::Pair> {
        let mut inner = pair.into_inner();
        let name = self.name(&inner.next()?);
        let other = inner.next().map(|text| self.text(&text));
        if let Some(other) = &other {
            self.not_reserved(
                &other.text,
                other.span,
                "in the other language it stands without quotes; it needs another name",
            );
        }
        Some(ast::Pair { name, other })
    }

    fn enumeration(&mut self, pair: Pair<'_>) -> Option<ast::Enum> {
        let span = self.span(&pair);
        let (mut name, mut ascending, mut values) = (None, false, Vec::new());
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::pair => name = self.pair(part),
                Rule::k_ascending => ascending = true,
                Rule::values => values = self.values(part),
                _ => {}
            }
        }
        Some(ast::Enum { pair: name?, ascending, values, span })
    }

    fn values(&mut self, pair: Pair<'_>) -> Vec<ast::EnumValue> {
        let mut values = Vec::new();
        for value in pair.into_inner() {
            let mut parts = value.into_inner();
            let Some(pair) = parts.next().and_then(|p| self.pair(p)) else { continue };
            let inside = parts.next().map(|p| self.values(p)).unwrap_or_default();
            values.push(ast::EnumValue { pair, inside });
        }
        values
    }

    fn record(&mut self, pair: Pair<'_>) -> Option<ast::Record> {
        let span = self.span(&pair);
        let mut parts = pair.into_inner().filter(|p| p.as_rule() != Rule::k_record);
        let name = self.pair(parts.next()?)?;
        let fields = self.fields(parts.next()?);
        Some(ast::Record { pair: name, fields, span })
    }

    fn fields(&mut self, pair: Pair<'_>) -> Vec<ast::Field> {
        pair.into_inner().filter_map(|field| self.field(field)).collect()
    }

    fn field(&mut self, pair: Pair<'_>) -> Option<ast::Field> {
        let span = self.span(&pair);
        let (mut name, mut ty, mut notes) = (None, None, Vec::new());
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::pair => name = self.pair(part),
                Rule::r#type => ty = self.type_expr(part),
                Rule::note => notes.extend(self.note(part)),
                Rule::bad => {
                    self.unreadable(&part, Rule::a_field);
                    return None;
                }
                _ => {}
            }
        }
        Some(ast::Field { pair: name?, ty: ty?, notes, span })
    }

    fn type_expr(&mut self, pair: Pair<'_>) -> Option<ast::TypeExpr> {
        let span = self.span(&pair);
        let mut parts = pair.into_inner();
        let first = parts.next()?;
        Some(match first.as_rule() {
            Rule::k_yes_no => ast::TypeExpr::YesNo(span),
            Rule::k_date => ast::TypeExpr::Date(span),
            Rule::k_set_of => ast::TypeExpr::Set(self.name(&parts.next()?)),
            Rule::unit => ast::TypeExpr::Unit(self.unit(&first)?),
            Rule::fields => ast::TypeExpr::Inline(self.fields(first), span),
            Rule::name => ast::TypeExpr::Named(self.name(&first)),
            Rule::list_type => {
                let of = first.into_inner().find(|p| p.as_rule() != Rule::k_list_of)?;
                match of.as_rule() {
                    Rule::fields => ast::TypeExpr::ListOf(self.fields(of), span),
                    _ => ast::TypeExpr::List(self.name(&of)),
                }
            }
            _ => return None,
        })
    }

    fn note(&mut self, pair: Pair<'_>) -> Option<ast::FieldNote> {
        let span = self.span(&pair);
        let mut parts = pair.into_inner();
        let word = parts.next()?;
        Some(match word.as_rule() {
            Rule::k_judged => ast::FieldNote::Judged(span),
            Rule::k_held_by => ast::FieldNote::HeldBy(self.name(&parts.next()?)),
            Rule::k_class => ast::FieldNote::Class(self.name(&parts.next()?)),
            Rule::k_was => ast::FieldNote::Was(self.name(&parts.next()?)),
            Rule::k_up_to => ast::FieldNote::UpTo(self.literal(parts.next()?)?),
            Rule::k_from => {
                let least = self.literal(parts.next()?)?;
                let most = parts.find(|p| p.as_rule() == Rule::literal)?;
                ast::FieldNote::Range(least, self.literal(most)?)
            }
            _ => return None,
        })
    }

    fn define(&mut self, pair: Pair<'_>) -> Option<ast::Define> {
        let span = self.span(&pair);
        let (mut owner, mut name, mut value) = (None, None, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::owner => owner = part.into_inner().next().map(|n| self.name(&n)),
                Rule::pair => name = self.pair(part),
                Rule::expr => value = self.expr(part),
                _ => {}
            }
        }
        Some(ast::Define { owner, pair: name?, value: value?, span })
    }

    fn parameter(&mut self, pair: Pair<'_>) -> Option<ast::Parameter> {
        let span = self.span(&pair);
        let (mut owner, mut name, mut unit) = (None, None, None);
        let (mut attributes, mut rows) = (Vec::new(), Vec::new());
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::owner => owner = part.into_inner().next().map(|n| self.name(&n)),
                Rule::pair => name = self.pair(part),
                Rule::unit => unit = self.unit(&part),
                Rule::rows => self.rows(part, &mut rows, Some(&mut attributes)),
                _ => {}
            }
        }
        Some(ast::Parameter { owner, pair: name?, unit: unit?, attributes, rows, span })
    }

    fn always(&mut self, pair: Pair<'_>) -> Option<ast::Always> {
        let span = self.span(&pair);
        let (mut owner, mut label, mut condition) = (None, None, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => owner = Some(self.name(&part)),
                Rule::text => label = Some(self.text(&part)),
                Rule::expr => condition = self.expr(part),
                _ => {}
            }
        }
        Some(ast::Always { owner: owner?, label: label?, condition: condition?, span })
    }

    fn phrases(&mut self, pair: Pair<'_>) -> Vec<ast::Phrase> {
        let phrases = pair.into_inner().filter(|p| p.as_rule() == Rule::phrase);
        phrases
            .filter_map(|phrase| {
                let mut parts = phrase.into_inner();
                Some(ast::Phrase { one: self.text(&parts.next()?), other: self.text(&parts.next()?) })
            })
            .collect()
    }

    fn policy(&mut self, pair: Pair<'_>) -> Option<ast::Policy> {
        let span = self.span(&pair);
        let (mut name, mut unit, mut clauses, mut has_body) = (None, None, Vec::new(), false);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::pair => name = self.pair(part),
                Rule::name => unit = Some(self.name(&part)),
                Rule::body => {
                    has_body = true;
                    clauses = part.into_inner().filter_map(|c| self.clause(c)).collect();
                }
                _ => {}
            }
        }
        Some(ast::Policy { pair: name?, unit: unit?, clauses, span, has_body })
    }

    fn clause(&mut self, pair: Pair<'_>) -> Option<ast::Clause> {
        let inner = pair.into_inner().next()?;
        let span = self.span(&inner);
        match inner.as_rule() {
            Rule::eligible => {
                let conditions = inner.into_inner().find(|p| p.as_rule() == Rule::conditions)?;
                Some(ast::Clause::Eligible(self.conditions(conditions), span))
            }
            Rule::benefit => self.benefit(inner).map(ast::Clause::Benefit),
            Rule::attribute => self.attribute(inner).map(ast::Clause::Attribute),
            Rule::scenario => self.scenario(inner).map(ast::Clause::Scenario),
            Rule::silence => self.silence(inner).map(ast::Clause::Silence),
            _ => {
                self.unreadable(&inner, Rule::a_clause);
                None
            }
        }
    }

    fn silence(&mut self, pair: Pair<'_>) -> Option<ast::Silence> {
        let span = self.span(&pair);
        let (mut code, mut names, mut reason) = (None, Vec::new(), None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::code => code = Some(ast::Name { text: part.as_str().to_owned(), span: self.span(&part) }),
                Rule::silenced => names = part.into_inner().map(|n| self.name(&n)).collect(),
                Rule::text => reason = Some(self.text(&part)),
                _ => {}
            }
        }
        Some(ast::Silence { code: code?, names, reason, span })
    }

    fn benefit(&mut self, pair: Pair<'_>) -> Option<ast::Benefit> {
        let span = self.span(&pair);
        let (mut kind, mut label, mut amount) = (None, None, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => kind = Some(self.name(&part)),
                Rule::text => label = Some(self.text(&part)),
                Rule::expr => amount = self.expr(part),
                _ => {}
            }
        }
        Some(ast::Benefit { kind: kind?, label, amount, span })
    }

    pub(super) fn attribute(&mut self, pair: Pair<'_>) -> Option<ast::Attribute> {
        let span = self.span(&pair);
        let (mut word, mut values) = (None, Vec::new());
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::attribute_word => word = part.into_inner().next().map(|p| p.as_rule()),
                Rule::k_source | Rule::k_status => word = Some(part.as_rule()),
                Rule::list => values = part.into_inner().filter_map(|v| self.amount(v)).collect(),
                _ => {}
            }
        }
        let rule = format!("{:?}", word?);
        let kind = ast::AttributeKind::ALL.into_iter().find(|k| k.rule() == rule)?;
        Some(ast::Attribute { kind, values, span })
    }

    /// `30%`, `1240`, `3万`: the digits, exactly.
    pub(super) fn decimal(&mut self, pair: &Pair<'_>, text: &str) -> Option<ast::Decimal> {
        let wan = text.ends_with('万');
        let digits = text.trim_end_matches('万');
        let places = digits.split_once('.').map_or(0, |(_, after)| after.len());
        let joined: String = digits.chars().filter(char::is_ascii_digit).collect();
        let read = || {
            let places = u8::try_from(places).ok().filter(|p| *p <= 12)?;
            let digits = joined.parse::<i128>().ok().filter(|d| *d < 1_000_000_000_000_000_000)?;
            let digits = if wan { digits.checked_mul(10_000)? } else { digits };
            Some(ast::Decimal { digits, places, wan })
        };
        let decimal = read();
        if decimal.is_none() {
            let span = self.span(pair);
            self.findings.push(
                Diagnostic::error(NUMBER, span, "this number has too many digits")
                    .label("at most 18 digits, 12 of them after the point"),
            );
        }
        decimal
    }

    pub(super) fn unit(&mut self, pair: &Pair<'_>) -> Option<ast::Unit> {
        let span = self.span(pair);
        let mut words = pair.clone().into_inner().filter_map(|part| {
            let name = if part.as_rule() == Rule::per { part.into_inner().next()? } else { part };
            let rule = name.into_inner().next()?.as_rule();
            Some(match rule {
                Rule::u_yuan => ast::UnitWord::Yuan,
                Rule::u_square_metre => ast::UnitWord::SquareMetre,
                Rule::u_hour => ast::UnitWord::Hour,
                Rule::u_day => ast::UnitWord::Day,
                Rule::u_week => ast::UnitWord::Week,
                Rule::u_month => ast::UnitWord::Month,
                Rule::u_year => ast::UnitWord::Year,
                Rule::u_year_old => ast::UnitWord::YearOld,
                Rule::u_person => ast::UnitWord::Person,
                Rule::u_time => ast::UnitWord::Time,
                _ => ast::UnitWord::Percent,
            })
        });
        let base = words.next()?;
        Some(ast::Unit { base, per: words.collect(), span })
    }
}
