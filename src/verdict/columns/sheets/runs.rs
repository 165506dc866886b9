//! Runs of bits, as the entries of lists are: what is asked of each run, a word of runs at once.
//!
//! Runs end where `lasts` has a bit. A sum or difference over a run carries along it and never past its end, and so do the carries from word
//! to word, up to 64 of which are worked out together, with a bit for each word.

/// The carries into each of up to 64 words, and the one out of the last: `made` where a word makes one, `passed` where it hands one on that it
/// is given; none does both. A carry goes up over the words that pass it as one bit does in a sum.
#[inline(always)]
fn ripple(made: u64, passed: u64, carry: u64) -> (u64, u64) {
    let (sum, out) = passed.overflowing_add(made << 1 | carry);
    (sum ^ passed, made >> 63 | u64::from(out))
}

/// Writes, for up to 64 words of bits with their `lasts`, words in which the last bit of each run is set that has a bit set; the other bits
/// mean nothing. Takes the carry into the first word and returns the one out of the last.
///
/// Added to all bits of a run but the last, a bit that is set carries over every bit after it, up to the last.
#[inline(always)]
pub(super) fn last_bits<'w>(words: impl Iterator<Item = (u64, &'w u64)> + Clone, carry: u64, into: &mut [u64]) -> u64 {
    let (mut made, mut passed) = (0, 0);
    for (at, ((bits, lasts), sum)) in words.clone().zip(&mut *into).enumerate() {
        *sum = (bits & !lasts).wrapping_add(!lasts);
        made |= u64::from(*sum < !lasts) << at;
        passed |= u64::from(*sum == u64::MAX) << at;
    }
    let (carries, out) = ripple(made, passed, carry);
    for (at, ((bits, _), sum)) in words.zip(into).enumerate() {
        *sum = sum.wrapping_add(carries >> at & 1) | bits;
    }
    out
}

/// Takes the first bit that is set out of each run, in up to 64 words of bits with the first and last bits of their runs. Takes and returns what
/// is borrowed.
///
/// One taken from the first of a run turns its bits up to the first that is set, and leaves the others; the last one stands for those of a
/// run that has none.
#[inline(always)]
pub(super) fn without_first<'w>(
    runs: impl Iterator<Item = (&'w u64, &'w u64)> + Clone,
    borrow: u64,
    bits: &mut [u64],
) -> u64 {
    let (mut made, mut passed) = (0, 0);
    for (at, ((firsts, lasts), bits)) in runs.clone().zip(&*bits).enumerate() {
        let from = bits | lasts;
        made |= u64::from(from < *firsts) << at;
        passed |= u64::from(from == *firsts) << at;
    }
    let (borrows, out) = ripple(made, passed, borrow);
    for (at, ((firsts, lasts), bits)) in runs.zip(bits).enumerate() {
        *bits &= (*bits | lasts).wrapping_sub(*firsts).wrapping_sub(borrows >> at & 1);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carries_go_up_as_one_by_one() {
        let mut seed = 5u64;
        let mut random = || {
            seed = seed.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
            seed ^ seed >> 31
        };
        for round in 0..2_000 {
            let passed = if round % 3 == 0 { random() | random() } else { random() };
            let made = random() & if round % 2 == 0 { random() } else { u64::MAX } & !passed;
            for carry in [0, 1] {
                let (mut expected, mut here) = (0, carry);
                for at in 0..64 {
                    expected |= here << at;
                    here = made >> at & 1 | passed >> at & here;
                }
                assert_eq!(ripple(made, passed, carry), (expected, here), "{made:x} {passed:x} {carry}");
            }
        }
    }
}
