//! The slow, obvious evaluator: direct recursion over the typed model, in strong Kleene logic, no caching, no
//! cleverness. It is the specification; every other evaluator is tested against it.

use super::{Comparison, Expr, Fold, Kind, Model, Step, Type};
use crate::ids::{DefineId, FieldId, PolicyId};
use crate::profile::{Profile, RecordIx, Slot, position};
use crate::schema::FieldType;
use crate::value::{Date, Number};

/// A value, or unknown.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Not known.
    Unknown,
    /// A condition's truth.
    Bool(bool),
    /// A number in its unit.
    Number(Number),
    /// A date.
    Date(Date),
    /// An elapsed time: later, earlier.
    Elapsed(Date, Date),
    /// A value's position.
    Symbol(u32),
    /// A record.
    Record(RecordIx),
    /// Known entries with whether each counts (none: open), and whether there are no others.
    List(Vec<(RecordIx, Option<bool>)>, bool),
    /// Values known to be in it, known not to be, and whether there are no others.
    Set(Vec<u32>, Vec<u32>, bool),
}

/// What a policy comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// It is not in force that day, or nobody has written it.
    NotInForce,
    /// All conditions together: yes, no, or unknown in strong Kleene logic.
    Conditions(Option<bool>),
}

/// A policy for the record of its kind that the profile begins with.
#[must_use]
pub fn policy(model: &Model, id: PolicyId, profile: &Profile, as_of: Date) -> Meaning {
    let Some(policy) = model.policies.get(id.index()) else { return Meaning::NotInForce };
    let in_force = policy.in_force.iter().any(|(from, to)| *from <= as_of && to.is_none_or(|to| as_of <= to));
    if !policy.written || !in_force {
        return Meaning::NotInForce;
    }
    let unit = profile.root(policy.unit).map_or(Value::Unknown, Value::Record);
    let reader = Reader { model, profile, as_of };
    let parts = policy.conditions.iter().map(|c| reader.truth(&c.expr, std::slice::from_ref(&unit)));
    Meaning::Conditions(all(parts))
}

/// One condition of the record of a kind that the profile begins with: yes, no, or unknown in strong Kleene logic.
#[must_use]
pub fn condition(
    model: &Model,
    unit: crate::ids::EntityId,
    expr: &Expr,
    profile: &Profile,
    as_of: Date,
) -> Option<bool> {
    let unit = profile.root(unit).map_or(Value::Unknown, Value::Record);
    Reader { model, profile, as_of }.truth(expr, std::slice::from_ref(&unit))
}

/// A derived fact of the record of its kind that the profile begins with, where it is a number that is known.
#[must_use]
pub fn derived(model: &Model, id: DefineId, profile: &Profile, as_of: Date) -> Option<Number> {
    let define = model.defines.get(id.index())?;
    let unit = profile.root(define.owner?).map_or(Value::Unknown, Value::Record);
    let reader = Reader { model, profile, as_of };
    match reader.value(&define.value, std::slice::from_ref(&unit)) {
        Value::Number(number) => Some(number),
        _ => None,
    }
}

/// The amounts of a policy's benefits, in order; none where there is no amount or it is unknown.
#[must_use]
pub fn amounts(model: &Model, id: PolicyId, profile: &Profile, as_of: Date) -> Vec<Option<Number>> {
    let Some(policy) = model.policies.get(id.index()) else { return Vec::new() };
    let unit = profile.root(policy.unit).map_or(Value::Unknown, Value::Record);
    let reader = Reader { model, profile, as_of };
    let amount = |expr: &Expr| match reader.value(expr, std::slice::from_ref(&unit)) {
        Value::Number(n) => Some(n),
        _ => None,
    };
    policy.benefits.iter().map(|b| b.amount.as_ref().and_then(amount)).collect()
}

/// Whether every constraint holds of every record: no where one fails, unknown where one is open.
#[must_use]
pub fn constraints(model: &Model, profile: &Profile, as_of: Date) -> Option<bool> {
    let reader = Reader { model, profile, as_of };
    let records = (0..profile.len()).filter_map(|i| u32::try_from(i).ok()).map(RecordIx);
    all(records.flat_map(|ix| {
        let entity = profile.record(ix).map(|r| r.entity);
        let mine = model.always.iter().filter(move |a| Some(a.owner) == entity);
        mine.map(|a| reader.truth(&a.condition, &[Value::Record(ix)])).collect::<Vec<_>>()
    }))
}

