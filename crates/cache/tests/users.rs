//! What is kept about a user: the gallery's pages, every key explained, every key erased.
#![cfg(feature = "redis")]
#![expect(clippy::unwrap_used, reason = "the helpers of tests panic as tests do")]

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cache::redis::{RedisCache, RedisSettings};
use cache::testing::{CountingCache, FailingCache, RedisServer};
use cache::{
    Cache, CacheErrorKind, Family, FamilyKey, FamilyOptions, GalleryPages, KeptLink, ObjectHash,
    ReadThrough, RecentIds, SignedLinks, Ttl, UserKeys, UserTrail,
};
use core_config::Secret;
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Record {
    number: u32,
}

type Adapter = FailingCache<CountingCache<RedisCache>>;

struct Layers {
    server: RedisServer,
    adapter: Adapter,
    counting: CountingCache<RedisCache>,
    through: ReadThrough,
    recent: RecentIds,
    gallery: GalleryPages,
    links: SignedLinks,
    users: UserKeys,
}

fn layers() -> Layers {
    let server = RedisServer::start();
    let patient = Duration::from_secs(20);
    let settings = RedisSettings::new("127.0.0.1", server.port())
        .with_call_limit(patient)
        .with_response_limit(patient)
        .with_connect_limit(patient);
    let counting = CountingCache::new(RedisCache::new(settings).unwrap());
    let adapter = FailingCache::new(counting.clone());
    let shared = Arc::new(adapter.clone());
    let life = Ttl::new(Duration::from_secs(5)).unwrap();
    let options = FamilyOptions::EXACT.with_lock(life, Duration::from_secs(5));
    let through = ReadThrough::new(Arc::clone(&shared) as _)
        .with_lock(Arc::clone(&shared) as _)
        .with_options(Family::Generation, options)
        .with_options(Family::GalleryPage, options);
    let recent = RecentIds::beside(&through, shared);
    Layers {
        server,
        adapter,
        counting,
        gallery: GalleryPages::new(through.clone(), recent.clone()),
        links: SignedLinks::new(through.clone()),
        users: UserKeys::new(through.clone(), recent.clone()),
        through,
        recent,
    }
}

fn object() -> ObjectHash {
    ObjectHash::new("imagen4", "2026/11/25/a_1.png")
}

impl Layers {
    /// Reads a page, which `loads` counts when it was a miss.
    async fn page(&self, user: u32, page: u32, loads: &AtomicU32) -> u32 {
        let filter = json!({"kind": "imagen4", "page": page});
        let load = || async {
            loads.fetch_add(1, Ordering::Relaxed);
            Ok::<_, Infallible>(Some(Record { number: page }))
        };
        let read = self.gallery.page_or_load(&user, &filter, load).await;
        read.unwrap().unwrap().number
    }

    async fn record(&self, number: u32) {
        let key = FamilyKey::generation(number).unwrap();
        let load = || async { Ok::<_, Infallible>(Some(Record { number })) };
        self.through.get_or_load(&key, load).await.unwrap();
    }

    /// Keeps something in every family for the user.
    async fn fill(&self, user: u32) {
        let key = FamilyKey::user_generations(user).unwrap();
        let listed = [user * 10 + 1, user * 10 + 2];
        let load = async |_| Ok::<_, Infallible>(listed.map(|id| id.to_string()).to_vec());
        self.recent.page_or_load(&key, 0, 10, load).await.unwrap();
        for number in [listed[0], listed[1], user * 10 + 3] {
            self.record(number).await;
        }
        for page in 1..4 {
            self.page(user, page, &AtomicU32::new(0)).await;
        }
        let link = KeptLink {
            url: Secret::new("https://pictures.example/a?signature=canary"),
            ends_at_unix: 1_800_000_000,
        };
        let left = Duration::from_mins(10);
        self.links.put(&object(), &link, left).await;
        let dialogue = FamilyKey::dialogue(user).unwrap();
        self.through.put(&dialogue, &Record { number: user }).await;
        self.settle().await;
    }

