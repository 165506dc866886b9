//! Opening the shipped policies: from text, and from packs that are signed or not. Every iteration checks the fingerprint.
//!
//! `cargo bench -p entitle-benches --bench pack` measures; `cargo test -p entitle-benches --bench pack` runs each once.

use criterion::{Criterion, criterion_group, criterion_main};
use entitle::Engine;
use entitle::value::Date;
use entitle::wire::pack::{Algorithm, Options, PackInfo, SigningKey, Trust};
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

fn packs(c: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/shanghai");
    let texts: Vec<(String, String)> = Engine::open(&[folder])
        .unwrap()
        .sources()
        .iter()
        .map(|(_, source)| (source.name.clone(), source.text.clone()))
        .collect();
    let engine = Engine::from_texts(texts.clone()).unwrap();
    let fingerprint = engine.fingerprint().to_owned();
    let day: Date = "2020-09-01".parse().unwrap();
    let nodes = engine.at(day).unwrap().bound().graph.nodes().len();

    c.bench_function("open/text", |b| {
        b.iter(|| {
            let engine = Engine::from_texts(texts.clone()).unwrap();
            assert_eq!(engine.fingerprint(), fingerprint);
            black_box(engine)
        });
    });
    let keys = [Algorithm::Ed25519, Algorithm::Sm2].map(|a| SigningKey::from_seed(a, &[7; 32]).unwrap());
    let ways = [("unsigned", None), ("ed25519", Some(&keys[0])), ("sm2", Some(&keys[1]))];
    for (name, key) in ways {
        let bytes = engine.to_pack(&Options { revision: 1, sign: key, ..Options::default() }).unwrap();
        let trust = key.map_or_else(Trust::anybody, |k| Trust::signed_by(k.public()));
        c.bench_function(&format!("open/pack/{name}"), |b| {
            // Each set is let go of before the next is opened, as a service does that exchanges it; only opening is timed.
            b.iter_custom(|times| {
                (0..times).fold(Duration::ZERO, |sum, _| {
                    let start = Instant::now();
                    let engine = black_box(Engine::from_pack(&bytes, &trust).unwrap());
                    let took = start.elapsed();
                    assert_eq!(engine.fingerprint(), fingerprint);
                    sum + took
                })
            });
        });
    }
    let bytes = engine.to_pack(&Options::default()).unwrap();
    let whole = engine.to_pack(&Options { scenarios: true, ..Options::default() }).unwrap();
    let texts = texts.iter().map(|(_, t)| t.len()).sum::<usize>();
    println!("the pack has {} bytes, with its scenarios {}, its texts {texts}", bytes.len(), whole.len());
    c.bench_function("open/pack/with-scenarios", |b| {
        b.iter(|| {
            let engine = Engine::from_pack(&whole, &Trust::anybody()).unwrap();
            assert_eq!(engine.fingerprint(), fingerprint);
            black_box(engine)
        });
    });
    c.bench_function("open/pack/unsigned-and-first-day", |b| {
        b.iter(|| {
            let engine = Engine::from_pack(&bytes, &Trust::anybody()).unwrap();
            let rules = engine.at(day).unwrap();
            assert_eq!((rules.fingerprint(), rules.bound().graph.nodes().len()), (fingerprint.as_str(), nodes));
            black_box(rules)
        });
    });
    c.bench_function("open/pack/head-only", |b| {
        b.iter(|| {
            let info = PackInfo::read(&bytes).unwrap();
            assert_eq!(info.fingerprint, fingerprint);
            black_box(info)
        });
    });
}

criterion_group!(all, packs);
criterion_main!(all);
