//! The port over FAL's HTTP queue.

use async_trait::async_trait;
use reqwest::{
    Method,
    header::{CONTENT_LENGTH, HeaderMap, HeaderValue},
};
use serde_json::Value;
use url::Url;

use super::{
    FalSettings, classify, exchange::Answer, headers, origin::Call, origin::Origin, watch,
};
use crate::{
    CancelOutcome, Endpoint, FalError, FalErrorKind, FalQueue, InputHash, JobHandle, JobOutput,
    JobStatus, Operation, RequestId, StatusStream, SubmitOptions, TimeSource, UnknownSubmit,
    wire::{Status, Submitted},
};

/// FAL's queue over HTTP.
///
/// The key goes to the configured origin and nowhere else: redirects are not followed, and neither are the links
/// in answers. Every address is rebuilt from the job's model and id, which a handle from another process has too.
/// Each request has a time limit, and an answer is read up to 4 MiB. Nothing is repeated here; put
/// [`Retrying`](crate::layer::Retrying) around it. Proxies from the environment are not used.
///
/// Clones share their connections.
#[derive(Debug, Clone)]
pub struct HttpFalQueue {
    origin: Origin,
    stream: watch::Limits,
    clock: TimeSource,
}

impl HttpFalQueue {
    /// Returns a queue with the given settings. No connection is made before the first call.
    ///
    /// # Errors
    ///
    /// `Config` when the machine's TLS roots cannot be loaded or the key does not fit into a header.
    pub fn new(settings: &FalSettings) -> Result<Self, FalError> {
        Ok(Self {
            origin: Origin::new(settings, settings.queue_origin()?)?,
            stream: watch::Limits::of(settings),
            clock: settings.clock().clone(),
        })
    }

    /// Returns the path of a job, from its model and id alone.
    ///
    /// FAL's answers name addresses too. They are left alone: a handle rebuilt by another process does not have
    /// them, so the rebuilt ones must work anyway, and one way is easier to keep safe than two; a link to another
    /// origin would lead the key astray, and one to the same origin is the one built here.
    fn call(method: Method, job: &JobHandle, tail: &str) -> Call {
        let (app, id) = (job.endpoint.app(), &job.request_id);
        Call::new(method, format!("{app}/requests/{id}{tail}"))
    }

