//! Reasons that are not needed: each is left out where the others settle the verdict without it.

use super::from_verdict::add_facts;
use super::{FactRead, Reason};
use crate::ids::FieldId;
use crate::profile::{Profile, RecordIx, Slot};
use crate::schema::Schema;
use std::collections::BTreeSet;

/// Whether one of several reasons can be spare in Kleene logic: only where it reads what another reads too, or nothing at all. With its own
/// facts unknown a condition is unknown, and nothing else stands for it.
pub(super) fn may_be_spare(because: &[Reason]) -> bool {
    let mut seen: Vec<(Option<RecordIx>, FieldId)> = Vec::new();
    because.len() > 1
        && because.iter().any(|reason| {
            let before = seen.len();
            let facts = reason.facts.iter().map(|f| (f.record, f.field));
            let shared = facts.clone().any(|fact| seen.get(..before).is_some_and(|seen| seen.contains(&fact)));
            seen.extend(facts);
            shared || reason.facts.is_empty()
        })
}

/// Drops reasons that the others, with the facts `besides` them, make unnecessary. Each alternative is settled by its own
/// shortest reason, so one chosen for one alternative can be spare once another needs its neighbour anyway.
pub(super) fn without_spare(
    because: &mut Vec<Reason>,
    besides: &[FactRead],
    mut settles: impl FnMut(BTreeSet<(RecordIx, FieldId)>) -> bool,
) {
    let mut i = because.len();
    while i > 0 && because.len() > 1 {
        i -= 1;
        let others = because.iter().enumerate().filter(|(k, _)| *k != i).flat_map(|(_, r)| &r.facts);
        if settles(others.chain(besides).filter_map(|f| Some((f.record?, f.field))).collect()) {
            because.remove(i);
        }
    }
}

/// The reasons for a verdict that holds whatever the missing facts are: those that are needed, and of the facts that
/// bound the missing ones through constraints, those that are.
pub(super) fn narrowed(
    because: &mut Vec<Reason>,
    mut bounding: Vec<FactRead>,
    mut settles: impl FnMut(BTreeSet<(RecordIx, FieldId)>) -> bool,
) {
    without_spare(because, &bounding, &mut settles);
    let mut i = bounding.len();
    while i > 0 {
        i -= 1;
        let kept = bounding.iter().enumerate().filter(|(k, _)| *k != i).map(|(_, f)| f);
        let all = because.iter().flat_map(|r| &r.facts).chain(kept);
        if settles(all.filter_map(|f| Some((f.record?, f.field))).collect()) {
            bounding.remove(i);
        }
    }
    if let Some(first) = because.first_mut() {
        add_facts(&mut first.facts, bounding);
    }
}

/// The profile with everything forgotten but these facts; links between records stay.
pub(super) fn restricted(profile: &Profile, schema: &Schema, seen: &BTreeSet<(RecordIx, FieldId)>) -> Profile {
    let mut less = profile.clone();
    for ix in (0..profile.len()).filter_map(|i| u32::try_from(i).ok()).map(RecordIx) {
        let Some(entity) = profile.record(ix).and_then(|r| schema.entity(r.entity)) else { continue };
        for (at, field) in entity.fields.iter().enumerate() {
            if !matches!(profile.slot(ix, at), Slot::Record(_)) && !seen.contains(&(ix, *field)) {
                less.set(ix, at, Slot::Unknown);
            }
        }
    }
    less
}
