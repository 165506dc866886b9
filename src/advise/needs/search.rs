//! The search for sets of changes, the cheapest first.

use super::draft::{Changed, Draft, Edit, Key, Move, Purpose, Step, nearest};
use super::options::Finder;
use crate::graph::intervals::Intervals;
use crate::graph::{Bound, NodeId};
use crate::ids::PolicyId;
use crate::profile::{Profile, RecordIx, Slot};
use crate::value::Date;
use crate::verdict::from_graph::{Evaluation, Scratch};
use crate::verdict::{Truth, Verdict, exact};
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::rc::Rc;

/// How much is looked at for one policy: one for a set of changes, and [`EXACT`] more for one that three-valued logic leaves
/// open.
const EFFORT: usize = 1_000;
const EXACT: usize = 8;
/// The most changes that are made without a condition that asks for them.
const BLIND: usize = 4;
/// The most changes whose every part is tried; of more, only the parts that leave out one.
const PARTS: usize = 6;

/// The sets found, the cheapest first, at most `limit`, with the verdict each leads to; and whether there may be more.
pub(super) fn search(
    bound: &Bound,
    profile: &Profile,
    policy: PolicyId,
    limit: usize,
    at: &mut dyn FnMut(Date) -> Option<Rc<Bound>>,
) -> (Vec<(Draft, Verdict)>, bool) {
    let mut search = Search {
        bound,
        profile,
        policy,
        at,
        scratch: Scratch::default(),
        other: Scratch::default(),
        queue: BinaryHeap::new(),
        drafts: Vec::new(),
        seen: BTreeSet::new(),
        left: EFFORT,
        cut: false,
    };
    search.push(Draft::default());
    let mut found: Vec<(Draft, Verdict)> = Vec::new();
    while let Some(draft) = search.pop() {
        let keys = draft.keys();
        if found.iter().any(|(f, _)| f.keys().iter().all(|k| keys.contains(k))) {
            continue;
        }
        if search.left == 0 {
            search.cut = true;
            break;
        }
        search.left -= 1;
        let Some(rules) = search.rules(&draft) else { continue };
        let rules = rules.as_deref().unwrap_or(bound);
        match search.judge(rules, &draft) {
            Judged::Flips(_) if draft.len() == 0 => return (Vec::new(), false),
            Judged::Flips(verdict) => {
                let (draft, verdict) = search.minimal(draft, verdict);
                let (draft, verdict) = search.tightened(draft, verdict);
                let keys = draft.keys();
                if found.iter().any(|(f, _)| f.keys().iter().all(|k| keys.contains(k))) {
                    continue;
                }
                found.retain(|(f, _)| !keys.iter().all(|k| f.keys().contains(k)));
                found.push((draft, verdict));
                if found.len() > limit {
                    break;
                }
            }
            Judged::Contradicts(at, record) => search.repair(rules, &draft, at, record),
            Judged::Fails => search.mend(rules, &draft),
            Judged::Stuck => search.anything(rules, &draft),
            Judged::Nothing => {}
        }
    }
    found.sort_by_key(|(draft, _)| draft.cost());
    let more = search.cut || found.len() > limit;
    found.truncate(limit);
    (found, more)
}

enum Judged {
    /// The policy applies, or is open.
    Flips(Verdict),
    /// A constraint does not hold of a record.
    Contradicts(usize, RecordIx),
    /// A condition fails.
    Fails,
    /// No condition fails by itself, and the policy can all the same not apply.
    Stuck,
    /// It is not in force.
    Nothing,
}

struct Search<'a> {
    bound: &'a Bound,
    profile: &'a Profile,
    policy: PolicyId,
    at: &'a mut dyn FnMut(Date) -> Option<Rc<Bound>>,
    scratch: Scratch,
    other: Scratch,
    queue: BinaryHeap<Reverse<(super::draft::Cost, usize)>>,
    drafts: Vec<Option<Draft>>,
    left: usize,
    /// Whether something was not looked at.
    cut: bool,
    #[expect(clippy::type_complexity, reason = "what tells drafts apart is looked at nowhere else")]
    seen: BTreeSet<(Option<Date>, Vec<(Key, Edit, Vec<(i64, i64)>)>)>,
}

