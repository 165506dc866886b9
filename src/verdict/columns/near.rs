//! Planes -> the rows that may miss a policy by one condition.
//!
//! Few rows do, and to find out whether one does takes the row evaluator; so the planes leave it those of which at most one
//! condition at the top does not hold.

use super::compare::Kernels;
use super::{ALL, Marks, Memory, NONE, Plane, Program, logic, within};

impl Program {
    /// Marks the rows of a block in which exactly one condition of a policy does not hold, taking for held what was not asked. Runs
    /// after the answers were read, and changes them.
    pub(super) fn near(&self, rows: usize, word: usize, kernels: Kernels, memory: &mut Memory, marks: &mut Marks) {
        // Conditions of other kinds that were not worked out were asked only where a policy was still open; elsewhere they may hold, and
        // may fail.
        let asked = self.tests.len()..self.tests.len() + self.asked.len();
        let planes = memory.certain.get_mut(asked.clone()).into_iter().flatten();
        let planes = planes.zip(memory.possible.get_mut(asked).into_iter().flatten());
        for ((certain, possible), (left, wanted)) in planes.zip(memory.left.iter().zip(&memory.wanted)) {
            let open = left.iter().zip(wanted).map(|(left, wanted)| left & !wanted);
            for ((certain, possible), open) in certain.iter_mut().zip(possible).zip(open) {
                *certain |= open;
                *possible &= !open;
            }
        }
        logic::run(self, memory, true, kernels);
        let mut here = ALL;
        here.iter_mut().enumerate().for_each(|(at, bits)| *bits = within(rows, at));
        for (at, conditions) in self.conditions.iter().enumerate() {
            let (mut one, mut several): (Plane, Plane) = (NONE, NONE);
            for (register, turned) in conditions {
                let (certain, possible) =
                    (memory.certain.get(*register as usize), memory.possible.get(*register as usize));
                let (certain, possible) = (certain.unwrap_or(&NONE), possible.unwrap_or(&ALL));
                let all = one.iter_mut().zip(&mut several).zip(certain.iter().zip(possible));
                for ((one, several), (certain, possible)) in all {
                    let fails = if *turned { *possible } else { !certain };
                    *several |= *one & fails;
                    *one |= fails;
                }
            }
            one.iter_mut().zip(several).zip(here).for_each(|((one, several), here)| *one &= !several & here);
            marks.put(at, word, &one);
        }
    }
}
