//! Comparisons, and planes joined, in 256-bit and 512-bit vectors. Beside the C door the only file with `unsafe` in the crate.
//!
//! A token of one of these types exists only where the processor was found to have the instructions, so that having one is the
//! proof that calling the functions behind it is sound. All loads and stores are of arrays of a fixed size.

#![expect(
    unsafe_code,
    reason = "vector instructions; a token proves that the processor has them, arrays bound every load"
)]
#![allow(clippy::unused_self, reason = "a token is not read: that there is one is the proof")]

use super::compare::{Ahead, Steps};
use super::logic::Registers;
use super::{Plane, ROWS, Test, WORDS};
use std::arch::x86_64::{
    __m256i, __m512i, _MM_HINT_T1, _mm_cvtsi64_si128, _mm_prefetch, _mm_storeu_si128, _mm256_and_si256,
    _mm256_andnot_si256, _mm256_cmpeq_epi8, _mm256_cmpeq_epi16, _mm256_cmpgt_epi32, _mm256_loadu_si256,
    _mm256_min_epu8, _mm256_min_epu16, _mm256_movemask_epi8, _mm256_or_si256, _mm256_packs_epi16, _mm256_packs_epi32,
    _mm256_permute4x64_epi64, _mm256_permutevar8x32_epi32, _mm256_set1_epi8, _mm256_set1_epi16, _mm256_set1_epi32,
    _mm256_setr_epi32, _mm256_storeu_si256, _mm256_sub_epi8, _mm256_sub_epi16, _mm256_xor_si256, _mm512_and_si512,
    _mm512_andnot_si512, _mm512_cmpeq_epi8_mask, _mm512_cmpeq_epi16_mask, _mm512_cmpeq_epi32_mask,
    _mm512_cmpge_epi32_mask, _mm512_cmpge_epu8_mask, _mm512_cmpge_epu16_mask, _mm512_cmple_epu8_mask,
    _mm512_cmple_epu16_mask, _mm512_cmple_epu32_mask, _mm512_cvtepi32_epi8, _mm512_cvtepi32_epi16, _mm512_loadu_si512,
    _mm512_max_epi32, _mm512_min_epi32, _mm512_mul_epu32, _mm512_or_si512, _mm512_set1_epi8, _mm512_set1_epi16,
    _mm512_set1_epi32, _mm512_set1_epi64, _mm512_slli_epi64, _mm512_srl_epi64, _mm512_srli_epi64, _mm512_storeu_si512,
    _mm512_sub_epi8, _mm512_sub_epi16, _mm512_sub_epi32, _mm512_ternarylogic_epi64, _mm512_test_epi8_mask, _pdep_u64,
    _pext_u64,
};
use std::ops::BitOr;

/// Asks for some values to be brought near.
#[inline]
pub(super) fn ahead<T>(values: &[T]) {
    for line in values.chunks(64 / size_of::<T>().max(1)) {
        // SAFETY: asking reads nothing.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(line.as_ptr().cast()) }
    }
}

/// Proof that the processor has AVX2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Avx2(());

/// Proof that the processor has AVX-512 with byte lanes, and BMI2: every one that has the first has the second, and moves bits by a mask
/// in one step, which not all with AVX2 do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Avx512(());

impl Avx2 {
    /// A token, where the processor has the instructions.
    pub(crate) fn here() -> Option<Self> {
        is_x86_feature_detected!("avx2").then_some(Self(()))
    }

    #[inline(always)]
    pub(super) fn wide<R>(self, what: impl FnOnce(()) -> R) -> R {
        // SAFETY: the token proves that the processor has AVX2.
        unsafe { wide_avx2(what) }
    }

    #[inline(always)]
    pub(super) fn bytes(self, values: &[u8; ROWS], least: u8, most: u8, into: &mut Plane) {
        // SAFETY: the token proves that the processor has AVX2.
        unsafe { bytes_avx2(values, least, most, into) }
    }

    #[inline(always)]
    pub(super) fn shorts(self, values: &[u16; ROWS], least: u16, most: u16, into: &mut Plane) {
        // SAFETY: the token proves that the processor has AVX2.
        unsafe { shorts_avx2(values, least, most, into) }
    }

    #[inline(always)]
    pub(super) fn ints(self, values: &[i32; ROWS], least: i32, most: i32, into: &mut Plane) {
        // SAFETY: the token proves that the processor has AVX2.
        unsafe { ints_avx2(values, least, most, into) }
    }
}

impl Avx512 {
    /// A token, where the processor has the instructions.
    pub(crate) fn here() -> Option<Self> {
        let has = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw");
        (has && is_x86_feature_detected!("bmi2")).then_some(Self(()))
    }

