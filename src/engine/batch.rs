//! The front of stage 4 for columns.

use super::Rules;
use crate::columns::Columns;
use crate::ids::{EntityId, PolicyId};
use crate::verdict::columns::{self, Program};
use crate::verdict::from_graph::Scratch;
use crate::verdict::rows::Planes;
use std::ops::Range;

impl Rules {
    /// The policies for a kind of record that are in force on the day, by their ids.
    #[must_use]
    pub fn policies_for(&self, unit: EntityId) -> Vec<PolicyId> {
        let ids = (0..self.model.policies.len()).map(PolicyId::of);
        let fits = |id: &PolicyId| {
            let graph = self.bound.graph.entry(*id).and_then(|e| e.root);
            graph.is_some() && self.model.policies.get(id.index()).is_some_and(|p| p.unit == unit)
        };
        ids.filter(fits).collect()
    }

    /// The verdicts of strong Kleene logic on some rows of a kind of record.
    #[must_use]
    pub fn verdicts_of(
        &self,
        columns: &Columns<'_>,
        unit: EntityId,
        rows: Range<u32>,
        scratch: &mut Scratch,
    ) -> Planes {
        let Some(slot) = self.programs.get(unit.index()) else { return Planes::new(Vec::new(), rows) };
        let program = slot.get_or_init(|| Program::new(&self.bound, unit, &self.policies_for(unit)));
        let mut memory = scratch.memory();
        let planes = columns::verdicts(program, &self.bound, columns, rows, &mut memory, scratch);
        scratch.give_back_memory(memory);
        planes
    }
}
