//! A client that means harm, or is broken: parts of right messages are exchanged for anything, and bytes for other bytes.
//!
//! What must hold: every request that is a message is answered, within a second of CPU; the server ends only when it is told to or when the
//! framing is lost, never by a panic; it stays below 512 MiB. `FUZZ_SECONDS` says for how many seconds of its CPU (2).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod client;

use client::{Client, FILE, POLICY, VOCABULARY};
use serde_json::{Value, json};
use std::fs;
use std::io::Write;

/// The most CPU time of one answer, in hundredths of a second, and the most memory, in KiB.
const SLOW: u64 = 100;
const LARGE: u64 = 512 << 10;

struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % n as u64) as usize
    }

    fn text(&mut self) -> String {
        let text = [POLICY, VOCABULARY][self.below(2)];
        let mut signs: Vec<char> = text.chars().collect();
        for _ in 0..self.below(4) {
            let (from, to) = (self.below(signs.len()), self.below(signs.len()));
            match self.below(4) {
                0 => drop(signs.drain(from.min(to)..from.max(to))),
                1 => signs.swap(from, to),
                2 => signs.insert(from, ['{', '}', '“', '"', '\u{0}', '茶', '𠮷', '\r', ':', '9'][self.below(10)]),
                _ => signs.extend(signs[from.min(to)..from.max(to)].to_vec()),
            }
            if signs.is_empty() {
                signs.push(' ');
            }
        }
        signs.into_iter().collect()
    }

    fn anything(&mut self) -> Value {
        [
            json!(null),
            json!(-1),
            json!(u64::MAX),
            json!(1e300),
            json!(""),
            json!("file:///nowhere.policy"),
            json!("not a uri %%%"),
            json!("\u{0}茶"),
            json!([[[[]]]]),
            json!({}),
            json!(true),
            json!("x".repeat(5_000)),
        ][self.below(12)]
        .clone()
    }

    /// One value somewhere within is exchanged.
    fn spoil(&mut self, value: &mut Value) {
        let inner: Vec<&mut Value> = match value {
            Value::Object(all) => all.values_mut().collect(),
            Value::Array(all) => all.iter_mut().collect(),
            _ => Vec::new(),
        };
        let count = inner.len();
        if count == 0 || self.below(5) == 0 {
            *value = self.anything();
            return;
        }
        let at = self.below(count);
        self.spoil(inner.into_iter().nth(at).unwrap());
    }

    fn message(&mut self, client: &Client) -> (&'static str, Value, bool) {
        let files = [FILE, "vocabulary.policy", "new.policy", "../outside.policy", "政策/../政策/tea.policy"];
        let uri = client.uri(files[self.below(files.len())]);
        let place = |n: &mut Self| [0, 1, 7, 8, 200, u32::MAX as usize][n.below(6)];
        let at =
            json!({ "textDocument": { "uri": uri }, "position": { "line": place(self), "character": place(self) } });
        let with = |mut at: Value, name: &str, value: Value| {
            at[name] = value;
            at
        };
        match self.below(12) {
            0 => ("textDocument/hover", at, true),
            1 => ("textDocument/definition", at, true),
            2 => ("textDocument/references", with(at, "context", json!({ "includeDeclaration": true })), true),
            3 => ("textDocument/completion", at, true),
            4 => ("textDocument/prepareRename", at, true),
            5 => (
                "textDocument/rename",
                with(at, "newName", json!(["tea_2", "茶水", "1x", "a b", ""][self.below(5)])),
                true,
            ),
            6 => {
                let options = json!({ "tabSize": 4, "insertSpaces": true });
                ("textDocument/formatting", json!({ "textDocument": { "uri": uri }, "options": options }), true)
            }
            7 => {
                let item = json!({ "uri": uri, "languageId": "policy", "version": 1, "text": self.text() });
                ("textDocument/didOpen", json!({ "textDocument": item }), false)
            }
            8 | 9 => {
                let changes = json!([{ "text": self.text() }]);
                let document = json!({ "uri": uri, "version": 3 });
                ("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }), false)
            }
            10 => ("textDocument/didClose", json!({ "textDocument": { "uri": uri } }), false),
            _ => ("nobody/knows", at, true),
        }
    }
}

/// Hundredths of a second of CPU that a process has taken, and the most memory it has had in KiB.
fn used(client: &Client) -> Option<(u64, u64)> {
    let id = client.child.id();
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    let ticks = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?.split_whitespace().next()?.parse().ok()?;
    Some((ticks, peak))
}

#[test]
fn wrong_messages_are_answered_and_none_ends_the_server() {
    let seconds: u64 = std::env::var("FUZZ_SECONDS").map_or(2, |s| s.parse().unwrap());
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let mut client = Client::start("hostile");
    let (mut before, _) = used(&client).unwrap_or_default();
    let end = before + seconds * 100;
    let mut answered = 0u64;
    loop {
        let (method, mut params, asks) = dice.message(&client);
        if dice.below(3) == 0 {
            dice.spoil(&mut params);
        }
        if asks {
            let answer = client.answer(method, params.clone());
            assert!(answer.get("error").is_some() || answer.get("result").is_some(), "{method} {params}: {answer}");
            answered += 1;
            client.shown.clear();
        } else {
            client.tell(method, params.clone());
            // The next question is answered when this was taken in.
            client.answer("textDocument/hover", json!({}));
        }
        let Some((now, peak)) = used(&client) else { break };
        assert!(now - before <= SLOW, "{method} {params} took {} hundredths of a second", now - before);
        assert!(peak <= LARGE, "{peak} KiB after {method} {params}");
        before = now;
        if now >= end {
            break;
        }
    }
    println!("{answered} requests answered");
    client.stop();
}

#[test]
fn lost_framing_ends_the_server_and_nothing_else_does() {
    let mut dice = Dice(77);
    for round in 0..30 {
        let mut client = Client::start("framing");
        let (method, params, _) = dice.message(&client);
        let body = json!({ "jsonrpc": "2.0", "id": 9, "method": method, "params": params }).to_string();
        let mut bytes = format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes();
        for _ in 0..=dice.below(4) {
            let at = dice.below(bytes.len());
            match dice.below(3) {
                0 => bytes[at] = u8::try_from(dice.below(256)).unwrap(),
                1 => drop(bytes.remove(at)),
                _ => bytes.truncate(at.max(1)),
            }
        }
        let mut input = client.input.take().unwrap();
        // The server may be gone before it was all written.
        let _ = input.write_all(&bytes);
        drop(input);
        while client.receive().is_some() {}
        let status = client.child.wait().unwrap();
        assert_eq!(status.code(), Some(1), "round {round}: it ended without a goodbye, and not by itself: {status}");
    }
}
