//! `Debug` without the values: what is known of a person stays out of logs and panic messages. Who wants to see a value asks for it,
//! with [`super::prose`] or the JSON of `wire`.

use super::{Amount, Shown};
use std::fmt::{Debug, Formatter, Result};

impl Debug for Shown {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            Self::Unknown => "Unknown",
            Self::YesNo(_) => "YesNo(_)",
            Self::Number(..) => "Number(_)",
            Self::Date(_) => "Date(_)",
            Self::Elapsed(..) => "Elapsed(_)",
            Self::Symbols(..) => "Symbols(_)",
            Self::Entries(_) => "Entries(_)",
        })
    }
}

impl Debug for Amount {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.debug_struct("Amount")
            .field("benefit", &self.benefit)
            .field("steps", &self.steps.len())
            .finish_non_exhaustive()
    }
}
