//! Attacks on the limits. Work is counted in steps of evaluation, in findings and in bytes, never in time: a set that is given few steps and
//! still proves its verdict has done little, whatever the machine.

use entitle::limits::Limits;
use entitle::profile::Profile;
use entitle::verdict::{Outcome, Verdict};
use entitle::wire::json::profile::profile_from_json_within;
use entitle::wire::json::{UnknownFields, profile_from_json};
use entitle::{Engine, ast, span::FileId};

const RECORDS: &str = r#"
    enum category { welfare }
    record person { a: yes/no; n: times from 0 times to 1000000 times; home: household }
    record household { applicant: person; members: list of person up to 1000 }
"#;

fn policy(condition: &str) -> String {
    format!(
        "policy p for person {{\n category: welfare\n in force: from 2000-01-01 until further notice\n source: \"s\"\n status: illustrative\n eligible when {{\n {condition}\n }}\n}}\n"
    )
}

fn open(more: &str, condition: &str, limits: Limits) -> Engine {
    let text = format!("{RECORDS}{more}{}", policy(condition));
    Engine::from_texts_within([("a.policy".to_owned(), text)], limits)
        .unwrap_or_else(|e| panic!("{e} {:?}", e.findings()))
}

fn steps(steps: u32) -> Limits {
    let mut limits = Limits::default();
    limits.steps = steps;
    limits
}

fn outcome(engine: &Engine, profile: &Profile) -> Outcome {
    let rules = engine.at("2020-01-01".parse().unwrap()).unwrap();
    rules.outcomes(profile, &mut rules.scratch())[0]
}

/// A household of the applicant and others, each with `a` as given.
fn household(engine: &Engine, others: usize, facts: &str) -> Profile {
    let members = vec![facts; others].join(",");
    let text = format!("{{\"person\": {facts}, \"household\": {{\"members\": [\"applicant\",{members}]}}}}");
    profile_from_json(engine.schema(), text.as_bytes(), UnknownFields::Reject).unwrap().0
}

