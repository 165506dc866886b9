//! `diff`: what changed in meaning between two policy sets.

use crate::{Lang, packs, say};
use clap::Args;
use entitle::Engine;
use entitle::advise::prose;
use entitle::compare::{Change, Witness};
use entitle::ids::FieldId;
use entitle::value::{Language, Number};
use entitle::verdict::Verdict;
use entitle::wire::json::write::profile_to_json;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Options {
    /// The older policies, or a pack of them
    old: PathBuf,
    /// The newer policies, or a pack of them
    new: PathBuf,
    /// The language of sentences
    #[arg(long, value_enum, default_value_t = Lang::Zh)]
    lang: Lang,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, ExitCode> {
    let open = |path: &PathBuf| {
        if packs::is_pack(path) {
            return packs::open(path, &[], options.lang.language());
        }
        Engine::open(&[path]).map_err(|error| {
            eprintln!("error: {}: {error}", path.display());
            ExitCode::from(1)
        })
    };
    let (old, new) = (open(&options.old)?, open(&options.new)?);
    let language = options.lang.language();
    let zh = language == Language::Zh;
    let mut equal = 0;
    let differences = old.compare(&new);
    for difference in &differences {
        let name = &difference.policy;
        match &difference.change {
            Change::Equal => equal += 1,
            Change::Added => say(&format!("+ {name}: {}", if zh { "新增" } else { "added" })),
            Change::Removed => say(&format!("- {name}: {}", if zh { "删去" } else { "removed" })),
            Change::NotProved => say(&format!(
                "? {name}: {}",
                if zh {
                    "写法不同，没有找到结论不同的家庭，也没有证明相同"
                } else {
                    "written differently; no household was found that it judges differently, and none was ruled out"
                }
            )),
            Change::Different { widened, narrowed, amount } => {
                let word = match (widened.is_some(), narrowed.is_some(), zh) {
                    (true, true, true) => "有放宽也有收紧",
                    (true, true, false) => "widened and narrowed",
                    (true, false, true) => "放宽",
                    (true, false, false) => "widened",
                    (false, true, true) => "收紧",
                    (false, true, false) => "narrowed",
                    (false, false, true) => "金额变化",
                    (false, false, false) => "another amount",
                };
                say(&format!("~ {name}: {word}"));
                for witness in [widened, narrowed, amount].into_iter().flatten() {
                    show(&new, name, witness, language);
                }
            }
        }
    }
    let changed = differences.len() - equal;
    say(&if zh {
        format!("{changed}项变化，{equal}项含义相同")
    } else {
        format!("{changed} changed, {equal} equal in meaning")
    });
    Ok(ExitCode::SUCCESS)
}

fn show(new: &Engine, name: &str, witness: &Witness, language: Language) {
    let read: std::collections::BTreeSet<FieldId> = match (new.at(witness.on), new.policy(name)) {
        (Ok(rules), Some(policy)) => rules.facts_read(&[policy]).into_iter().collect(),
        _ => return,
    };
    let amount = |verdict: Verdict, n: Option<Number>| match (verdict, n) {
        (Verdict::Eligible, Some(n)) => format!(" ({n})"),
        _ => String::new(),
    };
    say(&format!(
        "    {}: {}{} → {}{}",
        witness.on,
        prose::verdict(witness.verdicts.0, language),
        amount(witness.verdicts.0, witness.amounts.0),
        prose::verdict(witness.verdicts.1, language),
        amount(witness.verdicts.1, witness.amounts.1)
    ));
    say(&format!("    {}", profile_to_json(new.schema(), &witness.profile, &read)));
}
