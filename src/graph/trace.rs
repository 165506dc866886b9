//! The words beside the graph: for each policy a tree that mirrors its conditions as written. A node may be shared by
//! policies that say it differently, so words cannot stand in the node itself.

use super::{Comparison, FactRef, NodeId, Step};
use crate::checked::Type;
use crate::ids::EnumId;
use crate::span::Span;
use crate::value::{Symbols, Words};
use std::sync::Arc;

/// A condition as written, with its node.
#[derive(Clone, Debug)]
pub struct Clause {
    /// Its truth.
    pub node: NodeId,
    /// What is said of it; each reason that rests on the condition shares this.
    pub wording: Arc<Wording>,
    /// Whether its author labelled it.
    pub labelled: bool,
    /// Where it stands.
    pub span: Span,
    /// Its parts.
    pub form: Form,
}

impl Clause {
    /// The author's label, or the condition as written.
    #[must_use]
    pub fn words(&self) -> &Words {
        &self.wording.condition
    }
}

/// What is said of a condition.
#[derive(Clone, Debug)]
pub struct Wording {
    /// The author's label, or the condition as written.
    pub condition: Words,
    /// The labelled conditions it stands in, outermost first.
    pub within: Arc<[Words]>,
    /// The clause of the law that it rests on, where its author says so of it or of the condition it stands in.
    pub source: Option<Words>,
}

/// A value to show: a scalar's node and its type.
#[derive(Clone, Debug)]
pub struct Operand {
    /// The scalar.
    pub node: NodeId,
    /// Its type.
    pub ty: Type,
}

/// What a condition is made of.
#[derive(Clone, Debug)]
pub enum Form {
    /// All parts.
    All(Vec<Clause>),
    /// At least one part.
    Any(Vec<Clause>),
    /// Not the part.
    Not(Box<Clause>),
    /// The body for every entry of a list.
    Every {
        /// The list's node.
        list: NodeId,
        /// What it is called.
        name: Words,
        /// The body; none where it only asks whether there is an entry.
        body: Option<Box<Clause>>,
    },
    /// The body for some entry of a list.
    Some {
        /// The list's node.
        list: NodeId,
        /// What it is called.
        name: Words,
        /// The body; none where it only asks whether there is an entry.
        body: Option<Box<Clause>>,
    },
    /// Two values compared.
    Compare(Comparison, Operand, Operand),
    /// The time since a date against a length.
    Elapsed {
        /// The comparison.
        comparison: Comparison,
        /// The later date.
        later: NodeId,
        /// The earlier date.
        earlier: NodeId,
        /// How many steps.
        length: Operand,
        /// The step.
        step: Step,
    },
    /// A value among others.
    OneOf(Operand, EnumId, Symbols),
    /// A place inside another.
    Within(Operand, Operand),
    /// A set holds a value.
    Holds(FactRef, EnumId, Symbols),
    /// A set is empty.
    IsEmpty(FactRef),
    /// A yes/no fact.
    Fact(FactRef),
    /// Something else that is known or unknown as a whole.
    Other,
}

/// An amount with the named values it is computed from.
#[derive(Clone, Debug)]
pub struct AmountTrace {
    /// Position in the policy's benefits.
    pub benefit: usize,
    /// The amount as written.
    pub words: Words,
    /// The amount.
    pub value: Operand,
    /// Facts, parameters and derived facts in it, each after what it is made of.
    pub parts: Vec<(Words, Operand)>,
}
