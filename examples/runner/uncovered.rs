//! What the scenarios do not show: sides never seen while they decide, and changes that no scenario notices.

use crate::draw::{self, Note};
use crate::{Common, Format, colour, say};
use entitle::cover::Mutant;
use entitle::ids::PolicyId;
use entitle::span::Span;
use entitle::value::Language;
use entitle::{Engine, Fate, Seen, Tried, What};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

/// `file:line`.
pub(crate) fn place(engine: &Engine, span: Span) -> String {
    let (line, _) = engine.sources().line_column(span);
    let file = engine.sources().get(span.file).map_or("", |s| s.name.as_str());
    format!("{file}:{line}")
}

/// What is missing of a place, in words.
fn missing(seen: &Seen, language: Language) -> Vec<String> {
    let zh = language == Language::Zh;
    let pick = |en: &str, zh_text: &str| if zh { zh_text.to_owned() } else { en.to_owned() };
    let [first, second] = seen.sides;
    let mut all = Vec::new();
    match seen.what {
        What::Condition => {
            if !first {
                all.push(pick("never true while it decides", "没有样例因它成立而定"));
            }
            if !second {
                all.push(pick("never false while it decides", "没有样例因它不成立而定"));
            }
        }
        What::Line => {
            if !first || !second {
                let both = !first && !second;
                all.push(match (both, first, zh) {
                    (true, _, true) => "界线两侧一级之内都没有样例".to_owned(),
                    (true, _, false) => "no case within one step of the line, on either side".to_owned(),
                    (_, false, true) => "界线往上一级之内没有样例".to_owned(),
                    (_, false, false) => "no case that one step up of the line would turn".to_owned(),
                    (_, true, true) => "界线往下一级之内没有样例".to_owned(),
                    (_, true, false) => "no case that one step down of the line would turn".to_owned(),
                });
            }
        }
        What::Row(n) => {
            if !first {
                let n = n + 1;
                all.push(if zh {
                    format!("没有样例用到由紧到宽的第{n}行")
                } else {
                    format!("no case stands on row {n}, closest first")
                });
            }
        }
    }
    all
}

/// Draws every place that is not covered.
pub(crate) fn list(engine: &Engine, seen: &[Seen], language: Language) {
    let mut notes: Vec<Note> = Vec::new();
    for one in seen {
        let labels = missing(one, language);
        if labels.is_empty() {
            continue;
        }
        match notes.last_mut().filter(|n| n.span == one.span) {
            Some(note) => note.labels.extend(labels),
            None => notes.push(Note { title: one.of.clone(), span: one.span, labels }),
        }
    }
    let drawn = draw::notes(&notes, engine.sources(), colour());
    if !drawn.is_empty() {
        say(drawn.trim_end());
        say("");
    }
}

/// Coverage as data: one entry for each place, with what was seen.
pub(crate) fn coverage_json(engine: &Engine, seen: &[Seen]) -> Value {
    let entry = |one: &Seen| {
        let (line, column) = engine.sources().line_column(one.span);
        let file = engine.sources().get(one.span.file).map(|s| s.name.clone());
        let [first, second] = one.sides;
        let mut entry = json!({ "of": one.of, "file": file, "line": line, "column": column });
        let more = match one.what {
            What::Condition => json!({ "what": "condition", "true": first, "false": second }),
            What::Line => json!({ "what": "line", "up": first, "down": second }),
            What::Row(n) => json!({ "what": "row", "row": n + 1, "seen": first }),
        };
        if let (Some(entry), Value::Object(more)) = (entry.as_object_mut(), more) {
            entry.extend(more);
        }
        entry
    };
    seen.iter().map(entry).collect()
}

