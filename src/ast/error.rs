//! The codes of findings in the shape of text.

use crate::diagnostic::Code;

/// A declaration that cannot be read.
pub const DECLARATION: Code = Code::new("E001", "a declaration that cannot be read");
/// A fact of a record that cannot be read.
pub const FIELD: Code = Code::new("E002", "a fact that cannot be read");
/// A clause of a policy that cannot be read.
pub const CLAUSE: Code = Code::new("E003", "a clause that cannot be read");
/// A condition that cannot be read.
pub const CONDITION: Code = Code::new("E004", "a condition that cannot be read");
/// A row of a table that cannot be read.
pub const ROW: Code = Code::new("E005", "a row that cannot be read");
/// A line of a scenario that cannot be read.
pub const FACT: Code = Code::new("E006", "a line of a scenario that cannot be read");
/// A bracket that is never closed, or closes nothing.
pub const BRACKET: Code = Code::new("E007", "brackets that do not match");
/// A quotation that does not end on its line.
pub const QUOTE: Code = Code::new("E008", "a quotation without an end");
/// Blocks nested too deeply.
pub const NESTING: Code = Code::new("E009", "blocks nested too deeply");
/// A file that is too long.
pub const LENGTH: Code = Code::new("E010", "a file that is too long");
/// A number with too many digits.
pub const NUMBER: Code = Code::new("E011", "a number with too many digits");
/// One of the language's own words used as a name.
pub const RESERVED: Code = Code::new("E012", "a word of the language used as a name");
/// A sign or digit of full width, or a Chinese numeral.
pub const WIDTH: Code = Code::new("E013", "a sign that is typed in another form");

/// Every code of this stage.
pub const ALL: &[Code] =
    &[DECLARATION, FIELD, CLAUSE, CONDITION, ROW, FACT, BRACKET, QUOTE, NESTING, LENGTH, NUMBER, RESERVED, WIDTH];
