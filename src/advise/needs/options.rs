//! The single changes that turn a test in a condition that fails.

use super::draft::{Changed, Edit, Move, Purpose, Step};
use super::search::reach;
use crate::advise::turns;
use crate::graph::intervals::Intervals;
use crate::graph::{Bound, Comparison, FactRef, Node, NodeId, SetId};
use crate::profile::{RecordIx, Slot};
use crate::schema::{Class, FieldType};
use crate::value::Number;
use crate::verdict::Truth;
use crate::verdict::facts::Facts;
use crate::verdict::from_graph::{Evaluation, Scratch, Span};

/// Facts of one comparison that are tried.
const FACTS: usize = 24;
/// Values of one fact that are tried in a comparison.
const VALUES: usize = 40;

/// A fact that a comparison reads.
struct Part {
    record: RecordIx,
    fact: FactRef,
    /// The sets it is tested against inside the comparison.
    sets: Vec<SetId>,
    /// Whether it is a number there.
    number: bool,
    /// The values it is asked for, for a set.
    symbols: Vec<u32>,
}

/// Looks for steps, with some changes made already.
pub(super) struct Finder<'a> {
    bound: &'a Bound,
    facts: &'a Changed<'a>,
    evaluation: Evaluation<'a, Changed<'a>>,
    /// For values that are tried.
    scratch: &'a mut Scratch,
    focus: Vec<Option<RecordIx>>,
    pub(super) purpose: Purpose,
}

impl<'a> Finder<'a> {
    pub(super) fn new(
        bound: &'a Bound,
        facts: &'a Changed<'a>,
        scratch: &'a mut Scratch,
        trying: &'a mut Scratch,
    ) -> Self {
        let focus = vec![None; usize::from(bound.graph.deepest) + 1];
        let evaluation = Evaluation::new(bound, facts, scratch);
        Self { bound, facts, evaluation, scratch: trying, focus, purpose: Purpose::Condition(0) }
    }

    /// Puts an entry in focus at a level.
    pub(super) fn enter(&mut self, level: u8, entry: Option<RecordIx>) {
        if let Some(slot) = self.focus.get_mut(usize::from(level)) {
            *slot = entry;
        }
        self.evaluation.enter(level, entry);
    }

    /// What has to be turned, each with its options, for a condition to have that truth. False where something that has to
    /// be has no option.
    pub(super) fn requirements(&mut self, id: NodeId, target: bool, into: &mut Vec<Vec<Step>>) -> bool {
        if self.evaluation.truth(id) != Truth::of(!target) {
            return true;
        }
        let bound = self.bound;
        match bound.graph.node(id) {
            Node::Not(a) => self.requirements(*a, !target, into),
            Node::And(parts) if target => parts.iter().all(|p| self.requirements(*p, target, into)),
            Node::Or(parts) if !target => parts.iter().all(|p| self.requirements(*p, target, into)),
            _ => {
                let options = self.options(id, target);
                let possible = !options.is_empty();
                into.push(options);
                possible
            }
        }
    }

    /// The single steps towards a condition that fails having that truth.
    fn options(&mut self, id: NodeId, target: bool) -> Vec<Step> {
        if self.evaluation.truth(id) != Truth::of(!target) {
            return Vec::new();
        }
        let bound = self.bound;
        match bound.graph.node(id) {
            Node::Not(a) => self.options(*a, !target),
            Node::And(parts) if target => self.hardest(parts, target),
            Node::Or(parts) if !target => self.hardest(parts, target),
            Node::And(parts) | Node::Or(parts) => parts.iter().flat_map(|p| self.options(*p, target)).collect(),
            Node::Test(fact, set) => self.test(*fact, *set, target),
            Node::Holds(fact, symbols) => self.holds(*fact, symbols, target),
            Node::HoldsValue(fact, value) => {
                let symbol = self.evaluation.point(*value).and_then(|n| u32::try_from(n.numerator()).ok());
                symbol.map(|s| self.holds(*fact, &[s], target)).unwrap_or_default()
            }
            Node::IsEmpty(fact) if target => {
                let held = self.held(*fact);
                held.first().map(|s| self.holds(*fact, &[*s], false)).unwrap_or_default()
            }
            Node::Any(list, body) => self.entries(*list, *body, true, target),
            Node::All(list, body) => self.entries(*list, *body, false, !target),
            Node::Compare(..) | Node::InSet(..) | Node::Within(..) => self.compared(id, target),
            _ => Vec::new(),
        }
    }

