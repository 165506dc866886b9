//! Generates hard-coded Rust from the compiled policies: the same conditions as an engineer would have them if the rules never
//! changed, in the forms that rustc makes most of.

#[allow(dead_code, reason = "the program uses the rest")]
#[path = "src/shape.rs"]
mod shape;

use entitle::Engine;
use shape::{Cond, Kind, Shape};
use std::fmt::Write as _;
use std::{env, fs, path::Path};

fn main() {
    let here = env::var("CARGO_MANIFEST_DIR").unwrap();
    for (name, path, day) in [
        ("reference", format!("{here}/data/reference.policy"), "2024-06-30"),
        ("corpus", format!("{here}/../../policies/shanghai"), "2020-09-01"),
    ] {
        println!("cargo::rerun-if-changed={path}");
        let engine = Engine::open(&[&path]).unwrap_or_else(|e| panic!("{e}"));
        let rules = engine.at(day.parse().unwrap()).unwrap();
        let code = module(&Shape::of(&rules));
        fs::write(Path::new(&env::var("OUT_DIR").unwrap()).join(format!("{name}.rs")), code).unwrap();
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/shape.rs");
}

fn ty(kind: &Kind) -> &'static str {
    match kind {
        Kind::Bool | Kind::Symbol(_) => "u8",
        Kind::Date => "i32",
        Kind::Number => "i64",
    }
}

/// A test without branches on a value that is written as `v`.
fn test(shape: &Shape, field: usize, set: &[(i64, i64)], v: &str) -> String {
    let flat = &shape.fields[field];
    let (least, most) = flat.range;
    if let Kind::Symbol(_) = flat.kind {
        // One bit a value, one shift a test.
        if most < 64 && set.len() > 1 {
            let mask = set.iter().flat_map(|(a, b)| *a..=*b).fold(0u64, |m, s| m | 1 << s);
            return format!("(({mask:#x}u64 >> {v}) & 1 != 0)");
        }
    }
    let one = |(a, b): &(i64, i64)| match (*a <= least, *b >= most) {
        (true, true) => "true".to_owned(),
        (true, false) => format!("({v} <= {b})"),
        (false, true) => format!("({v} >= {a})"),
        (false, false) if a == b => format!("({v} == {a})"),
        (false, false) => format!("(({v} >= {a}) & ({v} <= {b}))"),
    };
    match set {
        [] => "false".to_owned(),
        [single] => one(single),
        many => format!("({})", many.iter().map(one).collect::<Vec<_>>().join(" | ")),
    }
}

/// `and` and `or` are `&`/`|` for code without branches, `&&`/`||` for code with short circuits.
fn expr(cond: &Cond, leaf: &dyn Fn(usize, &[(i64, i64)], bool) -> String, and: &str, or: &str) -> String {
    match cond {
        Cond::Known(value) => value.to_string(),
        Cond::Test(field, set) => leaf(*field, set, true),
        Cond::Not(a) => match &**a {
            Cond::Test(field, set) => leaf(*field, set, false),
            _ => unreachable!("negations stand at tests"),
        },
        Cond::All(parts) | Cond::Any(parts) => {
            let word = if matches!(cond, Cond::All(_)) { and } else { or };
            let parts: Vec<String> = parts.iter().map(|p| expr(p, leaf, and, or)).collect();
            if parts.is_empty() { matches!(cond, Cond::All(_)).to_string() } else { format!("({})", parts.join(word)) }
        }
    }
}

