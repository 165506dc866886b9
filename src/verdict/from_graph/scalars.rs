//! Numbers and dates: the least and the most that each can be, and comparisons of them.

use super::{Blocker, Evaluation, Span};
use crate::graph::{Comparison, FactRef, Fold, Node, NodeId, Step};
use crate::value::{Date, Number};
use crate::verdict::Truth;
use crate::verdict::facts::{Facts, Reading};

impl<F: Facts> Evaluation<'_, F> {
    pub(super) fn compare(&mut self, op: Comparison, a: NodeId, b: NodeId) -> Truth {
        let before = (self.blocker, self.stuck);
        let (Some((a, b)), Some((c, d))) = (self.scalar(a), self.scalar(b)) else { return Truth::Unknown };
        let truth = if a == b && c == d { Truth::of(op.holds(a.cmp(&c))) } else { separated(op, (a, b), (c, d)) };
        if truth.is_known() {
            (self.blocker, self.stuck) = before;
        } else if self.blocker == before.0 {
            self.stuck = true;
        }
        truth
    }

    /// A scalar that is known exactly.
    pub fn point(&mut self, id: NodeId) -> Option<Number> {
        let before = (self.blocker, self.stuck);
        let (least, most) = self.scalar(id)?;
        if least == most {
            (self.blocker, self.stuck) = before;
            Some(least)
        } else {
            None
        }
    }

    /// The least and most a scalar can be; none where nothing is known.
    pub fn scalar(&mut self, id: NodeId) -> Option<Span> {
        if let Node::Number(n) = self.bound.graph.node(id) {
            return Some((*n, *n));
        }
        if let Some(span) = self.kept_span(id) {
            return span;
        }
        if !self.step() {
            return None;
        }
        let span = self.scalar_of(id);
        let settled = span.is_some_and(|(least, most)| least == most);
        if settled || (!self.searching && self.steps > 0) {
            self.keep_span(id, span);
        }
        span
    }

    fn scalar_of(&mut self, id: NodeId) -> Option<Span> {
        let bound = self.bound;
        let span = match bound.graph.node(id) {
            Node::Number(n) => Some((*n, *n)),
            Node::Today => {
                let today = Number::whole(i128::from(bound.as_of.days()));
                Some((today, today))
            }
            Node::Fact(fact) => return self.fact(*fact),
            Node::Count(list) => return self.count(*list),
            Node::Fold(fold, list, body) => return self.folded(*fold, *list, *body),
            Node::Add(a, b) => {
                let (a, b) = self.both(*a, *b)?;
                ends(a, b, Number::add)
            }
            Node::Subtract(a, b) => {
                let (a, (least, most)) = self.both(*a, *b)?;
                ends(a, (most, least), Number::subtract)
            }
            Node::Multiply(a, b, factor) => {
                let (a, b) = self.both(*a, *b)?;
                corners(a, b, |x, y| x.multiply(y)?.multiply(*factor))
            }
            Node::Divide(a, b, factor) => {
                let (a, b) = self.both(*a, *b)?;
                // Divisors were proved to be more than zero; a domain inside the proof cannot reach it either.
                corners(a, b, |x, y| x.divide(y)?.multiply(*factor))
            }
            Node::Least(a, b) => {
                let ((a, b), (c, d)) = self.both(*a, *b)?;
                Some((a.min(c), b.min(d)))
            }
            Node::Most(a, b) => {
                let ((a, b), (c, d)) = self.both(*a, *b)?;
                Some((a.max(c), b.max(d)))
            }
            Node::Round(mode, a, step) => {
                let (a, b) = self.scalar(*a)?;
                a.round(*mode, *step).zip(b.round(*mode, *step))
            }
            Node::Case(rows, otherwise) => return self.case(rows, *otherwise),
            Node::Shift(date, count, step) => {
                let (date, count) = self.both(*date, *count)?;
                corners(date, count, |d, n| shifted(d, n, *step))
            }
            Node::Year(date) => {
                let (a, b) = self.scalar(*date)?;
                day(a)
                    .zip(day(b))
                    .map(|(a, b)| (Number::whole(i128::from(a.year())), Number::whole(i128::from(b.year()))))
            }
            Node::Month(date) => {
                let (a, b) = self.scalar(*date)?;
                let month = |d: Date| Number::whole(i128::from(d.month()));
                match day(a).zip(day(b)) {
                    Some((a, b)) if a == b => Some((month(a), month(b))),
                    Some(_) => Some((Number::whole(1), Number::whole(12))),
                    None => None,
                }
            }
            Node::Unknown(_) => None,
            // A yes/no fact as a number, for equality of two of them, does not occur: the checker writes it out.
            _ => None,
        };
        if span.is_none() {
            self.stuck = true;
        }
        span
    }

    fn both(&mut self, a: NodeId, b: NodeId) -> Option<(Span, Span)> {
        self.scalar(a).zip(self.scalar(b))
    }

    fn fact(&mut self, fact: FactRef) -> Option<Span> {
        let record = self.record(fact.record);
        let facts = self.facts;
        let grains = match self.bound.graph.schema.field(fact.field)?.ty {
            crate::schema::FieldType::Quantity(unit) => i128::from(unit.grains()),
            _ => 1,
        };
        let number = |raw: i64| Number::new(i128::from(raw), grains);
        match facts.scalar(record, fact) {
            Reading::Value(raw) => number(raw).map(|n| (n, n)),
            Reading::Among(domain) => {
                let (least, most) = domain.ends()?;
                if least != most {
                    self.block(record.map(|r| Blocker::Scalar(r, fact)));
                }
                let from = number(least)?;
                Some((from, if least == most { from } else { number(most)? }))
            }
            Reading::Unknown => None,
        }
    }

    fn count(&mut self, list: NodeId) -> Option<Span> {
        let (record, fact, level, filters) = self.list(list)?;
        let entries = self.of_list(record, fact);
        let outer = self.entry(level);
        let (mut least, mut most) = (0i128, 0i128);
        for item in entries.items {
            self.enter(level, Some(*item));
            let inside = (self.blocker, self.stuck);
            let passes = self.passes(filters);
            if passes != Truth::Unknown {
                (self.blocker, self.stuck) = inside;
            }
            least += i128::from(passes == Truth::True);
            most += i128::from(passes != Truth::False);
        }
        self.enter(level, outer);
        if !entries.complete {
            match entries.others {
                Some(0) => {}
                Some(others) => {
                    self.block(record.map(|r| Blocker::List(r, fact)));
                    most += i128::from(others);
                }
                None => return None,
            }
        }
        if least != most && !self.searching {
            return None;
        }
        Some((Number::whole(least), Number::whole(most)))
    }

    fn folded(&mut self, fold: Fold, list: NodeId, body: NodeId) -> Option<Span> {
        let (record, fact, level, filters) = self.list(list)?;
        let entries = self.of_list(record, fact);
        let outer = self.entry(level);
        let mut result: Option<Span> = if fold == Fold::Sum { Some((Number::ZERO, Number::ZERO)) } else { None };
        let mut known = true;
        for item in entries.items {
            self.enter(level, Some(*item));
            let passes = self.passes(filters);
            if passes == Truth::False {
                continue;
            }
            let value = self.scalar(body);
            let Some((least, most)) = value.filter(|_| passes == Truth::True) else {
                // Whether the entry counts is open; a split will tell.
                known = false;
                break;
            };
            result = match (fold, result) {
                (Fold::Sum, Some((a, b))) => a.add(least).zip(b.add(most)),
                (Fold::Largest, Some((a, b))) => Some((a.max(least), b.max(most))),
                (Fold::Smallest, Some((a, b))) => Some((a.min(least), b.min(most))),
                (Fold::Largest | Fold::Smallest, None) => Some((least, most)),
                (Fold::Sum, None) => None,
            };
        }
        self.enter(level, outer);
        if !known {
            return None;
        }
        if !entries.complete && entries.others != Some(0) {
            self.block(record.map(|r| Blocker::List(r, fact)));
            return None;
        }
        if result.is_none() {
            self.stuck = true;
        }
        result
    }

    /// The value of the first row that holds. While a row is open, every row that can still apply counts.
    fn case(&mut self, rows: &[(NodeId, NodeId)], otherwise: NodeId) -> Option<Span> {
        let mut hull: Option<Span> = None;
        let mut open = false;
        let mut lost = false;
        let join = |hull: &mut Option<Span>, lost: &mut bool, value: Option<Span>| match (value, *hull) {
            (Some((a, b)), Some((c, d))) => *hull = Some((a.min(c), b.max(d))),
            (Some(span), None) => *hull = Some(span),
            (None, _) => *lost = true,
        };
        for (condition, value) in rows {
            match self.truth(*condition) {
                Truth::False => {}
                Truth::True => {
                    let value = self.scalar(*value);
                    if !open {
                        return value;
                    }
                    join(&mut hull, &mut lost, value);
                    return self.hulled(hull, lost);
                }
                Truth::Unknown => {
                    open = true;
                    let value = self.scalar(*value);
                    join(&mut hull, &mut lost, value);
                }
            }
        }
        let value = self.scalar(otherwise);
        if !open {
            return value;
        }
        join(&mut hull, &mut lost, value);
        self.hulled(hull, lost)
    }

    fn hulled(&mut self, hull: Option<Span>, lost: bool) -> Option<Span> {
        let span = hull.filter(|_| !lost)?;
        (span.0 == span.1 || self.searching).then_some(span)
    }
}

