//! Lines of a text file, in either encoding.

use super::io;
use crate::error::Error;
use std::borrow::Cow;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// The longest line that is kept whole; a longer one is cut and will be refused, so that one without ends cannot fill the memory.
const LONGEST: u64 = crate::wire::json::profile::LONGEST as u64 + 2;

/// How a text file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// GB18030, which GBK and GB2312 are part of.
    Gb18030,
}

impl Encoding {
    /// The encoding of a text that begins like this: UTF-8 where it is, else GB18030.
    #[must_use]
    pub fn of(beginning: &[u8]) -> Self {
        match std::str::from_utf8(beginning) {
            Ok(_) => Self::Utf8,
            // A character may be cut off at the end.
            Err(e) if e.error_len().is_none() => Self::Utf8,
            Err(_) => Self::Gb18030,
        }
    }

    /// A text; none where it is not of this encoding.
    #[must_use]
    pub fn decode(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        match self {
            Self::Utf8 => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Self::Gb18030 => encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(bytes),
        }
    }
}

/// The beginning of a file, to tell its encoding.
pub(super) fn sniff(path: &Path) -> Result<Encoding, Error> {
    let mut beginning = Vec::new();
    let file = File::open(path).map_err(|e| io(path, e))?;
    file.take(1 << 16).read_to_end(&mut beginning).map_err(|e| io(path, e))?;
    Ok(Encoding::of(&beginning))
}

/// Lines with their numbers, some at a time.
pub(super) struct Lines {
    path: PathBuf,
    reader: BufReader<File>,
    encoding: Encoding,
    size: usize,
    line: u64,
    bytes: u64,
}

impl Lines {
    pub(super) fn open(path: &Path, size: usize) -> Result<(Self, u64), Error> {
        let encoding = sniff(path)?;
        let file = File::open(path).map_err(|e| io(path, e))?;
        let total = file.metadata().map_or(0, |m| m.len());
        let reader = BufReader::with_capacity(1 << 18, file);
        Ok((Self { path: path.to_owned(), reader, encoding, size, line: 0, bytes: 0 }, total))
    }

    pub(super) const fn encoding(&self) -> Encoding {
        self.encoding
    }

    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The next lines that are not empty; none at the end.
    pub(super) fn next_lines(&mut self) -> Result<Option<Vec<(u64, Vec<u8>)>>, Error> {
        let mut found = Vec::new();
        while found.len() < self.size {
            let mut line = Vec::new();
            let read = (&mut self.reader).take(LONGEST).read_until(b'\n', &mut line).map_err(|e| io(&self.path, e))?;
            if read == 0 {
                break;
            }
            self.line = self.line.saturating_add(1);
            self.bytes = self.bytes.saturating_add(read as u64);
            if !line.ends_with(b"\n") && read as u64 == LONGEST {
                self.skip()?;
            }
            let text = line.strip_prefix(b"\xef\xbb\xbf").filter(|_| self.line == 1).unwrap_or(&line);
            if !text.trim_ascii().is_empty() {
                found.push((self.line, text.trim_ascii().to_vec()));
            }
        }
        Ok((!found.is_empty()).then_some(found))
    }

    /// Passes over the rest of a line.
    fn skip(&mut self) -> Result<(), Error> {
        loop {
            let buffer = self.reader.fill_buf().map_err(|e| io(&self.path, e))?;
            let end = buffer.iter().position(|b| *b == b'\n');
            let passed = end.map_or(buffer.len(), |at| at.saturating_add(1));
            let over = buffer.is_empty() || end.is_some();
            self.reader.consume(passed);
            self.bytes = self.bytes.saturating_add(passed as u64);
            if over {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "a test may stop at a wrong index")]

    use super::*;

    #[test]
    fn either_encoding_is_told_by_the_beginning() {
        let (gb, _, _) = encoding_rs::GB18030.encode("长宁区，女");
        assert_eq!(Encoding::of("长宁区".as_bytes()), Encoding::Utf8);
        assert_eq!(Encoding::of(&"长宁区".as_bytes()[..7]), Encoding::Utf8);
        assert_eq!(Encoding::of(&gb), Encoding::Gb18030);
        assert_eq!(Encoding::Gb18030.decode(&gb).as_deref(), Some("长宁区，女"));
        assert_eq!(Encoding::Gb18030.decode(&[0xff, 0xff]), None);
    }
}
