//! The functions and structs of `include/entitle.h` that the targets call.

use std::ffi::{c_char, c_void};

pub(super) type Handle = *mut c_void;

pub(super) const OK: i32 = 0;
pub(super) const NULL: i32 = 1;
pub(super) const HANDLE: i32 = 2;
pub(super) const STALE: i32 = 7;
pub(super) const PANIC: i32 = 12;

#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Str {
    pub(super) data: *const c_char,
    pub(super) length: usize,
}

#[repr(C)]
pub(super) struct Source {
    pub(super) name: Str,
    pub(super) text: Str,
}

#[repr(C)]
pub(super) struct Turned {
    pub(super) policy: u64,
    pub(super) before: u32,
    pub(super) after: u32,
}

#[repr(C)]
pub(super) struct Asking {
    pub(super) field: u64,
    pub(super) record: u32,
    pub(super) reserved: u32,
}

/// `struct ArrowSchema`
#[repr(C)]
pub(super) struct Schema {
    pub(super) format: *const c_char,
    pub(super) name: *const c_char,
    pub(super) metadata: *const c_char,
    pub(super) flags: i64,
    pub(super) n_children: i64,
    pub(super) children: *mut *mut Schema,
    pub(super) dictionary: *mut Schema,
    pub(super) release: Option<unsafe extern "C" fn(*mut Schema)>,
    pub(super) private_data: *mut c_void,
}

/// `struct ArrowArray`
#[repr(C)]
pub(super) struct Array {
    pub(super) length: i64,
    pub(super) null_count: i64,
    pub(super) offset: i64,
    pub(super) n_buffers: i64,
    pub(super) n_children: i64,
    pub(super) buffers: *mut *const c_void,
    pub(super) children: *mut *mut Array,
    pub(super) dictionary: *mut Array,
    pub(super) release: Option<unsafe extern "C" fn(*mut Array)>,
    pub(super) private_data: *mut c_void,
}

