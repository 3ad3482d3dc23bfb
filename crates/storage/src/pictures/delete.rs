//! Deleting pictures, with a report that never says more than what is so.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use futures_util::{StreamExt, stream};

use super::service::PictureStorage;
use crate::error::StorageErrorKind;
use crate::name::ObjectRef;

/// The number of objects that are deleted at once.
const AT_ONCE: usize = 8;

/// What became of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletionReport {
    /// The object, as asked for.
    pub object: ObjectRef,
    /// What became of it.
    pub outcome: DeletionOutcome,
}

/// What a deletion did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeletionOutcome {
    /// The object was there and is gone.
    Deleted,
    /// There was no such object.
    AlreadyAbsent,
    /// It may still be there; repeat the call.
    Failed(StorageErrorKind),
    /// The bucket holds no pictures; nothing was done.
    NotOurs,
}

impl PictureStorage {
    /// Deletes `objects` and reports each, in the order given; one failure does not stop the others.
    ///
    /// Each object is looked for first, since a store also says yes to deleting what never was.
    /// An object that is named twice is `Deleted` once and `AlreadyAbsent` after that.
    /// Key and outcome are logged at level info.
    ///
    /// # Cancellation
    ///
    /// Some objects are gone and some are not; repeat the call.
    pub async fn delete(&self, objects: &[ObjectRef]) -> Vec<DeletionReport> {
        let mut places = HashMap::new();
        let mut once = Vec::new();
        for object in objects {
            if let Entry::Vacant(entry) = places.entry(object) {
                entry.insert(once.len());
                once.push(object);
            }
        }
        let mut outcomes: Vec<_> = stream::iter(once)
            .map(|object| self.delete_one(object))
            .buffered(AT_ONCE)
            .collect()
            .await;
        objects
            .iter()
            .map(|object| {
                let outcome = &mut outcomes[places[object]];
                let report = DeletionReport {
                    object: object.clone(),
                    outcome: *outcome,
                };
                if *outcome == DeletionOutcome::Deleted {
                    *outcome = DeletionOutcome::AlreadyAbsent;
                }
                report
            })
            .collect()
    }

    async fn delete_one(&self, object: &ObjectRef) -> DeletionOutcome {
        let outcome = if self.buckets.contains(&object.bucket) {
            self.look_and_delete(object)
                .await
                .unwrap_or_else(DeletionOutcome::Failed)
        } else {
            DeletionOutcome::NotOurs
        };
        tracing::info!(object.key = %object, ?outcome, "delete of a picture");
        outcome
    }

    async fn look_and_delete(
        &self,
        object: &ObjectRef,
    ) -> Result<DeletionOutcome, StorageErrorKind> {
        match self.store.head(object).await {
            Ok(_) => {}
            Err(error) if error.kind() == StorageErrorKind::NotFound => {
                return Ok(DeletionOutcome::AlreadyAbsent);
            }
            Err(error) => return Err(error.kind()),
        }
        match self.store.delete(object).await {
            Ok(()) => Ok(DeletionOutcome::Deleted),
            Err(error) => Err(error.kind()),
        }
    }
}
