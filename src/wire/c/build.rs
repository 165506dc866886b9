//! A profile built fact by fact. The same checks as for a profile in JSON, with the same words; no value is repeated in them.

use super::list::decimals;
use super::snapshot::{Shared, Snapshot};
use super::status::Failure;
use crate::engine::Rules;
use crate::ids::{EntityId, FieldId};
use crate::profile::{Profile, RecordIx, Slot};
use crate::schema::{Field, FieldType};
use crate::value::{Counted, Unit};
use crate::wire::json::profile::RECORDS;
use std::sync::atomic::{AtomicBool, Ordering};

/// `entitle_profile`
pub(super) struct Draft {
    pub(super) snapshot: Shared,
    profile: Profile,
    /// Whether the lists were looked at since a record, a list or a root changed last. Atomic, because many threads may match
    /// one profile; two that look at once find the same.
    checked: AtomicBool,
}

impl Draft {
    pub(super) fn new(snapshot: Shared, profile: Profile) -> Self {
        Self { snapshot, profile, checked: AtomicBool::new(false) }
    }

    pub(super) fn clear(&mut self) {
        self.profile = Profile::new();
    }

    /// The profile, once its lists are known to be whole.
    pub(super) fn finished(&self) -> Result<&Profile, Failure> {
        if !self.checked.load(Ordering::Relaxed) {
            self.check_lists()?;
            self.checked.store(true, Ordering::Relaxed);
        }
        Ok(&self.profile)
    }

    /// A complete list of members holds the applicant, as in `wire::json::profile`.
    fn check_lists(&self) -> Result<(), Failure> {
        let schema = self.snapshot.schema();
        for ix in (0..self.profile.len()).filter_map(|i| u32::try_from(i).ok()).map(RecordIx) {
            let Some(record) = self.profile.record(ix) else { continue };
            let fields = schema.entity(record.entity).map(|e| e.fields.as_slice()).unwrap_or_default();
            for (id, slot) in fields.iter().zip(&record.slots) {
                let (Some(field), Slot::List { items, complete: true }) = (schema.field(*id), slot) else { continue };
                for beside in &field.includes {
                    let (_, one, at) = self.snapshot.field(self.snapshot.id_of_field(*beside))?;
                    let held = matches!(record.slots.get(at), Some(Slot::Record(one)) if items.contains(one));
                    if !held {
                        return Err(Failure::profile(format!(
                            "{}: the list is complete and does not hold the {}, who is one of it (add that record to the \
                             list, or say that it is not complete)",
                            field.name.id, one.name.id
                        )));
                    }
                }
            }
        }
        Ok(())
    }

    fn record(&self, record: u32) -> Result<RecordIx, Failure> {
        let ix = RecordIx(record);
        let known = self.profile.record(ix).is_some();
        known.then_some(ix).ok_or_else(|| Failure::argument(format!("the profile has no record {record}")))
    }

    /// The record, the fact and its place, once they fit each other.
    fn place(&self, record: u32, field: u64) -> Result<(RecordIx, FieldId, &Field, usize), Failure> {
        let (id, fact, at) = self.snapshot.field(field)?;
        let ix = RecordIx(record);
        match self.profile.record(ix).map(|r| r.entity) {
            Some(entity) if entity == fact.entity => Ok((ix, id, fact, at)),
            Some(_) => Err(Failure::argument(format!("{}: not a fact of that record", fact.name.id))),
            None => Err(Failure::argument(format!("the profile has no record {record}"))),
        }
    }

    fn add(&mut self, kind: EntityId) -> Result<RecordIx, Failure> {
        if self.profile.len() >= RECORDS {
            return Err(Failure::limit(format!("a profile has at most {RECORDS} records")));
        }
        *self.checked.get_mut() = false;
        Ok(self.profile.add(self.snapshot.schema(), kind))
    }

    /// The root of a kind, made where there is none, and linked with the other roots: the applicant with the household.
    pub(super) fn root(&mut self, kind: u64) -> Result<u32, Failure> {
        let (id, entity) = self.snapshot.kind(kind)?;
        if let Some(root) = self.profile.root(id) {
            return Ok(root.0);
        }
        if !self.snapshot.schema().is_root(id) {
            return Err(Failure::argument(format!("{}: a profile does not begin with it", entity.name.id)));
        }
        let root = self.add(id)?;
        self.profile.set_root(root);
        let shared = Shared::clone(&self.snapshot);
        let schema = shared.schema();
        for (at, field) in schema.fields.iter().enumerate() {
            let (FieldType::Record(to), Some(_)) = (field.ty, field.back) else { continue };
            let (Some(from), Some(target)) = (self.profile.root(field.entity), self.profile.root(to)) else { continue };
            if from != target && (from == root || target == root) {
                self.profile.link(schema, from, FieldId::of(at), Slot::Record(target));
            }
        }
        Ok(root.0)
    }

    /// Puts another record in the seat of its kind.
    pub(super) fn seat(&mut self, record: u32) -> Result<(), Failure> {
        let ix = self.record(record)?;
        self.profile.set_root(ix);
        Ok(())
    }

