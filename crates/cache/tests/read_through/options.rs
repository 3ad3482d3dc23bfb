//! What a family's options add: jitter, early refresh, old values, memory of absence, the lock.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cache::memory::MemoryCache;
use cache::testing::{CountingCache, FailingCache};
use cache::{Cache, CacheErrorKind, Family, FamilyKey, FamilyOptions, ReadThrough};
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

async fn fail() -> Result<Option<Record>, io::Error> {
    Err(io::Error::other("the record store is down"))
}

/// Reads the number, with `number` in the record store, counting the loads.
async fn read(through: &ReadThrough, number: u32, loads: &Arc<AtomicU32>) -> u32 {
    let loads = Arc::clone(loads);
    let load = move || {
        loads.fetch_add(1, Ordering::Relaxed);
        load(number)
    };
    let read = through.get_or_refresh(&key(), load).await.unwrap();
    read.unwrap().number
}

#[tokio::test(start_paused = true)]
async fn lives_are_exact_by_default_and_shorter_by_chance_when_asked() {
    let memory = MemoryCache::new();
    let left = async |through: ReadThrough| {
        through.put(&key(), &Record { number: 1 }).await;
        memory.ttl(key().key()).await.unwrap().unwrap()
    };
    assert_eq!(left(over(&memory, EXACT)).await, HOUR);
    let jittered = EXACT.with_jitter(10);
    let mut lives = Vec::new();
    for seed in 0..50 {
        let life = left(over(&memory, jittered).with_seed(seed)).await;
        assert!((HOUR * 9 / 10..=HOUR).contains(&life), "{life:?}");
        assert_eq!(left(over(&memory, jittered).with_seed(seed)).await, life);
        lives.push(life);
    }
    lives.sort_unstable();
    lives.dedup();
    assert!(lives.len() > 40, "{} different lives of 50", lives.len());
}

#[tokio::test(start_paused = true)]
async fn one_reader_refreshes_early_and_all_go_on_reading() {
    let memory = MemoryCache::new();
    let through = over(&memory, EXACT.with_eager_refresh(80)).with_seed(7);
    let loads = Arc::new(AtomicU32::new(0));
    assert_eq!(read(&through, 1, &loads).await, 1);
    seconds(47 * 60).await;
    assert_eq!(read(&through, 2, &loads).await, 1);
    seconds(1).await;
    assert_eq!(loads.load(Ordering::Relaxed), 1, "it is too early");

    // By 90 % of the hour the moment has come, whatever was drawn.
    seconds(7 * 60).await;
    let reads = (0..100).map(|_| read(&through, 2, &loads));
    assert_eq!(
        join_all(reads).await,
        [1; 100],
        "nobody waits for the refresh"
    );
    seconds(1).await;
    assert_eq!(loads.load(Ordering::Relaxed), 2);
    assert_eq!(read(&through, 3, &loads).await, 2);
    let left = memory.ttl(key().key()).await.unwrap().unwrap();
    assert!(left > HOUR * 99 / 100, "{left:?}");
}

