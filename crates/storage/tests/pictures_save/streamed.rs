//! Pictures that are passed on to the store while they come: whole and right, or not there at all.

use std::time::Duration;

use bytes::Bytes;
use storage::pictures::testing::{ScriptedSource, sample_picture};
use storage::pictures::{FetchErrorKind, ImageFormat, PictureState, SaveOutcome};
use storage::testing::{Failure, Operation};
use storage::{ListOptions, ObjectStore, Sha256Digest, StorageErrorKind};

use super::{Fixture, fixture_with, link, png, read, reason, request, stored};

const PIECE: usize = 10_000;

/// A fixture that holds no picture whole, over a source that sends in pieces.
async fn passing_on(source: ScriptedSource) -> Fixture {
    let mut fixture = fixture_with(source.in_pieces(PIECE)).await;
    fixture.pictures = fixture.pictures.with_held_size(0);
    fixture
}

fn large(format: ImageFormat) -> Bytes {
    sample_picture(format, 640, 480, &vec![7; 200_000])
}

async fn objects(fixture: &Fixture) -> usize {
    let bucket = "imagen4".parse().unwrap();
    let page = fixture.store.list(&bucket, ListOptions::default()).await;
    page.unwrap().entries.len()
}

#[tokio::test]
async fn every_format_is_passed_on_with_its_type_and_its_digest_in_the_record() {
    for declares in [true, false] {
        let source = ScriptedSource::new();
        let source = if declares {
            source
        } else {
            source.without_lengths()
        };
        let mut fixture = passing_on(source).await;
        // What declares no length is held unless it may be longer than that costs.
        fixture.pictures = fixture.pictures.with_picture_cap(1 << 30);
        for (number, format) in (1..).zip(ImageFormat::ALL) {
            fixture.source.serve(&link(number), large(format));
        }
        let saved = fixture.pictures.save(request(5)).await;
        for (picture, format) in saved.iter().zip(ImageFormat::ALL) {
            let stored = stored(picture);
            assert_eq!(picture.outcome, SaveOutcome::NewlyStored);
            assert_eq!(stored.format, format);
            assert_eq!((stored.width, stored.height), (640, 480));
            assert_eq!(stored.sha256, Sha256Digest::of(&large(format)));
            assert_eq!(stored.size_bytes, large(format).len() as u64);
            let info = fixture.store.head(&stored.object).await.unwrap();
            assert_eq!(info.content_type.as_deref(), Some(format.content_type()));
            assert_eq!(info.metadata.get("generation"), Some("0190-abc"));
            // The store got the bytes before anybody knew the digest.
            assert_eq!(info.sha256, None);
            assert_eq!(read(&fixture.pictures, &stored.object).await, large(format));
        }
    }
}

#[tokio::test]
async fn the_held_size_decides_who_is_held() {
    let mut fixture = fixture_with(ScriptedSource::new().in_pieces(PIECE)).await;
    let limit = png(&vec![1; 20_000]).len() as u64;
    fixture.pictures = fixture.pictures.with_held_size(limit);
    fixture.source.serve(&link(1), png(&vec![1; 20_000]));
    fixture.source.serve(&link(2), png(&vec![1; 20_001]));
    let saved = fixture.pictures.save(request(2)).await;
    for (picture, is_held) in saved.iter().zip([true, false]) {
        let info = fixture.store.head(&stored(picture).object).await.unwrap();
        assert_eq!(info.sha256.is_some(), is_held, "{}", picture.number);
    }
}

#[tokio::test]
async fn a_short_picture_without_a_length_is_held() {
    let source = ScriptedSource::new().without_lengths();
    let mut fixture = fixture_with(source.in_pieces(PIECE)).await;
    fixture.pictures = fixture.pictures.with_picture_cap(1 << 30);
    fixture.source.serve(&link(1), png(&vec![1; 50_000]));
    let saved = fixture.pictures.save(request(1)).await;
    let info = fixture.store.head(&stored(&saved[0]).object).await.unwrap();
    assert_eq!(info.sha256, Some(stored(&saved[0]).sha256));
}

#[tokio::test(start_paused = true)]
async fn a_picture_without_a_length_waits_for_the_room_that_it_may_need() {
    let source = ScriptedSource::new().without_lengths();
    let source = source.with_delay(Duration::from_millis(10));
    let mut fixture = passing_on(source).await;
    for number in 1..=6 {
        fixture.source.serve(&link(number), large(ImageFormat::Png));
    }
    // Three are opened at once and find nothing left to grow into, so that they start again one by one.
    fixture.pictures = fixture
        .pictures
        .with_picture_cap(1 << 30)
        .with_byte_budget(3 << 20);
    let saved = fixture.pictures.save(request(6)).await;
    assert_eq!(saved.iter().map(stored).count(), 6);
    let calls: u32 = (1..=6)
        .map(|number| fixture.source.calls(&link(number)))
        .sum();
    assert!((7..=12).contains(&calls), "{calls}");
}

