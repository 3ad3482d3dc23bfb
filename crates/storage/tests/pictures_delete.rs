//! Deleting, opening and linking pictures, and what the logs may show.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on must stop, also within its helpers"
)]
#![expect(
    clippy::clone_on_ref_ptr,
    reason = "`Arc::clone` does not turn into an `Arc` of the port"
)]

use std::io::Write;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, NaiveDate, TimeDelta};
use core_config::Secret;
use storage::pictures::testing::{ScriptedSource, sample_picture};
use storage::pictures::{
    BucketMap, DeletionOutcome, ImageFormat, PictureKind, PictureStorage, RemotePicture,
    SaveRequest, WhenAmbiguous,
};
use storage::testing::{FailingStore, Failure, ManualClock, MockObjectStore, Operation};
use storage::{
    Credentials, Deletion, GetOptions, LinkLife, LinkSigner, MemoryStore, Metadata, ObjectInfo,
    ObjectKey, ObjectRef, ObjectStore, PutOptions, StorageErrorKind,
};
use tracing_subscriber::fmt::MakeWriter;

type Store = Arc<FailingStore<MemoryStore>>;

async fn fixture() -> (Store, Arc<ScriptedSource>, PictureStorage) {
    let credentials = Credentials::new("reader", Secret::new("canary-secret"));
    let host = "http://127.0.0.1:9000".parse().unwrap();
    let signer = LinkSigner::new(host, "us-east-1", credentials);
    let clock = Arc::new(ManualClock::new(DateTime::UNIX_EPOCH));
    let memory = MemoryStore::new(clock).with_links(signer);
    let store = Arc::new(FailingStore::new(memory));
    let source = Arc::new(ScriptedSource::new());
    let pictures = PictureStorage::new(store.clone(), source.clone(), BucketMap::default());
    pictures.ensure_buckets().await.unwrap();
    (store, source, pictures)
}

fn object(text: &str) -> ObjectRef {
    text.parse().unwrap()
}

async fn put(store: &Store, object: &ObjectRef) {
    let options = PutOptions::create_only();
    store.put(object, "abc".into(), options).await.unwrap();
}

#[tokio::test]
async fn a_delete_may_run_in_a_task_of_its_own() {
    let (store, _, pictures) = fixture().await;
    let objects = [
        object("imagen4/2026/11/22/a_1.png"),
        object("imagen4/2026/11/22/a_2.png"),
    ];
    put(&store, &objects[0]).await;
    // Compiles only while nothing in the future keeps it in its task.
    let task = tokio::spawn(async move { pictures.delete(&objects).await });
    let outcomes: Vec<_> = task
        .await
        .unwrap()
        .iter()
        .map(|report| report.outcome)
        .collect();
    assert_eq!(
        outcomes,
        [DeletionOutcome::Deleted, DeletionOutcome::AlreadyAbsent]
    );
}

