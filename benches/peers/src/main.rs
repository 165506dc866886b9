//! Measures the engine against hard-coded Rust and against other engines on the same conditions and profiles, and says first
//! whether each gives the same answers. `run` builds it with every rival and prints all tables.

#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a program that measures; it stops where something is wrong"
)]

mod data;
mod forms;
mod hard;
mod ours;
mod rivals;
mod shape;

use data::Set;
use rivals::{Answer, Contender};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let has = |name: &str| wanted.is_empty() || wanted.iter().any(|w| w == name);
    if let Some(at) = wanted.iter().position(|w| w == "columns") {
        let folder = wanted.get(at + 1).map_or("columns", String::as_str);
        return ours::write_columns(&data::reference(false), std::path::Path::new(folder));
    }
    if has("complete") {
        compare(&data::reference(false), false);
    }
    if has("missing") {
        compare(&data::reference(true), true);
    }
    if has("corpus") {
        compare(&data::corpus(), true);
    }
    if has("blocks") {
        for missing in [false, true] {
            let set = data::reference(missing);
            println!("\n## {}: columns\n", set.title);
            if !missing {
                hard::columns(&set);
            }
            ours::columns(&set);
        }
    }
}

fn compare(set: &Set, missing: bool) {
    let (leaves, distinct) = set.shape.leaves();
    println!("\n## {}\n", set.title);
    println!(
        "{} policies, {} facts, {leaves} tests of which {distinct} distinct, {} profiles.",
        set.shape.policies.len(),
        set.shape.fields.len(),
        set.profiles.len()
    );
    if set.shape.computed > 0 {
        println!(
            "{} of the facts are conditions over lists, sums, sets and computed figures: the others are given their \
             truth, computed beforehand; entitle computes them.",
            set.shape.computed
        );
    }
    ours::check(set);
    let texts: Vec<String> =
        set.rows.iter().map(|r| serde_json::Value::Object(forms::object(&set.shape, r)).to_string()).collect();
    let own: Vec<Vec<u8>> = ours::texts(set);
    let mut all: Vec<Contender<'_>> = hard::contenders(set, &texts, missing);
    all.extend(ours::contenders(set, &own));
    all.extend(rivals::all(set, &texts, missing));
    println!(
        "\n| | certain matches | µs typed | ratio | µs from JSON | used how |\n| --- | --- | --- | --- | --- | --- |"
    );
    let mut base = None;
    for contender in &mut all {
        let verdict = checked(set, &mut contender.typed);
        let typed = timed(set.profiles.len(), &mut contender.typed);
        let base = *base.get_or_insert(typed);
        let json = contender.json.as_mut().map(|json| {
            assert_eq!(checked(set, json), verdict, "{}: from JSON other answers", contender.name);
            timed(set.profiles.len(), json)
        });
        println!(
            "| {} | {verdict} | {} | {:.1} | {} | {} |",
            contender.name,
            micros(typed),
            typed.as_secs_f64() / base.as_secs_f64(),
            json.map_or_else(String::new, micros),
            contender.how
        );
    }
}

fn micros(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    if micros < 10.0 { format!("{micros:.2}") } else { format!("{micros:.0}") }
}

/// Whether the answers are exactly the certain matches.
fn checked(set: &Set, answer: &mut Answer<'_>) -> String {
    let (mut wrong, mut lost, mut out) = (0, 0, Vec::new());
    for (i, (certain, _)) in set.expected.iter().enumerate() {
        out.clear();
        answer(i, &mut out);
        let found: BTreeSet<usize> = out.iter().copied().collect();
        let (more, less) = data::judged(certain, &found);
        wrong += more;
        lost += less;
    }
    if wrong + lost == 0 { "all, and no others".to_owned() } else { format!("{wrong} too many, {lost} too few") }
}

/// The time for one profile: the best of several rounds over all of them.
fn timed(count: usize, answer: &mut Answer<'_>) -> Duration {
    let mut out = Vec::with_capacity(256);
    let mut best = Duration::MAX;
    let begun = Instant::now();
    let mut rounds = 0;
    while rounds < 3 || (begun.elapsed() < Duration::from_secs(1) && rounds < 200) {
        let round = Instant::now();
        for i in 0..count {
            out.clear();
            answer(i, &mut out);
            std::hint::black_box(&mut out);
        }
        best = best.min(round.elapsed());
        rounds += 1;
    }
    best / count as u32
}
