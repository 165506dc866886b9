//! Ways to make a policy apply, against every set of changes of small cases: each that is minimal is found, each that is
//! found is minimal, in the order that is said, and `more` tells the truth.

use entitle::advise::needs::Way;
use entitle::ids::PolicyId;
use entitle::profile::{Profile, RecordIx, Slot};
use entitle::schema::FieldType;
use entitle::value::Date;
use entitle::verdict::Verdict;
use entitle::why::{Comparison, Shown};
use entitle::{Engine, Rules};
use entitle_tests::generate::{self, Dice};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};

/// What is changed: a scalar as a whole, a set value by value; none is time.
type Key = Option<(RecordIx, usize, Option<u32>)>;

/// The largest sets of changes that are tried in full.
const LARGEST: usize = 3;

struct Case {
    engine: Engine,
    rules: Rules,
    profile: Profile,
    as_of: Date,
}

fn case(seed: u64) -> Case {
    let mut dice = Dice::new(seed);
    let text = generate::policies(&mut dice);
    let engine = generate::open(&text);
    let as_of: Date = ["2000-01-03", "2000-07-15"][dice.below(2) as usize].parse().unwrap();
    let rules = engine.at(as_of).unwrap();
    let profile = generate::profile(&engine, &mut dice);
    Case { engine, rules, profile, as_of }
}

/// The verdict on a changed profile, unless it contradicts a constraint.
fn verdict(rules: &Rules, profile: &Profile, policy: PolicyId) -> Option<Verdict> {
    rules.match_profile(profile).ok().map(|m| m.verdict(policy))
}

fn flips(verdict: Option<Verdict>) -> bool {
    matches!(verdict, Some(Verdict::Eligible | Verdict::Undetermined))
}

/// What can be changed, among the facts that the policy can read, with the profiles that have it changed.
fn changes(case: &Case, policy: PolicyId) -> Vec<Key> {
    let schema = case.engine.schema();
    let read = case.rules.facts_read(&[policy]);
    let mut keys: Vec<Key> = vec![None];
    for ix in (0..case.profile.len() as u32).map(RecordIx) {
        let entity = schema.entity(case.profile.record(ix).unwrap().entity).unwrap();
        for (at, _) in entity.fields.iter().enumerate().filter(|(_, id)| read.contains(id)) {
            match case.profile.slot(ix, at) {
                Slot::Scalar(_) => keys.push(Some((ix, at, None))),
                Slot::Set { known, not, complete } => {
                    let told = |s: &u32| *complete || known.contains(s) || not.contains(s);
                    keys.extend((0..2).filter(told).map(|s| Some((ix, at, Some(s)))));
                }
                _ => {}
            }
        }
    }
    keys
}

/// Whether some values of these changes make the policy apply or keep it open.
fn suffices(case: &Case, policy: PolicyId, keys: &[Key], profile: &Profile, day: Date) -> bool {
    let Some((first, rest)) = keys.split_first() else {
        return flips(verdict(&case.engine.at(day).unwrap(), profile, policy));
    };
    let schema = case.engine.schema();
    match first {
        None => (1..=5).any(|n| suffices(case, policy, rest, profile, day.add_days(n).unwrap())),
        Some((ix, at, None)) => {
            let id = schema.entity(profile.record(*ix).unwrap().entity).unwrap().fields[*at];
            let field = schema.field(id).unwrap();
            (field.range.0..=field.range.1).any(|value| {
                let mut changed = profile.clone();
                let other = *profile.slot(*ix, *at) != Slot::Scalar(value);
                changed.set(*ix, *at, Slot::Scalar(value));
                other && suffices(case, policy, rest, &changed, day)
            })
        }
        Some((ix, at, Some(symbol))) => {
            let Slot::Set { known, not, complete } = profile.slot(*ix, *at) else { return false };
            let held = known.contains(symbol);
            let mut known: Vec<u32> = known.iter().copied().filter(|s| s != symbol).collect();
            let mut not: Vec<u32> = not.iter().copied().filter(|s| s != symbol).collect();
            if !held {
                known.push(*symbol);
                known.sort_unstable();
            } else if !complete {
                not.push(*symbol);
            }
            let mut changed = profile.clone();
            changed.set(*ix, *at, Slot::Set { known, not, complete: *complete });
            suffices(case, policy, rest, &changed, day)
        }
    }
}

