//! The rules of a day, and verdicts.

use super::build::Draft;
use super::edge::{Out, guard, room};
use super::handle::{Handle, Kind, change, free, give, read};
use super::metrics::{Call, timed};
use super::snapshot::Shared;
use super::status::{Failure, Status};
use super::text::{Report, Text};
use crate::engine::{Readers, Rules, Watcher};
use crate::profile::Profile;
use crate::value::Date;
use crate::verdict::from_graph::Scratch;
use crate::verdict::{Outcome, Verdict, exact};
use crate::wire::json::report::{report, result};
use std::sync::{Arc, OnceLock};

/// `entitle_rules`
pub(super) struct Day {
    pub(super) snapshot: Shared,
    pub(super) rules: Arc<Rules>,
    /// Which policies read which fact, worked out when a household is first watched.
    readers: OnceLock<Readers>,
}

impl Kind for Day {
    const MARK: u64 = 0x656e_7469_746c_0006;
    const NAME: &'static str = "entitle_rules";
}

impl Day {
    /// The profile, once it is known to be of the same snapshot.
    pub(super) fn profile<'p>(&self, draft: &'p Draft) -> Result<&'p Profile, Failure> {
        self.snapshot.same(&draft.snapshot, "the profile")?;
        draft.finished()
    }

    /// Gives a profile every record that policies look at.
    pub(super) fn open(&self, draft: &mut Draft) -> Result<(), Failure> {
        self.snapshot.same(&draft.snapshot, "the profile")?;
        draft.open(&self.rules)
    }

    /// A household that is watched under these rules.
    pub(super) fn watch(&self, profile: &Profile) -> Result<Watcher<Arc<Rules>>, Failure> {
        let readers = self.readers.get_or_init(|| self.rules.readers());
        Ok(Watcher::new(Arc::clone(&self.rules), readers, profile.clone())?)
    }
}

/// `entitle_scratch`
#[derive(Default)]
pub(super) struct Room {
    scratch: Scratch,
    outcomes: Vec<Outcome>,
}

impl Room {
    /// Memory for evaluations.
    pub(super) fn scratch(&mut self) -> &mut Scratch {
        &mut self.scratch
    }
}

impl Kind for Room {
    const MARK: u64 = 0x656e_7469_746c_0007;
    const NAME: &'static str = "entitle_scratch";
}

const NOTHING: Outcome = Outcome { verdict: Verdict::NotInForce, not_proved: false, by_kleene: true };

/// A verdict as a number. They are part of the ABI.
pub(super) const fn number(outcome: Outcome) -> u8 {
    match (outcome.verdict, outcome.not_proved) {
        (Verdict::NotInForce, _) => 0,
        (Verdict::Eligible, _) => 1,
        (Verdict::Ineligible, _) => 2,
        (Verdict::Undetermined, false) => 3,
        (Verdict::Undetermined, true) => 4,
    }
}

/// The verdicts of a profile, into the caller's array: the one place where the C door evaluates. Nothing is allocated once the
/// room has been used, where no verdict needs a search.
fn verdicts(rules: &Rules, profile: &Profile, room: &mut Room, into: &mut [u8]) -> Result<(), Failure> {
    if !exact::contradictions(rules.bound(), profile, &mut room.scratch).is_empty() {
        // The same call as in Rust, for its words.
        rules.match_profile(profile)?;
    }
    room.outcomes.resize(rules.model().policies.len(), NOTHING);
    rules.outcomes_into(profile, &mut room.scratch, &mut room.outcomes);
    for (place, outcome) in into.iter_mut().zip(&room.outcomes) {
        *place = number(*outcome);
    }
    Ok(())
}

