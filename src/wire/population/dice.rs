//! Numbers that look like chance and are always the same: one sequence for each household of a seed.

/// A sequence of numbers (`SplitMix64`), the same on every machine.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// The sequence of one household.
    #[must_use]
    pub fn new(seed: u64, household: u64) -> Self {
        let mut dice = Self(seed);
        let start = dice.next();
        let mut dice = Self(start ^ household.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        dice.next();
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// One of `0..count`; 0 where there is none.
    pub fn below(&mut self, count: i64) -> i64 {
        let count = u128::try_from(count.max(1)).unwrap_or(1);
        let scaled = (u128::from(self.next()) * count) >> 64;
        i64::try_from(scaled).unwrap_or(0)
    }

    /// One of `least..=most`.
    pub fn between(&mut self, least: i64, most: i64) -> i64 {
        least.saturating_add(self.below(most.saturating_sub(least).saturating_add(1)))
    }

    /// Yes, in so many of a thousand.
    pub fn chance(&mut self, permille: i64) -> bool {
        self.below(1_000) < permille
    }

    /// The place of one of these weights, as often as it weighs.
    pub fn pick(&mut self, weights: &[i64]) -> usize {
        let mut at = self.below(weights.iter().sum());
        for (place, weight) in weights.iter().enumerate() {
            at = at.saturating_sub(*weight);
            if at < 0 {
                return place;
            }
        }
        0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "a test may stop at a wrong index")]

    use super::*;

    #[test]
    fn a_seed_and_a_household_always_give_the_same_and_differ_from_the_next() {
        let row = |seed, household| {
            let mut dice = Dice::new(seed, household);
            (0..20).map(|_| dice.below(1_000)).collect::<Vec<_>>()
        };
        assert_eq!(row(7, 3), row(7, 3));
        assert_ne!(row(7, 3), row(7, 4));
        assert_ne!(row(7, 3), row(8, 3));
        let mut dice = Dice::new(1, 1);
        let mut seen = [0u32; 3];
        (0..10_000).for_each(|_| seen[dice.pick(&[1, 2, 1])] += 1);
        assert!(seen[0] > 2_000 && seen[1] > 4_500 && seen[2] > 2_000, "{seen:?}");
    }
}
