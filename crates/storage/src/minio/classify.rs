//! What the answers of a server and the failures of the drivers mean; nothing else looks at them.

use std::fmt;
use std::time::Duration;

use minio::s3::error::{Error as DriverError, NetworkError, S3ServerError, ValidationErr};
use minio::s3::minio_error_response::{MinioErrorCode, MinioErrorResponse};
use reqwest::header::{HeaderMap, RETRY_AFTER};

use crate::error::{StorageError, StorageErrorKind};

/// The error document of an answer, as far as it can be read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ErrorDocument {
    /// The code in lower case, since servers differ.
    pub(super) code: Option<String>,
    message: Option<String>,
}

impl ErrorDocument {
    /// Reads `<Error><Code>…</Code><Message>…</Message></Error>`; anything else is an empty document.
    pub(super) fn read(text: &str) -> Self {
        if !text.contains("<Error") {
            return Self::default();
        }
        Self {
            code: element(text, "Code").map(str::to_ascii_lowercase),
            message: element(text, "Message").map(str::to_ascii_lowercase),
        }
    }
}

/// Returns the text of the first element of that name, not unescaped.
pub(super) fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    let (inside, _) = rest.split_once(&format!("</{name}>"))?;
    Some(inside.trim())
}

/// Returns the error for an answer with this status and document.
pub(super) fn of_answer(
    operation: &'static str,
    subject: &dyn fmt::Display,
    status: u16,
    headers: &HeaderMap,
    document: &ErrorDocument,
) -> StorageError {
    let code = document.code.as_deref();
    let kind = match (status, code) {
        // S3 says what it did not find. A gateway's 404 says nothing about the object; only the answer to HEAD
        // has no room for a code.
        (404, None) if operation != "head" => StorageErrorKind::Unexpected,
        _ => kind_of(status, code, document.message.as_deref()),
    };
    let detail = match code {
        Some(code) => format!("status {status}, code {}", printable(code)),
        None => format!("status {status}"),
    };
    let error = StorageError::new(kind, operation, subject).with_detail(detail);
    match retry_after(headers) {
        Some(pause) => error.with_retry_after(pause),
        None => error,
    }
}

/// Returns the error for a request that got no whole answer.
pub(super) fn of_transport(
    operation: &'static str,
    subject: &dyn fmt::Display,
    error: reqwest::Error,
) -> StorageError {
    let kind = if error.is_timeout() {
        StorageErrorKind::TimedOut
    } else if error.is_builder() {
        StorageErrorKind::InvalidInput
    } else {
        StorageErrorKind::Unavailable
    };
    StorageError::new(kind, operation, subject).with_source(error.without_url())
}

/// Returns the error for a failed call of the `minio` crate.
pub(super) fn of_driver(
    operation: &'static str,
    subject: &dyn fmt::Display,
    error: DriverError,
) -> StorageError {
    use StorageErrorKind::{TimedOut, Unavailable, Unexpected};
    let kind = match &error {
        DriverError::S3Server(S3ServerError::S3Error(answer))
            if is_empty_conflict(operation, answer) =>
        {
            StorageErrorKind::Throttled
        }
        DriverError::S3Server(S3ServerError::S3Error(answer)) => {
            let code = answer.code().to_string().to_ascii_lowercase();
            let message = answer.message().as_ref().map(|text| text.to_lowercase());
            // The crate keeps no status; 400 has no meaning of its own in the table.
            kind_of(400, Some(&code), message.as_deref())
        }
        DriverError::S3Server(
            S3ServerError::InvalidServerResponse {
                http_status_code: status,
                ..
            }
            | S3ServerError::HttpError(status, _),
        )
        | DriverError::Network(NetworkError::ServerError(status)) => kind_of(*status, None, None),
        DriverError::Network(NetworkError::ReqwestError(http))
        | DriverError::Validation(ValidationErr::HttpError(http)) => {
            if http.is_timeout() {
                TimedOut
            } else {
                Unavailable
            }
        }
        _ => Unexpected,
    };
    StorageError::new(kind, operation, subject).with_source(error)
}

/// Tells whether the server says that a bucket has no lifecycle rules.
pub(super) fn is_without_lifecycle(error: &DriverError) -> bool {
    matches!(
        error,
        DriverError::S3Server(S3ServerError::S3Error(answer))
            if matches!(answer.code(), MinioErrorCode::NoSuchLifecycleConfiguration)
    )
}

