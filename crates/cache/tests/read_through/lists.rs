//! A cold list is filled from the record store, and changes during the fill are not lost.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use cache::memory::MemoryCache;
use cache::{RecentIds, RecentList};

use super::list_key;

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
