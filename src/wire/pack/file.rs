//! The envelope: where the parts of a pack stand, and the two digests that every byte is under.

use crate::refusal::Refusal;
use sha2::{Digest, Sha256};

/// The format that is written and read. It changes with anything that changes the bytes of a pack.
///
/// ```text
/// 0   8  "entitle" and a zero
/// 8   2  format, little-endian as all numbers here
/// 10  2  length of the signature: 0 or 64
/// 12  4  length of the head
/// 16  4  length of the body
/// 20     head: who, when, which; ends with the SHA-256 of the body
///        body: the policy set, its policies in sections of 32
///        signature, over the bytes from 0 to the end of the head
///     32 SHA-256 of all before it but the body
/// ```
pub const FORMAT: u16 = 2;

/// The largest pack, in bytes. That of a city with 209 policies has about one hundredth of it.
pub const LARGEST: usize = 64 << 20;

const MAGIC: &[u8; 8] = b"entitle\0";
const FIXED: usize = 20;
const DIGEST: usize = 32;
/// Both algorithms sign with 64 bytes.
pub(super) const SIGNATURE: usize = 64;

/// The parts of a pack whose digests agree.
#[derive(Clone, Copy)]
pub(super) struct Parts<'b> {
    /// What a signature is over: lengths and head.
    pub(super) signed: &'b [u8],
    pub(super) head: &'b [u8],
    pub(super) body: &'b [u8],
    pub(super) signature: Option<&'b [u8]>,
}

pub(super) fn digest(bytes: &[u8]) -> [u8; DIGEST] {
    Sha256::digest(bytes).into()
}

/// What is signed: the lengths and the head. None where a part is longer than a pack may be.
pub(super) fn signed(head: &[u8], body: &[u8], is_signed: bool) -> Option<Vec<u8>> {
    let signature = if is_signed { SIGNATURE } else { 0 };
    let whole = FIXED.checked_add(head.len())?.checked_add(body.len())?.checked_add(signature + DIGEST)?;
    if whole > LARGEST {
        return None;
    }
    let mut bytes = Vec::with_capacity(whole);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&FORMAT.to_le_bytes());
    bytes.extend_from_slice(&u16::try_from(signature).ok()?.to_le_bytes());
    bytes.extend_from_slice(&u32::try_from(head.len()).ok()?.to_le_bytes());
    bytes.extend_from_slice(&u32::try_from(body.len()).ok()?.to_le_bytes());
    bytes.extend_from_slice(head);
    Some(bytes)
}

/// The whole pack, from what [`signed`] gave.
pub(super) fn join(signed: Vec<u8>, body: &[u8], signature: &[u8]) -> Vec<u8> {
    let check = checksum(&signed, signature);
    let mut bytes = signed;
    bytes.extend_from_slice(body);
    bytes.extend_from_slice(signature);
    bytes.extend_from_slice(&check);
    bytes
}

fn checksum(signed: &[u8], signature: &[u8]) -> [u8; DIGEST] {
    let mut whole = Sha256::new();
    whole.update(signed);
    whole.update(signature);
    whole.finalize().into()
}

/// Takes a pack apart. The digest of the body stands in the head and is compared by whoever reads that.
pub(super) fn split(bytes: &[u8]) -> Result<Parts<'_>, Refusal> {
    let cut = || Refusal::Damaged;
    if !bytes.starts_with(MAGIC) {
        // A pack that was cut within its first bytes is a damaged one.
        return Err(if !bytes.is_empty() && MAGIC.starts_with(bytes) { cut() } else { Refusal::NotAPack });
    }
    let two = |at: usize| Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    let four = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let found = two(8).ok_or_else(cut)?;
    if found != FORMAT {
        return Err(Refusal::Format { found, known: FORMAT });
    }
    let size = |n: Option<u32>| n.and_then(|n| usize::try_from(n).ok()).filter(|n| *n <= LARGEST).ok_or_else(cut);
    let signature = usize::from(two(10).ok_or_else(cut)?);
    let (head, body) = (size(four(12))?, size(four(16))?);
    // At most three times the largest pack: no overflow.
    let whole = FIXED + head + body + signature + DIGEST;
    if bytes.len() != whole || whole > LARGEST || (signature != 0 && signature != SIGNATURE) {
        return Err(cut());
    }
    let (signed, rest) = bytes.split_at_checked(FIXED + head).ok_or_else(cut)?;
    let (body, rest) = rest.split_at_checked(body).ok_or_else(cut)?;
    let (signature, check) = rest.split_at_checked(signature).ok_or_else(cut)?;
    if checksum(signed, signature) != check {
        return Err(cut());
    }
    let head = signed.get(FIXED..).ok_or_else(cut)?;
    Ok(Parts { signed, head, body, signature: (!signature.is_empty()).then_some(signature) })
}
