//! Who gains and who loses among many households, and how much money moves.
//!
//! A household is judged in both sets on one day. Policies for a household count it once; policies for a person count each
//! member once. Amounts are summed in their own units: what is paid a month is never added to what is paid once.

use super::{carry, index};
use crate::checked::{Model, Type};
use crate::graph::Bound;
use crate::ids::PolicyId;
use crate::profile::{Profile, RecordIx, Slot, position};
use crate::schema::FieldType;
use crate::value::{Label, Number, Unit};
use crate::verdict::from_graph::{Evaluation, Scratch};
use crate::verdict::{Verdict, exact};
use std::collections::BTreeMap;

/// How many gain and lose, and how much money moves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moved {
    /// Eligible now and not before.
    pub gain: u64,
    /// Eligible before and not now.
    pub lose: u64,
    /// Eligible in both, and gets more.
    pub more: u64,
    /// Eligible in both, and gets less.
    pub less: u64,
    /// By unit: what all got before, and what they get now, where the amounts are known.
    pub money: Vec<(Unit, Number, Number)>,
}

impl Moved {
    /// Whether nothing moved.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.gain + self.lose + self.more + self.less == 0 && self.money.iter().all(|(_, a, b)| a == b)
    }

    fn pay(&mut self, unit: Unit, before: Number, after: Number) {
        let at = self.money.iter().position(|(u, _, _)| *u == unit).unwrap_or(self.money.len());
        if at == self.money.len() {
            self.money.push((unit, Number::ZERO, Number::ZERO));
        }
        if let Some((_, a, b)) = self.money.get_mut(at)
            && let (Some(x), Some(y)) = (a.add(before), b.add(after))
        {
            (*a, *b) = (x, y);
        }
    }
}

/// What changes for the households added so far.
#[derive(Clone, Debug, Default)]
pub struct Population {
    /// How many households were judged.
    pub households: u64,
    /// How many contradict what always holds in one of the sets, and were left out.
    pub contradictory: u64,
    /// By identifier of the policy.
    pub policies: BTreeMap<String, Moved>,
    /// By category: its label.
    pub categories: BTreeMap<String, (Label, Moved)>,
    /// By district: the place just below the top of the tree in which the household is; none where it is not known.
    pub districts: BTreeMap<Option<String>, (Option<Label>, Moved)>,
}

/// The two sets on a day, ready to judge households.
pub struct Judge<'a> {
    old: (&'a Model, &'a Bound),
    new: (&'a Model, &'a Bound),
    pairs: Vec<(String, Option<PolicyId>, Option<PolicyId>)>,
    scratch: (Scratch, Scratch),
    found: Population,
}

impl<'a> Judge<'a> {
    /// Two sets, each with its rules of the day.
    #[must_use]
    pub fn new(old: (&'a Model, &'a Bound), new: (&'a Model, &'a Bound)) -> Self {
        let (before, after) = (index(old.0), index(new.0));
        let mut names: Vec<String> = before.keys().chain(after.keys()).cloned().collect();
        names.sort_unstable();
        names.dedup();
        let pairs = names.into_iter().map(|n| (n.clone(), before.get(&n).copied(), after.get(&n).copied())).collect();
        Self { old, new, pairs, scratch: <(Scratch, Scratch)>::default(), found: Population::default() }
    }

    /// Judges one household, given in the newer vocabulary and, where it is known, in the older one; otherwise what both
    /// vocabularies know is carried over.
    pub fn add(&mut self, earlier: Option<&Profile>, later: &Profile) {
        let carried = match earlier {
            Some(_) => None,
            None => carry::carried(&self.new.0.schema, &self.old.0.schema, later),
        };
        let nobody = Profile::new();
        let earlier = earlier.or(carried.as_ref()).unwrap_or(&nobody);
        self.found.households += 1;
        let wrong = !exact::contradictions(self.old.1, earlier, &mut self.scratch.0).is_empty()
            || !exact::contradictions(self.new.1, later, &mut self.scratch.1).is_empty();
        if wrong {
            self.found.contradictory += 1;
            return;
        }
        let district = district(self.new.0, later);
        let schema = &self.new.0.schema;
        for (i, entity) in schema.entities.iter().enumerate().filter(|(_, e)| e.is_unit) {
            let unit = crate::ids::EntityId::of(i);
            let there = self.old.0.schema.entities.iter().position(|e| e.name.id == entity.name.id && e.named);
            let there = there.map(crate::ids::EntityId::of);
            let seats = later.seats(unit);
            let before = there.map(|e| earlier.seats(e)).unwrap_or_default();
            for (at, seat) in seats.iter().enumerate() {
                self.seat((earlier, before.get(at).copied()), (later, *seat), unit, district.as_ref());
            }
        }
    }

    /// What was found.
    #[must_use]
    pub fn finish(self) -> Population {
        self.found
    }

