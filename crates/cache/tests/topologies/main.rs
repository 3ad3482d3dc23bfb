//! The Redis adapter over TLS, with Sentinels and on a Cluster: every rule of the ports, and changes in the middle.
#![cfg(all(feature = "redis-cluster", feature = "redis-tls"))]
#![expect(clippy::unwrap_used, reason = "the helpers of tests panic as tests do")]

mod authority;
#[path = "../shared/callers.rs"]
mod callers;
mod cluster;
mod sentinels;
mod tls;
mod writers;

use std::sync::Arc;
use std::time::Duration;

use cache::redis::{RedisCache, RedisSettings, Topology};
use cache::testing::RedisServer;
use cache::testing::conformance::Fixture;
use cache::{CacheKey, Ttl};
use tokio::time::{Instant, sleep};

const NAME: &str = "topology-test";
const HOST: &str = "127.0.0.1";

/// Limits that a busy machine does not meet by accident.
fn patient(settings: RedisSettings) -> RedisSettings {
    let limit = Duration::from_secs(20);
    settings
        .with_client_name(NAME)
        .with_call_limit(limit)
        .with_response_limit(limit)
        .with_connect_limit(limit)
}

/// The limit of one call where a silence is to be noticed, with room for a busy machine.
const BRISK: Duration = Duration::from_millis(400);

fn brisk(settings: RedisSettings) -> RedisSettings {
    settings
        .with_client_name(NAME)
        .with_call_limit(BRISK)
        .with_response_limit(Duration::from_millis(300))
        .with_connect_limit(Duration::from_millis(500))
        .with_pool_timeout(Duration::from_millis(300))
}

fn fixture(settings: RedisSettings) -> Fixture {
    let is_cluster = settings.topology() == Topology::Cluster;
    let adapter = Arc::new(RedisCache::new(patient(settings)).unwrap());
    let fixture = Fixture::new(Arc::clone(&adapter) as _, Arc::clone(&adapter) as _)
        .with_lock(Arc::clone(&adapter) as _)
        .with_batch(adapter);
    if is_cluster {
        return fixture.in_pieces();
    }
    fixture
}

/// Runs every rule of the four ports.
async fn every_rule_holds(settings: &RedisSettings) {
    cache::cache_conformance!(in_turn, fixture = fixture(settings.clone())).await;
    cache::recent_list_conformance!(in_turn, fixture = fixture(settings.clone())).await;
    cache::lock_conformance!(in_turn, fixture = fixture(settings.clone())).await;
    cache::batch_conformance!(in_turn, fixture = fixture(settings.clone())).await;
}

fn key(name: &str) -> CacheKey {
    CacheKey::new(name).unwrap()
}

fn minute() -> Ttl {
    Ttl::new(Duration::from_mins(1)).unwrap()
}

fn connections_of(server: &RedisServer) -> usize {
    let clients = server.call(&["CLIENT", "LIST"]);
    clients.matches(&format!(" name={NAME} ")).count()
}

/// Waits up to half a minute for `check` to hold, and returns how long it took.
async fn eventually(what: &str, mut check: impl AsyncFnMut() -> bool) -> Duration {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(30) {
        if check().await {
            return start.elapsed();
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("not within half a minute: {what}");
}
