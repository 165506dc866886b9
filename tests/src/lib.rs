//! What the tests share: a generator of small policy sets and profiles, the brute-force oracle, and what fuzzing runs.

pub mod brute;
pub mod fuzz;
pub mod generate;
