//! How records stand in tables, and the DDL that says so.
//!
//! Every kind of record is a table with a key `id`; a fact is a column; a record in a fact is the key of another table.
//! A list of named records (`members`) is a table of pairs, `owner` and `entry`; a list of entries without a name of
//! their own is a table of these entries with the key of its `owner`. A set is a table of `owner`, `value` and whether
//! it is `held`. For every list and set the owner says in a column `..._complete` whether the rows are all there are.

use super::{Dates, Dialect, Enums, Options};
use crate::ids::{EntityId, EnumId, FieldId};
use crate::schema::{Field, FieldType, Schema};
use crate::value::Date;
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

/// The names of tables and columns. SQL does not tell `aB` from `ab`, so a name that is taken gets a number.
pub(super) struct Layout<'s> {
    pub(super) schema: &'s Schema,
    pub(super) options: Options,
    tables: Vec<String>,
    /// The kinds of record that exist only as entries of one list.
    entries: HashSet<EntityId>,
    columns: HashMap<FieldId, String>,
    complete: HashMap<FieldId, String>,
    /// The table of a list's pairs or of a set's values.
    rows: HashMap<FieldId, String>,
}

/// Names of one table, or of all tables.
#[derive(Default)]
pub(super) struct Names(HashSet<String>);

impl Names {
    /// The name, with a number behind it where it is taken.
    pub(super) fn take(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        let mut next = 2u32;
        while !self.0.insert(name.to_ascii_lowercase()) {
            name = format!("{wanted}_{next}");
            next = next.saturating_add(1);
        }
        name
    }
}

/// A name as SQL takes it whatever its words mean there.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

/// A text as SQL takes it.
pub(super) fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

impl<'s> Layout<'s> {
    pub(super) fn new(schema: &'s Schema, options: Options) -> Self {
        let mut names = Names::default();
        names.take("cases");
        let lists: HashMap<EntityId, &Field> = schema
            .fields
            .iter()
            .filter_map(|f| if let FieldType::List(e) = f.ty { Some((e, f)) } else { None })
            .collect();
        let owner = |f: &Field| schema.entity(f.entity).map_or("", |e| e.name.id.as_str());
        let mut tables = Vec::new();
        for (index, entity) in schema.entities.iter().enumerate() {
            let list = lists.get(&EntityId::of(index)).filter(|_| !entity.named);
            let name = list.map_or_else(|| entity.name.id.clone(), |f| format!("{}_{}", owner(f), f.name.id));
            tables.push(names.take(&name));
        }
        let named = |id: &EntityId| schema.entity(*id).is_some_and(|e| e.named);
        let entries = lists.keys().copied().filter(|id| !named(id)).collect();
        let mut layout = Self {
            schema,
            options,
            tables,
            entries,
            columns: HashMap::new(),
            complete: HashMap::new(),
            rows: HashMap::new(),
        };
        for (index, entity) in schema.entities.iter().enumerate() {
            let mut columns = Names::default();
            columns.take("id");
            if layout.is_entry(EntityId::of(index)) {
                columns.take("owner");
            }
            for id in &entity.fields {
                let Some(field) = schema.field(*id) else { continue };
                match field.ty {
                    FieldType::List(of) => {
                        layout.complete.insert(*id, columns.take(&format!("{}_complete", field.name.id)));
                        let rows = if layout.is_entry(of) {
                            layout.table(of).to_owned()
                        } else {
                            names.take(&format!("{}_{}", owner(field), field.name.id))
                        };
                        layout.rows.insert(*id, rows);
                    }
                    FieldType::Set(_) => {
                        layout.complete.insert(*id, columns.take(&format!("{}_complete", field.name.id)));
                        layout.rows.insert(*id, names.take(&format!("{}_{}", owner(field), field.name.id)));
                    }
                    _ => {
                        layout.columns.insert(*id, columns.take(&field.name.id));
                    }
                }
            }
        }
        layout
    }

    pub(super) fn table(&self, entity: EntityId) -> &str {
        self.tables.get(entity.index()).map_or("", String::as_str)
    }

    /// Whether records of a kind exist only as entries of one list, so that each can name its owner.
    pub(super) fn is_entry(&self, entity: EntityId) -> bool {
        self.entries.contains(&entity)
    }

    /// The column of a fact that is neither list nor set.
    pub(super) fn column(&self, field: FieldId) -> &str {
        self.columns.get(&field).map_or("", String::as_str)
    }

    /// The column that says whether a list or set is complete.
    pub(super) fn complete(&self, field: FieldId) -> &str {
        self.complete.get(&field).map_or("", String::as_str)
    }

    /// The table of a list's entries or of a set's values.
    pub(super) fn rows(&self, field: FieldId) -> &str {
        self.rows.get(&field).map_or("", String::as_str)
    }

    /// A value of an enum.
    pub(super) fn symbol(&self, of: EnumId, position: u32) -> String {
        match self.options.enums {
            Enums::Positions => position.to_string(),
            Enums::Names => text(self.schema.symbol(of, position).map_or("", |s| s.name.id.as_str())),
        }
    }

    /// A day.
    pub(super) fn day(&self, days: i64) -> String {
        match self.options.dates {
            Dates::Days => days.to_string(),
            Dates::Iso => Date::from_days(days).map_or_else(|| "NULL".to_owned(), |d| text(&d.to_string())),
        }
    }

    /// A value of a scalar fact as it stands in its column.
    pub(super) fn literal(&self, ty: FieldType, value: i64) -> String {
        match ty {
            FieldType::YesNo => (if value == 0 { "FALSE" } else { "TRUE" }).to_owned(),
            FieldType::Date => self.day(value),
            FieldType::Symbol(e) => self.symbol(e, u32::try_from(value).unwrap_or(u32::MAX)),
            _ => value.to_string(),
        }
    }

