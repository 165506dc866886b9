//! Texts in both languages: labels through the `phrases` tables, conditions by printing them in each surface.

use super::Checker;
use super::names::is_chinese;
use crate::ast::{self, print};
use crate::value::Words;

impl Checker<'_> {
    /// A text with its translation, where `phrases` has one.
    pub(super) fn words(&self, text: &str) -> Words {
        let other = self.glossary.phrase(text).map(Into::into);
        if is_chinese(text) {
            Words { zh: Some(text.into()), en: other }
        } else {
            Words { zh: other, en: Some(text.into()) }
        }
    }

    /// An expression as it is written in each surface.
    pub(super) fn written(&self, expr: &ast::Expr) -> Words {
        Words {
            zh: Some(print::expr(expr, print::Surface::Chinese, &self.glossary).into()),
            en: Some(print::expr(expr, print::Surface::English, &self.glossary).into()),
        }
    }
}
