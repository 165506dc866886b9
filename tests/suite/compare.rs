//! Comparing sets: what only looks different is equal, what is called equal is, and every household shown is judged as said.

use crate::household::shanghai;
use crate::lint::{OPEN, VOCABULARY, policy};
use entitle::Engine;
use entitle::ast::print::{Glossary, Surface, print};
use entitle::compare::population::Judge;
use entitle::compare::{Change, Found, Value};
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
    let Change::Different {
        widened: Found::Household(w),
        narrowed: Found::Nobody,
        more: Found::Nobody,
        less: Found::Nobody,
    } = change(&base, &with_scenario("coins >= 2 times\nhappy"))
    else {
        panic!("not widened")
    };
    assert_eq!(w.verdicts, (Verdict::Ineligible, Verdict::Eligible));
    // The smallest household: two coins and happy, nothing else.
    assert_eq!(known(&w.profile), 2);
    let narrower = change(&base, &with_scenario("coins >= 4 times\nhappy"));
    assert!(
        matches!(narrower, Change::Different { widened: Found::Nobody, narrowed: Found::Household(_), .. }),
        "{narrower:?}"
    );
    let both = change(&base, &with_scenario("coins >= 2 times and coins < 9 times\nhappy"));
    let shown = matches!(both, Change::Different { widened: Found::Household(_), narrowed: Found::Household(_), .. });
    assert!(shown, "{both:?}");
    assert!(matches!(change(&base, &policy("q", "乙", OPEN, "happy")), Change::Removed));
    // Said differently and the same: proved, not compared by text.
    let other = with_scenario("not (coins < 3 times or not happy)\ncoins <= 9 times");
    assert!(matches!(change(&base, &other), Change::Equal));
}

/// What somebody's entries have to be is said of each of them, and of nobody else.
#[test]
fn a_household_that_shows_a_change_has_the_entries_it_takes() {
    let kind = |age: u32| {
        let some = format!("any friends[age >= {age} years old and not kind_friend] {{ age < 90 years old }}");
        with_scenario(&format!("happy or coins > 5 times\n{some}\nfriends[kind_friend].count >= 1 person"))
    };
    for (old, new) in [(6, 5), (5, 6)] {
        let shown = match change(&kind(old), &kind(new)) {
            Change::Different { widened: Found::Household(w), narrowed: Found::Nobody, .. } if old > new => w,
            Change::Different { widened: Found::Nobody, narrowed: Found::Household(n), .. } if old < new => n,
            other => panic!("{other:?}"),
        };
        // Two friends, and of each what it takes.
        assert_eq!(shown.profile.len(), 3);
        assert!(known(&shown.profile) >= 5, "{} facts", known(&shown.profile));
    }
}

/// How many facts a profile knows.
fn known(profile: &entitle::profile::Profile) -> usize {
    use entitle::profile::{RecordIx, Slot};
    let records = (0..profile.len() as u32).filter_map(|i| profile.record(RecordIx(i)));
    records.flat_map(|r| &r.slots).filter(|s| !matches!(s, Slot::Unknown | Slot::Record(_))).count()
}

fn paying(figure: &str, amount: &str) -> String {
    figure.to_owned()
        + policy("p", "甲", OPEN, "happy").trim_end().trim_end_matches('}')
        + &format!(" benefit cash: {amount}\n}}\n")
}

const RATE: &str =
    "parameter rate \"标准额\": yuan { from 2020-01-01 to 2020-12-31: 10; from 2021-01-01 until further notice: 20 }\n";

