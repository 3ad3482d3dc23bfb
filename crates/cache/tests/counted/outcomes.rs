//! Every outcome of a read and a load has its counter, by family.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use cache::memory::MemoryCache;
use cache::testing::FailingCache;
use cache::{CacheErrorKind, Family, FamilyKey, FamilyOptions, Lock, ReadThrough, Ttl};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use super::recorder::Recorder;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Record {
    number: u32,
}

const EXACT: FamilyOptions = FamilyOptions::EXACT;
const HOUR: Duration = Duration::from_hours(1);

/// An id that no label may show.
fn key() -> FamilyKey {
    FamilyKey::generation("canary-17").unwrap()
}

fn over(memory: &MemoryCache, options: FamilyOptions) -> ReadThrough {
    let through = ReadThrough::new(Arc::new(memory.clone()));
    through.with_options(Family::Generation, options)
}

async fn load() -> Result<Option<Record>, io::Error> {
    sleep(Duration::from_millis(10)).await;
    Ok(Some(Record { number: 1 }))
}

async fn fail() -> Result<Option<Record>, io::Error> {
    Err(io::Error::other("down"))
}

fn counts(recorder: &Recorder, names: &[&str]) -> Vec<u64> {
    let name_of = |name: &&str| match name.split_once(' ') {
        Some((name, outcome)) => format!("cache.{name}{{family=generation,outcome={outcome}}}"),
        None => format!("cache.{name}{{family=generation}}"),
    };
    names
        .iter()
        .map(|name| recorder.count(&name_of(name)))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn hits_misses_loads_and_shared_loads_are_counted() {
    let recorder = Recorder::default();
    let _local = metrics::set_default_local_recorder(&recorder);
    let through = over(&MemoryCache::new(), EXACT);
    let key = key();
    let reads = (0..5).map(|_| through.get_or_load(&key, load));
    futures_util::future::join_all(reads).await;
    through.get_or_load(&key, load).await.unwrap();
    let names = ["reads miss", "reads hit", "loads", "coalesced"];
    assert_eq!(counts(&recorder, &names), [5, 1, 1, 4]);
}

#[tokio::test(start_paused = true)]
async fn failed_loads_and_old_values_are_counted() {
    let recorder = Recorder::default();
    let _local = metrics::set_default_local_recorder(&recorder);
    let through = over(&MemoryCache::new(), EXACT.with_fail_safe(HOUR));
    assert!(through.get_or_load(&key(), fail).await.is_err());
    through.get_or_load(&key(), load).await.unwrap();
    sleep(HOUR).await;
    // One failed load, and one read within the throttle.
    for _ in 0..2 {
        assert!(through.get_or_load(&key(), fail).await.is_ok());
    }
    let names = ["loads", "load_errors", "stale", "reads miss"];
    assert_eq!(counts(&recorder, &names), [3, 2, 2, 4]);
}

#[tokio::test(start_paused = true)]
async fn absences_and_early_refreshes_are_counted() {
    let recorder = Recorder::default();
    let _local = metrics::set_default_local_recorder(&recorder);
    let options = EXACT.with_negative(HOUR).with_eager_refresh(50);
    let through = over(&MemoryCache::new(), options);
    for _ in 0..3 {
        let nothing = || async { Ok::<Option<Record>, io::Error>(None) };
        through.get_or_load(&key(), nothing).await.unwrap();
    }
    through.put(&key(), &Record { number: 1 }).await;
    sleep(HOUR * 3 / 4).await;
    through.get_or_refresh(&key(), load).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    let names = ["reads negative", "early_refreshes", "loads", "reads hit"];
    assert_eq!(counts(&recorder, &names), [2, 1, 2, 1]);
}

#[tokio::test(start_paused = true)]
async fn waits_for_the_lock_and_values_that_came_too_late_are_counted() {
    let recorder = Recorder::default();
    let _local = metrics::set_default_local_recorder(&recorder);
    let memory = MemoryCache::new();
    let life = Ttl::new(Duration::from_secs(5)).unwrap();
    let locked = |wait| {
        let options = EXACT.with_lock(life, wait);
        over(&memory, options).with_lock(Arc::new(memory.clone()))
    };
    let key = key();
    let (one, other) = (locked(HOUR), locked(HOUR));
    let (first, second) = tokio::join!(one.get_or_load(&key, load), other.get_or_load(&key, load));
    assert_eq!(first.unwrap(), second.unwrap());
    one.forget(&key).await;
    sleep(Duration::from_millis(1)).await;
    let lease = memory.acquire(key.key(), life).await.unwrap().unwrap();
    locked(Duration::from_millis(100))
        .get_or_load(&key, load)
        .await
        .unwrap();
    memory.release(&lease).await.unwrap();
    one.forget(&key).await;
    let slow = || async {
        sleep(Duration::from_secs(6)).await;
        let lease = memory.acquire(key.key(), life).await.unwrap();
        assert!(lease.is_some());
        load().await
    };
    one.get_or_load(&key, slow).await.unwrap();
    let names = [
        "lock_waits spared",
        "lock_waits missed",
        "fenced_off",
        "loads",
    ];
    assert_eq!(counts(&recorder, &names), [1, 1, 1, 3]);
}

#[tokio::test]
async fn failures_are_counted_by_kind_and_no_label_names_anybody() {
    let recorder = Recorder::default();
    let _local = metrics::set_default_local_recorder(&recorder);
    let broken = FailingCache::new(MemoryCache::new());
    let through = ReadThrough::new(Arc::new(broken.clone()));
    for kind in CacheErrorKind::ALL {
        broken.script([Some(kind)]);
        assert_eq!(through.get::<Record>(&key()).await, None);
        let name = format!("cache.failures{{kind={}}}", kind.as_str());
        assert_eq!(recorder.count(&name), 1);
    }
    through.put(&key(), &"no object").await;
    let names = recorder.names();
    assert!(names.len() > 9, "{names:?}");
    assert!(
        names
            .iter()
            .all(|name| !name.contains("canary") && !name.contains("17"))
    );
}
