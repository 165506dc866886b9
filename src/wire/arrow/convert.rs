//! One Arrow array -> one column, without copying where the layout allows.
//!
//! A value that does not fit becomes unknown and its row is reported; only a type that a fact cannot be read from fails the whole.

use super::held::{Held, Texts};
use super::layout::written_grains;
use crate::ids::EnumId;
use crate::schema::{Field, FieldType, Schema};
use crate::value::{Date, Number};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Int8Type, Int16Type, Int32Type, Int64Type,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::DataType;
use std::collections::HashMap;

/// Rows whose value does not fit, with what is wrong.
pub(super) type Misses = Vec<(usize, &'static str)>;

const NO_VALUE: &str = "a value that the enum does not have";
const NO_DATE: &str = "not a date that exists, written as YYYY-MM-DD";
const NO_NUMBER: &str = "not a number of this fact's unit, or finer than it goes";
const NO_ANSWER: &str = "neither yes nor no";

/// The types that a fact is read from, in words.
pub(super) fn accepted(ty: FieldType) -> &'static str {
    match ty {
        FieldType::YesNo => "Boolean, or text: true, false",
        FieldType::Date => "Date32, Date64 or text as YYYY-MM-DD",
        FieldType::Quantity(_) => "a decimal, an integer (whole units) or text; no float, since nothing is rounded",
        FieldType::Symbol(_) => "text or a dictionary of text",
        FieldType::Set(_) => "a list of text",
        FieldType::Record(_) => "a struct, or the place in the list beside it as an integer",
        FieldType::List(_) => "a list of structs",
    }
}

/// A scalar fact. None where its type is not one it is read from.
pub(super) fn scalar(schema: &Schema, field: &Field, array: &ArrayRef, misses: &mut Misses) -> Option<Held> {
    let nulls = array.logical_nulls();
    if array.data_type() == &DataType::Null {
        return Some(Held::I64(vec![0; array.len()].into(), Some(NullBuffer::new_null(array.len()))));
    }
    match field.ty {
        FieldType::YesNo => match array.as_boolean_opt() {
            Some(answers) => Some(Held::Bits(answers.values().clone(), nulls)),
            None => parsed(array, nulls, misses, NO_ANSWER, |text| match text {
                "true" | "yes" | "是" | "1" => Some(1),
                "false" | "no" | "否" | "0" => Some(0),
                _ => None,
            }),
        },
        FieldType::Date => match array.data_type() {
            DataType::Date32 => Some(Held::I32(array.as_primitive::<Date32Type>().values().clone(), nulls)),
            DataType::Date64 => {
                let values = array.as_primitive::<Date64Type>().values();
                let day = |ms: i64| (ms.rem_euclid(86_400_000) == 0).then(|| ms.div_euclid(86_400_000));
                Some(each(values.iter().map(|ms| day(*ms)), nulls, misses, NO_DATE))
            }
            _ => parsed(array, nulls, misses, NO_DATE, |text| text.parse::<Date>().ok().map(Date::days)),
        },
        FieldType::Quantity(unit) => quantity(written_grains(unit), array, nulls, misses),
        FieldType::Symbol(e) => symbols(schema, e, array, nulls, misses),
        _ => None,
    }
}

/// Values worked out one by one; what has none becomes unknown and is reported.
fn each(
    values: impl Iterator<Item = Option<i64>>,
    nulls: Option<NullBuffer>,
    misses: &mut Misses,
    message: &'static str,
) -> Held {
    let mut raw = Vec::new();
    let mut known = Vec::new();
    for (row, value) in values.enumerate() {
        let given = nulls.as_ref().is_none_or(|n| n.is_valid(row));
        if given && value.is_none() {
            misses.push((row, message));
        }
        known.push(given && value.is_some());
        raw.push(value.unwrap_or(0));
    }
    Held::I64(raw.into(), Some(NullBuffer::from(known)))
}

/// The texts of an array; none where it is not of text.
pub(super) fn texts(array: &dyn Array) -> Option<Vec<Option<&str>>> {
    if let Some(texts) = array.as_string_opt::<i32>() {
        return Some(texts.iter().collect());
    }
    if let Some(texts) = array.as_string_opt::<i64>() {
        return Some(texts.iter().collect());
    }
    array.as_string_view_opt().map(|texts| texts.iter().collect())
}

fn parsed(
    array: &ArrayRef,
    nulls: Option<NullBuffer>,
    misses: &mut Misses,
    message: &'static str,
    read: impl Fn(&str) -> Option<i64>,
) -> Option<Held> {
    let texts = texts(array)?;
    Some(each(texts.into_iter().map(|t| read(t?.trim())), nulls, misses, message))
}

