//! What a bucket does with an object, from its put to its removal.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use storage::{
    Body, BucketName, GetOptions, ListOptions, ObjectRef, ObjectStore, PutOptions, Sha256Digest,
    StorageError, StorageErrorKind,
};
use tokio::time::Instant;

use super::{write_fault, write_step};

/// One step of a check of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreStep {
    /// A listing of one object at most, which also tells a missing bucket.
    List,
    /// A put of a few bytes under a random key.
    Put,
    /// A look at what was put.
    Head,
    /// A read of it.
    Get,
    /// A removal of it, and a look that finds it gone.
    Delete,
}

impl StoreStep {
    /// Returns the step as one lower-case word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Put => "put",
            Self::Head => "head",
            Self::Get => "get",
            Self::Delete => "delete",
        }
    }
}

/// What a check of one bucket found.
#[derive(Debug)]
pub struct BucketCheck {
    bucket: BucketName,
    steps: Vec<(StoreStep, Duration)>,
    fault: Option<StorageError>,
    left_behind: Option<ObjectRef>,
}

impl BucketCheck {
    pub(super) async fn run(store: &dyn ObjectStore, bucket: &BucketName) -> Self {
        let mut check = Self {
            bucket: bucket.clone(),
            steps: Vec::new(),
            fault: None,
            left_behind: None,
        };
        if check.list(store).await {
            check.try_out(store).await;
        }
        check
    }

    /// Returns the bucket.
    pub fn bucket(&self) -> &BucketName {
        &self.bucket
    }

    /// Returns the steps that succeeded, each with the time it took, in order.
    pub fn steps(&self) -> &[(StoreStep, Duration)] {
        &self.steps
    }

    /// Returns the first fault; its [operation](StorageError::operation) is the step.
    pub fn fault(&self) -> Option<&StorageError> {
        self.fault.as_ref()
    }

    /// Returns the random key if it could not be removed.
    pub fn left_behind(&self) -> Option<&ObjectRef> {
        self.left_behind.as_ref()
    }

    async fn list(&mut self, store: &dyn ObjectStore) -> bool {
        let options = ListOptions {
            limit: 1,
            ..ListOptions::default()
        };
        let listing = async { store.list(&self.bucket, options).await.map(drop) };
        let outcome = timed(listing).await;
        self.note(StoreStep::List, outcome)
    }

    async fn try_out(&mut self, store: &dyn ObjectStore) {
        let name = format!("check-{:032x}", fastrand::u128(..));
        let Ok(key) = name.parse() else {
            return debug_assert!(false, "{name} is no key");
        };
        let object = ObjectRef::new(self.bucket.clone(), key);
        let bytes = Bytes::from(format!("{:032x}", fastrand::u128(..)));
        let put = timed(put(store, &object, &bytes)).await;
        let may_be_there = put.as_ref().err().is_none_or(is_ambiguous);
        if self.note(StoreStep::Put, put) {
            let head = timed(head(store, &object, &bytes)).await;
            self.note(StoreStep::Head, head);
            let get = timed(get(store, &object, &bytes)).await;
            self.note(StoreStep::Get, get);
        }
        if may_be_there {
            self.remove(store, object).await;
        }
    }

    async fn remove(&mut self, store: &dyn ObjectStore, object: ObjectRef) {
        let gone = timed(delete(store, &object)).await;
        if gone.is_err() {
            self.left_behind = Some(object);
        }
        // After a put that perhaps happened, only its fault is told.
        if self.fault.is_none() {
            self.note(StoreStep::Delete, gone);
        }
    }

    /// Keeps the time of a step, or the fault if it is the first; tells whether the step succeeded.
    fn note(&mut self, step: StoreStep, outcome: Result<Duration, StorageError>) -> bool {
        match outcome {
            Ok(time) => {
                self.steps.push((step, time));
                true
            }
            Err(error) => {
                self.fault.get_or_insert(error);
                false
            }
        }
    }
}

async fn timed<F>(step: F) -> Result<Duration, StorageError>
where
    F: Future<Output = Result<(), StorageError>>,
{
    let start = Instant::now();
    step.await.map(|()| start.elapsed())
}

async fn put(
    store: &dyn ObjectStore,
    object: &ObjectRef,
    bytes: &Bytes,
) -> Result<(), StorageError> {
    let options = PutOptions::create_only()
        .with_content_type("text/plain")
        .with_sha256(Sha256Digest::of(bytes));
    store
        .put(object, Body::from(bytes.clone()), options)
        .await
        .map(drop)
}

async fn head(
    store: &dyn ObjectStore,
    object: &ObjectRef,
    bytes: &Bytes,
) -> Result<(), StorageError> {
    let found = store.head(object).await?;
    same(found.size_bytes == bytes.len() as u64, "head", object)
}

async fn get(
    store: &dyn ObjectStore,
    object: &ObjectRef,
    bytes: &Bytes,
) -> Result<(), StorageError> {
    let opened = store.get(object, GetOptions::default()).await?;
    let found = opened.body.collect(bytes.len() as u64).await?;
    same(found == bytes, "get", object)
}

/// A server that answers "deleted" and keeps the object is found out here.
async fn delete(store: &dyn ObjectStore, object: &ObjectRef) -> Result<(), StorageError> {
    store.delete(object).await?;
    match store.head(object).await {
        Err(error) if error.kind() == StorageErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(_) => same(false, "delete", object),
    }
}

