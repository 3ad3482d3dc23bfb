//! How much memory saves take, counted by the allocator.
#![cfg(all(feature = "http", feature = "minio"))]
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on must stop, also within its helpers"
)]

#[path = "pictures_save/wire.rs"]
mod wire;

use std::time::Duration;

use chrono::NaiveDate;
use peak_alloc::PeakAlloc;
use storage::Metadata;
use storage::pictures::{
    PictureKind, PictureState, PictureStorage, RemotePicture, SaveOutcome, SaveRequest,
};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

use self::wire::{Server, between};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// The allocator counts for the whole process, so that one test measures at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

const MIB: usize = 1 << 20;

/// What connections may buffer on top of the budget (row P3 of the mission).
const SLACK: usize = 16 * MIB;

struct Scene {
    pictures: Server,
    objects: Server,
    service: PictureStorage,
    _alone: MutexGuard<'static, ()>,
}

impl Scene {
    async fn new(delay: Duration, max_bytes: usize) -> Self {
        let alone = ONE_AT_A_TIME.lock().await;
        let pictures = Server::of_pictures(delay, Duration::ZERO).await;
        let objects = Server::of_objects().await;
        let service = between(&pictures, &objects, max_bytes as u64);
        let scene = Self {
            pictures,
            objects,
            service,
            _alone: alone,
        };
        // Whatever is made once, such as the trusted certificates, is made before anything is counted.
        scene.save(1, 1000, "first").await;
        scene
    }

    /// Saves pictures of so many bytes and returns by how many bytes the memory grew meanwhile.
    async fn save(&self, count: u8, bytes: usize, id: &str) -> usize {
        let remote = |number| RemotePicture {
            number,
            url: format!("{}/{number}/{bytes}", self.pictures.origin),
            dies_at: None,
        };
        let request = SaveRequest {
            kind: PictureKind::Imagen4,
            generation_id: id.to_owned(),
            created_on: NaiveDate::default(),
            pictures: (1..=count).map(remote).collect(),
            metadata: Metadata::new(),
            provenance: None,
        };
        let before = self.objects.gauge.bytes();
        ALLOCATOR.reset_peak_usage();
        let at_rest = ALLOCATOR.current_usage();
        let saved = self.service.save(request).await;
        let growth = ALLOCATOR.peak_usage().saturating_sub(at_rest);
        for picture in &saved {
            assert!(
                matches!(picture.state, PictureState::Stored(_)),
                "{picture:?}"
            );
            assert_eq!(picture.outcome, SaveOutcome::NewlyStored);
        }
        assert!(self.pictures.gauge.open() <= usize::from(count));
        let arrived = self.objects.gauge.bytes() - before;
        assert!(arrived >= (usize::from(count) * bytes) as u64, "{arrived}");
        growth
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_pictures_of_two_megabytes_take_no_more_than_four_caps() {
    let cap = 2_100_000;
    let scene = Scene::new(Duration::from_millis(200), cap).await;
    let growth = scene.save(4, 2_000_000, "four").await;
    println!(
        "4 pictures of 2 MB: the memory grew by {} KiB",
        growth >> 10
    );
    // Beside the pictures, each has its connections; 256 KiB is what the documentation says of them.
    assert!(growth <= 4 * (cap + MIB / 4), "{growth}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_pictures_at_once_stay_within_the_budget() {
    let mut scene = Scene::new(Duration::ZERO, 2 * MIB).await;
    let budget = 16 * MIB;
    scene.service = scene.service.with_byte_budget(budget as u64);
    for (id, held) in [("held", 2 * MIB), ("passed-on", 0)] {
        scene.service = scene.service.with_held_size(held as u64);
        let growth = scene.save(64, MIB, id).await;
        println!(
            "64 pictures of 1 MiB, {id}: the memory grew by {} KiB",
            growth >> 10
        );
        assert!(growth <= budget + SLACK, "{id}: {growth}");
        assert!(scene.pictures.gauge.peak() <= 64);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_picture_takes_no_more_memory_than_a_small_one() {
    let scene = Scene::new(Duration::ZERO, 256 * MIB).await;
    let mut most = 0;
    for size in [10 * MIB, 20 * MIB, 80 * MIB] {
        let growth = scene.save(1, size, &format!("large-{size}")).await;
        println!(
            "1 picture of {} MiB: the memory grew by {} KiB",
            size / MIB,
            growth >> 10
        );
        most = most.max(growth);
    }
    // What a picture that is passed on reserves, and as much again for both servers of this test.
    assert!(most <= 2 * MIB, "{most}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs minutes: the sizes of row P3 in full"]
async fn the_figures_of_the_full_size() {
    let mut scene = Scene::new(Duration::ZERO, 600 * MIB).await;
    let budget = 64 * MIB;
    scene.service = scene.service.with_byte_budget(budget as u64);
    for (id, held) in [("held", 8 * MIB), ("passed-on", 0)] {
        scene.service = scene.service.with_held_size(held as u64);
        let start = Instant::now();
        let growth = scene.save(64, 8_000_000, id).await;
        println!(
            "64 pictures of 8 MB, {id}: {} KiB in {:?}",
            growth >> 10,
            start.elapsed()
        );
        assert!(growth <= budget + SLACK, "{id}: {growth}");
    }
    let start = Instant::now();
    let growth = scene.save(1, 512_000_000, "object").await;
    println!(
        "one picture of 512 MB: {} KiB in {:?}",
        growth >> 10,
        start.elapsed()
    );
    assert!(growth <= SLACK, "{growth}");
}

/// Returns the CPU time of this process so far, in hundredths of a second.
///
/// Source: proc(5), fields 14 and 15 of `/proc/self/stat`.
fn cpu() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields = stat.rsplit(')').next().unwrap().split_whitespace();
    fields
        .skip(11)
        .take(2)
        .map(|ticks| ticks.parse::<u64>().unwrap())
        .sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs minutes: what hashing costs beside the transfer of the same bytes"]
async fn the_share_of_hashing() {
    let scene = Scene::new(Duration::ZERO, 600 * MIB).await;
    let piece = vec![7; MIB];
    let before = cpu();
    let digests = (0..512).map(|_| storage::Sha256Digest::of(&piece));
    assert_eq!(
        digests.map(|digest| digest.as_bytes()[0]).max(),
        Some(digest_of(&piece))
    );
    let hashing = cpu() - before;
    let before = cpu();
    scene.save(1, 512 * MIB, "share").await;
    let all = cpu() - before;
    println!("512 MiB: hashing {hashing} and the whole save {all} hundredths of a second of CPU");
}

fn digest_of(piece: &[u8]) -> u8 {
    storage::Sha256Digest::of(piece).as_bytes()[0]
}
