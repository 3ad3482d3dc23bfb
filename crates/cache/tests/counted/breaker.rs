//! Whether the Redis adapter refuses calls is shown.

use std::time::Duration;

use cache::redis::{RedisCache, RedisSettings};
use cache::testing::RedisServer;
use cache::{Cache, CacheKey};
use tokio::time::sleep;

use super::recorder::Recorder;

const OPEN: &str = "cache.breaker_open{}";

/// Asks until the gauge shows `expected`, for ten seconds at most.
async fn ask_until(cache: &RedisCache, recorder: &Recorder, expected: f64) {
    let key = CacheKey::new("key").unwrap();
    for _ in 0..1_000 {
        let _ = cache.get(&key).await;
        if recorder.gauge(OPEN) == Some(expected) {
            return;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!(
        "the gauge shows {:?} in place of {expected}",
        recorder.gauge(OPEN)
    );
}

#[tokio::test]
async fn an_open_breaker_shows_and_so_does_a_closed_one() {
    let recorder = Recorder::default();
    let _local = metrics::set_default_local_recorder(&recorder);
    let mut server = RedisServer::start();
    let cache = RedisCache::new(RedisSettings::new("127.0.0.1", server.port())).unwrap();
    cache.ping().await.unwrap();
    assert_eq!(recorder.gauge(OPEN), None);
    server.stop();
    ask_until(&cache, &recorder, 1.0).await;
    server.restart();
    ask_until(&cache, &recorder, 0.0).await;
}