fn module(shape: &Shape) -> String {
    let (fields, policies) = (shape.fields.len(), shape.policies.len());
    let words = policies.div_ceil(64);
    let mut code = String::new();
    let w = &mut code;
    writeln!(w, "pub const POLICIES: usize = {policies};\npub const WORDS: usize = {words};\npub const FIELDS: usize = {fields};").unwrap();
    // A row with typed facts, and whether each is known.
    writeln!(w, "#[derive(Clone, Default)]\npub struct Row {{ pub known: Known,").unwrap();
    for (i, f) in shape.fields.iter().enumerate() {
        writeln!(w, "    pub f{i}: {},", ty(&f.kind)).unwrap();
    }
    writeln!(w, "}}\n#[derive(Clone)]\npub struct Known(pub [bool; FIELDS]);\nimpl Default for Known {{ fn default() -> Self {{ Self([false; FIELDS]) }} }}").unwrap();
    writeln!(
        w,
        "impl Row {{\n    pub fn of(values: &[Option<i64>]) -> Self {{\n        let mut row = Self::default();"
    )
    .unwrap();
    for (i, f) in shape.fields.iter().enumerate() {
        writeln!(
            w,
            "        if let Some(v) = values[{i}] {{ row.known.0[{i}] = true; row.f{i} = v as {}; }}",
            ty(&f.kind)
        )
        .unwrap();
    }
    writeln!(w, "        row\n    }}\n}}").unwrap();

    // The same from JSON text, as serde would be used by whoever writes such a program.
    for (i, f) in shape.fields.iter().enumerate() {
        if let Kind::Symbol(names) = &f.kind {
            writeln!(w, "#[derive(Clone, Copy, serde::Deserialize)]\npub enum E{i} {{").unwrap();
            for (k, name) in names.iter().enumerate() {
                writeln!(w, "    #[serde(rename = \"{name}\")] V{k},").unwrap();
            }
            writeln!(w, "}}").unwrap();
        }
    }
    writeln!(w, "#[derive(serde::Deserialize)]\npub struct Text {{").unwrap();
    for (i, f) in shape.fields.iter().enumerate() {
        let ty = match &f.kind {
            Kind::Bool => "bool".to_owned(),
            Kind::Symbol(_) => format!("E{i}"),
            other => ty(other).to_owned(),
        };
        writeln!(w, "    #[serde(rename = \"{}\")] pub f{i}: Option<{ty}>,", f.name).unwrap();
    }
    writeln!(
        w,
        "}}\nimpl From<&Text> for Row {{\n    fn from(text: &Text) -> Self {{\n        let mut row = Self::default();"
    )
    .unwrap();
    for (i, f) in shape.fields.iter().enumerate() {
        let value = match &f.kind {
            // Dates stand in the text as days since 0001-01-01: one of the rivals reads no number below zero.
            Kind::Date => "v - 719_162".to_owned(),
            Kind::Number => "v".to_owned(),
            _ => "v as u8".to_owned(),
        };
        writeln!(w, "        if let Some(v) = text.f{i} {{ row.known.0[{i}] = true; row.f{i} = {value}; }}").unwrap();
    }
    writeln!(w, "        row\n    }}\n}}").unwrap();

    let plain = |field: usize, set: &[(i64, i64)], holds: bool| {
        let t = test(shape, field, set, &format!("r.f{field}"));
        if holds { t } else { format!("(!{t})") }
    };
    let known = |field: usize, set: &[(i64, i64)], holds: bool| {
        let t = test(shape, field, set, &format!("r.f{field}"));
        if holds { format!("(k[{field}] & {t})") } else { format!("(k[{field}] & !{t})") }
    };
    writeln!(w, "/// All policies, every fact known, no branches.\npub fn two(r: &Row, out: &mut [u64; WORDS]) {{")
        .unwrap();
    for word in 0..words {
        writeln!(w, "    let mut bits = 0u64;").unwrap();
        for (i, (_, cond)) in shape.policies.iter().enumerate().skip(word * 64).take(64) {
            writeln!(w, "    bits |= u64::from({}) << {};", expr(&cond.pushed(true), &plain, " & ", " | "), i % 64)
                .unwrap();
        }
        writeln!(w, "    out[{word}] = bits;").unwrap();
    }
    writeln!(w, "}}\n/// All policies in strong Kleene logic, no branches: a bit for certainly, a bit for certainly not.\npub fn three(r: &Row, yes: &mut [u64; WORDS], no: &mut [u64; WORDS]) {{\n    let k = &r.known.0;").unwrap();
    for word in 0..words {
        writeln!(w, "    let (mut y, mut n) = (0u64, 0u64);").unwrap();
        for (i, (_, cond)) in shape.policies.iter().enumerate().skip(word * 64).take(64) {
            writeln!(w, "    y |= u64::from({}) << {};", expr(&cond.pushed(true), &known, " & ", " | "), i % 64)
                .unwrap();
            writeln!(w, "    n |= u64::from({}) << {};", expr(&cond.pushed(false), &known, " & ", " | "), i % 64)
                .unwrap();
        }
        writeln!(w, "    yes[{word}] = y;\n    no[{word}] = n;").unwrap();
    }
    writeln!(w, "}}").unwrap();
    for (i, (_, cond)) in shape.policies.iter().enumerate() {
        writeln!(w, "fn two_{i}(r: &Row) -> bool {{ {} }}", expr(&cond.pushed(true), &plain, " && ", " || ")).unwrap();
        writeln!(
            w,
            "fn three_{i}(r: &Row) -> Option<bool> {{ let k = &r.known.0; if {} {{ Some(true) }} else if {} {{ Some(false) }} else {{ None }} }}",
            expr(&cond.pushed(true), &known, " && ", " || "),
            expr(&cond.pushed(false), &known, " && ", " || ")
        )
        .unwrap();
    }
    for (table, output) in [("two", "bool"), ("three", "Option<bool>")] {
        let names: Vec<String> = (0..policies).map(|i| format!("{table}_{i}")).collect();
        writeln!(w, "pub static {}: [fn(&Row) -> {output}; POLICIES] = [{}];", table.to_uppercase(), names.join(", "))
            .unwrap();
    }

    // Columns in narrow types: a block of rows at a time, one loop a policy over slices that the compiler turns into vectors.
    writeln!(w, "pub const BLOCK: usize = 1024;\n#[derive(Default)]\npub struct Columns {{").unwrap();
    let narrow = |f: &shape::Flat| match f.kind {
        Kind::Bool | Kind::Symbol(_) => "u8",
        Kind::Date => "i32",
        Kind::Number if f.range.0 >= i64::from(i32::MIN) && f.range.1 <= i64::from(i32::MAX) => "i32",
        Kind::Number => "i64",
    };
    for (i, f) in shape.fields.iter().enumerate() {
        writeln!(w, "    pub f{i}: Vec<{}>,", narrow(f)).unwrap();
    }
    writeln!(w, "}}\nimpl Columns {{\n    pub fn push(&mut self, values: &[Option<i64>]) {{").unwrap();
    for (i, f) in shape.fields.iter().enumerate() {
        writeln!(w, "        self.f{i}.push(values[{i}].unwrap_or(0) as {});", narrow(f)).unwrap();
    }
    writeln!(w, "    }}\n}}").unwrap();
    writeln!(w, "/// Adds to `counts` how many rows of the block match each policy. `start + BLOCK` rows are there.\npub fn block(c: &Columns, start: usize, counts: &mut [u32; POLICIES], out: &mut [[u8; BLOCK]; POLICIES]) {{").unwrap();
    for (i, (_, cond)) in shape.policies.iter().enumerate() {
        let mut used = std::collections::BTreeSet::new();
        cond.tests(&mut |f, _| {
            used.insert(f);
        });
        writeln!(w, "    {{").unwrap();
        for f in &used {
            writeln!(
                w,
                "        let f{f}: &[{}; BLOCK] = c.f{f}[start..start + BLOCK].try_into().unwrap();",
                narrow(&shape.fields[*f])
            )
            .unwrap();
        }
        let column = |field: usize, set: &[(i64, i64)], holds: bool| {
            let t = test(shape, field, set, &format!("f{field}[i]"));
            if holds { t } else { format!("(!{t})") }
        };
        writeln!(
            w,
            "        let o = &mut out[{i}];\n        for i in 0..BLOCK {{ o[i] = u8::from({}); }}",
            expr(&cond.pushed(true), &column, " & ", " | ")
        )
        .unwrap();
        writeln!(w, "        counts[{i}] += o.iter().map(|b| u32::from(*b)).sum::<u32>();\n    }}").unwrap();
    }
    writeln!(w, "}}").unwrap();
    code
}
