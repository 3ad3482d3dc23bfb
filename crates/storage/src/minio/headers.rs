//! What an object is, as S3 writes it in headers.

use chrono::{DateTime, Utc};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use reqwest::header::{
    CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, LAST_MODIFIED,
};

use crate::object::{Metadata, ObjectInfo};
use crate::options::{ByteRange, PutOptions};

/// The content type of an object that was given none; what AWS shows then.
///
/// It is sent explicitly, since servers differ in what they make up.
pub(super) const NO_CONTENT_TYPE: &str = "binary/octet-stream";

const META: &str = "x-amz-meta-";
const SHA256: &str = "sha256";

/// Beside what a header cannot hold, the percent sign is encoded, so that decoding gives back the text.
const META_VALUE: &AsciiSet = &CONTROLS.add(b'%');

/// Returns the headers of a put: content type, metadata and digest.
pub(super) fn of_put(options: &PutOptions) -> Vec<(String, String)> {
    let content_type = options.content_type.as_deref().unwrap_or(NO_CONTENT_TYPE);
    let mut headers = vec![("content-type".to_owned(), content_type.to_owned())];
    headers.extend(
        options
            .metadata
            .iter()
            .map(|(name, value)| (format!("{META}{name}"), encode_value(value))),
    );
    if let Some(digest) = options.sha256 {
        headers.push((format!("{META}{SHA256}"), digest.to_string()));
    }
    headers
}

/// Returns the header `Range`, or `None` for the whole object.
///
/// The range must name at least one byte.
pub(super) fn of_range(range: ByteRange) -> Option<String> {
    match range {
        ByteRange::Whole => None,
        ByteRange::Bounded { start, end } => {
            Some(format!("bytes={start}-{}", end.saturating_sub(1)))
        }
        ByteRange::From(start) => Some(format!("bytes={start}-")),
        ByteRange::Last(count) => Some(format!("bytes=-{count}")),
    }
}

/// Returns what the headers of an answer tell, with the given size.
pub(super) fn info(headers: &HeaderMap, size_bytes: u64) -> ObjectInfo {
    let sha256 = text(headers, &format!("{META}{SHA256}")).and_then(|text| text.parse().ok());
    ObjectInfo {
        size_bytes,
        content_type: text(headers, CONTENT_TYPE.as_str())
            .filter(|content_type| *content_type != NO_CONTENT_TYPE)
            .map(str::to_owned),
        etag: etag(headers),
        last_modified: last_modified(headers),
        sha256,
        metadata: metadata(headers),
    }
}

/// Returns the entity tag without quotes.
pub(super) fn etag(headers: &HeaderMap) -> Option<String> {
    text(headers, ETAG.as_str()).map(bare_etag)
}

/// Returns an entity tag without quotes.
pub(super) fn bare_etag(text: &str) -> String {
    text.trim_start_matches("W/").trim_matches('"').to_owned()
}

/// Returns the length of the answer's body in bytes.
pub(super) fn content_length(headers: &HeaderMap) -> Option<u64> {
    text(headers, CONTENT_LENGTH.as_str())?.parse().ok()
}

/// Returns the first byte and the length of the whole object from `Content-Range: bytes a-b/length`.
pub(super) fn content_range(headers: &HeaderMap) -> Option<(u64, u64)> {
    let range = text(headers, CONTENT_RANGE.as_str())?.strip_prefix("bytes ")?;
    let (bounds, length) = range.split_once('/')?;
    let (start, _) = bounds.split_once('-')?;
    Some((start.parse().ok()?, length.parse().ok()?))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn last_modified(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    let text = text(headers, LAST_MODIFIED.as_str())?;
    let time = DateTime::parse_from_rfc2822(text).ok()?;
    Some(time.with_timezone(&Utc))
}

/// What other tools wrote against our rules is left out.
fn metadata(headers: &HeaderMap) -> Metadata {
    headers
        .iter()
        .filter_map(|(name, value)| {
            let name = name.as_str().strip_prefix(META)?;
            Some((name, decode_value(value.to_str().ok()?)))
        })
        .filter(|(name, _)| *name != SHA256)
        .fold(Metadata::new(), |metadata, (name, value)| {
            metadata.clone().with(name, &value).unwrap_or(metadata)
        })
}

/// Encodes what a header cannot hold or a proxy may change: other than ASCII, `%`, and spaces at an edge
/// or in a row.
fn encode_value(value: &str) -> String {
    let encoded = utf8_percent_encode(value, META_VALUE).to_string();
    let mut safe = String::with_capacity(encoded.len());
    let mut after_space = true;
    let length = encoded.len();
    for (at, letter) in encoded.char_indices() {
        if letter == ' ' && (after_space || at + 1 == length) {
            safe.push_str("%20");
        } else {
            safe.push(letter);
        }
        after_space = letter == ' ';
    }
    safe
}

fn decode_value(value: &str) -> String {
    match percent_decode_str(value).decode_utf8() {
        Ok(text) => text.into_owned(),
        Err(_) => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn plain_values_stay_readable() {
        assert_eq!(encode_value("a plain value"), "a plain value");
        assert_eq!(encode_value(" ü  100% "), "%20%C3%BC %20100%25%20");
        assert_eq!(decode_value("100% by another tool"), "100% by another tool");
    }

    #[test]
    fn ranges_are_written_with_the_last_byte_included() {
        for (range, expected) in [
            (ByteRange::Whole, None),
            (ByteRange::Bounded { start: 1, end: 3 }, Some("bytes=1-2")),
            (ByteRange::From(4), Some("bytes=4-")),
            (ByteRange::Last(2), Some("bytes=-2")),
        ] {
            assert_eq!(of_range(range).as_deref(), expected);
        }
    }

    #[test]
    fn headers_of_an_answer_are_read() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("content-type", "image/png"),
            ("etag", "\"abc\""),
            ("last-modified", "Fri, 24 May 2013 00:00:00 GMT"),
            ("content-range", "bytes 1-2/5"),
            ("x-amz-meta-name", "%C3%BC"),
            ("x-amz-meta-sha256", "no digest"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let info = info(&headers, 5);
        assert_eq!(info.content_type.as_deref(), Some("image/png"));
        assert_eq!(info.etag.as_deref(), Some("abc"));
        assert_eq!(info.last_modified.unwrap().timestamp(), 1_369_353_600);
        assert_eq!(info.metadata.get("name"), Some("ü"));
        assert_eq!(info.sha256, None);
        assert_eq!(content_range(&headers), Some((1, 5)));
    }

    proptest! {
        #[test]
        fn values_come_back(value in "[^\\p{Cc}]{0,40}") {
            let encoded = encode_value(&value);
            prop_assert!(encoded.is_ascii() && encoded.trim() == encoded && !encoded.contains("  "));
            prop_assert_eq!(decode_value(&encoded), value);
        }
    }
}
