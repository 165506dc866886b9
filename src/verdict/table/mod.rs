//! The clause table: all policies on one profile at once, in strong Kleene logic.
//!
//! Every policy stands as clauses ([`crate::graph::clauses`]), one bit a clause. The facts that are read once a profile come first: the
//! cut points of its tests part a fact's values into spans, and each span has a row of bits, the clauses that such a value makes hold. A
//! profile is then matched by looking each fact up and joining its row; a missing fact joins the clauses that it could make hold. Clauses
//! are laid out in planes, the first of every policy, the second of every policy and so on, so that "all clauses hold" is an "and" of
//! planes. Conditions of any other kind (lists, sums, sets) are asked of the evaluator afterwards, and only for policies that the facts
//! have left open.
//!
//! Missing facts are joined in two parts: those that can be chosen freely for a policy ("free": no two tests of it pull at them, no constraint
//! ties them) and the others. A policy that holds if the free ones are chosen well, and fails if they are chosen badly, is open, proved;
//! only what is left goes to the exact search.

mod build;
mod few;

use super::completion::{self, Shown};
use super::from_graph::{Evaluation, Scratch};
use super::{Outcome, Truth, Verdict, exact};
use crate::columns::set_bits;
use crate::graph::{Bound, Entry, Node, NodeId};
use crate::ids::PolicyId;
use crate::profile::{Profile, RecordIx, Slot};

/// Cut points up to this many are counted, more are searched.
const COUNTED: usize = 32;

/// Words that are joined together.
const TOGETHER: usize = 8;

/// The most values a fact may have between its cut points to be looked up directly.
const DIRECT: i64 = 1024;

/// The clause table of one day.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// Where each policy's verdict is, by its id.
    places: Vec<Place>,
    /// Which policy a bit is.
    policies: Vec<PolicyId>,
    /// Policies whose clauses are their own, and those whose clauses are of the opposite: one bit each.
    straight: Vec<u64>,
    opposite: Vec<u64>,
    /// Words in a plane: where each begins, and the end of the last.
    planes: Vec<u32>,
    /// Bits that stand for no clause: always held.
    filler: Vec<u64>,
    /// Records that facts are read from, each with its facts.
    groups: Vec<Group>,
    /// How many of their facts have rows with all words.
    wholes: usize,
    /// The spans of facts whose cut points stand close together, by value.
    direct: Vec<u16>,
    cuts: Vec<i32>,
    /// Cut points of facts that have some beyond 32 bits.
    wide_cuts: Vec<i64>,
    /// Rows that have all words, some words at a time.
    whole: Vec<[u64; TOGETHER]>,
    /// Rows that have not.
    parts: Vec<u64>,
    /// Places of the words of rows that do not have all of them.
    spread: Vec<u32>,
    /// Conditions of other kinds.
    asked: Vec<Asked>,
    /// By bit of a policy: those of `asked` in its clauses.
    asked_of: Vec<Box<[u32]>>,
    /// Clauses with a condition of another kind.
    open: Missing,
    /// By policy, for those that Kleene logic leaves open.
    forms: Vec<Option<few::Form>>,
}

/// Where a policy's verdict is.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// Past every word where the policy is not in force.
    word: u32,
    bit: u8,
    /// 4 where its clauses are those of the opposite.
    opposite: u8,
}

/// The verdict by what is set: 1 all clauses hold, 2 all could, 4 they are those of the opposite.
const VERDICTS: [Verdict; 8] = [
    Verdict::Ineligible,
    Verdict::Ineligible,
    Verdict::Undetermined,
    Verdict::Eligible,
    Verdict::Eligible,
    Verdict::Eligible,
    Verdict::Undetermined,
    Verdict::Ineligible,
];

#[derive(Clone, Debug)]
struct Group {
    record: NodeId,
    facts: Vec<Looked>,
}

/// A fact, its cut points and its rows.
#[derive(Clone, Debug)]
struct Looked {
    position: u32,
    spans: Spans,
    rows: Rows,
}

/// The rows of a fact: one for each span between cut points, and what is joined where the fact is missing.
#[derive(Clone, Debug)]
enum Rows {
    /// They have all words: the first of them, and those of what the fact could make hold, where it is free and where it is tied; in
    /// [`Table::whole`].
    Whole { first: u32, gaps: [Option<u32>; 2] },
    /// They have some words: where those go, in [`Table::spread`], and the first row, in [`Table::parts`].
    Spread { places: (u32, u32), first: u32, missing: Missing },
}