#[tokio::test(start_paused = true)]
async fn a_value_that_another_process_wrote_is_refreshed_early_too_and_once() {
    let memory = MemoryCache::new();
    let options = EXACT.with_eager_refresh(80);
    over(&memory, options)
        .put(&key(), &Record { number: 1 })
        .await;
    let processes: Vec<_> = (0..4)
        .map(|seed| over(&memory, options).with_seed(seed))
        .collect();
    let loads = Arc::new(AtomicU32::new(0));
    // Each looks up once when the value ends, in the background.
    for through in &processes {
        assert_eq!(read(through, 2, &loads).await, 1);
    }
    seconds(54 * 60).await;
    for through in &processes {
        read(through, 2, &loads).await;
        seconds(1).await;
    }
    assert_eq!(
        loads.load(Ordering::Relaxed),
        1,
        "the others found its new life"
    );
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_fails_is_tried_again_after_the_throttle() {
    let memory = MemoryCache::new();
    let options = EXACT
        .with_eager_refresh(80)
        .with_throttle(Duration::from_secs(30));
    let through = over(&memory, options);
    through.put(&key(), &Record { number: 1 }).await;
    seconds(55 * 60).await;
    let tries = Arc::new(AtomicU32::new(0));
    for expected in [1, 1, 2] {
        let tries = Arc::clone(&tries);
        let counted = Arc::clone(&tries);
        let failing = move || {
            counted.fetch_add(1, Ordering::Relaxed);
            fail()
        };
        let read = through.get_or_refresh(&key(), failing).await.unwrap();
        assert_eq!(read, Some(Arc::new(Record { number: 1 })));
        seconds(16).await;
        assert_eq!(tries.load(Ordering::Relaxed), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_finds_nothing_removes_what_is_no_longer_true() {
    let memory = MemoryCache::new();
    let through = over(&memory, EXACT.with_eager_refresh(80));
    through.put(&key(), &Record { number: 1 }).await;
    seconds(55 * 60).await;
    let gone = || async { Ok::<Option<Record>, io::Error>(None) };
    let read = through.get_or_refresh(&key(), gone).await.unwrap();
    assert_eq!(read, Some(Arc::new(Record { number: 1 })));
    seconds(1).await;
    assert_eq!(memory.get(key().key()).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_failed_load_gives_the_old_value_within_its_grace() {
    let memory = MemoryCache::new();
    let options = EXACT
        .with_fail_safe(HOUR)
        .with_throttle(Duration::from_secs(5));
    let through = over(&memory, options);
    through.get_or_load(&key(), || load(1)).await.unwrap();
    seconds(3_600).await;
    assert_eq!(
        memory.get(key().key()).await.unwrap(),
        None,
        "the contract's life is kept"
    );
    let read = through.get_or_load(&key(), fail).await.unwrap();
    assert_eq!(read.unwrap().number, 1);
    // For the throttle nobody tries again.
    let read = through.get_or_load(&key(), || load(2)).await.unwrap();
    assert_eq!(read.unwrap().number, 1);
    seconds(6).await;
    let read = through.get_or_load(&key(), || load(2)).await.unwrap();
    assert_eq!(read.unwrap().number, 2);
    seconds(2 * 3_600).await;
    let error = through.get_or_load(&key(), fail).await.unwrap_err();
    assert_eq!(error.to_string(), "the record store is down");
}

#[tokio::test(start_paused = true)]
async fn what_was_changed_is_never_given_as_an_old_value() {
    let memory = MemoryCache::new();
    let through = over(&memory, EXACT.with_fail_safe(HOUR));
    through.get_or_load(&key(), || load(1)).await.unwrap();
    through.forget(&key()).await;
    assert!(through.get_or_load(&key(), fail).await.is_err());
    through.put(&key(), &Record { number: 2 }).await;
    seconds(3_600).await;
    let read = through.get_or_load(&key(), fail).await.unwrap();
    assert_eq!(read.unwrap().number, 2);
    // The record store says that it is gone.
    seconds(6).await;
    let gone = || async { Ok::<Option<Record>, io::Error>(None) };
    assert_eq!(through.get_or_load(&key(), gone).await.unwrap(), None);
    assert!(through.get_or_load(&key(), fail).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_change_that_did_not_reach_the_cache_gives_no_old_value_either() {
    let broken = FailingCache::new(MemoryCache::new());
    let through = ReadThrough::new(Arc::new(broken.clone()))
        .with_options(Family::Generation, EXACT.with_fail_safe(HOUR));
    through.get_or_load(&key(), || load(1)).await.unwrap();
    broken.break_down(CacheErrorKind::Unavailable);
    through.forget(&key()).await;
    assert!(through.get_or_load(&key(), fail).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn while_the_cache_is_away_and_the_load_fails_the_old_value_is_given() {
    let broken = FailingCache::new(MemoryCache::new());
    let through = ReadThrough::new(Arc::new(broken.clone()))
        .with_options(Family::Generation, EXACT.with_fail_safe(HOUR));
    through.get_or_load(&key(), || load(1)).await.unwrap();
    broken.break_down(CacheErrorKind::Unavailable);
    let read = through.get_or_load(&key(), fail).await.unwrap();
    assert_eq!(read.unwrap().number, 1);
}

#[tokio::test(start_paused = true)]
async fn a_slow_load_gives_the_old_value_after_the_soft_limit_and_goes_on() {
    let memory = MemoryCache::new();
    let options = EXACT
        .with_fail_safe(HOUR)
        .with_soft_limit(Duration::from_millis(50));
    let through = over(&memory, options);
    through.put(&key(), &Record { number: 1 }).await;
    seconds(3_600).await;
    let slow = || async {
        seconds(2).await;
        load(2).await
    };
    let start = tokio::time::Instant::now();
    let read = through.get_or_refresh(&key(), slow).await.unwrap();
    assert_eq!(
        (read.unwrap().number, start.elapsed()),
        (1, Duration::from_millis(50))
    );
    seconds(3).await;
    assert_eq!(through.get(&key()).await, Some(Record { number: 2 }));
}

#[tokio::test(start_paused = true)]
async fn a_load_in_the_background_outlives_its_caller() {
    let memory = MemoryCache::new();
    let through = over(&memory, EXACT);
    let caller = tokio::spawn({
        let through = through.clone();
        async move {
            let slow = || async {
                seconds(2).await;
                load(1).await
            };
            through.get_or_refresh(&key(), slow).await
        }
    });
    seconds(1).await;
    caller.abort();
    seconds(2).await;
    assert_eq!(through.get(&key()).await, Some(Record { number: 1 }));
}

#[tokio::test]
#[should_panic(expected = "the loader is broken")]
async fn a_load_that_panics_panics_its_caller() {
    let through = over(&MemoryCache::new(), EXACT);
    let broken = || async { panic!("the loader is broken") };
    let _: cache::Loaded<Record, io::Error> = through.get_or_refresh(&key(), broken).await;
}

#[tokio::test(start_paused = true)]
async fn absence_is_remembered_until_its_end_or_a_change() {
    let memory = MemoryCache::new();
    let through = over(&memory, EXACT.with_negative(Duration::from_secs(10)));
    let loads = AtomicU32::new(0);
    let read = async || {
        let nothing = || async {
            loads.fetch_add(1, Ordering::Relaxed);
            Ok::<Option<Record>, io::Error>(None)
        };
        through.get_or_load(&key(), nothing).await.unwrap()
    };
    for expected in [1, 1, 1] {
        assert_eq!(read().await, None);
        assert_eq!(loads.load(Ordering::Relaxed), expected);
    }
    assert_eq!(
        memory.get(key().key()).await.unwrap(),
        None,
        "not in the main key"
    );
    seconds(10).await;
    read().await;
    assert_eq!(loads.load(Ordering::Relaxed), 2);
    // What another process wrote is seen at once.
    over(&memory, EXACT)
        .put(&key(), &Record { number: 1 })
        .await;
    assert_eq!(read().await.unwrap().number, 1);
    over(&memory, EXACT).forget(&key()).await;
    through.forget(&key()).await;
    read().await;
    assert_eq!(loads.load(Ordering::Relaxed), 3);
}

#[tokio::test(start_paused = true)]
async fn options_of_a_call_change_no_other_call() {
    let memory = MemoryCache::new();
    let through = over(&memory, EXACT);
    let call = through.for_call(EXACT.with_fail_safe(HOUR));
    call.get_or_load(&key(), || load(1)).await.unwrap();
    seconds(3_600).await;
    assert!(through.get_or_load(&key(), fail).await.is_err());
    let read = call.get_or_load(&key(), fail).await.unwrap();
    assert_eq!(read.unwrap().number, 1);
}

#[tokio::test]
async fn options_that_are_off_cost_no_call() {
    let counting = CountingCache::new(MemoryCache::new());
    let through =
        ReadThrough::new(Arc::new(counting.clone())).with_lock(Arc::new(counting.clone()));
    through.get_or_load(&key(), || load(1)).await.unwrap();
    assert_eq!(
        (
            counting.count("get"),
            counting.count("set"),
            counting.total()
        ),
        (2, 1, 3)
    );
    let other = FamilyKey::generation(18).unwrap();
    through.put(&other, &Record { number: 1 }).await;
    through.get_or_refresh(&other, || load(2)).await.unwrap();
    assert_eq!(counting.total(), 5);
}