    /// All of these have to turn: the options of the one with the fewest, none where one has none.
    fn hardest(&mut self, parts: &[NodeId], target: bool) -> Vec<Step> {
        let mut best: Option<Vec<Step>> = None;
        for part in parts {
            if self.evaluation.truth(*part) != Truth::of(!target) {
                continue;
            }
            let options = self.options(*part, target);
            if best.as_ref().is_none_or(|b| options.len() < b.len()) {
                best = Some(options);
            }
        }
        best.unwrap_or_default()
    }

    /// Some entry that counts has the body `holding`, or none has.
    fn entries(&mut self, list: NodeId, body: NodeId, holding: bool, some: bool) -> Vec<Step> {
        let bound = self.bound;
        let Node::List { filters, .. } = bound.graph.node(list) else { return Vec::new() };
        let (level, entries, _) = self.evaluation.entries(list);
        let outer = self.focus.get(usize::from(level)).copied().flatten();
        let (mut any, mut fewest) = (Vec::new(), None::<Vec<Step>>);
        for (entry, passes) in entries {
            self.enter(level, Some(entry));
            let truth = self.evaluation.truth(body);
            if some {
                let mut parts: Vec<Vec<Step>> = Vec::new();
                if passes == Truth::False {
                    parts.push(self.hardest(filters, true));
                }
                if truth == Truth::of(!holding) {
                    parts.push(self.options(body, holding));
                }
                any.extend(parts.into_iter().min_by_key(Vec::len).unwrap_or_default());
            } else if passes == Truth::True && truth == Truth::of(holding) {
                let mut out = self.options(body, !holding);
                out.extend(filters.iter().flat_map(|f| self.options(*f, false)));
                if fewest.as_ref().is_none_or(|f| out.len() < f.len()) {
                    fewest = Some(out);
                }
            }
        }
        self.enter(level, outer);
        if some { any } else { fewest.unwrap_or_default() }
    }

    /// A change of a fact that is known and can change.
    fn base(&self, record: RecordIx, fact: FactRef) -> Option<Move> {
        let field = self.bound.graph.schema.field(fact.field)?;
        if matches!(field.class, Class::Immutable | Class::Time) {
            return None;
        }
        Some(Move {
            record,
            position: fact.position,
            field: fact.field,
            class: field.class,
            edit: Edit::To(0),
            wanted: Intervals::default(),
            loose: false,
            blind: false,
            purpose: self.purpose,
        })
    }

    fn test(&mut self, fact: FactRef, set: SetId, target: bool) -> Vec<Step> {
        let Some(record) = self.evaluation.record(fact.record) else { return Vec::new() };
        let Some(value) = self.facts.value(record, fact.position) else { return Vec::new() };
        let bound = self.bound;
        let range = bound.range(fact.field);
        let wanted = if target { range.and(bound.set(set)) } else { range.without(bound.set(set)) };
        let mut steps = self.waiting(fact, set, value, target);
        let change = self.base(record, fact).and_then(|base| reach(&base, wanted, value));
        steps.extend(change.map(Step::Move));
        steps
    }

    /// The first day on which a test that moves with the as-of date has that truth.
    fn waiting(&self, fact: FactRef, set: SetId, value: i64, target: bool) -> Vec<Step> {
        let bound = self.bound;
        let is_date = matches!(bound.graph.schema.field(fact.field).map(|f| f.ty), Some(FieldType::Date));
        let Some(def) = bound.graph.set_def(set).filter(|_| is_date) else { return Vec::new() };
        let days = turns(def, value);
        let day = days.into_iter().find(|d| *d > bound.as_of && bound.set_on(set, *d).contains(value) == target);
        day.map(Step::Wait).into_iter().collect()
    }

    fn held(&mut self, fact: FactRef) -> Vec<u32> {
        let record = self.evaluation.record(fact.record);
        match record.map(|r| self.facts.profile.slot(r, fact.position as usize)) {
            Some(Slot::Set { known, .. }) => {
                known.iter().copied().filter(|s| self.facts.holds(record, fact, *s) == Truth::True).collect()
            }
            _ => Vec::new(),
        }
    }

