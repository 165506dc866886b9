#![doc = include_str!("../README.md")]

pub mod advise;
pub mod ast;
pub mod checked;
pub mod columns;
pub mod compare;
pub mod diagnostic;
pub mod graph;
pub mod ids;
pub mod limits;
pub mod lint;
pub mod near;
pub mod profile;
pub mod schema;
pub mod span;
pub mod value;
pub mod verdict;
pub mod why;
pub mod wire;

mod engine;
mod error;

pub use engine::{Engine, Matches, Rules, ScenarioOutcome};
pub use error::Error;
