//! Many pictures at once: few calls, and a report that is exact to the key.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on must stop, also within its helpers"
)]
#![expect(
    clippy::clone_on_ref_ptr,
    reason = "`Arc::clone` does not turn into an `Arc` of the port"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use storage::pictures::testing::ScriptedSource;
use storage::pictures::{BucketMap, DeletionOutcome, PictureStorage};
use storage::testing::{CountingStore, FailingStore, Failure, Operation};
use storage::{MemoryStore, ObjectRef, ObjectStore, PutOptions, StorageErrorKind, SystemClock};

type Inside = Arc<CountingStore<Arc<FailingStore<Arc<MemoryStore>>>>>;

/// As many pictures as are deleted, the number of them whose deletion fails, and of those that are missing.
const THERE: usize = 2_500;
const PLANTED: [usize; 7] = [0, 1, 998, 1_700, 1_999, 2_000, 2_499];
const MISSING: usize = 20;

struct Scene {
    memory: Arc<MemoryStore>,
    failing: Arc<FailingStore<Arc<MemoryStore>>>,
    counted: Inside,
}

impl Scene {
    async fn with_pictures() -> Self {
        let memory = Arc::new(MemoryStore::new(Arc::new(SystemClock)));
        let failing = Arc::new(FailingStore::new(memory.clone()));
        let counted = Arc::new(CountingStore::new(failing.clone()));
        let scene = Self {
            memory,
            failing,
            counted,
        };
        memory_bucket(&scene.memory).await;
        for number in 0..THERE {
            let options = PutOptions::create_only();
            let object = picture(number);
            let put = scene.memory.put(&object, "abc".into(), options);
            put.await.unwrap();
        }
        for number in PLANTED {
            let failing = picture(number).key.to_string();
            let planted = Failure::of(Operation::DeleteMany, kind_of(number));
            scene
                .failing
                .fail(planted.on_keys(move |key| key == failing));
        }
        scene
    }

    /// Deletes everything through `store`, and checks what is said against what is so.
    async fn delete_through(&self, store: Arc<dyn ObjectStore>) {
        let source = Arc::new(ScriptedSource::new());
        let pictures = PictureStorage::new(store, source, BucketMap::default());
        let asked: Vec<_> = (0..THERE + MISSING).map(picture).collect();
        let reports = pictures.delete(&asked).await;
        assert_eq!(reports.len(), asked.len());

        let mut counts = BTreeMap::new();
        for (number, report) in reports.iter().enumerate() {
            assert_eq!(report.object, asked[number]);
            assert_eq!(report.outcome, expected(number), "{number}");
            let stays = matches!(report.outcome, DeletionOutcome::Failed(_));
            let is_there = self.memory.head(&report.object).await.is_ok();
            assert_eq!(is_there, stays, "{number}");
            *counts.entry(format!("{:?}", report.outcome)).or_insert(0) += 1;
        }
        assert_eq!(counts["Deleted"], THERE - PLANTED.len());
        assert_eq!(counts["AlreadyAbsent"], MISSING);
        assert_eq!(self.counted.calls(Operation::DeleteMany), 3);
        assert_eq!(self.counted.calls(Operation::Delete), 0);
        assert_eq!(
            self.counted.calls(Operation::Head),
            2_520 + 2_513,
            "one look for each, and one for the sidecar of each that is gone"
        );
        let peak = self.counted.peak_in_flight();
        assert!(peak <= 64, "{peak} calls at once");
    }
}

async fn memory_bucket(memory: &MemoryStore) {
    memory.ensure_bucket(&picture(0).bucket).await.unwrap();
}

fn picture(number: usize) -> ObjectRef {
    format!("imagen4/2026/03/01/{number:05}_1.png")
        .parse()
        .unwrap()
}

fn kind_of(number: usize) -> StorageErrorKind {
    match number % 2 {
        0 => StorageErrorKind::Denied,
        _ => StorageErrorKind::Unavailable,
    }
}

fn expected(number: usize) -> DeletionOutcome {
    if number >= THERE {
        DeletionOutcome::AlreadyAbsent
    } else if PLANTED.contains(&number) {
        DeletionOutcome::Failed(kind_of(number))
    } else {
        DeletionOutcome::Deleted
    }
}

#[tokio::test]
async fn many_go_in_three_calls_and_seven_failures_are_reported_exactly() {
    let scene = Scene::with_pictures().await;
    scene.delete_through(scene.counted.clone()).await;
}

