//! One span for each call, without prompt and key.

#[cfg(feature = "webhook")]
mod webhook;

use std::pin::Pin;

use async_trait::async_trait;
use serde_json::Value;
use tracing::{Instrument, Span, debug_span, field::Empty, instrument};

use crate::{
    CancelOutcome, Endpoint, FalError, FalFiles, FalPlatform, FalQueue, FalRunner, FileUrl,
    JobHandle, JobOutput, JobStatus, OutputStream, PayloadDeletion, RequestId, RequestPage,
    RequestQuery, StatusStream, SubmitOptions, UploadFile,
};

/// Opens one span for each call of a port, at level debug: `fal.submit`, `fal.status`, `fal.watch`, `fal.result`
/// and `fal.cancel` of a queue, `fal.run` and `fal.stream` of a runner, `fal.list_requests` and
/// `fal.delete_payload` of a platform, `fal.upload` of files, `fal.fetch_keys`, `fal.record_delivery` and
/// `fal.forget_delivery` of webhooks. The span of a stream ends when it is open.
///
/// Fields: `fal.endpoint`, `fal.request_id`, `size_bytes`, and `fal.error_kind` when the call failed.
/// Inputs, outputs, addresses of files and keys are never among them. It stands outside of [`Retrying`](crate::layer::Retrying).
///
/// # Cancellation
///
/// As the queue within; the span closes.
#[derive(Debug, Clone)]
pub struct Traced<Q> {
    inner: Q,
}

impl<Q> Traced<Q> {
    /// Returns a port that traces the calls of another.
    pub fn new(inner: Q) -> Self {
        Self { inner }
    }

    /// Returns what is within.
    pub fn into_inner(self) -> Q {
        self.inner
    }
}

/// What an `async fn` of a port returns once [`async_trait`] has written it out.
type Answer<'f, T> = Pin<Box<dyn Future<Output = Result<T, FalError>> + Send + 'f>>;

/// Writes the calls about one job.
macro_rules! calls_of_a_job {
    ($($span:literal: $call:ident -> $given:ty,)*) => {
        $(
            fn $call<'s, 'j, 'f>(&'s self, job: &'j JobHandle) -> Answer<'f, $given>
            where
                's: 'f,
                'j: 'f,
            {
                let span = debug_span!(
                    $span, fal.endpoint = %job.endpoint, fal.request_id = %job.request_id,
                    fal.error_kind = Empty
                );
                traced(span, || self.inner.$call(job), |_| {})
            }
        )*
    };
}

// A wait asks often, so here is written out what `async_trait` would write, but that a span which nobody looks at
// costs no future of its own.
#[deny(clippy::missing_trait_methods)]
impl<Q: FalQueue> FalQueue for Traced<Q> {
    fn submit<'s, 'e, 'i, 'o, 'f>(
        &'s self,
        endpoint: &'e Endpoint,
        input: &'i Value,
        options: &'o SubmitOptions,
    ) -> Answer<'f, JobHandle>
    where
        's: 'f,
        'e: 'f,
        'i: 'f,
        'o: 'f,
    {
        let span = debug_span!(
            "fal.submit", fal.endpoint = %endpoint, fal.request_id = Empty, fal.error_kind = Empty
        );
        let call = || self.inner.submit(endpoint, input, options);
        traced(span, call, |job| {
            Span::current().record("fal.request_id", job.request_id.as_str());
        })
    }

    calls_of_a_job! {
        "fal.status": status -> JobStatus,
        "fal.watch": watch -> StatusStream,
        "fal.result": result -> JobOutput,
        "fal.cancel": cancel -> CancelOutcome,
    }
}

/// Makes a call within its span, in which the kind of a failure is written, or what `note` writes of a success.
fn traced<'f, T: 'f>(
    span: Span,
    call: impl FnOnce() -> Answer<'f, T>,
    note: impl FnOnce(&T) + Send + 'f,
) -> Answer<'f, T> {
    let call = span.in_scope(call);
    if span.is_disabled() {
        return call;
    }
    let call = async move { noted(call.await).inspect(note) };
    Box::pin(call.instrument(span))
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<R: FalRunner> FalRunner for Traced<R> {
    #[instrument(
        name = "fal.run", level = "debug", skip_all,
        fields(fal.endpoint = %endpoint, fal.error_kind = Empty)
    )]
    async fn run(
        &self,
        endpoint: &Endpoint,
        input: &Value,
        options: &SubmitOptions,
    ) -> Result<JobOutput, FalError> {
        noted(self.inner.run(endpoint, input, options).await)
    }

    #[instrument(
        name = "fal.stream", level = "debug", skip_all,
        fields(fal.endpoint = %endpoint, fal.error_kind = Empty)
    )]
    async fn stream(
        &self,
        endpoint: &Endpoint,
        input: &Value,
        options: &SubmitOptions,
    ) -> Result<OutputStream, FalError> {
        noted(self.inner.stream(endpoint, input, options).await)
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<P: FalPlatform> FalPlatform for Traced<P> {
    #[instrument(
        name = "fal.list_requests", level = "debug", skip_all,
        fields(fal.endpoint = %query.endpoint, fal.error_kind = Empty)
    )]
    async fn list_requests(&self, query: &RequestQuery) -> Result<RequestPage, FalError> {
        noted(self.inner.list_requests(query).await)
    }

    #[instrument(
        name = "fal.delete_payload", level = "debug", skip_all,
        fields(fal.request_id = %request_id, fal.error_kind = Empty)
    )]
    async fn delete_payload(&self, request_id: &RequestId) -> Result<PayloadDeletion, FalError> {
        noted(self.inner.delete_payload(request_id).await)
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<F: FalFiles> FalFiles for Traced<F> {
    #[instrument(
        name = "fal.upload", level = "debug", skip_all,
        fields(size_bytes = file.bytes().len(), fal.error_kind = Empty)
    )]
    async fn upload(&self, file: UploadFile) -> Result<FileUrl, FalError> {
        noted(self.inner.upload(file).await)
    }
}

/// Writes the kind of a failure into the current span.
fn noted<T>(outcome: Result<T, FalError>) -> Result<T, FalError> {
    if let Err(error) = &outcome {
        Span::current().record("fal.error_kind", tracing::field::debug(error.kind()));
    }
    outcome
}
