//! A policy of a region whose conditions ask for no place: somebody from anywhere is eligible.

use super::unused::Used;
use super::{Claim, Finding, Proof, Prover, conditions, error};
use crate::checked::Model;
use crate::diagnostic::Diagnostic;
use crate::ids::EnumId;
use crate::prove::Target;
use crate::schema::FieldType;

pub(super) fn look(model: &Model, prover: &mut Prover, findings: &mut Vec<Finding>) {
    let Some(region) = model.schema.enums.iter().position(|e| e.name.id == "region").map(EnumId::of) else { return };
    let mut untested = Vec::new();
    for (id, policy) in conditions::written(model).filter(|(_, p)| p.region.is_some()) {
        let mut used = Used::default();
        policy.conditions.iter().for_each(|c| used.walk(model, &c.expr));
        let places = used.facts.iter().filter_map(|f| model.schema.field(*f));
        if !places.into_iter().any(|f| matches!(f.ty, FieldType::Symbol(e) | FieldType::Set(e) if e == region)) {
            untested.push((id, Claim { goals: vec![(Target::Whole(id), true)] }));
        }
    }
    let claims: Vec<Claim> = untested.iter().map(|(_, c)| c.clone()).collect();
    for ((id, claim), proof) in untested.into_iter().zip(prover.prove(&claims)) {
        let Proof::Falls(on, profile) = proof else { continue };
        let Some(policy) = model.policies.get(id.index()) else { continue };
        let (Some(place), Some(witness)) = (&policy.region, prover.witness(&claim, on, &profile)) else { continue };
        let diagnostic = Diagnostic::warning(
            error::NO_PLACE,
            policy.span,
            format!("`{}` is of {}, and none of its conditions asks for a place", policy.name.id, place.id),
        )
        .label("somebody from elsewhere is eligible as well")
        .help("say whose place counts, as in `hukou within …` or `residence within …`, or allow it with the reason");
        let names = [policy.name.id.clone()];
        findings.push(Finding { witness: Some(witness), ..Finding::of(diagnostic, id) }.named(names));
    }
}
