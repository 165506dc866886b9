//! Verdicts -> record batch.

use super::ArrowError;
use crate::engine::Rules;
use crate::ids::PolicyId;
use crate::verdict::rows::Planes;
use crate::why::codes::Code;
use arrow_array::{Array, ArrayRef, BooleanArray, ListArray, RecordBatch, StringArray, UInt32Array};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, Field, Schema};
use std::sync::Arc;

/// The verdicts of some rows: `id` where names are given, then a nullable `Boolean` for each policy under its identifier. True is
/// eligible, false is ineligible, null is undetermined. Policies that are not in force have no column.
///
/// # Errors
/// When the names are not as many as the rows.
pub fn verdicts(rules: &Rules, planes: &Planes, ids: Option<&ArrayRef>) -> Result<RecordBatch, ArrowError> {
    let rows = planes.rows().len();
    let mut fields = Vec::new();
    let mut columns: Vec<ArrayRef> = Vec::new();
    if let Some(ids) = ids {
        fields.push(Field::new("id", ids.data_type().clone(), true));
        columns.push(ids.clone());
    }
    for (at, policy) in planes.policies().iter().enumerate() {
        let name = rules.model().policies.get(policy.index()).map_or("", |p| p.name.id.as_str());
        fields.push(Field::new(name, DataType::Boolean, true));
        columns.push(Arc::new(verdict(planes, at, rows)));
    }
    let schema = Arc::new(Schema::new(fields));
    RecordBatch::try_new(schema, columns).map_err(|e| ArrowError::layout("id", e.to_string()))
}

/// Verdicts with another column, `reasons`: for each row the codes of the conditions behind its verdicts, see
/// [`crate::why::codes`] and [`dictionary`]. `ends` is where each row's codes end, after a 0.
///
/// # Errors
/// When the ends are not one more than the rows, do not rise, or go past the codes.
pub fn with_reasons(verdicts: &RecordBatch, codes: &[Code], ends: Vec<i32>) -> Result<RecordBatch, ArrowError> {
    let wrong = |e: arrow_schema::ArrowError| ArrowError::layout("reasons", e.to_string());
    let codes: UInt32Array = codes.iter().map(|code| code.0).collect::<Vec<u32>>().into();
    let item = Arc::new(Field::new("item", DataType::UInt32, false));
    if ends.first() != Some(&0) || !ends.is_sorted() {
        return Err(ArrowError::layout("reasons", "the ends of the rows do not rise from 0"));
    }
    let ends = OffsetBuffer::new(ends.into());
    let list = ListArray::try_new(item, ends, Arc::new(codes), None).map_err(wrong)?;
    let field = Arc::new(Field::new("reasons", list.data_type().clone(), false));
    let fields: Vec<_> = verdicts.schema().fields().iter().cloned().chain([field]).collect();
    let columns = verdicts.columns().iter().cloned().chain([Arc::new(list) as ArrayRef]).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(wrong)
}

/// One policy's verdicts.
pub(in crate::wire) fn verdict(planes: &Planes, at: usize, rows: usize) -> BooleanArray {
    let (certain, possible) = planes.plane(at);
    let values = BooleanBuffer::new(bytes(certain.iter().copied()), 0, rows);
    // Known is: certainly so, or not even possibly.
    let settled = certain.iter().zip(possible).map(|(c, p)| c | !p);
    let known = BooleanBuffer::new(bytes(settled), 0, rows);
    BooleanArray::new(values, Some(NullBuffer::new(known)))
}

fn bytes(words: impl Iterator<Item = u64>) -> Buffer {
    let bytes: Vec<u8> = words.flat_map(u64::to_le_bytes).collect();
    Buffer::from_vec(bytes)
}

/// The reason codes of some policies, see [`crate::why::codes`]: `code`, `policy`, and the condition in English and Chinese.
///
/// # Errors
/// Never in practice: the columns are made equally long.
pub fn dictionary(rules: &Rules, policies: &[PolicyId]) -> Result<RecordBatch, ArrowError> {
    use crate::value::Language;
    let mut codes = Vec::new();
    let mut names = Vec::new();
    let (mut en, mut zh) = (Vec::new(), Vec::new());
    for policy in policies {
        let name = rules.model().policies.get(policy.index()).map_or("", |p| p.name.id.as_str());
        for (code, words) in rules.reason_codes(*policy) {
            codes.push(code.0);
            names.push(name);
            en.push(words.get(Language::En).to_owned());
            zh.push(words.get(Language::Zh).to_owned());
        }
    }
    let schema = Schema::new(vec![
        Field::new("code", DataType::UInt32, false),
        Field::new("policy", DataType::Utf8, false),
        Field::new("en", DataType::Utf8, false),
        Field::new("zh", DataType::Utf8, false),
    ]);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(UInt32Array::from(codes)),
        Arc::new(StringArray::from(names)),
        Arc::new(StringArray::from(en)),
        Arc::new(StringArray::from(zh)),
    ];
    RecordBatch::try_new(Arc::new(schema), columns).map_err(|e| ArrowError::layout("code", e.to_string()))
}
