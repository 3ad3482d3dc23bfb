//! Reading back what was made.

use std::sync::{Arc, Mutex, PoisonError};

use storage::pictures::PictureStorage;
use storage::{Clock, SignedUrl};

use super::generation_cache::{GenerationCache, recent_key, record_key};
use crate::generation::Generation;
use crate::picture::{Picture, PictureState};
use crate::store::{GenerationStore, StoreError};
use crate::view::PictureView;
use crate::{GenerationId, UserId};

/// Reads generations back, for their owner only.
///
/// What is over is read through the cache and costs the record store nothing the second time; what is still
/// under way comes from the record store. A cache that fails makes reading slower and nothing else.
/// Clones share everything.
#[derive(Debug, Clone)]
pub struct Library {
    store: Arc<dyn GenerationStore>,
    pictures: PictureStorage,
    clock: Arc<dyn Clock>,
    cache: Option<GenerationCache>,
}

impl Library {
    /// Returns the library over `store` and `pictures`, without a cache.
    pub fn new(
        store: Arc<dyn GenerationStore>,
        pictures: PictureStorage,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            store,
            pictures,
            clock,
            cache: None,
        }
    }

    /// Sets the cache; a clone of the one that [`GenerateService`](crate::GenerateService) has.
    #[must_use]
    pub fn with_cache(mut self, cache: GenerationCache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// Returns the generation of `user` with this name; `None` when there is none, or it is another user's.
    ///
    /// # Errors
    ///
    /// Those of the record store.
    ///
    /// # Cancellation
    ///
    /// Nothing is changed.
    pub async fn get(
        &self,
        user: &UserId,
        id: &GenerationId,
    ) -> Result<Option<Generation>, StoreError> {
        let Some((cache, key)) = self.cache.as_ref().zip(record_key(id)) else {
            return self.store.find(user, id).await;
        };
        // Whoever loads finds what is still under way here, since the cache is given only what is over.
        let under_way = Mutex::new(None);
        let load = || async {
            let found = self.store.find(user, id).await?;
            let (over, open) = match found {
                Some(generation) if !generation.state().is_final() => (None, Some(generation)),
                other => (other, None),
            };
            *under_way.lock().unwrap_or_else(PoisonError::into_inner) = Some(open);
            Ok(over)
        };
        let read: Result<Option<Arc<Generation>>, Arc<StoreError>> =
            cache.records().get_or_load(&key, load).await;
        match read.map_err(|error| StoreError::clone(&error))? {
            Some(generation) if generation.owner() == user => {
                Ok(Some(Arc::unwrap_or_clone(generation)))
            }
            Some(_) => Ok(None),
            None => match under_way
                .into_inner()
                .unwrap_or_else(PoisonError::into_inner)
            {
                Some(found) => Ok(found),
                // Another caller loaded, perhaps for another user.
                None => self.store.find(user, id).await,
            },
        }
    }

    /// Returns up to `limit` generations of `user`, newest first, in any state.
    ///
    /// # Errors
    ///
    /// Those of the record store.
    ///
    /// # Cancellation
    ///
    /// Nothing is changed but the cache.
    pub async fn recent(&self, user: &UserId, limit: u32) -> Result<Vec<Generation>, StoreError> {
        let from_cache = match &self.cache {
            Some(cache) => self.recent_from(cache, user, limit).await?,
            None => None,
        };
        match from_cache {
            Some(found) => Ok(found),
            None => self.recent_from_store(user, limit).await,
        }
    }

    /// Returns each picture of `generation` with a link for now; the links are not to be saved.
    ///
    /// Whoever calls has read the generation as its owner's.
    ///
    /// # Cancellation
    ///
    /// Nothing happened.
    pub async fn links(&self, generation: &Generation) -> Vec<PictureView> {
        let mut views = Vec::with_capacity(generation.pictures().len());
        for picture in generation.pictures() {
            views.push(PictureView {
                number: picture.number,
                state: picture.state.clone(),
                link: self.link(picture).await,
            });
        }
        views
    }

    /// Returns the clock by which links end.
    pub(crate) fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    async fn link(&self, picture: &Picture) -> Option<SignedUrl> {
        match &picture.state {
            PictureState::Stored(stored) => match self.pictures.link(&stored.object).await {
                Ok(link) => Some(link),
                Err(error) => {
                    tracing::warn!(object.key = %stored.object.key, %error, "no link could be signed");
                    None
                }
            },
            PictureState::Fallback(fallback) => (self.clock.now() < fallback.dies_at)
                .then(|| SignedUrl::new(fallback.url.clone(), fallback.dies_at)),
            PictureState::Unobtainable { .. } => None,
        }
    }

    /// Returns the newest of `user` when the cache knows which they are and holds each record.
    async fn recent_from(
        &self,
        cache: &GenerationCache,
        user: &UserId,
        limit: u32,
    ) -> Result<Option<Vec<Generation>>, StoreError> {
        let Some(list) = recent_key(user) else {
            return Ok(None);
        };
        let load = |most: usize| async move {
            let most = u32::try_from(most).unwrap_or(u32::MAX);
            let found = self.store.recent(user, most, None).await?;
            Ok::<_, StoreError>(found.iter().map(|one| one.id().to_string()).collect())
        };
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let page = cache.recent().page_or_load(&list, 0, wanted, load).await?;
        // An outage costs the caller one limit, which the list has had.
        if !page.complete || cache.records().is_away() {
            return Ok(None);
        }
        let names = page.ids.iter().map(|text| text.parse().ok());
        let keys: Option<Vec<_>> = names.map(|id| record_key(&id?)).collect();
        let Some(keys) = keys else {
            return Ok(None);
        };
        let found: Vec<Option<Generation>> = cache.records().get_many(&keys).await;
        let own = found
            .into_iter()
            .map(|one| one.filter(|generation| generation.owner() == user));
        let Some(mut found) = own.collect::<Option<Vec<_>>>() else {
            return Ok(None);
        };
        // The list goes by the order of the pushes, which two that were accepted at once may have exchanged.
        found.sort_by_key(|one| std::cmp::Reverse((one.created_at(), one.id())));
        Ok(Some(found))
    }

    async fn recent_from_store(
        &self,
        user: &UserId,
        limit: u32,
    ) -> Result<Vec<Generation>, StoreError> {
        let found = self.store.recent(user, limit, None).await?;
        if let Some(cache) = &self.cache {
            for generation in found.iter().filter(|one| one.state().is_final()) {
                if cache.records().is_away() {
                    break;
                }
                if let Some(key) = record_key(&generation.id()) {
                    cache.records().put(&key, generation).await;
                }
            }
        }
        Ok(found)
    }
}
