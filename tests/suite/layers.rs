//! The direction of use: a stage sees the stage before it and the shared files; only explanations may look back, only
//! the driver names every stage, and nothing uses the doors. The folder listing is the architecture, and this keeps it so.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const SHARED: [&str; 12] = [
    "ids",
    "span",
    "value",
    "schema",
    "profile",
    "columns",
    "cores",
    "diagnostic",
    "limits",
    "near",
    "refusal",
    "error",
];

/// What each part of `src/` may name, besides itself.
fn allowed() -> BTreeMap<&'static str, Vec<&'static str>> {
    let shared =
        |more: &[&'static str]| -> Vec<&'static str> { SHARED.iter().copied().chain(more.iter().copied()).collect() };
    BTreeMap::from([
        ("ids", vec![]),
        ("limits", vec![]),
        ("span", vec![]),
        ("value", vec![]),
        ("near", vec![]),
        ("cores", vec![]),
        ("schema", vec!["ids", "value"]),
        ("profile", vec!["ids", "schema", "value"]),
        ("columns", vec!["ids", "schema", "value", "profile"]),
        ("diagnostic", vec!["span"]),
        ("refusal", vec!["value"]),
        ("error", vec!["diagnostic", "refusal", "span", "value"]),
        ("ast", shared(&[])),
        ("checked", shared(&["ast"])),
        ("graph", shared(&["checked"])),
        ("verdict", shared(&["graph"])),
        ("why", shared(&["verdict", "graph", "checked"])),
        ("advise", shared(&["why", "verdict", "graph", "checked"])),
        ("prove", shared(&["verdict", "graph", "checked"])),
        ("compare", shared(&["prove", "advise", "verdict", "graph", "checked"])),
        // It hands back text to paste, so it writes the syntax tree.
        ("cover", shared(&["ast", "verdict", "graph", "checked"])),
        ("lint", shared(&["prove", "verdict", "graph", "checked"])),
        ("engine", shared(&["ast", "checked", "graph", "verdict", "why", "advise", "lint", "compare", "cover"])),
        ("reload", vec!["engine", "error"]),
        (
            "wire",
            shared(&[
                "checked", "graph", "verdict", "why", "advise", "compare", "engine", "reload", "Engine", "Error",
                "Matches",
            ]),
        ),
    ])
}

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src");
    let mut all = Vec::new();
    files(&root, &mut all);
    all.sort();
    all.into_iter()
        .map(|p| (p.strip_prefix(&root).unwrap().to_string_lossy().into_owned(), fs::read_to_string(&p).unwrap()))
        .collect()
}

/// The parts named after `crate::` in code (comments and examples left out).
fn named(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.lines().map(str::trim).filter(|l| !l.starts_with("//")) {
        for piece in line.split("crate::").skip(1) {
            if let Some(group) = piece.strip_prefix('{') {
                let group = group.split('}').next().unwrap_or("");
                found.extend(group.split(',').map(|p| p.trim().split("::").next().unwrap_or("").to_owned()));
            } else {
                found.push(piece.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
            }
        }
    }
    found
}

#[test]
fn every_stage_sees_only_what_stands_before_it() {
    let allowed = allowed();
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let part = file.split(['/', '\\', '.']).next().unwrap().to_owned();
        if part == "lib" {
            continue;
        }
        let may = allowed.get(part.as_str()).unwrap_or_else(|| panic!("{file}: a part that the table does not have"));
        for name in named(&text) {
            if name != part && !may.contains(&name.as_str()) {
                wrong.push(format!("{file} names crate::{name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn only_one_folder_names_the_parser_generator() {
    for (file, text) in sources() {
        let names = text.lines().any(|l| l.contains("pest::") && !l.trim_start().starts_with("//"));
        assert!(!names || file.replace('\\', "/").starts_with("ast/from_text/"), "{file} names pest");
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    for (file, text) in sources() {
        assert!(text.starts_with("//!") || text.starts_with("#![doc"), "{file} has no module documentation");
        let code = text.lines().filter(|l| !l.trim().is_empty() && !l.trim_start().starts_with("//")).count();
        assert!(code <= 700, "{file} has {code} lines of code: is it about one thing?");
    }
}

#[test]
fn unsafe_stands_only_in_the_vector_file_and_the_c_door() {
    for (file, text) in sources() {
        let file = file.replace('\\', "/");
        let code = text.lines().filter(|l| !l.trim_start().starts_with("//"));
        let uses =
            code.flat_map(|l| l.split(|c: char| !(c.is_alphanumeric() || c == '_'))).any(|word| word == "unsafe");
        assert!(!uses || file == "verdict/columns/simd.rs" || file.starts_with("wire/c/"), "{file} has unsafe code");
    }
}
