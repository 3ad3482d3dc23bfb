//! The cache port over the memory of the process.

use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::{Entry, MemoryCache, Value, misused};
use crate::{Cache, CacheError, CacheErrorKind, CacheKey, MAX_VALUE_BYTES, Ttl};

impl MemoryCache {
    fn bytes(&self, operation: &'static str, key: &CacheKey) -> Result<Option<Bytes>, CacheError> {
        match self.live(key) {
            None => Ok(None),
            Some(entry) if entry.is_empty_list() => Ok(None),
            Some(Entry {
                value: Value::Bytes(bytes),
                ..
            }) => Ok(Some(bytes)),
            Some(_) => Err(misused(operation, key)),
        }
    }

    /// Returns the version under `key`, zero when there is none.
    pub(super) fn version_of(
        &self,
        operation: &'static str,
        key: &CacheKey,
    ) -> Result<u64, CacheError> {
        match self.bytes(operation, key)? {
            None => Ok(0),
            Some(digits) => version(&digits).ok_or_else(|| misused(operation, key)),
        }
    }

    /// Puts a version after `before` under `key`, whose lock is held.
    pub(super) fn raise(&self, key: &CacheKey, before: u64, ttl: Ttl) -> u64 {
        // One counter for all keys never repeats, whatever was lost in between.
        self.0.versions.fetch_max(before, Ordering::Relaxed);
        let version = self.next_version();
        self.put(key, Value::Bytes(version.to_string().into()), ttl);
        version
    }

    /// What any caller of the byte side would call present.
    fn present(&self, key: &CacheKey) -> Option<Entry> {
        self.live(key).filter(|entry| !entry.is_empty_list())
    }
}

#[async_trait]
impl Cache for MemoryCache {
    async fn get(&self, key: &CacheKey) -> Result<Option<Bytes>, CacheError> {
        self.open("get")?;
        let _locked = self.locked(key);
        self.bytes("get", key)
    }

    async fn get_many(&self, keys: &[CacheKey]) -> Result<Vec<Option<Bytes>>, CacheError> {
        self.open("get_many")?;
        let _locked = self.locked_all(keys.iter());
        let values = keys.iter().map(|key| self.bytes("get_many", key));
        Ok(values.map(Result::unwrap_or_default).collect())
    }

    async fn set(&self, key: &CacheKey, value: Bytes, ttl: Ttl) -> Result<(), CacheError> {
        self.open("set")?;
        if value.len() > MAX_VALUE_BYTES {
            return Err(CacheError::new(CacheErrorKind::TooLarge, "set").with_key(key));
        }
        let _locked = self.locked(key);
        self.put(key, Value::Bytes(value), ttl);
        Ok(())
    }

    async fn delete(&self, key: &CacheKey) -> Result<bool, CacheError> {
        self.open("delete")?;
        let _locked = self.locked(key);
        if self.present(key).is_none() {
            return Ok(false);
        }
        self.0.entries.invalidate(key);
        Ok(true)
    }

    async fn compare_and_delete(
        &self,
        key: &CacheKey,
        expected: &Bytes,
    ) -> Result<bool, CacheError> {
        self.open("compare_and_delete")?;
        let _locked = self.locked(key);
        let equal = self.bytes("compare_and_delete", key)?.as_ref() == Some(expected);
        if equal {
            self.0.entries.invalidate(key);
        }
        Ok(equal)
    }

    async fn bump(&self, key: &CacheKey, ttl: Ttl) -> Result<u64, CacheError> {
        self.open("bump")?;
        let _locked = self.locked(key);
        let before = self.version_of("bump", key)?;
        Ok(self.raise(key, before, ttl))
    }

    async fn ttl(&self, key: &CacheKey) -> Result<Option<Duration>, CacheError> {
        self.open("ttl")?;
        Ok(self.present(key).map(|entry| entry.life_left()))
    }

    async fn ping(&self) -> Result<Duration, CacheError> {
        self.open("ping")?;
        Ok(Duration::ZERO)
    }

    async fn shutdown(&self) {
        self.0.closed.store(true, Ordering::Release);
        self.0.entries.invalidate_all();
        self.0.tokens.invalidate_all();
        self.0.fences.invalidate_all();
        self.0.held.remove_all();
    }
}

/// The largest whole number that every JSON reader understands.
const LARGEST_VERSION: u64 = (1 << 53) - 1;

fn version(digits: &[u8]) -> Option<u64> {
    let number: u64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    (number < LARGEST_VERSION).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_bytes_held_stay_within_the_bound() {
        let cache = MemoryCache::with_max_bytes(1_000_000);
        let value = Bytes::from(vec![7; 1_000]);
        for number in 0..5_000 {
            let key = CacheKey::new(format!("key:{number}")).unwrap();
            cache.set(&key, value.clone(), Ttl::MAX).await.unwrap();
        }
        let used = cache.used_bytes();
        assert!((500_000..=1_000_000).contains(&used), "{used}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_day_passes_at_once_when_time_is_paused() {
        let cache = MemoryCache::new();
        let key = CacheKey::new("key").unwrap();
        cache
            .set(&key, "value".into(), Ttl::of_seconds(86_400))
            .await
            .unwrap();
        tokio::time::advance(Duration::from_secs(86_399)).await;
        assert!(cache.get(&key).await.unwrap().is_some());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(cache.get(&key).await.unwrap().is_none());
    }

    #[test]
    fn only_whole_numbers_are_versions() {
        assert_eq!(version(b"17"), Some(17));
        for digits in [&b""[..], b"-1", b"1.5", b"x", b"9007199254740992", b"\xff"] {
            assert_eq!(version(digits), None, "{digits:?}");
        }
    }
}
