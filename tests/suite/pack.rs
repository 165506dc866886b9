//! Packs: the same answers as from text, and no byte that can be changed unseen.

use crate::corpus::root;
use crate::household::{scenarios_pass, shanghai};
use entitle::profile::Profile;
use entitle::value::{Date, Language};
use entitle::wire::json::{UnknownFields, advice, profile_from_json, report};
use entitle::wire::pack::{self, Algorithm, Options, PackInfo, PublicKey, SigningKey, Trust};
use entitle::{Engine, Refusal};
use entitle_tests::generate::{self, Dice};
use sha2::{Digest, Sha256};
use std::fs;

/// Keys as other tools write them (`openssl genpkey -algorithm ed25519`, `-algorithm SM2`); used nowhere else.
const ED25519: (&str, &str) = (
    "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIFhIYbok6jI0oT5G61egUyetHOK1b2Mm59xvcnuhC0T3
-----END PRIVATE KEY-----",
    "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAwLuVWQeUzGZiGvWyjsD6dgzBJTfYbvyUY9lSjy42zB4=
-----END PUBLIC KEY-----",
);
const SM2: (&str, &str) = (
    "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQgQPgXbMoCDJ3jqEke
XjFf7mBcDIt+AFLi79mz4JX7VomhRANCAAQLveSv+pO/gLy6wJE+4hlEPUYduSjK
Ss4i+QJLjFf6pBJlkjnlNYaP17XGss6H+9HgzuaIJoFD9czd9aQM7HwB
-----END PRIVATE KEY-----",
    "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAEC73kr/qTv4C8usCRPuIZRD1GHbko
ykrOIvkCS4xX+qQSZZI55TWGj9e1xrLOh/vR4M7miCaBQ/XM3fWkDOx8AQ==
-----END PUBLIC KEY-----",
);

const SMALL: &str = r#"
enum category "类别" { welfare "福利" }
enum place "地区" { city "市" { north "北区"; south "南区" }; elsewhere "外地" }
record person "人员" {
    birth_date "出生日期": date class immutable
    hukou "户籍地": place
    income "月收入": yuan per month
    benefits "在享待遇": set of policy
    home "家庭": household
}
record household "家庭户" { applicant "申请人": person; members "成员": list of person up to 8 }
always person "nobody is born after today": birth_date <= today
define person.age "年龄" = today - birth_date
define household.per_head "人均收入" = members.income.sum / members.count
parameter line "标准": yuan per month {
    source: "an example"
    from 2019-01-01 to 2019-12-31: 1160
    from 2020-01-01 until further notice: 1240.5
}
policy tea "茶点" for person {
    category: welfare
    in force: from 2019-01-01 until further notice
    source: "an example"
    status: illustrative
    eligible when {
        "lives here": hukou within city
        age >= 60 years old or home.per_head < line
        any home.members[age < 18 years old]
    }
    not while receiving: coffee
    benefit cash: line * 30% rounded to 1 yuan per month but at most case hukou { north: 400 yuan per month; otherwise: 300 yuan per month }
    lasts: 12 months
    scenario "old" on 2020-05-01 {
        hukou: north
        birth_date: 1950-01-01
        benefits: none
        home: { members: applicant, { birth_date: 2010-01-01 } }
        expect: eligible, 372 yuan per month
    }
}
policy coffee "咖啡" for person
"#;

fn small(text: &str) -> Engine {
    Engine::from_texts([("small.policy".to_owned(), text.to_owned())]).unwrap_or_else(|e| panic!("{e}"))
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn refusal(bytes: &[u8], trust: &Trust) -> Refusal {
    let error = Engine::from_pack(bytes, trust).map(|_| ()).expect_err("the pack is accepted");
    assert!(error.is_pack() && !error.to_string().is_empty());
    error.refusal().unwrap().clone()
}

/// Gives an altered pack the digests that its bytes have now: what somebody does who means it. The layout is in `wire::pack`.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let four = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let (head, body, signature) = (four(12), four(16), usize::from(u16::from_le_bytes([bytes[10], bytes[11]])));
    let (body_at, trailer) = (20 + head, 20 + head + body + signature);
    let digest = Sha256::digest(&bytes[body_at..body_at + body]);
    bytes[body_at - 32..body_at].copy_from_slice(&digest);
    let check = Sha256::new().chain_update(&bytes[..body_at]).chain_update(&bytes[body_at + body..trailer]).finalize();
    bytes.truncate(trailer);
    bytes.extend_from_slice(&check);
    bytes
}

