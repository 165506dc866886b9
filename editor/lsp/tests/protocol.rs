//! Speaks the protocol to the real process.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

const VOCABULARY: &str = r#"enum category "类别" { welfare "福利" }
record person "人员" {
    birth_date "出生日期": date
    income "月收入": yuan per month
}
parameter limit "收入线": yuan per month {
    source: "an example"
    from 2020-01-01 until further notice: 1240 status illustrative
}
"#;

const POLICY: &str = r"政策 茶 “tea” 面向 人员 {
    类别：福利
    施行：自 2020年1月1日起 长期有效
    依据：“一个例子”
    核验：示意

    符合下列条件 {
        月收入 低于 收入线
    }
}
";

struct Client {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    next: i64,
    folder: PathBuf,
    /// Findings by the end of the URI, as they were sent last.
    shown: Vec<Value>,
}

impl Client {
    fn raw(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("entitle-lsp-{}-{name}", std::process::id()));
        fs::create_dir_all(folder.join("政策")).unwrap();
        fs::write(folder.join("vocabulary.policy"), VOCABULARY).unwrap();
        fs::write(folder.join("政策/tea.policy"), POLICY).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_entitle-lsp"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, input, output, next: 1, folder, shown: Vec::new() }
    }

    fn start(name: &str) -> Self {
        let mut client = Self::raw(name);
        let root = client.uri("");
        let about = client.ask("initialize", json!({ "processId": null, "rootUri": root, "capabilities": {} }));
        assert_eq!(about["capabilities"]["positionEncoding"], "utf-16");
        client.tell("initialized", json!({}));
        client
    }

    fn uri(&self, file: &str) -> String {
        let mut uri = "file://".to_owned();
        for byte in self.folder.join(file).to_string_lossy().bytes() {
            if byte.is_ascii_alphanumeric() || b"/-._".contains(&byte) {
                uri.push(char::from(byte));
            } else {
                uri += &format!("%{byte:02X}");
            }
        }
        uri
    }

    fn send(&mut self, body: &str) {
        let input = self.input.as_mut().unwrap();
        write!(input, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        input.flush().unwrap();
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }).to_string());
    }

    fn receive(&mut self) -> Option<Value> {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if self.output.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            if line.trim().is_empty() {
                break;
            }
            if let Some(n) = line.strip_prefix("Content-Length:") {
                length = n.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).unwrap();
        Some(serde_json::from_slice(&body).unwrap())
    }

    /// The whole answer to a request; notifications that come before it are kept.
    fn answer(&mut self, method: &str, params: Value) -> Value {
        let id = self.next;
        self.next += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string());
        loop {
            let message = self.receive().unwrap_or_else(|| panic!("the server ended while asked for {method}"));
            if message["id"] == id {
                return message;
            }
            if message["method"] == "textDocument/publishDiagnostics" {
                self.shown.push(message["params"].clone());
            }
        }
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        let answer = self.answer(method, params);
        assert!(answer.get("error").is_none(), "{answer}");
        answer["result"].clone()
    }

    fn open(&mut self, file: &str, text: &str) {
        let uri = self.uri(file);
        self.tell(
            "textDocument/didOpen",
            json!({ "textDocument": { "uri": uri, "languageId": "policy", "version": 1, "text": text } }),
        );
    }

    fn change(&mut self, file: &str, text: &str) {
        let uri = self.uri(file);
        self.tell(
            "textDocument/didChange",
            json!({ "textDocument": { "uri": uri, "version": 2 }, "contentChanges": [{ "text": text }] }),
        );
    }

    /// The position of a text in a file, in UTF-16, one sign into it.
    fn at(&self, file: &str, text: &str, part: &str) -> Value {
        let byte = text.find(part).unwrap();
        let line = text[..byte].matches('\n').count();
        let column = text[..byte].rsplit('\n').next().unwrap().encode_utf16().count();
        json!({ "textDocument": { "uri": self.uri(file) }, "position": { "line": line, "character": column + 1 } })
    }

    /// The findings of a file as they are once everything sent so far was taken in.
    fn findings(&mut self, file: &str) -> Vec<Value> {
        // A question is answered when what stood before it was taken in; findings are sent when nothing more waits.
        let uri = self.uri(file);
        loop {
            if let Some(last) = self.shown.iter().rev().find(|p| p["uri"] == uri.as_str()) {
                return last["diagnostics"].as_array().unwrap().clone();
            }
            let message = self.receive().unwrap();
            if message["method"] == "textDocument/publishDiagnostics" {
                self.shown.push(message["params"].clone());
            }
        }
    }

    fn stop(mut self) {
        self.ask("shutdown", Value::Null);
        self.tell("exit", Value::Null);
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

const FILE: &str = "政策/tea.policy";

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