fn same(is_same: bool, step: &'static str, object: &ObjectRef) -> Result<(), StorageError> {
    if is_same {
        return Ok(());
    }
    let error = StorageError::new(StorageErrorKind::Corrupt, step, object);
    Err(error.with_detail("what was just done is not to be seen"))
}

fn is_ambiguous(error: &StorageError) -> bool {
    use StorageErrorKind::{TimedOut, Unavailable, Unexpected};
    matches!(error.kind(), TimedOut | Unavailable | Unexpected)
}

impl fmt::Display for BucketCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n  bucket   {}", self.bucket)?;
        for (step, time) in &self.steps {
            write_step(f, step.as_str(), *time)?;
        }
        if let Some(fault) = &self.fault {
            write_fault(f, fault)?;
        }
        match &self.left_behind {
            Some(object) => write!(f, "\n  left behind: {object}; remove it by hand"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use storage::testing::{FailingStore, Failure, MockObjectStore, Operation};
    use storage::{ListPage, MemoryStore, Metadata, ObjectInfo, PutReceipt, SystemClock};

    use super::*;

    fn bucket() -> BucketName {
        "imagen4".parse().unwrap()
    }

    async fn store() -> FailingStore<MemoryStore> {
        let store = MemoryStore::new(Arc::new(SystemClock));
        store.ensure_bucket(&bucket()).await.unwrap();
        FailingStore::new(store)
    }

    async fn left_in(store: &FailingStore<MemoryStore>) -> usize {
        let listed = store.inner().list(&bucket(), ListOptions::default()).await;
        listed.unwrap().entries.len()
    }

    #[tokio::test]
    async fn every_step_is_tried_and_nothing_is_left_behind() {
        let store = store().await;
        let check = BucketCheck::run(&store, &bucket()).await;
        assert!(
            check.fault().is_none() && check.left_behind().is_none(),
            "{check}"
        );
        let steps: Vec<_> = check
            .steps()
            .iter()
            .map(|(step, _)| step.as_str())
            .collect();
        assert_eq!(steps, ["list", "put", "head", "get", "delete"]);
        assert_eq!(left_in(&store).await, 0);
    }

    #[tokio::test]
    async fn a_fault_after_the_put_is_told_and_the_key_removed() {
        for operation in [Operation::Head, Operation::Get] {
            let store = store().await;
            store.fail(Failure::of(operation, StorageErrorKind::Denied).on_calls(1..=1));
            let check = BucketCheck::run(&store, &bucket()).await;
            let fault = check.fault().unwrap();
            assert_eq!(fault.kind(), StorageErrorKind::Denied, "{check}");
            assert_eq!(left_in(&store).await, 0);
        }
    }

    #[tokio::test]
    async fn a_put_that_perhaps_happened_is_cleared_away() {
        let store = store().await;
        store.fail(Failure::of(Operation::Put, StorageErrorKind::TimedOut).after_the_effect());
        let check = BucketCheck::run(&store, &bucket()).await;
        assert_eq!(check.fault().unwrap().kind(), StorageErrorKind::TimedOut);
        assert!(check.left_behind().is_none(), "{check}");
        assert_eq!(left_in(&store).await, 0);
    }

    #[tokio::test]
    async fn a_key_that_cannot_be_removed_is_named() {
        let store = store().await;
        store.fail(Failure::of(Operation::Delete, StorageErrorKind::Denied));
        let check = BucketCheck::run(&store, &bucket()).await;
        assert_eq!(check.fault().unwrap().operation(), "delete");
        let object = check.left_behind().unwrap();
        assert!(check.to_string().contains(&object.to_string()), "{check}");
    }

    #[tokio::test]
    async fn a_store_that_does_not_keep_what_it_confirms_is_found_out() {
        let mut store = MockObjectStore::new();
        store
            .expect_list()
            .returning(|_, _| Ok(ListPage::default()));
        store.expect_put().returning(|_, _, _| {
            Ok(PutReceipt {
                size_bytes: 32,
                etag: None,
            })
        });
        // It cuts what it is given, and removes nothing.
        store.expect_head().returning(|_| {
            Ok(ObjectInfo {
                size_bytes: 31,
                content_type: None,
                etag: None,
                last_modified: None,
                sha256: None,
                metadata: Metadata::new(),
            })
        });
        let cut = |object: &ObjectRef| StorageError::new(StorageErrorKind::Corrupt, "get", object);
        store
            .expect_get()
            .returning(move |object, _| Err(cut(object)));
        store.expect_delete().returning(|_| Ok(()));
        let check = BucketCheck::run(&store, &bucket()).await;
        let fault = check.fault().unwrap();
        assert_eq!(
            (fault.kind(), fault.operation()),
            (StorageErrorKind::Corrupt, "head")
        );
        assert!(check.left_behind().is_some(), "{check}");
    }

    #[tokio::test]
    async fn a_missing_bucket_is_told_and_not_made() {
        let store = store().await;
        let other: BucketName = "temp".parse().unwrap();
        let check = BucketCheck::run(&store, &other).await;
        let fault = check.fault().unwrap();
        assert_eq!(fault.kind(), StorageErrorKind::BucketNotFound);
        assert_eq!(
            (fault.operation(), store.calls(Operation::Put)),
            ("list", 0)
        );
    }
}
