//! The front of coverage: which small changes to the policies the scenarios notice, and households for those they do not.

use super::{Engine, Rules, scenario};
use crate::ast::print::{self, Glossary, Surface};
use crate::checked::{Expected, Model, Scenario};
use crate::cover::{Change, Mutant, Place, apply, mutants, suggest, uses, written};
use crate::graph::{Graph, from_checked};
use crate::ids::PolicyId;
use crate::limits::Limits;
use crate::lint;
use crate::profile::Profile;
use crate::span::Span;
use crate::value::{Date, Language};
use crate::verdict::from_graph::{Evaluation, Scratch};
use crate::verdict::{Truth, exact};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// One place of the policies and what the scenarios have shown of it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// What stands there.
    pub what: What,
    /// Where.
    pub span: Span,
    /// The policy, definition or figure it is of.
    pub of: String,
    /// Whether each side was seen while it decides: true and false of a condition, just within and just beyond the
    /// line of a comparison. A row has one side, and the other stays yes.
    pub sides: [bool; 2],
}

/// What coverage is counted over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// A condition: true, and false, while it alone decides the outcome.
    Condition,
    /// The line of a comparison: a case within one step of it on either side.
    Line,
    /// A row of a table: a case whose outcome stands on it.
    Row(usize),
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// This scenario of this policy fails with it.
    Noticed(PolicyId, usize),
    /// It changes nothing: the conditions and amounts compile to the same graph on every day.
    Same,
    /// No scenario fails.
    Unnoticed,
}

/// A change and what became of it.
#[derive(Clone, Debug)]
pub struct Tried {
    /// The change.
    pub mutant: Mutant,
    /// The policy, definition or figure it is made in.
    pub of: String,
    /// What became of it.
    pub fate: Fate,
}

/// A scenario that would notice a change, for its author to confirm.
#[derive(Clone, Debug)]
pub struct Suggestion {
    /// The policy it belongs to.
    pub policy: PolicyId,
    /// The text, in the language of the policy's file, indented to stand in the policy.
    pub text: String,
    /// The positions of the changes it notices, in the list given.
    pub notices: Vec<usize>,
}

/// The rules of the days asked for so far, of one small model.
#[derive(Default)]
struct Days {
    graphs: Vec<Arc<Graph>>,
    rules: BTreeMap<Date, Option<Rules>>,
}

impl Days {
    fn at(&mut self, model: &Arc<Model>, day: Date) -> Option<&Rules> {
        if !self.rules.contains_key(&day) {
            let rules = self.made(model, day);
            self.rules.insert(day, rules);
        }
        self.rules.get(&day)?.as_ref()
    }

    fn made(&mut self, model: &Arc<Model>, day: Date) -> Option<Rules> {
        let holds = |g: &&Arc<Graph>| {
            let (from, to) = g.span();
            from <= day && day <= to
        };
        let graph = if let Some(graph) = self.graphs.iter().find(holds) {
            Arc::clone(graph)
        } else {
            let graph = Arc::new(from_checked::compile(model, day).ok()?);
            self.graphs.push(Arc::clone(&graph));
            graph
        };
        let bound = graph.bind(day)?;
        Some(Rules::new(model, bound, String::new(), Limits::DEFAULT))
    }
}

/// A copy of the set with a few policies, in which changes are made one at a time.
struct Bench {
    /// As it is.
    plain: Arc<Model>,
    plain_days: Days,
    /// With the change, while there is one.
    model: Arc<Model>,
    users: BTreeSet<PolicyId>,
    /// What each scenario of these policies comes to as they are; worked out when first asked for.
    was: Option<Vec<(PolicyId, usize, suggest::Judged)>>,
    scratch: Scratch,
}

impl Bench {
    fn new(model: Model, users: BTreeSet<PolicyId>) -> Self {
        let plain = Arc::new(model.clone());
        Self {
            plain,
            plain_days: Days::default(),
            model: Arc::new(model),
            users,
            was: None,
            scratch: Scratch::default(),
        }
    }

    /// Makes a change, does something with the changed set, and takes the change back; none where it cannot be made.
    fn with<T>(&mut self, mutant: &Mutant, look: impl FnOnce(&mut Self, &mut Days) -> T) -> Option<T> {
        let before = apply::apply(Arc::make_mut(&mut self.model), mutant)?;
        let mut days = Days::default();
        let result = look(self, &mut days);
        // The rules of the changed set hold the model; without them it is changed back in place.
        drop(days);
        apply::restore(Arc::make_mut(&mut self.model), mutant, before);
        Some(result)
    }

