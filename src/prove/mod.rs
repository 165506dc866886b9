//! Claims that no household meets some goals, on any day on which the policies they are about are in force; each is shown
//! to be wrong by a household, or proved, or neither.
//!
//! The goals can be conditions of the set and conditions made up for the purpose ("the policy without this part"), so the
//! set is compiled again with these beside it. Most claims fall on the first day that is looked at; only those that stand
//! are followed through all epochs and through the days within one on which a fixed date and a moving one change places.

mod days;

use crate::checked::interpret::{self, Meaning};
use crate::checked::{Condition, Expr, Kind, Model, Policy, Type};
use crate::cores;
use crate::graph::{Bound, Graph, Node, NodeId, SetDef, digest, from_checked};
use crate::ids::{EntityId, PolicyId};
use crate::profile::Profile;
use crate::span::Span;
use crate::value::Date;
use crate::verdict::exact;
use crate::verdict::from_graph::Scratch;
use crate::verdict::possible::{self, Possible};
use crate::verdict::smallest::smallest;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The most regions that are looked at for one claim and one day where two sets are compared.
pub(crate) const THOROUGH: u32 = 600;

/// The most where a set is looked through for warnings: thousands of claims, and on the shipped policies more regions settle no more.
pub(crate) const BRISK: u32 = 200;

/// Into so many parts claims are divided. Each compiles what it is about again, so more are not better: they would only be more even.
const PARTS: usize = 6;

/// The most households that are tried before another is searched for.
const POOL: usize = 24;

/// What a goal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// All conditions of a policy.
    Whole(PolicyId),
    /// One condition of a policy.
    Condition(PolicyId, usize),
}

/// No household meets all of these.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    /// Each with what it would have to be.
    pub(crate) goals: Vec<(Target, bool)>,
}

/// What became of a claim.
#[derive(Clone, Debug)]
pub(crate) enum Proof {
    /// It stands: nobody, on every day that was looked at.
    Stands {
        /// Whether that were all days; on others a figure that has no value was in the way.
        whole: bool,
    },
    /// It falls: this household, on that day.
    Falls(Date, Box<Profile>),
    /// Neither.
    Open,
}

/// A household that shows a finding, judged by both evaluators.
#[derive(Clone, Debug)]
pub struct Witness {
    /// The day.
    pub on: Date,
    /// What is known of it: nothing that it takes could be left out.
    pub profile: Profile,
}

/// A policy set with made-up policies behind its own.
pub(crate) struct Prover {
    model: Model,
    starts: Vec<Date>,
    /// The days on which epochs of the set itself begin; what is made up begins with one of them.
    epochs: Vec<Date>,
    until: Option<Date>,
    regions: u32,
}

impl Prover {
    /// Asks about the epochs that begin on these days, and about no day after `until`; looks at so many regions a claim and day.
    pub(crate) fn new(model: &Model, starts: &[Date], until: Option<Date>, regions: u32) -> Self {
        let mut model = model.clone();
        // What is only for readers is not needed again.
        for policy in &mut model.policies {
            policy.scenarios.clear();
        }
        let epochs = from_checked::epochs(&model);
        Self { model, starts: starts.to_vec(), epochs, until, regions }
    }

    /// A made-up policy for the record of a kind.
    pub(crate) fn add(
        &mut self,
        unit: EntityId,
        in_force: Vec<(Date, Option<Date>)>,
        conditions: Vec<Expr>,
    ) -> PolicyId {
        let conditions = conditions.into_iter().map(|expr| Condition {
            expr,
            source: None,
            status: None,
            exclusion: false,
            names: Vec::new(),
        });
        let id = PolicyId::of(self.model.policies.len());
        self.model.policies.push(Policy { unit, in_force, conditions: conditions.collect(), ..nothing() });
        id
    }

    /// Whether policies can be matched against records of that kind.
    pub(crate) fn is_unit(&self, entity: EntityId) -> bool {
        self.model.schema.entity(entity).is_some_and(|e| e.is_unit)
    }

    /// What becomes of each claim.
    pub(crate) fn prove(&self, claims: &[Claim]) -> Vec<Proof> {
        self.divided(claims, false)
    }

