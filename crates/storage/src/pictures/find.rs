//! Finding a picture, and deleting it, by its key alone.

use futures_util::future::join_all;

use super::delete::{self, DeletionOutcome, DeletionReport};
use super::service::PictureStorage;
use crate::error::{Result, StorageErrorKind};
use crate::name::{ObjectKey, ObjectRef};

/// Where a key was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whereabouts {
    /// In one bucket.
    Found(ObjectRef),
    /// In no bucket.
    Absent,
    /// In several buckets, in the order of [`BucketMap::buckets`](super::BucketMap::buckets).
    Ambiguous(Vec<ObjectRef>),
}

/// What to do with a key that is in several buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WhenAmbiguous {
    /// Delete nothing and say so.
    #[default]
    Refuse,
    /// Delete all of them.
    DeleteAll,
}

/// What became of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyDeletionReport {
    /// The key, as asked for.
    pub key: ObjectKey,
    /// What became of it as a whole: `Deleted` only when every object that was found is gone with its sidecar,
    /// otherwise the first failure.
    pub outcome: DeletionOutcome,
    /// The objects that were found, each with its own outcome.
    pub objects: Vec<DeletionReport>,
}

impl PictureStorage {
    /// Looks for `key` in every bucket that holds pictures, with one `head` for each, all at once.
    ///
    /// A bucket that is missing holds nothing; an object that cannot be described is there.
    ///
    /// # Errors
    ///
    /// The error of the first bucket that gave no answer: what it holds is not known, so neither is whether
    /// the key is absent or found in one bucket only.
    ///
    /// # Cancellation
    ///
    /// Nothing happened.
    pub async fn find(&self, key: &ObjectKey) -> Result<Whereabouts> {
        let mut found = self.places_of(key).await?;
        Ok(match found.len() {
            0 => Whereabouts::Absent,
            1 => Whereabouts::Found(found.swap_remove(0)),
            _ => Whereabouts::Ambiguous(found),
        })
    }

    /// Deletes the object with `key` and its sidecar, in whichever bucket it is.
    ///
    /// A sidecar without its picture is left to a sweep.
    /// A key in several buckets is `Ambiguous` and stays, unless `when_ambiguous` says otherwise.
    /// When the search fails, nothing is deleted. Key and outcome are logged at level info.
    ///
    /// # Cancellation
    ///
    /// Of the objects with this key some are gone and some are not; repeat the call.
    pub async fn delete_key(
        &self,
        key: &ObjectKey,
        when_ambiguous: WhenAmbiguous,
    ) -> KeyDeletionReport {
        let (outcome, objects) = match self.places_of(key).await {
            Ok(found) => self.delete_found(found, when_ambiguous).await,
            Err(error) => (DeletionOutcome::Failed(error.kind()), Vec::new()),
        };
        if objects.is_empty() {
            tracing::info!(object.key = %key, ?outcome, "delete by key");
        }
        for report in &objects {
            delete::log(&report.object, report.outcome);
        }
        KeyDeletionReport {
            key: key.clone(),
            outcome,
            objects,
        }
    }

    async fn delete_found(
        &self,
        found: Vec<ObjectRef>,
        when_ambiguous: WhenAmbiguous,
    ) -> (DeletionOutcome, Vec<DeletionReport>) {
        let refused = found.len() > 1 && when_ambiguous == WhenAmbiguous::Refuse;
        let deleted = found.into_iter().map(|object| async {
            let outcome = if refused {
                DeletionOutcome::Ambiguous
            } else {
                self.delete_seen(&object).await
            };
            DeletionReport { object, outcome }
        });
        let reports = join_all(deleted).await;
        let mut outcomes = reports.iter().map(|report| report.outcome);
        let whole = match outcomes.find(|outcome| *outcome != DeletionOutcome::Deleted) {
            Some(first_failure) => first_failure,
            None if reports.is_empty() => DeletionOutcome::AlreadyAbsent,
            None => DeletionOutcome::Deleted,
        };
        (whole, reports)
    }

    async fn places_of(&self, key: &ObjectKey) -> Result<Vec<ObjectRef>> {
        let looks = self.buckets.buckets().into_iter().map(|bucket| async {
            let object = ObjectRef::new(bucket.clone(), key.clone());
            match self.store.head(&object).await {
                Ok(_) => Ok(Some(object)),
                // What cannot be described is there, and can go.
                Err(error) if error.kind() == StorageErrorKind::Corrupt => Ok(Some(object)),
                Err(error) if is_missing(error.kind()) => Ok(None),
                Err(error) => Err(error),
            }
        });
        let places = join_all(looks).await.into_iter();
        places.filter_map(Result::transpose).collect()
    }
}

/// Tells whether an answer of this kind says that nothing is there.
pub(super) fn is_missing(kind: StorageErrorKind) -> bool {
    matches!(
        kind,
        StorageErrorKind::NotFound | StorageErrorKind::BucketNotFound
    )
}
