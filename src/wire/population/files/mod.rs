//! Population files: Parquet, NDJSON and CSV, told apart by their endings.
//!
//! - **Parquet** (`.parquet`): a row a household, in the layout of [`crate::wire::arrow`].
//! - **NDJSON** (`.ndjson`, `.jsonl`): a line a household, each a profile as [`crate::wire::json::profile`] reads them; `id` in a
//!   household and in a person names them.
//! - **CSV** (`.csv`): a line a person. The column `household` groups consecutive lines to a household whose first person is the
//!   applicant; facts of the household are in columns `household.FACT`. An empty cell is unknown; values of a set stand with `;`
//!   between them, and `none` is the empty set. Lists do not fit a line and are unknown. Without a `household` column nothing is
//!   said of who else lives there.
//!
//! Text is UTF-8 or GB18030 (which GBK and GB2312 are part of), told by its beginning.

mod lines;
mod ndjson;
mod parquet;
mod table;
mod write;

pub use lines::Encoding;
pub use parquet::ParquetSink;
pub use write::{csv_rows, ndjson_lines};

use crate::columns::{Columns, Fault, Owned};
use crate::error::Error;
use crate::ids::EntityId;
use crate::schema::Schema;
use crate::wire::arrow::{self, Batch};
use arrow_array::RecordBatch;
use std::path::Path;

/// What a file is, by its ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `.parquet`
    Parquet,
    /// `.ndjson` or `.jsonl`
    Ndjson,
    /// `.csv`
    Csv,
}

impl Format {
    /// The format of a file.
    ///
    /// # Errors
    /// When its ending is none of the four.
    pub fn of(path: &Path) -> Result<Self, Error> {
        match path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("parquet") => Ok(Self::Parquet),
            Some("ndjson" | "jsonl") => Ok(Self::Ndjson),
            Some("csv") => Ok(Self::Csv),
            _ => Err(Error::profile(format!(
                "{}: a population file ends in .parquet, .ndjson, .jsonl or .csv",
                path.display()
            ))),
        }
    }
}

/// A population file that is being read, some households at a time.
pub struct Source {
    inner: Inner,
    /// Rows or bytes.
    total: u64,
    /// Rows that were read or passed over.
    at: u64,
}

enum Inner {
    Parquet(Box<::parquet::arrow::arrow_reader::ParquetRecordBatchReader>),
    Ndjson(lines::Lines),
    Csv(Box<table::Table>),
}

/// Some households as they stand in the file.
pub struct Chunk {
    /// The number of the first household, from 0.
    pub first: u64,
    /// How many there are.
    pub rows: u32,
    body: Body,
}

enum Body {
    Batch(RecordBatch),
    Lines(Vec<(u64, Vec<u8>)>, Encoding),
    Table(table::Part),
}

/// A household that is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// The number of the household in the file, from 0.
    pub household: u64,
    /// Its line, from 1; in Parquet its row, from 1.
    pub line: u64,
    /// Why.
    pub reason: String,
}

/// Households as columns, without those that were left out.
pub struct Prepared {
    holder: Holder,
    /// For each household that is in: its number in the file.
    pub households: Vec<u64>,
    /// Its name.
    pub names: Vec<String>,
    /// For each person who is matched, their name.
    pub people: Vec<String>,
    /// Those that are not.
    pub rejects: Vec<Reject>,
    /// Columns that the vocabulary does not have; nothing was read of them.
    pub ignored: Vec<String>,
}

enum Holder {
    Batch(Batch),
    Owned(Owned),
}

impl Prepared {
    /// The columns. They were checked already.
    ///
    /// # Errors
    /// None that [`Chunk::prepare`] has not turned into rejects.
    pub fn columns<'a>(&'a self, schema: &'a Schema) -> Result<Columns<'a>, Fault> {
        match &self.holder {
            Holder::Batch(batch) => batch.columns(schema),
            Holder::Owned(owned) => owned.columns(schema),
        }
    }
}

