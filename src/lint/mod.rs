//! What is probably not meant: warnings about policies that are valid.
//!
//! Whether a condition can hold is decided exactly, over every household the vocabulary and the constraints allow, by the
//! same search that decides verdicts: a warning "can never hold" is proved, and where the search ends without a proof there
//! is no warning.

pub mod error;

use crate::checked::{Expr, Kind, Model};
use crate::diagnostic::Diagnostic;
use crate::graph::{Bound, Node, NodeId};
use crate::ids::{DefineId, FieldId, ParameterId, PolicyId};
use crate::profile::Profile;
use crate::schema::{FieldType, Schema};
use crate::value::{Date, Language};
use crate::verdict::exact;
use crate::verdict::from_graph::Scratch;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The warnings on a policy set. `starts` are the first days of its epochs, `at` gives the rules of a day.
#[must_use]
pub fn lint(model: &Model, starts: &[Date], at: &mut dyn FnMut(Date) -> Option<Rc<Bound>>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let mut days: BTreeSet<Date> = starts.iter().copied().collect();
    days.extend(model.policies.iter().flat_map(|p| &p.in_force).map(|(from, _)| *from));
    // Within an epoch a condition can still turn with the day itself.
    for start in days.clone() {
        days.extend(at(start).iter().flat_map(|bound| named_days(bound)));
    }
    let mut seen: BTreeMap<PolicyId, Findings> = BTreeMap::new();
    let mut twins: BTreeMap<(PolicyId, PolicyId), bool> = BTreeMap::new();
    let mut scratch = Scratch::default();
    for day in days {
        let policies: Vec<PolicyId> = in_force(model, day).collect();
        let Some(bound) = at(day).filter(|_| !policies.is_empty()) else { continue };
        same_meaning(&bound, &policies, &mut twins);
        for policy in policies {
            look(&bound, policy, seen.entry(policy).or_default(), &mut scratch);
        }
    }
    for (policy, found) in &seen {
        report(model, *policy, found, &mut findings);
    }
    for (a, b) in twins.into_iter().filter(|(_, same)| *same).map(|(pair, _)| pair) {
        if let (Some(one), Some(other)) = (model.policies.get(a.index()), model.policies.get(b.index())) {
            findings.push(
                Diagnostic::warning(
                    error::SAME_MEANING,
                    other.span,
                    format!("`{}` asks the same as `{}`", other.name.id, one.name.id),
                )
                .related(one.span, "the other policy")
                .help("keep one of the two, or say what tells them apart"),
            );
        }
    }
    unused(model, &mut findings);
    findings.sort_by_key(|f| (f.span, f.code.id));
    findings
}

fn in_force(model: &Model, day: Date) -> impl Iterator<Item = PolicyId> + '_ {
    let on = move |spans: &[(Date, Option<Date>)]| spans.iter().any(|(a, b)| *a <= day && b.is_none_or(|b| day <= b));
    model.policies.iter().enumerate().filter(move |(_, p)| on(&p.in_force)).map(|(i, _)| PolicyId::of(i))
}

/// The days that conditions compare today with, and the turns of the months of a year where they ask for its month.
fn named_days(bound: &Bound) -> Vec<Date> {
    let graph = &bound.graph;
    let mut days = Vec::new();
    let is_today = |id: NodeId| matches!(graph.node(id), Node::Today);
    for node in graph.nodes() {
        match node {
            Node::Compare(_, a, b) if is_today(*a) || is_today(*b) => {
                for side in [*a, *b] {
                    if let Node::Number(n) = graph.node(side) {
                        days.extend(
                            i64::try_from(n.numerator()).ok().into_iter().flat_map(|d| [d, d.saturating_add(1)]),
                        );
                    }
                }
            }
            Node::InSet(a, set) if is_today(*a) => {
                days.extend(bound.set(*set).as_slice().iter().flat_map(|(a, b)| [*a, b.saturating_add(1)]));
            }
            Node::Year(_) | Node::Month(_) => {
                let first = graph.span().0.max(Date::new(2000, 1, 1).unwrap_or(Date::FIRST));
                days.extend((0..13).filter_map(|m| Some(first.add_months(m)?.days())));
            }
            _ => {}
        }
    }
    days.into_iter().filter_map(Date::from_days).collect()
}

