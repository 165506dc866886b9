//! Corpora as data: good files that print and read again, bad files with the expected findings beside them, and golden
//! prints of the stages. `ENTITLE_BLESS=1` writes what is expected anew; read the difference before committing it.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use entitle::Engine;
use entitle::ast::print::{Glossary, Surface, print};
use entitle::ast::{self, from_text::parse};
use entitle::checked;
use entitle::diagnostic::Diagnostic;
use entitle::span::{FileId, Sources};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn policies(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            policies(&path, into);
        } else if path.extension().is_some_and(|e| e == "policy") {
            into.push(path);
        }
    }
    into.sort();
}

/// Compares with the file beside the source, or writes it when asked to.
pub(crate) fn expect(path: &Path, found: &str) {
    if std::env::var_os("ENTITLE_BLESS").is_some() {
        fs::write(path, found).unwrap();
        return;
    }
    let wanted = fs::read_to_string(path).unwrap_or_default();
    let at = wanted.lines().zip(found.lines()).position(|(a, b)| a != b);
    let line = at.unwrap_or_else(|| wanted.lines().count().min(found.lines().count()));
    assert!(
        wanted == found,
        "{} differs from line {} on ({:?}, found {:?}); ENTITLE_BLESS=1 writes it anew",
        path.display(),
        line + 1,
        wanted.lines().nth(line),
        found.lines().nth(line)
    );
}

fn drawn(findings: &[Diagnostic], sources: &Sources) -> String {
    let mut text = String::new();
    for f in findings {
        let source = sources.get(f.span.file).unwrap();
        let end = (f.span.end as usize).min(source.text.len());
        let range = (f.span.start as usize).min(end)..end;
        let snippet = Snippet::source(source.text.as_str())
            .path(source.name.as_str())
            .annotation(AnnotationKind::Primary.span(range).label(f.label.as_str()));
        let mut group =
            Group::with_title(Level::ERROR.primary_title(f.message.as_str()).id(f.code.id)).element(snippet);
        if let Some(help) = &f.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        text += &Renderer::plain().render(&[group]);
        text += "\n\n";
    }
    text
}

#[test]
fn every_bad_file_gives_its_findings() {
    let folder = root().join("tests/corpus/bad");
    let mut files = Vec::new();
    policies(&folder, &mut files);
    assert!(files.len() >= 30, "the corpus of slips has {} files", files.len());
    let mut seen = BTreeSet::new();
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        let mut sources = Sources::default();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let id = sources.add(name.clone(), text.clone());
        let (file, mut findings) = parse(id, &text);
        if findings.is_empty() {
            findings = checked::from_ast::check(&[file]).1;
        }
        assert!(!findings.is_empty(), "{name} has no finding");
        seen.extend(findings.iter().map(|f| f.code.id));
        let wanted = name.split('-').next().unwrap();
        assert!(findings.iter().any(|f| f.code.id == wanted), "{name} does not give {wanted}: {findings:#?}");
        expect(&path.with_extension("expected"), &drawn(&findings, &sources));
    }
    let all: Vec<&str> = ast::error::ALL.iter().chain(checked::error::ALL).map(|c| c.id).collect();
    let unseen: Vec<&&str> = all.iter().filter(|c| !seen.contains(**c) && !["E010"].contains(c)).collect();
    assert!(unseen.is_empty(), "no bad file gives {unseen:?}");
}

#[test]
fn the_shipped_policies_print_and_read_again_in_both_surfaces() {
    // Each folder is a set of its own, with its own names.
    for set in ["policies/shanghai", "tests/corpus/good", "tests/corpus/golden"] {
        let mut files = Vec::new();
        policies(&root().join(set), &mut files);
        assert!(!files.is_empty(), "{set} has no policies");
        prints_and_reads_again(&files);
    }
}

