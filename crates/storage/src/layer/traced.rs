//! A span around every call.

use std::fmt;

use async_trait::async_trait;
use tokio::time::Instant;
use tracing::{Instrument, Span, debug_span, field};

use crate::body::Body;
use crate::error::Result;
use crate::name::{BucketName, ObjectKey, ObjectRef};
use crate::object::{BucketOutcome, Deletion, ListPage, Object, ObjectInfo, PutReceipt};
use crate::options::{GetOptions, ListOptions, PutOptions, SignOptions};
use crate::signed_url::SignedUrl;
use crate::store::{Capabilities, ObjectStore};

/// Opens a span for every call.
///
/// # What it does
///
/// The spans are `storage.put` and so on, at level debug, with the fields `object.bucket`, `object.key`,
/// `size_bytes` (of put, get and head), `count` (of `delete_many` and list), `elapsed_ms` and, for a
/// failure, `error.kind`.
/// Bodies, metadata and links are never recorded.
/// The time of a get goes to its first byte; its body is read later, outside of the span.
///
/// # Default
///
/// There is nothing to set; without a subscriber a span costs next to nothing.
///
/// # Cancellation
///
/// That of the store inside; the span of a dropped call has no `elapsed_ms`.
///
/// # Where it goes
///
/// Outermost, so that it shows what the caller waited for.
#[derive(Debug, Clone)]
pub struct Traced<S> {
    inner: S,
}

impl<S> Traced<S> {
    /// Returns `inner` with spans.
    pub fn new(inner: S) -> Self {
        Self { inner }
    }

    /// Returns the store inside.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

/// A span about an object or a bucket; its name must be a literal.
macro_rules! span {
    ($name:literal, $object:expr) => {
        debug_span!(
            $name,
            object.bucket = %$object.bucket,
            object.key = %$object.key,
            size_bytes = field::Empty,
            elapsed_ms = field::Empty,
            error.kind = field::Empty,
        )
    };
    ($name:literal, bucket $bucket:expr) => {
        debug_span!(
            $name,
            object.bucket = %$bucket,
            count = field::Empty,
            elapsed_ms = field::Empty,
            error.kind = field::Empty,
        )
    };
}

/// Does `call` inside of `span`, and records how long it took and how it failed.
async fn inside<T>(span: Span, call: impl Future<Output = Result<T>> + Send) -> (Span, Result<T>) {
    let start = Instant::now();
    let answer = call.instrument(span.clone()).await;
    let elapsed = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    span.record("elapsed_ms", elapsed);
    if let Err(error) = &answer {
        span.record("error.kind", field::debug(error.kind()));
    }
    (span, answer)
}

/// Records a number of the answer.
fn record<T: fmt::Debug>(
    (span, answer): (Span, Result<T>),
    name: &'static str,
    value: impl FnOnce(&T) -> u64,
) -> Result<T> {
    if let Ok(answer) = &answer {
        span.record(name, value(answer));
    }
    answer
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: ObjectStore> ObjectStore for Traced<S> {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn put(&self, object: &ObjectRef, body: Body, options: PutOptions) -> Result<PutReceipt> {
        let span = span!("storage.put", object);
        let done = inside(span, self.inner.put(object, body, options)).await;
        record(done, "size_bytes", |receipt| receipt.size_bytes)
    }

    async fn get(&self, object: &ObjectRef, options: GetOptions) -> Result<Object> {
        let span = span!("storage.get", object);
        let done = inside(span, self.inner.get(object, options)).await;
        record(done, "size_bytes", |found| {
            found.range.end - found.range.start
        })
    }

    async fn head(&self, object: &ObjectRef) -> Result<ObjectInfo> {
        let span = span!("storage.head", object);
        let done = inside(span, self.inner.head(object)).await;
        record(done, "size_bytes", |info| info.size_bytes)
    }

    async fn delete(&self, object: &ObjectRef) -> Result<()> {
        let span = span!("storage.delete", object);
        inside(span, self.inner.delete(object)).await.1
    }

    async fn delete_many(&self, bucket: &BucketName, keys: &[ObjectKey]) -> Result<Vec<Deletion>> {
        let span = span!("storage.delete_many", bucket bucket);
        let done = inside(span, self.inner.delete_many(bucket, keys)).await;
        record(done, "count", |report| report.len() as u64)
    }

    async fn list(&self, bucket: &BucketName, options: ListOptions) -> Result<ListPage> {
        let span = span!("storage.list", bucket bucket);
        let done = inside(span, self.inner.list(bucket, options)).await;
        record(done, "count", |page| page.entries.len() as u64)
    }

    async fn sign_get(&self, object: &ObjectRef, options: SignOptions) -> Result<SignedUrl> {
        let span = span!("storage.sign_get", object);
        inside(span, self.inner.sign_get(object, options)).await.1
    }

    async fn ensure_bucket(&self, bucket: &BucketName) -> Result<BucketOutcome> {
        let span = span!("storage.ensure_bucket", bucket bucket);
        inside(span, self.inner.ensure_bucket(bucket)).await.1
    }
}
