//! Declarations of the vocabulary: enums, records, the list of policies, and the links between records.

use super::{Checker, units};
use crate::ast::{self, FieldNote, TypeExpr};
use crate::checked::error::{BOUNDS, DECLARED_TWICE, NO_SUCH_DATE, WRONG_TYPE};
use crate::checked::{Model, Policy};
use crate::diagnostic::Diagnostic;
use crate::ids::{EntityId, EnumId, FieldId, PolicyId};
use crate::schema::{Class, Entity, Enum, Field, FieldType, Provenance, Symbol};
use crate::span::Span;
use crate::value::{Date, Label, Words};

/// Lists hold at most this many entries where their declaration does not say: no household is larger.
const ENTRIES: u32 = 30;

impl<'a> Checker<'a> {
    pub(super) fn declare_enums(&mut self, files: &[ast::File]) {
        let policy = self.names.label("policy");
        self.model.schema.enums.push(Enum { name: policy, ascending: false, values: Vec::new() });
        for item in files.iter().flat_map(|f| &f.items) {
            let ast::Item::Enum(declared) = item else { continue };
            let name = self.declared_label(&declared.pair);
            if self.enum_named(&name.id).is_some() {
                self.twice(&name.id, declared.pair.name.span);
                continue;
            }
            let mut values = Vec::new();
            self.declare_values(&declared.values, None, &mut values);
            self.model.schema.enums.push(Enum { name, ascending: declared.ascending, values });
        }
    }

    fn declare_values(&mut self, declared: &[ast::EnumValue], parent: Option<u32>, values: &mut Vec<Symbol>) {
        for value in declared {
            let name = self.declared_label(&value.pair);
            if values.iter().any(|v| v.name.id == name.id) {
                self.twice(&name.id, value.pair.name.span);
                continue;
            }
            let position = values.len();
            values.push(Symbol { name, parent, end: 0 });
            self.declare_values(&value.inside, u32::try_from(position).ok(), values);
            let end = u32::try_from(values.len()).unwrap_or(u32::MAX);
            if let Some(symbol) = values.get_mut(position) {
                symbol.end = end;
            }
        }
    }

    fn twice(&mut self, name: &str, span: Span) {
        self.report(
            Diagnostic::error(DECLARED_TWICE, span, format!("`{name}` is declared twice"))
                .label("declared before")
                .help("remove one of the two, or give this one another name"),
        );
    }

    pub(super) fn enum_named(&self, id: &str) -> Option<EnumId> {
        self.model.schema.enums.iter().position(|e| e.name.id == id).map(EnumId::of)
    }

    /// A record by name; the entries of an inline list go by the name of the list.
    pub(super) fn entity_by_id(&self, id: &str) -> Option<EntityId> {
        let entities = &self.model.schema.entities;
        let find = |named: bool| entities.iter().position(|e| e.named == named && e.name.id == id);
        find(true).or_else(|| find(false)).map(EntityId::of)
    }

    pub(super) fn declare_records(&mut self, files: &[ast::File]) {
        let records = || {
            files
                .iter()
                .flat_map(|f| &f.items)
                .filter_map(|i| if let ast::Item::Record(r) = i { Some(r) } else { None })
        };
        // All names first, so that records may name each other. A record may be continued in another file.
        for record in records() {
            let name = self.declared_label(&record.pair);
            if self.entity_by_id(&name.id).is_none() {
                self.model.schema.entities.push(Entity { name, fields: Vec::new(), is_unit: false, named: true });
            }
        }
        for record in records() {
            let id = self.names.id(&record.pair.name.text).to_owned();
            if let Some(entity) = self.entity_by_id(&id) {
                self.declare_fields(entity, &record.fields);
            }
        }
    }

