//! Dates and evidence: figures without a value while a policy needs them, periods that are over, missing sources.

use super::unused::Used;
use super::{Finding, conditions, error};
use crate::checked::{Kind, Model, Parameter, Policy};
use crate::diagnostic::Diagnostic;
use crate::ids::{ParameterId, PolicyId};
use crate::value::Date;
use std::collections::BTreeMap;

pub(super) fn look(model: &Model, as_of: Option<Date>, findings: &mut Vec<Finding>) {
    let mut users: BTreeMap<ParameterId, Vec<PolicyId>> = BTreeMap::new();
    for (id, policy) in conditions::written(model) {
        let mut used = Used::default();
        policy.conditions.iter().for_each(|c| used.walk(model, &c.expr));
        policy.benefits.iter().filter_map(|b| b.amount.as_ref()).for_each(|e| used.walk(model, e));
        for parameter in used.parameters {
            users.entry(parameter).or_default().push(id);
        }
    }
    for (id, policies) in &users {
        let Some(parameter) = model.parameters.get(id.index()) else { continue };
        without_value(model, parameter, policies, findings);
        // A figure of one policy stands in the documents of that policy.
        if policies.len() > 1 {
            no_source(parameter, findings);
        }
    }
    for (id, policy) in conditions::written(model) {
        if policy.sources.iter().all(|s| s.get(crate::value::Language::En).trim().is_empty()) {
            let diagnostic = Diagnostic::warning(
                error::NO_SOURCE,
                policy.span,
                format!("`{}` does not say which document it rests on", policy.name.id),
            )
            .help("add the title, number and article: `source: \"…\", \"Article 9\"`");
            findings.push(Finding::of(diagnostic, id));
        }
        over(id, policy, as_of, findings);
    }
}

/// Before the first row and after the last one a figure has no value; a gap that is declared (`none`) is known.
fn without_value(model: &Model, parameter: &Parameter, users: &[PolicyId], findings: &mut Vec<Finding>) {
    let name = &parameter.name.id;
    let (Some(first), Some(last)) = (parameter.rows.first(), parameter.rows.last()) else { return };
    let policies = |needs: &dyn Fn(&Policy) -> bool| -> Vec<String> {
        let all = users.iter().filter_map(|p| model.policies.get(p.index()));
        all.filter(|p| needs(p)).map(|p| p.name.id.clone()).collect()
    };
    if let Some(to) = last.to {
        let after = policies(&|p| p.in_force.iter().any(|(_, end)| end.is_none_or(|end| end > to)));
        if !after.is_empty() {
            let diagnostic = Diagnostic::warning(
                error::NO_VALUE,
                last.span,
                format!("`{name}` has no value after {to}, and {} go on: {}", count(after.len()), after.join(", ")),
            )
            .label("the last value")
            .help(format!("add the value from {} on, or `until further notice` if it still applies", next(to)));
            findings.push(Finding::new(diagnostic).named([name.clone()]));
        }
    }
    let before = policies(&|p| p.in_force.iter().any(|(start, _)| *start < first.from));
    if !before.is_empty() {
        let diagnostic = Diagnostic::warning(
            error::NO_VALUE,
            first.span,
            format!(
                "`{name}` has no value before {}, and {} began earlier: {}",
                first.from,
                count(before.len()),
                before.join(", ")
            ),
        )
        .label("the first value")
        .help("add the earlier values, or a row with `none` for the days on which there was none");
        findings.push(Finding::new(diagnostic).named([name.clone()]));
    }
}

fn count(n: usize) -> String {
    if n == 1 { "a policy that needs it".to_owned() } else { format!("{n} policies that need it") }
}

fn next(day: Date) -> String {
    day.add_days(1).map_or_else(|| day.to_string(), |d| d.to_string())
}

fn no_source(parameter: &Parameter, findings: &mut Vec<Finding>) {
    let bare = parameter.rows.iter().find(|r| r.source.is_none() && !matches!(r.value.kind, Kind::Missing));
    let Some(row) = bare.filter(|_| parameter.sources.is_empty()) else { return };
    let name = &parameter.name.id;
    let diagnostic =
        Diagnostic::warning(error::NO_SOURCE, row.span, format!("`{name}` does not say where its value is published"))
            .help("add a line `source: \"…\"` to the figure, or `source \"…\"` to the row");
    findings.push(Finding::new(diagnostic).named([name.clone()]));
}

fn over(id: PolicyId, policy: &Policy, as_of: Option<Date>, findings: &mut Vec<Finding>) {
    let ends: Option<Vec<Date>> = policy.in_force.iter().map(|(_, to)| *to).collect();
    let (Some(as_of), Some(last)) = (as_of, ends.and_then(|e| e.into_iter().max())) else { return };
    if last < as_of {
        let name = &policy.name.id;
        let diagnostic = Diagnostic::warning(
            error::OVER,
            policy.span,
            format!("`{name}` has not been in force since {last} (seen from {as_of})"),
        )
        .label("over")
        .help("add the period that followed, or allow it where the policy is kept for earlier days");
        findings.push(Finding::of(diagnostic, id));
    }
}

/// A figure whose last value ends, with the day after which it is unknown.
#[must_use]
pub fn ending_figures(model: &Model) -> Vec<(ParameterId, Date)> {
    let mut found = Vec::new();
    for (i, parameter) in model.parameters.iter().enumerate() {
        let known = parameter.rows.iter().filter(|r| !matches!(r.value.kind, Kind::Missing));
        let last = known.map(|r| (r.from, r.to)).max();
        if let Some((_, Some(to))) = last {
            found.push((ParameterId::of(i), to));
        }
    }
    found.sort_by_key(|(id, to)| (*to, *id));
    found
}
