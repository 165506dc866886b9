//! Conditions as written, beside their nodes.

use super::{Compiler, Focus};
use crate::checked::{Condition, Expr, Kind, Type};
use crate::graph::trace::{Clause, Form, Operand, Wording};
use crate::value::Words;
use std::sync::Arc;

/// A policy's conditions are written out into at most this many parts; beyond it, definitions are shown whole.
const CLAUSES: u32 = 5_000;

impl Compiler<'_> {
    /// A condition of a policy with its parts.
    pub(super) fn condition(&mut self, condition: &Condition, focus: &Focus) -> Clause {
        self.source.clone_from(&condition.source);
        self.clause(&condition.expr, focus)
    }

    fn clause(&mut self, expr: &Expr, focus: &Focus) -> Clause {
        self.clauses += 1;
        let node = self.lower(expr, focus);
        let around = Arc::clone(&self.within);
        let label = expr.words.as_deref().filter(|words| expr.labelled && around.last() != Some(words));
        if label.is_some() {
            self.within = around.iter().chain(label).cloned().collect();
        }
        let form = if self.clauses > CLAUSES { Form::Other } else { self.form(expr, focus) };
        let condition = match (expr.words.as_deref(), &form) {
            (Some(words), _) => words.clone(),
            // Each part of "none of" has to fail: nobody wrote that part as a negation, so it is said here.
            (None, Form::Not(part)) => negated(part.words()),
            (None, _) => Words::default(),
        };
        self.within = Arc::clone(&around);
        let wording = Arc::new(Wording { condition, within: around, source: self.source.clone() });
        Clause { node, wording, labelled: expr.labelled, span: expr.span, form }
    }

    fn operand(&mut self, expr: &Expr, focus: &Focus) -> Operand {
        Operand { node: self.lower(expr, focus), ty: expr.ty }
    }

    fn form(&mut self, expr: &Expr, focus: &Focus) -> Form {
        match &expr.kind {
            Kind::And(parts) => Form::All(parts.iter().map(|p| self.clause(p, focus)).collect()),
            Kind::Or(parts) => Form::Any(parts.iter().map(|p| self.clause(p, focus)).collect()),
            Kind::Not(inner) => Form::Not(Box::new(self.clause(inner, focus))),
            Kind::Define(define, subject) => {
                let subject = subject.as_deref().map(|s| self.lower(s, focus));
                let inner = Focus { frames: subject.into_iter().collect(), level: focus.level };
                let model = self.model;
                match model.defines.get(define.index()) {
                    Some(define) => self.form(&define.value, &inner),
                    None => Form::Other,
                }
            }
            Kind::ByDate(rows) => {
                let day = self.day;
                let row = rows.iter().find(|(from, to, _)| *from <= day && to.is_none_or(|to| day <= to));
                match row {
                    Some((_, _, value)) => self.form(value, focus),
                    None => Form::Other,
                }
            }
            Kind::All(list, body) | Kind::Any(list, body) => {
                let name = self.list_name(list);
                let (list, inner) = self.list(list, focus);
                let body = if matches!(body.kind, Kind::Bool(true)) {
                    None
                } else {
                    Some(Box::new(self.clause(body, &inner)))
                };
                if matches!(expr.kind, Kind::All(..)) {
                    Form::Every { list, name, body }
                } else {
                    Form::Some { list, name, body }
                }
            }
            Kind::Compare(op, left, right) => Form::Compare(*op, self.operand(left, focus), self.operand(right, focus)),
            Kind::CompareElapsed(op, elapsed, length, step) => match self.dates(elapsed, focus) {
                Some((later, earlier)) => {
                    let length = self.operand(length, focus);
                    Form::Elapsed { comparison: *op, later, earlier, length, step: *step }
                }
                None => Form::Other,
            },
            Kind::OneOf(subject, positions) => match subject.ty {
                Type::Symbol(e) => Form::OneOf(self.operand(subject, focus), e, positions.as_slice().into()),
                _ => Form::Other,
            },
            Kind::Within(place, region) => Form::Within(self.operand(place, focus), self.operand(region, focus)),
            Kind::Includes(set, positions) => match (set.ty, self.set_fact(set, focus)) {
                (Type::Set(e), Some(fact)) => Form::Holds(fact, e, positions.as_slice().into()),
                _ => Form::Other,
            },
            Kind::SetIsEmpty(set) => self.set_fact(set, focus).map_or(Form::Other, Form::IsEmpty),
            Kind::Field(record, field) => {
                let record = self.lower(record, focus);
                Form::Fact(self.fact(record, *field))
            }
            _ => Form::Other,
        }
    }

    /// What a list is called: its definition's name, or its fact's.
    fn list_name(&self, list: &Expr) -> Words {
        match &list.kind {
            Kind::Field(_, field) => self.model.schema.field(*field).map(|f| f.name.words()).unwrap_or_default(),
            Kind::Filter(base, _) => self.list_name(base),
            Kind::Define(define, _) => {
                self.model.defines.get(define.index()).map(|d| d.name.words()).unwrap_or_default()
            }
            _ => Self::entity_of(list)
                .and_then(|e| self.model.schema.entity(e))
                .map(|e| e.name.words())
                .unwrap_or_default(),
        }
    }

    /// The named values an amount is computed from, each after what it is made of.
    pub(super) fn parts(&mut self, expr: &Expr, focus: &Focus, into: &mut Vec<(Words, Operand)>, top: bool) {
        if into.len() > 40 || self.tired() {
            return;
        }
        let mut named = None;
        match &expr.kind {
            Kind::Field(_, field) if matches!(expr.ty, Type::Number(_) | Type::Symbol(_) | Type::Date) => {
                named = self.model.schema.field(*field).map(|f| f.name.words());
            }
            Kind::Define(define, subject) if matches!(expr.ty, Type::Number(_)) => {
                let subject = subject.as_deref().map(|s| self.lower(s, focus));
                let inner = Focus { frames: subject.into_iter().collect(), level: focus.level };
                let model = self.model;
                if let Some(define) = model.defines.get(define.index()) {
                    self.parts(&define.value, &inner, into, false);
                    named = Some(define.name.words());
                }
            }
            Kind::Parameter(parameter, _) => {
                named = self.model.parameters.get(parameter.index()).map(|p| p.name.words());
            }
            Kind::Add(a, b)
            | Kind::Subtract(a, b)
            | Kind::Multiply(a, b, _)
            | Kind::Divide(a, b, _)
            | Kind::Least(a, b)
            | Kind::Most(a, b) => {
                self.parts(a, focus, into, false);
                self.parts(b, focus, into, false);
            }
            Kind::Round(_, a, _) | Kind::Convert(a, _) => self.parts(a, focus, into, false),
            Kind::Count(list) => named = Some(count_of(&self.list_name(list))),
            Kind::Fold(_, list, _) => named = Some(sum_of(&self.list_name(list))),
            Kind::Case(rows, otherwise) => {
                for (_, value) in rows {
                    self.parts(value, focus, into, false);
                }
                self.parts(otherwise, focus, into, false);
            }
            _ => {}
        }
        if let Some(name) =
            named.filter(|_| !top || matches!(expr.kind, Kind::Parameter(..) | Kind::Field(..) | Kind::Define(..)))
        {
            let operand = self.operand(expr, focus);
            if !into.iter().any(|(_, o)| o.node == operand.node) {
                into.push((name, operand));
            }
        }
    }
}

/// The words of a condition that has to fail.
fn negated(words: &Words) -> Words {
    words.around(("并非", ""), ("not ", ""))
}

fn count_of(list: &Words) -> Words {
    list.around(("", "人数或次数"), ("number of ", ""))
}

fn sum_of(list: &Words) -> Words {
    list.around(("", "合计"), ("over ", ""))
}
