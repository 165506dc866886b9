//! The columnar doors: what comes in through Arrow, files and lines is judged as profiles are, and nothing hostile gets further.

use crate::household::shanghai;
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{
    Array, ArrayRef, BooleanArray, Date32Array, DictionaryArray, Float64Array, Int64Array, RecordBatch, StringArray,
};
use arrow_schema::DataType;
use entitle::columns::Collect;
use entitle::ids::EntityId;
use entitle::verdict::Verdict;
use entitle::verdict::from_graph::Scratch;
use entitle::wire::arrow::{self, ArrowError, Asked, Options, layout, rows};
use entitle::wire::population::files::{Kinds, ParquetSink, Source, csv_rows, ndjson_lines};
use entitle::wire::population::lists::Lists;
use entitle::wire::population::scan::{Options as How, Scan};
use entitle::wire::population::synth::{Options as City, Synth};
use entitle::{Depth, Engine, Rules};
use entitle_tests::generate::{self, Dice};
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn small() -> Engine {
    generate::open(&generate::policy(&mut Dice::new(3), 0))
}

fn options(engine: &Engine) -> Options {
    Options { row: layout::row_of(engine.schema()).unwrap(), id: "id".to_owned(), strict: true }
}

/// Two people on their own, as rows of the household with members.
fn people(engine: &Engine, name: &str, values: ArrayRef) -> Result<arrow::Batch, ArrowError> {
    use arrow_array::{ListArray, StructArray};
    use arrow_buffer::OffsetBuffer;
    use arrow_schema::{Field, Fields};
    let inner: Fields = vec![Field::new(name, values.data_type().clone(), true)].into();
    let structs = StructArray::try_new(inner.clone(), vec![values], None).unwrap();
    let item = Arc::new(Field::new("item", DataType::Struct(inner), false));
    let list = ListArray::try_new(item, OffsetBuffer::new(vec![0, 1, 2].into()), Arc::new(structs), None).unwrap();
    let batch = RecordBatch::try_from_iter([("members", Arc::new(list) as ArrayRef)]).unwrap();
    arrow::read(engine.schema(), &batch, &options(engine))
}

#[test]
fn every_accepted_type_reads_the_same_facts() {
    let engine = small();
    let schema = engine.schema();
    let person = schema.entity_named("person").unwrap();
    let fact = |name: &str| schema.field_named(person, name).unwrap();
    let read = |name: &str, values: ArrayRef| {
        let batch = people(&engine, name, values).unwrap();
        let columns = batch.columns(schema).unwrap();
        [columns.scalar(fact(name), 0), columns.scalar(fact(name), 1)]
    };
    let yes: [ArrayRef; 2] =
        [Arc::new(BooleanArray::from(vec![Some(true), None])), Arc::new(StringArray::from(vec![Some("是"), None]))];
    yes.into_iter().for_each(|values| assert_eq!(read("happy", values), [Some(1), None]));
    let numbers: [ArrayRef; 4] = [
        Arc::new(Int64Array::from(vec![Some(3), None])),
        Arc::new(arrow_array::Int16Array::from(vec![Some(3), None])),
        Arc::new(StringArray::from(vec![Some("3.0"), None])),
        Arc::new(arrow_array::Decimal128Array::from(vec![Some(30), None]).with_precision_and_scale(9, 1).unwrap()),
    ];
    numbers.into_iter().for_each(|values| assert_eq!(read("coins", values), [Some(3), None]));
    let dates: [ArrayRef; 2] = [
        Arc::new(Date32Array::from(vec![Some(10_958), None])),
        Arc::new(StringArray::from(vec![Some("2000-01-02"), None])),
    ];
    dates.into_iter().for_each(|values| assert_eq!(read("born", values), [Some(10_958), None]));
    let coded = |names: Vec<&str>, keys: Vec<Option<i32>>| -> ArrayRef {
        Arc::new(DictionaryArray::<Int32Type>::new(keys.into(), Arc::new(StringArray::from(names))))
    };
    let levels = [
        coded(vec!["low", "mid", "high"], vec![Some(2), None]),
        coded(vec!["high", "low"], vec![Some(0), None]),
        Arc::new(StringArray::from(vec![Some("高档"), None])) as ArrayRef,
    ];
    levels.into_iter().for_each(|values| assert_eq!(read("level", values), [Some(2), None]));
}

