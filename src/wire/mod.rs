//! The doors: how facts come in and results go out. Each is optional, uses the engine and the public types only, and
//! nothing inside the engine uses a door.

#[cfg(feature = "json")]
pub mod json;
pub mod sql;
