//! Changes that come between a read below and the keeping of what was read.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use cache::memory::MemoryCache;
use cache::testing::ScriptedInvalidations;
use cache::{Cache, CacheError, CacheErrorKind, CacheKey, Family, NearCache, NearSettings, Ttl};
use futures_util::future::join_all;
use tokio::sync::Semaphore;
use tokio::time::sleep;

use super::key;

/// Lets reads pass one by one, so that a test can act between the reading and the keeping.
#[derive(Debug, Clone)]
struct Gated {
    inner: MemoryCache,
    gate: Arc<Semaphore>,
}

#[async_trait]
impl Cache for Gated {
    async fn get(&self, key: &CacheKey) -> Result<Option<Bytes>, CacheError> {
        let value = self.inner.get(key).await;
        self.gate.acquire().await.unwrap().forget();
        value
    }

    async fn get_many(&self, keys: &[CacheKey]) -> Result<Vec<Option<Bytes>>, CacheError> {
        let values = self.inner.get_many(keys).await;
        self.gate.acquire().await.unwrap().forget();
        values
    }

    async fn set(&self, key: &CacheKey, value: Bytes, ttl: Ttl) -> Result<(), CacheError> {
        let outcome = self.inner.set(key, value, ttl).await;
        self.gate.acquire().await.unwrap().forget();
        outcome
    }

    async fn delete(&self, key: &CacheKey) -> Result<bool, CacheError> {
        self.inner.delete(key).await
    }

    async fn compare_and_delete(
        &self,
        key: &CacheKey,
        expected: &Bytes,
    ) -> Result<bool, CacheError> {
        self.inner.compare_and_delete(key, expected).await
    }

    async fn bump(&self, key: &CacheKey, ttl: Ttl) -> Result<u64, CacheError> {
        self.inner.bump(key, ttl).await
    }

    async fn ttl(&self, key: &CacheKey) -> Result<Option<Duration>, CacheError> {
        self.inner.ttl(key).await
    }

    async fn ping(&self) -> Result<Duration, CacheError> {
        self.inner.ping().await
    }

    async fn shutdown(&self) {
        self.inner.shutdown().await;
    }
}

fn gated(permits: usize) -> (Gated, ScriptedInvalidations, NearCache<Gated>) {
    let gated = Gated {
        inner: MemoryCache::new(),
        gate: Arc::new(Semaphore::new(permits)),
    };
    let source = ScriptedInvalidations::new();
    let settings = NearSettings::new().with_family(Family::Generation);
    let near = NearCache::following(gated.clone(), settings, Arc::new(source.clone()));
    (gated, source, near)
}

#[tokio::test(start_paused = true)]
async fn a_change_whose_caller_goes_away_is_forgotten_too() {
    let (gated, _source, near) = gated(2);
    near.get(&key(1)).await.unwrap();
    while !near.is_following() {
        sleep(Duration::from_millis(1)).await;
    }
    let (one, old) = (key(1), Bytes::from("old"));
    gated.inner.set(&one, old.clone(), Ttl::MAX).await.unwrap();
    assert_eq!(near.get(&one).await.unwrap(), Some(old.clone()));
    assert_eq!(near.get(&one).await.unwrap(), Some(old));
    let mut change = near.set(&one, "new".into(), Ttl::MAX);
    assert!(futures_util::poll!(&mut change).is_pending());
    drop(change);
    gated.gate.add_permits(1);
    assert_eq!(near.get(&one).await.unwrap().unwrap(), "new");
}

#[tokio::test(start_paused = true)]
async fn a_change_between_the_reading_and_the_keeping_is_not_missed() {
    let (gated, source, near) = gated(1);
    let inner = gated.inner.clone();
    near.get(&key(0)).await.unwrap();
    while !near.is_following() {
        sleep(Duration::from_millis(1)).await;
    }
    let events: [&dyn Fn(); 3] = [&|| source.change(&key(1)), &|| source.change_all(), &|| {
        source.end(CacheErrorKind::Unavailable);
    }];
    for (number, event) in events.into_iter().enumerate() {
        inner.set(&key(1), "old".into(), Ttl::MAX).await.unwrap();
        let reads = (0..4).map(|reader| {
            let near = near.clone();
            tokio::spawn(async move {
                match reader % 2 {
                    0 => near.get(&key(1)).await.map(|_| ()),
                    _ => near.get_many(&[key(1)]).await.map(|_| ()),
                }
            })
        });
        let reads: Vec<_> = reads.collect();
        sleep(Duration::from_millis(1)).await;
        inner.set(&key(1), "new".into(), Ttl::MAX).await.unwrap();
        event();
        gated.gate.add_permits(100);
        join_all(reads)
            .await
            .into_iter()
            .for_each(|read| read.unwrap().unwrap());
        while !near.is_following() {
            sleep(Duration::from_millis(1)).await;
        }
        let value = near.get(&key(1)).await.unwrap().unwrap();
        assert_eq!(value, "new", "event {number}");
        gated.gate.forget_permits(1_000);
        source.change_all();
    }
}
