//! Names: one identifier and one Chinese name for each thing, in the whole set.

use super::Checker;
use crate::ast::{self, builtin::BUILTIN};
use crate::checked::error::{TWO_NAMES, UNKNOWN_NAME};
use crate::diagnostic::Diagnostic;
use crate::near::nearest;
use crate::span::Span;
use crate::value::Label;
use std::collections::{BTreeMap, BTreeSet};

/// The two-way glossary of the set.
#[derive(Default)]
pub(super) struct Names {
    /// Identifier to Chinese name, with the first place that said so.
    zh: BTreeMap<String, (String, Span)>,
    /// Chinese name to identifier.
    id: BTreeMap<String, (String, Span)>,
    /// Identifiers declared without a Chinese name.
    bare: BTreeSet<String>,
}

impl Names {
    /// The identifier of a spelling; the spelling itself where nobody declared it.
    pub(super) fn id<'b>(&'b self, spelling: &'b str) -> &'b str {
        self.id.get(spelling).map_or(spelling, |(id, _)| id.as_str())
    }

    /// Whether somebody declared the spelling, in either language.
    pub(super) fn knows(&self, spelling: &str) -> bool {
        self.zh.contains_key(spelling) || self.id.contains_key(spelling) || self.bare.contains(spelling)
    }

    /// Identifier and Chinese name of a spelling.
    pub(super) fn label(&self, spelling: &str) -> Label {
        let id = self.id(spelling).to_owned();
        let zh = self.zh.get(&id).map_or_else(|| id.clone(), |(zh, _)| zh.clone());
        Label { id, zh }
    }

    fn count(&self) -> usize {
        self.zh.len() + self.id.len() + self.bare.len()
    }

    fn spellings(&self) -> impl Iterator<Item = &str> {
        self.zh.keys().chain(self.id.keys()).chain(&self.bare).map(String::as_str)
    }
}

/// Whether a spelling is in Chinese.
pub(super) fn is_chinese(text: &str) -> bool {
    !text.is_ascii()
}

