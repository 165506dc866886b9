//! Warnings: each on a small set that deserves it, none on sets that do not, and every code with its page.

use crate::corpus::root;
use crate::household::shanghai;
use entitle::Engine;
use entitle::checked::interpret;
use entitle::diagnostic::Code;
use entitle::ids::PolicyId;
use entitle::lint::Finding;
use entitle::value::Date;
use entitle::verdict::Verdict;
use entitle_tests::generate::{self, Dice};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::fs;

pub(crate) const VOCABULARY: &str = r#"
enum category "类别" { welfare "福利" }
enum mode "方式" { home "居家", away "外出" }
enum region "地区" { city "本市" { east "东区", west "西区" }; elsewhere "外地" }
record person "人员" {
    coins "硬币": times from 0 times to 9 times
    mode: mode
    born "生日": date
    happy "快乐": yes/no
    unasked "没人问": yes/no
    lives_in "住地": region
    benefits "在享待遇": set of policy
    friends "朋友": list of { age "岁数": years old; kind_friend "友好": yes/no } up to 3
}
always person "the happy have a coin": not happy or coins >= 1 time
"#;

pub(crate) fn policy(id: &str, zh: &str, force: &str, conditions: &str) -> String {
    format!(
        "policy {id} \"{zh}\" for person {{\n category: welfare\n in force: {force}\n source: \"s\"\n status: illustrative\n eligible when {{\n{conditions}\n }}\n}}\n"
    )
}

fn open(policies: &str) -> Engine {
    let texts = [("v".to_owned(), VOCABULARY.to_owned()), ("p".to_owned(), policies.to_owned())];
    Engine::from_texts(texts).unwrap_or_else(|e| panic!("{policies} {:#?}", e.findings()))
}

fn codes(policies: &str) -> Vec<&'static str> {
    let mut codes: Vec<&str> = open(policies).lint().into_iter().map(|f| f.code.id).filter(|c| *c != "W206").collect();
    codes.dedup();
    codes
}

fn found(policies: &str, code: &str) -> Vec<Finding> {
    let as_of: Date = "2026-01-01".parse().unwrap();
    open(policies).analyse(Some(as_of)).into_iter().filter(|f| f.diagnostic.code.id == code).collect()
}

