//! The services as they are put together: from nothing, and with parts of the caller's own.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::sync::Arc;
use std::time::Duration;

use assembly::{Assembly, Part, PartAnswer};
use cache::memory::MemoryCache;
use cache::testing::{CountingCache, RedisServer};
use cache::{Cache, CacheKey};
use core_config::MapSource;
use fal_client::FalQueue;
use fal_client::testing::{JobScript, ScriptedFalQueue};
use imagen4_domain::testing::{FaultyStore, StoreCall};
use imagen4_domain::{
    GalleryFilter, Generation, MemoryGenerationStore, PictureState, RequestDraft, SeedChoice,
    StoreErrorKind, UserId, UtcOffset,
};
use serde_json::json;
use storage::pictures::testing::{ScriptedSource, sample_picture};
use storage::pictures::{DeletionOutcome, ImageFormat};
use storage::testing::{CountingStore, FailingStore, Failure, Operation};
use storage::{Clock, GetOptions, MemoryStore, ObjectStore, StorageErrorKind, SystemClock};
use tempfile::TempDir;
use tokio::time::Instant;

fn in_folder(folder: &TempDir) -> Assembly {
    let source = MapSource::new().with("DATA_DIR", folder.path().display().to_string());
    Assembly::from_source(&source).unwrap()
}

fn ada() -> UserId {
    "ada".parse().unwrap()
}

