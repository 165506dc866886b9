//! Arrays of the Arrow C Data Interface from anyone: any types, lengths, offsets, nulls, keys and children.
//!
//! The interface cannot say how long a buffer is, so each one here is as long as any length and offset that is said needs, and the last
//! offset of a text lies within its bytes. Everything else is hostile in turn.

use super::abi::*;
use entitle_tests::fuzz::VOCABULARY;
use entitle_tests::generate::Dice;
use std::ffi::{CString, c_char, c_void};
use std::ptr::{null, null_mut};
use std::sync::OnceLock;

/// Bytes of the choices.
pub(super) fn seeds() -> Vec<Vec<u8>> {
    let mut dice = Dice::new(11);
    (0..64).map(|_| (0..500).map(|_| dice.below(256) as u8).collect()).collect()
}

/// The names that columns are found by, and what their formats should be.
const COLUMNS: [(&str, &str); 22] = [
    ("id", "u"),
    ("a", "b"),
    ("b", "b"),
    ("c", "b"),
    ("poor", "b"),
    ("grade", "u"),
    ("kind", "vu"),
    ("place", "U"),
    ("n", "i"),
    ("m", "s"),
    ("income", "d:18,2"),
    ("yearly", "l"),
    ("assets", "u"),
    ("share", "C"),
    ("born", "tdD"),
    ("since", "tdm"),
    ("tags", "+l"),
    ("aids", "+l"),
    ("savings", "d:18,2"),
    ("members", "+l"),
    ("applicant", "+s"),
    ("home", "+s"),
];

const FORMATS: [&str; 44] = [
    "n",
    "b",
    "c",
    "C",
    "s",
    "S",
    "i",
    "I",
    "l",
    "L",
    "e",
    "f",
    "g",
    "z",
    "Z",
    "vz",
    "u",
    "U",
    "vu",
    "tdD",
    "tdm",
    "tts",
    "ttn",
    "tsu:",
    "tsu:UTC",
    "tDs",
    "tiM",
    "tin",
    "d:10,2",
    "d:38,-4",
    "d:99,2",
    "d:5,2,256",
    "w:3",
    "w:-1",
    "+l",
    "+L",
    "+vl",
    "+w:2",
    "+w:-1",
    "+s",
    "+m",
    "+r",
    "+us:0,1",
    "x",
];

/// One batch.
pub(super) fn batch(data: &[u8]) {
    answered(data);
}

/// The status of one batch, everything around it checked.
fn answered(data: &[u8]) -> i32 {
    let mut dice = Dice::thrown(data);
    let Opened { rules, person, household } = *opened();
    // A row is a household.
    let by_row = dice.below(2) == 1;
    let unit = if by_row { household } else { person };
    // SAFETY: nothing is asked of the caller.
    let error = unsafe { entitle_error_new() };
    let mut made = Made { dice, budget: 60 };
    let rows = [3, 0, 1, 40][made.below(4)];
    let (mut schema, mut array) = made.columns(rows, 3);
    if made.below(24) == 0 {
        array.length = made.hostile();
    }
    let length_was = array.length;
    let (schema_was, unit) = (schema.n_children, if made.below(16) == 0 { made.dice.below(u64::MAX) } else { unit });
    let flags = [0, 1, 2, 3, 4, 5, 7, 8][made.below(8)] | u32::from(made.below(3) > 0);
    let (mut out_array, mut out_schema) = (empty_array(), empty_schema());
    // SAFETY: an array and a schema of the interface, as far as this file's promise goes; places for results; live handles.
    let status = unsafe {
        entitle_match_batch(
            rules,
            unit,
            flags,
            &raw mut array,
            &raw const schema,
            null_mut(),
            &raw mut out_array,
            &raw mut out_schema,
            error,
        )
    };
    let mut length = 0;
    // SAFETY: a live error; its message is lent until it is used again.
    let message = unsafe {
        let data = entitle_error_message(error, &raw mut length);
        String::from_utf8(std::slice::from_raw_parts(data.cast::<u8>(), length).to_vec()).unwrap()
    };
    assert!((OK..=14).contains(&status) && status != PANIC, "status {status}: {message}");
    assert!(array.release.is_none(), "the array is the library's from the call on");
    assert!(schema.release.is_some() && schema.n_children == schema_was, "the schema is only read");
    assert_eq!(status == OK, out_array.release.is_some(), "{message}");
    if status == OK {
        assert!(out_array.length == length_was || !by_row, "{} answers for {length_was} rows", out_array.length);
    } else {
        assert!(!message.is_empty());
    }
    // SAFETY: released once, as the interface says; the handles are used no more.
    unsafe {
        if let (Some(array_release), Some(schema_release)) = (out_array.release, out_schema.release) {
            array_release(&raw mut out_array);
            schema_release(&raw mut out_schema);
        }
        if let Some(release) = schema.release {
            release(&raw mut schema);
        }
        entitle_error_free(error);
    }
    status
}

