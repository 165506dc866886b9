//! Scenarios: the authors' cases, run and compared with what is expected.

use super::Rules;
use crate::checked::{Expected, Scenario};
use crate::ids::{FieldId, PolicyId};
use crate::profile::Profile;
use crate::value::{Language, Number};
use crate::verdict::from_graph::Evaluation;
use crate::verdict::{Outcome, Truth, Verdict};
use crate::why::from_verdict;

/// What a scenario came to.
#[derive(Clone, Debug)]
pub struct ScenarioOutcome {
    /// The verdict.
    pub verdict: Verdict,
    /// The amounts, one for each benefit that has one.
    pub amounts: Vec<Option<Number>>,
    /// The missing facts of an undetermined verdict.
    pub missing: Vec<FieldId>,
    /// The truth of each condition, in the policy's order; empty where it is not in force.
    pub conditions: Vec<Truth>,
    /// Where it differs from what is expected, in English; empty when it passes.
    pub problems: Vec<String>,
}

/// Explains the outcome and compares it with what the author expects.
pub(super) fn run(
    rules: &Rules,
    policy: PolicyId,
    scenario: &Scenario,
    profile: &Profile,
    outcome: Outcome,
) -> ScenarioOutcome {
    let model = rules.model();
    let mut scratch = rules.lent();
    let explanation = from_verdict::explain(rules.bound(), profile, policy, outcome, &mut scratch);
    let declared = model.policies.get(policy.index());
    let mut evaluation = Evaluation::new(rules.bound(), profile, &mut scratch);
    let entry = rules.bound().graph.entry(policy);
    let clauses = entry.map_or(&[][..], |e| e.clauses.as_slice());
    let conditions: Vec<Truth> = clauses.iter().map(|c| evaluation.truth(c.node)).collect();
    let amounts: Vec<Option<Number>> = explanation.amounts.iter().map(|a| a.value.map(|(n, _)| n)).collect();
    let missing: Vec<FieldId> = explanation.missing.iter().map(|m| m.field).collect();
    let mut problems = Vec::new();
    let expected = verdict(scenario.expect);
    let verdict = explanation.verdict;
    if verdict != expected {
        let why: Vec<String> = explanation
            .because
            .iter()
            .chain(&explanation.open)
            .map(|r| crate::why::prose::reason(r, model, Language::En))
            .collect();
        problems.push(format!("expected {expected:?}, got {verdict:?}: {}", why.join("; ")));
    }
    for (i, wanted) in scenario.amounts.iter().enumerate() {
        let got = amounts.get(i).copied().flatten();
        if got != Some(*wanted) {
            let got = got.map_or("no amount".to_owned(), |n| n.to_string());
            problems.push(format!("expected amount {wanted}, got {got}"));
        }
    }
    if verdict == expected {
        for name in &scenario.because {
            let fine = match expected {
                Verdict::Ineligible => declared.is_some_and(|p| {
                    p.conditions.iter().zip(&conditions).any(|(c, t)| *t == Truth::False && c.names.contains(name))
                }),
                Verdict::Undetermined => {
                    let fact = missing.iter().any(|f| model.schema.field(*f).is_some_and(|f| f.name.id == *name));
                    fact || explanation
                        .parameters
                        .iter()
                        .any(|p| model.parameters.get(p.index()).is_some_and(|p| p.name.id == *name))
                }
                _ => false,
            };
            if !fine {
                let names: Vec<&str> =
                    missing.iter().filter_map(|f| model.schema.field(*f)).map(|f| f.name.id.as_str()).collect();
                let found = if expected == Verdict::Undetermined {
                    format!("missing: {}", names.join(", "))
                } else {
                    "another condition fails".to_owned()
                };
                problems.push(format!("the verdict is not because of `{name}` ({found})"));
            }
        }
    }
    ScenarioOutcome { verdict, amounts, missing, conditions, problems }
}

/// The verdict that an author expects.
pub(super) const fn verdict(expected: Expected) -> Verdict {
    match expected {
        Expected::Eligible => Verdict::Eligible,
        Expected::Ineligible => Verdict::Ineligible,
        Expected::Undetermined => Verdict::Undetermined,
        Expected::NotInForce => Verdict::NotInForce,
    }
}
