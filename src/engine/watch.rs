//! Changes as they come: one household's facts change, and only what reads them is judged again.

use super::Rules;
use crate::error::Error;
use crate::ids::{FieldId, PolicyId};
use crate::profile::{Profile, RecordIx, Slot, position};
use crate::verdict::from_graph::Scratch;
use crate::verdict::{Outcome, Verdict, exact};
use std::borrow::Borrow;
use std::sync::Arc;

/// Which policies read which fact, worked out once for all the households that are watched.
#[derive(Clone, Debug)]
pub struct Readers(Arc<Vec<Vec<PolicyId>>>);

/// A verdict that a change turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turned {
    /// The policy.
    pub policy: PolicyId,
    /// What it was.
    pub before: Verdict,
    /// What it is.
    pub after: Verdict,
}

/// One household that is watched: its facts, and the verdicts on them. `R` is how it holds the rules: `&Rules` from
/// [`Rules::watch`], or an `Arc<Rules>` for a service that keeps many.
///
/// ```
/// # use entitle::{Engine, profile::{Profile, Slot}, verdict::Verdict};
/// # let text = r#"
/// #     enum category { welfare }
/// #     record person { works: yes/no; alone: yes/no }
/// #     policy tea for person {
/// #         category: welfare
/// #         in force: from 2020-01-01 until further notice
/// #         source: "an example"
/// #         status: illustrative
/// #         eligible when { not works }
/// #     }
/// # "#;
/// # let engine = Engine::from_texts([("tea.policy".to_owned(), text.to_owned())])?;
/// let rules = engine.at("2026-01-01".parse().unwrap())?;
/// let person = engine.schema().entity_named("person").unwrap();
/// let mut profile = Profile::new();
/// let one = profile.add(engine.schema(), person);
/// profile.set_root(one);
///
/// let mut watcher = rules.watch(&rules.readers(), profile)?;
/// let works = engine.schema().field_named(person, "works").unwrap();
/// let turned = watcher.set(one, works, Slot::Scalar(0))?;
/// assert_eq!((turned[0].before, turned[0].after), (Verdict::Undetermined, Verdict::Eligible));
/// # Ok::<(), entitle::Error>(())
/// ```
pub struct Watcher<R> {
    rules: R,
    readers: Readers,
    profile: Profile,
    outcomes: Vec<Outcome>,
    scratch: Scratch,
    judged: u64,
}

impl<R> std::fmt::Debug for Watcher<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Watcher({:?}, {} verdicts)", self.profile, self.outcomes.len())
    }
}

impl Rules {
    /// Which policies read which fact, themselves or through what always holds.
    #[must_use]
    pub fn readers(&self) -> Readers {
        let mut readers = vec![Vec::new(); self.model.schema.fields.len()];
        for policy in (0..self.model.policies.len()).map(PolicyId::of) {
            for field in self.facts_read(&[policy]) {
                if let Some(list) = readers.get_mut(field.index()) {
                    list.push(policy);
                }
            }
        }
        Readers(Arc::new(readers))
    }

    /// Begins to watch a household.
    ///
    /// # Errors
    /// When it contradicts what the vocabulary says always holds.
    pub fn watch(&self, readers: &Readers, profile: Profile) -> Result<Watcher<&Self>, Error> {
        Watcher::new(self, readers, profile)
    }
}

impl<R: Borrow<Rules>> Watcher<R> {
    /// As [`Rules::watch`], with rules that are held as the caller likes.
    ///
    /// # Errors
    /// When the household contradicts what the vocabulary says always holds.
    pub fn new(rules: R, readers: &Readers, profile: Profile) -> Result<Self, Error> {
        let mut scratch = Scratch::default();
        rules.borrow().refuse_contradictions(&profile, &mut scratch)?;
        let outcomes = rules.borrow().outcomes(&profile, &mut scratch);
        Ok(Self { rules, readers: readers.clone(), profile, outcomes, scratch, judged: 0 })
    }