/// The rules of a day on the set with a fact of every type, and its kinds of record that a profile begins with.
struct Opened {
    rules: Handle,
    person: u64,
    household: u64,
}

// SAFETY: rules are a shared handle: any number of threads may use them at once.
unsafe impl Send for Opened {}
// SAFETY: as above.
unsafe impl Sync for Opened {}

/// Opened once; every batch is matched under the same rules.
fn opened() -> &'static Opened {
    static OPENED: OnceLock<Opened> = OnceLock::new();
    OPENED.get_or_init(|| {
        let str = |text: &str| Str { data: text.as_ptr().cast(), length: text.len() };
        let source = Source { name: str("a.policy"), text: str(VOCABULARY) };
        let (mut engine, mut snapshot, mut rules) = (null_mut(), null_mut(), null_mut());
        let (mut person, mut household) = (0u64, 0u64);
        // SAFETY: a source that lives through the call, places for results, live handles; the rules keep their snapshot.
        unsafe {
            let error = null_mut();
            assert_eq!(entitle_engine_open_texts(&raw const source, 1, &raw mut engine, error), OK);
            assert_eq!(entitle_engine_snapshot(engine, &raw mut snapshot, error), OK);
            assert_eq!(entitle_rules_at(snapshot, 18_500, &raw mut rules, error), OK);
            assert_eq!(entitle_snapshot_kind(snapshot, 0, &raw mut person, 8, error), OK);
            assert_eq!(entitle_snapshot_kind(snapshot, 1, &raw mut household, 8, error), OK);
            entitle_snapshot_free(snapshot);
            entitle_engine_free(engine);
        }
        Opened { rules, person, household }
    })
}

fn empty_array() -> Array {
    Array {
        length: 0,
        null_count: 0,
        offset: 0,
        n_buffers: 0,
        n_children: 0,
        buffers: null_mut(),
        children: null_mut(),
        dictionary: null_mut(),
        release: None,
        private_data: null_mut(),
    }
}

fn empty_schema() -> Schema {
    Schema {
        format: null(),
        name: null(),
        metadata: null(),
        flags: 2,
        n_children: 0,
        children: null_mut(),
        dictionary: null_mut(),
        release: None,
        private_data: null_mut(),
    }
}

/// What a schema here owns.
struct SchemaParts {
    texts: Vec<CString>,
    children: Vec<*mut Schema>,
    dictionary: Option<*mut Schema>,
}

/// What an array here owns.
struct ArrayParts {
    memory: Vec<Vec<u128>>,
    buffers: Vec<*const c_void>,
    children: Vec<*mut Array>,
    dictionary: Option<*mut Array>,
}

