//! Columns -> lanes -> planes of tests: each fact of a block read once, each distinct test made once.

use super::compare::Kernels;
use super::{ALL, Memory, NONE, Plane, Program, ROWS, Test, WORDS, Width, within};
use crate::columns::{Bits, Column, Columns, Values};
use std::ops::Range;

/// Memory for the values of one lane, and for the rows that paths lead to.
pub(super) struct Buffers {
    bytes: Box<[u8; ROWS]>,
    shorts: Box<[u16; ROWS]>,
    ints: Box<[i32; ROWS]>,
    paths: Vec<Led>,
}

/// The rows that a path leads to from the rows of a block, and where it is known.
struct Led {
    rows: Box<[u32; ROWS]>,
    known: Plane,
}

impl Default for Buffers {
    fn default() -> Self {
        Self { bytes: Box::new([0; ROWS]), shorts: Box::new([0; ROWS]), ints: Box::new([0; ROWS]), paths: Vec::new() }
    }
}

/// Where the rows of a block are in the table that a lane reads.
#[derive(Clone, Copy)]
enum Places<'a> {
    /// One after the other.
    Run(usize, usize),
    /// Anywhere.
    Each(&'a [u32; ROWS]),
}

#[inline(always)]
/// Fills the registers of the tests; whether every fact is known in every row of the block.
pub(super) fn test(
    program: &Program,
    columns: &Columns<'_>,
    rows: Range<u32>,
    kernels: Kernels,
    memory: &mut Memory,
) -> bool {
    let Memory { certain, possible, lanes, .. } = memory;
    lead(program, columns, rows.clone(), lanes);
    let Buffers { bytes, shorts, ints, paths } = lanes;
    let (start, count) = (rows.start as usize, rows.len());
    let mut all_known = true;
    let mut register = 0usize;
    let mut left = program.tests.as_slice();
    for (at, lane) in program.lanes.iter().enumerate() {
        let here = left.partition_point(|test| test.lane <= at);
        let Some((tests, rest)) = left.split_at_checked(here) else { break };
        left = rest;
        let (places, mut known) = match lane.path.checked_sub(1).and_then(|path| paths.get(path)) {
            Some(led) => (Places::Each(&led.rows), led.known),
            None => (Places::Run(start, count), ALL),
        };
        let column = if let Some(Column::Scalar { values, known: bits }) = columns.column(lane.field) {
            if let Some(bits) = bits {
                let plane = plane_of(*bits, places);
                known.iter_mut().zip(plane).for_each(|(known, bits)| *known &= bits);
            }
            Some(values)
        } else {
            known = NONE;
            None
        };
        // Rows past the last are neither here nor there.
        known.iter_mut().enumerate().for_each(|(word, bits)| *bits |= !within(count, word));
        all_known &= known == ALL;
        let lane_values = match (column, lane.width) {
            (None, _) => Held::Nothing,
            (Some(Values::Bits(bits)), width) => Held::Bits(plane_of(*bits, places), width),
            (Some(values), Width::Byte { least, most }) => {
                narrow(values, places, bytes, |v| (v.clamp(least, most) - least) as u8, least, most);
                Held::Bytes(bytes)
            }
            (Some(values), Width::Short { least, most, step }) => {
                shorten(values, places, shorts, (least, most), Steps::of(step));
                Held::Shorts(shorts)
            }
            (Some(values), Width::Int) => {
                if let Some(block) = whole_block(values, places) {
                    Held::Ints(block)
                } else {
                    fill(values, places, ints, |v| v.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32);
                    Held::Ints(ints)
                }
            }
        };
        for test in tests {
            let plane = held(&lane_values, test, kernels);
            let (Some(certain), Some(possible)) = (certain.get_mut(register), possible.get_mut(register)) else {
                continue;
            };
            if known == ALL {
                *certain = plane;
                *possible = plane;
            } else {
                for (((certain, possible), bits), known) in certain.iter_mut().zip(possible).zip(plane).zip(known) {
                    *certain = bits & known;
                    *possible = bits | !known;
                }
            }
            register += 1;
        }
    }
    all_known
}

