//! Packs: a checked policy set as one file.
//!
//! Reading, checking and typing the text of a city's policies takes far longer than a service wants to wait when it starts
//! or when its rules change. A pack holds the result: the typed set, its fingerprint, a revision that rises, and, where
//! wanted, the days it is meant for and a signature ([`Algorithm`]: Ed25519, or SM2 with SM3).
//!
//! ```
//! use entitle::Engine;
//! use entitle::wire::pack::{Algorithm, Options, PackInfo, SigningKey, Trust};
//! # let text = r#"
//! #     enum category { welfare }
//! #     record person { birth_date: date }
//! #     policy tea for person {
//! #         category: welfare
//! #         in force: from 2020-01-01 until further notice
//! #         source: "an example"
//! #         status: illustrative
//! #         eligible when { today - birth_date >= 60 years old }
//! #     }
//! # "#;
//! let engine = Engine::from_texts([("tea.policy".to_owned(), text.to_owned())])?;
//! let key = SigningKey::from_seed(Algorithm::Sm2, &[7; 32])?;
//! let bytes = engine.to_pack(&Options { revision: 3, sign: Some(&key), ..Options::default() })?;
//!
//! let info = PackInfo::read(&bytes)?;
//! assert_eq!((info.revision, info.policies.as_slice()), (3, ["tea".to_owned()].as_slice()));
//!
//! let again = Engine::from_pack(&bytes, &Trust::signed_by(key.public()).revision_at_least(3))?;
//! assert_eq!(again.fingerprint(), engine.fingerprint());
//! # Ok::<(), entitle::Error>(())
//! ```
//!
//! **What is refused** ([`Refusal`]): a file that was cut, lengthened or altered anywhere; with a key, any pack that is not
//! signed by it, and the signature of an older pack on a newer one; a revision below the least that is accepted; a window
//! that is over or has not begun; another format. There is no partial load: an engine exists or it does not.
//!
//! **What is checked.** A checksum keeps accidents out, not people: anybody can write bytes with a right checksum. So the body is
//! decoded without recursion, holds no more than its own length allows, and must pass
//! [`invariants`] before an engine exists. The fingerprint stands for texts that are not in the pack;
//! it can be believed as far as the signature can.
//!
//! **The same set gives the same bytes**, on every machine. A pack holds no text of the policies but the wording of their
//! conditions, and their scenarios only where that is asked for ([`Options::scenarios`]); findings are not kept, for a set with errors is
//! never packed. The layout is at [`FORMAT`].

mod body;
mod expr;
mod file;
mod keys;
#[cfg(feature = "reload")]
mod reload;
mod trust;
mod values;

pub use body::decode;
pub use file::{FORMAT, LARGEST};
pub use keys::{Algorithm, PublicKey, SigningKey};
pub use trust::Trust;

use crate::checked::invariants;
use crate::engine::Engine;
use crate::error::Error;
use crate::refusal::Refusal;
use crate::span::Sources;
use crate::value::Date;
use serde::{Deserialize, Serialize};

/// What stands in a pack's head beside the set.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'k> {
    /// The revision: higher for each pack that replaces another. Loaders refuse to go back.
    pub revision: u64,
    /// The first day it may be loaded.
    pub from: Option<Date>,
    /// The last day it may be loaded, included.
    pub to: Option<Date>,
    /// The key it is signed with; not signed where none is given.
    pub sign: Option<&'k SigningKey>,
    /// Whether the policies' scenarios come along, to be run where the pack arrives. Matching needs none, and most of a pack would be they.
    pub scenarios: bool,
}

/// What a pack says of itself, readable without loading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackInfo {
    /// The SHA-256 of the policy texts, as 64 hexadecimal digits: [`Engine::fingerprint`].
    pub fingerprint: String,
    /// The revision.
    pub revision: u64,
    /// The first day it may be loaded.
    pub from: Option<Date>,
    /// The last day it may be loaded, included.
    pub to: Option<Date>,
    /// The policies' identifiers, in the order of their ids.
    pub policies: Vec<String>,
    /// The names of the texts it was made from.
    pub sources: Vec<String>,
    /// Who says to have signed it. Only loading it with [`Trust`] proves that.
    pub signer: Option<Signer>,
    /// Its length in bytes.
    pub length: usize,
}

/// Who signed a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signer {
    /// How.
    pub algorithm: Algorithm,
    /// The key's name: [`PublicKey::id`].
    pub key: String,
}

#[derive(Serialize, Deserialize)]
struct Head {
    fingerprint: [u8; 32],
    revision: u64,
    from: Option<Date>,
    to: Option<Date>,
    policies: Vec<String>,
    sources: Vec<String>,
    signer: Option<Signer>,
    body: [u8; 32],
}

impl PackInfo {
    /// Reads the head of a pack. It holds against accidents; whether it can be believed is asked by [`Engine::from_pack`].
    ///
    /// # Errors
    /// When it is no pack, was cut or altered, or has another format ([`Error::refusal`]).
    pub fn read(bytes: &[u8]) -> Result<Self, Error> {
        let parts = file::split(bytes).map_err(Error::refused)?;
        let head = head(&parts).map_err(Error::refused)?;
        Ok(Self::of(head, bytes.len()).0)
    }

