//! Vocabulary -> Arrow schema.

use crate::ids::{EntityId, FieldId};
use crate::schema::{FieldType, Schema};
use crate::value::{Counted, Unit};
use arrow_schema::{DataType, Field, Fields};
use std::sync::Arc;

/// The record that a row is: the one with a linked list of records that policies are for, as a household is; else the first that
/// policies are for.
#[must_use]
pub fn row_of(schema: &Schema) -> Option<EntityId> {
    let grouping = |field: &crate::schema::Field| match field.ty {
        FieldType::List(of) => field.back.is_some() && schema.entity(of).is_some_and(|e| e.is_unit),
        _ => false,
    };
    let found = schema.fields.iter().find(|f| grouping(f) && schema.is_root(f.entity)).map(|f| f.entity);
    found.or_else(|| schema.entities.iter().position(|e| e.is_unit).map(EntityId::of))
}

/// The Arrow schema of a population whose rows are records of kind `row`, with every fact of the vocabulary.
///
/// ```
/// # use entitle::{Engine, wire::arrow::layout};
/// # let text = r#"
/// #     enum category { welfare }
/// #     record person { birth_date: date; income: yuan per month; home: household }
/// #     record household { applicant: person; members: list of person up to 15 }
/// #     policy tea for person
/// # "#;
/// # let engine = Engine::from_texts([("tea.policy".to_owned(), text.to_owned())])?;
/// let row = layout::row_of(engine.schema()).unwrap();
/// let schema = layout::layout(engine.schema(), row);
/// let members = schema.field_with_name("members").unwrap();
/// assert!(format!("{:?}", members.data_type()).contains("income"));
/// assert!(!format!("{:?}", members.data_type()).contains("home"));
/// # Ok::<(), entitle::Error>(())
/// ```
#[must_use]
pub fn layout(schema: &Schema, row: EntityId) -> arrow_schema::Schema {
    arrow_schema::Schema::new(fields(schema, row, &mut vec![row], None, &|_| true))
}

/// The same with only the facts that `wanted` says; records and lists that are left empty are left out.
#[must_use]
pub fn layout_of(schema: &Schema, row: EntityId, wanted: &dyn Fn(FieldId) -> bool) -> arrow_schema::Schema {
    arrow_schema::Schema::new(fields(schema, row, &mut vec![row], None, wanted))
}

fn fields(
    schema: &Schema,
    entity: EntityId,
    path: &mut Vec<EntityId>,
    through: Option<FieldId>,
    wanted: &dyn Fn(FieldId) -> bool,
) -> Fields {
    let ids = schema.entity(entity).map(|e| e.fields.as_slice()).unwrap_or_default();
    let mut all = Vec::new();
    if schema.is_root(entity) && path.iter().filter(|e| **e == entity).count() == 1 {
        all.push(Field::new("id", DataType::Utf8, true));
    }
    for id in ids.iter().filter(|id| wanted(**id)) {
        let Some(field) = schema.field(*id) else { continue };
        let name = field.name.id.as_str();
        match field.ty {
            _ if points_back(schema, *id, through) => {}
            FieldType::Record(_) if list_beside(schema, *id).is_some() => {
                all.push(Field::new(name, DataType::UInt32, true));
            }
            FieldType::Record(of) | FieldType::List(of) => {
                let list = matches!(field.ty, FieldType::List(_));
                if !enters(path, of, list) {
                    continue;
                }
                path.push(of);
                let inner = fields(schema, of, path, Some(*id), wanted);
                path.pop();
                if inner.is_empty() && list {
                    // A list of records of which nothing is asked still has a length.
                    continue;
                }
                let ty = DataType::Struct(inner);
                if list {
                    let item = Field::new("item", ty, false);
                    all.push(Field::new(name, DataType::List(Arc::new(item)), true));
                    all.push(Field::new(format!("{name}__complete"), DataType::Boolean, true));
                } else {
                    all.push(Field::new(name, ty, true));
                }
            }
            FieldType::Set(_) => {
                let texts = || DataType::List(Arc::new(Field::new("item", DataType::Utf8, false)));
                all.push(Field::new(name, texts(), true));
                all.push(Field::new(format!("{name}__not"), texts(), true));
                all.push(Field::new(format!("{name}__complete"), DataType::Boolean, true));
            }
            _ => all.push(Field::new(name, scalar(field.ty), true)),
        }
    }
    all.into()
}

/// Whether a record of a kind is written inside those on the path: records once, lists of records one level deeper.
pub(super) fn enters(path: &[EntityId], of: EntityId, list: bool) -> bool {
    let times = path.iter().filter(|e| **e == of).count();
    times < if list { 2 } else { 1 }
}

/// Whether a fact points back along the way its record was reached, as a member's `home` does.
pub(super) fn points_back(schema: &Schema, id: FieldId, through: Option<FieldId>) -> bool {
    let Some(field) = schema.field(id) else { return false };
    through.is_some_and(|t| field.back == Some(t) || schema.field(t).is_some_and(|t| t.back == Some(id)))
}

/// The list beside a record fact that includes it, as `members` include the `applicant`.
pub(super) fn list_beside(schema: &Schema, id: FieldId) -> Option<FieldId> {
    let entity = schema.field(id)?.entity;
    let fields = &schema.entity(entity)?.fields;
    fields.iter().copied().find(|f| schema.field(*f).is_some_and(|f| f.includes.contains(&id)))
}

/// The decimal places of a number as it is written: fen, hundredths of a percent or of a square metre, tenths of an hour.
pub(super) fn places(unit: Unit) -> u32 {
    match written_grains(unit) {
        100 => 2,
        10 => 1,
        _ => 0,
    }
}

/// How many grains one written unit has; a share is written in percent.
pub(in crate::wire) fn written_grains(unit: Unit) -> i64 {
    if unit.counted == Counted::Percent { 100 } else { unit.grains() }
}

/// The Arrow type of a scalar fact.
pub(super) fn scalar(ty: FieldType) -> DataType {
    match ty {
        FieldType::YesNo => DataType::Boolean,
        FieldType::Date => DataType::Date32,
        FieldType::Quantity(unit) => match places(unit) {
            0 => DataType::Int64,
            1 => DataType::Decimal64(18, 1),
            _ => DataType::Decimal64(18, 2),
        },
        _ => DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
    }
}

/// The linked list of one kind of record in another, and the fact beside it that is one of it: `members` and `applicant`.
#[cfg(feature = "population")]
pub(in crate::wire) fn list_beside_any(
    schema: &Schema,
    row: EntityId,
    of: EntityId,
) -> Option<(String, Option<String>)> {
    let fields = schema.entity(row)?.fields.iter().filter_map(|f| schema.field(*f));
    let list = fields.into_iter().find(|f| f.back.is_some() && f.ty == FieldType::List(of))?;
    let beside = list.includes.first().and_then(|f| schema.field(*f)).map(|f| f.name.id.clone());
    Some((list.name.id.clone(), beside))
}
