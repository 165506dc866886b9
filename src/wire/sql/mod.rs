//! SQL: the conditions of all policies as one statement, whose answers equal the engine's three-valued ones.
//!
//! [`statement`] writes the graph of a day. Its result has a row for each match to be made and a column for each policy:
//! true is eligible, false is ineligible and NULL is unknown, exactly as in strong Kleene logic
//! ([`exact::kleene`](crate::verdict::exact::kleene)); what the exact search settles beyond that logic stays NULL.
//! Everything is computed in integers: money in fen, shares in hundredths of a percent, ratios multiplied across; where
//! that could pass 64 bits the policy is refused. A policy that SQL cannot say is named with the reason and never left out silently.
//!
//! The tables that the statement reads are described by [`Statement::schema`]. Where all policies are for one kind of
//! record, its table has a row for each match; where they are for several, a table `cases` names in each row the record
//! of each kind. [`rows`] turns a profile into the rows it stands for.
//!
//! ```
//! use entitle::{Engine, wire::sql};
//! let text = r#"
//!     enum category { welfare }
//!     record person { birth_date: date; hukou_here: yes/no }
//!     policy tea for person {
//!         category: welfare
//!         in force: from 2020-01-01 until further notice
//!         source: "an example"
//!         status: illustrative
//!         eligible when { hukou_here; today - birth_date >= 60 years old }
//!     }
//! "#;
//! let engine = Engine::from_texts([("tea.policy".to_owned(), text.to_owned())])?;
//! let rules = engine.at("2026-01-01".parse().unwrap())?;
//! let statement = sql::statement(&rules, sql::Options::default());
//! assert!(statement.refused.is_empty());
//! assert!(statement.sql.contains(r#"s."hukou_here" AND s."birth_date" <= '1966-01-01'"#));
//! # Ok::<(), entitle::Error>(())
//! ```

mod dialect;
mod layout;
mod rows;
mod scalar;
mod scope;
mod truth;

use crate::engine::Rules;
use crate::ids::PolicyId;
pub use rows::rows;
use std::fmt::Write as _;

/// Which database reads the statement. They differ in calendar functions, types and hints only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// `SQLite` 3.38 or later.
    #[default]
    Sqlite,
    /// `DuckDB` 1.0 or later.
    DuckDb,
}

/// How a date stands in its column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dates {
    /// As `YYYY-MM-DD` (in `DuckDB` a `DATE`).
    #[default]
    Iso,
    /// As days since 1970-01-01.
    Days,
}

/// How a value of an enum stands in its column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Enums {
    /// By its identifier (in `DuckDB` an `ENUM`).
    #[default]
    Names,
    /// By its position in the enum, from 0.
    Positions,
}

/// How the statement is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// For which database.
    pub dialect: Dialect,
    /// Dates in columns.
    pub dates: Dates,
    /// Values of enums in columns.
    pub enums: Enums,
}

/// A policy that the statement does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The policy.
    pub policy: PolicyId,
    /// Why, in English, to stand behind the policy's name.
    pub reason: String,
}

/// The policies of a day as SQL.
#[derive(Clone, Debug)]
pub struct Statement {
    /// One `SELECT`: `id`, then a column for each of `policies`, named by its identifier.
    pub sql: String,
    /// The statements that make the tables it reads.
    pub schema: String,
    /// The policies it has, in the order of its columns.
    pub policies: Vec<PolicyId>,
    /// The policies it cannot have.
    pub refused: Vec<Refusal>,
    /// The policies that are not in force on the day, which have no verdict.
    pub not_in_force: Vec<PolicyId>,
}

/// Writes the policies of a day as one statement.
#[must_use]
pub fn statement(rules: &Rules, options: Options) -> Statement {
    let all: Vec<PolicyId> = rules.bound().graph.entries().iter().map(|entry| entry.policy).collect();
    statement_of(rules, options, &all)
}

/// Writes some policies of a day as one statement.
#[must_use]
pub fn statement_of(rules: &Rules, options: Options, policies: &[PolicyId]) -> Statement {
    let graph = &rules.bound().graph;
    let (mut wanted, mut not_in_force) = (Vec::new(), Vec::new());
    for policy in policies {
        match graph.entry(*policy).and_then(|e| e.root) {
            Some(root) => wanted.push((*policy, root)),
            None if rules.model().policies.get(policy.index()).is_some_and(|p| p.written) => not_in_force.push(*policy),
            None => {}
        }
    }
    // What a refused policy had begun to write must not stay behind, so the second round is without it.
    let refused: Vec<Refusal> = {
        let mut writer = truth::Writer::new(rules, options, &wanted);
        let tried = wanted.iter().filter_map(|(policy, root)| {
            let reason = writer.root(*root).err()?;
            Some(Refusal { policy: *policy, reason })
        });
        tried.collect()
    };
    wanted.retain(|(policy, _)| refused.iter().all(|r| r.policy != *policy));
    let mut writer = truth::Writer::new(rules, options, &wanted);
    let mut outputs = vec![("id".to_owned(), writer.id())];
    for (policy, root) in &wanted {
        // It was written a moment ago; an error here would be the same refusal.
        if let Ok(text) = writer.root(*root) {
            outputs.push((name(rules, *policy), text));
        }
    }
    let mut sql = format!("-- Policies as of {}, fingerprint {}.\n", rules.as_of(), rules.fingerprint());
    sql.push_str("-- TRUE is eligible, FALSE is ineligible, NULL is unknown. A preliminary match, subject to the authority's review.\n");
    for policy in &not_in_force {
        let _ = writeln!(sql, "-- not in force: {}", name(rules, *policy));
    }
    for refusal in &refused {
        let _ = writeln!(sql, "-- not in this statement: {}: {}", name(rules, refusal.policy), refusal.reason);
    }
    sql.push_str(&writer.finish(&outputs));
    sql.push_str(";\n");
    let policies = wanted.into_iter().map(|(policy, _)| policy).collect();
    Statement { sql, schema: writer.schema(), policies, refused, not_in_force }
}

fn name(rules: &Rules, policy: PolicyId) -> String {
    rules.model().schema.symbol(crate::ids::EnumId::POLICY, policy.0).map_or_else(String::new, |s| s.name.id.clone())
}

/// The kinds of record that the policies are for, in the order of their ids.
fn units(rules: &Rules, policies: &[(PolicyId, crate::graph::NodeId)]) -> Vec<crate::ids::EntityId> {
    let model = rules.model();
    let mut units: Vec<_> =
        policies.iter().filter_map(|(p, _)| model.policies.get(p.index()).map(|p| p.unit)).collect();
    units.sort_unstable();
    units.dedup();
    units
}
