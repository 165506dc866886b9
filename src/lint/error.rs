//! The codes of warnings.

use crate::diagnostic::Code;

/// Nobody can be eligible.
pub const NOBODY: Code = Code::new("W201", "a policy for nobody");
/// Everybody is eligible.
pub const EVERYBODY: Code = Code::new("W202", "a policy for everybody");
/// A condition that can never hold.
pub const NEVER: Code = Code::new("W203", "a condition that can never hold");
/// A condition that always holds.
pub const ALWAYS: Code = Code::new("W204", "a condition that always holds");
/// Two policies with the same conditions.
pub const SAME_MEANING: Code = Code::new("W205", "two policies that ask the same");
/// A fact that no policy asks for.
pub const UNUSED_FACT: Code = Code::new("W206", "a fact that no policy asks for");

/// A figure that no policy uses.
pub const UNUSED_FIGURE: Code = Code::new("W207", "a figure that no policy uses");
/// A definition that no policy uses.
pub const UNUSED_DEFINITION: Code = Code::new("W208", "a definition that no policy uses");

/// Every code of this stage.
pub const ALL: &[Code] =
    &[NOBODY, EVERYBODY, NEVER, ALWAYS, SAME_MEANING, UNUSED_FACT, UNUSED_FIGURE, UNUSED_DEFINITION];
