//! Verdict -> explanation. Walks the clauses of a policy together with the values of the evaluation that gave the
//! verdict; what it shows is read from there, never worked out again.

use super::causes::Causes;
use super::spare::{narrowed, restricted, without_spare};
use super::{Amount, Explanation, FactRead, Place, Reason, Shown, Step};
use crate::checked::Type;
use crate::graph::trace::{Clause, Form, Operand};
use crate::graph::{Bound, Comparison, FactRef, Node, NodeId};
use crate::ids::{EnumId, FieldId, PolicyId};
use crate::profile::{Profile, RecordIx, Slot, position};
use crate::schema::FieldType;
use crate::value::{Date, Number, Symbols, Unit, Words};
use crate::verdict::from_graph::{Evaluation, Scratch};
use crate::verdict::{Outcome, Truth, Verdict, exact};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Explains one policy's verdict.
#[must_use]
pub fn explain(
    bound: &Bound,
    profile: &Profile,
    policy: PolicyId,
    outcome: Outcome,
    scratch: &mut Scratch,
) -> Explanation {
    let mut trying = scratch.search();
    let explanation = explained(&mut Walker::new(bound, profile, scratch), policy, outcome, &mut trying);
    scratch.give_back(trying);
    explanation
}

/// Explains the verdicts on several policies. What they share is evaluated once, so this is cheaper than one by one.
#[must_use]
pub fn explain_all(
    bound: &Bound,
    profile: &Profile,
    policies: &[(PolicyId, Outcome)],
    scratch: &mut Scratch,
) -> Vec<Explanation> {
    let mut trying = scratch.search();
    let mut walker = Walker::new(bound, profile, scratch);
    let explained = |(policy, outcome): &(PolicyId, Outcome)| explained(&mut walker, *policy, *outcome, &mut trying);
    let explanations = policies.iter().map(explained).collect();
    scratch.give_back(trying);
    explanations
}

/// Explains one verdict; `trying` is for evaluations of less than the whole profile.
fn explained(walker: &mut Walker<'_>, policy: PolicyId, outcome: Outcome, trying: &mut Scratch) -> Explanation {
    let (bound, profile) = (walker.bound, walker.profile);
    let mut explanation = Explanation {
        policy,
        verdict: outcome.verdict,
        because: Vec::new(),
        open: Vec::new(),
        missing: Vec::new(),
        parameters: Vec::new(),
        not_proved: outcome.not_proved,
        amounts: Vec::new(),
    };
    let Some(entry) = bound.graph.entry(policy) else { return explanation };
    if entry.root.is_none() {
        return explanation;
    }
    walker.evaluation.renew();
    let mut found = std::mem::take(&mut walker.found);
    match outcome.verdict {
        Verdict::Eligible | Verdict::Ineligible if outcome.by_kleene => {
            let truth = Truth::of(outcome.verdict == Verdict::Eligible);
            // Of several conditions that fail one is taken.
            walker.chosen = truth == Truth::False;
            walker.conjunction(&entry.clauses, truth, &mut found);
            if walker.chosen {
                without_spare(&mut found, &entry.clauses, truth);
            }
            explanation.because = taken(&mut found);
        }
        Verdict::Eligible | Verdict::Ineligible => {
            // Settled whatever the missing facts are: everything that was looked at belongs to the reason.
            for clause in &entry.clauses {
                match walker.evaluation.truth(clause.node) {
                    Truth::Unknown => walker.whatever(clause, &mut found),
                    // What holds anyway is no reason for failing.
                    Truth::True if outcome.verdict == Verdict::Ineligible => {}
                    truth => walker.proof(clause, truth, &mut found),
                }
            }
            let bounding = walker.constraint_facts(entry);
            let verdict = |seen: BTreeSet<(RecordIx, FieldId)>| {
                let less = restricted(profile, &bound.graph.schema, &seen);
                exact::outcome(bound, policy, &less, trying).verdict == outcome.verdict
            };
            narrowed(&mut found, bounding, verdict);
            explanation.because = taken(&mut found);
        }
        Verdict::Undetermined => {
            let mut causes = std::mem::take(&mut walker.causes);
            causes.clear();
            for clause in &entry.clauses {
                if walker.evaluation.truth(clause.node) != Truth::Unknown {
                    continue;
                }
                walker.open(clause, &mut found);
                walker.causes(clause.node, &mut causes);
            }
            explanation.open = taken(&mut found);
            (explanation.missing, explanation.parameters) = causes.take();
            walker.causes = causes;
        }
        Verdict::NotInForce => {}
    }
    walker.found = found;
    if outcome.verdict != Verdict::Ineligible {
        explanation.amounts = entry.amounts.iter().map(|amount| walker.amount(amount)).collect();
    }
    explanation
}

