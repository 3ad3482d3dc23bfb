//! A wrapper that fails by script.

mod batch;
mod lock;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::{
    Cache, CacheError, CacheErrorKind, CacheKey, FillToken, ListLimits, RecentList, RecentPage, Ttl,
};

/// Fails calls as its script says and forwards the others. Clones share the script.
///
/// A call that fails does not reach what is wrapped. The shutdown never fails.
#[derive(Debug, Clone)]
pub struct FailingCache<C> {
    inner: C,
    script: Arc<Mutex<Script>>,
}

#[derive(Debug, Default)]
struct Script {
    next: VecDeque<Option<CacheErrorKind>>,
    always: Option<CacheErrorKind>,
    operations: Option<Vec<&'static str>>,
}

impl<C> FailingCache<C> {
    /// Returns `inner` with an empty script: nothing fails.
    pub fn new(inner: C) -> Self {
        Self {
            inner,
            script: Arc::default(),
        }
    }

    /// Returns what is wrapped.
    pub fn into_inner(self) -> C {
        self.inner
    }

    /// Lets the next calls go by this script, one entry each: `Some` fails with that kind, `None` passes.
    pub fn script(&self, next: impl IntoIterator<Item = Option<CacheErrorKind>>) {
        self.with(|script| script.next.extend(next));
    }

    /// Fails every call with `kind` until [`heal`](Self::heal), after the script is used up.
    pub fn break_down(&self, kind: CacheErrorKind) {
        self.with(|script| (script.always, script.operations) = (Some(kind), None));
    }

    /// Fails every call of the methods with these names until [`heal`](Self::heal).
    pub fn break_operations(&self, operations: &[&'static str], kind: CacheErrorKind) {
        let operations = Some(operations.to_vec());
        self.with(|script| (script.always, script.operations) = (Some(kind), operations));
    }

    /// Lets every call pass from now on.
    pub fn heal(&self) {
        self.with(|script| *script = Script::default());
    }

    fn act(&self, operation: &'static str) -> Result<(), CacheError> {
        let kind = self.with(|script| {
            if let Some(kind) = script.next.pop_front() {
                return kind;
            }
            let operations = script.operations.as_ref();
            let is_meant = operations.is_none_or(|names| names.contains(&operation));
            script.always.filter(|_| is_meant)
        });
        match kind {
            Some(kind) => Err(CacheError::new(kind, operation)),
            None => Ok(()),
        }
    }

    fn with<R>(&self, change: impl FnOnce(&mut Script) -> R) -> R {
        change(&mut self.script.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<C: Cache> Cache for FailingCache<C> {
    async fn get(&self, key: &CacheKey) -> Result<Option<Bytes>, CacheError> {
        self.act("get")?;
        self.inner.get(key).await
    }

    async fn get_many(&self, keys: &[CacheKey]) -> Result<Vec<Option<Bytes>>, CacheError> {
        self.act("get_many")?;
        self.inner.get_many(keys).await
    }

    async fn set(&self, key: &CacheKey, value: Bytes, ttl: Ttl) -> Result<(), CacheError> {
        self.act("set")?;
        self.inner.set(key, value, ttl).await
    }

    async fn delete(&self, key: &CacheKey) -> Result<bool, CacheError> {
        self.act("delete")?;
        self.inner.delete(key).await
    }

    async fn compare_and_delete(
        &self,
        key: &CacheKey,
        expected: &Bytes,
    ) -> Result<bool, CacheError> {
        self.act("compare_and_delete")?;
        self.inner.compare_and_delete(key, expected).await
    }

    async fn bump(&self, key: &CacheKey, ttl: Ttl) -> Result<u64, CacheError> {
        self.act("bump")?;
        self.inner.bump(key, ttl).await
    }

    async fn ttl(&self, key: &CacheKey) -> Result<Option<Duration>, CacheError> {
        self.act("ttl")?;
        self.inner.ttl(key).await
    }

    async fn ping(&self) -> Result<Duration, CacheError> {
        self.act("ping")?;
        self.inner.ping().await
    }

    async fn shutdown(&self) {
        self.inner.shutdown().await;
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<L: RecentList> RecentList for FailingCache<L> {
    async fn page(
        &self,
        key: &CacheKey,
        offset: usize,
        limit: usize,
    ) -> Result<Option<RecentPage>, CacheError> {
        self.act("page")?;
        self.inner.page(key, offset, limit).await
    }

    async fn push(
        &self,
        key: &CacheKey,
        id: &str,
        limits: &ListLimits,
    ) -> Result<bool, CacheError> {
        self.act("push")?;
        self.inner.push(key, id, limits).await
    }

    async fn remove(
        &self,
        key: &CacheKey,
        id: &str,
        limits: &ListLimits,
    ) -> Result<bool, CacheError> {
        self.act("remove")?;
        self.inner.remove(key, id, limits).await
    }

    async fn token(&self, key: &CacheKey) -> Result<FillToken, CacheError> {
        self.act("token")?;
        self.inner.token(key).await
    }

    async fn fill(
        &self,
        key: &CacheKey,
        token: &FillToken,
        ids: &[String],
        limits: &ListLimits,
    ) -> Result<bool, CacheError> {
        self.act("fill")?;
        self.inner.fill(key, token, ids, limits).await
    }

    async fn forget(&self, key: &CacheKey) -> Result<bool, CacheError> {
        self.act("forget")?;
        self.inner.forget(key).await
    }
}