fn prints_and_reads_again(files: &[PathBuf]) {
    let parsed: Vec<ast::File> = files
        .iter()
        .map(|path| {
            let (file, findings) = parse(FileId(0), &fs::read_to_string(path).unwrap());
            assert!(findings.is_empty(), "{}: {findings:#?}", path.display());
            file
        })
        .collect();
    let glossary = Glossary::collect(&parsed.iter().collect::<Vec<_>>());
    for (file, path) in parsed.iter().zip(files) {
        let chinese = print(file, Surface::Chinese, &glossary);
        let english = print(file, Surface::English, &glossary);
        let comments = |text: &str| text.matches("//").count();
        assert_eq!(
            comments(&chinese),
            comments(&fs::read_to_string(path).unwrap()),
            "{}: a comment was lost",
            path.display()
        );
        for (text, surface) in [(&chinese, Surface::Chinese), (&english, Surface::English)] {
            let (again, findings) = parse(FileId(0), text);
            assert!(findings.is_empty(), "{}: {findings:#?}\n{text}", path.display());
            assert_eq!(&print(&again, surface, &glossary), text, "{}", path.display());
            let (other, back) =
                if surface == Surface::Chinese { (Surface::English, &english) } else { (Surface::Chinese, &chinese) };
            assert_eq!(&print(&again, other, &glossary), back, "{}: through the other surface", path.display());
        }
    }
}

#[test]
fn the_shipped_policies_mean_the_same_in_either_surface() {
    let mut files = Vec::new();
    policies(&root().join("policies/shanghai"), &mut files);
    let texts: Vec<(String, String)> =
        files.iter().map(|p| (p.display().to_string(), fs::read_to_string(p).unwrap())).collect();
    let parsed: Vec<ast::File> = texts.iter().map(|(_, t)| parse(FileId(0), t).0).collect();
    let glossary = Glossary::collect(&parsed.iter().collect::<Vec<_>>());
    for surface in [Surface::Chinese, Surface::English] {
        let translated =
            texts.iter().zip(&parsed).map(|((name, _), file)| (name.clone(), print(file, surface, &glossary)));
        let engine = Engine::from_texts(translated).unwrap_or_else(|e| panic!("{e}"));
        crate::household::scenarios_pass(&engine);
    }
}

#[test]
fn golden_prints_of_each_stage() {
    let folder = root().join("tests/corpus/golden");
    let text = fs::read_to_string(folder.join("tea.policy")).unwrap();
    let (file, findings) = parse(FileId(0), &text);
    assert!(findings.is_empty(), "{findings:#?}");
    let glossary = Glossary::collect(&[&file]);
    expect(&folder.join("tea.en.txt"), &print(&file, Surface::English, &glossary));
    expect(&folder.join("tea.zh.txt"), &print(&file, Surface::Chinese, &glossary));
    let engine = Engine::from_texts([("tea.policy".to_owned(), text)]).unwrap();
    let rules = engine.at("2024-03-01".parse().unwrap()).unwrap();
    expect(&folder.join("tea.graph.txt"), &entitle::graph::print::listing(&rules.bound().graph));
}

#[test]
fn the_examples_of_the_language_reference_are_read() {
    let reference = fs::read_to_string(root().join("grammar/README.md")).unwrap();
    let mut count = 0;
    for block in reference.split("```policy\n").skip(1) {
        let example = block.split("```").next().unwrap();
        let (_, findings) = parse(FileId(0), example);
        assert!(findings.is_empty(), "{example}\n{findings:#?}");
        count += 1;
    }
    assert!(count >= 6, "{count} examples");
    let whole: Vec<(String, String)> = reference
        .split("```policy\n")
        .skip(1)
        .enumerate()
        .map(|(i, b)| (format!("{i:02}"), b.split("```").next().unwrap().to_owned()))
        .collect();
    let engine = Engine::from_texts(whole).unwrap_or_else(|e| panic!("{:#?}", e.findings()));
    crate::household::scenarios_pass(&engine);
}

#[test]
fn the_keyword_table_is_that_of_the_grammar() {
    let grammar = fs::read_to_string(root().join("grammar/policy.pest")).unwrap();
    let rules: Vec<&str> = grammar.lines().filter(|l| l.starts_with("k_")).collect();
    assert_eq!(rules.len(), ast::keywords::KEYWORDS.len());
    for (rule, english, chinese) in ast::keywords::KEYWORDS {
        let line =
            rules.iter().find(|l| l.split_whitespace().next() == Some(rule)).unwrap_or_else(|| panic!("no {rule}"));
        let body = line.split_once("@{").unwrap().1;
        let words: Vec<&str> = body.split('"').skip(1).step_by(2).collect();
        let written: Vec<&str> = english.split(' ').chain([*chinese]).collect();
        let listed: Vec<&str> = words.into_iter().filter(|w| *w != "of" || english.contains("of")).collect();
        assert_eq!(listed, written, "{rule}");
    }
}
