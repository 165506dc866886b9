//! A line a household: profiles as JSON.

use super::lines::Encoding;
use super::{Holder, Kinds, Prepared, Reject};
use crate::columns::Collect;
use crate::profile::{Profile, Slot};
use crate::schema::{FieldType, Schema};
use crate::wire::json::{UnknownFields, profile_from_json};
use serde_json::Value;

pub(super) fn prepare(
    schema: &Schema,
    kinds: Kinds,
    id: &str,
    lines: &[(u64, Vec<u8>)],
    encoding: Encoding,
    first: u64,
) -> Prepared {
    let mut collect = Collect::new(schema);
    let (mut households, mut names, mut people, mut rejects) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut ignored = std::collections::BTreeSet::new();
    for (household, (line, bytes)) in (first..).zip(lines) {
        let mut reject = |reason: String| rejects.push(Reject { household, line: *line, reason });
        let Some(text) = encoding.decode(bytes) else {
            reject("the text is in no encoding that is read: UTF-8 or GB18030".to_owned());
            continue;
        };
        let profile = match profile_from_json(schema, text.as_bytes(), UnknownFields::Report) {
            Ok((profile, notices)) => {
                let named = format!(".{id}");
                let others = notices.into_iter().map(|n| n.path).filter(|path| !path.ends_with(&named));
                ignored.extend(others.map(|path| path.replace(|c: char| c.is_ascii_digit(), "")).take(20));
                housed(schema, kinds, profile)
            }
            Err(e) => {
                reject(e.to_string().replace('\n', "; "));
                continue;
            }
        };
        // A household without the record that a row is would not be counted.
        if profile.root(kinds.household).is_none() && profile.root(kinds.person).is_none() {
            reject("neither a household nor a person is given".to_owned());
            continue;
        }
        let (before, units) = (collect.units(kinds.household), collect.units(kinds.person));
        if let Err(fault) = collect.push(&profile) {
            reject(fault.to_string());
            continue;
        }
        let ids = Ids::of(schema, kinds, &text, id);
        let name = ids.household.unwrap_or_else(|| household.saturating_add(1).to_string());
        if collect.units(kinds.household) > before || kinds.person == kinds.household {
            households.push(household);
            names.push(name.clone());
        }
        for place in 0..collect.units(kinds.person).saturating_sub(units) {
            let given = ids.people.get(place as usize).cloned().flatten();
            people.push(given.unwrap_or_else(|| format!("{name}.{}", place.saturating_add(1))));
        }
    }
    if kinds.person == kinds.household {
        people.clone_from(&names);
    }
    let ignored = ignored.into_iter().collect();
    Prepared { holder: Holder::Owned(collect.finish()), households, names, people, rejects, ignored }
}

/// The same profile with a household of which nothing is known but who was given, where it has none: every row is a household.
fn housed(schema: &Schema, kinds: Kinds, mut profile: Profile) -> Profile {
    let Some(person) = profile.root(kinds.person).filter(|_| profile.root(kinds.household).is_none()) else {
        return profile;
    };
    let home = profile.add(schema, kinds.household);
    profile.set_root(home);
    let fields = schema.entity(kinds.household).map(|e| e.fields.as_slice()).unwrap_or_default();
    for id in fields {
        let Some(field) = schema.field(*id).filter(|f| f.back.is_some()) else { continue };
        if field.ty == FieldType::List(kinds.person) {
            profile.link(schema, home, *id, Slot::List { items: vec![person], complete: false });
        }
    }
    profile
}

/// The names in one profile.
struct Ids {
    household: Option<String>,
    people: Vec<Option<String>>,
}

impl Ids {
    fn of(schema: &Schema, kinds: Kinds, text: &str, id: &str) -> Self {
        let nothing = Self { household: None, people: Vec::new() };
        if !text.contains(id) {
            return nothing;
        }
        let Ok(profile) = serde_json::from_str::<Value>(text) else { return nothing };
        let key = |entity| schema.entity(entity).map(|e| [e.name.id.clone(), e.name.zh.clone()]).unwrap_or_default();
        let find = |value: &Value, names: &[String]| names.iter().find_map(|n| value.get(n)).cloned();
        let name = |value: &Value| match value.get(id) {
            Some(Value::String(text)) => Some(text.clone()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        let household = find(&profile, &key(kinds.household)).unwrap_or(Value::Null);
        let person = find(&profile, &key(kinds.person)).unwrap_or(Value::Null);
        let list = schema.entity(kinds.household).and_then(|e| {
            e.fields
                .iter()
                .filter_map(|f| schema.field(*f))
                .find(|f| f.back.is_some() && matches!(f.ty, FieldType::List(of) if of == kinds.person))
        });
        let members = list.and_then(|f| find(&household, &[f.name.id.clone(), f.name.zh.clone()]));
        let members = match members {
            Some(Value::Array(members)) => members,
            Some(Value::Object(parts)) => parts.get("known").and_then(Value::as_array).cloned().unwrap_or_default(),
            _ => Vec::new(),
        };
        let people = if members.is_empty() {
            vec![name(&person)]
        } else {
            // The applicant stands in the list by name.
            members.iter().map(|m| if m.is_string() { name(&person) } else { name(m) }).collect()
        };
        Self { household: name(&household), people }
    }
}
