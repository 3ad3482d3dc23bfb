//! Lifecycle rules in memory: kept, and never carried out.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{BucketLifecycle, LifecycleDocument};
use crate::error::{Result, StorageError, StorageErrorKind};
use crate::name::BucketName;

/// A [`BucketLifecycle`] in memory, for tests and for stores that expire nothing by themselves.
#[derive(Debug, Default)]
pub struct MemoryLifecycle(Mutex<BTreeMap<BucketName, LifecycleDocument>>);

impl MemoryLifecycle {
    /// Returns one that knows these buckets, without rules.
    pub fn new(buckets: impl IntoIterator<Item = BucketName>) -> Self {
        let buckets = buckets
            .into_iter()
            .map(|bucket| (bucket, LifecycleDocument::default()));
        Self(Mutex::new(buckets.collect()))
    }

    /// Sets the rules of a bucket, whatever they were.
    pub fn set(&self, bucket: BucketName, rules: LifecycleDocument) {
        self.all().insert(bucket, rules);
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<BucketName, LifecycleDocument>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl BucketLifecycle for MemoryLifecycle {
    async fn rules(&self, bucket: &BucketName) -> Result<LifecycleDocument> {
        let rules = self.all().get(bucket).cloned();
        rules.ok_or_else(|| missing("rules", bucket))
    }

    async fn replace(
        &self,
        bucket: &BucketName,
        before: &LifecycleDocument,
        after: &LifecycleDocument,
    ) -> Result<()> {
        let mut all = self.all();
        let standing = all
            .get_mut(bucket)
            .ok_or_else(|| missing("replace", bucket))?;
        if !standing.says_the_same(before) {
            return Err(super::changed(bucket));
        }
        standing.clone_from(after);
        Ok(())
    }
}

fn missing(operation: &'static str, bucket: &BucketName) -> StorageError {
    StorageError::new(StorageErrorKind::BucketNotFound, operation, bucket)
}
