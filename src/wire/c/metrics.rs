//! What the host may count: which call, how it ended, how long it took, how much it was about. Never a fact's value.

use super::status::Failure;
use std::ffi::c_void;
use std::time::Instant;

/// Which call an event is about. The numbers are part of the ABI.
#[derive(Clone, Copy)]
#[repr(u32)]
pub(super) enum Call {
    Reload = 1,
    Rules = 2,
    Profile = 3,
    Match = 4,
    Explain = 5,
    Advise = 6,
    Batch = 7,
    Watch = 8,
}

/// `entitle_event`
#[repr(C)]
pub(super) struct Event {
    call: u32,
    status: i32,
    items: u64,
    nanoseconds: u64,
}

/// `entitle_metrics`
pub(super) type Callback = unsafe extern "C" fn(context: *mut c_void, event: *const Event);

/// Where events go.
pub(super) struct Metrics {
    pub(super) callback: Callback,
    pub(super) context: *mut c_void,
}

// SAFETY: the header asks for a callback that any thread may call at any time, with a context that bears it.
unsafe impl Send for Metrics {}
// SAFETY: as above.
unsafe impl Sync for Metrics {}

impl Metrics {
    fn report(&self, event: &Event) {
        // SAFETY: the header asks for a callback and a context that live as long as any handle of the engine, and that
        // neither unwinds nor keeps the event.
        unsafe { (self.callback)(self.context, event) }
    }
}

/// Runs a call and reports it where somebody listens; otherwise the clock is not read. `items` is what the call is about:
/// policies, or bytes of JSON.
pub(super) fn timed<T>(
    metrics: Option<&Metrics>,
    call: Call,
    items: usize,
    run: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, Failure> {
    let Some(metrics) = metrics else { return run() };
    let start = Instant::now();
    let result = run();
    let nanoseconds = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
    let status = result.as_ref().err().map_or(0, |f| f.status as i32);
    metrics.report(&Event { call: call as u32, status, items: u64::try_from(items).unwrap_or(u64::MAX), nanoseconds });
    result
}
