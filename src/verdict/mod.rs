//! Stage 4: verdicts, and the values behind them.
//!
//! [`from_graph`] evaluates one profile in strong Kleene logic; `completion` shows quickly that a verdict is open, and
//! [`exact`] settles what that logic is too weak for. What
//! can no longer go wrong here: there is nothing left to evaluate.

pub(crate) mod columns;
mod completion;
pub mod exact;
pub mod facts;
pub mod from_graph;
pub(crate) mod matters;
pub mod possible;
pub mod rows;
pub mod smallest;
pub(crate) mod table;

pub use crate::graph::Comparison;

/// Whether a policy applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// Whatever the missing facts are, it applies.
    Eligible,
    /// Whatever the missing facts are, it cannot apply.
    Ineligible,
    /// It depends on missing facts.
    Undetermined,
    /// It is not in force on that day; no verdict.
    NotInForce,
}

/// Three-valued truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// Not known.
    Unknown,
}

impl Truth {
    /// True or false.
    #[must_use]
    pub const fn of(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }

    /// The opposite; unknown stays unknown.
    #[must_use]
    pub const fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }

    /// Whether it is true or false.
    #[must_use]
    pub const fn is_known(self) -> bool {
        !matches!(self, Self::Unknown)
    }
}

/// The verdict on one policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The verdict.
    pub verdict: Verdict,
    /// Whether the search for the exact answer ended at its budget; the verdict is then undetermined.
    pub not_proved: bool,
    /// Whether Kleene logic alone settled it.
    pub by_kleene: bool,
}
