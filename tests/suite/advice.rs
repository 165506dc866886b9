//! Advice: every suggestion changes the verdict and has nothing to spare, what is asked can matter and what is not cannot, the
//! calendar misses no day, the plan holds, and records replay.

use crate::household::{households, shanghai};
use entitle::checked::interpret;
use entitle::ids::{FieldId, PolicyId};
use entitle::profile::{Profile, RecordIx, Slot};
use entitle::schema::{Class, FieldType};
use entitle::value::{Date, Language, Number};
use entitle::verdict::Verdict;
use entitle::wire::json::advice::advice;
use entitle::wire::json::record::{record, verify};
use entitle::{Engine, Rules, advise};
use entitle_tests::{brute, generate};
use generate::Dice;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn case(seed: u64) -> (Engine, Rules, Profile, Date) {
    let mut dice = Dice::new(seed);
    let text = generate::policies(&mut dice);
    let engine = generate::open(&text);
    let as_of: Date = ["2000-01-03", "2000-07-15", "2000-09-01"][dice.below(3) as usize].parse().unwrap();
    let rules = engine.at(as_of).unwrap();
    let profile = generate::profile(&engine, &mut dice);
    (engine, rules, profile, as_of)
}

/// A completion of `known` as a key, with the answer to one question left out. Records that a completion adds are entries of
/// the members' list here: they belong to that answer.
fn key(known: &Profile, profile: &Profile, left_out: (RecordIx, usize)) -> String {
    let mut text = String::new();
    let list = matches!(profile.slot(left_out.0, left_out.1), Slot::List { .. });
    let count = if list { known.len() } else { profile.len() };
    for ix in (0..count as u32).map(RecordIx) {
        for at in 0..profile.record(ix).unwrap().slots.len() {
            if (ix, at) != left_out {
                // `Debug` of a slot hides what it holds.
                text += &match profile.slot(ix, at) {
                    Slot::Unknown => "?;".to_owned(),
                    Slot::Scalar(value) => format!("{value};"),
                    Slot::Record(ix) => format!("r{};", ix.0),
                    Slot::List { items, complete } => format!("{items:?}{complete};"),
                    Slot::Set { known, not, complete } => format!("{known:?}{not:?}{complete};"),
                };
            }
        }
    }
    text
}

/// The profile with every answer there is to one question.
fn answers(engine: &Engine, profile: &Profile, record: RecordIx, field: FieldId) -> Vec<Profile> {
    let schema = engine.schema();
    let (declared, at) = (schema.field(field).unwrap(), entitle::profile::position(schema, field).unwrap());
    let said = |slot: Slot| {
        let mut said = profile.clone();
        said.set(record, at, slot);
        said
    };
    match (declared.ty, profile.slot(record, at)) {
        (FieldType::Set(of), slot) => {
            let (known, not) = match slot {
                Slot::Set { known, not, .. } => (known.as_slice(), not.as_slice()),
                _ => (&[][..], &[][..]),
            };
            let count = schema.enumeration(of).unwrap().values.len() as u32;
            let all = (0..1u32 << count).map(|bits| (0..count).filter(|s| bits >> s & 1 == 1).collect::<Vec<u32>>());
            let can = |held: &Vec<u32>| known.iter().all(|k| held.contains(k)) && !not.iter().any(|n| held.contains(n));
            all.filter(can).map(|known| said(Slot::Set { known, not: vec![], complete: true })).collect()
        }
        (FieldType::List(of), slot) => {
            let items = match slot {
                Slot::List { items, .. } => items.as_slice(),
                _ => &[],
            };
            let applicant = profile.root(of).unwrap();
            let surely = if items.contains(&applicant) { items.to_vec() } else { vec![applicant] };
            let longer = |more: usize| {
                let (mut next, mut items) = (profile.clone(), surely.clone());
                items.extend((0..more).map(|_| next.add(schema, of)));
                next.link(schema, record, field, Slot::List { items, complete: true });
                next
            };
            (0..=declared.up_to as usize - surely.len()).map(longer).collect()
        }
        _ => (declared.range.0..=declared.range.1).map(|value| said(Slot::Scalar(value))).collect(),
    }
}

