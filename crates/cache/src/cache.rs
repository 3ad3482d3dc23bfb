//! The port of a cache of byte values.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::{CacheError, CacheKey, Ttl};

/// The largest value, in bytes: 1 MiB.
///
/// Larger values block a shared connection for everyone else on it.
pub const MAX_VALUE_BYTES: usize = 1_024 * 1_024;

/// A cache of byte values, each with an end.
///
/// The contract, which the conformance suite of the feature `testing` checks for any adapter:
///
/// - **It may forget.** An entry may be missing before its end; it is never there after it. Nothing may
///   depend on a value being found.
/// - **It reports failures.** Treating them as a miss is the work of [`ReadThrough`](crate::ReadThrough).
/// - **Each call is atomic.** No reader sees half a change, and no value stands without its end.
/// - **Each call may be repeated without harm.** Adapters do so when a connection breaks; then `delete` and
///   `compare_and_delete` may answer `false` although the first try removed the value.
/// - **Clones share.** What one holder writes, all see; one shutdown closes all.
/// - **Each call is bounded in time** by the adapter's limit.
///
/// Each method fails with `Closed` after [`shutdown`](Self::shutdown).
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Cache: Debug + Send + Sync + 'static {
    /// Returns the value under `key`, or `None` when there is none.
    ///
    /// # Errors
    ///
    /// `Misused` when the key holds a list; see [`CacheErrorKind`](crate::CacheErrorKind) for the others.
    ///
    /// # Cancellation
    ///
    /// Nothing is changed.
    async fn get(&self, key: &CacheKey) -> Result<Option<Bytes>, CacheError>;

    /// Returns the values under `keys` in their order, in one round trip.
    ///
    /// A key may stand twice. A key that holds no byte value counts as missing.
    ///
    /// # Errors
    ///
    /// One failure fails the whole call; see [`CacheErrorKind`](crate::CacheErrorKind).
    ///
    /// # Cancellation
    ///
    /// Nothing is changed.
    async fn get_many(&self, keys: &[CacheKey]) -> Result<Vec<Option<Bytes>>, CacheError>;

    /// Puts `value` under `key` for `ttl`, replacing what stood there, its life and its type.
    ///
    /// # Errors
    ///
    /// `TooLarge` over [`MAX_VALUE_BYTES`]; see [`CacheErrorKind`](crate::CacheErrorKind) for the others.
    ///
    /// # Cancellation
    ///
    /// The value is written wholly or not at all.
    async fn set(&self, key: &CacheKey, value: Bytes, ttl: Ttl) -> Result<(), CacheError>;

    /// Removes what stands under `key`, of any type; `true` when it was there.
    ///
    /// To make a list unknown again use [`RecentList::forget`](crate::RecentList::forget).
    ///
    /// # Errors
    ///
    /// See [`CacheErrorKind`](crate::CacheErrorKind).
    ///
    /// # Cancellation
    ///
    /// The value is removed or not.
    async fn delete(&self, key: &CacheKey) -> Result<bool, CacheError>;

    /// Removes the value under `key` if it equals `expected`; `true` when it did.
    ///
    /// # Errors
    ///
    /// `Misused` when the key holds a list; see [`CacheErrorKind`](crate::CacheErrorKind) for the others.
    ///
    /// # Cancellation
    ///
    /// The value is removed or not.
    async fn compare_and_delete(
        &self,
        key: &CacheKey,
        expected: &Bytes,
    ) -> Result<bool, CacheError>;

    /// Raises the version under `key`, lets it live for `ttl` from now, and returns it.
    ///
    /// A version is larger than every version given before under the same key, also when the key was lost
    /// in between: what was cached under an older version can never match again. It is at least 1 and fits
    /// the 53 bits that every JSON reader understands. [`get`](Self::get) reads it as decimal digits.
    ///
    /// # Errors
    ///
    /// `Misused` when the key holds something else; see [`CacheErrorKind`](crate::CacheErrorKind) for the
    /// others.
    ///
    /// # Cancellation
    ///
    /// The version is raised or not.
    async fn bump(&self, key: &CacheKey, ttl: Ttl) -> Result<u64, CacheError>;

    /// Returns how long the value under `key`, of any type, still lives; `None` when there is none.
    ///
    /// A key that another program left without an end gives [`Duration::MAX`].
    ///
    /// # Errors
    ///
    /// See [`CacheErrorKind`](crate::CacheErrorKind).
    ///
    /// # Cancellation
    ///
    /// Nothing is changed.
    async fn ttl(&self, key: &CacheKey) -> Result<Option<Duration>, CacheError>;

    /// Asks for a sign of life with the credentials in use, and returns how long it took.
    ///
    /// # Errors
    ///
    /// See [`CacheErrorKind`](crate::CacheErrorKind).
    ///
    /// # Cancellation
    ///
    /// Nothing is changed.
    async fn ping(&self) -> Result<Duration, CacheError>;

    /// Refuses new calls, waits for those in flight within the adapter's limit, and closes everything.
    ///
    /// A second shutdown does nothing.
    ///
    /// # Cancellation
    ///
    /// New calls are refused already; call again to finish closing.
    async fn shutdown(&self);
}

macro_rules! forward {
    ($($pointer:ident),*) => {$(
        #[deny(clippy::missing_trait_methods)]
        #[async_trait]
        impl<C: Cache + ?Sized> Cache for $pointer<C> {
            async fn get(&self, key: &CacheKey) -> Result<Option<Bytes>, CacheError> {
                (**self).get(key).await
            }

            async fn get_many(&self, keys: &[CacheKey]) -> Result<Vec<Option<Bytes>>, CacheError> {
                (**self).get_many(keys).await
            }

            async fn set(&self, key: &CacheKey, value: Bytes, ttl: Ttl) -> Result<(), CacheError> {
                (**self).set(key, value, ttl).await
            }

            async fn delete(&self, key: &CacheKey) -> Result<bool, CacheError> {
                (**self).delete(key).await
            }

            async fn compare_and_delete(
                &self,
                key: &CacheKey,
                expected: &Bytes,
            ) -> Result<bool, CacheError> {
                (**self).compare_and_delete(key, expected).await
            }

            async fn bump(&self, key: &CacheKey, ttl: Ttl) -> Result<u64, CacheError> {
                (**self).bump(key, ttl).await
            }

            async fn ttl(&self, key: &CacheKey) -> Result<Option<Duration>, CacheError> {
                (**self).ttl(key).await
            }

            async fn ping(&self) -> Result<Duration, CacheError> {
                (**self).ping().await
            }

            async fn shutdown(&self) {
                (**self).shutdown().await;
            }
        }
    )*};
}

forward!(Arc, Box);
