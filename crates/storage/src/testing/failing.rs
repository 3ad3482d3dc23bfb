//! A store that fails by a script.

mod script;

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

pub use self::script::{Failure, When};
use super::operation::{Operation, Tally};
use crate::body::Body;
use crate::error::Result;
use crate::name::{BucketName, ObjectKey, ObjectRef};
use crate::object::{BucketOutcome, Deletion, ListPage, Object, ObjectInfo, PutReceipt};
use crate::options::{GetOptions, ListOptions, PutOptions, SignOptions};
use crate::signed_url::SignedUrl;
use crate::store::{Capabilities, ObjectStore};

/// Fails where its script says so, and otherwise does what the store inside does.
///
/// # Examples
///
/// ```
/// use storage::testing::{Failure, FailingStore, Operation};
/// use storage::StorageErrorKind;
/// # let inner = storage::MemoryStore::new(std::sync::Arc::new(storage::SystemClock));
///
/// let store = FailingStore::new(inner);
/// // The second put is done, but its answer is lost.
/// store.fail(
///     Failure::of(Operation::Put, StorageErrorKind::TimedOut)
///         .on_calls(2..=2)
///         .after_the_effect(),
/// );
/// ```
#[derive(Debug, Default)]
pub struct FailingStore<S> {
    inner: S,
    script: Mutex<Vec<Failure>>,
    calls: Tally,
}

impl<S> FailingStore<S> {
    /// Returns `inner` with an empty script.
    pub fn new(inner: S) -> Self {
        Self {
            inner,
            script: Mutex::default(),
            calls: Tally::default(),
        }
    }

    /// Returns the store inside.
    pub fn into_inner(self) -> S {
        self.inner
    }

    /// Returns the store inside, to look at what really happened.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    /// Adds a line to the script; of several lines that fit a call, the first counts.
    pub fn fail(&self, failure: Failure) {
        self.with_script(|script| script.push(failure));
    }

    /// Empties the script: the store is well again.
    pub fn heal(&self) {
        self.with_script(Vec::clear);
    }

    /// Returns how often `operation` was called, failed calls included.
    pub fn calls(&self, operation: Operation) -> u32 {
        self.calls.of(operation)
    }

    fn with_script<T>(&self, change: impl FnOnce(&mut Vec<Failure>) -> T) -> T {
        change(&mut self.script.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn find(&self, fits: impl Fn(&Failure) -> bool) -> Option<Failure> {
        self.with_script(|script| script.iter().find(|failure| fits(failure)).cloned())
    }

    async fn play<T: Send>(
        &self,
        operation: Operation,
        key: &str,
        call: impl Future<Output = Result<T>> + Send,
    ) -> Result<T>
    where
        S: Sync,
    {
        let number = self.calls.add(operation);
        let Some(failure) = self.find(|failure| failure.concerns(operation, number, key)) else {
            return call.await;
        };
        if failure.when() == When::After {
            call.await?;
        }
        Err(failure.error(key))
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: ObjectStore> ObjectStore for FailingStore<S> {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn put(&self, object: &ObjectRef, body: Body, options: PutOptions) -> Result<PutReceipt> {
        let call = self.inner.put(object, body, options);
        self.play(Operation::Put, object.key.as_str(), call).await
    }

    async fn get(&self, object: &ObjectRef, options: GetOptions) -> Result<Object> {
        let call = self.inner.get(object, options);
        self.play(Operation::Get, object.key.as_str(), call).await
    }

    async fn head(&self, object: &ObjectRef) -> Result<ObjectInfo> {
        let call = self.inner.head(object);
        self.play(Operation::Head, object.key.as_str(), call).await
    }

    async fn delete(&self, object: &ObjectRef) -> Result<()> {
        let call = self.inner.delete(object);
        self.play(Operation::Delete, object.key.as_str(), call)
            .await
    }

    async fn delete_many(&self, bucket: &BucketName, keys: &[ObjectKey]) -> Result<Vec<Deletion>> {
        let number = self.calls.add(Operation::DeleteMany);
        let failure =
            |key: &str| self.find(|failure| failure.concerns(Operation::DeleteMany, number, key));
        if let Some(whole) = failure("").filter(|failure| !failure.names_keys()) {
            if whole.when() == When::After {
                self.inner.delete_many(bucket, keys).await?;
            }
            return Err(whole.error(bucket));
        }
        let failures: Vec<_> = keys.iter().map(|key| failure(key.as_str())).collect();
        let spared = |failure: &Option<Failure>| {
            let when = failure.as_ref().map(Failure::when);
            when == Some(When::Before)
        };
        let reached: Vec<_> = keys
            .iter()
            .zip(&failures)
            .filter(|(_, failure)| !spared(failure))
            .map(|(key, _)| key.clone())
            .collect();
        let mut done = self.inner.delete_many(bucket, &reached).await?.into_iter();
        let report = keys.iter().zip(failures).filter_map(|(key, failure)| {
            let real = if spared(&failure) { None } else { done.next() };
            match failure {
                Some(failure) => Some(Deletion {
                    key: key.clone(),
                    outcome: Err(failure.error(key)),
                }),
                None => real,
            }
        });
        Ok(report.collect())
    }

    async fn list(&self, bucket: &BucketName, options: ListOptions) -> Result<ListPage> {
        let prefix = options.prefix.clone();
        let call = self.inner.list(bucket, options);
        self.play(Operation::List, &prefix, call).await
    }

    async fn sign_get(&self, object: &ObjectRef, options: SignOptions) -> Result<SignedUrl> {
        let call = self.inner.sign_get(object, options);
        self.play(Operation::SignGet, object.key.as_str(), call)
            .await
    }

    async fn ensure_bucket(&self, bucket: &BucketName) -> Result<BucketOutcome> {
        let call = self.inner.ensure_bucket(bucket);
        self.play(Operation::EnsureBucket, bucket.as_str(), call)
            .await
    }
}
