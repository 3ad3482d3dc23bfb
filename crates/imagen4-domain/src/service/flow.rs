//! One generation on its way from recorded to over.

mod verdict;

use fal_client::JobHandle;
use storage::Metadata;
use storage::pictures::{RemotePicture, SaveRequest};

use super::generate::GenerateService;
use super::generate_error::{Dependency, GenerateError, GenerateErrorKind};
use super::provenance;
use crate::catalogue::ModelId;
use crate::gallery::picture_kind;
use crate::generation::{FailureKind, Generation};
use crate::generator::{GeneratedPictures, GeneratorError, GeneratorErrorKind};
use crate::journal::{ProviderLink, Step};
use crate::picture::Picture;
use crate::progress::{Progress, ProgressSink};
use crate::settings::OnRetired;
use crate::store::StoreError;
use crate::timestamp;

/// The most models asked for one generation; a catalogue whose successors go in a circle ends here.
const MOST_MODELS: usize = 3;

/// One generation on its way. Each method ends with the journal one step further, or with an error.
pub(super) struct Flow<'a> {
    service: &'a GenerateService,
    generation: Generation,
    progress: ProgressSink,
}

impl<'a> Flow<'a> {
    pub(super) fn new(
        service: &'a GenerateService,
        generation: Generation,
        progress: ProgressSink,
    ) -> Self {
        Self {
            service,
            generation,
            progress,
        }
    }

    pub(super) async fn run(mut self) -> Result<Generation, GenerateError> {
        let id = self.generation.id();
        self.progress.tell(&Progress::Accepted { id });
        let job = self.submit().await?;
        let given = self.wait(&job).await?;
        self.record_links(given).await?;
        self.save().await?;
        self.publish().await;
        Ok(self.generation)
    }

    /// Sends the request: to the model asked for, or by policy to its successor when FAL says it is gone.
    async fn submit(&mut self) -> Result<JobHandle, GenerateError> {
        let mut model = self.generation.model_used().clone();
        let mut asked = 0;
        loop {
            let step = Step::Submitting {
                model: model.clone(),
            };
            let outcome = self.service.recorder.write(&self.generation, step).await;
            self.generation = outcome.map_err(|error| self.unrecorded(error))?;
            self.progress.tell(&Progress::Submitting { model });
            asked += 1;
            match self.service.generator.submit(&self.generation).await {
                Ok(job) => return self.submitted(job).await,
                Err(error) => model = self.next_model(error, asked).await?,
            }
        }
    }

    async fn submitted(&mut self, job: JobHandle) -> Result<JobHandle, GenerateError> {
        let request_id = job.request_id.clone();
        let step = Step::Submitted {
            request_id: request_id.clone(),
        };
        let written = self.write_paid(step).await;
        // The generation does not know the id when the write failed, so it goes into the error here.
        written.map_err(|error| error.with_request_id(Some(request_id.clone())))?;
        self.progress.tell(&Progress::Submitted { request_id });
        Ok(job)
    }

    /// Returns the model to ask after a failed submit, or ends the generation.
    async fn next_model(
        &mut self,
        error: GeneratorError,
        asked: usize,
    ) -> Result<ModelId, GenerateError> {
        if error.kind() == GeneratorErrorKind::ModelRetired {
            let follow = self.service.settings.on_retired() == OnRetired::Successor;
            if let Some(successor) = self.successor().filter(|_| follow && asked < MOST_MODELS) {
                tracing::warn!(
                    model = %self.generation.model_used(), %successor,
                    "the model is gone; its successor is asked"
                );
                return Ok(successor);
            }
        }
        Err(self.end_by(verdict::of_submit(&error), error).await)
    }

    /// Returns the model that takes the place of the one asked last.
    fn successor(&self) -> Option<ModelId> {
        let model = self.service.catalogue.get(self.generation.model_used())?;
        model.successor.clone()
    }

    async fn wait(&mut self, job: &JobHandle) -> Result<GeneratedPictures, GenerateError> {
        match self.service.generator.wait(job, &self.progress).await {
            Ok(given) => Ok(given),
            Err(error) if error.is_verdict() => {
                Err(self.end_by(verdict::of_wait(&error), error).await)
            }
            // The job may go on, so the record stays as it is and says where to look.
            Err(error) => Err(self.error(verdict::kind_on_the_way(error.kind()), error)),
        }
    }

