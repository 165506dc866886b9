//! The numbers that stand for facts, kinds, values and policies in C. Each carries the snapshot it belongs to and what it is,
//! so that one of another policy set, or of another sort, is refused and never mistaken.
//!
//! ```text
//! bit 63                          28 27      24 23              0
//!     number of the snapshot (36 bits) | sort (4) | position (24)
//! ```
//!
//! The sort is never 0, so 0 is no id. Snapshots are numbered from 1 as they are made, over the whole process: numbers that were
//! once given out are not given again before 2^36 policy sets have been opened.

use super::status::{Failure, Status};

/// What an id stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub(super) enum Sort {
    Field = 1,
    Policy = 2,
    Kind = 3,
    Value = 4,
}

const POSITION: u32 = 24;
const SORT: u32 = 4;

/// The most things of one sort a policy set may have to be used through C.
pub(super) const MOST: usize = 1 << POSITION;

/// The number of a snapshot as ids carry it.
pub(super) const fn number(generation: u64) -> u64 {
    generation & ((1 << (u64::BITS - POSITION - SORT)) - 1)
}

/// The id of the thing at a position.
pub(super) fn pack(snapshot: u64, sort: Sort, position: usize) -> u64 {
    let position = u64::try_from(position).unwrap_or(0);
    (snapshot << (POSITION + SORT)) | ((sort as u64) << POSITION) | position
}

/// The position an id stands for, in this snapshot.
pub(super) fn unpack(snapshot: u64, sort: Sort, id: u64) -> Result<usize, Failure> {
    let found = (id >> POSITION) & ((1 << SORT) - 1);
    if found == 0 || found > Sort::Value as u64 {
        return Err(Failure::argument(format!("{id} is not an id of a {}", name(sort))));
    }
    if id >> (POSITION + SORT) != snapshot {
        return Err(Failure::new(
            Status::Stale,
            format!("the id of a {} belongs to another snapshot of the policy set; look it up in this one", name(sort)),
        ));
    }
    if found != sort as u64 {
        return Err(Failure::argument(format!("an id of a {} is needed, this one is of another sort", name(sort))));
    }
    usize::try_from(id & ((1 << POSITION) - 1)).map_err(|_| Failure::argument("an id out of range"))
}

const fn name(sort: Sort) -> &'static str {
    match sort {
        Sort::Field => "fact",
        Sort::Policy => "policy",
        Sort::Kind => "kind of record",
        Sort::Value => "value",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at a wrong result")]

    use super::{Sort, pack, unpack};
    use crate::wire::c::status::Status;

    #[test]
    fn an_id_is_good_for_its_snapshot_and_its_sort_only() {
        let id = pack(7, Sort::Field, 41);
        assert_eq!(unpack(7, Sort::Field, id).unwrap(), 41);
        assert_eq!(unpack(8, Sort::Field, id).unwrap_err().status, Status::Stale);
        assert_eq!(unpack(7, Sort::Value, id).unwrap_err().status, Status::Argument);
        assert_eq!(unpack(7, Sort::Field, 0).unwrap_err().status, Status::Argument);
        assert_eq!(unpack(7, Sort::Field, u64::MAX).unwrap_err().status, Status::Argument);
    }
}
