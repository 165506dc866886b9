//! Stage 1: the syntax tree.
//!
//! It is the text with its shape made plain: names are still words, nothing has a type, and both surfaces give the
//! same tree (a [`Name`] keeps the spelling its author used). What can no longer go wrong here: the text is
//! grammatical. What is lost: layout, and which of two spellings a keyword had.
//!
//! [`from_text`] is the step in, and the only file that names the parser generator. [`mod@print`] is the way back.

pub mod builtin;
pub mod error;
pub mod from_text;
pub mod keywords;
pub mod names;
pub mod print;

use crate::span::Span;

/// One file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct File {
    /// The declarations that could be read, in order.
    pub items: Vec<Item>,
    /// Every comment, in order, so that printing keeps them.
    pub comments: Vec<Comment>,
}

/// A `//` comment.
#[derive(Clone, Debug, PartialEq)]
pub struct Comment {
    /// The text after `//`, trimmed.
    pub text: String,
    /// From the slashes to the end of the line.
    pub span: Span,
    /// Where the code before it on its line ends; none where it has its line to itself.
    pub code_end: Option<u32>,
}

/// A declaration.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// `enum`
    Enum(Enum),
    /// `record`
    Record(Record),
    /// `define`
    Define(Define),
    /// `parameter`
    Parameter(Parameter),
    /// `always`
    Always(Always),
    /// `policy`
    Policy(Policy),
    /// `phrases`
    Phrases(Vec<Phrase>),
    /// `allow`
    Silence(Silence),
}

/// A name as written: an ASCII identifier or a run of Han characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    /// The spelling.
    pub text: String,
    /// Where.
    pub span: Span,
}

/// A quoted text without its quotes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Text {
    /// What stands between the quotes.
    pub text: String,
    /// With the quotes.
    pub span: Span,
}

/// A declared name with, where given, its spelling in the other surface: `dibao "低保"` or `低保 “dibao”`.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// The name.
    pub name: Name,
    /// The same in the other surface.
    pub other: Option<Text>,
}

/// `enum NAME ascending { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Enum {
    /// Its name.
    pub pair: Pair,
    /// Whether its values are in rising order and may be compared with `<`.
    pub ascending: bool,
    /// The values; nested ones make a tree.
    pub values: Vec<EnumValue>,
    /// The whole declaration.
    pub span: Span,
}

/// One value of an enum.
#[derive(Clone, Debug, PartialEq)]
pub struct EnumValue {
    /// Its name.
    pub pair: Pair,
    /// The values inside it.
    pub inside: Vec<EnumValue>,
}

/// `record NAME { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its name.
    pub pair: Pair,
    /// Its facts.
    pub fields: Vec<Field>,
    /// The whole declaration.
    pub span: Span,
}

/// One fact of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name.
    pub pair: Pair,
    /// Its type.
    pub ty: TypeExpr,
    /// What else is said of it, in the order written.
    pub notes: Vec<FieldNote>,
    /// The whole line.
    pub span: Span,
}

/// A type as written.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeExpr {
    /// `yes/no`
    YesNo(Span),
    /// `date`
    Date(Span),
    /// A unit: `yuan per month`.
    Unit(Unit),
    /// An enum or a record by name.
    Named(Name),
    /// `set of NAME`
    Set(Name),
    /// `list of NAME`
    List(Name),
    /// `list of { … }`: a record without a name.
    ListOf(Vec<Field>, Span),
    /// `{ … }`: one record without a name.
    Inline(Vec<Field>, Span),
}

/// What is said of a fact after its type.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldNote {
    /// `judged`: only a person can assess it.
    Judged(Span),
    /// `held by REGISTER`
    HeldBy(Name),
    /// `class NAME`: action, grant, time, circumstance or immutable.
    Class(Name),
    /// `from A to B`: the least and the most it can be.
    Range(Literal, Literal),
    /// `up to N`: the most entries a list can have.
    UpTo(Literal),
    /// `was NAME`: a former name.
    Was(Name),
}

