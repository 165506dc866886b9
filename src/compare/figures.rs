//! Figures that changed, span by span.

use super::key::{Key, Keys};
use crate::checked::{Dated, Kind, Model, Parameter};
use crate::ids::EntityId;
use crate::value::{Date, Label, Number, Unit};
use std::collections::{BTreeMap, BTreeSet};

/// A figure that has another value in the newer set, for a span of days.
#[derive(Clone, Debug, PartialEq)]
pub struct FigureChange {
    /// Its name in the newer set, or in the older one where it is gone.
    pub name: Label,
    /// The unit of its values.
    pub unit: Unit,
    /// The first day.
    pub from: Date,
    /// The last day; none where it goes on.
    pub to: Option<Date>,
    /// What it was.
    pub before: Value,
    /// What it is.
    pub after: Value,
}

/// What a figure is on a day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// This number, in its unit.
    Number(Number),
    /// Computed or read from a table.
    Table,
    /// It has no value.
    None,
    /// There is no such figure.
    Absent,
}

/// What changed from the older figures to the newer ones, both in one joined set: the first `newer` figures are the newer
/// ones. In the order of their identifiers and days; days outside the span are left out.
pub(super) fn changes(
    joined: &Model,
    newer: usize,
    keys: &mut Keys<'_>,
    span: (Option<Date>, Option<Date>),
) -> Vec<FigureChange> {
    type Name<'a> = (Option<EntityId>, &'a str);
    let mut pairs: BTreeMap<Name<'_>, (Option<&Parameter>, Option<&Parameter>)> = BTreeMap::new();
    for (i, parameter) in joined.parameters.iter().enumerate() {
        let slot = pairs.entry((parameter.owner, parameter.name.id.as_str())).or_default();
        if i < newer { slot.1 = Some(parameter) } else { slot.0 = Some(parameter) }
    }
    let mut found: Vec<FigureChange> = Vec::new();
    for (old, new) in pairs.values() {
        let Some(named) = new.or(*old) else { continue };
        let mut days: BTreeSet<Date> = BTreeSet::new();
        for row in [old, new].into_iter().flatten().flat_map(|p| &p.rows) {
            days.insert(row.from);
            days.extend(row.to.and_then(|to| to.add_days(1)));
        }
        let days: Vec<Date> = days.into_iter().collect();
        let mut last: Option<(Key, Key)> = None;
        for (at, day) in days.iter().enumerate() {
            let to = days.get(at + 1).and_then(|next| next.add_days(-1));
            if span.1.is_some_and(|end| *day > end) || span.0.is_some_and(|start| to.is_some_and(|to| to < start)) {
                last = None;
                continue;
            }
            let (was, is) = (on(*old, *day), on(*new, *day));
            let mut key = |row: Option<&Dated>| row.map_or([0; 32], |r| keys.row(r));
            let both = (key(was), key(is));
            let differs = both.0 != both.1 && !(nothing(was) && nothing(is));
            match found.last_mut().filter(|_| differs && last == Some(both)) {
                Some(before) => before.to = to,
                None if differs => found.push(FigureChange {
                    name: named.name.clone(),
                    unit: named.unit,
                    from: *day,
                    to,
                    before: value(*old, was),
                    after: value(*new, is),
                }),
                None => {}
            }
            last = differs.then_some(both);
        }
    }
    found
}

fn on(parameter: Option<&Parameter>, day: Date) -> Option<&Dated> {
    parameter?.rows.iter().find(|r| r.from <= day && r.to.is_none_or(|to| day <= to))
}

fn nothing(row: Option<&Dated>) -> bool {
    row.is_none_or(|r| matches!(r.value.kind, Kind::Missing))
}

fn value(parameter: Option<&Parameter>, row: Option<&Dated>) -> Value {
    match (parameter, row.map(|r| &r.value.kind)) {
        (None, _) => Value::Absent,
        (_, None | Some(Kind::Missing)) => Value::None,
        (_, Some(Kind::Number(n))) => Value::Number(*n),
        _ => Value::Table,
    }
}
