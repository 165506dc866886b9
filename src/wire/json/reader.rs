//! Many profiles from JSON, quickly: straight from the text into slots.
//!
//! Keys, values of enums and bounds are looked up in tables made once. Whatever is not plain (a slip, a unit written out, a fraction, a list
//! that may have more) is left to [`profile_from_json`], which reads the text again with care and is the one that explains what is wrong;
//! so both always say the same.

use super::profile::{LONGEST, Problem, ProfileError, RECORDS, Reader, UnknownFields, profile_from_json};
use crate::ids::{EntityId, EnumId, FieldId};
use crate::limits::Limits;
use crate::profile::{Profile, RecordIx, Slot};
use crate::schema::{FieldType, Schema};
use crate::value::{Counted, Date};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashMap};
use std::fmt;

/// Reads profiles for one vocabulary.
///
/// ```
/// use entitle::{Engine, wire::json::{ProfileReader, UnknownFields}};
/// let text = r#"
///     enum category "类别" { welfare "福利" }
///     record person "人员" { age "年龄": years old from 0 years old to 150 years old }
///     policy tea "茶" for person
/// "#;
/// let engine = Engine::from_texts([("tea.policy".to_owned(), text.to_owned())])?;
/// let reader = ProfileReader::new(engine.schema(), UnknownFields::Reject);
/// let (profile, notices) = reader.read(br#"{"person": {"age": 61}}"#).unwrap();
/// assert_eq!((profile.len(), notices.len()), (1, 0));
/// assert!(reader.read(br#"{"person": {"aeg": 61}}"#).unwrap_err().to_string().contains("did you mean `age`?"));
/// # Ok::<(), entitle::Error>(())
/// ```
pub struct ProfileReader<'a> {
    schema: &'a Schema,
    unknown: UnknownFields,
    roots: HashMap<&'a str, EntityId>,
    /// By entity.
    records: Vec<Facts<'a>>,
    /// By enum: its values by their identifiers and Chinese names, in the order of the names.
    symbols: Vec<Vec<(&'a str, u32)>>,
}

impl fmt::Debug for ProfileReader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProfileReader({} kinds of record)", self.records.len())
    }
}

/// The facts of a kind of record.
#[derive(Default)]
struct Facts<'a> {
    by_name: HashMap<&'a str, usize>,
    /// In the order of the record's slots.
    facts: Vec<Fact<'a>>,
}

impl Facts<'_> {
    /// The place of a fact. It is looked for first where it would come next; a few that are left out are stepped over.
    fn place(&self, name: &str, next: usize) -> Option<usize> {
        if self.by_name.len() >= self.facts.len()
            && let Some(ahead) = self.facts.iter().skip(next).take(4).position(|fact| fact.name == name)
        {
            return Some(next + ahead);
        }
        self.by_name.get(name).copied()
    }
}

struct Fact<'a> {
    id: FieldId,
    name: &'a str,
    ty: FieldType,
    range: (i64, i64),
    /// What a whole number as written is multiplied by.
    scale: i64,
    includes: &'a [FieldId],
    up_to: u32,
}

impl<'a> ProfileReader<'a> {
    /// A reader for a vocabulary; `unknown` says what becomes of facts that it does not have.
    #[must_use]
    pub fn new(schema: &'a Schema, unknown: UnknownFields) -> Self {
        let mut roots = HashMap::new();
        let mut records = Vec::new();
        for (at, entity) in schema.entities.iter().enumerate() {
            if schema.is_root(EntityId::of(at)) {
                roots.insert(entity.name.id.as_str(), EntityId::of(at));
                roots.insert(entity.name.zh.as_str(), EntityId::of(at));
            }
            let mut of = Facts::default();
            for id in &entity.fields {
                let Some(field) = schema.field(*id) else { continue };
                let scale = match field.ty {
                    FieldType::Quantity(unit) if unit.counted == Counted::Percent => unit.grains() / 100,
                    FieldType::Quantity(unit) => unit.grains(),
                    _ => 1,
                };
                of.facts.push(Fact {
                    id: *id,
                    name: &field.name.id,
                    ty: field.ty,
                    range: field.range,
                    scale,
                    includes: &field.includes,
                    up_to: field.up_to,
                });
            }
            // A name that several facts could claim is looked up with care.
            let mut claimed: HashMap<&str, u32> = HashMap::new();
            for id in &entity.fields {
                let Some(field) = schema.field(*id) else { continue };
                *claimed.entry(&field.name.id).or_default() += 1;
                if field.name.zh != field.name.id {
                    *claimed.entry(&field.name.zh).or_default() += 1;
                }
            }
            for (at, id) in entity.fields.iter().enumerate() {
                let Some(field) = schema.field(*id) else { continue };
                for name in [field.name.id.as_str(), field.name.zh.as_str()] {
                    if claimed.get(name) == Some(&1) {
                        of.by_name.insert(name, at);
                    }
                }
            }
            records.push(of);
        }
        let symbols = schema.enums.iter().map(|e| {
            let mut names = BTreeMap::new();
            for (at, value) in (0u32..).zip(&e.values) {
                for name in [value.name.id.as_str(), value.name.zh.as_str()] {
                    names.entry(name).or_insert(at);
                }
            }
            names.into_iter().collect()
        });
        Self { schema, unknown, roots, records, symbols: symbols.collect() }
    }

