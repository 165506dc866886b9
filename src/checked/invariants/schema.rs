//! The vocabulary: every id stands for something, links go both ways, ranges are ranges.

use super::{Kept, broken};
use crate::checked::Model;
use crate::ids::FieldId;
use crate::schema::{Enum, Field, FieldType, Schema};
use crate::value::{Date, Label, Unit};
use std::collections::BTreeSet;

pub(super) fn check(model: &Model) -> Kept {
    let schema = &model.schema;
    if schema.enums.is_empty() {
        return broken("there is no enum of policies", "policy");
    }
    if model.field_spans.len() != schema.fields.len() {
        return broken("not every fact has a place in the text", "fact");
    }
    for declared in &schema.enums {
        name(&declared.name)?;
        tree(declared)?;
    }
    for declared in &schema.entities {
        name(&declared.name)?;
        let mut seen = BTreeSet::new();
        for id in &declared.fields {
            let fits =
                schema.field(*id).is_some_and(|f| schema.entity(f.entity).is_some_and(|e| std::ptr::eq(e, declared)));
            if !fits || !seen.insert(*id) {
                return broken("a record lists a fact that is not its own", &declared.name.id);
            }
        }
    }
    // With the check above: each fact stands in the list of its record, exactly once.
    if schema.entities.iter().map(|e| e.fields.len()).sum::<usize>() != schema.fields.len() {
        return broken("a fact is in no record", "fact");
    }
    schema.fields.iter().try_for_each(|f| field(schema, f))
}

/// A name as the language has them: identifiers, and Han characters or the identifier again. Terminals and pages print
/// names as they are.
pub(super) fn name(label: &Label) -> Kept {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let han = |c: char| ('\u{3400}'..='\u{9fff}').contains(&c);
    let identifier = label.id.starts_with(|c: char| c.is_ascii_lowercase()) && label.id.chars().all(plain);
    if identifier && !label.zh.is_empty() && (label.zh == label.id || label.zh.chars().all(han)) {
        return Ok(());
    }
    broken("a name that no text can write", label.id.escape_default().to_string())
}

/// What is inside a value follows it directly, and ends where it says.
fn tree(declared: &Enum) -> Kept {
    let mut open: Vec<(u32, u32)> = Vec::new();
    let all = u32::try_from(declared.values.len()).unwrap_or(u32::MAX);
    for (position, value) in (0u32..).zip(&declared.values) {
        name(&value.name)?;
        open.retain(|(_, end)| position < *end);
        let (parent, limit) = open.last().map_or((None, all), |(p, end)| (Some(*p), *end));
        if value.parent != parent || value.end <= position || value.end > limit {
            return broken("the tree of an enum is broken", &value.name.id);
        }
        open.push((position, value.end));
    }
    Ok(())
}

fn field(schema: &Schema, field: &Field) -> Kept {
    let of = &field.name.id;
    name(&field.name)?;
    if let crate::schema::Provenance::Register(register) = &field.provenance {
        name(register)?;
    }
    let target = match field.ty {
        FieldType::Symbol(e) | FieldType::Set(e) => schema.enumeration(e).map(|_| None),
        FieldType::Record(e) | FieldType::List(e) => schema.entity(e).map(|_| Some(e)),
        FieldType::Quantity(u) => {
            unit(u, of)?;
            Some(None)
        }
        FieldType::YesNo | FieldType::Date => Some(None),
    };
    let Some(target) = target else { return broken("the type of a fact is not declared", of) };
    let (least, most) = field.range;
    let fine = match field.ty {
        FieldType::YesNo => field.range == (0, 1),
        FieldType::Date => Date::FIRST.days() <= least && least <= most && most <= Date::LAST.days(),
        FieldType::Quantity(_) => least <= most,
        FieldType::Symbol(e) => {
            let count = schema.enumeration(e).map_or(0, |e| e.values.len());
            least == 0 && i64::try_from(count).is_ok_and(|count| most == count - 1)
        }
        FieldType::Set(_) | FieldType::Record(_) | FieldType::List(_) => field.range == (0, 0),
    };
    if !fine {
        return broken("the range of a fact does not fit its type", of);
    }
    if !(1..=1000).contains(&field.up_to) {
        return broken("a list is longer than lists can be", of);
    }
    if let Some(back) = field.back {
        let other = schema.field(back);
        let points_here = other.is_some_and(|b| Some(b.entity) == target && b.ty == FieldType::Record(field.entity));
        if !points_here {
            return broken("a link does not lead back", of);
        }
    }
    let one_of = |f: &FieldId| {
        schema
            .field(*f)
            .is_some_and(|f| f.entity == field.entity && target.is_some_and(|t| f.ty == FieldType::Record(t)))
    };
    if !field.includes.is_empty() && !(matches!(field.ty, FieldType::List(_)) && field.includes.iter().all(one_of)) {
        return broken("a list includes what is no entry of it", of);
    }
    Ok(())
}

/// Powers stay where products of units keep them.
pub(super) fn unit(unit: Unit, of: &str) -> Kept {
    if unit.powers().iter().all(|power| (-8..=8).contains(power)) {
        return Ok(());
    }
    broken("a unit has a power that no text can write", of)
}
