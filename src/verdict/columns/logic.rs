//! Planes -> planes: the "and"s and "or"s of the policies.

use super::compare::Kernels;
use super::{ALL, Memory, NONE, Plane, Program};

/// Runs the gates; `three` where something is not known, so that "possibly" differs from "certainly".
pub(super) fn run(program: &Program, memory: &mut Memory, three: bool, kernels: Kernels) {
    kernels.wide(
        #[inline(always)]
        |()| {
            let Memory { certain, possible, .. } = memory;
            if three {
                gates::<true>(program, certain, possible);
            } else {
                gates::<false>(program, certain, possible);
                // What is known is possible exactly where it is certain.
                for (answer, _) in &program.answers {
                    let at = *answer as usize;
                    if let (Some(from), Some(into)) = (certain.get(at), possible.get_mut(at)) {
                        *into = *from;
                    }
                }
            }
        },
    );
}

#[inline(always)]
fn gates<const THREE: bool>(program: &Program, certain: &mut [Plane], possible: &mut [Plane]) {
    for gate in &program.gates {
        let first = gate.first as usize;
        let middle = first + gate.straight as usize;
        let last = middle + gate.turned as usize;
        let straight = program.operands.get(first..middle).unwrap_or_default();
        let turned = program.operands.get(middle..last).unwrap_or_default();
        let (c, p) = if gate.and {
            let (mut c, mut p) = (ALL, ALL);
            for operand in straight {
                join(&mut c, certain.get(*operand as usize).unwrap_or(&NONE), |a, b| a & b);
                if THREE {
                    join(&mut p, possible.get(*operand as usize).unwrap_or(&ALL), |a, b| a & b);
                }
            }
            for operand in turned {
                if THREE {
                    join(&mut c, possible.get(*operand as usize).unwrap_or(&ALL), |a, b| a & !b);
                    join(&mut p, certain.get(*operand as usize).unwrap_or(&NONE), |a, b| a & !b);
                } else {
                    join(&mut c, certain.get(*operand as usize).unwrap_or(&NONE), |a, b| a & !b);
                }
            }
            (c, p)
        } else {
            let (mut c, mut p) = (NONE, NONE);
            for operand in straight {
                join(&mut c, certain.get(*operand as usize).unwrap_or(&NONE), |a, b| a | b);
                if THREE {
                    join(&mut p, possible.get(*operand as usize).unwrap_or(&ALL), |a, b| a | b);
                }
            }
            for operand in turned {
                if THREE {
                    join(&mut c, possible.get(*operand as usize).unwrap_or(&ALL), |a, b| a | !b);
                    join(&mut p, certain.get(*operand as usize).unwrap_or(&NONE), |a, b| a | !b);
                } else {
                    join(&mut c, certain.get(*operand as usize).unwrap_or(&NONE), |a, b| a | !b);
                }
            }
            (c, p)
        };
        if let Some(into) = certain.get_mut(gate.into as usize) {
            *into = c;
        }
        if THREE && let Some(into) = possible.get_mut(gate.into as usize) {
            *into = p;
        }
    }
}

#[inline(always)]
fn join(into: &mut Plane, with: &Plane, by: impl Fn(u64, u64) -> u64) {
    into.iter_mut().zip(with).for_each(|(a, b)| *a = by(*a, *b));
}
