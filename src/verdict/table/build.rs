//! Graph on a day -> clause table.

use super::{Asked, DIRECT, Group, Looked, Missing, Place, Rows, Spans, TOGETHER, Table, few};
use crate::graph::clauses::{Clauses, Literal};
use crate::graph::simplify::Hard;
use crate::graph::{Bound, FactRef, Node, NodeId, SetId};
use crate::ids::{FieldId, PolicyId};
use std::collections::{BTreeMap, BTreeSet};

/// A clause's place.
type Bit = (u32, u64);

/// What the clauses ask of one fact: the clause, the set, whether the value has to be in it, and whether the fact is tied there.
type Tests = Vec<(Bit, SetId, bool, bool)>;

/// The clauses that hold where a condition does, or where it fails: clause, whether straight, whether tied.
type Questions = Vec<(Bit, bool, bool)>;

impl Table {
    /// Lays out the policies of a day.
    pub(crate) fn new(bound: &Bound) -> Self {
        let graph = &bound.graph;
        let forms = graph.clauses();
        let mut order: Vec<(usize, &Clauses)> =
            forms.iter().enumerate().filter_map(|(at, form)| form.as_ref().map(|f| (at, f))).collect();
        // Stable: policies with equally many clauses stay in the order of their ids.
        order.sort_by_key(|(_, form)| std::cmp::Reverse(form.clauses.len()));
        let mut places = vec![Place { word: u32::MAX, bit: 0, opposite: 0 }; forms.len()];
        let words = order.len().div_ceil(64);
        let (mut straight, mut opposites) = (vec![0u64; words], vec![0u64; words]);
        for (bit, (policy, form)) in order.iter().enumerate() {
            if let Some(word) = if form.opposite { &mut opposites } else { &mut straight }.get_mut(bit / 64) {
                *word |= 1 << (bit % 64);
            }
            if let Some(place) = places.get_mut(*policy) {
                let opposite = if form.opposite { 4 } else { 0 };
                *place = Place { word: narrow(bit / 64), bit: u8::try_from(bit % 64).unwrap_or(0), opposite };
            }
        }
        let mut planes = vec![0u32];
        let most = order.first().map_or(0, |(_, form)| form.clauses.len());
        for plane in 0..most.max(1) {
            let policies =
                if plane == 0 { order.len() } else { order.partition_point(|(_, form)| form.clauses.len() > plane) };
            let start = planes.last().copied().unwrap_or(0);
            planes.push(start + narrow(policies.div_ceil(64)));
        }
        let width = planes.last().map_or(0, |end| *end as usize);
        let mut gathered = Gathered::default();
        let mut filler = vec![u64::MAX; width.next_multiple_of(TOGETHER)];
        let mut asked_of = Vec::new();
        let mut laid = vec![None; forms.len()];
        for (bit, (policy, form)) in order.iter().enumerate() {
            let hard = bound.hard(PolicyId::of(*policy));
            let mut asks = BTreeSet::new();
            let mut clauses: Vec<Vec<few::Literal>> = Vec::new();
            for (clause, start) in form.clauses.iter().zip(&planes) {
                let place = (start + narrow(bit / 64), 1u64 << (bit % 64));
                if let Some(word) = filler.get_mut(place.0 as usize) {
                    *word &= !place.1;
                }
                clauses.push(clause.iter().map(|l| gathered.add(bound, l, place, hard, &mut asks)).collect());
            }
            if let (Some(slot), Some(hard)) = (laid.get_mut(*policy), hard) {
                let constrained = constrained(bound, hard);
                find_alone(bound, form, &constrained, &mut clauses);
                *slot = Some(few::Form { opposite: form.opposite, clauses, constrained });
            }
            asked_of.push(asks.into_iter().collect::<Vec<u32>>().into_boxed_slice());
        }
        let mut table = Self {
            places,
            policies: order.iter().map(|(policy, _)| PolicyId::of(*policy)).collect(),
            straight,
            opposite: opposites,
            planes,
            filler,
            groups: Vec::new(),
            wholes: 0,
            direct: Vec::new(),
            cuts: Vec::new(),
            wide_cuts: Vec::new(),
            whole: Vec::new(),
            parts: Vec::new(),
            spread: Vec::new(),
            asked: Vec::new(),
            asked_of,
            open: Missing::default(),
            forms: laid,
        };
        for (fact, tests) in &gathered.facts {
            let looked = table.look(bound, *fact, tests);
            table.wholes += usize::from(matches!(looked.rows, Rows::Whole { .. }));
            match table.groups.last_mut().filter(|group| group.record == fact.record) {
                Some(group) => group.facts.push(looked),
                None => table.groups.push(Group { record: fact.record, facts: vec![looked] }),
            }
        }
        table.questions(&gathered);
        table
    }

