//! Speaks the protocol to the real process.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod client;

use client::{Client, FILE, POLICY, VOCABULARY};
use serde_json::{Value, json};
use std::io::Write;

#[test]
fn findings_come_as_one_types_and_go() {
    let mut client = Client::start("findings");
    client.open(FILE, &POLICY.replace("月收入", "月收人"));
    let found = client.findings(FILE);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["code"], "E101");
    assert_eq!(found[0]["range"]["start"], json!({ "line": 7, "character": 8 }));
    assert!(found[0]["message"].as_str().unwrap().contains("月收入"), "it suggests the near name: {found:?}");
    client.shown.clear();
    client.change(FILE, POLICY);
    assert_eq!(client.findings(FILE), Vec::<Value>::new());
    client.stop();
}

#[test]
fn hover_says_unit_and_current_value_and_definition_leads_to_the_other_file() {
    let mut client = Client::start("hover");
    client.open(FILE, POLICY);
    let here = client.at(FILE, POLICY, "收入线");
    let hover = client.ask("textDocument/hover", here.clone());
    let said = hover["contents"]["value"].as_str().unwrap();
    assert!(said.contains("`limit`") && said.contains("元/月") && said.contains("1240"), "{said}");
    let found = client.ask("textDocument/definition", here);
    assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
    assert_eq!(found[0]["uri"], client.uri("vocabulary.policy"));
    assert_eq!(found[0]["range"]["start"], json!({ "line": 5, "character": 10 }));
    let uses = client.ask("textDocument/references", client.at(FILE, POLICY, "收入线"));
    assert_eq!(uses.as_array().unwrap().len(), 3, "both spellings of the declaration, and the use: {uses}");
    client.stop();
}

#[test]
fn facts_are_completed_in_the_language_of_the_file_and_found_by_the_other() {
    let mut client = Client::start("completion");
    client.open(FILE, POLICY);
    let place = client.at(FILE, POLICY, "月收入");
    let items = client.ask("textDocument/completion", place);
    let items = items.as_array().unwrap();
    let income = items.iter().find(|i| i["label"] == "月收入").unwrap();
    assert!(income["filterText"].as_str().unwrap().contains("income"));
    assert!(items.iter().any(|i| i["label"] == "符合下列之一"), "keywords too");
    let place = client.at("vocabulary.policy", VOCABULARY, "income");
    let items = client.ask("textDocument/completion", place);
    assert!(items.as_array().unwrap().iter().any(|i| i["label"] == "income"));
    client.stop();
}

#[test]
fn a_rename_reaches_every_file_and_keeps_old_profiles_readable() {
    let mut client = Client::start("rename");
    client.open(FILE, POLICY);
    let mut ask = client.at(FILE, POLICY, "月收入");
    ask["newName"] = json!("每月收入");
    let edit = client.ask("textDocument/rename", ask.clone());
    let changes = edit["changes"].as_object().unwrap();
    assert_eq!(changes.len(), 2, "{edit}");
    assert_eq!(
        changes[&client.uri(FILE)],
        json!([{ "newText": "每月收入",
        "range": { "start": { "line": 7, "character": 8 }, "end": { "line": 7, "character": 11 } } }])
    );
    // Names of the other script, and names that are taken, are refused.
    for wrong in ["earnings", "出生日期", "并且", "收入 线"] {
        ask["newName"] = json!(wrong);
        assert!(client.answer("textDocument/rename", ask.clone()).get("error").is_some(), "{wrong}");
    }
    let mut ask = client.at("vocabulary.policy", VOCABULARY, "income");
    ask["newName"] = json!("earnings");
    let edit = client.ask("textDocument/rename", ask);
    let text = edit["changes"][client.uri("vocabulary.policy")].to_string();
    assert!(text.contains("earnings") && text.contains(" was income"), "{text}");
    client.stop();
}

#[test]
fn formatting_gives_the_canonical_layout() {
    let mut client = Client::start("format");
    let messy = POLICY.replace("    类别：福利", "  类别:   福利  // 注");
    client.open(FILE, &messy);
    let ask = json!({ "textDocument": { "uri": client.uri(FILE) }, "options": { "tabSize": 4, "insertSpaces": true } });
    let edits = client.ask("textDocument/formatting", ask.clone());
    assert_eq!(edits[0]["newText"].as_str().unwrap(), POLICY.replace("    类别：福利", "    类别：福利 // 注"));
    client.change(FILE, POLICY);
    assert_eq!(client.ask("textDocument/formatting", ask), json!([]));
    client.stop();
}

#[test]
fn hostile_messages_are_answered_or_end_the_server_and_never_hang_or_grow_it() {
    // Well framed nonsense is answered, and the next question too.
    let mut client = Client::start("nonsense");
    client.send("{\"jsonrpc\": ");
    client.send(&"[".repeat(100_000));
    client.send("{\"jsonrpc\":\"2.0\",\"method\":\"textDocument/didOpen\",\"params\":{\"textDocument\":7}}");
    let answer = client.answer("textDocument/hover", json!({ "textDocument": { "uri": "file:///nowhere" }, "position": { "line": 4_000_000_000_u32, "character": 9 } }));
    assert!(answer.get("error").is_some() || answer["result"].is_null());
    assert!(client.answer("textDocument/hover", json!([1, "x"])).get("error").is_some());
    assert!(client.answer("no/such", json!({})).get("error").is_some());
    client.open(FILE, &"（".repeat(200_000));
    assert!(!client.findings(FILE).is_empty(), "deep nesting is a finding");
    client.stop();
    // A length that nobody could send, a header without end, a message without length.
    for wrong in [
        "Content-Length: 99999999999999\r\n\r\n{",
        &"a".repeat(1 << 16),
        "X: 1\r\n\r\n{}",
        "Content-Length: -4\r\n\r\n",
    ] {
        let mut client = Client::raw("framing");
        let _ = client.input.as_mut().unwrap().write_all(wrong.as_bytes());
        let _ = client.input.as_mut().unwrap().flush();
        assert!(!client.child.wait().unwrap().success(), "{wrong:.30}");
    }
}