fn stored(generation: &Generation) -> usize {
    generation
        .pictures()
        .iter()
        .filter(|picture| matches!(picture.state, PictureState::Stored(_)))
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_set_makes_stored_recorded_and_cached_pictures() {
    let folder = TempDir::new().unwrap();
    let services = in_folder(&folder).start().await.unwrap();
    let draft = RequestDraft::new("a fox in the snow").with_images(2);
    let generation = services
        .generate()
        .generate(&ada(), draft, |_| {})
        .await
        .unwrap();
    assert_eq!(stored(&generation), 2);

    let recorded = services
        .records()
        .find(&ada(), &generation.id())
        .await
        .unwrap();
    assert_eq!(recorded.as_ref(), Some(&generation));
    let key = CacheKey::new(format!("imagen4:generation:{}", generation.id())).unwrap();
    let life = services.cache().ttl(&key).await.unwrap().unwrap();
    assert!(
        life > Duration::from_secs(3_595) && life <= Duration::from_hours(1),
        "{life:?}"
    );
    services.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_start_finds_what_was_made() {
    let folder = TempDir::new().unwrap();
    let first = in_folder(&folder).start().await.unwrap();
    let draft = RequestDraft::new("a fox in the snow").with_images(1);
    let generation = first
        .generate()
        .generate(&ada(), draft, |_| {})
        .await
        .unwrap();
    first.shutdown().await;

    let second = in_folder(&folder).start().await.unwrap();
    let found = second
        .library()
        .get(&ada(), &generation.id())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found, generation);
    let PictureState::Stored(picture) = &found.pictures()[0].state else {
        panic!("{:?}", found.pictures());
    };
    let bytes = second
        .pictures()
        .open(&picture.object, GetOptions::default())
        .await
        .unwrap();
    let bytes = bytes.body.collect(picture.size_bytes).await.unwrap();
    assert_eq!(storage::Sha256Digest::of(&bytes), picture.sha256);
    second.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_deleted_by_the_link_that_was_given_out() {
    let folder = TempDir::new().unwrap();
    let services = in_folder(&folder).start().await.unwrap();
    let draft = RequestDraft::new("a fox in the snow").with_images(1);
    let generation = services
        .generate()
        .generate(&ada(), draft, |_| {})
        .await
        .unwrap();
    let PictureState::Stored(picture) = &generation.pictures()[0].state else {
        panic!("{:?}", generation.pictures());
    };
    let pictures = services.pictures();
    let link = pictures.link(&picture.object).await.unwrap();
    let reports = pictures.delete_links(&[link.expose()]).await;
    assert_eq!(reports[0].object.as_ref(), Some(&picture.object));
    assert_eq!(reports[0].outcome, DeletionOutcome::Deleted);
    services.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_live_as_long_as_the_setting_says() {
    for (setting, seconds) in [(None, 86_400), (Some("60"), 60), (Some("604800"), 604_800)] {
        let folder = TempDir::new().unwrap();
        let mut source = MapSource::new().with("DATA_DIR", folder.path().display().to_string());
        if let Some(text) = setting {
            source = source.with("MINIO_PRESIGNED_EXPIRES", text);
        }
        let services = Assembly::from_source(&source)
            .unwrap()
            .start()
            .await
            .unwrap();
        let draft = RequestDraft::new("a fox in the snow").with_images(1);
        let made = services.generate().generate(&ada(), draft, |_| {}).await;
        let before = SystemClock.now();
        let views = services.library().links(&made.unwrap()).await;
        let link = views[0].link.as_ref().unwrap();
        let asked = format!("X-Amz-Expires={seconds}&");
        assert!(link.expose().contains(&asked), "{}", link.expires_at());
        let life = (link.expires_at() - before).num_seconds();
        assert!((seconds - 2..=seconds + 5).contains(&life), "{life}");
        services.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gallery_shows_marks_counts_and_deletes_what_was_made() {
    let folder = TempDir::new().unwrap();
    let services = in_folder(&folder).start().await.unwrap();
    let (gallery, ada) = (services.gallery(), ada());
    let draft = RequestDraft::new("a fox in the snow").with_images(1);
    let made = services.generate().generate(&ada, draft, |_| {}).await;
    let made = made.unwrap();
    let id = made.id();
    let again = gallery.regenerate(&ada, &id, SeedChoice::New, |_| {});
    let again = again.await.unwrap();
    gallery.set_favourite(&ada, &made.id(), true).await.unwrap();
    let page = gallery.page(&ada, &GalleryFilter::new(), None, 20).await;
    let shown: Vec<_> = page
        .unwrap()
        .items
        .iter()
        .map(|item| (item.id(), item.favourite, item.parent()))
        .collect();
    let expected = [
        (again.id(), false, Some(made.id())),
        (made.id(), true, None),
    ];
    assert_eq!(shown, expected);
    let stats = gallery.stats(&ada, UtcOffset::UTC).await.unwrap();
    assert_eq!((stats.total, stats.favourites, stats.credits), (2, 1, 10));

    let PictureState::Stored(picture) = &made.pictures()[0].state else {
        panic!("{:?}", made.pictures());
    };
    let receipt = gallery.delete(&ada, &made.id()).await.unwrap();
    assert!(
        receipt.is_deleted() && receipt.cache_is_clear,
        "{receipt:?}"
    );
    assert!(services.store().head(&picture.object).await.is_err());
    let recorded = services.records().find(&ada, &made.id()).await.unwrap();
    assert_eq!(recorded, None);
    let left = gallery.page(&ada, &GalleryFilter::new(), None, 20).await;
    assert_eq!(left.unwrap().items.len(), 1);
    services.shutdown().await;
}

#[tokio::test]
async fn every_part_may_be_the_callers_own() {
    let folder = TempDir::new().unwrap();
    let store = CountingStore::new(MemoryStore::new(Arc::new(SystemClock)));
    let store = Arc::new(store);
    let cache = Arc::new(CountingCache::new(MemoryCache::new()));
    let picture = json!({ "images": [{ "url": "https://media.example/1" }], "description": "" });
    let queue = Arc::new(ScriptedFalQueue::new(JobScript::gives(picture)));
    let source = ScriptedSource::new();
    source.serve(
        "https://media.example/1",
        sample_picture(ImageFormat::Png, 64, 64, b"a fox"),
    );
    let services = in_folder(&folder)
        .with_store(Arc::clone(&store) as Arc<dyn ObjectStore>)
        .with_cache(
            Arc::clone(&cache) as Arc<dyn Cache>,
            Arc::new(MemoryCache::new()),
        )
        .with_queue(Arc::clone(&queue) as Arc<dyn FalQueue>)
        .with_records(Arc::new(MemoryGenerationStore::new()))
        .with_picture_source(Arc::new(source))
        .start()
        .await
        .unwrap();
    let draft = RequestDraft::new("a fox in the snow");
    let generation = services
        .generate()
        .generate(&ada(), draft, |_| {})
        .await
        .unwrap();
    services.shutdown().await;

    assert_eq!(stored(&generation), 1);
    assert_eq!((queue.accepted(), store.calls(Operation::Put)), (1, 2));
    assert!(cache.count("set") >= 1);
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        0,
        "nothing else was opened"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_part_says_at_the_start_whether_it_answers() {
    use PartAnswer::{Answers, NotAsked, Silent};
    let folder = TempDir::new().unwrap();
    let mut redis = RedisServer::start();
    let port = redis.port().to_string();
    redis.stop();
    let source = MapSource::from([("REDIS_HOST", "127.0.0.1"), ("REDIS_PORT", &port)]);
    let source = source.with("DATA_DIR", folder.path().display().to_string());
    let store = FailingStore::new(MemoryStore::new(Arc::new(SystemClock)));
    let (store, records) = (
        Arc::new(store),
        FaultyStore::new(Arc::new(MemoryGenerationStore::new())),
    );
    let assembly = Assembly::from_source(&source).unwrap();
    let settings = assembly.settings().clone();
    let assembly = assembly.with_store(Arc::clone(&store) as Arc<dyn ObjectStore>);
    let services = assembly
        .with_records(Arc::new(records.clone()))
        .start()
        .await
        .unwrap();
    let told = async || {
        let parts = services.parts(&settings).await;
        parts.map(|one| (one.part(), one.answer()))
    };
    let (fal, cache) = ((Part::Fal, NotAsked), (Part::Cache, Silent));
    let well = [
        (Part::Records, Answers),
        fal,
        (Part::ObjectStore, Answers),
        cache,
    ];
    assert_eq!(told().await, well);

    store.fail(Failure::of(Operation::List, StorageErrorKind::Unavailable));
    records.fail_next(StoreCall::Unfinished, StoreErrorKind::Unavailable);
    let ill = [
        (Part::Records, Silent),
        fal,
        (Part::ObjectStore, Silent),
        cache,
    ];
    assert_eq!(told().await, ill);
    store.heal();
    redis.restart();
    let back = Instant::now();
    while told().await[3].1 != Answers {
        assert!(
            back.elapsed() < Duration::from_secs(5),
            "Redis is not used again"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(told().await[..3], well[..3]);
    services.shutdown().await;
}

#[tokio::test]
async fn a_part_that_cannot_be_used_is_named() {
    let source = MapSource::from([
        ("MINIO_ENDPOINT", "127.0.0.1:9"),
        ("MINIO_ACCESS_KEY", "who"),
        ("MINIO_SECRET_KEY", "word"),
    ]);
    let folder = TempDir::new().unwrap();
    let source = source.with("DATA_DIR", folder.path().display().to_string());
    let error = Assembly::from_source(&source)
        .unwrap()
        .start()
        .await
        .unwrap_err();
    assert_eq!(error.part(), Part::ObjectStore);
    assert_eq!(error.to_string(), "the object store cannot be used");
}