/// The kinds of record that a population file is made of.
#[derive(Clone, Copy, Debug)]
pub struct Kinds {
    /// What a row is.
    pub household: EntityId,
    /// Who stands in its linked list; the same where there is none.
    pub person: EntityId,
}

impl Kinds {
    /// Those of a vocabulary; none where it has no records that policies are for.
    #[must_use]
    pub fn of(schema: &Schema) -> Option<Self> {
        let household = arrow::layout::row_of(schema)?;
        let fields = schema.entity(household)?.fields.iter().filter_map(|f| schema.field(*f));
        let person = fields.filter(|f| f.back.is_some()).find_map(|f| match f.ty {
            crate::schema::FieldType::List(of) => Some(of),
            _ => None,
        });
        Some(Self { household, person: person.unwrap_or(household) })
    }
}

impl Source {
    /// Opens a file. `size` is how many households a chunk has.
    ///
    /// # Errors
    /// When it cannot be read, or is not what its ending says.
    pub fn open(path: &Path, size: usize) -> Result<Self, Error> {
        let (inner, total) = match Format::of(path)? {
            Format::Parquet => {
                let (reader, rows) = parquet::open(path, size)?;
                (Inner::Parquet(Box::new(reader)), rows)
            }
            Format::Ndjson => {
                let (lines, bytes) = lines::Lines::open(path, size)?;
                (Inner::Ndjson(lines), bytes)
            }
            Format::Csv => {
                let (table, bytes) = table::Table::open(path, size)?;
                (Inner::Csv(Box::new(table)), bytes)
            }
        };
        Ok(Self { inner, total, at: 0 })
    }

    /// How much there is: households of a Parquet file, bytes of a text file.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// How much of it was read.
    #[must_use]
    pub fn done(&self) -> u64 {
        match &self.inner {
            Inner::Parquet(_) => self.at,
            Inner::Ndjson(lines) => lines.bytes(),
            Inner::Csv(table) => table.bytes(),
        }
    }

    /// The next households; none at the end.
    ///
    /// # Errors
    /// When the file cannot be read on.
    pub fn next_chunk(&mut self) -> Result<Option<Chunk>, Error> {
        let broken = |e: &dyn std::fmt::Display| Error::profile(format!("the population cannot be read on: {e}"));
        let body = match &mut self.inner {
            Inner::Parquet(reader) => match reader.next() {
                None => None,
                Some(batch) => {
                    let batch = batch.map_err(|e| broken(&e))?;
                    Some((u32::try_from(batch.num_rows()).unwrap_or(u32::MAX), Body::Batch(batch)))
                }
            },
            Inner::Ndjson(lines) => lines
                .next_lines()?
                .map(|found| (u32::try_from(found.len()).unwrap_or(u32::MAX), Body::Lines(found, lines.encoding()))),
            Inner::Csv(table) => table.next_part()?.map(|part| (part.households(), Body::Table(part))),
        };
        let Some((rows, body)) = body else { return Ok(None) };
        let chunk = Chunk { first: self.at, rows, body };
        self.at = self.at.saturating_add(u64::from(rows));
        Ok(Some(chunk))
    }
}

impl Chunk {
    /// Reads the facts. A household that does not fit the vocabulary is left out and reported; `id` is the column of names.
    ///
    /// # Errors
    /// When a column as a whole does not fit.
    pub fn prepare(&self, schema: &Schema, kinds: Kinds, id: &str) -> Result<Prepared, Error> {
        match &self.body {
            Body::Batch(batch) => self.batch(schema, kinds, id, batch, &|row| self.first.saturating_add(row) + 1),
            Body::Lines(lines, encoding) => Ok(ndjson::prepare(schema, kinds, id, lines, *encoding, self.first)),
            Body::Table(part) => {
                let (batch, undecodable) = part.batch(schema, kinds)?;
                let mut prepared = self.batch(schema, kinds, id, &batch, &|row| part.line(row))?;
                prepared.rejects.extend(undecodable.into_iter().map(|row| Reject {
                    household: self.first.saturating_add(row),
                    line: part.line(row),
                    reason: "the text is in no encoding that is read: UTF-8 or GB18030".to_owned(),
                }));
                Ok(prepared)
            }
        }
    }

