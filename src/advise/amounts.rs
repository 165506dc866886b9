//! The least and the most a benefit can be while facts are missing.

use crate::checked::Type;
use crate::graph::Bound;
use crate::ids::PolicyId;
use crate::profile::Profile;
use crate::value::{Number, Unit};
use crate::verdict::exact;
use crate::verdict::from_graph::Scratch;

/// What one benefit can come to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// Position in the policy's benefits.
    pub benefit: usize,
    /// The least.
    pub least: Number,
    /// The most.
    pub most: Number,
    /// Its unit.
    pub unit: Unit,
    /// Whether both ends are reached; otherwise they are bounds that no completion passes.
    pub exact: bool,
}

/// The ranges of the benefits that have an amount and for which a bound is known.
#[must_use]
pub fn ranges(bound: &Bound, profile: &Profile, policy: PolicyId, scratch: &mut Scratch) -> Vec<Range> {
    let Some(entry) = bound.graph.entry(policy).filter(|e| e.root.is_some()) else { return Vec::new() };
    let mut found = Vec::new();
    for amount in &entry.amounts {
        let Type::Number(unit) = amount.value.ty else { continue };
        if let Some((least, most)) = exact::span(bound, profile, amount.value.node, scratch) {
            found.push(Range { benefit: amount.benefit, least, most, unit, exact: least == most });
        }
    }
    found
}