    /// What each scenario comes to as the policies are.
    fn was(&mut self, full: &Model) -> Vec<(PolicyId, usize, suggest::Judged)> {
        if self.was.is_none() {
            let mut all = Vec::new();
            for policy in &self.users {
                let scenarios = full.policies.get(policy.index()).map_or(&[][..], |p| p.scenarios.as_slice());
                for (i, case) in scenarios.iter().enumerate() {
                    if let Some(rules) = self.plain_days.at(&self.plain, case.on) {
                        all.push((
                            *policy,
                            i,
                            suggest::judge(&rules.bound, *policy, &case.profile.restore(), &mut self.scratch),
                        ));
                    }
                }
            }
            self.was = Some(all);
        }
        self.was.clone().unwrap_or_default()
    }

    /// Whether the changed conditions and amounts are the same nodes on every day.
    fn same(&mut self, days: &mut Days) -> bool {
        let starts = from_checked::epochs(&self.model);
        starts.into_iter().all(|day| {
            let (Some(a), Some(b)) = (self.plain_days.at(&self.plain, day), days.at(&self.model, day)) else {
                return false;
            };
            let (a, b) = (&a.bound.graph, &b.bound.graph);
            let meaning = |g: &Graph, p: &PolicyId| {
                g.entry(*p).map(|e| (e.root, e.amounts.iter().map(|a| a.value.node).collect::<Vec<_>>()))
            };
            a.span() == b.span()
                && a.nodes() == b.nodes()
                && a.sets == b.sets
                && self.users.iter().all(|p| meaning(a, p) == meaning(b, p))
        })
    }
}

impl Engine {
    /// The changes that can be made in these policies and in the definitions and figures they use, in the order of the
    /// text.
    #[must_use]
    pub fn mutants(&self, policies: &BTreeSet<PolicyId>) -> Vec<Mutant> {
        let model = &self.model;
        let reach = uses::Uses::of(model);
        let mut all: Vec<Mutant> = policies.iter().flat_map(|p| mutants::of_policy(model, *p)).collect();
        let touched = |users: &BTreeSet<PolicyId>| users.iter().any(|u| policies.contains(u));
        for define in reach.defines().filter(|d| touched(&reach.users(Place::Define(*d)))) {
            all.extend(mutants::of_define(model, define));
        }
        for figure in reach.figures().filter(|f| touched(&reach.figure_users(*f))) {
            all.extend(mutants::of_figure(model, figure, &mutants::days_of(model, &reach, figure)));
        }
        // What never compiles to anything (an exclusion's own place in the text) would be shown twice.
        all.sort_by_key(|m| (m.span, m.change, m.place, m.at));
        all
    }

    /// What the scenarios show of each condition, line and row of these policies and of what they use.
    ///
    /// A side counts only while it decides: with the other truth in its place (or the line moved by one step, or the
    /// row without value) some scenario comes to another settled verdict or another amount.
    #[must_use]
    pub fn coverage(&self, policies: &BTreeSet<PolicyId>) -> Vec<Seen> {
        let counted = |m: &Mutant| matches!(m.change, Change::Condition(_) | Change::Line(_) | Change::RowValue(_));
        let list: Vec<Mutant> = self.mutants(policies).into_iter().filter(counted).collect();
        let mut seen: BTreeMap<(Span, What), Seen> = BTreeMap::new();
        self.on_benches(&list, |bench, mutant| {
            let decides = bench.with(mutant, |bench, days| self.turns(bench, days)).unwrap_or(false);
            let (what, side) = match mutant.change {
                // With false in its place something turns: it was true there.
                Change::Condition(truth) => (What::Condition, usize::from(truth)),
                Change::Line(step) => (What::Line, usize::from(step < 0)),
                Change::RowValue(i) => (What::Row(i), 0),
                _ => return,
            };
            let slot = seen.entry((mutant.span, what)).or_insert_with(|| Seen {
                what,
                span: mutant.span,
                of: self.name_of(mutant.place),
                sides: [false, matches!(what, What::Row(_))],
            });
            if let Some(side) = slot.sides.get_mut(side) {
                *side |= decides;
            }
        });
        seen.into_values().collect()
    }

