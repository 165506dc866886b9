//! Calls through the C door in any order, with the right handles and wrong ones, ids of this snapshot, of another and of none.
//!
//! The header forbids a handle that was freed and pointers that lead nowhere; everything else a host can get wrong is tried. What must
//! hold: no call panics, a failed one has a message and writes nothing, NULL and other kinds of handles are refused, and what belongs to
//! another snapshot never gives an answer. Under AddressSanitizer also that no byte is touched that is not lent, and that all memory
//! is given back.

use super::abi::*;
use entitle_tests::fuzz::VOCABULARY;
use entitle_tests::generate::Dice;
use std::ffi::c_char;
use std::ptr::{null, null_mut};

/// Bytes of the host's own choices.
pub(super) fn seeds() -> Vec<Vec<u8>> {
    let mut dice = Dice::new(3);
    (0..64).map(|_| (0..600).map(|_| dice.below(256) as u8).collect()).collect()
}

/// One host, from the first call to the last free.
pub(super) fn calls(data: &[u8]) {
    let mut host = Host::new(Dice::thrown(data));
    for _ in 0..120 {
        host.step();
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Engine,
    Snapshot,
    Rules,
    Profile,
    Watcher,
}

const KINDS: [Kind; 5] = [Kind::Engine, Kind::Snapshot, Kind::Rules, Kind::Profile, Kind::Watcher];

/// A handle and the snapshot it belongs to; an engine's is the one it serves now.
#[derive(Clone, Copy)]
struct Held {
    kind: Kind,
    handle: Handle,
    set: u32,
}

/// A handle given to a call: the right one, or one that must be refused.
#[derive(Clone, Copy)]
struct Given {
    handle: Handle,
    set: u32,
    wrong: Option<i32>,
}

/// An id and the snapshot it came from; 0 for one that came from nowhere.
#[derive(Clone, Copy)]
struct Id {
    id: u64,
    set: u32,
}

struct Host {
    dice: Dice,
    held: Vec<Held>,
    sets: u32,
    error: Handle,
    text: Handle,
    scratch: Handle,
    fields: Vec<Id>,
    kinds: Vec<Id>,
    policies: Vec<Id>,
    values: Vec<Id>,
}

/// What an out parameter holds before a call.
const BEFORE: usize = 0x5555_5550;

impl Host {
    fn new(dice: Dice) -> Self {
        // SAFETY: nothing is asked of the caller.
        let (error, text, scratch) = unsafe { (entitle_error_new(), entitle_text_new(), entitle_scratch_new()) };
        let none = Vec::new;
        let (held, sets) = (Vec::new(), 0);
        Self { dice, held, sets, error, text, scratch, fields: none(), kinds: none(), policies: none(), values: none() }
    }

    fn below(&mut self, n: usize) -> usize {
        self.dice.below(n as u64) as usize
    }

    /// A handle of that kind, most of the time.
    fn give(&mut self, kind: Kind) -> Given {
        let other = match self.below(24) {
            0 => return Given { handle: null_mut(), set: 0, wrong: Some(NULL) },
            1 => true,
            _ => false,
        };
        let fitting: Vec<Held> = self.held.iter().filter(|h| (h.kind == kind) != other).copied().collect();
        let last = fitting.len();
        match fitting.get(if last == 0 { 0 } else { self.below(last) }) {
            Some(held) => Given { handle: held.handle, set: held.set, wrong: other.then_some(HANDLE) },
            None if other => Given { handle: self.text, set: 0, wrong: Some(HANDLE) },
            None => Given { handle: null_mut(), set: 0, wrong: Some(NULL) },
        }
    }

    fn id(&mut self, of: fn(&Self) -> &Vec<Id>) -> Id {
        let count = of(self).len();
        if count == 0 || self.below(16) == 0 {
            let id = self.dice.below(u64::MAX) << self.below(40);
            return Id { id, set: 0 };
        }
        let at = self.below(count);
        of(self)[at]
    }

    /// What holds after every call.
    fn judge(&mut self, status: i32, given: &[Given], ids: &[Id]) -> bool {
        assert!((OK..=14).contains(&status) && status != PANIC, "status {status}: {}", self.message());
        if let Some(wrong) = given.iter().find_map(|g| g.wrong) {
            assert_ne!(status, OK, "a wrong handle is taken ({wrong})");
        }
        let mut sets = given.iter().map(|g| g.set).chain(ids.iter().map(|i| i.set));
        let first = given.iter().map(|g| g.set).find(|s| *s != 0).unwrap_or(0);
        if sets.clone().any(|set| set != first && set != 0) {
            assert_ne!(status, OK, "snapshots are mixed");
        }
        if given.iter().all(|g| g.wrong.is_none()) && sets.all(|set| set == first) {
            assert_ne!(status, STALE, "{}", self.message());
        }
        if status != OK {
            assert!(!self.message().is_empty());
        }
        status == OK
    }

    fn message(&self) -> String {
        let mut length = 0;
        // SAFETY: a live error; the message is lent until it is used again.
        let bytes = unsafe {
            let data = entitle_error_message(self.error, &raw mut length);
            if data.is_null() { &[][..] } else { std::slice::from_raw_parts(data.cast::<u8>(), length) }
        };
        std::str::from_utf8(bytes).expect("a message is UTF-8").to_owned()
    }

    /// Calls what makes a handle, and keeps it.
    fn made(&mut self, kind: Kind, set: u32, given: &[Given], call: impl FnOnce(*mut Handle, Handle) -> i32) -> bool {
        let mut out = BEFORE as Handle;
        let status = call(&raw mut out, self.error);
        let fine = self.judge(status, given, &[]);
        assert_eq!(fine, out as usize != BEFORE, "an out parameter is written by a call that fails");
        if fine {
            self.held.push(Held { kind, handle: out, set });
        }
        fine
    }

    fn policies(&mut self) -> String {
        match self.below(12) {
            0 => "policy".to_owned(),
            1 => VOCABULARY.chars().take(self.below(VOCABULARY.len())).collect(),
            2..5 => VOCABULARY.replace("1240 yuan", &format!("{} yuan", 1_000 + self.below(4))),
            _ => VOCABULARY.to_owned(),
        }
    }

    fn json(&mut self) -> Vec<u8> {
        let texts: [&[u8]; 8] = [
            br#"{"person":{"a":true,"b":true,"income":1000,"born":"1950-01-01","grade":"mid","place":"city","m":3,"n":1}}"#,
            br#"{"person":{"a":true},"household":{"savings":100,"members":[{"income":"1200.50"},{"place":"west"}]}}"#,
            br#"{"person":{"aids":[{"paid":"2020-01-01","given":2000,"ok":true,"tags":["green"]}],"tags":["red"]}}"#,
            br#"{"person":{"a":"yes"}}"#,
            br#"{"person":{"a":false,"b":false,"m":1,"n":2}}"#,
            b"{}",
            b"[1,",
            b"\xff\xfe",
        ];
        texts[self.below(texts.len())].to_vec()
    }

    fn record(&mut self) -> u32 {
        match self.below(12) {
            0 => u32::MAX,
            1 => 7,
            n => (n / 3) as u32,
        }
    }

    fn free(&mut self, at: usize) {
        let held = self.held.swap_remove(at);
        // SAFETY: the handle came from the library, and is forgotten here.
        unsafe {
            match held.kind {
                Kind::Engine => entitle_engine_free(held.handle),
                Kind::Snapshot => entitle_snapshot_free(held.handle),
                Kind::Rules => entitle_rules_free(held.handle),
                Kind::Profile => entitle_profile_free(held.handle),
                Kind::Watcher => entitle_watcher_free(held.handle),
            }
        }
    }

    fn step(&mut self) {
        let missing = KINDS.into_iter().take(4).find(|k| !self.held.iter().any(|h| h.kind == *k));
        let what = match missing {
            Some(Kind::Engine) => 0,
            Some(Kind::Snapshot) => 2,
            Some(Kind::Rules) => 4,
            Some(Kind::Profile) => 5,
            _ => self.below(40),
        };
        match what {
            0..2 => self.open(what == 0),
            2..8 => self.make(what),
            8..12 => self.look(what),
            12..28 => self.set(what),
            28..37 => self.ask(what),
            _ if self.held.len() > 1 => {
                let at = self.below(self.held.len());
                self.free(at);
            }
            _ => {}
        }
    }

    /// A policy set, opened or reloaded.
    fn open(&mut self, fresh: bool) {
        let (name, text) = ("a.policy", self.policies());
        let str = |text: &str| Str { data: text.as_ptr().cast(), length: text.len() };
        let source = Source { name: str(name), text: str(&text) };
        if fresh {
            self.sets += 1;
            // SAFETY: a source that lives through the call, a place for the result, a live error.
            self.made(Kind::Engine, self.sets, &[], |out, error| unsafe {
                entitle_engine_open_texts(&raw const source, 1, out, error)
            });
            return;
        }
        let engine = self.give(Kind::Engine);
        // SAFETY: a handle of the library or NULL, a source that lives through the call, a live error.
        let status = unsafe { entitle_engine_reload_texts(engine.handle, &raw const source, 1, self.error) };
        if self.judge(status, &[engine], &[]) {
            self.sets += 1;
            let (sets, handle) = (self.sets, engine.handle);
            self.held.iter_mut().filter(|h| h.handle == handle).for_each(|h| h.set = sets);
        }
    }

    /// Handles from handles.
    fn make(&mut self, what: usize) {
        match what {
            2 => {
                let engine = self.give(Kind::Engine);
                // SAFETY: as above, with a place for the result.
                self.made(Kind::Snapshot, engine.set, &[engine], |out, error| unsafe {
                    entitle_engine_snapshot(engine.handle, out, error)
                });
                self.learn();
            }
            3 => {
                let snapshot = self.give(Kind::Snapshot);
                // SAFETY: as above.
                self.made(Kind::Snapshot, snapshot.set, &[snapshot], |out, error| unsafe {
                    entitle_snapshot_share(snapshot.handle, out, error)
                });
            }
            4 => {
                let snapshot = self.give(Kind::Snapshot);
                let days = [18_506, 10_959, 0, i32::MIN, i32::MAX][self.below(5).min(self.below(5))];
                // SAFETY: as above.
                self.made(Kind::Rules, snapshot.set, &[snapshot], |out, error| unsafe {
                    entitle_rules_at(snapshot.handle, days, out, error)
                });
            }
            5 => {
                let snapshot = self.give(Kind::Snapshot);
                // SAFETY: as above.
                self.made(Kind::Profile, snapshot.set, &[snapshot], |out, error| unsafe {
                    entitle_profile_new(snapshot.handle, out, error)
                });
            }
            6 => {
                let (snapshot, json, unknown) = (self.give(Kind::Snapshot), self.json(), self.below(3) as u32);
                let notices = if self.below(2) == 0 { null_mut() } else { self.text };
                let (data, length) = (json.as_ptr().cast::<c_char>(), json.len());
                // SAFETY: as above, with a text and its length.
                self.made(Kind::Profile, snapshot.set, &[snapshot], |out, error| unsafe {
                    entitle_profile_from_json(snapshot.handle, data, length, unknown, notices, out, error)
                });
            }
            _ => {
                let (rules, profile) = (self.give(Kind::Rules), self.give(Kind::Profile));
                // SAFETY: as above.
                self.made(Kind::Watcher, rules.set, &[rules, profile], |out, error| unsafe {
                    entitle_watcher_new(rules.handle, profile.handle, out, error)
                });
            }
        }
    }

    /// Notes the ids of the newest snapshot.
    fn learn(&mut self) {
        let Some(snapshot) = self.held.iter().rfind(|h| h.kind == Kind::Snapshot).copied() else { return };
        let (mut counts, handle) = ([0usize; 3], snapshot.handle);
        let [policies, kinds, facts] = &mut counts;
        // SAFETY: a live handle and places for the results.
        assert_eq!(unsafe { entitle_snapshot_counts(handle, policies, kinds, facts, self.error) }, OK);
        type Info = unsafe extern "C" fn(Handle, usize, *mut u64, usize, Handle) -> i32;
        let listed: [(Info, fn(&mut Self) -> &mut Vec<Id>); 3] = [
            (entitle_snapshot_policy, |h| &mut h.policies),
            (entitle_snapshot_kind, |h| &mut h.kinds),
            (entitle_snapshot_fact, |h| &mut h.fields),
        ];
        for ((info, of), count) in listed.into_iter().zip(counts) {
            for at in 0..count {
                let mut id = 0u64;
                // SAFETY: as above; only the first word of the struct is asked for.
                assert_eq!(unsafe { info(handle, at, &raw mut id, 8, self.error) }, OK);
                of(self).push(Id { id, set: snapshot.set });
            }
            let mut id = 7u64;
            // SAFETY: as above.
            let status = unsafe { info(handle, count, &raw mut id, 8, self.error) };
            assert!(!self.judge(status, &[], &[]) && id == 7, "one more than there are");
        }
        for field in self.fields.clone().iter().rev().take(counts[2]) {
            let mut id = 0u64;
            // SAFETY: as above.
            let status = unsafe { entitle_snapshot_value(handle, field.id, 0, &raw mut id, 8, self.error) };
            if self.judge(status, &[], &[]) {
                self.values.push(Id { id, set: snapshot.set });
            }
        }
    }

    fn look(&mut self, what: usize) {
        let snapshot = self.give(Kind::Snapshot);
        match what {
            8 => {
                let (engine, mut current) = (self.give(Kind::Engine), 7);
                // SAFETY: handles of the library or NULL, a place for the result, a live error.
                let status =
                    unsafe { entitle_engine_is_current(engine.handle, snapshot.handle, &raw mut current, self.error) };
                let free = |g: Given| Given { set: 0, ..g };
                if self.judge(status, &[free(engine), free(snapshot)], &[]) {
                    assert_eq!(current == 1, engine.set == snapshot.set);
                }
            }
            9 => {
                // SAFETY: as above, and a live text.
                let status = unsafe { entitle_snapshot_schema_json(snapshot.handle, self.text, self.error) };
                self.judged_json(status, &[snapshot], &[]);
            }
            10 => {
                let json = if self.below(2) == 0 { self.json() } else { self.told() };
                let (data, length) = (json.as_ptr().cast(), json.len());
                // SAFETY: as above, with a text and its length; the answer goes to another text.
                let status =
                    unsafe { entitle_verify_record_json(snapshot.handle, data, length, self.text, self.error) };
                self.judged_json(status, &[snapshot], &[]);
            }
            _ => {
                let (field, at, mut id) = (self.id(|h| &h.fields), self.below(9), 7u64);
                // SAFETY: as above.
                let status =
                    unsafe { entitle_snapshot_value(snapshot.handle, field.id, at, &raw mut id, 8, self.error) };
                assert_eq!(self.judge(status, &[snapshot], &[field]), id != 7);
            }
        }
    }

    /// What the text holds.
    fn told(&self) -> Vec<u8> {
        let mut length = 0;
        // SAFETY: a live text; what it lends is copied.
        unsafe {
            let data = entitle_text_data(self.text, &raw mut length);
            if data.is_null() { Vec::new() } else { std::slice::from_raw_parts(data.cast::<u8>(), length).to_vec() }
        }
    }

    fn judged_json(&mut self, status: i32, given: &[Given], ids: &[Id]) {
        if self.judge(status, given, ids) {
            let told = self.told();
            serde_json::from_slice::<serde_json::Value>(&told).expect("JSON comes out");
        }
    }

    /// Facts, one by one.
    fn set(&mut self, what: usize) {
        let (profile, record, error) = (self.give(Kind::Profile), self.record(), self.error);
        let (field, value) = (self.id(|h| &h.fields), self.id(|h| &h.values));
        let (handle, number) = (profile.handle, [0, 1, -1, 5, 20_000, i32::MAX, i32::MIN][self.below(7)]);
        let mut out = 0x55u32;
        let mut ids = vec![field];
        // SAFETY of every call: a handle of the library or NULL, arrays with their lengths, a place for the result.
        let status = unsafe {
            match what {
                12 => entitle_profile_set_yes_no(handle, record, field.id, number, error),
                13 => entitle_profile_set_date(handle, record, field.id, number, error),
                14 | 15 => {
                    let digits = i64::from(number) << self.below(32);
                    entitle_profile_set_number(handle, record, field.id, digits, self.below(12) as u32, error)
                }
                16 | 17 => {
                    ids.push(value);
                    entitle_profile_set_value(handle, record, field.id, value.id, error)
                }
                18 | 19 => {
                    let known: Vec<Id> = (0..self.below(4)).map(|_| self.id(|h| &h.values)).collect();
                    ids.extend(known.iter().copied());
                    let known: Vec<u64> = known.iter().map(|v| v.id).collect();
                    let (excluded, count) = if self.below(2) == 0 { (null(), 0) } else { (known.as_ptr(), 1) };
                    let count = count.min(known.len());
                    let (data, all) = (known.as_ptr(), known.len());
                    entitle_profile_set_set(handle, record, field.id, data, all, excluded, count, number, error)
                }
                20 => entitle_profile_record(handle, record, field.id, &raw mut out, error),
                21 | 22 => entitle_profile_add_entry(handle, record, field.id, &raw mut out, error),
                23 => entitle_profile_include(handle, record, field.id, self.record(), error),
                24 => entitle_profile_set_list(handle, record, field.id, number, error),
                25 => entitle_profile_forget(handle, record, field.id, error),
                26 => {
                    let kind = self.id(|h| &h.kinds);
                    ids = vec![kind];
                    entitle_profile_root(handle, kind.id, &raw mut out, error)
                }
                _ => {
                    ids.clear();
                    if self.below(8) == 0 {
                        entitle_profile_clear(handle, error)
                    } else {
                        entitle_profile_seat(handle, record, error)
                    }
                }
            }
        };
        let fine = self.judge(status, &[profile], &ids);
        assert!(fine || out == 0x55, "an out parameter is written by a call that fails");
    }

    /// Verdicts and advice.
    fn ask(&mut self, what: usize) {
        let (rules, profile, error, text) = (self.give(Kind::Rules), self.give(Kind::Profile), self.error, self.text);
        let (r, p) = (rules.handle, profile.handle);
        let policy = self.id(|h| &h.policies);
        let length = self.below(5);
        let mut verdicts = [0xEEu8; 8];
        let scratch = if self.below(3) == 0 { null_mut() } else { self.scratch };
        // SAFETY of every call: handles of the library or NULL, room as long as is said, a live text and error.
        match what {
            28..31 => {
                let status = unsafe { entitle_match(r, p, scratch, verdicts.as_mut_ptr(), length, error) };
                let fine = self.judge(status, &[rules, profile], &[]);
                assert!(verdicts[length..].iter().all(|v| *v == 0xEE), "more is written than there is room for");
                // One verdict a policy, and a set that was cut short may have none.
                let written = verdicts.iter().take_while(|v| **v != 0xEE).count();
                assert!(!fine || verdicts[..written].iter().all(|v| *v <= 4), "{verdicts:?}");
                assert!(!fine || verdicts[written..].iter().all(|v| *v == 0xEE), "{verdicts:?}");
                if rules.wrong.is_none() && profile.wrong.is_none() && rules.set != profile.set && length >= 3 {
                    assert_eq!(status, STALE);
                }
            }
            31 => {
                let status = unsafe { entitle_match_json(r, p, text, error) };
                self.judged_json(status, &[rules, profile], &[]);
            }
            32 => {
                let status = unsafe { entitle_explain_json(r, p, policy.id, text, error) };
                self.judged_json(status, &[rules, profile], &[policy]);
            }
            33 => {
                let status = unsafe { entitle_needs_json(r, p, policy.id, length, text, error) };
                self.judged_json(status, &[rules, profile], &[policy]);
            }
            34 => {
                let field = self.id(|h| &h.fields);
                let skipped = Asking { field: field.id, record: self.record(), reserved: 0 };
                let count = self.below(2);
                let status = unsafe { entitle_question_json(r, p, &raw const skipped, count, text, error) };
                self.judged_json(status, &[rules, profile], &[field][..count]);
            }
            35 => {
                let status = unsafe { entitle_record_json(r, p, text, error) };
                self.judged_json(status, &[rules, profile], &[]);
                if length == 0 {
                    let status = unsafe { entitle_profile_open(p, r, error) };
                    self.judge(status, &[profile, rules], &[]);
                }
            }
            _ => {
                let watcher = self.give(Kind::Watcher);
                let mut turned = [const { Turned { policy: 0, before: 9, after: 9 } }; 8];
                let mut count = 99usize;
                let status = unsafe {
                    entitle_watcher_update(watcher.handle, p, turned.as_mut_ptr(), length, &raw mut count, error)
                };
                let fine = self.judge(status, &[watcher, profile], &[]);
                assert_eq!(fine, count != 99);
                assert!(turned[length..].iter().all(|t| t.before == 9));
                let status = unsafe { entitle_watcher_verdicts(watcher.handle, verdicts.as_mut_ptr(), length, error) };
                self.judge(status, &[watcher], &[]);
            }
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        while !self.held.is_empty() {
            let at = self.below(self.held.len());
            self.free(at);
        }
        // SAFETY: live handles that are used no more; another kind's free leaves them alone.
        unsafe {
            entitle_text_free(self.error);
            entitle_error_free(self.error);
            entitle_text_free(self.text);
            entitle_scratch_free(self.scratch);
        }
    }
}
