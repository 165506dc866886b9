//! What would make an ineligible policy apply.
//!
//! Ways are built from the conditions downwards: what a failed test would need its fact to be, all parts of a conjunction
//! together, any part of a disjunction. Each way is then applied to the profile and evaluated; what does not change the
//! verdict is dropped, and so is every change that the others make unnecessary.

use super::{scalar, show, turns, with};
use crate::graph::intervals::Intervals;
use crate::graph::{Bound, FactRef, Node, NodeId, SetId};
use crate::ids::{EnumId, FieldId, PolicyId};
use crate::profile::{Profile, RecordIx, Slot};
use crate::schema::{Class, FieldType};
use crate::value::{Date, Number, Words};
use crate::verdict::from_graph::{Evaluation, Scratch};
use crate::verdict::{Comparison, Truth, Verdict, exact};
use crate::why::Shown;
use std::rc::Rc;

/// Ways kept at each step, the cheapest first.
const KEEP: usize = 16;
/// Facts of one comparison that are tried one by one.
const FACTS: usize = 12;

/// The ways found for one policy.
#[derive(Clone, Debug)]
pub struct Needs {
    /// The policy.
    pub policy: PolicyId,
    /// Each changes the verdict, and none of its changes is spare; the fewest and easiest changes first.
    pub ways: Vec<Way>,
    /// Whether there are more than were asked for.
    pub more: bool,
}

/// Changes that together make the policy apply, or at least keep it open.
#[derive(Clone)]
pub struct Way {
    /// The day from which they do, where time has to pass.
    pub wait_until: Option<Date>,
    /// The changes.
    pub changes: Vec<Change>,
    /// The verdict with them: eligible, or undetermined where other facts are missing still.
    pub then: Verdict,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Of which record.
    pub record: RecordIx,
    /// The fact.
    pub field: FieldId,
    /// What kind of change it is; this decides how it may be spoken of.
    pub class: Class,
    /// What it is now.
    pub actual: Shown,
    /// How it would have to compare with what is required.
    pub comparison: Comparison,
    /// What is required.
    pub required: Shown,
    /// How far off it is, for numbers.
    pub distance: Option<Shown>,
    /// The condition it is needed for.
    pub condition: Words,
    /// The clause that rests on.
    pub source: Option<Words>,
    slot: Slot,
    position: u32,
}

