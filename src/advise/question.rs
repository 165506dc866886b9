//! What to ask next: the fact whose answer is expected to settle most policies, and the proof that nothing is left to ask.

use super::missing::{answers, bears_on};
use crate::graph::Bound;
use crate::ids::{FieldId, PolicyId};
use crate::profile::{Profile, RecordIx};
use crate::verdict::from_graph::{Evaluation, Scratch};
use crate::verdict::{Truth, Verdict, exact};
use crate::why::Missing;
use std::collections::{BTreeMap, BTreeSet};

/// A fact, of a record.
pub type Asking = (RecordIx, FieldId);

/// What to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Of which record.
    pub record: RecordIx,
    /// The fact.
    pub field: FieldId,
    /// The policies whose verdict it can change, by id, and those for which that was not ruled out within a limit. It changes
    /// one of them for sure, unless that limit was reached for every one.
    pub policies: Vec<PolicyId>,
    /// What an answer settles on average over the answers that make a difference, in hundredths: policies, or what the caller
    /// weighs them by, divided by the effort of asking.
    pub settles: u64,
}

/// What the best question is measured by. Whatever it is, the last question is the same: none is left when no answer changes
/// any verdict.
pub struct Measure<'a> {
    /// What settling a policy is worth.
    pub worth: &'a dyn Fn(PolicyId) -> u64,
    /// How hard a fact is to find out, from 1.
    pub effort: &'a dyn Fn(FieldId) -> u64,
}

impl Measure<'static> {
    /// Every policy is worth the same, every fact as easy as the other.
    pub const POLICIES: Self = Self { worth: &|_| 1, effort: &|_| 1 };
}

/// The next question, or none: then no answer to a question the household can be asked changes any verdict. `missing` has
/// the undetermined policies with the facts their explanations list; `skipped` are facts the household could not say.
/// What only a caseworker can say is never asked.
#[must_use]
pub fn next(
    bound: &Bound,
    profile: &Profile,
    missing: &[(PolicyId, Vec<Missing>)],
    skipped: &BTreeSet<Asking>,
    measure: &Measure<'_>,
    scratch: &mut Scratch,
) -> Option<Question> {
    let mut users: BTreeMap<Asking, Vec<PolicyId>> = BTreeMap::new();
    for (policy, facts) in missing {
        for fact in facts.iter().filter(|f| !f.judged) {
            if let Some(record) = fact.record.filter(|r| !skipped.contains(&(*r, fact.field))) {
                users.entry((record, fact.field)).or_default().push(*policy);
            }
        }
    }
    // No fact settles more than all it bears on, so the search for the best can stop early.
    let most = |asking: &Asking, policies: &[PolicyId]| {
        let all = policies.iter().fold(0u64, |sum, p| sum.saturating_add((measure.worth)(*p)));
        all.saturating_mul(100) / (measure.effort)(asking.1).max(1)
    };
    let mut order: Vec<(Asking, Vec<PolicyId>)> = users.into_iter().collect();
    order.sort_by_key(|(asking, policies)| (std::cmp::Reverse((most(asking, policies), policies.len())), *asking));
    let mut scores: Vec<Option<u64>> = vec![None; order.len()];
    let mut gone: BTreeSet<usize> = BTreeSet::new();
    while gone.len() < order.len() {
        let mut best: Option<(u64, usize)> = None;
        for (i, (asking, policies)) in order.iter().enumerate().filter(|(i, _)| !gone.contains(i)) {
            if best.is_some_and(|(score, _)| most(asking, policies) <= score) {
                break;
            }
            let Some(known) = scores.get_mut(i) else { break };
            let value = *known.get_or_insert_with(|| score(bound, profile, *asking, policies, measure, scratch));
            if best.is_none_or(|(score, _)| value > score) {
                best = Some((value, i));
            }
        }
        let Some((settles, at)) = best else { break };
        let Some(((record, field), policies)) = order.get(at) else { break };
        let matters = bears_on(bound, profile, policies, (*record, *field), scratch);
        if !matters.is_empty() {
            return Some(Question { record: *record, field: *field, policies: matters, settles });
        }
        gone.insert(at);
    }
    None
}

/// What an answer settles, averaged over the answers, in hundredths, for the effort of asking.
fn score(
    bound: &Bound,
    profile: &Profile,
    asking: Asking,
    policies: &[PolicyId],
    measure: &Measure<'_>,
    scratch: &mut Scratch,
) -> u64 {
    let answers = answers(bound, profile, asking.0, asking.1);
    let mut settled = 0u64;
    for answer in &answers {
        let mut evaluation = Evaluation::new(bound, answer, scratch);
        for policy in policies {
            let Some(root) = bound.graph.entry(*policy).and_then(|e| e.root) else { continue };
            if evaluation.afresh(root) != Truth::Unknown {
                settled = settled.saturating_add((measure.worth)(*policy));
            }
        }
    }
    let average = settled.saturating_mul(100).checked_div(answers.len() as u64).unwrap_or(0);
    average / (measure.effort)(asking.1).max(1)
}

/// The policies that are undetermined.
#[must_use]
pub fn undetermined(bound: &Bound, profile: &Profile, scratch: &mut Scratch) -> Vec<PolicyId> {
    let outcomes = exact::outcomes(bound, profile, scratch);
    let open = outcomes.iter().enumerate().filter(|(_, o)| o.verdict == Verdict::Undetermined);
    open.map(|(i, _)| PolicyId::of(i)).collect()
}
