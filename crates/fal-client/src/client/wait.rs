//! The wait for one job: poll, and what to do at its end, at the time-out and when dropped.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::{
    CancelOutcome, FalError, FalErrorKind, FalQueue, JobFailure, JobHandle, JobOutput, JobStatus,
    OnDrop, OnTimeout, Operation, PollPolicy, classify,
};

/// How long the last words to the queue may take once the time is over.
const FAREWELL: Duration = Duration::from_secs(10);

/// Waits until `job` is over and returns what it gave.
pub(super) async fn wait(
    queue: &Arc<dyn FalQueue>,
    policy: &PollPolicy,
    job: &JobHandle,
    on_progress: impl FnMut(&JobStatus) + Send,
) -> Result<JobOutput, FalError> {
    let mut guard = DropGuard::new(queue, policy, job);
    let deadline = Instant::now().checked_add(policy.total());
    let outcome = match deadline {
        Some(deadline) => {
            match timeout_at(deadline, until_over(queue, policy, job, on_progress)).await {
                Ok(outcome) => outcome,
                Err(_) => out_of_time(queue, policy, job).await,
            }
        }
        // A time past the end of the clock is no limit at all.
        None => until_over(queue, policy, job, on_progress).await,
    };
    guard.disarm();
    outcome.map_err(|error| error.with_job(job))
}

/// Polls until the job is over, then fetches what it gave.
async fn until_over(
    queue: &Arc<dyn FalQueue>,
    policy: &PollPolicy,
    job: &JobHandle,
    mut on_progress: impl FnMut(&JobStatus) + Send,
) -> Result<JobOutput, FalError> {
    let mut pause = policy.first();
    loop {
        let status = queue.status(job).await?;
        on_progress(&status);
        match status {
            JobStatus::Completed {
                failure: Some(failure),
                ..
            } => {
                return Err(why_failed(queue, job, &failure).await);
            }
            JobStatus::Completed { failure: None, .. } => match queue.result(job).await {
                // The two answers come from different machines, and the result may be the later one.
                Err(error) if error.kind() == FalErrorKind::NotFinished => {}
                outcome => return outcome,
            },
            JobStatus::Queued { .. } | JobStatus::Running { .. } => {}
        }
        sleep(pause).await;
        pause = policy.after(pause);
    }
}

/// Returns the best account of a failure: the model's own error, which only the result has, or else the status'.
async fn why_failed(queue: &Arc<dyn FalQueue>, job: &JobHandle, failure: &JobFailure) -> FalError {
    match queue.result(job).await {
        Err(error) if is_verdict(error.kind()) => error,
        // A result beside a failure is not trusted: the status has said that the job failed.
        Ok(_) => classify::job_failure(failure),
        Err(error) => classify::job_failure(failure).with_source(error),
    }
}

/// Returns whether an error tells about the job, and not about the way to it.
fn is_verdict(kind: FalErrorKind) -> bool {
    matches!(
        kind,
        FalErrorKind::Refused
            | FalErrorKind::InvalidInput
            | FalErrorKind::ModelNotFound
            | FalErrorKind::TimedOut
            | FalErrorKind::Provider
            | FalErrorKind::Cancelled
    )
}

/// Ends a wait whose time is over, by policy.
async fn out_of_time(
    queue: &Arc<dyn FalQueue>,
    policy: &PollPolicy,
    job: &JobHandle,
) -> Result<JobOutput, FalError> {
    let late = FalError::new(FalErrorKind::TimedOut, Operation::Wait);
    if policy.on_timeout() == OnTimeout::Keep {
        return Err(late);
    }
    match timeout(FAREWELL, cancel_or_fetch(queue, job)).await {
        Ok(Ok(Some(output))) => Ok(output),
        Ok(Ok(None)) | Err(_) => Err(late),
        Ok(Err(error)) => Err(late.with_source(error)),
    }
}

/// Cancels the job, or fetches what it gave if it was over first: that is paid for.
async fn cancel_or_fetch(
    queue: &Arc<dyn FalQueue>,
    job: &JobHandle,
) -> Result<Option<JobOutput>, FalError> {
    match queue.cancel(job).await? {
        CancelOutcome::AlreadyCompleted => queue.result(job).await.map(Some),
        CancelOutcome::Requested | CancelOutcome::NotFound => Ok(None),
    }
}

/// Cancels the job from a spawned task if the wait is dropped before its end.
#[derive(Debug)]
struct DropGuard(Option<(Arc<dyn FalQueue>, JobHandle)>);

impl DropGuard {
    fn new(queue: &Arc<dyn FalQueue>, policy: &PollPolicy, job: &JobHandle) -> Self {
        Self((policy.on_drop() == OnDrop::Cancel).then(|| (Arc::clone(queue), job.clone())))
    }

    fn disarm(&mut self) {
        self.0 = None;
    }
}

impl Drop for DropGuard {
    fn drop(&mut self) {
        let Some((queue, job)) = self.0.take() else {
            return;
        };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = queue.cancel(&job).await {
                    tracing::warn!(fal.request_id = %job.request_id, %error, "a dropped job could not be cancelled");
                }
            });
        }
    }
}
