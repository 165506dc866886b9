//! Comparisons in 256-bit and 512-bit vectors. Beside the C door the only file with `unsafe` in the crate.
//!
//! A token of one of these types exists only where the processor was found to have the instructions, so that having one is the
//! proof that calling the functions behind it is sound. All loads are from arrays of a fixed size, at offsets inside them.

#![expect(
    unsafe_code,
    reason = "vector instructions; a token proves that the processor has them, arrays bound every load"
)]
#![allow(clippy::unused_self, reason = "a token is not read: that there is one is the proof")]

use super::{Plane, ROWS};
use std::arch::x86_64::{
    __m256i, __m512i, _mm256_cmpeq_epi8, _mm256_cmpeq_epi16, _mm256_cmpgt_epi32, _mm256_loadu_si256, _mm256_min_epu8,
    _mm256_min_epu16, _mm256_movemask_epi8, _mm256_or_si256, _mm256_packs_epi16, _mm256_packs_epi32,
    _mm256_permute4x64_epi64, _mm256_permutevar8x32_epi32, _mm256_set1_epi8, _mm256_set1_epi16, _mm256_set1_epi32,
    _mm256_setr_epi32, _mm256_sub_epi8, _mm256_sub_epi16, _mm512_cmple_epi32_mask, _mm512_cmple_epu8_mask,
    _mm512_cmple_epu16_mask, _mm512_loadu_si512, _mm512_mask_cmple_epi32_mask, _mm512_set1_epi8, _mm512_set1_epi16,
    _mm512_set1_epi32, _mm512_sub_epi8, _mm512_sub_epi16,
};

/// Proof that the processor has AVX2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Avx2(());

/// Proof that the processor has AVX-512 with byte lanes.
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
        (is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw")).then_some(Self(()))
    }

    #[inline(always)]
    pub(super) fn wide<R>(self, what: impl FnOnce(()) -> R) -> R {
        // SAFETY: the token proves that the processor has AVX-512 F and BW.
        unsafe { wide_avx512(what) }
    }

    #[inline(always)]
    pub(super) fn bytes(self, values: &[u8; ROWS], least: u8, most: u8, into: &mut Plane) {
        // SAFETY: the token proves that the processor has AVX-512 F and BW.
        unsafe { bytes_avx512(values, least, most, into) }
    }

    #[inline(always)]
    pub(super) fn shorts(self, values: &[u16; ROWS], least: u16, most: u16, into: &mut Plane) {
        // SAFETY: the token proves that the processor has AVX-512 F and BW.
        unsafe { shorts_avx512(values, least, most, into) }
    }

    #[inline(always)]
    pub(super) fn ints(self, values: &[i32; ROWS], least: i32, most: i32, into: &mut Plane) {
        // SAFETY: the token proves that the processor has AVX-512 F and BW.
        unsafe { ints_avx512(values, least, most, into) }
    }
}

#[target_feature(enable = "avx2")]
fn wide_avx2<R>(what: impl FnOnce(()) -> R) -> R {
    what(())
}

#[target_feature(enable = "avx512f,avx512bw")]
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

#[target_feature(enable = "avx512f,avx512bw")]
fn bytes_avx512(values: &[u8; ROWS], least: u8, most: u8, into: &mut Plane) {
    let from = _mm512_set1_epi8(least.cast_signed());
    let width = _mm512_set1_epi8(most.wrapping_sub(least).cast_signed());
    let (chunks, _) = values.as_chunks::<64>();
    for (word, chunk) in into.iter_mut().zip(chunks) {
        // SAFETY: the array has the 64 bytes that are read; no alignment is asked for.
        let values: __m512i = unsafe { _mm512_loadu_si512(chunk.as_ptr().cast()) };
        *word |= _mm512_cmple_epu8_mask(_mm512_sub_epi8(values, from), width);
    }
}

#[target_feature(enable = "avx512f,avx512bw")]
fn shorts_avx512(values: &[u16; ROWS], least: u16, most: u16, into: &mut Plane) {
    let from = _mm512_set1_epi16(least.cast_signed());
    let width = _mm512_set1_epi16(most.wrapping_sub(least).cast_signed());
    let (chunks, _) = values.as_chunks::<32>();
    for (word, two) in into.iter_mut().zip(chunks.chunks_exact(2)) {
        let mut bits = 0u64;
        for (at, chunk) in two.iter().enumerate() {
            // SAFETY: the array has the 64 bytes that are read; no alignment is asked for.
            let values: __m512i = unsafe { _mm512_loadu_si512(chunk.as_ptr().cast()) };
            bits |= u64::from(_mm512_cmple_epu16_mask(_mm512_sub_epi16(values, from), width)) << (at * 32);
        }
        *word |= bits;
    }
}

#[target_feature(enable = "avx512f,avx512bw")]
fn ints_avx512(values: &[i32; ROWS], least: i32, most: i32, into: &mut Plane) {
    let (from, to) = (_mm512_set1_epi32(least), _mm512_set1_epi32(most));
    let (chunks, _) = values.as_chunks::<16>();
    for (word, fours) in into.iter_mut().zip(chunks.chunks_exact(4)) {
        let mut bits = 0u64;
        for (at, chunk) in fours.iter().enumerate() {
            // SAFETY: the array has the 64 bytes that are read; no alignment is asked for.
            let values: __m512i = unsafe { _mm512_loadu_si512(chunk.as_ptr().cast()) };
            let held = _mm512_mask_cmple_epi32_mask(_mm512_cmple_epi32_mask(from, values), values, to);
            bits |= u64::from(held) << (at * 16);
        }
        *word |= bits;
    }
}
