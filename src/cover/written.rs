//! A household as a scenario in the language, ready to paste.

use super::suggest::{Move, Shown};
use crate::ast::{
    DateLiteral, Decimal, Expr, ExprKind, FactKey, FactLine, FactValue, Literal, LiteralKind, Name, Scenario, Text,
    Unit, UnitWord,
};
use crate::checked::{Condition, Model, Policy, Type};
use crate::profile::{Profile, RecordIx, Slot};
use crate::schema::{Field, FieldType};
use crate::span::Span;
use crate::value::{Counted, Date, Label, Language, Number, Unit as Measure};
use crate::verdict::Verdict;

/// The scenario that expects what the policies say now, written in one language: like the case it began with where only
/// facts on the way from the applicant changed, in full otherwise. `failing` is the condition that fails.
#[must_use]
pub fn scenario(
    model: &Model,
    policy: &Policy,
    like: (&str, Date),
    on: Date,
    shown: &Shown,
    failing: Option<&Condition>,
    language: Language,
) -> Scenario {
    let writer = Writer { model, profile: &shown.profile, language };
    let root = shown.profile.root(policy.unit);
    let ways: Option<Vec<Vec<RecordIx>>> = shown.moves.iter().map(|m| writer.way(root?, m)).collect();
    let mut facts = Vec::new();
    let in_full = ways.is_none();
    if let (Some(ways), Some(root)) = (ways, root) {
        for (one, way) in shown.moves.iter().zip(ways) {
            facts.extend(writer.line(root, &way, one));
        }
    } else if let Some(root) = root {
        facts = writer.facts(root, &mut vec![root]);
    }
    facts.push(writer.expectation(policy, shown, failing));
    let said: Vec<String> = shown.moves.iter().map(|m| writer.said(m)).collect();
    let label = match (language, said.is_empty()) {
        (_, true) => format!("{} {on}", like.0),
        (Language::Zh, _) => format!("{}，{}", like.0, said.join("，")),
        (Language::En, _) => format!("{}, {}", like.0, said.join(", ")),
    };
    let another_day = in_full || on != like.1;
    Scenario {
        label: text(&label),
        like: (!in_full).then(|| text(like.0)),
        on: another_day.then(|| date(on)),
        facts,
        span: Span::default(),
    }
}

struct Writer<'a> {
    model: &'a Model,
    profile: &'a Profile,
    language: Language,
}