impl Checker<'_> {
    /// Reads every declared pair of the set.
    pub(super) fn collect_names(&mut self, files: &[ast::File]) {
        for (id, zh) in BUILTIN {
            self.names.zh.insert((*id).to_owned(), ((*zh).to_owned(), Span::default()));
            self.names.id.insert((*zh).to_owned(), ((*id).to_owned(), Span::default()));
        }
        for item in files.iter().flat_map(|f| &f.items) {
            match item {
                ast::Item::Enum(e) => {
                    self.add_pair(&e.pair);
                    self.add_values(&e.values);
                }
                ast::Item::Record(r) => {
                    self.add_pair(&r.pair);
                    self.add_fields(&r.fields);
                }
                ast::Item::Define(d) => self.add_pair(&d.pair),
                ast::Item::Parameter(p) => self.add_pair(&p.pair),
                ast::Item::Policy(p) => self.add_pair(&p.pair),
                ast::Item::Always(_) | ast::Item::Phrases(_) | ast::Item::Silence(_) => {}
            }
        }
        self.one_translation(files);
    }

    /// A text has one translation, and no two texts have the same: otherwise the other surface would mean something else.
    fn one_translation(&mut self, files: &[ast::File]) {
        let mut seen: BTreeMap<&str, &ast::Phrase> = BTreeMap::new();
        let mut clashes = Vec::new();
        for item in files.iter().flat_map(|f| &f.items) {
            let ast::Item::Phrases(phrases) = item else { continue };
            for phrase in phrases {
                for (text, other) in [(&phrase.one, &phrase.other), (&phrase.other, &phrase.one)] {
                    let before = seen.insert(&text.text, phrase);
                    let differs = before.is_some_and(|b| b.one.text != other.text && b.other.text != other.text);
                    if let Some(before) = before.filter(|_| differs) {
                        clashes.push((text.span, text.text.clone(), before.one.span));
                    }
                }
            }
        }
        for (span, text, before) in clashes {
            self.report(
                Diagnostic::error(TWO_NAMES, span, format!("“{text}” has two translations"))
                    .related(before, "translated here before")
                    .help("keep one, or word one of the two texts differently"),
            );
        }
    }

    fn add_values(&mut self, values: &[ast::EnumValue]) {
        for value in values {
            self.add_pair(&value.pair);
            self.add_values(&value.inside);
        }
    }

    fn add_fields(&mut self, fields: &[ast::Field]) {
        for field in fields {
            self.add_pair(&field.pair);
            if let ast::TypeExpr::ListOf(inner, _) | ast::TypeExpr::Inline(inner, _) = &field.ty {
                self.add_fields(inner);
            }
        }
    }

    fn add_pair(&mut self, pair: &ast::Pair) {
        let name = pair.name.text.as_str();
        let Some(other) = pair.other.as_ref() else {
            // A value or fact may lean on a pair that is declared elsewhere; whether it is known is asked later.
            if !is_chinese(name) {
                self.names.bare.insert(name.to_owned());
            }
            return;
        };
        let (id, zh) = if is_chinese(name) { (other.text.as_str(), name) } else { (name, other.text.as_str()) };
        let span = pair.name.span.to(other.span);
        let han = |c: char| ('\u{3400}'..='\u{9fff}').contains(&c) && c != '的';
        let ascii = |c: char| c.is_ascii_alphanumeric() || c == '_';
        // A name that is empty would be printed as nothing.
        if zh.is_empty()
            || !zh.chars().all(han)
            || !id.chars().all(ascii)
            || !id.starts_with(|c: char| c.is_ascii_lowercase())
        {
            self.report(
                Diagnostic::error(TWO_NAMES, span, format!("`{id}` and `{zh}` cannot be a pair of names"))
                    .label("one identifier and one Chinese name are needed")
                    .help(
                        "an identifier has letters, digits and `_`; a Chinese name has Han characters only, and no 的",
                    ),
            );
            return;
        }
        let clash = match (self.names.zh.get(id), self.names.id.get(zh)) {
            (Some((was, at)), _) if was != zh => Some((format!("`{id}` is also called `{was}`"), *at)),
            (_, Some((was, at))) if was != id => Some((format!("`{zh}` is also the name of `{was}`"), *at)),
            _ => None,
        };
        if let Some((message, at)) = clash {
            let mut finding = Diagnostic::error(TWO_NAMES, span, message).label("a second name for it").help(
                "a thing has one identifier and one Chinese name in the whole set; use the same pair, or another name",
            );
            if at != Span::default() {
                finding = finding.related(at, "first named here");
            }
            self.report(finding);
            return;
        }
        self.names.zh.entry(id.to_owned()).or_insert_with(|| (zh.to_owned(), span));
        self.names.id.entry(zh.to_owned()).or_insert_with(|| (id.to_owned(), span));
    }

    /// The label of a declared name; reports a Chinese name that has no identifier.
    pub(super) fn declared_label(&mut self, pair: &ast::Pair) -> Label {
        let label = self.names.label(&pair.name.text);
        if is_chinese(&label.id) {
            self.report(
                Diagnostic::error(TWO_NAMES, pair.name.span, format!("`{}` has no identifier", label.id))
                    .label("an ASCII identifier in quotes is needed once")
                    .help(format!("write `{} “identifier”` where it is declared", label.id)),
            );
        }
        label
    }

    /// Reports a name that means nothing here. `candidates` are the names that would, as identifiers.
    pub(super) fn unknown_name<'b>(
        &mut self,
        name: &ast::Name,
        what: &str,
        candidates: impl IntoIterator<Item = &'b str>,
    ) {
        let text = name.text.as_str();
        let mut finding = Diagnostic::error(UNKNOWN_NAME, name.span, format!("nobody declared {what} `{text}`"));
        if self.comparisons == 0 {
            self.report(finding);
            return;
        }
        let candidates: Vec<String> = candidates
            .into_iter()
            .flat_map(|id| {
                let label = self.names.label(id);
                [label.id, label.zh]
            })
            .collect();
        self.comparisons = self.comparisons.saturating_sub(candidates.len() + self.names.count());
        let numeral = |c: char| "一二三四五六七八九十百千万两零".contains(c);
        if text.starts_with(numeral) && text.chars().filter(|c| numeral(*c)).count() * 2 >= text.chars().count() {
            finding = finding.help("write numbers in digits: `60周岁`, `3万元`");
        } else if let Some(cut) = self.cut(text) {
            finding = finding.help(format!("put spaces between the words: `{}`", cut.join(" ")));
        } else if let Some(near) = nearest(text, candidates.iter().map(String::as_str)) {
            finding = finding.help(format!("did you mean `{near}`?"));
        } else if let Some(near) = nearest(text, self.names.spellings()).filter(|near| *near != text) {
            finding = finding.help(format!("there is a `{near}`, but it is not {what}"));
        } else if self.names.knows(text) {
            finding = finding.help(format!("`{text}` is declared, but it is not {what}"));
        }
        self.report(finding);
    }

    /// `户籍地在上海市` is one long name to a parser: cuts it into declared names and operators, the fewest pieces first.
    fn cut(&self, text: &str) -> Option<Vec<String>> {
        const WORDS: [&str; 24] = [
            "是",
            "不是",
            "在",
            "不在",
            "低于",
            "不低于",
            "超过",
            "不超过",
            "满",
            "未满",
            "早于",
            "晚于",
            "不早于",
            "不晚于",
            "并且",
            "或者",
            "并非",
            "正在享受",
            "未享受",
            "已认定为",
            "未认定为",
            "包括",
            "不包括",
            "没有",
        ];
        if !is_chinese(text) || text.chars().count() > 60 {
            return None;
        }
        let ends: Vec<usize> = text.char_indices().map(|(i, _)| i).skip(1).chain([text.len()]).collect();
        let mut best: BTreeMap<usize, Vec<&str>> = BTreeMap::from([(0, Vec::new())]);
        for end in ends {
            let pieces = best
                .iter()
                .filter_map(|(start, pieces)| {
                    let piece = text.get(*start..end)?;
                    let known = WORDS.contains(&piece) || self.names.id.contains_key(piece);
                    known.then(|| [pieces.as_slice(), &[piece]].concat())
                })
                .min_by_key(Vec::len);
            if let Some(pieces) = pieces {
                best.insert(end, pieces);
            }
        }
        let pieces = best.remove(&text.len())?;
        (pieces.len() > 1).then(|| pieces.into_iter().map(str::to_owned).collect())
    }
}