/// How a value finds its span between cut points.
#[derive(Clone, Copy, Debug)]
enum Spans {
    /// Its distance from `least`, held within the places from `first` to `last` of [`Table::direct`].
    Direct { least: i64, first: u32, last: u32 },
    /// A search among cut points of 32 bits.
    Cuts(u32, u32),
    /// A search among cut points of 64 bits.
    WideCuts(u32, u32),
}

/// The clauses that something unknown could make hold: rows of words.
#[derive(Clone, Debug, Default)]
struct Missing {
    free: Vec<(u32, u64)>,
    tied: Vec<(u32, u64)>,
}

#[derive(Clone, Debug)]
struct Asked {
    node: NodeId,
    /// Clauses that hold where the condition does.
    held: Vec<(u32, u64)>,
    /// Clauses that hold where it fails.
    failed: Vec<(u32, u64)>,
    missing: Missing,
}

/// Memory for the words of one match.
#[derive(Default)]
pub(crate) struct Words {
    /// Clauses that hold.
    held: Vec<u64>,
    /// Clauses that a free missing fact could make hold.
    free: Vec<u64>,
    /// Clauses that another missing fact could make hold.
    tied: Vec<u64>,
    /// By policy: decided, holds if free facts are chosen well, fails if they are chosen badly.
    answers: Answers,
    /// What the conditions of other kinds came to, where they were asked.
    asked: Vec<Option<Truth>>,
    /// Whether any was asked, so that the evaluator's memory holds values of this profile.
    evaluated: bool,
    /// Whether a condition was left open because it took all steps that the limits allow.
    spent: bool,
    /// Where the rows begin that have all words: of what is held, and of what free and tied facts could make hold.
    rows: [Vec<usize>; 3],
    /// By policy id: whether it was found to be eligible.
    found: Vec<u64>,
    missing: Option<Box<few::Missing>>,
    /// Of conditions of other kinds, by number: whether it is shown that they can hold and can fail.
    turning: Vec<Option<bool>>,
}

impl Words {
    /// An evaluation of the profile that was matched last with these words and `scratch`, with the values there are.
    pub(crate) fn evaluation<'a>(
        &self,
        bound: &'a Bound,
        profile: &'a Profile,
        scratch: &'a mut Scratch,
    ) -> Evaluation<'a, Profile> {
        let begin = if self.evaluated && !self.spent { Evaluation::resumed } else { Evaluation::new };
        begin(bound, profile, scratch)
    }
}

/// Words of one bit a policy.
#[derive(Default)]
struct Answers {
    /// All clauses hold.
    certain: Vec<u64>,
    /// All clauses hold or could.
    possible: Vec<u64>,
    /// All clauses hold, or could by free facts.
    well: Vec<u64>,
    /// All clauses hold, or could by tied facts.
    badly: Vec<u64>,
}

/// The exact verdicts on all policies, in the order of their ids.
pub(crate) fn outcomes(bound: &Bound, table: &Table, profile: &Profile, scratch: &mut Scratch, out: &mut [Outcome]) {
    outcomes_of(bound, table, profile, scratch, (out, &|_| true));
}

/// The same, exact only for the policies that are wanted, by their ids; of the others the Kleene verdicts.
pub(crate) fn outcomes_of(
    bound: &Bound,
    table: &Table,
    profile: &Profile,
    scratch: &mut Scratch,
    wanted: (&mut [Outcome], &dyn Fn(usize) -> bool),
) {
    let mut words = scratch.words();
    outcomes_with(bound, table, profile, (scratch, &mut words), wanted);
    scratch.give_back_words(words);
}

/// The same; afterwards [`Table::clause`] reads from `words` what each clause came to in Kleene logic.
pub(crate) fn outcomes_with(
    bound: &Bound,
    table: &Table,
    profile: &Profile,
    (scratch, words): (&mut Scratch, &mut Words),
    (out, wanted): (&mut [Outcome], &dyn Fn(usize) -> bool),
) {
    table.run(bound, profile, words, scratch);
    if words.spent {
        // Which policies that concerns, the table does not say; policy by policy it is known.
        out.iter_mut().zip(exact::outcomes(bound, profile, scratch)).for_each(|(slot, outcome)| *slot = outcome);
        return;
    }
    for (outcome, place) in out.iter_mut().zip(&table.places) {
        *outcome = Outcome { verdict: verdict(*place, &words.answers), not_proved: false, by_kleene: true };
    }
    settle(bound, table, profile, (scratch, words), wanted, &mut |policy, outcome| {
        if let Some(slot) = out.get_mut(policy.index()) {
            *slot = outcome;
        }
    });
}

