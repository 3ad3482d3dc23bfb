//! The near cache keeps every rule of the ports, over memory and over a real server, whoever tells of changes.
#![expect(clippy::unwrap_used, reason = "the helpers of tests panic as tests do")]

use std::sync::Arc;
use std::time::Duration;

use cache::memory::MemoryCache;
use cache::testing::ScriptedInvalidations;
use cache::testing::conformance::Fixture;
use cache::{Batch, Cache, NearCache, NearSettings, RecentList};

/// Every key of a rule is held, and so are the largest values.
fn settings() -> NearSettings {
    NearSettings::new()
        .with_prefix("conformance:")
        .with_max_value_bytes(cache::MAX_VALUE_BYTES)
}

fn fixture_of(adapter: impl Cache + RecentList + Batch + Clone) -> Fixture {
    Fixture::new(Arc::new(adapter.clone()), Arc::new(adapter.clone())).with_batch(Arc::new(adapter))
}

mod over_memory_for_the_short_life {
    use super::*;

    fn fixture() -> Fixture {
        fixture_of(NearCache::new(MemoryCache::new(), settings()))
    }

    mod bytes {
        use super::*;
        cache::cache_conformance!(#[tokio::test(start_paused = true)], fixture = fixture());
    }

    mod lists {
        use super::*;
        cache::recent_list_conformance!(#[tokio::test(start_paused = true)], fixture = fixture());
    }

    mod batches {
        use super::*;
        cache::batch_conformance!(#[tokio::test(start_paused = true)], fixture = fixture());
    }
}

mod over_memory_with_a_source {
    use super::*;

    async fn fixture() -> Fixture {
        let source = ScriptedInvalidations::new();
        let near = NearCache::following(MemoryCache::new(), settings(), Arc::new(source.clone()));
        let fixture = fixture_of(near.clone());
        near.get(&fixture.key("first")).await.unwrap();
        while !source.is_followed() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        fixture
    }

    mod bytes {
        use super::*;
        cache::cache_conformance!(#[tokio::test(start_paused = true)], fixture = fixture().await);
    }

    mod lists {
        use super::*;
        cache::recent_list_conformance!(#[tokio::test(start_paused = true)], fixture = fixture().await);
    }

    mod batches {
        use super::*;
        cache::batch_conformance!(#[tokio::test(start_paused = true)], fixture = fixture().await);
    }
}

mod over_memory_on_four_threads {
    use super::*;

    fn fixture() -> Fixture {
        fixture_of(NearCache::new(MemoryCache::new(), settings()))
    }

    mod bytes {
        use super::*;
        cache::cache_conformance!(#[tokio::test(flavor = "multi_thread", worker_threads = 4)], fixture = fixture());
    }
}

#[cfg(feature = "redis")]
mod over_redis {
    use cache::redis::{RedisCache, RedisSettings, RedisTracking};
    use cache::testing::RedisServer;

    use super::*;

    async fn fixture() -> Fixture {
        let server = RedisServer::start();
        // The rules are about answers; how soon they come is tested elsewhere, on a machine with less to do.
        let patient = Duration::from_secs(20);
        let redis = RedisSettings::new("127.0.0.1", server.port())
            .with_call_limit(patient)
            .with_response_limit(patient)
            .with_connect_limit(patient);
        let adapter = RedisCache::new(redis).unwrap();
        let source = RedisTracking::beside(&adapter).with_heartbeat_limit(patient);
        let near = NearCache::following(adapter, settings(), Arc::new(source));
        let fixture = fixture_of(near.clone()).keeping(server);
        near.get(&fixture.key("first")).await.unwrap();
        while !near.is_following() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        fixture
    }

    mod bytes {
        use super::*;
        cache::cache_conformance!(#[tokio::test], fixture = fixture().await);
    }

    mod lists {
        use super::*;
        cache::recent_list_conformance!(#[tokio::test], fixture = fixture().await);
    }

    mod batches {
        use super::*;
        cache::batch_conformance!(#[tokio::test], fixture = fixture().await);
    }
}
