//! The lock port, failing by script.

use async_trait::async_trait;
use bytes::Bytes;

use super::FailingCache;
use crate::{CacheError, CacheKey, Lease, Lock, Ttl};

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<L: Lock> Lock for FailingCache<L> {
    async fn acquire(&self, key: &CacheKey, life: Ttl) -> Result<Option<Lease>, CacheError> {
        self.act("acquire")?;
        self.inner.acquire(key, life).await
    }

    async fn extend(&self, lease: &Lease, life: Ttl) -> Result<Option<Lease>, CacheError> {
        self.act("extend")?;
        self.inner.extend(lease, life).await
    }

    async fn release(&self, lease: &Lease) -> Result<bool, CacheError> {
        self.act("release")?;
        self.inner.release(lease).await
    }

    async fn set_fenced(&self, lease: &Lease, value: Bytes, ttl: Ttl) -> Result<bool, CacheError> {
        self.act("set_fenced")?;
        self.inner.set_fenced(lease, value, ttl).await
    }

    async fn clear(&self, key: &CacheKey) -> Result<bool, CacheError> {
        self.act("clear")?;
        self.inner.clear(key).await
    }
}
