//! An expression again with other parts: for whoever makes up conditions ("the policy without this part") or carries them
//! into another vocabulary.

use super::{Expr, Kind};

impl Expr {
    /// The same form with each part replaced by what `map` makes of it; none where it makes nothing of one.
    #[must_use]
    pub fn with_parts(&self, map: &mut dyn FnMut(&Self) -> Option<Self>) -> Option<Self> {
        let mut one = |e: &Self| map(e).map(Box::new);
        let kind = match &self.kind {
            Kind::Frame(_)
            | Kind::Number(_)
            | Kind::Date(_)
            | Kind::Today
            | Kind::Symbol(_)
            | Kind::Bool(_)
            | Kind::Missing => self.kind.clone(),
            Kind::Field(a, field) => Kind::Field(one(a)?, *field),
            Kind::Define(id, of) => Kind::Define(*id, of.as_deref().map(one).map_or(Some(None), |e| e.map(Some))?),
            Kind::Parameter(id, of) => {
                Kind::Parameter(*id, of.as_deref().map(one).map_or(Some(None), |e| e.map(Some))?)
            }
            Kind::And(parts) => Kind::And(parts.iter().map(map).collect::<Option<_>>()?),
            Kind::Or(parts) => Kind::Or(parts.iter().map(map).collect::<Option<_>>()?),
            Kind::Not(a) => Kind::Not(one(a)?),
            Kind::Compare(op, a, b) => Kind::Compare(*op, one(a)?, one(b)?),
            Kind::CompareElapsed(op, a, b, step) => Kind::CompareElapsed(*op, one(a)?, one(b)?, *step),
            Kind::OneOf(a, of) => Kind::OneOf(one(a)?, of.clone()),
            Kind::Within(a, b) => Kind::Within(one(a)?, one(b)?),
            Kind::Includes(a, of) => Kind::Includes(one(a)?, of.clone()),
            Kind::IncludesValue(a, b) => Kind::IncludesValue(one(a)?, one(b)?),
            Kind::SetIsEmpty(a) => Kind::SetIsEmpty(one(a)?),
            Kind::All(a, b) => Kind::All(one(a)?, one(b)?),
            Kind::Any(a, b) => Kind::Any(one(a)?, one(b)?),
            Kind::Filter(a, b) => Kind::Filter(one(a)?, one(b)?),
            Kind::Count(a) => Kind::Count(one(a)?),
            Kind::Fold(fold, a, b) => Kind::Fold(*fold, one(a)?, one(b)?),
            Kind::Add(a, b) => Kind::Add(one(a)?, one(b)?),
            Kind::Subtract(a, b) => Kind::Subtract(one(a)?, one(b)?),
            Kind::Multiply(a, b, f) => Kind::Multiply(one(a)?, one(b)?, *f),
            Kind::Divide(a, b, f) => Kind::Divide(one(a)?, one(b)?, *f),
            Kind::Least(a, b) => Kind::Least(one(a)?, one(b)?),
            Kind::Most(a, b) => Kind::Most(one(a)?, one(b)?),
            Kind::Round(mode, a, step) => Kind::Round(*mode, one(a)?, *step),
            Kind::Convert(a, f) => Kind::Convert(one(a)?, *f),
            Kind::Case(rows, otherwise) => {
                let rows = rows.iter().map(|(c, v)| Some((map(c)?, map(v)?))).collect::<Option<_>>()?;
                Kind::Case(rows, map(otherwise).map(Box::new)?)
            }
            Kind::ByDate(rows) => {
                Kind::ByDate(rows.iter().map(|(a, b, e)| Some((*a, *b, map(e)?))).collect::<Option<_>>()?)
            }
            Kind::Elapsed(a, b) => Kind::Elapsed(one(a)?, one(b)?),
            Kind::Shift(a, b, step) => Kind::Shift(one(a)?, one(b)?, *step),
            Kind::Year(a) => Kind::Year(one(a)?),
            Kind::Month(a) => Kind::Month(one(a)?),
        };
        Some(Self { kind, ..self.clone() })
    }
}