#[tokio::test(start_paused = true)]
async fn a_picture_that_breaks_a_rule_on_its_way_never_becomes_an_object() {
    let whole = large(ImageFormat::Png);
    let cut = whole.slice(..whole.len() - 1);
    let followed: Bytes = [&whole[..], b"<script>"].concat().into();
    for declares in [true, false] {
        for (bytes, kind) in [
            (cut.clone(), "cut short"),
            (followed.clone(), "no picture"),
            (large(ImageFormat::Jpeg).slice(..150_000), "cut short"),
            (large(ImageFormat::WebP).slice(..150_000), "cut short"),
        ] {
            let source = ScriptedSource::new();
            let source = if declares {
                source
            } else {
                source.without_lengths()
            };
            let mut fixture = passing_on(source).await;
            fixture.pictures = fixture.pictures.with_picture_cap(1 << 30);
            fixture.source.serve(&link(1), bytes);
            let saved = fixture.pictures.save(request(1)).await;
            match &saved[0].state {
                PictureState::Unobtainable { reason } => assert!(reason.contains(kind)),
                _ => assert!(reason(&saved[0]).contains(kind), "{saved:?}"),
            }
            assert_eq!(saved[0].outcome, SaveOutcome::NotStored);
            assert_eq!(objects(&fixture).await, 0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_picture_above_the_cap_never_becomes_an_object() {
    for declares in [true, false] {
        let source = ScriptedSource::new();
        let source = if declares {
            source
        } else {
            source.without_lengths()
        };
        let mut fixture = passing_on(source).await;
        fixture.pictures = fixture.pictures.with_picture_cap(150_000);
        fixture.source.serve(&link(1), large(ImageFormat::Png));
        let saved = fixture.pictures.save(request(1)).await;
        assert!(reason(&saved[0]).contains("too many bytes"), "{saved:?}");
        assert_eq!(objects(&fixture).await, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_breaks_off_is_asked_again() {
    let fixture = passing_on(ScriptedSource::new()).await;
    fixture.source.serve(&link(1), large(ImageFormat::Png));
    fixture.source.break_off(&link(1), [50_000, 199_999]);
    let saved = fixture.pictures.save(request(1)).await;
    assert_eq!(
        stored(&saved[0]).size_bytes,
        large(ImageFormat::Png).len() as u64
    );
    assert_eq!(fixture.source.calls(&link(1)), 3);
    assert_eq!(objects(&fixture).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_in_the_middle_gets_a_new_fetch() {
    for after_the_effect in [false, true] {
        let fixture = passing_on(ScriptedSource::new()).await;
        fixture.source.serve(&link(1), large(ImageFormat::Png));
        let kind = StorageErrorKind::Unavailable;
        let failure = Failure::of(Operation::Put, kind).on_calls(1..=1);
        fixture.store.fail(if after_the_effect {
            failure.after_the_effect()
        } else {
            failure
        });
        let saved = fixture.pictures.save(request(1)).await;
        let expected = if after_the_effect {
            SaveOutcome::AlreadyStored
        } else {
            SaveOutcome::NewlyStored
        };
        assert_eq!(saved[0].outcome, expected);
        assert_eq!(fixture.source.calls(&link(1)), 2);
        assert_eq!(objects(&fixture).await, 1);
    }
}

#[tokio::test]
async fn what_is_there_already_is_not_sent_again() {
    let fixture = passing_on(ScriptedSource::new()).await;
    fixture.source.serve(&link(1), large(ImageFormat::Png));
    fixture.pictures.save(request(1)).await;
    let puts = || fixture.store.inner().calls(Operation::Put);
    assert_eq!(puts(), 1);
    let again = fixture.pictures.save(request(1)).await;
    assert_eq!(again[0].outcome, SaveOutcome::AlreadyStored);
    assert_eq!(puts(), 1);
    fixture.source.serve(&link(1), png(&vec![3; 100_000]));
    let other = fixture.pictures.save(request(1)).await;
    let object = "imagen4/2026/03/01/0190-abc_1.png".parse().unwrap();
    assert_eq!(other[0].outcome, SaveOutcome::Conflict { object });
    assert_eq!(puts(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_stays_ends_after_three_tries() {
    let fixture = passing_on(ScriptedSource::new()).await;
    fixture.source.serve(&link(1), large(ImageFormat::Png));
    fixture.source.serve(&link(2), large(ImageFormat::Png));
    fixture
        .source
        .fail(&link(2), [FetchErrorKind::Throttled; 9]);
    let kind = StorageErrorKind::Unavailable;
    fixture.store.fail(Failure::of(Operation::Put, kind));
    let saved = fixture.pictures.save(request(2)).await;
    assert!(reason(&saved[0]).contains("unavailable"));
    assert!(reason(&saved[1]).contains("slow down"));
    assert_eq!(fixture.source.calls(&link(1)), 3);
    assert_eq!(fixture.source.calls(&link(2)), 3);
}