    /// The same where any household will do to show that a claim falls: one that was found for an earlier claim about the same policy
    /// is tried before another is searched for.
    pub(crate) fn prove_any(&self, claims: &[Claim]) -> Vec<Proof> {
        self.divided(claims, true)
    }

    /// Claims are divided among the cores where the policy they are about changes: what one claim gives depends on the claims about
    /// the same policy before it and on nothing else.
    fn divided(&self, claims: &[Claim], any: bool) -> Vec<Proof> {
        let about = |claim: &Claim| policies(claim).first().copied();
        let groups: Vec<&[Claim]> = claims.chunk_by(|a, b| about(a) == about(b)).collect();
        let most = claims.len().div_ceil(PARTS);
        let mut parts: Vec<&[Claim]> = Vec::new();
        let (mut start, mut end) = (0, 0);
        for (at, group) in groups.iter().enumerate() {
            end += group.len();
            if end - start >= most || at + 1 == groups.len() {
                parts.extend(claims.get(start..end));
                start = end;
            }
        }
        let proofs = cores::each(&parts, Scratch::default, |part, scratch| self.proved(part, any, scratch));
        proofs.into_iter().flatten().collect()
    }

    fn proved(&self, claims: &[Claim], any: bool, scratch: &mut Scratch) -> Vec<Proof> {
        let mut known = Known { found: claims.iter().map(|_| None).collect(), ..Known::default() };
        let mut first: BTreeMap<Date, Vec<usize>> = BTreeMap::new();
        for (at, claim) in claims.iter().enumerate() {
            match self.starts.iter().rev().find(|day| self.applies(claim, **day)) {
                Some(day) => first.entry(*day).or_default().push(at),
                None => known.found.get_mut(at).into_iter().for_each(|f| *f = Some(Proof::Open)),
            }
        }
        for (day, some) in &first {
            let graph = self.graph(*day, some.iter().filter_map(|i| claims.get(*i)));
            let Some(bound) = graph.and_then(|g| g.bind(*day)) else { continue };
            known.learn(looked(&bound, *day, claims, some, any, self.regions, scratch));
        }
        let mut seen: BTreeSet<(usize, Vec<[u8; 32]>, Option<Date>)> = BTreeSet::new();
        for start in self.starts.iter().copied() {
            let living: Vec<usize> = (0..claims.len())
                .filter(|i| known.open(*i))
                .filter(|i| claims.get(*i).is_some_and(|c| self.applies(c, start)))
                .collect();
            if living.is_empty() {
                continue;
            }
            let Some(graph) = self.graph(start, living.iter().filter_map(|i| claims.get(*i))) else { continue };
            let Some(bound) = graph.bind(start) else { continue };
            let next = self.starts.iter().find(|s| **s > start).copied();
            let until = self.until;
            let inside = days::turning(&bound)
                .into_iter()
                .filter(|d| *d > start && next.is_none_or(|n| *d < n) && until.is_none_or(|u| *d <= u));
            for day in std::iter::once(start).chain(inside) {
                let Some(bound) = graph.bind(day) else { continue };
                let digests = digest::digests(&bound);
                let mut new = Vec::new();
                for at in &living {
                    let Some(claim) = claims.get(*at).filter(|_| known.open(*at)) else {
                        continue;
                    };
                    // The same conditions on another day have the same answer, unless they move with the day.
                    let mut nodes: Vec<NodeId> =
                        resolved(&bound, claim).unwrap_or_default().iter().map(|g| g.0).collect();
                    let entries = policies(claim).into_iter().filter_map(|p| bound.graph.entry(p));
                    nodes.extend(entries.flat_map(|e| exact::relevant(&bound, e)).map(|c| c.node));
                    let key = nodes.iter().filter_map(|n| digest::of(&digests, *n)).collect();
                    let moving = moves(&bound, &nodes).then_some(day);
                    if seen.insert((*at, key, moving)) {
                        new.push(*at);
                    }
                }
                known.learn(looked(&bound, day, claims, &new, any, self.regions, scratch));
            }
        }
        known.proofs()
    }

