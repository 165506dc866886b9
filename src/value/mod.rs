//! Values as the engine holds them: exact numbers, civil dates, units.

use std::sync::Arc;

mod date;
mod number;
mod unit;

pub use date::Date;
pub use number::{Number, Rounding};
pub use unit::{Counted, Unit};

/// A text in one or both languages. Policy text is written in one; `phrases` give the other. Explanations hold many of them
/// at once, so a copy shares the text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Words {
    /// Chinese.
    pub zh: Option<Arc<str>>,
    /// English.
    pub en: Option<Arc<str>>,
}

/// The language of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// Chinese.
    Zh,
    /// English.
    En,
}

impl Words {
    /// The text in that language, or in the other where there is no translation.
    #[must_use]
    pub fn get(&self, language: Language) -> &str {
        let (first, second) = match language {
            Language::Zh => (&self.zh, &self.en),
            Language::En => (&self.en, &self.zh),
        };
        first.as_deref().or(second.as_deref()).unwrap_or("")
    }
}

/// A declared name: the ASCII identifier that never changes, and its Chinese label.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
pub struct Label {
    /// The identifier, `[a-z][a-zA-Z0-9_]*`.
    pub id: String,
    /// The Chinese label; the identifier where none was declared.
    pub zh: String,
}

impl Label {
    /// The label in Chinese, or the identifier read as words in English (`monthly_income` is "monthly income").
    #[must_use]
    pub fn get(&self, language: Language) -> String {
        match language {
            Language::Zh => self.zh.clone(),
            Language::En => self.id.replace('_', " "),
        }
    }
}
