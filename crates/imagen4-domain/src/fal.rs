//! The generator over FAL's queue.

mod classify;
mod output;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use fal_client::{FalClient, FalQueue, JobHandle, JobStatus, OnTimeout, PollPolicy, SubmitOptions};

use crate::catalogue::Catalogue;
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
        }
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
        let options = SubmitOptions::default().with_output_expires(KEPT_FOR);
        let endpoint = generation.model_used().endpoint();
        let outcome = self.client.queue().submit(endpoint, &input, &options).await;
        outcome.map_err(classify::of_submit)
    }

    async fn wait(
        &self,
        job: &JobHandle,
        progress: &ProgressSink,
    ) -> Result<GeneratedPictures, GeneratorError> {
        let mut told = Told::default();
        let outcome = self
            .client
            .wait(job, |status| told.tell(status, progress))
            .await;
        output::read(outcome.map_err(classify::of_wait)?, KEPT_FOR)
    }
}

/// What was told already. Polled logs hold all lines again each time.
#[derive(Debug, Default)]
struct Told {
    lines: usize,
    last: Option<Progress>,
}

impl Told {
    fn tell(&mut self, status: &JobStatus, progress: &ProgressSink) {
        match status {
            JobStatus::Queued { position } => {
                self.once(
                    Progress::Queued {
                        position: *position,
                    },
                    progress,
                );
            }
            JobStatus::Running { logs } => {
                self.once(Progress::Running, progress);
                self.new_lines(logs, progress);
            }
            JobStatus::Completed { logs, .. } => self.new_lines(logs, progress),
            _ => {}
        }
    }

    /// Tells what differs from the last thing told.
    fn once(&mut self, now: Progress, progress: &ProgressSink) {
        if self.last.as_ref() != Some(&now) {
            progress.tell(&now);
            self.last = Some(now);
        }
    }

    fn new_lines(&mut self, logs: &[fal_client::LogLine], progress: &ProgressSink) {
        for line in logs.iter().skip(self.lines) {
            let message = line.message.clone();
            progress.tell(&Progress::Log { message });
        }
        self.lines = self.lines.max(logs.len());
    }
}

#[cfg(test)]
mod tests;
