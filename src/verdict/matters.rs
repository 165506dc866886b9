//! Whether the answer to one question can turn a verdict, and whether some answer settles it, whatever is known of the rest.
//!
//! Both are searches over regions, as for verdicts. An answer turns a verdict where two households that differ in it alone
//! have different verdicts: the two are narrowed side by side, what they share in both, the answer in each by itself. An
//! answer settles a verdict where no completion of the rest changes it any more: answers are narrowed on the outside, the
//! rest within. The answer to a list is how many further entries it has; what is true of those belongs to the rest when it
//! is asked what settles, and to the answer when it is asked what turns.

use super::Truth;
use super::completion;
use super::exact::{RECORDS, Region, look_within, relevant};
use super::facts::{Entries, Facts, Reading};
use super::from_graph::{Blocker, Evaluation, Scratch};
use crate::graph::{Bound, Constraint, FactRef, NodeId};
use crate::ids::{EntityId, FieldId, PolicyId};
use crate::profile::{Profile, RecordIx};

/// The most pairs of regions that are looked at to find out whether an answer turns a verdict.
pub(crate) const PAIRS: u32 = 1_000;

/// The most regions that are looked at to find out whether an answer settles a verdict.
const ANSWERS: u32 = 1_000;

/// After an answer was found to be what decides in some region, so many more are looked at before the answers are parted.
const AFTER: u32 = 24;

/// Of the regions in which a policy applies, and of those in which it does not, so many of the last are kept to answer by.
const KEPT: usize = 8;

/// A fact of a record.
type Asked = (RecordIx, FieldId);

/// Questions about one policy.
pub(crate) struct Turns<'a> {
    bound: &'a Bound,
    profile: &'a Profile,
    root: NodeId,
    constraints: Vec<&'a Constraint>,
    /// How many records there are before anything is assumed.
    records: usize,
    /// Regions in which the policy applies, and those in which it does not, that came up.
    shown: [Vec<Region<'a>>; 2],
}

/// What is known of the verdict where the answer is one of some.
enum Tried {
    /// It is the same with each of them, whatever the rest is.
    Settled,
    /// With each of them it is open.
    Open,
    /// It hangs on which of them it is, in two parts.
    On(Blocker),
    /// Not found out within the limits.
    Spent,
}

impl<'a> Turns<'a> {
    /// None for a policy that has no conditions on that day.
    pub(crate) fn of(bound: &'a Bound, policy: PolicyId, profile: &'a Profile) -> Option<Self> {
        let entry = bound.graph.entry(policy)?;
        let root = entry.root?;
        let (constraints, shown) = (relevant(bound, entry), [Vec::new(), Vec::new()]);
        let records = Region::start(bound, profile).profile.len();
        Some(Self { bound, profile, root, constraints, records, shown })
    }

    /// What the policy and the constraints on its facts ask.
    pub(crate) fn nodes(&self) -> Vec<NodeId> {
        let roots: Vec<NodeId> = self.constraints.iter().map(|c| c.node).chain([self.root]).collect();
        self.bound.graph.below(&roots)
    }

    /// Whether two households that differ in the answer alone have different verdicts; none where that was not found out by looking at
    /// so many pairs.
    pub(crate) fn possible(&self, asked: Asked, pairs_left: u32, scratch: &mut Scratch) -> Option<bool> {
        let mut pairs = self.seeds(asked, scratch);
        let (mut left, mut steps) = (pairs_left, scratch.limits.steps);
        let mut later = Later::new(self.records);
        while let Some(pair) = later.next(&mut pairs, |[one, other]| one.size().max(other.size())) {
            if left == 0 || steps == 0 {
                return None;
            }
            left -= 1;
            // The policy applies to the first and not to the second.
            let [one, other] = &pair;
            let Some(first) = self.closed(one, Truth::True, &mut steps, scratch) else { continue };
            let Some(second) = self.closed(other, Truth::False, &mut steps, scratch) else { continue };
            match (first, second) {
                (Closed::Yes, Closed::Yes) => return Some(true),
                (Closed::On(Some(blocker)), _) if one.profile.len() < RECORDS => {
                    split(asked, pair, 0, blocker, &mut pairs);
                }
                (Closed::Yes, Closed::On(Some(blocker))) if other.profile.len() < RECORDS => {
                    split(asked, pair, 1, blocker, &mut pairs);
                }
                // A figure is missing, or the records are too many.
                _ => return None,
            }
        }
        Some(false)
    }

