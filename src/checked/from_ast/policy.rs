//! Policies: clauses to their places.

use super::expr::negated;
use super::{Checker, Scope};
use crate::ast::{self, AttributeKind, Clause};
use crate::checked::error::{CLAUSE, FRACTION_OF_FEN, NO_END, NO_EVIDENCE};
use crate::checked::{Benefit, BenefitKind, Condition, Effect, Exclusion, Expr, Kind, Policy, Status, Type};
use crate::diagnostic::Diagnostic;
use crate::ids::{EnumId, PolicyId};
use crate::span::Span;
use crate::value::{Date, Label, Number, Unit, Words};
use std::cell::Cell;

impl<'a> Checker<'a> {
    pub(super) fn check_policies(&mut self, files: &'a [ast::File]) {
        let declared: Vec<&ast::Policy> = files
            .iter()
            .flat_map(|f| &f.items)
            .filter_map(|i| if let ast::Item::Policy(p) = i { Some(p) } else { None })
            .collect();
        for policy in &declared {
            if let Some(id) = self.declared_policy(policy) {
                self.check_policy(id, policy);
            }
        }
        // Scenarios may be like one of another policy, so they come when all of them are known.
        self.check_scenarios(&declared);
    }

    /// The policy of a declaration; none for a second declaration of a name, which is reported elsewhere.
    pub(super) fn declared_policy(&self, policy: &ast::Policy) -> Option<PolicyId> {
        let position = self.symbol_named(EnumId::POLICY, self.names.id(&policy.pair.name.text))?;
        let same = self.model.policies.get(position as usize).is_some_and(|p| p.span == policy.span);
        same.then_some(PolicyId(position))
    }

    fn check_policy(&mut self, id: PolicyId, declared: &ast::Policy) {
        let Some(mut policy) = self.model.policies.get(id.index()).cloned() else { return };
        let scope = Scope::of(Some(policy.unit), Some(id));
        let mut seen: Vec<AttributeKind> = Vec::new();
        for clause in &declared.clauses {
            match clause {
                Clause::Eligible(conditions, span) => {
                    if policy.written {
                        self.clause(*span, "`eligible when` stands twice", "put all conditions into one block");
                    }
                    policy.written = true;
                    for condition in conditions {
                        policy.conditions.extend(self.condition(condition, &scope));
                    }
                }
                Clause::Benefit(benefit) => policy.benefits.extend(self.benefit(benefit, &scope)),
                Clause::Attribute(attribute) => {
                    let repeatable = effect(attribute.kind).is_some() || attribute.kind == AttributeKind::Source;
                    if seen.contains(&attribute.kind) && !repeatable {
                        self.clause(attribute.span, "this clause stands twice", "keep one of the two");
                    }
                    seen.push(attribute.kind);
                    self.attribute(&mut policy, attribute, &scope);
                }
                Clause::Scenario(_) | Clause::Silence(_) => {}
            }
        }
        if policy.written {
            let needed = [
                (AttributeKind::InForce, "in force"),
                (AttributeKind::Category, "category"),
                (AttributeKind::Source, "source"),
                (AttributeKind::Status, "status"),
            ];
            for (kind, word) in needed {
                if !seen.contains(&kind) {
                    let name = &policy.name.id;
                    self.clause(
                        declared.pair.name.span,
                        &format!("policy `{name}` does not say `{word}:`"),
                        &format!("add a line `{word}: …`"),
                    );
                }
            }
        } else if declared.has_body && !declared.clauses.is_empty() {
            let name = policy.name.id.clone();
            self.clause(
                declared.pair.name.span,
                &format!("policy `{name}` has no `eligible when`"),
                "write the conditions, or leave the body away where others only mention it",
            );
        }
        if let Some(slot) = self.model.policies.get_mut(id.index()) {
            *slot = policy;
        }
    }

    pub(super) fn clause(&mut self, span: Span, message: &str, help: &str) {
        self.report(Diagnostic::error(CLAUSE, span, message).help(help));
    }

