//! Expressions in postfix order: the parts of an expression stand before it, and each is used once.
//!
//! A tree that is read part by part would be read by recursion, as deep as whoever wrote the bytes likes. Postfix order is
//! read in a loop with a stack of whole expressions, whose depth is known at each step, and what is read is a tree however
//! the bytes were chosen: there is no way to point at one part twice.

use crate::checked::invariants::DEEPEST;
use crate::checked::{Comparison, Expr, Fold, Kind, Step, Type};
use crate::ids::{DefineId, FieldId, ParameterId};
use crate::span::Span;
use crate::value::{Date, Number, Rounding, Words};
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// One expression without its parts. `&'e` is what is written, and nothing borrowed is read.
#[derive(Serialize, Deserialize)]
struct Item<'e> {
    op: Op<'e>,
    ty: Type,
    span: Span,
    words: Option<Cow<'e, Words>>,
    labelled: bool,
}

/// What an expression is, with how many parts it takes where that varies. The order of the forms is part of the format.
#[derive(Serialize, Deserialize)]
enum Op<'e> {
    Frame(u8),
    Field(FieldId),
    Define(DefineId, bool),
    Parameter(ParameterId, bool),
    Number(Number),
    Date(Date),
    Today,
    Symbol(u32),
    Bool(bool),
    Missing,
    And(u32),
    Or(u32),
    Not,
    Compare(Comparison),
    CompareElapsed(Comparison, Step),
    OneOf(Cow<'e, [u32]>),
    Within,
    Includes(Cow<'e, [u32]>),
    IncludesValue,
    SetIsEmpty,
    All,
    Any,
    Filter,
    Count,
    Fold(Fold),
    Add,
    Subtract,
    Multiply(Number),
    Divide(Number),
    Least,
    Most,
    Round(Rounding, Number),
    Convert(Number),
    Case(u32),
    ByDate(Vec<(Date, Option<Date>)>),
    Elapsed,
    Shift(Step),
    Year,
    Month,
}

impl Serialize for Expr {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut items = Vec::new();
        flatten(self, &mut items);
        items.serialize(serializer)
    }
}

/// The items of an expression, its parts first. Recursion is as deep as the expression, which the checker bounds.
fn flatten<'e>(expr: &'e Expr, into: &mut Vec<Item<'e>>) {
    expr.parts(&mut |part| flatten(part, into));
    into.push(Item {
        op: op(&expr.kind),
        ty: expr.ty,
        span: expr.span,
        words: expr.words.as_deref().map(Cow::Borrowed),
        labelled: expr.labelled,
    });
}

fn op(kind: &Kind) -> Op<'_> {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    match kind {
        Kind::Frame(n) => Op::Frame(*n),
        Kind::Field(_, field) => Op::Field(*field),
        Kind::Define(define, of) => Op::Define(*define, of.is_some()),
        Kind::Parameter(parameter, of) => Op::Parameter(*parameter, of.is_some()),
        Kind::Number(n) => Op::Number(*n),
        Kind::Date(date) => Op::Date(*date),
        Kind::Today => Op::Today,
        Kind::Symbol(position) => Op::Symbol(*position),
        Kind::Bool(value) => Op::Bool(*value),
        Kind::Missing => Op::Missing,
        Kind::And(parts) => Op::And(count(parts.len())),
        Kind::Or(parts) => Op::Or(count(parts.len())),
        Kind::Not(_) => Op::Not,
        Kind::Compare(op, ..) => Op::Compare(*op),
        Kind::CompareElapsed(op, _, _, step) => Op::CompareElapsed(*op, *step),
        Kind::OneOf(_, positions) => Op::OneOf(Cow::Borrowed(positions)),
        Kind::Within(..) => Op::Within,
        Kind::Includes(_, positions) => Op::Includes(Cow::Borrowed(positions)),
        Kind::IncludesValue(..) => Op::IncludesValue,
        Kind::SetIsEmpty(_) => Op::SetIsEmpty,
        Kind::All(..) => Op::All,
        Kind::Any(..) => Op::Any,
        Kind::Filter(..) => Op::Filter,
        Kind::Count(_) => Op::Count,
        Kind::Fold(fold, ..) => Op::Fold(*fold),
        Kind::Add(..) => Op::Add,
        Kind::Subtract(..) => Op::Subtract,
        Kind::Multiply(_, _, factor) => Op::Multiply(*factor),
        Kind::Divide(_, _, factor) => Op::Divide(*factor),
        Kind::Least(..) => Op::Least,
        Kind::Most(..) => Op::Most,
        Kind::Round(mode, _, step) => Op::Round(*mode, *step),
        Kind::Convert(_, factor) => Op::Convert(*factor),
        Kind::Case(rows, _) => Op::Case(count(rows.len())),
        Kind::ByDate(rows) => Op::ByDate(rows.iter().map(|(from, to, _)| (*from, *to)).collect()),
        Kind::Elapsed(..) => Op::Elapsed,
        Kind::Shift(_, _, step) => Op::Shift(*step),
        Kind::Year(_) => Op::Year,
        Kind::Month(_) => Op::Month,
    }
}