    fn holds(&mut self, fact: FactRef, symbols: &[u32], target: bool) -> Vec<Step> {
        let Some(record) = self.evaluation.record(fact.record) else { return Vec::new() };
        let Some(base) = self.base(record, fact) else { return Vec::new() };
        let with = |edit| Step::Move(Move { edit, ..base.clone() });
        if target {
            return symbols.iter().map(|s| with(Edit::With(*s))).collect();
        }
        // All of them have to go; one after the other.
        let held = symbols.iter().find(|s| self.facts.holds(Some(record), fact, **s) == Truth::True);
        held.map(|s| with(Edit::Without(*s))).into_iter().collect()
    }

    /// A comparison: each known fact in it alone, as near to its value as makes the comparison come out; where it cannot,
    /// as far as it helps, so that another can do the rest.
    fn compared(&mut self, id: NodeId, target: bool) -> Vec<Step> {
        let mut parts = Vec::new();
        self.gather(id, &mut parts);
        let now = self.gap(id, None);
        let mut steps = self.days(id);
        for part in &parts {
            let Some(base) = self.base(part.record, part.fact) else { continue };
            for symbol in &part.symbols {
                let held = self.facts.holds(Some(part.record), part.fact, *symbol);
                match held {
                    Truth::True => steps.push(Step::Move(Move { edit: Edit::Without(*symbol), ..base.clone() })),
                    Truth::False => steps.push(Step::Move(Move { edit: Edit::With(*symbol), ..base.clone() })),
                    Truth::Unknown => {}
                }
            }
            let Some(value) = self.facts.value(part.record, part.fact.position) else { continue };
            let range = self.bound.range(part.fact.field).without(&Intervals::range(value, value));
            let mut reached = Vec::new();
            let mut helps: Option<(Number, i64)> = None;
            for other in self.values(part, value) {
                let trial = (part.record, part.fact.position, other);
                // What leaves it open does not fail any more.
                if self.tried(id, trial) != Truth::of(!target) {
                    reached.push(if part.number { self.threshold(id, target, trial, value) } else { other });
                } else if let (Some(was), Some(is)) = (now, self.gap(id, Some(trial)))
                    && let Some(gain) = gain(self.bound.graph.node(id), target, was, is)
                    && helps.is_none_or(|(best, _)| gain > best)
                {
                    helps = Some((gain, other));
                }
            }
            reached.sort_by_key(|v| (v.abs_diff(value), *v));
            // The nearest below and the nearest above.
            let below = reached.iter().find(|v| **v < value);
            let above = reached.iter().find(|v| **v > value);
            let mut chosen: Vec<i64> = below.into_iter().chain(above).copied().collect();
            if chosen.is_empty() {
                chosen.extend(helps.map(|(_, v)| v));
            }
            for to in chosen {
                let all = range.clone();
                steps.push(Step::Move(Move { edit: Edit::To(to), wanted: all, loose: part.number, ..base.clone() }));
            }
        }
        steps
    }

    /// The values of a fact that can make a difference to a comparison.
    fn values(&self, part: &Part, value: i64) -> Vec<i64> {
        let range = self.bound.range(part.fact.field);
        let Some((least, most)) = range.ends() else { return Vec::new() };
        let mut values = Vec::new();
        if most.saturating_sub(least) < i64::try_from(VALUES).unwrap_or(0) {
            values.extend(least..=most);
        } else {
            values.extend([least, most].iter().filter(|_| part.number));
            for set in &part.sets {
                // Both ends of each piece: what counts may rise or fall within it.
                let inside = self.bound.set(*set).and(range);
                let outside = range.without(self.bound.set(*set));
                let pieces = inside.as_slice().iter().chain(outside.as_slice());
                values.extend(pieces.flat_map(|(first, last)| [*first, *last]));
            }
        }
        values.retain(|v| *v != value && range.contains(*v));
        // Of many the nearest.
        values.sort_unstable_by_key(|v| (v.abs_diff(value), *v));
        values.dedup();
        values.truncate(VALUES);
        values
    }

    fn trying<T>(
        &mut self,
        trial: Option<(RecordIx, u32, i64)>,
        what: impl FnOnce(&mut Evaluation<'_, Changed<'_>>) -> T,
    ) -> T {
        let facts = Changed { profile: self.facts.profile, moves: self.facts.moves, trial };
        let mut evaluation = Evaluation::new(self.bound, &facts, self.scratch);
        for (level, entry) in self.focus.iter().enumerate().skip(1) {
            if entry.is_some() {
                evaluation.enter(u8::try_from(level).unwrap_or(u8::MAX), *entry);
            }
        }
        what(&mut evaluation)
    }

