//! The metadata beside an object, and how it is tied to the bytes it belongs to.
//!
//! Bytes and metadata are two files, and no file system replaces two files in one step.
//! So every file of bytes carries a stamp: its length and its time, whose fraction of a second is random.
//! The metadata names the stamp it belongs to.
//! An overwrite first writes the metadata of both, the old object and the new one, and then replaces the
//! bytes: wherever a crash comes between, the bytes that stand there find the metadata that is theirs.
//! Bytes that nobody's metadata knows, such as a file put there by hand, are an object without any.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, SubsecRound, Utc};
use serde::{Deserialize, Serialize};

use crate::error::{StorageError, StorageErrorKind};
use crate::name::ObjectRef;
use crate::object::{ListEntry, Metadata, ObjectInfo, Sha256Digest};
use crate::options::PutOptions;

/// Which bytes: their length and their time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    size_bytes: u64,
    seconds: i64,
    nanoseconds: u32,
}

impl Stamp {
    pub(super) fn of(file: &fs::Metadata) -> io::Result<Self> {
        let at = DateTime::<Utc>::from(file.modified()?);
        Ok(Self {
            size_bytes: file.len(),
            seconds: at.timestamp(),
            nanoseconds: at.timestamp_subsec_nanos(),
        })
    }

    /// Returns a tag that changes with every put.
    pub(super) fn etag(self) -> String {
        let text = format!("{}.{}.{}", self.size_bytes, self.seconds, self.nanoseconds);
        hex::encode(&Sha256Digest::of(text.as_bytes()).as_bytes()[..16])
    }

    pub(super) fn entry(self, key: crate::name::ObjectKey) -> ListEntry {
        ListEntry {
            key,
            size_bytes: self.size_bytes,
            last_modified: self.at(),
            etag: Some(self.etag()),
        }
    }

    fn at(self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(self.seconds, 0)
    }
}

/// Returns `now`, to the second, with a random fraction that tells this put from all others.
pub(super) fn marked(now: DateTime<Utc>) -> SystemTime {
    let fraction = Duration::from_nanos(fastrand::u64(..1_000_000_000));
    SystemTime::from(now.trunc_subsecs(0)) + fraction
}

/// What is known of the bytes with one stamp.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    stamp: Stamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<String, String>,
}

impl Record {
    pub(super) fn new(stamp: Stamp, options: &PutOptions) -> Self {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self {
            stamp,
            content_type: options.content_type.clone(),
            sha256: options.sha256.map(|digest| digest.to_string()),
            metadata: options.metadata.iter().map(owned).collect(),
        }
    }
}

/// The file of metadata: the object's record, and the one before while it is being replaced.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Records {
    key: String,
    records: Vec<Record>,
}

impl Records {
    pub(super) fn new(object: &ObjectRef, records: impl IntoIterator<Item = Record>) -> Self {
        Self {
            key: object.key.to_string(),
            records: records.into_iter().collect(),
        }
    }

    /// Returns the key of the object that the file belongs to.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    pub(super) fn find(&self, stamp: Stamp) -> Option<&Record> {
        self.records.iter().find(|record| record.stamp == stamp)
    }
}

/// Returns what is known of the bytes with `stamp`.
pub(super) fn info(
    stamp: Stamp,
    record: Option<&Record>,
    object: &ObjectRef,
) -> Result<ObjectInfo, StorageError> {
    let mut info = ObjectInfo {
        size_bytes: stamp.size_bytes,
        content_type: None,
        etag: Some(stamp.etag()),
        last_modified: stamp.at(),
        sha256: None,
        metadata: Metadata::new(),
    };
    let Some(record) = record else {
        return Ok(info);
    };
    info.content_type.clone_from(&record.content_type);
    if let Some(digest) = &record.sha256 {
        info.sha256 = Some(digest.parse().map_err(|cause| unreadable(object, cause))?);
    }
    for (name, value) in &record.metadata {
        let metadata = info.metadata.with(name, value);
        info.metadata = metadata.map_err(|cause| unreadable(object, cause))?;
    }
    Ok(info)
}

/// Returns the error for metadata that somebody else has written.
pub(super) fn unreadable(
    object: &ObjectRef,
    cause: impl std::error::Error + Send + Sync + 'static,
) -> StorageError {
    StorageError::new(StorageErrorKind::Corrupt, "read", object)
        .with_detail("the metadata cannot be read")
        .with_source(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(nanoseconds: u32) -> Stamp {
        Stamp {
            size_bytes: 3,
            seconds: 1_000_000_000,
            nanoseconds,
        }
    }

    #[test]
    fn bytes_find_the_metadata_that_is_theirs() {
        let object: ObjectRef = "bucket/a.png".parse().unwrap();
        let png = PutOptions::create_only().with_content_type("image/png");
        let gif = PutOptions::create_only().with_content_type("image/gif");
        let records = Records::new(
            &object,
            [Record::new(stamp(1), &png), Record::new(stamp(2), &gif)],
        );
        let text = serde_json::to_string(&records).unwrap();
        let records: Records = serde_json::from_str(&text).unwrap();
        for (at, expected) in [(1, Some("image/png")), (2, Some("image/gif")), (3, None)] {
            let info = info(stamp(at), records.find(stamp(at)), &object).unwrap();
            assert_eq!(info.content_type.as_deref(), expected);
        }
        assert_ne!(stamp(1).etag(), stamp(2).etag());
    }

    #[test]
    fn the_mark_keeps_the_second() {
        let now = DateTime::from_timestamp(1_000_000_000, 999_999_999).unwrap();
        for _ in 0..1000 {
            let marked = DateTime::<Utc>::from(marked(now));
            assert_eq!(marked.timestamp(), 1_000_000_000);
        }
    }

    #[test]
    fn metadata_written_by_somebody_else_is_told() {
        let object: ObjectRef = "bucket/a.png".parse().unwrap();
        let mut record = Record::new(stamp(1), &PutOptions::create_only());
        record.sha256 = Some("abc".to_owned());
        let error = info(stamp(1), Some(&record), &object).unwrap_err();
        assert_eq!(error.kind(), StorageErrorKind::Corrupt);
    }
}