/// The log lines of this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn start(&self) -> tracing::subscriber::DefaultGuard {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(self.clone())
            .finish();
        tracing::subscriber::set_default(subscriber)
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn each_object_is_reported_as_it_is_and_in_order() {
    let log = Log::default();
    let _guard = log.start();
    let (store, _, pictures) = fixture().await;
    let there = object("imagen4/2026/03/01/there_1.png");
    let missing = object("imagen4/2026/03/01/missing_1.png");
    let stuck = object("generated/2026/03/01/stuck_1.png");
    let hidden = object("generated/2026/03/01/hidden_1.png");
    let foreign = object("backups/2026/03/01/there_1.png");
    let last = object("avatars/2026/03/01/last_1.png");
    for object in [&there, &stuck, &hidden, &last] {
        put(&store, object).await;
    }
    let denied = Failure::of(Operation::Delete, StorageErrorKind::Denied);
    store.fail(denied.on_keys(|key| key.contains("stuck")));
    let unavailable = Failure::of(Operation::Head, StorageErrorKind::Unavailable);
    store.fail(unavailable.on_keys(|key| key.contains("hidden")));

    let asked = [there, missing, stuck, hidden, foreign, last].map(|object| object);
    let reports = pictures.delete(&asked).await;
    let objects: Vec<_> = reports.iter().map(|report| report.object.clone()).collect();
    assert_eq!(objects, asked);
    let outcomes: Vec<_> = reports.iter().map(|report| report.outcome).collect();
    assert_eq!(
        outcomes,
        [
            DeletionOutcome::Deleted,
            DeletionOutcome::AlreadyAbsent,
            DeletionOutcome::Failed(StorageErrorKind::Denied),
            DeletionOutcome::Failed(StorageErrorKind::Unavailable),
            DeletionOutcome::NotOurs,
            DeletionOutcome::Deleted,
        ]
    );
    store.heal();
    assert!(store.head(&asked[0]).await.is_err());
    assert!(store.head(&asked[2]).await.is_ok());
    assert!(store.head(&asked[3]).await.is_ok());

    let log = log.text();
    for report in &reports {
        let key = report.object.to_string();
        let line = log.lines().find(|line| line.contains(&key)).unwrap();
        assert!(line.contains(&format!("{:?}", report.outcome)), "{line}");
        assert!(line.contains("INFO"), "{line}");
    }
}

#[tokio::test]
async fn a_second_delete_says_already_absent_also_within_one_call() {
    let (store, _, pictures) = fixture().await;
    let there = object("imagen4/2026/03/01/there_1.png");
    put(&store, &there).await;
    let reports = pictures.delete(&[there.clone(), there.clone()]).await;
    let outcomes: Vec<_> = reports.iter().map(|report| report.outcome).collect();
    let (deleted, absent) = (DeletionOutcome::Deleted, DeletionOutcome::AlreadyAbsent);
    assert_eq!(outcomes, [deleted, absent]);
    assert_eq!(pictures.delete(&[there]).await[0].outcome, absent);
}

#[tokio::test]
async fn links_are_deleted_by_what_they_name_and_foreign_ones_never() {
    let log = Log::default();
    let _guard = log.start();
    let (store, _, pictures) = fixture().await;
    let hosts = ["http://minio:9000", "https://img.example"];
    let pictures = pictures.with_hosts(hosts.map(|host| host.parse().unwrap()));
    let there = object("imagen4/2026/03/01/there_1.png");
    let older = object("generated/generated/2026/03/01/older_01.png");
    let spared = object("imagen4/2026/03/01/spared_1.png");
    let stuck = object("temp/2026/03/01/stuck_1.png");
    for object in [&there, &older, &spared, &stuck] {
        put(&store, object).await;
    }
    let denied = Failure::of(Operation::Delete, StorageErrorKind::Denied);
    store.fail(denied.on_keys(|key| key.contains("stuck")));

    let reports = pictures
        .delete_links(&[
            "https://evil.test/imagen4/2026/03/01/spared_1.png?sig=canary",
            "https://img.example/imagen4/2026/03/01/there_1.png?X-Amz-Signature=canary",
            "http://minio:9000/generated/generated/2026/03/01/older_01.png",
            "https://who:canary@img.example/imagen4/2026/03/01/spared_1.png",
            "http://imagen4.minio:9000/2026/03/01/there_1.png",
            "https://img.example/temp/2026/03/01/stuck_1.png",
            "https://img.example/imagen4/2026/03/01/missing_1.png",
            "https://img.example/backups/2026/03/01/spared_1.png",
        ])
        .await;
    let (deleted, not_ours) = (DeletionOutcome::Deleted, DeletionOutcome::NotOurs);
    let absent = DeletionOutcome::AlreadyAbsent;
    let denied = DeletionOutcome::Failed(StorageErrorKind::Denied);
    let missing = object("imagen4/2026/03/01/missing_1.png");
    let expected = [
        (None, not_ours),
        (Some(there.clone()), deleted),
        (Some(older.clone()), deleted),
        (None, not_ours),
        (Some(there.clone()), absent),
        (Some(stuck.clone()), denied),
        (Some(missing), absent),
        (None, not_ours),
    ];
    let found: Vec<_> = reports
        .iter()
        .map(|report| (report.object.clone(), report.outcome))
        .collect();
    assert_eq!(found, expected);
    assert!(store.head(&spared).await.is_ok());
    assert!(store.head(&there).await.is_err() && store.head(&older).await.is_err());

    let log = log.text();
    assert!(!format!("{log} {reports:?}").contains("canary"), "{log}");
    assert_eq!(log.matches("NotOurs").count(), 3, "{log}");
    for text in [there.to_string(), older.to_string(), stuck.to_string()] {
        assert_eq!(log.matches(&text).count(), 1, "{log}");
    }
}

