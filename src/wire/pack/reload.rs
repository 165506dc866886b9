//! Packs into a set that is exchanged while others match.

use super::Trust;
use crate::engine::Engine;
use crate::error::Error;
use crate::refusal::Refusal;
use crate::reload::{Reloadable, Snapshot};
use crate::value::Date;
use std::sync::Arc;

impl Reloadable {
    /// Serves the set of a pack.
    ///
    /// # Errors
    /// When the pack is refused ([`Error::refusal`]).
    pub fn from_pack(bytes: &[u8], trust: &Trust) -> Result<Self, Error> {
        let (engine, info) = super::open(bytes, trust)?;
        Ok(Self::with_revision(engine, Some(info.revision)))
    }

    /// Serves the set of another pack from now on. The rules of `days` are compiled before it is served, so that nobody waits
    /// for them.
    ///
    /// Beside what `trust` demands, the revision must not go back behind that of the pack that is served, and a pack of
    /// the same revision must hold the same set.
    ///
    /// # Errors
    /// When the pack is refused ([`Error::refusal`]) or the rules of a day do not compile; the old set goes on serving.
    pub fn reload_pack(&self, bytes: &[u8], trust: &Trust, days: &[Date]) -> Result<Arc<Snapshot>, Error> {
        self.exchange(|served| {
            let (engine, info) = super::open(bytes, trust)?;
            going_forward(served, &engine, info.revision).map_err(Error::refused)?;
            for day in days {
                engine.at(*day)?;
            }
            Ok((engine, Some(info.revision)))
        })
    }
}

fn going_forward(served: &Snapshot, engine: &Engine, found: u64) -> Result<(), Refusal> {
    let Some(least) = served.revision() else { return Ok(()) };
    if found < least {
        return Err(Refusal::Revision { found, least });
    }
    if found == least && engine.fingerprint() != served.fingerprint() {
        return Err(Refusal::SameRevision { revision: found });
    }
    Ok(())
}
