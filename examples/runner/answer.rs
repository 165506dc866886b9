//! Answers typed at a terminal: what may be typed for a fact, and what it means.

use entitle::profile::Slot;
use entitle::schema::{FieldType, Schema};
use entitle::value::{Counted, Date, Language, Number};

/// How many values of an enum are shown with a number; any value can be typed by name.
const SHOWN: usize = 30;

/// The answers that are understood.
pub(crate) fn choices(schema: &Schema, ty: FieldType, language: Language) -> String {
    let zh = language == Language::Zh;
    let names = |e| {
        let values = schema.enumeration(e).map(|e| e.values.as_slice()).unwrap_or_default();
        let numbered =
            values.iter().take(SHOWN).enumerate().map(|(i, v)| format!("{} {}", i + 1, v.name.get(language)));
        let mut lines = vec![String::new()];
        for one in numbered {
            match lines.last_mut() {
                // Han characters are two columns wide, so half as many fit.
                Some(line) if line.chars().count() + one.chars().count() < if zh { 36 } else { 72 } => {
                    *line += if line.is_empty() { "" } else { "   " };
                    *line += &one;
                }
                _ => lines.push(one),
            }
        }
        let rest = values.len().saturating_sub(SHOWN);
        if rest > 0 {
            lines.push(if zh {
                format!("……另有{rest}项，可直接输入名称")
            } else {
                format!("... and {rest} more, by name")
            });
        }
        lines.join("\n      ")
    };
    match ty {
        FieldType::YesNo => if zh { "y 是   n 否" } else { "y yes   n no" }.to_owned(),
        FieldType::Date => if zh { "日期，如 1985-03-20" } else { "a date, as 1985-03-20" }.to_owned(),
        FieldType::Quantity(unit) if unit.counted == Counted::Percent => {
            if zh { "百分之几，如 30" } else { "per cent, as 30" }.to_owned()
        }
        FieldType::Quantity(unit) => {
            let words = unit.words(language);
            if zh { format!("数字（{words}）") } else { format!("a number ({words})") }
        }
        FieldType::Symbol(e) => names(e),
        FieldType::Set(_) => if zh {
            "0 一项也没有；有则输入名称，用逗号分开"
        } else {
            "0 for none, or the names, with commas between"
        }
        .to_owned(),
        FieldType::List(_) => if zh {
            "0 没有其他；有则写进资料文件后再来"
        } else {
            "0 for no others; otherwise add them to the file and come back"
        }
        .to_owned(),
        FieldType::Record(_) => String::new(),
    }
}

/// What an answer says of a fact; none where it is not understood. `known` is what is known already.
pub(crate) fn read(schema: &Schema, ty: FieldType, answer: &str, known: &Slot) -> Option<Slot> {
    let symbol = |e, name: &str| {
        let values = schema.enumeration(e).map(|e| e.values.as_slice()).unwrap_or_default();
        values.iter().position(|v| {
            let id = v.name.get(Language::En);
            v.name.zh == name || v.name.id == name || id.eq_ignore_ascii_case(name)
        })
    };
    match ty {
        FieldType::YesNo => match answer.to_ascii_lowercase().as_str() {
            "y" | "yes" | "1" | "是" | "有" | "对" => Some(Slot::Scalar(1)),
            "n" | "no" | "0" | "否" | "没有" | "无" | "不是" => Some(Slot::Scalar(0)),
            _ => None,
        },
        FieldType::Date => date(answer).map(|d| Slot::Scalar(d.days())),
        FieldType::Quantity(unit) => {
            let share = unit.counted == Counted::Percent;
            let grains = Number::new(i128::from(unit.grains()), if share { 100 } else { 1 })?;
            let raw = number(answer)?.multiply(grains).filter(|n| n.is_whole())?;
            i64::try_from(raw.numerator()).ok().map(Slot::Scalar)
        }
        FieldType::Symbol(e) => {
            let count = schema.enumeration(e).map_or(0, |e| e.values.len());
            let by_place = answer.parse::<usize>().ok().and_then(|n| n.checked_sub(1)).filter(|n| *n < count);
            by_place.or_else(|| symbol(e, answer)).and_then(|at| i64::try_from(at).ok()).map(Slot::Scalar)
        }
        FieldType::Set(e) => {
            let mut all = match known {
                Slot::Set { known, .. } => known.clone(),
                _ => Vec::new(),
            };
            if answer != "0" {
                for name in answer.split([',', '，', '、']) {
                    all.push(u32::try_from(symbol(e, name.trim())?).ok()?);
                }
            }
            all.sort_unstable();
            all.dedup();
            Some(Slot::Set { known: all, not: Vec::new(), complete: true })
        }
        // Only that there are no others; who they are the others to, the profile knows.
        FieldType::List(_) if answer == "0" => Some(Slot::List { items: Vec::new(), complete: true }),
        _ => None,
    }
}

/// `1985-03-20`, `1985.3.20`, `1985/3/20`, `1985年3月20日`, `19850320`.
fn date(answer: &str) -> Option<Date> {
    let parts: Vec<&str> = answer.split(|c: char| !c.is_ascii_digit()).filter(|p| !p.is_empty()).collect();
    let (year, month, day) = match parts.as_slice() {
        [year, month, day] => (*year, *month, *day),
        [all] if all.len() == 8 => (all.get(..4)?, all.get(4..6)?, all.get(6..)?),
        _ => return None,
    };
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

/// `1,240.50`, `3万`, `30%`: the digits, exactly.
fn number(answer: &str) -> Option<Number> {
    let digits = answer.split_whitespace().next()?.trim_end_matches(['元', '%', '％']).replace([',', '，'], "");
    let (digits, times) = digits.strip_suffix('万').map_or((digits.as_str(), 1), |d| (d, 10_000));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.len() + fraction.len() > 15 {
        return None;
    }
    let scale = 10i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    Number::new(format!("{whole}{fraction}").parse::<i128>().ok()?.checked_mul(times)?, scale)
}
