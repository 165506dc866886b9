//! `fmt`: comments anywhere are kept in order, also on the way through the other surface and back, and a second run changes nothing.

use crate::corpus::root;
use crate::properties::cases;
use entitle::Engine;
use entitle::ast::print::{Glossary, Surface, print};
use entitle::ast::{File, from_text::parse};
use entitle::span::FileId;
use entitle_tests::generate::{self, Dice};
use proptest::prelude::*;
use std::fs;

fn comments(file: &File) -> Vec<String> {
    file.comments.iter().map(|c| c.text.clone()).collect()
}

/// A text with comments put behind lines and on lines of their own.
fn commented(text: &str, dice: &mut Dice) -> String {
    let mut out = String::new();
    for (i, line) in text.lines().enumerate() {
        if dice.below(4) == 0 {
            out += &format!("   //第{i}条 before\n");
        }
        out += line;
        if dice.below(3) == 0 && !line.contains("//") {
            out += &format!("// behind {i}，后");
        }
        out.push('\n');
        if dice.below(9) == 0 {
            out.push('\n');
        }
    }
    out
}

fn holds(text: &str, vocabulary: &[&File]) {
    let (file, findings) = parse(FileId(0), text);
    assert!(findings.is_empty(), "{findings:#?}\n{text}");
    let all: Vec<&File> = vocabulary.iter().copied().chain([&file]).collect();
    let glossary = Glossary::collect(&all);
    let said = comments(&file);
    for (surface, other) in [(Surface::Chinese, Surface::English), (Surface::English, Surface::Chinese)] {
        let once = print(&file, surface, &glossary);
        let (again, findings) = parse(FileId(0), &once);
        assert!(findings.is_empty(), "{findings:#?}\n{once}");
        assert_eq!(comments(&again), said, "a comment was lost or moved past another\n{text}\n--\n{once}");
        assert_eq!(print(&again, surface, &glossary), once, "a second run changes it\n{text}");
        // Through the other surface and back.
        let (there, findings) = parse(FileId(0), &print(&again, other, &glossary));
        assert!(findings.is_empty(), "{findings:#?}");
        assert_eq!(comments(&there), said);
        // A comment inside a condition may come to stand on a line of its own; none is lost or passes another.
        let (back, findings) = parse(FileId(0), &print(&there, surface, &glossary));
        assert!(findings.is_empty(), "{findings:#?}");
        assert_eq!(comments(&back), said);
    }
}

#[test]
fn comments_anywhere_in_the_shipped_policies_are_kept() {
    let mut folders = vec![root().join("policies/shanghai")];
    let mut texts = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "policy") {
                texts.push((path.clone(), fs::read_to_string(path).unwrap()));
            }
        }
    }
    texts.sort();
    let parsed: Vec<File> = texts.iter().map(|(_, t)| parse(FileId(0), t).0).collect();
    let vocabulary: Vec<&File> = parsed.iter().collect();
    for (i, (_, text)) in texts.iter().enumerate() {
        holds(&commented(text, &mut Dice::new(i as u64)), &vocabulary);
    }
}

#[test]
fn comments_inside_expressions_and_behind_braces_are_kept() {
    let text = r#"
record person "人员" { // a
    trips "旅程": list of { // b
        taken_on "日期": date // c
    } up to 3 // d
    income "收入": yuan per month // e
    age "年龄": years old, // never read: the comma is not one
}
"#;
    // The comma is refused, so the line after it is not what this test is about.
    let text = text.replace(", // never read: the comma is not one", "// f");
    holds(&text, &[]);
    let text = r#"
policy tea "茶" for person { // head
    eligible when { // open
        income < 30000 yuan per month and // first half
            (age >= 3 years old // inside
             or age < 1 years old)
        any of { age < 2 years old // one
        ; income > 1 yuan per month } // after block
        // last
    } // end
    benefit cash: 3 yuan per month + // left
        4 yuan per month // right
    // before close
}
// end of file
"#;
    holds(text, &[]);
}

#[test]
fn comments_behind_lines_that_follow_each_other_stand_in_one_column_whatever_the_script() {
    let text =
        "record person \"人员\" {\n    a \"甲甲甲甲\": yes/no // one\n    bcdefghijkl \"乙\": date // two\n\n}\n";
    let (file, findings) = parse(FileId(0), text);
    assert!(findings.is_empty());
    let printed = print(&file, Surface::English, &Glossary::collect(&[&file]));
    let columns: Vec<usize> = printed
        .lines()
        .filter_map(|l| l.split_once("//"))
        .map(|(code, _)| code.chars().map(|c| if c > '\u{2E7F}' { 2 } else { 1 }).sum())
        .collect();
    assert_eq!(columns.len(), 2, "{printed}");
    assert_eq!(columns[0], columns[1], "{printed}");
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn generated_policies_keep_their_comments(seed: u64) {
        let mut dice = Dice::new(seed);
        let text = generate::policies(&mut dice);
        let vocabulary = parse(FileId(0), generate::VOCABULARY).0;
        holds(&commented(&text, &mut dice), &[&vocabulary]);
    }
}

/// `person` is a unit as well as a name people give their records; behind a record's name may stand notes.
#[test]
fn a_record_called_person_stays_one_with_notes_behind_it() {
    let text = "enum register { tax }\nrecord person { age: years old }\nrecord hire { worker: person held by tax class action }\n";
    let (file, findings) = parse(FileId(0), text);
    assert!(findings.is_empty(), "{findings:#?}");
    let printed = print(&file, Surface::English, &Glossary::collect(&[&file]));
    assert!(printed.contains("worker: person held by tax class action"), "{printed}");
    holds(text, &[]);
}

/// An editor that shows no line there would show what follows a comment as part of it.
#[test]
fn a_lone_carriage_return_ends_no_line() {
    let open = |text: &str| Engine::from_texts([("a.policy".to_owned(), text.to_owned())]);
    let hidden =
        open("enum category { welfare } // said\rrecord hidden { a: yes/no }\nrecord seen { a: yes/no }\r\n").unwrap();
    assert!(hidden.schema().entity_named("hidden").is_none());
    assert!(hidden.schema().entity_named("seen").is_some());
    let error = open("enum category { welfare }\rrecord seen { a: yes/no }\n").unwrap_err();
    assert!(error.to_string().contains('␍'), "{error}");
}

/// In the other surface it would stand as nothing.
#[test]
fn a_name_is_not_empty() {
    for text in
        ["enum category \"\" { welfare \"福利\" }\n", "enum category { welfare }\nrecord person { a \"\": yes/no }\n"]
    {
        let error = Engine::from_texts([("a.policy".to_owned(), text.to_owned())]).unwrap_err();
        assert_eq!(error.findings()[0].code.id, "E103", "{error}");
    }
}
