//! Runs the targets without libFuzzer: what once failed, the seeds, then mutations of them for a number of seconds of CPU.
//!
//! `replay seeds FOLDER` writes the seeds of every target to folders of their names, for libFuzzer to begin with.
//! `replay [TARGET|all] [SECONDS] [SEED]`. An input that fails, runs for more than a second of CPU, or grows the process beyond 512 MiB is
//! written to `fuzz/regressions/TARGET/`, and the exit status is 1.

use entitle_fuzz::targets;
use entitle_tests::fuzz::{Target, mutate::mutate, regressions, root, words};
use entitle_tests::generate::Dice;
use std::process::ExitCode;

/// The most CPU time of one input, in nanoseconds.
const SLOW: u64 = 1_000_000_000;
/// The most memory of the process, in KiB.
const LARGE: u64 = 512 << 10;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_else(|| "all".to_owned());
    if name == "seeds" {
        let folder = arguments.next().expect("a folder for the seeds");
        targets().for_each(|t| write_seeds(t, std::path::Path::new(&folder)));
        return ExitCode::SUCCESS;
    }
    let seconds: u64 = arguments.next().map_or(1, |s| s.parse().expect("seconds are a whole number"));
    let seed: u64 = arguments.next().map_or(1, |s| s.parse().expect("the seed is a whole number"));
    let chosen: Vec<&Target> = targets().filter(|t| name == "all" || t.name == name).collect();
    assert!(!chosen.is_empty(), "no target `{name}`; there are {:?}", targets().map(|t| t.name).collect::<Vec<_>>());
    // A host's thread may have no more.
    let run = move || chosen.into_iter().map(|t| fuzz(t, seconds, seed)).sum::<usize>();
    let failed = std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap_or(1);
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn fuzz(target: &Target, seconds: u64, seed: u64) -> usize {
    let (mut seeds, words) = ((target.seeds)(), words(target.dictionary));
    let known = regressions(target);
    seeds.extend(known.iter().map(|(_, input)| input.clone()));
    let (mut count, mut failed, mut slowest) = (0u64, 0, 0);
    let mut dice = Dice::new(seed);
    let mut first = seeds.clone().into_iter();
    let begin = cpu();
    loop {
        let input = match first.next() {
            Some(seed) => seed,
            None if cpu() - begin >= seconds * 1_000_000_000 => break,
            None => mutate(&seeds, &words, &mut dice),
        };
        let before = cpu();
        let run = std::panic::catch_unwind(|| (target.run)(&input));
        let took = cpu() - before;
        count += 1;
        slowest = slowest.max(took);
        let large = memory() > LARGE;
        if run.is_err() || took > SLOW || large {
            failed += 1;
            let what = if run.is_err() {
                "failed"
            } else if large {
                "large"
            } else {
                "slow"
            };
            keep(target, &input, what, took);
            if large || failed > 20 {
                break;
            }
        }
    }
    println!(
        "{:12} {count:9} inputs {:6} s of CPU, slowest {:4} ms, {:4} MiB at most, {failed} findings",
        target.name,
        (cpu() - begin) / 1_000_000_000,
        slowest / 1_000_000,
        memory() / 1024,
    );
    failed
}

fn write_seeds(target: &Target, folder: &std::path::Path) {
    let folder = folder.join(target.name);
    std::fs::create_dir_all(&folder).unwrap();
    for (i, seed) in (target.seeds)().into_iter().enumerate() {
        std::fs::write(folder.join(format!("seed-{i}")), seed).unwrap();
    }
}

fn keep(target: &Target, input: &[u8], what: &str, took: u64) {
    let folder = root().join("fuzz/regressions").join(target.name);
    let hash = input.iter().fold(0xCBF2_9CE4_8422_2325u64, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01B3));
    let path = folder.join(format!("{what}-{hash:016x}"));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(&path, input).unwrap();
    eprintln!("{}: {what} after {} ms", path.display(), took / 1_000_000);
}

/// CPU time of this thread in nanoseconds; what other processes do meanwhile does not count.
fn cpu() -> u64 {
    std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|t| t.split(' ').next()?.parse().ok())
        .unwrap_or_else(|| std::time::UNIX_EPOCH.elapsed().map_or(0, |d| d.as_nanos() as u64))
}

/// The most memory the process had, in KiB; 0 where the system does not say.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0)
}
