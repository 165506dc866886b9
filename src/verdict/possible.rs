//! Whether some household can meet several conditions at once: yes with the household, no, or not proved.
//!
//! The questions of authors come down to this. "Can this condition hold?" is a goal; "do its siblings imply it?" asks for
//! a household that meets them and not it; "are these two the same?" for one that meets one of them only. First a
//! completion is built and evaluated; where that finds none, regions are searched as for verdicts.

use super::exact::{self, RECORDS, Region, look};
use super::from_graph::{Evaluation, Scratch};
use super::{Truth, completion};
use crate::graph::intervals::Intervals;
use crate::graph::{Bound, Comparison, Constraint, Node, NodeId};
use crate::ids::{FieldId, PolicyId};
use crate::profile::{Profile, RecordIx, Slot, position};
use crate::schema::FieldType;
use std::collections::{BTreeMap, BTreeSet};

/// An answer to "is there a household?".
#[derive(Clone, Debug)]
pub enum Possible {
    /// This one: the goals and the constraints hold for it, whatever it leaves open.
    Yes(Box<Profile>),
    /// None, among all that the vocabulary and the constraints allow.
    No,
    /// Not known.
    NotProved {
        /// Whether the search only ended because a figure has no value on that day.
        figure: bool,
    },
}

/// Looks for a household for which each of the goals (a condition, and what it should be) is as wanted. `policies` are those
/// whose constraints bear on the question; at most `limit` regions are looked at.
///
/// The goals are conditions that are asked once a profile, as those of [`crate::graph::Entry`] are.
#[must_use]
pub fn possible(
    bound: &Bound,
    policies: &[PolicyId],
    goals: &[(NodeId, bool)],
    limit: u32,
    scratch: &mut Scratch,
) -> Possible {
    let Some(goals) = simplified(bound, goals) else { return Possible::No };
    let goals = goals.as_slice();
    let entries = policies.iter().filter_map(|p| bound.graph.entry(*p));
    let mut seen = BTreeSet::new();
    let constraints: Vec<&Constraint> =
        entries.flat_map(|entry| exact::relevant(bound, entry)).filter(|c| seen.insert(c.index)).collect();
    let nobody = Profile::new();
    let mut search = scratch.search();
    let base = Evaluation::new(bound, &nobody, scratch);
    let quick = completion::meeting(bound, goals, &constraints, &base, &nobody, &mut search);
    let found = quick.map(|c| c.written(&|field, set| ordinary(bound, field, set)));
    let answer = match found {
        Some(profile) if holds(bound, &profile, goals, &constraints, &mut search) => Possible::Yes(Box::new(profile)),
        _ => searched(bound, goals, &constraints, limit, &mut search),
    };
    scratch.give_back(search);
    answer
}

/// The goals taken apart: each part of what must hold together stands alone, and what another goal settles already is left
/// out of the choices. None where two goals exclude each other as they stand. What must fail comes first, with what reads
/// the same facts behind it: a search that begins there ends sooner.
fn simplified(bound: &Bound, goals: &[(NodeId, bool)]) -> Option<Vec<(NodeId, bool)>> {
    let graph = &bound.graph;
    let mut settled: BTreeMap<NodeId, bool> = BTreeMap::new();
    let mut open: Vec<(NodeId, bool)> = Vec::new();
    let mut stack: Vec<(NodeId, bool)> = goals.iter().rev().copied().collect();
    let mut order = Vec::new();
    while let Some((node, wanted)) = stack.pop() {
        match graph.node(node) {
            Node::Bool(value) if *value != wanted => return None,
            Node::Bool(_) => {}
            Node::Not(inner) => stack.push((*inner, !wanted)),
            Node::And(parts) if wanted => stack.extend(parts.iter().rev().map(|p| (*p, true))),
            Node::Or(parts) if !wanted => stack.extend(parts.iter().rev().map(|p| (*p, false))),
            node_of => match settled.insert(node, wanted) {
                Some(before) if before != wanted => return None,
                Some(_) => {}
                None if matches!(node_of, Node::And(_) | Node::Or(_)) => open.push((node, wanted)),
                None => order.push((node, wanted)),
            },
        }
    }
    let compared: Vec<Bounded> =
        order.iter().filter_map(|(node, wanted)| bounded(graph.node(*node), *wanted)).collect();
    if compared.iter().any(|upper| compared.iter().any(|lower| upper.excludes(bound, lower))) {
        return None;
    }
    let mut first = Vec::new();
    for (node, wanted) in open {
        let (Node::And(parts) | Node::Or(parts)) = graph.node(node) else { continue };
        // Of the ways to meet it, those that are still there.
        let ways: Vec<NodeId> = parts.iter().copied().filter(|p| settled.get(p) != Some(&!wanted)).collect();
        match ways.as_slice() {
            [] => return None,
            [one] => first.push((*one, wanted)),
            _ if parts.iter().any(|p| settled.get(p) == Some(&wanted)) => {}
            _ => first.push((node, wanted)),
        }
    }
    first.extend(order.iter().copied().filter(|(_, wanted)| !wanted));
    order.retain(|(_, wanted)| *wanted);
    let shared: BTreeSet<FieldId> = first.iter().flat_map(|(node, _)| bound.graph.reads(&[*node])).collect();
    order.sort_by_key(|(node, _)| bound.graph.reads(&[*node]).is_disjoint(&shared));
    first.extend(order);
    Some(first)
}

