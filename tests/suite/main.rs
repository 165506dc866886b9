//! The one integration test binary; its modules stand in the order of the data.

mod advice;
#[cfg(feature = "population")]
mod arrow;
mod columns;
mod compare;
mod conformance;
mod corpus;
mod cover;
mod editor;
mod format;
mod fuzz;
mod grounds;
mod header;
mod household;
mod invariants;
mod layers;
mod limits;
mod lint;
mod needs;
#[cfg(feature = "pack")]
mod pack;
mod plan;
mod privacy;
mod profiles;
mod properties;
#[cfg(feature = "pack")]
mod reload;
mod schemas;
mod stress;
mod watch;
