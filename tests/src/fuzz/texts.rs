//! Policy text from anyone: the reader, the checker, the compiler, and the formatter.

use super::files;
use entitle::ast::from_text::parse;
use entitle::ast::print::{Glossary, Surface, print};
use entitle::diagnostic::Diagnostic;
use entitle::profile::Profile;
use entitle::span::FileId;
use entitle::value::Date;
use entitle::verdict::Verdict;
use entitle::wire::json::report::report;
use entitle::{Engine, Error};

/// Policies of the corpora, good and bad, and of the conformance kit.
pub(super) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for folder in ["tests/corpus/good", "tests/corpus/bad", "tests/corpus/golden"] {
        seeds.extend(files(folder, "policy").iter().map(|p| std::fs::read(p).unwrap()));
    }
    for path in files("tests/conformance", "json") {
        let case: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        seeds.extend(case["policies"].as_array().unwrap().iter().map(|t| t.as_str().unwrap().as_bytes().to_vec()));
    }
    seeds
}

fn open(text: &str) -> Result<Engine, Error> {
    Engine::from_texts([("a.policy".to_owned(), text.to_owned())])
}

/// Every finding points into the text; what is accepted compiles on any day, and matches and explains a profile without facts.
pub(super) fn policy_text(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (_, findings) = parse(FileId(0), text);
    findings.iter().for_each(|f| points_into(f, text));
    let engine = match open(text) {
        Ok(engine) => engine,
        Err(error) => {
            error.findings().iter().for_each(|f| points_into(f, text));
            if let Some(sources) = error.sources() {
                assert!(error.findings().iter().all(|f| !f.line(sources).is_empty()));
            }
            return;
        }
    };
    for day in [Date::FIRST, Date::new(2020, 6, 1).unwrap(), Date::LAST] {
        let Ok(rules) = engine.at(day) else { continue };
        let profile = Profile::new();
        if let Ok(matches) = rules.match_profile(&profile) {
            assert_eq!(report(&matches).to_string(), report(&matches).to_string());
        }
    }
}

fn points_into(finding: &Diagnostic, text: &str) {
    let spans = finding.related.iter().map(|(span, _)| span).chain([&finding.span]);
    for span in spans {
        let (start, end) = (span.start as usize, span.end as usize);
        assert!(start <= end && end <= text.len(), "{finding:?}");
        assert!(text.is_char_boundary(start) && text.is_char_boundary(end), "{finding:?}");
    }
}

/// What is printed reads again, prints the same, and means the same, in either surface.
pub(super) fn format(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (file, findings) = parse(FileId(0), text);
    let Ok(before) = open(text) else { return };
    assert!(findings.is_empty());
    let glossary = Glossary::collect(&[&file]);
    let printed = [Surface::English, Surface::Chinese].map(|s| (s, print(&file, s, &glossary)));
    for (_, text) in &printed {
        let (again, findings) = parse(FileId(0), text);
        assert!(findings.is_empty(), "{findings:?}\n{text}");
        for (surface, wanted) in &printed {
            assert_eq!(&print(&again, *surface, &glossary), wanted);
        }
        let after = open(text).unwrap_or_else(|e| panic!("{e}\n{text}"));
        let day = Date::new(2020, 6, 1).unwrap();
        assert_eq!(verdicts(&before, day), verdicts(&after, day), "{text}");
    }
}

fn verdicts(engine: &Engine, day: Date) -> Option<Vec<Verdict>> {
    let profile = Profile::new();
    let rules = engine.at(day).ok()?;
    let found = rules.match_profile(&profile).ok()?.verdicts().collect();
    Some(found)
}
