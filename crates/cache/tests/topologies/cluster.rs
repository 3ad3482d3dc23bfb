//! A Cluster of three masters, slots that move between them, and callers that go on meanwhile.

use std::sync::Arc;
use std::time::Duration;

use cache::redis::{RedisCache, RedisSettings, Topology};
use cache::testing::{RedisCluster, RedisServer};
use cache::{Cache, CacheErrorKind, CacheKey};
use core_config::Secret;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use super::callers::Callers;
use super::writers::{Loss, Writers};
use super::{
    BRISK, HOST, brisk, connections_of, eventually, every_rule_holds, key, minute, patient,
};

fn settings(cluster: &RedisCluster) -> RedisSettings {
    let ports = cluster.servers().iter().map(RedisServer::port);
    RedisSettings::cluster(ports.map(|port| (HOST, port)))
}

/// A key that the server in this place holds.
fn key_of(cluster: &RedisCluster, place: usize) -> CacheKey {
    let mut names = (0..).map(|number| format!("placed:{number}"));
    key(&names.find(|name| cluster.holder_of(name) == place).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_rule_holds_before_and_after_slots_moved_and_no_answer_is_wrong_meanwhile() {
    let cluster = Arc::new(spawn_blocking(RedisCluster::start).await.unwrap());
    let settings = settings(&cluster);
    every_rule_holds(&settings).await;

    let cache = RedisCache::new(patient(settings.clone())).unwrap();
    let names = ["a", "b", "c", "d"];
    let writers = Writers::start(&cache, &names, Loss::None);
    let moving = Arc::clone(&cluster);
    let moves = spawn_blocking(move || {
        let (mut moves, start) = (0, Instant::now());
        for round in 0..100 {
            for kind in ["value", "list"] {
                for name in names {
                    let key = format!("{kind}:{name}");
                    let to = (moving.holder_of(&key) + 1 + round % 2) % 3;
                    moving.move_slot_of(&key, to);
                    moves += 1;
                }
            }
            if round >= 2 && start.elapsed() > Duration::from_secs(3) {
                break;
            }
        }
        moves
    });
    let moves = moves.await.unwrap();
    let tally = writers.finish().await;
    println!("{moves} slots moved: {tally:?}");
    assert_eq!((tally.wrong, tally.failed), (0, 0), "{tally:?}");
    assert!(tally.right > 50, "{tally:?}");

    every_rule_holds(&settings).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_silent_master_costs_its_own_keys_alone_and_is_used_again_when_it_answers() {
    let cluster = spawn_blocking(|| {
        // Otherwise the servers themselves refuse every key while one of them is away.
        let partly = ["--cluster-require-full-coverage", "no"];
        RedisCluster::start_with(|| partly.map(str::to_owned).to_vec())
    })
    .await
    .unwrap();
    let cache = RedisCache::new(brisk(settings(&cluster))).unwrap();
    let keys: Vec<_> = (0..3).map(|place| key_of(&cluster, place)).collect();
    eventually("first answers", async || {
        let mut all = true;
        for key in &keys {
            all &= cache.set(key, "value".into(), minute()).await.is_ok();
        }
        all
    })
    .await;
    cluster.servers()[0].freeze();
    let (mut failed_elsewhere, mut slowest) = (0, Duration::ZERO);
    for _ in 0..15 {
        let start = Instant::now();
        assert!(cache.get(&keys[0]).await.is_err());
        slowest = slowest.max(start.elapsed());
        for key in &keys[1..] {
            failed_elsewhere += u32::from(cache.get(key).await.is_err());
        }
    }
    cluster.servers()[0].thaw();
    let back = eventually("answers of the silent one", async || {
        cache.get(&keys[0]).await.is_ok()
    })
    .await;
    println!(
        "one silent master of three: {failed_elsewhere} of 30 calls to the others failed, slowest call to \
              it {slowest:?}, back after {back:?}"
    );
    assert_eq!(failed_elsewhere, 0);
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    assert!(back < Duration::from_secs(5), "{back:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_master_of_a_cluster_is_left_for_its_replica_and_fails_no_caller() {
    let started = spawn_blocking(|| {
        let mut cluster = RedisCluster::start();
        let replica = cluster.add_replica_of(0);
        (Arc::new(cluster), replica)
    });
    let (cluster, replica) = started.await.unwrap();
    let moved = key_of(&cluster, 0);
    let cache = RedisCache::new(brisk(settings(&cluster))).unwrap();
    eventually("a first answer", async || cache.ping().await.is_ok()).await;
    let callers = Callers::start(&cache);
    let writers = Writers::start(&cache, &["a", "b", "c", "d"], Loss::Newest);
    sleep(Duration::from_millis(300)).await;

    let old = &cluster.servers()[0];
    old.freeze();
    let promoting = Arc::clone(&cluster);
    spawn_blocking(move || promoting.wait_for_master(replica))
        .await
        .unwrap();
    let new = &cluster.servers()[replica];
    let back = eventually("writes reach the new master", async || {
        let written = cache.set(&moved, "value".into(), minute()).await;
        written.is_ok() && new.ask(&["GET", moved.as_str()]) == "value"
    })
    .await;
    // It takes itself for the master until the others tell it otherwise.
    old.thaw();
    sleep(Duration::from_millis(500)).await;
    let (met, tally) = (callers.finish().await, writers.finish().await);
    println!(
        "frozen master of a Cluster: {met}; {tally:?}, writes {back:?} after the replica took over"
    );
    assert_eq!(tally.wrong, 0, "{tally:?}");
    met.assert_unharmed(BRISK);
    // A connection that began before and one after it, each with a silent server's limits, and a call's.
    met.assert_normal_within(Duration::from_millis(2_500), back);
    assert_eq!(new.ask(&["GET", moved.as_str()]), "value");
}

#[tokio::test]
async fn on_a_cluster_faults_are_told_as_they_are() {
    let cluster = spawn_blocking(|| {
        RedisCluster::start_with(|| vec!["--requirepass".to_owned(), "word".to_owned()])
    });
    let cluster = cluster.await.unwrap();
    let right = patient(settings(&cluster)).with_password(Secret::new("word"));
    let report = RedisCache::new(right).unwrap().check().await;
    println!("{report}");
    assert!(report.is_healthy(), "{report}");
    assert_eq!(report.topology(), Topology::Cluster);
    assert_eq!(report.facts().unwrap().servers, 3);

    let none = settings(&cluster);
    let wrong = settings(&cluster).with_password(Secret::new("planted-canary"));
    for settings in [none, wrong] {
        let error = RedisCache::new(patient(settings))
            .unwrap()
            .ping()
            .await
            .unwrap_err();
        assert_eq!(error.kind(), CacheErrorKind::Refused, "{error:?}");
        assert!(!format!("{error:?}").contains("planted-canary"));
    }
    let single = RedisServer::start();
    let settings = RedisSettings::cluster([(HOST, single.port())]);
    let error = RedisCache::new(patient(settings))
        .unwrap()
        .ping()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), CacheErrorKind::Config, "{error:?}");

    // A member of a Cluster is no single server.
    let elsewhere = key_of(&cluster, 1);
    let member = RedisSettings::new(HOST, cluster.servers()[0].port());
    let member = patient(member).with_password(Secret::new("word"));
    let error = RedisCache::new(member)
        .unwrap()
        .get(&elsewhere)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), CacheErrorKind::Config, "{error:?}");
}

#[tokio::test]
async fn after_a_shutdown_no_server_of_the_cluster_lists_our_connections() {
    let cluster = spawn_blocking(RedisCluster::start).await.unwrap();
    let cache = RedisCache::new(patient(settings(&cluster))).unwrap();
    for place in 0..3 {
        let key = key_of(&cluster, place);
        cache.set(&key, "value".into(), minute()).await.unwrap();
        cache.get(&key).await.unwrap();
    }
    let all = || {
        cluster
            .servers()
            .iter()
            .map(connections_of)
            .collect::<Vec<_>>()
    };
    assert_eq!(all(), [1, 1, 1]);
    cache.shutdown().await;
    eventually("no connection is left", async || all() == [0, 0, 0]).await;
    let error = cache.get(&key("later")).await.unwrap_err();
    assert_eq!(error.kind(), CacheErrorKind::Closed);
    sleep(Duration::from_millis(50)).await;
    assert_eq!(all(), [0, 0, 0]);
}
