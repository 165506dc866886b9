//! Lanes -> planes: one comparison of every row of a block.

use super::{NONE, Plane, ROWS, Test};
use crate::columns::Values;

/// Which instructions are used. All of them give the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kernels {
    /// What every processor has.
    Portable,
    /// 256-bit vectors.
    #[cfg(target_arch = "x86_64")]
    Avx2(super::simd::Avx2),
    /// 512-bit vectors with byte lanes, and bits moved by a mask.
    #[cfg(target_arch = "x86_64")]
    Avx512(super::simd::Avx512),
}

impl Kernels {
    /// The widest that this processor has. `--cfg entitle_vectors="portable"` or `"avx2"` leaves out those beyond, so that they can be
    /// measured where the processor has more.
    pub(crate) fn best() -> Self {
        #[cfg(all(target_arch = "x86_64", not(entitle_vectors = "portable")))]
        {
            if let Some(token) = super::simd::Avx512::here().filter(|_| cfg!(not(entitle_vectors = "avx2"))) {
                return Self::Avx512(token);
            }
            if let Some(token) = super::simd::Avx2::here() {
                return Self::Avx2(token);
            }
        }
        Self::Portable
    }

    /// Every one that this processor has.
    #[cfg(test)]
    pub(crate) fn all() -> Vec<Self> {
        let mut all = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            all.extend(super::simd::Avx2::here().map(Self::Avx2));
            all.extend(super::simd::Avx512::here().map(Self::Avx512));
        }
        all
    }

    /// Whether the processor brings the bits under a mask side by side itself.
    #[inline(always)]
    pub(super) const fn compresses(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => true,
            _ => false,
        }
    }

    /// Which of 64 bytes are not 0.
    #[inline(always)]
    pub(super) fn flags(self, bytes: &[u8; 64]) -> u64 {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(token) => token.flags(bytes),
            _ => word_of(bytes, |byte| byte != 0),
        }
    }

    /// One bit for each of up to 64 values.
    #[inline(always)]
    pub(super) fn rows<T>(self, values: impl Iterator<Item = T>, holds: impl Fn(T) -> bool) -> u64 {
        let mut bytes = [0; 64];
        bytes.iter_mut().zip(values).for_each(|(byte, value)| *byte = u8::from(holds(value)));
        self.flags(&bytes)
    }

    /// Runs code that the compiler may vectorise with these instructions.
    #[inline(always)]
    pub(super) fn wide<R>(self, what: impl FnOnce(()) -> R) -> R {
        match self {
            Self::Portable => what(()),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(token) => token.wide(what),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(token) => token.wide(what),
        }
    }

    /// The planes of the tests of a lane of bytes, of which `last` is the most that one can be.
    #[inline(always)]
    pub(super) fn bytes(self, values: &[u8; ROWS], last: u8, tests: &[Test], into: &mut [Plane], next: &mut Ahead<'_>) {
        match self {
            Self::Portable => each(tests, into, next, |plane, (least, most)| {
                let (least, most) = (least as u8, most as u8);
                join(plane, values, |v| v.wrapping_sub(least) <= most.wrapping_sub(least));
            }),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(token) => each(tests, into, next, |plane, (least, most)| {
                token.bytes(values, least as u8, most as u8, plane);
            }),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(token) => token.bytes(values, last, tests, into, next),
        }
    }

    /// The same of a lane of shorts.
    #[inline(always)]
    pub(super) fn shorts(
        self,
        values: &[u16; ROWS],
        last: u16,
        tests: &[Test],
        into: &mut [Plane],
        next: &mut Ahead<'_>,
    ) {
        match self {
            Self::Portable => each(tests, into, next, |plane, (least, most)| {
                let (least, most) = (least as u16, most as u16);
                join(plane, values, |v| v.wrapping_sub(least) <= most.wrapping_sub(least));
            }),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(token) => each(tests, into, next, |plane, (least, most)| {
                token.shorts(values, least as u16, most as u16, plane);
            }),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(token) => token.shorts(values, last, tests, into, next),
        }
    }

    /// The same of a lane of integers; what ends at [`i32::MAX`] has no end.
    #[inline(always)]
    pub(super) fn ints(self, values: &[i32; ROWS], tests: &[Test], into: &mut [Plane], next: &mut Ahead<'_>) {
        match self {
            Self::Portable => {
                each(tests, into, next, |plane, (least, most)| join(plane, values, |v| least <= v && v <= most));
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(token) => each(tests, into, next, |plane, (least, most)| token.ints(values, least, most, plane)),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(token) => token.ints(values, tests, into, next),
        }
    }

    /// Integers held between two ends, as their distance from the lower one, which is at most 255.
    #[inline(always)]
    pub(super) fn narrow(self, values: &[i32; ROWS], (least, most): (i32, i32), into: &mut [u8; ROWS]) {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(token) => token.narrow(values, (least, most), into),
            _ => {
                for (byte, value) in into.iter_mut().zip(values) {
                    *byte = (*value).clamp(least, most).wrapping_sub(least) as u8;
                }
            }
        }
    }

    /// The same in steps, of which there are at most 65,535.
    #[inline(always)]
    pub(super) fn shorten(self, values: &[i32; ROWS], (least, most): (i32, i32), steps: Steps, into: &mut [u16; ROWS]) {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(token) => token.shorten(values, (least, most), steps, into),
            _ => {
                for (short, value) in into.iter_mut().zip(values) {
                    *short = steps.count((*value).clamp(least, most).wrapping_sub(least) as u32);
                }
            }
        }
    }
}

