//! Two sets in one: the newer vocabulary, with what only the older one has added to it, and the older definitions, figures
//! and policies behind the newer ones. In it one household can be asked about both.
//!
//! What has no counterpart of the same type is not carried over; a policy that needs it is compared by cases only.

use crate::checked::{Dated, Define, Expr, Kind, Model, Parameter, Policy, Type};
use crate::ids::{DefineId, EntityId, EnumId, FieldId, ParameterId, PolicyId};
use crate::schema::{Entity, FieldType, Symbol};
use std::collections::BTreeMap;

/// The two sets as one.
pub(super) struct Joined {
    pub(super) model: Model,
    /// The older policies in it, by their ids in the older set.
    pub(super) before: BTreeMap<PolicyId, PolicyId>,
}

/// Where things of the older set are in the joined one.
struct Places {
    entities: Vec<Option<EntityId>>,
    fields: Vec<Option<FieldId>>,
    enums: Vec<Option<(EnumId, Vec<Option<u32>>)>>,
    defines: Vec<Option<DefineId>>,
    parameters: Vec<Option<ParameterId>>,
}

pub(super) fn join(old: &Model, new: &Model) -> Joined {
    let mut model = new.clone();
    model.policies.iter_mut().for_each(|p| p.scenarios.clear());
    let mut places = vocabulary(old, &mut model);
    for parameter in &old.parameters {
        let id = ParameterId::of(model.parameters.len());
        // Rows may use definitions and figures that come later; they are filled in below.
        let empty =
            Parameter { rows: Vec::new(), owner: parameter.owner.and_then(|o| places.entity(o)), ..parameter.clone() };
        model.parameters.push(empty);
        places.parameters.push(Some(id));
    }
    for define in &old.defines {
        // One whose owner is not there cannot be carried over either.
        let owner = define.owner.map(|o| places.entity(o));
        let value = places.expr(&define.value).filter(|_| owner != Some(None));
        places.defines.push(value.map(|value| {
            let id = DefineId::of(model.defines.len());
            model.defines.push(Define { owner: owner.flatten(), value, ..define.clone() });
            id
        }));
    }
    // A figure with a row that cannot be carried over is none, and so is what uses it: found out until nothing changes.
    let mut rows: Vec<Option<Vec<Dated>>> = Vec::new();
    for parameter in &old.parameters {
        let row = |r: &Dated| Some(Dated { value: places.expr(&r.value)?, ..r.clone() });
        rows.push(parameter.rows.iter().map(row).collect());
    }
    let lost: Vec<usize> = rows.iter().enumerate().filter(|(_, r)| r.is_none()).map(|(i, _)| i).collect();
    let first = new.parameters.len();
    for (at, rows) in rows.into_iter().enumerate() {
        if let (Some(slot), Some(rows)) = (model.parameters.get_mut(first + at), rows) {
            slot.rows = rows;
        }
    }
    let broken = broken(old, &lost);
    for always in &old.always {
        if let (Some(owner), Some(condition)) = (places.entity(always.owner), places.expr(&always.condition)) {
            model.always.push(crate::checked::Always { owner, condition, ..always.clone() });
        }
    }
    let mut before = BTreeMap::new();
    for (i, policy) in old.policies.iter().enumerate().filter(|(_, p)| p.written) {
        if let Some(carried) = places.policy(policy).filter(|_| !uses(policy, &broken)) {
            before.insert(PolicyId::of(i), PolicyId::of(model.policies.len()));
            model.policies.push(carried);
        }
    }
    Joined { model, before }
}