    fn condition(&mut self, declared: &ast::Condition, scope: &Scope) -> Option<Condition> {
        let expr = self.labelled(declared, scope)?;
        let source = declared.source.as_ref().map(|s| self.words(&s.text));
        let status = declared.status.as_ref().and_then(|s| self.status_named(s));
        let mut names = Vec::new();
        if let Some(label) = &declared.label {
            names.push(label.text.clone());
            names.extend(self.glossary.phrase(&label.text).map(str::to_owned));
        }
        collect_names(&declared.expr, &mut |n| names.push(self.names.id(n).to_owned()));
        Some(Condition { expr, source, status, exclusion: false, names })
    }

    fn benefit(&mut self, declared: &ast::Benefit, scope: &Scope) -> Option<Benefit> {
        let kind = match self.names.id(&declared.kind.text) {
            "cash" => BenefitKind::Cash,
            "service" => BenefitKind::Service,
            "waiver" => BenefitKind::Waiver,
            "reimbursement" => BenefitKind::Reimbursement,
            "goods" => BenefitKind::Goods,
            "recognition" => BenefitKind::Recognition,
            "referral" => BenefitKind::Referral,
            _ => {
                let kinds = ["cash", "service", "waiver", "reimbursement", "goods", "recognition", "referral"];
                self.unknown_name(&declared.kind, "a kind of benefit", kinds);
                return None;
            }
        };
        let label = declared.label.as_ref().map(|l| self.words(&l.text));
        let mut description = None;
        let mut amount = None;
        match declared.amount.as_ref().map(|a| (&a.kind, a)) {
            None => {}
            Some((ast::ExprKind::Literal(ast::Literal { kind: ast::LiteralKind::Text(text), .. }), _)) => {
                description = Some(self.words(text));
            }
            Some((_, expr)) => {
                let mut checked = self.expr(expr, scope, None)?;
                let Type::Number(unit) = checked.ty else {
                    let found = self.type_name(checked.ty);
                    self.wrong_type(
                        checked.span,
                        format!("an amount is a number, and this is {found}"),
                        "not a number",
                    );
                    return None;
                };
                if unit.yuan != 0 && !whole_grains(self, &checked, Number::new(1, 100)?, &Cell::new(0)) {
                    self.report(
                        Diagnostic::error(FRACTION_OF_FEN, checked.span, "this amount can have a fraction of a fen")
                            .label("not rounded")
                            .help(
                                "say how the rule rounds: `… rounded to 0.01 yuan` (to the fen) or `rounded to 1 yuan`",
                            ),
                    );
                }
                checked.words = Some(Box::new(self.written(expr)));
                amount = Some(checked);
            }
        }
        Some(Benefit { kind, label, amount, description, span: declared.span })
    }

    fn attribute(&mut self, policy: &mut Policy, attribute: &ast::Attribute, scope: &Scope) {
        match attribute.kind {
            AttributeKind::Title => match self.texts(&attribute.values).as_slice() {
                [title] => {
                    // A title without translation leaves the other language to the policy's name.
                    let name = &policy.title;
                    policy.title = Words::new(title.zh().or(name.zh()), title.en().or(name.en()));
                }
                _ => self.clause(attribute.span, "a title is one text", "write `title: \"…\"`"),
            },
            AttributeKind::Category => policy.category = self.one_value(attribute, "category"),
            AttributeKind::Department => policy.department = self.one_value(attribute, "department"),
            AttributeKind::Region => policy.region = self.one_value(attribute, "region"),
            AttributeKind::ApplyAt => policy.apply_at = self.values(attribute, "office"),
            AttributeKind::Bring => policy.bring = self.values(attribute, "material"),
            AttributeKind::Source => policy.sources.extend(self.texts(&attribute.values)),
            AttributeKind::Status => {
                if let Some((status, read)) = self.status_of(attribute) {
                    policy.status = status;
                    policy.read = read;
                }
            }
            AttributeKind::InForce => policy.in_force = self.in_force(attribute),
            AttributeKind::SubjectToPlaces => policy.subject_to_places = true,
            AttributeKind::Lasts => {
                let [value] = attribute.values.as_slice() else {
                    self.clause(attribute.span, "`lasts` is one length of time", "write `lasts: 12 months`");
                    return;
                };
                policy.lasts = self.expr(value, scope, None);
            }
            AttributeKind::CountsAsIncome => policy.counts_as_income = self.income(attribute, scope),
            kind => {
                let Some(effect) = effect(kind) else { return };
                let mut positions = Vec::new();
                for value in &attribute.values {
                    let checked = self.expr(value, scope, Some(Type::Symbol(EnumId::POLICY)));
                    if let Some(Kind::Symbol(position)) = checked.map(|c| c.kind) {
                        positions.push(position);
                    }
                }
                if effect == Effect::NotWhileReceiving {
                    for position in &positions {
                        policy.conditions.extend(self.not_while_receiving(*position, attribute, scope));
                    }
                }
                policy.exclusions.push(Exclusion { effect, policies: positions, span: attribute.span });
            }
        }
    }

