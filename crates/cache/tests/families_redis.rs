//! The declared families in a real server: exact lives, the list, the gallery's versions, other programs.
#![cfg(feature = "redis")]
#![expect(clippy::unwrap_used, reason = "the helpers of tests panic as tests do")]

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cache::redis::{RedisCache, RedisSettings};
use cache::testing::{CountingCache, RedisServer};
use cache::{Cache, FamilyKey, FilterHash, ReadThrough, RecentIds, RecentList, Ttl};
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Record {
    id: u64,
    prompt: String,
}

fn record() -> Record {
    Record {
        id: 17,
        prompt: "a fox, «running»".to_owned(),
    }
}

fn adapter(server: &RedisServer) -> RedisCache {
    let patient = Duration::from_secs(20);
    let settings = RedisSettings::new("127.0.0.1", server.port())
        .with_call_limit(patient)
        .with_response_limit(patient)
        .with_connect_limit(patient);
    RedisCache::new(settings).unwrap()
}

async fn seconds_left(cache: &RedisCache, key: &FamilyKey) -> u64 {
    cache.ttl(key.key()).await.unwrap().unwrap().as_secs()
}

#[tokio::test]
async fn a_generation_lives_an_hour_and_the_second_read_asks_nobody_else() {
    let server = RedisServer::start();
    let cache = adapter(&server);
    let through = ReadThrough::new(Arc::new(cache.clone()));
    let key = FamilyKey::generation(17).unwrap();
    let reads_of_the_store = AtomicU32::new(0);
    for _ in 0..2 {
        let load = || async {
            reads_of_the_store.fetch_add(1, Ordering::Relaxed);
            Ok::<_, Infallible>(Some(record()))
        };
        let read = through.get_or_load(&key, load).await.unwrap().unwrap();
        assert_eq!(*read, record());
    }
    assert_eq!(reads_of_the_store.into_inner(), 1);
    assert!((3_599..=3_600).contains(&seconds_left(&cache, &key).await));
    let stored = server.call(&["GET", "imagen4:generation:17"]);
    let text = stored.lines().find(|line| line.starts_with('{')).unwrap();
    let value: serde_json::Value = serde_json::from_str(text).unwrap();
    assert_eq!(
        value,
        json!({"id": 17, "prompt": "a fox, «running»", "v": 1})
    );
}

#[tokio::test]
async fn a_gallery_page_lives_five_minutes_and_a_version_a_day() {
    let server = RedisServer::start();
    let cache = adapter(&server);
    let through = ReadThrough::new(Arc::new(cache.clone()));
    let version_key = FamilyKey::gallery_version(42).unwrap();
    let version = through.version(&version_key).await.unwrap();
    let hash = FilterHash::new(&json!({"page": 1}), version).unwrap();
    let page = FamilyKey::gallery_page(42, &hash).unwrap();
    through.put(&page, &json!({"ids": []})).await;
    assert!((299..=300).contains(&seconds_left(&cache, &page).await));
    assert!((86_399..=86_400).contains(&seconds_left(&cache, &version_key).await));
}

#[tokio::test]
async fn a_bump_makes_the_next_page_a_miss_in_one_round_trip_without_a_scan() {
    let server = RedisServer::start();
    let counting = CountingCache::new(adapter(&server));
    let through = ReadThrough::new(Arc::new(counting.clone()));
    let version_key = FamilyKey::gallery_version(42).unwrap();
    let filter = json!({"kind": "imagen4", "page": 1, "favourites": false});
    let page_key = async || {
        let version = through.version(&version_key).await.unwrap();
        let hash = FilterHash::new(&filter, version).unwrap();
        FamilyKey::gallery_page(42, &hash).unwrap()
    };
    let before = page_key().await;
    through.put(&before, &record()).await;
    assert_eq!(page_key().await, before);
    assert_eq!(through.get::<Record>(&before).await, Some(record()));

    let calls = counting.total();
    through.bump(&version_key).await.unwrap();
    assert_eq!(counting.total() - calls, 1);
    let after = page_key().await;
    assert_ne!(after, before);
    assert_eq!(through.get::<Record>(&after).await, None);
    let statistics = server.call(&["INFO", "commandstats"]).to_lowercase();
    assert!(statistics.contains("cmdstat_get:"));
    for scan in ["cmdstat_scan", "cmdstat_keys", "cmdstat_flush"] {
        assert!(!statistics.contains(scan), "{scan}");
    }
}