proptest! {
    #![proptest_config(crate::properties::cases(250))]

    #[test]
    fn what_is_asked_can_matter_and_what_is_not_cannot(seed: u64) {
        let (engine, rules, profile, as_of) = case(seed);
        let matches = rules.match_profile(&profile).unwrap();
        for i in 0..2 {
            let id = PolicyId(i);
            if matches.verdict(id) != Verdict::Undetermined {
                continue;
            }
            let asked = matches.missing(id);
            for listed in matches.explain(id).missing {
                let Some(record) = listed.record else { continue };
                let at = entitle::profile::position(engine.schema(), listed.field).unwrap();
                let mut truths: BTreeMap<String, BTreeSet<bool>> = BTreeMap::new();
                let mut figure = false;
                let complete = brute::completions(&engine, &rules, id, &profile, 20_000, &mut |next| {
                    if interpret::constraints(engine.model(), next, as_of) == Some(true) {
                        match interpret::policy(engine.model(), id, next, as_of) {
                            interpret::Meaning::Conditions(Some(truth)) => {
                                truths.entry(key(&profile, next, (record, at))).or_default().insert(truth);
                            }
                            _ => figure = true,
                        }
                    }
                });
                if !complete || figure {
                    continue;
                }
                let matters = truths.values().any(|t| t.len() > 1);
                // An answer can also settle a verdict without being read for it, through a constraint on another fact.
                let settles = answers(&engine, &profile, record, listed.field).into_iter().any(|said| {
                    let verdict = brute::verdict(&engine, &rules, id, &said, as_of, 20_000);
                    matches!(verdict, Some(Verdict::Eligible | Verdict::Ineligible))
                });
                let field = engine.schema().field(listed.field).unwrap();
                let told = asked.iter().find(|a| a.missing == listed);
                prop_assert_eq!(told.is_some_and(|a| a.settles), settles, "{} of record {:?} settles policy {}", field.name.id, record, i);
                let found = told.is_some();
                prop_assert_eq!(found, matters || settles, "{} of record {:?} matters to policy {}", field.name.id, record, i);
            }
        }
    }

    #[test]
    fn amounts_range_over_all_completions_that_make_the_policy_apply(seed: u64) {
        let mut dice = Dice::new(seed);
        let benefit = [
            "case level { low: 100 yuan per month; mid: 50 yuan per month; high: 0 yuan per month } + 7 yuan per month * coins",
            "case { happy: 30 yuan per month; otherwise: 10 yuan per month } - 2 yuan per month * coins",
            "10 yuan per month - 4 yuan per month * coins but at least 1 yuan per month",
            "case { happy: 1 yuan per month; otherwise: 7 yuan per month * coins }",
        ][dice.below(4) as usize];
        let text = generate::policy(&mut dice, 0);
        let text = format!("{}    benefit cash: {benefit}\n}}\n", text.trim_end().strip_suffix('}').unwrap());
        let engine = generate::open(&format!("{text}{}", generate::policy(&mut dice, 1)));
        let as_of: Date = "2000-01-03".parse().unwrap();
        let rules = engine.at(as_of).unwrap();
        let profile = generate::profile(&engine, &mut dice);
        let (id, schema) = (PolicyId(0), engine.schema());
        let person = schema.entity_named("person").unwrap();
        let root = profile.root(person).unwrap();
        let ranges = rules.match_profile(&profile).unwrap().amount_ranges(id);
        // The facts of the amount first: the conditions need not read them.
        let mut told = vec![profile];
        for name in ["happy", "level", "coins"] {
            let field = schema.field_named(person, name).unwrap();
            let (at, range) = (entitle::profile::position(schema, field).unwrap(), schema.field(field).unwrap().range);
            told = told.into_iter().flat_map(|p| {
                let open = *p.slot(root, at) == Slot::Unknown;
                let values = if open { range.0..=range.1 } else { 0..=0 };
                values.map(move |value| {
                    let mut said = p.clone();
                    if open {
                        said.set(root, at, Slot::Scalar(value));
                    }
                    said
                })
            }).collect();
        }
        let mut found: Option<(Number, Number)> = None;
        for told in told {
            let mut figure = false;
            let complete = brute::completions(&engine, &rules, id, &told, 20_000, &mut |next| {
                if interpret::constraints(engine.model(), next, as_of) == Some(true) {
                    match interpret::policy(engine.model(), id, next, as_of) {
                        interpret::Meaning::Conditions(Some(true)) => {
                            let (value, _) = rules.match_profile(next).unwrap().explain(id).amounts[0].value.unwrap();
                            found = Some(found.map_or((value, value), |(least, most)| (least.min(value), most.max(value))));
                        }
                        interpret::Meaning::Conditions(Some(false)) => {}
                        _ => figure = true,
                    }
                }
            });
            if !complete || figure {
                return Ok(());
            }
        }
        prop_assert_eq!(ranges.first().map(|r| (r.least, r.most)), found, "{}", text);
        prop_assert!(ranges.iter().all(|r| r.exact));
    }

    #[test]
    fn every_way_changes_the_verdict_and_has_nothing_to_spare(seed: u64) {
        let (engine, rules, profile, _) = case(seed);
        let matches = rules.match_profile(&profile).unwrap();
        for i in 0..2 {
            let id = PolicyId(i);
            if matches.verdict(id) != Verdict::Ineligible {
                continue;
            }
            let needs = engine.needs(&matches, id, 5);
            for way in &needs.ways {
                let verdict = |way: &advise::needs::Way| {
                    let later = way.wait_until.map_or_else(|| rules.clone(), |day| engine.at(day).unwrap());
                    later.match_profile(&way.applied(&profile)).map(|m| m.verdict(id)).unwrap_or(Verdict::NotInForce)
                };
                prop_assert_eq!(verdict(way), way.then);
                prop_assert_ne!(way.then, Verdict::Ineligible);
                for k in 0..way.changes.len() {
                    let mut less = way.clone();
                    less.changes.remove(k);
                    prop_assert_ne!(verdict(&less), way.then, "change {} is spare", k);
                }
                for change in &way.changes {
                    prop_assert!(!matches!(change.class, Class::Immutable | Class::Time));
                }
            }
        }
    }

    #[test]
    fn the_calendar_misses_no_day(seed: u64) {
        let (engine, rules, profile, as_of) = case(seed);
        let until = as_of.add_days(45).unwrap();
        let turns = engine.calendar(&rules, &profile, until);
        let mut before: Vec<Verdict> = rules.match_profile(&profile).unwrap().verdicts().collect();
        let mut day = as_of;
        while day < until {
            day = day.add_days(1).unwrap();
            let now: Vec<Verdict> = engine.at(day).unwrap().match_profile(&profile).unwrap().verdicts().collect();
            for (i, (from, to)) in before.iter().zip(&now).enumerate() {
                let told = turns.iter().any(|t| t.on == day && t.policy == PolicyId(i as u32) && t.from == *from && t.to == *to);
                prop_assert_eq!(told, from != to, "{} policy {}: {:?} to {:?}", day, i, from, to);
            }
            before = now;
        }
    }

    #[test]
    fn when_nothing_is_left_to_ask_no_answer_changes_anything(seed: u64) {
        let (engine, rules, mut profile, _) = case(seed);
        let mut dice = Dice::new(seed ^ 5);
        let schema = engine.schema();
        if seed % 4 == 0 {
            // Of a household of which nothing is known there is something to ask, where any policy is open.
            let nobody = Profile::new();
            let asked = rules.match_profile(&nobody).unwrap().next_question(&BTreeSet::new());
            profile = rules.opened(&nobody);
            let opened = rules.match_profile(&profile).unwrap();
            prop_assert_eq!(&asked, &opened.next_question(&BTreeSet::new()));
            for i in (0..2).map(PolicyId) {
                prop_assert!(opened.missing(i).iter().all(|a| a.missing.record.is_some()));
            }
        }
        for _ in 0..60 {
            let matches = rules.match_profile(&profile).unwrap();
            // Whatever the questions are measured by, they end at the same place.
            let worth = |p: PolicyId| 1 + seed % 7 * u64::from(p.0);
            let measure = advise::question::Measure { worth: &worth, effort: &|f| 1 + u64::from(f.0) % 3 };
            let Some(question) = matches.next_question_by(&BTreeSet::new(), &measure) else { break };
            let field = schema.field(question.field).unwrap();
            prop_assert!(!matches!(field.provenance, entitle::schema::Provenance::Judged));
            // It bears on all the policies that it can change, and there is one.
            let changes = |i: &PolicyId| {
                matches.missing(*i).iter().any(|a| (a.missing.record, a.missing.field) == (Some(question.record), question.field))
            };
            let changed: Vec<PolicyId> = (0..2).map(PolicyId).filter(changes).collect();
            prop_assert!(!changed.is_empty(), "{} changes nothing", field.name.id);
            prop_assert!(changed.iter().all(|i| question.policies.contains(i)));
            let at = entitle::profile::position(schema, question.field).unwrap();
            let mut next = profile.clone();
            let slot = match field.ty {
                FieldType::Set(_) => Slot::Set { known: vec![], not: vec![], complete: true },
                FieldType::List(_) => {
                    next.close(schema, question.record, question.field);
                    next.slot(question.record, at).clone()
                }
                _ => Slot::Scalar(field.range.0 + dice.below((field.range.1 - field.range.0 + 1) as u64) as i64),
            };
            next.set(question.record, at, slot);
            if rules.match_profile(&next).is_err() {
                return Ok(());
            }
            profile = next;
        }
        let matches = rules.match_profile(&profile).unwrap();
        prop_assert!(matches.next_question(&BTreeSet::new()).is_none());
        let before: Vec<Verdict> = matches.verdicts().collect();
        for _ in 0..10 {
            let mut full = profile.clone();
            for ix in (0..profile.len() as u32).map(RecordIx) {
                let entity = schema.entity(profile.record(ix).unwrap().entity).unwrap();
                for (at, id) in entity.fields.iter().enumerate() {
                    let field = schema.field(*id).unwrap();
                    let scalar = !matches!(field.ty, FieldType::Set(_) | FieldType::List(_) | FieldType::Record(_));
                    let judged = matches!(field.provenance, entitle::schema::Provenance::Judged);
                    if scalar && !judged && *profile.slot(ix, at) == Slot::Unknown {
                        let span = (field.range.1 - field.range.0 + 1) as u64;
                        full.set(ix, at, Slot::Scalar(field.range.0 + dice.below(span) as i64));
                    }
                }
            }
            if let Ok(matches) = rules.match_profile(&full) {
                prop_assert!(matches.verdicts().eq(before.iter().copied()));
            }
        }
    }
}

