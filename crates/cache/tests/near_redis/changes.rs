//! Each kind of change by others is seen.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use cache::memory::MemoryCache;
use cache::redis::{RedisSettings, RedisTracking};
use cache::testing::RedisServer;
use cache::{Cache, NearCache, NearSettings, Ttl};
use core_config::Secret;
use tokio::time::{Instant, sleep};

use super::{
    NAME, bearing, eventually, following, hold, key, near_over, near_settings, read,
    redis_settings, tracking_ids, until_following, write,
};

#[tokio::test]
async fn writes_by_another_process_are_seen_within_milliseconds() {
    let server = RedisServer::start();
    let near = following(&server).await;
    hold(&server, &near, &key(1), "0").await;
    let mut delays = Vec::new();
    for number in 1..=20 {
        let text = number.to_string();
        let status = Command::new("redis-cli")
            .args(["-p", &server.port().to_string()])
            .args(["SET", key(1).as_str(), &text, "PX", "3600000"])
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success());
        let written = Instant::now();
        while read(&near, &key(1)).await != text {
            assert!(
                written.elapsed() < Duration::from_secs(10),
                "{text} is not seen"
            );
            tokio::task::yield_now().await;
        }
        delays.push(written.elapsed());
    }
    delays.sort_unstable();
    let median = delays[delays.len() / 2];
    println!("seen after {median:?}, at most {:?}", delays.last());
    // A busy machine may delay some of them, but not the half.
    assert!(median < Duration::from_millis(20), "{delays:?}");
}

#[tokio::test]
async fn removals_renewals_and_evictions_by_others_are_seen() {
    let server = RedisServer::start();
    let near = following(&server).await;
    let changes: [&[&str]; 5] = [
        &["DEL", "imagen4:generation:1"],
        &["UNLINK", "imagen4:generation:1"],
        &["RENAME", "imagen4:generation:1", "elsewhere"],
        &["FLUSHALL"],
        &["FLUSHDB"],
    ];
    for change in changes {
        hold(&server, &near, &key(1), "value").await;
        server.call(change);
        eventually("the removal is seen", async || {
            read(&near, &key(1)).await.is_empty()
        })
        .await;
    }
    hold(&server, &near, &key(1), "value").await;
    server.call(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]);
    server.call(&["CONFIG", "SET", "maxmemory", "1"]);
    eventually("the eviction is seen", async || {
        server.call(&["PING"]);
        read(&near, &key(1)).await.is_empty()
    })
    .await;
}

#[tokio::test]
async fn what_ends_on_the_server_is_not_held_on() {
    let server = RedisServer::start();
    let near = following(&server).await;
    server.call(&["SET", key(1).as_str(), "value", "PX", "500"]);
    let written = Instant::now();
    while written.elapsed() < Duration::from_millis(500) && near.used_bytes() == 0 {
        read(&near, &key(1)).await;
    }
    // Nobody reads, so that nothing but the server's word can have removed it.
    eventually("the server tells of the end", async || {
        near.used_bytes() == 0
    })
    .await;
    assert_eq!(read(&near, &key(1)).await, "");

    hold(&server, &near, &key(2), "value").await;
    server.call(&["PEXPIRE", key(2).as_str(), "100"]);
    sleep(Duration::from_millis(150)).await;
    eventually("the shorter life is seen", async || {
        read(&near, &key(2)).await.is_empty()
    })
    .await;
}

#[tokio::test]
async fn changes_through_another_near_cache_are_seen() {
    let server = RedisServer::start();
    let (one, other) = (following(&server).await, following(&server).await);
    for number in 0..20 {
        let text = number.to_string();
        one.set(&key(1), text.clone().into(), Ttl::MAX)
            .await
            .unwrap();
        assert_eq!(read(&one, &key(1)).await, text);
        eventually("the other one sees it", async || {
            read(&other, &key(1)).await == text
        })
        .await;
    }
}

#[tokio::test]
async fn changes_of_other_keys_are_not_even_told() {
    let server = RedisServer::start();
    let near = following(&server).await;
    hold(&server, &near, &key(1), "value").await;
    let before = server.call(&["INFO", "commandstats"]);
    for number in 0..100 {
        server.call(&["SET", &format!("other:{number}"), "value"]);
    }
    for _ in 0..100 {
        assert_eq!(read(&near, &key(1)).await, "value");
    }
    let gets = |text: &str| {
        text.lines()
            .find(|line| line.starts_with("cmdstat_get:"))
            .map(str::to_owned)
    };
    let after = server.call(&["INFO", "commandstats"]);
    let calls = |line: Option<String>| line.unwrap().split(',').next().unwrap().to_owned();
    assert_eq!(calls(gets(&before)), calls(gets(&after)));
}

#[tokio::test]
async fn a_user_who_may_not_track_has_the_short_life() {
    let server = RedisServer::start();
    let rules = [
        "ACL",
        "SETUSER",
        "reader",
        "on",
        ">word",
        "~*",
        "+@all",
        "-client|tracking",
    ];
    server.call(&rules);
    let settings = redis_settings(server.port())
        .with_username("reader")
        .with_password(Secret::new("word"));
    let short = near_settings().with_short_life(Some(Duration::from_millis(300)));
    let near = near_over(settings, short, |source| source);
    hold(&server, &near, &key(1), "old").await;
    let held = Instant::now();
    write(&server, &key(1), "new");
    eventually("the short life ends", async || {
        read(&near, &key(1)).await == "new"
    })
    .await;
    assert!(
        held.elapsed() < Duration::from_secs(2),
        "{:?}",
        held.elapsed()
    );
    assert!(!near.is_following());
}

#[tokio::test]
async fn where_no_one_server_can_be_followed_values_have_the_short_life() {
    let nowhere = [("127.0.0.1", 1)];
    for settings in [
        // Which master the reads use is known beside their cache alone.
        RedisSettings::sentinel("mymaster", nowhere),
        RedisSettings::cluster(nowhere),
    ] {
        let below = MemoryCache::new();
        below.set(&key(1), "value".into(), Ttl::MAX).await.unwrap();
        let source = RedisTracking::new(settings);
        let near = NearCache::following(below, near_settings(), Arc::new(source));
        eventually("the value is held", async || {
            near.get(&key(1)).await.unwrap();
            near.used_bytes() > 0
        })
        .await;
        assert!(!near.is_following());
    }
}

#[tokio::test]
async fn a_shutdown_leaves_no_connection() {
    let server = RedisServer::start();
    let near = following(&server).await;
    hold(&server, &near, &key(1), "value").await;
    assert_eq!(tracking_ids(&server).len(), 1);
    near.shutdown().await;
    eventually("no connection is left", async || {
        !server
            .call(&["CLIENT", "LIST"])
            .contains(&format!(" name={NAME} "))
    })
    .await;
    assert!(near.get(&key(1)).await.is_err());
}

#[tokio::test]
async fn all_families_of_values_can_be_followed_at_once() {
    let server = RedisServer::start();
    let settings = cache::Family::ALL
        .into_iter()
        .fold(NearSettings::new(), NearSettings::with_family);
    let near = near_over(redis_settings(server.port()), settings, bearing);
    until_following(&near).await;
    hold(&server, &near, &key(1), "value").await;
}
