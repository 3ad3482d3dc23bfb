//! An index that fails as told.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use crate::error::{Result, StorageError, StorageErrorKind};
use crate::name::{BucketName, ObjectKey, ObjectRef};
use crate::pictures::{KnownPicture, PictureIndex};

/// Fails from a call on that the test names, and before that does what the index inside does.
#[derive(Debug, Default)]
pub struct FailingIndex<I> {
    inner: I,
    calls: AtomicU32,
    failure: Mutex<Option<(u32, StorageErrorKind)>>,
}

impl<I> FailingIndex<I> {
    /// Returns `inner`, which does not fail yet.
    pub fn new(inner: I) -> Self {
        Self {
            inner,
            calls: AtomicU32::new(0),
            failure: Mutex::new(None),
        }
    }

    /// Returns the index inside.
    pub fn into_inner(self) -> I {
        self.inner
    }

    /// Lets every call from number `call` on, counted from 1 over all methods, fail with `kind`.
    pub fn fail_from(&self, call: u32, kind: StorageErrorKind) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some((call, kind));
    }

    /// Lets no further call fail.
    pub fn heal(&self) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Returns how many calls there were, failed ones included.
    pub fn calls(&self) -> u32 {
        self.calls.load(Ordering::SeqCst)
    }

    fn play(&self, operation: &'static str) -> Result<()> {
        let number = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        let failure = *self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        match failure {
            Some((first, kind)) if number >= first => {
                let error = StorageError::new(kind, operation, "the picture index");
                Err(error.with_detail("by the script of the test"))
            }
            _ => Ok(()),
        }
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<I: PictureIndex> PictureIndex for FailingIndex<I> {
    async fn find(&self, objects: &[ObjectRef]) -> Result<Vec<KnownPicture>> {
        self.play("find")?;
        self.inner.find(objects).await
    }

    async fn page(
        &self,
        bucket: &BucketName,
        after: Option<ObjectKey>,
        limit: u16,
    ) -> Result<Vec<KnownPicture>> {
        self.play("page")?;
        self.inner.page(bucket, after, limit).await
    }

    async fn buckets(&self) -> Result<Vec<BucketName>> {
        self.play("buckets")?;
        self.inner.buckets().await
    }
}
