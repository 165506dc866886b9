//! Runs exported statements in SQLite and compares their answers with the engine's.
