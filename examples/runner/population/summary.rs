//! What a scan came to: by policy, district and category.

use super::out::district;
use crate::say;
use entitle::Rules;
use entitle::ids::PolicyId;
use entitle::value::Language;
use entitle::wire::population::lists::{Lists, Tally};
use serde_json::json;
use std::collections::BTreeMap;

/// Counts under a name in both languages.
pub(super) struct Line {
    pub(super) id: String,
    pub(super) zh: String,
    pub(super) en: String,
    /// Of a policy: its category.
    pub(super) category: String,
    pub(super) tally: Tally,
}

pub(super) struct Summary {
    pub(super) units: Vec<(String, u64)>,
    pub(super) policies: Vec<Line>,
    pub(super) districts: Vec<Line>,
    pub(super) categories: Vec<Line>,
    pub(super) looked: Looked,
}

/// What was looked for beside the verdicts; the rest is not zero but not known.
#[derive(Clone, Copy)]
pub(super) struct Looked {
    /// What would apply but for one condition.
    pub(super) near: bool,
    /// What begins or stops to apply within some days.
    pub(super) turns: bool,
}

impl Line {
    pub(super) fn name(&self, language: Language) -> &str {
        if language == Language::Zh { &self.zh } else { &self.en }
    }
}

fn add(to: &mut Tally, tally: Tally) {
    to.eligible += tally.eligible;
    to.receiving += tally.receiving;
    to.missed += tally.missed;
    to.undetermined += tally.undetermined;
    to.near += tally.near;
    to.begins += tally.begins;
    to.stops += tally.stops;
}

impl Summary {
    pub(super) fn of(rules: &Rules, policies: &[PolicyId], (lists, looked): (&Lists, Looked)) -> Self {
        let model = rules.model();
        let line = |id: &PolicyId| {
            let policy = model.policies.get(id.index())?;
            Some(Line {
                id: policy.name.id.clone(),
                zh: policy.name.get(Language::Zh),
                en: policy.name.get(Language::En),
                category: policy.category.as_ref().map_or_else(String::new, |c| c.id.clone()),
                tally: lists.total(*id),
            })
        };
        let lines: Vec<Line> = policies.iter().filter_map(line).collect();
        let mut by_place: BTreeMap<Option<u32>, Tally> = BTreeMap::new();
        for ((_, place), tally) in &lists.tallies {
            add(by_place.entry(*place).or_default(), *tally);
        }
        let districts = by_place.into_iter().map(|(place, tally)| {
            let name = |language| match place {
                Some(_) => district(&model.schema, place, language),
                None if language == Language::Zh => "未知或市外".to_owned(),
                None => "not known, or elsewhere".to_owned(),
            };
            Line {
                id: name(Language::En),
                zh: name(Language::Zh),
                en: name(Language::En),
                category: String::new(),
                tally,
            }
        });
        let mut by_category: BTreeMap<String, (String, String, Tally)> = BTreeMap::new();
        for (id, line) in policies.iter().zip(&lines) {
            let Some(category) = model.policies.get(id.index()).and_then(|p| p.category.as_ref()) else { continue };
            let fresh = || (category.get(Language::Zh), category.get(Language::En), Tally::default());
            add(&mut by_category.entry(category.id.clone()).or_insert_with(fresh).2, line.tally);
        }
        let categories =
            by_category.into_iter().map(|(id, (zh, en, tally))| Line { id, zh, en, category: String::new(), tally });
        let units = lists
            .units
            .iter()
            .map(|(unit, count)| (model.schema.entity(*unit).map_or_else(String::new, |e| e.name.id.clone()), *count));
        Self {
            units: units.collect(),
            districts: districts.collect(),
            categories: categories.collect(),
            policies: lines,
            looked,
        }
    }

    /// Policies with most missed first.
    pub(super) fn by_missed(&self) -> Vec<&Line> {
        let mut lines: Vec<&Line> = self.policies.iter().collect();
        lines.sort_by_key(|l| (std::cmp::Reverse(l.tally.missed), l.id.as_str()));
        lines
    }

    pub(super) fn json(&self) -> String {
        let lines = |lines: &[Line]| -> Vec<serde_json::Value> {
            lines
                .iter()
                .map(|l| {
                    json!({
                        "id": l.id, "zh": l.zh, "eligible": l.tally.eligible, "receiving": l.tally.receiving,
                        "missed": l.tally.missed, "undetermined": l.tally.undetermined,
                        "near": self.looked.near.then_some(l.tally.near),
                        "begins": self.looked.turns.then_some(l.tally.begins),
                        "stops": self.looked.turns.then_some(l.tally.stops),
                        "category": (!l.category.is_empty()).then_some(&l.category),
                    })
                })
                .collect()
        };
        let units: serde_json::Map<String, serde_json::Value> =
            self.units.iter().map(|(name, count)| (name.clone(), json!(count))).collect();
        let all = json!({
            "units": units, "policies": lines(&self.policies), "districts": lines(&self.districts),
            "categories": lines(&self.categories),
        });
        serde_json::to_string_pretty(&all).unwrap_or_default()
    }

    /// The policies that most are missed by, as a table.
    pub(super) fn print(&self, language: Language) {
        let zh = language == Language::Zh;
        let (first, mut head) = if zh {
            ("政策", vec!["符合", "在享", "符合未享", "差一步", "待定"])
        } else {
            ("policy", vec!["eligible", "receiving", "missed", "near", "open"])
        };
        if !self.looked.near {
            head.remove(3);
        }
        let shown: Vec<&Line> = self.by_missed().into_iter().filter(|l| l.tally.eligible > 0).take(20).collect();
        let rows = shown.iter().map(|l| {
            let t = l.tally;
            let counts = [
                Some(t.eligible),
                Some(t.receiving),
                Some(t.missed),
                self.looked.near.then_some(t.near),
                Some(t.undetermined),
            ];
            (l.name(language).to_owned(), counts.iter().flatten().map(u64::to_string).collect())
        });
        let rows: Vec<(String, Vec<String>)> = rows.collect();
        let wide = rows.iter().map(|r| width(&r.0)).chain([width(first)]).max().unwrap_or(0);
        let pad = |text: &str, to: usize| format!("{text}{}", " ".repeat(to.saturating_sub(width(text))));
        let right = |text: &str| format!("{}{text}", " ".repeat(11usize.saturating_sub(width(text))));
        say(&format!("{}{}", pad(first, wide), head.iter().map(|h| right(h)).collect::<String>()));
        for (name, counts) in &rows {
            say(&format!("{}{}", pad(name, wide), counts.iter().map(|c| right(c)).collect::<String>()));
        }
        let more = self.policies.iter().filter(|l| l.tally.eligible > 0).count().saturating_sub(shown.len());
        if more > 0 {
            say(&if zh {
                format!("另有 {more} 项政策，见汇总文件")
            } else {
                format!("and {more} more policies; see the summary")
            });
        }
    }
}

/// The columns a text takes in a terminal: two for what stands outside ASCII.
fn width(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}