/// A comparison that is to hold: a scalar below or above another.
struct Bounded {
    scalar: NodeId,
    limit: NodeId,
    above: bool,
    strict: bool,
}

fn bounded(node: &Node, wanted: bool) -> Option<Bounded> {
    let Node::Compare(op, scalar, limit) = node else { return None };
    let (above, strict) = match (op, wanted) {
        (Comparison::Less, true) | (Comparison::GreaterOrEqual, false) => (false, true),
        (Comparison::LessOrEqual, true) | (Comparison::Greater, false) => (false, false),
        (Comparison::Greater, true) | (Comparison::LessOrEqual, false) => (true, true),
        (Comparison::GreaterOrEqual, true) | (Comparison::Less, false) => (true, false),
        _ => return None,
    };
    Some(Bounded { scalar: *scalar, limit: *limit, above, strict })
}

impl Bounded {
    /// Whether the two cannot hold together: the same scalar below one limit and above another that is nowhere less. The
    /// search cannot see this where the scalar is computed from much that is missing.
    fn excludes(&self, bound: &Bound, lower: &Self) -> bool {
        let same = self.scalar == lower.scalar && !self.above && lower.above;
        same && (self.strict || lower.strict) && at_most(bound, self.limit, lower.limit, TABLES)
            || self.scalar == self.limit && self.strict
    }
}

/// How deep tables inside tables are compared row by row.
const TABLES: u32 = 4;

/// Whether one scalar is never more than another, as far as their forms show: figures, and tables with the same rows.
fn at_most(bound: &Bound, a: NodeId, b: NodeId, depth: u32) -> bool {
    if a == b {
        return true;
    }
    let Some(depth) = depth.checked_sub(1) else { return false };
    match (bound.graph.node(a), bound.graph.node(b)) {
        (Node::Number(x), Node::Number(y)) => x <= y,
        (Node::Case(rows, last), Node::Case(others, other)) => {
            let same = rows.len() == others.len() && rows.iter().zip(others).all(|(r, o)| r.0 == o.0);
            same && rows.iter().zip(others).all(|(r, o)| at_most(bound, r.1, o.1, depth))
                && at_most(bound, *last, *other, depth)
        }
        _ => false,
    }
}

fn searched(
    bound: &Bound,
    goals: &[(NodeId, bool)],
    constraints: &[&Constraint],
    limit: u32,
    scratch: &mut Scratch,
) -> Possible {
    let mut regions = vec![Region::start(bound, &Profile::new())];
    let mut figure = false;
    let mut left = limit;
    while let Some(region) = regions.pop() {
        if left == 0 {
            return Possible::NotProved { figure: false };
        }
        left -= 1;
        let (truth, blocker, allowed) = look(bound, &region, &region.profile, goals, constraints, scratch);
        if truth == Truth::False || allowed == Truth::False {
            continue;
        }
        if truth == Truth::True && allowed == Truth::True {
            return Possible::Yes(Box::new(written(bound, &region)));
        }
        match blocker {
            Some(blocker) if region.profile.len() < RECORDS => region.split(blocker, &mut regions),
            _ => figure = true,
        }
    }
    if figure { Possible::NotProved { figure } } else { Possible::No }
}

