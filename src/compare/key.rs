//! The meaning of what is written as a digest, whatever its layout, order and surface: two policies of one joined set with
//! the same key are the same on every day, without looking at any. Different keys mean nothing yet.

use crate::checked::{Dated, Expr, Kind, Model, Policy};
use crate::ids::{DefineId, ParameterId};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

pub(super) type Key = [u8; 32];

/// The keys of a joined set's definitions and figures, worked out when first asked for.
pub(super) struct Keys<'m> {
    model: &'m Model,
    defines: BTreeMap<DefineId, Key>,
    parameters: BTreeMap<ParameterId, Key>,
}

impl<'m> Keys<'m> {
    pub(super) fn new(model: &'m Model) -> Self {
        Self { model, defines: BTreeMap::new(), parameters: BTreeMap::new() }
    }

    /// What a policy asks and when; not what it gives.
    pub(super) fn conditions(&mut self, policy: &Policy) -> Key {
        let mut all: Vec<Key> = policy.conditions.iter().map(|c| self.expr(&c.expr)).collect();
        all.sort_unstable();
        all.dedup();
        hashed(&format!("{:?} {:?}", policy.unit, policy.in_force), &all)
    }

    /// What it gives, benefit by benefit.
    pub(super) fn amounts(&mut self, policy: &Policy) -> Vec<Key> {
        let amounts = policy.benefits.iter().filter_map(|b| b.amount.as_ref());
        amounts.map(|a| self.expr(a)).collect()
    }

    /// The rows of a figure.
    pub(super) fn row(&mut self, row: &Dated) -> Key {
        self.expr(&row.value)
    }

    pub(super) fn expr(&mut self, expr: &Expr) -> Key {
        let mut parts = Vec::new();
        let said = match &expr.kind {
            Kind::Define(id, _) => {
                let known = self.defines.get(id).copied();
                let key = known.unwrap_or_else(|| {
                    let made = self.model.defines.get(id.index()).map_or([0; 32], |d| self.expr(&d.value));
                    self.defines.insert(*id, made);
                    made
                });
                parts.push(key);
                "define".to_owned()
            }
            Kind::Parameter(id, _) => {
                let key = self.parameter(*id);
                parts.push(key);
                "parameter".to_owned()
            }
            Kind::And(_) => "and".to_owned(),
            Kind::Or(_) => "or".to_owned(),
            Kind::Field(_, field) => format!("field {field:?}"),
            Kind::Number(n) => format!("number {} {}", n.numerator(), n.denominator()),
            Kind::Frame(n) => format!("frame {n}"),
            Kind::Date(d) => format!("date {}", d.days()),
            Kind::Symbol(s) => format!("symbol {s} {:?}", expr.ty),
            Kind::Bool(b) => format!("bool {b}"),
            Kind::Compare(op, ..) => format!("compare {op:?}"),
            Kind::CompareElapsed(op, _, _, step) => format!("elapsed {op:?} {step:?}"),
            Kind::OneOf(_, of) => format!("one of {of:?}"),
            Kind::Includes(_, of) => format!("includes {of:?}"),
            Kind::Fold(fold, ..) => format!("fold {fold:?}"),
            Kind::Multiply(_, _, f) => format!("multiply {f:?}"),
            Kind::Divide(_, _, f) => format!("divide {f:?}"),
            Kind::Round(mode, _, step) => format!("round {mode:?} {step:?}"),
            Kind::Convert(_, f) => format!("convert {f:?}"),
            Kind::Case(rows, _) => format!("case {}", rows.len()),
            Kind::ByDate(rows) => format!("by date {:?}", rows.iter().map(|(a, b, _)| (a, b)).collect::<Vec<_>>()),
            Kind::Shift(_, _, step) => format!("shift {step:?}"),
            // The rest has nothing of its own beside its parts.
            other => format!("{:?}", std::mem::discriminant(other)),
        };
        let own = parts.len();
        expr.parts(&mut |part| parts.push(self.expr(part)));
        if matches!(expr.kind, Kind::And(_) | Kind::Or(_)) {
            parts.get_mut(own..).into_iter().for_each(<[Key]>::sort_unstable);
            parts.dedup();
        }
        hashed(&said, &parts)
    }

    fn parameter(&mut self, id: ParameterId) -> Key {
        if let Some(known) = self.parameters.get(&id) {
            return *known;
        }
        let rows = self.model.parameters.get(id.index()).map_or(&[][..], |p| p.rows.as_slice());
        let keys: Vec<Key> = rows.iter().map(|r| self.row(r)).collect();
        let spans: Vec<_> = rows.iter().map(|r| (r.from, r.to)).collect();
        let key = hashed(&format!("rows {spans:?}"), &keys);
        self.parameters.insert(id, key);
        key
    }
}

fn hashed(said: &str, parts: &[Key]) -> Key {
    let mut hash = Sha256::new();
    hash.update(said);
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}
