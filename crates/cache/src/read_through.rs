//! Reads through the cache, and goes on without it when it fails.

use std::any::Any;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::doubt::Doubts;
use crate::flight::{Flight, Flights, Outcome};
use crate::outage::{Outages, Side};
use crate::typed::{read, write};
use crate::{Cache, FamilyKey};

/// Typed reads and writes of the declared families that never fail because of the cache.
///
/// - A failure of the cache is a miss, or a write that is left out. It is counted (`cache.failures`), and the
///   first of an outage is logged as a warning; the next outage after a recovery warns again.
/// - Misses of one key at the same time share one load in this process. When the caller that loads is dropped,
///   one of those who wait takes over.
/// - A [`put`](Self::put) or [`forget`](Self::forget) during a load keeps what that load read out of the cache.
///   Across processes the key's life bounds how long an old value may stand.
/// - A `put`, `forget` or [`bump`](Self::bump) that failed, or whose caller went away before the answer, puts its
///   key in **doubt**: reads of it are a miss until what stands there was removed or replaced. Ten thousand keys
///   are remembered; with more, every key is in doubt until it was repaired once, for at most a day.
///
/// Commit to the record store first, and call `put`, `forget` or `bump` afterwards.
/// Clones share the loads, the warnings and the doubts.
///
/// The doubts do not repair what **other processes** read: an old value stands for them until this process
/// removes or replaces it, or its life ends. They end with the process, too.
///
/// # Examples
///
/// ```
/// use std::convert::Infallible;
/// use std::sync::Arc;
///
/// use cache::memory::MemoryCache;
/// use cache::{FamilyKey, ReadThrough};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct Record {
///     prompt: String,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let cache = ReadThrough::new(Arc::new(MemoryCache::new()));
/// let key = FamilyKey::generation(17)?;
/// for _ in 0..2 {
///     // The second round is answered by the cache.
///     let record = cache
///         .get_or_load(&key, || async { Ok::<_, Infallible>(Some(Record { prompt: "a fox".into() })) })
///         .await?;
///     assert_eq!(record.unwrap().prompt, "a fox");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ReadThrough {
    cache: Arc<dyn Cache>,
    flights: Arc<Flights>,
    doubts: Arc<Doubts>,
    outages: Arc<Outages>,
}

impl ReadThrough {
    /// Returns the layer over `cache`.
    pub fn new(cache: Arc<dyn Cache>) -> Self {
        Self {
            cache,
            flights: Arc::default(),
            doubts: Arc::default(),
            outages: Arc::default(),
        }
    }

    /// Returns the cache below, for those who ask how it is.
    pub fn cache(&self) -> &Arc<dyn Cache> {
        &self.cache
    }

    /// Returns what is remembered about failures, for a layer over the same server.
    pub(crate) fn outages(&self) -> &Arc<Outages> {
        &self.outages
    }

    /// Returns what the cache holds under `key`.
    ///
    /// What stands under a key in doubt is removed first; while that fails it is a miss.
    ///
    /// # Cancellation
    ///
    /// Nothing is changed, or what was in doubt is removed.
    pub async fn get<T: DeserializeOwned>(&self, key: &FamilyKey) -> Option<T> {
        let bytes = if self.is_trusted(key).await {
            let outcome = self.cache.get(key.key()).await;
            self.outages.absorb(Side::Reads, outcome).flatten()
        } else {
            None
        };
        let value = bytes.and_then(|bytes| read(key, &bytes));
        count_read(key, value.is_some());
        value
    }

    /// Reads once more before a load: the load of another may have ended since we missed.
    async fn get_again<T: DeserializeOwned>(&self, key: &FamilyKey) -> Option<T> {
        if self.doubts.about(key.key()).is_some() {
            return None;
        }
        let bytes = self.cache.get(key.key()).await.ok().flatten()?;
        read(key, &bytes)
    }

