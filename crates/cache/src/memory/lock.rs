//! The lock port over the memory of the process.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::time::Instant;

use super::{Entry, MemoryCache, Value};
use crate::lock::{fence_life, new_holder};
use crate::{CacheError, CacheErrorKind, CacheKey, Fence, Lease, Lock, MAX_VALUE_BYTES, Ttl};

/// The locks that are held. They never make room for values: an evicted lock would be held twice.
#[derive(Debug, Default)]
pub(super) struct Held(Mutex<HashMap<CacheKey, Holder>>);

#[derive(Debug)]
struct Holder {
    name: String,
    fence: Fence,
    until: Instant,
}

impl Held {
    fn table(&self) -> MutexGuard<'_, HashMap<CacheKey, Holder>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the lease down unless another lasts.
    fn take(&self, lease: &Lease, until: Instant) -> bool {
        let now = Instant::now();
        let mut table = self.table();
        let holder = table.get(lease.key());
        if holder.is_some_and(|holder| holder.until > now) {
            return false;
        }
        // Each growth of the table pays for one look at what ended meanwhile.
        if table.len() == table.capacity() {
            table.retain(|_, holder| holder.until > now);
        }
        let holder = Holder {
            name: lease.holder().to_owned(),
            fence: lease.fence(),
            until,
        };
        table.insert(lease.key().clone(), holder);
        true
    }

    fn extend(&self, lease: &Lease, until: Instant) -> bool {
        let now = Instant::now();
        let mut table = self.table();
        let holder = table.get_mut(lease.key());
        let Some(holder) = holder.filter(|holder| holder.is(lease, now)) else {
            return false;
        };
        holder.until = until;
        true
    }

    fn free(&self, lease: &Lease) -> bool {
        let now = Instant::now();
        let mut table = self.table();
        let is_held = table
            .get(lease.key())
            .is_some_and(|holder| holder.is(lease, now));
        if is_held {
            table.remove(lease.key());
        }
        is_held
    }

    fn remove(&self, key: &CacheKey) -> bool {
        let holder = self.table().remove(key);
        holder.is_some_and(|holder| holder.until > Instant::now())
    }

    pub(super) fn remove_all(&self) {
        self.table().clear();
    }
}

impl Holder {
    fn is(&self, lease: &Lease, now: Instant) -> bool {
        self.name == lease.holder() && self.fence == lease.fence() && self.until > now
    }
}

impl MemoryCache {
    fn note_fence(&self, key: &CacheKey, fence: Fence, life: Ttl) {
        let entry = Entry::new(Value::Token(fence.as_u64()), fence_life(life));
        self.0.fences.insert(key.clone(), entry);
    }

    fn is_newest(&self, lease: &Lease) -> bool {
        let newest = self.0.fences.get(lease.key()).filter(Entry::is_alive);
        matches!(newest, Some(Entry { value: Value::Token(fence), .. }) if fence == lease.fence().as_u64())
    }
}

#[async_trait]
impl Lock for MemoryCache {
    async fn acquire(&self, key: &CacheKey, life: Ttl) -> Result<Option<Lease>, CacheError> {
        self.open("acquire")?;
        let _locked = self.locked(key);
        let until = Instant::now() + life.as_duration();
        // One counter for all keys never repeats, whatever was lost in between.
        let fence = Fence::new(self.next_version());
        let lease = Lease::new(key, fence, new_holder(), until);
        let is_ours = self.0.held.take(&lease, until);
        if is_ours {
            self.note_fence(key, fence, life);
        }
        Ok(is_ours.then_some(lease))
    }

    async fn extend(&self, lease: &Lease, life: Ttl) -> Result<Option<Lease>, CacheError> {
        self.open("extend")?;
        let _locked = self.locked(lease.key());
        let until = Instant::now() + life.as_duration();
        if !self.0.held.extend(lease, until) {
            return Ok(None);
        }
        self.note_fence(lease.key(), lease.fence(), life);
        Ok(Some(lease.clone().ending(until)))
    }

    async fn release(&self, lease: &Lease) -> Result<bool, CacheError> {
        self.open("release")?;
        let _locked = self.locked(lease.key());
        Ok(self.0.held.free(lease))
    }

    async fn set_fenced(&self, lease: &Lease, value: Bytes, ttl: Ttl) -> Result<bool, CacheError> {
        self.open("set_fenced")?;
        if value.len() > MAX_VALUE_BYTES {
            let error = CacheError::new(CacheErrorKind::TooLarge, "set_fenced");
            return Err(error.with_key(lease.key()));
        }
        let _locked = self.locked(lease.key());
        let is_newest = self.is_newest(lease);
        if is_newest {
            self.put(lease.key(), Value::Bytes(value), ttl);
        }
        Ok(is_newest)
    }

    async fn clear(&self, key: &CacheKey) -> Result<bool, CacheError> {
        self.open("clear")?;
        let _locked = self.locked(key);
        self.0.fences.invalidate(key);
        Ok(self.0.held.remove(key))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn locks_that_ended_make_room() {
        let cache = MemoryCache::new();
        let life = Ttl::new(Duration::from_millis(10)).unwrap();
        for number in 0..10_000 {
            let key = CacheKey::new(format!("key:{number}")).unwrap();
            assert!(cache.acquire(&key, life).await.unwrap().is_some());
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        assert!(cache.0.held.table().len() < 64);
    }
}
