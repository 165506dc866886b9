//! Graph and facts -> values: one evaluator, demand-driven, each node at most once for each entry it depends on.
//!
//! Scalars are pairs of a least and a most value. From a profile the two are equal or nothing is known, which makes it
//! strong Kleene logic; during the exact search facts have bounds, and the same code does interval arithmetic.

mod scalars;

pub(super) use scalars::{day, shifted};

use super::Truth;
use super::facts::{Entries, Facts, Reading};
use crate::graph::{Bound, FactRef, Node, NodeId};
use crate::ids::FieldId;
use crate::limits::Limits;
use crate::profile::RecordIx;
use crate::value::Number;

/// The least and the most a scalar can be.
pub type Span = (Number, Number);

/// What an undecided evaluation could be split on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocker {
    /// A scalar fact, into what is in the set of a test and what is not.
    Test(RecordIx, FactRef, crate::graph::SetId),
    /// A scalar fact inside arithmetic, into parts.
    Scalar(RecordIx, FactRef),
    /// A record that is not known: it gets one of which nothing is known.
    Record(RecordIx, FactRef),
    /// A list that may have further entries.
    List(RecordIx, FactRef),
    /// A set that may hold a value.
    Symbol(RecordIx, FactRef, u32),
}

impl Blocker {
    /// The fact that it splits.
    pub(super) const fn place(self) -> (RecordIx, FieldId) {
        match self {
            Self::Test(record, fact, _)
            | Self::Scalar(record, fact)
            | Self::Record(record, fact)
            | Self::List(record, fact)
            | Self::Symbol(record, fact, _) => (record, fact.field),
        }
    }
}

/// Memory for evaluations: reused, it makes them free of allocation. It also says how much work one may be.
#[derive(Default)]
pub struct Scratch {
    pub(super) limits: Limits,
    /// By node: the stamp of its entry when it was found, and what was found. Spans stand apart, so that what is asked most stays close
    /// together in memory, and only those that were asked for: a place once given to a node stays its own.
    kept: Vec<(u32, Kept)>,
    spans: Vec<Option<Span>>,
    /// The current entry at each level, and the stamp that values depending on it must bear; level 0 is the profile.
    entries: Vec<(Option<RecordIx>, u32)>,
    clock: u32,
    /// For evaluations of assumptions, while the one of the profile is kept.
    search: Option<Box<Self>>,
    /// For the clause table.
    words: Option<Box<super::table::Words>>,
    /// For blocks of rows.
    memory: Option<Box<super::columns::Memory>>,
}

impl Scratch {
    /// Memory for evaluations with limits of their own on `regions` and `steps`.
    #[must_use]
    pub fn within(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    pub(crate) fn search(&mut self) -> Self {
        let limits = self.limits;
        self.search.take().map_or_else(|| Self::within(limits), |inner| *inner)
    }

    pub(crate) fn words(&mut self) -> Box<super::table::Words> {
        self.words.take().unwrap_or_default()
    }

    pub(crate) fn give_back_words(&mut self, words: Box<super::table::Words>) {
        self.words = Some(words);
    }

    pub(crate) fn memory(&mut self) -> super::columns::Memory {
        self.memory.take().map(|memory| *memory).unwrap_or_default()
    }

    pub(crate) fn give_back_memory(&mut self, memory: super::columns::Memory) {
        self.memory = Some(Box::new(memory));
    }

    pub(crate) fn give_back(&mut self, search: Self) {
        self.search = Some(Box::new(search));
    }
}

/// What is kept of a node.
#[derive(Clone, Copy)]
enum Kept {
    Truth(Truth),
    /// Its place in `Scratch::spans`.
    Span(u32),
    Record(RecordIx),
    NoRecord,
}

/// An evaluation of one graph over one source of facts.
pub struct Evaluation<'a, F> {
    bound: &'a Bound,
    facts: &'a F,
    scratch: &'a mut Scratch,
    /// During the exact search: the first thing found that keeps a value undecided. Unknown values are then not kept,
    /// so that each look finds its blocker.
    pub(super) blocker: Option<Blocker>,
    searching: bool,
    /// Whether something was undecided that no split can decide: a figure that is missing, or a number too large.
    pub(super) stuck: bool,
    /// How many more values may be computed; at none left, everything else is unknown.
    pub(super) steps: u32,
}

