//! The gallery's side of the store that fails by script.

use async_trait::async_trait;

use super::{FaultyStore, StoreCall};
use crate::gallery::{
    GalleryCounts, GalleryItem, GalleryQuery, GalleryStore, Neighbours, TimeSpan, UtcOffset,
};
use crate::generation::Generation;
use crate::store::{Cursor, StoreError};
use crate::{GenerationId, UserId};

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<S: GalleryStore> GalleryStore for FaultyStore<S> {
    async fn page(
        &self,
        owner: &UserId,
        query: &GalleryQuery,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Vec<GalleryItem>, StoreError> {
        let work = self.inner.page(owner, query, after, limit);
        self.run(StoreCall::Page, "page", work).await
    }

    async fn neighbours(
        &self,
        owner: &UserId,
        query: &GalleryQuery,
        id: &GenerationId,
    ) -> Result<Neighbours, StoreError> {
        let work = self.inner.neighbours(owner, query, id);
        self.run(StoreCall::Neighbours, "neighbours", work).await
    }

    async fn item(
        &self,
        owner: &UserId,
        id: &GenerationId,
    ) -> Result<Option<GalleryItem>, StoreError> {
        self.run(StoreCall::Item, "item", self.inner.item(owner, id))
            .await
    }

    async fn counts(
        &self,
        owner: &UserId,
        offset: UtcOffset,
        span: TimeSpan,
    ) -> Result<GalleryCounts, StoreError> {
        let work = self.inner.counts(owner, offset, span);
        self.run(StoreCall::Counts, "counts", work).await
    }

    async fn set_favourite(
        &self,
        owner: &UserId,
        id: &GenerationId,
        favourite: bool,
    ) -> Result<(), StoreError> {
        let work = self.inner.set_favourite(owner, id, favourite);
        self.run(StoreCall::SetFavourite, "set_favourite", work)
            .await
    }

    async fn hide(&self, owner: &UserId, id: &GenerationId) -> Result<Generation, StoreError> {
        self.run(StoreCall::Hide, "hide", self.inner.hide(owner, id))
            .await
    }

    async fn remove(&self, owner: &UserId, id: &GenerationId) -> Result<(), StoreError> {
        self.run(StoreCall::Remove, "remove", self.inner.remove(owner, id))
            .await
    }
}
