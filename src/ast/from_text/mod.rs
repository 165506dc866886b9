//! Text -> syntax tree. The only place that names the parser generator.
//!
//! A guard looks at length, brackets and quotes first, so that the generated parser (which recurses) never meets text
//! that could exhaust the stack. The grammar keeps an unreadable line as `bad` together with its block; each is
//! parsed again alone, for its own message.

mod build;
mod expression;
mod guard;
mod message;
mod scenario;

use super::{Comment, File};
use crate::cores;
use crate::diagnostic::Diagnostic;
use crate::limits::Limits;
use crate::span::{FileId, Sources, Span};
use pest::Parser as _;

pub use guard::NESTING;

/// The generated parser.
#[allow(missing_docs, reason = "generated from the grammar, where each rule has its comment")]
mod grammar {
    /// The generated parser.
    #[derive(pest_derive::Parser)]
    #[grammar = "../grammar/policy.pest"]
    pub(super) struct Grammar;
}

use grammar::{Grammar, Rule};

/// One line or word as the parser hands it over.
type Pair<'i> = pest::iterators::Pair<'i, Rule>;

/// Reads one file. Returns what could be read, and every finding, in order of place.
///
/// ```
/// use entitle::{ast, span::FileId};
/// let (file, findings) = ast::from_text::parse(FileId(0), "policy tea \"茶\" for person");
/// assert!(findings.is_empty());
/// assert_eq!(file.items.len(), 1);
/// ```
#[must_use]
pub fn parse(file: FileId, text: &str) -> (File, Vec<Diagnostic>) {
    parse_within(file, text, &Limits::DEFAULT)
}

/// Reads every file of a set, side by side, in their order.
#[must_use]
pub fn parse_all(sources: &Sources, limits: &Limits) -> Vec<(File, Vec<Diagnostic>)> {
    let texts: Vec<(FileId, &str)> = sources.iter().map(|(id, source)| (id, source.text.as_str())).collect();
    cores::each(&texts, || (), |(id, text), ()| parse_within(*id, text, limits))
}

/// The same, with a limit of its own on the length of the file and the number of findings.
#[must_use]
pub fn parse_within(file: FileId, text: &str, limits: &Limits) -> (File, Vec<Diagnostic>) {
    let mut builder = Builder { file, text, offset: 0, findings: Vec::new(), limits: *limits, not_listed: 0 };
    if !builder.guard() {
        return (File::default(), builder.findings);
    }
    let items = match Grammar::parse(Rule::file, text) {
        Ok(pairs) => pairs.flat_map(Pair::into_inner).filter_map(|pair| builder.declaration(pair)).collect(),
        Err(error) => {
            builder.whole_file(&error);
            Vec::new()
        }
    };
    let comments = comments(file, text);
    builder.findings.sort_by_key(|f| f.span);
    if let Some(last) = builder.findings.last_mut().filter(|_| builder.not_listed > 0) {
        last.message += &format!(" (and {} more lines that cannot be read)", builder.not_listed);
    }
    (File { items, comments }, builder.findings)
}

struct Builder<'i> {
    file: FileId,
    text: &'i str,
    /// Where in the file the text starts that is being read; not 0 while an unreadable line is read again.
    offset: usize,
    findings: Vec<Diagnostic>,
    limits: Limits,
    /// Unreadable lines past the limit on findings.
    not_listed: usize,
}

impl Builder<'_> {
    /// The span of a piece of text, without the blanks and comments that the parser swallows at its end.
    fn span(&self, pair: &Pair<'_>) -> Span {
        let span = pair.as_span();
        let text = span.as_str();
        // A comment at the end of a piece goes to the end of its line; most pieces end before that, and not in a blank.
        let after = span.get_input().as_bytes().get(span.end());
        let inside_line = after.is_some_and(|byte| !byte.is_ascii_whitespace()) && !text.ends_with(char::is_whitespace);
        let text = if inside_line { text } else { trimmed(text) };
        self.at(span.start(), span.start() + text.len())
    }

    fn at(&self, start: usize, end: usize) -> Span {
        let byte = |i: usize| u32::try_from(self.offset + i).unwrap_or(u32::MAX);
        Span::new(self.file, byte(start), byte(end))
    }
}

/// Text without trailing blanks and comments. A `//` inside quotes is part of the text, and then a quote follows it.
fn trimmed(text: &str) -> &str {
    let mut text = text.trim_end();
    loop {
        let line = text.rfind('\n').map_or(0, |i| i + 1);
        let last = text.get(line..).unwrap_or("");
        let Some(slashes) = comment_start(last) else { return text };
        text = text.get(..line + slashes).unwrap_or("").trim_end();
    }
}

/// Where a comment begins on a line, quotes considered.
fn comment_start(line: &str) -> Option<usize> {
    // Few lines have a slash at all.
    if !line.contains('/') {
        return None;
    }
    let (mut straight, mut curly, mut before) = (false, 0usize, ' ');
    for (at, c) in line.char_indices() {
        match c {
            '"' if curly == 0 => straight = !straight,
            '“' if !straight => curly += 1,
            '”' if !straight => curly = curly.saturating_sub(1),
            '/' if before == '/' && !straight && curly == 0 => return Some(at - 1),
            _ => {}
        }
        before = c;
    }
    None
}

fn comments(file: FileId, text: &str) -> Vec<Comment> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if let Some(at) = comment_start(line) {
            let comment = line.get(at..).unwrap_or("").trim_end();
            let code_end = line.get(..at).map(str::trim_end).filter(|code| !code.trim().is_empty());
            let byte = |i: usize| u32::try_from(i).unwrap_or(u32::MAX);
            found.push(Comment {
                text: comment.trim_start_matches('/').trim().to_owned(),
                span: Span::new(file, byte(start + at), byte(start + at + comment.len())),
                code_end: code_end.map(|code| byte(start + code.len())),
            });
        }
        start += line.len();
    }
    found
}
