//! A policy set that can be swapped while it is used.

use super::edge::{Out, Str, guard, slice, text};
use super::handle::{Handle, Kind, free, give, read};
use super::metrics::{Call, Callback, Metrics, timed};
use super::snapshot::{Shared, Snapshot};
use super::status::{Failure, Status};
use super::text::Report;
use crate::reload::Reloadable;
use crate::{Engine, Error};
use arc_swap::ArcSwap;
use std::ffi::{c_char, c_void};
use std::sync::{Arc, OnceLock};

/// The most bytes that the texts of one policy set may have together.
const ALL_TEXTS: usize = 256 << 20;

/// `entitle_engine`
pub(super) struct Host {
    served: Reloadable,
    /// The snapshot that was handed out last. It is made anew when the set that is served has another generation; two threads
    /// that do so at once make the same.
    last: ArcSwap<Snapshot>,
    metrics: Arc<OnceLock<Metrics>>,
}

impl Host {
    pub(super) fn new(served: Reloadable) -> Result<Self, Failure> {
        let metrics = Arc::new(OnceLock::new());
        let first = served.snapshot();
        Snapshot::fits(first.engine())?;
        let last = ArcSwap::from_pointee(Snapshot::new(first, Arc::clone(&metrics)));
        Ok(Self { served, last, metrics })
    }

    /// The set that is served now. No lock: not even an exchange that is under way is waited for.
    fn current(&self) -> Shared {
        let served = self.served.snapshot();
        let last = self.last.load_full();
        if last.generation() == served.generation() {
            return last;
        }
        let newer = Arc::new(Snapshot::new(served, Arc::clone(&self.metrics)));
        self.last.store(Arc::clone(&newer));
        newer
    }

    /// Puts another policy set in place of the one in use; where it cannot be opened, that one stays.
    pub(super) fn reload(&self, open: impl FnOnce(&Reloadable) -> Result<(), Failure>) -> Result<(), Failure> {
        timed(self.metrics.get(), Call::Reload, 1, || open(&self.served))?;
        // The snapshot that was handed out last holds the old set; without this it would until the next is asked for.
        self.current();
        Ok(())
    }

    fn replace(&self, open: impl FnOnce() -> Result<Engine, Failure>) -> Result<(), Failure> {
        self.reload(|served| {
            let engine = open()?;
            Snapshot::fits(&engine)?;
            served.replace(engine);
            Ok(())
        })
    }
}

impl Kind for Host {
    const MARK: u64 = 0x656e_7469_746c_0004;
    const NAME: &'static str = "entitle_engine";
}

/// `entitle_source`
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Source {
    name: Str,
    text: Str,
}

/// The stack that policy text is read on: eight times what the deepest text needs.
const STACK: usize = 8 << 20;

/// Opens a policy set on a thread that lives as long as the call: hosts call on stacks that are small (coroutines, foreign
/// function libraries), and the parser recurses as deep as a text nests.
fn on_a_stack_of_its_own(open: impl FnOnce() -> Result<Engine, Error> + Send) -> Result<Engine, Failure> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, open);
        let thread = thread.map_err(|e| Failure::limit(format!("no thread to read the policies on: {e}")))?;
        match thread.join() {
            Ok(engine) => Ok(engine?),
            // To the guard of the call, as if it had been read here.
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

fn directory(path: &str) -> Result<Engine, Failure> {
    if path.is_empty() {
        return Err(Failure::argument("path: empty"));
    }
    on_a_stack_of_its_own(|| Engine::open(&[path]))
}

fn from_memory(texts: Vec<(String, String)>) -> Result<Engine, Failure> {
    on_a_stack_of_its_own(|| Engine::from_texts(texts))
}

/// Copies the texts: the caller's may go as soon as the call returns.
///
/// # Safety
/// Each `Str` of the sources is null or lends its length of bytes.
unsafe fn texts(sources: &[Source]) -> Result<Vec<(String, String)>, Failure> {
    let mut bytes = 0usize;
    let mut all = Vec::with_capacity(sources.len());
    for source in sources {
        // SAFETY: the caller's promise is handed on.
        let (name, policy) = unsafe {
            (
                text(source.name.data, source.name.length, "sources: a name")?,
                text(source.text.data, source.text.length, "sources: a text")?,
            )
        };
        bytes = bytes.saturating_add(policy.len());
        if bytes > ALL_TEXTS {
            return Err(Failure::limit(format!("the texts are longer than {ALL_TEXTS} bytes together")));
        }
        all.push((name.to_owned(), policy.to_owned()));
    }
    Ok(all)
}

/// `entitle_engine_open_directory`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_engine_open_directory(
    path: *const c_char,
    length: usize,
    out: *mut *mut Handle<Host>,
    error: *mut Handle<Report>,
) -> i32 {
    guard(error, || {
        let out = Out::new(out, "out")?;
        // SAFETY: the header asks for `length` bytes of text, and room for a pointer.
        unsafe {
            let host = Host::new(Reloadable::new(directory(text(path, length, "path")?)?))?;
            out.write(give(host));
        }
        Ok(())
    })
}

