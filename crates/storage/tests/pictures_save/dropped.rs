//! What goes on between the servers: how much at once, and nothing once a save is dropped.

use std::num::NonZeroUsize;
use std::time::Duration;

use storage::pictures::SaveRequest;
use tokio::time::{Instant, sleep};

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

/// Drops a save of four pictures in the middle and returns how long the servers still see connections.
async fn time_to_silence(held: u64) -> Duration {
    let pictures = Server::of_pictures(Duration::ZERO, PAUSE).await;
    let objects = Server::of_objects().await;
    let service = between(&pictures, &objects, 32 << 20).with_held_size(held);
    let mut save = Box::pin(service.save(request_of(&pictures, 4, 20 << 20)));
    let passes_on = held == 0;
    let under_way = async {
        while pictures.gauge.peak() < 4 || (passes_on && objects.gauge.bytes() == 0) {
            sleep(PAUSE).await;
        }
    };
    tokio::select! {
        saved = &mut save => panic!("it has ended: {saved:?}"),
        () = under_way => {}
    }
    drop(save);
    let drop_at = Instant::now();
    // Only what is passed on was on its way to the store.
    assert_eq!(objects.gauge.bytes() > 0, passes_on);
    while pictures.gauge.open() + objects.gauge.open() > 0 {
        assert!(drop_at.elapsed() < Duration::from_secs(10), "held {held}");
        sleep(PAUSE / 5).await;
    }
    let silence = drop_at.elapsed();
    let seen = (pictures.gauge.bytes(), objects.gauge.bytes());
    sleep(Duration::from_millis(200)).await;
    assert_eq!((pictures.gauge.bytes(), objects.gauge.bytes()), seen);
    silence
}

#[tokio::test]
async fn a_dropped_save_leaves_no_connection_on_either_side() {
    for held in [u64::MAX, 0] {
        // The best of five: the machine may be busy with something else.
        let mut best = Duration::MAX;
        for _ in 0..5 {
            best = best.min(time_to_silence(held).await);
            if best < Duration::from_millis(100) {
                break;
            }
        }
        println!("held up to {held}: silence after {best:?}");
        assert!(best < Duration::from_millis(100), "held {held}: {best:?}");
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
