//! Which policies, kinds of record, facts and values a policy set has.

use super::edge::{Out, Str, guard, text};
use super::handle::{Handle, read};
use super::snapshot::{Shared, Snapshot};
use super::status::Failure;
use super::text::Report;
use crate::checked::Status;
use crate::ids::{EntityId, EnumId, FieldId, PolicyId};
use crate::schema::{Class, Field, FieldType, Provenance};
use crate::value::{Counted, Language, Unit};
use std::ffi::c_char;

/// `entitle_policy_info`
#[repr(C)]
pub(super) struct PolicyInfo {
    policy: u64,
    unit: u64,
    id: Str,
    zh: Str,
    en: Str,
    title_zh: Str,
    title_en: Str,
    category: Str,
    department: Str,
    written: u32,
    status: u32,
}

/// `entitle_kind_info`
#[repr(C)]
pub(super) struct KindInfo {
    kind: u64,
    id: Str,
    zh: Str,
    facts: usize,
    root: u32,
    named: u32,
}

/// `entitle_fact_info`
#[repr(C)]
pub(super) struct FactInfo {
    field: u64,
    kind: u64,
    of: u64,
    id: Str,
    zh: Str,
    en: Str,
    unit_zh: Str,
    unit_en: Str,
    register_id: Str,
    register_zh: Str,
    least: i64,
    most: i64,
    values: usize,
    fact_type: u32,
    fact_class: u32,
    judged: u32,
    decimals: u32,
    up_to: u32,
    reserved: u32,
}

/// `entitle_value_info`
#[repr(C)]
pub(super) struct ValueInfo {
    value: u64,
    parent: u64,
    id: Str,
    zh: Str,
}

/// How many decimals a fact is kept with, in the unit that people write: percent for a share.
pub(super) fn decimals(unit: Unit) -> u32 {
    let share = if unit.counted == Counted::Percent { 100 } else { 1 };
    (unit.grains() / share).max(1).ilog10()
}

/// The enum whose values a fact takes.
pub(super) fn enumeration(field: &Field) -> Option<EnumId> {
    match field.ty {
        FieldType::Symbol(e) | FieldType::Set(e) => Some(e),
        _ => None,
    }
}

fn nothing(what: &str, index: usize, count: usize) -> Failure {
    Failure::not_found(format!("{what} {index}: there are {count}, counted from 0"))
}

fn policy(snapshot: &Snapshot, index: usize) -> Result<PolicyInfo, Failure> {
    let all = &snapshot.model().policies;
    let Some((policy, en)) = all.get(index).zip(snapshot.lent.policies.get(index)) else {
        return Err(nothing("policy", index, all.len()));
    };
    let label = |l: &Option<crate::value::Label>| Str::lend(l.as_ref().map_or("", |l| l.id.as_str()));
    Ok(PolicyInfo {
        policy: snapshot.id_of_policy(PolicyId::of(index)),
        unit: snapshot.id_of_kind(policy.unit),
        id: Str::lend(&policy.name.id),
        zh: Str::lend(&policy.name.zh),
        en: Str::lend(en),
        title_zh: Str::lend(policy.title.get(Language::Zh)),
        title_en: Str::lend(policy.title.get(Language::En)),
        category: label(&policy.category),
        department: label(&policy.department),
        written: u32::from(policy.written),
        status: match policy.status {
            Status::Verified => 1,
            Status::Secondary => 2,
            Status::Illustrative => 3,
        },
    })
}

fn kind(snapshot: &Snapshot, index: usize) -> Result<KindInfo, Failure> {
    let all = &snapshot.schema().entities;
    let Some(entity) = all.get(index) else { return Err(nothing("kind", index, all.len())) };
    Ok(KindInfo {
        kind: snapshot.id_of_kind(EntityId::of(index)),
        id: Str::lend(&entity.name.id),
        zh: Str::lend(&entity.name.zh),
        facts: entity.fields.len(),
        root: u32::from(snapshot.schema().is_root(EntityId::of(index))),
        named: u32::from(entity.named),
    })
}

