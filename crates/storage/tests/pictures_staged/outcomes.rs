//! What a caller is told, and that it is so.

use chrono::TimeDelta;
use storage::pictures::testing::RecordStanding;
use storage::pictures::{PurgeOutcome, ResumeReport, StageOutcome, UndoOutcome};
use storage::{ObjectStore, PutOptions, StorageErrorKind};

use super::world::{Seen, World, picture, sidecar};

fn hours(count: i64) -> TimeDelta {
    TimeDelta::hours(count)
}

#[tokio::test]
async fn an_undo_inside_the_window_brings_back_bytes_type_and_metadata() {
    let world = World::in_memory().await;
    let (staged, picture) = (world.healthy(), picture());
    world.save(&picture).await;
    let before = world.head(&picture).await.unwrap();
    let end = world.clock_now() + hours(1);
    let outcome = staged.stage(&picture).await.unwrap();
    assert_eq!(outcome, StageOutcome::Staged { undo_until: end });
    assert_eq!(world.see(&picture).await, Seen::Gone);
    assert_eq!(
        world.records.standing(&picture),
        Some(RecordStanding::Hidden)
    );

    world.clock.advance(hours(1) - TimeDelta::seconds(1));
    assert_eq!(staged.undo(&picture).await.unwrap(), UndoOutcome::Restored);
    assert_eq!(world.see(&picture).await, Seen::There);
    let after = world.head(&picture).await.unwrap();
    assert_eq!(after.metadata, before.metadata);
    assert_eq!(after.content_type, before.content_type);
    assert_eq!((after.sha256, after.etag), (before.sha256, before.etag));
}

#[tokio::test]
async fn after_the_window_an_undo_says_so_and_a_resume_purges() {
    let world = World::in_memory().await;
    let (staged, picture) = (world.healthy(), picture());
    world.save(&picture).await;
    staged.stage(&picture).await.unwrap();
    let waiting = staged.resume().await.unwrap();
    assert_eq!((waiting.waiting, waiting.purged), (1, 0));

    world.clock.advance(hours(1));
    assert_eq!(staged.undo(&picture).await.unwrap(), UndoOutcome::TooLate);
    assert_eq!(staged.resume().await.unwrap().purged, 1);
    assert_eq!(world.records.standing(&picture), None);
    assert_eq!(staged.undo(&picture).await.unwrap(), UndoOutcome::TooLate);
    let copies = world.quarantine(&picture).await;
    assert!(
        !copies.iter().any(|key| key.ends_with("picture")),
        "{copies:?}"
    );

    world.clock.advance(hours(1));
    assert_eq!(staged.resume().await.unwrap().cleaned, 1);
    assert_eq!(world.quarantine(&picture).await, [""; 0]);
    let outcome = staged.undo(&picture).await.unwrap();
    assert_eq!(outcome, UndoOutcome::NothingStaged);
    assert_eq!(staged.resume().await.unwrap(), ResumeReport::default());
}

#[tokio::test]
async fn staging_twice_keeps_the_first_window() {
    let world = World::in_memory().await;
    let (staged, picture) = (world.healthy(), picture());
    world.save(&picture).await;
    let first = staged.stage(&picture).await.unwrap();
    world.clock.advance(TimeDelta::minutes(30));
    assert_eq!(staged.stage(&picture).await.unwrap(), first);
}

#[tokio::test]
async fn an_undone_picture_can_be_deleted_again_at_once() {
    let world = World::in_memory().await;
    let (staged, picture) = (world.healthy(), picture());
    world.save(&picture).await;
    for _ in 0..3 {
        staged.stage(&picture).await.unwrap();
        assert_eq!(world.see(&picture).await, Seen::Gone);
        assert_eq!(staged.undo(&picture).await.unwrap(), UndoOutcome::Restored);
        assert_eq!(world.see(&picture).await, Seen::There);
    }
    world.clock.advance(TimeDelta::minutes(10));
    assert_eq!(staged.resume().await.unwrap().cleaned, 3);
    assert_eq!(world.quarantine(&picture).await, [""; 0]);
    assert_eq!(world.see(&picture).await, Seen::There);
}

#[tokio::test]
async fn what_is_not_there_or_not_ours_is_said_and_nothing_is_written() {
    let world = World::in_memory().await;
    let staged = world.healthy();
    let outcome = staged.stage(&picture()).await.unwrap();
    assert_eq!(outcome, StageOutcome::AlreadyAbsent);
    let foreign = "backups/2026/03/01/abc_1.png".parse().unwrap();
    assert_eq!(staged.stage(&foreign).await.unwrap(), StageOutcome::NotOurs);
    assert_eq!(
        staged.undo(&foreign).await.unwrap(),
        UndoOutcome::NothingStaged
    );
    let purged = staged.purge(&picture()).await.unwrap();
    assert_eq!(purged, PurgeOutcome::NothingStaged);
    assert_eq!(world.quarantine(&picture()).await, [""; 0]);
}

#[tokio::test]
async fn a_purge_does_not_wait_for_the_window() {
    let world = World::in_memory().await;
    let (staged, picture) = (world.healthy(), picture());
    world.save(&picture).await;
    staged.stage(&picture).await.unwrap();
    assert_eq!(staged.purge(&picture).await.unwrap(), PurgeOutcome::Purged);
    assert_eq!(world.records.standing(&picture), None);
    assert_eq!(staged.undo(&picture).await.unwrap(), UndoOutcome::TooLate);
    assert_eq!(staged.purge(&picture).await.unwrap(), PurgeOutcome::Purged);
    let copies = world.quarantine(&picture).await;
    assert!(
        !copies
            .iter()
            .any(|key| key.ends_with("picture") || key.ends_with("sidecar"))
    );
}

