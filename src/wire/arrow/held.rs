//! A column as it is held while it is lent: an Arrow buffer that is shared, or one that had to be made.

use crate::columns::{Bits, Column, Ragged, Values};
use arrow_buffer::{BooleanBuffer, NullBuffer, ScalarBuffer};

/// One fact of one table.
pub(super) enum Held {
    I64(ScalarBuffer<i64>, Option<NullBuffer>),
    I32(ScalarBuffer<i32>, Option<NullBuffer>),
    U8(ScalarBuffer<u8>, Option<NullBuffer>),
    Bits(BooleanBuffer, Option<NullBuffer>),
    Record(Vec<u32>, Option<NullBuffer>),
    List {
        starts: ScalarBuffer<i32>,
        ends: ScalarBuffer<i32>,
        complete: Option<BooleanBuffer>,
        known: Option<NullBuffer>,
    },
    Set {
        holds: Texts,
        lacks: Option<Texts>,
        complete: Option<BooleanBuffer>,
        known: Option<NullBuffer>,
    },
}

/// Positions in an enum, any number a row.
pub(super) struct Texts {
    pub(super) offsets: Vec<i32>,
    pub(super) values: Vec<u32>,
}

impl Texts {
    fn ragged(&self) -> Ragged<'_> {
        Ragged { offsets: &self.offsets, values: &self.values }
    }
}

fn bits(buffer: &BooleanBuffer) -> Option<Bits<'_>> {
    Bits::new(buffer.values(), buffer.offset(), buffer.len())
}

fn known(nulls: Option<&NullBuffer>) -> Option<Bits<'_>> {
    nulls.and_then(|n| bits(n.inner()))
}

impl Held {
    pub(super) fn known(&self) -> Option<&NullBuffer> {
        match self {
            Self::I64(_, known) | Self::I32(_, known) | Self::U8(_, known) | Self::Bits(_, known) => known.as_ref(),
            Self::Record(_, known) | Self::List { known, .. } | Self::Set { known, .. } => known.as_ref(),
        }
    }

    /// What it holds, lent.
    pub(super) fn lend(&self) -> Option<Column<'_>> {
        let nulls = known(self.known());
        Some(match self {
            Self::I64(values, _) => Column::Scalar { values: Values::I64(values), known: nulls },
            Self::I32(values, _) => Column::Scalar { values: Values::I32(values), known: nulls },
            Self::U8(values, _) => Column::Scalar { values: Values::U8(values), known: nulls },
            Self::Bits(values, _) => Column::Scalar { values: Values::Bits(bits(values)?), known: nulls },
            Self::Record(rows, _) => Column::Record { rows, known: nulls },
            Self::List { starts, ends, complete, .. } => {
                Column::List { starts, ends, complete: complete.as_ref().and_then(bits), known: nulls }
            }
            Self::Set { holds, lacks, complete, .. } => Column::Set {
                holds: holds.ragged(),
                lacks: lacks.as_ref().map(Texts::ragged),
                complete: complete.as_ref().and_then(bits),
                known: nulls,
            },
        })
    }
}

/// Pieces of one column, each with its first row, as one column of `rows` rows. A single piece that covers them stays as it is.
pub(super) fn joined(mut pieces: Vec<(usize, usize, Held)>, rows: usize) -> Option<Held> {
    if let [(0, len, _)] = pieces.as_slice()
        && *len == rows
    {
        return pieces.pop().map(|(_, _, held)| held);
    }
    let mut known = vec![false; rows];
    for (start, len, held) in &pieces {
        for (at, flag) in known.iter_mut().skip(*start).take(*len).enumerate() {
            *flag = held.known().is_none_or(|n| n.is_valid(at));
        }
    }
    let nulls = Some(NullBuffer::from(known));
    let lent: Vec<(usize, Column<'_>)> = pieces.iter().filter_map(|(at, _, h)| Some((*at, h.lend()?))).collect();
    Some(match &pieces.first()?.2 {
        Held::I64(..) | Held::I32(..) | Held::U8(..) | Held::Bits(..) => {
            let mut all = vec![0i64; rows];
            for (start, column) in &lent {
                let Column::Scalar { values, .. } = column else { continue };
                for (at, slot) in all.iter_mut().skip(*start).take(values.len()).enumerate() {
                    *slot = values.get(at).unwrap_or(0);
                }
            }
            Held::I64(all.into(), nulls)
        }
        Held::Record(..) => {
            let mut all = vec![0u32; rows];
            for (start, column) in &lent {
                let Column::Record { rows, .. } = column else { continue };
                all.iter_mut().skip(*start).zip(*rows).for_each(|(slot, row)| *slot = *row);
            }
            Held::Record(all, nulls)
        }
        Held::List { .. } => {
            let (mut from, mut to, mut whole) = (vec![0i32; rows], vec![0i32; rows], vec![true; rows]);
            for (start, column) in &lent {
                let Column::List { starts, ends, complete, .. } = column else { continue };
                from.iter_mut().skip(*start).zip(*starts).for_each(|(slot, v)| *slot = *v);
                to.iter_mut().skip(*start).zip(*ends).for_each(|(slot, v)| *slot = *v);
                for (at, slot) in whole.iter_mut().skip(*start).take(starts.len()).enumerate() {
                    *slot = complete.is_none_or(|c| c.get(at));
                }
            }
            Held::List { starts: from.into(), ends: to.into(), complete: Some(whole.into()), known: nulls }
        }
        Held::Set { .. } => {
            let empty = || Texts { offsets: vec![0; rows.saturating_add(1)], values: Vec::new() };
            let (mut holds, mut lacks, mut whole) = (empty(), empty(), vec![true; rows]);
            let mut sorted = lent;
            sorted.sort_by_key(|(start, _)| *start);
            for (start, column) in &sorted {
                let Column::Set { holds: held, lacks: lacking, complete, .. } = column else { continue };
                for at in 0..held.offsets.len().saturating_sub(1) {
                    push(&mut holds, start.saturating_add(at), held.get(at));
                    push(&mut lacks, start.saturating_add(at), lacking.map_or(&[][..], |l| l.get(at)));
                    if let Some(slot) = whole.get_mut(start.saturating_add(at)) {
                        *slot = complete.is_none_or(|c| c.get(at));
                    }
                }
            }
            for texts in [&mut holds, &mut lacks] {
                let mut last = 0;
                for offset in &mut texts.offsets {
                    last = last.max(*offset);
                    *offset = last;
                }
            }
            Held::Set { holds, lacks: Some(lacks), complete: Some(whole.into()), known: nulls }
        }
    })
}

fn push(texts: &mut Texts, row: usize, values: &[u32]) {
    texts.values.extend_from_slice(values);
    if let Some(end) = texts.offsets.get_mut(row.saturating_add(1)) {
        *end = i32::try_from(texts.values.len()).unwrap_or(i32::MAX);
    }
}
