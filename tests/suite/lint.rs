//! Warnings: each on a small set that deserves it, none on sets that do not, and every code with its page.

use crate::corpus::root;
use crate::household::shanghai;
use entitle::Engine;
use entitle::diagnostic::Code;
use std::collections::BTreeSet;
use std::fs;

pub(crate) const VOCABULARY: &str = r#"
enum category "类别" { welfare "福利" }
enum mode "方式" { home "居家", away "外出" }
record person "人员" {
    coins "硬币": times from 0 times to 9 times
    mode: mode
    born "生日": date
    happy "快乐": yes/no
    unasked "没人问": yes/no
}
always person "the happy have a coin": not happy or coins >= 1 time
"#;

pub(crate) fn policy(id: &str, zh: &str, force: &str, conditions: &str) -> String {
    format!(
        "policy {id} \"{zh}\" for person {{\n category: welfare\n in force: {force}\n source: \"s\"\n status: illustrative\n eligible when {{\n{conditions}\n }}\n}}\n"
    )
}

fn codes(policies: &str) -> Vec<&'static str> {
    let texts = [("v".to_owned(), VOCABULARY.to_owned()), ("p".to_owned(), policies.to_owned())];
    let engine = Engine::from_texts(texts).unwrap_or_else(|e| panic!("{:#?}", e.findings()));
    let mut codes: Vec<&str> = engine.lint().into_iter().map(|f| f.code.id).filter(|c| *c != "W206").collect();
    codes.dedup();
    codes
}

pub(crate) const OPEN: &str = "from 2020-01-01 until further notice";

#[test]
fn each_warning_is_given_where_it_is_deserved() {
    assert_eq!(codes(&policy("p", "甲", OPEN, "coins >= 2 times\ncoins < 2 times")), ["W201"]);
    assert_eq!(codes(&policy("p", "甲", OPEN, "coins >= 2 times or coins < 3 times")), ["W202", "W204"][..1]);
    assert_eq!(codes(&policy("p", "甲", OPEN, "coins >= 2 times\nhappy and coins < 1 time")), ["W201", "W203"]);
    assert_eq!(codes(&policy("p", "甲", OPEN, "coins >= 2 times\nmode is one of (home, away)")), ["W204"]);
    let twins =
        policy("p", "甲", OPEN, "coins >= 2 times\nhappy") + &policy("q", "乙", OPEN, "happy\ncoins >= 2 times");
    assert_eq!(codes(&twins), ["W205"]);
}

#[test]
fn what_turns_with_the_day_is_no_finding() {
    assert_eq!(codes(&policy("p", "甲", OPEN, "happy\ntoday < 2021-05-01")), Vec::<&str>::new());
    assert_eq!(
        codes(&policy("p", "甲", OPEN, "happy\ntoday >= 2021-05-01 and today < 2021-06-01")),
        Vec::<&str>::new()
    );
    assert_eq!(codes(&policy("p", "甲", "from 2021-05-01 to 2021-05-31", "happy\ntoday < 2021-06-01")), ["W204"]);
    assert_eq!(
        codes(&policy("p", "甲", "from 2021-05-01 to 2021-05-31", "happy\ntoday > 2021-06-01")),
        ["W201", "W203"]
    );
}

#[test]
fn a_fact_that_nobody_asks_for_is_named() {
    let texts =
        [("v".to_owned(), VOCABULARY.to_owned()), ("p".to_owned(), policy("p", "甲", OPEN, "coins >= 2 times"))];
    let engine = Engine::from_texts(texts).unwrap();
    let unused: Vec<String> = engine.lint().into_iter().filter(|f| f.code.id == "W206").map(|f| f.message).collect();
    assert!(
        unused.iter().any(|m| m.contains("`unasked`")) && !unused.iter().any(|m| m.contains("`coins`")),
        "{unused:?}"
    );
}

#[test]
fn the_shipped_policies_deserve_none() {
    let findings = shanghai().lint();
    assert!(findings.is_empty(), "{findings:#?}");
}

#[test]
fn every_code_has_its_page() {
    let pages = fs::read_to_string(root().join("grammar/codes.md")).unwrap();
    let written: BTreeSet<&str> = pages.lines().filter_map(|l| l.strip_prefix("## ")).collect();
    let all: Vec<&[Code]> = vec![entitle::ast::error::ALL, entitle::checked::error::ALL, entitle::lint::error::ALL];
    let codes: BTreeSet<&str> = all.into_iter().flatten().map(|c| c.id).collect();
    assert_eq!(written, codes);
}
