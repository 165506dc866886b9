//! Columns -> lanes -> planes of tests: each fact of a block read once, each distinct test made once.

use super::compare::{Ahead, Kernels, Steps};
use super::{ALL, Lane, Memory, NONE, Plane, Program, ROWS, Test, WORDS, Width, within};
use crate::columns::{Bits, Column, Columns, Values};
use std::ops::Range;

/// Memory for the values of one lane.
pub(super) struct Slots {
    bytes: Box<[u8; ROWS]>,
    shorts: Box<[u16; ROWS]>,
    ints: Box<[i32; ROWS]>,
}

/// The same, and for the rows that paths lead to.
#[derive(Default)]
pub(super) struct Buffers {
    slots: Slots,
    paths: Vec<Led>,
    /// By lane: where its fact is known.
    known: Vec<Plane>,
}

/// The rows that a path leads to from the rows of a block, and where it is known.
struct Led {
    rows: Box<[u32; ROWS]>,
    known: Plane,
}

impl Default for Slots {
    fn default() -> Self {
        Self { bytes: Box::new([0; ROWS]), shorts: Box::new([0; ROWS]), ints: Box::new([0; ROWS]) }
    }
}

/// Where the rows of a block are in the table that a lane reads.
#[derive(Clone, Copy)]
pub(super) enum Places<'a> {
    /// One after the other.
    Run(usize, usize),
    /// Anywhere.
    Each(&'a [u32; ROWS]),
}

/// Finds where the facts are known; whether every fact is in every row of the block.
pub(super) fn known(program: &Program, columns: &Columns<'_>, rows: Range<u32>, buffers: &mut Buffers) -> bool {
    let Buffers { paths, known, .. } = buffers;
    known.resize(program.lanes.len(), NONE);
    // Rows past the last are neither here nor there.
    let beyond: Plane = std::array::from_fn(|word| !within(rows.len(), word));
    let mut all = true;
    for (lane, plane) in program.lanes.iter().zip(known) {
        let (places, mut bits) = places(lane, &rows, paths);
        match columns.column(lane.field) {
            Some(Column::Scalar { known: Some(known), .. }) => {
                bits.iter_mut().zip(plane_of(*known, places)).for_each(|(bits, known)| *bits &= known);
            }
            Some(Column::Scalar { known: None, .. }) => {}
            _ => bits = NONE,
        }
        bits.iter_mut().zip(beyond).for_each(|(bits, beyond)| *bits |= beyond);
        all &= bits == ALL;
        *plane = bits;
    }
    all
}

/// Where a lane's values are, and where its record is known.
#[inline]
fn places<'a>(lane: &Lane, rows: &Range<u32>, paths: &'a [Led]) -> (Places<'a>, Plane) {
    match lane.path.checked_sub(1).and_then(|path| paths.get(path)) {
        Some(led) => (Places::Each(&led.rows), led.known),
        None => (Places::Run(rows.start as usize, rows.len()), ALL),
    }
}

/// Fills the registers of the tests; those of "possibly" only where `three`.
#[inline(always)]
pub(super) fn test(
    program: &Program,
    columns: &Columns<'_>,
    rows: Range<u32>,
    (kernels, three): (Kernels, bool),
    memory: &mut Memory,
) {
    let Memory { certain, possible, lanes, .. } = memory;
    let Buffers { slots, paths, known } = lanes;
    let (mut tests, mut certain, mut possible) =
        (program.tests.as_slice(), certain.as_mut_slice(), possible.as_mut_slice());
    for (lane, known) in program.lanes.iter().zip(known) {
        let (Some((here, after)), Some((planes, after_planes)), Some((open, after_open))) = (
            tests.split_at_checked(lane.tests),
            std::mem::take(&mut certain).split_at_mut_checked(lane.tests),
            std::mem::take(&mut possible).split_at_mut_checked(lane.tests),
        ) else {
            break;
        };
        (tests, certain, possible) = (after, after_planes, after_open);
        let (places, _) = places(lane, &rows, paths);
        let column = columns.column(lane.field);
        let mut next = match (column, places) {
            (Some(Column::Scalar { values, .. }), Places::Run(start, _)) => {
                Ahead::new(values, start + ROWS, here.len())
            }
            _ => Ahead::none(),
        };
        match column {
            Some(Column::Scalar { values, .. }) => {
                slots.test(values, places, lane.width, (here, planes), (kernels, &mut next));
            }
            _ => planes.fill(NONE),
        }
        if !three {
            continue;
        }
        if *known == ALL {
            open.copy_from_slice(planes);
            continue;
        }
        for (certain, possible) in planes.iter_mut().zip(open) {
            for ((certain, possible), known) in certain.iter_mut().zip(possible).zip(&*known) {
                *possible = *certain | !known;
                *certain &= known;
            }
        }
    }
}