    async fn record_links(&mut self, given: GeneratedPictures) -> Result<(), GenerateError> {
        let since = self
            .generation
            .submitted_at()
            .unwrap_or(self.generation.updated_at());
        let dies_at = timestamp::truncate(since + given.kept_for);
        let links = (1..=99).zip(given.links);
        let links = links
            .map(|(number, url)| ProviderLink {
                number,
                url,
                dies_at,
            })
            .collect();
        let billable_micros = given.billable_units.map(fal_client::BillableUnits::micros);
        self.write_paid(Step::Generated {
            links,
            billable_micros,
        })
        .await
    }

    async fn save(&mut self) -> Result<(), GenerateError> {
        let links = self.generation.provider_links().to_vec();
        let count = links.len();
        self.progress.tell(&Progress::Saving { pictures: count });
        // Once the buckets are known to be there this costs nothing. When it fails the save fails as well,
        // picture by picture, and says so.
        if let Err(error) = self.service.pictures.ensure_buckets().await {
            tracing::debug!(%error, "the buckets are not ready");
        }
        let saved = self.service.pictures.save(self.save_request(&links)).await;
        let ends = links.iter().map(|link| link.dies_at);
        let pictures: Vec<_> = saved
            .into_iter()
            .zip(ends)
            .map(|(saved, end)| Picture::of(saved.number, saved.state, end))
            .collect();
        if !pictures.iter().any(Picture::is_obtainable) {
            let reason = "none of the pictures could be fetched";
            let step = Step::Failed {
                kind: FailureKind::PicturesLost,
                reason: reason.to_owned(),
            };
            let error = GenerateError::new(GenerateErrorKind::Failed).with_reason(reason);
            return Err(self.end(step, error).await);
        }
        self.write_paid(Step::Completed { pictures }).await
    }

    fn save_request(&self, links: &[ProviderLink]) -> SaveRequest {
        let generation = &self.generation;
        let metadata = Metadata::new()
            .with("generation-id", &generation.id().to_string())
            .and_then(|metadata| metadata.with("model", generation.model_used().as_str()));
        let remote = |link: &ProviderLink| RemotePicture {
            number: link.number,
            url: link.url.clone(),
            dies_at: Some(link.dies_at),
        };
        SaveRequest {
            kind: picture_kind(generation.model_used()),
            generation_id: generation.id().to_string(),
            created_on: generation.created_on(),
            pictures: links.iter().map(remote).collect(),
            // Metadata is a comfort; pictures are not held up for it.
            metadata: metadata.unwrap_or_default(),
            provenance: Some(provenance::of(
                generation,
                u8::try_from(links.len()).unwrap_or(u8::MAX),
            )),
        }
    }

    /// Writes a step that tells of something paid.
    async fn write_paid(&mut self, step: Step) -> Result<(), GenerateError> {
        match self
            .service
            .recorder
            .write_patiently(&self.generation, step)
            .await
        {
            Ok(generation) => {
                self.generation = generation;
                Ok(())
            }
            Err(error) => Err(self.unrecorded(error)),
        }
    }

    async fn end_by(
        &mut self,
        (step, kind): (Step, GenerateErrorKind),
        error: GeneratorError,
    ) -> GenerateError {
        let successor = match kind {
            GenerateErrorKind::ModelRetired => self.successor(),
            _ => None,
        };
        let error = self.error(kind, error).with_successor(successor);
        self.end(step, error).await
    }

    /// Writes the last step and returns `error`. A step that cannot be written leaves the record unfinished,
    /// which recovery looks at; the error of the job is the one to tell.
    async fn end(&mut self, step: Step, error: GenerateError) -> GenerateError {
        match self
            .service
            .recorder
            .write_patiently(&self.generation, step)
            .await
        {
            Ok(generation) => {
                self.generation = generation;
                self.publish().await;
            }
            Err(unwritten) => {
                tracing::warn!(generation.id = %self.generation.id(), error = %unwritten, "the end is not recorded");
            }
        }
        // When the step is not written the error may be the only one that knows the job's name.
        let told = error.request_id().cloned();
        error
            .with_id(self.generation.id())
            .with_request_id(self.generation.request_id().cloned().or(told))
    }

    async fn publish(&self) {
        if let Some(cache) = &self.service.cache {
            cache.ended(&self.generation).await;
        }
    }

    fn error(&self, kind: GenerateErrorKind, error: GeneratorError) -> GenerateError {
        let known = self.generation.request_id().or(error.request_id());
        GenerateError::new(kind)
            .with_id(self.generation.id())
            .with_request_id(known.cloned())
            .with_reason(error.reason())
            .with_source(error)
    }

    fn unrecorded(&self, error: StoreError) -> GenerateError {
        GenerateError::new(GenerateErrorKind::Dependency(Dependency::Records))
            .with_id(self.generation.id())
            .with_request_id(self.generation.request_id().cloned())
            .with_source(error)
    }
}
