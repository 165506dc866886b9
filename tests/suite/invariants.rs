//! What the checker promises, held by sets that were read from text, and found broken where it was broken on purpose.

use crate::household::shanghai;
use entitle::Engine;
use entitle::checked::invariants::{DEEPEST, check};
use entitle::checked::{Expr, Kind, Model, Step, Type};
use entitle::graph::{Graph, Node, NodeId};
use entitle::ids::{DefineId, EntityId, EnumId, FieldId, ParameterId, PolicyId};
use entitle::profile::{Slot, Stored};
use entitle::value::{Number, Unit};
use entitle_tests::generate::{self, Dice};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// The page of the language shows each of its forms once.
fn page() -> Engine {
    let page = fs::read_to_string(crate::corpus::root().join("grammar/README.md")).unwrap();
    let mut text = String::new();
    for piece in page.split("```policy").skip(1) {
        text += piece.split("```").next().unwrap();
    }
    Engine::from_texts([("page.policy".to_owned(), text)]).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn every_set_read_from_text_keeps_them() {
    check(shanghai().model()).unwrap();
    check(page().model()).unwrap();
    for entry in fs::read_dir(crate::corpus::root().join("tests/corpus/good")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "policy")
            && let Ok(engine) = Engine::open(&[&path])
        {
            check(engine.model()).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        }
    }
    for seed in 0..200 {
        let engine = generate::open(&generate::policies(&mut Dice::new(seed)));
        check(engine.model()).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
    }
}

/// The first expression of a policy's conditions that `is` one.
fn first<'e>(expr: &'e mut Expr, is: &dyn Fn(&Kind) -> bool) -> Option<&'e mut Expr> {
    if is(&expr.kind) {
        return Some(expr);
    }
    match &mut expr.kind {
        Kind::And(parts) | Kind::Or(parts) => parts.iter_mut().find_map(|p| first(p, is)),
        Kind::Not(a) | Kind::Field(a, _) | Kind::OneOf(a, _) | Kind::Includes(a, _) | Kind::Convert(a, _) => {
            first(a, is)
        }
        Kind::Compare(_, a, b)
        | Kind::CompareElapsed(_, a, b, _)
        | Kind::Within(a, b)
        | Kind::Multiply(a, b, _)
        | Kind::Least(a, b)
        | Kind::Add(a, b)
        | Kind::Any(a, b)
        | Kind::All(a, b)
        | Kind::Filter(a, b) => match first(a, is) {
            Some(found) => Some(found),
            None => first(b, is),
        },
        Kind::Round(_, a, _) => first(a, is),
        _ => None,
    }
}

fn condition<'m>(model: &'m mut Model, is: &dyn Fn(&Kind) -> bool) -> &'m mut Expr {
    let policies = model.policies.iter_mut();
    let mut all = policies.flat_map(|p| {
        p.conditions.iter_mut().map(|c| &mut c.expr).chain(p.benefits.iter_mut().filter_map(|b| b.amount.as_mut()))
    });
    all.find_map(|e| first(e, is)).expect("the page of the language has each form")
}

fn define<'m>(model: &'m mut Model, name: &str) -> (usize, &'m mut Expr) {
    let at = model.defines.iter().position(|d| d.name.id == name).unwrap();
    (at, &mut model.defines[at].value)
}

/// Breaks one promise.
type Break = Box<dyn Fn(&mut Model)>;

