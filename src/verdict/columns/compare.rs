//! Lanes -> planes: one comparison of every row of a block.

use super::{NONE, Plane, ROWS};

/// Which instructions are used. All of them give the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kernels {
    /// What every processor has.
    Portable,
    /// 256-bit vectors.
    #[cfg(target_arch = "x86_64")]
    Avx2(super::simd::Avx2),
    /// 512-bit vectors with byte lanes.
    #[cfg(target_arch = "x86_64")]
    Avx512(super::simd::Avx512),
}

impl Kernels {
    /// The widest that this processor has.
    pub(crate) fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if let Some(token) = super::simd::Avx512::here() {
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

    /// Rows whose byte is from `least` to `most`, joined to `into`.
    #[inline(always)]
    pub(super) fn bytes(self, values: &[u8; ROWS], least: u8, most: u8, into: &mut Plane) {
        match self {
            Self::Portable => join(into, values, |v| v.wrapping_sub(least) <= most.wrapping_sub(least)),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(token) => token.bytes(values, least, most, into),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(token) => token.bytes(values, least, most, into),
        }
    }

    /// Rows whose short is from `least` to `most`, joined to `into`.
    #[inline(always)]
    pub(super) fn shorts(self, values: &[u16; ROWS], least: u16, most: u16, into: &mut Plane) {
        match self {
            Self::Portable => join(into, values, |v| v.wrapping_sub(least) <= most.wrapping_sub(least)),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(token) => token.shorts(values, least, most, into),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(token) => token.shorts(values, least, most, into),
        }
    }

    /// Rows whose integer is from `least` to `most`, joined to `into`.
    #[inline(always)]
    pub(super) fn ints(self, values: &[i32; ROWS], least: i32, most: i32, into: &mut Plane) {
        match self {
            Self::Portable => join(into, values, |v| least <= v && v <= most),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(token) => token.ints(values, least, most, into),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(token) => token.ints(values, least, most, into),
        }
    }
}

/// One bit a row. Eight answers of 0 or 1 stand in eight bytes; one multiplication brings their lowest bits together.
#[inline(always)]
fn join<T: Copy>(into: &mut Plane, values: &[T; ROWS], holds: impl Fn(T) -> bool) {
    let mut plane = NONE;
    for (word, values) in plane.iter_mut().zip(values.chunks_exact(64)) {
        let mut answers = [0u8; 64];
        for (answer, value) in answers.iter_mut().zip(values) {
            *answer = u8::from(holds(*value));
        }
        for (at, eight) in answers.chunks_exact(8).enumerate() {
            let eight = u64::from_le_bytes(eight.try_into().unwrap_or([0; 8]));
            *word |= (eight.wrapping_mul(0x0102_0408_1020_4080) >> 56) << (at * 8);
        }
    }
    into.iter_mut().zip(plane).for_each(|(a, b)| *a |= b);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "a test may stop at a wrong index")]

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
                let ends = [(x >> 3) as u8, (x >> 11) as u8];
                let (least, most) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
                let ends = [(x >> 5) as u16, (x >> 33) as u16];
                let (low, high) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
                let ends = [x >> 19, x >> 27].map(|at| edges[at as usize % edges.len()]);
                let (from, to) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
                for kernels in Kernels::all() {
                    let (mut of_bytes, mut of_shorts, mut of_ints) = (NONE, NONE, NONE);
                    kernels.bytes(&bytes, least, most, &mut of_bytes);
                    kernels.shorts(&shorts, low, high, &mut of_shorts);
                    kernels.ints(&ints, from, to, &mut of_ints);
                    for at in 0..ROWS {
                        let bit = |plane: &Plane| plane[at / 64] >> (at % 64) & 1 == 1;
                        assert_eq!(bit(&of_bytes), (least..=most).contains(&bytes[at]), "{kernels:?} {at}");
                        assert_eq!(bit(&of_shorts), (low..=high).contains(&shorts[at]), "{kernels:?} {at}");
                        assert_eq!(bit(&of_ints), (from..=to).contains(&ints[at]), "{kernels:?} {at}");
                    }
                }
            }
        }
    }
}
