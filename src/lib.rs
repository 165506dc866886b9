#![doc = include_str!("../README.md")]

// What the derived parser calls the standard library's half that needs no operating system; see `pest` in Cargo.toml.
extern crate alloc;

pub mod advise;
pub mod ast;
pub mod checked;
pub mod columns;
pub mod compare;
mod cores;
pub mod cover;
pub mod diagnostic;
pub mod graph;
pub mod ids;
pub mod limits;
pub mod lint;
pub mod near;
pub mod profile;
mod prove;
pub mod schema;
pub mod span;
pub mod value;
pub mod verdict;
pub mod why;
pub mod wire;

mod engine;
mod error;
mod refusal;
#[cfg(feature = "reload")]
mod reload;

pub use engine::{
    Contradiction, Depth, Derived, Details, Engine, Fate, Matches, Readers, Rules, ScenarioOutcome, Seen, Suggestion,
    Tried, Turned, Watcher, What,
};
pub use error::Error;
pub use refusal::Refusal;
#[cfg(feature = "reload")]
pub use reload::{Reloadable, Snapshot};
