//! A population in columns says of a row what a profile says of a household, and is judged alike.

use crate::corpus::root;
use crate::household::shanghai;
use entitle::columns::{Builder, Collect, Column, Values};
use entitle::ids::EntityId;
use entitle::profile::{Profile, RecordIx, Slot, position};
use entitle::schema::FieldType;
use entitle::verdict::from_graph::Scratch;
use entitle::verdict::rows::Planes;
use entitle::verdict::{Verdict, exact};
use entitle::wire::json::{UnknownFields, profile_from_json};
use entitle::{Depth, Details, Engine};
use entitle_tests::generate::{self, Dice};
use std::fs;

/// Every unit of every profile: in a row as in the profile with that record in its seat.
fn judged_alike(engine: &Engine, day: &str, profiles: &[Profile]) -> usize {
    let schema = engine.schema();
    let rules = engine.at(day.parse().unwrap()).unwrap();
    let mut collect = Collect::new(schema);
    let mut seats = Vec::new();
    for profile in profiles {
        seats.extend(collect.push(profile).unwrap().into_iter().map(|seat| (profile, seat)));
    }
    let owned = collect.finish();
    let columns = owned.columns(schema).unwrap();
    let mut scratch = Scratch::default();
    let (mut judged, mut reused) = (0, Planes::default());
    for unit in (0..schema.entities.len()).map(EntityId::of) {
        let policies = rules.policies_for(unit);
        let (planes, near) = rules.verdicts_and_near(&columns, unit, 0..columns.units(unit), &mut scratch);
        assert_eq!(planes, rules.verdicts_of(&columns, unit, 0..columns.units(unit), &mut scratch));
        // In memory that held something else.
        rules.verdicts_into(&columns, unit, 0..columns.units(unit), &mut reused, &mut scratch);
        assert_eq!(planes, reused);
        assert_eq!(planes.policies(), policies);
        for row in 0..columns.units(unit) {
            let marked = |at: &usize| near.plane(*at)[row as usize / 64] >> (row % 64) & 1 == 1;
            let asked = |places: &mut dyn Iterator<Item = usize>| -> Vec<_> {
                places.map(|at| (policies[at], planes.verdict(at, row))).collect()
            };
            let eligible = |at: &usize| planes.verdict(*at, row) == Verdict::Eligible;
            let some = asked(&mut (0..policies.len()).filter(|at| marked(at) || eligible(at)));
            let all = asked(&mut (0..policies.len()));
            let mut details = |of: Vec<_>, depth| rules.details_of(&columns, unit, row, of, depth, &mut scratch);
            let near = Depth::Near { margin: 10 };
            let whole = details(all.clone(), near);
            assert_eq!(details(some, near), whole, "a near miss was not marked");
            // Whoever asks for less is told the same, as far as it goes.
            let reasons = Details { near: Vec::new(), ..whole };
            assert_eq!(details(all.clone(), Depth::Reasons), reasons);
            assert_eq!(details(all, Depth::Amounts), Details { reasons: Vec::new(), ..reasons });
        }
        for (profile, (record, _, at)) in seats.iter().filter(|(_, (_, e, _))| *e == unit) {
            let row = at.unwrap();
            let seated = profile.seated(*record);
            let kleene = exact::kleene(rules.bound(), &seated, &mut scratch);
            let exact = rules.outcomes(&seated, &mut scratch);
            let mut settled = planes.clone();
            rules.settle_row(&columns, unit, row, &mut settled, &mut scratch);
            for (at, policy) in policies.iter().enumerate() {
                assert_eq!(planes.verdict(at, row), kleene[policy.index()].verdict, "Kleene, policy {at}");
                assert_eq!(settled.verdict(at, row), exact[policy.index()].verdict, "exact, policy {at}");
                judged += 1;
            }
            // The row written out is the household again, up to the order of its records.
            let again = columns.profile(unit, row).unwrap();
            assert_eq!(
                exact::kleene(rules.bound(), &again, &mut scratch).iter().map(|o| o.verdict).collect::<Vec<_>>(),
                kleene.iter().map(|o| o.verdict).collect::<Vec<_>>()
            );
        }
    }
    judged
}