#[test]
fn nothing_is_advised_that_nobody_can_do() {
    let engine = shanghai();
    let rules = engine.at("2020-09-01".parse().unwrap()).unwrap();
    let mut by_class: BTreeMap<String, usize> = BTreeMap::new();
    for (name, profile) in households(&engine) {
        let matches = rules.match_profile(&profile).unwrap();
        let all = engine.all_needs(&matches, 5);
        assert!(!all.is_empty(), "{name}");
        for way in all.iter().flat_map(|n| &n.ways) {
            for change in &way.changes {
                *by_class.entry(format!("{:?}", change.class)).or_default() += 1;
                assert!(!matches!(change.class, Class::Immutable | Class::Time), "{name}");
                for (language, advised, obtained) in
                    [(Language::En, "can be done: ", "first obtain"), (Language::Zh, "可以办理：", "先取得")]
                {
                    let text = advise::prose::change(change, engine.model(), &profile, language);
                    assert_eq!(text.starts_with(advised), change.class == Class::Action, "{text}");
                    let granted = advise::needs::granted_by(change);
                    assert_eq!(text.starts_with(obtained), !granted.is_empty(), "{text}");
                    for policy in granted {
                        assert!(text.contains(&advise::prose::title(engine.model(), policy, language)), "{text}");
                    }
                    // What happens to people is told as a gap, never as advice.
                    if change.class == Class::Circumstance {
                        let told = ["the gap: ", "not met: ", "条件差距：", "未符合："];
                        assert!(told.iter().any(|t| text.starts_with(t)), "{text}");
                        for never in
                            ["lower your", "reduce your", "become", "should", "降低收入", "减少收入", "应当", "请"]
                        {
                            let name = engine.schema().field(change.field).unwrap().name.get(language);
                            assert!(!text.replace(&name, "").contains(never), "{text}");
                        }
                    }
                }
            }
        }
    }
    for class in ["Action", "Grant", "Circumstance"] {
        assert!(by_class.contains_key(class), "no way of the class {class}: {by_class:?}");
    }
}

