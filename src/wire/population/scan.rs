//! Every unit of a population against every policy.
//!
//! Chunks are read in order, matched on every core, and written in the order they were read. Of each kind of record that
//! policies are for there is one result file: a row a unit with `id`, `household`, `source_row` (the household's place in the
//! population, from 0), a nullable `Boolean` a policy (true: eligible; false: ineligible; null: undetermined), `amounts`, and,
//! where they are asked for, `reasons` and `near`. Nothing is lost: households in are households out plus rejects, and that is asserted.

use super::files::{Chunk, Kinds, Prepared, Reject, Source};
use super::lists::{Counts, Lists, need};
use crate::columns::set_bits;
use crate::engine::{Depth, Derived, Details, Rules};
use crate::error::Error;
use crate::ids::{EntityId, PolicyId};
use crate::schema::Schema;
use crate::value::{Language, Number};
use crate::verdict::from_graph::Scratch;
use crate::verdict::rows::{Marks, Planes};
use crate::why::codes::Hinge;
use crate::wire::arrow::write::verdict;
use arrow_array::builder::{
    Decimal128Builder, ListBuilder, StringBuilder, StringDictionaryBuilder, StructBuilder, UInt8Builder, UInt32Builder,
};
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, RecordBatch, StringArray, UInt64Array};
use arrow_schema::{DataType, Field, Fields};
use rayon::prelude::*;
use std::sync::{Arc, Mutex};

/// How a scan is done.
#[derive(Clone, Debug)]
pub struct Options {
    /// The column that names records.
    pub id: String,
    /// Whether verdicts that Kleene logic leaves open are settled by the exact search.
    pub exact: bool,
    /// What is said of each unit beside its verdicts.
    pub depth: Depth,
    /// How many entries a list keeps of each policy.
    pub top: usize,
    /// How many rejects are too many.
    pub most_rejects: u64,
    /// Households passed over at the beginning, which an earlier run has done.
    pub skip: u64,
}

/// What a scan is over.
pub struct Scan<'r> {
    rules: &'r Rules,
    later: Option<&'r Rules>,
    kinds: Kinds,
    units: Vec<EntityId>,
    options: Options,
    need: Option<Derived>,
    /// Memory that no core is using.
    spare: Mutex<Vec<(Scratch, Scratch)>>,
}

/// The results of one chunk.
pub struct Found {
    /// For each kind of unit, in the order of [`Scan::units`], its rows.
    pub batches: Vec<RecordBatch>,
    /// Households that were left out.
    pub rejects: Vec<Reject>,
    /// What is counted and listed.
    pub lists: Lists,
    /// Columns that the vocabulary does not have.
    pub ignored: Vec<String>,
    /// How many households were read.
    pub households: u64,
    /// How many households of the file are behind it.
    pub end: u64,
    /// How many of them were matched.
    pub matched: u64,
}

impl<'r> Scan<'r> {
    /// Prepares a scan.
    ///
    /// # Errors
    /// When no policy is for a record that a population file holds.
    pub fn new(rules: &'r Rules, options: Options) -> Result<Self, Error> {
        let schema = &rules.model().schema;
        let kinds =
            Kinds::of(schema).ok_or_else(|| Error::profile("the vocabulary has no record that policies are for"))?;
        let mut units = vec![kinds.person, kinds.household];
        units.dedup();
        units.retain(|unit| !rules.policies_for(*unit).is_empty());
        if units.is_empty() {
            return Err(Error::profile("no policy in force on that day is for a record that a population file holds"));
        }
        let need = need(rules)?;
        Ok(Self { rules, later: None, kinds, units, options, need, spare: Mutex::default() })
    }

    /// Also finds whose verdicts turn by the day of `later`.
    #[must_use]
    pub const fn until(mut self, later: &'r Rules) -> Self {
        self.later = Some(later);
        self
    }

    /// The kinds of record that are matched, the people first.
    #[must_use]
    pub fn units(&self) -> &[EntityId] {
        &self.units
    }

    /// The columns of a result.
    ///
    /// # Errors
    /// Never in practice.
    pub fn result_schema(&self, unit: EntityId) -> Result<Arc<arrow_schema::Schema>, Error> {
        let planes = Planes::new(self.rules.policies_for(unit), 0..0);
        self.batch(&planes, &[], &[], &[], &[]).map(|b| b.schema())
    }