unsafe extern "C" fn release_schema(schema: *mut Schema) {
    // SAFETY: `Made::finished` made it; the interface has it released once.
    unsafe {
        let parts = Box::from_raw((*schema).private_data.cast::<SchemaParts>());
        for child in parts.children.iter().copied().chain(parts.dictionary).filter(|c| !c.is_null()) {
            let mut child = Box::from_raw(child);
            if let Some(release) = child.release {
                release(&raw mut *child);
            }
        }
        drop(parts);
        (*schema).release = None;
    }
}

unsafe extern "C" fn release_array(array: *mut Array) {
    // SAFETY: as above.
    unsafe {
        let parts = Box::from_raw((*array).private_data.cast::<ArrayParts>());
        for child in parts.children.iter().copied().chain(parts.dictionary).filter(|c| !c.is_null()) {
            let mut child = Box::from_raw(child);
            if let Some(release) = child.release {
                release(&raw mut *child);
            }
        }
        drop(parts);
        (*array).release = None;
    }
}

struct Made {
    dice: Dice,
    /// Arrays that may still be made.
    budget: usize,
}

impl Made {
    fn below(&mut self, n: usize) -> usize {
        self.dice.below(n as u64) as usize
    }

    fn hostile(&mut self) -> i64 {
        [-1, i64::MIN, i64::MAX, 1 << 41, 7, 0, 1 << 32][self.below(7)]
    }

    /// A struct of columns that are found by their names, or are not.
    fn columns(&mut self, rows: i64, deeper: usize) -> (Schema, Array) {
        let count = self.below(9);
        let mut columns = Vec::new();
        for _ in 0..count {
            let (name, format) = COLUMNS[self.below(COLUMNS.len())];
            let format = if self.below(6) == 0 { FORMATS[self.below(FORMATS.len())] } else { format };
            let name = if self.below(20) == 0 { "nobody's" } else { name };
            columns.push(self.array(name, format, rows, deeper));
        }
        self.finished("", "+s", rows, columns, None, Vec::new())
    }

    fn array(&mut self, name: &str, format: &str, rows: i64, deeper: usize) -> (Schema, Array) {
        self.budget = self.budget.saturating_sub(1);
        let deeper = if self.budget == 0 { 0 } else { deeper };
        if format == "+s" && deeper > 0 {
            let (mut schema, array) = self.columns(rows, deeper - 1);
            self.rename(&mut schema, name);
            return (schema, array);
        }
        // How many entries the children have, and what their offsets say.
        let entries = [rows, 0, 3 * rows, 1][self.below(4)];
        let mut children = Vec::new();
        let wanted = match format {
            "+r" | "+us:0,1" => 2,
            _ if format.starts_with('+') => 1,
            _ => 0,
        };
        for at in 0..wanted {
            let inner = if name == "tags" || deeper == 0 || format == "+r" {
                let plain = ["u", "i", "n", "b"][self.below(4)];
                self.array(
                    if at == 0 { "item" } else { "values" },
                    if format == "+r" && at == 0 { "i" } else { plain },
                    entries,
                    0,
                )
            } else {
                let (mut schema, array) = self.columns(entries, deeper - 1);
                self.rename(&mut schema, "item");
                (schema, array)
            };
            children.push(inner);
        }
        let memory = self.memory(format, rows, entries);
        let dictionary = matches!(format, "c" | "C" | "s" | "S" | "i" | "I" | "l" | "L" | "f") && self.below(4) == 0;
        let values = ["u", "U", "vu", "i"][self.below(4)];
        let dictionary = dictionary.then(|| self.array("", values, 5, 0));
        self.finished(name, format, rows, children, dictionary, memory)
    }

    fn rename(&mut self, schema: &mut Schema, name: &str) {
        // SAFETY: `finished` made it.
        let parts = unsafe { &mut *schema.private_data.cast::<SchemaParts>() };
        parts.texts.push(CString::new(name).unwrap());
        schema.name = parts.texts.last().unwrap().as_ptr();
    }

