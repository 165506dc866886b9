//! What the checker promises of a [`Model`], as a check of its own.
//!
//! A set that was read from text keeps these promises by the way it was made. One that came in as bytes is held to them
//! before anything is built on it: every id stands for something, every expression has the type it says, nothing leads back to
//! itself, nothing nests deeper than the stages that follow can bear. Tests hold every set read from text to them too, so
//! the two authorities cannot drift apart.

mod expr;
mod profile;
mod schema;

use super::{Dated, Expr, Kind, Model, Policy, Type};
use crate::ids::{DefineId, EnumId, ParameterId, PolicyId};
use crate::schema::Symbol;
use crate::value::{Date, Number};

/// The deepest an expression may nest, with the definitions and figures it leads to. The text of real policies stays below
/// 40; the stages that follow recurse as deep as this.
pub const DEEPEST: u32 = 400;

/// A promise that is not kept: what, and of what.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} ({of})")]
pub struct Broken {
    what: &'static str,
    of: String,
}

type Kept = Result<(), Broken>;

fn broken(what: &'static str, of: impl Into<String>) -> Kept {
    Err(Broken { what, of: of.into() })
}

/// Whether a model keeps every promise of the stage.
///
/// ```
/// let mut model = entitle::checked::Model::default();
/// assert!(entitle::checked::invariants::check(&model).is_err(), "every set has the enum of its policies");
/// ```
///
/// # Errors
/// The first promise that is not kept.
pub fn check(model: &Model) -> Result<(), Broken> {
    let mut kept = Promises::of(model)?;
    if kept.count() != model.policies.len() {
        return broken(UNLISTED, "policy");
    }
    kept.policies(&model.policies, 0)
}

const UNLISTED: &str = "not every policy is a value of the enum of policies";

/// What policies are held to: a set all of which but its policies keeps every promise. Policies can be looked at in parts, each with
/// a copy of this.
#[derive(Clone)]
pub(crate) struct Promises<'m> {
    model: &'m Model,
    heights: Heights<'m>,
    listed: &'m [Symbol],
}

impl<'m> Promises<'m> {
    /// Looks at all of a set but its policies.
    pub(crate) fn of(model: &'m Model) -> Result<Self, Broken> {
        schema::check(model)?;
        let mut heights = Heights {
            model,
            defines: vec![Height::New; model.defines.len()],
            parameters: vec![Height::New; model.parameters.len()],
        };
        for (i, define) in model.defines.iter().enumerate() {
            let of = &define.name.id;
            schema::name(&define.name)?;
            expr::owner(model, define.owner, of)?;
            // Depth first: what nests too deeply is not walked further.
            heights.define(DefineId::of(i), 0)?;
            expr::check(model, &define.value, define.owner, of)?;
        }
        for (i, parameter) in model.parameters.iter().enumerate() {
            let of = &parameter.name.id;
            schema::name(&parameter.name)?;
            expr::owner(model, parameter.owner, of)?;
            schema::unit(parameter.unit, of)?;
            rows(&parameter.rows, of)?;
            heights.parameter(ParameterId::of(i), 0)?;
            for row in &parameter.rows {
                expr::check(model, &row.value, parameter.owner, of)?;
                expr::fits(&row.value, Type::Number(parameter.unit), of)?;
            }
        }
        for always in &model.always {
            let of = "always";
            expr::owner(model, Some(always.owner), of)?;
            heights.of(&always.condition, 0)?;
            expr::check(model, &always.condition, Some(always.owner), of)?;
            expr::fits(&always.condition, Type::YesNo, of)?;
        }
        let listed = model.schema.enumeration(EnumId::POLICY).map_or(&[][..], |e| e.values.as_slice());
        // A warning is allowed in a policy of the set.
        let known = |p: &PolicyId| p.index() < listed.len();
        if !model.silences.iter().all(|s| s.policy.as_ref().is_none_or(known)) {
            broken("a warning is allowed in a policy that there is not", "allow")?;
        }
        Ok(Self { model, heights, listed })
    }

    /// How many policies there have to be.
    pub(crate) const fn count(&self) -> usize {
        self.listed.len()
    }

    /// Looks at policies of the set, the first of which has that position.
    pub(crate) fn policies(&mut self, policies: &[Policy], first: usize) -> Kept {
        let listed = self.listed.get(first..).unwrap_or(&[]);
        if listed.len() < policies.len() {
            return broken(UNLISTED, "policy");
        }
        policies.iter().zip(listed).try_for_each(|(policy, symbol)| self.policy(policy, symbol))
    }

