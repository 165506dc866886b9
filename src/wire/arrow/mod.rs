//! Apache Arrow: record batches in ([`read()`]), verdicts out ([`write`](mod@write)), columns back into a batch ([`rows`]), the schema they have ([`layout()`]).
//!
//! A row is one household with everything in it: `members` is a list of structs, one a person, and each of a person's lists is
//! a list of structs again. Names are the identifiers of the vocabulary (a Chinese or former name is accepted too); a column that is
//! not there is unknown for every row, and null is unknown.
//!
//! | fact | Arrow type | accepted as well |
//! | --- | --- | --- |
//! | yes/no | `Boolean` | text: `true`, `false`, `yes`, `no`, `是`, `否` |
//! | date | `Date32` | `Date64`; text as `YYYY-MM-DD` |
//! | money, area | `Decimal64(18, 2)` | other decimals, integers (whole units), text |
//! | share, in percent | `Decimal64(18, 2)` | the same |
//! | hours | `Decimal64(18, 1)` | the same |
//! | other numbers | `Int64` | other integers, decimals, text |
//! | one value of an enum | `Dictionary(Int32, Utf8)` | any dictionary of text, text |
//! | values of an enum | `List` of `Utf8` | the same, large or with dictionaries |
//! | record | `Struct` | |
//! | list | `List` of `Struct` | `LargeList` |
//! | one of a list beside it (`applicant`) | `UInt32`, its place in the list from 0 | other integers |
//!
//! Floats are refused: nothing between facts and verdict is rounded. A list or set is complete; `NAME__complete` (`Boolean`) beside it
//! says otherwise where it is false, and `NAME__not` (list of text) says which values a set does not hold. What points back
//! (a member's `home`) is not written: it follows. A record inside one of its own kind (a person's obligors) has no such records
//! again. A column `id` of each record that is matched, of any type, comes out beside its verdicts.
//!
//! Nothing is copied where a column is laid out as the evaluator reads it: `Boolean`, `Date32`, `Int64`, `Int32`, `Decimal64` of the
//! fact's own scale, and dictionaries whose values are the enum's in its order. Links, places of lists, and records of one kind that
//! stand in several places are written anew. Everything is validated, so lengths, offsets and keys that lead nowhere are errors.
//! What comes through the C Data Interface goes through [`checked`] first.

mod convert;
mod error;
mod held;
pub mod layout;
mod matching;
pub mod read;
pub mod rows;
pub mod write;

pub use error::ArrowError;
pub use layout::layout;
pub use matching::{Asked, match_batch};
pub use read::{Batch, Misfit, Options, checked, read};
pub use write::{dictionary, verdicts, with_reasons};
