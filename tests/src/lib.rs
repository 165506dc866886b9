//! What the tests share: a generator of small policy sets and profiles, and the brute-force oracle.

pub mod brute;
pub mod generate;
