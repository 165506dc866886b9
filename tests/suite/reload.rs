//! A set that is exchanged thousands of times while threads match: every answer is that of one set, whole.

use entitle::value::Date;
use entitle::verdict::Verdict;
use entitle::wire::json::{UnknownFields, profile_from_json, report};
use entitle::wire::pack::{Algorithm, Options, SigningKey, Trust};
use entitle::{Engine, Refusal, Reloadable};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

fn engine(age: u64) -> Engine {
    let text = format!(
        r#"
        enum category {{ welfare }}
        record person {{ birth_date: date; income: yuan per month }}
        parameter rate: yuan per month {{ source: "an example"; from 2020-01-01 until further notice: {age} }}
        policy tea for person {{
            category: welfare
            in force: from 2020-01-01 until further notice
            source: "an example"
            status: illustrative
            eligible when {{ today - birth_date >= {age} years old }}
            benefit cash: rate
        }}
        policy cake for person {{
            category: welfare
            in force: from 2020-01-01 until further notice
            source: "an example"
            status: illustrative
            eligible when {{ income < rate }}
        }}
    "#
    );
    Engine::from_texts([("tea.policy".to_owned(), text)]).unwrap_or_else(|e| panic!("{e}"))
}

const HOUSEHOLD: &[u8] = br#"{"person": {"birth_date": "1961-07-02", "income": "64"}}"#;

fn answer(engine: &Engine, on: Date) -> String {
    let (profile, _) = profile_from_json(engine.schema(), HOUSEHOLD, UnknownFields::Reject).unwrap();
    let rules = engine.at(on).unwrap();
    report::report(&rules.match_profile(&profile).unwrap()).to_string()
}

#[test]
fn threads_match_while_packs_are_exchanged_thousands_of_times() {
    let on: Date = "2026-07-01".parse().unwrap();
    let key = SigningKey::from_seed(Algorithm::Ed25519, &[3; 32]).unwrap();
    let trust = Trust::signed_by(key.public());
    let sets: Vec<Engine> = (60..68).map(engine).collect();
    let expected: BTreeMap<String, String> = sets.iter().map(|e| (e.fingerprint().to_owned(), answer(e, on))).collect();
    assert_eq!(expected.len(), sets.len());
    let pack = |revision: u64, which: usize| {
        sets[which].to_pack(&Options { revision, sign: Some(&key), ..Options::default() }).unwrap()
    };
    let served = Reloadable::from_pack(&pack(1, 0), &trust).unwrap();
    let (done, answers, seen_new) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut generation = 0;
                while !done.load(Ordering::Relaxed) {
                    let snapshot = served.snapshot();
                    assert!(snapshot.generation() >= generation, "a thread went back to an older set");
                    if snapshot.generation() > generation {
                        seen_new.fetch_add(1, Ordering::Relaxed);
                    }
                    generation = snapshot.generation();
                    // Rules, names and figures of one set: the whole report is that of the fingerprint.
                    assert_eq!(answer(&snapshot, on), expected[snapshot.fingerprint()]);
                    answers.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let mut good = 0;
        for round in 2..3_002_u64 {
            let which = usize::try_from(round).unwrap() % sets.len();
            let bytes = pack(round, which);
            if round % 5 == 0 {
                // A bad pack in between changes nothing, and says why.
                let before = served.snapshot();
                let mut bad = bytes.clone();
                let middle = bad.len() / 2;
                bad[middle] ^= 0x40;
                let error = served.reload_pack(&bad, &trust, &[on]).unwrap_err();
                assert_eq!(error.refusal(), Some(&Refusal::Damaged));
                assert_eq!(served.snapshot().generation(), before.generation());
            }
            let snapshot = served.reload_pack(&bytes, &trust, &[on]).unwrap();
            assert_eq!(snapshot.revision(), Some(round));
            good += 1;
        }
        done.store(true, Ordering::Relaxed);
        assert_eq!(good, 3_000);
    });
    assert!(answers.load(Ordering::Relaxed) > 0 && seen_new.load(Ordering::Relaxed) > 4);
}

#[test]
fn a_bad_set_leaves_the_old_one_serving() {
    let key = SigningKey::from_seed(Algorithm::Sm2, &[3; 32]).unwrap();
    let trust = Trust::signed_by(key.public());
    let pack =
        |age: u64, revision: u64, sign| engine(age).to_pack(&Options { revision, sign, ..Options::default() }).unwrap();
    let served = Reloadable::from_pack(&pack(60, 5, Some(&key)), &trust).unwrap();
    let before = served.snapshot();
    let refused = |bytes: &[u8]| {
        let error = served.reload_pack(bytes, &trust, &[]).unwrap_err();
        assert_eq!(served.snapshot().generation(), before.generation());
        error.refusal().unwrap().clone()
    };
    assert_eq!(refused(&pack(61, 6, None)), Refusal::Unsigned);
    // The loader remembers the revision that is served, even where the caller demands none.
    assert_eq!(refused(&pack(61, 4, Some(&key))), Refusal::Revision { found: 4, least: 5 });
    assert_eq!(refused(&pack(61, 5, Some(&key))), Refusal::SameRevision { revision: 5 });
    let error =
        served.replace_with(|_| Engine::from_texts([("bad.policy".to_owned(), "policy".to_owned())])).unwrap_err();
    assert!(error.is_policies());
    assert_eq!(served.snapshot().generation(), before.generation());
    // The very same pack may come again.
    assert!(served.reload_pack(&pack(60, 5, Some(&key)), &trust, &[]).is_ok());
}

#[test]
fn what_was_made_for_another_set_is_stale() {
    let served = Reloadable::new(engine(60));
    let old = served.snapshot();
    let new = served.replace_with(|served| {
        assert_eq!(served.generation(), old.generation());
        Ok(engine(65))
    });
    let new = new.unwrap();
    assert!(new.accept(new.generation()).is_ok());
    assert!(new.accept(old.generation()).unwrap_err().is_stale());
    assert!(Reloadable::new(engine(60)).snapshot().accept(old.generation()).unwrap_err().is_stale());
    // The old set lives for as long as somebody holds it.
    let on: Date = "2026-07-01".parse().unwrap();
    let weak = std::sync::Arc::downgrade(&old);
    let rules = old.at(on).unwrap();
    drop(old);
    assert!(weak.upgrade().is_none(), "nobody else holds it");
    let (profile, _) = profile_from_json(new.schema(), HOUSEHOLD, UnknownFields::Reject).unwrap();
    assert_eq!(rules.match_profile(&profile).unwrap().verdicts().next(), Some(Verdict::Eligible));
}
