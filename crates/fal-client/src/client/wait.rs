//! The wait for one job: follow it, and what to do at its end, at the time-out and when dropped.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::{
    events::{JobEvent, Teller},
    trouble::Trouble,
};
use crate::{
    CancelOutcome, FalError, FalErrorKind, FalQueue, Follow, JobFailure, JobHandle, JobOutput,
    JobStatus, OnDrop, OnTimeout, Operation, PollPolicy, classify,
};

/// The longest pause that the queue may ask for: a wish without bounds must not cost the whole wait.
const LONGEST_ASKED: Duration = Duration::from_mins(1);

/// How long the last words to the queue may take once the time is over.
const FAREWELL: Duration = Duration::from_secs(10);

/// Waits until `job` is over and returns what it gave.
pub(super) async fn wait(
    queue: &Arc<dyn FalQueue>,
    policy: &PollPolicy,
    job: &JobHandle,
    on_event: impl FnMut(&JobEvent) + Send,
) -> Result<JobOutput, FalError> {
    let mut guard = DropGuard::new(queue, policy, job);
    let queue = queue.as_ref();
    // It outlives the polling, which the deadline drops.
    let mut trouble = Trouble::default();
    let deadline = Instant::now().checked_add(policy.total());
    let polling = until_over(queue, policy, job, Teller::new(on_event), &mut trouble);
    let outcome = match deadline {
        Some(deadline) => match timeout_at(deadline, polling).await {
            Ok(outcome) => outcome,
            Err(_) => out_of_time(queue, policy, job, trouble.into_last()).await,
        },
        // A time past the end of the clock is no limit at all.
        None => polling.await,
    };
    guard.disarm();
    outcome.map_err(|error| error.with_job(job))
}

/// Follows the job until it is over, then fetches what it gave.
///
/// Trouble on the way says nothing about the job, which is paid, so it is polled again; the last is left in
/// `trouble`.
async fn until_over(
    queue: &dyn FalQueue,
    policy: &PollPolicy,
    job: &JobHandle,
    mut teller: Teller<impl FnMut(&JobEvent) + Send>,
    trouble: &mut Trouble,
) -> Result<JobOutput, FalError> {
    if policy.follow() == Follow::Stream {
        match stream(queue, job, &mut teller).await {
            Ok(Some(output)) => return Ok(output),
            Ok(None) => {}
            Err(error) => trouble.ride_out(job, error)?,
        }
    }
    let mut pause = policy.first();
    loop {
        let asked = match look(queue, job, &mut teller).await {
            Ok(Some(output)) => return Ok(output),
            Ok(None) => {
                trouble.end_of_unreadable();
                None
            }
            Err(error) => {
                let asked = error.retry_after();
                trouble.ride_out(job, error)?;
                asked
            }
        };
        sleep(asked.unwrap_or_default().min(LONGEST_ASKED).max(pause)).await;
        pause = policy.after(pause);
    }
}

/// Follows the job by its stream; `None` when the stream ended before the job.
///
/// Whatever is wrong with the stream, asking will tell what is wrong with the job.
async fn stream(
    queue: &dyn FalQueue,
    job: &JobHandle,
    teller: &mut Teller<impl FnMut(&JobEvent) + Send>,
) -> Result<Option<JobOutput>, FalError> {
    let of_the_stream = |error: FalError| error.with_operation(Operation::Watch);
    let mut told = queue.watch(job).await.map_err(of_the_stream)?;
    while let Some(status) = told.next().await {
        let status = status.map_err(of_the_stream)?;
        teller.streamed(&status);
        if status.is_completed() {
            drop(told);
            return settle(queue, job, status).await;
        }
    }
    Ok(None)
}

/// Asks once how far the job is, and fetches what it gave when it is over; `None` when it goes on.
async fn look(
    queue: &dyn FalQueue,
    job: &JobHandle,
    teller: &mut Teller<impl FnMut(&JobEvent) + Send>,
) -> Result<Option<JobOutput>, FalError> {
    let status = queue.status(job).await?;
    teller.polled(&status);
    settle(queue, job, status).await
}

/// Fetches what the job gave when its status says that it is over; `None` when it goes on.
async fn settle(
    queue: &dyn FalQueue,
    job: &JobHandle,
    status: JobStatus,
) -> Result<Option<JobOutput>, FalError> {
    match status {
        JobStatus::Completed {
            failure: Some(failure),
            ..
        } => Err(why_failed(queue, job, &failure).await),
        JobStatus::Completed { failure: None, .. } => match queue.result(job).await {
            // The two answers come from different machines, and the result may be the later one.
            Err(error) if error.kind() == FalErrorKind::NotFinished => Ok(None),
            outcome => outcome.map(Some),
        },
        JobStatus::Queued { .. } | JobStatus::Running { .. } => Ok(None),
    }
}

/// Returns the best account of a failure: the model's own error, which only the result has, or else the status'.
async fn why_failed(queue: &dyn FalQueue, job: &JobHandle, failure: &JobFailure) -> FalError {
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

/// Ends a wait whose time is over, by policy; the last trouble on the way is the source of the error.
async fn out_of_time(
    queue: &dyn FalQueue,
    policy: &PollPolicy,
    job: &JobHandle,
    trouble: Option<FalError>,
) -> Result<JobOutput, FalError> {
    let late = FalError::new(FalErrorKind::TimedOut, Operation::Wait);
    let late = match trouble {
        Some(trouble) => late.with_source(trouble),
        None => late,
    };
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
    queue: &dyn FalQueue,
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
