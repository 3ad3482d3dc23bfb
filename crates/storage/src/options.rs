//! How a call on a store is to be done.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::name::ObjectKey;
use crate::object::{Metadata, Sha256Digest};

/// What a put does when the key holds an object already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PutMode {
    /// Fails with `AlreadyExists` and leaves the object as it was.
    #[default]
    CreateOnly,
    /// Replaces the object as one step: readers see the old one or the new one.
    Overwrite,
}

/// How to put.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PutOptions {
    /// What to do about an object under the same key.
    pub mode: PutMode,
    /// The content type to keep, such as `image/png`.
    pub content_type: Option<String>,
    /// Metadata to keep.
    pub metadata: Metadata,
    /// The SHA-256 of the body; the store refuses other bytes and keeps the digest.
    pub sha256: Option<Sha256Digest>,
}

impl PutOptions {
    /// Returns options that create only, without type, metadata or digest.
    pub fn create_only() -> Self {
        Self::default()
    }

    /// Returns options that replace what is there, without type, metadata or digest.
    pub fn overwrite() -> Self {
        Self {
            mode: PutMode::Overwrite,
            ..Self::default()
        }
    }

    /// Returns the options with a content type.
    #[must_use]
    pub fn with_content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = Some(content_type.into());
        self
    }

    /// Returns the options with metadata.
    #[must_use]
    pub fn with_metadata(mut self, metadata: Metadata) -> Self {
        self.metadata = metadata;
        self
    }

    /// Returns the options with the digest of the body.
    #[must_use]
    pub fn with_sha256(mut self, digest: Sha256Digest) -> Self {
        self.sha256 = Some(digest);
        self
    }
}

/// Which bytes to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ByteRange {
    /// All of them.
    #[default]
    Whole,
    /// From `start` up to but without `end`; an `end` past the object stops at its end.
    Bounded {
        /// The first byte.
        start: u64,
        /// The byte after the last one.
        end: u64,
    },
    /// From here to the end.
    From(u64),
    /// The last so many bytes; more than there are gives all.
    Last(u64),
}

impl ByteRange {
    /// Returns the bytes of an object of `length` bytes that the range names, or `None` when it names none.
    ///
    /// The whole of an empty object is the empty range, not `None`.
    pub fn within(self, length: u64) -> Option<std::ops::Range<u64>> {
        let range = match self {
            Self::Whole => return Some(0..length),
            Self::Bounded { start, end } => start..end.min(length),
            Self::From(start) => start..length,
            Self::Last(count) => length.saturating_sub(count)..length,
        };
        (range.start < range.end).then_some(range)
    }
}

/// How to get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GetOptions {
    /// Which bytes to read.
    pub range: ByteRange,
}

/// What to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListOptions {
    /// Only keys that start with this text; empty for all.
    pub prefix: String,
    /// Only keys after this one, in byte order.
    pub start_after: Option<ObjectKey>,
    /// At most so many entries, 1 to 1000.
    pub limit: u16,
}

impl Default for ListOptions {
    fn default() -> Self {
        Self {
            prefix: String::new(),
            start_after: None,
            limit: 1000,
        }
    }
}

/// How long a signed link lives: 1 second to 7 days, the range of S3's signature version 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkLife(u32);

/// The life of a link is out of range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{seconds} s is no life of a link: write 1 to 604800 seconds")]
pub struct InvalidLinkLife {
    seconds: u64,
}

impl LinkLife {
    /// One day, the default.
    pub const DAY: Self = Self(86_400);

    /// Returns a life of `seconds`.
    ///
    /// # Errors
    ///
    /// [`InvalidLinkLife`] outside 1 to 604800 seconds.
    pub fn from_secs(seconds: u64) -> Result<Self, InvalidLinkLife> {
        match u32::try_from(seconds) {
            Ok(short @ 1..=604_800) => Ok(Self(short)),
            _ => Err(InvalidLinkLife { seconds }),
        }
    }

    /// Returns the life in seconds.
    pub fn as_secs(self) -> u32 {
        self.0
    }

    /// Returns the life as a span.
    pub fn as_duration(self) -> Duration {
        Duration::from_secs(self.0.into())
    }
}

impl Default for LinkLife {
    fn default() -> Self {
        Self::DAY
    }
}

/// How to sign a link.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SignOptions {
    /// How long the link lives.
    pub life: LinkLife,
    /// The content type that the answer is to name instead of the stored one.
    pub response_content_type: Option<String>,
    /// The content disposition that the answer is to name.
    pub response_content_disposition: Option<String>,
    /// The time from which on the object is perhaps gone, such as by a lifecycle rule; the link ends no
    /// later.
    pub object_ends_at: Option<DateTime<Utc>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_to_the_object() {
        for (range, length, expected) in [
            (ByteRange::Whole, 0, Some(0..0)),
            (ByteRange::Whole, 5, Some(0..5)),
            (ByteRange::Bounded { start: 1, end: 3 }, 5, Some(1..3)),
            (ByteRange::Bounded { start: 1, end: 9 }, 5, Some(1..5)),
            (ByteRange::Bounded { start: 3, end: 3 }, 5, None),
            (ByteRange::Bounded { start: 5, end: 9 }, 5, None),
            (ByteRange::From(4), 5, Some(4..5)),
            (ByteRange::From(5), 5, None),
            (ByteRange::Last(2), 5, Some(3..5)),
            (ByteRange::Last(9), 5, Some(0..5)),
            (ByteRange::Last(0), 5, None),
        ] {
            assert_eq!(range.within(length), expected, "{range:?} of {length}");
        }
    }

    #[test]
    fn a_link_lives_one_second_to_seven_days() {
        assert_eq!(LinkLife::default().as_secs(), 86_400);
        assert!(LinkLife::from_secs(1).is_ok() && LinkLife::from_secs(604_800).is_ok());
        for seconds in [0, 604_801, u64::MAX] {
            assert!(LinkLife::from_secs(seconds).is_err());
        }
    }
}