pub(super) struct Walker<'a> {
    pub(super) bound: &'a Bound,
    pub(super) profile: &'a Profile,
    pub(super) evaluation: Evaluation<'a, Profile>,
    /// The lists around, and the place of the entry in focus.
    about: Vec<Place>,
    /// Room for the reasons of one policy while they are found; an explanation keeps those it has, without the room for more.
    found: Vec<Reason>,
    causes: Causes,
    /// Whether one reason may make another unnecessary: one of several ways to settle a condition was taken, or what is denied here
    /// stands elsewhere as it is.
    chosen: bool,
}

impl<'a> Walker<'a> {
    fn new(bound: &'a Bound, profile: &'a Profile, scratch: &'a mut Scratch) -> Self {
        let evaluation = Evaluation::new(bound, profile, scratch);
        Self {
            bound,
            profile,
            evaluation,
            about: Vec::new(),
            found: Vec::new(),
            causes: Causes::default(),
            chosen: false,
        }
    }
}

impl Walker<'_> {
    /// All conditions together: each of them when they hold, the one with the shortest reason when they do not.
    fn conjunction(&mut self, clauses: &[Clause], truth: Truth, found: &mut Vec<Reason>) {
        let mut best = None;
        for clause in clauses {
            if self.evaluation.truth(clause.node) != truth {
                continue;
            }
            let before = found.len();
            self.proof(clause, truth, found);
            if truth != Truth::True && keep_shorter(found, 0, before, &mut best) {
                break;
            }
        }
        distinct(found);
    }

    /// The fewest reasons for a condition to have its truth, which is `truth`.
    fn proof(&mut self, clause: &Clause, truth: Truth, into: &mut Vec<Reason>) {
        let start = into.len();
        match &clause.form {
            Form::All(parts) | Form::Any(parts) if !parts.is_empty() => {
                let together = matches!(clause.form, Form::All(_)) == (truth == Truth::True);
                self.chosen |= !together;
                let mut best = None;
                for part in parts {
                    if self.evaluation.truth(part.node) != truth {
                        continue;
                    }
                    let before = into.len();
                    self.proof(part, truth, into);
                    if !together && keep_shorter(into, start, before, &mut best) {
                        break;
                    }
                }
                if !together && best.is_none() {
                    into.push(self.reason(clause));
                }
            }
            Form::Not(part) if composite(&part.form) => self.proof(part, truth.not(), into),
            Form::Some { list, name, body: Some(body) } if truth == Truth::True => {
                self.decisive(clause, (*list, name), body, Truth::True, into);
            }
            Form::Every { list, name, body: Some(body) } if truth == Truth::False => {
                self.decisive(clause, (*list, name), body, Truth::False, into);
            }
            _ => into.push(self.reason(clause)),
        }
    }

    /// The entry that settles a quantifier by itself, with the fewest reasons.
    fn decisive(
        &mut self,
        clause: &Clause,
        (list, name): (NodeId, &Words),
        body: &Clause,
        truth: Truth,
        into: &mut Vec<Reason>,
    ) {
        self.chosen = true;
        let start = into.len();
        let mut best = None;
        let (level, entries, _) = self.evaluation.entries(list);
        for (place, (entry, passes)) in entries.iter().enumerate() {
            if *passes != Truth::True {
                continue;
            }
            self.evaluation.enter(level, Some(*entry));
            if self.evaluation.truth(body.node) != truth {
                continue;
            }
            let entry = u32::try_from(place + 1).unwrap_or(u32::MAX);
            self.about.push(Place { list, name: name.clone(), entry });
            let before = into.len();
            self.proof(body, truth, into);
            // The entry counts because it is on the list and passes the filters: those facts belong to the reason.
            let facts = self.membership(list);
            if let Some(first) = into.get_mut(before) {
                add_facts(&mut first.facts, facts);
            }
            self.about.pop();
            if keep_shorter(into, start, before, &mut best) {
                break;
            }
        }
        self.evaluation.enter(level, None);
        if best.is_none() {
            into.push(self.reason(clause));
        }
    }

    fn membership(&mut self, list: NodeId) -> Vec<FactRead> {
        let mut facts = Vec::new();
        if let Some((record, fact)) = self.evaluation.list_fact(list) {
            facts.push(self.read(record, fact));
        }
        let graph = &self.bound.graph;
        if let Node::List { filters, .. } = graph.node(list) {
            for filter in filters {
                self.facts(*filter, &mut facts);
            }
        }
        facts
    }

    /// The parts of an undecided condition that are themselves undecided.
    fn open(&mut self, clause: &Clause, into: &mut Vec<Reason>) {
        match &clause.form {
            Form::All(parts) | Form::Any(parts) if !parts.is_empty() => {
                for part in parts {
                    if self.evaluation.truth(part.node) == Truth::Unknown {
                        self.open(part, into);
                    }
                }
            }
            Form::Not(part) if composite(&part.form) => self.open(part, into),
            _ => into.push(self.reason(clause)),
        }
    }

    /// An undecided condition that is settled all the same: its open parts, and every fact that was looked at.
    fn whatever(&mut self, clause: &Clause, into: &mut Vec<Reason>) {
        let start = into.len();
        self.open(clause, into);
        let mut facts = Vec::new();
        self.facts(clause.node, &mut facts);
        if let Some(first) = into.get_mut(start) {
            add_facts(&mut first.facts, facts);
        }
    }

    fn reason(&mut self, clause: &Clause) -> Reason {
        let holds = match self.evaluation.truth(clause.node) {
            Truth::True => Some(true),
            Truth::False => Some(false),
            Truth::Unknown => None,
        };
        // Most conditions read one fact; room for more is made when there are more.
        let mut facts = Vec::with_capacity(1);
        self.facts(clause.node, &mut facts);
        let mut reason = Reason {
            wording: Arc::clone(&clause.wording),
            node: clause.node,
            holds,
            about: self.about.clone(),
            actual: None,
            comparison: None,
            required: None,
            distance: None,
            facts,
        };
        match &clause.form {
            Form::Not(part) => {
                self.chosen = true;
                // "Not a veteran: no" reads twice negated; "veteran: no" is how one says it.
                if matches!(part.form, Form::Fact(_)) && !clause.labelled {
                    reason.wording = Arc::clone(&part.wording);
                }
                self.measure(&part.form, true, &mut reason);
            }
            form => self.measure(form, false, &mut reason),
        }
        reason
    }

    /// What was found, what is required, and how far the one is from the other.
    fn measure(&mut self, form: &Form, negated: bool, reason: &mut Reason) {
        let turned = |op: Comparison| if negated { opposite(op) } else { op };
        match form {
            Form::Compare(op, left, right) => {
                let (a, b) = (self.shown(left), self.shown(right));
                if let (Shown::Number(x, unit), Shown::Number(y, _), Some(false)) = (&a, &b, reason.holds) {
                    let gap = if x > y { x.subtract(*y) } else { y.subtract(*x) };
                    reason.distance = gap.map(|gap| Shown::Number(gap, *unit));
                }
                (reason.actual, reason.required, reason.comparison) = (Some(a), Some(b), Some(turned(*op)));
            }
            Form::Elapsed { comparison, later, earlier, length, step } => {
                let date =
                    |n: Option<Number>| n.and_then(|n| i64::try_from(n.numerator()).ok()).and_then(Date::from_days);
                let (later, earlier) = (date(self.evaluation.point(*later)), date(self.evaluation.point(*earlier)));
                reason.actual = Some(match (later, earlier) {
                    (Some(later), Some(earlier)) => Shown::Elapsed(earlier, later),
                    _ => Shown::Unknown,
                });
                let required = self.shown(length);
                if let (Shown::Number(n, _), Some(earlier), Some(false)) = (&required, earlier, reason.holds)
                    && let Some(due) = due(earlier, *n, *step)
                {
                    reason.distance = Some(Shown::Date(due));
                }
                reason.required = Some(required);
                reason.comparison = Some(turned(*comparison));
            }
            Form::OneOf(subject, e, values) => {
                reason.actual = Some(self.shown(subject));
                reason.required = Some(Shown::Symbols(*e, values.clone()));
                reason.comparison = Some(turned(Comparison::Equal));
            }
            Form::Within(place, region) => {
                reason.actual = Some(self.shown(place));
                reason.required = Some(self.shown(region));
                reason.comparison = Some(turned(Comparison::Equal));
            }
            Form::Holds(fact, e, values) => {
                let record = self.evaluation.record(fact.record);
                reason.actual = Some(self.read(record, *fact).value);
                reason.required = Some(Shown::Symbols(*e, values.clone()));
                reason.comparison = Some(turned(Comparison::Equal));
            }
            Form::Fact(fact) => {
                let record = self.evaluation.record(fact.record);
                reason.actual = Some(self.read(record, *fact).value);
                reason.required = Some(Shown::YesNo(!negated));
            }
            Form::IsEmpty(fact) => {
                let record = self.evaluation.record(fact.record);
                reason.actual = Some(self.read(record, *fact).value);
            }
            Form::Every { list, .. } | Form::Some { list, .. } => {
                let (level, entries, complete) = self.evaluation.entries(*list);
                self.evaluation.enter(level, None);
                let counted = entries.iter().filter(|(_, passes)| *passes == Truth::True).count();
                reason.actual = Some(if complete {
                    Shown::Entries(u32::try_from(counted).unwrap_or(u32::MAX))
                } else {
                    Shown::Unknown
                });
            }
            Form::Not(inner) => self.measure(&inner.form, !negated, reason),
            Form::All(_) | Form::Any(_) | Form::Other => {}
        }
    }

    fn shown(&mut self, operand: &Operand) -> Shown {
        let Some(n) = self.evaluation.point(operand.node) else { return Shown::Unknown };
        shown(n, operand.ty)
    }

    fn read(&self, record: Option<RecordIx>, fact: FactRef) -> FactRead {
        let ty = self.bound.graph.kind(fact.field).map(|kind| kind.ty);
        let value = match (record.map(|r| self.profile.slot(r, fact.position as usize)), ty) {
            (Some(Slot::Scalar(raw)), Some(FieldType::YesNo)) => Shown::YesNo(*raw != 0),
            (Some(Slot::Scalar(raw)), Some(FieldType::Date)) => {
                Date::from_days(*raw).map_or(Shown::Unknown, Shown::Date)
            }
            (Some(Slot::Scalar(raw)), Some(FieldType::Symbol(e))) => symbol(e, u32::try_from(*raw).ok()),
            (Some(Slot::Scalar(raw)), Some(FieldType::Quantity(unit))) => {
                Number::new(i128::from(*raw), i128::from(unit.grains()))
                    .map_or(Shown::Unknown, |n| Shown::Number(n, unit))
            }
            (Some(Slot::List { items, complete: true }), _) => {
                Shown::Entries(u32::try_from(items.len()).unwrap_or(u32::MAX))
            }
            (Some(Slot::Set { known, complete, .. }), Some(FieldType::Set(e))) if *complete || !known.is_empty() => {
                Shown::Symbols(e, known.as_slice().into())
            }
            _ => Shown::Unknown,
        };
        FactRead { record, field: fact.field, value }
    }

    /// Every fact that a node reads, for the entries in focus.
    fn facts(&mut self, node: NodeId, into: &mut Vec<FactRead>) {
        if into.len() > 400 {
            return;
        }
        let bound = self.bound;
        let graph = &bound.graph;
        match graph.node(node) {
            Node::Test(fact, _) | Node::Holds(fact, _) | Node::IsEmpty(fact) | Node::Fact(fact) => {
                self.fact(*fact, into);
            }
            Node::HoldsValue(fact, value) => {
                self.fact(*fact, into);
                self.facts(*value, into);
            }
            Node::Any(list, body) | Node::All(list, body) | Node::Fold(_, list, body) => {
                let (list, body) = (*list, *body);
                self.list_facts(list, Some(body), into);
            }
            Node::Count(list) => {
                let list = *list;
                self.list_facts(list, None, into);
            }
            other => other.children(&mut |child| self.facts(child, into)),
        }
    }

    /// One fact; the way to its record is no fact of its own.
    fn fact(&mut self, fact: FactRef, into: &mut Vec<FactRead>) {
        let record = self.evaluation.record(fact.record);
        let read = self.read(record, fact);
        if !into.contains(&read) {
            into.push(read);
        }
    }

    fn list_facts(&mut self, list: NodeId, body: Option<NodeId>, into: &mut Vec<FactRead>) {
        let (level, mut entries, complete) = self.evaluation.entries(list);
        if entries.is_empty() {
            add_facts(into, self.membership_outside(list));
        }
        if !complete {
            for ix in self.belonging(list) {
                if !entries.iter().any(|(e, _)| *e == ix) {
                    entries.push((ix, Truth::Unknown));
                }
            }
        }
        for (entry, passes) in entries {
            self.evaluation.enter(level, Some(entry));
            let facts = self.membership(list);
            add_facts(into, facts);
            if let Some(body) = body.filter(|_| passes != Truth::False) {
                self.facts(body, into);
            }
        }
        self.evaluation.enter(level, None);
    }

    /// What is known of the facts that constraints bind to the policy's: they narrow what the missing ones can be.
    fn constraint_facts(&mut self, entry: &crate::graph::Entry) -> Vec<FactRead> {
        let mut facts = Vec::new();
        for constraint in exact::relevant(self.bound, entry) {
            for ix in (0..self.profile.len()).filter_map(|i| u32::try_from(i).ok()).map(RecordIx) {
                if self.profile.record(ix).is_some_and(|r| r.entity == constraint.entity) {
                    self.evaluation.enter(1, Some(ix));
                    self.facts(constraint.node, &mut facts);
                }
            }
        }
        self.evaluation.enter(1, None);
        facts
    }

    /// Records that belong to a list although it is not known whole: the applicant is a member.
    fn belonging(&mut self, list: NodeId) -> Vec<RecordIx> {
        let Some((Some(record), fact)) = self.evaluation.list_fact(list) else { return Vec::new() };
        let schema = &self.bound.graph.schema;
        let includes = schema.field(fact.field).map(|f| f.includes.clone()).unwrap_or_default();
        let at = |f| position(schema, f).map(|at| self.profile.slot(record, at));
        includes
            .into_iter()
            .filter_map(at)
            .filter_map(|s| if let Slot::Record(ix) = s { Some(*ix) } else { None })
            .collect()
    }

    fn membership_outside(&mut self, list: NodeId) -> Vec<FactRead> {
        let found = self.evaluation.list_fact(list);
        found.map(|(record, fact)| self.read(record, fact)).into_iter().collect()
    }

    fn amount(&mut self, amount: &crate::graph::trace::AmountTrace) -> Amount {
        let Type::Number(unit) = amount.value.ty else {
            return Amount { benefit: amount.benefit, value: None, steps: Vec::new() };
        };
        let value = self.evaluation.point(amount.value.node).map(|n| (n, unit));
        let mut steps: Vec<Step> = amount
            .parts
            .iter()
            .map(|(words, operand)| Step { words: words.clone(), value: self.shown(operand) })
            .collect();
        let whole = value.map_or(Shown::Unknown, |(n, unit)| Shown::Number(n, unit));
        steps.push(Step { words: amount.words.clone(), value: whole });
        Amount { benefit: amount.benefit, value, steps }
    }
}

