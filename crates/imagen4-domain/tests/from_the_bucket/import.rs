//! The rows of an earlier program become records, and nothing is guessed.

use std::sync::Arc;

use imagen4_domain::testing::user;
use imagen4_domain::{
    Generation, GenerationStore, ImportService, ImportTotals, MemoryGenerationStore,
    PictureOutcome, PictureState, RowOutcome, RowProblem, RowReport,
};
use storage::pictures::testing::{ScriptedSource, sample_picture};
use storage::pictures::{BucketMap, ImageFormat, PictureKind, PictureStorage};
use storage::testing::{FailingStore, Failure, ManualClock, Operation};
use storage::{ListOptions, MemoryStore, ObjectRef, ObjectStore, PutOptions, StorageErrorKind};

use crate::warm::Warm;

const SIGNED: &str = "?X-Amz-Date=20250102T030405Z&X-Amz-Expires=86400&X-Amz-Signature=canary";

struct World {
    objects: Arc<FailingStore<MemoryStore>>,
    records: Arc<dyn GenerationStore>,
    pictures: PictureStorage,
}

impl World {
    /// The buckets as the earlier program left them: one for everything, with older folders in it.
    async fn new() -> Self {
        let memory = MemoryStore::new(Arc::new(ManualClock::default()));
        let objects = Arc::new(FailingStore::new(memory));
        let as_store: Arc<dyn ObjectStore> = Arc::clone(&objects) as _;
        let map = BucketMap::builder()
            .with(PictureKind::Generated, "photos".parse().unwrap(), None)
            .build()
            .unwrap();
        let pictures = PictureStorage::new(as_store, Arc::new(ScriptedSource::new()), map)
            .with_hosts(["http://minio:9000".parse().unwrap()]);
        pictures.ensure_buckets().await.unwrap();
        let world = Self {
            objects,
            records: Arc::new(MemoryGenerationStore::new()),
            pictures,
        };
        for number in 1..=4 {
            world
                .put(
                    &format!("imagen4/2025/01/02/a_0{number}.jpg"),
                    ImageFormat::Png,
                )
                .await;
        }
        world
            .put("photos/generated/2025/01/02/b_01.jpg", ImageFormat::Jpeg)
            .await;
        world
            .put("photos/2025/01/02/c_1.webp", ImageFormat::WebP)
            .await;
        world
    }

    async fn put(&self, object: &str, format: ImageFormat) {
        let object: ObjectRef = object.parse().unwrap();
        let bytes = sample_picture(format, 64, 32, object.key.as_str().as_bytes());
        let options = PutOptions::create_only().with_content_type("image/jpeg");
        self.objects
            .put(&object, bytes.into(), options)
            .await
            .unwrap();
    }

    fn service(&self, writes: bool) -> ImportService {
        ImportService::new(Arc::clone(&self.records), self.pictures.clone()).with_write(writes)
    }

    async fn run(&self, writes: bool, rows: &[String]) -> (ImportTotals, Vec<RowReport>) {
        let mut reports = Vec::new();
        let service = self.service(writes);
        let told = |report: &RowReport| reports.push(report.clone());
        let totals = service.run(rows.to_vec(), told).await;
        (totals, reports)
    }

    async fn recorded(&self) -> Vec<Generation> {
        self.records.recent(&user("42"), 1000, None).await.unwrap()
    }

    async fn objects_in(&self, bucket: &str) -> Vec<String> {
        let bucket = bucket.parse().unwrap();
        let page = self
            .objects
            .list(&bucket, ListOptions::default())
            .await
            .unwrap();
        page.entries
            .iter()
            .map(|entry| entry.key.to_string())
            .collect()
    }
}

fn ours(key: &str) -> String {
    format!("http://minio:9000/{key}{SIGNED}")
}

/// Returns a row with `urls`, which is JSON.
fn row(id: &str, urls: &str) -> String {
    format!(
        r#"{{"id":"{id}","user_id":42,"prompt":"a lighthouse","generation_type":"imagen4",
        "created_at":"2025-01-02T03:04:05.600000","status":"completed","result_urls":{urls}}}"#
    )
    .replace('\n', " ")
}

/// Returns a row whose column is this text.
fn row_of_text(id: &str, column: &str) -> String {
    row(id, &serde_json::to_string(column).unwrap())
}