impl Writer<'_> {
    /// The records on the way from the root to that of a change; none where it leads through a list, or to a set that
    /// the other scenario may have written in a record.
    fn way(&self, root: RecordIx, (record, at, _): &Move) -> Option<Vec<RecordIx>> {
        let mut ways = vec![vec![root]];
        let mut seen = vec![root];
        let mut next = 0usize;
        while let Some(way) = ways.get(next).cloned() {
            let last = *way.last()?;
            if last == *record {
                let set = matches!(self.field(last, *at)?.ty, FieldType::Set(_));
                return (!set || way.len() == 1).then_some(way);
            }
            for slot in self.profile.record(last).map_or(&[][..], |r| r.slots.as_slice()) {
                if let Slot::Record(ix) = slot
                    && !seen.contains(ix)
                {
                    seen.push(*ix);
                    ways.push(way.iter().copied().chain([*ix]).collect());
                }
            }
            next = next.saturating_add(1);
        }
        None
    }

    fn field(&self, record: RecordIx, at: usize) -> Option<&Field> {
        let entity = self.model.schema.entity(self.profile.record(record)?.entity)?;
        self.model.schema.field(*entity.fields.get(at)?)
    }

    fn word(&self, label: &Label) -> String {
        if self.language == Language::Zh { label.zh.clone() } else { label.id.clone() }
    }

    /// `home.savings: 12 yuan`.
    fn line(&self, root: RecordIx, way: &[RecordIx], (record, at, slot): &Move) -> Option<FactLine> {
        let mut names = Vec::new();
        let mut here = root;
        for next in way.iter().skip(1) {
            let entity = self.model.schema.entity(self.profile.record(here)?.entity)?;
            let links = |at: &usize| matches!(self.profile.slot(here, *at), Slot::Record(ix) if ix == next);
            let at = (0..entity.fields.len()).find(links)?;
            names.push(name(&self.word(&self.field(here, at)?.name)));
            here = *next;
        }
        let field = self.field(*record, *at)?;
        names.push(name(&self.word(&field.name)));
        Some(line(names, self.plain(field, slot)?))
    }

    /// A fact in words, for the name of the scenario.
    fn said(&self, (record, at, slot): &Move) -> String {
        let Some(field) = self.field(*record, *at) else { return String::new() };
        let space = if self.language == Language::Zh { "" } else { " " };
        let value = match (slot, field.ty) {
            (Slot::Scalar(raw), FieldType::Quantity(unit)) => {
                let scale = if unit.counted == Counted::Percent { 100 } else { 1 };
                let n = Number::new(i128::from(*raw).saturating_mul(scale), i128::from(unit.grains()));
                let mut words = n.map(|n| n.to_string()).unwrap_or_default();
                let unit = unit.words(self.language);
                if unit != "%" {
                    words += space;
                }
                words + &unit
            }
            (Slot::Scalar(raw), FieldType::Date) => Date::from_days(*raw).map(|d| d.to_string()).unwrap_or_default(),
            (Slot::Scalar(raw), FieldType::Symbol(e)) => {
                let symbol = u32::try_from(*raw).ok().and_then(|s| self.model.schema.symbol(e, s));
                symbol.map(|s| s.name.get(self.language)).unwrap_or_default()
            }
            (Slot::Scalar(raw), _) => match (self.language, *raw != 0) {
                (Language::Zh, true) => "是",
                (Language::Zh, false) => "否",
                (Language::En, true) => "yes",
                (Language::En, false) => "no",
            }
            .to_owned(),
            (Slot::Set { known, .. }, FieldType::Set(e)) => {
                let names = known.iter().filter_map(|s| self.model.schema.symbol(e, *s));
                let names: Vec<String> = names.map(|s| s.name.get(self.language)).collect();
                match (names.is_empty(), self.language) {
                    (true, Language::Zh) => "无".to_owned(),
                    (true, Language::En) => "none".to_owned(),
                    (_, Language::Zh) => names.join("、"),
                    (_, Language::En) => names.join(" and "),
                }
            }
            _ => String::new(),
        };
        format!("{}{space}{value}", field.name.get(self.language))
    }

    /// Every known fact of a record, and of the records in it.
    fn facts(&self, record: RecordIx, written: &mut Vec<RecordIx>) -> Vec<FactLine> {
        let count = self.profile.record(record).map_or(0, |r| r.slots.len());
        let mut lines = Vec::new();
        for at in 0..count {
            let Some(field) = self.field(record, at) else { continue };
            let values = match self.profile.slot(record, at) {
                Slot::Unknown => continue,
                Slot::Record(inner) => {
                    if written.contains(inner) {
                        continue;
                    }
                    written.push(*inner);
                    Some(vec![FactValue::Record(self.facts(*inner, written), Span::default())])
                }
                Slot::List { items, complete } => Some(self.entries(record, field, items, *complete, written)),
                slot => self.plain(field, slot),
            };
            lines.extend(values.map(|values| line(vec![name(&self.word(&field.name))], values)));
        }
        lines
    }

    fn entries(
        &self,
        record: RecordIx,
        list: &Field,
        items: &[RecordIx],
        complete: bool,
        written: &mut Vec<RecordIx>,
    ) -> Vec<FactValue> {
        let mut values = Vec::new();
        for item in items {
            let beside = list.includes.iter().find(|f| {
                let at = crate::profile::position(&self.model.schema, **f);
                at.is_some_and(|at| matches!(self.profile.slot(record, at), Slot::Record(one) if one == item))
            });
            if let Some(field) = beside.and_then(|f| self.model.schema.field(*f)) {
                values.push(named(&self.word(&field.name)));
            } else {
                written.push(*item);
                values.push(FactValue::Record(self.facts(*item, written), Span::default()));
            }
        }
        if items.is_empty() && complete {
            values.push(named(if self.language == Language::Zh { "无" } else { "none" }));
        }
        if !complete {
            values.push(FactValue::OrMore(Span::default()));
        }
        values
    }

    /// A value or the values of a set; none for what stands in records of its own.
    fn plain(&self, field: &Field, slot: &Slot) -> Option<Vec<FactValue>> {
        match (slot, field.ty) {
            (Slot::Scalar(raw), FieldType::YesNo) => {
                Some(vec![literal(if *raw != 0 { LiteralKind::Yes } else { LiteralKind::No })])
            }
            (Slot::Scalar(raw), FieldType::Date) => {
                Some(vec![literal(LiteralKind::Date(date(Date::from_days(*raw)?)))])
            }
            (Slot::Scalar(raw), FieldType::Symbol(e)) => {
                let symbol = self.model.schema.symbol(e, u32::try_from(*raw).ok()?)?;
                Some(vec![named(&self.word(&symbol.name))])
            }
            (Slot::Scalar(raw), FieldType::Quantity(unit)) => {
                Some(vec![quantity(Number::new(i128::from(*raw), i128::from(unit.grains()))?, unit)?])
            }
            (Slot::Set { known, complete, .. }, FieldType::Set(e)) => {
                let symbols = known.iter().filter_map(|s| self.model.schema.symbol(e, *s));
                let mut values: Vec<FactValue> = symbols.map(|s| named(&self.word(&s.name))).collect();
                match (values.is_empty(), complete) {
                    (true, true) => values.push(named(if self.language == Language::Zh { "无" } else { "none" })),
                    (_, false) => values.push(FactValue::OrMore(Span::default())),
                    _ => {}
                }
                Some(values)
            }
            _ => None,
        }
    }

    fn expectation(&self, policy: &Policy, shown: &Shown, failing: Option<&Condition>) -> FactLine {
        let zh = self.language == Language::Zh;
        let verdict = match (shown.now.verdict, zh) {
            (Verdict::Eligible, true) => "符合",
            (Verdict::Eligible, false) => "eligible",
            (Verdict::Ineligible, true) => "不符合",
            (_, true) => "待定",
            (Verdict::Ineligible, false) => "ineligible",
            (_, false) => "undetermined",
        };
        let mut values = vec![named(verdict)];
        if shown.now.verdict == Verdict::Eligible {
            let units = policy.benefits.iter().filter_map(|b| b.amount.as_ref()).map(|a| a.ty);
            // Amounts are expected in order, so they end where one is not known.
            for (amount, ty) in shown.now.amounts.iter().zip(units) {
                let (Some(n), Type::Number(unit)) = (amount, ty) else { break };
                let Some(value) = quantity(*n, unit) else { break };
                values.push(value);
            }
        } else if let Some(condition) = failing {
            values.extend(self.because(condition));
        }
        FactLine { key: FactKey::Expect(Span::default()), values, span: Span::default() }
    }

    /// What an expectation calls a condition: its label, or a name that stands in it.
    fn because(&self, condition: &Condition) -> Option<FactValue> {
        if condition.expr.labelled && !condition.exclusion {
            let words = condition.expr.words.as_ref()?.get(self.language).to_owned();
            return condition.names.contains(&words).then(|| literal(LiteralKind::Text(words)));
        }
        let id = condition.names.first()?;
        let schema = &self.model.schema;
        let labels = schema
            .fields
            .iter()
            .map(|f| &f.name)
            .chain(self.model.defines.iter().map(|d| &d.name))
            .chain(self.model.policies.iter().map(|p| &p.name))
            .chain(self.model.parameters.iter().map(|p| &p.name));
        let mut labels = labels.filter(|l| l.id == *id);
        Some(named(&labels.next().map_or_else(|| id.clone(), |l| self.word(l))))
    }
}