/// Settles what is wanted of the policies that Kleene logic leaves undetermined without proof that they are open.
fn settle(
    bound: &Bound,
    table: &Table,
    profile: &Profile,
    (scratch, words): (&mut Scratch, &mut Words),
    wanted: &dyn Fn(usize) -> bool,
    found: &mut dyn FnMut(PolicyId, Outcome),
) {
    let mut search = Search { bound, table, profile, evaluated: words.evaluated, scratch: Some(scratch), begun: None };
    let mut missing = words.missing.take().unwrap_or_default();
    let mut turning = std::mem::take(&mut words.turning);
    turning.clear();
    turning.resize(table.asked.len(), None);
    for policy in table.unproved(&words.answers).filter(|policy| wanted(policy.index())) {
        let Some(entry) = bound.graph.entry(policy) else { continue };
        let Some(root) = entry.root else { continue };
        let mut turns = |number: u32| {
            let Some(known) = turning.get_mut(number as usize) else { return false };
            *known.get_or_insert_with(|| search.turns(number))
        };
        let settled = few::settle(bound, table, policy.index(), profile, (words, &mut missing), &mut turns);
        if let Some(settled) = settled.map_or_else(|shown| search.undecided(entry, root, shown), Some) {
            found(policy, settled);
        }
    }
    words.missing = Some(missing);
    words.turning = turning;
    search.end();
}

/// What searches need, made when the first one does.
struct Search<'a, 's> {
    bound: &'a Bound,
    table: &'a Table,
    profile: &'a Profile,
    /// Whether `scratch` holds values of the profile.
    evaluated: bool,
    scratch: Option<&'s mut Scratch>,
    begun: Option<(Scratch, Evaluation<'s, Profile>)>,
}

impl<'a: 's, 's> Search<'a, 's> {
    fn begun(&mut self) -> Option<&mut (Scratch, Evaluation<'s, Profile>)> {
        if let Some(scratch) = self.scratch.take() {
            let search = scratch.search();
            let begin = if self.evaluated { Evaluation::resumed } else { Evaluation::new };
            self.begun = Some((search, begin(self.bound, self.profile, scratch)));
        }
        self.begun.as_mut()
    }

    fn undecided(&mut self, entry: &Entry, root: NodeId, shown: Shown) -> Option<Outcome> {
        let (bound, profile) = (self.bound, self.profile);
        let (search, base) = self.begun()?;
        // Fills the evaluator's memory with what is settled, which the search builds on.
        base.afresh(root);
        Some(exact::undecided(bound, entry, profile, shown, base, search))
    }

    /// Whether it is shown that a condition of another kind can hold and can fail.
    fn turns(&mut self, number: u32) -> bool {
        let (bound, profile) = (self.bound, self.profile);
        let Some(node) = self.table.asked.get(number as usize).map(|asked| asked.node) else { return false };
        let Some((search, base)) = self.begun() else { return false };
        base.afresh(node);
        completion::open(bound, node, &[], Shown::default(), (&*base, profile), search)
    }

    fn end(self) {
        if let Some((search, base)) = self.begun {
            base.into_scratch().give_back(search);
        }
    }
}

/// The Kleene verdicts on all policies, in the order of their ids.
pub(crate) fn kleene(bound: &Bound, table: &Table, profile: &Profile, scratch: &mut Scratch, out: &mut [Verdict]) {
    let mut words = scratch.words();
    table.run(bound, profile, &mut words, scratch);
    for (slot, place) in out.iter_mut().zip(&table.places) {
        *slot = verdict(*place, &words.answers);
    }
    scratch.give_back_words(words);
}

