//! A limit on how long a call may take.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use tokio::time;

use crate::body::Body;
use crate::error::{Result, StorageError, StorageErrorKind};
use crate::name::{BucketName, ObjectKey, ObjectRef};
use crate::object::{BucketOutcome, Deletion, ListPage, Object, ObjectInfo, PutReceipt};
use crate::options::{GetOptions, ListOptions, PutOptions, SignOptions};
use crate::signed_url::SignedUrl;
use crate::store::{Capabilities, ObjectStore};

/// Ends a call that takes too long with `TimedOut`.
///
/// # What it does
///
/// The limit is for one whole call.
/// A put may have a limit of its own, since its time grows with the body.
/// A get has the limit until it opens, and then again for each piece of its body: a slow reader is not
/// cut off, a stalled store is.
///
/// # Default
///
/// There is no default limit; the limit of puts is that of all calls.
///
/// # Cancellation
///
/// At the limit the call inside is dropped: what its contract says of a dropped call holds.
/// A write perhaps happened.
///
/// # Where it goes
///
/// Inside the retries, so that each attempt has its own time.
#[derive(Debug, Clone)]
pub struct TimedOut<S> {
    inner: S,
    limit: Duration,
    put_limit: Duration,
}

impl<S> TimedOut<S> {
    /// Returns `inner` with `limit` for each call.
    pub fn new(inner: S, limit: Duration) -> Self {
        Self {
            inner,
            limit,
            put_limit: limit,
        }
    }

    /// Returns the layer with another limit for puts.
    #[must_use]
    pub fn with_put_limit(mut self, limit: Duration) -> Self {
        self.put_limit = limit;
        self
    }

    /// Returns the store inside.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

async fn within<T>(
    limit: Duration,
    operation: &'static str,
    subject: impl fmt::Display + Send,
    call: impl Future<Output = Result<T>> + Send,
) -> Result<T> {
    match time::timeout(limit, call).await {
        Ok(answer) => answer,
        Err(_) => Err(timed_out(operation, subject, limit)),
    }
}

fn timed_out(operation: &'static str, subject: impl fmt::Display, limit: Duration) -> StorageError {
    StorageError::new(StorageErrorKind::TimedOut, operation, subject)
        .with_detail(format!("the limit is {limit:?}"))
}

fn piece_by_piece(body: Body, limit: Duration, object: ObjectRef) -> Body {
    if body.as_bytes().is_some() {
        return body;
    }
    let length = body.length();
    let state = Some((body.into_stream(), object));
    let pieces = stream::unfold(state, move |state| async move {
        let (mut pieces, object) = state?;
        match time::timeout(limit, pieces.next()).await {
            Ok(Some(Ok(piece))) => Some((Ok(piece), Some((pieces, object)))),
            Ok(Some(Err(error))) => Some((Err(error), None)),
            Ok(None) => None,
            Err(_) => Some((Err(timed_out("get", object, limit)), None)),
        }
    });
    Body::from_stream(pieces, length)
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: ObjectStore> ObjectStore for TimedOut<S> {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn put(&self, object: &ObjectRef, body: Body, options: PutOptions) -> Result<PutReceipt> {
        let call = self.inner.put(object, body, options);
        within(self.put_limit, "put", object, call).await
    }

    async fn get(&self, object: &ObjectRef, options: GetOptions) -> Result<Object> {
        let call = self.inner.get(object, options);
        let found = within(self.limit, "get", object, call).await?;
        Ok(Object {
            body: piece_by_piece(found.body, self.limit, object.clone()),
            ..found
        })
    }

    async fn head(&self, object: &ObjectRef) -> Result<ObjectInfo> {
        within(self.limit, "head", object, self.inner.head(object)).await
    }

    async fn delete(&self, object: &ObjectRef) -> Result<()> {
        within(self.limit, "delete", object, self.inner.delete(object)).await
    }

    async fn delete_many(&self, bucket: &BucketName, keys: &[ObjectKey]) -> Result<Vec<Deletion>> {
        let call = self.inner.delete_many(bucket, keys);
        within(self.limit, "delete_many", bucket, call).await
    }

    async fn list(&self, bucket: &BucketName, options: ListOptions) -> Result<ListPage> {
        let call = self.inner.list(bucket, options);
        within(self.limit, "list", bucket, call).await
    }

    async fn sign_get(&self, object: &ObjectRef, options: SignOptions) -> Result<SignedUrl> {
        let call = self.inner.sign_get(object, options);
        within(self.limit, "sign_get", object, call).await
    }

    async fn ensure_bucket(&self, bucket: &BucketName) -> Result<BucketOutcome> {
        let call = self.inner.ensure_bucket(bucket);
        within(self.limit, "ensure_bucket", bucket, call).await
    }
}