fn keys_of(engine: &Engine, profile: &Profile, way: &Way) -> BTreeSet<Key> {
    let schema = engine.schema();
    let mut keys: BTreeSet<Key> = way.wait_until.map(|_| None).into_iter().collect();
    for change in &way.changes {
        let at = entitle::profile::position(schema, change.field).unwrap();
        let set = matches!(schema.field(change.field).unwrap().ty, FieldType::Set(_));
        let symbol = match &change.required {
            Shown::Symbols(_, symbols) if set => Some(symbols[0]),
            _ => None,
        };
        assert!(matches!(profile.slot(change.record, at), Slot::Scalar(_) | Slot::Set { .. }));
        keys.insert(Some((change.record, at, symbol)));
    }
    keys
}

fn subsets(keys: &[Key], size: usize) -> Vec<Vec<Key>> {
    if size == 0 {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (i, key) in keys.iter().enumerate() {
        for mut rest in subsets(&keys[i + 1..], size - 1) {
            rest.insert(0, *key);
            all.push(rest);
        }
    }
    all
}

/// Cases in which the search was cut short, and in which it was not.
/// The smallest sets that were missed, and those that were found.
static SETS: [AtomicU32; 2] = [const { AtomicU32::new(0) }; 2];
static CASES: [AtomicU32; 2] = [AtomicU32::new(0), AtomicU32::new(0)];

#[test]
fn the_smallest_sets_of_changes_are_those_of_brute_force() {
    every_minimal_set_of_changes_is_found_and_no_other();
    let [cut, ended] = [&CASES[0], &CASES[1]].map(|n| n.load(Ordering::Relaxed));
    assert!(ended >= 40 && ended >= 10 * cut, "{ended} searches ended, {cut} were cut short");
    let [missed, found] = [&SETS[0], &SETS[1]].map(|n| n.load(Ordering::Relaxed));
    eprintln!("{found} smallest sets found, {missed} missed");
    assert!(found >= 40 && missed == 0, "{found} smallest sets found, {missed} missed");
}

proptest! {
    #![proptest_config(crate::properties::cases(150))]

    fn every_minimal_set_of_changes_is_found_and_no_other(seed: u64) {
        let case = case(seed);
        let matches = case.rules.match_profile(&case.profile).unwrap();
        for policy in (0..2).map(PolicyId) {
            if matches.verdict(policy) != Verdict::Ineligible {
                continue;
            }
            let keys = changes(&case, policy);
            if keys.len() > 14 {
                continue;
            }
            let mut minimal: Vec<BTreeSet<Key>> = Vec::new();
            for size in 1..=LARGEST {
                for set in subsets(&keys, size) {
                    let wanted: BTreeSet<Key> = set.iter().copied().collect();
                    if !minimal.iter().any(|m| m.is_subset(&wanted))
                        && suffices(&case, policy, &set, &case.profile, case.as_of)
                    {
                        minimal.push(wanted);
                    }
                }
            }
            let needs = case.engine.needs(&matches, policy, 200);
            let ended = !needs.more;
            CASES[usize::from(ended)].fetch_add(1, Ordering::Relaxed);
            let found: Vec<BTreeSet<Key>> = needs.ways.iter().map(|w| keys_of(&case.engine, &case.profile, w)).collect();
            for set in minimal.iter().filter(|_| ended) {
                SETS[usize::from(found.contains(set))].fetch_add(1, Ordering::Relaxed);
                if !found.contains(set) && std::env::var_os("ENTITLE_SHOW").is_some() {
                    eprintln!("missed {set:?} of {policy:?}, found {found:?}, seed {seed}:\n{}", generate::policies(&mut Dice::new(seed)));
                }
            }
            for set in &found {
                prop_assert!(set.len() > LARGEST || minimal.contains(set), "{:?} of {:?} is not minimal: {:?}", set, policy, minimal);
                prop_assert!(!minimal.iter().any(|m| m.is_subset(set) && m != set), "part of {:?} would do", set);
            }
            // Fewest changes first; fewer asked for are the first of them, and it is said that there are more.
            prop_assert!(found.windows(2).all(|w| w[0].len() <= w[1].len()));
            for limit in 1..found.len().min(4) {
                let fewer = case.engine.needs(&matches, policy, limit);
                prop_assert!(fewer.more);
                let sizes = |ways: &[Way]| ways.iter().map(|w| w.changes.len() + usize::from(w.wait_until.is_some())).collect::<Vec<_>>();
                prop_assert_eq!(sizes(&fewer.ways), sizes(&needs.ways[..limit]));
            }
        }
    }
}

/// The ways for a policy on two counts `a` and `b` of a person, from 0 to `most`, that can be changed, and the profile.
fn ways(condition: &str, most: i64, values: (i64, i64)) -> (Profile, Vec<Way>) {
    let count = |name: &str| format!("{name}: times from 0 times to {most} times class action");
    ways_of(&format!("{}; {}", count("a"), count("b")), condition, values)
}

/// The same, for two facts of a person as they are declared.
fn ways_of(facts: &str, condition: &str, (a, b): (i64, i64)) -> (Profile, Vec<Way>) {
    let text = format!(
        "enum category {{ welfare }}
         record person {{ {facts} }}
         policy p for person {{
             category: welfare
             in force: from 2000-01-01 until further notice
             source: \"s\"
             status: illustrative
             eligible when {{ {condition} }}
         }}"
    );
    let engine = Engine::from_texts([("a.policy".to_owned(), text)]).unwrap_or_else(|e| panic!("{e}"));
    let rules = engine.at("2000-01-03".parse().unwrap()).unwrap();
    let mut profile = Profile::new();
    let one = profile.add(engine.schema(), engine.schema().entity_named("person").unwrap());
    profile.set_root(one);
    profile.set(one, 0, Slot::Scalar(a));
    profile.set(one, 1, Slot::Scalar(b));
    let needs = engine.needs(&rules.match_profile(&profile).unwrap(), PolicyId(0), 5);
    for way in &needs.ways {
        assert!(flips(verdict(&rules, &way.applied(&profile), PolicyId(0))), "{way:?}");
    }
    (profile, needs.ways)
}

#[test]
fn what_one_fact_cannot_reach_another_helps_to() {
    // Every value is looked at where there are few, the ends and what tests tell apart where there are many.
    for most in [30, 100] {
        // Alone neither gets there: the one goes as far as helps most, the other does the rest.
        let (profile, found) = ways(&format!("a + b >= {} times", most + most / 2), most, (1, 2));
        assert_eq!(found.iter().map(|w| w.changes.len()).collect::<Vec<_>>(), [2], "{found:?}");
        let reached = found[0].applied(&profile);
        let values = [0, 1].map(|at| if let Slot::Scalar(n) = reached.slot(RecordIx(0), at) { *n } else { 0 });
        assert_eq!(values.iter().sum::<i64>(), most + most / 2, "{values:?}");
        let (_, found) = ways("a + b <= 1 time", most, (10, 20));
        assert_eq!(found.iter().map(|w| w.changes.len()).collect::<Vec<_>>(), [2], "{found:?}");
        // Each alone gets there.
        let (_, found) = ways("a + b >= 20 times", most, (1, 2));
        assert_eq!(found.iter().map(|w| w.changes.len()).collect::<Vec<_>>(), [1, 1], "{found:?}");
    }
}

#[test]
fn a_fact_that_is_tested_and_counted_goes_to_the_nearest_value_that_does() {
    // From 25 on it is enough, up to 30, and again from 65 on.
    let (profile, found) = ways("a + case { a <= 30 times: 40 times; otherwise: 0 times } >= 65 times", 100, (0, 0));
    let first = found[0].applied(&profile);
    assert!(*first.slot(RecordIx(0), 0) == Slot::Scalar(25), "{found:?}");
}

#[test]
fn a_limit_in_fen_is_said_in_whole_yuan() {
    let facts =
        "income: yuan from 0 yuan to 5000 yuan class action; visits: times from 0 times to 9 times class action";
    let said = |condition: &str, fen: i64| {
        let (_, ways) = ways_of(facts, condition, (fen, 5));
        let [change] = ways[0].changes.as_slice() else { panic!("{ways:?}") };
        let number = |shown: &Shown| if let Shown::Number(n, _) = shown { n.to_string() } else { String::new() };
        (change.comparison, number(&change.required), change.distance.as_ref().map_or_else(String::new, number))
    };
    let told = |comparison, required: &str, distance: &str| (comparison, required.to_owned(), distance.to_owned());
    // The least fen below the limit would do; nobody says it so.
    assert_eq!(said("income < 1240 yuan", 150_000), told(Comparison::Less, "1240", "260"));
    assert_eq!(said("income > 1240 yuan", 100_000), told(Comparison::Greater, "1240", "240"));
    assert_eq!(said("income <= 1240 yuan", 150_000), told(Comparison::LessOrEqual, "1240", "260"));
    // A limit that is no whole yuan is said as it is, and what is counted has nothing between.
    assert_eq!(said("income < 1240.5 yuan", 150_000), told(Comparison::LessOrEqual, "1240.49", "259.51"));
    assert_eq!(said("visits < 4 times", 0), told(Comparison::LessOrEqual, "3", "2"));
}
