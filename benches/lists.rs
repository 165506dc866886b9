//! What a condition on the members of a list costs for each of them, beside the same condition on rows of their own. Every
//! iteration checks how many rows it holds for.
//!
//! `cargo bench -p entitle-benches --bench lists` measures; the throughput is members a second.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use entitle::Engine;
use entitle::columns::{Builder, Column, Values};
use entitle::ids::EntityId;
use entitle::verdict::from_graph::Scratch;
use entitle::verdict::rows::Planes;
use std::hint::black_box;

const FAMILIES: usize = 40_000;

/// So many rows at a time, as a scan has them.
const PART: usize = 4_096;

const VOCABULARY: &str = r"
enum category { welfare }
record family { children: list of child up to 8 }
record child { pocket: yuan from 0 yuan to 10000 yuan; steps: times from 0 times to 255 times }
";

/// Ten conditions on a child, in whole yuan and in counts.
fn conditions() -> Vec<(String, i32)> {
    let pocket = (1..=5).map(|k| (format!("pocket < {} yuan", k * 700), k * 700 * 100));
    let steps = (1..=5).map(|k| (format!("steps >= {} times", 250 - k * 9), -(250 - k * 9)));
    pocket.chain(steps).collect()
}

fn lists(c: &mut Criterion) {
    let mut text = VOCABULARY.to_owned();
    for (at, (condition, _)) in conditions().iter().enumerate() {
        for (kind, asked) in [("child", condition.clone()), ("family", format!("any children {{ {condition} }}"))] {
            text += &format!(
                "policy {kind}_{at} for {kind} {{\n category: welfare\n in force: from 2020-01-01 until further notice\n \
                 source: \"an example\"\n status: illustrative\n eligible when {{ {asked} }}\n}}\n"
            );
        }
    }
    let engine = Engine::from_texts([("lists.policy".to_owned(), text)]).unwrap();
    let rules = engine.at("2026-01-01".parse().unwrap()).unwrap();
    let schema = engine.schema();
    let entity = |name: &str| schema.entity_named(name).unwrap();
    let (family, child) = (entity("family"), entity("child"));
    let field = |of: EntityId, name: &str| schema.field_named(of, name).unwrap();
    // None to five children, 2.5 on average.
    let sizes: Vec<i32> = (0..FAMILIES).map(|at| ((at * 7 + at / 11) % 6) as i32).collect();
    let mut offsets = vec![0i32];
    sizes.iter().for_each(|size| offsets.push(offsets.last().unwrap() + size));
    let members = *offsets.last().unwrap() as usize;
    let pocket: Vec<i32> = (0..members).map(|at| (at * 7_919 % 10_000) as i32 * 100).collect();
    let steps: Vec<i32> = (0..members).map(|at| (at * 104_729 % 256) as i32).collect();
    let columns = Builder::new(schema)
        .table(family, FAMILIES as u32)
        .table(child, members as u32)
        .column(field(family, "children"), Column::list(&offsets, None, None))
        .column(field(child, "pocket"), Column::Scalar { values: Values::I32(&pocket), known: None })
        .column(field(child, "steps"), Column::Scalar { values: Values::I32(&steps), known: None })
        .build()
        .unwrap();
    let holds = |limit: i32, at: usize| if limit < 0 { steps[at] >= -limit } else { pocket[at] < limit };
    let (mut of_children, mut of_families) = (0, 0);
    for (_, limit) in conditions() {
        of_children += (0..members).filter(|at| holds(limit, *at)).count();
        let any = |ends: &[i32]| (ends[0] as usize..ends[1] as usize).any(|at| holds(limit, at));
        of_families += offsets.windows(2).filter(|ends| any(ends)).count();
    }
    let (mut scratch, mut planes) = (Scratch::default(), Planes::default());
    let mut group = c.benchmark_group("lists");
    group.throughput(Throughput::Elements(members as u64));
    for (name, unit, rows, expected) in
        [("each-member", child, members, of_children), ("any-member", family, FAMILIES, of_families)]
    {
        group.bench_function(name, |b| {
            b.iter(|| {
                let mut found = 0;
                for start in (0..rows).step_by(PART) {
                    let part = start as u32..(start + PART).min(rows) as u32;
                    rules.verdicts_into(black_box(&columns), unit, part, &mut planes, &mut scratch);
                    let planes = (0..planes.policies().len()).map(|at| planes.plane(at).0);
                    found += planes.flatten().map(|word| word.count_ones() as usize).sum::<usize>();
                }
                assert_eq!(found, expected);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, lists);
criterion_main!(benches);