fn fact(snapshot: &Snapshot, index: usize) -> Result<FactInfo, Failure> {
    let schema = snapshot.schema();
    let Some((field, [en, unit_zh, unit_en])) = schema.fields.get(index).zip(snapshot.lent.facts.get(index)) else {
        return Err(nothing("fact", index, schema.fields.len()));
    };
    let register = match &field.provenance {
        Provenance::Register(label) => (label.id.as_str(), label.zh.as_str()),
        _ => ("", ""),
    };
    Ok(FactInfo {
        field: snapshot.id_of_field(FieldId::of(index)),
        kind: snapshot.id_of_kind(field.entity),
        of: match field.ty {
            FieldType::Record(e) | FieldType::List(e) => snapshot.id_of_kind(e),
            _ => 0,
        },
        id: Str::lend(&field.name.id),
        zh: Str::lend(&field.name.zh),
        en: Str::lend(en),
        unit_zh: Str::lend(unit_zh),
        unit_en: Str::lend(unit_en),
        register_id: Str::lend(register.0),
        register_zh: Str::lend(register.1),
        least: field.range.0,
        most: field.range.1,
        values: enumeration(field).and_then(|e| schema.enumeration(e)).map_or(0, |e| e.values.len()),
        fact_type: match field.ty {
            FieldType::YesNo => 1,
            FieldType::Date => 2,
            FieldType::Quantity(_) => 3,
            FieldType::Symbol(_) => 4,
            FieldType::Set(_) => 5,
            FieldType::Record(_) => 6,
            FieldType::List(_) => 7,
        },
        fact_class: match field.class {
            Class::Action => 1,
            Class::Grant => 2,
            Class::Time => 3,
            Class::Circumstance => 4,
            Class::Immutable => 5,
        },
        judged: u32::from(field.provenance == Provenance::Judged),
        decimals: if let FieldType::Quantity(unit) = field.ty { decimals(unit) } else { 0 },
        up_to: if matches!(field.ty, FieldType::List(_)) { field.up_to } else { 0 },
        reserved: 0,
    })
}

fn value(snapshot: &Snapshot, field: u64, index: usize) -> Result<ValueInfo, Failure> {
    let (_, field, _) = snapshot.field(field)?;
    let e = enumeration(field).ok_or_else(|| Failure::argument("the fact has no named values"))?;
    let all = snapshot.schema().enumeration(e).map(|e| e.values.as_slice()).unwrap_or_default();
    let Some(symbol) = all.get(index) else { return Err(nothing("value", index, all.len())) };
    Ok(ValueInfo {
        value: snapshot.id_of_value(e, index),
        parent: symbol.parent.map_or(0, |p| snapshot.id_of_value(e, p as usize)),
        id: Str::lend(&symbol.name.id),
        zh: Str::lend(&symbol.name.zh),
    })
}

/// `entitle_snapshot_counts`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_snapshot_counts(
    snapshot: *const Handle<Shared>,
    policies: *mut usize,
    kinds: *mut usize,
    facts: *mut usize,
    error: *mut Handle<Report>,
) -> i32 {
    guard(error, || {
        // SAFETY: the header asks for a live snapshot.
        let snapshot = unsafe { read(snapshot)? };
        let schema = snapshot.schema();
        let counts =
            [(policies, snapshot.model().policies.len()), (kinds, schema.entities.len()), (facts, schema.fields.len())];
        for (place, count) in counts.into_iter().filter(|(place, _)| !place.is_null()) {
            // SAFETY: the header asks for null or room for a number.
            unsafe { Out::new(place, "a count")?.write(count) };
        }
        Ok(())
    })
}

/// `entitle_snapshot_policy`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_snapshot_policy(
    snapshot: *const Handle<Shared>,
    index: usize,
    out: *mut PolicyInfo,
    size: usize,
    error: *mut Handle<Report>,
) -> i32 {
    guard(error, || {
        let out = Out::new(out, "out")?;
        // SAFETY: the header asks for a live snapshot and room for `size` bytes.
        unsafe { out.write_part(&policy(read(snapshot)?, index)?, size) };
        Ok(())
    })
}

/// `entitle_snapshot_kind`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_snapshot_kind(
    snapshot: *const Handle<Shared>,
    index: usize,
    out: *mut KindInfo,
    size: usize,
    error: *mut Handle<Report>,
) -> i32 {
    guard(error, || {
        let out = Out::new(out, "out")?;
        // SAFETY: as above.
        unsafe { out.write_part(&kind(read(snapshot)?, index)?, size) };
        Ok(())
    })
}

