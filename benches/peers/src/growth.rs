//! How time, compile time and memory grow with the number of policies: 150, 1,500 and 15,000 of them over the facts of the
//! reference set, sharing tests as its policies do. Prints a table and draws it.
//!
//! In the reference set 983 tests are 433 distinct ones. The more policies there are, the more often a test is one that others
//! ask too: the number of distinct ones is made to grow as the 0.6th power of all, through that point.

#![allow(dead_code, reason = "the other program uses the rest of the modules")]

mod data;
mod shape;

use data::Set;
use entitle::Engine;
use entitle::verdict::from_graph::Scratch;
use shape::Kind;
use std::fmt::Write as _;
use std::time::Instant;

struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % n.max(1) as u64) as usize
    }
}

struct Author<'a> {
    set: &'a Set,
    dice: Dice,
    tests: Vec<String>,
    asked: usize,
}

impl Author<'_> {
    fn test(&mut self) -> String {
        self.asked += 1;
        let wanted = 433.0 * (self.asked as f64 / 983.0).powf(0.6);
        if (self.tests.len() as f64) >= wanted {
            // Old tests are asked more often than new ones.
            let a = self.dice.below(self.tests.len());
            let b = self.dice.below(self.tests.len());
            return self.tests[a.min(b)].clone();
        }
        let field = self.dice.below(self.set.shape.fields.len());
        let flat = &self.set.shape.fields[field];
        let row = self.dice.below(self.set.rows.len());
        let value = self.set.rows[row][field].unwrap_or(0);
        let op = ["<", "<=", ">", ">="][self.dice.below(4)];
        let text = match &flat.kind {
            Kind::Bool => format!("{}{}", ["", "not "][self.dice.below(2)], flat.name),
            Kind::Number => format!("{} {op} {value} times", flat.name),
            Kind::Date => {
                let date = entitle::value::Date::from_days(value).expect("a date of the data");
                format!("{} {op} {date}", flat.name)
            }
            Kind::Symbol(names) => {
                let (a, b) = (self.dice.below(names.len()), self.dice.below(names.len()));
                if a == b {
                    format!("{} is {}", flat.name, names[a])
                } else {
                    format!("{} is one of ({}, {})", flat.name, names[a], names[b])
                }
            }
        };
        self.tests.push(text.clone());
        text
    }

    fn condition(&mut self) -> String {
        match self.dice.below(5) {
            0 | 1 => self.test(),
            2 | 3 => format!("({} or {})", self.test(), self.test()),
            _ => format!("({} or not ({} and {}))", self.test(), self.test(), self.test()),
        }
    }

    fn policy(&mut self, number: usize, text: &mut String) {
        write!(
            text,
            "policy p{number} for person {{\n    category: general\n    in force: from 2000-01-01 until further notice\n    source: \"generated\"\n    status: illustrative\n    eligible when {{\n"
        )
        .expect("text");
        for _ in 0..3 + self.dice.below(2) {
            let condition = self.condition();
            writeln!(text, "        {condition}").expect("text");
        }
        text.push_str("    }\n}\n");
    }
}

fn resident() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: f64 = text.split(' ').nth(1).and_then(|t| t.parse().ok()).unwrap_or(0.0);
    pages * 4096.0 / 1e6
}

struct Measured {
    policies: usize,
    nodes: usize,
    read: f64,
    compile: f64,
    memory: f64,
    micros: f64,
}

fn main() {
    let target = std::env::args().nth(1).unwrap_or_else(|| "growth.svg".to_owned());
    let set = data::reference(true);
    let whole = std::fs::read_to_string(data::here().join("data/reference.policy")).expect("the reference set");
    let vocabulary = whole.split("policy p0").next().unwrap_or_default().to_owned();
    let mut all = Vec::new();
    println!(
        "| policies | tests, distinct | nodes | from text, ms | to a graph, ms | memory, MB | µs a profile | ns a policy |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for count in [150, 1_500, 15_000] {
        let mut author = Author { set: &set, dice: Dice(7), tests: Vec::new(), asked: 0 };
        // A file for each hundred, as people keep them.
        let mut texts = vec![("vocabulary.policy".to_owned(), vocabulary.clone())];
        for first in (0..count).step_by(100) {
            let mut text = String::new();
            (first..count.min(first + 100)).for_each(|n| author.policy(n, &mut text));
            texts.push((format!("{first:05}.policy"), text));
        }
        let before = resident();
        let begun = Instant::now();
        let engine = Engine::from_texts(texts).unwrap_or_else(|e| panic!("{e}: {:?}", e.findings().first()));
        let read = begun.elapsed().as_secs_f64() * 1e3;
        let begun = Instant::now();
        let rules = engine.at("2024-06-30".parse().expect("a date")).expect("an epoch");
        let compile = begun.elapsed().as_secs_f64() * 1e3;
        let memory = resident() - before;
        let (mut scratch, mut found) = (Scratch::default(), Vec::new());
        let few = &set.profiles[..(2_000 * 150 / count).max(50)];
        let mut best = f64::MAX;
        for _ in 0..5 {
            let begun = Instant::now();
            for profile in few {
                rules.eligible_into(profile, &mut scratch, &mut found);
                std::hint::black_box(&found);
            }
            best = best.min(begun.elapsed().as_secs_f64() * 1e6 / few.len() as f64);
        }
        let nodes = rules.bound().graph.nodes().len();
        let m = Measured { policies: count, nodes, read, compile, memory, micros: best };
        println!(
            "| {} | {}, {} | {} | {:.0} | {:.1} | {:.1} | {:.1} | {:.0} |",
            m.policies,
            author.asked,
            author.tests.len(),
            m.nodes,
            m.read,
            m.compile,
            m.memory,
            m.micros,
            m.micros * 1e3 / count as f64
        );
        all.push(m);
    }
    std::fs::write(&target, drawn(&all)).unwrap_or_else(|e| panic!("{target}: {e}"));
    println!("\ndrawn in {target}");
}