/// `entitle_engine_open_texts`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_engine_open_texts(
    sources: *const Source,
    count: usize,
    out: *mut *mut Handle<Host>,
    error: *mut Handle<Report>,
) -> i32 {
    guard(error, || {
        let out = Out::new(out, "out")?;
        // SAFETY: the header asks for `count` sources whose texts are there, and room for a pointer.
        unsafe {
            let host = Host::new(Reloadable::new(from_memory(texts(slice(sources, count, "sources")?)?)?))?;
            out.write(give(host));
        }
        Ok(())
    })
}

/// `entitle_engine_reload_directory`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_engine_reload_directory(
    engine: *const Handle<Host>,
    path: *const c_char,
    length: usize,
    error: *mut Handle<Report>,
) -> i32 {
    guard(error, || {
        // SAFETY: the header asks for a live engine and `length` bytes of text.
        let (host, path) = unsafe { (read(engine)?, text(path, length, "path")?) };
        host.replace(|| directory(path))
    })
}

/// `entitle_engine_reload_texts`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_engine_reload_texts(
    engine: *const Handle<Host>,
    sources: *const Source,
    count: usize,
    error: *mut Handle<Report>,
) -> i32 {
    guard(error, || {
        // SAFETY: the header asks for a live engine and `count` sources whose texts are there.
        let (host, texts) = unsafe { (read(engine)?, texts(slice(sources, count, "sources")?)?) };
        host.replace(|| from_memory(texts))
    })
}

/// `entitle_engine_free`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_engine_free(engine: *mut Handle<Host>) {
    // SAFETY: the header asks for null or a live handle that is used no more.
    unsafe { free(engine) }
}

/// `entitle_engine_snapshot`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_engine_snapshot(
    engine: *const Handle<Host>,
    out: *mut *mut Handle<Shared>,
    error: *mut Handle<Report>,
) -> i32 {
    guard(error, || {
        let out = Out::new(out, "out")?;
        // SAFETY: the header asks for a live engine, and room for a pointer.
        unsafe {
            let current = read(engine)?.current();
            out.write(give(current));
        }
        Ok(())
    })
}

/// `entitle_engine_is_current`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_engine_is_current(
    engine: *const Handle<Host>,
    snapshot: *const Handle<Shared>,
    out: *mut i32,
    error: *mut Handle<Report>,
) -> i32 {
    guard(error, || {
        let out = Out::new(out, "out")?;
        // SAFETY: the header asks for live handles, and room for a number.
        unsafe {
            let same = read(engine)?.served.snapshot().generation() == read(snapshot)?.generation();
            out.write(i32::from(same));
        }
        Ok(())
    })
}

/// `entitle_engine_set_metrics`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_engine_set_metrics(
    engine: *const Handle<Host>,
    callback: Option<Callback>,
    context: *mut c_void,
    error: *mut Handle<Report>,
) -> i32 {
    guard(error, || {
        // SAFETY: the header asks for a live engine.
        let host = unsafe { read(engine)? };
        let callback = callback.ok_or_else(|| Failure::new(Status::Null, "callback"))?;
        let set = host.metrics.set(Metrics { callback, context });
        set.map_err(|_| Failure::argument("a callback is set already; it stays for as long as the engine lives"))
    })
}
