//! What the authors' scenarios notice: small changes to the policies, one at a time, and whether any scenario fails.
//!
//! A change is made in the typed model ([`mutants`], [`apply`]), in a copy that keeps only the policies it can reach
//! ([`uses`]); the engine compiles that copy and runs the scenarios again. Coverage is read off the same changes: a
//! condition was *seen true while it decides* when putting *false* in its place turns a verdict that was settled, so lists,
//! exceptions and conditions that mask each other need no rules of their own. [`suggest`] looks for a household that shows
//! a change nobody noticed, and [`written`] writes it down as a scenario.

pub mod apply;
pub mod mutants;
pub mod suggest;
pub mod uses;
pub mod written;

use crate::checked::Comparison;
use crate::ids::{DefineId, ParameterId, PolicyId};
use crate::span::Span;
use crate::value::Language;

/// Where an expression of the model stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A condition of a policy, by position.
    Condition(PolicyId, usize),
    /// The amount of a benefit, by position.
    Amount(PolicyId, usize),
    /// A definition.
    Define(DefineId),
    /// A dated row of a figure, by position.
    Figure(ParameterId, usize),
}

/// One small change to a policy set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutant {
    /// The expression.
    pub place: Place,
    /// Which part of it, counted as [`crate::checked::Expr::parts`] walks, each part before its own parts.
    pub at: usize,
    /// What is changed there.
    pub change: Change,
    /// Where that stands in the text.
    pub span: Span,
}

/// What a [`Mutant`] changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// The condition is left out: as if it always (or never) held.
    Condition(bool),
    /// Another comparison.
    Comparison(Comparison),
    /// The line a value is compared with lies one step further up or down: one yuan, one month, one day, one per cent.
    Line(i8),
    /// `all` for `any`, or the other way about, over a list.
    Quantifier,
    /// `and` for `or`, or the other way about.
    Join,
    /// The value at that position is left out of `one of (…)` or `includes`.
    Value(usize),
    /// The row at that position is left out of a table.
    Row(usize),
    /// The row at that position has no value. Not a slip anybody makes; it shows whether a case stands on the row.
    RowValue(usize),
    /// `but at most` or `but at least` is left out.
    Cap,
    /// Rounded another way.
    Rounding,
    /// A number of an amount is one step larger.
    Figure,
}

impl Change {
    /// The change in words.
    #[must_use]
    pub fn words(self, language: Language) -> String {
        let zh = language == Language::Zh;
        let pick = |en: &str, zh_text: &str| if zh { zh_text.to_owned() } else { en.to_owned() };
        match self {
            Self::Condition(true) => pick("as if this always held", "当作总是成立"),
            Self::Condition(false) => pick("as if this never held", "当作从不成立"),
            Self::Comparison(op) => {
                let (en, word) = match op {
                    Comparison::Less => ("<", "未满、低于"),
                    Comparison::LessOrEqual => ("<=", "不超过"),
                    Comparison::Greater => (">", "超过"),
                    Comparison::GreaterOrEqual => (">=", "满、不低于"),
                    Comparison::Equal => ("is", "是"),
                    Comparison::NotEqual => ("is not", "不是"),
                };
                if zh { format!("把比较改成「{word}」") } else { format!("with `{en}` for the comparison") }
            }
            Self::Line(1..) => pick("with the line one step up", "界线提高一级"),
            Self::Line(_) => pick("with the line one step down", "界线降低一级"),
            Self::Quantifier => pick("with `all` and `any` exchanged", "「每个」与「有」对调"),
            Self::Join => pick("with `and` and `or` exchanged", "「并且」与「或者」对调"),
            Self::Value(n) => {
                let n = n.saturating_add(1);
                if zh { format!("去掉列出的第{n}项") } else { format!("without value {n} of the list") }
            }
            Self::Row(n) => {
                let n = n.saturating_add(1);
                if zh {
                    format!("去掉表中由紧到宽的第{n}行")
                } else {
                    format!("without row {n} of the table, closest first")
                }
            }
            Self::RowValue(n) => {
                let n = n.saturating_add(1);
                if zh {
                    format!("表中由紧到宽的第{n}行")
                } else {
                    format!("row {n} of the table, closest first")
                }
            }
            Self::Cap => pick("without the cap", "去掉封顶或保底"),
            Self::Rounding => pick("rounded another way", "换一种取整"),
            Self::Figure => pick("with this number one step larger", "这个数增大一级"),
        }
    }

    /// A short name for data: `condition-true`, `line-up`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Condition(true) => "condition-true",
            Self::Condition(false) => "condition-false",
            Self::Comparison(_) => "comparison",
            Self::Line(1..) => "line-up",
            Self::Line(_) => "line-down",
            Self::Quantifier => "quantifier",
            Self::Join => "join",
            Self::Value(_) => "value",
            Self::Row(_) => "row",
            Self::RowValue(_) => "row-value",
            Self::Cap => "cap",
            Self::Rounding => "rounding",
            Self::Figure => "figure",
        }
    }
}
