//! The index in memory: for tests, and for programs whose records are in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{KnownPicture, PictureIndex};
use crate::error::Result;
use crate::name::{BucketName, ObjectKey, ObjectRef};

/// The entries of each object of a bucket, sorted.
type Entries = BTreeMap<ObjectKey, BTreeSet<KnownPicture>>;

/// A [`PictureIndex`] in memory.
#[derive(Debug, Default)]
pub struct MemoryPictureIndex(Mutex<BTreeMap<BucketName, Entries>>);

impl MemoryPictureIndex {
    /// Returns an index that knows nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an entry.
    pub fn insert(&self, picture: KnownPicture) {
        let ObjectRef { bucket, key } = picture.object.clone();
        let mut all = self.all();
        let entries = all.entry(bucket).or_default().entry(key).or_default();
        entries.insert(picture);
    }

    /// Removes every entry of `object`.
    pub fn remove(&self, object: &ObjectRef) {
        let mut all = self.all();
        if let Some(entries) = all.get_mut(&object.bucket) {
            entries.remove(&object.key);
            if entries.is_empty() {
                all.remove(&object.bucket);
            }
        }
    }

    /// The lock is held for single map operations, never over an await; a panic cannot tear one of them.
    fn all(&self) -> MutexGuard<'_, BTreeMap<BucketName, Entries>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl PictureIndex for MemoryPictureIndex {
    async fn find(&self, objects: &[ObjectRef]) -> Result<Vec<KnownPicture>> {
        super::check_batch(objects)?;
        let asked: BTreeSet<_> = objects.iter().collect();
        let all = self.all();
        let found = asked
            .into_iter()
            .filter_map(|object| all.get(&object.bucket)?.get(&object.key));
        Ok(found.flatten().cloned().collect())
    }

    async fn page(
        &self,
        bucket: &BucketName,
        after: Option<ObjectKey>,
        limit: u16,
    ) -> Result<Vec<KnownPicture>> {
        super::check_limit(limit)?;
        let start = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        let all = self.all();
        let Some(entries) = all.get(bucket) else {
            return Ok(Vec::new());
        };
        let page = entries.range((start, Bound::Unbounded)).take(limit.into());
        Ok(page.flat_map(|(_, entries)| entries.clone()).collect())
    }

    async fn buckets(&self) -> Result<Vec<BucketName>> {
        Ok(self.all().keys().cloned().collect())
    }
}
