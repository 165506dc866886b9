//! The profiles of scenarios: records of declared kinds, each fact with what its type can hold.

use super::{Kept, broken};
use crate::ids::EntityId;
use crate::profile::{RecordIx, Slot, Stored};
use crate::schema::{FieldType, Schema};
use crate::value::Date;
use std::collections::BTreeSet;

pub(super) fn check(schema: &Schema, profile: &Stored, of: &str) -> Kept {
    let kind = |ix: &RecordIx| profile.records().get(ix.0 as usize).map(|r| r.entity);
    let mut seen = BTreeSet::new();
    for (entity, ix) in profile.roots() {
        if kind(ix) != Some(*entity) || !seen.insert(*entity) {
            return broken("a scenario begins with what is not there", of);
        }
    }
    for record in profile.records() {
        let Some(entity) = schema.entity(record.entity) else {
            return broken("a scenario has a record of no declared kind", of);
        };
        let rising = record.known.is_sorted_by(|(a, _), (b, _)| a < b);
        let fits = |(at, slot): &(u32, Slot)| {
            let field = entity.fields.get(*at as usize).and_then(|f| schema.field(*f));
            field.is_some_and(|f| slot_fits(schema, &kind, slot, f.ty))
        };
        if record.slots as usize != entity.fields.len() || !rising || !record.known.iter().all(fits) {
            return broken("a scenario holds a fact that does not fit its type", of);
        }
    }
    Ok(())
}

fn slot_fits(schema: &Schema, kind: &dyn Fn(&RecordIx) -> Option<EntityId>, slot: &Slot, ty: FieldType) -> bool {
    match (slot, ty) {
        (Slot::Scalar(raw), FieldType::YesNo) => (0..=1).contains(raw),
        (Slot::Scalar(raw), FieldType::Date) => Date::from_days(*raw).is_some(),
        (Slot::Scalar(_), FieldType::Quantity(_)) => true,
        (Slot::Scalar(raw), FieldType::Symbol(e)) => u32::try_from(*raw).is_ok_and(|p| schema.symbol(e, p).is_some()),
        (Slot::Record(ix), FieldType::Record(e)) => kind(ix) == Some(e),
        (Slot::List { items, .. }, FieldType::List(e)) => items.iter().all(|ix| kind(ix) == Some(e)),
        (Slot::Set { known, not, .. }, FieldType::Set(e)) => [known, not]
            .iter()
            .all(|values| values.is_sorted_by(|a, b| a < b) && values.iter().all(|p| schema.symbol(e, *p).is_some())),
        _ => false,
    }
}
