//! Pages that fail, and sweeps that go on.

use std::collections::BTreeSet;

use storage::StorageErrorKind;
use storage::pictures::{SweepAction, SweepCursor, SweepEnd, SweepReport, SweepSettings};
use storage::testing::{Failure, Operation};

use super::scene::{Scene, run, run_from};

/// Three pages of pictures in one bucket, one in ten of them an orphan in each way.
async fn scene() -> Scene {
    let scene = Scene::new().await;
    for number in 0..2_500 {
        let text = format!("imagen4/2026/03/01/{number:05}_1.png");
        match number % 20 {
            3 => scene.put(&text).await,
            7 => scene.know(&text),
            _ => scene.save(&text).await,
        }
    }
    scene.let_all_grow_old();
    scene
}

/// Stops at every call that can fail, goes on from the text of the cursor, and returns what all runs found.
async fn in_pieces(scene: &Scene, settings: &SweepSettings) -> (BTreeSet<String>, SweepReport) {
    let mut found = BTreeSet::new();
    let mut cursor = SweepCursor::start();
    let mut stops = 0;
    loop {
        let sweep = scene.sweep(settings.clone());
        // The first page of each run comes, and the next page of a whole bucket does not.
        let second = scene.store.calls(Operation::List) + 2;
        let unavailable = Failure::of(Operation::List, StorageErrorKind::Unavailable);
        let unavailable = unavailable.on_calls(second..=u32::MAX);
        scene.store.fail(unavailable.on_keys(str::is_empty));
        let (part, report) = run_from(&sweep, cursor).await;
        scene.store.heal();
        found.extend(part.into_iter().map(|finding| finding.object.to_string()));
        let SweepEnd::Stopped { at, error } = report.end else {
            assert!(
                stops > 3,
                "it was to be stopped more often than {stops} times"
            );
            return (found, report);
        };
        assert_eq!(error.kind(), StorageErrorKind::Unavailable);
        cursor = at.to_string().parse().unwrap();
        stops += 1;
        assert!(stops < 500, "it does not go on");
    }
}

#[tokio::test]
async fn a_failed_page_of_the_listing_stops_the_sweep_and_it_goes_on_from_there() {
    let scene = scene().await;
    let whole = run(&scene.sweep(SweepSettings::default())).await;
    let (found, report) = in_pieces(&scene, &SweepSettings::default()).await;
    let expected: BTreeSet<_> = whole.0.iter().map(|each| each.object.to_string()).collect();
    assert_eq!(found, expected);
    assert_eq!(expected.len(), 250);
    assert_eq!(report.counts, whole.1.counts);
}

#[tokio::test]
async fn a_sweep_that_acts_is_stopped_and_goes_on_without_acting_too_little_or_too_much() {
    let scene = scene().await;
    let settings = SweepSettings::default().with_action(SweepAction::Delete);
    let (_, report) = in_pieces(&scene, &settings).await;
    assert!(matches!(report.end, SweepEnd::Complete), "{report:?}");
    assert_eq!((report.counts.removed, report.counts.orphans()), (125, 125));
    for number in 0..2_500 {
        let text = format!("imagen4/2026/03/01/{number:05}_1.png");
        let kept = !matches!(number % 20, 3 | 7);
        assert_eq!(scene.is_there(&text).await, kept, "{text}");
    }
}

#[tokio::test]
async fn a_failed_page_of_the_index_stops_the_sweep_before_anything_goes() {
    let scene = scene().await;
    let settings = SweepSettings::default().with_action(SweepAction::Delete);
    let (_, whole) = run(&scene.sweep(SweepSettings::default())).await;
    let calls = scene.index.calls();
    for call in 1..=calls {
        scene
            .index
            .fail_from(scene.index.calls() + call, StorageErrorKind::Unavailable);
        let (_, report) = run(&scene.sweep(settings.clone())).await;
        assert!(
            matches!(report.end, SweepEnd::Stopped { .. }),
            "{call} of {calls}"
        );
        assert_eq!(report.counts.removed, 0, "{call} of {calls}");
        scene.index.heal();
    }
    let (_, again) = run(&scene.sweep(SweepSettings::default())).await;
    assert_eq!(again.counts, whole.counts);
}

#[tokio::test]
async fn a_cursor_of_a_sweep_that_acts_is_refused_by_one_that_reports() {
    let scene = scene().await;
    let acting = SweepCursor::start().to_string().replace("survey", "act");
    let cursor = acting.parse().unwrap();
    let (_, report) = run_from(&scene.sweep(SweepSettings::default()), cursor).await;
    let SweepEnd::Stopped { error, .. } = report.end else {
        panic!("{report:?}");
    };
    assert_eq!(error.kind(), StorageErrorKind::InvalidInput);
}
