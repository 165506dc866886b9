//! Tables: rows that nobody reaches, and tiers that overlap so that their order decides.

use super::{Claim, Finding, Proof, Prover, error, said};
use crate::checked::{Expr, Kind, Model};
use crate::diagnostic::Diagnostic;
use crate::ids::{EntityId, PolicyId};
use crate::prove::{Target, made};
use crate::span::Span;
use crate::value::Date;
use std::collections::BTreeSet;

/// A table in its place.
struct Table<'m> {
    rows: &'m [(Expr, Expr)],
    /// The lists around it, outermost first.
    lists: Vec<&'m Expr>,
    /// The record its facts are of.
    unit: EntityId,
    in_force: Vec<(Date, Option<Date>)>,
    /// The policy whose amounts it stands in: only who is eligible counts.
    within: Option<PolicyId>,
    policy: Option<PolicyId>,
    name: String,
}

enum About {
    /// Nobody reaches the row.
    Row(usize),
    /// Nobody meets both rows, the first of them being stated before the second.
    Both(usize, usize),
    /// Whoever meets the first meets the second: a cascade, in which the order is meant.
    Cascade(usize, usize),
}

pub(super) fn look(model: &Model, prover: &mut Prover, findings: &mut Vec<Finding>) {
    let tables = tables(model, prover);
    let mut claims = Vec::new();
    let mut about = Vec::new();
    for (at, table) in tables.iter().enumerate() {
        let mut claim = |conditions: Vec<Expr>, what: About| {
            let wrapped = conditions_inside(table, conditions);
            let id = prover.add(table.unit, table.in_force.clone(), wrapped);
            let mut goals = vec![(Target::Whole(id), true)];
            goals.extend(table.within.map(|p| (Target::Whole(p), true)));
            claims.push(Claim { goals });
            about.push((at, what));
        };
        for row in 0..table.rows.len() {
            let mut conditions: Vec<Expr> = table.rows.iter().take(row).map(|(c, _)| not(c)).collect();
            conditions.extend(table.rows.get(row).map(|(c, _)| c.clone()));
            claim(conditions, About::Row(row));
        }
        if !tiers(table.rows) {
            continue;
        }
        for (i, (first, _)) in table.rows.iter().enumerate() {
            for (j, (second, _)) in table.rows.iter().enumerate().skip(i + 1) {
                // What an earlier row takes is not for these two to decide.
                let mut both: Vec<Expr> = table.rows.iter().take(i).map(|(c, _)| not(c)).collect();
                both.extend([first.clone(), second.clone()]);
                claim(both, About::Both(i, j));
                claim(vec![first.clone(), not(second)], About::Cascade(i, j));
            }
        }
    }
    let proofs = prover.prove(&claims);
    let mut told = BTreeSet::new();
    let fallen = |what: &dyn Fn(&About) -> bool, table: usize| {
        about.iter().zip(&proofs).find_map(|((t, a), p)| match p {
            Proof::Falls(..) if *t == table && what(a) => Some(()),
            _ => None,
        })
    };
    let mut overlaps = Vec::new();
    for (((at, what), proof), claim) in about.iter().zip(&proofs).zip(&claims) {
        let Some(table) = tables.get(*at) else { continue };
        match (what, proof) {
            (About::Row(row), Proof::Stands { .. }) => {
                let Some((condition, _)) = table.rows.get(*row) else { continue };
                // A definition with `this` stands once for each policy.
                if told.insert((condition.span, error::UNREACHABLE.id)) {
                    findings.push(unreachable(table, condition));
                }
            }
            (About::Both(i, j), Proof::Falls(on, profile)) => {
                let partly = fallen(&|a| matches!(a, About::Cascade(x, y) if x == i && y == j), *at).is_some();
                let reached = fallen(&|a| matches!(a, About::Row(row) if row == j), *at).is_some();
                if partly && reached {
                    overlaps.push((table, *i, *j, claim.clone(), *on, profile.clone()));
                }
            }
            _ => {}
        }
    }
    for (table, i, j, claim, on, profile) in overlaps {
        let (Some((first, _)), Some((second, _))) = (table.rows.get(i), table.rows.get(j)) else { continue };
        if !told.insert((second.span, error::OVERLAP.id)) {
            continue;
        }
        // What is said to be possible is shown.
        let Some(witness) = prover.witness(&claim, on, &profile) else { continue };
        let diagnostic = Diagnostic::warning(
            error::OVERLAP,
            second.span,
            format!("this tier of `{}` overlaps with an earlier one", table.name),
        )
        .label("some meet both, and the earlier one then counts")
        .related(first.span, "the earlier one")
        .help("say in one of them that the other does not hold, or allow it with the reason for the order");
        let finding = Finding { policy: table.policy, witness: Some(witness), ..Finding::new(diagnostic) };
        findings.push(finding.named([table.name.clone()]));
    }
}

