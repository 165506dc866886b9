//! Runs each key path inside a function of its own, so that a tool that counts instructions can count that function alone. It
//! uses the front door only, so that the same program builds with older and newer commits of the library.
//!
//!     entitle-instructions FOLDER      (the root of the repository)

use entitle::profile::Profile;
use entitle::ids::PolicyId;
use entitle::verdict::from_graph::Scratch;
use entitle::verdict::{Outcome, Verdict};
use entitle::wire::json::{ProfileReader, UnknownFields};
use entitle::{Engine, Rules};
use std::hint::black_box;
use std::path::Path;

fn texts(folder: &Path, into: &mut Vec<(String, String)>) {
    let mut entries: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            texts(&path, into);
        } else if path.extension().is_some_and(|e| e == "policy") {
            into.push((path.display().to_string(), std::fs::read_to_string(&path).expect("text")));
        }
    }
}

/// From text to the checked set.
#[inline(never)]
fn path_read(texts: Vec<(String, String)>) -> Engine {
    Engine::from_texts(texts).expect("policies without errors")
}

/// From the checked set to the graph of a day.
#[inline(never)]
fn path_compile(engine: &Engine) -> Rules {
    engine.at("2020-09-01".parse().expect("a date")).expect("an epoch")
}

/// From JSON text to a profile.
#[inline(never)]
fn path_profile(reader: &ProfileReader<'_>, json: &[u8]) -> Profile {
    reader.read(json).expect("a profile").0
}

/// All verdicts in Kleene logic.
#[inline(never)]
fn path_kleene(rules: &Rules, profile: &Profile, scratch: &mut Scratch, out: &mut [Verdict]) {
    rules.kleene_into(profile, scratch, out);
}

/// All verdicts, exactly.
#[inline(never)]
fn path_exact(rules: &Rules, profile: &Profile, scratch: &mut Scratch, out: &mut [Outcome]) {
    rules.outcomes_into(profile, scratch, out);
}

/// All verdicts with all reasons as data.
#[inline(never)]
fn path_reasons(rules: &Rules, profile: &Profile, every: &[PolicyId], scratch: &mut Scratch) {
    let matches = rules.match_profile(profile).expect("no contradiction");
    black_box(matches.explain_all(every, scratch));
}

fn main() {
    let root = std::env::args().nth(1).expect("the root of the repository");
    let root = Path::new(&root);
    let mut policies = Vec::new();
    texts(&root.join("policies/shanghai"), &mut policies);
    let engine = path_read(policies);
    let rules = path_compile(&engine);
    let json = std::fs::read(root.join("examples/profiles/single-mother.json")).expect("a profile");
    let reader = ProfileReader::new(engine.schema(), UnknownFields::Reject);
    let mut scratch = Scratch::default();
    let every: Vec<PolicyId> = (0..rules.model().policies.len()).map(PolicyId::of).collect();
    let mut verdicts = vec![Verdict::NotInForce; every.len()];
    let mut outcomes = rules.outcomes(&Profile::new(), &mut scratch);
    // Once for memory that is reused and for what is worked out when first asked for; the second time is counted with it.
    for _ in 0..2 {
        let profile = path_profile(&reader, &json);
        path_kleene(&rules, &profile, &mut scratch, &mut verdicts);
        path_exact(&rules, &profile, &mut scratch, &mut outcomes);
        path_reasons(&rules, &profile, &every, &mut scratch);
        black_box((&verdicts, &outcomes));
    }
}