fn shown(n: Number, ty: Type) -> Shown {
    match ty {
        Type::Number(unit) => Shown::Number(n, unit),
        Type::Date => i64::try_from(n.numerator()).ok().and_then(Date::from_days).map_or(Shown::Unknown, Shown::Date),
        Type::Symbol(e) => symbol(e, u32::try_from(n.numerator()).ok()),
        _ => Shown::Number(n, Unit::PLAIN),
    }
}

/// One value of an enum; none where the number is no position.
fn symbol(e: EnumId, position: Option<u32>) -> Shown {
    Shown::Symbols(e, position.map_or_else(|| Symbols::from(&[][..]), Symbols::from))
}

fn due(earlier: Date, n: Number, step: crate::graph::Step) -> Option<Date> {
    let count = if n.is_whole() { i64::try_from(n.numerator()).ok()? } else { return None };
    match step {
        crate::graph::Step::Months(m) => earlier.add_months(m.checked_mul(count)?),
        crate::graph::Step::Days(d) => earlier.add_days(d.checked_mul(count)?),
    }
}

/// Whether a condition has parts that are reasons of their own.
fn composite(form: &Form) -> bool {
    match form {
        Form::All(parts) | Form::Any(parts) => !parts.is_empty(),
        Form::Some { body, .. } | Form::Every { body, .. } => body.is_some(),
        Form::Not(inner) => composite(&inner.form),
        _ => false,
    }
}