#[tokio::test]
async fn a_picture_is_deleted_by_the_link_that_was_given_out() {
    let (store, _, pictures) = fixture().await;
    let pictures = pictures.with_hosts(["http://127.0.0.1:9000".parse().unwrap()]);
    let there = object("imagen4/2026/03/01/there_1.png");
    put(&store, &there).await;
    let link = pictures.link(&there).await.unwrap();
    let reports = pictures.delete_links(&[link.expose()]).await;
    assert_eq!(reports[0].outcome, DeletionOutcome::Deleted);
    assert!(store.head(&there).await.is_err());
}

#[tokio::test]
async fn a_store_that_says_nothing_of_a_key_has_not_deleted_it() {
    let mut store = MockObjectStore::new();
    let info = ObjectInfo {
        size_bytes: 3,
        content_type: None,
        etag: None,
        last_modified: None,
        sha256: None,
        metadata: Metadata::new(),
    };
    store.expect_head().returning(move |_| Ok(info.clone()));
    let told = |key: &ObjectKey| Deletion {
        key: key.clone(),
        outcome: Ok(()),
    };
    // The answer leaves out the first key and turns the others round.
    store
        .expect_delete_many()
        .times(1)
        .returning(move |_, keys| Ok(keys.iter().skip(1).rev().map(told).collect()));
    let source = Arc::new(ScriptedSource::new());
    let pictures = PictureStorage::new(Arc::new(store), source, BucketMap::default());
    let asked = ["temp/a", "temp/b", "temp/c"].map(object);
    let reports = pictures.delete(&asked).await;
    let outcomes: Vec<_> = reports.iter().map(|report| report.outcome).collect();
    let untold = DeletionOutcome::Failed(StorageErrorKind::Unexpected);
    let deleted = DeletionOutcome::Deleted;
    assert_eq!(outcomes, [untold, deleted, deleted]);
}

#[tokio::test]
async fn links_live_as_long_as_told_and_are_never_shown() {
    let (_, _, pictures) = fixture().await;
    let picture = object("imagen4/2026/03/01/there_1.png");
    for (pictures, seconds) in [
        (pictures.clone(), 86_400),
        (
            pictures.with_link_life(LinkLife::from_secs(60).unwrap()),
            60,
        ),
    ] {
        let link = pictures.link(&picture).await.unwrap();
        let end = DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        assert_eq!(link.expires_at(), end);
        assert!(link.expose().contains("X-Amz-Signature="));
        assert!(!format!("{link:?}").contains("X-Amz"));
    }
}

#[tokio::test]
async fn buckets_without_pictures_are_neither_linked_nor_opened() {
    let (_, _, pictures) = fixture().await;
    let foreign = object("backups/secret.txt");
    let link = pictures.link(&foreign).await.unwrap_err();
    let open = pictures
        .open(&foreign, GetOptions::default())
        .await
        .unwrap_err();
    assert_eq!(link.kind(), StorageErrorKind::InvalidInput);
    assert_eq!(open.kind(), StorageErrorKind::InvalidInput);
}

