//! The keyword table: every word of the language in both surfaces.
