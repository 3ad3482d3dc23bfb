//! The pictures of a generation, as the record keeps them.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use storage::pictures::PictureState as SavedState;
use storage::{ObjectRef, Sha256Digest};

/// A picture of a generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// Its number within the generation, from 1.
    pub number: u8,
    /// Where it is.
    #[serde(flatten)]
    pub state: PictureState,
}

/// Where a picture is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum PictureState {
    /// In our store.
    Stored(StoredPicture),
    /// With the provider only, until its link dies.
    Fallback(Fallback),
    /// Nowhere that we can reach.
    Unobtainable {
        /// Why, as a lower-case fragment.
        reason: String,
    },
}

/// A picture in our store: its identity, never a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredPicture {
    /// Bucket and key, written `bucket/key`.
    #[serde(with = "as_text")]
    pub object: ObjectRef,
    /// The content type, by the bytes.
    pub content_type: String,
    /// The length in bytes.
    pub size_bytes: u64,
    /// The SHA-256 of the bytes, in hexadecimal.
    #[serde(with = "as_text")]
    pub sha256: Sha256Digest,
    /// The width in pixels.
    pub width: u32,
    /// The height in pixels.
    pub height: u32,
}

/// A picture that only the provider has.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fallback {
    /// The provider's link. Whoever has it can read the picture, so `Debug` hides it.
    pub url: String,
    /// When the link dies.
    #[serde(with = "crate::timestamp")]
    pub dies_at: DateTime<Utc>,
    /// Why the picture is not in our store, as a lower-case fragment.
    pub reason: String,
}

impl fmt::Debug for Fallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fallback")
            .field("dies_at", &self.dies_at)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

impl Picture {
    /// Returns picture `number` as the store has it; `dies_at` is the end of the provider's links.
    pub(crate) fn of(number: u8, state: SavedState, dies_at: DateTime<Utc>) -> Self {
        let state = match state {
            SavedState::Stored(stored) => PictureState::Stored(StoredPicture {
                object: stored.object,
                content_type: stored.format.content_type().to_owned(),
                size_bytes: stored.size_bytes,
                sha256: stored.sha256,
                width: stored.width,
                height: stored.height,
            }),
            SavedState::ProviderFallback(fallback) => PictureState::Fallback(Fallback {
                url: fallback.url,
                dies_at: crate::timestamp::truncate(fallback.dies_at.unwrap_or(dies_at)),
                reason: fallback.reason,
            }),
            SavedState::Unobtainable { reason } => PictureState::Unobtainable { reason },
        };
        Self { number, state }
    }

    /// Tells whether the picture can be had, from us or from the provider.
    pub fn is_obtainable(&self) -> bool {
        !matches!(self.state, PictureState::Unobtainable { .. })
    }
}

/// Writes and reads a value as its text.
mod as_text {
    use std::fmt::Display;
    use std::str::FromStr;

    use super::{Deserialize, Deserializer, Error, Serializer};

    pub(super) fn serialize<T: Display, S: Serializer>(
        value: &T,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub(super) fn deserialize<'de, T, D>(from: D) -> Result<T, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}