/// Of two alternatives, the reasons from `start` that were found first and those from `before` on, keeps the fewer; the first
/// where they are as many. `best` is how many the first has, none where there was none. Says whether no other can be shorter.
fn keep_shorter(found: &mut Vec<Reason>, start: usize, before: usize, best: &mut Option<usize>) -> bool {
    let count = found.len() - before;
    if best.is_none_or(|best| count < best) {
        found.drain(start..before);
        *best = Some(count);
    } else {
        found.truncate(before);
    }
    *best == Some(1)
}

fn opposite(op: Comparison) -> Comparison {
    match op {
        Comparison::Less => Comparison::GreaterOrEqual,
        Comparison::LessOrEqual => Comparison::Greater,
        Comparison::Greater => Comparison::LessOrEqual,
        Comparison::GreaterOrEqual => Comparison::Less,
        Comparison::Equal => Comparison::NotEqual,
        Comparison::NotEqual => Comparison::Equal,
    }
}

pub(super) fn add_facts(into: &mut Vec<FactRead>, facts: Vec<FactRead>) {
    for fact in facts {
        if !into.contains(&fact) {
            into.push(fact);
        }
    }
}

/// The reasons found, without room for more; those who found them keep theirs.
fn taken(found: &mut Vec<Reason>) -> Vec<Reason> {
    let mut taken = Vec::with_capacity(found.len());
    taken.append(found);
    taken
}

/// Two clauses may rest on one condition; it is said once. Of an entry of a list the first reason says why it counts, so there what was
/// read has to be the same too.
fn distinct(reasons: &mut Vec<Reason>) {
    let mut kept = 0;
    for at in 0..reasons.len() {
        let (before, rest) = reasons.split_at_mut(kept);
        let Some(reason) = rest.get(at - kept) else { break };
        let same = |k: &Reason| {
            k.node == reason.node && k.about == reason.about && (k.about.is_empty() || k.facts == reason.facts)
        };
        if !before.iter().any(same) {
            reasons.swap(kept, at);
            kept += 1;
        }
    }
    reasons.truncate(kept);
}
