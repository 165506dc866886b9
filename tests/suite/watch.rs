//! A household that is watched has after every change the verdicts that it would have from the beginning.

use entitle::ids::PolicyId;
use entitle::profile::{RecordIx, Slot};
use entitle::schema::FieldType;
use entitle::verdict::from_graph::Scratch;
use entitle::{Engine, Watcher};
use entitle_tests::generate::{self, Dice};

/// Three policies of a seed.
fn drawn(seed: u64) -> (Dice, Engine) {
    let mut dice = Dice::new(seed);
    let policies: String = (0..3).map(|i| generate::policy(&mut dice, i)).collect();
    (dice, generate::open(&policies))
}

#[test]
fn after_each_change_the_verdicts_are_those_of_a_full_match() {
    let (mut turns, mut refused, mut spared) = (0, 0, 0u64);
    for seed in 0..60 {
        let (mut dice, engine) = drawn(seed);
        let schema = engine.schema();
        let rules = engine.at("2020-06-15".parse().unwrap()).unwrap();
        let readers = rules.readers();
        let count = engine.model().policies.len();
        let mut watcher = rules.watch(&readers, generate::profile(&engine, &mut dice)).unwrap();
        for change in 1..=25u64 {
            let record = RecordIx(dice.below(watcher.profile().len() as u64) as u32);
            let entity = watcher.profile().record(record).unwrap().entity;
            let fields = &schema.entity(entity).unwrap().fields;
            let id = fields[dice.below(fields.len() as u64) as usize];
            let field = schema.field(id).unwrap();
            let slot = match field.ty {
                _ if dice.below(4) == 0 && !matches!(field.ty, FieldType::Record(_)) => Slot::Unknown,
                FieldType::Record(_) => continue,
                FieldType::List(_) => {
                    let applicant = watcher.profile().root(schema.entity_named("person").unwrap()).unwrap();
                    Slot::List { items: vec![applicant], complete: dice.below(2) == 0 }
                }
                FieldType::Set(_) => Slot::Set { known: vec![dice.below(3) as u32], not: vec![], complete: true },
                _ => Slot::Scalar(field.range.0 + dice.below((field.range.1 - field.range.0 + 1) as u64) as i64),
            };
            let before: Vec<_> = (0..count).map(|p| watcher.verdict(PolicyId(p as u32))).collect();
            let kept = watcher.profile().clone();
            let Ok(turned) = watcher.set(record, id, slot) else {
                refused += 1;
                assert!(*watcher.profile() == kept, "a change that was refused left something behind");
                continue;
            };
            let full = rules.outcomes(watcher.profile(), &mut Scratch::default());
            for (p, outcome) in full.iter().enumerate() {
                let policy = PolicyId(p as u32);
                assert_eq!(watcher.verdict(policy), outcome.verdict, "seed {seed}, change {change}, policy {p}");
                let told = turned.iter().find(|t| t.policy == policy).map(|t| (t.before, t.after));
                let wanted = (before[p] != outcome.verdict).then_some((before[p], outcome.verdict));
                assert_eq!(told, wanted);
            }
            turns += turned.len();
            spared += change * count as u64 - watcher.judged().min(change * count as u64);
        }
    }
    assert!(turns > 50 && refused > 0 && spared > 0, "{turns} turned, {refused} refused, {spared} spared");
}

#[test]
fn an_update_with_the_household_as_it_is_now_tells_what_a_full_match_would() {
    let (mut turns, mut refused, mut spared) = (0, 0, 0u64);
    for seed in 0..60 {
        let (mut dice, engine) = drawn(seed);
        let schema = engine.schema();
        let rules = std::sync::Arc::new(engine.at("2020-06-15".parse().unwrap()).unwrap());
        let count = engine.model().policies.len();
        let first = generate::profile(&engine, &mut dice);
        let mut watcher = Watcher::new(rules.clone(), &rules.readers(), first).unwrap();
        for change in 1..=25u64 {
            // Another household altogether, or some facts of the same one.
            let mut now = watcher.profile().clone();
            if dice.below(10) == 0 {
                now = generate::profile(&engine, &mut dice);
            }
            for _ in 0..dice.below(4) {
                let record = RecordIx(dice.below(now.len() as u64) as u32);
                let fields = &schema.entity(now.record(record).unwrap().entity).unwrap().fields;
                let at = dice.below(fields.len() as u64) as usize;
                let field = schema.field(fields[at]).unwrap();
                match field.ty {
                    FieldType::Record(_) => continue,
                    FieldType::List(of) => {
                        let entry = now.add(schema, of);
                        now.link(schema, record, fields[at], Slot::List { items: vec![entry], complete: false });
                    }
                    FieldType::Set(_) => now.set(record, at, Slot::Set { known: vec![0], not: vec![], complete: true }),
                    _ if dice.below(4) == 0 => now.set(record, at, Slot::Unknown),
                    _ => {
                        let width = (field.range.1 - field.range.0 + 1) as u64;
                        now.set(record, at, Slot::Scalar(field.range.0 + dice.below(width) as i64));
                    }
                }
            }
            let (before, kept) = (watcher.outcomes().to_vec(), watcher.profile().clone());
            let Ok(turned) = watcher.update(&now) else {
                refused += 1;
                assert!(*watcher.profile() == kept && watcher.outcomes() == before, "a refused update left something");
                continue;
            };
            let full = rules.outcomes(&now, &mut Scratch::default());
            assert_eq!(watcher.outcomes(), full, "seed {seed}, change {change}");
            let wanted: Vec<_> = (0..count).filter(|p| before[*p].verdict != full[*p].verdict).collect();
            assert_eq!(turned.iter().map(|t| t.policy.index()).collect::<Vec<_>>(), wanted);
            turns += turned.len();
            spared += change * count as u64 - watcher.judged().min(change * count as u64);
        }
    }
    assert!(turns > 50 && refused > 0 && spared > 0, "{turns} turned, {refused} refused, {spared} spared");
}
