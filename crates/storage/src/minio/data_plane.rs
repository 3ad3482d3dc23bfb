//! Requests for one object: signed in their headers, sent by our own HTTP client.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, HeaderValue, SERVER};
use reqwest::{Method, RequestBuilder, Response};

use super::classify::{self, ErrorDocument};
use super::config::{Limits, MinioSettings};
use super::incoming::Incoming;
use super::outgoing::Outgoing;
use super::signing::Signing;
use crate::body::Body;
use crate::error::{Result, StorageError, StorageErrorKind};
use crate::name::ObjectRef;
use crate::sigv4::{Payload, Request, SignedHost, encode_segment, path_of};
use crate::tls::{https_client_builder, plain_client_builder};

/// The slowest line on which a put must succeed, in bytes a second.
const SLOWEST_LINE: u64 = 128 * 1024;

/// An error document or the answer to a completion is never longer.
const MAX_DOCUMENT_BYTES: usize = 64 * 1024;

/// What a server calls itself is shown up to here.
const MAX_NAME_CHARS: usize = 100;

/// The client, the signer and their limits.
#[derive(Debug)]
pub(super) struct DataPlane {
    client: reqwest::Client,
    host: SignedHost,
    signing: Arc<Signing>,
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

/// A request that was not answered as wanted.
struct Failure {
    error: StorageError,
    /// The server's time turned out to be far from the one signed for, so a new signature may do.
    skewed: bool,
}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        Self {
            error,
            skewed: false,
        }
    }
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

    /// Tells whether the request can be sent once more; a stream is read only once.
    fn can_be_repeated(&self) -> bool {
        self.content.as_ref().is_none_or(Outgoing::is_whole)
    }
}

impl DataPlane {
    pub(super) fn new(settings: &MinioSettings, signing: Arc<Signing>) -> Result<Self> {
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
            signing,
            limits: settings.limits,
        })
    }

    /// Sends `call` and returns the answer if it says success.
    ///
    /// A request that was refused because the clocks differ is signed and sent once more, unless its body
    /// is a stream.
    pub(super) async fn send(&self, mut call: Call<'_>) -> Result<Response> {
        let answer = match self.attempt(&mut call).await {
            Err(failure) if failure.skewed && call.can_be_repeated() => {
                self.attempt(&mut call).await
            }
            answer => answer,
        };
        answer.map_err(|failure| failure.error)
    }

    async fn attempt(&self, call: &mut Call<'_>) -> Result<Response, Failure> {
        let (operation, object) = (call.operation, call.object);
        let failure = call.content.as_ref().map(|content| content.failure.clone());
        let length = call.content.as_ref().map_or(0, |content| content.length);
        let limit = self.limits.call + Duration::from_secs(length / SLOWEST_LINE);
        let asked = self.signing.clock.ours();
        let answer = tokio::time::timeout(limit, self.request(call)?.send()).await;
        if let Some(error) = failure.and_then(|failure| failure.take()) {
            return Err(error.into());
        }
        let response = answer
            .map_err(|_| timed_out(operation, object, limit))?
            .map_err(|error| classify::of_transport(operation, object, error))?;
        let refused = matches!(response.status().as_u16(), 400 | 403);
        let moved = (self.signing.clock).learn(asked, response.headers(), refused);
        if response.status().is_success() {
            return Ok(response);
        }
        let error = self.refusal(operation, object, response).await;
        let skewed = moved && error.kind() == StorageErrorKind::Denied;
        Err(Failure { error, skewed })
    }

    /// Asks the server for nothing but its time, and returns whether that is far from the one signed for.
    pub(super) async fn hear_time(&self) -> bool {
        let asked = self.signing.clock.ours();
        let request = self.client.head(self.host.to_string()).send();
        match tokio::time::timeout(self.limits.call, request).await {
            Ok(Ok(answer)) => self.signing.clock.learn(asked, answer.headers(), true),
            _ => false,
        }
    }

    /// Asks the server for nothing but what it calls itself; `None` when it tells nothing.
    pub(super) async fn hear_name(&self) -> Option<String> {
        let request = self.client.head(self.host.to_string()).send();
        let answer = tokio::time::timeout(self.limits.call, request).await;
        let answer = answer.ok()?.ok()?;
        let name = answer.headers().get(SERVER)?.to_str().ok()?.trim();
        let short: String = name.chars().take(MAX_NAME_CHARS).collect();
        (!short.is_empty()).then_some(short)
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
        let pieces = response.bytes_stream();
        let pieces = Incoming::new(operation, object.clone(), pieces, self.limits.idle);
        Body::from_stream(pieces, length)
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

    fn request(&self, call: &mut Call<'_>) -> Result<RequestBuilder> {
        let path = path_of(call.object);
        let query: Vec<_> = call
            .query
            .iter()
            .map(|(name, value)| ((*name).to_owned(), encode_segment(value)))
            .collect();
        let signed = self.signing.sign(&Request {
            method: call.method.as_str(),
            host: self.host.authority(),
            path: &path,
            query: &query,
            headers: &call.headers,
            payload: &call.payload,
        });
        let secret = |text: &str| secret_header(call.operation, call.object, text);
        let mut request = self
            .client
            .request(call.method.clone(), url(&self.host, &path, &query))
            .header(AUTHORIZATION, secret(&signed.authorization)?)
            .header("x-amz-date", signed.date)
            .header("x-amz-content-sha256", signed.content_sha256);
        if let Some(token) = &signed.security_token {
            request = request.header("x-amz-security-token", secret(token.expose())?);
        }
        for (name, value) in &call.headers {
            request = request.header(name, value);
        }
        Ok(match &mut call.content {
            Some(content) => request
                .header(CONTENT_LENGTH, content.length)
                .body(content.body()),
            None => request,
        })
    }
}

/// Returns the value of a header that nothing shows.
fn secret_header(operation: &'static str, object: &ObjectRef, text: &str) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        StorageError::new(StorageErrorKind::Config, operation, object)
            .with_detail("the credentials cannot stand in a header")
    })?;
    value.set_sensitive(true);
    Ok(value)
}

fn url(host: &SignedHost, path: &str, query: &[(String, String)]) -> String {
    let pairs: Vec<_> = query
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let mark = if pairs.is_empty() { "" } else { "?" };
    format!("{host}{path}{mark}{}", pairs.join("&"))
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
