//! Saving pictures: nothing is lost, nothing is stored twice, nothing is replaced.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on must stop, also within its helpers"
)]
#![expect(
    clippy::clone_on_ref_ptr,
    reason = "`Arc::clone` does not turn into an `Arc` of the port"
)]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, TimeDelta};
use storage::pictures::testing::{ScriptedSource, sample_picture};
use storage::pictures::{
    BucketMap, FetchErrorKind, ImageFormat, PictureKind, PictureState, PictureStorage,
    RemotePicture, SaveRequest, SavedPicture, StoredPicture,
};
use storage::testing::{CountingStore, FailingStore, Failure, ManualClock, Operation};
use storage::{
    GetOptions, ListOptions, MemoryStore, Metadata, ObjectRef, ObjectStore, PutOptions,
    Sha256Digest, StorageErrorKind,
};

type Store = Arc<FailingStore<CountingStore<MemoryStore>>>;

struct Fixture {
    store: Store,
    source: Arc<ScriptedSource>,
    pictures: PictureStorage,
}

async fn fixture() -> Fixture {
    fixture_with(ScriptedSource::new()).await
}

async fn fixture_with(source: ScriptedSource) -> Fixture {
    let memory = MemoryStore::new(Arc::new(ManualClock::default()));
    let store = Arc::new(FailingStore::new(CountingStore::new(memory)));
    let source = Arc::new(source);
    let pictures = PictureStorage::new(store.clone(), source.clone(), BucketMap::default());
    pictures.ensure_buckets().await.unwrap();
    Fixture {
        store,
        source,
        pictures,
    }
}

fn link(number: u8) -> String {
    format!("https://v3.fal.media/files/canary-{number}.png?sig=canary")
}

fn request(count: u8) -> SaveRequest {
    let dies_at = DateTime::UNIX_EPOCH + TimeDelta::days(7);
    let remote = |number| RemotePicture {
        number,
        url: link(number),
        dies_at: Some(dies_at),
    };
    SaveRequest {
        kind: PictureKind::Imagen4,
        generation_id: "0190-abc".to_owned(),
        created_on: NaiveDate::from_ymd_opt(2026, 3, 1).unwrap(),
        pictures: (1..=count).map(remote).collect(),
        metadata: Metadata::new().with("generation", "0190-abc").unwrap(),
    }
}

fn png(filler: &[u8]) -> Bytes {
    sample_picture(ImageFormat::Png, 1024, 768, filler)
}

fn serve(source: &ScriptedSource, count: u8) {
    for number in 1..=count {
        source.serve(&link(number), png(&[number]));
    }
}

fn stored(picture: &SavedPicture) -> &StoredPicture {
    match &picture.state {
        PictureState::Stored(stored) => stored,
        other => panic!("picture {} is {other:?}", picture.number),
    }
}

fn reason(picture: &SavedPicture) -> &str {
    match &picture.state {
        PictureState::ProviderFallback(fallback) => &fallback.reason,
        other => panic!("picture {} is {other:?}", picture.number),
    }
}

async fn read(pictures: &PictureStorage, object: &ObjectRef) -> Bytes {
    let object = pictures.open(object, GetOptions::default()).await.unwrap();
    object.body.collect(1 << 20).await.unwrap()
}

#[tokio::test]
async fn every_format_is_stored_with_its_true_type_and_bytes() {
    let fixture = fixture().await;
    let mut wanted = Vec::new();
    for (number, format) in (1..).zip(ImageFormat::ALL) {
        // The links all say .png.
        let bytes = sample_picture(format, 640, 480, b"some bytes");
        fixture.source.serve(&link(number), bytes.clone());
        wanted.push((format, bytes));
    }
    let saved = fixture.pictures.save(request(5)).await;
    assert_eq!(saved.len(), 5);
    for (picture, (format, bytes)) in saved.iter().zip(wanted) {
        let stored = stored(picture);
        let key = format!("2026/03/01/0190-abc_{}.{format}", picture.number);
        assert_eq!(stored.object.key.as_str(), key);
        assert_eq!(stored.format, format);
        assert_eq!((stored.width, stored.height), (640, 480));
        let info = fixture.store.head(&stored.object).await.unwrap();
        assert_eq!(info.content_type.as_deref(), Some(format.content_type()));
        assert_eq!(info.metadata.get("generation"), Some("0190-abc"));
        assert_eq!(info.sha256, Some(Sha256Digest::of(&bytes)));
        assert_eq!(read(&fixture.pictures, &stored.object).await, bytes);
    }
}

