//! When verdicts change by themselves: a birthday, a status reaching its months, a new figure, a policy that starts or ends.
//!
//! With the facts of today, a verdict can only turn on certain days: where a new epoch begins, where a date of the profile
//! plus a length that some policy asks about is reached, and at the turn of a month where a policy asks for the month or
//! year. Those days are evaluated; nothing in between can differ.

use super::{known, moved, turns};
use crate::graph::intervals::Intervals;
use crate::graph::{Bound, Node, SetDef};
use crate::ids::{FieldId, PolicyId};
use crate::profile::Profile;
use crate::value::Date;
use crate::verdict::from_graph::Scratch;
use crate::verdict::{Verdict, exact};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// A verdict that changes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// The first day of the new verdict.
    pub on: Date,
    /// The policy.
    pub policy: PolicyId,
    /// The verdict until the day before.
    pub from: Verdict,
    /// The verdict from that day on.
    pub to: Verdict,
}

/// The changes after the as-of date of `bound`, up to and with `until`, by date and then by policy. `at` gives the rules of
/// a day, `starts` are the first days of the epochs. Facts stay as they are; dates of the profile are dates.
#[must_use]
pub fn calendar(
    bound: &Bound,
    starts: &[Date],
    profile: &Profile,
    until: Date,
    at: &mut dyn FnMut(Date) -> Option<Rc<Bound>>,
) -> Vec<Turn> {
    let mut scratch = Scratch::default();
    let mut before: Vec<Verdict> = verdicts(bound, profile, &mut scratch);
    let mut found = Vec::new();
    // Days are worked out epoch by epoch, as each has its own conditions.
    let edges: Vec<Date> = starts.iter().copied().filter(|s| *s > bound.as_of && *s <= until).collect();
    let mut days = candidates(bound, profile, bound.as_of, until);
    for edge in edges {
        days.insert(edge);
        if let Some(later) = at(edge) {
            days.extend(candidates(&later, profile, edge, until));
        }
    }
    for day in days {
        let Some(rules) = at(day) else { continue };
        let now = verdicts(&rules, profile, &mut scratch);
        for (i, (from, to)) in before.iter().zip(&now).enumerate() {
            if from != to {
                found.push(Turn { on: day, policy: PolicyId::of(i), from: *from, to: *to });
            }
        }
        before = now;
    }
    found
}

fn verdicts(bound: &Bound, profile: &Profile, scratch: &mut Scratch) -> Vec<Verdict> {
    exact::outcomes(bound, profile, scratch).into_iter().map(|o| o.verdict).collect()
}

/// The days after `from` on which a condition of this epoch can turn.
fn candidates(bound: &Bound, profile: &Profile, from: Date, until: Date) -> BTreeSet<Date> {
    let graph = &bound.graph;
    let mut days = BTreeSet::new();
    let (mut by_month, mut dates, mut steps) = (false, BTreeSet::new(), BTreeSet::new());
    let mut ends: BTreeMap<FieldId, BTreeSet<i64>> = BTreeMap::new();
    for node in graph.nodes() {
        if let Node::Test(fact, set) = node {
            let fixed = graph.set_def(*set).filter(|s| matches!(s, SetDef::Fixed(_))).map(|_| bound.set(*set));
            let all = fixed.into_iter().chain([bound.range(fact.field)]);
            ends.entry(fact.field).or_default().extend(all.flat_map(Intervals::as_slice).flat_map(|(a, b)| [*a, *b]));
        }
    }
    let mut moving = vec![false; graph.nodes().len()];
    for (at, node) in graph.nodes().iter().enumerate() {
        let mut moves = matches!(node, Node::Today);
        node.children(&mut |child| moves |= moving.get(child.0 as usize).copied().unwrap_or(false));
        if let Some(slot) = moving.get_mut(at) {
            *slot = moves;
        }
        match node {
            Node::Test(fact, set) => {
                let Some(def) = graph.set_def(*set) else { continue };
                if matches!(def, SetDef::Fixed(_)) {
                    continue;
                }
                for value in known(profile, &graph.schema, fact.field) {
                    days.extend(turns(def, value));
                }
                // A date that is not known turns a verdict where the ends of what it can be are reached.
                for end in ends.get(&fact.field).into_iter().flatten() {
                    days.extend(
                        [end.saturating_sub(1), *end, end.saturating_add(1)].iter().flat_map(|e| turns(def, *e)),
                    );
                }
            }
            // Arithmetic with dates: every date of the profile in it, moved by every step in it, with today moved or not.
            Node::Shift(_, count, step) => {
                if let Node::Number(n) = graph.node(*count)
                    && let Ok(count) = i64::try_from(n.numerator())
                {
                    steps.insert(match step {
                        crate::graph::Step::Months(m) => (m.saturating_mul(count), 0),
                        crate::graph::Step::Days(d) => (0, d.saturating_mul(count)),
                    });
                }
            }
            Node::Fact(fact) => {
                if matches!(graph.schema.field(fact.field).map(|f| f.ty), Some(crate::schema::FieldType::Date)) {
                    dates.extend(known(profile, &graph.schema, fact.field));
                }
            }
            Node::Year(_) | Node::Month(_) => by_month |= moves,
            _ => {}
        }
    }
    if by_month {
        // Today, moved by a step or not, passes into another month or year near the turn of a month moved back by it.
        let mut month = Date::new(from.year(), u8::try_from(from.month()).unwrap_or(1), 1);
        while let Some(first) = month.filter(|d| *d <= until) {
            dates.insert(first.days());
            month = first.add_months(1);
        }
    }
    for date in dates.into_iter().filter_map(Date::from_days) {
        for (months, whole_days) in steps.iter().copied().chain([(0, 0)]) {
            for sign in [1, -1] {
                let there = moved(date, crate::graph::Step::Months(sign * months));
                let there = there.and_then(|d| d.add_days(sign * whole_days));
                days.extend(there.iter().flat_map(|d| [d.add_days(-1), Some(*d), d.add_days(1)]).flatten());
            }
        }
    }
    days.into_iter().filter(|d| *d > from && *d <= until).collect()
}
