//! The front of stage 6: advice on one household.

use super::{Engine, Matches, Rules};
use crate::advise::amounts::{self, Range};
use crate::advise::calendar::{self, Turn};
use crate::advise::missing::{self, Asked};
use crate::advise::needs::{self, Needs};
use crate::advise::opened;
use crate::advise::plan::{self, Plan};
use crate::advise::question::{self, Asking, Measure, Question};
use crate::advise::reads;
use crate::compare::{self, Difference, Differences, Side};
use crate::diagnostic::Diagnostic;
use crate::graph::Bound;
use crate::ids::{FieldId, ParameterId, PolicyId};
use crate::lint;
use crate::profile::Profile;
use crate::value::Date;
use crate::verdict::Verdict;
use crate::why::Missing;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

impl Engine {
    /// The verdicts that change by themselves after the as-of date, up to and with `until`, with the facts as they are.
    ///
    /// ```
    /// # use entitle::{Engine, profile::{Profile, Slot}};
    /// # let text = r#"
    /// #     enum category { welfare }
    /// #     record person { birth_date: date }
    /// #     policy tea for person {
    /// #         category: welfare
    /// #         in force: from 2020-01-01 until further notice
    /// #         source: "an example"
    /// #         status: illustrative
    /// #         eligible when { today - birth_date >= 60 years old }
    /// #     }
    /// # "#;
    /// let engine = Engine::from_texts([("tea.policy".to_owned(), text.to_owned())])?;
    /// let rules = engine.at("2026-01-01".parse().unwrap())?;
    /// let person = engine.schema().entity_named("person").unwrap();
    /// let mut profile = Profile::new();
    /// let record = profile.add(engine.schema(), person);
    /// profile.set_root(record);
    /// profile.set(record, 0, Slot::Scalar("1966-05-04".parse::<entitle::value::Date>().unwrap().days()));
    /// let turns = engine.calendar(&rules, &profile, "2030-01-01".parse().unwrap());
    /// assert_eq!(turns.len(), 1);
    /// assert_eq!(turns[0].on.to_string(), "2026-05-04");
    /// # Ok::<(), entitle::Error>(())
    /// ```
    #[must_use]
    pub fn calendar(&self, rules: &Rules, profile: &Profile, until: Date) -> Vec<Turn> {
        calendar::calendar(&rules.bound, self.starts(), profile, until, &mut self.days())
    }

    /// What would make an ineligible policy apply: at most `limit` ways, the fewest and easiest changes first.
    #[must_use]
    pub fn needs(&self, matches: &Matches<'_>, policy: PolicyId, limit: usize) -> Needs {
        let rules = matches.rules;
        needs::needs(&rules.model, &rules.bound, matches.profile, policy, limit, &mut self.days())
    }

    /// The same for every ineligible policy, in the order of their ids; those without a way are left out. The rules of later
    /// days are worked out once for all of them.
    #[must_use]
    pub fn all_needs(&self, matches: &Matches<'_>, limit: usize) -> Vec<Needs> {
        let rules = matches.rules;
        let mut days = self.days();
        let written = rules.model.policies.iter().enumerate().filter(|(_, p)| p.written);
        let all = written.map(|(i, _)| PolicyId::of(i)).filter(|p| matches.verdict(*p) == Verdict::Ineligible);
        let found = all.map(|p| needs::needs(&rules.model, &rules.bound, matches.profile, p, limit, &mut days));
        found.filter(|n| !n.ways.is_empty()).collect()
    }

    /// What changed in meaning from this set to a newer one, policy by policy.
    #[must_use]
    pub fn compare(&self, newer: &Self) -> Vec<Difference> {
        self.compare_between(newer, None, None).policies
    }

    /// The same for the days from the first to the last one given, with the figures that changed.
    #[must_use]
    pub fn compare_between(&self, newer: &Self, from: Option<Date>, to: Option<Date>) -> Differences {
        let (mut before, mut after) = (self.days(), newer.days());
        compare::compare(
            &mut Side { model: &self.model, starts: self.starts(), at: &mut before },
            &mut Side { model: &newer.model, starts: newer.starts(), at: &mut after },
            (from, to),
        )
    }

    /// What is probably not meant: conditions that can never hold or that others imply, branches that nobody reaches,
    /// policies for nobody or that mean the same, facts that no policy asks for. Each is proved or shown by a household; what
    /// is neither is not reported, and what an `allow` explains is left out.
    #[must_use]
    pub fn lint(&self) -> Vec<Diagnostic> {
        self.analyse(None).into_iter().filter(|f| f.silenced.is_none()).map(|f| f.diagnostic).collect()
    }

    /// The same with the households, with what an `allow` explains, and, seen from a day, with periods that are over.
    ///
    /// ```
    /// # use entitle::Engine;
    /// # let text = r#"
    /// #     enum category { welfare }
    /// #     record person { coins: times from 0 times to 9 times }
    /// #     policy tea for person {
    /// #         category: welfare
    /// #         in force: from 2020-01-01 until further notice
    /// #         source: "an example"
    /// #         status: illustrative
    /// #         eligible when { coins > 3 times; coins > 5 times }
    /// #         allow W209: "both bounds stand in the regulation"
    /// #     }
    /// # "#;
    /// let engine = Engine::from_texts([("tea.policy".to_owned(), text.to_owned())])?;
    /// let findings = engine.analyse(None);
    /// assert_eq!(findings[0].diagnostic.code.id, "W209");
    /// assert!(findings[0].silenced.is_some());
    /// # Ok::<(), entitle::Error>(())
    /// ```
    #[must_use]
    pub fn analyse(&self, as_of: Option<Date>) -> Vec<lint::Finding> {
        lint::lint(&self.model, self.starts(), as_of)
    }

