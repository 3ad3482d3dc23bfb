//! A change that did not reach the cache hides nothing once the cache is back.

use std::convert::Infallible;
use std::sync::Arc;

use cache::memory::MemoryCache;
use cache::testing::{CountingCache, FailingCache};
use cache::{CacheErrorKind, FamilyKey, ReadThrough, RecentIds, RecentList};

use super::{Record, key, list_key, load};

const AWAY: CacheErrorKind = CacheErrorKind::Unavailable;

type Broken = FailingCache<CountingCache<MemoryCache>>;

fn broken() -> (Broken, CountingCache<MemoryCache>) {
    let counting = CountingCache::new(MemoryCache::new());
    (FailingCache::new(counting.clone()), counting)
}

/// Reads the first five, with these in the record store.
async fn page(recent: &RecentIds, stored: &[&str]) -> Vec<String> {
    let stored: Vec<_> = stored.iter().map(ToString::to_string).collect();
    let load = async |_| Ok::<_, Infallible>(stored);
    let page = recent.page_or_load(&list_key(), 0, 5, load).await.unwrap();
    assert!(page.complete);
    page.ids
}

/// A list that is warm with `b` and `a`.
async fn warm(broken: &Broken) -> RecentIds {
    let recent = RecentIds::new(Arc::new(broken.clone()));
    assert_eq!(page(&recent, &["b", "a"]).await, ["b", "a"]);
    assert_eq!(page(&recent, &["unread"]).await, ["b", "a"]);
    recent
}

#[tokio::test]
async fn an_id_whose_push_failed_is_listed_when_the_cache_is_back() {
    for kind in CacheErrorKind::ALL {
        let (broken, counting) = broken();
        let recent = warm(&broken).await;
        broken.script([Some(kind)]);
        recent.push(&list_key(), "c").await;
        assert_eq!(page(&recent, &["c", "b", "a"]).await, ["c", "b", "a"]);
        // From here on the cache is trusted again.
        let before = counting.total();
        assert_eq!(page(&recent, &["unread"]).await, ["c", "b", "a"]);
        assert_eq!(counting.total() - before, 1, "{kind:?}");
    }
}

#[tokio::test]
async fn an_id_whose_removal_failed_is_not_listed_when_the_cache_is_back() {
    let (broken, _) = broken();
    let recent = warm(&broken).await;
    broken.script([Some(AWAY)]);
    recent.remove(&list_key(), "b").await;
    assert_eq!(page(&recent, &["a"]).await, ["a"]);
    assert_eq!(page(&recent, &["unread"]).await, ["a"]);
}

#[tokio::test]
async fn a_list_that_could_not_be_forgotten_is_not_read() {
    let (broken, _) = broken();
    let recent = warm(&broken).await;
    broken.script([Some(AWAY)]);
    recent.forget(&list_key()).await;
    assert_eq!(page(&recent, &[]).await, [""; 0]);
}

#[tokio::test]
async fn a_list_in_doubt_is_read_from_the_store_until_it_could_be_made_cold() {
    let (broken, counting) = broken();
    let recent = warm(&broken).await;
    broken.script([Some(AWAY)]);
    recent.push(&list_key(), "c").await;
    broken.break_operations(&["forget"], CacheErrorKind::ReadOnly);
    let before = counting.total();
    for stored in ["c b a", "d c b a"] {
        let stored: Vec<_> = stored.split(' ').collect();
        assert_eq!(page(&recent, &stored).await, stored);
    }
    assert_eq!(counting.total(), before, "nothing was filled or read");
    broken.heal();
    assert_eq!(page(&recent, &["d", "c"]).await, ["d", "c"]);
    assert_eq!(page(&recent, &["unread"]).await, ["d", "c"]);
}

