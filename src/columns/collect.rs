//! Profiles -> columns: households that come one by one, put side by side.

use super::{Builder, Fault};
use crate::columns::owned::{Owned, OwnedColumn};
use crate::ids::{EntityId, FieldId};
use crate::profile::{Profile, RecordIx, Slot};
use crate::schema::{FieldType, Schema};
use std::collections::BTreeMap;

/// Gathers profiles into columns.
///
/// ```
/// # use entitle::{Engine, columns::Collect, profile::{Profile, Slot}};
/// # let text = r#"
/// #     enum category "类别" { welfare "福利" }
/// #     record person "人员" { birth_date "出生日期": date; works "工作": yes/no }
/// #     policy pension "养老金" for person
/// # "#;
/// # let engine = Engine::from_texts([("a.policy".to_owned(), text.to_owned())])?;
/// let person = engine.schema().entity_named("person").unwrap();
/// let mut profile = Profile::new();
/// let one = profile.add(engine.schema(), person);
/// profile.set_root(one);
/// profile.set(one, 0, Slot::Scalar(7_305));
///
/// let mut collect = Collect::new(engine.schema());
/// collect.push(&profile).unwrap();
/// let owned = collect.finish();
/// let columns = owned.columns(engine.schema()).unwrap();
/// assert_eq!(columns.profile(person, 0), Some(profile));
/// # Ok::<(), entitle::Error>(())
/// ```
#[derive(Debug)]
pub struct Collect<'a> {
    schema: &'a Schema,
    /// By kind: how many units there are, and how many others.
    counts: Vec<(u32, u32)>,
    /// By fact: what is known, with the place it is known of.
    facts: Vec<Vec<(Place, Known)>>,
}

/// Where a record stands: among those that are matched or among the others, and its position there. The others are put behind
/// the units when all are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    other: bool,
    index: u32,
}

#[derive(Clone, Debug)]
enum Known {
    Scalar(i64),
    Record(Place),
    List { first: Place, count: u32, complete: bool },
    Set { known: Vec<u32>, not: Vec<u32>, complete: bool },
}

/// Where one record of a profile was put: its record, kind, and place among the units of that kind; none for those that are not
/// matched.
pub type Seat = (RecordIx, EntityId, Option<u32>);

impl<'a> Collect<'a> {
    /// Nothing yet.
    #[must_use]
    pub fn new(schema: &'a Schema) -> Self {
        let facts = schema.fields.iter().map(|_| Vec::new()).collect();
        Self { schema, counts: vec![(0, 0); schema.entities.len()], facts }
    }

    /// How many units of a kind there are so far.
    #[must_use]
    pub fn units(&self, entity: EntityId) -> u32 {
        self.counts.get(entity.index()).map_or(0, |c| c.0)
    }

    /// Adds a household. Its units are the records that policies may be matched against, and who stands in their linked lists:
    /// the household and each of its members. They keep their order.
    ///
    /// # Errors
    /// When records stand in each other's lists, so that they cannot be written side by side; nothing is added then.
    pub fn push(&mut self, profile: &Profile) -> Result<Vec<Seat>, Fault> {
        let mut walk = Walk { schema: self.schema, profile, counts: self.counts.clone(), places: BTreeMap::new() };
        let mut seats = walk.units();
        let mut open: Vec<(RecordIx, Place)> = walk.places.iter().map(|(ix, place)| (*ix, *place)).collect();
        let mut found: Vec<(FieldId, Place, Known)> = Vec::new();
        // Each record once, and once more for each further list it stands in.
        let mut left = profile.len().saturating_mul(4);
        while let Some((ix, place)) = open.pop() {
            left = left.checked_sub(1).ok_or_else(|| Fault {
                table: String::new(),
                column: String::new(),
                field: None,
                row: None,
                message: "its records stand in each other's lists".to_owned(),
                expected: "each record in one list".to_owned(),
            })?;
            let Some(record) = profile.record(ix) else { continue };
            let fields = self.schema.entity(record.entity).map(|e| e.fields.as_slice()).unwrap_or_default();
            for (id, slot) in fields.iter().zip(&record.slots) {
                if let Some(known) = walk.known(*id, slot, &mut open) {
                    found.push((*id, place, known));
                }
            }
        }
        self.counts = walk.counts;
        for (id, place, known) in found {
            if let Some(facts) = self.facts.get_mut(id.index()) {
                facts.push((place, known));
            }
        }
        seats.sort_by_key(|(_, entity, at)| (*entity, *at));
        Ok(seats)
    }

    /// The columns, which own what they hold.
    #[must_use]
    pub fn finish(self) -> Owned {
        let mut owned = Owned::default();
        for (at, (units, others)) in self.counts.iter().enumerate() {
            owned.table(EntityId::of(at), units.saturating_add(*others), *units);
        }
        let counts = &self.counts;
        let row = |entity: EntityId, place: Place| {
            let base = if place.other { counts.get(entity.index()).map_or(0, |c| c.0) } else { 0 };
            base.saturating_add(place.index)
        };
        for (at, facts) in self.facts.into_iter().enumerate().filter(|(_, facts)| !facts.is_empty()) {
            let id = FieldId::of(at);
            let Some(field) = self.schema.field(id) else { continue };
            let rows = counts.get(field.entity.index()).map_or(0, |c| c.0.saturating_add(c.1));
            let target = match field.ty {
                FieldType::Record(e) | FieldType::List(e) => e,
                _ => field.entity,
            };
            let mut column = OwnedColumn::unknown(field.ty, rows as usize);
            let mut facts: Vec<(u32, Known)> = facts.into_iter().map(|(p, k)| (row(field.entity, p), k)).collect();
            facts.sort_by_key(|(row, _)| *row);
            for (at, known) in facts {
                match known {
                    Known::Scalar(value) => column.scalar(at as usize, value),
                    Known::Record(place) => column.record(at as usize, row(target, place)),
                    Known::List { first, count, complete } => {
                        column.list(at as usize, row(target, first), count, complete);
                    }
                    Known::Set { known, not, complete } => column.set(at as usize, &known, &not, complete),
                }
            }
            owned.column(id, column);
        }
        owned
    }
}

