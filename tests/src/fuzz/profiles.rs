//! Profiles and records from anyone, against a vocabulary that has a fact of every type.

use super::{VOCABULARY, files};
use entitle::Engine;
use entitle::ids::FieldId;
use entitle::wire::json::profile::Problem;
use entitle::wire::json::record;
use entitle::wire::json::report::report;
use entitle::wire::json::write::profile_to_json;
use entitle::wire::json::{UnknownFields, profile_from_json};
use std::sync::OnceLock;

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::from_texts([("a.policy".to_owned(), VOCABULARY.to_owned())]).unwrap())
}

/// The profiles of the conformance kit; not all of their facts are in the vocabulary here, which is a case as well.
pub(super) fn seeds() -> Vec<Vec<u8>> {
    let profile = |path| {
        let case: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        case["profile"].to_string().into_bytes()
    };
    let mut seeds: Vec<Vec<u8>> = files("tests/conformance", "json").into_iter().map(profile).collect();
    seeds.sort();
    seeds.dedup();
    seeds
}

/// Records of decisions over these profiles.
pub(super) fn record_seeds() -> Vec<Vec<u8>> {
    let rules = engine().at("2020-06-01".parse().unwrap()).unwrap();
    let read = |text: &Vec<u8>| profile_from_json(engine().schema(), text, UnknownFields::Reject).ok();
    let profiles: Vec<_> = seeds().iter().filter_map(read).collect();
    let records = profiles.iter().filter_map(|(p, _)| rules.match_profile(p).ok().map(|m| record::record(&m)));
    records.map(|r| r.to_string().into_bytes()).collect()
}

/// A profile is refused with problems that are few and short, or is matched, explained, written and read again as it was.
pub(super) fn profile(data: &[u8]) {
    let schema = engine().schema();
    let unknown = if data.len().is_multiple_of(2) { UnknownFields::Reject } else { UnknownFields::Report };
    let (profile, notices) = match profile_from_json(schema, data, unknown) {
        Ok(read) => read,
        Err(error) => return few_and_short(&error.0),
    };
    few_and_short(&notices);
    let rules = engine().at("2020-06-01".parse().unwrap()).unwrap();
    let Ok(matches) = rules.match_profile(&profile) else { return };
    let found = report(&matches).to_string();
    let all = (0..schema.fields.len()).map(FieldId::of).collect();
    let written = profile_to_json(schema, &profile, &all).to_string();
    let (again, _) = profile_from_json(schema, written.as_bytes(), UnknownFields::Reject)
        .unwrap_or_else(|e| panic!("{e}\n{written}"));
    assert_eq!(profile_to_json(schema, &again, &all).to_string(), written);
    let matches = rules.match_profile(&again).unwrap();
    let verdicts = |text: &str| -> Vec<String> {
        let report: serde_json::Value = serde_json::from_str(text).unwrap();
        report["results"].as_array().unwrap().iter().map(|r| r["verdict"].to_string()).collect()
    };
    assert_eq!(verdicts(&report(&matches).to_string()), verdicts(&found), "{written}");
    assert_eq!(record::verify(engine(), record::record(&matches).to_string().as_bytes()), Ok(Vec::new()));
}

fn few_and_short(problems: &[Problem]) {
    assert!(problems.len() <= 101);
    assert!(problems.iter().all(|p| p.message.len() < 300 && !p.message.is_empty()), "{problems:?}");
}

/// A record is refused, or checked.
pub(super) fn record(data: &[u8]) {
    let _ = record::verify(engine(), data);
}
