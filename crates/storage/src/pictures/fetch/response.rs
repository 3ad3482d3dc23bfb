//! What an answer's head and the client's errors mean; the only file that matches on errors of hyper.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use chrono::DateTime;
use hyper::StatusCode;
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, DATE, HeaderMap, LOCATION, RETRY_AFTER};
use hyper::http::response::Parts;

use super::exchange::HEAD_BYTES;
use super::meter::is_used_up;
use crate::pictures::fetch_error::{FetchError, FetchErrorKind};
use crate::pictures::format::ImageFormat;

/// The longest pause that a server may ask for.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

/// An answer that is no failure.
pub(super) enum Answer {
    /// The body is the picture.
    Picture,
    /// The picture is somewhere else; the body is never read.
    Elsewhere(String),
}

/// Judges an answer by its status and headers.
pub(super) fn judge(head: &Parts) -> Result<Answer, FetchError> {
    match head.status {
        StatusCode::OK => {
            check_encoding(&head.headers)?;
            Ok(Answer::Picture)
        }
        StatusCode::MOVED_PERMANENTLY
        | StatusCode::FOUND
        | StatusCode::SEE_OTHER
        | StatusCode::TEMPORARY_REDIRECT
        | StatusCode::PERMANENT_REDIRECT => location(&head.headers).map(Answer::Elsewhere),
        status => {
            let error =
                FetchError::new(kind_of(status)).with_detail(format!("status {}", status.as_u16()));
            Err(match pause(&head.headers) {
                Some(pause) => error.with_retry_after(pause),
                None => error,
            })
        }
    }
}

/// Returns the type that the server gives, without its parameters.
pub(super) fn declared_type(head: &Parts) -> Option<String> {
    let declared = head.headers.get(CONTENT_TYPE)?;
    let declared = declared.to_str().unwrap_or("(no text)");
    let essence = declared.split(';').next().unwrap_or_default().trim();
    Some(essence.chars().take(64).collect())
}

/// Warns when the server calls a picture something else; the bytes have decided.
pub(super) fn warn_of_type(declared: Option<String>, found: Option<ImageFormat>, host: &str) {
    let (Some(declared), Some(found)) = (declared, found) else {
        return;
    };
    if !declared.eq_ignore_ascii_case(found.content_type()) {
        tracing::warn!(
            host,
            declared,
            found = found.content_type(),
            "a picture came under another type; its own bytes decide"
        );
    }
}

/// Returns the meaning of an error from the client before the head of an answer was there.
pub(super) fn classify(error: hyper::Error) -> FetchError {
    if is_used_up(&error) || error.is_parse_too_large() {
        return FetchError::new(FetchErrorKind::Unexpected)
            .with_detail(format!("more than {HEAD_BYTES} bytes or 100 lines of head"));
    }
    let kind = if error.is_parse() {
        FetchErrorKind::Unexpected
    } else if error.is_timeout() {
        FetchErrorKind::TimedOut
    } else {
        FetchErrorKind::Unavailable
    };
    FetchError::new(kind).with_source(error)
}

/// Returns the meaning of an error from the client within the body.
pub(super) fn classify_body(error: hyper::Error) -> FetchError {
    let kind = if is_used_up(&error) {
        FetchErrorKind::TooLarge
    } else if is_broken_framing(&error) {
        FetchErrorKind::Unexpected
    } else {
        FetchErrorKind::Truncated
    };
    FetchError::new(kind).with_source(error)
}

/// Tells whether the chunks of a body make no sense, in contrast to ending early.
fn is_broken_framing(error: &hyper::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return matches!(
                error.kind(),
                io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData
            );
        }
        cause = error.source();
    }
    false
}

fn kind_of(status: StatusCode) -> FetchErrorKind {
    match status.as_u16() {
        401 | 403 => FetchErrorKind::Refused,
        404 | 410 => FetchErrorKind::NotFound,
        408 | 425 | 500..=599 => FetchErrorKind::Unavailable,
        429 => FetchErrorKind::Throttled,
        204 => FetchErrorKind::Empty,
        300..=399 => FetchErrorKind::Redirect,
        _ => FetchErrorKind::Unexpected,
    }
}

