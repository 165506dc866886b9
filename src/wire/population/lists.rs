//! What people act on: who is eligible and does not receive it, who misses it by one condition, whose verdict turns soon, and
//! how many there are by policy and district.
//!
//! **The order** is the authors': a derived fact named `need` of the person or the household (`define household.need "困难程度" = …`,
//! a number; more is more pressing). It is text of the policy set like any other, so it can be read, tested and replaced, and there
//! is no other score. Without one, and where it is unknown, the order is that of the population file.

use super::files::Kinds;
use crate::columns::Columns;
use crate::engine::{Details, Rules};
use crate::ids::{DefineId, EntityId, EnumId, FieldId, PolicyId};
use crate::schema::{FieldType, Schema};
use crate::value::Number;
use crate::verdict::Verdict;
use crate::verdict::from_graph::Scratch;
use crate::verdict::rows::Planes;
use crate::why::codes::NearMiss;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The derived facts that order lists.
#[derive(Clone, Debug)]
pub struct Need(Vec<(EntityId, DefineId)>);

impl Need {
    /// Those named `need`; none where there is none.
    #[must_use]
    pub fn of(model: &crate::checked::Model) -> Option<Self> {
        let named = (0..).map(DefineId).zip(&model.defines).filter(|(_, d)| d.name.id == "need");
        let found: Vec<_> = named.filter_map(|(id, d)| Some((d.owner?, id))).collect();
        (!found.is_empty()).then_some(Self(found))
    }
}

/// How many units a policy is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// It certainly applies.
    pub eligible: u64,
    /// They receive it, or are recognised as it.
    pub receiving: u64,
    /// It certainly applies and they certainly do not receive it.
    pub missed: u64,
    /// It depends on what is missing.
    pub undetermined: u64,
    /// It is missed by one condition that could give way.
    pub near: u64,
    /// It begins to apply within the days asked for.
    pub begins: u64,
    /// It stops to apply within the days asked for.
    pub stops: u64,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.eligible = self.eligible.saturating_add(other.eligible);
        self.receiving = self.receiving.saturating_add(other.receiving);
        self.missed = self.missed.saturating_add(other.missed);
        self.undetermined = self.undetermined.saturating_add(other.undetermined);
        self.near = self.near.saturating_add(other.near);
        self.begins = self.begins.saturating_add(other.begins);
        self.stops = self.stops.saturating_add(other.stops);
    }
}

/// One unit on a list. They are ordered by need, the most pressing first, then as they stand in the population.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// The most pressing is the least, and unknown comes last.
    pub(super) rank: (bool, Reverse<Option<Number>>),
    /// The household's place in the population, from 0.
    pub source: u64,
    /// Its name.
    pub id: String,
    /// The name of its household.
    pub household: String,
    /// The district, as a value of the enum of places.
    pub district: Option<u32>,
    /// What a near miss hangs on: word, fact, reason code.
    pub hinge: Option<(u32, String)>,
    /// Whether it begins to apply, of what turns.
    pub begins: bool,
}

impl Listed {
    pub(super) fn new(need: Option<Number>, source: u64, id: &str, household: &str) -> Self {
        Self {
            rank: (need.is_none(), Reverse(need)),
            source,
            id: id.to_owned(),
            household: household.to_owned(),
            district: None,
            hinge: None,
            begins: false,
        }
    }

    /// The need, where the authors declared one and it is known.
    #[must_use]
    pub const fn need(&self) -> Option<Number> {
        self.rank.1.0
    }
}

/// The first of a list.
#[derive(Clone, Debug, Default)]
pub struct Top {
    pub(super) entries: BTreeSet<Listed>,
    /// How many there are in all.
    pub all: u64,
}

impl Top {
    /// The entries, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Listed> {
        self.entries.iter()
    }

    fn add(&mut self, entry: Listed, most: usize) {
        self.all = self.all.saturating_add(1);
        self.keep(entry, most);
    }

    pub(super) fn keep(&mut self, entry: Listed, most: usize) {
        if self.entries.len() >= most && self.entries.last().is_none_or(|last| *last < entry) {
            return;
        }
        self.entries.insert(entry);
        if self.entries.len() > most {
            self.entries.pop_last();
        }
    }
}

