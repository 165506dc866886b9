//! A synthetic city: households drawn from a seed, as columns.
//!
//! Every household has a sequence of its own, so the same seed gives the same city whatever is drawn at once and on however
//! many cores. What it looks like is said in [`super::people`] and [`super::marginals`]; it is synthetic, and its shares are
//! illustrative. No household contradicts what the vocabulary says always holds: a record that would is left blank.

use super::dice::Dice;
use super::marginals::{Draw, Fill, Line, RECEIPTS, Receipt, TABLE, grains};
use super::people::Home;
use crate::columns::{Owned, OwnedColumn};
use crate::engine::Rules;
use crate::error::Error;
use crate::ids::{EntityId, EnumId, FieldId};
use crate::schema::{FieldType, Schema};
use crate::verdict::from_graph::Scratch;
use crate::wire::arrow::layout::row_of;
use std::collections::BTreeSet;

/// What city to draw.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Two cities of the same seed are the same.
    pub seed: u64,
    /// How many people.
    pub people: u64,
    /// How many of a thousand facts are missing.
    pub missing: i64,
}

/// Draws a city, some households at a time.
pub struct Synth<'a> {
    rules: &'a Rules,
    options: Options,
    plan: Plan<'a>,
    /// The next household, and how many people are still to come.
    household: u64,
    left: u64,
}

/// Some households.
#[derive(Clone, Debug)]
pub struct Homes {
    /// The number of the first, from 0.
    pub first: u64,
    /// The number of the first person in it, from 0.
    pub first_person: u64,
    /// The households.
    pub homes: Vec<Home>,
}

