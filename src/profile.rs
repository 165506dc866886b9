//! One household's facts. What is absent is unknown, never false, zero or empty.
//!
//! A profile is a small arena of records. Each holds a slot for every fact of its kind; a slot says what is known.
//! Links are made when the profile is built: a member's `home` is the record of the household that lists the member.

mod stored;

use crate::ids::{EntityId, FieldId};
use crate::schema::{FieldType, Schema};
use std::sync::Arc;
pub use stored::Stored;

/// The position of a record in a [`Profile`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
pub struct RecordIx(pub u32);

/// What is known of one fact of one record. `Debug` prints its kind and not its value.
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
pub enum Slot {
    /// Nothing.
    #[default]
    Unknown,
    /// A number in grains, a date in days, a value's position, or 0 and 1.
    Scalar(i64),
    /// A record.
    Record(RecordIx),
    /// Entries of a list.
    List {
        /// Those that are known.
        items: Vec<RecordIx>,
        /// Whether there are no others.
        complete: bool,
    },
    /// Members of a set, each in rising order.
    Set {
        /// Values known to be in it.
        known: Vec<u32>,
        /// Values known not to be in it.
        not: Vec<u32>,
        /// Whether nothing but `known` is in it.
        complete: bool,
    },
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unknown => "Unknown",
            Self::Scalar(_) => "Scalar(_)",
            Self::Record(_) => "Record(_)",
            Self::List { .. } => "List(_)",
            Self::Set { .. } => "Set(_)",
        })
    }
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its kind.
    pub entity: EntityId,
    /// Its facts, in the order of [`crate::schema::Entity::fields`].
    pub slots: Vec<Slot>,
}

/// One household's facts.
///
/// `Debug` prints how many records there are and never a fact's value: profiles are personal data.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// Shared with copies until one of them changes: a search tries a fact or two in thousands of copies.
    records: Vec<Arc<Record>>,
    roots: Vec<(EntityId, RecordIx)>,
}

impl std::fmt::Debug for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Profile({} records)", self.records.len())
    }
}

