//! A server that goes away in the middle of a run through the layers fails no call.
#![cfg(feature = "redis")]
#![expect(clippy::unwrap_used, reason = "the helpers of tests panic as tests do")]

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use cache::redis::{RedisCache, RedisSettings};
use cache::testing::RedisServer;
use cache::{Family, FamilyKey, FamilyOptions, GalleryPages, ReadThrough, RecentIds, Ttl};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Record {
    number: u32,
}

#[derive(Clone)]
struct Layers {
    through: ReadThrough,
    recent: RecentIds,
    gallery: GalleryPages,
    calls: Arc<AtomicU32>,
    is_over: Arc<AtomicBool>,
}

fn layers(server: &RedisServer) -> Layers {
    let settings = RedisSettings::new("127.0.0.1", server.port());
    let redis = Arc::new(RedisCache::new(settings).unwrap());
    let life = Ttl::new(Duration::from_secs(5)).unwrap();
    let options = FamilyOptions::EXACT.with_lock(life, Duration::from_millis(100));
    let through = ReadThrough::new(Arc::clone(&redis) as _)
        .with_lock(Arc::clone(&redis) as _)
        .with_options(Family::Generation, options);
    let recent = RecentIds::beside(&through, redis);
    Layers {
        gallery: GalleryPages::new(through.clone(), recent.clone()),
        through,
        recent,
        calls: Arc::default(),
        is_over: Arc::default(),
    }
}

impl Layers {
    /// Does what users do until it is over, and returns how long each turn took.
    async fn use_it(self, user: u32) -> Vec<(Instant, Duration)> {
        let mut times = Vec::new();
        let mut number = user;
        while !self.is_over.load(Ordering::Relaxed) {
            number += 100;
            let start = Instant::now();
            self.one_turn(user, number).await;
            times.push((start, start.elapsed()));
            sleep(Duration::from_millis(1)).await;
        }
        times
    }

    async fn one_turn(&self, user: u32, number: u32) {
        let record = Record { number };
        let key = FamilyKey::generation(number).unwrap();
        for _ in 0..2 {
            let load = || async { Ok::<_, Infallible>(Some(record.clone())) };
            let read = self.through.get_or_load(&key, load).await.unwrap();
            assert_eq!(*read.unwrap(), record);
        }
        let list = FamilyKey::user_generations(user).unwrap();
        self.recent.push(&list, &number.to_string()).await;
        let load = async |_| Ok::<_, Infallible>(vec![number.to_string()]);
        let page = self.recent.page_or_load(&list, 0, 1, load).await.unwrap();
        assert_eq!(page.ids, [number.to_string()]);
        self.gallery.changed(&user).await;
        let load = || async { Ok::<_, Infallible>(Some(record.clone())) };
        let read = self
            .gallery
            .page_or_load(&user, &"all", load)
            .await
            .unwrap();
        assert_eq!(*read.unwrap(), record, "no page from before the change");
        self.calls.fetch_add(6, Ordering::Relaxed);
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Lets 16 users go on while `interrupt` does its worst, and returns the times of turns that began after `quiet`.
async fn run(layers: &Layers, interrupt: impl AsyncFnOnce() -> Instant) -> Vec<Duration> {
    let users = (0..16).map(|user| tokio::spawn(layers.clone().use_it(user)));
    let users: Vec<_> = users.collect();
    sleep(Duration::from_millis(500)).await;
    let quiet = interrupt().await;
    layers.is_over.store(true, Ordering::Relaxed);
    let times = join_all(users).await.into_iter().flat_map(Result::unwrap);
    let late = times.filter(|(start, _)| *start >= quiet);
    late.map(|(_, time)| time).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_in_the_middle_of_a_run_fails_no_call() {
    let mut server = RedisServer::start();
    let layers = layers(&server);
    let times = run(&layers, async || {
        server.stop();
        sleep(Duration::from_secs(1)).await;
        let quiet = Instant::now();
        sleep(Duration::from_secs(1)).await;
        quiet
    })
    .await;
    assert!(layers.calls.load(Ordering::Relaxed) > 1_000);
    let median = median(times);
    assert!(
        median < Duration::from_millis(1),
        "{median:?} for a turn of six calls"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_falls_silent_in_the_middle_of_a_run_fails_no_call() {
    let server = RedisServer::start();
    let layers = layers(&server);
    let times = run(&layers, async || {
        server.freeze();
        sleep(Duration::from_secs(2)).await;
        let quiet = Instant::now();
        sleep(Duration::from_secs(1)).await;
        server.thaw();
        quiet
    })
    .await;
    let median = median(times);
    assert!(
        median < Duration::from_millis(1),
        "{median:?} for a turn of six calls"
    );
}
