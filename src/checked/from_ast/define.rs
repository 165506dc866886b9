//! Derived facts and parameters, checked when first needed.

use super::{Checker, Scope, plain, units};
use crate::ast;
use crate::checked::error::{CLAUSE, CYCLE, DATES_GAP, DATES_OVERLAP, DECLARED_TWICE, NO_END, WRONG_TYPE};
use crate::checked::{Always, Dated, Define, Expr, Kind, Parameter, Type};
use crate::diagnostic::Diagnostic;
use crate::ids::{DefineId, EntityId, ParameterId, PolicyId};
use crate::span::Span;
use crate::value::Date;

/// A derived fact that may not have been checked yet.
pub(super) struct Pending<'a> {
    pub(super) declared: &'a ast::Define,
    pub(super) owner: Option<EntityId>,
    /// Whether it says `this`, itself or through another: then it means something else in each policy.
    pub(super) says_this: bool,
}

/// A parameter and whether its rows have been checked.
pub(super) struct PendingParameter<'a> {
    declared: &'a ast::Parameter,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Busy,
    Done,
}

impl<'a> Checker<'a> {
    pub(super) fn collect_definitions(&mut self, files: &'a [ast::File]) {
        for item in files.iter().flat_map(|f| &f.items) {
            match item {
                ast::Item::Define(declared) => {
                    let name = self.declared_label(&declared.pair);
                    let Some(owner) = self.owner(declared.owner.as_ref()) else { continue };
                    if !self.free(owner, &name.id, declared.pair.name.span) {
                        continue;
                    }
                    let says_this = mentions(&declared.value, &|n| self.names.id(n) == "this");
                    self.pending_by_name.insert((owner, name.id), self.pending.len());
                    self.pending.push(Pending { declared, owner, says_this });
                }
                ast::Item::Parameter(declared) => {
                    let name = self.declared_label(&declared.pair);
                    let Some(owner) = self.owner(declared.owner.as_ref()) else { continue };
                    if !self.free(owner, &name.id, declared.pair.name.span) {
                        continue;
                    }
                    let id = ParameterId::of(self.parameters.len());
                    self.parameters_by_name.insert((owner, name.id.clone()), id);
                    self.parameters.push(PendingParameter { declared, state: State::New });
                    self.model.parameters.push(Parameter {
                        name,
                        owner,
                        unit: units::unit(&declared.unit),
                        rows: Vec::new(),
                        sources: Vec::new(),
                        status: None,
                        span: declared.span,
                    });
                }
                _ => {}
            }
        }
        self.spread_this();
    }

    /// A definition that uses one that says `this` says it too.
    fn spread_this(&mut self) {
        loop {
            let sayers: Vec<String> = self
                .pending
                .iter()
                .filter(|p| p.says_this)
                .map(|p| self.names.id(&p.declared.pair.name.text).to_owned())
                .collect();
            let more: Vec<usize> = (0..self.pending.len())
                .filter(|i| {
                    self.pending.get(*i).is_some_and(|p| {
                        !p.says_this && mentions(&p.declared.value, &|n| sayers.iter().any(|s| s == self.names.id(n)))
                    })
                })
                .collect();
            if more.is_empty() {
                return;
            }
            for i in more {
                if let Some(pending) = self.pending.get_mut(i) {
                    pending.says_this = true;
                }
            }
        }
    }

    #[expect(clippy::option_option, reason = "none: the owner is unknown and reported; some none: there is no owner")]
    fn owner(&mut self, owner: Option<&ast::Name>) -> Option<Option<EntityId>> {
        match owner {
            None => Some(None),
            Some(name) => self.record_of(name).map(Some),
        }
    }

    fn free(&mut self, owner: Option<EntityId>, id: &str, span: Span) -> bool {
        let key = (owner, id.to_owned());
        let field = owner.is_some_and(|e| self.field_named(e, id).is_some());
        let taken = field || self.pending_by_name.contains_key(&key) || self.parameters_by_name.contains_key(&key);
        if taken {
            self.report(
                Diagnostic::error(DECLARED_TWICE, span, format!("`{id}` is declared twice"))
                    .label("declared before")
                    .help("remove one of the two, or give this one another name"),
            );
        }
        !taken
    }

