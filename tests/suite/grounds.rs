//! The flat grounds of verdicts: sufficient, without a spare one, and equal to what the evaluator says of each.

use crate::household::{households, shanghai};
use crate::properties::cases;
use entitle::graph::{Graph, Node, NodeId};
use entitle::ids::PolicyId;
use entitle::profile::{Profile, Slot};
use entitle::verdict::from_graph::{Evaluation, Scratch};
use entitle::verdict::{Truth, Verdict, exact};
use entitle::why::grounds::{Ground, Grounds};
use entitle::wire::json::{UnknownFields, profile_from_json};
use entitle::{Engine, Rules};
use entitle_tests::generate::{self, Dice};
use proptest::prelude::*;
use std::fs;

/// The truth of a condition where nothing is known but some nodes: written apart from the evaluator and from the clauses.
fn follows(graph: &Graph, id: NodeId, known: &[&Ground]) -> Truth {
    if let Some(ground) = known.iter().find(|ground| ground.node == id) {
        return ground.truth;
    }
    let joined = |parts: &[NodeId], end: Truth| {
        let truths: Vec<Truth> = parts.iter().map(|part| follows(graph, *part, known)).collect();
        match () {
            () if truths.contains(&end) => end,
            () if truths.contains(&Truth::Unknown) => Truth::Unknown,
            () => end.not(),
        }
    };
    match graph.node(id) {
        Node::Bool(value) => Truth::of(*value),
        Node::Not(inner) => follows(graph, *inner, known).not(),
        Node::And(parts) => joined(parts, Truth::False),
        Node::Or(parts) => joined(parts, Truth::True),
        _ => Truth::Unknown,
    }
}

/// How many grounds were judged.
fn judged(engine: &Engine, rules: &Rules, profile: &Profile, scratch: &mut Scratch) -> usize {
    let graph = &rules.bound().graph;
    let mut grounds = Grounds::default();
    rules.grounds_into(profile, scratch, &mut grounds);
    assert_eq!(grounds.outcomes(), rules.outcomes(profile, scratch));
    let kleene = exact::kleene(rules.bound(), profile, scratch);
    let mut all = 0;
    for (at, (outcome, kleene)) in grounds.outcomes().iter().zip(&kleene).enumerate() {
        let policy = PolicyId(at as u32);
        let own = grounds.of(policy);
        let Some(root) = graph.entry(policy).unwrap().root else {
            assert!(own.is_empty());
            continue;
        };
        all += own.len();
        let words = rules.reason_codes(policy);
        for ground in own {
            assert!(words.iter().any(|(code, _)| *code == ground.code), "{ground:?} has no words");
            assert_eq!(Evaluation::new(rules.bound(), profile, scratch).truth(ground.node), ground.truth);
            if let Node::Test(fact, set) = graph.node(ground.node) {
                let passes = ground.actual.map_or(Truth::Unknown, |v| Truth::of(rules.bound().set(*set).contains(v)));
                assert_eq!(passes, ground.truth);
                assert!(engine.schema().field(fact.field).is_some());
            }
        }
        let every: Vec<&Ground> = own.iter().collect();
        let wanted = match outcome.verdict {
            Verdict::Eligible => Truth::True,
            Verdict::Ineligible => Truth::False,
            Verdict::Undetermined | Verdict::NotInForce => {
                assert!(!own.is_empty(), "an open verdict hangs on something");
                assert!(own.iter().all(|ground| ground.truth == Truth::Unknown));
                continue;
            }
        };
        // What only the search settles hangs on conditions that are open one by one.
        if kleene.verdict != outcome.verdict {
            continue;
        }
        assert_eq!(follows(graph, root, &every), wanted, "{own:?} do not settle {policy:?}");
        for spare in 0..own.len() {
            let others: Vec<&Ground> = own.iter().enumerate().filter(|(k, _)| *k != spare).map(|(_, g)| g).collect();
            assert_eq!(follows(graph, root, &others), Truth::Unknown, "{:?} is spare in {own:?}", own[spare]);
        }
    }
    all
}

proptest! {
    #![proptest_config(cases(600))]

    #[test]
    fn grounds_settle_and_none_is_spare(seed: u64) {
        let mut dice = Dice::new(seed);
        let policies: String = (0..3).map(|i| generate::policy(&mut dice, i)).collect();
        let engine = generate::open(&policies);
        let rules = engine.at("2000-07-15".parse().unwrap()).unwrap();
        let mut scratch = rules.scratch();
        for _ in 0..3 {
            judged(&engine, &rules, &generate::profile(&engine, &mut dice), &mut scratch);
        }
    }
}

#[test]
fn grounds_of_the_shipped_households_settle_and_none_is_spare() {
    let engine = shanghai();
    let rules = engine.at("2020-09-01".parse().unwrap()).unwrap();
    let mut scratch = rules.scratch();
    let mut all = 0;
    for entry in fs::read_dir(crate::corpus::root().join("examples/profiles")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "json") {
            let text = fs::read(&path).unwrap();
            let profile = profile_from_json(engine.schema(), &text, UnknownFields::Reject).unwrap().0;
            all += judged(&engine, &rules, &profile, &mut scratch);
        }
    }
    assert!(all > 5_000, "{all} grounds");
}

#[test]
fn a_value_that_was_met_is_shown_and_not_printed() {
    let text = "policy p0 for person {\n category: welfare\n in force: from 2000-01-01 until further notice\n source: \"an example\"\n \
                status: illustrative\n eligible when {\n coins >= 2 times\n }\n}\n";
    let engine = generate::open(text);
    let rules = engine.at("2000-07-15".parse().unwrap()).unwrap();
    let schema = engine.schema();
    let person = schema.entity_named("person").unwrap();
    let coins = schema.field_named(person, "coins").unwrap();
    let mut profile = Profile::new();
    let one = profile.add(schema, person);
    profile.set_root(one);
    profile.set(one, entitle::profile::position(schema, coins).unwrap(), Slot::Scalar(1));
    let mut grounds = Grounds::default();
    rules.grounds_into(&profile, &mut rules.scratch(), &mut grounds);
    let [ground] = grounds.of(PolicyId(0)) else { panic!("{grounds:?}") };
    assert_eq!((ground.truth, ground.actual), (Truth::False, Some(1)));
    assert_eq!(format!("{ground:?}"), "Ground(0, False)");
    assert!(grounds.of(PolicyId(7)).is_empty());
}

/// Completions built part by part show most open verdicts; the search over regions is left with next to none.
#[test]
fn open_verdicts_of_the_shipped_households_need_no_search() {
    let engine = shanghai();
    let rules = engine.at("2019-06-01".parse().unwrap()).unwrap();
    let mut scratch = rules.scratch();
    let (mut open, mut searched) = (0, Vec::new());
    for (name, profile) in households(&engine) {
        for (policy, outcome) in engine.model().policies.iter().zip(rules.outcomes(&profile, &mut scratch)) {
            open += usize::from(outcome.verdict == Verdict::Undetermined);
            if outcome.verdict == Verdict::Undetermined && !outcome.by_kleene {
                searched.push((name.clone(), &policy.name.id));
            }
        }
    }
    assert!(open > 1_500 && searched.len() <= 2, "{searched:?} of {open}");
}
