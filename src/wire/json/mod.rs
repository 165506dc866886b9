//! JSON: profiles in ([`profile`]), results out ([`report`]), and the JSON Schema of a profile ([`schema`]).

pub mod profile;
pub mod report;
pub mod schema;
mod tree;

pub use profile::{Problem, ProfileError, UnknownFields, profile_from_json};
