//! Texts in both languages: labels through the `phrases` tables, conditions by printing them in each surface.

use super::Checker;
use super::names::is_chinese;
use crate::ast::{self, print};
use crate::value::Words;

impl Checker<'_> {
    /// A text with its translation, where `phrases` has one.
    pub(super) fn words(&self, text: &str) -> Words {
        let other = self.glossary.phrase(text);
        if is_chinese(text) { Words::new(Some(text), other) } else { Words::new(other, Some(text)) }
    }

    /// An expression as it is written in each surface.
    pub(super) fn written(&self, expr: &ast::Expr) -> Words {
        let [zh, en] = [print::Surface::Chinese, print::Surface::English]
            .map(|surface| print::expr(expr, surface, &self.glossary));
        Words::new(Some(&zh), Some(&en))
    }
}
