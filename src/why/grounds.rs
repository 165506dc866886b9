//! The grounds of all verdicts at once, flat: which conditions settle each policy, and the values they met.
//!
//! They are read off the clause table in the same pass that gives the verdicts, without a text and without allocation, so they cost
//! little more than the verdicts. A clause that fails is a set of conditions that settles its policy, and of the clauses that fail the
//! one with the fewest is taken; where all clauses hold, one condition of each is enough, and none is given that the others make
//! superfluous. For one household's reasons in words, with distances and the clause of the law, there is [`super::from_verdict`].

use super::codes::{self, Code};
use crate::graph::clauses::{Clauses, Literal};
use crate::graph::trace::Clause;
use crate::graph::{Bound, FactRef, Graph, Node, NodeId, SetId};
use crate::ids::PolicyId;
use crate::profile::{Profile, RecordIx, Slot};
use crate::value::Words;
use crate::verdict::from_graph::{Evaluation, Scratch};
use crate::verdict::table::{self, Table};
use crate::verdict::{Outcome, Truth, Verdict};
use std::collections::BTreeMap;

/// One condition behind a verdict.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Ground {
    /// The condition as written; [`codes::dictionary`] has its words.
    pub code: Code,
    /// What is asked in it: a node of the graph. Of a [`Node::Test`] the set of values that pass is [`Bound::set`].
    pub node: NodeId,
    /// The truth of that node.
    pub truth: Truth,
    /// The value it met, in the schema's own measure; none where it asks about more than one fact, or where that is missing.
    pub actual: Option<i64>,
}

impl std::fmt::Debug for Ground {
    /// Without the value: it is a fact about a person.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ground({}, {:?})", self.code.0, self.truth)
    }
}

/// The verdicts on one profile and the grounds of each; reused from one profile to the next, it allocates nothing.
#[derive(Clone, Debug, Default)]
pub struct Grounds {
    outcomes: Vec<Outcome>,
    ends: Vec<u32>,
    all: Vec<Ground>,
    /// The records that facts are read from, in the order of the plan.
    records: Vec<Option<RecordIx>>,
}

impl Grounds {
    /// The verdicts, in the order of the policies' ids.
    #[must_use]
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// The grounds of a policy's verdict. Where it is eligible or ineligible they settle it by themselves, and without any one of them they
    /// do not; where only the exact search could settle it, those that are open settle it together. Where it is undetermined they are
    /// the conditions that are open. None of a policy that is not in force.
    #[must_use]
    pub fn of(&self, policy: PolicyId) -> &[Ground] {
        let end = |at: usize| self.ends.get(at).copied().unwrap_or(0) as usize;
        let start = policy.index().checked_sub(1).map_or(0, end);
        self.all.get(start..end(policy.index())).unwrap_or_default()
    }
}

/// The clauses of every policy with the codes of their conditions.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// By policy.
    forms: Vec<Option<Form>>,
    /// The records that facts are read from.
    records: Vec<NodeId>,
}

#[derive(Clone, Debug)]
struct Form {
    opposite: bool,
    clauses: Vec<Vec<Asked>>,
}

/// A literal of a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Asked {
    code: Code,
    node: NodeId,
    /// What the node must be for the literal to hold.
    wanted: bool,
    test: Option<Test>,
}

/// A test of one fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Test {
    /// The place of its record among those of the plan.
    record: u32,
    position: u32,
    /// The values that pass.
    set: SetId,
}

impl Plan {
    pub(crate) fn new(bound: &Bound) -> Self {
        let graph = &bound.graph;
        let tests = graph.nodes().iter().zip(0..).filter_map(|(node, id)| match node {
            Node::Test(fact, set) => Some(((*fact, *set), NodeId(id))),
            _ => None,
        });
        let tests: BTreeMap<(FactRef, SetId), NodeId> = tests.collect();
        let mut records = Vec::new();
        let forms = graph.entries().iter().zip(graph.clauses()).map(|(entry, form)| {
            let codes = codes_of(graph, entry.policy, &entry.clauses);
            form.as_ref().map(|form| Form::new(form, entry.policy, &codes, &tests, &mut records))
        });
        let forms = forms.collect();
        Self { forms, records }
    }
}

