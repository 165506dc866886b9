//! See `policy_text` in `tests/src/fuzz/`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| (entitle_tests::fuzz::target("policy_text").unwrap().run)(data));
