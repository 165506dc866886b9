//! Coverage and small changes: what counts as seen, which slips are noticed, and that a suggested scenario notices.

use entitle::cover::Change;
use entitle::ids::PolicyId;
use entitle::{Engine, Fate, What};
use std::collections::BTreeSet;

const VOCABULARY: &str = r#"
enum category "类别" { welfare "福利" }
record person "人员" {
    birth_date "出生日期": date
    disabled "残疾": yes/no
    income "月收入": yuan per month
    home "住户": household
}
record household "家庭" { applicant "申请人": person; members "成员": list of person up to 4 }
define person.age "年龄" = today - birth_date
"#;

fn policy(conditions: &str, rest: &str) -> String {
    format!(
        "policy tea \"茶\" for person {{\n    category: welfare\n    in force: from 2010-01-01 until further notice\n    \
         source: \"an example\"\n    status: illustrative\n    eligible when {{\n{conditions}\n    }}\n{rest}\n}}\n"
    )
}

fn open(policy: &str) -> Engine {
    let texts = [("a.policy".to_owned(), VOCABULARY.to_owned()), ("b.policy".to_owned(), policy.to_owned())];
    let engine = Engine::from_texts(texts).unwrap_or_else(|e| panic!("{:#?}", e.findings()));
    crate::household::scenarios_pass(&engine);
    engine
}

fn all(engine: &Engine) -> BTreeSet<PolicyId> {
    (0..engine.model().policies.len()).map(PolicyId::of).collect()
}

fn sides(engine: &Engine, text: &str, what: What) -> [bool; 2] {
    let seen = engine.coverage(&all(engine));
    let found: Vec<_> = seen.iter().filter(|s| s.what == what && engine.sources().text(s.span) == text).collect();
    assert_eq!(found.len(), 1, "{text}: {seen:#?}");
    found[0].sides
}

const EITHER: &str = "        any of { age >= 65 years old; disabled }\n        income < 1000 yuan per month";

#[test]
fn a_condition_is_seen_only_where_it_decides() {
    // Both alternatives hold, so neither decides; the income does.
    let both = r#"scenario "both" on 2020-09-01 { birth_date: 1950-01-01; disabled: yes; income: 10 yuan per month; expect: eligible }"#;
    let engine = open(&policy(EITHER, both));
    assert_eq!(sides(&engine, "age >= 65 years old", What::Condition), [false, false]);
    assert_eq!(sides(&engine, "disabled", What::Condition), [false, false]);
    assert_eq!(sides(&engine, "income < 1000 yuan per month", What::Condition), [true, false]);
    // One alternative alone decides while it holds; with neither, each would turn the verdict.
    let more = format!(
        "{both}\nscenario \"old\" like \"both\" {{ disabled: no; expect: eligible }}\n\
         scenario \"neither\" like \"old\" {{ birth_date: 2000-01-01; expect: ineligible }}"
    );
    let engine = open(&policy(EITHER, &more));
    assert_eq!(sides(&engine, "age >= 65 years old", What::Condition), [true, true]);
    assert_eq!(sides(&engine, "disabled", What::Condition), [false, true]);
}

#[test]
fn a_line_is_seen_on_the_side_where_a_case_stands_within_a_step() {
    let near = r#"scenario "just below" on 2020-09-01 { income: 999.5 yuan per month; expect: eligible }
        scenario "far above" like "just below" { income: 5000 yuan per month; expect: ineligible }"#;
    let engine = open(&policy("        income < 1000 yuan per month", near));
    // One yuan lower, 999.5 is no longer below the line; one yuan higher turns nobody.
    assert_eq!(sides(&engine, "income < 1000 yuan per month", What::Line), [false, true]);
}

