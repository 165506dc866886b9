//! Typed programs steered by bytes: the evaluators against each other, and advice on whatever comes out.

use crate::brute;
use crate::generate::{self, Dice};
use entitle::checked::interpret::{self, Meaning};
use entitle::ids::PolicyId;
use entitle::value::Date;
use entitle::verdict::exact::outcomes;
use entitle::verdict::from_graph::{Evaluation, Scratch};
use entitle::verdict::{Truth, Verdict};
use entitle::wire::json::advice;

/// Bytes of the generator's own, so that mutations begin with whole programs.
pub(super) fn seeds() -> Vec<Vec<u8>> {
    let mut dice = Dice::new(1);
    (0..64).map(|_| (0..200).map(|_| dice.below(256) as u8).collect()).collect()
}

/// Interpreter, graph, clause table, exact search and brute force agree.
pub(super) fn evaluators(data: &[u8]) {
    let mut dice = Dice::thrown(data);
    let text = generate::policies(&mut dice);
    let engine = generate::open(&text);
    let days = ["2000-01-03", "2000-01-05", "2000-07-15", "2000-09-01"];
    let as_of: Date = days[dice.below(4) as usize].parse().unwrap();
    let rules = engine.at(as_of).unwrap();
    let profile = generate::profile(&engine, &mut dice);
    let mut scratch = Scratch::default();
    let found = outcomes(rules.bound(), &profile, &mut scratch);
    for (slow, fast) in found.iter().zip(rules.outcomes(&profile, &mut scratch)) {
        assert_eq!((slow.verdict, slow.not_proved), (fast.verdict, fast.not_proved), "{text}");
    }
    for (i, outcome) in found.iter().enumerate() {
        let id = PolicyId(i as u32);
        let Meaning::Conditions(meant) = interpret::policy(engine.model(), id, &profile, as_of) else { continue };
        let root = rules.bound().graph.entry(id).unwrap().root.unwrap();
        let truth = Evaluation::new(rules.bound(), &profile, &mut scratch).truth(root);
        if let Some(meant) = meant {
            let wanted = if meant { Verdict::Eligible } else { Verdict::Ineligible };
            assert_eq!(outcome.verdict, wanted, "policy {i} {text}");
            assert_ne!(truth, Truth::of(!meant), "policy {i} {text}");
        } else {
            assert!(!truth.is_known(), "policy {i} {text}");
        }
        if let Some(wanted) = brute::verdict(&engine, &rules, id, &profile, as_of, 1_000) {
            assert_eq!((outcome.verdict, outcome.not_proved), (wanted, false), "policy {i} {text}");
        }
    }
}

/// Advice never fails, and comes out the same twice.
pub(super) fn advice(data: &[u8]) {
    let mut dice = Dice::thrown(data);
    let engine = generate::open(&generate::policies(&mut dice));
    let rules = engine.at("2000-01-03".parse().unwrap()).unwrap();
    let profile = generate::profile(&engine, &mut dice);
    let Ok(matches) = rules.match_profile(&profile) else { return };
    let until = "2000-09-01".parse().unwrap();
    let once = advice::advice(&engine, &matches, 3, until).to_string();
    assert_eq!(once, advice::advice(&engine, &matches, 3, until).to_string());
}
