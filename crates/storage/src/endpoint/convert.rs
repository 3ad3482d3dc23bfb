//! Our values as those of S3, and back.

use std::collections::HashMap;
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use s3s::dto::{ETag, ETagCondition, Range, Timestamp};
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};

use crate::error::{StorageError, StorageErrorKind};
use crate::name::{BucketName, NameError, ObjectRef};
use crate::object::{Metadata, ObjectInfo};
use crate::options::{ByteRange, PutMode, PutOptions};

/// What S3 shows for an object that was given no content type.
const NO_CONTENT_TYPE: &str = "binary/octet-stream";

const SHA256: &str = "sha256";

pub(super) fn bucket(name: &str) -> S3Result<BucketName> {
    name.parse()
        .map_err(|_: NameError| s3_error!(InvalidBucketName))
}

pub(super) fn object(bucket_name: &str, key: &str) -> S3Result<ObjectRef> {
    let key = key
        .parse()
        .map_err(|error: NameError| s3_error!(InvalidArgument, "the key: {}", error.rule()))?;
    Ok(ObjectRef::new(bucket(bucket_name)?, key))
}

/// Returns how to put: only `If-None-Match: *` is known as a condition.
pub(super) fn put_mode(
    if_none_match: Option<&ETagCondition>,
    if_match: Option<&ETagCondition>,
) -> S3Result<PutMode> {
    match (if_none_match, if_match) {
        (None, None) => Ok(PutMode::Overwrite),
        (Some(condition), None) if condition.is_any() => Ok(PutMode::CreateOnly),
        _ => Err(s3_error!(
            NotImplemented,
            "the only condition of a put is If-None-Match: *"
        )),
    }
}

/// Returns the options of a put with these headers.
pub(super) fn put_options(
    mode: PutMode,
    content_type: Option<String>,
    metadata: Option<HashMap<String, String>>,
) -> S3Result<PutOptions> {
    let mut options = PutOptions {
        mode,
        content_type: content_type.filter(|text| text != NO_CONTENT_TYPE && !text.is_empty()),
        ..PutOptions::default()
    };
    for (name, value) in metadata.into_iter().flatten() {
        if name == SHA256 {
            let digest = value
                .parse()
                .map_err(|error| s3_error!(InvalidArgument, "x-amz-meta-sha256: {error}"))?;
            options.sha256 = Some(digest);
        } else {
            options.metadata = options
                .metadata
                .with(&name, &value)
                .map_err(|error| s3_error!(InvalidArgument, "{error}"))?;
        }
    }
    Ok(options)
}

/// Returns the metadata of an object as headers have it, its digest among it.
pub(super) fn metadata(info: &ObjectInfo) -> Option<HashMap<String, String>> {
    let digest = info
        .sha256
        .map(|digest| (SHA256.to_owned(), digest.to_string()));
    let own = Metadata::iter(&info.metadata);
    let all: HashMap<_, _> = own
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .chain(digest)
        .collect();
    (!all.is_empty()).then_some(all)
}

/// Returns the content type to show.
pub(super) fn content_type(info: &ObjectInfo) -> String {
    info.content_type
        .clone()
        .unwrap_or_else(|| NO_CONTENT_TYPE.to_owned())
}

/// Returns the entity tag to show.
pub(super) fn etag(info: &ObjectInfo) -> Option<ETag> {
    info.etag.clone().map(tag)
}

/// Returns a tag of the store as one of S3.
///
/// Tools such as s3cmd and rclone take a tag for the MD5 of the bytes unless a dash is in it, as S3 puts
/// one into the tags of objects that were uploaded in parts; the tags of a store are no MD5.
pub(super) fn tag(etag: String) -> ETag {
    ETag::Strong(if etag.contains('-') {
        etag
    } else {
        format!("{etag}-1")
    })
}

/// Returns a time as s3s writes it.
pub(super) fn timestamp(time: DateTime<Utc>) -> Timestamp {
    SystemTime::from(time).into()
}

/// Returns a length as s3s writes it.
pub(super) fn length(bytes: u64) -> Option<i64> {
    bytes.try_into().ok()
}

