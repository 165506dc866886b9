//! What people act on: who is eligible and does not receive it, who misses it by one condition, whose verdict turns soon, and
//! how many there are by policy and district.
//!
//! **The order** is the authors': a derived fact named `need` of the person or the household (`define household.need "困难程度" = …`,
//! a number; more is more pressing). It is text of the policy set like any other, so it can be read, tested and replaced, and there
//! is no other score. Without one, and where it is unknown, the order is that of the population file.

use super::files::Kinds;
use crate::columns::{Columns, set_bits};
use crate::engine::{Derived, Details, Rules};
use crate::error::Error;
use crate::ids::{DefineId, EntityId, EnumId, FieldId, PolicyId};
use crate::schema::{FieldType, Schema};
use crate::value::Number;
use crate::verdict::from_graph::Scratch;
use crate::verdict::rows::Planes;
use crate::why::codes::NearMiss;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};
use std::sync::Arc;

/// The derived facts that order lists: those named `need`; none where there is none.
///
/// # Errors
/// When they would pass a limit on their own.
pub(super) fn need(rules: &Rules) -> Result<Option<Derived>, Error> {
    let named = (0..).map(DefineId).zip(&rules.model().defines).filter(|(_, d)| d.name.id == "need");
    let found: Vec<DefineId> = named.map(|(id, _)| id).collect();
    if found.is_empty() { Ok(None) } else { rules.derive(&found).map(Some) }
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
    /// Its name; shared, since one unit is on many lists.
    pub id: Arc<str>,
    /// The name of its household.
    pub household: Arc<str>,
    /// The district, as a value of the enum of places.
    pub district: Option<u32>,
    /// What a near miss hangs on: word, fact, reason code.
    pub hinge: Option<(u32, Arc<str>)>,
    /// Whether it begins to apply, of what turns.
    pub begins: bool,
}

