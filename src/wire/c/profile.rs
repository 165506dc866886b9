//! Profiles in C: from JSON, or fact by fact. What the calls do stands in `build`.

use super::build::Draft;
use super::edge::{Out, guard, slice, text};
use super::handle::{Handle, Kind, change, free, give, read};
use super::matching::Day;
use super::metrics::{Call, timed};
use super::snapshot::Shared;
use super::status::{Failure, problems};
use super::text::{Report, Text};
use crate::profile::Profile;
use crate::value::Date;
use crate::wire::json::profile::LONGEST;
use crate::wire::json::{UnknownFields, profile_from_json};
use std::ffi::c_char;

impl Kind for Draft {
    const MARK: u64 = 0x656e_7469_746c_0005;
    const NAME: &'static str = "entitle_profile";
}

/// `entitle_profile_new`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_profile_new(
    snapshot: *const Handle<Shared>,
    out: *mut *mut Handle<Draft>,
    error: *mut Handle<Report>,
) -> i32 {
    guard(error, || {
        let out = Out::new(out, "out")?;
        // SAFETY: the header asks for a live snapshot and room for a pointer.
        unsafe {
            let draft = read(snapshot)?.draft(Profile::new());
            out.write(give(draft));
        }
        Ok(())
    })
}

/// `entitle_profile_from_json`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_profile_from_json(
    snapshot: *const Handle<Shared>,
    json: *const c_char,
    length: usize,
    unknown: u32,
    notices: *mut Handle<Text>,
    out: *mut *mut Handle<Draft>,
    error: *mut Handle<Report>,
) -> i32 {
    guard(error, || {
        let out = Out::new(out, "out")?;
        // SAFETY: the header asks for a live snapshot.
        let snapshot = unsafe { read(snapshot)? };
        let unknown = match unknown {
            0 => UnknownFields::Reject,
            1 => UnknownFields::Report,
            _ => return Err(Failure::argument("unknown: ENTITLE_UNKNOWN_REJECT or ENTITLE_UNKNOWN_REPORT")),
        };
        if length > LONGEST {
            return Err(Failure::limit(format!("json: {length} bytes; at most {LONGEST} are read")));
        }
        // SAFETY: the header asks for `length` bytes, and null or a text that no other thread uses.
        let (json, notices) = unsafe {
            let notices = if notices.is_null() { None } else { Some(change(notices)?) };
            (text(json, length, "json")?, notices)
        };
        let (profile, found) = timed(snapshot.metrics(), Call::Profile, length, || {
            Ok(profile_from_json(snapshot.schema(), json.as_bytes(), unknown)?)
        })?;
        if let Some(notices) = notices {
            notices.set(&problems(&found))?;
        }
        // SAFETY: the header asks for room for a pointer.
        unsafe { out.write(give(snapshot.draft(profile))) };
        Ok(())
    })
}

/// `entitle_profile_free`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_profile_free(profile: *mut Handle<Draft>) {
    // SAFETY: the header asks for null or a live handle that is used no more.
    unsafe { free(profile) }
}

/// `entitle_profile_clear`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_profile_clear(profile: *mut Handle<Draft>, error: *mut Handle<Report>) -> i32 {
    guard(error, || {
        // SAFETY: the header asks for a live profile that no other thread uses.
        unsafe { change(profile)?.clear() };
        Ok(())
    })
}

/// `entitle_profile_root`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_profile_root(
    profile: *mut Handle<Draft>,
    kind: u64,
    out: *mut u32,
    error: *mut Handle<Report>,
) -> i32 {
    guard(error, || {
        let out = Out::new(out, "out")?;
        // SAFETY: the header asks for a live profile that no other thread uses, and room for a number.
        unsafe {
            let root = change(profile)?.root(kind)?;
            out.write(root);
        }
        Ok(())
    })
}

/// `entitle_profile_seat`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_profile_seat(profile: *mut Handle<Draft>, record: u32, error: *mut Handle<Report>) -> i32 {
    // SAFETY: the header asks for a live profile that no other thread uses.
    guard(error, || unsafe { change(profile)?.seat(record) })
}

/// `entitle_profile_open`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_profile_open(
    profile: *mut Handle<Draft>,
    rules: *const Handle<Day>,
    error: *mut Handle<Report>,
) -> i32 {
    guard(error, || {
        // SAFETY: the header asks for a live profile that no other thread uses, and live rules.
        let (draft, day) = unsafe { (change(profile)?, read(rules)?) };
        day.open(draft)
    })
}

/// `entitle_profile_set_yes_no`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_profile_set_yes_no(
    profile: *mut Handle<Draft>,
    record: u32,
    field: u64,
    value: i32,
    error: *mut Handle<Report>,
) -> i32 {
    // SAFETY: the header asks for a live profile that no other thread uses.
    guard(error, || unsafe { change(profile)?.yes_no(record, field, value != 0) })
}