    /// The fact after `counts as income`.
    fn income(&mut self, attribute: &ast::Attribute, scope: &Scope) -> Option<Expr> {
        let checked = match attribute.values.as_slice() {
            [value] => self.expr(value, scope, None)?,
            _ => {
                self.clause(
                    attribute.span,
                    "`counts as income` does not say which fact it adds to",
                    "write `counts as income: ` and the fact that holds such income",
                );
                return None;
            }
        };
        let money = |unit: Unit| {
            let per = (unit.month, unit.year) == (-1, 0) || (unit.month, unit.year) == (0, -1);
            unit.yuan == 1 && per && (unit.area, unit.hour, unit.day) == (0, 0, 0)
        };
        if is_path(&checked) && matches!(checked.ty, Type::Number(unit) if money(unit)) {
            return Some(checked);
        }
        self.clause(
            checked.span,
            "what a benefit counts towards is one fact of the person or household, in money a month or a year",
            "name the fact itself, not something worked out from it",
        );
        None
    }

    /// The condition that an exclusion adds: the unit does not receive the other benefit.
    fn not_while_receiving(&mut self, position: u32, attribute: &ast::Attribute, scope: &Scope) -> Option<Condition> {
        let label = self.model.policy_label(position)?.clone();
        let name = ast::Name { text: label.id.clone(), span: attribute.span };
        let operand = ast::Operand::One(Box::new(ast::Expr { kind: ast::ExprKind::Name(name), span: attribute.span }));
        let held = self.status(None, ast::StatusKind::Receives, &operand, attribute.span, scope)?;
        let mut expr = negated(held);
        expr.words = Some(Box::new(label.words().around(("未享受", ""), ("does not receive ", ""))));
        expr.labelled = true;
        Some(Condition { expr, source: None, status: None, exclusion: true, names: vec![label.id, label.zh] })
    }

    fn in_force(&mut self, attribute: &ast::Attribute) -> Vec<(Date, Option<Date>)> {
        let mut spans = Vec::new();
        for value in &attribute.values {
            let ast::ExprKind::Period(period) = &value.kind else {
                self.clause(
                    value.span,
                    "a force period is `from DATE to DATE`",
                    "write `from DATE until further notice` where it is in force now",
                );
                continue;
            };
            let Some((from, to, open)) = self.period(period) else { continue };
            if open {
                self.report(
                    Diagnostic::error(NO_END, value.span, "this period does not say how it ends")
                        .label("no end")
                        .help("write `to DATE`, or `until further notice`"),
                );
            }
            spans.push((from, to));
        }
        spans.sort_unstable();
        spans
    }

    pub(super) fn texts(&mut self, values: &[ast::Expr]) -> Vec<Words> {
        let mut texts = Vec::new();
        for value in values {
            if let ast::ExprKind::Literal(ast::Literal { kind: ast::LiteralKind::Text(text), .. }) = &value.kind {
                texts.push(self.words(text));
            } else {
                self.clause(value.span, "a text in quotes is needed here", "put it into quotes");
            }
        }
        texts
    }

