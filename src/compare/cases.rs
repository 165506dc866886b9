//! The authors' cases and their neighbours: for policies that cannot be joined, and where a figure without a value is in the
//! way of a proof. A household that the two sets judge differently is looked for at every boundary of either text.

use super::{About, Change, Found, Side, Witness, carry, shows, verdicts};
use crate::advise::with;
use crate::checked::Model;
use crate::graph::{Bound, Node, NodeId, digest};
use crate::ids::{EntityId, FieldId, PolicyId};
use crate::profile::{Profile, RecordIx, Slot};
use crate::schema::FieldType;
use crate::value::Date;
use crate::verdict::from_graph::Scratch;
use crate::verdict::smallest::smallest;
use crate::verdict::{Verdict, exact};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The most days of difference on which a household is looked for.
const DAYS: usize = 4;

/// The rules of a day with the digests of their nodes.
pub(super) type Day = Rc<(Rc<Bound>, Vec<[u8; 32]>)>;
pub(super) type Digests = BTreeMap<(bool, Date), Option<Day>>;

/// Compares one policy by cases; `more` are households to begin with.
pub(super) fn one(
    old: &mut Side<'_>,
    new: &mut Side<'_>,
    pair: (PolicyId, PolicyId),
    more: Vec<(Profile, Date)>,
    span: (Option<Date>, Option<Date>),
    seen: &mut Digests,
) -> Change {
    let within = |day: &Date| span.0.is_none_or(|from| from <= *day) && span.1.is_none_or(|to| *day <= to);
    let mut differing = Vec::new();
    for day in days(old, new, pair).into_iter().chain(span.0).filter(within) {
        let (a, b) = (rules(old, false, day, seen), rules(new, true, day, seen));
        let (Some(a), Some(b)) = (a, b) else { continue };
        if meaning(&a, pair.0) != meaning(&b, pair.1) {
            differing.push((day, a, b));
        }
    }
    if differing.is_empty() {
        return Change::Equal;
    }
    let mut found: BTreeMap<About, Box<Witness>> = BTreeMap::new();
    let mut scratch = Scratch::default();
    for (base, on) in more.into_iter().chain(cases(old, new, pair)) {
        // Each case on its own day where the two differ then, and on the days of the difference otherwise.
        let own = within(&on).then(|| rules(old, false, on, seen).zip(rules(new, true, on, seen))).flatten();
        let own = own.map(|(a, b)| (on, a, b));
        for (_, a, b) in own.iter().chain(differing.iter().take(DAYS)) {
            for profile in neighbours(old.model, (&a.0, &b.0), pair, &base) {
                let judge = |profile: &Profile, scratch: &mut Scratch| {
                    let earlier = carry::carried(&b.0.graph.schema, &old.model.schema, profile)?;
                    verdicts((&a.0, &b.0), pair, earlier, profile.clone(), scratch)
                };
                let Some(witness) = judge(&profile, &mut scratch) else { continue };
                let what = match (witness.verdicts, witness.amounts) {
                    ((Verdict::Eligible, Verdict::Eligible), (x, y)) if x != y => {
                        if y < x {
                            About::GetsLess
                        } else {
                            About::GetsMore
                        }
                    }
                    ((Verdict::Eligible, v), _) if v != Verdict::Eligible => About::Loses,
                    ((v, Verdict::Eligible), _) if v != Verdict::Eligible => About::Gains,
                    _ => continue,
                };
                found.entry(what).or_insert_with(|| {
                    let same = |w: &Witness| w.verdicts == witness.verdicts && shows(w, what);
                    let least = smallest(&b.0.graph.schema, &profile, &mut |p| {
                        judge(p, &mut scratch).is_some_and(|w| same(&w))
                    });
                    Box::new(judge(&least, &mut scratch).unwrap_or(witness))
                });
            }
        }
        if found.len() == 4 {
            break;
        }
    }
    if found.is_empty() {
        return Change::NotProved;
    }
    let mut of = |what: About| found.remove(&what).map_or(Found::NotProved, Found::Household);
    Change::Different {
        widened: of(About::Gains),
        narrowed: of(About::Loses),
        more: of(About::GetsMore),
        less: of(About::GetsLess),
    }
}

/// The days on which the two can differ: where an epoch of either begins, a period of force begins or has just ended.
fn days(old: &Side<'_>, new: &Side<'_>, pair: (PolicyId, PolicyId)) -> Vec<Date> {
    let mut days: BTreeSet<Date> = old.starts.iter().chain(new.starts).copied().collect();
    for (model, id) in [(old.model, pair.0), (new.model, pair.1)] {
        for (from, to) in model.policies.get(id.index()).into_iter().flat_map(|p| &p.in_force) {
            days.insert(*from);
            days.extend(to.and_then(|t| t.add_days(1)));
        }
    }
    days.into_iter().collect()
}

fn rules(side: &mut Side<'_>, newer: bool, day: Date, seen: &mut Digests) -> Option<Day> {
    if let Some(known) = seen.get(&(newer, day)) {
        return known.clone();
    }
    let made = (side.at)(day).map(|bound| {
        let all = digest::digests(&bound);
        Rc::new((bound, all))
    });
    seen.insert((newer, day), made.clone());
    made
}

