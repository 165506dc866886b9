//! The exact answer where Kleene logic is undecided and may be too weak.
//!
//! A search over the completions of the missing facts, by regions instead of one by one: every missing fact starts with
//! all it can be; the evaluator computes with these bounds; where the policy stays open, the region is split on what
//! keeps it open, and regions that contradict a constraint are dropped. A region in which the policy holds (or fails)
//! and the constraints hold is a witness. Two witnesses make the verdict undetermined, exactly; no region left makes it
//! settled, exactly. The number of evaluations is bounded and counted, never timed, so the answer is the same everywhere.

use super::completion::{self, Shown};
use super::facts::{Entries, Facts, Reading};
use super::from_graph::{Blocker, Evaluation, Scratch};
use super::{Outcome, Truth, Verdict};
use crate::graph::intervals::Intervals;
use crate::graph::{Bound, Constraint, Entry, FactRef, NodeId};
use crate::ids::{EntityId, FieldId};
use crate::profile::{Profile, RecordIx, Slot, position};
use crate::schema::FieldType;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The most records a region may have; a list of unknown length grows one entry at a time.
pub(super) const RECORDS: usize = 200;

/// So many values of a fact are looked at one by one.
const VALUES: i64 = 6;

/// The verdicts on all policies, in the order of their ids. `scratch` is reused from one profile to the next.
#[must_use]
pub fn outcomes(bound: &Bound, profile: &Profile, scratch: &mut Scratch) -> Vec<Outcome> {
    let mut search = scratch.search();
    let mut base = Evaluation::new(bound, profile, scratch);
    let outcomes = bound.graph.entries.iter().map(|entry| judged(bound, entry, profile, &mut base, &mut search));
    let outcomes = outcomes.collect();
    scratch.give_back(search);
    outcomes
}

/// The verdicts of strong Kleene logic alone: never wrong, but undetermined where the exact answer may be settled.
#[must_use]
pub fn kleene(bound: &Bound, profile: &Profile, scratch: &mut Scratch) -> Vec<Outcome> {
    let mut base = Evaluation::new(bound, profile, scratch);
    bound.graph.entries.iter().map(|entry| by_kleene(entry, &mut base)).collect()
}

/// The verdict on one policy.
#[must_use]
pub fn outcome(bound: &Bound, policy: crate::ids::PolicyId, profile: &Profile, scratch: &mut Scratch) -> Outcome {
    let nothing = Outcome { verdict: Verdict::NotInForce, not_proved: false, by_kleene: true };
    let Some(entry) = bound.graph.entry(policy) else { return nothing };
    let mut search = scratch.search();
    let outcome = judged(bound, entry, profile, &mut Evaluation::new(bound, profile, scratch), &mut search);
    scratch.give_back(search);
    outcome
}

fn by_kleene(entry: &Entry, base: &mut Evaluation<'_, Profile>) -> Outcome {
    let verdict = match entry.root.map(|root| base.afresh(root)) {
        None => Verdict::NotInForce,
        Some(Truth::True) => Verdict::Eligible,
        Some(Truth::False) => Verdict::Ineligible,
        Some(Truth::Unknown) => Verdict::Undetermined,
    };
    let not_proved = verdict == Verdict::Undetermined && base.steps == 0;
    Outcome { verdict, not_proved, by_kleene: true }
}

/// Kleene logic first; where it is undecided and may be too weak, two completions that differ; else the search.
fn judged(
    bound: &Bound,
    entry: &Entry,
    profile: &Profile,
    base: &mut Evaluation<'_, Profile>,
    search: &mut Scratch,
) -> Outcome {
    let outcome = by_kleene(entry, base);
    let open = outcome.verdict == Verdict::Undetermined && !outcome.not_proved;
    if open { undecided(bound, entry, profile, Shown::default(), base, search) } else { outcome }
}

/// The verdict on a policy that Kleene logic leaves undecided, and of which that is shown.
pub(super) fn undecided(
    bound: &Bound,
    entry: &Entry,
    profile: &Profile,
    shown: Shown,
    base: &mut Evaluation<'_, Profile>,
    search: &mut Scratch,
) -> Outcome {
    let outcome = Outcome { verdict: Verdict::Undetermined, not_proved: false, by_kleene: true };
    let Some(root) = entry.root else { return outcome };
    if kleene_is_exact(bound, entry, profile) {
        return outcome;
    }
    let constraints = relevant(bound, entry);
    if completion::open(bound, root, &constraints, shown, (&*base, profile), search) {
        return outcome;
    }
    settle(bound, root, &constraints, profile, search)
}

