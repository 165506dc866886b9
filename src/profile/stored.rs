//! A profile at rest: only what is known. The vocabulary of a city has hundreds of facts for each person, and an author's
//! case says a dozen of them; a policy set holds more than a thousand cases.

use super::{Profile, Record, RecordIx, Slot};
use crate::ids::EntityId;
use std::fmt;
use std::sync::Arc;

/// A [`Profile`] at rest.
///
/// ```
/// # use entitle::{Engine, profile::{Profile, Slot, Stored}};
/// # let text = "record person { a: yes/no; b: yes/no; c: yes/no }".to_owned();
/// # let engine = Engine::from_texts([("a.policy".to_owned(), text)])?;
/// let mut profile = Profile::new();
/// let person = profile.add(engine.schema(), engine.schema().entity_named("person").unwrap());
/// profile.set(person, 1, Slot::Scalar(1));
/// assert_eq!(Stored::from(&profile).restore(), profile);
/// # Ok::<(), entitle::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
pub struct Stored {
    records: Vec<StoredRecord>,
    roots: Vec<(EntityId, RecordIx)>,
}

/// One record at rest.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct StoredRecord {
    /// Its kind.
    pub(crate) entity: EntityId,
    /// How many facts its kind has.
    pub(crate) slots: u32,
    /// What is known, by its position, in rising order.
    pub(crate) known: Vec<(u32, Slot)>,
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stored({} records)", self.records.len())
    }
}

impl From<&Profile> for Stored {
    fn from(profile: &Profile) -> Self {
        let records = profile.records.iter().map(|record| StoredRecord {
            entity: record.entity,
            slots: u32::try_from(record.slots.len()).unwrap_or(u32::MAX),
            known: (0..)
                .zip(&record.slots)
                .filter(|(_, s)| **s != Slot::Unknown)
                .map(|(at, s)| (at, s.clone()))
                .collect(),
        });
        Self { records: records.collect(), roots: profile.roots.clone() }
    }
}

impl Stored {
    /// The profile it was made of.
    #[must_use]
    pub fn restore(&self) -> Profile {
        let records = self.records.iter().map(|stored| {
            let mut slots = vec![Slot::Unknown; stored.slots as usize];
            for (at, slot) in &stored.known {
                if let Some(place) = slots.get_mut(*at as usize) {
                    place.clone_from(slot);
                }
            }
            Arc::new(Record { entity: stored.entity, slots })
        });
        Profile { records: records.collect(), roots: self.roots.clone() }
    }

    pub(crate) fn records(&self) -> &[StoredRecord] {
        &self.records
    }

    pub(crate) fn roots(&self) -> &[(EntityId, RecordIx)] {
        &self.roots
    }
}
