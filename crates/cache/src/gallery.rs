//! The pages of a user's gallery, which a change of the gallery makes old all at once.

use std::fmt::Display;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{FamilyKey, FilterHash, Loaded, ReadThrough, RecentIds};

/// The pages of galleries, kept under the version that their user's gallery had.
///
/// A page costs two calls of the cache: the version, then the page. [`changed`](Self::changed) raises the version
/// in one call, whatever number of pages there is: no reader asks for the old ones again, and they end by
/// themselves within five minutes. The name of each page that is kept stands in a list of the user's, so that
/// [`UserKeys`](crate::UserKeys) finds it.
///
/// Whatever fails in the cache costs the load, and nothing else. Clones share everything.
#[derive(Debug, Clone)]
pub struct GalleryPages {
    through: ReadThrough,
    names: RecentIds,
}

impl GalleryPages {
    /// Returns the pages in `through`, with their names in the lists of `names`.
    pub fn new(through: ReadThrough, names: RecentIds) -> Self {
        Self { through, names }
    }

    /// Returns the page of `user` that `filter` asks for; on a miss `load` reads it from the record store.
    ///
    /// `filter` holds all that decides what is on the page; see [`FilterHash`].
    ///
    /// # Errors
    ///
    /// What `load` fails with.
    ///
    /// # Cancellation
    ///
    /// That of [`ReadThrough::get_or_load`].
    pub async fn page_or_load<T, E, F, L>(
        &self,
        user: &(impl Display + Sync),
        filter: &(impl Serialize + Sync),
        load: L,
    ) -> Loaded<T, E>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        E: Send + Sync + 'static,
        F: Future<Output = Result<Option<T>, E>> + Send,
        L: FnOnce() -> F + Send,
    {
        let Some((page, names, hash)) = self.keys(user, filter).await else {
            let loaded = load().await;
            return loaded.map(|page| page.map(Arc::new)).map_err(Arc::new);
        };
        let named_first = |is_kept: bool| async move {
            // A page must not stand where nobody finds it, not even when we go away before it is named.
            if is_kept {
                self.names.note(&names, &hash).await;
            }
            load().await
        };
        self.through.get_or_load_told(&page, named_first).await
    }

    /// Makes every page of `user` old, after a creation, a deletion or a change of a favourite was committed.
    ///
    /// # Cancellation
    ///
    /// The pages are old, or this process does not read them until they are.
    pub async fn changed(&self, user: &(impl Display + Sync)) {
        if let Ok(version) = FamilyKey::gallery_version(user) {
            self.through.bump(&version).await;
        }
    }

    async fn keys(
        &self,
        user: &(impl Display + Sync),
        filter: &(impl Serialize + Sync),
    ) -> Option<(FamilyKey, FamilyKey, String)> {
        let version = FamilyKey::gallery_version(user).ok()?;
        let names = FamilyKey::gallery_pages(user).ok()?;
        let version = self.through.version(&version).await?;
        let hash = FilterHash::new(filter, version).ok()?;
        let page = FamilyKey::gallery_page(user, &hash).ok()?;
        Some((page, names, hash.to_string()))
    }
}