/// The older vocabulary in the newer one: by name and type, and by former name.
fn vocabulary(old: &Model, model: &mut Model) -> Places {
    let mut places = Places {
        entities: Vec::new(),
        fields: Vec::new(),
        enums: Vec::new(),
        defines: Vec::new(),
        parameters: Vec::new(),
    };
    for (i, e) in old.schema.enums.iter().enumerate() {
        let policies = EnumId::of(i) == EnumId::POLICY;
        let there = model.schema.enums.iter().position(|n| n.name.id == e.name.id);
        let Some(there) = there else {
            let id = EnumId::of(model.schema.enums.len());
            model.schema.enums.push(e.clone());
            places.enums.push(Some((id, (0..e.values.len()).map(|v| u32::try_from(v).ok()).collect())));
            continue;
        };
        let id = EnumId::of(there);
        let mut values = Vec::new();
        for value in &e.values {
            let known = model.schema.symbol_named(id, &value.name.id);
            let known = known.or_else(|| {
                // A policy that is gone can still be held.
                let all = model.schema.enums.get_mut(there).filter(|_| policies).map(|e| &mut e.values)?;
                let position = u32::try_from(all.len()).ok()?;
                all.push(Symbol { parent: None, end: position.saturating_add(1), ..value.clone() });
                Some(position)
            });
            values.push(known);
        }
        let rising = values.iter().flatten().zip(values.iter().flatten().skip(1)).all(|(a, b)| a < b);
        places.enums.push((rising || !e.ascending).then_some((id, values)));
    }
    for e in &old.schema.entities {
        let there = model.schema.entities.iter().position(|n| n.name.id == e.name.id && n.named == e.named);
        let id = there.unwrap_or(model.schema.entities.len());
        if there.is_none() {
            model.schema.entities.push(Entity { fields: Vec::new(), ..e.clone() });
        }
        if let Some(entity) = model.schema.entities.get_mut(id) {
            entity.is_unit |= e.is_unit;
        }
        places.entities.push(Some(EntityId::of(id)));
    }
    let mut added = Vec::new();
    for (i, field) in old.schema.fields.iter().enumerate() {
        let (Some(entity), Some(ty)) = (places.entity(field.entity), places.field_type(field.ty)) else {
            places.fields.push(None);
            continue;
        };
        let there = model.schema.field_named(entity, &field.name.id);
        let known = there.and_then(|id| model.schema.field(id).map(|f| (id, f.ty)));
        places.fields.push(match known {
            Some((id, now)) if now == ty => {
                if let Some(now) = model.schema.fields.get_mut(id.index()) {
                    // Households that both can describe.
                    now.range = (now.range.0.max(field.range.0), now.range.1.min(field.range.1));
                    now.up_to = now.up_to.min(field.up_to);
                }
                Some(id)
            }
            Some(_) => None,
            None => {
                let id = FieldId::of(model.schema.fields.len());
                model.schema.fields.push(crate::schema::Field { entity, ty, ..field.clone() });
                model.field_spans.push(old.field_spans.get(i).copied().unwrap_or_default());
                if let Some(owner) = model.schema.entities.get_mut(entity.index()) {
                    owner.fields.push(id);
                }
                added.push((i, id));
                Some(id)
            }
        });
    }
    for (i, id) in added {
        let Some(field) = old.schema.fields.get(i) else { continue };
        let back = field.back.and_then(|b| places.field(b));
        let includes = field.includes.iter().filter_map(|f| places.field(*f)).collect();
        if let Some(now) = model.schema.fields.get_mut(id.index()) {
            now.back = back;
            now.includes = includes;
        }
    }
    places
}

impl Places {
    fn entity(&self, id: EntityId) -> Option<EntityId> {
        self.entities.get(id.index()).copied().flatten()
    }

    fn field(&self, id: FieldId) -> Option<FieldId> {
        self.fields.get(id.index()).copied().flatten()
    }

    fn enumeration(&self, id: EnumId) -> Option<&(EnumId, Vec<Option<u32>>)> {
        self.enums.get(id.index())?.as_ref()
    }

    fn field_type(&self, ty: FieldType) -> Option<FieldType> {
        Some(match ty {
            FieldType::YesNo | FieldType::Date | FieldType::Quantity(_) => ty,
            FieldType::Symbol(e) => FieldType::Symbol(self.enumeration(e)?.0),
            FieldType::Set(e) => FieldType::Set(self.enumeration(e)?.0),
            FieldType::Record(e) => FieldType::Record(self.entity(e)?),
            FieldType::List(e) => FieldType::List(self.entity(e)?),
        })
    }

