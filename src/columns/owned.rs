//! Columns that own what they hold, for sources that have no columns to lend.

use super::{Bits, Column, Ragged, Values};
use crate::ids::{EntityId, FieldId};
use crate::schema::FieldType;

/// Tables and columns that own what they hold; [`Owned::columns`] lends them.
///
/// `Debug` prints no fact's value.
#[derive(Default)]
pub struct Owned {
    pub(super) tables: Vec<(EntityId, u32, u32)>,
    pub(super) columns: Vec<(FieldId, OwnedColumn)>,
}

impl std::fmt::Debug for Owned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Owned({} columns)", self.columns.len())
    }
}

impl Owned {
    /// Says how many rows a table has, of which the first `units` are matched.
    pub fn table(&mut self, entity: EntityId, rows: u32, units: u32) {
        self.tables.push((entity, rows, units));
    }

    /// Gives a column.
    pub fn column(&mut self, field: FieldId, mut column: OwnedColumn) {
        if let Data::Set(holds, lacks) = &mut column.data {
            holds.carry(column.known.len);
            lacks.carry(column.known.len);
        }
        self.columns.push((field, column));
    }
}

/// A column that owns what it holds. Rows are unknown until they are given.
pub struct OwnedColumn {
    known: Flags,
    complete: Flags,
    data: Data,
}

enum Data {
    Scalar(Vec<i64>),
    Record(Vec<u32>),
    List(Vec<i32>, Vec<i32>),
    Set(Sets, Sets),
}

/// Bits that are set one by one.
struct Flags {
    bytes: Vec<u8>,
    len: usize,
}

#[derive(Default)]
struct Sets {
    offsets: Vec<i32>,
    values: Vec<u32>,
}

impl Flags {
    fn new(len: usize) -> Self {
        Self { bytes: vec![0; len.div_ceil(8)], len }
    }

    fn set(&mut self, row: usize) {
        if let Some(byte) = self.bytes.get_mut(row / 8).filter(|_| row < self.len) {
            *byte |= 1 << (row % 8);
        }
    }

    fn bits(&self) -> Option<Bits<'_>> {
        Bits::new(&self.bytes, 0, self.len)
    }
}

impl Sets {
    /// Rows from the last given to before `row` hold nothing.
    fn carry(&mut self, row: usize) {
        let end = i32::try_from(self.values.len()).unwrap_or(i32::MAX);
        while self.offsets.len() <= row {
            self.offsets.push(end);
        }
    }

    fn push(&mut self, row: usize, values: &[u32]) {
        self.carry(row);
        self.values.extend_from_slice(values);
        self.carry(row.saturating_add(1));
    }

    fn ragged(&self) -> Ragged<'_> {
        Ragged { offsets: &self.offsets, values: &self.values }
    }
}

impl OwnedColumn {
    /// A column of that type and length of which nothing is known.
    #[must_use]
    pub fn unknown(ty: FieldType, rows: usize) -> Self {
        let data = match ty {
            FieldType::Record(_) => Data::Record(vec![0; rows]),
            FieldType::List(_) => Data::List(vec![0; rows], vec![0; rows]),
            FieldType::Set(_) => Data::Set(Sets::default(), Sets::default()),
            _ => Data::Scalar(vec![0; rows]),
        };
        Self { known: Flags::new(rows), complete: Flags::new(rows), data }
    }

    /// Gives a scalar.
    pub fn scalar(&mut self, row: usize, value: i64) {
        let Data::Scalar(values) = &mut self.data else { return };
        if let Some(slot) = values.get_mut(row) {
            *slot = value;
            self.known.set(row);
        }
    }

    /// Gives the row of a record.
    pub fn record(&mut self, row: usize, target: u32) {
        let Data::Record(rows) = &mut self.data else { return };
        if let Some(slot) = rows.get_mut(row) {
            *slot = target;
            self.known.set(row);
        }
    }

    /// Gives the entries of a list: the first of their rows and how many there are.
    pub fn list(&mut self, row: usize, first: u32, count: u32, complete: bool) {
        let Data::List(starts, ends) = &mut self.data else { return };
        let offset = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
        if let (Some(start), Some(end)) = (starts.get_mut(row), ends.get_mut(row)) {
            (*start, *end) = (offset(first), offset(first.saturating_add(count)));
            self.known.set(row);
            if complete {
                self.complete.set(row);
            }
        }
    }

    /// Gives the values of a set. Rows are given in rising order, each at most once.
    pub fn set(&mut self, row: usize, holds: &[u32], lacks: &[u32], complete: bool) {
        let Data::Set(held, lacking) = &mut self.data else { return };
        held.push(row, holds);
        lacking.push(row, lacks);
        self.known.set(row);
        if complete {
            self.complete.set(row);
        }
    }

    /// What it holds, lent.
    #[must_use]
    pub fn as_column(&self) -> Column<'_> {
        let known = self.known.bits();
        let complete = self.complete.bits();
        match &self.data {
            Data::Scalar(values) => Column::Scalar { values: Values::I64(values), known },
            Data::Record(rows) => Column::Record { rows, known },
            Data::List(starts, ends) => Column::List { starts, ends, complete, known },
            Data::Set(holds, lacks) => {
                Column::Set { holds: holds.ragged(), lacks: Some(lacks.ragged()), complete, known }
            }
        }
    }
}