#[test]
fn amounts_and_figures_that_changed_are_shown() {
    let raised = RATE.replace("notice: 20", "notice: 25");
    let (old, new) = (engine(&paying(RATE, "rate * 2")), engine(&paying(&raised, "rate * 2")));
    let found = old.compare_between(&new, None, None);
    let Change::Different {
        widened: Found::Nobody,
        narrowed: Found::Nobody,
        more: Found::Household(w),
        less: Found::Nobody,
    } = &found.policies[0].change
    else {
        panic!("{:?}", found.policies[0].change)
    };
    let amounts = (w.amounts.0.unwrap().to_string(), w.amounts.1.unwrap().to_string());
    assert_eq!(amounts, ("40".to_owned(), "50".to_owned()));
    assert!(w.on >= "2021-01-01".parse().unwrap());
    assert_eq!(found.figures.len(), 1);
    let figure = &found.figures[0];
    assert_eq!((figure.from.to_string(), figure.to), ("2021-01-01".to_owned(), None));
    assert!(matches!((figure.before, figure.after), (Value::Number(_), Value::Number(_))));
    // In a span in which nothing changed, nothing is said.
    let earlier = old.compare_between(&new, None, Some("2020-12-31".parse().unwrap()));
    assert!(matches!(earlier.policies[0].change, Change::Equal) && earlier.figures.is_empty());
    // A figure that had no value has one now.
    let none = RATE.replace("notice: 20", "notice: none");
    let change = engine(&paying(&none, "rate * 2")).compare(&new).remove(0).change;
    assert!(matches!(change, Change::Different { more: Found::Household(_), .. }), "{change:?}");
}

#[test]
fn facts_may_come_go_and_be_renamed() {
    let old = engine(&policy("p", "甲", OPEN, "coins >= 3 times\nhappy"));
    let texts = |vocabulary: String, policies: String| {
        Engine::from_texts([("v".to_owned(), vocabulary), ("p".to_owned(), policies)])
            .unwrap_or_else(|e| panic!("{:#?}", e.findings()))
    };
    let renamed = texts(
        VOCABULARY
            .replace(
                "coins \"硬币\": times from 0 times to 9 times",
                "money \"钱币\": times from 0 times to 9 times was coins",
            )
            .replace("coins >= 1", "money >= 1"),
        policy("p", "甲", OPEN, "money >= 3 times\nhappy"),
    );
    assert!(matches!(old.compare(&renamed)[0].change, Change::Equal));
    let gone = texts(
        VOCABULARY
            .replace("    happy \"快乐\": yes/no\n", "")
            .replace("not happy or coins >= 1 time", "coins >= 0 times"),
        policy("p", "甲", OPEN, "coins >= 3 times"),
    );
    let change = old.compare(&gone).remove(0).change;
    let Change::Different { widened: Found::Household(w), narrowed: Found::Nobody, .. } = change else {
        panic!("{change:?}")
    };
    assert_ne!(w.verdicts.0, Verdict::Eligible);
    assert_eq!(w.verdicts.1, Verdict::Eligible);
}

#[test]
fn a_fact_of_another_type_is_another_condition() {
    // The older condition cannot be asked in the newer vocabulary, so the two are compared by cases; what both are made of looks alike.
    let texts = |vocabulary: String, condition: &str| {
        let texts = [("v".to_owned(), vocabulary), ("p".to_owned(), policy("p", "甲", OPEN, condition))];
        Engine::from_texts(texts).unwrap_or_else(|e| panic!("{:#?}", e.findings()))
    };
    let old = texts(VOCABULARY.to_owned(), "unasked");
    let counted = VOCABULARY.replace("unasked \"没人问\": yes/no", "unasked \"没人问\": times from 0 times to 1 time");
    for condition in ["unasked >= 1 time", "unasked < 1 time"] {
        let change = old.compare(&texts(counted.clone(), condition)).remove(0).change;
        assert!(!matches!(change, Change::Equal), "{condition}");
    }
    assert!(matches!(old.compare(&texts(VOCABULARY.to_owned(), "unasked")).remove(0).change, Change::Equal));
}

