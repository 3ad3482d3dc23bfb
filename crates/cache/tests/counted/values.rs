//! What stands under a key is read or it is a miss: garbage, other versions, a rolling upgrade, too large a value.

use std::convert::Infallible;
use std::sync::Arc;

use cache::memory::MemoryCache;
use cache::testing::CountingCache;
use cache::{Cache, FamilyKey, MAX_VALUE_BYTES, ReadThrough, Ttl, TypedCache};
use futures_util::FutureExt;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::recorder::Recorder;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Record {
    number: u32,
    prompt: String,
    tags: Vec<String>,
    parent: Option<Box<Record>>,
}

fn record(number: u32) -> Record {
    let parent = Record {
        number,
        prompt: "a \"quoted\" fox\n".to_owned(),
        tags: vec!["é".to_owned(), String::new()],
        parent: None,
    };
    Record {
        prompt: "child".to_owned(),
        parent: Some(Box::new(parent.clone())),
        ..parent
    }
}

fn key() -> FamilyKey {
    FamilyKey::generation(17).unwrap()
}

#[test]
fn what_is_no_value_is_a_miss_and_counted_each_time() {
    let recorder = Recorder::default();
    let (key, memory) = (key(), MemoryCache::new());
    let typed = TypedCache::<Record>::new(Arc::new(memory.clone()));
    let mut chance = fastrand::Rng::with_seed(17);
    metrics::with_local_recorder(&recorder, || {
        for _ in 0..1_000 {
            let noise: Vec<u8> = (0..chance.usize(..64)).map(|_| chance.u8(..)).collect();
            let set = memory.set(key.key(), noise.into(), Ttl::MAX);
            set.now_or_never().unwrap().unwrap();
            assert_eq!(typed.get(&key).now_or_never().unwrap().unwrap(), None);
        }
    });
    assert_eq!(recorder.count("cache.unreadable{family=generation}"), 1_000);
}

#[test]
fn deep_nesting_is_a_miss() {
    let (key, memory) = (key(), MemoryCache::new());
    let typed = TypedCache::<serde_json::Value>::new(Arc::new(memory.clone()));
    let deep = format!("{{\"v\":1,\"a\":{}", "[".repeat(MAX_VALUE_BYTES - 32));
    let set = memory.set(key.key(), deep.into(), Ttl::MAX);
    set.now_or_never().unwrap().unwrap();
    assert_eq!(typed.get(&key).now_or_never().unwrap().unwrap(), None);
}

/// What a program of the version before or after writes under the same key.
async fn written_by_another(memory: &MemoryCache, version: u32, number: u32) {
    let form = json!({"v": version, "number": number, "prompt": "", "tags": [], "parent": null});
    let key = key();
    let set = memory.set(key.key(), form.to_string().into(), key.ttl());
    set.await.unwrap();
}

async fn version_in(memory: &MemoryCache) -> u64 {
    let bytes = memory.get(key().key()).await.unwrap().unwrap();
    let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    value["v"].as_u64().unwrap()
}

#[tokio::test]
async fn during_a_rolling_upgrade_each_side_takes_the_others_values_for_a_miss() {
    let recorder = Recorder::default();
    let _local = metrics::set_default_local_recorder(&recorder);
    let ours = key().family().spec().value_version;
    let memory = MemoryCache::new();
    let through = ReadThrough::new(Arc::new(memory.clone()));
    // Ours is the old program and the other the new one, and then the other way round.
    for (round, theirs) in [ours + 1, ours - 1].into_iter().enumerate() {
        written_by_another(&memory, theirs, 1).await;
        let load = || async { Ok::<_, Infallible>(Some(record(2))) };
        let read = through.get_or_load(&key(), load).await.unwrap();
        assert_eq!(*read.unwrap(), record(2), "theirs was not misread");
        assert_eq!(version_in(&memory).await, u64::from(ours));
        assert_eq!(through.get::<Record>(&key()).await, Some(record(2)));
        // Once on the read and once more before the load.
        let unreadable = recorder.count("cache.unreadable{family=generation}");
        assert_eq!(unreadable, 2 * (round as u64 + 1));
    }
    assert_eq!(recorder.count("cache.load_errors{family=generation}"), 0);
}

#[tokio::test]
async fn a_field_more_or_less_needs_no_new_version() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Before {
        number: u32,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct After {
        number: u32,
        #[serde(default)]
        parent: Option<u32>,
    }
    let through = ReadThrough::new(Arc::new(MemoryCache::new()));
    through.put(&key(), &Before { number: 1 }).await;
    let after = through.get::<After>(&key()).await;
    assert_eq!(
        after,
        Some(After {
            number: 1,
            parent: None
        })
    );
    through
        .put(
            &key(),
            &After {
                number: 2,
                parent: Some(1),
            },
        )
        .await;
    assert_eq!(
        through.get::<Before>(&key()).await,
        Some(Before { number: 2 })
    );
}

#[tokio::test]
async fn a_value_over_the_limit_is_left_out_and_counted_and_nothing_is_sent() {
    let recorder = Recorder::default();
    let _local = metrics::set_default_local_recorder(&recorder);
    let counting = CountingCache::new(MemoryCache::new());
    let through = ReadThrough::new(Arc::new(counting.clone()));
    let large = Record {
        prompt: "x".repeat(MAX_VALUE_BYTES),
        ..record(1)
    };
    through.put(&key(), &record(0)).await;
    let load = || async { Ok::<_, Infallible>(Some(large.clone())) };
    through.forget(&key()).await;
    let read = through.get_or_load(&key(), load).await.unwrap();
    assert_eq!(read.unwrap().prompt.len(), MAX_VALUE_BYTES);
    assert_eq!(counting.count("set"), 1, "only the small one");
    assert_eq!(recorder.count("cache.oversized{family=generation}"), 1);
    // An older value does not stay in the place of one that is too large.
    through.put(&key(), &record(0)).await;
    through.put(&key(), &large).await;
    assert_eq!(through.get::<Record>(&key()).await, None);
}

#[test]
fn a_key_that_is_too_long_is_refused_and_counted() {
    let recorder = Recorder::default();
    metrics::with_local_recorder(&recorder, || {
        assert!(FamilyKey::generation("x".repeat(1_024)).is_err());
        assert!(FamilyKey::user_generations("a:b").is_err());
    });
    assert_eq!(recorder.count("cache.refused_keys{family=generation}"), 1);
    assert_eq!(
        recorder.count("cache.refused_keys{family=user_generations}"),
        1
    );
}
