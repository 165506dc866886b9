//! A profile as rows of the tables that a statement reads.

use super::Options;
use super::layout::{Layout, quoted};
use crate::profile::{Profile, RecordIx, Slot};
use crate::schema::{FieldType, Schema};
use std::fmt::Write as _;

/// The statements that put a profile into the tables, and its match into `cases` where `with_cases` is set. Keys begin
/// after `offset`, so that several profiles can stand side by side; the next one begins at the number that comes back.
///
/// ```
/// use entitle::{Engine, profile::{Profile, Slot}, wire::sql};
/// let text = "enum category { welfare }\nrecord person { age: years old }\npolicy tea for person";
/// let engine = Engine::from_texts([("tea.policy".to_owned(), text.to_owned())])?;
/// let mut profile = Profile::new();
/// let person = profile.add(engine.schema(), engine.schema().entity_named("person").unwrap());
/// profile.set_root(person);
/// profile.set(person, 0, Slot::Scalar(61));
/// let (insert, next) = sql::rows(engine.schema(), sql::Options::default(), &profile, 0, false);
/// assert_eq!(insert, "INSERT INTO \"person\" (\"id\", \"age\") VALUES (1, 61);\n");
/// assert_eq!(next, 1);
/// # Ok::<(), entitle::Error>(())
/// ```
#[must_use]
pub fn rows(schema: &Schema, options: Options, profile: &Profile, offset: u64, with_cases: bool) -> (String, u64) {
    let layout = Layout::new(schema, options);
    let key = |ix: RecordIx| offset.saturating_add(u64::from(ix.0)).saturating_add(1);
    let mut sql = String::new();
    let count = u32::try_from(profile.len()).unwrap_or(u32::MAX);
    let owners = owners(&layout, profile);
    for ix in (0..count).map(RecordIx) {
        let Some(record) = profile.record(ix) else { continue };
        let (mut columns, mut values) = (vec![quoted("id")], vec![key(ix).to_string()]);
        if layout.is_entry(record.entity) {
            columns.push(quoted("owner"));
            values.push(
                owners.get(ix.0 as usize).copied().flatten().map_or_else(|| "NULL".to_owned(), |o| key(o).to_string()),
            );
        }
        let fields = schema.entity(record.entity).map_or(&[][..], |e| e.fields.as_slice());
        let mut more = String::new();
        for (slot, id) in record.slots.iter().zip(fields) {
            let Some(field) = schema.field(*id) else { continue };
            match slot {
                Slot::Unknown => {}
                Slot::Scalar(value) => {
                    columns.push(quoted(layout.column(*id)));
                    values.push(layout.literal(field.ty, *value));
                }
                Slot::Record(other) => {
                    columns.push(quoted(layout.column(*id)));
                    values.push(key(*other).to_string());
                }
                Slot::List { items, complete } => {
                    columns.push(quoted(layout.complete(*id)));
                    values.push(truth(*complete));
                    let FieldType::List(of) = field.ty else { continue };
                    if !layout.is_entry(of) {
                        let rows = quoted(layout.rows(*id));
                        for item in items {
                            let _ = writeln!(
                                more,
                                "INSERT INTO {rows} (\"owner\", \"entry\") VALUES ({}, {});",
                                key(ix),
                                key(*item)
                            );
                        }
                    }
                }
                Slot::Set { known, not, complete } => {
                    columns.push(quoted(layout.complete(*id)));
                    values.push(truth(*complete));
                    let FieldType::Set(of) = field.ty else { continue };
                    let rows = quoted(layout.rows(*id));
                    for (symbol, held) in known.iter().map(|s| (s, true)).chain(not.iter().map(|s| (s, false))) {
                        let _ = writeln!(
                            more,
                            "INSERT INTO {rows} (\"owner\", \"value\", \"held\") VALUES ({}, {}, {});",
                            key(ix),
                            layout.symbol(of, *symbol),
                            truth(held)
                        );
                    }
                }
            }
        }
        let table = quoted(layout.table(record.entity));
        let _ = writeln!(sql, "INSERT INTO {table} ({}) VALUES ({});", columns.join(", "), values.join(", "));
        sql += &more;
    }
    if with_cases {
        let (mut columns, mut values) = (vec![quoted("id")], vec![offset.saturating_add(1).to_string()]);
        for index in 0..schema.entities.len() {
            let entity = crate::ids::EntityId::of(index);
            if let Some(root) = profile.root(entity) {
                columns.push(quoted(layout.table(entity)));
                values.push(key(root).to_string());
            }
        }
        let _ = writeln!(sql, "INSERT INTO \"cases\" ({}) VALUES ({});", columns.join(", "), values.join(", "));
    }
    (sql, offset.saturating_add(u64::from(count)))
}

fn truth(value: bool) -> String {
    (if value { "TRUE" } else { "FALSE" }).to_owned()
}

/// By record: the one whose list it stands in.
fn owners(layout: &Layout<'_>, profile: &Profile) -> Vec<Option<RecordIx>> {
    let mut owners = vec![None; profile.len()];
    for ix in (0..u32::try_from(profile.len()).unwrap_or(0)).map(RecordIx) {
        for slot in profile.record(ix).map_or(&[][..], |r| r.slots.as_slice()) {
            let Slot::List { items, .. } = slot else { continue };
            for item in items {
                let entry = profile.record(*item).is_some_and(|r| layout.is_entry(r.entity));
                if let Some(owner) = owners.get_mut(item.0 as usize).filter(|_| entry) {
                    *owner = Some(ix);
                }
            }
        }
    }
    owners
}