    /// The cut points and rows of one fact.
    fn look(&mut self, bound: &Bound, fact: FactRef, tests: &Tests) -> Looked {
        // The declared range: a profile may contradict a constraint and is then still told what the graph says.
        let (least, most) = bound.graph.schema.field(fact.field).map_or((i64::MIN, i64::MAX), |f| f.range);
        let ends = tests.iter().flat_map(|(_, set, ..)| bound.set(*set).as_slice());
        let cuts: BTreeSet<i64> = ends
            .flat_map(|(from, to)| [*from, to.saturating_add(1)])
            .filter(|cut| least < *cut && *cut <= most)
            .collect();
        let touched: BTreeSet<u32> = tests.iter().map(|((word, _), ..)| *word).collect();
        // A quarter of the words or more: all of them, without the detour over their places.
        let all = touched.len() * 4 >= self.filler.len();
        let words: Vec<u32> =
            if all { (0..narrow(self.filler.len())).collect() } else { touched.into_iter().collect() };
        let place_of: BTreeMap<u32, usize> = words.iter().enumerate().map(|(at, word)| (*word, at)).collect();
        let first = if all { self.whole.len() } else { self.parts.len() };
        let lowest = cuts.first().map_or(least, |cut| cut.saturating_sub(1));
        for value in std::iter::once(lowest).chain(cuts.iter().copied()) {
            let mut row = vec![0u64; words.len()];
            for ((word, mask), set, positive, _) in tests {
                if bound.set(*set).contains(value) == *positive
                    && let Some(bits) = place_of.get(word).and_then(|at| row.get_mut(*at))
                {
                    *bits |= mask;
                }
            }
            if all {
                self.whole.extend(row.as_chunks().0);
            } else {
                self.parts.extend(row);
            }
        }
        let mut missing = Missing::default();
        for (bit, _, _, tied) in tests {
            missing.add(*bit, *tied);
        }
        let first = narrow(first);
        let rows = if all {
            let Missing { free, tied } = missing;
            Rows::Whole { first, gaps: [free, tied].map(|some| (!some.is_empty()).then(|| self.laid_out(&some))) }
        } else {
            Rows::Spread { places: extended(&mut self.spread, words), first, missing }
        };
        Looked { position: fact.position, spans: self.spans(&cuts), rows }
    }

    /// A row that has all words, with some bits.
    fn laid_out(&mut self, spread: &[(u32, u64)]) -> u32 {
        let mut row = vec![0; self.filler.len()];
        for (word, mask) in spread {
            row.get_mut(*word as usize).into_iter().for_each(|bits| *bits |= mask);
        }
        let (first, _) = extended(&mut self.whole, row.as_chunks().0.iter().copied());
        first
    }

    fn spans(&mut self, cuts: &BTreeSet<i64>) -> Spans {
        let least = cuts.first().map_or(0, |cut| cut.saturating_sub(1));
        let most = cuts.last().copied().unwrap_or(0);
        if most.saturating_sub(least) <= DIRECT {
            let span = |value: i64| cuts.range(..=value).count();
            let (first, end) = extended(&mut self.direct, (least..=most).map(|v| u16::try_from(span(v)).unwrap_or(0)));
            return Spans::Direct { least, first, last: end.saturating_sub(1) };
        }
        let narrowed: Option<Vec<i32>> = cuts.iter().map(|cut| i32::try_from(*cut).ok()).collect();
        // A value beyond 32 bits is taken for the last within, so that one may not be a cut point.
        if let Some(narrowed) = narrowed.filter(|cuts| !cuts.contains(&i32::MAX) && !cuts.contains(&i32::MIN)) {
            let (from, to) = extended(&mut self.cuts, narrowed);
            Spans::Cuts(from, to)
        } else {
            let (from, to) = extended(&mut self.wide_cuts, cuts.iter().copied());
            Spans::WideCuts(from, to)
        }
    }

    fn questions(&mut self, gathered: &Gathered) {
        for node in &gathered.order {
            let mut asked = Asked { node: *node, held: Vec::new(), failed: Vec::new(), missing: Missing::default() };
            for (bit, positive, tied) in gathered.asked.get(node).map_or(&[][..], |(_, q)| q.as_slice()) {
                merge(if *positive { &mut asked.held } else { &mut asked.failed }, *bit);
                asked.missing.add(*bit, *tied);
                self.open.add(*bit, *tied);
            }
            self.asked.push(asked);
        }
    }
}

#[derive(Default)]
struct Gathered {
    facts: BTreeMap<FactRef, Tests>,
    /// By node: its number among the questions, and the clauses.
    asked: BTreeMap<NodeId, (u32, Questions)>,
    order: Vec<NodeId>,
}