/// Whether none of the facts that Kleene logic can be too weak for is missing.
fn kleene_is_exact(bound: &Bound, entry: &Entry, profile: &Profile) -> bool {
    let Some(hard) = bound.hard(entry.policy) else { return true };
    if hard.in_lists || hard.figures {
        return false;
    }
    hard.facts.iter().all(|fact| {
        let record = super::table::record(bound, fact.record, profile);
        match record.map(|r| profile.slot(r, fact.position as usize)) {
            Some(Slot::Scalar(_) | Slot::Record(_)) => true,
            Some(Slot::List { complete, .. } | Slot::Set { complete, .. }) => *complete,
            _ => false,
        }
    })
}

fn settle(
    bound: &Bound,
    root: NodeId,
    constraints: &[&Constraint],
    profile: &Profile,
    scratch: &mut Scratch,
) -> Outcome {
    let mut regions = vec![Region::start(bound, profile)];
    let (mut holds, mut fails, mut unclosed, mut spent) = (false, false, false, false);
    let (mut left, mut steps) = (scratch.limits.regions, scratch.limits.steps);
    while let Some(region) = regions.pop() {
        if holds && fails {
            break;
        }
        if left == 0 || steps == 0 {
            spent = true;
            break;
        }
        left -= 1;
        let (truth, blocker, possible) =
            look_within(bound, &region, &region.profile, &[(root, true)], constraints, &mut steps, scratch);
        if possible == Truth::False {
            continue;
        }
        // A region that can only repeat what has a witness already adds nothing.
        if (truth == Truth::True && holds) || (truth == Truth::False && fails) {
            continue;
        }
        if truth.is_known() && possible == Truth::True {
            holds |= truth == Truth::True;
            fails |= truth == Truth::False;
            continue;
        }
        match blocker {
            Some(blocker) if region.profile.len() < RECORDS => region.split(blocker, &mut regions),
            _ if steps == 0 => spent = true,
            // Nothing is left to split: a figure is missing, and with these facts it is what would decide. No further
            // region can settle the verdict.
            _ => {
                unclosed = true;
                break;
            }
        }
    }
    let verdict = match (holds, fails) {
        _ if spent || unclosed => Verdict::Undetermined,
        (true, false) => Verdict::Eligible,
        (false, true) => Verdict::Ineligible,
        _ => Verdict::Undetermined,
    };
    let not_proved = !(holds && fails) && spent;
    Outcome { verdict, not_proved, by_kleene: false }
}

/// The constraints that bear on the policy's facts, directly or through facts of other constraints.
pub(crate) fn relevant<'a>(bound: &'a Bound, entry: &Entry) -> Vec<&'a Constraint> {
    let all = bound.hard(entry.policy).map_or(&[][..], |h| h.constraints.as_slice());
    all.iter().filter_map(|at| bound.graph.constraints.get(*at)).collect()
}

/// Constraints that a profile contradicts whatever its missing facts are: position of the constraint, and the record.
#[must_use]
pub fn contradictions(bound: &Bound, profile: &Profile, scratch: &mut Scratch) -> Vec<(usize, RecordIx)> {
    let mut found = Vec::new();
    let mut evaluation = Evaluation::new(bound, profile, scratch);
    for constraint in &bound.graph.constraints {
        for ix in (0..profile.len()).filter_map(|i| u32::try_from(i).ok()).map(RecordIx) {
            if profile.record(ix).is_some_and(|r| r.entity == constraint.entity) {
                evaluation.enter(1, Some(ix));
                if evaluation.afresh(constraint.node) == Truth::False {
                    found.push((constraint.index, ix));
                }
            }
        }
    }
    found
}

/// The truth of all goals together over some completions (each a condition and what it should be), what keeps them or the
/// constraints open, and whether the constraints hold.
pub(super) fn look<F: Facts>(
    bound: &Bound,
    facts: &F,
    profile: &Profile,
    goals: &[(NodeId, bool)],
    constraints: &[&Constraint],
    scratch: &mut Scratch,
) -> (Truth, Option<Blocker>, Truth) {
    let mut steps = scratch.limits.steps;
    look_within(bound, facts, profile, goals, constraints, &mut steps, scratch)
}