/// Each measure against its own first value, both axes by powers of ten; the grey line is growth in step with the policies.
fn drawn(all: &[Measured]) -> String {
    let (left, top, step) = (70.0, 40.0, 130.0);
    let x = |n: f64| left + (n / 150.0).log10() * 2.0 * step;
    let y = |ratio: f64| top + 2.6 * step - ratio.max(0.5).log10() * step;
    let mut svg = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 820 450\" font-family=\"sans-serif\" font-size=\"13\">\n<rect width=\"820\" height=\"450\" fill=\"white\"/>\n",
    );
    for (ratio, label) in [(1.0, "×1"), (10.0, "×10"), (100.0, "×100")] {
        write!(svg, "<line x1=\"{left}\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\" stroke=\"#ddd\"/><text x=\"{}\" y=\"{}\" text-anchor=\"end\">{label}</text>\n", x(15_000.0), left - 8.0, y(ratio) + 4.0, y = y(ratio)).expect("text");
    }
    for m in all {
        let n = m.policies as f64;
        write!(svg, "<line x1=\"{0}\" x2=\"{0}\" y1=\"{top}\" y2=\"{1}\" stroke=\"#ddd\"/><text x=\"{0}\" y=\"{2}\" text-anchor=\"middle\">{3} policies</text>\n", x(n), y(1.0), y(1.0) + 24.0, m.policies).expect("text");
    }
    write!(
        svg,
        "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"#999\" stroke-dasharray=\"6 4\"/>\n",
        x(150.0),
        y(1.0),
        x(15_000.0),
        y(100.0)
    )
    .expect("text");
    let series: [(&str, &str, fn(&Measured) -> f64); 3] = [
        ("time a profile", "#b3261e", |m| m.micros),
        ("from text to a graph", "#1a5fb4", |m| m.read + m.compile),
        ("memory", "#26734d", |m| m.memory),
    ];
    let mut labels: Vec<(f64, String)> = Vec::new();
    // A small set may fit memory that was free already: nothing to compare with.
    for (name, colour, of) in series.into_iter().filter(|(_, _, of)| all.first().is_some_and(|m| of(m) > 0.1)) {
        let first = all.first().map_or(1.0, of).max(1e-9);
        let points: Vec<String> =
            all.iter().map(|m| format!("{:.1},{:.1}", x(m.policies as f64), y(of(m) / first))).collect();
        writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.5\"/>",
            points.join(" ")
        )
        .expect("text");
        for m in all {
            writeln!(
                svg,
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"4\" fill=\"{colour}\"/>",
                x(m.policies as f64),
                y(of(m) / first)
            )
            .expect("text");
        }
        let last = all.last().map_or(1.0, of) / first;
        labels.push((y(last), format!("fill=\"{colour}\">{name} ×{last:.1}")));
    }
    labels.push((y(100.0), "fill=\"#777\">in step with the policies".to_owned()));
    // Names beside the lines' ends, pushed apart where they would lie on each other.
    labels.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut lowest = 0.0f64;
    for (at, label) in labels {
        let at = at.max(lowest + 18.0);
        lowest = at;
        writeln!(svg, "<text x=\"{}\" y=\"{:.1}\" {label}</text>", x(15_000.0) + 12.0, at + 4.0).expect("text");
    }
    svg + "<text x=\"70\" y=\"24\" font-size=\"15\">Growth with the number of policies, each measure against its value at 150</text>\n</svg>\n"
}