#[test]
fn whatever_is_broken_is_found() {
    let ways: Vec<(&str, Break)> = vec![
        (
            "a field that there is not",
            Box::new(|m| {
                let e = condition(m, &|k| matches!(k, Kind::Field(..)));
                if let Kind::Field(_, f) = &mut e.kind {
                    *f = FieldId(9_999);
                }
            }),
        ),
        (
            "a frame that there is not",
            Box::new(|m| condition(m, &|k| matches!(k, Kind::Frame(0))).kind = Kind::Frame(7)),
        ),
        ("a type that is a lie", Box::new(|m| condition(m, &|k| matches!(k, Kind::Compare(..))).ty = Type::Date)),
        (
            "an enum that there is not",
            Box::new(|m| condition(m, &|k| matches!(k, Kind::Symbol(_))).ty = Type::Symbol(EnumId(99))),
        ),
        (
            "a value that there is not",
            Box::new(|m| condition(m, &|k| matches!(k, Kind::Symbol(_))).kind = Kind::Symbol(9_999)),
        ),
        (
            "values out of order",
            Box::new(|m| {
                if let Kind::OneOf(_, p) = &mut condition(m, &|k| matches!(k, Kind::OneOf(_, p) if p.len() > 1)).kind {
                    p.reverse();
                }
            }),
        ),
        (
            "a step of half a month",
            Box::new(|m| {
                if let Kind::CompareElapsed(_, _, _, step) =
                    &mut condition(m, &|k| matches!(k, Kind::CompareElapsed(..))).kind
                {
                    *step = Step::Months(i64::MIN);
                }
            }),
        ),
        (
            "rounding to nothing",
            Box::new(|m| {
                if let Kind::Round(_, _, step) = &mut condition(m, &|k| matches!(k, Kind::Round(..))).kind {
                    *step = Number::ZERO;
                }
            }),
        ),
        (
            "a parameter that there is not",
            Box::new(|m| {
                if let Kind::Parameter(p, _) = &mut condition(m, &|k| matches!(k, Kind::Parameter(..))).kind {
                    *p = ParameterId(9_999);
                }
            }),
        ),
        (
            "a record where none belongs",
            Box::new(|m| {
                if let Kind::Define(_, subject) = &mut condition(m, &|k| matches!(k, Kind::Define(_, Some(_)))).kind {
                    *subject = None;
                }
            }),
        ),
        (
            "a definition that needs itself",
            Box::new(|m| {
                let (at, value) = define(m, "pooled_income");
                let ty = value.ty;
                let frame = Expr {
                    kind: Kind::Frame(0),
                    ty: Type::Record(m.defines[at].owner.unwrap()),
                    ..m.defines[at].value.clone()
                };
                m.defines[at].value = Expr {
                    kind: Kind::Define(DefineId::of(at), Some(Box::new(frame))),
                    ty,
                    ..m.defines[at].value.clone()
                };
            }),
        ),
        (
            "an expression as deep as a well",
            Box::new(|m| {
                let inner = condition(m, &|k| matches!(k, Kind::Compare(..)));
                for _ in 0..DEEPEST {
                    let part = inner.clone();
                    *inner = Expr { kind: Kind::Not(Box::new(part)), ..inner.clone() };
                }
            }),
        ),
        ("an owner that there is not", Box::new(|m| m.always[0].owner = EntityId(99))),
        ("rows out of order", Box::new(|m| m.parameters[0].rows.reverse())),
        ("a unit out of this world", Box::new(|m| m.parameters[0].unit = Unit { yuan: 100, ..Unit::PLAIN })),
        (
            "a range upside down",
            Box::new(|m| {
                let at = m.schema.fields.iter().position(|f| f.name.id == "income").unwrap();
                m.schema.fields[at].range = (1, 0);
            }),
        ),
        (
            "a fact in no record",
            Box::new(|m| {
                m.schema.entities[0].fields.pop();
            }),
        ),
        (
            "a fact twice in a record",
            Box::new(|m| {
                let f = m.schema.entities[0].fields[0];
                m.schema.entities[0].fields[1] = f;
            }),
        ),
        ("a list without end", Box::new(|m| m.schema.fields[0].up_to = u32::MAX)),
        (
            "a link that leads elsewhere",
            Box::new(|m| {
                let at = m.schema.fields.iter().position(|f| f.back.is_some()).unwrap();
                m.schema.fields[at].back = Some(FieldId(0));
            }),
        ),
        ("a tree that bites its tail", Box::new(|m| m.schema.enums[2].values[0].end = 99)),
        ("a name with an escape in it", Box::new(|m| m.policies[0].name.id = "a\u{1b}[31m".to_owned())),
        (
            "a policy that the enum does not have",
            Box::new(|m| {
                m.policies.pop();
            }),
        ),
        ("a policy for a place", Box::new(|m| m.policies[0].unit = EntityId(99))),
        ("an effect on nobody", Box::new(|m| m.policies[0].exclusions[0].policies[0] = PolicyId(99).0)),
        (
            "a scenario with a value that there is not",
            Box::new(|m| {
                let scenario = &m.policies[0].scenarios[0];
                let mut profile = scenario.profile.restore();
                let root = profile.root(m.policies[0].unit).unwrap();
                for position in 0..profile.record(root).unwrap().slots.len() {
                    profile.set(root, position, Slot::Scalar(i64::MAX));
                }
                m.policies[0].scenarios[0].profile = Stored::from(&profile);
            }),
        ),
    ];
    let engine = page();
    check(engine.model()).unwrap();
    for (what, breaks) in ways {
        let mut model = engine.model().clone();
        breaks(&mut model);
        assert!(check(&model).is_err(), "not found: {what}");
    }
}

