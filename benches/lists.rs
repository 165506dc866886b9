//! What a condition on the members of a list costs for each of them, beside the same condition on rows of their own. Every
//! iteration checks how many rows it holds for.
//!
//! `cargo bench -p entitle-benches --bench lists` measures; the throughput is members a second.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use entitle::Engine;
use entitle::columns::{Bits, Builder, Column, Values};
use entitle::ids::EntityId;
use entitle::verdict::from_graph::Scratch;
use entitle::verdict::rows::Planes;
use std::hint::black_box;

const FAMILIES: usize = 40_000;

/// So many rows at a time, as a scan has them.
const PART: u32 = 4_096;

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

/// What is asked with a condition: of each child, or of the family that has the children; by name, kind of record and words.
const ASKED: [(&str, &str, &str); 5] = [
    ("each-member", "child", "{}"),
    ("any-member", "family", "any children { {} }"),
    ("all-members", "family", "all children { {} }"),
    ("any-of-some", "family", "any children[steps < 200 times] { {} }"),
    ("two-members", "family", "children[{}].count >= 2"),
];

/// The children of each family, and what is known of them.
struct City {
    offsets: Vec<i32>,
    pocket: Vec<i32>,
    steps: Vec<i32>,
    /// A bit a child: whether both facts are known.
    known: Vec<u8>,
}

impl City {
    /// None to five children, 2.5 on average; of one in ten nothing is known, where some are missing.
    fn new(missing: bool) -> Self {
        let mut offsets = vec![0i32];
        for at in 0..FAMILIES {
            offsets.push(offsets[at] + ((at * 7 + at / 11) % 6) as i32);
        }
        let members = offsets[FAMILIES] as usize;
        let mut known = vec![255; members.div_ceil(8)];
        (0..members).filter(|at| missing && at * 31 % 10 == 3).for_each(|at| known[at / 8] &= !(1 << (at % 8)));
        let pocket = (0..members).map(|at| (at * 7_919 % 10_000) as i32 * 100).collect();
        let steps = (0..members).map(|at| (at * 104_729 % 256) as i32).collect();
        Self { offsets, pocket, steps, known }
    }

    fn members(&self) -> usize {
        self.pocket.len()
    }

    /// How many rows what is asked certainly holds for.
    fn certain(&self, asked: &str) -> usize {
        let known = |at: usize| self.known[at / 8] >> (at % 8) & 1 == 1;
        let certain = |limit: i32| {
            let holds = move |at: usize| if limit < 0 { self.steps[at] >= -limit } else { self.pocket[at] < limit };
            let yes = move |at: usize| known(at) && holds(at);
            let families = self.offsets.windows(2).map(|ends| ends[0] as usize..ends[1] as usize);
            match asked {
                "each-member" => (0..self.members()).filter(|at| yes(*at)).count(),
                "any-member" => families.filter(|family| family.clone().any(yes)).count(),
                "all-members" => families.filter(|family| family.clone().all(yes)).count(),
                "any-of-some" => families.filter(|f| f.clone().any(|at| yes(at) && self.steps[at] < 200)).count(),
                _ => families.filter(|f| f.clone().all(known) && f.clone().filter(|at| yes(*at)).count() >= 2).count(),
            }
        };
        conditions().iter().map(|(_, limit)| certain(*limit)).sum()
    }
}

fn lists(c: &mut Criterion) {
    let mut group = c.benchmark_group("lists");
    for missing in [false, true] {
        let city = City::new(missing);
        let known = missing.then(|| Bits::new(&city.known, 0, city.members()).unwrap());
        group.throughput(Throughput::Elements(city.members() as u64));
        for (name, kind, words) in ASKED {
            let conditions = conditions();
            let policies = conditions.iter().enumerate().map(|(at, (condition, _))| {
                format!(
                    "policy asked_{at} for {kind} {{\n category: welfare\n in force: from 2020-01-01 until further notice\n \
                     source: \"an example\"\n status: illustrative\n eligible when {{ {} }}\n}}\n",
                    words.replace("{}", condition)
                )
            });
            let text: String = std::iter::once(VOCABULARY.to_owned()).chain(policies.collect::<Vec<_>>()).collect();
            let engine = Engine::from_texts([("lists.policy".to_owned(), text)]).unwrap();
            let rules = engine.at("2026-01-01".parse().unwrap()).unwrap();
            let schema = engine.schema();
            let [family, child] = ["family", "child"].map(|entity| schema.entity_named(entity).unwrap());
            let field = |of: EntityId, name: &str| schema.field_named(of, name).unwrap();
            let scalar = |values| Column::Scalar { values: Values::I32(values), known };
            let columns = Builder::new(schema)
                .table(family, FAMILIES as u32)
                .table(child, city.members() as u32)
                .column(field(family, "children"), Column::list(&city.offsets, None, None))
                .column(field(child, "pocket"), scalar(&city.pocket))
                .column(field(child, "steps"), scalar(&city.steps))
                .build()
                .unwrap();
            let unit = schema.entity_named(kind).unwrap();
            let (rows, expected) = (columns.rows(unit), city.certain(name));
            let (mut scratch, mut planes) = (Scratch::default(), Planes::default());
            group.bench_function(format!("{name}/{}", if missing { "missing" } else { "complete" }), |b| {
                b.iter(|| {
                    let mut found = 0;
                    for start in (0..rows).step_by(PART as usize) {
                        let part = start..(start + PART).min(rows);
                        rules.verdicts_into(black_box(&columns), unit, part, &mut planes, &mut scratch);
                        let planes = (0..planes.policies().len()).map(|at| planes.plane(at).0);
                        found += planes.flatten().map(|word| word.count_ones() as usize).sum::<usize>();
                    }
                    assert_eq!(found, expected);
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, lists);
criterion_main!(benches);
