//! Stage 6: advice. What would make a policy apply, which facts still matter, what to ask next, what to apply for first,
//! and when verdicts change by themselves.
//!
//! Everything here is found by evaluating, and shown only after it was evaluated: a suggestion that does not change the
//! verdict, or a question that cannot, does not leave this stage.

pub mod amounts;
pub mod calendar;
mod debug;
pub mod missing;
pub mod needs;
pub mod opened;
pub mod plan;
pub mod prose;
pub mod question;
pub mod reads;

use crate::graph::{Bound, Node, NodeId, SetDef};
use crate::ids::FieldId;
use crate::profile::{Profile, RecordIx, Slot, position};
use crate::schema::{FieldType, Schema};
use crate::value::{Date, Number};
use crate::why::Shown;
use std::collections::BTreeSet;

/// The values of a scalar fact that can make a difference: one of each piece that these conditions cut its range into.
/// At most `cap` of them; a fact that stands in arithmetic has its ends and the middle.
fn pieces(bound: &Bound, nodes: impl Iterator<Item = NodeId>, field: FieldId, cap: usize) -> Vec<i64> {
    let range = bound.range(field);
    let Some((least, most)) = range.ends() else { return Vec::new() };
    let mut cuts: BTreeSet<i64> = BTreeSet::from([least]);
    if most.saturating_sub(least) < 12 {
        cuts.extend((least..=most).filter(|v| range.contains(*v)));
    }
    for node in nodes {
        match bound.graph.node(node) {
            Node::Test(fact, set) if fact.field == field => {
                for (a, b) in bound.set(*set).as_slice() {
                    cuts.extend([*a, b.saturating_add(1)]);
                }
            }
            Node::Fact(fact) if fact.field == field => {
                cuts.extend([most, least.midpoint(most)]);
            }
            _ => {}
        }
    }
    cuts.into_iter().filter(|v| range.contains(*v)).take(cap).collect()
}

/// A profile with one fact said.
pub(crate) fn with(profile: &Profile, record: RecordIx, at: usize, slot: Slot) -> Profile {
    let mut changed = profile.clone();
    changed.set(record, at, slot);
    changed
}

/// A raw value of a fact, to show.
fn show(schema: &Schema, field: FieldId, raw: i64) -> Shown {
    match schema.field(field).map(|f| f.ty) {
        Some(FieldType::YesNo) => Shown::YesNo(raw != 0),
        Some(FieldType::Date) => Date::from_days(raw).map_or(Shown::Unknown, Shown::Date),
        Some(FieldType::Quantity(unit)) => {
            Number::new(i128::from(raw), i128::from(unit.grains())).map_or(Shown::Unknown, |n| Shown::Number(n, unit))
        }
        Some(FieldType::Symbol(e)) => {
            u32::try_from(raw).map_or(Shown::Unknown, |symbol| Shown::Symbols(e, symbol.into()))
        }
        _ => Shown::Unknown,
    }
}

/// The records of a profile.
fn records(profile: &Profile) -> impl Iterator<Item = RecordIx> + use<> {
    (0..profile.len()).filter_map(|i| u32::try_from(i).ok()).map(RecordIx)
}

/// The known values of a fact, over all records that have it.
fn known<'a>(profile: &'a Profile, schema: &'a Schema, field: FieldId) -> impl Iterator<Item = i64> + 'a {
    let at = position(schema, field);
    let entity = schema.field(field).map(|f| f.entity);
    records(profile).filter_map(move |ix| {
        let record = profile.record(ix)?;
        match (Some(record.entity) == entity, profile.slot(ix, at?)) {
            (true, Slot::Scalar(value)) => Some(*value),
            _ => None,
        }
    })
}

/// The days near which a test on a date that moves with the as-of date can turn.
fn turns(set: &SetDef, value: i64) -> Vec<Date> {
    let Some(date) = Date::from_days(value) else { return Vec::new() };
    let day = match set {
        SetDef::Fixed(_) => return Vec::new(),
        SetDef::Today(_) => Some(date),
        SetDef::Since(_, step) => moved(date, *step),
    };
    day.map(|d| [Some(d), d.add_days(1)].into_iter().flatten().collect()).unwrap_or_default()
}

fn moved(date: Date, step: crate::graph::Step) -> Option<Date> {
    match step {
        crate::graph::Step::Months(n) => date.add_months(n),
        crate::graph::Step::Days(n) => date.add_days(n),
    }
}
