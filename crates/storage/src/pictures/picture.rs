//! What is saved, and what became of it.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};

use super::fetch_error::host_alone;
use super::format::ImageFormat;
use super::kind::PictureKind;
use super::provenance::Provenance;
use crate::name::ObjectRef;
use crate::object::{Metadata, Sha256Digest};

/// A picture that lies with the provider.
#[derive(Clone, PartialEq, Eq)]
pub struct RemotePicture {
    /// The number of the picture within its generation, 1 to 99.
    pub number: u8,
    /// The provider's link; whoever has it can read the picture, so `Debug` shows its host alone.
    pub url: String,
    /// When the link dies, if the provider says so.
    pub dies_at: Option<DateTime<Utc>>,
}

/// The pictures of one generation that are to be saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaveRequest {
    /// What the pictures are for.
    pub kind: PictureKind,
    /// The id of the generation: 1 to 128 of `a-z`, `A-Z`, `0-9`, `-` and `_`.
    pub generation_id: String,
    /// The UTC date of the generation's creation, not of the save: a save after midnight gives the same
    /// keys.
    pub created_on: NaiveDate,
    /// The pictures.
    pub pictures: Vec<RemotePicture>,
    /// Metadata for each stored object.
    pub metadata: Metadata,
    /// Where the pictures come from, for the manifest beside each stored one; `None` writes no manifest.
    pub provenance: Option<Provenance>,
}

/// One picture after a save.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedPicture {
    /// The number that the request gave.
    pub number: u8,
    /// Where the picture is now.
    pub state: PictureState,
    /// What this save did about it.
    pub outcome: SaveOutcome,
}

/// What a save did about one picture.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SaveOutcome {
    /// It made the object.
    NewlyStored,
    /// An earlier save, or another one at the same time, had stored the very same bytes.
    AlreadyStored,
    /// The key holds other bytes. They were kept, and the picture falls back.
    ///
    /// The provider's link gives other bytes than before, or two generations have one id: somebody must
    /// look at the two.
    Conflict {
        /// Where the other bytes are.
        object: ObjectRef,
    },
    /// It stored nothing; the state says why.
    NotStored,
}

/// Where a picture is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PictureState {
    /// In our store.
    Stored(StoredPicture),
    /// With the provider only, until its link dies; save again to promote it.
    ProviderFallback(Fallback),
    /// Nowhere that we can reach: the link will never give the picture.
    Unobtainable {
        /// Why, as a lower-case fragment.
        reason: String,
    },
}

/// A picture in our store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPicture {
    /// The identity; keep this, never a link.
    pub object: ObjectRef,
    /// The format that the bytes have, whatever the provider said.
    pub format: ImageFormat,
    /// The length in bytes.
    pub size_bytes: u64,
    /// The SHA-256 of the bytes.
    pub sha256: Sha256Digest,
    /// The width in pixels.
    pub width: u32,
    /// The height in pixels.
    pub height: u32,
}

/// A picture that only the provider has.
#[derive(Clone, PartialEq, Eq)]
pub struct Fallback {
    /// The provider's link; whoever has it can read the picture, so `Debug` shows its host alone.
    pub url: String,
    /// When the link dies, if the provider says so.
    pub dies_at: Option<DateTime<Utc>>,
    /// Why the picture is not in our store, as a lower-case fragment.
    pub reason: String,
}

impl fmt::Debug for RemotePicture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemotePicture")
            .field("number", &self.number)
            .field("url", &host_alone(&self.url))
            .field("dies_at", &self.dies_at)
            .finish()
    }
}

impl fmt::Debug for Fallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fallback")
            .field("url", &host_alone(&self.url))
            .field("dies_at", &self.dies_at)
            .field("reason", &self.reason)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_what_opens_the_link() {
        for url in [
            "https://v3.fal.media/files/canary.png?sig=canary#canary",
            "https://user:canary@v3.fal.media/a.png",
            "data:image/png;base64,canary",
            "canary",
        ] {
            let remote = RemotePicture {
                number: 1,
                url: url.to_owned(),
                dies_at: None,
            };
            let fallback = Fallback {
                url: url.to_owned(),
                dies_at: None,
                reason: "the store is unavailable".to_owned(),
            };
            let shown = format!("{remote:?} {fallback:#?}");
            assert!(!shown.contains("canary"), "{shown}");
        }
    }
}
