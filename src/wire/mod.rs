//! The doors: how facts come in and results go out. Each is optional, uses the engine and the public types only, and
//! nothing inside the engine uses a door.

#[cfg(feature = "arrow")]
pub mod arrow;
#[cfg(feature = "ffi")]
#[allow(unsafe_code, reason = "pointers come from C; each block says why it is sound")]
mod c;
#[cfg(feature = "json")]
pub mod json;
#[cfg(feature = "pack")]
pub mod pack;
#[cfg(feature = "population")]
pub mod population;
pub mod sql;
