//! Explanations as sentences, in Chinese and in English: the only place with human wording of results.

use super::{Amount, Comparison, Missing, Place, Reason, Shown};
use crate::checked::Model;
use crate::ids::{EnumId, PolicyId};
use crate::profile::{Profile, RecordIx, Slot};
use crate::schema::{FieldType, Provenance};
use crate::value::{Date, Language, Number, Rounding, Unit};

/// Said with every result.
#[must_use]
pub const fn caveat(language: Language) -> &'static str {
    match language {
        Language::Zh => "初步匹配结果，以主管部门审核为准",
        Language::En => "a preliminary match, subject to the authority's review",
    }
}

/// A reason as one sentence, without a full stop.
#[must_use]
pub fn reason(reason: &Reason, model: &Model, language: Language) -> String {
    let zh = language == Language::Zh;
    let mut text = String::new();
    for Place { name: list, entry: place, .. } in &reason.about {
        text += &if zh {
            format!("第{place}位{}：", list.get(language))
        } else {
            format!("{} {place}: ", list.get(language))
        };
    }
    let condition = reason.wording.condition.get(language);
    if condition.is_empty() {
        text += if zh { "其中一项条件" } else { "one of the conditions" };
    } else if zh {
        text += condition;
    } else {
        // An identifier is read as its words: `income_per_capita` is "income per capita".
        text += &condition.replace('_', " ");
    }
    if let Some(measured) = measured(reason, model, language) {
        text += if zh { "：" } else { ": " };
        text += &measured;
    }
    text
}

/// Reasons as sentences. Neighbours that stand in one labelled condition are read together, under its label.
#[must_use]
pub fn reasons(reasons: &[Reason], model: &Model, language: Language) -> Vec<(Option<bool>, String)> {
    let mut lines: Vec<(Option<bool>, String)> = Vec::new();
    let mut label: Option<&crate::value::Words> = None;
    for one in reasons {
        let outer = one.wording.within.first().filter(|_| one.about.is_empty());
        let sentence = reason(one, model, language);
        match (outer, lines.last_mut()) {
            (Some(outer), Some((_, line))) if label == Some(outer) => {
                *line += if language == Language::Zh { "；" } else { "; " };
                *line += &sentence;
            }
            (Some(outer), _) => {
                let dash = if language == Language::Zh { "——" } else { " — " };
                lines.push((one.holds, format!("{}{dash}{sentence}", outer.get(language))));
            }
            (None, _) => lines.push((one.holds, sentence)),
        }
        label = outer;
    }
    lines
}

fn measured(reason: &Reason, model: &Model, language: Language) -> Option<String> {
    let zh = language == Language::Zh;
    let actual = reason.actual.as_ref()?;
    if *actual == Shown::Unknown {
        return Some(if zh { "尚不清楚" } else { "not known" }.to_owned());
    }
    let found = shown(actual, model, language);
    let Some(required) = &reason.required else {
        return Some(match (actual, zh) {
            (Shown::Entries(0), true) => "名单上没有".to_owned(),
            (Shown::Entries(0), false) => "none on the list".to_owned(),
            _ => found,
        });
    };
    if *required == Shown::Unknown {
        return Some(if zh {
            format!("现为{found}，所需标准当日没有数值")
        } else {
            format!("now {found}; the figure it is compared with has no value on that day")
        });
    }
    if reason.holds != Some(false) {
        return Some(found);
    }
    if reason.comparison == Some(Comparison::NotEqual) {
        return Some(if zh {
            format!("现为{found}，不符合")
        } else {
            format!("now {found}, which rules it out")
        });
    }
    let wanted = shown(required, model, language);
    let word = comparing(reason.comparison, required, language);
    let mut text =
        if zh { format!("现为{found}，需{word}{wanted}") } else { format!("now {found}, required {word}{wanted}") };
    if let Some(distance) = &reason.distance {
        let distance_text = shown(distance, model, language);
        text += &match distance {
            Shown::Date(_) if zh => format!("（分界日 {distance_text}）"),
            Shown::Date(_) => format!(" (the line falls on {distance_text})"),
            _ if zh => format!("（相差{distance_text}）"),
            _ => format!(" ({distance_text} away)"),
        };
    }
    Some(text)
}