    fn tried(&mut self, id: NodeId, trial: (RecordIx, u32, i64)) -> Truth {
        self.trying(Some(trial), |e| e.truth(id))
    }

    /// Left less right of a comparison: the least and the most.
    fn gap(&mut self, id: NodeId, trial: Option<(RecordIx, u32, i64)>) -> Option<Span> {
        let Node::Compare(_, a, b) = self.bound.graph.node(id) else { return None };
        self.trying(trial, |e| {
            let (left, right) = (e.scalar(*a)?, e.scalar(*b)?);
            Some((left.0.subtract(right.1)?, left.1.subtract(right.0)?))
        })
    }

    /// The days to wait for: those on which a test on a date turns, inside a comparison.
    fn days(&mut self, id: NodeId) -> Vec<Step> {
        let bound = self.bound;
        match bound.graph.node(id) {
            Node::Test(fact, set) => {
                let record = self.evaluation.record(fact.record);
                let value = record.and_then(|r| self.facts.value(r, fact.position));
                match (value, bound.graph.set_def(*set), bound.range(fact.field).ends()) {
                    (Some(v), ..) => self.waiting(*fact, *set, v, !bound.set(*set).contains(v)),
                    // A date that is not known can turn it where the earliest or the latest that it can be does.
                    (None, Some(def), Some((least, most))) => {
                        let days = [least, most].into_iter().flat_map(|end| turns(def, end));
                        days.filter(|d| *d > bound.as_of).map(Step::Wait).collect()
                    }
                    _ => Vec::new(),
                }
            }
            Node::Count(list) => self.days_in(*list, None),
            Node::Fold(_, list, body) | Node::Any(list, body) | Node::All(list, body) => {
                self.days_in(*list, Some(*body))
            }
            node => {
                let mut steps = Vec::new();
                node.children(&mut |child| steps.extend(self.days(child)));
                steps
            }
        }
    }

    fn days_in(&mut self, list: NodeId, body: Option<NodeId>) -> Vec<Step> {
        let bound = self.bound;
        let Node::List { filters, .. } = bound.graph.node(list) else { return Vec::new() };
        let (level, entries) = self.belonging(list);
        let outer = self.focus.get(usize::from(level)).copied().flatten();
        let mut steps = Vec::new();
        for entry in entries {
            self.enter(level, Some(entry));
            for node in filters.iter().copied().chain(body) {
                steps.extend(self.days(node));
            }
        }
        self.enter(level, outer);
        steps
    }

    /// The value nearest to `value`, towards that of a trial which has it, that gives the comparison its truth.
    fn threshold(&mut self, id: NodeId, target: bool, trial: (RecordIx, u32, i64), value: i64) -> i64 {
        let (mut fails, mut works) = (value, trial.2);
        while fails.abs_diff(works) > 1 {
            let middle = fails.midpoint(works);
            if self.tried(id, (trial.0, trial.1, middle)) != Truth::of(!target) {
                works = middle;
            } else {
                fails = middle;
            }
        }
        works
    }

    /// The facts below a node, with their records.
    fn gather(&mut self, id: NodeId, into: &mut Vec<Part>) {
        if into.len() >= FACTS {
            return;
        }
        let bound = self.bound;
        match bound.graph.node(id) {
            Node::Fact(fact) => self.part(*fact, None, &[], into),
            Node::Test(fact, set) => self.part(*fact, Some(*set), &[], into),
            Node::Holds(fact, symbols) => self.part(*fact, None, symbols, into),
            Node::Fold(_, list, body) | Node::Any(list, body) | Node::All(list, body) => {
                self.gather_list(*list, Some(*body), into);
            }
            Node::Count(list) => self.gather_list(*list, None, into),
            node => {
                let mut children = Vec::new();
                node.children(&mut |child| children.push(child));
                for child in children {
                    self.gather(child, into);
                }
            }
        }
    }

