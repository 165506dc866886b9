//! Memory for evaluations, handed from one call to the next: what a call would spend on fresh pages is a good part of a match.

use crate::limits::Limits;
use crate::verdict::from_graph::Scratch;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

/// So many are kept for the next calls; as many threads can match without making new ones.
const KEPT: usize = 16;

/// Memory that no call uses at the moment.
///
/// `Debug` prints nothing of what is left in it.
#[derive(Default)]
pub(super) struct Pool(Mutex<Vec<Scratch>>);

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pool")
    }
}

impl Pool {
    /// Memory for one call, bounded by `limits`, which are the same for all calls.
    pub(super) fn lend(&self, limits: Limits) -> Lent<'_> {
        let free = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Lent { pool: self, scratch: free.unwrap_or_else(|| Scratch::within(limits)) }
    }
}

/// Memory that goes back when the call ends.
pub(super) struct Lent<'p> {
    pool: &'p Pool,
    scratch: Scratch,
}

impl Deref for Lent<'_> {
    type Target = Scratch;

    fn deref(&self) -> &Scratch {
        &self.scratch
    }
}

impl DerefMut for Lent<'_> {
    fn deref_mut(&mut self) -> &mut Scratch {
        &mut self.scratch
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut free = self.pool.0.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() < KEPT {
            free.push(std::mem::take(&mut self.scratch));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT, Lent, Pool};
    use crate::limits::Limits;
    use std::sync::PoisonError;

    fn free(pool: &Pool) -> usize {
        pool.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    #[test]
    fn memory_goes_back_and_no_more_is_kept_than_is_of_use() {
        let pool = Pool::default();
        drop(pool.lend(Limits::default()));
        assert_eq!(free(&pool), 1);
        let many: Vec<Lent<'_>> = (0..KEPT + 4).map(|_| pool.lend(Limits::default())).collect();
        assert_eq!(free(&pool), 0);
        drop(many);
        assert_eq!(free(&pool), KEPT);
    }
}