/// The same with the steps that a search has left.
pub(super) fn look_within<F: Facts>(
    bound: &Bound,
    facts: &F,
    profile: &Profile,
    goals: &[(NodeId, bool)],
    constraints: &[&Constraint],
    steps: &mut u32,
    scratch: &mut Scratch,
) -> (Truth, Option<Blocker>, Truth) {
    let mut evaluation = Evaluation::new(bound, facts, scratch).searching();
    evaluation.steps = *steps;
    let found = looked(&mut evaluation, profile, goals, constraints);
    *steps = evaluation.steps;
    found
}

fn looked<F: Facts>(
    evaluation: &mut Evaluation<'_, F>,
    profile: &Profile,
    goals: &[(NodeId, bool)],
    constraints: &[&Constraint],
) -> (Truth, Option<Blocker>, Truth) {
    let mut possible = Truth::True;
    let mut of_constraint = None;
    for constraint in constraints {
        for ix in (0..profile.len()).filter_map(|i| u32::try_from(i).ok()).map(RecordIx) {
            if profile.record(ix).is_none_or(|r| r.entity != constraint.entity) {
                continue;
            }
            evaluation.enter(1, Some(ix));
            match evaluation.truth(constraint.node) {
                Truth::True => {}
                Truth::False => return (Truth::Unknown, None, Truth::False),
                Truth::Unknown => {
                    possible = Truth::Unknown;
                    of_constraint = of_constraint.or(evaluation.blocker);
                }
            }
            evaluation.blocker = None;
        }
    }
    let mut truth = Truth::True;
    let mut of_goal = None;
    for (node, wanted) in goals {
        evaluation.blocker = None;
        match evaluation.truth(*node) {
            Truth::Unknown => {
                truth = Truth::Unknown;
                of_goal = of_goal.or(evaluation.blocker);
            }
            known if known == Truth::of(*wanted) => {}
            _ => return (Truth::False, of_constraint, possible),
        }
    }
    let blocker = if truth.is_known() { of_constraint } else { of_goal };
    (truth, blocker, possible)
}

/// The least and the most a number can be over the completions of a profile; none where nothing bounds it. Bounds are those
/// of interval arithmetic: no completion passes them, and where a fact stands twice they may be wider than what is reached.
pub(crate) fn span(
    bound: &Bound,
    profile: &Profile,
    node: NodeId,
    scratch: &mut Scratch,
) -> Option<super::from_graph::Span> {
    let region = Region::start(bound, profile);
    Evaluation::new(bound, &region, scratch).searching().scalar(node)
}

/// Some of the completions: a profile whose open facts are narrowed.
#[derive(Clone)]
pub(super) struct Region<'a> {
    bound: &'a Bound,
    /// Shared until a split adds a record or a list: most splits only narrow a fact.
    pub(super) profile: Rc<Profile>,
    pub(super) narrowed: BTreeMap<(RecordIx, FieldId), Intervals>,
    /// How many times an interval was cut in half to come here.
    halved: usize,
}

impl<'a> Region<'a> {
    pub(super) fn start(bound: &'a Bound, profile: &Profile) -> Self {
        let mut profile = profile.clone();
        // A policy's own record is there even when nothing is known of it.
        for (i, entity) in bound.graph.schema.entities.iter().enumerate() {
            let id = EntityId::of(i);
            if entity.is_unit && profile.root(id).is_none() {
                let record = profile.add(&bound.graph.schema, id);
                profile.set_root(record);
            }
        }
        Self { bound, profile: Rc::new(profile), narrowed: BTreeMap::new(), halved: 0 }
    }

    fn domain(&self, record: RecordIx, field: FieldId) -> Intervals {
        self.narrowed.get(&(record, field)).unwrap_or_else(|| self.bound.range(field)).clone()
    }

    fn narrow(mut self, record: RecordIx, field: FieldId, domain: Intervals) -> Option<Self> {
        if domain.is_empty() {
            return None;
        }
        self.narrowed.insert((record, field), domain);
        Some(self)
    }