/// The policies that are certainly eligible, in the order of their ids: exactly, or by Kleene logic alone.
pub(crate) fn eligible(
    bound: &Bound,
    table: &Table,
    profile: &Profile,
    scratch: &mut Scratch,
    (out, exactly): (&mut Vec<PolicyId>, bool),
) {
    let mut words = scratch.words();
    table.run(bound, profile, &mut words, scratch);
    out.clear();
    if exactly && words.spent {
        let outcomes = bound.graph.entries.iter().zip(exact::outcomes(bound, profile, scratch));
        out.extend(outcomes.filter(|(_, o)| o.verdict == Verdict::Eligible).map(|(entry, _)| entry.policy));
    } else {
        // One bit a policy puts them in order, which sorting would take longer for than finding them.
        let mut found = std::mem::take(&mut words.found);
        found.clear();
        found.resize(table.places.len().div_ceil(64), 0);
        let mut mark = |policy: PolicyId| {
            let at = policy.index();
            found.get_mut(at / 64).into_iter().for_each(|word| *word |= 1 << (at % 64));
        };
        table.certain(&words.answers).for_each(&mut mark);
        if exactly {
            settle(bound, table, profile, (scratch, &mut words), &|_| true, &mut |policy, outcome| {
                if outcome.verdict == Verdict::Eligible {
                    mark(policy);
                }
            });
        }
        set_bits(found.iter().copied()).for_each(|at| out.push(PolicyId::of(at)));
        words.found = found;
    }
    scratch.give_back_words(words);
}

impl Table {
    /// Matches a profile. The answers stay in `words`; [`Table::certain`] and [`Table::unproved`] read them.
    pub(crate) fn run(&self, bound: &Bound, profile: &Profile, words: &mut Words, scratch: &mut Scratch) {
        self.read(bound, profile, words);
        if self.asked.is_empty() {
            self.answer(words);
            return;
        }
        // With every other condition unknown, most policies are decided already.
        join_spread(&mut words.free, &self.open.free);
        join_spread(&mut words.tied, &self.open.tied);
        self.answer(words);
        if !words.answers.undecided() {
            return;
        }
        self.ask(bound, profile, words, scratch);
    }

    /// The policies that are undetermined without proof that they are open.
    fn unproved<'t>(&'t self, answers: &'t Answers) -> impl Iterator<Item = PolicyId> + 't {
        let used = self.straight.iter().zip(&self.opposite).map(|(straight, opposite)| straight | opposite);
        let undecided = answers.possible.iter().zip(&answers.certain).map(|(possible, certain)| possible & !certain);
        let proved = answers.well.iter().zip(&answers.badly).map(|(well, badly)| well & !badly);
        let left = used.zip(undecided).zip(proved).map(|((used, undecided), proved)| used & undecided & !proved);
        self.named(left)
    }

    /// The policies of the bits that are set.
    fn named<'t>(&'t self, words: impl Iterator<Item = u64> + 't) -> impl Iterator<Item = PolicyId> + 't {
        set_bits(words).filter_map(|bit| self.policies.get(bit).copied())
    }

    /// The policies that are certainly eligible in Kleene logic.
    fn certain<'t>(&'t self, answers: &'t Answers) -> impl Iterator<Item = PolicyId> + 't {
        let answers = answers.certain.iter().zip(&answers.possible);
        let words = answers.zip(self.straight.iter().zip(&self.opposite));
        self.named(
            words.map(|((certain, possible), (straight, opposite))| (certain & straight) | (!possible & opposite)),
        )
    }

    /// What a clause of a policy, in the order of [`crate::graph::clauses::Clauses`], came to in Kleene logic.
    #[inline]
    pub(crate) fn clause(&self, policy: usize, clause: usize, words: &Words) -> Truth {
        let (Some(place), Some(plane)) = (self.places.get(policy), self.planes.get(clause)) else {
            return Truth::Unknown;
        };
        let at = (plane + place.word) as usize;
        let bit = |words: &[u64]| words.get(at).is_some_and(|word| word >> place.bit & 1 == 1);
        if bit(&words.held) {
            Truth::True
        } else if bit(&words.free) || bit(&words.tied) {
            Truth::Unknown
        } else {
            Truth::False
        }
    }