/// What the finding underlines.
fn marked<'t>(text: &'t str, finding: &Finding) -> &'t str {
    &text[finding.diagnostic.span.start as usize..finding.diagnostic.span.end as usize]
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
fn what_another_figure_allows_is_no_finding() {
    // Written the same, and read against another figure in each year: the happy have a coin, so nobody has fewer than one, and somebody has
    // fewer than five.
    for [first, then] in [[1, 5], [5, 1]] {
        let line = format!(
            "parameter line \"线\": times {{ from 2020-01-01 to 2020-12-31: {first}; from 2021-01-01 until further notice: {then} }}\n"
        );
        let text = line + &policy("p", "甲", OPEN, "happy\ncoins < line");
        assert_eq!(codes(&text), Vec::<&str>::new(), "{first}, then {then}");
    }
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
fn what_the_others_imply_is_named_once() {
    let text = policy("p", "甲", OPEN, "coins >= 2 times\nhappy\ncoins >= 1 time");
    let found = found(&text, "W209");
    assert_eq!(found.iter().map(|f| marked(&text, f)).collect::<Vec<_>>(), ["coins >= 1 time"]);
    // Implied by one of the others alone is said so; both would do, and one is named.
    assert_eq!(found[0].diagnostic.related.len(), 1);
    // The same through what always holds, and inside lists.
    assert_eq!(codes(&policy("p", "甲", OPEN, "happy\ncoins >= 1 time")), ["W209"]);
    let text = policy("p", "甲", OPEN, "any friends[age >= 18 years old] { kind_friend; age >= 6 years old }");
    assert_eq!(found_text(&text, "W209"), ["age >= 6 years old"]);
    let text = policy("p", "甲", OPEN, "no friends[age >= 18 years old and age >= 6 years old]");
    assert_eq!(found_text(&text, "W209"), ["age >= 6 years old"]);
    // Neither of two that cross is spare.
    assert_eq!(codes(&policy("p", "甲", OPEN, "coins >= 2 times\ncoins < 5 times")), Vec::<&str>::new());
}

fn found_text(text: &str, code: &str) -> Vec<String> {
    found(text, code).iter().map(|f| marked(text, f).to_owned()).collect()
}

#[test]
fn alternatives_that_nobody_reaches_are_told_from_those_that_add_nobody() {
    let text = policy("p", "甲", OPEN, "coins >= 5 times\nany of { happy; coins < 3 times }");
    assert_eq!(found_text(&text, "W210"), ["coins < 3 times"]);
    let text = policy("p", "甲", OPEN, "any of { coins >= 2 times; coins >= 5 times and mode is home; happy }");
    assert_eq!(found_text(&text, "W209"), ["coins >= 5 times and mode is home"]);
    let text = policy("p", "甲", OPEN, "coins >= 5 times\nhappy unless coins < 3 times");
    assert_eq!(found_text(&text, "W210"), ["coins < 3 times"]);
    assert_eq!(codes(&policy("p", "甲", OPEN, "any of { coins >= 5 times; happy }")), Vec::<&str>::new());
}

/// A policy with a benefit.
fn paying(id: &str, conditions: &str, amount: &str) -> String {
    policy(id, "丁", OPEN, conditions).trim_end().trim_end_matches('}').to_owned()
        + &format!(" benefit cash: {amount}\n}}\n")
}

#[test]
fn rows_that_nobody_reaches_and_tiers_that_overlap() {
    let amount = "case { coins >= 2 times: 10 yuan; coins >= 5 times: 20 yuan; otherwise: 0 yuan }";
    assert_eq!(found_text(&paying("p", "happy", amount), "W210"), ["coins >= 5 times"]);
    // Who is eligible counts.
    let banded = "case coins { < 3 times: 10 yuan; >= 3 times: 20 yuan }";
    assert_eq!(found_text(&paying("p", "coins >= 5 times", banded), "W210"), ["< 3 times: 10 yuan"]);
    assert_eq!(found_text(&paying("p", "coins >= 1 time", banded), "W210"), Vec::<String>::new());
    let crossing = "case { coins >= 2 times: 10 yuan; mode is home: 20 yuan; otherwise: 0 yuan }";
    let text = paying("p", "happy", crossing);
    let overlaps = found(&text, "W212");
    assert_eq!(overlaps.len(), 1);
    let witness = overlaps[0].witness.as_ref().expect("a household that meets both");
    let engine = open(&text);
    let matches = engine.at(witness.on).unwrap();
    let matches = matches.match_profile(&witness.profile).unwrap();
    assert_eq!(matches.verdict(engine.policy("p").unwrap()), Verdict::Eligible);
    // A cascade is meant: the first row is a case of the second.
    let cascade = "case { coins >= 5 times: 10 yuan; coins >= 2 times: 20 yuan; otherwise: 0 yuan }";
    assert_eq!(found(&paying("p", "happy", cascade), "W212").len(), 0);
}

#[test]
fn policies_are_compared_in_meaning() {
    // The same, said differently.
    let twins = policy("p", "甲", OPEN, "coins >= 2 times\nhappy")
        + &policy("q", "乙", OPEN, "not (coins < 2 times or not happy)\ncoins <= 9 times");
    assert!(codes(&twins).contains(&"W205"), "{:?}", codes(&twins));
    let text = policy("p", "甲", OPEN, "coins >= 4 times\nhappy") + &policy("q", "乙", OPEN, "coins >= 3 times");
    let implied = found(&text, "W211");
    assert_eq!(implied.len(), 1);
    let witness = implied[0].witness.as_ref().expect("a household that gets the wider one only");
    let engine = open(&text);
    let rules = engine.at(witness.on).unwrap();
    let matches = rules.match_profile(&witness.profile).unwrap();
    assert_eq!(matches.verdict(engine.policy("p").unwrap()), Verdict::Ineligible);
    assert_eq!(matches.verdict(engine.policy("q").unwrap()), Verdict::Eligible);
    // Not in force together.
    let apart = policy("p", "甲", "from 2020-01-01 to 2020-12-31", "happy")
        + &policy("q", "乙", "from 2021-01-01 until further notice", "happy");
    assert_eq!(codes(&apart), Vec::<&str>::new());
}

#[test]
fn a_prerequisite_must_be_within_reach() {
    let text = |needs: &str| {
        policy("p", "甲", OPEN, &format!("receives q\n{needs}"))
            + &policy("q", "乙", OPEN, "coins >= 4 times\ndoes not receive q")
    };
    let out_of_reach = found(&text("coins < 4 times"), "W216");
    assert_eq!(out_of_reach.len(), 1);
    assert_eq!(out_of_reach[0].names, ["q"]);
    assert_eq!(found(&text("coins < 5 times"), "W216").len(), 0);
}

#[test]
fn dates_sources_and_places() {
    let figure = "parameter line \"线\": times { from 2021-01-01 to 2022-12-31: 3 }\n";
    let text = figure.to_owned() + &policy("p", "甲", OPEN, "coins < line");
    let messages: Vec<String> = found(&text, "W214").into_iter().map(|f| f.diagnostic.message).collect();
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(
        messages.iter().any(|m| m.contains("after 2022-12-31"))
            && messages.iter().any(|m| m.contains("before 2021-01-01"))
    );
    // A figure of one policy stands in the documents of that policy.
    assert_eq!(found(&text, "W217").len(), 0);
    let shared = text.clone() + &policy("q", "乙", OPEN, "coins < line\nhappy");
    assert_eq!(found(&shared, "W217").len(), 1);
    assert_eq!(found(&shared.replace("times { from", "times { source: \"s\"; from"), "W217").len(), 0);
    let declared = text
        .replace("{ from 2021", "{ from 2020-01-01 to 2020-12-31: none; from 2021")
        .replace("12-31: 3", "12-31: 3; from 2023-01-01 until further notice: none");
    assert_eq!(found(&declared, "W214").len(), 0);
    let ended = policy("p", "甲", "from 2020-01-01 to 2020-12-31", "happy");
    assert_eq!(found(&ended, "W215").len(), 1);
    assert_eq!(
        open(&ended)
            .analyse(Some("2020-12-31".parse().unwrap()))
            .iter()
            .filter(|f| f.diagnostic.code.id == "W215")
            .count(),
        0
    );
    let placed = |conditions: &str| policy("p", "甲", OPEN, conditions).replace("in force", "region: city\n in force");
    let untested = found(&placed("happy"), "W218");
    assert_eq!(untested.len(), 1);
    assert!(untested[0].witness.is_some());
    assert_eq!(found(&placed("happy\nlives_in within city"), "W218").len(), 0);
}

#[test]
fn scenarios_that_contradict() {
    let with = |facts: &str, other: &str| {
        policy("p", "甲", OPEN, "happy").trim_end().trim_end_matches('}').to_owned()
            + &format!(" scenario \"a\" on 2020-05-01 {{ {facts} }}\n scenario \"b\" on 2020-05-01 {{ {other} }}\n}}\n")
    };
    assert_eq!(
        found(&with("happy: yes; coins: 0 times; expect: eligible", "happy: no; expect: ineligible"), "W213").len(),
        1
    );
    assert_eq!(found(&with("happy: yes; expect: eligible", "happy: yes; expect: ineligible"), "W213").len(), 1);
    assert_eq!(found(&with("happy: yes; expect: eligible", "happy: no; expect: ineligible"), "W213").len(), 0);
}

/// The policy with one more line at its end.
fn and(policy: &str, line: &str) -> String {
    policy.trim_end().trim_end_matches('}').to_owned() + line + "\n}\n"
}

#[test]
fn a_warning_is_silenced_by_a_reason_in_either_surface() {
    let text = policy("p", "甲", OPEN, "coins >= 2 times\ncoins >= 1 time");
    assert_eq!(codes(&text), ["W209"]);
    assert_eq!(codes(&and(&text, "allow W209: \"both stand in the rule\"")), Vec::<&str>::new());
    assert_eq!(codes(&and(&text, "允许 W209：“规定里都写着”")), Vec::<&str>::new());
    // By the name of a fact in the condition, and not by another.
    assert_eq!(codes(&and(&text, "allow W209 coins: \"so it is\"")), Vec::<&str>::new());
    assert_eq!(codes(&and(&text, "allow W209 happy: \"so it is\"")), ["W209", "W219"]);
    // Without a reason, for nothing, and of a code that is none.
    assert_eq!(codes(&and(&text, "allow W209")), ["W209", "W220"]);
    assert_eq!(codes(&and(&text, "allow W209: \"a\"\nallow W203: \"b\"")), ["W219"]);
    let unknown = found(&and(&text, "allow W29: \"a\""), "W219");
    assert_eq!(unknown.len(), 1);
    // Outside a policy it says of what.
    let unasked =
        "allow W206 unasked: \"asked by another system\"\n".to_owned() + &policy("p", "甲", OPEN, "coins >= 2 times");
    let open_facts: Vec<Finding> = open(&unasked).analyse(None);
    let unasked = open_facts.iter().find(|f| f.names == ["unasked"]).unwrap();
    assert_eq!(unasked.silenced.as_ref().map(|w| w.get(entitle::value::Language::En)), Some("asked by another system"));
    let bare = Engine::from_texts([("v".to_owned(), VOCABULARY.to_owned() + "allow W206: \"all\"\n")]);
    assert_eq!(bare.unwrap_err().findings()[0].code.id, "E117");
}

proptest! {
    #![proptest_config(crate::properties::cases(120))]

    #[test]
    fn findings_hold_for_households_that_nobody_looked_for(seed: u64) {
        let mut dice = Dice::new(seed);
        let text = generate::policies(&mut dice);
        let engine = generate::open(&text);
        let model = engine.model();
        for finding in engine.analyse(None) {
            let Some(id) = finding.policy else { continue };
            let policy = &model.policies[id.index()];
            let at = policy.conditions.iter().position(|c| c.expr.span == finding.diagnostic.span);
            let other = finding.names.iter().filter_map(|n| engine.policy(n)).find(|p| *p != id);
            for day in ["2000-01-02", "2000-01-04", "2000-07-15", "2000-09-01"] {
                let on: Date = day.parse().unwrap();
                let rules = engine.at(on).unwrap();
                for _ in 0..12 {
                    let profile = generate::profile(&engine, &mut dice);
                    let matches = rules.match_profile(&profile).unwrap();
                    let verdict = |p: PolicyId| matches.verdict(p);
                    let truth = |i: usize| interpret::condition(model, policy.unit, &policy.conditions[i].expr, &profile, on);
                    match (finding.diagnostic.code.id, at) {
                        ("W201", _) => prop_assert_ne!(verdict(id), Verdict::Eligible, "{}", text),
                        ("W202", _) => prop_assert_ne!(verdict(id), Verdict::Ineligible, "{}", text),
                        ("W203", Some(i)) => prop_assert_ne!(truth(i), Some(true), "{}", text),
                        ("W204", Some(i)) => prop_assert_ne!(truth(i), Some(false), "{}", text),
                        ("W209", Some(i)) if policy.conditions.len() > 1 => {
                            let others = (0..policy.conditions.len()).filter(|k| *k != i).all(|k| truth(k) == Some(true));
                            prop_assert!(!(others && truth(i) == Some(false)), "{}", text);
                        }
                        ("W205" | "W211", _) => {
                            let other = other.unwrap();
                            prop_assert!(!(verdict(id) == Verdict::Eligible && verdict(other) == Verdict::Ineligible), "{}", text);
                        }
                        _ => {}
                    }
                }
            }
            if let Some(witness) = &finding.witness {
                let rules = engine.at(witness.on).unwrap();
                let matches = rules.match_profile(&witness.profile).unwrap();
                prop_assert_eq!(finding.diagnostic.code.id, "W211");
                prop_assert_eq!(matches.verdict(id), Verdict::Ineligible, "{}", text);
                prop_assert_eq!(matches.verdict(other.unwrap()), Verdict::Eligible, "{}", text);
            }
        }
    }

    #[test]
    fn silencing_changes_nothing_else(seed: u64) {
        let mut dice = Dice::new(seed);
        let text = generate::policies(&mut dice);
        let engine = generate::open(&text);
        let all = |engine: &Engine| -> Vec<(&'static str, String, bool)> {
            engine.analyse(None).into_iter().map(|f| (f.diagnostic.code.id, f.diagnostic.message, f.silenced.is_some())).collect()
        };
        let before = all(&engine);
        let Some(target) = engine.analyse(None).into_iter().find(|f| f.policy.is_some()) else { return Ok(()) };
        let (id, code) = (target.policy.unwrap(), target.diagnostic.code.id);
        // Into the policy that the finding is about, at the end of its text.
        let end = engine.model().policies[id.index()].span.end as usize - 1;
        let changed = format!("{}    allow {code}: \"so it is\"\n{}", &text[..end], &text[end..]);
        let silenced = generate::open(&changed);
        let wanted: Vec<_> = engine.analyse(None).into_iter().map(|f| {
            let hit = f.policy == Some(id) && f.diagnostic.code.id == code;
            (f.diagnostic.code.id, f.diagnostic.message, hit)
        }).collect();
        prop_assert_eq!(before.len(), wanted.len());
        prop_assert_eq!(all(&silenced), wanted, "{}", changed);
        for _ in 0..5 {
            let profile = generate::profile(&engine, &mut dice);
            let verdicts = |engine: &Engine| -> Vec<Verdict> {
                engine.at("2000-01-03".parse().unwrap()).unwrap().match_profile(&profile).unwrap().verdicts().collect()
            };
            prop_assert_eq!(verdicts(&engine), verdicts(&silenced));
        }
    }
}

#[test]
fn the_shipped_policies_deserve_none() {
    // Seen from a day on which periods have ended, so that these are explained as well.
    let findings = shanghai().analyse(Some("2026-11-01".parse().unwrap()));
    let open: Vec<&str> =
        findings.iter().filter(|f| f.silenced.is_none()).map(|f| f.diagnostic.message.as_str()).collect();
    assert!(open.is_empty(), "{open:#?}");
    let bare = findings.iter().filter_map(|f| f.silenced.as_ref()).any(|w| w.zh().is_none() || w.en().is_none());
    assert!(!bare, "every reason is said in both languages");
}

#[test]
fn every_code_has_its_page() {
    let pages = fs::read_to_string(root().join("grammar/codes.md")).unwrap();
    let written: BTreeSet<&str> = pages.lines().filter_map(|l| l.strip_prefix("## ")).collect();
    let all: Vec<&[Code]> = vec![entitle::ast::error::ALL, entitle::checked::error::ALL, entitle::lint::error::ALL];
    let codes: BTreeSet<&str> = all.into_iter().flatten().map(|c| c.id).collect();
    assert_eq!(written, codes);
}
