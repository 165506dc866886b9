//! `diff`: what changed in meaning between two policy sets, and for whom.

mod population;

use crate::{Format, Lang, packs, say};
use clap::Args;
use entitle::Engine;
use entitle::advise::prose;
use entitle::compare::{Change, FigureChange, Found, Value, Witness};
use entitle::ids::FieldId;
use entitle::profile::Profile;
use entitle::schema::Schema;
use entitle::value::{Date, Language, Number};
use entitle::verdict::Verdict;
use entitle::wire::json::write::profile_to_json;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Options {
    /// The older policies, or a pack of them
    old: PathBuf,
    /// The newer policies, or a pack of them
    new: PathBuf,
    /// The first day that counts; all days where not given
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// The last day that counts
    #[arg(long, value_name = "DATE")]
    to: Option<Date>,
    /// Households to judge in both sets: a profile in JSON on each line; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    population: Option<PathBuf>,
    /// The day on which they are judged (default: the last day that counts, or today)
    #[arg(long, value_name = "DATE", requires = "population")]
    as_of: Option<Date>,
    /// The language of sentences
    #[arg(long, value_enum, default_value_t = Lang::Zh)]
    lang: Lang,
    /// How results are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
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
    if let (Some(from), Some(to)) = (options.from, options.to)
        && from > to
    {
        eprintln!("error: --from {from} is after --to {to}");
        return Err(ExitCode::from(2));
    }
    let (old, new) = (open(&options.old)?, open(&options.new)?);
    let language = options.lang.language();
    let differences = old.compare_between(&new, options.from, options.to);
    let moved = match &options.population {
        Some(path) => {
            let day = options.as_of.or(options.to).unwrap_or_else(crate::today);
            Some((day, population::judge(path, &old, &new, day)?))
        }
        None => None,
    };
    if options.format == Format::Json {
        let policies: Vec<serde_json::Value> = differences
            .policies
            .iter()
            .filter(|d| !matches!(d.change, Change::Equal))
            .map(|d| change_json(&old, &new, &d.policy, &d.change))
            .collect();
        let equal = differences.policies.len() - policies.len();
        let mut object = serde_json::json!({
            "format": "entitle.diff/1", "old": old.fingerprint(), "new": new.fingerprint(), "equal": equal,
            "policies": policies, "figures": differences.figures.iter().map(figure_json).collect::<Vec<_>>(),
        });
        if let Some((day, moved)) = &moved {
            crate::put(&mut object, "population", population::json(*day, moved));
        }
        say(&object.to_string());
        return Ok(ExitCode::SUCCESS);
    }
    let zh = language == Language::Zh;
    for figure in &differences.figures {
        say(&figure_line(figure, language));
    }
    let mut equal = 0;
    for difference in &differences.policies {
        let name = title(&old, &new, &difference.policy, language);
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
            Change::Different { widened, narrowed, more, less } => {
                say(&format!("~ {name}: {}", kinds([widened, narrowed, more, less], zh)));
                for witness in [widened, narrowed, more, less].into_iter().filter_map(Found::household) {
                    show(&old, &new, &difference.policy, witness, language);
                }
            }
        }
    }
    let changed = differences.policies.len() - equal;
    say(&if zh {
        format!("{changed}项变化，{equal}项含义相同，{}项标准变化", differences.figures.len())
    } else {
        format!("{changed} changed, {equal} equal in meaning, {} figures changed", differences.figures.len())
    });
    if let Some((day, moved)) = &moved {
        population::print(*day, moved, &old, &new, language);
    }
    Ok(ExitCode::SUCCESS)
}

/// `title [id]`, from the set that has it.
fn title(old: &Engine, new: &Engine, id: &str, language: Language) -> String {
    let of = |engine: &Engine| {
        let policy = engine.policy(id)?;
        engine.model().policies.get(policy.index()).filter(|p| p.written).map(|p| p.name.get(language))
    };
    match of(new).or_else(|| of(old)) {
        Some(name) if name != id => format!("{name} [{id}]"),
        _ => id.to_owned(),
    }
}

fn kinds([widened, narrowed, more, less]: [&Found; 4], zh: bool) -> String {
    let mut words = Vec::new();
    let mut unsure = Vec::new();
    for (found, yes_zh, yes_en) in [
        (widened, "放宽", "widened"),
        (narrowed, "收紧", "narrowed"),
        (more, "金额提高", "pays more"),
        (less, "金额降低", "pays less"),
    ] {
        let word = if zh { yes_zh } else { yes_en };
        match found {
            Found::Household(_) => words.push(word),
            Found::NotProved => unsure.push(word),
            Found::Nobody => {}
        }
    }
    let mut text = words.join(if zh { "、" } else { ", " });
    if !unsure.is_empty() {
        text += &if zh {
            format!("（未能排除：{}）", unsure.join("、"))
        } else {
            format!(" (not ruled out: {})", unsure.join(", "))
        };
    }
    text
}

