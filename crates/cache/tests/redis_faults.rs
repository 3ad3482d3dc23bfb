//! What callers meet when Redis is away, frozen, restarted, or refuses.
#![cfg(feature = "redis")]
#![expect(clippy::unwrap_used, reason = "the helpers of tests panic as tests do")]

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use cache::redis::{RedisCache, RedisSettings};
use cache::testing::RedisServer;
use cache::{Cache, CacheErrorKind, CacheKey, Ttl};
use core_config::Secret;
use futures_util::future::join_all;
use tokio::time::{Instant, sleep, timeout};

const NAME: &str = "fault-test";

fn settings(server: &RedisServer) -> RedisSettings {
    RedisSettings::new("127.0.0.1", server.port()).with_client_name(NAME)
}

fn cache(server: &RedisServer) -> RedisCache {
    RedisCache::new(settings(server)).unwrap()
}

/// A cache whose limits a busy machine does not meet by accident.
fn patient(server: &RedisServer) -> RedisCache {
    RedisCache::new(patient_settings(server)).unwrap()
}

fn patient_settings(server: &RedisServer) -> RedisSettings {
    let limit = Duration::from_secs(10);
    settings(server)
        .with_call_limit(limit)
        .with_response_limit(limit)
        .with_connect_limit(limit)
}

fn key() -> CacheKey {
    CacheKey::new("fault:key").unwrap()
}

fn minute() -> Ttl {
    Ttl::new(Duration::from_mins(1)).unwrap()
}

fn connections_of(server: &RedisServer, name: &str) -> usize {
    let clients = server.call(&["CLIENT", "LIST"]);
    clients.matches(&format!(" name={name} ")).count()
}

async fn kind_of_get(cache: &RedisCache) -> Option<CacheErrorKind> {
    cache.get(&key()).await.err().map(|error| error.kind())
}

/// Waits up to five seconds for `check` to hold.
async fn eventually(what: &str, mut check: impl AsyncFnMut() -> bool) {
    for _ in 0..250 {
        if check().await {
            return;
        }
        sleep(Duration::from_millis(20)).await;
    }
    panic!("not within five seconds: {what}");
}