impl<'a, F: Facts> Evaluation<'a, F> {
    /// Begins an evaluation; values of earlier ones are forgotten.
    pub fn new(bound: &'a Bound, facts: &'a F, scratch: &'a mut Scratch) -> Self {
        let count = bound.graph.nodes.len();
        // Memory that is used for one graph after the other would gather places.
        if scratch.kept.len() != count || scratch.spans.len() > count || scratch.clock > u32::MAX / 2 {
            scratch.kept = vec![(0, Kept::NoRecord); count];
            scratch.spans.clear();
            scratch.clock = 0;
        }
        scratch.entries.clear();
        scratch.clock += 1;
        let clock = scratch.clock;
        scratch.entries.resize(usize::from(bound.graph.deepest) + 1, (None, clock));
        let steps = scratch.limits.steps;
        Self { bound, facts, scratch, blocker: None, searching: false, stuck: false, steps }
    }

    /// Goes on with the evaluation that `scratch` was used for last, and keeps its values. It must have been of the same facts.
    pub(super) fn resumed(bound: &'a Bound, facts: &'a F, scratch: &'a mut Scratch) -> Self {
        debug_assert!(
            scratch.kept.len() == bound.graph.nodes.len()
                && scratch.entries.len() == usize::from(bound.graph.deepest) + 1,
            "an evaluation of this graph was begun"
        );
        let steps = scratch.limits.steps;
        Self { bound, facts, scratch, blocker: None, searching: false, stuck: false, steps }
    }

