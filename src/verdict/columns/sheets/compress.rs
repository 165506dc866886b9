//! Bits under a mask, brought side by side and set apart again, eight words at once.
//!
//! Henry S. Warren, *Hacker's Delight*, second edition, 7-4 and 7-5: a bit that has to go down by so many places goes by powers of two, and
//! which bits go by which power depends on the mask alone. So it is worked out once for all the words that are moved under a mask.

use crate::verdict::columns::compare::Kernels;

/// Words that one step moves: as many as the widest vector has.
const WIDE: usize = 8;

type Wide = [u64; WIDE];

/// A mask of many words, and how the bits under it move.
#[derive(Clone, Debug, Default)]
pub(super) struct Mask {
    words: Vec<Wide>,
    /// By power of two: the bits that go so far down.
    moves: Vec<[Wide; 6]>,
    /// By word, and for all of them: the bits of the mask in the words before.
    before: Vec<usize>,
}

impl Mask {
    /// Takes another mask.
    #[inline(always)]
    pub(super) fn set(&mut self, mask: &[u64], kernels: Kernels) {
        self.words.clear();
        self.moves.clear();
        self.before.clear();
        let mut bits = 0;
        for words in mask.chunks(WIDE) {
            let words = wide(words);
            for word in words {
                self.before.push(bits);
                bits += word.count_ones() as usize;
            }
            self.words.push(words);
            if !kernels.compresses() {
                self.moves.push(moves(words));
            }
        }
        self.before.push(bits);
    }

    /// The bits under the mask side by side, from the first bit on. Every word of `into` that has one of them is written, and the word
    /// after the last.
    #[inline(always)]
    pub(super) fn together(&self, bits: &[u64], into: &mut [u64], kernels: Kernels) {
        // What is not yet a whole word stays in a register: to be read back from memory it would be waited for.
        let mut part = 0;
        let mut put = |word: u64, (before, after): (&usize, &usize)| {
            let (at, bit) = (before / 64, before % 64);
            part |= word << bit;
            into.get_mut(at).into_iter().for_each(|slot| *slot = part);
            let whole = u64::from(at != after / 64).wrapping_neg();
            part = part & !whole | word >> 1 >> (63 - bit) & whole;
        };
        let counts = self.before.iter().zip(self.before.iter().skip(1));
        match kernels {
            #[cfg(target_arch = "x86_64")]
            Kernels::Avx512(token) => {
                let words = bits.iter().zip(self.words.as_flattened()).zip(counts);
                words.for_each(|((bits, mask), counts)| put(token.compress(*bits, *mask), counts));
            }
            _ => {
                let mut counts = counts;
                for (bits, (mask, moves)) in bits.chunks(WIDE).zip(self.words.iter().zip(&self.moves)) {
                    let mut x = wide(bits);
                    x.iter_mut().zip(mask).for_each(|(x, mask)| *x &= mask);
                    for (power, moves) in moves.iter().enumerate() {
                        for (x, moves) in x.iter_mut().zip(moves) {
                            let going = *x & moves;
                            *x = *x ^ going | going >> (1 << power);
                        }
                    }
                    x.iter().zip(&mut counts).for_each(|(word, counts)| put(*word, counts));
                }
            }
        }
        let end = self.before.last().map_or(0, |all| all / 64);
        into.get_mut(end).into_iter().for_each(|slot| *slot = part);
        into.get_mut(end + 1).into_iter().for_each(|slot| *slot = 0);
    }

