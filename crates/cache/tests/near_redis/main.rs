//! A near cache hears from a real server what others change, and forgets when it does not.
#![cfg(feature = "redis")]
#![expect(clippy::unwrap_used, reason = "the helpers of tests panic as tests do")]

mod changes;
mod losses;
mod proxy;
mod race;
mod sentinels;

use std::sync::Arc;
use std::time::Duration;

use cache::redis::{RedisCache, RedisSettings, RedisTracking};
use cache::testing::RedisServer;
use cache::{Cache, CacheKey, Family, FamilyKey, NearCache, NearSettings};
use tokio::time::sleep;

const NAME: &str = "near-test";

type Near = NearCache<RedisCache>;

fn redis_settings(port: u16) -> RedisSettings {
    patient(RedisSettings::new("127.0.0.1", port))
}

/// Limits that a busy machine does not meet by accident.
fn patient(settings: RedisSettings) -> RedisSettings {
    let limit = Duration::from_secs(10);
    settings
        .with_client_name(NAME)
        .with_call_limit(limit)
        .with_response_limit(limit)
        .with_connect_limit(limit)
}

fn near_settings() -> NearSettings {
    NearSettings::new().with_family(Family::Generation)
}

/// A near cache over the server that `settings` name, with the source beside it as `tune` makes it.
fn near_over(
    settings: RedisSettings,
    held: NearSettings,
    tune: impl FnOnce(RedisTracking) -> RedisTracking,
) -> Near {
    let below = RedisCache::new(settings).unwrap();
    let source = tune(RedisTracking::beside(&below));
    NearCache::following(below, held, Arc::new(source))
}

/// Bears with a machine that is busy for a while.
fn bearing(source: RedisTracking) -> RedisTracking {
    source.with_heartbeat_limit(Duration::from_secs(10))
}

/// A near cache that follows.
async fn following(server: &RedisServer) -> Near {
    let near = near_over(redis_settings(server.port()), near_settings(), bearing);
    until_following(&near).await;
    near
}

async fn until_following(near: &Near) {
    near.get(&key(0)).await.unwrap();
    eventually("the source is followed", async || near.is_following()).await;
}

fn key(number: u32) -> CacheKey {
    FamilyKey::generation(number).unwrap().key().clone()
}

/// What the near cache gives, as text.
async fn read(near: &Near, key: &CacheKey) -> String {
    let value = near.get(key).await.unwrap();
    value.map_or_else(String::new, |bytes| {
        String::from_utf8(bytes.into()).unwrap()
    })
}

/// Writes as another client.
fn write(server: &RedisServer, key: &CacheKey, text: &str) {
    server.call(&["SET", key.as_str(), text, "PX", "3600000"]);
}

/// Writes as another client, and reads until the near cache holds it.
async fn hold(server: &RedisServer, near: &Near, key: &CacheKey, text: &str) {
    write(server, key, text);
    eventually("the value is held", async || {
        read(near, key).await == text && near.used_bytes() > 0
    })
    .await;
}

/// The ids of our connections that the server tells of changes.
fn tracking_ids(server: &RedisServer) -> Vec<String> {
    ids(server, true)
}

/// The ids of our connections that the server tells of changes, or of those that it does not.
fn ids(server: &RedisServer, is_told: bool) -> Vec<String> {
    let clients = server.call(&["CLIENT", "LIST"]);
    let fields = |line: &str| {
        let words = line.split_whitespace();
        words
            .filter_map(|word| word.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect::<std::collections::HashMap<_, _>>()
    };
    let ours = clients.lines().map(fields).filter(|fields| {
        fields.get("name").is_some_and(|name| name == NAME)
            && fields
                .get("flags")
                .is_some_and(|flags| flags.contains('t') == is_told)
    });
    ours.filter_map(|fields| fields.get("id").cloned())
        .collect()
}

/// Waits up to half a minute for `check` to hold.
async fn eventually(what: &str, mut check: impl AsyncFnMut() -> bool) {
    for _ in 0..6_000 {
        if check().await {
            return;
        }
        sleep(Duration::from_millis(5)).await;
    }
    panic!("not within half a minute: {what}");
}
