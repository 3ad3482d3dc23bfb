//! Repeats failed calls, and a submit only where it cannot be paid twice.

use async_trait::async_trait;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::{
    CancelOutcome, Endpoint, FalError, FalErrorKind, FalPlatform, FalQueue, FalRunner, JobHandle,
    JobOutput, JobStatus, OutputStream, PayloadDeletion, RequestId, RequestPage, RequestQuery,
    RetryPolicy, StatusStream, SubmitOptions, SubmitRetry,
};

/// Repeats failed calls by a [`RetryPolicy`], and a submit only where it cannot be paid twice.
///
/// `status`, `result` and `cancel` are repeated when the way to FAL failed or FAL asks for a slower pace; so a 504
/// on the result of a completed job does not lose it. What the model itself answers is final and is not asked
/// again. The opening of a stream is repeated like a `status`, and a stream that broke off is left to whoever
/// reads it. The calls of the platform are repeated too. A `submit` is repeated as [`SubmitRetry`] says, and a direct
/// run never where it was perhaps started, whatever the rule. Retries used up become
/// [`Exhausted`](FalErrorKind::Exhausted) with the facts of the last failure.
///
/// It stands outside of per-call time limits and inside of [`Traced`](crate::layer::Traced).
///
/// # Cancellation
///
/// As the queue within; a pause between two tries ends at once.
#[derive(Debug, Clone)]
pub struct Retrying<Q> {
    inner: Q,
    policy: RetryPolicy,
}

impl<Q> Retrying<Q> {
    /// Returns a queue, a runner or a platform that repeats the failed calls of another.
    pub fn new(inner: Q, policy: RetryPolicy) -> Self {
        Self { inner, policy }
    }

    /// Returns what is within.
    pub fn into_inner(self) -> Q {
        self.inner
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<Q: FalQueue> FalQueue for Retrying<Q> {
    async fn submit(
        &self,
        endpoint: &Endpoint,
        input: &Value,
        options: &SubmitOptions,
    ) -> Result<JobHandle, FalError> {
        let rule = self.policy.submit();
        repeat(
            &self.policy,
            |error| may_submit_again(rule, error),
            || self.inner.submit(endpoint, input, options),
        )
        .await
    }

    async fn status(&self, job: &JobHandle) -> Result<JobStatus, FalError> {
        repeat(&self.policy, may_ask_again, || self.inner.status(job)).await
    }

    async fn watch(&self, job: &JobHandle) -> Result<StatusStream, FalError> {
        repeat(&self.policy, may_ask_again, || self.inner.watch(job)).await
    }

    async fn result(&self, job: &JobHandle) -> Result<JobOutput, FalError> {
        repeat(&self.policy, may_ask_again, || self.inner.result(job)).await
    }

    async fn cancel(&self, job: &JobHandle) -> Result<CancelOutcome, FalError> {
        repeat(&self.policy, may_ask_again, || self.inner.cancel(job)).await
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<R: FalRunner> FalRunner for Retrying<R> {
    async fn run(
        &self,
        endpoint: &Endpoint,
        input: &Value,
        options: &SubmitOptions,
    ) -> Result<JobOutput, FalError> {
        let rule = self.policy.submit();
        repeat(
            &self.policy,
            |error| may_run_again(rule, error),
            || self.inner.run(endpoint, input, options),
        )
        .await
    }

    async fn stream(
        &self,
        endpoint: &Endpoint,
        input: &Value,
        options: &SubmitOptions,
    ) -> Result<OutputStream, FalError> {
        let rule = self.policy.submit();
        repeat(
            &self.policy,
            |error| may_run_again(rule, error),
            || self.inner.stream(endpoint, input, options),
        )
        .await
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<P: FalPlatform> FalPlatform for Retrying<P> {
    async fn list_requests(&self, query: &RequestQuery) -> Result<RequestPage, FalError> {
        repeat(&self.policy, may_ask_again, || {
            self.inner.list_requests(query)
        })
        .await
    }

    async fn delete_payload(&self, request_id: &RequestId) -> Result<PayloadDeletion, FalError> {
        repeat(&self.policy, may_ask_again, || {
            self.inner.delete_payload(request_id)
        })
        .await
    }
}

/// Returns whether a call that changes nothing may be repeated.
pub(crate) fn may_ask_again(error: &FalError) -> bool {
    error.is_retryable() && is_of_the_way(error.kind())
}

/// Returns whether a submit may be repeated.
fn may_submit_again(rule: SubmitRetry, error: &FalError) -> bool {
    let proven = error.is_unsent() && may_ask_again(error);
    match rule {
        SubmitRetry::Never => false,
        SubmitRetry::Proven => proven,
        SubmitRetry::Ingress => proven || (error.is_ingress() && is_of_the_way(error.cause_kind())),
    }
}

/// Returns whether a direct run may be repeated: a gateway that waited in vain for the answer has a run behind it
/// that goes on and is paid for.
fn may_run_again(rule: SubmitRetry, error: &FalError) -> bool {
    rule != SubmitRetry::Never && error.is_unsent() && may_ask_again(error)
}

/// Returns whether a kind tells about the way to FAL, and not about the job, whose verdict stands.
fn is_of_the_way(kind: FalErrorKind) -> bool {
    matches!(kind, FalErrorKind::Unavailable | FalErrorKind::RateLimited)
}

/// Calls until it succeeds, fails for good, or the policy ends it.
pub(crate) async fn repeat<T, F>(
    policy: &RetryPolicy,
    may_repeat: impl Fn(&FalError) -> bool + Send,
    mut call: impl FnMut() -> F + Send,
) -> Result<T, FalError>
where
    F: Future<Output = Result<T, FalError>> + Send,
    T: Send,
{
    let start = Instant::now();
    let mut tries = 1;
    loop {
        let error = match call().await {
            Ok(value) => return Ok(value),
            Err(error) if may_repeat(&error) => error,
            Err(error) => return Err(error),
        };
        let pause = policy.pause(tries, error.retry_after());
        if tries >= policy.tries() || start.elapsed().saturating_add(pause) > policy.total() {
            return Err(error.into_exhausted(tries));
        }
        tracing::debug!(attempt = tries, %error, "a call to FAL failed and is repeated");
        sleep(pause).await;
        tries += 1;
    }
}
