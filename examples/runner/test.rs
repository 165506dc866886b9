//! `test`: runs the scenarios, and reports what they cover and which slips they would notice.

use crate::{Common, Format, say, uncovered, watch};
use clap::Args;
use entitle::ids::PolicyId;
use entitle::value::Language;
use entitle::{Engine, Seen, What};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::ExitCode;

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Only these policies, by identifier
    #[arg(long)]
    policy: Vec<String>,
    /// Only run the scenarios, without coverage
    #[arg(long, conflicts_with_all = ["mutate", "suggest"])]
    quick: bool,
    /// List every condition, line and table row that no scenario decides by
    #[arg(long)]
    uncovered: bool,
    /// Make small changes to the policies, one at a time, and show those that no scenario notices
    #[arg(long)]
    mutate: bool,
    /// As `--mutate`, and print scenarios that would notice them, to confirm and paste
    #[arg(long)]
    suggest: bool,
    /// Run again whenever a file is saved
    #[arg(long, conflicts_with_all = ["mutate", "suggest"])]
    watch: bool,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, ExitCode> {
    if options.watch {
        return watch::watch(&options.common.paths, options.common.language(), &mut |changed| {
            let Ok(engine) = options.common.open() else { return };
            let chosen = match changed {
                Some(files) => watch::touched(&engine, files),
                None => written(&engine),
            };
            // What was not touched has passed, or been shown, before.
            let _ = report(options, &engine, &chosen, changed.is_some());
        });
    }
    let engine = options.common.open()?;
    let mut chosen = written(&engine);
    if !options.policy.is_empty() {
        chosen = BTreeSet::new();
        for name in &options.policy {
            let Some(id) = engine.policy(name) else {
                eprintln!("error: there is no policy `{name}`");
                return Err(ExitCode::from(2));
            };
            chosen.insert(id);
        }
    }
    if options.mutate || options.suggest {
        return Ok(uncovered::mutate(&engine, &chosen, &options.common, options.suggest));
    }
    let failed = report(options, &engine, &chosen, false);
    Ok(ExitCode::from(u8::from(failed > 0)))
}

fn written(engine: &Engine) -> BTreeSet<PolicyId> {
    let policies = engine.model().policies.iter().enumerate();
    policies.filter(|(_, p)| p.written).map(|(i, _)| PolicyId::of(i)).collect()
}

/// Runs the scenarios of some policies and prints what came of it; returns how many failed.
fn report(options: &Options, engine: &Engine, chosen: &BTreeSet<PolicyId>, again: bool) -> usize {
    let common = &options.common;
    let language = common.language();
    let zh = language == Language::Zh;
    let (mut total, mut failed) = (0usize, 0usize);
    let mut results: Vec<Value> = Vec::new();
    for id in chosen {
        let Some(policy) = engine.model().policies.get(id.index()) else { continue };
        for (k, scenario) in policy.scenarios.iter().enumerate() {
            total += 1;
            let problems = match engine.run_scenario(*id, k) {
                Ok(outcome) => outcome.problems,
                Err(error) => vec![error.to_string()],
            };
            let label = scenario.label.get(language);
            if common.format == Format::Json {
                results.push(json!({ "policy": policy.name.id, "scenario": label, "passed": problems.is_empty(), "problems": problems }));
            }
            if problems.is_empty() {
                continue;
            }
            failed += 1;
            if common.format != Format::Json {
                let word = if zh { "未通过" } else { "FAILED" };
                say(&format!("{word} {} “{label}” ({})", policy.name.id, uncovered::place(engine, scenario.span)));
                for problem in problems {
                    say(&format!("    {problem}"));
                }
            }
        }
    }
    let seen = if options.quick { Vec::new() } else { engine.coverage(chosen) };
    if common.format == Format::Json {
        let coverage = uncovered::coverage_json(engine, &seen);
        say(&json!({ "format": "entitle.test/2", "scenarios": results, "coverage": coverage }).to_string());
        return failed;
    }
    if !options.quick && (options.uncovered || again || chosen.len() <= 3) {
        uncovered::list(engine, &seen, language);
    }
    let passed = total - failed;
    say(&if zh {
        format!("{total} 个样例，通过 {passed}，未通过 {failed}")
    } else {
        format!("{total} scenarios, {passed} passed, {failed} failed")
    });
    if total == 0 && common.pack().is_some() {
        say(if zh {
            "政策包里没有样例；打包时加 `--scenarios` 才带上"
        } else {
            "the pack holds no scenarios; `pack --scenarios` keeps them"
        });
    }
    if !options.quick {
        say(&shares(&seen, language));
    }
    failed
}

/// `seen while they decide: conditions 91 % (210 of 230 sides), lines …, table rows …`.
fn shares(seen: &[Seen], language: Language) -> String {
    let share = |is: &dyn Fn(What) -> bool, sides: usize| {
        let of = seen.iter().filter(|s| is(s.what));
        let (mut got, mut all) = (0usize, 0usize);
        for one in of {
            all += sides;
            got += one.sides.iter().take(sides).filter(|s| **s).count();
        }
        (got, all, (got * 100).checked_div(all).unwrap_or(100))
    };
    let conditions = share(&|w| w == What::Condition, 2);
    let lines = share(&|w| w == What::Line, 2);
    let rows = share(&|w| matches!(w, What::Row(_)), 1);
    match language {
        Language::Zh => format!(
            "在起决定作用时见过：条件两面 {} %（{}/{}），界线两侧 {} %（{}/{}），表格各行 {} %（{}/{}）",
            conditions.2, conditions.0, conditions.1, lines.2, lines.0, lines.1, rows.2, rows.0, rows.1
        ),
        Language::En => format!(
            "seen while they decide: conditions {} % ({} of {} sides), lines {} % ({} of {} sides), table rows {} % ({} of {})",
            conditions.2, conditions.0, conditions.1, lines.2, lines.0, lines.1, rows.2, rows.0, rows.1
        ),
    }
}
