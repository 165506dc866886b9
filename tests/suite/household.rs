//! The shipped policies on the shipped households.

use crate::corpus::root;
use entitle::Engine;
use entitle::ids::PolicyId;
use entitle::profile::Profile;
use entitle::value::Language;
use entitle::verdict::{Comparison, Verdict};
use entitle::why::grounds::Grounds;
use entitle::why::{Shown, prose};
use entitle::wire::json::report::{Group, report, result};
use entitle::wire::json::{UnknownFields, profile_from_json};
use std::collections::BTreeMap;
use std::fs;

pub(crate) fn shanghai() -> Engine {
    Engine::open(&[root().join("policies/shanghai")]).unwrap_or_else(|e| panic!("{e}"))
}

pub(crate) fn scenarios_pass(engine: &Engine) {
    for (i, policy) in engine.model().policies.iter().enumerate() {
        for k in 0..policy.scenarios.len() {
            let outcome = engine.run_scenario(PolicyId::of(i), k).unwrap();
            assert!(
                outcome.problems.is_empty(),
                "{} {:?}: {:#?}",
                policy.name.id,
                policy.scenarios[k].label,
                outcome.problems
            );
        }
    }
}

/// The shipped households by name.
pub(crate) fn households(engine: &Engine) -> Vec<(String, Profile)> {
    let mut all: Vec<_> = fs::read_dir(root().join("examples/profiles")).unwrap().map(|e| e.unwrap().path()).collect();
    all.retain(|p| p.extension().is_some_and(|e| e == "json"));
    all.sort();
    all.into_iter()
        .map(|path| {
            let text = fs::read(&path).unwrap();
            let (profile, _) = profile_from_json(engine.schema(), &text, UnknownFields::Reject).unwrap();
            (path.file_stem().unwrap().to_string_lossy().into_owned(), profile)
        })
        .collect()
}

#[test]
fn every_scenario_passes() {
    scenarios_pass(&shanghai());
}

#[test]
fn every_policy_has_a_case_that_is_met_one_that_is_not_and_one_that_is_open() {
    use entitle::checked::Expected;
    let engine = shanghai();
    let written: Vec<_> = engine.model().policies.iter().filter(|p| p.written).collect();
    for policy in &written {
        let has = |wanted: Expected| policy.scenarios.iter().any(|s| s.expect == wanted);
        // Where a figure was never published, what meets everything else stays open on that figure, by its name.
        let figure = |s: &entitle::checked::Scenario| {
            let named = |name: &String| engine.model().parameters.iter().any(|p| p.name.id == *name);
            s.expect == Expected::Undetermined && s.because.iter().any(named)
        };
        assert!(
            has(Expected::Eligible) || policy.scenarios.iter().any(figure),
            "{} has no scenario that is met",
            policy.name.id
        );
        assert!(has(Expected::Ineligible), "{} has no scenario that is not met", policy.name.id);
        assert!(has(Expected::Undetermined), "{} has no scenario with a fact missing", policy.name.id);
    }
    let categories: std::collections::BTreeSet<&str> =
        written.iter().filter_map(|p| p.category.as_ref()).map(|c| c.id.as_str()).collect();
    for category in [
        "minimum_living",
        "destitute_support",
        "expenditure_poverty",
        "disaster_aid",
        "temporary",
        "medical",
        "education",
        "housing",
        "employment",
        "social_participation",
    ] {
        assert!(categories.contains(category), "no policy of {category}");
    }
}

#[test]
fn every_policy_of_the_list_is_written() {
    let engine = shanghai();
    let list = fs::read_to_string(root().join("policies/ids.txt")).unwrap();
    let ids: Vec<&str> = list.lines().filter(|l| !l.is_empty()).collect();
    for id in &ids {
        let policy = engine.policy(id).and_then(|p| engine.model().policies.get(p.index()));
        assert!(policy.is_some_and(|p| p.written), "{id} is on the list and not written");
    }
    for policy in engine.model().policies.iter().filter(|p| p.written) {
        assert!(ids.contains(&policy.name.id.as_str()), "{} is not on the list", policy.name.id);
    }
    assert!(ids.len() >= 195);
}