    /// With every record that policies look at.
    pub(super) fn open(&mut self, rules: &Rules) -> Result<(), Failure> {
        let opened = rules.opened(&self.profile);
        if opened.len() > RECORDS {
            return Err(Failure::limit(format!("a profile has at most {RECORDS} records")));
        }
        self.profile = opened;
        *self.checked.get_mut() = false;
        Ok(())
    }

    pub(super) fn yes_no(&mut self, record: u32, field: u64, value: bool) -> Result<(), Failure> {
        let (ix, _, fact, at) = self.place(record, field)?;
        expect(fact, fact.ty == FieldType::YesNo, "yes or no")?;
        self.profile.set(ix, at, Slot::Scalar(i64::from(value)));
        Ok(())
    }

    pub(super) fn date(&mut self, record: u32, field: u64, days: i32) -> Result<(), Failure> {
        let (ix, _, fact, at) = self.place(record, field)?;
        expect(fact, fact.ty == FieldType::Date, "a date")?;
        let raw = within(fact, i64::from(days))?;
        self.profile.set(ix, at, Slot::Scalar(raw));
        Ok(())
    }

    /// `digits` with the last `scale` of them behind the point.
    pub(super) fn number(&mut self, record: u32, field: u64, digits: i64, scale: u32) -> Result<(), Failure> {
        let (ix, _, fact, at) = self.place(record, field)?;
        let FieldType::Quantity(unit) = fact.ty else { return Err(wrong(fact, "a number")) };
        let raw = within(fact, grains(fact, unit, digits, scale)?)?;
        self.profile.set(ix, at, Slot::Scalar(raw));
        Ok(())
    }

    pub(super) fn value(&mut self, record: u32, field: u64, value: u64) -> Result<(), Failure> {
        let (ix, _, fact, at) = self.place(record, field)?;
        let FieldType::Symbol(e) = fact.ty else { return Err(wrong(fact, "one value of an enum")) };
        let raw = within(fact, i64::from(self.snapshot.value(e, value)?))?;
        self.profile.set(ix, at, Slot::Scalar(raw));
        Ok(())
    }

    pub(super) fn set(
        &mut self,
        record: u32,
        field: u64,
        known: &[u64],
        not: &[u64],
        complete: bool,
    ) -> Result<(), Failure> {
        let (ix, _, fact, at) = self.place(record, field)?;
        let FieldType::Set(e) = fact.ty else { return Err(wrong(fact, "a set of values")) };
        let read = |ids: &[u64]| -> Result<Vec<u32>, Failure> {
            let mut all = ids.iter().map(|id| self.snapshot.value(e, *id)).collect::<Result<Vec<u32>, Failure>>()?;
            all.sort_unstable();
            all.dedup();
            Ok(all)
        };
        let (known, not) = (read(known)?, read(not)?);
        if known.iter().any(|k| not.binary_search(k).is_ok()) {
            return Err(Failure::profile(format!("{}: a value is both in the set and not in it", fact.name.id)));
        }
        self.profile.set(ix, at, Slot::Set { known, not, complete });
        Ok(())
    }

    /// The record in a fact, made where there is none.
    pub(super) fn inner(&mut self, record: u32, field: u64) -> Result<u32, Failure> {
        let (ix, id, fact, at) = self.place(record, field)?;
        let FieldType::Record(kind) = fact.ty else { return Err(wrong(fact, "a record")) };
        if let Slot::Record(inner) = self.profile.slot(ix, at) {
            return Ok(inner.0);
        }
        let inner = self.add(kind)?;
        let shared = Shared::clone(&self.snapshot);
        let schema = shared.schema();
        self.profile.link(schema, ix, id, Slot::Record(inner));
        // A household given as the applicant's home is the household that policies are matched against.
        let from = self.profile.record(ix).map(|r| r.entity);
        let of_root = from.and_then(|e| self.profile.root(e)) == Some(ix);
        if of_root && schema.is_root(kind) && self.profile.root(kind).is_none() {
            self.profile.set_root(inner);
        }
        Ok(inner.0)
    }

    /// Another entry of a list; the list is not complete until [`Draft::list`] says so.
    pub(super) fn entry(&mut self, record: u32, field: u64) -> Result<u32, Failure> {
        let (ix, id, fact, at) = self.place(record, field)?;
        let FieldType::List(kind) = fact.ty else { return Err(wrong(fact, "a list")) };
        let (mut items, complete) = items(self.profile.slot(ix, at));
        room(fact, items.len())?;
        let entry = self.add(kind)?;
        items.push(entry);
        let shared = Shared::clone(&self.snapshot);
        self.profile.link(shared.schema(), ix, id, Slot::List { items, complete });
        Ok(entry.0)
    }

