//! Asked conditions -> steps.

use super::held::Held;
use super::places::Place;
use super::tested::Tested;
use super::{Cell, Cells, Operand, Reader, Sheets, Stage, Way, What};
use crate::columns::Builder;
use crate::graph::{Bound, Comparison, FactRef, Node, NodeId};
use crate::ids::EntityId;
use crate::schema::FieldType;
use crate::value::Number;
use crate::verdict::columns::compare::Kernels;
use std::collections::{BTreeMap, BTreeSet};

/// The most steps of one program; with [`super::MOST`] they bound its memory. Conditions past them are left to the row evaluator.
const STEPS: usize = 1 << 12;

/// The most entries that are told apart without counting.
const COUNTED: u32 = 8;

/// The deepest that conditions may stand inside each other here; the graph of a checked set is flatter.
const DEEPEST: u32 = 200;

/// A truth: a step and whether it is turned round, or the same for every row.
#[derive(Clone, Copy)]
enum Part {
    Step(usize, bool),
    Always(bool),
}

impl Sheets {
    /// Steps for those of some conditions that there are steps for.
    pub(crate) fn new(bound: &Bound, unit: EntityId, asked: &[NodeId]) -> Self {
        let mut build =
            Build { bound, unit, sheets: Self::default(), truths: BTreeMap::new(), numbers: BTreeMap::new(), depth: 0 };
        build.sheets.places.push(Way::Block);
        for node in asked {
            let before = build.sheets.steps.len();
            let answer = build.truth(*node, &mut Vec::new()).and_then(|part| build.answer(part));
            if answer.is_none() {
                // What was begun may be part of what nobody needs.
                build.forget(before);
            }
            build.sheets.answers.push(answer);
        }
        build.sheets.finish(bound);
        build.sheets
    }
}

impl Sheets {
    /// Finds the steps that are worked out before the others, and the places of which somebody asks whose the entries are.
    fn finish(&mut self, bound: &Bound) {
        self.held = Held::all(self);
        self.tested = Tested::all(bound, self);
        let early = self.held.iter().flat_map(Held::steps).chain(self.tested.iter().flat_map(Tested::steps));
        for at in early {
            self.steps.get_mut(at).into_iter().for_each(|stage| stage.early = true);
        }
        let asked = self.steps.iter().filter(|stage| matches!(stage.what, What::Owner(_)));
        let asked: BTreeSet<usize> = asked.map(|stage| stage.place).collect();
        self.owners = asked.into_iter().collect();
    }
}

/// A node, and the places of the entries around it.
type Key = (NodeId, Vec<usize>);

struct Build<'a> {
    bound: &'a Bound,
    unit: EntityId,
    sheets: Sheets,
    truths: BTreeMap<Key, Option<Part>>,
    numbers: BTreeMap<Key, Option<Operand>>,
    depth: u32,
}

