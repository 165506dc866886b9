//! Record batch -> columns.

use super::ArrowError;
use super::convert::{self, Misses};
use super::held::{Held, joined};
use super::layout::{enters, list_beside, points_back};
use crate::columns::{Builder, Columns, Fault};
use crate::ids::{EntityId, FieldId};
use crate::near::nearest;
use crate::schema::{FieldType, Schema};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, StructArray};
use arrow_buffer::NullBuffer;
use arrow_data::ArrayData;
use arrow_schema::{DataType, Fields};

/// How a batch is read.
#[derive(Clone, Debug)]
pub struct Options {
    /// The kind of record that a row is, see [`super::layout::row_of`].
    pub row: EntityId,
    /// The column that names a record, in rows and in lists of records that are matched. It is passed through.
    pub id: String,
    /// Whether a column that the vocabulary does not have is an error, or left out and listed in [`Batch::ignored`].
    pub strict: bool,
}

/// A record batch as columns. It holds on to the batch's buffers and lends them.
pub struct Batch {
    rows: u32,
    counts: Vec<u32>,
    units: Vec<u32>,
    columns: Vec<(FieldId, Held)>,
    ids: Vec<(EntityId, ArrayRef)>,
    /// Values that did not fit and were taken as unknown.
    misfits: Vec<Misfit>,
    ignored: Vec<String>,
    /// By part: kind of record, first row, rows, and where it is reached from.
    parts: Vec<Part>,
}

/// A row whose value does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The row of the batch it is in, however deep.
    pub row: u32,
    /// What is wrong and where.
    pub fault: Fault,
}

/// The records of one place of the batch: its rows, or the entries of one list.
struct Part {
    entity: EntityId,
    start: u32,
    rows: u32,
    /// The part that leads here, and for each of this part's records its row there, counted from that part's first; the same row
    /// where there is none, as for a struct.
    parent: Option<(usize, Option<Vec<u32>>)>,
}

impl std::fmt::Debug for Batch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Batch({} rows)", self.rows)
    }
}

/// Reads a batch. A value that does not fit its fact is taken as unknown and reported in [`Batch::misfits`]; nothing is checked
/// against declared ranges yet, [`Batch::columns`] does that.
///
/// # Errors
/// When a column has a type its fact cannot be read from, does not exist in the vocabulary (and `strict` is set), or its lists
/// lead nowhere.
pub fn read(schema: &Schema, batch: &RecordBatch, options: &Options) -> Result<Batch, ArrowError> {
    let rows = u32::try_from(batch.num_rows()).map_err(|_| ArrowError::limit("too many rows; give fewer at a time"))?;
    let kinds = schema.entities.len();
    let mut reader = Reader {
        schema,
        options,
        pieces: (0..schema.fields.len()).map(|_| Vec::new()).collect(),
        path: vec![options.row],
        names: Vec::new(),
        misses: Vec::new(),
        batch: Batch {
            rows,
            counts: vec![0; kinds],
            units: vec![0; kinds],
            columns: Vec::new(),
            ids: Vec::new(),
            misfits: Vec::new(),
            ignored: Vec::new(),
            parts: Vec::new(),
        },
    };
    let part = reader.part(options.row, rows, None)?;
    if let Some(units) = reader.batch.units.get_mut(options.row.index()) {
        *units = rows;
    }
    let source = Source { fields: batch.schema_ref().fields().clone(), arrays: batch.columns().to_vec(), valid: None };
    reader.records(part, &source, None)?;
    reader.finish()
}

/// What another program handed over, as a record batch. Lengths, offsets, keys and text are looked through first, all the way
/// down: nothing of it is trusted.
///
/// # Errors
/// When it is no struct, when the struct itself has nulls, or when something in it leads out of its memory.
pub fn checked(data: &ArrayData) -> Result<RecordBatch, ArrowError> {
    let wrong = |e: arrow_schema::ArrowError| ArrowError::layout("the batch", e.to_string());
    let data = mended(data).map_err(wrong)?.unwrap_or_else(|| data.clone());
    data.validate_full().map_err(wrong)?;
    if !matches!(data.data_type(), DataType::Struct(_)) || data.null_count() > 0 {
        return Err(ArrowError::Type {
            column: "the batch".to_owned(),
            found: shown(data.data_type()),
            expected: "a struct without nulls, a column a fact".to_owned(),
        });
    }
    Ok(RecordBatch::from(StructArray::from(data)))
}

