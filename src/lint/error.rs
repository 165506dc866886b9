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
/// Two policies that mean the same.
pub const SAME_MEANING: Code = Code::new("W205", "two policies that mean the same");
/// A fact that no policy asks for.
pub const UNUSED_FACT: Code = Code::new("W206", "a fact that no policy asks for");
/// A figure that no policy uses.
pub const UNUSED_FIGURE: Code = Code::new("W207", "a figure that no policy uses");
/// A definition that no policy uses.
pub const UNUSED_DEFINITION: Code = Code::new("W208", "a definition that no policy uses");
/// A condition that the others imply.
pub const REDUNDANT: Code = Code::new("W209", "a condition that the others imply");
/// An alternative, exception or row that nobody reaches.
pub const UNREACHABLE: Code = Code::new("W210", "a branch that nobody reaches");
/// A policy that implies another.
pub const IMPLIED: Code = Code::new("W211", "a policy that implies another");
/// Tiers that overlap.
pub const OVERLAP: Code = Code::new("W212", "tiers that overlap");
/// A scenario that contradicts what always holds, or another scenario.
pub const CONTRADICTION: Code = Code::new("W213", "a scenario that contradicts");
/// A figure that has no value on days on which a policy needs it.
pub const NO_VALUE: Code = Code::new("W214", "a figure without a value while a policy needs it");
/// A policy whose period is over.
pub const OVER: Code = Code::new("W215", "a policy whose period is over");
/// A policy that nobody can get together with what it requires.
pub const PREREQUISITE: Code = Code::new("W216", "a policy that nobody can get with what it requires");
/// A policy or figure that does not say where it comes from.
pub const NO_SOURCE: Code = Code::new("W217", "a missing source");
/// A policy of a region whose conditions ask for no place.
pub const NO_PLACE: Code = Code::new("W218", "a region that no condition tests");
/// An `allow` that silences nothing.
pub const IDLE_ALLOW: Code = Code::new("W219", "an `allow` that silences nothing");
/// An `allow` without a reason.
pub const BARE_ALLOW: Code = Code::new("W220", "an `allow` without a reason");

/// Every code of this stage.
pub const ALL: &[Code] = &[
    NOBODY,
    EVERYBODY,
    NEVER,
    ALWAYS,
    SAME_MEANING,
    UNUSED_FACT,
    UNUSED_FIGURE,
    UNUSED_DEFINITION,
    REDUNDANT,
    UNREACHABLE,
    IMPLIED,
    OVERLAP,
    CONTRADICTION,
    NO_VALUE,
    OVER,
    PREREQUISITE,
    NO_SOURCE,
    NO_PLACE,
    IDLE_ALLOW,
    BARE_ALLOW,
];
