//! Failures that pass: of the source and of the store, with the pause that they ask for.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt, stream};
use storage::layer::{RetryPolicy, Retrying};
use storage::pictures::testing::ScriptedSource;
use storage::pictures::{
    BucketMap, FetchError, FetchErrorKind, IncomingPicture, MockPictureSource, PictureLimits,
    PictureStorage, SaveOutcome,
};
use storage::testing::{CountingStore, FailingStore, Failure, ManualClock, Operation};
use storage::{MemoryStore, StorageErrorKind};
use tokio::time::Instant;

use super::{Store, fixture, link, png, reason, request, serve, stored};

const SECOND: Duration = Duration::from_secs(1);

/// A store that fails as told, and a service over it that holds pictures up to so many bytes.
async fn over_retries(held: u64) -> (Store, PictureStorage) {
    let memory = MemoryStore::new(Arc::new(ManualClock::default()));
    let store = Arc::new(FailingStore::new(CountingStore::new(memory)));
    let source = ScriptedSource::new().in_pieces(10_000);
    source.serve(&link(1), png(&vec![7; 50_000]));
    let policy = RetryPolicy::default().with_attempts(3);
    let retrying = Arc::new(Retrying::new(Arc::clone(&store), policy));
    let pictures = PictureStorage::new(retrying, Arc::new(source), BucketMap::default());
    pictures.ensure_buckets().await.unwrap();
    (store, pictures.with_held_size(held))
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_twice_costs_no_picture() {
    for held in [u64::MAX, 0] {
        for (kind, pause) in [
            (StorageErrorKind::Unavailable, None),
            (StorageErrorKind::TimedOut, None),
            (StorageErrorKind::Throttled, Some(SECOND * 2)),
        ] {
            let (store, pictures) = over_retries(held).await;
            let failure = Failure::of(Operation::Put, kind).on_calls(1..=2);
            store.fail(match pause {
                Some(pause) => failure.with_retry_after(pause),
                None => failure,
            });
            let start = Instant::now();
            let saved = pictures.save(request(1)).await;
            assert_eq!(saved[0].outcome, SaveOutcome::NewlyStored, "{kind:?}");
            assert_eq!(store.calls(Operation::Put), 3, "{held} {kind:?}");
            // Both pauses that were asked for were kept.
            assert!(start.elapsed() >= pause.unwrap_or_default() * 2);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_asks_for_a_pause_gets_it() {
    let fixture = fixture().await;
    let mut source = MockPictureSource::new();
    let mut asked = vec![SECOND * 5, SECOND * 3];
    source.expect_open().returning(move |_| match asked.pop() {
        Some(pause) => Err(throttled(pause)),
        None => opened(png(b"picture")),
    });
    let store = fixture.store.clone();
    let pictures = PictureStorage::new(store, Arc::new(source), BucketMap::default());
    let start = Instant::now();
    let saved = pictures.save(request(1)).await;
    assert_eq!(saved[0].outcome, SaveOutcome::NewlyStored);
    let elapsed = start.elapsed();
    assert!(elapsed >= SECOND * 8 && elapsed < SECOND * 9, "{elapsed:?}");
}

#[tokio::test(start_paused = true)]
async fn a_pause_beyond_the_time_of_the_save_ends_it_at_once() {
    let fixture = fixture().await;
    let mut source = MockPictureSource::new();
    source
        .expect_open()
        .times(1)
        .returning(|_| Err(throttled(SECOND * 11)));
    let store = fixture.store.clone();
    let pictures = PictureStorage::new(store, Arc::new(source), BucketMap::default())
        .with_save_time_limit(SECOND * 10);
    let start = Instant::now();
    let saved = pictures.save(request(1)).await;
    assert!(reason(&saved[0]).contains("slow down"));
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn the_tries_together_end_with_the_time_of_the_save() {
    let fixture = fixture().await;
    serve(&fixture.source, 1);
    fixture
        .source
        .fail(&link(1), [FetchErrorKind::Unavailable; 2]);
    let limit = Duration::from_millis(100);
    for _ in 0..20 {
        let pictures = fixture.pictures.clone().with_save_time_limit(limit);
        let start = Instant::now();
        let saved = pictures.save(request(1)).await;
        assert!(start.elapsed() <= limit + Duration::from_millis(50));
        if saved[0].outcome == SaveOutcome::NewlyStored {
            stored(&saved[0]);
        }
    }
}

fn throttled(pause: Duration) -> FetchError {
    FetchError::new(FetchErrorKind::Throttled).with_retry_after(pause)
}

/// Opens a picture that is there at once.
fn opened(bytes: Bytes) -> Result<IncomingPicture, FetchError> {
    let pieces = stream::iter([Ok(bytes)]);
    let opening = IncomingPicture::begin(pieces, None, PictureLimits::NONE);
    opening.now_or_never().unwrap()
}
