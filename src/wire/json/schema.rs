//! The JSON Schema (2020-12) of a profile, derived from the vocabulary.

use crate::ids::{EntityId, EnumId};
use crate::schema::{Class, Entity, Field, FieldType, Provenance, Schema};
use crate::value::{Date, Language, Number};
use serde_json::{Map, Value, json};

/// The schema of a profile: one definition for each kind of record; a platform can validate against it or generate
/// types from it.
#[must_use]
pub fn json_schema(schema: &Schema) -> Value {
    let mut properties = Map::new();
    let mut definitions = Map::new();
    for (i, entity) in schema.entities.iter().enumerate() {
        let name = definition(schema, EntityId::of(i));
        if schema.is_root(EntityId::of(i)) {
            properties.insert(entity.name.id.clone(), json!({ "$ref": format!("#/$defs/{name}") }));
        }
        definitions.insert(name, record(schema, entity));
    }
    properties.insert(
        "assumptions".to_owned(),
        json!({ "type": "array", "items": { "type": "string" }, "description": "for readers; not matched" }),
    );
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "entitle profile",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "$defs": definitions,
    })
}

fn definition(schema: &Schema, id: EntityId) -> String {
    let name = schema.entity(id).map_or("", |e| e.name.id.as_str());
    match schema.entity(id) {
        Some(e) if e.named => name.to_owned(),
        _ => format!("{name}.{}", id.0),
    }
}

fn record(schema: &Schema, entity: &Entity) -> Value {
    let properties: Map<String, Value> = entity
        .fields
        .iter()
        .filter_map(|f| schema.field(*f))
        .map(|field| (field.name.id.clone(), fact(schema, field)))
        .collect();
    json!({ "type": "object", "title": entity.name.zh, "properties": properties, "additionalProperties": false })
}

fn fact(schema: &Schema, field: &Field) -> Value {
    let mut value = match field.ty {
        FieldType::YesNo => json!({ "type": ["boolean", "null"] }),
        FieldType::Date => {
            let day = |raw: i64| Date::from_days(raw).map(|d| d.to_string()).unwrap_or_default();
            json!({ "type": ["string", "null"], "format": "date", "x-from": day(field.range.0), "x-to": day(field.range.1) })
        }
        FieldType::Quantity(unit) => {
            let percent = if unit.counted == crate::value::Counted::Percent { 100 } else { 1 };
            let bound = |raw: i64| {
                let n = Number::new(i128::from(raw) * percent, i128::from(unit.grains())).unwrap_or(Number::ZERO);
                serde_json::from_str::<Value>(&n.to_string()).unwrap_or(Value::Null)
            };
            json!({
                "type": ["number", "string", "null"], "minimum": bound(field.range.0), "maximum": bound(field.range.1),
                "x-unit": { "zh": unit.words(Language::Zh), "en": unit.words(Language::En) },
            })
        }
        FieldType::Symbol(e) => {
            let mut values = symbols(schema, e);
            values.push(Value::Null);
            json!({ "enum": values })
        }
        FieldType::Set(e) => list(&json!({ "enum": symbols(schema, e) }), None),
        FieldType::Record(e) => json!({ "$ref": format!("#/$defs/{}", definition(schema, e)) }),
        FieldType::List(e) => {
            let entry = json!({ "$ref": format!("#/$defs/{}", definition(schema, e)) });
            let names: Vec<Value> =
                field.includes.iter().filter_map(|f| schema.field(*f)).map(|f| json!(f.name.id)).collect();
            let item = if names.is_empty() { entry } else { json!({ "anyOf": [entry, { "enum": names }] }) };
            list(&item, Some(field.up_to))
        }
    };
    if let Value::Object(object) = &mut value {
        object.insert("title".to_owned(), json!(field.name.zh));
        let class = match field.class {
            Class::Action => "action",
            Class::Grant => "grant",
            Class::Time => "time",
            Class::Circumstance => "circumstance",
            Class::Immutable => "immutable",
        };
        object.insert("x-class".to_owned(), json!(class));
        match &field.provenance {
            Provenance::Declared => {}
            Provenance::Judged => {
                object.insert("x-judged".to_owned(), json!(true));
            }
            Provenance::Register(register) => {
                object.insert("x-held-by".to_owned(), json!({ "id": register.id, "zh": register.zh }));
            }
        }
    }
    value
}

fn symbols(schema: &Schema, e: EnumId) -> Vec<Value> {
    schema.enumeration(e).map(|e| e.values.iter().map(|v| json!(v.name.id)).collect()).unwrap_or_default()
}

fn list(item: &Value, up_to: Option<u32>) -> Value {
    let mut array = json!({ "type": "array", "items": item });
    if let (Some(most), Value::Object(object)) = (up_to, &mut array) {
        object.insert("maxItems".to_owned(), json!(most));
    }
    json!({ "anyOf": [
        array,
        { "type": "object", "properties": {
            "known": array, "not": array, "complete": { "type": "boolean" }
        }, "additionalProperties": false },
        { "type": "null" },
    ] })
}

/// The forms of JSON that come out, whatever the policies are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `entitle.match/1`
    Match,
    /// `entitle.advice/1`
    Advice,
    /// `entitle.record/1`
    Record,
}

/// The JSON Schema of a form, as text.
///
/// ```
/// use entitle::wire::json::schema::{Form, form_schema};
/// assert!(form_schema(Form::Record).contains("entitle.record/1"));
/// ```
#[must_use]
pub const fn form_schema(form: Form) -> &'static str {
    match form {
        Form::Match => include_str!("../../../schemas/match.json"),
        Form::Advice => include_str!("../../../schemas/advice.json"),
        Form::Record => include_str!("../../../schemas/record.json"),
    }
}
