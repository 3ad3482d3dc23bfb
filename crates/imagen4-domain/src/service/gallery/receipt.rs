//! What a deletion did, and never more than that.

use std::fmt;

use chrono::{DateTime, Utc};
use storage::StorageErrorKind;
use storage::pictures::DeletionOutcome;

use crate::GenerationId;

/// What a deletion did, as it was seen at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletionReceipt {
    /// The generation.
    pub id: GenerationId,
    /// When its pictures were looked for the last time.
    pub at: DateTime<Utc>,
    /// What became of each picture, by number.
    pub pictures: Vec<PictureReceipt>,
    /// Whether the record is removed. Until it is, it is hidden, and a repeat goes on.
    pub record_removed: bool,
    /// Whether the cache is known to hold no copy of the record. If not, one may be read by other processes for an
    /// hour, and a page with it for five minutes.
    pub cache_is_clear: bool,
}

impl DeletionReceipt {
    /// Tells whether the deletion is done: nothing of ours is left, neither a picture nor the record.
    ///
    /// Otherwise nobody sees the generation any more, and the call is to be repeated.
    pub fn is_deleted(&self) -> bool {
        self.record_removed
            && self
                .pictures
                .iter()
                .all(|picture| picture.outcome.is_gone())
    }

    /// Returns the pictures that may still be there.
    pub fn not_deleted(&self) -> impl Iterator<Item = &PictureReceipt> {
        let pictures = self.pictures.iter();
        pictures.filter(|picture| !picture.outcome.is_gone())
    }
}

/// What became of one picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureReceipt {
    /// Its number within the generation, from 1.
    pub number: u8,
    /// What became of it.
    pub outcome: PictureDeletion,
}

/// What became of one picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PictureDeletion {
    /// It was there and is gone with its manifest: the store was asked for it again.
    Deleted,
    /// It was gone before, from an earlier try or by somebody else.
    AlreadyAbsent,
    /// It may still be there.
    NotDeleted(StorageErrorKind),
    /// The store said that it was deleted, and still had it afterwards.
    StillThere,
    /// It is gone, and its manifest, which may hold the prompt, may still be there.
    ManifestStays(StorageErrorKind),
    /// It lies in a bucket that the settings no longer name, and was left alone.
    NotOurs,
    /// It was never ours: the provider has it, and nothing here leads to it any more.
    WithProvider {
        /// When the provider's link to it dies.
        until: DateTime<Utc>,
    },
    /// It never could be had.
    Unobtainable,
}

impl PictureDeletion {
    /// Tells whether nothing of it is left in our store.
    pub fn is_gone(self) -> bool {
        match self {
            Self::Deleted
            | Self::AlreadyAbsent
            | Self::WithProvider { .. }
            | Self::Unobtainable => true,
            Self::NotDeleted(_) | Self::StillThere | Self::ManifestStays(_) | Self::NotOurs => {
                false
            }
        }
    }

    /// Returns what two deletions one after the other say: the second one has looked whether the first one was true.
    pub(super) fn of(first: DeletionOutcome, second: DeletionOutcome) -> Self {
        match (first, second) {
            (DeletionOutcome::AlreadyAbsent, DeletionOutcome::AlreadyAbsent) => Self::AlreadyAbsent,
            (_, DeletionOutcome::AlreadyAbsent) => Self::Deleted,
            (_, DeletionOutcome::Deleted) => Self::StillThere,
            (_, DeletionOutcome::Failed(kind)) => Self::NotDeleted(kind),
            (_, DeletionOutcome::SidecarStays(kind)) => Self::ManifestStays(kind),
            (_, DeletionOutcome::NotOurs | DeletionOutcome::Ambiguous) => Self::NotOurs,
        }
    }
}

impl fmt::Display for PictureDeletion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deleted => f.write_str("deleted"),
            Self::AlreadyAbsent => f.write_str("was gone already"),
            Self::NotDeleted(kind) => write!(f, "not deleted: {kind}"),
            Self::StillThere => f.write_str("not deleted: the store still has it"),
            Self::ManifestStays(kind) => write!(f, "deleted, but not its manifest: {kind}"),
            Self::NotOurs => f.write_str("not deleted: its bucket is not among ours"),
            Self::WithProvider { .. } => f.write_str("with the provider only"),
            Self::Unobtainable => f.write_str("never was to be had"),
        }
    }
}