impl Way {
    /// The profile with the changes made.
    #[must_use]
    pub fn applied(&self, profile: &Profile) -> Profile {
        let mut changed = profile.clone();
        for change in &self.changes {
            changed.set(change.record, change.position as usize, change.slot.clone());
        }
        changed
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Draft {
    wait: Option<Date>,
    changes: Vec<Change>,
}

impl Draft {
    /// Fewest and easiest: an action before a grant, a grant before waiting, waiting before a circumstance.
    fn cost(&self) -> (u8, usize, Option<Date>) {
        let rank = |class: Class| match class {
            Class::Action => 0,
            Class::Grant => 1,
            Class::Time => 2,
            Class::Circumstance => 3,
            Class::Immutable => 4,
        };
        let worst =
            self.changes.iter().map(|c| rank(c.class)).max().unwrap_or(0).max(if self.wait.is_some() { 2 } else { 0 });
        (worst, self.changes.len() + usize::from(self.wait.is_some()), self.wait)
    }

    fn and(&self, other: &Self) -> Option<Self> {
        let mut both = self.clone();
        both.wait = both.wait.max(other.wait);
        for change in &other.changes {
            match both.changes.iter().find(|c| c.record == change.record && c.field == change.field) {
                Some(same) if same.slot == change.slot => {}
                Some(_) => return None,
                None => both.changes.push(change.clone()),
            }
        }
        Some(both)
    }
}

/// The best ways to make an ineligible policy apply, at most `limit`. `at` gives the rules of a later day.
#[must_use]
pub fn needs(
    bound: &Bound,
    profile: &Profile,
    policy: PolicyId,
    sources: &[Option<Words>],
    limit: usize,
    at: &mut dyn FnMut(Date) -> Option<Rc<Bound>>,
) -> Needs {
    let mut found = Needs { policy, ways: Vec::new(), more: false };
    let Some(entry) = bound.graph.entry(policy).filter(|e| e.root.is_some()) else { return found };
    let mut finder = Finder::new(bound, profile);
    let mut all = vec![Draft::default()];
    for (i, clause) in entry.clauses.iter().enumerate() {
        finder.condition = (clause.words.clone(), sources.get(i).cloned().flatten());
        let ways = finder.ways(clause.node, true);
        all = product(&all, &ways);
    }
    drop(finder);
    let mut scratch = Scratch::default();
    let mut kept: Vec<(Draft, Verdict)> = Vec::new();
    for draft in all {
        let Some(verdict) = flips(bound, profile, policy, &draft, at, &mut scratch) else { continue };
        let (draft, verdict) = minimal(bound, profile, policy, draft, verdict, at, &mut scratch);
        if !kept.iter().any(|(k, _)| *k == draft) {
            kept.push((draft, verdict));
        }
    }
    kept.sort_by_key(|(draft, _)| draft.cost());
    found.more = kept.len() > limit;
    kept.truncate(limit);
    found.ways =
        kept.into_iter().map(|(draft, then)| Way { wait_until: draft.wait, changes: draft.changes, then }).collect();
    found
}

/// The verdict with these changes, where it is no longer ineligible.
fn flips(
    bound: &Bound,
    profile: &Profile,
    policy: PolicyId,
    draft: &Draft,
    at: &mut dyn FnMut(Date) -> Option<Rc<Bound>>,
    scratch: &mut Scratch,
) -> Option<Verdict> {
    let mut changed = profile.clone();
    for change in &draft.changes {
        changed.set(change.record, change.position as usize, change.slot.clone());
    }
    let later = match draft.wait {
        Some(day) => Some(at(day)?),
        None => None,
    };
    let rules = later.as_deref().unwrap_or(bound);
    if !exact::contradictions(rules, &changed, scratch).is_empty() {
        return None;
    }
    let verdict = exact::outcome(rules, policy, &changed, scratch).verdict;
    matches!(verdict, Verdict::Eligible | Verdict::Undetermined).then_some(verdict)
}

/// The way without the changes that it does not need.
fn minimal(
    bound: &Bound,
    profile: &Profile,
    policy: PolicyId,
    mut draft: Draft,
    mut verdict: Verdict,
    at: &mut dyn FnMut(Date) -> Option<Rc<Bound>>,
    scratch: &mut Scratch,
) -> (Draft, Verdict) {
    let mut i = draft.changes.len();
    while i > 0 {
        i -= 1;
        let mut less = draft.clone();
        less.changes.remove(i);
        if let Some(then) = flips(bound, profile, policy, &less, at, scratch).filter(|v| *v == verdict) {
            (draft, verdict) = (less, then);
        }
    }
    if draft.wait.is_some() && !draft.changes.is_empty() {
        let less = Draft { wait: None, changes: draft.changes.clone() };
        if let Some(then) = flips(bound, profile, policy, &less, at, scratch).filter(|v| *v == verdict) {
            (draft, verdict) = (less, then);
        }
    }
    (draft, verdict)
}

fn product(a: &[Draft], b: &[Draft]) -> Vec<Draft> {
    let mut all: Vec<Draft> = a.iter().flat_map(|x| b.iter().filter_map(|y| x.and(y))).collect();
    trim(&mut all);
    all
}

fn trim(all: &mut Vec<Draft>) {
    all.sort_by_key(Draft::cost);
    all.dedup();
    all.truncate(KEEP);
}

struct Finder<'a> {
    bound: &'a Bound,
    profile: &'a Profile,
    scratch: Scratch,
    /// The entry in focus at each level.
    focus: Vec<Option<RecordIx>>,
    condition: (Words, Option<Words>),
}

impl<'a> Finder<'a> {
    fn new(bound: &'a Bound, profile: &'a Profile) -> Self {
        let focus = vec![None; usize::from(bound.graph.deepest) + 1];
        Self { bound, profile, scratch: Scratch::default(), focus, condition: (Words::default(), None) }
    }

