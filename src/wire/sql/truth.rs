//! Conditions in SQL. Its `AND`, `OR` and `NOT` are strong Kleene logic already; what is added here is everything that
//! asks about lists and sets, whose rows may not be all there are.

use super::layout::{Layout, quoted};
use super::scalar::compared;
use super::scope::{Kept, Scope, Text};
use super::{Enums, Options, units};
use crate::engine::Rules;
use crate::graph::intervals::Intervals;
use crate::graph::{Bound, Comparison, FactRef, Node, NodeId, SetId};
use crate::ids::{EnumId, PolicyId};
use crate::schema::FieldType;

/// Writes nodes, each once at each level of lists it stands at.
pub(super) struct Writer<'a> {
    pub(super) bound: &'a Bound,
    pub(super) layout: Layout<'a>,
    scopes: Vec<Scope>,
    /// How many places use a node.
    uses: Vec<u32>,
}

/// A list whose entries are the rows of the innermost level.
pub(super) struct Opened<'a> {
    pub(super) filters: &'a [NodeId],
    /// Whether the rows are all there are; NULL where that is not known.
    pub(super) complete: Text,
    pub(super) up_to: u32,
}

impl<'a> Writer<'a> {
    pub(super) fn new(rules: &'a Rules, options: Options, policies: &[(PolicyId, NodeId)]) -> Self {
        let bound = rules.bound();
        let layout = Layout::new(bound.graph.schema(), options);
        let mut uses = vec![0u32; bound.graph.nodes().len()];
        let mut stack: Vec<NodeId> = policies.iter().map(|(_, root)| *root).collect();
        while let Some(id) = stack.pop() {
            let Some(count) = uses.get_mut(id.0 as usize) else { continue };
            *count = count.saturating_add(1);
            if *count == 1 {
                bound.graph.node(id).children(&mut |child| stack.push(child));
            }
        }
        // Each match is a row of the one kind of record that the policies are for, or of the table that names several.
        let units = units(rules, policies);
        let several = units.len() > 1;
        let first = units.first().map_or("cases", |u| if several { "cases" } else { layout.table(*u) });
        let mut scope = Scope::new(0, format!("{} AS u", quoted(first)), None);
        scope.reserve("id");
        for policy in policies {
            scope.reserve(layout.schema.symbol(EnumId::POLICY, policy.0.0).map_or("", |s| s.name.id.as_str()));
        }
        for (index, node) in bound.graph.nodes().iter().enumerate() {
            let id = NodeId(u32::try_from(index).unwrap_or(u32::MAX));
            if let Node::Unit(entity) = node
                && uses.get(index).is_some_and(|u| *u > 0)
            {
                if several {
                    let name = layout.table(*entity).to_owned();
                    let key = format!("u.{}", quoted(&name));
                    scope.join(id, &name, &key, format!("{name}."));
                } else {
                    scope.records.insert(id, ("u".to_owned(), String::new()));
                }
            }
        }
        Self { bound, layout, scopes: vec![scope], uses }
    }

    /// The key of the match.
    pub(super) fn id(&mut self) -> Text {
        self.scopes.first_mut().map_or_else(|| Text::new("NULL"), |s| s.fact("u.\"id\"".to_owned(), "key"))
    }

    /// The conditions of a policy.
    pub(super) fn root(&mut self, id: NodeId) -> Result<Text, String> {
        let text = self.truth(id);
        self.scopes.truncate(1);
        text
    }

    pub(super) fn finish(&self, outputs: &[(String, Text)]) -> String {
        let materialized = self.layout.options.dialect.materialized();
        self.scopes.first().map_or_else(String::new, |s| s.statement(materialized, outputs))
    }

    pub(super) fn schema(&self) -> String {
        self.layout.ddl()
    }

    fn scope(&mut self, level: usize) -> Result<&mut Scope, String> {
        self.scopes.get_mut(level).ok_or_else(|| "it looks at an entry outside its list".to_owned())
    }

    pub(super) fn is_shared(&self, id: NodeId) -> bool {
        self.uses.get(id.0 as usize).is_some_and(|uses| *uses > 1)
    }

    pub(super) fn kept(&self, id: NodeId) -> Option<Kept> {
        self.scopes.get(usize::from(self.bound.graph.level(id)))?.kept.get(&id).cloned()
    }

