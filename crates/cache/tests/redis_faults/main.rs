//! What callers meet when Redis is away, frozen, restarted, or refuses.
#![cfg(feature = "redis")]
#![expect(clippy::unwrap_used, reason = "the helpers of tests panic as tests do")]
#![expect(
    clippy::print_stdout,
    reason = "the figures are for whoever runs the tests"
)]

mod batches;
#[path = "../shared/callers.rs"]
mod callers;
mod checks;
mod connections;
mod cuts;
mod outages;
mod refusals;
mod scripts;
mod shutdowns;
mod silence;
mod stalls;

use std::time::Duration;

use cache::redis::{RedisCache, RedisSettings};
use cache::testing::RedisServer;
use cache::{Cache, CacheErrorKind, CacheKey, Ttl};
use tokio::time::sleep;

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

fn id_of_ours(clients: &str) -> String {
    let line = clients
        .lines()
        .find(|line| line.contains(&format!(" name={NAME} ")));
    line.unwrap().split_whitespace().next().unwrap().to_owned()
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