    fn enum_type(&self, of: EnumId) -> String {
        match (self.options.enums, self.options.dialect) {
            (Enums::Positions, _) => "SMALLINT".to_owned(),
            (Enums::Names, Dialect::Sqlite) => "TEXT".to_owned(),
            (Enums::Names, Dialect::DuckDb) => {
                quoted(&format!("enum_{}", self.schema.enumeration(of).map_or("", |e| e.name.id.as_str())))
            }
        }
    }

    /// The statements that make the tables, with what each column holds.
    pub(super) fn ddl(&self) -> String {
        let mut sql = String::from(
            "-- One table for each kind of record. NULL is a fact that is not known. Of a list or a set, the column `..._complete` says\n\
             -- whether the rows are all there are; unless it is true, there may be others. Views of these names and columns do as well.\n",
        );
        if self.options.enums == Enums::Names && self.options.dialect == Dialect::DuckDb {
            for (index, of) in self.schema.enums.iter().enumerate().filter(|(_, e)| !e.values.is_empty()) {
                let values: Vec<String> = of.values.iter().map(|v| text(&v.name.id)).collect();
                let name = self.enum_type(EnumId::of(index));
                let _ = writeln!(sql, "CREATE TYPE {name} AS ENUM ({});", values.join(", "));
            }
        }
        let mut more = String::new();
        for (index, entity) in self.schema.entities.iter().enumerate() {
            let table = self.table(EntityId::of(index));
            let _ = writeln!(sql, "CREATE TABLE {} (", quoted(table));
            let mut lines = vec![("\"id\" BIGINT PRIMARY KEY".to_owned(), entity.name.zh.clone())];
            if self.is_entry(EntityId::of(index)) {
                lines.push(("\"owner\" BIGINT NOT NULL".to_owned(), "the record whose list this stands in".to_owned()));
                let _ =
                    writeln!(more, "CREATE INDEX {} ON {} (\"owner\");", quoted(&format!("{table}_of")), quoted(table));
            }
            for id in &entity.fields {
                if let Some(field) = self.schema.field(*id) {
                    lines.push(self.column_ddl(*id, field, &mut more));
                }
            }
            let last = lines.len();
            for (at, (line, note)) in lines.into_iter().enumerate() {
                let comma = if at.saturating_add(1) == last { "" } else { "," };
                let _ = writeln!(sql, "    {line}{comma} -- {note}");
            }
            sql.push_str(");\n");
        }
        sql += &more;
        sql.push_str("-- One row for each match to be made; read where the policies of a statement are for several kinds of record.\nCREATE TABLE \"cases\" (\n    \"id\" BIGINT PRIMARY KEY");
        for index in 0..self.schema.entities.len() {
            let entity = EntityId::of(index);
            if self.schema.is_root(entity) {
                let _ = write!(sql, ",\n    {} BIGINT", quoted(self.table(entity)));
            }
        }
        sql + "\n);\n"
    }

    fn column_ddl(&self, id: FieldId, field: &Field, more: &mut String) -> (String, String) {
        let column = quoted(self.column(id));
        let note = field.name.zh.clone();
        let bounds = format!("CHECK ({column} BETWEEN {} AND {})", field.range.0, field.range.1);
        match field.ty {
            FieldType::YesNo => (format!("{column} BOOLEAN"), note),
            FieldType::Date => match (self.options.dates, self.options.dialect) {
                (Dates::Days, _) => (format!("{column} INTEGER {bounds}"), format!("{note}, days since 1970-01-01")),
                (Dates::Iso, Dialect::Sqlite) => (format!("{column} TEXT"), format!("{note}, YYYY-MM-DD")),
                (Dates::Iso, Dialect::DuckDb) => (format!("{column} DATE"), note),
            },
            FieldType::Quantity(unit) => {
                let words = unit.words(crate::value::Language::En);
                let words = if words.is_empty() { "a number".to_owned() } else { words };
                let grains = match unit.grains() {
                    1 => words,
                    grains => format!("{words}, times {grains}"),
                };
                (format!("{column} BIGINT {bounds}"), format!("{note}, {grains}"))
            }
            FieldType::Symbol(of) => (format!("{column} {}", self.enum_type(of)), note),
            FieldType::Record(of) => (format!("{column} BIGINT"), format!("{note}, the id in {}", self.table(of))),
            FieldType::Set(of) => {
                let rows = quoted(self.rows(id));
                let value = self.enum_type(of);
                let _ = writeln!(
                    more,
                    "CREATE TABLE {rows} ( -- {note}: values known to be in the set (held), or known not to be\n    \"owner\" BIGINT NOT NULL,\n    \
                     \"value\" {value} NOT NULL,\n    \"held\" BOOLEAN NOT NULL,\n    PRIMARY KEY (\"owner\", \"value\")\n);"
                );
                (format!("{} BOOLEAN", quoted(self.complete(id))), format!("{note} in {}", self.rows(id)))
            }
            FieldType::List(of) => {
                let rows = self.rows(id);
                if !self.is_entry(of) {
                    let _ = writeln!(
                        more,
                        "CREATE TABLE {} ( -- {note}\n    \"owner\" BIGINT NOT NULL,\n    \"entry\" BIGINT NOT NULL -- the id in {}\n);\n\
                         CREATE INDEX {} ON {} (\"owner\");",
                        quoted(rows),
                        self.table(of),
                        quoted(&format!("{rows}_of")),
                        quoted(rows)
                    );
                }
                (format!("{} BOOLEAN", quoted(self.complete(id))), format!("{note} in {rows}, at most {}", field.up_to))
            }
        }
    }
}
