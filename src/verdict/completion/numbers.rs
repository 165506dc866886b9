//! Numbers: what their facts would have to be for one to be as high, as low, or as it is wanted.

use super::{Completion, Pin};
use crate::graph::intervals::Intervals;
use crate::graph::{Node, NodeId};
use crate::profile::Profile;
use crate::schema::FieldType;
use crate::value::{Date, Number};
use crate::verdict::from_graph::{Evaluation, Scratch};

impl Completion<'_> {
    /// Assumes what makes a number as high, or as low, as it goes. Best effort: the comparison is evaluated afterwards.
    pub(super) fn push(&mut self, base: &Evaluation<'_, Profile>, id: NodeId, high: bool, scratch: &mut Scratch) {
        let Some(left) = self.steps.checked_sub(1) else { return };
        self.steps = left;
        let bound = self.bound;
        match bound.graph.node(id) {
            Node::Fact(fact) => {
                self.narrow(*fact, |domain| {
                    domain.ends().map_or_else(Intervals::default, |(a, b)| Intervals::of([if high { b } else { a }]))
                });
            }
            Node::Add(a, b) | Node::Multiply(a, b, _) | Node::Least(a, b) | Node::Most(a, b) | Node::Shift(a, b, _) => {
                self.push(base, *a, high, scratch);
                self.push(base, *b, high, scratch);
            }
            Node::Subtract(a, b) | Node::Divide(a, b, _) => {
                self.push(base, *a, high, scratch);
                self.push(base, *b, !high, scratch);
            }
            Node::Round(_, a, _) | Node::Year(a) | Node::Month(a) => self.push(base, *a, high, scratch),
            Node::Case(rows, otherwise) => self.push_case(base, id, (rows, *otherwise), high, scratch),
            Node::Count(list) => self.push_entries(base, *list, None, high, scratch),
            Node::Fold(_, list, body) => self.push_entries(base, *list, Some(*body), high, scratch),
            _ => {}
        }
    }

    /// The row that leads furthest: each that can still apply is tried.
    fn push_case(
        &mut self,
        base: &Evaluation<'_, Profile>,
        id: NodeId,
        (rows, otherwise): (&[(NodeId, NodeId)], NodeId),
        high: bool,
        scratch: &mut Scratch,
    ) {
        let choose = |c: &mut Self, at: usize, scratch: &mut Scratch| {
            let before = rows.iter().take(at).all(|(condition, _)| c.want(base, *condition, false, scratch));
            let row = rows.get(at);
            if !before || !row.is_none_or(|(condition, _)| c.want(base, *condition, true, scratch)) {
                return None;
            }
            c.push(base, row.map_or(otherwise, |r| r.1), high, scratch);
            c.evaluate(scratch, |e| e.scalar(id)).map(|(least, most)| if high { most } else { least })
        };
        let mut best: Option<(Number, usize)> = None;
        for at in 0..=rows.len() {
            let mut value = None;
            self.attempt(|c| {
                value = choose(c, at, scratch);
                false
            });
            if let Some(value) = value
                && best.is_none_or(|(b, _)| if high { value > b } else { value < b })
            {
                best = Some((value, at));
            }
        }
        if let Some((_, at)) = best {
            self.attempt(|c| choose(c, at, scratch).is_some());
        }
    }

    /// Assumes what makes a number equal to a value, where that is one fact away. Best effort, as [`Self::push`].
    pub(super) fn meet(&mut self, id: NodeId, value: Number, scratch: &mut Scratch) -> bool {
        let bound = self.bound;
        match bound.graph.node(id) {
            Node::Fact(fact) => {
                let grains = match bound.graph.schema.field(fact.field).map(|f| f.ty) {
                    Some(FieldType::Quantity(unit)) => i128::from(unit.grains()),
                    _ => 1,
                };
                let raw = value.multiply(Number::whole(grains)).filter(|n| n.is_whole());
                let raw = raw.and_then(|n| i64::try_from(n.numerator()).ok());
                raw.is_some_and(|raw| self.narrow(*fact, |domain| domain.and(&Intervals::range(raw, raw))))
            }
            Node::Year(date) => {
                let (Node::Fact(fact), Ok(year)) = (bound.graph.node(*date), i16::try_from(value.numerator())) else {
                    return false;
                };
                let ends = Date::new(year, 1, 1).zip(Date::new(year, 12, 31));
                ends.is_some_and(|(first, last)| {
                    self.narrow(*fact, |domain| domain.and(&Intervals::range(first.days(), last.days())))
                })
            }
            Node::Count(list) => {
                let Node::List { fact, .. } = bound.graph.node(*list) else { return false };
                let Some(record) = self.reach(fact.record) else { return false };
                let (items, complete) = self.items(record, *fact);
                if !complete {
                    self.pin(record, fact.field, Pin::List(items, true));
                }
                self.evaluate(scratch, |e| e.point(id)) == Some(value)
            }
            _ => false,
        }
    }

    fn push_entries(
        &mut self,
        base: &Evaluation<'_, Profile>,
        list: NodeId,
        body: Option<NodeId>,
        high: bool,
        scratch: &mut Scratch,
    ) {
        let bound = self.bound;
        let Node::List { fact, level, filters } = bound.graph.node(list) else { return };
        let Some(record) = self.reach(fact.record) else { return };
        let (mut items, complete) = self.items(record, *fact);
        if !complete {
            if high && let Some(item) = self.longer(record, *fact, &items) {
                items.push(item);
            }
            self.pin(record, fact.field, Pin::List(items.clone(), true));
        }
        let outer = self.focus.get(usize::from(*level)).copied().flatten();
        for item in items {
            self.focus_on(*level, Some(item));
            // Of a sum, entries stay and get low values: leaving them out would also change how many there are.
            let keep = high || body.is_some();
            let kept = self.attempt(|c| {
                c.focus_on(*level, Some(item));
                if keep {
                    filters.iter().all(|f| c.want(base, *f, true, scratch))
                } else {
                    filters.iter().any(|f| c.attempt(|c| c.want(base, *f, false, scratch)))
                }
            });
            if let Some(body) = body.filter(|_| kept) {
                self.push(base, body, high, scratch);
            }
        }
        self.focus_on(*level, outer);
    }
}
