//! Buckets are made once, and no upload asks for them.

use std::sync::Arc;

use storage::pictures::testing::ScriptedSource;
use storage::pictures::{BucketMap, PictureStorage};
use storage::testing::{CountingStore, FailingStore, Failure, ManualClock, Operation};
use storage::{MemoryStore, StorageErrorKind};

use super::{fixture, request, serve};

#[tokio::test]
async fn buckets_are_made_once_and_never_asked_for_again() {
    let fixture = fixture().await;
    serve(&fixture.source, 4);
    assert_eq!(fixture.store.inner().calls(Operation::EnsureBucket), 4);
    let before = fixture.store.inner().all_calls();
    fixture.pictures.save(request(4)).await;
    fixture.pictures.ensure_buckets().await.unwrap();
    assert_eq!(fixture.store.inner().calls(Operation::EnsureBucket), 4);
    assert_eq!(fixture.store.inner().all_calls() - before, 4);
    assert_eq!(fixture.store.inner().calls(Operation::Put), 4);
}

#[tokio::test]
async fn ten_that_ensure_at_once_create_once() {
    let memory = MemoryStore::new(Arc::new(ManualClock::default()));
    let store = Arc::new(CountingStore::new(memory));
    let source = Arc::new(ScriptedSource::new());
    let pictures = PictureStorage::new(store.clone(), source, BucketMap::default());
    let calls = (0..10).map(|_| {
        let pictures = pictures.clone();
        tokio::spawn(async move { pictures.ensure_buckets().await })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap();
    }
    assert_eq!(store.calls(Operation::EnsureBucket), 4);
}

#[tokio::test]
async fn a_missing_right_names_the_bucket_and_the_next_call_tries_again() {
    let memory = MemoryStore::new(Arc::new(ManualClock::default()));
    let store = Arc::new(FailingStore::new(memory));
    let source = Arc::new(ScriptedSource::new());
    let pictures = PictureStorage::new(store.clone(), source, BucketMap::default());
    let kind = StorageErrorKind::Denied;
    store.fail(Failure::of(Operation::EnsureBucket, kind));
    let error = pictures.ensure_buckets().await.unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::Denied);
    assert_eq!(error.operation(), "ensure_bucket");
    assert_eq!(error.subject(), "imagen4");
    store.heal();
    pictures.ensure_buckets().await.unwrap();
}