    /// The known entries of a list, with those that belong to it although it is not known whole: the applicant is a member.
    fn belonging(&mut self, list: NodeId) -> (u8, Vec<RecordIx>) {
        let (level, entries, complete) = self.evaluation.entries(list);
        let mut all: Vec<RecordIx> = entries.into_iter().map(|(entry, _)| entry).collect();
        if !complete && let Some((Some(record), fact)) = self.evaluation.list_fact(list) {
            let schema = &self.bound.graph.schema;
            for beside in schema.field(fact.field).map_or(&[][..], |f| f.includes.as_slice()) {
                let at = crate::profile::position(schema, *beside);
                if let Some(Slot::Record(ix)) = at.map(|at| self.facts.profile.slot(record, at))
                    && !all.contains(ix)
                {
                    all.push(*ix);
                }
            }
        }
        (level, all)
    }

    fn gather_list(&mut self, list: NodeId, body: Option<NodeId>, into: &mut Vec<Part>) {
        let bound = self.bound;
        let Node::List { filters, .. } = bound.graph.node(list) else { return };
        let (level, entries) = self.belonging(list);
        let outer = self.focus.get(usize::from(level)).copied().flatten();
        for entry in entries {
            self.enter(level, Some(entry));
            for node in filters.iter().copied().chain(body) {
                self.gather(node, into);
            }
        }
        self.enter(level, outer);
    }

    fn part(&mut self, fact: FactRef, set: Option<SetId>, symbols: &[u32], into: &mut Vec<Part>) {
        let Some(record) = self.evaluation.record(fact.record) else { return };
        if self.base(record, fact).is_none() {
            return;
        }
        let quantity = matches!(
            self.bound.graph.schema.field(fact.field).map(|f| f.ty),
            Some(FieldType::Quantity(_) | FieldType::Date)
        );
        let number = quantity && set.is_none() && symbols.is_empty();
        let same = into.iter_mut().find(|p| p.record == record && p.fact.position == fact.position);
        if let Some(part) = same {
            part.sets.extend(set);
            part.number |= number;
            part.symbols.extend(symbols.iter().filter(|s| !part.symbols.contains(s)).copied().collect::<Vec<_>>());
        } else {
            let sets = set.into_iter().collect();
            into.push(Part { record, fact, sets, number, symbols: symbols.to_vec() });
        }
    }

    /// Every other value that a fact below a node could have, one of each kind that a test tells apart.
    pub(super) fn anything(&mut self, id: NodeId, into: &mut Vec<Step>) {
        into.extend(self.days(id));
        let mut parts = Vec::new();
        self.gather(id, &mut parts);
        for part in &parts {
            let Some(base) = self.base(part.record, part.fact) else { continue };
            let base = Move { blind: true, ..base };
            for symbol in &part.symbols {
                match self.facts.holds(Some(part.record), part.fact, *symbol) {
                    Truth::True => into.push(Step::Move(Move { edit: Edit::Without(*symbol), ..base.clone() })),
                    Truth::False => into.push(Step::Move(Move { edit: Edit::With(*symbol), ..base.clone() })),
                    Truth::Unknown => {}
                }
            }
            let Some(value) = self.facts.value(part.record, part.fact.position) else { continue };
            let range = self.bound.range(part.fact.field).without(&Intervals::range(value, value));
            for to in self.values(part, value) {
                let all = range.clone();
                into.push(Step::Move(Move { edit: Edit::To(to), wanted: all, loose: part.number, ..base.clone() }));
            }
        }
    }
}

/// How much nearer a comparison came to its truth; none where it did not.
fn gain(node: &Node, target: bool, was: Span, is: Span) -> Option<Number> {
    let Node::Compare(op, ..) = node else { return None };
    let gained = match (op, target) {
        (Comparison::Less | Comparison::LessOrEqual, true)
        | (Comparison::Greater | Comparison::GreaterOrEqual, false) => was.0.subtract(is.0),
        (Comparison::Greater | Comparison::GreaterOrEqual, true)
        | (Comparison::Less | Comparison::LessOrEqual, false) => is.1.subtract(was.1),
        (Comparison::Equal, true) | (Comparison::NotEqual, false) => size(was).subtract(size(is)),
        _ => None,
    };
    gained.filter(|g| *g > Number::ZERO)
}

/// How far a span is from nothing.
fn size((least, most): Span) -> Number {
    if least > Number::ZERO {
        least
    } else if most < Number::ZERO {
        Number::ZERO.subtract(most).unwrap_or(most)
    } else {
        Number::ZERO
    }
}
