//! The front door: a policy set, opened once and asked many times. The only file that names every stage.

use crate::checked::Model;
use crate::diagnostic::{Diagnostic, Level};
use crate::error::Error;
use crate::graph::{Bound, Graph, from_checked};
use crate::ids::{EnumId, PolicyId};
use crate::limits::Limits;
use crate::profile::{Profile, Slot, position};
use crate::schema::Schema;
use crate::span::Sources;
use crate::value::{Date, Language};
use crate::verdict::columns::Program;
use crate::verdict::from_graph::Scratch;
use crate::verdict::table::{self, Table};
use crate::verdict::{Outcome, Verdict, exact};
use crate::why::grounds::{self, Grounds};
use crate::why::{Explanation, from_verdict};
use crate::{ast, checked};
use lent::{Lent, Pool};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

mod advice;
mod cover;
mod lent;
mod population;
mod scenario;
mod watch;

pub use cover::{Fate, Seen, Suggestion, Tried, What};
pub use population::{Contradiction, Depth, Derived, Details};
pub use scenario::ScenarioOutcome;
pub use watch::{Readers, Turned, Watcher};

/// A policy set that was read and checked. It is immutable and can be shared between threads.
///
/// ```
/// use entitle::{Engine, verdict::Verdict, profile::Profile};
/// let text = r#"
///     enum category { welfare }
///     record person { birth_date: date }
///     policy tea for person {
///         category: welfare
///         in force: from 2020-01-01 until further notice
///         source: "an example"
///         status: illustrative
///         eligible when { today - birth_date >= 60 years old }
///     }
/// "#;
/// let engine = Engine::from_texts([("tea.policy".to_owned(), text.to_owned())])?;
/// let rules = engine.at("2026-01-01".parse().unwrap())?;
/// let profile = Profile::new();
/// let matches = rules.match_profile(&profile)?;
/// assert_eq!(matches.verdicts().collect::<Vec<_>>(), [Verdict::Undetermined]);
/// # Ok::<(), entitle::Error>(())
/// ```
#[derive(Debug)]
pub struct Engine {
    model: Arc<Model>,
    sources: Sources,
    findings: Vec<Diagnostic>,
    fingerprint: String,
    /// The first days of its epochs, found when first asked for.
    starts: OnceLock<Vec<Date>>,
    limits: Limits,
    /// Graphs by the first day of their epoch, made when first asked for.
    graphs: Mutex<BTreeMap<Date, Arc<Graph>>>,
    /// The rules of the day that a scenario was run on last; most of its neighbours are of the same day.
    last: Mutex<Option<Arc<Rules>>>,
}

impl Engine {
    /// Opens policy files and folders; folders are searched for `*.policy`, in the order of their names.
    ///
    /// # Errors
    /// When a file cannot be read ([`Error::is_io`]) or the policies have errors ([`Error::is_policies`]).
    pub fn open(paths: &[impl AsRef<Path>]) -> Result<Self, Error> {
        Self::from_texts(read_paths(paths)?)
    }

    /// The same, with limits of its own.
    ///
    /// # Errors
    /// When a file cannot be read ([`Error::is_io`]) or the policies have errors ([`Error::is_policies`]).
    pub fn open_within(paths: &[impl AsRef<Path>], limits: Limits) -> Result<Self, Error> {
        Self::from_texts_within(read_paths(paths)?, limits)
    }

    /// Checks policy texts, each under the name it is shown by.
    ///
    /// # Errors
    /// When the policies have errors; [`Error::findings`] has all of them.
    pub fn from_texts(texts: impl IntoIterator<Item = (String, String)>) -> Result<Self, Error> {
        Self::from_texts_within(texts, Limits::DEFAULT)
    }

    /// The same, with limits of its own; whatever the set is asked later is bounded by them too.
    ///
    /// # Errors
    /// When the policies have errors, or the texts are together longer than `set_bytes` ([`Error::is_limit`]).
    pub fn from_texts_within(texts: impl IntoIterator<Item = (String, String)>, limits: Limits) -> Result<Self, Error> {
        let texts: Vec<(String, String)> = texts.into_iter().collect();
        let bytes = texts.iter().fold(0usize, |sum, (_, text)| sum.saturating_add(text.len()));
        if bytes > limits.set_bytes {
            let most = limits.set_bytes;
            return Err(Error::limit(format!(
                "the policy files have {bytes} bytes together; at most {most} are read (limit `set_bytes`)"
            )));
        }
        let (sources, model, findings) = Self::read(texts, &limits);
        if findings.iter().any(|f| f.level == Level::Error) {
            return Err(Error::policies(findings, sources));
        }
        let fingerprint = fingerprint(&sources);
        let engine = Self::from_checked(model, sources, fingerprint);
        Ok(Self { findings, limits, ..engine })
    }

