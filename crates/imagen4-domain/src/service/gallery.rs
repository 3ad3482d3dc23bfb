//! A user's gallery: pages, one picture after the other, favourites, numbers, once more, and away with it.

mod delete;
mod error;
mod pages;
mod receipt;
mod regenerate;

use std::sync::Arc;

pub use error::{GalleryError, GalleryErrorKind};
pub use pages::MAX_PAGE;
pub use receipt::{DeletionReceipt, PictureDeletion, PictureReceipt};
pub use regenerate::SeedChoice;

use super::generate::GenerateService;
use super::generation_cache::GenerationCache;
use crate::gallery::{
    Days, GalleryFilter, GalleryItem, GalleryStats, GalleryStore, Neighbours, UtcOffset,
};
use crate::store::{StoreError, StoreErrorKind};
use crate::{GenerationId, UserId};

/// Shows and changes the gallery of one user, whom every operation names: the generations that are completed.
///
/// What belongs to another user is `NotFound`. Pages are read through the cache, which a creation, a deletion and a
/// change of a favourite make old; all else asks the record store. A cache that fails makes reading slower and
/// nothing else. Clones share everything.
///
/// An operation without a user does not compile:
///
/// ```compile_fail,E0061
/// # async fn without(gallery: imagen4_domain::GalleryService, id: imagen4_domain::GenerationId) {
/// let _ = gallery.delete(&id).await;
/// # }
/// ```
///
/// and neither does one for a user who is not named as one:
///
/// ```compile_fail,E0308
/// # async fn without(gallery: imagen4_domain::GalleryService, id: imagen4_domain::GenerationId) {
/// let _ = gallery.item(&id, &id).await;
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct GalleryService {
    store: Arc<dyn GalleryStore>,
    generate: GenerateService,
}

impl GalleryService {
    /// Returns the galleries in `store`, which must hold the records of `generate`.
    ///
    /// Pictures, clock, settings and cache are those of `generate`.
    pub fn new(store: Arc<dyn GalleryStore>, generate: GenerateService) -> Self {
        Self { store, generate }
    }

    /// Returns what stands beside the generation `id` among what `filter` shows.
    ///
    /// The filter need not show the generation itself: its neighbours are those of its place.
    ///
    /// # Errors
    ///
    /// `NotFound`, and `Records`.
    ///
    /// # Cancellation
    ///
    /// Nothing is changed.
    pub async fn neighbours(
        &self,
        user: &UserId,
        filter: &GalleryFilter,
        id: &GenerationId,
    ) -> Result<Neighbours, GalleryError> {
        let query = filter.at(self.generate.recorder.clock().now());
        Ok(self.store.neighbours(user, &query, id).await?)
    }

    /// Returns the generation `id`, in any state.
    ///
    /// # Errors
    ///
    /// `NotFound`, and `Records`.
    ///
    /// # Cancellation
    ///
    /// Nothing is changed.
    pub async fn item(
        &self,
        user: &UserId,
        id: &GenerationId,
    ) -> Result<GalleryItem, GalleryError> {
        let missing = || StoreError::new(StoreErrorKind::NotFound, "item").with_id(*id);
        let found = self.store.item(user, id).await?;
        Ok(found.ok_or_else(missing)?)
    }

    /// Makes the generation `id` a favourite or an ordinary one; a repeat changes nothing.
    ///
    /// # Errors
    ///
    /// `NotFound`, and `Records`.
    ///
    /// # Cancellation
    ///
    /// It is changed or not; pages may show the old state for five minutes.
    pub async fn set_favourite(
        &self,
        user: &UserId,
        id: &GenerationId,
        favourite: bool,
    ) -> Result<(), GalleryError> {
        self.store.set_favourite(user, id, favourite).await?;
        if let Some(cache) = self.cache() {
            cache.changed(user).await;
        }
        Ok(())
    }

    /// Returns the gallery in numbers, with days and hours of a user whose clock is ahead of UTC by `offset`.
    ///
    /// # Errors
    ///
    /// `Records`.
    ///
    /// # Cancellation
    ///
    /// Nothing is changed.
    pub async fn stats(
        &self,
        user: &UserId,
        offset: UtcOffset,
    ) -> Result<GalleryStats, GalleryError> {
        let month = Days::Month.span(offset, self.generate.recorder.clock().now());
        let counts = self.store.counts(user, offset, month).await?;
        let cost = self.generate.settings.generation_cost();
        Ok(GalleryStats::of(&counts, cost))
    }

    fn cache(&self) -> Option<&GenerationCache> {
        self.generate.cache.as_ref()
    }
}