fn body(bytes: &[u8]) -> Vec<u8> {
    let four = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    bytes[20 + four(12)..20 + four(12) + four(16)].to_vec()
}

#[test]
fn an_engine_from_a_pack_gives_the_same_bytes_as_one_from_text() {
    let text = shanghai();
    let bytes = text.to_pack(&Options::default()).unwrap();
    let packed = pack::read(&bytes).unwrap();
    assert_eq!(packed.fingerprint(), text.fingerprint());
    assert!(packed.model().policies.iter().all(|p| p.scenarios.is_empty()));
    assert!(packed.to_pack(&Options::default()).unwrap() == bytes);
    let mut households = 0;
    for entry in fs::read_dir(root().join("examples/profiles")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "json") {
            continue;
        }
        households += 1;
        let given = fs::read(&path).unwrap();
        for as_of in ["2019-06-01", "2020-09-01", "2026-02-28"] {
            let results = |engine: &Engine| {
                let rules = engine.at(day(as_of)).unwrap();
                let (profile, _) = profile_from_json(engine.schema(), &given, UnknownFields::Reject).unwrap();
                let matches = rules.match_profile(&profile).unwrap();
                let advice = if as_of == "2020-09-01" && households < 4 {
                    advice::advice(engine, &matches, 2, day("2022-09-01")).to_string()
                } else {
                    String::new()
                };
                (report::report(&matches).to_string(), advice)
            };
            assert!(results(&text) == results(&packed), "{} on {as_of}", path.display());
        }
    }
    assert!(households >= 20);
    // The authors' cases come along where they are wanted, and the same set gives the same bytes again.
    let with = Options { scenarios: true, ..Options::default() };
    let whole = text.to_pack(&with).unwrap();
    let packed = pack::read(&whole).unwrap();
    scenarios_pass(&packed);
    assert!(packed.to_pack(&with).unwrap() == whole);
    assert!(whole.len() > bytes.len());
}

#[test]
fn generated_sets_come_out_as_they_went_in() {
    for seed in 0..100 {
        let mut dice = Dice::new(seed);
        let text = generate::open(&generate::policies(&mut dice));
        let bytes = text.to_pack(&Options::default()).unwrap();
        let packed = pack::read(&bytes).unwrap();
        assert!(packed.to_pack(&Options::default()).unwrap() == bytes, "seed {seed}");
        for _ in 0..3 {
            let profile = generate::profile(&text, &mut dice);
            let answers = |engine: &Engine| {
                let rules = engine.at(day("2024-02-29")).unwrap();
                rules.match_profile(&profile).map(|m| report::report(&m).to_string()).map_err(|e| e.to_string())
            };
            assert_eq!(answers(&text), answers(&packed), "seed {seed}");
        }
    }
}

#[test]
fn the_head_is_read_without_loading() {
    let engine = small(SMALL);
    let key = SigningKey::from_pem(SM2.0).unwrap();
    let options = Options {
        revision: 7,
        from: Some(day("2026-01-01")),
        to: Some(day("2026-12-31")),
        sign: Some(&key),
        scenarios: true,
    };
    let bytes = engine.to_pack(&options).unwrap();
    let info = PackInfo::read(&bytes).unwrap();
    assert_eq!(info.fingerprint, engine.fingerprint());
    assert_eq!((info.revision, info.from, info.to), (7, options.from, options.to));
    assert_eq!(
        (info.policies, info.sources),
        (vec!["tea".to_owned(), "coffee".to_owned()], vec!["small.policy".to_owned()])
    );
    assert_eq!(info.signer.map(|s| (s.algorithm, s.key)), Some((Algorithm::Sm2, key.public().id().to_owned())));
    assert_eq!(info.length, bytes.len());
    assert!(engine.to_pack(&Options { from: options.to, to: options.from, ..options }).is_err());
}

#[test]
fn the_bytes_are_those_of_the_format() {
    // What changes these bytes changes the format: raise `FORMAT`, and older loaders will say so instead of misreading.
    let bytes = small(SMALL).to_pack(&Options { revision: 1, scenarios: true, ..Options::default() }).unwrap();
    let digest: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!((pack::FORMAT, digest.as_str()), (2, GOLDEN));
}

const GOLDEN: &str = "feb13f75605178d90e11091f47b6e5a6152d6b99ebabc072408ef3e787bc2b8d";