#[tokio::test]
async fn the_list_of_a_user_is_a_plain_list_that_lives_a_day() {
    let server = RedisServer::start();
    let cache = adapter(&server);
    let recent = RecentIds::new(Arc::new(cache.clone()));
    let key = FamilyKey::user_generations(42).unwrap();
    let load = async |cap: usize| {
        assert_eq!(cap, 50);
        Ok::<_, Infallible>(vec!["2".to_owned(), "1".to_owned()])
    };
    let page = recent.page_or_load(&key, 0, 10, load).await.unwrap();
    assert_eq!(
        (page.ids, page.complete),
        (vec!["2".into(), "1".into()], true)
    );
    recent.push(&key, "3").await;
    let listed = server.call(&["LRANGE", "imagen4:user_generations:42", "0", "-1"]);
    let places: Vec<_> = ["\r\n3\r\n", "\r\n2\r\n", "\r\n1\r\n"]
        .iter()
        .map(|id| listed.find(id).unwrap())
        .collect();
    assert!(places.is_sorted(), "{listed:?}");
    assert!((86_399..=86_400).contains(&seconds_left(&cache, &key).await));
    for companion in [
        "{imagen4:user_generations:42}:x",
        "{imagen4:user_generations:42}:v",
    ] {
        let left = server.call(&["PTTL", companion]);
        let millis: i64 = left.lines().next().unwrap()[1..].parse().unwrap();
        assert!(millis > 0, "{companion} {left:?}");
    }
}

#[tokio::test]
async fn what_another_program_did_to_the_list_makes_it_unknown() {
    let server = RedisServer::start();
    let cache = adapter(&server);
    let key = FamilyKey::user_generations(42).unwrap();
    let name = key.key().as_str();
    // A list that only the other program knows.
    server.call(&["RPUSH", name, "b", "a"]);
    assert_eq!(cache.page(key.key(), 0, 5).await.unwrap(), None);
    assert!(!cache.push(key.key(), "c", &key.limits()).await.unwrap());
    // A change of ours that the other program made behind our back, and an eviction of the list or the marker.
    let marker = format!("{{{name}}}:x");
    for change in [
        ["LPUSH", name, "c"].as_slice(),
        &["DEL", name],
        &["DEL", &marker],
    ] {
        let token = cache.token(key.key()).await.unwrap();
        let ids = ["b".to_owned(), "a".to_owned()];
        assert!(
            cache
                .fill(key.key(), &token, &ids, &key.limits())
                .await
                .unwrap()
        );
        assert!(cache.page(key.key(), 0, 5).await.unwrap().is_some());
        server.call(change);
        assert_eq!(
            cache.page(key.key(), 0, 5).await.unwrap(),
            None,
            "{change:?}"
        );
    }
}

#[tokio::test]
async fn a_forgotten_list_leaves_nothing_behind() {
    let server = RedisServer::start();
    let cache = adapter(&server);
    let key = FamilyKey::user_generations(42).unwrap();
    let token = cache.token(key.key()).await.unwrap();
    let ids = ["a".to_owned()];
    assert!(
        cache
            .fill(key.key(), &token, &ids, &key.limits())
            .await
            .unwrap()
    );
    assert_eq!(server.call(&["DBSIZE"]).lines().next(), Some(":3"));
    assert!(cache.forget(key.key()).await.unwrap());
    assert_eq!(server.call(&["DBSIZE"]).lines().next(), Some(":0"));
}

#[tokio::test]
async fn a_token_that_ended_fills_nothing() {
    let server = RedisServer::start();
    let cache = adapter(&server);
    let key = FamilyKey::user_generations(42).unwrap();
    let token = cache.token(key.key()).await.unwrap();
    server.call(&["DEL", &format!("{{{}}}:v", key.key())]);
    let ids = ["a".to_owned()];
    assert!(
        !cache
            .fill(key.key(), &token, &ids, &key.limits())
            .await
            .unwrap()
    );
    assert_eq!(cache.page(key.key(), 0, 5).await.unwrap(), None);
}

#[tokio::test]
async fn an_evicted_version_never_comes_back() {
    let server = RedisServer::start();
    let cache = adapter(&server);
    let key = FamilyKey::gallery_version(42).unwrap();
    let through = ReadThrough::new(Arc::new(cache));
    let before = through.version(&key).await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    server.call(&["DEL", key.key().as_str()]);
    let after = through.version(&key).await.unwrap();
    assert!(after > before, "{after} after {before}");
}

