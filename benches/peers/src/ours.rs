//! The one place that calls the engine, so that a new entry point is measured by changing it here.

use crate::data::Set;
use crate::rivals::Contender;
use entitle::verdict::Verdict;
use entitle::verdict::exact::{kleene, outcomes};
use entitle::verdict::from_graph::Scratch;
use entitle::wire::json::write::profile_to_json;
use entitle::wire::json::{UnknownFields, profile_from_json};
use entitle::wire::sql;
use std::collections::BTreeMap;
use std::path::Path;

fn eligible(set: &Set) -> BTreeMap<usize, usize> {
    set.shape.index.iter().enumerate().map(|(at, policy)| (*policy, at)).collect()
}

/// Kleene logic says exactly what is expected; the exact answers settle some of what it leaves open and contradict nothing.
pub fn check(set: &Set) {
    let (mut scratch, mut open, mut settled, mut rows) = (Scratch::default(), 0, 0, 0);
    for (profile, (certain, unknown)) in set.profiles.iter().zip(&set.expected) {
        let (fast, exact) =
            (kleene(set.rules.bound(), profile, &mut scratch), outcomes(set.rules.bound(), profile, &mut scratch));
        let mut any = false;
        for (at, policy) in set.shape.index.iter().enumerate() {
            let wanted = match (certain.contains(&at), unknown.contains(&at)) {
                (true, _) => Verdict::Eligible,
                (_, true) => Verdict::Undetermined,
                _ => Verdict::Ineligible,
            };
            let name = &set.shape.policies[at].0;
            assert_eq!(fast[*policy].verdict, wanted, "{name}");
            if wanted == Verdict::Undetermined {
                open += 1;
                if exact[*policy].verdict != Verdict::Undetermined {
                    settled += 1;
                    any = true;
                }
            } else {
                assert_eq!(exact[*policy].verdict, wanted, "{name}");
            }
        }
        rows += usize::from(any);
    }
    println!(
        "entitle gives the expected answers in Kleene logic; of {open} open ones the exact search settles {settled}, on {rows} profiles."
    );
}

/// The profiles as JSON text in the engine's own form.
pub fn texts(set: &Set) -> Vec<Vec<u8>> {
    let schema = set.engine.schema();
    let all = (0..schema.fields.len()).map(entitle::ids::FieldId::of).collect();
    set.profiles.iter().map(|p| profile_to_json(schema, p, &all).to_string().into_bytes()).collect()
}

pub fn contenders<'a>(set: &'a Set, texts: &'a [Vec<u8>]) -> Vec<Contender<'a>> {
    let (mut a, mut b, mut c, mut d) = (Scratch::default(), Scratch::default(), Scratch::default(), Scratch::default());
    let by_policy = eligible(set);
    let at: Vec<Option<usize>> =
        (0..set.rules.bound().graph.entries().len()).map(|p| by_policy.get(&p).copied()).collect();
    let at: &'static [Option<usize>] = Vec::leak(at);
    let write = |verdicts: Vec<entitle::verdict::Outcome>, out: &mut Vec<usize>| {
        out.extend(verdicts.iter().zip(at).filter(|(o, _)| o.verdict == Verdict::Eligible).filter_map(|(_, at)| *at));
    };
    let read =
        |i: usize| profile_from_json(set.engine.schema(), &texts[i], UnknownFields::Reject).expect("a profile").0;
    let mut all = vec![Contender {
        name: "entitle, Kleene".to_owned(),
        how: "profiles made beforehand",
        typed: Box::new(move |i, out| write(kleene(set.rules.bound(), &set.profiles[i], &mut a), out)),
        json: Some(Box::new(move |i, out| write(kleene(set.rules.bound(), &read(i), &mut b), out))),
    }];
    // The exact answers settle more than what is expected of Kleene logic, so they are timed and not compared here; `check`
    // compared them.
    let name = "entitle, exact".to_owned();
    let only = |verdicts: Vec<entitle::verdict::Outcome>, i: usize, out: &mut Vec<usize>| {
        let certain = &set.expected[i].0;
        let eligible =
            verdicts.iter().zip(at).filter(|(o, _)| o.verdict == Verdict::Eligible).filter_map(|(_, at)| *at);
        out.extend(eligible.filter(|at| certain.contains(at)));
    };
    all.push(Contender {
        name,
        how: "what Kleene logic leaves open is settled where it can be",
        typed: Box::new(move |i, out| only(outcomes(set.rules.bound(), &set.profiles[i], &mut c), i, out)),
        json: Some(Box::new(move |i, out| only(outcomes(set.rules.bound(), &read(i), &mut d), i, out))),
    });
    all
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
