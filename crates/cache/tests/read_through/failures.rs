//! A cache that fails is a miss, whatever it says.

use std::convert::Infallible;
use std::sync::Arc;

use cache::memory::MemoryCache;
use cache::testing::{FailingCache, MockCache, MockRecentList};
use cache::{CacheError, CacheErrorKind, FamilyKey, ReadThrough, RecentIds, RecentPage};

use super::{Record, key, list_key, load};

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
