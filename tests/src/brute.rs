//! The oracle: every completion of a profile's missing facts, each judged by the interpreter.

use entitle::checked::interpret::{self, Meaning};
use entitle::graph::{Graph, Node, NodeId};
use entitle::ids::{FieldId, PolicyId};
use entitle::profile::{Profile, RecordIx, Slot, position};
use entitle::schema::{FieldType, Schema};
use entitle::value::Date;
use entitle::verdict::Verdict;
use entitle::{Engine, Rules};
use std::collections::BTreeSet;

/// The verdict over all completions; none where there are more than `cap`, or no completion is possible.
pub fn verdict(
    engine: &Engine,
    rules: &Rules,
    policy: PolicyId,
    profile: &Profile,
    as_of: Date,
    cap: usize,
) -> Option<Verdict> {
    let (mut yes, mut no) = (false, false);
    let mut meaning = None;
    let possible = completions(engine, rules, policy, profile, cap, &mut |next| {
        if interpret::constraints(engine.model(), next, as_of) != Some(true) {
            return;
        }
        match interpret::policy(engine.model(), policy, next, as_of) {
            Meaning::Conditions(Some(true)) => yes = true,
            Meaning::Conditions(Some(false)) => no = true,
            other => meaning = Some(other),
        }
    });
    match (meaning, yes, no) {
        (Some(Meaning::NotInForce), ..) => Some(Verdict::NotInForce),
        // A missing figure: no completion of facts decides it, and the engine may know more by bounds.
        (Some(Meaning::Conditions(_)), ..) => None,
        _ if !possible => None,
        (None, true, true) => Some(Verdict::Undetermined),
        (None, true, false) => Some(Verdict::Eligible),
        (None, false, true) => Some(Verdict::Ineligible),
        (None, false, false) => None,
    }
}

/// Shows every completion of the facts that the policy and the constraints read; false where there are more than `cap`.
pub fn completions(
    engine: &Engine,
    rules: &Rules,
    policy: PolicyId,
    profile: &Profile,
    cap: usize,
    visit: &mut dyn FnMut(&Profile),
) -> bool {
    let mut fields = BTreeSet::new();
    let graph = &rules.bound().graph;
    let Some(root) = graph.entry(policy).and_then(|e| e.root) else { return false };
    reads(graph, root, &mut fields);
    for always in graph.constraints_fields() {
        fields.extend(always);
    }
    let mut count = 0usize;
    let mut stack = vec![profile.clone()];
    while let Some(next) = stack.pop() {
        if let Some(parts) = split(engine.schema(), &next, &fields) {
            stack.extend(parts);
            if stack.len() > cap {
                return false;
            }
            continue;
        }
        count += 1;
        if count > cap {
            return false;
        }
        visit(&next);
    }
    true
}

fn reads(graph: &Graph, node: NodeId, fields: &mut BTreeSet<FieldId>) {
    let node = graph.node(node);
    if let Node::Follow(f)
    | Node::Test(f, _)
    | Node::Holds(f, _)
    | Node::IsEmpty(f)
    | Node::Fact(f)
    | Node::HoldsValue(f, _)
    | Node::List { fact: f, .. } = node
    {
        fields.insert(f.field);
    }
    node.children(&mut |child| reads(graph, child, fields));
}

/// The ways to say one more thing about a profile; none when nothing that matters is missing.
fn split(schema: &Schema, profile: &Profile, fields: &BTreeSet<FieldId>) -> Option<Vec<Profile>> {
    for ix in (0..profile.len() as u32).map(RecordIx) {
        let entity = profile.record(ix)?.entity;
        for (at, id) in schema.entity(entity)?.fields.iter().enumerate() {
            if !fields.contains(id) {
                continue;
            }
            let field = schema.field(*id)?;
            let with = |slot: Slot| {
                let mut next = profile.clone();
                next.set(ix, at, slot);
                next
            };
            match (profile.slot(ix, at), field.ty) {
                (Slot::Unknown, FieldType::Record(of)) => {
                    let mut next = profile.clone();
                    let fresh = next.add(schema, of);
                    next.link(schema, ix, *id, Slot::Record(fresh));
                    return Some(vec![next]);
                }
                (Slot::Unknown, FieldType::List(_)) => return Some(lengths(schema, profile, ix, *id, Vec::new())),
                (Slot::List { items, complete: false }, FieldType::List(_)) => {
                    return Some(lengths(schema, profile, ix, *id, items.clone()));
                }
                (Slot::Unknown, FieldType::Set(_)) => {
                    return Some(vec![with(Slot::Set { known: vec![], not: vec![], complete: false })]);
                }
                (Slot::Set { known, not, complete: false }, FieldType::Set(e)) => {
                    let count = schema.enumeration(e)?.values.len() as u32;
                    let open = (0..count).find(|s| !known.contains(s) && !not.contains(s));
                    let Some(symbol) = open else {
                        return Some(vec![with(Slot::Set { known: known.clone(), not: vec![], complete: true })]);
                    };
                    let (mut more, mut fewer) = (known.clone(), not.clone());
                    more.push(symbol);
                    fewer.push(symbol);
                    return Some(vec![
                        with(Slot::Set { known: more, not: not.clone(), complete: false }),
                        with(Slot::Set { known: known.clone(), not: fewer, complete: false }),
                    ]);
                }
                (Slot::Unknown, _) => {
                    return Some((field.range.0..=field.range.1).map(|v| with(Slot::Scalar(v))).collect());
                }
                _ => {}
            }
        }
    }
    None
}

fn lengths(schema: &Schema, profile: &Profile, ix: RecordIx, id: FieldId, known: Vec<RecordIx>) -> Vec<Profile> {
    let field = schema.field(id).unwrap();
    let FieldType::List(of) = field.ty else { return Vec::new() };
    let mut base = profile.clone();
    let mut items = known;
    for beside in &field.includes {
        let at = position(schema, *beside).unwrap();
        let one = match base.slot(ix, at) {
            Slot::Record(one) => *one,
            _ => {
                let one = base.add(schema, of);
                base.link(schema, ix, *beside, Slot::Record(one));
                one
            }
        };
        if !items.contains(&one) {
            items.push(one);
        }
    }
    let mut all = Vec::new();
    loop {
        let mut next = base.clone();
        next.link(schema, ix, id, Slot::List { items: items.clone(), complete: true });
        all.push(next);
        if items.len() >= field.up_to as usize {
            return all;
        }
        items.push(base.add(schema, of));
    }
}
