//! How much is read from outside, and how much work is done for it: one place for every bound a host may want to change.
//!
//! Each limit has a default that no real policy set or household comes near, and passing one is an ordinary error that names it.
//! Three bounds are fixed because the host's stack rests on them and not its patience: brackets inside brackets (32),
//! expressions with the definitions they lead to (80 levels), and JSON inside JSON (32).

/// The bounds on input and work. Start from [`Limits::default`] and change what you must.
///
/// ```
/// use entitle::{Engine, limits::Limits};
/// let mut limits = Limits::default();
/// limits.text_bytes = 1_000;
/// let long = ("long.policy".to_owned(), "// a comment\n".repeat(100));
/// let error = Engine::from_texts_within([long], limits).unwrap_err();
/// assert_eq!(error.findings()[0].code.id, "E010");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one policy file; 786,432 (768 KiB). The largest file of the shipped set has a tenth of it. Reading a file takes memory of some hundred
    /// times its length.
    pub text_bytes: usize,
    /// Bytes of all policy files of a set together; 16 MiB.
    pub set_bytes: usize,
    /// Findings that are listed for one policy set; 1,000. What was found beyond is counted. Nobody reads more, and each costs more than
    /// the line it is about.
    pub findings: usize,
    /// Nodes of a decision graph; 4,194,304 (2²²). A city's corpus has a few thousand; each takes some 100 bytes.
    pub nodes: u32,
    /// Bytes of one profile in JSON; 4 MiB.
    pub profile_bytes: usize,
    /// Records of one profile (people, households, entries of lists); 10,000.
    pub records: usize,
    /// Problems of one profile that are listed; 100. Reading stops at the next.
    pub problems: usize,
    /// Regions that the exact search looks at for one policy and one profile; 2,000. The shipped corpus needs a few dozen. Past it the
    /// verdict is undetermined, and not proved.
    pub regions: u32,
    /// Steps of evaluation for one policy and one profile, each the value of one node for one entry; 2,000,000. The shipped corpus
    /// needs some hundred. It bounds lists inside lists, whose work is the product of their lengths. Past it the verdict is undetermined,
    /// and not proved.
    pub steps: u32,
}

impl Limits {
    /// The defaults, as a constant.
    pub const DEFAULT: Self = Self {
        text_bytes: 768 << 10,
        set_bytes: 16 << 20,
        findings: 1_000,
        nodes: 1 << 22,
        profile_bytes: 4 << 20,
        records: 10_000,
        problems: 100,
        regions: 2_000,
        steps: 2_000_000,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