    /// The engine of a set that was checked before; the fingerprint is that of its texts.
    pub(crate) fn from_checked(model: Model, sources: Sources, fingerprint: String) -> Self {
        let graphs = Mutex::new(BTreeMap::new());
        let limits = Limits::DEFAULT;
        Self {
            model: Arc::new(model),
            sources,
            findings: Vec::new(),
            fingerprint,
            starts: OnceLock::new(),
            limits,
            graphs,
            last: Mutex::default(),
        }
    }

    fn read(mut texts: Vec<(String, String)>, limits: &Limits) -> (Sources, Model, Vec<Diagnostic>) {
        texts.sort();
        let mut sources = Sources::default();
        for (name, text) in texts {
            sources.add(name, text);
        }
        let (files, found): (Vec<_>, Vec<_>) = ast::from_text::parse_all(&sources, limits).into_iter().unzip();
        let mut findings: Vec<Diagnostic> = found.into_iter().flatten().collect();
        let unreadable = findings.iter().any(|f| f.level == Level::Error);
        let (model, found) = checked::from_ast::check_within(&files, limits);
        // A line that could not be read hides what it declares; names that are missing for that reason are not reported, nor scenarios that
        // expect something of it.
        let follows = [checked::error::UNKNOWN_NAME, checked::error::SCENARIO];
        let hidden = |f: &Diagnostic| unreadable && follows.contains(&f.code);
        findings.extend(found.into_iter().filter(|f| !hidden(f)));
        findings.sort_by_key(|f| (f.span, f.code.id));
        (sources, model, findings)
    }

    /// The typed policy set.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Which facts exist.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.model.schema
    }

    /// Warnings; errors would have kept the set from opening.
    #[must_use]
    pub fn findings(&self) -> &[Diagnostic] {
        &self.findings
    }

    /// The texts.
    #[must_use]
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The SHA-256 of the set, as 64 hexadecimal digits. It depends on the texts, not on the names of their files.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The policy with that identifier.
    #[must_use]
    pub fn policy(&self, id: &str) -> Option<PolicyId> {
        self.model.schema.symbol_named(EnumId::POLICY, id).map(PolicyId)
    }

    /// The rules of a day. Compiles the epoch that holds it when first asked for; after that it is cheap.
    ///
    /// # Errors
    /// When the graph would pass a limit ([`Error::is_limit`]).
    pub fn at(&self, as_of: Date) -> Result<Rules, Error> {
        let starts = self.starts();
        let next = starts.partition_point(|s| *s <= as_of);
        let start = next.checked_sub(1).and_then(|i| starts.get(i)).copied().unwrap_or(Date::FIRST);
        let mut graphs = self.graphs.lock().unwrap_or_else(PoisonError::into_inner);
        let graph = if let Some(graph) = graphs.get(&start) {
            Arc::clone(graph)
        } else {
            let graph = from_checked::compile_within(&self.model, as_of, &self.limits);
            let graph = Arc::new(graph.map_err(|e| Error::limit(e.to_string()))?);
            graphs.insert(start, Arc::clone(&graph));
            graph
        };
        drop(graphs);
        let bound = graph.bind(as_of).ok_or_else(|| Error::limit("the date is outside the calendar"))?;
        Ok(Rules::new(&self.model, bound, self.fingerprint.clone(), self.limits))
    }

    fn starts(&self) -> &[Date] {
        self.starts.get_or_init(|| from_checked::epochs(&self.model))
    }

    fn of_scenarios(&self, day: Date) -> Result<Arc<Rules>, Error> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rules) = last.as_ref().filter(|rules| rules.as_of() == day) {
            return Ok(Arc::clone(rules));
        }
        let rules = Arc::new(self.at(day)?);
        *last = Some(Arc::clone(&rules));
        Ok(rules)
    }

    /// Runs one scenario of a policy and says where it differs from what its author expects.
    ///
    /// # Errors
    /// When the rules of its day cannot be compiled, or its facts contradict a constraint.
    pub fn run_scenario(&self, policy: PolicyId, scenario: usize) -> Result<ScenarioOutcome, Error> {
        let found = self.model.policies.get(policy.index()).and_then(|p| p.scenarios.get(scenario));
        let Some(scenario) = found else { return Err(Error::limit("there is no such scenario")) };
        let rules = self.of_scenarios(scenario.on)?;
        let mut scratch = rules.lent();
        let profile = scenario.profile.restore();
        rules.refuse_contradictions(&profile, &mut scratch)?;
        let outcome = exact::outcome(&rules.bound, policy, &profile, &mut scratch);
        Ok(scenario::run(&rules, policy, scenario, &profile, outcome))
    }
}

