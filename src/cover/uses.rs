//! Which policies a definition or a figure can reach, and a copy of the model with only some policies.

use super::Place;
use crate::checked::{Define, Expr, Kind, Model, Parameter, Policy};
use crate::ids::{DefineId, ParameterId, PolicyId};
use std::collections::{BTreeMap, BTreeSet};

/// The definitions and figures that each policy uses, directly or through others.
#[derive(Clone, Debug, Default)]
pub struct Uses {
    defines: BTreeMap<DefineId, BTreeSet<PolicyId>>,
    figures: BTreeMap<ParameterId, BTreeSet<PolicyId>>,
}

impl Uses {
    /// Looks through every policy.
    #[must_use]
    pub fn of(model: &Model) -> Self {
        let mut uses = Self::default();
        for (i, policy) in model.policies.iter().enumerate() {
            let mut reached = Reached::default();
            policy.conditions.iter().for_each(|c| reached.walk(model, &c.expr));
            policy.benefits.iter().filter_map(|b| b.amount.as_ref()).for_each(|e| reached.walk(model, e));
            for define in reached.defines {
                uses.defines.entry(define).or_default().insert(PolicyId::of(i));
            }
            for figure in reached.figures {
                uses.figures.entry(figure).or_default().insert(PolicyId::of(i));
            }
        }
        uses
    }

    /// The policies that a change at a place can turn.
    #[must_use]
    pub fn users(&self, place: Place) -> BTreeSet<PolicyId> {
        match place {
            Place::Condition(policy, _) | Place::Amount(policy, _) => BTreeSet::from([policy]),
            Place::Define(define) => self.defines.get(&define).cloned().unwrap_or_default(),
            Place::Figure(figure, _) => self.figure_users(figure),
        }
    }

    /// The policies that use a figure.
    #[must_use]
    pub fn figure_users(&self, figure: ParameterId) -> BTreeSet<PolicyId> {
        self.figures.get(&figure).cloned().unwrap_or_default()
    }

    /// The definitions that some policy uses.
    pub fn defines(&self) -> impl Iterator<Item = DefineId> + '_ {
        self.defines.keys().copied()
    }

    /// The figures that some policy uses.
    pub fn figures(&self) -> impl Iterator<Item = ParameterId> + '_ {
        self.figures.keys().copied()
    }
}

#[derive(Default)]
struct Reached {
    defines: BTreeSet<DefineId>,
    figures: BTreeSet<ParameterId>,
}

impl Reached {
    fn walk(&mut self, model: &Model, expr: &Expr) {
        match &expr.kind {
            Kind::Define(id, _) if self.defines.insert(*id) => {
                model.defines.get(id.index()).into_iter().for_each(|d| self.walk(model, &d.value));
            }
            Kind::Parameter(id, _) if self.figures.insert(*id) => {
                let rows = model.parameters.get(id.index()).into_iter().flat_map(|p| &p.rows);
                rows.for_each(|r| self.walk(model, &r.value));
            }
            _ => {}
        }
        expr.parts(&mut |part| self.walk(model, part));
    }
}

/// The model with its vocabulary and the names of everything, and nothing else: what [`only`] fills in.
#[must_use]
pub fn bare(model: &Model) -> Model {
    let mut empty = Model {
        schema: model.schema.clone(),
        field_spans: model.field_spans.clone(),
        always: model.always.clone(),
        ..Model::default()
    };
    for define in &model.defines {
        let (ty, span) = (define.value.ty, define.value.span);
        let value = Expr { kind: Kind::Missing, ty, span, words: None, labelled: false };
        empty.defines.push(Define { name: define.name.clone(), value, ..*define });
    }
    for parameter in &model.parameters {
        let name = parameter.name.clone();
        empty.parameters.push(Parameter { name, rows: Vec::new(), sources: Vec::new(), ..*parameter });
    }
    for policy in &model.policies {
        empty.policies.push(Policy {
            name: policy.name.clone(),
            title: policy.title.clone(),
            category: None,
            department: None,
            region: None,
            in_force: Vec::new(),
            sources: Vec::new(),
            read: None,
            conditions: Vec::new(),
            benefits: Vec::new(),
            exclusions: Vec::new(),
            lasts: None,
            counts_as_income: None,
            apply_at: Vec::new(),
            bring: Vec::new(),
            scenarios: Vec::new(),
            written: false,
            ..*policy
        });
    }
    empty
}

/// The [`bare`] model with the conditions and amounts of some policies and all that these use. Every id keeps its
/// meaning; with so little in it, it has few epochs and compiles in a moment.
#[must_use]
pub fn only(model: &Model, bare: &Model, policies: &BTreeSet<PolicyId>) -> Model {
    let mut reached = Reached::default();
    for policy in policies.iter().filter_map(|p| model.policies.get(p.index())) {
        policy.conditions.iter().for_each(|c| reached.walk(model, &c.expr));
        policy.benefits.iter().filter_map(|b| b.amount.as_ref()).for_each(|e| reached.walk(model, e));
    }
    model.always.iter().for_each(|a| reached.walk(model, &a.condition));
    let mut small = bare.clone();
    for id in &reached.defines {
        if let (Some(slot), Some(full)) = (small.defines.get_mut(id.index()), model.defines.get(id.index())) {
            slot.clone_from(full);
        }
    }
    for id in &reached.figures {
        if let (Some(slot), Some(full)) = (small.parameters.get_mut(id.index()), model.parameters.get(id.index())) {
            slot.clone_from(full);
        }
    }
    for id in policies {
        if let (Some(slot), Some(full)) = (small.policies.get_mut(id.index()), model.policies.get(id.index())) {
            slot.clone_from(full);
            slot.scenarios = Vec::new();
        }
    }
    small
}