/// Tells whether the crate made a missing bucket of a 409 without a body, by its own words for it.
///
/// They are also its words for an empty 404 on a bucket, so they are taken for a conflict only where a
/// bucket is made or an object is put.
fn is_empty_conflict(operation: &str, answer: &MinioErrorResponse) -> bool {
    matches!(operation, "put" | "ensure_bucket")
        && matches!(answer.code(), MinioErrorCode::NoSuchBucket)
        && answer.message().as_deref() == Some("Bucket does not exist")
}

/// Returns the kind for an HTTP status and an error code in lower case: by the code if it is known, else
/// by the status.
pub(super) fn kind_of(status: u16, code: Option<&str>, message: Option<&str>) -> StorageErrorKind {
    code.and_then(by_code)
        .or_else(|| by_message(message?))
        .unwrap_or_else(|| by_status(status))
}

fn by_code(code: &str) -> Option<StorageErrorKind> {
    by_code_of_refusal(code).or_else(|| by_code_of_trouble(code))
}

/// The request will not do better when it is repeated.
fn by_code_of_refusal(code: &str) -> Option<StorageErrorKind> {
    use StorageErrorKind as Kind;
    Some(match code {
        "nosuchkey" | "resourcenotfound" => Kind::NotFound,
        "nosuchbucket" => Kind::BucketNotFound,
        "preconditionfailed" => Kind::AlreadyExists,
        "accessdenied"
        | "invalidaccesskeyid"
        | "signaturedoesnotmatch"
        | "requesttimetooskewed"
        | "expiredtoken"
        | "invalidtoken"
        | "allaccessdisabled"
        | "accountproblem"
        | "notsignedup"
        | "bucketalreadyexists" => Kind::Denied,
        "baddigest"
        | "invaliddigest"
        | "incompletebody"
        | "xamzcontentsha256mismatch"
        | "contentsha256mismatch" => Kind::Corrupt,
        "invalidrange" => Kind::RangeNotSatisfiable,
        "authorizationheadermalformed"
        | "permanentredirect"
        | "redirect"
        | "illegallocationconstraintexception" => Kind::Config,
        "notimplemented" | "methodnotallowed" | "notsupported" => Kind::NotSupported,
        "entitytoolarge" | "keytoolongerror" | "metadatatoolarge" | "malformedxml"
        | "invalidargument" | "invalidbucketname" | "invalidobjectname" => Kind::InvalidInput,
        _ => return None,
    })
}

/// The same request may do better later.
fn by_code_of_trouble(code: &str) -> Option<StorageErrorKind> {
    use StorageErrorKind as Kind;
    Some(match code {
        // The first two say that another writer of the same key is under way; AWS says to repeat the put.
        "conditionalrequestconflict"
        | "operationaborted"
        | "slowdown"
        | "slowdownread"
        | "slowdownwrite"
        | "throttling"
        | "toomanyrequests"
        | "requestlimitexceeded" => Kind::Throttled,
        "requesttimeout" => Kind::TimedOut,
        "internalerror" | "serviceunavailable" | "serverbusy" | "xminioservernotinitialized" => {
            Kind::Unavailable
        }
        _ => return None,
    })
}

/// Garage says of an expired signature no more than 400 `InvalidRequest` with such a message.
fn by_message(message: &str) -> Option<StorageErrorKind> {
    ["expired", "too old"]
        .iter()
        .any(|sign| message.contains(sign))
        .then_some(StorageErrorKind::Denied)
}

fn by_status(status: u16) -> StorageErrorKind {
    use StorageErrorKind as Kind;
    match status {
        404 => Kind::NotFound,
        401 | 403 => Kind::Denied,
        412 => Kind::AlreadyExists,
        409 | 429 => Kind::Throttled,
        416 => Kind::RangeNotSatisfiable,
        408 | 504 => Kind::TimedOut,
        405 | 501 => Kind::NotSupported,
        301 | 302 | 307 | 308 => Kind::Config,
        400..=499 => Kind::InvalidInput,
        500..=599 => Kind::Unavailable,
        _ => Kind::Unexpected,
    }
}

