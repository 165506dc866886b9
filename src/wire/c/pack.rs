//! A policy set from a pack. Whatever the caller does not say is refused, not waved through.

use super::edge::{Out, Str, guard, slice, text};
use super::engine::Host;
use super::handle::{Handle, give, read};
use super::snapshot::Snapshot;
use super::status::Failure;
use super::text::Report;
use crate::reload::Reloadable;
use crate::value::Date;
use crate::wire::pack::{PublicKey, Trust, open};

/// `entitle_trust`
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Demands {
    keys: *const Str,
    key_count: usize,
    least_revision: u64,
    day: i32,
    day_known: u32,
    anybody: u32,
    reserved: u32,
}

/// The most public keys that are tried.
const KEYS: usize = 64;

/// What the caller demands.
///
/// # Safety
/// `demands` is null or lends a struct whose keys are there.
unsafe fn trust(demands: *const Demands) -> Result<Trust, Failure> {
    // SAFETY: handed on from the caller.
    let demands = unsafe { slice(demands, 1, "trust")? };
    let Some(demands) = demands.first() else { return Err(Failure::argument("trust")) };
    if demands.key_count > KEYS {
        return Err(Failure::limit(format!("trust: {} keys; at most {KEYS} are taken", demands.key_count)));
    }
    // SAFETY: handed on from the caller.
    let keys = unsafe { slice(demands.keys, demands.key_count, "trust: keys")? };
    let mut trust = match (keys.is_empty(), demands.anybody) {
        (true, 1) => Trust::anybody(),
        (true, _) => {
            return Err(Failure::argument("trust: no key; give one, or say that packs from anybody are taken"));
        }
        (false, 0) => {
            let mut trust: Option<Trust> = None;
            for key in keys {
                // SAFETY: handed on from the caller.
                let key = PublicKey::from_pem(unsafe { text(key.data, key.length, "trust: a key")? })?;
                trust = Some(match trust {
                    None => Trust::signed_by(key),
                    Some(trust) => trust.or_by(key),
                });
            }
            trust.ok_or_else(|| Failure::argument("trust: no key"))?
        }
        (false, _) => return Err(Failure::argument("trust: keys, and packs from anybody: one of the two")),
    };
    trust = trust.revision_at_least(demands.least_revision);
    if demands.day_known != 0 {
        let day = Date::from_days(i64::from(demands.day));
        trust = trust.on(day.ok_or_else(|| Failure::argument("trust: the day is outside the calendar"))?);
    }
    Ok(trust)
}

/// `entitle_engine_open_pack`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_engine_open_pack(
    pack: *const u8,
    length: usize,
    trust_: *const Demands,
    out: *mut *mut Handle<Host>,
    error: *mut Handle<Report>,
) -> i32 {
    guard(error, || {
        let out = Out::new(out, "out")?;
        // SAFETY: the header asks for `length` bytes, demands whose keys are there, and room for a pointer.
        unsafe {
            let host = Host::new(Reloadable::from_pack(slice(pack, length, "pack")?, &trust(trust_)?)?)?;
            out.write(give(host));
        }
        Ok(())
    })
}

/// `entitle_engine_reload_pack`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_engine_reload_pack(
    engine: *const Handle<Host>,
    pack: *const u8,
    length: usize,
    trust_: *const Demands,
    days: *const i32,
    count: usize,
    error: *mut Handle<Report>,
) -> i32 {
    guard(error, || {
        // SAFETY: the header asks for a live engine, `length` bytes, demands whose keys are there, and `count` days.
        let (host, pack, trust, days) =
            unsafe { (read(engine)?, slice(pack, length, "pack")?, trust(trust_)?, slice(days, count, "days")?) };
        let days = days
            .iter()
            .map(|d| Date::from_days(i64::from(*d)).ok_or_else(|| Failure::argument("days: outside the calendar")));
        let days = days.collect::<Result<Vec<Date>, Failure>>()?;
        host.reload(|served| {
            Snapshot::fits(&open(pack, &trust)?.0)?;
            served.reload_pack(pack, &trust, &days)?;
            Ok(())
        })
    })
}
