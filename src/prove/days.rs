//! The days within an epoch on which the answer to a question about all households can turn.

use crate::graph::{Bound, Node, NodeId, SetDef, Step};
use crate::ids::FieldId;
use crate::value::Date;
use std::collections::{BTreeMap, BTreeSet};

/// The most days that are looked at within one epoch.
const DAYS: usize = 48;

/// The days that conditions compare today with, the turns of the months where they ask for its month, and the days on which
/// a fixed date and a moving one change places, as "born before 1960" and "at least 60 years old" do in 2020.
pub(super) fn turning(bound: &Bound) -> Vec<Date> {
    let graph = &bound.graph;
    let mut days = BTreeSet::new();
    let is_today = |id: NodeId| matches!(graph.node(id), Node::Today);
    let mut fixed: BTreeMap<FieldId, BTreeSet<i64>> = BTreeMap::new();
    let mut moving: BTreeMap<FieldId, Vec<Step>> = BTreeMap::new();
    for node in graph.nodes() {
        match node {
            Node::Compare(_, a, b) if is_today(*a) || is_today(*b) => {
                for side in [*a, *b] {
                    if let Node::Number(n) = graph.node(side) {
                        let day = i64::try_from(n.numerator()).ok();
                        days.extend(day.into_iter().flat_map(|d| [d, d.saturating_add(1)]));
                    }
                }
            }
            Node::InSet(a, set) if is_today(*a) => {
                days.extend(bound.set(*set).as_slice().iter().flat_map(|(a, b)| [*a, b.saturating_add(1)]));
            }
            Node::Year(a) | Node::Month(a) if is_today(*a) => {
                let first = graph.span().0.max(Date::new(2000, 1, 1).unwrap_or(Date::FIRST));
                days.extend((0..13).filter_map(|m| Some(first.add_months(m)?.days())));
            }
            Node::Test(fact, set) => match graph.set_def(*set) {
                Some(SetDef::Fixed(set)) => {
                    let ends = set.as_slice().iter().flat_map(|(a, b)| [*a, b.saturating_add(1)]);
                    fixed.entry(fact.field).or_default().extend(ends);
                }
                Some(SetDef::Since(_, step)) => moving.entry(fact.field).or_default().push(*step),
                Some(SetDef::Today(_)) => moving.entry(fact.field).or_default().push(Step::Days(0)),
                None => {}
            },
            _ => {}
        }
    }
    for (field, steps) in moving {
        for day in fixed.get(&field).into_iter().flatten().filter_map(|d| Date::from_days(*d)) {
            for step in &steps {
                let due = match step {
                    Step::Months(n) => day.add_months(*n),
                    Step::Days(n) => day.add_days(*n),
                };
                days.extend(due.into_iter().flat_map(|d| [d.days(), d.days().saturating_add(1)]));
            }
        }
    }
    let (from, to) = graph.span();
    days.into_iter().filter_map(Date::from_days).filter(|d| *d > from && *d <= to).take(DAYS).collect()
}