/// `entitle_rules_at`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_rules_at(
    snapshot: *const Handle<Shared>,
    days: i32,
    out: *mut *mut Handle<Day>,
    error: *mut Handle<Report>,
) -> i32 {
    guard(error, || {
        let out = Out::new(out, "out")?;
        // SAFETY: the header asks for a live snapshot.
        let snapshot = unsafe { read(snapshot)? };
        let date = Date::from_days(i64::from(days)).ok_or_else(|| Failure::argument("days: outside the calendar"))?;
        let policies = snapshot.model().policies.len();
        let rules = timed(snapshot.metrics(), Call::Rules, policies, || Ok(snapshot.engine().at(date)?))?;
        let day = Day { snapshot: Shared::clone(snapshot), rules: Arc::new(rules), readers: OnceLock::new() };
        // SAFETY: the header asks for room for a pointer.
        unsafe { out.write(give(day)) };
        Ok(())
    })
}

/// `entitle_rules_snapshot`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_rules_snapshot(
    rules: *const Handle<Day>,
    out: *mut *mut Handle<Shared>,
    error: *mut Handle<Report>,
) -> i32 {
    guard(error, || {
        let out = Out::new(out, "out")?;
        // SAFETY: the header asks for live rules and room for a pointer.
        unsafe {
            let shared = Shared::clone(&read(rules)?.snapshot);
            out.write(give(shared));
        }
        Ok(())
    })
}

/// `entitle_rules_free`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_rules_free(rules: *mut Handle<Day>) {
    // SAFETY: the header asks for null or a live handle that is used no more.
    unsafe { free(rules) }
}

/// `entitle_scratch_new`
#[unsafe(no_mangle)]
extern "C" fn entitle_scratch_new() -> *mut Handle<Room> {
    give(Room::default())
}

/// `entitle_scratch_free`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_scratch_free(scratch: *mut Handle<Room>) {
    // SAFETY: the header asks for null or a live handle that is used no more.
    unsafe { free(scratch) }
}

/// `entitle_match`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_match(
    rules: *const Handle<Day>,
    profile: *const Handle<Draft>,
    scratch: *mut Handle<Room>,
    verdicts_: *mut u8,
    length: usize,
    error: *mut Handle<Report>,
) -> i32 {
    guard(error, || {
        // SAFETY: the header asks for live handles, a scratch that no other thread uses, and room for `length` verdicts.
        let (day, draft, into) = unsafe { (read(rules)?, read(profile)?, room(verdicts_, length, "verdicts")?) };
        let policies = day.snapshot.model().policies.len();
        if into.len() < policies {
            return Err(Failure::new(Status::Space, format!("verdicts: room for {length}, {policies} are needed")));
        }
        let profile = day.profile(draft)?;
        let mut own = None;
        let scratch = if scratch.is_null() {
            own.insert(Room::default())
        } else {
            // SAFETY: as above.
            unsafe { change(scratch)? }
        };
        timed(day.snapshot.metrics(), Call::Match, policies, || verdicts(&day.rules, profile, scratch, into))
    })
}

/// `entitle_match_json`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_match_json(
    rules: *const Handle<Day>,
    profile: *const Handle<Draft>,
    out: *mut Handle<Text>,
    error: *mut Handle<Report>,
) -> i32 {
    guard(error, || {
        // SAFETY: the header asks for live handles, and a text that no other thread uses.
        let (day, draft, out) = unsafe { (read(rules)?, read(profile)?, change(out)?) };
        let profile = day.profile(draft)?;
        let policies = day.snapshot.model().policies.len();
        timed(day.snapshot.metrics(), Call::Explain, policies, || out.set(&report(&day.rules.match_profile(profile)?)))
    })
}

/// `entitle_explain_json`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_explain_json(
    rules: *const Handle<Day>,
    profile: *const Handle<Draft>,
    policy: u64,
    out: *mut Handle<Text>,
    error: *mut Handle<Report>,
) -> i32 {
    guard(error, || {
        // SAFETY: as above.
        let (day, draft, out) = unsafe { (read(rules)?, read(profile)?, change(out)?) };
        let policy = day.snapshot.policy(policy)?;
        let profile = day.profile(draft)?;
        timed(day.snapshot.metrics(), Call::Explain, 1, || out.set(&result(&day.rules.match_profile(profile)?, policy)))
    })
}