    /// Looks up every fact that is read once a profile.
    fn read(&self, bound: &Bound, profile: &Profile, words: &mut Words) {
        words.reset(&self.filler);
        (words.spent, words.evaluated) = (false, false);
        let Words { held, free, tied, rows, .. } = words;
        rows.iter_mut().for_each(|rows| rows.resize(self.wholes, 0));
        let [held_rows, free_rows, tied_rows] = rows.each_mut().map(Vec::as_mut_slice);
        let (mut of_held, mut of_free, mut of_tied) = (0, 0, 0);
        let width = self.filler.len() / TOGETHER;
        for group in &self.groups {
            let record = record(bound, group.record, profile).and_then(|ix| profile.record(ix));
            let slots = record.map_or(&[][..], |r| r.slots.as_slice());
            for fact in &group.facts {
                let value = match slots.get(fact.position as usize) {
                    Some(Slot::Scalar(value)) => Some(*value),
                    _ => None,
                };
                match (&fact.rows, value) {
                    (Rows::Whole { first, .. }, Some(value)) => {
                        put(held_rows, &mut of_held, *first as usize + self.span(fact, value) * width);
                    }
                    (Rows::Whole { gaps: [when_free, when_tied], .. }, None) => {
                        when_free.iter().for_each(|row| put(free_rows, &mut of_free, *row as usize));
                        when_tied.iter().for_each(|row| put(tied_rows, &mut of_tied, *row as usize));
                    }
                    (Rows::Spread { places, first, .. }, Some(value)) => {
                        self.join_parts(*places, *first as usize, self.span(fact, value), held);
                    }
                    (Rows::Spread { missing, .. }, None) => {
                        join_spread(free, &missing.free);
                        join_spread(tied, &missing.tied);
                    }
                }
            }
        }
        for (into, rows, count) in [(held, held_rows, of_held), (free, free_rows, of_free), (tied, tied_rows, of_tied)]
        {
            if count > 0 {
                self.join_rows(rows.get(..count).unwrap_or_default(), into);
            }
        }
    }

    /// Joins rows that have all words, some words of all of them at a time, so that what they add up to never leaves the registers.
    #[inline(never)]
    fn join_rows(&self, rows: &[usize], into: &mut [u64]) {
        let (chunks, rest) = into.as_chunks_mut::<TOGETHER>();
        debug_assert!(rest.is_empty(), "planes are laid out in whole chunks");
        for (at, chunk) in chunks.iter_mut().enumerate() {
            let mut sum = *chunk;
            for row in rows {
                if let Some(bits) = self.whole.get(row + at) {
                    sum.iter_mut().zip(bits).for_each(|(sum, bits)| *sum |= bits);
                }
            }
            *chunk = sum;
        }
    }

    #[inline]
    fn span(&self, fact: &Looked, value: i64) -> usize {
        match fact.spans {
            Spans::Direct { least, first, last } => {
                let most = i64::from(last - first);
                let distance = value.saturating_sub(least).clamp(0, most);
                let at = first as usize + usize::try_from(distance).unwrap_or(0);
                self.direct.get(at).map_or(0, |span| usize::from(*span))
            }
            Spans::Cuts(from, to) => {
                let value = i32::try_from(value).unwrap_or(if value < 0 { i32::MIN } else { i32::MAX });
                let cuts = self.cuts.get(from as usize..to as usize).unwrap_or(&[]);
                if cuts.len() <= COUNTED {
                    // Counting four at a time beats searching until there are many.
                    cuts.iter().map(|cut| u32::from(*cut <= value)).sum::<u32>() as usize
                } else {
                    cuts.partition_point(|cut| *cut <= value)
                }
            }
            Spans::WideCuts(from, to) => {
                let cuts = self.wide_cuts.get(from as usize..to as usize).unwrap_or(&[]);
                cuts.partition_point(|cut| *cut <= value)
            }
        }
    }

    fn join_parts(&self, (from, to): (u32, u32), first: usize, span: usize, held: &mut [u64]) {
        let places = self.spread.get(from as usize..to as usize).unwrap_or_default();
        let start = first + span * places.len();
        let row = self.parts.get(start..start + places.len()).unwrap_or_default();
        for (place, bits) in places.iter().zip(row) {
            if let Some(word) = held.get_mut(*place as usize) {
                *word |= bits;
            }
        }
    }

