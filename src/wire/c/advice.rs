//! Advice in C, as JSON: what would be needed, what to ask, what to apply for, when things change, the record of it all.

use super::build::Draft;
use super::edge::{guard, slice, text};
use super::handle::{Handle, change, read};
use super::matching::Day;
use super::metrics::{Call, timed};
use super::snapshot::Shared;
use super::status::Failure;
use super::text::{Report, Text};
use crate::Matches;
use crate::profile::RecordIx;
use crate::value::Date;
use crate::wire::json::profile::LONGEST;
use crate::wire::json::{advice, record};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::ffi::c_char;

/// `entitle_asking`
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Asking {
    field: u64,
    record: u32,
    reserved: u32,
}

/// The most ways that are looked for at once.
const WAYS: usize = 1_000;

/// The longest text of a record of a decision: the facts of a profile, and the reasons of every policy.
const RECORD: usize = LONGEST << 3;

/// Matches a profile and writes what is asked about the match.
///
/// # Safety
/// The header's rules: live handles, and a text that no other thread uses.
unsafe fn advise(
    rules: *const Handle<Day>,
    profile: *const Handle<Draft>,
    out: *mut Handle<Text>,
    error: *mut Handle<Report>,
    of: impl FnOnce(&Day, &Matches<'_>) -> Result<Value, Failure>,
) -> i32 {
    guard(error, || {
        // SAFETY: handed on from the caller.
        let (day, draft, out) = unsafe { (read(rules)?, read(profile)?, change(out)?) };
        let profile = day.profile(draft)?;
        timed(day.snapshot.metrics(), Call::Advise, 1, || out.set(&of(day, &day.rules.match_profile(profile)?)?))
    })
}

fn date(days: i32) -> Result<Date, Failure> {
    Date::from_days(i64::from(days)).ok_or_else(|| Failure::argument("until: outside the calendar"))
}

/// `entitle_advice_json`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_advice_json(
    rules: *const Handle<Day>,
    profile: *const Handle<Draft>,
    limit: usize,
    until: i32,
    out: *mut Handle<Text>,
    error: *mut Handle<Report>,
) -> i32 {
    let of = |day: &Day, matches: &Matches<'_>| {
        Ok(advice::advice(day.snapshot.engine(), matches, limit.min(WAYS), date(until)?))
    };
    // SAFETY: the header's rules are those of `advise`.
    unsafe { advise(rules, profile, out, error, of) }
}

/// `entitle_needs_json`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_needs_json(
    rules: *const Handle<Day>,
    profile: *const Handle<Draft>,
    policy: u64,
    limit: usize,
    out: *mut Handle<Text>,
    error: *mut Handle<Report>,
) -> i32 {
    let of = |day: &Day, matches: &Matches<'_>| {
        let policy = day.snapshot.policy(policy)?;
        Ok(advice::needs(&day.snapshot.engine().needs(matches, policy, limit.min(WAYS)), matches))
    };
    // SAFETY: the header's rules are those of `advise`.
    unsafe { advise(rules, profile, out, error, of) }
}

/// `entitle_missing_json`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_missing_json(
    rules: *const Handle<Day>,
    profile: *const Handle<Draft>,
    policy: u64,
    out: *mut Handle<Text>,
    error: *mut Handle<Report>,
) -> i32 {
    let of = |day: &Day, matches: &Matches<'_>| Ok(advice::missing(matches, day.snapshot.policy(policy)?));
    // SAFETY: the header's rules are those of `advise`.
    unsafe { advise(rules, profile, out, error, of) }
}

/// `entitle_question_json`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_question_json(
    rules: *const Handle<Day>,
    profile: *const Handle<Draft>,
    skipped: *const Asking,
    count: usize,
    out: *mut Handle<Text>,
    error: *mut Handle<Report>,
) -> i32 {
    let of = |day: &Day, matches: &Matches<'_>| {
        // SAFETY: the header asks for `count` questions.
        let skipped = unsafe { slice(skipped, count, "skipped")? };
        let skipped = skipped.iter().map(|a| Ok((RecordIx(a.record), day.snapshot.field(a.field)?.0)));
        let skipped: BTreeSet<_> = skipped.collect::<Result<_, Failure>>()?;
        let next = matches.next_question(&skipped);
        let mut value = advice::question(next.as_ref(), matches.rules().model());
        if let (Some(next), Value::Object(object)) = (next, &mut value) {
            // As text: readers of JSON keep 53 bits of a number.
            object.insert("field".to_owned(), json!(day.snapshot.id_of_field(next.field).to_string()));
        }
        Ok(value)
    };
    // SAFETY: the header's rules are those of `advise`.
    unsafe { advise(rules, profile, out, error, of) }
}

/// `entitle_plan_json`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_plan_json(
    rules: *const Handle<Day>,
    profile: *const Handle<Draft>,
    out: *mut Handle<Text>,
    error: *mut Handle<Report>,
) -> i32 {
    let of = |_: &Day, matches: &Matches<'_>| Ok(advice::plan(&matches.plan(), matches.rules().model()));
    // SAFETY: the header's rules are those of `advise`.
    unsafe { advise(rules, profile, out, error, of) }
}

/// `entitle_calendar_json`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_calendar_json(
    rules: *const Handle<Day>,
    profile: *const Handle<Draft>,
    until: i32,
    out: *mut Handle<Text>,
    error: *mut Handle<Report>,
) -> i32 {
    let of = |day: &Day, matches: &Matches<'_>| Ok(advice::calendar(day.snapshot.engine(), matches, date(until)?));
    // SAFETY: the header's rules are those of `advise`.
    unsafe { advise(rules, profile, out, error, of) }
}

/// `entitle_record_json`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_record_json(
    rules: *const Handle<Day>,
    profile: *const Handle<Draft>,
    out: *mut Handle<Text>,
    error: *mut Handle<Report>,
) -> i32 {
    let of = |_: &Day, matches: &Matches<'_>| Ok(record::record(matches));
    // SAFETY: the header's rules are those of `advise`.
    unsafe { advise(rules, profile, out, error, of) }
}

/// `entitle_verify_record_json`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_verify_record_json(
    snapshot: *const Handle<Shared>,
    json: *const c_char,
    length: usize,
    out: *mut Handle<Text>,
    error: *mut Handle<Report>,
) -> i32 {
    guard(error, || {
        if length > RECORD {
            return Err(Failure::limit(format!("json: {length} bytes; at most {RECORD} are read")));
        }
        // SAFETY: the header asks for live handles, `length` bytes, and a text that no other thread uses.
        let (snapshot, json, out) = unsafe { (read(snapshot)?, text(json, length, "json")?, change(out)?) };
        let differences = timed(snapshot.metrics(), Call::Advise, length, || {
            record::verify(snapshot.engine(), json.as_bytes()).map_err(Failure::profile)
        })?;
        out.set(&json!(differences))
    })
}
