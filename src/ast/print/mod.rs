//! Syntax tree -> canonical text, in either surface. Reading the print gives the same tree; printing in the other
//! surface and back gives the same bytes.

mod clause;
mod expression;
mod glossary;
mod literal;

use super::{File, Item};
pub use glossary::Glossary;

/// Which spelling of the language is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Surface {
    /// English.
    English,
    /// Chinese.
    Chinese,
}

/// A line that is longer is broken where the grammar lets it continue.
const WIDTH: usize = 110;

/// Prints a whole file.
///
/// ```
/// use entitle::{ast::{from_text, print}, span::FileId};
/// let (file, _) = from_text::parse(FileId(0), "政策  茶 “tea”   面向 人员");
/// let (people, _) = from_text::parse(FileId(1), "record person \"人员\" { name_known \"有名\": yes/no }");
/// let glossary = print::Glossary::collect(&[&file, &people]);
/// assert_eq!(print::print(&file, print::Surface::English, &glossary), "policy tea \"茶\" for person\n");
/// ```
#[must_use]
pub fn print(file: &File, surface: Surface, glossary: &Glossary) -> String {
    let mut printer = Printer::new(surface, glossary);
    printer.comments = file.comments.iter().collect();
    printer.comments.reverse();
    let mut blank_after = false;
    for (i, item) in file.items.iter().enumerate() {
        let span = item_span(item);
        let block = matches!(item, Item::Record(_) | Item::Policy(_) | Item::Phrases(_));
        if i > 0 && (block || blank_after) {
            printer.text.push('\n');
        }
        blank_after = block;
        if let Some(span) = span {
            printer.leading_comments(span.start);
        }
        printer.item(item);
    }
    printer.leading_comments(u32::MAX);
    aligned(&printer.text, &printer.behind)
}

/// Comments behind statements on lines that follow each other begin in one column.
fn aligned(text: &str, behind: &[usize]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut group: Vec<(&str, &str)> = Vec::new();
    let flush = |group: &mut Vec<(&str, &str)>, out: &mut String| {
        let widest = group.iter().map(|(code, _)| width(code)).max().unwrap_or(0);
        for (code, comment) in group.drain(..) {
            out.push_str(code);
            out.push_str(&" ".repeat(widest.saturating_sub(width(code))));
            out.push_str(comment);
        }
    };
    let mut behind = behind.iter().copied().peekable();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        match behind.next_if(|at| *at < end).and_then(|at| line.split_at_checked(at.saturating_sub(start))) {
            Some(parts) => group.push(parts),
            None => {
                flush(&mut group, &mut out);
                out.push_str(line);
            }
        }
        start = end;
    }
    flush(&mut group, &mut out);
    out
}

/// How many columns a text takes: Chinese characters and full-width signs take two.
fn width(text: &str) -> usize {
    text.chars().map(|c| if u32::from(c) > 0x2E7F { 2 } else { 1 }).sum()
}

/// Prints one expression on one line.
#[must_use]
pub fn expr(expr: &super::Expr, surface: Surface, glossary: &Glossary) -> String {
    Printer::new(surface, glossary).expr(expr)
}

/// Prints one scenario, indented to stand in a policy.
#[must_use]
pub fn scenario(scenario: &super::Scenario, surface: Surface, glossary: &Glossary) -> String {
    let mut printer = Printer::new(surface, glossary);
    printer.indent = 1;
    printer.scenario(scenario);
    printer.text
}

/// The surface a text is written in: that of its first declaration.
///
/// ```
/// use entitle::ast::print::{Surface, surface_of};
/// assert_eq!(surface_of("// tea\n政策 茶 面向 人员"), Surface::Chinese);
/// ```
#[must_use]
pub fn surface_of(text: &str) -> Surface {
    let first = text.lines().map(str::trim).find(|l| !l.is_empty() && !l.starts_with("//")).unwrap_or("");
    if first.starts_with(|c: char| c.is_ascii_alphabetic()) { Surface::English } else { Surface::Chinese }
}

fn item_span(item: &Item) -> Option<crate::span::Span> {
    match item {
        Item::Enum(e) => Some(e.span),
        Item::Record(r) => Some(r.span),
        Item::Define(d) => Some(d.span),
        Item::Parameter(p) => Some(p.span),
        Item::Always(a) => Some(a.span),
        Item::Policy(p) => Some(p.span),
        Item::Phrases(p) => p.first().map(|p| p.one.span),
        Item::Silence(s) => Some(s.span),
    }
}

struct Printer<'a> {
    surface: Surface,
    glossary: &'a Glossary,
    text: String,
    indent: usize,
    /// Comments not printed yet, the next one last.
    comments: Vec<&'a super::Comment>,
    /// Where in the text a comment behind a statement begins.
    behind: Vec<usize>,
}

impl<'a> Printer<'a> {
    fn new(surface: Surface, glossary: &'a Glossary) -> Self {
        Self { surface, glossary, text: String::new(), indent: 0, comments: Vec::new(), behind: Vec::new() }
    }

    fn zh(&self) -> bool {
        self.surface == Surface::Chinese
    }

    fn pick(&self, en: &'static str, zh: &'static str) -> &'static str {
        if self.zh() { zh } else { en }
    }

    /// A keyword by its rule.
    fn word(&self, rule: &str) -> &'static str {
        super::keywords::spellings(rule).map_or("", |(en, zh)| self.pick(en, zh))
    }

    fn name(&self, name: &super::Name) -> String {
        self.glossary.spelling(&name.text, self.surface).to_owned()
    }

    fn quote(&self, text: &str) -> String {
        // Straight quotes cannot hold a straight quote, nor curly ones an odd number of curly ones; the other form can.
        let curly = self.zh() && !text.contains('"') || text.contains('"');
        if curly { format!("“{text}”") } else { format!("\"{text}\"") }
    }

    fn label(&self, text: &str) -> String {
        self.quote(self.glossary.in_surface(text, self.surface))
    }

    /// `name "other"`.
    fn pair(&self, pair: &super::Pair) -> String {
        let first = self.name(&pair.name);
        if pair.other.is_none() {
            return first;
        }
        let other = if self.zh() { Surface::English } else { Surface::Chinese };
        let second = self.glossary.spelling(&pair.name.text, other);
        format!("{first} {}", self.quote(second))
    }

    fn colon(&self) -> &'static str {
        self.pick(": ", "：")
    }

    fn comma(&self) -> &'static str {
        self.pick(", ", "、")
    }

    fn line(&mut self, text: &str, span: crate::span::Span) {
        self.leading_comments(span.start);
        self.text.push_str(&"    ".repeat(self.indent));
        self.text.push_str(text);
        self.trailing_comment(span);
        self.text.push('\n');
    }

    /// Comments that stand before a place, each on its line.
    fn leading_comments(&mut self, before: u32) {
        while let Some(comment) = self.comments.pop_if(|c| c.span.start < before) {
            self.text.push_str(&"    ".repeat(self.indent));
            self.text.push_str("// ");
            self.text.push_str(&comment.text);
            self.text.push('\n');
        }
    }

    /// A comment behind the statement that ends here. Only one that shares the line with it can follow directly.
    fn trailing_comment(&mut self, span: crate::span::Span) {
        // The code before it may end in a `;` that belongs to no statement.
        let behind = |code: u32| code >= span.start && code <= span.end.saturating_add(1);
        if let Some(comment) = self.comments.pop_if(|c| c.code_end.is_some_and(behind)) {
            self.behind.push(self.text.len());
            self.text.push_str(" // ");
            self.text.push_str(&comment.text);
        }
    }
}
