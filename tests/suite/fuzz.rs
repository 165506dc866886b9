//! Fuzzing's targets in the ordinary tests: what once failed, what mutations begin with, and a few mutations of a fixed seed. The
//! long runs are `fuzz/`'s.

use entitle_tests::fuzz::{TARGETS, mutate::mutate, regressions, words};
use entitle_tests::generate::Dice;

#[test]
fn what_once_failed_holds() {
    for target in &TARGETS {
        for (name, input) in regressions(target) {
            eprintln!("{name}");
            (target.run)(&input);
        }
    }
}

#[test]
fn seeds_and_a_few_mutations_hold() {
    for target in &TARGETS {
        let (seeds, words) = ((target.seeds)(), words(target.dictionary));
        assert!(seeds.len() >= 20, "{} has {} seeds", target.name, seeds.len());
        let mut dice = Dice::new(7);
        for seed in seeds.iter().step_by(seeds.len().div_ceil(20)) {
            (target.run)(seed);
        }
        for _ in 0..60 {
            let input = mutate(&seeds, &words, &mut dice);
            let run = std::panic::catch_unwind(|| (target.run)(&input));
            assert!(run.is_ok(), "{} fails on {:?}", target.name, String::from_utf8_lossy(&input));
        }
    }
}

/// The harness can see a failure: mutations of valid texts are refused as well as accepted, and reach the matcher.
#[test]
fn mutations_are_neither_all_good_nor_all_bad() {
    let target = &TARGETS[0];
    let (seeds, words) = ((target.seeds)(), words(target.dictionary));
    let mut dice = Dice::new(3);
    let texts = (0..1_500).map(|_| mutate(&seeds, &words, &mut dice)).filter_map(|b| String::from_utf8(b).ok());
    let (good, bad): (Vec<_>, Vec<_>) =
        texts.map(|t| entitle::Engine::from_texts([("a".to_owned(), t)])).partition(Result::is_ok);
    assert!(good.len() > 5 && bad.len() > 20, "{} accepted, {} refused", good.len(), bad.len());
}