    fn batch(
        &self,
        schema: &Schema,
        kinds: Kinds,
        id: &str,
        batch: &RecordBatch,
        line: &dyn Fn(u64) -> u64,
    ) -> Result<Prepared, Error> {
        let options = arrow::Options { row: kinds.household, id: id.to_owned(), strict: false };
        let wrong = |e: arrow::ArrowError| Error::profile(e.to_string());
        let mut rows: Vec<u32> = (0..u32::try_from(batch.num_rows()).unwrap_or(u32::MAX)).collect();
        let mut rejects = Vec::new();
        let mut read = arrow::read(schema, batch, &options).map_err(wrong)?;
        let faults = read.faults(schema, usize::MAX);
        if let Some(whole) = faults.iter().find(|f| f.fault.row.is_none()) {
            return Err(Error::profile(whole.fault.to_string()));
        }
        if !faults.is_empty() {
            let mut reasons: std::collections::BTreeMap<u32, String> = std::collections::BTreeMap::new();
            for fault in faults {
                let text = format!("{}.{}: {}", fault.fault.table, fault.fault.column, fault.fault.message);
                reasons.entry(fault.row).or_insert_with(|| format!("{text} (expected: {})", fault.fault.expected));
            }
            rows.retain(|row| !reasons.contains_key(row));
            rejects.extend(reasons.into_iter().map(|(row, reason)| Reject {
                household: self.first.saturating_add(u64::from(row)),
                line: line(u64::from(row)),
                reason,
            }));
            let kept = parquet::taken(batch, &rows)?;
            read = arrow::read(schema, &kept, &options).map_err(wrong)?;
        }
        let households: Vec<u64> = rows.iter().map(|row| self.first.saturating_add(u64::from(*row))).collect();
        let columns = read.columns(schema).map_err(|f| Error::profile(f.to_string()))?;
        let names = named(read.ids(kinds.household), households.len(), &|at| {
            households.get(at).map_or_else(String::new, |h| h.saturating_add(1).to_string())
        });
        let people = if kinds.person == kinds.household {
            names.clone()
        } else {
            let places = seats(&columns, schema, kinds);
            let count = columns.units(kinds.person) as usize;
            named(read.ids(kinds.person), count, &|at| match places.get(at) {
                Some((household, place)) => {
                    format!("{}.{}", names.get(*household as usize).map_or("", String::as_str), place + 1)
                }
                None => String::new(),
            })
        };
        drop(columns);
        let ignored = read.ignored().to_vec();
        Ok(Prepared { holder: Holder::Batch(read), households, names, people, rejects, ignored })
    }
}

/// For each person the row of the household and the place in it.
fn seats(columns: &Columns<'_>, schema: &Schema, kinds: Kinds) -> Vec<(u32, u32)> {
    let mut seats = vec![(0, 0); columns.units(kinds.person) as usize];
    for id in schema.entity(kinds.household).map(|e| e.fields.as_slice()).unwrap_or_default() {
        if !schema.field(*id).is_some_and(|f| f.back.is_some()) {
            continue;
        }
        for row in 0..columns.rows(kinds.household) {
            let Some((items, _)) = columns.list(*id, row) else { continue };
            for (place, item) in (0u32..).zip(items) {
                if let Some(seat) = seats.get_mut(item.0 as usize) {
                    *seat = (row, place);
                }
            }
        }
    }
    seats
}

/// Names as texts, or others where there are none.
fn named(ids: Option<&arrow_array::ArrayRef>, count: usize, other: &dyn Fn(usize) -> String) -> Vec<String> {
    let texts: Option<Vec<Option<String>>> = ids.and_then(parquet::texts).filter(|t| t.len() == count);
    match texts {
        Some(texts) => texts.into_iter().enumerate().map(|(at, t)| t.unwrap_or_else(|| other(at))).collect(),
        None => (0..count).map(other).collect(),
    }
}

pub(super) fn io(path: &Path, e: std::io::Error) -> Error {
    Error::io(format!("{} cannot be read: {e}", path.display()), e)
}
