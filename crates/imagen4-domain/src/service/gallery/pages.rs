//! Pages of a gallery, read through the cache.

use std::sync::Arc;

use serde::Serialize;

use super::{GalleryError, GalleryService};
use crate::UserId;
use crate::gallery::{GalleryCursor, GalleryFilter, GalleryPage, GalleryQuery};
use crate::service::generation_cache::key_part;
use crate::store::{Cursor, StoreError};

/// The most generations on one page.
pub const MAX_PAGE: u32 = 100;

/// All that decides what is on a page; its hash names the page in the cache.
#[derive(Debug, Serialize)]
struct PageName<'a> {
    #[serde(flatten)]
    query: &'a GalleryQuery,
    after: Option<GalleryCursor>,
    limit: u32,
}

impl GalleryService {
    /// Returns up to `limit` of what `filter` shows, newest first, from the newest on or where `after` says;
    /// `limit` is brought into 1 to [`MAX_PAGE`].
    ///
    /// Pages one after the other repeat nothing and leave out nothing that was there all the time, whatever is made
    /// or deleted meanwhile. What another process changed may be seen after five minutes only while the cache does
    /// not hear of it.
    ///
    /// # Errors
    ///
    /// `Records`.
    ///
    /// # Cancellation
    ///
    /// Nothing is changed but the cache.
    #[tracing::instrument(name = "gallery.page", level = "debug", skip_all)]
    pub async fn page(
        &self,
        user: &UserId,
        filter: &GalleryFilter,
        after: Option<&GalleryCursor>,
        limit: u32,
    ) -> Result<GalleryPage, GalleryError> {
        let query = filter.at(self.generate.recorder.clock().now());
        let name = PageName {
            query: &query,
            after: after.copied(),
            limit: limit.clamp(1, MAX_PAGE),
        };
        let Some(cache) = self.cache() else {
            return Ok(self.load(user, &name).await?);
        };
        let load = || async { self.load(user, &name).await.map(Some) };
        let pages = cache.pages();
        let read = pages.page_or_load(&key_part(user), &name, load).await;
        match read.map_err(|error: Arc<StoreError>| StoreError::clone(&error))? {
            Some(page) if is_of(user, &page) => Ok(Arc::unwrap_or_clone(page)),
            // Somebody wrote what is not the user's under the user's key.
            _ => Ok(self.load(user, &name).await?),
        }
    }

    async fn load(&self, user: &UserId, name: &PageName<'_>) -> Result<GalleryPage, StoreError> {
        let after = name.after.map(GalleryCursor::place);
        // One more tells whether there is a next page.
        let asked = name.limit + 1;
        let mut items = self.store.page(user, name.query, after, asked).await?;
        let shown = usize::try_from(name.limit).unwrap_or(usize::MAX);
        let is_last = items.len() <= shown;
        items.truncate(shown);
        let last = items.last().filter(|_| !is_last);
        let next = last.map(|item| GalleryCursor::at(Cursor::of(&item.generation)));
        Ok(GalleryPage { items, next })
    }
}

fn is_of(user: &UserId, page: &GalleryPage) -> bool {
    page.items
        .iter()
        .all(|item| item.generation.owner() == user)
}
