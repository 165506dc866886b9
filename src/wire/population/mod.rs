//! A whole population: a synthetic one ([`synth`]), files in and out ([`files`]), every unit against every policy ([`scan`]) and
//! what people act on afterwards ([`lists`]).
//!
//! Memory does not grow with the population: a few batches are held at a time, one for each core, and written in the order they
//! were read. Lists keep the first of each policy by need, as many as are asked for.

pub mod dice;
pub mod files;
mod keep;
pub mod lists;
pub mod marginals;
pub mod people;
pub mod scan;
pub mod synth;
