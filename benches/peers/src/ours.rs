//! The one place that calls the engine, so that a new entry point is measured by changing it here.

use crate::data::Set;
use crate::rivals::Contender;
use entitle::columns::{Bits, Builder, Column, Values};
use entitle::ids::PolicyId;
use entitle::profile::{Slot, position};
use entitle::schema::FieldType;
use entitle::verdict::from_graph::Scratch;
use entitle::verdict::rows::Planes;
use entitle::verdict::{Outcome, Verdict};
use entitle::why::grounds::Grounds;
use entitle::wire::json::write::profile_to_json;
use entitle::wire::json::{ProfileReader, UnknownFields};
use entitle::wire::sql;
use std::path::Path;
use std::time::Instant;

/// Kleene logic says exactly what is expected; the exact answers settle some of what it leaves open and contradict nothing.
pub fn check(set: &Set) {
    let (mut scratch, mut open, mut settled, mut rows) = (Scratch::default(), 0, 0, 0);
    let (mut left, mut searched) = (0, 0);
    let mut fast = vec![Verdict::NotInForce; set.engine.model().policies.len()];
    for (profile, (certain, unknown)) in set.profiles.iter().zip(&set.expected) {
        set.rules.kleene_into(profile, &mut scratch, &mut fast);
        let exact = set.rules.outcomes(profile, &mut scratch);
        let (mut any, mut some) = (false, false);
        for (at, policy) in set.shape.index.iter().enumerate() {
            let wanted = match (certain.contains(&at), unknown.contains(&at)) {
                (true, _) => Verdict::Eligible,
                (_, true) => Verdict::Undetermined,
                _ => Verdict::Ineligible,
            };
            let name = &set.shape.policies[at].0;
            assert_eq!(fast[*policy], wanted, "{name}");
            if wanted == Verdict::Undetermined {
                open += 1;
                if !exact[*policy].by_kleene {
                    searched += 1;
                    some = true;
                }
                if exact[*policy].verdict != Verdict::Undetermined {
                    settled += 1;
                    any = true;
                }
            } else {
                assert_eq!(exact[*policy].verdict, wanted, "{name}");
            }
        }
        rows += usize::from(any);
        left += usize::from(some);
    }
    println!(
        "entitle gives the expected answers in Kleene logic. Of {open} open ones {searched} are searched, on {left} profiles, which settles \
         {settled}, on {rows} profiles; the others are proved open by the table."
    );
}

/// The profiles as JSON text in the engine's own form.
pub fn texts(set: &Set) -> Vec<Vec<u8>> {
    let schema = set.engine.schema();
    let all = (0..schema.fields.len()).map(entitle::ids::FieldId::of).collect();
    set.profiles.iter().map(|p| profile_to_json(schema, p, &all).to_string().into_bytes()).collect()
}

/// Writes the positions of what is eligible.
struct Report {
    /// By policy: its position among those compared.
    at: Vec<usize>,
}

impl Report {
    fn of(set: &Set) -> Self {
        let mut at = vec![usize::MAX; set.engine.model().policies.len()];
        set.shape.index.iter().enumerate().for_each(|(position, policy)| at[*policy] = position);
        Self { at }
    }

    fn policies(&self, eligible: &[PolicyId], out: &mut Vec<usize>) {
        out.extend(eligible.iter().map(|p| self.at[p.index()]));
    }

    fn outcomes(&self, outcomes: &[Outcome], certain: &[usize], out: &mut Vec<usize>) {
        let eligible = outcomes.iter().zip(&self.at).filter(|(o, _)| o.verdict == Verdict::Eligible);
        out.extend(eligible.map(|(_, at)| *at).filter(|at| certain.contains(at)));
    }
}

pub fn contenders<'a>(set: &'a Set, texts: &'a [Vec<u8>]) -> Vec<Contender<'a>> {
    let none = Outcome { verdict: Verdict::NotInForce, not_proved: false, by_kleene: true };
    let (mut a, mut b, mut c, mut d) = (Scratch::default(), Scratch::default(), Scratch::default(), Scratch::default());
    let (mut found, mut read_found, mut exactly) = (Vec::new(), Vec::new(), Vec::new());
    let mut outcomes = vec![none; set.engine.model().policies.len()];
    let (first, second, third, fourth) = (Report::of(set), Report::of(set), Report::of(set), Report::of(set));
    let reader = ProfileReader::new(set.engine.schema(), UnknownFields::Reject);
    let kleene = Contender {
        name: "entitle, Kleene".to_owned(),
        how: "profiles made beforehand",
        typed: Box::new(move |i, out| {
            set.rules.eligible_into(&set.profiles[i], &mut a, &mut found);
            first.policies(&found, out);
        }),
        json: Some(Box::new(move |i, out| {
            let profile = reader.read(&texts[i]).expect("a profile").0;
            set.rules.eligible_into(&profile, &mut b, &mut read_found);
            second.policies(&read_found, out);
        })),
    };
    // The exact answers settle more than what is expected of Kleene logic: those beyond it, which `check` judged, are left out.
    let exact = Contender {
        name: "entitle, exact".to_owned(),
        how: "what Kleene logic leaves open is settled where it can be",
        typed: Box::new(move |i, out| {
            set.rules.exactly_eligible_into(&set.profiles[i], &mut c, &mut exactly);
            exactly.retain(|p| set.expected[i].0.contains(&fourth.at[p.index()]));
            fourth.policies(&exactly, out);
        }),
        json: None,
    };
    let every = Contender {
        name: "entitle, exact, every verdict".to_owned(),
        how: "the same, eligible, ineligible and undetermined written for each policy",
        typed: Box::new(move |i, out| {
            set.rules.outcomes_into(&set.profiles[i], &mut d, &mut outcomes);
            third.outcomes(&outcomes, &set.expected[i].0, out);
        }),
        json: None,
    };
    vec![kleene, exact, every, grounded(set), explained(set)]
}

