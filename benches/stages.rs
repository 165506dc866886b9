//! The path of the data, stage by stage, on the shipped policies. Every iteration checks its answer.
//!
//! `cargo bench -p entitle-benches` measures; `cargo test -p entitle-benches --benches` runs each once.

use criterion::{Criterion, criterion_group, criterion_main};
use entitle::ids::PolicyId;
use entitle::span::FileId;
use entitle::value::Date;
use entitle::verdict::from_graph::Scratch;
use entitle::verdict::{Outcome, Verdict};
use entitle::why::grounds::Grounds;
use entitle::wire::json::{UnknownFields, profile_from_json};
use entitle::{Engine, ast, checked, graph};
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};

fn texts() -> Vec<(String, String)> {
    fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, into);
            } else {
                into.push(path);
            }
        }
    }
    let mut files = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/shanghai"), &mut files);
    files.sort();
    files.into_iter().map(|p| (p.display().to_string(), fs::read_to_string(p).unwrap())).collect()
}

fn stages(c: &mut Criterion) {
    let texts = texts();
    let written = 209;
    c.bench_function("parse/shanghai", |b| {
        b.iter(|| {
            let files: Vec<ast::File> = texts.iter().map(|(_, t)| ast::from_text::parse(FileId(0), t).0).collect();
            assert!(files.iter().all(|f| !f.items.is_empty()));
            black_box(files)
        });
    });
    let files: Vec<ast::File> = texts.iter().map(|(_, t)| ast::from_text::parse(FileId(0), t).0).collect();
    c.bench_function("check/shanghai", |b| {
        b.iter(|| {
            let (model, findings) = checked::from_ast::check(&files);
            assert!(findings.is_empty() && model.policies.iter().filter(|p| p.written).count() == written);
            black_box(model)
        });
    });
    let (model, _) = checked::from_ast::check(&files);
    let day: Date = "2019-06-01".parse().unwrap();
    c.bench_function("compile/shanghai", |b| {
        b.iter(|| {
            let graph = graph::from_checked::compile(&model, day).unwrap();
            assert!(graph.nodes().len() > 300);
            black_box(graph)
        });
    });
    let engine = Engine::from_texts(texts).unwrap();
    let rules = engine.at(day).unwrap();
    let household = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/profiles").join(name);
        profile_from_json(engine.schema(), &fs::read(path).unwrap(), UnknownFields::Reject).unwrap().0
    };
    let mut scratch = Scratch::default();
    for name in ["xiao-chen", "single-mother", "elderly-couple"] {
        let profile = household(&format!("{name}.json"));
        let expected: Vec<Verdict> = rules.match_profile(&profile).unwrap().verdicts().collect();
        let nothing = Outcome { verdict: Verdict::NotInForce, not_proved: false, by_kleene: true };
        let mut outcomes = vec![nothing; expected.len()];
        c.bench_function(&format!("match/{name}/exact"), |b| {
            b.iter(|| {
                rules.outcomes_into(black_box(&profile), &mut scratch, &mut outcomes);
                assert!(outcomes.iter().map(|o| o.verdict).eq(expected.iter().copied()));
            });
        });
        let mut verdicts = vec![Verdict::NotInForce; expected.len()];
        c.bench_function(&format!("match/{name}/kleene"), |b| {
            b.iter(|| {
                rules.kleene_into(black_box(&profile), &mut scratch, &mut verdicts);
                assert!(verdicts.iter().zip(&expected).all(|(v, e)| v == e || *v == Verdict::Undetermined));
            });
        });
        let mut grounds = Grounds::default();
        c.bench_function(&format!("grounds/{name}/all"), |b| {
            b.iter(|| {
                rules.grounds_into(black_box(&profile), &mut scratch, &mut grounds);
                let behind = (0..expected.len()).map(|p| grounds.of(PolicyId::of(p)).len());
                assert!(behind.sum::<usize>() >= expected.len());
            });
        });
        let matches = rules.match_profile(&profile).unwrap();
        let all: Vec<PolicyId> = (0..expected.len()).map(PolicyId::of).collect();
        c.bench_function(&format!("explain/{name}/all"), |b| {
            b.iter(|| {
                let explanations = matches.explain_all(&all, &mut scratch);
                assert!(explanations.iter().map(|e| e.verdict).eq(expected.iter().copied()));
                assert!(explanations.iter().map(|e| e.because.len() + e.missing.len()).sum::<usize>() > 50);
                black_box(explanations)
            });
        });
    }
}

criterion_group!(all, stages);
criterion_main!(all);
