//! Counts and lists as JSON, so that a scan that was stopped can go on.

use super::lists::{Listed, Lists, Tally, Top};
use crate::ids::{EntityId, PolicyId};
use crate::value::Number;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

impl Lists {
    /// All of it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let units: Vec<Value> = self.units.iter().map(|(e, n)| json!([e.0, n])).collect();
        let tallies: Vec<Value> = self
            .tallies
            .iter()
            .map(|((p, d), t)| {
                json!([p.0, d, t.eligible, t.receiving, t.missed, t.undetermined, t.near, t.begins, t.stops])
            })
            .collect();
        json!({
            "units": units, "tallies": tallies, "missed": tops(&self.missed), "near": tops(&self.near),
            "turns": tops(&self.turns),
        })
    }

    /// What [`Lists::to_json`] wrote; none where it did not.
    #[must_use]
    pub fn from_json(value: &Value, top: usize) -> Option<Self> {
        let mut lists = Self::new(top);
        for unit in value.get("units")?.as_array()? {
            lists.units.insert(EntityId(small(unit.get(0)?)?), unit.get(1)?.as_u64()?);
        }
        for row in value.get("tallies")?.as_array()? {
            let count = |at: usize| row.get(at).and_then(Value::as_u64);
            let tally = Tally {
                eligible: count(2)?,
                receiving: count(3)?,
                missed: count(4)?,
                undetermined: count(5)?,
                near: count(6)?,
                begins: count(7)?,
                stops: count(8)?,
            };
            lists.tallies.insert((PolicyId(small(row.get(0)?)?), row.get(1).and_then(small)), tally);
        }
        lists.missed = read_tops(value.get("missed")?, top)?;
        lists.near = read_tops(value.get("near")?, top)?;
        lists.turns = read_tops(value.get("turns")?, top)?;
        Some(lists)
    }
}

fn small(value: &Value) -> Option<u32> {
    u32::try_from(value.as_u64()?).ok()
}

fn tops(lists: &BTreeMap<PolicyId, Top>) -> Value {
    let list = |top: &Top| -> Vec<Value> {
        top.iter()
            .map(|e| {
                let need = e.need().map(|n| format!("{}/{}", n.numerator(), n.denominator()));
                json!([need, e.source, e.id, e.household, e.district, e.hinge, e.begins])
            })
            .collect()
    };
    let all: Vec<Value> = lists.iter().map(|(p, top)| json!([p.0, top.all, list(top)])).collect();
    json!(all)
}

fn read_tops(value: &Value, most: usize) -> Option<BTreeMap<PolicyId, Top>> {
    let mut lists = BTreeMap::new();
    for list in value.as_array()? {
        let mut top = Top { all: list.get(1)?.as_u64()?, ..Top::default() };
        for entry in list.get(2)?.as_array()? {
            let text = |at: usize| entry.get(at).and_then(Value::as_str);
            let need = text(0).and_then(|n| {
                let (numerator, denominator) = n.split_once('/')?;
                Number::new(numerator.parse().ok()?, denominator.parse().ok()?)
            });
            let hinge = entry.get(5).and_then(|h| Some((small(h.get(0)?)?, Arc::from(h.get(1)?.as_str()?))));
            let listed = Listed::new(need, entry.get(1)?.as_u64()?, (Arc::from(text(2)?), Arc::from(text(3)?)));
            let listed =
                Listed { district: entry.get(4).and_then(small), hinge, begins: entry.get(6)?.as_bool()?, ..listed };
            top.keep(listed, most);
        }
        lists.insert(PolicyId(small(list.get(0)?)?), top);
    }
    Some(lists)
}