/// `entitle_profile_set_date`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_profile_set_date(
    profile: *mut Handle<Draft>,
    record: u32,
    field: u64,
    days: i32,
    error: *mut Handle<Report>,
) -> i32 {
    // SAFETY: the header asks for a live profile that no other thread uses.
    guard(error, || unsafe { change(profile)?.date(record, field, days) })
}

/// `entitle_profile_set_number`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_profile_set_number(
    profile: *mut Handle<Draft>,
    record: u32,
    field: u64,
    digits: i64,
    scale: u32,
    error: *mut Handle<Report>,
) -> i32 {
    // SAFETY: the header asks for a live profile that no other thread uses.
    guard(error, || unsafe { change(profile)?.number(record, field, digits, scale) })
}

/// `entitle_profile_set_value`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_profile_set_value(
    profile: *mut Handle<Draft>,
    record: u32,
    field: u64,
    value: u64,
    error: *mut Handle<Report>,
) -> i32 {
    // SAFETY: the header asks for a live profile that no other thread uses.
    guard(error, || unsafe { change(profile)?.value(record, field, value) })
}

/// `entitle_profile_set_set`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_profile_set_set(
    profile: *mut Handle<Draft>,
    record: u32,
    field: u64,
    known: *const u64,
    known_count: usize,
    excluded: *const u64,
    excluded_count: usize,
    complete: i32,
    error: *mut Handle<Report>,
) -> i32 {
    guard(error, || {
        // SAFETY: the header asks for a live profile that no other thread uses, and arrays of the counts said.
        unsafe {
            let known = slice(known, known_count, "known")?;
            let excluded = slice(excluded, excluded_count, "excluded")?;
            change(profile)?.set(record, field, known, excluded, complete != 0)
        }
    })
}

/// `entitle_profile_record`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_profile_record(
    profile: *mut Handle<Draft>,
    record: u32,
    field: u64,
    out: *mut u32,
    error: *mut Handle<Report>,
) -> i32 {
    guard(error, || {
        let out = Out::new(out, "out")?;
        // SAFETY: the header asks for a live profile that no other thread uses, and room for a number.
        unsafe {
            let inner = change(profile)?.inner(record, field)?;
            out.write(inner);
        }
        Ok(())
    })
}

/// `entitle_profile_add_entry`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_profile_add_entry(
    profile: *mut Handle<Draft>,
    record: u32,
    field: u64,
    out: *mut u32,
    error: *mut Handle<Report>,
) -> i32 {
    guard(error, || {
        let out = Out::new(out, "out")?;
        // SAFETY: as above.
        unsafe {
            let entry = change(profile)?.entry(record, field)?;
            out.write(entry);
        }
        Ok(())
    })
}

/// `entitle_profile_include`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_profile_include(
    profile: *mut Handle<Draft>,
    record: u32,
    field: u64,
    entry: u32,
    error: *mut Handle<Report>,
) -> i32 {
    // SAFETY: the header asks for a live profile that no other thread uses.
    guard(error, || unsafe { change(profile)?.include(record, field, entry) })
}

/// `entitle_profile_set_list`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_profile_set_list(
    profile: *mut Handle<Draft>,
    record: u32,
    field: u64,
    complete: i32,
    error: *mut Handle<Report>,
) -> i32 {
    // SAFETY: the header asks for a live profile that no other thread uses.
    guard(error, || unsafe { change(profile)?.list(record, field, complete != 0) })
}

/// `entitle_profile_forget`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_profile_forget(
    profile: *mut Handle<Draft>,
    record: u32,
    field: u64,
    error: *mut Handle<Report>,
) -> i32 {
    // SAFETY: the header asks for a live profile that no other thread uses.
    guard(error, || unsafe { change(profile)?.forget(record, field) })
}

/// `entitle_date`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_date(year: i32, month: u32, day: u32, out: *mut i32, error: *mut Handle<Report>) -> i32 {
    guard(error, || {
        let out = Out::new(out, "out")?;
        let date = i16::try_from(year).ok().zip(u8::try_from(month).ok()).zip(u8::try_from(day).ok());
        let date = date.and_then(|((year, month), day)| Date::new(year, month, day));
        let days = date.and_then(|d| i32::try_from(d.days()).ok());
        // SAFETY: the header asks for room for a number.
        unsafe { out.write(days.ok_or_else(|| Failure::argument("not a date that exists"))?) };
        Ok(())
    })
}

/// `entitle_date_parse`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_date_parse(
    text_: *const c_char,
    length: usize,
    out: *mut i32,
    error: *mut Handle<Report>,
) -> i32 {
    guard(error, || {
        let out = Out::new(out, "out")?;
        // SAFETY: the header asks for `length` bytes of text, and room for a number.
        unsafe {
            let date: Date = text(text_, length, "text")?.parse().map_err(|e| Failure::argument(format!("{e}")))?;
            out.write(i32::try_from(date.days()).map_err(|_| Failure::argument("not a date that exists"))?);
        }
        Ok(())
    })
}
