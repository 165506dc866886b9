//! The edge: the guard around every call, and pointers and lengths as slices, texts and results.

use super::handle::{Handle, change};
use super::status::{Failure, Status};
use super::text::Report;
use std::ffi::c_char;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The longest text that is taken, in bytes: 64 MiB, sixteen times the longest profile.
pub(super) const LONGEST: usize = 64 << 20;

/// The most entries that an array of arguments may have.
pub(super) const MOST: usize = 1 << 20;

/// A text lent to the caller: `entitle_str` of the header.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Str {
    pub(super) data: *const c_char,
    pub(super) length: usize,
}

impl Str {
    /// A text that lives as long as what it is lent from.
    pub(super) fn lend(text: &str) -> Self {
        Self { data: text.as_ptr().cast(), length: text.len() }
    }
}

/// Runs a call. A panic becomes a status; a failure is written to the caller's error, where there is one.
///
/// State that a panic may leave half changed is not seen again: what calls change are the caller's own handles, each of which
/// is usable after any change that was begun (a list of facts, a buffer that is cleared first).
pub(super) fn guard(error: *mut Handle<Report>, run: impl FnOnce() -> Result<(), Failure>) -> i32 {
    let failure = match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(())) => return Status::Ok as i32,
        Ok(Err(failure)) => failure,
        Err(payload) => {
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message");
            let message = format!("the library failed inside and stays usable; please report this: {text}");
            // What a panic carries may itself panic as it goes.
            drop(catch_unwind(AssertUnwindSafe(|| drop(payload))));
            Failure::new(Status::Panic, message)
        }
    };
    let status = failure.status as i32;
    // SAFETY: the header asks for null or an error that no other thread uses.
    if let Ok(report) = unsafe { change(error) } {
        report.set(failure);
    }
    status
}

/// An array lent by the caller. Null is an empty array.
///
/// # Safety
/// `data` is null, or `length` values of `T` that nobody changes while `'a` lasts.
pub(super) unsafe fn slice<'a, T>(data: *const T, length: usize, what: &'static str) -> Result<&'a [T], Failure> {
    if length == 0 {
        return Ok(&[]);
    }
    if data.is_null() {
        return Err(Failure::new(Status::Null, what));
    }
    if !data.is_aligned() {
        return Err(Failure::argument(format!("{what}: the address is not aligned")));
    }
    let most = if size_of::<T>() == 1 { LONGEST } else { MOST };
    if length > most {
        return Err(Failure::limit(format!("{what}: a length of {length}; at most {most} is taken")));
    }
    // SAFETY: not null, aligned, far below `isize::MAX` bytes (at most `MOST` values of a few words); the caller promises that
    // the values are there and stay as they are.
    Ok(unsafe { std::slice::from_raw_parts(data, length) })
}

/// An array of the caller's that results are written to.
///
/// # Safety
/// `data` is null, or room for `length` initialised values of `T` that nobody else uses while `'a` lasts.
pub(super) unsafe fn room<'a, T>(data: *mut T, length: usize, what: &'static str) -> Result<&'a mut [T], Failure> {
    if length == 0 {
        return Ok(&mut []);
    }
    if data.is_null() {
        return Err(Failure::new(Status::Null, what));
    }
    if !data.is_aligned() {
        return Err(Failure::argument(format!("{what}: the address is not aligned")));
    }
    if length > MOST {
        return Err(Failure::limit(format!("{what}: a length of {length}; at most {MOST} is taken")));
    }
    // SAFETY: as in `slice`, and the caller promises that nobody else uses the room.
    Ok(unsafe { std::slice::from_raw_parts_mut(data, length) })
}

/// A text lent by the caller.
///
/// # Safety
/// As [`slice`].
pub(super) unsafe fn text<'a>(data: *const c_char, length: usize, what: &'static str) -> Result<&'a str, Failure> {
    // SAFETY: the caller's promise is handed on.
    let bytes = unsafe { slice(data.cast::<u8>(), length, what) }?;
    std::str::from_utf8(bytes)
        .map_err(|e| Failure::new(Status::Utf8, format!("{what}: not UTF-8 text (byte {})", e.valid_up_to())))
}

/// A place of the caller's for a result. It is checked before the work is begun and written when that is done.
pub(super) struct Out<T>(*mut T);

impl<T> Out<T> {
    /// The place.
    pub(super) fn new(place: *mut T, what: &'static str) -> Result<Self, Failure> {
        if place.is_null() {
            return Err(Failure::new(Status::Null, what));
        }
        if !place.is_aligned() {
            return Err(Failure::argument(format!("{what}: the address is not aligned")));
        }
        Ok(Self(place))
    }

    /// Writes the result.
    ///
    /// # Safety
    /// The place is room for a `T` that nobody else uses.
    pub(super) unsafe fn write(self, value: T) {
        // SAFETY: not null and aligned, as checked; the caller promises the room.
        unsafe { self.0.write(value) }
    }

    /// Writes as much of a struct as the caller's version of it has, so that structs can grow.
    ///
    /// # Safety
    /// The place is room for `size` bytes that nobody else uses.
    pub(super) unsafe fn write_part(self, value: &T, size: usize) {
        // SAFETY: `value` has at least that many bytes and the caller promises room for them; the two do not overlap, for
        // one is the caller's and the other ours.
        unsafe {
            std::ptr::copy_nonoverlapping(
                std::ptr::from_ref(value).cast::<u8>(),
                self.0.cast::<u8>(),
                size.min(size_of::<T>()),
            );
        }
    }
}
