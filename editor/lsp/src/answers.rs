//! Answers about the name under the cursor, and about whole files.

use crate::position::{self, Encoding};
use crate::set::{Set, Workspace};
use entitle::ast::keywords::{KEYWORDS, RESERVED};
use entitle::ast::names::{Mention, names};
use entitle::ast::print::{self, Glossary, Surface, surface_of};
use entitle::ast::{File, Item, TypeExpr};
use entitle::checked::{Kind, Model, Parameter};
use entitle::diagnostic::Diagnostic;
use entitle::schema::{Field, FieldType, Provenance};
use entitle::span::{FileId, Span};
use entitle::value::{Date, Label, Language};
use lsp_types::{
    CompletionItem, CompletionItemKind, Hover, HoverContents, Location, MarkupContent, MarkupKind, Position, Range,
    TextEdit, Uri,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

/// The message of a finding: what is wrong, what was expected there, and what to write.
pub(crate) fn message(finding: &Diagnostic) -> String {
    let mut text = finding.message.clone();
    if !finding.label.is_empty() {
        text += &format!("\n{}", finding.label);
    }
    if let Some(help) = &finding.help {
        text += &format!("\n{help}");
    }
    text
}

/// The place that a request is about.
struct Place {
    set: Rc<Set>,
    file: FileId,
    text: String,
    byte: usize,
}

impl Place {
    fn of(workspace: &mut Workspace, params: &Value, encoding: Encoding) -> Result<Self, String> {
        let uri = params.pointer("/textDocument/uri").and_then(Value::as_str).ok_or("there is no document")?;
        let position = params.get("position").cloned().unwrap_or(json!({ "line": 0, "character": 0 }));
        let position: Position = serde_json::from_value(position).map_err(|e| e.to_string())?;
        let set = workspace.set_of(uri).ok_or("there is no such file")?;
        let file = set.file(uri).ok_or("there is no such file")?;
        let text = set.sources.get(file).map(|s| s.text.clone()).unwrap_or_default();
        let byte = position::byte(&text, position, encoding);
        Ok(Self { set, file, text, byte })
    }

    fn tree(&self) -> Option<&File> {
        self.set.files.get(self.file.0 as usize)
    }

    /// The name under the cursor, also where the cursor stands right behind it.
    fn mention(&self) -> Option<Mention<'_>> {
        let mut found = None;
        names(self.tree()?, &mut |m| {
            if m.span.start as usize <= self.byte && self.byte <= m.span.end as usize {
                found = Some(m);
            }
        });
        found
    }

    fn language(&self) -> Language {
        if surface_of(&self.text) == Surface::Chinese { Language::Zh } else { Language::En }
    }
}

/// Every name in the set that is spelt so, or that is the same thing in the other language.
fn mentions<'s>(set: &'s Set, spelling: &str) -> Vec<Mention<'s>> {
    let both = spellings(set, spelling);
    let mut found = Vec::new();
    for file in &set.files {
        names(file, &mut |m| {
            if both.contains(m.text) {
                found.push(m);
            }
        });
    }
    found
}

/// A name in both languages.
fn spellings(set: &Set, name: &str) -> BTreeSet<String> {
    let glossary = Glossary::collect(&set.files.iter().collect::<Vec<_>>());
    let mut both = BTreeSet::from([name.to_owned()]);
    both.extend([Surface::Chinese, Surface::English].map(|s| glossary.spelling(name, s).to_owned()));
    both
}

fn location(set: &Set, span: Span, encoding: Encoding) -> Option<Location> {
    let source = set.sources.get(span.file)?;
    let uri: Uri = source.name.parse().ok()?;
    Some(Location { uri, range: position::range(&source.text, span, encoding) })
}

/// Where the name under the cursor is declared.
pub(crate) fn definition(workspace: &mut Workspace, params: &Value, encoding: Encoding) -> Result<Value, String> {
    let place = Place::of(workspace, params, encoding)?;
    let Some(mention) = place.mention() else { return Ok(Value::Null) };
    let mut declared: Vec<Mention<'_>> =
        mentions(&place.set, mention.text).into_iter().filter(|m| m.declares).collect();
    // A declaration names the thing in both languages; one place is enough.
    declared.dedup_by(|b, a| b.span.file == a.span.file && b.span.start.saturating_sub(a.span.end) <= 4);
    let found: Vec<Location> = declared.iter().filter_map(|m| location(&place.set, m.span, encoding)).collect();
    Ok(json!(found))
}