#[test]
fn ten_thousand_ands_take_a_step_each() {
    let conditions: Vec<String> = (0..10_000).map(|i| format!("n is not {i} times")).collect();
    let engine = open("", &conditions.join(" and "), steps(40_000));
    let (profile, _) =
        profile_from_json(engine.schema(), br#"{"person": {"n": 20000}}"#, UnknownFields::Reject).unwrap();
    assert_eq!(outcome(&engine, &profile).verdict, Verdict::Eligible);
    // With nothing known, a completion for each of the ten thousand would be looked for; that ends as well.
    assert_eq!(outcome(&engine, &Profile::new()).verdict, Verdict::Undetermined);
}

#[test]
fn a_thousand_members_take_a_few_steps_each() {
    let engine = open("", "all home.members { a and n < 5 times }\n home.members.n.sum <= 4000 times", steps(12_000));
    let found = outcome(&engine, &household(&engine, 999, r#"{"a": true, "n": 4}"#));
    assert_eq!((found.verdict, found.not_proved), (Verdict::Eligible, false));
}

#[test]
fn lists_inside_lists_end_at_the_limit_and_say_so() {
    let mut condition = "n < 5 times".to_owned();
    for _ in 0..6 {
        condition = format!("all home.members {{ {condition} }}");
    }
    let engine = open("", &condition, Limits::default());
    let found = outcome(&engine, &household(&engine, 299, r#"{"n": 4}"#));
    assert_eq!((found.verdict, found.not_proved), (Verdict::Undetermined, true));
    let few = outcome(&engine, &household(&engine, 2, r#"{"n": 4}"#));
    assert_eq!((few.verdict, few.not_proved), (Verdict::Eligible, false));
    // And what one policy spends, another has.
    let two = format!("{}{}", policy(&condition), policy("a").replace("policy p", "policy q"));
    let engine = Engine::from_texts([("a.policy".to_owned(), format!("{RECORDS}{two}"))]).unwrap();
    let rules = engine.at("2020-01-01".parse().unwrap()).unwrap();
    let profile = household(&engine, 299, r#"{"n": 4, "a": true}"#);
    let found = rules.outcomes(&profile, &mut rules.scratch());
    assert_eq!((found[0].verdict, found[0].not_proved), (Verdict::Undetermined, true));
    assert_eq!((found[1].verdict, found[1].not_proved), (Verdict::Eligible, false));
}

#[test]
fn a_search_that_would_double_at_every_definition_ends() {
    let mut more = String::new();
    for i in 0..9 {
        let next = i + 1;
        let (low, high) = (i, i + 5);
        more += &format!("define person.d{i} = (d{next} and n > {low} times) or (d{next} and n < {high} times)\n");
    }
    more += "define person.d9 = a or n < 3 times\n";
    let engine = open(&more, "d0", Limits::default());
    let found = outcome(&engine, &Profile::new());
    assert_eq!((found.verdict, found.not_proved), (Verdict::Undetermined, false));
}

#[test]
fn a_million_members_are_refused_by_the_vocabulary() {
    let engine = open("", "all home.members { a }", Limits::default());
    let text = format!("{{\"household\": {{\"members\": [{}]}}}}", vec!["{}"; 1_000_000].join(","));
    let error = profile_from_json(engine.schema(), text.as_bytes(), UnknownFields::Reject).unwrap_err();
    assert!(error.to_string().contains("household.members: at most 1000 entries"), "{error}");
}

#[test]
fn each_limit_of_the_reader_is_named() {
    let engine = open("", "a", Limits::default());
    let mut limits = Limits::default();
    limits.profile_bytes = 10;
    limits.records = 3;
    let read = |text: &str, limits: &Limits| {
        profile_from_json_within(engine.schema(), text.as_bytes(), UnknownFields::Reject, limits)
            .unwrap_err()
            .to_string()
    };
    assert!(read(r#"{"person": {}}"#, &limits).contains("`profile_bytes`"));
    limits.profile_bytes = 1_000;
    let many = r#"{"person": {}, "household": {"members": ["applicant", {}, {}, {}]}}"#;
    assert!(read(many, &limits).contains("more than 3 records") && read(many, &limits).contains("`records`"));
    limits.problems = 5;
    let slips =
        format!("{{\"person\": {{{}}}}}", (0..50).map(|i| format!("\"x{i}\": 1")).collect::<Vec<_>>().join(","));
    let found = read(&slips, &limits);
    assert_eq!(found.lines().count(), 6, "{found}");
    assert!(found.contains("5 problems; what follows was not read"), "{found}");
}

#[test]
fn each_limit_of_the_policies_is_named() {
    let texts = || [("a.policy".to_owned(), format!("{RECORDS}{}", policy("a and n > 5 times")))];
    let mut limits = Limits::default();
    limits.set_bytes = 100;
    let error = Engine::from_texts_within(texts(), limits).unwrap_err();
    assert!(error.is_limit() && error.to_string().contains("`set_bytes`"), "{error}");
    limits = Limits::default();
    limits.text_bytes = 100;
    let error = Engine::from_texts_within(texts(), limits).unwrap_err();
    assert!(error.findings()[0].help.as_ref().unwrap().contains("`text_bytes`"));
    limits = Limits::default();
    limits.nodes = 2;
    let error = Engine::from_texts_within(texts(), limits).unwrap().at("2020-01-01".parse().unwrap()).unwrap_err();
    assert!(error.is_limit() && error.to_string().contains("`nodes`"), "{error}");
}

#[test]
fn a_flood_of_slips_gives_a_list_that_ends() {
    let engine = open("", "a", Limits::default());
    let slips = (0..200_000).map(|i| format!("\"x{i}\": 1")).collect::<Vec<_>>().join(",");
    let text = format!("{{\"person\": {{{slips}}}}}");
    let error = profile_from_json(engine.schema(), text.as_bytes(), UnknownFields::Reject).unwrap_err();
    assert_eq!(error.0.len(), 101);
    let (_, notices) = profile_from_json(engine.schema(), text.as_bytes(), UnknownFields::Report).unwrap();
    assert_eq!(notices.len(), 101);
    assert_eq!(notices[100].message, "199900 more facts that do not exist");
    let long = format!("{{\"person\": {{\"{}\": 1}}}}", "x".repeat(3_000_000));
    let error = profile_from_json(engine.schema(), long.as_bytes(), UnknownFields::Reject).unwrap_err();
    assert!(error.0[0].path.len() <= 200);
    let (_, found) = ast::from_text::parse(FileId(0), &"nonsense of a line\n".repeat(30_000));
    assert_eq!(found.len(), 1_000);
    assert!(found[999].message.contains("29000 more lines"), "{}", found[999].message);
    let names =
        format!("{RECORDS}{}", policy(&(0..20_000).map(|i| format!("nobody{i}")).collect::<Vec<_>>().join("\n")));
    let error = Engine::from_texts([("a.policy".to_owned(), names)]).unwrap_err();
    assert_eq!(error.findings().len(), 1_000);
}

/// Maps that are keyed by what others send are ordered or seeded at random: nobody can choose keys that collide.
#[test]
fn no_map_has_a_hash_that_can_be_flooded() {
    fn look(folder: &std::path::Path) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                look(&path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                for word in ["with_hasher", "BuildHasher", "FxHash", "fnv::", "ahash"] {
                    assert!(!text.contains(word), "{} names {word}", path.display());
                }
            }
        }
    }
    look(&crate::corpus::root().join("src"));
}

/// The largest file that is read, with as much grammar to a byte as there can be, and a flood of findings: each in a process of its
/// own, whose memory the system counts.
#[test]
fn the_largest_files_stay_within_half_a_gigabyte() {
    for text in ["a\n", "((((a))))\n"] {
        let run = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "limits::reads_one_large_file", "--ignored", "--nocapture"])
            .env("ENTITLE_LARGE", text)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&run.stdout);
        assert!(run.status.success(), "{text:?}: {said}");
        // Elsewhere than on Linux nobody says, and the run alone is the test.
        if let Some(kib) = said.lines().find_map(|l| l.split("KiB ").nth(1)?.trim().parse::<u64>().ok()) {
            assert!(kib < 512 << 10, "{text:?} takes {} MiB", kib >> 10);
        }
    }
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn reads_one_large_file() {
    let Ok(piece) = std::env::var("ENTITLE_LARGE") else { return };
    let head = format!("{RECORDS}{}", policy("@"));
    let size = std::env::var("ENTITLE_SIZE").ok().and_then(|n| n.parse().ok());
    let room = size.unwrap_or(Limits::default().text_bytes) - head.len();
    let whole = head.replace('@', (piece.repeat(room / piece.len())).trim_end_matches(" and "));
    let ended = match Engine::from_texts([("a.policy".to_owned(), whole)]) {
        Ok(engine) => {
            format!("{:?}", engine.at("2020-01-01".parse().unwrap()).map(|r| r.bound().graph.nodes().len()).ok())
        }
        Err(error) => format!("{} findings", error.findings().len()),
    };
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")).unwrap_or("");
    println!("{piece:?} {ended} KiB {peak}");
}
