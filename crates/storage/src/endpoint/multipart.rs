//! Multipart uploads, held in memory until they are completed.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures_util::stream;
use s3s::dto::{CompletedPart, ETag};
use s3s::{S3Result, s3_error};
use tokio::time::{Duration, Instant};

use crate::body::Body;
use crate::name::ObjectRef;
use crate::object::Sha256Digest;
use crate::options::PutOptions;

/// All parts of all uploads together take at most so many bytes.
const MAX_TOTAL_BYTES: usize = 256 * 1024 * 1024;

/// Every part but the last has at least so many bytes, as on AWS.
const MIN_PART_BYTES: usize = 5 * 1024 * 1024;

/// An upload that is not completed by then is forgotten.
const MAX_AGE: Duration = Duration::from_hours(24);

/// The uploads that are under way.
#[derive(Debug, Default)]
pub(super) struct Uploads(Mutex<HashMap<String, Upload>>);

#[derive(Debug)]
struct Upload {
    object: ObjectRef,
    options: PutOptions,
    parts: BTreeMap<i32, Part>,
    begun: Instant,
}

#[derive(Debug, Clone)]
struct Part {
    bytes: Bytes,
    etag: String,
}

impl Uploads {
    /// Begins an upload and returns its identity.
    pub(super) fn begin(&self, object: ObjectRef, options: PutOptions) -> String {
        let id = format!("{:032x}", fastrand::u128(..));
        let upload = Upload {
            object,
            options,
            parts: BTreeMap::new(),
            begun: Instant::now(),
        };
        let mut uploads = self.lock();
        uploads.retain(|_, upload| upload.begun.elapsed() < MAX_AGE);
        uploads.insert(id.clone(), upload);
        id
    }

    /// Tells whether `length` more bytes would be taken; ask before a part is read.
    pub(super) fn check_room(&self, length: usize) -> S3Result<()> {
        let held: usize = self.lock().values().map(Upload::size_bytes).sum();
        if held.saturating_add(length) > MAX_TOTAL_BYTES {
            return Err(s3_error!(
                SlowDown,
                "too many bytes in uploads that are not completed"
            ));
        }
        Ok(())
    }

    /// Keeps a part, replacing an earlier one of the same number, and returns its entity tag.
    pub(super) fn add(
        &self,
        id: &str,
        object: &ObjectRef,
        number: i32,
        bytes: Bytes,
    ) -> S3Result<String> {
        if !(1..=10_000).contains(&number) {
            return Err(s3_error!(
                InvalidArgument,
                "the part number must be 1 to 10000"
            ));
        }
        self.check_room(bytes.len())?;
        // The dash says that it is no MD5.
        let etag = format!(
            "{}-1",
            hex::encode(&Sha256Digest::of(&bytes).as_bytes()[..16])
        );
        let mut uploads = self.lock();
        let upload = find(&mut uploads, id, object)?;
        let part = Part {
            bytes,
            etag: etag.clone(),
        };
        upload.parts.insert(number, part);
        Ok(etag)
    }

    /// Returns the options and the body of the object that the named parts make.
    ///
    /// The upload stays until it is forgotten, so that a completion that failed can be repeated.
    pub(super) fn join(
        &self,
        id: &str,
        object: &ObjectRef,
        named: &[CompletedPart],
    ) -> S3Result<(PutOptions, Body)> {
        let mut uploads = self.lock();
        let upload = find(&mut uploads, id, object)?;
        let parts = upload.named_parts(named)?;
        let length = parts.iter().map(|bytes| bytes.len() as u64).sum();
        let body = Body::from_stream(stream::iter(parts.into_iter().map(Ok)), Some(length));
        Ok((upload.options.clone(), body))
    }