#[tokio::test]
async fn any_subset_of_failed_puts_falls_back_and_nothing_is_lost() {
    for failing in 0_u8..16 {
        let fixture = fixture().await;
        serve(&fixture.source, 4);
        let fails = move |number: u8| failing & (1 << (number - 1)) != 0;
        let kind = StorageErrorKind::Unavailable;
        fixture
            .store
            .fail(Failure::of(Operation::Put, kind).on_keys(move |key| {
                (1..=4).any(|number| fails(number) && key.ends_with(&format!("_{number}.png")))
            }));
        let saved = fixture.pictures.save(request(4)).await;
        let numbers: Vec<_> = saved.iter().map(|picture| picture.number).collect();
        assert_eq!(numbers, [1, 2, 3, 4], "{failing:04b}");
        for picture in &saved {
            match &picture.state {
                PictureState::Stored(stored) => {
                    assert!(!fails(picture.number), "{failing:04b}");
                    assert!(fixture.store.head(&stored.object).await.is_ok());
                }
                PictureState::ProviderFallback(fallback) => {
                    assert!(fails(picture.number), "{failing:04b}");
                    assert_eq!(fallback.url, link(picture.number));
                    assert!(fallback.dies_at.is_some());
                    assert!(fallback.reason.contains("unavailable"));
                }
                PictureState::Unobtainable { .. } => panic!("{failing:04b}"),
            }
        }
    }
}

#[tokio::test]
async fn fallbacks_are_promoted_by_the_next_save() {
    let fixture = fixture().await;
    serve(&fixture.source, 2);
    let kind = StorageErrorKind::Unavailable;
    fixture.store.fail(Failure::of(Operation::Put, kind));
    for picture in &fixture.pictures.save(request(2)).await {
        reason(picture);
    }
    fixture.store.heal();
    for picture in &fixture.pictures.save(request(2)).await {
        stored(picture);
    }
}

#[tokio::test]
async fn a_put_that_happened_although_it_failed_is_recognised() {
    let fixture = fixture().await;
    serve(&fixture.source, 1);
    let kind = StorageErrorKind::TimedOut;
    let failure = Failure::of(Operation::Put, kind).after_the_effect();
    fixture.store.fail(failure);
    reason(&fixture.pictures.save(request(1)).await[0]);
    fixture.store.heal();
    stored(&fixture.pictures.save(request(1)).await[0]);
}

#[tokio::test]
async fn links_that_never_give_a_picture_are_unobtainable_and_others_fall_back() {
    tokio::time::pause();
    let fixture = fixture().await;
    for (number, kind) in [
        (2, FetchErrorKind::NotFound),
        (3, FetchErrorKind::NotAPicture),
        (4, FetchErrorKind::Refused),
        (5, FetchErrorKind::Unavailable),
    ] {
        fixture.source.fail(&link(number), [kind; 5]);
    }
    fixture.source.serve(&link(1), png(b"one"));
    let saved = fixture.pictures.save(request(5)).await;
    stored(&saved[0]);
    for picture in &saved[1..3] {
        let PictureState::Unobtainable { reason } = &picture.state else {
            panic!("{picture:?}");
        };
        assert!(!reason.contains("canary"), "{reason}");
    }
    assert!(reason(&saved[3]).contains("refuses"));
    assert!(reason(&saved[4]).contains("unavailable"));
    let calls: Vec<_> = (1..=5)
        .map(|number| fixture.source.calls(&link(number)))
        .collect();
    assert_eq!(calls, [1, 1, 1, 1, 3]);
}

#[tokio::test(start_paused = true)]
async fn failures_that_pass_are_retried() {
    let fixture = fixture().await;
    serve(&fixture.source, 1);
    let kinds = [FetchErrorKind::Unavailable, FetchErrorKind::Truncated];
    fixture.source.fail(&link(1), kinds);
    stored(&fixture.pictures.save(request(1)).await[0]);
    assert_eq!(fixture.source.calls(&link(1)), 3);
}

#[tokio::test(start_paused = true)]
async fn a_save_ends_within_its_limit() {
    let source = ScriptedSource::new().with_delay(Duration::from_hours(1));
    let mut fixture = fixture_with(source).await;
    serve(&fixture.source, 2);
    fixture.pictures = fixture
        .pictures
        .with_save_time_limit(Duration::from_secs(10));
    let start = tokio::time::Instant::now();
    let saved = fixture.pictures.save(request(2)).await;
    assert!(start.elapsed() <= Duration::from_secs(11));
    for picture in &saved {
        assert!(reason(picture).contains("time limit"));
    }
}

