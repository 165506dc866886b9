//! What changed in meaning between two policy sets: for each policy equal, widened, narrowed, both, or not proved equal.
//!
//! Equal is proved: on every day on which something of the two can differ, the conditions and amounts have the same digest.
//! Everything else is shown: a household that the two sets judge differently, found among the authors' cases and their
//! neighbours at every boundary of either text, and evaluated in both. Where neither succeeds, that is said.

mod carry;
mod digest;

use crate::advise::with;
use crate::checked::Model;
use crate::graph::{Bound, Node, NodeId};
use crate::ids::{EntityId, FieldId, PolicyId};
use crate::profile::{Profile, RecordIx, Slot};
use crate::schema::FieldType;
use crate::value::{Date, Number};
use crate::verdict::from_graph::{Evaluation, Scratch};
use crate::verdict::{Verdict, exact};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The most days of difference on which a household is looked for.
const DAYS: usize = 4;

/// One of the two sets.
pub struct Side<'a> {
    /// The typed policy set.
    pub model: &'a Model,
    /// The first days of its epochs.
    pub starts: &'a [Date],
    /// The rules of a day.
    pub at: &'a mut dyn FnMut(Date) -> Option<Rc<Bound>>,
}

/// How the newer set differs for one policy.
#[derive(Clone, Debug)]
pub struct Difference {
    /// Its identifier.
    pub policy: String,
    /// What happened.
    pub change: Change,
}

/// What happened to a policy.
#[derive(Clone, Debug)]
pub enum Change {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// The same conditions and amounts on every day.
    Equal,
    /// Judged or paid differently, with a household for each direction that was found.
    Different {
        /// Who is eligible now and was not.
        widened: Option<Box<Witness>>,
        /// Who was eligible and is not any more.
        narrowed: Option<Box<Witness>>,
        /// Who is eligible in both and gets another amount.
        amount: Option<Box<Witness>>,
    },
    /// No household was found that it judges differently, and its text does not show that there is none.
    NotProved,
}

/// A household that the two sets treat differently, judged in both.
#[derive(Clone, Debug)]
pub struct Witness {
    /// The day.
    pub on: Date,
    /// Its facts, in the newer set's vocabulary.
    pub profile: Profile,
    /// The verdict of the older and of the newer set.
    pub verdicts: (Verdict, Verdict),
    /// The amounts of the first benefit that has one.
    pub amounts: (Option<Number>, Option<Number>),
}

/// Compares two sets, policy by policy, in the order of their identifiers.
#[must_use]
pub fn compare(old: &mut Side<'_>, new: &mut Side<'_>) -> Vec<Difference> {
    let index = |model: &Model| -> BTreeMap<String, PolicyId> {
        let written = model.policies.iter().enumerate().filter(|(_, p)| p.written);
        written.map(|(i, p)| (p.name.id.clone(), PolicyId::of(i))).collect()
    };
    let (before, after) = (index(old.model), index(new.model));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut digests = BTreeMap::new();
    let mut found = Vec::new();
    for name in names {
        let change = match (before.get(name), after.get(name)) {
            (Some(a), Some(b)) => one(old, new, (*a, *b), &mut digests),
            (None, _) => Change::Added,
            (_, None) => Change::Removed,
        };
        found.push(Difference { policy: name.clone(), change });
    }
    found
}

/// The rules of a day with the digests of their nodes.
type Day = Rc<(Rc<Bound>, Vec<[u8; 32]>)>;
type Digests = BTreeMap<(bool, Date), Option<Day>>;

fn one(old: &mut Side<'_>, new: &mut Side<'_>, pair: (PolicyId, PolicyId), digests: &mut Digests) -> Change {
    let days = days(old, new, pair);
    let mut differing = Vec::new();
    for day in days {
        let a = rules(old, false, day, digests);
        let b = rules(new, true, day, digests);
        let (Some(a), Some(b)) = (a, b) else { continue };
        if meaning(&a, pair.0) != meaning(&b, pair.1) {
            differing.push((day, a, b));
        }
    }
    if differing.is_empty() {
        return Change::Equal;
    }
    let (mut widened, mut narrowed, mut amount) = (None, None, None);
    let mut scratch = Scratch::default();
    for (base, on) in cases(old, new, pair) {
        // Each case on its own day where the two differ then, and on the days of the difference otherwise.
        let own = rules(old, false, on, digests).zip(rules(new, true, on, digests)).map(|(a, b)| (on, a, b));
        for (day, a, b) in own.iter().chain(differing.iter().take(DAYS)) {
            for profile in neighbours(old.model, (&a.0, &b.0), pair, &base) {
                let Some(witness) = judged(old.model, &a.0, &b.0, pair, &profile, *day, &mut scratch) else { continue };
                let slot = match (witness.verdicts, witness.amounts) {
                    ((Verdict::Eligible, Verdict::Eligible), (x, y)) if x != y => &mut amount,
                    ((Verdict::Eligible, v), _) if v != Verdict::Eligible => &mut narrowed,
                    ((v, Verdict::Eligible), _) if v != Verdict::Eligible => &mut widened,
                    _ => continue,
                };
                if slot.is_none() {
                    *slot = Some(Box::new(witness));
                }
            }
        }
        if widened.is_some() && narrowed.is_some() && amount.is_some() {
            break;
        }
    }
    if widened.is_none() && narrowed.is_none() && amount.is_none() {
        return Change::NotProved;
    }
    Change::Different { widened, narrowed, amount }
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

fn judged(
    old: &Model,
    a: &Bound,
    b: &Bound,
    pair: (PolicyId, PolicyId),
    profile: &Profile,
    on: Date,
    scratch: &mut Scratch,
) -> Option<Witness> {
    let earlier = carry::carried(&b.graph.schema, &old.schema, profile)?;
    if !exact::contradictions(b, profile, scratch).is_empty() || !exact::contradictions(a, &earlier, scratch).is_empty()
    {
        return None;
    }
    let verdicts =
        (exact::outcome(a, pair.0, &earlier, scratch).verdict, exact::outcome(b, pair.1, profile, scratch).verdict);
    let mut amount = |bound: &Bound, policy: PolicyId, profile: &Profile| {
        let node = bound.graph.entry(policy)?.amounts.first()?.value.node;
        Evaluation::new(bound, profile, scratch).point(node)
    };
    let amounts = (amount(a, pair.0, &earlier), amount(b, pair.1, profile));
    Some(Witness { on, profile: profile.clone(), verdicts, amounts })
}