/// A comparison of two intervals, where they are far enough apart to settle it.
fn separated(op: Comparison, (a, b): Span, (c, d): Span) -> Truth {
    match op {
        Comparison::Less => either(b < c, a >= d),
        Comparison::LessOrEqual => either(b <= c, a > d),
        Comparison::Greater => either(a > d, b <= c),
        Comparison::GreaterOrEqual => either(a >= d, b < c),
        Comparison::Equal => either(false, b < c || a > d),
        Comparison::NotEqual => either(b < c || a > d, false),
    }
}

fn either(yes: bool, no: bool) -> Truth {
    match (yes, no) {
        (true, _) => Truth::True,
        (_, true) => Truth::False,
        _ => Truth::Unknown,
    }
}

/// What comes of the first ends and of the second, where the result rises with them; of two points once.
fn ends(x: Span, y: Span, f: impl Fn(Number, Number) -> Option<Number>) -> Option<Span> {
    let least = f(x.0, y.0)?;
    Some((least, if x.0 == x.1 && y.0 == y.1 { least } else { f(x.1, y.1)? }))
}

/// The least and most of a function that is monotone in each of two intervals.
fn corners(x: Span, y: Span, f: impl Fn(Number, Number) -> Option<Number>) -> Option<Span> {
    if x.0 == x.1 && y.0 == y.1 {
        return f(x.0, y.0).map(|n| (n, n));
    }
    let all = [f(x.0, y.0)?, f(x.0, y.1)?, f(x.1, y.0)?, f(x.1, y.1)?];
    Some((all.into_iter().min()?, all.into_iter().max()?))
}

pub(in crate::verdict) fn day(n: Number) -> Option<Date> {
    if n.is_whole() { Date::from_days(i64::try_from(n.numerator()).ok()?) } else { None }
}

pub(in crate::verdict) fn shifted(date: Number, count: Number, step: Step) -> Option<Number> {
    let count = if count.is_whole() { i64::try_from(count.numerator()).ok()? } else { return None };
    let date = day(date)?;
    let moved = match step {
        Step::Months(n) => date.add_months(n.checked_mul(count)?)?,
        Step::Days(n) => date.add_days(n.checked_mul(count)?)?,
    };
    Some(Number::whole(i128::from(moved.days())))
}
