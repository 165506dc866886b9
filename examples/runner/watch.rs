//! `--watch`: runs again whenever a policy file is saved.

use crate::say;
use entitle::Engine;
use entitle::ids::PolicyId;
use entitle::value::Language;
use notify::{RecursiveMode, Watcher as _};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Editors write a file in several steps; what comes within this time is one save.
const SETTLES: Duration = Duration::from_millis(60);

/// Calls `run` at once, and then with the files that changed after each save, until interrupted.
pub(crate) fn watch(
    paths: &[PathBuf],
    language: Language,
    run: &mut dyn FnMut(Option<&BTreeSet<PathBuf>>),
) -> Result<ExitCode, ExitCode> {
    let (send, receive) = mpsc::channel();
    let fail = |error: notify::Error| {
        eprintln!("error: cannot watch the files: {error}");
        ExitCode::from(1)
    };
    let mut watcher = notify::recommended_watcher(send).map_err(fail)?;
    for path in paths {
        // A file is watched through its folder: editors replace it by another of the same name.
        let folder = if path.is_dir() { path.as_path() } else { path.parent().unwrap_or(Path::new(".")) };
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        watcher.watch(folder, RecursiveMode::Recursive).map_err(fail)?;
    }
    let mut changed: Option<BTreeSet<PathBuf>> = None;
    loop {
        let start = Instant::now();
        run(changed.as_ref());
        let took = start.elapsed().as_millis();
        say(&match language {
            Language::Zh => format!("用时 {took} 毫秒，等待保存……"),
            Language::En => format!("{took} ms; waiting for a save ..."),
        });
        let mut files = BTreeSet::new();
        while files.is_empty() {
            let Ok(event) = receive.recv() else { return Ok(ExitCode::SUCCESS) };
            note(event, paths, &mut files);
        }
        while let Ok(event) = receive.recv_timeout(SETTLES) {
            note(event, paths, &mut files);
        }
        changed = Some(files);
    }
}

fn note(event: notify::Result<notify::Event>, paths: &[PathBuf], into: &mut BTreeSet<PathBuf>) {
    let Ok(event) = event else { return };
    if event.kind.is_access() {
        return;
    }
    let asked =
        |file: &PathBuf| paths.iter().any(|p| same(file, p) || (p.is_dir() && absolute(file).starts_with(absolute(p))));
    let policies = event.paths.into_iter().filter(|p| p.extension().is_some_and(|e| e == "policy"));
    into.extend(policies.filter(asked));
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn same(a: &Path, b: &Path) -> bool {
    absolute(a) == absolute(b)
}

/// The policies whose meaning can have changed with these files: those written in them, or all where a file declares
/// what others use.
pub(crate) fn touched(engine: &Engine, files: &BTreeSet<PathBuf>) -> BTreeSet<PolicyId> {
    let model = engine.model();
    let is_changed = |span: entitle::span::Span| {
        engine.sources().get(span.file).is_some_and(|s| files.iter().any(|f| same(f, Path::new(&s.name))))
    };
    let shared = model.parameters.iter().map(|p| p.span);
    let shared = shared.chain(model.defines.iter().map(|d| d.span)).chain(model.always.iter().map(|a| a.span));
    let shared = shared.chain(model.field_spans.iter().copied());
    let all = shared.into_iter().any(is_changed);
    let policies = model.policies.iter().enumerate().filter(|(_, p)| p.written);
    let found: BTreeSet<PolicyId> =
        policies.clone().filter(|(_, p)| all || is_changed(p.span)).map(|(i, _)| PolicyId::of(i)).collect();
    // A file of enums or phrases alone, or one that is gone: anything can have changed.
    if found.is_empty() { policies.map(|(i, _)| PolicyId::of(i)).collect() } else { found }
}
