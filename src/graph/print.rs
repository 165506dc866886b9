//! The graph in print: one node a line, children before parents.

use super::{Graph, Node};
use std::fmt::Write as _;

/// Lists every node with its number and content, then each policy with its root. Stable for the same policy set, so it
/// can be compared as text.
#[must_use]
pub fn listing(graph: &Graph) -> String {
    let (from, to) = graph.span();
    let mut text = format!("epoch {from} to {to}\n");
    for (i, node) in graph.nodes.iter().enumerate() {
        let _ = writeln!(text, "{i:>5}  {}", line(graph, node));
    }
    for (i, set) in graph.sets.iter().enumerate() {
        let _ = writeln!(text, "set {i}: {set:?}");
    }
    for entry in &graph.entries {
        if let Some(root) = entry.root {
            let name =
                graph.schema.symbol(crate::ids::EnumId::POLICY, entry.policy.0).map_or("", |s| s.name.id.as_str());
            let _ = writeln!(text, "policy {name}: {}", root.0);
        }
    }
    text
}

fn line(graph: &Graph, node: &Node) -> String {
    let field = |f: &super::FactRef| {
        let name = graph.schema.field(f.field).map_or("", |f| f.name.id.as_str());
        format!("{}.{name}", f.record.0)
    };
    let all = |ids: &[super::NodeId]| ids.iter().map(|i| i.0.to_string()).collect::<Vec<_>>().join(" ");
    match node {
        Node::Unit(e) => format!("unit {}", graph.schema.entity(*e).map_or("", |e| e.name.id.as_str())),
        Node::Element(level) => format!("entry of list {level}"),
        Node::Follow(f) => format!("follow {}", field(f)),
        Node::List { fact, level, filters } => format!("list {} at {level} [{}]", field(fact), all(filters)),
        Node::Test(f, set) => format!("test {} in set {}", field(f), set.0),
        Node::Fact(f) => format!("fact {}", field(f)),
        Node::Holds(f, values) => format!("holds {} {values:?}", field(f)),
        Node::IsEmpty(f) => format!("empty {}", field(f)),
        Node::And(parts) => format!("and {}", all(parts)),
        Node::Or(parts) => format!("or {}", all(parts)),
        Node::Not(a) => format!("not {}", a.0),
        other => format!("{other:?}").to_lowercase().replace("nodeid", ""),
    }
}
