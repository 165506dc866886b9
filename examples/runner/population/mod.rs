//! `synth` and `scan`: a synthetic city, and every unit of a population against every policy. The only commands that need the
//! feature `population`.

mod charts;
mod out;
mod report;
pub(crate) mod scan;
mod summary;
pub(crate) mod synth;

use entitle::Error;
use std::process::ExitCode;

/// Says what went wrong.
fn failed(error: &Error) -> ExitCode {
    eprintln!("error: {error}");
    ExitCode::from(1)
}

fn broken(what: &str, error: &std::io::Error) -> ExitCode {
    eprintln!("error: {what}: {error}");
    ExitCode::from(1)
}