    /// One bit a policy out of one bit a clause.
    fn answer(&self, words: &mut Words) {
        let Words { held, free, tied, answers, .. } = words;
        let width = self.planes.get(1).map_or(0, |end| *end as usize);
        let Answers { certain, possible, well, badly } = answers;
        for list in [&mut *certain, possible, well, badly] {
            list.resize(width, 0);
        }
        let into = certain.iter_mut().zip(possible).zip(well.iter_mut().zip(badly)).enumerate();
        for (word, ((certain, possible), (well, badly))) in into {
            let (mut all, mut could, mut freely, mut otherwise) = (u64::MAX, u64::MAX, u64::MAX, u64::MAX);
            for ends in self.planes.windows(2) {
                let [start, end] = *ends else { break };
                let at = start as usize + word;
                // No plane has more words than the one before.
                if at >= end as usize {
                    break;
                }
                let (Some(held), Some(free), Some(tied)) = (held.get(at), free.get(at), tied.get(at)) else { break };
                all &= held;
                could &= held | free | tied;
                freely &= held | free;
                otherwise &= held | tied;
            }
            (*certain, *possible, *well, *badly) = (all, could, freely, otherwise);
        }
    }

    /// Asks the other conditions of the policies that are not decided.
    fn ask(&self, bound: &Bound, profile: &Profile, words: &mut Words, scratch: &mut Scratch) {
        words.asked.clear();
        words.asked.resize(self.asked.len(), None);
        let mut any = false;
        let open =
            words.answers.possible.iter().zip(&words.answers.certain).map(|(possible, certain)| possible & !certain);
        for asked in set_bits(open).filter_map(|bit| self.asked_of.get(bit)).flatten() {
            if let Some(slot) = words.asked.get_mut(*asked as usize) {
                *slot = Some(Truth::Unknown);
                any = true;
            }
        }
        if !any {
            return;
        }
        // Once more without the assumption that all of them are unknown.
        self.read(bound, profile, words);
        let mut evaluation = Evaluation::new(bound, profile, scratch);
        words.evaluated = true;
        let Words { held, free, tied, asked, spent, .. } = words;
        for (asked, found) in self.asked.iter().zip(asked.iter_mut()) {
            if found.is_some() {
                *found = Some(evaluation.afresh(asked.node));
                *spent |= evaluation.steps == 0;
            }
            match found.unwrap_or(Truth::Unknown) {
                Truth::True => join_spread(held, &asked.held),
                Truth::False => join_spread(held, &asked.failed),
                Truth::Unknown => {
                    join_spread(free, &asked.missing.free);
                    join_spread(tied, &asked.missing.tied);
                }
            }
        }
        self.answer(words);
    }
}

impl Answers {
    fn undecided(&self) -> bool {
        self.possible.iter().zip(&self.certain).any(|(possible, certain)| possible & !certain != 0)
    }
}

impl Words {
    fn reset(&mut self, filler: &[u64]) {
        self.held.clear();
        self.held.extend_from_slice(filler);
        for list in [&mut self.free, &mut self.tied] {
            list.clear();
            list.resize(filler.len(), 0);
        }
    }
}

#[inline]
fn verdict(place: Place, answers: &Answers) -> Verdict {
    let at = place.word as usize;
    let (Some(certain), Some(possible)) = (answers.certain.get(at), answers.possible.get(at)) else {
        return Verdict::NotInForce;
    };
    let bit = |word: &u64| usize::from(word >> place.bit & 1 == 1);
    let set = bit(certain) | bit(possible) << 1 | usize::from(place.opposite);
    VERDICTS.get(set).copied().unwrap_or(Verdict::Undetermined)
}

/// Writes a row to the next place of a list that has room.
#[inline]
fn put(rows: &mut [usize], at: &mut usize, row: usize) {
    rows.get_mut(*at).into_iter().for_each(|slot| *slot = row);
    *at += 1;
}

#[inline]
fn join_spread(words: &mut [u64], row: &[(u32, u64)]) {
    for (place, bits) in row {
        if let Some(word) = words.get_mut(*place as usize) {
            *word |= bits;
        }
    }
}

/// The record of a node that is read once a profile.
pub(crate) fn record(bound: &Bound, node: NodeId, profile: &Profile) -> Option<RecordIx> {
    match bound.graph.node(node) {
        Node::Unit(entity) => profile.root(*entity),
        Node::Follow(fact) => {
            let from = record(bound, fact.record, profile)?;
            match profile.slot(from, fact.position as usize) {
                Slot::Record(ix) => Some(*ix),
                _ => None,
            }
        }
        _ => None,
    }
}
