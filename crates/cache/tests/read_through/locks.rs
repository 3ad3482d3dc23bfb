//! One load across processes: the lock, who waits for it, and who does without.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cache::memory::MemoryCache;
use cache::testing::FailingCache;
use cache::{CacheErrorKind, Family, FamilyOptions, Lock, ReadThrough, Ttl};
use futures_util::future::join_all;
use tokio::time::sleep;

use super::{Record, key, load};

const HOUR: Duration = Duration::from_hours(1);
const EXACT: FamilyOptions = FamilyOptions::EXACT;

fn over(memory: &MemoryCache, options: FamilyOptions) -> ReadThrough {
    let through = ReadThrough::new(Arc::new(memory.clone()));
    through.with_options(Family::Generation, options)
}

async fn seconds(number: u64) {
    sleep(Duration::from_secs(number)).await;
}

fn locked(memory: &MemoryCache, wait: Duration) -> ReadThrough {
    let life = Ttl::new(Duration::from_secs(5)).unwrap();
    over(memory, EXACT.with_lock(life, wait)).with_lock(Arc::new(memory.clone()))
}

#[tokio::test(start_paused = true)]
async fn with_the_lock_four_layers_load_once() {
    let memory = MemoryCache::new();
    let loads = Arc::new(AtomicU32::new(0));
    let readers = (0..4).flat_map(|_| {
        let through = locked(&memory, Duration::from_secs(5));
        let loads = Arc::clone(&loads);
        (0..125).map(move |_| {
            let (through, loads) = (through.clone(), Arc::clone(&loads));
            async move {
                let slow = || async {
                    loads.fetch_add(1, Ordering::Relaxed);
                    sleep(Duration::from_millis(50)).await;
                    load(1).await
                };
                through
                    .get_or_load(&key(), slow)
                    .await
                    .unwrap()
                    .unwrap()
                    .number
            }
        })
    });
    assert_eq!(join_all(readers).await, vec![1; 500]);
    assert_eq!(loads.load(Ordering::Relaxed), 1);
    sleep(Duration::from_millis(1)).await;
    let life = Ttl::new(Duration::from_secs(1)).unwrap();
    assert!(
        memory.acquire(key().key(), life).await.unwrap().is_some(),
        "it was released"
    );
}

#[tokio::test(start_paused = true)]
async fn the_wait_for_a_lock_is_bounded_and_then_the_load_goes_on_without() {
    let memory = MemoryCache::new();
    let life = Ttl::new(HOUR).unwrap();
    let lease = memory.acquire(key().key(), life).await.unwrap().unwrap();
    let through = locked(&memory, Duration::from_millis(200));
    let start = tokio::time::Instant::now();
    let read = through.get_or_load(&key(), || load(1)).await.unwrap();
    assert_eq!(read.unwrap().number, 1);
    assert_eq!(start.elapsed(), Duration::from_millis(200));
    assert!(
        memory.release(&lease).await.unwrap(),
        "the other's lock was left alone"
    );
}

#[tokio::test(start_paused = true)]
async fn a_lock_that_fails_costs_nothing() {
    let memory = MemoryCache::new();
    for kind in CacheErrorKind::ALL {
        let broken = FailingCache::new(memory.clone());
        broken.break_down(kind);
        let life = Ttl::new(HOUR).unwrap();
        let through = over(&memory, EXACT.with_lock(life, HOUR)).with_lock(Arc::new(broken));
        let read = through.get_or_load(&key(), || load(1)).await.unwrap();
        assert_eq!(read.unwrap().number, 1, "{kind:?}");
        through.forget(&key()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_load_that_is_given_up_frees_its_lock_at_once() {
    let memory = MemoryCache::new();
    let caller = tokio::spawn({
        let through = locked(&memory, HOUR);
        async move {
            let never = || async {
                seconds(86_400).await;
                load(1).await
            };
            through.get_or_load(&key(), never).await
        }
    });
    seconds(1).await;
    caller.abort();
    let start = tokio::time::Instant::now();
    let other = locked(&memory, HOUR);
    let read = other.get_or_load(&key(), || load(2)).await.unwrap();
    assert_eq!(read.unwrap().number, 2);
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn who_loaded_for_longer_than_the_lock_and_was_followed_keeps_nothing() {
    let memory = MemoryCache::new();
    let slow = tokio::spawn({
        let through = locked(&memory, HOUR);
        async move {
            let slow = || async {
                seconds(7).await;
                load(1).await
            };
            through
                .get_or_load(&key(), slow)
                .await
                .unwrap()
                .unwrap()
                .number
        }
    });
    seconds(6).await;
    let quick = locked(&memory, HOUR);
    let read = quick.get_or_load(&key(), || load(2)).await.unwrap();
    assert_eq!(read.unwrap().number, 2);
    assert_eq!(slow.await.unwrap(), 1, "its caller gets what it read");
    assert_eq!(quick.get(&key()).await, Some(Record { number: 2 }));
}

async fn changed_by_another_process(change: impl AsyncFnOnce(&ReadThrough)) -> Option<Record> {
    let memory = MemoryCache::new();
    let loading = tokio::spawn({
        let through = locked(&memory, HOUR);
        async move {
            let slow = || async {
                seconds(2).await;
                load(1).await
            };
            through
                .get_or_load(&key(), slow)
                .await
                .unwrap()
                .unwrap()
                .number
        }
    });
    seconds(1).await;
    let other = locked(&memory, HOUR);
    change(&other).await;
    assert_eq!(loading.await.unwrap(), 1);
    other.get(&key()).await
}

#[tokio::test(start_paused = true)]
async fn a_load_from_before_another_process_put_does_not_replace_it() {
    let kept = changed_by_another_process(async |other| {
        other.put(&key(), &Record { number: 2 }).await;
    });
    assert_eq!(kept.await, Some(Record { number: 2 }));
}

#[tokio::test(start_paused = true)]
async fn a_load_from_before_another_process_forgot_is_not_kept() {
    let kept = changed_by_another_process(async |other| other.forget(&key()).await);
    assert_eq!(kept.await, None);
}

#[tokio::test(start_paused = true)]
async fn a_change_while_the_lock_is_away_puts_the_key_in_doubt() {
    let broken = FailingCache::new(MemoryCache::new());
    let life = Ttl::new(HOUR).unwrap();
    let through = ReadThrough::new(Arc::new(broken.clone()))
        .with_lock(Arc::new(broken.clone()))
        .with_options(Family::Generation, EXACT.with_lock(life, HOUR));
    through.put(&key(), &Record { number: 1 }).await;
    broken.break_operations(&["clear"], CacheErrorKind::TimedOut);
    through.forget(&key()).await;
    broken.heal();
    let read = through.get_or_load(&key(), || load(2)).await.unwrap();
    assert_eq!(read.unwrap().number, 2);
}