#[tokio::test]
async fn the_next_change_makes_a_list_in_doubt_cold_for_everyone() {
    let (broken, counting) = broken();
    let recent = warm(&broken).await;
    broken.script([Some(AWAY)]);
    recent.push(&list_key(), "c").await;
    recent.push(&list_key(), "d").await;
    // Another process reads the same cache and knows of no failure.
    let elsewhere = RecentIds::new(Arc::new(counting.clone()));
    let stored = ["d", "c", "b", "a"];
    assert_eq!(page(&elsewhere, &stored).await, stored);
    assert!(
        counting
            .page(list_key().key(), 0, 5)
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(page(&recent, &["unread"]).await, stored);
}

#[tokio::test]
async fn clones_know_of_each_others_failures() {
    let (broken, _) = broken();
    let recent = warm(&broken).await;
    broken.script([Some(AWAY)]);
    recent.clone().push(&list_key(), "c").await;
    assert_eq!(page(&recent, &["c", "b"]).await, ["c", "b"]);
}

#[tokio::test]
async fn a_failure_casts_no_doubt_on_other_lists() {
    let (broken, _) = broken();
    let recent = warm(&broken).await;
    let other = FamilyKey::user_generations("other").unwrap();
    broken.script([Some(AWAY)]);
    recent.push(&other, "c").await;
    assert_eq!(page(&recent, &["unread"]).await, ["b", "a"]);
}

#[tokio::test]
async fn a_value_that_could_not_be_forgotten_is_not_read() {
    let (broken, _) = broken();
    let through = ReadThrough::new(Arc::new(broken.clone()));
    through.put(&key(), &Record { number: 1 }).await;
    broken.script([Some(AWAY)]);
    through.clone().forget(&key()).await;
    let many: Vec<Option<Record>> = through.get_many(&[key()]).await;
    assert_eq!(many, [None]);
    assert_eq!(through.get::<Record>(&key()).await, None);
    let read = through.get_or_load(&key(), || load(2)).await.unwrap();
    assert_eq!(read.unwrap().number, 2);
    let read = through.get_or_load(&key(), || load(3)).await.unwrap();
    assert_eq!(read.unwrap().number, 2);
}

#[tokio::test]
async fn a_value_that_could_not_be_replaced_is_not_read() {
    let (broken, _) = broken();
    let through = ReadThrough::new(Arc::new(broken.clone()));
    through.put(&key(), &Record { number: 1 }).await;
    broken.script([Some(CacheErrorKind::TooLarge)]);
    through.put(&key(), &Record { number: 2 }).await;
    let read = through.get_or_load(&key(), || load(2)).await.unwrap();
    assert_eq!(read.unwrap().number, 2);
}

#[tokio::test]
async fn a_value_in_doubt_is_a_miss_until_it_is_removed_or_replaced() {
    let (broken, _) = broken();
    let through = ReadThrough::new(Arc::new(broken.clone()));
    through.put(&key(), &Record { number: 1 }).await;
    broken.break_operations(&["set", "delete"], CacheErrorKind::ReadOnly);
    through.forget(&key()).await;
    for number in 2..5 {
        let read = through.get_or_load(&key(), || load(number)).await.unwrap();
        assert_eq!(read.unwrap().number, number);
    }
    broken.break_operations(&["delete"], CacheErrorKind::ReadOnly);
    let read = through.get_or_load(&key(), || load(5)).await.unwrap();
    assert_eq!(read.unwrap().number, 5);
    assert_eq!(through.get(&key()).await, Some(Record { number: 5 }));
}

#[tokio::test]
async fn a_load_that_could_not_be_kept_casts_no_doubt() {
    let (broken, counting) = broken();
    let through = ReadThrough::new(Arc::new(broken.clone()));
    broken.break_operations(&["set"], CacheErrorKind::Full);
    through.get_or_load(&key(), || load(1)).await.unwrap();
    broken.heal();
    through.get_or_load(&key(), || load(1)).await.unwrap();
    assert_eq!(counting.count("delete"), 0);
}

#[tokio::test]
async fn a_version_whose_bump_failed_is_bumped_before_it_is_read() {
    let (broken, _) = broken();
    let through = ReadThrough::new(Arc::new(broken.clone()));
    let version = FamilyKey::gallery_version(42).unwrap();
    let before = through.version(&version).await.unwrap();
    broken.break_operations(&["bump"], AWAY);
    assert_eq!(through.bump(&version).await, None);
    assert_eq!(through.version(&version).await, None);
    broken.heal();
    let after = through.version(&version).await.unwrap();
    assert!(after > before, "{after} after {before}");
    assert_eq!(through.version(&version).await, Some(after));
}
