//! What can be wrong with a record batch as a whole.

use crate::columns::Fault;
use crate::error::Error;

/// A record batch does not fit the vocabulary.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArrowError {
    /// A column has a type that its fact cannot be read from.
    #[error("{column}: the column is {found}; expected {expected}")]
    Type {
        /// Where it is: `members.birth_date`.
        column: String,
        /// Its type.
        found: String,
        /// The types its fact is read from.
        expected: String,
    },
    /// A column that the vocabulary does not have.
    #[error("{column}: there is no such fact{}", help.as_ref().map(|h| format!(" ({h})")).unwrap_or_default())]
    Unknown {
        /// Where it is.
        column: String,
        /// What it may have been meant to be.
        help: Option<String>,
    },
    /// Lengths, offsets or keys do not fit each other.
    #[error("{column}: {message}")]
    Layout {
        /// Where it is.
        column: String,
        /// What is wrong.
        message: String,
    },
    /// A value does not fit its fact.
    #[error("{0}")]
    Value(#[from] Fault),
    /// A row contradicts what always holds.
    #[error("{message}")]
    Contradiction {
        /// Which row, and what it contradicts.
        message: String,
    },
    /// More rows, or more reasons, than one batch holds.
    #[error("{message}")]
    Limit {
        /// What there is too much of, and what to do.
        message: String,
    },
}

impl ArrowError {
    pub(super) fn layout(column: &str, message: impl Into<String>) -> Self {
        Self::Layout { column: column.to_owned(), message: message.into() }
    }

    pub(super) fn limit(message: impl Into<String>) -> Self {
        Self::Limit { message: message.into() }
    }
}

impl From<ArrowError> for Error {
    fn from(error: ArrowError) -> Self {
        Self::profile(error.to_string())
    }
}
