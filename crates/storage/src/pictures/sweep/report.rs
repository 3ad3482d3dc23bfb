//! What a sweep found, and how it ended.

use super::cursor::SweepCursor;
use crate::error::{StorageError, StorageErrorKind};
use crate::name::{BucketName, ObjectRef};

/// What is wrong with an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FindingKind {
    /// A picture that no record names.
    OrphanPicture,
    /// A sidecar whose picture is gone.
    OrphanSidecar,
    /// A record names the picture, and it is not there.
    LostPicture,
}

/// What was done about a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FindingOutcome {
    /// Nothing.
    Reported,
    /// It was staged for deletion, and its sidecar with it.
    Quarantined,
    /// It was deleted for good, and its sidecar with it.
    Deleted,
    /// It was gone before anything was done.
    AlreadyAbsent,
    /// It may still be there; the next sweep tries again.
    Failed(StorageErrorKind),
}

/// One thing that a sweep found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The object, there or missing.
    pub object: ObjectRef,
    /// What is wrong with it.
    pub kind: FindingKind,
    /// What was done about it.
    pub outcome: FindingOutcome,
}

/// What a sweep counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SweepCounts {
    /// Objects with the key of a picture.
    pub pictures: u64,
    /// Objects with the key of a sidecar.
    pub sidecars: u64,
    /// Objects with another key, or of a kind that is not swept; never touched.
    pub foreign: u64,
    /// Objects in the quarantine of staged deletes.
    pub quarantined: u64,
    /// Objects without record that are too young to count, or whose age the store does not tell.
    pub young: u64,
    /// Pictures that no record names.
    pub orphan_pictures: u64,
    /// Sidecars whose picture is gone.
    pub orphan_sidecars: u64,
    /// Pictures that records name and that are not there.
    pub lost_pictures: u64,
    /// Orphans that were moved to the quarantine or deleted.
    pub removed: u64,
    /// Orphans that could not be.
    pub failed: u64,
}

impl SweepCounts {
    /// Returns how many orphans were counted.
    pub fn orphans(&self) -> u64 {
        self.orphan_pictures + self.orphan_sidecars
    }

    /// Returns how many pictures and sidecars there are, orphans included.
    pub fn known_forms(&self) -> u64 {
        self.pictures + self.sidecars
    }

    /// Returns the counts in a fixed order, to be written down.
    pub(super) fn to_array(self) -> [u64; 10] {
        [
            self.pictures,
            self.sidecars,
            self.foreign,
            self.quarantined,
            self.young,
            self.orphan_pictures,
            self.orphan_sidecars,
            self.lost_pictures,
            self.removed,
            self.failed,
        ]
    }

    pub(super) fn from_array(counts: [u64; 10]) -> Self {
        let [
            pictures,
            sidecars,
            foreign,
            quarantined,
            young,
            orphan_pictures,
            orphan_sidecars,
            lost_pictures,
            removed,
            failed,
        ] = counts;
        Self {
            pictures,
            sidecars,
            foreign,
            quarantined,
            young,
            orphan_pictures,
            orphan_sidecars,
            lost_pictures,
            removed,
            failed,
        }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        let mut sum = self.to_array();
        for (at, count) in sum.iter_mut().zip(other.to_array()) {
            *at = at.saturating_add(count);
        }
        Self::from_array(sum)
    }
}

/// How a sweep ended.
#[derive(Debug)]
pub enum SweepEnd {
    /// It went through all buckets.
    Complete,
    /// A page of the listing or of the index failed.
    Stopped {
        /// Where to go on.
        at: Box<SweepCursor>,
        /// What failed.
        error: StorageError,
    },
    /// More would go than may; nothing was done, or nothing beyond what was counted.
    Refused {
        /// The bucket that would lose too much.
        bucket: BucketName,
        /// How many orphans it seems to have.
        orphans: u64,
        /// How many pictures and sidecars it has.
        objects: u64,
    },
}

impl SweepEnd {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Stopped { .. } => "stopped",
            Self::Refused { .. } => "refused",
        }
    }
}

/// What a sweep did.
#[derive(Debug)]
pub struct SweepReport {
    /// What it counted, also before it was stopped and went on.
    pub counts: SweepCounts,
    /// How it ended.
    pub end: SweepEnd,
}