/// What a condition has been on every day so far.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum SoFar {
    /// No day was looked at yet.
    #[default]
    NoDay,
    /// True for every household on each day, or false.
    Settled(bool),
    /// Open on some day, or different from one to another.
    Open,
}

/// What one policy has been on every day so far, and each of its conditions by position.
#[derive(Default)]
struct Findings {
    whole: SoFar,
    conditions: Vec<SoFar>,
}

fn look(bound: &Bound, policy: PolicyId, found: &mut Findings, scratch: &mut Scratch) {
    let Some(entry) = bound.graph.entry(policy) else { return };
    let Some(root) = entry.root else { return };
    let nobody = Profile::new();
    let mut note = |so_far: &mut SoFar, node: NodeId| {
        // Once open, always open: no later day can make it a finding again.
        if *so_far == SoFar::Open {
            return;
        }
        let now = exact::settled(bound, policy, node, &nobody, scratch).map_or(SoFar::Open, SoFar::Settled);
        *so_far = if *so_far == SoFar::NoDay || *so_far == now { now } else { SoFar::Open };
    };
    note(&mut found.whole, root);
    found.conditions.resize(entry.clauses.len(), SoFar::NoDay);
    for (clause, so_far) in entry.clauses.iter().zip(&mut found.conditions) {
        note(so_far, clause.node);
    }
}

fn report(model: &Model, policy: PolicyId, found: &Findings, findings: &mut Vec<Diagnostic>) {
    let Some(declared) = model.policies.get(policy.index()) else { return };
    let name = &declared.name.id;
    if found.whole == SoFar::Settled(false) {
        findings.push(
            Diagnostic::warning(error::NOBODY, declared.span, format!("nobody can be eligible for `{name}`"))
                .label("its conditions cannot hold together")
                .help("look for two conditions that exclude each other"),
        );
    }
    if found.whole == SoFar::Settled(true) {
        findings.push(
            Diagnostic::warning(error::EVERYBODY, declared.span, format!("everybody is eligible for `{name}`"))
                .help("a condition is missing, or always holds"),
        );
    }
    for (condition, truth) in declared.conditions.iter().zip(&found.conditions) {
        let words = condition.expr.words.as_ref().map_or("", |w| w.get(Language::En));
        if *truth == SoFar::Settled(false) {
            findings.push(
                Diagnostic::warning(
                    error::NEVER,
                    condition.expr.span,
                    format!("this condition of `{name}` can never hold: {words}"),
                )
                .label("false whatever the facts are")
                .help("compare it with the bounds of its facts and with what always holds"),
            );
        }
        if *truth == SoFar::Settled(true) && found.whole != SoFar::Settled(true) {
            findings.push(
                Diagnostic::warning(
                    error::ALWAYS,
                    condition.expr.span,
                    format!("this condition of `{name}` always holds: {words}"),
                )
                .label("true whatever the facts are")
                .help("leave it out, or say what was meant"),
            );
        }
    }
}

/// Policies for the same kind that share one node: all their conditions are the same on that day.
fn same_meaning(bound: &Bound, policies: &[PolicyId], twins: &mut BTreeMap<(PolicyId, PolicyId), bool>) {
    let mut roots: BTreeMap<Vec<NodeId>, PolicyId> = BTreeMap::new();
    let mut same = BTreeSet::new();
    for policy in policies {
        let Some(root) = bound.graph.entry(*policy).and_then(|e| e.root) else { continue };
        // In whatever order they are written.
        let mut parts = match bound.graph.node(root) {
            Node::And(parts) => parts.to_vec(),
            _ => vec![root],
        };
        parts.sort_unstable();
        if let Some(first) = roots.get(&parts) {
            // What nobody or everybody can get is reported as that.
            if !matches!(bound.graph.node(root), Node::Bool(_)) {
                same.insert((*first, *policy));
            }
        } else {
            roots.insert(parts, *policy);
        }
    }
    // Twins are twins on every day on which both are in force.
    for (pair, still) in twins.iter_mut() {
        if policies.contains(&pair.0) && policies.contains(&pair.1) {
            *still &= same.contains(pair);
        }
    }
    for pair in same {
        twins.entry(pair).or_insert(true);
    }
}

