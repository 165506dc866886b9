//! a-tree: one tree of all expressions, searched with an event.

use super::Contender;
use crate::data::Set;
use crate::forms::{Words, object, written};
use crate::shape::Kind;
use a_tree::{ATree, AttributeDefinition, Event};
use std::rc::Rc;

const WORDS: Words = Words {
    and: " and ",
    or: " or ",
    not: ("not (", ")"),
    equal: "=",
    unequal: "<>",
    before: "",
    quote: '\'',
    one_of: |name, values| format!("{name} in [{}]", values.join(", ").replace('\'', "\"")),
    leaf: ("(", ")"),
};

pub fn contender<'a>(set: &'a Set, texts: &'a [String]) -> Contender<'a> {
    let shape = &set.shape;
    let definitions: Vec<AttributeDefinition> = shape
        .fields
        .iter()
        .map(|f| match f.kind {
            Kind::Bool => AttributeDefinition::boolean(&f.name),
            Kind::Symbol(_) => AttributeDefinition::string(&f.name),
            Kind::Number | Kind::Date => AttributeDefinition::integer(&f.name),
        })
        .collect();
    let mut tree = ATree::<usize>::new(&definitions).expect("distinct names");
    for (i, (name, cond)) in shape.policies.iter().enumerate() {
        let text = written(shape, cond, &WORDS);
        tree.insert(&i, &text).unwrap_or_else(|e| panic!("{name}: {e:?}\n{text}"));
    }
    let tree = Rc::new(tree);
    let event = move |tree: &ATree<usize>, object: &serde_json::Map<String, serde_json::Value>| -> Event {
        let mut builder = tree.make_event();
        for (name, value) in object {
            match value {
                serde_json::Value::Bool(b) => builder.with_boolean(name, *b),
                serde_json::Value::String(s) => builder.with_string(name, s),
                other => builder.with_integer(name, other.as_i64().unwrap_or(0)),
            }
            .expect("an attribute of the tree");
        }
        builder.build().expect("an event")
    };
    let events: Vec<Event> = set.rows.iter().map(|row| event(&tree, &object(shape, row))).collect();
    let other = Rc::clone(&tree);
    Contender {
        name: "a-tree".to_owned(),
        how: "one tree of all policies; events made beforehand",
        typed: Box::new(move |i, out| {
            out.extend(tree.search(&events[i]).expect("a search").matches().iter().map(|id| **id));
        }),
        json: Some(Box::new(move |i, out| {
            let parsed: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&texts[i]).expect("JSON");
            let event = event(&other, &parsed);
            out.extend(other.search(&event).expect("a search").matches().iter().map(|id| **id));
        })),
    }
}