    fn declare_fields(&mut self, entity: EntityId, fields: &[ast::Field]) {
        for field in fields {
            let name = self.declared_label(&field.pair);
            if self.model.schema.field_named(entity, &name.id).is_some() {
                self.twice(&name.id, field.pair.name.span);
                continue;
            }
            let Some(ty) = self.field_type(&name, &field.ty) else { continue };
            let range = self.starting_range(ty);
            let id = FieldId::of(self.model.schema.fields.len());
            self.model.field_spans.push(field.span);
            self.model.schema.fields.push(Field {
                name,
                entity,
                ty,
                provenance: Provenance::Declared,
                class: Class::default(),
                range,
                up_to: ENTRIES,
                was: Vec::new(),
                back: None,
                includes: Vec::new(),
            });
            if let Some(entity) = self.model.schema.entities.get_mut(entity.index()) {
                entity.fields.push(id);
            }
            for note in &field.notes {
                self.note(id, note, field.span);
            }
        }
    }

    fn field_type(&mut self, name: &Label, ty: &TypeExpr) -> Option<FieldType> {
        Some(match ty {
            TypeExpr::YesNo(_) => FieldType::YesNo,
            TypeExpr::Date(_) => FieldType::Date,
            TypeExpr::Unit(unit) => FieldType::Quantity(units::unit(unit)),
            TypeExpr::Set(of) => FieldType::Set(self.enum_of(of)?),
            TypeExpr::List(of) => FieldType::List(self.record_of(of)?),
            TypeExpr::ListOf(fields, _) => FieldType::List(self.inline_record(name, fields)),
            TypeExpr::Inline(fields, _) => FieldType::Record(self.inline_record(name, fields)),
            TypeExpr::Named(of) => {
                let id = self.names.id(&of.text).to_owned();
                if let Some(entity) = self.entity_by_id(&id) {
                    FieldType::Record(entity)
                } else {
                    FieldType::Symbol(self.enum_of(of)?)
                }
            }
        })
    }

    fn inline_record(&mut self, name: &Label, fields: &[ast::Field]) -> EntityId {
        let entity = EntityId::of(self.model.schema.entities.len());
        self.model.schema.entities.push(Entity {
            name: name.clone(),
            fields: Vec::new(),
            is_unit: false,
            named: false,
        });
        self.declare_fields(entity, fields);
        entity
    }

    fn enum_of(&mut self, name: &ast::Name) -> Option<EnumId> {
        let found = self.enum_named(self.names.id(&name.text));
        if found.is_none() {
            let names: Vec<String> = self.model.schema.enums.iter().map(|e| e.name.id.clone()).collect();
            self.unknown_name(name, "an enum or a record", names.iter().map(String::as_str));
        }
        found
    }

    pub(super) fn record_of(&mut self, name: &ast::Name) -> Option<EntityId> {
        let found = self.entity_by_id(self.names.id(&name.text));
        if found.is_none() {
            let names: Vec<String> = self.model.schema.entities.iter().map(|e| e.name.id.clone()).collect();
            self.unknown_name(name, "a record", names.iter().map(String::as_str));
        }
        found
    }

    fn starting_range(&self, ty: FieldType) -> (i64, i64) {
        match ty {
            FieldType::YesNo => (0, 1),
            FieldType::Date => {
                let day = |y, m, d| Date::new(y, m, d).map_or(0, Date::days);
                (day(1850, 1, 1), day(2200, 12, 31))
            }
            FieldType::Quantity(unit) => units::default_range(unit),
            FieldType::Symbol(e) => {
                let count = self.model.schema.enumeration(e).map_or(0, |e| e.values.len());
                (0, i64::try_from(count).unwrap_or(0) - 1)
            }
            FieldType::Set(_) | FieldType::Record(_) | FieldType::List(_) => (0, 0),
        }
    }