impl Form {
    fn new(
        form: &Clauses,
        policy: PolicyId,
        codes: &BTreeMap<NodeId, Code>,
        tests: &BTreeMap<(FactRef, SetId), NodeId>,
        records: &mut Vec<NodeId>,
    ) -> Self {
        let mut asked = |literal: &Literal| {
            let (node, wanted, test) = match literal {
                Literal::Test(fact, set, wanted) => {
                    let known = records.iter().position(|record| *record == fact.record);
                    let record = known.unwrap_or_else(|| {
                        records.push(fact.record);
                        records.len() - 1
                    });
                    let record = u32::try_from(record).unwrap_or(u32::MAX);
                    let test = Test { record, position: fact.position, set: *set };
                    (tests.get(&(*fact, *set)).copied().unwrap_or(NodeId(0)), *wanted, Some(test))
                }
                Literal::Node(node, wanted) => (*node, *wanted, None),
            };
            let code = codes.get(&node).copied().unwrap_or(Code::of(policy, 0));
            Asked { code, node, wanted, test }
        };
        let clauses = form.clauses.iter().map(|clause| clause.iter().map(&mut asked).collect()).collect();
        Self { opposite: form.opposite, clauses }
    }
}

/// For what is asked in a policy's conditions, the innermost condition as written that asks it: what "is not" and the like deny has no
/// words of its own, and goes under what denies it.
fn codes_of(graph: &Graph, policy: PolicyId, clauses: &[Clause]) -> BTreeMap<NodeId, Code> {
    struct Walk<'a> {
        graph: &'a Graph,
        policy: PolicyId,
        next: usize,
        codes: BTreeMap<NodeId, Code>,
    }
    impl Walk<'_> {
        fn walk(&mut self, clauses: &[Clause], outer: Option<Code>) {
            for clause in clauses {
                let own = Code::of(self.policy, self.next);
                let code = outer.filter(|_| *clause.words() == Words::default()).unwrap_or(own);
                self.next = self.next.saturating_add(1);
                self.walk(codes::parts(clause), Some(code));
                let mut open = vec![clause.node];
                while let Some(id) = open.pop() {
                    if self.codes.contains_key(&id) {
                        continue;
                    }
                    self.codes.insert(id, code);
                    if let node @ (Node::And(_) | Node::Or(_) | Node::Not(_)) = self.graph.node(id) {
                        node.children(&mut |child| open.push(child));
                    }
                }
            }
        }
    }
    let mut walk = Walk { graph, policy, next: 0, codes: BTreeMap::new() };
    walk.walk(clauses, None);
    walk.codes
}

/// The exact verdicts on a profile with the grounds of each.
pub(crate) fn grounds(
    bound: &Bound,
    (table, plan): (&Table, &Plan),
    profile: &Profile,
    scratch: &mut Scratch,
    into: &mut Grounds,
) {
    let nothing = Outcome { verdict: Verdict::NotInForce, not_proved: false, by_kleene: true };
    into.outcomes.clear();
    into.outcomes.resize(plan.forms.len(), nothing);
    into.ends.clear();
    into.all.clear();
    into.records.clear();
    into.records.extend(plan.records.iter().map(|record| table::record(bound, *record, profile)));
    let mut words = scratch.words();
    table::outcomes_with(bound, table, profile, (scratch, &mut words), (&mut into.outcomes, &|_| true));
    let evaluation = words.evaluation(bound, profile, scratch);
    let mut reader = Reader { bound, profile, records: &into.records, evaluation };
    for (policy, (form, outcome)) in plan.forms.iter().zip(&into.outcomes).enumerate() {
        if let Some(form) = form {
            form.read(outcome.verdict, |clause| table.clause(policy, clause, &words), &mut reader, &mut into.all);
        }
        into.ends.push(u32::try_from(into.all.len()).unwrap_or(u32::MAX));
    }
    scratch.give_back_words(words);
}

struct Reader<'a> {
    bound: &'a Bound,
    profile: &'a Profile,
    records: &'a [Option<RecordIx>],
    evaluation: Evaluation<'a, Profile>,
}

