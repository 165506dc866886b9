//! A text in one or both languages.

use super::Language;
use std::fmt::{Debug, Formatter, Result};
use std::sync::Arc;

/// A text in one or both languages. Policy text is written in one; `phrases` give the other. Explanations hold many of them
/// at once, so both stand in one piece of memory, and a copy shares it.
///
/// ```
/// use entitle::value::{Language, Words};
/// let tea = Words::new(Some("茶"), Some("tea"));
/// assert_eq!((tea.zh(), tea.get(Language::En)), (Some("茶"), "tea"));
/// assert_eq!(Words::new(None, Some("tea")).get(Language::Zh), "tea");
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Words {
    /// The Chinese text and the English one behind it.
    both: Option<Arc<str>>,
    /// Where the English one begins.
    middle: u32,
    /// The language there is no text in.
    lacks: Option<Language>,
}

impl Words {
    /// A text with its translation, where there is one. Nothing is kept where the Chinese text alone has four gigabytes; no file may be that long.
    #[must_use]
    pub fn new(zh: Option<&str>, en: Option<&str>) -> Self {
        let lacks = match (zh, en) {
            (None, None) => return Self::default(),
            (None, Some(_)) => Some(Language::Zh),
            (Some(_), None) => Some(Language::En),
            (Some(_), Some(_)) => None,
        };
        let (zh, en) = (zh.unwrap_or(""), en.unwrap_or(""));
        let Ok(middle) = u32::try_from(zh.len()) else { return Self::default() };
        let both = if zh.is_empty() {
            en.into()
        } else if en.is_empty() {
            zh.into()
        } else {
            [zh, en].concat().into()
        };
        Self { both: Some(both), middle, lacks }
    }

    /// The Chinese text.
    #[must_use]
    pub fn zh(&self) -> Option<&str> {
        self.text(Language::Zh)
    }

    /// The English text.
    #[must_use]
    pub fn en(&self) -> Option<&str> {
        self.text(Language::En)
    }

    /// The text in that language, or in the other where there is no translation.
    #[must_use]
    pub fn get(&self, language: Language) -> &str {
        let language = match (self.lacks, language) {
            (Some(Language::Zh), Language::Zh) => Language::En,
            (Some(Language::En), Language::En) => Language::Zh,
            _ => language,
        };
        self.text(language).unwrap_or("")
    }

    /// The same between other words, each language its own.
    #[must_use]
    pub fn around(&self, zh: (&str, &str), en: (&str, &str)) -> Self {
        let between = |(before, after), text: Option<&str>| text.map(|text| [before, text, after].concat());
        Self::new(between(zh, self.zh()).as_deref(), between(en, self.en()).as_deref())
    }

    fn text(&self, language: Language) -> Option<&str> {
        let both = self.both.as_deref().filter(|_| self.lacks != Some(language))?;
        let middle = self.middle as usize;
        match language {
            Language::Zh => both.get(..middle),
            Language::En => both.get(middle..),
        }
    }
}

impl Debug for Words {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.debug_struct("Words").field("zh", &self.zh()).field("en", &self.en()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_text_is_not_a_missing_one() {
        let (none, empty) = (Words::new(None, Some("tea")), Words::new(Some(""), Some("tea")));
        assert_eq!((none.zh(), empty.zh()), (None, Some("")));
        assert_ne!(none, empty);
        assert_eq!((none.get(Language::Zh), empty.get(Language::Zh)), ("tea", ""));
        assert_eq!(Words::new(None, None), Words::default());
        assert_ne!(Words::new(Some("a"), Some("")), Words::new(Some(""), Some("a")));
    }
}
