//! A check names each fault by its kind and leaves nothing behind.

use std::collections::BTreeSet;
use std::time::Duration;

use cache::redis::{CheckReport, CheckStep, RedisCache, RedisSettings, Topology};
use cache::testing::RedisServer;
use cache::{Cache, CacheErrorKind};
use core_config::Secret;

use super::{cache, eventually, kind_of_get, patient, patient_settings, settings};

async fn check(settings: RedisSettings) -> CheckReport {
    let report = RedisCache::new(settings).unwrap().check().await;
    println!("{report}\n");
    report
}

#[tokio::test]
async fn a_check_tries_every_step_and_leaves_nothing_behind() {
    let server = RedisServer::start();
    server.call(&["CONFIG", "SET", "maxmemory", "100mb"]);
    let report = check(patient_settings(&server)).await;
    assert!(report.is_healthy() && report.fault().is_none() && report.advice().is_none());
    let steps: Vec<_> = report.steps().iter().map(|(step, _)| *step).collect();
    assert_eq!(
        steps,
        [
            CheckStep::Ping,
            CheckStep::Set,
            CheckStep::Get,
            CheckStep::Delete
        ]
    );
    assert!(
        report
            .steps()
            .iter()
            .all(|(_, time)| *time > Duration::ZERO)
    );
    assert_eq!(report.topology(), Topology::Single);
    assert_eq!(report.refused_before(), None);
    let facts = report.facts().unwrap();
    assert_eq!(facts.role.as_deref(), Some("master"));
    assert_eq!(facts.eviction_policy.as_deref(), Some("noeviction"));
    assert_eq!(facts.version, server.info("redis_version"));
    assert!(facts.refuses_when_full() && report.to_string().contains("warning"));
    assert_eq!(server.ask(&["DBSIZE"]), "0");
}

#[tokio::test]
async fn each_fault_has_a_kind_and_a_sentence_of_its_own() {
    let server = RedisServer::start_with(&["--requirepass", "word"]);
    let right = || patient_settings(&server).with_password(Secret::new("word"));
    let mut gone = RedisServer::start();
    gone.stop();
    let silent = RedisServer::start();
    silent.freeze();
    let mut reports = vec![
        (
            CacheErrorKind::Refused,
            check(patient_settings(&server)).await,
        ),
        (
            CacheErrorKind::Config,
            check(right().with_database(99)).await,
        ),
        (
            CacheErrorKind::Unavailable,
            check(patient_settings(&gone)).await,
        ),
        (CacheErrorKind::TimedOut, check(settings(&silent)).await),
    ];
    server.call(&["CONFIG", "SET", "maxmemory", "1"]);
    reports.push((CacheErrorKind::Full, check(right()).await));
    server.call(&["CONFIG", "SET", "maxmemory", "0"]);
    server.call(&["REPLICAOF", "127.0.0.1", "1"]);
    reports.push((CacheErrorKind::ReadOnly, check(right()).await));
    let mut sentences = BTreeSet::new();
    for (kind, report) in &reports {
        let fault = report.fault().unwrap();
        assert_eq!(fault.kind(), *kind, "{report}");
        assert!(!report.is_healthy());
        let shown = report.to_string();
        assert!(
            shown.contains(report.advice().unwrap()) && !shown.contains("word "),
            "{shown}"
        );
        sentences.insert(report.advice().unwrap());
    }
    assert_eq!(sentences.len(), reports.len());
    assert_eq!(reports[5].1.facts().unwrap().role.as_deref(), Some("slave"));
}

#[tokio::test]
async fn a_check_tells_that_calls_were_refused_and_ends_the_outage() {
    let server = RedisServer::start();
    let cache = cache(&server);
    eventually("the first answer", async || cache.ping().await.is_ok()).await;
    server.freeze();
    eventually("calls are refused", async || {
        kind_of_get(&cache).await.is_some() && cache.check().await.refused_before().is_some()
    })
    .await;
    server.thaw();
    let mut first = None;
    eventually("a healthy check", async || {
        let report = cache.check().await;
        let is_healthy = report.is_healthy();
        first.get_or_insert(report);
        is_healthy
    })
    .await;
    let first = first.unwrap();
    assert_eq!(
        first.refused_before(),
        Some(CacheErrorKind::TimedOut),
        "{first}"
    );
    assert!(first.to_string().contains("calls were being refused"));
    assert_eq!(kind_of_get(&cache).await, None);
}

#[tokio::test]
async fn after_a_shutdown_a_check_is_closed() {
    let server = RedisServer::start();
    let cache = patient(&server);
    cache.shutdown().await;
    let report = cache.check().await;
    assert_eq!(report.fault().unwrap().kind(), CacheErrorKind::Closed);
}
