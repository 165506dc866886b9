//! The one integration test binary; its modules stand in the order of the data.

mod advice;
#[cfg(feature = "population")]
mod arrow;
mod columns;
mod compare;
mod conformance;
mod corpus;
mod household;
mod layers;
mod lint;
mod profiles;
mod properties;
mod stress;
mod watch;