#[tokio::test]
async fn other_bytes_at_the_key_are_not_replaced_and_the_copy_stays() {
    let world = World::in_memory().await;
    let (staged, picture) = (world.healthy(), picture());
    world.save(&picture).await;
    staged.stage(&picture).await.unwrap();
    let options = PutOptions::create_only();
    world
        .store
        .put(&picture, "others".into(), options)
        .await
        .unwrap();
    let error = staged.undo(&picture).await.unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::AlreadyExists);
    assert_eq!(world.head(&picture).await.unwrap().size_bytes, 6);
    world.store.delete(&picture).await.unwrap();
    assert_eq!(staged.resume().await.unwrap().restored, 1);
    assert_eq!(world.see(&picture).await, Seen::There);
}

/// A picture that was passed on while it came has no digest in the store.
#[tokio::test]
async fn other_bytes_of_the_same_length_are_told_apart_without_a_digest_too() {
    let world = World::in_memory().await;
    let (staged, picture) = (world.healthy(), picture());
    world.records.insert(&picture);
    let put = |text: &'static str| {
        let options = PutOptions::create_only();
        world.store.put(&picture, text.into(), options)
    };
    put("first").await.unwrap();
    staged.stage(&picture).await.unwrap();
    put("other").await.unwrap();
    let error = staged.undo(&picture).await.unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::AlreadyExists);
    world.store.delete(&picture).await.unwrap();
    put("first").await.unwrap();
    assert_eq!(staged.undo(&picture).await.unwrap(), UndoOutcome::Restored);
}

#[tokio::test]
async fn a_picture_saved_anew_while_the_old_one_waits_survives_the_purge() {
    let world = World::in_memory().await;
    let (staged, picture) = (world.healthy(), picture());
    world.save(&picture).await;
    staged.stage(&picture).await.unwrap();
    let options = PutOptions::create_only();
    world
        .store
        .put(&picture, "anew".into(), options)
        .await
        .unwrap();
    world.clock.advance(hours(2));
    assert_eq!(staged.resume().await.unwrap().purged, 1);
    assert_eq!(world.head(&picture).await.unwrap().size_bytes, 4);
}

#[tokio::test]
async fn a_picture_without_a_sidecar_goes_and_comes_back_without_one() {
    let world = World::in_memory().await;
    let (staged, picture) = (world.healthy(), picture());
    world.save(&picture).await;
    world.store.delete(&sidecar(&picture)).await.unwrap();
    staged.stage(&picture).await.unwrap();
    assert_eq!(staged.undo(&picture).await.unwrap(), UndoOutcome::Restored);
    assert!(world.head(&picture).await.is_some());
    assert!(world.head(&sidecar(&picture)).await.is_none());
}

#[tokio::test]
async fn a_window_without_end_can_still_be_read_and_undone() {
    let world = World::in_memory().await;
    let staged = world.healthy().with_window(std::time::Duration::MAX);
    let picture = picture();
    world.save(&picture).await;
    staged.stage(&picture).await.unwrap();
    world.clock.advance(TimeDelta::days(30_000));
    assert_eq!(staged.resume().await.unwrap().waiting, 1);
    assert_eq!(staged.undo(&picture).await.unwrap(), UndoOutcome::Restored);
    assert_eq!(
        staged.purge(&picture).await.unwrap(),
        PurgeOutcome::NothingStaged
    );
}

/// The same over the wire, where types, metadata and digests travel in headers.
#[cfg(all(feature = "minio", feature = "s3-endpoint"))]
#[tokio::test(flavor = "multi_thread")]
async fn a_staged_picture_comes_back_whole_through_the_minio_adapter() {
    use std::sync::Arc;

    use core_config::Secret;
    use storage::endpoint::S3Endpoint;
    use storage::minio::{MinioSettings, MinioStore};
    use storage::testing::ManualClock;
    use storage::{Credentials, MemoryStore, SystemClock};

    let clock = ManualClock::default();
    let memory = Arc::new(MemoryStore::new(Arc::new(clock.clone())));
    let keys = Credentials::new("who", Secret::new("a-secret-for-this-test"));
    let loopback = ([127, 0, 0, 1], 0).into();
    let allowed = std::slice::from_ref(&keys);
    let endpoint = S3Endpoint::serve(memory, loopback, allowed, "us-east-1").await;
    let endpoint = endpoint.unwrap();
    let settings = MinioSettings::new(endpoint.url().parse().unwrap(), keys);
    let store = MinioStore::new(&settings, Arc::new(SystemClock)).unwrap();
    let world = World::over(Arc::new(store), clock).await;
    let (staged, picture) = (world.healthy(), picture());
    world.save(&picture).await;
    staged.stage(&picture).await.unwrap();
    assert_eq!(world.see(&picture).await, Seen::Gone);
    assert_eq!(staged.undo(&picture).await.unwrap(), UndoOutcome::Restored);
    assert_eq!(world.see(&picture).await, Seen::There);
    staged.stage(&picture).await.unwrap();
    world.clock.advance(hours(1));
    let report = staged.resume().await.unwrap();
    assert_eq!((report.purged, report.cleaned), (1, 1));
    world.clock.advance(hours(1));
    assert_eq!(staged.resume().await.unwrap().cleaned, 1);
    assert_eq!(world.quarantine(&picture).await, [""; 0]);
    endpoint.shutdown().await;
}
