//! The two sets: the generated one with its expected answers, and the shipped policies on shipped profiles.

use crate::shape::Shape;
use entitle::profile::{Profile, Slot, position};
use entitle::schema::FieldType;
use entitle::verdict::from_graph::Scratch;
use entitle::{Engine, Rules};
use flate2::read::GzDecoder;
use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

pub struct Set {
    pub title: &'static str,
    pub rules: Rules,
    pub engine: Engine,
    pub shape: Shape,
    pub profiles: Vec<Profile>,
    pub rows: Vec<Vec<Option<i64>>>,
    /// Certain matches by profile, and what Kleene logic leaves open, as positions in `shape.policies`.
    pub expected: Vec<(Vec<usize>, Vec<usize>)>,
}

pub fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn lines(name: &str) -> Vec<serde_json::Value> {
    let file = std::fs::File::open(here().join("data").join(name)).expect("the data stands beside the program");
    let mut text = String::new();
    GzDecoder::new(file).read_to_string(&mut text).expect("gzip of UTF-8 text");
    text.lines().map(|l| serde_json::from_str(l).expect("one JSON value a line")).collect()
}

pub fn reference(missing: bool) -> Set {
    let engine = Engine::open(&[here().join("data/reference.policy")]).unwrap_or_else(|e| panic!("{e}"));
    let rules = engine.at("2024-06-30".parse().expect("a date")).expect("an epoch");
    let shape = Shape::of(&rules);
    let (profiles, expected, title) = if missing {
        ("profiles_missing.jsonl.gz", "expected_missing.jsonl.gz", "reference set, 10 % of the facts missing")
    } else {
        ("profiles.jsonl.gz", "expected.jsonl.gz", "reference set, complete")
    };
    let profiles: Vec<Profile> = lines(profiles).iter().map(|v| profile(&engine, v)).collect();
    let named = |ids: &serde_json::Value| {
        let ids = ids.as_array().expect("a list of ids");
        let at = |id: &serde_json::Value| shape.policies.iter().position(|(n, _)| Some(n.as_str()) == id.as_str());
        ids.iter().map(|id| at(id).expect("a policy of the set")).collect::<Vec<_>>()
    };
    let expected = lines(expected)
        .iter()
        .map(|v| if missing { (named(&v["t"]), named(&v["u"])) } else { (named(v), Vec::new()) })
        .collect();
    let mut scratch = Scratch::default();
    let rows = profiles.iter().map(|p| shape.row(&rules, p, &mut scratch)).collect();
    Set { title, rules, engine, shape, profiles, rows, expected }
}

fn profile(engine: &Engine, value: &serde_json::Value) -> Profile {
    let schema = engine.schema();
    let person = schema.entity_named("person").expect("the vocabulary has persons");
    let mut profile = Profile::new();
    let record = profile.add(schema, person);
    profile.set_root(record);
    for (name, value) in value.as_object().expect("an object") {
        let field = schema.field_named(person, name).expect("a fact of the vocabulary");
        let ty = schema.field(field).expect("a fact of the vocabulary").ty;
        let raw = match ty {
            FieldType::YesNo => i64::from(value.as_bool().expect("true or false")),
            FieldType::Symbol(e) => {
                i64::from(schema.symbol_named(e, value.as_str().expect("a name")).expect("a value of the enum"))
            }
            _ => value.as_i64().expect("a number"),
        };
        profile.set(record, position(schema, field).expect("a fact of the record"), Slot::Scalar(raw));
    }
    profile
}

/// The shipped policies on every profile of their scenarios; what rows do not know is left out of the complete form.
pub fn corpus() -> Set {
    let engine = Engine::open(&[here().join("../../policies/shanghai")]).unwrap_or_else(|e| panic!("{e}"));
    let rules = engine.at("2020-09-01".parse().expect("a date")).expect("an epoch");
    let shape = Shape::of(&rules);
    let mut scratch = Scratch::default();
    let (mut profiles, mut rows, mut expected) = (Vec::new(), Vec::new(), Vec::new());
    for policy in &engine.model().policies {
        for scenario in &policy.scenarios {
            let profile = scenario.profile.restore();
            let outcomes = entitle::verdict::exact::kleene(rules.bound(), &profile, &mut scratch);
            let of = |wanted| {
                let is = |(_, at): &(usize, &usize)| outcomes[**at].verdict == wanted;
                shape.index.iter().enumerate().filter(is).map(|(i, _)| i).collect::<Vec<_>>()
            };
            use entitle::verdict::Verdict::{Eligible, Undetermined};
            expected.push((of(Eligible), of(Undetermined)));
            rows.push(shape.row(&rules, &profile, &mut scratch));
            profiles.push(profile);
        }
    }
    Set { title: "shipped policies on the profiles of their scenarios", rules, engine, shape, profiles, rows, expected }
}

/// Whether answers are exactly the certain matches; else how many were wrongly reported, and how many were not reported.
pub fn judged(expected: &[usize], found: &BTreeSet<usize>) -> (usize, usize) {
    let wanted: BTreeSet<usize> = expected.iter().copied().collect();
    (found.difference(&wanted).count(), wanted.difference(found).count())
}
