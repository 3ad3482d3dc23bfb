//! A cache that fails is a miss, whatever it says.

use std::convert::Infallible;
use std::slice;
use std::sync::Arc;
use std::time::Duration;

use cache::memory::MemoryCache;
use cache::testing::{FailingCache, MockCache, MockRecentList};
use cache::{
    Cache, CacheError, CacheErrorKind, CacheKey, Family, FamilyKey, FamilyOptions, GalleryPages,
    ReadThrough, RecentIds, RecentPage, Ttl,
};
use tokio::time::{Instant, sleep};

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

const LIMIT: Duration = Duration::from_millis(150);

/// A cache where no call about a key with this start is answered within its limit, and nothing stands elsewhere.
#[derive(Debug, Clone)]
struct Silent(&'static str);

impl Silent {
    async fn answer<T: Default>(
        &self,
        operation: &'static str,
        keys: &[CacheKey],
    ) -> Result<T, CacheError> {
        if keys.iter().any(|key| key.as_str().starts_with(self.0)) {
            sleep(LIMIT).await;
            return Err(CacheError::new(CacheErrorKind::TimedOut, operation));
        }
        Ok(T::default())
    }
}

#[async_trait::async_trait]
impl Cache for Silent {
    async fn get(&self, key: &CacheKey) -> Result<Option<bytes::Bytes>, CacheError> {
        self.answer("get", slice::from_ref(key)).await
    }

    async fn get_many(&self, keys: &[CacheKey]) -> Result<Vec<Option<bytes::Bytes>>, CacheError> {
        self.answer("get_many", keys).await
    }

    async fn set(&self, key: &CacheKey, _: bytes::Bytes, _: Ttl) -> Result<(), CacheError> {
        self.answer("set", slice::from_ref(key)).await
    }

    async fn delete(&self, key: &CacheKey) -> Result<bool, CacheError> {
        self.answer("delete", slice::from_ref(key)).await
    }

    async fn compare_and_delete(
        &self,
        key: &CacheKey,
        _: &bytes::Bytes,
    ) -> Result<bool, CacheError> {
        self.answer("compare_and_delete", slice::from_ref(key))
            .await
    }

    async fn bump(&self, key: &CacheKey, _: Ttl) -> Result<u64, CacheError> {
        self.answer("bump", slice::from_ref(key)).await
    }

    async fn ttl(&self, key: &CacheKey) -> Result<Option<Duration>, CacheError> {
        self.answer("ttl", slice::from_ref(key)).await
    }

    async fn ping(&self) -> Result<Duration, CacheError> {
        self.answer("ping", &[]).await
    }

    async fn shutdown(&self) {}
}

#[tokio::test(start_paused = true)]
async fn a_silent_cache_costs_a_read_one_limit_whatever_it_does() {
    let memory = Arc::new(MemoryCache::new());
    let life = Ttl::new(Duration::from_secs(5)).unwrap();
    let options = FamilyOptions::EXACT
        .with_lock(life, Duration::from_secs(5))
        .with_eager_refresh(80)
        .with_fail_safe(Duration::from_hours(1))
        .with_negative(Duration::from_secs(5));
    let through = ReadThrough::new(Arc::new(Silent("")))
        .with_lock(Arc::clone(&memory) as _)
        .with_options(Family::Generation, options);
    let recent = RecentIds::beside(&through, memory);
    let gallery = GalleryPages::new(through.clone(), recent);
    for _ in 0..10 {
        let start = Instant::now();
        let read = through.get_or_load(&key(), || load(1)).await.unwrap();
        assert_eq!((read.unwrap().number, start.elapsed()), (1, LIMIT));

        let start = Instant::now();
        let read = through.get_or_refresh(&key(), || load(1)).await.unwrap();
        assert_eq!((read.unwrap().number, start.elapsed()), (1, LIMIT));

        let start = Instant::now();
        let many = |_| async { Ok::<_, Infallible>(vec![Some(Record { number: 1 })]) };
        through.get_or_load_many(&[key()], many).await.unwrap();
        assert_eq!(start.elapsed(), LIMIT);

        let start = Instant::now();
        gallery
            .page_or_load(&42, &"filter", || load(1))
            .await
            .unwrap();
        assert_eq!(start.elapsed(), LIMIT);
    }
}

/// As on a Cluster with one silent server: the others answer, so that nobody thinks the cache away.
#[tokio::test(start_paused = true)]
async fn a_key_whose_server_is_silent_costs_a_read_one_limit_while_other_keys_are_answered() {
    let memory = Arc::new(MemoryCache::new());
    let life = Ttl::new(Duration::from_secs(5)).unwrap();
    let options = FamilyOptions::EXACT.with_lock(life, Duration::from_secs(5));
    let records = ReadThrough::new(Arc::new(Silent("imagen4:generation:")))
        .with_lock(Arc::clone(&memory) as _)
        .with_options(Family::Generation, options);
    let answered = async |through: &ReadThrough| {
        let version = FamilyKey::gallery_version(1).unwrap();
        assert!(through.bump(&version).await.is_some());
    };
    let start = Instant::now();
    let of_record = || async {
        answered(&records).await;
        load(1).await
    };
    records
        .get_or_load(&key(), of_record)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(start.elapsed(), LIMIT);

    let start = Instant::now();
    let through = records.clone();
    let load_later = move || {
        let through = through.clone();
        async move {
            let version = FamilyKey::gallery_version(1).unwrap();
            assert!(through.bump(&version).await.is_some());
            load(1).await
        }
    };
    records
        .get_or_refresh(&key(), load_later)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(start.elapsed(), LIMIT);

    let start = Instant::now();
    let many = |_| async {
        answered(&records).await;
        Ok::<_, Infallible>(vec![Some(Record { number: 1 })])
    };
    records.get_or_load_many(&[key()], many).await.unwrap();
    assert_eq!(start.elapsed(), LIMIT);

    let pages = ReadThrough::new(Arc::new(Silent("gallery:filtered:")));
    let gallery = GalleryPages::new(pages.clone(), RecentIds::beside(&pages, memory));
    let start = Instant::now();
    let of_page = || async {
        answered(&pages).await;
        load(1).await
    };
    gallery.page_or_load(&42, &"filter", of_page).await.unwrap();
    assert_eq!(start.elapsed(), LIMIT);
}