    /// Returns what the cache holds under `keys`, in their order, in one round trip; a key in doubt is a miss.
    ///
    /// # Cancellation
    ///
    /// Nothing is changed.
    pub async fn get_many<T: DeserializeOwned>(&self, keys: &[FamilyKey]) -> Vec<Option<T>> {
        let plain: Vec<_> = keys.iter().map(|key| key.key().clone()).collect();
        let doubts: Vec<_> = plain.iter().map(|key| self.doubts.about(key)).collect();
        let outcome = self.cache.get_many(&plain).await;
        let found = self
            .outages
            .absorb(Side::Reads, outcome)
            .unwrap_or_default();
        let mut found = found.into_iter();
        keys.iter()
            .zip(doubts)
            .map(|(key, doubt)| {
                let bytes = found.next().flatten().filter(|_| doubt.is_none());
                let value = bytes.and_then(|bytes| read(key, &bytes));
                count_read(key, value.is_some());
                value
            })
            .collect()
    }

    /// Returns the value under `key`; on a miss `load` reads it from the truth and the cache keeps it for the
    /// key's life.
    ///
    /// `Ok(None)` of `load` says that there is no such thing, which is not kept.
    ///
    /// # Errors
    ///
    /// What `load` fails with, shared by all who waited for it. Nothing is kept then.
    ///
    /// # Cancellation
    ///
    /// The load is dropped unless another caller waits for the same key, who then runs its own.
    pub async fn get_or_load<T, E, F, L>(
        &self,
        key: &FamilyKey,
        load: L,
    ) -> Result<Option<Arc<T>>, Arc<E>>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        E: Send + Sync + 'static,
        F: Future<Output = Result<Option<T>, E>> + Send,
        L: FnOnce() -> F + Send,
    {
        if let Some(value) = self.get(key).await {
            return Ok(Some(Arc::new(value)));
        }
        let seat = self.flights.join(key.key());
        let mut load = Some(load);
        let shared = seat
            .flight
            .share(async {
                let loaded = self.load(key, &seat.flight, load.take()).await;
                Arc::new(loaded) as Outcome
            })
            .await;
        // The family decides the type, so another type under the same key is a slip of the program; it loads
        // for itself.
        if let Some(loaded) = downcast::<T, E>(&shared) {
            return loaded;
        }
        self.load(key, &seat.flight, load).await.unwrap_or(Ok(None))
    }

    /// Runs the load and keeps what it gave, unless the key was changed meanwhile.
    async fn load<T, E, F, L>(
        &self,
        key: &FamilyKey,
        flight: &Flight,
        load: Option<L>,
    ) -> Option<Result<Option<Arc<T>>, Arc<E>>>
    where
        T: Serialize + DeserializeOwned + Send + Sync,
        E: Send + Sync,
        F: Future<Output = Result<Option<T>, E>> + Send,
        L: FnOnce() -> F + Send,
    {
        let load = load?;
        if let Some(value) = self.get_again(key).await {
            return Some(Ok(Some(Arc::new(value))));
        }
        metrics::counter!("cache.loads", "family" => key.family().spec().name).increment(1);
        // What is read from here on has the change whose failure cast this doubt, but none that comes later.
        let doubt = self.doubts.about(key.key());
        let value = match load().await {
            Ok(Some(value)) => value,
            Ok(None) => return Some(Ok(None)),
            Err(error) => return Some(Err(Arc::new(error))),
        };
        if !flight.is_stale() {
            let is_stored = self.store(key, &value).await;
            if flight.is_stale() {
                // The change came while we wrote: what stands there now may be ours, and old.
                self.remove(key).await;
            } else if let Some(doubt) = doubt.filter(|_| is_stored) {
                self.doubts.clear(key.key(), doubt);
            }
        }
        Some(Ok(Some(Arc::new(value))))
    }

    /// Keeps `value`, which was committed to the record store before.
    ///
    /// # Cancellation
    ///
    /// The value is kept or not; the key is in doubt.
    pub async fn put<T: Serialize + Sync>(&self, key: &FamilyKey, value: &T) {
        self.flights.supersede(key.key());
        let change = self.doubts.change(key.key());
        if self.store(key, value).await {
            change.done();
        }
    }

