//! What the C door costs: the same calls in Rust and through the functions of `include/entitle.h`, turn about in one run, on the
//! shipped policies and on a set of one policy, where the door weighs most. Every call checks its answer.
//!
//! `cargo bench -p entitle-benches --features ffi --bench ffi`; `.ci/ffi cost` adds the other languages.

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi, to_ffi};
use arrow_array::{Array, Date32Array, RecordBatch, StructArray};
use entitle::columns::Collect;
use entitle::profile::{Profile, Slot, position};
use entitle::verdict::from_graph::Scratch;
use entitle::verdict::{Verdict, exact};
use entitle::wire::arrow::{Asked, Options, layout, match_batch, rows};
use entitle::wire::json::report::report;
use entitle::wire::json::{UnknownFields, profile_from_json};
use entitle::{Engine, Rules};
use std::ffi::{c_char, c_void};
use std::hint::black_box;
use std::path::Path;
use std::ptr::null_mut;
use std::sync::Arc;
use std::time::Instant;

type Handle = *mut c_void;

unsafe extern "C" {
    fn entitle_engine_open_directory(path: *const c_char, length: usize, out: *mut Handle, error: Handle) -> i32;
    fn entitle_engine_snapshot(engine: Handle, out: *mut Handle, error: Handle) -> i32;
    fn entitle_rules_at(snapshot: Handle, days: i32, out: *mut Handle, error: Handle) -> i32;
    fn entitle_scratch_new() -> Handle;
    fn entitle_text_new() -> Handle;
    fn entitle_profile_from_json(
        snapshot: Handle,
        json: *const c_char,
        length: usize,
        unknown: u32,
        notices: Handle,
        out: *mut Handle,
        error: Handle,
    ) -> i32;
    fn entitle_profile_free(profile: Handle);
    fn entitle_profile_new(snapshot: Handle, out: *mut Handle, error: Handle) -> i32;
    fn entitle_profile_root(profile: Handle, kind: u64, out: *mut u32, error: Handle) -> i32;
    fn entitle_profile_set_date(profile: Handle, record: u32, field: u64, days: i32, error: Handle) -> i32;
    fn entitle_snapshot_find_field(
        snapshot: Handle,
        kind: u64,
        name: *const c_char,
        length: usize,
        out: *mut u64,
        error: Handle,
    ) -> i32;
    fn entitle_match(rules: Handle, profile: Handle, scratch: Handle, to: *mut u8, length: usize, error: Handle)
    -> i32;
    fn entitle_match_json(rules: Handle, profile: Handle, out: Handle, error: Handle) -> i32;
    fn entitle_snapshot_find_kind(
        snapshot: Handle,
        name: *const c_char,
        length: usize,
        out: *mut u64,
        error: Handle,
    ) -> i32;
    fn entitle_match_batch(
        rules: Handle,
        unit: u64,
        flags: u32,
        array: *mut FFI_ArrowArray,
        schema: *const FFI_ArrowSchema,
        scratch: Handle,
        out_array: *mut FFI_ArrowArray,
        out_schema: *mut FFI_ArrowSchema,
        error: Handle,
    ) -> i32;
}

/// A policy set and a household, opened on both sides.
struct Both {
    engine: Engine,
    rules: Rules,
    json: Vec<u8>,
    snapshot: Handle,
    c_rules: Handle,
}

fn both(folder: &Path, json: Vec<u8>, day: &str) -> Both {
    let engine = Engine::open(&[folder]).unwrap();
    let day: entitle::value::Date = day.parse().unwrap();
    let rules = engine.at(day).unwrap();
    let path = folder.to_str().unwrap();
    let (mut c_engine, mut snapshot, mut c_rules) = (null_mut(), null_mut(), null_mut());
    // SAFETY: live handles, a text with its length, places for results; the handles live as long as the process.
    let status = unsafe {
        entitle_engine_open_directory(path.as_ptr().cast(), path.len(), &raw mut c_engine, null_mut())
            | entitle_engine_snapshot(c_engine, &raw mut snapshot, null_mut())
            | entitle_rules_at(snapshot, i32::try_from(day.days()).unwrap(), &raw mut c_rules, null_mut())
    };
    assert_eq!(status, 0);
    Both { engine, rules, json, snapshot, c_rules }
}

impl Both {
    fn c_profile(&self) -> Handle {
        let mut profile = null_mut();
        let (data, length) = (self.json.as_ptr().cast(), self.json.len());
        // SAFETY: as above.
        let status = unsafe {
            entitle_profile_from_json(self.snapshot, data, length, 0, null_mut(), &raw mut profile, null_mut())
        };
        assert_eq!(status, 0);
        profile
    }
}