#[test]
fn records_replay_and_say_what_differs() {
    let engine = shanghai();
    let rules = engine.at("2020-09-01".parse().unwrap()).unwrap();
    for (name, profile) in households(&engine) {
        let matches = rules.match_profile(&profile).unwrap();
        let text = record(&matches).to_string();
        assert_eq!(text, record(&matches).to_string(), "{name}");
        assert_eq!(verify(&engine, text.as_bytes()).unwrap(), Vec::<String>::new(), "{name}");
        let changed = text.replacen("\"verdict\":\"eligible\"", "\"verdict\":\"ineligible\"", 1);
        if changed != text {
            assert_eq!(verify(&engine, changed.as_bytes()).unwrap().len(), 1, "{name}");
        }
    }
    assert!(verify(&engine, b"{}").is_err());
    assert!(verify(&engine, b"[").is_err());
}

#[test]
fn advice_has_its_form() {
    let engine = shanghai();
    let rules = engine.at("2020-09-01".parse().unwrap()).unwrap();
    let (_, profile) = households(&engine).into_iter().find(|(n, _)| n == "single-mother").unwrap();
    let matches = rules.match_profile(&profile).unwrap();
    let value = advice(&engine, &matches, 3, "2022-01-01".parse().unwrap());
    assert_eq!(value["format"], "entitle.advice/1");
    assert_eq!(value["plan"]["stages"][0][0]["policy"], "dibao");
    assert_eq!(value["plan"]["stages"][0][0]["monthly"], "1055");
    assert!(value["needs"].as_array().unwrap().iter().all(|n| n["ways"].as_array().unwrap().len() <= 3));
    assert!(value["calendar"].as_array().unwrap().iter().any(|t| t["on"] == "2022-01-01"));
}