/// Makes every change, says which none of the scenarios notices, and suggests scenarios where asked to.
pub(crate) fn mutate(engine: &Engine, chosen: &BTreeSet<PolicyId>, common: &Common, suggest: bool) -> ExitCode {
    let language = common.language();
    let zh = language == Language::Zh;
    let list = engine.mutants(chosen);
    let bar = std::io::stderr().is_terminal();
    let count = list.len();
    let tried = engine.try_mutants(&list, &mut |done| {
        if bar && done % 50 == 0 {
            eprint!("\r{done} / {count}");
            let _ = std::io::stderr().flush();
        }
    });
    if bar {
        eprint!("\r                    \r");
    }
    let unnoticed: Vec<&Tried> = tried.iter().filter(|t| t.fate == Fate::Unnoticed).collect();
    let same = tried.iter().filter(|t| t.fate == Fate::Same).count();
    let noticed = tried.len() - unnoticed.len() - same;
    let mutants: Vec<Mutant> = unnoticed.iter().map(|t| t.mutant.clone()).collect();
    let suggestions = if suggest { engine.suggest(&mutants) } else { Vec::new() };
    let shown: BTreeSet<usize> = suggestions.iter().flat_map(|s| s.notices.iter().copied()).collect();
    if common.format == Format::Json {
        say(&as_json(engine, &tried, &unnoticed, &suggestions).to_string());
        return ExitCode::SUCCESS;
    }
    let mut notes: BTreeMap<Span, Note> = BTreeMap::new();
    for (i, one) in unnoticed.iter().enumerate() {
        let mut label = one.mutant.change.words(language);
        if suggest && !shown.contains(&i) {
            label += if zh {
                "（没有找到能看出差别的家庭）"
            } else {
                " (no household was found that shows it)"
            };
        }
        let title =
            if zh { format!("没有样例察觉：{}", one.of) } else { format!("no scenario notices: {}", one.of) };
        let note = notes.entry(one.mutant.span);
        note.or_insert_with(|| Note { title, span: one.mutant.span, labels: Vec::new() }).labels.push(label);
    }
    let notes: Vec<Note> = notes.into_values().collect();
    let drawn = draw::notes(&notes, engine.sources(), colour());
    if !drawn.is_empty() {
        say(drawn.trim_end());
        say("");
    }
    let mut before = None;
    for suggestion in &suggestions {
        if before != Some(suggestion.policy) {
            let policy = engine.model().policies.get(suggestion.policy.index());
            let name = policy.map_or("", |p| p.name.id.as_str());
            let file = policy.map(|p| place(engine, p.span)).unwrap_or_default();
            say(&if zh {
                format!("// 加进 {name}（{file}）；预期照现在的写法得出，请先核对：")
            } else {
                format!(
                    "// to add to {name} ({file}); what is expected is what the policy says now, please confirm it:"
                )
            });
            before = Some(suggestion.policy);
        }
        say(&suggestion.text);
    }
    let judged = noticed + unnoticed.len();
    let share = (noticed * 100).checked_div(judged).unwrap_or(100);
    let of = unnoticed.len();
    say(&if zh {
        format!("{judged} 处改动，察觉 {noticed}（{share} %），没有样例察觉 {of}；另有 {same} 处改了等于没改")
    } else {
        format!("{judged} changes, {noticed} noticed ({share} %), {of} not; {same} more change nothing")
    });
    if suggest {
        let (n, found) = (suggestions.len(), shown.len());
        say(&if zh {
            format!("建议 {n} 个样例，能察觉其中 {found} 处")
        } else {
            format!("{n} scenarios suggested, which notice {found} of them")
        });
    }
    ExitCode::SUCCESS
}

fn as_json(engine: &Engine, tried: &[Tried], unnoticed: &[&Tried], suggestions: &[entitle::Suggestion]) -> Value {
    let policies = &engine.model().policies;
    let name = |id: PolicyId| policies.get(id.index()).map(|p| p.name.id.clone());
    let entry = |one: &Tried| {
        let (line, column) = engine.sources().line_column(one.mutant.span);
        let mut entry = json!({
            "of": one.of, "file": engine.sources().get(one.mutant.span.file).map(|s| s.name.clone()),
            "line": line, "column": column, "change": one.mutant.change.name(),
            "words": one.mutant.change.words(Language::En),
            "fate": match one.fate { Fate::Noticed(..) => "noticed", Fate::Same => "same", Fate::Unnoticed => "unnoticed" },
        });
        if let (Fate::Noticed(policy, scenario), Some(entry)) = (&one.fate, entry.as_object_mut()) {
            let by = policies.get(policy.index()).and_then(|p| p.scenarios.get(*scenario));
            let by = json!({ "policy": name(*policy), "scenario": by.map(|s| s.label.get(Language::En).to_owned()) });
            entry.insert("by".to_owned(), by);
        }
        entry
    };
    let position = |i: &usize| unnoticed.get(*i).and_then(|u| tried.iter().position(|t| std::ptr::eq(t, *u)));
    let suggested = suggestions.iter().map(|s| {
        let notices: Vec<usize> = s.notices.iter().filter_map(position).collect();
        json!({ "policy": name(s.policy), "scenario": s.text, "notices": notices })
    });
    json!({
        "format": "entitle.mutation/1",
        "changes": tried.iter().map(entry).collect::<Vec<_>>(),
        "suggestions": suggested.collect::<Vec<_>>(),
    })
}