/// Median nanoseconds a call of the two, over `rounds` turns of `calls` each.
fn turns(rounds: usize, calls: u32, mut rust: impl FnMut(), mut c: impl FnMut()) -> (f64, f64) {
    let mut times = (Vec::new(), Vec::new());
    let time = |run: &mut dyn FnMut()| {
        let start = Instant::now();
        (0..calls).for_each(|_| run());
        start.elapsed().as_nanos() as f64 / f64::from(calls)
    };
    for _ in 0..rounds {
        times.0.push(time(&mut rust));
        times.1.push(time(&mut c));
    }
    let median = |mut all: Vec<f64>| {
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    (median(times.0), median(times.1))
}

fn line(what: &str, (rust, c): (f64, f64)) {
    println!("{what:<34} Rust {rust:>11.0} ns   C {c:>11.0} ns   {:+.0} ns, {:.3} times", c - rust, c / rust);
}

fn measure(name: &str, both: &Both, rounds: usize, calls: u32) {
    let (profile, _) = profile_from_json(both.engine.schema(), &both.json, UnknownFields::Reject).unwrap();
    let expected: Vec<Verdict> = both.rules.match_profile(&profile).unwrap().verdicts().collect();
    let number = |v: &Verdict| match v {
        Verdict::NotInForce => 0u8,
        Verdict::Eligible => 1,
        Verdict::Ineligible => 2,
        Verdict::Undetermined => 3,
    };
    let numbers: Vec<u8> = expected.iter().map(number).collect();
    let mut scratch = Scratch::default();
    let mut outcomes = both.rules.outcomes(&profile, &mut scratch);
    let c_profile = both.c_profile();
    // SAFETY: nothing is asked of the caller.
    let (c_scratch, text) = unsafe { (entitle_scratch_new(), entitle_text_new()) };
    let mut verdicts = vec![0u8; expected.len()];
    let rust = || {
        assert!(exact::contradictions(both.rules.bound(), &profile, &mut scratch).is_empty());
        both.rules.outcomes_into(black_box(&profile), &mut scratch, &mut outcomes);
        assert!(outcomes.iter().map(|o| o.verdict).eq(expected.iter().copied()));
    };
    let c = || {
        let room = verdicts.as_mut_ptr();
        // SAFETY: live handles, and room for as many verdicts as is said.
        let status = unsafe { entitle_match(both.c_rules, c_profile, c_scratch, room, expected.len(), null_mut()) };
        assert!(status == 0 && verdicts == numbers);
    };
    line(&format!("{name}: verdicts"), turns(rounds, calls, rust, c));
    let rust = || {
        let read = profile_from_json(both.engine.schema(), black_box(&both.json), UnknownFields::Reject);
        assert!(read.unwrap().0.len() == profile.len());
    };
    // SAFETY: a live handle that is used no more.
    let c = || unsafe { entitle_profile_free(both.c_profile()) };
    line(&format!("{name}: profile from JSON"), turns(rounds, calls, rust, c));
    let rust = || assert!(report(&both.rules.match_profile(&profile).unwrap()).to_string().len() > 100);
    // SAFETY: live handles.
    let c = || assert_eq!(unsafe { entitle_match_json(both.c_rules, c_profile, text, null_mut()) }, 0);
    line(&format!("{name}: reasons as JSON"), turns(rounds.min(9), calls.div_ceil(50), rust, c));
}

/// One fact by its id: in Rust a write into a slot, through C with its kind and its range looked at.
fn measure_fact(both: &Both, rounds: usize, calls: u32) {
    let schema = both.engine.schema();
    let person = schema.entity_named("person").unwrap();
    let at = position(schema, schema.field_named(person, "birth_date").unwrap()).unwrap();
    let mut profile = Profile::new();
    let root = profile.add(schema, person);
    profile.set_root(root);
    let rust = || {
        profile.set(root, at, Slot::Scalar(black_box(7_430)));
        assert!(*profile.slot(root, at) == Slot::Scalar(7_430));
    };
    let (mut typed, mut kind, mut field, mut record) = (null_mut(), 0, 0, 0);
    let (a, b) = ("person", "birth_date");
    // SAFETY: live handles, texts with their lengths, places for results.
    let status = unsafe {
        entitle_profile_new(both.snapshot, &raw mut typed, null_mut())
            | entitle_snapshot_find_kind(both.snapshot, a.as_ptr().cast(), a.len(), &raw mut kind, null_mut())
            | entitle_snapshot_find_field(both.snapshot, kind, b.as_ptr().cast(), b.len(), &raw mut field, null_mut())
            | entitle_profile_root(typed, kind, &raw mut record, null_mut())
    };
    assert_eq!(status, 0);
    // SAFETY: live handles, and ids of their snapshot.
    let c = || assert_eq!(unsafe { entitle_profile_set_date(typed, record, field, black_box(7_430), null_mut()) }, 0);
    line("one fact by its id", turns(rounds, calls, rust, c));
    // SAFETY: a live handle that is used no more.
    unsafe { entitle_profile_free(typed) };
}

/// A batch through both: what a host does with the interface (array handed over, result taken) is part of what C is charged with.
fn measure_batch(name: &str, both: &Both, batch: &RecordBatch, asked: Asked, rounds: usize, calls: u32) {
    let schema = both.engine.schema();
    let person = schema.entity_named("person").unwrap();
    let options = Options { row: layout::row_of(schema).unwrap(), id: "id".to_owned(), strict: true };
    let mut scratch = Scratch::default();
    let expected = match_batch(&both.rules, batch, &options, person, asked, &mut scratch).unwrap();
    let rust = || {
        let found = match_batch(&both.rules, black_box(batch), &options, person, asked, &mut scratch).unwrap();
        assert!(found == expected);
    };
    let flags = if asked.quick { 2 } else { 0 } | if asked.reasons { 4 } else { 0 };
    let mut unit = 0;
    // SAFETY: a live handle, a text with its length, a place for the result.
    let status = unsafe {
        entitle_snapshot_find_kind(both.snapshot, "person".as_ptr().cast(), "person".len(), &raw mut unit, null_mut())
    };
    assert_eq!(status, 0);
    // SAFETY: nothing is asked of the caller.
    let c_scratch = unsafe { entitle_scratch_new() };
    let c = || {
        let (mut array, schema) = to_ffi(&StructArray::from(batch.clone()).into()).unwrap();
        let (mut out, mut out_schema) = (FFI_ArrowArray::empty(), FFI_ArrowSchema::empty());
        let (array, out_at, schema_at) = (&raw mut array, &raw mut out, &raw mut out_schema);
        let (rules, schema) = (both.c_rules, &raw const schema);
        // SAFETY: live handles, and an array, a schema and places of the interface.
        let found = unsafe {
            let status =
                entitle_match_batch(rules, unit, flags, array, schema, c_scratch, out_at, schema_at, null_mut());
            assert_eq!(status, 0);
            from_ffi(out, &out_schema).unwrap()
        };
        let found = StructArray::from(found);
        assert!(found.columns() == expected.columns());
    };
    line(name, turns(rounds, calls, rust, c));
}

/// As many persons, born on days some of which are 60 years before the day and more.
fn persons(rows: i32) -> RecordBatch {
    let births: Arc<dyn Array> =
        Arc::new(Date32Array::from_iter_values((0..rows).map(|i| -20_000 + i * 7_919 % 30_000)));
    RecordBatch::try_from_iter([("birth_date", births)]).unwrap()
}

/// The shipped households, one after the other, as often as is said.
fn households(both: &Both, root: &Path, times: usize) -> RecordBatch {
    let schema = both.engine.schema();
    let mut files: Vec<_> =
        std::fs::read_dir(root.join("examples/profiles")).unwrap().map(|f| f.unwrap().path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "json"));
    files.sort();
    let mut collect = Collect::new(schema);
    for _ in 0..times {
        for file in &files {
            let json = std::fs::read(file).unwrap();
            collect.push(&profile_from_json(schema, &json, UnknownFields::Reject).unwrap().0).unwrap();
        }
    }
    let owned = collect.finish();
    let columns = owned.columns(schema).unwrap();
    rows::batch(&columns, layout::row_of(schema).unwrap(), &rows::given(&columns), &|_, _| None).unwrap()
}