    /// The parts of the region; the last one pushed is looked at first.
    pub(super) fn split(self, blocker: Blocker, into: &mut Vec<Self>) {
        let schema = &self.bound.graph.schema;
        match blocker {
            Blocker::Test(record, fact, set) => {
                let domain = self.domain(record, fact.field);
                let set = self.bound.set(set);
                into.extend(self.clone().narrow(record, fact.field, domain.without(set)));
                into.extend(self.narrow(record, fact.field, domain.and(set)));
            }
            Blocker::Scalar(record, fact) => {
                let domain = self.domain(record, fact.field);
                let Some((least, most)) = domain.ends() else { return };
                // The ends first: a linear condition takes its extremes there. Then the middle, in halves.
                let ends = Intervals::of([least, most]);
                let inner = domain.without(&ends);
                if let Some((low, high)) = inner.ends() {
                    let middle = low.midpoint(high);
                    for half in [Intervals::range(middle.saturating_add(1), high), Intervals::range(low, middle)] {
                        let mut region = self.clone();
                        region.halved += 1;
                        into.extend(region.narrow(record, fact.field, inner.and(&half)));
                    }
                }
                into.extend(self.clone().narrow(record, fact.field, Intervals::of([most])));
                if least != most {
                    into.extend(self.narrow(record, fact.field, Intervals::of([least])));
                }
            }
            Blocker::Record(record, fact) => {
                let mut region = self;
                let Some(FieldType::Record(entity)) = schema.field(fact.field).map(|f| f.ty) else { return };
                let fresh = Rc::make_mut(&mut region.profile).add(schema, entity);
                Rc::make_mut(&mut region.profile).link(schema, record, fact.field, Slot::Record(fresh));
                into.push(region);
            }
            Blocker::List(record, fact) => self.split_list(record, fact.field, into),
            Blocker::Symbol(record, fact, symbol) => {
                for held in [true, false] {
                    let mut region = self.clone();
                    let (mut known, mut not, complete) = match region.profile.slot(record, fact.position as usize) {
                        Slot::Set { known, not, complete } => (known.clone(), not.clone(), *complete),
                        _ => (Vec::new(), Vec::new(), false),
                    };
                    if held {
                        known.push(symbol);
                    } else {
                        not.push(symbol);
                    }
                    Rc::make_mut(&mut region.profile).set(
                        record,
                        fact.position as usize,
                        Slot::Set { known, not, complete },
                    );
                    into.push(region);
                }
            }
        }
    }

    /// Puts the entries that a list surely has on it; anything else stays as it is.
    pub(super) fn begin(&mut self, record: RecordIx, field: FieldId) {
        let schema = &self.bound.graph.schema;
        if let Some(at) = position(schema, field)
            && !matches!(self.profile.slot(record, at), Slot::List { complete: true, .. })
            && matches!(schema.field(field).map(|f| f.ty), Some(FieldType::List(_)))
        {
            let profile = Rc::make_mut(&mut self.profile);
            let items = profile.surely(schema, record, field);
            profile.link(schema, record, field, Slot::List { items, complete: false });
        }
    }

    /// The same with what `answer` has of one fact in place of what is assumed of it here. Nothing leads any more to records that
    /// stood in it.
    pub(super) fn answering(mut self, record: RecordIx, field: FieldId, answer: &Self) -> Self {
        match answer.narrowed.get(&(record, field)) {
            Some(domain) => self.narrowed.insert((record, field), domain.clone()),
            None => self.narrowed.remove(&(record, field)),
        };
        if let Some(at) = position(&self.bound.graph.schema, field) {
            let said = answer.profile.slot(record, at);
            if self.profile.slot(record, at) != said {
                Rc::make_mut(&mut self.profile).set(record, at, said.clone());
            }
        }
        self
    }

    /// How much was added to come here: records, and halves of halves.
    pub(super) fn size(&self) -> usize {
        self.profile.len() + self.halved
    }

    /// Where a fact has few values: the same with each of them.
    pub(super) fn each(&self, record: RecordIx, field: FieldId) -> Option<Vec<Self>> {
        let schema = &self.bound.graph.schema;
        if !matches!(schema.field(field)?.ty, FieldType::YesNo | FieldType::Symbol(_)) {
            return None;
        }
        let domain = self.domain(record, field);
        let (least, most) = domain.ends()?;
        if most.saturating_sub(least) >= VALUES {
            return None;
        }
        let one = |value| self.clone().narrow(record, field, domain.and(&Intervals::of([value])));
        Some((least..=most).filter_map(one).collect())
    }

