//! The one error of the library.

use crate::diagnostic::Diagnostic;
use crate::refusal::Refusal;
use crate::span::Sources;
use std::fmt;

/// Why something could not be done. Opaque on purpose: the kinds grow, what callers do with them stays the same.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: Kind,
    message: String,
    findings: Vec<Diagnostic>,
    sources: Option<Sources>,
    source: Option<std::io::Error>,
    refusal: Option<Refusal>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Io,
    Policies,
    Profile,
    Limit,
    Pack,
    Key,
    Stale,
}

impl Error {
    pub(crate) fn io(what: impl Into<String>, source: std::io::Error) -> Self {
        Self::new(Kind::Io, what.into(), Some(source))
    }

    pub(crate) fn policies(findings: Vec<Diagnostic>, sources: Sources) -> Self {
        let errors = findings.iter().filter(|f| f.level == crate::diagnostic::Level::Error).count();
        let first = findings.first().map(|f| f.line(&sources)).unwrap_or_default();
        let mut error =
            Self::new(Kind::Policies, format!("the policies have {errors} error(s); the first: {first}"), None);
        error.0.findings = findings;
        error.0.sources = Some(sources);
        error
    }

    pub(crate) fn profile(message: impl Into<String>) -> Self {
        Self::new(Kind::Profile, message.into(), None)
    }

    pub(crate) fn limit(message: impl Into<String>) -> Self {
        Self::new(Kind::Limit, message.into(), None)
    }

    #[cfg(feature = "pack")]
    pub(crate) fn refused(refusal: Refusal) -> Self {
        let mut error = Self::new(Kind::Pack, refusal.message(crate::value::Language::En), None);
        error.0.refusal = Some(refusal);
        error
    }

    #[cfg(feature = "pack")]
    pub(crate) fn key(message: impl Into<String>) -> Self {
        Self::new(Kind::Key, message.into(), None)
    }

    #[cfg(feature = "reload")]
    pub(crate) fn stale(message: impl Into<String>) -> Self {
        Self::new(Kind::Stale, message.into(), None)
    }

    fn new(kind: Kind, message: String, source: Option<std::io::Error>) -> Self {
        Self(Box::new(Inner { kind, message, findings: Vec::new(), sources: None, source, refusal: None }))
    }

    /// Whether a file or folder could not be read.
    #[must_use]
    pub fn is_io(&self) -> bool {
        self.0.kind == Kind::Io
    }

    /// Whether policy text is wrong; then [`findings`](Self::findings) says where.
    #[must_use]
    pub fn is_policies(&self) -> bool {
        self.0.kind == Kind::Policies
    }

    /// Whether a profile is wrong.
    #[must_use]
    pub fn is_profile(&self) -> bool {
        self.0.kind == Kind::Profile
    }

    /// Whether a limit was passed.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        self.0.kind == Kind::Limit
    }

    /// Whether a pack was refused; then [`refusal`](Self::refusal) says why.
    #[must_use]
    pub fn is_pack(&self) -> bool {
        self.0.kind == Kind::Pack
    }

    /// Whether a key for signing or checking packs is wrong.
    #[must_use]
    pub fn is_key(&self) -> bool {
        self.0.kind == Kind::Key
    }

    /// Whether something belongs to a policy set that has been replaced.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.0.kind == Kind::Stale
    }

    /// Why a pack was refused; none for other errors.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        self.0.refusal.as_ref()
    }

    /// The findings in policy text; empty for other errors.
    #[must_use]
    pub fn findings(&self) -> &[Diagnostic] {
        &self.0.findings
    }

    /// The texts that the findings point into.
    #[must_use]
    pub fn sources(&self) -> Option<&Sources> {
        self.0.sources.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|e| e as _)
    }
}