    /// The household of a claim that fell, with as few facts as it takes; none where the two evaluators do not both find all
    /// goals met without any bound or search.
    pub(crate) fn witness(&self, claim: &Claim, on: Date, profile: &Profile) -> Option<Witness> {
        let graph = self.graph(on, std::iter::once(claim))?;
        let bound = graph.bind(on)?;
        let goals = resolved(&bound, claim)?;
        let nodes: Vec<NodeId> = goals.iter().map(|g| g.0).collect();
        let whole = possible::grounded(&bound, profile, &nodes);
        let model = &self.model;
        let mut scratch = Scratch::default();
        let mut shows = |profile: &Profile| {
            possible::plainly(&bound, profile, &goals, &mut scratch)
                && claim.goals.iter().all(|(target, wanted)| meant(model, *target, profile, on) == Some(*wanted))
        };
        if !shows(&whole) {
            return None;
        }
        Some(Witness { on, profile: smallest(&model.schema, &whole, &mut shows) })
    }

    /// The graph of a day with only the policies that some claims are about.
    fn graph<'c>(&self, day: Date, claims: impl Iterator<Item = &'c Claim>) -> Option<Arc<Graph>> {
        let needed: BTreeSet<PolicyId> = claims.flat_map(policies).collect();
        let epoch = from_checked::epoch_of(&self.epochs, day);
        from_checked::compile_some(&self.model, day, epoch, &|id| needed.contains(&id)).ok().map(Arc::new)
    }

    fn applies(&self, claim: &Claim, day: Date) -> bool {
        policies(claim).iter().all(|p| self.in_force(*p, day))
    }

    pub(crate) fn in_force(&self, policy: PolicyId, day: Date) -> bool {
        let spans = self.model.policies.get(policy.index()).map_or(&[][..], |p| p.in_force.as_slice());
        spans.iter().any(|(from, to)| *from <= day && to.is_none_or(|to| day <= to))
    }

    /// All policies of the set itself as they are on a day, with what each household comes to.
    pub(crate) fn rules(&self, day: Date, policies: &BTreeSet<PolicyId>) -> Option<Bound> {
        let graph = from_checked::compile_some(&self.model, day, from_checked::epoch_of(&self.epochs, day), &|id| {
            policies.contains(&id)
        })
        .ok()?;
        Arc::new(graph).bind(day)
    }
}

/// What one look at a claim gave.
enum Looked {
    Fell(Date, Box<Profile>),
    Stood,
    /// Neither, because of a figure that has no value on the day.
    Part,
    Open,
}

/// Looks at claims on one day, one after the other; where `any` household will do, those that were found for earlier ones about the
/// same policy are tried first.
fn looked(
    bound: &Bound,
    day: Date,
    claims: &[Claim],
    some: &[usize],
    any: bool,
    regions: u32,
    scratch: &mut Scratch,
) -> Vec<(usize, Looked)> {
    let (mut found, mut pool, mut pooled) = (Vec::new(), Vec::<Profile>::new(), None);
    for at in some {
        let Some(claim) = claims.get(*at) else { continue };
        let Some(goals) = resolved(bound, claim) else { continue };
        let about = policies(claim).first().copied();
        if about != pooled {
            pool.clear();
            pooled = about;
        }
        if let Some(profile) = pool.iter().rev().find(|p| possible::plainly(bound, p, &goals, scratch)) {
            found.push((*at, Looked::Fell(day, Box::new(profile.clone()))));
            continue;
        }
        let result = match possible::possible(bound, &policies(claim), &goals, regions, scratch) {
            Possible::Yes(profile) => {
                if any && pool.len() < POOL {
                    pool.push((*profile).clone());
                }
                Looked::Fell(day, profile)
            }
            Possible::No => Looked::Stood,
            // Where the goals name days themselves, each of them may be the one that matters.
            Possible::NotProved { figure: true } if names_days(bound, &goals) => Looked::Open,
            // On a day without the figure nothing is claimed; other days can still tell.
            Possible::NotProved { figure: true } => Looked::Part,
            Possible::NotProved { figure: false } => Looked::Open,
        };
        found.push((*at, result));
    }
    found
}

/// What is known of some claims so far.
#[derive(Default)]
struct Known {
    /// Those that fell, and those that will stay open.
    found: Vec<Option<Proof>>,
    /// Those that stood on some day.
    stood: BTreeSet<usize>,
    /// Those that a figure without a value kept open on some day.
    part: BTreeSet<usize>,
}

