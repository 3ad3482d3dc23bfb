//! The list port of the near cache: lists are not held.

use async_trait::async_trait;

use super::NearCache;
use crate::{CacheError, CacheKey, FillToken, ListLimits, RecentList, RecentPage};

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<C: RecentList> RecentList for NearCache<C> {
    async fn page(
        &self,
        key: &CacheKey,
        offset: usize,
        limit: usize,
    ) -> Result<Option<RecentPage>, CacheError> {
        self.inner.page(key, offset, limit).await
    }

    async fn push(
        &self,
        key: &CacheKey,
        id: &str,
        limits: &ListLimits,
    ) -> Result<bool, CacheError> {
        self.inner.push(key, id, limits).await
    }

    async fn remove(
        &self,
        key: &CacheKey,
        id: &str,
        limits: &ListLimits,
    ) -> Result<bool, CacheError> {
        self.inner.remove(key, id, limits).await
    }

    async fn token(&self, key: &CacheKey) -> Result<FillToken, CacheError> {
        self.inner.token(key).await
    }

    async fn fill(
        &self,
        key: &CacheKey,
        token: &FillToken,
        ids: &[String],
        limits: &ListLimits,
    ) -> Result<bool, CacheError> {
        self.inner.fill(key, token, ids, limits).await
    }

    async fn forget(&self, key: &CacheKey) -> Result<bool, CacheError> {
        self.inner.forget(key).await
    }
}