    /// Forgets an upload.
    pub(super) fn forget(&self, id: &str, object: &ObjectRef) -> S3Result<()> {
        let mut uploads = self.lock();
        find(&mut uploads, id, object)?;
        uploads.remove(id);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Upload>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Upload {
    fn size_bytes(&self) -> usize {
        self.parts.values().map(|part| part.bytes.len()).sum()
    }

    fn named_parts(&self, named: &[CompletedPart]) -> S3Result<Vec<Bytes>> {
        if named.is_empty() {
            return Err(s3_error!(MalformedXML));
        }
        if !named.is_sorted_by(|a, b| a.part_number < b.part_number) {
            return Err(s3_error!(InvalidPartOrder));
        }
        let mut parts = Vec::with_capacity(named.len());
        for (at, name) in named.iter().enumerate() {
            let part = name.part_number.and_then(|number| self.parts.get(&number));
            let etag = name.e_tag.as_ref().map(ETag::value);
            let Some(part) = part.filter(|part| etag == Some(part.etag.as_str())) else {
                return Err(s3_error!(InvalidPart));
            };
            if at + 1 < named.len() && part.bytes.len() < MIN_PART_BYTES {
                return Err(s3_error!(EntityTooSmall));
            }
            parts.push(part.bytes.clone());
        }
        Ok(parts)
    }
}

fn find<'a>(
    uploads: &'a mut HashMap<String, Upload>,
    id: &str,
    object: &ObjectRef,
) -> S3Result<&'a mut Upload> {
    uploads
        .get_mut(id)
        .filter(|upload| upload.object == *object)
        .ok_or_else(|| s3_error!(NoSuchUpload))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object() -> ObjectRef {
        "bucket/key".parse().unwrap()
    }

    fn named(number: i32, etag: &str) -> CompletedPart {
        CompletedPart {
            part_number: Some(number),
            e_tag: Some(ETag::Strong(etag.to_owned())),
            ..CompletedPart::default()
        }
    }

    fn code<T>(outcome: S3Result<T>) -> Option<String> {
        let error = outcome.err()?;
        Some(error.code().as_str().to_owned())
    }

    #[tokio::test]
    async fn named_parts_are_joined_in_order() {
        let uploads = Uploads::default();
        let id = uploads.begin(object(), PutOptions::overwrite());
        let long = Bytes::from(vec![1; MIN_PART_BYTES]);
        let second = uploads.add(&id, &object(), 2, Bytes::from("end")).unwrap();
        let first = uploads.add(&id, &object(), 1, long).unwrap();
        let parts = [named(1, &first), named(2, &second)];
        let (_, body) = uploads.join(&id, &object(), &parts).unwrap();
        assert_eq!(body.length(), Some(MIN_PART_BYTES as u64 + 3));
        let bytes = body.collect(u64::MAX).await.unwrap();
        assert!(bytes.ends_with(b"\x01end"));
        uploads.forget(&id, &object()).unwrap();
        assert_eq!(
            code(uploads.join(&id, &object(), &parts)).as_deref(),
            Some("NoSuchUpload")
        );
    }

    #[test]
    fn wrong_completions_are_refused() {
        let uploads = Uploads::default();
        let id = uploads.begin(object(), PutOptions::overwrite());
        let one = uploads.add(&id, &object(), 1, Bytes::from("a")).unwrap();
        let two = uploads.add(&id, &object(), 2, Bytes::from("b")).unwrap();
        for (parts, expected) in [
            (vec![], "MalformedXML"),
            (vec![named(2, &two), named(1, &one)], "InvalidPartOrder"),
            (vec![named(1, &two)], "InvalidPart"),
            (vec![named(3, &two)], "InvalidPart"),
            (vec![named(1, &one), named(2, &two)], "EntityTooSmall"),
        ] {
            assert_eq!(
                code(uploads.join(&id, &object(), &parts)).as_deref(),
                Some(expected)
            );
        }
        let other = "bucket/other".parse().unwrap();
        assert_eq!(
            code(uploads.forget(&id, &other)).as_deref(),
            Some("NoSuchUpload")
        );
        assert_eq!(
            code(uploads.add(&id, &object(), 10_001, Bytes::new())).as_deref(),
            Some("InvalidArgument")
        );
    }

    #[test]
    fn memory_is_bounded() {
        let uploads = Uploads::default();
        assert!(uploads.check_room(MAX_TOTAL_BYTES).is_ok());
        assert_eq!(
            code(uploads.check_room(MAX_TOTAL_BYTES + 1)).as_deref(),
            Some("SlowDown")
        );
    }

    #[tokio::test(start_paused = true)]
    async fn old_uploads_are_forgotten() {
        let uploads = Uploads::default();
        let id = uploads.begin(object(), PutOptions::overwrite());
        tokio::time::advance(MAX_AGE).await;
        uploads.begin(object(), PutOptions::overwrite());
        assert!(uploads.forget(&id, &object()).is_err());
    }
}
