//! The doors whose dependencies or pointers keep them out of the ordinary tests: packs, the C functions, Arrow arrays.
#![allow(unsafe_code, reason = "a C host is played, and it hands pointers over")]

mod abi;
mod batch;
mod calls;
mod packs;

use entitle_tests::fuzz::Target;

/// The targets of these doors.
pub const DOORS: [Target; 3] = [
    Target { name: "pack", run: packs::pack, seeds: packs::seeds, dictionary: "" },
    Target { name: "calls", run: calls::calls, seeds: calls::seeds, dictionary: "" },
    Target { name: "arrow", run: batch::batch, seeds: batch::seeds, dictionary: "" },
];
