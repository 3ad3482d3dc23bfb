//! Changes that go to the cache as one: one call, and every key in doubt when it fails.

use std::convert::Infallible;
use std::sync::Arc;

use cache::memory::MemoryCache;
use cache::testing::{CountingCache, FailingCache};
use cache::{Cache, CacheErrorKind, Changes, FamilyKey, ReadThrough, RecentIds, Together, Ttl};

use super::{Record, key, list_key};

struct World {
    cache: FailingCache<CountingCache<MemoryCache>>,
    counting: CountingCache<MemoryCache>,
    through: ReadThrough,
    recent: RecentIds,
    together: Together,
}

fn world() -> World {
    let counting = CountingCache::new(MemoryCache::new());
    let cache = FailingCache::new(counting.clone());
    let through = ReadThrough::new(Arc::new(cache.clone()));
    let recent = RecentIds::beside(&through, Arc::new(cache.clone()));
    let together = Together::new(through.clone(), recent.clone(), Arc::new(cache.clone()));
    World {
        cache,
        counting,
        through,
        recent,
        together,
    }
}

fn version() -> FamilyKey {
    FamilyKey::gallery_version(42).unwrap()
}

fn changes(number: u32) -> Changes {
    let changes = Changes::new().put(&key(), &Record { number });
    changes.push(&list_key(), "c").bump(&version())
}

impl World {
    async fn page(&self, stored: &[&str]) -> Vec<String> {
        let stored: Vec<_> = stored.iter().map(ToString::to_string).collect();
        let load = async |_| Ok::<_, Infallible>(stored);
        let page = self.recent.page_or_load(&list_key(), 0, 5, load).await;
        page.unwrap().ids
    }

    /// Puts the first record, warms the list and returns the version.
    async fn begin(&self) -> u64 {
        self.through.put(&key(), &Record { number: 1 }).await;
        assert_eq!(self.page(&["b", "a"]).await, ["b", "a"]);
        self.through.bump(&version()).await.unwrap()
    }

    async fn number(&self) -> Option<u32> {
        let record: Option<Record> = self.through.get(&key()).await;
        record.map(|record| record.number)
    }
}

#[tokio::test]
async fn a_record_an_id_and_a_version_cost_one_call() {
    let world = world();
    let before = world.begin().await;
    let calls = world.counting.total();
    world.together.apply(changes(2)).await;
    assert_eq!(world.counting.total() - calls, 1);
    assert_eq!(world.counting.count("apply"), 1);
    assert_eq!(world.number().await, Some(2));
    assert_eq!(world.page(&["unread"]).await, ["c", "b", "a"]);
    assert!(world.through.version(&version()).await.unwrap() > before);
}

#[tokio::test]
async fn after_a_failed_batch_no_key_is_read_as_it_was() {
    for kind in CacheErrorKind::ALL {
        let world = world();
        let before = world.begin().await;
        world.cache.break_operations(&["apply"], kind);
        world.together.apply(changes(2)).await;
        world.cache.heal();
        assert_eq!(world.number().await, None, "{kind:?}");
        assert_eq!(world.page(&["c", "b", "a"]).await, ["c", "b", "a"]);
        assert!(world.through.version(&version()).await.unwrap() > before);
    }
}

#[tokio::test]
async fn a_list_in_doubt_is_made_cold_instead_of_changed() {
    let world = world();
    world.begin().await;
    world.cache.script([Some(CacheErrorKind::Unavailable)]);
    world.recent.push(&list_key(), "lost").await;
    world.together.apply(changes(2)).await;
    let stored = ["c", "lost", "b", "a"];
    assert_eq!(world.page(&stored).await, stored);
}

#[tokio::test]
async fn one_misused_key_keeps_no_other_from_being_changed() {
    let world = world();
    let before = world.begin().await;
    let list = list_key();
    let foreign = world.cache.set(list.key(), "text".into(), Ttl::MAX);
    foreign.await.unwrap();
    world.together.apply(changes(2)).await;
    assert_eq!(world.number().await, Some(2));
    assert!(world.through.version(&version()).await.unwrap() > before);
}

#[tokio::test]
async fn a_value_that_cannot_be_kept_leaves_no_older_one() {
    let world = world();
    world.begin().await;
    let changes = Changes::new().put(&key(), &"no object").bump(&version());
    world.together.apply(changes).await;
    assert_eq!(world.number().await, None);
    world.begin().await;
    world
        .together
        .apply(Changes::new().forget(&key()).remove(&list_key(), "b"))
        .await;
    assert_eq!(world.number().await, None);
    assert_eq!(world.page(&["unread"]).await, ["a"]);
}