    /// Reads a profile; as [`profile_from_json`].
    ///
    /// # Errors
    /// When the text is not JSON, or a value does not fit the vocabulary; all problems are listed.
    pub fn read(&self, text: &[u8]) -> Result<(Profile, Vec<Problem>), ProfileError> {
        match self.plain(text) {
            Some(profile) => Ok((profile, Vec::new())),
            None => profile_from_json(self.schema, text, self.unknown),
        }
    }

    /// The profile, where everything in it is plain.
    fn plain(&self, text: &[u8]) -> Option<Profile> {
        if text.len() > LONGEST {
            return None;
        }
        // Once for the whole text, which is quicker than for each text in it.
        let text = std::str::from_utf8(text).ok()?;
        // Most profiles give their records in the vocabulary's order, so that one pass is enough.
        self.at_once(text).or_else(|| self.in_two_passes(text))
    }

    /// Reads each record of the top level where it stands. Gives up where its number, or what it is linked with, depends on one
    /// that comes later.
    fn at_once(&self, text: &str) -> Option<Profile> {
        let mut reader = Reader::new(self.schema, self.unknown, &Limits::DEFAULT);
        let mut json = serde_json::Deserializer::from_str(text);
        let roots = AtOnce { of: self, reader: &mut reader };
        json.deserialize_map(roots).ok()?;
        json.end().ok()?;
        reader.finish_plain()
    }

    fn in_two_passes(&self, text: &str) -> Option<Profile> {
        let mut json = serde_json::Deserializer::from_str(text);
        let roots = json.deserialize_map(Roots(self)).ok()?;
        json.end().ok()?;
        let mut reader = Reader::new(self.schema, self.unknown, &Limits::DEFAULT);
        // Numbered as they stand, read in the vocabulary's order.
        let mut records = Vec::new();
        for (entity, raw) in &roots {
            let record = reader.profile.add(self.schema, *entity);
            reader.profile.set_root(record);
            records.push((*entity, record, *raw));
        }
        records.sort_by_key(|(entity, ..)| *entity);
        let linked: Vec<(EntityId, RecordIx)> = records.iter().map(|(entity, record, _)| (*entity, *record)).collect();
        reader.link_all_roots(&linked);
        for (entity, record, raw) in records {
            let mut json = serde_json::Deserializer::from_str(raw.get());
            let profile = &mut reader.profile;
            let seed = Record { of: self, entity, ix: record, depth: 0, all_roots: true, profile };
            seed.deserialize(&mut json).ok()?;
        }
        reader.finish_plain()
    }

    fn symbol(&self, of: EnumId, name: &str) -> Option<u32> {
        let names = self.symbols.get(of.index())?;
        let at = names.binary_search_by(|(other, _)| (*other).cmp(name)).ok()?;
        names.get(at).map(|(_, value)| *value)
    }
}

/// Stops the quick reading; the careful one will say what is the matter.
fn not_plain<E: serde::de::Error>() -> E {
    E::custom("not plain")
}

struct AtOnce<'r, 'a, 's> {
    of: &'r ProfileReader<'a>,
    reader: &'r mut Reader<'s>,
}

impl<'de> Visitor<'de> for AtOnce<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a profile")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let schema = self.of.schema;
        let mut linked: Vec<(EntityId, RecordIx)> = Vec::new();
        while let Some(entity) = access.next_key_seed(Key(|key: &str| self.of.roots.get(key).copied()))? {
            let in_order = linked.last().is_none_or(|(last, _)| *last < entity);
            if !in_order || self.reader.profile.len() != linked.len() {
                return Err(not_plain());
            }
            let record = self.reader.profile.add(schema, entity);
            self.reader.profile.set_root(record);
            linked.push((entity, record));
            if linked.len() > 1 {
                self.reader.link_all_roots(&linked);
            }
            let profile = &mut self.reader.profile;
            access.next_value_seed(Record { of: self.of, entity, ix: record, depth: 0, all_roots: false, profile })?;
        }
        Ok(())
    }
}

/// A name that is looked up; one that is not found is not plain.
struct Key<F>(F);

