//! Columns -> verdicts, many rows at once: 64 rows to a word, one bit a row.
//!
//! Rows are taken in blocks of [`ROWS`]. In a block each fact is read once into a *lane*, narrowed to bytes where its cut points allow
//! it; each distinct test on a lane is made once, into a plane of one bit a row; and the policies are "and"s and "or"s of planes. Where
//! facts are missing a condition has two planes, "certainly" and "possibly"; blocks in which everything is known need only the first.
//!
//! Conditions of other kinds (lists, sums, sets) are asked of the row evaluator, in a second round and only for the rows that the first
//! left open. The answers are those of strong Kleene logic, as [`super::rows`] gives them one row at a time.

#![allow(
    clippy::inline_always,
    reason = "what runs over a block has to be compiled together with the vector instructions it is called for"
)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "values are held between the ends of a lane before they are narrowed; blocks have few rows"
)]

mod build;
mod compare;
mod lanes;
mod logic;
mod near;
mod sheets;
#[cfg(target_arch = "x86_64")]
mod simd;

use super::Truth;
use super::from_graph::{Evaluation, Scratch};
use super::rows::{Marks, Planes, Row};
use crate::columns::Columns;
use crate::graph::{Bound, NodeId};
use crate::ids::{EntityId, FieldId, PolicyId};
use std::ops::Range;

/// Rows in a block: the planes of a few hundred tests then stay in the nearest cache.
pub(crate) const ROWS: usize = 1024;

/// Words in a plane.
const WORDS: usize = ROWS / 64;

/// One bit a row of a block.
type Plane = [u64; WORDS];

const NONE: Plane = [0; WORDS];
const ALL: Plane = [u64::MAX; WORDS];

/// The policies for one kind of record, on one day, compiled for columns.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    unit: EntityId,
    policies: Vec<PolicyId>,
    /// Records that facts are read from: the unit, and what its facts lead to.
    paths: Vec<Path>,
    lanes: Vec<Lane>,
    tests: Vec<Test>,
    /// Conditions of other kinds; their registers follow those of the tests.
    asked: Vec<NodeId>,
    /// What works them out for most rows.
    sheets: sheets::Sheets,
    /// By policy: those of `asked` that it depends on.
    asked_of: Vec<Vec<u32>>,
    /// The register of what never holds.
    never: u32,
    registers: usize,
    gates: Vec<Gate>,
    operands: Vec<u32>,
    /// By policy: the register of its answer, and whether it is the opposite.
    answers: Vec<(u32, bool)>,
    /// By policy: the same of each of its conditions at the top, as written.
    conditions: Vec<Vec<(u32, bool)>>,
}

/// How a record is reached: through a fact of the record of an earlier path; the first path is the unit itself.
#[derive(Clone, Copy, Debug)]
struct Path {
    from: usize,
    field: FieldId,
}

/// A fact of the record of a path.
#[derive(Clone, Copy, Debug)]
struct Lane {
    path: usize,
    field: FieldId,
    width: Width,
    /// How many of [`Program::tests`] are made on it, after those of the lanes before.
    tests: usize,
}

/// How the values of a lane are kept. Narrowing keeps the order of values and cut points.
#[derive(Clone, Copy, Debug)]
enum Width {
    /// The value, no less than `least` and no more than `most`, as its distance from `least`.
    Byte { least: i64, most: i64 },
    /// The same in steps of so much, within 16 bits: money whose cut points are round, and dates.
    Short { least: i64, most: i64, step: u32 },
    /// The value, held within 32 bits.
    Int,
}

impl Width {
    /// Where a value is in the lane's measure.
    fn place(self, value: i64) -> i32 {
        match self {
            Self::Byte { least, most } => (value.clamp(least, most) - least) as i32,
            Self::Short { least, most, step } => ((value.clamp(least, most) - least) / i64::from(step)) as i32,
            Self::Int => value.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32,
        }
    }
}

