//! What changed in meaning between two policy sets: for each policy equal, widened, narrowed, both, or not proved.
//!
//! The two sets are joined into one, in which a household can be asked about both (`join`). What is written the same is
//! equal on every day (`key`). For the rest it is claimed that nobody gains, nobody loses, and nobody gets more or less;
//! each claim is proved over all households, or falls to one that is then judged in both sets. Where a policy cannot be
//! joined, or a figure without a value is in the way, the authors' cases and their neighbours are tried (`cases`). Where
//! nothing succeeds, that is said.

mod carry;
mod cases;
mod figures;
mod join;
mod key;
pub mod population;

use crate::checked::{Comparison as Order, Condition, Expr, Kind, Model, Policy, Type};
use crate::graph::{Bound, from_checked};
use crate::ids::PolicyId;
use crate::profile::Profile;
use crate::prove::{Claim, Proof, Prover, Target, made};
use crate::value::{Date, Number};
use crate::verdict::from_graph::{Evaluation, Scratch};
use crate::verdict::{Verdict, exact};
pub use figures::{FigureChange, Value};
use join::Joined;
use key::Keys;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// One of the two sets.
pub struct Side<'a> {
    /// The typed policy set.
    pub model: &'a Model,
    /// The first days of its epochs.
    pub starts: &'a [Date],
    /// The rules of a day.
    pub at: &'a mut dyn FnMut(Date) -> Option<Rc<Bound>>,
}

/// What changed between two sets.
#[derive(Clone, Debug, Default)]
pub struct Differences {
    /// Policy by policy, in the order of their identifiers.
    pub policies: Vec<Difference>,
    /// Figures that have another value on some days.
    pub figures: Vec<FigureChange>,
}

/// How the newer set differs for one policy.
#[derive(Clone, Debug)]
pub struct Difference {
    /// Its identifier.
    pub policy: String,
    /// What happened.
    pub change: Change,
}

/// What happened to a policy.
#[derive(Clone, Debug)]
pub enum Change {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// The same verdicts and amounts, on every day and for every household that both sets can describe.
    Equal,
    /// Judged or paid differently.
    Different {
        /// Who is eligible now and was not.
        widened: Found,
        /// Who was eligible and is not any more.
        narrowed: Found,
        /// Who is eligible in both and gets more, or another benefit.
        more: Found,
        /// Who is eligible in both and gets less.
        less: Found,
    },
    /// No household was found that it judges differently, and none was ruled out.
    NotProved,
}

/// Whether there is a household.
#[derive(Clone, Debug)]
pub enum Found {
    /// None: proved over all of them.
    Nobody,
    /// This one.
    Household(Box<Witness>),
    /// None was found, and none was ruled out.
    NotProved,
}

impl Found {
    /// The household, where there is one.
    #[must_use]
    pub fn household(&self) -> Option<&Witness> {
        if let Self::Household(witness) = self { Some(witness) } else { None }
    }
}

/// A household that the two sets treat differently, judged in both. None of its facts could be left out.
#[derive(Clone, Debug)]
pub struct Witness {
    /// The day.
    pub on: Date,
    /// Its facts, in the newer set's vocabulary.
    pub profile: Profile,
    /// The same in the older one's.
    pub earlier: Profile,
    /// The verdict of the older and of the newer set.
    pub verdicts: (Verdict, Verdict),
    /// The amounts of the first benefit that differs, or else of the first that has one.
    pub amounts: (Option<Number>, Option<Number>),
}

/// What a claim says that nobody does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum About {
    Gains,
    Loses,
    GetsMore,
    GetsLess,
}

