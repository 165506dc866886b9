//! Attacks on the algorithms, each in three sizes that double: CPU time, and how often the time doubles with them. 2 is linear, 4 is
//! quadratic. `cargo run --release --manifest-path fuzz/Cargo.toml --bin attacks`.

use entitle::Engine;
use entitle::ast::from_text::parse;
use entitle::profile::Profile;
use entitle::span::FileId;
use entitle::wire::json::{UnknownFields, profile_from_json};

const VOCABULARY: &str = "enum category { welfare }
record person { a: yes/no; n: times from 0 times to 1000000 times; home: household }
record household { applicant: person; members: list of person up to 1000 }
";

fn policy(condition: &str) -> String {
    format!(
        "policy p for person {{\n category: welfare\n in force: from 2000-01-01 until further notice\n source: \"s\"\n status: illustrative\n eligible when {{\n{condition}\n }}\n}}\n"
    )
}

fn many(n: usize, line: impl Fn(usize) -> String, between: &str) -> String {
    (0..n).map(line).collect::<Vec<_>>().join(between)
}

/// Opens a set and matches a profile of which nothing is known; says how it ended.
fn open(text: String) -> String {
    match Engine::from_texts([("a.policy".to_owned(), text)]) {
        Err(e) => format!("{} findings", e.findings().len()),
        Ok(engine) => {
            let Ok(rules) = engine.at("2020-01-01".parse().unwrap()) else { return "not compiled".to_owned() };
            let found = rules.outcomes(&Profile::new(), &mut rules.scratch());
            found.first().map_or_else(
                || "no policy".to_owned(),
                |o| format!("{:?}{}", o.verdict, if o.not_proved { ", not proved" } else { "" }),
            )
        }
    }
}

fn read(text: String, unknown: UnknownFields) -> String {
    let engine = Engine::from_texts([("a.policy".to_owned(), VOCABULARY.to_owned() + &policy("a"))]).unwrap();
    match profile_from_json(engine.schema(), text.as_bytes(), unknown) {
        Ok((profile, notices)) => format!("{} records, {} notices", profile.len(), notices.len()),
        Err(e) => format!("{} problems", e.0.len()),
    }
}