impl Profile {
    /// A profile that knows nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { records: Vec::new(), roots: Vec::new() }
    }

    /// Adds a record of which nothing is known.
    pub fn add(&mut self, schema: &Schema, entity: EntityId) -> RecordIx {
        let count = schema.entity(entity).map_or(0, |e| e.fields.len());
        let ix = RecordIx(u32::try_from(self.records.len()).unwrap_or(u32::MAX));
        self.records.push(Arc::new(Record { entity, slots: (0..count).map(|_| Slot::Unknown).collect() }));
        ix
    }

    /// The record that policies for `entity` are matched against: the applicant, the household, the employer.
    #[must_use]
    pub fn root(&self, entity: EntityId) -> Option<RecordIx> {
        self.roots.iter().find(|(e, _)| *e == entity).map(|(_, ix)| *ix)
    }

    /// Makes `record` the one that policies for its kind are matched against.
    pub fn set_root(&mut self, record: RecordIx) {
        let Some(entity) = self.record(record).map(|r| r.entity) else { return };
        match self.roots.iter_mut().find(|(e, _)| *e == entity) {
            Some(root) => root.1 = record,
            None => self.roots.push((entity, record)),
        }
    }

    /// The records that stand in the lists of the roots and could be matched instead of one of them, with that one first: the
    /// members of a household, the applicant among them. In the order they stand.
    #[must_use]
    pub fn seats(&self, entity: EntityId) -> Vec<RecordIx> {
        let mut found: Vec<RecordIx> = self.root(entity).into_iter().collect();
        for (_, root) in &self.roots {
            for slot in self.record(*root).map_or(&[][..], |r| r.slots.as_slice()) {
                let Slot::List { items, .. } = slot else { continue };
                let fits =
                    |ix: &&RecordIx| self.record(**ix).is_some_and(|r| r.entity == entity) && !found.contains(ix);
                let more: Vec<RecordIx> = items.iter().filter(fits).copied().collect();
                found.extend(more);
            }
        }
        found
    }

    /// The same facts with another record in the seat of its kind: policies for a person are then matched against it.
    #[must_use]
    pub fn seated(&self, record: RecordIx) -> Self {
        let mut other = self.clone();
        other.set_root(record);
        other
    }

    /// The record at a position.
    #[must_use]
    pub fn record(&self, ix: RecordIx) -> Option<&Record> {
        self.records.get(ix.0 as usize).map(AsRef::as_ref)
    }

    /// How many records there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is no record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// What is known of a fact. `position` is the fact's place in its record, see [`position`].
    #[must_use]
    pub fn slot(&self, ix: RecordIx, position: usize) -> &Slot {
        self.record(ix).and_then(|r| r.slots.get(position)).unwrap_or(&Slot::Unknown)
    }

    /// The facts that some record of one profile says differently than the same record of the other, rising; none where the two
    /// are not the same records (other kinds, other roots).
    pub(crate) fn differences(&self, schema: &Schema, other: &Self) -> Option<Vec<FieldId>> {
        if self.roots != other.roots {
            return None;
        }
        let mut found = Vec::new();
        for at in 0..self.len().max(other.len()) {
            let (a, b) = (self.records.get(at), other.records.get(at));
            let entity = match (a, b) {
                (Some(a), Some(b)) if Arc::ptr_eq(a, b) => continue,
                (Some(a), Some(b)) if a.entity != b.entity => return None,
                (Some(one), _) | (None, Some(one)) => one.entity,
                (None, None) => continue,
            };
            // What a record that is not there says of its facts is nothing.
            let (a, b) = (a.map_or(&[][..], |r| r.slots.as_slice()), b.map_or(&[][..], |r| r.slots.as_slice()));
            for (at, field) in schema.entity(entity).map_or(&[][..], |e| e.fields.as_slice()).iter().enumerate() {
                if a.get(at).unwrap_or(&Slot::Unknown) != b.get(at).unwrap_or(&Slot::Unknown) {
                    found.push(*field);
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        Some(found)
    }

    /// Says what is known of a fact, replacing what was.
    pub fn set(&mut self, ix: RecordIx, position: usize, slot: Slot) {
        let record = self.records.get_mut(ix.0 as usize).filter(|r| position < r.slots.len());
        if let Some(old) = record.and_then(|r| Arc::make_mut(r).slots.get_mut(position)) {
            *old = slot;
        }
    }

    /// The entries that a list surely has: those that are known, before them whoever stands beside the list and is one of it, as
    /// the applicant is a member. Who stands beside it and is not known gets a record. Nothing where it is no list.
    pub(crate) fn surely(&mut self, schema: &Schema, ix: RecordIx, list: FieldId) -> Vec<RecordIx> {
        let Some(declared) = schema.field(list) else { return Vec::new() };
        let FieldType::List(entity) = declared.ty else { return Vec::new() };
        let mut items = match position(schema, list).map(|at| self.slot(ix, at)) {
            Some(Slot::List { items, .. }) => items.clone(),
            _ => Vec::new(),
        };
        for beside in &declared.includes {
            let Some(at) = position(schema, *beside) else { continue };
            let one = if let Slot::Record(one) = self.slot(ix, at) {
                *one
            } else {
                let fresh = self.add(schema, entity);
                self.link(schema, ix, *beside, Slot::Record(fresh));
                fresh
            };
            if !items.contains(&one) {
                items.insert(0, one);
            }
        }
        items
    }

    /// Says that a list has no further entries. Who stands beside it and is one of it, as the applicant is a member, is on it all
    /// the same.
    ///
    /// ```
    /// # use entitle::{Engine, profile::{Profile, Slot, position}};
    /// # let text = "record person { home: household }
    /// #     record household { applicant: person; members: list of person }".to_owned();
    /// # let engine = Engine::from_texts([("a.policy".to_owned(), text)])?;
    /// # let schema = engine.schema();
    /// # let (person, household) = (schema.entity_named("person").unwrap(), schema.entity_named("household").unwrap());
    /// let mut profile = Profile::new();
    /// let (one, home) = (profile.add(schema, person), profile.add(schema, household));
    /// profile.link(schema, home, schema.field_named(household, "applicant").unwrap(), Slot::Record(one));
    /// let members = schema.field_named(household, "members").unwrap();
    /// profile.close(schema, home, members);
    /// let alone = Slot::List { items: vec![one], complete: true };
    /// assert_eq!(*profile.slot(home, position(schema, members).unwrap()), alone);
    /// # Ok::<(), entitle::Error>(())
    /// ```
    pub fn close(&mut self, schema: &Schema, ix: RecordIx, list: FieldId) {
        let items = self.surely(schema, ix, list);
        self.link(schema, ix, list, Slot::List { items, complete: true });
    }

    /// Adds the records that another profile has beyond the last one of this, as they are.
    pub(crate) fn lengthen(&mut self, other: &Self) {
        self.records.extend(other.records.iter().skip(self.records.len()).cloned());
    }

    /// Takes the slots of a record out, to be filled one after the other and given back with [`Profile::give_slots`]: what each
    /// single change would look for is found once.
    #[cfg(feature = "json")]
    pub(crate) fn take_slots(&mut self, ix: RecordIx) -> Vec<Slot> {
        self.records.get_mut(ix.0 as usize).map(|r| std::mem::take(&mut Arc::make_mut(r).slots)).unwrap_or_default()
    }

    /// Gives slots back that were taken out.
    #[cfg(feature = "json")]
    pub(crate) fn give_slots(&mut self, ix: RecordIx, slots: Vec<Slot>) {
        if let Some(record) = self.records.get_mut(ix.0 as usize) {
            Arc::make_mut(record).slots = slots;
        }
    }

    /// Sets a record or list and, where the schema links the two records, the facts that point back. A list that is as long as
    /// it can be is complete.
    pub fn link(&mut self, schema: &Schema, ix: RecordIx, field: FieldId, mut slot: Slot) {
        if let (Slot::List { items, complete }, Some(declared)) = (&mut slot, schema.field(field)) {
            *complete |= items.len() >= declared.up_to as usize;
        }
        let targets: Vec<RecordIx> = match &slot {
            Slot::Record(target) => vec![*target],
            Slot::List { items, .. } => items.clone(),
            _ => Vec::new(),
        };
        if let Some(position) = position(schema, field) {
            self.set(ix, position, slot);
        }
        let Some(back) = schema.field(field).and_then(|f| f.back) else { return };
        let single = matches!(schema.field(back).map(|f| f.ty), Some(FieldType::Record(_)));
        if let Some(position) = position(schema, back).filter(|_| single) {
            for target in targets {
                self.set(target, position, Slot::Record(ix));
            }
        }
    }
}

/// The place of a fact in the slots of its record.
#[must_use]
pub fn position(schema: &Schema, field: FieldId) -> Option<usize> {
    let entity = schema.field(field)?.entity;
    let fields = &schema.entity(entity)?.fields;
    // They rise, except in a schema made by hand.
    fields.binary_search(&field).ok().or_else(|| fields.iter().position(|f| *f == field))
}