#[test]
fn what_does_not_fit_is_an_error_that_names_the_column_and_what_belongs_there() {
    let engine = small();
    let schema = engine.schema();
    let wrong = people(&engine, "coins", Arc::new(Float64Array::from(vec![1.0, 2.0]))).unwrap_err().to_string();
    assert_eq!(
        wrong,
        "members.coins: the column is Float64; expected a decimal, an integer (whole units) or text; no float, since nothing \
         is rounded"
    );
    let wrong = people(&engine, "coin", Arc::new(Int64Array::from(vec![1, 2]))).unwrap_err().to_string();
    assert_eq!(wrong, "members.coin: there is no such fact (did you mean `coins`?)");
    // A value that does not fit is reported with its row, and left unknown.
    let batch = people(&engine, "coins", Arc::new(StringArray::from(vec!["1", "some"]))).unwrap();
    assert_eq!(batch.misfits().len(), 1);
    assert_eq!(batch.misfits()[0].row, 1);
    assert!(batch.columns(schema).is_err());
    let batch = people(&engine, "coins", Arc::new(Int64Array::from(vec![1, 99]))).unwrap();
    assert_eq!(batch.faults(schema, 10).iter().map(|f| f.row).collect::<Vec<_>>(), [1]);
    assert!(batch.columns(schema).unwrap_err().to_string().starts_with("person.coins, row 1: the value is outside"));
}

#[test]
fn columns_go_out_and_come_back() {
    for seed in 0..20 {
        let mut dice = Dice::new(seed);
        let policies: String = (0..3).map(|i| generate::policy(&mut dice, i)).collect();
        let engine = generate::open(&policies);
        let schema = engine.schema();
        let rules = engine.at("2020-06-15".parse().unwrap()).unwrap();
        let mut collect = Collect::new(schema);
        for _ in 0..30 {
            let profile = generate::profile(&engine, &mut dice);
            // Who is in no list has no place in a row.
            let household = schema.entity_named("household").unwrap();
            let members =
                schema.field_named(household, "members").and_then(|f| entitle::profile::position(schema, f)).unwrap();
            if matches!(profile.slot(profile.root(household).unwrap(), members), entitle::profile::Slot::List { .. }) {
                collect.push(&profile).unwrap();
            }
        }
        let owned = collect.finish();
        let columns = owned.columns(schema).unwrap();
        let row = layout::row_of(schema).unwrap();
        let name = |e: EntityId, row: u32| Some(format!("{}-{row}", e.0));
        let batch = rows::batch(&columns, row, &rows::given(&columns), &name).unwrap();
        let again = arrow::read(schema, &batch, &options(&engine)).unwrap();
        let back = again.columns(schema).unwrap();
        for unit in (0..schema.entities.len()).map(EntityId::of) {
            assert_eq!(columns.units(unit), back.units(unit));
            let judged = |c| rules.verdicts_of(c, unit, 0..columns.units(unit), &mut Scratch::default());
            let planes = judged(&columns);
            assert_eq!(planes, judged(&back));
            let out = arrow::verdicts(&rules, &planes, again.ids(unit)).unwrap();
            for (at, policy) in planes.policies().iter().enumerate() {
                let name = &engine.model().policies[policy.index()].name.id;
                let column = out.column_by_name(name).unwrap();
                let answers = column.as_any().downcast_ref::<BooleanArray>().unwrap();
                for row in 0..columns.units(unit) {
                    let found = (answers.is_valid(row as usize)).then(|| answers.value(row as usize));
                    let wanted = match planes.verdict(at, row) {
                        Verdict::Eligible => Some(true),
                        Verdict::Ineligible => Some(false),
                        _ => None,
                    };
                    assert_eq!(found, wanted);
                }
            }
        }
    }
}