/// The words of a comparison before what is required: "at least ", "低于"; "before " and "不晚于" of a day.
#[must_use]
pub fn comparing(comparison: Option<Comparison>, required: &Shown, language: Language) -> &'static str {
    let zh = language == Language::Zh;
    let several = matches!(required, Shown::Symbols(_, v) if v.len() > 1);
    // A day is before or after another, not more or less.
    if let (Shown::Date(_), Some(comparison)) = (required, comparison) {
        match (comparison, zh) {
            (Comparison::Less, true) => return "早于",
            (Comparison::LessOrEqual, true) => return "不晚于",
            (Comparison::Greater, true) => return "晚于",
            (Comparison::GreaterOrEqual, true) => return "不早于",
            (Comparison::Less, false) => return "before ",
            (Comparison::LessOrEqual, false) => return "on or before ",
            (Comparison::Greater, false) => return "after ",
            (Comparison::GreaterOrEqual, false) => return "on or after ",
            (Comparison::Equal | Comparison::NotEqual, _) => {}
        }
    }
    match (comparison, zh) {
        (Some(Comparison::Less), true) => "低于",
        (Some(Comparison::LessOrEqual), true) => "不超过",
        (Some(Comparison::Greater), true) => "超过",
        (Some(Comparison::GreaterOrEqual), true) => "不低于",
        (Some(Comparison::Equal), true) if several => "为下列之一：",
        (Some(Comparison::NotEqual), true) if several => "不是下列之一：",
        (Some(Comparison::NotEqual), true) => "不是",
        (_, true) => "为",
        (Some(Comparison::Less), false) => "less than ",
        (Some(Comparison::LessOrEqual), false) => "at most ",
        (Some(Comparison::Greater), false) => "more than ",
        (Some(Comparison::GreaterOrEqual), false) => "at least ",
        (Some(Comparison::Equal), false) if several => "one of ",
        (Some(Comparison::NotEqual), false) if several => "none of ",
        (Some(Comparison::NotEqual), false) => "other than ",
        (_, false) => "",
    }
}

/// A value.
#[must_use]
pub fn shown(value: &Shown, model: &Model, language: Language) -> String {
    let zh = language == Language::Zh;
    match value {
        Shown::Unknown => if zh { "不清楚" } else { "not known" }.to_owned(),
        Shown::YesNo(true) => if zh { "是" } else { "yes" }.to_owned(),
        Shown::YesNo(false) => if zh { "否" } else { "no" }.to_owned(),
        Shown::Number(n, unit) => number(*n, *unit, language),
        Shown::Date(date) => day(*date, language),
        Shown::Elapsed(from, to) => elapsed(*from, *to, language),
        Shown::Symbols(_, values) if values.is_empty() => if zh { "无" } else { "none" }.to_owned(),
        Shown::Symbols(e, values) => {
            let name = |v: &u32| match (*e, model.policies.get(*v as usize)) {
                // A policy's identifier says little to whoever is to receive it.
                (EnumId::POLICY, Some(policy)) => Some(policy.title.get(language).to_owned()),
                _ => model.schema.symbol(*e, *v).map(|s| s.name.get(language)),
            };
            let names: Vec<String> = values.iter().filter_map(name).collect();
            names.join(if zh { "、" } else { ", " })
        }
        Shown::Entries(count) => {
            if zh {
                format!("共{count}项")
            } else {
                format!("{count} looked at")
            }
        }
    }
}

/// A number in its unit, in groups of three digits: `1,240 元/月`.
#[must_use]
pub fn number(n: Number, unit: Unit, language: Language) -> String {
    let share = unit.counted == crate::value::Counted::Percent;
    let n = if share { n.multiply(Number::whole(100)).unwrap_or(n) } else { n };
    // What has no end in decimals is shown to two places; the exact fraction stands in the data.
    let cent = Number::new(1, 100).unwrap_or(Number::whole(1));
    let (about, n) = match n.round(Rounding::Nearest, cent) {
        Some(near) if n.to_string().contains('/') => (if language == Language::Zh { "约" } else { "about " }, near),
        _ => ("", n),
    };
    let digits = n.to_string();
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits.as_str()), |d| ("-", d));
    let (whole, rest) = digits.split_once('.').map_or((digits, None), |(w, r)| (w, Some(r)));
    let words = unit.words(language);
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        // What has no unit is a year, a month or a number of something, and is not grouped.
        if i > 0 && (whole.len() - i) % 3 == 0 && !words.is_empty() {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let rest = rest.map(|r| format!(".{r}")).unwrap_or_default();
    let words = if language == Language::En && n == Number::whole(1) { singular(&words) } else { words };
    if share || words.is_empty() {
        format!("{about}{sign}{grouped}{rest}{words}")
    } else {
        format!("{about}{sign}{grouped}{rest} {words}")
    }
}

