//! A profile from JSON.
//!
//! The top level has the records that policies are for: `{"person": {…}, "household": {…}}`. `person` is the applicant
//! and is the same record as the household's `applicant`; `household` is the applicant's `home`. In a list of records the
//! name of a record beside it stands for that record: `"members": ["applicant", {…}]`. Absent and `null` mean unknown. An
//! array is a complete list; `{"known": […], "complete": false}` is at least these. `assumptions`, an array of texts, is
//! for readers and is not matched.
//!
//! Numbers are read from their digits and never through a float: money goes to the fen, shares are in percent (`30` or
//! `"30%"`). A text may carry the unit (`"1240 yuan"`, `"3万元"`).

use super::tree::{self, Tree};
use crate::ids::{EntityId, EnumId, FieldId};
use crate::limits::Limits;
use crate::near::nearest;
use crate::profile::{Profile, RecordIx, Slot, position};
use crate::schema::{Field, FieldType, Schema};
use crate::value::{Counted, Date, Language, Number, Unit};
use std::collections::BTreeMap;
use std::fmt;

/// The longest profile that is read unless limits say otherwise, in bytes.
pub const LONGEST: usize = Limits::DEFAULT.profile_bytes;

/// The most records in one profile unless limits say otherwise.
pub const RECORDS: usize = Limits::DEFAULT.records;

/// What to do about a field that the vocabulary does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownFields {
    /// It is an error: for authors, whose slip it is.
    Reject,
    /// It is reported and left out: for platforms that hold more than policies ask.
    Report,
}

/// One thing wrong with a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: `household.members[1].birth_date`.
    pub path: String,
    /// What. A fact's value is not repeated: profiles are personal data.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "the profile" } else { &self.path };
        write!(f, "{path}: {}", self.message)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, " ({help})"))
    }
}

/// Everything that is wrong with a profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ProfileError(
    /// The problems, in the order of the text.
    pub Vec<Problem>,
);

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

/// Reads a profile. Also returns what was left out, where `unknown` asks to report instead of reject.
///
/// # Errors
/// When the text is not JSON, or a value does not fit the vocabulary; all problems are listed.
pub fn profile_from_json(
    schema: &Schema,
    text: &[u8],
    unknown: UnknownFields,
) -> Result<(Profile, Vec<Problem>), ProfileError> {
    profile_from_json_within(schema, text, unknown, &Limits::DEFAULT)
}

/// The same, with limits of its own on length, records and problems.
///
/// # Errors
/// When the text is not JSON, a value does not fit the vocabulary, or a limit is passed; all problems are listed, up to the limit on
/// them.
pub fn profile_from_json_within(
    schema: &Schema,
    text: &[u8],
    unknown: UnknownFields,
    limits: &Limits,
) -> Result<(Profile, Vec<Problem>), ProfileError> {
    let whole = |message: String, help: Option<&str>| {
        ProfileError(vec![Problem { path: String::new(), message, help: help.map(str::to_owned) }])
    };
    let longest = limits.profile_bytes;
    if text.len() > longest {
        let help = "send one household at a time, or raise the limit `profile_bytes`";
        return Err(whole(format!("{} bytes; at most {longest} are read", text.len()), Some(help)));
    }
    if let Err(e) = std::str::from_utf8(text) {
        return Err(whole(format!("not UTF-8 text (byte {})", e.valid_up_to()), Some("save the file as UTF-8")));
    }
    let tree = tree::parse(text).map_err(|e| whole(format!("not JSON: {e}"), None))?;
    let Tree::Object(entries) = tree else {
        return Err(whole("a profile is an object".to_owned(), Some("write {\"person\": {…}, \"household\": {…}}")));
    };
    let mut reader = Reader::new(schema, unknown, limits);
    reader.top(&entries);
    reader.count_the_rest();
    if reader.problems.is_empty() { Ok((reader.profile, reader.notices)) } else { Err(ProfileError(reader.problems)) }
}

