//! Many values in one round trip and one load.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cache::memory::MemoryCache;
use cache::testing::CountingCache;
use cache::{Family, FamilyKey, FamilyOptions, ReadThrough};
use tokio::time::sleep;

use super::{Record, load};

fn keys(numbers: impl IntoIterator<Item = u32>) -> Vec<FamilyKey> {
    let keys = numbers.into_iter().map(FamilyKey::generation);
    keys.map(Result::unwrap).collect()
}

fn number_of(key: &FamilyKey) -> u32 {
    key.to_string().rsplit(':').next().unwrap().parse().unwrap()
}

/// A record store that has what is below ten, and notes what it was asked for.
#[derive(Debug, Clone, Default)]
struct Store {
    asked: Arc<Mutex<Vec<Vec<u32>>>>,
    pause: Duration,
}

impl Store {
    async fn load(&self, keys: Vec<FamilyKey>) -> Result<Vec<Option<Record>>, io::Error> {
        let numbers: Vec<_> = keys.iter().map(number_of).collect();
        self.asked.lock().unwrap().push(numbers.clone());
        sleep(self.pause).await;
        let records = numbers
            .into_iter()
            .map(|number| (number < 10).then_some(Record { number }));
        Ok(records.collect())
    }

    fn asked(&self) -> Vec<Vec<u32>> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    async fn read(&self, through: &ReadThrough, keys: &[FamilyKey]) -> Vec<Option<u32>> {
        let load = |keys| self.load(keys);
        let read = through.get_or_load_many(keys, load).await.unwrap();
        read.into_iter()
            .map(|record| record.map(|record| record.number))
            .collect()
    }
}

#[tokio::test]
async fn one_round_trip_and_one_load_of_what_is_missing() {
    let counting = CountingCache::new(MemoryCache::new());
    let through = ReadThrough::new(Arc::new(counting.clone()));
    for number in [1, 3] {
        let key = FamilyKey::generation(number).unwrap();
        through.put(&key, &Record { number }).await;
    }
    let store = Store::default();
    let before = counting.total();
    let keys = keys([4, 3, 11, 1, 2, 4]);
    let read = store.read(&through, &keys).await;
    assert_eq!(read, [Some(4), Some(3), None, Some(1), Some(2), Some(4)]);
    assert_eq!(store.asked(), [[4, 11, 2]]);
    assert_eq!(counting.count("get_many"), 1);
    assert_eq!(
        counting.total() - before,
        3,
        "one round trip, and two that are kept"
    );

    assert_eq!(store.read(&through, &keys[..2]).await, [Some(4), Some(3)]);
    assert!(store.asked().is_empty());
    assert_eq!(store.read(&through, &[]).await, []);
}

#[tokio::test(start_paused = true)]
async fn what_another_read_loads_is_waited_for() {
    let through = ReadThrough::new(Arc::new(MemoryCache::new()));
    let pause = Duration::from_secs(1);
    let store = Store {
        pause,
        ..Store::default()
    };
    let one = FamilyKey::generation(1).unwrap();
    let single = through.get_or_load(&one, || async {
        sleep(Duration::from_secs(2)).await;
        load(1)
            .await
            .map_err(|never| -> io::Error { match never {} })
    });
    let (first, second) = (keys([1, 2, 3]), keys([2, 3, 4]));
    let batches =
        async { tokio::join!(store.read(&through, &first), store.read(&through, &second)) };
    let (single, (first, second)) = tokio::join!(single, batches);
    assert_eq!(single.unwrap().unwrap().number, 1);
    assert_eq!(first, [Some(1), Some(2), Some(3)]);
    assert_eq!(second, [Some(2), Some(3), Some(4)]);
    let mut asked = store.asked();
    asked.sort();
    assert_eq!(asked, [vec![2, 3], vec![4]]);
}

#[tokio::test(start_paused = true)]
async fn what_the_other_read_left_is_loaded_after_all() {
    let through = ReadThrough::new(Arc::new(MemoryCache::new()));
    let store = Store::default();
    let other = tokio::spawn({
        let through = through.clone();
        async move {
            let one = FamilyKey::generation(1).unwrap();
            let never = || async {
                sleep(Duration::from_hours(24)).await;
                Ok::<Option<Record>, io::Error>(None)
            };
            through.get_or_load(&one, never).await
        }
    });
    sleep(Duration::from_millis(10)).await;
    let batch = tokio::spawn({
        let (through, store) = (through.clone(), store.clone());
        async move { store.read(&through, &keys([1, 2])).await }
    });
    sleep(Duration::from_millis(10)).await;
    other.abort();
    assert_eq!(batch.await.unwrap(), [Some(1), Some(2)]);
    assert_eq!(store.asked(), [[2], [1]]);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_batch_that_is_given_up_loads_for_itself() {
    let through = ReadThrough::new(Arc::new(MemoryCache::new()));
    let batch = tokio::spawn({
        let through = through.clone();
        let pause = Duration::from_hours(24);
        let store = Store {
            pause,
            ..Store::default()
        };
        async move { store.read(&through, &keys([1, 2])).await }
    });
    sleep(Duration::from_millis(10)).await;
    let one = FamilyKey::generation(1).unwrap();
    let waiter = tokio::spawn({
        let through = through.clone();
        async move { through.get_or_load(&one, || load(1)).await }
    });
    sleep(Duration::from_millis(10)).await;
    assert!(!waiter.is_finished());
    batch.abort();
    assert_eq!(waiter.await.unwrap().unwrap().unwrap().number, 1);
}

#[tokio::test(start_paused = true)]
async fn a_change_during_the_batch_is_not_undone() {
    let through = ReadThrough::new(Arc::new(MemoryCache::new()));
    let pause = Duration::from_secs(1);
    let store = Store {
        pause,
        ..Store::default()
    };
    let keys = keys([1, 2]);
    let change = async {
        sleep(Duration::from_millis(500)).await;
        through.put(&keys[0], &Record { number: 7 }).await;
    };
    tokio::join!(store.read(&through, &keys), change);
    assert_eq!(through.get(&keys[0]).await, Some(Record { number: 7 }));
    assert_eq!(through.get(&keys[1]).await, Some(Record { number: 2 }));
}

#[tokio::test(start_paused = true)]
async fn a_failed_batch_is_an_error_unless_every_old_value_is_there() {
    let options = FamilyOptions::EXACT.with_fail_safe(Duration::from_hours(1));
    let through =
        ReadThrough::new(Arc::new(MemoryCache::new())).with_options(Family::Generation, options);
    let store = Store::default();
    store.read(&through, &keys([1, 2])).await;
    sleep(Duration::from_hours(1)).await;
    let fail = |_| async { Err::<Vec<Option<Record>>, _>(io::Error::other("down")) };
    let both = through.get_or_load_many(&keys([1, 2]), fail).await.unwrap();
    assert!(both.iter().all(Option::is_some));
    let error = through
        .get_or_load_many(&keys([1, 3]), fail)
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "down");
}

#[tokio::test]
async fn what_the_load_leaves_out_does_not_exist() {
    let through = ReadThrough::new(Arc::new(MemoryCache::new()));
    let short = |_| async { Ok::<_, io::Error>(vec![Some(Record { number: 1 })]) };
    let read = through
        .get_or_load_many(&keys([1, 2]), short)
        .await
        .unwrap();
    assert_eq!((read.len(), read[1].is_none()), (2, true));
}