    /// Reads, matches and hands over chunk by chunk, in order, until the end, until `go_on` says no, or until there are too many
    /// rejects. Returns how many households of the file are behind it, and whether that is all of them.
    ///
    /// # Errors
    /// When the file cannot be read, `take` fails, or there are too many rejects.
    pub fn run(
        &self,
        source: &mut Source,
        go_on: &(dyn Fn() -> bool + Sync),
        take: &mut (dyn FnMut(Found, &Source) -> Result<(), Error> + Send),
    ) -> Result<(u64, bool), Error> {
        let at_once = rayon::current_num_threads().saturating_mul(2).max(2);
        let mut rejects = 0u64;
        // Some chunks, and where the ones end that were passed over before them.
        let next = |source: &mut Source| {
            let (mut chunks, mut passed) = (Vec::new(), 0);
            while chunks.len() < at_once && go_on() {
                let Some(chunk) = source.next_chunk()? else { break };
                let after = chunk.first.saturating_add(u64::from(chunk.rows));
                if after <= self.options.skip {
                    passed = after;
                    continue;
                }
                chunks.push(chunk);
            }
            Ok::<_, Error>((chunks, passed))
        };
        let (mut chunks, mut done) = next(source)?;
        let mut found: Vec<Result<Found, Error>> = Vec::new();
        let mut stopped = false;
        while !chunks.is_empty() || !found.is_empty() {
            // Every core matches some chunks; one of them first hands over what was found in the ones before, and reads the ones after.
            let before = || {
                let taken = found.into_iter().try_for_each(|found| {
                    let found = found?;
                    rejects = rejects.saturating_add(found.rejects.len() as u64);
                    done = found.end;
                    take(found, source)?;
                    if rejects > self.options.most_rejects {
                        return Err(Error::profile(format!(
                            "{rejects} households were left out, more than {}; see the reject file",
                            self.options.most_rejects
                        )));
                    }
                    Ok(())
                });
                let following = if taken.is_ok() && !stopped { next(source) } else { Ok((Vec::new(), 0)) };
                (taken, following)
            };
            let (matched, (taken, following)) = rayon::join(|| self.chunks(&chunks, go_on), before);
            taken?;
            found = matched;
            stopped |= found.len() < chunks.len();
            chunks = if stopped { Vec::new() } else { following?.0 };
        }
        Ok((done, !stopped && go_on()))
    }

    /// What is found in some chunks, on every core; once it is to stop, in the first of them only.
    fn chunks(&self, chunks: &[Chunk], go_on: &(dyn Fn() -> bool + Sync)) -> Vec<Result<Found, Error>> {
        // What was not begun is left for another run.
        let begun = |chunk: &Chunk| {
            go_on().then(|| {
                let spare = self.spare.lock().ok().and_then(|mut spare| spare.pop());
                let (mut scratch, mut needs) = spare.unwrap_or_default();
                let found = self.chunk(chunk, (&mut scratch, &mut needs))?;
                assert_whole(chunk, &found)?;
                if let Ok(mut spare) = self.spare.lock() {
                    spare.push((scratch, needs));
                }
                Ok(found)
            })
        };
        let found: Vec<Option<Result<Found, Error>>> = chunks.par_iter().map(begun).collect();
        found.into_iter().map_while(|found| found).collect()
    }

    /// One chunk. The second memory is for what lists are ordered by.
    ///
    /// # Errors
    /// When a column as a whole does not fit the vocabulary.
    pub fn chunk(&self, chunk: &Chunk, (scratch, needs): (&mut Scratch, &mut Scratch)) -> Result<Found, Error> {
        let schema = &self.rules.model().schema;
        let prepared = chunk.prepare(schema, self.kinds, &self.options.id)?;
        let wrong = |f: crate::columns::Fault| Error::profile(f.to_string());
        let columns = prepared.columns(schema).map_err(wrong)?;
        let homes = home_of(&columns, schema, self.kinds);
        // Who contradicts what always holds is left out with the whole household.
        let mut out: Vec<Option<String>> = vec![None; prepared.households.len()];
        for found in self.rules.contradictions_in(&columns, usize::MAX, scratch) {
            let row = household_of(&columns, (self.kinds, &homes), found.entity, found.row, 4);
            if let Some(slot) = row.and_then(|r| out.get_mut(r as usize)) {
                slot.get_or_insert(found.label);
            }
        }
        let mut rejects = prepared.rejects.clone();
        for (reason, household) in out.iter().zip(&prepared.households) {
            if let Some(label) = reason {
                rejects.push(Reject {
                    household: *household,
                    line: household.saturating_add(1),
                    reason: format!("it contradicts what always holds: {label}"),
                });
            }
        }
        rejects.sort_by_key(|r| r.household);
        let mut lists = Lists::new(self.options.top);
        let mut batches = Vec::new();
        for unit in &self.units {
            batches.push(self.unit(*unit, &columns, &prepared, (&homes, &out), &mut lists, (scratch, needs))?);
        }
        let matched = out.iter().filter(|o| o.is_none()).count() as u64;
        let ignored = prepared.ignored.clone();
        Ok(Found {
            batches,
            rejects,
            lists,
            ignored,
            households: u64::from(chunk.rows),
            end: chunk.first.saturating_add(u64::from(chunk.rows)),
            matched,
        })
    }

