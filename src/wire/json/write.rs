//! A profile back to JSON, as [`super::profile_from_json`] reads it. Only the facts asked for are written.

use crate::ids::FieldId;
use crate::profile::{Profile, RecordIx, Slot};
use crate::schema::{FieldType, Schema};
use crate::value::{Counted, Date, Number};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The profile as JSON, with the facts in `keep`. Numbers are texts, exactly as they were.
#[must_use]
pub fn profile_to_json(schema: &Schema, profile: &Profile, keep: &BTreeSet<FieldId>) -> Value {
    let mut top = Map::new();
    for (i, entity) in schema.entities.iter().enumerate() {
        let id = crate::ids::EntityId::of(i);
        if let Some(root) = profile.root(id).filter(|_| schema.is_root(id)) {
            let mut written = vec![root];
            top.insert(entity.name.id.clone(), record(schema, profile, root, keep, &mut written));
        }
    }
    Value::Object(top)
}

fn is_root(schema: &Schema, profile: &Profile, ix: RecordIx) -> bool {
    profile.record(ix).is_some_and(|r| profile.root(r.entity) == Some(ix) && schema.is_root(r.entity))
}

fn record(
    schema: &Schema,
    profile: &Profile,
    ix: RecordIx,
    keep: &BTreeSet<FieldId>,
    written: &mut Vec<RecordIx>,
) -> Value {
    let mut object = Map::new();
    let Some(entity) = profile.record(ix).and_then(|r| schema.entity(r.entity)) else { return Value::Null };
    for (at, id) in entity.fields.iter().enumerate() {
        let Some(field) = schema.field(*id) else { continue };
        let slot = profile.slot(ix, at);
        let value = match (slot, field.ty) {
            (Slot::Record(one), _) => {
                // Roots are linked by being roots; a link back is made when the other end is read.
                if is_root(schema, profile, *one) || written.contains(one) {
                    continue;
                }
                written.push(*one);
                record(schema, profile, *one, keep, written)
            }
            _ if !keep.contains(id) => continue,
            (Slot::Scalar(raw), ty) => scalar(schema, ty, *raw),
            (Slot::Set { known, not, complete }, FieldType::Set(e)) => {
                let names = |all: &[u32]| -> Vec<Value> {
                    all.iter().filter_map(|s| schema.symbol(e, *s)).map(|s| json!(s.name.id)).collect()
                };
                match (*complete, not.is_empty()) {
                    (true, _) => json!(names(known)),
                    (false, true) => json!({ "known": names(known), "complete": false }),
                    (false, false) => json!({ "known": names(known), "not": names(not), "complete": false }),
                }
            }
            (Slot::List { items, complete }, _) => {
                let mut entries = Vec::new();
                for item in items {
                    let beside = field.includes.iter().find(|f| {
                        let at = crate::profile::position(schema, **f);
                        at.is_some_and(|at| matches!(profile.slot(ix, at), Slot::Record(one) if one == item))
                    });
                    if let Some(name) = beside.and_then(|f| schema.field(*f)) {
                        entries.push(json!(name.name.id));
                    } else {
                        written.push(*item);
                        entries.push(record(schema, profile, *item, keep, written));
                    }
                }
                if *complete { json!(entries) } else { json!({ "known": entries, "complete": false }) }
            }
            _ => continue,
        };
        object.insert(field.name.id.clone(), value);
    }
    Value::Object(object)
}

fn scalar(schema: &Schema, ty: FieldType, raw: i64) -> Value {
    match ty {
        FieldType::YesNo => json!(raw != 0),
        FieldType::Date => json!(Date::from_days(raw).map(|d| d.to_string())),
        FieldType::Symbol(e) => {
            json!(u32::try_from(raw).ok().and_then(|s| schema.symbol(e, s)).map(|s| s.name.id.clone()))
        }
        FieldType::Quantity(unit) => {
            let scale = if unit.counted == Counted::Percent { 100 } else { 1 };
            let n = Number::new(i128::from(raw) * scale, i128::from(unit.grains()));
            json!(n.map(|n| n.to_string()))
        }
        _ => Value::Null,
    }
}
