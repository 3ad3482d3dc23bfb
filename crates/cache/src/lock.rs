//! The port of a lock that ends by itself and numbers those who hold it.

use std::fmt::{self, Debug};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::time::Instant;

use crate::{CacheError, CacheKey, Ttl};

/// How long an adapter remembers the last number of a lock at least, counted from its last use: one day.
///
/// The numbers grow after that, too; only a holder that comes back later still is refused its
/// [write](Lock::set_fenced), whether somebody followed or not.
pub const FENCE_LIFE: Duration = Duration::from_hours(24);

/// The number of a lease: each lease of a key has a larger one than every lease before.
///
/// It is at least 1 and fits the 53 bits that every JSON reader understands.
/// Whatever a lock protects keeps the largest number it has seen and refuses smaller ones, since a holder may
/// stand still for longer than its lease and go on without knowing
/// (<https://martin.kleppmann.com/2016/02/08/how-to-do-distributed-locking.html>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fence(u64);

impl Fence {
    /// Returns the number that an adapter gave.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Returns the number.
    pub const fn as_u64(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Fence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A lock that was taken, until its end. It frees nothing when dropped: [`release`](Lock::release) does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    key: CacheKey,
    fence: Fence,
    holder: String,
    until: Instant,
}

impl Lease {
    /// Returns the lease that an adapter gave to `holder`, a text that no other lease of the key has.
    ///
    /// `until` counts from before the call was sent, so that the holder never believes in it for too long.
    pub fn new(key: &CacheKey, fence: Fence, holder: impl Into<String>, until: Instant) -> Self {
        Self {
            key: key.clone(),
            fence,
            holder: holder.into(),
            until,
        }
    }

    /// Returns the lease with another end.
    #[must_use]
    pub fn ending(mut self, until: Instant) -> Self {
        self.until = until;
        self
    }

    /// Returns what is locked.
    pub fn key(&self) -> &CacheKey {
        &self.key
    }

    /// Returns the number that tells this lease from those before and after it.
    pub fn fence(&self) -> Fence {
        self.fence
    }

    /// Returns the text by which the adapter knows the holder.
    pub fn holder(&self) -> &str {
        &self.holder
    }

    /// Returns how long the lease lasts by this process's clock; zero when it is over.
    ///
    /// Nothing that must not happen twice may rest on this: the process may stand still right after asking.
    pub fn life_left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}

/// Locks named by cache keys, each held by one at a time and freed by its end at the latest.
///
/// The contract, which the conformance suite of the feature `testing` checks for any adapter:
///
/// - **At most one lease of a key lasts at any time**, as far as the store remembers it. A store that loses its
///   data or fails over may give a second; what must never happen twice needs the [`Fence`] checked by what is
///   changed.
/// - **Numbers only grow**, for every holder of the key, also after the lease ended, after it was
///   [cleared](Self::clear), and after the store lost everything. They start from the store's clock; set it
///   back and lose the data at once, and they may repeat.
/// - **A lease that is over changes nothing** of the one that followed: it is neither freed nor extended nor
///   written past.
/// - **The value under the key is not touched** by the lock: it stands beside it.
/// - **Each call is atomic and may be repeated without harm.** Adapters do so when a connection breaks; then
///   `release` may answer `false` although the first try freed the lock.
/// - **Clones share**, and each call is bounded in time.
///
/// Each method fails with `Closed` after the shutdown of the cache that it belongs to.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Lock: Debug + Send + Sync + 'static {
    /// Takes the lock of `key` for `life`; `None` when another holds it. It never waits for its turn.
    ///
    /// # Errors
    ///
    /// `Misused` where another program keeps something else in the lock's place; see
    /// [`CacheErrorKind`](crate::CacheErrorKind) for the others.
    ///
    /// # Cancellation
    ///
    /// The lock is taken by nobody, or until its life ends.
    async fn acquire(&self, key: &CacheKey, life: Ttl) -> Result<Option<Lease>, CacheError>;

    /// Lets the lease last for `life` from now; `None` when it is over, whoever holds the lock now.
    ///
    /// # Errors
    ///
    /// See [`CacheErrorKind`](crate::CacheErrorKind).
    ///
    /// # Cancellation
    ///
    /// The lease lasts as long as before or as asked.
    async fn extend(&self, lease: &Lease, life: Ttl) -> Result<Option<Lease>, CacheError>;

    /// Frees the lock if `lease` still holds it; `false` when it is over, whoever holds the lock now.
    ///
    /// # Errors
    ///
    /// See [`CacheErrorKind`](crate::CacheErrorKind).
    ///
    /// # Cancellation
    ///
    /// The lock is free or not.
    async fn release(&self, lease: &Lease) -> Result<bool, CacheError>;

    /// Puts `value` under the lease's key for `ttl`, as [`Cache::set`](crate::Cache::set) does, unless a newer
    /// lease was given; `true` when it was put.
    ///
    /// The store checks the number in the same step: this is the write that a holder who stood still cannot
    /// make. A lease that is over but that nobody followed may still write.
    ///
    /// # Errors
    ///
    /// `TooLarge` over [`MAX_VALUE_BYTES`](crate::MAX_VALUE_BYTES); see
    /// [`CacheErrorKind`](crate::CacheErrorKind) for the others.
    ///
    /// # Cancellation
    ///
    /// The value is written wholly or not at all.
    async fn set_fenced(&self, lease: &Lease, value: Bytes, ttl: Ttl) -> Result<bool, CacheError>;

    /// Frees the lock of `key` whoever holds it and removes all that belongs to it; `true` when it was held.
    ///
    /// For the erasure of what the key is about. The lease that held it can write no more.
    ///
    /// # Errors
    ///
    /// See [`CacheErrorKind`](crate::CacheErrorKind).
    ///
    /// # Cancellation
    ///
    /// All of it happened or nothing.
    async fn clear(&self, key: &CacheKey) -> Result<bool, CacheError>;
}

macro_rules! forward {
    ($($pointer:ident),*) => {$(
        #[deny(clippy::missing_trait_methods)]
        #[async_trait]
        impl<L: Lock + ?Sized> Lock for $pointer<L> {
            async fn acquire(&self, key: &CacheKey, life: Ttl) -> Result<Option<Lease>, CacheError> {
                (**self).acquire(key, life).await
            }

            async fn extend(&self, lease: &Lease, life: Ttl) -> Result<Option<Lease>, CacheError> {
                (**self).extend(lease, life).await
            }

            async fn release(&self, lease: &Lease) -> Result<bool, CacheError> {
                (**self).release(lease).await
            }

            async fn set_fenced(
                &self,
                lease: &Lease,
                value: Bytes,
                ttl: Ttl,
            ) -> Result<bool, CacheError> {
                (**self).set_fenced(lease, value, ttl).await
            }

            async fn clear(&self, key: &CacheKey) -> Result<bool, CacheError> {
                (**self).clear(key).await
            }
        }
    )*};
}

forward!(Arc, Box);

/// Returns a text that no other lease has.
pub(crate) fn new_holder() -> String {
    format!("{:032x}", fastrand::u128(..))
}

/// Returns how long the number of a lock with this life is remembered.
pub(crate) fn fence_life(life: Ttl) -> Duration {
    life.as_duration().max(FENCE_LIFE)
}
