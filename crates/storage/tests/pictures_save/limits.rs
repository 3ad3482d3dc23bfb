//! How many, how long, and how much at once.

use std::num::NonZeroUsize;
use std::time::Duration;

use storage::pictures::FetchErrorKind;
use storage::pictures::testing::ScriptedSource;
use tokio::time::Instant;

use super::{fixture, fixture_with, link, reason, request, serve, stored};

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
    let start = Instant::now();
    let saved = fixture.pictures.save(request(2)).await;
    // Time stands still but for what is waited for, so that this is no matter of luck.
    let limit = Duration::from_secs(10);
    assert!(start.elapsed() <= limit + Duration::from_millis(50));
    for picture in &saved {
        assert!(reason(picture).contains("time limit"));
    }
}

#[tokio::test(start_paused = true)]
async fn four_pictures_are_fetched_at_once() {
    let source = ScriptedSource::new().with_delay(Duration::from_millis(200));
    let fixture = fixture_with(source).await;
    serve(&fixture.source, 4);
    let start = Instant::now();
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
    let start = Instant::now();
    let saved = fixture.pictures.save(request(4)).await;
    let elapsed = start.elapsed();
    assert!(elapsed >= Duration::from_millis(400), "{elapsed:?}");
    assert!(elapsed < Duration::from_millis(600), "{elapsed:?}");
    assert_eq!(saved.iter().map(stored).count(), 4);
}

#[tokio::test(start_paused = true)]
async fn no_more_pictures_are_on_their_way_than_allowed() {
    let source = ScriptedSource::new().with_delay(Duration::from_millis(200));
    let mut fixture = fixture_with(source).await;
    serve(&fixture.source, 12);
    let three = NonZeroUsize::new(3).unwrap();
    fixture.pictures = fixture.pictures.with_pictures_at_once(three);
    let start = Instant::now();
    // Two saves share the places.
    let (left, right) = tokio::join!(
        fixture.pictures.save(request(12)),
        fixture.pictures.save(request(12)),
    );
    assert_eq!(left.iter().chain(&right).map(stored).count(), 24);
    let elapsed = start.elapsed();
    assert!(elapsed >= Duration::from_millis(8 * 200), "{elapsed:?}");
    assert!(fixture.store.inner().peak_in_flight() <= 3);
}

#[tokio::test(start_paused = true)]
async fn a_place_is_free_while_a_failed_picture_waits() {
    let mut fixture = fixture().await;
    serve(&fixture.source, 2);
    fixture
        .source
        .fail(&link(1), [FetchErrorKind::Unavailable; 2]);
    fixture.pictures = fixture.pictures.with_pictures_at_once(NonZeroUsize::MIN);
    let saved = fixture.pictures.save(request(2)).await;
    assert_eq!(saved.iter().map(stored).count(), 2);
}