#[test]
fn amounts_stay_within_their_range_whatever_the_missing_facts_are() {
    let engine = shanghai();
    let rules = engine.at("2020-09-01".parse().unwrap()).unwrap();
    let schema = engine.schema();
    let (_, full) = households(&engine).into_iter().find(|(n, _)| n == "single-mother").unwrap();
    let dibao = engine.policy("dibao").unwrap();
    let amount = |profile: &Profile| {
        let matches = rules.match_profile(profile).unwrap();
        // What does not apply has no amount.
        let value = matches.explain(dibao).amounts.first().and_then(|a| a.value);
        (value.map(|(n, _)| n), matches.amount_ranges(dibao))
    };
    let (exact, ranges) = amount(&full);
    assert!(ranges[0].exact && Some(ranges[0].least) == exact);
    let person = schema.entity_named("person").unwrap();
    let field = schema.field_named(person, "labour_income").unwrap();
    let at = entitle::profile::position(schema, field).unwrap();
    let mut open = full.clone();
    let applicant = full.root(person).unwrap();
    open.set(applicant, at, Slot::Unknown);
    let (_, range) = amount(&open);
    assert!(!range[0].exact);
    let mut seen = 0;
    for fen in (0..1_000_000).step_by(17_300) {
        let mut said = open.clone();
        said.set(applicant, at, Slot::Scalar(fen));
        let Some(value) = amount(&said).0 else { continue };
        assert!(range[0].least <= value && value <= range[0].most, "{fen}: {value}");
        seen += 1;
    }
    assert!(seen > 3);
}

