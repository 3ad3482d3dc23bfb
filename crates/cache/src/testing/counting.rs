//! A wrapper that counts calls.

mod batch;
mod lock;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::{Cache, CacheError, CacheKey, FillToken, ListLimits, RecentList, RecentPage, Ttl};

/// Counts the calls by the name of their method and forwards them. Clones share the counts.
#[derive(Debug, Clone)]
pub struct CountingCache<C> {
    inner: C,
    counts: Arc<Mutex<BTreeMap<&'static str, u64>>>,
}

impl<C> CountingCache<C> {
    /// Returns `inner` with every count at zero.
    pub fn new(inner: C) -> Self {
        Self {
            inner,
            counts: Arc::default(),
        }
    }

    /// Returns what is wrapped.
    pub fn into_inner(self) -> C {
        self.inner
    }

    /// Returns how often the method with this name was called.
    pub fn count(&self, operation: &str) -> u64 {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(operation).copied().unwrap_or_default()
    }

    /// Returns how many calls there were in all.
    pub fn total(&self) -> u64 {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.values().sum()
    }

    fn tick(&self, operation: &'static str) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(operation).or_default() += 1;
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<C: Cache> Cache for CountingCache<C> {
    async fn get(&self, key: &CacheKey) -> Result<Option<Bytes>, CacheError> {
        self.tick("get");
        self.inner.get(key).await
    }

    async fn get_many(&self, keys: &[CacheKey]) -> Result<Vec<Option<Bytes>>, CacheError> {
        self.tick("get_many");
        self.inner.get_many(keys).await
    }

    async fn set(&self, key: &CacheKey, value: Bytes, ttl: Ttl) -> Result<(), CacheError> {
        self.tick("set");
        self.inner.set(key, value, ttl).await
    }

    async fn delete(&self, key: &CacheKey) -> Result<bool, CacheError> {
        self.tick("delete");
        self.inner.delete(key).await
    }

    async fn compare_and_delete(
        &self,
        key: &CacheKey,
        expected: &Bytes,
    ) -> Result<bool, CacheError> {
        self.tick("compare_and_delete");
        self.inner.compare_and_delete(key, expected).await
    }

    async fn bump(&self, key: &CacheKey, ttl: Ttl) -> Result<u64, CacheError> {
        self.tick("bump");
        self.inner.bump(key, ttl).await
    }

    async fn ttl(&self, key: &CacheKey) -> Result<Option<Duration>, CacheError> {
        self.tick("ttl");
        self.inner.ttl(key).await
    }

    async fn ping(&self) -> Result<Duration, CacheError> {
        self.tick("ping");
        self.inner.ping().await
    }

    async fn shutdown(&self) {
        self.tick("shutdown");
        self.inner.shutdown().await;
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<L: RecentList> RecentList for CountingCache<L> {
    async fn page(
        &self,
        key: &CacheKey,
        offset: usize,
        limit: usize,
    ) -> Result<Option<RecentPage>, CacheError> {
        self.tick("page");
        self.inner.page(key, offset, limit).await
    }

    async fn push(
        &self,
        key: &CacheKey,
        id: &str,
        limits: &ListLimits,
    ) -> Result<bool, CacheError> {
        self.tick("push");
        self.inner.push(key, id, limits).await
    }

    async fn remove(
        &self,
        key: &CacheKey,
        id: &str,
        limits: &ListLimits,
    ) -> Result<bool, CacheError> {
        self.tick("remove");
        self.inner.remove(key, id, limits).await
    }

    async fn token(&self, key: &CacheKey) -> Result<FillToken, CacheError> {
        self.tick("token");
        self.inner.token(key).await
    }

    async fn fill(
        &self,
        key: &CacheKey,
        token: &FillToken,
        ids: &[String],
        limits: &ListLimits,
    ) -> Result<bool, CacheError> {
        self.tick("fill");
        self.inner.fill(key, token, ids, limits).await
    }

    async fn forget(&self, key: &CacheKey) -> Result<bool, CacheError> {
        self.tick("forget");
        self.inner.forget(key).await
    }
}
