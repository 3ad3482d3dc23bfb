//! Moving orphans away and deleting them: which, how many, how fast.

use std::num::NonZeroU32;
use std::time::Duration;

use storage::StorageErrorKind;
use storage::pictures::{
    FindingKind, FindingOutcome, ResumeReport, SweepAction, SweepEnd, SweepSettings, UndoOutcome,
};
use storage::testing::{Failure, Operation};

use super::scene::{Scene, finding, object, run};

const ORPHAN: &str = "imagen4/2026/03/01/orphan_1.png";

/// A bucket with twenty pictures, their sidecars, and two orphans.
async fn scene() -> Scene {
    let scene = Scene::new().await;
    for number in 10..30 {
        let text = format!("imagen4/2026/03/01/kept{number}_1.png");
        scene.save(&text).await;
        scene.put(&format!("{text}.json")).await;
    }
    scene.put(ORPHAN).await;
    scene.put(&format!("{ORPHAN}.json")).await;
    scene.put("imagen4/2026/03/01/alone_1.png.json").await;
    scene.let_all_grow_old();
    scene
}

fn delete() -> SweepSettings {
    SweepSettings::default().with_action(SweepAction::Delete)
}

#[tokio::test]
async fn orphans_go_to_the_quarantine_with_their_sidecars_and_can_come_back() {
    let scene = scene().await;
    let staged = scene.staged();
    let action = SweepAction::Quarantine(staged.clone());
    let settings = SweepSettings::default().with_action(action);
    let (found, report) = run(&scene.sweep(settings)).await;
    let quarantined = FindingOutcome::Quarantined;
    let alone = "imagen4/2026/03/01/alone_1.png.json";
    assert_eq!(
        found,
        [
            finding(alone, FindingKind::OrphanSidecar, quarantined),
            finding(ORPHAN, FindingKind::OrphanPicture, quarantined),
        ]
    );
    assert!(matches!(report.end, SweepEnd::Complete), "{report:?}");
    assert_eq!((report.counts.removed, report.counts.orphans()), (2, 2));
    let sidecar = format!("{ORPHAN}.json");
    for gone in [ORPHAN, &sidecar, alone] {
        assert!(!scene.is_there(gone).await, "{gone}");
    }
    for back in [ORPHAN, alone] {
        let outcome = staged.undo(&object(back)).await.unwrap();
        assert_eq!(outcome, UndoOutcome::Restored);
        assert!(scene.is_there(back).await);
    }
    assert!(scene.is_there(&sidecar).await);
}

#[tokio::test]
async fn a_quarantined_orphan_is_purged_when_its_window_is_over() {
    let scene = scene().await;
    let action = SweepAction::Quarantine(scene.staged());
    run(&scene.sweep(SweepSettings::default().with_action(action))).await;
    scene.clock.advance(chrono::TimeDelta::days(7));
    assert_eq!(scene.staged().resume().await.unwrap().purged, 2);
    scene.clock.advance(chrono::TimeDelta::hours(1));
    assert_eq!(scene.staged().resume().await.unwrap().cleaned, 2);
    let again = scene.staged().resume().await.unwrap();
    assert_eq!(again, ResumeReport::default());
    assert!(!scene.is_there(ORPHAN).await);
}

#[tokio::test]
async fn a_real_delete_must_be_asked_for_and_takes_only_orphans() {
    let scene = scene().await;
    let (found, report) = run(&scene.sweep(delete())).await;
    assert!(
        found
            .iter()
            .all(|finding| finding.outcome == FindingOutcome::Deleted)
    );
    assert_eq!((found.len(), report.counts.removed), (2, 2));
    assert!(!scene.is_there(ORPHAN).await);
    assert!(!scene.is_there(&format!("{ORPHAN}.json")).await);
    for number in 10..30 {
        let text = format!("imagen4/2026/03/01/kept{number}_1.png");
        assert!(scene.is_there(&text).await && scene.is_there(&format!("{text}.json")).await);
    }
    assert_eq!(run(&scene.sweep(delete())).await.0, []);
}

#[tokio::test]
async fn foreign_and_lost_things_are_never_touched() {
    let scene = scene().await;
    scene.put("imagen4/backup.tar").await;
    scene.put("imagen4/2026/03/01/readme.json").await;
    scene.know("imagen4/2026/03/01/lost_1.png");
    scene.let_all_grow_old();
    let (found, report) = run(&scene.sweep(delete())).await;
    assert_eq!((report.counts.foreign, report.counts.lost_pictures), (2, 1));
    assert!(scene.is_there("imagen4/backup.tar").await);
    assert!(scene.is_there("imagen4/2026/03/01/readme.json").await);
    let acted = found
        .iter()
        .filter(|finding| finding.outcome == FindingOutcome::Deleted);
    assert_eq!(acted.count(), 2);
}

#[tokio::test]
async fn nothing_at_all_goes_when_one_bucket_would_lose_too_much() {
    let scene = scene().await;
    for number in 1..9 {
        scene.save(&format!("temp/2026/03/01/a_{number}.png")).await;
    }
    scene.put("temp/2026/03/01/b_1.png").await;
    scene.let_all_grow_old();
    let (found, report) = run(&scene.sweep(delete())).await;
    let SweepEnd::Refused {
        bucket,
        orphans,
        objects,
    } = &report.end
    else {
        panic!("{report:?}");
    };
    assert_eq!((bucket.as_str(), *orphans, *objects), ("temp", 1, 9));
    assert_eq!((found.len(), report.counts.removed), (0, 0));
    assert!(
        scene.is_there(ORPHAN).await,
        "also not in the bucket that would lose little"
    );

    let more = delete().with_largest_share(12).unwrap();
    let (_, report) = run(&scene.sweep(more)).await;
    assert_eq!(report.counts.removed, 3);
}

#[tokio::test]
async fn an_index_of_other_records_makes_a_sweep_refuse() {
    let scene = scene().await;
    for number in 10..30 {
        scene
            .known
            .remove(&object(&format!("imagen4/2026/03/01/kept{number}_1.png")));
    }
    let (found, report) = run(&scene.sweep(delete())).await;
    assert!(matches!(report.end, SweepEnd::Refused { .. }), "{report:?}");
    assert_eq!(found.len(), 0);
    assert!(scene.is_there(ORPHAN).await);
}

#[tokio::test]
async fn one_that_stays_does_not_stop_the_others() {
    let scene = scene().await;
    let denied = Failure::of(Operation::Delete, StorageErrorKind::Denied);
    scene
        .store
        .fail(denied.on_keys(|key| key.ends_with("alone_1.png.json")));
    let (found, report) = run(&scene.sweep(delete())).await;
    let outcomes: Vec<_> = found.iter().map(|finding| finding.outcome).collect();
    let failed = FindingOutcome::Failed(StorageErrorKind::Denied);
    assert_eq!(outcomes, [failed, FindingOutcome::Deleted]);
    assert_eq!((report.counts.removed, report.counts.failed), (1, 1));
    assert!(matches!(report.end, SweepEnd::Complete));
}

#[tokio::test(start_paused = true)]
async fn acts_come_no_faster_than_told() {
    let scene = scene().await;
    let begun = tokio::time::Instant::now();
    let pace = NonZeroU32::new(2).unwrap();
    let (found, _) = run(&scene.sweep(delete().with_actions_per_second(pace))).await;
    assert_eq!(found.len(), 2);
    assert_eq!(
        begun.elapsed().as_millis() / 100,
        5,
        "the second comes half a second later"
    );
    assert!(begun.elapsed() < Duration::from_secs(1));
}
