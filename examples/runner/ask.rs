//! `ask`: an interview in the terminal. It asks what settles most, shows what each answer settled, and stops when no further
//! answer can change the list.

use crate::answer::{choices, read};
use crate::{Common, Household, say};
use clap::{Args, ValueEnum};
use entitle::advise::prose;
use entitle::advise::question::Measure;
use entitle::ids::PolicyId;
use entitle::profile::{Profile, Slot, position};
use entitle::schema::Provenance;
use entitle::value::{Language, Number, Rounding, Unit};
use entitle::verdict::Verdict;
use entitle::why::{Missing, prose as why};
use entitle::{Engine, Matches};
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
    let rules = options.household.rules(&engine)?;
    let mut profile = rules.opened(&options.household.read(&engine)?);
    let schema = engine.schema();
    let mut skipped = BTreeSet::new();
    let mut history: Vec<(Profile, BTreeSet<_>)> = Vec::new();
    let mut asked = 0;
    let mut input = std::io::stdin().lock();
    say(keys(language));
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
            if let Some(line) = not_asked(&engine, &matches, &profile, language) {
                say(&line);
            }
            break;
        };
        let Some(field) = schema.field(question.field) else { break };
        let Some(at) = position(schema, question.field) else { break };
        let missing = Missing { record: Some(question.record), field: question.field, judged: false };
        let name = why::missing(&missing, engine.model(), &profile, language);
        let about = question.policies.len();
        let settled = before.len() - open;
        say(&if zh {
            format!("\n{}  已定{settled}项，待定{open}项；本题关系到{about}项", bar(settled, before.len()))
        } else {
            format!("\n{}  {settled} settled, {open} open; this one bears on {about}", bar(settled, before.len()))
        });
        say(&format!("{}. {name}{}", asked + 1, if zh { "？" } else { "?" }));
        say(&format!("      {}", choices(schema, field.ty, language)));
        print!("> ");
        let _ = std::io::stdout().flush();
        let mut line = String::new();
        if input.read_line(&mut line).unwrap_or(0) == 0 {
            say("");
            break;
        }
        let answer = line.trim();
        match answer {
            "q" => break,
            "h" | "help" | "帮助" => {
                say(keys(language));
                continue;
            }
            "b" => {
                match history.pop() {
                    Some((earlier, skips)) => {
                        (profile, skipped) = (earlier, skips);
                        asked -= 1;
                    }
                    None => say(if zh { "这已经是第一题。" } else { "This is the first question." }),
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
        let Some(slot) = read(schema, field.ty, answer, profile.slot(question.record, at)) else {
            say(if zh {
                "没有看懂，请按提示回答。"
            } else {
                "That was not understood; please answer as shown."
            });
            continue;
        };
        let mut next = profile.clone();
        match slot {
            // "No others": who is on the list in any case, as the applicant is a member, stays on it.
            Slot::List { .. } => next.close(schema, question.record, question.field),
            slot => next.set(question.record, at, slot),
        }
        match rules.match_profile(&next) {
            Err(error) => {
                say(&error.to_string());
                continue;
            }
            Ok(after) => {
                let now = after.verdicts().enumerate().zip(&before).filter(|((_, is), was)| is != *was);
                let changed: Vec<(PolicyId, Verdict)> = now.map(|((i, is), _)| (PolicyId::of(i), is)).collect();
                for verdict in [Verdict::Eligible, Verdict::Undetermined, Verdict::Ineligible] {
                    let titles: Vec<String> = changed
                        .iter()
                        .filter(|(_, is)| *is == verdict)
                        .map(|(p, _)| prose::title(engine.model(), *p, language))
                        .collect();
                    if !titles.is_empty() {
                        say(&settled_line(verdict, &titles, language));
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

/// The policies for a kind of record that the file does not have, an employer or a venture: they are open, and nothing was asked.
fn not_asked(engine: &Engine, matches: &Matches<'_>, profile: &Profile, language: Language) -> Option<String> {
    let zh = language == Language::Zh;
    let open = matches.verdicts().zip(&engine.model().policies).filter(|(v, _)| *v == Verdict::Undetermined);
    let units: Vec<_> = open.map(|(_, policy)| policy.unit).filter(|unit| profile.root(*unit).is_none()).collect();
    let kinds: BTreeSet<_> =
        units.iter().filter_map(|unit| engine.schema().entity(*unit)).map(|kind| kind.name.get(language)).collect();
    let names = kinds.into_iter().collect::<Vec<_>>().join(if zh { "、" } else { ", " });
    let count = units.len();
    (count > 0).then(|| {
        if zh {
            format!("另有{count}项政策针对{names}，资料里没有，所以没有问。")
        } else {
            format!("{count} more are for {names}, which the file does not have, so nothing was asked for them.")
        }
    })
}

/// The keys of the interview.
const fn keys(language: Language) -> &'static str {
    match language {
        Language::Zh => "直接回车或 ? 不清楚（跳过）   b 返回上一题   q 结束并看结果   h 再看这一行",
        Language::En => "Enter or ? don't know (skip)   b back   q end and see the result   h this line again",
    }
}

/// How much is settled, as a bar of twenty.
fn bar(settled: usize, all: usize) -> String {
    let full = (settled * 20).checked_div(all).unwrap_or(20);
    format!("[{}{}]", "#".repeat(full), ".".repeat(20 - full))
}

/// What an answer settled: few by name, of many the number and some.
fn settled_line(verdict: Verdict, titles: &[String], language: Language) -> String {
    let zh = language == Language::Zh;
    let shown = if verdict == Verdict::Eligible { titles.len() } else { 4 };
    let some = titles.iter().take(shown).cloned().collect::<Vec<_>>().join(if zh { "、" } else { ", " });
    let rest = titles.len().saturating_sub(shown);
    let word = prose::verdict(verdict, language);
    let mark = if verdict == Verdict::Eligible { "✓" } else { "→" };
    match (rest, zh) {
        (0, true) => format!("  {mark} {word}：{some}"),
        (0, false) => format!("  {mark} {word}: {some}"),
        (_, true) => format!("  {mark} {word}：{some}等{}项", titles.len()),
        (_, false) => format!("  {mark} {word}: {some} and {rest} more"),
    }
}
