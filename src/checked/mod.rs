//! Stage 2: the typed policy set, and the authority on what a policy means.
//!
//! Names are ids, every expression has a type, dated parameters and force periods are kept as declared. What can no
//! longer go wrong here: names, types, units, cycles, tables with holes. What is lost: the surface and the layout.
//!
//! [`from_ast`] is the step in. [`interpret`] is the slow, obvious evaluator: every other evaluator is tested
//! against it.

pub mod error;
pub mod from_ast;
pub mod interpret;
pub mod invariants;
mod rebuild;
mod walk;

use crate::ids::{DefineId, EntityId, EnumId, FieldId, ParameterId, PolicyId};
use crate::profile::Stored;
use crate::schema::Schema;
use crate::span::Span;
use crate::value::{Date, Label, Number, Rounding, Unit, Words};

/// A whole policy set.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
pub struct Model {
    /// Which facts exist.
    pub schema: Schema,
    /// Where each fact is declared, in the order of the schema's facts.
    pub field_spans: Vec<Span>,
    /// Derived facts, such that each uses only earlier ones.
    pub defines: Vec<Define>,
    /// Published figures.
    pub parameters: Vec<Parameter>,
    /// What always holds.
    pub always: Vec<Always>,
    /// The policies, in the order of their ids in [`EnumId::POLICY`].
    pub policies: Vec<Policy>,
    /// The warnings that are meant to stay.
    pub silences: Vec<Silence>,
}

/// A warning that is meant to stay: `allow W203: "why"`.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
pub struct Silence {
    /// The code as written; whether there is such a warning is not looked at here.
    pub code: String,
    /// The policy it stands in; none where it stands by itself.
    pub policy: Option<PolicyId>,
    /// What the warning must be about, each an identifier with its place; anything, where there are none.
    pub names: Vec<(String, Span)>,
    /// Why it stays; none where its author does not say.
    pub reason: Option<Words>,
    /// Where it stands.
    pub span: Span,
}

/// A derived fact.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
pub struct Define {
    /// Its name.
    pub name: Label,
    /// The record it is of: frame 0 of its value. None where it needs no record.
    pub owner: Option<EntityId>,
    /// What it stands for.
    pub value: Expr,
    /// The least and the most it can be, for a number that stays within what is computed exactly. The checker alone asks
    /// for it; a set from a pack has none.
    #[cfg_attr(feature = "pack", serde(skip))]
    pub bounds: Option<(Number, Number)>,
    /// Where it is declared.
    pub span: Span,
}

/// A published figure with its history.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
pub struct Parameter {
    /// Its name.
    pub name: Label,
    /// The record whose facts its rows ask: frame 0 of their values. None where they ask none.
    pub owner: Option<EntityId>,
    /// The unit of its values.
    pub unit: Unit,
    /// The dated rows, in order, without overlap. On a day that none covers the value is unknown.
    pub rows: Vec<Dated>,
    /// Where the figures are published.
    pub sources: Vec<Words>,
    /// How far they can be trusted, where said of the whole.
    pub status: Option<Status>,
    /// Where it is declared.
    pub span: Span,
}

/// A value for a span of days.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
pub struct Dated {
    /// The first day.
    pub from: Date,
    /// The last day, included; none until further notice.
    pub to: Option<Date>,
    /// The value; [`Kind::Missing`] in a declared gap.
    pub value: Expr,
    /// How far it can be trusted.
    pub status: Option<Status>,
    /// Where it is published.
    pub source: Option<Words>,
    /// The row.
    pub span: Span,
}

/// A condition on every record of a kind that bounds what missing facts can be.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
pub struct Always {
    /// The record: frame 0 of the condition.
    pub owner: EntityId,
    /// What holds, in words.
    pub label: Words,
    /// What holds.
    pub condition: Expr,
    /// Where it is declared.
    pub span: Span,
}

