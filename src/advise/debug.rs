//! `Debug` without what is worked out of a person's facts: an amount tells an income, and the day a pension begins a birthday.

use super::amounts::Range;
use super::calendar::Turn;
use super::needs::Way;
use super::plan::{Plan, Step};
use std::fmt::{Debug, Formatter, Result};

impl Debug for Range {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.debug_struct("Range").field("benefit", &self.benefit).field("exact", &self.exact).finish_non_exhaustive()
    }
}

impl Debug for Turn {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.debug_struct("Turn")
            .field("policy", &self.policy)
            .field("from", &self.from)
            .field("to", &self.to)
            .finish_non_exhaustive()
    }
}

impl Debug for Way {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.debug_struct("Way").field("changes", &self.changes).field("then", &self.then).finish_non_exhaustive()
    }
}

impl Debug for Plan {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.debug_struct("Plan")
            .field("stages", &self.stages)
            .field("left_out", &self.left_out)
            .field("kept", &self.kept)
            .field("exact", &self.exact)
            .finish_non_exhaustive()
    }
}

impl Debug for Step {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.debug_struct("Step").field("policy", &self.policy).field("opened_by", &self.opened_by).finish_non_exhaustive()
    }
}
