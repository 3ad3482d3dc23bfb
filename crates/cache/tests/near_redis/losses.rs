//! A lost connection, a silent network and a server that restarts leave nothing stale.

use std::sync::Arc;
use std::time::Duration;

use cache::redis::{RedisCache, RedisTracking};
use cache::testing::RedisServer;
use cache::{Cache as _, NearCache};
use tokio::time::sleep;

use super::proxy::Proxy;
use super::{
    eventually, following, hold, ids, key, near_over, near_settings, read, redis_settings,
    tracking_ids, until_following, write,
};

#[tokio::test]
async fn a_killed_connection_is_forgotten_and_followed_again() {
    let server = RedisServer::start();
    let near = following(&server).await;
    for round in 0..5 {
        let (old, new) = (format!("old {round}"), format!("new {round}"));
        hold(&server, &near, &key(1), &old).await;
        let ids = tracking_ids(&server);
        assert_eq!(ids.len(), 1, "{ids:?}");
        server.call(&["CLIENT", "KILL", "ID", &ids[0]]);
        // Nobody is told of this change.
        write(&server, &key(1), &new);
        eventually("the change is seen", async || {
            read(&near, &key(1)).await == new
        })
        .await;
        eventually("it follows again", async || near.is_following()).await;
        assert_ne!(tracking_ids(&server), ids);
    }
}

#[tokio::test]
async fn a_killed_connection_of_the_reads_is_a_new_beginning_too() {
    let server = RedisServer::start();
    let near = following(&server).await;
    for round in 0..5 {
        hold(&server, &near, &key(1), &format!("held {round}")).await;
        let (heard, read_over) = (tracking_ids(&server), ids(&server, false));
        assert_eq!(
            (heard.len(), read_over.len()),
            (1, 1),
            "{heard:?} {read_over:?}"
        );
        server.call(&["CLIENT", "KILL", "ID", &read_over[0]]);
        // Whatever goes below finds it broken; from here on the reads may come from another server.
        near.get(&key(2)).await.unwrap();
        eventually("it follows anew", async || {
            near.is_following() && tracking_ids(&server).len() == 1
        })
        .await;
        assert_ne!(tracking_ids(&server), heard);
    }
}

#[tokio::test]
async fn a_network_that_swallows_everything_leaves_nothing_stale_after_the_bound() {
    let server = RedisServer::start();
    let proxy = Proxy::start(server.port()).await;
    // The defaults: a heartbeat each 500 ms, which may take 250 ms.
    let source = RedisTracking::new(redis_settings(proxy.port()));
    let below = RedisCache::new(redis_settings(server.port())).unwrap();
    let near = NearCache::following(below, near_settings(), Arc::new(source));
    until_following(&near).await;
    hold(&server, &near, &key(1), "old").await;
    proxy.swallow();
    write(&server, &key(1), "new");
    // On a busy machine a heartbeat may have been late already, so that it is seen sooner.
    sleep(Duration::from_millis(751)).await;
    assert_eq!(read(&near, &key(1)).await, "new");
    assert!(!near.is_following());
    for _ in 0..10 {
        write(&server, &key(1), "newer");
        assert_eq!(read(&near, &key(1)).await, "newer");
        write(&server, &key(1), "newest");
        assert_eq!(read(&near, &key(1)).await, "newest");
    }
    proxy.pass();
    eventually("it follows again", async || near.is_following()).await;
    hold(&server, &near, &key(1), "held again").await;
}

#[tokio::test]
async fn a_restarted_server_is_followed_again() {
    let mut server = RedisServer::start();
    let near = following(&server).await;
    hold(&server, &near, &key(1), "before").await;
    server.restart();
    eventually("what was lost is not there", async || {
        read(&near, &key(1)).await.is_empty()
    })
    .await;
    eventually("it follows again", async || near.is_following()).await;
    hold(&server, &near, &key(1), "after").await;
    write(&server, &key(1), "later");
    eventually("changes are told", async || {
        read(&near, &key(1)).await == "later"
    })
    .await;
}

#[tokio::test]
async fn a_server_that_is_away_at_the_start_is_followed_once_it_is_there() {
    let mut server = RedisServer::start();
    server.stop();
    let settings = redis_settings(server.port());
    let near = near_over(settings, near_settings(), |source| source);
    for _ in 0..3 {
        assert!(near.get(&key(1)).await.is_err());
    }
    server.restart();
    eventually("it follows", async || near.is_following()).await;
    hold(&server, &near, &key(1), "value").await;
}
