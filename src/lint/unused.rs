//! What no policy uses: facts, figures and definitions.

use super::{Finding, error};
use crate::checked::{Expr, Kind, Model};
use crate::diagnostic::Diagnostic;
use crate::ids::{DefineId, FieldId, ParameterId};
use crate::schema::{FieldType, Schema};
use std::collections::BTreeSet;

/// What expressions use, directly or through definitions and figures.
#[derive(Default)]
pub(super) struct Used {
    pub(super) facts: BTreeSet<FieldId>,
    pub(super) defines: BTreeSet<DefineId>,
    pub(super) parameters: BTreeSet<ParameterId>,
}

impl Used {
    pub(super) fn of(model: &Model) -> Self {
        let mut used = Self::default();
        for policy in &model.policies {
            policy.conditions.iter().for_each(|c| used.walk(model, &c.expr));
            policy.benefits.iter().filter_map(|b| b.amount.as_ref()).for_each(|e| used.walk(model, e));
            policy.lasts.iter().chain(&policy.counts_as_income).for_each(|e| used.walk(model, e));
        }
        model.always.iter().for_each(|a| used.walk(model, &a.condition));
        used
    }

    pub(super) fn walk(&mut self, model: &Model, expr: &Expr) {
        match &expr.kind {
            Kind::Field(_, field) => {
                self.facts.insert(*field);
            }
            Kind::Define(id, _) if self.defines.insert(*id) => {
                model.defines.get(id.index()).into_iter().for_each(|d| self.walk(model, &d.value));
            }
            Kind::Parameter(id, _) if self.parameters.insert(*id) => {
                let rows = model.parameters.get(id.index()).into_iter().flat_map(|p| &p.rows);
                rows.for_each(|r| self.walk(model, &r.value));
            }
            _ => {}
        }
        expr.parts(&mut |part| self.walk(model, part));
    }
}

pub(super) fn look(model: &Model, findings: &mut Vec<Finding>) {
    let schema = &model.schema;
    let used = Used::of(model);
    let mut tell = |name: &str, diagnostic: Diagnostic| {
        findings.push(Finding::new(diagnostic).named([name.to_owned()]));
    };
    let figures = model.parameters.iter().enumerate().filter(|(i, _)| !used.parameters.contains(&ParameterId::of(*i)));
    for (_, parameter) in figures {
        let name = &parameter.name.id;
        tell(
            name,
            Diagnostic::warning(error::UNUSED_FIGURE, parameter.span, format!("no policy uses the figure `{name}`"))
                .help("leave it out, or use it where its value is written as a number"),
        );
    }
    // A definition with `this` stands once for each policy; one use is enough.
    let names: BTreeSet<&str> =
        used.defines.iter().filter_map(|d| model.defines.get(d.index())).map(|d| d.name.id.as_str()).collect();
    let mut told = BTreeSet::new();
    // `need` orders the lists of a scan; no policy has to use it.
    let unasked = |d: &&crate::checked::Define| !names.contains(d.name.id.as_str()) && d.name.id != "need";
    for define in model.defines.iter().filter(unasked) {
        let name = &define.name.id;
        if told.insert(name.as_str()) {
            tell(
                name,
                Diagnostic::warning(
                    error::UNUSED_DEFINITION,
                    define.span,
                    format!("no policy uses the definition `{name}`"),
                )
                .help("leave it out, or use it where its text is repeated"),
            );
        }
    }
    for (i, field) in schema.fields.iter().enumerate() {
        let id = FieldId::of(i);
        let holds = matches!(field.ty, FieldType::Record(_) | FieldType::List(_)) || field.back.is_some();
        let receives = ["benefits", "recognitions"].contains(&field.name.id.as_str());
        if !used.facts.contains(&id) && !holds && !receives && named_entity(schema, id) {
            let Some(span) = model.field_spans.get(i).copied() else { continue };
            let name = &field.name.id;
            tell(
                name,
                Diagnostic::warning(error::UNUSED_FACT, span, format!("no policy asks for `{name}`"))
                    .help("leave it out: a household is then never asked for it"),
            );
        }
    }
}

fn named_entity(schema: &Schema, field: FieldId) -> bool {
    schema.field(field).and_then(|f| schema.entity(f.entity)).is_some_and(|e| e.named)
}
