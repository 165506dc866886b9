//! The facts that can still matter for an undetermined verdict, exactly.
//!
//! The explanation lists what three-valued logic stopped at. Here each of them is tried: does some answer settle the verdict
//! by itself, and if none does, is there any completion of the others in which it turns the verdict? What cannot is dropped.

use super::{pieces, with};
use crate::graph::{Bound, Node};
use crate::ids::{FieldId, PolicyId};
use crate::profile::{Profile, RecordIx, Slot, position};
use crate::schema::FieldType;
use crate::verdict::from_graph::Scratch;
use crate::verdict::matters::Turn;
use crate::verdict::{Verdict, exact};
use crate::why::Missing;

/// The most values that are tried for one fact.
const VALUES: usize = 40;

/// Up to so many values of a set are tried in every combination; of more none, each alone, and all together.
const COMBINED: usize = 3;

/// A missing fact that can still matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The fact.
    pub missing: Missing,
    /// Whether some answer to it settles the verdict, whatever the other facts are.
    pub settles: bool,
}

/// Of the facts an explanation lists, those that can change the verdict.
#[must_use]
pub fn exact_missing(
    bound: &Bound,
    profile: &Profile,
    policy: PolicyId,
    listed: &[Missing],
    scratch: &mut Scratch,
) -> Vec<Asked> {
    let mut found = Vec::new();
    for missing in listed {
        let Some(record) = missing.record else {
            found.push(Asked { missing: missing.clone(), settles: false });
            continue;
        };
        let settles = answers(bound, profile, record, missing.field).into_iter().any(|answer| {
            // An answer that contradicts what is known is none.
            let verdict = exact::outcome(bound, policy, &answer, scratch).verdict;
            matches!(verdict, Verdict::Eligible | Verdict::Ineligible)
                && exact::contradictions(bound, &answer, scratch).is_empty()
        });
        let scalar = is_scalar(bound, missing.field);
        if settles
            || !scalar
            || Turn::of(bound, policy, profile, (record, missing.field), &pieces(bound, missing.field, VALUES))
                .is_some_and(|turn| turn.possible(scratch))
        {
            found.push(Asked { missing: missing.clone(), settles });
        }
    }
    found
}

/// Whether a fact that an explanation lists can change the verdict: [`exact_missing`] of it alone, without what it would settle.
pub(super) fn can_matter(
    bound: &Bound,
    profile: &Profile,
    policy: PolicyId,
    missing: &Missing,
    scratch: &mut Scratch,
) -> bool {
    // What is not looked into stays.
    let Some(record) = missing.record.filter(|_| is_scalar(bound, missing.field)) else { return true };
    let values = pieces(bound, missing.field, VALUES);
    let turn = Turn::of(bound, policy, profile, (record, missing.field), &values);
    turn.is_some_and(|turn| turn.shown(scratch))
        || !exact_missing(bound, profile, policy, std::slice::from_ref(missing), scratch).is_empty()
}

fn is_scalar(bound: &Bound, field: FieldId) -> bool {
    let ty = bound.graph.schema.field(field).map(|f| f.ty);
    matches!(ty, Some(FieldType::YesNo | FieldType::Date | FieldType::Quantity(_) | FieldType::Symbol(_)))
}

/// The profile with each answer to one question that can make a difference.
pub(super) fn answers(bound: &Bound, profile: &Profile, record: RecordIx, field: FieldId) -> Vec<Profile> {
    let schema = &bound.graph.schema;
    let Some(at) = position(schema, field) else { return Vec::new() };
    match schema.field(field).map(|f| f.ty) {
        Some(FieldType::Set(_)) => {
            // Whatever the answer is, it holds what is held and not what is not.
            let (known, not) = match profile.slot(record, at) {
                Slot::Set { known, not, .. } => (known.as_slice(), not.as_slice()),
                _ => (&[][..], &[][..]),
            };
            let mut open = asked_of(bound, field);
            open.retain(|symbol| !known.contains(symbol) && !not.contains(symbol));
            let answer = |more: Vec<u32>| {
                let mut known: Vec<u32> = known.iter().copied().chain(more).collect();
                known.sort_unstable();
                with(profile, record, at, Slot::Set { known, not: Vec::new(), complete: true })
            };
            some_of(&open).into_iter().map(answer).collect()
        }
        Some(FieldType::List(_)) => {
            let items = match profile.slot(record, at) {
                Slot::List { items, .. } => items.clone(),
                _ => Vec::new(),
            };
            vec![with(profile, record, at, Slot::List { items, complete: true })]
        }
        Some(FieldType::Record(_)) | None => Vec::new(),
        Some(_) => pieces(bound, field, VALUES)
            .into_iter()
            .map(|value| with(profile, record, at, Slot::Scalar(value)))
            .collect(),
    }
}

/// Selections of these: every one where they are few.
fn some_of(all: &[u32]) -> Vec<Vec<u32>> {
    if all.len() <= COMBINED {
        let taken =
            |bits: usize| all.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, one)| *one).collect();
        return (0..1usize << all.len()).map(taken).collect();
    }
    let alone = all.iter().map(|one| vec![*one]);
    std::iter::once(Vec::new()).chain(alone).chain([all.to_vec()]).collect()
}

/// The values that some condition asks a set fact for.
fn asked_of(bound: &Bound, field: FieldId) -> Vec<u32> {
    let mut symbols: Vec<u32> = Vec::new();
    for node in bound.graph.nodes() {
        if let Node::Holds(fact, values) = node
            && fact.field == field
        {
            symbols.extend(values);
        }
    }
    symbols.sort_unstable();
    symbols.dedup();
    symbols.truncate(VALUES);
    symbols
}