#[test]
fn the_shipped_households_are_judged_alike_in_columns() {
    let engine = shanghai();
    let mut paths: Vec<_> =
        fs::read_dir(root().join("examples/profiles")).unwrap().map(|e| e.unwrap().path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "json"));
    paths.sort();
    let read = |p: &std::path::PathBuf| {
        profile_from_json(engine.schema(), &fs::read(p).unwrap(), UnknownFields::Reject).unwrap().0
    };
    // Enough rows that conditions are worked out for a block at once.
    let profiles: Vec<Profile> = paths.iter().cycle().take(paths.len() * 3).map(read).collect();
    assert!(judged_alike(&engine, "2020-09-01", &profiles) > 2_000);
}

#[test]
fn generated_households_are_judged_alike_in_columns() {
    for seed in 0..120 {
        let mut dice = Dice::new(seed);
        let policies: String = (0..3).map(|i| generate::policy(&mut dice, i)).collect();
        let engine = generate::open(&policies);
        // Few rows are evaluated one by one, many a block at a time.
        let profiles: Vec<Profile> =
            (0..if seed % 4 == 0 { 10 } else { 90 }).map(|_| generate::profile(&engine, &mut dice)).collect();
        assert!(judged_alike(&engine, "2020-06-15", &profiles) >= 20);
    }
}

/// Figures whose products leave 64 bits, and figures of several denominators, among small ones.
#[test]
fn figures_of_every_size_are_judged_alike_in_columns() {
    let text = r#"
enum category "类别" { welfare "福利" }
record person "人员" {
    coins "钱": yuan from 0 yuan to 900000000 yuan
    debts "债": yuan from 0 yuan to 900000000 yuan
    over "倍": times from 0 times to 1000000000 times
    more "再": times from 0 times to 1000 times
    born "生日": date from 2000-01-01 to 2010-12-31
    benefits "待遇": set of policy
    children "孩子": list of child up to 3
}
record child "子女" {
    pocket "零用": yuan from 0 yuan to 900000000 yuan
    wealthy "富裕": yes/no
}
"#;
    let conditions = [
        "coins * over > debts * over + 1 yuan",
        "coins + debts + coins / 3 >= debts * 1.0000001",
        "coins / 7 - debts is not coins / 11",
        "(coins but at most debts) - (coins but at least debts) > 0 yuan - coins",
        "coins / (1 time + over) < debts / (2 times + more)",
        "children.pocket.sum * more <= coins",
        "children.pocket.largest / 3 > coins / 9",
        "any children { pocket > 3000 yuan }",
        "all children { wealthy or pocket <= 1000 yuan }",
        "no children { not wealthy }",
        "children[wealthy].count >= 2 times",
        "today - born >= 55 months",
        "not (benefits includes p0)",
        "benefits includes p1 or benefits includes p2",
    ];
    let policies: String = conditions
        .iter()
        .zip("甲乙丙丁戊己庚辛壬癸子丑寅卯".chars())
        .enumerate()
        .map(|(i, (condition, zh))| {
            format!(
                "policy p{i} \"政策{zh}\" for person {{\n    category: welfare\n    in force: from 2000-01-01 until further notice\n    \
                 source: \"s\"\n    status: illustrative\n    eligible when {{ {condition} }}\n}}\n"
            )
        })
        .collect();
    let engine = Engine::from_texts([("a.policy".to_owned(), format!("{text}{policies}"))]).unwrap();
    let schema = engine.schema();
    let (person, child) = (schema.entity_named("person").unwrap(), schema.entity_named("child").unwrap());
    let mut dice = Dice::new(11);
    let mut fill = |profile: &mut Profile, record: RecordIx, entity: EntityId| {
        for (at, id) in schema.entity(entity).unwrap().fields.iter().enumerate() {
            let field = schema.field(*id).unwrap();
            let (least, most) = field.range;
            let small = least + (most - least).min(10) / 10 * dice.below(10) as i64;
            let slot = match field.ty {
                FieldType::List(_) => continue,
                FieldType::Set(_) => {
                    let (known, not) = (vec![dice.below(3) as u32], vec![3 + dice.below(5) as u32]);
                    Slot::Set { known, not, complete: dice.below(2) == 0 }
                }
                _ => Slot::Scalar([small, small, least, most, most + least - small][dice.below(5) as usize]),
            };
            if dice.below(6) > 0 {
                profile.set(record, at, slot);
            }
        }
    };
    let profiles: Vec<Profile> = (0..400u64)
        .map(|seed| {
            let mut profile = Profile::new();
            let one = profile.add(schema, person);
            profile.set_root(one);
            fill(&mut profile, one, person);
            let items: Vec<RecordIx> = (0..seed % 4).map(|_| profile.add(schema, child)).collect();
            items.iter().for_each(|item| fill(&mut profile, *item, child));
            if seed % 5 > 0 {
                let children = schema.field_named(person, "children").unwrap();
                profile.link(schema, one, children, Slot::List { items, complete: seed % 3 > 0 });
            }
            profile
        })
        .collect();
    assert!(judged_alike(&engine, "2009-06-15", &profiles) >= 400 * conditions.len());
}

