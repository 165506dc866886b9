//! One level of the statement: a row of facts, and named columns over it.
//!
//! A condition that many policies share is written once, as a column; a column that uses another stands in a later layer.
//! The statement is therefore as long as the graph, not as long as the conditions written out.

use super::layout::{Names, quoted};
use crate::graph::NodeId;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

/// A piece of SQL and, by level, the layer of columns that must stand before it.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub(super) sql: String,
    pub(super) after: Vec<usize>,
}

impl Text {
    pub(super) fn new(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), after: Vec::new() }
    }

    /// The same needs, another text.
    pub(super) fn with(&self, sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), after: self.after.clone() }
    }

    /// Another text that needs what several pieces need.
    pub(super) fn of(sql: impl Into<String>, parts: &[&Self]) -> Self {
        let mut text = Self::new(sql);
        parts.iter().for_each(|part| text.needs(&part.after));
        text
    }

    pub(super) fn needs(&mut self, after: &[usize]) {
        if self.after.len() < after.len() {
            self.after.resize(after.len(), 0);
        }
        for (mine, other) in self.after.iter_mut().zip(after) {
            *mine = (*other).max(*mine);
        }
    }

    pub(super) fn layer(&self, level: usize) -> usize {
        self.after.get(level).copied().unwrap_or(0)
    }

    /// Whether it is a name or a figure, which costs nothing to repeat.
    pub(super) fn is_short(&self) -> bool {
        self.sql.len() <= 48 && !self.sql.contains("SELECT")
    }
}

/// An exact number: `num / (den * scale)`, each an integer.
#[derive(Clone, Debug)]
pub(super) struct Scalar {
    pub(super) num: Text,
    /// More than zero; none where it is 1.
    pub(super) den: Option<Text>,
    /// More than zero.
    pub(super) scale: i128,
    /// The least and the most that `num` can be, and `den`.
    pub(super) num_bounds: (i128, i128),
    pub(super) den_bounds: (i128, i128),
}

/// What has been written for a node.
#[derive(Clone, Debug)]
pub(super) enum Kept {
    Truth(Text),
    Scalar(Scalar),
}

/// One level: level 0 has a row for each match to be made, a deeper one a row for each entry of a list.
pub(super) struct Scope {
    pub(super) level: usize,
    pub(super) alias: String,
    /// What stands behind FROM, and the alias of each record's table in it.
    from: String,
    filter: Option<String>,
    pub(super) records: BTreeMap<NodeId, (String, String)>,
    facts: BTreeMap<String, String>,
    names: Names,
    layers: Vec<Vec<(String, String)>>,
    pub(super) kept: HashMap<NodeId, Kept>,
    /// What is needed of the levels around it.
    pub(super) outer: Vec<usize>,
}

impl Scope {
    pub(super) fn new(level: usize, from: String, filter: Option<Text>) -> Self {
        let mut scope = Self {
            level,
            alias: if level == 0 { "s".to_owned() } else { format!("e{level}") },
            from,
            filter: filter.as_ref().map(|f| f.sql.clone()),
            records: BTreeMap::new(),
            facts: BTreeMap::new(),
            names: Names::default(),
            layers: Vec::new(),
            kept: HashMap::new(),
            outer: Vec::new(),
        };
        if let Some(filter) = filter {
            scope.need_around(&filter.after);
        }
        scope
    }

    /// The names that results will have, so that no column is in their way.
    pub(super) fn reserve(&mut self, name: &str) {
        self.names.take(name);
    }

    pub(super) fn need_around(&mut self, after: &[usize]) {
        let mut outer = Text { sql: String::new(), after: std::mem::take(&mut self.outer) };
        outer.needs(after.get(..self.level.min(after.len())).unwrap_or(after));
        self.outer = outer.after;
    }

