//! Every target of fuzzing: those of the ordinary tests, and those of the doors.

mod doors;

use entitle_tests::fuzz::{TARGETS, Target};

/// Every target, in the order they are run.
pub fn targets() -> impl Iterator<Item = &'static Target> {
    TARGETS.iter().chain(&doors::DOORS)
}

/// The target of that name.
pub fn target(name: &str) -> Option<&'static Target> {
    targets().find(|t| t.name == name)
}