impl<'de, T, F: FnOnce(&str) -> Option<T>> DeserializeSeed<'de> for Key<F> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<T, F: FnOnce(&str) -> Option<T>> Visitor<'_> for Key<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a record or a fact")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<T, E> {
        (self.0)(key).ok_or_else(not_plain)
    }
}

struct Roots<'r, 'a>(&'r ProfileReader<'a>);

impl<'de> Visitor<'de> for Roots<'_, '_> {
    type Value = Vec<(EntityId, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a profile")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut found: Self::Value = Vec::new();
        while let Some(key) = access.next_key::<&str>()? {
            if key == "assumptions" {
                // Texts or not: the careful reader looks at the rare profile that has them.
                return Err(not_plain());
            }
            let Some(entity) = self.0.roots.get(key) else { return Err(not_plain()) };
            if found.iter().any(|(e, _)| e == entity) {
                return Err(not_plain());
            }
            let raw: &RawValue = access.next_value()?;
            if raw.get() != "null" {
                found.push((*entity, raw));
            }
        }
        Ok(found)
    }
}

/// Reads the facts of a record into its slots.
struct Record<'r, 'a> {
    of: &'r ProfileReader<'a>,
    entity: EntityId,
    ix: RecordIx,
    depth: u32,
    /// Whether every record of the top level is there, so that what leads to one can be told from a record of its own.
    all_roots: bool,
    profile: &'r mut Profile,
}

impl<'de> DeserializeSeed<'de> for Record<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Record<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the facts of a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let Some(of) = self.of.records.get(self.entity.index()) else { return Err(not_plain()) };
        if self.depth > 8 || self.profile.len() > RECORDS {
            return Err(not_plain());
        }
        // Most profiles give their facts in the vocabulary's order.
        let mut next = 0usize;
        let mut seen = Seen::default();
        let mut slots = self.profile.take_slots(self.ix);
        while let Some(at) = access.next_key_seed(Key(|key: &str| of.place(key, next)))? {
            next = at + 1;
            let (Some(fact), Some(slot)) = (of.facts.get(at), slots.get_mut(at)) else { return Err(not_plain()) };
            if !matches!(slot, Slot::Unknown) || !seen.first(at) {
                return Err(not_plain());
            }
            let raw = match fact.ty {
                FieldType::YesNo => Ok(access.next_value::<Option<bool>>()?.map(i64::from)),
                FieldType::Date => {
                    access.next_value::<Option<Borrowed<'de>>>()?.map(|t| day(t.0).ok_or(())).transpose()
                }
                FieldType::Symbol(e) => {
                    let symbol = |text: Borrowed<'_>| self.of.symbol(e, text.0).map(i64::from).ok_or(());
                    access.next_value::<Option<Borrowed<'de>>>()?.map(symbol).transpose()
                }
                FieldType::Quantity(_) => quantity(access.next_value::<&RawValue>()?.get(), fact.scale),
                FieldType::List(entity) => {
                    self.profile.give_slots(self.ix, slots);
                    let list = List {
                        of: self.of,
                        fact,
                        entity,
                        record: self.ix,
                        depth: self.depth + 1,
                        all_roots: self.all_roots,
                        profile: self.profile,
                    };
                    access.next_value_seed(list)?;
                    slots = self.profile.take_slots(self.ix);
                    continue;
                }
                FieldType::Record(entity) => {
                    if !self.all_roots && self.of.schema.is_root(entity) {
                        return Err(not_plain());
                    }
                    self.profile.give_slots(self.ix, slots);
                    let ix = self.profile.add(self.of.schema, entity);
                    self.profile.link(self.of.schema, self.ix, fact.id, Slot::Record(ix));
                    let (of, depth, all_roots) = (self.of, self.depth + 1, self.all_roots);
                    access.next_value_seed(Record { of, entity, ix, depth, all_roots, profile: self.profile })?;
                    slots = self.profile.take_slots(self.ix);
                    continue;
                }
                FieldType::Set(e) => {
                    let known = access.next_value_seed(Values { of: self.of, of_enum: e })?;
                    *slot = Slot::Set { known, not: Vec::new(), complete: true };
                    continue;
                }
            };
            let Ok(raw) = raw else { return Err(not_plain()) };
            let Some(raw) = raw else { continue };
            if raw < fact.range.0 || raw > fact.range.1 {
                return Err(not_plain());
            }
            *slot = Slot::Scalar(raw);
        }
        self.profile.give_slots(self.ix, slots);
        Ok(())
    }
}

/// Which of a record's facts were read: a second time is a slip. A record with more facts is read with care.
#[derive(Default)]
struct Seen([u64; 8]);

impl Seen {
    /// Whether it is the first time.
    fn first(&mut self, at: usize) -> bool {
        let Some(word) = self.0.get_mut(at / 64) else { return false };
        let bit = 1 << (at % 64);
        let first = *word & bit == 0;
        *word |= bit;
        first
    }
}