#[tokio::test]
async fn a_shorter_life_is_kept() {
    let server = RedisServer::start();
    let cache = adapter(&server);
    let through = ReadThrough::new(Arc::new(cache.clone()));
    let short = Ttl::new(Duration::from_secs(15)).unwrap();
    let key = FamilyKey::generation(17).unwrap().living_at_most(short);
    through.put(&key, &record()).await;
    assert!((14..=15).contains(&seconds_left(&cache, &key).await));
}

#[tokio::test]
async fn an_id_that_a_full_server_refused_is_listed_when_there_is_room_again() {
    let server = RedisServer::start();
    let recent = RecentIds::new(Arc::new(adapter(&server)));
    let key = FamilyKey::user_generations(42).unwrap();
    let page = async |stored: &[&str]| {
        let stored: Vec<_> = stored.iter().map(ToString::to_string).collect();
        let load = async |_| Ok::<_, Infallible>(stored);
        recent.page_or_load(&key, 0, 5, load).await.unwrap().ids
    };
    assert_eq!(page(&["1"]).await, ["1"]);
    server.call(&["CONFIG", "SET", "maxmemory", "1"]);
    recent.push(&key, "2").await;
    server.call(&["CONFIG", "SET", "maxmemory", "0"]);
    assert_eq!(page(&["2", "1"]).await, ["2", "1"]);
    assert_eq!(page(&["unread"]).await, ["2", "1"]);
}

/// How often the server ran each command, without those of our looks.
fn commands(server: &RedisServer) -> BTreeMap<String, u64> {
    let statistics = server.call(&["INFO", "commandstats"]);
    let lines = statistics.lines().filter_map(|line| {
        let (name, rest) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
        Some((name.to_owned(), rest.split(',').next()?.parse().ok()?))
    });
    lines.filter(|(name, _)| name != "info").collect()
}

#[tokio::test]
async fn each_operation_of_a_family_is_one_command_and_none_of_them_scans() {
    let server = RedisServer::start();
    let cache = adapter(&server);
    let through = ReadThrough::new(Arc::new(cache.clone()));
    let recent = RecentIds::new(Arc::new(cache.clone()));
    let one = FamilyKey::generation(1).unwrap();
    let page: Vec<_> = (0..20)
        .map(|id| FamilyKey::generation(id).unwrap())
        .collect();
    let list = FamilyKey::user_generations(42).unwrap();
    let version = FamilyKey::gallery_version(42).unwrap();
    let load = async |_| Ok::<_, Infallible>(vec!["1".to_owned()]);
    // The scripts are known and the list is warm from here on.
    recent.page_or_load(&list, 0, 5, load).await.unwrap();
    recent.push(&list, "2").await;
    recent.remove(&list, "1").await;
    through.bump(&version).await.unwrap();
    through.put(&one, &record()).await;
    let mut before = commands(&server);
    let mut grown = || {
        let now = commands(&server);
        let sent = now.iter().filter_map(|(name, calls)| {
            let more = calls - before.get(name).copied().unwrap_or_default();
            (more > 0).then(|| (name.clone(), more))
        });
        let sent: Vec<_> = sent.collect();
        before = now;
        // What a script runs inside the server is no round trip.
        let is_sent = |name: &str| matches!(name, "get" | "set" | "mget" | "unlink" | "evalsha");
        sent.into_iter()
            .filter(|(name, _)| is_sent(name))
            .collect::<Vec<_>>()
    };
    let single = |name: &str| vec![(name.to_owned(), 1)];

    assert!(through.get::<Record>(&one).await.is_some());
    assert_eq!(grown(), single("get"));
    through.get_many::<Record>(&page).await;
    assert_eq!(grown(), single("mget"));
    through.put(&one, &record()).await;
    assert_eq!(grown(), single("set"));
    through.forget(&one).await;
    assert_eq!(grown(), single("unlink"));
    let scripted = |sent: Vec<(String, u64)>| sent.into_iter().find(|(name, _)| name == "evalsha");
    recent.page_or_load(&list, 0, 5, load).await.unwrap();
    assert_eq!(scripted(grown()).unwrap().1, 1);
    recent.push(&list, "3").await;
    assert_eq!(scripted(grown()).unwrap().1, 1);
    recent.remove(&list, "3").await;
    assert_eq!(scripted(grown()).unwrap().1, 1);
    through.bump(&version).await.unwrap();
    assert_eq!(scripted(grown()).unwrap().1, 1);

    let all = commands(&server);
    for scan in ["scan", "keys", "flushall", "flushdb", "randomkey"] {
        assert!(!all.contains_key(scan), "{all:?}");
    }
}
