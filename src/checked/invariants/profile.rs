//! The profiles of scenarios: records of declared kinds, each fact with what its type can hold.

use super::{Kept, broken};
use crate::profile::{Profile, Record, RecordIx, Slot};
use crate::schema::{FieldType, Schema};
use crate::value::Date;
use std::collections::BTreeSet;

pub(super) fn check(schema: &Schema, profile: &Profile, of: &str) -> Kept {
    let mut seen = BTreeSet::new();
    for (entity, ix) in profile.roots() {
        if !profile.record(ix).is_some_and(|r| r.entity == entity) || !seen.insert(entity) {
            return broken("a scenario begins with what is not there", of);
        }
    }
    for i in 0..profile.len() {
        let record = u32::try_from(i).ok().and_then(|i| profile.record(RecordIx(i)));
        if !record.is_some_and(|r| fits(schema, profile, r)) {
            return broken("a scenario holds a fact that does not fit its type", of);
        }
    }
    Ok(())
}

fn fits(schema: &Schema, profile: &Profile, record: &Record) -> bool {
    let Some(entity) = schema.entity(record.entity) else { return false };
    record.slots.len() == entity.fields.len()
        && record
            .slots
            .iter()
            .zip(&entity.fields)
            .all(|(slot, field)| schema.field(*field).is_some_and(|f| slot_fits(schema, profile, slot, f.ty)))
}

fn slot_fits(schema: &Schema, profile: &Profile, slot: &Slot, ty: FieldType) -> bool {
    let is = |ix: &RecordIx, entity| profile.record(*ix).is_some_and(|r| r.entity == entity);
    match (slot, ty) {
        (Slot::Unknown, _) => true,
        (Slot::Scalar(raw), FieldType::YesNo) => (0..=1).contains(raw),
        (Slot::Scalar(raw), FieldType::Date) => Date::from_days(*raw).is_some(),
        (Slot::Scalar(_), FieldType::Quantity(_)) => true,
        (Slot::Scalar(raw), FieldType::Symbol(e)) => u32::try_from(*raw).is_ok_and(|p| schema.symbol(e, p).is_some()),
        (Slot::Record(ix), FieldType::Record(e)) => is(ix, e),
        (Slot::List { items, .. }, FieldType::List(e)) => items.iter().all(|ix| is(ix, e)),
        (Slot::Set { known, not, .. }, FieldType::Set(e)) => [known, not]
            .iter()
            .all(|values| values.is_sorted_by(|a, b| a < b) && values.iter().all(|p| schema.symbol(e, *p).is_some())),
        _ => false,
    }
}
