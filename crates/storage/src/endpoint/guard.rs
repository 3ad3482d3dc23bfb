//! Dates that the `s3s` crate would stumble over.
//!
//! Its reader of digits subtracts before it looks (s3s 0.14.1, `utils/parser.rs`): where arithmetic is
//! checked, as in a debug build, a date with anything below `0` in it ends the connection without an answer.
//! Such requests are refused here; fuzzing found them.

use hyper::{Request, Response, StatusCode};
use s3s::HttpError;
use s3s::service::S3Service;
use url::form_urlencoded;

/// The answer to a request whose dates are none.
const REFUSAL: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error>\
    <Code>AuthorizationHeaderMalformed</Code><Message>a date is no date</Message></Error>";

/// Answers a request, or refuses one with a date that is none.
pub(super) async fn answer(
    service: &S3Service,
    request: Request<s3s::Body>,
) -> Result<Response<s3s::Body>, HttpError> {
    if are_readable(&request) {
        return service.call(request).await;
    }
    let mut response = Response::new(s3s::Body::from(REFUSAL.to_owned()));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    Ok(response)
}

fn are_readable<B>(request: &Request<B>) -> bool {
    let header = |name| {
        let all = request.headers().get_all(name).into_iter();
        all.filter_map(|value| value.to_str().ok())
    };
    let query = request.uri().query().unwrap_or_default();
    let mut parameters = form_urlencoded::parse(query.as_bytes());
    header("x-amz-date").all(is_time)
        && header("authorization").all(is_scope)
        && parameters.all(|(name, value)| match &*name {
            "X-Amz-Date" => is_time(&value),
            "X-Amz-Credential" => is_scope(&value),
            _ => true,
        })
}

/// `20260301T000000Z`; what has another length is refused by `s3s` itself.
fn is_time(text: &str) -> bool {
    let mut letters = text.bytes().enumerate();
    text.len() != 16 || letters.all(|(at, letter)| matches!(at, 8 | 15) || letter.is_ascii_digit())
}

/// `{access key}/20260301/…`, within the header or alone.
fn is_scope(text: &str) -> bool {
    let date = text.split('/').nth(1).filter(|date| date.len() == 8);
    date.is_none_or(|date| date.bytes().all(|letter| letter.is_ascii_digit()))
}
