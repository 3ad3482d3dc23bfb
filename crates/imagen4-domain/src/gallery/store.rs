//! The port of the gallery's side of the record store, with its contract.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use super::days::{TimeSpan, UtcOffset};
use super::item::{GalleryItem, Neighbours};
use super::query::GalleryQuery;
use super::stats::GalleryCounts;
use crate::generation::Generation;
use crate::store::{Cursor, StoreError};
use crate::{GenerationId, UserId};

/// What a gallery needs of the record store, beside [`GenerationStore`](crate::GenerationStore): an adapter is
/// both, over the same records.
///
/// # Contract
///
/// - **What is shown**: generations that are completed and not hidden.
/// - **Ownership**: a generation of another user is not found, by any call.
/// - **Order**: newest first, by (`created_at`, `id`); pages one after the other repeat nothing and leave out
///   nothing that was there all the time, whatever is made, marked or deleted meanwhile.
/// - **Flat**: a page costs what stands on it, whatever there is beside; under a query of several parts it also
///   costs what fulfils one of them alone.
/// - **Hidden is gone**: what is hidden is found by no call of either port but [`hide`](Self::hide) and
///   [`remove`](Self::remove); its name stays taken, also after it was removed.
/// - **Read after write**, **durable** and **clones**: as with [`GenerationStore`](crate::GenerationStore).
///
/// After an ambiguous failure (`Unavailable`) a write perhaps happened; each may be repeated.
/// The conformance suite under `testing` holds each of these rules as a test.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait GalleryStore: Debug + Send + Sync + 'static {
    /// Returns up to `limit` of what `query` means, from the newest on or right after `after`.
    ///
    /// # Errors
    ///
    /// The failures of the store, and `Corrupt` for a record that cannot be read.
    ///
    /// # Cancellation
    ///
    /// Nothing happened.
    async fn page(
        &self,
        owner: &UserId,
        query: &GalleryQuery,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Vec<GalleryItem>, StoreError>;

    /// Returns what stands beside a generation among what `query` means.
    ///
    /// The generation itself need not be meant; its neighbours are those of its place.
    ///
    /// # Errors
    ///
    /// `NotFound` when `owner` has no such generation; otherwise as for [`page`](Self::page).
    ///
    /// # Cancellation
    ///
    /// Nothing happened.
    async fn neighbours(
        &self,
        owner: &UserId,
        query: &GalleryQuery,
        id: &GenerationId,
    ) -> Result<Neighbours, StoreError>;

    /// Returns the generation of this name, in any state; `None` when `owner` has none.
    ///
    /// # Errors
    ///
    /// As for [`page`](Self::page).
    ///
    /// # Cancellation
    ///
    /// Nothing happened.
    async fn item(
        &self,
        owner: &UserId,
        id: &GenerationId,
    ) -> Result<Option<GalleryItem>, StoreError>;

    /// Counts what is shown, by the hours of a user with this offset; `span` is the time of
    /// [`in_span`](GalleryCounts::in_span).
    ///
    /// # Errors
    ///
    /// As for [`page`](Self::page).
    ///
    /// # Cancellation
    ///
    /// Nothing happened.
    async fn counts(
        &self,
        owner: &UserId,
        offset: UtcOffset,
        span: TimeSpan,
    ) -> Result<GalleryCounts, StoreError>;

    /// Makes a generation, in any state, a favourite or an ordinary one; a repeat changes nothing.
    ///
    /// # Errors
    ///
    /// `NotFound` when `owner` has no such generation; and the failures of the store.
    ///
    /// # Cancellation
    ///
    /// It is changed or not.
    async fn set_favourite(
        &self,
        owner: &UserId,
        id: &GenerationId,
        favourite: bool,
    ) -> Result<(), StoreError>;

    /// Hides a generation that is over, and returns it; one that is hidden already is returned as well.
    ///
    /// # Errors
    ///
    /// `NotFound` when `owner` has no such generation; `IllegalStep` when it is still under way, since that could
    /// bring pictures; and the failures of the store.
    ///
    /// # Cancellation
    ///
    /// It is hidden or not.
    async fn hide(&self, owner: &UserId, id: &GenerationId) -> Result<Generation, StoreError>;

    /// Removes all of a hidden generation but its name, which stays taken, so that nothing brings it back.
    ///
    /// # Errors
    ///
    /// `NotFound` when `owner` has no such generation, or no longer; `IllegalStep` when it is not hidden; and the
    /// failures of the store.
    ///
    /// # Cancellation
    ///
    /// All of it is removed or nothing.
    async fn remove(&self, owner: &UserId, id: &GenerationId) -> Result<(), StoreError>;
}

macro_rules! forward {
    ($($pointer:ident),*) => {$(
        #[deny(clippy::missing_trait_methods)]
        #[async_trait]
        impl<S: GalleryStore + ?Sized> GalleryStore for $pointer<S> {
            async fn page(
                &self,
                owner: &UserId,
                query: &GalleryQuery,
                after: Option<Cursor>,
                limit: u32,
            ) -> Result<Vec<GalleryItem>, StoreError> {
                (**self).page(owner, query, after, limit).await
            }

            async fn neighbours(
                &self,
                owner: &UserId,
                query: &GalleryQuery,
                id: &GenerationId,
            ) -> Result<Neighbours, StoreError> {
                (**self).neighbours(owner, query, id).await
            }

            async fn item(
                &self,
                owner: &UserId,
                id: &GenerationId,
            ) -> Result<Option<GalleryItem>, StoreError> {
                (**self).item(owner, id).await
            }

            async fn counts(
                &self,
                owner: &UserId,
                offset: UtcOffset,
                span: TimeSpan,
            ) -> Result<GalleryCounts, StoreError> {
                (**self).counts(owner, offset, span).await
            }

            async fn set_favourite(
                &self,
                owner: &UserId,
                id: &GenerationId,
                favourite: bool,
            ) -> Result<(), StoreError> {
                (**self).set_favourite(owner, id, favourite).await
            }

            async fn hide(
                &self,
                owner: &UserId,
                id: &GenerationId,
            ) -> Result<Generation, StoreError> {
                (**self).hide(owner, id).await
            }

            async fn remove(&self, owner: &UserId, id: &GenerationId) -> Result<(), StoreError> {
                (**self).remove(owner, id).await
            }
        }
    )*};
}

forward!(Arc, Box);
