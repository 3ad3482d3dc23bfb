//! What a store knows of an object, and what it answers.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use crate::body::Body;
use crate::error::StorageError;
use crate::name::ObjectKey;

/// The largest size of all metadata together, in bytes; the limit of S3.
const MAX_METADATA_BYTES: usize = 2048;

/// The SHA-256 of an object's bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sha256Digest([u8; 32]);

impl Sha256Digest {
    /// Returns the digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Returns the digest with these 32 bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Sha256Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Sha256Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256Digest({self})")
    }
}

impl FromStr for Sha256Digest {
    type Err = InvalidDigest;

    fn from_str(text: &str) -> Result<Self, InvalidDigest> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| InvalidDigest)?;
        Ok(Self(bytes))
    }
}

/// The text is no SHA-256 in hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no SHA-256: write 64 hexadecimal digits")]
pub struct InvalidDigest;

/// Metadata of the user: names with values, kept beside the bytes.
///
/// - names: 1 to 128 of `a-z`, `0-9`, `-`; the name `sha256` belongs to the store
/// - values: any text without control characters
/// - all names and values together at most 2048 bytes
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metadata(BTreeMap<String, String>);

impl Metadata {
    /// Returns metadata that holds nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the metadata with `value` under `name`, replacing an earlier value.
    ///
    /// # Errors
    ///
    /// [`InvalidMetadata`] names the rule that is broken.
    pub fn with(mut self, name: &str, value: &str) -> Result<Self, InvalidMetadata> {
        let invalid = |rule| InvalidMetadata {
            name: name.chars().take(80).collect(),
            rule,
        };
        let lawful = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(1..=128).contains(&name.len()) || !name.bytes().all(lawful) {
            return Err(invalid("the name must be 1 to 128 of a-z, 0-9 and '-'"));
        }
        if name == "sha256" {
            return Err(invalid(
                "the name sha256 belongs to the store; give PutOptions the digest",
            ));
        }
        if value.chars().any(char::is_control) {
            return Err(invalid("the value must not have control characters"));
        }
        self.0.insert(name.to_owned(), value.to_owned());
        if self
            .0
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum::<usize>()
            > MAX_METADATA_BYTES
        {
            return Err(invalid(
                "names and values together must not exceed 2048 bytes",
            ));
        }
        Ok(self)
    }

    /// Returns the value under `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Returns all names with their values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Tells whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The metadata breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("metadata {name:?} is refused: {rule}")]
pub struct InvalidMetadata {
    name: String,
    rule: &'static str,
}

/// What a store knows of an object without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectInfo {
    /// The length in bytes.
    pub size_bytes: u64,
    /// The content type as given to the put; `None` when it had none.
    pub content_type: Option<String>,
    /// The entity tag without quotes; changes with the bytes, is no checksum.
    pub etag: Option<String>,
    /// The time of the last put, to the second.
    pub last_modified: Option<DateTime<Utc>>,
    /// The SHA-256 that the put was given.
    pub sha256: Option<Sha256Digest>,
    /// The metadata that the put was given.
    pub metadata: Metadata,
}

/// An object that is being read.
#[derive(Debug)]
pub struct Object {
    /// What the store knows of the whole object.
    pub info: ObjectInfo,
    /// Which bytes of it the body holds.
    pub range: Range<u64>,
    /// The bytes; the length is known and checked while reading.
    pub body: Body,
}

/// The answer to a put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutReceipt {
    /// The length in bytes that was stored.
    pub size_bytes: u64,
    /// The entity tag without quotes, if the store gives one.
    pub etag: Option<String>,
}

/// One object in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListEntry {
    /// The key.
    pub key: ObjectKey,
    /// The length in bytes.
    pub size_bytes: u64,
    /// The time of the last put, to the second.
    pub last_modified: Option<DateTime<Utc>>,
    /// The entity tag without quotes, if the store gives one.
    pub etag: Option<String>,
}

/// A page of a listing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListPage {
    /// The objects in ascending order of the bytes of their keys.
    pub entries: Vec<ListEntry>,
    /// Where the next page starts (exclusive); `None` on the last page.
    pub next_start_after: Option<ObjectKey>,
}

/// What became of one key of a bulk delete.
#[derive(Debug)]
pub struct Deletion {
    /// The key.
    pub key: ObjectKey,
    /// `Ok` when the key holds nothing now; a key that never held anything is `Ok` too.
    pub outcome: Result<(), StorageError>,
}

/// What `ensure_bucket` found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BucketOutcome {
    /// The bucket is new.
    Created,
    /// The bucket was there and is ours.
    AlreadyThere,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_comes_back_from_its_text() {
        let digest = Sha256Digest::of(b"abc");
        assert!(digest.to_string().starts_with("ba7816bf"));
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert_eq!("abc".parse::<Sha256Digest>(), Err(InvalidDigest));
    }

    #[test]
    fn metadata_rules_are_kept() {
        for (name, value) in [
            ("", "x"),
            ("Upper", "x"),
            ("a b", "x"),
            ("sha256", "x"),
            ("a", "line\nbreak"),
            ("a", &*"x".repeat(2048)),
        ] {
            assert!(Metadata::new().with(name, value).is_err(), "{name:?}");
        }
        let metadata = Metadata::new().with("prompt-hash", "ü").unwrap();
        assert_eq!(metadata.get("prompt-hash"), Some("ü"));
    }
}