    pub(super) fn keep(&mut self, id: NodeId, kept: Kept) {
        if let Some(scope) = self.scopes.get_mut(usize::from(self.bound.graph.level(id))) {
            scope.kept.insert(id, kept);
        }
    }

    /// The piece, or the name of a column that has it where it is long; at the level of a node.
    pub(super) fn named(&mut self, id: NodeId, text: Text, prefix: &str) -> Text {
        let level = usize::from(self.bound.graph.level(id));
        match self.scopes.get_mut(level) {
            Some(scope) if !text.is_short() => scope.column(&text, &format!("{prefix}{}", id.0)),
            _ => text,
        }
    }

    /// The alias of a record's table, the level it stands at, and the path it was reached by.
    fn record(&mut self, id: NodeId) -> Result<(usize, String, String), String> {
        let level = usize::from(self.bound.graph.level(id));
        if let Some((alias, path)) = self.scopes.get(level).and_then(|s| s.records.get(&id)) {
            return Ok((level, alias.clone(), path.clone()));
        }
        let Node::Follow(fact) = self.bound.graph.node(id) else {
            return Err("it looks at an entry outside its list".to_owned());
        };
        let (_, from, path) = self.record(fact.record)?;
        let Some(FieldType::Record(of)) = self.layout.schema.field(fact.field).map(|f| f.ty) else {
            return Err("it follows a fact that is no record".to_owned());
        };
        let column = self.layout.column(fact.field).to_owned();
        let (key, path) = (format!("{from}.{}", quoted(&column)), format!("{path}{column}."));
        let table = self.layout.table(of).to_owned();
        let alias = self.scope(level)?.join(id, &table, &key, path.clone());
        Ok((level, alias, path))
    }

    fn column(&mut self, record: NodeId, column: &str) -> Result<Text, String> {
        let (level, alias, path) = self.record(record)?;
        Ok(self.scope(level)?.fact(format!("{alias}.{}", quoted(column)), &format!("{path}{column}")))
    }

    /// The column of a scalar fact.
    pub(super) fn fact(&mut self, fact: FactRef) -> Result<Text, String> {
        let column = self.layout.column(fact.field).to_owned();
        self.column(fact.record, &column)
    }

    /// The key of a record, and the column that says whether its list or set is complete.
    fn owner(&mut self, fact: FactRef) -> Result<(Text, Text), String> {
        let complete = self.layout.complete(fact.field).to_owned();
        Ok((self.column(fact.record, "id")?, self.column(fact.record, &complete)?))
    }

