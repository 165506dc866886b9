//! How many questions until no answer can change anything: ours, the facts in the order of the vocabulary, and the fact that
//! most open policies mention first. Each household answers every question the same way, whoever asks it.
//!
//! `cargo bench -p entitle-benches --bench questions` prints the table; as a test it runs two households.

use entitle::ids::{FieldId, PolicyId};
use entitle::profile::{Profile, RecordIx, Slot, position};
use entitle::schema::FieldType;
use entitle::verdict::Verdict;
use entitle::wire::json::{UnknownFields, profile_from_json};
use entitle::{Engine, Rules};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

type Asking = (RecordIx, FieldId);

/// The answer of a household that has little and is in no special situation: no, none, and small numbers. None for "no others" of
/// a list.
fn answer(engine: &Engine, (record, field): Asking) -> Option<Slot> {
    let declared = engine.schema().field(field).unwrap();
    let mut seed = u64::from(field.0).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ u64::from(record.0);
    seed ^= seed >> 29;
    let (least, most) = declared.range;
    Some(match declared.ty {
        FieldType::Set(_) => Slot::Set { known: vec![], not: vec![], complete: true },
        FieldType::List(_) => return None,
        FieldType::YesNo => Slot::Scalar(i64::from(seed % 5 == 0)),
        FieldType::Date => Slot::Scalar(least.max(17_000 - (seed % 9_000) as i64).min(most)),
        FieldType::Symbol(_) => Slot::Scalar(least + (seed % (most - least + 1) as u64) as i64),
        _ => Slot::Scalar((least + (seed % 3_000) as i64).min(most)),
    })
}

fn open_facts(
    engine: &Engine,
    rules: &Rules,
    profile: &Profile,
    skipped: &BTreeSet<Asking>,
) -> BTreeMap<Asking, usize> {
    let matches = rules.match_profile(profile).unwrap();
    let mut found = BTreeMap::new();
    for id in (0..engine.model().policies.len()).map(PolicyId::of) {
        if matches.verdict(id) == Verdict::Undetermined {
            for fact in matches.explain(id).missing.iter().filter(|f| !f.judged) {
                if let Some(record) = fact.record.filter(|r| !skipped.contains(&(*r, fact.field))) {
                    *found.entry((record, fact.field)).or_insert(0) += 1;
                }
            }
        }
    }
    found
}

fn interview(
    engine: &Engine,
    rules: &Rules,
    start: &Profile,
    next: &dyn Fn(&Profile, &BTreeSet<Asking>) -> Option<Asking>,
) -> usize {
    let mut profile = start.clone();
    let mut skipped = BTreeSet::new();
    let mut count = 0;
    while let Some(asking) = next(&profile, &skipped) {
        count += 1;
        assert!(count < 2_000, "an interview without end");
        let at = position(engine.schema(), asking.1).unwrap();
        let mut said = profile.clone();
        match answer(engine, asking) {
            Some(slot) => said.set(asking.0, at, slot),
            None => said.close(engine.schema(), asking.0, asking.1),
        }
        // What cannot be, or is not answered so, is left as not known.
        if rules.match_profile(&said).is_ok() && said != profile {
            profile = said;
        } else {
            skipped.insert(asking);
        }
    }
    count
}

fn main() {
    let test = std::env::args().any(|a| a == "--test");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let engine = Engine::open(&[root.join("policies/shanghai")]).unwrap();
    let rules = engine.at("2020-09-01".parse().unwrap()).unwrap();
    let mut files: Vec<_> = fs::read_dir(root.join("examples/profiles")).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|p| p.extension().is_some_and(|e| e == "json"));
    files.sort();
    files.truncate(if test { 2 } else { usize::MAX });
    println!("| household | ours | most mentioned first | in the order of the vocabulary |\n| --- | --- | --- | --- |");
    let mut sums = [0; 3];
    for file in files {
        let (profile, _) =
            profile_from_json(engine.schema(), &fs::read(&file).unwrap(), UnknownFields::Reject).unwrap();
        let profile = rules.opened(&profile);
        let ours = interview(&engine, &rules, &profile, &|p, skipped| {
            let matches = rules.match_profile(p).unwrap();
            matches.next_question(skipped).map(|q| (q.record, q.field))
        });
        let mentioned = interview(&engine, &rules, &profile, &|p, skipped| {
            let open = open_facts(&engine, &rules, p, skipped);
            open.into_iter().max_by_key(|(asking, n)| (*n, std::cmp::Reverse(*asking))).map(|(asking, _)| asking)
        });
        let in_order = interview(&engine, &rules, &profile, &|p, skipped| {
            open_facts(&engine, &rules, p, skipped).into_keys().next()
        });
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        println!("| {name} | {ours} | {mentioned} | {in_order} |");
        for (sum, n) in sums.iter_mut().zip([ours, mentioned, in_order]) {
            *sum += n;
        }
    }
    println!("| all | {} | {} | {} |", sums[0], sums[1], sums[2]);
    assert!(sums[0] <= sums[1] && sums[0] <= sums[2]);
}
