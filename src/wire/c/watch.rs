//! One household whose facts change: which verdicts turn, with only what reads the changed facts judged again.

use super::build::Draft;
use super::edge::{Out, guard, room};
use super::handle::{Handle, Kind, change, free, give, read};
use super::ids::{self, Sort};
use super::matching::{Day, number};
use super::metrics::{Call, timed};
use super::snapshot::Shared;
use super::status::{Failure, Status};
use super::text::Report;
use crate::engine::{Rules, Turned, Watcher};
use crate::verdict::{Outcome, Verdict};
use std::sync::Arc;

/// `entitle_watcher`
pub(super) struct Watched {
    snapshot: Shared,
    watcher: Watcher<Arc<Rules>>,
}

impl Kind for Watched {
    const MARK: u64 = 0x656e_7469_746c_0008;
    const NAME: &'static str = "entitle_watcher";
}

/// `entitle_turned`
#[derive(Clone, Copy)]
#[repr(C)]
struct Turn {
    policy: u64,
    before: u32,
    after: u32,
}

impl Turn {
    fn of(snapshot: u64, turned: Turned) -> Self {
        let number = |verdict: Verdict| number(Outcome { verdict, not_proved: false, by_kleene: true }).into();
        let policy = ids::pack(snapshot, Sort::Policy, turned.policy.index());
        Self { policy, before: number(turned.before), after: number(turned.after) }
    }
}

fn enough(length: usize, needed: usize, what: &str) -> Result<(), Failure> {
    if length >= needed {
        return Ok(());
    }
    Err(Failure::new(Status::Space, format!("{what}: room for {length}, {needed} are needed")))
}

/// `entitle_watcher_new`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_watcher_new(
    rules: *const Handle<Day>,
    profile: *const Handle<Draft>,
    out: *mut *mut Handle<Watched>,
    error: *mut Handle<Report>,
) -> i32 {
    guard(error, || {
        let out = Out::new(out, "out")?;
        // SAFETY: the header asks for live handles.
        let (day, draft) = unsafe { (read(rules)?, read(profile)?) };
        let profile = day.profile(draft)?;
        let policies = day.snapshot.model().policies.len();
        let watcher = timed(day.snapshot.metrics(), Call::Watch, policies, || day.watch(profile))?;
        // SAFETY: the header asks for room for a pointer.
        unsafe { out.write(give(Watched { snapshot: Shared::clone(&day.snapshot), watcher })) };
        Ok(())
    })
}

/// `entitle_watcher_free`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_watcher_free(watcher: *mut Handle<Watched>) {
    // SAFETY: the header asks for null or a live handle that is used no more.
    unsafe { free(watcher) }
}

/// `entitle_watcher_update`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_watcher_update(
    watcher: *mut Handle<Watched>,
    profile: *const Handle<Draft>,
    turned: *mut Turn,
    length: usize,
    count: *mut usize,
    error: *mut Handle<Report>,
) -> i32 {
    guard(error, || {
        let count = Out::new(count, "count")?;
        // SAFETY: the header asks for live handles, the watcher used by no other thread, and room for `length` entries.
        let (watched, draft, into) = unsafe { (change(watcher)?, read(profile)?, room(turned, length, "turned")?) };
        // Before anything changes: a turn that found no room would never be told again.
        enough(length, watched.watcher.outcomes().len(), "turned")?;
        watched.snapshot.same(&draft.snapshot, "the profile")?;
        let profile = draft.finished()?;
        let (snapshot, watcher) = (&watched.snapshot, &mut watched.watcher);
        let found = timed(snapshot.metrics(), Call::Watch, 1, || Ok(watcher.update(profile)?))?;
        for (place, turned) in into.iter_mut().zip(found.iter().copied()) {
            *place = Turn::of(snapshot.number, turned);
        }
        // SAFETY: the header asks for room for a number.
        unsafe { count.write(found.len()) };
        Ok(())
    })
}

/// `entitle_watcher_verdicts`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_watcher_verdicts(
    watcher: *const Handle<Watched>,
    verdicts: *mut u8,
    length: usize,
    error: *mut Handle<Report>,
) -> i32 {
    guard(error, || {
        // SAFETY: the header asks for a live watcher that is not being changed, and room for `length` verdicts.
        let (watched, into) = unsafe { (read(watcher)?, room(verdicts, length, "verdicts")?) };
        let outcomes = watched.watcher.outcomes();
        enough(length, outcomes.len(), "verdicts")?;
        for (place, outcome) in into.iter_mut().zip(outcomes) {
            *place = number(*outcome);
        }
        Ok(())
    })
}
