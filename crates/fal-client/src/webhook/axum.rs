//! An extractor of verified webhooks for axum (feature `axum`).

use std::sync::Arc;

use axum::{
    body::to_bytes,
    extract::{FromRef, FromRequest, Request},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};

use super::{Received, WebhookError, WebhookErrorKind, WebhookHeaders, WebhookReceiver};

/// A delivery that is FAL's, as an argument of a handler.
///
/// The state of the router gives the receiver, as an `Arc<WebhookReceiver>`. Answer 2xx as soon as the delivery is
/// stored; whatever else is answered is delivered again.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
///
/// use axum::{Router, extract::Path, http::StatusCode, routing::post};
/// use fal_client::webhook::{FalWebhook, Received, WebhookReceiver};
///
/// async fn hook(Path(_our_id): Path<String>, FalWebhook(received): FalWebhook) -> StatusCode {
///     match received {
///         Received::First(_delivery) => StatusCode::NO_CONTENT, // store it, work on it later
///         _ => StatusCode::NO_CONTENT,
///     }
/// }
///
/// fn router(receiver: Arc<WebhookReceiver>) -> Router {
///     Router::new().route("/fal/{our_id}", post(hook)).with_state(receiver)
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FalWebhook(pub Received);

/// A delivery that was not taken. It answers with the status of its error and an empty body.
#[derive(Debug, Clone)]
pub struct WebhookRejection(WebhookError);

impl WebhookRejection {
    /// Returns why the delivery was not taken.
    pub fn error(&self) -> &WebhookError {
        &self.0
    }
}

impl From<WebhookError> for WebhookRejection {
    fn from(error: WebhookError) -> Self {
        Self(error)
    }
}

impl IntoResponse for WebhookRejection {
    fn into_response(self) -> Response {
        StatusCode::from_u16(self.0.status())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            .into_response()
    }
}

impl<S> FromRequest<S> for FalWebhook
where
    Arc<WebhookReceiver>: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = WebhookRejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, WebhookRejection> {
        let receiver = Arc::<WebhookReceiver>::from_ref(state);
        let (parts, body) = request.into_parts();
        // Whoever has no headers of FAL's is not worth reading.
        let headers = WebhookHeaders::read(|name| header(&parts.headers, name))?;
        let body = to_bytes(body, receiver.max_body()).await;
        let body =
            body.map_err(|error| WebhookError::new(WebhookErrorKind::TooLarge).with_source(error))?;
        Ok(Self(receiver.receive(&headers, &body).await?))
    }
}

/// Returns the one value of a header; two would leave open which one is signed.
fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}
