//! Reads through the cache, and goes on without it when it fails.

mod changes;
mod hydrate;
mod load;
mod local;
mod refresh;
mod turn;

use std::sync::Arc;

use bytes::Bytes;
use serde::de::DeserializeOwned;

use self::load::Reason;
use self::local::{Epoch, Local};
use crate::doubt::Doubts;
use crate::flight::Flights;
use crate::meters::{Meter, count};
use crate::outage::{Away, Outages, Side};
use crate::typed::read;
use crate::{Cache, Family, FamilyKey, FamilyOptions, Lock};

pub(crate) use self::changes::fits;
pub use self::local::DEFAULT_LOCAL_BYTES;

/// What a load gives: the value, or that there is none, or why neither could be found out.
pub type Loaded<T, E> = Result<Option<Arc<T>>, Arc<E>>;

/// Typed reads and writes of the declared families that never fail because of the cache.
///
/// - A failure of the cache is a miss, or a write that is left out. It is counted (`cache.failures`), and the
///   first of an outage is logged as a warning; the next outage after a recovery warns again.
/// - Misses of one key at the same time share one load in this process. When the caller that loads is dropped,
///   one of those who wait takes over.
/// - What goes beyond that is off until a family's [`FamilyOptions`] ask for it: one load across processes,
///   early refresh, old values when a load fails, memory of what does not exist, jitter.
/// - A [`put`](Self::put) or [`forget`](Self::forget) during a load keeps what that load read out of the cache.
///   For a family that uses a lock this holds across processes too; otherwise the key's life bounds how long an
///   old value may stand.
/// - A `put`, `forget` or [`bump`](Self::bump) that failed, or whose caller went away before the answer, puts its
///   key in **doubt**: reads of it are a miss until what stands there was removed or replaced. Ten thousand keys
///   are remembered; with more, every key is in doubt until it was repaired once, for at most a day.
///
/// Commit to the record store first, and call `put`, `forget` or `bump` afterwards.
/// Clones share the loads, the warnings, the doubts and what this process remembers.
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
    lock: Option<Arc<dyn Lock>>,
    flights: Arc<Flights>,
    doubts: Arc<Doubts>,
    outages: Arc<Outages>,
    local: Arc<Local>,
    options: Arc<[FamilyOptions; Family::ALL.len()]>,
    for_call: Option<FamilyOptions>,
}

impl ReadThrough {
    /// Returns the layer over `cache`, with the options that the families declare.
    pub fn new(cache: Arc<dyn Cache>) -> Self {
        Self {
            cache,
            lock: None,
            flights: Arc::default(),
            doubts: Arc::default(),
            outages: Arc::default(),
            local: Arc::new(Local::new(DEFAULT_LOCAL_BYTES)),
            options: Arc::new(Family::ALL.map(|family| family.spec().options)),
            for_call: None,
        }
    }

    /// Returns the layer with a lock for the families whose options use one.
    ///
    /// It must be of the same store as the cache: the value is written through it, so that the store refuses
    /// whoever was followed by another.
    #[must_use]
    pub fn with_lock(mut self, lock: Arc<dyn Lock>) -> Self {
        self.lock = Some(lock);
        self
    }

    /// Returns the layer with other options for `family`; call it before the layer is cloned.
    #[must_use]
    pub fn with_options(mut self, family: Family, options: FamilyOptions) -> Self {
        let all = Arc::make_mut(&mut self.options);
        if let Some(place) = all.get_mut(family as usize) {
            *place = options;
        }
        self
    }

    /// Returns the layer with room for about so many bytes in this process, instead of
    /// [`DEFAULT_LOCAL_BYTES`]; call it before the layer is cloned.
    #[must_use]
    pub fn with_local_bytes(mut self, max_bytes: u64) -> Self {
        self.local = Arc::new(Local::new(max_bytes));
        self
    }