#[test]
fn keys_of_other_tools_are_read_and_come_out_as_they_went_in() {
    for (secret, public) in [ED25519, SM2] {
        let (key, other) = (SigningKey::from_pem(secret).unwrap(), PublicKey::from_pem(public).unwrap());
        assert_eq!(key.public().id(), other.id());
        assert_eq!(other.to_pem().unwrap().trim(), public);
        assert_eq!(SigningKey::from_pem(&key.to_pem().unwrap()).unwrap().public().id(), other.id());
        // A secret key is refused by name where a public one belongs, and never shown.
        assert!(PublicKey::from_pem(secret).unwrap_err().to_string().contains("secret"));
        assert!(SigningKey::from_pem(public).unwrap_err().is_key());
        assert!(!format!("{key:?}").contains("secret"));
    }
    assert!(PublicKey::from_pem("").unwrap_err().is_key());
    assert!(SigningKey::from_seed(Algorithm::Sm2, &[0; 32]).is_err());
    // The point of order one: everybody could sign for it.
    let weak = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n-----END PUBLIC KEY-----\n";
    assert!(PublicKey::from_pem(weak).unwrap_err().to_string().contains("weak"));
}

#[test]
fn a_pack_altered_or_cut_anywhere_is_refused() {
    let engine = small(SMALL);
    for secret in [None, Some(ED25519.0), Some(SM2.0)] {
        let key = secret.map(|s| SigningKey::from_pem(s).unwrap());
        let bytes = engine.to_pack(&Options { revision: 2, sign: key.as_ref(), ..Options::default() }).unwrap();
        let trusts: Vec<Trust> = key.iter().map(|k| Trust::signed_by(k.public())).chain([Trust::anybody()]).collect();
        for trust in &trusts {
            assert!(Engine::from_pack(&bytes, trust).is_ok());
            for at in 0..bytes.len() {
                for flip in [1, 0x80, 0xff] {
                    let mut altered = bytes.clone();
                    altered[at] ^= flip;
                    refusal(&altered, trust);
                    assert!(
                        PackInfo::read(&altered).is_err() || body(&altered) != body(&bytes),
                        "byte {at} of the head"
                    );
                }
                refusal(&bytes[..at], trust);
            }
            refusal(&[bytes.as_slice(), &[0]].concat(), trust);
        }
    }
    assert_eq!(refusal(b"", &Trust::anybody()), Refusal::NotAPack);
    assert_eq!(refusal(b"policy tea", &Trust::anybody()), Refusal::NotAPack);
    assert_eq!(refusal(b"entitle\0", &Trust::anybody()), Refusal::Damaged);
    assert_eq!(
        refusal(b"entitle\0\xff\xff", &Trust::anybody()),
        Refusal::Format { found: 0xffff, known: pack::FORMAT }
    );
}

#[test]
fn a_loader_with_a_key_takes_nothing_else() {
    let engine = small(SMALL);
    for (secret, other) in [(ED25519.0, SM2.0), (SM2.0, ED25519.0)] {
        let (key, stranger) = (SigningKey::from_pem(secret).unwrap(), SigningKey::from_pem(other).unwrap());
        let pack = |revision: u64, sign| engine.to_pack(&Options { revision, sign, ..Options::default() }).unwrap();
        let trust = Trust::signed_by(key.public());
        let signed = pack(4, Some(&key));
        assert!(Engine::from_pack(&signed, &trust).is_ok());
        assert!(Engine::from_pack(&signed, &Trust::signed_by(stranger.public()).or_by(key.public())).is_ok());
        // Signing again gives the same bytes.
        assert!(signed == pack(4, Some(&key)));
        assert_eq!(refusal(&pack(4, None), &trust), Refusal::Unsigned);
        let key_id = stranger.public().id().to_owned();
        assert_eq!(refusal(&pack(4, Some(&stranger)), &trust), Refusal::UnknownKey { key: key_id });
        // The body and the signature of another pack, in an envelope with the right digests.
        for forged in [forge(&signed, &pack(3, Some(&key))), forge(&pack(3, Some(&key)), &signed)] {
            assert!(
                Engine::from_pack(&forged, &Trust::anybody()).is_ok(),
                "the forgery is whole but for its signature"
            );
            assert_eq!(refusal(&forged, &trust), Refusal::Signature);
        }
        // Another body under a signed head.
        let mut altered = signed.clone();
        let at = altered.len() - 32 - 64 - 1;
        altered[at] ^= 1;
        assert!(matches!(refusal(&sealed(altered.clone()), &trust), Refusal::Signature));
        assert!(matches!(refusal(&altered, &trust), Refusal::Damaged));
    }
}