fn household(condition: &str, others: usize) -> String {
    let engine = Engine::from_texts([("a.policy".to_owned(), VOCABULARY.to_owned() + &policy(condition))]).unwrap();
    let facts = r#"{"a":true,"n":4}"#;
    let text =
        format!(r#"{{"person":{facts},"household":{{"members":["applicant",{}]}}}}"#, vec![facts; others].join(","));
    let (profile, _) = profile_from_json(engine.schema(), text.as_bytes(), UnknownFields::Reject).unwrap();
    let rules = engine.at("2020-01-01".parse().unwrap()).unwrap();
    let found = rules.outcomes(&profile, &mut rules.scratch());
    format!("{:?}{}", found[0].verdict, if found[0].not_proved { ", not proved" } else { "" })
}

fn grammar(text: String) -> String {
    format!("{} findings", parse(FileId(0), &text).1.len())
}

type Attack = (&'static str, usize, fn(usize) -> String);

const ATTACKS: [Attack; 19] = [
    ("ands in one condition", 2_500, |n| {
        open(VOCABULARY.to_owned() + &policy(&many(n, |i| format!("n is not {i} times"), " and ")))
    }),
    ("conditions of one policy", 2_500, |n| {
        open(VOCABULARY.to_owned() + &policy(&many(n, |i| format!("n is not {i} times"), "\n")))
    }),
    ("policies", 500, |n| {
        open(
            VOCABULARY.to_owned()
                + &many(n, |i| policy(&format!("n < {i} times")).replace(" p ", &format!(" p{i} ")), ""),
        )
    }),
    ("facts declared", 2_500, |n| {
        open(format!("record person {{\n{}\n}}\n", many(n, |i| format!("f{i}: yes/no"), "\n")))
    }),
    ("values of an enum", 5_000, |n| open(format!("enum e {{\n{}\n}}\n", many(n, |i| format!("v{i}"), "\n")))),
    ("definitions in a chain", 1_000, |n| {
        open(VOCABULARY.to_owned() + &policy("d0") + &many(n, |i| format!("define person.d{i} = d{}\n", i + 1), ""))
    }),
    ("definitions that double", 10, |n| {
        open(
            VOCABULARY.to_owned()
                + &policy("d0")
                + &many(
                    n,
                    |i| {
                        format!(
                            "define person.d{i} = (d{} and n > {i} times) or (d{} and n < {} times)\n",
                            i + 1,
                            i + 1,
                            i + 5
                        )
                    },
                    "",
                )
                + &format!("define person.d{n} = a or n < 3 times\n"),
        )
    }),
    ("sums that double", 10, |n| {
        open(
            VOCABULARY.to_owned()
                + &policy("d0 > 7 times")
                + &many(n, |i| format!("define person.d{i} = d{} + d{}\n", i + 1, i + 1), "")
                + &format!("define person.d{n} = n\n"),
        )
    }),
    ("rows of a figure", 2_000, |n| {
        open(
            VOCABULARY.to_owned()
                + &policy("a")
                + &format!(
                    "parameter x: yuan {{\n{}\n}}\n",
                    many(n, |i| format!("from {:04}-01-01 to {:04}-12-31: 1", 1000 + i, 1000 + i), "\n")
                ),
        )
    }),
    ("rows of a table", 500, |n| {
        open(
            VOCABULARY.to_owned()
                + &policy(&format!(
                    "n < case n {{\n{}\notherwise: 1 time }}",
                    many(n, |i| format!(">= {} times: 1 time", i + 1), "\n")
                )),
        )
    }),
    ("names nobody declared", 2_500, |n| {
        open(VOCABULARY.to_owned() + &policy(&many(n, |i| format!("nobody{i}"), "\n")))
    }),
    ("lines nobody can read", 2_500, |n| grammar(many(n, |_| "nonsense of a line".to_owned(), "\n"))),
    ("words of quantifiers", 2_500, |n| grammar(policy(&vec!["any of all no"; n].join(" ")))),
    ("brackets side by side", 2_500, |n| grammar(policy(&vec!["((((a))))"; n].join(" and ")))),
    ("blocks in bad blocks", 500, |n| grammar(many(n, |_| "x y { a b { c d { any of { a } } } }".to_owned(), "\n"))),
    ("one long text", 50_000, |n| grammar(policy(&format!("\"{}\": a", "长".repeat(n))))),
    ("keys nobody declared", 25_000, |n| {
        read(format!("{{\"person\":{{{}}}}}", many(n, |i| format!("\"x{i}\":1"), ",")), UnknownFields::Report)
    }),
    ("members", 200, |n| household("all home.members { a and n < 5 times }", n)),
    ("members of members of members", 20, |n| {
        household("all home.members { all home.members { all home.members { n < 5 times } } }", n)
    }),
];

fn main() {
    println!("{:32} {:>8} {:>24} {:>10}  ended", "attack", "size", "ms of CPU at 1, 2, 4 ×", "growth");
    for (name, size, run) in ATTACKS {
        let mut times = Vec::new();
        let mut ended = String::new();
        for factor in [1, 2, 4] {
            // Twice, and the faster of the two: the first also warms the caches.
            let best = (0..2).map(|_| {
                let before = cpu();
                ended = run(size * factor);
                cpu() - before
            });
            times.push(best.min().unwrap_or(0) as f64 / 1e6);
        }
        let growth = (times[2] / times[0].max(0.001)).sqrt();
        println!("{name:32} {size:8} {:>8.1} {:>7.1} {:>7.1} {growth:10.1}  {ended}", times[0], times[1], times[2]);
    }
}

/// CPU time of this thread in nanoseconds.
fn cpu() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0)
}