#[test]
fn a_batch_is_matched_in_one_call_and_what_is_handed_over_is_looked_through() {
    let engine = small();
    let rules = engine.at("2020-06-15".parse().unwrap()).unwrap();
    let person = engine.schema().entity_named("person").unwrap();
    let mut dice = Dice::new(1);
    let mut collect = Collect::new(engine.schema());
    while collect.units(person) < 10 {
        collect.push(&generate::profile(&engine, &mut dice)).unwrap();
    }
    let owned = collect.finish();
    let columns = owned.columns(engine.schema()).unwrap();
    let row = layout::row_of(engine.schema()).unwrap();
    let batch = rows::batch(&columns, row, &rows::given(&columns), &|_, _| None).unwrap();
    let data = arrow_array::StructArray::from(batch.clone()).into_data();
    let again = arrow::checked(&data).unwrap();
    assert_eq!(batch, again);
    let mut scratch = Scratch::default();
    let mut judge = |quick, reasons| {
        arrow::match_batch(&rules, &again, &options(&engine), person, Asked { quick, reasons }, &mut scratch).unwrap()
    };
    let (quick, exact, told) = (judge(true, false), judge(false, false), judge(false, true));
    // As the columns say that are read from it: who is in no list has no place in a row.
    let held = arrow::read(engine.schema(), &again, &options(&engine)).unwrap();
    let columns = held.columns(engine.schema()).unwrap();
    let planes = rules.verdicts_of(&columns, person, 0..columns.units(person), &mut Scratch::default());
    // First the column of names.
    assert_eq!(quick.columns()[1..], *arrow::verdicts(&rules, &planes, None).unwrap().columns());
    let is_open = |row: &u32| (0..planes.policies().len()).any(|at| planes.verdict(at, *row) == Verdict::Undetermined);
    assert_eq!(planes.open_rows(), (0..columns.units(person)).filter(is_open).collect::<Vec<_>>());
    for row in 0..columns.units(person) {
        let outcomes = rules.outcomes_of(&columns, person, row, &mut Scratch::default()).unwrap();
        for (at, policy) in planes.policies().iter().enumerate() {
            let found = exact.column(1 + at).as_boolean();
            let found = found.is_valid(row as usize).then(|| found.value(row as usize));
            let wanted = match outcomes[policy.index()].verdict {
                Verdict::Eligible => Some(true),
                Verdict::Ineligible => Some(false),
                _ => None,
            };
            assert_eq!(found, wanted);
        }
    }
    assert_eq!(told.column(exact.num_columns() - 1), exact.column(exact.num_columns() - 1));
    assert_eq!(told.column_by_name("reasons").unwrap().len(), exact.num_rows());
    assert!(arrow::checked(&Int64Array::from(vec![1]).into_data()).is_err());
    // The happy have a coin.
    let happy: ArrayRef = Arc::new(BooleanArray::from(vec![true, true]));
    assert!(people(&engine, "happy", happy).is_ok());
}

/// A folder of its own for each test.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("entitle-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn city(rules: &Rules, people: u64, path: &Path) {
    let schema = &rules.model().schema;
    let kinds = Kinds::of(schema).unwrap();
    let mut synth = Synth::new(rules, City { seed: 5, people, missing: 50 }).unwrap();
    let mut sink = None;
    let mut text = String::new();
    while let Some(homes) = synth.draw(100) {
        let owned = synth.facts(&homes).unwrap();
        let columns = owned.columns(schema).unwrap();
        assert_eq!(rules.contradictions_in(&columns, 1, &mut Scratch::default()), []);
        let name = |e: EntityId, row: u32| {
            let first = if e == kinds.household { homes.first } else { homes.first_person };
            (e == kinds.household || e == kinds.person).then(|| format!("{}-{}", e.0, first + u64::from(row)))
        };
        match path.extension().and_then(|e| e.to_str()) {
            Some("parquet") => {
                let batch = rows::batch(&columns, kinds.household, &rows::given(&columns), &name).unwrap();
                sink.get_or_insert_with(|| ParquetSink::create(path, &batch.schema()).unwrap()).write(&batch).unwrap();
            }
            Some("ndjson") => text += &ndjson_lines(&columns, kinds, &name),
            _ => text += &csv_rows(&columns, kinds, &name, homes.first == 0),
        }
    }
    match sink {
        Some(sink) => drop(sink.close().unwrap()),
        None => std::fs::write(path, text).unwrap(),
    }
}