fn main() {
    // As a test each once; as a bench long enough for the clock.
    let (rounds, calls) = if std::env::args().any(|a| a == "--bench") { (41, 200) } else { (1, 1) };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let json = std::fs::read(root.join("examples/profiles/single-mother.json")).unwrap();
    let shanghai = both(&root.join("policies/shanghai"), json, "2020-09-01");
    measure("209 policies", &shanghai, rounds, calls);
    measure_fact(&shanghai, rounds, calls * 100);
    let batch = households(&shanghai, &root, 10);
    let (quick, exact, reasons) = (true, Asked::default(), true);
    println!("{} households in a batch:", batch.num_rows());
    let few = rounds.min(9);
    measure_batch(
        "209 policies: batch, three-valued",
        &shanghai,
        &batch,
        Asked { quick, ..exact },
        few,
        calls.div_ceil(20),
    );
    measure_batch("209 policies: batch, exact", &shanghai, &batch, exact, few, 1);
    measure_batch("209 policies: batch with reasons", &shanghai, &batch, Asked { reasons, ..exact }, few, 1);
    let folder = std::env::temp_dir().join(format!("entitle-ffi-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(root.join("examples/ffi/tea.policy"), folder.join("tea.policy")).unwrap();
    let one = both(&folder, br#"{"person":{"birth_date":"1950-01-01"}}"#.to_vec(), "2026-01-01");
    std::fs::remove_dir_all(&folder).unwrap();
    measure("1 policy", &one, rounds, calls * 50);
    measure_batch("1 policy: batch of 1 person", &one, &persons(1), exact, rounds, calls * 5);
    measure_batch("1 policy: batch of 10,000 persons", &one, &persons(10_000), exact, rounds, calls.div_ceil(10));
}
