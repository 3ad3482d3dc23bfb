//! A server that gives no answer costs each call its limit at most.

use std::error::Error as _;
use std::time::Duration;

use cache::redis::RedisCache;
use cache::testing::RedisServer;
use cache::{Cache, CacheErrorKind};
use futures_util::future::join_all;
use tokio::time::Instant;

use super::{cache, eventually, id_of_ours, key, kind_of_get, settings};

#[tokio::test]
async fn a_frozen_server_costs_each_call_at_most_its_limit() {
    let server = RedisServer::start();
    let cache = cache(&server);
    eventually("the first answer", async || cache.ping().await.is_ok()).await;
    server.freeze();
    let begin = Instant::now();
    let callers = (0..32).map(|_| {
        let cache = cache.clone();
        tokio::spawn(async move {
            let mut slowest = Duration::ZERO;
            for _ in 0..20 {
                let start = Instant::now();
                assert!(cache.get(&key()).await.is_err());
                slowest = slowest.max(start.elapsed());
            }
            slowest
        })
    });
    let slowest = join_all(callers)
        .await
        .into_iter()
        .map(Result::unwrap)
        .max()
        .unwrap();
    // The limit is 150 ms; the rest is room for a machine that is busy with other tests.
    assert!(slowest < Duration::from_millis(400), "{slowest:?}");
    assert!(
        begin.elapsed() < Duration::from_secs(3),
        "{:?}",
        begin.elapsed()
    );
}

#[tokio::test]
async fn an_open_breaker_refuses_in_microseconds_and_closes_when_the_server_is_back() {
    let server = RedisServer::start();
    let cache = cache(&server);
    eventually("the first answer", async || cache.ping().await.is_ok()).await;
    server.freeze();
    for _ in 0..10 {
        assert!(cache.get(&key()).await.is_err());
    }
    let mut times: Vec<_> = Vec::new();
    for _ in 0..200 {
        let start = Instant::now();
        assert_eq!(kind_of_get(&cache).await, Some(CacheErrorKind::TimedOut));
        times.push(start.elapsed());
    }
    times.sort_unstable();
    assert!(times[100] < Duration::from_millis(1), "{:?}", times[100]);
    server.thaw();
    let start = Instant::now();
    eventually("an answer again", async || cache.get(&key()).await.is_ok()).await;
    assert!(
        start.elapsed() < Duration::from_secs(4),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn a_connection_that_gives_no_answer_twice_is_replaced() {
    let server = RedisServer::start();
    let cache = RedisCache::new(settings(&server).with_pool_size(1)).unwrap();
    eventually("the first answer", async || cache.ping().await.is_ok()).await;
    let before = id_of_ours(&server.call(&["CLIENT", "LIST"]));
    server.freeze();
    for _ in 0..2 {
        assert_eq!(kind_of_get(&cache).await, Some(CacheErrorKind::TimedOut));
    }
    server.thaw();
    eventually("an answer again", async || cache.ping().await.is_ok()).await;
    let clients = server.call(&["CLIENT", "LIST"]);
    assert!(
        !clients.contains(&format!("{before} ")),
        "{before} in {clients}"
    );
}

#[tokio::test]
async fn a_refused_connection_is_unavailable_within_the_limit() {
    let mut server = RedisServer::start();
    server.stop();
    let cache = cache(&server);
    for _ in 0..50 {
        let start = Instant::now();
        assert_eq!(kind_of_get(&cache).await, Some(CacheErrorKind::Unavailable));
        assert!(start.elapsed() < Duration::from_millis(400));
    }
    let error = cache.ping().await.unwrap_err();
    assert_eq!(error.operation(), "ping");
    assert!(error.is_retryable() && error.source().is_some());
}
