//! Warnings that are meant to stay, with their reasons.

use super::Checker;
use crate::ast::{self, Clause, Item};
use crate::checked::Silence;
use crate::ids::PolicyId;

impl Checker<'_> {
    pub(super) fn check_silences(&mut self, files: &[ast::File]) {
        for item in files.iter().flat_map(|f| &f.items) {
            match item {
                Item::Silence(silence) => {
                    if silence.names.is_empty() {
                        self.clause(
                            silence.span,
                            "an `allow` outside a policy does not say what it is about",
                            "name the facts, figures, definitions or policies: `allow W206 name: \"why\"`",
                        );
                    }
                    self.silence(silence, None);
                }
                Item::Policy(policy) => {
                    let id = self.declared_policy(policy);
                    let silences = policy.clauses.iter();
                    for silence in silences.filter_map(|c| if let Clause::Silence(s) = c { Some(s) } else { None }) {
                        self.silence(silence, id);
                    }
                }
                _ => {}
            }
        }
    }

    fn silence(&mut self, silence: &ast::Silence, policy: Option<PolicyId>) {
        let mut names = Vec::new();
        for name in &silence.names {
            if self.names.knows(&name.text) {
                names.push((self.names.id(&name.text).to_owned(), name.span));
            } else {
                self.unknown_name(name, "a name of this set", []);
            }
        }
        let reason = silence.reason.as_ref().filter(|r| !r.text.trim().is_empty()).map(|r| self.words(&r.text));
        self.model.silences.push(Silence {
            code: silence.code.text.clone(),
            policy,
            names,
            reason,
            span: silence.span,
        });
    }
}