/// The values of a whole block as they stand, where they are 32-bit integers: nothing to narrow, nothing to copy.
fn whole_block<'v>(values: &Values<'v>, places: Places<'_>) -> Option<&'v [i32; ROWS]> {
    match (values, places) {
        (Values::I32(values), Places::Run(start, ROWS)) => values.get(start..start + ROWS)?.try_into().ok(),
        _ => None,
    }
}

enum Held<'a> {
    Nothing,
    Bits(Plane, Width),
    Bytes(&'a [u8; ROWS]),
    Shorts(&'a [u16; ROWS]),
    Ints(&'a [i32; ROWS]),
}

#[inline(always)]
fn held(values: &Held<'_>, test: &Test, kernels: Kernels) -> Plane {
    let mut plane = NONE;
    match values {
        Held::Nothing => {}
        Held::Bits(bits, width) => {
            let holds =
                |value: i64| test.spans.iter().any(|(least, most)| (*least..=*most).contains(&width.place(value)));
            let (no, yes) = (holds(0), holds(1));
            for (word, bits) in plane.iter_mut().zip(bits) {
                *word = if yes { *bits } else { 0 } | if no { !bits } else { 0 };
            }
        }
        Held::Bytes(values) => {
            for (least, most) in &test.spans {
                kernels.bytes(values, *least as u8, *most as u8, &mut plane);
            }
        }
        Held::Shorts(values) => {
            for (least, most) in &test.spans {
                kernels.shorts(values, *least as u16, *most as u16, &mut plane);
            }
        }
        Held::Ints(values) => {
            for (least, most) in &test.spans {
                kernels.ints(values, *least, *most, &mut plane);
            }
        }
    }
    plane
}

/// Bytes of a lane. Values of 8 and of 32 bits are narrowed without a detour over 64, which vectors do badly.
#[inline(always)]
fn narrow(
    values: &Values<'_>,
    places: Places<'_>,
    into: &mut [u8; ROWS],
    byte: impl Fn(i64) -> u8 + Copy,
    least: i64,
    most: i64,
) {
    if let (Values::I32(values), Places::Run(start, count), Ok(least), Ok(most)) =
        (values, places, i32::try_from(least), i32::try_from(most))
    {
        let block = values.get(start..start + count).unwrap_or_default();
        for (byte, value) in into.iter_mut().zip(block) {
            *byte = value.clamp(&least, &most).wrapping_sub(least) as u8;
        }
        return;
    }
    if let (Values::U8(values), Places::Run(start, count), Ok(low), Ok(high)) =
        (values, places, u8::try_from(least.max(0)), u8::try_from(most.min(255)))
        && low <= high
    {
        let block = values.get(start..start + count).unwrap_or_default();
        for (byte, value) in into.iter_mut().zip(block) {
            // What is below zero here comes back above it: the distance is at most 255.
            *byte = (*value).clamp(low, high).wrapping_sub(least as u8);
        }
        return;
    }
    fill(values, places, into, byte);
}

/// Division of numbers below 2^31 by a step, as one multiplication and one shift, which vectors can do.
///
/// Granlund and Montgomery, *Division by invariant integers using multiplication* (1994), theorem 4.2: with `l` the least such that
/// `step <= 2^l`, the quotient is `n * ceil(2^(31 + l) / step) / 2^(31 + l)`, rounded down.
#[derive(Clone, Copy)]
struct Steps {
    factor: u32,
    shift: u32,
}

impl Steps {
    fn of(step: u32) -> Self {
        let step = u64::from(step.max(1));
        let shift = 31 + step.next_power_of_two().trailing_zeros();
        Self { factor: (1u64 << shift).div_ceil(step) as u32, shift }
    }

    #[inline(always)]
    fn count(self, n: u32) -> u16 {
        ((u64::from(n) * u64::from(self.factor)) >> self.shift) as u16
    }
}

/// Shorts of a lane.
#[inline(always)]
fn shorten(values: &Values<'_>, places: Places<'_>, into: &mut [u16; ROWS], (least, most): (i64, i64), steps: Steps) {
    if let (Values::I32(values), Places::Run(start, count), Ok(least), Ok(most)) =
        (values, places, i32::try_from(least), i32::try_from(most))
    {
        let block = values.get(start..start + count).unwrap_or_default();
        for (short, value) in into.iter_mut().zip(block) {
            *short = steps.count(value.clamp(&least, &most).wrapping_sub(least) as u32);
        }
        return;
    }
    fill(values, places, into, |v| steps.count((v.clamp(least, most) - least) as u32));
}

/// The values of a block, each made into what a lane holds.
#[inline(always)]
fn fill<T>(values: &Values<'_>, places: Places<'_>, into: &mut [T; ROWS], make: impl Fn(i64) -> T + Copy) {
    #[inline(always)]
    fn run<V: Copy + Into<i64>, T>(values: &[V], places: Places<'_>, into: &mut [T; ROWS], make: impl Fn(i64) -> T) {
        match places {
            Places::Run(start, count) => {
                let block = values.get(start..start + count).unwrap_or_default();
                into.iter_mut().zip(block).for_each(|(slot, value)| *slot = make((*value).into()));
            }
            Places::Each(rows) => {
                for (slot, row) in into.iter_mut().zip(rows) {
                    *slot = make(values.get(*row as usize).map_or(0, |v| (*v).into()));
                }
            }
        }
    }
    match values {
        Values::I64(values) => run(values, places, into, make),
        Values::I32(values) => run(values, places, into, make),
        Values::U8(values) => run(values, places, into, make),
        // Bits never come here: a plane of them is a copy.
        Values::Bits(_) => {}
    }
}

fn plane_of(bits: Bits<'_>, places: Places<'_>) -> Plane {
    let mut plane = NONE;
    match places {
        Places::Run(start, _) => {
            plane.iter_mut().enumerate().for_each(|(at, word)| *word = bits.word(start + at * 64));
        }
        Places::Each(rows) => {
            for (word, rows) in plane.iter_mut().zip(rows.chunks_exact(64)) {
                for (at, row) in rows.iter().enumerate() {
                    *word |= u64::from(bits.get(*row as usize)) << at;
                }
            }
        }
    }
    plane
}

/// Follows the paths from the rows of a block.
fn lead(program: &Program, columns: &Columns<'_>, rows: Range<u32>, buffers: &mut Buffers) {
    let paths = &mut buffers.paths;
    while paths.len() + 1 < program.paths.len() {
        paths.push(Led { rows: Box::new([0; ROWS]), known: [0; WORDS] });
    }
    for (at, path) in program.paths.iter().enumerate().skip(1) {
        let Some((before, [led, ..])) = paths.split_at_mut_checked(at - 1) else { continue };
        let from = path.from.checked_sub(1).and_then(|from| before.get(from));
        led.known = NONE;
        for (row_at, slot) in led.rows.iter_mut().enumerate() {
            let source = match from {
                Some(from) => from
                    .rows
                    .get(row_at)
                    .copied()
                    .filter(|_| from.known.get(row_at / 64).is_some_and(|word| word >> (row_at % 64) & 1 == 1)),
                None => u32::try_from(row_at).ok().map(|at| rows.start + at).filter(|row| *row < rows.end),
            };
            let row = source.and_then(|row| columns.record(path.field, row));
            *slot = row.unwrap_or(0);
            if row.is_some()
                && let Some(word) = led.known.get_mut(row_at / 64)
            {
                *word |= 1 << (row_at % 64);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Steps;

    #[test]
    fn one_multiplication_divides() {
        for step in (1..200).chain([1_000, 4_095, 4_096, 4_097, 65_535, 1_000_000, 1 << 30, (1 << 31) - 1]) {
            let steps = Steps::of(step);
            let near = |n: u32| [n.saturating_sub(1), n, n + 1];
            for n in (0..65_536 / 7).flat_map(|k| near((k * 7u32).saturating_mul(step).min((1 << 31) - 2))) {
                if let Ok(quotient) = u16::try_from(n / step) {
                    assert_eq!(steps.count(n), quotient, "{n} / {step}");
                }
            }
        }
    }
}