    /// The rules of days, each worked out once.
    fn days(&self) -> impl FnMut(Date) -> Option<Rc<Bound>> + '_ {
        let mut seen: BTreeMap<Date, Rc<Bound>> = BTreeMap::new();
        move |day| {
            if let Some(bound) = seen.get(&day) {
                return Some(Rc::clone(bound));
            }
            let bound = Rc::new(self.at(day).ok()?.bound);
            seen.insert(day, Rc::clone(&bound));
            Some(bound)
        }
    }
}

impl Rules {
    /// The facts that the conditions and amounts of these policies can read on that day: all that a household has to be
    /// asked, for these policies. In the order of the schema.
    #[must_use]
    pub fn facts_read(&self, policies: &[PolicyId]) -> Vec<FieldId> {
        reads::facts_read(&self.bound, policies)
    }
}

impl Rules {
    /// Whether the conditions or amounts of a policy wait for a figure that has no value on that day.
    #[must_use]
    pub fn reads_figure(&self, policy: PolicyId, figure: ParameterId) -> bool {
        reads::waits_for(&self.bound, policy, figure)
    }
}

impl Rules {
    /// The profile with the records that policies look at: those that are not there are added behind the others, with nothing
    /// known of them. A household and its applicant are linked with each other, as they are when JSON gives both. Kinds that
    /// are not linked with one that is there, as a venture with a person, are not added, unless there is nothing at all. An
    /// interview begins with it: each question is then about a fact of a record that is there.
    ///
    /// ```
    /// # use entitle::{Engine, profile::Profile};
    /// # let text = r#"
    /// #     enum category { welfare }
    /// #     record person { poor: yes/no }
    /// #     policy tea for person {
    /// #         category: welfare
    /// #         in force: from 2020-01-01 until further notice
    /// #         source: "an example"
    /// #         status: illustrative
    /// #         eligible when { poor }
    /// #     }
    /// # "#;
    /// let engine = Engine::from_texts([("tea.policy".to_owned(), text.to_owned())])?;
    /// let rules = engine.at("2026-01-01".parse().unwrap())?;
    /// let profile = rules.opened(&Profile::new());
    /// let question = rules.match_profile(&profile)?.next_question(&Default::default()).unwrap();
    /// assert_eq!(Some(question.record), profile.root(engine.schema().entity_named("person").unwrap()));
    /// # Ok::<(), entitle::Error>(())
    /// ```
    #[must_use]
    pub fn opened(&self, profile: &Profile) -> Profile {
        opened::opened(&self.bound, profile)
    }
}

impl Matches<'_> {
    /// The facts that can still matter for an undetermined policy, and for each whether some answer settles it. What
    /// cannot change the verdict is not among them. Facts of records that the profile does not have are looked at as in
    /// [`Rules::opened`], and listed without a record.
    #[must_use]
    pub fn missing(&self, policy: PolicyId) -> Vec<Asked> {
        let listed = self.explain(policy).missing;
        let (bound, mut scratch) = (&self.rules.bound, self.rules.lent());
        let whole = listed.iter().any(|m| m.record.is_none()).then(|| self.rules.opened(self.profile));
        let Some(whole) = whole.as_ref().and_then(|profile| self.rules.match_profile(profile).ok()) else {
            return missing::exact_missing(bound, self.profile, policy, &listed, &mut scratch);
        };
        let listed = whole.explain(policy).missing;
        let mut found: Vec<Asked> = Vec::new();
        for mut asked in missing::exact_missing(bound, whole.profile, policy, &listed, &mut scratch) {
            asked.missing.record = asked.missing.record.filter(|ix| self.profile.record(*ix).is_some());
            match found.iter_mut().find(|other| other.missing == asked.missing) {
                Some(same) => same.settles |= asked.settles,
                None => found.push(asked),
            }
        }
        found
    }

    /// What to ask next, or none: then no answer the household can give changes any verdict. `skipped` are facts that it
    /// could not say; what only a caseworker can say is never asked. Where the profile does not have all the records that
    /// policies look at, the question may be about one that [`Rules::opened`] adds. Policies for a kind of record that it does not add
    /// stay open, and nothing is asked for them.
    #[must_use]
    pub fn next_question(&self, skipped: &BTreeSet<Asking>) -> Option<Question> {
        self.next_question_by(skipped, &Measure::POLICIES)
    }

    /// The same with a measure of one's own: money at stake, or the effort of a look-up.
    #[must_use]
    pub fn next_question_by(&self, skipped: &BTreeSet<Asking>, measure: &Measure<'_>) -> Option<Question> {
        let whole = self.rules.opened(self.profile);
        if whole != *self.profile
            && let Ok(matches) = self.rules.match_profile(&whole)
        {
            return matches.next_question_by(skipped, measure);
        }
        let mut scratch = self.rules.lent();
        let open = question::undetermined(&self.rules.bound, self.profile, &mut scratch);
        let explained = self.explain_all(&open, &mut scratch);
        let missing: Vec<(PolicyId, Vec<Missing>)> = explained.into_iter().map(|e| (e.policy, e.missing)).collect();
        question::next(&self.rules.bound, self.profile, &missing, skipped, measure, &mut scratch)
    }

    /// The least and the most the benefits of a policy can be while facts are missing, each marked exact or a bound.
    #[must_use]
    pub fn amount_ranges(&self, policy: PolicyId) -> Vec<Range> {
        amounts::ranges(&self.rules.bound, self.profile, policy, &mut self.rules.lent())
    }

    /// What to apply for, in which order.
    #[must_use]
    pub fn plan(&self) -> Plan {
        plan::plan(&self.rules.model, &self.rules.bound, self.profile)
    }
}