#[tokio::test(start_paused = true)]
async fn four_pictures_are_fetched_at_once() {
    let source = ScriptedSource::new().with_delay(Duration::from_millis(200));
    let fixture = fixture_with(source).await;
    serve(&fixture.source, 4);
    let start = tokio::time::Instant::now();
    let saved = fixture.pictures.save(request(4)).await;
    assert!(start.elapsed() < Duration::from_millis(350));
    assert_eq!(saved.iter().map(stored).count(), 4);
}

#[tokio::test(start_paused = true)]
async fn the_byte_budget_bounds_how_many_are_fetched_at_once() {
    let source = ScriptedSource::new().with_delay(Duration::from_millis(200));
    let mut fixture = fixture_with(source).await;
    serve(&fixture.source, 4);
    fixture.pictures = fixture
        .pictures
        .with_picture_cap(10_000)
        .with_byte_budget(20_480);
    let start = tokio::time::Instant::now();
    let saved = fixture.pictures.save(request(4)).await;
    let elapsed = start.elapsed();
    assert!(elapsed >= Duration::from_millis(400), "{elapsed:?}");
    assert!(elapsed < Duration::from_millis(600), "{elapsed:?}");
    assert_eq!(saved.iter().map(stored).count(), 4);
}

#[tokio::test]
async fn a_picture_above_the_cap_is_not_stored_and_keeps_its_link() {
    let mut fixture = fixture().await;
    fixture.source.serve(&link(1), png(&vec![1; 20_000]));
    fixture.pictures = fixture.pictures.with_picture_cap(10_000);
    let saved = fixture.pictures.save(request(1)).await;
    assert!(reason(&saved[0]).contains("too many bytes"));
}

#[tokio::test]
async fn twenty_saves_at_once_give_one_object_and_the_same_reference() {
    let fixture = fixture().await;
    serve(&fixture.source, 1);
    let saves = (0..20).map(|_| {
        let pictures = fixture.pictures.clone();
        tokio::spawn(async move { pictures.save(request(1)).await })
    });
    let mut all = Vec::new();
    for save in saves.collect::<Vec<_>>() {
        all.push(stored(&save.await.unwrap()[0]).clone());
    }
    all.dedup();
    assert_eq!(all.len(), 1);
    let bucket = &all[0].object.bucket;
    let page = fixture
        .store
        .list(bucket, ListOptions::default())
        .await
        .unwrap();
    assert_eq!(page.entries.len(), 1);
}

#[tokio::test]
async fn different_bytes_never_replace_the_first_ones() {
    let fixture = fixture().await;
    // The second has the length of the first, so that only the digest tells them apart.
    for other in [&b"other!"[..], b"other and longer"] {
        fixture.source.serve(&link(1), png(b"first!"));
        let first = fixture.pictures.save(request(1)).await;
        fixture.source.serve(&link(1), png(other));
        let second = fixture.pictures.save(request(1)).await;
        assert_eq!(reason(&second[0]), "conflict");
        let bytes = read(&fixture.pictures, &stored(&first[0]).object).await;
        assert_eq!(bytes, png(b"first!"));
    }
}

#[tokio::test]
async fn an_object_without_a_digest_is_compared_by_its_bytes() {
    for (there, is_same) in [(png(b"same!"), true), (png(b"other"), false)] {
        let fixture = fixture().await;
        fixture.source.serve(&link(1), png(b"same!"));
        let object = "imagen4/2026/03/01/0190-abc_1.png".parse().unwrap();
        let options = PutOptions::create_only();
        fixture
            .store
            .put(&object, there.into(), options)
            .await
            .unwrap();
        let saved = fixture.pictures.save(request(1)).await;
        if is_same {
            assert_eq!(stored(&saved[0]).object, object);
        } else {
            assert_eq!(reason(&saved[0]), "conflict");
        }
    }
}

#[tokio::test]
async fn a_name_that_cannot_be_costs_no_fetch() {
    let fixture = fixture().await;
    serve(&fixture.source, 1);
    let mut bad = request(1);
    bad.generation_id = "../up".to_owned();
    let saved = fixture.pictures.save(bad).await;
    assert!(reason(&saved[0]).contains("generation id"));
    assert_eq!(fixture.source.calls(&link(1)), 0);
}

#[tokio::test]
async fn a_save_of_nothing_is_nothing() {
    assert!(fixture().await.pictures.save(request(0)).await.is_empty());
}

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
