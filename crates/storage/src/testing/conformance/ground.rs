//! The ground that the rules play on: a store with one fresh bucket, and short ways to use it.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, stream};

use super::fixture::Fixture;
use crate::body::Body;
use crate::error::{Result, StorageError, StorageErrorKind};
use crate::name::{BucketName, ObjectKey, ObjectRef};
use crate::object::{ListPage, ObjectInfo, PutReceipt};
use crate::options::{GetOptions, ListOptions, PutOptions};
use crate::store::ObjectStore;

/// More than any rule stores.
const READ_LIMIT: u64 = 64 << 20;

/// How many calls the rules with many keys keep in flight.
const AT_ONCE: usize = 16;

pub(super) struct Ground {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) bucket: BucketName,
}

impl Ground {
    pub(super) async fn new(fixture: &impl Fixture) -> Self {
        let ground = Self {
            store: fixture.store(),
            bucket: fixture.bucket(),
        };
        ground.store.ensure_bucket(&ground.bucket).await.unwrap();
        ground
    }

    /// A ground whose bucket does not exist.
    pub(super) fn without_bucket(fixture: &impl Fixture) -> Self {
        Self {
            store: fixture.store(),
            bucket: fixture.bucket(),
        }
    }

    pub(super) fn object(&self, name: &str) -> ObjectRef {
        ObjectRef::new(self.bucket.clone(), key(name))
    }

    /// Stores by overwriting, which must succeed.
    pub(super) async fn put(&self, name: &str, body: impl Into<Body>) -> PutReceipt {
        self.put_with(name, body, PutOptions::overwrite())
            .await
            .unwrap()
    }

    pub(super) async fn put_with(
        &self,
        name: &str,
        body: impl Into<Body>,
        options: PutOptions,
    ) -> Result<PutReceipt> {
        self.store
            .put(&self.object(name), body.into(), options)
            .await
    }

    pub(super) async fn put_all(&self, names: &[impl AsRef<str> + Sync]) {
        let names: Vec<_> = names.iter().map(|name| name.as_ref().to_owned()).collect();
        stream::iter(names)
            .map(|name| async move { self.put(&name, name.clone().into_bytes()).await })
            .buffer_unordered(AT_ONCE)
            .for_each(|_| async {})
            .await;
    }

    pub(super) async fn read(&self, name: &str) -> Bytes {
        let object = self.get(name, GetOptions::default()).await.unwrap();
        object.body.collect(READ_LIMIT).await.unwrap()
    }

    pub(super) async fn get(
        &self,
        name: &str,
        options: GetOptions,
    ) -> Result<crate::object::Object> {
        self.store.get(&self.object(name), options).await
    }

    pub(super) async fn head(&self, name: &str) -> ObjectInfo {
        self.store.head(&self.object(name)).await.unwrap()
    }

    pub(super) async fn delete(&self, name: &str) {
        self.store.delete(&self.object(name)).await.unwrap();
    }

    /// Asserts that neither get nor head nor list knows `name`.
    pub(super) async fn assert_absent(&self, name: &str) {
        let read = self.get(name, GetOptions::default()).await.map(drop);
        assert_kind(read, StorageErrorKind::NotFound);
        let asked = self.store.head(&self.object(name)).await;
        assert_kind(asked, StorageErrorKind::NotFound);
        assert!(!self.names().await.contains(&name.to_owned()), "{name}");
    }

    pub(super) async fn list(&self, options: ListOptions) -> Result<ListPage> {
        self.store.list(&self.bucket, options).await
    }

    /// Returns all keys, page by page.
    pub(super) async fn names(&self) -> Vec<String> {
        self.names_by("", 1000).await
    }

    pub(super) async fn names_by(&self, prefix: &str, limit: u16) -> Vec<String> {
        let mut all = Vec::new();
        let mut start_after = None;
        loop {
            let options = ListOptions {
                prefix: prefix.to_owned(),
                start_after,
                limit,
            };
            let page = self.list(options).await.unwrap();
            assert!(page.entries.len() <= limit.into(), "a page over its limit");
            all.extend(names_of(&page));
            let Some(next) = page.next_start_after else {
                return all;
            };
            let last = page.entries.last().map(|entry| &entry.key);
            assert_eq!(last, Some(&next), "the next page starts after the last key");
            start_after = Some(next);
        }
    }
}

pub(super) fn key(name: &str) -> ObjectKey {
    name.parse().unwrap()
}

pub(super) fn names_of(page: &ListPage) -> Vec<String> {
    page.entries
        .iter()
        .map(|entry| entry.key.to_string())
        .collect()
}

#[track_caller]
pub(super) fn assert_kind<T: std::fmt::Debug>(
    result: Result<T, StorageError>,
    kind: StorageErrorKind,
) {
    match result {
        Ok(answer) => panic!("expected {kind:?} and got {answer:?}"),
        Err(error) => assert_eq!(error.kind(), kind, "{error:?}"),
    }
}

/// Returns bytes without a pattern that a store could cut or repeat unnoticed.
pub(super) fn noise(length: usize) -> Bytes {
    let mut random = fastrand::Rng::with_seed(length as u64);
    let mut bytes = vec![0; length];
    random.fill(&mut bytes);
    bytes.into()
}

/// Returns a body that comes in `pieces`.
pub(super) fn pieces(pieces: Vec<Result<Bytes>>, length: Option<u64>) -> Body {
    Body::from_stream(stream::iter(pieces), length)
}

/// Returns `bytes` in pieces of `size`.
pub(super) fn cut(bytes: &Bytes, size: usize) -> Vec<Result<Bytes>> {
    let piece = |start: usize| Ok(bytes.slice(start..bytes.len().min(start + size)));
    (0..bytes.len()).step_by(size).map(piece).collect()
}

/// Returns the error with which a body ends midway.
pub(super) fn broken<T>() -> Result<T> {
    Err(StorageError::new(
        StorageErrorKind::BodyFailed,
        "read",
        "body",
    ))
}