#[test]
fn what_cuts_another_fact_takes_no_room_from_the_answers_of_this_one() {
    let days: Vec<String> = (0..40).step_by(2).map(|n| format!("visits is {n} times")).collect();
    let text = format!(
        "enum category {{ welfare }}
         record person {{ visits: times from 0 times to 1000 times; distance: hours from 0 hours to 1000 hours }}
         policy p for person {{
             category: welfare
             in force: from 2000-01-01 until further notice
             source: \"s\"
             status: illustrative
             eligible when {{ {} }}
             benefit cash: case {{ distance >= 900 hours: 200 yuan; otherwise: 100 yuan }}
         }}",
        days.join(" or ")
    );
    let engine = Engine::from_texts([("a.policy".to_owned(), text)]).unwrap_or_else(|e| panic!("{e}"));
    let rules = engine.at("2000-01-03".parse().unwrap()).unwrap();
    let mut profile = Profile::new();
    let one = profile.add(engine.schema(), engine.schema().entity_named("person").unwrap());
    profile.set_root(one);
    profile.set(one, 0, Slot::Scalar(4));
    let [range] = rules.match_profile(&profile).unwrap().amount_ranges(PolicyId(0))[..] else { panic!("one amount") };
    assert!(range.exact, "both amounts are reached");
    assert_eq!([range.least, range.most].map(|n| n.to_string()), ["100", "200"]);
}

#[test]
fn the_facts_read_are_all_that_matters() {
    let engine = shanghai();
    let rules = engine.at("2020-09-01".parse().unwrap()).unwrap();
    let dibao = engine.policy("dibao").unwrap();
    let read: BTreeSet<_> = rules.facts_read(&[dibao]).into_iter().collect();
    let names: Vec<&str> = read.iter().map(|f| engine.schema().field(*f).unwrap().name.id.as_str()).collect();
    assert!(names.contains(&"monetary_assets") && !names.contains(&"disability_level"), "{names:?}");
    for (name, profile) in households(&engine) {
        let verdict = rules.match_profile(&profile).unwrap().verdict(dibao);
        let mut less = profile.clone();
        for ix in (0..profile.len() as u32).map(RecordIx) {
            let entity = engine.schema().entity(profile.record(ix).unwrap().entity).unwrap();
            for (at, field) in entity.fields.iter().enumerate() {
                if !read.contains(field) && !matches!(profile.slot(ix, at), Slot::Record(_)) {
                    less.set(ix, at, Slot::Unknown);
                }
            }
        }
        assert_eq!(rules.match_profile(&less).unwrap().verdict(dibao), verdict, "{name}");
    }
}

#[test]
fn nobody_can_be_asked_about_every_policy() {
    let engine = shanghai();
    let rules = engine.at("2019-06-01".parse().unwrap()).unwrap();
    let nobody = Profile::new();
    let matches = rules.match_profile(&nobody).unwrap();
    assert!(matches.next_question(&BTreeSet::new()).is_some(), "nothing is known, and something can be asked");
    let opened = rules.opened(&nobody);
    assert!(rules.opened(&opened) == opened, "a profile that has all records is the same");
    let matches = rules.match_profile(&opened).unwrap();
    for (i, verdict) in matches.verdicts().enumerate() {
        if verdict == Verdict::Undetermined {
            let missing = matches.explain(PolicyId::of(i)).missing;
            assert!(missing.iter().all(|m| m.record.is_some()), "{}", engine.model().policies[i].name.id);
        }
    }
    // A person without a household and the other way round: what leads from one to the other is there.
    let person = engine.schema().entity_named("person").unwrap();
    let mut alone = Profile::new();
    let one = alone.add(engine.schema(), person);
    alone.set_root(one);
    let opened = rules.opened(&alone);
    let household = engine.schema().entity_named("household").unwrap();
    let home = engine.schema().field_named(person, "home").unwrap();
    let at = entitle::profile::position(engine.schema(), home).unwrap();
    assert_eq!(*opened.slot(one, at), Slot::Record(opened.root(household).unwrap()));
    let venture = engine.schema().entity_named("venture").unwrap();
    assert!(opened.root(venture).is_none(), "of whom no venture is told");
}

