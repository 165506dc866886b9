//! Verdicts -> record batch.

use super::ArrowError;
use crate::engine::Rules;
use crate::ids::PolicyId;
use crate::verdict::rows::Planes;
use arrow_array::{ArrayRef, BooleanArray, RecordBatch, StringArray, UInt32Array};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer};
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