impl Known {
    fn open(&self, at: usize) -> bool {
        self.found.get(at).is_some_and(Option::is_none)
    }

    fn learn(&mut self, results: Vec<(usize, Looked)>) {
        for (at, result) in results {
            let proof = match result {
                Looked::Fell(day, profile) => Proof::Falls(day, profile),
                Looked::Open => Proof::Open,
                Looked::Stood => {
                    self.stood.insert(at);
                    continue;
                }
                Looked::Part => {
                    self.part.insert(at);
                    continue;
                }
            };
            if let Some(slot) = self.found.get_mut(at) {
                *slot = Some(proof);
            }
        }
    }

    fn proofs(self) -> Vec<Proof> {
        let Self { found, stood, part } = self;
        let proof = |(at, proof): (usize, Option<Proof>)| {
            let stands = stood.contains(&at).then(|| Proof::Stands { whole: !part.contains(&at) });
            proof.or(stands).unwrap_or(Proof::Open)
        };
        found.into_iter().enumerate().map(proof).collect()
    }
}

fn policies(claim: &Claim) -> Vec<PolicyId> {
    let mut all: Vec<PolicyId> = claim
        .goals
        .iter()
        .map(|(target, _)| match target {
            Target::Whole(policy) | Target::Condition(policy, _) => *policy,
        })
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn resolved(bound: &Bound, claim: &Claim) -> Option<Vec<(NodeId, bool)>> {
    let node = |target: &Target| match target {
        Target::Whole(policy) => bound.graph.entry(*policy)?.root,
        Target::Condition(policy, at) => Some(bound.graph.entry(*policy)?.clauses.get(*at)?.node),
    };
    claim.goals.iter().map(|(target, wanted)| Some((node(target)?, *wanted))).collect()
}

/// What the interpreter makes of a goal.
fn meant(model: &Model, target: Target, profile: &Profile, on: Date) -> Option<bool> {
    match target {
        Target::Whole(policy) => match interpret::policy(model, policy, profile, on) {
            Meaning::Conditions(truth) => truth,
            Meaning::NotInForce => None,
        },
        Target::Condition(policy, at) => {
            let policy = model.policies.get(policy.index())?;
            interpret::condition(model, policy.unit, &policy.conditions.get(at)?.expr, profile, on)
        }
    }
}

/// Whether conditions compare the as-of date itself.
fn names_days(bound: &Bound, goals: &[(NodeId, bool)]) -> bool {
    let mut stack: Vec<NodeId> = goals.iter().map(|g| g.0).collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = stack.pop() {
        if matches!(bound.graph.node(id), Node::Today) {
            return true;
        }
        if seen.insert(id) {
            bound.graph.node(id).children(&mut |child| stack.push(child));
        }
    }
    false
}

/// Whether some of these conditions are others on another day of the epoch.
fn moves(bound: &Bound, nodes: &[NodeId]) -> bool {
    let mut stack = nodes.to_vec();
    let mut seen = BTreeSet::new();
    let moving = |set| !matches!(bound.graph.set_def(set), Some(SetDef::Fixed(_)));
    while let Some(id) = stack.pop() {
        if !seen.insert(id) {
            continue;
        }
        let node = bound.graph.node(id);
        if match node {
            Node::Today => true,
            Node::Test(_, set) | Node::InSet(_, set) => moving(*set),
            _ => false,
        } {
            return true;
        }
        node.children(&mut |child| stack.push(child));
    }
    false
}

fn nothing() -> Policy {
    Policy {
        name: crate::value::Label { id: String::new(), zh: String::new() },
        unit: EntityId(0),
        title: crate::value::Words::default(),
        category: None,
        department: None,
        region: None,
        in_force: Vec::new(),
        sources: Vec::new(),
        status: crate::checked::Status::default(),
        read: None,
        conditions: Vec::new(),
        benefits: Vec::new(),
        exclusions: Vec::new(),
        lasts: None,
        counts_as_income: None,
        subject_to_places: false,
        apply_at: Vec::new(),
        bring: Vec::new(),
        scenarios: Vec::new(),
        written: true,
        span: Span::default(),
    }
}

/// A condition that is made up here.
pub(crate) fn made(kind: Kind, span: Span) -> Expr {
    Expr { kind, ty: Type::YesNo, span, words: None, labelled: false }
}
