//! Many households at once, through the Arrow C Data Interface: one struct array in, one out.

use super::edge::{Out, guard};
use super::handle::{Handle, change, read};
use super::interface::fitting;
use super::matching::{Day, Room};
use super::metrics::{Call, timed};
use super::status::{Failure, Status};
use super::text::Report;
use crate::engine::Rules;
use crate::ids::{EntityId, PolicyId};
use crate::verdict::from_graph::Scratch;
use crate::wire::arrow::{ArrowError, Asked, Options, checked, dictionary, layout, match_batch};
use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi, to_ffi};
use arrow_array::{Array, RecordBatch, StructArray};

/// The most rows of a batch. Columns without values take no memory, what is answered does: two bits a policy and row.
const ROWS: usize = 1 << 24;

/// `ENTITLE_BATCH_LEAVE_OUT`
const LEAVE_OUT: u32 = 1;
/// `ENTITLE_BATCH_QUICK`
const QUICK: u32 = 2;
/// `ENTITLE_BATCH_REASONS`
const REASONS: u32 = 4;

impl From<ArrowError> for Failure {
    fn from(error: ArrowError) -> Self {
        match error {
            ArrowError::Limit { message } => Self::limit(message),
            error => Self::profile(error.to_string()),
        }
    }
}

/// The verdicts on a batch, with what the flags ask.
fn answer(
    rules: &Rules,
    batch: &RecordBatch,
    unit: EntityId,
    flags: u32,
    scratch: &mut Scratch,
) -> Result<RecordBatch, Failure> {
    let row = layout::row_of(&rules.model().schema);
    let row = row.ok_or_else(|| Failure::argument("no policy of this set is for any record"))?;
    let options = Options { row, id: "id".to_owned(), strict: flags & LEAVE_OUT == 0 };
    let asked = Asked { quick: flags & QUICK != 0, reasons: flags & REASONS != 0 };
    Ok(match_batch(rules, batch, &options, unit, asked, scratch)?)
}

/// Takes the caller's array: from here on it is ours to release, whatever becomes of the call.
///
/// # Safety
/// `array` is null or an array of the interface that nobody else uses; `schema` is null or a schema of it.
unsafe fn take(array: *mut FFI_ArrowArray, schema: *const FFI_ArrowSchema) -> Result<RecordBatch, Failure> {
    for (null, aligned, what) in
        [(array.is_null(), array.is_aligned(), "array"), (schema.is_null(), schema.is_aligned(), "schema")]
    {
        if null {
            return Err(Failure::new(Status::Null, what));
        }
        if !aligned {
            return Err(Failure::argument(format!("{what}: the address is not aligned")));
        }
    }
    // SAFETY: not null and aligned, and the caller promises an array and a schema of the interface.
    let (array, schema) = unsafe { (FFI_ArrowArray::from_raw(array), &*schema) };
    if array.is_released() || schema.release().is_none() {
        return Err(Failure::argument("the array or its schema was released already"));
    }
    // SAFETY: the caller promises that pointers lead to what the interface has there, and that texts end.
    unsafe { fitting(&array, schema) }?;
    // SAFETY: the caller promises that the buffers are as long as the array and its schema say. What they hold (offsets, keys,
    // text) is looked through next.
    let data = unsafe { from_ffi(array, schema) };
    let data = data.map_err(|e| Failure::profile(format!("not an array that can be read: {e}")))?;
    if data.len() > ROWS {
        return Err(Failure::limit(format!("a batch of {} rows; at most {ROWS} are taken at a time", data.len())));
    }
    Ok(checked(&data)?)
}

/// Hands a batch out through the interface, as a struct array.
///
/// # Safety
/// There is room for an array and a schema.
unsafe fn give(batch: RecordBatch, array: Out<FFI_ArrowArray>, schema: Out<FFI_ArrowSchema>) -> Result<(), Failure> {
    let made = to_ffi(&StructArray::from(batch).to_data());
    let (made_array, made_schema) = made.map_err(|e| Failure::limit(format!("the result as an array: {e}")))?;
    // SAFETY: asked of the caller.
    unsafe {
        array.write(made_array);
        schema.write(made_schema);
    }
    Ok(())
}

/// `entitle_match_batch`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_match_batch(
    rules: *const Handle<Day>,
    unit: u64,
    flags: u32,
    array: *mut FFI_ArrowArray,
    schema: *const FFI_ArrowSchema,
    scratch: *mut Handle<Room>,
    out_array: *mut FFI_ArrowArray,
    out_schema: *mut FFI_ArrowSchema,
    error: *mut Handle<Report>,
) -> i32 {
    guard(error, || {
        let (out_array, out_schema) = (Out::new(out_array, "out_array")?, Out::new(out_schema, "out_schema")?);
        // SAFETY: the header asks for an array and a schema of the interface.
        let batch = unsafe { take(array, schema)? };
        // SAFETY: the header asks for live rules.
        let day = unsafe { read(rules)? };
        let (unit, _) = day.snapshot.kind(unit)?;
        if flags & !(LEAVE_OUT | QUICK | REASONS) != 0 {
            return Err(Failure::argument("flags: ENTITLE_BATCH_... only"));
        }
        let mut own = None;
        let room = if scratch.is_null() {
            own.insert(Room::default())
        } else {
            // SAFETY: the header asks for null or a scratch that no other thread uses.
            unsafe { change(scratch)? }
        };
        let answer = timed(day.snapshot.metrics(), Call::Batch, batch.num_rows(), || {
            answer(&day.rules, &batch, unit, flags, room.scratch())
        })?;
        // SAFETY: the header asks for room for an array and a schema.
        unsafe { give(answer, out_array, out_schema) }
    })
}

/// `entitle_reason_codes`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_reason_codes(
    rules: *const Handle<Day>,
    out_array: *mut FFI_ArrowArray,
    out_schema: *mut FFI_ArrowSchema,
    error: *mut Handle<Report>,
) -> i32 {
    guard(error, || {
        let (out_array, out_schema) = (Out::new(out_array, "out_array")?, Out::new(out_schema, "out_schema")?);
        // SAFETY: the header asks for live rules.
        let day = unsafe { read(rules)? };
        let policies: Vec<PolicyId> = (0..day.rules.model().policies.len()).map(PolicyId::of).collect();
        // SAFETY: the header asks for room for an array and a schema.
        unsafe { give(dictionary(&day.rules, &policies)?, out_array, out_schema) }
    })
}
