//! Advice as sentences, in Chinese and in English. The class of a fact decides the words: an action is advised, a grant
//! names the policy that gives it, time gives the date, and a circumstance shows how far off it is and is never advised.

use super::needs::{Change, Way, granted_by};
use super::plan::{Barrier, Plan};
use crate::checked::{Effect, Model};
use crate::ids::PolicyId;
use crate::profile::Profile;
use crate::schema::Class;
use crate::value::{Language, Number, Unit};
use crate::verdict::Verdict;
use crate::why::Shown;
use crate::why::prose::{comparing, number, shown, whose};

/// A way, as one line for each change.
#[must_use]
pub fn way(way: &Way, model: &Model, profile: &Profile, language: Language) -> Vec<String> {
    let zh = language == Language::Zh;
    let mut lines = Vec::new();
    if let Some(day) = way.wait_until {
        lines.push(if zh {
            format!("到{}", shown(&Shown::Date(day), model, language))
        } else {
            format!("from {day} on")
        });
    }
    lines.extend(way.changes.iter().map(|c| change(c, model, profile, language)));
    if way.then == Verdict::Undetermined {
        lines.push(if zh { "之后仍取决于尚不清楚的情况" } else { "and what is not known yet then decides" }.to_owned());
    }
    lines
}

/// One change.
#[must_use]
pub fn change(change: &Change, model: &Model, profile: &Profile, language: Language) -> String {
    let zh = language == Language::Zh;
    let field = model.schema.field(change.field);
    let name = field.map(|f| f.name.get(language)).unwrap_or_default();
    let owner = field.and_then(|f| whose(Some(change.record), f.entity, model, profile, language));
    let name = match (&owner, zh) {
        (Some(owner), true) => format!("{owner}的{name}"),
        (Some(owner), false) => format!("{owner}: {name}"),
        (None, _) => name,
    };
    let for_whom = owner.map(|o| if zh { format!("（{o}）") } else { format!(" ({o})") }).unwrap_or_default();
    let actual = shown(&change.actual, model, language);
    let required = shown(&change.required, model, language);
    let compared = comparing(Some(change.comparison), &change.required, language);
    match change.class {
        Class::Grant => {
            let names: Vec<String> = granted_by(change).iter().map(|p| title(model, *p, language)).collect();
            match (names.is_empty(), zh) {
                (false, true) => format!("先取得{for_whom}：{}", names.join("、")),
                (false, false) => format!("first obtain{for_whom}: {}", names.join(", ")),
                (true, true) => format!("现为{actual}；与{required}不能同时享受"),
                (true, false) => format!("{name}: now {actual}; not while {required} is held"),
            }
        }
        Class::Action => {
            if zh {
                format!("可以办理：{name}（现为{actual}，需{compared}{required}）")
            } else {
                format!("can be done: {name} (now {actual}, needed {compared}{required})")
            }
        }
        Class::Circumstance | Class::Time | Class::Immutable => {
            let distance = change.distance.as_ref().map(|d| shown(d, model, language));
            match (distance, zh) {
                (Some(distance), true) => {
                    format!("条件差距：{name}现为{actual}，标准为{compared}{required}，相差{distance}")
                }
                (Some(distance), false) => {
                    format!("the gap: {name} is {actual}, the rule is {compared}{required}, {distance} away")
                }
                (None, true) => format!("未符合：{name}现为{actual}，政策要求{compared}{required}"),
                (None, false) => format!("not met: {name} is {actual}, the rule is {compared}{required}"),
            }
        }
    }
}

/// What else there is to say of a plan, a line each: the total before and after, what is paid less because of another, and
/// what is left out and why.
#[must_use]
pub fn beside(plan: &Plan, model: &Model, language: Language) -> Vec<String> {
    let zh = language == Language::Zh;
    let name = |p: PolicyId| title(model, p, language);
    let yuan = |n: Number| number(n, Unit { month: -1, ..Unit::YUAN }, language);
    let mut lines = Vec::new();
    if plan.after > Number::ZERO {
        lines.push(if zh {
            format!("每月合计：现有{}，全部批准后{}", yuan(plan.before), yuan(plan.after))
        } else {
            format!("in all: {} now, {} once everything is granted", yuan(plan.before), yuan(plan.after))
        });
    }
    for income in plan.stages.iter().flat_map(|s| &s.apply).filter(|s| s.income) {
        lines.push(if zh {
            format!("{}计入收入，以上金额已据此计算", name(income.policy))
        } else {
            format!("{} counts as income; the amounts above allow for it", name(income.policy))
        });
    }
    for less in &plan.lowered {
        let (policy, other, by) = (name(less.policy), name(less.beside), yuan(less.by));
        lines.push(match (less.effect, zh) {
            (Effect::SameItemOnce, true) => format!("{policy}与{other}属同一项目，不重复发放，少发{by}"),
            (Effect::SameItemOnce, false) => {
                format!("{policy} and {other} pay for the same item, which is paid once: {by} less")
            }
            (_, true) => format!("{policy}须抵扣{other}，少发{by}"),
            (_, false) => format!("{other} is deducted from {policy}: {by} less"),
        });
    }
    for one in &plan.left_out {
        let why = match (one.why, zh) {
            (Barrier::Effect(Effect::HigherOf), true) => "择高享受",
            (Barrier::Effect(Effect::HigherOf), false) => "the higher of the two is paid",
            (Barrier::Effect(_), true) => "不能同时享受",
            (Barrier::Effect(_), false) => "the two cannot be held together",
            (Barrier::Income, true) => "计入收入后不能并存",
            (Barrier::Income, false) => "one counts as income, with which the other does not apply",
        };
        let (policy, other) = (name(one.policy), name(one.other));
        let pays = one.monthly.filter(|n| *n > Number::ZERO).map(yuan);
        lines.push(match (pays, zh) {
            (Some(pays), true) => format!("未列入：{policy}，{pays}（与{other}{why}）"),
            (None, true) => format!("未列入：{policy}（与{other}{why}）"),
            (Some(pays), false) => format!("left out: {policy}, {pays} (with {other}: {why})"),
            (None, false) => format!("left out: {policy} (with {other}: {why})"),
        });
    }
    if !plan.exact {
        lines.push(
            if zh {
                "互斥的待遇过多，未逐一比较"
            } else {
                "too many exclude each other: not every combination was compared"
            }
            .to_owned(),
        );
    }
    lines
}

/// The title of a policy.
#[must_use]
pub fn title(model: &Model, policy: PolicyId, language: Language) -> String {
    model.policies.get(policy.index()).map(|p| p.title.get(language).to_owned()).unwrap_or_default()
}

/// A verdict as a word.
#[must_use]
pub const fn verdict(verdict: Verdict, language: Language) -> &'static str {
    match (verdict, language) {
        (Verdict::Eligible, Language::Zh) => "符合",
        (Verdict::Eligible, Language::En) => "eligible",
        (Verdict::Ineligible, Language::Zh) => "不符合",
        (Verdict::Ineligible, Language::En) => "ineligible",
        (Verdict::Undetermined, Language::Zh) => "待定",
        (Verdict::Undetermined, Language::En) => "undetermined",
        (Verdict::NotInForce, Language::Zh) => "未施行",
        (Verdict::NotInForce, Language::En) => "not in force",
    }
}
