//! Keys and signatures: Ed25519, and SM2 with SM3.
//!
//! Keys are read and written as PEM: PKCS #8 for the secret one, `SubjectPublicKeyInfo` for the public one, as `openssl genpkey`
//! writes them for either algorithm. Both signatures have 64 bytes: for SM2 the numbers *r* and *s* in big-endian order,
//! with the distinguishing identifier that GM/T 0009 sets for everybody (`1234567812345678`). Both are made without
//! randomness, so the same set signed with the same key gives the same bytes.

use crate::error::Error;
use ed25519_dalek as ed;
use ed25519_dalek::pkcs8::{
    DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, spki::der::pem::LineEnding,
};
use sha2::{Digest, Sha256};
use sm2::dsa::signature::{Signer as _, Verifier as _};
use std::fmt;

/// GM/T 0009-2012, 10: the identifier where no other was agreed on.
const EVERYBODY: &str = "1234567812345678";

/// How a pack is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Algorithm {
    /// Ed25519 (RFC 8032).
    Ed25519,
    /// SM2 with SM3 (GB/T 32918.2, GB/T 32905).
    Sm2,
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ed25519 => "Ed25519",
            Self::Sm2 => "SM2 with SM3",
        })
    }
}

/// A key that signs packs. `Debug` shows its public half only.
pub struct SigningKey {
    secret: Secret,
    public: PublicKey,
}

enum Secret {
    Ed25519(Box<ed::SigningKey>),
    Sm2(Box<sm2::dsa::SigningKey>, Box<sm2::SecretKey>),
}

/// A key that packs are checked against.
#[derive(Clone)]
pub struct PublicKey {
    public: Public,
    id: String,
}

#[derive(Clone)]
enum Public {
    Ed25519(Box<ed::VerifyingKey>),
    Sm2(Box<sm2::dsa::VerifyingKey>),
}

impl SigningKey {
    /// A key from 32 bytes of the operating system's randomness. Whoever knows them can sign.
    ///
    /// # Errors
    /// For SM2, when the bytes are not a number below the order of the curve, which happens once in four thousand million
    /// times: draw again.
    pub fn from_seed(algorithm: Algorithm, seed: &[u8; 32]) -> Result<Self, Error> {
        match algorithm {
            Algorithm::Ed25519 => Ok(Self::ed25519(ed::SigningKey::from_bytes(seed))),
            Algorithm::Sm2 => {
                let secret = sm2::SecretKey::from_slice(seed)
                    .map_err(|_| Error::key("no SM2 key has these bytes: draw again"))?;
                Self::sm2(secret)
            }
        }
    }

    /// Reads a secret key: PEM of PKCS #8, of either algorithm.
    ///
    /// # Errors
    /// When the text is no such key.
    pub fn from_pem(text: &str) -> Result<Self, Error> {
        if let Ok(key) = ed::SigningKey::from_pkcs8_pem(text) {
            return Ok(Self::ed25519(key));
        }
        match sm2::SecretKey::from_pkcs8_pem(text) {
            Ok(key) => Self::sm2(key),
            Err(_) => Err(Error::key(
                "this is no secret key for Ed25519 or SM2: PEM of PKCS #8 is needed (`-----BEGIN PRIVATE KEY-----`)",
            )),
        }
    }

    /// The secret key as PEM of PKCS #8.
    ///
    /// # Errors
    /// When it cannot be written, which no key that was read here leads to.
    pub fn to_pem(&self) -> Result<String, Error> {
        let text = match &self.secret {
            Secret::Ed25519(key) => key.to_pkcs8_pem(LineEnding::LF),
            Secret::Sm2(_, key) => key.to_pkcs8_pem(LineEnding::LF),
        };
        text.map(|t| t.as_str().to_owned()).map_err(|_| Error::key("the key cannot be written"))
    }

