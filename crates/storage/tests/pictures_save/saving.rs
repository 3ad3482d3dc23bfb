//! What is stored, what falls back, and what is lost for ever.

use storage::pictures::testing::sample_picture;
use storage::pictures::{FetchErrorKind, ImageFormat, PictureState};
use storage::testing::{Failure, Operation};
use storage::{ObjectStore, Sha256Digest, StorageErrorKind};

use super::{fixture, link, png, read, reason, request, serve, stored};

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

#[tokio::test]
async fn a_picture_above_the_cap_is_not_stored_and_keeps_its_link() {
    let mut fixture = fixture().await;
    fixture.source.serve(&link(1), png(&vec![1; 20_000]));
    fixture.pictures = fixture.pictures.with_picture_cap(10_000);
    let saved = fixture.pictures.save(request(1)).await;
    assert!(reason(&saved[0]).contains("too many bytes"));
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
