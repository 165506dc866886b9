//! What is looked at before the parser runs: length, brackets, quotes. The parser recurses once or more for each
//! bracket, so their depth is bounded here, by a number and not by the host's stack.

use super::Builder;
use crate::ast::error::{BRACKET, LENGTH, NESTING as NESTED, QUOTE};
use crate::diagnostic::Diagnostic;
use crate::span::Span;

/// The most brackets that may be open at once. Real files reach 6.
pub const NESTING: usize = 32;

struct Open {
    bracket: char,
    at: usize,
    indent: usize,
}

impl Builder<'_> {
    /// Whether the parser may look at the text; reports what is wrong otherwise.
    pub(super) fn guard(&mut self) -> bool {
        let longest = self.limits.text_bytes;
        if self.text.len() > longest {
            let message = format!("this file has {} bytes; at most {longest} are read", self.text.len());
            let help = "split it into several files, or raise the limit `text_bytes`";
            self.findings.push(Diagnostic::error(LENGTH, self.at(0, 0), message).help(help));
            return false;
        }
        let mut open: Vec<Open> = Vec::new();
        let mut suspect: Option<usize> = None;
        let mut start = 0;
        for line in self.text.split_inclusive('\n') {
            let indent = line.chars().take_while(|c| *c == ' ' || *c == '\t').count();
            if !self.line(line, start, indent, &mut open, &mut suspect) {
                return false;
            }
            start += line.len();
        }
        if let Some(first) = open.first() {
            let at = suspect.unwrap_or(first.at);
            let span = self.character(at);
            self.findings.push(
                Diagnostic::error(BRACKET, span, "this bracket is never closed")
                    .label("opened here")
                    .help("close it on a line of its own, indented like the line that opens it"),
            );
            return false;
        }
        true
    }

    fn line(
        &mut self,
        line: &str,
        start: usize,
        indent: usize,
        open: &mut Vec<Open>,
        suspect: &mut Option<usize>,
    ) -> bool {
        let (mut quote, mut depth, mut quoted_at, mut before) = (' ', 0usize, 0usize, ' ');
        for (i, c) in line.char_indices() {
            let at = start + i;
            match c {
                '"' if depth == 0 => (quote, depth, quoted_at) = ('"', 1, at),
                '“' if depth == 0 => (quote, depth, quoted_at) = ('“', 1, at),
                '"' if quote == '"' => depth = 0,
                '“' if quote == '“' => depth += 1,
                '”' if quote == '“' && depth > 0 => depth -= 1,
                _ if depth > NESTING => {
                    self.too_deep(at);
                    return false;
                }
                _ if depth > 0 => {}
                '/' if before == '/' => return true,
                '{' | '(' | '[' | '（' | '【' => {
                    open.push(Open { bracket: c, at, indent });
                    if open.len() > NESTING {
                        self.too_deep(at);
                        return false;
                    }
                }
                '}' | ')' | ']' | '）' | '】' => match open.pop() {
                    Some(opened) if pairs(opened.bracket, c) => {
                        if c == '}' && opened.indent != indent && suspect.is_none() {
                            *suspect = Some(opened.at);
                        }
                    }
                    other => {
                        let span = self.at(at, at + c.len_utf8());
                        let mut finding = Diagnostic::error(BRACKET, span, format!("this `{c}` closes nothing"));
                        let mut help = "remove it, or open what it closes".to_owned();
                        if let Some(opened) = other {
                            help = format!("close the `{}` first, or remove one of the two", opened.bracket);
                            finding.message = format!("this `{c}` does not close the `{}` before it", opened.bracket);
                            let width = opened.bracket.len_utf8();
                            finding = finding.related(self.at(opened.at, opened.at + width), "opened here");
                        }
                        self.findings.push(finding.help(help));
                        return false;
                    }
                },
                _ => {}
            }
            before = c;
        }
        if depth > 0 {
            let span = self.at(quoted_at, start + line.trim_end().len());
            self.findings.push(
                Diagnostic::error(QUOTE, span, "this quotation does not end on its line")
                    .label("a closing quote is missing")
                    .help("a text keeps to its line; “ ends with ” and \" with \""),
            );
            return false;
        }
        true
    }

    /// The span of the character at a byte; brackets may be of full width.
    fn character(&self, at: usize) -> Span {
        let width = self.text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        self.at(at, at + width)
    }

    fn too_deep(&mut self, at: usize) {
        let span = self.character(at);
        self.findings.push(
            Diagnostic::error(NESTED, span, format!("more than {NESTING} brackets are open here"))
                .help("give a part of it a name with `define`"),
        );
    }
}

fn pairs(open: char, close: char) -> bool {
    matches!((open, close), ('{', '}') | ('(' | '（', ')' | '）') | ('[' | '【', ']' | '】'))
}
