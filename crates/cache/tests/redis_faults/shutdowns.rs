//! A shutdown waits for what is in flight, within its limits, and leaves no connection.

use std::time::Duration;

use cache::testing::RedisServer;
use cache::{Cache, CacheErrorKind, CacheKey};
use futures_util::future::join_all;
use tokio::time::{Instant, sleep, timeout};

use super::{NAME, cache, connections_of, eventually, key, kind_of_get, minute, patient};

#[tokio::test]
async fn after_a_shutdown_the_server_lists_none_of_our_connections() {
    let server = RedisServer::start();
    let cache = patient(&server);
    let key_of_all = key();
    let calls = (0..100).map(|_| cache.set(&key_of_all, "value".into(), minute()));
    join_all(calls).await.into_iter().for_each(Result::unwrap);
    assert_eq!(connections_of(&server, NAME), 1);

    timeout(Duration::from_secs(2), cache.shutdown())
        .await
        .unwrap();
    // Not even one without a name; the last line is of the one that asks.
    eventually("no connection is left", async || {
        server.ask(&["CLIENT", "LIST"]).lines().count() == 1
    })
    .await;
    let start = Instant::now();
    assert_eq!(kind_of_get(&cache).await, Some(CacheErrorKind::Closed));
    assert!(start.elapsed() < Duration::from_millis(100));
}

#[tokio::test]
async fn a_shutdown_waits_for_calls_in_flight() {
    let server = RedisServer::start();
    let cache = patient(&server);
    cache.ping().await.unwrap();
    server.freeze();
    let calls: Vec<_> = (0..20)
        .map(|number| {
            let (cache, key) = (
                cache.clone(),
                CacheKey::new(format!("drain:{number}")).unwrap(),
            );
            tokio::spawn(async move { cache.set(&key, "value".into(), minute()).await })
        })
        .collect();
    sleep(Duration::from_millis(100)).await;
    let closing = tokio::spawn({
        let cache = cache.clone();
        async move { cache.shutdown().await }
    });
    sleep(Duration::from_millis(100)).await;
    assert_eq!(kind_of_get(&cache).await, Some(CacheErrorKind::Closed));
    assert!(!closing.is_finished());
    server.thaw();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    closing.await.unwrap();
    eventually("no connection is left", async || {
        connections_of(&server, NAME) == 0
    })
    .await;
}

#[tokio::test]
async fn a_shutdown_of_a_frozen_server_ends_within_its_limits() {
    let server = RedisServer::start();
    let cache = cache(&server);
    server.freeze();
    let call = tokio::spawn({
        let cache = cache.clone();
        async move { cache.ping().await }
    });
    sleep(Duration::from_millis(20)).await;
    timeout(Duration::from_secs(2), cache.shutdown())
        .await
        .unwrap();
    assert!(call.await.unwrap().is_err());
}
