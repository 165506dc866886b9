//! What is wrong with a column: where, and what belongs there.

use crate::ids::FieldId;
use crate::schema::{Field, FieldType, Schema};
use std::fmt;

/// One thing wrong with a column. A fact's value is not repeated: profiles are personal data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Fault {
    /// The kind of record whose table it is in: `person`.
    pub table: String,
    /// The fact: `birth_date`. Empty where the whole table is wrong.
    pub column: String,
    /// The fact's id, where there is one.
    pub field: Option<FieldId>,
    /// The row of that table, counted from 0; none where it is wrong as a whole.
    pub row: Option<u32>,
    /// What is wrong.
    pub message: String,
    /// What belongs there: `a date from 0001-01-01 to 9999-12-31`.
    pub expected: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.table)?;
        if !self.column.is_empty() {
            write!(f, ".{}", self.column)?;
        }
        if let Some(row) = self.row {
            write!(f, ", row {row}")?;
        }
        write!(f, ": {}", self.message)?;
        if self.expected.is_empty() { Ok(()) } else { write!(f, " (expected: {})", self.expected) }
    }
}

impl Fault {
    pub(crate) fn of(schema: &Schema, field: FieldId, row: Option<usize>, message: impl Into<String>) -> Self {
        let found = schema.field(field);
        let entity = found.and_then(|f| schema.entity(f.entity));
        Self {
            table: entity.map_or_else(String::new, |e| e.name.id.clone()),
            column: found.map_or_else(String::new, |f| f.name.id.clone()),
            field: Some(field),
            row: row.and_then(|r| u32::try_from(r).ok()),
            message: message.into(),
            expected: found.map_or_else(String::new, |f| expected(schema, f)),
        }
    }
}

/// What a fact takes, in words.
pub(crate) fn expected(schema: &Schema, field: &Field) -> String {
    use crate::value::{Date, Language, Number};
    let name = |e| schema.enumeration(e).map_or("", |e| e.name.id.as_str());
    let kind = |e| schema.entity(e).map_or("", |e| e.name.id.as_str());
    let (least, most) = field.range;
    match field.ty {
        FieldType::YesNo => "yes or no".to_owned(),
        FieldType::Date => {
            let day = |days| Date::from_days(days).map_or_else(String::new, |d| d.to_string());
            format!("a date from {} to {}", day(least), day(most))
        }
        FieldType::Quantity(unit) => {
            // A share is written in percent.
            let grains = if unit.counted == crate::value::Counted::Percent { 100 } else { unit.grains() };
            let number =
                |raw: i64| Number::new(i128::from(raw), i128::from(grains)).map_or_else(String::new, |n| n.to_string());
            format!("{} to {} {}", number(least), number(most), unit.words(Language::En)).trim_end().to_owned()
        }
        FieldType::Symbol(e) => format!("one value of {}", name(e)),
        FieldType::Set(e) => format!("values of {}", name(e)),
        FieldType::Record(e) => format!("a {}", kind(e)),
        FieldType::List(e) => format!("at most {} records of {}", field.up_to, kind(e)),
    }
}