    /// A record of the profile as another entry of a list: the applicant among the members.
    pub(super) fn include(&mut self, record: u32, field: u64, entry: u32) -> Result<(), Failure> {
        let (ix, id, fact, at) = self.place(record, field)?;
        let FieldType::List(kind) = fact.ty else { return Err(wrong(fact, "a list")) };
        let one = self.record(entry)?;
        if self.profile.record(one).map(|r| r.entity) != Some(kind) {
            return Err(Failure::argument(format!("{}: the record is of another kind than the list", fact.name.id)));
        }
        // As in JSON, where only a name of a record beside the list can stand for one that is given elsewhere.
        let beside = fact.includes.iter().any(|f| {
            let at = self.snapshot.field(self.snapshot.id_of_field(*f)).map(|(_, _, at)| at);
            at.is_ok_and(|at| *self.profile.slot(ix, at) == Slot::Record(one))
        });
        if !beside {
            return Err(Failure::argument(format!(
                "{}: only a record beside the list, as the applicant beside the members, can be an entry of it too",
                fact.name.id
            )));
        }
        let (mut items, complete) = items(self.profile.slot(ix, at));
        if items.contains(&one) {
            return Ok(());
        }
        room(fact, items.len())?;
        items.push(one);
        *self.checked.get_mut() = false;
        let shared = Shared::clone(&self.snapshot);
        self.profile.link(shared.schema(), ix, id, Slot::List { items, complete });
        Ok(())
    }

    /// Says whether a list has all its entries; one that has none is then empty.
    pub(super) fn list(&mut self, record: u32, field: u64, complete: bool) -> Result<(), Failure> {
        let (ix, id, fact, at) = self.place(record, field)?;
        if !matches!(fact.ty, FieldType::List(_)) {
            return Err(wrong(fact, "a list"));
        }
        let (items, _) = items(self.profile.slot(ix, at));
        *self.checked.get_mut() = false;
        let shared = Shared::clone(&self.snapshot);
        self.profile.link(shared.schema(), ix, id, Slot::List { items, complete });
        Ok(())
    }

    /// Makes a fact unknown again.
    pub(super) fn forget(&mut self, record: u32, field: u64) -> Result<(), Failure> {
        let (ix, _, fact, at) = self.place(record, field)?;
        if matches!(fact.ty, FieldType::Record(_) | FieldType::List(_)) {
            return Err(Failure::argument(format!(
                "{}: records and lists stay once they are there; clear the profile and begin anew",
                fact.name.id
            )));
        }
        self.profile.set(ix, at, Slot::Unknown);
        Ok(())
    }
}

fn items(slot: &Slot) -> (Vec<RecordIx>, bool) {
    match slot {
        Slot::List { items, complete } => (items.clone(), *complete),
        _ => (Vec::new(), false),
    }
}

fn room(fact: &Field, entries: usize) -> Result<(), Failure> {
    if entries < fact.up_to as usize {
        return Ok(());
    }
    Err(Failure::profile(format!(
        "{}: at most {} entries (the vocabulary says `up to` how many)",
        fact.name.id, fact.up_to
    )))
}

fn wrong(fact: &Field, given: &str) -> Failure {
    let takes = match fact.ty {
        FieldType::YesNo => "yes or no",
        FieldType::Date => "a date",
        FieldType::Quantity(_) => "a number",
        FieldType::Symbol(_) => "one value of an enum",
        FieldType::Set(_) => "a set of values",
        FieldType::Record(_) => "a record",
        FieldType::List(_) => "a list",
    };
    Failure::argument(format!("{}: this fact is {takes}, not {given}", fact.name.id))
}

fn expect(fact: &Field, fits: bool, given: &str) -> Result<(), Failure> {
    if fits { Ok(()) } else { Err(wrong(fact, given)) }
}

fn within(fact: &Field, raw: i64) -> Result<i64, Failure> {
    if (fact.range.0..=fact.range.1).contains(&raw) {
        return Ok(raw);
    }
    Err(Failure::profile(format!("{}: outside the bounds of this fact", fact.name.id)))
}

/// A decimal in the grains of its fact; finer than these is an error, never rounded.
fn grains(fact: &Field, unit: Unit, digits: i64, scale: u32) -> Result<i64, Failure> {
    let finer = || {
        let what = if unit.yuan != 0 { "money has at most two decimals" } else { "finer than this fact is kept" };
        Failure::profile(format!("{}: {what}", fact.name.id))
    };
    let kept = decimals(unit);
    debug_assert!(unit.counted != Counted::Percent || kept == 2);
    if scale > 18 {
        return if digits == 0 { Ok(0) } else { Err(finer()) };
    }
    let raw = if scale <= kept {
        10i64.checked_pow(kept - scale).and_then(|factor| digits.checked_mul(factor))
    } else {
        let factor = 10i64.checked_pow(scale - kept).unwrap_or(i64::MAX);
        if digits.checked_rem(factor) != Some(0) {
            return Err(finer());
        }
        digits.checked_div(factor)
    };
    raw.ok_or_else(|| Failure::profile(format!("{}: too large", fact.name.id)))
}

impl Snapshot {
    /// Reads a profile as a draft, which later calls may add to.
    pub(super) fn draft(self: &Shared, profile: Profile) -> Draft {
        Draft::new(Shared::clone(self), profile)
    }
}