struct Walk<'w> {
    schema: &'w Schema,
    profile: &'w Profile,
    counts: Vec<(u32, u32)>,
    places: BTreeMap<RecordIx, Place>,
}

impl Walk<'_> {
    /// Places the units: first those in linked lists, who stand together, then the roots that stand in none.
    fn units(&mut self) -> Vec<Seat> {
        let mut seats = Vec::new();
        let kinds = (0..self.schema.entities.len()).map(EntityId::of);
        let roots: Vec<RecordIx> = kinds.filter_map(|e| self.profile.root(e)).collect();
        for root in &roots {
            let Some(record) = self.profile.record(*root) else { continue };
            let fields = self.schema.entity(record.entity).map(|e| e.fields.as_slice()).unwrap_or_default();
            for (id, slot) in fields.iter().zip(&record.slots) {
                let linked = self.schema.field(*id).is_some_and(|f| f.back.is_some());
                let Slot::List { items, .. } = slot else { continue };
                if linked && !items.iter().any(|ix| self.places.contains_key(ix)) {
                    items.iter().for_each(|ix| self.seat(*ix, &mut seats));
                }
            }
        }
        for root in roots {
            if !self.places.contains_key(&root) {
                self.seat(root, &mut seats);
            }
        }
        seats
    }

    fn seat(&mut self, ix: RecordIx, seats: &mut Vec<Seat>) {
        let Some(entity) = self.profile.record(ix).map(|r| r.entity) else { return };
        let place = self.place(entity, false);
        self.places.insert(ix, place);
        seats.push((ix, entity, Some(place.index)));
    }

    /// A new place.
    fn place(&mut self, entity: EntityId, other: bool) -> Place {
        let Some((units, others)) = self.counts.get_mut(entity.index()) else { return Place { other, index: 0 } };
        let count = if other { others } else { units };
        let index = *count;
        *count = count.saturating_add(1);
        Place { other, index }
    }

    fn known(&mut self, id: FieldId, slot: &Slot, open: &mut Vec<(RecordIx, Place)>) -> Option<Known> {
        let field = self.schema.field(id)?;
        Some(match slot {
            Slot::Unknown => return None,
            Slot::Scalar(value) => Known::Scalar(*value),
            Slot::Set { known, not, complete } => {
                Known::Set { known: known.clone(), not: not.clone(), complete: *complete }
            }
            Slot::Record(target) => {
                let place = match self.places.get(target) {
                    Some(place) => *place,
                    None => self.reach(*target, open)?,
                };
                Known::Record(place)
            }
            Slot::List { items, complete } => {
                let FieldType::List(entity) = field.ty else { return None };
                let nowhere = Place { other: false, index: 0 };
                let placed: Vec<Option<Place>> = items.iter().map(|ix| self.places.get(ix).copied()).collect();
                let next = |a: Place, b: Place| a.other == b.other && a.index.checked_add(1) == Some(b.index);
                let together = placed.windows(2).all(|w| matches!(w, [Some(a), Some(b)] if next(*a, *b)));
                let first = match placed.first() {
                    None => nowhere,
                    Some(Some(first)) if together => *first,
                    // Whoever stands elsewhere already is written a second time.
                    _ => {
                        let mut first = None;
                        for item in items {
                            let place = self.place(entity, true);
                            self.places.entry(*item).or_insert(place);
                            open.push((*item, place));
                            first = first.or(Some(place));
                        }
                        first.unwrap_or(nowhere)
                    }
                };
                Known::List { first, count: u32::try_from(items.len()).unwrap_or(u32::MAX), complete: *complete }
            }
        })
    }

    fn reach(&mut self, ix: RecordIx, open: &mut Vec<(RecordIx, Place)>) -> Option<Place> {
        let entity = self.profile.record(ix)?.entity;
        let place = self.place(entity, true);
        self.places.insert(ix, place);
        open.push((ix, place));
        Some(place)
    }
}

impl Owned {
    /// The columns, checked.
    ///
    /// # Errors
    /// As [`Builder::build`].
    pub fn columns<'a>(&'a self, schema: &'a Schema) -> Result<super::Columns<'a>, Fault> {
        self.builder(schema).build()
    }

    /// The columns, not yet checked.
    #[must_use]
    pub fn builder<'a>(&'a self, schema: &'a Schema) -> Builder<'a> {
        let builder = Builder::new(schema);
        let builder = self.tables.iter().fold(builder, |b, (entity, rows, units)| b.table_of(*entity, *rows, *units));
        self.columns.iter().fold(builder, |b, (id, column)| b.column(*id, column.as_column()))
    }
}
