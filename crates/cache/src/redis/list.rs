//! The list port over one Redis server.

use async_trait::async_trait;
use deadpool_redis::redis::{Script, ScriptInvocation};

use super::cache::RedisCache;
use super::calls::Work;
use crate::recent_list::fill_of;
use crate::{CacheError, CacheKey, FILL_TOKEN_LIFE, FillToken, ListLimits, RecentList, RecentPage};

/// Longer than any list; keeps Lua's arithmetic exact.
const LONGEST: usize = 1 << 24;

/// The whole key in braces decides the slot, so that a companion shares it with its key.
pub(super) fn marker_of(key: &CacheKey) -> String {
    format!("{{{key}}}:x")
}

pub(super) fn token_of(key: &CacheKey) -> String {
    format!("{{{key}}}:v")
}

fn on_list<'a>(script: &'a Script, key: &CacheKey) -> ScriptInvocation<'a> {
    let mut invocation = script.key(key.as_str());
    invocation.key(marker_of(key)).key(token_of(key));
    invocation
}

/// Returns a token that nobody has seen.
pub(super) fn new_token() -> String {
    format!("{:032x}", fastrand::u128(..))
}

/// Adds `token` and its life.
pub(super) fn with_token(invocation: &mut ScriptInvocation<'_>, token: &str) {
    let life = u64::try_from(FILL_TOKEN_LIFE.as_millis()).unwrap_or(u64::MAX);
    invocation.arg(token).arg(life);
}

#[async_trait]
impl RecentList for RedisCache {
    async fn page(
        &self,
        key: &CacheKey,
        offset: usize,
        limit: usize,
    ) -> Result<Option<RecentPage>, CacheError> {
        let mut script = on_list(&self.scripts.page, key);
        script.arg(offset.min(LONGEST)).arg(limit.min(LONGEST));
        let answer: Option<(String, usize, Vec<String>)> =
            self.run("page", key, Work::Script(script)).await?;
        Ok(answer.map(|(state, length, ids)| RecentPage {
            ids,
            complete: state == "all" || offset.saturating_add(limit) <= length,
        }))
    }

    async fn push(
        &self,
        key: &CacheKey,
        id: &str,
        limits: &ListLimits,
    ) -> Result<bool, CacheError> {
        let mut script = on_list(&self.scripts.push, key);
        script
            .arg(id)
            .arg(limits.cap.get())
            .arg(limits.ttl.as_millis());
        with_token(&mut script, &new_token());
        self.run("push", key, Work::Script(script)).await
    }

    async fn remove(
        &self,
        key: &CacheKey,
        id: &str,
        limits: &ListLimits,
    ) -> Result<bool, CacheError> {
        let mut script = on_list(&self.scripts.remove, key);
        script.arg(id).arg(limits.ttl.as_millis());
        with_token(&mut script, &new_token());
        self.run("remove", key, Work::Script(script)).await
    }

    async fn token(&self, key: &CacheKey) -> Result<FillToken, CacheError> {
        let mut script = self.scripts.token.key(token_of(key));
        with_token(&mut script, &new_token());
        let token: String = self.run("token", key, Work::Script(script)).await?;
        Ok(FillToken::new(token))
    }

    async fn fill(
        &self,
        key: &CacheKey,
        token: &FillToken,
        ids: &[String],
        limits: &ListLimits,
    ) -> Result<bool, CacheError> {
        let (kept, all) = fill_of(ids, limits);
        let mut script = on_list(&self.scripts.fill, key);
        script
            .arg(token.as_str())
            .arg(if all { "all" } else { "cut" });
        script.arg(limits.ttl.as_millis()).arg(kept);
        self.run("fill", key, Work::Script(script)).await
    }

    async fn forget(&self, key: &CacheKey) -> Result<bool, CacheError> {
        let script = on_list(&self.scripts.forget, key);
        self.run("forget", key, Work::Script(script)).await
    }
}
