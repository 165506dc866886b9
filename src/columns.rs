//! A population in columns: the facts of many households side by side, borrowed from whoever holds them.
//!
//! There is one table for each kind of record and, in it, one column for each fact that is given. A person's row, the row
//! of their household and the rows of its members are linked by row numbers, so a [`Columns`] says about a row exactly what a
//! [`Profile`] says about a record; [`Columns::profile`] writes one out as the other. What is absent is unknown: a column that is
//! not given, and a row whose `known` bit is not set.
//!
//! Nothing is copied: numbers are borrowed as 64-bit or 32-bit integers or bytes, and bits in the layout that Apache Arrow
//! uses, from any bit on. Everything is checked once, in [`Builder::build`]: lengths, offsets, links, and that each value is
//! within its declared range. Whoever reads a [`Columns`] need not check again.
//!
//! ```
//! use entitle::{Engine, columns::{Builder, Column, Values}};
//! let text = r#"
//!     enum category "类别" { welfare "福利" }
//!     record person "人员" { birth_date "出生日期": date; works "工作": yes/no }
//!     policy pension "养老金" for person
//! "#;
//! let engine = Engine::from_texts([("a.policy".to_owned(), text.to_owned())])?;
//! let schema = engine.schema();
//! let person = schema.entity_named("person").unwrap();
//! let birth = schema.field_named(person, "birth_date").unwrap();
//! let days = [-3_653, 7_305];
//! let columns = Builder::new(schema)
//!     .table(person, 2)
//!     .column(birth, Column::Scalar { values: Values::I32(&days), known: None })
//!     .build()
//!     .unwrap();
//! assert_eq!(columns.rows(person), 2);
//! # Ok::<(), entitle::Error>(())
//! ```

mod bits;
mod check;
mod collect;
mod fault;
mod owned;
mod profile;

pub use bits::Bits;
pub(crate) use bits::set_bits;
pub use check::Builder;
pub use collect::{Collect, Seat};
pub use fault::Fault;
pub use owned::{Owned, OwnedColumn};

use crate::ids::{EntityId, FieldId};
use crate::profile::{Profile, RecordIx, Slot};
use crate::schema::Schema;

/// The facts of many households, checked against a schema.
///
/// `Debug` prints how many rows there are and never a fact's value: profiles are personal data.
#[derive(Clone)]
#[allow(clippy::struct_field_names, reason = "columns are what it is made of")]
pub struct Columns<'a> {
    schema: &'a Schema,
    tables: Vec<Table>,
    /// By [`FieldId`].
    columns: Vec<Option<Column<'a>>>,
    /// 0, 1, 2 and so on: the entries of every list are a slice of it, since they stand together in their table.
    identity: Vec<RecordIx>,
}

/// How many records of a kind there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Table {
    rows: u32,
    /// How many of them, from the first on, are matched; the others are only reached through facts.
    units: u32,
}

/// What is known of one fact, for every row of its table.
#[derive(Clone, Copy)]
pub enum Column<'a> {
    /// Numbers, dates, values of an enum, yes and no.
    Scalar {
        /// The values; what stands where nothing is known is never read.
        values: Values<'a>,
        /// Which rows are known; all where there is none.
        known: Option<Bits<'a>>,
    },
    /// A record of another table, or of the same.
    Record {
        /// Its row there.
        rows: &'a [u32],
        /// Which rows are known; all where there is none.
        known: Option<Bits<'a>>,
    },
    /// Entries of a list. They stand together in the table of their kind: those of row `r` are the rows from `starts[r]` to
    /// before `ends[r]`. The offsets of an Arrow list are both, one row apart; see [`Column::list`].
    List {
        /// The first row of the entries.
        starts: &'a [i32],
        /// One past the last row of the entries.
        ends: &'a [i32],
        /// Where there are no further entries; everywhere where there is none.
        complete: Option<Bits<'a>>,
        /// Which rows are known; all where there is none.
        known: Option<Bits<'a>>,
    },
    /// Values of an enum, any number a row.
    Set {
        /// Those that are known to be in the set.
        holds: Ragged<'a>,
        /// Those that are known not to be in it, where it is not complete.
        lacks: Option<Ragged<'a>>,
        /// Where nothing else is in it; everywhere where there is none.
        complete: Option<Bits<'a>>,
        /// Which rows are known; all where there is none.
        known: Option<Bits<'a>>,
    },
}