/// Whether the goals and the constraints hold in every completion of a profile, by bounds.
fn holds(
    bound: &Bound,
    profile: &Profile,
    goals: &[(NodeId, bool)],
    constraints: &[&Constraint],
    scratch: &mut Scratch,
) -> bool {
    let region = Region::start(bound, profile);
    let (truth, _, allowed) = look(bound, &region, &region.profile, goals, constraints, scratch);
    truth == Truth::True && allowed == Truth::True
}

fn written(bound: &Bound, region: &Region<'_>) -> Profile {
    let mut profile = (*region.profile).clone();
    for ((record, field), set) in &region.narrowed {
        if let (Some(at), Some(value)) = (position(&bound.graph.schema, *field), ordinary(bound, *field, set)) {
            profile.set(*record, at, Slot::Scalar(value));
        }
    }
    profile
}

/// The value that reads most naturally among those that do: of a quantity the one nearest to none, of a date the last one
/// that is not in the future.
fn ordinary(bound: &Bound, field: FieldId, set: &Intervals) -> Option<i64> {
    let today = bound.as_of.days();
    let (least, most) = set.ends()?;
    match bound.graph.schema.field(field)?.ty {
        FieldType::Date => {
            let past = set.and(&Intervals::range(i64::MIN, today));
            Some(past.ends().map_or(least, |(_, last)| last))
        }
        FieldType::Quantity(_) if least < 0 => {
            let positive = set.and(&Intervals::range(0, i64::MAX));
            Some(positive.ends().map_or(most, |(first, _)| first))
        }
        _ => Some(least),
    }
}

/// The profile with every open fact said that these conditions or the constraints can read: each as it can be. What was
/// settled by bounds alone is then settled by plain evaluation.
#[must_use]
pub fn grounded(bound: &Bound, profile: &Profile, nodes: &[NodeId]) -> Profile {
    let schema = &bound.graph.schema;
    let fields = fields_of(bound, nodes);
    let mut whole = Region::start(bound, profile).profile.as_ref().clone();
    let mut next = 0u32;
    while let Some(record) = whole.record(RecordIx(next)) {
        let ix = RecordIx(next);
        next += 1;
        let facts = schema.entity(record.entity).map(|e| e.fields.clone()).unwrap_or_default();
        for (slot, id) in facts.iter().enumerate().filter(|(_, id)| fields.contains(id)) {
            let Some(field) = schema.field(*id) else { continue };
            let said = match (whole.slot(ix, slot), field.ty) {
                (Slot::Unknown, FieldType::YesNo | FieldType::Date | FieldType::Quantity(_) | FieldType::Symbol(_)) => {
                    ordinary(bound, *id, bound.range(*id)).map(Slot::Scalar)
                }
                (Slot::Unknown, FieldType::Set(_)) => {
                    Some(Slot::Set { known: Vec::new(), not: Vec::new(), complete: true })
                }
                (Slot::Set { known, complete: false, .. }, _) => {
                    Some(Slot::Set { known: known.clone(), not: Vec::new(), complete: true })
                }
                (Slot::Unknown | Slot::List { complete: false, .. }, FieldType::List(_)) => {
                    whole.close(schema, ix, *id);
                    None
                }
                _ => None,
            };
            if let Some(said) = said {
                whole.set(ix, slot, said);
            }
        }
    }
    whole
}

/// The facts that conditions and every constraint read.
#[must_use]
pub fn fields_of(bound: &Bound, nodes: &[NodeId]) -> BTreeSet<FieldId> {
    let mut fields = bound.graph.reads(nodes);
    fields.extend(bound.graph.constraints_fields().flatten());
    fields
}

/// Whether plain evaluation alone, without bounds and search, finds each goal as wanted and no constraint violated.
#[must_use]
pub fn plainly(bound: &Bound, profile: &Profile, goals: &[(NodeId, bool)], scratch: &mut Scratch) -> bool {
    if !exact::contradictions(bound, profile, scratch).is_empty() {
        return false;
    }
    let mut evaluation = Evaluation::new(bound, profile, scratch);
    goals.iter().all(|(node, wanted)| evaluation.truth(*node) == Truth::of(*wanted))
}
