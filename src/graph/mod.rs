//! Stage 3: the compiled decision graph of one epoch.
//!
//! An epoch is a span of days in which no parameter, version or policy begins or ends. For one epoch the whole set is
//! one flat, topologically ordered list of nodes: children stand before their parents, and equal nodes are one node
//! (compared by their full content, never by a hash alone), so a condition that stands in thirty policies is evaluated
//! once. Dated parameters have become figures, definitions have been put in place, and each comparison of one fact with
//! a constant is a [`Node::Test`]: a fact against a set of intervals. Within an epoch the as-of date only [binds](Graph::bind)
//! the intervals that move with it, such as "born on or before today minus sixty years".
//!
//! What can no longer go wrong here: dates and versions. What is lost: names and words; they are kept beside the graph in
//! [`trace`] for whoever explains.

pub mod bound;
pub(crate) mod clauses;
pub(crate) mod digest;
pub mod error;
pub mod from_checked;
pub mod intervals;
pub mod print;
pub(crate) mod simplify;
pub mod trace;

use crate::ids::{EntityId, EnumId, FieldId, ParameterId, PolicyId};
use crate::schema::{Field, FieldType, Provenance, Schema};
use crate::value::{Date, Number, Rounding};
pub use bound::Bound;
use intervals::Intervals;
use std::collections::BTreeSet;
use std::sync::OnceLock;
use trace::{AmountTrace, Clause};

pub use crate::checked::{Comparison, Fold, Step};

/// The position of a node; children have smaller ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// The position of a set of intervals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SetId(pub u32);

/// A fact as it is read: which record, which fact, and where in the record's slots it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FactRef {
    /// The node of the record.
    pub record: NodeId,
    /// The fact.
    pub field: FieldId,
    /// Its place in the record's slots.
    pub position: u32,
}

/// One node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    /// The record that policies for a kind are matched against.
    Unit(EntityId),
    /// The entry that is in focus at a level; 1 is the outermost list.
    Element(u8),
    /// A record in a fact of another.
    Follow(FactRef),
    /// A list, and the conditions its entries must meet to count, asked with the entry at `level`.
    List {
        /// The list.
        fact: FactRef,
        /// The level of its entries.
        level: u8,
        /// All must hold of an entry.
        filters: Box<[NodeId]>,
    },

    /// Known from the start.
    Bool(bool),
    /// Never known in this epoch.
    Unknown(Cause),
    /// A fact is in a set of intervals.
    Test(FactRef, SetId),
    /// A set fact holds at least one of these values.
    Holds(FactRef, Box<[u32]>),
    /// A set fact holds the value of a scalar.
    HoldsValue(FactRef, NodeId),
    /// A set fact is empty.
    IsEmpty(FactRef),
    /// It does not hold.
    Not(NodeId),
    /// All hold.
    And(Box<[NodeId]>),
    /// At least one holds.
    Or(Box<[NodeId]>),
    /// The body holds for some entry of the list.
    Any(NodeId, NodeId),
    /// The body holds for every entry of the list.
    All(NodeId, NodeId),
    /// Two scalars compared.
    Compare(Comparison, NodeId, NodeId),
    /// A scalar is in a set of intervals.
    InSet(NodeId, SetId),
    /// A value of an enum is another or inside it.
    Within(EnumId, NodeId, NodeId),

    /// A number; a date is its day number, a value of an enum its position.
    Number(Number),
    /// The as-of date.
    Today,
    /// A fact as a number in its unit.
    Fact(FactRef),
    /// How many entries.
    Count(NodeId),
    /// A scalar over the entries of a list.
    Fold(Fold, NodeId, NodeId),
    /// Sum.
    Add(NodeId, NodeId),
    /// Difference.
    Subtract(NodeId, NodeId),
    /// Product, times a factor.
    Multiply(NodeId, NodeId, Number),
    /// Quotient, times a factor.
    Divide(NodeId, NodeId, Number),
    /// The smaller.
    Least(NodeId, NodeId),
    /// The larger.
    Most(NodeId, NodeId),
    /// Rounded to a multiple.
    Round(Rounding, NodeId, Number),
    /// The value of the first row whose condition holds, else the last.
    Case(Box<[(NodeId, NodeId)]>, NodeId),
    /// A date moved by a number of steps.
    Shift(NodeId, NodeId, Step),
    /// The year of a date.
    Year(NodeId),
    /// The month of a date.
    Month(NodeId),
}

/// Why a node is never known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// A parameter has no value in this epoch.
    Parameter(ParameterId),
    /// A table says that there is no figure for the case.
    NoFigure,
}

/// A set of intervals, some of which move with the as-of date.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SetDef {
    /// Always the same.
    Fixed(Intervals),
    /// Days `d` with `d OP today`.
    Today(Comparison),
    /// Days `d` with `today OP d + n`.
    Since(Comparison, Step),
}

/// One policy in the graph.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The policy.
    pub policy: PolicyId,
    /// All conditions together; none where it is not in force in this epoch or nobody has written it.
    pub root: Option<NodeId>,
    /// The conditions, with words.
    pub clauses: Vec<Clause>,
    /// The amounts, for the benefits that have one.
    pub amounts: Vec<AmountTrace>,
}

/// A condition on every record of a kind.
#[derive(Clone, Debug)]
pub struct Constraint {
    /// Position in [`crate::checked::Model::always`].
    pub index: usize,
    /// The kind of record; the record is the entry at level 1.
    pub entity: EntityId,
    /// The condition.
    pub node: NodeId,
    /// The facts it reads.
    pub fields: Vec<FieldId>,
}