#[tokio::test]
async fn no_link_is_ever_logged_or_shown() {
    let log = Log::default();
    let _guard = log.start();
    let (store, source, pictures) = fixture().await;
    let url = |number| format!("https://v3.fal.media/canary/{number}?sig=canary");
    let remote = |number| RemotePicture {
        number,
        url: url(number),
        dies_at: None,
    };
    for number in [1, 2] {
        let bytes = sample_picture(ImageFormat::Png, 8, 8, &[number]);
        source.serve(&url(number), bytes);
    }
    let unavailable = Failure::of(Operation::Put, StorageErrorKind::Unavailable);
    store.fail(unavailable.on_keys(|key| key.ends_with("_1.png")));
    let request = SaveRequest {
        kind: PictureKind::Imagen4,
        generation_id: "abc".to_owned(),
        created_on: NaiveDate::from_ymd_opt(2026, 3, 1).unwrap(),
        pictures: [1, 2, 3].map(remote).to_vec(),
        metadata: Metadata::new(),
        provenance: None,
    };
    let asked = format!("{request:?}");
    let saved = pictures.save(request).await;
    let link = pictures.link(&object("imagen4/2026/03/01/abc_2.png")).await;
    let shown = format!("{asked} {saved:?} {link:?} {pictures:?}");
    assert!(!shown.contains("canary"), "{shown}");
    assert!(!shown.contains("X-Amz"), "{shown}");

    let log = log.text();
    assert!(!log.contains("canary"), "{log}");
    assert_eq!(log.matches("WARN").count(), 1, "{log}");
    assert!(log.contains("lost=2"), "{log}");
}

#[tokio::test]
async fn what_cannot_be_described_can_still_be_deleted() {
    let (store, _, pictures) = fixture().await;
    let broken = object("imagen4/2026/01/31/a_1.png");
    put(&store, &broken).await;
    store.fail(Failure::of(Operation::Head, StorageErrorKind::Corrupt));
    let reports = pictures.delete(std::slice::from_ref(&broken)).await;
    assert_eq!(reports[0].outcome, DeletionOutcome::Deleted);
    store.heal();
    let gone = store.head(&broken).await.unwrap_err();
    assert_eq!(gone.kind(), StorageErrorKind::NotFound);
}

#[tokio::test]
async fn deleted_is_said_only_when_the_sidecar_is_gone_too() {
    let (store, _, pictures) = fixture().await;
    let picture = object("imagen4/2026/03/01/a_1.png");
    let sidecar = object("imagen4/2026/03/01/a_1.png.json");
    let stays = DeletionOutcome::SidecarStays(StorageErrorKind::Denied);
    for by_key in [false, true] {
        put(&store, &picture).await;
        put(&store, &sidecar).await;
        let denied = Failure::of(Operation::Delete, StorageErrorKind::Denied);
        store.fail(denied.on_keys(|key| key.contains(".png.json")));
        let reports = if by_key {
            let when = WhenAmbiguous::Refuse;
            pictures.delete_key(&picture.key, when).await.objects
        } else {
            pictures.delete(std::slice::from_ref(&picture)).await
        };
        assert_eq!(reports[0].outcome, stays);
        assert_eq!(reports[0].staying().as_ref(), Some(&sidecar));
        assert!(store.head(&picture).await.is_err() && store.head(&sidecar).await.is_ok());

        store.heal();
        let again = pictures.delete(std::slice::from_ref(&picture)).await;
        assert_eq!(again[0].outcome, DeletionOutcome::AlreadyAbsent);
        assert!(store.head(&sidecar).await.is_err());
    }
}

#[tokio::test]
async fn a_picture_that_stays_keeps_its_sidecar() {
    let (store, _, pictures) = fixture().await;
    let picture = object("imagen4/2026/03/01/a_1.png");
    let sidecar = object("imagen4/2026/03/01/a_1.png.json");
    put(&store, &picture).await;
    put(&store, &sidecar).await;
    store.fail(Failure::of(Operation::Delete, StorageErrorKind::Denied).on_calls(1..=1));
    let reports = pictures.delete(std::slice::from_ref(&picture)).await;
    let denied = DeletionOutcome::Failed(StorageErrorKind::Denied);
    assert_eq!(reports[0].outcome, denied);
    assert_eq!(reports[0].staying(), Some(picture));
    assert!(store.head(&sidecar).await.is_ok());
}