/// The values of a column in the block after this one, brought near bit by bit while tests are made: read only when they are needed, they
/// would be waited for, since the processor does not see by itself that one block of many columns follows another.
pub(super) struct Ahead<'a> {
    values: Option<&'a Values<'a>>,
    row: usize,
    end: usize,
    /// Rows for each test.
    step: usize,
}

impl<'a> Ahead<'a> {
    /// The block from `row` on, in as many steps as there are tests.
    pub(super) fn new(values: &'a Values<'a>, row: usize, tests: usize) -> Self {
        // A line of memory has 64 bytes.
        let step = ROWS.div_ceil(tests.max(1)).next_multiple_of(64);
        Self { values: Some(values), row, end: row + ROWS, step }
    }

    /// Nothing.
    pub(super) const fn none() -> Self {
        Self { values: None, row: 0, end: 0, step: 0 }
    }

    #[inline(always)]
    pub(super) fn step(&mut self) {
        if self.row >= self.end {
            return;
        }
        let rows = self.row..(self.row + self.step).min(self.end);
        self.row = rows.end;
        #[cfg(target_arch = "x86_64")]
        match self.values {
            Some(Values::I64(values)) => super::simd::ahead(values.get(rows).unwrap_or_default()),
            Some(Values::I32(values)) => super::simd::ahead(values.get(rows).unwrap_or_default()),
            Some(Values::U8(values)) => super::simd::ahead(values.get(rows).unwrap_or_default()),
            Some(Values::Bits(_)) | None => {}
        }
    }
}

/// Division of numbers below 2^31 by a step, as one multiplication and one shift, which vectors can do.
///
/// Granlund and Montgomery, *Division by invariant integers using multiplication* (1994), theorem 4.2: with `l` the least such that
/// `step <= 2^l`, the quotient is `n * ceil(2^(31 + l) / step) / 2^(31 + l)`, rounded down.
#[derive(Clone, Copy)]
pub(super) struct Steps {
    pub(super) factor: u32,
    pub(super) shift: u32,
}

impl Steps {
    pub(super) fn of(step: u32) -> Self {
        let step = u64::from(step.max(1));
        let shift = 31 + step.next_power_of_two().trailing_zeros();
        Self { factor: (1u64 << shift).div_ceil(step) as u32, shift }
    }

    #[inline(always)]
    pub(super) fn count(self, n: u32) -> u16 {
        ((u64::from(n) * u64::from(self.factor)) >> self.shift) as u16
    }
}

/// The plane of each test, span by span.
#[inline(always)]
fn each(tests: &[Test], into: &mut [Plane], next: &mut Ahead<'_>, mut join: impl FnMut(&mut Plane, (i32, i32))) {
    for (test, into) in tests.iter().zip(into) {
        next.step();
        let mut plane = NONE;
        test.spans.iter().for_each(|span| join(&mut plane, *span));
        *into = plane;
    }
}

