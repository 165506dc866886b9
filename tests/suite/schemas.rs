//! The JSON that comes out keeps to its schemas, on every shipped household, and the schemas refuse what they do not name.

use crate::household::{households, shanghai};
use entitle::wire::json::advice::advice;
use entitle::wire::json::record::record;
use entitle::wire::json::report::report;
use entitle::wire::json::schema::{Form, form_schema};
use serde_json::{Value, json};

/// What of JSON Schema the schemas use, and nothing else: an unknown word fails the test.
fn problems(schema: &Value, value: &Value, whole: &Value, at: &str, found: &mut Vec<String>) {
    let mut told = Vec::new();
    let mut add = |what: &str| told.push(format!("{at}: {what}"));
    for (word, rule) in schema.as_object().unwrap() {
        match word.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" => {}
            "$ref" => {
                let name = rule.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
                problems(&whole["$defs"][name], value, whole, at, found);
                return;
            }
            "const" => {
                if rule != value {
                    add("not the constant");
                }
            }
            "enum" => {
                if !rule.as_array().unwrap().contains(value) {
                    add("not among the values");
                }
            }
            "type" => {
                let kinds = rule.as_array().cloned().unwrap_or_else(|| vec![rule.clone()]);
                let kind = match value {
                    Value::Null => "null",
                    Value::Bool(_) => "boolean",
                    Value::Number(n) if n.is_u64() => "integer",
                    Value::Number(_) => "number",
                    Value::String(_) => "string",
                    Value::Array(_) => "array",
                    Value::Object(_) => "object",
                };
                if !kinds.contains(&json!(kind)) {
                    add(&format!("is {kind}, not {rule}"));
                }
            }
            "minimum" => {
                if value.as_u64().is_some_and(|n| n < rule.as_u64().unwrap()) {
                    add("too small");
                }
            }
            "pattern" => {
                let text = value.as_str().unwrap_or_default();
                let fits = match rule.as_str().unwrap() {
                    "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" => text.parse::<entitle::value::Date>().is_ok(),
                    "^[0-9a-f]{64}$" => text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()),
                    "^-?[0-9]+(\\.[0-9]+|/[0-9]+)?$" => {
                        let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
                        let plain = text.strip_prefix('-').unwrap_or(text);
                        let (a, b) = plain.split_once(['.', '/']).unwrap_or((plain, "0"));
                        digits(a) && digits(b)
                    }
                    other => panic!("a pattern that the test does not know: {other}"),
                };
                if !fits {
                    add("does not fit the pattern");
                }
            }
            "anyOf" => {
                let fits = rule.as_array().unwrap().iter().any(|one| {
                    let mut inner = Vec::new();
                    problems(one, value, whole, at, &mut inner);
                    inner.is_empty()
                });
                if !fits {
                    add("fits none of the alternatives");
                }
            }
            "required" => {
                for key in rule.as_array().unwrap() {
                    if value.get(key.as_str().unwrap()).is_none() {
                        add(&format!("{key} is missing"));
                    }
                }
            }
            "properties" | "additionalProperties" => {}
            "items" => {
                for (i, item) in value.as_array().into_iter().flatten().enumerate() {
                    problems(rule, item, whole, &format!("{at}/{i}"), found);
                }
            }
            other => panic!("a word that the test does not know: {other}"),
        }
    }
    found.append(&mut told);
    let Some(object) = value.as_object() else { return };
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    assert_eq!(schema["additionalProperties"], json!(false), "{at}: every object is closed");
    for (key, inner) in object {
        match properties.get(key) {
            Some(rule) => problems(rule, inner, whole, &format!("{at}/{key}"), found),
            None => found.push(format!("{at}: {key} is not named")),
        }
    }
}

fn check(form: Form, value: &Value) -> Vec<String> {
    let schema: Value = serde_json::from_str(form_schema(form)).unwrap();
    let mut found = Vec::new();
    problems(&schema, value, &schema, "", &mut found);
    found
}

#[test]
fn what_comes_out_keeps_to_its_schema() {
    let engine = shanghai();
    let rules = engine.at("2020-09-01".parse().unwrap()).unwrap();
    let until = "2021-09-01".parse().unwrap();
    for (place, (name, profile)) in households(&engine).into_iter().enumerate() {
        let matches = rules.match_profile(&profile).unwrap();
        for (form, value) in [
            (Form::Match, serde_json::to_value(report(&matches)).unwrap()),
            (Form::Record, record(&matches)),
            (Form::Advice, advice(&engine, &matches, 2, until)),
        ] {
            assert_eq!(check(form, &value), Vec::<String>::new(), "{name}");
            // And what is not of the form is refused; once is enough.
            if place > 0 {
                continue;
            }
            let mut less = value.clone();
            less.as_object_mut().unwrap().shift_remove("as_of");
            assert_eq!(check(form, &less).len(), 1);
            let mut more = value.clone();
            more["extra"] = json!(1);
            assert_eq!(check(form, &more).len(), 1);
            let mut other = value;
            other["as_of"] = json!("tomorrow");
            assert_eq!(check(form, &other).len(), 1);
        }
    }
}