/// Nine shapes of the column, each with the states of its pictures: `s` stored, `f` fallback, `u` unobtainable.
fn shapes() -> Vec<(String, &'static str)> {
    let a = |number| ours(&format!("imagen4/2025/01/02/a_0{number}.jpg"));
    let (b, c) = (
        ours("photos/generated/2025/01/02/b_01.jpg"),
        ours("photos/2025/01/02/c_1.webp"),
    );
    let fal = "https://v3.fal.media/files/b/x.png";
    let gone = ours("imagen4/2025/01/02/gone_1.png");
    let list = format!(r#"["{}","{}","{}","{}"]"#, a(1), a(2), a(3), a(4));
    let twice = serde_json::to_string(&list).unwrap();
    vec![
        (row_of_text("1", &list), "ssss"),
        (row("2", &list), "ssss"),
        (row_of_text("3", &twice), "ssss"),
        (row_of_text("4", &format!("['{b}', '{c}']")), "ss"),
        (row_of_text("5", &a(1)), "s"),
        (row("6", &format!(r#"{{"url":"{b}"}}"#)), "s"),
        (
            row(
                "7",
                &format!(r#"["{fal}","https://storage.googleapis.com/f/y.png"]"#),
            ),
            "ff",
        ),
        (
            row("8", &format!(r#"["{}","{fal}",null,"{gone}"]"#, a(1))),
            "sfuu",
        ),
        (row_of_text("9", "generated/2025/01/02/b_01.jpg"), "s"),
        (row_of_text("10", &format!("{{{b},{c}}}")), "ss"),
    ]
}

fn letters(generation: &Generation) -> String {
    let letter = |picture: &imagen4_domain::Picture| match picture.state {
        PictureState::Stored(_) => 's',
        PictureState::Fallback(_) => 'f',
        PictureState::Unobtainable { .. } => 'u',
    };
    generation.pictures().iter().map(letter).collect()
}

fn imported(report: &RowReport) -> &Generation {
    match &report.outcome {
        RowOutcome::Imported(generation) => generation,
        other => panic!("line {}: {other:?}", report.line),
    }
}

#[tokio::test]
async fn every_shape_becomes_refs_or_fallbacks_and_a_second_run_changes_nothing() {
    let world = World::new().await;
    let (rows, expected): (Vec<_>, Vec<_>) = shapes().into_iter().unzip();
    let before = (
        world.objects_in("imagen4").await,
        world.objects_in("photos").await,
    );

    let (dry, reports) = world.run(false, &rows).await;
    assert_eq!(dry.imported, rows.len());
    assert!(
        world.recorded().await.is_empty(),
        "a dry run writes nothing"
    );
    let told: Vec<_> = reports
        .iter()
        .map(|report| letters(imported(report)))
        .collect();
    assert_eq!(told, expected);

    let (first, reports) = world.run(true, &rows).await;
    assert_eq!(first, dry);
    let recorded = world.recorded().await;
    assert_eq!(recorded.len(), rows.len());
    for report in &reports {
        assert!(recorded.contains(imported(report)));
    }
    let text = serde_json::to_string(&recorded).unwrap();
    assert!(!text.contains("X-Amz-") && !text.contains("canary"));

    let (second, _) = world.run(true, &rows).await;
    assert_eq!((second.imported, second.already_there), (0, rows.len()));
    assert_eq!(world.recorded().await, recorded);
    let after = (
        world.objects_in("imagen4").await,
        world.objects_in("photos").await,
    );
    assert_eq!(after, before, "no object was moved");
}

#[tokio::test]
async fn what_is_known_of_a_user_is_old_once_a_row_of_theirs_is_imported() {
    let world = World::new().await;
    let warm = Warm::over(&world.pictures, &["42", "43"]).await;
    let service = ImportService::new(warm.records(), world.pictures.clone());
    let service = service.with_cache(warm.cache.clone());
    let rows: Vec<_> = shapes().into_iter().map(|(row, _)| row).collect();
    let count = rows.len();
    service.run(rows.clone(), |_| {}).await;
    warm.knows("42", 0).await;

    let service = service.with_write(true);
    assert_eq!(service.run(rows.clone(), |_| {}).await.imported, count);
    assert_eq!(warm.shown("42").await, (count, count));
    // A second time nothing is written, and of others nothing at all.
    service.run(rows, |_| {}).await;
    warm.knows("42", count).await;
    warm.knows("43", 0).await;
}

#[tokio::test]
async fn the_record_has_the_true_type_under_the_old_key() {
    let world = World::new().await;
    let key = "imagen4/2025/01/02/a_01.jpg";
    let (_, reports) = world.run(true, &[row_of_text("1", &ours(key))]).await;
    let generation = imported(&reports[0]);
    match &generation.pictures()[0].state {
        PictureState::Stored(stored) => {
            assert_eq!(stored.object.to_string(), key);
            assert_eq!(stored.content_type, "image/png");
            assert_eq!((stored.width, stored.height), (64, 32));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(
        reports[0].pictures,
        [PictureOutcome::Stored {
            object: key.parse().unwrap(),
            true_type: Some("image/png"),
        }]
    );
    assert_eq!(
        generation.created_at().to_rfc3339(),
        "2025-01-02T03:04:05.600+00:00"
    );
    assert_eq!(generation.model_used().as_str(), "fal-ai/imagen4/preview");
    assert_eq!(generation.request().aspect_ratio().to_string(), "auto");
    assert!(
        generation
            .request_id()
            .unwrap()
            .as_str()
            .starts_with("imported-")
    );
    assert_eq!(generation.owner(), &user("42"));
}

#[tokio::test]
async fn every_row_that_is_left_out_says_why() {
    let world = World::new().await;
    let good = row_of_text("1", &ours("imagen4/2025/01/02/a_01.jpg"));
    let gone = ours("imagen4/2025/01/02/gone_1.png");
    let five = format!("[{}]", vec![format!("\"{gone}\""); 4].join(",")).replace(
        ']',
        &format!(",\"{}\"]", ours("imagen4/2025/01/02/a_01.jpg")),
    );
    let rows = [
        (row_of_text("1", ""), "Lost"),
        (row("1", "null"), "Lost"),
        (row_of_text("1", &gone), "Lost"),
        (row_of_text("1", "https://elsewhere.test/x.png"), "Lost"),
        (row("1", "[1]"), "Unlawful(\"result_urls\")"),
        (row("1", &five), "Unlawful(\"result_urls\")"),
        (good.replace("completed", "failed"), "Skipped(\"failed\")"),
        (good.replace("a lighthouse", "ab"), "Unlawful(\"prompt\")"),
        (good.replace("42", "\"a b\""), "Unlawful(\"user_id\")"),
        (
            good.replace("imagen4\",", "unheard-of\","),
            "Unlawful(\"generation_type\")",
        ),
        (
            good.replace("2025-01-02T03:04:05.600000", "soon"),
            "Unlawful(\"created_at\")",
        ),
        ("canary".to_owned(), "NotAnObject"),
    ];
    for (row, expected) in rows {
        let (totals, reports) = world.run(true, std::slice::from_ref(&row)).await;
        let told = format!("{:?}", reports[0].outcome);
        assert!(told.contains(expected), "{row}: {told}");
        assert!(!told.contains("canary"), "{told}");
        assert_eq!(totals.imported + totals.already_there, 0);
    }
    assert!(world.recorded().await.is_empty());
}

#[tokio::test]
async fn a_row_with_the_name_of_another_user_is_refused_and_a_failing_store_decides_nothing() {
    let world = World::new().await;
    let id = "0192f0c1-d2e3-7abc-8def-0123456789ab";
    let mine = row_of_text(id, &ours("imagen4/2025/01/02/a_01.jpg"));
    let (_, reports) = world.run(true, std::slice::from_ref(&mine)).await;
    assert_eq!(
        imported(&reports[0]).id().to_string(),
        id,
        "a lawful id stays"
    );
    let (_, reports) = world.run(true, &[mine.replace("42", "43")]).await;
    let taken = RowOutcome::Refused(RowProblem::Unlawful("id"));
    assert_eq!(format!("{:?}", reports[0].outcome), format!("{taken:?}"));

    let kind = StorageErrorKind::Unavailable;
    world.objects.fail(Failure::of(Operation::Head, kind));
    let (totals, _) = world.run(true, &[mine.replace("ab\"", "ac\"")]).await;
    assert_eq!((totals.undecided, totals.lost), (1, 0));
}