    fn seat(
        &mut self,
        (earlier, before): (&Profile, Option<RecordIx>),
        (later, seat): (&Profile, RecordIx),
        unit: crate::ids::EntityId,
        district: Option<&Label>,
    ) {
        let now = later.seated(seat);
        let was = before.map(|b| earlier.seated(b));
        let after = exact::outcomes(self.new.1, &now, &mut self.scratch.1);
        let before = was.as_ref().map(|p| exact::outcomes(self.old.1, p, &mut self.scratch.0)).unwrap_or_default();
        for (name, a, b) in &self.pairs {
            let newer = b.and_then(|id| self.new.0.policies.get(id.index()));
            let policy = newer.or_else(|| a.and_then(|id| self.old.0.policies.get(id.index())));
            let Some(policy) = policy else { continue };
            // A policy that is gone is for a kind of the older vocabulary; it goes by its name.
            let kind = |model: &Model| model.schema.entity(policy.unit).map(|e| e.name.id.clone());
            let of = if newer.is_some() { kind(self.new.0) } else { kind(self.old.0) };
            if of.as_deref() != self.new.0.schema.entity(unit).map(|e| e.name.id.as_str()) {
                continue;
            }
            let held = |id: &Option<PolicyId>, all: &[crate::verdict::Outcome]| {
                id.and_then(|id| all.get(id.index())).is_some_and(|o| o.verdict == Verdict::Eligible)
            };
            let (was_held, is_held) = (held(a, &before), held(b, &after));
            if !was_held && !is_held {
                continue;
            }
            let old = was.as_ref().zip(*a).filter(|_| was_held);
            let paid = old.map(|(p, id)| amounts(self.old, id, p, &mut self.scratch.0)).unwrap_or_default();
            let new = b.filter(|_| is_held);
            let pays = new.map(|id| amounts(self.new, id, &now, &mut self.scratch.1)).unwrap_or_default();
            let mut one = Moved::default();
            match (was_held, is_held) {
                (false, true) => one.gain = 1,
                (true, false) => one.lose = 1,
                _ => {
                    let total = |all: &[(Unit, Number)]| {
                        all.iter().try_fold(Number::ZERO, |sum, (_, n)| sum.add(*n)).unwrap_or(Number::ZERO)
                    };
                    one.more = u64::from(total(&pays) > total(&paid));
                    one.less = u64::from(total(&pays) < total(&paid));
                }
            }
            paid.iter().for_each(|(unit, n)| one.pay(*unit, *n, Number::ZERO));
            pays.iter().for_each(|(unit, n)| one.pay(*unit, Number::ZERO, *n));
            if one.is_nothing() {
                continue;
            }
            merge(self.found.policies.entry(name.clone()).or_default(), &one);
            if let Some(category) = &policy.category {
                let slot = self.found.categories.entry(category.id.clone());
                merge(&mut slot.or_insert_with(|| (category.clone(), Moved::default())).1, &one);
            }
            let slot = self.found.districts.entry(district.map(|d| d.id.clone()));
            merge(&mut slot.or_insert_with(|| (district.cloned(), Moved::default())).1, &one);
        }
    }
}

fn merge(into: &mut Moved, one: &Moved) {
    into.gain += one.gain;
    into.lose += one.lose;
    into.more += one.more;
    into.less += one.less;
    one.money.iter().for_each(|(unit, a, b)| into.pay(*unit, *a, *b));
}

/// The amounts of money of a policy's benefits, those that are known.
fn amounts(
    (model, bound): (&Model, &Bound),
    id: PolicyId,
    profile: &Profile,
    scratch: &mut Scratch,
) -> Vec<(Unit, Number)> {
    let traces = bound.graph.entry(id).map_or(&[][..], |e| e.amounts.as_slice());
    let benefits = model.policies.get(id.index()).map_or(&[][..], |p| p.benefits.as_slice());
    let mut evaluation = Evaluation::new(bound, profile, scratch);
    traces
        .iter()
        .filter_map(|trace| {
            let amount = benefits.get(trace.benefit)?.amount.as_ref()?;
            let Type::Number(unit) = amount.ty else { return None };
            Some((unit, evaluation.point(trace.value.node)?)).filter(|_| unit.yuan != 0)
        })
        .collect()
}

/// Where a household is: the first place that is known of the records it begins with, as the place just below the top.
fn district(model: &Model, profile: &Profile) -> Option<Label> {
    let schema = &model.schema;
    let region = schema.enums.iter().position(|e| e.name.id == "region").map(crate::ids::EnumId::of)?;
    let roots = (0..schema.entities.len()).map(crate::ids::EntityId::of).filter_map(|e| profile.root(e));
    for root in roots {
        let entity = schema.entity(profile.record(root)?.entity)?;
        for field in
            entity.fields.iter().filter(|f| schema.field(**f).is_some_and(|f| f.ty == FieldType::Symbol(region)))
        {
            let at = position(schema, *field)?;
            let Slot::Scalar(value) = profile.slot(root, at) else { continue };
            let mut symbol = schema.symbol(region, u32::try_from(*value).ok()?)?;
            while let Some(parent) = symbol.parent.and_then(|p| schema.symbol(region, p)) {
                if parent.parent.is_none() {
                    break;
                }
                symbol = parent;
            }
            return Some(symbol.name.clone());
        }
    }
    None
}