    /// Makes each change and runs the scenarios of the policies it can reach. `done` is told how many are finished.
    #[must_use]
    pub fn try_mutants(&self, list: &[Mutant], done: &mut dyn FnMut(usize)) -> Vec<Tried> {
        let mut tried: Vec<Tried> = Vec::new();
        let mut finished = 0usize;
        self.on_benches(list, |bench, mutant| {
            finished = finished.saturating_add(1);
            done(finished);
            if matches!(mutant.change, Change::RowValue(_)) {
                return;
            }
            let fate = bench.with(mutant, |bench, days| match self.noticed(bench, days) {
                Some((policy, scenario)) => Fate::Noticed(policy, scenario),
                None if bench.same(days) => Fate::Same,
                None => Fate::Unnoticed,
            });
            let Some(fate) = fate else { return };
            tried.push(Tried { mutant: mutant.clone(), of: self.name_of(mutant.place), fate });
        });
        // A definition that says `this` stands once for each policy; one that notices is enough.
        tried.sort_by_key(|t| (t.mutant.span, t.mutant.change, rank(&t.fate)));
        tried.dedup_by(|b, a| a.mutant.span == b.mutant.span && a.mutant.change == b.mutant.change && a.of == b.of);
        tried
    }

    /// Scenarios that would notice changes which none notices now. What they expect is what the policies say now; whether
    /// that is right is for their author to say. Changes for which no household was found are in no suggestion.
    #[must_use]
    pub fn suggest(&self, list: &[Mutant]) -> Vec<Suggestion> {
        let mut found: Vec<(PolicyId, Date, suggest::Shown, Suggestion)> = Vec::new();
        let mut position = BTreeMap::new();
        for (i, mutant) in list.iter().enumerate() {
            position.insert((mutant.span, mutant.change, mutant.place, mutant.at), i);
        }
        self.on_benches(list, |bench, mutant| {
            let index = position.get(&(mutant.span, mutant.change, mutant.place, mutant.at)).copied().unwrap_or(0);
            let whole = &found;
            let hit = bench.with(mutant, |bench, days| {
                let old = whole.iter().position(|(policy, on, shown, _)| {
                    bench.users.contains(policy)
                        && days.at(&bench.model, *on).is_some_and(|rules| {
                            suggest::judge(&rules.bound, *policy, &shown.profile, &mut bench.scratch) != shown.now
                        })
                });
                old.map(Ok).or_else(|| self.search(bench, days).map(Err))
            });
            match hit.flatten() {
                Some(Ok(old)) => {
                    if let Some((.., suggestion)) = found.get_mut(old) {
                        suggestion.notices.push(index);
                    }
                }
                Some(Err((policy, scenario, on, shown))) => {
                    if let Some(text) = self.written(policy, scenario, on, &shown) {
                        let suggestion = Suggestion { policy, text, notices: vec![index] };
                        found.push((policy, on, shown, suggestion));
                    }
                }
                None => {}
            }
        });
        let mut all: Vec<Suggestion> = found.into_iter().map(|(.., s)| s).collect();
        all.sort_by_key(|s| s.policy);
        all
    }

    /// The warnings of [`Engine::lint`] about these policies by themselves, in a moment: without those that compare
    /// policies with each other or ask whether anything uses a fact, a figure or a definition.
    #[must_use]
    pub fn analyse_of(&self, policies: &BTreeSet<PolicyId>) -> Vec<lint::Finding> {
        let model = Arc::new(uses::only(&self.model, &uses::bare(&self.model), policies));
        let mut findings = lint::lint(&model, &from_checked::epochs(&model), None);
        let alone = [
            lint::error::NOBODY,
            lint::error::EVERYBODY,
            lint::error::NEVER,
            lint::error::ALWAYS,
            lint::error::REDUNDANT,
            lint::error::UNREACHABLE,
        ];
        findings.retain(|f| alone.contains(&f.diagnostic.code));
        findings
    }

    /// Calls `each` for every change, with a bench that holds the policies it can reach.
    fn on_benches(&self, list: &[Mutant], mut each: impl FnMut(&mut Bench, &Mutant)) {
        let reach = uses::Uses::of(&self.model);
        let bare = uses::bare(&self.model);
        let mut by_users: BTreeMap<BTreeSet<PolicyId>, Vec<&Mutant>> = BTreeMap::new();
        for mutant in list {
            by_users.entry(reach.users(mutant.place)).or_default().push(mutant);
        }
        for (users, mutants) in by_users {
            let mut bench = Bench::new(uses::only(&self.model, &bare, &users), users);
            for mutant in mutants {
                each(&mut bench, mutant);
            }
        }
    }

    fn case(&self, policy: PolicyId, scenario: usize) -> Option<&Scenario> {
        self.model.policies.get(policy.index())?.scenarios.get(scenario)
    }