/// One bit for each of 64 values. Eight answers of 0 or 1 stand in eight bytes, which the compiler makes with vectors; one multiplication
/// brings their lowest bits together.
#[inline(always)]
fn word_of<T: Copy>(values: &[T; 64], holds: impl Fn(T) -> bool) -> u64 {
    let mut answers = [0u8; 64];
    for (answer, value) in answers.iter_mut().zip(values) {
        *answer = u8::from(holds(*value));
    }
    let eights = answers.as_chunks::<8>().0.iter().enumerate();
    eights.fold(0, |word, (at, eight)| {
        word | (u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (at * 8)
    })
}

/// One bit a row.
#[inline(always)]
fn join<T: Copy>(into: &mut Plane, values: &[T; ROWS], holds: impl Fn(T) -> bool) {
    for (word, values) in into.iter_mut().zip(values.as_chunks::<64>().0) {
        *word |= word_of(values, &holds);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "a test may stop at a wrong index")]

    use super::super::ALL;
    use super::*;

    /// Values that meet the cut points and the ends of the types, in no order.
    fn mixed(seed: u64, at: usize) -> u64 {
        let mut x = seed.wrapping_add(at as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        x ^= x >> 29;
        x = x.wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x ^ (x >> 32)
    }

    #[test]
    fn every_kernel_gives_the_bits_of_one_row_at_a_time() {
        let edges = [i32::MIN, i32::MIN + 1, -70_000, -1, 0, 1, 127, 128, 255, 70_000, i32::MAX - 1, i32::MAX];
        for seed in 0..20u64 {
            let mut bytes = [0u8; ROWS];
            let mut shorts = [0u16; ROWS];
            let mut ints = [0i32; ROWS];
            for (at, ((byte, short), int)) in bytes.iter_mut().zip(&mut shorts).zip(&mut ints).enumerate() {
                let x = mixed(seed, at);
                *byte = (x >> 8) as u8;
                *short = if x.is_multiple_of(5) { 0u16.wrapping_sub((x >> 40) as u16 & 1) } else { (x >> 24) as u16 };
                *int = if x.is_multiple_of(3) { edges[(x >> 16) as usize % edges.len()] } else { (x >> 20) as i32 };
            }
            for pair in 0..60u64 {
                let x = mixed(seed ^ 99, pair as usize);
                let ends = [(x >> 3) as u8, if pair % 3 == 0 { u8::MAX } else { (x >> 11) as u8 }];
                let byte = (ends[0].min(ends[1]), ends[0].max(ends[1]));
                let ends = [(x >> 5) as u16, if pair % 3 == 1 { u16::MAX } else { (x >> 33) as u16 }];
                let short = (ends[0].min(ends[1]), ends[0].max(ends[1]));
                let ends = [x >> 19, x >> 27].map(|at| edges[at as usize % edges.len()]);
                let int = (ends[0].min(ends[1]), ends[0].max(ends[1]));
                // No span, one, one value, and two.
                let spans = |span: (i32, i32)| {
                    let point = (span.0, span.0);
                    [vec![], vec![span], vec![point], vec![point, span]].map(|spans| Test { lane: 0, spans })
                };
                let of_bytes = spans((byte.0.into(), byte.1.into()));
                let of_shorts = spans((short.0.into(), short.1.into()));
                let of_ints = spans(int);
                let (short_value, int_value) = (|at: usize| i32::from(shorts[at]), |at: usize| ints[at]);
                for kernels in Kernels::all() {
                    let mut planes = [ALL; 4];
                    kernels.bytes(&bytes, u8::MAX, &of_bytes, &mut planes, &mut Ahead::none());
                    same(&planes, &of_bytes, |at| bytes[at].into(), kernels);
                    kernels.shorts(&shorts, u16::MAX, &of_shorts, &mut planes, &mut Ahead::none());
                    same(&planes, &of_shorts, short_value, kernels);
                    kernels.ints(&ints, &of_ints, &mut planes, &mut Ahead::none());
                    same(&planes, &of_ints, int_value, kernels);
                }
            }
        }
    }

    fn same(planes: &[Plane], tests: &[Test], value: impl Fn(usize) -> i32, kernels: Kernels) {
        for (plane, test) in planes.iter().zip(tests) {
            for at in 0..ROWS {
                let held = test.spans.iter().any(|(least, most)| (*least..=*most).contains(&value(at)));
                assert_eq!(plane[at / 64] >> (at % 64) & 1 == 1, held, "{kernels:?} {at} {test:?}");
            }
        }
    }

    #[test]
    fn every_kernel_narrows_alike() {
        let edges = [i32::MIN, i32::MIN + 1, -70_000, -1, 0, 1, 255, 256, 70_000, i32::MAX - 1, i32::MAX];
        for seed in 0..20u64 {
            let mut ints = [0i32; ROWS];
            for (at, int) in ints.iter_mut().enumerate() {
                let x = mixed(seed, at);
                *int = if x.is_multiple_of(3) { edges[(x >> 16) as usize % edges.len()] } else { (x >> 20) as i32 };
            }
            for (least, most) in [(0, 0), (-3, 252), (60, 61), (i32::MIN, i32::MIN + 255), (i32::MAX - 200, i32::MAX)] {
                for kernels in Kernels::all() {
                    let mut bytes = [0; ROWS];
                    kernels.narrow(&ints, (least, most), &mut bytes);
                    for (byte, int) in bytes.iter().zip(&ints) {
                        assert_eq!(i64::from(*byte), i64::from(*int.clamp(&least, &most)) - i64::from(least));
                    }
                }
            }
            for (least, most, step) in [(-5, 60_000, 1), (0, 65_535_000, 1_000), (-7, i32::MAX - 8, 1 << 20)] {
                for kernels in Kernels::all() {
                    let mut shorts = [0; ROWS];
                    kernels.shorten(&ints, (least, most), Steps::of(step), &mut shorts);
                    for (short, int) in shorts.iter().zip(&ints) {
                        let distance = i64::from(*int.clamp(&least, &most)) - i64::from(least);
                        assert_eq!(i64::from(*short), distance / i64::from(step), "{kernels:?} {int}");
                    }
                }
            }
        }
    }

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
