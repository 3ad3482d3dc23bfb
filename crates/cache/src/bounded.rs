//! What a process keeps for itself: bounded in bytes, each thing with an end.

use std::fmt;
use std::time::Duration;

use moka::Expiry;
use moka::sync::Cache as Moka;
use tokio::time::Instant;

use crate::CacheKey;

/// What the maps and the reference counts around an entry take, roughly.
const OVERHEAD: usize = 128;

/// A table from keys to things that end. When it is full, what is asked for least goes first.
pub(crate) struct Bounded<V>(Moka<CacheKey, Kept<V>>)
where
    V: Weigh + Clone + Send + Sync + 'static;

/// How many bytes a thing takes beside its key.
pub(crate) trait Weigh {
    fn bytes(&self) -> usize {
        0
    }
}

#[derive(Debug, Clone)]
struct Kept<V> {
    value: V,
    until: Instant,
}

impl<V: Weigh + Clone + Send + Sync + 'static> Bounded<V> {
    pub(crate) fn new(max_bytes: u64) -> Self {
        let table = Moka::builder()
            .max_capacity(max_bytes)
            .weigher(|key: &CacheKey, kept: &Kept<V>| {
                let bytes = key.as_str().len() + kept.value.bytes() + OVERHEAD;
                u32::try_from(bytes).unwrap_or(u32::MAX)
            })
            .expire_after(Life)
            .build();
        Self(table)
    }

    /// Returns what stands under `key` and when it ends.
    pub(crate) fn get(&self, key: &CacheKey) -> Option<(V, Instant)> {
        let kept = self.0.get(key)?;
        (kept.until > Instant::now()).then_some((kept.value, kept.until))
    }

    pub(crate) fn put(&self, key: &CacheKey, value: V, until: Instant) {
        self.0.insert(key.clone(), Kept { value, until });
    }

    pub(crate) fn remove(&self, key: &CacheKey) {
        self.0.invalidate(key);
    }

    #[cfg(test)]
    pub(crate) fn used_bytes(&self) -> u64 {
        self.0.run_pending_tasks();
        self.0.weighted_size()
    }
}

impl<V: Weigh + Clone + Send + Sync + 'static> fmt::Debug for Bounded<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bounded").finish_non_exhaustive()
    }
}

/// Tells moka when an entry may be dropped; what readers see follows tokio's clock.
struct Life;

#[expect(
    clippy::disallowed_types,
    reason = "moka's trait names the standard clock; we don't read it"
)]
impl<V> Expiry<CacheKey, Kept<V>> for Life {
    fn expire_after_create(
        &self,
        _key: &CacheKey,
        kept: &Kept<V>,
        _at: std::time::Instant,
    ) -> Option<Duration> {
        Some(kept.until.saturating_duration_since(Instant::now()))
    }

    fn expire_after_update(
        &self,
        _key: &CacheKey,
        kept: &Kept<V>,
        _at: std::time::Instant,
        _left: Option<Duration>,
    ) -> Option<Duration> {
        Some(kept.until.saturating_duration_since(Instant::now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, PartialEq)]
    struct Thing(usize);

    impl Weigh for Thing {
        fn bytes(&self) -> usize {
            self.0
        }
    }

    fn key(number: usize) -> CacheKey {
        CacheKey::new(format!("key:{number}")).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_thing_is_gone_at_its_end() {
        let table = Bounded::new(10_000);
        let until = Instant::now() + Duration::from_secs(5);
        table.put(&key(1), Thing(1), until);
        tokio::time::advance(Duration::from_millis(4_999)).await;
        assert_eq!(table.get(&key(1)), Some((Thing(1), until)));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(table.get(&key(1)), None);
    }

    #[test]
    fn the_bytes_held_stay_within_the_bound() {
        let table = Bounded::new(1_000_000);
        let until = Instant::now() + Duration::from_mins(1);
        for number in 0..5_000 {
            table.put(&key(number), Thing(1_000), until);
        }
        let used = table.used_bytes();
        assert!((500_000..=1_000_000).contains(&used), "{used}");
    }
}
