//! Two completions that differ: the quick proof that a verdict is open.
//!
//! Most undetermined verdicts are what they seem. Instead of searching all completions, this builds one in which the
//! policy holds and one in which it fails, by asking of each part of the condition what its missing facts would have to
//! be. Each completion is then evaluated, with the constraints, so a wrong step costs a search and never an answer.

mod hang;
mod numbers;

pub(super) use hang::hanging;

use super::Truth;
use super::facts::{Entries, Facts, Reading};
use super::from_graph::{Evaluation, Scratch};
use crate::graph::from_checked::LEVELS;
use crate::graph::intervals::Intervals;
use crate::graph::{Bound, Comparison, Constraint, FactRef, Node, NodeId};
use crate::ids::{EntityId, EnumId, FieldId};
use crate::profile::{Profile, RecordIx, Slot, position};
use crate::schema::FieldType;
use std::borrow::Cow;

/// How many steps one completion may take before the search takes over.
const STEPS: u32 = 4_000;

/// In how many orders parts that all have to hold are assumed.
const ORDERS: usize = 3;

/// What a completion says of one fact.
enum Pin {
    /// A scalar is one of these.
    Among(Intervals),
    /// The record in a fact.
    Record(RecordIx),
    /// The entries of a list, and whether there are no others.
    List(Vec<RecordIx>, bool),
    /// A set holds a value, or does not.
    Symbol(u32, bool),
    /// A set holds nothing more.
    Whole,
}

/// A profile, and what is assumed of its missing facts.
pub(super) struct Completion<'a> {
    bound: &'a Bound,
    profile: &'a Profile,
    pins: Vec<(RecordIx, FieldId, Pin)>,
    /// Kinds of the records that were added behind the profile's.
    added: Vec<EntityId>,
    roots: Vec<(EntityId, RecordIx)>,
    /// The entry in focus at each level.
    focus: [Option<RecordIx>; LEVELS as usize + 1],
    steps: u32,
}

/// What is shown of a condition that is not settled: that some completion makes it hold, and that some makes it fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) holds: bool,
    pub(super) fails: bool,
}

/// Whether some completion makes the policy hold and some makes it fail: both are shown, or the answer is false. What is shown already
/// is not looked for.
pub(super) fn open(
    bound: &Bound,
    root: NodeId,
    constraints: &[&Constraint],
    shown: Shown,
    (base, profile): (&Evaluation<'_, Profile>, &Profile),
    scratch: &mut Scratch,
) -> bool {
    [(true, shown.holds), (false, shown.fails)].into_iter().all(|(target, shown)| {
        if shown {
            return true;
        }
        let mut completion = Completion::start(bound, profile);
        completion.want(base, root, target, scratch)
            && completion.allow(base, constraints, scratch)
            && completion.shows(root, constraints, target, scratch)
    })
}

/// A completion in which every goal is what it should be: assumed part by part, then evaluated. None where this quick way
/// does not find one; there may be one all the same.
pub(super) fn meeting<'a>(
    bound: &'a Bound,
    goals: &[(NodeId, bool)],
    constraints: &[&Constraint],
    base: &Evaluation<'_, Profile>,
    profile: &'a Profile,
    scratch: &mut Scratch,
) -> Option<Completion<'a>> {
    let mut completion = Completion::start(bound, profile);
    let found = goals.iter().all(|(node, wanted)| completion.want(base, *node, *wanted, scratch))
        && completion.allow(base, constraints, scratch)
        && goals.iter().all(|(node, wanted)| completion.shows(*node, constraints, *wanted, scratch));
    found.then_some(completion)
}

impl<'a> Completion<'a> {
    /// The completion as a profile, each narrowed fact with the value that `choose` takes from what it can be.
    pub(super) fn written(&self, choose: &dyn Fn(FieldId, &Intervals) -> Option<i64>) -> Profile {
        let schema = &self.bound.graph.schema;
        let mut profile = self.profile.clone();
        for entity in &self.added {
            profile.add(schema, *entity);
        }
        for (_, record) in &self.roots {
            profile.set_root(*record);
        }
        for (record, field, pin) in &self.pins {
            let Some(at) = position(schema, *field) else { continue };
            match pin {
                // A later assumption stands for an earlier one: it only narrows it.
                Pin::Among(set) => {
                    if let Some(value) = choose(*field, set) {
                        profile.set(*record, at, Slot::Scalar(value));
                    }
                }
                // What points back was pinned with it; a link would make every member of a household its applicant.
                Pin::Record(target) => profile.set(*record, at, Slot::Record(*target)),
                Pin::List(items, complete) => {
                    profile.set(*record, at, Slot::List { items: items.clone(), complete: *complete });
                }
                Pin::Symbol(symbol, held) => {
                    let (mut known, mut not, complete) = set_of(profile.slot(*record, at));
                    if *held { &mut known } else { &mut not }.push(*symbol);
                    known.sort_unstable();
                    not.sort_unstable();
                    profile.set(*record, at, Slot::Set { known, not, complete });
                }
                Pin::Whole => {
                    let (known, _, _) = set_of(profile.slot(*record, at));
                    profile.set(*record, at, Slot::Set { known, not: Vec::new(), complete: true });
                }
            }
        }
        profile
    }

