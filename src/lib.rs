#![doc = include_str!("../README.md")]

pub mod advise;
pub mod ast;
pub mod checked;
pub mod compare;
pub mod cover;
pub mod diagnostic;
pub mod graph;
pub mod ids;
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

pub use engine::{Engine, Fate, Matches, Rules, ScenarioOutcome, Seen, Suggestion, Tried, What};
pub use error::Error;
