//! What an array and a schema of the Arrow C Data Interface must be before anything is made of them.
//!
//! The crate that imports arrays trusts whoever hands them over: a length of -1, a missing child or text that is not UTF-8 makes it panic or
//! read where nothing is. So both trees are walked first. What no reader can check is left: that the pointers lead where they
//! should, and that buffers are as long as the lengths and offsets say.

use super::status::Failure;
use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use arrow_data::layout;
use arrow_schema::DataType;
use std::ffi::{CStr, c_char, c_void};

/// The deepest nesting of a schema. Households with members and their bills need four.
const DEEPEST: usize = 32;
/// The most columns of a schema, inner ones counted.
const COLUMNS: usize = 1 << 16;
/// The longest array: rows, or entries of a list. Far below where sizes in bytes pass what memory can hold.
const ROWS: i64 = 1 << 40;
/// The most buffers of one array; those of texts in views may be many.
const BUFFERS: i64 = 1 << 16;

/// `struct ArrowSchema` of the header.
#[repr(C)]
struct Schema {
    format: *const c_char,
    name: *const c_char,
    metadata: *const c_char,
    flags: i64,
    n_children: i64,
    children: *const *const Schema,
    dictionary: *const Schema,
    release: *const c_void,
    private_data: *const c_void,
}

/// `struct ArrowArray` of the header.
#[repr(C)]
struct Array {
    length: i64,
    null_count: i64,
    offset: i64,
    n_buffers: i64,
    n_children: i64,
    buffers: *const *const c_void,
    children: *const *const Array,
    dictionary: *const Array,
    release: *const c_void,
    private_data: *const c_void,
}

/// The type of a batch, when its schema can be read and its array fits it.
///
/// # Safety
/// Both are of the interface: what is not null leads to what the header says, and texts end.
pub(super) unsafe fn fitting(array: &FFI_ArrowArray, schema: &FFI_ArrowSchema) -> Result<(), Failure> {
    // SAFETY: both types are laid out as the interface has it; the references live as long as the call.
    let (array, raw) =
        unsafe { (&*std::ptr::from_ref(array).cast::<Array>(), &*std::ptr::from_ref(schema).cast::<Schema>()) };
    // SAFETY: asked of the caller.
    unsafe { readable(raw, DEEPEST, &mut 0) }?;
    let ty = DataType::try_from(schema).map_err(|e| wrong(&format!("a column's type: {e}")))?;
    // SAFETY: asked of the caller.
    unsafe { fits(array, &ty, "the batch") }
}

fn wrong(what: &str) -> Failure {
    Failure::profile(format!("not an array that can be read: {what}"))
}

/// The children at an array of pointers, none of them null.
///
/// # Safety
/// `children` is null or has `count` pointers, each null or to a live `T`.
unsafe fn children<'a, T>(children: *const *const T, count: i64) -> Result<Vec<&'a T>, Failure> {
    let count = usize::try_from(count).ok().filter(|n| *n <= COLUMNS);
    let count = count.ok_or_else(|| wrong(&format!("an array has between 0 and {COLUMNS} children")))?;
    if count > 0 && !filled(children) {
        return Err(wrong("an array says that it has children, and has none"));
    }
    // SAFETY: not null, aligned, and as many as the caller says there are.
    let found = (0..count).map(|at| unsafe { *children.add(at) });
    // SAFETY: not null and aligned; the caller promises that it is a live one.
    found.map(|child| if filled(child) { Ok(unsafe { &*child }) } else { Err(wrong("a child is NULL")) }).collect()
}

/// Whether a pointer can lead to a value.
fn filled<T>(pointer: *const T) -> bool {
    !pointer.is_null() && pointer.is_aligned()
}

/// Whether the type of a schema can be asked for.
///
/// # Safety
/// A live schema.
unsafe fn readable(schema: &Schema, deeper: usize, seen: &mut usize) -> Result<(), Failure> {
    *seen += 1;
    if *seen > COLUMNS {
        return Err(Failure::limit(format!("a schema of more than {COLUMNS} columns, inner ones counted")));
    }
    let Some(deeper) = deeper.checked_sub(1) else {
        return Err(Failure::limit(format!("a schema nested deeper than {DEEPEST}")));
    };
    if schema.format.is_null() {
        return Err(wrong("a schema without a format"));
    }
    for text in [schema.format, schema.name] {
        // SAFETY: the interface's texts end with a zero byte.
        if !text.is_null() && unsafe { CStr::from_ptr(text) }.to_str().is_err() {
            return Err(Failure::new(super::status::Status::Utf8, "a format or a name in the schema is not UTF-8"));
        }
    }
    // SAFETY: it was looked at above.
    let format = unsafe { CStr::from_ptr(schema.format) }.to_bytes();
    // SAFETY: asked of the caller.
    let inner = unsafe { children(schema.children, schema.n_children) }?;
    let needed = match format {
        b"+l" | b"+L" | b"+vl" | b"+vL" | b"+m" => 1,
        b"+r" => 2,
        _ if format.starts_with(b"+w:") => 1,
        _ => 0,
    };
    if inner.len() < needed || (!schema.dictionary.is_null() && !inner.is_empty()) {
        return Err(wrong("a schema's format needs another number of children"));
    }
    for child in inner {
        // SAFETY: asked of the caller.
        unsafe { readable(child, deeper, seen) }?;
    }
    if schema.dictionary.is_null() {
        return Ok(());
    }
    if !filled(schema.dictionary) {
        return Err(wrong("a dictionary that is not aligned"));
    }
    // SAFETY: not null and aligned; the caller promises that it is a live one.
    unsafe { readable(&*schema.dictionary, deeper, seen) }
}

