//! Parquet in and out.

use super::io;
use crate::error::Error;
use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, BooleanArray, RecordBatch};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Opens a file and says how many rows it has.
pub(super) fn open(path: &Path, size: usize) -> Result<(ParquetRecordBatchReader, u64), Error> {
    let file = File::open(path).map_err(|e| io(path, e))?;
    let wrong = |e: parquet::errors::ParquetError| Error::profile(format!("{} is not Parquet: {e}", path.display()));
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

/// A Parquet file that is being written. It has its name only when it is whole: until then it is called `NAME.part`.
pub struct ParquetSink {
    writer: Option<ArrowWriter<BufWriter<File>>>,
    part: PathBuf,
    path: PathBuf,
    rows: u64,
}

impl ParquetSink {
    /// Begins a file with the columns of a batch.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn create(path: &Path, schema: &Arc<arrow_schema::Schema>) -> Result<Self, Error> {
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let file = File::create(&part).map_err(|e| written(&part, &e))?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(1 << 17))
            .build();
        let writer =
            ArrowWriter::try_new(BufWriter::with_capacity(1 << 18, file), Arc::clone(schema), Some(properties))
                .map_err(|e| written(&part, &e))?;
        Ok(Self { writer: Some(writer), part, path: path.to_owned(), rows: 0 })
    }

    /// Writes rows.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let Some(writer) = &mut self.writer else { return Ok(()) };
        writer.write(batch).map_err(|e| written(&self.part, &e))?;
        self.rows = self.rows.saturating_add(batch.num_rows() as u64);
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
        if let Some(writer) = self.writer.take() {
            let _ = writer.close().map_err(|e| written(&self.part, &e))?;
        }
        std::fs::rename(&self.part, &self.path).map_err(|e| written(&self.path, &e))?;
        Ok(self.rows)
    }
}

pub(in crate::wire::population) fn written(path: &Path, e: &dyn std::fmt::Display) -> Error {
    Error::profile(format!("{} cannot be written: {e}", path.display()))
}