#[test]
fn what_nests_as_deep_as_allowed_fits_a_small_stack() {
    // As a host's thread may have it; see `stress`.
    let deepest = || {
        let mut model = page().model().clone();
        let sum = condition(&mut model, &|k| matches!(k, Kind::Compare(_, a, _) if matches!(a.ty, Type::Number(_))));
        let Kind::Compare(_, left, _) = &mut sum.kind else { panic!("a comparison") };
        let start = (**left).clone();
        let one = Expr { kind: Kind::Number(Number::whole(1)), words: None, ..start.clone() };
        let mut grown = 0;
        while check(&model).is_ok() {
            let sum =
                condition(&mut model, &|k| matches!(k, Kind::Compare(_, a, _) if matches!(a.ty, Type::Number(_))));
            let Kind::Compare(_, left, _) = &mut sum.kind else { panic!("a comparison") };
            for _ in 0..10 {
                let inner = (**left).clone();
                **left = Expr { kind: Kind::Add(Box::new(inner), Box::new(one.clone())), ..start.clone() };
            }
            grown += 10;
        }
        assert!(grown > DEEPEST / 2, "{grown}");
        let on = "2020-09-01".parse().unwrap();
        let graph = std::sync::Arc::new(entitle::graph::from_checked::compile(&model, on).unwrap());
        let bound = graph.bind(on).unwrap();
        let mut scratch = entitle::verdict::from_graph::Scratch::default();
        let scenario = &model.policies[0].scenarios[0].profile.restore();
        for profile in [&entitle::profile::Profile::new(), scenario] {
            let _ = entitle::verdict::exact::outcomes(&bound, profile, &mut scratch);
        }
    };
    std::thread::Builder::new().stack_size(1 << 20).spawn(deepest).unwrap().join().unwrap();
}

/// The levels of the entries that a node looks at, found by looking.
fn seen(graph: &Graph, id: NodeId, known: &mut BTreeMap<NodeId, BTreeSet<u8>>) -> BTreeSet<u8> {
    if let Some(found) = known.get(&id) {
        return found.clone();
    }
    let mut all = BTreeSet::new();
    match graph.node(id) {
        Node::Element(level) => {
            all.insert(*level);
        }
        Node::List { fact, filters, level } => {
            filters.iter().for_each(|filter| all.extend(seen(graph, *filter, known)));
            all.remove(level);
            all.extend(seen(graph, fact.record, known));
        }
        Node::Any(list, body) | Node::All(list, body) | Node::Fold(_, list, body) => {
            all.extend(seen(graph, *body, known));
            if let Node::List { level, .. } = graph.node(*list) {
                all.remove(level);
            }
            all.extend(seen(graph, *list, known));
        }
        other => other.children(&mut |child| all.extend(seen(graph, child, known))),
    }
    known.insert(id, all.clone());
    all
}

#[test]
fn a_node_is_at_the_highest_level_of_the_entries_it_looks_at() {
    let text = r#"
        enum category { welfare }
        record person { home: household; income: yuan per month; bills: list of bill }
        record household { applicant: person; members: list of person }
        record bill { amount: yuan per month }
        policy p for person {
            category: welfare
            in force: from 2020-01-01 until further notice
            source: "an example"
            status: illustrative
            eligible when {
                any home.members[bills[amount > 5 yuan per month].count >= 1 time] { any bills { amount >= income } }
                any home.members { home.members[income > 3 yuan per month].count >= 2 people }
            }
        }
    "#;
    let small = Engine::from_texts([("p.policy".to_owned(), text.to_owned())]).unwrap();
    let (mut deep, mut inner) = (0, 0);
    for engine in [small, shanghai()] {
        let rules = engine.at("2020-09-01".parse().unwrap()).unwrap();
        let (graph, mut known) = (&rules.bound().graph, BTreeMap::new());
        for id in (0..).zip(graph.nodes()).map(|(id, _)| NodeId(id)) {
            let all = seen(graph, id, &mut known);
            assert_eq!(graph.level(id), all.last().copied().unwrap_or(0), "node {}", id.0);
            deep += usize::from(all.len() > 1);
            inner += usize::from(matches!(graph.node(id), Node::Any(..) | Node::Count(_)) && !all.is_empty());
        }
    }
    assert!(deep > 0 && inner > 0, "{deep} nodes look at two levels, {inner} lists stand in others");
}
