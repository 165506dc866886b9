//! The exported statement says in SQLite what Kleene logic says here: for the shipped policies on the shipped households,
//! and for generated policies on generated profiles, in every way that facts can stand in columns.

use entitle::ids::PolicyId;
use entitle::profile::Profile;
use entitle::verdict::Verdict;
use entitle::verdict::exact::kleene;
use entitle::verdict::from_graph::Scratch;
use entitle::wire::json::{UnknownFields, profile_from_json};
use entitle::wire::sql::{Dates, Dialect, Enums, Options, Statement, rows, statement};
use entitle::{Engine, Rules};
use entitle_tests::generate::{self, Dice};
use rusqlite::Connection;
use std::path::Path;

fn forms() -> [Options; 2] {
    [(Dates::Iso, Enums::Names), (Dates::Days, Enums::Positions)].map(|(dates, enums)| Options {
        dialect: Dialect::Sqlite,
        dates,
        enums,
    })
}

/// The answers on one profile by the name of each policy.
fn asked(rules: &Rules, statement: &Statement, options: Options, profile: &Profile) -> Vec<(PolicyId, Option<bool>)> {
    let database = Connection::open_in_memory().unwrap();
    database.execute_batch(&statement.schema).unwrap_or_else(|e| panic!("{e}\n{}", statement.schema));
    let schema = rules.model().schema.clone();
    let (insert, _) = rows(&schema, options, profile, 0, true);
    database.execute_batch(&insert).unwrap_or_else(|e| panic!("{e}\n{insert}"));
    let mut query = database.prepare(&statement.sql).unwrap_or_else(|e| panic!("{e}\n{}", statement.sql));
    // Where all policies are for one kind, every record of it has a row; the profile's own comes with its key.
    let units: std::collections::BTreeSet<_> =
        statement.policies.iter().map(|p| rules.model().policies[p.index()].unit).collect();
    let key = match units.iter().next() {
        Some(unit) if units.len() == 1 => profile.root(*unit).map(|r| i64::from(r.0) + 1),
        _ => Some(1),
    };
    let Some(key) = key else { return Vec::new() };
    let mut found = query.query([]).unwrap();
    while let Some(row) = found.next().unwrap_or_else(|e| panic!("{e}\n{}", statement.sql)) {
        if row.get::<_, i64>(0).unwrap() == key {
            let answers = statement.policies.iter().enumerate();
            return answers.map(|(at, policy)| (*policy, row.get::<_, Option<bool>>(at + 1).unwrap())).collect();
        }
    }
    panic!("no row with the key {key}")
}

fn agrees(rules: &Rules, statement: &Statement, options: Options, profile: &Profile, what: &str) {
    let wanted = kleene(rules.bound(), profile, &mut Scratch::default());
    for (policy, answer) in asked(rules, statement, options, profile) {
        let verdict = match answer {
            Some(true) => Verdict::Eligible,
            Some(false) => Verdict::Ineligible,
            None => Verdict::Undetermined,
        };
        let name = &rules.model().policies[policy.index()].name.id;
        assert_eq!(verdict, wanted[policy.index()].verdict, "{name} on {what}, {options:?}\n{}", statement.sql);
    }
}

#[test]
fn the_shipped_policies_on_the_shipped_households() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let engine = Engine::open(&[root.join("policies/shanghai")]).unwrap_or_else(|e| panic!("{e}"));
    let mut all: Vec<_> =
        std::fs::read_dir(root.join("examples/profiles")).unwrap().map(|e| e.unwrap().path()).collect();
    all.retain(|p| p.extension().is_some_and(|e| e == "json"));
    all.sort();
    assert!(all.len() >= 20);
    for day in ["2019-06-01", "2020-09-01"] {
        let rules = engine.at(day.parse().unwrap()).unwrap();
        for options in forms() {
            let statement = statement(&rules, options);
            let named = |p: PolicyId| engine.model().policies[p.index()].name.id.as_str();
            let refused: Vec<_> = statement.refused.iter().map(|r| (named(r.policy), r.reason.as_str())).collect();
            assert_eq!(refused, [], "of {}", statement.policies.len());
            for path in &all {
                let bytes = std::fs::read(path).unwrap();
                let (profile, _) = profile_from_json(engine.schema(), &bytes, UnknownFields::Reject).unwrap();
                agrees(&rules, &statement, options, &profile, &path.display().to_string());
            }
        }
    }
}

#[test]
fn the_households_of_the_scenarios() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let engine = Engine::open(&[root.join("policies/shanghai")]).unwrap_or_else(|e| panic!("{e}"));
    let rules = engine.at("2020-09-01".parse().unwrap()).unwrap();
    let options = Options::default();
    let statement = statement(&rules, options);
    let mut tried = 0;
    for policy in &engine.model().policies {
        // One in three: each has all policies asked.
        for scenario in policy.scenarios.iter().step_by(3) {
            agrees(
                &rules,
                &statement,
                options,
                &scenario.profile.restore(),
                &format!("a scenario of {}", policy.name.id),
            );
            tried += 1;
        }
    }
    assert!(tried > 100, "{tried} scenarios");
}

#[test]
fn generated_policies_on_generated_profiles() {
    let times = std::env::var("ENTITLE_CASES").ok().and_then(|t| t.parse::<u64>().ok()).unwrap_or(1);
    let first = std::env::var("ENTITLE_SEED").ok().and_then(|t| t.parse::<u64>().ok()).unwrap_or(2026);
    for seed in 0..500 * times {
        let mut dice = Dice::new(first.wrapping_mul(1_000_003).wrapping_add(seed));
        let text = generate::policies(&mut dice);
        let engine = generate::open(&text);
        let day = ["2000-01-03", "2000-01-05", "2000-07-15", "2000-09-01"][dice.below(4) as usize];
        let rules = engine.at(day.parse().unwrap()).unwrap();
        let profile = generate::profile(&engine, &mut dice);
        for options in forms() {
            let statement = statement(&rules, options);
            assert!(statement.refused.is_empty(), "{:?}\n{text}", statement.refused);
            agrees(&rules, &statement, options, &profile, &text);
        }
    }
}