unsafe extern "C" {
    pub(super) fn entitle_error_new() -> Handle;
    pub(super) fn entitle_error_free(error: Handle);
    pub(super) fn entitle_error_message(error: Handle, length: *mut usize) -> *const c_char;
    pub(super) fn entitle_text_new() -> Handle;
    pub(super) fn entitle_text_free(text: Handle);
    pub(super) fn entitle_text_data(text: Handle, length: *mut usize) -> *const c_char;
    pub(super) fn entitle_engine_open_texts(
        sources: *const Source,
        count: usize,
        out: *mut Handle,
        error: Handle,
    ) -> i32;
    pub(super) fn entitle_engine_reload_texts(
        engine: Handle,
        sources: *const Source,
        count: usize,
        error: Handle,
    ) -> i32;
    pub(super) fn entitle_engine_free(engine: Handle);
    pub(super) fn entitle_engine_snapshot(engine: Handle, out: *mut Handle, error: Handle) -> i32;
    pub(super) fn entitle_engine_is_current(engine: Handle, snapshot: Handle, out: *mut i32, error: Handle) -> i32;
    pub(super) fn entitle_snapshot_share(snapshot: Handle, out: *mut Handle, error: Handle) -> i32;
    pub(super) fn entitle_snapshot_free(snapshot: Handle);
    pub(super) fn entitle_snapshot_counts(
        snapshot: Handle,
        policies: *mut usize,
        kinds: *mut usize,
        facts: *mut usize,
        error: Handle,
    ) -> i32;
    pub(super) fn entitle_snapshot_fact(
        snapshot: Handle,
        index: usize,
        out: *mut u64,
        size: usize,
        error: Handle,
    ) -> i32;
    pub(super) fn entitle_snapshot_kind(
        snapshot: Handle,
        index: usize,
        out: *mut u64,
        size: usize,
        error: Handle,
    ) -> i32;
    pub(super) fn entitle_snapshot_policy(
        snapshot: Handle,
        index: usize,
        out: *mut u64,
        size: usize,
        error: Handle,
    ) -> i32;
    pub(super) fn entitle_snapshot_value(
        snapshot: Handle,
        field: u64,
        index: usize,
        out: *mut u64,
        size: usize,
        error: Handle,
    ) -> i32;
    pub(super) fn entitle_snapshot_schema_json(snapshot: Handle, out: Handle, error: Handle) -> i32;
    pub(super) fn entitle_profile_new(snapshot: Handle, out: *mut Handle, error: Handle) -> i32;
    pub(super) fn entitle_profile_from_json(
        snapshot: Handle,
        json: *const c_char,
        length: usize,
        unknown: u32,
        notices: Handle,
        out: *mut Handle,
        error: Handle,
    ) -> i32;
    pub(super) fn entitle_profile_free(profile: Handle);
    pub(super) fn entitle_profile_clear(profile: Handle, error: Handle) -> i32;
    pub(super) fn entitle_profile_root(profile: Handle, kind: u64, out: *mut u32, error: Handle) -> i32;
    pub(super) fn entitle_profile_open(profile: Handle, rules: Handle, error: Handle) -> i32;
    pub(super) fn entitle_profile_seat(profile: Handle, record: u32, error: Handle) -> i32;
    pub(super) fn entitle_profile_set_yes_no(
        profile: Handle,
        record: u32,
        field: u64,
        value: i32,
        error: Handle,
    ) -> i32;
    pub(super) fn entitle_profile_set_date(profile: Handle, record: u32, field: u64, days: i32, error: Handle) -> i32;
    pub(super) fn entitle_profile_set_number(
        profile: Handle,
        record: u32,
        field: u64,
        digits: i64,
        scale: u32,
        error: Handle,
    ) -> i32;
    pub(super) fn entitle_profile_set_value(profile: Handle, record: u32, field: u64, value: u64, error: Handle)
    -> i32;
    pub(super) fn entitle_profile_set_set(
        profile: Handle,
        record: u32,
        field: u64,
        known: *const u64,
        known_count: usize,
        excluded: *const u64,
        excluded_count: usize,
        complete: i32,
        error: Handle,
    ) -> i32;
    pub(super) fn entitle_profile_record(profile: Handle, record: u32, field: u64, out: *mut u32, error: Handle)
    -> i32;
    pub(super) fn entitle_profile_add_entry(
        profile: Handle,
        record: u32,
        field: u64,
        out: *mut u32,
        error: Handle,
    ) -> i32;
    pub(super) fn entitle_profile_include(profile: Handle, record: u32, field: u64, entry: u32, error: Handle) -> i32;
    pub(super) fn entitle_profile_set_list(
        profile: Handle,
        record: u32,
        field: u64,
        complete: i32,
        error: Handle,
    ) -> i32;
    pub(super) fn entitle_profile_forget(profile: Handle, record: u32, field: u64, error: Handle) -> i32;
    pub(super) fn entitle_rules_at(snapshot: Handle, days: i32, out: *mut Handle, error: Handle) -> i32;
    pub(super) fn entitle_rules_free(rules: Handle);
    pub(super) fn entitle_scratch_new() -> Handle;
    pub(super) fn entitle_scratch_free(scratch: Handle);
    pub(super) fn entitle_match(
        rules: Handle,
        profile: Handle,
        scratch: Handle,
        verdicts: *mut u8,
        length: usize,
        error: Handle,
    ) -> i32;
    pub(super) fn entitle_match_json(rules: Handle, profile: Handle, out: Handle, error: Handle) -> i32;
    pub(super) fn entitle_explain_json(rules: Handle, profile: Handle, policy: u64, out: Handle, error: Handle) -> i32;
    pub(super) fn entitle_match_batch(
        rules: Handle,
        unit: u64,
        flags: u32,
        array: *mut Array,
        schema: *const Schema,
        scratch: Handle,
        out_array: *mut Array,
        out_schema: *mut Schema,
        error: Handle,
    ) -> i32;
    pub(super) fn entitle_watcher_new(rules: Handle, profile: Handle, out: *mut Handle, error: Handle) -> i32;
    pub(super) fn entitle_watcher_free(watcher: Handle);
    pub(super) fn entitle_watcher_update(
        watcher: Handle,
        profile: Handle,
        turned: *mut Turned,
        length: usize,
        count: *mut usize,
        error: Handle,
    ) -> i32;
    pub(super) fn entitle_watcher_verdicts(watcher: Handle, verdicts: *mut u8, length: usize, error: Handle) -> i32;
    pub(super) fn entitle_needs_json(
        rules: Handle,
        profile: Handle,
        policy: u64,
        limit: usize,
        out: Handle,
        error: Handle,
    ) -> i32;
    pub(super) fn entitle_question_json(
        rules: Handle,
        profile: Handle,
        skipped: *const Asking,
        count: usize,
        out: Handle,
        error: Handle,
    ) -> i32;
    pub(super) fn entitle_record_json(rules: Handle, profile: Handle, out: Handle, error: Handle) -> i32;
    pub(super) fn entitle_verify_record_json(
        snapshot: Handle,
        json: *const c_char,
        length: usize,
        out: Handle,
        error: Handle,
    ) -> i32;
}
