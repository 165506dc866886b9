//! See `advice` in `tests/src/fuzz/`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| (entitle_tests::fuzz::target("advice").unwrap().run)(data));