    /// The names of a clause as values of an enum of the vocabulary.
    fn values(&mut self, attribute: &ast::Attribute, of: &str) -> Vec<Label> {
        let Some(e) = self.enum_named(of) else {
            self.clause(
                attribute.span,
                &format!("the vocabulary has no `enum {of}`"),
                &format!("declare `enum {of} {{ … }}` with the values that this clause may have"),
            );
            return Vec::new();
        };
        let mut labels = Vec::new();
        for value in &attribute.values {
            let checked = self.expr(value, &Scope::default(), Some(Type::Symbol(e)));
            if let Some(Kind::Symbol(position)) = checked.map(|c| c.kind) {
                labels.extend(self.model.schema.symbol(e, position).map(|s| s.name.clone()));
            }
        }
        labels
    }

    fn one_value(&mut self, attribute: &ast::Attribute, of: &str) -> Option<Label> {
        if attribute.values.len() != 1 {
            self.clause(attribute.span, "this clause has one value", "keep one");
        }
        self.values(attribute, of).into_iter().next()
    }

    pub(super) fn status_named(&mut self, name: &ast::Name) -> Option<Status> {
        match self.names.id(&name.text) {
            "verified" => Some(Status::Verified),
            "secondary" => Some(Status::Secondary),
            "illustrative" => Some(Status::Illustrative),
            _ => {
                self.unknown_name(name, "a status", ["verified", "secondary", "illustrative"]);
                None
            }
        }
    }

    /// `status: verified, "address", 2026-01-01`.
    #[expect(clippy::type_complexity, reason = "the status, and the address with the day it was read")]
    pub(super) fn status_of(&mut self, attribute: &ast::Attribute) -> Option<(Status, Option<(String, Option<Date>)>)> {
        let (mut status, mut address, mut day) = (None, None, None);
        for value in &attribute.values {
            match &value.kind {
                ast::ExprKind::Name(name) => status = self.status_named(name),
                ast::ExprKind::Literal(ast::Literal { kind: ast::LiteralKind::Text(text), .. }) => {
                    address = Some(text.clone());
                }
                ast::ExprKind::Literal(ast::Literal { kind: ast::LiteralKind::Date(date), .. }) => {
                    day = self.date(date);
                }
                _ => self.clause(
                    value.span,
                    "a status is a word, an address and a day",
                    "write `status: verified, \"https://…\", 2026-01-01`",
                ),
            }
        }
        if status == Some(Status::Verified) && (address.is_none() || day.is_none()) {
            self.report(
                Diagnostic::error(NO_EVIDENCE, attribute.span, "`verified` does not say what was read, or when")
                    .label("no address or no day")
                    .help(
                        "write `status: verified, \"https://…\", 2026-01-01`, or `status: secondary` or `illustrative`",
                    ),
            );
        }
        status.map(|s| (s, address.map(|a| (a, day))))
    }
}

fn effect(kind: AttributeKind) -> Option<Effect> {
    Some(match kind {
        AttributeKind::NotWhileReceiving => Effect::NotWhileReceiving,
        AttributeKind::NotTogetherWith => Effect::NotTogetherWith,
        AttributeKind::HigherOf => Effect::HigherOf,
        AttributeKind::SameItemOnce => Effect::SameItemOnce,
        AttributeKind::Deducts => Effect::Deducts,
        _ => return None,
    })
}