#[test]
fn the_verdicts_on_every_household_are_the_reviewed_ones() {
    use std::fmt::Write as _;
    let engine = shanghai();
    let rules = engine.at("2020-09-01".parse().unwrap()).unwrap();
    let mut all: Vec<_> = fs::read_dir(root().join("examples/profiles")).unwrap().map(|e| e.unwrap().path()).collect();
    all.retain(|p| p.extension().is_some_and(|e| e == "json"));
    all.sort();
    assert!(all.len() >= 20);
    for path in all {
        let (profile, _) =
            profile_from_json(engine.schema(), &fs::read(&path).unwrap(), UnknownFields::Reject).unwrap();
        let matches = rules.match_profile(&profile).unwrap();
        let mut text = String::new();
        for (verdict, word) in [
            (Verdict::Eligible, "eligible"),
            (Verdict::Undetermined, "undetermined"),
            (Verdict::Ineligible, "ineligible"),
            (Verdict::NotInForce, "not in force"),
        ] {
            writeln!(text, "{word}").unwrap();
            for (i, policy) in engine.model().policies.iter().enumerate().filter(|(_, p)| p.written) {
                if matches.verdict(PolicyId::of(i)) == verdict {
                    writeln!(text, "    {}", policy.name.id).unwrap();
                }
            }
        }
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        crate::corpus::expect(&root().join(format!("tests/corpus/households/{name}.txt")), &text);
    }
}

#[test]
fn xiao_chen_comes_out_as_worked_out_by_hand() {
    let engine = shanghai();
    let text = fs::read(root().join("examples/profiles/xiao-chen.json")).unwrap();
    let (profile, _) = profile_from_json(engine.schema(), &text, UnknownFields::Reject).unwrap();
    let rules = engine.at("2019-06-01".parse().unwrap()).unwrap();
    let matches = rules.match_profile(&profile).unwrap();
    // The table of examples/profiles/xiao-chen.md, which also argues the one line that differs from the hand evaluation.
    let table = fs::read_to_string(root().join("examples/profiles/xiao-chen.md")).unwrap();
    let mut lines = 0;
    for line in table.lines().filter(|l| l.starts_with("| ") && !l.starts_with("| policy") && !l.starts_with("| ---")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let (policy, wanted) = (cells[1], cells[3].trim_matches('*'));
        let id = engine.policy(policy).unwrap_or_else(|| panic!("no policy {policy}"));
        let explanation = matches.explain(id);
        let group = Group::of(&explanation, matches.received(id));
        let found = match group {
            Group::Eligible => "eligible",
            Group::AlreadyReceived => "already received",
            Group::Ineligible => "ineligible",
            _ => "undetermined",
        };
        assert!(wanted.starts_with(found), "{policy}: {found}, the table says {wanted}");
        lines += 1;
    }
    assert_eq!(lines, 26);
    for given in [
        "changning_four_medical_linkage",
        "medical_assistance_inpatient",
        "medical_assistance_outpatient",
        "temporary_aid_emergency",
        "temporary_aid_expenditure",
        "habitat_house_repair",
        "lianquan_case_crowdfunding",
        "tencent_gongyi_public_listing",
        "lianquan_charity_project",
        "caring_enterprise_volunteer_post",
        "continuing_education_linking",
        "psychological_support",
        "xinjing_community_resources",
        "advisor_casework",
        "social_work_casework",
    ] {
        let id = engine.policy(given).unwrap();
        let explanation = matches.explain(id);
        assert_ne!(explanation.verdict, Verdict::Ineligible, "{given}");
        assert!(
            explanation.verdict != Verdict::Undetermined || !explanation.missing.is_empty(),
            "{given} names no fact"
        );
    }
    let amount = matches.explain(engine.policy("disability_living_subsidy").unwrap());
    assert_eq!(
        prose::amount(&amount.amounts[0], engine.model(), amount.policy, entitle::value::Language::En),
        "300 yuan per month"
    );
}

#[test]
fn hardly_a_condition_is_never_seen_true_or_never_false() {
    use entitle::verdict::Truth;
    let engine = shanghai();
    let (mut sides, mut seen) = (0, 0);
    for (i, policy) in engine.model().policies.iter().enumerate().filter(|(_, p)| p.written) {
        let mut both = vec![(false, false); policy.conditions.len()];
        for k in 0..policy.scenarios.len() {
            for (slot, truth) in both.iter_mut().zip(engine.run_scenario(PolicyId::of(i), k).unwrap().conditions) {
                slot.0 |= truth == Truth::True;
                slot.1 |= truth == Truth::False;
            }
        }
        sides += 2 * both.len();
        seen += both.iter().map(|(a, b)| usize::from(*a) + usize::from(*b)).sum::<usize>();
    }
    assert!(seen * 100 >= sides * 99, "{seen} of {sides}");
}