/// The longest path that is shown, in letters.
const PATH: usize = 200;

pub(super) struct Reader<'a> {
    schema: &'a Schema,
    unknown: UnknownFields,
    limits: &'a Limits,
    pub(super) profile: Profile,
    problems: Vec<Problem>,
    notices: Vec<Problem>,
    /// Notices past the limit.
    not_listed: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(schema: &'a Schema, unknown: UnknownFields, limits: &'a Limits) -> Self {
        let (problems, notices) = (Vec::new(), Vec::new());
        Self { schema, unknown, limits, profile: Profile::new(), problems, notices, not_listed: 0 }
    }

    /// The profile, where nothing is wrong with what its records say of each other.
    pub(super) fn finish_plain(mut self) -> Option<Profile> {
        self.complete_roots();
        self.check_lists();
        self.problems.is_empty().then_some(self.profile)
    }

    /// Links the records of the top level with each other.
    pub(super) fn link_all_roots(&mut self, records: &[(EntityId, RecordIx)]) {
        for (owner, from) in records {
            for (other, to) in records {
                self.link_roots(*owner, *from, *other, *to);
            }
        }
    }

    /// Whether enough is wrong to stop reading.
    fn full(&self) -> bool {
        self.problems.len() >= self.limits.problems
    }

    /// Says that the lists of problems and of notices are not whole, where they are not.
    fn count_the_rest(&mut self) {
        let rest = |message: String| Problem { path: String::new(), message, help: None };
        if self.full() {
            let most = self.limits.problems;
            self.problems.push(rest(format!("{most} problems; what follows was not read")));
        }
        if self.not_listed > 0 {
            self.notices.push(rest(format!("{} more facts that do not exist", self.not_listed)));
        }
    }

    fn problem(&mut self, path: &str, message: impl Into<String>, help: Option<String>) {
        self.refuse(Problem { path: path.to_owned(), message: message.into(), help });
    }

    /// One thing may be found wrong in several ways after enough was.
    fn refuse(&mut self, problem: Problem) {
        if !self.full() {
            self.problems.push(problem);
        }
    }

    fn top(&mut self, entries: &[(String, Tree)]) {
        let units: Vec<(EntityId, String)> = (0..self.schema.entities.len())
            .map(EntityId::of)
            .filter(|e| self.schema.is_root(*e))
            .filter_map(|e| self.schema.entity(e).map(|x| (e, x.name.id.clone())))
            .collect();
        let mut roots: BTreeMap<EntityId, (RecordIx, &str, &Tree)> = BTreeMap::new();
        for (key, value) in entries {
            if self.full() {
                return;
            }
            if key == "assumptions" {
                if !matches!(value, Tree::List(items) if items.iter().all(|i| matches!(i, Tree::Text(_)))) {
                    self.problem(key, "assumptions are an array of texts", None);
                }
                continue;
            }
            let found =
                units.iter().find(|(e, id)| id == key || self.schema.entity(*e).is_some_and(|x| x.name.zh == *key));
            let Some((entity, id)) = found else {
                let names: Vec<String> = units.iter().map(|(_, id)| id.clone()).collect();
                self.unknown_key(key, key, &names, Some(format!("the top level has {}", names.join(", "))));
                continue;
            };
            if roots.contains_key(entity) {
                self.problem(key, format!("`{id}` is given twice"), Some("keep one of the two".to_owned()));
                continue;
            }
            if *value == Tree::Null {
                continue;
            }
            let record = self.profile.add(self.schema, *entity);
            self.profile.set_root(record);
            roots.insert(*entity, (record, key, value));
        }
        // The applicant and the household are linked before their facts are read, so that lists may name the applicant.
        let linked: Vec<(EntityId, RecordIx)> = roots.iter().map(|(e, (ix, _, _))| (*e, *ix)).collect();
        self.link_all_roots(&linked);
        for (record, key, value) in roots.values() {
            self.record(*record, value, key);
        }
        self.complete_roots();
        self.check_lists();
    }

    /// A record fact through which one root leads to another: the household's applicant, the applicant's home.
    fn link_roots(&mut self, owner: EntityId, from: RecordIx, other: EntityId, to: RecordIx) {
        let fields = self.schema.entity(owner).map(|e| e.fields.clone()).unwrap_or_default();
        for id in fields {
            let Some(field) = self.schema.field(id) else { continue };
            if field.ty == FieldType::Record(other) && field.back.is_some() && from != to {
                self.profile.link(self.schema, from, id, Slot::Record(to));
            }
        }
    }

    /// Records that the roots lead to are roots as well: a household given as the person's `home`.
    fn complete_roots(&mut self) {
        for i in 0..self.schema.entities.len() {
            if !self.schema.is_root(EntityId::of(i)) || self.profile.root(EntityId::of(i)).is_some() {
                continue;
            }
            let mut found = None;
            for owner in (0..self.schema.entities.len()).map(EntityId::of) {
                let Some(root) = self.profile.root(owner) else { continue };
                let slots = self.profile.record(root).map_or(&[][..], |r| r.slots.as_slice());
                found = slots.iter().find_map(|s| match s {
                    Slot::Record(ix) if self.profile.record(*ix).is_some_and(|r| r.entity == EntityId::of(i)) => {
                        Some(*ix)
                    }
                    _ => None,
                });
                if found.is_some() {
                    break;
                }
            }
            if let Some(ix) = found {
                self.profile.set_root(ix);
            }
        }
    }

    /// A complete list of members holds the applicant.
    fn check_lists(&mut self) {
        let mut problems = Vec::new();
        for ix in (0..self.profile.len()).filter_map(|i| u32::try_from(i).ok()).map(RecordIx) {
            let Some(record) = self.profile.record(ix) else { continue };
            let fields = self.schema.entity(record.entity).map(|e| e.fields.as_slice()).unwrap_or_default();
            for (slot, id) in record.slots.iter().zip(fields) {
                let Slot::List { items, complete: true } = slot else { continue };
                let Some(field) = self.schema.field(*id) else { continue };
                for beside in &field.includes {
                    let name = self.schema.field(*beside).map(|f| f.name.id.clone()).unwrap_or_default();
                    let held = position(self.schema, *beside).is_some_and(
                        |at| matches!(record.slots.get(at), Some(Slot::Record(one)) if items.contains(one)),
                    );
                    if !held {
                        problems.push((field.name.id.clone(), name));
                    }
                }
            }
        }
        for (list, name) in problems {
            let help = format!("begin it with \"{name}\", or say {{\"known\": […], \"complete\": false}}");
            self.problem(
                &list,
                format!("the list is complete and does not hold the {name}, who is one of it"),
                Some(help),
            );
        }
    }

    /// Whether a notice is past the limit; then it is counted and not listed.
    fn only_counted(&mut self) -> bool {
        let past = self.unknown == UnknownFields::Report && self.notices.len() >= self.limits.problems;
        self.not_listed += usize::from(past);
        past
    }

    /// A key that means nothing here; `names` are those that would.
    fn unknown_key(&mut self, path: &str, key: &str, names: &[String], otherwise: Option<String>) {
        if self.only_counted() {
            return;
        }
        let near = nearest(key, names.iter().map(String::as_str)).map(|n| format!("did you mean `{n}`?"));
        // A key is the sender's text and may be of any length.
        let path: String = path.chars().take(PATH).collect();
        let problem = Problem { path, message: "there is no such fact".to_owned(), help: near.or(otherwise) };
        match self.unknown {
            UnknownFields::Reject => self.refuse(problem),
            UnknownFields::Report => self.notices.push(problem),
        }
    }

    fn record(&mut self, ix: RecordIx, value: &Tree, path: &str) {
        let Some(entity) = self.profile.record(ix).map(|r| r.entity) else { return };
        let Tree::Object(entries) = value else {
            self.problem(path, "an object is needed here", None);
            return;
        };
        let most = self.limits.records;
        if self.profile.len() > most {
            let help = "a profile is one household; leave out what no policy asks, or raise the limit `records`";
            self.problem(path, format!("more than {most} records"), Some(help.to_owned()));
            return;
        }
        let mut seen: BTreeMap<FieldId, String> = BTreeMap::new();
        for (key, value) in entries {
            if self.full() {
                return;
            }
            let path = format!("{path}.{key}");
            let Some(field) = self.schema.field_named(entity, key) else {
                if self.only_counted() {
                    continue;
                }
                let fields = self.schema.entity(entity).map(|e| e.fields.clone()).unwrap_or_default();
                let names: Vec<String> = fields
                    .iter()
                    .filter_map(|f| self.schema.field(*f))
                    .flat_map(|f| [f.name.id.clone(), f.name.zh.clone()])
                    .collect();
                self.unknown_key(&path, key, &names, None);
                continue;
            };
            if let Some(before) = seen.insert(field, key.clone()) {
                let message = if before == *key {
                    "this key stands twice".to_owned()
                } else {
                    format!("this is the same fact as `{before}`")
                };
                self.problem(&path, message, Some("keep one of the two".to_owned()));
                continue;
            }
            if *value != Tree::Null {
                self.fact(ix, field, value, &path);
            }
        }
    }

    fn fact(&mut self, ix: RecordIx, id: FieldId, value: &Tree, path: &str) {
        let (Some(field), Some(at)) = (self.schema.field(id).cloned(), position(self.schema, id)) else { return };
        match field.ty {
            FieldType::Record(entity) => {
                if let Slot::Record(_) = self.profile.slot(ix, at) {
                    self.problem(
                        path,
                        "this record is given at the top level already",
                        Some("keep one of the two".to_owned()),
                    );
                    return;
                }
                let inner = self.profile.add(self.schema, entity);
                self.profile.link(self.schema, ix, id, Slot::Record(inner));
                self.record(inner, value, path);
            }
            FieldType::List(entity) => self.list(ix, id, &field, entity, value, path),
            FieldType::Set(e) => {
                if let Some(slot) = self.set(e, value, path) {
                    self.profile.set(ix, at, slot);
                }
            }
            _ => {
                if let Some(raw) = self.scalar(&field, value, path) {
                    self.profile.set(ix, at, Slot::Scalar(raw));
                }
            }
        }
    }

    /// `[…]`, or `{"known": […], "not": […], "complete": …}`.
    fn parts<'t>(&mut self, value: &'t Tree, path: &str) -> Option<(&'t [Tree], &'t [Tree], bool)> {
        match value {
            Tree::List(items) => Some((items, &[], true)),
            Tree::Object(entries) => {
                let (mut known, mut not, mut complete): (&[Tree], &[Tree], bool) = (&[], &[], false);
                for (key, value) in entries {
                    match (key.as_str(), value) {
                        ("known", Tree::List(items)) => known = items,
                        ("not", Tree::List(items)) => not = items,
                        ("complete", Tree::Bool(b)) => complete = *b,
                        _ => {
                            self.problem(
                                &format!("{path}.{key}"),
                                "not a part of a list",
                                Some("a list that may have more is {\"known\": […], \"complete\": false}".to_owned()),
                            );
                            return None;
                        }
                    }
                }
                Some((known, not, complete))
            }
            _ => {
                self.problem(path, "an array is needed here", Some("an empty list is []".to_owned()));
                None
            }
        }
    }

    fn list(&mut self, ix: RecordIx, id: FieldId, field: &Field, entity: EntityId, value: &Tree, path: &str) {
        let Some((known, _, complete)) = self.parts(value, path) else { return };
        if known.len() > field.up_to as usize {
            self.problem(
                path,
                format!("at most {} entries", field.up_to),
                Some("the vocabulary says `up to` how many".to_owned()),
            );
            return;
        }
        let mut items = Vec::new();
        for (i, item) in known.iter().enumerate() {
            if self.full() {
                return;
            }
            let path = format!("{path}[{i}]");
            match item {
                Tree::Text(name) => {
                    let named = field
                        .includes
                        .iter()
                        .copied()
                        .find(|f| self.schema.field(*f).is_some_and(|f| f.name.id == *name || f.name.zh == *name));
                    let Some(beside) = named else {
                        let names: Vec<String> = field
                            .includes
                            .iter()
                            .filter_map(|f| self.schema.field(*f))
                            .map(|f| format!("\"{}\"", f.name.id))
                            .collect();
                        let help = if names.is_empty() {
                            "write the facts of the entry in { }".to_owned()
                        } else {
                            format!("write the facts of the entry in {{ }}, or {}", names.join(" or "))
                        };
                        self.problem(&path, "no record has that name here", Some(help));
                        continue;
                    };
                    let at = position(self.schema, beside);
                    let one = if let Some(Slot::Record(one)) = at.map(|at| self.profile.slot(ix, at).clone()) {
                        one
                    } else {
                        let one = self.profile.add(self.schema, entity);
                        self.profile.link(self.schema, ix, beside, Slot::Record(one));
                        one
                    };
                    if items.contains(&one) {
                        self.problem(&path, "this entry stands in the list twice", None);
                    }
                    items.push(one);
                }
                item => {
                    let one = self.profile.add(self.schema, entity);
                    items.push(one);
                    // Linked before it is read, so that what the entry says of its home is seen as given twice.
                    self.profile.link(self.schema, ix, id, Slot::List { items: vec![one], complete });
                    self.record(one, item, &path);
                }
            }
        }
        self.profile.link(self.schema, ix, id, Slot::List { items, complete });
    }

    fn set(&mut self, e: EnumId, value: &Tree, path: &str) -> Option<Slot> {
        let (known, not, complete) = self.parts(value, path)?;
        let read = |items: &[Tree], this: &mut Self| {
            let mut values = Vec::new();
            for (i, item) in items.iter().enumerate() {
                if this.full() {
                    break;
                }
                values.extend(this.symbol(e, item, &format!("{path}[{i}]")));
            }
            values.sort_unstable();
            values.dedup();
            values
        };
        let (known, not) = (read(known, self), read(not, self));
        if known.iter().any(|k| not.contains(k)) {
            self.problem(path, "a value is both in the set and not in it", None);
        }
        Some(Slot::Set { known, not, complete })
    }

    fn symbol(&mut self, e: EnumId, value: &Tree, path: &str) -> Option<u32> {
        let Tree::Text(name) = value else {
            self.problem(path, "a name in quotes is needed here", None);
            return None;
        };
        let found = self.schema.symbol_named(e, name);
        if found.is_none() {
            let values = self.schema.enumeration(e).map(|e| e.values.as_slice()).unwrap_or_default();
            let names: Vec<&str> = values.iter().flat_map(|v| [v.name.id.as_str(), v.name.zh.as_str()]).collect();
            let help = if let Some(near) = nearest(name, names.iter().copied()) {
                format!("did you mean `{near}`?")
            } else {
                let shown: Vec<&str> = values.iter().take(12).map(|v| v.name.id.as_str()).collect();
                let more = if values.len() > 12 { ", …" } else { "" };
                format!("one of {}{more}", shown.join(", "))
            };
            let of = self.schema.enumeration(e).map(|e| e.name.id.clone()).unwrap_or_default();
            self.problem(path, format!("not a value of `{of}`"), Some(help));
        }
        found
    }

    fn scalar(&mut self, field: &Field, value: &Tree, path: &str) -> Option<i64> {
        let raw = match (field.ty, value) {
            (FieldType::YesNo, Tree::Bool(b)) => i64::from(*b),
            (FieldType::YesNo, _) => {
                self.problem(path, "true or false is needed here", None);
                return None;
            }
            (FieldType::Date, Tree::Text(text)) => {
                if let Ok(date) = text.parse::<Date>() {
                    date.days()
                } else {
                    self.problem(path, "not a date that exists", Some("write \"YYYY-MM-DD\"".to_owned()));
                    return None;
                }
            }
            (FieldType::Date, _) => {
                self.problem(path, "a date is needed here", Some("write \"YYYY-MM-DD\"".to_owned()));
                return None;
            }
            (FieldType::Symbol(e), value) => i64::from(self.symbol(e, value, path)?),
            (FieldType::Quantity(unit), Tree::Number(text) | Tree::Text(text)) => match quantity(text, unit) {
                Ok(raw) => raw,
                Err(message) => {
                    let words = unit.words(Language::En);
                    let help =
                        if words.is_empty() { "a whole number".to_owned() } else { format!("a number of {words}") };
                    self.problem(path, message, Some(help));
                    return None;
                }
            },
            _ => {
                let words =
                    if let FieldType::Quantity(unit) = field.ty { unit.words(Language::En) } else { String::new() };
                self.problem(path, "a number is needed here", Some(format!("a number of {words}")));
                return None;
            }
        };
        let (least, most) = field.range;
        if raw < least || raw > most {
            let (least, most) = (bound(field.ty, least), bound(field.ty, most));
            self.problem(path, "outside the bounds of this fact", Some(format!("from {least} to {most}")));
            return None;
        }
        Some(raw)
    }
}

