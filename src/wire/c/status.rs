//! Status codes, and a failure on its way to the caller.

use crate::Error;
use crate::diagnostic::Level;
use crate::wire::json::{Problem, ProfileError};
use serde_json::{Value, json};
use std::borrow::Cow;

/// What a call returns. The numbers are part of the ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub(super) enum Status {
    Ok = 0,
    Null = 1,
    Handle = 2,
    Utf8 = 3,
    Argument = 4,
    Space = 5,
    NotFound = 6,
    Stale = 7,
    Io = 8,
    Policies = 9,
    Profile = 10,
    Limit = 11,
    Panic = 12,
    Pack = 13,
    Key = 14,
}

impl Status {
    const ALL: [(Self, &'static str); 15] = [
        (Self::Ok, "ENTITLE_OK\0"),
        (Self::Null, "ENTITLE_NULL\0"),
        (Self::Handle, "ENTITLE_HANDLE\0"),
        (Self::Utf8, "ENTITLE_UTF8\0"),
        (Self::Argument, "ENTITLE_ARGUMENT\0"),
        (Self::Space, "ENTITLE_SPACE\0"),
        (Self::NotFound, "ENTITLE_NOT_FOUND\0"),
        (Self::Stale, "ENTITLE_STALE\0"),
        (Self::Io, "ENTITLE_IO\0"),
        (Self::Policies, "ENTITLE_POLICIES\0"),
        (Self::Profile, "ENTITLE_PROFILE\0"),
        (Self::Limit, "ENTITLE_LIMIT\0"),
        (Self::Panic, "ENTITLE_PANIC\0"),
        (Self::Pack, "ENTITLE_PACK\0"),
        (Self::Key, "ENTITLE_KEY\0"),
    ];
}

/// `entitle_status_name`
#[unsafe(no_mangle)]
extern "C" fn entitle_status_name(status: i32) -> *const std::ffi::c_char {
    let found = Status::ALL.iter().find(|(s, _)| *s as i32 == status);
    found.map_or("unknown status\0", |(_, name)| name).as_ptr().cast()
}

/// Why a call fails: the status, one line for a log, and where there are several findings all of them as JSON.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) status: Status,
    pub(super) message: Cow<'static, str>,
    pub(super) details: Option<Value>,
}

impl Failure {
    pub(super) fn new(status: Status, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, message: message.into(), details: None }
    }

    pub(super) fn argument(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Status::Argument, message)
    }

    pub(super) fn profile(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Status::Profile, message)
    }

    pub(super) fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Status::NotFound, message)
    }

    pub(super) fn limit(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Status::Limit, message)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let status = if error.is_io() {
            Status::Io
        } else if error.is_policies() {
            Status::Policies
        } else if error.is_profile() {
            Status::Profile
        } else if error.is_pack() {
            Status::Pack
        } else if error.is_key() {
            Status::Key
        } else if error.is_stale() {
            Status::Stale
        } else {
            Status::Limit
        };
        let details = error.sources().map(|sources| {
            let findings = error.findings().iter().map(|f| {
                let (line, column) = sources.line_column(f.span);
                let file = sources.get(f.span.file).map_or("", |s| s.name.as_str());
                let level = if f.level == Level::Error { "error" } else { "warning" };
                json!({
                    "code": f.code.id, "level": level, "file": file, "line": line, "column": column,
                    "message": f.message, "label": f.label, "help": f.help,
                })
            });
            findings.collect()
        });
        Self { status, message: error.to_string().into(), details }
    }
}

impl From<ProfileError> for Failure {
    fn from(error: ProfileError) -> Self {
        Self { status: Status::Profile, message: error.to_string().into(), details: Some(problems(&error.0)) }
    }
}

/// Problems of a profile as JSON: `[{ "path", "message", "help" }]`. None of them repeats a fact's value.
pub(super) fn problems(all: &[Problem]) -> Value {
    all.iter().map(|p| json!({ "path": p.path, "message": p.message, "help": p.help })).collect()
}