#[test]
fn every_member_has_a_seat() {
    let engine = shanghai();
    let rules = engine.at("2020-09-01".parse().unwrap()).unwrap();
    let text = fs::read(root().join("examples/profiles/sheltered-workshop.json")).unwrap();
    let (profile, _) = profile_from_json(engine.schema(), &text, UnknownFields::Reject).unwrap();
    let person = engine.schema().entity_named("person").unwrap();
    let seats = profile.seats(person);
    assert_eq!(seats.len(), 3);
    assert_eq!(profile.root(person), Some(seats[0]));
    let nursing = engine.policy("disability_nursing_subsidy").unwrap();
    let household = engine.policy("low_income_household_recognition").unwrap();
    let verdicts = |seat: usize| {
        let seated = profile.seated(seats[seat]);
        let matches = rules.match_profile(&seated).unwrap();
        (matches.verdict(nursing), matches.verdict(household))
    };
    assert_eq!(verdicts(0), (Verdict::Eligible, Verdict::Eligible));
    // The father's disability is not known; the household's policies do not depend on who sits.
    assert_eq!(verdicts(1), (Verdict::Undetermined, Verdict::Eligible));
}

#[test]
fn every_household_is_read_and_every_result_says_why() {
    let engine = shanghai();
    let mut count = 0;
    for entry in fs::read_dir(root().join("examples/profiles")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "json") {
            continue;
        }
        count += 1;
        let (profile, _) = profile_from_json(engine.schema(), &fs::read(&path).unwrap(), UnknownFields::Reject)
            .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let rules = engine.at("2020-09-01".parse().unwrap()).unwrap();
        let matches = rules.match_profile(&profile).unwrap();
        for id in (0..engine.model().policies.len()).map(PolicyId::of) {
            let explanation = matches.explain(id);
            match explanation.verdict {
                Verdict::Eligible | Verdict::Ineligible => assert!(!explanation.because.is_empty()),
                Verdict::Undetermined => assert!(
                    !explanation.missing.is_empty() || !explanation.parameters.is_empty() || explanation.not_proved
                ),
                Verdict::NotInForce => {}
            }
        }
        // The same bytes every time.
        assert_eq!(report(&matches).to_string(), report(&rules.match_profile(&profile).unwrap()).to_string());
        assert!(result(&matches, PolicyId(0)).to_string().starts_with("{\"policy\":"));
    }
    assert!(count >= 7, "{count} households");
}

/// What nobody wrote as it stands (each part of "none of", what "no member" denies) has words too.
#[test]
fn no_reason_is_without_words() {
    let engine = shanghai();
    let mut grounds = Grounds::default();
    for day in ["2019-06-01", "2020-09-01", "2024-03-01"] {
        let rules = engine.at(day.parse().unwrap()).unwrap();
        let all = (0..engine.model().policies.len()).map(PolicyId::of);
        let words: BTreeMap<_, _> = all.flat_map(|policy| rules.reason_codes(policy)).collect();
        for (name, profile) in households(&engine) {
            let Ok(matches) = rules.match_profile(&profile) else { continue };
            for (policy, explanation) in matches.explanations() {
                for reason in explanation.because.iter().chain(&explanation.open) {
                    for language in [Language::Zh, Language::En] {
                        let id = &engine.model().policies[policy.index()].name.id;
                        assert!(
                            !reason.wording.condition.get(language).is_empty(),
                            "{name}, {id}: {:?}",
                            reason.wording
                        );
                    }
                }
            }
            rules.grounds_into(&profile, &mut rules.scratch(), &mut grounds);
            for policy in (0..engine.model().policies.len()).map(PolicyId::of) {
                for ground in grounds.of(policy) {
                    let id = &engine.model().policies[policy.index()].name.id;
                    assert!(!words[&ground.code].get(Language::En).is_empty(), "{name}, {id}: {:?}", ground.code);
                }
            }
        }
    }
}