/// Whether a number is always a multiple of `step`: facts come in grains, figures are as written, and sums, differences,
/// counts and caps of multiples are multiples.
fn whole_grains(checker: &Checker<'_>, expr: &Expr, step: Number, looks: &Cell<u32>) -> bool {
    // Definitions of definitions could be walked many times over; whoever writes such a chain is asked to round.
    looks.set(looks.get() + 1);
    if looks.get() > 10_000 {
        return false;
    }
    let of = |e: &Expr| whole_grains(checker, e, step, looks);
    let multiple = |n: Number| n.divide(step).is_some_and(Number::is_whole);
    match &expr.kind {
        Kind::Number(n) => multiple(*n),
        Kind::Field(_, field) => checker.model.schema.field(*field).is_some_and(|f| match f.ty {
            crate::schema::FieldType::Quantity(unit) => Number::new(1, i128::from(unit.grains())).is_some_and(multiple),
            _ => false,
        }),
        Kind::Missing | Kind::Count(_) | Kind::Year(_) | Kind::Month(_) => true,
        Kind::Define(define, _) => checker.model.defines.get(define.index()).is_some_and(|d| of(&d.value)),
        Kind::Parameter(parameter, _) => {
            checker.model.parameters.get(parameter.index()).is_some_and(|p| p.rows.iter().all(|r| of(&r.value)))
        }
        Kind::Fold(_, _, body) => of(body),
        Kind::Add(a, b) | Kind::Subtract(a, b) | Kind::Least(a, b) | Kind::Most(a, b) => of(a) && of(b),
        Kind::Multiply(a, b, factor) => {
            let whole = |e: &Expr| whole_grains(checker, e, Number::whole(1), looks);
            factor.is_whole() && ((of(a) && whole(b)) || (whole(a) && of(b)))
        }
        Kind::Round(_, _, to) => multiple(*to),
        Kind::Convert(inner, factor) => factor.is_whole() && of(inner),
        Kind::Case(rows, otherwise) => rows.iter().all(|(_, v)| of(v)) && of(otherwise),
        Kind::ByDate(rows) => rows.iter().all(|(_, _, v)| of(v)),
        _ => false,
    }
}

/// Every name that stands in a condition.
fn collect_names(expr: &ast::Expr, add: &mut dyn FnMut(&str)) {
    fn operand(o: &ast::Operand, add: &mut dyn FnMut(&str)) {
        match o {
            ast::Operand::One(e) => collect_names(e, add),
            ast::Operand::OneOf(es, _) => es.iter().for_each(|e| collect_names(e, add)),
        }
    }
    match &expr.kind {
        ast::ExprKind::Name(name) => add(&name.text),
        ast::ExprKind::Step(base, name) => {
            collect_names(base, add);
            add(&name.text);
        }
        ast::ExprKind::Filter(a, b) | ast::ExprKind::Unless(a, b) => {
            collect_names(a, add);
            collect_names(b, add);
        }
        ast::ExprKind::Group(a) | ast::ExprKind::Not(a) | ast::ExprKind::Modified(a, _) => collect_names(a, add),
        ast::ExprKind::Block(_, cs) => cs.iter().for_each(|c| {
            if let Some(label) = &c.label {
                add(&label.text);
            }
            collect_names(&c.expr, add);
        }),
        ast::ExprKind::Quantified(_, list, cs) => {
            collect_names(list, add);
            cs.iter().flatten().for_each(|c| collect_names(&c.expr, add));
        }
        ast::ExprKind::And(terms) | ast::ExprKind::Or(terms) => terms.iter().for_each(|t| collect_names(t, add)),
        ast::ExprKind::Compare(left, _, o) => {
            collect_names(left, add);
            operand(o, add);
        }
        ast::ExprKind::Status { subject, operand: o, .. } => {
            if let Some(subject) = subject {
                collect_names(subject, add);
            }
            operand(o, add);
        }
        ast::ExprKind::Sum(first, rest) => {
            collect_names(first, add);
            rest.iter().for_each(|(_, e)| collect_names(e, add));
        }
        ast::ExprKind::Product(first, rest) => {
            collect_names(first, add);
            rest.iter().for_each(|(_, e)| collect_names(e, add));
        }
        ast::ExprKind::Case { .. } | ast::ExprKind::Literal(_) | ast::ExprKind::Period(_) => {}
    }
}

/// Whether an expression is a fact of the unit, or of a record that facts lead to from it.
fn is_path(expr: &Expr) -> bool {
    match &expr.kind {
        Kind::Field(of, _) => matches!(of.kind, Kind::Frame(0)) || is_path(of),
        _ => false,
    }
}
