//! What of generations is kept in the cache: records that are over, and each user's newest names.

use std::sync::Arc;

use cache::{
    Batch, Cache, Changes, FamilyKey, GalleryPages, ReadThrough, RecentIds, RecentList, Together,
};

use crate::generation::Generation;
use crate::{GenerationId, UserId};

/// The cache of generations; its failures are a miss, counted, with one warning for each outage.
///
/// Only records of generations that are over are kept: they no longer change, so a copy cannot be out of date.
/// Clones share everything.
#[derive(Debug, Clone)]
pub struct GenerationCache {
    records: ReadThrough,
    recent: RecentIds,
    pages: GalleryPages,
    together: Option<Together>,
}

impl GenerationCache {
    /// Returns the cache of generations over a cache and its lists, which may be the same object twice.
    pub fn new(cache: Arc<dyn Cache>, lists: Arc<dyn RecentList>) -> Self {
        let records = ReadThrough::new(cache);
        let recent = RecentIds::beside(&records, lists);
        let pages = GalleryPages::new(records.clone(), recent.clone());
        Self {
            records,
            recent,
            pages,
            together: None,
        }
    }

    /// Returns the cache with changes of several keys that happen as one; without it they follow one another.
    ///
    /// `batch` must be of the same store.
    #[must_use]
    pub fn with_batch(mut self, batch: Arc<dyn Batch>) -> Self {
        let (records, recent) = (self.records.clone(), self.recent.clone());
        self.together = Some(Together::new(records, recent, batch));
        self
    }

    pub(super) fn records(&self) -> &ReadThrough {
        &self.records
    }

    pub(super) fn recent(&self) -> &RecentIds {
        &self.recent
    }

    pub(super) fn pages(&self) -> &GalleryPages {
        &self.pages
    }

    /// Puts a generation that was just recorded first among its owner's newest, and makes its owner's gallery pages
    /// old, in one call where that is possible.
    ///
    /// This is the only place that puts one first: the list goes by creation, whichever generation ends last.
    pub(super) async fn begun(&self, generation: &Generation) {
        let Some(keys) = Keys::of(generation) else {
            return;
        };
        let id = generation.id().to_string();
        if let Some(together) = &self.together {
            let changes = Changes::new().push(&keys.recent, id).bump(&keys.version);
            return together.apply(changes).await;
        }
        self.recent.push(&keys.recent, &id).await;
        self.records.bump(&keys.version).await;
    }

    /// Keeps a generation that is over, and makes its owner's gallery pages old, in one call where that is possible.
    pub(super) async fn ended(&self, generation: &Generation) {
        let Some(keys) = Keys::of(generation) else {
            return;
        };
        if let Some(together) = &self.together {
            let changes = Changes::new().put(&keys.record, generation);
            return together.apply(changes.bump(&keys.version)).await;
        }
        self.records.put(&keys.record, generation).await;
        self.records.bump(&keys.version).await;
    }
}

impl GenerationCache {
    /// Makes the gallery pages of `user` old.
    pub(super) async fn changed(&self, user: &UserId) {
        self.pages.changed(&key_part(user)).await;
    }

    /// Removes all copies of a generation, and makes its owner's gallery pages old, in one call where that is possible.
    pub(super) async fn removed(&self, generation: &Generation) {
        let Some(keys) = Keys::of(generation) else {
            return;
        };
        let id = generation.id().to_string();
        if let Some(together) = &self.together {
            let changes = Changes::new().forget(&keys.record);
            let changes = changes.remove(&keys.recent, id).bump(&keys.version);
            return together.apply(changes).await;
        }
        self.records.forget(&keys.record).await;
        self.recent.remove(&keys.recent, &id).await;
        self.records.bump(&keys.version).await;
    }

    /// Drops what a record that was written past its owner's newest makes wrong: an older copy of it, the list of
    /// the newest, which goes by the order of writing, and the gallery pages.
    pub(crate) async fn written_late(&self, generation: &Generation) {
        let Some(keys) = Keys::of(generation) else {
            return;
        };
        self.recent.forget(&keys.recent).await;
        if let Some(together) = &self.together {
            let changes = Changes::new().forget(&keys.record).bump(&keys.version);
            return together.apply(changes).await;
        }
        self.records.forget(&keys.record).await;
        self.records.bump(&keys.version).await;
    }

    /// Tells whether the cache is known to hold nothing of a generation that [`removed`](Self::removed) removed.
    pub(super) async fn is_clear_of(&self, generation: &Generation) -> bool {
        let Some(keys) = Keys::of(generation) else {
            return true;
        };
        // A version is told only once it was raised, so pages that it names are newer than the removal.
        let raised = self.records.version(&keys.version).await.is_some();
        raised && matches!(self.records.cache().get(keys.record.key()).await, Ok(None))
    }
}

/// The keys under which the cache knows of a generation; every name of a user has them.
struct Keys {
    record: FamilyKey,
    recent: FamilyKey,
    /// The version of the owner's gallery.
    version: FamilyKey,
}

impl Keys {
    fn of(generation: &Generation) -> Option<Self> {
        let owner = generation.owner();
        Some(Self {
            record: record_key(&generation.id())?,
            recent: recent_key(owner)?,
            version: FamilyKey::gallery_version(key_part(owner)).ok()?,
        })
    }
}

pub(super) fn record_key(id: &GenerationId) -> Option<FamilyKey> {
    FamilyKey::generation(id).ok()
}

pub(super) fn recent_key(user: &UserId) -> Option<FamilyKey> {
    FamilyKey::user_generations(key_part(user)).ok()
}

/// A colon parts a key, so one in a user's name is written `%3A`; no name has a percent sign of its own.
pub(crate) fn key_part(user: &UserId) -> String {
    user.as_str().replace(':', "%3A")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_user_has_keys_of_their_own() {
        let user = |text: &str| text.parse::<UserId>().unwrap();
        let key = |text| recent_key(&user(text)).unwrap().to_string();
        assert_eq!(key("7"), "imagen4:user_generations:7");
        assert_eq!(key("tg:7"), "imagen4:user_generations:tg%3A7");
        let longest = "x:".repeat(32);
        assert!(recent_key(&user(&longest)).is_some());
        assert!(FamilyKey::gallery_version(key_part(&user(&longest))).is_ok());
    }
}
