//! Work divided among the cores, its results in the order of what was given, so that nothing depends on how many there are.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{Builder, available_parallelism, scope};

/// The most threads at a time.
const THREADS: usize = 8;

/// The stack of each: as much as a main thread has.
const STACK: usize = 8 << 20;

/// Does the same to each item, on this thread and on others; each thread has a `memory` of its own. Where no thread can be had,
/// this one does it all.
///
/// # Panics
/// As `one` does.
pub(crate) fn each<T: Sync, R: Send, M>(
    items: &[T],
    memory: impl Fn() -> M + Sync,
    one: impl Fn(&T, &mut M) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let work = || {
        let (mut memory, mut found) = (memory(), Vec::new());
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { return found };
            found.push((at, one(item, &mut memory)));
        }
    };
    let others = cores().min(items.len()).min(THREADS).saturating_sub(1);
    let mut found = scope(|scope| {
        let spawned = |_| Builder::new().stack_size(STACK).spawn_scoped(scope, work).ok();
        let threads: Vec<_> = (0..others).filter_map(spawned).collect();
        let mut found = work();
        for thread in threads {
            match thread.join() {
                Ok(more) => found.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        found
    });
    found.sort_unstable_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, result)| result).collect()
}

/// How many threads the system has room for. Asking it takes longer than some work that is divided, so it is asked once.
fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| available_parallelism().map_or(1, usize::from))
}

/// Does two things, side by side where a thread can be had.
///
/// # Panics
/// As either does.
pub(crate) fn both<A, B: Send>(one: impl FnOnce() -> A, other: impl Fn() -> B + Sync) -> (A, B) {
    scope(|scope| match Builder::new().stack_size(STACK).spawn_scoped(scope, &other) {
        Ok(thread) => {
            let one = one();
            (one, thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        }
        Err(_) => (one(), other()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let items: Vec<u32> = (0..1_000).collect();
        assert_eq!(each(&items, || 1, |item, one| item + *one), (1..=1_000).collect::<Vec<_>>());
        assert!(each(&[] as &[u32], || (), |item, ()| *item).is_empty());
    }

    #[test]
    fn two_things_give_two_results() {
        assert_eq!(both(|| 1, || "two"), (1, "two"));
    }

    #[test]
    #[should_panic(expected = "the seventh")]
    fn a_panic_comes_through() {
        let items: Vec<u32> = (0..100).collect();
        let _ = each(&items, || (), |item, ()| assert_ne!(*item, 7, "the seventh"));
    }
}
