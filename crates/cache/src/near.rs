//! A layer that keeps what was read a moment ago in the memory of this process.

mod batch;
mod cache;
mod follower;
mod invalidations;
mod list;
mod settings;
mod table;

use std::sync::Arc;

use self::follower::Follower;
use self::table::Table;

pub use invalidations::{Invalidations, Listener};
pub use settings::NearSettings;

#[cfg(feature = "testing")]
pub use invalidations::MockInvalidations;

/// Keeps values that were read a moment ago in the memory of this process, in front of a shared cache.
///
/// # What it does
///
/// - A read of a held key is answered without the cache below: in less than a microsecond, against a round
///   trip. Values, versions included, are held; lists are not.
/// - It holds only the families that the [`NearSettings`] name, and only values up to a size. All other calls
///   pass through.
/// - It never holds a value longer than the cache below lets it live, which it asks for with each value that
///   it takes in.
/// - A write, removal or bump through it, or through one of its clones, is seen at once.
/// - What **others** change is told by a source of [`Invalidations`], such as
///   `redis::RedisTracking`, within milliseconds. When the source cannot be reached or says nothing,
///   everything is forgotten and every call passes through until it follows again; how long it may say nothing
///   is the source's promise.
/// - Without a source, or when the server refuses to be one, a value is held for a short life only: so long may
///   a change by others go unseen.
///
/// A value that was read before a change and comes in after it is not taken: the change would never be told
/// again.
///
/// # Default
///
/// No family is held until one is named; see [`NearSettings`] for the limits.
///
/// # Cancellation
///
/// That of the cache inside. A change that is dropped may reach the server later; then the source tells of it,
/// or the short life bounds how long it goes unseen.
///
/// # Where it goes
///
/// Outside of all that talks to the server, below [`ReadThrough`](crate::ReadThrough). Clones share what is
/// held; the source is followed from the first read on, by a task of the tokio runtime that ends with the last
/// clone or the shutdown.
///
/// # Examples
///
/// ```
/// use cache::memory::MemoryCache;
/// use cache::{Cache, CacheKey, Family, NearCache, NearSettings, Ttl};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let settings = NearSettings::new().with_family(Family::Generation);
/// let cache = NearCache::new(MemoryCache::new(), settings);
/// let key = CacheKey::new("imagen4:generation:17")?;
/// cache.set(&key, "a fox".into(), Ttl::MAX).await?;
/// for _ in 0..2 {
///     // The second round is answered by the near cache.
///     assert_eq!(cache.get(&key).await?.unwrap(), "a fox");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct NearCache<C> {
    inner: C,
    table: Arc<Table>,
    follower: Arc<Follower>,
}

impl<C> NearCache<C> {
    /// Returns a near cache in front of `inner` that holds values for the short life only.
    pub fn new(inner: C, settings: NearSettings) -> Self {
        let table = Arc::new(Table::new(settings));
        table.go_blind();
        Self {
            inner,
            table,
            follower: Arc::new(Follower::none()),
        }
    }

    /// Returns a near cache in front of `inner` that hears from `source` what others change.
    ///
    /// Nothing is held before the source follows.
    pub fn following(inner: C, settings: NearSettings, source: Arc<dyn Invalidations>) -> Self {
        let table = Arc::new(Table::new(settings));
        let follower = Follower::new(source, Arc::clone(&table));
        Self {
            inner,
            table,
            follower: Arc::new(follower),
        }
    }

    /// Returns the cache inside; what was held is forgotten with the last clone.
    pub fn into_inner(self) -> C {
        self.inner
    }

    /// Tells whether the source is heard, so that changes by others show within milliseconds.
    pub fn is_following(&self) -> bool {
        self.table.is_following()
    }

    /// Returns about how many bytes are held, keys and overhead included.
    pub fn used_bytes(&self) -> u64 {
        self.table.used_bytes()
    }
}