fn how() -> How {
    How { id: "id".to_owned(), exact: false, depth: Depth::Near { margin: 10 }, top: 50, most_rejects: 100, skip: 0 }
}

/// Rows of each kind of unit, rejects, lists, and how many rows were matched.
type Scanned = (Vec<Vec<RecordBatch>>, Vec<(u64, u64, String)>, Lists, u64);

/// Everything a scan finds.
fn scanned(rules: &Rules, path: &Path, how: How) -> Scanned {
    let scan = Scan::new(rules, how.clone()).unwrap();
    let mut source = Source::open(path, 64).unwrap();
    let mut batches = vec![Vec::new(); scan.units().len()];
    let (mut rejects, mut lists, mut matched) = (Vec::new(), Lists::new(how.top), 0);
    let (_, complete) = scan
        .run(&mut source, &|| true, &mut |found, _| {
            matched += found.matched;
            found.batches.into_iter().zip(&mut batches).for_each(|(batch, all)| all.push(batch));
            rejects.extend(found.rejects.into_iter().map(|r| (r.household, r.line, r.reason)));
            lists.merge(found.lists);
            Ok(())
        })
        .unwrap();
    assert!(complete);
    (batches, rejects, lists, matched)
}

/// The rows as text, so that files in different formats can be compared.
fn shown(batches: &[RecordBatch], policies: &[String]) -> Vec<String> {
    let mut lines = Vec::new();
    for batch in batches {
        let id = batch.column_by_name("id").unwrap().as_any().downcast_ref::<StringArray>().unwrap().clone();
        for row in 0..batch.num_rows() {
            let mut line = id.value(row).to_owned();
            for policy in policies {
                let answers = batch.column_by_name(policy).unwrap();
                let answers = answers.as_any().downcast_ref::<BooleanArray>().unwrap();
                line.push(if answers.is_null(row) { '?' } else { char::from(b'0' + u8::from(answers.value(row))) });
            }
            lines.push(line);
        }
    }
    lines
}

