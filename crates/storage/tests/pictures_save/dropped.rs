//! What goes on between the servers: how much at once, and nothing once a save is dropped.

use std::num::NonZeroUsize;
use std::time::Duration;

use storage::pictures::SaveRequest;
use tokio::time::{Instant, sleep, timeout};

use super::wire::{Server, between};
use super::{request, stored};

const PAUSE: Duration = Duration::from_millis(5);

fn request_of(server: &Server, count: u8, filler: usize) -> SaveRequest {
    let mut request = request(count);
    for picture in &mut request.pictures {
        picture.url = format!("{}/{}/{filler}", server.origin, picture.number);
    }
    request
}

#[tokio::test]
async fn a_dropped_save_leaves_no_connection_on_either_side() {
    for held in [u64::MAX, 0] {
        let (pictures, objects) = (
            Server::of_pictures(Duration::ZERO, PAUSE).await,
            Server::of_objects().await,
        );
        let service = between(&pictures, &objects, 32 << 20).with_held_size(held);
        let save = service.save(request_of(&pictures, 4, 20 << 20));
        let dropped = timeout(Duration::from_millis(300), save).await;
        let drop_at = Instant::now();
        assert!(dropped.is_err(), "{dropped:?}");
        assert_eq!(pictures.gauge.peak(), 4);
        // Only what is passed on was on its way to the store.
        assert_eq!(objects.gauge.bytes() > 0, held == 0);
        let still_open =
            || pictures.gauge.open() + if held == 0 { objects.gauge.open() } else { 0 };
        while still_open() > 0 {
            assert!(
                drop_at.elapsed() < Duration::from_millis(100),
                "held {held}"
            );
            sleep(PAUSE / 5).await;
        }
        let seen = (pictures.gauge.bytes(), objects.gauge.bytes());
        sleep(Duration::from_millis(200)).await;
        assert_eq!((pictures.gauge.bytes(), objects.gauge.bytes()), seen);
    }
}

#[tokio::test]
async fn no_more_connections_are_open_than_pictures_are_allowed() {
    for held in [u64::MAX, 0] {
        let pictures = Server::of_pictures(Duration::from_millis(20), Duration::ZERO).await;
        let objects = Server::of_objects().await;
        let service = between(&pictures, &objects, 1 << 20)
            .with_held_size(held)
            .with_pictures_at_once(NonZeroUsize::new(3).unwrap());
        let saved = service.save(request_of(&pictures, 12, 100_000)).await;
        assert_eq!(saved.iter().map(stored).count(), 12);
        // The server notices the end of one a little after the next has begun.
        assert!(pictures.gauge.peak() <= 4, "{}", pictures.gauge.peak());
        assert!(objects.gauge.peak() <= 4, "{}", objects.gauge.peak());
    }
}
