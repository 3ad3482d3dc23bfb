//! A process that dies at every call it makes, and one that comes after it.

use std::sync::Arc;

use chrono::TimeDelta;
use storage::pictures::{StagedDeletion, UndoOutcome};
use storage::testing::{Lifeline, When};
use storage::{ObjectRef, Result};

use super::world::{Seen, World, picture};

/// What the dying process is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Stage,
    Undo,
    Purge,
    PurgeAfterWindow,
    Clean,
}

const ALL: [Work; 5] = [
    Work::Stage,
    Work::Undo,
    Work::Purge,
    Work::PurgeAfterWindow,
    Work::Clean,
];

impl Work {
    /// Brings the world to where the work begins.
    async fn prepare(self, world: &World, object: &ObjectRef) {
        world.save(object).await;
        let staged = world.healthy();
        if self != Self::Stage {
            staged.stage(object).await.unwrap();
        }
        if self == Self::PurgeAfterWindow {
            world.clock.advance(TimeDelta::hours(2));
        }
        if self == Self::Clean {
            staged.undo(object).await.unwrap();
            world.clock.advance(TimeDelta::hours(1));
        }
    }

    async fn run(self, staged: &StagedDeletion, object: &ObjectRef) -> Result<()> {
        match self {
            Self::Stage => staged.stage(object).await.map(drop),
            Self::Undo => staged.undo(object).await.map(drop),
            Self::Purge => staged.purge(object).await.map(drop),
            Self::PurgeAfterWindow | Self::Clean => staged.resume().await.map(drop),
        }
    }
}

/// Lets the work die at every call, in both ways, and returns how many crashes there were.
async fn matrix(work: Work, world: impl AsyncFn() -> (World, Option<tempfile::TempDir>)) -> u32 {
    let mut crashes = 0;
    for when in [When::Before, When::After] {
        for call in 1.. {
            assert!(call < 200, "{work:?} does not end");
            let (world, _kept) = world().await;
            let object = picture();
            work.prepare(&world, &object).await;
            let life = Arc::new(Lifeline::ending_at(call, when));
            // A resume counts what fails and goes on, so its answer says nothing of the crash.
            drop(work.run(&world.process(&life), &object).await);
            if !life.is_over() {
                break;
            }
            crashes += 1;
            world.assert_no_record_without_object(&object).await;
            assert_ends_well(work, &world, &object, (call, when)).await;
        }
    }
    crashes
}

/// A restart leads to one of the two ends, and what is gone inside the window can come back.
async fn assert_ends_well(work: Work, world: &World, object: &ObjectRef, crash: (u32, When)) {
    let again = world.healthy();
    let report = again.resume().await.unwrap();
    assert_eq!(report.failed, 0, "{work:?} {crash:?}");
    let seen = world.see(object).await;
    assert!(
        matches!(seen, Seen::There | Seen::Gone),
        "{work:?} {crash:?}: {seen:?}"
    );
    if seen == Seen::Gone && work == Work::Stage {
        assert_eq!(again.undo(object).await.unwrap(), UndoOutcome::Restored);
        assert_eq!(world.see(object).await, Seen::There, "{crash:?}");
    }
    if work == Work::Clean {
        assert_eq!(seen, Seen::There, "{crash:?}");
    }
    // The work itself can be repeated after the restart, and nothing is left in the end.
    work.run(&again, object).await.unwrap();
    let seen = world.see(object).await;
    assert!(matches!(seen, Seen::There | Seen::Gone), "{seen:?}");
    for _ in 0..3 {
        world.clock.advance(TimeDelta::hours(2));
        again.resume().await.unwrap();
    }
    assert_eq!(
        world.quarantine(object).await,
        [""; 0],
        "{work:?} {crash:?}"
    );
    let seen = world.see(object).await;
    assert!(matches!(seen, Seen::There | Seen::Gone), "{seen:?}");
}

async fn in_memory() -> (World, Option<tempfile::TempDir>) {
    (World::in_memory().await, None)
}

#[tokio::test]
async fn a_crash_at_any_call_leaves_a_picture_there_or_gone_in_memory() {
    let mut crashes = Vec::new();
    for work in ALL {
        crashes.push(matrix(work, in_memory).await);
    }
    // So many points there are; fewer would mean that the matrix has become blind.
    assert!(crashes.iter().all(|count| *count >= 10), "{crashes:?}");
    assert!(crashes.iter().sum::<u32>() >= 100, "{crashes:?}");
}

#[cfg(feature = "fs")]
#[tokio::test]
async fn a_crash_at_any_call_leaves_a_picture_there_or_gone_on_files() {
    use storage::filesystem::FilesystemStore;
    use storage::testing::ManualClock;

    let on_files = async || {
        let directory = tempfile::tempdir().unwrap();
        let clock = ManualClock::default();
        let store = FilesystemStore::open(directory.path(), Arc::new(clock.clone())).unwrap();
        let store = Arc::new(store.with_fsync(false));
        (World::over(store, clock).await, Some(directory))
    };
    let mut crashes = 0;
    for work in ALL {
        crashes += matrix(work, on_files).await;
    }
    assert!(crashes >= 100, "{crashes}");
}

#[tokio::test]
async fn two_workers_that_resume_at_once_do_no_harm_after_any_crash() {
    for work in ALL {
        for call in 1..200 {
            let (world, _) = in_memory().await;
            let object = picture();
            work.prepare(&world, &object).await;
            let life = Arc::new(Lifeline::ending_at(call, When::After));
            drop(work.run(&world.process(&life), &object).await);
            if !life.is_over() {
                break;
            }
            let (one, other) = (world.healthy(), world.healthy());
            let (one, other) = tokio::join!(one.resume(), other.resume());
            assert_eq!(one.unwrap().failed + other.unwrap().failed, 0);
            let seen = world.see(&object).await;
            assert!(
                matches!(seen, Seen::There | Seen::Gone),
                "{work:?} {call}: {seen:?}"
            );
        }
    }
}