    fn note(&mut self, id: FieldId, note: &FieldNote, span: Span) {
        let mut changed = self.model.schema.field(id).cloned();
        let Some(field) = changed.as_mut() else { return };
        match note {
            FieldNote::Judged(_) => field.provenance = Provenance::Judged,
            FieldNote::HeldBy(name) => {
                let known = self.enum_named("register").and_then(|e| {
                    let id = self.names.id(&name.text);
                    self.model.schema.symbol_named(e, id)
                });
                if known.is_none() {
                    let registers = self.values_of("register");
                    self.unknown_name(name, "a register", registers.iter().map(String::as_str));
                    return;
                }
                field.provenance = Provenance::Register(self.names.label(&name.text));
            }
            FieldNote::Class(name) => {
                field.class = match self.names.id(&name.text) {
                    "action" => Class::Action,
                    "grant" => Class::Grant,
                    "time" => Class::Time,
                    "circumstance" => Class::Circumstance,
                    "immutable" => Class::Immutable,
                    _ => {
                        let classes = ["action", "grant", "time", "circumstance", "immutable"];
                        self.unknown_name(name, "a class of fact", classes);
                        return;
                    }
                }
            }
            FieldNote::Range(least, most) => {
                let (Some(least), Some(most)) = (self.bound(field.ty, least), self.bound(field.ty, most)) else {
                    return;
                };
                if least > most {
                    self.report(
                        Diagnostic::error(BOUNDS, span, "the least is more than the most")
                            .help("write `from LEAST to MOST`"),
                    );
                    return;
                }
                field.range = (least, most);
            }
            FieldNote::UpTo(literal) => {
                let count = match &literal.kind {
                    ast::LiteralKind::Number(d) | ast::LiteralKind::Quantity(d, _) => units::number(*d),
                    _ => None,
                };
                let count = count.filter(|n| n.is_whole()).and_then(|n| u32::try_from(n.numerator()).ok());
                if let Some(count) = count.filter(|c| (1..=1000).contains(c) && matches!(field.ty, FieldType::List(_)))
                {
                    field.up_to = count;
                } else {
                    self.report(
                        Diagnostic::error(BOUNDS, literal.span, "`up to` says how many entries a list can have")
                            .label("a whole number from 1 to 1000, after a list"),
                    );
                    return;
                }
            }
            FieldNote::Was(name) => field.was.push(name.text.clone()),
        }
        if let (Some(slot), Some(field)) = (self.model.schema.fields.get_mut(id.index()), changed) {
            *slot = field;
        }
    }

    /// The identifiers of an enum's values, for suggestions.
    pub(super) fn values_of(&self, id: &str) -> Vec<String> {
        let found = self.enum_named(id).and_then(|e| self.model.schema.enumeration(e));
        found.map(|e| e.values.iter().map(|v| v.name.id.clone()).collect()).unwrap_or_default()
    }

    /// A bound in the grains of a fact's type.
    fn bound(&mut self, ty: FieldType, literal: &ast::Literal) -> Option<i64> {
        let raw = match (&literal.kind, ty) {
            (ast::LiteralKind::Date(date), FieldType::Date) => return self.date(date).map(Date::days),
            (ast::LiteralKind::Number(d) | ast::LiteralKind::Percent(d), FieldType::Quantity(unit)) => {
                units::number(*d).map(|n| (n, unit, matches!(literal.kind, ast::LiteralKind::Percent(_))))
            }
            (ast::LiteralKind::Quantity(d, written), FieldType::Quantity(unit)) if units::unit(written).alike(unit) => {
                units::number(*d).map(|n| (n, unit, false))
            }
            _ => None,
        };
        let grains = raw.and_then(|(n, unit, percent)| {
            let scale = if percent { unit.grains() / 100 } else { unit.grains() };
            n.multiply(crate::value::Number::whole(i128::from(scale)))
        });
        let grains = grains.filter(|n| n.is_whole()).and_then(|n| i64::try_from(n.numerator()).ok());
        if grains.is_none() {
            self.report(
                Diagnostic::error(BOUNDS, literal.span, "this bound does not fit the fact")
                    .label("a value of the fact's own type and unit is needed"),
            );
        }
        grains
    }

    /// A date that exists.
    pub(super) fn date(&mut self, written: &ast::DateLiteral) -> Option<Date> {
        let date = Date::new(written.year, written.month, written.day);
        if date.is_none() {
            let (y, m, d) = (written.year, written.month, written.day);
            self.report(
                Diagnostic::error(NO_SUCH_DATE, written.span, format!("there is no {y:04}-{m:02}-{d:02}"))
                    .label("not a day of the calendar"),
            );
        }
        date
    }