/// Counts and lists, of a chunk or of all.
#[derive(Clone, Debug)]
pub struct Lists {
    top: usize,
    /// How many units of each kind there are.
    pub units: BTreeMap<EntityId, u64>,
    /// By policy and district.
    pub tallies: BTreeMap<(PolicyId, Option<u32>), Tally>,
    /// Eligible and not receiving.
    pub missed: BTreeMap<PolicyId, Top>,
    /// Missed by one condition.
    pub near: BTreeMap<PolicyId, Top>,
    /// Begins or stops to apply.
    pub turns: BTreeMap<PolicyId, Top>,
}

/// What is needed to count.
pub(super) struct Counts<'c, 'a> {
    pub(super) rules: &'c Rules,
    /// The rules of the last of the days in which a verdict may turn.
    pub(super) later: Option<&'c Rules>,
    pub(super) columns: &'c Columns<'a>,
    pub(super) unit: EntityId,
    pub(super) kinds: Kinds,
    pub(super) need: Option<&'c Need>,
}

impl Lists {
    /// Nothing yet. Lists keep `top` of each policy.
    #[must_use]
    pub fn new(top: usize) -> Self {
        Self {
            top,
            units: BTreeMap::new(),
            tallies: BTreeMap::new(),
            missed: BTreeMap::new(),
            near: BTreeMap::new(),
            turns: BTreeMap::new(),
        }
    }

    /// Adds what another part of the population came to.
    pub fn merge(&mut self, other: Self) {
        for (unit, count) in other.units {
            let units = self.units.entry(unit).or_default();
            *units = units.saturating_add(count);
        }
        for (key, tally) in other.tallies {
            self.tallies.entry(key).or_default().add(tally);
        }
        for (mine, theirs) in
            [(&mut self.missed, other.missed), (&mut self.near, other.near), (&mut self.turns, other.turns)]
        {
            for (policy, top) in theirs {
                let list = mine.entry(policy).or_default();
                list.all = list.all.saturating_add(top.all);
                top.entries.into_iter().for_each(|entry| list.keep(entry, self.top));
            }
        }
    }

    /// How many entries are kept of each policy.
    #[must_use]
    pub const fn top(&self) -> usize {
        self.top
    }

    /// What a policy comes to in all districts.
    #[must_use]
    pub fn total(&self, policy: PolicyId) -> Tally {
        let mut total = Tally::default();
        self.tallies.iter().filter(|((p, _), _)| *p == policy).for_each(|(_, tally)| total.add(*tally));
        total
    }

    /// Counts and lists rows. `planes` and `details` have one row for each of `kept`, `rows` its name, household and source.
    pub(super) fn add(
        &mut self,
        of: &Counts<'_, '_>,
        kept: &[u32],
        rows: &[(&str, &str, u64)],
        planes: &Planes,
        details: &[Details],
        scratch: &mut Scratch,
    ) {
        let schema = &of.rules.model().schema;
        let units = self.units.entry(of.unit).or_default();
        *units = units.saturating_add(kept.len() as u64);
        let holds: Vec<FieldId> = ["benefits", "recognitions"]
            .iter()
            .filter_map(|name| schema.field_named(of.unit, name))
            .filter(|id| schema.field(*id).is_some_and(|f| f.ty == FieldType::Set(EnumId::POLICY)))
            .collect();
        let district = District::of(schema, of.kinds, of.unit);
        let later = of.later.map(|rules| {
            let all = 0..of.columns.units(of.unit);
            rules.verdicts_of(of.columns, of.unit, all, scratch)
        });
        for (((to, from), (id, household, source)), details) in (0u32..).zip(kept).zip(rows).zip(details) {
            let mut need: Option<Option<Number>> = None;
            let place = district.at(of.columns, *from);
            let mut entry = |hinge: Option<(u32, String)>, begins: bool| {
                let need = *need.get_or_insert_with(|| need_of(of, *from));
                Listed { district: place, hinge, begins, ..Listed::new(need, *source, id, household) }
            };
            for (at, policy) in planes.policies().iter().enumerate() {
                let verdict = planes.verdict(at, to);
                let received = received(of.columns, &holds, *from, *policy);
                let mut tally = Tally {
                    eligible: u64::from(verdict == Verdict::Eligible),
                    receiving: u64::from(received == Some(true)),
                    missed: u64::from(verdict == Verdict::Eligible && received == Some(false)),
                    undetermined: u64::from(verdict == Verdict::Undetermined),
                    ..Tally::default()
                };
                if tally.missed > 0 {
                    self.missed.entry(*policy).or_default().add(entry(None, false), self.top);
                }
                let after = later.as_ref().map(|later| {
                    let at = later.policies().iter().position(|p| p == policy);
                    at.map_or(Verdict::Ineligible, |at| later.verdict(at, *from))
                });
                match (verdict, after) {
                    (Verdict::Ineligible, Some(Verdict::Eligible)) => tally.begins = 1,
                    (Verdict::Eligible, Some(Verdict::Ineligible)) => tally.stops = 1,
                    _ => {}
                }
                if tally.begins + tally.stops > 0 {
                    self.turns.entry(*policy).or_default().add(entry(None, tally.begins > 0), self.top);
                }
                if tally != Tally::default() {
                    self.tallies.entry((*policy, place)).or_default().add(tally);
                }
            }
            for NearMiss { policy, code, hinge } in &details.near {
                // Who receives it already misses nothing.
                if received(of.columns, &holds, *from, *policy) == Some(true) {
                    continue;
                }
                let (word, fact) = super::scan::hinge(of.rules, *hinge);
                let what = if fact.is_empty() { word.to_owned() } else { format!("{word} {fact}") };
                self.near.entry(*policy).or_default().add(entry(Some((code.0, what)), false), self.top);
                self.tallies.entry((*policy, place)).or_default().add(Tally { near: 1, ..Tally::default() });
            }
        }
    }
}