    #[inline(always)]
    pub(super) fn wide<R>(self, what: impl FnOnce(()) -> R) -> R {
        // SAFETY: the token proves that the processor has AVX-512 F and BW, and BMI2.
        unsafe { wide_avx512(what) }
    }

    #[inline(always)]
    pub(super) fn flags(self, bytes: &[u8; 64]) -> u64 {
        // SAFETY: the token proves that the processor has AVX-512 F and BW.
        unsafe { flags_avx512(bytes) }
    }

    /// The bits of a word under a mask, side by side from the lowest on.
    #[inline(always)]
    pub(super) fn compress(self, word: u64, mask: u64) -> u64 {
        // SAFETY: the token proves that the processor has BMI2.
        unsafe { _pext_u64(word, mask) }
    }

    /// The opposite: the lowest bits of a word, put under a mask.
    #[inline(always)]
    pub(super) fn expand(self, word: u64, mask: u64) -> u64 {
        // SAFETY: the token proves that the processor has BMI2.
        unsafe { _pdep_u64(word, mask) }
    }

    #[inline(always)]
    pub(super) fn bytes(self, values: &[u8; ROWS], last: u8, tests: &[Test], into: &mut [Plane], next: &mut Ahead<'_>) {
        // SAFETY: the token proves that the processor has AVX-512 F and BW.
        unsafe { bytes_avx512(values, last, tests, into, next) }
    }

    #[inline(always)]
    pub(super) fn shorts(
        self,
        values: &[u16; ROWS],
        last: u16,
        tests: &[Test],
        into: &mut [Plane],
        next: &mut Ahead<'_>,
    ) {
        // SAFETY: the token proves that the processor has AVX-512 F and BW.
        unsafe { shorts_avx512(values, last, tests, into, next) }
    }

    #[inline(always)]
    pub(super) fn ints(self, values: &[i32; ROWS], tests: &[Test], into: &mut [Plane], next: &mut Ahead<'_>) {
        // SAFETY: the token proves that the processor has AVX-512 F and BW.
        unsafe { ints_avx512(values, i32::MAX, tests, into, next) }
    }

    #[inline(always)]
    pub(super) fn narrow(self, values: &[i32; ROWS], ends: (i32, i32), into: &mut [u8; ROWS]) {
        // SAFETY: the token proves that the processor has AVX-512 F and BW.
        unsafe { narrow_avx512(values, ends, into) }
    }

    #[inline(always)]
    pub(super) fn shorten(self, values: &[i32; ROWS], ends: (i32, i32), steps: Steps, into: &mut [u16; ROWS]) {
        // SAFETY: the token proves that the processor has AVX-512 F and BW.
        unsafe { shorten_avx512(values, ends, steps, into) }
    }
}

impl Registers for Avx2 {
    type Part = [__m256i; 4];
    const PARTS: usize = WORDS / 16;

    #[inline(always)]
    fn part(self, set: bool) -> Self::Part {
        // SAFETY: the token proves that the processor has AVX2.
        unsafe { [_mm256_set1_epi8(if set { -1 } else { 0 }); 4] }
    }

    #[inline(always)]
    fn and(self, part: Self::Part, with: &Plane, at: usize) -> Self::Part {
        // SAFETY: the token proves that the processor has AVX2.
        unsafe { quads(part, with, at, |a, b| _mm256_and_si256(a, b)) }
    }

    #[inline(always)]
    fn or(self, part: Self::Part, with: &Plane, at: usize) -> Self::Part {
        // SAFETY: the token proves that the processor has AVX2.
        unsafe { quads(part, with, at, |a, b| _mm256_or_si256(a, b)) }
    }

    #[inline(always)]
    fn and_not(self, part: Self::Part, with: &Plane, at: usize) -> Self::Part {
        // SAFETY: the token proves that the processor has AVX2.
        unsafe { quads(part, with, at, |a, b| _mm256_andnot_si256(b, a)) }
    }

    #[inline(always)]
    fn or_not(self, part: Self::Part, with: &Plane, at: usize) -> Self::Part {
        // SAFETY: the token proves that the processor has AVX2.
        unsafe { quads(part, with, at, |a, b| _mm256_or_si256(a, _mm256_xor_si256(b, _mm256_set1_epi8(-1)))) }
    }

    #[inline(always)]
    fn put(self, part: Self::Part, into: &mut Plane, at: usize) {
        for (into, from) in into.as_chunks_mut::<4>().0.iter_mut().skip(at * 4).zip(part) {
            // SAFETY: the token proves that the processor has AVX2; the array has the 32 bytes that are written.
            unsafe { _mm256_storeu_si256(into.as_mut_ptr().cast(), from) }
        }
    }
}

