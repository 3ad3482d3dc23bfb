//! The parts that answers are put together from.

use std::io;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

/// The header that names the request an answer belongs to.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-fal-request-id");
/// The header with the units a result is billed by.
pub(super) const BILLABLE_UNITS: HeaderName = HeaderName::from_static("x-fal-billable-units");
/// The header with the kind of an infrastructure error.
pub(super) const ERROR_TYPE: HeaderName = HeaderName::from_static("x-fal-error-type");
/// The header that says whether a repeat makes sense.
pub(super) const NEEDS_RETRY: HeaderName = HeaderName::from_static("x-fal-needs-retry");
/// The header that says whose limit passed.
pub(super) const TIMEOUT_TYPE: HeaderName = HeaderName::from_static("x-fal-request-timeout-type");

/// The time in which half an answer leaves before its connection ends.
const PARTING: Duration = Duration::from_millis(20);

/// Returns an answer with a JSON body.
pub(super) fn body(status: u16, value: Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(value)).into_response()
}

/// Returns an error of FAL itself: `{"detail": "…"}`.
pub(super) fn detail(status: u16, text: &str) -> Response {
    body(status, json!({ "detail": text }))
}

/// Returns an infrastructure error with its kind in the body and in the header.
pub(super) fn infrastructure(status: u16, text: &str, error_type: &str) -> Response {
    let answer = body(status, json!({ "detail": text, "error_type": error_type }));
    with(answer, ERROR_TYPE, error_type)
}

/// Returns an answer of plain text.
pub(super) fn plain(status: StatusCode, text: &'static str) -> Response {
    (status, text).into_response()
}

/// Adds a header; a value that cannot stand in a header is left out.
pub(super) fn with(mut answer: Response, name: HeaderName, value: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
    answer
}

/// Returns the page that nginx shows when nothing behind it answers.
pub(super) fn nginx(status: u16) -> Response {
    let status = StatusCode::from_u16(status)
        .ok()
        .filter(StatusCode::is_server_error)
        .unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let page = format!(
        "<html>\r\n<head><title>{status}</title></head>\r\n<body>\r\n\
         <center><h1>{status}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    );
    (status, [(header::CONTENT_TYPE, "text/html")], page).into_response()
}

/// Returns an answer that is cut off inside its JSON.
pub(super) fn garbage() -> Response {
    let text = "{\"status\": \"IN_QU";
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

/// Returns a page of HTML with a success, under any content type.
pub(super) fn page(content_type: &str) -> Response {
    let text = "<!doctype html><html><body><h1>Service Unavailable</h1></body></html>";
    with(text.into_response(), header::CONTENT_TYPE, content_type)
}

/// Returns a redirect.
pub(super) fn redirect(status: u16, location: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::TEMPORARY_REDIRECT);
    with(status.into_response(), header::LOCATION, location)
}

/// Returns an answer that promises all of its bytes, sends half of them, and breaks off.
pub(super) fn broken_off(headers: HeaderMap, bytes: &Bytes) -> Response {
    let half = bytes.slice(..bytes.len() / 2);
    let end = Err(io::Error::from(io::ErrorKind::ConnectionReset));
    let pieces = stream::iter([Ok(half), end]).then(|piece| async {
        if piece.is_err() {
            tokio::time::sleep(PARTING).await;
        }
        piece
    });
    let mut answer = (headers, Body::from_stream(pieces)).into_response();
    let length = HeaderValue::from(bytes.len());
    answer.headers_mut().insert(header::CONTENT_LENGTH, length);
    answer
}

/// Returns the answer for more requests at once than the account may run.
pub(super) fn too_many(retry_after: Option<Duration>) -> Response {
    let answer = infrastructure(
        429,
        "Too many concurrent requests",
        "concurrent_requests_limit",
    );
    let answer = with(answer, NEEDS_RETRY, "1");
    match retry_after {
        Some(wait) => with(answer, header::RETRY_AFTER, &wait.as_secs().to_string()),
        None => answer,
    }
}