/// Exact verdicts and the grounds of all of them, flat.
fn grounded(set: &Set) -> Contender<'_> {
    let (mut scratch, mut grounds) = (Scratch::default(), Grounds::default());
    let report = Report::of(set);
    let every: Vec<PolicyId> = (0..set.engine.model().policies.len()).map(PolicyId::of).collect();
    Contender {
        name: "entitle, exact, the grounds of all".to_owned(),
        how: "the conditions behind every verdict with the values they met, flat",
        typed: Box::new(move |i, out| {
            set.rules.grounds_into(&set.profiles[i], &mut scratch, &mut grounds);
            let all: usize = every.iter().map(|policy| grounds.of(*policy).len()).sum();
            assert!(all >= set.shape.policies.len(), "every verdict has a ground");
            report.outcomes(grounds.outcomes(), &set.expected[i].0, out);
        }),
        json: None,
    }
}

/// Exact verdicts and the reasons of all of them, as data.
fn explained(set: &Set) -> Contender<'_> {
    let mut scratch = Scratch::default();
    let report = Report::of(set);
    let every: Vec<PolicyId> = (0..set.engine.model().policies.len()).map(PolicyId::of).collect();
    Contender {
        name: "entitle, exact, all explanations".to_owned(),
        how: "with texts, values, distances and clauses",
        typed: Box::new(move |i, out| {
            let matches = set.rules.match_profile(&set.profiles[i]).expect("a profile without contradictions");
            let reasons = matches.explain_all(&every, &mut scratch);
            assert_eq!(reasons.len(), every.len());
            std::hint::black_box(&reasons);
            let certain = &set.expected[i].0;
            let eligible = every.iter().filter(|p| matches.verdict(**p) == Verdict::Eligible);
            out.extend(eligible.map(|p| report.at[p.index()]).filter(|at| certain.contains(at)));
        }),
        json: None,
    }
}

/// A million rows as columns, the profiles again and again; the counts are those expected.
pub fn columns(set: &Set) {
    let schema = set.engine.schema();
    let person = schema.entity_named("person").expect("the vocabulary has persons");
    let rows = 1_000_000usize.div_ceil(set.profiles.len()) * set.profiles.len();
    let fields = &schema.entity(person).expect("a kind of record").fields;
    enum Kept {
        Ints(Vec<i32>),
        Bytes(Vec<u8>),
        Bits(Vec<u8>),
    }
    let packed = |bit: &dyn Fn(usize) -> bool| {
        let mut bytes = vec![0u8; rows.div_ceil(8)];
        (0..rows).filter(|row| bit(*row)).for_each(|row| bytes[row / 8] |= 1 << (row % 8));
        bytes
    };
    let kept: Vec<(Kept, Option<Vec<u8>>)> = fields
        .iter()
        .map(|field| {
            let at = position(schema, *field).expect("a fact of the record");
            let values: Vec<Option<i64>> = set
                .profiles
                .iter()
                .map(|p| match p.slot(p.root(person).expect("a person"), at) {
                    Slot::Scalar(value) => Some(*value),
                    _ => None,
                })
                .collect();
            let value = |row: usize| values[row % values.len()];
            let known = values.contains(&None).then(|| packed(&|row| value(row).is_some()));
            let kept = match schema.field(*field).expect("a fact of the record").ty {
                FieldType::YesNo => Kept::Bits(packed(&|row| value(row) == Some(1))),
                FieldType::Symbol(_) => Kept::Bytes((0..rows).map(|r| value(r).unwrap_or(0) as u8).collect()),
                _ => Kept::Ints((0..rows).map(|r| value(r).unwrap_or(0) as i32).collect()),
            };
            (kept, known)
        })
        .collect();
    let mut builder = Builder::new(schema).table(person, rows as u32);
    for (field, (kept, known)) in fields.iter().zip(&kept) {
        let values = match kept {
            Kept::Ints(v) => Values::I32(v),
            Kept::Bytes(v) => Values::U8(v),
            Kept::Bits(v) => Values::Bits(Bits::new(v, 0, rows).expect("bits for every row")),
        };
        let known = known.as_ref().map(|k| Bits::new(k, 0, rows).expect("bits for every row"));
        builder = builder.column(*field, Column::Scalar { values, known });
    }
    let columns = builder.build().expect("columns that fit the vocabulary");
    let times = rows / set.profiles.len();
    // As a scan does it, which takes 1,024 households at a time: each part is looked at and let go while it is near.
    const PART: usize = 4_096;
    let counted = |from: usize, to: usize| {
        let (mut scratch, mut planes) = (Scratch::default(), Planes::default());
        let mut counts = vec![0u32; set.shape.policies.len()];
        for start in (from..to).step_by(PART) {
            let part = start as u32..(start + PART).min(to) as u32;
            set.rules.verdicts_into(&columns, person, part, &mut planes, &mut scratch);
            for (at, count) in counts.iter_mut().enumerate() {
                *count += planes.plane(at).0.iter().map(|word| word.count_ones()).sum::<u32>();
            }
        }
        counts
    };
    for threads in [1, 2] {
        let mut best = f64::MAX;
        for _ in 0..5 {
            let begun = Instant::now();
            let share = rows.div_ceil(threads).next_multiple_of(PART);
            let shares = (0..threads).map(|at| ((at * share).min(rows), ((at + 1) * share).min(rows)));
            let counts: Vec<Vec<u32>> = std::thread::scope(|scope| {
                let begun: Vec<_> = shares.map(|(from, to)| scope.spawn(move || counted(from, to))).collect();
                begun.into_iter().map(|thread| thread.join().expect("no panic")).collect()
            });
            best = best.min(begun.elapsed().as_secs_f64());
            for (at, policy) in set.rules.policies_for(person).iter().enumerate() {
                let found: u32 = counts.iter().map(|counts| counts[at]).sum();
                let position = set.shape.index.iter().position(|p| *p == policy.index()).expect("a policy compared");
                let wanted = set.expected.iter().filter(|(certain, _)| certain.contains(&position)).count() * times;
                assert_eq!(found as usize, wanted, "matches of {}", set.shape.policies[position].0);
            }
        }
        let ns = best * 1e9 / rows as f64;
        println!("entitle, three-valued, threads: {threads}: {ns:.1} ns a profile (the same counts), {rows} profiles");
    }
}

