//! A profile of one vocabulary in another: what both know by the same name and type is carried over, the rest is not known.

use crate::ids::EnumId;
use crate::profile::{Profile, RecordIx, Slot, position};
use crate::schema::{FieldType, Schema};

/// The profile in the other vocabulary, record by record.
pub(super) fn carried(from: &Schema, to: &Schema, profile: &Profile) -> Option<Profile> {
    let mut other = Profile::new();
    for ix in records(profile) {
        let entity = from.entity(profile.record(ix)?.entity)?;
        let there = to.entities.iter().position(|e| e.name.id == entity.name.id && e.named == entity.named)?;
        other.add(to, crate::ids::EntityId::of(there));
    }
    for ix in records(profile) {
        let record = profile.record(ix)?;
        if profile.root(record.entity) == Some(ix) {
            other.set_root(ix);
        }
        let entity = from.entity(record.entity)?;
        let there = other.record(ix)?.entity;
        for (at, id) in entity.fields.iter().enumerate() {
            let Some(field) = from.field(*id) else { continue };
            let former = || field.was.iter().find_map(|was| to.field_named(there, was));
            let Some(twin) = to.field_named(there, &field.name.id).or_else(former) else { continue };
            let (Some(ty), Some(place)) = (to.field(twin).map(|f| f.ty), position(to, twin)) else { continue };
            if let Some(slot) = slot(from, to, field.ty, ty, profile.slot(ix, at)) {
                other.set(ix, place, slot);
            }
        }
    }
    Some(other)
}

fn records(profile: &Profile) -> impl Iterator<Item = RecordIx> + use<> {
    (0..profile.len()).filter_map(|i| u32::try_from(i).ok()).map(RecordIx)
}

fn slot(from: &Schema, to: &Schema, ty: FieldType, other: FieldType, slot: &Slot) -> Option<Slot> {
    match (slot, ty, other) {
        (Slot::Scalar(raw), FieldType::Symbol(a), FieldType::Symbol(b)) => {
            symbol(from, to, a, b, u32::try_from(*raw).ok()?).map(|s| Slot::Scalar(i64::from(s)))
        }
        (Slot::Scalar(_), FieldType::Quantity(a), FieldType::Quantity(b)) if a == b => Some(slot.clone()),
        (Slot::Scalar(_), FieldType::YesNo, FieldType::YesNo) | (Slot::Scalar(_), FieldType::Date, FieldType::Date) => {
            Some(slot.clone())
        }
        (Slot::Set { known, not, complete }, FieldType::Set(a), FieldType::Set(b)) => {
            let names = |all: &[u32]| {
                let mut mapped: Vec<u32> = all.iter().filter_map(|s| symbol(from, to, a, b, *s)).collect();
                mapped.sort_unstable();
                mapped
            };
            Some(Slot::Set { known: names(known), not: names(not), complete: *complete })
        }
        (Slot::Record(_), FieldType::Record(_), FieldType::Record(_))
        | (Slot::List { .. }, FieldType::List(_), FieldType::List(_)) => Some(slot.clone()),
        _ => None,
    }
}

fn symbol(from: &Schema, to: &Schema, a: EnumId, b: EnumId, value: u32) -> Option<u32> {
    to.symbol_named(b, &from.symbol(a, value)?.name.id)
}
