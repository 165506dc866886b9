//! The codes of findings in meaning: names, types, units, tables, dates, cases.

use crate::diagnostic::Code;

/// A name that nobody declared.
pub const UNKNOWN_NAME: Code = Code::new("E101", "a name that nobody declared");
/// A name declared twice.
pub const DECLARED_TWICE: Code = Code::new("E102", "a name declared twice");
/// An identifier with two Chinese names, or a Chinese name with two identifiers.
pub const TWO_NAMES: Code = Code::new("E103", "one name for one thing, in each language");
/// A value of the wrong type.
pub const WRONG_TYPE: Code = Code::new("E104", "a value of another type is needed here");
/// Numbers of different units.
pub const UNITS_DIFFER: Code = Code::new("E105", "numbers of different units");
/// Money (or anything else) per year against the same per month.
pub const PERIODS_DIFFER: Code = Code::new("E106", "a yearly figure against a monthly one");
/// A value of one enum where another is compared.
pub const OTHER_ENUM: Code = Code::new("E107", "a value of another enum");
/// A definition that needs itself.
pub const CYCLE: Code = Code::new("E108", "a definition that needs itself");
/// Two dated rows that cover the same day.
pub const DATES_OVERLAP: Code = Code::new("E109", "two values for the same day");
/// Days between two rows that no row covers, undeclared.
pub const DATES_GAP: Code = Code::new("E110", "days without a value");
/// A last row that does not say how it ends.
pub const NO_END: Code = Code::new("E111", "a period without an end");
/// A table without a row for some case.
pub const NOT_COVERED: Code = Code::new("E112", "a table that does not cover all cases");
/// Two rows of a table for the same case.
pub const ROWS_OVERLAP: Code = Code::new("E113", "two rows for the same case");
/// A day that does not exist.
pub const NO_SUCH_DATE: Code = Code::new("E114", "a day that does not exist");
/// A divisor that can be zero.
pub const ZERO_DIVISOR: Code = Code::new("E115", "a divisor that can be zero");
/// Order asked of an enum that has none.
pub const NO_ORDER: Code = Code::new("E116", "an enum without order");
/// A clause that cannot stand here, is missing, or stands twice.
pub const CLAUSE: Code = Code::new("E117", "a clause that is missing, doubled or has other values");
/// A scenario whose facts or expectations do not fit the vocabulary.
pub const SCENARIO: Code = Code::new("E118", "a scenario that does not fit");
/// Bounds that do not fit their fact.
pub const BOUNDS: Code = Code::new("E119", "bounds that do not fit");
/// `verified` without the address and day of reading.
pub const NO_EVIDENCE: Code = Code::new("E120", "`verified` needs the address that was read and the day");
/// An amount that can have a fraction of a fen.
pub const FRACTION_OF_FEN: Code = Code::new("E121", "an amount finer than a fen");
/// Expressions or definitions nested too deeply.
pub const TOO_DEEP: Code = Code::new("E122", "nested too deeply");
/// A number that can grow beyond what is computed exactly.
pub const TOO_LARGE: Code = Code::new("E123", "a number that can grow too large");

/// Every code of this stage.
pub const ALL: &[Code] = &[
    UNKNOWN_NAME,
    DECLARED_TWICE,
    TWO_NAMES,
    WRONG_TYPE,
    UNITS_DIFFER,
    PERIODS_DIFFER,
    OTHER_ENUM,
    CYCLE,
    DATES_OVERLAP,
    DATES_GAP,
    NO_END,
    NOT_COVERED,
    ROWS_OVERLAP,
    NO_SUCH_DATE,
    ZERO_DIVISOR,
    NO_ORDER,
    CLAUSE,
    SCENARIO,
    BOUNDS,
    NO_EVIDENCE,
    FRACTION_OF_FEN,
    TOO_DEEP,
    TOO_LARGE,
];