/// The values of a scalar fact in the schema's own measure: grains for a number (see [`crate::value::Unit::grains`]), days since
/// 1970-01-01 for a date, the position of a value of an enum, 0 and 1 for no and yes.
#[derive(Clone, Copy)]
pub enum Values<'a> {
    /// 64-bit integers: money and the like.
    I64(&'a [i64]),
    /// 32-bit integers: dates, counts, values of an enum.
    I32(&'a [i32]),
    /// Bytes: values of an enum.
    U8(&'a [u8]),
    /// Yes and no.
    Bits(Bits<'a>),
}

/// Any number of values a row: those of row `r` stand from `offsets[r]` to before `offsets[r + 1]`.
#[derive(Clone, Copy)]
pub struct Ragged<'a> {
    /// One more than there are rows, never falling.
    pub offsets: &'a [i32],
    /// Positions of values in the enum.
    pub values: &'a [u32],
}

impl<'a> Column<'a> {
    /// A list from offsets as Arrow has them: one more than there are rows.
    #[must_use]
    pub fn list(offsets: &'a [i32], complete: Option<Bits<'a>>, known: Option<Bits<'a>>) -> Self {
        let starts = offsets.split_last().map_or(&[][..], |(_, starts)| starts);
        let ends = offsets.split_first().map_or(&[][..], |(_, ends)| ends);
        Self::List { starts, ends, complete, known }
    }
}

impl std::fmt::Debug for Columns<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let given = self.columns.iter().flatten().count();
        let rows: u64 = self.tables.iter().map(|t| u64::from(t.rows)).sum();
        write!(f, "Columns({rows} rows, {given} columns)")
    }
}

impl Values<'_> {
    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        match self {
            Self::I64(values) => values.len(),
            Self::I32(values) => values.len(),
            Self::U8(values) => values.len(),
            Self::Bits(bits) => bits.len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a row.
    #[must_use]
    #[inline]
    pub fn get(&self, row: usize) -> Option<i64> {
        match self {
            Self::I64(values) => values.get(row).copied(),
            Self::I32(values) => values.get(row).map(|v| i64::from(*v)),
            Self::U8(values) => values.get(row).map(|v| i64::from(*v)),
            Self::Bits(bits) => (row < bits.len()).then(|| i64::from(bits.get(row))),
        }
    }

    /// Writes the values from a row on; past the last, nothing.
    pub(crate) fn copy_to(&self, row: usize, into: &mut [i64]) {
        fn copy<T: Copy + Into<i64>>(values: &[T], row: usize, into: &mut [i64]) {
            let values = values.get(row..).unwrap_or_default();
            into.iter_mut().zip(values).for_each(|(slot, value)| *slot = (*value).into());
        }
        match self {
            Self::I64(values) => copy(values, row, into),
            Self::I32(values) => copy(values, row, into),
            Self::U8(values) => copy(values, row, into),
            Self::Bits(bits) => into.iter_mut().zip(row..).for_each(|(slot, at)| *slot = i64::from(bits.get(at))),
        }
    }

    /// Which of 64 rows, from a row on, have a value in one of some spans, both ends included; past the last, none.
    pub(crate) fn within(&self, row: usize, spans: &[(i64, i64)]) -> u64 {
        fn within<T: Copy + Into<i64>>(values: &[T], row: usize, spans: &[(i64, i64)]) -> u64 {
            let rest = values.get(row..).unwrap_or_default();
            let inside = |value: T, (least, most): &(i64, i64)| (*least..=*most).contains(&value.into());
            let any = |value: &T| spans.iter().any(|span| inside(*value, span));
            rest.iter().take(64).enumerate().fold(0, |word, (at, value)| word | u64::from(any(value)) << at)
        }
        match self {
            Self::I64(values) => within(values, row, spans),
            Self::I32(values) => within(values, row, spans),
            Self::U8(values) => within(values, row, spans),
            Self::Bits(bits) => {
                let has = |value: i64| spans.iter().any(|(least, most)| *least <= value && value <= *most);
                let left = bits.len().saturating_sub(row);
                let there = if left >= 64 { u64::MAX } else { (1 << left) - 1 };
                let (yes, no) = (if has(1) { u64::MAX } else { 0 }, if has(0) { u64::MAX } else { 0 });
                let word = bits.word(row);
                there & (word & yes | !word & no)
            }
        }
    }
}

impl<'a> Ragged<'a> {
    /// The values of a row; none past the last.
    #[must_use]
    #[inline]
    pub fn get(&self, row: usize) -> &'a [u32] {
        let ends = self.offsets.get(1..).unwrap_or_default();
        between(self.offsets, ends, row).and_then(|r| self.values.get(r)).unwrap_or_default()
    }
}

