//! The memory adapter and the wrappers around it keep every rule of the ports.

use std::sync::Arc;

use cache::layer::Traced;
use cache::memory::MemoryCache;
use cache::testing::conformance::Fixture;
use cache::testing::{CountingCache, FailingCache};
use cache::{Batch, Cache, Lock, RecentList};

fn fixture_of(adapter: impl Cache + RecentList + Lock + Batch + Clone) -> Fixture {
    Fixture::new(Arc::new(adapter.clone()), Arc::new(adapter.clone()))
        .with_lock(Arc::new(adapter.clone()))
        .with_batch(Arc::new(adapter))
}

mod memory {
    use super::*;

    fn fixture() -> Fixture {
        fixture_of(MemoryCache::new())
    }

    mod bytes {
        use super::*;
        cache::cache_conformance!(#[tokio::test(start_paused = true)], fixture = fixture());
    }

    mod lists {
        use super::*;
        cache::recent_list_conformance!(#[tokio::test(start_paused = true)], fixture = fixture());
    }

    mod locks {
        use super::*;
        cache::lock_conformance!(#[tokio::test(start_paused = true)], fixture = fixture());
    }

    mod batches {
        use super::*;
        cache::batch_conformance!(#[tokio::test(start_paused = true)], fixture = fixture());
    }
}

mod memory_on_four_threads {
    use super::*;

    fn fixture() -> Fixture {
        fixture_of(MemoryCache::new())
    }

    mod bytes {
        use super::*;
        cache::cache_conformance!(#[tokio::test(flavor = "multi_thread", worker_threads = 4)], fixture = fixture());
    }

    mod lists {
        use super::*;
        cache::recent_list_conformance!(#[tokio::test(flavor = "multi_thread", worker_threads = 4)], fixture = fixture());
    }

    mod locks {
        use super::*;
        cache::lock_conformance!(#[tokio::test(flavor = "multi_thread", worker_threads = 4)], fixture = fixture());
    }

    mod batches {
        use super::*;
        cache::batch_conformance!(#[tokio::test(flavor = "multi_thread", worker_threads = 4)], fixture = fixture());
    }
}

mod counting {
    use super::*;

    fn fixture() -> Fixture {
        fixture_of(CountingCache::new(MemoryCache::new()))
    }

    mod bytes {
        use super::*;
        cache::cache_conformance!(#[tokio::test(start_paused = true)], fixture = fixture());
    }

    mod lists {
        use super::*;
        cache::recent_list_conformance!(#[tokio::test(start_paused = true)], fixture = fixture());
    }

    mod locks {
        use super::*;
        cache::lock_conformance!(#[tokio::test(start_paused = true)], fixture = fixture());
    }

    mod batches {
        use super::*;
        cache::batch_conformance!(#[tokio::test(start_paused = true)], fixture = fixture());
    }
}

mod failing_with_an_empty_script {
    use super::*;

    fn fixture() -> Fixture {
        fixture_of(FailingCache::new(MemoryCache::new()))
    }

    mod bytes {
        use super::*;
        cache::cache_conformance!(#[tokio::test(start_paused = true)], fixture = fixture());
    }

    mod lists {
        use super::*;
        cache::recent_list_conformance!(#[tokio::test(start_paused = true)], fixture = fixture());
    }

    mod locks {
        use super::*;
        cache::lock_conformance!(#[tokio::test(start_paused = true)], fixture = fixture());
    }

    mod batches {
        use super::*;
        cache::batch_conformance!(#[tokio::test(start_paused = true)], fixture = fixture());
    }
}

mod traced {
    use super::*;

    fn fixture() -> Fixture {
        fixture_of(Traced::new(MemoryCache::new()))
    }

    mod bytes {
        use super::*;
        cache::cache_conformance!(#[tokio::test(start_paused = true)], fixture = fixture());
    }

    mod lists {
        use super::*;
        cache::recent_list_conformance!(#[tokio::test(start_paused = true)], fixture = fixture());
    }

    mod locks {
        use super::*;
        cache::lock_conformance!(#[tokio::test(start_paused = true)], fixture = fixture());
    }

    mod batches {
        use super::*;
        cache::batch_conformance!(#[tokio::test(start_paused = true)], fixture = fixture());
    }
}

mod boxed {
    use super::*;

    fn fixture() -> Fixture {
        let adapter = MemoryCache::new();
        let cache: Box<dyn Cache> = Box::new(adapter.clone());
        let list: Box<dyn RecentList> = Box::new(adapter.clone());
        let lock: Box<dyn Lock> = Box::new(adapter.clone());
        let batch: Box<dyn Batch> = Box::new(adapter);
        Fixture::new(Arc::new(cache), Arc::new(list))
            .with_lock(Arc::new(lock))
            .with_batch(Arc::new(batch))
    }

    mod bytes {
        use super::*;
        cache::cache_conformance!(#[tokio::test(start_paused = true)], fixture = fixture());
    }

    mod lists {
        use super::*;
        cache::recent_list_conformance!(#[tokio::test(start_paused = true)], fixture = fixture());
    }

    mod locks {
        use super::*;
        cache::lock_conformance!(#[tokio::test(start_paused = true)], fixture = fixture());
    }

    mod batches {
        use super::*;
        cache::batch_conformance!(#[tokio::test(start_paused = true)], fixture = fixture());
    }
}
