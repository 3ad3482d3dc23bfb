//! Each refusal of the server has its kind.

use cache::redis::RedisCache;
use cache::testing::RedisServer;
use cache::{Cache, CacheErrorKind};
use core_config::Secret;

use super::{id_of_ours, key, kind_of_get, minute, patient, patient_settings};

#[tokio::test]
async fn missing_and_wrong_passwords_are_refused() {
    let server = RedisServer::start_with(&["--requirepass", "word"]);
    let right = patient_settings(&server).with_password(Secret::new("word"));
    RedisCache::new(right).unwrap().ping().await.unwrap();
    let none = patient_settings(&server);
    let wrong = patient_settings(&server).with_password(Secret::new("planted-canary"));
    let user = wrong.clone().with_username("nobody");
    for settings in [none, wrong, user] {
        let cache = RedisCache::new(settings).unwrap();
        let error = cache.get(&key()).await.unwrap_err();
        assert_eq!(error.kind(), CacheErrorKind::Refused, "{error:?}");
        let shown = format!("{error} {error:?} {cache:?}");
        assert!(!shown.contains("planted-canary"), "{shown}");
    }
}

#[tokio::test]
async fn a_password_for_a_server_without_one_is_refused() {
    let server = RedisServer::start();
    let settings = patient_settings(&server).with_password(Secret::new("word"));
    let outcome = RedisCache::new(settings).unwrap().ping().await;
    assert_eq!(outcome.unwrap_err().kind(), CacheErrorKind::Refused);
}

#[tokio::test]
async fn a_user_without_rights_is_refused() {
    let server = RedisServer::start();
    server.call(&[
        "ACL",
        "SETUSER",
        "reader",
        "on",
        ">word",
        "~*",
        "+@connection",
        "+get",
    ]);
    let settings = patient_settings(&server)
        .with_username("reader")
        .with_password(Secret::new("word"));
    let cache = RedisCache::new(settings).unwrap();
    assert_eq!(cache.get(&key()).await.unwrap(), None);
    let error = cache
        .set(&key(), "value".into(), minute())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), CacheErrorKind::Refused);
}

#[tokio::test]
async fn a_database_that_is_not_there_is_a_wrong_setting() {
    let server = RedisServer::start();
    let cache = RedisCache::new(patient_settings(&server).with_database(99)).unwrap();
    assert_eq!(kind_of_get(&cache).await, Some(CacheErrorKind::Config));
}

#[tokio::test]
async fn another_type_under_the_key_is_misuse() {
    let server = RedisServer::start();
    let cache = patient(&server);
    server.call(&["RPUSH", key().as_str(), "a"]);
    assert_eq!(kind_of_get(&cache).await, Some(CacheErrorKind::Misused));
    let outcome = cache.compare_and_delete(&key(), &"a".into()).await;
    assert_eq!(outcome.unwrap_err().kind(), CacheErrorKind::Misused);
}

#[tokio::test]
async fn a_replica_takes_no_writes_and_the_connection_is_replaced() {
    let server = RedisServer::start();
    let cache = RedisCache::new(patient_settings(&server).with_pool_size(1)).unwrap();
    cache.ping().await.unwrap();
    let before = server.call(&["CLIENT", "LIST"]);
    server.call(&["REPLICAOF", "127.0.0.1", "1"]);
    let error = cache
        .set(&key(), "value".into(), minute())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), CacheErrorKind::ReadOnly);
    server.call(&["REPLICAOF", "NO", "ONE"]);
    cache.set(&key(), "value".into(), minute()).await.unwrap();
    let after = server.call(&["CLIENT", "LIST"]);
    assert_ne!(id_of_ours(&before), id_of_ours(&after));
}

#[tokio::test]
async fn a_server_without_memory_is_full() {
    let server = RedisServer::start();
    let cache = patient(&server);
    server.call(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
    server.call(&["CONFIG", "SET", "maxmemory", "1"]);
    let error = cache
        .set(&key(), "value".into(), minute())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), CacheErrorKind::Full);
    assert_eq!(cache.get(&key()).await.unwrap(), None);
}
