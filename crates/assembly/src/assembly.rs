//! From settings to services, with each part replaceable.

use std::sync::Arc;

use cache::layer::Traced;
use cache::memory::MemoryCache;
use cache::redis::RedisCache;
use cache::{Batch, Cache, RecentList};
use core_config::{Problems, TextSource};
use fal_client::FalQueue;
use fal_client::simulator::FalSimulator;
use imagen4_domain::{
    Catalogue, FalImageGenerator, GalleryService, GalleryStore, GenerateService, GenerationCache,
    GenerationStore, Library, PromptPolicy,
};
use records::sqlite::SqliteGenerationStore;
use storage::pictures::{FetchPolicy, GuardedFetch, PictureSource, PictureStorage};
use storage::{Clock, ObjectStore, SystemClock};

use crate::error::{AssemblyError, Part};
use crate::fal::{self, OpenQueue};
use crate::services::{OwnParts, Services};
use crate::settings::Settings;
use crate::store;

/// A cache, its lists and its batches, which may be one adapter under each port.
type CacheParts = (Arc<dyn Cache>, Arc<dyn RecentList>, Option<Arc<dyn Batch>>);

/// The store of records and of galleries, which is one adapter under both ports.
type RecordParts = (Arc<dyn GenerationStore>, Arc<dyn GalleryStore>);

/// Puts the parts together: what the settings name, unless the caller brings a part of their own.
#[derive(Debug)]
pub struct Assembly {
    settings: Settings,
    clock: Arc<dyn Clock>,
    store: Option<Arc<dyn ObjectStore>>,
    source: Option<Arc<dyn PictureSource>>,
    cache: Option<CacheParts>,
    queue: Option<Arc<dyn FalQueue>>,
    records: Option<RecordParts>,
    policy: Option<Arc<dyn PromptPolicy>>,
}

