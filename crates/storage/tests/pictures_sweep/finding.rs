//! What is an orphan, what is lost, and what is neither.

use std::sync::Arc;
use std::time::Duration;

use storage::BucketName;
use storage::pictures::{
    BucketMap, FindingKind, FindingOutcome, KnownPicture, MinimumAge, MockPictureIndex,
    OrphanSweep, PictureKind, SweepEnd, SweepSettings,
};

use super::scene::{Scene, finding, object, run};

const REPORTED: FindingOutcome = FindingOutcome::Reported;

#[tokio::test]
async fn both_ways_are_found_and_nothing_else_is() {
    let scene = Scene::new().await;
    scene.save("imagen4/2026/03/01/kept_1.png").await;
    scene.put("imagen4/2026/03/01/orphan_1.png").await;
    scene
        .put("generated/generated/2026/03/01/orphan_01.jpeg")
        .await;
    scene.know("imagen4/2026/03/01/lost_1.png");
    scene.know("temp/2026/03/01/lost_1.png");
    scene.put("imagen4/notes.txt").await;
    scene.put("avatars/backup/2026.tar").await;
    scene.let_all_grow_old();
    let (found, report) = run(&scene.sweep(SweepSettings::default())).await;
    let orphan = FindingKind::OrphanPicture;
    let lost = FindingKind::LostPicture;
    assert_eq!(
        found,
        [
            finding(
                "generated/generated/2026/03/01/orphan_01.jpeg",
                orphan,
                REPORTED
            ),
            finding("imagen4/2026/03/01/lost_1.png", lost, REPORTED),
            finding("imagen4/2026/03/01/orphan_1.png", orphan, REPORTED),
            finding("temp/2026/03/01/lost_1.png", lost, REPORTED),
        ]
    );
    assert!(matches!(report.end, SweepEnd::Complete), "{report:?}");
    let counts = report.counts;
    assert_eq!((counts.pictures, counts.foreign), (3, 2));
    assert_eq!((counts.orphan_pictures, counts.lost_pictures), (2, 2));
    assert!(
        scene.is_there("imagen4/2026/03/01/orphan_1.png").await,
        "a report moves nothing"
    );
}

#[tokio::test]
async fn a_sidecar_is_an_orphan_only_without_its_picture() {
    let scene = Scene::new().await;
    scene.save("imagen4/2026/03/01/kept_1.png").await;
    scene.put("imagen4/2026/03/01/kept_1.png.json").await;
    scene.put("imagen4/2026/03/01/orphan_1.png").await;
    scene.put("imagen4/2026/03/01/orphan_1.png.json").await;
    scene.put("imagen4/2026/03/01/alone_1.png.json").await;
    scene.put("imagen4/2026/03/01/lost_1.png.json").await;
    scene.know("imagen4/2026/03/01/lost_1.png");
    scene.let_all_grow_old();
    let (found, report) = run(&scene.sweep(SweepSettings::default())).await;
    let sidecar = FindingKind::OrphanSidecar;
    assert_eq!(
        found,
        [
            finding("imagen4/2026/03/01/alone_1.png.json", sidecar, REPORTED),
            finding(
                "imagen4/2026/03/01/lost_1.png",
                FindingKind::LostPicture,
                REPORTED
            ),
            finding("imagen4/2026/03/01/lost_1.png.json", sidecar, REPORTED),
            finding(
                "imagen4/2026/03/01/orphan_1.png",
                FindingKind::OrphanPicture,
                REPORTED
            ),
        ]
    );
    assert_eq!(
        (report.counts.sidecars, report.counts.orphan_sidecars),
        (4, 2)
    );
}

#[tokio::test]
async fn what_is_younger_than_a_day_is_no_orphan_unless_said_so() {
    let scene = Scene::new().await;
    scene.put("imagen4/2026/03/01/young_1.png").await;
    scene.put("imagen4/2026/03/01/young_2.png.json").await;
    scene
        .clock
        .advance(chrono::TimeDelta::hours(24) - chrono::TimeDelta::seconds(1));
    let (found, report) = run(&scene.sweep(SweepSettings::default())).await;
    assert_eq!((found.len(), report.counts.young), (0, 2));
    let age = MinimumAge::new(Duration::from_hours(23)).unwrap();
    let settings = SweepSettings::default().with_minimum_age(age);
    assert_eq!(run(&scene.sweep(settings)).await.0.len(), 2);
    let age = MinimumAge::below_an_hour(Duration::ZERO);
    scene.put("imagen4/2026/03/01/young_3.png").await;
    let settings = SweepSettings::default().with_minimum_age(age);
    assert_eq!(run(&scene.sweep(settings)).await.0.len(), 3);
}