impl<'de> Deserialize<'de> for Expr {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Expr;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an expression in postfix order")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Expr, A::Error> {
        let mut stack = Stack(Vec::new());
        while let Some(item) = seq.next_element::<Item<'_>>()? {
            let Item { op, ty, span, words, labelled } = item;
            let (kind, depth) = stack.apply(op).ok_or_else(|| A::Error::custom("an expression lacks a part"))?;
            if depth > DEEPEST {
                return Err(A::Error::custom(format!("an expression nests more than {DEEPEST} deep")));
            }
            let words = words.map(|w| Box::new(w.into_owned()));
            stack.0.push((Expr { kind, ty, span, words, labelled }, depth));
        }
        let (whole, rest) = (stack.0.pop(), stack.0.len());
        whole.filter(|_| rest == 0).map(|(expr, _)| expr).ok_or_else(|| A::Error::custom("an expression in pieces"))
    }
}

/// Whole expressions, each with its depth.
struct Stack(Vec<(Expr, u32)>);

impl Stack {
    fn one(&mut self, depth: &mut u32) -> Option<Box<Expr>> {
        let (expr, inner) = self.0.pop()?;
        *depth = inner.saturating_add(1).max(*depth);
        Some(Box::new(expr))
    }

    fn two(&mut self, depth: &mut u32) -> Option<(Box<Expr>, Box<Expr>)> {
        let second = self.one(depth)?;
        Some((self.one(depth)?, second))
    }

    fn many(&mut self, count: usize, depth: &mut u32) -> Option<Vec<Expr>> {
        let parts = self.0.drain(self.0.len().checked_sub(count)?..).map(|(expr, inner)| {
            *depth = inner.saturating_add(1).max(*depth);
            expr
        });
        Some(parts.collect())
    }

    /// The form with its parts off the stack, and how deep it is. None where a part lacks.
    fn apply(&mut self, op: Op<'_>) -> Option<(Kind, u32)> {
        let mut depth = 1;
        let d = &mut depth;
        let pair = |(a, b): (Box<Expr>, Box<Expr>), kind: fn(Box<Expr>, Box<Expr>) -> Kind| kind(a, b);
        let kind = match op {
            Op::Frame(n) => Kind::Frame(n),
            Op::Field(field) => Kind::Field(self.one(d)?, field),
            Op::Define(define, of) => Kind::Define(define, if of { Some(self.one(d)?) } else { None }),
            Op::Parameter(parameter, of) => Kind::Parameter(parameter, if of { Some(self.one(d)?) } else { None }),
            Op::Number(n) => Kind::Number(n),
            Op::Date(date) => Kind::Date(date),
            Op::Today => Kind::Today,
            Op::Symbol(position) => Kind::Symbol(position),
            Op::Bool(value) => Kind::Bool(value),
            Op::Missing => Kind::Missing,
            Op::And(count) => Kind::And(self.many(usize::try_from(count).ok()?, d)?),
            Op::Or(count) => Kind::Or(self.many(usize::try_from(count).ok()?, d)?),
            Op::Not => Kind::Not(self.one(d)?),
            Op::Compare(op) => {
                let (a, b) = self.two(d)?;
                Kind::Compare(op, a, b)
            }
            Op::CompareElapsed(op, step) => {
                let (a, b) = self.two(d)?;
                Kind::CompareElapsed(op, a, b, step)
            }
            Op::OneOf(positions) => Kind::OneOf(self.one(d)?, positions.into_owned()),
            Op::Within => pair(self.two(d)?, Kind::Within),
            Op::Includes(positions) => Kind::Includes(self.one(d)?, positions.into_owned()),
            Op::IncludesValue => pair(self.two(d)?, Kind::IncludesValue),
            Op::SetIsEmpty => Kind::SetIsEmpty(self.one(d)?),
            Op::All => pair(self.two(d)?, Kind::All),
            Op::Any => pair(self.two(d)?, Kind::Any),
            Op::Filter => pair(self.two(d)?, Kind::Filter),
            Op::Count => Kind::Count(self.one(d)?),
            Op::Fold(fold) => {
                let (a, b) = self.two(d)?;
                Kind::Fold(fold, a, b)
            }
            Op::Add => pair(self.two(d)?, Kind::Add),
            Op::Subtract => pair(self.two(d)?, Kind::Subtract),
            Op::Multiply(factor) => {
                let (a, b) = self.two(d)?;
                Kind::Multiply(a, b, factor)
            }
            Op::Divide(factor) => {
                let (a, b) = self.two(d)?;
                Kind::Divide(a, b, factor)
            }
            Op::Least => pair(self.two(d)?, Kind::Least),
            Op::Most => pair(self.two(d)?, Kind::Most),
            Op::Round(mode, step) => Kind::Round(mode, self.one(d)?, step),
            Op::Convert(factor) => Kind::Convert(self.one(d)?, factor),
            Op::Case(count) => {
                let otherwise = self.one(d)?;
                let mut parts = self.many(usize::try_from(count).ok()?.checked_mul(2)?, d)?.into_iter();
                let mut rows = Vec::with_capacity(parts.len() / 2);
                while let (Some(condition), Some(value)) = (parts.next(), parts.next()) {
                    rows.push((condition, value));
                }
                Kind::Case(rows, otherwise)
            }
            Op::ByDate(days) => {
                let values = self.many(days.len(), d)?;
                Kind::ByDate(days.into_iter().zip(values).map(|((from, to), value)| (from, to, value)).collect())
            }
            Op::Elapsed => pair(self.two(d)?, Kind::Elapsed),
            Op::Shift(step) => {
                let (a, b) = self.two(d)?;
                Kind::Shift(a, b, step)
            }
            Op::Year => Kind::Year(self.one(d)?),
            Op::Month => Kind::Month(self.one(d)?),
        };
        Some((kind, depth))
    }
}
