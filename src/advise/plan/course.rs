//! One course of applications: which are let in is given, and what follows is played out stage by stage.

use super::grants::{Lowered, earn, grant, is_income, lowered, monthly};
use crate::checked::Model;
use crate::graph::Bound;
use crate::ids::PolicyId;
use crate::profile::Profile;
use crate::value::Number;
use crate::verdict::from_graph::Scratch;
use crate::verdict::{Verdict, exact};
use std::collections::{BTreeMap, BTreeSet};

/// The most stages; what opens later than that is left to a new match.
const STAGES: usize = 12;

/// What stays the same over all courses.
pub(super) struct Ground<'a> {
    pub(super) model: &'a Model,
    pub(super) bound: &'a Bound,
    pub(super) profile: &'a Profile,
    /// What the profile says is held.
    pub(super) held: Vec<PolicyId>,
    /// What can come to be granted, by id.
    pub(super) reach: Vec<PolicyId>,
}

/// What came of one choice.
#[derive(Clone)]
pub(super) struct Course {
    pub(super) stages: Vec<Vec<PolicyId>>,
    /// The profile at the end.
    pub(super) after: Profile,
    /// What each benefit pays a month, held or granted, with the incomes at the end.
    pub(super) amounts: BTreeMap<PolicyId, Number>,
    pub(super) lowered: Vec<Lowered>,
    /// Yuan a month of all that is held and granted.
    pub(super) total: Number,
    /// What was eligible at some stage and not let in.
    pub(super) passed: BTreeSet<PolicyId>,
    /// What was let in and eligible until the income of another ended that, each with that other.
    pub(super) ended: Vec<(PolicyId, PolicyId)>,
}

impl Course {
    pub(super) fn granted(&self) -> Vec<PolicyId> {
        self.stages.iter().flatten().copied().collect()
    }

    /// The highest amount, then the most grants, then the smaller ids.
    pub(super) fn better_than(&self, other: &Self) -> bool {
        let key = |c: &Self| {
            let mut granted = c.granted();
            granted.sort_unstable();
            (c.total, granted.len(), std::cmp::Reverse(granted))
        };
        key(self) > key(other)
    }
}

impl Ground<'_> {
    fn eligible(&self, profile: &Profile, policy: PolicyId, scratch: &mut Scratch) -> bool {
        exact::outcome(self.bound, policy, profile, scratch).verdict == Verdict::Eligible
    }

    /// Plays a choice out. None where an income would end something that is held or was granted earlier: nothing is given
    /// up for something new.
    pub(super) fn play(&self, let_in: &BTreeSet<PolicyId>, scratch: &mut Scratch) -> Option<Course> {
        let mut now = self.profile.clone();
        let mut stages: Vec<Vec<PolicyId>> = Vec::new();
        let mut granted: BTreeSet<PolicyId> = BTreeSet::new();
        let (mut passed, mut ended) = (BTreeSet::new(), Vec::new());
        let mut amounts: BTreeMap<PolicyId, Number> = BTreeMap::new();
        let mut out: BTreeSet<PolicyId> = BTreeSet::new();
        for _ in 0..STAGES {
            let mut open = Vec::new();
            for policy in self.reach.iter().filter(|p| !granted.contains(p) && !out.contains(p)) {
                if self.eligible(&now, *policy, scratch) {
                    if let_in.contains(policy) {
                        open.push(*policy);
                    } else {
                        passed.insert(*policy);
                    }
                }
            }
            // Incomes first: they can end what is open beside them.
            let incomes: Vec<PolicyId> = open.iter().copied().filter(|p| is_income(self.model, *p)).collect();
            let mut stage = open;
            if !incomes.is_empty() {
                let pays: BTreeMap<PolicyId, Option<Number>> =
                    incomes.iter().map(|p| (*p, monthly(self.bound, &now, *p, scratch))).collect();
                let earned = |without: Option<PolicyId>| {
                    let mut then = now.clone();
                    for (policy, pays) in pays.iter().filter(|(p, _)| Some(**p) != without) {
                        earn(self.model, &mut then, *policy, *pays);
                    }
                    then
                };
                let then = earned(None);
                for kept in self.held.iter().chain(&granted) {
                    if self.eligible(&now, *kept, scratch) && !self.eligible(&then, *kept, scratch) {
                        return None;
                    }
                }
                let mut stays = Vec::new();
                for policy in stage {
                    let own = incomes.contains(&policy);
                    let world = if own { &earned(Some(policy)) } else { &then };
                    if self.eligible(world, policy, scratch) {
                        stays.push(policy);
                    } else if own {
                        return None;
                    } else {
                        out.insert(policy);
                        let by = incomes.iter().find(|i| {
                            let mut alone = now.clone();
                            earn(self.model, &mut alone, **i, pays.get(i).copied().flatten());
                            !self.eligible(&alone, policy, scratch)
                        });
                        ended.extend(by.or(incomes.first()).map(|i| (policy, *i)));
                    }
                }
                stage = stays;
                amounts.extend(pays.iter().filter_map(|(p, n)| Some((*p, (*n)?))));
                now = then;
            }
            if stage.is_empty() {
                break;
            }
            for policy in &stage {
                grant(self.model, &mut now, *policy);
                granted.insert(*policy);
            }
            stages.push(stage);
        }
        let all: Vec<PolicyId> = self.held.iter().copied().chain(granted.iter().copied()).collect();
        for policy in &all {
            if !amounts.contains_key(policy)
                && let Some(pays) = monthly(self.bound, &now, *policy, scratch)
            {
                amounts.insert(*policy, pays);
            }
        }
        let lowered = lowered(self.model, &all, &amounts);
        let sum = amounts.values().try_fold(Number::ZERO, |sum, n| sum.add(*n)).unwrap_or(Number::ZERO);
        let total = lowered.iter().try_fold(sum, |sum, l| sum.subtract(l.by)).unwrap_or(sum);
        Some(Course { stages, after: now, amounts, lowered, total, passed, ended })
    }

    /// Whether what is granted at the end opens a policy that one grant less would not.
    pub(super) fn opened_by(
        &self,
        course: &Course,
        before: &[PolicyId],
        policy: PolicyId,
        scratch: &mut Scratch,
    ) -> Vec<PolicyId> {
        let with = |left_out: Option<PolicyId>| {
            let mut profile = self.profile.clone();
            for one in before.iter().filter(|p| Some(**p) != left_out) {
                earn(self.model, &mut profile, *one, course.amounts.get(one).copied());
                grant(self.model, &mut profile, *one);
            }
            profile
        };
        if before.is_empty() || self.eligible(self.profile, policy, scratch) {
            return Vec::new();
        }
        before.iter().copied().filter(|one| !self.eligible(&with(Some(*one)), policy, scratch)).collect()
    }
}
