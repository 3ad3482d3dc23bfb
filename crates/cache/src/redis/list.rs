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
fn marker_of(key: &CacheKey) -> String {
    format!("{{{key}}}:x")
}

fn token_of(key: &CacheKey) -> String {
    format!("{{{key}}}:v")
}

fn on_list<'a>(script: &'a Script, key: &CacheKey) -> ScriptInvocation<'a> {
    let mut invocation = script.key(key.as_str());
    invocation.key(marker_of(key)).key(token_of(key));
    invocation
}

/// Adds a token that nobody has seen, and its life.
fn with_new_token(invocation: &mut ScriptInvocation<'_>) {
    let token = format!("{:032x}", fastrand::u128(..));
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
        with_new_token(&mut script);
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
        with_new_token(&mut script);
        self.run("remove", key, Work::Script(script)).await
    }

    async fn token(&self, key: &CacheKey) -> Result<FillToken, CacheError> {
        let mut script = self.scripts.token.key(token_of(key));
        with_new_token(&mut script);
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
