//! The facts that can still matter for an undetermined verdict, exactly.
//!
//! The explanation lists what three-valued logic stopped at. Here each of them is tried: does some answer settle the verdict
//! by itself, and if none does, are there two households that differ in the answer alone and in the verdict? What cannot is
//! dropped. First answers that suggest themselves are tried, then all of them, see `verdict/matters.rs`.

use super::{pieces, with};
use crate::graph::{Bound, Node, NodeId};
use crate::ids::{FieldId, PolicyId};
use crate::profile::{Profile, RecordIx, Slot, position};
use crate::schema::FieldType;
use crate::verdict::from_graph::Scratch;
use crate::verdict::matters::{PAIRS, Turns};
use crate::why::Missing;

/// The most values that are tried for one fact.
const VALUES: usize = 40;

/// Up to so many values of a set are tried in every combination; of more none, each alone, and all together.
const COMBINED: usize = 3;

/// To find the policies that a question bears on, so many pairs of regions are looked at, where that is enough.
const FEW: u32 = 12;

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
    let Some(mut turns) = Turns::of(bound, policy, profile) else { return Vec::new() };
    let nodes = turns.nodes();
    let asked = |missing: &Missing| {
        let asked = Asked { missing: missing.clone(), settles: false };
        // Of a record that is not there nothing is tried.
        let Some(record) = missing.record else { return Some(asked) };
        let place = (record, missing.field);
        let answers = answers_to(bound, &nodes, profile, place);
        let settles =
            answers.iter().any(|answer| turns.settles(place, answer, scratch)) || turns.settled(place, scratch);
        let matters = settles
            || turns.shown(place, &values(bound, &nodes, missing.field), scratch)
            || turns.possible(place, PAIRS, scratch) != Some(false);
        matters.then_some(Asked { settles, ..asked })
    };
    listed.iter().filter_map(asked).collect()
}

/// The policies whose verdict the answer to one question can change: [`exact_missing`] of it alone, without what it would settle.
/// Where one is sure to be among them, others may be for which that was not ruled out.
pub(super) fn bears_on(
    bound: &Bound,
    profile: &Profile,
    policies: &[PolicyId],
    asked: (RecordIx, FieldId),
    scratch: &mut Scratch,
) -> Vec<PolicyId> {
    let mut sure = false;
    let mut kept: Vec<PolicyId> = Vec::new();
    for policy in policies {
        let found = can_matter(bound, profile, *policy, asked, FEW, scratch);
        sure |= found == Some(true);
        kept.extend((found != Some(false)).then_some(*policy));
    }
    // Looked into further until one is sure.
    let mut left = 0;
    while !sure && let Some(policy) = kept.get(left) {
        match can_matter(bound, profile, *policy, asked, PAIRS, scratch) {
            Some(false) => drop(kept.remove(left)),
            found => {
                sure = found == Some(true);
                left += 1;
            }
        }
    }
    kept
}

fn can_matter(
    bound: &Bound,
    profile: &Profile,
    policy: PolicyId,
    asked: (RecordIx, FieldId),
    pairs: u32,
    scratch: &mut Scratch,
) -> Option<bool> {
    let Some(mut turns) = Turns::of(bound, policy, profile) else { return Some(false) };
    let nodes = turns.nodes();
    if turns.shown(asked, &values(bound, &nodes, asked.1), scratch) {
        return Some(true);
    }
    let answers = answers_to(bound, &nodes, profile, asked);
    if answers.iter().any(|answer| turns.settles(asked, answer, scratch)) {
        return Some(true);
    }
    let found = turns.possible(asked, pairs, scratch);
    if found == Some(false) && turns.settled(asked, scratch) { Some(true) } else { found }
}

/// The values of a scalar fact between which these conditions on it turn; none of another.
fn values(bound: &Bound, nodes: &[NodeId], field: FieldId) -> Vec<i64> {
    if is_scalar(bound, field) { pieces(bound, nodes.iter().copied(), field, VALUES) } else { Vec::new() }
}

fn is_scalar(bound: &Bound, field: FieldId) -> bool {
    let ty = bound.graph.schema.field(field).map(|f| f.ty);
    matches!(ty, Some(FieldType::YesNo | FieldType::Date | FieldType::Quantity(_) | FieldType::Symbol(_)))
}

/// The profile with each answer to one question that can make a difference to some policy; of many, some.
pub(super) fn answers(bound: &Bound, profile: &Profile, record: RecordIx, field: FieldId) -> Vec<Profile> {
    let nodes: Vec<NodeId> = bound.graph.ids().collect();
    answers_to(bound, &nodes, profile, (record, field))
}

/// The same for what these nodes ask.
fn answers_to(
    bound: &Bound,
    nodes: &[NodeId],
    profile: &Profile,
    (record, field): (RecordIx, FieldId),
) -> Vec<Profile> {
    let schema = &bound.graph.schema;
    let Some(at) = position(schema, field) else { return Vec::new() };
    match schema.field(field).map(|f| f.ty) {
        Some(FieldType::Set(_)) => {
            // Whatever the answer is, it holds what is held and not what is not.
            let (known, not) = match profile.slot(record, at) {
                Slot::Set { known, not, .. } => (known.as_slice(), not.as_slice()),
                _ => (&[][..], &[][..]),
            };
            let mut open = asked_of(bound, nodes, field);
            open.retain(|symbol| !known.contains(symbol) && !not.contains(symbol));
            let answer = |more: Vec<u32>| {
                let mut known: Vec<u32> = known.iter().copied().chain(more).collect();
                known.sort_unstable();
                with(profile, record, at, Slot::Set { known, not: Vec::new(), complete: true })
            };
            some_of(&open).into_iter().map(answer).collect()
        }
        Some(FieldType::List(_)) => {
            let mut answer = profile.clone();
            answer.close(schema, record, field);
            vec![answer]
        }
        Some(FieldType::Record(_)) | None => Vec::new(),
        Some(_) => pieces(bound, nodes.iter().copied(), field, VALUES)
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

/// The values that some of these conditions ask a set fact for.
fn asked_of(bound: &Bound, nodes: &[NodeId], field: FieldId) -> Vec<u32> {
    let mut symbols: Vec<u32> = Vec::new();
    for node in nodes {
        if let Node::Holds(fact, values) = bound.graph.node(*node)
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
