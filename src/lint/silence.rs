//! `allow W209: "why"`: a warning stays unsaid where the text says why. One that silences nothing, or does not say why, is
//! a warning itself.

use super::{Finding, error};
use crate::checked::{Model, Silence};
use crate::diagnostic::Diagnostic;
use crate::near::nearest;
use std::collections::BTreeSet;

pub(super) fn apply(model: &Model, findings: &mut Vec<Finding>) {
    let mut more = Vec::new();
    for silence in &model.silences {
        let mut used = BTreeSet::new();
        let mut any = false;
        for finding in findings.iter_mut().filter(|f| fits(silence, f)) {
            any = true;
            used.extend(silence.names.iter().map(|(n, _)| n).filter(|n| finding.names.contains(n)));
            if let Some(reason) = &silence.reason {
                finding.silenced = Some(reason.clone());
            }
        }
        if silence.reason.is_none() && any {
            more.push(without_reason(silence));
        } else if !any {
            more.push(idle(silence));
        } else {
            let idle = silence.names.iter().filter(|(name, _)| !used.contains(name));
            more.extend(idle.map(|(name, span)| {
                let message = format!("there is no {} about `{name}` to allow", silence.code);
                let diagnostic = Diagnostic::warning(error::IDLE_ALLOW, *span, message).help("leave the name out");
                Finding { policy: silence.policy, ..Finding::new(diagnostic) }
            }));
        }
    }
    findings.extend(more);
}

fn fits(silence: &Silence, finding: &Finding) -> bool {
    let named = silence.names.is_empty() || silence.names.iter().any(|(name, _)| finding.names.contains(name));
    let placed = silence.policy.is_none() || silence.policy == finding.policy;
    silence.code == finding.diagnostic.code.id && placed && named
}

fn without_reason(silence: &Silence) -> Finding {
    let diagnostic = Diagnostic::warning(
        error::BARE_ALLOW,
        silence.span,
        format!("this `allow` does not say why {} is meant to stay", silence.code),
    )
    .label("no reason")
    .help(format!("add it: `allow {}: \"…\"`; until then the warning is shown", silence.code));
    Finding { policy: silence.policy, ..Finding::new(diagnostic) }
}

fn idle(silence: &Silence) -> Finding {
    let code = silence.code.as_str();
    let known = error::ALL.iter().any(|c| c.id == code);
    let (message, help) = if known {
        (format!("there is no {code} here to allow"), "leave it out".to_owned())
    } else {
        let near = nearest(code, error::ALL.iter().map(|c| c.id));
        let help =
            near.map_or_else(|| "only warnings (`W…`) can be allowed".to_owned(), |n| format!("did you mean `{n}`?"));
        (format!("there is no warning `{code}`"), help)
    };
    let diagnostic = Diagnostic::warning(error::IDLE_ALLOW, silence.span, message).label("silences nothing").help(help);
    Finding { policy: silence.policy, ..Finding::new(diagnostic) }
}
