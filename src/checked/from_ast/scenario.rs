//! Scenarios: the facts of a household as an author writes them -> a profile and what is expected of it.

use super::{Checker, Scope};
use crate::ast::{self, FactKey, FactLine, FactValue};
use crate::checked::error::SCENARIO;
use crate::checked::{Expected, Kind, Scenario, Type};
use crate::diagnostic::Diagnostic;
use crate::ids::{EnumId, FieldId, PolicyId};
use crate::profile::{Profile, RecordIx, Slot, Stored, position};
use crate::schema::FieldType;
use crate::span::Span;
use crate::value::{Number, Unit};
use std::collections::HashMap;

/// Scenarios by name: the first of each policy, and the first of any.
#[derive(Default)]
struct Named<'s> {
    of_policy: HashMap<(PolicyId, &'s str), &'s ast::Scenario>,
    of_any: HashMap<&'s str, &'s ast::Scenario>,
}

impl<'s> Named<'s> {
    /// A policy's own scenario goes before another's of the same name.
    fn find(&self, policy: PolicyId, name: &str) -> Option<&'s ast::Scenario> {
        self.of_policy.get(&(policy, name)).or_else(|| self.of_any.get(name)).copied()
    }
}

impl Checker<'_> {
    pub(super) fn check_scenarios(&mut self, declared: &[&ast::Policy]) {
        let all: Vec<(PolicyId, &ast::Scenario)> = declared
            .iter()
            .filter_map(|p| self.declared_policy(p).map(|id| (id, *p)))
            .flat_map(|(id, p)| {
                p.clauses
                    .iter()
                    .filter_map(move |c| if let ast::Clause::Scenario(s) = c { Some((id, s)) } else { None })
            })
            .collect();
        let mut named = Named::default();
        for (id, scenario) in &all {
            let name = scenario.label.text.as_str();
            named.of_any.entry(name).or_insert(scenario);
            named.of_policy.entry((*id, name)).or_insert(scenario);
        }
        for (id, scenario) in &all {
            let first = named.find(*id, &scenario.label.text);
            if let Some(before) = first.filter(|first| !std::ptr::eq(*first, *scenario)) {
                let finding =
                    Diagnostic::error(SCENARIO, scenario.label.span, "this policy has a scenario of that name already");
                self.report(finding.related(before.label.span, "first here").help("give it another name"));
            }
            if let Some(checked) = self.scenario(*id, scenario, &named)
                && let Some(policy) = self.model.policies.get_mut(id.index())
            {
                policy.scenarios.push(checked);
            }
        }
    }

    fn scenario(&mut self, policy: PolicyId, scenario: &ast::Scenario, named: &Named<'_>) -> Option<Scenario> {
        // What it is like, the nearest first; each changes what the next one says.
        let mut chain = vec![scenario];
        while let Some(like) = chain.last().and_then(|s| s.like.as_ref()) {
            let Some(found) = named.find(policy, &like.text) else {
                self.fault(
                    like.span,
                    format!("there is no scenario “{}”", like.text),
                    "the name must be written as it is there",
                );
                return None;
            };
            if chain.iter().any(|s| std::ptr::eq(*s, found)) || chain.len() > 20 {
                self.fault(like.span, "this scenario is like itself", "one of the two must stand on its own");
                return None;
            }
            chain.push(found);
        }
        let on = chain.iter().find_map(|s| s.on.as_ref());
        let Some(on) = on else {
            self.fault(
                scenario.label.span,
                "this scenario does not say on which day",
                "write `on DATE` behind its name",
            );
            return None;
        };
        let on = self.date(on)?;
        let mut lines: Vec<&FactLine> = Vec::new();
        for s in chain.iter().rev() {
            let replaced = |old: &FactLine| s.facts.iter().any(|new| same_key(&self.names, &old.key, &new.key));
            lines.retain(|old| !replaced(old));
            lines.extend(s.facts.iter());
        }
        let unit = self.model.policies.get(policy.index())?.unit;
        let mut profile = Profile::new();
        let root = profile.add(&self.model.schema, unit);
        profile.set_root(root);
        let facts: Vec<&FactLine> = lines.iter().copied().filter(|l| matches!(l.key, FactKey::Path(_))).collect();
        let scope = Scope::of(Some(unit), Some(policy));
        self.facts(&mut profile, root, &facts, &scope);
        self.set_roots(&mut profile);
        let expect = scenario.facts.iter().find(|l| matches!(l.key, FactKey::Expect(_)));
        let Some(expect) = expect else {
            self.fault(
                scenario.label.span,
                "this scenario does not say what is expected",
                "write `expect: eligible`, `expect: ineligible, CONDITION` or `expect: undetermined, FACT`",
            );
            return None;
        };
        let (expect, amounts, because) = self.expectation(policy, expect)?;
        let label = self.words(&scenario.label.text);
        Some(Scenario { label, on, profile: Stored::from(&profile), expect, amounts, because, span: scenario.span })
    }

    fn fault(&mut self, span: Span, message: impl Into<String>, help: &str) {
        self.report(Diagnostic::error(SCENARIO, span, message).help(help));
    }

    /// Records that the root leads to are the ones that policies for their kind are matched against.
    fn set_roots(&self, profile: &mut Profile) {
        let mut next = 0;
        while let Some(record) = profile.record(RecordIx(next)) {
            let entity = record.entity;
            let linked: Vec<RecordIx> = if profile.root(entity) == Some(RecordIx(next)) {
                record.slots.iter().filter_map(|s| if let Slot::Record(ix) = s { Some(*ix) } else { None }).collect()
            } else {
                Vec::new()
            };
            for ix in linked {
                let is_unit = profile.record(ix).is_some_and(|r| self.model.schema.is_root(r.entity));
                if is_unit && profile.record(ix).is_some_and(|r| profile.root(r.entity).is_none()) {
                    profile.set_root(ix);
                }
            }
            next += 1;
        }
    }

    fn facts(&mut self, profile: &mut Profile, record: RecordIx, lines: &[&FactLine], scope: &Scope) {
        for line in lines {
            self.fact(profile, record, line, scope);
        }
        // Lists may stand on several lines, so whether they are whole is asked at the end.
        for line in lines {
            let FactKey::Path(names) = &line.key else { continue };
            let [name] = names.as_slice() else { continue };
            let Some(entity) = profile.record(record).map(|r| r.entity) else { continue };
            let Some(field) = self.field_named(entity, self.names.id(&name.text)) else { continue };
            let slot = position(&self.model.schema, field).map(|at| profile.slot(record, at).clone());
            if let Some(Slot::List { items, complete: true }) = slot {
                self.includes_all(profile, record, field, &items, line.span);
            }
        }
    }

    fn fact(&mut self, profile: &mut Profile, record: RecordIx, line: &FactLine, scope: &Scope) -> Option<()> {
        let FactKey::Path(names) = &line.key else { return None };
        let (last, way) = names.split_last()?;
        let mut record = record;
        for name in way {
            let field = self.field_here(profile, record, name)?;
            record = self.inner_record(profile, record, field, name)?;
        }
        let field = self.field_here(profile, record, last)?;
        let ty = self.model.schema.field(field)?.ty;
        match ty {
            FieldType::Record(_) => {
                if let [FactValue::Record(inner, _)] = line.values.as_slice() {
                    let inner_record = self.inner_record(profile, record, field, last)?;
                    let lines: Vec<&FactLine> = inner.iter().collect();
                    self.facts(profile, inner_record, &lines, scope);
                } else if !self.is_word(line, "unknown") {
                    self.fault(line.span, format!("`{}` is a record", last.text), "write its facts in `{ … }`");
                }
            }
            FieldType::List(entity) => {
                let (mut items, mut complete) = match profile.slot(record, position(&self.model.schema, field)?) {
                    Slot::List { items, complete } => (items.clone(), *complete),
                    _ => (Vec::new(), true),
                };
                if self.is_word(line, "unknown") {
                    return None;
                }
                if !self.is_word(line, "none") {
                    for value in &line.values {
                        match value {
                            FactValue::OrMore(_) => complete = false,
                            FactValue::Record(inner, _) => {
                                let item = profile.add(&self.model.schema, entity);
                                items.push(item);
                                let lines: Vec<&FactLine> = inner.iter().collect();
                                self.facts(profile, item, &lines, scope);
                            }
                            FactValue::Expr(expr) => items.extend(self.listed(profile, record, field, expr)),
                        }
                    }
                }
                let most = self.model.schema.field(field)?.up_to;
                if items.len() > most as usize {
                    self.fault(
                        line.span,
                        format!("this list has more than {most} entries"),
                        "raise `up to` where the list is declared",
                    );
                }
                profile.link(&self.model.schema, record, field, Slot::List { items, complete });
            }
            FieldType::Set(e) => {
                let slot =
                    self.set_value(profile.slot(record, position(&self.model.schema, field)?).clone(), e, line, scope)?;
                profile.set(record, position(&self.model.schema, field)?, slot);
            }
            _ => {
                let slot = self.scalar(field, ty, line, scope)?;
                profile.set(record, position(&self.model.schema, field)?, slot);
            }
        }
        Some(())
    }

    fn is_word(&self, line: &FactLine, word: &str) -> bool {
        matches!(line.values.as_slice(), [FactValue::Expr(ast::Expr { kind: ast::ExprKind::Name(name), .. })] if self.names.id(&name.text) == word)
    }

    fn field_here(&mut self, profile: &Profile, record: RecordIx, name: &ast::Name) -> Option<FieldId> {
        let entity = profile.record(record)?.entity;
        let id = self.names.id(&name.text).to_owned();
        let found = self.field_named(entity, &id);
        if found.is_none() {
            let schema = &self.model.schema;
            let of = schema.entity(entity).map(|e| e.name.id.clone()).unwrap_or_default();
            let fields = schema.entity(entity).map(|e| e.fields.clone()).unwrap_or_default();
            let names: Vec<String> =
                fields.iter().filter_map(|f| schema.field(*f)).map(|f| f.name.id.clone()).collect();
            self.unknown_name(name, &format!("a fact of {of}"), names.iter().map(String::as_str));
        }
        found
    }

    /// The record in a fact; made where there is none yet.
    fn inner_record(
        &mut self,
        profile: &mut Profile,
        record: RecordIx,
        field: FieldId,
        name: &ast::Name,
    ) -> Option<RecordIx> {
        let FieldType::Record(entity) = self.model.schema.field(field)?.ty else {
            self.fault(
                name.span,
                format!("`{}` is not a record", name.text),
                "only the facts of a record are reached with a dot",
            );
            return None;
        };
        if let Slot::Record(ix) = profile.slot(record, position(&self.model.schema, field)?) {
            return Some(*ix);
        }
        let inner = profile.add(&self.model.schema, entity);
        profile.link(&self.model.schema, record, field, Slot::Record(inner));
        Some(inner)
    }

    /// A name in a list: a record that stands in a fact beside it, as `applicant` beside `members`.
    fn listed(&mut self, profile: &mut Profile, record: RecordIx, list: FieldId, expr: &ast::Expr) -> Option<RecordIx> {
        let includes = self.model.schema.field(list)?.includes.clone();
        let ast::ExprKind::Name(name) = &expr.kind else {
            self.fault(expr.span, "an entry of a list is `{ … }` or a name", "write the facts of the entry in `{ … }`");
            return None;
        };
        let id = self.names.id(&name.text).to_owned();
        let field = includes.iter().copied().find(|f| self.model.schema.field(*f).is_some_and(|f| f.name.id == id));
        let Some(field) = field else {
            let names: Vec<String> =
                includes.iter().filter_map(|f| self.model.schema.field(*f)).map(|f| f.name.id.clone()).collect();
            self.unknown_name(name, "one of the people of this list", names.iter().map(String::as_str));
            return None;
        };
        self.inner_record(profile, record, field, name)
    }

    /// A complete list of members holds the applicant.
    fn includes_all(&mut self, profile: &mut Profile, record: RecordIx, list: FieldId, items: &[RecordIx], span: Span) {
        let includes = self.model.schema.field(list).map(|f| f.includes.clone()).unwrap_or_default();
        for field in includes {
            let Some(at) = position(&self.model.schema, field) else { continue };
            let name = self.model.schema.field(field).map(|f| f.name.id.clone()).unwrap_or_default();
            let held = matches!(profile.slot(record, at), Slot::Record(ix) if items.contains(ix));
            if !held {
                self.fault(span, format!("this list does not hold the {name}"), &format!("the list is complete, and the {name} is one of it: begin it with `{name}`, or end it with `or more`"));
            }
        }
    }

    fn set_value(&mut self, old: Slot, e: EnumId, line: &FactLine, scope: &Scope) -> Option<Slot> {
        let (mut known, mut complete) = match old {
            Slot::Set { known, complete, .. } => (known, complete),
            _ => (Vec::new(), true),
        };
        if self.is_word(line, "unknown") {
            return Some(Slot::Unknown);
        }
        if !self.is_word(line, "none") || self.model.schema.symbol_named(e, "none").is_some() {
            for value in &line.values {
                match value {
                    FactValue::OrMore(_) => complete = false,
                    FactValue::Record(_, span) => {
                        self.fault(*span, "a set holds names", "write the values, separated by commas");
                    }
                    FactValue::Expr(expr) => {
                        let checked = self.expr(expr, scope, Some(Type::Symbol(e)));
                        if let Some(Kind::Symbol(position)) = checked.map(|c| c.kind) {
                            known.push(position);
                        }
                    }
                }
            }
        }
        known.sort_unstable();
        known.dedup();
        Some(Slot::Set { known, not: Vec::new(), complete })
    }

    fn scalar(&mut self, field: FieldId, ty: FieldType, line: &FactLine, scope: &Scope) -> Option<Slot> {
        let [FactValue::Expr(expr)] = line.values.as_slice() else {
            self.fault(line.span, "this fact has one value", "write one value behind the colon");
            return None;
        };
        if self.is_word(line, "unknown") {
            return Some(Slot::Unknown);
        }
        let wanted = match ty {
            FieldType::YesNo => Type::YesNo,
            FieldType::Date => Type::Date,
            FieldType::Quantity(unit) => Type::Number(unit),
            FieldType::Symbol(e) => Type::Symbol(e),
            _ => return None,
        };
        let checked = self.expr(expr, scope, Some(wanted))?;
        let checked = self.fitted(checked, wanted)?;
        let raw = match (&checked.kind, ty) {
            (Kind::Bool(value), _) => Some(i64::from(*value)),
            (Kind::Date(date), _) => Some(date.days()),
            (Kind::Symbol(position), _) => Some(i64::from(*position)),
            (Kind::Number(n), FieldType::Quantity(unit)) => grains(*n, unit),
            _ => None,
        };
        let Some(raw) = raw else {
            self.fault(
                expr.span,
                "a value written out is needed here, no finer than the fact is kept",
                "money goes to the fen, areas to 0.01 square metre, shares to 0.01 %, everything else is whole",
            );
            return None;
        };
        let range = self.model.schema.field(field)?.range;
        if raw < range.0 || raw > range.1 {
            self.fault(
                expr.span,
                "this value is outside the bounds of its fact",
                "correct the value, or the bounds where the fact is declared",
            );
            return None;
        }
        Some(Slot::Scalar(raw))
    }

    fn expectation(&mut self, policy: PolicyId, line: &FactLine) -> Option<(Expected, Vec<Number>, Vec<String>)> {
        let mut values = line.values.iter();
        let verdict = if let Some(FactValue::Expr(ast::Expr { kind: ast::ExprKind::Name(name), .. })) = values.next() {
            match self.names.id(&name.text) {
                "eligible" => Expected::Eligible,
                "ineligible" => Expected::Ineligible,
                "undetermined" => Expected::Undetermined,
                "not_in_force" => Expected::NotInForce,
                _ => {
                    self.unknown_name(name, "a verdict", ["eligible", "ineligible", "undetermined", "not_in_force"]);
                    return None;
                }
            }
        } else {
            self.fault(
                line.span,
                "an expectation begins with a verdict",
                "write `eligible`, `ineligible`, `undetermined` or `not_in_force`",
            );
            return None;
        };
        let units: Vec<Unit> = self
            .model
            .policies
            .get(policy.index())?
            .benefits
            .iter()
            .filter_map(|b| b.amount.as_ref())
            .filter_map(|a| if let Type::Number(u) = a.ty { Some(u) } else { None })
            .collect();
        let (mut amounts, mut because) = (Vec::new(), Vec::new());
        for value in values {
            let FactValue::Expr(expr) = value else { continue };
            match &expr.kind {
                ast::ExprKind::Name(name) => because.push(self.names.id(&name.text).to_owned()),
                ast::ExprKind::Literal(ast::Literal { kind: ast::LiteralKind::Text(text), .. }) => {
                    because.push(text.clone());
                }
                _ => {
                    let Some(unit) = units.get(amounts.len()).copied() else {
                        self.fault(
                            expr.span,
                            "there are more amounts than this policy has",
                            "one amount for each benefit that has one, in their order",
                        );
                        continue;
                    };
                    let checked = self.expr(expr, &Scope::default(), Some(Type::Number(unit)))?;
                    let checked = self.fitted(checked, Type::Number(unit))?;
                    if let Kind::Number(n) = checked.kind {
                        amounts.push(n);
                    }
                }
            }
        }
        self.expected_names(policy, verdict, &because, line.span);
        Some((verdict, amounts, because))
    }

    /// A name in an expectation must be able to come true: a condition of the policy, or a fact.
    fn expected_names(&mut self, policy: PolicyId, verdict: Expected, because: &[String], span: Span) {
        for name in because {
            let known = match verdict {
                Expected::Ineligible => self
                    .model
                    .policies
                    .get(policy.index())
                    .is_some_and(|p| p.conditions.iter().any(|c| c.names.contains(name))),
                Expected::Undetermined => {
                    self.model.schema.fields.iter().any(|f| f.name.id == *name)
                        || self.model.parameters.iter().any(|p| p.name.id == *name)
                }
                _ => false,
            };
            if !known {
                let what = match verdict {
                    Expected::Ineligible => "no condition of this policy has that label or mentions that name",
                    Expected::Undetermined => "there is no fact or parameter of that name",
                    _ => "only `ineligible` and `undetermined` name what they are because of",
                };
                self.fault(
                    span,
                    format!("`{name}` cannot be expected here: {what}"),
                    "write the label of the condition that fails, or the fact that is missing",
                );
            }
        }
    }
}

fn grains(number: Number, unit: Unit) -> Option<i64> {
    let grains = number.multiply(Number::whole(i128::from(unit.grains())))?;
    if grains.is_whole() { i64::try_from(grains.numerator()).ok() } else { None }
}

/// Whether two lines are of one fact.
fn same_key(names: &super::names::Names, a: &FactKey, b: &FactKey) -> bool {
    match (a, b) {
        (FactKey::Expect(_), FactKey::Expect(_)) => true,
        (FactKey::Path(a), FactKey::Path(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| names.id(&a.text) == names.id(&b.text))
        }
        _ => false,
    }
}