impl Search<'_> {
    fn push(&mut self, draft: Draft) {
        if self.seen.insert(draft.state()) {
            self.queue.push(Reverse((draft.cost(), self.drafts.len())));
            self.drafts.push(Some(draft));
        }
    }

    fn pop(&mut self) -> Option<Draft> {
        let Reverse((_, at)) = self.queue.pop()?;
        self.drafts.get_mut(at)?.take()
    }

    /// The rules of the day a draft waits for: inner none where it does not wait, outer none where there are none.
    #[expect(clippy::option_option, reason = "no rules for the day and the rules at hand are different answers")]
    fn rules(&mut self, draft: &Draft) -> Option<Option<Rc<Bound>>> {
        match draft.wait {
            None => Some(None),
            Some(day) => (self.at)(day).map(Some),
        }
    }

    /// What comes of a draft.
    fn judge(&mut self, rules: &Bound, draft: &Draft) -> Judged {
        let facts = Changed { profile: self.profile, moves: &draft.moves, trial: None };
        let Some(root) = rules.graph.entry(self.policy).and_then(|e| e.root) else { return Judged::Nothing };
        let mut evaluation = Evaluation::new(rules, &facts, &mut self.scratch);
        for constraint in &rules.graph.constraints {
            let touched = |m: &Move| constraint.fields.contains(&m.field);
            if draft.wait.is_none() && !draft.moves.iter().any(touched) {
                continue;
            }
            for ix in super::super::records(self.profile) {
                if self.profile.record(ix).is_some_and(|r| r.entity == constraint.entity) {
                    evaluation.enter(1, Some(ix));
                    if evaluation.truth(constraint.node) == Truth::False {
                        return Judged::Contradicts(constraint.index, ix);
                    }
                }
            }
        }
        evaluation.enter(1, None);
        match evaluation.truth(root) {
            Truth::True => Judged::Flips(Verdict::Eligible),
            Truth::False => Judged::Fails,
            Truth::Unknown => {
                self.left = self.left.saturating_sub(EXACT);
                let changed = draft.applied(self.profile);
                match exact::outcome(rules, self.policy, &changed, &mut self.other).verdict {
                    Verdict::Ineligible => Judged::Stuck,
                    Verdict::NotInForce => Judged::Nothing,
                    verdict => Judged::Flips(verdict),
                }
            }
        }
    }

    fn flips(&mut self, draft: &Draft) -> Option<Verdict> {
        let rules = self.rules(draft)?;
        let bound = self.bound;
        match self.judge(rules.as_deref().unwrap_or(bound), draft) {
            Judged::Flips(verdict) => Some(verdict),
            _ => None,
        }
    }

    /// The smallest part of a draft that does as well.
    fn minimal(&mut self, mut draft: Draft, mut verdict: Verdict) -> (Draft, Verdict) {
        if draft.len() <= PARTS {
            let all = 1u32 << draft.len();
            let mut parts: Vec<u32> = (1..all - 1).collect();
            parts.sort_by_key(|p| (p.count_ones(), *p));
            for part in parts {
                let less = draft.part(part);
                if let Some(then) = self.flips(&less) {
                    return (less, then);
                }
            }
            return (draft, verdict);
        }
        let mut i = draft.len();
        while i > 0 {
            i -= 1;
            let less = draft.part(!(1 << i));
            if let Some(then) = self.flips(&less) {
                (draft, verdict) = (less, then);
                i = i.min(draft.len());
            }
        }
        (draft, verdict)
    }

    /// The draft with each change that was made further than needed brought nearer.
    fn tightened(&mut self, mut draft: Draft, mut verdict: Verdict) -> (Draft, Verdict) {
        for i in 0..draft.moves.len() {
            let Some(one) = draft.moves.get(i).filter(|m| m.loose).cloned() else { continue };
            let (Edit::To(end), Slot::Scalar(now)) = (one.edit, self.profile.slot(one.record, one.position as usize))
            else {
                continue;
            };
            let (mut fails, mut works) = (*now, end);
            while fails.abs_diff(works) > 1 {
                let middle = fails.midpoint(works);
                let mut nearer = draft.clone();
                let Some(slot) = nearer.moves.get_mut(i) else { break };
                slot.edit = Edit::To(middle);
                if let Some(then) = self.flips(&nearer) {
                    (draft, verdict) = (nearer, then);
                    works = middle;
                } else {
                    fails = middle;
                }
            }
        }
        (draft, verdict)
    }

    /// Follows a step for each option of the requirement with the fewest, with the steps that have no alternative made at once.
    fn branch(&mut self, draft: &Draft, requirements: Vec<Vec<Step>>) {
        if requirements.iter().any(Vec::is_empty) {
            return;
        }
        let mut forced = draft.clone();
        let mut any = false;
        for step in requirements.iter().filter_map(|r| if let [only] = r.as_slice() { Some(only) } else { None }) {
            match forced.and(step) {
                Some(next) => (forced, any) = (next, true),
                // Two conditions ask for what cannot both be.
                None => return,
            }
        }
        if any {
            self.push(forced);
            return;
        }
        if let Some(fewest) = requirements.iter().min_by_key(|r| r.len()) {
            for step in fewest {
                if let Some(next) = draft.and(step) {
                    self.push(next);
                }
            }
        }
    }

    fn mend(&mut self, rules: &Bound, draft: &Draft) {
        let Some(entry) = rules.graph.entry(self.policy) else { return };
        let facts = Changed { profile: self.profile, moves: &draft.moves, trial: None };
        let mut finder = Finder::new(rules, &facts, &mut self.scratch, &mut self.other);
        let mut requirements = Vec::new();
        for (at, clause) in entry.clauses.iter().enumerate() {
            finder.purpose = Purpose::Condition(at);
            if !finder.requirements(clause.node, true, &mut requirements) {
                return;
            }
        }
        self.branch(draft, requirements);
    }

    fn repair(&mut self, rules: &Bound, draft: &Draft, always: usize, record: RecordIx) {
        let Some(constraint) = rules.graph.constraints.iter().find(|c| c.index == always) else { return };
        let facts = Changed { profile: self.profile, moves: &draft.moves, trial: None };
        let mut finder = Finder::new(rules, &facts, &mut self.scratch, &mut self.other);
        finder.purpose = Purpose::Always(always);
        finder.enter(1, Some(record));
        let mut requirements = Vec::new();
        if finder.requirements(constraint.node, true, &mut requirements) {
            self.branch(draft, requirements);
        }
    }

    /// Every change of a fact that the policy or its constraints read: for what three-valued logic leaves open.
    fn anything(&mut self, rules: &Bound, draft: &Draft) {
        if draft.len() >= BLIND {
            self.cut = true;
            return;
        }
        let Some(entry) = rules.graph.entry(self.policy) else { return };
        let facts = Changed { profile: self.profile, moves: &draft.moves, trial: None };
        let mut finder = Finder::new(rules, &facts, &mut self.scratch, &mut self.other);
        let mut steps = Vec::new();
        for (at, clause) in entry.clauses.iter().enumerate() {
            finder.purpose = Purpose::Condition(at);
            finder.anything(clause.node, &mut steps);
        }
        for constraint in exact::relevant(rules, entry) {
            finder.purpose = Purpose::Always(constraint.index);
            for ix in super::super::records(self.profile) {
                if self.profile.record(ix).is_some_and(|r| r.entity == constraint.entity) {
                    let nodes: NodeId = constraint.node;
                    finder.enter(1, Some(ix));
                    finder.anything(nodes, &mut steps);
                }
            }
        }
        let told: Vec<Key> = draft.moves.iter().filter(|m| m.blind).map(Move::key).collect();
        // Every value was tried when a fact was first changed like this.
        for step in steps.into_iter().filter(|s| !matches!(s, Step::Move(m) if told.contains(&m.key()))) {
            if let Some(next) = draft.and(&step) {
                self.push(next);
            }
        }
    }
}

/// A change of a scalar to the wanted value nearest to `value`.
pub(super) fn reach(base: &Move, wanted: Intervals, value: i64) -> Option<Move> {
    let edit = Edit::To(nearest(&wanted, value)?);
    Some(Move { edit, wanted, ..base.clone() })
}
