//! `entitle` matches citizen profiles against assistance policies and says why each applies or not.

pub mod ast;
pub mod diagnostic;
pub mod span;
