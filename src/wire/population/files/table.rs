//! CSV: a line a person, columns as text, put together to the same record batches that Parquet has.

use super::lines::{Encoding, sniff};
use super::{Kinds, io};
use crate::error::Error;
use crate::schema::{FieldType, Schema};
use crate::wire::arrow::layout::list_beside_any;
use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::{ArrayRef, BooleanArray, ListArray, RecordBatch, StringArray, StructArray, UInt32Array};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType, Field, Fields};
use csv::ByteRecord;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The most people that one household may have; further ones begin another.
const PEOPLE: usize = 1_000;

/// A CSV file that is being read.
pub(super) struct Table {
    path: PathBuf,
    reader: csv::Reader<BufReader<File>>,
    encoding: Encoding,
    header: Arc<Vec<String>>,
    /// The column that groups people to households.
    group: Option<usize>,
    size: usize,
    /// The first person of the next household, which ended the last one.
    ahead: Option<(u64, ByteRecord)>,
}

/// Some households: their people as they stand.
pub(super) struct Part {
    header: Arc<Vec<String>>,
    encoding: Encoding,
    grouped: bool,
    /// Each with its line.
    people: Vec<(u64, ByteRecord)>,
    /// The first person of each household, and one past the last.
    starts: Vec<usize>,
}

impl Table {
    pub(super) fn open(path: &Path, size: usize) -> Result<(Self, u64), Error> {
        let encoding = sniff(path)?;
        let file = File::open(path).map_err(|e| io(path, e))?;
        let total = file.metadata().map_or(0, |m| m.len());
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(BufReader::with_capacity(1 << 18, file));
        let wrong = |e: &dyn std::fmt::Display| Error::profile(format!("{} is not CSV: {e}", path.display()));
        let header = reader.byte_headers().map_err(|e| wrong(&e))?;
        let header: Option<Vec<String>> = header
            .iter()
            .map(|name| Some(encoding.decode(name)?.trim_start_matches('\u{feff}').trim().to_owned()))
            .collect();
        let header = header.ok_or_else(|| wrong(&"its first line is neither UTF-8 nor GB18030"))?;
        let group = header.iter().position(|name| name == "household");
        Ok((
            Self { path: path.to_owned(), reader, encoding, header: Arc::new(header), group, size, ahead: None },
            total,
        ))
    }

    pub(super) fn bytes(&self) -> u64 {
        self.reader.position().byte()
    }

    pub(super) fn next_part(&mut self) -> Result<Option<Part>, Error> {
        let mut part = Part {
            header: Arc::clone(&self.header),
            encoding: self.encoding,
            grouped: self.group.is_some(),
            people: Vec::new(),
            starts: Vec::new(),
        };
        while let Some((line, record)) = self.next_person()? {
            let same = match (self.group, part.people.last()) {
                (Some(at), Some((_, last))) => last.get(at).is_some_and(|id| Some(id) == record.get(at)),
                _ => false,
            };
            let begun = part.starts.last().map_or(0, |s| part.people.len().saturating_sub(*s));
            if !same || begun >= PEOPLE {
                if part.starts.len() >= self.size {
                    self.ahead = Some((line, record));
                    break;
                }
                part.starts.push(part.people.len());
            }
            part.people.push((line, record));
        }
        if part.people.is_empty() {
            return Ok(None);
        }
        part.starts.push(part.people.len());
        Ok(Some(part))
    }

    fn next_person(&mut self) -> Result<Option<(u64, ByteRecord)>, Error> {
        if let Some(ahead) = self.ahead.take() {
            return Ok(Some(ahead));
        }
        let mut record = ByteRecord::new();
        let line = self.reader.position().line();
        let more = self.reader.read_byte_record(&mut record);
        let more = more.map_err(|e| Error::profile(format!("{} cannot be read on: {e}", self.path.display())))?;
        let line = record.position().map_or(line, csv::Position::line);
        Ok(more.then_some((line, record)))
    }
}

