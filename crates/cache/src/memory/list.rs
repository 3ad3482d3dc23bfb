//! The list port over the memory of the process.

use std::sync::Arc;

use async_trait::async_trait;

use super::entry::Ids;
use super::{Entry, MemoryCache, Value, misused};
use crate::recent_list::fill_of;
use crate::{
    CacheError, CacheKey, FILL_TOKEN_LIFE, FillToken, ListLimits, RecentList, RecentPage, Ttl,
};

impl MemoryCache {
    pub(super) fn warm(
        &self,
        operation: &'static str,
        key: &CacheKey,
    ) -> Result<Option<Arc<Ids>>, CacheError> {
        match self.live(key).map(|entry| entry.value) {
            None => Ok(None),
            Some(Value::List(list)) => Ok(Some(list)),
            Some(_) => Err(misused(operation, key)),
        }
    }

    /// Puts `id` first in a warm list, whose lock is held; `false` when it is cold.
    pub(super) fn put_first(
        &self,
        key: &CacheKey,
        list: Option<Arc<Ids>>,
        id: &str,
        limits: &ListLimits,
    ) -> bool {
        let Some(list) = list else { return false };
        let mut list = Arc::unwrap_or_clone(list);
        list.ids.retain(|other| other != id);
        list.ids.insert(0, id.to_owned());
        let cap = usize::from(limits.cap.get());
        list.all &= list.ids.len() <= cap;
        list.ids.truncate(cap);
        self.keep(key, list, limits.ttl);
        true
    }

    /// Takes `id` out of a warm list, whose lock is held; `true` when it was there.
    pub(super) fn take_out(
        &self,
        key: &CacheKey,
        list: Option<Arc<Ids>>,
        id: &str,
        limits: &ListLimits,
    ) -> bool {
        let Some(list) = list else { return false };
        let mut list = Arc::unwrap_or_clone(list);
        let before = list.ids.len();
        list.ids.retain(|other| other != id);
        let was_there = list.ids.len() < before;
        self.keep(key, list, limits.ttl);
        was_there
    }

    pub(super) fn make_cold(&self, key: &CacheKey) {
        self.0.entries.invalidate(key);
        self.0.tokens.invalidate(key);
    }

    fn keep(&self, key: &CacheKey, list: Ids, ttl: Ttl) {
        self.put(key, Value::List(Arc::new(list)), ttl);
    }

    /// Puts a new token in place, so that those given before are void.
    pub(super) fn new_token(&self, key: &CacheKey) -> u64 {
        let token = self.next_version();
        let entry = Entry::new(Value::Token(token), FILL_TOKEN_LIFE);
        self.0.tokens.insert(key.clone(), entry);
        token
    }

    fn current_token(&self, key: &CacheKey) -> Option<u64> {
        match self.0.tokens.get(key).filter(Entry::is_alive)?.value {
            Value::Token(token) => Some(token),
            Value::Bytes(_) | Value::List(_) => None,
        }
    }
}

#[async_trait]
impl RecentList for MemoryCache {
    async fn page(
        &self,
        key: &CacheKey,
        offset: usize,
        limit: usize,
    ) -> Result<Option<RecentPage>, CacheError> {
        self.open("page")?;
        let _locked = self.locked(key);
        let page = self.warm("page", key)?.map(|list| RecentPage {
            ids: list.ids.iter().skip(offset).take(limit).cloned().collect(),
            complete: list.all || offset.saturating_add(limit) <= list.ids.len(),
        });
        Ok(page)
    }

    async fn push(
        &self,
        key: &CacheKey,
        id: &str,
        limits: &ListLimits,
    ) -> Result<bool, CacheError> {
        self.open("push")?;
        let _locked = self.locked(key);
        self.new_token(key);
        let list = self.warm("push", key)?;
        Ok(self.put_first(key, list, id, limits))
    }

    async fn remove(
        &self,
        key: &CacheKey,
        id: &str,
        limits: &ListLimits,
    ) -> Result<bool, CacheError> {
        self.open("remove")?;
        let _locked = self.locked(key);
        self.new_token(key);
        let list = self.warm("remove", key)?;
        Ok(self.take_out(key, list, id, limits))
    }

    async fn token(&self, key: &CacheKey) -> Result<FillToken, CacheError> {
        self.open("token")?;
        let _locked = self.locked(key);
        let token = self
            .current_token(key)
            .unwrap_or_else(|| self.new_token(key));
        Ok(FillToken::new(token.to_string()))
    }

    async fn fill(
        &self,
        key: &CacheKey,
        token: &FillToken,
        ids: &[String],
        limits: &ListLimits,
    ) -> Result<bool, CacheError> {
        self.open("fill")?;
        let _locked = self.locked(key);
        let current = self.current_token(key).map(|token| token.to_string());
        if current.as_deref() != Some(token.as_str()) {
            return Ok(false);
        }
        let (kept, all) = fill_of(ids, limits);
        let ids = kept.into_iter().map(str::to_owned).collect();
        self.keep(key, Ids { ids, all }, limits.ttl);
        Ok(true)
    }

    async fn forget(&self, key: &CacheKey) -> Result<bool, CacheError> {
        self.open("forget")?;
        let _locked = self.locked(key);
        let was_warm = self.warm("forget", key)?.is_some();
        self.make_cold(key);
        Ok(was_warm)
    }
}