impl Assembly {
    /// Returns the assembly that `settings` describe.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            clock: Arc::new(SystemClock),
            store: None,
            source: None,
            cache: None,
            queue: None,
            records: None,
            policy: None,
        }
    }

    /// Reads the settings from `source`, usually the [`Environment`](core_config::Environment).
    ///
    /// # Errors
    ///
    /// All problems at once.
    pub fn from_source(source: &dyn TextSource) -> Result<Self, Problems> {
        Settings::from_source(source).map(Self::new)
    }

    /// Returns the settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Takes the time of day from `clock`.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Keeps pictures in `store` instead of the one that the settings name.
    #[must_use]
    pub fn with_store(mut self, store: Arc<dyn ObjectStore>) -> Self {
        self.store = Some(store);
        self
    }

    /// Fetches pictures through `source` instead of the guarded download.
    #[must_use]
    pub fn with_picture_source(mut self, source: Arc<dyn PictureSource>) -> Self {
        self.source = Some(source);
        self
    }

    /// Caches in `cache` and `lists` instead of what the settings name; they may be the same object.
    #[must_use]
    pub fn with_cache(mut self, cache: Arc<dyn Cache>, lists: Arc<dyn RecentList>) -> Self {
        self.cache = Some((cache, lists, None));
        self
    }

    /// Submits to `queue` instead of the one that the settings name.
    #[must_use]
    pub fn with_queue(mut self, queue: Arc<dyn FalQueue>) -> Self {
        self.queue = Some(queue);
        self
    }

    /// Keeps records in `records`, galleries among them, instead of the database that the settings name.
    #[must_use]
    pub fn with_records<R: GenerationStore + GalleryStore>(mut self, records: Arc<R>) -> Self {
        self.records = Some(both(records));
        self
    }

    /// Asks `policy` before a prompt is sent; without one every prompt passes.
    #[must_use]
    pub fn with_policy(mut self, policy: Arc<dyn PromptPolicy>) -> Self {
        self.policy = Some(policy);
        self
    }

    /// Opens the parts, makes sure that the buckets exist, and returns the services.
    ///
    /// Redis may be down: the services start without it, and use it once it is there.
    ///
    /// # Errors
    ///
    /// [`AssemblyError`] names the part that cannot be used.
    ///
    /// # Cancellation
    ///
    /// What was opened is dropped; buckets that were made stay.
    pub async fn start(mut self) -> Result<Services, AssemblyError> {
        let mut own = OwnParts::default();
        let store = self.open_store(&mut own).await?;
        let (records, galleries) = self.open_records(&mut own).await?;
        let (cache, lists, batch) = self.open_cache(&mut own)?;
        let queue = self.open_queue(&mut own).await?;
        let pictures = self.open_pictures(&store, &own).await?;
        let mut known = GenerationCache::new(Arc::clone(&cache), lists);
        if let Some(batch) = batch {
            known = known.with_batch(batch);
        }
        let library = Library::new(
            Arc::clone(&records),
            pictures.clone(),
            Arc::clone(&self.clock),
        )
        .with_cache(known.clone());
        let generate = self.generate_service(queue, &records, &pictures);
        let generate = generate.with_cache(known);
        Ok(Services {
            gallery: GalleryService::new(galleries, generate.clone()),
            generate,
            library,
            pictures,
            store,
            cache,
            records,
            own,
        })
    }

    fn generate_service(
        self,
        queue: Arc<dyn FalQueue>,
        records: &Arc<dyn GenerationStore>,
        pictures: &PictureStorage,
    ) -> GenerateService {
        let catalogue = Arc::new(Catalogue::default());
        let timeout = self.settings.imagen4.timeout();
        let mut generator = FalImageGenerator::new(queue, Arc::clone(&catalogue), timeout);
        if let Some(fal) = &self.settings.fal
            && let Some(base) = fal.webhook_url()
        {
            generator = generator.with_webhook(base.clone());
        }
        let service = GenerateService::new(
            Arc::clone(records),
            Arc::new(generator),
            pictures.clone(),
            self.clock,
        )
        .with_catalogue(catalogue)
        .with_settings(self.settings.imagen4);
        match self.policy {
            Some(policy) => service.with_policy(policy),
            None => service,
        }
    }

    async fn open_store(
        &mut self,
        own: &mut OwnParts,
    ) -> Result<Arc<dyn ObjectStore>, AssemblyError> {
        if let Some(store) = self.store.take() {
            return Ok(store);
        }
        let clock = Arc::clone(&self.clock);
        let opened = match &self.settings.minio {
            Some(settings) => store::minio(settings, clock),
            None => store::embedded(&self.settings.files, clock).await,
        };
        let opened = opened.map_err(|cause| AssemblyError::new(Part::ObjectStore, cause))?;
        own.endpoint = opened.endpoint;
        own.link_hosts = opened.hosts;
        Ok(opened.store)
    }

    async fn open_records(&mut self, own: &mut OwnParts) -> Result<RecordParts, AssemblyError> {
        if let Some(records) = self.records.take() {
            return Ok(records);
        }
        let records = SqliteGenerationStore::open(&self.settings.records)
            .await
            .map_err(|error| AssemblyError::new(Part::Records, error))?;
        let records = Arc::new(records);
        own.records = Some(Arc::clone(&records));
        Ok(both(records))
    }

    fn open_cache(&mut self, own: &mut OwnParts) -> Result<CacheParts, AssemblyError> {
        if let Some(parts) = self.cache.take() {
            return Ok(parts);
        }
        let parts = match self.settings.redis.clone() {
            None => each(MemoryCache::new()),
            Some(settings) => each(
                RedisCache::new(settings)
                    .map_err(|error| AssemblyError::new(Part::Cache, error))?,
            ),
        };
        own.cache = Some(Arc::clone(&parts.0));
        Ok(parts)
    }

    async fn open_queue(&mut self, own: &mut OwnParts) -> Result<Arc<dyn FalQueue>, AssemblyError> {
        if let Some(queue) = self.queue.take() {
            return Ok(queue);
        }
        let opened = match &self.settings.fal {
            Some(settings) => fal::real(settings),
            None => fal::simulated().await,
        };
        let OpenQueue { queue, simulator } =
            opened.map_err(|cause| AssemblyError::new(Part::Fal, cause))?;
        own.simulator = simulator;
        Ok(queue)
    }

    async fn open_pictures(
        &mut self,
        store: &Arc<dyn ObjectStore>,
        own: &OwnParts,
    ) -> Result<PictureStorage, AssemblyError> {
        let source = match self.source.take() {
            Some(source) => source,
            None => self.open_download(own)?,
        };
        let settings = &self.settings.pictures;
        let pictures = PictureStorage::new(Arc::clone(store), source, settings.buckets().clone())
            .with_link_life(settings.link_life())
            .with_manifests(settings.manifests().clone())
            .with_hosts(own.link_hosts.iter().cloned());
        match pictures.ensure_buckets().await {
            Ok(()) => Ok(pictures),
            Err(error) => Err(AssemblyError::new(Part::ObjectStore, error)),
        }
    }

    /// Plain text and loopback are open to the simulator's pictures and to the origins that a setting names.
    fn open_download(&self, own: &OwnParts) -> Result<Arc<dyn PictureSource>, AssemblyError> {
        let simulated = own.simulator.as_ref().map(FalSimulator::media_url);
        let mut policy = FetchPolicy::default();
        for origin in self.settings.media_origins.iter().chain(&simulated) {
            policy = policy
                .allow_loopback_http(origin.as_str())
                .map_err(|error| AssemblyError::new(Part::Download, error))?;
        }
        let fetch =
            GuardedFetch::new(policy).map_err(|error| AssemblyError::new(Part::Download, error))?;
        Ok(Arc::new(fetch))
    }
}

fn both<R: GenerationStore + GalleryStore>(records: Arc<R>) -> RecordParts {
    (Arc::clone(&records) as _, records)
}

/// Returns one adapter under each of its ports, with a span around each call.
fn each<C: Cache + RecentList + Batch>(adapter: C) -> CacheParts {
    let adapter = Arc::new(Traced::new(adapter));
    let (cache, lists) = (Arc::clone(&adapter), Arc::clone(&adapter));
    (cache, lists, Some(adapter))
}
