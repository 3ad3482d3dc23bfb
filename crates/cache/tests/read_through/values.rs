//! What is kept under a key, and what is a miss.

use std::sync::Arc;

use cache::memory::MemoryCache;
use cache::testing::CountingCache;
use cache::{Cache, FamilyKey, ReadThrough};

use super::{Record, key, load};

#[tokio::test]
async fn the_second_read_makes_no_load_and_one_call() {
    let counting = CountingCache::new(MemoryCache::new());
    let through = ReadThrough::new(Arc::new(counting.clone()));
    through.get_or_load(&key(), || load(1)).await.unwrap();
    let before = counting.total();
    through.get_or_load(&key(), || load(2)).await.unwrap();
    assert_eq!(counting.total() - before, 1);
}

#[tokio::test]
async fn an_unreadable_value_is_a_miss_and_is_replaced() {
    let memory = MemoryCache::new();
    let through = ReadThrough::new(Arc::new(memory.clone()));
    for garbage in [
        "",
        "{",
        r#"{"number":1,"v":99}"#,
        r#"{"number":"one","v":1}"#,
    ] {
        memory
            .set(key().key(), garbage.into(), key().ttl())
            .await
            .unwrap();
        let read = through.get_or_load(&key(), || load(7)).await.unwrap();
        assert_eq!(read.unwrap().number, 7, "{garbage:?}");
        assert_eq!(through.get(&key()).await, Some(Record { number: 7 }));
    }
}

#[tokio::test]
async fn a_value_that_cannot_be_kept_removes_the_older_one() {
    let through = ReadThrough::new(Arc::new(MemoryCache::new()));
    through.put(&key(), &Record { number: 1 }).await;
    through.put(&key(), &"no object").await;
    assert_eq!(through.get::<Record>(&key()).await, None);
}

#[tokio::test]
async fn many_values_come_in_the_order_of_their_keys() {
    let through = ReadThrough::new(Arc::new(MemoryCache::new()));
    let keys: Vec<_> = (0..3)
        .map(|id| FamilyKey::generation(id).unwrap())
        .collect();
    through.put(&keys[0], &Record { number: 0 }).await;
    through.put(&keys[2], &Record { number: 2 }).await;
    let found: Vec<Option<Record>> = through.get_many(&keys).await;
    let numbers: Vec<_> = found
        .into_iter()
        .map(|found| found.map(|one| one.number))
        .collect();
    assert_eq!(numbers, [Some(0), None, Some(2)]);
}