    /// Whether some scenario comes to another settled verdict or another amount in the changed set.
    fn turns(&self, bench: &mut Bench, days: &mut Days) -> bool {
        bench.was(&self.model).iter().filter(|(_, _, was)| was.is_settled()).any(|(policy, i, was)| {
            let Some(case) = self.case(*policy, *i) else { return false };
            let Some(rules) = days.at(&bench.model, case.on) else { return false };
            suggest::judge(&rules.bound, *policy, &case.profile.restore(), &mut bench.scratch) != *was
        })
    }

    /// The first scenario that fails in the changed set.
    fn noticed(&self, bench: &mut Bench, days: &mut Days) -> Option<(PolicyId, usize)> {
        let fails = |(policy, i): &(PolicyId, usize)| {
            let Some(case) = self.case(*policy, *i) else { return false };
            let Some(rules) = days.at(&bench.model, case.on) else { return false };
            let profile = case.profile.restore();
            let outcome = exact::outcome(&rules.bound, *policy, &profile, &mut bench.scratch);
            // The reasons take longer than the verdict and are only needed where that is as expected.
            outcome.verdict != scenario::verdict(case.expect)
                || !scenario::run(rules, *policy, case, &profile, outcome).problems.is_empty()
        };
        let all = bench.users.iter().flat_map(|p| {
            let count = self.model.policies.get(p.index()).map_or(0, |p| p.scenarios.len());
            (0..count).map(|i| (*p, i))
        });
        let all: Vec<(PolicyId, usize)> = all.collect();
        all.into_iter().find(fails)
    }

    /// A household that shows the change: near a scenario, on its day or a day that the conditions name.
    fn search(&self, bench: &mut Bench, days: &mut Days) -> Option<(PolicyId, usize, Date, suggest::Shown)> {
        for policy in bench.users.clone() {
            let scenarios = self.model.policies.get(policy.index()).map_or(&[][..], |p| p.scenarios.as_slice());
            // A case that is met is nearest to every line.
            let mut order: Vec<(usize, &Scenario)> = scenarios.iter().enumerate().collect();
            order.sort_by_key(|(_, s)| s.expect != Expected::Eligible);
            for (i, case) in order {
                let mut on = vec![case.on];
                if let Some(rules) = days.at(&bench.model, case.on) {
                    on.extend(suggest::named_days(&rules.bound));
                }
                for day in on {
                    let Some(now) = bench.plain_days.at(&bench.plain, day) else { continue };
                    let Some(then) = days.at(&bench.model, day) else { continue };
                    let found =
                        suggest::shown(&now.bound, &then.bound, policy, &case.profile.restore(), &mut bench.scratch);
                    if let Some(shown) = found {
                        return Some((policy, i, day, shown));
                    }
                }
            }
        }
        None
    }

    fn written(&self, policy: PolicyId, like: usize, on: Date, shown: &suggest::Shown) -> Option<String> {
        let declared = self.model.policies.get(policy.index())?;
        let base = declared.scenarios.get(like)?;
        let surface = print::surface_of(self.sources.get(declared.span.file).map_or("", |s| s.text.as_str()));
        let language = if surface == Surface::Chinese { Language::Zh } else { Language::En };
        let rules = self.at(on).ok()?;
        let failing = rules.failing(policy, &shown.profile).and_then(|i| declared.conditions.get(i));
        let like = (base.label.get(language), base.on);
        let scenario = written::scenario(&self.model, declared, like, on, shown, failing, language);
        Some(print::scenario(&scenario, surface, &Glossary::collect(&[])))
    }

    fn name_of(&self, place: Place) -> String {
        let model = &self.model;
        match place {
            Place::Condition(policy, _) | Place::Amount(policy, _) => {
                model.policies.get(policy.index()).map(|p| p.name.id.clone())
            }
            Place::Define(define) => model.defines.get(define.index()).map(|d| d.name.id.clone()),
            Place::Figure(figure, _) => model.parameters.get(figure.index()).map(|p| p.name.id.clone()),
        }
        .unwrap_or_default()
    }
}

impl Rules {
    /// The first condition of a policy that fails for a profile, by position.
    fn failing(&self, policy: PolicyId, profile: &Profile) -> Option<usize> {
        let mut scratch = Scratch::default();
        let mut evaluation = Evaluation::new(&self.bound, profile, &mut scratch);
        let clauses = self.bound.graph.entry(policy).map_or(&[][..], |e| e.clauses.as_slice());
        clauses.iter().position(|c| evaluation.truth(c.node) == Truth::False)
    }
}

const fn rank(fate: &Fate) -> u8 {
    match fate {
        Fate::Noticed(..) => 0,
        Fate::Unnoticed => 1,
        Fate::Same => 2,
    }
}