    /// The half that others check with.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        self.public.clone()
    }

    fn ed25519(key: ed::SigningKey) -> Self {
        let public = PublicKey::ed25519(key.verifying_key());
        Self { secret: Secret::Ed25519(Box::new(key)), public }
    }

    fn sm2(secret: sm2::SecretKey) -> Result<Self, Error> {
        let key =
            sm2::dsa::SigningKey::new(EVERYBODY, &secret).map_err(|_| Error::key("no SM2 key has these bytes"))?;
        let public = PublicKey::sm2(key.verifying_key().clone());
        Ok(Self { secret: Secret::Sm2(Box::new(key), Box::new(secret)), public })
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let failed = |_| Error::key("the pack cannot be signed with this key");
        match &self.secret {
            Secret::Ed25519(key) => Ok(key.try_sign(message).map_err(failed)?.to_bytes().to_vec()),
            Secret::Sm2(key, _) => Ok(key.try_sign(message).map_err(failed)?.to_bytes().to_vec()),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("public", &self.public).finish_non_exhaustive()
    }
}

impl PublicKey {
    /// Reads a public key: PEM of `SubjectPublicKeyInfo`, of either algorithm.
    ///
    /// ```
    /// use entitle::wire::pack::{Algorithm, PublicKey, SigningKey};
    /// let key = SigningKey::from_seed(Algorithm::Sm2, &[7; 32]).unwrap().public();
    /// assert_eq!(PublicKey::from_pem(&key.to_pem().unwrap()).unwrap().id(), key.id());
    /// ```
    ///
    /// # Errors
    /// When the text is no such key; a secret key is refused by name, for it should not be where public ones are.
    pub fn from_pem(text: &str) -> Result<Self, Error> {
        if let Ok(key) = ed::VerifyingKey::from_public_key_pem(text) {
            // A weak key would accept signatures that nobody made.
            return if key.is_weak() {
                Err(Error::key("this Ed25519 key is weak: nobody should sign with it"))
            } else {
                Ok(Self::ed25519(key))
            };
        }
        if let Ok(key) = sm2::PublicKey::from_public_key_pem(text) {
            let key =
                sm2::dsa::VerifyingKey::new(EVERYBODY, key).map_err(|_| Error::key("this SM2 key cannot be used"))?;
            return Ok(Self::sm2(key));
        }
        if text.contains("PRIVATE KEY") {
            return Err(Error::key(
                "this is a secret key, and the public one is needed: keep the secret one away from here",
            ));
        }
        Err(Error::key("this is no public key for Ed25519 or SM2: PEM is needed (`-----BEGIN PUBLIC KEY-----`)"))
    }

    /// The key as PEM of `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// When it cannot be written, which no key that was read here leads to.
    pub fn to_pem(&self) -> Result<String, Error> {
        let text = match &self.public {
            Public::Ed25519(key) => key.to_public_key_pem(LineEnding::LF),
            Public::Sm2(key) => key.to_public_key_pem(LineEnding::LF),
        };
        text.map_err(|_| Error::key("the key cannot be written"))
    }

    /// Its algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        match self.public {
            Public::Ed25519(_) => Algorithm::Ed25519,
            Public::Sm2(_) => Algorithm::Sm2,
        }
    }

    /// What it is named by: the first 32 hexadecimal digits of the SHA-256 of its point.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    fn ed25519(key: ed::VerifyingKey) -> Self {
        let id = id(key.as_bytes());
        Self { public: Public::Ed25519(Box::new(key)), id }
    }

    fn sm2(key: sm2::dsa::VerifyingKey) -> Self {
        let id = id(&key.to_sec1_bytes());
        Self { public: Public::Sm2(Box::new(key)), id }
    }

    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.public {
            // Strict: a signature has one form only, and no point of small order passes.
            Public::Ed25519(key) => {
                ed::Signature::from_slice(signature).is_ok_and(|s| key.verify_strict(message, &s).is_ok())
            }
            Public::Sm2(key) => {
                sm2::dsa::Signature::from_slice(signature).is_ok_and(|s| key.verify(message, &s).is_ok())
            }
        }
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({}, {})", self.algorithm(), self.id)
    }
}

fn id(point: &[u8]) -> String {
    Sha256::digest(point).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