/// The rules of one day.
#[derive(Clone, Debug)]
pub struct Rules {
    model: Arc<Model>,
    bound: Bound,
    /// Made when a profile is first matched.
    table: Arc<OnceLock<Table>>,
    /// Made when grounds are first asked for.
    plan: Arc<OnceLock<grounds::Plan>>,
    /// By kind of record, made when its rows are first matched.
    programs: Arc<Vec<OnceLock<Program>>>,
    pool: Arc<Pool>,
    fingerprint: String,
    limits: Limits,
}

impl Rules {
    fn new(model: &Arc<Model>, bound: Bound, fingerprint: String, limits: Limits) -> Self {
        let programs = Arc::new(model.schema.entities.iter().map(|_| OnceLock::new()).collect());
        Self {
            model: Arc::clone(model),
            bound,
            table: Arc::default(),
            plan: Arc::default(),
            programs,
            pool: Arc::default(),
            fingerprint,
            limits,
        }
    }

    /// The as-of date.
    #[must_use]
    pub const fn as_of(&self) -> Date {
        self.bound.as_of
    }

    /// The graph on that day.
    #[must_use]
    pub const fn bound(&self) -> &Bound {
        &self.bound
    }

    /// The typed policy set.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The fingerprint of the set.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The limits on work that the set was opened with.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Memory for evaluations, bounded by the limits of the set.
    #[must_use]
    pub fn scratch(&self) -> Scratch {
        Scratch::within(self.limits)
    }

