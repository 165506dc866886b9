//! What fuzzing runs: each target takes bytes, does what a hostile sender could have done, and checks what must hold whatever
//! the bytes are. `fuzz/` drives them with libFuzzer, `fuzz/src/main.rs` without it, `tests/suite/fuzz.rs` replays what once failed.

pub mod mutate;
mod profiles;
mod programs;
mod texts;

/// One door that hostile bytes come through.
pub struct Target {
    /// Its name, and that of its folders under `fuzz/`.
    pub name: &'static str,
    /// Runs one input; panics where something does not hold.
    pub run: fn(&[u8]),
    /// What mutations begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Words that mutations insert.
    pub dictionary: &'static str,
}

/// A fact of every type, policies that read each of them, and constraints.
pub const VOCABULARY: &str = include_str!("vocabulary.policy");

const POLICY_WORDS: &str = include_str!("../../../fuzz/dictionaries/policy.dict");
const PROFILE_WORDS: &str = include_str!("../../../fuzz/dictionaries/profile.dict");

/// Every target.
pub const TARGETS: [Target; 6] = [
    Target { name: "policy_text", run: texts::policy_text, seeds: texts::seeds, dictionary: POLICY_WORDS },
    Target { name: "format", run: texts::format, seeds: texts::seeds, dictionary: POLICY_WORDS },
    Target { name: "profile", run: profiles::profile, seeds: profiles::seeds, dictionary: PROFILE_WORDS },
    Target { name: "record", run: profiles::record, seeds: profiles::record_seeds, dictionary: PROFILE_WORDS },
    Target { name: "evaluators", run: programs::evaluators, seeds: programs::seeds, dictionary: "" },
    Target { name: "advice", run: programs::advice, seeds: programs::seeds, dictionary: "" },
];

/// The target of that name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|t| t.name == name)
}

/// The words of a dictionary in libFuzzer's format: one `"word"` a line, `\xHH` for bytes.
pub fn words(dictionary: &str) -> Vec<Vec<u8>> {
    dictionary.lines().filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix('"')).map(unescaped).collect()
}

fn unescaped(word: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = word.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        let (byte, used) = match (first, more) {
            (b'\\', [b'x', high, low, ..]) => {
                let digit = |d: &u8| (*d as char).to_digit(16).unwrap_or(0) as u8;
                (digit(high) * 16 + digit(low), 3)
            }
            (b'\\', [escaped, ..]) => (*escaped, 1),
            _ => (*first, 0),
        };
        bytes.push(byte);
        rest = &more[used..];
    }
    bytes
}

/// The root of the repository.
pub fn root() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The files of a folder of the repository with one of these endings, in the order of their names.
fn files(folder: &str, ending: &str) -> Vec<std::path::PathBuf> {
    let mut found: Vec<_> = std::fs::read_dir(root().join(folder))
        .map(|entries| entries.filter_map(Result::ok).map(|e| e.path()).collect())
        .unwrap_or_default();
    found.retain(|p| p.extension().is_some_and(|e| e == ending));
    found.sort();
    found
}

/// The inputs that once failed, by target.
pub fn regressions(target: &Target) -> Vec<(String, Vec<u8>)> {
    let folder = root().join("fuzz/regressions").join(target.name);
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .map(|entries| entries.filter_map(Result::ok).map(|e| e.path()).collect())
        .unwrap_or_default();
    found.sort();
    found.into_iter().map(|p| (p.display().to_string(), std::fs::read(p).unwrap())).collect()
}
