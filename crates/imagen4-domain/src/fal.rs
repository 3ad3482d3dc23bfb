//! The generator over FAL's queue.

mod classify;
mod output;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use fal_client::{
    FalClient, FalQueue, JobEvent, JobHandle, OnTimeout, PollPolicy, SubmitOptions, WebhookUrl,
};

pub use output::{ImageFile, ImageOutput};

use crate::catalogue::{Bill, Catalogue};
use crate::generation::Generation;
use crate::generator::{GeneratedPictures, GeneratorError, GeneratorErrorKind, ImageGenerator};
use crate::progress::{Progress, ProgressSink};

/// How long FAL is asked to keep the pictures: seven days, time enough to store them after an outage.
///
/// It is sent with each submit as `X-Fal-Object-Lifecycle-Preference`. Source: FAL's page on common parameters.
pub const KEPT_FOR: Duration = Duration::from_hours(7 * 24);

/// Makes pictures through FAL's queue.
///
/// Repeating failed calls is the work of [`fal_client::layer::Retrying`] around the queue.
/// When the time to wait is over the job is kept: what it gives is paid for, and the record, which stays
/// `submitted`, says where it is.
#[derive(Debug, Clone)]
pub struct FalImageGenerator {
    client: FalClient,
    catalogue: Arc<Catalogue>,
    webhook: Option<WebhookUrl>,
}

impl FalImageGenerator {
    /// Returns the generator over `queue`, which waits for up to `timeout` after a submit.
    pub fn new(queue: Arc<dyn FalQueue>, catalogue: Arc<Catalogue>, timeout: Duration) -> Self {
        let poll = PollPolicy::default().with_total(timeout);
        Self::with_poll(queue, catalogue, poll)
    }

    /// Returns the generator over `queue`, which watches jobs by `poll`; at a time-out the job is kept whatever
    /// the policy says.
    pub fn with_poll(
        queue: Arc<dyn FalQueue>,
        catalogue: Arc<Catalogue>,
        poll: PollPolicy,
    ) -> Self {
        Self {
            client: FalClient::new(queue).with_poll(poll.with_on_timeout(OnTimeout::Keep)),
            catalogue,
            webhook: None,
        }
    }

    /// Asks FAL to report each job at `base` with the generation's id behind it, by which a job is known even when
    /// the answer to its submit was lost.
    #[must_use]
    pub fn with_webhook(mut self, base: WebhookUrl) -> Self {
        self.webhook = Some(base);
        self
    }

    fn options(&self, generation: &Generation) -> SubmitOptions {
        let options = SubmitOptions::default().with_output_expires(KEPT_FOR);
        let webhook = self.webhook.as_ref();
        // The id of a generation is one segment of a path, so there always is an address for it.
        match webhook.and_then(|base| base.for_id(&generation.id().to_string()).ok()) {
            Some(own) => options.with_webhook(own),
            None => options,
        }
    }

    /// Returns the bill of a job; `None` for a model that is not in the catalogue.
    fn bill(&self, job: &JobHandle, given: &GeneratedPictures) -> Option<Bill> {
        let model = self.catalogue.get(&job.endpoint.clone().into())?;
        let pictures = u8::try_from(given.links.len()).unwrap_or(u8::MAX);
        Some(Bill::of(model, pictures, given.billable_units))
    }

    fn input(&self, generation: &Generation) -> Result<serde_json::Value, GeneratorError> {
        let unknown = || {
            GeneratorError::new(GeneratorErrorKind::Config)
                .with_reason("the model is not in the catalogue")
        };
        let model = self
            .catalogue
            .get(generation.model_used())
            .ok_or_else(unknown)?;
        generation.request().input_for(model).map_err(|error| {
            GeneratorError::new(GeneratorErrorKind::InvalidInput)
                .with_reason(error.to_string())
                .with_source(error)
        })
    }
}

#[async_trait]
impl ImageGenerator for FalImageGenerator {
    async fn submit(&self, generation: &Generation) -> Result<JobHandle, GeneratorError> {
        let input = self.input(generation)?;
        let options = self.options(generation);
        let endpoint = generation.model_used().endpoint();
        let outcome = self.client.queue().submit(endpoint, &input, &options).await;
        outcome.map_err(classify::of_submit)
    }

    async fn wait(
        &self,
        job: &JobHandle,
        progress: &ProgressSink,
    ) -> Result<GeneratedPictures, GeneratorError> {
        let outcome = self.client.wait(job, |event| tell(event, progress)).await;
        let given = output::read(outcome.map_err(classify::of_wait)?, KEPT_FOR)?;
        if let Some(bill) = self.bill(job, &given) {
            report_drift(job, &bill);
        }
        Ok(given)
    }
}

/// Warns when FAL billed something else than the catalogue expects for the pictures that came.
fn report_drift(job: &JobHandle, bill: &Bill) {
    if let Some(drift) = bill.drift().filter(|drift| *drift != 0) {
        tracing::warn!(
            fal.request_id = %job.request_id, model = %job.endpoint, drift_micro_dollars = drift,
            estimated_micro_dollars = bill.estimated, price_as_of = %bill.price_as_of,
            "FAL billed something else than the catalogue expects"
        );
    }
}

/// Tells what happened to a job, in the words of the domain.
fn tell(event: &JobEvent, progress: &ProgressSink) {
    match event {
        JobEvent::Queued { position } => progress.tell(&Progress::Queued {
            position: *position,
        }),
        JobEvent::Running => progress.tell(&Progress::Running),
        JobEvent::Line(line) => progress.tell(&Progress::Log {
            message: line.message.clone(),
        }),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