/// Whether an array has what its type needs.
///
/// # Safety
/// A live array.
unsafe fn fits(array: &Array, ty: &DataType, name: &str) -> Result<(), Failure> {
    let fail = |what: &str| Err(wrong(&format!("{name}: {what}")));
    let sizes = [array.length, array.offset].map(|n| (0..=ROWS).contains(&n));
    if sizes != [true; 2] {
        return fail("its length or offset is negative or beyond 2^40");
    }
    if let DataType::FixedSizeBinary(size) | DataType::FixedSizeList(_, size) = ty
        && *size < 0
    {
        return fail("its type has a negative size");
    }
    // SAFETY: asked of the caller.
    unsafe { buffers(array, ty, name) }?;
    // SAFETY: asked of the caller.
    let inner = unsafe { children(array.children, array.n_children) }?;
    let types: Vec<_> = match ty {
        DataType::List(of)
        | DataType::LargeList(of)
        | DataType::ListView(of)
        | DataType::LargeListView(of)
        | DataType::FixedSizeList(of, _)
        | DataType::Map(of, _) => vec![of],
        DataType::Struct(fields) => fields.iter().collect(),
        DataType::RunEndEncoded(ends, values) => vec![ends, values],
        DataType::Union(fields, _) => fields.iter().map(|(_, field)| field).collect(),
        _ => Vec::new(),
    };
    if inner.len() != types.len() {
        return fail("it has another number of children than its type");
    }
    for (child, field) in inner.into_iter().zip(types) {
        // SAFETY: asked of the caller.
        unsafe { fits(child, field.data_type(), field.name()) }?;
    }
    match (ty, array.dictionary.is_null()) {
        (DataType::Dictionary(_, values), false) if filled(array.dictionary) => {
            // SAFETY: not null and aligned; the caller promises that it is a live one.
            unsafe { fits(&*array.dictionary, values, name) }
        }
        (DataType::Dictionary(..), _) => fail("its dictionary is missing"),
        (_, true) => Ok(()),
        (_, false) => fail("it has a dictionary, and its type does not"),
    }
}

/// Whether an array's buffers are as many as its type needs, and those are there that say how long others are.
///
/// # Safety
/// A live array whose length and offset are not negative.
unsafe fn buffers(array: &Array, ty: &DataType, name: &str) -> Result<(), Failure> {
    let fail = |what: &str| Err(wrong(&format!("{name}: {what}")));
    let keys = if let DataType::Dictionary(keys, _) = ty { keys.as_ref() } else { ty };
    if keys != ty && !keys.is_dictionary_key_type() {
        return fail("the keys of its dictionary are no whole numbers");
    }
    let layout = layout(keys);
    let masks = usize::from(layout.can_contain_null_mask);
    let needed = masks + layout.buffers.len() + usize::from(layout.variadic);
    let count = usize::try_from(array.n_buffers).ok().filter(|_| array.n_buffers <= BUFFERS);
    let Some(count) = count.filter(|n| *n == needed || (layout.variadic && *n > needed)) else {
        return fail(&format!("its type needs {needed} buffers, and it has {}", array.n_buffers));
    };
    if count > 0 && !filled(array.buffers) {
        return fail("it says that it has buffers, and has none");
    }
    // SAFETY: not null, aligned, and as many as the array says it has.
    let buffer = |at: usize| unsafe { *array.buffers.add(at) };
    let last = array.length.saturating_add(array.offset);
    let end = match keys {
        DataType::Utf8 | DataType::Binary if last > 0 => {
            let offsets = buffer(1).cast::<i32>();
            if !filled(offsets) {
                return fail("its offsets are missing or not aligned");
            }
            // SAFETY: not null and aligned; a buffer of offsets has one more than there are places.
            i64::from(unsafe { *offsets.offset(isize::try_from(last).unwrap_or(0)) })
        }
        DataType::LargeUtf8 | DataType::LargeBinary if last > 0 => {
            let offsets = buffer(1).cast::<i64>();
            if !filled(offsets) {
                return fail("its offsets are missing or not aligned");
            }
            // SAFETY: as above.
            unsafe { *offsets.offset(isize::try_from(last).unwrap_or(0)) }
        }
        _ => 0,
    };
    if !(0..=ROWS).contains(&end) {
        return fail("its last offset is negative or beyond 2^40");
    }
    if layout.variadic && count > needed {
        let lengths = buffer(count - 1).cast::<i64>();
        if !filled(lengths) {
            return fail("the lengths of its buffers are missing or not aligned");
        }
        // SAFETY: not null and aligned; there is a length for each buffer beyond the first ones.
        let lengths = unsafe { std::slice::from_raw_parts(lengths, count - needed) };
        if lengths.iter().any(|n| !(0..=ROWS).contains(n)) {
            return fail("the length of a buffer is negative or beyond 2^40");
        }
    }
    Ok(())
}
