//! The port of direct runs over HTTP.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::try_unfold;
use reqwest::Method;
use serde_json::Value;

use super::{
    FalSettings, classify, headers,
    origin::{Call, Origin},
    queue, watch,
};
use crate::{
    Endpoint, FalError, FalErrorKind, FalRunner, JobOutput, Operation, OutputStream, SubmitOptions,
};

/// FAL's direct runs over HTTP.
///
/// What holds for the queue holds here: the key goes to one origin, no redirect is followed, and nothing is
/// repeated by itself. Put [`Retrying`](crate::layer::Retrying) around it to repeat what was provably not run.
///
/// Clones share their connections.
#[derive(Debug, Clone)]
pub struct HttpFalRunner {
    origin: Origin,
    limit: Duration,
    stream: watch::Limits,
}

impl HttpFalRunner {
    /// Returns a runner with the given settings. No connection is made before the first call.
    ///
    /// # Errors
    ///
    /// `Config` when another queue is set and no origin for direct runs beside it, when the machine's TLS roots
    /// cannot be loaded, or when the key does not fit into a header.
    pub fn new(settings: &FalSettings) -> Result<Self, FalError> {
        let limit = settings.run_timeout();
        Ok(Self {
            origin: Origin::new(settings, settings.run_origin()?)?,
            limit,
            stream: watch::Limits::of(settings).with_head(limit),
        })
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl FalRunner for HttpFalRunner {
    async fn run(
        &self,
        endpoint: &Endpoint,
        input: &Value,
        options: &SubmitOptions,
    ) -> Result<JobOutput, FalError> {
        let outcome = self.ask(endpoint, input, options).await;
        outcome.map_err(|error| error.with_endpoint(endpoint))
    }

    async fn stream(
        &self,
        endpoint: &Endpoint,
        input: &Value,
        options: &SubmitOptions,
    ) -> Result<OutputStream, FalError> {
        let opened = self.open(endpoint, input, options).await;
        let events = opened.map_err(|error| error.with_endpoint(endpoint))?;
        Ok(pieces(events, endpoint.clone()))
    }
}

impl HttpFalRunner {
    async fn ask(
        &self,
        endpoint: &Endpoint,
        input: &Value,
        options: &SubmitOptions,
    ) -> Result<JobOutput, FalError> {
        const OPERATION: Operation = Operation::Run;
        let call = call(endpoint.to_string(), input, options)?.limit(self.limit);
        let answer = self.origin.exchange(OPERATION, &call).await?;
        let answer = answer.success(OPERATION)?;
        Ok(JobOutput {
            value: queue::read(OPERATION, &answer)?,
            billable_units: answer.head.billable_units(),
        })
    }

    async fn open(
        &self,
        endpoint: &Endpoint,
        input: &Value,
        options: &SubmitOptions,
    ) -> Result<watch::Events, FalError> {
        let call = call(format!("{endpoint}/stream"), input, options)?;
        watch::open(&self.origin, Operation::Run, call, self.stream).await
    }
}

fn call(path: String, input: &Value, options: &SubmitOptions) -> Result<Call, FalError> {
    options
        .check()
        .map_err(|error| error.with_operation(Operation::Run))?;
    if options.webhook().is_some() || options.max_queue_length().is_some() {
        return Err(FalError::new(FalErrorKind::Config, Operation::Run)
            .with_reason("a direct run has neither a webhook nor a queue"));
    }
    Ok(Call::new(Method::POST, path)
        .headers(headers::of_options(options))
        .json(input.to_string()))
}

/// Returns the pieces that events hold.
fn pieces(events: watch::Events, endpoint: Endpoint) -> OutputStream {
    OutputStream::new(try_unfold(
        (events, endpoint),
        |(mut events, endpoint)| async move {
            let event = events.next().await;
            let piece = match event {
                Ok(None) => return Ok(None),
                Ok(Some(event)) if event.name == "error" => Err(classify::of_event(
                    Operation::Run,
                    &event.data,
                    events.hidden(),
                )),
                Ok(Some(event)) => read_piece(&event.data),
                // What runs is paid for, whatever becomes of the connection.
                Err(error) => Err(error.into_unacknowledged()),
            };
            let piece = piece.map_err(|error| error.with_endpoint(&endpoint))?;
            Ok(Some((piece, (events, endpoint))))
        },
    ))
}

/// Reads the piece in the data of an event.
pub(crate) fn read_piece(data: &str) -> Result<Value, FalError> {
    // The error of the parser is left out: it may quote the output.
    serde_json::from_str(data).map_err(|_| FalError::new(FalErrorKind::Malformed, Operation::Run))
}
