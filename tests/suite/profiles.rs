//! Bad profiles: each slip gives a clear error that names the place; nothing is dropped.

use crate::household::shanghai;
use entitle::wire::json::{ProfileReader, UnknownFields, profile_from_json};

fn problem(text: &str) -> String {
    let engine = shanghai();
    match profile_from_json(engine.schema(), text.as_bytes(), UnknownFields::Reject) {
        Ok(_) => panic!("accepted: {text}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn slips_are_named_with_their_place() {
    for (text, wanted) in [
        (r#"{"person": {"hukuo": "changning"}}"#, "person.hukuo: there is no such fact (did you mean `hukou`?)"),
        (r#"{"people": {}}"#, "people: there is no such fact"),
        (r#"{"person": {"hukou": "changnin"}}"#, "did you mean `changning`?"),
        (r#"{"person": {"certificate_valid": "yes"}}"#, "person.certificate_valid: true or false is needed here"),
        (r#"{"person": {"birth_date": "1999-02-29"}}"#, "person.birth_date: not a date that exists"),
        (r#"{"person": {"birth_date": 19990228}}"#, "a date is needed here"),
        (r#"{"person": {"birth_date": "1500-01-01"}}"#, "outside the bounds"),
        (r#"{"household": {"monetary_assets": 10.005}}"#, "household.monetary_assets: money has at most two decimals"),
        (r#"{"household": {"monetary_assets": 1e-3}}"#, "money has at most two decimals"),
        (r#"{"household": {"monetary_assets": 1e400}}"#, "too large"),
        (
            r#"{"household": {"monetary_assets": -5}}"#,
            "outside the bounds of this fact (from 0 yuan to 10,000,000,000 yuan)",
        ),
        (r#"{"household": {"monetary_assets": "5 months"}}"#, "the unit is not the fact's"),
        (r#"{"household": {"monetary_assets": 1, "monetary_assets": 2}}"#, "this key stands twice"),
        (r#"{"household": {"monetary_assets": 1, "货币财产": 2}}"#, "this is the same fact as `monetary_assets`"),
        (r#"{"person": {}, "household": {"members": []}}"#, "does not hold the applicant"),
        (
            r#"{"person": {}, "household": {"members": ["aplicant"]}}"#,
            "household.members[0]: no record has that name here",
        ),
        (r#"{"person": {}, "household": {"members": ["applicant", "applicant"]}}"#, "stands in the list twice"),
        (r#"{"person": {"home": {}}, "household": {}}"#, "given at the top level already"),
        (r#"{"person": {"benefits": ["dibo"]}}"#, "did you mean `dibao`?"),
        (r#"{"person": {"benefits": "dibao"}}"#, "an array is needed here"),
        (r#"{"person": {"refusals": 1.5}}"#, "finer than this fact is kept"),
        (r#"{"person": 5}"#, "an object is needed here"),
        (r#"[]"#, "a profile is an object"),
        (r#"{"person": "#, "not JSON"),
    ] {
        let found = problem(text);
        assert!(found.contains(wanted), "{text}\n  gives: {found}\n  not:   {wanted}");
    }
    let engine = shanghai();
    let bad =
        profile_from_json(engine.schema(), b"{\"person\": {\"hukou\": \"\xff\"}}", UnknownFields::Reject).unwrap_err();
    assert!(bad.to_string().contains("not UTF-8 text (byte 22)"), "{bad}");
}

#[test]
fn all_slips_are_reported_at_once() {
    let found = problem(r#"{"person": {"sex": "femal", "birth_date": "2001-13-01"}, "household": {"benefits": [1]}}"#);
    assert_eq!(found.lines().count(), 3, "{found}");
}

#[test]
fn absurd_sizes_are_refused() {
    let deep = "{\"person\":".repeat(100_000);
    assert!(problem(&deep).contains("not JSON"));
    let list = format!("{{\"person\": {{\"expenses\": [{}]}}}}", vec!["{}"; 2_000].join(","));
    assert!(problem(&list).contains("at most 30 entries"));
    let long = format!("{{\"assumptions\": [\"{}\"]}}", "a".repeat(5 << 20));
    assert!(problem(&long).contains("bytes; at most"));
}

#[test]
fn numbers_are_exact_and_units_may_be_written() {
    let engine = shanghai();
    for text in ["66000", "\"66000\"", "6.6e4", "\"6.6万元\"", "\"66000 yuan\"", "66000.00"] {
        let (profile, _) = profile_from_json(
            engine.schema(),
            format!("{{\"household\": {{\"monetary_assets\": {text}}}}}").as_bytes(),
            UnknownFields::Reject,
        )
        .unwrap_or_else(|e| panic!("{text}: {e}"));
        let schema = engine.schema();
        let household = schema.entity_named("household").unwrap();
        let at = entitle::profile::position(schema, schema.field_named(household, "monetary_assets").unwrap()).unwrap();
        assert_eq!(
            *profile.slot(profile.root(household).unwrap(), at),
            entitle::profile::Slot::Scalar(6_600_000),
            "{text}"
        );
    }
}

#[test]
fn unknown_facts_can_be_reported_instead() {
    let engine = shanghai();
    let (_, notices) =
        profile_from_json(engine.schema(), br#"{"person": {"shoe_size": 43}}"#, UnknownFields::Report).unwrap();
    assert_eq!(notices[0].path, "person.shoe_size");
}

#[test]
fn a_profile_that_contradicts_what_always_holds_is_refused() {
    let engine = shanghai();
    let (profile, _) =
        profile_from_json(engine.schema(), br#"{"person": {"birth_date": "2030-01-01"}}"#, UnknownFields::Reject)
            .unwrap();
    let rules = engine.at("2020-01-01".parse().unwrap()).unwrap();
    let error = rules.match_profile(&profile).unwrap_err().to_string();
    assert!(error.contains("nobody is born after today"), "{error}");
}

/// The quick reader and the careful one read the same profile, and say the same of slips.
#[test]
fn both_readers_read_values_alike() {
    let vocabulary = r#"
        enum category { welfare }
        enum need { housing, care }
        record person { income: yuan per month from 0 yuan per month to 900000 yuan per month; share: percent from 0% to 100%
            trips: times from 0 times to 1000000 times; needs: set of need; born: date; main: need; works: yes/no; home: household }
        record household { applicant: person; members: list of person up to 9; spare: yuan }
    "#;
    let engine = entitle::Engine::from_texts([("a.policy".to_owned(), vocabulary.to_owned())])
        .unwrap_or_else(|e| panic!("{e} {:?}", e.findings()));
    let values = [
        "1",
        "0",
        "-1",
        "01",
        "-0",
        "1.5",
        "1.50",
        "1.505",
        "1.500",
        "1.",
        ".5",
        "1e2",
        "100",
        "101",
        "1000001",
        "-101",
        "true",
        "null",
        "[]",
        "{}",
        "\"1\"",
        "\"-1\"",
        "\"1.25\"",
        "\"1.255\"",
        "\"+1\"",
        "\" 1\"",
        "\"1 yuan\"",
        "\"1240元\"",
        "\"\"",
        "\"-\"",
        "\"null\"",
        "99999999999999999999",
        "\"9223372036854775807\"",
        "\"2020-02-29\"",
        "\"2019-02-29\"",
        "\"2020-2-9\"",
        "\"care\"",
        "\"car\"",
        "[\"care\"]",
        "[\"housing\", \"care\", \"care\"]",
        "[\"car\"]",
        "[null]",
        "{\"known\": [\"care\"], \"complete\": false}",
        "\"ca\\u0072e\"",
        "{\"spare\": 3}",
        "{\"spare\": \"x\"}",
    ];
    let mut texts = Vec::new();
    for field in ["income", "share", "trips", "needs", "born", "main", "works", "home"] {
        for value in values {
            texts.push(format!("{{\"person\": {{\"{field}\": {value}}}}}"));
            texts.push(format!("{{\"person\": {{\"{field}\": {value}, \"{field}\": {value}}}}}"));
            texts.push(format!(
                "{{\"person\": {{\"{field}\": {value}}}, \"household\": {{\"members\": [\"applicant\"]}}}}"
            ));
            texts.push(format!(
                "{{\"household\": {{\"members\": [\"applicant\", {{\"{field}\": {value}}}]}}, \"person\": {{}}}}"
            ));
        }
    }
    for unknown in [UnknownFields::Reject, UnknownFields::Report] {
        let reader = ProfileReader::new(engine.schema(), unknown);
        for text in &texts {
            let careful = profile_from_json(engine.schema(), text.as_bytes(), unknown);
            assert_eq!(reader.read(text.as_bytes()), careful, "{text}");
        }
    }
}

#[test]
fn the_quick_reader_agrees_with_the_careful_one() {
    let engine = crate::household::shanghai();
    let readers = [UnknownFields::Reject, UnknownFields::Report].map(|u| (u, ProfileReader::new(engine.schema(), u)));
    let folder = format!("{}/../examples/profiles", env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|p| p.extension().is_some_and(|e| e == "json"));
    files.sort();
    let mut texts: Vec<Vec<u8>> = files.iter().map(|p| std::fs::read(p).unwrap()).collect();
    let plain = r#"{"household": {"members": ["applicant", {"birth_date": "1950-02-28"}]}, "person": {"birth_date": "1948-01-01"}}"#;
    for slip in [
        plain.to_owned(),
        plain.replace("1950-02-28", "1950-02-30"),
        plain.replace("\"applicant\", ", ""),
        plain.replace("birth_date", "birth_dat"),
        plain.replace("\"person\"", "\"household\""),
        plain.replace("\"1948-01-01\"", "null"),
        plain.replace("\"1948-01-01\"", "1948"),
        plain.replace("{\"birth_date\": \"1950-02-28\"}", "\"applicant\""),
        plain.replace("\"1948-01-01\"}", "\"1948-01-01\", \"birth_date\": \"1948-01-01\"}"),
        format!("{plain} x"),
        "[]".to_owned(),
        "null".to_owned(),
        "{\"person\": null}".to_owned(),
        "{\"person\": []}".to_owned(),
    ] {
        texts.push(slip.into_bytes());
    }
    // Every household cut short, and with one byte changed, at many places.
    for text in texts.clone() {
        for at in (0..text.len()).step_by(text.len() / 12 + 1) {
            texts.push(text[..at].to_vec());
            let mut other = text.clone();
            other[at] = if other[at].is_ascii_digit() { b'-' } else { b'7' };
            texts.push(other);
        }
    }
    for text in texts {
        for (unknown, reader) in &readers {
            let careful = profile_from_json(engine.schema(), &text, *unknown);
            assert_eq!(reader.read(&text), careful, "{}", String::from_utf8_lossy(&text));
        }
    }
}