/// `define OWNER.NAME = EXPRESSION`
#[derive(Clone, Debug, PartialEq)]
pub struct Define {
    /// The record it is a derived fact of; none when it needs no record.
    pub owner: Option<Name>,
    /// Its name.
    pub pair: Pair,
    /// What it stands for.
    pub value: Expr,
    /// The whole declaration.
    pub span: Span,
}

/// `parameter OWNER.NAME: UNIT { rows }`
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// The record whose facts its rows may ask; none when they ask none.
    pub owner: Option<Name>,
    /// Its name.
    pub pair: Pair,
    /// The unit of bare numbers in its rows.
    pub unit: Unit,
    /// `source:` and `status:` lines.
    pub attributes: Vec<Attribute>,
    /// The dated rows.
    pub rows: Vec<Row>,
    /// The whole declaration.
    pub span: Span,
}

/// `always OWNER "why": CONDITION`
#[derive(Clone, Debug, PartialEq)]
pub struct Always {
    /// The record of which it holds.
    pub owner: Name,
    /// What holds, in words.
    pub label: Text,
    /// What holds.
    pub condition: Expr,
    /// The whole declaration.
    pub span: Span,
}

/// `"text" = "文字"`
#[derive(Clone, Debug, PartialEq)]
pub struct Phrase {
    /// One language.
    pub one: Text,
    /// The other.
    pub other: Text,
}

/// `allow CODE NAMES: "why"`: a warning that is meant to stay.
#[derive(Clone, Debug, PartialEq)]
pub struct Silence {
    /// The code of the warning, as written.
    pub code: Name,
    /// What the warning is about; all of a policy's warnings of the code where there are none.
    pub names: Vec<Name>,
    /// Why it is meant to stay.
    pub reason: Option<Text>,
    /// The whole line.
    pub span: Span,
}

/// `policy NAME for RECORD { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Its name.
    pub pair: Pair,
    /// The record it is for.
    pub unit: Name,
    /// Its clauses; none for a benefit that others mention and nobody has written yet.
    pub clauses: Vec<Clause>,
    /// The whole declaration.
    pub span: Span,
    /// Whether it has a body, even an empty one.
    pub has_body: bool,
}

/// One clause of a policy.
#[derive(Clone, Debug, PartialEq)]
pub enum Clause {
    /// `eligible when { … }`
    Eligible(Vec<Condition>, Span),
    /// `benefit KIND "what": AMOUNT`
    Benefit(Benefit),
    /// `WORD: values`
    Attribute(Attribute),
    /// `scenario "…" { … }`
    Scenario(Scenario),
    /// `allow CODE: "why"`
    Silence(Silence),
}

/// A clause that gives values to a word.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// Which word.
    pub kind: AttributeKind,
    /// The values after the colon.
    pub values: Vec<Expr>,
    /// The whole line.
    pub span: Span,
}

/// The words that take values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the keyword of that name in `keywords.rs`")]
pub enum AttributeKind {
    Title,
    Category,
    Department,
    Region,
    InForce,
    Source,
    Status,
    Lasts,
    SubjectToPlaces,
    CountsAsIncome,
    ApplyAt,
    Bring,
    NotWhileReceiving,
    NotTogetherWith,
    HigherOf,
    SameItemOnce,
    Deducts,
}

/// `benefit KIND "what": AMOUNT`
#[derive(Clone, Debug, PartialEq)]
pub struct Benefit {
    /// cash, service, waiver, reimbursement, goods, recognition or referral.
    pub kind: Name,
    /// What it is called, where there are several.
    pub label: Option<Text>,
    /// The amount, or a text that describes it.
    pub amount: Option<Expr>,
    /// The whole line.
    pub span: Span,
}

/// A condition of a block, with what its author says of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The author's words for it.
    pub label: Option<Text>,
    /// The condition.
    pub expr: Expr,
    /// `source "…"`: the clause it rests on.
    pub source: Option<Text>,
    /// `status NAME`: how far it can be trusted.
    pub status: Option<Name>,
    /// The whole line.
    pub span: Span,
}