    pub(super) fn declare_policies(&mut self, files: &'a [ast::File]) {
        for item in files.iter().flat_map(|f| &f.items) {
            let ast::Item::Policy(declared) = item else { continue };
            let name = self.declared_label(&declared.pair);
            if self.symbol_named(EnumId::POLICY, &name.id).is_some() {
                self.twice(&name.id, declared.pair.name.span);
                continue;
            }
            let Some(unit) = self.record_of(&declared.unit) else { continue };
            if let Some(entity) = self.model.schema.entities.get_mut(unit.index()) {
                entity.is_unit = true;
            }
            if let Some(policies) = self.model.schema.enums.get_mut(EnumId::POLICY.index()) {
                let end = u32::try_from(policies.values.len()).unwrap_or(u32::MAX).saturating_add(1);
                policies.values.push(Symbol { name: name.clone(), parent: None, end });
            }
            let policy = PolicyId::of(self.model.policies.len());
            for name in [&name.id, &name.zh] {
                self.policies_by_name.entry(name.clone()).or_insert(policy);
            }
            let title = name.words();
            self.model.policies.push(unwritten(name, unit, title, declared.span));
        }
        // Ranges of facts that name a policy could not be known before all policies were.
        let count = i64::try_from(self.model.policies.len()).unwrap_or(0);
        for field in &mut self.model.schema.fields {
            if field.ty == FieldType::Symbol(EnumId::POLICY) {
                field.range = (0, count - 1);
            }
        }
    }

    /// Two records that name each other are linked; a record fact beside a list of the same record is one of the list.
    pub(super) fn link_records(&mut self) {
        let fields = self.model.schema.fields.clone();
        let holds = |f: &Field, e: EntityId| f.ty == FieldType::Record(e);
        for (i, field) in fields.iter().enumerate() {
            let (FieldType::Record(target) | FieldType::List(target)) = field.ty else { continue };
            let back: Vec<usize> = (0..fields.len())
                .filter(|j| fields.get(*j).is_some_and(|f| f.entity == target && holds(f, field.entity) && *j != i))
                .collect();
            let includes: Vec<FieldId> = match field.ty {
                FieldType::List(_) => (0..fields.len())
                    .filter(|j| fields.get(*j).is_some_and(|f| f.entity == field.entity && holds(f, target)))
                    .map(FieldId::of)
                    .collect(),
                _ => Vec::new(),
            };
            if let Some(slot) = self.model.schema.fields.get_mut(i) {
                slot.back = match back.as_slice() {
                    [one] => Some(FieldId::of(*one)),
                    _ => None,
                };
                // A list is joined only where its entries point back, as members do and creditors do not.
                slot.includes = if slot.back.is_some() { includes } else { Vec::new() };
            }
        }
    }

    pub(super) fn wrong_type(&mut self, span: Span, message: impl Into<String>, label: impl Into<String>) {
        self.report(Diagnostic::error(WRONG_TYPE, span, message).label(label));
    }
}

fn unwritten(name: Label, unit: EntityId, title: Words, span: Span) -> Policy {
    Policy {
        name,
        unit,
        title,
        category: None,
        department: None,
        region: None,
        in_force: Vec::new(),
        sources: Vec::new(),
        status: crate::checked::Status::Illustrative,
        read: None,
        conditions: Vec::new(),
        benefits: Vec::new(),
        exclusions: Vec::new(),
        lasts: None,
        subject_to_places: false,
        counts_as_income: None,
        apply_at: Vec::new(),
        bring: Vec::new(),
        scenarios: Vec::new(),
        written: false,
        span,
    }
}

impl Model {
    /// The label of a policy's position.
    #[must_use]
    pub fn policy_label(&self, position: u32) -> Option<&Label> {
        self.schema.symbol(EnumId::POLICY, position).map(|s| &s.name)
    }
}
