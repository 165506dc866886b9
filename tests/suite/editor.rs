//! Highlighting: its words are those of the language, no more and no fewer.

use crate::corpus::root;
use entitle::ast::keywords::KEYWORDS;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;

/// The words between the brackets of a pattern such as `\b(?:a|b\s+c)\b`.
fn words(pattern: &str) -> Vec<String> {
    let inner = pattern.split_once("(?:").unwrap().1;
    let inner = inner.rsplit_once(')').unwrap().0;
    // The Chinese patterns end with a look at what follows.
    let inner = inner.split(")(?!").next().unwrap();
    inner.split('|').map(|w| w.replace("\\s+", " ")).collect()
}

#[test]
fn the_highlighted_words_are_the_keyword_table_in_both_languages() {
    let path = root().join("editor/vscode/syntaxes/policy.tmLanguage.json");
    let grammar: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let mut found = BTreeSet::new();
    for part in ["declaration", "storage", "constant", "operator", "clause"] {
        for pattern in grammar["repository"][part]["patterns"].as_array().unwrap() {
            found.extend(words(pattern["match"].as_str().unwrap()));
        }
    }
    let wanted: BTreeSet<String> =
        KEYWORDS.iter().flat_map(|(_, en, zh)| [(*en).to_owned(), (*zh).to_owned()]).collect();
    assert_eq!(found, wanted);
}
