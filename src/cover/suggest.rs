//! Looks for a household that shows a change: the authors' cases with one fact or two moved to a boundary of either text.

use crate::graph::{Bound, Node, NodeId};
use crate::ids::{FieldId, PolicyId};
use crate::profile::{Profile, RecordIx, Slot};
use crate::schema::{Field, FieldType};
use crate::value::{Date, Number};
use crate::verdict::from_graph::{Evaluation, Scratch};
use crate::verdict::{Verdict, exact};
use std::collections::{BTreeMap, BTreeSet};

/// The most households that are judged for one change.
const TRIES: usize = 3_000;

/// What a policy says of a household.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The verdict.
    pub verdict: Verdict,
    /// The amounts, where it is eligible.
    pub amounts: Vec<Option<Number>>,
}

impl Judged {
    /// Whether a scenario can expect it.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        matches!(self.verdict, Verdict::Eligible | Verdict::Ineligible)
    }
}

/// What a policy says of a household, by the rules of a day.
#[must_use]
pub fn judge(bound: &Bound, policy: PolicyId, profile: &Profile, scratch: &mut Scratch) -> Judged {
    let verdict = exact::outcome(bound, policy, profile, scratch).verdict;
    let mut amounts = Vec::new();
    if verdict == Verdict::Eligible
        && let Some(entry) = bound.graph.entry(policy)
    {
        let mut evaluation = Evaluation::new(bound, profile, scratch);
        amounts.extend(entry.amounts.iter().map(|a| evaluation.point(a.value.node)));
    }
    Judged { verdict, amounts }
}

/// One fact said otherwise: the record, the place of the fact in it, and what is said.
pub type Move = (RecordIx, usize, Slot);

/// A household that shows a change.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Its facts.
    pub profile: Profile,
    /// In which facts it differs from the case it began with.
    pub moves: Vec<Move>,
    /// What the policies say as they are.
    pub now: Judged,
    /// What they would say with the change.
    pub changed: Judged,
}

/// The case with one or two facts moved such that the policies as they are settle it, and the changed ones say something
/// else. None where the search found none.
#[must_use]
pub fn shown(now: &Bound, changed: &Bound, policy: PolicyId, base: &Profile, scratch: &mut Scratch) -> Option<Shown> {
    let mut tries = 0usize;
    let mut differs = |profile: &Profile, moves: &[Move], scratch: &mut Scratch| {
        tries = tries.saturating_add(1);
        let before = judge(now, policy, profile, scratch);
        if !before.is_settled() || !exact::contradictions(now, profile, scratch).is_empty() {
            return (None, tries);
        }
        let after = judge(changed, policy, profile, scratch);
        let found = (after != before).then(|| Shown {
            profile: profile.clone(),
            moves: moves.to_vec(),
            now: before,
            changed: after,
        });
        (found, tries)
    };
    if let (Some(found), _) = differs(base, &[], scratch) {
        return Some(found);
    }
    let moves = moves(now, changed, policy, base, scratch);
    for one in &moves {
        if let (Some(found), _) = differs(&moved(base, std::slice::from_ref(one)), std::slice::from_ref(one), scratch) {
            return Some(found);
        }
    }
    for (i, one) in moves.iter().enumerate() {
        for two in moves.iter().skip(i.saturating_add(1)).filter(|two| (one.0, one.1) != (two.0, two.1)) {
            let pair = [one.clone(), two.clone()];
            let (found, tries) = differs(&moved(base, &pair), &pair, scratch);
            if found.is_some() || tries > TRIES {
                return found;
            }
        }
    }
    None
}

fn moved(base: &Profile, moves: &[Move]) -> Profile {
    let mut profile = base.clone();
    for (record, at, slot) in moves {
        profile.set(*record, *at, slot.clone());
    }
    profile
}

/// What the conditions and amounts of a policy ask of each fact.
#[derive(Default)]
struct Asked {
    /// The values at which a number, date or value turns.
    cuts: BTreeMap<FieldId, BTreeSet<i64>>,
    /// Values asked of a set.
    holds: BTreeMap<FieldId, BTreeSet<u32>>,
    /// Facts in arithmetic.
    summed: BTreeSet<FieldId>,
}