/// A lane's value is in one of these spans, both ends included, in the lane's own measure.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Test {
    lane: usize,
    spans: Vec<(i32, i32)>,
}

/// One step: some registers joined into another.
#[derive(Clone, Copy, Debug)]
struct Gate {
    /// Whether by "and"; else by "or".
    and: bool,
    /// Where its operands begin in [`Program::operands`]; first those that are taken straight, then those that are turned round.
    first: u32,
    straight: u32,
    turned: u32,
    into: u32,
}

/// Memory for the blocks of one evaluation.
#[derive(Default)]
pub(crate) struct Memory {
    certain: Vec<Plane>,
    possible: Vec<Plane>,
    lanes: lanes::Buffers,
    sheets: sheets::Memory,
    /// By other condition: the rows for which it was not worked out, and then those for which it was asked of the row evaluator.
    left: Vec<Plane>,
    wanted: Vec<Plane>,
}

/// The verdicts of strong Kleene logic on some rows; in `near`, where it is given, the rows that may miss a policy by one condition.
pub(crate) fn verdicts(
    program: &Program,
    bound: &Bound,
    columns: &Columns<'_>,
    rows: Range<u32>,
    (planes, mut near): (&mut Planes, Option<&mut Marks>),
    (memory, scratch): (&mut Memory, &mut Scratch),
) {
    planes.reset(&program.policies, rows.clone());
    memory.certain.resize(program.registers, NONE);
    memory.possible.resize(program.registers, NONE);
    memory.wanted.resize(program.asked.len(), NONE);
    memory.left.resize(program.asked.len(), ALL);
    for planes in [&mut memory.certain, &mut memory.possible] {
        planes.get_mut(program.never as usize).into_iter().for_each(|plane| *plane = NONE);
    }
    let kernels = compare::Kernels::best();
    let mut start = rows.start;
    while start < rows.end {
        let count = (rows.end - start).min(ROWS as u32);
        let three = program.block(bound, columns, start..start + count, (kernels, near.is_some()), memory, scratch);
        let word = ((start - rows.start) / 64) as usize;
        for (at, (certain, possible, turned)) in program.answers(memory, three).enumerate() {
            if turned {
                planes.put(at, word, &possible.map(|w| !w), &certain.map(|w| !w));
            } else {
                planes.put(at, word, certain, possible);
            }
        }
        if let Some(near) = &mut near {
            program.near(count as usize, word, kernels, memory, near);
        }
        start += count;
    }
}

impl Program {
    /// Fills the registers for a block; `three` asks for "possibly" beside "certainly" where everything is known as well. Says whether they
    /// are apart.
    fn block(
        &self,
        bound: &Bound,
        columns: &Columns<'_>,
        rows: Range<u32>,
        (kernels, three): (compare::Kernels, bool),
        memory: &mut Memory,
        scratch: &mut Scratch,
    ) -> bool {
        lanes::lead(self, columns, rows.clone(), &mut memory.lanes);
        let known = lanes::known(self, columns, rows.clone(), &mut memory.lanes);
        // What is known is possible exactly where it is certain.
        let three = three || !known || !self.asked.is_empty();
        kernels.wide(
            #[inline(always)]
            |()| lanes::test(self, columns, rows.clone(), (kernels, three), memory),
        );
        if self.asked.is_empty() {
            logic::run(self, memory, three, kernels);
            return three;
        }
        self.work_out(bound, columns, rows.clone(), kernels, memory);
        logic::run(self, memory, true, kernels);
        if self.want(rows.len(), memory) {
            self.ask(bound, columns, rows, memory, scratch);
            logic::run(self, memory, true, kernels);
        }
        true
    }