impl Part {
    pub(super) fn households(&self) -> u32 {
        u32::try_from(self.starts.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// The line of a household's first person.
    pub(super) fn line(&self, household: u64) -> u64 {
        let start = usize::try_from(household).ok().and_then(|h| self.starts.get(h));
        start.and_then(|s| self.people.get(*s)).map_or(0, |(line, _)| *line)
    }

    /// As a record batch with text in every column, and the households whose text could not be decoded.
    pub(super) fn batch(&self, schema: &Schema, kinds: Kinds) -> Result<(RecordBatch, Vec<u64>), Error> {
        let mut fields: Vec<Field> = Vec::new();
        let mut arrays: Vec<ArrayRef> = Vec::new();
        let mut undecodable = std::collections::BTreeSet::new();
        let firsts: Vec<usize> = self.starts.iter().copied().take(self.households() as usize).collect();
        let everyone: Vec<usize> = (0..self.people.len()).collect();
        let mut members: (Vec<Field>, Vec<ArrayRef>) = (Vec::new(), Vec::new());
        let alone = kinds.person == kinds.household;
        for (column, name) in self.header.iter().enumerate() {
            let of_home = name.strip_prefix("household.");
            let (entity, fact, rows) = match of_home {
                Some(fact) => (kinds.household, fact, &firsts),
                None if alone => (kinds.household, name.as_str(), &firsts),
                None => (kinds.person, name.as_str(), &everyone),
            };
            let is_set = schema
                .field_named(entity, fact)
                .and_then(|id| schema.field(id))
                .is_some_and(|f| matches!(f.ty, FieldType::Set(_)));
            let cells = self.cells(column, rows, &mut undecodable);
            let array: ArrayRef = if is_set { sets(&cells) } else { Arc::new(StringArray::from(cells)) };
            let array_field = |name: &str| Field::new(name, array.data_type().clone(), true);
            if name == "household" && !alone {
                fields.push(array_field("id"));
                arrays.push(Arc::new(StringArray::from(self.cells(column, &firsts, &mut undecodable))));
            } else if of_home.is_some() || alone {
                fields.push(array_field(fact));
                arrays.push(array);
            } else {
                members.0.push(array_field(fact));
                members.1.push(array);
            }
        }
        let list = list_beside_any(schema, kinds.household, kinds.person);
        if let Some((list, applicant)) = list.filter(|_| !alone) {
            let wrong = |e: arrow_schema::ArrowError| Error::profile(e.to_string());
            let inner: Fields = members.0.into();
            let offsets: Vec<i32> = self.starts.iter().map(|s| i32::try_from(*s).unwrap_or(i32::MAX)).collect();
            let structs =
                StructArray::try_new_with_length(inner.clone(), members.1, None, self.people.len()).map_err(wrong)?;
            let item = Arc::new(Field::new("item", DataType::Struct(inner), false));
            let array =
                ListArray::try_new(Arc::clone(&item), OffsetBuffer::new(offsets.into()), Arc::new(structs), None)
                    .map_err(wrong)?;
            fields.push(Field::new(list.as_str(), DataType::List(item), true));
            arrays.push(Arc::new(array));
            // Who else lives there is only said where lines are grouped.
            fields.push(Field::new(format!("{list}__complete"), DataType::Boolean, true));
            arrays.push(Arc::new(BooleanArray::from(vec![self.grouped; firsts.len()])));
            if let Some(applicant) = applicant {
                fields.push(Field::new(applicant, DataType::UInt32, true));
                arrays.push(Arc::new(UInt32Array::from(vec![0; firsts.len()])));
            }
        }
        let batch = RecordBatch::try_new(Arc::new(arrow_schema::Schema::new(fields)), arrays)
            .map_err(|e| Error::profile(e.to_string()))?;
        Ok((batch, undecodable.into_iter().collect()))
    }

    /// One column's texts for some people; empty cells are nothing.
    fn cells(
        &self,
        column: usize,
        rows: &[usize],
        undecodable: &mut std::collections::BTreeSet<u64>,
    ) -> Vec<Option<String>> {
        let mut cells = Vec::with_capacity(rows.len());
        for row in rows {
            let cell = self.people.get(*row).and_then(|(_, record)| record.get(column)).unwrap_or_default();
            let text = self.encoding.decode(cell);
            if text.is_none() {
                let household = self.starts.partition_point(|s| s <= row).saturating_sub(1);
                undecodable.insert(household as u64);
            }
            cells.push(text.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()));
        }
        cells
    }
}

/// Values of sets: `a;b`, or `none`.
fn sets(cells: &[Option<String>]) -> ArrayRef {
    let item = Field::new("item", DataType::Utf8, false);
    let mut lists = ListBuilder::new(StringBuilder::new()).with_field(item);
    for cell in cells {
        for value in cell.iter().flat_map(|c| c.split(';')).map(str::trim) {
            if !value.is_empty() && value != "none" && value != "无" {
                lists.values().append_value(value);
            }
        }
        lists.append(cell.is_some());
    }
    Arc::new(lists.finish())
}
