//! See `calls` in `fuzz/src/doors/`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| (entitle_fuzz::target("calls").unwrap().run)(data));
