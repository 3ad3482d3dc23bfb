//! What each layer adds.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use storage::layer::{Limited, Prefixed, RetryPolicy, Retrying, TimedOut, Traced};
use storage::testing::{
    CountingStore, FailingStore, Failure, ManualClock, MockObjectStore, Operation,
};
use storage::{
    Body, GetOptions, ListOptions, MemoryStore, Metadata, Object, ObjectInfo, ObjectRef,
    ObjectStore, PutOptions, Sha256Digest, StorageError, StorageErrorKind,
};
use tokio::time::{self, Instant};

fn object(key: &str) -> ObjectRef {
    format!("imagen4/{key}").parse().unwrap()
}

async fn memory() -> MemoryStore {
    let store = MemoryStore::new(Arc::new(ManualClock::default()));
    store.ensure_bucket(&object("a").bucket).await.unwrap();
    store
}

async fn failing() -> FailingStore<MemoryStore> {
    FailingStore::new(memory().await)
}

fn retrying(store: FailingStore<MemoryStore>) -> Retrying<FailingStore<MemoryStore>> {
    Retrying::new(store, RetryPolicy::default())
}

fn with_digest() -> PutOptions {
    PutOptions::create_only()
        .with_content_type("image/png")
        .with_sha256(Sha256Digest::of(b"one"))
}

/// A store whose every answer takes a while.
fn slow(pause: Duration) -> MockObjectStore {
    let mut store = MockObjectStore::new();
    store.expect_head().returning(|_| Err(refused()));
    store.expect_get().returning(move |_, _| {
        let piece = move |n: u32| async move {
            time::sleep(pause).await;
            (n < 3).then(|| (Ok(Bytes::from_static(b"ab")), n + 1))
        };
        Ok(Object {
            info: info(6),
            range: 0..6,
            body: Body::from_stream(stream::unfold(0, piece), Some(6)),
        })
    });
    store
}

fn info(size_bytes: u64) -> ObjectInfo {
    ObjectInfo {
        size_bytes,
        content_type: None,
        etag: None,
        last_modified: None,
        sha256: None,
        metadata: Metadata::new(),
    }
}

fn refused() -> StorageError {
    StorageError::new(StorageErrorKind::Denied, "head", "imagen4/a")
}

#[tokio::test]
async fn a_prefix_hides_what_lies_outside() {
    let store = Arc::new(memory().await);
    let part = Prefixed::new(Arc::clone(&store), "one".parse().unwrap());
    store
        .put(&object("outside"), "x".into(), PutOptions::create_only())
        .await
        .unwrap();
    part.put(&object("a"), "x".into(), PutOptions::create_only())
        .await
        .unwrap();
    assert!(store.head(&object("one/a")).await.is_ok());
    let page = part.list(&object("a").bucket, ListOptions::default()).await;
    assert_eq!(page.unwrap().entries.len(), 1);
    let missing = part.head(&object("outside")).await.unwrap_err();
    assert_eq!(missing.kind(), StorageErrorKind::NotFound);
}

#[tokio::test]
async fn a_key_too_long_for_its_prefix_is_refused() {
    let part = Prefixed::new(memory().await, "one".parse().unwrap());
    let long = object(&"k".repeat(1021));
    let error = part.head(&long).await.unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::InvalidInput);
}

#[tokio::test(start_paused = true)]
async fn a_put_is_repeated_until_it_succeeds() {
    let inner = failing().await;
    inner.fail(Failure::of(Operation::Put, StorageErrorKind::Unavailable).on_calls(1..=3));
    let store = retrying(inner);
    store
        .put(&object("a"), "one".into(), with_digest())
        .await
        .unwrap();
    assert_eq!(store.into_inner().calls(Operation::Put), 4);
}

