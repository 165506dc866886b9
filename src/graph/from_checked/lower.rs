//! Expressions -> nodes. Definitions are put in place with their subject; figures become numbers.

use super::{Compiler, Focus, LEVELS};
use crate::checked::{Comparison, Expr, Kind, Step, Type};
use crate::graph::error::GraphError;
use crate::graph::intervals::Intervals;
use crate::graph::{Cause, Node, NodeId, SetDef};
use crate::ids::{DefineId, ParameterId};
use crate::schema::FieldType;
use crate::value::{Date, Number};

impl Compiler<'_> {
    /// The node of an expression. Expressions nest as deeply as the checker let them, which is bounded.
    pub(super) fn lower(&mut self, expr: &Expr, focus: &Focus) -> NodeId {
        if self.tired() {
            return NodeId(0);
        }
        match &expr.kind {
            Kind::Frame(frame) => focus.frames.get(usize::from(*frame)).copied().unwrap_or(NodeId(0)),
            Kind::Field(record, field) => {
                let record = self.lower(record, focus);
                let fact = self.fact(record, *field);
                match expr.ty {
                    Type::YesNo => {
                        let yes = self.set(SetDef::Fixed(Intervals::range(1, 1)));
                        self.node(Node::Test(fact, yes))
                    }
                    Type::Record(_) => self.node(Node::Follow(fact)),
                    // A list's node needs the level of its entries, a set is asked through its fact: see `list`, `set_fact`.
                    _ => self.node(Node::Fact(fact)),
                }
            }
            Kind::Define(define, subject) => self.define(*define, subject.as_deref(), focus),
            Kind::Parameter(parameter, subject) => self.parameter(*parameter, subject.as_deref(), focus),
            Kind::Number(n) => self.node(Node::Number(*n)),
            Kind::Date(date) => self.node(Node::Number(Number::whole(i128::from(date.days())))),
            Kind::Symbol(position) => self.node(Node::Number(Number::whole(i128::from(*position)))),
            Kind::Today => self.node(Node::Today),
            Kind::Bool(value) => self.node(Node::Bool(*value)),
            Kind::Missing => self.node(Node::Unknown(Cause::NoFigure)),
            Kind::And(parts) => {
                let parts = parts.iter().map(|p| self.lower(p, focus)).collect();
                self.and(parts)
            }
            Kind::Or(parts) => {
                let parts = parts.iter().map(|p| self.lower(p, focus)).collect();
                self.or(parts)
            }
            Kind::Not(inner) => {
                let inner = self.lower(inner, focus);
                self.not(inner)
            }
            Kind::Compare(op, left, right) => self.compare(*op, left, right, focus),
            Kind::CompareElapsed(op, elapsed, length, step) => self.elapsed(*op, elapsed, length, *step, focus),
            Kind::OneOf(subject, positions) => {
                let wanted = Intervals::of(positions.iter().map(|p| i64::from(*p)));
                self.in_set(subject, SetDef::Fixed(wanted), focus)
            }
            Kind::Within(place, region) => self.within(place, region, focus),
            Kind::Includes(set, positions) => {
                let fact = self.set_fact(set, focus);
                fact.map_or(NodeId(0), |f| self.node(Node::Holds(f, positions.clone().into_boxed_slice())))
            }
            Kind::IncludesValue(set, value) => {
                let value = self.lower(value, focus);
                let fact = self.set_fact(set, focus);
                fact.map_or(NodeId(0), |f| self.node(Node::HoldsValue(f, value)))
            }
            Kind::SetIsEmpty(set) => {
                let fact = self.set_fact(set, focus);
                fact.map_or(NodeId(0), |f| self.node(Node::IsEmpty(f)))
            }
            Kind::All(list, body) | Kind::Any(list, body) => {
                let (list, inner) = self.list(list, focus);
                let body = self.lower(body, &inner);
                self.node(if matches!(expr.kind, Kind::All(..)) {
                    Node::All(list, body)
                } else {
                    Node::Any(list, body)
                })
            }
            Kind::Filter(..) => self.list(expr, focus).0,
            Kind::Count(list) => {
                let (list, _) = self.list(list, focus);
                self.node(Node::Count(list))
            }
            Kind::Fold(fold, list, body) => {
                let (list, inner) = self.list(list, focus);
                let body = self.lower(body, &inner);
                self.node(Node::Fold(*fold, list, body))
            }
            Kind::Add(a, b) => self.two(a, b, focus, Node::Add),
            Kind::Subtract(a, b) => self.two(a, b, focus, Node::Subtract),
            Kind::Least(a, b) => self.two(a, b, focus, Node::Least),
            Kind::Most(a, b) => self.two(a, b, focus, Node::Most),
            Kind::Multiply(a, b, factor) => {
                let factor = *factor;
                self.two(a, b, focus, |a, b| Node::Multiply(a, b, factor))
            }
            Kind::Divide(a, b, factor) => {
                let factor = *factor;
                self.two(a, b, focus, |a, b| Node::Divide(a, b, factor))
            }
            Kind::Round(mode, a, step) => {
                let a = self.lower(a, focus);
                self.node(Node::Round(*mode, a, *step))
            }
            Kind::Convert(a, factor) => {
                let a = self.lower(a, focus);
                let one = self.node(Node::Number(Number::whole(1)));
                self.fold(Node::Multiply(a, one, *factor))
            }
            Kind::Case(rows, otherwise) => self.case(rows, otherwise, expr.ty, focus),
            Kind::ByDate(rows) => {
                let day = self.day;
                let row = rows.iter().find(|(from, to, _)| *from <= day && to.is_none_or(|to| day <= to));
                match row {
                    Some((_, _, value)) => self.lower(value, focus),
                    None => self.node(Node::Unknown(Cause::NoFigure)),
                }
            }
            // Elapsed times exist only inside a comparison, which takes them apart.
            Kind::Elapsed(later, earlier) => self.two(later, earlier, focus, Node::Subtract),
            Kind::Shift(date, count, step) => {
                let step = *step;
                self.two(date, count, focus, |d, n| Node::Shift(d, n, step))
            }
            Kind::Year(date) => {
                let date = self.lower(date, focus);
                self.node(Node::Year(date))
            }
            Kind::Month(date) => {
                let date = self.lower(date, focus);
                self.node(Node::Month(date))
            }
        }
    }

    fn two(&mut self, a: &Expr, b: &Expr, focus: &Focus, node: impl FnOnce(NodeId, NodeId) -> Node) -> NodeId {
        let (a, b) = (self.lower(a, focus), self.lower(b, focus));
        self.fold(node(a, b))
    }

    /// Arithmetic on figures is done once, here.
    fn fold(&mut self, node: Node) -> NodeId {
        let number = |id: NodeId| if let Node::Number(n) = self.graph.node(id) { Some(*n) } else { None };
        let both = |a: NodeId, b: NodeId| Some((number(a)?, number(b)?));
        let value = match &node {
            Node::Add(a, b) => both(*a, *b).and_then(|(a, b)| a.add(b)),
            Node::Subtract(a, b) => both(*a, *b).and_then(|(a, b)| a.subtract(b)),
            Node::Multiply(a, b, f) => both(*a, *b).and_then(|(a, b)| a.multiply(b)?.multiply(*f)),
            Node::Divide(a, b, f) => both(*a, *b).and_then(|(a, b)| a.divide(b)?.multiply(*f)),
            Node::Least(a, b) => both(*a, *b).map(|(a, b)| a.min(b)),
            Node::Most(a, b) => both(*a, *b).map(|(a, b)| a.max(b)),
            _ => None,
        };
        self.node(value.map_or(node, Node::Number))
    }

    fn subject(&mut self, subject: Option<&Expr>, focus: &Focus) -> Option<NodeId> {
        subject.map(|s| self.lower(s, focus))
    }

    fn define(&mut self, define: DefineId, subject: Option<&Expr>, focus: &Focus) -> NodeId {
        let subject = self.subject(subject, focus);
        let key = (define, subject, focus.level);
        if let Some(done) = self.defined.get(&key) {
            return *done;
        }
        let model = self.model;
        let Some(declared) = model.defines.get(define.index()) else { return NodeId(0) };
        let inner = Focus { frames: subject.into_iter().collect(), level: focus.level };
        let node = self.lower(&declared.value, &inner);
        self.defined.insert(key, node);
        node
    }

    fn parameter(&mut self, parameter: ParameterId, subject: Option<&Expr>, focus: &Focus) -> NodeId {
        let subject = self.subject(subject, focus);
        let key = (parameter, subject, focus.level);
        if let Some(done) = self.figures.get(&key) {
            return *done;
        }
        let (model, day) = (self.model, self.day);
        let rows = model.parameters.get(parameter.index()).map_or(&[][..], |p| p.rows.as_slice());
        let row = rows.iter().find(|r| r.from <= day && r.to.is_none_or(|to| day <= to));
        let node = match row {
            Some(row) if !matches!(row.value.kind, Kind::Missing) => {
                let inner = Focus { frames: subject.into_iter().collect(), level: focus.level };
                self.lower(&row.value, &inner)
            }
            _ => self.node(Node::Unknown(Cause::Parameter(parameter))),
        };
        self.figures.insert(key, node);
        node
    }

    /// A list with its filters, and the focus of its entries.
    pub(super) fn list(&mut self, list: &Expr, focus: &Focus) -> (NodeId, Focus) {
        let level = focus.level + 1;
        if level > LEVELS {
            self.failed.get_or_insert(GraphError::TooDeep(self.policy.clone(), LEVELS));
            return (NodeId(0), focus.clone());
        }
        let element = self.node(Node::Element(level));
        let mut inner = focus.clone();
        inner.frames.push(element);
        inner.level = level;
        let mut filters = Vec::new();
        let base = self.base_list(list, focus, element, level, &mut filters);
        let Some(fact) = base else { return (NodeId(0), inner) };
        // Filters were met from the outside in; entries are asked from the inside out.
        filters.reverse();
        let filters = filters.into_boxed_slice();
        (self.node(Node::List { fact, level, filters }), inner)
    }

    fn base_list(
        &mut self,
        list: &Expr,
        focus: &Focus,
        element: NodeId,
        level: u8,
        filters: &mut Vec<NodeId>,
    ) -> Option<crate::graph::FactRef> {
        match &list.kind {
            Kind::Field(record, field) => {
                let record = self.lower(record, focus);
                Some(self.fact(record, *field))
            }
            Kind::Filter(base, condition) => {
                let mut inner = focus.clone();
                inner.frames.push(element);
                inner.level = level;
                let condition = self.lower(condition, &inner);
                filters.push(condition);
                self.base_list(base, focus, element, level, filters)
            }
            Kind::Define(define, subject) => {
                let subject = self.subject(subject.as_deref(), focus);
                let model = self.model;
                let value = &model.defines.get(define.index())?.value;
                let inner = Focus { frames: subject.into_iter().collect(), level: focus.level };
                self.base_list(value, &inner, element, level, filters)
            }
            _ => None,
        }
    }

    /// The fact of a set; sets are only ever facts, or definitions that are one.
    pub(super) fn set_fact(&mut self, set: &Expr, focus: &Focus) -> Option<crate::graph::FactRef> {
        match &set.kind {
            Kind::Field(record, field) => {
                let record = self.lower(record, focus);
                Some(self.fact(record, *field))
            }
            Kind::Define(define, subject) => {
                let subject = self.subject(subject.as_deref(), focus);
                let model = self.model;
                let value = &model.defines.get(define.index())?.value;
                self.set_fact(value, &Focus { frames: subject.into_iter().collect(), level: focus.level })
            }
            _ => None,
        }
    }

    /// `scalar in set`: a test where the scalar is a fact, a choice among rows where it is a table.
    fn in_set(&mut self, subject: &Expr, set: SetDef, focus: &Focus) -> NodeId {
        let scalar = self.lower(subject, focus);
        self.scalar_in(scalar, set)
    }

    fn scalar_in(&mut self, scalar: NodeId, set: SetDef) -> NodeId {
        if self.tired() {
            return NodeId(0);
        }
        match self.graph.node(scalar).clone() {
            Node::Fact(fact) => {
                let set = self.set(set);
                self.node(Node::Test(fact, set))
            }
            Node::Number(n) => {
                if let SetDef::Fixed(intervals) = &set {
                    let held = n.is_whole() && i64::try_from(n.numerator()).is_ok_and(|v| intervals.contains(v));
                    return self.node(Node::Bool(held));
                }
                let set = self.set(set);
                self.node(Node::InSet(scalar, set))
            }
            Node::Unknown(_) => scalar,
            // A table of names compared with names is a choice of conditions, which shares nodes and short-circuits.
            Node::Case(rows, otherwise) => {
                let mut ways = Vec::new();
                let mut before: Vec<NodeId> = Vec::new();
                for (condition, value) in rows.iter().chain([&(NodeId(u32::MAX), otherwise)]) {
                    let held = self.scalar_in(*value, set.clone());
                    let mut all: Vec<NodeId> = before.clone();
                    if condition.0 != u32::MAX {
                        all.push(*condition);
                        let failed = self.not(*condition);
                        before.push(failed);
                    }
                    all.push(held);
                    ways.push(self.and(all));
                }
                self.or(ways)
            }
            _ => {
                let set = self.set(set);
                self.node(Node::InSet(scalar, set))
            }
        }
    }

    fn compare(&mut self, op: Comparison, left: &Expr, right: &Expr, focus: &Focus) -> NodeId {
        let (a, b) = (self.lower(left, focus), self.lower(right, focus));
        match (self.graph.node(a).clone(), self.graph.node(b).clone()) {
            (Node::Number(x), Node::Number(y)) => self.node(Node::Bool(op.holds(x.cmp(&y)))),
            (Node::Fact(fact), Node::Number(n)) => match self.half_line(fact, op, n) {
                Some(set) => {
                    let set = self.set(SetDef::Fixed(set));
                    self.node(Node::Test(fact, set))
                }
                None => self.node(Node::Compare(op, a, b)),
            },
            (Node::Number(n), Node::Fact(fact)) => match self.half_line(fact, op.flipped(), n) {
                Some(set) => {
                    let set = self.set(SetDef::Fixed(set));
                    self.node(Node::Test(fact, set))
                }
                None => self.node(Node::Compare(op, a, b)),
            },
            (Node::Fact(fact), Node::Today) => {
                let set = self.set(SetDef::Today(op));
                self.node(Node::Test(fact, set))
            }
            (Node::Today, Node::Fact(fact)) => {
                let set = self.set(SetDef::Today(op.flipped()));
                self.node(Node::Test(fact, set))
            }
            (Node::Unknown(_), _) => a,
            (_, Node::Unknown(_)) => b,
            _ => self.node(Node::Compare(op, a, b)),
        }
    }

    /// The raw values of a fact for which `fact OP n` holds.
    fn half_line(&self, fact: crate::graph::FactRef, op: Comparison, n: Number) -> Option<Intervals> {
        let grains = match self.model.schema.field(fact.field)?.ty {
            FieldType::Quantity(unit) => unit.grains(),
            _ => 1,
        };
        let bound = n.multiply(Number::whole(i128::from(grains)))?;
        let at = |n: i128| i64::try_from(n).ok();
        let (least, most) = (i64::MIN, i64::MAX);
        Some(match op {
            Comparison::Less => Intervals::range(least, at(bound.ceiling() - 1)?),
            Comparison::LessOrEqual => Intervals::range(least, at(bound.floor())?),
            Comparison::Greater => Intervals::range(at(bound.floor() + 1)?, most),
            Comparison::GreaterOrEqual => Intervals::range(at(bound.ceiling())?, most),
            Comparison::Equal | Comparison::NotEqual => {
                let point =
                    if bound.is_whole() { Intervals::of([at(bound.numerator())?]) } else { Intervals::default() };
                if op == Comparison::Equal { point } else { Intervals::range(least, most).without(&point) }
            }
        })
    }

    fn elapsed(&mut self, op: Comparison, elapsed: &Expr, length: &Expr, step: Step, focus: &Focus) -> NodeId {
        let Some((later, earlier)) = self.dates(elapsed, focus) else { return NodeId(0) };
        let length = self.lower(length, focus);
        let fact = if let Node::Fact(fact) = self.graph.node(earlier) { Some(*fact) } else { None };
        if let (Node::Today, Some(fact), Node::Number(n)) =
            (self.graph.node(later), fact, self.graph.node(length).clone())
            && let Some(count) = whole(n)
        {
            let moved = match step {
                Step::Months(m) => m.checked_mul(count).map(Step::Months),
                Step::Days(d) => d.checked_mul(count).map(Step::Days),
            };
            // Longer than the calendar: no date is that far back.
            if let Some(moved) = moved.filter(|m| Date::FIRST.days() + span_days(*m) <= Date::LAST.days()) {
                let set = self.set(SetDef::Since(op, moved));
                return self.node(Node::Test(fact, set));
            }
        }
        if let Node::Case(rows, otherwise) = self.graph.node(length).clone() {
            // A limit that depends on a table, such as the age of retirement: one comparison for each row.
            let mut ways = Vec::new();
            let mut before: Vec<NodeId> = Vec::new();
            for (condition, value) in rows.iter().chain([&(NodeId(u32::MAX), otherwise)]) {
                let held = self.elapsed_one(op, later, earlier, *value, step);
                let mut all: Vec<NodeId> = before.clone();
                if condition.0 != u32::MAX {
                    all.push(*condition);
                    let failed = self.not(*condition);
                    before.push(failed);
                }
                all.push(held);
                ways.push(self.and(all));
            }
            return self.or(ways);
        }
        self.elapsed_one(op, later, earlier, length, step)
    }

    fn elapsed_one(&mut self, op: Comparison, later: NodeId, earlier: NodeId, length: NodeId, step: Step) -> NodeId {
        let (today, fact) = match (self.graph.node(later), self.graph.node(earlier)) {
            (Node::Today, Node::Fact(fact)) => (true, Some(*fact)),
            _ => (false, None),
        };
        match (self.graph.node(length).clone(), today, fact) {
            (Node::Unknown(_), _, _) => length,
            (Node::Number(n), true, Some(fact)) if whole(n).is_some() => {
                let count = whole(n).unwrap_or(0);
                let moved = match step {
                    Step::Months(m) => Step::Months(m.saturating_mul(count)),
                    Step::Days(d) => Step::Days(d.saturating_mul(count)),
                };
                if Date::FIRST.days() + span_days(moved) <= Date::LAST.days() {
                    let set = self.set(SetDef::Since(op, moved));
                    return self.node(Node::Test(fact, set));
                }
                let shifted = self.node(Node::Shift(earlier, length, step));
                self.node(Node::Compare(op, later, shifted))
            }
            _ => {
                let shifted = self.node(Node::Shift(earlier, length, step));
                self.node(Node::Compare(op, later, shifted))
            }
        }
    }

    /// The two dates of an elapsed time, definitions put in place.
    pub(super) fn dates(&mut self, elapsed: &Expr, focus: &Focus) -> Option<(NodeId, NodeId)> {
        match &elapsed.kind {
            Kind::Elapsed(later, earlier) => Some((self.lower(later, focus), self.lower(earlier, focus))),
            Kind::Define(define, subject) => {
                let subject = self.subject(subject.as_deref(), focus);
                let model = self.model;
                let value = &model.defines.get(define.index())?.value;
                self.dates(value, &Focus { frames: subject.into_iter().collect(), level: focus.level })
            }
            _ => None,
        }
    }

    fn within(&mut self, place: &Expr, region: &Expr, focus: &Focus) -> NodeId {
        let Type::Symbol(e) = place.ty else { return NodeId(0) };
        if let Kind::Symbol(position) = region.kind {
            let end = self.model.schema.symbol(e, position).map_or(position, |s| s.end.saturating_sub(1));
            let inside = Intervals::range(i64::from(position), i64::from(end));
            return self.in_set(place, SetDef::Fixed(inside), focus);
        }
        self.two(place, region, focus, |a, b| Node::Within(e, a, b))
    }

    fn case(&mut self, rows: &[(Expr, Expr)], otherwise: &Expr, ty: Type, focus: &Focus) -> NodeId {
        let rows: Vec<(NodeId, NodeId)> =
            rows.iter().map(|(c, v)| (self.lower(c, focus), self.lower(v, focus))).collect();
        let otherwise = self.lower(otherwise, focus);
        if ty == Type::YesNo {
            let mut ways = Vec::new();
            let mut before: Vec<NodeId> = Vec::new();
            for (condition, value) in rows {
                let mut all = before.clone();
                all.extend([condition, value]);
                ways.push(self.and(all));
                let failed = self.not(condition);
                before.push(failed);
            }
            before.push(otherwise);
            ways.push(self.and(before));
            return self.or(ways);
        }
        let mut kept = Vec::new();
        let mut last = otherwise;
        for (condition, value) in rows {
            match self.graph.node(condition) {
                Node::Bool(false) => {}
                Node::Bool(true) => {
                    last = value;
                    break;
                }
                _ => kept.push((condition, value)),
            }
        }
        if kept.is_empty() { last } else { self.node(Node::Case(kept.into_boxed_slice(), last)) }
    }
}

fn whole(n: Number) -> Option<i64> {
    if n.is_whole() { i64::try_from(n.numerator()).ok() } else { None }
}

/// About how many days a step spans; used only to keep thresholds inside the calendar.
fn span_days(step: Step) -> i64 {
    match step {
        Step::Months(n) => i64::try_from(n.unsigned_abs()).unwrap_or(i64::MAX).min(1 << 40) * 31,
        Step::Days(n) => i64::try_from(n.unsigned_abs()).unwrap_or(i64::MAX).min(1 << 40),
    }
}
