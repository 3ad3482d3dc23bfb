//! Requests that the `s3s` crate would stumble over.
//!
//! Its reader of digits subtracts before it looks (s3s 0.14.1, `utils/parser.rs`): where arithmetic is
//! checked, as in a debug build, a date with anything below `0` in it ends the connection without an answer.
//! Such requests are refused here; fuzzing found them.
//! Uploads by a browser's form have such dates in their bodies; nobody here sends them, and they are refused
//! as a whole, before anything of them is read.

use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use s3s::HttpError;
use s3s::service::S3Service;
use url::form_urlencoded;

/// Answers a request, or refuses one that has a date that is none or is a form.
pub(super) async fn answer(
    service: &S3Service,
    request: Request<s3s::Body>,
) -> Result<Response<s3s::Body>, HttpError> {
    if is_form(&request) {
        let status = StatusCode::NOT_IMPLEMENTED;
        return Ok(refusal(status, "NotImplemented", "forms are not taken"));
    }
    if has_broken_date(&request) {
        let code = "AuthorizationHeaderMalformed";
        return Ok(refusal(StatusCode::BAD_REQUEST, code, "a date is no date"));
    }
    service.call(request).await
}

fn refusal(status: StatusCode, code: &str, message: &str) -> Response<s3s::Body> {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error>\
         <Code>{code}</Code><Message>{message}</Message></Error>"
    );
    let mut response = Response::new(s3s::Body::from(body));
    *response.status_mut() = status;
    response
}

/// Tells whether the body would be read as a form: media types do not mind case (RFC 9110, 8.3.1).
fn is_form<B>(request: &Request<B>) -> bool {
    const FORM: &[u8] = b"multipart/form-data";
    let kinds = request.headers().get_all(CONTENT_TYPE);
    let mut beginnings = kinds
        .iter()
        .filter_map(|kind| kind.as_bytes().trim_ascii_start().get(..FORM.len()));
    request.method() == Method::POST && beginnings.any(|kind| kind.eq_ignore_ascii_case(FORM))
}

/// Bytes beyond ASCII are looked at too, as `s3s` does.
fn has_broken_date<B>(request: &Request<B>) -> bool {
    let header = |name| {
        let all = request.headers().get_all(name).into_iter();
        all.map(HeaderValue::as_bytes)
    };
    let query = request.uri().query().unwrap_or_default();
    let mut parameters = form_urlencoded::parse(query.as_bytes());
    let are_dates = header("x-amz-date").all(is_time)
        && header("authorization").all(|value| credential(value).is_none_or(is_scope))
        && parameters.all(|(name, value)| match &*name {
            "X-Amz-Date" => is_time(value.as_bytes()),
            "X-Amz-Credential" => is_scope(value.as_bytes()),
            _ => true,
        });
    !are_dates
}

/// `20260301T000000Z`; what has another length is refused by `s3s` itself.
fn is_time(text: &[u8]) -> bool {
    let mut letters = text.iter().enumerate();
    text.len() != 16 || letters.all(|(at, letter)| matches!(at, 8 | 15) || letter.is_ascii_digit())
}

/// Returns what follows `AWS4-HMAC-SHA256 Credential=`, where the first word may be any word.
///
/// A signature of version 2 names no credential; its base64 may look like a scope with a broken date.
fn credential(value: &[u8]) -> Option<&[u8]> {
    let end = value.iter().position(u8::is_ascii_whitespace)?;
    value[end..].trim_ascii_start().strip_prefix(b"Credential=")
}

/// `{access key}/20260301/…`, with more behind it.
fn is_scope(text: &[u8]) -> bool {
    let mut parts = text.split(|&letter| letter == b'/');
    let date = parts.nth(1).filter(|date| date.len() == 8);
    date.is_none_or(|date| date.iter().all(u8::is_ascii_digit))
}