#[test]
fn a_population_says_who_gains_and_how_much_money_moves() {
    let raised = RATE.replace("notice: 20", "notice: 25");
    let (old, new) =
        (engine(&paying(RATE, "rate")), engine(&paying(&raised, "rate").replace("happy\n", "coins >= 2 times\n")));
    let day = "2022-01-01".parse().unwrap();
    let (before, after) = (old.at(day).unwrap(), new.at(day).unwrap());
    let mut judge = Judge::new((old.model(), before.bound()), (new.model(), after.bound()));
    // Happy and rich: gets more. Only rich: gains. Only happy: loses. Contradictory: left out.
    let people = [("yes", 5), ("no", 2), ("yes", 1), ("yes", 0)];
    for (happy, coins) in people {
        let json =
            format!("{{\"person\": {{\"happy\": {}, \"coins\": {coins}, \"lives_in\": \"east\"}}}}", happy == "yes");
        let read = |e: &Engine| {
            entitle::wire::json::profile_from_json(
                e.schema(),
                json.as_bytes(),
                entitle::wire::json::UnknownFields::Reject,
            )
            .unwrap()
            .0
        };
        judge.add(Some(&read(&old)), &read(&new));
    }
    let found = judge.finish();
    assert_eq!((found.households, found.contradictory), (4, 1));
    let moved = &found.policies["p"];
    assert_eq!((moved.gain, moved.lose, moved.more, moved.less), (1, 1, 1, 0));
    let (_, paid, pays) = moved.money[0];
    assert_eq!((paid.to_string(), pays.to_string()), ("40".to_owned(), "50".to_owned()));
    assert_eq!(found.categories["welfare"].1, *moved);
    assert_eq!(found.districts[&Some("east".to_owned())].1, *moved);
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
                Change::Different { widened, narrowed, more, less } => {
                    let claims = (matches!(widened, Found::Nobody), matches!(narrowed, Found::Nobody));
                    for w in [&widened, &narrowed, &more, &less].into_iter().filter_map(Found::household) {
                        let verdict = |engine: &Engine| engine.at(w.on).unwrap().match_profile(&w.profile).unwrap().verdict(id);
                        prop_assert_eq!((verdict(&one), verdict(&other)), w.verdicts);
                        prop_assert!(w.verdicts.0 != w.verdicts.1 || w.amounts.0 != w.amounts.1);
                    }
                    // Nobody gains means that no household does.
                    for day in ["2000-01-03", "2000-07-15", "2000-09-01"] {
                        let (a, b) = (one.at(day.parse().unwrap()).unwrap(), other.at(day.parse().unwrap()).unwrap());
                        for _ in 0..10 {
                            let profile = generate::profile(&one, &mut dice);
                            let verdict = |rules: &entitle::Rules| rules.match_profile(&profile).unwrap().verdict(id);
                            let pair = (verdict(&a), verdict(&b));
                            prop_assert!(!claims.0 || pair != (Verdict::Ineligible, Verdict::Eligible));
                            prop_assert!(!claims.1 || pair != (Verdict::Eligible, Verdict::Ineligible));
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

#[test]
fn a_limit_that_only_rises_is_proved_to_shut_nobody_out() {
    // The limit is a table and what it bounds is computed from much that is missing: no search over households ends here.
    let vocabulary = |two: u32| {
        VOCABULARY.to_owned()
            + &format!(
                "parameter person.line \"线\": times {{ from 2020-01-01 until further notice: case {{ friends.count <= 1 person: 3; otherwise: {two} }} }}\n"
            )
            + "define person.load \"负担\" = coins + friends[kind_friend].age.sum / 1 year old * 1 time\n"
    };
    let open = |two: u32| {
        let texts = [("v".to_owned(), vocabulary(two)), ("p".to_owned(), policy("p", "甲", OPEN, "load < line"))];
        Engine::from_texts(texts).unwrap_or_else(|e| panic!("{:#?}", e.findings()))
    };
    let change = open(4).compare(&open(5)).remove(0).change;
    let shown = matches!(change, Change::Different { widened: Found::Household(_), narrowed: Found::Nobody, .. });
    assert!(shown, "{change:?}");
}

/// What holds for any value is said all the same: whoever reads the household can work the verdict out from what it says.
#[test]
fn a_household_that_is_shown_says_the_facts_of_every_record() {
    let bounds = "any friends { age + 1 year old > 0 years old }\ncoins + 1 time > 0 times";
    let kind = |mood: &str| policy("p", "甲", OPEN, &format!("{mood}\n{bounds}"));
    let Change::Different { widened: Found::Household(w), .. } = change(&kind("happy"), &kind("not happy")) else {
        panic!("no household")
    };
    assert_eq!(w.verdicts, (Verdict::Ineligible, Verdict::Eligible));
    // Unhappy, so many coins, one friend and the friend's age.
    assert_eq!(known(&w.profile), 4);
}
