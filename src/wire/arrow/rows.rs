//! Columns -> record batch: the way back, in the layout of [`mod@super::layout`].

use super::layout::{enters, layout_of, list_beside, points_back};
use super::{ArrowError, layout};
use crate::columns::{Column, Columns};
use crate::ids::{EntityId, FieldId};
use crate::schema::{FieldType, Schema};
use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::types::{Date32Type, Int32Type};
use arrow_array::{
    ArrayRef, BooleanArray, Decimal64Array, DictionaryArray, Int32Array, Int64Array, ListArray, PrimitiveArray,
    RecordBatch, StringArray, StructArray, UInt32Array,
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, Field, Fields};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The units of a kind `row` as a record batch, with the facts that are given in some row. `names` names each unit.
///
/// # Errors
/// When there are more entries than a batch can hold.
pub fn batch(
    columns: &Columns<'_>,
    row: EntityId,
    wanted: &dyn Fn(FieldId) -> bool,
    names: &dyn Fn(EntityId, u32) -> Option<String>,
) -> Result<RecordBatch, ArrowError> {
    let schema = columns.schema();
    let shape = layout_of(schema, row, wanted);
    let mut writer = Writer { columns, schema, names, enums: BTreeMap::new(), path: vec![row] };
    let rows: Vec<u32> = (0..columns.units(row)).collect();
    let arrays = writer.record(row, &rows, None, shape.fields())?;
    let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(rows.len()));
    RecordBatch::try_new_with_options(Arc::new(shape), arrays, &options)
        .map_err(|e| ArrowError::layout("", e.to_string()))
}

/// A column is wanted where some row has it.
pub fn given<'c>(columns: &'c Columns<'_>) -> impl Fn(FieldId) -> bool + 'c {
    |id| columns.column(id).is_some()
}

struct Writer<'w, 'a> {
    columns: &'w Columns<'a>,
    schema: &'w Schema,
    names: &'w dyn Fn(EntityId, u32) -> Option<String>,
    /// The names of each enum's values, made once.
    enums: BTreeMap<u32, ArrayRef>,
    path: Vec<EntityId>,
}

impl Writer<'_, '_> {
    fn record(
        &mut self,
        entity: EntityId,
        rows: &[u32],
        through: Option<FieldId>,
        shape: &Fields,
    ) -> Result<Vec<ArrayRef>, ArrowError> {
        shape.iter().map(|field| self.column(entity, rows, through, field)).collect()
    }

    fn column(
        &mut self,
        entity: EntityId,
        rows: &[u32],
        through: Option<FieldId>,
        shape: &Field,
    ) -> Result<ArrayRef, ArrowError> {
        let name = shape.name().as_str();
        let (base, suffix) = name.split_once("__").unwrap_or((name, ""));
        let Some(id) = self.schema.field_named(entity, base).filter(|id| !points_back(self.schema, *id, through))
        else {
            let ids: StringArray = rows.iter().map(|row| (self.names)(entity, *row)).collect();
            return Ok(Arc::new(ids));
        };
        let Some(ty) = self.schema.field(id).map(|f| f.ty) else {
            return Err(ArrowError::layout(name, "there is no such fact"));
        };
        match (suffix, ty) {
            ("complete", _) => {
                let complete = |row: &u32| match self.columns.column(id) {
                    Some(Column::List { .. }) => self.columns.list(id, *row).map(|(_, complete)| complete),
                    _ => self.columns.set(id, *row).map(|(_, _, complete)| complete),
                };
                Ok(Arc::new(rows.iter().map(complete).collect::<BooleanArray>()))
            }
            ("not", FieldType::Set(e)) => {
                Ok(self.set(rows, e, |c, row| c.set(id, row).map(|(_, lacks, _)| lacks.to_vec())))
            }
            (_, FieldType::Set(e)) => {
                Ok(self.set(rows, e, |c, row| c.set(id, row).map(|(holds, _, _)| holds.to_vec())))
            }
            (_, FieldType::Record(_)) if list_beside(self.schema, id).is_some() => {
                let place = |row: &u32| {
                    let list = list_beside(self.schema, id)?;
                    let (items, _) = self.columns.list(list, *row)?;
                    let target = self.columns.record(id, *row)?;
                    let place = items.iter().position(|item| item.0 == target)?;
                    u32::try_from(place).ok()
                };
                Ok(Arc::new(rows.iter().map(place).collect::<UInt32Array>()))
            }
            (_, FieldType::Record(of)) => self.inner(id, of, rows, shape),
            (_, FieldType::List(of)) => self.list(id, of, rows, shape),
            _ => Ok(self.scalar(id, ty, rows)),
        }
    }