/// The pause in seconds; the form with a date is not used by S3 servers.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// A code from outside is cut and cleaned before it goes into an error.
fn printable(code: &str) -> String {
    code.chars()
        .filter(char::is_ascii_alphanumeric)
        .take(60)
        .collect()
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn kind(status: u16, body: &str) -> StorageErrorKind {
        of_answer(
            "put",
            &"bucket/key",
            status,
            &HeaderMap::new(),
            &ErrorDocument::read(body),
        )
        .kind()
    }

    fn document(code: &str) -> String {
        format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>m</Message></Error>")
    }

    #[test]
    fn every_known_answer_has_its_kind() {
        use StorageErrorKind as Kind;
        for (status, code, expected) in [
            (404, "NoSuchKey", Kind::NotFound),
            (404, "NoSuchBucket", Kind::BucketNotFound),
            (404, "Surprise", Kind::NotFound),
            (412, "PreconditionFailed", Kind::AlreadyExists),
            (409, "ConditionalRequestConflict", Kind::Throttled),
            (403, "AccessDenied", Kind::Denied),
            (403, "SignatureDoesNotMatch", Kind::Denied),
            (403, "RequestTimeTooSkewed", Kind::Denied),
            (400, "ExpiredToken", Kind::Denied),
            (403, "Surprise", Kind::Denied),
            (503, "SlowDown", Kind::Throttled),
            (503, "slowdown", Kind::Throttled),
            (503, "ServiceUnavailable", Kind::Unavailable),
            (500, "InternalError", Kind::Unavailable),
            (400, "RequestTimeout", Kind::TimedOut),
            (400, "BadDigest", Kind::Corrupt),
            (400, "XAmzContentSHA256Mismatch", Kind::Corrupt),
            (416, "InvalidRange", Kind::RangeNotSatisfiable),
            (400, "AuthorizationHeaderMalformed", Kind::Config),
            (301, "PermanentRedirect", Kind::Config),
            (501, "NotImplemented", Kind::NotSupported),
            (400, "KeyTooLongError", Kind::InvalidInput),
            (400, "Surprise", Kind::InvalidInput),
            (200, "InternalError", Kind::Unavailable),
            (200, "Surprise", Kind::Unexpected),
        ] {
            assert_eq!(kind(status, &document(code)), expected, "{status} {code}");
        }
    }

    #[test]
    fn answers_without_a_document_go_by_their_status() {
        use StorageErrorKind as Kind;
        for (status, body, expected) in [
            (409, "", Kind::Throttled),
            (412, "", Kind::AlreadyExists),
            (404, "", Kind::Unexpected),
            (404, "<html>no route</html>", Kind::Unexpected),
            (403, "", Kind::Denied),
            (416, "", Kind::RangeNotSatisfiable),
            (429, "", Kind::Throttled),
            (
                502,
                "<html><Code>NoSuchKey</Code></html>",
                Kind::Unavailable,
            ),
            (503, "", Kind::Unavailable),
            (504, "<Error><Code>", Kind::TimedOut),
            (
                500,
                "<Error><Message>only</Message></Error>",
                Kind::Unavailable,
            ),
            (307, "", Kind::Config),
            (413, "\u{0}garbage", Kind::InvalidInput),
            (299, "", Kind::Unexpected),
        ] {
            assert_eq!(kind(status, body), expected, "{status} {body:?}");
        }
    }

    #[test]
    fn head_has_no_room_for_a_code() {
        let nothing = ErrorDocument::default();
        let error = of_answer("head", &"bucket/key", 404, &HeaderMap::new(), &nothing);
        assert_eq!(error.kind(), StorageErrorKind::NotFound);
    }

    #[test]
    fn an_expired_signature_is_a_refusal_whatever_the_status() {
        let garage = "<Error><Code>InvalidRequest</Code><Message>Bad request: Date is too old</Message></Error>";
        let aws = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
        assert_eq!(kind(400, garage), StorageErrorKind::Denied);
        assert_eq!(kind(403, aws), StorageErrorKind::Denied);
    }

    #[test]
    fn the_pause_asked_for_is_kept_and_the_message_is_not_shown() {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_static("7"));
        let document =
            ErrorDocument::read("<Error><Code>Slow\nDown</Code><Message>canary</Message></Error>");
        let error = of_answer("put", &"bucket/key", 503, &headers, &document);
        assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
        assert!(!format!("{error} {error:?}").contains("canary"));
        assert!(error.to_string().ends_with("(status 503, code slowdown)"));
    }

    #[test]
    fn failures_of_the_driver_are_told_apart() {
        use StorageErrorKind as Kind;
        for (error, expected) in [
            (
                DriverError::Network(NetworkError::ServerError(503)),
                Kind::Unavailable,
            ),
            (
                DriverError::Network(NetworkError::ServerError(412)),
                Kind::AlreadyExists,
            ),
            (
                DriverError::S3Server(S3ServerError::InvalidServerResponse {
                    message: "html".to_owned(),
                    http_status_code: 502,
                    content_type: "text/html".to_owned(),
                }),
                Kind::Unavailable,
            ),
            (
                DriverError::Validation(ValidationErr::MissingBucketName),
                Kind::Unexpected,
            ),
        ] {
            assert_eq!(of_driver("list", &"bucket", error).kind(), expected);
        }
    }
}
