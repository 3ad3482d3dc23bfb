//! With Sentinels the source follows the master, whichever it is.

use std::sync::Arc;

use cache::redis::{RedisCache, RedisSettings, RedisTracking};
use cache::testing::RedisSentinels;
use cache::{Cache as _, NearCache};
use tokio::task::spawn_blocking;
use tokio::time::{Duration, sleep};

use super::{eventually, key, near_settings, patient, read, tracking_ids, until_following, write};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_failover_the_changes_of_the_new_master_are_seen() {
    let group = Arc::new(spawn_blocking(RedisSentinels::start).await.unwrap());
    let sentinels = group.ports().map(|port| ("127.0.0.1", port));
    let settings = patient(RedisSettings::sentinel(group.master_name(), sentinels));
    let source = RedisTracking::new(settings.clone()).with_heartbeat_limit(Duration::from_secs(10));
    let below = RedisCache::new(settings).unwrap();
    let near = NearCache::following(below, near_settings(), Arc::new(source));
    until_following(&near).await;
    let old = group.master();
    super::hold(old, &near, &key(1), "of the old master").await;

    let changing = Arc::clone(&group);
    spawn_blocking(move || changing.fail_over()).await.unwrap();
    let new = group.master();
    assert_ne!(new.port(), old.port());
    eventually("the new master is followed", async || {
        // Reads keep the connection below going, which looks for the new master too.
        let _ = near.get(&key(1)).await;
        near.is_following() && tracking_ids(new).len() == 1
    })
    .await;
    assert!(tracking_ids(old).is_empty());
    for number in 0..5 {
        let text = format!("of the new master, {number}");
        write(new, &key(1), &text);
        eventually("the change is seen", async || {
            read(&near, &key(1)).await == text
        })
        .await;
        // It is held, and so the next change is seen because it is told.
        sleep(Duration::from_millis(20)).await;
        assert!(near.used_bytes() > 0);
    }
}
