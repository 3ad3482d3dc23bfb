//! What a rebuild did, and what it could not do and why.

use storage::pictures::{FoundPicture, SurveyCursor, Unusable, UnusableReason};
use storage::{ObjectRef, StorageErrorKind};

use crate::generation::Generation;
use crate::replay::ReplayError;
use crate::store::StoreErrorKind;

/// What one step of a rebuild did.
#[derive(Debug, Clone, Default)]
pub struct RebuildPage {
    /// How many pictures with a manifest that holds were met.
    pub pictures: usize,
    /// The generations that were written, or would be in a dry run.
    pub rebuilt: Vec<Generation>,
    /// How many generations have a record already.
    pub already_there: usize,
    /// What could not be rebuilt.
    pub not_rebuilt: Vec<Unrebuilt>,
    /// Where the next step starts; `None` after the last one.
    pub next: Option<SurveyCursor>,
}

/// What all steps did together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RebuildTotals {
    /// How many pictures with a manifest that holds were met.
    pub pictures: usize,
    /// How many generations were written, or would be in a dry run.
    pub rebuilt: usize,
    /// How many generations have a record already.
    pub already_there: usize,
    /// How many pictures and generations could not be rebuilt; the pages say which and why.
    pub not_rebuilt: usize,
}

impl RebuildTotals {
    pub(super) fn add(&mut self, page: &RebuildPage) {
        self.pictures += page.pictures;
        self.rebuilt += page.rebuilt.len();
        self.already_there += page.already_there;
        self.not_rebuilt += page.not_rebuilt.len();
    }
}

/// Something that could not be rebuilt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unrebuilt {
    /// The picture that told of it.
    pub object: ObjectRef,
    /// The id of its generation, as far as a manifest told it.
    pub generation_id: Option<String>,
    /// Why.
    pub reason: NotRebuilt,
}

/// Why something could not be rebuilt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotRebuilt {
    /// The picture tells nothing that can be used.
    #[error("{0}")]
    Unusable(UnusableReason),
    /// A field of the manifest breaks a rule of the records.
    #[error("the manifest's field {0} breaks a rule of the records")]
    Unlawful(&'static str),
    /// The manifests of one generation say different things of it.
    #[error("the manifests of the generation contradict each other")]
    Contradictory,
    /// A generation of another user has the name, or one had it that was deleted. A dry run does not see this.
    #[error("another user's generation has this name, or a deleted one had it")]
    Taken,
    /// There is an unfinished record of the generation; recovery goes on with it.
    #[error("its record is under way")]
    UnderWay,
    /// The object store gave no answer; run again.
    #[error("the object store gave no answer: {0}")]
    NoAnswer(StorageErrorKind),
    /// The record store failed; run again.
    #[error("the record store failed: {0}")]
    Records(StoreErrorKind),
}

impl Unrebuilt {
    pub(super) fn of(picture: &FoundPicture, reason: NotRebuilt) -> Self {
        Self {
            object: picture.object.clone(),
            generation_id: Some(picture.manifest.generation_id.clone()),
            reason,
        }
    }
}

impl From<Unusable> for Unrebuilt {
    fn from(unusable: Unusable) -> Self {
        Self {
            object: unusable.object,
            generation_id: None,
            reason: NotRebuilt::Unusable(unusable.reason),
        }
    }
}

impl From<ReplayError> for NotRebuilt {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::Taken => Self::Taken,
            ReplayError::UnderWay => Self::UnderWay,
            ReplayError::Illegal => Self::Unlawful("steps"),
            ReplayError::Store(error) => Self::Records(error.kind()),
        }
    }
}
