//! Expressions: each has the type it says, by the types of its parts.

use super::{Broken, Kept, broken, periods, positive, schema};
use crate::checked::{Expr, Kind, Model, Step, Type};
use crate::ids::{EntityId, EnumId};
use crate::schema::FieldType;

pub(super) fn owner(model: &Model, owner: Option<EntityId>, of: &str) -> Kept {
    if owner.is_none_or(|e| model.schema.entity(e).is_some()) {
        return Ok(());
    }
    broken("it is of a record that is not declared", of)
}

/// Whether an expression can stand where a type is needed: as the checker has it, units may differ in how they are read.
pub(super) fn fits(expr: &Expr, ty: Type, of: &str) -> Kept {
    if alike(expr.ty, ty) { Ok(()) } else { broken("a value of another type is needed", of) }
}

fn alike(found: Type, wanted: Type) -> bool {
    match (found, wanted) {
        (Type::Number(a), Type::Number(b)) => a.alike(b),
        (a, b) => a == b,
    }
}

/// Checks an expression whose frame 0 is of that kind.
pub(super) fn check(model: &Model, expr: &Expr, owner: Option<EntityId>, of: &str) -> Kept {
    let mut frames: Vec<EntityId> = owner.into_iter().collect();
    Typing { model, of }.check(expr, &mut frames)
}

struct Typing<'m> {
    model: &'m Model,
    /// What the expression stands in, for the message.
    of: &'m str,
}

