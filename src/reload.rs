//! A policy set that is exchanged while others match.

use crate::engine::Engine;
use crate::error::Error;
use arc_swap::ArcSwap;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The policy set that is served now, and the way to exchange it.
///
/// Whoever matches takes a [`Snapshot`] and keeps it for as long as it needs the same rules: for one profile, or for a whole
/// batch. Taking one is a few atomic operations and never waits, not even while a set is being exchanged. An exchange is all
/// or nothing: a set that does not open leaves the old one serving. The old set is freed when the last snapshot of it is.
///
/// ```
/// use entitle::{Engine, Reloadable};
/// let texts = |age: u32| {
///     let text = format!(r#"
///         enum category {{ welfare }}
///         record person {{ birth_date: date }}
///         policy tea for person {{
///             category: welfare
///             in force: from 2020-01-01 until further notice
///             source: "an example"
///             status: illustrative
///             eligible when {{ today - birth_date >= {age} years old }}
///         }}
///     "#);
///     [("tea.policy".to_owned(), text)]
/// };
/// let served = Reloadable::new(Engine::from_texts(texts(60))?);
/// let before = served.snapshot();
/// served.replace(Engine::from_texts(texts(65))?);
/// assert_ne!(served.snapshot().fingerprint(), before.fingerprint());
///
/// // What was made for the old set is told apart from what was made for the new one.
/// assert!(served.snapshot().accept(before.generation()).unwrap_err().is_stale());
/// # Ok::<(), entitle::Error>(())
/// ```
#[derive(Debug)]
pub struct Reloadable {
    current: ArcSwap<Snapshot>,
    /// Held while a set is exchanged, so that two exchanges cannot cross. Matching never asks for it.
    turn: Mutex<()>,
}

/// One policy set that was served: the [`Engine`], and which one of all.
#[derive(Debug)]
pub struct Snapshot {
    engine: Engine,
    generation: u64,
    /// The revision of the pack it came from, where it came from one.
    revision: Option<u64>,
}

impl Snapshot {
    fn new(engine: Engine, revision: Option<u64>) -> Arc<Self> {
        // Over all sets of the process, so that what was made for the set of another `Reloadable` is told apart too.
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Arc::new(Self { engine, generation: NEXT.fetch_add(1, Ordering::Relaxed), revision })
    }

    /// The policy set.
    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The number of this set, which no other set of the process has. Keep it beside whatever was made for the set:
    /// positions of policies, ids of facts, profiles.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// The revision of the pack it came from, where it came from one.
    #[must_use]
    pub const fn revision(&self) -> Option<u64> {
        self.revision
    }

    /// Accepts what was made for the set of that generation, which must be this one.
    ///
    /// # Errors
    /// When it was made for another set ([`Error::is_stale`]).
    pub fn accept(&self, generation: u64) -> Result<(), Error> {
        if generation == self.generation {
            return Ok(());
        }
        Err(Error::stale("this belongs to a policy set that is no longer served: make it again for the present one"))
    }
}

impl Deref for Snapshot {
    type Target = Engine;

    fn deref(&self) -> &Engine {
        &self.engine
    }
}

impl Reloadable {
    /// Serves a policy set.
    #[must_use]
    pub fn new(engine: Engine) -> Self {
        Self::with_revision(engine, None)
    }

    pub(crate) fn with_revision(engine: Engine, revision: Option<u64>) -> Self {
        Self { current: ArcSwap::new(Snapshot::new(engine, revision)), turn: Mutex::new(()) }
    }

    /// The set that is served now. Never waits.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Serves another set from now on, and returns its snapshot.
    pub fn replace(&self, engine: Engine) -> Arc<Snapshot> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.serve(engine, None)
    }

    /// Serves the set that `make` opens; where that fails the old one goes on. `make` is given the set that is served, and no other
    /// exchange happens meanwhile; it is the place to compile the rules of a day ([`Engine::at`]) before anybody waits for them.
    ///
    /// # Errors
    /// What `make` says.
    pub fn replace_with(&self, make: impl FnOnce(&Snapshot) -> Result<Engine, Error>) -> Result<Arc<Snapshot>, Error> {
        self.exchange(|served| Ok((make(served)?, None)))
    }

    /// Serves what `make` opens, with the revision of its pack where it has one.
    pub(crate) fn exchange(
        &self,
        make: impl FnOnce(&Snapshot) -> Result<(Engine, Option<u64>), Error>,
    ) -> Result<Arc<Snapshot>, Error> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let (engine, revision) = make(&self.snapshot())?;
        Ok(self.serve(engine, revision))
    }

    fn serve(&self, engine: Engine, revision: Option<u64>) -> Arc<Snapshot> {
        let snapshot = Snapshot::new(engine, revision);
        self.current.store(Arc::clone(&snapshot));
        snapshot
    }
}