/// The same over the wire, where the calls are counted at the other end.
#[cfg(all(feature = "minio", feature = "s3-endpoint"))]
#[tokio::test(flavor = "multi_thread")]
async fn many_go_in_three_requests_through_the_minio_adapter() {
    use core_config::Secret;
    use storage::Credentials;
    use storage::endpoint::S3Endpoint;
    use storage::minio::{MinioSettings, MinioStore};

    let scene = Scene::with_pictures().await;
    let keys = Credentials::new("who", Secret::new("a-secret-for-this-test"));
    let loopback = ([127, 0, 0, 1], 0).into();
    let allowed = std::slice::from_ref(&keys);
    let endpoint = S3Endpoint::serve(scene.counted.clone(), loopback, allowed, "us-east-1")
        .await
        .unwrap();
    let settings = MinioSettings::new(endpoint.url().parse().unwrap(), keys);
    let store = MinioStore::new(&settings, Arc::new(SystemClock)).unwrap();
    scene.delete_through(Arc::new(store)).await;
    endpoint.shutdown().await;
}

#[tokio::test]
async fn a_bulk_call_that_fails_whole_fails_its_own_pictures_only() {
    let scene = Scene::with_pictures().await;
    scene.failing.heal();
    let unavailable = Failure::of(Operation::DeleteMany, StorageErrorKind::Unavailable);
    scene.failing.fail(unavailable.on_calls(1..=1));
    let source = Arc::new(ScriptedSource::new());
    let pictures = PictureStorage::new(scene.counted.clone(), source, BucketMap::default());
    let asked: Vec<_> = (0..THERE).map(picture).collect();
    let reports = pictures.delete(&asked).await;
    let failed = DeletionOutcome::Failed(StorageErrorKind::Unavailable);
    let lost: Vec<_> = reports
        .iter()
        .filter(|report| report.outcome == failed)
        .collect();
    assert!(matches!(lost.len(), 500 | 1000), "{}", lost.len());
    for report in &lost {
        assert!(scene.memory.head(&report.object).await.is_ok());
    }
    let again = pictures.delete(&asked).await;
    let deleted =
        |report: &&storage::pictures::DeletionReport| report.outcome == DeletionOutcome::Deleted;
    assert_eq!(again.iter().filter(deleted).count(), lost.len());
}

fn sidecar(number: usize) -> ObjectRef {
    format!("{}.json", picture(number)).parse().unwrap()
}

#[tokio::test]
async fn sidecars_go_with_their_pictures_and_those_that_stay_are_named() {
    let scene = Scene::with_pictures().await;
    for number in 0..THERE + MISSING {
        let (object, options) = (sidecar(number), PutOptions::create_only());
        let put = scene.memory.put(&object, "{}".into(), options);
        put.await.unwrap();
    }
    let stuck = [5, 1_234, THERE + 3];
    for number in stuck {
        let key = sidecar(number).key.to_string();
        let planted = Failure::of(Operation::DeleteMany, StorageErrorKind::Denied);
        scene
            .failing
            .fail(planted.on_keys(move |other| other == key));
    }
    let source = Arc::new(ScriptedSource::new());
    let pictures = PictureStorage::new(scene.counted.clone(), source, BucketMap::default());
    let asked: Vec<_> = (0..THERE + MISSING).map(picture).collect();
    let reports = pictures.delete(&asked).await;

    for (number, report) in reports.iter().enumerate() {
        let planted = PLANTED.contains(&number);
        let sidecar_stays = DeletionOutcome::SidecarStays(StorageErrorKind::Denied);
        let (outcome, staying) = if stuck.contains(&number) {
            (sidecar_stays, Some(sidecar(number)))
        } else {
            (expected(number), planted.then(|| picture(number)))
        };
        assert_eq!(
            (report.outcome, report.staying()),
            (outcome, staying),
            "{number}"
        );
        let is_there = scene.memory.head(&picture(number)).await.is_ok();
        assert_eq!(is_there, planted, "{number}");
        // A picture that stays keeps its sidecar.
        let sidecar_is_there = scene.memory.head(&sidecar(number)).await.is_ok();
        assert_eq!(
            sidecar_is_there,
            planted || stuck.contains(&number),
            "{number}"
        );
    }
    assert_eq!(scene.counted.calls(Operation::DeleteMany), 6);
    assert_eq!(scene.counted.calls(Operation::Delete), 0);

    scene.failing.heal();
    let again = pictures.delete(&asked).await;
    assert!(again.iter().all(|report| report.staying().is_none()));
    assert!(scene.memory.head(&sidecar(5)).await.is_err());
}