/// What the policies use, directly or through definitions and figures.
#[derive(Default)]
struct Used {
    facts: BTreeSet<FieldId>,
    defines: BTreeSet<DefineId>,
    parameters: BTreeSet<ParameterId>,
}

impl Used {
    fn of(model: &Model) -> Self {
        let mut used = Self::default();
        for policy in &model.policies {
            policy.conditions.iter().for_each(|c| used.walk(model, &c.expr));
            policy.benefits.iter().filter_map(|b| b.amount.as_ref()).for_each(|e| used.walk(model, e));
            policy.lasts.iter().for_each(|e| used.walk(model, e));
        }
        model.always.iter().for_each(|a| used.walk(model, &a.condition));
        used
    }

    fn walk(&mut self, model: &Model, expr: &Expr) {
        match &expr.kind {
            Kind::Field(_, field) => {
                self.facts.insert(*field);
            }
            Kind::Define(id, _) if self.defines.insert(*id) => {
                model.defines.get(id.index()).into_iter().for_each(|d| self.walk(model, &d.value));
            }
            Kind::Parameter(id, _) if self.parameters.insert(*id) => {
                let rows = model.parameters.get(id.index()).into_iter().flat_map(|p| &p.rows);
                rows.for_each(|r| self.walk(model, &r.value));
            }
            _ => {}
        }
        expr.parts(&mut |part| self.walk(model, part));
    }
}

fn unused(model: &Model, findings: &mut Vec<Diagnostic>) {
    let schema = &model.schema;
    let used = Used::of(model);
    let figures = model.parameters.iter().enumerate().filter(|(i, _)| !used.parameters.contains(&ParameterId::of(*i)));
    for (_, parameter) in figures {
        findings.push(
            Diagnostic::warning(
                error::UNUSED_FIGURE,
                parameter.span,
                format!("no policy uses the figure `{}`", parameter.name.id),
            )
            .help("leave it out, or use it where its value is written as a number"),
        );
    }
    // A definition with `this` stands once for each policy; one use is enough.
    let names: BTreeSet<&str> =
        used.defines.iter().filter_map(|d| model.defines.get(d.index())).map(|d| d.name.id.as_str()).collect();
    let mut told = BTreeSet::new();
    // `need` orders the lists of a scan; no policy has to use it.
    let unasked = |d: &&crate::checked::Define| !names.contains(d.name.id.as_str()) && d.name.id != "need";
    for define in model.defines.iter().filter(unasked) {
        if told.insert(define.name.id.as_str()) {
            findings.push(
                Diagnostic::warning(
                    error::UNUSED_DEFINITION,
                    define.span,
                    format!("no policy uses the definition `{}`", define.name.id),
                )
                .help("leave it out, or use it where its text is repeated"),
            );
        }
    }
    for (i, field) in schema.fields.iter().enumerate() {
        let id = FieldId::of(i);
        let holds = matches!(field.ty, FieldType::Record(_) | FieldType::List(_)) || field.back.is_some();
        let receives = ["benefits", "recognitions"].contains(&field.name.id.as_str());
        if !used.facts.contains(&id) && !holds && !receives && named_entity(schema, id) {
            let Some(span) = model.field_spans.get(i).copied() else { continue };
            findings.push(
                Diagnostic::warning(error::UNUSED_FACT, span, format!("no policy asks for `{}`", field.name.id))
                    .help("leave it out: a household is then never asked for it"),
            );
        }
    }
}

fn named_entity(schema: &Schema, field: FieldId) -> bool {
    schema.field(field).and_then(|f| schema.entity(f.entity)).is_some_and(|e| e.named)
}

/// A figure whose last value ends, with the day after which it is unknown.
#[must_use]
pub fn ending_figures(model: &Model) -> Vec<(ParameterId, Date)> {
    let mut found = Vec::new();
    for (i, parameter) in model.parameters.iter().enumerate() {
        let known = parameter.rows.iter().filter(|r| !matches!(r.value.kind, Kind::Missing));
        let last = known.map(|r| (r.from, r.to)).max();
        if let Some((_, Some(to))) = last {
            found.push((ParameterId::of(i), to));
        }
    }
    found.sort_by_key(|(id, to)| (*to, *id));
    found
}