    fn of(head: Head, length: usize) -> (Self, [u8; 32]) {
        let fingerprint = head.fingerprint.iter().map(|byte| format!("{byte:02x}")).collect();
        let Head { revision, from, to, policies, sources, signer, body, .. } = head;
        (Self { fingerprint, revision, from, to, policies, sources, signer, length }, body)
    }
}

fn head(parts: &file::Parts<'_>) -> Result<Head, Refusal> {
    let (head, rest) = postcard::take_from_bytes::<Head>(parts.head).map_err(|_| Refusal::Damaged)?;
    // What is signed says so, and what says so has a signature.
    if !rest.is_empty() || head.signer.is_some() != parts.signature.is_some() {
        return Err(Refusal::Damaged);
    }
    Ok(head)
}

impl Engine {
    /// The set as a pack.
    ///
    /// # Errors
    /// When the set nests deeper than packs do or is longer than [`LARGEST`] ([`Error::is_limit`]), or the window ends before
    /// it begins.
    pub fn to_pack(&self, options: &Options<'_>) -> Result<Vec<u8>, Error> {
        let mut without;
        let model = if options.scenarios {
            self.model()
        } else {
            without = self.model().clone();
            for policy in &mut without.policies {
                policy.scenarios.clear();
                // Only what a scenario expects to fail is called by these.
                policy.conditions.iter_mut().for_each(|condition| condition.names.clear());
            }
            &without
        };
        if let (Some(from), Some(to)) = (options.from, options.to)
            && to < from
        {
            return Err(Error::limit(format!("the window of the pack ends on {to}, before it begins on {from}")));
        }
        // What the loader would refuse is not written.
        invariants::check(model).map_err(|e| Error::limit(format!("the policies cannot be packed: {e}")))?;
        let unwritten = |e: postcard::Error| Error::limit(format!("the policies cannot be packed: {e}"));
        let body = body::encode(model).map_err(unwritten)?;
        let head = Head {
            fingerprint: digits(self.fingerprint()),
            revision: options.revision,
            from: options.from,
            to: options.to,
            policies: model.policies.iter().map(|p| p.name.id.clone()).collect(),
            sources: self.sources().iter().map(|(_, s)| s.name.clone()).collect(),
            signer: options.sign.map(|key| {
                let key = key.public();
                Signer { algorithm: key.algorithm(), key: key.id().to_owned() }
            }),
            body: file::digest(&body),
        };
        let head = postcard::to_stdvec(&head).map_err(unwritten)?;
        let too_long = || Error::limit(format!("the pack would have more than {LARGEST} bytes; split the set"));
        let signed = file::signed(&head, &body, options.sign.is_some()).ok_or_else(too_long)?;
        let signature = options.sign.map(|key| key.sign(&signed)).transpose()?.unwrap_or_default();
        Ok(file::join(signed, &body, &signature))
    }

    /// Opens a pack that meets what is demanded of it.
    ///
    /// # Errors
    /// [`Error::refusal`] says why it was refused.
    pub fn from_pack(bytes: &[u8], trust: &Trust) -> Result<Self, Error> {
        Ok(open(bytes, trust)?.0)
    }
}

/// Opens a pack, and says what it says of itself.
///
/// # Errors
/// [`Error::refusal`] says why it was refused.
pub fn open(bytes: &[u8], trust: &Trust) -> Result<(Engine, PackInfo), Error> {
    let parts = file::split(bytes).map_err(Error::refused)?;
    let (info, seal) = PackInfo::of(head(&parts).map_err(Error::refused)?, bytes.len());
    trust.accept(&info, &parts).map_err(Error::refused)?;
    // Nothing is decoded that is not what the head says, and so what was signed.
    if file::digest(parts.body) != seal {
        return Err(Error::refused(Refusal::Damaged));
    }
    let model = decode(parts.body)?;
    let same = model.policies.iter().map(|p| &p.name.id).eq(info.policies.iter());
    if !same {
        let what = "the list of policies is not that of the set".to_owned();
        return Err(Error::refused(Refusal::Content { what }));
    }
    let mut sources = Sources::default();
    info.sources.iter().for_each(|name| {
        sources.add(name, "");
    });
    Ok((Engine::from_checked(model, sources, info.fingerprint.clone()), info))
}

/// Opens a pack from anybody: what a fuzzer feeds.
///
/// # Errors
/// [`Error::refusal`] says why it was refused.
pub fn read(bytes: &[u8]) -> Result<Engine, Error> {
    Engine::from_pack(bytes, &Trust::anybody())
}

/// The bytes of 64 hexadecimal digits.
fn digits(text: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = text.get(2 * i..2 * i + 2).and_then(|d| u8::from_str_radix(d, 16).ok()).unwrap_or(0);
    }
    bytes
}
