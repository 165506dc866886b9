//! Texts that handles own: the error of a call, and results as JSON.

use super::handle::{Handle, Kind, free, give, read};
use super::status::Failure;
use serde::Serialize;
use std::ffi::c_char;
use std::ptr::null;

/// `entitle_error`: what the last failed call had to say.
#[derive(Default)]
pub(super) struct Report {
    message: String,
    details: String,
}

impl Report {
    pub(super) fn set(&mut self, failure: Failure) {
        self.message = failure.message.into_owned();
        self.details = failure.details.map(|d| d.to_string()).unwrap_or_default();
    }
}

impl Kind for Report {
    const MARK: u64 = 0x656e_7469_746c_0001;
    const NAME: &'static str = "entitle_error";
}

/// `entitle_text`: a buffer that results are written to, again and again.
#[derive(Default)]
pub(super) struct Text(Vec<u8>);

impl Text {
    /// Replaces what is there.
    pub(super) fn set(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        self.0.clear();
        serde_json::to_writer(&mut self.0, value).map_err(|e| Failure::limit(format!("the result as JSON: {e}")))
    }
}

impl Kind for Text {
    const MARK: u64 = 0x656e_7469_746c_0002;
    const NAME: &'static str = "entitle_text";
}

/// Lends a text and its length; null where there is no handle.
///
/// # Safety
/// `length` is null or room for a number.
unsafe fn lend(bytes: Option<&[u8]>, length: *mut usize) -> *const c_char {
    if !length.is_null() && length.is_aligned() {
        // SAFETY: not null and aligned; the caller promises the room.
        unsafe { length.write(bytes.map_or(0, <[u8]>::len)) };
    }
    bytes.map_or(null(), |b| b.as_ptr().cast())
}

/// `entitle_error_new`
#[unsafe(no_mangle)]
extern "C" fn entitle_error_new() -> *mut Handle<Report> {
    give(Report::default())
}

/// `entitle_error_free`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_error_free(error: *mut Handle<Report>) {
    // SAFETY: the header asks for null or a live handle that is used no more.
    unsafe { free(error) }
}

/// `entitle_error_message`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_error_message(error: *const Handle<Report>, length: *mut usize) -> *const c_char {
    // SAFETY: the header asks for null or a live handle, and null or room for the length.
    unsafe { lend(read(error).ok().map(|e| e.message.as_bytes()), length) }
}

/// `entitle_error_details`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_error_details(error: *const Handle<Report>, length: *mut usize) -> *const c_char {
    // SAFETY: as above.
    unsafe { lend(read(error).ok().map(|e| e.details.as_bytes()), length) }
}

/// `entitle_text_new`
#[unsafe(no_mangle)]
extern "C" fn entitle_text_new() -> *mut Handle<Text> {
    give(Text::default())
}

/// `entitle_text_free`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_text_free(text: *mut Handle<Text>) {
    // SAFETY: the header asks for null or a live handle that is used no more.
    unsafe { free(text) }
}

/// `entitle_text_data`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_text_data(text: *const Handle<Text>, length: *mut usize) -> *const c_char {
    // SAFETY: the header asks for null or a live handle, and null or room for the length.
    unsafe { lend(read(text).ok().map(|t| t.0.as_slice()), length) }
}
