//! A process that dies at one of its calls, on the records, the objects or the cache: what comes after has no effect.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use cache::{
    Cache, CacheError, CacheErrorKind, CacheKey, FillToken, ListLimits, RecentList, RecentPage, Ttl,
};
use imagen4_domain::{
    Cursor, GalleryCounts, GalleryItem, GalleryQuery, GalleryService, GalleryStore,
    GenerateService, Generation, GenerationCache, GenerationId, Neighbours, StoreError,
    StoreErrorKind, TimeSpan, UserId, UtcOffset,
};
use storage::pictures::PictureStorage;
use storage::testing::{CrashingStore, Lifeline};

use crate::world::{Kept, Store, World};

/// Returns the gallery of a process with this life, over the buckets, the records and the cache of `world`.
pub(crate) fn process(world: &World, life: &Arc<Lifeline>) -> GalleryService {
    let objects = CrashingStore::new(Arc::clone(&world.objects), Arc::clone(life));
    let source = Arc::clone(&world.source);
    let buckets = world.pictures.buckets().clone();
    let pictures = PictureStorage::new(Arc::new(objects), source, buckets);
    let cache = Arc::new(MortalCache {
        inner: world.cache.clone(),
        life: Arc::clone(life),
    });
    let known = GenerationCache::new(Arc::clone(&cache) as _, cache);
    let service = GenerateService::new(
        Arc::new(world.store.clone()),
        Arc::new(world.generator.clone()),
        pictures,
        Arc::new(world.clock.clone()),
    );
    let records = MortalRecords {
        inner: world.store.clone(),
        life: Arc::clone(life),
    };
    GalleryService::new(Arc::new(records), service.with_cache(known))
}

#[derive(Debug)]
struct MortalRecords {
    inner: Store,
    life: Arc<Lifeline>,
}

impl MortalRecords {
    async fn call<T: Send>(
        &self,
        operation: &'static str,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let lived = async { Ok(work.await) };
        let outcome = self.life.call(operation, "the records", lived).await;
        let dead = |_| Err(StoreError::new(StoreErrorKind::Unavailable, operation));
        outcome.unwrap_or_else(dead)
    }
}

#[async_trait]
impl GalleryStore for MortalRecords {
    async fn page(
        &self,
        owner: &UserId,
        query: &GalleryQuery,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Vec<GalleryItem>, StoreError> {
        let work = self.inner.page(owner, query, after, limit);
        self.call("page", work).await
    }

    async fn neighbours(
        &self,
        owner: &UserId,
        query: &GalleryQuery,
        id: &GenerationId,
    ) -> Result<Neighbours, StoreError> {
        let work = self.inner.neighbours(owner, query, id);
        self.call("neighbours", work).await
    }

    async fn item(
        &self,
        owner: &UserId,
        id: &GenerationId,
    ) -> Result<Option<GalleryItem>, StoreError> {
        self.call("item", self.inner.item(owner, id)).await
    }

    async fn counts(
        &self,
        owner: &UserId,
        offset: UtcOffset,
        span: TimeSpan,
    ) -> Result<GalleryCounts, StoreError> {
        let work = self.inner.counts(owner, offset, span);
        self.call("counts", work).await
    }

    async fn set_favourite(
        &self,
        owner: &UserId,
        id: &GenerationId,
        favourite: bool,
    ) -> Result<(), StoreError> {
        let work = self.inner.set_favourite(owner, id, favourite);
        self.call("set_favourite", work).await
    }

    async fn hide(&self, owner: &UserId, id: &GenerationId) -> Result<Generation, StoreError> {
        self.call("hide", self.inner.hide(owner, id)).await
    }

    async fn remove(&self, owner: &UserId, id: &GenerationId) -> Result<(), StoreError> {
        self.call("remove", self.inner.remove(owner, id)).await
    }
}

#[derive(Debug)]
struct MortalCache {
    inner: Kept,
    life: Arc<Lifeline>,
}

impl MortalCache {
    async fn call<T: Send>(
        &self,
        operation: &'static str,
        work: impl Future<Output = Result<T, CacheError>> + Send,
    ) -> Result<T, CacheError> {
        let lived = async { Ok(work.await) };
        let outcome = self.life.call(operation, "the cache", lived).await;
        let dead = |_| Err(CacheError::new(CacheErrorKind::Unavailable, operation));
        outcome.unwrap_or_else(dead)
    }
}

#[async_trait]
impl Cache for MortalCache {
    async fn get(&self, key: &CacheKey) -> Result<Option<Bytes>, CacheError> {
        self.call("get", self.inner.get(key)).await
    }

    async fn get_many(&self, keys: &[CacheKey]) -> Result<Vec<Option<Bytes>>, CacheError> {
        self.call("get_many", self.inner.get_many(keys)).await
    }

    async fn set(&self, key: &CacheKey, value: Bytes, ttl: Ttl) -> Result<(), CacheError> {
        self.call("set", self.inner.set(key, value, ttl)).await
    }

    async fn delete(&self, key: &CacheKey) -> Result<bool, CacheError> {
        self.call("delete", self.inner.delete(key)).await
    }

    async fn compare_and_delete(
        &self,
        key: &CacheKey,
        expected: &Bytes,
    ) -> Result<bool, CacheError> {
        let work = self.inner.compare_and_delete(key, expected);
        self.call("compare_and_delete", work).await
    }

    async fn bump(&self, key: &CacheKey, ttl: Ttl) -> Result<u64, CacheError> {
        self.call("bump", self.inner.bump(key, ttl)).await
    }

    async fn ttl(&self, key: &CacheKey) -> Result<Option<Duration>, CacheError> {
        self.call("ttl", self.inner.ttl(key)).await
    }

    async fn ping(&self) -> Result<Duration, CacheError> {
        self.call("ping", self.inner.ping()).await
    }

    async fn shutdown(&self) {
        self.inner.shutdown().await;
    }
}

#[async_trait]
impl RecentList for MortalCache {
    async fn page(
        &self,
        key: &CacheKey,
        offset: usize,
        limit: usize,
    ) -> Result<Option<RecentPage>, CacheError> {
        self.call("page", self.inner.page(key, offset, limit)).await
    }

    async fn push(
        &self,
        key: &CacheKey,
        id: &str,
        limits: &ListLimits,
    ) -> Result<bool, CacheError> {
        self.call("push", self.inner.push(key, id, limits)).await
    }

    async fn remove(
        &self,
        key: &CacheKey,
        id: &str,
        limits: &ListLimits,
    ) -> Result<bool, CacheError> {
        let work = self.inner.remove(key, id, limits);
        self.call("remove", work).await
    }

    async fn token(&self, key: &CacheKey) -> Result<FillToken, CacheError> {
        self.call("token", self.inner.token(key)).await
    }

    async fn fill(
        &self,
        key: &CacheKey,
        token: &FillToken,
        ids: &[String],
        limits: &ListLimits,
    ) -> Result<bool, CacheError> {
        let work = self.inner.fill(key, token, ids, limits);
        self.call("fill", work).await
    }

    async fn forget(&self, key: &CacheKey) -> Result<bool, CacheError> {
        self.call("forget", self.inner.forget(key)).await
    }
}
