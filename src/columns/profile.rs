//! Columns -> profile: one row and every record it leads to.

use super::Columns;
use crate::ids::{EntityId, FieldId};
use crate::profile::{Profile, RecordIx, Slot};
use crate::schema::FieldType;
use std::collections::BTreeMap;

/// The most records a profile made of columns may have; a household of thirty with thirty entries in each of its lists is far
/// below it.
const RECORDS: usize = 100_000;

pub(super) fn profile(columns: &Columns<'_>, unit: EntityId, row: u32) -> Option<Profile> {
    if row >= columns.rows(unit) {
        return None;
    }
    let mut walk = Walk { columns, profile: Profile::new(), found: BTreeMap::new(), open: Vec::new() };
    let root = walk.reach(unit, row);
    while let Some((entity, row, ix)) = walk.open.pop() {
        walk.fill(entity, row, ix);
    }
    let Walk { mut profile, found, .. } = walk;
    profile.set_root(root);
    for (entity, row) in roots(columns, unit, row) {
        if let Some(ix) = found.get(&(entity, row)) {
            profile.set_root(*ix);
        }
    }
    Some(profile)
}

/// The records of other kinds that policies could be matched against beside a row, as the household is beside a person.
fn roots(columns: &Columns<'_>, unit: EntityId, row: u32) -> Vec<(EntityId, u32)> {
    let schema = columns.schema();
    let facts = schema.entity(unit).map(|e| e.fields.as_slice()).unwrap_or_default();
    facts
        .iter()
        .filter_map(|id| match schema.field(*id)? {
            field if field.back.is_none() => None,
            field => match field.ty {
                FieldType::Record(entity) if schema.is_root(entity) => Some((entity, columns.record(*id, row)?)),
                _ => None,
            },
        })
        .collect()
}

struct Walk<'c, 'a> {
    columns: &'c Columns<'a>,
    profile: Profile,
    found: BTreeMap<(EntityId, u32), RecordIx>,
    open: Vec<(EntityId, u32, RecordIx)>,
}

impl Walk<'_, '_> {
    /// The record of a row, which is added when it is first reached.
    fn reach(&mut self, entity: EntityId, row: u32) -> RecordIx {
        if let Some(ix) = self.found.get(&(entity, row)) {
            return *ix;
        }
        let ix = self.profile.add(self.columns.schema(), entity);
        self.found.insert((entity, row), ix);
        self.open.push((entity, row, ix));
        ix
    }

    fn fill(&mut self, entity: EntityId, row: u32, ix: RecordIx) {
        let schema = self.columns.schema();
        let facts: &[FieldId] = schema.entity(entity).map(|e| e.fields.as_slice()).unwrap_or_default();
        for (position, id) in facts.iter().enumerate() {
            let kind = match schema.field(*id).map(|f| f.ty) {
                Some(FieldType::Record(e) | FieldType::List(e)) => Some(e),
                _ => None,
            };
            let slot = match (self.columns.slot(*id, row), kind) {
                (Slot::Record(target), Some(kind)) if self.profile.len() < RECORDS => {
                    Slot::Record(self.reach(kind, target.0))
                }
                (Slot::List { items, complete }, Some(kind)) if self.profile.len() < RECORDS => {
                    let items = items.iter().map(|item| self.reach(kind, item.0)).collect();
                    Slot::List { items, complete }
                }
                (slot @ (Slot::Scalar(_) | Slot::Set { .. }), None) => slot,
                _ => Slot::Unknown,
            };
            self.profile.set(ix, position, slot);
        }
    }
}
