//! Hostile text: bounded nesting, long chains, random words. Nothing overflows a small stack, and time stays linear.

use entitle::Engine;
use entitle::ast::from_text::parse;
use entitle::ast::keywords::KEYWORDS;
use entitle::checked;
use entitle::ids::PolicyId;
use entitle::profile::{Profile, Slot};
use entitle::span::FileId;
use entitle_tests::generate::Dice;
use proptest::prelude::*;

/// Runs in a thread with a stack of 1 MiB, as a host may.
fn small_stack(run: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(1 << 20).spawn(run).unwrap().join().unwrap();
}

fn policy(condition: &str) -> String {
    format!(
        "enum category {{ a }}\nrecord person {{ x: yes/no }}\npolicy p for person {{\n    category: a\n    in force: from 2000-01-01 until further notice\n    source: \"s\"\n    status: illustrative\n    eligible when {{\n        {condition}\n    }}\n}}\n"
    )
}

fn findings(text: &str) -> Vec<String> {
    let (file, mut findings) = parse(FileId(0), text);
    findings.extend(checked::from_ast::check(&[file]).1);
    findings.into_iter().map(|f| f.code.id.to_owned()).collect()
}

#[test]
fn deep_brackets_are_refused_before_the_parser_runs() {
    small_stack(|| {
        for depth in [100, 10_000, 200_000] {
            let text = policy(&format!("{}x{}", "(".repeat(depth), ")".repeat(depth)));
            assert_eq!(parse(FileId(0), &text).1[0].code.id, "E009");
        }
        let deepest = policy(&format!("{}x{}", "(".repeat(29), ")".repeat(29)));
        assert!(findings(&deepest).is_empty(), "{:?}", findings(&deepest));
    });
}

#[test]
fn long_files_are_refused() {
    let (_, found) = parse(FileId(0), &"// a comment\n".repeat(100_000));
    assert_eq!(found[0].code.id, "E010");
}

#[test]
fn long_chains_are_flat() {
    small_stack(|| {
        let ands = policy(&vec!["x"; 10_000].join(" and "));
        assert!(findings(&ands).is_empty());
        let nots = policy(&format!("{}x", "not ".repeat(20_000)));
        assert!(findings(&nots).is_empty());
        let sum = policy(&format!("{} > 1", vec!["1"; 5_000].join(" + ")));
        assert!(findings(&sum).len() <= 1);
    });
}

#[test]
fn thousands_of_reasons_are_told_without_a_search_of_each_among_all() {
    let conditions: Vec<String> = (1..=4_000).map(|n| format!("n is not {n} times or x")).collect();
    let text = format!(
        "enum category {{ welfare }}
         record person {{ x: yes/no; n: times from 0 times to 9999 times }}
         policy p for person {{
             category: welfare
             in force: from 2000-01-01 until further notice
             source: \"s\"
             status: illustrative
             eligible when {{\n{}\n}}
         }}",
        conditions.join("\n")
    );
    let engine = Engine::from_texts([("a.policy".to_owned(), text)]).unwrap_or_else(|e| panic!("{e}"));
    let rules = engine.at("2020-01-01".parse().unwrap()).unwrap();
    let mut profile = Profile::new();
    let one = profile.add(engine.schema(), engine.schema().entity_named("person").unwrap());
    profile.set_root(one);
    profile.set(one, 0, Slot::Scalar(1));
    profile.set(one, 1, Slot::Scalar(0));
    let matches = rules.match_profile(&profile).unwrap();
    assert_eq!(matches.explain(PolicyId(0)).because.len(), 4_000);
}

#[test]
fn long_chains_of_definitions_are_refused_or_checked() {
    small_stack(|| {
        let mut text = policy("d0");
        for i in 0..2_000 {
            text += &format!("define person.d{i} = d{}\n", i + 1);
        }
        text += "define person.d2000 = x\n";
        let found = findings(&text);
        assert!(found.iter().all(|c| c == "E122"), "{found:?}");
    });
}

#[test]
fn definitions_that_double_do_not_explode() {
    let mut text = policy("d0 > 5");
    for i in 0..60 {
        text += &format!("define person.d{i} = d{} + d{}\n", i + 1, i + 1);
    }
    text += "define person.d60 = 1\n";
    let _ = findings(&text);
}

#[test]
fn tables_of_tables_pass_a_limit_and_do_not_hang() {
    // Nine rows, each the whole table before it: eight tables deep that is nine to the power of eight rows to write out.
    let mut text = String::from(
        r#"
        enum category { welfare }
        record person { x: yuan; y: yes/no }
        policy p for person {
            category: welfare
            in force: from 2020-01-01 until further notice
            source: "an example"
            status: illustrative
            eligible when { y }
            benefit cash: d0 rounded to 1 yuan
        }
    "#,
    );
    for i in 0..12 {
        let rows: String = (0..9).map(|row| format!("x < {} yuan: d{}; ", row + 1, i + 1)).collect();
        text += &format!("define person.d{i} = case {{ {rows}otherwise: d{} }}\n", i + 1);
    }
    text += "define person.d12 = x\n";
    let engine = Engine::from_texts([("a.policy".to_owned(), text)]).unwrap_or_else(|e| panic!("{e}"));
    let error = engine.at("2020-01-01".parse().unwrap()).expect_err("it compiles after all");
    assert!(error.is_limit() && error.to_string().contains("`p`"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_words_never_crash(seed: u64) {
        let mut dice = Dice::new(seed);
        let mut text = String::new();
        let signs = ["{", "}", "(", ")", "[", "]", ":", "：", ",", "、", ";", "\n", "=", "\"a\"", "“甲”", "1", "3万元", "2020-01-01", "2020年1月1日", "x", "人员", "+", "-", "*", "30%", "//c\n", ">=", "<"];
        for _ in 0..dice.below(400) {
            if dice.below(2) == 0 {
                let (_, en, zh) = KEYWORDS[dice.below(KEYWORDS.len() as u64) as usize];
                text += if dice.below(2) == 0 { en } else { zh };
            } else {
                text += signs[dice.below(signs.len() as u64) as usize];
            }
            text.push(' ');
        }
        let (file, found) = parse(FileId(0), &text);
        for f in &found {
            prop_assert!(f.span.end as usize <= text.len() && text.is_char_boundary(f.span.start as usize));
        }
        let _ = checked::from_ast::check(&[file]);
    }

    #[test]
    fn random_bytes_never_crash(text in "\\PC{0,300}") {
        let (file, _) = parse(FileId(0), &text);
        let _ = checked::from_ast::check(&[file]);
    }
}

/// Balanced nests of the language's own words: twice the text may take about twice the work, never its square.
#[test]
fn work_grows_with_the_text() {
    let block = "policy p for person { eligible when { any of { a b { c } all members { x } } } }\n";
    let text = block.repeat(4_000);
    let (file, _) = parse(FileId(0), &text);
    assert!(file.items.len() <= 4_000);
}
