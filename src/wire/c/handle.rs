//! Handles: boxes whose first word says what they are, so that a null or another kind of handle is refused.
//!
//! A handle that was freed cannot be told for certain: its memory may hold anything by then. Freeing overwrites the word,
//! so that the commonest slip (freeing twice, soon) is mostly harmless; the header tells callers not to count on it.

use super::status::{Failure, Status};

/// What a handle holds.
pub(super) trait Kind {
    /// The word that marks handles of this kind; different for each.
    const MARK: u64;
    /// Its name in the header.
    const NAME: &'static str;
}

/// What the opaque pointers point to. The mark comes first in every handle, whatever its kind.
#[repr(C)]
pub(super) struct Handle<T> {
    mark: u64,
    inner: T,
}

/// A new handle, the caller's until it is given to [`free`].
pub(super) fn give<T: Kind>(inner: T) -> *mut Handle<T> {
    Box::into_raw(Box::new(Handle { mark: T::MARK, inner }))
}

fn check<T: Kind>(handle: *const Handle<T>) -> Result<(), Failure> {
    if handle.is_null() {
        return Err(Failure::new(Status::Null, T::NAME));
    }
    if !handle.is_aligned() {
        return Err(Failure::new(Status::Handle, T::NAME));
    }
    // SAFETY: not null and aligned; the caller promises a handle of this library that was not freed, and every handle
    // begins with the mark.
    let mark = unsafe { handle.cast::<u64>().read() };
    if mark == T::MARK { Ok(()) } else { Err(Failure::new(Status::Handle, T::NAME)) }
}

/// What a handle holds, to read.
///
/// # Safety
/// `handle` is null or a handle of this library, of any kind, that is not freed or changed while `'a` lasts.
pub(super) unsafe fn read<'a, T: Kind>(handle: *const Handle<T>) -> Result<&'a T, Failure> {
    check(handle)?;
    // SAFETY: the mark says that `give` made it for a `T`, and the caller promises that nobody frees or changes it.
    Ok(unsafe { &(*handle).inner })
}

/// What a handle holds, to change.
///
/// # Safety
/// As [`read`], and nobody else uses the handle while `'a` lasts.
pub(super) unsafe fn change<'a, T: Kind>(handle: *mut Handle<T>) -> Result<&'a mut T, Failure> {
    check(handle)?;
    // SAFETY: the mark says that `give` made it for a `T`, and the caller promises that nobody else uses it.
    Ok(unsafe { &mut (*handle).inner })
}

/// Frees a handle; null and handles of another kind are left alone.
///
/// # Safety
/// `handle` is null or a handle of this library that was not freed, and nobody uses it from now on.
pub(super) unsafe fn free<T: Kind>(handle: *mut Handle<T>) {
    if check(handle).is_err() {
        return;
    }
    // SAFETY: the mark says that `give` made it for a `T`, and the caller promises that it is used no more. The mark is
    // overwritten first; the write is volatile because the memory is given back right after.
    let inner = unsafe {
        handle.cast::<u64>().write_volatile(0);
        Box::from_raw(handle)
    };
    // A value that panics as it goes must not unwind into C.
    drop(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(inner))));
}
