//! A store that counts the calls to the store inside.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;

use super::operation::{Operation, Tally};
use crate::body::Body;
use crate::error::Result;
use crate::layer::hold;
use crate::name::{BucketName, ObjectKey, ObjectRef};
use crate::object::{BucketOutcome, Deletion, ListPage, Object, ObjectInfo, PutReceipt};
use crate::options::{GetOptions, ListOptions, PutOptions, SignOptions};
use crate::signed_url::SignedUrl;
use crate::store::{Capabilities, ObjectStore};

/// Counts the calls per operation, and how many were in flight at once.
///
/// A get is in flight until its body has been read or dropped.
#[derive(Debug, Default)]
pub struct CountingStore<S> {
    inner: S,
    calls: Tally,
    flights: Arc<Flights>,
}

impl<S> CountingStore<S> {
    /// Returns `inner` with all counts at zero.
    pub fn new(inner: S) -> Self {
        Self {
            inner,
            calls: Tally::default(),
            flights: Arc::default(),
        }
    }

    /// Returns the store inside.
    pub fn into_inner(self) -> S {
        self.inner
    }

    /// Returns how often `operation` was called.
    pub fn calls(&self, operation: Operation) -> u32 {
        self.calls.of(operation)
    }

    /// Returns how many calls there were in all.
    pub fn all_calls(&self) -> u32 {
        Operation::ALL.iter().map(|each| self.calls(*each)).sum()
    }

    /// Returns how many calls are in flight.
    pub fn in_flight(&self) -> u32 {
        self.flights.now.load(Ordering::SeqCst)
    }

    /// Returns how many calls were in flight at once at the most.
    pub fn peak_in_flight(&self) -> u32 {
        self.flights.peak.load(Ordering::SeqCst)
    }

    fn start(&self, operation: Operation) -> Flight {
        self.calls.add(operation);
        let now = self.flights.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.flights.peak.fetch_max(now, Ordering::SeqCst);
        Flight(Arc::clone(&self.flights))
    }
}

#[derive(Debug, Default)]
struct Flights {
    now: AtomicU32,
    peak: AtomicU32,
}

/// Ends with the call, also when its future is dropped.
struct Flight(Arc<Flights>);

impl Drop for Flight {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: ObjectStore> ObjectStore for CountingStore<S> {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn put(&self, object: &ObjectRef, body: Body, options: PutOptions) -> Result<PutReceipt> {
        let _flight = self.start(Operation::Put);
        self.inner.put(object, body, options).await
    }

    async fn get(&self, object: &ObjectRef, options: GetOptions) -> Result<Object> {
        let flight = self.start(Operation::Get);
        let object = self.inner.get(object, options).await?;
        Ok(Object {
            body: hold(object.body, flight),
            ..object
        })
    }

    async fn head(&self, object: &ObjectRef) -> Result<ObjectInfo> {
        let _flight = self.start(Operation::Head);
        self.inner.head(object).await
    }

    async fn delete(&self, object: &ObjectRef) -> Result<()> {
        let _flight = self.start(Operation::Delete);
        self.inner.delete(object).await
    }

    async fn delete_many(&self, bucket: &BucketName, keys: &[ObjectKey]) -> Result<Vec<Deletion>> {
        let _flight = self.start(Operation::DeleteMany);
        self.inner.delete_many(bucket, keys).await
    }

    async fn list(&self, bucket: &BucketName, options: ListOptions) -> Result<ListPage> {
        let _flight = self.start(Operation::List);
        self.inner.list(bucket, options).await
    }

    async fn sign_get(&self, object: &ObjectRef, options: SignOptions) -> Result<SignedUrl> {
        let _flight = self.start(Operation::SignGet);
        self.inner.sign_get(object, options).await
    }

    async fn ensure_bucket(&self, bucket: &BucketName) -> Result<BucketOutcome> {
        let _flight = self.start(Operation::EnsureBucket);
        self.inner.ensure_bucket(bucket).await
    }
}