/// Compares two sets, on the days from the first to the last one given, or on all days.
#[must_use]
pub fn compare(old: &mut Side<'_>, new: &mut Side<'_>, span: (Option<Date>, Option<Date>)) -> Differences {
    let joined = join::join(old.model, new.model);
    let mut keys = Keys::new(&joined.model);
    let figures = figures::changes(&joined.model, new.model.parameters.len(), &mut keys, span);
    let (before, after) = (index(old.model), index(new.model));
    let mut claims = Vec::new();
    let mut about: Vec<(PolicyId, About)> = Vec::new();
    let mut prover = Prover::new(&joined.model, &epochs(&joined.model, span), span.1, crate::prove::THOROUGH);
    for (name, new_id) in &after {
        let Some(old_id) = before.get(name).and_then(|id| joined.before.get(id)) else { continue };
        claim(&joined, &mut keys, &mut prover, (*old_id, *new_id), &mut |goals, what| {
            claims.push(Claim { goals });
            about.push((*new_id, what));
        });
    }
    let proofs = prover.prove(&claims);
    let mut found: BTreeMap<PolicyId, BTreeMap<About, Found>> = BTreeMap::new();
    let mut scratch = Scratch::default();
    let mut hints: BTreeMap<PolicyId, Vec<(Profile, Date)>> = BTreeMap::new();
    for (((new_id, what), proof), claim) in about.iter().zip(&proofs).zip(&claims) {
        let slot = found.entry(*new_id).or_default().entry(*what).or_insert(Found::Nobody);
        let old_id = new.model.policies.get(new_id.index()).and_then(|p| before.get(&p.name.id)).copied();
        let (Some(old_id), false) = (old_id, matches!(slot, Found::Household(_))) else { continue };
        match proof {
            Proof::Stands { whole: true } => {}
            Proof::Falls(on, profile) => {
                let witness = prover.witness(claim, *on, profile);
                let witness = witness.and_then(|w| {
                    hints
                        .entry(*new_id)
                        .or_default()
                        .extend(carry::carried(&joined.model.schema, &new.model.schema, &w.profile).map(|p| (p, *on)));
                    let rules = (old.at)(*on).zip((new.at)(*on))?;
                    judged(
                        old.model,
                        new.model,
                        &joined.model,
                        (&rules.0, &rules.1),
                        (old_id, *new_id),
                        &w.profile,
                        &mut scratch,
                    )
                });
                *slot = match witness.filter(|w| shows(w, *what)) {
                    Some(witness) => Found::Household(Box::new(witness)),
                    None => Found::NotProved,
                };
            }
            _ => *slot = Found::NotProved,
        }
    }
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut seen = BTreeMap::new();
    let mut policies = Vec::new();
    for name in names {
        let change = match (before.get(name), after.get(name)) {
            (Some(a), Some(b)) => {
                let known = joined.before.contains_key(a).then(|| found.remove(b).unwrap_or_default());
                let mut cases = hints.remove(b).unwrap_or_default();
                settle(known).unwrap_or_else(|| {
                    cases.extend(eligible(&joined, new.model, &mut prover, (*a, *b)));
                    cases::one(old, new, (*a, *b), cases, span, &mut seen)
                })
            }
            (None, _) => Change::Added,
            (_, None) => Change::Removed,
        };
        policies.push(Difference { policy: name.clone(), change });
    }
    Differences { policies, figures }
}

/// A household that is eligible in each of the two sets, to begin the search by cases with.
fn eligible(joined: &Joined, new: &Model, prover: &mut Prover, (a, b): (PolicyId, PolicyId)) -> Vec<(Profile, Date)> {
    let policies = joined.before.get(&a).copied().into_iter().chain([b]);
    let claims: Vec<Claim> = policies.map(|p| Claim { goals: vec![(Target::Whole(p), true)] }).collect();
    let fallen: Vec<(Date, Box<Profile>)> = prover
        .prove(&claims)
        .into_iter()
        .filter_map(|p| if let Proof::Falls(on, profile) = p { Some((on, profile)) } else { None })
        .collect();
    let carried = |(on, profile): (Date, Box<Profile>)| {
        carry::carried(&joined.model.schema, &new.schema, &profile).map(|p| (p, on))
    };
    fallen.into_iter().filter_map(carried).collect()
}

/// What the claims about one policy come to; none where the authors' cases have to be tried.
fn settle(found: Option<BTreeMap<About, Found>>) -> Option<Change> {
    let mut found = found?;
    if found.values().all(|f| matches!(f, Found::Nobody)) {
        return Some(Change::Equal);
    }
    found.values().any(|f| matches!(f, Found::Household(_))).then(|| {
        let mut of = |what: About| found.remove(&what).unwrap_or(Found::Nobody);
        Change::Different {
            widened: of(About::Gains),
            narrowed: of(About::Loses),
            more: of(About::GetsMore),
            less: of(About::GetsLess),
        }
    })
}

/// Whether a household shows what a claim denies.
fn shows(witness: &Witness, what: About) -> bool {
    match (what, witness.verdicts) {
        (About::Gains, (was, is)) => is == Verdict::Eligible && was != Verdict::Eligible,
        (About::Loses, (was, is)) => was == Verdict::Eligible && is != Verdict::Eligible,
        (_, verdicts) => verdicts == (Verdict::Eligible, Verdict::Eligible) && witness.amounts.0 != witness.amounts.1,
    }
}

fn index(model: &Model) -> BTreeMap<String, PolicyId> {
    let written = model.policies.iter().enumerate().filter(|(_, p)| p.written);
    written.map(|(i, p)| (p.name.id.clone(), PolicyId::of(i))).collect()
}

/// The first days of the epochs that the span meets; the first of them begins with the span.
fn epochs(model: &Model, (from, to): (Option<Date>, Option<Date>)) -> Vec<Date> {
    let starts = from_checked::epochs(model);
    let mut kept: BTreeSet<Date> = starts.iter().copied().filter(|s| to.is_none_or(|to| *s <= to)).collect();
    if let Some(from) = from {
        kept = kept.split_off(&from);
        kept.insert(from);
    }
    kept.into_iter().collect()
}