impl Registers for Avx512 {
    type Part = [__m512i; WORDS / 8];
    const PARTS: usize = 1;

    #[inline(always)]
    fn part(self, set: bool) -> Self::Part {
        // SAFETY: the token proves that the processor has AVX-512 F.
        unsafe { [_mm512_set1_epi8(if set { -1 } else { 0 }); WORDS / 8] }
    }

    #[inline(always)]
    fn and(self, part: Self::Part, with: &Plane, _: usize) -> Self::Part {
        // SAFETY: the token proves that the processor has AVX-512 F.
        unsafe { eights(part, with, |a, b| _mm512_and_si512(a, b)) }
    }

    #[inline(always)]
    fn or(self, part: Self::Part, with: &Plane, _: usize) -> Self::Part {
        // SAFETY: the token proves that the processor has AVX-512 F.
        unsafe { eights(part, with, |a, b| _mm512_or_si512(a, b)) }
    }

    #[inline(always)]
    fn and_not(self, part: Self::Part, with: &Plane, _: usize) -> Self::Part {
        // SAFETY: the token proves that the processor has AVX-512 F.
        unsafe { eights(part, with, |a, b| _mm512_andnot_si512(b, a)) }
    }

    #[inline(always)]
    fn or_not(self, part: Self::Part, with: &Plane, _: usize) -> Self::Part {
        // The table of "or" with the opposite: set unless the first is not and the second is.
        // SAFETY: the token proves that the processor has AVX-512 F.
        unsafe { eights(part, with, |a, b| _mm512_ternarylogic_epi64::<0b1111_0011>(a, b, b)) }
    }

    #[inline(always)]
    fn put(self, part: Self::Part, into: &mut Plane, _: usize) {
        for (into, from) in into.as_chunks_mut::<8>().0.iter_mut().zip(part) {
            // SAFETY: the token proves that the processor has AVX-512 F; the array has the 64 bytes that are written.
            unsafe { _mm512_storeu_si512(into.as_mut_ptr().cast(), from) }
        }
    }
}

/// A quarter of a plane joined with four vectors.
#[inline]
#[target_feature(enable = "avx2")]
fn quads(mut part: [__m256i; 4], with: &Plane, at: usize, by: impl Fn(__m256i, __m256i) -> __m256i) -> [__m256i; 4] {
    for (vector, words) in part.iter_mut().zip(with.as_chunks::<4>().0.iter().skip(at * 4)) {
        // SAFETY: the array has the 32 bytes that are read; no alignment is asked for.
        *vector = by(*vector, unsafe { _mm256_loadu_si256(words.as_ptr().cast()) });
    }
    part
}

/// A plane joined with as many vectors as it has.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn eights(
    mut part: [__m512i; WORDS / 8],
    with: &Plane,
    by: impl Fn(__m512i, __m512i) -> __m512i,
) -> [__m512i; WORDS / 8] {
    for (vector, words) in part.iter_mut().zip(with.as_chunks::<8>().0) {
        *vector = by(*vector, load(words));
    }
    part
}

#[target_feature(enable = "avx2")]
fn wide_avx2<R>(what: impl FnOnce(()) -> R) -> R {
    what(())
}

#[target_feature(enable = "avx512f,avx512bw,bmi2")]
fn wide_avx512<R>(what: impl FnOnce(()) -> R) -> R {
    what(())
}

