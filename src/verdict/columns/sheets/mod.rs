//! Conditions over lists, sets and computed figures, for a block of rows at once.
//!
//! What the tests of [`super::lanes`] cannot say is worked out here column by column: a block's rows are one *place*, the rows that its
//! facts lead to another, the entries of its lists a third, and each step fills the cells of all rows of its place. So what is asked
//! of a household is worked out once and not for each of its members, and what is asked of the members is worked out in one run over
//! their table and then joined by household.
//!
//! Numbers are pairs of 64-bit integers here. Where one does not fit, and wherever the row evaluator would have to weigh alternatives (a
//! table whose row is not known), the row is *left* to it, so the answers are its answers. What no step exists for is left to it altogether.

mod build;
mod compress;
mod even;
mod held;
mod lists;
mod places;
mod runs;
mod scalar;
mod tested;
mod truth;

use super::compare::Kernels;
use super::lanes::Slots;
use super::{Plane, ROWS};
use crate::columns::Columns;
use crate::graph::{Comparison, SetId, Step};
use crate::ids::{EnumId, FieldId};
use crate::value::{Number, Rounding};
use places::{Joining, Place};
use std::ops::Range;

/// Fewer rows than this are left to the row evaluator.
const FEWEST: usize = 64;

/// The most rows of another table that a block may lead to; those of a block that leads far apart are left to the row evaluator.
const MOST: usize = 8 * ROWS;

/// The steps that work out the asked conditions of a program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sheets {
    places: Vec<Way>,
    /// Those of entries of which somebody asks whose they are.
    owners: Vec<usize>,
    steps: Vec<Stage>,
    /// What is asked of sets, and the tests of facts: worked out before the other steps.
    held: Vec<held::Held>,
    tested: Vec<tested::Tested>,
    /// By asked condition: the step that has its answer for the rows of the block, or the opposite, where there is one.
    answers: Vec<Option<(usize, bool)>>,
}

/// How the rows of a place are reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// They are those of the block.
    Block,
    /// Through a fact of the rows of another place.
    Through(usize, FieldId),
    /// They are the entries of a list of the rows of another place.
    Entries(usize, FieldId),
}

/// One step, for all rows of a place.
#[derive(Clone, Debug)]
struct Stage {
    place: usize,
    what: What,
    /// Whether it is certainly open for a record of which nothing is known.
    open: bool,
    /// Whether it is worked out before the others, with all that is asked of its fact.
    early: bool,
}

/// A value of a step before, or a constant.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Operand {
    Step(usize),
    Number(i64, i64),
    Unknown,
}

#[derive(Clone, Debug)]
enum What {
    // Truths.
    Test(FieldId, SetId),
    Holds(FieldId, Box<[u32]>),
    HoldsValue(FieldId, Operand),
    IsEmpty(FieldId),
    /// Parts of a step before, each straight or turned round.
    And(Vec<(usize, bool)>),
    Or(Vec<(usize, bool)>),
    Compare(Comparison, Operand, Operand),
    InSet(Operand, SetId),
    Within(EnumId, Operand, Operand),
    /// For some entry the step holds, or fails where it is turned round.
    Some(usize, (usize, bool)),
    /// For so many entries at least, of those the step holds for; of all where there is none. Open where it is not known for how many.
    AtLeast(usize, Option<(usize, bool)>, u32),
    /// Never known.
    Open,

    // Numbers.
    Fact(FieldId, i64),
    Add(Operand, Operand),
    Subtract(Operand, Operand),
    Multiply(Operand, Operand, (i64, i64)),
    Divide(Operand, Operand, (i64, i64)),
    Least(Operand, Operand),
    Most(Operand, Operand),
    Round(Rounding, Operand, Number),
    Shift(Operand, Operand, Step),
    Year(Operand),
    Month(Operand),
    /// The value of the first row whose condition holds (or fails, where it is turned round), else the last.
    Case(Vec<((usize, bool), Operand)>, Operand),
    /// How many entries the step holds for; all of them where there is none.
    Count(usize, Option<usize>),
    Fold(crate::graph::Fold, usize, Option<usize>, Operand),

    // Either.
    /// From the place that is reached through a fact.
    Led(usize),
    /// From the rows that have the entries.
    Owner(usize),
}

impl What {
    /// The numbers that are joined, compared or looked up: it is open where one of them is.
    const fn operands(&self) -> [Option<Operand>; 2] {
        match self {
            Self::Compare(_, a, b)
            | Self::Within(_, a, b)
            | Self::Add(a, b)
            | Self::Subtract(a, b)
            | Self::Multiply(a, b, _)
            | Self::Divide(a, b, _)
            | Self::Least(a, b)
            | Self::Most(a, b)
            | Self::Shift(a, b, _) => [Some(*a), Some(*b)],
            Self::HoldsValue(_, a) | Self::InSet(a, _) | Self::Round(_, a, _) | Self::Year(a) | Self::Month(a) => {
                [Some(*a), None]
            }
            _ => [None, None],
        }
    }
}

/// The cells of one step.
#[derive(Clone, Debug, Default)]
struct Cells {
    /// Of a truth: certainly. Of a number: known.
    certain: Vec<u64>,
    /// Of a truth: possibly.
    possible: Vec<u64>,
    /// Rows that are left to the row evaluator; nothing else is said of them.
    left: Vec<u64>,
    numerators: Vec<i64>,
    /// The denominator of all known numbers, more than zero; 0 where there is none yet, or where each has its own.
    denominator: i64,
    /// By row, more than zero, where they differ.
    denominators: Vec<i64>,
    joining: Joining,
}

const NOWHERE: u32 = u32::MAX;

