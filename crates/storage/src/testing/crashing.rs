//! A process that dies at its n-th call, and a store that it uses.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::failing::When;
use crate::body::Body;
use crate::error::{Result, StorageError, StorageErrorKind};
use crate::name::{BucketName, ObjectKey, ObjectRef};
use crate::object::{BucketOutcome, Deletion, ListPage, Object, ObjectInfo, PutReceipt};
use crate::options::{GetOptions, ListOptions, PutOptions, SignOptions};
use crate::signed_url::SignedUrl;
use crate::store::{Capabilities, ObjectStore};

/// The life of a process that makes calls: it dies at one of them, and after that none has an effect.
///
/// Everything that the process uses shares it, so that the calls on a store and on its records are counted together.
#[derive(Debug, Default)]
pub struct Lifeline {
    calls: AtomicU32,
    end: Option<(u32, When)>,
    dead: AtomicBool,
    pauses: Option<Mutex<fastrand::Rng>>,
}

impl Lifeline {
    /// Returns a life that does not end.
    pub fn endless() -> Self {
        Self::default()
    }

    /// Returns a life that ends at call number `call`, counted from 1: before that call has its effect, or right after.
    pub fn ending_at(call: u32, when: When) -> Self {
        Self {
            end: Some((call, when)),
            ..Self::default()
        }
    }

    /// Returns the life with pauses around its calls, so that others get on in between, as `seed` has it.
    #[must_use]
    pub fn with_pauses(mut self, seed: u64) -> Self {
        self.pauses = Some(Mutex::new(fastrand::Rng::with_seed(seed)));
        self
    }

    /// Returns how many calls were made while it lived.
    pub fn calls(&self) -> u32 {
        self.calls.load(Ordering::SeqCst)
    }

    /// Tells whether it has ended.
    pub fn is_over(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    /// Makes a call, if it lives.
    ///
    /// # Errors
    ///
    /// `Unavailable` at its end and after it, and those of the call.
    ///
    /// # Cancellation
    ///
    /// That of the call.
    pub async fn call<T: Send>(
        &self,
        operation: &'static str,
        subject: impl fmt::Display + Send + Sync,
        call: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        let over = || StorageError::new(StorageErrorKind::Unavailable, operation, &subject);
        self.pause().await;
        if self.is_over() {
            return Err(over());
        }
        let number = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        let end = self.end.filter(|(last, _)| *last == number);
        let Some((_, when)) = end else {
            let answer = call.await;
            self.pause().await;
            return answer;
        };
        self.dead.store(true, Ordering::SeqCst);
        if when == When::After {
            // Whatever the call says, nobody is there any more to hear it.
            drop(call.await);
        }
        Err(over())
    }

    async fn pause(&self) {
        let Some(pauses) = &self.pauses else {
            return;
        };
        let count = pauses
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .u32(0..4);
        for _ in 0..count {
            tokio::task::yield_now().await;
        }
    }
}

/// The store as a process sees it that dies at one of its calls.
#[derive(Debug)]
pub struct CrashingStore<S> {
    inner: S,
    life: Arc<Lifeline>,
}

impl<S> CrashingStore<S> {
    /// Returns `inner` as seen by a process with this life.
    pub fn new(inner: S, life: Arc<Lifeline>) -> Self {
        Self { inner, life }
    }

    /// Returns the store inside, which lives on.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: ObjectStore> ObjectStore for CrashingStore<S> {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn put(&self, object: &ObjectRef, body: Body, options: PutOptions) -> Result<PutReceipt> {
        let call = self.inner.put(object, body, options);
        self.life.call("put", object, call).await
    }

    async fn get(&self, object: &ObjectRef, options: GetOptions) -> Result<Object> {
        let call = self.inner.get(object, options);
        self.life.call("get", object, call).await
    }

    async fn head(&self, object: &ObjectRef) -> Result<ObjectInfo> {
        let call = self.inner.head(object);
        self.life.call("head", object, call).await
    }

    async fn delete(&self, object: &ObjectRef) -> Result<()> {
        let call = self.inner.delete(object);
        self.life.call("delete", object, call).await
    }

    async fn delete_many(&self, bucket: &BucketName, keys: &[ObjectKey]) -> Result<Vec<Deletion>> {
        let call = self.inner.delete_many(bucket, keys);
        self.life.call("delete_many", bucket, call).await
    }

    async fn list(&self, bucket: &BucketName, options: ListOptions) -> Result<ListPage> {
        let call = self.inner.list(bucket, options);
        self.life.call("list", bucket, call).await
    }

    async fn sign_get(&self, object: &ObjectRef, options: SignOptions) -> Result<SignedUrl> {
        let call = self.inner.sign_get(object, options);
        self.life.call("sign_get", object, call).await
    }

    async fn ensure_bucket(&self, bucket: &BucketName) -> Result<BucketOutcome> {
        let call = self.inner.ensure_bucket(bucket);
        self.life.call("ensure_bucket", bucket, call).await
    }
}
