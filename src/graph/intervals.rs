//! Sets of whole numbers as intervals. Every scalar fact is a whole number (grains, days, positions, 0 and 1), so every
//! condition on one fact is such a set.

/// Intervals, both ends included, in rising order, neither touching nor overlapping.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Intervals(Vec<(i64, i64)>);

impl Intervals {
    /// `least..=most`; empty where `least` is more than `most`.
    #[must_use]
    pub fn range(least: i64, most: i64) -> Self {
        Self(if least <= most { vec![(least, most)] } else { Vec::new() })
    }

    /// The set of these values.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = i64>) -> Self {
        let mut values: Vec<i64> = values.into_iter().collect();
        values.sort_unstable();
        let mut set = Self::default();
        for value in values {
            match set.0.last_mut() {
                Some((_, most)) if value <= most.saturating_add(1) => *most = value.max(*most),
                _ => set.0.push((value, value)),
            }
        }
        set
    }

    /// Whether a value is in it.
    #[must_use]
    pub fn contains(&self, value: i64) -> bool {
        match self.0.as_slice() {
            [(least, most)] => (*least..=*most).contains(&value),
            many => many.iter().any(|(least, most)| (*least..=*most).contains(&value)),
        }
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is in both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut both = Vec::new();
        for (a, b) in &self.0 {
            for (c, d) in &other.0 {
                if a.max(c) <= b.min(d) {
                    both.push((*a.max(c), *b.min(d)));
                }
            }
        }
        Self(both)
    }

    /// What is in either.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        let mut all: Vec<(i64, i64)> = self.0.iter().chain(&other.0).copied().collect();
        all.sort_unstable();
        let mut either: Vec<(i64, i64)> = Vec::new();
        for (least, most) in all {
            match either.last_mut() {
                Some((_, end)) if least <= end.saturating_add(1) => *end = most.max(*end),
                _ => either.push((least, most)),
            }
        }
        Self(either)
    }

    /// What is in this and not in the other.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let mut rest = self.0.clone();
        for (c, d) in &other.0 {
            let mut next = Vec::new();
            for (a, b) in rest {
                if b < *c || a > *d {
                    next.push((a, b));
                    continue;
                }
                if a < *c {
                    next.push((a, c.saturating_sub(1)));
                }
                if b > *d {
                    next.push((d.saturating_add(1), b));
                }
            }
            rest = next;
        }
        Self(rest)
    }

    /// The least and the most in it.
    #[must_use]
    pub fn ends(&self) -> Option<(i64, i64)> {
        Some((self.0.first()?.0, self.0.last()?.1))
    }

    /// The intervals.
    #[must_use]
    pub fn as_slice(&self) -> &[(i64, i64)] {
        &self.0
    }
}
