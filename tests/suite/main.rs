//! The one integration test binary; its modules stand in the order of the data.

mod advice;
mod arrow;
mod columns;
mod compare;
mod conformance;
mod corpus;
mod header;
mod household;
mod invariants;
mod layers;
mod lint;
mod needs;
mod pack;
mod plan;
mod profiles;
mod properties;
mod reload;
mod schemas;
mod stress;
mod watch;