    fn note_foreign_link(&self, submitted: &Submitted) {
        let link = submitted.response_url.as_ref().and_then(Value::as_str);
        // Whatever goes on from our own address is on our own origin.
        let link = link.filter(|link| !link.starts_with(self.origin.base().as_url().as_str()));
        let link = link.and_then(|link| Url::parse(link).ok());
        if link.is_some_and(|link| !self.origin.base().is_same_origin(&link)) {
            tracing::debug!("the queue names links on another origin; they are not followed");
        }
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl FalQueue for HttpFalQueue {
    async fn submit(
        &self,
        endpoint: &Endpoint,
        input: &Value,
        options: &SubmitOptions,
    ) -> Result<JobHandle, FalError> {
        let began = self.clock.now();
        let outcome = self.ask_submit(endpoint, input, options).await;
        outcome.map_err(|error| {
            let error = error.with_endpoint(endpoint);
            if error.kind() != FalErrorKind::Unacknowledged {
                return error;
            }
            let hash = InputHash::of(input);
            let lost = UnknownSubmit::new(endpoint.clone(), hash, began, self.clock.now())
                .with_webhook_id(options.webhook().and_then(|url| url.id()))
                .with_request_id(error.request_id());
            error.with_unknown_submit(lost)
        })
    }

    async fn status(&self, job: &JobHandle) -> Result<JobStatus, FalError> {
        of_job(job, self.ask_status(job).await)
    }

    async fn watch(&self, job: &JobHandle) -> Result<StatusStream, FalError> {
        let call = Self::call(Method::GET, job, "/status/stream").query("logs", "1");
        let opened = watch::open(&self.origin, Operation::Watch, call, self.stream).await;
        of_job(job, opened).map(|events| watch::states(events, job))
    }

    async fn result(&self, job: &JobHandle) -> Result<JobOutput, FalError> {
        of_job(job, self.ask_result(job).await)
    }

    async fn cancel(&self, job: &JobHandle) -> Result<CancelOutcome, FalError> {
        of_job(job, self.ask_cancel(job).await)
    }
}

impl HttpFalQueue {
    async fn ask_submit(
        &self,
        endpoint: &Endpoint,
        input: &Value,
        options: &SubmitOptions,
    ) -> Result<JobHandle, FalError> {
        options.check()?;
        let mut call = Call::new(Method::POST, endpoint.to_string())
            .headers(headers::of_options(options))
            .json(input.to_string());
        if let Some(url) = options.webhook() {
            call = call.query("fal_webhook", url.as_str());
        }
        if let Some(most) = options.max_queue_length() {
            call = call.query("fal_max_queue_length", &most.to_string());
        }
        let outcome = self.read_submit(&call).await;
        let id = outcome.or_else(classify::id_of_success)?;
        Ok(JobHandle::new(endpoint.clone(), id))
    }

    async fn read_submit(&self, call: &Call) -> Result<RequestId, FalError> {
        const OPERATION: Operation = Operation::Submit;
        let answer = self
            .origin
            .exchange(OPERATION, call)
            .await?
            .success(OPERATION)?;
        let submitted: Submitted = read(OPERATION, &answer)?;
        self.note_foreign_link(&submitted);
        // A key is no id, though it may look like one.
        RequestId::try_from(answer.hidden.cut_from(submitted.request_id))
            .map_err(|error| classify::of_unreadable(OPERATION, &answer).with_source(error))
    }

    async fn ask_status(&self, job: &JobHandle) -> Result<JobStatus, FalError> {
        const OPERATION: Operation = Operation::Status;
        let call = Self::call(Method::GET, job, "/status").query("logs", "1");
        let answer = self.origin.exchange(OPERATION, &call).await?;
        let answer = answer.success(OPERATION)?;
        let status = Status::read(&answer.body).and_then(Status::into_job_status);
        status
            .map(|status| answer.hidden.cut_from_status(status))
            .ok_or_else(|| classify::of_unreadable(OPERATION, &answer))
    }

    async fn ask_result(&self, job: &JobHandle) -> Result<JobOutput, FalError> {
        const OPERATION: Operation = Operation::Result;
        let call = Self::call(Method::GET, job, "");
        let answer = self.origin.exchange(OPERATION, &call).await?;
        let answer = answer.success(OPERATION)?;
        let value: Value = read(OPERATION, &answer)?;
        if answer.head.status == 202 && is_unfinished(&value) {
            return Err(FalError::new(FalErrorKind::NotFinished, OPERATION).with_status(202));
        }
        Ok(JobOutput {
            value,
            billable_units: answer.head.billable_units(),
        })
    }

    async fn ask_cancel(&self, job: &JobHandle) -> Result<CancelOutcome, FalError> {
        const OPERATION: Operation = Operation::Cancel;
        let empty = HeaderMap::from_iter([(CONTENT_LENGTH, HeaderValue::from_static("0"))]);
        let call = Self::call(Method::PUT, job, "/cancel").headers(empty);
        let answer = self.origin.exchange(OPERATION, &call).await?;
        if let Some(outcome) = classify::cancel_outcome(&answer) {
            return Ok(outcome);
        }
        // Any success will do: FAL's two documents disagree on the body.
        answer.success(OPERATION).map(|_| CancelOutcome::Requested)
    }
}

/// Names the job in the error, so that the caller can go on with it.
fn of_job<T>(job: &JobHandle, outcome: Result<T, FalError>) -> Result<T, FalError> {
    outcome.map_err(|error| error.with_job(job))
}

/// Reads the body of a success.
pub(super) fn read<T: serde::de::DeserializeOwned>(
    operation: Operation,
    answer: &Answer,
) -> Result<T, FalError> {
    // The error of the parser is left out: it may quote the body.
    serde_json::from_slice(&answer.body).map_err(|_| classify::of_unreadable(operation, answer))
}

/// Returns whether an "accepted" result is a status in disguise.
pub(super) fn is_unfinished(value: &Value) -> bool {
    matches!(
        value.get("status").and_then(Value::as_str),
        Some("IN_QUEUE" | "IN_PROGRESS")
    )
}