/// Every place where the thing is named, in either language.
pub(crate) fn references(workspace: &mut Workspace, params: &Value, encoding: Encoding) -> Result<Value, String> {
    let place = Place::of(workspace, params, encoding)?;
    let Some(mention) = place.mention() else { return Ok(Value::Null) };
    let all = mentions(&place.set, mention.text);
    let found: Vec<Location> = all.iter().filter_map(|m| location(&place.set, m.span, encoding)).collect();
    Ok(json!(found))
}

/// What the name under the cursor stands for.
pub(crate) fn hover(workspace: &mut Workspace, params: &Value, encoding: Encoding) -> Result<Value, String> {
    let place = Place::of(workspace, params, encoding)?;
    let Some(mention) = place.mention() else { return Ok(Value::Null) };
    let said = described(&place.set.model, mention.text, place.language());
    if said.is_empty() {
        return Ok(Value::Null);
    }
    let range = Some(position::range(&place.text, mention.span, encoding));
    let contents = HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value: said.join("\n\n---\n\n") });
    Ok(json!(Hover { contents, range }))
}

/// All that a name stands for, each in a few lines.
fn described(model: &Model, name: &str, language: Language) -> Vec<String> {
    let zh = language == Language::Zh;
    let is = |label: &Label| label.id == name || label.zh == name;
    let head = |label: &Label, what: &str| format!("**{}** `{}` — {what}", label.zh, label.id);
    let schema = &model.schema;
    let mut all = Vec::new();
    for field in schema.fields.iter().filter(|f| is(&f.name)) {
        let owner = schema.entity(field.entity).map(|e| e.name.get(language)).unwrap_or_default();
        let what = if zh { format!("{owner}的事实") } else { format!("a fact of {owner}") };
        let mut text = format!("{}\n\n{}", head(&field.name, &what), type_of(model, field, language));
        match &field.provenance {
            Provenance::Declared => {}
            Provenance::Register(register) => {
                text += &if zh {
                    format!("，登记于{}", register.zh)
                } else {
                    format!(", held by {}", register.get(language))
                };
            }
            Provenance::Judged => text += if zh { "，人工认定" } else { ", only a caseworker can say it" },
        }
        if !field.was.is_empty() {
            let was = field.was.join(", ");
            text += &if zh { format!("；曾用名 {was}") } else { format!("; formerly {was}") };
        }
        all.push(text);
    }
    let mut told = BTreeSet::new();
    for define in model.defines.iter().filter(|d| is(&d.name)) {
        let owner = define.owner.and_then(|o| schema.entity(o)).map(|e| e.name.get(language)).unwrap_or_default();
        // A definition that says `this` stands once for each policy.
        if told.insert(owner.clone()) {
            let what = if zh { format!("{owner}的定义") } else { format!("a definition of {owner}") };
            all.push(head(&define.name, &what));
        }
    }
    for parameter in model.parameters.iter().filter(|p| is(&p.name)) {
        let unit = parameter.unit.words(language);
        let what = if zh { format!("标准，{unit}") } else { format!("a figure, {unit}") };
        all.push(format!("{}\n\n{}", head(&parameter.name, &what), current(parameter, language)));
    }
    for policy in model.policies.iter().filter(|p| is(&p.name)) {
        let what = policy.title.get(language).to_owned();
        all.push(head(&policy.name, &what));
    }
    for entity in schema.entities.iter().filter(|e| e.named && is(&e.name)) {
        let count = entity.fields.len();
        let what = if zh { format!("档案，{count}项事实") } else { format!("a record of {count} facts") };
        all.push(head(&entity.name, &what));
    }
    // The first enum is that of the policies.
    for e in schema.enums.iter().skip(1) {
        if is(&e.name) {
            let what = if zh { "选项" } else { "an enum" };
            all.push(head(&e.name, what));
        }
        for value in e.values.iter().filter(|v| is(&v.name)) {
            let of = e.name.get(language);
            let what = if zh { format!("{of}的一个选项") } else { format!("a value of {of}") };
            all.push(head(&value.name, &what));
        }
    }
    all
}

fn type_of(model: &Model, field: &Field, language: Language) -> String {
    let zh = language == Language::Zh;
    let schema = &model.schema;
    match field.ty {
        FieldType::YesNo => if zh { "是否" } else { "yes/no" }.to_owned(),
        FieldType::Date => if zh { "日期" } else { "date" }.to_owned(),
        FieldType::Quantity(unit) => unit.words(language),
        FieldType::Symbol(e) | FieldType::Set(e) => {
            let Some(e) = schema.enumeration(e) else { return String::new() };
            let values: Vec<String> = e.values.iter().take(12).map(|v| v.name.get(language)).collect();
            let more = if e.values.len() > 12 { " …" } else { "" };
            let set = if matches!(field.ty, FieldType::Set(_)) { if zh { "一组" } else { "set of " } } else { "" };
            format!("{set}{}: {}{more}", e.name.get(language), values.join(if zh { "、" } else { ", " }))
        }
        FieldType::Record(e) => schema.entity(e).map(|e| e.name.get(language)).unwrap_or_default(),
        FieldType::List(e) => {
            let of = schema.entity(e).map(|e| e.name.get(language)).unwrap_or_default();
            let most = field.up_to;
            if zh { format!("若干{of}，至多{most}") } else { format!("list of {of}, up to {most}") }
        }
    }
}