/// Memory for one block.
#[derive(Default)]
pub(crate) struct Memory {
    places: Vec<Place>,
    cells: Vec<Cells>,
    slots: Slots,
    planes: Vec<Plane>,
}

/// What steps are read with.
struct Reader<'a> {
    bound: &'a crate::graph::Bound,
    columns: &'a Columns<'a>,
    places: &'a [Place],
    stages: &'a [Stage],
    before: &'a [Cells],
    kernels: Kernels,
}

impl Sheets {
    /// Works out the block. Returns whether there was anything to do; [`Sheets::answer`] then has the answers.
    pub(super) fn run(
        &self,
        bound: &crate::graph::Bound,
        columns: &Columns<'_>,
        rows: Range<u32>,
        kernels: Kernels,
        memory: &mut Memory,
    ) -> bool {
        if rows.len() < FEWEST || self.steps.is_empty() {
            return false;
        }
        memory.places.resize_with(self.places.len(), Place::default);
        memory.cells.resize_with(self.steps.len(), Cells::default);
        for (at, way) in self.places.iter().enumerate() {
            let (before, here) = memory.places.split_at_mut(at);
            if let Some(here) = here.first_mut() {
                here.find(*way, columns, before, &rows, (self.owners.contains(&at), kernels));
            }
        }
        let Memory { places, cells, slots, planes } = memory;
        self.held.iter().for_each(|held| held.fill(columns, places, cells));
        self.tested.iter().for_each(|tested| tested.fill(columns, places, cells, (slots, planes, kernels)));
        for (at, stage) in self.steps.iter().enumerate() {
            if stage.early {
                continue;
            }
            let (before, here) = cells.split_at_mut(at);
            let (Some(cells), Some(place)) = (here.first_mut(), places.get(stage.place)) else { continue };
            cells.reset(place);
            if place.fine {
                let reader = Reader { bound, columns, places, stages: &self.steps, before, kernels };
                reader.fill(stage, place, cells);
            }
        }
        true
    }

    /// Writes the answers to a condition: certainly, possibly, and the rows for which it is left open and has to be asked.
    pub(super) fn answer(&self, asked: usize, memory: &Memory, [certain, possible, left]: [&mut Plane; 3]) {
        let Some((step, turned)) = self.answers.get(asked).copied().flatten() else { return };
        let Some(cells) = memory.cells.get(step) else { return };
        let (c, p) = if turned { (&cells.possible, &cells.certain) } else { (&cells.certain, &cells.possible) };
        let turn = if turned { u64::MAX } else { 0 };
        certain.iter_mut().zip(c).for_each(|(plane, word)| *plane = word ^ turn);
        possible.iter_mut().zip(p).for_each(|(plane, word)| *plane = word ^ turn);
        left.iter_mut().zip(&cells.left).for_each(|(plane, word)| *plane = *word);
    }
}

impl Cells {
    /// Everything left.
    fn reset(&mut self, place: &Place) {
        self.size(place);
        self.blank();
    }

    /// Room for truths, whatever they are.
    fn size(&mut self, place: &Place) {
        let len = if place.fine { place.len } else { 0 };
        let words = len.div_ceil(64);
        for list in [&mut self.certain, &mut self.possible, &mut self.left] {
            list.resize(words, 0);
        }
        self.numerators.clear();
        self.denominator = 0;
        self.denominators.clear();
    }

    /// Nothing said of any row.
    fn blank(&mut self) {
        self.certain.fill(0);
        self.possible.fill(u64::MAX);
        self.left.fill(u64::MAX);
    }

    /// Nothing left.
    fn whole(&mut self) {
        self.left.fill(0);
    }

    /// Room for numbers, of this denominator where it is not 0.
    fn numbers(&mut self, place: &Place, denominator: i64) {
        self.numerators.resize(place.len, 0);
        self.denominator = denominator;
        self.denominators.clear();
    }

    /// The denominator of all known numbers, where they have one.
    fn even(&self) -> Option<i64> {
        self.denominators.is_empty().then_some(self.denominator.max(1))
    }

    fn leave(&mut self, row: usize) {
        put(&mut self.left, row, true);
        put(&mut self.certain, row, false);
        put(&mut self.possible, row, true);
    }

    fn set_number(&mut self, row: usize, value: Cell) {
        match value {
            Cell::Left => self.leave(row),
            Cell::Unknown => {}
            Cell::Number(numerator, denominator) => {
                put(&mut self.certain, row, true);
                self.numerators.get_mut(row).into_iter().for_each(|slot| *slot = numerator);
                if self.denominators.is_empty() && self.denominator != denominator {
                    if self.denominator == 0 {
                        self.denominator = denominator;
                    } else {
                        self.denominators.resize(self.numerators.len(), self.denominator);
                        self.denominator = 0;
                    }
                }
                self.denominators.get_mut(row).into_iter().for_each(|slot| *slot = denominator);
            }
        }
    }

    #[inline]
    fn number(&self, row: usize) -> Cell {
        if bit(&self.left, row) {
            return Cell::Left;
        }
        match self.numerators.get(row).filter(|_| bit(&self.certain, row)) {
            Some(numerator) => {
                let own = self.denominators.get(row).copied();
                Cell::Number(*numerator, own.unwrap_or(self.denominator))
            }
            None => Cell::Unknown,
        }
    }
}

/// A number of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cell {
    Left,
    Unknown,
    Number(i64, i64),
}

#[inline]
fn bit(words: &[u64], row: usize) -> bool {
    words.get(row / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
}

#[inline]
fn put(words: &mut [u64], row: usize, on: bool) {
    if let Some(word) = words.get_mut(row / 64) {
        let bit = 1u64 << (row % 64);
        *word = if on { *word | bit } else { *word & !bit };
    }
}

/// Rows are at most 2^32.
fn narrow(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
