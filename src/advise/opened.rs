//! A profile with the records there that policies look at, so that what is missing is a fact of some record.

use crate::graph::{Bound, Node, NodeId};
use crate::ids::EntityId;
use crate::profile::{Profile, RecordIx, Slot, position};
use crate::schema::{Field, FieldType};

/// The most records that are added to a profile.
const ADDED: usize = 200;

/// The profile with the records that are not there and that policies or constraints look at, after those that are. Nothing is known
/// of them.
///
/// Of the kinds that policies are for, those that stand beside one that is there: the household of a person, linked with it as the
/// top level of a profile in JSON is; all kinds where there is none. Somebody of whom no venture is told has none to be asked about.
/// Then records in facts. A profile that has them all is the same.
#[must_use]
pub fn opened(bound: &Bound, profile: &Profile) -> Profile {
    let mut profile = profile.clone();
    roots(bound, &mut profile);
    let schema = &bound.graph.schema;
    let most = profile.len() + ADDED;
    // Who follows a fact comes after whoever follows the one before: records inside records are found in one pass.
    for node in bound.graph.nodes() {
        let Node::Follow(fact) = node else { continue };
        let Some(field) = schema.field(fact.field) else { continue };
        let FieldType::Record(entity) = field.ty else { continue };
        for ix in reached(bound, &profile, fact.record) {
            let here = profile.record(ix).is_some_and(|r| r.entity == field.entity);
            if here && profile.len() < most && *profile.slot(ix, fact.position as usize) == Slot::Unknown {
                let fresh = profile.add(schema, entity);
                profile.link(schema, ix, fact.field, Slot::Record(fresh));
            }
        }
    }
    profile
}

/// The records that a node can stand for: a root, the entries of lists, or what stands in a fact of those.
fn reached(bound: &Bound, profile: &Profile, node: NodeId) -> Vec<RecordIx> {
    match bound.graph.node(node) {
        Node::Unit(kind) => profile.root(*kind).into_iter().collect(),
        Node::Element(_) => super::records(profile).flat_map(|ix| entries(profile, ix)).collect(),
        Node::Follow(fact) => {
            let from = reached(bound, profile, fact.record).into_iter();
            from.filter_map(|ix| match profile.slot(ix, fact.position as usize) {
                Slot::Record(to) => Some(*to),
                _ => None,
            })
            .collect()
        }
        _ => Vec::new(),
    }
}

/// The entries of the lists of a record.
fn entries(profile: &Profile, ix: RecordIx) -> Vec<RecordIx> {
    let slots = profile.record(ix).map_or(&[][..], |r| r.slots.as_slice()).iter();
    slots.flat_map(|slot| if let Slot::List { items, .. } = slot { items.as_slice() } else { &[] }).copied().collect()
}

/// The records that policies are for: those that a root leads to, else new ones; and what links them.
fn roots(bound: &Bound, profile: &mut Profile) {
    let schema = &bound.graph.schema;
    let kinds: Vec<EntityId> = (0..schema.entities.len()).map(EntityId::of).filter(|e| schema.is_root(*e)).collect();
    let none = kinds.iter().all(|kind| profile.root(*kind).is_none());
    let beside = |a: EntityId, b: EntityId| {
        let links = |f: &Field| f.back.is_some() && (f.entity, f.ty) == (a, FieldType::Record(b));
        schema.fields.iter().any(links)
    };
    loop {
        let there = |kind: &EntityId| profile.root(*kind).is_some();
        let near = |kind: &EntityId| none || kinds.iter().any(|k| there(k) && (beside(*k, *kind) || beside(*kind, *k)));
        let Some(kind) = kinds.iter().find(|kind| !there(kind) && near(kind)) else { break };
        let led_to = kinds.iter().filter_map(|other| profile.root(*other)).find_map(|from| led(profile, from, *kind));
        let root = led_to.unwrap_or_else(|| profile.add(schema, *kind));
        profile.set_root(root);
    }
    for (from, owner) in kinds.iter().filter_map(|kind| Some((profile.root(*kind)?, *kind))).collect::<Vec<_>>() {
        for id in schema.entity(owner).map(|e| e.fields.clone()).unwrap_or_default() {
            let Some(field) = schema.field(id).filter(|f| f.back.is_some()) else { continue };
            let FieldType::Record(of) = field.ty else { continue };
            let unknown = position(schema, id).is_some_and(|at| *profile.slot(from, at) == Slot::Unknown);
            if let Some(to) = profile.root(of).filter(|to| unknown && *to != from) {
                profile.link(schema, from, id, Slot::Record(to));
            }
        }
    }
}

/// The record of a kind that stands in a fact of another.
fn led(profile: &Profile, from: RecordIx, kind: EntityId) -> Option<RecordIx> {
    profile.record(from)?.slots.iter().find_map(|slot| match slot {
        Slot::Record(to) if profile.record(*to).is_some_and(|r| r.entity == kind) => Some(*to),
        _ => None,
    })
}
