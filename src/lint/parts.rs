//! The parts of a condition, each with the condition as it is without that part: what a part is good for shows where the two
//! differ.

use crate::checked::{Expr, Kind};
use crate::span::Span;

/// What a part is in its block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// One of several that must hold together.
    Conjunct,
    /// One of several of which one is enough.
    Alternative,
    /// What narrows a list.
    Filter,
}

/// A part of a condition.
pub(super) struct Part {
    /// Where it stands.
    pub(super) span: Span,
    /// What it says.
    pub(super) words: Option<Box<crate::value::Words>>,
    /// What it is in its block.
    pub(super) role: Role,
    /// The block it is a part of: where two parts of one block are spare, one of them may still be needed.
    pub(super) block: Span,
    /// The whole condition without it.
    pub(super) without: Expr,
    /// The whole condition with it alone in its block, for an alternative.
    pub(super) only: Option<Expr>,
    /// Whether the condition without it holds at least wherever the condition does; otherwise at most.
    pub(super) weaker: bool,
}

/// Every part of a condition that could be left out. Definitions are not entered: they are shared.
pub(super) fn parts(expr: &Expr) -> Vec<Part> {
    let mut found = Vec::new();
    walk(expr, true, &|e| e, &mut found);
    found
}

fn with(of: &Expr, kind: Kind) -> Expr {
    Expr { kind, ..of.clone() }
}

fn walk(expr: &Expr, positive: bool, rebuild: &dyn Fn(Expr) -> Expr, found: &mut Vec<Part>) {
    match &expr.kind {
        Kind::And(all) | Kind::Or(all) => {
            let and = matches!(expr.kind, Kind::And(_));
            let joined = |parts: Vec<Expr>| with(expr, if and { Kind::And(parts) } else { Kind::Or(parts) });
            for (at, part) in all.iter().enumerate() {
                if all.len() > 1 {
                    let others = all.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, e)| e.clone());
                    found.push(Part {
                        span: part.span,
                        words: part.words.clone(),
                        role: if and { Role::Conjunct } else { Role::Alternative },
                        block: expr.span,
                        without: rebuild(joined(others.collect())),
                        only: (!and).then(|| rebuild(part.clone())),
                        weaker: and == positive,
                    });
                }
                let put = |e: Expr| {
                    let mut parts = all.clone();
                    if let Some(slot) = parts.get_mut(at) {
                        *slot = e;
                    }
                    rebuild(joined(parts))
                };
                walk(part, positive, &put, found);
            }
        }
        Kind::Not(inner) => walk(inner, !positive, &|e| rebuild(with(expr, Kind::Not(Box::new(e)))), found),
        Kind::All(list, body) | Kind::Any(list, body) => {
            let all = matches!(expr.kind, Kind::All(..));
            let made = |list: Expr, body: Expr| {
                let (list, body) = (Box::new(list), Box::new(body));
                rebuild(with(expr, if all { Kind::All(list, body) } else { Kind::Any(list, body) }))
            };
            filters(list, if all { !positive } else { positive }, &|l| made(l, (**body).clone()), found);
            walk(body, positive, &|b| made((**list).clone(), b), found);
        }
        _ => {}
    }
}

/// The filters of a list; `positive` says whether a longer list makes the condition easier to meet.
fn filters(list: &Expr, positive: bool, rebuild: &dyn Fn(Expr) -> Expr, found: &mut Vec<Part>) {
    let Kind::Filter(base, narrowing) = &list.kind else { return };
    found.push(Part {
        span: narrowing.span,
        words: narrowing.words.clone(),
        role: Role::Filter,
        block: list.span,
        without: rebuild((**base).clone()),
        only: None,
        weaker: positive,
    });
    let kept = |base: Expr, narrowing: Expr| rebuild(with(list, Kind::Filter(Box::new(base), Box::new(narrowing))));
    walk(narrowing, positive, &|f| kept((**base).clone(), f), found);
    filters(base, positive, &|b| kept(b, (**narrowing).clone()), found);
}