    pub(super) fn check_definitions(&mut self) {
        for i in 0..self.pending.len() {
            // One that says `this` is checked in each policy that uses it.
            if self.pending.get(i).is_some_and(|p| !p.says_this) {
                self.definition(i, None);
            }
        }
    }

    /// The definition for use in a policy; checks it where that has not been done.
    pub(super) fn definition(&mut self, index: usize, this: Option<PolicyId>) -> Option<DefineId> {
        let pending = self.pending.get(index)?;
        let (declared, owner) = (pending.declared, pending.owner);
        let this = this.filter(|_| pending.says_this);
        if let Some(done) = self.defined.get(&(index, this)) {
            return *done;
        }
        let name = self.names.label(&declared.pair.name.text);
        if self.circle(&name.id, declared.pair.name.span) {
            return None;
        }
        self.path.push((name.id.clone(), declared.pair.name.span));
        let scope = Scope::of(owner, this);
        let mut value = self.deeper(declared.value.span, |c| c.expr(&declared.value, &scope, None));
        self.path.pop();
        if let Some(value) = value.as_mut().filter(|v| v.ty == Type::YesNo && !v.labelled) {
            value.words = Some(Box::new(name.words()));
            value.labelled = true;
        }
        let id = value.map(|value| {
            let id = DefineId::of(self.model.defines.len());
            let bounds = super::bounds::bounds(&self.model, &value);
            self.model.defines.push(Define { name, owner, value, bounds, span: declared.span });
            id
        });
        self.defined.insert((index, this), id);
        id
    }

    /// Whether a name is already being defined; reports the circle as the path that leads back.
    fn circle(&mut self, name: &str, span: Span) -> bool {
        let Some(start) = self.path.iter().position(|(n, _)| n == name) else { return false };
        let circle: Vec<(String, Span)> = self.path.iter().skip(start).cloned().collect();
        let path: Vec<&str> = circle.iter().map(|(n, _)| n.as_str()).chain([name]).collect();
        let mut finding = Diagnostic::error(CYCLE, span, format!("`{name}` needs itself: {}", path.join(" → ")))
            .label("this definition")
            .help("a definition may use only what does not lead back to it");
        for (next, at) in circle.iter().skip(1) {
            finding = finding.related(*at, format!("through `{next}`"));
        }
        self.report(finding);
        true
    }

    pub(super) fn check_parameters(&mut self) {
        for i in 0..self.parameters.len() {
            self.parameter(ParameterId::of(i));
        }
    }

    /// Checks a parameter's rows where that has not been done; none where it is in a circle.
    pub(super) fn parameter(&mut self, id: ParameterId) -> Option<()> {
        let pending = self.parameters.get_mut(id.index())?;
        let declared = pending.declared;
        let name = self.model.parameters.get(id.index())?.name.id.clone();
        match pending.state {
            State::Done => return Some(()),
            State::Busy => {
                self.circle(&name, declared.pair.name.span);
                return None;
            }
            State::New => pending.state = State::Busy,
        }
        self.path.push((name, declared.pair.name.span));
        let (owner, unit) = self.model.parameters.get(id.index()).map(|p| (p.owner, p.unit))?;
        let scope = Scope::of(owner, None);
        let rows = self.dated_rows(&declared.rows, &scope, Type::Number(unit), declared.span);
        let mut sources = Vec::new();
        let mut status = None;
        for attribute in &declared.attributes {
            match attribute.kind {
                ast::AttributeKind::Status => status = self.status_of(attribute).map(|(s, _)| s),
                _ => sources = self.texts(&attribute.values),
            }
        }
        self.path.pop();
        if let Some(parameter) = self.model.parameters.get_mut(id.index()) {
            parameter.rows = rows;
            parameter.sources = sources;
            parameter.status = status;
        }
        if let Some(pending) = self.parameters.get_mut(id.index()) {
            pending.state = State::Done;
        }
        Some(())
    }

