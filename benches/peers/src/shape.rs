//! The compiled graph as flat conditions: what every rival can say. The build script generates Rust from it, and the rivals'
//! forms are written from it, so that all of them are measured on the very conditions the engine compiled.
//!
//! A test on a fact of the unit, or of a record reached from it without lists, stays a test. Everything else (what holds of
//! a list, sums, comparisons of two figures, sets) becomes one yes/no fact that the rivals are given *already computed*;
//! the engine computes it. `Shape::computed` counts these.

use entitle::Rules;
use entitle::graph::{FactRef, Node, NodeId};
use entitle::ids::EnumId;
use entitle::profile::{Profile, Slot};
use entitle::schema::FieldType;
use entitle::verdict::Truth;
use entitle::verdict::from_graph::{Evaluation, Scratch};
use std::collections::{BTreeMap, HashMap};

pub enum Kind {
    Bool,
    Number,
    Date,
    Symbol(Vec<String>),
}

pub struct Flat {
    pub name: String,
    pub kind: Kind,
    pub range: (i64, i64),
    from: From,
}

enum From {
    Fact(FactRef),
    Condition(NodeId),
}

#[derive(Clone)]
pub enum Cond {
    Known(bool),
    Test(usize, Vec<(i64, i64)>),
    Not(Box<Cond>),
    All(Vec<Cond>),
    Any(Vec<Cond>),
}

pub struct Shape {
    pub fields: Vec<Flat>,
    /// By identifier, in the order of the policies' ids.
    pub policies: Vec<(String, Cond)>,
    /// Where each stands among all policies of the set.
    pub index: Vec<usize>,
    pub computed: usize,
}

struct Reader<'a> {
    rules: &'a Rules,
    by_key: HashMap<(bool, u32, u32), usize>,
    shape: Shape,
}

impl Shape {
    pub fn of(rules: &Rules) -> Self {
        let shape = Self { fields: Vec::new(), policies: Vec::new(), index: Vec::new(), computed: 0 };
        let mut reader = Reader { rules, by_key: HashMap::new(), shape };
        for entry in rules.bound().graph.entries() {
            let Some(root) = entry.root else { continue };
            let name = rules.model().policies[entry.policy.index()].name.id.clone();
            let cond = reader.cond(root).folded();
            if let Cond::Known(_) = cond {
                // Nothing is asked in this epoch: not a measure of anything.
                continue;
            }
            reader.shape.policies.push((name, cond));
            reader.shape.index.push(entry.policy.index());
        }
        reader.shape
    }

    /// The facts of a profile in the order of the fields; `None` where one is not known.
    pub fn row(&self, rules: &Rules, profile: &Profile, scratch: &mut Scratch) -> Vec<Option<i64>> {
        let mut evaluation = Evaluation::new(rules.bound(), profile, scratch);
        self.fields
            .iter()
            .map(|field| match &field.from {
                From::Fact(fact) => {
                    let record = evaluation.record(fact.record)?;
                    match profile.slot(record, fact.position as usize) {
                        Slot::Scalar(value) => Some(*value),
                        _ => None,
                    }
                }
                From::Condition(node) => match evaluation.truth(*node) {
                    Truth::True => Some(1),
                    Truth::False => Some(0),
                    Truth::Unknown => None,
                },
            })
            .collect()
    }

    pub fn leaves(&self) -> (usize, usize) {
        let (mut all, mut distinct) = (0, BTreeMap::new());
        for (_, cond) in &self.policies {
            cond.tests(&mut |field, set| {
                all += 1;
                distinct.insert((field, set.to_vec()), ());
            });
        }
        (all, distinct.len())
    }
}

