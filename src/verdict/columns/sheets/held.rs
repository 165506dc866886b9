//! What sets hold: all that is asked of one fact, in one run over its values.

use super::places::Place;
use super::{Cells, Sheets, What, bit, narrow, put};
use crate::columns::Columns;
use crate::ids::FieldId;
use std::collections::BTreeMap;

/// The steps that ask which values a set holds.
#[derive(Clone, Debug)]
pub(super) struct Held {
    place: usize,
    field: FieldId,
    /// Each step with the values it asks for: one of them is enough.
    steps: Vec<(usize, Box<[u32]>)>,
    /// By value: which of the steps ask for it.
    asking: Vec<Vec<u32>>,
}

impl Held {
    /// Those of a program, by place and fact.
    pub(super) fn all(sheets: &Sheets) -> Vec<Self> {
        let mut found: BTreeMap<(usize, FieldId), Self> = BTreeMap::new();
        for (at, stage) in sheets.steps.iter().enumerate() {
            let What::Holds(field, symbols) = &stage.what else { continue };
            let none = || Self { place: stage.place, field: *field, steps: Vec::new(), asking: Vec::new() };
            let held = found.entry((stage.place, *field)).or_insert_with(none);
            for symbol in symbols {
                let symbol = *symbol as usize;
                if held.asking.len() <= symbol {
                    held.asking.resize_with(symbol + 1, Vec::new);
                }
                held.asking.get_mut(symbol).into_iter().for_each(|asking| asking.push(narrow(held.steps.len())));
            }
            held.steps.push((at, symbols.clone()));
        }
        found.into_values().collect()
    }

    /// The steps that it fills.
    pub(super) fn steps(&self) -> impl Iterator<Item = usize> {
        self.steps.iter().map(|(step, _)| *step)
    }

    /// Fills the cells of all of them.
    pub(super) fn fill(&self, columns: &Columns<'_>, places: &[Place], cells: &mut [Cells]) {
        let Some(place) = places.get(self.place) else { return };
        for (at, _) in &self.steps {
            cells.get_mut(*at).into_iter().for_each(|cells| cells.reset(place));
        }
        if !place.fine {
            return;
        }
        // Rows of which it is not known what else the set holds.
        let mut open = vec![0u64; place.len.div_ceil(64)];
        for row in 0..place.len {
            let set = columns.set(self.field, narrow(place.start + row));
            put(&mut open, row, !set.is_some_and(|(.., complete)| complete));
        }
        for (at, _) in &self.steps {
            let Some(cells) = cells.get_mut(*at) else { continue };
            cells.whole();
            cells.possible.clone_from(&open);
        }
        for row in 0..place.len {
            let Some((holds, lacks, _)) = columns.set(self.field, narrow(place.start + row)) else { continue };
            for asking in holds.iter().filter_map(|symbol| self.asking.get(*symbol as usize)).flatten() {
                let step = self.steps.get(*asking as usize).and_then(|(at, _)| cells.get_mut(*at));
                if let Some(cells) = step {
                    put(&mut cells.certain, row, true);
                    put(&mut cells.possible, row, true);
                }
            }
            if lacks.is_empty() || !bit(&open, row) {
                continue;
            }
            for (at, symbols) in &self.steps {
                let Some(cells) = cells.get_mut(*at).filter(|cells| !bit(&cells.certain, row)) else { continue };
                if symbols.iter().all(|symbol| lacks.contains(symbol)) {
                    put(&mut cells.possible, row, false);
                }
            }
        }
    }
}