/// What is denied is told as it was asked: it holds, with the value it met and what that may not be.
#[test]
fn a_negation_is_told_as_one_that_holds() {
    let text = r#"
        enum category { welfare }
        enum level ascending { low, high }
        record person { happy: yes/no; level: level; coins: times; rich: yes/no; home: household }
        record household { applicant: person; members: list of person }
        policy p for person {
            category: welfare
            in force: from 2020-01-01 until further notice
            source: "an example"
            status: illustrative
            eligible when {
                not happy
                not coins >= 2 times
                none of { level is high; happy }
                no home.members { rich }
            }
        }
    "#;
    let engine = Engine::from_texts([("p.policy".to_owned(), text.to_owned())]).unwrap();
    let rules = engine.at("2020-09-01".parse().unwrap()).unwrap();
    let json =
        br#"{"person":{"happy":false,"coins":1,"level":"low","rich":false},"household":{"members":["applicant"]}}"#;
    let (profile, _) = profile_from_json(engine.schema(), json, UnknownFields::Reject).unwrap();
    let matches = rules.match_profile(&profile).unwrap();
    let told = matches.explain(PolicyId(0)).because;
    let lines: Vec<_> = told.iter().map(|r| (r.wording.condition.get(Language::En), r.holds, r.comparison)).collect();
    let expected = [
        ("happy", Some(true), None),
        ("not coins >= 2 times", Some(true), Some(Comparison::Less)),
        ("not level is high", Some(true), Some(Comparison::NotEqual)),
        ("any home.members { rich }", Some(false), None),
    ];
    assert_eq!(lines, expected);
    assert_eq!((&told[0].actual, &told[0].required), (&Some(Shown::YesNo(false)), &Some(Shown::YesNo(false))));
}

#[test]
fn what_was_found_is_said_with_its_distance_in_either_language() {
    let text = r#"
        enum category { welfare }
        record person { since "登记日期": date; income "收入": yuan per month; visits "次数": times from 0 times to 9 times }
        policy p for person {
            category: welfare
            in force: from 2020-01-01 until further notice
            source: "an example"
            status: illustrative
            eligible when {
                any of {
                    all of { since < 2019-01-01; income < 1000 yuan per month }
                    income < 1240 yuan per month and since < 2019-01-01 and visits >= 2 times and visits < 6 times
                }
            }
        }
    "#;
    let engine = Engine::from_texts([("p.policy".to_owned(), text.to_owned())]).unwrap();
    let rules = engine.at("2020-09-01".parse().unwrap()).unwrap();
    let said = |json: &str, language: Language| {
        let (profile, _) = profile_from_json(engine.schema(), json.as_bytes(), UnknownFields::Reject).unwrap();
        let matches = rules.match_profile(&profile).unwrap();
        let because = matches.explain(PolicyId(0)).because;
        because.iter().map(|r| prose::reason(r, engine.model(), language)).collect::<Vec<_>>()
    };
    // Of what fails, the least that is enough.
    let late = r#"{"person":{"since":"2020-02-03","income":900,"visits":4}}"#;
    assert_eq!(said(late, Language::En), ["since < 2019-01-01: now 2020-02-03, required before 2019-01-01"]);
    assert_eq!(said(late, Language::Zh), ["登记日期 早于 2019年1月1日：现为2020年2月3日，需早于2019年1月1日"]);
    let rich = r#"{"person":{"since":"2018-02-03","income":1500.5,"visits":4}}"#;
    assert_eq!(
        said(rich, Language::En),
        [
            "income < 1000 yuan per month: now 1,500.5 yuan per month, required less than 1,000 yuan per month (500.5 yuan per month away)",
            "income < 1240 yuan per month: now 1,500.5 yuan per month, required less than 1,240 yuan per month (260.5 yuan per month away)",
        ]
    );
    // Of what holds, every condition, also where one fact decides two of them.
    let well = r#"{"person":{"since":"2018-02-03","income":1100,"visits":4}}"#;
    assert_eq!(
        said(well, Language::En),
        [
            "income < 1240 yuan per month: 1,100 yuan per month",
            "since < 2019-01-01: 2018-02-03",
            "visits >= 2 times: 4 times",
            "visits < 6 times: 4 times",
        ]
    );
}
