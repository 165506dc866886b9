//! Graph on a day -> program for columns.

use super::sheets::Sheets;
use super::{Gate, Lane, Path, Program, Test, Width};
use crate::graph::intervals::Intervals;
use crate::graph::{Bound, FactRef, Node, NodeId};
use crate::ids::{EntityId, FieldId, PolicyId};
use std::collections::{BTreeMap, BTreeSet};

/// What a condition comes down to.
#[derive(Clone)]
enum Part {
    /// A test that stands in a register; whether turned round.
    Test(Test, bool),
    /// To be asked of the row evaluator.
    Asked,
    /// Made of others.
    Joined,
}

impl Program {
    /// Compiles the policies for a kind of record. Policies that are not in force must be left out.
    pub(crate) fn new(bound: &Bound, unit: EntityId, policies: &[PolicyId]) -> Self {
        let roots: Vec<(PolicyId, NodeId)> =
            policies.iter().filter_map(|p| Some((*p, bound.graph.entry(*p)?.root?))).collect();
        let mut build = Build {
            bound,
            unit,
            paths: vec![Path { from: 0, field: FieldId(u32::MAX) }],
            lanes: Vec::new(),
            path_of: BTreeMap::new(),
            parts: BTreeMap::new(),
            registers: BTreeMap::new(),
            tests: BTreeMap::new(),
            gates: Vec::new(),
            operands: Vec::new(),
            next: 0,
            never: 0,
        };
        let conditions: Vec<Vec<NodeId>> = roots.iter().map(|(policy, _)| build.conditions(*policy)).collect();
        build.survey(roots.iter().map(|(_, root)| *root).chain(conditions.iter().flatten().copied()).collect());
        build.finish(&roots, &conditions)
    }
}

struct Build<'a> {
    bound: &'a Bound,
    unit: EntityId,
    paths: Vec<Path>,
    lanes: Vec<Lane>,
    path_of: BTreeMap<NodeId, Option<usize>>,
    parts: BTreeMap<NodeId, Part>,
    registers: BTreeMap<NodeId, u32>,
    tests: BTreeMap<Test, u32>,
    gates: Vec<Gate>,
    operands: Vec<u32>,
    /// The next register.
    next: u32,
    /// The register that never holds.
    never: u32,
}

impl Build<'_> {
    /// The conditions of a policy as written.
    fn conditions(&self, policy: PolicyId) -> Vec<NodeId> {
        self.bound.graph.entry(policy).map(|e| e.clauses.iter().map(|c| c.node).collect()).unwrap_or_default()
    }

    /// Finds every condition below some, what it comes down to, and every fact.
    fn survey(&mut self, mut stack: Vec<NodeId>) {
        let graph = &self.bound.graph;
        let mut facts: BTreeMap<(usize, FieldId), BTreeSet<i64>> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        let mut tests = Vec::new();
        while let Some(id) = stack.pop() {
            if !seen.insert(id) {
                continue;
            }
            let part = match graph.node(id) {
                Node::Not(_) | Node::And(_) | Node::Or(_) => {
                    graph.node(id).children(&mut |child| stack.push(child));
                    Part::Joined
                }
                Node::Bool(_) => Part::Joined,
                Node::Test(fact, set) => match self.path(fact.record) {
                    Some(path) => {
                        let set = self.bound.set(*set);
                        facts.entry((path, fact.field)).or_default().extend(cuts(set, self.range(*fact)));
                        tests.push((id, path, *fact, set.clone()));
                        Part::Asked
                    }
                    None => Part::Asked,
                },
                _ => Part::Asked,
            };
            self.parts.insert(id, part);
        }
        let mut lane_of = BTreeMap::new();
        for ((path, field), cuts) in &facts {
            // Cut points beyond 32 bits stay with the row evaluator.
            let Some(width) = width(cuts) else { continue };
            lane_of.insert((*path, *field), self.lanes.len());
            self.lanes.push(Lane { path: *path, field: *field, width, tests: 0 });
        }
        for (id, path, fact, set) in tests {
            let Some(at) = lane_of.get(&(path, fact.field)) else { continue };
            let Some(lane) = self.lanes.get(*at) else { continue };
            let (test, turned) = part(*at, lane.width, self.range(fact), &set);
            self.parts.insert(id, Part::Test(test, turned));
        }
    }

    fn range(&self, fact: FactRef) -> (i64, i64) {
        self.bound.graph.schema.field(fact.field).map_or((i64::MIN, i64::MAX), |f| f.range)
    }

    /// The path that leads to a record, where rows can be followed to it.
    fn path(&mut self, record: NodeId) -> Option<usize> {
        if let Some(path) = self.path_of.get(&record) {
            return *path;
        }
        let path = match self.bound.graph.node(record) {
            Node::Unit(entity) if *entity == self.unit => Some(0),
            Node::Follow(fact) => {
                let fact = *fact;
                self.path(fact.record).map(|from| {
                    self.paths.push(Path { from, field: fact.field });
                    self.paths.len() - 1
                })
            }
            _ => None,
        };
        self.path_of.insert(record, path);
        path
    }

    fn finish(mut self, roots: &[(PolicyId, NodeId)], conditions: &[Vec<NodeId>]) -> Program {
        for part in self.parts.values() {
            if let Part::Test(test, _) = part {
                self.tests.insert(test.clone(), 0);
            }
        }
        // In order of their lanes, so that each lane is read once.
        for (register, (test, slot)) in (0u32..).zip(&mut self.tests) {
            *slot = register;
            self.lanes.get_mut(test.lane).into_iter().for_each(|lane| lane.tests += 1);
        }
        self.next = narrow(self.tests.len());
        let asked: Vec<NodeId> =
            self.parts.iter().filter(|(_, part)| matches!(part, Part::Asked)).map(|(id, _)| *id).collect();
        for id in &asked {
            self.registers.insert(*id, self.next);
            self.next += 1;
        }
        self.never = self.next;
        self.next += 1;
        // Children have smaller ids, so what a gate joins is there before it.
        let joined: Vec<NodeId> = self.parts.keys().copied().collect();
        for id in joined {
            self.gate(id);
        }
        let number: BTreeMap<NodeId, u32> = asked.iter().copied().zip(0..).collect();
        let asked_of = roots.iter().map(|(_, root)| self.asked_in(*root, &number)).collect();
        let answers = roots.iter().map(|(_, root)| self.operand(*root, false)).collect();
        let of = |nodes: &Vec<NodeId>| nodes.iter().map(|node| self.operand(*node, false)).collect();
        let conditions = conditions.iter().map(of).collect();
        Program {
            unit: self.unit,
            policies: roots.iter().map(|(policy, _)| *policy).collect(),
            paths: self.paths,
            lanes: self.lanes,
            tests: self.tests.into_keys().collect(),
            sheets: Sheets::new(self.bound, self.unit, &asked),
            asked,
            asked_of,
            never: self.never,
            registers: self.next as usize,
            gates: self.gates,
            operands: self.operands,
            answers,
            conditions,
        }
    }

    /// The gate of an "and" or "or".
    fn gate(&mut self, id: NodeId) {
        let bound = self.bound;
        let (parts, and) = match bound.graph.node(id) {
            Node::And(parts) => (parts, true),
            Node::Or(parts) => (parts, false),
            _ => return,
        };
        let operands: Vec<(u32, bool)> = parts.iter().map(|part| self.operand(*part, false)).collect();
        let first = narrow(self.operands.len());
        for wanted in [false, true] {
            self.operands
                .extend(operands.iter().filter(|(_, turned)| *turned == wanted).map(|(register, _)| *register));
        }
        let turned = narrow(operands.iter().filter(|(_, turned)| *turned).count());
        let straight = narrow(operands.len()) - turned;
        self.gates.push(Gate { and, first, straight, turned, into: self.next });
        self.registers.insert(id, self.next);
        self.next += 1;
    }

    /// The register of a condition, and whether it holds the opposite.
    fn operand(&self, id: NodeId, opposite: bool) -> (u32, bool) {
        match self.bound.graph.node(id) {
            Node::Bool(value) => (self.never, *value != opposite),
            Node::Not(inner) => self.operand(*inner, !opposite),
            _ => match self.parts.get(&id) {
                Some(Part::Test(test, turned)) => {
                    (self.tests.get(test).copied().unwrap_or(self.never), *turned != opposite)
                }
                _ => (self.registers.get(&id).copied().unwrap_or(self.never), opposite),
            },
        }
    }

    fn asked_in(&self, root: NodeId, number: &BTreeMap<NodeId, u32>) -> Vec<u32> {
        let mut found = BTreeSet::new();
        let mut stack = vec![root];
        let mut seen = BTreeSet::new();
        while let Some(id) = stack.pop() {
            if !seen.insert(id) {
                continue;
            }
            match number.get(&id) {
                Some(number) => {
                    found.insert(*number);
                }
                None if matches!(self.parts.get(&id), Some(Part::Joined)) => {
                    self.bound.graph.node(id).children(&mut |child| stack.push(child));
                }
                None => {}
            }
        }
        found.into_iter().collect()
    }
}

