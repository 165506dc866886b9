//! Benches stand in a member of their own, so that nobody who uses the library builds criterion.
