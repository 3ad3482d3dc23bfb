//! The lock port over one Redis server.

use async_trait::async_trait;
use bytes::Bytes;
use deadpool_redis::redis::{Script, ScriptInvocation};
use tokio::time::Instant;

use super::cache::RedisCache;
use super::calls::Work;
use crate::lock::{fence_life, new_holder};
use crate::{CacheError, CacheErrorKind, CacheKey, Fence, Lease, Lock, MAX_VALUE_BYTES, Ttl};

/// The whole key in braces decides the slot, so that a companion shares it with its key.
fn lock_of(key: &CacheKey) -> String {
    format!("{{{key}}}:l")
}

fn fence_of(key: &CacheKey) -> String {
    format!("{{{key}}}:f")
}

fn on_lock<'a>(script: &'a Script, key: &CacheKey) -> ScriptInvocation<'a> {
    let mut invocation = script.key(lock_of(key));
    invocation.key(fence_of(key));
    invocation
}

/// Adds the life of the lock and that of its number.
///
/// The server counts from the millisecond that has begun already, so that a lock would end up to one too soon,
/// while its holder still believes in it.
fn with_lives(invocation: &mut ScriptInvocation<'_>, life: Ttl) {
    let fence = u64::try_from(fence_life(life).as_millis()).unwrap_or(u64::MAX);
    invocation.arg(life.as_millis() + 1).arg(fence);
}

/// What stands in the lock's place while `lease` lasts.
fn mark_of(lease: &Lease) -> String {
    format!("{}:{}", lease.fence(), lease.holder())
}

#[async_trait]
impl Lock for RedisCache {
    async fn acquire(&self, key: &CacheKey, life: Ttl) -> Result<Option<Lease>, CacheError> {
        let (holder, until) = (new_holder(), Instant::now() + life.as_duration());
        let mut script = on_lock(&self.scripts.acquire, key);
        script.arg(holder.as_str());
        with_lives(&mut script, life);
        let fence: Option<u64> = self.run("acquire", key, Work::Script(script)).await?;
        Ok(fence.map(|fence| Lease::new(key, Fence::new(fence), holder, until)))
    }

    async fn extend(&self, lease: &Lease, life: Ttl) -> Result<Option<Lease>, CacheError> {
        let until = Instant::now() + life.as_duration();
        let mut script = on_lock(&self.scripts.extend, lease.key());
        script.arg(mark_of(lease));
        with_lives(&mut script, life);
        let is_held: bool = self
            .run("extend", lease.key(), Work::Script(script))
            .await?;
        Ok(is_held.then(|| lease.clone().ending(until)))
    }

    async fn release(&self, lease: &Lease) -> Result<bool, CacheError> {
        let mut script = self.scripts.compare_and_delete.key(lock_of(lease.key()));
        script.arg(mark_of(lease));
        self.run("release", lease.key(), Work::Script(script)).await
    }

    async fn set_fenced(&self, lease: &Lease, value: Bytes, ttl: Ttl) -> Result<bool, CacheError> {
        let key = lease.key();
        if value.len() > MAX_VALUE_BYTES {
            return Err(CacheError::new(CacheErrorKind::TooLarge, "set_fenced").with_key(key));
        }
        let mut script = self.scripts.set_fenced.key(fence_of(key));
        script
            .key(key.as_str())
            .arg(lease.fence().as_u64())
            .arg(value.as_ref())
            .arg(ttl.as_millis());
        self.run("set_fenced", key, Work::Script(script)).await
    }

    async fn clear(&self, key: &CacheKey) -> Result<bool, CacheError> {
        let script = on_lock(&self.scripts.clear_lock, key);
        self.run("clear", key, Work::Script(script)).await
    }
}
