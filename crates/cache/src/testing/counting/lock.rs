//! The lock port, counted.

use async_trait::async_trait;
use bytes::Bytes;

use super::CountingCache;
use crate::{CacheError, CacheKey, Lease, Lock, Ttl};

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<L: Lock> Lock for CountingCache<L> {
    async fn acquire(&self, key: &CacheKey, life: Ttl) -> Result<Option<Lease>, CacheError> {
        self.tick("acquire");
        self.inner.acquire(key, life).await
    }

    async fn extend(&self, lease: &Lease, life: Ttl) -> Result<Option<Lease>, CacheError> {
        self.tick("extend");
        self.inner.extend(lease, life).await
    }

    async fn release(&self, lease: &Lease) -> Result<bool, CacheError> {
        self.tick("release");
        self.inner.release(lease).await
    }

    async fn set_fenced(&self, lease: &Lease, value: Bytes, ttl: Ttl) -> Result<bool, CacheError> {
        self.tick("set_fenced");
        self.inner.set_fenced(lease, value, ttl).await
    }

    async fn clear(&self, key: &CacheKey) -> Result<bool, CacheError> {
        self.tick("clear");
        self.inner.clear(key).await
    }
}