    /// The pairs that are looked at to begin with: together they are all there are, and those that may well show it come last.
    fn seeds(&self, asked: Asked, scratch: &mut Scratch) -> Vec<[Region<'a>; 2]> {
        let start = self.start(asked);
        // What is pushed last is tried first. At the bottom everything; then what came up before, where its records are these: the
        // same household with another answer.
        let mut pairs = vec![];
        let alike = |pairs: &mut Vec<[Region<'a>; 2]>, region: Region<'a>| {
            pairs.push([region.clone(), region.clone()]);
            if let Some([none, one]) = region.ended(asked.0, asked.1) {
                pairs.extend([[one.clone(), none.clone()], [none, one]]);
            }
        };
        match start.each(asked.0, asked.1) {
            Some(values) => {
                for (at, one) in values.iter().enumerate() {
                    let others = values.iter().enumerate().filter(|(i, _)| *i != at);
                    pairs.extend(others.map(|(_, other)| [one.clone(), other.clone()]));
                }
            }
            None => alike(&mut pairs, start.clone()),
        }
        if start.profile.len() == self.records {
            let other = |region: &Region<'a>| region.clone().answering(asked.0, asked.1, &start);
            let [applies, fails] = &self.shown;
            pairs.extend(applies.iter().map(|region| [region.clone(), other(region)]));
            pairs.extend(fails.iter().map(|region| [other(region), region.clone()]));
        }
        // First, households in which the policy seems to hang on the answer alone.
        if let Some(region) = self.hung(asked, &start, scratch) {
            alike(&mut pairs, region);
        }
        pairs
    }

    /// Whether the quick way shows that it turns, between two of these values: one completion in which it does with the fact alone.
    pub(crate) fn shown(&self, asked: Asked, values: &[i64], scratch: &mut Scratch) -> bool {
        let Self { bound, profile, root, constraints, .. } = self;
        let (record, field) = asked;
        let mut search = scratch.search();
        let base = Evaluation::new(bound, *profile, scratch);
        let hanging = completion::hanging(bound, *root, asked, constraints, &base, profile, &mut search);
        let found = hanging.is_some_and(|completion| {
            let mut truths = values.iter().filter_map(|value| {
                let facts = Said { facts: &completion, record, field, value: *value };
                completion.judged(&facts, *root, constraints, &mut search)
            });
            truths.next().is_some_and(|first| truths.any(|truth| truth != first))
        });
        scratch.give_back(search);
        found
    }

    /// Households in which everything but the answer is chosen so that the policy seems to hang on it, by the quick way.
    fn hung(&self, asked: Asked, start: &Region<'a>, scratch: &mut Scratch) -> Option<Region<'a>> {
        let Self { bound, profile, root, constraints, .. } = self;
        let mut search = scratch.search();
        let base = Evaluation::new(bound, *profile, scratch);
        let hanging = completion::hanging(bound, *root, asked, constraints, &base, profile, &mut search);
        scratch.give_back(search);
        let household = hanging?.written(&|_, among| among.ends().map(|(least, _)| least));
        let region = Region::start(bound, &household);
        // Records that a list begins with must be the same ones.
        (start.profile.len() == self.records).then(|| region.answering(asked.0, asked.1, start))
    }

    /// Whether one answer, told as a profile, settles the verdict at first sight: the conditions come out the same whatever
    /// the rest is, and some household can give it.
    pub(crate) fn settles(&self, asked: Asked, answer: &Profile, scratch: &mut Scratch) -> bool {
        Evaluation::new(self.bound, answer, scratch).truth(self.root).is_known()
            && (self.constraints.iter().all(|c| !c.fields.contains(&asked.1)) || self.can_be(answer, scratch))
    }

    /// Whether some answer settles the verdict. Also false where none was found within the limit.
    pub(crate) fn settled(&mut self, asked: Asked, scratch: &mut Scratch) -> bool {
        let mut answers = vec![self.start(asked)];
        let (mut left, mut steps) = (ANSWERS, scratch.limits.steps);
        while let Some(answer) = answers.pop() {
            if self.open_anyway(asked, &answer, &mut steps, scratch) {
                continue;
            }
            match self.tried(asked, &answer, (&mut left, &mut steps), scratch) {
                Tried::Settled => return true,
                Tried::Open => {}
                Tried::On(blocker) => answer.split(blocker, &mut answers),
                Tried::Spent => return false,
            }
        }
        false
    }

    /// Whether what came up before shows that the verdict is open with each of these answers: a household for which the policy
    /// applies and one for which it does not, whichever of them it gives.
    fn open_anyway(&self, asked: Asked, answer: &Region<'a>, steps: &mut u32, scratch: &mut Scratch) -> bool {
        // Records that an answer adds are others in what came up before.
        if answer.profile.len() != self.records {
            return false;
        }
        [(Truth::True, 0), (Truth::False, 1)].into_iter().all(|(wanted, at)| {
            let kept = self.shown.get(at).map_or(&[][..], Vec::as_slice);
            kept.iter().any(|region| {
                let any = region.clone().answering(asked.0, asked.1, answer);
                matches!(self.closed(&any, wanted, steps, scratch), Some(Closed::Yes))
            })
        })
    }

    fn tried(
        &mut self,
        asked: Asked,
        answer: &Region<'a>,
        (left, steps): (&mut u32, &mut u32),
        scratch: &mut Scratch,
    ) -> Tried {
        let mut regions = vec![answer.clone()];
        let (mut holds, mut fails) = (false, false);
        let (mut hangs, mut after) = (None, AFTER);
        let mut later = Later::new(answer.size());
        while let Some(region) = later.next(&mut regions, Region::size) {
            if *left == 0 || *steps == 0 {
                return Tried::Spent;
            }
            *left -= 1;
            let (truth, blocker, possible) = self.look(&region, steps, scratch);
            let adds = !(truth == Truth::True && holds || truth == Truth::False && fails);
            if possible == Truth::False || !adds {
                continue;
            }
            if truth.is_known() && possible == Truth::True {
                (holds, fails) = (holds || truth == Truth::True, fails || truth == Truth::False);
                if let Some(kept) = self.shown.get_mut(usize::from(truth == Truth::False)) {
                    kept.insert(0, region);
                    kept.truncate(KEPT);
                }
                if holds && fails {
                    return Tried::Open;
                }
                continue;
            }
            match blocker {
                Some(blocker) if blocker.place() == asked => hangs = hangs.or(Some(blocker)),
                Some(blocker) if region.profile.len() < RECORDS => region.split(blocker, &mut regions),
                // A figure is missing, and with these facts it is what would decide.
                _ => return Tried::Open,
            }
            if let Some(blocker) = hangs {
                if after == 0 {
                    return Tried::On(blocker);
                }
                after -= 1;
            }
        }
        match hangs {
            Some(blocker) => Tried::On(blocker),
            None if holds != fails => Tried::Settled,
            None => Tried::Open,
        }
    }

    /// Whether some completion of a profile meets the constraints. Also true where that was not ruled out within the limit.
    fn can_be(&self, profile: &Profile, scratch: &mut Scratch) -> bool {
        let mut regions = vec![Region::start(self.bound, profile)];
        let (mut left, mut steps) = (ANSWERS, scratch.limits.steps);
        while let Some(region) = regions.pop() {
            if left == 0 || steps == 0 {
                return true;
            }
            left -= 1;
            let (_, blocker, possible) =
                look_within(self.bound, &region, &region.profile, &[], &self.constraints, &mut steps, scratch);
            match (possible, blocker) {
                (Truth::False, _) => {}
                (Truth::Unknown, Some(blocker)) if region.profile.len() < RECORDS => {
                    region.split(blocker, &mut regions);
                }
                _ => return true,
            }
        }
        false
    }

    /// All households; a list that is asked for begins with those who are on it anyway.
    fn start(&self, asked: Asked) -> Region<'a> {
        let mut region = Region::start(self.bound, self.profile);
        region.begin(asked.0, asked.1);
        region
    }

    fn look(&self, region: &Region<'a>, steps: &mut u32, scratch: &mut Scratch) -> (Truth, Option<Blocker>, Truth) {
        let goals = [(self.root, true)];
        look_within(self.bound, region, &region.profile, &goals, &self.constraints, steps, scratch)
    }

    /// What a region says of a policy that should come out as `wanted`; none where it does not.
    fn closed(&self, region: &Region<'a>, wanted: Truth, steps: &mut u32, scratch: &mut Scratch) -> Option<Closed> {
        let (truth, blocker, possible) = self.look(region, steps, scratch);
        if possible == Truth::False || truth == wanted.not() && truth.is_known() {
            return None;
        }
        Some(if truth.is_known() && possible == Truth::True { Closed::Yes } else { Closed::On(blocker) })
    }
}

/// The parts of a pair: an answer is parted on its own side, everything else on both.
fn split<'a>(asked: Asked, pair: [Region<'a>; 2], at: usize, blocker: Blocker, into: &mut Vec<[Region<'a>; 2]>) {
    let [one, other] = pair;
    let (mut parts, mut beside) = (Vec::new(), Vec::new());
    if blocker.place() != asked {
        one.split(blocker, &mut parts);
        other.split(blocker, &mut beside);
        into.extend(parts.into_iter().zip(beside).map(|(one, other)| [one, other]));
        return;
    }
    let (own, shared) = if at == 0 { (one, other) } else { (other, one) };
    own.split(blocker, &mut parts);
    into.extend(parts.into_iter().map(|part| {
        let beside = shared.clone().lengthened(&part);
        if at == 0 { [part, beside] } else { [beside, part] }
    }));
}