/// A policy.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
pub struct Policy {
    /// Its name.
    pub name: Label,
    /// The record it is for: frame 0 of its conditions and amounts.
    pub unit: EntityId,
    /// Its full title.
    pub title: Words,
    /// Position in the enum `category`.
    pub category: Option<Label>,
    /// The department, from the enum `department`.
    pub department: Option<Label>,
    /// The region, from the enum `region`.
    pub region: Option<Label>,
    /// The spans of days in which it is in force, in order; empty for a policy nobody has written yet.
    pub in_force: Vec<(Date, Option<Date>)>,
    /// The documents it rests on: title, number, address, as given.
    pub sources: Vec<Words>,
    /// How far the text can be trusted.
    pub status: Status,
    /// The address and the day the text was read, for `verified` and `secondary`.
    pub read: Option<(String, Option<Date>)>,
    /// What must hold, all of them. The exclusions that change the verdict are among them.
    pub conditions: Vec<Condition>,
    /// What it gives.
    pub benefits: Vec<Benefit>,
    /// Effects between it and other benefits.
    pub exclusions: Vec<Exclusion>,
    /// How long a grant lasts.
    pub lasts: Option<Expr>,
    /// The fact that what it pays counts towards: a fact of the unit, or of a record beside it, in money a month or a year.
    pub counts_as_income: Option<Expr>,
    /// Whether a grant is subject to places.
    pub subject_to_places: bool,
    /// Where to apply.
    pub apply_at: Vec<Label>,
    /// What to bring.
    pub bring: Vec<Label>,
    /// The author's cases.
    pub scenarios: Vec<Scenario>,
    /// Whether it has conditions, or is only mentioned by others.
    pub written: bool,
    /// Where it is declared.
    pub span: Span,
}

/// How far a text or a figure can be trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
pub enum Status {
    /// Read at an official address on a day that is named.
    Verified,
    /// Read on another page.
    Secondary,
    /// Neither: an example of the shape, not of the rule in force.
    #[default]
    Illustrative,
}

/// One condition of a policy.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
pub struct Condition {
    /// What must hold. Its [`Expr::words`] are the author's label, or the condition itself as written.
    pub expr: Expr,
    /// The clause it rests on, where it differs from the policy's sources.
    pub source: Option<Words>,
    /// How far it can be trusted, where said.
    pub status: Option<Status>,
    /// The exclusion it comes from, for `not while receiving`.
    pub exclusion: bool,
    /// Names that an expectation may use for it: its label, and every name that stands in it.
    pub names: Vec<String>,
}

/// What a policy gives.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
pub struct Benefit {
    /// cash, service, waiver, reimbursement, goods, recognition or referral.
    pub kind: BenefitKind,
    /// What it is called.
    pub label: Option<Words>,
    /// The amount.
    pub amount: Option<Expr>,
    /// The benefit in words, where it is not an amount.
    pub description: Option<Words>,
    /// Where.
    pub span: Span,
}

/// The kinds of benefit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
#[expect(missing_docs, reason = "the names say all")]
pub enum BenefitKind {
    Cash,
    Service,
    Waiver,
    Reimbursement,
    Goods,
    Recognition,
    Referral,
}

/// An effect between two benefits.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
pub struct Exclusion {
    /// Which effect.
    pub effect: Effect,
    /// The other policies, positions in [`EnumId::POLICY`].
    pub policies: Vec<u32>,
    /// Where.
    pub span: Span,
}

/// The five effects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
pub enum Effect {
    /// Who receives the other is not eligible. The only one that changes the verdict.
    NotWhileReceiving,
    /// The two cannot be drawn at once.
    NotTogetherWith,
    /// The higher of the two is drawn.
    HigherOf,
    /// The two do not pay for the same item.
    SameItemOnce,
    /// The other is deducted.
    Deducts,
}

/// An author's case.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
pub struct Scenario {
    /// Its name.
    pub label: Words,
    /// The as-of date.
    pub on: Date,
    /// The facts.
    pub profile: Stored,
    /// The expected verdict.
    pub expect: Expected,
    /// Expected amounts, one for each benefit that has an amount, in order; empty where none was stated.
    pub amounts: Vec<Number>,
    /// The conditions (labels or names) that fail, or the facts that are missing.
    pub because: Vec<String>,
    /// Where.
    pub span: Span,
}

/// The verdict a scenario expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
#[expect(missing_docs, reason = "the names say all")]
pub enum Expected {
    Eligible,
    Ineligible,
    Undetermined,
    NotInForce,
}

/// The type of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
pub enum Type {
    /// A condition.
    YesNo,
    /// A civil date.
    Date,
    /// The time between two dates. It is compared with lengths of time by the calendar, and never turned into a number.
    Elapsed,
    /// A number.
    Number(Unit),
    /// A value of an enum; its position stands for it.
    Symbol(EnumId),
    /// A set of values of an enum.
    Set(EnumId),
    /// A record.
    Record(EntityId),
    /// Records.
    List(EntityId),
}

/// An expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: Kind,
    /// Its type.
    pub ty: Type,
    /// Where it stands.
    pub span: Span,
    /// For conditions: the author's label, or the text as written, in both surfaces.
    pub words: Option<Box<Words>>,
    /// Whether `words` is a label its author wrote.
    pub labelled: bool,
}