/// Where a set begins, and where what is past it does, within the range of its fact.
pub(super) fn cuts(set: &Intervals, (least, most): (i64, i64)) -> impl Iterator<Item = i64> {
    let cuts = set.as_slice().iter().flat_map(|(from, to)| [*from, to.saturating_add(1)]);
    cuts.filter(move |cut| least < *cut && *cut <= most)
}

/// A test in the measure of its lane; turned round where it holds of the least value, so that `< 5` and `>= 5` are one.
pub(super) fn part(lane: usize, width: Width, (least, most): (i64, i64), set: &Intervals) -> (Test, bool) {
    let range = Intervals::range(least, most);
    let turned = set.contains(least);
    let set = if turned { range.without(set) } else { range.and(set) };
    let end = |to: i64| if to == most && matches!(width, Width::Int) { i32::MAX } else { width.place(to) };
    let spans: Vec<(i32, i32)> = set.as_slice().iter().map(|(from, to)| (width.place(*from), end(*to))).collect();
    (Test { lane, spans }, turned)
}

/// The narrowest lane that keeps a fact's values on the right side of its cut points.
pub(super) fn width(cuts: &BTreeSet<i64>) -> Option<Width> {
    let (Some(first), Some(last)) = (cuts.first(), cuts.last()) else {
        return Some(Width::Byte { least: 0, most: 0 });
    };
    let least = first.checked_sub(1)?;
    if last.checked_sub(least)? <= 255 {
        return Some(Width::Byte { least, most: *last });
    }
    // The largest step that every cut point is a whole number of steps from the first.
    let distances = || cuts.iter().map(|cut| cut.saturating_sub(*first));
    let step = u32::try_from(distances().fold(0, greatest_divisor)).ok()?.max(1);
    let below = first.checked_sub(i64::from(step))?;
    let distance = last.checked_sub(below)?;
    if distance < 1 << 31 && distance / i64::from(step) <= i64::from(u16::MAX) {
        return Some(Width::Short { least: below, most: *last, step });
    }
    (least >= i64::from(i32::MIN) && *last <= i64::from(i32::MAX)).then_some(Width::Int)
}

/// Of two numbers that are not negative.
fn greatest_divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { greatest_divisor(b, a % b) }
}

/// Registers and policies are bounded by the nodes of the graph, of which there are at most 2^22.
fn narrow(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