/// What is put off: regions of which more is assumed wait until the others are done. Otherwise a search would go on making a list
/// longer, or an interval shorter, that has no bearing.
struct Later<T> {
    waiting: Vec<T>,
    /// The size from which a region waits, and how much more that will be the next time.
    most: usize,
    more: usize,
}

impl<T> Later<T> {
    const fn new(size: usize) -> Self {
        Self { waiting: Vec::new(), most: size + 1, more: 1 }
    }

    /// The last of `now` that does not wait; those that waited where there is none.
    fn next(&mut self, now: &mut Vec<T>, size: impl Fn(&T) -> usize) -> Option<T> {
        loop {
            while let Some(one) = now.pop() {
                if size(&one) <= self.most {
                    return Some(one);
                }
                self.waiting.push(one);
            }
            if self.waiting.is_empty() {
                return None;
            }
            now.append(&mut self.waiting);
            now.reverse();
            self.most += self.more;
            self.more *= 2;
        }
    }
}

/// What one side of a pair says.
enum Closed {
    /// It is as wanted, in all of the region.
    Yes,
    /// Not everywhere, or not surely; that is what to part it on.
    On(Option<Blocker>),
}

/// Facts of which one more is known.
struct Said<'f, F> {
    facts: &'f F,
    record: RecordIx,
    field: FieldId,
    value: i64,
}

impl<F: Facts> Facts for Said<'_, F> {
    fn scalar(&self, record: Option<RecordIx>, fact: FactRef) -> Reading<'_> {
        if record == Some(self.record) && fact.field == self.field {
            return Reading::Value(self.value);
        }
        self.facts.scalar(record, fact)
    }

    fn record(&self, record: Option<RecordIx>, fact: FactRef) -> Option<RecordIx> {
        Facts::record(self.facts, record, fact)
    }

    fn list(&self, record: Option<RecordIx>, fact: FactRef) -> Entries<'_> {
        self.facts.list(record, fact)
    }

    fn holds(&self, record: Option<RecordIx>, fact: FactRef, symbol: u32) -> Truth {
        self.facts.holds(record, fact, symbol)
    }

    fn is_empty(&self, record: Option<RecordIx>, fact: FactRef) -> Truth {
        self.facts.is_empty(record, fact)
    }

    fn root(&self, entity: EntityId) -> Option<RecordIx> {
        self.facts.root(entity)
    }
}
