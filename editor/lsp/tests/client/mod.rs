//! A client that speaks the protocol to the real process.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    dead_code,
    reason = "each test uses its part"
)]

use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

pub const VOCABULARY: &str = r#"enum category "类别" { welfare "福利" }
record person "人员" {
    birth_date "出生日期": date
    income "月收入": yuan per month
}
parameter limit "收入线": yuan per month {
    source: "an example"
    from 2020-01-01 until further notice: 1240 status illustrative
}
"#;

pub const POLICY: &str = r"政策 茶 “tea” 面向 人员 {
    类别：福利
    施行：自 2020年1月1日起 长期有效
    依据：“一个例子”
    核验：示意

    符合下列条件 {
        月收入 低于 收入线
    }
}
";

pub struct Client {
    pub child: Child,
    pub input: Option<ChildStdin>,
    pub output: BufReader<ChildStdout>,
    pub next: i64,
    pub folder: PathBuf,
    /// Findings by the end of the URI, as they were sent last.
    pub shown: Vec<Value>,
}

impl Client {
    pub fn raw(name: &str) -> Self {
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

    pub fn start(name: &str) -> Self {
        let mut client = Self::raw(name);
        let root = client.uri("");
        let about = client.ask("initialize", json!({ "processId": null, "rootUri": root, "capabilities": {} }));
        assert_eq!(about["capabilities"]["positionEncoding"], "utf-16");
        client.tell("initialized", json!({}));
        client
    }

    pub fn uri(&self, file: &str) -> String {
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

    pub fn send(&mut self, body: &str) {
        let input = self.input.as_mut().unwrap();
        write!(input, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        input.flush().unwrap();
    }

    pub fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }).to_string());
    }

    pub fn receive(&mut self) -> Option<Value> {
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
    pub fn answer(&mut self, method: &str, params: Value) -> Value {
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

    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        let answer = self.answer(method, params);
        assert!(answer.get("error").is_none(), "{answer}");
        answer["result"].clone()
    }

    pub fn open(&mut self, file: &str, text: &str) {
        let uri = self.uri(file);
        self.tell(
            "textDocument/didOpen",
            json!({ "textDocument": { "uri": uri, "languageId": "policy", "version": 1, "text": text } }),
        );
    }

    pub fn change(&mut self, file: &str, text: &str) {
        let uri = self.uri(file);
        self.tell(
            "textDocument/didChange",
            json!({ "textDocument": { "uri": uri, "version": 2 }, "contentChanges": [{ "text": text }] }),
        );
    }

    /// The position of a text in a file, in UTF-16, one sign into it.
    pub fn at(&self, file: &str, text: &str, part: &str) -> Value {
        let byte = text.find(part).unwrap();
        let line = text[..byte].matches('\n').count();
        let column = text[..byte].rsplit('\n').next().unwrap().encode_utf16().count();
        json!({ "textDocument": { "uri": self.uri(file) }, "position": { "line": line, "character": column + 1 } })
    }

    /// The findings of a file as they are once everything sent so far was taken in.
    pub fn findings(&mut self, file: &str) -> Vec<Value> {
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

    pub fn stop(mut self) {
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

pub const FILE: &str = "政策/tea.policy";
