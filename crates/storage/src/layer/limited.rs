//! A bound on how much is asked of a store at once.

use std::num::NonZeroUsize;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::hold::hold;
use crate::body::Body;
use crate::error::{Result, StorageError, StorageErrorKind};
use crate::name::{BucketName, ObjectKey, ObjectRef};
use crate::object::{BucketOutcome, Deletion, ListPage, Object, ObjectInfo, PutReceipt};
use crate::options::{GetOptions, ListOptions, PutOptions, SignOptions};
use crate::signed_url::SignedUrl;
use crate::store::{Capabilities, ObjectStore};

/// Keeps at most so many calls in flight; further ones wait their turn.
///
/// # What it does
///
/// A get is in flight until its body has been read, has failed or is dropped.
/// Whoever holds an unread body and waits for another call may wait for ever: read or drop it first.
/// `sign_get` uses no network and is not counted.
///
/// # Default
///
/// There is no default number.
///
/// # Cancellation
///
/// A call that waits has done nothing; one in flight gives its place back at once.
///
/// # Where it goes
///
/// Inside the time limit, so that waiting counts against it; outside of it, waiting is unlimited.
#[derive(Debug, Clone)]
pub struct Limited<S> {
    inner: S,
    places: Arc<Semaphore>,
}

impl<S> Limited<S> {
    /// Returns `inner` with at most `at_once` calls in flight; clones share the places.
    pub fn new(inner: S, at_once: NonZeroUsize) -> Self {
        let places = at_once.get().min(Semaphore::MAX_PERMITS);
        Self {
            inner,
            places: Arc::new(Semaphore::new(places)),
        }
    }

    /// Returns the store inside.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S: ObjectStore> Limited<S> {
    async fn place(&self, operation: &'static str) -> Result<OwnedSemaphorePermit> {
        // Nobody closes the semaphore, so this cannot fail; an error says it better than a panic.
        let place = Arc::clone(&self.places).acquire_owned().await;
        place.map_err(|cause| {
            StorageError::new(StorageErrorKind::Unexpected, operation, "a place in flight")
                .with_source(cause)
        })
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: ObjectStore> ObjectStore for Limited<S> {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn put(&self, object: &ObjectRef, body: Body, options: PutOptions) -> Result<PutReceipt> {
        let _place = self.place("put").await?;
        self.inner.put(object, body, options).await
    }

    async fn get(&self, object: &ObjectRef, options: GetOptions) -> Result<Object> {
        let place = self.place("get").await?;
        let object = self.inner.get(object, options).await?;
        Ok(Object {
            body: hold(object.body, place),
            ..object
        })
    }

    async fn head(&self, object: &ObjectRef) -> Result<ObjectInfo> {
        let _place = self.place("head").await?;
        self.inner.head(object).await
    }

    async fn delete(&self, object: &ObjectRef) -> Result<()> {
        let _place = self.place("delete").await?;
        self.inner.delete(object).await
    }

    async fn delete_many(&self, bucket: &BucketName, keys: &[ObjectKey]) -> Result<Vec<Deletion>> {
        let _place = self.place("delete_many").await?;
        self.inner.delete_many(bucket, keys).await
    }

    async fn list(&self, bucket: &BucketName, options: ListOptions) -> Result<ListPage> {
        let _place = self.place("list").await?;
        self.inner.list(bucket, options).await
    }

    async fn sign_get(&self, object: &ObjectRef, options: SignOptions) -> Result<SignedUrl> {
        self.inner.sign_get(object, options).await
    }

    async fn ensure_bucket(&self, bucket: &BucketName) -> Result<BucketOutcome> {
        let _place = self.place("ensure_bucket").await?;
        self.inner.ensure_bucket(bucket).await
    }
}
