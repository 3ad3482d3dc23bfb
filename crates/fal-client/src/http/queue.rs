//! The port over FAL's HTTP queue.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use reqwest::{
    Client, Method, RequestBuilder,
    header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue},
    redirect,
};
use serde_json::Value;
use url::Url;

use super::{
    FalSettings, classify,
    exchange::{Answer, exchange},
    headers, tls,
};
use crate::{
    CancelOutcome, Endpoint, FalError, FalErrorKind, FalQueue, FalUrl, JobHandle, JobOutput,
    JobStatus, Operation, RequestId, SubmitOptions,
    wire::{Status, Submitted},
};

/// Who we say we are.
const USER_AGENT: &str = concat!("fal-client/", env!("CARGO_PKG_VERSION"), " (rust)");

/// FAL's queue over HTTP.
///
/// The key goes to the configured origin and nowhere else: redirects are not followed, and neither are the links
/// in answers. Every address is rebuilt from the job's model and id, which a handle from another process has too.
/// Each request has a time limit, and an answer is read up to 4 MiB. Nothing is repeated here; put
/// [`Retrying`](crate::layer::Retrying) around it. Proxies from the environment are not used.
///
/// Clones share their connections.
#[derive(Clone)]
pub struct HttpFalQueue {
    client: Client,
    base: Arc<FalUrl>,
    authorization: HeaderValue,
}

impl HttpFalQueue {
    /// Returns a queue with the given settings. No connection is made before the first call.
    ///
    /// # Errors
    ///
    /// `Config` when the machine's TLS roots cannot be loaded or the key does not fit into a header.
    pub fn new(settings: &FalSettings) -> Result<Self, FalError> {
        let base = match settings.queue_url() {
            Some(url) => url.clone(),
            None => FalUrl::QUEUE
                .parse()
                .map_err(|error| setup("the queue's address is wrong", error))?,
        };
        let tls = tls::client_config(&base)
            .map_err(|error| setup("TLS roots cannot be loaded", error))?;
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .user_agent(USER_AGENT)
            .connect_timeout(settings.connect_timeout())
            .timeout(settings.request_timeout())
            .build()
            .map_err(|error| setup("the HTTP client cannot be built", error))?;
        Ok(Self {
            client,
            base: Arc::new(base),
            authorization: authorization(settings)?,
        })
    }

    fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.client
            .request(method, url)
            .header(AUTHORIZATION, self.authorization.clone())
            .header(ACCEPT, "application/json")
    }

    /// Returns the address of a job, from its model and id alone.
    ///
    /// FAL's answers name addresses too. They are left alone: a handle rebuilt by another process does not have
    /// them, so the rebuilt ones must work anyway, and one way is easier to keep safe than two; a link to another
    /// origin would lead the key astray, and one to the same origin is the one built here.
    fn job_url(&self, job: &JobHandle, tail: &str) -> Url {
        self.base.join(&format!(
            "{}/requests/{}{tail}",
            job.endpoint.app(),
            job.request_id
        ))
    }

    fn note_foreign_link(&self, submitted: &Submitted) {
        let link = submitted
            .response_url
            .as_deref()
            .and_then(|link| Url::parse(link).ok());
        if link.is_some_and(|link| !self.base.is_same_origin(&link)) {
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
        let outcome = self.ask_submit(endpoint, input, options).await;
        outcome.map_err(|error| error.with_endpoint(endpoint))
    }

    async fn status(&self, job: &JobHandle) -> Result<JobStatus, FalError> {
        of_job(job, self.ask_status(job).await)
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
        let request = self
            .request(Method::POST, self.base.join(endpoint.as_str()))
            .headers(headers::of_options(options))
            .header(CONTENT_TYPE, "application/json")
            .body(input.to_string());
        let outcome = self.read_submit(request).await;
        let id = outcome.or_else(classify::id_of_success)?;
        Ok(JobHandle::new(endpoint.clone(), id))
    }

    async fn read_submit(&self, request: RequestBuilder) -> Result<RequestId, FalError> {
        const OPERATION: Operation = Operation::Submit;
        let answer = exchange(OPERATION, request).await?.success(OPERATION)?;
        let submitted: Submitted = read(OPERATION, &answer)?;
        self.note_foreign_link(&submitted);
        RequestId::try_from(submitted.request_id)
            .map_err(|error| classify::of_unreadable(OPERATION, &answer).with_source(error))
    }

    async fn ask_status(&self, job: &JobHandle) -> Result<JobStatus, FalError> {
        const OPERATION: Operation = Operation::Status;
        let mut url = self.job_url(job, "/status");
        url.set_query(Some("logs=1"));
        let answer = exchange(OPERATION, self.request(Method::GET, url))
            .await?
            .success(OPERATION)?;
        let status: Status = read(OPERATION, &answer)?;
        status
            .into_job_status()
            .ok_or_else(|| classify::of_unreadable(OPERATION, &answer))
    }

    async fn ask_result(&self, job: &JobHandle) -> Result<JobOutput, FalError> {
        const OPERATION: Operation = Operation::Result;
        let request = self.request(Method::GET, self.job_url(job, ""));
        let answer = exchange(OPERATION, request).await?.success(OPERATION)?;
        let value: Value = read(OPERATION, &answer)?;
        if answer.facts.status == 202 && is_unfinished(&value) {
            return Err(FalError::new(FalErrorKind::NotFinished, OPERATION).with_status(202));
        }
        Ok(JobOutput {
            value,
            billable_units: answer.facts.billable_units,
        })
    }

    async fn ask_cancel(&self, job: &JobHandle) -> Result<CancelOutcome, FalError> {
        const OPERATION: Operation = Operation::Cancel;
        let request = self
            .request(Method::PUT, self.job_url(job, "/cancel"))
            .header(CONTENT_LENGTH, "0");
        let answer = exchange(OPERATION, request).await?;
        if let Some(outcome) = classify::cancel_outcome(&answer) {
            return Ok(outcome);
        }
        // Any success will do: FAL's two documents disagree on the body.
        answer.success(OPERATION).map(|_| CancelOutcome::Requested)
    }
}

impl fmt::Debug for HttpFalQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpFalQueue")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

fn authorization(settings: &FalSettings) -> Result<HeaderValue, FalError> {
    let text = format!("Key {}", settings.key().expose());
    let mut value = HeaderValue::from_str(&text)
        .map_err(|error| setup("the key does not fit into a header", error))?;
    value.set_sensitive(true);
    Ok(value)
}

fn setup(rule: &'static str, error: impl std::error::Error + Send + Sync + 'static) -> FalError {
    FalError::new(FalErrorKind::Config, Operation::Setup)
        .with_reason(rule)
        .with_source(error)
}

/// Names the job in the error, so that the caller can go on with it.
fn of_job<T>(job: &JobHandle, outcome: Result<T, FalError>) -> Result<T, FalError> {
    outcome.map_err(|error| error.with_job(job))
}

fn read<T: serde::de::DeserializeOwned>(
    operation: Operation,
    answer: &Answer,
) -> Result<T, FalError> {
    // The error of the parser is left out: it may quote the body.
    serde_json::from_slice(&answer.body).map_err(|_| classify::of_unreadable(operation, answer))
}

/// Returns whether an "accepted" result is a status in disguise.
fn is_unfinished(value: &Value) -> bool {
    matches!(
        value.get("status").and_then(Value::as_str),
        Some("IN_QUEUE" | "IN_PROGRESS")
    )
}

#[cfg(test)]
mod tests {
    use core_config::Secret;

    use super::*;
    use crate::FalKey;

    #[test]
    fn a_request_shown_whole_hides_the_key() {
        let key = FalKey::new(&Secret::new("id:canary")).unwrap();
        let queue = HttpFalQueue::new(&FalSettings::new(key)).unwrap();
        let request = queue
            .request(Method::GET, queue.base.join("a/b"))
            .build()
            .unwrap();
        assert!(request.headers().contains_key(AUTHORIZATION));
        assert!(!format!("{request:?}").contains("canary"), "{request:?}");
    }
}
