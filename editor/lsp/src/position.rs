//! Bytes of a text to lines and columns of the protocol, and back.

use entitle::span::Span;
use lsp_types::{Position, Range};

/// What a column counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Utf8,
    Utf16,
}

/// The position of a byte; of the end where the byte lies behind it.
pub(crate) fn position(text: &str, byte: usize, encoding: Encoding) -> Position {
    let mut at = byte.min(text.len());
    while !text.is_char_boundary(at) {
        at = at.saturating_sub(1);
    }
    let before = text.get(..at).unwrap_or("");
    let line = before.matches('\n').count();
    let column = before.rsplit('\n').next().unwrap_or("");
    let column = match encoding {
        Encoding::Utf8 => column.len(),
        Encoding::Utf16 => column.encode_utf16().count(),
    };
    Position { line: u32::try_from(line).unwrap_or(u32::MAX), character: u32::try_from(column).unwrap_or(u32::MAX) }
}

/// The range of a span.
pub(crate) fn range(text: &str, span: Span, encoding: Encoding) -> Range {
    Range { start: position(text, span.start as usize, encoding), end: position(text, span.end as usize, encoding) }
}

/// The byte of a position; the end of its line or of the text where it lies behind that.
pub(crate) fn byte(text: &str, position: Position, encoding: Encoding) -> usize {
    let mut start = 0usize;
    for (n, line) in text.split_inclusive('\n').enumerate() {
        if n == position.line as usize {
            let line = line.trim_end_matches(['\n', '\r']);
            let wanted = position.character as usize;
            let mut column = 0usize;
            for (at, c) in line.char_indices() {
                if column >= wanted {
                    return start.saturating_add(at);
                }
                column = column.saturating_add(match encoding {
                    Encoding::Utf8 => c.len_utf8(),
                    Encoding::Utf16 => c.len_utf16(),
                });
            }
            return start.saturating_add(line.len());
        }
        start = start.saturating_add(line.len());
    }
    text.len()
}