impl Asked {
    fn look(&mut self, bound: &Bound, policy: PolicyId) {
        let Some(entry) = bound.graph.entry(policy) else { return };
        let mut stack: Vec<NodeId> = entry.root.into_iter().chain(entry.amounts.iter().map(|a| a.value.node)).collect();
        let mut seen = BTreeSet::new();
        while let Some(id) = stack.pop() {
            if !seen.insert(id) {
                continue;
            }
            match bound.graph.node(id) {
                Node::Test(fact, set) => {
                    let ends = bound.set(*set).as_slice().iter().flat_map(|(a, b)| [*a, *b]);
                    let near = ends.flat_map(|e| [e.saturating_sub(1), e, e.saturating_add(1)]);
                    self.cuts.entry(fact.field).or_default().extend(near);
                }
                Node::Holds(fact, values) => {
                    self.holds.entry(fact.field).or_default().extend(values.iter().copied());
                }
                Node::Fact(fact) => {
                    self.cuts.entry(fact.field).or_default();
                    self.summed.insert(fact.field);
                }
                _ => {}
            }
            bound.graph.node(id).children(&mut |child| stack.push(child));
        }
    }
}

/// Every fact of the household that the policy asks for, said as each boundary of either text has it.
fn moves(now: &Bound, changed: &Bound, policy: PolicyId, base: &Profile, scratch: &mut Scratch) -> Vec<Move> {
    let mut asked = Asked::default();
    asked.look(now, policy);
    asked.look(changed, policy);
    let schema = &now.graph.schema;
    let mut all = Vec::new();
    for ix in (0..base.len()).filter_map(|i| u32::try_from(i).ok()).map(RecordIx) {
        let Some(entity) = base.record(ix).and_then(|r| schema.entity(r.entity)) else { continue };
        for (at, id) in entity.fields.iter().enumerate() {
            let Some(field) = schema.field(*id) else { continue };
            if matches!(field.ty, FieldType::Set(_)) {
                for value in asked.holds.get(id).into_iter().flatten() {
                    all.push((ix, at, toggled(base.slot(ix, at), *value)));
                }
                continue;
            }
            let Some(cuts) = asked.cuts.get(id) else { continue };
            let mut values = cuts.clone();
            if let (true, Slot::Scalar(from)) = (asked.summed.contains(id), base.slot(ix, at)) {
                for bound in [now, changed] {
                    values.extend(turns(bound, policy, base, (ix, at), *from, field, scratch));
                }
            }
            let fits = |v: &i64| field.range.0 <= *v && *v <= field.range.1;
            // Coarse values first: they are the ones an author would write.
            let mut values: Vec<i64> = values.into_iter().filter(fits).collect();
            values.sort_by_key(|v| v.rem_euclid(100) != 0);
            all.extend(values.into_iter().map(|v| (ix, at, Slot::Scalar(v))));
        }
    }
    all
}

fn toggled(slot: &Slot, value: u32) -> Slot {
    let mut held = match slot {
        Slot::Set { known, .. } => known.clone(),
        _ => Vec::new(),
    };
    match held.iter().position(|v| *v == value) {
        Some(at) => drop(held.remove(at)),
        None => held.push(value),
    }
    held.sort_unstable();
    Slot::Set { known: held, not: Vec::new(), complete: true }
}

/// The values between which the verdict turns on the way to either end of what the fact can be.
fn turns(
    bound: &Bound,
    policy: PolicyId,
    base: &Profile,
    place: (RecordIx, usize),
    from: i64,
    field: &Field,
    scratch: &mut Scratch,
) -> Vec<i64> {
    let mut found = Vec::new();
    let mut verdict = |value: i64| {
        let profile = moved(base, &[(place.0, place.1, Slot::Scalar(value))]);
        exact::outcome(bound, policy, &profile, scratch).verdict
    };
    let here = verdict(from);
    for end in [field.range.0, field.range.1] {
        if verdict(end) == here {
            continue;
        }
        let (mut same, mut other) = (from, end);
        while same.abs_diff(other) > 1 {
            let middle = same.midpoint(other);
            if verdict(middle) == here {
                same = middle;
            } else {
                other = middle;
            }
        }
        found.extend([same, other]);
    }
    found
}

/// The days that conditions of a policy compare today with, and the days after them.
#[must_use]
pub fn named_days(bound: &Bound) -> Vec<Date> {
    let graph = &bound.graph;
    let mut days = Vec::new();
    let is_today = |id: NodeId| matches!(graph.node(id), Node::Today);
    for node in graph.nodes() {
        match node {
            Node::Compare(_, a, b) if is_today(*a) || is_today(*b) => {
                for side in [*a, *b] {
                    if let Node::Number(n) = graph.node(side)
                        && let Ok(day) = i64::try_from(n.numerator())
                    {
                        days.extend([day.saturating_sub(1), day, day.saturating_add(1)]);
                    }
                }
            }
            Node::InSet(a, set) if is_today(*a) => {
                let ends = bound.set(*set).as_slice().iter().flat_map(|(a, b)| [*a, *b]);
                days.extend(ends.flat_map(|e| [e.saturating_sub(1), e, e.saturating_add(1)]));
            }
            _ => {}
        }
    }
    days.into_iter().filter_map(Date::from_days).collect()
}
