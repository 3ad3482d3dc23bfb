//! What a near cache holds, and when it forgets, with a source that says what the test says.
#![expect(clippy::unwrap_used, reason = "the helpers of tests panic as tests do")]

#[path = "near/gated.rs"]
mod gated;

use std::sync::Arc;
use std::time::Duration;

use cache::memory::MemoryCache;
use cache::testing::{CountingCache, FailingCache, MockInvalidations, ScriptedInvalidations};
use cache::{
    Cache, CacheError, CacheErrorKind, CacheKey, Family, FamilyKey, NearCache, NearSettings, Ttl,
};
use tokio::time::{advance, sleep};

type Counted = CountingCache<FailingCache<MemoryCache>>;

/// A near cache that follows, the script of its source, and what stands below it.
struct Scene {
    near: NearCache<Counted>,
    source: ScriptedInvalidations,
    below: Counted,
    broken: FailingCache<MemoryCache>,
    truth: MemoryCache,
}

async fn scene() -> Scene {
    let scene = scene_before_the_first_read();
    scene.follow().await;
    scene
}

fn scene_before_the_first_read() -> Scene {
    let (source, truth) = (ScriptedInvalidations::new(), MemoryCache::new());
    let broken = FailingCache::new(truth.clone());
    let below = CountingCache::new(broken.clone());
    let settings = NearSettings::new()
        .with_family(Family::Generation)
        .with_family(Family::GalleryVersion);
    Scene {
        near: NearCache::following(below.clone(), settings, Arc::new(source.clone())),
        source,
        below,
        broken,
        truth,
    }
}

impl Scene {
    /// Reads something that is not there, and waits until the source is followed.
    async fn follow(&self) {
        self.near.get(&key(0)).await.unwrap();
        self.until(true).await;
    }

    async fn until(&self, following: bool) {
        while self.near.is_following() != following {
            sleep(Duration::from_millis(1)).await;
        }
    }

    /// Puts `text` below, behind the near cache's back.
    async fn others_write(&self, key: &CacheKey, text: &'static str) {
        self.truth.set(key, text.into(), Ttl::MAX).await.unwrap();
    }

    async fn read(&self, key: &CacheKey) -> String {
        let value = self.near.get(key).await.unwrap();
        value.map_or_else(String::new, |bytes| {
            String::from_utf8(bytes.into()).unwrap()
        })
    }

    fn reads_below(&self) -> u64 {
        self.below.count("get") + self.below.count("get_many")
    }
}

fn key(number: u32) -> CacheKey {
    FamilyKey::generation(number).unwrap().key().clone()
}

#[tokio::test(start_paused = true)]
async fn the_second_read_asks_nobody() {
    let scene = scene().await;
    scene.others_write(&key(1), "value").await;
    let before = scene.reads_below();
    for _ in 0..100 {
        assert_eq!(scene.read(&key(1)).await, "value");
    }
    assert_eq!(scene.reads_below() - before, 1);
    let prefixes = ["imagen4:generation:", "gallery:version:"];
    assert_eq!(scene.source.prefixes(), prefixes);
}

#[tokio::test(start_paused = true)]
async fn a_family_that_is_not_named_is_not_held() {
    let scene = scene().await;
    let page = CacheKey::new("gallery:filtered:42:abc").unwrap();
    scene.others_write(&page, "page").await;
    let before = scene.reads_below();
    for _ in 0..3 {
        assert_eq!(scene.read(&page).await, "page");
        scene
            .near
            .get_many(std::slice::from_ref(&page))
            .await
            .unwrap();
    }
    assert_eq!(scene.reads_below() - before, 6);
    assert_eq!(scene.near.used_bytes(), 0);
}

#[tokio::test(start_paused = true)]
async fn many_values_are_taken_from_near_and_the_rest_in_one_call() {
    let scene = scene().await;
    for number in 1..=3 {
        scene.others_write(&key(number), "value").await;
    }
    scene.read(&key(2)).await;
    let before = scene.below.count("get_many");
    let keys = [3, 2, 9, 1, 3].map(key);
    let expected = [true, true, false, true, true];
    for _ in 0..2 {
        let found = scene.near.get_many(&keys).await.unwrap();
        assert_eq!(
            found.iter().map(Option::is_some).collect::<Vec<_>>(),
            expected
        );
    }
    // The second time only what is not there is asked for.
    assert_eq!(scene.below.count("get_many") - before, 2);
    let reads = scene.below.total();
    scene.near.get_many(&keys[..2]).await.unwrap();
    assert_eq!(scene.below.total(), reads);
}

