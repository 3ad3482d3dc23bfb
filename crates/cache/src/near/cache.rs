//! The cache port of the near cache.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::{join, join_all};

use super::NearCache;
use super::table::{Table, Ticket};
use crate::{Cache, CacheError, CacheKey, Ttl};

/// A change of one key: what is held under it is forgotten when the change ends, however it ends.
pub(super) struct Change<'a> {
    table: &'a Table,
    key: &'a CacheKey,
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        if self.table.settings().holds(self.key.as_str()) {
            self.table.changed(self.key);
        }
    }
}

impl<C> NearCache<C> {
    pub(super) fn change<'a>(&'a self, key: &'a CacheKey) -> Change<'a> {
        Change {
            table: &self.table,
            key,
        }
    }
}

impl<C: Cache> NearCache<C> {
    /// Returns the value when it is held, and otherwise the right to hold the one that is about to be read.
    fn look_up(&self, key: &CacheKey) -> Result<Bytes, Option<Ticket>> {
        if !self.table.settings().holds(key.as_str()) {
            return Err(None);
        }
        if let Some(value) = self.table.get(key) {
            metrics::counter!("cache.near.reads", "outcome" => "hit").increment(1);
            return Ok(value);
        }
        self.follower.start();
        let ticket = self.table.ticket(key);
        if ticket.is_some() {
            metrics::counter!("cache.near.reads", "outcome" => "miss").increment(1);
        } else {
            metrics::counter!("cache.near.reads", "outcome" => "bypass").increment(1);
        }
        Err(ticket)
    }

    /// Asks how long the value lives; whoever cannot be told holds nothing.
    async fn left(&self, key: &CacheKey) -> Option<Duration> {
        self.inner.ttl(key).await.ok().flatten()
    }

    /// Reads `keys` from below in one round trip, and holds what `tickets` allow.
    async fn fetch(
        &self,
        keys: &[CacheKey],
        tickets: &[Option<Ticket>],
    ) -> Result<Vec<Option<Bytes>>, CacheError> {
        let held = keys.iter().zip(tickets);
        let lives = held.map(async |(key, ticket)| Some((self.left(key).await?, (*ticket)?)));
        let lives = join_all(lives);
        let (found, lives) = join(self.inner.get_many(keys), lives).await;
        let found = found?;
        for ((key, value), life) in keys.iter().zip(&found).zip(lives) {
            if let (Some(value), Some((left, ticket))) = (value, life) {
                self.table.insert(key, value, left, ticket);
            }
        }
        Ok(found)
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<C: Cache> Cache for NearCache<C> {
    async fn get(&self, key: &CacheKey) -> Result<Option<Bytes>, CacheError> {
        let ticket = match self.look_up(key) {
            Ok(value) => return Ok(Some(value)),
            Err(Some(ticket)) => ticket,
            Err(None) => return self.inner.get(key).await,
        };
        let (value, left) = join(self.inner.get(key), self.left(key)).await;
        let value = value?;
        if let (Some(value), Some(left)) = (&value, left) {
            self.table.insert(key, value, left, ticket);
        }
        Ok(value)
    }

    async fn get_many(&self, keys: &[CacheKey]) -> Result<Vec<Option<Bytes>>, CacheError> {
        let mut values = vec![None; keys.len()];
        let (mut places, mut missing, mut tickets) = (Vec::new(), Vec::new(), Vec::new());
        for (place, key) in keys.iter().enumerate() {
            match self.look_up(key) {
                Ok(value) => values[place] = Some(value),
                Err(ticket) => {
                    places.push(place);
                    missing.push(key.clone());
                    tickets.push(ticket);
                }
            }
        }
        // A call without keys goes below too: it is refused there after a shutdown.
        if !missing.is_empty() || keys.is_empty() {
            let found = self.fetch(&missing, &tickets).await?;
            for (place, value) in places.into_iter().zip(found) {
                values[place] = value;
            }
        }
        Ok(values)
    }

    async fn set(&self, key: &CacheKey, value: Bytes, ttl: Ttl) -> Result<(), CacheError> {
        let _change = self.change(key);
        self.inner.set(key, value, ttl).await
    }

    async fn delete(&self, key: &CacheKey) -> Result<bool, CacheError> {
        let _change = self.change(key);
        self.inner.delete(key).await
    }

    async fn compare_and_delete(
        &self,
        key: &CacheKey,
        expected: &Bytes,
    ) -> Result<bool, CacheError> {
        let _change = self.change(key);
        self.inner.compare_and_delete(key, expected).await
    }

    async fn bump(&self, key: &CacheKey, ttl: Ttl) -> Result<u64, CacheError> {
        let _change = self.change(key);
        self.inner.bump(key, ttl).await
    }

    async fn ttl(&self, key: &CacheKey) -> Result<Option<Duration>, CacheError> {
        self.inner.ttl(key).await
    }

    async fn ping(&self) -> Result<Duration, CacheError> {
        self.inner.ping().await
    }

    async fn shutdown(&self) {
        self.follower.stop().await;
        self.table.close();
        self.inner.shutdown().await;
    }
}
