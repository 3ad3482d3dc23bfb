//! What the cache knows of a user is old once a record of theirs was written past it.

use std::sync::Arc;

use cache::memory::MemoryCache;
use imagen4_domain::testing::{FaultyStore, LostWorld, ScriptedGenerator, StoreCall, user};
use imagen4_domain::{
    GalleryFilter, GalleryService, GenerateService, GenerationCache, GenerationStore, Library,
    MemoryGenerationStore, RebuildService, StoreErrorKind,
};
use storage::pictures::{BucketMap, ManifestPolicy, PictureStorage};
use storage::testing::ManualClock;

/// Services over records that are empty at first, and a cache that knows so.
pub(crate) struct Warm {
    pub(crate) store: FaultyStore<Arc<MemoryGenerationStore>>,
    pub(crate) cache: GenerationCache,
    gallery: GalleryService,
    library: Library,
}

impl Warm {
    /// Returns the services over `pictures`, with pages and lists of `users` in the cache.
    pub(crate) async fn over(pictures: &PictureStorage, users: &[&str]) -> Self {
        let store = FaultyStore::new(Arc::new(MemoryGenerationStore::new()));
        let memory = Arc::new(MemoryCache::new());
        let cache = GenerationCache::new(Arc::clone(&memory) as _, Arc::clone(&memory) as _);
        let cache = cache.with_batch(memory);
        let records: Arc<dyn GenerationStore> = Arc::new(store.clone());
        let clock = Arc::new(ManualClock::default());
        let generate = GenerateService::new(
            Arc::clone(&records),
            Arc::new(ScriptedGenerator::new()),
            pictures.clone(),
            Arc::clone(&clock) as _,
        )
        .with_cache(cache.clone());
        let warm = Self {
            gallery: GalleryService::new(Arc::new(store.clone()), generate),
            library: Library::new(records, pictures.clone(), clock).with_cache(cache.clone()),
            store,
            cache,
        };
        for name in users {
            assert_eq!(warm.shown(name).await, (0, 0), "{name}");
            warm.knows(name, 0).await;
        }
        warm
    }

    pub(crate) fn records(&self) -> Arc<dyn GenerationStore> {
        Arc::new(self.store.clone())
    }

    /// Returns how many generations the gallery of a user shows, and how many are among their newest.
    pub(crate) async fn shown(&self, name: &str) -> (usize, usize) {
        let owner = user(name);
        let page = self
            .gallery
            .page(&owner, &GalleryFilter::new(), None, 50)
            .await;
        let newest = self.library.recent(&owner, 50).await;
        (page.unwrap().items.len(), newest.unwrap().len())
    }

    /// Checks that so many are shown of a user without a call of the record store.
    pub(crate) async fn knows(&self, name: &str, count: usize) {
        let calls = self.store.all_calls();
        assert_eq!(self.shown(name).await, (count, count), "{name}");
        assert_eq!(self.store.all_calls(), calls, "{name}");
    }
}

const USERS: [&str; 7] = ["tg:0", "tg:1", "tg:2", "tg:3", "tg:4", "tg:5", "tg:6"];

async fn lost(generations: usize) -> LostWorld {
    LostWorld::made(generations, BucketMap::default(), ManifestPolicy::default()).await
}

#[tokio::test]
async fn a_rebuild_makes_old_what_is_known_of_those_whose_records_it_writes() {
    let world = lost(30).await;
    let warm = Warm::over(world.pictures(), &USERS).await;
    warm.shown("somebody").await;
    let service = RebuildService::new(warm.records(), world.pictures().clone());
    let service = service.with_cache(warm.cache.clone());
    let dry = service.clone().with_dry_run(true).run(None, |_| {}).await;
    for name in USERS {
        warm.knows(name, 0).await;
    }

    let mut owners = Vec::new();
    let told = service.run(None, |page| {
        owners.extend(page.rebuilt.iter().map(|one| one.owner().clone()));
    });
    assert_eq!(told.await.unwrap(), dry.unwrap());
    let each = |name: &str| owners.iter().filter(|owner| **owner == user(name)).count();
    for name in USERS {
        let rebuilt = each(name);
        assert!(rebuilt > 0, "{name}");
        assert_eq!(warm.shown(name).await, (rebuilt, rebuilt), "{name}");
    }
    // Nothing of theirs was written, and nothing is written by a second run.
    warm.knows("somebody", 0).await;
    service.run(None, |_| {}).await.unwrap();
    for name in USERS {
        warm.knows(name, each(name)).await;
    }
}

#[tokio::test]
async fn a_record_whose_last_answer_was_lost_is_shown_as_well() {
    let world = lost(1).await;
    let warm = Warm::over(world.pictures(), &USERS[..1]).await;
    let last = StoreCall::Advance("completed");
    warm.store.lose_next(last, StoreErrorKind::Unavailable);
    let service = RebuildService::new(warm.records(), world.pictures().clone());
    let told = service
        .with_cache(warm.cache.clone())
        .run(None, |_| {})
        .await;
    assert_eq!(told.unwrap().not_rebuilt, 1);
    assert_eq!(warm.shown("tg:0").await, (1, 1));
}