/// One row of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// When it applies.
    pub key: RowKey,
    /// Its value.
    pub value: Expr,
    /// `source "…"`
    pub source: Option<Text>,
    /// `status NAME`
    pub status: Option<Name>,
    /// The whole row.
    pub span: Span,
}

/// When a row applies.
#[derive(Clone, Debug, PartialEq)]
pub enum RowKey {
    /// `otherwise`
    Otherwise(Span),
    /// `>= 65 years old`
    Compare(CompareOp, Operand),
    /// Values of the subject, a condition, or a `from … to …` period.
    Values(Vec<Expr>),
}

/// `scenario "…" like "…" on DATE { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Its name.
    pub label: Text,
    /// The scenario it starts from.
    pub like: Option<Text>,
    /// The as-of date; that of the one it is like, where absent.
    pub on: Option<DateLiteral>,
    /// The facts, and what is expected.
    pub facts: Vec<FactLine>,
    /// The whole block.
    pub span: Span,
}

/// One line of a scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct FactLine {
    /// Which fact.
    pub key: FactKey,
    /// Its values: one, or the entries of a list.
    pub values: Vec<FactValue>,
    /// The whole line.
    pub span: Span,
}

/// The left side of a line in a scenario.
#[derive(Clone, Debug, PartialEq)]
pub enum FactKey {
    /// `expect`
    Expect(Span),
    /// A fact, through records: `emergency.loss`.
    Path(Vec<Name>),
}

/// One value on the right side of a line in a scenario.
#[derive(Clone, Debug, PartialEq)]
pub enum FactValue {
    /// `{ … }`: a record.
    Record(Vec<FactLine>, Span),
    /// A literal or a name.
    Expr(Expr),
    /// `or more`: there may be further entries.
    OrMore(Span),
}

/// A condition or an amount.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where.
    pub span: Span,
}

/// The forms of [`Expr`].
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A value written out.
    Literal(Literal),
    /// A name on its own. The checker decides whether it is a fact, a value, a parameter or a policy.
    Name(Name),
    /// `base.name`, 的
    Step(Box<Expr>, Name),
    /// `base[condition]`, 【…】
    Filter(Box<Expr>, Box<Expr>),
    /// `( … )`, kept so that printing does not have to know precedence.
    Group(Box<Expr>),
    /// `case SUBJECT { rows }`
    Case {
        /// The word `case` as written; findings about the table as a whole point there.
        word: Span,
        /// What the rows compare; none when the rows are conditions.
        subject: Option<Box<Expr>>,
        /// The rows.
        rows: Vec<Row>,
    },
    /// `all of { … }`, `any of { … }`, `none of { … }`
    Block(BlockKind, Vec<Condition>),
    /// `all LIST { … }`, `any LIST { … }`, `no LIST { … }`
    Quantified(Quantifier, Box<Expr>, Option<Vec<Condition>>),
    /// `a and b and …`; never of one term, and never nested without brackets.
    And(Vec<Expr>),
    /// `a or b or …`
    Or(Vec<Expr>),
    /// `rule unless exception`
    Unless(Box<Expr>, Box<Expr>),
    /// `not a`
    Not(Box<Expr>),
    /// `left OP right`
    Compare(Box<Expr>, CompareOp, Operand),
    /// `SUBJECT receives X`, `recognised as X`; without a subject it is about what is in focus.
    Status {
        /// Whose; what is in focus where absent.
        subject: Option<Box<Expr>>,
        /// Receives or recognised.
        kind: StatusKind,
        /// Whether it is `does not receive` or `not recognised as`.
        negated: bool,
        /// Which policies.
        operand: Operand,
    },
    /// `a + b - c`: the first term, then operator and term.
    Sum(Box<Expr>, Vec<(SumOp, Expr)>),
    /// `a * b / c`
    Product(Box<Expr>, Vec<(ProductOp, Expr)>),
    /// `amount but at most …`, `rounded to …`, `as UNIT`, in the order written.
    Modified(Box<Expr>, Vec<Modifier>),
    /// `from DATE to DATE`, `from DATE until further notice`, `from DATE`
    Period(Period),
}

