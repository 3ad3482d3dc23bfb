//! Pictures are found and deleted by their key alone, and never by a guess.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on must stop, also within its helpers"
)]
#![expect(
    clippy::clone_on_ref_ptr,
    reason = "`Arc::clone` does not turn into an `Arc` of the port"
)]

use std::sync::Arc;

use storage::pictures::testing::ScriptedSource;
use storage::pictures::{
    BucketMap, DeletionOutcome, KeyDeletionReport, PictureStorage, WhenAmbiguous, Whereabouts,
};
use storage::testing::{CountingStore, FailingStore, Failure, Operation};
use storage::{
    MemoryStore, ObjectKey, ObjectRef, ObjectStore, PutOptions, StorageErrorKind, SystemClock,
};

const BUCKETS: [&str; 4] = ["imagen4", "generated", "avatars", "temp"];

struct Scene {
    memory: Arc<MemoryStore>,
    failing: Arc<FailingStore<Arc<MemoryStore>>>,
    counted: Arc<CountingStore<Arc<FailingStore<Arc<MemoryStore>>>>>,
    pictures: PictureStorage,
    key: ObjectKey,
}

impl Scene {
    /// Returns a store in which the key is in `buckets`.
    async fn with_key_in(buckets: &[&str]) -> Self {
        let memory = Arc::new(MemoryStore::new(Arc::new(SystemClock)));
        let failing = Arc::new(FailingStore::new(memory.clone()));
        let counted = Arc::new(CountingStore::new(failing.clone()));
        let source = Arc::new(ScriptedSource::new());
        let pictures = PictureStorage::new(counted.clone(), source, BucketMap::default());
        pictures.ensure_buckets().await.unwrap();
        let scene = Self {
            memory,
            failing,
            counted,
            pictures,
            key: "2026/03/01/abc_1.png".parse().unwrap(),
        };
        for bucket in buckets {
            let options = PutOptions::create_only();
            let object = scene.object(bucket);
            scene
                .memory
                .put(&object, "abc".into(), options)
                .await
                .unwrap();
        }
        scene
    }

    fn object(&self, bucket: &str) -> ObjectRef {
        ObjectRef::new(bucket.parse().unwrap(), self.key.clone())
    }

    async fn is_there(&self, bucket: &str) -> bool {
        self.memory.head(&self.object(bucket)).await.is_ok()
    }

    async fn delete(&self, when_ambiguous: WhenAmbiguous) -> KeyDeletionReport {
        self.pictures.delete_key(&self.key, when_ambiguous).await
    }

    fn outcomes(report: &KeyDeletionReport) -> Vec<DeletionOutcome> {
        let objects = report.objects.iter();
        objects.map(|object| object.outcome).collect()
    }
}

#[tokio::test]
async fn a_key_is_found_and_deleted_in_whichever_bucket_it_is() {
    for bucket in BUCKETS {
        let scene = Scene::with_key_in(&[bucket]).await;
        let found = scene.pictures.find(&scene.key).await.unwrap();
        assert_eq!(found, Whereabouts::Found(scene.object(bucket)));
        assert_eq!(scene.counted.calls(Operation::Head), 4, "one per bucket");

        let report = scene.delete(WhenAmbiguous::Refuse).await;
        assert_eq!(report.outcome, DeletionOutcome::Deleted);
        assert_eq!(report.objects[0].object, scene.object(bucket));
        assert_eq!(scene.counted.calls(Operation::Head), 8, "one per bucket");
        let deletes = scene.counted.calls(Operation::Delete);
        assert_eq!(deletes, 2, "the picture and its sidecar");
        assert!(!scene.is_there(bucket).await);

        let again = scene.delete(WhenAmbiguous::Refuse).await;
        assert_eq!(again.outcome, DeletionOutcome::AlreadyAbsent);
        assert!(again.objects.is_empty());
    }
}

#[tokio::test]
async fn what_cannot_be_described_is_there_and_can_go() {
    for act in ["find", "delete"] {
        let scene = Scene::with_key_in(&["imagen4"]).await;
        let corrupt = Failure::of(Operation::Head, StorageErrorKind::Corrupt);
        // The first bucket that is asked is the one that holds it.
        scene.failing.fail(corrupt.on_calls(1..=1));
        if act == "find" {
            let found = scene.pictures.find(&scene.key).await.unwrap();
            assert_eq!(found, Whereabouts::Found(scene.object("imagen4")));
        } else {
            let report = scene.delete(WhenAmbiguous::Refuse).await;
            assert_eq!(report.outcome, DeletionOutcome::Deleted);
            assert!(!scene.is_there("imagen4").await);
        }
    }
}