    /// Its memory.
    pub(super) fn into_scratch(self) -> &'a mut Scratch {
        self.scratch
    }

    /// The truth of a condition with all the steps that the limits allow, whatever earlier conditions took: what one policy spends
    /// changes no other's verdict.
    pub(crate) fn afresh(&mut self, id: NodeId) -> Truth {
        self.renew();
        self.truth(id)
    }

    /// Gives back all the steps that the limits allow.
    pub(crate) fn renew(&mut self) {
        self.steps = self.scratch.limits.steps;
    }

    /// The entries of a list; one that is as long as it can be is complete.
    fn of_list(&self, record: Option<RecordIx>, fact: FactRef) -> Entries<'a> {
        let facts = self.facts;
        let mut entries = facts.list(record, fact);
        if !entries.complete && !entries.items.is_empty() {
            let up_to = self.bound.graph.schema.field(fact.field).map_or(u32::MAX, |f| f.up_to);
            if entries.items.len() >= up_to as usize {
                (entries.complete, entries.others) = (true, Some(0));
            }
        }
        entries
    }

    /// Whether one more value may be computed. Lists inside lists multiply, and what a search cannot settle it computes anew
    /// at every place that asks.
    fn step(&mut self) -> bool {
        self.stuck |= self.steps == 0;
        let may = self.steps > 0;
        self.steps = self.steps.saturating_sub(1);
        may
    }

    pub(super) fn searching(mut self) -> Self {
        self.searching = true;
        self
    }

    /// Puts an entry in focus at a level, as a quantifier does; explanations use it to look into one entry.
    pub fn enter(&mut self, level: u8, entry: Option<RecordIx>) {
        self.steps = self.steps.saturating_sub(1);
        self.scratch.clock += 1;
        let clock = self.scratch.clock;
        // What depends on a deeper level depends on this one too.
        for (at, slot) in self.scratch.entries.iter_mut().enumerate().skip(usize::from(level)) {
            if at == usize::from(level) {
                slot.0 = entry;
            }
            slot.1 = clock;
        }
    }

    fn stamp(&self, id: NodeId) -> u32 {
        let level = self.bound.graph.level(id);
        self.scratch.entries.get(usize::from(level)).map_or(0, |(_, stamp)| *stamp)
    }

    fn kept(&self, id: NodeId) -> Option<Kept> {
        let (stamp, kept) = self.scratch.kept.get(id.0 as usize)?;
        (*stamp == self.stamp(id)).then_some(*kept)
    }

    fn keep(&mut self, id: NodeId, kept: Kept) {
        let stamp = self.stamp(id);
        if let Some(slot) = self.scratch.kept.get_mut(id.0 as usize) {
            *slot = (stamp, kept);
        }
    }

    fn kept_span(&self, id: NodeId) -> Option<Option<Span>> {
        let Kept::Span(place) = self.kept(id)? else { return None };
        self.scratch.spans.get(place as usize).copied()
    }

    fn keep_span(&mut self, id: NodeId, span: Option<Span>) {
        let place = match self.scratch.kept.get(id.0 as usize) {
            Some((_, Kept::Span(place))) => *place,
            _ => {
                self.scratch.spans.push(None);
                // There are no more than nodes, of which there are at most 2^22.
                u32::try_from(self.scratch.spans.len() - 1).unwrap_or(u32::MAX)
            }
        };
        self.keep(id, Kept::Span(place));
        if let Some(slot) = self.scratch.spans.get_mut(place as usize) {
            *slot = span;
        }
    }

    /// What an earlier question settled of a condition that is asked once a profile.
    pub(super) fn settled(&self, id: NodeId) -> Option<bool> {
        match self.kept(id)? {
            Kept::Truth(Truth::True) => Some(true),
            Kept::Truth(Truth::False) => Some(false),
            _ => None,
        }
    }

    fn block(&mut self, blocker: Option<Blocker>) {
        if self.searching && self.blocker.is_none() {
            self.blocker = blocker;
        }
    }

    /// The truth of a condition.
    pub fn truth(&mut self, id: NodeId) -> Truth {
        if let Some(Kept::Truth(truth)) = self.kept(id) {
            return truth;
        }
        if !self.step() {
            return Truth::Unknown;
        }
        let truth = self.truth_of(id);
        // What was cut short is not kept: the next policy that shares the node has steps of its own.
        if truth.is_known() || (!self.searching && self.steps > 0) {
            self.keep(id, Kept::Truth(truth));
        }
        truth
    }

    fn truth_of(&mut self, id: NodeId) -> Truth {
        let bound = self.bound;
        match bound.graph.node(id) {
            Node::Bool(value) => Truth::of(*value),
            Node::Test(fact, set) => self.test(*fact, *set),
            Node::Not(a) => self.truth(*a).not(),
            Node::And(parts) => self.joined(parts, Truth::True),
            Node::Or(parts) => self.joined(parts, Truth::False),
            Node::Holds(fact, symbols) => self.holds(*fact, symbols),
            Node::HoldsValue(fact, value) => match self.point(*value) {
                Some(n) => match u32::try_from(n.numerator()) {
                    Ok(symbol) if n.is_whole() => self.holds(*fact, &[symbol]),
                    _ => Truth::False,
                },
                None => Truth::Unknown,
            },
            Node::IsEmpty(fact) => self.is_empty(*fact),
            Node::Any(list, body) => self.some(*list, *body),
            Node::All(list, body) => self.every(*list, *body),
            Node::Compare(op, a, b) => self.compare(*op, *a, *b),
            Node::InSet(a, set) => match self.point(*a) {
                Some(n) => {
                    let value = i64::try_from(n.numerator()).ok().filter(|_| n.is_whole());
                    Truth::of(value.is_some_and(|v| bound.set(*set).contains(v)))
                }
                None => Truth::Unknown,
            },
            Node::Within(e, a, b) => {
                let (Some(place), Some(region)) = (self.point(*a), self.point(*b)) else { return Truth::Unknown };
                let end = u32::try_from(region.numerator())
                    .ok()
                    .and_then(|r| bound.graph.schema.symbol(*e, r))
                    .map_or(0, |s| s.end);
                Truth::of(region <= place && place < Number::whole(i128::from(end)))
            }
            _ => {
                self.stuck = true;
                Truth::Unknown
            }
        }
    }

    /// And from `True`, or from `False`: the first part that is the opposite settles it.
    fn joined(&mut self, parts: &[NodeId], neutral: Truth) -> Truth {
        let before = (self.blocker, self.stuck);
        let mut result = neutral;
        for part in parts {
            let truth = self.truth(*part);
            if truth == Truth::Unknown {
                result = Truth::Unknown;
            } else if truth != neutral {
                // What blocked another part does not matter any more.
                (self.blocker, self.stuck) = before;
                return truth;
            }
        }
        result
    }

    fn test(&mut self, fact: FactRef, set: crate::graph::SetId) -> Truth {
        let record = self.record(fact.record);
        let facts = self.facts;
        let set_of = self.bound.set(set);
        match facts.scalar(record, fact) {
            Reading::Value(value) => Truth::of(set_of.contains(value)),
            Reading::Among(domain) => {
                if domain.without(set_of).is_empty() {
                    Truth::True
                } else if domain.and(set_of).is_empty() {
                    Truth::False
                } else {
                    self.block(record.map(|r| Blocker::Test(r, fact, set)));
                    Truth::Unknown
                }
            }
            Reading::Unknown => Truth::Unknown,
        }
    }

    fn holds(&mut self, fact: FactRef, symbols: &[u32]) -> Truth {
        let record = self.record(fact.record);
        let facts = self.facts;
        let mut result = Truth::False;
        for symbol in symbols {
            match facts.holds(record, fact, *symbol) {
                Truth::True => return Truth::True,
                Truth::Unknown => {
                    self.block(record.map(|r| Blocker::Symbol(r, fact, *symbol)));
                    result = Truth::Unknown;
                }
                Truth::False => {}
            }
        }
        result
    }

    fn is_empty(&mut self, fact: FactRef) -> Truth {
        let record = self.record(fact.record);
        let truth = self.facts.is_empty(record, fact);
        if truth == Truth::Unknown && self.searching {
            let count = super::completion::count_of(self.bound, fact.field);
            let open =
                (0..u32::try_from(count).unwrap_or(0)).find(|s| self.facts.holds(record, fact, *s) == Truth::Unknown);
            match (record, open) {
                (Some(r), Some(symbol)) => self.block(Some(Blocker::Symbol(r, fact, symbol))),
                _ => self.stuck |= record.is_some(),
            }
        }
        truth
    }

    /// The record of a node; none where it is not known.
    pub fn record(&mut self, id: NodeId) -> Option<RecordIx> {
        let bound = self.bound;
        match bound.graph.node(id) {
            Node::Unit(entity) => self.facts.root(*entity),
            Node::Element(level) => self.scratch.entries.get(usize::from(*level)).and_then(|(entry, _)| *entry),
            Node::Follow(fact) => {
                match self.kept(id) {
                    Some(Kept::Record(record)) => return Some(record),
                    Some(Kept::NoRecord) => return None,
                    _ => {}
                }
                let from = self.record(fact.record);
                let record = self.facts.record(from, *fact);
                if record.is_none() {
                    self.block(from.map(|r| Blocker::Record(r, *fact)));
                }
                if record.is_some() || !self.searching {
                    self.keep(id, record.map_or(Kept::NoRecord, Kept::Record));
                }
                record
            }
            _ => None,
        }
    }

    /// The record, place and level of a list, with its filters.
    fn list(&mut self, list: NodeId) -> Option<(Option<RecordIx>, FactRef, u8, &'a [NodeId])> {
        let bound = self.bound;
        let Node::List { fact, level, filters } = bound.graph.node(list) else { return None };
        let record = self.record(fact.record);
        Some((record, *fact, *level, filters))
    }

    fn passes(&mut self, filters: &[NodeId]) -> Truth {
        self.joined(filters, Truth::True)
    }

    fn some(&mut self, list: NodeId, body: NodeId) -> Truth {
        self.quantified(list, body, true)
    }

    fn every(&mut self, list: NodeId, body: NodeId) -> Truth {
        self.quantified(list, body, false).not()
    }

    /// Whether some entry passes the filters and has a body that holds (or, for `every`, fails).
    fn quantified(&mut self, list: NodeId, body: NodeId, wanted: bool) -> Truth {
        let Some((record, fact, level, filters)) = self.list(list) else { return Truth::Unknown };
        let entries = self.of_list(record, fact);
        let outer = self.entry(level);
        let before = (self.blocker, self.stuck);
        let mut result = Truth::False;
        for item in entries.items {
            self.enter(level, Some(*item));
            let inside = (self.blocker, self.stuck);
            let passes = self.passes(filters);
            if passes == Truth::False {
                (self.blocker, self.stuck) = inside;
                continue;
            }
            let truth = self.truth(body);
            let truth = if wanted { truth } else { truth.not() };
            match (passes, truth) {
                (Truth::True, Truth::True) => {
                    (self.blocker, self.stuck) = before;
                    self.enter(level, outer);
                    return Truth::True;
                }
                (_, Truth::False) => (self.blocker, self.stuck) = inside,
                _ => result = Truth::Unknown,
            }
        }
        self.enter(level, outer);
        if !entries.complete && entries.others != Some(0) {
            self.block(record.map(|r| Blocker::List(r, fact)));
            result = Truth::Unknown;
        }
        result
    }

    fn entry(&self, level: u8) -> Option<RecordIx> {
        self.scratch.entries.get(usize::from(level)).and_then(|(entry, _)| *entry)
    }

    /// The known entries of a list, each with whether it passes the filters, and whether there are no others.
    pub fn entries(&mut self, list: NodeId) -> (u8, Vec<(RecordIx, Truth)>, bool) {
        let Some((record, fact, level, filters)) = self.list(list) else { return (0, Vec::new(), false) };
        let entries = self.of_list(record, fact);
        let outer = self.entry(level);
        let mut found = Vec::new();
        for item in entries.items {
            self.enter(level, Some(*item));
            let passes = self.passes(filters);
            found.push((*item, passes));
        }
        self.enter(level, outer);
        (level, found, entries.complete)
    }

    /// The fact a list stands in, and the record that has it.
    pub fn list_fact(&mut self, list: NodeId) -> Option<(Option<RecordIx>, FactRef)> {
        self.list(list).map(|(record, fact, _, _)| (record, fact))
    }
}