impl Slots {
    /// The planes of the tests on the values of a block.
    #[inline(always)]
    pub(super) fn test(
        &mut self,
        values: &Values<'_>,
        places: Places<'_>,
        width: Width,
        (tests, planes): (&[Test], &mut [Plane]),
        (kernels, next): (Kernels, &mut Ahead<'_>),
    ) {
        let Self { bytes, shorts, ints } = self;
        match (values, width) {
            (Values::Bits(bits), width) => {
                let bits = plane_of(*bits, places);
                tests.iter().zip(planes).for_each(|(test, plane)| *plane = of_bits(&bits, test, width));
            }
            (values, Width::Byte { least, most }) => {
                narrow(values, places, bytes, (least, most), kernels);
                kernels.bytes(bytes, (most - least) as u8, tests, planes, next);
            }
            (values, Width::Short { least, most, step }) => {
                shorten(values, places, shorts, (least, most), Steps::of(step), kernels);
                kernels.shorts(shorts, width.place(most) as u16, tests, planes, next);
            }
            (values, Width::Int) => {
                if let Some(block) = whole_block(values, places) {
                    kernels.ints(block, tests, planes, next);
                } else {
                    fill(values, places, ints, |v| v.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32);
                    kernels.ints(ints, tests, planes, next);
                }
            }
        }
    }
}

/// The values of a whole block as they stand, where they are 32-bit integers: nothing to narrow, nothing to copy.
fn whole_block<'v>(values: &Values<'v>, places: Places<'_>) -> Option<&'v [i32; ROWS]> {
    match (values, places) {
        (Values::I32(values), Places::Run(start, ROWS)) => values.get(start..start + ROWS)?.try_into().ok(),
        _ => None,
    }
}

/// A test of a fact that is yes or no.
fn of_bits(bits: &Plane, test: &Test, width: Width) -> Plane {
    let holds = |value: i64| test.spans.iter().any(|(least, most)| (*least..=*most).contains(&width.place(value)));
    let (no, yes) = (holds(0), holds(1));
    bits.map(|bits| if yes { bits } else { 0 } | if no { !bits } else { 0 })
}

/// Bytes of a lane. Values of 8 and of 32 bits are narrowed without a detour over 64, which vectors do badly.
#[inline(always)]
fn narrow(values: &Values<'_>, places: Places<'_>, into: &mut [u8; ROWS], (least, most): (i64, i64), kernels: Kernels) {
    if let (Some(block), Ok(least), Ok(most)) = (whole_block(values, places), i32::try_from(least), i32::try_from(most))
    {
        kernels.narrow(block, (least, most), into);
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
    fill(values, places, into, |v| (v.clamp(least, most) - least) as u8);
}

/// Shorts of a lane.
#[inline(always)]
fn shorten(
    values: &Values<'_>,
    places: Places<'_>,
    into: &mut [u16; ROWS],
    (least, most): (i64, i64),
    steps: Steps,
    kernels: Kernels,
) {
    if let (Some(block), Ok(least), Ok(most)) = (whole_block(values, places), i32::try_from(least), i32::try_from(most))
    {
        kernels.shorten(block, (least, most), steps, into);
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
    match places {
        Places::Run(start, _) => bits.words(start),
        Places::Each(rows) => {
            let mut plane = NONE;
            for (word, rows) in plane.iter_mut().zip(rows.chunks_exact(64)) {
                for (at, row) in rows.iter().enumerate() {
                    *word |= u64::from(bits.get(*row as usize)) << at;
                }
            }
            plane
        }
    }
}

/// Follows the paths from the rows of a block.
pub(super) fn lead(program: &Program, columns: &Columns<'_>, rows: Range<u32>, buffers: &mut Buffers) {
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
