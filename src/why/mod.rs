//! Stage 5: why each policy applies or not, as data. Sentences are made of it in [`prose`], and only there.
//!
//! Every value here was computed by the evaluation that gave the verdict; nothing is worked out a second time. `Debug` shows none of
//! them: explanations are about people, and end up in logs.

mod causes;
pub mod codes;
mod debug;
pub mod from_verdict;
pub mod grounds;
pub mod prose;
mod spare;

use crate::ids::{EnumId, FieldId, ParameterId, PolicyId};
use crate::profile::RecordIx;
use crate::value::{Date, Number, Symbols, Unit, Words};
use crate::verdict::Verdict;
use std::sync::Arc;

/// Why one policy has its verdict.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The policy.
    pub policy: PolicyId,
    /// Its verdict.
    pub verdict: Verdict,
    /// A smallest set of conditions that by itself settles the verdict: of a policy that applies, every condition that has to hold; of one that
    /// does not, the one whose failing takes the fewest reasons. Where only exactness settles it, the conditions whose facts do. Empty when
    /// undetermined.
    pub because: Vec<Reason>,
    /// When undetermined: the conditions that are already met, or already failed within an alternative, are not here;
    /// these are the ones still open.
    pub open: Vec<Reason>,
    /// When undetermined: the facts that can still settle it.
    pub missing: Vec<Missing>,
    /// When undetermined: parameters that have no value on the as-of date.
    pub parameters: Vec<ParameterId>,
    /// When undetermined: whether the search for the exact answer ended at its budget.
    pub not_proved: bool,
    /// What it gives, when eligible or when it still may be.
    pub amounts: Vec<Amount>,
}

/// One condition with what was found.
#[derive(Clone, Debug)]
pub struct Reason {
    /// The condition, what it stands in, and the clause it rests on.
    pub wording: Arc<Wording>,
    /// What is asked in it: a node of the graph.
    pub node: NodeId,
    /// Whether it holds; none where open.
    pub holds: Option<bool>,
    /// The entries it is about, where it stands inside a list; the outermost first.
    pub about: Vec<Place>,
    /// The value found.
    pub actual: Option<Shown>,
    /// How it is compared with what is required.
    pub comparison: Option<Comparison>,
    /// The value required.
    pub required: Option<Shown>,
    /// How far the value found is from the value required, for numbers and dates that fail; positive.
    pub distance: Option<Shown>,
    /// Every fact that was read for it.
    pub facts: Vec<FactRead>,
}

use crate::graph::NodeId;
pub use crate::graph::trace::Wording;
pub use crate::verdict::Comparison;

/// An entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The list: a node of the graph.
    pub list: NodeId,
    /// What the list is called.
    pub name: Words,
    /// The entry's place in it, from 1.
    pub entry: u32,
}

/// A fact that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactRead {
    /// The record; none where the record itself is not known.
    pub record: Option<RecordIx>,
    /// The fact.
    pub field: FieldId,
    /// Its value.
    pub value: Shown,
}

/// A fact that is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The record; none where the record itself is not known.
    pub record: Option<RecordIx>,
    /// The fact.
    pub field: FieldId,
    /// Whether only a caseworker can say it.
    pub judged: bool,
}

/// A value as it is shown.
#[derive(Clone, PartialEq, Eq)]
pub enum Shown {
    /// Not known.
    Unknown,
    /// Yes or no.
    YesNo(bool),
    /// A number.
    Number(Number, Unit),
    /// A date.
    Date(Date),
    /// The time between two dates, in whole years, months and days.
    Elapsed(Date, Date),
    /// Values of an enum; one for a plain fact, several for a set or a choice.
    Symbols(EnumId, Symbols),
    /// How many entries a list has.
    Entries(u32),
}

/// One benefit with its amount.
#[derive(Clone)]
pub struct Amount {
    /// Position in the policy's benefits.
    pub benefit: usize,
    /// The amount; none where a fact or a figure is missing.
    pub value: Option<(Number, Unit)>,
    /// The arithmetic, innermost step first.
    pub steps: Vec<Step>,
}

/// One step of the arithmetic.
#[derive(Clone, Debug)]
pub struct Step {
    /// What was worked out, as written in the policy.
    pub words: Words,
    /// What it came to.
    pub value: Shown,
}