/// Refuses packed bodies: unpacking is how a small answer becomes a large one.
fn check_encoding(headers: &HeaderMap) -> Result<(), FetchError> {
    let is_identity = |value: &[u8]| value.trim_ascii().eq_ignore_ascii_case(b"identity");
    let all_plain = headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .all(|value| value.is_empty() || is_identity(value.as_bytes()));
    if all_plain {
        return Ok(());
    }
    Err(FetchError::new(FetchErrorKind::Encoded))
}

fn location(headers: &HeaderMap) -> Result<String, FetchError> {
    let mut locations = headers.get_all(LOCATION).iter();
    let first = locations.next().and_then(|value| value.to_str().ok());
    match (first, locations.next()) {
        (Some(location), None) => Ok(location.to_owned()),
        _ => Err(FetchError::new(FetchErrorKind::Redirect).with_detail("no single location")),
    }
}

/// Reads `Retry-After` in either of its forms (RFC 9110 §10.2.3).
fn pause(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let asked = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => until(text, headers)?,
    };
    Some(asked.min(LONGEST_PAUSE))
}

/// Returns the time until a date, counted from the date of the answer: our clock may be another one.
fn until(text: &str, headers: &HeaderMap) -> Option<Duration> {
    let answered = headers.get(DATE)?.to_str().ok()?;
    let answered = DateTime::parse_from_rfc2822(answered).ok()?;
    let end = DateTime::parse_from_rfc2822(text).ok()?;
    (end - answered).to_std().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_has_its_meaning() {
        use FetchErrorKind as Kind;
        for (status, kind) in [
            (204, Kind::Empty),
            (206, Kind::Unexpected),
            (304, Kind::Redirect),
            (400, Kind::Unexpected),
            (401, Kind::Refused),
            (403, Kind::Refused),
            (404, Kind::NotFound),
            (408, Kind::Unavailable),
            (410, Kind::NotFound),
            (418, Kind::Unexpected),
            (429, Kind::Throttled),
            (500, Kind::Unavailable),
            (503, Kind::Unavailable),
            (599, Kind::Unavailable),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(kind_of(status), kind, "{status}");
        }
    }

    #[test]
    fn only_plain_bodies_are_taken() {
        for (value, is_taken) in [
            ("identity", true),
            ("Identity", true),
            ("", true),
            ("gzip", false),
            ("br", false),
            ("identity, gzip", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_ENCODING, value.parse().unwrap());
            assert_eq!(check_encoding(&headers).is_ok(), is_taken, "{value}");
        }
        assert!(check_encoding(&HeaderMap::new()).is_ok());
    }

    #[test]
    fn both_forms_of_a_pause_are_read() {
        let pause_of = |asked: &str, date: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, asked.parse().unwrap());
            if let Some(date) = date {
                headers.insert(DATE, date.parse().unwrap());
            }
            pause(&headers).map(|pause| pause.as_secs())
        };
        let noon = "Sun, 01 Mar 2026 12:00:00 GMT";
        let later = "Sun, 01 Mar 2026 12:00:07 GMT";
        let tomorrow = "Mon, 02 Mar 2026 12:00:00 GMT";
        for (asked, date, expected) in [
            ("7", None, Some(7)),
            (" 7 ", None, Some(7)),
            ("99999999999", None, Some(3600)),
            (later, Some(noon), Some(7)),
            (tomorrow, Some(noon), Some(3600)),
            // The past, no date to count from, and no pause at all.
            (noon, Some(later), None),
            (later, None, None),
            (later, Some("yesterday"), None),
            ("soon", Some(noon), None),
            ("-1", Some(noon), None),
        ] {
            assert_eq!(pause_of(asked, date), expected, "{asked} {date:?}");
        }
        assert_eq!(pause(&HeaderMap::new()), None);
    }
}
