//! The port of the platform over HTTP.

mod wire;

use async_trait::async_trait;
use chrono::{DateTime, SecondsFormat, Utc};
use reqwest::{
    Method,
    header::{HeaderMap, HeaderName, HeaderValue},
};

use super::{
    FalSettings, classify,
    origin::{Call, Origin},
    queue,
};
use crate::{
    FalError, FalErrorKind, FalPlatform, Operation, PayloadDeletion, RequestId, RequestPage,
    RequestQuery,
};

pub(crate) use wire::{Deleted, Listed};

/// The largest page read, in bytes: a hundred requests with their inputs and outputs.
const MAX_PAGE: usize = 32 * 1024 * 1024;

/// Makes a delete that is sent twice one delete.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// FAL's platform over HTTP.
///
/// What holds for the queue holds here: the key goes to one origin, no redirect is followed, and nothing is
/// repeated by itself. Put [`Retrying`](crate::layer::Retrying) around it.
///
/// Clones share their connections.
#[derive(Debug, Clone)]
pub struct HttpFalPlatform {
    origin: Origin,
}

impl HttpFalPlatform {
    /// Returns a platform with the given settings. No connection is made before the first call.
    ///
    /// # Errors
    ///
    /// `Config` when another queue is set and no platform beside it, when the machine's TLS roots cannot be
    /// loaded, or when the key does not fit into a header.
    pub fn new(settings: &FalSettings) -> Result<Self, FalError> {
        let origin = Origin::new(settings, settings.platform_origin()?)?;
        Ok(Self { origin })
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl FalPlatform for HttpFalPlatform {
    async fn list_requests(&self, query: &RequestQuery) -> Result<RequestPage, FalError> {
        let outcome = self.list(query).await;
        outcome.map_err(|error| error.with_endpoint(&query.endpoint))
    }

    async fn delete_payload(&self, request_id: &RequestId) -> Result<PayloadDeletion, FalError> {
        let outcome = self.delete(request_id).await;
        outcome.map_err(|error| error.with_request_id(request_id.clone()))
    }
}

impl HttpFalPlatform {
    async fn list(&self, query: &RequestQuery) -> Result<RequestPage, FalError> {
        const OPERATION: Operation = Operation::List;
        let call = list_call(query).most(MAX_PAGE);
        let answer = self.origin.exchange(OPERATION, &call).await?;
        let answer = answer.success(OPERATION)?;
        let listed: Listed = queue::read(OPERATION, &answer)?;
        let page = listed.into_page(&query.endpoint);
        page.ok_or_else(|| classify::of_unreadable(OPERATION, &answer))
    }

    async fn delete(&self, request_id: &RequestId) -> Result<PayloadDeletion, FalError> {
        const OPERATION: Operation = Operation::DeletePayload;
        let answer = self
            .origin
            .exchange(OPERATION, &delete_call(request_id))
            .await?;
        let deleted = match answer.success(OPERATION) {
            // Some services answer a second delete with nothing at all.
            Ok(answer) if answer.body.is_empty() => Deleted::default(),
            Ok(answer) => queue::read(OPERATION, &answer)?,
            Err(error) if error.kind() == FalErrorKind::NotFound => {
                return Ok(PayloadDeletion::AlreadyGone);
            }
            Err(error) => return Err(error),
        };
        Ok(deleted.into_deletion())
    }
}

fn list_call(query: &RequestQuery) -> Call {
    let limit = query.limit.clamp(1, 100).to_string();
    let mut call = Call::new(Method::GET, "models/requests/by-endpoint".to_owned())
        .query("endpoint_id", query.endpoint.as_str())
        .query("start", &moment(query.since))
        .query("limit", &limit);
    if let Some(until) = query.until {
        call = call.query("end", &moment(until));
    }
    if query.with_inputs {
        call = call.query("expand", "payloads");
    }
    match &query.cursor {
        Some(cursor) => call.query("cursor", cursor),
        None => call,
    }
}

fn delete_call(request_id: &RequestId) -> Call {
    let path = format!("models/requests/{request_id}/payloads");
    let mut headers = HeaderMap::new();
    // The id is as good as any key: a delete of the same request is the same delete.
    if let Ok(key) = HeaderValue::from_str(request_id.as_str()) {
        headers.insert(IDEMPOTENCY_KEY, key);
    }
    Call::new(Method::DELETE, path).headers(headers)
}

/// Returns a time in the form of FAL's documentation.
fn moment(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}