/// Which facts of a vocabulary are filled.
struct Plan<'a> {
    schema: &'a Schema,
    home: EntityId,
    person: EntityId,
    members: FieldId,
    applicant: Option<FieldId>,
    back: Option<FieldId>,
    of_person: Vec<(FieldId, &'static Line)>,
    of_home: Vec<(FieldId, &'static Line)>,
    lists: Vec<List>,
    districts: Vec<u32>,
    receipts: Vec<(FieldId, u32, &'static Receipt)>,
}

/// A list of the household that is filled, and the facts of its entries.
struct List {
    id: FieldId,
    entity: EntityId,
    line: &'static Line,
    facts: Vec<(FieldId, &'static Line)>,
}

impl<'a> Synth<'a> {
    /// Begins a city of the vocabulary of `rules`.
    ///
    /// # Errors
    /// When the vocabulary has no household: no record with a linked list of records that policies are for.
    pub fn new(rules: &'a Rules, options: Options) -> Result<Self, Error> {
        let plan = Plan::of(&rules.model().schema).ok_or_else(|| {
            Error::profile(
                "the vocabulary has no household: a record with a linked list of people that policies are for",
            )
        })?;
        Ok(Self { rules, options, plan, household: 0, left: options.people })
    }

    /// The kind of record that a household is.
    #[must_use]
    pub const fn row(&self) -> EntityId {
        self.plan.home
    }

    /// The next households, at most `count`; none at the end.
    pub fn draw(&mut self, count: usize) -> Option<Homes> {
        let mut homes =
            Homes { first: self.household, first_person: self.options.people - self.left, homes: Vec::new() };
        while homes.homes.len() < count && self.left > 0 {
            let mut home = Home::draw(&mut Dice::new(self.options.seed, self.household.wrapping_mul(2)));
            let most = usize::try_from(self.left).unwrap_or(usize::MAX);
            home.people.truncate(most);
            self.left = self.left.saturating_sub(home.people.len() as u64);
            self.household = self.household.saturating_add(1);
            homes.homes.push(home);
        }
        (!homes.homes.is_empty()).then_some(homes)
    }

    /// Their facts.
    ///
    /// # Errors
    /// When a drawn value does not fit the vocabulary, which is a fault of this file.
    pub fn facts(&self, homes: &Homes) -> Result<Owned, Error> {
        let mut blank = BTreeSet::new();
        loop {
            let owned = self.plan.fill(homes, &self.options, self.rules.as_of().days(), &blank);
            let columns = owned.columns(self.plan.schema).map_err(|fault| Error::profile(fault.to_string()))?;
            let found = self.rules.contradictions_in(&columns, usize::MAX, &mut Scratch::default());
            let before = blank.len();
            blank.extend(found.into_iter().map(|c| (c.entity, c.row)));
            if blank.len() == before {
                drop(columns);
                return Ok(owned);
            }
        }
    }
}

impl<'a> Plan<'a> {
    fn of(schema: &'a Schema) -> Option<Self> {
        let home = row_of(schema)?;
        let fields = &schema.entity(home)?.fields;
        let list =
            |id: &&FieldId| schema.field(**id).is_some_and(|f| f.back.is_some() && matches!(f.ty, FieldType::List(_)));
        let members = *fields.iter().find(list)?;
        let FieldType::List(person) = schema.field(members)?.ty else { return None };
        let applicant = schema.field(members)?.includes.first().copied();
        let lines = |entity: EntityId, fits: fn(&Draw) -> bool| -> Vec<(FieldId, &'static Line)> {
            let lines = TABLE.iter().filter(|l| fits(&l.draw));
            lines.filter_map(|l| Some((schema.field_named(entity, l.name)?, l))).collect()
        };
        let of_home = lines(home, |d| matches!(d, Draw::Home(_)));
        let lists = of_home.iter().filter_map(|(id, line)| {
            let FieldType::List(entity) = schema.field(*id)?.ty else { return None };
            Some(List { id: *id, entity, line, facts: lines(entity, |d| matches!(d, Draw::Entry(_))) })
        });
        let receipts = RECEIPTS.iter().filter_map(|receipt| {
            let policy = schema.symbol_named(EnumId::POLICY, receipt.policy)?;
            let set = if receipt.policy.ends_with("recognition") { "recognitions" } else { "benefits" };
            // A household's benefit is written with the household, anybody else's with the person.
            let household = matches!(receipt.policy, "dibao" | "low_income_household_recognition");
            let id = schema.field_named(if household { home } else { person }, set)?;
            matches!(schema.field(id)?.ty, FieldType::Set(EnumId::POLICY)).then_some((id, policy, receipt))
        });
        Some(Self {
            schema,
            home,
            person,
            members,
            applicant,
            back: schema.field(members)?.back,
            of_person: lines(person, |d| matches!(d, Draw::Person(_))),
            lists: lists.collect(),
            of_home: of_home
                .iter()
                .filter(|(id, _)| !matches!(schema.field(*id).map(|f| f.ty), Some(FieldType::List(_))))
                .copied()
                .collect(),
            districts: districts(schema),
            receipts: receipts.collect(),
        })
    }

    fn fill(&self, homes: &Homes, options: &Options, today: i64, blank: &BTreeSet<(EntityId, u32)>) -> Owned {
        let people: usize = homes.homes.iter().map(|h| h.people.len()).sum();
        let mut owned = Owned::default();
        let mut drafts = Drafts { schema: self.schema, columns: Vec::new() };
        drafts.add(self.members, homes.homes.len());
        self.applicant.iter().for_each(|id| drafts.add(*id, homes.homes.len()));
        self.back.iter().for_each(|id| drafts.add(*id, people));
        self.of_home.iter().for_each(|(id, _)| drafts.add(*id, homes.homes.len()));
        self.of_person.iter().for_each(|(id, _)| drafts.add(*id, people));
        // Counted first, since a column is made at its full length.
        let mut counts = vec![0u32; self.lists.len()];
        let entries: Vec<Vec<Option<u32>>> = self
            .lists
            .iter()
            .zip(&mut counts)
            .map(|(list, count)| {
                let drawn = (homes.first..).zip(&homes.homes);
                drawn
                    .map(|(number, home)| {
                        let mut dice =
                            Dice::new(options.seed ^ u64::from(list.id.0), number.wrapping_mul(2).wrapping_add(1));
                        let Draw::Home(draw) = list.line.draw else { return None };
                        let Fill::Entries(n) = draw(home, today, &mut dice) else { return None };
                        if dice.chance(options.missing) {
                            return None;
                        }
                        let n = u32::try_from(n).unwrap_or(0);
                        *count = count.saturating_add(n);
                        Some(n)
                    })
                    .collect()
            })
            .collect();
        for (list, count) in self.lists.iter().zip(&counts) {
            drafts.add(list.id, homes.homes.len());
            list.facts.iter().for_each(|(id, _)| drafts.add(*id, *count as usize));
        }
        let sets: BTreeSet<FieldId> = self.receipts.iter().map(|(id, _, _)| *id).collect();
        for id in &sets {
            let of_home = self.schema.field(*id).is_some_and(|f| f.entity == self.home);
            drafts.add(*id, if of_home { homes.homes.len() } else { people });
        }
        let mut person_row = 0u32;
        let mut entry_rows = vec![0u32; self.lists.len()];
        for ((number, home), row) in (homes.first..).zip(&homes.homes).zip(0u32..) {
            let mut dice = Dice::new(options.seed, number.wrapping_mul(2).wrapping_add(1));
            let size = u32::try_from(home.people.len()).unwrap_or(0);
            drafts.column(self.members, |c| c.list(row as usize, person_row, size, true));
            self.applicant.iter().for_each(|id| drafts.column(*id, |c| c.record(row as usize, person_row)));
            let mut put = |dice: &mut Dice, id: FieldId, line: &Line, entity: EntityId, at: u32, fill: &Fill| {
                let raw = grains(self.schema, id, line, fill, &self.districts);
                // The dice fall in any case, so that a larger share of missing facts leaves the others as they were.
                let missing = dice.chance(options.missing) || blank.contains(&(entity, at));
                if let Some(raw) = raw.filter(|_| !missing) {
                    drafts.column(id, |c| c.scalar(at as usize, raw));
                }
            };
            for (id, line) in &self.of_home {
                if let Draw::Home(draw) = line.draw {
                    let fill = draw(home, today, &mut dice);
                    put(&mut dice, *id, line, self.home, row, &fill);
                }
            }
            for (at, person) in (person_row..).zip(&home.people) {
                for (id, line) in &self.of_person {
                    if let Draw::Person(draw) = line.draw {
                        let fill = draw(home, person, today, &mut dice);
                        put(&mut dice, *id, line, self.person, at, &fill);
                    }
                }
            }
            for ((list, counts), next) in self.lists.iter().zip(&entries).zip(&mut entry_rows) {
                let Some(Some(count)) = counts.get(row as usize).copied() else { continue };
                for at in *next..next.saturating_add(count) {
                    for (id, line) in &list.facts {
                        if let Draw::Entry(draw) = line.draw {
                            let fill = draw(home, today, &mut dice);
                            put(&mut dice, *id, line, list.entity, at, &fill);
                        }
                    }
                }
            }
            for ((list, counts), next) in self.lists.iter().zip(&entries).zip(&mut entry_rows) {
                if let Some(Some(count)) = counts.get(row as usize).copied() {
                    drafts.column(list.id, |c| c.list(row as usize, *next, count, true));
                    *next = next.saturating_add(count);
                }
            }
            self.receive(home, (row, person_row), &sets, options, &mut dice, &mut drafts);
            for at in person_row..person_row.saturating_add(size) {
                self.back.iter().for_each(|id| drafts.column(*id, |c| c.record(at as usize, row)));
            }
            person_row = person_row.saturating_add(size);
        }
        let rows = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        owned.table(self.home, rows(homes.homes.len()), rows(homes.homes.len()));
        owned.table(self.person, rows(people), rows(people));
        for (list, count) in self.lists.iter().zip(counts) {
            owned.table(list.entity, count, 0);
        }
        for (id, column) in drafts.columns.into_iter().enumerate() {
            if let Some(column) = column {
                owned.column(FieldId::of(id), column);
            }
        }
        owned
    }

    /// Who receives what.
    fn receive(
        &self,
        home: &Home,
        (row, first): (u32, u32),
        sets: &BTreeSet<FieldId>,
        options: &Options,
        dice: &mut Dice,
        drafts: &mut Drafts<'_>,
    ) {
        for set in sets {
            let of_home = self.schema.field(*set).is_some_and(|f| f.entity == self.home);
            let people = if of_home { home.people.get(..1) } else { Some(home.people.as_slice()) };
            let first = if of_home { row } else { first };
            for (at, person) in (first..).zip(people.unwrap_or_default()) {
                let mut known = Vec::new();
                for (_, policy, receipt) in self.receipts.iter().filter(|(id, _, _)| id == set) {
                    if (receipt.looks)(home, person) && dice.chance(receipt.permille) {
                        known.push(*policy);
                    }
                }
                let complete = !dice.chance(options.missing);
                drafts.column(*set, |c| c.set(at as usize, &known, &[], complete));
            }
        }
    }
}

/// Columns that are being filled, by fact.
struct Drafts<'s> {
    schema: &'s Schema,
    columns: Vec<Option<OwnedColumn>>,
}

impl Drafts<'_> {
    fn add(&mut self, id: FieldId, rows: usize) {
        let Some(field) = self.schema.field(id) else { return };
        if self.columns.len() <= id.index() {
            self.columns.resize_with(self.schema.fields.len(), || None);
        }
        if let Some(slot) = self.columns.get_mut(id.index()) {
            *slot = Some(OwnedColumn::unknown(field.ty, rows));
        }
    }

    fn column(&mut self, id: FieldId, give: impl FnOnce(&mut OwnedColumn)) {
        if let Some(Some(column)) = self.columns.get_mut(id.index()) {
            give(column);
        }
    }
}

/// The places that are districts: of the enum that people are registered by, what is directly inside its first value.
pub(super) fn districts(schema: &Schema) -> Vec<u32> {
    let tree = schema.fields.iter().find_map(|f| match f.ty {
        FieldType::Symbol(e) if f.name.id == "hukou" || f.name.id == "residence" => schema.enumeration(e),
        _ => None,
    });
    let Some(tree) = tree else { return Vec::new() };
    (0u32..).zip(&tree.values).filter(|(_, v)| v.parent == Some(0)).map(|(at, _)| at).collect()
}