/// A vocabulary with a kind of each sort: linked with another, alone, in a fact, in a fact of an entry.
const KINDS: &str = r#"
enum category { welfare }
record person { home: household; poor: yes/no; job: job }
record household { applicant: person; members: list of person up to 4; cold: yes/no }
record job { hard: yes/no; at: place }
record place { far: yes/no }
record shop { small: yes/no; owner: person }
policy for_person for person {
    category: welfare
    in force: from 2000-01-01 until further notice
    source: "s"
    status: illustrative
    eligible when { poor; home.cold; job.at.far; any home.members { job.hard } }
}
policy for_shop for shop {
    category: welfare
    in force: from 2000-01-01 until further notice
    source: "s"
    status: illustrative
    eligible when { small; owner.poor }
}
"#;

#[test]
fn what_stands_beside_a_record_is_there_once_a_profile_is_opened() {
    let engine = Engine::from_texts([("a.policy".to_owned(), KINDS.to_owned())]).unwrap();
    let schema = engine.schema();
    let rules = engine.at("2020-01-01".parse().unwrap()).unwrap();
    let kind = |name: &str| schema.entity_named(name).unwrap();
    let field = |of: &str, name: &str| schema.field_named(kind(of), name).unwrap();
    let slot = |p: &Profile, ix: RecordIx, of: &str, name: &str| {
        p.slot(ix, entitle::profile::position(schema, field(of, name)).unwrap()).clone()
    };
    let to = |slot: Slot| if let Slot::Record(ix) = slot { ix } else { panic!("no record") };
    let count = |p: &Profile, name: &str| {
        (0..p.len() as u32).filter(|i| p.record(RecordIx(*i)).unwrap().entity == kind(name)).count()
    };

    // Of nothing: every kind that policies are for, the person and the household linked, and what their facts lead to.
    let all = rules.opened(&Profile::new());
    let (one, home) = (all.root(kind("person")).unwrap(), all.root(kind("household")).unwrap());
    assert_eq!((to(slot(&all, one, "person", "home")), to(slot(&all, home, "household", "applicant"))), (home, one));
    let job = to(slot(&all, one, "person", "job"));
    assert!(matches!(slot(&all, job, "job", "at"), Slot::Record(_)));
    let shop = all.root(kind("shop")).unwrap();
    assert_ne!(to(slot(&all, shop, "shop", "owner")), one, "whose shop it is is not known");
    assert_eq!(["person", "household", "job", "place", "shop"].map(|k| count(&all, k)), [2, 1, 1, 1, 1]);
    assert!(rules.opened(&all) == all);

    // A household whose applicant stands in it: the applicant is the person. No shop.
    let mut profile = Profile::new();
    let (home, first, second) = (
        profile.add(schema, kind("household")),
        profile.add(schema, kind("person")),
        profile.add(schema, kind("person")),
    );
    profile.set_root(home);
    profile.link(schema, home, field("household", "applicant"), Slot::Record(second));
    let members = Slot::List { items: vec![first, second], complete: false };
    profile.link(schema, home, field("household", "members"), members.clone());
    let opened = rules.opened(&profile);
    assert_eq!(opened.root(kind("person")), Some(second));
    assert_eq!(opened.root(kind("shop")), None);
    assert_eq!(to(slot(&opened, second, "person", "home")), home);
    assert_eq!(slot(&opened, home, "household", "members"), members, "what is known stays");
    let jobs = [first, second].map(|ix| to(slot(&opened, ix, "person", "job")));
    assert_ne!(jobs[0], jobs[1], "each has a job of their own");
    assert_eq!(slot(&opened, jobs[0], "job", "at"), Slot::Unknown, "no policy looks where a member's job is");
    assert!(matches!(slot(&opened, jobs[1], "job", "at"), Slot::Record(_)));
    assert_eq!(["person", "household", "job", "place", "shop"].map(|k| count(&opened, k)), [2, 1, 2, 1, 0]);

    // A shop whose owner is not the applicant: no household is made up for it, and nothing is asked of one.
    let mut profile = Profile::new();
    let shop = profile.add(schema, kind("shop"));
    profile.set_root(shop);
    let opened = rules.opened(&profile);
    assert_eq!((opened.root(kind("shop")), opened.root(kind("household"))), (Some(shop), None));
    assert_eq!(["person", "household", "job", "shop"].map(|k| count(&opened, k)), [1, 0, 0, 1]);
}

