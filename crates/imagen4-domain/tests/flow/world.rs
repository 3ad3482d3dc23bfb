//! Everything that the services need, as fakes that can be told to fail.

use std::sync::{Arc, Mutex};

use cache::memory::MemoryCache;
use cache::testing::{CountingCache, FailingCache};
use chrono::{DateTime, Utc};
use core_config::Secret;
use imagen4_domain::testing::{FaultyStore, ScriptedGenerator, user};
use imagen4_domain::{
    GalleryService, GenerateError, GenerateService, Generation, GenerationCache, GenerationStore,
    ImageGenerator, Imagen4Settings, Library, MemoryGenerationStore, OnRetired, Progress,
    RequestDraft,
};
use storage::pictures::testing::{ScriptedSource, sample_picture};
use storage::pictures::{BucketMap, ImageFormat, PictureSource, PictureStorage};
use storage::testing::{FailingStore, Failure, ManualClock, Operation};
use storage::{Credentials, LinkSigner, MemoryStore, ObjectStore, SignedHost, StorageErrorKind};

pub(crate) type Store = FaultyStore<Arc<MemoryGenerationStore>>;

pub(crate) type Kept = FailingCache<Arc<CountingCache<MemoryCache>>>;

pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) store: Store,
    pub(crate) generator: ScriptedGenerator,
    pub(crate) source: Arc<ScriptedSource>,
    pub(crate) objects: Arc<FailingStore<MemoryStore>>,
    pub(crate) cache: Kept,
    pub(crate) service: GenerateService,
    pub(crate) library: Library,
    pub(crate) gallery: GalleryService,
    /// The library over the same records, without the cache.
    pub(crate) uncached: Library,
    pub(crate) pictures: PictureStorage,
}

pub(crate) fn start() -> DateTime<Utc> {
    "2026-11-22T23:59:58.123456Z".parse().unwrap()
}

pub(crate) fn settings() -> Imagen4Settings {
    Imagen4Settings::default()
}

/// Returns the store of objects with links of a host that nobody has.
pub(crate) fn objects(clock: &ManualClock) -> FailingStore<MemoryStore> {
    let host = SignedHost::parse("minio.test:9000", true).unwrap();
    let credentials = Credentials::new("id", Secret::new("secret-canary"));
    let links = LinkSigner::new(host, "us-east-1", credentials);
    FailingStore::new(MemoryStore::new(Arc::new(clock.clone())).with_links(links))
}

/// Returns the source of the pictures of three jobs of four.
pub(crate) fn source() -> ScriptedSource {
    let source = ScriptedSource::new();
    for job in 1..=3 {
        for number in 1..=4 {
            let filler = format!("picture {number} of job {job}");
            source.serve(
                &link(job, number),
                sample_picture(ImageFormat::Png, 1024, 1024, filler.as_bytes()),
            );
        }
    }
    source
}

pub(crate) fn link(job: u8, number: u8) -> String {
    format!("https://fal.test/job-{job}/{number}.png")
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(settings())
    }

    pub(crate) fn following_successors() -> Self {
        Self::with(settings().with_on_retired(OnRetired::Successor))
    }

    pub(crate) fn with(settings: Imagen4Settings) -> Self {
        Self::over(settings, |generator| Arc::new(generator))
    }

    /// Returns the world whose pictures are made by what `wrap` puts around the scripted generator.
    pub(crate) fn over(
        settings: Imagen4Settings,
        wrap: impl FnOnce(ScriptedGenerator) -> Arc<dyn ImageGenerator>,
    ) -> Self {
        let clock = ManualClock::new(start());
        let store = Store::new(Arc::new(MemoryGenerationStore::new()));
        let generator = ScriptedGenerator::new();
        let (source, objects) = (Arc::new(source()), Arc::new(objects(&clock)));
        let cache = FailingCache::new(Arc::new(CountingCache::new(MemoryCache::new())));
        let kept = GenerationCache::new(Arc::new(cache.clone()), Arc::new(cache.clone()));
        let as_source: Arc<dyn PictureSource> = Arc::clone(&source) as _;
        let as_objects: Arc<dyn ObjectStore> = Arc::clone(&objects) as _;
        let pictures = PictureStorage::new(as_objects, as_source, BucketMap::default());
        let records: Arc<dyn GenerationStore> = Arc::new(store.clone());
        let time = Arc::new(clock.clone());
        let maker = wrap(generator.clone());
        let service = GenerateService::new(
            Arc::clone(&records),
            maker,
            pictures.clone(),
            Arc::clone(&time) as _,
        )
        .with_settings(settings)
        .with_cache(kept.clone());
        let gallery = GalleryService::new(Arc::new(store.clone()), service.clone());
        let uncached = Library::new(records, pictures.clone(), time);
        let library = uncached.clone().with_cache(kept);
        Self {
            clock,
            store,
            generator,
            source,
            objects,
            cache,
            service,
            library,
            gallery,
            uncached,
            pictures,
        }
    }

    pub(crate) async fn generate(&self, draft: RequestDraft) -> Result<Generation, GenerateError> {
        self.service.generate(&user("7"), draft, |_| {}).await
    }

    /// Makes four pictures and keeps what was heard.
    pub(crate) async fn generate_and_listen(
        &self,
    ) -> (Result<Generation, GenerateError>, Vec<Progress>) {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ear = Arc::clone(&heard);
        let outcome = self
            .service
            .generate(&user("7"), four(), move |progress| {
                ear.lock().unwrap().push(progress.clone());
            })
            .await;
        let heard = heard.lock().unwrap().clone();
        (outcome, heard)
    }

    pub(crate) fn object_store_down(&self) {
        for operation in [Operation::Put, Operation::Head, Operation::EnsureBucket] {
            self.objects
                .fail(Failure::of(operation, StorageErrorKind::Unavailable));
        }
    }

    /// Returns the newest generation of the user as it is recorded, with the steps of its journal.
    pub(crate) async fn recorded(&self) -> (Generation, Vec<&'static str>) {
        let newest = self
            .store
            .recent(&user("7"), 1, None)
            .await
            .unwrap()
            .remove(0);
        let journal = self.store.journal(&user("7"), &newest.id()).await.unwrap();
        (
            newest,
            journal.iter().map(|entry| entry.step.name()).collect(),
        )
    }
}

pub(crate) fn four() -> RequestDraft {
    RequestDraft::new("a lighthouse at dawn").with_images(4)
}
