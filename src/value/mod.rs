//! Values as the engine holds them: exact numbers, civil dates, units.

mod date;
mod number;
mod symbols;
mod unit;
mod words;

pub use date::Date;
pub use number::{Number, Rounding};
pub use symbols::Symbols;
pub use unit::{Counted, Unit};
pub use words::Words;

/// The language of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// Chinese.
    Zh,
    /// English.
    En,
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
    /// The label in both languages.
    #[must_use]
    pub fn words(&self) -> Words {
        Words::new(Some(&self.zh), Some(&self.get(Language::En)))
    }

    /// The label in Chinese, or the identifier read as words in English (`monthly_income` is "monthly income").
    #[must_use]
    pub fn get(&self, language: Language) -> String {
        match language {
            Language::Zh => self.zh.clone(),
            Language::En => self.id.replace('_', " "),
        }
    }
}
