//! The port: a queue of paid jobs that speaks JSON.

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;
use serde_json::Value;

use crate::{
    CancelOutcome, Endpoint, FalError, JobHandle, JobOutput, JobStatus, StatusStream, SubmitOptions,
};

/// A queue of paid jobs that speaks JSON.
///
/// - **Money.** An accepted submit is paid for, and FAL has no idempotency key: two accepted submits are two bills.
///   A submit that was perhaps accepted fails with [`Unacknowledged`](crate::FalErrorKind::Unacknowledged) and
///   never with a kind that invites a repeat.
/// - **Repeats.** `status`, `watch`, `result` and `cancel` may be repeated at will; each repeat of `submit` is a new job.
/// - **Missing jobs.** `status`, `watch` and `result` of a job that the queue does not know fail with
///   [`NotFound`](crate::FalErrorKind::NotFound); `cancel` answers [`CancelOutcome::NotFound`].
/// - **Failure.** A failed job is completed; its `status` may say so and its `result` fails with the model's error.
/// - **Handles.** Any handle with the job's model and id works, also one rebuilt by another process.
/// - **Clones** of an adapter share their connections and their jobs.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait FalQueue: Debug + Send + Sync + 'static {
    /// Submits one job and returns its handle.
    ///
    /// # Errors
    ///
    /// `Unacknowledged` when the job was perhaps accepted: look for it before paying again.
    /// Every other kind means that no job came of it, so nothing is billed.
    ///
    /// # Cancellation
    ///
    /// A dropped future may leave an accepted job that nobody holds the handle of.
    async fn submit(
        &self,
        endpoint: &Endpoint,
        input: &Value,
        options: &SubmitOptions,
    ) -> Result<JobHandle, FalError>;

    /// Returns how far a job has come.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown job; a failure of the job itself is not an error here.
    ///
    /// # Cancellation
    ///
    /// Safe: nothing changes.
    async fn status(&self, job: &JobHandle) -> Result<JobStatus, FalError>;

    /// Opens the stream of a job's states: the one it is in now, then each that follows.
    ///
    /// The states are those of `status`, but hold only the lines that are new, so that none comes twice.
    /// A stream may be refused or break off at any time, which says nothing about the job: poll then.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown job, where the queue says so at once; an error within the stream ends it.
    ///
    /// # Cancellation
    ///
    /// Safe: nothing changes.
    async fn watch(&self, job: &JobHandle) -> Result<StatusStream, FalError>;

    /// Returns what a completed job gave.
    ///
    /// # Errors
    ///
    /// `NotFinished` before the end, `NotFound` for an unknown job, and the model's own error for a failed one.
    /// `Unavailable` says nothing about the job: ask again, for the pictures are paid.
    ///
    /// # Cancellation
    ///
    /// Safe: nothing changes, and the result stays where it is.
    async fn result(&self, job: &JobHandle) -> Result<JobOutput, FalError>;

    /// Asks the queue to cancel a job.
    ///
    /// # Errors
    ///
    /// Only when the queue cannot be asked; a job that is over or unknown is an outcome.
    ///
    /// # Cancellation
    ///
    /// The wish may have been noted all the same; repeating it is safe.
    async fn cancel(&self, job: &JobHandle) -> Result<CancelOutcome, FalError>;
}

macro_rules! forward {
    ($pointer:ident) => {
        #[deny(clippy::missing_trait_methods)]
        #[async_trait]
        impl<Q: FalQueue + ?Sized> FalQueue for $pointer<Q> {
            async fn submit(
                &self,
                endpoint: &Endpoint,
                input: &Value,
                options: &SubmitOptions,
            ) -> Result<JobHandle, FalError> {
                (**self).submit(endpoint, input, options).await
            }

            async fn status(&self, job: &JobHandle) -> Result<JobStatus, FalError> {
                (**self).status(job).await
            }

            async fn watch(&self, job: &JobHandle) -> Result<StatusStream, FalError> {
                (**self).watch(job).await
            }

            async fn result(&self, job: &JobHandle) -> Result<JobOutput, FalError> {
                (**self).result(job).await
            }

            async fn cancel(&self, job: &JobHandle) -> Result<CancelOutcome, FalError> {
                (**self).cancel(job).await
            }
        }
    };
}

forward!(Arc);
forward!(Box);
