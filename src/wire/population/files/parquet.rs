//! Parquet in and out.

use super::io;
use crate::error::Error;
use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, BooleanArray, RecordBatch};
use arrow_schema::Schema;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::arrow::arrow_writer::{ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;
use rayon::prelude::*;
use std::fs;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Opens a file and says how many rows it has.
pub(super) fn open(path: &Path, size: usize) -> Result<(ParquetRecordBatchReader, u64), Error> {
    let file = fs::File::open(path).map_err(|e| io(path, e))?;
    let wrong = |e: ParquetError| Error::profile(format!("{} is not Parquet: {e}", path.display()));
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(wrong)?;
    let rows = u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0);
    Ok((builder.with_batch_size(size).build().map_err(wrong)?, rows))
}

/// The rows of a batch at these places, which rise.
pub(super) fn taken(batch: &RecordBatch, rows: &[u32]) -> Result<RecordBatch, Error> {
    let mut keep = vec![false; batch.num_rows()];
    for row in rows {
        if let Some(flag) = keep.get_mut(*row as usize) {
            *flag = true;
        }
    }
    arrow_select::filter::filter_record_batch(batch, &BooleanArray::from(keep))
        .map_err(|e| Error::profile(e.to_string()))
}

/// Names, whatever type they have.
pub(super) fn texts(ids: &ArrayRef) -> Option<Vec<Option<String>>> {
    use arrow_array::types::{Int32Type, Int64Type, UInt32Type, UInt64Type};
    if let Some(texts) = ids.as_string_opt::<i32>() {
        return Some(texts.iter().map(|t| t.map(str::to_owned)).collect());
    }
    if let Some(texts) = ids.as_string_opt::<i64>() {
        return Some(texts.iter().map(|t| t.map(str::to_owned)).collect());
    }
    if let Some(texts) = ids.as_string_view_opt() {
        return Some(texts.iter().map(|t| t.map(str::to_owned)).collect());
    }
    macro_rules! numbers {
        ($($ty:ident),*) => {$(
            if let Some(numbers) = ids.as_primitive_opt::<$ty>() {
                return Some(numbers.iter().map(|n| n.map(|n| n.to_string())).collect());
            }
        )*};
    }
    numbers!(Int64Type, Int32Type, UInt64Type, UInt32Type);
    None
}

/// Rows of a group of a file.
const GROUP: usize = 1 << 17;

type File = SerializedFileWriter<BufWriter<fs::File>>;

/// A Parquet file that is being written, its columns side by side on every core. It has its name only when it is whole: until then it
/// is called `NAME.part`.
pub struct ParquetSink {
    file: File,
    groups: ArrowRowGroupWriterFactory,
    schema: Arc<Schema>,
    /// Of the group that is being written: each column's writers, one for each kind of value in it. None before its first row.
    columns: Vec<Vec<ArrowColumnWriter>>,
    begun: usize,
    finished: usize,
    part: PathBuf,
    path: PathBuf,
    rows: u64,
}

impl ParquetSink {
    /// Begins a file with the columns of a batch.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn create(path: &Path, schema: &Arc<Schema>) -> Result<Self, Error> {
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let file = fs::File::create(&part).map_err(|e| written(&part, &e))?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            // Hundreds of columns of one bit a row: what is said of each page would be longer than the page.
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_write_batch_size(1 << 13)
            // Names differ from row to row: to look for those that came before takes time and finds few.
            .set_column_dictionary_enabled(ColumnPath::from("id"), false)
            .set_column_dictionary_enabled(ColumnPath::from("household"), false)
            .build();
        let file = BufWriter::with_capacity(1 << 18, file);
        let writer = ArrowWriter::try_new(file, Arc::clone(schema), Some(properties));
        let (file, groups) = writer.and_then(ArrowWriter::into_serialized_writer).map_err(|e| written(&part, &e))?;
        let schema = Arc::clone(schema);
        Ok(Self {
            file,
            groups,
            schema,
            columns: Vec::new(),
            begun: 0,
            finished: 0,
            part,
            path: path.to_owned(),
            rows: 0,
        })
    }

    /// Writes rows.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let mut from = 0;
        while from < batch.num_rows() {
            let count = (batch.num_rows() - from).min(GROUP.saturating_sub(self.begun));
            self.add(&batch.slice(from, count)).map_err(|e| written(&self.part, &e))?;
            from += count;
            if self.begun >= GROUP {
                self.finish_group().map_err(|e| written(&self.part, &e))?;
            }
        }
        self.rows = self.rows.saturating_add(batch.num_rows() as u64);
        Ok(())
    }

    /// Adds rows to the group.
    fn add(&mut self, batch: &RecordBatch) -> Result<(), ParquetError> {
        let fields = self.schema.fields();
        if self.begun == 0 {
            let mut writers = self.groups.create_column_writers(self.finished)?.into_iter();
            self.columns.clear();
            for field in fields {
                let values = compute_leaves(field, &arrow_array::new_empty_array(field.data_type()))?.len();
                self.columns.push(writers.by_ref().take(values).collect());
            }
        }
        let columns = self.columns.par_iter_mut().zip(fields.par_iter()).zip(batch.columns());
        columns.try_for_each(|((writers, field), array)| {
            writers.iter_mut().zip(compute_leaves(field, array)?).try_for_each(|(writer, values)| writer.write(&values))
        })?;
        self.begun += batch.num_rows();
        Ok(())
    }

    fn finish_group(&mut self) -> Result<(), ParquetError> {
        let columns = std::mem::take(&mut self.columns);
        let chunks: Result<Vec<_>, ParquetError> =
            columns.into_par_iter().flatten().map(ArrowColumnWriter::close).collect();
        let mut group = self.file.next_row_group()?;
        for chunk in chunks? {
            chunk.append_to_row_group(&mut group)?;
        }
        group.close()?;
        (self.begun, self.finished) = (0, self.finished + 1);
        Ok(())
    }

    /// Copies the rows of another file with the same columns.
    ///
    /// # Errors
    /// When that cannot be read, or this cannot be written.
    pub fn copy(&mut self, from: &Path) -> Result<(), Error> {
        let (reader, _) = open(from, 1 << 13)?;
        for batch in reader {
            let batch = batch.map_err(|e| Error::profile(format!("{} cannot be read on: {e}", from.display())))?;
            self.write(&batch)?;
        }
        Ok(())
    }

    /// How many rows were written.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// Completes the file and gives it its name.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn close(mut self) -> Result<u64, Error> {
        if self.begun > 0 {
            self.finish_group().map_err(|e| written(&self.part, &e))?;
        }
        let _ = self.file.close().map_err(|e| written(&self.part, &e))?;
        fs::rename(&self.part, &self.path).map_err(|e| written(&self.path, &e))?;
        Ok(self.rows)
    }
}

pub(in crate::wire::population) fn written(path: &Path, e: &dyn std::fmt::Display) -> Error {
    Error::profile(format!("{} cannot be written: {e}", path.display()))
}
