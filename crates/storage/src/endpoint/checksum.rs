//! The checksums that a client sends with a body.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Md5, Sha1, Sha256};
use s3s::dto::{Checksum, PutObjectInput, StreamingBlob, UploadPartInput};
use s3s::{S3Request, TrailingHeaders};

use crate::body::Body;
use crate::error::{Result, StorageError, StorageErrorKind};
use crate::object::Sha256Digest;

/// What a body must turn out to be.
#[derive(Debug, Clone, Default)]
pub(super) struct Expected {
    /// The digest that was signed, which s3s checks while the body is read.
    signed: Option<Sha256Digest>,
    md5: Option<String>,
    sums: Checksum,
    trailer: Option<TrailingHeaders>,
    /// The header that names the sum in the trailer.
    trailing_name: Option<String>,
}

macro_rules! expected_of {
    ($request:expr) => {{
        let trailing_name = $request
            .headers
            .get("x-amz-trailer")
            .and_then(|name| name.to_str().ok())
            .map(str::to_ascii_lowercase);
        let signed = $request.headers.get("x-amz-content-sha256");
        let input = &$request.input;
        Expected {
            signed: signed.and_then(|digest| digest.to_str().ok()?.parse().ok()),
            md5: input.content_md5.clone(),
            sums: Checksum {
                checksum_crc32: input.checksum_crc32.clone(),
                checksum_crc32c: input.checksum_crc32c.clone(),
                checksum_crc64nvme: input.checksum_crc64nvme.clone(),
                checksum_sha1: input.checksum_sha1.clone(),
                checksum_sha256: input.checksum_sha256.clone(),
                ..Checksum::default()
            },
            trailer: $request.trailing_headers.clone(),
            trailing_name,
        }
    }};
}

impl Expected {
    pub(super) fn of_put(request: &S3Request<PutObjectInput>) -> Self {
        expected_of!(request)
    }

    pub(super) fn of_part(request: &S3Request<UploadPartInput>) -> Self {
        expected_of!(request)
    }

    fn wants(&self, name: &str, given: Option<&String>) -> bool {
        given.is_some() || self.trailing_name.as_deref() == Some(name)
    }

    fn hasher(&self) -> ChecksumHasher {
        let sums = &self.sums;
        ChecksumHasher {
            crc32: self
                .wants("x-amz-checksum-crc32", sums.checksum_crc32.as_ref())
                .then(Crc32::new),
            crc32c: self
                .wants("x-amz-checksum-crc32c", sums.checksum_crc32c.as_ref())
                .then(Crc32c::new),
            sha1: self
                .wants("x-amz-checksum-sha1", sums.checksum_sha1.as_ref())
                .then(Sha1::new),
            sha256: self
                .wants("x-amz-checksum-sha256", sums.checksum_sha256.as_ref())
                .then(Sha256::new),
            crc64nvme: self
                .wants("x-amz-checksum-crc64nvme", sums.checksum_crc64nvme.as_ref())
                .then(Crc64Nvme::new),
        }
    }

    fn check(&self, md5: Option<Md5>, hasher: ChecksumHasher) -> Result<()> {
        let seen = hasher.finalize();
        let pairs = [
            (&self.sums.checksum_crc32, &seen.checksum_crc32),
            (&self.sums.checksum_crc32c, &seen.checksum_crc32c),
            (&self.sums.checksum_crc64nvme, &seen.checksum_crc64nvme),
            (&self.sums.checksum_sha1, &seen.checksum_sha1),
            (&self.sums.checksum_sha256, &seen.checksum_sha256),
        ];
        let headers_fit = pairs
            .iter()
            .all(|(expected, seen)| expected.is_none() || expected == seen);
        let md5_fits = md5.is_none_or(|md5| {
            let seen = STANDARD.encode(md5.finalize());
            self.md5.as_deref() == Some(seen.as_str())
        });
        if headers_fit && md5_fits && self.trailer_fits(&pairs.map(|(_, seen)| seen)) {
            return Ok(());
        }
        Err(
            StorageError::new(StorageErrorKind::Corrupt, "read", "request body")
                .with_detail("the checksum is another one"),
        )
    }

    /// Only the announced sum was computed, so the trailer must hold one of those seen.
    fn trailer_fits(&self, seen: &[&Option<String>]) -> bool {
        let Some(name) = self.trailing_name.as_deref() else {
            return true;
        };
        let trailer = self.trailer.as_ref();
        let sum = trailer.and_then(|trailer| {
            trailer.read(|headers| Some(headers.get(name)?.to_str().ok()?.to_owned()))
        });
        match sum.flatten() {
            Some(sum) => seen.iter().any(|seen| seen.as_ref() == Some(&sum)),
            None => false,
        }
    }
}

/// Returns the body of a request, which ends with an error when a checksum does not fit.
pub(super) fn checked_body(
    blob: Option<StreamingBlob>,
    length: Option<u64>,
    expected: Expected,
) -> Body {
    let Some(blob) = blob else {
        return Body::from(Bytes::new());
    };
    let (md5, signed) = (expected.md5.is_some().then(Md5::new), expected.signed);
    let hasher = expected.hasher();
    let state = Some((blob, md5, hasher, expected));
    let pieces = stream::unfold(state, |state| async move {
        let (mut blob, mut md5, mut hasher, expected) = state?;
        match blob.next().await {
            Some(Ok(piece)) => {
                hasher.update(&piece);
                if let Some(md5) = &mut md5 {
                    md5.update(&piece);
                }
                Some((Ok(piece), Some((blob, md5, hasher, expected))))
            }
            Some(Err(error)) => Some((Err(broken(error)), None)),
            None => {
                let error = expected.check(md5, hasher).err()?;
                Some((Err(error), None))
            }
        }
    });
    let body = Body::from_stream(pieces, length);
    match signed {
        Some(digest) => body.proving(digest),
        None => body,
    }
}

/// The reader of s3s has a private error type, so its text has to tell a wrong digest from a lost
/// connection.
fn broken(error: s3s::StdError) -> StorageError {
    let kind = if error.to_string().contains("Sha256Mismatch") {
        StorageErrorKind::Corrupt
    } else {
        StorageErrorKind::BodyFailed
    };
    StorageError::new(kind, "read", "request body").with_source(io::Error::other(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_sums_pass() {
        let check = |expected: &Expected| {
            let mut hasher = expected.hasher();
            let mut md5 = expected.md5.is_some().then(Md5::new);
            hasher.update(b"abc");
            if let Some(md5) = &mut md5 {
                md5.update(b"abc");
            }
            expected.check(md5, hasher).is_ok()
        };
        assert!(check(&Expected::default()));
        for (md5, fits) in [("kAFQmDzST7DWlj99KOF/cg==", true), ("x", false)] {
            let expected = Expected {
                md5: Some(md5.to_owned()),
                ..Expected::default()
            };
            assert_eq!(check(&expected), fits);
        }
        for (crc32c, fits) in [("Nks/tw==", true), ("AAAAAA==", false)] {
            let mut expected = Expected::default();
            expected.sums.checksum_crc32c = Some(crc32c.to_owned());
            assert_eq!(check(&expected), fits);
        }
    }

    #[test]
    fn an_announced_trailer_must_come() {
        let expected = Expected {
            trailing_name: Some("x-amz-checksum-crc32".to_owned()),
            ..Expected::default()
        };
        assert!(expected.check(None, expected.hasher()).is_err());
    }
}