/// Returns which bytes the header `Range` names.
pub(super) fn byte_range(range: Option<Range>) -> ByteRange {
    match range {
        None => ByteRange::Whole,
        Some(Range::Int { first, last: None }) => ByteRange::From(first),
        Some(Range::Int {
            first,
            last: Some(last),
        }) => ByteRange::Bounded {
            start: first,
            end: last.saturating_add(1),
        },
        Some(Range::Suffix { length }) => ByteRange::Last(length),
    }
}

/// Returns an error of the store as S3 says it.
///
/// The error itself is not sent; it goes to the log with its causes, as the source.
pub(super) fn refusal(error: StorageError) -> S3Error {
    let pause = error.retry_after();
    let code = code(error.kind());
    let mut refusal = S3Error::with_message(code, error.kind().to_string());
    refusal.set_source(Box::new(error));
    if let Some(pause) = pause {
        set_header(&mut refusal, "retry-after", &pause.as_secs().to_string());
    }
    refusal
}

/// Sets a header of the answer to an error; a value that no header can hold is left out.
pub(super) fn set_header(error: &mut S3Error, name: &'static str, value: &str) {
    let mut headers = error.headers().cloned().unwrap_or_default();
    if let Ok(value) = value.parse() {
        headers.insert(name, value);
    }
    error.set_headers(headers);
}

fn code(kind: StorageErrorKind) -> S3ErrorCode {
    use StorageErrorKind as Kind;
    match kind {
        Kind::NotFound => S3ErrorCode::NoSuchKey,
        Kind::BucketNotFound => S3ErrorCode::NoSuchBucket,
        Kind::AlreadyExists => S3ErrorCode::PreconditionFailed,
        Kind::Conflict => S3ErrorCode::OperationAborted,
        Kind::Denied => S3ErrorCode::AccessDenied,
        Kind::InvalidInput => S3ErrorCode::InvalidArgument,
        Kind::RangeNotSatisfiable => S3ErrorCode::InvalidRange,
        Kind::BodyFailed => S3ErrorCode::IncompleteBody,
        Kind::Corrupt => S3ErrorCode::BadDigest,
        Kind::Throttled => S3ErrorCode::SlowDown,
        Kind::Unavailable | Kind::TimedOut | Kind::Exhausted => S3ErrorCode::ServiceUnavailable,
        Kind::NotSupported => S3ErrorCode::NotImplemented,
        Kind::Config | Kind::Unexpected => S3ErrorCode::InternalError,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_kind_has_its_code_and_the_pause_is_told() {
        use StorageErrorKind as Kind;
        for (kind, code, status) in [
            (Kind::NotFound, "NoSuchKey", 404),
            (Kind::BucketNotFound, "NoSuchBucket", 404),
            (Kind::AlreadyExists, "PreconditionFailed", 412),
            (Kind::Denied, "AccessDenied", 403),
            (Kind::RangeNotSatisfiable, "InvalidRange", 416),
            (Kind::Corrupt, "BadDigest", 400),
            (Kind::Throttled, "SlowDown", 503),
            (Kind::Unavailable, "ServiceUnavailable", 503),
            (Kind::NotSupported, "NotImplemented", 501),
            (Kind::Unexpected, "InternalError", 500),
        ] {
            let error = StorageError::new(kind, "get", "bucket/key")
                .with_retry_after(Duration::from_secs(3));
            let refusal = refusal(error);
            assert_eq!(refusal.code().as_str(), code);
            let seen = refusal.status_code().map(|status| status.as_u16());
            assert_eq!(seen, Some(status), "{code}");
            assert_eq!(refusal.headers().unwrap()["retry-after"], "3");
        }
    }

    #[test]
    fn a_digest_among_the_metadata_becomes_the_digest_of_the_object() {
        let digest = crate::object::Sha256Digest::of(b"abc");
        let given = HashMap::from([
            ("sha256".to_owned(), digest.to_string()),
            ("name".to_owned(), "value".to_owned()),
        ]);
        let options = put_options(PutMode::Overwrite, None, Some(given.clone())).unwrap();
        assert_eq!(options.sha256, Some(digest));
        let info = ObjectInfo {
            size_bytes: 3,
            content_type: None,
            etag: None,
            last_modified: None,
            sha256: options.sha256,
            metadata: options.metadata,
        };
        assert_eq!(metadata(&info), Some(given));
        let wrong = HashMap::from([("sha256".to_owned(), "abc".to_owned())]);
        assert!(put_options(PutMode::Overwrite, None, Some(wrong)).is_err());
    }
}
