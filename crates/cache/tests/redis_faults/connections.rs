//! Connections are few, shared, and made anew after a restart; what they find is told as it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cache::redis::{RedisCache, RedisSettings};
use cache::testing::RedisServer;
use cache::{Cache, CacheErrorKind, CacheKey};
use futures_util::future::join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::{NAME, connections_of, key, minute, patient, patient_settings};

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
    assert_eq!(connections_of(&server, NAME), 1);
}

#[tokio::test]
async fn without_retries_a_restart_costs_one_call() {
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
    assert_eq!(failures, 1);
}

#[tokio::test]
async fn many_callers_share_one_connection() {
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
    assert_eq!(connections_of(&server, NAME), 1);
    // The check of the server's start pings once; the calls never do.
    let statistics = server.call(&["INFO", "commandstats"]);
    let pings = statistics
        .lines()
        .find(|line| line.starts_with("cmdstat_ping:"));
    assert!(pings.unwrap().contains("calls=1,"), "{pings:?}");
}

#[tokio::test]
async fn a_key_without_an_end_lives_for_ever() {
    let server = RedisServer::start();
    let cache = patient(&server);
    server.call(&["SET", key().as_str(), "value"]);
    assert_eq!(cache.ttl(&key()).await.unwrap(), Some(Duration::MAX));
}

#[tokio::test]
async fn a_call_whose_connection_breaks_each_time_is_tried_as_often_as_allowed_and_no_more() {
    for retries in [0, 1, 3] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let tries = Arc::new(AtomicU32::new(0));
        let serving = tokio::spawn(hang_up(listener, Arc::clone(&tries)));
        let limit = Duration::from_secs(10);
        let settings = RedisSettings::new("127.0.0.1", port)
            .with_max_retries(retries)
            .with_call_limit(limit)
            .with_response_limit(limit)
            .with_connect_limit(limit);
        let cache = RedisCache::new(settings).unwrap();
        let error = cache.get(&key()).await.unwrap_err();
        assert_eq!(error.kind(), CacheErrorKind::Unavailable, "{error:?}");
        assert_eq!(tries.load(Ordering::Relaxed), retries + 1);
        serving.abort();
    }
}

/// Greets whoever comes, and hangs up when it is asked for something.
async fn hang_up(listener: TcpListener, tries: Arc<AtomicU32>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let mut buffer = [0; 4_096];
        while let Ok(read @ 1..) = stream.read(&mut buffer).await {
            let text = String::from_utf8_lossy(&buffer[..read]);
            if text.contains("GET") {
                tries.fetch_add(1, Ordering::Relaxed);
                break;
            }
            let commands = text.lines().filter(|line| line.starts_with('*'));
            let answers = "+OK\r\n".repeat(commands.count());
            if stream.write_all(answers.as_bytes()).await.is_err() {
                break;
            }
        }
    }
}

/// One thread, where each task that is woken by another runs right after it.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn calls_at_once_travel_together() {
    let server = RedisServer::start();
    let cache = patient(&server);
    cache.ping().await.unwrap();
    let reads = || -> u64 {
        let reads = server.info("total_reads_processed").unwrap();
        reads.parse().unwrap()
    };
    let before = reads();
    let callers = (0..16).map(|_| {
        let cache = cache.clone();
        tokio::spawn(async move {
            for _ in 0..100 {
                cache.get(&key()).await.unwrap();
            }
        })
    });
    join_all(callers)
        .await
        .into_iter()
        .for_each(|done| done.unwrap());
    let packets = reads() - before;
    assert!(packets <= 800, "{packets} packets for 1600 calls");
}
