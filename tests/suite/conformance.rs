//! The conformance kit: language-neutral cases, run by the library.

use crate::corpus::root;
use entitle::Engine;
use entitle::wire::json::report::result;
use entitle::wire::json::{UnknownFields, profile_from_json};
use serde_json::Value;
use std::fs;

#[test]
fn every_case_comes_out_as_written() {
    let mut count = 0;
    let mut wrong = Vec::new();
    for entry in fs::read_dir(root().join("tests/conformance")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "json") {
            continue;
        }
        count += 1;
        let case: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let name = case["name"].as_str().unwrap();
        let texts = case["policies"]
            .as_array()
            .unwrap()
            .iter()
            .enumerate()
            .map(|(i, t)| (format!("{i}.policy"), t.as_str().unwrap().to_owned()));
        let engine = match Engine::from_texts(texts) {
            Ok(engine) => engine,
            Err(error) => {
                wrong.push(format!("{name}: {error}"));
                continue;
            }
        };
        let text = case["profile"].to_string();
        let profile = match profile_from_json(engine.schema(), text.as_bytes(), UnknownFields::Reject) {
            Ok((profile, _)) => profile,
            Err(error) => {
                wrong.push(format!("{name}: {error}"));
                continue;
            }
        };
        let rules = engine.at(case["as_of"].as_str().unwrap().parse().unwrap()).unwrap();
        let matches = match rules.match_profile(&profile) {
            Ok(matches) => matches,
            Err(error) => {
                wrong.push(format!("{name}: {error}"));
                continue;
            }
        };
        let expect = &case["expect"];
        let found = result(&matches, engine.policy(expect["policy"].as_str().unwrap()).unwrap());
        let found = serde_json::to_value(found).unwrap();
        let list = |key: &str, inner: &str| -> Vec<Value> {
            found[key].as_array().unwrap().iter().map(|x| x.pointer(inner).cloned().unwrap_or(Value::Null)).collect()
        };
        let mut check = |what: &str, found: Value| {
            if let Some(wanted) = expect.get(what)
                && *wanted != found
            {
                wrong.push(format!("{name}: {what} is {found}, expected {wanted}"));
            }
        };
        check("verdict", found["verdict"].clone());
        check("missing", list("missing", "/fact").into());
        check("because", list("because", "/condition/en").into());
        check("amounts", list("amounts", "/value").into());
        check("parameters_without_value", found["parameters_without_value"].clone());
    }
    assert!(count >= 690, "{count} cases");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_must_be_refused_is_and_says_where() {
    let mut count = 0;
    let mut wrong = Vec::new();
    for entry in fs::read_dir(root().join("tests/conformance/refused")).unwrap() {
        let case: Value = serde_json::from_slice(&fs::read(entry.unwrap().path()).unwrap()).unwrap();
        count += 1;
        let (name, names) = (case["name"].as_str().unwrap(), case["names"].as_str().unwrap());
        let texts = case["policies"]
            .as_array()
            .unwrap()
            .iter()
            .map(|t| ("a.policy".to_owned(), t.as_str().unwrap().to_owned()));
        let message = match (Engine::from_texts(texts), case["refused"].as_str()) {
            (Err(error), Some("policies")) => {
                error.findings().iter().map(|f| f.line(error.sources().unwrap())).collect::<Vec<_>>().join("\n")
            }
            (Ok(engine), Some("profile")) => {
                let text = case["profile"].to_string();
                match profile_from_json(engine.schema(), text.as_bytes(), UnknownFields::Reject) {
                    Err(error) => error.to_string(),
                    Ok((profile, _)) => {
                        let rules = engine.at(case["as_of"].as_str().unwrap().parse().unwrap()).unwrap();
                        rules.match_profile(&profile).err().map(|e| e.to_string()).unwrap_or_default()
                    }
                }
            }
            (Err(error), _) => format!("policies: {:?}", error.findings()),
            (Ok(_), _) => String::new(),
        };
        if !message.contains(names) {
            wrong.push(format!("{name}: `{names}` is not in {message:?}"));
        }
    }
    assert!(count >= 30, "{count} refusals");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