    fn ty(&self, ty: Type) -> Option<Type> {
        Some(match ty {
            Type::YesNo | Type::Date | Type::Elapsed | Type::Number(_) => ty,
            Type::Symbol(e) => Type::Symbol(self.enumeration(e)?.0),
            Type::Set(e) => Type::Set(self.enumeration(e)?.0),
            Type::Record(e) => Type::Record(self.entity(e)?),
            Type::List(e) => Type::List(self.entity(e)?),
        })
    }

    fn value(&self, of: Type, value: u32) -> Option<u32> {
        let (Type::Symbol(e) | Type::Set(e)) = of else { return None };
        self.enumeration(e)?.1.get(value as usize).copied().flatten()
    }

    /// The values that are there; what is not there nobody can say.
    fn values(&self, of: Type, values: &[u32]) -> Vec<u32> {
        let mut all: Vec<u32> = values.iter().filter_map(|v| self.value(of, *v)).collect();
        all.sort_unstable();
        all
    }

    fn expr(&self, expr: &Expr) -> Option<Expr> {
        let mut carried = expr.with_parts(&mut |part| self.expr(part))?;
        carried.ty = self.ty(expr.ty)?;
        carried.kind = match (carried.kind, &expr.kind) {
            (Kind::Field(of, field), _) => Kind::Field(of, self.field(field)?),
            (Kind::Define(id, of), _) => Kind::Define(self.defines.get(id.index()).copied().flatten()?, of),
            (Kind::Parameter(id, of), _) => Kind::Parameter(self.parameters.get(id.index()).copied().flatten()?, of),
            (Kind::Symbol(value), _) => Kind::Symbol(self.value(expr.ty, value)?),
            (Kind::OneOf(of, values), Kind::OneOf(was, _)) => Kind::OneOf(of, self.values(was.ty, &values)),
            (Kind::Includes(of, values), Kind::Includes(was, _)) => Kind::Includes(of, self.values(was.ty, &values)),
            (kind, _) => kind,
        };
        Some(carried)
    }

    fn policy(&self, policy: &Policy) -> Option<Policy> {
        let mut carried = policy.clone();
        carried.scenarios.clear();
        carried.unit = self.entity(policy.unit)?;
        for condition in &mut carried.conditions {
            condition.expr = self.expr(&condition.expr)?;
        }
        for benefit in &mut carried.benefits {
            if let Some(amount) = &benefit.amount {
                benefit.amount = Some(self.expr(amount)?);
            }
        }
        carried.lasts = None;
        Some(carried)
    }
}

/// The older definitions and figures that lead to a figure which could not be carried over.
fn broken(old: &Model, lost: &[usize]) -> (Vec<bool>, Vec<bool>) {
    let mut defines = vec![false; old.defines.len()];
    let mut parameters: Vec<bool> = (0..old.parameters.len()).map(|i| lost.contains(&i)).collect();
    if lost.is_empty() {
        return (defines, parameters);
    }
    loop {
        let before = (defines.clone(), parameters.clone());
        for (define, slot) in old.defines.iter().zip(&mut defines) {
            *slot |= mentions(&define.value, &before);
        }
        for (parameter, slot) in old.parameters.iter().zip(&mut parameters) {
            *slot |= parameter.rows.iter().any(|r| mentions(&r.value, &before));
        }
        if before == (defines.clone(), parameters.clone()) {
            return (defines, parameters);
        }
    }
}

fn mentions(expr: &Expr, broken: &(Vec<bool>, Vec<bool>)) -> bool {
    let here = match &expr.kind {
        Kind::Define(id, _) => broken.0.get(id.index()).copied().unwrap_or(true),
        Kind::Parameter(id, _) => broken.1.get(id.index()).copied().unwrap_or(true),
        _ => false,
    };
    let mut found = here;
    expr.parts(&mut |part| found |= mentions(part, broken));
    found
}

fn uses(policy: &Policy, broken: &(Vec<bool>, Vec<bool>)) -> bool {
    let amounts = policy.benefits.iter().filter_map(|b| b.amount.as_ref());
    policy.conditions.iter().map(|c| &c.expr).chain(amounts).any(|e| mentions(e, broken))
}