/// The forms of [`Expr`]. Types of the parts are stated; [`from_ast`] guarantees them.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A record in focus: 0 is the owner of the body, `n` the entry of the n-th list around it.
    Frame(u8),
    /// A fact of a record: of any field type.
    Field(Box<Expr>, FieldId),
    /// A derived fact, of a record where it has an owner.
    Define(DefineId, Option<Box<Expr>>),
    /// A parameter on the as-of date.
    Parameter(ParameterId, Option<Box<Expr>>),
    /// A number in its unit (not in grains); a share of 30 % is 3/10.
    Number(Number),
    /// A date.
    Date(Date),
    /// The as-of date.
    Today,
    /// A value of an enum.
    Symbol(u32),
    /// Yes or no.
    Bool(bool),
    /// No value: `otherwise: none`, or a declared gap. Of any type. It makes what depends on it undetermined.
    Missing,
    /// All hold.
    And(Vec<Expr>),
    /// At least one holds.
    Or(Vec<Expr>),
    /// It does not hold.
    Not(Box<Expr>),
    /// Both numbers of like units, both dates, or both values of one enum (by position).
    Compare(Comparison, Box<Expr>, Box<Expr>),
    /// An elapsed time against a length: `later - earlier OP n` is `later OP earlier + n` by the calendar, where `n`
    /// is a whole number of `step`. The parts are elapsed and number.
    CompareElapsed(Comparison, Box<Expr>, Box<Expr>, Step),
    /// The value is one of these positions, in rising order.
    OneOf(Box<Expr>, Vec<u32>),
    /// The first value is the second or inside it; both of one enum.
    Within(Box<Expr>, Box<Expr>),
    /// The set holds at least one of these values, in rising order.
    Includes(Box<Expr>, Vec<u32>),
    /// The set holds the value of an expression.
    IncludesValue(Box<Expr>, Box<Expr>),
    /// The set is empty.
    SetIsEmpty(Box<Expr>),
    /// The body holds for every entry of the list.
    All(Box<Expr>, Box<Expr>),
    /// The body holds for some entry of the list.
    Any(Box<Expr>, Box<Expr>),
    /// The entries for which the body holds.
    Filter(Box<Expr>, Box<Expr>),
    /// How many entries.
    Count(Box<Expr>),
    /// A number over all entries.
    Fold(Fold, Box<Expr>, Box<Expr>),
    /// The sum of two numbers of like units.
    Add(Box<Expr>, Box<Expr>),
    /// The difference of two numbers of like units.
    Subtract(Box<Expr>, Box<Expr>),
    /// The product. The factor brings units that cancel to one: months times years is 12.
    Multiply(Box<Expr>, Box<Expr>, Number),
    /// The quotient, times the factor. The divisor is proved not to be zero.
    Divide(Box<Expr>, Box<Expr>, Number),
    /// The smaller of two numbers.
    Least(Box<Expr>, Box<Expr>),
    /// The larger of two numbers.
    Most(Box<Expr>, Box<Expr>),
    /// The number rounded to a multiple of a step.
    Round(Rounding, Box<Expr>, Number),
    /// The number times a factor: `as yuan per month`.
    Convert(Box<Expr>, Number),
    /// The value of the first row whose condition holds, else the last expression.
    Case(Vec<(Expr, Expr)>, Box<Expr>),
    /// The value of the row that covers the as-of date; missing on a day that none covers.
    ByDate(Vec<(Date, Option<Date>, Expr)>),
    /// The time from the second date to the first.
    Elapsed(Box<Expr>, Box<Expr>),
    /// A date moved by a whole number of steps; the number may be negative.
    Shift(Box<Expr>, Box<Expr>, Step),
    /// The year of a date.
    Year(Box<Expr>),
    /// The month of a date, 1 to 12.
    Month(Box<Expr>),
}

/// A step of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
pub enum Step {
    /// That many calendar months.
    Months(i64),
    /// That many days.
    Days(i64),
}

/// An order comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
#[expect(missing_docs, reason = "the names say all")]
pub enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

impl Comparison {
    /// Whether `left OP right` holds, given how the two are ordered.
    #[must_use]
    pub fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
        }
    }

    /// What `right OP left` is written as, for `left OP right`.
    #[must_use]
    pub const fn flipped(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            same @ (Self::Equal | Self::NotEqual) => same,
        }
    }
}

/// A number over the entries of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
pub enum Fold {
    /// Their sum; 0 for an empty list.
    Sum,
    /// The largest; missing for an empty list.
    Largest,
    /// The smallest; missing for an empty list.
    Smallest,
}