/// `entitle_snapshot_fact`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_snapshot_fact(
    snapshot: *const Handle<Shared>,
    index: usize,
    out: *mut FactInfo,
    size: usize,
    error: *mut Handle<Report>,
) -> i32 {
    guard(error, || {
        let out = Out::new(out, "out")?;
        // SAFETY: as above.
        unsafe { out.write_part(&fact(read(snapshot)?, index)?, size) };
        Ok(())
    })
}

/// `entitle_snapshot_value`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_snapshot_value(
    snapshot: *const Handle<Shared>,
    field: u64,
    index: usize,
    out: *mut ValueInfo,
    size: usize,
    error: *mut Handle<Report>,
) -> i32 {
    guard(error, || {
        let out = Out::new(out, "out")?;
        // SAFETY: as above.
        unsafe { out.write_part(&value(read(snapshot)?, field, index)?, size) };
        Ok(())
    })
}

/// Looks a name up and writes its id.
///
/// # Safety
/// The header's rules for the handle, the text and the place.
unsafe fn find(
    snapshot: *const Handle<Shared>,
    (name, length): (*const c_char, usize),
    out: *mut u64,
    look: impl FnOnce(&Snapshot, &str) -> Result<Option<u64>, Failure>,
) -> Result<(), Failure> {
    let out = Out::new(out, "out")?;
    // SAFETY: handed on from the caller.
    unsafe {
        let name = text(name, length, "name")?;
        let id = look(read(snapshot)?, name)?;
        // A name is the author's or the programmer's, not a fact's value, and may be repeated; but not at any length.
        let shown: String = name.chars().take(80).collect();
        out.write(id.ok_or_else(|| Failure::not_found(format!("`{shown}`: the policy set has no such name here")))?);
    }
    Ok(())
}

/// `entitle_snapshot_find_policy`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_snapshot_find_policy(
    snapshot: *const Handle<Shared>,
    name: *const c_char,
    length: usize,
    out: *mut u64,
    error: *mut Handle<Report>,
) -> i32 {
    // SAFETY: the header's rules are those of `find`.
    let run = || unsafe {
        find(snapshot, (name, length), out, |s, name| Ok(s.engine().policy(name).map(|p| s.id_of_policy(p))))
    };
    guard(error, run)
}

/// `entitle_snapshot_find_kind`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_snapshot_find_kind(
    snapshot: *const Handle<Shared>,
    name: *const c_char,
    length: usize,
    out: *mut u64,
    error: *mut Handle<Report>,
) -> i32 {
    // SAFETY: the header's rules are those of `find`.
    let run = || unsafe {
        find(snapshot, (name, length), out, |s, name| Ok(s.schema().entity_named(name).map(|e| s.id_of_kind(e))))
    };
    guard(error, run)
}

/// `entitle_snapshot_find_field`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_snapshot_find_field(
    snapshot: *const Handle<Shared>,
    kind: u64,
    name: *const c_char,
    length: usize,
    out: *mut u64,
    error: *mut Handle<Report>,
) -> i32 {
    // SAFETY: the header's rules are those of `find`.
    let run = || unsafe {
        find(snapshot, (name, length), out, |s, name| {
            let (kind, _) = s.kind(kind)?;
            Ok(s.schema().field_named(kind, name).map(|f| s.id_of_field(f)))
        })
    };
    guard(error, run)
}

/// `entitle_snapshot_find_value`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_snapshot_find_value(
    snapshot: *const Handle<Shared>,
    field: u64,
    name: *const c_char,
    length: usize,
    out: *mut u64,
    error: *mut Handle<Report>,
) -> i32 {
    // SAFETY: the header's rules are those of `find`.
    let run = || unsafe {
        find(snapshot, (name, length), out, |s, name| {
            let (_, field, _) = s.field(field)?;
            let e = enumeration(field).ok_or_else(|| Failure::argument("the fact has no named values"))?;
            Ok(s.schema().symbol_named(e, name).map(|p| s.id_of_value(e, p as usize)))
        })
    };
    guard(error, run)
}

/// `entitle_policy_index`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_policy_index(
    snapshot: *const Handle<Shared>,
    policy: u64,
    out: *mut usize,
    error: *mut Handle<Report>,
) -> i32 {
    guard(error, || {
        let out = Out::new(out, "out")?;
        // SAFETY: the header asks for a live snapshot and room for a number.
        unsafe {
            let index = read(snapshot)?.policy(policy)?.index();
            out.write(index);
        }
        Ok(())
    })
}
