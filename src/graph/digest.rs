//! The meaning of a node as a digest: equal digests mean equal conditions, whatever the order of their parts, the layout of
//! the text, or the positions of facts and values in their sets. Different digests mean nothing.

use super::{Bound, FactRef, Node, NodeId};
use crate::ids::EnumId;
use crate::schema::{FieldType, Schema};
use sha2::{Digest as _, Sha256};

/// A digest for each node of a graph, in order.
pub(crate) fn digests(bound: &Bound) -> Vec<[u8; 32]> {
    let graph = &bound.graph;
    let mut all: Vec<[u8; 32]> = Vec::with_capacity(graph.nodes().len());
    for node in graph.nodes() {
        let mut children: Vec<[u8; 32]> = Vec::new();
        node.children(&mut |child| children.extend(all.get(child.0 as usize).copied()));
        if matches!(node, Node::And(_) | Node::Or(_)) {
            children.sort_unstable();
        }
        let mut hash = Sha256::new();
        hash.update(said(bound, node));
        for child in children {
            hash.update(child);
        }
        all.push(hash.finalize().into());
    }
    all
}

/// What a node says apart from its children, with names for positions.
fn said(bound: &Bound, node: &Node) -> String {
    let schema = &bound.graph.schema;
    match node {
        Node::Unit(entity) => format!("unit {}", schema.entity(*entity).map_or("", |e| e.name.id.as_str())),
        Node::Element(level) => format!("element {level}"),
        Node::Follow(f) => format!("follow {}", fact(schema, *f)),
        Node::List { fact: f, level, filters } => format!("list {} {level} {}", fact(schema, *f), filters.len()),
        Node::Bool(b) => format!("bool {b}"),
        // A figure that is missing is not the same as another that is missing.
        Node::Unknown(cause) => format!("unknown {cause:?}"),
        Node::Test(f, set) => match (bound.graph.set_def(*set), schema.field(f.field).map(|f| f.ty)) {
            (Some(super::SetDef::Fixed(set)), Some(FieldType::Symbol(e))) => {
                let count = schema.enumeration(e).map_or(0, |e| e.values.len());
                let held = (0..u32::try_from(count).unwrap_or(0)).filter(|s| set.contains(i64::from(*s)));
                format!("test {} {:?}", fact(schema, *f), names(schema, e, held))
            }
            (set, _) => format!("test {} {set:?}", fact(schema, *f)),
        },
        Node::Holds(f, symbols) => {
            let of = match schema.field(f.field).map(|f| f.ty) {
                Some(FieldType::Set(e)) => names(schema, e, symbols.iter().copied()),
                _ => Vec::new(),
            };
            format!("holds {} {of:?}", fact(schema, *f))
        }
        Node::HoldsValue(f, _) => format!("holds value {}", whole(schema, *f)),
        Node::IsEmpty(f) => format!("empty {}", fact(schema, *f)),
        Node::Fact(f) => format!("fact {}", whole(schema, *f)),
        Node::Within(e, ..) => format!("within {:?}", values(schema, *e)),
        Node::Compare(op, ..) => format!("compare {op:?}"),
        Node::InSet(_, set) => format!("in {:?}", bound.graph.set_def(*set)),
        Node::Fold(fold, ..) => format!("fold {fold:?}"),
        Node::Multiply(_, _, n) => format!("multiply {n:?}"),
        Node::Divide(_, _, n) => format!("divide {n:?}"),
        Node::Round(mode, _, n) => format!("round {mode:?} {n:?}"),
        Node::Shift(_, _, step) => format!("shift {step:?}"),
        Node::Number(n) => format!("number {n:?}"),
        Node::Case(rows, _) => format!("case {}", rows.len()),
        Node::Not(_) => "not".to_owned(),
        Node::And(_) => "and".to_owned(),
        Node::Or(_) => "or".to_owned(),
        Node::Any(..) => "any".to_owned(),
        Node::All(..) => "all".to_owned(),
        Node::Today => "today".to_owned(),
        Node::Count(_) => "count".to_owned(),
        Node::Add(..) => "add".to_owned(),
        Node::Subtract(..) => "subtract".to_owned(),
        Node::Least(..) => "least".to_owned(),
        Node::Most(..) => "most".to_owned(),
        Node::Year(_) => "year".to_owned(),
        Node::Month(_) => "month".to_owned(),
    }
}

fn fact(schema: &Schema, f: FactRef) -> String {
    let Some(field) = schema.field(f.field) else { return String::new() };
    let entity = schema.entity(field.entity).map_or("", |e| e.name.id.as_str());
    // Bounds and types belong to the meaning: they say what a missing fact can be.
    let ty = match field.ty {
        FieldType::Symbol(_) | FieldType::Set(_) | FieldType::Record(_) | FieldType::List(_) => String::new(),
        ty => format!("{ty:?} {:?}", field.range),
    };
    format!("{entity}.{} {ty} {}", field.name.id, field.up_to)
}

/// A fact whose value is used as a position: the whole enum belongs to what it says.
fn whole(schema: &Schema, f: FactRef) -> String {
    let listed = match schema.field(f.field).map(|f| f.ty) {
        Some(FieldType::Symbol(e) | FieldType::Set(e)) => values(schema, e),
        _ => Vec::new(),
    };
    format!("{} {listed:?}", fact(schema, f))
}

fn values(schema: &Schema, e: EnumId) -> Vec<String> {
    let all = schema.enumeration(e).map(|e| e.values.as_slice()).unwrap_or_default();
    all.iter().map(|v| format!("{} {}", v.name.id, v.end)).collect()
}

fn names(schema: &Schema, e: EnumId, held: impl Iterator<Item = u32>) -> Vec<String> {
    let mut names: Vec<String> = held.filter_map(|s| schema.symbol(e, s)).map(|s| s.name.id.clone()).collect();
    names.sort_unstable();
    names
}

/// The digest of one node.
pub(crate) fn of(all: &[[u8; 32]], id: NodeId) -> Option<[u8; 32]> {
    all.get(id.0 as usize).copied()
}