#[tokio::test]
async fn a_missing_key_is_absent_and_never_deleted() {
    let scene = Scene::with_key_in(&[]).await;
    let found = scene.pictures.find(&scene.key).await.unwrap();
    assert_eq!(found, Whereabouts::Absent);
    let report = scene.delete(WhenAmbiguous::DeleteAll).await;
    assert_eq!(report.outcome, DeletionOutcome::AlreadyAbsent);
    assert_eq!(scene.counted.calls(Operation::Delete), 0);
}

#[tokio::test]
async fn the_same_key_twice_is_refused_unless_told() {
    let scene = Scene::with_key_in(&["temp", "generated"]).await;
    let places = ["generated", "temp"];
    let found = scene.pictures.find(&scene.key).await.unwrap();
    let objects = places.map(|bucket| scene.object(bucket)).to_vec();
    assert_eq!(found, Whereabouts::Ambiguous(objects));

    let refused = scene.delete(WhenAmbiguous::default()).await;
    assert_eq!(refused.outcome, DeletionOutcome::Ambiguous);
    assert_eq!(Scene::outcomes(&refused), [DeletionOutcome::Ambiguous; 2]);
    assert_eq!(scene.counted.calls(Operation::Delete), 0);
    for bucket in places {
        assert!(scene.is_there(bucket).await, "{bucket}");
    }

    let told = scene.delete(WhenAmbiguous::DeleteAll).await;
    assert_eq!(told.outcome, DeletionOutcome::Deleted);
    assert_eq!(Scene::outcomes(&told), [DeletionOutcome::Deleted; 2]);
    for bucket in places {
        assert!(!scene.is_there(bucket).await, "{bucket}");
    }
}

#[tokio::test]
async fn all_of_a_key_is_deleted_only_when_each_is() {
    let scene = Scene::with_key_in(&["imagen4", "temp"]).await;
    let denied = Failure::of(Operation::Delete, StorageErrorKind::Denied);
    scene.failing.fail(denied.on_calls(1..=1));
    let report = scene.delete(WhenAmbiguous::DeleteAll).await;
    let failed = DeletionOutcome::Failed(StorageErrorKind::Denied);
    assert_eq!(report.outcome, failed);
    assert_eq!(Scene::outcomes(&report), [failed, DeletionOutcome::Deleted]);
    assert!(scene.is_there("imagen4").await && !scene.is_there("temp").await);
}

#[tokio::test]
async fn a_bucket_that_gives_no_answer_stops_the_search() {
    // The one that does not answer may hold the key, or another object with the same key.
    for buckets in [&["temp"][..], &[]] {
        let scene = Scene::with_key_in(buckets).await;
        let unavailable = Failure::of(Operation::Head, StorageErrorKind::Unavailable);
        scene.failing.fail(unavailable.on_calls(1..=1));
        let error = scene.pictures.find(&scene.key).await.unwrap_err();
        assert_eq!(error.kind(), StorageErrorKind::Unavailable);
        assert_eq!(scene.counted.calls(Operation::Head), 4);

        let denied = Failure::of(Operation::Head, StorageErrorKind::Denied);
        scene.failing.fail(denied.on_calls(5..=5));
        let report = scene.delete(WhenAmbiguous::DeleteAll).await;
        let failed = DeletionOutcome::Failed(StorageErrorKind::Denied);
        assert_eq!((report.outcome, report.objects.len()), (failed, 0));
        assert_eq!(scene.counted.calls(Operation::Delete), 0);
    }
}

#[tokio::test]
async fn a_missing_bucket_holds_nothing() {
    let memory = Arc::new(MemoryStore::new(Arc::new(SystemClock)));
    let source = Arc::new(ScriptedSource::new());
    let pictures = PictureStorage::new(memory.clone(), source, BucketMap::default());
    let there: ObjectRef = "temp/abc_1.png".parse().unwrap();
    memory.ensure_bucket(&there.bucket).await.unwrap();
    let options = PutOptions::create_only();
    memory.put(&there, "abc".into(), options).await.unwrap();
    let found = pictures.find(&there.key).await.unwrap();
    assert_eq!(found, Whereabouts::Found(there));
}
