//! The parts that answers are put together from.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// The header that names the request an answer belongs to.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-fal-request-id");
/// The header with the units a result is billed by.
pub(super) const BILLABLE_UNITS: HeaderName = HeaderName::from_static("x-fal-billable-units");
/// The header with the kind of an infrastructure error.
pub(super) const ERROR_TYPE: HeaderName = HeaderName::from_static("x-fal-error-type");
/// The header that says whether a repeat makes sense.
pub(super) const NEEDS_RETRY: HeaderName = HeaderName::from_static("x-fal-needs-retry");

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

/// Returns the answer for more requests than are allowed.
pub(super) fn too_many(retry_after_seconds: u64) -> Response {
    let answer = infrastructure(
        429,
        "Too many requests, please try again later",
        "concurrent_requests_limit",
    );
    let answer = with(answer, NEEDS_RETRY, "1");
    with(
        answer,
        header::RETRY_AFTER,
        &retry_after_seconds.to_string(),
    )
}