/// What the column engines read: the rows as CSV, the statement, the tables, the conditions for Polars, and the expected counts.
pub fn write_columns(set: &Set, folder: &Path) {
    use crate::forms::{Words, written};
    use crate::shape::Kind;
    std::fs::create_dir_all(folder).expect("a folder");
    let write = |name: &str, text: String| std::fs::write(folder.join(name), text).expect("a file");
    let options = sql::Options { dialect: sql::Dialect::DuckDb, dates: sql::Dates::Days, enums: sql::Enums::Names };
    let statement = sql::statement(&set.rules, options);
    assert!(statement.refused.is_empty(), "{:?}", statement.refused);
    write("statement.sql", statement.sql);
    write("schema.sql", statement.schema);
    let mut csv = String::from("id");
    set.shape.fields.iter().for_each(|f| csv += &format!(",{}", f.name));
    for (i, row) in set.rows.iter().enumerate() {
        csv += &format!("\n{}", i + 1);
        for (flat, value) in set.shape.fields.iter().zip(row) {
            csv += &match (value, &flat.kind) {
                (None, _) => ",".to_owned(),
                (Some(v), Kind::Symbol(names)) => format!(",{}", names[*v as usize]),
                (Some(v), Kind::Bool) => format!(",{}", *v != 0),
                (Some(v), _) => format!(",{v}"),
            };
        }
    }
    write("rows.csv", csv + "\n");
    let words = Words {
        and: " & ",
        or: " | ",
        not: ("~(", ")"),
        equal: "==",
        unequal: "!=",
        before: "c.",
        quote: '\'',
        one_of: |name, values| format!("{name}.is_in([{}])", values.join(", ")),
        leaf: ("(", ")"),
    };
    // Dates are written as days since 1970 in the CSV, as days since 0001 in the conditions: the script adds the difference.
    let mut python = String::from("def policies(c):\n    return [\n");
    for (name, cond) in &set.shape.policies {
        python += &format!("        ({}).alias('{name}'),\n", written(&set.shape, cond, &words));
    }
    write("polars_policies.py", python + "    ]\n");
    let mut kinds = String::from("FIELDS = {\n");
    for flat in &set.shape.fields {
        let kind = match &flat.kind {
            Kind::Bool => "'bool'".to_owned(),
            Kind::Number => "'int'".to_owned(),
            Kind::Date => "'date'".to_owned(),
            Kind::Symbol(names) => format!("{names:?}"),
        };
        kinds += &format!("    '{}': {kind},\n", flat.name);
    }
    write("fields.py", kinds + "}\n");
    let counts: Vec<String> = set
        .shape
        .policies
        .iter()
        .enumerate()
        .map(|(at, (name, _))| format!("'{name}': {}", set.expected.iter().filter(|(c, _)| c.contains(&at)).count()))
        .collect();
    write("expected.py", format!("ROWS = {}\nCOUNTS = {{{}}}\n", set.rows.len(), counts.join(", ")));
}
