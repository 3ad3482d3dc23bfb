//! What stands under a key, and until when.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use moka::Expiry;
use tokio::time::Instant;

use crate::CacheKey;

/// What the maps and the reference counts around an entry take, roughly.
const OVERHEAD: usize = 128;

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) value: Value,
    ends: Instant,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Bytes(Bytes),
    List(Arc<Ids>),
    Token(u64),
}

/// The ids of a warm list, newest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Ids {
    pub(super) ids: Vec<String>,
    /// Whether nothing older than the last id exists.
    pub(super) all: bool,
}

impl Entry {
    pub(super) fn new(value: Value, life: Duration) -> Self {
        Self {
            value,
            ends: Instant::now() + life,
        }
    }

    pub(super) fn is_alive(&self) -> bool {
        self.ends > Instant::now()
    }

    pub(super) fn life_left(&self) -> Duration {
        self.ends.saturating_duration_since(Instant::now())
    }

    /// An empty list is known to be empty, but to the byte side of the cache there is nothing.
    pub(super) fn is_empty_list(&self) -> bool {
        matches!(&self.value, Value::List(list) if list.ids.is_empty())
    }

    pub(super) fn weight(&self, key: &CacheKey) -> u32 {
        let value = match &self.value {
            Value::Bytes(bytes) => bytes.len(),
            Value::List(list) => list.ids.iter().map(|id| id.len() + 24).sum(),
            Value::Token(_) => 8,
        };
        u32::try_from(key.as_str().len() + value + OVERHEAD).unwrap_or(u32::MAX)
    }
}

/// Tells moka when an entry may be dropped to give its memory back.
///
/// What readers see is decided by [`Entry::is_alive`], which follows tokio's clock.
#[derive(Debug)]
pub(super) struct Life;

#[expect(
    clippy::disallowed_types,
    reason = "moka's trait names the standard clock; we don't read it"
)]
impl Expiry<CacheKey, Entry> for Life {
    fn expire_after_create(
        &self,
        _key: &CacheKey,
        entry: &Entry,
        _at: std::time::Instant,
    ) -> Option<Duration> {
        Some(entry.life_left())
    }

    fn expire_after_update(
        &self,
        _key: &CacheKey,
        entry: &Entry,
        _at: std::time::Instant,
        _left: Option<Duration>,
    ) -> Option<Duration> {
        Some(entry.life_left())
    }
}
