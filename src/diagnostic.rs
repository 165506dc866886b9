//! What is wrong with policy text, said so that its author can mend it.
//!
//! The house rules for messages stand in `ARCHITECTURE.md` under "How messages are written". In short: the
//! message says what is wrong in the author's words, lower case, no full stop, names in backticks; the label says
//! what was expected at the place; the help says what to write instead.

use crate::span::{Sources, Span};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The policy set cannot be used.
    Error,
    /// Probably not what its author meant.
    Warning,
}

/// A finding's stable code, such as `E101`, and what it is about in a few words. Codes never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code {
    /// The code itself.
    pub id: &'static str,
    /// What findings with this code are about.
    pub title: &'static str,
}

impl Code {
    /// A code with its title.
    #[must_use]
    pub const fn new(id: &'static str, title: &'static str) -> Self {
        Self { id, title }
    }
}

/// One finding in policy text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The stable code.
    pub code: Code,
    /// Error or warning.
    pub level: Level,
    /// What is wrong.
    pub message: String,
    /// Where.
    pub span: Span,
    /// What was expected at that place; may be empty.
    pub label: String,
    /// Other places that matter, such as the earlier declaration.
    pub related: Vec<(Span, String)>,
    /// What to write instead.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error with neither label nor help yet.
    #[must_use]
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            level: Level::Error,
            message: message.into(),
            span,
            label: String::new(),
            related: Vec::new(),
            help: None,
        }
    }

    /// A warning with neither label nor help yet.
    #[must_use]
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self { level: Level::Warning, ..Self::error(code, span, message) }
    }

    /// Says what was expected at the place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Says what to write instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Points at another place that matters.
    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push((span, text.into()));
        self
    }

    /// One line for logs: `file:line:column: error[E101]: message`.
    #[must_use]
    pub fn line(&self, sources: &Sources) -> String {
        let (line, column) = sources.line_column(self.span);
        let name = sources.get(self.span.file).map_or("", |f| f.name.as_str());
        let level = match self.level {
            Level::Error => "error",
            Level::Warning => "warning",
        };
        format!("{name}:{line}:{column}: {level}[{}]: {}", self.code.id, self.message)
    }
}
