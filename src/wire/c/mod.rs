//! The C ABI. `include/entitle.h` is its reference: what each function does, who frees, which thread may call.
//!
//! The only folder of the library with `unsafe` code. Most of it stands in three files: [`handle`] turns pointers into
//! references to what this library made, [`edge`] turns them into slices and writes results, [`interface`] walks arrays that
//! others made. The functions themselves check their arguments through these, and everything behind is safe Rust:
//!
//! | file | what |
//! | --- | --- |
//! | `status`, `edge`, `handle` | status codes; the guard around each call; pointers in and out |
//! | `text` | errors and texts that handles own |
//! | `engine`, `pack`, `snapshot`, `ids` | a policy set that can be swapped, one reference-counted state of it, the ids that belong to it |
//! | `list` | which policies, kinds, facts and values there are |
//! | `profile`, `build` | a profile, from JSON or fact by fact |
//! | `interface` | whether an array of the Arrow C Data Interface can be read at all |
//! | `matching`, `batch`, `advice` | verdicts on one household, on many in Arrow columns; reasons; advice |
//! | `watch` | one household whose facts change: which verdicts turn |
//! | `metrics` | counts and latencies for the host |
//!
//! Rules that hold for every function: no panic leaves it ([`edge::guard`]); nothing is written to an out parameter unless the
//! call succeeds; what was made under one snapshot is refused by another. `tests/suite/header.rs` holds the header against the
//! code, name by name and type by type.

// The functions are called from C only; to Rust they are private, so that the crate has one front door.
mod advice;
mod batch;
mod build;
mod edge;
mod engine;
mod handle;
mod ids;
mod interface;
mod list;
mod matching;
mod metrics;
mod pack;
mod profile;
mod snapshot;
mod status;
mod text;
mod watch;

/// The version of this ABI. It rises when a function or a struct changes its meaning or goes; additions leave it.
const ABI: u32 = 1;

/// `entitle_abi_version`
#[unsafe(no_mangle)]
extern "C" fn entitle_abi_version() -> u32 {
    ABI
}

/// `entitle_version`
#[unsafe(no_mangle)]
extern "C" fn entitle_version() -> *const std::ffi::c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// What the header promises of threads, held by the compiler: handles that threads share, and handles that move between them.
const _: () = {
    const fn shared<T: Send + Sync>() {}
    const fn moved<T: Send>() {}
    shared::<engine::Host>();
    shared::<snapshot::Shared>();
    shared::<matching::Day>();
    shared::<build::Draft>();
    moved::<matching::Room>();
    moved::<watch::Watched>();
    moved::<text::Text>();
    moved::<text::Report>();
};
