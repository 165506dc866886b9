//! What a loader demands of a pack. Whatever is not said is refused, not waved through.

use super::PackInfo;
use super::file::Parts;
use super::keys::PublicKey;
use crate::refusal::Refusal;
use crate::value::Date;

/// What a loader demands of a pack.
///
/// With a key, a pack must be signed by it: one without a signature, with another's or with that of an older pack is
/// refused. A pack that has a window is refused outside of it, and also where [`Trust::on`] was not said.
///
/// ```
/// use entitle::wire::pack::{Algorithm, SigningKey, Trust};
/// let key = SigningKey::from_seed(Algorithm::Ed25519, &[7; 32]).unwrap();
/// let today = "2026-03-01".parse().unwrap();
/// let trust = Trust::signed_by(key.public()).on(today).revision_at_least(12);
/// ```
#[derive(Clone, Debug)]
pub struct Trust {
    keys: Vec<PublicKey>,
    least: u64,
    on: Option<Date>,
}

impl Trust {
    /// Packs signed by that key, and no others.
    #[must_use]
    pub fn signed_by(key: PublicKey) -> Self {
        Self { keys: vec![key], least: 0, on: None }
    }

    /// Also packs signed by that key: while one key takes over from another.
    #[must_use]
    pub fn or_by(mut self, key: PublicKey) -> Self {
        self.keys.push(key);
        self
    }

    /// Packs from anybody, signed or not. Only for packs whose way here is trusted, such as a file beside the program.
    #[must_use]
    pub const fn anybody() -> Self {
        Self { keys: Vec::new(), least: 0, on: None }
    }

    /// The least revision that is accepted: the one served last, so that nobody can bring back an older pack.
    #[must_use]
    pub const fn revision_at_least(mut self, least: u64) -> Self {
        self.least = least;
        self
    }

    /// The day it is, for the window of a pack. The engine has no clock.
    #[must_use]
    pub const fn on(mut self, day: Date) -> Self {
        self.on = Some(day);
        self
    }

    /// Whether a pack is accepted. The signature comes first: nothing else of a pack counts before it holds.
    pub(super) fn accept(&self, info: &PackInfo, parts: &Parts<'_>) -> Result<(), Refusal> {
        self.signature(info, parts)?;
        if info.revision < self.least {
            return Err(Refusal::Revision { found: info.revision, least: self.least });
        }
        match (info.from.is_some() || info.to.is_some(), self.on) {
            (false, _) => Ok(()),
            (true, None) => Err(Refusal::NoDay),
            (true, Some(on)) => match (info.from, info.to) {
                (Some(from), _) if on < from => Err(Refusal::NotYet { from, on }),
                (_, Some(to)) if on > to => Err(Refusal::Over { to, on }),
                _ => Ok(()),
            },
        }
    }

    fn signature(&self, info: &PackInfo, parts: &Parts<'_>) -> Result<(), Refusal> {
        if self.keys.is_empty() {
            return Ok(());
        }
        let (Some(signer), Some(signature)) = (&info.signer, parts.signature) else { return Err(Refusal::Unsigned) };
        let named = |k: &&PublicKey| k.algorithm() == signer.algorithm && k.id() == signer.key;
        let Some(key) = self.keys.iter().find(named) else {
            return Err(Refusal::UnknownKey { key: signer.key.clone() });
        };
        if key.verify(parts.signed, signature) { Ok(()) } else { Err(Refusal::Signature) }
    }
}