    /// Goes into the entries of a list: they are the rows of a new innermost level.
    pub(super) fn enter(&mut self, list: NodeId) -> Result<Opened<'a>, String> {
        let bound = self.bound;
        let Node::List { fact, level, filters } = bound.graph.node(list) else {
            return Err("it asks about something that is no list".to_owned());
        };
        let level = usize::from(*level);
        let Some(field) = bound.graph.schema().field(fact.field) else {
            return Err("it asks about a list that is not declared".to_owned());
        };
        let FieldType::List(of) = field.ty else { return Err("it asks about something that is no list".to_owned()) };
        if self.scopes.len() != level {
            return Err("it has lists inside lists that cannot be told apart".to_owned());
        }
        let (owner, complete) = self.owner(*fact)?;
        let rows = quoted(self.layout.rows(fact.field));
        let (from, alias) = if !self.layout.is_entry(of) {
            let table = quoted(self.layout.table(of));
            (
                format!(
                    "{rows} AS l{level}\n    LEFT JOIN {table} AS t{level} ON t{level}.\"id\" = l{level}.\"entry\""
                ),
                format!("l{level}"),
            )
        } else {
            (format!("{rows} AS t{level}"), format!("t{level}"))
        };
        let filter = owner.with(format!("{alias}.\"owner\" = {}", owner.sql));
        let mut scope = Scope::new(level, from, Some(filter));
        if let Some(element) = self.element(level) {
            scope.records.insert(element, (format!("t{level}"), String::new()));
        }
        self.scopes.push(scope);
        Ok(Opened { filters, complete, up_to: field.up_to })
    }

    fn element(&self, level: usize) -> Option<NodeId> {
        let is = |n: &Node| matches!(n, Node::Element(at) if usize::from(*at) == level);
        let index = self.bound.graph.nodes().iter().position(is)?;
        u32::try_from(index).ok().map(NodeId)
    }

    /// Whether an entry counts.
    pub(super) fn filters(&mut self, list: &Opened<'_>) -> Result<Text, String> {
        match list.filters {
            [] => Ok(Text::new("TRUE")),
            filters => self.joined(filters, " AND "),
        }
    }

    /// Leaves the innermost level: a query for these values of its rows, and what it needs of the levels around.
    pub(super) fn leave(&mut self, outputs: &[(&str, &Text)]) -> (String, Vec<usize>) {
        let Some(mut scope) = self.scopes.pop() else { return (String::new(), Vec::new()) };
        outputs.iter().for_each(|(_, text)| scope.need_around(&text.after));
        (scope.nested(outputs), scope.outer)
    }

    pub(super) fn truth(&mut self, id: NodeId) -> Result<Text, String> {
        if let Some(Kept::Truth(text)) = self.kept(id) {
            return Ok(text);
        }
        let mut text = self.truth_of(id)?;
        if self.is_shared(id) {
            text = self.named(id, text, "c");
            self.keep(id, Kept::Truth(text.clone()));
        }
        Ok(text)
    }

    fn truth_of(&mut self, id: NodeId) -> Result<Text, String> {
        let bound = self.bound;
        match bound.graph.node(id) {
            Node::Bool(value) => Ok(Text::new(if *value { "TRUE" } else { "FALSE" })),
            Node::Unknown(_) => Ok(Text::new("CAST(NULL AS BOOLEAN)")),
            Node::Test(fact, set) => self.test(*fact, *set),
            Node::Not(a) => {
                let a = self.truth(*a)?;
                Ok(a.with(format!("NOT ({})", a.sql)))
            }
            Node::And(parts) => self.joined(parts, " AND "),
            Node::Or(parts) => self.joined(parts, " OR "),
            Node::Holds(fact, symbols) => {
                let Some(FieldType::Set(of)) = self.layout.schema.field(fact.field).map(|f| f.ty) else {
                    return Err("it asks what something holds that is no set".to_owned());
                };
                let values: Vec<String> = symbols.iter().map(|s| self.layout.symbol(of, *s)).collect();
                self.holds(id, *fact, &format!("v.\"value\" IN ({})", values.join(", ")), values.len())
            }
            Node::HoldsValue(fact, value) => {
                let Some(FieldType::Set(of)) = self.layout.schema.field(fact.field).map(|f| f.ty) else {
                    return Err("it asks what something holds that is no set".to_owned());
                };
                let value = self.scalar(*value)?;
                let value = self.named(id, value.num, "n");
                let position = self.position(of, "v.\"value\"");
                let held = self.holds(id, *fact, &format!("{position} = {}", value.sql), 1)?;
                Ok(Text::of(format!("CASE WHEN {} IS NOT NULL THEN {} END", value.sql, held.sql), &[&value, &held]))
            }
            Node::IsEmpty(fact) => {
                let (owner, complete) = self.owner(*fact)?;
                let rows = quoted(self.layout.rows(fact.field));
                let sql = format!(
                    "CASE WHEN EXISTS (SELECT 1 FROM {rows} AS v WHERE v.\"owner\" = {} AND v.\"held\") THEN FALSE WHEN {} THEN TRUE END",
                    owner.sql, complete.sql
                );
                Ok(Text::of(sql, &[&owner, &complete]))
            }
            Node::Any(list, body) => self.some(*list, *body, true),
            Node::All(list, body) => {
                let fails = self.some(*list, *body, false)?;
                Ok(fails.with(format!("NOT ({})", fails.sql)))
            }
            Node::Compare(op, a, b) => {
                let (a, b) = (self.scalar(*a)?, self.scalar(*b)?);
                let (x, y) = compared(&a, &b)?;
                Ok(Text::of(format!("{} {} {}", x.sql, sign(*op), y.sql), &[&x, &y]))
            }
            Node::InSet(a, set) => self.in_set(id, *a, *set),
            Node::Within(of, a, b) => {
                let (a, b) = (self.scalar(*a)?, self.scalar(*b)?);
                let (a, b) = (self.named(id, a.num, "n"), self.named(id, b.num, "n"));
                let values = self.layout.schema.enumeration(*of).map_or(&[][..], |e| e.values.as_slice());
                let ends: Vec<String> =
                    values.iter().enumerate().map(|(i, v)| format!("WHEN {i} THEN {}", v.end)).collect();
                let end = format!("CASE {} {} END", b.sql, ends.join(" "));
                Ok(Text::of(format!("({0} >= {1} AND {0} < {end})", a.sql, b.sql), &[&a, &b]))
            }
            _ => Err("it has a condition of a form that is not known here".to_owned()),
        }
    }

    fn joined(&mut self, parts: &[NodeId], word: &str) -> Result<Text, String> {
        let mut texts = Vec::new();
        for part in parts {
            texts.push(self.truth(*part)?);
        }
        let sql: Vec<&str> = texts.iter().map(|t| t.sql.as_str()).collect();
        Ok(Text::of(format!("({})", sql.join(word)), &texts.iter().collect::<Vec<_>>()))
    }

    fn test(&mut self, fact: FactRef, set: SetId) -> Result<Text, String> {
        let column = self.fact(fact)?;
        let Some(field) = self.layout.schema.field(fact.field) else {
            return Err("it reads a fact that is not declared".to_owned());
        };
        let range = Intervals::range(field.range.0, field.range.1);
        let (inside, outside) = (range.and(self.bound.set(set)), range.without(self.bound.set(set)));
        let known = |answer: &str| format!("CASE WHEN {} IS NOT NULL THEN {answer} END", column.sql);
        let sql = match (inside.is_empty(), outside.is_empty()) {
            (true, _) => known("FALSE"),
            (_, true) => known("TRUE"),
            _ if field.ty == FieldType::YesNo && inside.contains(1) => column.sql.clone(),
            _ if field.ty == FieldType::YesNo => format!("NOT {}", column.sql),
            _ => self.among(field.ty, &column.sql, &inside, &outside),
        };
        Ok(column.with(sql))
    }

    /// Whether a column is inside one of two sets that are all it can be.
    fn among(&self, ty: FieldType, column: &str, inside: &Intervals, outside: &Intervals) -> String {
        if let (FieldType::Symbol(of), Enums::Names) = (ty, self.layout.options.enums) {
            let size = |set: &Intervals| set.as_slice().iter().map(|(a, b)| b.saturating_sub(*a)).sum::<i64>();
            let negative = size(outside) < size(inside);
            let values: Vec<String> = if negative { outside } else { inside }
                .as_slice()
                .iter()
                .flat_map(|(a, b)| *a..=*b)
                .map(|v| self.layout.symbol(of, u32::try_from(v).unwrap_or(u32::MAX)))
                .collect();
            return match (values.as_slice(), negative) {
                ([one], false) => format!("{column} = {one}"),
                ([one], true) => format!("{column} <> {one}"),
                (many, false) => format!("{column} IN ({})", many.join(", ")),
                (many, true) => format!("{column} NOT IN ({})", many.join(", ")),
            };
        }
        let (least, most) = (inside.ends().map_or(0, |e| e.0), inside.ends().map_or(0, |e| e.1));
        let bounds = outside.ends();
        // Beyond the ends of what the column can be nothing is asked.
        let open = (bounds.is_some_and(|b| b.0 > least), bounds.is_some_and(|b| b.1 < most));
        let one = |(a, b): &(i64, i64)| {
            let (low, high) = (self.layout.literal(ty, *a), self.layout.literal(ty, *b));
            match (a == b, *a == least && open.0, *b == most && open.1) {
                (_, true, _) => format!("{column} <= {high}"),
                (_, _, true) => format!("{column} >= {low}"),
                (true, ..) => format!("{column} = {low}"),
                _ => format!("{column} BETWEEN {low} AND {high}"),
            }
        };
        match (inside.as_slice(), outside.as_slice()) {
            ([single], _) => one(single),
            (_, [(a, b)]) if a == b => format!("{column} <> {}", self.layout.literal(ty, *a)),
            (_, [(a, b)]) => {
                format!("{column} NOT BETWEEN {} AND {}", self.layout.literal(ty, *a), self.layout.literal(ty, *b))
            }
            (many, _) => format!("({})", many.iter().map(one).collect::<Vec<_>>().join(" OR ")),
        }
    }

    /// Whether a number is whole and in a set.
    fn in_set(&mut self, id: NodeId, a: NodeId, set: SetId) -> Result<Text, String> {
        let value = self.scalar(a)?;
        let num = self.named(id, value.num.clone(), "n");
        let unit = match &value.den {
            None => Text::new(value.scale.to_string()),
            Some(den) => self.named(id, den.with(format!("({} * {})", den.sql, value.scale)), "d"),
        };
        let mut ranges = Vec::new();
        for (low, high) in self.bound.set(set).as_slice() {
            // A bound outside of what the number can be would only make the products larger.
            let (low, high) = (i128::from(*low).max(value.num_bounds.0), i128::from(*high).min(value.num_bounds.1));
            for bound in [low, high] {
                let most = value.den_bounds.1.checked_mul(value.scale).and_then(|m| m.checked_mul(bound));
                if most.is_none_or(|m| m.unsigned_abs() >= 1 << 63) && unit.sql != "1" {
                    return Err("it looks for a quotient among numbers that can pass 64 bits".to_owned());
                }
            }
            if low <= high {
                ranges.push(match unit.sql.as_str() {
                    "1" => format!("{} BETWEEN {low} AND {high}", num.sql),
                    unit => format!("{} BETWEEN {low} * {unit} AND {high} * {unit}", num.sql),
                });
            }
        }
        let inside = if ranges.is_empty() { "FALSE".to_owned() } else { format!("({})", ranges.join(" OR ")) };
        let whole = if unit.sql == "1" { String::new() } else { format!(" AND {} % {} = 0", num.sql, unit.sql) };
        let sql = format!("CASE WHEN {} IS NULL OR {} IS NULL THEN NULL ELSE {inside}{whole} END", num.sql, unit.sql);
        Ok(Text::of(sql, &[&num, &unit]))
    }

    /// The position of a value of an enum in a column.
    pub(super) fn position(&self, of: EnumId, column: &str) -> String {
        if self.layout.options.enums == Enums::Positions {
            return column.to_owned();
        }
        let count = self.layout.schema.enumeration(of).map_or(0, |e| e.values.len());
        let rows: Vec<String> = (0..u32::try_from(count).unwrap_or(0))
            .map(|i| format!("WHEN {} THEN {i}", self.layout.symbol(of, i)))
            .collect();
        format!("CASE {column} {} END", rows.join(" "))
    }

    /// Whether a set holds one of some values: yes if a row says so, no if the set is complete or each is known not to
    /// be in it.
    fn holds(&mut self, id: NodeId, fact: FactRef, matching: &str, values: usize) -> Result<Text, String> {
        let (owner, complete) = self.owner(fact)?;
        let owner = self.named(id, owner, "k");
        let rows = quoted(self.layout.rows(fact.field));
        let here = format!("FROM {rows} AS v WHERE v.\"owner\" = {} AND {matching}", owner.sql);
        let sql = format!(
            "CASE WHEN EXISTS (SELECT 1 {here} AND v.\"held\") THEN TRUE WHEN {} THEN FALSE WHEN (SELECT COUNT(*) {here} AND NOT v.\"held\") = {values} THEN FALSE END",
            complete.sql
        );
        Ok(Text::of(sql, &[&owner, &complete]))
    }

    /// Whether some entry counts and has a body that holds (or fails).
    fn some(&mut self, list: NodeId, body: NodeId, wanted: bool) -> Result<Text, String> {
        let list = self.enter(list)?;
        let counts = self.filters(&list)?;
        let body = self.truth(body)?;
        let body = if wanted { body } else { body.with(format!("NOT ({})", body.sql)) };
        let both = match (counts.sql.as_str(), body.sql.as_str()) {
            ("TRUE", _) => body,
            (_, "TRUE") => counts,
            _ => Text::of(format!("{} AND {}", counts.sql, body.sql), &[&counts, &body]),
        };
        let (from, after) = self.leave(&[("t", &both)]);
        let sql = format!(
            "CASE (SELECT MAX(CASE WHEN q.t THEN 2 WHEN q.t IS NULL THEN 1 ELSE 0 END) FROM ({from}) AS q) WHEN 2 THEN TRUE WHEN 1 THEN NULL ELSE CASE WHEN {} THEN FALSE END END",
            list.complete.sql
        );
        let mut text = Text::of(sql, &[&list.complete]);
        text.needs(&after);
        Ok(text)
    }
}

const fn sign(op: Comparison) -> &'static str {
    match op {
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
        Comparison::Equal => "=",
        Comparison::NotEqual => "<>",
    }
}
