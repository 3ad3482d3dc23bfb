//! The services, ready to be used.

use std::sync::Arc;

use cache::Cache;
use fal_client::simulator::FalSimulator;
use imagen4_domain::conversation::{CachedDialogues, Conversation, Guard, RouteError};
use imagen4_domain::{GalleryService, GenerateService, GenerationStore, Library};
use records::sqlite::SqliteGenerationStore;
use storage::endpoint::RunningEndpoint;
use storage::pictures::PictureStorage;
use storage::{ObjectStore, SignedHost};

/// Everything that makes and reads pictures, put together.
///
/// Share it as an `Arc`, or clone the services out of it.
/// End it with [`shutdown`](Self::shutdown), which waits for what is under way.
#[derive(Debug)]
pub struct Services {
    pub(crate) generate: GenerateService,
    pub(crate) library: Library,
    pub(crate) gallery: GalleryService,
    pub(crate) pictures: PictureStorage,
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) cache: Arc<dyn Cache>,
    pub(crate) records: Arc<dyn GenerationStore>,
    pub(crate) own: OwnParts,
}

/// What was opened here, and so is closed here; a part that the caller brought is the caller's to close.
#[derive(Debug, Default)]
pub(crate) struct OwnParts {
    pub(crate) cache: Option<Arc<dyn Cache>>,
    pub(crate) records: Option<Arc<SqliteGenerationStore>>,
    pub(crate) simulator: Option<FalSimulator>,
    pub(crate) endpoint: Option<RunningEndpoint>,
    pub(crate) link_hosts: Vec<SignedHost>,
}

impl Services {
    /// Returns the service that makes pictures.
    pub fn generate(&self) -> &GenerateService {
        &self.generate
    }

    /// Returns the service that reads back what was made.
    pub fn library(&self) -> &Library {
        &self.library
    }

    /// Returns the service of users' galleries.
    pub fn gallery(&self) -> &GalleryService {
        &self.gallery
    }

    /// Returns the conversation of a bot behind `guard`, whose dialogues stand in the cache.
    ///
    /// # Errors
    ///
    /// [`RouteError`] when two handlers get in each other's way; then the program is wrong and must not start.
    pub fn conversation(&self, guard: Guard) -> Result<Conversation, RouteError> {
        Conversation::new(
            guard,
            Arc::new(CachedDialogues::new(Arc::clone(&self.cache))),
            self.generate.clone(),
            self.library.clone(),
            self.gallery.clone(),
        )
    }

    /// Returns the pictures below: save, open, link, delete.
    pub fn pictures(&self) -> &PictureStorage {
        &self.pictures
    }

    /// Returns the object store.
    pub fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.store
    }

    /// Returns the cache.
    pub fn cache(&self) -> &Arc<dyn Cache> {
        &self.cache
    }

    /// Returns the record store.
    pub fn records(&self) -> &Arc<dyn GenerationStore> {
        &self.records
    }

    /// Tells whether the links to stored pictures work only while these services stand, since they are served
    /// by an endpoint inside.
    pub fn serves_its_own_links(&self) -> bool {
        self.own.endpoint.is_some()
    }

    /// Tells whether FAL is the simulator inside, whose links to pictures die with these services, whatever end
    /// a record names for them.
    pub fn has_its_own_fal(&self) -> bool {
        self.own.simulator.is_some()
    }

    /// Closes what was opened, in the order of use: the simulator, the endpoint, the cache, the records.
    ///
    /// # Cancellation
    ///
    /// What was not closed yet ends with the process.
    pub async fn shutdown(self) {
        if let Some(simulator) = self.own.simulator {
            simulator.stop().await;
        }
        if let Some(endpoint) = self.own.endpoint {
            endpoint.shutdown().await;
        }
        if let Some(cache) = self.own.cache {
            cache.shutdown().await;
        }
        if let Some(records) = self.own.records {
            records.close().await;
        }
    }
}
