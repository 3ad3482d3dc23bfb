//! One server over TLS, and every way in which the two sides can disagree about it.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use cache::redis::{RedisCache, RedisSettings, RedisTls};
use cache::testing::{RedisCluster, RedisSentinels, RedisServer};
use cache::{Cache, CacheError, CacheErrorKind};
use core_config::Secret;
use tokio::task::spawn_blocking;

use super::authority::{Authority, free_port};
use super::sentinels::strangers_of;
use super::{HOST, connections_of, eventually, every_rule_holds, key, minute, patient};

/// A server that speaks TLS on one port and plain text on another.
fn server(authority: &Authority) -> (RedisServer, u16) {
    let port = free_port();
    let arguments = authority.arguments(port);
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    (RedisServer::start_with(&arguments), port)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_rule_holds_over_tls() {
    let authority = Authority::for_host(HOST);
    let (_server, port) = server(&authority);
    let settings = RedisSettings::new(HOST, port).with_tls(authority.tls());
    every_rule_holds(&settings).await;
}

#[tokio::test]
async fn a_disagreement_about_tls_is_a_kind_of_its_own_and_says_which() {
    let authority = Authority::for_host(HOST);
    let (server, port) = server(&authority);
    let other = Authority::for_host(HOST);
    let plain = server.port();
    let table = [
        (
            "another authority",
            HOST,
            port,
            Some(other.tls()),
            "invalid peer certificate",
        ),
        (
            "the system's authorities",
            HOST,
            port,
            Some(RedisTls::system()),
            "invalid peer certificate",
        ),
        (
            "another name",
            "localhost",
            port,
            Some(authority.tls()),
            "invalid peer certificate",
        ),
        (
            "TLS to plain text",
            HOST,
            plain,
            Some(authority.tls()),
            "the server speaks plain text",
        ),
        (
            "plain text to TLS",
            HOST,
            port,
            None,
            "the server speaks TLS",
        ),
    ];
    for (what, host, port, tls, words) in table {
        let mut settings = patient(RedisSettings::new(host, port))
            .with_connect_limit(Duration::from_millis(1_500));
        if let Some(tls) = tls {
            settings = settings.with_tls(tls);
        }
        let cache = RedisCache::new(settings).unwrap();
        let error = cache.ping().await.unwrap_err();
        let chain = chain(&error);
        assert_eq!(error.kind(), CacheErrorKind::Tls, "{what}: {chain}");
        assert!(chain.contains(words), "{what}: {chain}");
    }
}

fn chain(error: &CacheError) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}

#[tokio::test]
async fn after_a_shutdown_over_tls_the_server_lists_none_of_our_connections() {
    let authority = Authority::for_host(HOST);
    let (server, port) = server(&authority);
    let settings = RedisSettings::new(HOST, port).with_tls(authority.tls());
    let cache = RedisCache::new(patient(settings)).unwrap();
    for _ in 0..4 {
        cache.ping().await.unwrap();
    }
    assert_eq!(connections_of(&server), 1);
    cache.shutdown().await;
    eventually("no connection is left", async || {
        connections_of(&server) == 0
    })
    .await;
    assert_eq!(
        cache.ping().await.unwrap_err().kind(),
        CacheErrorKind::Closed
    );
}

#[tokio::test]
async fn a_cluster_is_reached_over_tls() {
    let authority = Authority::for_host(HOST);
    let cluster = RedisCluster::start_with(|| {
        let mut arguments = authority.arguments(free_port());
        // Otherwise the servers tell each other's plain ports.
        arguments.extend(["--tls-cluster", "yes"].map(str::to_owned));
        arguments
    });
    let port = cluster.servers()[0].tls_port().unwrap();
    let settings = RedisSettings::cluster([(HOST, port)]).with_tls(authority.tls());
    let cache = RedisCache::new(patient(settings)).unwrap();
    for number in 0..20 {
        let key = key(&format!("tls:{number}"));
        cache
            .set(&key, number.to_string().into(), minute())
            .await
            .unwrap();
        assert_eq!(cache.get(&key).await.unwrap().unwrap(), number.to_string());
    }
    let held = cluster
        .servers()
        .iter()
        .filter(|server| server.ask(&["DBSIZE"]) != "0");
    assert_eq!(held.count(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_master_that_sentinels_name_is_reached_over_tls_and_so_is_its_successor() {
    let authority = Arc::new(Authority::for_host(HOST));
    let signer = Arc::clone(&authority);
    let start = move || RedisSentinels::start_with(Some("word"), || signer.arguments(free_port()));
    let group = Arc::new(spawn_blocking(start).await.unwrap());
    let login = |password: &str, of_sentinels: &str| {
        let nodes = group.ports().map(|port| (HOST, port));
        RedisSettings::sentinel(group.master_name(), nodes)
            .with_password(Secret::new(password))
            .with_sentinel_password(Secret::new(of_sentinels))
    };
    let right = login("word", "word").with_tls(authority.tls());
    let cache = RedisCache::new(patient(right)).unwrap();
    let report = cache.check().await;
    println!("{report}");
    assert!(report.is_healthy(), "{report}");

    let other = Authority::for_host(HOST).tls();
    for (what, settings, kind) in [
        ("plain text", login("word", "word"), CacheErrorKind::Tls),
        (
            "another authority",
            login("word", "word").with_tls(other),
            CacheErrorKind::Tls,
        ),
        (
            "a wrong password of the Sentinels",
            login("word", "x").with_tls(authority.tls()),
            CacheErrorKind::Refused,
        ),
        (
            "a wrong password of the master",
            login("x", "word").with_tls(authority.tls()),
            CacheErrorKind::Refused,
        ),
    ] {
        let error = RedisCache::new(patient(settings))
            .unwrap()
            .ping()
            .await
            .unwrap_err();
        assert_eq!(error.kind(), kind, "{what}: {}", chain(&error));
    }

    let changing = Arc::clone(&group);
    spawn_blocking(move || changing.fail_over()).await.unwrap();
    let back = eventually("writes reach the new master", async || {
        let written = cache.set(&key("after"), "value".into(), minute()).await;
        written.is_ok() && group.master().ask(&["GET", "after"]) == "value"
    })
    .await;
    println!("planned failover over TLS: writes {back:?} after the Sentinels named the new master");
    cache.shutdown().await;
    let all = || {
        let of_data = group.servers().iter().map(connections_of);
        of_data
            .chain(group.sentinels().iter().map(strangers_of))
            .sum::<usize>()
    };
    eventually("no connection is left", async || all() == 0).await;
}