impl Gathered {
    fn add(
        &mut self,
        bound: &Bound,
        literal: &Literal,
        bit: Bit,
        hard: Option<&Hard>,
        asks: &mut BTreeSet<u32>,
    ) -> few::Literal {
        match literal {
            Literal::Test(fact, set, positive) => {
                let tied = hard.is_none_or(|hard| is_tied(bound, *fact, hard));
                self.facts.entry(*fact).or_default().push((bit, *set, *positive, tied));
                few::Literal { what: few::Kind::Test(*fact, *set, *positive), tied, alone: false }
            }
            Literal::Node(node, positive) => {
                // A figure that is missing is not known whatever the facts are: nothing pulls at it.
                let figure = matches!(bound.graph.node(*node), Node::Unknown(_));
                let tied = !figure && hard.is_none_or(|hard| depends_on_tied(bound, *node, hard));
                let number = narrow(self.order.len());
                let entry = self.asked.entry(*node).or_insert_with(|| {
                    self.order.push(*node);
                    (number, Vec::new())
                });
                asks.insert(entry.0);
                entry.1.push((bit, *positive, tied));
                few::Literal { what: few::Kind::Asked(entry.0), tied, alone: false }
            }
        }
    }
}

/// Finds the conditions of other kinds whose facts no other condition of the policy reads, nor a constraint.
fn find_alone(bound: &Bound, form: &Clauses, constrained: &[FieldId], clauses: &mut [Vec<few::Literal>]) {
    let literals: BTreeSet<&Literal> = form.clauses.iter().flatten().collect();
    let reads: BTreeMap<&Literal, BTreeSet<FieldId>> = literals.into_iter().map(|l| (l, read(bound, l))).collect();
    let mut readers: BTreeMap<FieldId, u32> = constrained.iter().map(|field| (*field, 1)).collect();
    reads.values().flatten().for_each(|field| *readers.entry(*field).or_default() += 1);
    let only = |fields: &BTreeSet<FieldId>| fields.iter().all(|field| readers.get(field) == Some(&1));
    for (laid, literal) in clauses.iter_mut().flatten().zip(form.clauses.iter().flatten()) {
        laid.alone = matches!(literal, Literal::Node(..)) && reads.get(literal).is_some_and(only);
    }
}

/// The facts that a literal reads, with those that lead to their records and those that follow from what stands in a list or record.
fn read(bound: &Bound, literal: &Literal) -> BTreeSet<FieldId> {
    let graph = &bound.graph;
    let mut fields = match literal {
        Literal::Test(fact, ..) => {
            let mut fields = graph.reads(&[fact.record]);
            fields.insert(fact.field);
            fields
        }
        Literal::Node(node, _) => graph.reads(&[*node]),
    };
    let follow: Vec<FieldId> = fields
        .iter()
        .filter_map(|field| graph.schema.field(*field))
        .flat_map(|field| field.includes.iter().chain(&field.back))
        .copied()
        .collect();
    fields.extend(follow);
    fields
}

/// Facts of constraints that bear on a policy and are about several facts. One about a fact alone is in the range of what that can be.
fn constrained(bound: &Bound, hard: &Hard) -> Vec<FieldId> {
    let graph = &bound.graph;
    let alone = |node: NodeId| matches!(graph.node(node), Node::Test(fact, _) if matches!(graph.node(fact.record), Node::Element(_)));
    let several = hard.constraints.iter().filter_map(|at| graph.constraints.get(*at)).filter(|c| !alone(c.node));
    let fields: BTreeSet<FieldId> = several.flat_map(|c| c.fields.iter().copied()).collect();
    fields.into_iter().collect()
}

impl Missing {
    fn add(&mut self, bit: Bit, tied: bool) {
        merge(if tied { &mut self.tied } else { &mut self.free }, bit);
    }
}

fn merge(row: &mut Vec<(u32, u64)>, (word, mask): Bit) {
    match row.iter_mut().find(|(at, _)| *at == word) {
        Some((_, bits)) => *bits |= mask,
        None => row.push((word, mask)),
    }
}

/// Whether Kleene logic can be too weak for a fact, or for one that leads to its record.
fn is_tied(bound: &Bound, fact: FactRef, hard: &Hard) -> bool {
    if hard.facts.contains(&fact) || (hard.in_lists && bound.graph.level(fact.record) > 0) {
        return true;
    }
    match bound.graph.node(fact.record) {
        Node::Follow(leads) => is_tied(bound, *leads, hard),
        _ => false,
    }
}

fn depends_on_tied(bound: &Bound, node: NodeId, hard: &Hard) -> bool {
    let graph = &bound.graph;
    let mut stack = vec![node];
    let mut seen = BTreeSet::new();
    while let Some(id) = stack.pop() {
        if !seen.insert(id) {
            continue;
        }
        let tied = match graph.node(id) {
            Node::Unknown(_) => true,
            node => node.fact().is_some_and(|fact| is_tied(bound, fact, hard)),
        };
        if tied {
            return true;
        }
        graph.node(id).children(&mut |child| stack.push(child));
    }
    false
}

fn extended<T>(list: &mut Vec<T>, items: impl IntoIterator<Item = T>) -> (u32, u32) {
    let start = narrow(list.len());
    list.extend(items);
    (start, narrow(list.len()))
}

/// Sizes here are bounded by those of the graph, which has at most 2^22 nodes; the rows of the largest table stay below 2^32 words.
fn narrow(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