/// The unit of exactly one: "1 person", "1 month", "1 yuan per month".
fn singular(words: &str) -> String {
    let (head, per) = words.split_once(" per ").map_or((words, None), |(h, p)| (h, Some(p)));
    let head = match head {
        "people" => "person",
        "years old" => "year old",
        other => other.strip_suffix('s').unwrap_or(other),
    };
    per.map_or_else(|| head.to_owned(), |per| format!("{head} per {per}"))
}

fn day(date: Date, language: Language) -> String {
    match language {
        Language::Zh => format!("{}年{}月{}日", date.year(), date.month(), date.day()),
        Language::En => date.to_string(),
    }
}

/// Whole years, or months and days where it is less than two years.
fn elapsed(from: Date, to: Date, language: Language) -> String {
    let zh = language == Language::Zh;
    let mut months =
        (i64::from(to.year()) - i64::from(from.year())) * 12 + i64::from(to.month()) - i64::from(from.month());
    while months > 0 && from.add_months(months).is_none_or(|d| d > to) {
        months -= 1;
    }
    if months >= 24 {
        let years = months / 12;
        return if zh {
            format!("{years}年（自{}）", day(from, language))
        } else {
            format!("{years} years (since {})", day(from, language))
        };
    }
    let rest = from.add_months(months.max(0)).map_or(0, |d| to.days() - d.days());
    let since = day(from, language);
    if zh {
        format!("{months}个月零{rest}天（自{since}）")
    } else {
        format!("{months} months and {rest} days (since {since})")
    }
}

/// A missing fact, with whose it is and who can say it.
#[must_use]
pub fn missing(missing: &Missing, model: &Model, profile: &Profile, language: Language) -> String {
    let zh = language == Language::Zh;
    let Some(field) = model.schema.field(missing.field) else { return String::new() };
    let name = field.name.get(language);
    let owner = whose(missing.record, field.entity, model, profile, language);
    let text = match (zh, owner) {
        (true, Some(owner)) => format!("{owner}的{name}"),
        (false, Some(owner)) => format!("{owner}: {name}"),
        (_, None) => name,
    };
    match &field.provenance {
        Provenance::Declared => text,
        Provenance::Judged => {
            format!("{text}{}", if zh { "（由工作人员认定）" } else { " (assessed by a caseworker)" })
        }
        Provenance::Register(register) => {
            let register = register.get(language);
            if zh { format!("{text}（{register}可查）") } else { format!("{text} (held by the {register})") }
        }
    }
}

/// Whose record it is: the applicant's needs no word, others are counted in their list.
#[must_use]
pub fn whose(
    record: Option<RecordIx>,
    entity: crate::ids::EntityId,
    model: &Model,
    profile: &Profile,
    language: Language,
) -> Option<String> {
    let name = model.schema.entity(entity)?.name.get(language);
    let Some(ix) = record else { return Some(name) };
    if profile.root(entity) == Some(ix) {
        return None;
    }
    for other in (0..profile.len()).filter_map(|i| u32::try_from(i).ok()).map(RecordIx) {
        let record = profile.record(other)?;
        for (at, slot) in record.slots.iter().enumerate() {
            let field =
                model.schema.entity(record.entity).and_then(|e| e.fields.get(at)).and_then(|f| model.schema.field(*f));
            if let (Slot::List { items, .. }, Some(field)) = (slot, field)
                && let Some(place) = items.iter().position(|i| *i == ix)
                && matches!(field.ty, FieldType::List(_))
            {
                let list = field.name.get(language);
                return Some(if language == Language::Zh {
                    format!("第{}位{list}", place + 1)
                } else {
                    format!("{list} {}", place + 1)
                });
            }
        }
    }
    Some(name)
}

/// An amount: what it is called and how much.
#[must_use]
pub fn amount(amount: &Amount, model: &Model, policy: PolicyId, language: Language) -> String {
    let label =
        model.policies.get(policy.index()).and_then(|p| p.benefits.get(amount.benefit)).and_then(|b| b.label.as_ref());
    let value = match amount.value {
        Some((n, unit)) => number(n, unit, language),
        None => match language {
            Language::Zh => "金额待定（缺少所需信息或标准）",
            Language::En => "amount open (a fact or figure is missing)",
        }
        .to_owned(),
    };
    match (label, language) {
        (Some(label), Language::Zh) => format!("{}：{value}", label.get(language)),
        (Some(label), Language::En) => format!("{}: {value}", label.get(language)),
        (None, _) => value,
    }
}