/// The first pack with the signature of the second.
fn forge(pack: &[u8], other: &[u8]) -> Vec<u8> {
    let mut forged = pack.to_vec();
    let (at, from) = (pack.len() - 96, other.len() - 96);
    forged[at..at + 64].copy_from_slice(&other[from..from + 64]);
    sealed(forged)
}

#[test]
fn revisions_do_not_go_back_and_windows_end() {
    let engine = small(SMALL);
    let (from, to) = (day("2026-01-01"), day("2026-12-31"));
    let bytes = engine.to_pack(&Options { revision: 5, from: Some(from), to: Some(to), ..Options::default() }).unwrap();
    let on = |text: &str| Trust::anybody().on(day(text));
    assert!(Engine::from_pack(&bytes, &on("2026-01-01").revision_at_least(5)).is_ok());
    assert!(Engine::from_pack(&bytes, &on("2026-12-31")).is_ok());
    assert_eq!(refusal(&bytes, &on("2026-06-01").revision_at_least(6)), Refusal::Revision { found: 5, least: 6 });
    assert_eq!(refusal(&bytes, &on("2025-12-31")), Refusal::NotYet { from, on: day("2025-12-31") });
    assert_eq!(refusal(&bytes, &on("2027-01-01")), Refusal::Over { to, on: day("2027-01-01") });
    // Who does not say which day it is gets no pack that has a window.
    assert_eq!(refusal(&bytes, &Trust::anybody()), Refusal::NoDay);
    for found in [Refusal::Damaged, Refusal::NoDay, Refusal::Over { to, on: to }, Refusal::Unsigned, Refusal::Signature]
    {
        assert!(!found.message(Language::Zh).is_ascii() && found.message(Language::En).is_ascii());
    }
}

#[test]
fn hostile_bodies_with_right_digests_are_refused_or_do_no_harm() {
    let bytes = small(SMALL).to_pack(&Options::default()).unwrap();
    let whole = body(&bytes);
    let (mut refused, mut opened) = (0, 0);
    let mut try_one = |altered: &[u8]| match pack::decode(altered) {
        Err(error) => {
            assert!(matches!(error.refusal(), Some(Refusal::Content { .. })));
            refused += 1;
        }
        Ok(model) => {
            // Whatever passes is a policy set: it compiles or passes a limit, and matches.
            opened += 1;
            if opened % 7 == 0 {
                for on in ["0001-01-01", "2020-05-01"] {
                    if let Ok(graph) = entitle::graph::from_checked::compile(&model, day(on)) {
                        let bound = std::sync::Arc::new(graph).bind(day(on)).unwrap();
                        let mut scratch = entitle::verdict::from_graph::Scratch::default();
                        let _ = entitle::verdict::exact::outcomes(&bound, &Profile::new(), &mut scratch);
                    }
                }
            }
        }
    };
    for at in 0..whole.len() {
        for value in [0, 1, 2, 0x7f, 0x80, 0xff] {
            let mut altered = whole.clone();
            altered[at] = value;
            try_one(&altered);
        }
        try_one(&whole[..at]);
    }
    let mut dice = Dice::new(1);
    for _ in 0..2_000 {
        let mut altered = whole.clone();
        for _ in 0..=dice.below(6) {
            let at = usize::try_from(dice.below(altered.len() as u64)).unwrap();
            match dice.below(3) {
                0 => altered[at] = u8::try_from(dice.below(256)).unwrap(),
                1 => {
                    altered.remove(at);
                }
                _ => altered.insert(at, u8::try_from(dice.below(256)).unwrap()),
            }
        }
        try_one(&altered);
    }
    assert!(refused > 1_000 && opened > 100, "{refused} refused, {opened} opened");
    // Lengths that promise more than there is.
    for claim in [[0xff_u8; 10].as_slice(), &[0xff, 0xff, 0xff, 0xff, 0x0f], &[0x80; 64]] {
        assert!(pack::decode(claim).is_err());
    }
    // The envelope tells nobody's set from a set with another list of policies.
    let other = small(&SMALL.replace("coffee", "cocoa")).to_pack(&Options::default()).unwrap();
    let mut mixed = bytes.clone();
    let at = mixed.len() - 32 - whole.len();
    mixed.splice(at..at + whole.len(), body(&other));
    mixed[16..20].copy_from_slice(&u32::try_from(body(&other).len()).unwrap().to_le_bytes());
    assert!(matches!(refusal(&sealed(mixed), &Trust::anybody()), Refusal::Content { .. }));
}