    fn start(bound: &'a Bound, profile: &'a Profile) -> Self {
        let focus = [None; LEVELS as usize + 1];
        let mut completion =
            Self { bound, profile, pins: Vec::new(), added: Vec::new(), roots: Vec::new(), focus, steps: STEPS };
        // A policy's own record is there even when nothing is known of it.
        for (i, entity) in bound.graph.schema.entities.iter().enumerate() {
            let id = EntityId::of(i);
            if entity.is_unit && profile.root(id).is_none() {
                let record = completion.add(id);
                completion.roots.push((id, record));
            }
        }
        completion
    }

    fn add(&mut self, entity: EntityId) -> RecordIx {
        let ix = self.profile.len() + self.added.len();
        self.added.push(entity);
        RecordIx(u32::try_from(ix).unwrap_or(u32::MAX))
    }

    fn pin(&mut self, record: RecordIx, field: FieldId, pin: Pin) {
        let targets: &[RecordIx] = match &pin {
            Pin::Record(target) => std::slice::from_ref(target),
            Pin::List(items, _) => items,
            _ => &[],
        };
        // As a profile is linked: what stands in a fact points back at its holder.
        let schema = &self.bound.graph.schema;
        if let Some(back) = schema.field(field).and_then(|f| f.back)
            && matches!(schema.field(back).map(|f| f.ty), Some(FieldType::Record(_)))
        {
            let fresh = self.profile.len();
            let linked: Vec<RecordIx> = targets.iter().copied().filter(|t| t.0 as usize >= fresh).collect();
            for target in linked {
                if self.pinned_record(target, back).is_none() {
                    self.pins.push((target, back, Pin::Record(record)));
                }
            }
        }
        self.pins.push((record, field, pin));
    }

    fn pins_of(&self, record: RecordIx, field: FieldId) -> impl Iterator<Item = &Pin> {
        self.pins.iter().rev().filter(move |(r, f, _)| *r == record && *f == field).map(|(_, _, pin)| pin)
    }

    fn pinned_record(&self, record: RecordIx, field: FieldId) -> Option<RecordIx> {
        self.pins_of(record, field).find_map(|p| if let Pin::Record(ix) = p { Some(*ix) } else { None })
    }

    fn domain(&self, record: RecordIx, field: FieldId) -> &Intervals {
        let pinned = self.pins_of(record, field).find_map(|p| if let Pin::Among(set) = p { Some(set) } else { None });
        pinned.unwrap_or_else(|| self.bound.range(field))
    }

    /// Tries something, and takes back what it assumed where it does not work.
    fn attempt(&mut self, what: impl FnOnce(&mut Self) -> bool) -> bool {
        let (pins, added, focus) = (self.pins.len(), self.added.len(), self.focus);
        let done = what(self);
        self.focus = focus;
        if !done {
            self.pins.truncate(pins);
            self.added.truncate(added);
        }
        done
    }

    /// Narrows a scalar to a set; false where nothing of it is left.
    fn narrow(&mut self, fact: FactRef, to: impl FnOnce(&Intervals) -> Intervals) -> bool {
        let Some(record) = self.reach(fact.record) else { return false };
        if let Slot::Scalar(value) = self.profile.slot(record, fact.position as usize) {
            return to(&Intervals::range(*value, *value)).contains(*value);
        }
        let before = self.domain(record, fact.field);
        let set = to(before);
        if set.is_empty() {
            return false;
        }
        if set != *before {
            self.pin(record, fact.field, Pin::Among(set));
        }
        true
    }