    /// The same, handed on from call to call.
    fn lent(&self) -> Lent<'_> {
        self.pool.lend(self.limits)
    }

    /// Every policy's verdict on one profile.
    ///
    /// # Errors
    /// When the profile contradicts a constraint of the vocabulary; the message names it.
    pub fn match_profile<'r>(&'r self, profile: &'r Profile) -> Result<Matches<'r>, Error> {
        let mut scratch = self.lent();
        self.refuse_contradictions(profile, &mut scratch)?;
        let outcomes = self.outcomes(profile, &mut scratch);
        Ok(Matches { rules: self, profile, outcomes })
    }

    fn refuse_contradictions(&self, profile: &Profile, scratch: &mut Scratch) -> Result<(), Error> {
        let contradictions = exact::contradictions(&self.bound, profile, scratch);
        let Some((index, record)) = contradictions.first() else { return Ok(()) };
        let always = self.model.always.get(*index);
        let label = always.map_or("", |a| a.label.get(Language::En));
        let entity = always.and_then(|a| self.model.schema.entity(a.owner)).map_or("", |e| e.name.id.as_str());
        Err(Error::profile(format!(
            "the profile contradicts what always holds of a {entity} (record {} of the profile): {label}",
            record.0
        )))
    }

    /// Every policy's verdict, with memory that is reused and without looking for contradictions first.
    #[must_use]
    pub fn outcomes(&self, profile: &Profile, scratch: &mut Scratch) -> Vec<Outcome> {
        let nothing = Outcome { verdict: Verdict::NotInForce, not_proved: false, by_kleene: true };
        let mut outcomes = vec![nothing; self.bound.graph.entries().len()];
        self.outcomes_into(profile, scratch, &mut outcomes);
        outcomes
    }

    /// Every policy's verdict into memory of the caller, in the order of the policies' ids; as many as it has places for.
    /// After the first profiles nothing is allocated where Kleene logic or the clause table settles the verdicts.
    ///
    /// ```
    /// # use entitle::{Engine, profile::Profile, verdict::{Outcome, Verdict, from_graph::Scratch}};
    /// # let engine = Engine::from_texts([("none.policy".to_owned(), String::new())])?;
    /// let rules = engine.at("2026-01-01".parse().unwrap())?;
    /// let (mut scratch, mut outcomes) = (Scratch::default(), Vec::new());
    /// rules.outcomes_into(&Profile::new(), &mut scratch, &mut outcomes);
    /// # Ok::<(), entitle::Error>(())
    /// ```
    pub fn outcomes_into(&self, profile: &Profile, scratch: &mut Scratch, out: &mut [Outcome]) {
        table::outcomes(&self.bound, self.table(), profile, scratch, out);
    }

    /// The verdicts of strong Kleene logic alone: never wrong, but undetermined where the exact answer may be settled.
    pub fn kleene_into(&self, profile: &Profile, scratch: &mut Scratch, out: &mut [Verdict]) {
        table::kleene(&self.bound, self.table(), profile, scratch, out);
    }

    /// The policies that are certainly eligible by strong Kleene logic alone, in the order of their ids; `out` is emptied first.
    ///
    /// ```
    /// # use entitle::{Engine, profile::Profile, verdict::from_graph::Scratch};
    /// # let engine = Engine::from_texts([("none.policy".to_owned(), String::new())])?;
    /// let rules = engine.at("2026-01-01".parse().unwrap())?;
    /// let (mut scratch, mut eligible) = (Scratch::default(), Vec::new());
    /// rules.eligible_into(&Profile::new(), &mut scratch, &mut eligible);
    /// assert!(eligible.is_empty());
    /// # Ok::<(), entitle::Error>(())
    /// ```
    pub fn eligible_into(&self, profile: &Profile, scratch: &mut Scratch, out: &mut Vec<PolicyId>) {
        table::eligible(&self.bound, self.table(), profile, scratch, (out, false));
    }

    /// The policies that are eligible by the exact verdicts, in the order of their ids; `out` is emptied first. Cheaper than
    /// [`Rules::outcomes_into`]: only policies that are open without proof are looked at one by one.
    ///
    /// ```
    /// # use entitle::{Engine, profile::Profile, verdict::from_graph::Scratch};
    /// # let engine = Engine::from_texts([("none.policy".to_owned(), String::new())])?;
    /// let rules = engine.at("2026-01-01".parse().unwrap())?;
    /// let (mut scratch, mut eligible) = (Scratch::default(), Vec::new());
    /// rules.exactly_eligible_into(&Profile::new(), &mut scratch, &mut eligible);
    /// assert!(eligible.is_empty());
    /// # Ok::<(), entitle::Error>(())
    /// ```
    pub fn exactly_eligible_into(&self, profile: &Profile, scratch: &mut Scratch, out: &mut Vec<PolicyId>) {
        table::eligible(&self.bound, self.table(), profile, scratch, (out, true));
    }

    /// Every policy's exact verdict with its grounds: reasons as flat data, which cost little more than the verdicts. `into` is emptied first
    /// and reused. Contradictions are not looked for.
    ///
    /// ```
    /// use entitle::{Engine, ids::PolicyId, profile::Profile, verdict::Truth, why::grounds::Grounds};
    /// let text = r#"
    ///     enum category { welfare }
    ///     record person { birth_date: date }
    ///     policy tea for person {
    ///         category: welfare
    ///         in force: from 2020-01-01 until further notice
    ///         source: "an example"
    ///         status: illustrative
    ///         eligible when { today - birth_date >= 60 years old }
    ///     }
    /// "#;
    /// let engine = Engine::from_texts([("tea.policy".to_owned(), text.to_owned())])?;
    /// let rules = engine.at("2026-01-01".parse().unwrap())?;
    /// let (mut scratch, mut grounds) = (rules.scratch(), Grounds::default());
    /// rules.grounds_into(&Profile::new(), &mut scratch, &mut grounds);
    /// let open: Vec<Truth> = grounds.of(PolicyId(0)).iter().map(|ground| ground.truth).collect();
    /// assert_eq!(open, [Truth::Unknown]);
    /// # Ok::<(), entitle::Error>(())
    /// ```
    pub fn grounds_into(&self, profile: &Profile, scratch: &mut Scratch, into: &mut Grounds) {
        let plan = self.plan.get_or_init(|| grounds::Plan::new(&self.bound));
        grounds::grounds(&self.bound, (self.table(), plan), profile, scratch, into);
    }

    fn table(&self) -> &Table {
        self.table.get_or_init(|| Table::new(&self.bound))
    }
}

/// The verdicts on one profile.
#[derive(Debug)]
pub struct Matches<'r> {
    rules: &'r Rules,
    profile: &'r Profile,
    outcomes: Vec<Outcome>,
}