impl Cond {
    pub fn tests(&self, see: &mut dyn FnMut(usize, &[(i64, i64)])) {
        match self {
            Self::Known(_) => {}
            Self::Test(field, set) => see(*field, set),
            Self::Not(a) => a.tests(see),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|p| p.tests(see)),
        }
    }

    /// Without constants inside.
    fn folded(self) -> Self {
        match self {
            Self::Not(a) => match a.folded() {
                Self::Known(value) => Self::Known(!value),
                a => Self::Not(Box::new(a)),
            },
            Self::All(parts) => Self::joined(parts, true),
            Self::Any(parts) => Self::joined(parts, false),
            other => other,
        }
    }

    fn joined(parts: Vec<Self>, all: bool) -> Self {
        let mut rest = Vec::new();
        for part in parts.into_iter().map(Self::folded) {
            match part {
                Self::Known(value) if value == all => {}
                Self::Known(value) => return Self::Known(value),
                other => rest.push(other),
            }
        }
        match rest.len() {
            0 => Self::Known(all),
            1 => rest.remove(0),
            _ if all => Self::All(rest),
            _ => Self::Any(rest),
        }
    }

    /// With negations at the tests only; `holds` says whether it or its opposite is wanted.
    pub fn pushed(&self, holds: bool) -> Self {
        match self {
            Self::Known(value) => Self::Known(*value == holds),
            Self::Test(..) if holds => self.clone(),
            Self::Test(..) => Self::Not(Box::new(self.clone())),
            Self::Not(a) => a.pushed(!holds),
            Self::All(parts) if holds => Self::All(parts.iter().map(|p| p.pushed(true)).collect()),
            Self::Any(parts) if !holds => Self::All(parts.iter().map(|p| p.pushed(false)).collect()),
            Self::All(parts) => Self::Any(parts.iter().map(|p| p.pushed(false)).collect()),
            Self::Any(parts) => Self::Any(parts.iter().map(|p| p.pushed(true)).collect()),
        }
    }
}

impl Reader<'_> {
    /// Whether a record is the unit, or reached from it by facts that hold one record.
    fn path(&self, record: NodeId) -> Option<String> {
        let graph = &self.rules.bound().graph;
        match graph.node(record) {
            Node::Unit(entity) => graph.schema().entity(*entity).map(|e| e.name.id.clone()),
            Node::Follow(fact) => {
                let from = self.path(fact.record)?;
                Some(format!("{from}_{}", graph.schema().field(fact.field)?.name.id))
            }
            _ => None,
        }
    }

    fn cond(&mut self, id: NodeId) -> Cond {
        let rules = self.rules;
        let graph = &rules.bound().graph;
        match graph.node(id) {
            Node::Bool(value) => Cond::Known(*value),
            Node::Not(a) => Cond::Not(Box::new(self.cond(*a))),
            Node::And(parts) => Cond::All(parts.iter().map(|p| self.cond(*p)).collect()),
            Node::Or(parts) => Cond::Any(parts.iter().map(|p| self.cond(*p)).collect()),
            Node::Test(fact, set) if self.path(fact.record).is_some() => {
                let field = self.fact(*fact);
                let range = self.shape.fields[field].range;
                let set = entitle::graph::intervals::Intervals::range(range.0, range.1).and(rules.bound().set(*set));
                Cond::Test(field, set.as_slice().to_vec())
            }
            _ => {
                let next = self.shape.fields.len();
                let field = *self.by_key.entry((false, id.0, 0)).or_insert(next);
                if field == next {
                    let from = From::Condition(id);
                    self.shape.fields.push(Flat {
                        name: format!("computed_{}", id.0),
                        kind: Kind::Bool,
                        range: (0, 1),
                        from,
                    });
                    self.shape.computed += 1;
                }
                Cond::Test(field, vec![(1, 1)])
            }
        }
    }

    fn fact(&mut self, fact: FactRef) -> usize {
        let schema = self.rules.bound().graph.schema();
        let next = self.shape.fields.len();
        let at = *self.by_key.entry((true, fact.record.0, fact.position)).or_insert(next);
        if at == next {
            let field = schema.field(fact.field).expect("a fact of the schema");
            let symbols = |e: EnumId| {
                schema.enumeration(e).map_or_else(Vec::new, |e| e.values.iter().map(|v| v.name.id.clone()).collect())
            };
            let kind = match field.ty {
                FieldType::YesNo => Kind::Bool,
                FieldType::Date => Kind::Date,
                FieldType::Symbol(e) => Kind::Symbol(symbols(e)),
                _ => Kind::Number,
            };
            let path = self.path(fact.record).unwrap_or_default();
            // The unit's own facts keep their names.
            let name = match self.rules.bound().graph.node(fact.record) {
                Node::Unit(_) if self.rules.model().schema.entities.len() == 1 => field.name.id.clone(),
                _ => format!("{path}_{}", field.name.id),
            };
            self.shape.fields.push(Flat { name, kind, range: field.range, from: From::Fact(fact) });
        }
        at
    }
}
