//! Comparing sets: what only looks different is equal, what is called equal is, and every household shown is judged as said.

use crate::household::shanghai;
use crate::lint::{OPEN, VOCABULARY, policy};
use entitle::Engine;
use entitle::ast::print::{Glossary, Surface, print};
use entitle::compare::Change;
use entitle::ids::PolicyId;
use entitle::span::FileId;
use entitle::verdict::Verdict;
use entitle_tests::generate::{self, Dice};
use proptest::prelude::*;

fn engine(policies: &str) -> Engine {
    let texts = [("v".to_owned(), VOCABULARY.to_owned()), ("p".to_owned(), policies.to_owned())];
    Engine::from_texts(texts).unwrap_or_else(|e| panic!("{:#?}", e.findings()))
}

fn change(old: &str, new: &str) -> Change {
    engine(old).compare(&engine(new)).remove(0).change
}

fn with_scenario(conditions: &str) -> String {
    policy("p", "甲", OPEN, conditions).trim_end().trim_end_matches('}').to_owned()
        + " scenario \"s\" on 2020-05-01 {\n coins: 5 times\n happy: yes\n expect: eligible\n }\n}\n"
}

#[test]
fn layout_order_and_surface_change_nothing() {
    let one = policy("p", "甲", OPEN, "coins >= 2 times\nhappy");
    let other = policy("p", "甲", OPEN, "happy\n\n   coins   >=  2 times // so it is");
    assert!(matches!(change(&one, &other), Change::Equal));
    let shipped = shanghai();
    let files: Vec<_> = shipped
        .sources()
        .iter()
        .map(|(_, s)| (s.name.clone(), entitle::ast::from_text::parse(FileId(0), &s.text).0))
        .collect();
    let glossary = Glossary::collect(&files.iter().map(|(_, f)| f).collect::<Vec<_>>());
    let chinese = files.iter().map(|(name, f)| (name.clone(), print(f, Surface::Chinese, &glossary)));
    let chinese = Engine::from_texts(chinese).unwrap();
    assert!(shipped.compare(&chinese).iter().all(|d| matches!(d.change, Change::Equal)));
}

#[test]
fn each_direction_is_shown_by_a_household() {
    let base = with_scenario("coins >= 3 times\nhappy");
    let Change::Different { widened: Some(w), narrowed: None, .. } =
        change(&base, &with_scenario("coins >= 2 times\nhappy"))
    else {
        panic!("not widened")
    };
    assert_eq!(w.verdicts, (Verdict::Ineligible, Verdict::Eligible));
    let narrower = change(&base, &with_scenario("coins >= 4 times\nhappy"));
    assert!(matches!(narrower, Change::Different { widened: None, narrowed: Some(_), .. }), "{narrower:?}");
    let both = change(&base, &with_scenario("coins >= 2 times and coins < 9 times\nhappy"));
    assert!(matches!(both, Change::Different { widened: Some(_), narrowed: Some(_), .. }), "{both:?}");
    assert!(matches!(change(&base, &policy("q", "乙", OPEN, "happy")), Change::Removed));
}

proptest! {
    #![proptest_config(crate::properties::cases(150))]

    #[test]
    fn what_is_called_equal_is_and_witnesses_are_judged_as_said(seed: u64) {
        let mut dice = Dice::new(seed);
        let (one, other) = (generate::open(&generate::policies(&mut dice)), generate::open(&generate::policies(&mut dice)));
        for (i, difference) in one.compare(&other).into_iter().enumerate() {
            let id = PolicyId(i as u32);
            match difference.change {
                Change::Equal => {
                    for day in ["2000-01-03", "2000-07-15", "2000-09-01"] {
                        let (a, b) = (one.at(day.parse().unwrap()).unwrap(), other.at(day.parse().unwrap()).unwrap());
                        for _ in 0..10 {
                            let profile = generate::profile(&one, &mut dice);
                            let verdict = |rules: &entitle::Rules| rules.match_profile(&profile).unwrap().verdict(id);
                            prop_assert_eq!(verdict(&a), verdict(&b));
                        }
                    }
                }
                Change::Different { widened, narrowed, amount } => {
                    for w in [widened, narrowed, amount].into_iter().flatten() {
                        let verdict = |engine: &Engine| engine.at(w.on).unwrap().match_profile(&w.profile).unwrap().verdict(id);
                        prop_assert_eq!((verdict(&one), verdict(&other)), w.verdicts);
                        prop_assert!(w.verdicts.0 != w.verdicts.1 || w.amounts.0 != w.amounts.1);
                    }
                }
                _ => {}
            }
        }
    }
}
