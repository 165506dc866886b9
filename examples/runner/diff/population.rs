//! The households of a file, judged in both sets: who gains, who loses, how much money moves.

use crate::say;
use entitle::Engine;
use entitle::compare::population::{Judge, Moved, Population};
use entitle::value::{Date, Language, Number};
use entitle::wire::json::{UnknownFields, profile_from_json};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::ExitCode;

/// The longest line that is read, in bytes.
const LONGEST: u64 = 1 << 20;

pub(super) fn judge(path: &Path, old: &Engine, new: &Engine, day: Date) -> Result<Population, ExitCode> {
    let fail = |message: String| {
        eprintln!("error: {}: {message}", path.display());
        ExitCode::from(1)
    };
    let (before, after) = (old.at(day), new.at(day));
    let (before, after) = (before.map_err(|e| fail(e.to_string()))?, after.map_err(|e| fail(e.to_string()))?);
    let mut judge = Judge::new((old.model(), before.bound()), (new.model(), after.bound()));
    let source: Box<dyn Read> = if path.as_os_str() == "-" {
        Box::new(std::io::stdin())
    } else {
        Box::new(File::open(path).map_err(|e| fail(format!("cannot be read: {e}")))?)
    };
    let mut lines = BufReader::new(source);
    let mut number = 0u64;
    loop {
        let mut line = Vec::new();
        number += 1;
        let read = lines.by_ref().take(LONGEST).read_until(b'\n', &mut line);
        if read.map_err(|e| fail(format!("line {number} cannot be read: {e}")))? == 0 {
            return Ok(judge.finish());
        }
        if line.len() as u64 == LONGEST {
            return Err(fail(format!("line {number} is longer than {LONGEST} bytes")));
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        // Each set reads the facts it knows; a fact that neither knows is a slip.
        let read = |engine: &Engine, unknown| profile_from_json(engine.schema(), &line, unknown);
        let later = read(new, UnknownFields::Report);
        let earlier = read(old, UnknownFields::Report);
        let (later, unknown) = later.map_err(|e| fail(format!("line {number}: {e}")))?;
        // Where the older vocabulary cannot take a value, what it can take is carried over.
        let earlier = earlier.ok();
        let neither = |path: &str| earlier.as_ref().is_none_or(|(_, also)| also.iter().any(|q| q.path == path));
        if let Some(unknown) = unknown.iter().find(|p| neither(&p.path)) {
            return Err(fail(format!("line {number}: {unknown}")));
        }
        judge.add(earlier.as_ref().map(|(profile, _)| profile), &later);
    }
}

pub(super) fn print(day: Date, moved: &Population, old: &Engine, new: &Engine, language: Language) {
    let zh = language == Language::Zh;
    say("");
    say(&if zh {
        format!("{day}的{}户{}", moved.households, left_out(moved, zh))
    } else {
        format!("{} households on {day}{}", moved.households, left_out(moved, zh))
    });
    if moved.policies.is_empty() {
        say(if zh { "  没有一户受影响" } else { "  nobody gains or loses" });
        return;
    }
    say(if zh { "按政策" } else { "by policy" });
    for (id, one) in &moved.policies {
        say(&format!("  {}: {}", super::title(old, new, id, language), line(one, language)));
    }
    say(if zh { "按类别" } else { "by category" });
    for (label, one) in moved.categories.values() {
        say(&format!("  {}: {}", label.get(language), line(one, language)));
    }
    say(if zh { "按区" } else { "by district" });
    for (label, one) in moved.districts.values() {
        let unknown = if zh { "不详" } else { "not known" };
        let name = label.as_ref().map_or_else(|| unknown.to_owned(), |l| l.get(language));
        say(&format!("  {name}: {}", line(one, language)));
    }
}

fn left_out(moved: &Population, zh: bool) -> String {
    match (moved.contradictory, zh) {
        (0, _) => String::new(),
        (n, true) => format!("（其中{n}户的情况自相矛盾，未计）"),
        (n, false) => format!(" ({n} of them contradict what always holds and were left out)"),
    }
}

fn line(one: &Moved, language: Language) -> String {
    let zh = language == Language::Zh;
    let counts = [
        (one.gain, "新增", "gain"),
        (one.lose, "失去", "lose"),
        (one.more, "增加", "get more"),
        (one.less, "减少", "get less"),
    ];
    let mut parts: Vec<String> = counts
        .into_iter()
        .filter(|(n, _, _)| *n > 0)
        .map(|(n, zh_word, en)| if zh { format!("{zh_word}{n}") } else { format!("{n} {en}") })
        .collect();
    for (unit, before, after) in &one.money {
        if let Some(change) = after.subtract(*before).filter(|c| *c != Number::ZERO) {
            let sign = if change > Number::ZERO { "+" } else { "" };
            parts.push(format!("{sign}{change}{}{}", if zh { "" } else { " " }, unit.words(language)));
        }
    }
    parts.join(if zh { "，" } else { ", " })
}

pub(super) fn json(day: Date, moved: &Population) -> serde_json::Value {
    let one = |m: &Moved| {
        let money: Vec<serde_json::Value> = m
            .money
            .iter()
            .map(|(unit, before, after)| {
                serde_json::json!({ "unit": unit.words(Language::En), "before": before.to_string(), "after": after.to_string() })
            })
            .collect();
        serde_json::json!({ "gain": m.gain, "lose": m.lose, "more": m.more, "less": m.less, "money": money })
    };
    let policies: serde_json::Map<String, serde_json::Value> =
        moved.policies.iter().map(|(id, m)| (id.clone(), one(m))).collect();
    let categories: serde_json::Map<String, serde_json::Value> =
        moved.categories.iter().map(|(id, (_, m))| (id.clone(), one(m))).collect();
    let districts: Vec<serde_json::Value> = moved
        .districts
        .iter()
        .map(|(id, (_, m))| {
            let mut object = one(m);
            crate::put(&mut object, "district", serde_json::json!(id));
            object
        })
        .collect();
    serde_json::json!({
        "as_of": day.to_string(), "households": moved.households, "contradictory": moved.contradictory,
        "policies": policies, "categories": categories, "districts": districts,
    })
}