    /// Where the fact is a list that may have further entries: the same without any, and with one.
    pub(super) fn ended(&self, record: RecordIx, field: FieldId) -> Option<[Self; 2]> {
        let schema = &self.bound.graph.schema;
        if matches!(self.profile.slot(record, position(schema, field)?), Slot::List { complete: true, .. }) {
            return None;
        }
        let mut parts = Vec::new();
        self.clone().split_list(record, field, &mut parts);
        let [mut one, none] = <[Self; 2]>::try_from(parts).ok()?;
        Rc::make_mut(&mut one.profile).close(schema, record, field);
        Some([none.lengthened(&one), one])
    }

    /// With the records that another region has beyond these, at their places; nothing here leads to them.
    pub(super) fn lengthened(mut self, other: &Self) -> Self {
        if self.profile.len() < other.profile.len() {
            Rc::make_mut(&mut self.profile).lengthen(&other.profile);
        }
        self
    }

    /// A list of unknown length: exactly the known entries, or one more.
    fn split_list(mut self, record: RecordIx, list: FieldId, into: &mut Vec<Self>) {
        let schema = &self.bound.graph.schema;
        let Some(field) = schema.field(list) else { return };
        let FieldType::List(entity) = field.ty else { return };
        let items = Rc::make_mut(&mut self.profile).surely(schema, record, list);
        if items.len() < field.up_to as usize {
            let mut longer = self.clone();
            let mut items = items.clone();
            items.push(Rc::make_mut(&mut longer.profile).add(schema, entity));
            let complete = items.len() >= field.up_to as usize;
            Rc::make_mut(&mut longer.profile).link(schema, record, list, Slot::List { items, complete });
            into.push(longer);
        }
        Rc::make_mut(&mut self.profile).link(schema, record, list, Slot::List { items, complete: true });
        into.push(self);
    }
}

impl Facts for Region<'_> {
    fn scalar(&self, record: Option<RecordIx>, fact: FactRef) -> Reading<'_> {
        let Some(record) = record else { return Reading::Unknown };
        match self.profile.slot(record, fact.position as usize) {
            Slot::Scalar(value) => Reading::Value(*value),
            _ => {
                Reading::Among(self.narrowed.get(&(record, fact.field)).unwrap_or_else(|| self.bound.range(fact.field)))
            }
        }
    }

    fn record(&self, record: Option<RecordIx>, fact: FactRef) -> Option<RecordIx> {
        Facts::record(&*self.profile, record, fact)
    }

    fn list(&self, record: Option<RecordIx>, fact: FactRef) -> Entries<'_> {
        let up_to = self.bound.graph.schema.field(fact.field).map_or(0, |f| f.up_to);
        match record.map(|r| self.profile.slot(r, fact.position as usize)) {
            Some(Slot::List { items, complete }) => {
                let others = up_to.saturating_sub(u32::try_from(items.len()).unwrap_or(u32::MAX));
                Entries { items, complete: *complete || others == 0, others: Some(if *complete { 0 } else { others }) }
            }
            _ => Entries { items: &[], complete: false, others: Some(up_to) },
        }
    }

    fn holds(&self, record: Option<RecordIx>, fact: FactRef, symbol: u32) -> Truth {
        Facts::holds(&*self.profile, record, fact, symbol)
    }

    fn is_empty(&self, record: Option<RecordIx>, fact: FactRef) -> Truth {
        match record.map(|r| self.profile.slot(r, fact.position as usize)) {
            Some(Slot::Set { known, not, complete: false }) if known.is_empty() => {
                // Every value ruled out one by one is as good as a complete list.
                let count = completion::count_of(self.bound, fact.field);
                let ruled_out: BTreeSet<u32> = not.iter().copied().collect();
                if ruled_out.len() >= count { Truth::True } else { Truth::Unknown }
            }
            _ => Facts::is_empty(&*self.profile, record, fact),
        }
    }

    fn root(&self, entity: EntityId) -> Option<RecordIx> {
        self.profile.root(entity)
    }
}