fn bound(ty: FieldType, raw: i64) -> String {
    match ty {
        FieldType::Date => Date::from_days(raw).map(|d| d.to_string()).unwrap_or_default(),
        FieldType::Quantity(unit) => {
            let n = Number::new(i128::from(raw), i128::from(unit.grains())).unwrap_or(Number::ZERO);
            crate::why::prose::number(n, unit, Language::En)
        }
        _ => raw.to_string(),
    }
}

/// Grains of a number as written, with or without its unit.
fn quantity(text: &str, unit: Unit) -> Result<i64, &'static str> {
    let text = text.trim();
    let share = unit.counted == Counted::Percent;
    let end = text.find(|c: char| !(c.is_ascii_digit() || ".-+eE".contains(c))).unwrap_or(text.len());
    // "1e3 yuan" and "5 equal parts": an e belongs to the number only when digits follow it.
    let (digits, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    let (ten_thousand, rest) = match rest.trim_start().strip_prefix('万') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let suffix = rest.trim();
    let zh = unit.words(Language::Zh);
    let en = unit.words(Language::En);
    let fits = suffix.is_empty()
        || suffix == zh
        || suffix == en
        || (unit.yuan == 1
            && unit.powers().iter().filter(|p| **p != 0).count() == 1
            && (suffix == "元" || suffix == "yuan"))
        || (share && suffix == "%");
    if !fits {
        return Err("the unit is not the fact's");
    }
    let number = exact(digits).ok_or("not a number, or too large to be exact")?;
    let scale = if share { unit.grains() / 100 } else { unit.grains() };
    let scaled = if ten_thousand { number.multiply(Number::whole(10_000)) } else { Some(number) };
    let grains = scaled.and_then(|n| n.multiply(Number::whole(i128::from(scale)))).ok_or("too large")?;
    if !grains.is_whole() {
        return Err(if unit.yuan != 0 { "money has at most two decimals" } else { "finer than this fact is kept" });
    }
    i64::try_from(grains.numerator()).map_err(|_| "too large")
}

/// A JSON number, exactly: digits, an optional fraction, an optional exponent.
fn exact(text: &str) -> Option<Number> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((m, e)) => (m, e.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, mantissa),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty()
        || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit())
        || whole.len() + fraction.len() > 30
    {
        return None;
    }
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let places = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
    if places.abs() > 30 {
        return if digits == 0 { Some(Number::ZERO) } else { None };
    }
    let scale = 10i128.checked_pow(places.unsigned_abs())?;
    let digits = digits.checked_mul(sign)?;
    if places >= 0 { Number::new(digits, scale) } else { digits.checked_mul(scale).map(Number::whole) }
}