    /// The record of a node, added where it is not known.
    fn reach(&mut self, id: NodeId) -> Option<RecordIx> {
        match self.bound.graph.node(id) {
            Node::Unit(entity) => self.root(*entity),
            Node::Element(level) => self.focus.get(usize::from(*level)).copied().flatten(),
            Node::Follow(fact) => {
                let from = self.reach(fact.record)?;
                if let Some(record) = Facts::record(self, Some(from), *fact) {
                    return Some(record);
                }
                let Some(FieldType::Record(entity)) = self.bound.graph.schema.field(fact.field).map(|f| f.ty) else {
                    return None;
                };
                let record = self.add(entity);
                self.pin(from, fact.field, Pin::Record(record));
                Some(record)
            }
            _ => None,
        }
    }

    /// Assumes what makes a condition true, or false. The answer false means that it found no way, not that there is none.
    fn want(&mut self, base: &Evaluation<'_, Profile>, id: NodeId, target: bool, scratch: &mut Scratch) -> bool {
        let Some(left) = self.steps.checked_sub(1) else { return false };
        self.steps = left;
        // What the profile settles stays settled.
        if self.bound.graph.level(id) == 0
            && let Some(known) = base.settled(id)
        {
            return known == target;
        }
        let bound = self.bound;
        match bound.graph.node(id) {
            Node::Bool(value) => *value == target,
            Node::Not(a) => self.want(base, *a, !target, scratch),
            Node::And(parts) => self.want_parts(base, parts, target, target, scratch),
            Node::Or(parts) => self.want_parts(base, parts, target, !target, scratch),
            Node::Test(fact, set) => {
                let set = bound.set(*set);
                self.narrow(*fact, |domain| if target { domain.and(set) } else { domain.without(set) })
            }
            Node::Holds(fact, symbols) => self.want_held(*fact, symbols, target),
            Node::HoldsValue(fact, value) => {
                let value = self.evaluate(scratch, |e| e.point(*value));
                let symbol = value.filter(|n| n.is_whole()).and_then(|n| u32::try_from(n.numerator()).ok());
                symbol.is_some_and(|symbol| self.want_held(*fact, &[symbol], target))
            }
            Node::IsEmpty(fact) => self.want_empty(*fact, target),
            Node::Any(list, body) => self.want_entry(base, *list, (*body, true), target, scratch),
            Node::All(list, body) => self.want_entry(base, *list, (*body, false), !target, scratch),
            Node::Compare(op, a, b) => {
                let less = matches!(op, Comparison::Less | Comparison::LessOrEqual | Comparison::NotEqual) == target;
                let equal = matches!((op, target), (Comparison::Equal, true) | (Comparison::NotEqual, false));
                if equal {
                    return [(*a, *b), (*b, *a)].into_iter().any(|(open, fixed)| {
                        self.attempt(|c| {
                            let value = c.evaluate(scratch, |e| e.point(fixed));
                            value.is_some_and(|value| c.meet(open, value, scratch))
                                && c.evaluate(scratch, |e| e.truth(id)) == Truth::of(target)
                        })
                    });
                }
                [less, !less].into_iter().any(|less| {
                    self.attempt(|c| {
                        c.push(base, *a, !less, scratch);
                        c.push(base, *b, less, scratch);
                        c.evaluate(scratch, |e| e.truth(id)) == Truth::of(target)
                    })
                })
            }
            Node::InSet(a, _) => [false, true].into_iter().any(|high| {
                self.attempt(|c| {
                    c.push(base, *a, high, scratch);
                    c.evaluate(scratch, |e| e.truth(id)) == Truth::of(target)
                })
            }),
            Node::Within(region, place, whole) => self.want_within((*region, *place, *whole), target, scratch),
            _ => false,
        }
    }

    /// All parts, or one of them.
    fn want_parts(
        &mut self,
        base: &Evaluation<'_, Profile>,
        parts: &[NodeId],
        target: bool,
        all: bool,
        scratch: &mut Scratch,
    ) -> bool {
        if !all {
            return parts.iter().any(|part| self.attempt(|c| c.want(base, *part, target, scratch)));
        }
        // A part that fails because of what was assumed for those before it goes first the next time: "all members live here" takes the list
        // as it is known, unless "more than one member" came first.
        let mut order = Cow::Borrowed(parts);
        for _ in 0..ORDERS {
            let mut failed = 0;
            let met = self.attempt(|c| {
                order.iter().enumerate().all(|(at, part)| {
                    failed = at;
                    c.want(base, *part, target, scratch)
                })
            });
            if met {
                return true;
            }
            if failed == 0 {
                return false;
            }
            order.to_mut().get_mut(..=failed).into_iter().for_each(|first| first.rotate_right(1));
        }
        false
    }