#[tokio::test(start_paused = true)]
async fn a_change_by_others_is_seen_once_it_is_told() {
    let scene = scene().await;
    scene.others_write(&key(1), "old").await;
    scene.others_write(&key(2), "other").await;
    for number in [1, 2] {
        scene.read(&key(number)).await;
    }
    scene.others_write(&key(1), "new").await;
    let before = scene.reads_below();
    scene.source.change(&key(1));
    assert_eq!(scene.read(&key(1)).await, "new");
    assert_eq!(scene.read(&key(2)).await, "other");
    assert_eq!(scene.reads_below() - before, 1);
    scene.others_write(&key(2), "flushed").await;
    scene.source.change_all();
    assert_eq!(scene.read(&key(2)).await, "flushed");
}

#[tokio::test(start_paused = true)]
async fn each_own_change_is_seen_at_once() {
    let scene = scene().await;
    let (near, clone) = (&scene.near, scene.near.clone());
    let minute = Ttl::new(Duration::from_mins(1)).unwrap();
    for text in ["one", "two"] {
        near.set(&key(1), text.into(), minute).await.unwrap();
        assert_eq!(scene.read(&key(1)).await, text);
    }
    assert!(
        !near
            .compare_and_delete(&key(1), &"one".into())
            .await
            .unwrap()
    );
    assert!(
        near.compare_and_delete(&key(1), &"two".into())
            .await
            .unwrap()
    );
    assert_eq!(scene.read(&key(1)).await, "");
    near.set(&key(1), "three".into(), minute).await.unwrap();
    assert_eq!(scene.read(&key(1)).await, "three");
    assert!(clone.delete(&key(1)).await.unwrap());
    assert_eq!(scene.read(&key(1)).await, "");
    let version = FamilyKey::gallery_version(42).unwrap().key().clone();
    for _ in 0..3 {
        let bumped = clone.bump(&version, minute).await.unwrap();
        assert_eq!(scene.read(&version).await, bumped.to_string());
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_that_fails_is_forgotten_too() {
    let scene = scene().await;
    scene.others_write(&key(1), "old").await;
    scene.read(&key(1)).await;
    let before = scene.reads_below();
    let kind = CacheErrorKind::TimedOut;
    scene.broken.break_operations(&["set"], kind);
    let outcome = scene.near.set(&key(1), "new".into(), Ttl::MAX).await;
    assert_eq!(outcome.unwrap_err().kind(), kind);
    scene.read(&key(1)).await;
    assert_eq!(scene.reads_below() - before, 1);
}

#[tokio::test(start_paused = true)]
async fn a_value_is_held_no_longer_than_it_lives_below() {
    let scene = scene().await;
    let short = Ttl::new(Duration::from_secs(3)).unwrap();
    scene
        .truth
        .set(&key(1), "value".into(), short)
        .await
        .unwrap();
    advance(Duration::from_secs(1)).await;
    assert_eq!(scene.read(&key(1)).await, "value");
    scene
        .truth
        .set(&key(1), "unseen".into(), Ttl::MAX)
        .await
        .unwrap();
    advance(Duration::from_millis(1_999)).await;
    assert_eq!(scene.read(&key(1)).await, "value");
    advance(Duration::from_millis(1)).await;
    assert_eq!(scene.read(&key(1)).await, "unseen");
    // And never longer than its own thirty seconds.
    advance(Duration::from_millis(29_999)).await;
    scene.others_write(&key(1), "later").await;
    assert_eq!(scene.read(&key(1)).await, "unseen");
    advance(Duration::from_millis(1)).await;
    assert_eq!(scene.read(&key(1)).await, "later");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_held_when_the_life_cannot_be_asked_for() {
    let scene = scene().await;
    scene.others_write(&key(1), "value").await;
    scene
        .broken
        .break_operations(&["ttl"], CacheErrorKind::TimedOut);
    let before = scene.reads_below();
    for _ in 0..3 {
        assert_eq!(scene.read(&key(1)).await, "value");
    }
    assert_eq!(scene.reads_below() - before, 3);
}

#[tokio::test(start_paused = true)]
async fn before_the_source_follows_every_read_goes_below() {
    let scene = scene_before_the_first_read();
    scene.source.refuse([CacheErrorKind::Unavailable; 3]);
    scene.others_write(&key(1), "value").await;
    for _ in 0..5 {
        assert_eq!(scene.read(&key(1)).await, "value");
    }
    assert_eq!(scene.reads_below(), 5);
    scene.until(true).await;
    assert_eq!(scene.source.calls(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_lost_source_is_forgotten_bypassed_and_followed_again() {
    let scene = scene().await;
    scene.others_write(&key(1), "old").await;
    scene.read(&key(1)).await;
    scene.source.refuse([CacheErrorKind::Unavailable; 2]);
    scene.source.end(CacheErrorKind::Unavailable);
    scene.until(false).await;
    // Nobody tells of this change.
    scene.others_write(&key(1), "new").await;
    let before = scene.reads_below();
    for _ in 0..3 {
        assert_eq!(scene.read(&key(1)).await, "new");
    }
    assert_eq!(scene.reads_below() - before, 3);
    scene.until(true).await;
    let before = scene.reads_below();
    for _ in 0..3 {
        assert_eq!(scene.read(&key(1)).await, "new");
    }
    assert_eq!(scene.reads_below() - before, 1);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_breaks_its_promise_is_not_believed_until_it_renews_it() {
    let scene = scene().await;
    scene.source.promise(Duration::from_millis(750));
    scene.others_write(&key(1), "old").await;
    scene.read(&key(1)).await;
    advance(Duration::from_millis(749)).await;
    scene.others_write(&key(1), "new").await;
    assert_eq!(scene.read(&key(1)).await, "old");
    advance(Duration::from_millis(1)).await;
    assert_eq!(scene.read(&key(1)).await, "new");
    let before = scene.reads_below();
    scene.read(&key(1)).await;
    assert_eq!(scene.reads_below() - before, 1, "nothing is held meanwhile");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_no_source_leaves_the_short_life() {
    let kinds = [
        CacheErrorKind::Refused,
        CacheErrorKind::Misused,
        CacheErrorKind::Config,
    ];
    for kind in kinds {
        let scene = scene_before_the_first_read();
        scene.source.refuse([kind]);
        scene.others_write(&key(1), "old").await;
        scene.read(&key(1)).await;
        sleep(Duration::from_millis(1)).await;
        scene.read(&key(1)).await;
        scene.others_write(&key(1), "new").await;
        advance(Duration::from_millis(1_990)).await;
        assert_eq!(scene.read(&key(1)).await, "old", "{kind}");
        advance(Duration::from_millis(10)).await;
        assert_eq!(scene.read(&key(1)).await, "new", "{kind}");
        assert!(!scene.near.is_following());
        // Somebody may have given us the right meanwhile.
        sleep(Duration::from_secs(30)).await;
        assert!(scene.near.is_following());
    }
}

#[tokio::test(start_paused = true)]
async fn the_pause_between_tries_grows_to_a_second() {
    let scene = scene_before_the_first_read();
    scene.source.refuse([CacheErrorKind::Unavailable; 1_000]);
    scene.near.get(&key(1)).await.unwrap();
    sleep(Duration::from_mins(1)).await;
    let calls = scene.source.calls();
    assert!((60..=130).contains(&calls), "{calls}");
}

#[tokio::test(start_paused = true)]
async fn the_source_is_told_to_stop_by_a_shutdown_and_by_the_last_clone() {
    let one = scene().await;
    let clone = one.near.clone();
    one.others_write(&key(1), "value").await;
    one.read(&key(1)).await;
    clone.shutdown().await;
    assert!(!one.source.is_followed());
    let error = one.near.get(&key(1)).await.unwrap_err();
    assert_eq!(error.kind(), CacheErrorKind::Closed);
    sleep(Duration::from_mins(1)).await;
    assert_eq!(one.source.calls(), 1);

    let Scene { near, source, .. } = scene().await;
    let clone = near.clone();
    drop(near);
    sleep(Duration::from_secs(1)).await;
    assert!(source.is_followed());
    drop(clone);
    sleep(Duration::from_secs(1)).await;
    assert!(!source.is_followed());
}

#[tokio::test(start_paused = true)]
async fn a_source_may_be_a_mock() {
    let mut source = MockInvalidations::new();
    source.expect_follow().returning(|prefixes, listener| {
        assert_eq!(prefixes, ["imagen4:generation:"]);
        listener.began(tokio::time::Instant::now() + Duration::from_secs(1));
        listener.lost();
        CacheError::new(CacheErrorKind::Unavailable, "follow")
    });
    let settings = NearSettings::new().with_family(Family::Generation);
    let near = NearCache::following(MemoryCache::new(), settings, Arc::new(source));
    near.get(&key(1)).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    assert!(!near.is_following());
}