/// Numbers in grains. What is as fine as the fact and no wider than the evaluator reads is lent as it is.
fn quantity(grains: i64, array: &ArrayRef, nulls: Option<NullBuffer>, misses: &mut Misses) -> Option<Held> {
    let places = i8::try_from(grains.checked_ilog10()?).ok()?;
    macro_rules! integers {
        ($($data:ident => $ty:ident),*) => {
            match array.data_type() {
                $(DataType::$data => {
                    let values = array.as_primitive::<$ty>().values();
                    let scaled = values.iter().map(|v| i64::try_from(*v).ok()?.checked_mul(grains));
                    return Some(each(scaled, nulls, misses, NO_NUMBER));
                })*
                _ => {}
            }
        };
    }
    match array.data_type() {
        DataType::Int64 if grains == 1 => {
            return Some(Held::I64(array.as_primitive::<Int64Type>().values().clone(), nulls));
        }
        DataType::Int32 if grains == 1 => {
            return Some(Held::I32(array.as_primitive::<Int32Type>().values().clone(), nulls));
        }
        DataType::UInt8 if grains == 1 => {
            return Some(Held::U8(array.as_primitive::<UInt8Type>().values().clone(), nulls));
        }
        DataType::Decimal64(_, scale) if *scale == places => {
            return Some(Held::I64(array.as_primitive::<Decimal64Type>().values().clone(), nulls));
        }
        DataType::Decimal32(_, scale) if *scale == places => {
            return Some(Held::I32(array.as_primitive::<Decimal32Type>().values().clone(), nulls));
        }
        DataType::Decimal32(_, scale) => {
            let values = array.as_primitive::<Decimal32Type>().values();
            let moved = values.iter().map(|v| rescaled(i128::from(*v), *scale, places));
            return Some(each(moved, nulls, misses, NO_NUMBER));
        }
        DataType::Decimal64(_, scale) => {
            let values = array.as_primitive::<Decimal64Type>().values();
            let moved = values.iter().map(|v| rescaled(i128::from(*v), *scale, places));
            return Some(each(moved, nulls, misses, NO_NUMBER));
        }
        DataType::Decimal128(_, scale) => {
            let values = array.as_primitive::<Decimal128Type>().values();
            let moved = values.iter().map(|v| rescaled(*v, *scale, places));
            return Some(each(moved, nulls, misses, NO_NUMBER));
        }
        _ => {}
    }
    integers!(Int8 => Int8Type, Int16 => Int16Type, Int32 => Int32Type, Int64 => Int64Type, UInt8 => UInt8Type,
        UInt16 => UInt16Type, UInt32 => UInt32Type, UInt64 => UInt64Type);
    parsed(array, nulls, misses, NO_NUMBER, |text| grains_of(text, grains))
}

/// A decimal of one scale in another, where nothing is lost.
fn rescaled(value: i128, scale: i8, places: i8) -> Option<i64> {
    let shift = i32::from(places).checked_sub(i32::from(scale))?;
    let factor = 10i128.checked_pow(shift.unsigned_abs())?;
    let moved = if shift >= 0 {
        value.checked_mul(factor)?
    } else if value.checked_rem(factor)? == 0 {
        value.checked_div(factor)?
    } else {
        return None;
    };
    i64::try_from(moved).ok()
}

/// `1240.50` in grains, read from its digits.
fn grains_of(text: &str, grains: i64) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1i128, text), |rest| (-1, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let fits = |s: &str| s.len() <= 18 && s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !fits(whole) || !fits(part) {
        return None;
    }
    let scale = 10i128.checked_pow(u32::try_from(part.len()).ok()?)?;
    let all: i128 = format!("{whole}{part}").parse().ok()?;
    let number = Number::new(sign.checked_mul(all)?, scale)?.multiply(Number::whole(i128::from(grains)))?;
    i64::try_from(number.numerator()).ok().filter(|_| number.is_whole())
}

/// Positions in an enum by the names of its values.
fn positions(schema: &Schema, e: EnumId) -> HashMap<&str, u32> {
    let values = schema.enumeration(e).map(|e| e.values.as_slice()).unwrap_or_default();
    let mut map = HashMap::new();
    for (at, symbol) in (0..).zip(values) {
        map.entry(symbol.name.id.as_str()).or_insert(at);
        map.entry(symbol.name.zh.as_str()).or_insert(at);
    }
    map
}