    /// The facts as they are.
    #[must_use]
    pub const fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The verdict on a policy as it is.
    #[must_use]
    pub fn verdict(&self, policy: PolicyId) -> Verdict {
        self.outcomes.get(policy.index()).map_or(Verdict::NotInForce, |o| o.verdict)
    }

    /// The outcomes as they are, by the policies' ids.
    #[must_use]
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// How many verdicts were worked out again since the beginning.
    #[must_use]
    pub const fn judged(&self) -> u64 {
        self.judged
    }

    /// Says what is now known of a fact. Returns the verdicts that turned, in the order of the policies.
    ///
    /// # Errors
    /// When the household would contradict what always holds; then nothing changes.
    pub fn set(&mut self, record: RecordIx, field: FieldId, slot: Slot) -> Result<Vec<Turned>, Error> {
        let rules = self.rules.borrow();
        let schema = &rules.model.schema;
        let Some(at) = position(schema, field) else { return Ok(Vec::new()) };
        let fits =
            self.profile.record(record).is_some_and(|r| schema.field(field).is_some_and(|f| f.entity == r.entity));
        if !fits || *self.profile.slot(record, at) == slot {
            return Ok(Vec::new());
        }
        let mut changed = vec![field];
        let before = if matches!(slot, Slot::Record(_) | Slot::List { .. }) {
            // Those who point back change with it.
            changed.extend(schema.field(field).and_then(|f| f.back));
            let before = self.profile.clone();
            self.profile.link(schema, record, field, slot);
            Err(before)
        } else {
            let before = self.profile.slot(record, at).clone();
            self.profile.set(record, at, slot);
            Ok(before)
        };
        if let Err(error) = rules.refuse_contradictions(&self.profile, &mut self.scratch) {
            match before {
                Ok(slot) => self.profile.set(record, at, slot),
                Err(profile) => self.profile = profile,
            }
            return Err(error);
        }
        Ok(self.again(&changed))
    }

    /// Takes the household's facts as they are now, of whichever records they changed, and judges what reads those that differ.
    /// Returns the verdicts that turned, in the order of the policies.
    ///
    /// The profile is best made from the one that is watched (records that nobody touched are then seen to be the same at
    /// once), but any profile will do.
    ///
    /// # Errors
    /// When the household would contradict what always holds; then nothing changes.
    pub fn update(&mut self, profile: &Profile) -> Result<Vec<Turned>, Error> {
        let rules = self.rules.borrow();
        let changed = self.profile.differences(&rules.model.schema, profile);
        if changed.as_ref().is_some_and(Vec::is_empty) {
            self.profile = profile.clone();
            return Ok(Vec::new());
        }
        rules.refuse_contradictions(profile, &mut self.scratch)?;
        self.profile = profile.clone();
        Ok(match changed {
            Some(changed) => self.again(&changed),
            None => {
                let all = (0..self.outcomes.len()).map(PolicyId::of).collect();
                self.judge(all)
            }
        })
    }

    /// Adds a record of which nothing is known, to be put into a list or a record fact.
    pub fn add(&mut self, entity: crate::ids::EntityId) -> RecordIx {
        self.profile.add(&self.rules.borrow().model.schema, entity)
    }

    /// Judges again what reads one of these facts.
    fn again(&mut self, changed: &[FieldId]) -> Vec<Turned> {
        let lists = changed.iter().filter_map(|f| self.readers.0.get(f.index()));
        let mut policies: Vec<PolicyId> = lists.flatten().copied().collect();
        policies.sort_unstable();
        policies.dedup();
        self.judge(policies)
    }

    fn judge(&mut self, policies: Vec<PolicyId>) -> Vec<Turned> {
        let mut turned = Vec::new();
        for policy in policies {
            let outcome = exact::outcome(&self.rules.borrow().bound, policy, &self.profile, &mut self.scratch);
            self.judged = self.judged.saturating_add(1);
            let Some(slot) = self.outcomes.get_mut(policy.index()) else { continue };
            if slot.verdict != outcome.verdict {
                turned.push(Turned { policy, before: slot.verdict, after: outcome.verdict });
            }
            *slot = outcome;
        }
        turned
    }
}
