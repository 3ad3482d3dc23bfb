//! Repeats of calls that failed for a reason that passes.

use async_trait::async_trait;
use bytes::Bytes;

use super::retry_policy::RetryPolicy;
use crate::body::Body;
use crate::error::{Result, StorageError, StorageErrorKind};
use crate::name::{BucketName, ObjectKey, ObjectRef};
use crate::object::{
    BucketOutcome, Deletion, ListPage, Object, ObjectInfo, PutReceipt, Sha256Digest,
};
use crate::options::{GetOptions, ListOptions, PutMode, PutOptions, SignOptions};
use crate::signed_url::SignedUrl;
use crate::store::{Capabilities, ObjectStore};

/// Repeats calls that failed with `Throttled`, `Unavailable` or `TimedOut`.
///
/// # What it does
///
/// Every call but one is safe to repeat. The exception is a create-only put whose answer was lost: its
/// repeat meets `AlreadyExists`, perhaps its own object. Then size, digest (or the bytes, where the store
/// keeps no digest), type and metadata are compared, and the same object counts as success.
/// Puts of streams are not repeated, since a stream can be read only once.
/// A body that fails while it is being read is not opened again.
/// After the last attempt the error is `Exhausted`, with the last failure as its source.
///
/// # Default
///
/// That of [`RetryPolicy`].
///
/// # Cancellation
///
/// Dropping the future ends the attempts: what the contract says of a dropped call holds.
///
/// # Where it goes
///
/// Outside the time limit, inside the tracing. Two of them around each other multiply the attempts of
/// nothing, since `Exhausted` is not repeated.
#[derive(Debug, Clone)]
pub struct Retrying<S> {
    inner: S,
    policy: RetryPolicy,
}

impl<S> Retrying<S> {
    /// Returns `inner` with repeats by `policy`.
    pub fn new(inner: S, policy: RetryPolicy) -> Self {
        Self { inner, policy }
    }

    /// Returns the store inside.
    pub fn into_inner(self) -> S {
        self.inner
    }

    async fn repeat<T, F, C>(&self, mut call: F) -> Result<T>
    where
        S: Sync,
        T: Send,
        F: FnMut() -> C + Send,
        C: Future<Output = Result<T>> + Send,
    {
        let mut tries = self.policy.start();
        loop {
            match call().await {
                Ok(answer) => return Ok(answer),
                Err(error) if tries.next(&error).await => {}
                Err(error) => return Err(tries.give_up(error)),
            }
        }
    }
}

impl<S: ObjectStore> Retrying<S> {
    async fn put_whole(
        &self,
        object: &ObjectRef,
        bytes: Bytes,
        options: PutOptions,
    ) -> Result<PutReceipt> {
        let mut tries = self.policy.start();
        let mut perhaps_done = false;
        loop {
            let body = bytes.clone().into();
            let error = match self.inner.put(object, body, options.clone()).await {
                Ok(receipt) => return Ok(receipt),
                Err(error) => error,
            };
            if perhaps_done && error.kind() == StorageErrorKind::AlreadyExists {
                return self.own_success(object, &bytes, &options, error).await;
            }
            // Only these two leave it open whether the object is there; see the kinds of errors.
            perhaps_done |= options.mode == PutMode::CreateOnly
                && matches!(
                    error.kind(),
                    StorageErrorKind::Unavailable | StorageErrorKind::TimedOut
                );
            if !tries.next(&error).await {
                return Err(tries.give_up(error));
            }
        }
    }

    /// Returns the receipt if the object that stands there is the one that we put, and `error` otherwise.
    async fn own_success(
        &self,
        object: &ObjectRef,
        bytes: &Bytes,
        options: &PutOptions,
        error: StorageError,
    ) -> Result<PutReceipt> {
        let info = self.repeat(|| self.inner.head(object)).await?;
        let same_type = options.content_type.is_none() || info.content_type == options.content_type;
        if info.size_bytes != bytes.len() as u64
            || !same_type
            || info.metadata != options.metadata
            || !self.has_bytes(object, &info, bytes).await?
        {
            return Err(error);
        }
        Ok(PutReceipt {
            size_bytes: info.size_bytes,
            etag: info.etag,
        })
    }

    async fn has_bytes(
        &self,
        object: &ObjectRef,
        info: &ObjectInfo,
        bytes: &Bytes,
    ) -> Result<bool> {
        if let Some(digest) = info.sha256 {
            return Ok(digest == Sha256Digest::of(bytes));
        }
        let read = || async {
            let found = self.inner.get(object, GetOptions::default()).await?;
            found.body.collect(bytes.len() as u64).await
        };
        Ok(self.repeat(read).await? == *bytes)
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: ObjectStore> ObjectStore for Retrying<S> {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn put(&self, object: &ObjectRef, body: Body, options: PutOptions) -> Result<PutReceipt> {
        match body.as_bytes().cloned() {
            Some(bytes) => self.put_whole(object, bytes, options).await,
            None => self.inner.put(object, body, options).await,
        }
    }

    async fn get(&self, object: &ObjectRef, options: GetOptions) -> Result<Object> {
        self.repeat(|| self.inner.get(object, options)).await
    }

    async fn head(&self, object: &ObjectRef) -> Result<ObjectInfo> {
        self.repeat(|| self.inner.head(object)).await
    }

    async fn delete(&self, object: &ObjectRef) -> Result<()> {
        self.repeat(|| self.inner.delete(object)).await
    }

    async fn delete_many(&self, bucket: &BucketName, keys: &[ObjectKey]) -> Result<Vec<Deletion>> {
        let mut tries = self.policy.start();
        let mut report = self.repeat(|| self.inner.delete_many(bucket, keys)).await?;
        loop {
            let passing = |(_, deletion): &(usize, &Deletion)| {
                let error = deletion.outcome.as_ref().err();
                error.is_some_and(StorageError::is_retryable)
            };
            let failed: Vec<_> = report.iter().enumerate().filter(passing).collect();
            let places: Vec<_> = failed.iter().map(|(place, _)| *place).collect();
            let again: Vec<_> = failed.iter().map(|(_, one)| one.key.clone()).collect();
            let Some(Err(error)) = failed.first().map(|(_, one)| &one.outcome) else {
                return Ok(report);
            };
            if !tries.next(error).await {
                let end = |one: Deletion| Deletion {
                    outcome: one.outcome.map_err(|error| tries.give_up(error)),
                    ..one
                };
                return Ok(report.into_iter().map(end).collect());
            }
            // A failure of the whole repeat leaves the first report, which still holds.
            if let Ok(repeated) = self.inner.delete_many(bucket, &again).await {
                for (place, deletion) in places.into_iter().zip(repeated) {
                    report[place] = deletion;
                }
            }
        }
    }

    async fn list(&self, bucket: &BucketName, options: ListOptions) -> Result<ListPage> {
        self.repeat(|| self.inner.list(bucket, options.clone()))
            .await
    }

    async fn sign_get(&self, object: &ObjectRef, options: SignOptions) -> Result<SignedUrl> {
        self.repeat(|| self.inner.sign_get(object, options.clone()))
            .await
    }

    async fn ensure_bucket(&self, bucket: &BucketName) -> Result<BucketOutcome> {
        self.repeat(|| self.inner.ensure_bucket(bucket)).await
    }
}
