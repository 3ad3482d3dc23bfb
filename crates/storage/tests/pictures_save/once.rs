//! The same save again, one after the other and at once: one object, and the answer says who made it.

use std::sync::Arc;

use bytes::Bytes;
use chrono::TimeDelta;
use storage::pictures::testing::ScriptedSource;
use storage::pictures::{BucketMap, PictureStorage, SaveOutcome, SavedPicture};
use storage::testing::ManualClock;
use storage::{GetOptions, ListOptions, MemoryStore, ObjectStore, PutOptions};

use super::{fixture, link, png, reason, request, stored};

/// Pictures up to so many bytes are held: all of them, and none.
const HELD: [u64; 2] = [u64::MAX, 0];

/// A service over `store` whose one picture has these bytes.
async fn service(store: &Arc<dyn ObjectStore>, bytes: Bytes, held: u64) -> PictureStorage {
    let source = ScriptedSource::new().in_pieces(10_000);
    source.serve(&link(1), bytes);
    let pictures = PictureStorage::new(Arc::clone(store), Arc::new(source), BucketMap::default());
    pictures.ensure_buckets().await.unwrap();
    pictures.with_held_size(held)
}

async fn save_one(pictures: &PictureStorage) -> SavedPicture {
    pictures.save(request(1)).await.remove(0)
}

/// Saves the same twenty times at once, then other bytes under the same key.
async fn twenty_saves_and_a_conflict(store: Arc<dyn ObjectStore>) {
    for (held, first) in HELD.into_iter().zip([b'1', b'2']) {
        let bytes = png(&vec![first; 200_000]);
        let pictures = service(&store, bytes.clone(), held).await;
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let pictures = pictures.clone();
                tokio::spawn(async move { save_one(&pictures).await })
            })
            .collect();
        let mut all = Vec::new();
        for task in tasks {
            all.push(task.await.unwrap());
        }
        let made = |saved: &&SavedPicture| saved.outcome == SaveOutcome::NewlyStored;
        let met = |saved: &&SavedPicture| saved.outcome == SaveOutcome::AlreadyStored;
        assert_eq!(all.iter().filter(made).count(), 1, "{all:?}");
        assert_eq!(all.iter().filter(met).count(), 19, "{all:?}");
        let object = stored(&all[0]).object.clone();
        assert!(all.iter().all(|saved| stored(saved) == stored(&all[0])));
        let page = store.list(&object.bucket, ListOptions::default()).await;
        assert_eq!(page.unwrap().entries.len(), 1);

        // Of the same length, so that only the digest tells them apart, and of another one.
        for other in [200_000, 100_000] {
            let others = service(&store, png(&vec![b'x'; other]), held).await;
            let saved = save_one(&others).await;
            let object = object.clone();
            assert_eq!(saved.outcome, SaveOutcome::Conflict { object });
            assert_eq!(reason(&saved), "conflict");
        }
        let there = store.get(&object, GetOptions::default()).await.unwrap();
        assert_eq!(there.body.collect(1 << 20).await.unwrap(), bytes);
        store.delete(&object).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_saves_at_once_give_one_object_in_memory() {
    let memory = MemoryStore::new(Arc::new(ManualClock::default()));
    twenty_saves_and_a_conflict(Arc::new(memory)).await;
}

#[cfg(feature = "fs")]
#[tokio::test(flavor = "multi_thread")]
async fn twenty_saves_at_once_give_one_object_in_files() {
    let root = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::default());
    let files = storage::filesystem::FilesystemStore::open(root.path(), clock).unwrap();
    twenty_saves_and_a_conflict(Arc::new(files)).await;
}

#[cfg(all(feature = "minio", feature = "s3-endpoint"))]
#[tokio::test(flavor = "multi_thread")]
async fn twenty_saves_at_once_give_one_object_through_s3() {
    use core_config::Secret;
    use storage::endpoint::S3Endpoint;
    use storage::minio::{MinioSettings, MinioStore};
    use storage::{Credentials, SystemClock};

    let memory = MemoryStore::new(Arc::new(SystemClock));
    let keys = Credentials::new("who", Secret::new("a-secret-for-this-test"));
    let endpoint = S3Endpoint::serve(
        Arc::new(memory),
        ([127, 0, 0, 1], 0).into(),
        std::slice::from_ref(&keys),
        "us-east-1",
    )
    .await
    .unwrap();
    let settings = MinioSettings::new(endpoint.url().parse().unwrap(), keys);
    let store = MinioStore::new(&settings, Arc::new(SystemClock)).unwrap();
    twenty_saves_and_a_conflict(Arc::new(store)).await;
}

#[tokio::test]
async fn a_retry_after_midnight_meets_the_object_of_the_day_before() {
    for held in HELD {
        let clock = Arc::new(ManualClock::default());
        let memory: Arc<dyn ObjectStore> = Arc::new(MemoryStore::new(clock.clone()));
        let pictures = service(&memory, png(b"picture"), held).await;
        let before = save_one(&pictures).await;
        clock.advance(TimeDelta::days(1));
        let after = save_one(&pictures).await;
        assert_eq!(before.outcome, SaveOutcome::NewlyStored);
        assert_eq!(after.outcome, SaveOutcome::AlreadyStored);
        assert_eq!(stored(&before), stored(&after));
        let key = stored(&after).object.key.as_str();
        assert!(key.starts_with("2026/03/01/"), "{key}");
    }
}

#[tokio::test]
async fn an_object_without_a_digest_is_compared_by_its_bytes() {
    for (there, is_same) in [(png(b"same!"), true), (png(b"other"), false)] {
        let fixture = fixture().await;
        fixture.source.serve(&link(1), png(b"same!"));
        let object = "imagen4/2026/03/01/0190-abc_1.png".parse().unwrap();
        let options = PutOptions::create_only();
        fixture
            .store
            .put(&object, there.into(), options)
            .await
            .unwrap();
        let saved = fixture.pictures.save(request(1)).await;
        if is_same {
            assert_eq!(stored(&saved[0]).object, object);
        } else {
            assert_eq!(reason(&saved[0]), "conflict");
        }
    }
}
