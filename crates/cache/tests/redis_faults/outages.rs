//! What callers of the read-through layer meet while Redis is away: no failure, one limit, then microseconds.

use std::time::Duration;

use cache::Cache;
use cache::testing::RedisServer;
use tokio::task::block_in_place;
use tokio::time::{Instant, sleep};

use super::callers::Callers;
use super::{cache, eventually, key, minute};

/// The limit of one call unless told otherwise.
const LIMIT: Duration = Duration::from_millis(150);

/// Breaks the server while callers go on, mends it, and says what they met.
async fn outage(what: &str, breaking: fn(&mut RedisServer), mending: fn(&mut RedisServer)) {
    let mut server = RedisServer::start();
    let cache = cache(&server);
    eventually("the first answer", async || cache.ping().await.is_ok()).await;
    let callers = Callers::start(&cache);
    sleep(Duration::from_millis(200)).await;
    block_in_place(|| breaking(&mut server));
    sleep(Duration::from_millis(1_500)).await;
    block_in_place(|| mending(&mut server));
    let start = Instant::now();
    eventually("writes are taken again", async || {
        cache.set(&key(), "value".into(), minute()).await.is_ok()
    })
    .await;
    let back = start.elapsed();
    let met = callers.finish().await;
    println!("{what}: {met}; normal again after {back:?}");
    met.assert_unharmed(LIMIT);
    met.assert_normal_within(Duration::from_secs(1), back);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_connection_fails_no_caller() {
    outage("refused", RedisServer::stop, RedisServer::restart).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_server_fails_no_caller() {
    outage("frozen", |server| server.freeze(), |server| server.thaw()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_lost_everything_fails_no_caller() {
    outage("restarted empty", RedisServer::restart, |_| {}).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_memory_fails_no_caller() {
    outage(
        "out of memory",
        |server| drop(server.call(&["CONFIG", "SET", "maxmemory", "1"])),
        |server| drop(server.call(&["CONFIG", "SET", "maxmemory", "0"])),
    )
    .await;
}