#[test]
fn what_is_not_found_out_is_asked_and_the_search_ends() {
    // No whole numbers meet the equation, and no bounds show that.
    let text = r#"
enum category { welfare }
record person { a: times from 1 time to 1000000 times; b: times from 1 time to 1000000 times; c: yes/no }
policy p for person {
    category: welfare
    in force: from 2000-01-01 until further notice
    source: "s"
    status: illustrative
    eligible when { c or a * a is b * b * 2 }
}
"#;
    let engine = Engine::from_texts([("a.policy".to_owned(), text.to_owned())]).unwrap_or_else(|e| panic!("{e}"));
    let rules = engine.at("2020-01-01".parse().unwrap()).unwrap();
    let profile = rules.opened(&Profile::new());
    let matches = rules.match_profile(&profile).unwrap();
    assert_eq!(matches.verdict(PolicyId(0)), Verdict::Undetermined);
    let schema = engine.schema();
    let asked = matches.missing(PolicyId(0));
    let told = |a: &advise::missing::Asked| (schema.field(a.missing.field).unwrap().name.id.clone(), a.settles);
    let told: BTreeSet<(String, bool)> = asked.iter().map(told).collect();
    assert_eq!(told, [("a", false), ("b", false), ("c", true)].map(|(f, s)| (f.to_owned(), s)).into());
    // Once the rest is known to be no help, what was not ruled out is all there is to ask.
    let mut no = profile.clone();
    no.set(RecordIx(0), 2, Slot::Scalar(0));
    let matches = rules.match_profile(&no).unwrap();
    assert_eq!(matches.next_question(&BTreeSet::new()).map(|q| q.policies), Some(vec![PolicyId(0)]));
}

#[test]
fn an_answer_that_settles_nothing_can_matter_all_the_same() {
    let text = r#"
enum category { welfare }
record person { a: yes/no; b: yes/no; n: times from 0 times to 1000 times; held: set of policy; pets: list of { tame: yes/no } up to 3 }
policy p for person {
    category: welfare
    in force: from 2000-01-01 until further notice
    source: "s"
    status: illustrative
    eligible when { (CONDITION and a) or b }
}
"#;
    let conditions = ["held includes p", "pets.count >= 2 people", "any pets { tame }", "n > 700 times"];
    for condition in conditions {
        let text = text.replace("CONDITION", condition);
        let engine = Engine::from_texts([("a.policy".to_owned(), text)]).unwrap_or_else(|e| panic!("{condition}: {e}"));
        let rules = engine.at("2020-01-01".parse().unwrap()).unwrap();
        let profile = rules.opened(&Profile::new());
        let told = |profile: &Profile| -> Vec<(String, bool)> {
            let matches = rules.match_profile(profile).unwrap();
            let name = |a: &advise::missing::Asked| engine.schema().field(a.missing.field).unwrap().name.id.clone();
            matches.missing(PolicyId(0)).iter().map(|a| (name(a), a.settles)).collect()
        };
        let open = told(&profile);
        assert_eq!(open.len(), 3, "{condition}: {open:?}");
        assert!(open.iter().all(|(name, settles)| *settles == (name == "b")), "{condition}: {open:?}");
        // Without `a` it does not matter any more, with `a` and without `b` it is all that does.
        for (a, b, left) in [(0, None, 1), (1, Some(0), 1)] {
            let mut said = profile.clone();
            said.set(RecordIx(0), 0, Slot::Scalar(a));
            if let Some(b) = b {
                said.set(RecordIx(0), 1, Slot::Scalar(b));
            }
            let open = told(&said);
            assert_eq!(open.len(), left, "{condition}: {open:?}");
            assert!(open.iter().all(|(_, settles)| *settles), "{condition}: {open:?}");
        }
    }
}