/// What stands after a comparison.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// One value.
    One(Box<Expr>),
    /// `one of (a, b)`
    OneOf(Vec<Expr>, Span),
}

/// How conditions of a block are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BlockKind {
    /// `all of`
    All,
    /// `any of`
    Any,
    /// `none of`
    None,
}

/// How a list is quantified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quantifier {
    /// `all`
    All,
    /// `any`
    Any,
    /// `no`
    No,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the operator of that name in `keywords.rs`")]
pub enum CompareOp {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Is,
    IsNot,
    Within,
    NotWithin,
    Includes,
    NotIncludes,
}

/// What a subject holds a policy as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StatusKind {
    /// `receives`
    Receives,
    /// `recognised as`
    Recognised,
}

/// `+` or `-`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say all")]
pub enum SumOp {
    Add,
    Subtract,
}

/// `*` or `/`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say all")]
pub enum ProductOp {
    Multiply,
    Divide,
}

/// What may follow an amount.
#[derive(Clone, Debug, PartialEq)]
pub enum Modifier {
    /// `but at most`
    AtMost(Box<Expr>),
    /// `but at least`
    AtLeast(Box<Expr>),
    /// `rounded to`, `rounded up to`, `rounded down to` a step
    Round(RoundMode, Literal),
    /// `as UNIT`
    As(Unit),
}

/// How an amount is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RoundMode {
    /// To the nearest step; half a step away from zero (四舍五入).
    Nearest,
    /// Towards the larger.
    Up,
    /// Towards the smaller.
    Down,
}

/// `from DATE to DATE`
#[derive(Clone, Debug, PartialEq)]
pub struct Period {
    /// The first day.
    pub from: DateLiteral,
    /// How it ends.
    pub until: Until,
    /// The whole period.
    pub span: Span,
}

/// How a period ends.
#[derive(Clone, Debug, PartialEq)]
pub enum Until {
    /// Where the next row begins; not said here.
    NotSaid,
    /// The last day, included.
    Date(DateLiteral),
    /// `until further notice`
    FurtherNotice(Span),
}

/// A value written out.
#[derive(Clone, Debug, PartialEq)]
pub struct Literal {
    /// The value.
    pub kind: LiteralKind,
    /// Where.
    pub span: Span,
}

/// The forms of [`Literal`].
#[derive(Clone, Debug, PartialEq)]
pub enum LiteralKind {
    /// A date. Whether it exists is checked by the next stage.
    Date(DateLiteral),
    /// `30%`: the digits before the sign.
    Percent(Decimal),
    /// `1240 yuan`, `3万元`, `60周岁`
    Quantity(Decimal, Unit),
    /// A bare number.
    Number(Decimal),
    /// `yes`
    Yes,
    /// `no`
    No,
    /// A quoted text.
    Text(String),
}

/// Digits as written, exactly: `digits / 10^places`, with 万 already multiplied in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decimal {
    /// All digits as one number.
    pub digits: i128,
    /// How many of them stand after the point.
    pub places: u8,
    /// Whether it was written with 万, so that it is printed so again.
    pub wan: bool,
}

/// Year, month and day as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DateLiteral {
    /// Year, four digits.
    pub year: i16,
    /// Month as written.
    pub month: u8,
    /// Day as written.
    pub day: u8,
    /// Where.
    pub span: Span,
}

/// A unit as written: `yuan per square metre per month`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Unit {
    /// What is counted.
    pub base: UnitWord,
    /// What it is per, in order.
    pub per: Vec<UnitWord>,
    /// Where.
    pub span: Span,
}

/// The words units are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is the unit of that name in `keywords.rs`")]
pub enum UnitWord {
    Yuan,
    SquareMetre,
    Hour,
    Day,
    Week,
    Month,
    Year,
    YearOld,
    Person,
    Time,
    Percent,
}
