//! Bits as Apache Arrow lays them out: the first row is the lowest bit of the first byte, from any bit on.

/// The positions of the bits that are set in words, rising: bit 0 of the first word is 0, of the second 64.
pub(crate) fn set_bits(words: impl IntoIterator<Item = u64>) -> impl Iterator<Item = usize> {
    words.into_iter().enumerate().flat_map(|(at, mut left)| {
        std::iter::from_fn(move || {
            let bit = (left != 0).then_some(left.trailing_zeros() as usize)?;
            left &= left - 1;
            Some(at * 64 + bit)
        })
    })
}

/// One bit a row, borrowed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Bits<'a> {
    bytes: &'a [u8],
    /// The bit of the first row.
    offset: usize,
    len: usize,
}

impl std::fmt::Debug for Bits<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bits({})", self.len)
    }
}

impl<'a> Bits<'a> {
    /// `len` bits, the first of them bit `offset` of `bytes`. None where the bytes do not hold as many.
    ///
    /// ```
    /// use entitle::columns::Bits;
    /// let bits = Bits::new(&[0b1010_0000, 0b0000_0001], 5, 4).unwrap();
    /// assert_eq!((0..4).map(|row| bits.get(row)).collect::<Vec<_>>(), [true, false, true, true]);
    /// assert_eq!(bits.word(1), 0b110);
    /// assert!(Bits::new(&[0], 5, 4).is_none());
    /// ```
    #[must_use]
    pub fn new(bytes: &'a [u8], offset: usize, len: usize) -> Option<Self> {
        let last = offset.checked_add(len)?;
        (last.div_ceil(8) <= bytes.len()).then_some(Self { bytes, offset, len })
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bit of a row; not set past the last.
    #[must_use]
    #[inline]
    pub fn get(&self, row: usize) -> bool {
        if row >= self.len {
            return false;
        }
        let at = self.offset + row;
        self.bytes.get(at / 8).is_some_and(|byte| byte >> (at % 8) & 1 == 1)
    }

    /// The bits of 64 rows from `row` on, the first of them lowest; past the last row they are not set.
    #[must_use]
    #[inline]
    pub fn word(&self, row: usize) -> u64 {
        let left = self.len.saturating_sub(row);
        if left == 0 {
            return 0;
        }
        let at = self.offset + row;
        let (byte, shift) = (at / 8, at % 8);
        let word = if let Some(Ok(eight)) = self.bytes.get(byte..byte + 8).map(<[u8; 8]>::try_from) {
            let low = u64::from_le_bytes(eight) >> shift;
            // With a shift, the highest bits come from the ninth byte.
            let ninth = self.bytes.get(byte + 8).copied().unwrap_or(0);
            if shift == 0 { low } else { low | u64::from(ninth) << (64 - shift) }
        } else {
            let rest = self.bytes.get(byte..).unwrap_or_default();
            rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)) >> shift
        };
        if left >= 64 { word } else { word & ((1 << left) - 1) }
    }

    /// The words of `64 * N` rows from `row` on, as [`Bits::word`] gives them.
    #[inline]
    pub(crate) fn words<const N: usize>(&self, row: usize) -> [u64; N] {
        let mut words = [0; N];
        let at = self.offset.saturating_add(row);
        let whole = at.is_multiple_of(8) && row.saturating_add(N * 64) <= self.len;
        if let Some(bytes) = self.bytes.get(at / 8..at / 8 + N * 8).filter(|_| whole) {
            words.iter_mut().zip(bytes.as_chunks::<8>().0).for_each(|(word, eight)| *word = u64::from_le_bytes(*eight));
        } else {
            words.iter_mut().enumerate().for_each(|(at, word)| *word = self.word(row + at * 64));
        }
        words
    }

    /// How many are set.
    #[must_use]
    pub fn count(&self) -> usize {
        (0..self.len).step_by(64).map(|row| self.word(row).count_ones() as usize).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_agree_with_single_bits_at_every_offset_and_length() {
        let bytes: Vec<u8> = (0..40u8).map(|i| i.wrapping_mul(151).wrapping_add(43)).collect();
        for offset in 0..70 {
            for len in [0, 1, 7, 8, 63, 64, 65, 130, 250] {
                let Some(bits) = Bits::new(&bytes, offset, len) else { continue };
                for row in 0..len + 2 {
                    let word = bits.word(row);
                    let [first, second] = bits.words(row);
                    assert_eq!((first, second), (word, bits.word(row + 64)), "{offset} {len} {row}");
                    for i in 0..64 {
                        assert_eq!(word >> i & 1 == 1, bits.get(row + i), "{offset} {len} {row} {i}");
                    }
                }
                assert_eq!(bits.count(), (0..len).filter(|row| bits.get(*row)).count());
            }
        }
        assert!(Bits::new(&bytes, usize::MAX, 2).is_none());
        assert!(Bits::new(&bytes, 0, 321).is_none());
    }
}