    fn unit(
        &self,
        unit: EntityId,
        columns: &crate::columns::Columns<'_>,
        prepared: &Prepared,
        (homes, out): (&[Option<u32>], &[Option<String>]),
        lists: &mut Lists,
        (scratch, needs): (&mut Scratch, &mut Scratch),
    ) -> Result<RecordBatch, Error> {
        let of_person = unit == self.kinds.person && self.kinds.person != self.kinds.household;
        let home = |row: u32| if of_person { homes.get(row as usize).copied().flatten() } else { Some(row) };
        let units = columns.units(unit);
        let (mut planes, near) = if matches!(self.options.depth, Depth::Near { .. }) {
            let (planes, near) = self.rules.verdicts_and_near(columns, unit, 0..units, scratch);
            (planes, Some(near))
        } else {
            (self.rules.verdicts_of(columns, unit, 0..units, scratch), None)
        };
        let kept: Vec<u32> = (0..units)
            .filter(|row| home(*row).is_none_or(|h| out.get(h as usize).is_none_or(Option::is_none)))
            .collect();
        if self.options.exact {
            for row in &kept {
                self.rules.settle_row(columns, unit, *row, &mut planes, scratch);
            }
        }
        let details = self.details(columns, unit, &kept, (&planes, near.as_ref()), scratch);
        let names = if of_person { &prepared.people } else { &prepared.names };
        let name = |row: u32| names.get(row as usize).map_or("", String::as_str);
        let household = |row: u32| home(row).and_then(|h| prepared.names.get(h as usize)).map_or("", String::as_str);
        let source = |row: u32| home(row).and_then(|h| prepared.households.get(h as usize)).copied().unwrap_or(0);
        // Only the rows that are kept are written.
        let planes = planes.only(&kept);
        let rows: Vec<(&str, &str, u64)> = kept.iter().map(|r| (name(*r), household(*r), source(*r))).collect();
        let need = self.need.as_ref();
        let counts = Counts { rules: self.rules, later: self.later, columns, unit, kinds: self.kinds, need };
        lists.add(&counts, &kept, &rows, &planes, &details, (scratch, needs));
        let ids: Vec<&str> = rows.iter().map(|r| r.0).collect();
        let households: Vec<&str> = rows.iter().map(|r| r.1).collect();
        let sources: Vec<u64> = rows.iter().map(|r| r.2).collect();
        self.batch(&planes, &ids, &households, &sources, &details)
    }

    /// Amounts, reasons and near misses of the rows that are kept. Asked are only the policies that a row is eligible for or may miss by
    /// one condition, which the planes tell.
    fn details(
        &self,
        columns: &crate::columns::Columns<'_>,
        unit: EntityId,
        kept: &[u32],
        (planes, near): (&Planes, Option<&Marks>),
        scratch: &mut Scratch,
    ) -> Vec<Details> {
        let policies = planes.policies();
        // Without reasons, only policies with amounts have anything to say.
        let pays = |policy: &PolicyId| {
            self.options.depth > Depth::Amounts
                || self.rules.bound().graph.entry(*policy).is_some_and(|e| !e.amounts.is_empty())
        };
        let asking: Vec<usize> = (0..).zip(policies).filter(|(_, policy)| pays(policy)).map(|(at, _)| at).collect();
        let mut all = Vec::with_capacity(kept.len());
        // The policies to ask of each of 64 rows.
        let mut asked: Vec<Vec<usize>> = vec![Vec::new(); 64];
        let mut word = usize::MAX;
        for row in kept {
            let (of, bit) = (*row as usize / 64, *row as usize % 64);
            if of != word {
                word = of;
                asked.iter_mut().for_each(Vec::clear);
                for at in &asking {
                    let word = |words: &[u64]| words.get(of).copied().unwrap_or(0);
                    let marked = word(planes.plane(*at).0) | near.map_or(0, |near| word(near.plane(*at)));
                    for bit in set_bits([marked]) {
                        asked.get_mut(bit).into_iter().for_each(|list| list.push(*at));
                    }
                }
            }
            let asked = asked.get(bit).map_or(&[][..], Vec::as_slice);
            let verdicts = asked.iter().filter_map(|at| Some((*policies.get(*at)?, planes.verdict(*at, *row))));
            all.push(self.rules.details_of(columns, unit, *row, verdicts, self.options.depth, scratch));
        }
        all
    }

