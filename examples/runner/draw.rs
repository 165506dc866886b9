//! Findings with the line they are about and carets that line up under Chinese text.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use entitle::diagnostic::{self, Diagnostic};
use entitle::span::{Source, Sources, Span};
use std::ops::Range;

/// Draws findings, one after the other.
pub(crate) fn findings(findings: &[Diagnostic], sources: &Sources, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for finding in findings {
        let Some(source) = sources.get(finding.span.file) else { continue };
        let level = match finding.level {
            diagnostic::Level::Error => Level::ERROR,
            diagnostic::Level::Warning => Level::WARNING,
        };
        let mut snippet = Snippet::source(source.text.as_str()).path(source.name.as_str());
        snippet =
            snippet.annotation(AnnotationKind::Primary.span(range(source, finding.span)).label(finding.label.as_str()));
        for (span, label) in &finding.related {
            if span.file == finding.span.file {
                snippet = snippet.annotation(AnnotationKind::Context.span(range(source, *span)).label(label.as_str()));
            }
        }
        let title = level.primary_title(finding.message.as_str()).id(finding.code.id);
        let mut group = Group::with_title(title).element(snippet);
        let elsewhere: Vec<(Snippet<'_, _>, String)> = finding
            .related
            .iter()
            .filter(|(span, _)| span.file != finding.span.file)
            .filter_map(|(span, label)| {
                let other = sources.get(span.file)?;
                let snippet = Snippet::source(other.text.as_str())
                    .path(other.name.as_str())
                    .annotation(AnnotationKind::Context.span(range(other, *span)).label(label.as_str()));
                Some((snippet, label.clone()))
            })
            .collect();
        for (snippet, _) in elsewhere {
            group = group.element(snippet);
        }
        if let Some(help) = &finding.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        text += &renderer.render(&[group]);
        text += "\n\n";
    }
    text
}

/// A place with what is to be said of it, one line for each thing.
pub(crate) struct Note {
    pub(crate) title: String,
    pub(crate) span: Span,
    pub(crate) labels: Vec<String>,
}

/// Draws notes, one after the other.
pub(crate) fn notes(notes: &[Note], sources: &Sources, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for note in notes {
        let Some(source) = sources.get(note.span.file) else { continue };
        let label = note.labels.join("; ");
        // A condition in braces is shown by its first line: the carets are to stand under words, not beside a column.
        let mut marked = range(source, note.span);
        let first = source.text.get(marked.clone()).and_then(|t| t.lines().next()).map_or(0, str::len);
        marked.end = marked.end.min(marked.start + first.max(1));
        let snippet = Snippet::source(source.text.as_str())
            .path(source.name.as_str())
            .annotation(AnnotationKind::Primary.span(marked).label(label.as_str()));
        let group = Group::with_title(Level::NOTE.primary_title(note.title.as_str())).element(snippet);
        text += &renderer.render(&[group]);
        text += "\n\n";
    }
    text
}

fn range(source: &Source, span: Span) -> Range<usize> {
    let end = (span.end as usize).min(source.text.len());
    (span.start as usize).min(end)..end
}

/// `2 errors, 1 warning`.
pub(crate) fn summary(findings: &[Diagnostic]) -> String {
    let count = |level| findings.iter().filter(|f| f.level == level).count();
    let (errors, warnings) = (count(diagnostic::Level::Error), count(diagnostic::Level::Warning));
    let word = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    format!("{}, {}", word(errors, "error"), word(warnings, "warning"))
}