    /// One value of an enum is inside another, or is not.
    fn want_within(
        &mut self,
        (region, place, whole): (EnumId, NodeId, NodeId),
        target: bool,
        scratch: &mut Scratch,
    ) -> bool {
        let bound = self.bound;
        let inside = |whole: i64| {
            let symbol = u32::try_from(whole).ok().and_then(|r| bound.graph.schema.symbol(region, r));
            Intervals::range(whole, symbol.map_or(whole, |s| i64::from(s.end) - 1))
        };
        let point = |c: &Self, node: NodeId, scratch: &mut Scratch| {
            let value = c.evaluate(scratch, |e| e.point(node))?;
            i64::try_from(value.numerator()).ok()
        };
        let (place_at, whole_at) = (point(self, place, scratch), point(self, whole, scratch));
        match (bound.graph.node(place), bound.graph.node(whole)) {
            (_, Node::Fact(fact)) if whole_at.is_none() => {
                let one = |at: i64| Intervals::range(at, at);
                let fits = |at: i64| place_at.is_none_or(|place| inside(at).contains(place) == target);
                let Some(record) = self.reach(fact.record) else { return false };
                let ends = self.domain(record, fact.field).ends();
                let tries = [place_at, ends.map(|e| e.1), ends.map(|e| e.0)];
                let Some(at) = tries.into_iter().flatten().find(|at| fits(*at)) else { return false };
                self.narrow(*fact, |domain| domain.and(&one(at)))
                    && (place_at.is_some() || self.want_within((region, place, whole), target, scratch))
            }
            (Node::Fact(fact), _) if whole_at.is_some() => {
                let set = whole_at.map(inside).unwrap_or_default();
                self.narrow(*fact, |domain| if target { domain.and(&set) } else { domain.without(&set) })
            }
            _ => place_at.zip(whole_at).is_some_and(|(place, whole)| inside(whole).contains(place) == target),
        }
    }

    fn want_held(&mut self, fact: FactRef, symbols: &[u32], target: bool) -> bool {
        let Some(record) = self.reach(fact.record) else { return false };
        for symbol in symbols {
            match Facts::holds(self, Some(record), fact, *symbol) {
                Truth::True => return target,
                Truth::False => {}
                Truth::Unknown => {
                    self.pin(record, fact.field, Pin::Symbol(*symbol, target));
                    if target {
                        return true;
                    }
                }
            }
        }
        !target
    }

    fn want_empty(&mut self, fact: FactRef, target: bool) -> bool {
        let Some(record) = self.reach(fact.record) else { return false };
        match Facts::is_empty(self, Some(record), fact) {
            Truth::Unknown if target => {
                self.pin(record, fact.field, Pin::Whole);
                true
            }
            Truth::Unknown => {
                let count = u32::try_from(count_of(self.bound, fact.field)).unwrap_or(0);
                let all: Vec<u32> = (0..count).collect();
                self.want_held(fact, &all, true)
            }
            known => known == Truth::of(target),
        }
    }

    /// Some entry that counts has a body that is `body.1`; or (`target` false) none has.
    fn want_entry(
        &mut self,
        base: &Evaluation<'_, Profile>,
        list: NodeId,
        body: (NodeId, bool),
        target: bool,
        scratch: &mut Scratch,
    ) -> bool {
        let bound = self.bound;
        let Node::List { fact, level, filters } = bound.graph.node(list) else { return false };
        let Some(record) = self.reach(fact.record) else { return false };
        let (items, complete) = self.items(record, *fact);
        let mut counts = |c: &mut Self, item: RecordIx| {
            c.focus_on(*level, Some(item));
            filters.iter().all(|f| c.want(base, *f, true, scratch)) && c.want(base, body.0, body.1, scratch)
        };
        if target {
            return items.iter().any(|item| self.attempt(|c| counts(c, *item)))
                || !complete
                    && self.attempt(|c| {
                        let Some(item) = c.longer(record, *fact, &items) else { return false };
                        counts(c, item)
                    });
        }
        if !complete {
            self.close(record, *fact, &items);
        }
        items.iter().all(|item| self.want_quiet(base, *level, filters, (body.0, !body.1), *item, scratch))
    }