    fn batch(
        &self,
        planes: &Planes,
        ids: &[&str],
        households: &[&str],
        sources: &[u64],
        details: &[Details],
    ) -> Result<RecordBatch, Error> {
        let rows = planes.rows().len();
        let mut fields = vec![
            Field::new("id", DataType::Utf8, false),
            Field::new("household", DataType::Utf8, false),
            Field::new("source_row", DataType::UInt64, false),
        ];
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from_iter_values(ids)),
            Arc::new(StringArray::from_iter_values(households)),
            Arc::new(UInt64Array::from(sources.to_vec())),
        ];
        for (at, policy) in planes.policies().iter().enumerate() {
            fields.push(Field::new(policy_name(self.rules, *policy), DataType::Boolean, true));
            columns.push(Arc::new(verdict(planes, at, rows)));
        }
        let depth = self.options.depth;
        let said = [
            Some(("amounts", amounts(self.rules, details))),
            (depth >= Depth::Reasons).then(|| ("reasons", reasons(details))),
            matches!(depth, Depth::Near { .. }).then(|| ("near", near(self.rules, details))),
        ];
        for (name, array) in said.into_iter().flatten() {
            fields.push(Field::new(name, array.data_type().clone(), false));
            columns.push(array);
        }
        RecordBatch::try_new(Arc::new(arrow_schema::Schema::new(fields)), columns)
            .map_err(|e| Error::profile(e.to_string()))
    }
}

/// Households in are households out plus rejects.
fn assert_whole(chunk: &Chunk, found: &Found) -> Result<(), Error> {
    let out = found.matched.saturating_add(found.rejects.len() as u64);
    if out == u64::from(chunk.rows) && found.households == u64::from(chunk.rows) {
        return Ok(());
    }
    Err(Error::profile(format!(
        "{} households were read and {} came out with {} rejects: this is a fault of the program",
        chunk.rows,
        found.matched,
        found.rejects.len()
    )))
}

pub(super) fn policy_name(rules: &Rules, policy: PolicyId) -> &str {
    rules.model().policies.get(policy.index()).map_or("", |p| p.name.id.as_str())
}

/// The household that a record is in, however deep. It is looked for among all that could lead to it, which only a record that
/// contradicts something costs.
fn household_of(
    columns: &crate::columns::Columns<'_>,
    (kinds, homes): (Kinds, &[Option<u32>]),
    entity: EntityId,
    row: u32,
    depth: u8,
) -> Option<u32> {
    if entity == kinds.household {
        return Some(row);
    }
    if let Some(Some(home)) = homes.get(row as usize).filter(|_| entity == kinds.person) {
        return Some(*home);
    }
    let depth = depth.checked_sub(1)?;
    let schema = columns.schema();
    for (id, field) in (0..).map(crate::ids::FieldId).zip(&schema.fields) {
        let leads = |owner: u32| match field.ty {
            crate::schema::FieldType::List(of) if of == entity => {
                columns.list(id, owner).is_some_and(|(items, _)| items.iter().any(|item| item.0 == row))
            }
            crate::schema::FieldType::Record(of) if of == entity => columns.record(id, owner) == Some(row),
            _ => false,
        };
        let found = (0..columns.rows(field.entity))
            .filter(|owner| leads(*owner))
            .find_map(|owner| household_of(columns, (kinds, homes), field.entity, owner, depth));
        if found.is_some() {
            return found;
        }
    }
    None
}

/// The row of each person's household.
fn home_of(columns: &crate::columns::Columns<'_>, schema: &Schema, kinds: Kinds) -> Vec<Option<u32>> {
    let fields = schema.entity(kinds.person).map(|e| e.fields.as_slice()).unwrap_or_default();
    let home = fields.iter().copied().find(|id| {
        schema.field(*id).is_some_and(|f| f.back.is_some() && f.ty == crate::schema::FieldType::Record(kinds.household))
    });
    (0..columns.units(kinds.person)).map(|row| columns.record(home?, row)).collect()
}

/// The decimal places of amounts: finer than a fen, for amounts by the day or hour.
const PLACES: i8 = 4;

