//! Deleting a generation: hidden first, then its pictures, then its record.

use storage::ObjectRef;
use storage::pictures::DeletionOutcome;

use super::receipt::{DeletionReceipt, PictureDeletion, PictureReceipt};
use super::{GalleryError, GalleryService};
use crate::generation::Generation;
use crate::picture::{Picture, PictureState};
use crate::store::StoreErrorKind;
use crate::{GenerationId, UserId};

impl GalleryService {
    /// Deletes the generation `id`: its pictures and their manifests, its record, and what the cache holds of it.
    ///
    /// The record is hidden before the first picture goes and removed after the last one is seen to be gone, so
    /// nobody ever sees a record without its pictures, wherever a call is cut off. A picture counts as deleted when
    /// the store was asked for it again and no longer has it. Its name stays taken, so that neither a rebuild nor an
    /// import brings it back. The provider's own copies are beyond reach.
    ///
    /// While the receipt does not say [`is_deleted`](DeletionReceipt::is_deleted), the record is kept hidden with
    /// the names of its pictures: repeat the call, which goes on where the last one ended.
    ///
    /// # Errors
    ///
    /// `NotFound`, also after the deletion is done; `UnderWay`; `Records` when the record could not be hidden, in
    /// which case no picture was touched. What fails after that is told in the receipt.
    ///
    /// # Cancellation
    ///
    /// The generation is seen with all its pictures, or not at all; repeat the call.
    #[tracing::instrument(name = "gallery.delete", level = "debug", skip_all, fields(generation.id = %id))]
    pub async fn delete(
        &self,
        user: &UserId,
        id: &GenerationId,
    ) -> Result<DeletionReceipt, GalleryError> {
        let generation = self.store.hide(user, id).await?;
        if let Some(cache) = self.cache() {
            cache.removed(&generation).await;
        }
        let pictures = self.delete_pictures(&generation).await;
        let at = self.generate.recorder.clock().now();
        let are_gone = pictures.iter().all(|picture| picture.outcome.is_gone());
        Ok(DeletionReceipt {
            id: *id,
            at,
            record_removed: are_gone && self.remove(&generation).await,
            cache_is_clear: self.clear(&generation).await,
            pictures,
        })
    }

    async fn delete_pictures(&self, generation: &Generation) -> Vec<PictureReceipt> {
        let objects: Vec<_> = generation.pictures().iter().filter_map(object).collect();
        let mut outcomes = self.delete_objects(&objects).await.into_iter();
        let mut outcome = |picture: &Picture| match &picture.state {
            PictureState::Stored(_) => outcomes.next().unwrap_or(PictureDeletion::NotOurs),
            PictureState::Fallback(fallback) => PictureDeletion::WithProvider {
                until: fallback.dies_at,
            },
            PictureState::Unobtainable { .. } => PictureDeletion::Unobtainable,
        };
        let pictures = generation.pictures().iter().map(|picture| PictureReceipt {
            number: picture.number,
            outcome: outcome(picture),
        });
        let links = generation
            .provider_links()
            .iter()
            .map(|link| PictureReceipt {
                number: link.number,
                outcome: PictureDeletion::WithProvider {
                    until: link.dies_at,
                },
            });
        pictures.chain(links).collect()
    }

    /// Deletes `objects`, and once more those that are said to be gone: whoever deletes looks first, so the second
    /// answer says whether the first one was true.
    async fn delete_objects(&self, objects: &[ObjectRef]) -> Vec<PictureDeletion> {
        let pictures = &self.generate.pictures;
        let first = pictures.delete(objects).await;
        let gone = first
            .iter()
            .filter(|report| is_said_to_be_gone(report.outcome));
        let gone: Vec<_> = gone.map(|report| report.object.clone()).collect();
        let mut second = pictures.delete(&gone).await.into_iter();
        let outcomes = first.into_iter().map(|report| {
            let again = is_said_to_be_gone(report.outcome).then(|| second.next());
            let again = again
                .flatten()
                .map_or(report.outcome, |report| report.outcome);
            PictureDeletion::of(report.outcome, again)
        });
        outcomes.collect()
    }

    async fn remove(&self, generation: &Generation) -> bool {
        let id = generation.id();
        match self.store.remove(generation.owner(), &id).await {
            Ok(()) => true,
            // Another call was faster.
            Err(error) if error.kind() == StoreErrorKind::NotFound => true,
            Err(error) => {
                tracing::warn!(generation.id = %id, %error, "a deleted record is hidden and not removed yet");
                false
            }
        }
    }

    /// Removes once more what a reader that had begun before may have put back, and tells whether that is known.
    async fn clear(&self, generation: &Generation) -> bool {
        match self.cache() {
            Some(cache) => {
                cache.removed(generation).await;
                cache.is_clear_of(generation).await
            }
            None => true,
        }
    }
}

fn object(picture: &Picture) -> Option<ObjectRef> {
    match &picture.state {
        PictureState::Stored(stored) => Some(stored.object.clone()),
        PictureState::Fallback(_) | PictureState::Unobtainable { .. } => None,
    }
}

fn is_said_to_be_gone(outcome: DeletionOutcome) -> bool {
    matches!(
        outcome,
        DeletionOutcome::Deleted | DeletionOutcome::AlreadyAbsent
    )
}