    /// Removes what stands under `key`, whose record was changed or removed before.
    ///
    /// # Cancellation
    ///
    /// The value is removed or not; the key is in doubt.
    pub async fn forget(&self, key: &FamilyKey) {
        self.flights.supersede(key.key());
        self.remove(key).await;
    }

    /// Returns the version under `key`, beginning one when there is none; `None` when the cache fails.
    ///
    /// Without a version nothing that depends on it may be taken from the cache or kept in it. A version whose
    /// bump failed is bumped first.
    ///
    /// # Cancellation
    ///
    /// A version is begun, or raised, or not.
    pub async fn version(&self, key: &FamilyKey) -> Option<u64> {
        if self.doubts.about(key.key()).is_some() {
            return self.bump(key).await;
        }
        let outcome = self.cache.get(key.key()).await;
        let found = self.outages.absorb(Side::Reads, outcome)?;
        let digits = found.as_deref().map(std::str::from_utf8);
        match digits
            .and_then(Result::ok)
            .and_then(|digits| digits.parse().ok())
        {
            Some(version) => Some(version),
            // Zero would be the same after every loss, and old pages would match again.
            None => self.bump(key).await,
        }
    }

    /// Raises the version under `key`, so that what was kept under the one before is never read again.
    ///
    /// `None` means that the cache fails; then [`version`](Self::version) gives none until a bump succeeded, and
    /// other processes may read what was kept until its own life ends.
    ///
    /// # Cancellation
    ///
    /// The version is raised or not; the key is in doubt.
    pub async fn bump(&self, key: &FamilyKey) -> Option<u64> {
        let change = self.doubts.change(key.key());
        let outcome = self.cache.bump(key.key(), key.ttl()).await;
        let version = self.outages.absorb(Side::Writes, outcome)?;
        change.done();
        Some(version)
    }

    /// Writes `value`; `true` when nothing older stands there any more.
    async fn store<T: Serialize + Sync>(&self, key: &FamilyKey, value: &T) -> bool {
        let Some(bytes) = write(key, value) else {
            // An older value must not stay in the place of one that cannot be kept.
            return self.remove(key).await;
        };
        let outcome = self.cache.set(key.key(), bytes, key.ttl()).await;
        self.outages.absorb(Side::Writes, outcome).is_some()
    }

    /// Removes what stands under `key`; `false` when it may stand there still, which puts the key in doubt.
    async fn remove(&self, key: &FamilyKey) -> bool {
        let change = self.doubts.change(key.key());
        let outcome = self.cache.delete(key.key()).await;
        let is_gone = self.outages.absorb(Side::Writes, outcome).is_some();
        if is_gone {
            change.done();
        }
        is_gone
    }

    /// Returns whether the key may be read, after what stood there was removed if it was in doubt.
    async fn is_trusted(&self, key: &FamilyKey) -> bool {
        let Some(doubt) = self.doubts.about(key.key()) else {
            return true;
        };
        let outcome = self.cache.delete(key.key()).await;
        let is_gone = self.outages.absorb(Side::Writes, outcome).is_some();
        if is_gone {
            self.doubts.clear(key.key(), doubt);
        }
        is_gone
    }
}

fn downcast<T, E>(shared: &Outcome) -> Option<Result<Option<Arc<T>>, Arc<E>>>
where
    T: Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    let any: &(dyn Any + Send + Sync) = shared.as_ref();
    any.downcast_ref::<Option<Result<Option<Arc<T>>, Arc<E>>>>()?
        .clone()
}

fn count_read(key: &FamilyKey, hit: bool) {
    let outcome = if hit { "hit" } else { "miss" };
    let family = key.family().spec().name;
    metrics::counter!("cache.reads", "family" => family, "outcome" => outcome).increment(1);
}