#[tokio::test(start_paused = true)]
async fn used_up_retries_are_told_with_the_last_failure() {
    let inner = failing().await;
    inner.fail(Failure::of(Operation::Head, StorageErrorKind::TimedOut));
    let store = Retrying::new(retrying(inner), RetryPolicy::default());
    let error = store.head(&object("a")).await.unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::Exhausted);
    let source = std::error::Error::source(&error).unwrap();
    let source = source.downcast_ref::<StorageError>().unwrap();
    assert_eq!(source.kind(), StorageErrorKind::TimedOut);
    let inner = store.into_inner().into_inner();
    assert_eq!(inner.calls(Operation::Head), 4, "the outer layer stops");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_succeed_is_asked_once() {
    let inner = failing().await;
    inner.fail(Failure::of(Operation::Get, StorageErrorKind::Denied));
    let store = retrying(inner);
    let error = store.get(&object("a"), GetOptions::default()).await;
    assert_eq!(error.unwrap_err().kind(), StorageErrorKind::Denied);
    assert_eq!(store.into_inner().calls(Operation::Get), 1);
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_the_store_asks_for_is_kept() {
    let inner = failing().await;
    let pause = Duration::from_secs(9);
    let throttled = Failure::of(Operation::Delete, StorageErrorKind::Throttled);
    inner.fail(throttled.on_calls(1..=1).with_retry_after(pause));
    let start = Instant::now();
    retrying(inner).delete(&object("a")).await.unwrap();
    assert!(start.elapsed() >= pause);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_to_a_create_is_recognised() {
    for options in [with_digest(), PutOptions::create_only()] {
        let inner = failing().await;
        let lost = Failure::of(Operation::Put, StorageErrorKind::TimedOut);
        inner.fail(lost.on_calls(1..=1).after_the_effect());
        let store = retrying(inner);
        let receipt = store
            .put(&object("a"), "one".into(), options)
            .await
            .unwrap();
        assert_eq!(receipt.size_bytes, 3);
        let inner = store.into_inner();
        assert_eq!(inner.calls(Operation::Put), 2);
        let kept = inner.head(&object("a")).await.unwrap();
        assert_eq!(kept.etag, receipt.etag);
    }
}

#[tokio::test(start_paused = true)]
async fn the_object_of_somebody_else_is_not_taken_for_ours() {
    let others = [
        ("two", with_digest().with_sha256(Sha256Digest::of(b"two"))),
        ("longer", PutOptions::create_only()),
        ("two", PutOptions::create_only()),
        ("one", with_digest().with_content_type("image/gif")),
    ];
    for (body, theirs) in others {
        let inner = failing().await;
        let unknown = Failure::of(Operation::Put, StorageErrorKind::Unavailable);
        inner.fail(unknown.on_calls(1..=1));
        inner
            .inner()
            .put(&object("a"), body.into(), theirs)
            .await
            .unwrap();
        let store = retrying(inner);
        let answer = store.put(&object("a"), "one".into(), with_digest()).await;
        let kind = answer.unwrap_err().kind();
        assert_eq!(kind, StorageErrorKind::AlreadyExists, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_create_that_was_surely_not_done_does_not_look() {
    let inner = failing().await;
    let same = with_digest();
    inner
        .inner()
        .put(&object("a"), "one".into(), same.clone())
        .await
        .unwrap();
    inner.fail(Failure::of(Operation::Put, StorageErrorKind::Throttled).on_calls(1..=1));
    let store = retrying(inner);
    let error = store.put(&object("a"), "one".into(), same).await;
    assert_eq!(error.unwrap_err().kind(), StorageErrorKind::AlreadyExists);
    assert_eq!(store.into_inner().calls(Operation::Head), 0);
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_put_once() {
    let inner = failing().await;
    inner.fail(Failure::of(Operation::Put, StorageErrorKind::Unavailable));
    let store = retrying(inner);
    let body = Body::from_stream(stream::iter([Ok(Bytes::from_static(b"one"))]), Some(3));
    let error = store.put(&object("a"), body, with_digest()).await;
    assert_eq!(error.unwrap_err().kind(), StorageErrorKind::Unavailable);
    assert_eq!(store.into_inner().calls(Operation::Put), 1);
}

#[tokio::test(start_paused = true)]
async fn a_bulk_delete_repeats_the_keys_that_failed() {
    let inner = failing().await;
    let failure = Failure::of(Operation::DeleteMany, StorageErrorKind::Unavailable);
    inner.fail(failure.on_calls(1..=2).on_keys(|key| key == "b"));
    let denied = Failure::of(Operation::DeleteMany, StorageErrorKind::Denied);
    inner.fail(denied.on_keys(|key| key == "c"));
    let keys: Vec<_> = ["a", "b", "c", "d"].map(|key| key.parse().unwrap()).into();
    for key in &keys {
        let object = ObjectRef::new(object("a").bucket, storage::ObjectKey::clone(key));
        let put = inner.put(&object, "x".into(), PutOptions::create_only());
        put.await.unwrap();
    }
    let store = retrying(inner);
    let report = store.delete_many(&object("a").bucket, &keys).await.unwrap();
    let failed: Vec<_> = report.iter().map(|one| one.outcome.is_err()).collect();
    assert_eq!(failed, [false, false, true, false]);
    let inner = store.into_inner();
    assert_eq!(inner.calls(Operation::DeleteMany), 3);
    assert!(inner.head(&object("b")).await.is_err());
    assert!(inner.head(&object("c")).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_call_over_its_limit_is_timed_out() {
    let store = TimedOut::new(memory().await, Duration::from_secs(3))
        .with_put_limit(Duration::from_secs(9));
    let start = Instant::now();
    let body = Body::from_stream(stream::pending(), None);
    let error = store.put(&object("a"), body, with_digest()).await;
    assert_eq!(error.unwrap_err().kind(), StorageErrorKind::TimedOut);
    assert_eq!(start.elapsed().as_secs(), 9);
    assert!(store.head(&object("a")).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn each_piece_of_a_body_has_the_limit() {
    for (pause, in_time) in [(900, true), (1100, false)] {
        let inner = slow(Duration::from_millis(pause));
        let store = TimedOut::new(inner, Duration::from_secs(1));
        let found = store
            .get(&object("a"), GetOptions::default())
            .await
            .unwrap();
        match found.body.collect(10).await {
            Ok(bytes) => assert!(in_time && bytes == "ababab"),
            Err(error) => {
                assert!(!in_time);
                assert_eq!(error.kind(), StorageErrorKind::TimedOut);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_than_the_limit_is_in_flight_while_bodies_are_read() {
    let counting = Arc::new(CountingStore::new(slow(Duration::from_secs(1))));
    let limit = NonZeroUsize::new(3).unwrap();
    let store = Arc::new(Limited::new(Arc::clone(&counting), limit));
    let readers = (0..10).map(|_| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let target = object("a");
            let found = store.get(&target, GetOptions::default()).await.unwrap();
            found.body.collect(10).await.unwrap()
        })
    });
    for reader in readers.collect::<Vec<_>>() {
        assert_eq!(reader.await.unwrap(), "ababab");
    }
    assert_eq!(counting.calls(Operation::Get), 10);
    assert_eq!(counting.peak_in_flight(), 3);
    assert_eq!(counting.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_body_gives_its_place_back() {
    let store = Limited::new(slow(Duration::from_secs(1)), NonZeroUsize::MIN);
    let held = store
        .get(&object("a"), GetOptions::default())
        .await
        .unwrap();
    let target = object("a");
    let waiting = time::timeout(Duration::from_secs(5), store.head(&target)).await;
    assert!(waiting.is_err(), "the body holds the only place");
    drop(held);
    let error = store.head(&target).await.unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::Denied);
}

#[tokio::test]
async fn a_trace_changes_nothing() {
    let store = Traced::new(memory().await);
    let put = store.put(&object("a"), "one".into(), with_digest()).await;
    assert_eq!(put.unwrap().size_bytes, 3);
    let again = store.put(&object("a"), "one".into(), with_digest()).await;
    assert_eq!(again.unwrap_err().kind(), StorageErrorKind::AlreadyExists);
    assert_eq!(
        store
            .into_inner()
            .head(&object("a"))
            .await
            .unwrap()
            .size_bytes,
        3
    );
}

#[tokio::test]
async fn a_failure_after_the_effect_has_the_effect() {
    let store = failing().await;
    let lost = Failure::of(Operation::Put, StorageErrorKind::TimedOut);
    store.fail(lost.on_calls(2..=2).after_the_effect());
    for (key, succeeds) in [("a", true), ("b", false), ("c", true)] {
        let answer = store
            .put(&object(key), "x".into(), PutOptions::create_only())
            .await;
        assert_eq!(answer.is_ok(), succeeds, "{key}");
        assert!(store.head(&object(key)).await.is_ok(), "{key}");
    }
    store.fail(Failure::of(Operation::Head, StorageErrorKind::Denied));
    assert!(store.head(&object("a")).await.is_err());
    store.heal();
    assert!(store.head(&object("a")).await.is_ok());
}