    /// The list has no entries but these.
    fn close(&mut self, record: RecordIx, fact: FactRef, items: &[RecordIx]) {
        self.pin(record, fact.field, Pin::List(items.to_vec(), true));
    }

    /// An entry does not count, or its body is `body.1`.
    fn want_quiet(
        &mut self,
        base: &Evaluation<'_, Profile>,
        level: u8,
        filters: &[NodeId],
        body: (NodeId, bool),
        item: RecordIx,
        scratch: &mut Scratch,
    ) -> bool {
        let one = |c: &mut Self, node: NodeId, value: bool, scratch: &mut Scratch| {
            c.attempt(|c| {
                c.focus_on(level, Some(item));
                c.want(base, node, value, scratch)
            })
        };
        one(self, body.0, body.1, scratch) || filters.iter().any(|f| one(self, *f, false, scratch))
    }

    fn focus_on(&mut self, level: u8, entry: Option<RecordIx>) {
        if let Some(slot) = self.focus.get_mut(usize::from(level)) {
            *slot = entry;
        }
    }

    /// The entries of a list that are known or assumed, with those that belong to it, and whether there are no others.
    fn items(&mut self, record: RecordIx, fact: FactRef) -> (Vec<RecordIx>, bool) {
        let entries = Facts::list(self, Some(record), fact);
        let (mut items, complete) = (entries.items.to_vec(), entries.complete);
        if complete {
            return (items, true);
        }
        let schema = &self.bound.graph.schema;
        let Some(field) = schema.field(fact.field) else { return (items, true) };
        let FieldType::List(entity) = field.ty else { return (items, true) };
        for beside in &field.includes {
            let Some(at) = position(schema, *beside) else { continue };
            let known = match self.profile.slot(record, at) {
                Slot::Record(ix) => Some(*ix),
                _ => self.pinned_record(record, *beside),
            };
            let one = known.unwrap_or_else(|| {
                let one = self.add(entity);
                self.pin(record, *beside, Pin::Record(one));
                one
            });
            if !items.contains(&one) {
                items.insert(0, one);
            }
        }
        (items, false)
    }

    /// Adds an entry to a list that may have others.
    fn longer(&mut self, record: RecordIx, fact: FactRef, items: &[RecordIx]) -> Option<RecordIx> {
        let field = self.bound.graph.schema.field(fact.field)?;
        let FieldType::List(entity) = field.ty else { return None };
        if items.len() >= field.up_to as usize {
            return None;
        }
        let one = self.add(entity);
        let mut longer = items.to_vec();
        longer.push(one);
        let complete = longer.len() >= field.up_to as usize;
        self.pin(record, fact.field, Pin::List(longer, complete));
        Some(one)
    }

    /// Assumes what the constraints need.
    fn allow(&mut self, base: &Evaluation<'_, Profile>, constraints: &[&Constraint], scratch: &mut Scratch) -> bool {
        constraints.iter().all(|constraint| {
            let mut at = 0;
            while let Some(entity) = self.entity_at(at) {
                let record = RecordIx(u32::try_from(at).unwrap_or(u32::MAX));
                at += 1;
                if entity == constraint.entity {
                    self.focus_on(1, Some(record));
                    if !self.want(base, constraint.node, true, scratch) {
                        return false;
                    }
                }
            }
            self.focus_on(1, None);
            true
        })
    }

    fn entity_at(&self, at: usize) -> Option<EntityId> {
        let ix = RecordIx(u32::try_from(at).ok()?);
        match self.profile.record(ix) {
            Some(record) => Some(record.entity),
            None => self.added.get(at.checked_sub(self.profile.len())?).copied(),
        }
    }

    /// The proof: with these assumptions the constraints hold and the policy is what was wanted.
    fn shows(&self, root: NodeId, constraints: &[&Constraint], target: bool, scratch: &mut Scratch) -> bool {
        self.judged(self, root, constraints, scratch) == Some(Truth::of(target))
    }

    /// Whether the policy holds for `facts`, which are this completion or differ from it in known values only; none where that is open
    /// or the constraints are not known to hold.
    pub(super) fn judged<F: Facts>(
        &self,
        facts: &F,
        root: NodeId,
        constraints: &[&Constraint],
        scratch: &mut Scratch,
    ) -> Option<Truth> {
        let mut evaluation = Evaluation::new(self.bound, facts, scratch).searching();
        let truth = Some(evaluation.truth(root)).filter(|truth| truth.is_known())?;
        let kept = constraints.iter().all(|constraint| {
            let mut at = 0;
            while let Some(entity) = self.entity_at(at) {
                if entity == constraint.entity {
                    evaluation.enter(1, Some(RecordIx(u32::try_from(at).unwrap_or(u32::MAX))));
                    if evaluation.truth(constraint.node) != Truth::True {
                        return false;
                    }
                }
                at += 1;
            }
            true
        });
        kept.then_some(truth)
    }