impl Matches<'_> {
    /// The verdicts, in the order of the policies' ids.
    pub fn verdicts(&self) -> impl Iterator<Item = Verdict> + '_ {
        self.outcomes.iter().map(|o| o.verdict)
    }

    /// The verdict on one policy.
    #[must_use]
    pub fn verdict(&self, policy: PolicyId) -> Verdict {
        self.outcomes.get(policy.index()).map_or(Verdict::NotInForce, |o| o.verdict)
    }

    /// The rules.
    #[must_use]
    pub const fn rules(&self) -> &Rules {
        self.rules
    }

    /// The profile.
    #[must_use]
    pub const fn profile(&self) -> &Profile {
        self.profile
    }

    /// Why a policy has its verdict.
    #[must_use]
    pub fn explain(&self, policy: PolicyId) -> Explanation {
        self.explain_with(policy, &mut self.rules.lent())
    }

    /// The same, with memory that is reused.
    #[must_use]
    pub fn explain_with(&self, policy: PolicyId, scratch: &mut Scratch) -> Explanation {
        let nothing = Outcome { verdict: Verdict::NotInForce, not_proved: false, by_kleene: true };
        let outcome = self.outcomes.get(policy.index()).copied().unwrap_or(nothing);
        from_verdict::explain(&self.rules.bound, self.profile, policy, outcome, scratch)
    }

    /// Why each of some policies has its verdict. What they share is evaluated once.
    #[must_use]
    pub fn explain_all(&self, policies: &[PolicyId], scratch: &mut Scratch) -> Vec<Explanation> {
        let nothing = Outcome { verdict: Verdict::NotInForce, not_proved: false, by_kleene: true };
        let outcome = |p: &PolicyId| self.outcomes.get(p.index()).copied().unwrap_or(nothing);
        let all: Vec<(PolicyId, Outcome)> = policies.iter().map(|p| (*p, outcome(p))).collect();
        from_verdict::explain_all(&self.rules.bound, self.profile, &all, scratch)
    }

    /// Every written policy with why it has its verdict, in the order of the policies' ids.
    #[must_use]
    pub fn explanations(&self) -> Vec<(PolicyId, Explanation)> {
        let policies = self.rules.model.policies.iter().enumerate();
        let written: Vec<PolicyId> = policies.filter(|(_, p)| p.written).map(|(i, _)| PolicyId::of(i)).collect();
        let explanations = self.explain_all(&written, &mut self.rules.lent());
        written.into_iter().zip(explanations).collect()
    }

    /// Whether the profile says that the unit a policy is for already receives it, or is recognised as it.
    #[must_use]
    pub fn received(&self, policy: PolicyId) -> bool {
        let schema = &self.rules.model.schema;
        let Some(unit) = self.rules.model.policies.get(policy.index()).map(|p| p.unit) else { return false };
        let Some(record) = self.profile.root(unit) else { return false };
        ["benefits", "recognitions"].iter().any(|name| {
            let at = schema.field_named(unit, name).and_then(|f| position(schema, f));
            at.is_some_and(
                |at| matches!(self.profile.slot(record, at), Slot::Set { known, .. } if known.contains(&policy.0)),
            )
        })
    }
}

fn read_paths(paths: &[impl AsRef<Path>]) -> Result<Vec<(String, String)>, Error> {
    let mut files: Vec<PathBuf> = Vec::new();
    for path in paths {
        collect(path.as_ref(), &mut files, 0)?;
    }
    files.sort();
    files.dedup();
    files
        .into_iter()
        .map(|path| {
            let name = path.display().to_string();
            let bytes = std::fs::read(&path).map_err(|e| Error::io(format!("{name} cannot be read: {e}"), e))?;
            let text = String::from_utf8(bytes).map_err(|e| {
                let at = e.utf8_error().valid_up_to();
                Error::io(format!("{name} is not UTF-8 text (byte {at})"), std::io::Error::other("not UTF-8"))
            })?;
            Ok((name, text))
        })
        .collect()
}

fn collect(path: &Path, files: &mut Vec<PathBuf>, depth: u32) -> Result<(), Error> {
    let error = |e: std::io::Error| Error::io(format!("{} cannot be read: {e}", path.display()), e);
    if !path.is_dir() {
        std::fs::metadata(path).map_err(error)?;
        files.push(path.to_owned());
        return Ok(());
    }
    if depth > 16 {
        return Ok(());
    }
    for entry in std::fs::read_dir(path).map_err(error)? {
        let inner = entry.map_err(error)?.path();
        if inner.is_dir() || inner.extension().is_some_and(|e| e == "policy") {
            collect(&inner, files, depth + 1)?;
        }
    }
    Ok(())
}

fn fingerprint(sources: &Sources) -> String {
    let mut texts: Vec<[u8; 32]> = sources.iter().map(|(_, s)| Sha256::digest(s.text.as_bytes()).into()).collect();
    texts.sort_unstable();
    let mut whole = Sha256::new();
    whole.update(b"entitle policy set 1\n");
    for text in texts {
        whole.update(text);
    }
    let mut text = String::with_capacity(64);
    for byte in whole.finalize() {
        text += &format!("{byte:02x}");
    }
    text
}
