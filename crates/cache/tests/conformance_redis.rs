//! The Redis adapter keeps every rule of the ports against a real server.
#![cfg(feature = "redis")]
#![expect(clippy::unwrap_used, reason = "the helpers of tests panic as tests do")]

use std::sync::Arc;
use std::time::Duration;

use cache::redis::{RedisCache, RedisSettings};
use cache::testing::RedisServer;
use cache::testing::conformance::Fixture;

fn fixture() -> Fixture {
    let server = RedisServer::start();
    // The rules are about answers; how soon they come is tested elsewhere, on a machine with less to do.
    let patient = Duration::from_secs(20);
    let settings = RedisSettings::new("127.0.0.1", server.port())
        .with_call_limit(patient)
        .with_response_limit(patient)
        .with_connect_limit(patient);
    let adapter = Arc::new(RedisCache::new(settings).unwrap());
    Fixture::new(Arc::clone(&adapter) as _, Arc::clone(&adapter) as _)
        .with_lock(Arc::clone(&adapter) as _)
        .with_batch(adapter)
        .keeping(server)
}

mod bytes {
    use super::*;
    cache::cache_conformance!(#[tokio::test], fixture = fixture());
}

mod lists {
    use super::*;
    cache::recent_list_conformance!(#[tokio::test], fixture = fixture());
}

mod locks {
    use super::*;
    cache::lock_conformance!(#[tokio::test], fixture = fixture());
}

mod batches {
    use super::*;
    cache::batch_conformance!(#[tokio::test(flavor = "multi_thread", worker_threads = 2)], fixture = fixture());
}