impl Reader<'_> {
    fn actual(&self, asked: &Asked) -> Option<i64> {
        let test = asked.test?;
        match self.profile.slot((*self.records.get(test.record as usize)?)?, test.position as usize) {
            Slot::Scalar(value) => Some(*value),
            _ => None,
        }
    }

    fn truth(&mut self, asked: &Asked) -> Truth {
        match asked.test {
            Some(test) => {
                self.actual(asked).map_or(Truth::Unknown, |value| Truth::of(self.bound.set(test.set).contains(value)))
            }
            None => self.evaluation.afresh(asked.node),
        }
    }

    /// A literal that holds, or fails.
    fn put(&self, asked: &Asked, truth: Truth, from: usize, into: &mut Vec<Ground>) {
        put(Ground { code: asked.code, node: asked.node, truth, actual: self.actual(asked) }, from, into);
    }

    /// A literal where it is open.
    fn put_open(&mut self, asked: &Asked, from: usize, into: &mut Vec<Ground>) {
        // A test is open where its fact is missing, whatever it asks for.
        let open =
            if asked.test.is_some() { self.actual(asked).is_none() } else { self.truth(asked) == Truth::Unknown };
        if open {
            put(Ground { code: asked.code, node: asked.node, truth: Truth::Unknown, actual: None }, from, into);
        }
    }
}

/// Adds it to those of its policy, which begin at `from`; once.
fn put(ground: Ground, from: usize, into: &mut Vec<Ground>) {
    if !into.get(from..).is_some_and(|own| own.iter().any(|known| known.node == ground.node && *known == ground)) {
        into.push(ground);
    }
}

impl Form {
    fn read(&self, verdict: Verdict, state: impl Fn(usize) -> Truth, reader: &mut Reader<'_>, into: &mut Vec<Ground>) {
        let from = into.len();
        let all_hold = match verdict {
            Verdict::NotInForce => return,
            Verdict::Undetermined => None,
            Verdict::Eligible => Some(!self.opposite),
            Verdict::Ineligible => Some(self.opposite),
        };
        let clauses = || self.clauses.iter().enumerate();
        if all_hold == Some(false)
            && let Some((_, failing)) = clauses().find(|(at, _)| state(*at) == Truth::False)
        {
            failing.iter().for_each(|asked| reader.put(asked, Truth::of(!asked.wanted), from, into));
            return;
        }
        if all_hold == Some(true) {
            self.enough(&state, reader, into);
        }
        // What is open: all of an undetermined policy, and what only the search could settle.
        for (_, clause) in clauses().filter(|(at, _)| state(*at) == Truth::Unknown) {
            clause.iter().for_each(|asked| reader.put_open(asked, from, into));
        }
    }

    /// A literal that holds of each clause that does, and none too many.
    fn enough(&self, state: &impl Fn(usize) -> Truth, reader: &mut Reader<'_>, into: &mut Vec<Ground>) {
        let from = into.len();
        let held =
            || self.clauses.iter().enumerate().filter(|(at, _)| state(*at) == Truth::True).map(|(_, clause)| clause);
        let of = |asked: &Asked| (asked.node, Truth::of(asked.wanted));
        let hits = |clause: &[Asked], into: &[Ground], but: Option<usize>| {
            let own = into.iter().enumerate().skip(from).filter(|(at, _)| Some(*at) != but);
            own.map(|(_, ground)| (ground.node, ground.truth))
                .any(|chosen| clause.iter().any(|asked| of(asked) == chosen))
        };
        let mut choice = false;
        for clause in held() {
            match clause.as_slice() {
                [only] => reader.put(only, Truth::of(only.wanted), from, into),
                several if hits(several, into, None) => {}
                several => {
                    choice = true;
                    let holds = several.iter().find(|asked| reader.truth(asked) == Truth::of(asked.wanted));
                    holds.into_iter().for_each(|asked| reader.put(asked, Truth::of(asked.wanted), from, into));
                }
            }
        }
        // What was taken for one clause may have come to be in others' choices; those taken first are looked at last.
        let mut at = into.len();
        while choice && at > from {
            at -= 1;
            if held().all(|clause| hits(clause, into, Some(at))) {
                into.remove(at);
            }
        }
    }
}