fn show(old: &Engine, new: &Engine, id: &str, witness: &Witness, language: Language) {
    let amount = |engine: &Engine, verdict: Verdict, n: Option<Number>| match (verdict, n) {
        (Verdict::Eligible, Some(n)) => format!(" ({n}{})", unit(engine, id, language)),
        _ => String::new(),
    };
    say(&format!(
        "    {}: {}{} → {}{}",
        witness.on,
        prose::verdict(witness.verdicts.0, language),
        amount(old, witness.verdicts.0, witness.amounts.0),
        prose::verdict(witness.verdicts.1, language),
        amount(new, witness.verdicts.1, witness.amounts.1)
    ));
    let (earlier, later) = (json(old.schema(), &witness.earlier), json(new.schema(), &witness.profile));
    say(&format!("    {later}"));
    if earlier != later {
        say(&format!(
            "    {}{earlier}",
            if language == Language::Zh { "旧词汇：" } else { "in the older vocabulary: " }
        ));
    }
}

/// The unit of a policy's first amount, with what parts it from the number.
fn unit(engine: &Engine, id: &str, language: Language) -> String {
    let policy = engine.policy(id).and_then(|p| engine.model().policies.get(p.index()));
    let amount = policy.and_then(|p| p.benefits.iter().find_map(|b| b.amount.as_ref()));
    match amount.map(|a| a.ty) {
        Some(entitle::checked::Type::Number(unit)) => {
            format!("{}{}", if language == Language::Zh { "" } else { " " }, unit.words(language))
        }
        _ => String::new(),
    }
}

fn json(schema: &Schema, profile: &Profile) -> serde_json::Value {
    let all: BTreeSet<FieldId> = (0..schema.fields.len()).map(FieldId::of).collect();
    profile_to_json(schema, profile, &all)
}

fn change_json(old: &Engine, new: &Engine, id: &str, change: &Change) -> serde_json::Value {
    let verdict = |v: Verdict| match v {
        Verdict::Eligible => "eligible",
        Verdict::Ineligible => "ineligible",
        Verdict::Undetermined => "undetermined",
        Verdict::NotInForce => "not_in_force",
    };
    let found = |found: &Found| match found {
        Found::Nobody => serde_json::json!("nobody"),
        Found::NotProved => serde_json::json!("not_proved"),
        Found::Household(w) => serde_json::json!({
            "on": w.on.to_string(),
            "before": { "verdict": verdict(w.verdicts.0), "amount": w.amounts.0.map(|n| n.to_string()),
                        "profile": json(old.schema(), &w.earlier) },
            "after": { "verdict": verdict(w.verdicts.1), "amount": w.amounts.1.map(|n| n.to_string()),
                       "profile": json(new.schema(), &w.profile) },
        }),
    };
    match change {
        Change::Added => serde_json::json!({ "policy": id, "change": "added" }),
        Change::Removed => serde_json::json!({ "policy": id, "change": "removed" }),
        Change::Equal => serde_json::json!({ "policy": id, "change": "equal" }),
        Change::NotProved => serde_json::json!({ "policy": id, "change": "not_proved" }),
        Change::Different { widened, narrowed, more, less } => serde_json::json!({
            "policy": id, "change": "different", "widened": found(widened), "narrowed": found(narrowed),
            "more": found(more), "less": found(less),
        }),
    }
}

fn figure_line(figure: &FigureChange, language: Language) -> String {
    let zh = language == Language::Zh;
    let value = |v: &Value| match v {
        Value::Number(n) if zh => format!("{n}{}", figure.unit.words(language)),
        Value::Number(n) => format!("{n} {}", figure.unit.words(language)),
        Value::Table => (if zh { "（表）" } else { "(a table)" }).to_owned(),
        Value::None => (if zh { "没有数值" } else { "no value" }).to_owned(),
        Value::Absent => (if zh { "没有这项标准" } else { "no such figure" }).to_owned(),
    };
    let (before, after) = (value(&figure.before), value(&figure.after));
    let to = match (figure.to, zh) {
        (Some(to), true) => format!("至{to}"),
        (Some(to), false) => format!(" to {to}"),
        (None, true) => "起".to_owned(),
        (None, false) => " on".to_owned(),
    };
    let from = if zh { format!("自{}", figure.from) } else { format!("from {}", figure.from) };
    let both = if before == after {
        if zh { format!("{before}，内容不同") } else { format!("{before}, with other contents") }
    } else {
        format!("{before} → {after}")
    };
    format!("* {} [{}] {from}{to}: {both}", figure.name.get(language), figure.name.id)
}

fn figure_json(figure: &FigureChange) -> serde_json::Value {
    let value = |v: &Value| match v {
        Value::Number(n) => serde_json::json!(n.to_string()),
        Value::Table => serde_json::json!("table"),
        Value::None => serde_json::Value::Null,
        Value::Absent => serde_json::json!("absent"),
    };
    serde_json::json!({
        "figure": figure.name.id, "unit": figure.unit.words(Language::En), "from": figure.from.to_string(),
        "to": figure.to.map(|d| d.to_string()), "before": value(&figure.before), "after": value(&figure.after),
    })
}