    /// Waits until the locks are free, which happens in the background.
    async fn settle(&self) {
        for _ in 0..500 {
            if self.counting.count("release") == self.counting.count("set_fenced") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("a lock was not released");
    }

    fn names(&self) -> u32 {
        let answer = self.server.call(&["DBSIZE"]);
        answer.lines().next().unwrap()[1..].parse().unwrap()
    }

    fn calls_of(&self, command: &str) -> u32 {
        let statistics = self.server.call(&["INFO", "commandstats"]);
        let line = statistics
            .lines()
            .find(|line| line.starts_with(&format!("cmdstat_{command}:")));
        let calls = line.and_then(|line| line.split("calls=").nth(1)?.split(',').next());
        calls.map_or(0, |calls| calls.parse().unwrap())
    }
}

fn trail(user: u32) -> UserTrail {
    UserTrail::new(user)
        .with_generations([user * 10 + 3])
        .with_links([object()])
}

#[tokio::test]
async fn a_change_makes_every_page_a_miss_in_one_round_trip_without_a_scan() {
    let layers = layers();
    let loads = AtomicU32::new(0);
    for page in [1, 2, 1, 2] {
        assert_eq!(layers.page(42, page, &loads).await, page);
    }
    assert_eq!(loads.load(Ordering::Relaxed), 2);
    for expected in [4, 6, 8] {
        // A creation, a deletion, a favourite.
        layers.settle().await;
        let before = layers.counting.total();
        layers.gallery.changed(&42).await;
        assert_eq!(layers.counting.total() - before, 1);
        for page in [1, 2] {
            layers.page(42, page, &loads).await;
        }
        assert_eq!(loads.load(Ordering::Relaxed), expected);
    }
    // Another user's pages are still hits.
    let others = AtomicU32::new(0);
    layers.page(7, 1, &others).await;
    layers.gallery.changed(&42).await;
    layers.settle().await;
    let before = layers.counting.total();
    layers.page(7, 1, &others).await;
    assert_eq!(others.load(Ordering::Relaxed), 1);
    assert_eq!(
        layers.counting.total() - before,
        2,
        "the version and the page"
    );
    assert!(layers.calls_of("get") > 0);
    for scan in ["scan", "keys", "sscan", "hscan", "flushdb", "flushall"] {
        assert_eq!(layers.calls_of(scan), 0, "{scan}");
    }
}

#[tokio::test]
async fn a_user_is_explained_key_by_key_and_erased_to_the_last_one() {
    let layers = layers();
    layers.fill(42).await;
    let of_one = layers.names();
    let explanation = layers.users.explain(&trail(42)).await.unwrap();
    assert!(explanation.knows_every_generation && explanation.knows_every_page);
    let mut families: Vec<_> = explanation
        .keys
        .iter()
        .map(|one| one.key.family().spec().name)
        .collect();
    assert_eq!(explanation.keys.len(), 11, "{families:?}");
    families.sort_unstable();
    families.dedup();
    assert_eq!(families.len(), Family::ALL.len());
    for one in &explanation.keys {
        assert!(one.is_there && one.bytes > 0, "{one:?}");
        let most = one.key.family().spec().ttl.as_duration();
        assert!(one.life_left.is_some_and(|left| left <= most), "{one:?}");
    }

    layers.fill(7).await;
    let erasure = layers.users.erase(&trail(42)).await.unwrap();
    assert_eq!(erasure.removed.len(), 11);
    // Both users had the same link, which went with the first.
    assert_eq!(
        layers.names(),
        of_one - 1,
        "what is left is the other user's"
    );
    layers.users.erase(&trail(7)).await.unwrap();
    assert_eq!(layers.names(), 0, "{}", layers.server.call(&["KEYS", "*"]));
    let explanation = layers.users.explain(&trail(42)).await.unwrap();
    assert!(
        explanation
            .keys
            .iter()
            .all(|one| !one.is_there && one.bytes == 0)
    );
    assert!(
        !explanation.knows_every_generation,
        "a list that is not there says nothing"
    );
    for scan in ["scan", "keys", "flushdb", "flushall"] {
        assert_eq!(layers.calls_of(scan), 0, "{scan}");
    }
}

#[tokio::test]
async fn nothing_that_was_erased_is_read_again_by_this_process() {
    let layers = layers();
    layers.fill(42).await;
    layers.users.erase(&trail(42)).await.unwrap();
    for number in [421, 422, 423] {
        let key = FamilyKey::generation(number).unwrap();
        assert_eq!(layers.through.get::<Record>(&key).await, None);
    }
    let loads = AtomicU32::new(0);
    layers.page(42, 1, &loads).await;
    assert_eq!(loads.load(Ordering::Relaxed), 1);
    assert!(layers.links.get(&object()).await.is_none());
}

#[tokio::test]
async fn an_erasure_that_failed_is_reported_and_can_be_repeated() {
    let layers = layers();
    layers.fill(42).await;
    for operation in ["page", "clear", "delete", "forget"] {
        layers
            .adapter
            .break_operations(&[operation], CacheErrorKind::ReadOnly);
        let error = layers.users.erase(&trail(42)).await.unwrap_err();
        assert_eq!(error.operation(), operation);
        assert!(layers.names() > 0);
        layers.adapter.heal();
    }
    // The list of generations went before its records did, so the record store's ids are needed now.
    let whole = trail(42).with_generations([421, 422]);
    layers.users.erase(&whole).await.unwrap();
    assert_eq!(layers.names(), 0);
}

#[tokio::test]
async fn a_link_is_kept_for_less_than_it_lives_and_never_shown() {
    let layers = layers();
    let link = KeptLink {
        url: Secret::new("https://pictures.example/a?signature=canary"),
        ends_at_unix: 1_800_000_000,
    };
    assert!(!format!("{link:?}").contains("canary"));
    for (left, least, most) in [
        (600, 538, 540),
        (86_400, 77_758, 77_760),
        (10_000_000, 86_398, 86_400),
    ] {
        layers
            .links
            .put(&object(), &link, Duration::from_secs(left))
            .await;
        let key = FamilyKey::signed_link(&object(), Duration::from_hours(1)).unwrap();
        let life = layers.counting.ttl(key.key()).await.unwrap().unwrap();
        assert!(
            (least..=most).contains(&life.as_secs()),
            "{life:?} of {left} s"
        );
    }
    let kept = layers.links.get(&object()).await.unwrap();
    assert_eq!(kept.url.expose(), link.url.expose());
    assert_eq!(kept.ends_at_unix, 1_800_000_000);
    layers.links.forget(&object()).await;
    layers
        .links
        .put(&object(), &link, Duration::from_mins(1))
        .await;
    assert!(layers.links.get(&object()).await.is_none());
}