#[test]
fn rows_of_a_table_are_seen_where_a_case_stands_on_them() {
    let rest = r#"    benefit cash: case age { >= 80 years old: 180 yuan per month; >= 60 years old: 75 yuan per month; otherwise: none }
        scenario "seventy" on 2020-09-01 { birth_date: 1950-09-01; income: 1 yuan per month; expect: eligible, 75 yuan per month }"#;
    let engine = open(&policy("        income < 1000 yuan per month", rest));
    let seen = engine.coverage(&all(&engine));
    let row = |n| seen.iter().find(|s| s.what == What::Row(n)).unwrap().sides[0];
    // The closest row first: eighty, then sixty.
    assert_eq!((row(0), row(1)), (false, true));
}

#[test]
fn slips_are_noticed_or_not_and_what_changes_nothing_is_no_slip() {
    let cases = r#"scenario "low" on 2020-09-01 { income: 10 yuan per month; disabled: yes; expect: eligible }
        scenario "high" like "low" { income: 5000 yuan per month; expect: ineligible, income }"#;
    let engine = open(&policy("        income < 1000 yuan per month\n        disabled", cases));
    let list = engine.mutants(&all(&engine));
    let tried = engine.try_mutants(&list, &mut |_| {});
    let fate = |text: &str, change: Change| {
        let is = |t: &&entitle::Tried| engine.sources().text(t.mutant.span) == text && t.mutant.change == change;
        tried.iter().find(is).unwrap_or_else(|| panic!("{text} {change:?}")).fate.clone()
    };
    let income = "income < 1000 yuan per month";
    assert!(matches!(fate(income, Change::Condition(true)), Fate::Noticed(..)));
    assert!(matches!(fate(income, Change::Condition(false)), Fate::Noticed(..)));
    assert_eq!(fate(income, Change::Line(1)), Fate::Unnoticed);
    assert_eq!(fate("disabled", Change::Condition(true)), Fate::Unnoticed);
    assert!(matches!(fate("disabled", Change::Condition(false)), Fate::Noticed(..)));
}

#[test]
fn a_quantifier_over_a_list_is_exchanged() {
    let cases = r#"scenario "all" on 2020-09-01 { home: { members: applicant, { disabled: yes } }; disabled: yes; expect: eligible }
        scenario "one" on 2020-09-01 { home: { members: applicant, { disabled: no } }; disabled: yes; expect: ineligible }"#;
    let engine = open(&policy("        all home.members { disabled }", cases));
    let tried = engine.try_mutants(&engine.mutants(&all(&engine)), &mut |_| {});
    let exchanged = tried.iter().find(|t| t.mutant.change == Change::Quantifier).unwrap();
    assert!(matches!(exchanged.fate, Fate::Noticed(_, 1)), "{exchanged:?}");
}

/// Pasting what is suggested, the changes it was suggested for are noticed.
#[test]
fn suggested_scenarios_pass_and_notice_what_they_are_for() {
    let cases = r#"    scenario "low" on 2020-09-01 { income: 10 yuan per month; birth_date: 1950-09-01; disabled: no; expect: eligible }"#;
    let text = policy(EITHER, cases);
    let engine = open(&text);
    let tried = engine.try_mutants(&engine.mutants(&all(&engine)), &mut |_| {});
    let unnoticed: Vec<_> = tried.iter().filter(|t| t.fate == Fate::Unnoticed).map(|t| t.mutant.clone()).collect();
    assert!(!unnoticed.is_empty());
    let suggestions = engine.suggest(&unnoticed);
    let shown: BTreeSet<usize> = suggestions.iter().flat_map(|s| s.notices.iter().copied()).collect();
    assert_eq!(shown.len(), unnoticed.len(), "every slip in so plain a policy can be shown: {suggestions:#?}");
    let more: String = suggestions.iter().map(|s| s.text.as_str()).collect();
    let better = open(&policy(EITHER, &format!("{cases}\n{more}")));
    let tried = better.try_mutants(&better.mutants(&all(&better)), &mut |_| {});
    let left: Vec<_> = tried.iter().filter(|t| t.fate == Fate::Unnoticed).collect();
    assert!(left.is_empty(), "{left:#?}\n{more}");
}
