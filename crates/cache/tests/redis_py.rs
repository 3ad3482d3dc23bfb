//! redis-py, a client that others wrote in another language, shares the records with our layers; the scenes are
//! in the Python file beside this one.
//!
//! `REDISPY_PYTHON` names a Python that can import redis; `cargo xtask test` makes one.
#![cfg(feature = "redis")]
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up panics")]

use std::collections::HashMap;
use std::convert::Infallible;
use std::num::NonZeroU16;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cache::redis::{RedisCache, RedisSettings, RedisTracking};
use cache::testing::RedisServer;
use cache::{
    Cache, Family, FamilyKey, ListLimits, NearCache, NearSettings, ReadThrough, RecentList,
};
use core_config::{Environment, TextSource};
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/redis_py.py");

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Record {
    id: u64,
    prompt: String,
}

fn record(id: u64) -> Record {
    Record {
        id,
        prompt: "a fox, «running», 東京 🌲".to_owned(),
    }
}

fn key() -> FamilyKey {
    FamilyKey::generation(17).unwrap()
}

fn python() -> String {
    let named = Environment.get("REDISPY_PYTHON").map(|text| text.value);
    named.filter(|name| !name.is_empty()).unwrap_or_else(|| {
        panic!(
            "run `cargo xtask test`, or `pip install redis` and name that Python in REDISPY_PYTHON"
        )
    })
}

/// Plays a scene; neither proxies nor settings of this machine reach the script.
fn play(server: &RedisServer, scene: &str) {
    let output = Command::new(python())
        .args([SCRIPT, scene])
        .env_clear()
        .env("PORT", server.port().to_string())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONUTF8", "1")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{scene}: {errors}");
}

fn settings(server: &RedisServer) -> RedisSettings {
    let patient = Duration::from_secs(20);
    RedisSettings::new("127.0.0.1", server.port())
        .with_call_limit(patient)
        .with_response_limit(patient)
        .with_connect_limit(patient)
}

fn through(server: &RedisServer) -> ReadThrough {
    ReadThrough::new(Arc::new(RedisCache::new(settings(server)).unwrap()))
}

/// Reads through the layer, and tells whether the truth had to be asked.
async fn read(through: &ReadThrough) -> (Record, bool) {
    let loaded = AtomicU64::new(0);
    let load = || async {
        loaded.fetch_add(1, Ordering::Relaxed);
        Ok::<_, Infallible>(Some(record(17)))
    };
    let found = through.get_or_load(&key(), load).await.unwrap().unwrap();
    (Record::clone(&found), loaded.into_inner() > 0)
}

#[tokio::test]
#[ignore = "needs redis-py; cargo xtask test provides it"]
async fn python_reads_a_record_of_ours_as_plain_json_with_its_life() {
    let server = RedisServer::start();
    through(&server).put(&key(), &record(17)).await;
    play(&server, "read_record");
}

#[tokio::test]
#[ignore = "needs redis-py; cargo xtask test provides it"]
async fn python_reads_a_list_of_ours_newest_first() {
    let server = RedisServer::start();
    let cache = RedisCache::new(settings(&server)).unwrap();
    let list = FamilyKey::user_generations(42).unwrap();
    let limits = ListLimits {
        cap: NonZeroU16::new(50).unwrap(),
        ttl: list.ttl(),
    };
    let token = cache.token(list.key()).await.unwrap();
    let ids = ["18", "17"].map(str::to_owned);
    assert!(cache.fill(list.key(), &token, &ids, &limits).await.unwrap());
    assert!(cache.push(list.key(), "19", &limits).await.unwrap());
    play(&server, "read_list");
}

#[tokio::test]
#[ignore = "needs redis-py; cargo xtask test provides it"]
async fn a_record_by_python_with_the_version_is_a_hit() {
    let server = RedisServer::start();
    play(&server, "write_with_version");
    assert_eq!(read(&through(&server)).await, (record(18), false));
}

#[tokio::test]
#[ignore = "needs redis-py; cargo xtask test provides it"]
async fn a_record_by_python_without_a_version_is_a_counted_miss() {
    for scene in ["write_without_version", "write_nan"] {
        let counts = Counts::default();
        let _guard = metrics::set_default_local_recorder(&counts);
        let server = RedisServer::start();
        let through = through(&server);
        play(&server, scene);
        assert_eq!(through.get::<Record>(&key()).await, None, "{scene}");
        assert_eq!(counts.of("cache.unreadable"), 1, "{scene}");
        // The next read puts ours in its place, which Python reads again.
        assert_eq!(read(&through).await, (record(17), true), "{scene}");
        play(&server, "read_record");
    }
}

#[tokio::test]
#[ignore = "needs redis-py; cargo xtask test provides it"]
async fn what_python_changes_is_seen_through_a_near_cache() {
    let server = RedisServer::start();
    let below = RedisCache::new(settings(&server)).unwrap();
    let source = RedisTracking::beside(&below).with_heartbeat_limit(Duration::from_secs(10));
    let held = NearSettings::new().with_family(Family::Generation);
    let near = NearCache::following(below, held, Arc::new(source));
    let through = ReadThrough::new(Arc::new(near.clone()));
    through.put(&key(), &record(17)).await;
    while near.used_bytes() == 0 || !near.is_following() {
        near.get(key().key()).await.unwrap();
        sleep(Duration::from_millis(1)).await;
    }
    play(&server, "write_with_version");
    for expected in [Some(record(18)), None] {
        let mut found = through.get::<Record>(&key()).await;
        // A value that is stale stays so for thirty seconds.
        for _ in 0..1_000 {
            if found == expected {
                break;
            }
            sleep(Duration::from_millis(5)).await;
            found = through.get::<Record>(&key()).await;
        }
        assert_eq!(found, expected);
        if expected.is_some() {
            play(&server, "delete");
        }
    }
}

/// Keeps what counters count, whatever their labels.
#[derive(Debug, Default)]
struct Counts(Mutex<HashMap<String, Arc<AtomicU64>>>);

impl Counts {
    fn of(&self, name: &str) -> u64 {
        let counts = self.0.lock().unwrap();
        counts
            .get(name)
            .map_or(0, |count| count.load(Ordering::Relaxed))
    }
}

impl Recorder for Counts {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let mut counts = self.0.lock().unwrap();
        let count = counts.entry(key.name().to_owned()).or_default();
        Counter::from_arc(Arc::clone(count))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}