/// A text of the input, without escapes.
#[derive(serde::Deserialize)]
struct Borrowed<'a>(&'a str);

fn day(text: &str) -> Option<i64> {
    text.parse::<Date>().ok().map(Date::days)
}

/// A number as written, in quotes or not: digits, and as many behind the point as the unit has.
fn quantity(text: &str, scale: i64) -> Result<Option<i64>, ()> {
    if text == "null" {
        return Ok(None);
    }
    let text = text.as_bytes();
    let text = if let [b'"', inner @ .., b'"'] = text { inner } else { text };
    let (below_zero, digits) = if let [b'-', rest @ ..] = text { (true, rest) } else { (false, text) };
    let (mut value, mut places, mut point) = (0i64, 0u32, false);
    if digits.len() > 18 || !digits.first().is_some_and(u8::is_ascii_digit) || matches!(digits, [b'0', b'0'..=b'9', ..])
    {
        return Err(());
    }
    for byte in digits {
        match byte {
            // Up to eighteen digits fit.
            b'0'..=b'9' => {
                value = value.wrapping_mul(10).wrapping_add(i64::from(byte - b'0'));
                places += u32::from(point);
            }
            b'.' if !point => point = true,
            _ => return Err(()),
        }
    }
    if point && places == 0 {
        return Err(());
    }
    let steps = 10i64.checked_pow(places).filter(|steps| scale % steps == 0).ok_or(())?;
    let value = value.checked_mul(scale / steps).ok_or(())?;
    Ok(Some(if below_zero { -value } else { value }))
}

/// A complete set of values of an enum.
struct Values<'r, 'a> {
    of: &'r ProfileReader<'a>,
    of_enum: EnumId,
}

impl<'de> DeserializeSeed<'de> for Values<'_, '_> {
    type Value = Vec<u32>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<u32>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Values<'_, '_> {
    type Value = Vec<u32>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of values")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Vec<u32>, A::Error> {
        let mut values = Vec::new();
        while let Some(Borrowed(name)) = access.next_element()? {
            values.push(self.of.symbol(self.of_enum, name).ok_or_else(not_plain)?);
        }
        values.sort_unstable();
        values.dedup();
        Ok(values)
    }
}

/// A complete list of records.
struct List<'r, 'a> {
    of: &'r ProfileReader<'a>,
    fact: &'r Fact<'a>,
    entity: EntityId,
    record: RecordIx,
    depth: u32,
    all_roots: bool,
    profile: &'r mut Profile,
}

impl<'de> DeserializeSeed<'de> for List<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let mut items = Vec::new();
        loop {
            let entry = Entry {
                of: self.of,
                fact: self.fact,
                entity: self.entity,
                record: self.record,
                depth: self.depth,
                all_roots: self.all_roots,
                items: &items,
                profile: &mut *self.profile,
            };
            let Some(item) = access.next_element_seed(entry)? else { break };
            items.push(item);
            if items.len() > self.fact.up_to as usize {
                return Err(not_plain());
            }
        }
        self.profile.link(self.of.schema, self.record, self.fact.id, Slot::List { items, complete: true });
        Ok(())
    }
}

/// An entry of a list: facts in braces, or the name of a record beside the list.
struct Entry<'r, 'a> {
    of: &'r ProfileReader<'a>,
    fact: &'r Fact<'a>,
    entity: EntityId,
    record: RecordIx,
    depth: u32,
    all_roots: bool,
    items: &'r [RecordIx],
    profile: &'r mut Profile,
}

impl<'de> DeserializeSeed<'de> for Entry<'_, '_> {
    type Value = RecordIx;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<RecordIx, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Entry<'_, '_> {
    type Value = RecordIx;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an entry of a list")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<RecordIx, E> {
        let schema = self.of.schema;
        let named = |f: &&FieldId| schema.field(**f).is_some_and(|f| f.name.id == name || f.name.zh == name);
        let beside = self.fact.includes.iter().find(named).ok_or_else(not_plain)?;
        let at = crate::profile::position(schema, *beside).ok_or_else(not_plain)?;
        match self.profile.slot(self.record, at) {
            Slot::Record(one) if !self.items.contains(one) => Ok(*one),
            _ => Err(not_plain()),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<RecordIx, A::Error> {
        let schema = self.of.schema;
        let one = self.profile.add(schema, self.entity);
        // Linked before it is read, so that what the entry says of its home is seen as given twice.
        let items = self.items.iter().copied().chain([one]).collect();
        self.profile.link(schema, self.record, self.fact.id, Slot::List { items, complete: true });
        let (of, entity, depth, all_roots) = (self.of, self.entity, self.depth, self.all_roots);
        let seed = Record { of, entity, ix: one, depth, all_roots, profile: self.profile };
        seed.visit_map(access)?;
        Ok(one)
    }
}