fn amounts(rules: &Rules, details: &[Details]) -> ArrayRef {
    let decimal = DataType::Decimal128(38, PLACES);
    let text = || DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let fields: Fields = vec![
        Field::new("policy", text(), false),
        Field::new("benefit", DataType::UInt8, false),
        Field::new("amount", decimal.clone(), true),
        Field::new("unit", text(), false),
    ]
    .into();
    let entry = StructBuilder::new(
        fields.clone(),
        vec![
            Box::new(StringDictionaryBuilder::<Int32Type>::new()),
            Box::new(UInt8Builder::new()),
            Box::new(Decimal128Builder::new().with_data_type(decimal)),
            Box::new(StringDictionaryBuilder::<Int32Type>::new()),
        ],
    );
    let item = Field::new("item", DataType::Struct(fields), false);
    let mut lists = ListBuilder::new(entry).with_field(item);
    for row in details {
        for (policy, benefit, amount, unit) in &row.amounts {
            let entry = lists.values();
            if let Some(names) = entry.field_builder::<StringDictionaryBuilder<Int32Type>>(0) {
                names.append_value(policy_name(rules, *policy));
            }
            if let Some(places) = entry.field_builder::<UInt8Builder>(1) {
                places.append_value(u8::try_from(*benefit).unwrap_or(u8::MAX));
            }
            if let Some(values) = entry.field_builder::<Decimal128Builder>(2) {
                values.append_option(scaled(*amount));
            }
            if let Some(units) = entry.field_builder::<StringDictionaryBuilder<Int32Type>>(3) {
                units.append_value(unit.words(Language::En));
            }
            entry.append(true);
        }
        lists.append(true);
    }
    Arc::new(lists.finish())
}

/// An amount in ten-thousandths; none where it is finer.
pub(super) fn scaled(amount: Number) -> Option<i128> {
    let scaled = amount.multiply(Number::whole(10_000))?;
    scaled.is_whole().then(|| scaled.numerator())
}

fn reasons(details: &[Details]) -> ArrayRef {
    let item = Field::new("item", DataType::UInt32, false);
    let mut lists = ListBuilder::new(UInt32Builder::new()).with_field(item);
    for row in details {
        row.reasons.iter().for_each(|code| lists.values().append_value(code.0));
        lists.append(true);
    }
    Arc::new(lists.finish())
}

/// What a near miss hangs on, in a word, and the fact.
pub(super) fn hinge(rules: &Rules, hinge: Hinge) -> (&'static str, &str) {
    let (word, fact) = match hinge {
        Hinge::Missing(fact) => ("missing", Some(fact)),
        Hinge::Action(fact) => ("action", Some(fact)),
        Hinge::Grant(fact) => ("grant", Some(fact)),
        Hinge::Margin => ("margin", None),
    };
    let name = fact.and_then(|f| rules.model().schema.field(f)).map_or("", |f| f.name.id.as_str());
    (word, name)
}

fn near(rules: &Rules, details: &[Details]) -> ArrayRef {
    let text = || DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let fields: Fields = vec![
        Field::new("policy", text(), false),
        Field::new("reason", DataType::UInt32, false),
        Field::new("hinge", text(), false),
        Field::new("fact", DataType::Utf8, true),
    ]
    .into();
    let entry = StructBuilder::new(
        fields.clone(),
        vec![
            Box::new(StringDictionaryBuilder::<Int32Type>::new()),
            Box::new(UInt32Builder::new()),
            Box::new(StringDictionaryBuilder::<Int32Type>::new()),
            Box::new(StringBuilder::new()),
        ],
    );
    let item = Field::new("item", DataType::Struct(fields), false);
    let mut lists = ListBuilder::new(entry).with_field(item);
    for row in details {
        for miss in &row.near {
            let (word, fact) = hinge(rules, miss.hinge);
            let entry = lists.values();
            if let Some(names) = entry.field_builder::<StringDictionaryBuilder<Int32Type>>(0) {
                names.append_value(policy_name(rules, miss.policy));
            }
            if let Some(codes) = entry.field_builder::<UInt32Builder>(1) {
                codes.append_value(miss.code.0);
            }
            if let Some(words) = entry.field_builder::<StringDictionaryBuilder<Int32Type>>(2) {
                words.append_value(word);
            }
            if let Some(facts) = entry.field_builder::<StringBuilder>(3) {
                facts.append_option((!fact.is_empty()).then_some(fact));
            }
            entry.append(true);
        }
        lists.append(true);
    }
    Arc::new(lists.finish())
}