    /// Rows that begin with a period: in order, none overlapping, no undeclared gap, the last one with an end.
    pub(super) fn dated_rows(&mut self, rows: &[ast::Row], scope: &Scope, ty: Type, whole: Span) -> Vec<Dated> {
        let mut dated: Vec<(Dated, bool)> = Vec::new();
        for row in rows {
            let period = match &row.key {
                ast::RowKey::Values(values) => match values.as_slice() {
                    [ast::Expr { kind: ast::ExprKind::Period(period), .. }] => Some(period),
                    _ => None,
                },
                _ => None,
            };
            let Some(period) = period else {
                self.report(
                    Diagnostic::error(WRONG_TYPE, row.span, "this row does not say from when it applies")
                        .label("expected `from DATE to DATE`")
                        .help("figures that differ by something else are a `case` in a dated row"),
                );
                continue;
            };
            let Some((from, to, open)) = self.period(period) else { continue };
            let value = self.deeper(row.value.span, |c| c.expr(&row.value, scope, Some(ty)));
            let Some(value) = value.and_then(|v| self.fitted(v, ty)) else { continue };
            let status = row.status.as_ref().and_then(|s| self.status_named(s));
            let source = row.source.as_ref().map(|s| self.words(&s.text));
            dated.push((Dated { from, to, value, status, source, span: row.span }, open));
        }
        if dated.is_empty() && rows.is_empty() {
            self.report(
                Diagnostic::error(CLAUSE, whole, "there is no dated value here")
                    .help("write `from DATE until further notice: VALUE`"),
            );
        }
        let mut done: Vec<Dated> = Vec::new();
        let mut rest = dated.into_iter().peekable();
        while let Some((mut row, open)) = rest.next() {
            if let Some(before) = done.last() {
                let last_day = before.to.unwrap_or(Date::LAST);
                if row.from <= last_day {
                    self.report(
                        Diagnostic::error(DATES_OVERLAP, row.span, format!("{} has two values", row.from))
                            .label("begins before the row above ends")
                            .related(before.span, "the row above")
                            .help("rows stand in order of their dates; a row without `to` ends where the next begins"),
                    );
                } else if last_day.add_days(1) != Some(row.from) {
                    let (gap_from, gap_to) =
                        (last_day.add_days(1).unwrap_or(last_day), row.from.add_days(-1).unwrap_or(row.from));
                    self.report(
                        Diagnostic::error(DATES_GAP, row.span, format!("{gap_from} to {gap_to} has no value"))
                            .label("the row above ended earlier")
                            .related(before.span, "the row above")
                            .help(format!(
                                "where the figure is not known, say so: `from {gap_from} to {gap_to}: none`"
                            )),
                    );
                }
            }
            if open {
                match rest.peek() {
                    Some((next, _)) => row.to = next.from.add_days(-1),
                    None => self.report(
                        Diagnostic::error(NO_END, row.span, "the last row does not say how long it applies")
                            .label("no end")
                            .help("write `to DATE`, or `until further notice` where the figure is in force now"),
                    ),
                }
            }
            done.push(row);
        }
        done
    }

    /// First day, last day, and whether the end was left open.
    pub(super) fn period(&mut self, period: &ast::Period) -> Option<(Date, Option<Date>, bool)> {
        let from = self.date(&period.from)?;
        let (to, open) = match &period.until {
            ast::Until::NotSaid => (None, true),
            ast::Until::Date(to) => (Some(self.date(to)?), false),
            ast::Until::FurtherNotice(_) => (None, false),
        };
        if to.is_some_and(|to| to < from) {
            self.report(
                Diagnostic::error(DATES_OVERLAP, period.span, "this period ends before it begins")
                    .label("the last day is before the first"),
            );
            return None;
        }
        Some((from, to, open))
    }