#[tokio::test]
async fn after_a_shutdown_the_server_lists_none_of_our_connections() {
    let server = RedisServer::start();
    let cache = patient(&server);
    let key_of_all = key();
    let calls = (0..100).map(|_| cache.set(&key_of_all, "value".into(), minute()));
    join_all(calls).await.into_iter().for_each(Result::unwrap);
    assert_eq!(connections_of(&server, NAME), 2);

    timeout(Duration::from_secs(2), cache.shutdown())
        .await
        .unwrap();
    eventually("no connection is left", async || {
        connections_of(&server, NAME) == 0
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

#[tokio::test]
async fn a_restart_while_idle_is_not_seen_by_callers() {
    let mut server = RedisServer::start();
    let cache = patient(&server);
    let pings = (0..10).map(|_| cache.ping());
    join_all(pings)
        .await
        .into_iter()
        .for_each(|ping| assert!(ping.is_ok()));
    server.restart();
    for _ in 0..10 {
        cache.set(&key(), "value".into(), minute()).await.unwrap();
    }
    assert_eq!(connections_of(&server, NAME), 2);
}

#[tokio::test]
async fn without_retries_a_restart_costs_one_call_for_each_connection() {
    let mut server = RedisServer::start();
    let settings = patient_settings(&server).with_max_retries(0);
    let cache = RedisCache::new(settings).unwrap();
    for _ in 0..2 {
        cache.ping().await.unwrap();
    }
    server.restart();
    let mut failures = 0;
    for _ in 0..10 {
        if let Err(error) = cache.get(&key()).await {
            assert_eq!(error.kind(), CacheErrorKind::Unavailable);
            failures += 1;
        }
    }
    assert_eq!(failures, 2);
}

#[tokio::test]
async fn missing_and_wrong_passwords_are_refused() {
    let server = RedisServer::start_with(&["--requirepass", "word"]);
    let right = patient_settings(&server).with_password(Secret::new("word"));
    RedisCache::new(right).unwrap().ping().await.unwrap();
    let none = patient_settings(&server);
    let wrong = patient_settings(&server).with_password(Secret::new("planted-canary"));
    let user = wrong.clone().with_username("nobody");
    for settings in [none, wrong, user] {
        let cache = RedisCache::new(settings).unwrap();
        let error = cache.get(&key()).await.unwrap_err();
        assert_eq!(error.kind(), CacheErrorKind::Refused, "{error:?}");
        let shown = format!("{error} {error:?} {cache:?}");
        assert!(!shown.contains("planted-canary"), "{shown}");
    }
}

#[tokio::test]
async fn a_password_for_a_server_without_one_is_refused() {
    let server = RedisServer::start();
    let settings = patient_settings(&server).with_password(Secret::new("word"));
    let outcome = RedisCache::new(settings).unwrap().ping().await;
    assert_eq!(outcome.unwrap_err().kind(), CacheErrorKind::Refused);
}

#[tokio::test]
async fn a_user_without_rights_is_refused() {
    let server = RedisServer::start();
    server.call(&[
        "ACL",
        "SETUSER",
        "reader",
        "on",
        ">word",
        "~*",
        "+@connection",
        "+get",
    ]);
    let settings = patient_settings(&server)
        .with_username("reader")
        .with_password(Secret::new("word"));
    let cache = RedisCache::new(settings).unwrap();
    assert_eq!(cache.get(&key()).await.unwrap(), None);
    let error = cache
        .set(&key(), "value".into(), minute())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), CacheErrorKind::Refused);
}

#[tokio::test]
async fn a_database_that_is_not_there_is_a_wrong_setting() {
    let server = RedisServer::start();
    let cache = RedisCache::new(patient_settings(&server).with_database(99)).unwrap();
    assert_eq!(kind_of_get(&cache).await, Some(CacheErrorKind::Config));
}

#[tokio::test]
async fn another_type_under_the_key_is_misuse() {
    let server = RedisServer::start();
    let cache = patient(&server);
    server.call(&["RPUSH", key().as_str(), "a"]);
    assert_eq!(kind_of_get(&cache).await, Some(CacheErrorKind::Misused));
    let outcome = cache.compare_and_delete(&key(), &"a".into()).await;
    assert_eq!(outcome.unwrap_err().kind(), CacheErrorKind::Misused);
}

#[tokio::test]
async fn a_replica_takes_no_writes_and_the_connection_is_replaced() {
    let server = RedisServer::start();
    let cache = RedisCache::new(patient_settings(&server).with_pool_size(1)).unwrap();
    cache.ping().await.unwrap();
    let before = server.call(&["CLIENT", "LIST"]);
    server.call(&["REPLICAOF", "127.0.0.1", "1"]);
    let error = cache
        .set(&key(), "value".into(), minute())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), CacheErrorKind::ReadOnly);
    server.call(&["REPLICAOF", "NO", "ONE"]);
    cache.set(&key(), "value".into(), minute()).await.unwrap();
    let after = server.call(&["CLIENT", "LIST"]);
    assert_ne!(id_of_ours(&before), id_of_ours(&after));
}

fn id_of_ours(clients: &str) -> String {
    let line = clients
        .lines()
        .find(|line| line.contains(&format!(" name={NAME} ")));
    line.unwrap().split_whitespace().next().unwrap().to_owned()
}

#[tokio::test]
async fn a_server_without_memory_is_full() {
    let server = RedisServer::start();
    let cache = patient(&server);
    server.call(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
    server.call(&["CONFIG", "SET", "maxmemory", "1"]);
    let error = cache
        .set(&key(), "value".into(), minute())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), CacheErrorKind::Full);
    assert_eq!(cache.get(&key()).await.unwrap(), None);
}

#[tokio::test]
async fn a_key_without_an_end_lives_for_ever() {
    let server = RedisServer::start();
    let cache = patient(&server);
    server.call(&["SET", key().as_str(), "value"]);
    assert_eq!(cache.ttl(&key()).await.unwrap(), Some(Duration::MAX));
}

#[tokio::test]
async fn many_callers_share_two_connections() {
    let server = RedisServer::start();
    let cache: Arc<dyn Cache> = Arc::new(patient(&server));
    let callers = (0..128).map(|number| {
        let cache = Arc::clone(&cache);
        tokio::spawn(async move {
            let key = CacheKey::new(format!("shared:{number}")).unwrap();
            cache
                .set(&key, number.to_string().into(), minute())
                .await
                .unwrap();
            assert_eq!(cache.get(&key).await.unwrap().unwrap(), number.to_string());
        })
    });
    join_all(callers).await.into_iter().for_each(Result::unwrap);
    assert_eq!(connections_of(&server, NAME), 2);
    // The check of the server's start pings once; the calls never do.
    let statistics = server.call(&["INFO", "commandstats"]);
    let pings = statistics
        .lines()
        .find(|line| line.starts_with("cmdstat_ping:"));
    assert!(pings.unwrap().contains("calls=1,"), "{pings:?}");
}