    /// The other conditions, for the rows for which they can be worked out together; the others are left open.
    fn work_out(
        &self,
        bound: &Bound,
        columns: &Columns<'_>,
        rows: Range<u32>,
        kernels: compare::Kernels,
        memory: &mut Memory,
    ) {
        let Memory { certain, possible, left, sheets, .. } = memory;
        let any = self.sheets.run(bound, columns, rows, kernels, sheets);
        let first = self.tests.len();
        let planes = certain.iter_mut().skip(first).zip(possible.iter_mut().skip(first)).zip(left);
        for (at, ((certain, possible), left)) in planes.enumerate().take(self.asked.len()) {
            (*certain, *possible, *left) = (NONE, ALL, ALL);
            if any {
                self.sheets.answer(at, sheets, [certain, possible, left]);
            }
        }
    }

    /// By policy: for which rows of the block its conditions (or their opposite, where they are turned round) certainly hold, and for which
    /// they possibly do: the same, unless something is not known (`three`).
    fn answers<'m>(&'m self, memory: &'m Memory, three: bool) -> impl Iterator<Item = (&'m Plane, &'m Plane, bool)> {
        self.answers.iter().map(move |(register, turned)| {
            let certain = memory.certain.get(*register as usize).unwrap_or(&NONE);
            let possible = memory.possible.get(*register as usize).filter(|_| three).unwrap_or(certain);
            (certain, possible, *turned)
        })
    }

    /// For which rows each other condition is wanted: those of the ones left in which a policy that has it is still open.
    fn want(&self, rows: usize, memory: &mut Memory) -> bool {
        let here: Plane = std::array::from_fn(|word| within(rows, word));
        let nothing = |left: &Plane| left.iter().zip(here).fold(0, |all, (left, here)| all | left & here) == 0;
        if memory.left.iter().all(nothing) {
            return false;
        }
        let mut wanted = std::mem::take(&mut memory.wanted);
        wanted.fill(NONE);
        let mut any = false;
        // Turned round or not, open is what is possible and not certain.
        for ((certain, possible, _), asked) in self.answers(memory, true).zip(&self.asked_of) {
            for ask in asked {
                let Some(wanted) = wanted.get_mut(*ask as usize) else { continue };
                for ((wanted, certain), possible) in wanted.iter_mut().zip(certain).zip(possible) {
                    *wanted |= possible & !certain;
                }
            }
        }
        for (wanted, left) in wanted.iter_mut().zip(&memory.left) {
            for ((word, left), here) in wanted.iter_mut().zip(left).zip(here) {
                *word &= left & here;
                any |= *word != 0;
            }
        }
        memory.wanted = wanted;
        any
    }

    /// Asks the row evaluator.
    fn ask(&self, bound: &Bound, columns: &Columns<'_>, rows: Range<u32>, memory: &mut Memory, scratch: &mut Scratch) {
        let Memory { wanted, certain, possible, .. } = memory;
        for (at, row) in rows.enumerate() {
            let (word, bit) = (at / 64, 1u64 << (at % 64));
            let is_wanted = |plane: &Plane| plane.get(word).is_some_and(|w| w & bit != 0);
            if !wanted.iter().any(is_wanted) {
                continue;
            }
            let facts = Row { columns, unit: self.unit, row };
            let mut evaluation = Evaluation::new(bound, &facts, scratch);
            for (ask, (node, plane)) in self.asked.iter().zip(wanted.iter()).enumerate() {
                if !is_wanted(plane) {
                    continue;
                }
                let register = self.tests.len() + ask;
                let truth = evaluation.afresh(*node);
                if truth == Truth::True
                    && let Some(word) = certain.get_mut(register).and_then(|p| p.get_mut(word))
                {
                    *word |= bit;
                }
                if truth == Truth::False
                    && let Some(word) = possible.get_mut(register).and_then(|p| p.get_mut(word))
                {
                    *word &= !bit;
                }
            }
        }
    }
}

/// The bits of the word at a place that stand for one of the first `rows` rows.
fn within(rows: usize, word: usize) -> u64 {
    match rows.saturating_sub(word * 64) {
        0 => 0,
        left if left >= 64 => u64::MAX,
        left => (1 << left) - 1,
    }
}