    /// Returns the layer with its chance drawn from `seed`, so that jitter and refreshes can be repeated.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        self.local.seed(seed);
        self
    }

    /// Returns the layer with these options for every family, for one call or a few; it shares all else.
    #[must_use]
    pub fn for_call(&self, options: FamilyOptions) -> Self {
        Self {
            for_call: Some(options),
            ..self.clone()
        }
    }

    /// Returns the cache below, for those who ask how it is.
    pub fn cache(&self) -> &Arc<dyn Cache> {
        &self.cache
    }

    /// Tells whether the last call found nobody: whoever needs several calls for one answer leaves out the rest, so
    /// that an outage costs one limit and not one for each call.
    pub fn is_away(&self) -> bool {
        self.outages.is_away()
    }

    /// Returns what is remembered about failures, for a layer over the same server.
    pub(crate) fn outages(&self) -> &Arc<Outages> {
        &self.outages
    }

    /// Returns the lock beside the cache, if there is one.
    pub(crate) fn lock(&self) -> Option<&Arc<dyn Lock>> {
        self.lock.as_ref()
    }

    /// Returns the port itself: called on the pointer, its methods would box their futures twice.
    fn port(&self) -> &dyn Cache {
        self.cache.as_ref()
    }

    fn options_of(&self, key: &FamilyKey) -> &FamilyOptions {
        // A link that is over opens nothing: no option lets one stay for longer.
        if key.family() == Family::SignedLink {
            return &FamilyOptions::EXACT;
        }
        let declared = self.options.get(key.family() as usize);
        let declared = declared.unwrap_or(&FamilyOptions::EXACT);
        self.for_call.as_ref().unwrap_or(declared)
    }

    /// Returns what the cache holds under `key`.
    ///
    /// What stands under a key in doubt is removed first; while that fails it is a miss.
    ///
    /// # Cancellation
    ///
    /// Nothing is changed, or what was in doubt is removed.
    pub async fn get<T: DeserializeOwned>(&self, key: &FamilyKey) -> Option<T> {
        let value = self.look(key).await.ok().flatten();
        count_read(key, value.is_some());
        value
    }

    async fn look<T: DeserializeOwned>(&self, key: &FamilyKey) -> Result<Option<T>, Away> {
        if !self.is_trusted(key).await? {
            return Ok(None);
        }
        let epoch = self.local.epoch();
        let outcome = self.port().get(key.key()).await;
        let bytes = self.outages.ask(Side::Reads, outcome)?.flatten();
        Ok(bytes.and_then(|bytes| self.accept(key, &bytes, epoch)))
    }

    /// Reads once more before a load: the load of another may have ended since we missed.
    async fn look_again<T: DeserializeOwned>(&self, key: &FamilyKey) -> Result<Option<T>, Away> {
        if self.doubts.about(key.key()).is_some() {
            return Ok(None);
        }
        let epoch = self.local.epoch();
        let outcome = self.port().get(key.key()).await;
        let bytes = self.outages.ask(Side::Reads, outcome)?.flatten();
        Ok(bytes.and_then(|bytes| self.accept(key, &bytes, epoch)))
    }

    fn accept<T>(&self, key: &FamilyKey, bytes: &Bytes, epoch: Epoch) -> Option<T>
    where
        T: DeserializeOwned,
    {
        let value = read(key, bytes)?;
        self.local
            .seen(key.key(), bytes, self.options_of(key), epoch);
        Some(value)
    }

    /// Returns what the cache holds under `keys`, in their order, in one round trip; a key in doubt is a miss.
    ///
    /// # Cancellation
    ///
    /// Nothing is changed.
    pub async fn get_many<T: DeserializeOwned>(&self, keys: &[FamilyKey]) -> Vec<Option<T>> {
        let (found, _) = self.look_at_many(keys).await;
        found
    }

    /// Returns what is found, and why the rest is to be loaded.
    async fn look_at_many<T: DeserializeOwned>(
        &self,
        keys: &[FamilyKey],
    ) -> (Vec<Option<T>>, Reason) {
        let plain: Vec<_> = keys.iter().map(|key| key.key().clone()).collect();
        let doubts: Vec<_> = plain.iter().map(|key| self.doubts.about(key)).collect();
        let epoch = self.local.epoch();
        let outcome = self.port().get_many(&plain).await;
        let (answer, reason) = match self.outages.ask(Side::Reads, outcome) {
            Ok(answer) => (answer.unwrap_or_default(), Reason::Miss),
            Err(Away) => (Vec::new(), Reason::Away),
        };
        let mut found = answer.into_iter();
        let found = keys.iter().zip(doubts).map(|(key, doubt)| {
            let bytes = found.next().flatten().filter(|_| doubt.is_none());
            let value = bytes.and_then(|bytes| self.accept(key, &bytes, epoch));
            count_read(key, value.is_some());
            value
        });
        (found.collect(), reason)
    }
}

fn count_read(key: &FamilyKey, is_hit: bool) {
    let meter = if is_hit { Meter::Hit } else { Meter::Miss };
    count(key.family(), meter);
}