/// The same with arrays that have no rows and no offsets made anew: the columnar format allows that, as Arrow for Java writes them, and
/// what stands in the place of the offsets must not be read. None where there is nothing to mend.
fn mended(data: &ArrayData) -> Result<Option<ArrayData>, arrow_schema::ArrowError> {
    if data.is_empty() {
        let begins = data.buffers().first().is_none_or(|offsets| offsets.iter().take(8).all(|byte| *byte == 0));
        let mut fine = begins;
        for child in data.child_data() {
            fine &= child.is_empty() && mended(child)?.is_none();
        }
        return Ok((!fine).then(|| ArrayData::new_empty(data.data_type())));
    }
    let children = data.child_data().iter().map(mended).collect::<Result<Vec<_>, _>>()?;
    if children.iter().all(Option::is_none) {
        return Ok(None);
    }
    let children = children.into_iter().zip(data.child_data());
    let children = children.map(|(mended, child)| mended.unwrap_or_else(|| child.clone())).collect();
    data.clone().into_builder().child_data(children).build().map(Some)
}

impl Batch {
    /// How many rows the record batch has.
    #[must_use]
    pub const fn rows(&self) -> u32 {
        self.rows
    }

    /// The column that names the records of a kind, one for each that is matched; none where the batch has none.
    #[must_use]
    pub fn ids(&self, entity: EntityId) -> Option<&ArrayRef> {
        self.ids.iter().find(|(e, _)| *e == entity).map(|(_, ids)| ids)
    }

    /// Values that do not fit their facts; they were taken as unknown.
    #[must_use]
    pub fn misfits(&self) -> &[Misfit] {
        &self.misfits
    }

    /// Columns that the vocabulary does not have.
    #[must_use]
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }

    /// The columns, checked against what is declared.
    ///
    /// # Errors
    /// The first value that does not fit.
    pub fn columns<'a>(&'a self, schema: &'a Schema) -> Result<Columns<'a>, Fault> {
        if let Some(misfit) = self.misfits.first() {
            return Err(misfit.fault.clone());
        }
        self.builder(schema).build()
    }

    /// Everything that does not fit, with the row of the batch it is in: [`Batch::misfits`], and values outside what is declared.
    #[must_use]
    pub fn faults(&self, schema: &Schema, limit: usize) -> Vec<Misfit> {
        let found = self.builder(schema).faults(limit).into_iter().map(|fault| {
            let entity = fault.field.and_then(|f| schema.field(f)).map(|f| f.entity);
            let row = entity.zip(fault.row).map_or(0, |(e, row)| self.row_of(e, row));
            Misfit { row, fault }
        });
        self.misfits.iter().cloned().chain(found).take(limit).collect()
    }

    /// The row of the batch that a record is in.
    #[must_use]
    pub fn row_of(&self, entity: EntityId, row: u32) -> u32 {
        let holds = |p: &&Part| p.entity == entity && (p.start..p.start.saturating_add(p.rows)).contains(&row);
        let Some(mut part) = self.parts.iter().find(holds) else { return row };
        let mut at = row.saturating_sub(part.start);
        while let Some((parent, rows)) = &part.parent {
            if let Some(rows) = rows {
                at = rows.get(at as usize).copied().unwrap_or(0);
            }
            let Some(next) = self.parts.get(*parent) else { break };
            part = next;
        }
        at
    }

    fn builder<'a>(&'a self, schema: &'a Schema) -> Builder<'a> {
        let mut builder = Builder::new(schema);
        for ((entity, rows), units) in (0..).map(EntityId).zip(&self.counts).zip(&self.units) {
            builder = builder.table_of(entity, *rows, *units);
        }
        self.columns.iter().fold(builder, |b, (id, held)| match held.lend() {
            Some(column) => b.column(*id, column),
            None => b,
        })
    }
}

/// Named columns: a batch's, or a struct's.
struct Source {
    fields: Fields,
    arrays: Vec<ArrayRef>,
    /// Where the struct itself is not null.
    valid: Option<NullBuffer>,
}

impl Source {
    fn get(&self, name: &str) -> Option<&ArrayRef> {
        self.fields.iter().position(|f| f.name() == name).and_then(|at| self.arrays.get(at))
    }
}

struct Reader<'r> {
    schema: &'r Schema,
    options: &'r Options,
    pieces: Vec<Vec<(usize, usize, Held)>>,
    path: Vec<EntityId>,
    names: Vec<String>,
    misses: Vec<(usize, FieldId, Misses)>,
    batch: Batch,
}