#[tokio::test]
async fn a_staged_picture_is_neither_orphan_nor_lost() {
    let scene = Scene::new().await;
    scene.save("imagen4/2026/03/01/staged_1.png").await;
    scene.put("imagen4/2026/03/01/staged_1.png.json").await;
    let staged = scene.staged();
    staged
        .stage(&object("imagen4/2026/03/01/staged_1.png"))
        .await
        .unwrap();
    scene.let_all_grow_old();
    let (found, report) = run(&scene.sweep(SweepSettings::default())).await;
    assert_eq!(found, []);
    assert_eq!(
        report.counts.quarantined, 4,
        "intent, picture, sidecar, moved"
    );
    assert_eq!((report.counts.pictures, report.counts.foreign), (0, 0));
}

#[tokio::test]
async fn one_bucket_can_be_swept_alone() {
    let scene = Scene::new().await;
    scene.put("imagen4/2026/03/01/orphan_1.png").await;
    scene.put("temp/2026/03/01/orphan_1.png").await;
    scene.let_all_grow_old();
    let sweep = scene.sweep(SweepSettings::default());
    let (found, _) = run(&sweep.clone().over(&"temp".parse().unwrap())).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].object.bucket.as_str(), "temp");
    let (found, _) = run(&sweep.over(&"backups".parse().unwrap())).await;
    assert_eq!(found, []);
}

#[tokio::test]
async fn what_changed_while_the_pages_were_read_is_seen() {
    let scene = Scene::new().await;
    let known = |text: &str| KnownPicture {
        object: object(text),
        owner: "7".to_owned(),
        record_id: text.to_owned(),
        number: 1,
    };
    let [kept, late, removed] =
        ["kept", "late", "removed"].map(|name| known(&format!("imagen4/2026/03/01/{name}_1.png")));
    for picture in [&kept, &late] {
        scene.put(&picture.object.to_string()).await;
    }
    scene.let_all_grow_old();
    // The page was read before the one record came and after the other one went; the second question shows both.
    let mut index = MockPictureIndex::new();
    let (first, second) = (vec![kept.clone(), removed], [kept, late]);
    index.expect_page().returning(move |bucket, after, _| {
        let is_first = bucket.as_str() == "imagen4" && after.is_none();
        Ok(if is_first { first.clone() } else { Vec::new() })
    });
    index.expect_find().times(2).returning(move |objects| {
        let named = second
            .iter()
            .filter(|picture| objects.contains(&picture.object));
        Ok(named.cloned().collect())
    });
    let sweep = OrphanSweep::new(
        scene.store.clone(),
        Arc::new(index),
        &scene.map,
        Arc::new(scene.clock.clone()),
        SweepSettings::default(),
    );
    let (found, report) = run(&sweep).await;
    assert_eq!(found, []);
    assert!(matches!(report.end, SweepEnd::Complete), "{report:?}");
}

#[tokio::test]
async fn kinds_that_are_not_swept_are_foreign_also_where_they_share_a_bucket() {
    let mut scene = Scene::new().await;
    let folder = |text: &str| Some(text.parse().unwrap());
    let bucket: BucketName = "imagen4".parse().unwrap();
    scene.map = BucketMap::builder()
        .with(PictureKind::Imagen4, bucket.clone(), folder("made"))
        .with(PictureKind::Avatar, bucket, folder("faces"))
        .build()
        .unwrap();
    for text in [
        "imagen4/made/2026/03/01/a_1.png",
        "imagen4/faces/2026/03/01/b_1.png",
        "imagen4/faces/2026/03/01/gone_1.png.json",
        "temp/2026/03/01/c_1.png",
    ] {
        scene.put(text).await;
    }
    scene.let_all_grow_old();
    let made = [PictureKind::Imagen4, PictureKind::Generated];
    let sweep = scene.sweep(SweepSettings::default());
    let (all, _) = run(&sweep).await;
    assert_eq!(all.len(), 4);
    let (found, report) = run(&sweep.of_kinds(&made)).await;
    let orphan = FindingKind::OrphanPicture;
    let expected = [finding("imagen4/made/2026/03/01/a_1.png", orphan, REPORTED)];
    assert_eq!(found, expected);
    assert_eq!((report.counts.orphans(), report.counts.foreign), (1, 3));
}
