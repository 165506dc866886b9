//! Tests of facts: all that is asked of one fact of a place, with the kernels that test the rows of a block.

use super::{Cells, Place, Sheets, What};
use crate::columns::{Column, Columns};
use crate::graph::Bound;
use crate::graph::intervals::Intervals;
use crate::ids::FieldId;
use crate::verdict::columns::build::{cuts, part, width};
use crate::verdict::columns::compare::{Ahead, Kernels};
use crate::verdict::columns::lanes::{Places, Slots};
use crate::verdict::columns::{ALL, NONE, Plane, ROWS, Test, WORDS, Width};
use std::collections::BTreeMap;
use std::ops::Range;

/// The steps that test a fact.
#[derive(Clone, Debug)]
pub(super) struct Tested {
    place: usize,
    field: FieldId,
    width: Width,
    tests: Vec<Test>,
    /// Each step with its test, and whether it holds the opposite.
    steps: Vec<(usize, usize, bool)>,
}

impl Tested {
    /// Those of a program, by place and fact. Steps of facts whose cut points fit no lane are not among them.
    pub(super) fn all(bound: &Bound, sheets: &Sheets) -> Vec<Self> {
        let mut asked: BTreeMap<(usize, FieldId), Vec<(usize, &Intervals)>> = BTreeMap::new();
        for (at, stage) in sheets.steps.iter().enumerate() {
            if let What::Test(field, set) = &stage.what {
                asked.entry((stage.place, *field)).or_default().push((at, bound.set(*set)));
            }
        }
        let tested = asked.into_iter().filter_map(|((place, field), asked)| {
            let range = bound.graph.schema.field(field)?.range;
            let width = width(&asked.iter().flat_map(|(_, set)| cuts(set, range)).collect())?;
            let mut tests: Vec<Test> = Vec::new();
            let steps = asked.into_iter().map(|(step, set)| {
                let (test, turned) = part(0, width, range, set);
                let at = tests.iter().position(|other| *other == test).unwrap_or_else(|| {
                    tests.push(test);
                    tests.len() - 1
                });
                (step, at, turned)
            });
            let steps = steps.collect();
            Some(Self { place, field, width, tests, steps })
        });
        tested.collect()
    }

    /// The steps that it fills.
    pub(super) fn steps(&self) -> impl Iterator<Item = usize> {
        self.steps.iter().map(|(step, ..)| *step)
    }

    /// Fills the cells of all of them.
    pub(super) fn fill(
        &self,
        columns: &Columns<'_>,
        places: &[Place],
        cells: &mut [Cells],
        (slots, planes, kernels): (&mut Slots, &mut Vec<Plane>, Kernels),
    ) {
        let Some(place) = places.get(self.place) else { return };
        let column = columns.column(self.field).filter(|_| place.fine);
        let scalar =
            column.and_then(|c| if let Column::Scalar { values, known } = c { Some((values, known)) } else { None });
        for (step, ..) in &self.steps {
            let Some(cells) = cells.get_mut(*step) else { continue };
            // What is known is written below; else nothing is of any row.
            if scalar.is_some() {
                cells.size(place);
            } else {
                cells.reset(place);
            }
            cells.whole();
        }
        let Some((values, known)) = scalar else { return };
        planes.resize(self.tests.len(), NONE);
        for (block, start) in (place.start..place.start + place.len).step_by(ROWS).enumerate() {
            // With the rows after the last one of the place, where there are some: a whole block is sooner done than most of it.
            let run = Places::Run(start, values.len().saturating_sub(start).min(ROWS));
            let known: Plane = known.map_or(ALL, |known| known.words(start));
            let words = block * WORDS..(block + 1) * WORDS;
            kernels.wide(
                #[inline(always)]
                |()| {
                    slots.test(values, run, self.width, (&self.tests, planes), (kernels, &mut Ahead::none()));
                    for (step, test, turned) in &self.steps {
                        let (Some(cells), Some(plane)) = (cells.get_mut(*step), planes.get(*test)) else { continue };
                        cells.put(words.clone(), plane, &known, *turned);
                    }
                },
            );
        }
    }
}

impl Cells {
    /// Writes the answers of a test into some words, of which there may be fewer.
    #[inline(always)]
    fn put(&mut self, words: Range<usize>, inside: &Plane, known: &Plane, turned: bool) {
        let words = words.start..words.end.min(self.certain.len());
        let (Some(certain), Some(possible)) = (self.certain.get_mut(words.clone()), self.possible.get_mut(words))
        else {
            return;
        };
        let turn = if turned { u64::MAX } else { 0 };
        for ((certain, possible), (inside, known)) in certain.iter_mut().zip(possible).zip(inside.iter().zip(known)) {
            let inside = inside ^ turn;
            (*certain, *possible) = (known & inside, !known | inside);
        }
    }
}