/// The value of a figure today, and since when and until when.
fn current(parameter: &Parameter, language: Language) -> String {
    let zh = language == Language::Zh;
    let today = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs() / 86_400);
    let today = i64::try_from(today).ok().and_then(Date::from_days).unwrap_or(Date::FIRST);
    let row = parameter.rows.iter().find(|r| r.from <= today && r.to.is_none_or(|to| today <= to));
    let last = parameter.rows.last();
    let Some(row) = row.or(last) else { return String::new() };
    let value = match &row.value.kind {
        Kind::Number(n) => format!("{n} {}", parameter.unit.words(language)),
        Kind::Missing => if zh { "没有数值" } else { "no value" }.to_owned(),
        _ => if zh { "按情形区分" } else { "by case" }.to_owned(),
    };
    match (row.to, zh) {
        (None, true) => format!("{value}，自 {} 起长期有效", row.from),
        (None, false) => format!("{value}, from {} until further notice", row.from),
        (Some(to), true) if to < today => format!("今天没有数值；{to} 以前为 {value}"),
        (Some(to), false) if to < today => format!("no value today; {value} until {to}"),
        (Some(to), true) => format!("{value}，自 {} 至 {to}", row.from),
        (Some(to), false) => format!("{value}, from {} to {to}", row.from),
    }
}

/// Names that can stand at the cursor, in the language of the file; the other language finds them too.
pub(crate) fn completion(workspace: &mut Workspace, params: &Value, encoding: Encoding) -> Result<Value, String> {
    let place = Place::of(workspace, params, encoding)?;
    let language = place.language();
    let zh = language == Language::Zh;
    let model = &place.set.model;
    let mut items: BTreeMap<String, CompletionItem> = BTreeMap::new();
    let mut add = |label: &Label, kind: CompletionItemKind, detail: String| {
        let (here, other) = if zh { (&label.zh, &label.id) } else { (&label.id, &label.zh) };
        items.entry(here.clone()).or_insert_with(|| CompletionItem {
            label: here.clone(),
            kind: Some(kind),
            detail: Some(format!("{other} · {detail}")),
            // Typing either spelling finds it.
            filter_text: Some(format!("{here} {other}")),
            insert_text: Some(here.clone()),
            ..CompletionItem::default()
        });
    };
    for field in &model.schema.fields {
        add(&field.name, CompletionItemKind::FIELD, type_of(model, field, language));
    }
    for define in &model.defines {
        add(&define.name, CompletionItemKind::FUNCTION, if zh { "定义" } else { "definition" }.to_owned());
    }
    for parameter in &model.parameters {
        add(&parameter.name, CompletionItemKind::CONSTANT, current(parameter, language));
    }
    for policy in &model.policies {
        add(&policy.name, CompletionItemKind::CLASS, policy.title.get(language).to_owned());
    }
    for e in model.schema.enums.iter().skip(1) {
        for value in &e.values {
            add(&value.name, CompletionItemKind::ENUM_MEMBER, e.name.get(language));
        }
    }
    for (_, en, word) in KEYWORDS {
        let (here, other) = if zh { (word, en) } else { (en, word) };
        items.entry((*here).to_owned()).or_insert_with(|| CompletionItem {
            label: (*here).to_owned(),
            kind: Some(CompletionItemKind::KEYWORD),
            detail: Some((*other).to_owned()),
            filter_text: Some(format!("{here} {other}")),
            ..CompletionItem::default()
        });
    }
    Ok(json!(items.into_values().collect::<Vec<_>>()))
}

/// Whether the name under the cursor can be renamed, and what it is.
pub(crate) fn prepare_rename(workspace: &mut Workspace, params: &Value, encoding: Encoding) -> Result<Value, String> {
    let place = Place::of(workspace, params, encoding)?;
    let Some(mention) = place.mention() else { return Ok(Value::Null) };
    if !mentions(&place.set, mention.text).iter().any(|m| m.declares) {
        return Ok(Value::Null);
    }
    let range = position::range(&place.text, mention.span, encoding);
    Ok(json!({ "range": range, "placeholder": mention.text }))
}