fn symbols(
    schema: &Schema,
    e: EnumId,
    array: &ArrayRef,
    nulls: Option<NullBuffer>,
    misses: &mut Misses,
) -> Option<Held> {
    let positions = positions(schema, e);
    let Some(coded) = array.as_any_dictionary_opt() else {
        let texts = texts(array)?;
        return Some(each(
            texts.into_iter().map(|t| t.and_then(|t| positions.get(t.trim()).map(|p| i64::from(*p)))),
            nulls,
            misses,
            NO_VALUE,
        ));
    };
    let names = texts(coded.values())?;
    let meaning: Vec<Option<u32>> = names.iter().map(|n| n.and_then(|n| positions.get(n.trim()).copied())).collect();
    let in_order = meaning.iter().zip(0u32..).all(|(m, at)| *m == Some(at));
    if in_order && let DataType::Dictionary(key, _) = array.data_type() {
        match **key {
            DataType::Int32 => {
                return Some(Held::I32(coded.keys().as_primitive::<Int32Type>().values().clone(), nulls));
            }
            DataType::UInt8 => {
                return Some(Held::U8(coded.keys().as_primitive::<UInt8Type>().values().clone(), nulls));
            }
            _ => {}
        }
    }
    if meaning.is_empty() {
        let nothing = std::iter::repeat_n(None, array.len());
        return Some(each(nothing, nulls, misses, NO_VALUE));
    }
    let keys = coded.normalized_keys();
    let looked_up = keys.into_iter().map(|k| meaning.get(k).copied().flatten().map(i64::from));
    Some(each(looked_up, nulls, misses, NO_VALUE))
}

/// A list array's offsets and its entries: row `r` has the entries from `offsets[r]` to `offsets[r + 1]`.
pub(super) fn list(array: &ArrayRef) -> Option<(Vec<i64>, ArrayRef)> {
    if let Some(list) = array.as_list_opt::<i32>() {
        return Some((list.value_offsets().iter().map(|o| i64::from(*o)).collect(), list.values().clone()));
    }
    let list = array.as_list_opt::<i64>()?;
    Some((list.value_offsets().to_vec(), list.values().clone()))
}

/// A set: a list of names.
pub(super) fn set(schema: &Schema, e: EnumId, array: &ArrayRef, misses: &mut Misses) -> Option<Texts> {
    let rows = array.len();
    if array.data_type() == &DataType::Null {
        return Some(Texts { offsets: vec![0; rows.saturating_add(1)], values: Vec::new() });
    }
    let (offsets, items) = list(array)?;
    let positions = positions(schema, e);
    let look_up = |name: Option<&str>| name.and_then(|n| positions.get(n.trim()).copied());
    let entries: Vec<Option<u32>> = match items.as_any_dictionary_opt() {
        Some(coded) if !coded.values().is_empty() => {
            let names = texts(coded.values())?;
            let meaning: Vec<Option<u32>> = names.into_iter().map(look_up).collect();
            let valid = items.logical_nulls();
            let keys = coded.normalized_keys().into_iter().enumerate();
            keys.map(|(at, k)| {
                let given = valid.as_ref().is_none_or(|n| n.is_valid(at));
                meaning.get(k).copied().flatten().filter(|_| given)
            })
            .collect()
        }
        Some(_) => Vec::new(),
        None => texts(&items)?.into_iter().map(look_up).collect(),
    };
    let mut found = Texts { offsets: Vec::with_capacity(rows.saturating_add(1)), values: Vec::new() };
    found.offsets.push(0);
    for (row, pair) in offsets.windows(2).enumerate() {
        let [from, to] = pair else { continue };
        let range = usize::try_from(*from).unwrap_or(0)..usize::try_from(*to).unwrap_or(0);
        if array.is_valid(row) {
            for entry in entries.get(range).unwrap_or_default() {
                match entry {
                    Some(value) => found.values.push(*value),
                    None => misses.push((row, NO_VALUE)),
                }
            }
        }
        found.offsets.push(i32::try_from(found.values.len()).unwrap_or(i32::MAX));
    }
    Some(found)
}

/// Yes and no beside a list or set: where it is complete. Null is complete.
pub(super) fn complete(array: &ArrayRef) -> Option<BooleanBuffer> {
    let answers = array.as_boolean_opt()?;
    Some(match answers.nulls() {
        None => answers.values().clone(),
        Some(nulls) => answers.values() | &!nulls.inner(),
    })
}

/// Places in a list: integers from 0.
pub(super) fn places(array: &ArrayRef) -> Option<Vec<Option<u32>>> {
    let mut misses = Vec::new();
    let held = quantity(1, array, array.logical_nulls(), &mut misses)?;
    let column = held.lend()?;
    let crate::columns::Column::Scalar { values, known } = column else { return None };
    let place = |row: usize| {
        known.is_none_or(|k| k.get(row)).then(|| values.get(row).and_then(|v| u32::try_from(v).ok())).flatten()
    };
    Some((0..array.len()).map(place).collect())
}