/// The decision graph of one epoch.
#[derive(Clone, Debug)]
pub struct Graph {
    pub(crate) nodes: Vec<Node>,
    /// The highest level of an entry that a node depends on; 0 for once a profile.
    pub(crate) levels: Vec<u8>,
    pub(crate) sets: Vec<SetDef>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) constraints: Vec<Constraint>,
    pub(crate) deepest: u8,
    pub(crate) from: Date,
    pub(crate) to: Date,
    pub(crate) schema: Schema,
    /// By fact, what is asked at every value that is shown; apart from all else the schema has of it.
    pub(crate) kinds: Vec<FactKind>,
    /// Each policy in clauses; made when a profile is first matched against all policies.
    pub(crate) forms: OnceLock<Vec<Option<clauses::Clauses>>>,
}

/// The type of a fact, and whether only a caseworker can say it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FactKind {
    pub(crate) ty: FieldType,
    pub(crate) judged: bool,
}

impl FactKind {
    /// Those of all facts.
    pub(crate) fn of(schema: &Schema) -> Vec<Self> {
        let kind = |field: &Field| Self { ty: field.ty, judged: field.provenance == Provenance::Judged };
        schema.fields.iter().map(kind).collect()
    }
}

impl Graph {
    /// What is asked most of a fact.
    pub(crate) fn kind(&self, field: FieldId) -> Option<FactKind> {
        self.kinds.get(field.index()).copied()
    }

    /// The nodes, children before parents.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The node at a position.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &Node {
        self.nodes.get(id.0 as usize).unwrap_or(&Node::Bool(false))
    }

    /// A set of intervals before a day is chosen.
    #[must_use]
    pub fn set_def(&self, id: SetId) -> Option<&SetDef> {
        self.sets.get(id.0 as usize)
    }

    /// The policies, by their ids.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// One policy.
    #[must_use]
    pub fn entry(&self, policy: PolicyId) -> Option<&Entry> {
        self.entries.get(policy.index())
    }

    /// The places of all nodes.
    pub(crate) fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)).map(NodeId)
    }

    /// These nodes and all that they ask, each once, rising.
    pub(crate) fn below(&self, nodes: &[NodeId]) -> Vec<NodeId> {
        let mut stack = nodes.to_vec();
        let mut seen = BTreeSet::new();
        while let Some(id) = stack.pop() {
            if seen.insert(id) {
                self.node(id).children(&mut |child| stack.push(child));
            }
        }
        seen.into_iter().collect()
    }

    /// The facts that some nodes read, with those that lead to their records.
    pub(crate) fn reads(&self, nodes: &[NodeId]) -> BTreeSet<FieldId> {
        self.below(nodes).into_iter().filter_map(|id| self.node(id).fact()).map(|fact| fact.field).collect()
    }

    /// The facts that each constraint reads.
    pub fn constraints_fields(&self) -> impl Iterator<Item = &[FieldId]> {
        self.constraints.iter().map(|c| c.fields.as_slice())
    }

    /// The first and the last day of the epoch.
    #[must_use]
    pub const fn span(&self) -> (Date, Date) {
        (self.from, self.to)
    }

    /// Which facts exist.
    #[must_use]
    pub const fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The policies as clauses, in the order of [`Graph::entries`].
    pub(crate) fn clauses(&self) -> &[Option<clauses::Clauses>] {
        self.forms.get_or_init(|| self.entries.iter().map(|e| e.root.map(|root| clauses::of(self, root))).collect())
    }

    /// How deep inside lists a node stands: the highest level of the entries that it looks at; 0 where it is asked once a profile.
    #[must_use]
    pub fn level(&self, id: NodeId) -> u8 {
        self.levels.get(id.0 as usize).copied().unwrap_or(0)
    }
}

impl Node {
    /// The fact that the node reads itself.
    #[must_use]
    pub const fn fact(&self) -> Option<FactRef> {
        match self {
            Self::Follow(f)
            | Self::Test(f, _)
            | Self::Holds(f, _)
            | Self::IsEmpty(f)
            | Self::Fact(f)
            | Self::HoldsValue(f, _)
            | Self::List { fact: f, .. } => Some(*f),
            _ => None,
        }
    }

    /// Calls `visit` for each child.
    pub fn children(&self, visit: &mut dyn FnMut(NodeId)) {
        match self {
            Self::Unit(_) | Self::Element(_) | Self::Bool(_) | Self::Unknown(_) | Self::Number(_) | Self::Today => {}
            Self::Follow(f) | Self::Test(f, _) | Self::Holds(f, _) | Self::IsEmpty(f) | Self::Fact(f) => {
                visit(f.record);
            }
            Self::HoldsValue(f, value) => {
                visit(f.record);
                visit(*value);
            }
            Self::List { fact, filters, .. } => {
                visit(fact.record);
                filters.iter().copied().for_each(visit);
            }
            Self::Not(a)
            | Self::InSet(a, _)
            | Self::Count(a)
            | Self::Round(_, a, _)
            | Self::Year(a)
            | Self::Month(a) => {
                visit(*a);
            }
            Self::And(all) | Self::Or(all) => all.iter().copied().for_each(visit),
            Self::Any(a, b)
            | Self::All(a, b)
            | Self::Compare(_, a, b)
            | Self::Within(_, a, b)
            | Self::Fold(_, a, b)
            | Self::Add(a, b)
            | Self::Subtract(a, b)
            | Self::Multiply(a, b, _)
            | Self::Divide(a, b, _)
            | Self::Least(a, b)
            | Self::Most(a, b)
            | Self::Shift(a, b, _) => {
                visit(*a);
                visit(*b);
            }
            Self::Case(rows, otherwise) => {
                for (condition, value) in rows {
                    visit(*condition);
                    visit(*value);
                }
                visit(*otherwise);
            }
        }
    }
}
