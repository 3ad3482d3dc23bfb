//! A part of a store as a store: all keys stand below a prefix.

use async_trait::async_trait;

use crate::body::Body;
use crate::error::{Result, StorageError, StorageErrorKind};
use crate::name::{BucketName, ObjectKey, ObjectRef};
use crate::object::{BucketOutcome, Deletion, ListEntry, ListPage, Object, ObjectInfo, PutReceipt};
use crate::options::{GetOptions, ListOptions, PutOptions, SignOptions};
use crate::signed_url::SignedUrl;
use crate::store::{Capabilities, ObjectStore};

/// Puts a prefix before every key.
///
/// # What it does
///
/// The key `a.png` becomes `prefix/a.png` in the store inside; listings show keys without the prefix, and
/// nothing outside of it can be named.
/// Keys may be as much shorter than 1024 bytes as the prefix is long; a longer one is `InvalidInput`.
/// Links and the texts of errors show the whole key.
///
/// # Default
///
/// There is no default prefix.
///
/// # Cancellation
///
/// That of the store inside.
///
/// # Where it goes
///
/// Next to the adapter.
#[derive(Debug, Clone)]
pub struct Prefixed<S> {
    inner: S,
    prefix: ObjectKey,
}

impl<S> Prefixed<S> {
    /// Returns the part of `inner` below `prefix` and a `/`.
    pub fn new(inner: S, prefix: ObjectKey) -> Self {
        Self { inner, prefix }
    }

    /// Returns the store inside.
    pub fn into_inner(self) -> S {
        self.inner
    }

    fn key(&self, operation: &'static str, key: &ObjectKey) -> Result<ObjectKey> {
        format!("{}/{key}", self.prefix).parse().map_err(|cause| {
            StorageError::new(StorageErrorKind::InvalidInput, operation, key)
                .with_detail("with its prefix the key is too long")
                .with_source(cause)
        })
    }

    fn object(&self, operation: &'static str, object: &ObjectRef) -> Result<ObjectRef> {
        let key = self.key(operation, &object.key)?;
        Ok(ObjectRef::new(object.bucket.clone(), key))
    }

    fn without_prefix(&self, key: &ObjectKey) -> Result<ObjectKey> {
        key.as_str()
            .strip_prefix(self.prefix.as_str())
            .and_then(|rest| rest.strip_prefix('/'))
            .and_then(|rest| rest.parse().ok())
            .ok_or_else(|| {
                StorageError::new(StorageErrorKind::Unexpected, "list", key)
                    .with_detail("the listing has a key without the prefix")
            })
    }

    fn entry(&self, entry: ListEntry) -> Result<ListEntry> {
        Ok(ListEntry {
            key: self.without_prefix(&entry.key)?,
            ..entry
        })
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: ObjectStore> ObjectStore for Prefixed<S> {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn put(&self, object: &ObjectRef, body: Body, options: PutOptions) -> Result<PutReceipt> {
        let object = self.object("put", object)?;
        self.inner.put(&object, body, options).await
    }

    async fn get(&self, object: &ObjectRef, options: GetOptions) -> Result<Object> {
        let object = self.object("get", object)?;
        self.inner.get(&object, options).await
    }

    async fn head(&self, object: &ObjectRef) -> Result<ObjectInfo> {
        let object = self.object("head", object)?;
        self.inner.head(&object).await
    }

    async fn delete(&self, object: &ObjectRef) -> Result<()> {
        let object = self.object("delete", object)?;
        self.inner.delete(&object).await
    }

    async fn delete_many(&self, bucket: &BucketName, keys: &[ObjectKey]) -> Result<Vec<Deletion>> {
        let whole: Result<Vec<_>> = keys
            .iter()
            .map(|key| self.key("delete_many", key))
            .collect();
        let report = self.inner.delete_many(bucket, &whole?).await?;
        let named = keys.iter().zip(report).map(|(key, deletion)| Deletion {
            key: key.clone(),
            outcome: deletion.outcome,
        });
        Ok(named.collect())
    }

    async fn list(&self, bucket: &BucketName, options: ListOptions) -> Result<ListPage> {
        let start_after = options.start_after.as_ref();
        let options = ListOptions {
            prefix: format!("{}/{}", self.prefix, options.prefix),
            start_after: start_after.map(|key| self.key("list", key)).transpose()?,
            limit: options.limit,
        };
        let page = self.inner.list(bucket, options).await?;
        let entries: Result<Vec<_>> = page
            .entries
            .into_iter()
            .map(|entry| self.entry(entry))
            .collect();
        let next = page.next_start_after.as_ref();
        Ok(ListPage {
            entries: entries?,
            next_start_after: next.map(|key| self.without_prefix(key)).transpose()?,
        })
    }

    async fn sign_get(&self, object: &ObjectRef, options: SignOptions) -> Result<SignedUrl> {
        let object = self.object("sign_get", object)?;
        self.inner.sign_get(&object, options).await
    }

    async fn ensure_bucket(&self, bucket: &BucketName) -> Result<BucketOutcome> {
        self.inner.ensure_bucket(bucket).await
    }
}
