//! JSON: profiles in ([`profile`]) and out ([`mod@write`]), results ([`report`]), advice ([`advice`]), the record of a decision
//! ([`record`]), and the JSON Schema of a profile ([`schema`]).

pub mod advice;
pub mod profile;
mod reader;
pub mod record;
pub mod report;
pub mod schema;
mod tree;
pub mod write;

pub use profile::{Problem, ProfileError, UnknownFields, profile_from_json};
pub use reader::ProfileReader;