/// Whether a unit receives a policy or is recognised as it; none where that is not known.
fn received(columns: &Columns<'_>, holds: &[FieldId], row: u32, policy: PolicyId) -> Option<bool> {
    let mut known = !holds.is_empty();
    for id in holds {
        match columns.set(*id, row) {
            Some((held, _, _)) if held.contains(&policy.0) => return Some(true),
            Some((_, lacks, complete)) => known &= complete || lacks.contains(&policy.0),
            // A set that the population does not have says nothing of recognitions; benefits decide.
            None => known &= columns.column(*id).is_none() && holds.first() != Some(id),
        }
    }
    known.then_some(false)
}

fn need_of(of: &Counts<'_, '_>, row: u32) -> Option<Number> {
    let need = of.need?;
    let profile = of.columns.profile(of.unit, row)?;
    need.0.iter().find_map(|(owner, id)| {
        profile.root(*owner)?;
        of.rules.derived(*id, &profile)
    })
}

/// Where the district of a unit stands: where a person lives, where a household applies; else where they are registered.
struct District {
    field: Option<FieldId>,
    /// For each value of the enum of places the district it is in.
    district: Vec<Option<u32>>,
    /// For a household without a place of its own: its applicant.
    through: Option<FieldId>,
}

impl District {
    fn of(schema: &Schema, kinds: Kinds, unit: EntityId) -> Self {
        let find = |entity: EntityId| {
            ["residence", "handling_region", "hukou", "district"].iter().find_map(|n| schema.field_named(entity, n))
        };
        let mut through = None;
        let mut field = find(unit);
        if field.is_none() && unit == kinds.household {
            let fields = schema.entity(unit).map(|e| e.fields.as_slice()).unwrap_or_default();
            through = fields.iter().copied().find(|f| {
                schema.field(*f).is_some_and(|f| f.ty == FieldType::Record(kinds.person) && f.back.is_some())
            });
            field = through.and_then(|_| find(kinds.person));
        }
        let values = field.and_then(|f| schema.field(f)).and_then(|f| match f.ty {
            FieldType::Symbol(e) => schema.enumeration(e),
            _ => None,
        });
        let values = values.map(|e| e.values.as_slice()).unwrap_or_default();
        let district = (0u32..)
            .zip(values)
            .map(|(mut at, value)| {
                let mut parent = value.parent;
                // Up to what is directly inside the first place of the tree.
                while let Some(up) = parent.filter(|up| *up != 0) {
                    at = up;
                    parent = values.get(up as usize).and_then(|v| v.parent);
                }
                parent.map(|_| at)
            })
            .collect();
        Self { field, district, through }
    }

    fn at(&self, columns: &Columns<'_>, row: u32) -> Option<u32> {
        let row = match self.through {
            Some(through) => columns.record(through, row)?,
            None => row,
        };
        let place = columns.scalar(self.field?, row)?;
        *self.district.get(usize::try_from(place).ok()?)?
    }
}