fn all(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut result = Some(true);
    for part in parts {
        match part {
            Some(false) => return Some(false),
            Some(true) => {}
            None => result = None,
        }
    }
    result
}

fn any(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    all(parts.map(|p| p.map(|b| !b))).map(|b| !b)
}

struct Reader<'a> {
    model: &'a Model,
    profile: &'a Profile,
    as_of: Date,
}

impl Reader<'_> {
    fn truth(&self, expr: &Expr, frames: &[Value]) -> Option<bool> {
        match self.value(expr, frames) {
            Value::Bool(b) => Some(b),
            _ => None,
        }
    }

    fn value(&self, expr: &Expr, frames: &[Value]) -> Value {
        let of = |e: &Expr| self.value(e, frames);
        let known = |b: Option<bool>| b.map_or(Value::Unknown, Value::Bool);
        let number = |n: Option<Number>| n.map_or(Value::Unknown, Value::Number);
        match &expr.kind {
            Kind::Frame(frame) => frames.get(usize::from(*frame)).cloned().unwrap_or(Value::Unknown),
            Kind::Field(record, field) => self.field(of(record), *field),
            Kind::Define(define, subject) => {
                let subject: Vec<Value> = subject.as_deref().map(of).into_iter().collect();
                self.model.defines.get(define.index()).map_or(Value::Unknown, |d| self.value(&d.value, &subject))
            }
            Kind::Parameter(parameter, subject) => {
                let subject: Vec<Value> = subject.as_deref().map(of).into_iter().collect();
                let rows = self.model.parameters.get(parameter.index()).map_or(&[][..], |p| p.rows.as_slice());
                let row = rows.iter().find(|r| r.from <= self.as_of && r.to.is_none_or(|to| self.as_of <= to));
                row.map_or(Value::Unknown, |r| self.value(&r.value, &subject))
            }
            Kind::Number(n) => Value::Number(*n),
            Kind::Date(date) => Value::Date(*date),
            Kind::Today => Value::Date(self.as_of),
            Kind::Symbol(position) => Value::Symbol(*position),
            Kind::Bool(b) => Value::Bool(*b),
            Kind::Missing => Value::Unknown,
            Kind::And(parts) => known(all(parts.iter().map(|p| self.truth(p, frames)))),
            Kind::Or(parts) => known(any(parts.iter().map(|p| self.truth(p, frames)))),
            Kind::Not(inner) => known(self.truth(inner, frames).map(|b| !b)),
            Kind::Compare(op, a, b) => known(compare(*op, &of(a), &of(b))),
            Kind::CompareElapsed(op, elapsed, length, step) => match (of(elapsed), of(length)) {
                (Value::Elapsed(later, earlier), Value::Number(n)) => {
                    known(shift(earlier, n, *step).map(|due| op.holds(later.cmp(&due))))
                }
                _ => Value::Unknown,
            },
            Kind::OneOf(subject, wanted) => match of(subject) {
                Value::Symbol(s) => Value::Bool(wanted.contains(&s)),
                _ => Value::Unknown,
            },
            Kind::Within(place, region) => match (place.ty, of(place), of(region)) {
                (Type::Symbol(e), Value::Symbol(place), Value::Symbol(region)) => {
                    let end = self.model.schema.symbol(e, region).map_or(region, |s| s.end);
                    Value::Bool((region..end).contains(&place))
                }
                _ => Value::Unknown,
            },
            Kind::Includes(set, wanted) => match of(set) {
                Value::Set(held, not, complete) => known(includes(&held, &not, complete, wanted)),
                _ => Value::Unknown,
            },
            Kind::IncludesValue(set, value) => match (of(set), of(value)) {
                (Value::Set(held, not, complete), Value::Symbol(s)) => known(includes(&held, &not, complete, &[s])),
                _ => Value::Unknown,
            },
            Kind::SetIsEmpty(set) => match of(set) {
                Value::Set(held, ..) if !held.is_empty() => Value::Bool(false),
                Value::Set(_, _, true) => Value::Bool(true),
                _ => Value::Unknown,
            },
            Kind::All(list, body) => {
                known(self.some(of(list), frames, &|e, f| e.truth(body, f).map(|b| !b)).map(|b| !b))
            }
            Kind::Any(list, body) => known(self.some(of(list), frames, &|e, f| e.truth(body, f))),
            Kind::Filter(list, body) => match of(list) {
                Value::List(items, complete) => {
                    let mut kept = Vec::new();
                    for (item, counts) in items {
                        let inner = with(frames, item);
                        match all([counts, self.truth(body, &inner)].into_iter()) {
                            Some(false) => {}
                            counts => kept.push((item, counts)),
                        }
                    }
                    Value::List(kept, complete)
                }
                _ => Value::Unknown,
            },
            Kind::Count(list) => match of(list) {
                Value::List(items, true) if items.iter().all(|(_, c)| c.is_some()) => {
                    number(i128::try_from(items.len()).ok().map(Number::whole))
                }
                _ => Value::Unknown,
            },
            Kind::Fold(fold, list, body) => self.fold(*fold, of(list), body, frames),
            Kind::Add(a, b) => number(numbers(&of(a), &of(b)).and_then(|(a, b)| a.add(b))),
            Kind::Subtract(a, b) => number(numbers(&of(a), &of(b)).and_then(|(a, b)| a.subtract(b))),
            Kind::Multiply(a, b, f) => number(numbers(&of(a), &of(b)).and_then(|(a, b)| a.multiply(b)?.multiply(*f))),
            Kind::Divide(a, b, f) => number(numbers(&of(a), &of(b)).and_then(|(a, b)| a.divide(b)?.multiply(*f))),
            Kind::Least(a, b) => number(numbers(&of(a), &of(b)).map(|(a, b)| a.min(b))),
            Kind::Most(a, b) => number(numbers(&of(a), &of(b)).map(|(a, b)| a.max(b))),
            Kind::Round(mode, a, step) => match of(a) {
                Value::Number(n) => number(n.round(*mode, *step)),
                _ => Value::Unknown,
            },
            Kind::Convert(a, factor) => match of(a) {
                Value::Number(n) => number(n.multiply(*factor)),
                _ => Value::Unknown,
            },
            Kind::Case(rows, otherwise) => self.case(rows, otherwise, frames),
            Kind::ByDate(rows) => {
                let row = rows.iter().find(|(from, to, _)| *from <= self.as_of && to.is_none_or(|to| self.as_of <= to));
                row.map_or(Value::Unknown, |(_, _, value)| of(value))
            }
            Kind::Elapsed(later, earlier) => match (of(later), of(earlier)) {
                (Value::Date(later), Value::Date(earlier)) => Value::Elapsed(later, earlier),
                _ => Value::Unknown,
            },
            Kind::Shift(date, count, step) => match (of(date), of(count)) {
                (Value::Date(date), Value::Number(n)) => shift(date, n, *step).map_or(Value::Unknown, Value::Date),
                _ => Value::Unknown,
            },
            Kind::Year(date) => match of(date) {
                Value::Date(date) => Value::Number(Number::whole(i128::from(date.year()))),
                _ => Value::Unknown,
            },
            Kind::Month(date) => match of(date) {
                Value::Date(date) => Value::Number(Number::whole(i128::from(date.month()))),
                _ => Value::Unknown,
            },
        }
    }

    fn field(&self, record: Value, field: FieldId) -> Value {
        let schema = &self.model.schema;
        let (Value::Record(ix), Some(declared), Some(at)) = (&record, schema.field(field), position(schema, field))
        else {
            return match (record, schema.field(field).map(|f| f.ty)) {
                // A list or a set of an unknown record: nothing is known of it, and that is a list and a set too.
                (_, Some(FieldType::List(_))) => Value::List(Vec::new(), false),
                (_, Some(FieldType::Set(_))) => Value::Set(Vec::new(), Vec::new(), false),
                _ => Value::Unknown,
            };
        };
        match (self.profile.slot(*ix, at), declared.ty) {
            (Slot::Scalar(raw), FieldType::YesNo) => Value::Bool(*raw != 0),
            (Slot::Scalar(raw), FieldType::Date) => Date::from_days(*raw).map_or(Value::Unknown, Value::Date),
            (Slot::Scalar(raw), FieldType::Symbol(_)) => u32::try_from(*raw).map_or(Value::Unknown, Value::Symbol),
            (Slot::Scalar(raw), FieldType::Quantity(unit)) => {
                Number::new(i128::from(*raw), i128::from(unit.grains())).map_or(Value::Unknown, Value::Number)
            }
            (Slot::Record(ix), _) => Value::Record(*ix),
            (Slot::List { items, complete }, _) => {
                Value::List(items.iter().map(|i| (*i, Some(true))).collect(), *complete)
            }
            (Slot::Set { known, not, complete }, _) => Value::Set(known.clone(), not.clone(), *complete),
            (_, FieldType::List(_)) => Value::List(Vec::new(), false),
            (_, FieldType::Set(_)) => Value::Set(Vec::new(), Vec::new(), false),
            _ => Value::Unknown,
        }
    }

    /// Whether some entry that counts has a body that holds.
    fn some(&self, list: Value, frames: &[Value], body: &dyn Fn(&Self, &[Value]) -> Option<bool>) -> Option<bool> {
        let Value::List(items, complete) = list else { return None };
        let entries = items.into_iter().map(|(item, counts)| {
            let inner = with(frames, item);
            all([counts, body(self, &inner)].into_iter())
        });
        let rest = if complete { Some(false) } else { None };
        any(entries.chain([rest]))
    }

    fn fold(&self, fold: Fold, list: Value, body: &Expr, frames: &[Value]) -> Value {
        let Value::List(items, true) = list else { return Value::Unknown };
        let mut result: Option<Value> = if fold == Fold::Sum { Some(Value::Number(Number::ZERO)) } else { None };
        for (item, counts) in items {
            if counts.is_none() {
                return Value::Unknown;
            }
            let value = self.value(body, &with(frames, item));
            result = match (fold, result, value) {
                (_, _, Value::Unknown) => return Value::Unknown,
                (Fold::Sum, Some(Value::Number(a)), Value::Number(b)) => match a.add(b) {
                    Some(sum) => Some(Value::Number(sum)),
                    None => return Value::Unknown,
                },
                (_, None, value) => Some(value),
                (fold, Some(a), b) => {
                    let larger = compare(Comparison::Greater, &b, &a) == Some(true);
                    Some(if larger == (fold == Fold::Largest) { b } else { a })
                }
            };
        }
        result.unwrap_or(Value::Unknown)
    }

    fn case(&self, rows: &[(Expr, Expr)], otherwise: &Expr, frames: &[Value]) -> Value {
        let mut possible: Vec<Value> = Vec::new();
        let mut settled = false;
        for (condition, value) in rows {
            match self.truth(condition, frames) {
                Some(false) => {}
                Some(true) => {
                    possible.push(self.value(value, frames));
                    settled = true;
                    break;
                }
                None => possible.push(self.value(value, frames)),
            }
        }
        if !settled {
            possible.push(self.value(otherwise, frames));
        }
        let mut possible = possible.into_iter();
        let Some(first) = possible.next() else { return Value::Unknown };
        if possible.all(|other| other == first) { first } else { Value::Unknown }
    }
}

fn with(frames: &[Value], item: RecordIx) -> Vec<Value> {
    frames.iter().cloned().chain([Value::Record(item)]).collect()
}

fn numbers(a: &Value, b: &Value) -> Option<(Number, Number)> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => Some((*a, *b)),
        _ => None,
    }
}

fn compare(op: Comparison, a: &Value, b: &Value) -> Option<bool> {
    let order = match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.cmp(b),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Symbol(a), Value::Symbol(b)) => a.cmp(b),
        _ => return None,
    };
    Some(op.holds(order))
}

fn includes(held: &[u32], not: &[u32], complete: bool, wanted: &[u32]) -> Option<bool> {
    if wanted.iter().any(|w| held.contains(w)) {
        return Some(true);
    }
    (complete || wanted.iter().all(|w| not.contains(w))).then_some(false)
}

fn shift(date: Date, count: Number, step: Step) -> Option<Date> {
    let count = if count.is_whole() { i64::try_from(count.numerator()).ok()? } else { return None };
    match step {
        Step::Months(n) => date.add_months(n.checked_mul(count)?),
        Step::Days(n) => date.add_days(n.checked_mul(count)?),
    }
}