impl Build<'_> {
    fn forget(&mut self, steps: usize) {
        self.sheets.steps.truncate(steps);
        let kept = |at: usize| at < steps;
        self.truths.retain(|_, part| !matches!(part, Some(Part::Step(at, _)) if !kept(*at)));
        self.numbers.retain(|_, operand| !matches!(operand, Some(Operand::Step(at)) if !kept(*at)));
    }

    fn step(&mut self, place: usize, what: What) -> Option<usize> {
        (self.sheets.steps.len() < STEPS).then(|| {
            let open = self.open(&what);
            self.sheets.steps.push(Stage { place, what, open, early: false });
            self.sheets.steps.len() - 1
        })
    }

    /// Whether a step is open for a record of which nothing is known. A table whose row is open may have the same value in each.
    fn open(&self, what: &What) -> bool {
        let step = |at: &usize| self.sheets.steps.get(*at).is_some_and(|stage| stage.open);
        let operand = |operand: &Operand| matches!(operand, Operand::Step(at) if step(at));
        match what {
            What::Test(..) | What::Holds(..) | What::IsEmpty(_) | What::Fact(..) | What::Open => true,
            What::Some(..) | What::AtLeast(..) | What::Count(..) | What::Fold(..) => true,
            What::And(parts) | What::Or(parts) => !parts.is_empty() && parts.iter().all(|(at, _)| step(at)),
            What::Led(at) => step(at),
            What::Case(..) | What::Owner(_) => false,
            _ => what.operands().iter().flatten().any(operand),
        }
    }

    fn place(&mut self, way: Way) -> usize {
        let places = &mut self.sheets.places;
        places.iter().position(|other| *other == way).unwrap_or_else(|| {
            places.push(way);
            places.len() - 1
        })
    }

    /// The place of a record; `entries` are the places of the entries around, by their level.
    fn record(&mut self, node: NodeId, entries: &[usize]) -> Option<usize> {
        match self.bound.graph.node(node) {
            Node::Unit(entity) if *entity == self.unit => Some(0),
            Node::Element(level) => entries.get(usize::from(*level).checked_sub(1)?).copied(),
            Node::Follow(fact) => {
                let (record, field) = (fact.record, fact.field);
                let from = self.record(record, entries)?;
                Some(self.place(Way::Through(from, field)))
            }
            _ => None,
        }
    }

    fn key(&self, node: NodeId, entries: &[usize]) -> Key {
        let level = usize::from(self.bound.graph.level(node));
        (node, entries.get(..level.min(entries.len())).unwrap_or_default().to_vec())
    }

    fn truth(&mut self, node: NodeId, entries: &mut Vec<usize>) -> Option<Part> {
        let key = self.key(node, entries);
        if let Some(known) = self.truths.get(&key) {
            return *known;
        }
        self.depth += 1;
        let part = if self.depth > DEEPEST { None } else { self.truth_of(node, entries) };
        self.depth -= 1;
        self.truths.insert(key, part);
        part
    }

    fn truth_of(&mut self, node: NodeId, entries: &mut Vec<usize>) -> Option<Part> {
        let bound = self.bound;
        let straight = |step: Option<usize>| step.map(|step| Part::Step(step, false));
        match bound.graph.node(node) {
            Node::Bool(value) => Some(Part::Always(*value)),
            Node::Unknown(_) => straight(self.step(0, What::Open)),
            Node::Not(inner) => self.truth(*inner, entries).map(Part::turned),
            Node::And(parts) => self.joined(parts, true, entries),
            Node::Or(parts) => self.joined(parts, false, entries),
            Node::Test(fact, set) => straight(self.fact(*fact, entries, What::Test(fact.field, *set))),
            Node::Holds(fact, symbols) => straight(self.fact(*fact, entries, What::Holds(fact.field, symbols.clone()))),
            Node::IsEmpty(fact) => straight(self.fact(*fact, entries, What::IsEmpty(fact.field))),
            Node::HoldsValue(fact, value) => {
                let here = self.record(fact.record, entries)?;
                let value = self.number(*value, entries)?;
                let value = self.bring(value, here)?;
                straight(self.step(here, What::HoldsValue(fact.field, value)))
            }
            Node::Compare(op, a, b) => {
                if let Some(part) = self.counted(*op, *a, *b, entries) {
                    return Some(part);
                }
                let (place, [a, b]) = self.two(*a, *b, entries)?;
                straight(self.step(place, What::Compare(*op, a, b)))
            }
            Node::Within(e, a, b) => {
                let (place, [a, b]) = self.two(*a, *b, entries)?;
                straight(self.step(place, What::Within(*e, a, b)))
            }
            Node::InSet(a, set) => {
                let a = self.number(*a, entries)?;
                straight(self.step(self.place_of(a), What::InSet(a, *set)))
            }
            Node::Any(list, body) => self.some(*list, (*body, false), entries),
            Node::All(list, body) => self.some(*list, (*body, true), entries).map(Part::turned),
            _ => None,
        }
    }

    fn fact(&mut self, fact: FactRef, entries: &[usize], what: What) -> Option<usize> {
        let here = self.record(fact.record, entries)?;
        self.step(here, what)
    }

    /// The list's entries as a place, and the step that says which of them pass; none where all do. With the place of its record.
    fn list(&mut self, list: NodeId, entries: &[usize]) -> Option<(usize, usize, Vec<(NodeId, bool)>)> {
        let Node::List { fact, level, filters } = self.bound.graph.node(list) else { return None };
        let of = self.record(fact.record, entries)?;
        let here = self.place(Way::Entries(of, fact.field));
        // Entries of a list inside a list stand one level deeper.
        (usize::from(*level) == entries.len() + 1).then(|| (of, here, filters.iter().map(|f| (*f, false)).collect()))
    }

    /// All of some conditions of the entries.
    fn pass(&mut self, here: usize, parts: &[(NodeId, bool)], entries: &mut Vec<usize>) -> Option<Part> {
        entries.push(here);
        let found: Option<Vec<Part>> = parts
            .iter()
            .map(|(node, turned)| {
                let part = self.truth(*node, entries)?;
                self.bring_part(if *turned { part.turned() } else { part }, here)
            })
            .collect();
        entries.pop();
        self.join(&found?, true, here)
    }

    fn some(&mut self, list: NodeId, body: (NodeId, bool), entries: &mut Vec<usize>) -> Option<Part> {
        let (of, here, mut parts) = self.list(list, entries)?;
        parts.push(body);
        let pass = match self.pass(here, &parts, entries)? {
            Part::Always(false) => return Some(Part::Always(false)),
            Part::Step(at, turned) => (at, turned),
            pass @ Part::Always(true) => (self.whole(pass, here)?, false),
        };
        self.step(of, What::Some(here, pass)).map(|step| Part::Step(step, false))
    }

    /// The number of a list's entries compared with a small constant: without counting, whether there are so many of them.
    fn counted(&mut self, op: Comparison, a: NodeId, b: NodeId, entries: &mut Vec<usize>) -> Option<Part> {
        let (op, list, n) = match (self.bound.graph.node(a), self.bound.graph.node(b)) {
            (Node::Count(list), Node::Number(n)) => (op, *list, *n),
            (Node::Number(n), Node::Count(list)) => (op.flipped(), *list, *n),
            _ => return None,
        };
        let least = match op {
            Comparison::GreaterOrEqual | Comparison::Less => n.ceiling(),
            Comparison::Greater | Comparison::LessOrEqual => n.floor().checked_add(1)?,
            Comparison::Equal | Comparison::NotEqual => n.is_whole().then(|| n.floor())?,
        };
        let least = u32::try_from(least).ok().filter(|least| (1..=COUNTED).contains(least))?;
        let (of, here, parts) = self.list(list, entries)?;
        let pass = match self.pass(here, &parts, entries)? {
            Part::Always(true) => None,
            Part::Step(at, turned) => Some((at, turned)),
            Part::Always(false) => return None,
        };
        let at_least = self.step(of, What::AtLeast(here, pass, least))?;
        let turned = matches!(op, Comparison::Less | Comparison::LessOrEqual);
        if !matches!(op, Comparison::Equal | Comparison::NotEqual) {
            return Some(Part::Step(at_least, turned));
        }
        let more = self.step(of, What::AtLeast(here, pass, least + 1))?;
        let exactly = self.step(of, What::And(vec![(at_least, false), (more, true)]))?;
        Some(Part::Step(exactly, op == Comparison::NotEqual))
    }

    /// The filters of a list as a step; none where there is none to pass.
    fn filtered(&mut self, list: NodeId, entries: &mut Vec<usize>) -> Option<(usize, usize, Option<usize>)> {
        let (of, here, parts) = self.list(list, entries)?;
        match self.pass(here, &parts, entries)? {
            Part::Always(true) => Some((of, here, None)),
            pass => Some((of, here, Some(self.whole(pass, here)?))),
        }
    }

    fn joined(&mut self, parts: &[NodeId], and: bool, entries: &mut Vec<usize>) -> Option<Part> {
        let found: Vec<Part> = parts.iter().map(|part| self.truth(*part, entries)).collect::<Option<_>>()?;
        let steps: Vec<usize> =
            found.iter().filter_map(|p| if let Part::Step(at, _) = p { Some(*at) } else { None }).collect();
        let place = self.meeting(&steps)?;
        let found: Vec<Part> = found.into_iter().map(|part| self.bring_part(part, place)).collect::<Option<_>>()?;
        self.join(&found, and, place)
    }

    /// Parts of one place joined.
    fn join(&mut self, parts: &[Part], and: bool, place: usize) -> Option<Part> {
        let mut steps = Vec::new();
        for part in parts {
            match part {
                Part::Always(value) if *value == and => {}
                Part::Always(value) => return Some(Part::Always(*value)),
                Part::Step(at, turned) => steps.push((*at, *turned)),
            }
        }
        match steps.as_slice() {
            [] => Some(Part::Always(and)),
            [(at, turned)] => Some(Part::Step(*at, *turned)),
            _ => {
                let what = if and { What::And(steps) } else { What::Or(steps) };
                self.step(place, what).map(|step| Part::Step(step, false))
            }
        }
    }

    /// A step that holds where a part does.
    fn whole(&mut self, part: Part, place: usize) -> Option<usize> {
        match part {
            Part::Step(at, false) => Some(at),
            Part::Step(at, true) => self.step(place, What::And(vec![(at, true)])),
            Part::Always(value) => self.step(place, if value { What::And(Vec::new()) } else { What::Or(Vec::new()) }),
        }
    }

    fn answer(&mut self, part: Part) -> Option<(usize, bool)> {
        match self.bring_part(part, 0)? {
            Part::Step(at, turned) => Some((at, turned)),
            always @ Part::Always(_) => Some((self.whole(always, 0)?, false)),
        }
    }

    fn number(&mut self, node: NodeId, entries: &mut Vec<usize>) -> Option<Operand> {
        let key = self.key(node, entries);
        if let Some(known) = self.numbers.get(&key) {
            return *known;
        }
        self.depth += 1;
        let operand = if self.depth > DEEPEST { None } else { self.number_of(node, entries) };
        self.depth -= 1;
        self.numbers.insert(key, operand);
        operand
    }

    fn number_of(&mut self, node: NodeId, entries: &mut Vec<usize>) -> Option<Operand> {
        let bound = self.bound;
        let (place, what) = match bound.graph.node(node) {
            Node::Number(n) => return constant(*n).map(|(a, b)| Operand::Number(a, b)),
            Node::Today => return Some(Operand::Number(bound.as_of.days(), 1)),
            Node::Unknown(_) => return Some(Operand::Unknown),
            Node::Fact(fact) => {
                let grains = match bound.graph.schema.field(fact.field)?.ty {
                    FieldType::Quantity(unit) => unit.grains(),
                    FieldType::Set(_) | FieldType::Record(_) | FieldType::List(_) => return None,
                    _ => 1,
                };
                (self.record(fact.record, entries)?, What::Fact(fact.field, grains))
            }
            Node::Add(a, b) => self.with(*a, *b, entries, What::Add)?,
            Node::Subtract(a, b) => self.with(*a, *b, entries, What::Subtract)?,
            Node::Least(a, b) => self.with(*a, *b, entries, What::Least)?,
            Node::Most(a, b) => self.with(*a, *b, entries, What::Most)?,
            Node::Multiply(a, b, factor) => {
                let factor = constant(*factor)?;
                self.with(*a, *b, entries, |a, b| What::Multiply(a, b, factor))?
            }
            Node::Divide(a, b, factor) => {
                let factor = constant(*factor)?;
                self.with(*a, *b, entries, |a, b| What::Divide(a, b, factor))?
            }
            Node::Shift(a, b, step) => self.with(*a, *b, entries, |a, b| What::Shift(a, b, *step))?,
            Node::Round(mode, a, step) => self.of(*a, entries, |a| What::Round(*mode, a, *step))?,
            Node::Year(a) => self.of(*a, entries, What::Year)?,
            Node::Month(a) => self.of(*a, entries, What::Month)?,
            Node::Case(rows, otherwise) => self.case(rows, *otherwise, entries)?,
            Node::Count(list) => {
                let (of, here, pass) = self.filtered(*list, entries)?;
                (of, What::Count(here, pass))
            }
            Node::Fold(fold, list, body) => {
                let (of, here, pass) = self.filtered(*list, entries)?;
                entries.push(here);
                let body = self.number(*body, entries);
                entries.pop();
                let body = self.bring(body?, here)?;
                (of, What::Fold(*fold, here, pass, body))
            }
            _ => return None,
        };
        match self.settled(&what) {
            Some(operand) => Some(operand),
            None => self.step(place, what).map(Operand::Step),
        }
    }

    /// What comes of constants, as the day is one: worked out once, and not for each row.
    fn settled(&self, what: &What) -> Option<Operand> {
        let operands = what.operands();
        let mut all = operands.iter().flatten().peekable();
        if all.peek().is_none() || all.any(|operand| matches!(operand, Operand::Step(_))) {
            return None;
        }
        let columns = Builder::new(&self.bound.graph.schema).build().ok()?;
        let reader = Reader {
            bound: self.bound,
            columns: &columns,
            places: &[],
            stages: &[],
            before: &[],
            kernels: Kernels::Portable,
        };
        let (place, mut cells) = (Place { len: 1, fine: true, ..Place::default() }, Cells::default());
        cells.reset(&place);
        reader.fill_number(what, &place, &mut cells);
        match cells.number(0) {
            Cell::Number(numerator, denominator) => Some(Operand::Number(numerator, denominator)),
            Cell::Unknown => Some(Operand::Unknown),
            Cell::Left => None,
        }
    }

    fn of(&mut self, a: NodeId, entries: &mut Vec<usize>, what: impl Fn(Operand) -> What) -> Option<(usize, What)> {
        let a = self.number(a, entries)?;
        Some((self.place_of(a), what(a)))
    }

    fn with(
        &mut self,
        a: NodeId,
        b: NodeId,
        entries: &mut Vec<usize>,
        what: impl Fn(Operand, Operand) -> What,
    ) -> Option<(usize, What)> {
        let (place, [a, b]) = self.two(a, b, entries)?;
        Some((place, what(a, b)))
    }

    fn two(&mut self, a: NodeId, b: NodeId, entries: &mut Vec<usize>) -> Option<(usize, [Operand; 2])> {
        let (a, b) = (self.number(a, entries)?, self.number(b, entries)?);
        let steps: Vec<usize> =
            [a, b].iter().filter_map(|o| if let Operand::Step(at) = o { Some(*at) } else { None }).collect();
        let place = self.meeting(&steps)?;
        Some((place, [self.bring(a, place)?, self.bring(b, place)?]))
    }

    fn case(
        &mut self,
        rows: &[(NodeId, NodeId)],
        otherwise: NodeId,
        entries: &mut Vec<usize>,
    ) -> Option<(usize, What)> {
        let mut found = Vec::new();
        for (condition, value) in rows {
            match self.truth(*condition, entries)? {
                Part::Always(false) => {}
                part => found.push((part, self.number(*value, entries)?)),
            }
        }
        let otherwise = self.number(otherwise, entries)?;
        let parts = found.iter().filter_map(|(p, _)| if let Part::Step(at, _) = p { Some(*at) } else { None });
        let values = found.iter().map(|(_, v)| v).chain([&otherwise]);
        let values = values.filter_map(|o| if let Operand::Step(at) = o { Some(*at) } else { None });
        let place = self.meeting(&parts.chain(values).collect::<Vec<_>>())?;
        let mut cases = Vec::new();
        for (part, value) in found {
            let value = self.bring(value, place)?;
            let part = self.bring_part(part, place)?;
            let condition = match part {
                Part::Step(at, turned) => (at, turned),
                Part::Always(_) => (self.whole(part, place)?, false),
            };
            cases.push((condition, value));
        }
        Some((place, What::Case(cases, self.bring(otherwise, place)?)))
    }

    fn place_of(&self, operand: Operand) -> usize {
        match operand {
            Operand::Step(at) => self.sheets.steps.get(at).map_or(0, |stage| stage.place),
            Operand::Number(..) | Operand::Unknown => 0,
        }
    }

    /// The place of one of some steps to which all the others can be brought; the block where there is none.
    fn meeting(&self, steps: &[usize]) -> Option<usize> {
        let places: Vec<usize> = steps.iter().map(|at| self.place_of(Operand::Step(*at))).collect();
        if places.is_empty() {
            return Some(0);
        }
        let fits = |to: &usize| places.iter().all(|from| self.leads(*from, *to));
        places.iter().copied().find(|to| fits(to)).or(Some(0).filter(fits))
    }

    /// Whether each row of a place has one row of another.
    fn leads(&self, from: usize, to: usize) -> bool {
        if from == to {
            return true;
        }
        match (self.sheets.places.get(from), self.sheets.places.get(to)) {
            (Some(Way::Through(before, _)), _) if self.leads(*before, to) => true,
            (_, Some(Way::Entries(of, _))) => self.leads(from, *of),
            _ => false,
        }
    }

    fn bring(&mut self, operand: Operand, to: usize) -> Option<Operand> {
        match operand {
            Operand::Step(at) => self.bring_step(at, to).map(Operand::Step),
            other => Some(other),
        }
    }

    fn bring_part(&mut self, part: Part, to: usize) -> Option<Part> {
        match part {
            Part::Step(at, turned) => self.bring_step(at, to).map(|at| Part::Step(at, turned)),
            always @ Part::Always(_) => Some(always),
        }
    }

    /// A step for the rows of another place.
    fn bring_step(&mut self, at: usize, to: usize) -> Option<usize> {
        let from = self.place_of(Operand::Step(at));
        if from == to {
            return Some(at);
        }
        let same = |build: &Self, place: usize, led: bool| {
            build.sheets.steps.iter().position(|stage| {
                stage.place == place
                    && matches!((&stage.what, led), (What::Led(of), true) | (What::Owner(of), false) if *of == at)
            })
        };
        match (self.sheets.places.get(from).copied(), self.sheets.places.get(to).copied()) {
            (Some(Way::Through(before, _)), _) if self.leads(before, to) => {
                let led = match same(self, before, true) {
                    Some(led) => led,
                    None => self.step(before, What::Led(at))?,
                };
                self.bring_step(led, to)
            }
            (_, Some(Way::Entries(of, _))) => {
                let owned = self.bring_step(at, of)?;
                self.step(to, What::Owner(owned))
            }
            _ => None,
        }
    }
}

impl Part {
    fn turned(self) -> Self {
        match self {
            Self::Step(at, turned) => Self::Step(at, !turned),
            Self::Always(value) => Self::Always(!value),
        }
    }
}

/// A number as two integers of 64 bits, where it fits.
fn constant(n: Number) -> Option<(i64, i64)> {
    Some((i64::try_from(n.numerator()).ok()?, i64::try_from(n.denominator()).ok()?))
}