fn name(text: &str) -> Name {
    Name { text: text.to_owned(), span: Span::default() }
}

fn text(text: &str) -> Text {
    Text { text: text.to_owned(), span: Span::default() }
}

fn line(path: Vec<Name>, values: Vec<FactValue>) -> FactLine {
    FactLine { key: FactKey::Path(path), values, span: Span::default() }
}

fn named(text: &str) -> FactValue {
    FactValue::Expr(Expr { kind: ExprKind::Name(name(text)), span: Span::default() })
}

fn literal(kind: LiteralKind) -> FactValue {
    let literal = Literal { kind, span: Span::default() };
    FactValue::Expr(Expr { kind: ExprKind::Literal(literal), span: Span::default() })
}

fn date(day: Date) -> DateLiteral {
    DateLiteral {
        year: day.year(),
        month: day.month().unsigned_abs(),
        day: day.day().unsigned_abs(),
        span: Span::default(),
    }
}

/// A number in its unit; none where it does not end after a few places or the unit has no words.
fn quantity(n: Number, unit: Measure) -> Option<FactValue> {
    let percent = unit.counted == Counted::Percent;
    let n = if percent { n.multiply(Number::whole(100))? } else { n };
    let mut places = 0u8;
    let mut digits = n;
    while !digits.is_whole() {
        places = places.checked_add(1).filter(|p| *p <= 9)?;
        digits = digits.multiply(Number::whole(10))?;
    }
    let decimal = Decimal { digits: digits.numerator(), places, wan: false };
    if decimal.digits < 0 {
        return None;
    }
    if percent {
        return Some(literal(LiteralKind::Percent(decimal)));
    }
    if unit.is_plain() && unit.counted == Counted::Plain {
        return Some(literal(LiteralKind::Number(decimal)));
    }
    Some(literal(LiteralKind::Quantity(decimal, written_unit(unit)?)))
}

fn written_unit(unit: Measure) -> Option<Unit> {
    let span = Span::default();
    let counted = match unit.counted {
        Counted::People => Some(UnitWord::Person),
        Counted::Times => Some(UnitWord::Time),
        Counted::Age => Some(UnitWord::YearOld),
        _ => None,
    };
    let words = [
        (unit.yuan, UnitWord::Yuan),
        (unit.area, UnitWord::SquareMetre),
        (unit.hour, UnitWord::Hour),
        (unit.day, UnitWord::Day),
        (unit.week, UnitWord::Week),
        (unit.month, UnitWord::Month),
        (unit.year, UnitWord::Year),
    ];
    let base = counted.or_else(|| words.iter().find(|(power, _)| *power == 1).map(|(_, word)| *word))?;
    let per = words.iter().filter(|(power, _)| *power == -1).map(|(_, word)| *word).collect();
    if words.iter().any(|(power, _)| power.abs() > 1) {
        return None;
    }
    Some(Unit { base, per, span })
}
