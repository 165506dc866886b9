//! Reasons that are not needed: each is left out where the others settle the verdict without it.

use super::from_verdict::add_facts;
use super::{FactRead, Reason};
use crate::ids::FieldId;
use crate::profile::{Profile, RecordIx, Slot};
use crate::schema::Schema;
use std::collections::BTreeSet;

/// Of several reasons, the places of those that can be spare in Kleene logic: only what reads a fact that another reads too, or none at all.
/// With its own facts unknown a condition is unknown, and nothing else stands for it.
pub(super) fn perhaps_spare(because: &[Reason]) -> Vec<usize> {
    if because.len() < 2 {
        return Vec::new();
    }
    let read =
        because.iter().enumerate().flat_map(|(at, reason)| reason.facts.iter().map(move |f| (f.record, f.field, at)));
    let mut read: Vec<(Option<RecordIx>, FieldId, usize)> = read.collect();
    read.sort_unstable();
    read.dedup();
    let shared = read.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).filter(|readers| readers.len() > 1).flatten();
    let bare = because.iter().enumerate().filter(|(_, reason)| reason.facts.is_empty());
    let mut places: Vec<usize> = shared.map(|(_, _, at)| *at).chain(bare.map(|(at, _)| at)).collect();
    places.sort_unstable();
    places.dedup();
    places
}

/// Drops reasons that the others, with the facts `besides` them, make unnecessary. Each alternative is settled by its own
/// shortest reason, so one chosen for one alternative can be spare once another needs its neighbour anyway. Tries those at `places`, in rising
/// order.
pub(super) fn without_spare(
    because: &mut Vec<Reason>,
    places: &[usize],
    besides: &[FactRead],
    mut settles: impl FnMut(BTreeSet<(RecordIx, FieldId)>) -> bool,
) {
    for &i in places.iter().rev() {
        if because.len() < 2 {
            break;
        }
        let others = because.iter().enumerate().filter(|(k, _)| *k != i).flat_map(|(_, r)| &r.facts);
        let known = |f: &FactRead| Some((f.record?, f.field));
        let seen: BTreeSet<(RecordIx, FieldId)> = others.chain(besides).filter_map(known).collect();
        // Where the others read all that it reads, as much is known without it as with it.
        let adds = because.get(i).is_some_and(|r| r.facts.iter().filter_map(known).any(|fact| !seen.contains(&fact)));
        if !adds || settles(seen) {
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
    let all: Vec<usize> = (0..because.len()).collect();
    without_spare(because, &all, &bounding, &mut settles);
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
