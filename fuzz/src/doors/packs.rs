//! Packs from anyone: cut, altered, and altered with a right checksum, as whoever means harm would.

use entitle::Engine;
use entitle::profile::Profile;
use entitle::wire::pack::{Algorithm, Options, PackInfo, SigningKey, Trust};
use entitle_tests::fuzz::VOCABULARY;
use entitle_tests::generate::{self, Dice};
use sha2::{Digest, Sha256};
use std::sync::OnceLock;

/// The key that signs, and packs: the set with a fact of every type, and generated ones; some signed. The key comes from what
/// it signs: a corpus may hold packs of an earlier version, and those were signed by another.
fn signed() -> &'static (SigningKey, Vec<Vec<u8>>) {
    static SIGNED: OnceLock<(SigningKey, Vec<Vec<u8>>)> = OnceLock::new();
    SIGNED.get_or_init(|| {
        let mut dice = Dice::new(5);
        let mut engines = vec![Engine::from_texts([("a.policy".to_owned(), VOCABULARY.to_owned())]).unwrap()];
        engines.extend((0..24).map(|_| generate::open(&generate::policies(&mut dice))));
        let pack =
            |n: usize, sign| engines[n].to_pack(&Options { revision: n as u64, sign, ..Options::default() }).unwrap();
        let unsigned: Vec<Vec<u8>> = (0..engines.len()).map(|n| pack(n, None)).collect();
        let key = SigningKey::from_seed(Algorithm::Ed25519, &Sha256::digest(unsigned.concat()).into()).unwrap();
        let packs = (0..engines.len()).map(|n| if n % 2 == 1 { pack(n, Some(&key)) } else { unsigned[n].clone() });
        let packs = packs.collect();
        (key, packs)
    })
}

/// Packs to begin with.
pub(super) fn seeds() -> Vec<Vec<u8>> {
    signed().1.clone()
}

/// A pack is refused, or opens to a set that matches; with a key it opens only as it was signed.
pub(super) fn pack(data: &[u8]) {
    let (key, packs) = signed();
    let _ = PackInfo::read(data);
    tried(data);
    let Some(right) = with_checksums(data) else { return };
    tried(&right);
    if Engine::from_pack(&right, &Trust::signed_by(key.public())).is_ok() {
        assert!(packs.contains(&right), "a signature on other bytes is believed");
    }
}

fn tried(bytes: &[u8]) {
    let Ok(engine) = Engine::from_pack(bytes, &Trust::anybody()) else { return };
    for day in ["2000-01-03", "2020-06-01"] {
        let Ok(rules) = engine.at(day.parse().unwrap()) else { continue };
        let profile = Profile::new();
        if let Ok(matches) = rules.match_profile(&profile) {
            (0..matches.verdicts().count()).for_each(|p| drop(matches.explain(entitle::ids::PolicyId::of(p))));
        }
    }
}

/// The same bytes with the checksums that belong to them; none where they are too short for a pack.
fn with_checksums(bytes: &[u8]) -> Option<Vec<u8>> {
    let four = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize);
    let (head, body) = (four(12)?, four(16)?);
    let signature = usize::from(u16::from_le_bytes([*bytes.get(10)?, *bytes.get(11)?]));
    let body_at = 20usize.checked_add(head)?;
    let (body_end, trailer) = (body_at.checked_add(body)?, body_at.checked_add(body)?.checked_add(signature)?);
    let mut right = bytes.to_vec();
    right.resize(trailer.min(1 << 20), 0);
    if right.len() < trailer || body_at < 52 {
        return None;
    }
    let digest = Sha256::digest(&right[body_at..body_end]);
    right[body_at - 32..body_at].copy_from_slice(&digest);
    let check = Sha256::new().chain_update(&right[..body_at]).chain_update(&right[body_end..trailer]).finalize();
    right.extend_from_slice(&check);
    Some(right)
}
