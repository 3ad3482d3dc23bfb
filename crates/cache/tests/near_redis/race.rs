//! Readers and writers at the same time never leave a stale value behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use cache::redis::RedisCache;
use cache::testing::RedisServer;
use cache::{Cache as _, CacheKey, Ttl};
use futures_util::future::join_all;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::{Near, following, key, read, redis_settings};

const ROUNDS: u32 = 600;
const READERS: u32 = 4;

/// A value that is stale stays so for thirty seconds; one that is only late comes sooner.
const PATIENCE: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn six_hundred_rounds_of_writes_under_several_readers_leave_nothing_stale() {
    let server = RedisServer::start();
    let near = following(&server).await;
    let others = RedisCache::new(redis_settings(server.port())).unwrap();
    let (reads, is_over) = (
        Arc::new(AtomicU64::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let key = key(1);
    let readers: Vec<_> = (0..READERS)
        .map(|_| {
            spin(
                near.clone(),
                key.clone(),
                Arc::clone(&reads),
                Arc::clone(&is_over),
            )
        })
        .collect();
    let mut stale = 0;
    for round in 0..ROUNDS {
        // A burst in every second round: the reading of one write meets the telling of another.
        let writes = 1 + 4 * (round % 2);
        let mut last = String::new();
        for write in 0..writes {
            last = format!("{round}.{write}");
            others
                .set(&key, last.clone().into(), Ttl::MAX)
                .await
                .unwrap();
        }
        if !is_seen(&near, &key, &last).await {
            stale += 1;
        }
    }
    is_over.store(true, Ordering::Relaxed);
    join_all(readers).await.into_iter().for_each(Result::unwrap);
    println!(
        "{stale} of {ROUNDS} rounds stale, {} reads",
        reads.load(Ordering::Relaxed)
    );
    assert_eq!(stale, 0);
    assert!(
        near.is_following(),
        "the race was run without being told of changes"
    );
}

fn spin(
    near: Near,
    key: CacheKey,
    reads: Arc<AtomicU64>,
    is_over: Arc<AtomicBool>,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        while !is_over.load(Ordering::Relaxed) {
            for _ in 0..20 {
                read(&near, &key).await;
            }
            reads.fetch_add(20, Ordering::Relaxed);
            tokio::task::yield_now().await;
        }
    })
}

/// Waits for the value to come, and looks whether it stays: a reader that was slower may bring an older one in its
/// place, until the server's word arrives.
async fn is_seen(near: &Near, key: &CacheKey, text: &str) -> bool {
    comes(near, key, text).await && {
        sleep(Duration::from_millis(2)).await;
        comes(near, key, text).await
    }
}

async fn comes(near: &Near, key: &CacheKey, text: &str) -> bool {
    let start = Instant::now();
    while read(near, key).await != text {
        if start.elapsed() > PATIENCE {
            return false;
        }
        tokio::task::yield_now().await;
    }
    true
}