    fn inner(&mut self, id: FieldId, of: EntityId, rows: &[u32], shape: &Field) -> Result<ArrayRef, ArrowError> {
        let DataType::Struct(inner) = shape.data_type() else {
            return Err(ArrowError::layout(shape.name(), "not a struct"));
        };
        let targets: Vec<Option<u32>> = rows.iter().map(|row| self.columns.record(id, *row)).collect();
        // Past the last row nothing is known.
        let reached: Vec<u32> = targets.iter().map(|t| t.unwrap_or(u32::MAX)).collect();
        let arrays = self.below(id, of, &reached, inner, false)?;
        let valid: NullBuffer = targets.iter().map(Option::is_some).collect();
        StructArray::try_new_with_length(inner.clone(), arrays, Some(valid), rows.len())
            .map(|a| Arc::new(a) as ArrayRef)
            .map_err(|e| ArrowError::layout(shape.name(), e.to_string()))
    }

    fn list(&mut self, id: FieldId, of: EntityId, rows: &[u32], shape: &Field) -> Result<ArrayRef, ArrowError> {
        let wrong = |message: String| ArrowError::layout(shape.name(), message);
        let DataType::List(item) = shape.data_type() else { return Err(wrong("not a list".to_owned())) };
        let DataType::Struct(inner) = item.data_type() else { return Err(wrong("not a list of structs".to_owned())) };
        let mut offsets = vec![0i32];
        let mut entries: Vec<u32> = Vec::new();
        let mut valid = Vec::new();
        for row in rows {
            let list = self.columns.list(id, *row);
            valid.push(list.is_some());
            entries.extend(list.map_or(&[][..], |(items, _)| items).iter().map(|item| item.0));
            offsets.push(i32::try_from(entries.len()).map_err(|_| wrong("too many entries".to_owned()))?);
        }
        let arrays = self.below(id, of, &entries, inner, true)?;
        let structs = StructArray::try_new_with_length(inner.clone(), arrays, None, entries.len())
            .map_err(|e| wrong(e.to_string()))?;
        ListArray::try_new(
            item.clone(),
            OffsetBuffer::new(offsets.into()),
            Arc::new(structs),
            Some(NullBuffer::from(valid)),
        )
        .map(|a| Arc::new(a) as ArrayRef)
        .map_err(|e| wrong(e.to_string()))
    }

    fn below(
        &mut self,
        id: FieldId,
        of: EntityId,
        rows: &[u32],
        shape: &Fields,
        list: bool,
    ) -> Result<Vec<ArrayRef>, ArrowError> {
        if !enters(&self.path, of, list) {
            return Ok(Vec::new());
        }
        self.path.push(of);
        let arrays = self.record(of, rows, Some(id), shape);
        self.path.pop();
        arrays
    }

    fn set(
        &self,
        rows: &[u32],
        e: crate::ids::EnumId,
        values: impl Fn(&Columns<'_>, u32) -> Option<Vec<u32>>,
    ) -> ArrayRef {
        let item = Field::new("item", DataType::Utf8, false);
        let mut lists = ListBuilder::new(StringBuilder::new()).with_field(item);
        for row in rows {
            let found = values(self.columns, *row);
            for value in found.iter().flatten() {
                lists.values().append_value(self.schema.symbol(e, *value).map_or("", |s| s.name.id.as_str()));
            }
            lists.append(found.is_some());
        }
        Arc::new(lists.finish())
    }

    fn scalar(&mut self, id: FieldId, ty: FieldType, rows: &[u32]) -> ArrayRef {
        let raw = rows.iter().map(|row| self.columns.scalar(id, *row));
        match layout::scalar(ty) {
            DataType::Boolean => Arc::new(raw.map(|v| v.map(|v| v != 0)).collect::<BooleanArray>()),
            DataType::Date32 => {
                let days = raw.map(|v| v.and_then(|v| i32::try_from(v).ok()));
                Arc::new(days.collect::<PrimitiveArray<Date32Type>>())
            }
            DataType::Int64 => Arc::new(raw.collect::<Int64Array>()),
            decimal @ DataType::Decimal64(..) => Arc::new(raw.collect::<Decimal64Array>().with_data_type(decimal)),
            _ => {
                let keys: Int32Array = raw.map(|v| v.and_then(|v| i32::try_from(v).ok())).collect();
                self.coded(ty, keys)
            }
        }
    }

    fn coded(&mut self, ty: FieldType, keys: Int32Array) -> ArrayRef {
        let FieldType::Symbol(e) = ty else { return Arc::new(keys) };
        let schema = self.schema;
        let names = self.enums.entry(e.0).or_insert_with(|| {
            let values = schema.enumeration(e).map(|e| e.values.as_slice()).unwrap_or_default();
            Arc::new(values.iter().map(|s| Some(s.name.id.as_str())).collect::<StringArray>())
        });
        match DictionaryArray::<Int32Type>::try_new(keys, names.clone()) {
            Ok(coded) => Arc::new(coded),
            // Positions were checked against the enum when the columns were built.
            Err(_) => arrow_array::new_null_array(&layout::scalar(ty), 0),
        }
    }
}
