//! One span for each call, without prompt and key.

use async_trait::async_trait;
use serde_json::Value;
use tracing::{Span, field::Empty, instrument};

use crate::{
    CancelOutcome, Endpoint, FalError, FalQueue, JobHandle, JobOutput, JobStatus, SubmitOptions,
};

/// Opens one span for each call: `fal.submit`, `fal.status`, `fal.result`, `fal.cancel`, at level debug.
///
/// Fields: `fal.endpoint`, `fal.request_id`, and `fal.error_kind` when the call failed.
/// Inputs, outputs and keys are never among them. It stands outside of [`Retrying`](crate::layer::Retrying).
///
/// # Cancellation
///
/// As the queue within; the span closes.
#[derive(Debug, Clone)]
pub struct Traced<Q> {
    inner: Q,
}

impl<Q: FalQueue> Traced<Q> {
    /// Returns a queue that traces the calls of another.
    pub fn new(inner: Q) -> Self {
        Self { inner }
    }

    /// Returns the queue within.
    pub fn into_inner(self) -> Q {
        self.inner
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<Q: FalQueue> FalQueue for Traced<Q> {
    #[instrument(
        name = "fal.submit", level = "debug", skip_all,
        fields(fal.endpoint = %endpoint, fal.request_id = Empty, fal.error_kind = Empty)
    )]
    async fn submit(
        &self,
        endpoint: &Endpoint,
        input: &Value,
        options: &SubmitOptions,
    ) -> Result<JobHandle, FalError> {
        let outcome = noted(self.inner.submit(endpoint, input, options).await);
        if let Ok(job) = &outcome {
            Span::current().record("fal.request_id", job.request_id.as_str());
        }
        outcome
    }

    #[instrument(
        name = "fal.status", level = "debug", skip_all,
        fields(fal.endpoint = %job.endpoint, fal.request_id = %job.request_id, fal.error_kind = Empty)
    )]
    async fn status(&self, job: &JobHandle) -> Result<JobStatus, FalError> {
        noted(self.inner.status(job).await)
    }

    #[instrument(
        name = "fal.result", level = "debug", skip_all,
        fields(fal.endpoint = %job.endpoint, fal.request_id = %job.request_id, fal.error_kind = Empty)
    )]
    async fn result(&self, job: &JobHandle) -> Result<JobOutput, FalError> {
        noted(self.inner.result(job).await)
    }

    #[instrument(
        name = "fal.cancel", level = "debug", skip_all,
        fields(fal.endpoint = %job.endpoint, fal.request_id = %job.request_id, fal.error_kind = Empty)
    )]
    async fn cancel(&self, job: &JobHandle) -> Result<CancelOutcome, FalError> {
        noted(self.inner.cancel(job).await)
    }
}

/// Writes the kind of a failure into the current span.
fn noted<T>(outcome: Result<T, FalError>) -> Result<T, FalError> {
    if let Err(error) = &outcome {
        Span::current().record("fal.error_kind", tracing::field::debug(error.kind()));
    }
    outcome
}
