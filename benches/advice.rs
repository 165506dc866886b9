//! What advice costs on the shipped policies and households. Every iteration checks its answer.

use criterion::{Criterion, criterion_group, criterion_main};
use entitle::Engine;
use entitle::ids::PolicyId;
use entitle::verdict::Verdict;
use entitle::wire::json::{UnknownFields, profile_from_json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn advice(c: &mut Criterion) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let engine = Engine::open(&[root.join("policies/shanghai")]).unwrap();
    let rules = engine.at("2020-09-01".parse().unwrap()).unwrap();
    for name in ["xiao-chen", "single-mother"] {
        let text = fs::read(root.join(format!("examples/profiles/{name}.json"))).unwrap();
        let (profile, _) = profile_from_json(engine.schema(), &text, UnknownFields::Reject).unwrap();
        let matches = rules.match_profile(&profile).unwrap();
        let of = |verdict: Verdict| -> Vec<PolicyId> {
            (0..engine.model().policies.len()).map(PolicyId::of).filter(|p| matches.verdict(*p) == verdict).collect()
        };
        let (ineligible, open) = (of(Verdict::Ineligible), of(Verdict::Undetermined));
        let ways = ineligible.iter().map(|p| engine.needs(&matches, *p, 5).ways.len()).sum::<usize>();
        c.bench_function(&format!("needs/{name}/all"), |b| {
            b.iter(|| {
                let found: usize = ineligible.iter().map(|p| engine.needs(&matches, *p, 5).ways.len()).sum();
                assert_eq!(found, ways);
                found
            });
        });
        let facts = open.iter().map(|p| matches.missing(*p).len()).sum::<usize>();
        c.bench_function(&format!("missing/{name}/all"), |b| {
            b.iter(|| {
                let found: usize = open.iter().map(|p| matches.missing(*p).len()).sum();
                assert_eq!(found, facts);
                found
            });
        });
        let question = matches.next_question(&BTreeSet::new());
        c.bench_function(&format!("question/{name}"), |b| {
            b.iter(|| {
                let found = matches.next_question(&BTreeSet::new());
                assert_eq!(found, question);
                found
            });
        });
        let steps = matches.plan().stages.len();
        c.bench_function(&format!("plan/{name}"), |b| {
            b.iter(|| {
                let plan = matches.plan();
                assert_eq!(plan.stages.len(), steps);
                plan
            });
        });
        let until = "2022-09-01".parse().unwrap();
        let turns = engine.calendar(&rules, &profile, until);
        c.bench_function(&format!("calendar/{name}/two years"), |b| {
            b.iter(|| {
                let found = engine.calendar(&rules, &profile, until);
                assert_eq!(found, turns);
                found
            });
        });
    }
}

criterion_group!(all, advice);
criterion_main!(all);