impl Listed {
    pub(super) fn new(need: Option<Number>, source: u64, (id, household): (Arc<str>, Arc<str>)) -> Self {
        Self {
            rank: (need.is_none(), Reverse(need)),
            source,
            id,
            household,
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
    pub(super) need: Option<&'c Derived>,
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
        (scratch, needs): (&mut Scratch, &mut Scratch),
    ) {
        let schema = &of.rules.model().schema;
        let units = self.units.entry(of.unit).or_default();
        *units = units.saturating_add(kept.len() as u64);
        let district = District::of(schema, of.kinds, of.unit);
        let places: Vec<Option<u32>> = kept.iter().map(|row| district.at(of.columns, *row)).collect();
        let mut masks: BTreeMap<Option<u32>, Vec<u64>> = BTreeMap::new();
        for (at, place) in places.iter().enumerate() {
            mark(masks.entry(*place).or_insert_with(|| vec![0; kept.len().div_ceil(64)]), at);
        }
        let received = Received::of(of, kept, planes.policies());
        let later = of.later.map(|rules| {
            let all = 0..of.columns.units(of.unit);
            rules.verdicts_of(of.columns, of.unit, all, scratch).only(kept)
        });
        // What the entries of a row share, made for the first of them.
        let mut shared: Vec<Option<Listed>> = vec![None; kept.len()];
        let mut entry = |to: usize, hinge: Option<(u32, Arc<str>)>, begins: bool| {
            let (row, (id, household, source)) = (kept.get(to)?, rows.get(to)?);
            let listed = shared.get_mut(to)?.get_or_insert_with(|| {
                let need = of.need.and_then(|need| need.of_row(of.columns, of.unit, *row, needs));
                let district = places.get(to).copied().flatten();
                Listed { district, ..Listed::new(need, *source, (Arc::from(*id), Arc::from(*household))) }
            });
            Some(Listed { hinge, begins, ..listed.clone() })
        };
        let mut hinges: BTreeMap<(&str, &str), Arc<str>> = BTreeMap::new();
        for (at, policy) in planes.policies().iter().enumerate() {
            let (certain, possible) = planes.plane(at);
            let (yes, no) = received.of_policy(at);
            let missed: Vec<u64> = certain.iter().zip(&no).map(|(certain, no)| certain & no).collect();
            let listed = set_bits(missed.iter().copied()).filter_map(|to| entry(to, None, false));
            fill(self.missed.entry(*policy), listed, self.top);
            let (mut begins, mut stops) = (Vec::new(), Vec::new());
            if let Some(later) = &later {
                let at = later.policies().iter().position(|p| p == policy);
                let (then, then_possible) = at.map_or((&[][..], &[][..]), |at| later.plane(at));
                let word = |words: &[u64], at: usize| words.get(at).copied().unwrap_or(0);
                let here = || certain.iter().zip(possible).enumerate();
                begins = here().map(|(at, (_, possible))| !possible & word(then, at)).collect();
                stops = here().map(|(at, (certain, _))| certain & !word(then_possible, at)).collect();
                let turns: Vec<u64> = begins.iter().zip(&stops).map(|(begins, stops)| begins | stops).collect();
                let begun = |to: usize| begins.get(to / 64).is_some_and(|word| word >> (to % 64) & 1 == 1);
                let listed = set_bits(turns.iter().copied()).filter_map(|to| entry(to, None, begun(to)));
                fill(self.turns.entry(*policy), listed, self.top);
            }
            let undetermined: Vec<u64> =
                certain.iter().zip(possible).map(|(certain, possible)| possible & !certain).collect();
            // Most policies are about few units, so most of these are empty.
            let some = [certain, yes, &missed, &undetermined, &begins, &stops]
                .map(|words| if words.iter().all(|word| *word == 0) { &[][..] } else { words });
            for (place, mask) in &masks {
                let [eligible, receiving, missed, undetermined, begins, stops] =
                    some.map(|words| words.iter().zip(mask).map(|(w, m)| u64::from((w & m).count_ones())).sum::<u64>());
                let tally = Tally { eligible, receiving, missed, undetermined, near: 0, begins, stops };
                if tally != Tally::default() {
                    self.tallies.entry((*policy, *place)).or_default().add(tally);
                }
            }
        }
        for (to, details) in details.iter().enumerate() {
            for NearMiss { policy, code, hinge } in &details.near {
                // Who receives it already misses nothing.
                if received.is(*policy, to) {
                    continue;
                }
                let (word, fact) = super::scan::hinge(of.rules, *hinge);
                let what = hinges.entry((word, fact)).or_insert_with(|| {
                    if fact.is_empty() { Arc::from(word) } else { Arc::from(format!("{word} {fact}")) }
                });
                fill(self.near.entry(*policy), entry(to, Some((code.0, Arc::clone(what))), false), self.top);
                let place = places.get(to).copied().flatten();
                self.tallies.entry((*policy, place)).or_default().add(Tally { near: 1, ..Tally::default() });
            }
        }
    }
}

fn mark(words: &mut [u64], at: usize) {
    words.get_mut(at / 64).into_iter().for_each(|word| *word |= 1 << (at % 64));
}

/// Adds to a list, which is there only once there is something in it.
fn fill(list: Entry<'_, PolicyId, Top>, entries: impl IntoIterator<Item = Listed>, most: usize) {
    let mut entries = entries.into_iter().peekable();
    if entries.peek().is_some() {
        let list = list.or_default();
        entries.for_each(|entry| list.add(entry, most));
    }
}

/// Which units receive a policy or are recognised as it, and which certainly do not.
struct Received {
    /// By id of a policy: its place among those that are counted.
    at: BTreeMap<PolicyId, usize>,
    yes: Vec<Vec<u64>>,
    /// Units of which everything is known that they receive.
    whole: Vec<u64>,
    /// Of the others, those of which it is known that they do not receive a policy.
    no: BTreeMap<usize, Vec<u64>>,
}

impl Received {
    fn of(of: &Counts<'_, '_>, kept: &[u32], policies: &[PolicyId]) -> Self {
        let schema = &of.rules.model().schema;
        let holds: Vec<FieldId> = ["benefits", "recognitions"]
            .iter()
            .filter_map(|name| schema.field_named(of.unit, name))
            .filter(|id| schema.field(*id).is_some_and(|f| f.ty == FieldType::Set(EnumId::POLICY)))
            .collect();
        let none = || vec![0; kept.len().div_ceil(64)];
        let at: BTreeMap<PolicyId, usize> = policies.iter().enumerate().map(|(at, policy)| (*policy, at)).collect();
        let mut all = Self { at, yes: policies.iter().map(|_| none()).collect(), whole: none(), no: BTreeMap::new() };
        for (to, row) in kept.iter().enumerate() {
            let mut whole = !holds.is_empty();
            let mut lacks: Option<Vec<u32>> = None;
            for id in &holds {
                match of.columns.set(*id, *row) {
                    Some((held, lacked, complete)) => {
                        for place in held.iter().filter_map(|symbol| all.at.get(&PolicyId(*symbol))) {
                            all.yes.get_mut(*place).into_iter().for_each(|words| mark(words, to));
                        }
                        if !complete {
                            whole = false;
                            let both = |symbol: &u32| lacks.as_ref().is_none_or(|l| l.contains(symbol));
                            lacks = Some(lacked.iter().copied().filter(both).collect());
                        }
                    }
                    // A set that the population does not have says nothing of recognitions; benefits decide.
                    None if of.columns.column(*id).is_none() && holds.first() != Some(id) => {}
                    None => (whole, lacks) = (false, Some(Vec::new())),
                }
            }
            if whole {
                mark(&mut all.whole, to);
            }
            for place in lacks.iter().flatten().filter_map(|symbol| all.at.get(&PolicyId(*symbol))) {
                mark(all.no.entry(*place).or_insert_with(none), to);
            }
        }
        all
    }

    /// Who receives a policy, by its place, and who certainly does not.
    fn of_policy(&self, at: usize) -> (&[u64], Vec<u64>) {
        let yes = self.yes.get(at).map_or(&[][..], Vec::as_slice);
        let mut no = self.whole.clone();
        if let Some(also) = self.no.get(&at) {
            no.iter_mut().zip(also).for_each(|(no, also)| *no |= also);
        }
        no.iter_mut().zip(yes).for_each(|(no, yes)| *no &= !yes);
        (yes, no)
    }

    fn is(&self, policy: PolicyId, to: usize) -> bool {
        let words = self.at.get(&policy).and_then(|at| self.yes.get(*at));
        words.and_then(|words| words.get(to / 64)).is_some_and(|word| word >> (to % 64) & 1 == 1)
    }
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