fn unreachable(table: &Table<'_>, condition: &Expr) -> Finding {
    let words = said(condition.words.as_deref());
    let label = match table.within {
        Some(_) => "whoever is eligible meets an earlier row, or not this one",
        None => "whoever meets it meets an earlier row, or it can never hold",
    };
    let diagnostic = Diagnostic::warning(
        error::UNREACHABLE,
        condition.span,
        format!("nobody reaches this row of `{}`{words}", table.name),
    )
    .label(label)
    .help("leave it out, or compare it with the rows before it");
    Finding { policy: table.policy, ..Finding::new(diagnostic) }.named([table.name.clone()])
}

fn not(expr: &Expr) -> Expr {
    made(Kind::Not(Box::new(expr.clone())), expr.span)
}

/// The conditions of the lists around a table: that there is an entry for which they hold together.
fn conditions_inside(table: &Table<'_>, conditions: Vec<Expr>) -> Vec<Expr> {
    if table.lists.is_empty() {
        return conditions;
    }
    let mut inner = made(Kind::And(conditions), Span::default());
    for list in table.lists.iter().rev() {
        inner = made(Kind::Any(Box::new((*list).clone()), Box::new(inner)), Span::default());
    }
    vec![inner]
}

/// Whether rows are conditions of their own, not bands or values of one subject. All rows of a subject compare the very
/// same text.
fn tiers(rows: &[(Expr, Expr)]) -> bool {
    let subject = |condition: &Expr| match &condition.kind {
        Kind::Compare(_, a, _) | Kind::CompareElapsed(_, a, _, _) | Kind::OneOf(a, _) => Some(a.span),
        Kind::Or(ways) => ways.first().and_then(|w| match &w.kind {
            Kind::Compare(_, a, _) | Kind::OneOf(a, _) => Some(a.span),
            _ => None,
        }),
        _ => None,
    };
    let subjects: BTreeSet<Option<Span>> = rows.iter().map(|(c, _)| subject(c)).collect();
    rows.len() > 1 && (subjects.len() > 1 || subjects.contains(&None))
}

fn tables<'m>(model: &'m Model, prover: &Prover) -> Vec<Table<'m>> {
    let mut found = Vec::new();
    for (id, policy) in super::conditions::written(model) {
        let place = |within: Option<PolicyId>| Place {
            unit: policy.unit,
            in_force: policy.in_force.clone(),
            within,
            policy: Some(id),
            name: policy.name.id.clone(),
        };
        for condition in &policy.conditions {
            walk(&condition.expr, &mut Vec::new(), &place(None), &mut found);
        }
        for amount in policy.benefits.iter().filter_map(|b| b.amount.as_ref()).chain(&policy.lasts) {
            walk(amount, &mut Vec::new(), &place(Some(id)), &mut found);
        }
    }
    let ever = model.policies.iter().flat_map(|p| &p.in_force).map(|(from, _)| *from).min();
    let Some(ever) = ever else { return found };
    for define in &model.defines {
        let Some(owner) = define.owner.filter(|o| prover.is_unit(*o)) else { continue };
        let place = Place {
            unit: owner,
            in_force: vec![(ever, None)],
            within: None,
            policy: None,
            name: define.name.id.clone(),
        };
        walk(&define.value, &mut Vec::new(), &place, &mut found);
    }
    for parameter in &model.parameters {
        let Some(owner) = parameter.owner.filter(|o| prover.is_unit(*o)) else { continue };
        for row in &parameter.rows {
            let place = Place {
                unit: owner,
                in_force: vec![(row.from, row.to)],
                within: None,
                policy: None,
                name: parameter.name.id.clone(),
            };
            walk(&row.value, &mut Vec::new(), &place, &mut found);
        }
    }
    found
}

struct Place {
    unit: EntityId,
    in_force: Vec<(Date, Option<Date>)>,
    within: Option<PolicyId>,
    policy: Option<PolicyId>,
    name: String,
}

fn walk<'m>(expr: &'m Expr, lists: &mut Vec<&'m Expr>, place: &Place, found: &mut Vec<Table<'m>>) {
    if let Kind::Case(rows, _) = &expr.kind {
        found.push(Table {
            rows,
            lists: lists.clone(),
            unit: place.unit,
            in_force: place.in_force.clone(),
            within: place.within,
            policy: place.policy,
            name: place.name.clone(),
        });
    }
    match &expr.kind {
        Kind::All(list, body) | Kind::Any(list, body) | Kind::Fold(_, list, body) | Kind::Filter(list, body) => {
            walk(list, lists, place, found);
            lists.push(list);
            walk(body, lists, place, found);
            lists.pop();
        }
        _ => expr.parts(&mut |part| walk(part, lists, place, found)),
    }
}
