//! What is probably not meant: warnings about policies that are valid.
//!
//! Whether a condition can hold is decided exactly, over every household the vocabulary and the constraints allow, by the
//! same search that decides verdicts: a warning "can never hold" is proved, a warning "there is a household" shows it, and
//! where the search ends without either there is no warning.
//!
//! A warning that is meant to stay is silenced in the text, with the reason: `allow W209: "why"`.

mod conditions;
pub mod error;
mod figures;
mod pairs;
mod parts;
mod places;
mod scenarios;
mod silence;
mod tables;
mod unused;

use crate::checked::Model;
use crate::cores;
use crate::diagnostic::Diagnostic;
use crate::ids::PolicyId;
pub use crate::prove::Witness;
use crate::prove::{Claim, Proof, Prover};
use crate::span::Span;
use crate::value::{Date, Words};
pub use figures::ending_figures;

/// A warning, and what is known about it.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What is said.
    pub diagnostic: Diagnostic,
    /// The policy it is about; none where it is about something that policies share.
    pub policy: Option<PolicyId>,
    /// Identifiers of what it is about, by which an `allow` may name it.
    pub names: Vec<String>,
    /// The household that shows it, where it says that there is one.
    pub witness: Option<Witness>,
    /// Why it is meant to stay, where an `allow` says so.
    pub silenced: Option<Words>,
}

impl Finding {
    fn new(diagnostic: Diagnostic) -> Self {
        Self { diagnostic, policy: None, names: Vec::new(), witness: None, silenced: None }
    }

    fn of(diagnostic: Diagnostic, policy: PolicyId) -> Self {
        Self { policy: Some(policy), ..Self::new(diagnostic) }
    }

    fn named(mut self, names: impl IntoIterator<Item = String>) -> Self {
        self.names.extend(names);
        self
    }
}

/// The warnings on a policy set, those that are silenced among them. `starts` are the first days of its epochs. `as_of` is
/// the day for what depends on the present, such as a period that is over; without it nothing is said of that.
///
/// Warnings come in the order of the texts.
#[must_use]
pub fn lint(model: &Model, starts: &[Date], as_of: Option<Date>) -> Vec<Finding> {
    let (mut findings, found) = cores::both(
        || {
            let mut prover = Prover::new(model, starts, None, crate::prove::BRISK);
            let mut findings = Vec::new();
            let told = conditions::look(model, &mut prover, &mut findings);
            tables::look(model, &mut prover, &mut findings);
            pairs::look(model, starts, &mut prover, &told, &mut findings);
            places::look(model, &mut prover, &mut findings);
            findings
        },
        || {
            let mut findings = Vec::new();
            scenarios::look(model, starts, &mut findings);
            figures::look(model, as_of, &mut findings);
            unused::look(model, &mut findings);
            findings
        },
    );
    findings.extend(found);
    silence::apply(model, &mut findings);
    findings.sort_by(|a, b| {
        let key = |f: &Finding| (f.diagnostic.span, f.diagnostic.code.id);
        key(a).cmp(&key(b)).then_with(|| a.diagnostic.message.cmp(&b.diagnostic.message))
    });
    findings
}

/// `: the text`, where there is one.
fn said(words: Option<&Words>) -> String {
    let text = words.map_or("", |w| w.get(crate::value::Language::En));
    if text.is_empty() { String::new() } else { format!(": {text}") }
}

fn inside(inner: Span, outer: Span) -> bool {
    inner.file == outer.file && outer.start <= inner.start && inner.end <= outer.end
}
