//! The smallest household that still shows something: facts are left out one by one while what it shows stays.

use crate::profile::{Profile, RecordIx, Slot};
use crate::schema::Schema;

/// The profile with as few facts as it takes: nothing more can be left out without `shows` failing. Facts go first, then
/// entries of lists; the links between records stay.
///
/// `shows` is asked once a fact and once more a round, so that what only one fact kept in place goes too.
#[must_use]
pub fn smallest(schema: &Schema, profile: &Profile, shows: &mut dyn FnMut(&Profile) -> bool) -> Profile {
    let mut best = profile.clone();
    loop {
        let mut changed = false;
        for ix in records(profile).rev() {
            let count = best.record(ix).map_or(0, |r| r.slots.len());
            for at in (0..count).rev() {
                let before = best.slot(ix, at).clone();
                for slot in less(&before) {
                    best.set(ix, at, slot);
                    if shows(&best) {
                        changed = true;
                        break;
                    }
                    best.set(ix, at, before.clone());
                }
            }
        }
        if !changed {
            return reached(schema, &best).filter(|p| shows(p)).unwrap_or(best);
        }
    }
}

/// What one fact could be said as with less said, the least first.
fn less(slot: &Slot) -> Vec<Slot> {
    match slot {
        Slot::Scalar(_) => vec![Slot::Unknown],
        Slot::Set { known, not, complete } => {
            let mut all = vec![Slot::Unknown];
            if *complete && !known.is_empty() {
                all.push(Slot::Set { known: known.clone(), not: Vec::new(), complete: false });
            }
            for values in [known, not] {
                for left_out in values.iter().filter(|_| known.len() + not.len() > 1) {
                    let keep = |all: &[u32]| all.iter().copied().filter(|v| v != left_out).collect::<Vec<_>>();
                    all.push(Slot::Set { known: keep(known), not: keep(not), complete: *complete });
                }
            }
            all
        }
        Slot::List { items, complete } => {
            let mut all = vec![Slot::Unknown];
            if *complete && !items.is_empty() {
                all.push(Slot::List { items: items.clone(), complete: false });
            }
            for left_out in items.iter().rev().filter(|_| items.len() > 1) {
                let keep = items.iter().copied().filter(|i| i != left_out).collect();
                all.push(Slot::List { items: keep, complete: *complete });
            }
            all
        }
        Slot::Unknown | Slot::Record(_) => Vec::new(),
    }
}

/// The profile without records that nothing leads to any more.
fn reached(schema: &Schema, profile: &Profile) -> Option<Profile> {
    let mut seen = vec![false; profile.len()];
    let roots = (0..schema.entities.len()).map(crate::ids::EntityId::of).filter_map(|e| profile.root(e));
    let mut stack: Vec<RecordIx> = roots.collect();
    while let Some(ix) = stack.pop() {
        let slot = seen.get_mut(ix.0 as usize)?;
        if std::mem::replace(slot, true) {
            continue;
        }
        for slot in &profile.record(ix)?.slots {
            match slot {
                Slot::Record(one) => stack.push(*one),
                Slot::List { items, .. } => stack.extend(items),
                _ => {}
            }
        }
    }
    let mut place = Vec::new();
    let mut other = Profile::new();
    for (ix, seen) in records(profile).zip(&seen) {
        place.push(if *seen { Some(other.add(schema, profile.record(ix)?.entity)) } else { None });
    }
    let moved = |ix: RecordIx| place.get(ix.0 as usize).copied().flatten();
    for ix in records(profile) {
        let Some(there) = moved(ix) else { continue };
        let record = profile.record(ix)?;
        if profile.root(record.entity) == Some(ix) {
            other.set_root(there);
        }
        for (at, slot) in record.slots.iter().enumerate() {
            let slot = match slot {
                Slot::Record(one) => Slot::Record(moved(*one)?),
                Slot::List { items, complete } => {
                    Slot::List { items: items.iter().filter_map(|i| moved(*i)).collect(), complete: *complete }
                }
                same => same.clone(),
            };
            other.set(there, at, slot);
        }
    }
    Some(other)
}

fn records(profile: &Profile) -> impl DoubleEndedIterator<Item = RecordIx> + use<> {
    (0..profile.len()).filter_map(|i| u32::try_from(i).ok()).map(RecordIx).collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_of_a_set_can_go_alone() {
        let set = |known: &[u32], not: &[u32]| Slot::Set { known: known.to_vec(), not: not.to_vec(), complete: false };
        assert_eq!(less(&set(&[1], &[2])), [Slot::Unknown, set(&[], &[2]), set(&[1], &[])]);
        // What says nothing more is the unknown itself.
        assert_eq!(less(&set(&[1], &[])), [Slot::Unknown]);
    }
}