    /// Buffers of more bytes than rows and offset need, nulls first.
    fn memory(&mut self, format: &str, rows: i64, entries: i64) -> Vec<Option<Vec<u128>>> {
        let places = rows as usize + 16;
        let nulls = if self.below(2) == 0 { None } else { Some(self.bytes(places)) };
        let wide = matches!(format, "U" | "Z" | "+L");
        match format {
            "n" | "+r" => Vec::new(),
            "+s" => vec![nulls],
            _ if format.starts_with("+w") => vec![nulls],
            _ if format.starts_with("+us") => vec![Some(self.bytes(places))],
            "u" | "U" | "z" | "Z" => {
                let offsets = self.offsets(places, 40, wide);
                vec![nulls, Some(offsets), Some(self.letters(64))]
            }
            "+l" | "+L" | "+m" => vec![nulls, Some(self.offsets(places, entries, wide))],
            "+vl" => vec![nulls, Some(self.offsets(places, entries, false)), Some(self.offsets(places, 2, false))],
            "vu" | "vz" => {
                // Views of up to twelve bytes hold their text; longer ones name a buffer.
                let views = self.views(places);
                let lengths = [64u64, if self.below(8) == 0 { u64::MAX } else { 16 }];
                let lengths = vec![u128::from(lengths[0]) | u128::from(lengths[1]) << 64];
                vec![nulls, Some(views), Some(self.letters(64)), Some(self.letters(64)), Some(lengths)]
            }
            _ => vec![nulls, Some(self.bytes(places * 16))],
        }
    }

    fn bytes(&mut self, count: usize) -> Vec<u128> {
        let small = self.below(2) == 0;
        let words = count.div_ceil(16) + 1;
        (0..words)
            .map(|_| if small { u128::from(self.dice.below(4)) } else { self.dice.below(u64::MAX).into() })
            .collect()
    }

    fn letters(&mut self, count: usize) -> Vec<u128> {
        let word = [*b"mid2020-01-01low", *b"1234.50cityredgr", *b"\xff\xfe\x80mid\xe5\x9f\x8e\xe4\xb8\x9c1e99"]
            [self.below(3)];
        vec![u128::from_le_bytes(word); count / 16 + 1]
    }

    /// Offsets that rise up to `end`; now and then one that does not. The last few lie within.
    fn offsets(&mut self, places: usize, end: i64, wide: bool) -> Vec<u128> {
        let mut all: Vec<i64> = Vec::new();
        let mut at = 0;
        for _ in 0..=places {
            all.push(at);
            at = (at + self.below(4) as i64).min(end);
        }
        if self.below(4) == 0 {
            let place = self.below(all.len());
            all[place] =
                self.hostile().clamp(-(1 << 31), end.max(1) * 2).min(if place + 17 >= places { 40 } else { i64::MAX });
        }
        let bytes: Vec<u8> = if wide {
            all.iter().flat_map(|n| n.to_le_bytes()).collect()
        } else {
            all.iter().flat_map(|n| (*n as i32).to_le_bytes()).collect()
        };
        bytes.chunks(16).map(|c| c.iter().rev().fold(0u128, |word, b| word << 8 | u128::from(*b))).collect()
    }

    fn views(&mut self, places: usize) -> Vec<u128> {
        (0..places)
            .map(|_| match self.below(6) {
                0 => 20 | u128::from(self.dice.below(3)) << 64 | u128::from(self.dice.below(50)) << 96,
                1 => u128::from(self.dice.below(u64::MAX)),
                _ => 3 | u128::from(u32::from_le_bytes(*b"mid\0")) << 32,
            })
            .collect()
    }

