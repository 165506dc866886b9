//! Profiles are personal data: no `Debug` of anything that holds facts, and no error about them, shows a value.

use crate::household::shanghai;
use entitle::Engine;
use entitle::wire::json::{UnknownFields, profile_from_json};

/// Values that stand nowhere else: not in a policy, and not in a name.
const SECRETS: [&str; 5] = ["1961-07-13", "61713", "5317.31", "5317", "531731"];

const POLICIES: &str = r#"
    enum category { welfare }
    record person {
        birth_date: date
        income: yuan per month
        gifts: list of { given: yuan }
        home: household
    }
    record household { applicant: person; members: list of person }
    define person.rest = income - 17 yuan per month
    always person "nobody earns more than a million": income <= 1000000 yuan per month
    policy tea for person {
        category: welfare
        in force: from 2020-01-01 until further notice
        source: "an example"
        status: illustrative
        eligible when {
            today - birth_date >= 60 years old
            any gifts { given > 100 yuan }
        }
        benefit cash: rest but at least 0 yuan per month
    }
    policy rice for person {
        category: welfare
        in force: from 2020-01-01 until further notice
        source: "an example"
        status: illustrative
        eligible when {
            today - birth_date >= 90 years old
            income < 100 yuan per month
        }
        benefit cash: 50 yuan per month
    }
    policy cake for person {
        category: welfare
        in force: from 2020-01-01 until further notice
        source: "an example"
        status: illustrative
        eligible when { today - birth_date >= 90 years old }
    }
"#;

fn engine() -> Engine {
    Engine::from_texts([("tea.policy".to_owned(), POLICIES.to_owned())]).unwrap()
}

const PROFILE: &str = r#"{"person": {"birth_date": "1961-07-13", "income": "5317.31", "gifts": [{"given": 5317}]},
    "household": {"members": ["applicant", {"birth_date": "1961-07-13"}]}}"#;

fn silent(what: &str, text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{what} shows {secret}:\n{text}");
    }
}

#[test]
fn debug_shows_no_fact_nor_what_is_worked_out_of_it() {
    let engine = engine();
    let rules = engine.at("2026-07-14".parse().unwrap()).unwrap();
    let (profile, notices) = profile_from_json(engine.schema(), PROFILE.as_bytes(), UnknownFields::Reject).unwrap();
    let matches = rules.match_profile(&profile).unwrap();
    let (tea, rice) = (engine.policy("tea").unwrap(), engine.policy("rice").unwrap());
    let explanation = matches.explain(tea);
    assert!(!explanation.because.is_empty() && explanation.amounts[0].value.is_some(), "there is something to hide");
    let slots: Vec<_> =
        (0..profile.len() as u32).filter_map(|i| profile.record(entitle::profile::RecordIx(i))).collect();
    let until = "2061-01-01".parse().unwrap();
    let turns = engine.calendar(&rules, &profile, until);
    let needs = engine.needs(&matches, rice, 3);
    assert!(!turns.is_empty() && !needs.ways.is_empty(), "{turns:?} {needs:?}");
    for (what, text) in [
        ("a profile", format!("{profile:?} {profile:#?}")),
        ("its records", format!("{slots:?} {slots:#?}")),
        ("notices", format!("{notices:?}")),
        ("a match", format!("{matches:?} {matches:#?}")),
        ("the rules", format!("{:?}", rules.as_of())),
        ("an explanation", format!("{explanation:?} {explanation:#?} {:?}", matches.explain(rice))),
        ("needs", format!("{needs:?} {needs:#?}")),
        ("the plan", format!("{:?}", matches.plan())),
        ("ranges", format!("{:?} {:?}", matches.amount_ranges(tea), matches.amount_ranges(rice))),
        ("the next question", format!("{:?}", matches.next_question(&Default::default()))),
        ("missing facts", format!("{:?} {:?}", matches.missing(tea), matches.missing(rice))),
        ("turns", format!("{turns:?}")),
    ] {
        silent(what, &text);
    }
    // The days on which something turns tell a birthday.
    assert!(!format!("{turns:?}").contains("2051"), "{turns:?}");
}

#[test]
fn errors_name_the_place_and_not_the_value() {
    let engine = engine();
    for profile in [
        r#"{"person": {"birth_date": "1961-07-131"}}"#,
        r#"{"person": {"birth_date": 19610713}}"#,
        r#"{"person": {"birth_date": ["1961-07-13"]}}"#,
        r#"{"person": {"income": "5317.311"}}"#,
        r#"{"person": {"income": -5317}}"#,
        r#"{"person": {"income": "5317 people"}}"#,
        r#"{"person": {"income": {"5317": 1}}}"#,
        r#"{"person": {"income": 531731e50}}"#,
        r#"{"person": {"gifts": 5317}}"#,
        r#"{"person": {"gifts": [5317]}}"#,
        r#"{"person": {"gifts": ["5317"]}}"#,
        r#"{"person": 5317}"#,
        r#"["5317.31"]"#,
        r#"{"person": {"income": 5317.31, "birth_date": 1961-07-13}}"#,
        r#"{"person": {"income": 5317.31 5317"#,
    ] {
        let error = profile_from_json(engine.schema(), profile.as_bytes(), UnknownFields::Reject).unwrap_err();
        let problems = &error.0;
        let text: Vec<String> = problems.iter().map(|p| format!("{} {:?}", p.message, p.help)).collect();
        silent(profile, &text.join("\n"));
    }
    let (profile, _) =
        profile_from_json(engine.schema(), br#"{"person": {"income": 5317310}}"#, UnknownFields::Reject).unwrap();
    let rules = engine.at("2026-07-14".parse().unwrap()).unwrap();
    let error = rules.match_profile(&profile).unwrap_err();
    silent("a contradiction", &format!("{error} {error:?}"));
}

/// A value that is nearly one of an enum is helped with, by the names of the vocabulary; what was written is not repeated.
#[test]
fn a_slip_in_a_value_is_answered_with_the_vocabularys_words() {
    let engine = shanghai();
    let text = r#"{"person": {"hukou": "changninq"}}"#;
    let error = profile_from_json(engine.schema(), text.as_bytes(), UnknownFields::Reject).unwrap_err();
    assert!(
        error.to_string().contains("did you mean `changning`?") && !error.to_string().contains("changninq"),
        "{error}"
    );
}