    fn evaluate<T>(&mut self, profile: &Profile, what: impl FnOnce(&mut Evaluation<'_, Profile>) -> T) -> T {
        let mut evaluation = Evaluation::new(self.bound, profile, &mut self.scratch);
        for (level, entry) in self.focus.iter().enumerate().skip(1) {
            if entry.is_some() {
                evaluation.enter(u8::try_from(level).unwrap_or(u8::MAX), *entry);
            }
        }
        what(&mut evaluation)
    }

    fn truth(&mut self, id: NodeId) -> Truth {
        let profile = self.profile;
        self.evaluate(profile, |e| e.truth(id))
    }

    fn record(&mut self, id: NodeId) -> Option<RecordIx> {
        let profile = self.profile;
        self.evaluate(profile, |e| e.record(id))
    }

    /// The ways to give a condition a truth. One that is not known needs no change: it stays open.
    fn ways(&mut self, id: NodeId, target: bool) -> Vec<Draft> {
        let truth = self.truth(id);
        if truth == Truth::Unknown || truth == Truth::of(target) {
            return vec![Draft::default()];
        }
        let bound = self.bound;
        let mut all = match bound.graph.node(id) {
            Node::Not(a) => self.ways(*a, !target),
            Node::And(parts) => self.parts(parts, target, target),
            Node::Or(parts) => self.parts(parts, target, !target),
            Node::Test(fact, set) => self.test(*fact, *set, target),
            Node::Holds(fact, symbols) => self.holds(*fact, symbols, target),
            Node::IsEmpty(fact) if target => {
                let none = Slot::Set { known: Vec::new(), not: Vec::new(), complete: true };
                self.change(*fact, none, Comparison::Equal, Shown::Symbols(EnumId::POLICY, Vec::new()), None)
            }
            Node::Any(list, body) => self.entries(*list, (*body, true), target),
            Node::All(list, body) => self.entries(*list, (*body, false), !target),
            Node::Compare(..) | Node::InSet(..) | Node::Within(..) => self.compared(id, target),
            _ => Vec::new(),
        };
        trim(&mut all);
        all
    }

    fn parts(&mut self, parts: &[NodeId], target: bool, together: bool) -> Vec<Draft> {
        if together {
            let mut all = vec![Draft::default()];
            for part in parts {
                let ways = self.ways(*part, target);
                all = product(&all, &ways);
            }
            return all;
        }
        parts.iter().flat_map(|part| self.ways(*part, target)).collect()
    }

    fn change(
        &mut self,
        fact: FactRef,
        slot: Slot,
        comparison: Comparison,
        required: Shown,
        distance: Option<Shown>,
    ) -> Vec<Draft> {
        let Some(record) = self.record(fact.record) else { return Vec::new() };
        let schema = &self.bound.graph.schema;
        let Some(field) = schema.field(fact.field) else { return Vec::new() };
        if matches!(field.class, Class::Immutable | Class::Time) {
            return Vec::new();
        }
        let actual = match (self.profile.slot(record, fact.position as usize), field.ty) {
            (Slot::Scalar(raw), _) => show(schema, fact.field, *raw),
            (Slot::Set { known, .. }, FieldType::Set(e)) => Shown::Symbols(e, known.clone()),
            _ => Shown::Unknown,
        };
        let change = Change {
            record,
            field: fact.field,
            class: field.class,
            actual,
            comparison,
            required,
            distance,
            condition: self.condition.0.clone(),
            source: self.condition.1.clone(),
            slot,
            position: fact.position,
        };
        vec![Draft { wait: None, changes: vec![change] }]
    }

    fn test(&mut self, fact: FactRef, set: SetId, target: bool) -> Vec<Draft> {
        let Some(record) = self.record(fact.record) else { return Vec::new() };
        let Some(value) = scalar(self.profile, record, fact) else { return Vec::new() };
        let bound = self.bound;
        let range = bound.range(fact.field);
        let wanted = if target { range.and(bound.set(set)) } else { range.without(bound.set(set)) };
        let mut all = self.waiting(fact, set, value, target);
        all.extend(self.reaching(fact, value, &wanted));
        all
    }

    /// The first day on which a test that moves with the as-of date has that truth.
    fn waiting(&mut self, fact: FactRef, set: SetId, value: i64, target: bool) -> Vec<Draft> {
        let bound = self.bound;
        let is_date = matches!(bound.graph.schema.field(fact.field).map(|f| f.ty), Some(FieldType::Date));
        let Some(def) = bound.graph.set_def(set).filter(|_| is_date) else { return Vec::new() };
        let days = turns(def, value);
        let day = days.into_iter().find(|d| *d > bound.as_of && bound.set_on(set, *d).contains(value) == target);
        day.map(|d| vec![Draft { wait: Some(d), changes: Vec::new() }]).unwrap_or_default()
    }

    /// The nearest value of a set.
    fn reaching(&mut self, fact: FactRef, value: i64, wanted: &Intervals) -> Vec<Draft> {
        let schema = &self.bound.graph.schema;
        let Some(ty) = schema.field(fact.field).map(|f| f.ty) else { return Vec::new() };
        let nearest = wanted.as_slice().iter().map(|(a, b)| if value < *a { *a } else { *b });
        let Some(nearest) = nearest.min_by_key(|v| v.abs_diff(value)) else { return Vec::new() };
        let required = match ty {
            FieldType::Symbol(e) => {
                let count = schema.enumeration(e).map_or(0, |e| e.values.len());
                let values = (0..u32::try_from(count).unwrap_or(0)).filter(|v| wanted.contains(i64::from(*v)));
                Shown::Symbols(e, values.collect())
            }
            _ => show(schema, fact.field, nearest),
        };
        let (comparison, distance) = match ty {
            FieldType::Quantity(unit) => {
                let off = Number::new(i128::from(nearest.abs_diff(value)), i128::from(unit.grains()));
                let open_above = wanted.contains(nearest.saturating_add(1));
                let open_below = wanted.contains(nearest.saturating_sub(1));
                let comparison = match (open_above, open_below) {
                    (true, false) => Comparison::GreaterOrEqual,
                    (false, true) => Comparison::LessOrEqual,
                    _ => Comparison::Equal,
                };
                (comparison, off.map(|n| Shown::Number(n, unit)))
            }
            FieldType::Date if wanted.contains(nearest.saturating_add(1)) => (Comparison::GreaterOrEqual, None),
            FieldType::Date if wanted.contains(nearest.saturating_sub(1)) => (Comparison::LessOrEqual, None),
            _ => (Comparison::Equal, None),
        };
        self.change(fact, Slot::Scalar(nearest), comparison, required, distance)
    }

    fn holds(&mut self, fact: FactRef, symbols: &[u32], target: bool) -> Vec<Draft> {
        let Some(record) = self.record(fact.record) else { return Vec::new() };
        let Some(FieldType::Set(e)) = self.bound.graph.schema.field(fact.field).map(|f| f.ty) else {
            return Vec::new();
        };
        let (held, not, complete) = match self.profile.slot(record, fact.position as usize) {
            Slot::Set { known, not, complete } => (known.clone(), not.clone(), *complete),
            _ => (Vec::new(), Vec::new(), false),
        };
        if target {
            let mut all = Vec::new();
            for symbol in symbols {
                let mut known = held.clone();
                known.push(*symbol);
                known.sort_unstable();
                let not = not.iter().copied().filter(|s| s != symbol).collect();
                let slot = Slot::Set { known, not, complete };
                all.extend(self.change(fact, slot, Comparison::Equal, Shown::Symbols(e, vec![*symbol]), None));
            }
            return all;
        }
        let ended: Vec<u32> = held.iter().copied().filter(|s| symbols.contains(s)).collect();
        let known = held.into_iter().filter(|s| !symbols.contains(s)).collect();
        let not = not.into_iter().chain(ended.iter().copied()).collect();
        self.change(fact, Slot::Set { known, not, complete }, Comparison::NotEqual, Shown::Symbols(e, ended), None)
    }

    /// Some entry that counts has that body, or none has.
    fn entries(&mut self, list: NodeId, body: (NodeId, bool), target: bool) -> Vec<Draft> {
        let bound = self.bound;
        let Node::List { fact, level, filters } = bound.graph.node(list) else { return Vec::new() };
        let Some(record) = self.record(fact.record) else { return Vec::new() };
        let Slot::List { items, .. } = self.profile.slot(record, fact.position as usize) else { return Vec::new() };
        let items = items.clone();
        let outer = self.focus.get(usize::from(*level)).copied().flatten();
        let mut any = Vec::new();
        let mut all = vec![Draft::default()];
        for item in items {
            if let Some(slot) = self.focus.get_mut(usize::from(*level)) {
                *slot = Some(item);
            }
            let mut one = if target {
                let passing = self.parts(filters, true, true);
                let holding = self.ways(body.0, body.1);
                product(&passing, &holding)
            } else {
                let mut out = self.ways(body.0, !body.1);
                out.extend(filters.iter().flat_map(|f| self.ways(*f, false)));
                out
            };
            trim(&mut one);
            if target {
                any.extend(one);
            } else {
                all = product(&all, &one);
            }
        }
        if let Some(slot) = self.focus.get_mut(usize::from(*level)) {
            *slot = outer;
        }
        if target { any } else { all }
    }

    /// A comparison with arithmetic: each known number in it alone, as near to its value as makes the comparison come out.
    fn compared(&mut self, id: NodeId, target: bool) -> Vec<Draft> {
        let mut facts = Vec::new();
        self.numbers(id, &mut facts);
        facts.dedup();
        facts.truncate(FACTS);
        let mut all = Vec::new();
        for (record, fact) in facts {
            let Some(value) = scalar(self.profile, record, fact) else { continue };
            let Some((least, most)) = self.bound.range(fact.field).ends() else { continue };
            for end in [least, most] {
                if let Some(nearest) = self.threshold(id, target, (record, fact), value, end) {
                    let wanted =
                        if end > value { Intervals::range(nearest, most) } else { Intervals::range(least, nearest) };
                    let outer = self.focus.clone();
                    all.extend(
                        self.reaching(fact, value, &wanted)
                            .into_iter()
                            .filter(|d| d.changes.iter().all(|c| c.record == record)),
                    );
                    self.focus = outer;
                }
            }
        }
        all
    }

    /// The value nearest to the present one, towards `end`, that gives the comparison its truth.
    fn threshold(
        &mut self,
        id: NodeId,
        target: bool,
        (record, fact): (RecordIx, FactRef),
        value: i64,
        end: i64,
    ) -> Option<i64> {
        let holds = |finder: &mut Self, raw: i64| {
            let changed = with(finder.profile, record, fact.position as usize, Slot::Scalar(raw));
            finder.evaluate(&changed, |e| e.truth(id)) == Truth::of(target)
        };
        if !holds(self, end) {
            return None;
        }
        let (mut fails, mut works) = (value, end);
        while fails.abs_diff(works) > 1 {
            let middle = fails.midpoint(works);
            if holds(self, middle) {
                works = middle;
            } else {
                fails = middle;
            }
        }
        Some(works)
    }

    /// The number facts below a node, with their records.
    fn numbers(&mut self, id: NodeId, into: &mut Vec<(RecordIx, FactRef)>) {
        if into.len() >= FACTS {
            return;
        }
        let bound = self.bound;
        match bound.graph.node(id) {
            Node::Fact(fact) => {
                let number = matches!(bound.graph.schema.field(fact.field).map(|f| f.ty), Some(FieldType::Quantity(_)));
                if let Some(record) = self.record(fact.record).filter(|_| number) {
                    into.push((record, *fact));
                }
            }
            Node::Fold(_, list, body) => {
                let Node::List { fact, level, .. } = bound.graph.node(*list) else { return };
                let Some(record) = self.record(fact.record) else { return };
                let Slot::List { items, .. } = self.profile.slot(record, fact.position as usize) else { return };
                let outer = self.focus.clone();
                for item in items.clone() {
                    if let Some(slot) = self.focus.get_mut(usize::from(*level)) {
                        *slot = Some(item);
                    }
                    self.numbers(*body, into);
                }
                self.focus = outer;
            }
            Node::Count(_) | Node::List { .. } | Node::Any(..) | Node::All(..) | Node::Test(..) => {}
            node => {
                let mut children = Vec::new();
                node.children(&mut |child| children.push(child));
                for child in children {
                    self.numbers(child, into);
                }
            }
        }
    }
}

/// The policies that give what a grant needs: the values of the set are policies.
#[must_use]
pub fn granted_by(change: &Change) -> Vec<PolicyId> {
    match (&change.required, change.class, change.comparison) {
        (Shown::Symbols(EnumId::POLICY, symbols), Class::Grant, Comparison::Equal) => {
            symbols.iter().copied().map(PolicyId).collect()
        }
        _ => Vec::new(),
    }
}
