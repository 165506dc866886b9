//! Columns -> NDJSON and CSV, as [`super`] reads them.

use super::Kinds;
use crate::columns::{Column, Columns};
use crate::ids::{EntityId, FieldId};
use crate::schema::{FieldType, Schema};
use crate::value::{Date, Number};
use crate::wire::arrow::layout::written_grains;
use crate::wire::json::write::profile_to_json;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Every household on a line.
#[must_use]
pub fn ndjson_lines(columns: &Columns<'_>, kinds: Kinds, names: &dyn Fn(EntityId, u32) -> Option<String>) -> String {
    let schema = columns.schema();
    let keep: BTreeSet<FieldId> = (0..schema.fields.len()).map(FieldId::of).collect();
    let key = |e: EntityId| schema.entity(e).map_or("", |e| e.name.id.as_str());
    let mut text = String::new();
    for row in 0..columns.units(kinds.household) {
        let Some(profile) = columns.profile(kinds.household, row) else { continue };
        let mut value = profile_to_json(schema, &profile, &keep);
        let people = members(columns, schema, kinds, row);
        let name = |value: Option<&mut Value>, entity: EntityId, row: u32| {
            if let (Some(Value::Object(record)), Some(id)) = (value, names(entity, row)) {
                record.insert("id".to_owned(), json!(id));
            }
        };
        name(value.get_mut(key(kinds.household)), kinds.household, row);
        if kinds.person != kinds.household
            && let Some((list, people)) = people
        {
            let applicant = people.first().copied();
            applicant.into_iter().for_each(|at| name(value.get_mut(key(kinds.person)), kinds.person, at));
            let listed =
                value.get_mut(key(kinds.household)).and_then(|h| h.get_mut(&list)).and_then(Value::as_array_mut);
            for (value, at) in listed.into_iter().flatten().zip(people) {
                name(Some(value), kinds.person, at);
            }
        }
        text += &value.to_string();
        text.push('\n');
    }
    text
}

/// The name of the linked list, and the rows of who stands in it.
fn members(columns: &Columns<'_>, schema: &Schema, kinds: Kinds, row: u32) -> Option<(String, Vec<u32>)> {
    let fields = &schema.entity(kinds.household)?.fields;
    fields.iter().find_map(|id| {
        let field = schema.field(*id).filter(|f| f.back.is_some() && f.ty == FieldType::List(kinds.person))?;
        let (items, _) = columns.list(*id, row)?;
        Some((field.name.id.clone(), items.iter().map(|i| i.0).collect()))
    })
}

/// Every person on a line; lists do not fit one and are left out. `header` writes the names of the columns first.
#[must_use]
pub fn csv_rows(
    columns: &Columns<'_>,
    kinds: Kinds,
    names: &dyn Fn(EntityId, u32) -> Option<String>,
    header: bool,
) -> String {
    let schema = columns.schema();
    let flat = |entity: EntityId| -> Vec<FieldId> {
        let ids = schema.entity(entity).map(|e| e.fields.as_slice()).unwrap_or_default();
        let fits = |id: &&FieldId| matches!(columns.column(**id), Some(Column::Scalar { .. } | Column::Set { .. }));
        ids.iter().filter(fits).copied().collect()
    };
    let (of_person, of_home) = (flat(kinds.person), flat(kinds.household));
    let mut writer = csv::Writer::from_writer(Vec::new());
    let name = |id: &FieldId| schema.field(*id).map_or("", |f| f.name.id.as_str());
    if header {
        let facts = of_person.iter().map(|id| name(id).to_owned());
        let home = of_home.iter().map(|id| format!("household.{}", name(id)));
        let _ = writer.write_record(["household".to_owned(), "id".to_owned()].into_iter().chain(facts).chain(home));
    }
    for row in 0..columns.units(kinds.household) {
        let Some((_, people)) = members(columns, schema, kinds, row) else { continue };
        for person in people {
            let mut cells =
                vec![names(kinds.household, row).unwrap_or_default(), names(kinds.person, person).unwrap_or_default()];
            cells.extend(of_person.iter().map(|id| cell(columns, schema, *id, person)));
            cells.extend(of_home.iter().map(|id| cell(columns, schema, *id, row)));
            // Into memory; there is nothing that could fail.
            let _ = writer.write_record(cells);
        }
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

fn cell(columns: &Columns<'_>, schema: &Schema, id: FieldId, row: u32) -> String {
    let Some(field) = schema.field(id) else { return String::new() };
    let symbol = |e, at: i64| {
        u32::try_from(at).ok().and_then(|at| schema.symbol(e, at)).map_or(String::new(), |s| s.name.id.clone())
    };
    if let FieldType::Set(e) = field.ty {
        return match columns.set(id, row) {
            Some(([], _, true)) => "none".to_owned(),
            Some((values, _, true)) => values.iter().map(|v| symbol(e, i64::from(*v))).collect::<Vec<_>>().join(";"),
            _ => String::new(),
        };
    }
    let Some(raw) = columns.scalar(id, row) else { return String::new() };
    match field.ty {
        FieldType::YesNo => if raw == 0 { "false" } else { "true" }.to_owned(),
        FieldType::Date => Date::from_days(raw).map_or_else(String::new, |d| d.to_string()),
        FieldType::Symbol(e) => symbol(e, raw),
        FieldType::Quantity(unit) => {
            let number = Number::new(i128::from(raw), i128::from(written_grains(unit)));
            number.map_or_else(String::new, |n| n.to_string())
        }
        _ => String::new(),
    }
}