    fn evaluate<T>(&self, scratch: &mut Scratch, what: impl FnOnce(&mut Evaluation<'_, Self>) -> T) -> T {
        let mut evaluation = Evaluation::new(self.bound, self, scratch).searching();
        for (level, entry) in self.focus.iter().enumerate().skip(1) {
            if entry.is_some() {
                evaluation.enter(u8::try_from(level).unwrap_or(u8::MAX), *entry);
            }
        }
        what(&mut evaluation)
    }
}

fn set_of(slot: &Slot) -> (Vec<u32>, Vec<u32>, bool) {
    match slot {
        Slot::Set { known, not, complete } => (known.clone(), not.clone(), *complete),
        _ => (Vec::new(), Vec::new(), false),
    }
}

/// How many values a set fact can hold.
pub(super) fn count_of(bound: &Bound, field: FieldId) -> usize {
    let schema = &bound.graph.schema;
    let of = |e: EnumId| schema.enumeration(e).map_or(0, |e| e.values.len());
    match schema.field(field).map(|f| f.ty) {
        Some(FieldType::Set(e)) => of(e),
        _ => 0,
    }
}

impl Facts for Completion<'_> {
    fn scalar(&self, record: Option<RecordIx>, fact: FactRef) -> Reading<'_> {
        let Some(record) = record else { return Reading::Unknown };
        match self.profile.slot(record, fact.position as usize) {
            Slot::Scalar(value) => Reading::Value(*value),
            _ => Reading::Among(self.domain(record, fact.field)),
        }
    }

    fn record(&self, record: Option<RecordIx>, fact: FactRef) -> Option<RecordIx> {
        Facts::record(self.profile, record, fact).or_else(|| self.pinned_record(record?, fact.field))
    }

    fn list(&self, record: Option<RecordIx>, fact: FactRef) -> Entries<'_> {
        let up_to = self.bound.graph.schema.field(fact.field).map_or(0, |f| f.up_to);
        let pinned = record.and_then(|r| {
            self.pins_of(r, fact.field)
                .find_map(|p| if let Pin::List(items, whole) = p { Some((items, whole)) } else { None })
        });
        if let Some((items, complete)) = pinned {
            let others = up_to.saturating_sub(u32::try_from(items.len()).unwrap_or(u32::MAX));
            return Entries { items, complete: *complete, others: Some(if *complete { 0 } else { others }) };
        }
        let known = Facts::list(self.profile, record, fact);
        let others = up_to.saturating_sub(u32::try_from(known.items.len()).unwrap_or(u32::MAX));
        let complete = known.complete || others == 0;
        Entries { items: known.items, complete, others: Some(if complete { 0 } else { others }) }
    }

    fn holds(&self, record: Option<RecordIx>, fact: FactRef, symbol: u32) -> Truth {
        match (Facts::holds(self.profile, record, fact, symbol), record) {
            (Truth::Unknown, Some(record)) => self
                .pins_of(record, fact.field)
                .find_map(|pin| match pin {
                    Pin::Symbol(s, held) if *s == symbol => Some(Truth::of(*held)),
                    Pin::Whole => Some(Truth::False),
                    _ => None,
                })
                .unwrap_or(Truth::Unknown),
            (known, _) => known,
        }
    }

    fn is_empty(&self, record: Option<RecordIx>, fact: FactRef) -> Truth {
        match (Facts::is_empty(self.profile, record, fact), record) {
            (Truth::Unknown, Some(record)) => {
                let mut result = Truth::Unknown;
                for pin in self.pins_of(record, fact.field) {
                    match pin {
                        Pin::Symbol(_, true) => return Truth::False,
                        Pin::Whole => result = Truth::True,
                        _ => {}
                    }
                }
                result
            }
            (known, _) => known,
        }
    }

    fn root(&self, entity: EntityId) -> Option<RecordIx> {
        let assumed = || self.roots.iter().find(|(e, _)| *e == entity).map(|(_, ix)| *ix);
        self.profile.root(entity).or_else(assumed)
    }
}