/// The digests of the conditions together and of the amounts; none where not in force.
fn meaning(rules: &(Rc<Bound>, Vec<[u8; 32]>), policy: PolicyId) -> Option<Vec<Option<[u8; 32]>>> {
    let entry = rules.0.graph.entry(policy)?;
    let root = entry.root?;
    let nodes = std::iter::once(root).chain(entry.amounts.iter().map(|a| a.value.node));
    let mut all: Vec<Option<[u8; 32]>> = nodes.map(|node| digest::of(&rules.1, node)).collect();
    // What always holds bounds the missing facts, and so the verdicts.
    let mut bounding: Vec<_> = exact::relevant(&rules.0, entry).iter().map(|c| digest::of(&rules.1, c.node)).collect();
    bounding.sort_unstable();
    all.extend(bounding);
    Some(all)
}

/// The authors' cases of both sets, in the newer vocabulary, and a household of which nothing is known.
fn cases(old: &Side<'_>, new: &Side<'_>, pair: (PolicyId, PolicyId)) -> Vec<(Profile, Date)> {
    let mut all = Vec::new();
    for scenario in new.model.policies.get(pair.1.index()).into_iter().flat_map(|p| &p.scenarios) {
        all.push((scenario.profile.restore(), scenario.on));
    }
    for scenario in old.model.policies.get(pair.0.index()).into_iter().flat_map(|p| &p.scenarios) {
        if let Some(profile) = carry::carried(&old.model.schema, &new.model.schema, &scenario.profile.restore()) {
            all.push((profile, scenario.on));
        }
    }
    all.extend(new.starts.last().map(|day| (Profile::new(), *day)));
    all
}

/// The values at which the conditions of one policy cut each fact, and the number facts that stand in its arithmetic.
struct Cuts {
    at: BTreeMap<FieldId, BTreeSet<i64>>,
    arithmetic: BTreeSet<FieldId>,
}

fn cuts(bound: &Bound, policy: PolicyId) -> Cuts {
    let graph = &bound.graph;
    let mut found = Cuts { at: BTreeMap::new(), arithmetic: BTreeSet::new() };
    let Some(entry) = graph.entry(policy) else { return found };
    let mut stack: Vec<NodeId> = entry.root.into_iter().chain(entry.amounts.iter().map(|a| a.value.node)).collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = stack.pop() {
        if !seen.insert(id) {
            continue;
        }
        match graph.node(id) {
            Node::Test(fact, set) => {
                let ends = bound.set(*set).as_slice().iter().flat_map(|(a, b)| [*a, *b]);
                let near = ends.flat_map(|e| [e.saturating_sub(1), e, e.saturating_add(1)]);
                found.at.entry(fact.field).or_default().extend(near);
            }
            Node::Fact(fact) => {
                found.at.entry(fact.field).or_default();
                found.arithmetic.insert(fact.field);
            }
            _ => {}
        }
        graph.node(id).children(&mut |child| stack.push(child));
    }
    found
}

/// A case, and the case with one fact at each boundary that either text sets for it.
fn neighbours(old: &Model, rules: (&Bound, &Bound), pair: (PolicyId, PolicyId), base: &Profile) -> Vec<Profile> {
    let (a, b) = rules;
    let schema = &b.graph.schema;
    let mut scratch = Scratch::default();
    let (before, after) = (cuts(a, pair.0), cuts(b, pair.1));
    let mut all = vec![base.clone()];
    for ix in (0..base.len()).filter_map(|i| u32::try_from(i).ok()).map(RecordIx) {
        let Some(entity) = base.record(ix).and_then(|r| schema.entity(r.entity)) else { continue };
        for (at, id) in entity.fields.iter().enumerate() {
            let Some(field) = schema.field(*id) else { continue };
            if matches!(field.ty, FieldType::Set(_) | FieldType::List(_) | FieldType::Record(_)) {
                continue;
            }
            let there = a.graph.schema.entities.iter().position(|e| e.name.id == entity.name.id);
            let twin = there.and_then(|e| a.graph.schema.field_named(EntityId::of(e), &field.name.id));
            let mut values: BTreeSet<i64> = after.at.get(id).cloned().unwrap_or_default();
            // Positions of an enum need not be the same in both.
            if let Some(twin) = twin.filter(|_| !matches!(field.ty, FieldType::Symbol(_))) {
                values.extend(before.at.get(&twin).into_iter().flatten());
            }
            let summed = after.arithmetic.contains(id) || twin.is_some_and(|t| before.arithmetic.contains(&t));
            if let (true, Slot::Scalar(now)) = (summed, base.slot(ix, at)) {
                for end in [field.range.0, field.range.1] {
                    let mut verdict = |value: i64, newer: bool| {
                        let said = with(base, ix, at, Slot::Scalar(value));
                        if newer {
                            return Some(exact::outcome(b, pair.1, &said, &mut scratch).verdict);
                        }
                        let earlier = carry::carried(schema, &old.schema, &said)?;
                        Some(exact::outcome(a, pair.0, &earlier, &mut scratch).verdict)
                    };
                    values.extend(turning(*now, end, &mut |v| verdict(v, false)));
                    values.extend(turning(*now, end, &mut |v| verdict(v, true)));
                }
            }
            let range = field.range;
            for value in values.into_iter().filter(|v| range.0 <= *v && *v <= range.1) {
                all.push(with(base, ix, at, Slot::Scalar(value)));
            }
        }
    }
    all
}

/// The two values between which a verdict turns on the way from one value to another, where it differs at the two.
fn turning(from: i64, to: i64, verdict: &mut dyn FnMut(i64) -> Option<Verdict>) -> Vec<i64> {
    let here = verdict(from);
    if here == verdict(to) {
        return Vec::new();
    }
    let (mut same, mut other) = (from, to);
    while same.abs_diff(other) > 1 {
        let middle = same.midpoint(other);
        if verdict(middle) == here {
            same = middle;
        } else {
            other = middle;
        }
    }
    vec![same, other]
}
