//! `entitle` matches citizen profiles against assistance policies and says why each applies or not.

pub mod ast;
pub mod checked;
pub mod diagnostic;
pub mod graph;
pub mod ids;
pub mod near;
pub mod profile;
pub mod schema;
pub mod span;
pub mod value;
pub mod verdict;
