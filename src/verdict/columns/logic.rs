//! Planes -> planes: the "and"s and "or"s of the policies.

use super::compare::Kernels;
use super::{Gate, Memory, Plane, Program, WORDS};

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

/// Registers of 64 bits, which every processor has.
#[derive(Clone, Copy)]
struct Portable;

impl Registers for Portable {
    type Part = [u64; 4];
    const PARTS: usize = WORDS / 4;

    #[inline(always)]
    fn part(self, set: bool) -> [u64; 4] {
        [if set { u64::MAX } else { 0 }; 4]
    }

    #[inline(always)]
    fn and(self, part: [u64; 4], with: &Plane, at: usize) -> [u64; 4] {
        words(part, with, at, |a, b| a & b)
    }

    #[inline(always)]
    fn or(self, part: [u64; 4], with: &Plane, at: usize) -> [u64; 4] {
        words(part, with, at, |a, b| a | b)
    }

    #[inline(always)]
    fn and_not(self, part: [u64; 4], with: &Plane, at: usize) -> [u64; 4] {
        words(part, with, at, |a, b| a & !b)
    }

    #[inline(always)]
    fn or_not(self, part: [u64; 4], with: &Plane, at: usize) -> [u64; 4] {
        words(part, with, at, |a, b| a | !b)
    }

    #[inline(always)]
    fn put(self, part: [u64; 4], into: &mut Plane, at: usize) {
        into.as_chunks_mut::<4>().0.get_mut(at).into_iter().for_each(|into| *into = part);
    }
}

#[inline(always)]
fn words(mut part: [u64; 4], with: &Plane, at: usize, by: impl Fn(u64, u64) -> u64) -> [u64; 4] {
    let with = with.as_chunks::<4>().0.get(at).unwrap_or(&[0; 4]);
    part.iter_mut().zip(with).for_each(|(a, b)| *a = by(*a, *b));
    part
}

/// Runs the gates; `three` where something is not known, so that "possibly" differs from "certainly".
pub(super) fn run(program: &Program, memory: &mut Memory, three: bool, kernels: Kernels) {
    let Memory { certain, possible, .. } = memory;
    gates((&program.gates, &program.operands), certain, possible, three, kernels);
}

fn gates(gates: (&[Gate], &[u32]), certain: &mut [Plane], possible: &mut [Plane], three: bool, kernels: Kernels) {
    kernels.wide(
        #[inline(always)]
        |()| match kernels {
            Kernels::Portable => by(gates, certain, possible, three, Portable),
            #[cfg(target_arch = "x86_64")]
            Kernels::Avx2(token) => by(gates, certain, possible, three, token),
            #[cfg(target_arch = "x86_64")]
            Kernels::Avx512(token) => by(gates, certain, possible, three, token),
        },
    );
}

#[inline(always)]
fn by(gates: (&[Gate], &[u32]), certain: &mut [Plane], possible: &mut [Plane], three: bool, by: impl Registers) {
    if three {
        joined::<true, _>(gates, certain, possible, by);
    } else {
        joined::<false, _>(gates, certain, possible, by);
    }
}

#[inline(always)]
fn joined<const THREE: bool, R: Registers>(
    (gates, operands): (&[Gate], &[u32]),
    certain: &mut [Plane],
    possible: &mut [Plane],
    by: R,
) {
    for gate in gates {
        let first = gate.first as usize;
        let middle = first + gate.straight as usize;
        let last = middle + gate.turned as usize;
        let straight = operands.get(first..middle).unwrap_or_default();
        let turned = operands.get(middle..last).unwrap_or_default();
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

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "a test may stop at a wrong index")]

    use super::super::NONE;
    use super::*;

    /// A row that is certainly so is possibly so.
    fn planes(seed: u64) -> (Plane, Plane) {
        let word = |at: usize| (seed + at as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23).wrapping_mul(31);
        let certain = std::array::from_fn(word);
        (certain, std::array::from_fn(|at| certain[at] | word(at + 40)))
    }

    #[test]
    fn every_kind_of_registers_joins_alike() {
        let operands = [0, 3, 1, 2, 4, 6, 1];
        // None, one and several of each kind, and the answer of an earlier gate.
        let counts = [(0, 0, 0), (0, 1, 0), (2, 0, 1), (0, 3, 0), (1, 2, 2), (0, 4, 3)];
        let listed = |and: bool| {
            let into = (5u32..).zip(counts);
            into.map(|(into, (first, straight, turned))| Gate { and, first, straight, turned, into })
                .collect::<Vec<_>>()
        };
        for (and, three) in [(true, true), (true, false), (false, true), (false, false)] {
            let all = listed(and);
            let expected = |certain: &[Plane], possible: &[Plane], gate: &Gate, at: usize, row: usize| {
                let bit = |plane: &Plane| plane[at] >> row & 1 == 1;
                let of = |operand: usize| &operands[operand..];
                let (straight, turned) = (gate.straight as usize, gate.turned as usize);
                let first = gate.first as usize;
                let straight = of(first)[..straight].iter().map(|o| bit(&certain[*o as usize]));
                let other = if three { possible } else { certain };
                let turned = of(first + gate.straight as usize)[..turned].iter().map(|o| !bit(&other[*o as usize]));
                let mut both = straight.chain(turned);
                if and { both.all(|b| b) } else { both.any(|b| b) }
            };
            for kernels in Kernels::all() {
                let (mut certain, mut possible): (Vec<Plane>, Vec<Plane>) = (0..5).map(planes).unzip();
                certain.resize(11, NONE);
                possible.resize(11, NONE);
                gates((&all, &operands), &mut certain, &mut possible, three, kernels);
                for gate in &all {
                    for (at, row) in (0..WORDS).flat_map(|at| (0..64).map(move |row| (at, row))) {
                        let held = certain[gate.into as usize][at] >> row & 1 == 1;
                        assert_eq!(held, expected(&certain, &possible, gate, at, row), "{kernels:?} {gate:?}");
                        if three {
                            // "Possibly" is "certainly" with the two exchanged.
                            let held = possible[gate.into as usize][at] >> row & 1 == 1;
                            assert_eq!(held, expected(&possible, &certain, gate, at, row), "{kernels:?} {gate:?}");
                        }
                    }
                }
            }
        }
    }
}
