//! The one integration test binary; its modules stand in the order of the data.

mod advice;
mod compare;
mod conformance;
mod corpus;
mod fuzz;
mod household;
mod layers;
mod limits;
mod lint;
mod privacy;
mod profiles;
mod properties;
mod stress;
