//! A graph on one day: intervals that move with the as-of date are worked out.

use super::intervals::Intervals;
use super::{Comparison, Graph, Node, SetDef, SetId, Step, simplify};
use crate::ids::{FieldId, PolicyId};
use crate::value::Date;
use std::sync::{Arc, OnceLock};

/// A [`Graph`] and an as-of date.
#[derive(Clone, Debug)]
pub struct Bound {
    /// The graph.
    pub graph: Arc<Graph>,
    /// The as-of date.
    pub as_of: Date,
    sets: Vec<Intervals>,
    /// What each fact can be, by its id: its declared range, narrowed by constraints on it alone.
    ranges: Vec<Intervals>,
    /// By policy: facts for which three-valued logic can be too weak, see [`simplify::hard_facts`].
    hard: Vec<OnceLock<simplify::Hard>>,
}

impl Graph {
    /// Works out the intervals that move with the as-of date. None where the date is not in the graph's epoch.
    #[must_use]
    pub fn bind(self: &Arc<Self>, as_of: Date) -> Option<Bound> {
        if as_of < self.from || as_of > self.to {
            return None;
        }
        let sets: Vec<Intervals> = self.sets.iter().map(|set| intervals(set, as_of)).collect();
        let mut ranges: Vec<Intervals> =
            self.schema.fields.iter().map(|f| Intervals::range(f.range.0, f.range.1)).collect();
        for constraint in &self.constraints {
            if let Node::Test(fact, set) = self.node(constraint.node)
                && matches!(self.node(fact.record), Node::Element(_))
                && let (Some(range), Some(set)) = (ranges.get_mut(fact.field.index()), sets.get(set.0 as usize))
            {
                *range = range.and(set);
            }
        }
        // Worked out when a policy is first found undecided: most days and policies never ask.
        let hard = self.entries.iter().map(|_| OnceLock::new()).collect();
        Some(Bound { graph: Arc::clone(self), as_of, sets, ranges, hard })
    }
}

impl Bound {
    /// A set of intervals on this day.
    #[must_use]
    pub fn set(&self, id: SetId) -> &Intervals {
        static EMPTY: OnceLock<Intervals> = OnceLock::new();
        self.sets.get(id.0 as usize).unwrap_or_else(|| EMPTY.get_or_init(Intervals::default))
    }

    /// A set of intervals as it will be on another day.
    #[must_use]
    pub fn set_on(&self, id: SetId, day: Date) -> Intervals {
        self.graph.sets.get(id.0 as usize).map(|set| intervals(set, day)).unwrap_or_default()
    }

    /// What a fact can be.
    #[must_use]
    pub fn range(&self, field: FieldId) -> &Intervals {
        static EMPTY: OnceLock<Intervals> = OnceLock::new();
        self.ranges.get(field.index()).unwrap_or_else(|| EMPTY.get_or_init(Intervals::default))
    }

    pub(crate) fn hard(&self, policy: PolicyId) -> Option<&simplify::Hard> {
        let slot = self.hard.get(policy.index())?;
        Some(slot.get_or_init(|| simplify::hard_facts(self, policy)))
    }
}

fn intervals(set: &SetDef, today: Date) -> Intervals {
    let (first, last, today_days) = (Date::FIRST.days(), Date::LAST.days(), today.days());
    match set {
        SetDef::Fixed(intervals) => intervals.clone(),
        SetDef::Today(comparison) => match comparison {
            Comparison::Less => Intervals::range(first, today_days - 1),
            Comparison::LessOrEqual => Intervals::range(first, today_days),
            Comparison::Greater => Intervals::range(today_days + 1, last),
            Comparison::GreaterOrEqual => Intervals::range(today_days, last),
            Comparison::Equal => Intervals::range(today_days, today_days),
            Comparison::NotEqual => Intervals::range(first, last).without(&Intervals::range(today_days, today_days)),
        },
        SetDef::Since(comparison, step) => {
            // d + n never falls as d rises, so "d + n <= today" is "d <= reached" and "d + n < today" is "d <= passed".
            let reached = latest(*step, today_days);
            let passed = latest(*step, today_days - 1);
            match comparison {
                Comparison::GreaterOrEqual => Intervals::range(first, reached),
                Comparison::Greater => Intervals::range(first, passed),
                Comparison::Less => Intervals::range(reached + 1, last),
                Comparison::LessOrEqual => Intervals::range(passed + 1, last),
                Comparison::Equal => Intervals::range(passed + 1, reached),
                Comparison::NotEqual => Intervals::range(first, last).without(&Intervals::range(passed + 1, reached)),
            }
        }
    }
}

/// The latest day `d` with `d + step <= day`; before the first day where there is none.
fn latest(step: Step, day: i64) -> i64 {
    let before = Date::FIRST.days() - 1;
    let Some(target) = Date::from_days(day) else { return before };
    let added = |d: Date| match step {
        Step::Months(n) => d.add_months(n),
        Step::Days(n) => d.add_days(n),
    };
    let guess = match step {
        Step::Months(n) => target.add_months(-n),
        Step::Days(n) => target.add_days(-n),
    };
    // Month ends make several days land on one, so the guess can be off by a few days either way.
    let Some(mut d) = guess else {
        return if matches!(step, Step::Months(n) | Step::Days(n) if n < 0) { Date::LAST.days() } else { before };
    };
    while added(d).is_some_and(|a| a > target) {
        match d.add_days(-1) {
            Some(earlier) => d = earlier,
            None => return before,
        }
    }
    while let Some(next) = d.add_days(1).filter(|next| added(*next).is_some_and(|a| a <= target)) {
        d = next;
    }
    d.days()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_day_of_the_calendar_is_so_long_before_its_beginning() {
        for (step, day) in [(Step::Months(6), Date::FIRST), (Step::Days(30), Date::FIRST)] {
            let before = Date::FIRST.days() - 1;
            assert_eq!(latest(step, day.days()), before);
            assert_eq!(latest(step, before), before);
            assert!(intervals(&SetDef::Since(Comparison::GreaterOrEqual, step), day).is_empty());
        }
        // As long after its end as before it: every day is.
        assert_eq!(latest(Step::Days(-30), Date::LAST.days()), Date::LAST.days());
    }

    #[test]
    fn thresholds_agree_with_the_calendar_on_every_day_of_four_years() {
        let start = Date::new(2019, 12, 1).map_or(0, Date::days);
        for today in (start..start + 1500).step_by(7).filter_map(Date::from_days) {
            for step in [Step::Months(6), Step::Months(1), Step::Months(192), Step::Days(30), Step::Months(-3)] {
                let back = match step {
                    Step::Months(n) => today.add_months(-n),
                    Step::Days(n) => today.add_days(-n),
                };
                let Some(middle) = back else { continue };
                for d in (middle.days() - 40..middle.days() + 40).filter_map(Date::from_days) {
                    let added = match step {
                        Step::Months(n) => d.add_months(n),
                        Step::Days(n) => d.add_days(n),
                    };
                    let Some(added) = added else { continue };
                    for op in [
                        Comparison::Less,
                        Comparison::LessOrEqual,
                        Comparison::Greater,
                        Comparison::GreaterOrEqual,
                        Comparison::Equal,
                        Comparison::NotEqual,
                    ] {
                        let set = intervals(&SetDef::Since(op, step), today);
                        assert_eq!(
                            set.contains(d.days()),
                            op.holds(today.cmp(&added)),
                            "{today} {op:?} {d} + {step:?}"
                        );
                    }
                }
            }
        }
    }
}