    fn policy(&mut self, policy: &Policy, symbol: &Symbol) -> Kept {
        let Self { model, heights, listed } = self;
        let (model, of) = (*model, &policy.name.id);
        if policy.name != symbol.name {
            return broken("the enum of policies calls it by another name", of);
        }
        if !model.schema.entity(policy.unit).is_some_and(|e| e.is_unit) {
            return broken("a policy is for what is no unit", of);
        }
        if policy.in_force.iter().any(|(from, to)| to.is_some_and(|to| to < *from)) || !policy.in_force.is_sorted() {
            return broken("the days it is in force are out of order", of);
        }
        for condition in &policy.conditions {
            heights.of(&condition.expr, 0)?;
            expr::check(model, &condition.expr, Some(policy.unit), of)?;
            expr::fits(&condition.expr, Type::YesNo, of)?;
        }
        for amount in policy.benefits.iter().filter_map(|b| b.amount.as_ref()) {
            heights.of(amount, 0)?;
            expr::check(model, amount, Some(policy.unit), of)?;
            if !matches!(amount.ty, Type::Number(_)) {
                return broken("an amount is no number", of);
            }
        }
        for expr in policy.lasts.iter().chain(&policy.counts_as_income) {
            heights.of(expr, 0)?;
            expr::check(model, expr, Some(policy.unit), of)?;
        }
        let known = |p: &u32| (*p as usize) < listed.len();
        if !policy.exclusions.iter().all(|e| e.policies.iter().all(known)) {
            return broken("an effect names a policy that there is not", of);
        }
        policy.scenarios.iter().try_for_each(|scenario| profile::check(&model.schema, &scenario.profile, of))
    }
}

/// Dated rows stand in order, without overlap.
fn rows(rows: &[Dated], of: &str) -> Kept {
    periods(rows.iter().map(|r| (r.from, r.to)), of)
}

fn periods(periods: impl Iterator<Item = (Date, Option<Date>)>, of: &str) -> Kept {
    let mut before: Option<Date> = None;
    for (from, to) in periods {
        let to = to.unwrap_or(Date::LAST);
        if to < from || before.is_some_and(|before| from <= before) {
            return broken("dated rows are out of order", of);
        }
        before = Some(to);
    }
    Ok(())
}

/// How deep definitions and figures nest, each with what it leads to. Finds circles on the way.
#[derive(Clone)]
struct Heights<'m> {
    model: &'m Model,
    defines: Vec<Height>,
    parameters: Vec<Height>,
}

#[derive(Clone, Copy)]
enum Height {
    New,
    /// Being measured right now: who comes here again has gone in a circle.
    Open,
    Known(u32),
}

const CIRCLE: &str = "a definition leads back to itself";

impl Heights<'_> {
    fn define(&mut self, id: DefineId, depth: u32) -> Result<u32, Broken> {
        let model = self.model;
        let Some(define) = model.defines.get(id.index()) else { return Ok(0) };
        match self.defines.get(id.index()) {
            Some(Height::Known(height)) => return Ok(*height),
            Some(Height::Open) => return Err(Broken { what: CIRCLE, of: define.name.id.clone() }),
            Some(Height::New) | None => {}
        }
        set(&mut self.defines, id.index(), Height::Open);
        let height = self.of(&define.value, depth)?;
        set(&mut self.defines, id.index(), Height::Known(height));
        Ok(height)
    }

    fn parameter(&mut self, id: ParameterId, depth: u32) -> Result<u32, Broken> {
        let model = self.model;
        let Some(parameter) = model.parameters.get(id.index()) else { return Ok(0) };
        match self.parameters.get(id.index()) {
            Some(Height::Known(height)) => return Ok(*height),
            Some(Height::Open) => return Err(Broken { what: CIRCLE, of: parameter.name.id.clone() }),
            Some(Height::New) | None => {}
        }
        set(&mut self.parameters, id.index(), Height::Open);
        let mut height = 0;
        for row in &parameter.rows {
            height = height.max(self.of(&row.value, depth)?);
        }
        set(&mut self.parameters, id.index(), Height::Known(height));
        Ok(height)
    }

    /// How deep an expression that stands at `depth` reaches below itself. The limit also ends the recursion.
    fn of(&mut self, expr: &Expr, depth: u32) -> Result<u32, Broken> {
        const DEEP: &str = "expressions and the definitions they lead to nest too deeply";
        if depth >= DEEPEST {
            return Err(Broken { what: DEEP, of: format!("at most {DEEPEST}") });
        }
        let mut height = match &expr.kind {
            Kind::Define(define, _) => self.define(*define, depth + 1)?,
            Kind::Parameter(parameter, _) => self.parameter(*parameter, depth + 1)?,
            _ => 0,
        };
        let mut failed = None;
        expr.parts(&mut |part| match self.of(part, depth + 1) {
            Ok(inner) => height = height.max(inner),
            Err(error) => failed = failed.take().or(Some(error)),
        });
        if let Some(error) = failed {
            return Err(error);
        }
        // What was measured elsewhere may stand deeper here.
        if depth.saturating_add(height) >= DEEPEST {
            return Err(Broken { what: DEEP, of: format!("at most {DEEPEST}") });
        }
        Ok(height + 1)
    }
}

fn set(heights: &mut [Height], at: usize, height: Height) {
    if let Some(slot) = heights.get_mut(at) {
        *slot = height;
    }
}

fn positive(number: Number) -> bool {
    number > Number::ZERO
}