    /// An array and its schema, one of their parts wrong now and then.
    fn finished(
        &mut self,
        name: &str,
        format: &str,
        rows: i64,
        columns: Vec<(Schema, Array)>,
        dictionary: Option<(Schema, Array)>,
        memory: Vec<Option<Vec<u128>>>,
    ) -> (Schema, Array) {
        let memory = if format == "+s" && memory.is_empty() { vec![None] } else { memory };
        let (mut schemas, mut arrays) = (Vec::new(), Vec::new());
        for (schema, array) in columns {
            schemas.push(Box::into_raw(Box::new(schema)));
            arrays.push(Box::into_raw(Box::new(array)));
        }
        let (schema_of, array_of) = match dictionary {
            Some((schema, array)) => (Some(Box::into_raw(Box::new(schema))), Some(Box::into_raw(Box::new(array)))),
            None => (None, None),
        };
        let texts = vec![CString::new(format).unwrap(), CString::new(name).unwrap()];
        let mut schema = empty_schema();
        let mut parts = Box::new(SchemaParts { texts, children: schemas, dictionary: schema_of });
        schema.format = parts.texts[0].as_ptr();
        schema.name = parts.texts[1].as_ptr();
        schema.n_children = parts.children.len() as i64;
        schema.children = parts.children.as_mut_ptr();
        schema.dictionary = parts.dictionary.unwrap_or(null_mut());
        schema.release = Some(release_schema);
        schema.private_data = Box::into_raw(parts).cast();
        let buffers: Vec<*const c_void> =
            memory.iter().map(|m| m.as_ref().map_or(null(), |m| m.as_ptr().cast())).collect();
        let memory = memory.into_iter().flatten().collect();
        let mut parts = Box::new(ArrayParts { memory, buffers, children: arrays, dictionary: array_of });
        let mut array = empty_array();
        array.length = rows;
        array.null_count = [-1, 0, 1, rows][self.below(4)];
        array.n_buffers = parts.buffers.len() as i64;
        array.buffers = parts.buffers.as_mut_ptr();
        array.n_children = parts.children.len() as i64;
        array.children = parts.children.as_mut_ptr();
        array.dictionary = parts.dictionary.unwrap_or(null_mut());
        array.release = Some(release_array);
        assert!(parts.memory.iter().all(|m| !m.is_empty()));
        array.private_data = Box::into_raw(parts).cast();
        if self.below(12) == 0 {
            self.spoil(&mut schema, &mut array);
        }
        (schema, array)
    }

    fn spoil(&mut self, schema: &mut Schema, array: &mut Array) {
        match self.below(14) {
            // As long as the buffers are; columns without any may say what they like.
            0 => array.offset = 1 + self.below(8) as i64,
            1 => array.offset = [-1, i64::MIN, i64::MAX][self.below(3)],
            2 if array.n_buffers == 0 && array.n_children == 0 => array.length = self.hostile(),
            2 => array.length = [-1, i64::MIN, i64::MAX][self.below(3)],
            3 => array.length = (array.length - 1).max(0),
            4 => array.null_count = self.hostile(),
            5 => array.n_buffers = [array.n_buffers - 1, -1, 0, i64::MIN][self.below(4)],
            6 => array.n_children = [array.n_children - 1, -1, 0][self.below(3)].min(array.n_children),
            7 => array.buffers = null_mut(),
            8 => array.children = null_mut(),
            9 => schema.n_children = [schema.n_children - 1, -1, 0][self.below(3)],
            10 => schema.children = null_mut(),
            11 => schema.format = null(),
            12 => schema.format = c"\xff+".as_ptr().cast::<c_char>(),
            _ => schema.name = if self.below(2) == 0 { null() } else { c"\xff\xfe".as_ptr() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use entitle_tests::fuzz::mutate::mutate;

    /// The harness reaches the matcher and the checks before it.
    #[test]
    fn batches_are_neither_all_good_nor_all_bad() {
        let (seeds, mut dice) = (seeds(), Dice::new(9));
        let statuses: Vec<i32> = (0..2_000).map(|_| answered(&mutate(&seeds, &[], &mut dice))).collect();
        let good = statuses.iter().filter(|s| **s == OK).count();
        assert!((200..1_900).contains(&good), "{good} of 2000 are answered");
    }
}