/// A new spelling for the name under the cursor, everywhere in the set. The other language keeps its spelling. A fact whose
/// identifier changes says `was`, so that profiles written before are still read.
pub(crate) fn rename(workspace: &mut Workspace, params: &Value, encoding: Encoding) -> Result<Value, String> {
    let place = Place::of(workspace, params, encoding)?;
    let set = &place.set;
    if set.unreadable() {
        return Err("a line cannot be read, and what it names would keep the old name; mend it first".to_owned());
    }
    let new = params.get("newName").and_then(Value::as_str).unwrap_or("").trim();
    let mention = place.mention().ok_or("there is no name here")?;
    let old = mention.text;
    check_name(old, new)?;
    let uses: Vec<Mention<'_>> = mentions(set, old).into_iter().filter(|m| m.text == old).collect();
    if !uses.iter().any(|m| m.declares) {
        return Err(format!("`{old}` is a word of the language, or declared nowhere in this set"));
    }
    if mentions(set, new).iter().any(|m| m.text == new) {
        return Err(format!("`{new}` is another name already"));
    }
    let mut changes: BTreeMap<String, Vec<TextEdit>> = BTreeMap::new();
    let mut edit = |span: Span, new_text: &str| {
        if let Some(source) = set.sources.get(span.file) {
            let range = position::range(&source.text, span, encoding);
            changes.entry(source.name.clone()).or_default().push(TextEdit { range, new_text: new_text.to_owned() });
        }
    };
    for one in &uses {
        edit(one.span, new);
    }
    if old.is_ascii() {
        for file in &set.files {
            for field in file.items.iter().filter_map(|i| if let Item::Record(r) = i { Some(&r.fields) } else { None })
            {
                former(field, old, &mut |end, file_id| {
                    let text = set.sources.get(file_id).map_or("", |s| s.text.as_str());
                    let was = if surface_of(text) == Surface::Chinese { " 曾用名 " } else { " was " };
                    edit(Span { file: file_id, start: end, end }, &format!("{was}{old}"));
                });
            }
        }
    }
    // An object by URI, in the order of the files; the crate's type for it is a hash map.
    let changes: serde_json::Map<String, Value> = changes.into_iter().map(|(uri, edits)| (uri, json!(edits))).collect();
    Ok(json!({ "changes": changes }))
}

/// Calls `at` with the end of every declaration of a fact of that identifier.
fn former(fields: &[entitle::ast::Field], id: &str, at: &mut dyn FnMut(u32, FileId)) {
    for field in fields {
        let named = field.pair.name.text == id || field.pair.other.as_ref().is_some_and(|o| o.text == id);
        if named {
            at(field.span.end, field.span.file);
        }
        if let TypeExpr::ListOf(inner, _) | TypeExpr::Inline(inner, _) = &field.ty {
            former(inner, id, at);
        }
    }
}

/// Whether a new name is one of the language, in the same script as the old.
fn check_name(old: &str, new: &str) -> Result<(), String> {
    let identifier = |n: &str| {
        n.starts_with(|c: char| c.is_ascii_lowercase()) && n.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let han =
        |n: &str| !n.is_empty() && n.chars().all(|c| u32::from(c) > 0x2E7F && !"的，。、；：（）【】“”".contains(c));
    let fits = if old.is_ascii() { identifier(new) } else { han(new) };
    if !fits {
        return Err(if old.is_ascii() {
            "an identifier begins with a small letter, and goes on with letters, digits and `_`".to_owned()
        } else {
            "a Chinese name is Han characters without 的".to_owned()
        });
    }
    if RESERVED.contains(&new) {
        return Err(format!("`{new}` is a word of the language"));
    }
    Ok(())
}

/// The file in canonical layout.
pub(crate) fn formatting(workspace: &mut Workspace, params: &Value, encoding: Encoding) -> Result<Value, String> {
    let place = Place::of(workspace, params, encoding)?;
    let set = &place.set;
    let broken = set.findings.iter().any(|f| f.span.file == place.file && f.code.id.starts_with("E0"));
    let Some(tree) = place.tree().filter(|_| !broken) else { return Ok(Value::Null) };
    let glossary = Glossary::collect(&set.files.iter().collect::<Vec<_>>());
    let laid_out = print::print(tree, surface_of(&place.text), &glossary);
    if laid_out == place.text {
        return Ok(json!([]));
    }
    let end = position::position(&place.text, place.text.len(), encoding);
    let range = Range { start: Position { line: 0, character: 0 }, end };
    Ok(json!([TextEdit { range, new_text: laid_out }]))
}