/// What is claimed of one policy that is not written the same in both sets: nothing where it is.
fn claim(
    joined: &Joined,
    keys: &mut Keys<'_>,
    prover: &mut Prover,
    (old, new): (PolicyId, PolicyId),
    add: &mut dyn FnMut(Vec<(Target, bool)>, About),
) {
    let model = &joined.model;
    let (Some(was), Some(is)) = (model.policies.get(old.index()), model.policies.get(new.index())) else { return };
    let same = keys.conditions(was) == keys.conditions(is);
    if !same {
        add(vec![(Target::Whole(new), true), (Target::Whole(old), false)], About::Gains);
        add(vec![(Target::Whole(old), true), (Target::Whole(new), false)], About::Loses);
        // On days on which only one of the two is in force, whoever meets it gains or loses.
        for (one, other, what) in [(is, was, About::Gains), (was, is, About::Loses)] {
            let alone = without(&one.in_force, &other.in_force);
            if !alone.is_empty() {
                let all = one.conditions.iter().map(|c: &Condition| c.expr.clone()).collect();
                let id = prover.add(one.unit, alone, all);
                add(vec![(Target::Whole(id), true)], what);
            }
        }
    }
    if keys.amounts(was) == keys.amounts(is) {
        return;
    }
    let amounts = |p: &Policy| -> Vec<Expr> { p.benefits.iter().filter_map(|b| b.amount.clone()).collect() };
    let (paid, pays) = (amounts(was), amounts(is));
    let both = both(&was.in_force, &is.in_force);
    let mut differ = |condition: Vec<Expr>, what: About| {
        let id = prover.add(is.unit, both.clone(), condition);
        add(vec![(Target::Whole(id), true), (Target::Whole(new), true), (Target::Whole(old), true)], what);
    };
    let alike = |a: &Expr, b: &Expr| matches!((a.ty, b.ty), (Type::Number(x), Type::Number(y)) if x.alike(y));
    if paid.len() != pays.len() || !paid.iter().zip(&pays).all(|(a, b)| alike(a, b)) {
        differ(Vec::new(), About::GetsMore);
        return;
    }
    for (a, b) in paid.iter().zip(&pays) {
        if keys.expr(a) == keys.expr(b) {
            continue;
        }
        for (order, what) in [(Order::Greater, About::GetsMore), (Order::Less, About::GetsLess)] {
            let kind = Kind::Compare(order, Box::new(b.clone()), Box::new(a.clone()));
            differ(vec![made(kind, b.span)], what);
        }
    }
}

type Spans = [(Date, Option<Date>)];

/// The days of one that are not of the other.
fn without(one: &Spans, other: &Spans) -> Vec<(Date, Option<Date>)> {
    let mut rest = one.to_vec();
    for (from, to) in other {
        let mut next = Vec::new();
        for (start, end) in rest {
            if let Some(last) = from.add_days(-1).filter(|last| *last >= start) {
                next.push((start, Some(end.map_or(last, |e| e.min(last)))));
            }
            let first = to.and_then(|to| to.add_days(1)).map(|f| f.max(start));
            next.extend(first.filter(|f| end.is_none_or(|end| *f <= end)).map(|f| (f, end)));
        }
        rest = next;
    }
    rest.into_iter().filter(|(a, b)| b.is_none_or(|b| *a <= b)).collect()
}

fn both(one: &Spans, other: &Spans) -> Vec<(Date, Option<Date>)> {
    without(one, &without(one, other))
}

/// A household of the joined vocabulary, judged in both sets; none where it contradicts what always holds in one of them.
fn judged(
    old: &Model,
    new: &Model,
    joined: &Model,
    (a, b): (&Bound, &Bound),
    pair: (PolicyId, PolicyId),
    profile: &Profile,
    scratch: &mut Scratch,
) -> Option<Witness> {
    let earlier = carry::carried(&joined.schema, &old.schema, profile)?;
    let later = carry::carried(&joined.schema, &new.schema, profile)?;
    verdicts((a, b), pair, earlier, later, scratch)
}

/// A household in both vocabularies, judged in both sets.
fn verdicts(
    (a, b): (&Bound, &Bound),
    pair: (PolicyId, PolicyId),
    earlier: Profile,
    profile: Profile,
    scratch: &mut Scratch,
) -> Option<Witness> {
    let contradicted = !exact::contradictions(b, &profile, scratch).is_empty()
        || !exact::contradictions(a, &earlier, scratch).is_empty();
    if contradicted {
        return None;
    }
    let verdicts =
        (exact::outcome(a, pair.0, &earlier, scratch).verdict, exact::outcome(b, pair.1, &profile, scratch).verdict);
    let mut amounts = |bound: &Bound, policy: PolicyId, profile: &Profile| -> Vec<Option<Number>> {
        let nodes = bound.graph.entry(policy).map_or(&[][..], |e| e.amounts.as_slice());
        let mut evaluation = Evaluation::new(bound, profile, scratch);
        nodes.iter().map(|a| evaluation.point(a.value.node)).collect()
    };
    let (paid, pays) = (amounts(a, pair.0, &earlier), amounts(b, pair.1, &profile));
    let differs = (0..paid.len().max(pays.len())).find(|i| paid.get(*i) != pays.get(*i)).unwrap_or(0);
    let amount = |all: &[Option<Number>]| all.get(differs).copied().flatten();
    let amounts = (amount(&paid), amount(&pays));
    Some(Witness { on: b.as_of, profile, earlier, verdicts, amounts })
}
