//! Misses at the same time share one load, and changes during it are not lost.

use std::convert::Infallible;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use cache::memory::MemoryCache;
use cache::testing::{FailingCache, MockCache};
use cache::{CacheErrorKind, ReadThrough};
use futures_util::FutureExt;
use futures_util::future::join_all;
use tokio::sync::Notify;
use tokio::time::sleep;

use super::{Record, key, load};

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
