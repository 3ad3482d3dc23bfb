//! The adapter that keeps everything in the memory of the process.

mod batch;
mod cache;
mod entry;
mod list;
mod lock;

use std::collections::BTreeSet;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use moka::sync::Cache as Moka;

use self::entry::{Entry, Life, Value};
use self::lock::Held;
use crate::{CacheError, CacheErrorKind, CacheKey, Ttl};

/// What a [`MemoryCache`] holds at most unless told otherwise, in bytes: 64 MiB.
pub const DEFAULT_MAX_BYTES: u64 = 64 * 1_024 * 1_024;

/// Changes under keys of different stripes don't wait for each other.
const STRIPES: usize = 64;

/// A [`Cache`](crate::Cache), [`RecentList`](crate::RecentList) and [`Lock`](crate::Lock) in the memory of this
/// process.
///
/// It needs no server: the default of a development machine and of tests. Nothing outlives the process and
/// no other process sees it.
///
/// It holds at most a set number of bytes, keys and some overhead included; when it is full, what is asked for
/// least goes first. Lives are measured by tokio's clock, so a test that pauses time can let a day pass at
/// once. Clones share everything.
///
/// # Examples
///
/// ```
/// use cache::memory::MemoryCache;
/// use cache::{Cache, CacheKey, Ttl};
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let cache = MemoryCache::new();
/// let key = CacheKey::new("greeting")?;
/// cache.set(&key, "hello".into(), Ttl::new(Duration::from_secs(5))?).await?;
/// assert_eq!(cache.get(&key).await?.as_deref(), Some(b"hello".as_slice()));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct MemoryCache(Arc<Shared>);

struct Shared {
    entries: Moka<CacheKey, Entry>,
    tokens: Moka<CacheKey, Entry>,
    fences: Moka<CacheKey, Entry>,
    held: Held,
    stripes: [Mutex<()>; STRIPES],
    hasher: RandomState,
    versions: AtomicU64,
    max_bytes: u64,
    closed: AtomicBool,
}

impl MemoryCache {
    /// Returns an empty cache of at most [`DEFAULT_MAX_BYTES`].
    pub fn new() -> Self {
        Self::with_max_bytes(DEFAULT_MAX_BYTES)
    }

    /// Returns an empty cache of at most about `max_bytes` bytes.
    pub fn with_max_bytes(max_bytes: u64) -> Self {
        Self(Arc::new(Shared {
            entries: store(max_bytes),
            // Tokens live for a minute, and there is one for each list that changes in it.
            tokens: store(max_bytes / 16),
            // A number that is lost costs its holder one write.
            fences: store(max_bytes / 16),
            held: Held::default(),
            stripes: std::array::from_fn(|_| Mutex::new(())),
            hasher: RandomState::new(),
            versions: AtomicU64::new(0),
            max_bytes,
            closed: AtomicBool::new(false),
        }))
    }

    /// Returns about how many bytes the entries take, keys and overhead included.
    pub fn used_bytes(&self) -> u64 {
        self.0.entries.run_pending_tasks();
        self.0.entries.weighted_size()
    }

    fn open(&self, operation: &'static str) -> Result<(), CacheError> {
        if self.0.closed.load(Ordering::Acquire) {
            return Err(CacheError::new(CacheErrorKind::Closed, operation));
        }
        Ok(())
    }

    fn live(&self, key: &CacheKey) -> Option<Entry> {
        self.0.entries.get(key).filter(Entry::is_alive)
    }

    fn put(&self, key: &CacheKey, value: Value, ttl: Ttl) {
        let entry = Entry::new(value, ttl.as_duration());
        self.0.entries.insert(key.clone(), entry);
    }

    /// Makes read-and-write steps on `key` atomic; held for that step only, never over an await.
    ///
    /// Reads take it too: a batch holds the locks of all its keys, and nobody sees half of it.
    fn locked(&self, key: &CacheKey) -> MutexGuard<'_, ()> {
        self.locked_stripe(self.stripe_of(key))
    }

    /// The same for `keys` at once, always in one order, so that no two wait for each other.
    fn locked_all<'a>(&self, keys: impl Iterator<Item = &'a CacheKey>) -> Vec<MutexGuard<'_, ()>> {
        let stripes: BTreeSet<_> = keys.map(|key| self.stripe_of(key)).collect();
        let locked = stripes.into_iter().map(|stripe| self.locked_stripe(stripe));
        locked.collect()
    }

    fn stripe_of(&self, key: &CacheKey) -> usize {
        let hash = self.0.hasher.hash_one(key);
        usize::try_from(hash % STRIPES as u64).unwrap_or(0)
    }

    fn locked_stripe(&self, stripe: usize) -> MutexGuard<'_, ()> {
        self.0.stripes[stripe]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn next_version(&self) -> u64 {
        self.0.versions.fetch_add(1, Ordering::Relaxed) + 1
    }
}

fn store(max_bytes: u64) -> Moka<CacheKey, Entry> {
    Moka::builder()
        .max_capacity(max_bytes)
        .weigher(|key: &CacheKey, entry: &Entry| entry.weight(key))
        .expire_after(Life)
        .build()
}

impl Default for MemoryCache {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryCache")
            .field("max_bytes", &self.0.max_bytes)
            .field("closed", &self.0.closed)
            .finish_non_exhaustive()
    }
}

fn misused(operation: &'static str, key: &CacheKey) -> CacheError {
    CacheError::new(CacheErrorKind::Misused, operation).with_key(key)
}
