//! Columns are checked once, when they are put together.

use super::{Bits, Column, Columns, Fault, Ragged, Table, Values, between, set};
use crate::ids::{EntityId, FieldId};
use crate::profile::RecordIx;
use crate::schema::{Field, FieldType, Schema};

/// Puts tables and columns together.
#[derive(Clone)]
pub struct Builder<'a> {
    schema: &'a Schema,
    tables: Vec<Table>,
    columns: Vec<Option<Column<'a>>>,
}

impl<'a> Builder<'a> {
    /// No rows, of which nothing is known.
    #[must_use]
    pub fn new(schema: &'a Schema) -> Self {
        let tables = vec![Table::default(); schema.entities.len()];
        Self { schema, tables, columns: vec![None; schema.fields.len()] }
    }

    /// Says how many records of a kind there are, all of which are matched where policies are for that kind.
    #[must_use]
    pub fn table(self, entity: EntityId, rows: u32) -> Self {
        self.table_of(entity, rows, rows)
    }

    /// The same, of which only the first `units` are matched and the others are reached through facts.
    #[must_use]
    pub fn table_of(mut self, entity: EntityId, rows: u32, units: u32) -> Self {
        if let Some(table) = self.tables.get_mut(entity.index()) {
            *table = Table { rows, units: units.min(rows) };
        }
        self
    }

    /// Gives what is known of a fact.
    #[must_use]
    pub fn column(mut self, field: FieldId, column: Column<'a>) -> Self {
        if let Some(slot) = self.columns.get_mut(field.index()) {
            *slot = Some(column);
        }
        self
    }

    /// Checks everything.
    ///
    /// # Errors
    /// The first thing that is wrong: a column of another type or length than its table, offsets that fall or lead out of a
    /// table, a value outside what is declared. It names table, column and row.
    pub fn build(self) -> Result<Columns<'a>, Fault> {
        let first = self.faults(1).into_iter().next();
        first.map_or_else(|| Ok(self.unchecked()), Err)
    }

    /// Everything that is wrong, at most `limit` faults; of each column at most one a row. Columns of which a fault names no row
    /// are wrong as a whole.
    #[must_use]
    pub fn faults(&self, limit: usize) -> Vec<Fault> {
        let mut check = Check { schema: self.schema, tables: &self.tables, faults: Vec::new(), limit };
        for (field, column) in (0..).map(FieldId).zip(&self.columns) {
            if let (Some(column), Some(declared)) = (column, self.schema.field(field)) {
                check.column(field, declared, column);
            }
        }
        check.faults
    }

    /// Puts together what [`Builder::faults`] found nothing wrong with.
    fn unchecked(self) -> Columns<'a> {
        let most = self.tables.iter().map(|t| t.rows).max().unwrap_or(0);
        let identity = (0..most).map(RecordIx).collect();
        Columns { schema: self.schema, tables: self.tables, columns: self.columns, identity }
    }
}

struct Check<'c> {
    schema: &'c Schema,
    tables: &'c [Table],
    faults: Vec<Fault>,
    limit: usize,
}