    /// The opposite: bits that stand side by side put under the mask, each joined to what is there. `memory` is overwritten.
    #[inline(always)]
    pub(super) fn apart(&self, bits: &[u64], into: &mut [u64], memory: &mut [u64], kernels: Kernels) {
        let take = |before: usize| match bits.get(before / 64..before / 64 + 2) {
            Some([low, high]) => low >> (before % 64) | high << 1 << (63 - before % 64),
            _ => 0,
        };
        #[cfg(target_arch = "x86_64")]
        if let Kernels::Avx512(token) = kernels {
            let words = into.iter_mut().zip(self.words.as_flattened()).zip(&self.before);
            return words.for_each(|((into, mask), before)| *into |= token.expand(take(*before), *mask));
        }
        // First all of them and then each eight, since what was just written in words cannot yet be read in vectors.
        memory.iter_mut().zip(&self.before).for_each(|(slot, before)| *slot = take(*before));
        let masks = self.words.iter().zip(&self.moves);
        for ((into, bits), (mask, moves)) in into.chunks_mut(WIDE).zip(memory.chunks(WIDE)).zip(masks) {
            let mut x = wide(bits);
            for (power, moves) in moves.iter().enumerate().rev() {
                for (x, moves) in x.iter_mut().zip(moves) {
                    *x = *x & !moves | *x << (1 << power) & moves;
                }
            }
            into.iter_mut().zip(x).zip(mask).for_each(|((into, x), mask)| *into |= x & mask);
        }
    }
}

/// So many words as there are, and zeros.
#[inline(always)]
fn wide(words: &[u64]) -> Wide {
    words.first_chunk().copied().unwrap_or_else(|| {
        let mut wide = [0; WIDE];
        wide.iter_mut().zip(words).for_each(|(slot, word)| *slot = *word);
        wide
    })
}

/// Which bits go down by 1, 2, 4 and so on, so that those under a mask stand side by side.
#[inline(always)]
fn moves(mut mask: Wide) -> [Wide; 6] {
    // Bits with an odd number of gaps below them go by one; of the gaps that are left, half as many, by two, and so on.
    let mut gaps = mask.map(|mask| !mask << 1);
    let mut moves = [[0; WIDE]; 6];
    for (power, moves) in moves.iter_mut().enumerate() {
        for ((mask, gaps), moves) in mask.iter_mut().zip(&mut gaps).zip(moves) {
            let mut odd = *gaps;
            for shift in [1, 2, 4, 8, 16, 32] {
                odd ^= odd << shift;
            }
            *moves = odd & *mask;
            *mask = *mask ^ *moves | *moves >> (1 << power);
            *gaps &= !odd;
        }
    }
    moves
}

#[cfg(test)]
mod tests {
    use super::super::{bit, put};
    use super::*;

    #[test]
    fn bits_come_together_and_go_apart_as_one_by_one() {
        let mut seed = 3u64;
        let mut random = || {
            seed = seed.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
            seed ^ seed >> 29
        };
        for round in 0..300 {
            let words = round % 19;
            // Few bits, half of them, most, none or all.
            let mask: Vec<u64> = (0..words)
                .map(|_| match round % 7 {
                    0 => 0,
                    1 => u64::MAX,
                    2 | 3 => random() & random() & random(),
                    4 => random() | random() | random(),
                    _ => random(),
                })
                .collect();
            let bits: Vec<u64> = (0..words).map(|_| random()).collect();
            let places: Vec<usize> = (0..words * 64).filter(|at| bit(&mask, *at)).collect();
            let mut expected = vec![0; words + 1];
            places.iter().enumerate().for_each(|(at, place)| put(&mut expected, at, bit(&bits, *place)));
            let under_mask: Vec<u64> = bits.iter().zip(&mask).map(|(bits, mask)| bits & mask).collect();
            for kernels in Kernels::all() {
                let mut under = Mask::default();
                under.set(&mask, kernels);
                let (mut found, mut back) = (vec![0; words + 1], vec![0; words]);
                under.together(&bits, &mut found, kernels);
                assert_eq!(found, expected, "{kernels:?} {mask:x?} {bits:x?}");
                under.apart(&found, &mut back, &mut vec![0; words], kernels);
                assert_eq!(back, under_mask, "{kernels:?} {mask:x?} {bits:x?}");
            }
        }
    }
}
