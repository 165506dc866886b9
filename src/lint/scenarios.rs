//! Scenarios that contradict what always holds, or each other.

use super::{Finding, error};
use crate::checked::{Model, Scenario};
use crate::diagnostic::Diagnostic;
use crate::graph::from_checked;
use crate::ids::PolicyId;
use crate::value::{Date, Language};
use crate::verdict::exact;
use crate::verdict::from_graph::Scratch;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) fn look(model: &Model, starts: &[Date], findings: &mut Vec<Finding>) {
    // What always holds is compiled for each epoch that a scenario plays in, without any policy.
    let mut graphs = BTreeMap::new();
    let mut days = BTreeMap::new();
    let mut scratch = Scratch::default();
    for (i, policy) in model.policies.iter().enumerate() {
        let id = PolicyId::of(i);
        for (at, scenario) in policy.scenarios.iter().enumerate() {
            let bound = days.entry(scenario.on).or_insert_with(|| {
                let epoch = from_checked::epoch_of(starts, scenario.on);
                let always = || from_checked::compile_some(model, scenario.on, epoch, &|_| false).ok().map(Arc::new);
                let graph = graphs.entry(starts.partition_point(|s| *s <= scenario.on)).or_insert_with(always);
                graph.as_ref().and_then(|g| g.bind(scenario.on))
            });
            let facts = scenario.profile.restore();
            let broken = bound.as_ref().map(|b| exact::contradictions(b, &facts, &mut scratch)).unwrap_or_default();
            if let Some(always) = broken.first().and_then(|(index, _)| model.always.get(*index)) {
                let diagnostic = Diagnostic::warning(
                    error::CONTRADICTION,
                    scenario.span,
                    format!("this scenario contradicts what always holds: {}", always.label.get(Language::En)),
                )
                .label("no household has these facts")
                .related(always.span, "what always holds")
                .help("change a fact of the scenario");
                findings.push(Finding::of(diagnostic, id));
            }
            let Some(earlier) = policy.scenarios.iter().take(at).find(|s| contradicts(s, scenario)) else { continue };
            let diagnostic = Diagnostic::warning(
                error::CONTRADICTION,
                scenario.span,
                "this scenario expects another verdict of the same facts on the same day than an earlier one",
            )
            .label("one of the two must fail")
            .related(earlier.span, "the earlier one")
            .help("keep the one that is right");
            findings.push(Finding::of(diagnostic, id));
        }
    }
}

fn contradicts(a: &Scenario, b: &Scenario) -> bool {
    a.on == b.on
        && a.profile == b.profile
        && (a.expect != b.expect || !a.amounts.is_empty() && !b.amounts.is_empty() && a.amounts != b.amounts)
}