/// The positions from a row's start to its end.
#[inline]
fn between(starts: &[i32], ends: &[i32], row: usize) -> Option<std::ops::Range<usize>> {
    Some(usize::try_from(*starts.get(row)?).ok()?..usize::try_from(*ends.get(row)?).ok()?)
}

/// Whether a bit is set; where there are no bits, every one is.
#[inline]
fn set(bits: Option<Bits<'_>>, row: usize) -> bool {
    bits.is_none_or(|bits| bits.get(row))
}

impl<'a> Columns<'a> {
    /// Which facts exist.
    #[must_use]
    pub const fn schema(&self) -> &'a Schema {
        self.schema
    }

    /// How many records of a kind there are.
    #[must_use]
    pub fn rows(&self, entity: EntityId) -> u32 {
        self.tables.get(entity.index()).map_or(0, |t| t.rows)
    }

    /// How many of them, from the first on, are matched. The others are only reached through facts, as somebody's obligors are.
    #[must_use]
    pub fn units(&self, entity: EntityId) -> u32 {
        self.tables.get(entity.index()).map_or(0, |t| t.units)
    }

    /// The column of a fact; none where nothing is known of it in any row.
    #[must_use]
    #[inline]
    pub fn column(&self, field: FieldId) -> Option<&Column<'a>> {
        self.columns.get(field.index())?.as_ref()
    }

    /// A scalar fact of a row, where it is known.
    #[must_use]
    #[inline]
    pub fn scalar(&self, field: FieldId, row: u32) -> Option<i64> {
        match self.column(field)? {
            Column::Scalar { values, known } if set(*known, row as usize) => values.get(row as usize),
            _ => None,
        }
    }

    /// The row that stands in a record fact of a row, where it is known.
    #[must_use]
    #[inline]
    pub fn record(&self, field: FieldId, row: u32) -> Option<u32> {
        match self.column(field)? {
            Column::Record { rows, known } if set(*known, row as usize) => rows.get(row as usize).copied(),
            _ => None,
        }
    }

    /// The rows of the known entries of a list, and whether there are no others.
    #[must_use]
    #[inline]
    pub fn list(&self, field: FieldId, row: u32) -> Option<(&[RecordIx], bool)> {
        match self.column(field)? {
            Column::List { starts, ends, complete, known } if set(*known, row as usize) => {
                let items = between(starts, ends, row as usize).and_then(|r| self.identity.get(r))?;
                Some((items, set(*complete, row as usize)))
            }
            _ => None,
        }
    }

    /// The values known to be in a set, those known not to be in it, and whether nothing but the first is.
    #[must_use]
    #[inline]
    pub fn set(&self, field: FieldId, row: u32) -> Option<(&'a [u32], &'a [u32], bool)> {
        match self.column(field)? {
            Column::Set { holds, lacks, complete, known } if set(*known, row as usize) => {
                let row = row as usize;
                Some((holds.get(row), lacks.map_or(&[][..], |l| l.get(row)), set(*complete, row)))
            }
            _ => None,
        }
    }

    /// What is known of a fact of a row, as a profile says it. Records are given by their rows.
    #[must_use]
    pub fn slot(&self, field: FieldId, row: u32) -> Slot {
        let slot = match self.column(field) {
            None => None,
            Some(Column::Scalar { .. }) => self.scalar(field, row).map(Slot::Scalar),
            Some(Column::Record { .. }) => self.record(field, row).map(|r| Slot::Record(RecordIx(r))),
            Some(Column::List { .. }) => {
                self.list(field, row).map(|(items, complete)| Slot::List { items: items.to_vec(), complete })
            }
            Some(Column::Set { .. }) => self.set(field, row).map(|(holds, lacks, complete)| {
                let sorted = |values: &[u32]| {
                    let mut values = values.to_vec();
                    values.sort_unstable();
                    values.dedup();
                    values
                };
                // Of a complete set, whatever else is said not to be in it adds nothing.
                let not = if complete { Vec::new() } else { sorted(lacks) };
                Slot::Set { known: sorted(holds), not, complete }
            }),
        };
        slot.unwrap_or(Slot::Unknown)
    }

    /// The facts of a row and of every record it leads to, as a profile in whose seat that row's record is. None where there is
    /// no such row.
    #[must_use]
    pub fn profile(&self, unit: EntityId, row: u32) -> Option<Profile> {
        profile::profile(self, unit, row)
    }
}
