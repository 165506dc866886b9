//! Planes -> planes: the "and"s and "or"s of the policies.

use super::compare::{Kernels, Portable};
use super::{Memory, Plane, Program};

/// Planes in the registers of a processor, joined there: an "and" or "or" of many reads each operand once and writes its answer once.
pub(super) trait Registers: Copy {
    /// A part of a plane, in registers.
    type Part: Copy;
    /// How many parts a plane has: so many that two of them fit into the registers.
    const PARTS: usize;
    /// The part with all bits set, or none.
    fn part(self, set: bool) -> Self::Part;
    /// The part at a place of a plane joined to another by "and".
    fn and(self, part: Self::Part, with: &Plane, at: usize) -> Self::Part;
    /// The same by "or".
    fn or(self, part: Self::Part, with: &Plane, at: usize) -> Self::Part;
    /// The same by "and", with the opposite of the plane.
    fn and_not(self, part: Self::Part, with: &Plane, at: usize) -> Self::Part;
    /// The same by "or", with the opposite of the plane.
    fn or_not(self, part: Self::Part, with: &Plane, at: usize) -> Self::Part;
    /// Writes the part to its place in a plane.
    fn put(self, part: Self::Part, into: &mut Plane, at: usize);
}

/// Runs the gates; `three` where something is not known, so that "possibly" differs from "certainly".
pub(super) fn run(program: &Program, memory: &mut Memory, three: bool, kernels: Kernels) {
    kernels.wide(
        #[inline(always)]
        |()| match kernels {
            Kernels::Portable => gates(program, memory, three, Portable),
            #[cfg(target_arch = "x86_64")]
            Kernels::Avx2(token) => gates(program, memory, three, token),
            #[cfg(target_arch = "x86_64")]
            Kernels::Avx512(token) => gates(program, memory, three, token),
        },
    );
}

#[inline(always)]
fn gates(program: &Program, memory: &mut Memory, three: bool, registers: impl Registers) {
    let Memory { certain, possible, .. } = memory;
    if three {
        joined::<true, _>(program, certain, possible, registers);
    } else {
        joined::<false, _>(program, certain, possible, registers);
    }
}

#[inline(always)]
fn joined<const THREE: bool, R: Registers>(program: &Program, certain: &mut [Plane], possible: &mut [Plane], by: R) {
    for gate in &program.gates {
        let first = gate.first as usize;
        let middle = first + gate.straight as usize;
        let last = middle + gate.turned as usize;
        let straight = program.operands.get(first..middle).unwrap_or_default();
        let turned = program.operands.get(middle..last).unwrap_or_default();
        for at in 0..R::PARTS {
            let (mut c, mut p) = (by.part(gate.and), by.part(gate.and));
            for operand in straight {
                let operand = *operand as usize;
                let Some(plane) = certain.get(operand) else { continue };
                c = if gate.and { by.and(c, plane, at) } else { by.or(c, plane, at) };
                if THREE && let Some(plane) = possible.get(operand) {
                    p = if gate.and { by.and(p, plane, at) } else { by.or(p, plane, at) };
                }
            }
            // Certainly not, where it is not possible.
            for operand in turned {
                let operand = *operand as usize;
                let known = if THREE { &*possible } else { &*certain };
                let Some(plane) = known.get(operand) else { continue };
                c = if gate.and { by.and_not(c, plane, at) } else { by.or_not(c, plane, at) };
                if THREE && let Some(plane) = certain.get(operand) {
                    p = if gate.and { by.and_not(p, plane, at) } else { by.or_not(p, plane, at) };
                }
            }
            certain.get_mut(gate.into as usize).into_iter().for_each(|into| by.put(c, into, at));
            if THREE {
                possible.get_mut(gate.into as usize).into_iter().for_each(|into| by.put(p, into, at));
            }
        }
    }
}
