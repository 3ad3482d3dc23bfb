//! A master that three Sentinels know, a replica that takes over, and callers that go on meanwhile.

use std::sync::Arc;
use std::time::Duration;

use cache::redis::{RedisCache, RedisSettings, Topology};
use cache::testing::{RedisSentinels, RedisServer};
use cache::{Cache, CacheErrorKind};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::callers::Callers;
use super::writers::{Loss, Writers};
use super::{
    BRISK, HOST, NAME, brisk, connections_of, eventually, every_rule_holds, key, minute, patient,
};

fn settings(group: &RedisSentinels) -> RedisSettings {
    RedisSettings::sentinel(group.master_name(), group.ports().map(|port| (HOST, port)))
}

/// The connections of a Sentinel that are of no other server, beside the one that asks.
pub(super) fn strangers_of(sentinel: &RedisServer) -> usize {
    let clients = sentinel.call(&["CLIENT", "LIST"]);
    let is_stranger = |line: &&str| line.contains(" name= ") || line.contains(NAME);
    clients.lines().filter(is_stranger).count() - 1
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_rule_holds_before_and_after_a_failover_and_no_answer_is_wrong_meanwhile() {
    let group = Arc::new(spawn_blocking(RedisSentinels::start).await.unwrap());
    let settings = settings(&group);
    every_rule_holds(&settings).await;

    let before = group.master().port();
    let cache = RedisCache::new(brisk(settings.clone())).unwrap();
    eventually("a first answer", async || cache.ping().await.is_ok()).await;
    let writers = Writers::start(&cache, &["a", "b", "c", "d"], Loss::Newest);
    let callers = Callers::start(&cache);
    sleep(Duration::from_millis(300)).await;
    let changing = Arc::clone(&group);
    spawn_blocking(move || changing.fail_over()).await.unwrap();
    // The old master takes writes until the Sentinels demote it, some ten seconds later, and those are lost.
    let back = eventually("writes reach the new master", async || {
        let written = cache.set(&key("after"), "value".into(), minute()).await;
        written.is_ok() && group.master().ask(&["GET", "after"]) == "value"
    })
    .await;
    sleep(Duration::from_millis(300)).await;
    let (tally, met) = (writers.finish().await, callers.finish().await);
    println!(
        "planned failover: {met}; {tally:?}, writes {back:?} after the Sentinels named the new master"
    );
    assert!(tally.wrong == 0 && tally.right > 0, "{tally:?}");
    met.assert_unharmed(BRISK);
    met.assert_normal_within(Duration::from_secs(1), back);
    assert_ne!(group.master().port(), before);

    every_rule_holds(&settings).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_master_is_left_for_the_new_one_and_never_written_again() {
    let group = Arc::new(spawn_blocking(RedisSentinels::start).await.unwrap());
    let cache = RedisCache::new(brisk(settings(&group))).unwrap();
    cache
        .set(&key("first"), "value".into(), minute())
        .await
        .unwrap();
    let old = group
        .servers()
        .iter()
        .find(|server| server.port() == group.master().port())
        .unwrap();
    let writers = Writers::start(&cache, &["a", "b"], Loss::Newest);
    let callers = Callers::start(&cache);
    old.freeze();
    let (changing, port) = (Arc::clone(&group), old.port());
    spawn_blocking(move || changing.wait_for_another_master(port))
        .await
        .unwrap();
    let back = eventually("writes again", async || {
        cache
            .set(&key("second"), "value".into(), minute())
            .await
            .is_ok()
    })
    .await;
    old.thaw();
    sleep(Duration::from_millis(300)).await;
    let (tally, met) = (writers.finish().await, callers.finish().await);
    println!(
        "frozen master: {met}; {tally:?}, writes {back:?} after the Sentinels named the new master"
    );
    assert_eq!(tally.wrong, 0, "{tally:?}");
    met.assert_unharmed(BRISK);
    met.assert_normal_within(Duration::from_secs(1), back);
    assert_eq!(group.master().ask(&["GET", "second"]), "value");
    eventually("the old master is left", async || connections_of(old) == 0).await;
}

#[tokio::test]
async fn with_sentinels_faults_are_told_as_they_are() {
    let group = spawn_blocking(RedisSentinels::start).await.unwrap();
    let unknown = RedisSettings::sentinel("nobody", group.ports().map(|port| (HOST, port)));
    let error = RedisCache::new(patient(unknown))
        .unwrap()
        .ping()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), CacheErrorKind::Config, "{error:?}");

    // Two silent Sentinels delay nobody, and a wrong one among them neither.
    for sentinel in &group.sentinels()[..2] {
        sentinel.freeze();
    }
    let cache = RedisCache::new(patient(settings(&group))).unwrap();
    let report = cache.check().await;
    println!("{report}");
    assert!(report.is_healthy(), "{report}");
    assert_eq!(report.topology(), Topology::Sentinel);
    assert_eq!(report.facts().unwrap().role.as_deref(), Some("master"));

    let nobody = RedisSettings::sentinel("mymaster", [(HOST, 1)]);
    let error = RedisCache::new(patient(nobody))
        .unwrap()
        .ping()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), CacheErrorKind::Unavailable, "{error:?}");

    cache.shutdown().await;
    let all = || group.servers().iter().map(connections_of).sum::<usize>();
    eventually("no connection is left", async || all() == 0).await;
    eventually("no connection to a Sentinel is left", async || {
        strangers_of(&group.sentinels()[2]) == 0
    })
    .await;
    assert_eq!(
        cache.ping().await.unwrap_err().kind(),
        CacheErrorKind::Closed
    );
}
