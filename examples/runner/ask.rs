//! `ask`: an interview in the terminal. It asks what settles most, shows what each answer settled, and stops when no further
//! answer can change the list.

use crate::{Common, Household, say};
use clap::{Args, ValueEnum};
use entitle::Matches;
use entitle::advise::prose;
use entitle::advise::question::Measure;
use entitle::ids::PolicyId;
use entitle::profile::{Profile, Slot, position};
use entitle::schema::{FieldType, Provenance, Schema};
use entitle::value::{Date, Language, Number, Rounding, Unit};
use entitle::verdict::Verdict;
use entitle::why::{Missing, prose as why};
use std::collections::BTreeSet;
use std::io::{BufRead as _, Write as _};
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    household: Household,
    /// What the best question settles most of: policies, yuan a month that are open, or policies for the least effort, where
    /// what a register holds is harder for a household to say
    #[arg(long, value_enum, default_value_t = By::Policies)]
    by: By,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum By {
    Policies,
    Money,
    Effort,
}

/// The most a policy can pay for that counts: bounds that only repeat how large a fact may be say nothing.
const MOST: u64 = 5_000;

/// Yuan a month that are open, at least one so that no policy is left out.
fn at_stake(matches: &Matches<'_>, policy: PolicyId) -> u64 {
    let unit = Unit { month: -1, ..Unit::YUAN };
    let most = matches.amount_ranges(policy).into_iter().filter(|r| r.unit == unit).map(|r| r.most).max();
    let whole = most.and_then(|n| u64::try_from(n.round(Rounding::Down, Number::whole(1))?.numerator()).ok());
    whole.unwrap_or(0).clamp(1, MOST)
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, ExitCode> {
    let engine = options.common.open()?;
    let language = options.common.language();
    let zh = language == Language::Zh;
    let mut profile = options.household.read(&engine)?;
    let rules = options.household.rules(&engine)?;
    let schema = engine.schema();
    let mut skipped = BTreeSet::new();
    let mut history: Vec<(Profile, BTreeSet<_>)> = Vec::new();
    let mut asked = 0;
    let mut input = std::io::stdin().lock();
    say(if zh {
        "直接回车或输入 ? 表示不清楚；b 返回上一题；q 结束并看结果。"
    } else {
        "Enter or ? for don't know, b for back, q to end and see the result."
    });
    loop {
        let matches = Household::matches(&rules, &profile)?;
        let before: Vec<Verdict> = matches.verdicts().collect();
        let open = before.iter().filter(|v| **v == Verdict::Undetermined).count();
        let stakes: Vec<u64> = match options.by {
            By::Money => (0..before.len()).map(|i| at_stake(&matches, PolicyId::of(i))).collect(),
            By::Policies | By::Effort => Vec::new(),
        };
        let worth = |p: PolicyId| stakes.get(p.index()).copied().unwrap_or(1);
        let effort = |f| match schema.field(f).map(|f| &f.provenance) {
            Some(Provenance::Register(_)) if options.by == By::Effort => 3,
            _ => 1,
        };
        let measure = Measure { worth: &worth, effort: &effort };
        let Some(question) = matches.next_question_by(&skipped, &measure) else {
            say(if zh { "\n再问也不会改变结果了。" } else { "\nNo further answer can change the list." });
            break;
        };
        let Some(field) = schema.field(question.field) else { break };
        let missing = Missing { record: Some(question.record), field: question.field, judged: false };
        let name = why::missing(&missing, engine.model(), &profile, language);
        let about = question.policies.len();
        print!(
            "{}",
            if zh {
                format!(
                    "\n[{}] {name}？{}（待定{open}项，关系到{about}项）\n> ",
                    asked + 1,
                    choices(schema, field.ty, language)
                )
            } else {
                format!(
                    "\n[{}] {name}? {} ({open} open, this bears on {about})\n> ",
                    asked + 1,
                    choices(schema, field.ty, language)
                )
            }
        );
        let _ = std::io::stdout().flush();
        let mut line = String::new();
        if input.read_line(&mut line).unwrap_or(0) == 0 {
            say("");
            break;
        }
        let answer = line.trim();
        match answer {
            "q" => break,
            "b" => {
                if let Some((earlier, skips)) = history.pop() {
                    (profile, skipped) = (earlier, skips);
                    asked -= 1;
                }
                continue;
            }
            "" | "?" | "？" => {
                history.push((profile.clone(), skipped.clone()));
                skipped.insert((question.record, question.field));
                asked += 1;
                continue;
            }
            _ => {}
        }
        let Some(slot) = read(schema, field.ty, answer, language) else {
            say(if zh {
                "没有看懂，请按提示回答。"
            } else {
                "That was not understood; please answer as shown."
            });
            continue;
        };
        let Some(at) = position(schema, question.field) else { break };
        let mut next = profile.clone();
        next.set(question.record, at, slot);
        match rules.match_profile(&next) {
            Err(error) => {
                say(&error.to_string());
                continue;
            }
            Ok(after) => {
                for (i, (was, is)) in before.iter().zip(after.verdicts()).enumerate() {
                    if *was != is {
                        let title = prose::title(engine.model(), PolicyId::of(i), language);
                        say(&format!("  → {title}: {}", prose::verdict(is, language)));
                    }
                }
            }
        }
        history.push((profile, skipped.clone()));
        profile = next;
        asked += 1;
    }
    let matches = Household::matches(&rules, &profile)?;
    crate::matching::print(&matches, &options.common, false);
    Ok(ExitCode::SUCCESS)
}

/// The answers that are understood.
fn choices(schema: &Schema, ty: FieldType, language: Language) -> String {
    let zh = language == Language::Zh;
    let names = |e| {
        let values = schema.enumeration(e).map(|e| e.values.as_slice()).unwrap_or_default();
        let shown: Vec<String> =
            values.iter().take(30).enumerate().map(|(i, v)| format!("{} {}", i + 1, v.name.get(language))).collect();
        format!("\n    {}\n   ", shown.join("  "))
    };
    match ty {
        FieldType::YesNo => if zh { "是/否 (y/n)" } else { "(y/n)" }.to_owned(),
        FieldType::Date => if zh { "（年-月-日）" } else { "(YYYY-MM-DD)" }.to_owned(),
        FieldType::Quantity(unit) => format!("({})", unit.words(language)),
        FieldType::Symbol(e) => names(e),
        FieldType::Set(_) | FieldType::List(_) => if zh {
            "（没有则输入 0；有则先用 q 结束，写进资料文件）"
        } else {
            "(0 for none; otherwise end with q and add it to the file)"
        }
        .to_owned(),
        FieldType::Record(_) => String::new(),
    }
}

fn read(schema: &Schema, ty: FieldType, answer: &str, language: Language) -> Option<Slot> {
    match ty {
        FieldType::YesNo => match answer {
            "y" | "yes" | "是" | "有" => Some(Slot::Scalar(1)),
            "n" | "no" | "否" | "没有" | "无" => Some(Slot::Scalar(0)),
            _ => None,
        },
        FieldType::Date => answer.parse::<Date>().ok().map(|d| Slot::Scalar(d.days())),
        FieldType::Quantity(unit) => {
            let digits = answer.split_whitespace().next()?.replace(',', "");
            let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
            let scale = 10i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
            let n = Number::new(format!("{whole}{fraction}").parse().ok()?, scale)?;
            let share = unit.counted == entitle::value::Counted::Percent;
            let grains = Number::new(i128::from(unit.grains()), if share { 100 } else { 1 })?;
            let raw = n.multiply(grains).filter(|n| n.is_whole())?;
            i64::try_from(raw.numerator()).ok().map(Slot::Scalar)
        }
        FieldType::Symbol(e) => {
            let values = schema.enumeration(e).map(|e| e.values.as_slice()).unwrap_or_default();
            let by_place = answer.parse::<usize>().ok().and_then(|n| n.checked_sub(1)).filter(|n| *n < values.len());
            let by_name = || values.iter().position(|v| v.name.get(language) == answer || v.name.id == answer);
            by_place.or_else(by_name).and_then(|at| i64::try_from(at).ok()).map(Slot::Scalar)
        }
        FieldType::Set(_) if answer == "0" => Some(Slot::Set { known: Vec::new(), not: Vec::new(), complete: true }),
        FieldType::List(_) if answer == "0" => Some(Slot::List { items: Vec::new(), complete: true }),
        _ => None,
    }
}
