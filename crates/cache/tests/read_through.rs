//! What services meet above the ports: shared loads, failures that don't matter, one warning.
#![expect(clippy::unwrap_used, reason = "the helpers of tests panic as tests do")]

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use cache::memory::MemoryCache;
use cache::testing::{CountingCache, FailingCache, MockCache, MockRecentList};
use cache::{
    Cache, CacheError, CacheErrorKind, FamilyKey, ReadThrough, RecentIds, RecentList, RecentPage,
};
use futures_util::FutureExt;
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio::time::sleep;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Record {
    number: u32,
}

fn key() -> FamilyKey {
    FamilyKey::generation(17).unwrap()
}

fn list_key() -> FamilyKey {
    FamilyKey::user_generations(42).unwrap()
}

fn load(number: u32) -> Ready<Result<Option<Record>, Infallible>> {
    ready(Ok(Some(Record { number })))
}

#[tokio::test(start_paused = true)]
async fn a_thousand_misses_at_the_same_time_share_one_load() {
    let through = ReadThrough::new(Arc::new(MemoryCache::new()));
    let loads = Arc::new(AtomicU32::new(0));
    let readers = (0..1_000).map(|_| {
        let (through, loads) = (through.clone(), Arc::clone(&loads));
        tokio::spawn(async move {
            let load = || async {
                loads.fetch_add(1, Ordering::Relaxed);
                sleep(Duration::from_millis(50)).await;
                load(1).await
            };
            through
                .get_or_load(&key(), load)
                .await
                .unwrap()
                .unwrap()
                .number
        })
    });
    for number in join_all(readers).await {
        assert_eq!(number.unwrap(), 1);
    }
    assert_eq!(loads.load(Ordering::Relaxed), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn misses_on_several_threads_share_one_load_too() {
    let through = ReadThrough::new(Arc::new(MemoryCache::new()));
    let loads = Arc::new(AtomicU32::new(0));
    let readers = (0..1_000).map(|_| {
        let (through, loads) = (through.clone(), Arc::clone(&loads));
        tokio::spawn(async move {
            let load = || async {
                loads.fetch_add(1, Ordering::Relaxed);
                sleep(Duration::from_millis(5)).await;
                load(1).await
            };
            through.get_or_load(&key(), load).await.unwrap();
        })
    });
    join_all(readers).await.into_iter().for_each(Result::unwrap);
    assert_eq!(loads.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn misses_share_one_load_while_the_cache_is_away() {
    let broken = FailingCache::new(MemoryCache::new());
    broken.break_down(CacheErrorKind::Unavailable);
    let through = ReadThrough::new(Arc::new(broken));
    let loads = AtomicU32::new(0);
    let reads = (0..100).map(|_| {
        let load = || async {
            loads.fetch_add(1, Ordering::Relaxed);
            sleep(Duration::from_millis(50)).await;
            load(1).await
        };
        let through = through.clone();
        async move {
            through
                .get_or_load(&key(), load)
                .await
                .unwrap()
                .unwrap()
                .number
        }
    });
    assert_eq!(join_all(reads).await, [1; 100]);
    assert_eq!(loads.into_inner(), 1);
}

#[tokio::test(start_paused = true)]
async fn when_the_one_who_loads_is_dropped_a_waiter_takes_over() {
    let through = ReadThrough::new(Arc::new(MemoryCache::new()));
    let leader = tokio::spawn({
        let through = through.clone();
        async move {
            let load = || async {
                sleep(Duration::from_hours(1)).await;
                load(1).await
            };
            through.get_or_load(&key(), load).await
        }
    });
    sleep(Duration::from_millis(10)).await;
    let waiters: Vec<_> = (0..10)
        .map(|_| {
            let through = through.clone();
            tokio::spawn(async move { through.get_or_load(&key(), || load(2)).await })
        })
        .collect();
    sleep(Duration::from_millis(10)).await;
    assert!(waiters.iter().all(|waiter| !waiter.is_finished()));
    leader.abort();
    for waiter in waiters {
        assert_eq!(waiter.await.unwrap().unwrap().unwrap().number, 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_load_is_shared_and_not_kept() {
    let through = ReadThrough::new(Arc::new(MemoryCache::new()));
    let loads = AtomicU32::new(0);
    let reads = (0..10).map(|_| {
        let load = || async {
            loads.fetch_add(1, Ordering::Relaxed);
            sleep(Duration::from_millis(50)).await;
            Err::<Option<Record>, _>(io::Error::other("store is down"))
        };
        let through = through.clone();
        async move {
            through
                .get_or_load(&key(), load)
                .await
                .unwrap_err()
                .to_string()
        }
    });
    assert_eq!(join_all(reads).await, ["store is down"; 10]);
    assert_eq!(loads.into_inner(), 1);
    assert_eq!(
        through
            .get_or_load(&key(), || load(3))
            .await
            .unwrap()
            .unwrap()
            .number,
        3
    );
}

#[tokio::test]
async fn what_does_not_exist_is_not_kept() {
    let through = ReadThrough::new(Arc::new(MemoryCache::new()));
    let nothing = || async { Ok::<Option<Record>, Infallible>(None) };
    assert_eq!(through.get_or_load(&key(), nothing).await.unwrap(), None);
    assert_eq!(
        through
            .get_or_load(&key(), || load(1))
            .await
            .unwrap()
            .unwrap()
            .number,
        1
    );
}

async fn changed_during_a_load(change: impl AsyncFnOnce(&ReadThrough)) -> Option<Record> {
    let through = ReadThrough::new(Arc::new(MemoryCache::new()));
    let go_on = Arc::new(Notify::new());
    let reader = tokio::spawn({
        let (through, go_on) = (through.clone(), Arc::clone(&go_on));
        async move {
            let load = || async {
                go_on.notified().await;
                load(1).await
            };
            through.get_or_load(&key(), load).await
        }
    });
    sleep(Duration::from_millis(10)).await;
    change(&through).await;
    go_on.notify_one();
    assert_eq!(reader.await.unwrap().unwrap().unwrap().number, 1);
    through.get(&key()).await
}

#[tokio::test(start_paused = true)]
async fn a_load_from_before_a_put_does_not_replace_it() {
    let kept = changed_during_a_load(async |through| {
        through.put(&key(), &Record { number: 2 }).await;
    });
    assert_eq!(kept.await, Some(Record { number: 2 }));
}

#[tokio::test(start_paused = true)]
async fn a_load_from_before_a_forget_is_not_kept() {
    let kept = changed_during_a_load(async |through| through.forget(&key()).await);
    assert_eq!(kept.await, None);
}

#[tokio::test(start_paused = true)]
async fn who_reads_after_a_forget_does_not_join_the_old_load() {
    let kept = changed_during_a_load(async |through| {
        through.forget(&key()).await;
        let read = through.get_or_load(&key(), || load(2)).await.unwrap();
        assert_eq!(read.unwrap().number, 2);
    });
    assert_eq!(kept.await, Some(Record { number: 2 }));
}

#[tokio::test]
async fn a_change_while_the_old_value_is_written_removes_it_again() {
    let through = Arc::new(OnceLock::<ReadThrough>::new());
    let deletes = Arc::new(AtomicU32::new(0));
    let mut cache = MockCache::new();
    cache.expect_get().returning(|_| Ok(None));
    cache.expect_delete().returning({
        let deletes = Arc::clone(&deletes);
        move |_| Ok(deletes.fetch_add(1, Ordering::Relaxed) == 0)
    });
    // Another caller forgets the key at the moment when the load writes what it read before.
    cache.expect_set().times(1).returning({
        let through = Arc::clone(&through);
        move |_, _, _| {
            let through = through.get().unwrap();
            through.forget(&key()).now_or_never().unwrap();
            Ok(())
        }
    });
    let through = through.get_or_init(|| ReadThrough::new(Arc::new(cache)));
    through.get_or_load(&key(), || load(1)).await.unwrap();
    assert_eq!(deletes.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_load_that_ended_since_the_miss_is_not_repeated() {
    let mut cache = MockCache::new();
    let mut answers = [None, Some(r#"{"number":1,"v":1}"#.into())].into_iter();
    cache
        .expect_get()
        .times(2)
        .returning(move |_| Ok(answers.next().unwrap()));
    let through = ReadThrough::new(Arc::new(cache));
    let read = through.get_or_load(&key(), || load(2)).await.unwrap();
    assert_eq!(read.unwrap().number, 1);
}

#[tokio::test]
async fn another_type_under_the_same_key_loads_for_itself() {
    let through = ReadThrough::new(Arc::new(MemoryCache::new()));
    let key = key();
    let number = through.get_or_load(&key, || load(1));
    let text = through.get_or_load(&key, || async {
        Ok::<_, io::Error>(Some(serde_json::json!({"text": "other"})))
    });
    let (number, text) = tokio::join!(number, text);
    assert_eq!(number.unwrap().unwrap().number, 1);
    assert!(text.unwrap().is_some());
}

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

#[tokio::test]
async fn every_kind_of_failure_is_a_miss_and_no_call_fails() {
    for kind in CacheErrorKind::ALL {
        let broken = FailingCache::new(MemoryCache::new());
        broken.break_down(kind);
        let through = ReadThrough::new(Arc::new(broken.clone()));
        let read = through.get_or_load(&key(), || load(1)).await.unwrap();
        assert_eq!(read.unwrap().number, 1, "{kind:?}");
        through.put(&key(), &Record { number: 1 }).await;
        through.forget(&key()).await;
        let many: Vec<Option<Record>> = through.get_many(&[key(), key()]).await;
        assert_eq!(many, [None, None]);
        let version = FamilyKey::gallery_version(1).unwrap();
        assert_eq!(through.version(&version).await, None);
        assert_eq!(through.bump(&version).await, None);

        let recent = RecentIds::new(Arc::new(broken));
        let load = |_| async { Ok::<_, Infallible>(vec!["b".to_owned(), "a".to_owned()]) };
        let page = recent.page_or_load(&list_key(), 1, 5, load).await.unwrap();
        assert_eq!(
            page,
            RecentPage {
                ids: vec!["a".to_owned()],
                complete: true
            }
        );
        recent.push(&list_key(), "c").await;
        recent.remove(&list_key(), "a").await;
        recent.forget(&list_key()).await;
    }
}

#[tokio::test]
async fn a_mock_stands_in_for_each_port() {
    let mut cache = MockCache::new();
    cache
        .expect_get()
        .withf(|key| key.as_str() == "imagen4:generation:17")
        .times(1)
        .returning(|key| Err(CacheError::new(CacheErrorKind::TimedOut, "get").with_key(key)));
    let through = ReadThrough::new(Arc::new(cache));
    assert_eq!(through.get::<Record>(&key()).await, None);

    let mut list = MockRecentList::new();
    list.expect_push()
        .withf(|key, id, limits| {
            key.as_str() == "imagen4:user_generations:42" && id == "a" && limits.cap.get() == 50
        })
        .times(1)
        .returning(|_, _, _| Ok(true));
    RecentIds::new(Arc::new(list)).push(&list_key(), "a").await;
}

#[tokio::test]
async fn a_cold_list_is_filled_once_and_then_answers() {
    let memory = MemoryCache::new();
    let recent = RecentIds::new(Arc::new(memory.clone()));
    let loads = AtomicU32::new(0);
    for _ in 0..3 {
        let load = |cap| {
            loads.fetch_add(1, Ordering::Relaxed);
            assert_eq!(cap, 50);
            async { Ok::<_, Infallible>(vec!["b".to_owned(), "a".to_owned()]) }
        };
        let page = recent.page_or_load(&list_key(), 0, 5, load).await.unwrap();
        assert_eq!(page.ids, ["b", "a"]);
    }
    assert_eq!(loads.into_inner(), 1);
}

#[tokio::test]
async fn a_push_during_the_fill_is_not_lost() {
    let memory = MemoryCache::new();
    let recent = RecentIds::new(Arc::new(memory.clone()));
    // The record is committed after the store was read and pushed before the list is filled.
    let load = |_| async {
        recent.push(&list_key(), "b").await;
        Ok::<_, Infallible>(vec!["a".to_owned()])
    };
    recent.page_or_load(&list_key(), 0, 5, load).await.unwrap();
    assert_eq!(memory.page(list_key().key(), 0, 5).await.unwrap(), None);
    let load = |_| async { Ok::<_, Infallible>(vec!["b".to_owned(), "a".to_owned()]) };
    let page = recent.page_or_load(&list_key(), 0, 5, load).await.unwrap();
    assert_eq!(page.ids, ["b", "a"]);
}
