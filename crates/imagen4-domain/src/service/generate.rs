//! From a prompt to stored pictures.

use std::sync::Arc;

use storage::Clock;
use storage::pictures::PictureStorage;

use super::flow::Flow;
use super::generate_error::{Dependency, GenerateError, GenerateErrorKind};
use super::generation_cache::GenerationCache;
use super::recorder::Recorder;
use crate::catalogue::Catalogue;
use crate::generation::Generation;
use crate::generator::ImageGenerator;
use crate::policy::{AllowAll, PromptPolicy};
use crate::progress::{Progress, ProgressSink};
use crate::request::{GenerationRequest, RequestDraft};
use crate::settings::Imagen4Settings;
use crate::store::GenerationStore;
use crate::{GenerationId, UserId};

/// Makes pictures: one call from a prompt to stored, recorded and cached pictures.
///
/// The order is: check the input, ask the policy, record, submit, wait, store, record, cache.
/// Before each outside effect the journal holds the step that leads to it, so that after a crash at any place
/// the record says what may have been paid and where the pictures are.
/// Clones share everything.
#[derive(Debug, Clone)]
pub struct GenerateService {
    pub(super) recorder: Recorder,
    pub(super) generator: Arc<dyn ImageGenerator>,
    pub(super) pictures: PictureStorage,
    pub(super) policy: Arc<dyn PromptPolicy>,
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) settings: Arc<Imagen4Settings>,
    pub(super) cache: Option<GenerationCache>,
}

impl GenerateService {
    /// Returns the service with the catalogue of this version, the default settings, a policy that lets
    /// everything pass, and no cache.
    pub fn new(
        store: Arc<dyn GenerationStore>,
        generator: Arc<dyn ImageGenerator>,
        pictures: PictureStorage,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            recorder: Recorder::new(store, clock),
            generator,
            pictures,
            policy: Arc::new(AllowAll),
            catalogue: Arc::default(),
            settings: Arc::default(),
            cache: None,
        }
    }

    /// Sets which prompts are let through.
    #[must_use]
    pub fn with_policy(mut self, policy: Arc<dyn PromptPolicy>) -> Self {
        self.policy = policy;
        self
    }

    /// Sets the models; give the generator the same.
    #[must_use]
    pub fn with_catalogue(mut self, catalogue: Arc<Catalogue>) -> Self {
        self.catalogue = catalogue;
        self
    }

    /// Sets the settings.
    #[must_use]
    pub fn with_settings(mut self, settings: Imagen4Settings) -> Self {
        self.settings = Arc::new(settings);
        self
    }

    /// Sets the cache; give [`Library`](crate::Library) a clone of it.
    #[must_use]
    pub fn with_cache(mut self, cache: GenerationCache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// Returns the models.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Returns the settings.
    pub fn settings(&self) -> &Imagen4Settings {
        &self.settings
    }

    /// Makes the pictures that `user` asks for, telling `on_progress` how it goes.
    ///
    /// The answer is completed and has at least one picture that can be had: stored by us, or still with the
    /// provider when our store failed. Fewer pictures than asked for may come.
    ///
    /// # Errors
    ///
    /// See [`GenerateErrorKind`]. An error with a [`request_id`](GenerateError::request_id) is about a job that
    /// FAL has taken: what it gives is paid for. If the records could not be written after that, even after
    /// several tries, the error is the only place that holds the request id, so write it down; the pictures
    /// stay with FAL for seven days.
    ///
    /// # Cancellation
    ///
    /// The generation stands in the records where it was; a job that was submitted goes on.
    pub async fn generate(
        &self,
        user: &UserId,
        draft: RequestDraft,
        on_progress: impl Fn(&Progress) + Send + Sync + 'static,
    ) -> Result<Generation, GenerateError> {
        self.run(user, draft, None, ProgressSink::new(on_progress))
            .await
    }

    /// Makes pictures once more, with the settings of `parent`; otherwise as [`generate`](Self::generate).
    pub(super) async fn generate_again(
        &self,
        user: &UserId,
        draft: RequestDraft,
        parent: GenerationId,
        on_progress: ProgressSink,
    ) -> Result<Generation, GenerateError> {
        self.run(user, draft, Some(parent), on_progress).await
    }

    #[tracing::instrument(name = "generation.generate", level = "debug", skip_all, fields(generation.id))]
    async fn run(
        &self,
        user: &UserId,
        draft: RequestDraft,
        parent: Option<GenerationId>,
        progress: ProgressSink,
    ) -> Result<Generation, GenerateError> {
        let request = self.check(&draft)?;
        let generation = self.accept(user, request, parent).await?;
        tracing::Span::current().record("generation.id", tracing::field::display(generation.id()));
        Flow::new(self, generation, progress).run().await
    }

    /// Checks a request and asks the policy, as [`generate`](Self::generate) does first; nothing happens.
    ///
    /// # Errors
    ///
    /// `Disabled`, `InvalidInput` with field and rule, and `Refused` with the policy's reason.
    pub fn check(&self, draft: &RequestDraft) -> Result<GenerationRequest, GenerateError> {
        if !self.settings.enabled() {
            return Err(GenerateError::new(GenerateErrorKind::Disabled));
        }
        let request = draft.check(&self.catalogue, &self.settings)?;
        self.policy.check(request.prompt())?;
        Ok(request)
    }

    /// Records the request: the first commit, before anything is sent.
    async fn accept(
        &self,
        user: &UserId,
        request: GenerationRequest,
        parent: Option<GenerationId>,
    ) -> Result<Generation, GenerateError> {
        let now = self.recorder.clock().now();
        let new = Generation::new(GenerationId::new(now), user.clone(), request, now);
        let generation = match parent {
            Some(parent) => new.with_parent(parent),
            None => new,
        };
        if let Err(error) = self.recorder.store().create(&generation).await {
            let kind = GenerateErrorKind::Dependency(Dependency::Records);
            return Err(GenerateError::new(kind).with_source(error));
        }
        if let Some(cache) = &self.cache {
            cache.begun(&generation).await;
        }
        Ok(generation)
    }
}