impl Reader<'_> {
    fn at(&self, name: &str) -> String {
        let mut path = self.names.clone();
        path.push(name.to_owned());
        path.join(".")
    }

    fn part(
        &mut self,
        entity: EntityId,
        rows: u32,
        parent: Option<(usize, Option<Vec<u32>>)>,
    ) -> Result<usize, ArrowError> {
        let count = self.batch.counts.get_mut(entity.index());
        let Some(count) = count else { return Err(ArrowError::layout("", "there is no such kind of record")) };
        let start = *count;
        // Offsets are 32-bit with a sign.
        let all = start.checked_add(rows).filter(|n| i32::try_from(*n).is_ok());
        *count = all.ok_or_else(|| ArrowError::layout("", "too many records in one batch"))?;
        self.batch.parts.push(Part { entity, start, rows, parent });
        Ok(self.batch.parts.len().saturating_sub(1))
    }

    fn give(&mut self, part: usize, id: FieldId, held: Held) {
        let Some(part) = self.batch.parts.get(part) else { return };
        if let Some(pieces) = self.pieces.get_mut(id.index()) {
            pieces.push((part.start as usize, part.rows as usize, held));
        }
    }

    /// The facts of the records of a part. `through` is the fact that leads to it.
    fn records(&mut self, part: usize, source: &Source, through: Option<FieldId>) -> Result<(), ArrowError> {
        let Some((entity, start, rows)) = self.batch.parts.get(part).map(|p| (p.entity, p.start, p.rows)) else {
            return Ok(());
        };
        let mut ids = self.schema.entity(entity).map(|e| e.fields.clone()).unwrap_or_default();
        // Those that are matched come first in their table, so linked lists are read before others of the same kind.
        ids.sort_by_key(|id| !self.schema.field(*id).is_some_and(|f| f.back.is_some()));
        let mut used = vec![false; source.fields.len()];
        if let Some(names) = source.get(&self.options.id).filter(|_| start == 0 && self.schema.is_root(entity)) {
            self.batch.ids.push((entity, names.clone()));
        }
        mark(&mut used, source, &self.options.id);
        let mut positions = Vec::new();
        for id in ids {
            let Some(field) = self.schema.field(id) else { continue };
            let spellings = [&field.name.id, &field.name.zh].into_iter().chain(&field.was);
            let Some(name) = spellings.into_iter().find(|n| source.get(n).is_some()) else { continue };
            let Some(array) = source.get(name).cloned() else { continue };
            let beside = |suffix: &str| source.get(&format!("{name}__{suffix}")).cloned();
            mark(&mut used, source, name);
            mark(&mut used, source, &format!("{name}__complete"));
            mark(&mut used, source, &format!("{name}__not"));
            if array.len() != rows as usize {
                return Err(ArrowError::layout(&self.at(name), format!("{} rows instead of {rows}", array.len())));
            }
            if points_back(self.schema, id, through) {
                self.batch.ignored.push(self.at(name));
                continue;
            }
            let wrong = |expected: &str| ArrowError::Type {
                column: self.at(name),
                found: shown(array.data_type()),
                expected: expected.to_owned(),
            };
            let mut misses = Vec::new();
            match field.ty {
                FieldType::Record(_) if list_beside(self.schema, id).is_some() => {
                    let places = convert::places(&array).ok_or_else(|| wrong("the place in the list, an integer"))?;
                    positions.push((id, places));
                }
                FieldType::Record(of) => {
                    let Some(inner) = array.as_struct_opt() else { return Err(wrong(convert::accepted(field.ty))) };
                    let source = Source {
                        fields: inner.fields().clone(),
                        arrays: inner.columns().to_vec(),
                        valid: inner.nulls().cloned(),
                    };
                    self.inner(part, id, of, &source, rows)?;
                }
                FieldType::List(of) => {
                    let Some((offsets, items)) = convert::list(&array) else {
                        return Err(wrong(convert::accepted(field.ty)));
                    };
                    let complete = match beside("complete") {
                        None => None,
                        Some(flags) => Some(convert::complete(&flags).ok_or_else(|| wrong("Boolean beside it"))?),
                    };
                    let known = array.logical_nulls();
                    self.list(part, id, of, (offsets, items), (complete, known), rows)?;
                }
                FieldType::Set(e) => {
                    let Some(holds) = convert::set(self.schema, e, &array, &mut misses) else {
                        return Err(wrong(convert::accepted(field.ty)));
                    };
                    let lacks = match beside("not") {
                        None => None,
                        Some(not) => Some(
                            convert::set(self.schema, e, &not, &mut misses)
                                .ok_or_else(|| wrong("a list of text beside it"))?,
                        ),
                    };
                    let complete = match beside("complete") {
                        None => None,
                        Some(flags) => Some(convert::complete(&flags).ok_or_else(|| wrong("Boolean beside it"))?),
                    };
                    self.give(part, id, Held::Set { holds, lacks, complete, known: array.logical_nulls() });
                }
                _ => {
                    let Some(held) = convert::scalar(self.schema, field, &array, &mut misses) else {
                        return Err(wrong(convert::accepted(field.ty)));
                    };
                    self.give(part, id, held);
                }
            }
            // What stands inside a struct that is null is not there.
            misses.retain(|(row, _)| source.valid.as_ref().is_none_or(|v| v.is_valid(*row)));
            if !misses.is_empty() {
                self.misses.push((part, id, misses));
            }
        }
        for (id, places) in positions {
            self.position(part, id, &places);
        }
        self.unknown(entity, source, &used)
    }

    fn unknown(&mut self, entity: EntityId, source: &Source, used: &[bool]) -> Result<(), ArrowError> {
        for (field, _) in source.fields.iter().zip(used).filter(|(_, used)| !**used) {
            let column = self.at(field.name());
            if self.options.strict {
                let names = self.schema.entity(entity).map(|e| e.fields.as_slice()).unwrap_or_default();
                let names: Vec<&str> =
                    names.iter().filter_map(|f| self.schema.field(*f)).map(|f| f.name.id.as_str()).collect();
                let help = nearest(field.name(), names.iter().copied()).map(|n| format!("did you mean `{n}`?"));
                return Err(ArrowError::Unknown { column, help });
            }
            self.batch.ignored.push(column);
        }
        Ok(())
    }

    /// A record in a struct: one for each row.
    fn inner(&mut self, part: usize, id: FieldId, of: EntityId, source: &Source, rows: u32) -> Result<(), ArrowError> {
        if !enters(&self.path, of, false) {
            return Ok(());
        }
        let child = self.part(of, rows, Some((part, None)))?;
        let start = self.batch.parts.get(child).map_or(0, |p| p.start);
        let targets = (start..start.saturating_add(rows)).collect();
        self.give(part, id, Held::Record(targets, source.valid.clone()));
        self.below(child, id, of, source)
    }

    fn list(
        &mut self,
        part: usize,
        id: FieldId,
        of: EntityId,
        (offsets, items): (Vec<i64>, ArrayRef),
        (complete, known): (Option<arrow_buffer::BooleanBuffer>, Option<NullBuffer>),
        rows: u32,
    ) -> Result<(), ArrowError> {
        if !enters(&self.path, of, true) {
            return Ok(());
        }
        let name = self.schema.field(id).map_or("", |f| f.name.id.as_str()).to_owned();
        let layout = |message: &str| ArrowError::layout(&name, message);
        let (Some(first), Some(last)) = (offsets.first().copied(), offsets.last().copied()) else {
            return Err(layout("a list without offsets"));
        };
        let falls = offsets.windows(2).any(|w| matches!(w, [a, b] if a > b));
        let from = usize::try_from(first).map_err(|_| layout("its offsets are below zero"))?;
        let to = usize::try_from(last).map_err(|_| layout("its offsets are below zero"))?;
        if falls || to > items.len() || offsets.len() != (rows as usize).saturating_add(1) {
            return Err(layout("its offsets fall, or lead out of its entries"));
        }
        let items = items.slice(from, to.saturating_sub(from));
        let Some(entries) = items.as_struct_opt() else {
            return Err(ArrowError::Type {
                column: self.at(&name),
                found: format!("a list of {}", shown(items.data_type())),
                expected: convert::accepted(FieldType::List(of)).to_owned(),
            });
        };
        if entries.nulls().is_some_and(|n| n.null_count() > 0) {
            return Err(layout("an entry is null; say `NAME__complete: false` where there may be more"));
        }
        let count = u32::try_from(entries.len()).map_err(|_| layout("too many entries"))?;
        let mut owners = vec![0u32; entries.len()];
        for (row, pair) in (0u32..).zip(offsets.windows(2)) {
            let [a, b] = pair else { continue };
            let span = |o: i64| usize::try_from(o.saturating_sub(first)).unwrap_or(0);
            owners.iter_mut().take(span(*b)).skip(span(*a)).for_each(|owner| *owner = row);
        }
        let child = self.part(of, count, Some((part, Some(owners.clone()))))?;
        let start = self.batch.parts.get(child).map_or(0, |p| p.start);
        let field = self.schema.field(id);
        let linked = field.is_some_and(|f| f.back.is_some());
        if linked
            && start == 0
            && let Some(units) = self.batch.units.get_mut(of.index())
        {
            *units = count;
        }
        let place =
            |o: i64| i32::try_from(o.saturating_sub(first).saturating_add(i64::from(start))).unwrap_or(i32::MAX);
        let starts: Vec<i32> = offsets.iter().take(rows as usize).map(|o| place(*o)).collect();
        let ends: Vec<i32> = offsets.iter().skip(1).map(|o| place(*o)).collect();
        // Members know their home: the row of the list they stand in.
        if let Some(back) = field.and_then(|f| f.back) {
            let base = self.batch.parts.get(part).map_or(0, |p| p.start);
            let home = owners.iter().map(|o| base.saturating_add(*o)).collect();
            if matches!(self.schema.field(back).map(|f| f.ty), Some(FieldType::Record(_))) {
                self.give(child, back, Held::Record(home, None));
            }
        }
        self.give(part, id, Held::List { starts: starts.into(), ends: ends.into(), complete, known });
        let source = Source { fields: entries.fields().clone(), arrays: entries.columns().to_vec(), valid: None };
        self.below(child, id, of, &source)
    }

    fn below(&mut self, child: usize, id: FieldId, of: EntityId, source: &Source) -> Result<(), ArrowError> {
        self.path.push(of);
        self.names.push(self.schema.field(id).map_or_else(String::new, |f| f.name.id.clone()));
        let result = self.records(child, source, Some(id));
        self.path.pop();
        self.names.pop();
        result
    }

    /// A record fact that is one of the list beside it, given by its place there.
    fn position(&mut self, part: usize, id: FieldId, places: &[Option<u32>]) {
        let start = self.batch.parts.get(part).map_or(0, |p| p.start as usize);
        let list = list_beside(self.schema, id).and_then(|l| self.pieces.get(l.index()));
        let found = list.and_then(|pieces| pieces.iter().find(|(at, _, _)| *at == start));
        let Some((_, _, Held::List { starts, ends, known, .. })) = found else { return };
        let mut misses = Vec::new();
        let mut targets = Vec::with_capacity(places.len());
        let mut valid = Vec::with_capacity(places.len());
        for (row, place) in places.iter().enumerate() {
            let given = known.as_ref().is_none_or(|n| n.is_valid(row));
            let span = starts.get(row).zip(ends.get(row)).filter(|_| given);
            let target = place.zip(span).and_then(|(place, (from, to))| {
                let target = u32::try_from(*from).ok()?.checked_add(place)?;
                (i64::from(target) < i64::from(*to)).then_some(target)
            });
            if place.is_some() && target.is_none() {
                misses.push((row, "a place that the list does not have"));
            }
            targets.push(target.unwrap_or(0));
            valid.push(target.is_some());
        }
        if !misses.is_empty() {
            self.misses.push((part, id, misses));
        }
        self.give(part, id, Held::Record(targets, Some(NullBuffer::from(valid))));
    }

    fn finish(self) -> Result<Batch, ArrowError> {
        let Self { schema, pieces, misses, mut batch, .. } = self;
        for (id, pieces) in (0..).map(FieldId).zip(pieces).filter(|(_, pieces)| !pieces.is_empty()) {
            let entity = schema.field(id).map_or(EntityId(0), |f| f.entity);
            let rows = batch.counts.get(entity.index()).copied().unwrap_or(0);
            if let Some(held) = joined(pieces, rows as usize) {
                batch.columns.push((id, held));
            }
        }
        for (part, id, misses) in misses {
            let Some(start) = batch.parts.get(part).map(|p| (p.entity, p.start)) else { continue };
            for (row, message) in misses {
                let at = start.1.saturating_add(u32::try_from(row).unwrap_or(u32::MAX));
                let fault = Fault::of(schema, id, Some(at as usize), message);
                batch.misfits.push(Misfit { row: batch.row_of(start.0, at), fault });
            }
        }
        Ok(batch)
    }
}

fn mark(used: &mut [bool], source: &Source, name: &str) {
    for (used, field) in used.iter_mut().zip(source.fields.iter()) {
        *used |= field.name() == name;
    }
}

/// A type in a line.
fn shown(ty: &DataType) -> String {
    match ty {
        DataType::Struct(_) => "a struct".to_owned(),
        DataType::List(item) | DataType::LargeList(item) => format!("a list of {}", shown(item.data_type())),
        other => other.to_string(),
    }
}