    pub(super) fn check_always(&mut self, files: &'a [ast::File]) {
        for item in files.iter().flat_map(|f| &f.items) {
            let ast::Item::Always(declared) = item else { continue };
            let Some(owner) = self.record_of(&declared.owner) else { continue };
            let scope = Scope::of(Some(owner), None);
            let Some(condition) = self.condition_expr(&declared.condition, &scope) else { continue };
            let label = self.words(&declared.label.text);
            self.model.always.push(Always { owner, label, condition, span: declared.span });
        }
    }

    /// An expression where a type is needed; a value of no known figure fits everywhere.
    pub(super) fn fitted(&mut self, expr: Expr, ty: Type) -> Option<Expr> {
        if matches!(expr.kind, Kind::Missing) {
            return Some(plain(Kind::Missing, ty, expr.span));
        }
        match (expr.ty, ty) {
            (Type::Number(found), Type::Number(wanted)) => {
                if found.alike(wanted) {
                    return Some(Expr { ty, ..expr });
                }
                self.units_differ(expr.span, found, wanted);
                None
            }
            (found, wanted) if found == wanted => Some(expr),
            (found, wanted) => {
                let message = format!("this is {}, and {} is needed", self.type_name(found), self.type_name(wanted));
                self.wrong_type(expr.span, message, format!("not {}", self.type_name(wanted)));
                None
            }
        }
    }
}

/// Whether an expression mentions a name.
fn mentions(expr: &ast::Expr, is: &dyn Fn(&str) -> bool) -> bool {
    let operand = |o: &ast::Operand| match o {
        ast::Operand::One(e) => mentions(e, is),
        ast::Operand::OneOf(es, _) => es.iter().any(|e| mentions(e, is)),
    };
    let conditions = |cs: &[ast::Condition]| cs.iter().any(|c| mentions(&c.expr, is));
    match &expr.kind {
        ast::ExprKind::Literal(_) | ast::ExprKind::Period(_) => false,
        ast::ExprKind::Name(name) => is(&name.text),
        ast::ExprKind::Step(base, name) => mentions(base, is) || is(&name.text),
        ast::ExprKind::Filter(a, b) | ast::ExprKind::Unless(a, b) => mentions(a, is) || mentions(b, is),
        ast::ExprKind::Group(a) | ast::ExprKind::Not(a) => mentions(a, is),
        ast::ExprKind::Case { subject, rows, .. } => {
            subject.as_ref().is_some_and(|s| mentions(s, is))
                || rows.iter().any(|row| {
                    mentions(&row.value, is)
                        || match &row.key {
                            ast::RowKey::Otherwise(_) => false,
                            ast::RowKey::Compare(_, o) => operand(o),
                            ast::RowKey::Values(values) => values.iter().any(|v| mentions(v, is)),
                        }
                })
        }
        ast::ExprKind::Block(_, cs) => conditions(cs),
        ast::ExprKind::Quantified(_, list, cs) => mentions(list, is) || cs.as_ref().is_some_and(|cs| conditions(cs)),
        ast::ExprKind::And(terms) | ast::ExprKind::Or(terms) => terms.iter().any(|t| mentions(t, is)),
        ast::ExprKind::Compare(left, _, o) => mentions(left, is) || operand(o),
        ast::ExprKind::Status { subject, operand: o, .. } => {
            subject.as_ref().is_some_and(|s| mentions(s, is)) || operand(o)
        }
        ast::ExprKind::Sum(first, rest) => mentions(first, is) || rest.iter().any(|(_, e)| mentions(e, is)),
        ast::ExprKind::Product(first, rest) => mentions(first, is) || rest.iter().any(|(_, e)| mentions(e, is)),
        ast::ExprKind::Modified(base, modifiers) => {
            mentions(base, is)
                || modifiers.iter().any(|m| match m {
                    ast::Modifier::AtMost(e) | ast::Modifier::AtLeast(e) => mentions(e, is),
                    ast::Modifier::Round(..) | ast::Modifier::As(_) => false,
                })
        }
    }
}