impl Typing<'_> {
    fn check(&self, expr: &Expr, frames: &mut Vec<EntityId>) -> Kept {
        if let Type::Number(unit) = expr.ty {
            schema::unit(unit, self.of)?;
        }
        // The entry of a list is in focus in the body, and only there.
        if let Kind::All(list, body) | Kind::Any(list, body) | Kind::Filter(list, body) | Kind::Fold(_, list, body) =
            &expr.kind
        {
            self.check(list, frames)?;
            let Type::List(entity) = list.ty else { return self.broken("entries are asked of what is no list") };
            frames.push(entity);
            let result = self.check(body, frames);
            frames.pop();
            result?;
        } else {
            let mut result = Ok(());
            expr.parts(&mut |part| {
                if result.is_ok() {
                    result = self.check(part, frames);
                }
            });
            result?;
        }
        if self.typed(expr, frames)? { Ok(()) } else { self.broken("an expression is not of the type it says") }
    }

    fn broken(&self, what: &'static str) -> Kept {
        broken(what, self.of)
    }

    /// Whether the type is the right one, given that the parts are typed rightly.
    fn typed(&self, expr: &Expr, frames: &[EntityId]) -> Result<bool, Broken> {
        let ty = expr.ty;
        let yes = ty == Type::YesNo;
        Ok(match &expr.kind {
            Kind::Frame(n) => frames.get(usize::from(*n)).is_some_and(|e| ty == Type::Record(*e)),
            Kind::Field(record, id) => self
                .model
                .schema
                .field(*id)
                .is_some_and(|f| record.ty == Type::Record(f.entity) && alike(ty, of_field(f.ty))),
            Kind::Define(id, subject) => self
                .model
                .defines
                .get(id.index())
                .is_some_and(|d| subject_fits(subject.as_deref(), d.owner) && alike(ty, d.value.ty)),
            Kind::Parameter(id, subject) => self
                .model
                .parameters
                .get(id.index())
                .is_some_and(|p| subject_fits(subject.as_deref(), p.owner) && alike(ty, Type::Number(p.unit))),
            Kind::Number(_) => is_number(ty),
            Kind::Date(_) | Kind::Today => ty == Type::Date,
            Kind::Symbol(position) => {
                matches!(ty, Type::Symbol(e) if self.model.schema.symbol(e, *position).is_some())
            }
            Kind::Bool(_) => yes,
            Kind::Missing => self.declared(ty),
            Kind::And(parts) | Kind::Or(parts) => yes && parts.iter().all(|p| p.ty == Type::YesNo),
            Kind::Not(inner) => yes && inner.ty == Type::YesNo,
            Kind::Compare(_, a, b) => {
                yes && alike(a.ty, b.ty) && matches!(a.ty, Type::Number(_) | Type::Date | Type::Symbol(_))
            }
            Kind::CompareElapsed(_, a, b, step) => {
                yes && a.ty == Type::Elapsed
                    && is_number(b.ty)
                    && matches!(step, Step::Months(1 | 12) | Step::Days(1 | 7))
            }
            Kind::OneOf(a, positions) => yes && matches!(a.ty, Type::Symbol(e) if self.positions(e, positions)),
            Kind::Within(a, b) => yes && a.ty == b.ty && matches!(a.ty, Type::Symbol(_)),
            Kind::Includes(set, positions) => yes && matches!(set.ty, Type::Set(e) if self.positions(e, positions)),
            Kind::IncludesValue(set, value) => {
                yes && matches!((set.ty, value.ty), (Type::Set(a), Type::Symbol(b)) if a == b)
            }
            Kind::SetIsEmpty(set) => yes && matches!(set.ty, Type::Set(_)),
            Kind::All(_, body) | Kind::Any(_, body) => yes && body.ty == Type::YesNo,
            Kind::Filter(list, body) => ty == list.ty && body.ty == Type::YesNo,
            Kind::Count(list) => is_number(ty) && matches!(list.ty, Type::List(_)),
            Kind::Fold(_, _, body) => alike(ty, body.ty) && (is_number(ty) || ty == Type::Date),
            Kind::Add(a, b) | Kind::Subtract(a, b) | Kind::Least(a, b) | Kind::Most(a, b) => {
                is_number(ty) && alike(a.ty, b.ty) && alike(ty, a.ty)
            }
            Kind::Multiply(a, b, factor) | Kind::Divide(a, b, factor) => {
                is_number(ty) && is_number(a.ty) && is_number(b.ty) && positive(*factor)
            }
            Kind::Round(_, a, step) => is_number(ty) && alike(ty, a.ty) && positive(*step),
            Kind::Convert(a, factor) => is_number(ty) && is_number(a.ty) && positive(*factor),
            Kind::Case(rows, otherwise) => {
                rows.iter().all(|(c, v)| c.ty == Type::YesNo && alike(v.ty, ty)) && alike(otherwise.ty, ty)
            }
            Kind::ByDate(rows) => {
                periods(rows.iter().map(|(from, to, _)| (*from, *to)), self.of)?;
                self.declared(ty) && rows.iter().all(|(_, _, v)| alike(v.ty, ty))
            }
            Kind::Elapsed(a, b) => ty == Type::Elapsed && a.ty == Type::Date && b.ty == Type::Date,
            Kind::Shift(date, count, step) => {
                let steps = matches!(step, Step::Months(1 | 12 | -1 | -12) | Step::Days(1 | 7 | -1 | -7));
                ty == Type::Date && date.ty == Type::Date && is_number(count.ty) && steps
            }
            Kind::Year(date) | Kind::Month(date) => is_number(ty) && date.ty == Type::Date,
        })
    }

    /// Positions of an enum, in rising order.
    fn positions(&self, e: EnumId, positions: &[u32]) -> bool {
        positions.is_sorted_by(|a, b| a < b) && positions.iter().all(|p| self.model.schema.symbol(e, *p).is_some())
    }

    /// Whether a type names what is declared: a value that is missing can be of any.
    fn declared(&self, ty: Type) -> bool {
        match ty {
            Type::Symbol(e) | Type::Set(e) => self.model.schema.enumeration(e).is_some(),
            Type::Record(e) | Type::List(e) => self.model.schema.entity(e).is_some(),
            Type::YesNo | Type::Date | Type::Elapsed | Type::Number(_) => true,
        }
    }
}

const fn is_number(ty: Type) -> bool {
    matches!(ty, Type::Number(_))
}

fn subject_fits(subject: Option<&Expr>, owner: Option<EntityId>) -> bool {
    subject.map(|s| s.ty) == owner.map(Type::Record)
}

const fn of_field(ty: FieldType) -> Type {
    match ty {
        FieldType::YesNo => Type::YesNo,
        FieldType::Date => Type::Date,
        FieldType::Quantity(unit) => Type::Number(unit),
        FieldType::Symbol(e) => Type::Symbol(e),
        FieldType::Set(e) => Type::Set(e),
        FieldType::Record(e) => Type::Record(e),
        FieldType::List(e) => Type::List(e),
    }
}