/// 32 bytes from `at` on.
#[target_feature(enable = "avx2")]
fn load_bytes(values: &[u8; 32]) -> __m256i {
    // SAFETY: the array has the 32 bytes that are read; no alignment is asked for.
    unsafe { _mm256_loadu_si256(values.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
fn load_shorts(values: &[u16; 16]) -> __m256i {
    // SAFETY: the array has the 32 bytes that are read; no alignment is asked for.
    unsafe { _mm256_loadu_si256(values.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
fn load_ints(values: &[i32; 8]) -> __m256i {
    // SAFETY: the array has the 32 bytes that are read; no alignment is asked for.
    unsafe { _mm256_loadu_si256(values.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn bytes_avx2(values: &[u8; ROWS], least: u8, most: u8, into: &mut Plane) {
    let from = _mm256_set1_epi8(least.cast_signed());
    let width = _mm256_set1_epi8(most.wrapping_sub(least).cast_signed());
    let (chunks, _) = values.as_chunks::<32>();
    for (word, halves) in into.iter_mut().zip(chunks.chunks_exact(2)) {
        let mut bits = 0u64;
        for (at, half) in halves.iter().enumerate() {
            let distance = _mm256_sub_epi8(load_bytes(half), from);
            // No unsigned comparison exists: what is no more than the width is its own minimum with it.
            let held = _mm256_cmpeq_epi8(_mm256_min_epu8(distance, width), distance);
            bits |= u64::from(_mm256_movemask_epi8(held).cast_unsigned()) << (at * 32);
        }
        *word |= bits;
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn shorts_avx2(values: &[u16; ROWS], least: u16, most: u16, into: &mut Plane) {
    let from = _mm256_set1_epi16(least.cast_signed());
    let width = _mm256_set1_epi16(most.wrapping_sub(least).cast_signed());
    let (chunks, _) = values.as_chunks::<16>();
    for (word, fours) in into.iter_mut().zip(chunks.chunks_exact(4)) {
        let mut bits = 0u64;
        for (at, two) in fours.chunks_exact(2).enumerate() {
            let [a, b] = two else { continue };
            let held = |values: &[u16; 16]| {
                let distance = _mm256_sub_epi16(load_shorts(values), from);
                _mm256_cmpeq_epi16(_mm256_min_epu16(distance, width), distance)
            };
            // Packing interleaves the halves of vectors; this puts the groups of eight answers back in order.
            let ordered = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packs_epi16(held(a), held(b)));
            bits |= u64::from(_mm256_movemask_epi8(ordered).cast_unsigned()) << (at * 32);
        }
        *word |= bits;
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn ints_avx2(values: &[i32; ROWS], least: i32, most: i32, into: &mut Plane) {
    let (from, to) = (_mm256_set1_epi32(least), _mm256_set1_epi32(most));
    // Packing interleaves the halves of vectors; this puts the groups of four answers back in order.
    let order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    let (chunks, _) = values.as_chunks::<8>();
    let (one_sided_low, one_sided_high) = (most == i32::MAX, least == i32::MIN);
    for (word, eights) in into.iter_mut().zip(chunks.chunks_exact(8)) {
        let mut bits = 0u64;
        for (at, four) in eights.chunks_exact(4).enumerate() {
            let [a, b, c, d] = four else { continue };
            let outside = |values: &[i32; 8]| {
                let values = load_ints(values);
                if one_sided_low {
                    _mm256_cmpgt_epi32(from, values)
                } else if one_sided_high {
                    _mm256_cmpgt_epi32(values, to)
                } else {
                    _mm256_or_si256(_mm256_cmpgt_epi32(from, values), _mm256_cmpgt_epi32(values, to))
                }
            };
            let packed = _mm256_packs_epi16(
                _mm256_packs_epi32(outside(a), outside(b)),
                _mm256_packs_epi32(outside(c), outside(d)),
            );
            let ordered = _mm256_permutevar8x32_epi32(packed, order);
            bits |= u64::from(_mm256_movemask_epi8(ordered).cast_unsigned()) << (at * 32);
        }
        *word |= !bits;
    }
}

/// Vectors that are kept in registers while one test after the other is made on them: half of those there are.
const KEPT: usize = 16;

const _: () = assert!(ROWS.is_multiple_of(64 * KEPT), "a block is made of whole groups of vectors, of bytes as well");

/// 64 bytes of a lane.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn load<T, const N: usize>(values: &[T; N]) -> __m512i {
    const { assert!(size_of::<[T; N]>() == 64) };
    // SAFETY: the array has the 64 bytes that are read; no alignment is asked for.
    unsafe { _mm512_loadu_si512(values.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn flags_avx512(bytes: &[u8; 64]) -> u64 {
    let bytes = load(bytes);
    _mm512_test_epi8_mask(bytes, bytes)
}

/// The answers on some vectors, one mask a vector; joined to those there are, or in their place.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn answer<M: Copy + BitOr<Output = M>>(
    masks: &mut [M],
    vectors: &[__m512i; KEPT],
    joined: bool,
    holds: impl Fn(__m512i) -> M,
) {
    for (mask, vector) in masks.iter_mut().zip(vectors) {
        *mask = if joined { *mask | holds(*vector) } else { holds(*vector) };
    }
}

/// All tests of a lane, for values of one width: so many of them in a vector, the mask of its answers, and the instructions.
macro_rules! tests_avx512 {
    ($name:ident, $value:ty, $lanes:literal, $mask:ty, $set:expr, $less:ident, $least:ident, $equal:ident, $most:ident) => {
        #[target_feature(enable = "avx512f,avx512bw")]
        fn $name(values: &[$value; ROWS], last: $value, tests: &[Test], into: &mut [Plane], next: &mut Ahead<'_>) {
            let (chunks, _) = values.as_chunks::<$lanes>();
            for (part, vectors) in chunks.as_chunks::<KEPT>().0.iter().enumerate() {
                let vectors = vectors.each_ref().map(|chunk| load(chunk));
                for (test, plane) in tests.iter().zip(into.iter_mut()) {
                    next.step();
                    // SAFETY: a plane is as long as so many masks and no less aligned, and every pattern of bits is one of each. On this
                    // processor the lower part of a word comes first.
                    let masks = unsafe { &mut *std::ptr::from_mut(plane).cast::<[$mask; ROWS / $lanes]>() };
                    let Some(masks) = masks.get_mut(part * KEPT..(part + 1) * KEPT) else { continue };
                    if test.spans.is_empty() {
                        masks.fill(0);
                    }
                    for (at, (least, most)) in test.spans.iter().enumerate() {
                        let (least, most) = (*least as $value, *most as $value);
                        let set = $set;
                        let from = set(least);
                        if most == last {
                            answer(masks, &vectors, at > 0, |v| $least(v, from));
                        } else if least == most {
                            answer(masks, &vectors, at > 0, |v| $equal(v, from));
                        } else {
                            // What is below `from` comes back above every distance.
                            let width = set(most.wrapping_sub(least));
                            answer(masks, &vectors, at > 0, |v| $most($less(v, from), width));
                        }
                    }
                }
            }
        }
    };
}

tests_avx512!(
    bytes_avx512,
    u8,
    64,
    u64,
    |value: u8| _mm512_set1_epi8(value.cast_signed()),
    _mm512_sub_epi8,
    _mm512_cmpge_epu8_mask,
    _mm512_cmpeq_epi8_mask,
    _mm512_cmple_epu8_mask
);
tests_avx512!(
    shorts_avx512,
    u16,
    32,
    u32,
    |value: u16| _mm512_set1_epi16(value.cast_signed()),
    _mm512_sub_epi16,
    _mm512_cmpge_epu16_mask,
    _mm512_cmpeq_epi16_mask,
    _mm512_cmple_epu16_mask
);
tests_avx512!(
    ints_avx512,
    i32,
    16,
    u16,
    _mm512_set1_epi32,
    _mm512_sub_epi32,
    _mm512_cmpge_epi32_mask,
    _mm512_cmpeq_epi32_mask,
    _mm512_cmple_epu32_mask
);

/// Integers between two ends as their distance from the lower one.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn distance(values: &[i32; 16], from: __m512i, to: __m512i) -> __m512i {
    _mm512_sub_epi32(_mm512_min_epi32(_mm512_max_epi32(load(values), from), to), from)
}

#[target_feature(enable = "avx512f,avx512bw")]
fn narrow_avx512(values: &[i32; ROWS], (least, most): (i32, i32), into: &mut [u8; ROWS]) {
    let (from, to) = (_mm512_set1_epi32(least), _mm512_set1_epi32(most));
    for (bytes, values) in into.as_chunks_mut::<16>().0.iter_mut().zip(values.as_chunks::<16>().0) {
        let narrowed = _mm512_cvtepi32_epi8(distance(values, from, to));
        // SAFETY: the array has the 16 bytes that are written; no alignment is asked for.
        unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), narrowed) }
    }
}

#[target_feature(enable = "avx512f,avx512bw")]
fn shorten_avx512(values: &[i32; ROWS], (least, most): (i32, i32), steps: Steps, into: &mut [u16; ROWS]) {
    let (from, to) = (_mm512_set1_epi32(least), _mm512_set1_epi32(most));
    let factor = _mm512_set1_epi64(i64::from(steps.factor));
    let shift = _mm_cvtsi64_si128(i64::from(steps.shift));
    for (shorts, values) in into.as_chunks_mut::<16>().0.iter_mut().zip(values.as_chunks::<16>().0) {
        let distance = distance(values, from, to);
        // Products of 64 bits: first of the values in even places, then of the others.
        let even = _mm512_srl_epi64(_mm512_mul_epu32(distance, factor), shift);
        let odd = _mm512_srl_epi64(_mm512_mul_epu32(_mm512_srli_epi64::<32>(distance), factor), shift);
        let narrowed = _mm512_cvtepi32_epi16(_mm512_or_si512(even, _mm512_slli_epi64::<32>(odd)));
        // SAFETY: the array has the 32 bytes that are written; no alignment is asked for.
        unsafe { _mm256_storeu_si256(shorts.as_mut_ptr().cast(), narrowed) }
    }
}