impl Check<'_> {
    fn fault(&mut self, field: FieldId, row: Option<usize>, message: &str) {
        if self.faults.len() < self.limit {
            self.faults.push(Fault::of(self.schema, field, row, message));
        }
    }

    fn rows(&self, entity: EntityId) -> usize {
        self.tables.get(entity.index()).map_or(0, |t| t.rows as usize)
    }

    fn column(&mut self, field: FieldId, declared: &Field, column: &Column<'_>) {
        let rows = self.rows(declared.entity);
        let known = match column {
            Column::Scalar { known, .. }
            | Column::Record { known, .. }
            | Column::List { known, .. }
            | Column::Set { known, .. } => *known,
        };
        let complete = match column {
            Column::List { complete, .. } | Column::Set { complete, .. } => *complete,
            _ => None,
        };
        for bits in [known, complete].into_iter().flatten() {
            if bits.len() != rows {
                return self.length(field, bits.len(), rows);
            }
        }
        match (declared.ty, column) {
            (
                FieldType::YesNo | FieldType::Date | FieldType::Quantity(_) | FieldType::Symbol(_),
                Column::Scalar { values, .. },
            ) => self.scalar(field, declared, values, known, rows),
            (FieldType::Record(entity), Column::Record { rows: targets, .. }) => {
                self.links(field, entity, targets, known, rows);
            }
            (FieldType::List(entity), Column::List { starts, ends, .. }) => {
                let (count, most) = (self.rows(entity), declared.up_to as usize);
                self.lists(field, (starts, ends), known, (count, most), rows);
            }
            (FieldType::Set(e), Column::Set { holds, lacks, complete, .. }) => {
                let most = self.schema.enumeration(e).map_or(0, |e| e.values.len());
                let lacks_fit = lacks.is_none_or(|l| self.offsets(field, l.offsets, l.values.len(), rows));
                if lacks_fit && self.offsets(field, holds.offsets, holds.values.len(), rows) {
                    self.sets(field, most, (*holds, *lacks), (known, *complete), rows);
                }
            }
            _ => self.fault(field, None, "the column is of another type"),
        }
    }

    fn length(&mut self, field: FieldId, found: usize, rows: usize) {
        self.fault(field, None, &format!("{found} rows in a table of {rows}"));
    }

    fn scalar(&mut self, field: FieldId, declared: &Field, values: &Values<'_>, known: Option<Bits<'_>>, rows: usize) {
        if values.len() != rows {
            return self.length(field, values.len(), rows);
        }
        let (least, most) = declared.range;
        // Most columns have nothing outside, and a whole block is looked at without branches.
        for start in (0..rows).step_by(64) {
            let end = rows.min(start + 64);
            let outside = match values {
                Values::I64(v) => block(v.get(start..end), |v| v < least || v > most),
                Values::I32(v) => block(v.get(start..end), |v| i64::from(v) < least || i64::from(v) > most),
                Values::U8(v) => block(v.get(start..end), |v| i64::from(v) < least || i64::from(v) > most),
                Values::Bits(bits) => {
                    let word = bits.word(start);
                    let (yes, no) = ((least..=most).contains(&1), (least..=most).contains(&0));
                    let all = if end - start == 64 { u64::MAX } else { (1 << (end - start)) - 1 };
                    (if yes { 0 } else { word }) | (if no { 0 } else { !word & all })
                }
            };
            let mut wrong = outside & known.map_or(u64::MAX, |k| k.word(start));
            while wrong != 0 {
                let row = start + wrong.trailing_zeros() as usize;
                self.fault(field, Some(row), "the value is outside what is declared");
                wrong &= wrong - 1;
            }
        }
    }

    fn links(&mut self, field: FieldId, entity: EntityId, targets: &[u32], known: Option<Bits<'_>>, rows: usize) {
        if targets.len() != rows {
            return self.length(field, targets.len(), rows);
        }
        let count = self.rows(entity);
        for (row, target) in targets.iter().enumerate() {
            if *target as usize >= count && set(known, row) {
                self.fault(field, Some(row), "it leads to a row that does not exist");
            }
        }
    }

    fn lists(
        &mut self,
        field: FieldId,
        (starts, ends): (&[i32], &[i32]),
        known: Option<Bits<'_>>,
        (count, most): (usize, usize),
        rows: usize,
    ) {
        if starts.len() != rows || ends.len() != rows {
            return self.length(field, starts.len().min(ends.len()), rows);
        }
        for row in (0..rows).filter(|row| set(known, *row)) {
            match between(starts, ends, row) {
                Some(entries) if entries.start <= entries.end && entries.end <= count => {
                    if entries.len() > most {
                        self.fault(field, Some(row), "more entries than the list takes");
                    }
                }
                _ => self.fault(field, Some(row), "its entries end before they start, or lead out of the table"),
            }
        }
    }

    /// Whether offsets are one more than the rows, never fall and stay within what they point into.
    fn offsets(&mut self, field: FieldId, offsets: &[i32], count: usize, rows: usize) -> bool {
        if offsets.len() != rows.saturating_add(1) {
            self.length(field, offsets.len().saturating_sub(1), rows);
            return false;
        }
        let mut before = 0i32;
        for (row, offset) in offsets.iter().enumerate() {
            if *offset < before || usize::try_from(*offset).is_ok_and(|o| o > count) {
                self.fault(field, Some(row.saturating_sub(1)), "its offsets fall, or lead out of the table");
                return false;
            }
            before = *offset;
        }
        true
    }

    fn sets(
        &mut self,
        field: FieldId,
        most: usize,
        (holds, lacks): (Ragged<'_>, Option<Ragged<'_>>),
        (known, complete): (Option<Bits<'_>>, Option<Bits<'_>>),
        rows: usize,
    ) {
        for row in (0..rows).filter(|row| set(known, *row)) {
            let held = holds.get(row);
            let missing = lacks.map_or(&[][..], |l| l.get(row));
            if held.iter().chain(missing).any(|v| *v as usize >= most) {
                self.fault(field, Some(row), "a value that the enum does not have");
            } else if !set(complete, row) && missing.iter().any(|v| held.contains(v)) {
                self.fault(field, Some(row), "the same value is said to be in the set and not to be in it");
            }
        }
    }
}

/// A bit for each value of a block of at most 64 that is outside.
#[inline]
fn block<T: Copy>(values: Option<&[T]>, outside: impl Fn(T) -> bool) -> u64 {
    let values = values.unwrap_or_default();
    if !values.iter().fold(false, |any, v| any | outside(*v)) {
        return 0;
    }
    values.iter().enumerate().fold(0, |word, (i, v)| word | u64::from(outside(*v)) << i)
}