#[test]
fn a_city_is_the_same_in_every_format_and_nothing_is_lost() {
    let engine = shanghai();
    let rules = engine.at("2020-09-01".parse().unwrap()).unwrap();
    let person = engine.schema().entity_named("person").unwrap();
    let names: Vec<String> =
        rules.policies_for(person).iter().map(|p| engine.model().policies[p.index()].name.id.clone()).collect();
    let folder = folder("city");
    let (parquet, ndjson, table) = (folder.join("city.parquet"), folder.join("city.ndjson"), folder.join("city.csv"));
    for path in [&parquet, &ndjson, &table] {
        city(&rules, 600, path);
    }
    let (batches, rejects, lists, matched) = scanned(&rules, &parquet, how());
    assert_eq!(rejects, []);
    let rows = shown(&batches[0], &names);
    assert_eq!(rows.len(), 600);
    assert!(rows.iter().any(|r| r.contains('1')), "nobody is eligible for anything");
    assert_eq!(lists.units[&person], 600);
    // Whoever asks for less beside the verdicts gets less beside them, and the same otherwise.
    let said = |depth| scanned(&rules, &parquet, How { depth, ..how() });
    for (depth, left_out) in [(Depth::Reasons, &["near"][..]), (Depth::Amounts, &["near", "reasons"])] {
        let (less, _, fewer, _) = said(depth);
        for (less, batch) in less.iter().flatten().zip(batches.iter().flatten()) {
            let schema = batch.schema();
            let kept: Vec<&String> =
                schema.fields().iter().map(|f| f.name()).filter(|name| !left_out.contains(&name.as_str())).collect();
            assert_eq!(less.schema().fields().len(), kept.len());
            kept.iter().for_each(|name| assert_eq!(less.column_by_name(name), batch.column_by_name(name), "{name}"));
        }
        let listed = |lists: &Lists| lists.to_json()["missed"].clone();
        assert_eq!(listed(&fewer), listed(&lists));
        assert!(fewer.near.is_empty() && !lists.near.is_empty());
    }
    let (lines, rejects, _, again) = scanned(&rules, &ndjson, how());
    assert_eq!((rejects.len(), again), (0, matched));
    assert_eq!(shown(&lines[0], &names), rows);
    // Lists do not fit a line of CSV: what it leaves open is open, and nothing is judged otherwise.
    let (flat, rejects, _, _) = scanned(&rules, &table, how());
    assert_eq!(rejects, []);
    let flat = shown(&flat[0], &names);
    assert_eq!(flat.len(), 600);
    for (row, flat) in rows.iter().zip(&flat) {
        assert!(row.chars().zip(flat.chars()).all(|(a, b)| a == b || b == '?'), "{row}\n{flat}");
    }
    // Counts and lists say what the rows say.
    for (at, policy) in rules.policies_for(person).into_iter().enumerate() {
        let eligible = rows.iter().filter(|r| r.chars().rev().nth(names.len() - 1 - at) == Some('1')).count();
        assert_eq!(lists.total(policy).eligible, eligible as u64, "{}", names[at]);
        let tally = lists.total(policy);
        assert!(tally.missed <= tally.eligible);
        assert_eq!(lists.missed.get(&policy).map_or(0, |t| t.all), tally.missed);
    }
    assert_eq!(Lists::from_json(&lists.to_json(), 50).unwrap().to_json(), lists.to_json());
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn bad_rows_are_left_out_counted_and_said_and_a_scan_goes_on_where_it_stopped() {
    let engine = shanghai();
    let rules = engine.at("2020-09-01".parse().unwrap()).unwrap();
    let folder = folder("rejects");
    let path = folder.join("city.ndjson");
    city(&rules, 300, &path);
    let good = std::fs::read_to_string(&path).unwrap();
    let mut lines: Vec<String> = good.lines().map(str::to_owned).collect();
    let count = lines.len();
    lines.insert(3, "{\"person\": {\"birth_date\": \"2020-13-01\"}}".to_owned());
    lines.insert(7, "not json".to_owned());
    lines.insert(
        9,
        "{\"person\": {\"birth_date\": \"2021-01-01\"}, \"household\": {\"members\": [\"applicant\"]}}".to_owned(),
    );
    std::fs::write(&path, lines.join("\n")).unwrap();
    let (_, rejects, _, matched) = scanned(&rules, &path, how());
    assert_eq!(rejects.iter().map(|r| r.1).collect::<Vec<_>>(), [4, 8, 10]);
    assert!(rejects[2].2.contains("nobody is born after today"), "{rejects:?}");
    assert_eq!(matched, count as u64);
    // Too many of them stop the scan.
    let scan = Scan::new(&rules, How { most_rejects: 2, ..how() }).unwrap();
    let mut source = Source::open(&path, 64).unwrap();
    assert!(scan.run(&mut source, &|| true, &mut |_, _| Ok(())).is_err());
    // What is passed over and what is done together are all.
    std::fs::write(&path, &good).unwrap();
    let (all, ..) = scanned(&rules, &path, how());
    let (rest, ..) = scanned(&rules, &path, How { skip: 64, ..how() });
    let rows = |batches: &[Vec<RecordBatch>]| batches[1].iter().map(RecordBatch::num_rows).sum::<usize>();
    assert_eq!(rows(&all), rows(&rest) + 64);
    std::fs::remove_dir_all(folder).unwrap();
}
