//! `test`: runs the scenarios, and reports which conditions they have seen true and false.

use crate::{Common, Format, say};
use entitle::ids::PolicyId;
use entitle::value::Language;
use entitle::verdict::Truth;
use serde_json::json;
use std::process::ExitCode;

pub(crate) fn run(common: &Common) -> Result<ExitCode, ExitCode> {
    let engine = common.open()?;
    let language = common.language();
    let (mut total, mut failed, mut conditions, mut covered) = (0usize, 0usize, 0usize, 0usize);
    let mut json_results = Vec::new();
    let mut unseen = Vec::new();
    for (i, policy) in engine.model().policies.iter().enumerate().filter(|(_, p)| p.written) {
        let mut seen = vec![(false, false); policy.conditions.len()];
        for (k, scenario) in policy.scenarios.iter().enumerate() {
            total += 1;
            let problems = match engine.run_scenario(PolicyId::of(i), k) {
                Ok(outcome) => {
                    for (slot, truth) in seen.iter_mut().zip(&outcome.conditions) {
                        slot.0 |= *truth == Truth::True;
                        slot.1 |= *truth == Truth::False;
                    }
                    outcome.problems
                }
                Err(error) => vec![error.to_string()],
            };
            let label = scenario.label.get(language);
            json_results.push(json!({ "policy": policy.name.id, "scenario": label, "passed": problems.is_empty(), "problems": problems }));
            if !problems.is_empty() {
                failed += 1;
                if common.format == Format::Text {
                    let (line, _) = engine.sources().line_column(scenario.span);
                    let file = engine.sources().get(scenario.span.file).map_or("", |s| s.name.as_str());
                    say(&format!("FAILED {} “{label}” ({file}:{line})", policy.name.id));
                    for problem in problems {
                        say(&format!("    {problem}"));
                    }
                }
            }
        }
        for (condition, (yes, no)) in policy.conditions.iter().zip(&seen) {
            conditions += 2;
            covered += usize::from(*yes) + usize::from(*no);
            if !(*yes && *no) {
                let words = condition.expr.words.as_ref().map_or("", |w| w.get(Language::En));
                let never = match (yes, no) {
                    (true, _) => "never seen false",
                    (_, true) => "never seen true",
                    _ => "never seen settled",
                };
                unseen.push((policy.name.id.clone(), words.to_owned(), never));
            }
        }
    }
    if common.format == Format::Json {
        let unseen: Vec<_> = unseen.iter().map(|(p, c, n)| json!({ "policy": p, "condition": c, "what": n })).collect();
        let report = json!({ "format": "entitle.test/1", "scenarios": json_results, "conditions_sides": conditions, "covered": covered, "unseen": unseen });
        say(&report.to_string());
    } else {
        for (policy, condition, never) in &unseen {
            say(&format!("{policy}: {never}: {condition}"));
        }
        let share = (covered * 100).checked_div(conditions).unwrap_or(100);
        say(&format!(
            "{total} scenarios, {} passed, {failed} failed; condition coverage {share} % ({covered} of {conditions} sides)",
            total - failed
        ));
    }
    Ok(ExitCode::from(u8::from(failed > 0)))
}