    /// Joins the table of a record that a fact names.
    pub(super) fn join(&mut self, node: NodeId, table: &str, key: &str, path: String) -> String {
        let alias = format!("t{}_{}", self.level, self.records.len());
        let _ = write!(self.from, "\n    LEFT JOIN {} AS {alias} ON {alias}.\"id\" = {key}", quoted(table));
        self.records.insert(node, (alias.clone(), path));
        alias
    }

    /// A column of the tables, by a name of its own.
    pub(super) fn fact(&mut self, expression: String, wanted: &str) -> Text {
        let (names, alias) = (&mut self.names, &self.alias);
        let name = self.facts.entry(expression).or_insert_with(|| names.take(wanted));
        Text::new(format!("{alias}.{}", quoted(name)))
    }

    /// Writes a piece once and gives the name of its column.
    pub(super) fn column(&mut self, text: &Text, wanted: &str) -> Text {
        let layer = text.layer(self.level);
        while self.layers.len() <= layer {
            self.layers.push(Vec::new());
        }
        let name = self.names.take(wanted);
        if let Some(columns) = self.layers.get_mut(layer) {
            columns.push((name.clone(), text.sql.clone()));
        }
        self.need_around(&text.after);
        let mut after = text.after.clone();
        after.resize(self.level.saturating_add(1).max(after.len()), 0);
        if let Some(mine) = after.get_mut(self.level) {
            *mine = layer.saturating_add(1);
        }
        Text { sql: format!("{}.{}", self.alias, quoted(&name)), after }
    }

    /// The row of facts, and each layer over it without its FROM.
    fn parts(&self) -> (String, Vec<String>) {
        let facts: Vec<String> = self.facts.iter().map(|(e, name)| format!("{e} AS {}", quoted(name))).collect();
        let facts = if facts.is_empty() { "1 AS \"one\"".to_owned() } else { facts.join(",\n        ") };
        let filter = self.filter.as_ref().map_or_else(String::new, |f| format!("\n    WHERE {f}"));
        let base = format!("SELECT {facts}\n    FROM {}{filter}", self.from);
        let layer = |columns: &Vec<(String, String)>| {
            let columns: Vec<String> = columns.iter().map(|(name, sql)| format!("{sql} AS {}", quoted(name))).collect();
            format!("SELECT {}.*,\n        {}", self.alias, columns.join(",\n        "))
        };
        (base, self.layers.iter().filter(|l| !l.is_empty()).map(layer).collect())
    }

    /// `SELECT outputs FROM ...`, layer inside layer.
    pub(super) fn nested(&self, outputs: &[(&str, &Text)]) -> String {
        let (mut sql, layers) = self.parts();
        for layer in layers {
            sql = format!("{layer}\n    FROM ({sql}) AS {}", self.alias);
        }
        let outputs: Vec<String> = outputs.iter().map(|(name, t)| format!("{} AS {name}", t.sql)).collect();
        format!("SELECT {} FROM ({sql}) AS {}", outputs.join(", "), self.alias)
    }

    /// The same with a name for each layer, as the outermost level is written.
    pub(super) fn statement(&self, materialized: &str, outputs: &[(String, Text)]) -> String {
        let (base, layers) = self.parts();
        let mut sql = format!("WITH \"facts\" AS{materialized} (\n    {base}\n)");
        let mut from = "facts".to_owned();
        for (at, layer) in layers.iter().enumerate() {
            let name = format!("shared_{}", at.saturating_add(1));
            let _ = write!(
                sql,
                ",\n{} AS{materialized} (\n    {layer}\n    FROM {} AS {}\n)",
                quoted(&name),
                quoted(&from),
                self.alias
            );
            from = name;
        }
        let outputs: Vec<String> = outputs.iter().map(|(name, t)| format!("{} AS {}", t.sql, quoted(name))).collect();
        let _ = write!(sql, "\nSELECT {}\nFROM {} AS {}", outputs.join(",\n    "), quoted(&from), self.alias);
        sql
    }
}
