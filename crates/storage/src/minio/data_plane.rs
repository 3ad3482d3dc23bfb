//! Requests for one object: signed in their headers, sent by our own HTTP client.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH};
use reqwest::{Method, Response};

use super::classify::{self, ErrorDocument};
use super::config::{Limits, MinioSettings};
use super::outgoing::Outgoing;
use crate::body::Body;
use crate::clock::Clock;
use crate::error::{Result, StorageError, StorageErrorKind};
use crate::name::ObjectRef;
use crate::sigv4::{Payload, Request, SignedHost, Signer, encode_segment, path_of};
use crate::tls::{https_client_builder, plain_client_builder};

/// The slowest line on which a put must succeed, in bytes a second.
const SLOWEST_LINE: u64 = 128 * 1024;

/// An error document or the answer to a completion is never longer.
const MAX_DOCUMENT_BYTES: usize = 64 * 1024;

/// The client, the signer and their limits.
#[derive(Debug)]
pub(super) struct DataPlane {
    client: reqwest::Client,
    host: SignedHost,
    signer: Signer,
    clock: Arc<dyn Clock>,
    limits: Limits,
}

/// One request.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) operation: &'static str,
    pub(super) object: &'a ObjectRef,
    pub(super) method: Method,
    /// Names and values, not encoded.
    pub(super) query: Vec<(&'static str, String)>,
    /// Names in lower case, and values.
    pub(super) headers: Vec<(String, String)>,
    pub(super) payload: Payload,
    pub(super) content: Option<Outgoing>,
}

impl<'a> Call<'a> {
    /// Returns a request without query, headers and body.
    pub(super) fn new(operation: &'static str, object: &'a ObjectRef, method: Method) -> Self {
        Self {
            operation,
            object,
            method,
            query: Vec::new(),
            headers: Vec::new(),
            payload: Payload::Unsigned,
            content: None,
        }
    }
}

impl DataPlane {
    pub(super) fn new(settings: &MinioSettings, clock: Arc<dyn Clock>) -> Result<Self> {
        let broken = |cause: Box<dyn std::error::Error + Send + Sync>| {
            StorageError::new(StorageErrorKind::Config, "connect", &settings.endpoint)
                .with_source(cause)
        };
        let builder = if settings.endpoint.is_secure() {
            https_client_builder()
        } else {
            plain_client_builder()
        };
        let client = builder
            .map_err(|error| broken(error.into()))?
            .connect_timeout(settings.limits.connect)
            .tcp_nodelay(true)
            .pool_max_idle_per_host(64)
            .build()
            .map_err(|error| broken(error.into()))?;
        Ok(Self {
            client,
            host: settings.endpoint.clone(),
            signer: Signer::new(
                settings.endpoint.clone(),
                settings.region.clone(),
                settings.credentials.clone(),
            ),
            clock,
            limits: settings.limits,
        })
    }

    /// Sends `call` and returns the answer if it says success.
    pub(super) async fn send(&self, call: Call<'_>) -> Result<Response> {
        let (operation, object) = (call.operation, call.object);
        let failure = call.content.as_ref().map(|content| content.failure.clone());
        let length = call.content.as_ref().map_or(0, |content| content.length);
        let limit = self.limits.call + Duration::from_secs(length / SLOWEST_LINE);
        let answer = tokio::time::timeout(limit, self.request(call).send()).await;
        if let Some(error) = failure.and_then(|failure| failure.take()) {
            return Err(error);
        }
        let response = answer
            .map_err(|_| timed_out(operation, object, limit))?
            .map_err(|error| classify::of_transport(operation, object, error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(self.refusal(operation, object, response).await)
    }

    /// Returns the text of an answer, cut to what such an answer may hold.
    pub(super) async fn document(
        &self,
        operation: &'static str,
        object: &ObjectRef,
        response: Response,
    ) -> Result<String> {
        let body = self.body(operation, object, response, None);
        let bytes = body.collect(MAX_DOCUMENT_BYTES as u64).await?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Returns the body of an answer, each piece of it under the idle limit.
    pub(super) fn body(
        &self,
        operation: &'static str,
        object: &ObjectRef,
        response: Response,
        length: Option<u64>,
    ) -> Body {
        let (limit, object) = (self.limits.idle, object.clone());
        let pieces = stream::unfold(Some(response), move |response| {
            let object = object.clone();
            async move {
                let mut response = response?;
                match next_piece(&mut response, operation, &object, limit).await {
                    Ok(Some(piece)) => Some((Ok(piece), Some(response))),
                    Ok(None) => None,
                    Err(error) => Some((Err(error), None)),
                }
            }
        });
        Body::from_stream(pieces.fuse(), length)
    }

    async fn refusal(
        &self,
        operation: &'static str,
        object: &ObjectRef,
        response: Response,
    ) -> StorageError {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        // A document that cannot be read leaves the status, which says enough.
        let text = self.document(operation, object, response).await;
        let document = ErrorDocument::read(&text.unwrap_or_default());
        classify::of_answer(operation, object, status, &headers, &document)
    }

    fn request(&self, call: Call<'_>) -> reqwest::RequestBuilder {
        let path = path_of(call.object);
        let query: Vec<_> = call
            .query
            .iter()
            .map(|(name, value)| ((*name).to_owned(), encode_segment(value)))
            .collect();
        let signed = self.signer.sign(
            Request {
                method: call.method.as_str(),
                path: &path,
                query: &query,
                headers: &call.headers,
                payload: call.payload,
            },
            self.clock.now(),
        );
        let url = url(&self.host, &path, &query);
        let mut request = self
            .client
            .request(call.method, url)
            .header(AUTHORIZATION, signed.authorization)
            .header("x-amz-date", signed.date)
            .header("x-amz-content-sha256", signed.content_sha256);
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        match call.content {
            Some(content) => request
                .header(CONTENT_LENGTH, content.length)
                .body(content.body),
            None => request,
        }
    }
}

fn url(host: &SignedHost, path: &str, query: &[(String, String)]) -> String {
    let pairs: Vec<_> = query
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let mark = if pairs.is_empty() { "" } else { "?" };
    format!("{host}{path}{mark}{}", pairs.join("&"))
}

async fn next_piece(
    response: &mut Response,
    operation: &'static str,
    object: &ObjectRef,
    limit: Duration,
) -> Result<Option<Bytes>> {
    tokio::time::timeout(limit, response.chunk())
        .await
        .map_err(|_| timed_out(operation, object, limit))?
        .map_err(|error| classify::of_transport(operation, object, error))
}

/// Returns the error of a call that took longer than `limit`.
pub(super) fn timed_out(
    operation: &'static str,
    subject: &dyn fmt::Display,
    limit: Duration,
) -> StorageError {
    StorageError::new(StorageErrorKind::TimedOut, operation, subject)
        .with_detail(format!("limit {limit:?}"))
}