#[test]
fn a_derived_fact_is_compiled_to_what_it_means() {
    let mut known = 0;
    for seed in 0..200 {
        let mut dice = Dice::new(seed);
        let engine = generate::open(&generate::policies(&mut dice));
        let rules = engine.at("2000-07-15".parse().unwrap()).unwrap();
        let pooled = engine.model().defines.iter().position(|d| d.name.id == "pooled").unwrap();
        let pooled = entitle::ids::DefineId(pooled as u32);
        let compiled = rules.derive(&[pooled]).unwrap();
        let profile = generate::profile(&engine, &mut dice);
        let mut collect = Collect::new(engine.schema());
        let seats = collect.push(&profile).unwrap();
        let owned = collect.finish();
        let columns = owned.columns(engine.schema()).unwrap();
        for (record, unit, row) in seats {
            let Some(row) = row else { continue };
            let meant = rules.derived(pooled, &profile.seated(record));
            assert_eq!(compiled.of_row(&columns, unit, row, &mut rules.scratch()), meant, "seed {seed}");
            known += usize::from(meant.is_some());
        }
    }
    assert!(known > 100, "{known}");
}

#[test]
fn what_does_not_fit_names_table_column_row_and_what_belongs_there() {
    let engine = generate::open(&generate::policy(&mut Dice::new(1), 0));
    let schema = engine.schema();
    let person = schema.entity_named("person").unwrap();
    let household = schema.entity_named("household").unwrap();
    let coins = schema.field_named(person, "coins").unwrap();
    let members = schema.field_named(household, "members").unwrap();
    let most = schema.field(coins).unwrap().range.1;
    let two = |values: [i64; 2]| {
        let column = Column::Scalar { values: Values::I64(&values), known: None };
        Builder::new(schema)
            .table(person, 2)
            .column(coins, column)
            .build()
            .map(|c| c.scalar(coins, 1))
            .map_err(|e| e.to_string())
    };
    assert_eq!(two([0, most]), Ok(Some(most)));
    let wrong = two([0, most + 1]).unwrap_err();
    assert!(wrong.starts_with("person.coins, row 1: the value is outside what is declared (expected: 0 to"), "{wrong}");
    let short = Column::Scalar { values: Values::I64(&[0]), known: None };
    let wrong = Builder::new(schema).table(person, 2).column(coins, short).build().unwrap_err();
    assert_eq!((wrong.table.as_str(), wrong.column.as_str(), wrong.row), ("person", "coins", None));
    let other = Builder::new(schema).table(person, 1).column(coins, Column::Record { rows: &[0], known: None });
    assert!(other.build().unwrap_err().message.contains("another type"));
    for (offsets, fine) in [([0, 2], true), ([0, 3], false), ([2, 0], false), ([-1, 1], false), ([0, i32::MAX], false)]
    {
        let list = Column::list(&offsets, None, None);
        let built = Builder::new(schema).table(person, 2).table(household, 1).column(members, list).build();
        assert_eq!(built.is_ok(), fine, "{offsets:?}");
    }
}

#[test]
fn an_unknown_value_is_never_read() {
    let engine = generate::open(&generate::policy(&mut Dice::new(1), 0));
    let schema = engine.schema();
    let person = schema.entity_named("person").unwrap();
    let coins = schema.field_named(person, "coins").unwrap();
    let known = entitle::columns::Bits::new(&[0b10], 0, 2).unwrap();
    let column = Column::Scalar { values: Values::I64(&[i64::MAX, 0]), known: Some(known) };
    let columns = Builder::new(schema).table(person, 2).column(coins, column).build().unwrap();
    let slot = |row| {
        columns.profile(person, row).map(|p| p.slot(p.root(person).unwrap(), position(schema, coins).unwrap()).clone())
    };
    assert_eq!(slot(0), Some(Slot::Unknown));
    assert_eq!(slot(1), Some(Slot::Scalar(0)));
    assert_eq!(slot(2), None);
}
