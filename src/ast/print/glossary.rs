//! Names and texts in both languages.

use super::Surface;
use crate::ast::builtin::BUILTIN;
use crate::ast::{EnumValue, Field, File, Item, Pair, TypeExpr};
use std::collections::BTreeMap;

/// Whether of a text and its translation only the translation is in a surface. A text with Chinese characters is Chinese.
pub(super) fn is_in(text: &str, translation: &str, surface: Surface) -> bool {
    let here = |text: &str| text.chars().any(|c| u32::from(c) > 0x2E7F) == (surface == Surface::Chinese);
    !here(text) && here(translation)
}

/// Which Chinese name an identifier has, which identifier a Chinese name has, and the translations of texts.
#[derive(Clone, Debug, Default)]
pub struct Glossary {
    zh: BTreeMap<String, String>,
    id: BTreeMap<String, String>,
    phrases: BTreeMap<String, String>,
}

impl Glossary {
    /// Collects every declared pair and phrase of a set of files.
    #[must_use]
    pub fn collect(files: &[&File]) -> Self {
        let mut glossary = Self::default();
        for (id, zh) in BUILTIN {
            glossary.add(id, zh);
        }
        for item in files.iter().flat_map(|f| &f.items) {
            match item {
                Item::Enum(e) => {
                    glossary.pair(&e.pair);
                    glossary.values(&e.values);
                }
                Item::Record(r) => {
                    glossary.pair(&r.pair);
                    glossary.fields(&r.fields);
                }
                Item::Define(d) => glossary.pair(&d.pair),
                Item::Parameter(p) => glossary.pair(&p.pair),
                Item::Policy(p) => glossary.pair(&p.pair),
                Item::Always(_) | Item::Silence(_) => {}
                Item::Phrases(phrases) => {
                    for phrase in phrases {
                        glossary.phrases.insert(phrase.one.text.clone(), phrase.other.text.clone());
                        glossary.phrases.insert(phrase.other.text.clone(), phrase.one.text.clone());
                    }
                }
            }
        }
        glossary
    }

    fn values(&mut self, values: &[EnumValue]) {
        for value in values {
            self.pair(&value.pair);
            self.values(&value.inside);
        }
    }

    fn fields(&mut self, fields: &[Field]) {
        for field in fields {
            self.pair(&field.pair);
            if let TypeExpr::ListOf(inner, _) | TypeExpr::Inline(inner, _) = &field.ty {
                self.fields(inner);
            }
        }
    }

    fn pair(&mut self, pair: &Pair) {
        if let Some(other) = &pair.other {
            let ascii = pair.name.text.is_ascii();
            let (id, zh) = if ascii { (&pair.name.text, &other.text) } else { (&other.text, &pair.name.text) };
            self.add(id, zh);
        }
    }

    fn add(&mut self, id: &str, zh: &str) {
        self.zh.entry(id.to_owned()).or_insert_with(|| zh.to_owned());
        self.id.entry(zh.to_owned()).or_insert_with(|| id.to_owned());
    }

    /// A name in a surface; as it is where it has no other spelling.
    #[must_use]
    pub fn spelling<'a>(&'a self, name: &'a str, surface: Surface) -> &'a str {
        let table = if surface == Surface::Chinese { &self.zh } else { &self.id };
        table.get(name).map_or(name, String::as_str)
    }

    /// The translation of a text, whichever language it is in.
    #[must_use]
    pub fn phrase(&self, text: &str) -> Option<&str> {
        self.phrases.get(text).map(String::as_str)
    }

    /// A text in a surface; as it is where nobody translated it, or where both texts are in the same language.
    #[must_use]
    pub fn in_surface<'a>(&'a self, text: &'a str, surface: Surface) -> &'a str {
        self.phrase(text).filter(|other| is_in(text, other, surface)).unwrap_or(text)
    }
}
