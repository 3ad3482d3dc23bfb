//! Away with it: gone from the buckets, the records and the cache, and a receipt that is true whatever fails.

use std::sync::Arc;

use cache::{Cache, CacheErrorKind, CacheKey, RecentList};
use chrono::TimeDelta;
use imagen4_domain::testing::{StoreCall, user};
use imagen4_domain::{
    DeletionReceipt, GalleryErrorKind, GalleryFilter, GalleryService, GenerateService, Generation,
    GenerationStore, PictureDeletion, PictureState, StoreErrorKind,
};
use storage::pictures::PictureStorage;
use storage::pictures::testing::ScriptedSource;
use storage::testing::{Failure, MockObjectStore, Operation};
use storage::{Deletion, ObjectRef, ObjectStore, StorageErrorKind};

use crate::world::{World, four};

/// Returns the objects of a generation: its pictures and their manifests.
pub(crate) fn objects_of(generation: &Generation) -> Vec<ObjectRef> {
    let stored = generation.pictures().iter();
    let stored = stored.filter_map(|picture| match &picture.state {
        PictureState::Stored(stored) => Some(stored.object.clone()),
        _ => None,
    });
    let with_manifest = |object: ObjectRef| {
        let manifest = format!("{object}.json").parse().unwrap();
        [object, manifest]
    };
    stored.flat_map(with_manifest).collect()
}

/// Returns how many of `objects` a `head` finds, past all scripts.
pub(crate) async fn there(world: &World, objects: &[ObjectRef]) -> usize {
    let mut found = 0;
    for object in objects {
        found += usize::from(world.objects.inner().head(object).await.is_ok());
    }
    found
}

async fn delete(world: &World, generation: &Generation) -> DeletionReceipt {
    let receipt = world.gallery.delete(&user("7"), &generation.id()).await;
    receipt.unwrap()
}

fn outcomes(receipt: &DeletionReceipt) -> Vec<PictureDeletion> {
    let pictures = receipt.pictures.iter();
    pictures.map(|picture| picture.outcome).collect()
}

/// Asserts that nobody sees the generation, by any way.
pub(crate) async fn assert_unseen(world: &World, generation: &Generation) {
    let (user, id) = (user("7"), generation.id());
    assert_eq!(world.library.get(&user, &id).await.unwrap(), None);
    assert_eq!(world.uncached.get(&user, &id).await.unwrap(), None);
    let is_listed = |found: Vec<Generation>| found.iter().any(|one| one.id() == id);
    assert!(!is_listed(world.library.recent(&user, 50).await.unwrap()));
    assert!(!is_listed(world.uncached.recent(&user, 50).await.unwrap()));
    let page = world
        .gallery
        .page(&user, &GalleryFilter::new(), None, 50)
        .await;
    assert!(page.unwrap().items.iter().all(|item| item.id() != id));
    let item = world.gallery.item(&user, &id).await.unwrap_err();
    assert_eq!(item.kind(), GalleryErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn what_is_deleted_is_gone_from_buckets_records_and_cache() {
    let world = World::new();
    let made = world.generate(four()).await.unwrap();
    world.clock.advance(TimeDelta::seconds(1));
    let kept = world.generate(four()).await.unwrap();
    // Everything is warm: the record, the list, and a page.
    world.library.recent(&user("7"), 10).await.unwrap();
    let filter = GalleryFilter::new();
    world
        .gallery
        .page(&user("7"), &filter, None, 10)
        .await
        .unwrap();
    let objects = objects_of(&made);
    assert_eq!((objects.len(), there(&world, &objects).await), (8, 8));

    let receipt = delete(&world, &made).await;
    assert_eq!(outcomes(&receipt), [PictureDeletion::Deleted; 4]);
    assert!(receipt.is_deleted() && receipt.record_removed && receipt.cache_is_clear);
    assert_eq!(receipt.not_deleted().count(), 0);
    assert_eq!(there(&world, &objects).await, 0);
    let record = CacheKey::new(format!("imagen4:generation:{}", made.id())).unwrap();
    assert_eq!(world.cache.get(&record).await.unwrap(), None);
    let list = CacheKey::new("imagen4:user_generations:7").unwrap();
    let listed = RecentList::page(&world.cache, &list, 0, 50).await.unwrap();
    assert_eq!(listed.unwrap().ids, [kept.id().to_string()]);
    assert_unseen(&world, &made).await;
    assert_eq!(there(&world, &objects_of(&kept)).await, 8);
    assert_eq!(
        world.library.get(&user("7"), &kept.id()).await.unwrap(),
        Some(kept)
    );
}

#[tokio::test(start_paused = true)]
async fn a_second_deletion_finds_nothing() {
    let world = World::new();
    let made = world.generate(four()).await.unwrap();
    assert!(delete(&world, &made).await.is_deleted());
    let again = world.gallery.delete(&user("7"), &made.id()).await;
    assert_eq!(again.unwrap_err().kind(), GalleryErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn an_object_that_cannot_be_deleted_is_told_and_its_record_waits_hidden() {
    let world = World::new();
    let made = world.generate(four()).await.unwrap();
    let objects = objects_of(&made);
    let third = objects[4].key.as_str().to_owned();
    let failure = Failure::of(Operation::Head, StorageErrorKind::Unavailable);
    world.objects.fail(failure.on_keys(move |key| key == third));

    let receipt = delete(&world, &made).await;
    assert!(!receipt.is_deleted() && !receipt.record_removed);
    let left: Vec<_> = receipt
        .not_deleted()
        .map(|picture| picture.number)
        .collect();
    assert_eq!(left, [3]);
    let failed = PictureDeletion::NotDeleted(StorageErrorKind::Unavailable);
    assert_eq!(outcomes(&receipt)[2], failed);
    assert!(failed.to_string().starts_with("not deleted"));
    assert_eq!(there(&world, &objects).await, 2);
    assert_unseen(&world, &made).await;

    world.objects.heal();
    let receipt = delete(&world, &made).await;
    let absent = PictureDeletion::AlreadyAbsent;
    let expected = [absent, absent, PictureDeletion::Deleted, absent];
    assert_eq!(outcomes(&receipt), expected);
    assert!(receipt.is_deleted());
    assert_eq!(there(&world, &objects).await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_manifest_that_stays_is_told() {
    let world = World::new();
    let made = world.generate(four().with_images(1)).await.unwrap();
    let objects = objects_of(&made);
    let failure = Failure::of(Operation::Delete, StorageErrorKind::TimedOut);
    let failure = failure.on_keys(|key| key.rsplit_once('.').is_some_and(|(_, end)| end == "json"));
    world.objects.fail(failure);
    let receipt = delete(&world, &made).await;
    let stays = PictureDeletion::ManifestStays(StorageErrorKind::TimedOut);
    assert_eq!(
        (outcomes(&receipt), receipt.is_deleted()),
        (vec![stays], false)
    );
    assert_eq!(there(&world, &objects).await, 1);
    world.objects.heal();
    assert!(delete(&world, &made).await.is_deleted());
    assert_eq!(there(&world, &objects).await, 0);
}

#[tokio::test(start_paused = true)]
async fn the_receipt_is_true_under_every_failing_call_of_the_object_store() {
    for operation in [Operation::Head, Operation::Delete, Operation::DeleteMany] {
        for call in 1..=16 {
            for is_lost in [false, true] {
                let world = World::new();
                let made = world.generate(four()).await.unwrap();
                let so_far = world.objects.calls(operation);
                let failure = Failure::of(operation, StorageErrorKind::Unavailable);
                let failure = failure.on_calls(so_far + call..=so_far + call);
                world.objects.fail(if is_lost {
                    failure.after_the_effect()
                } else {
                    failure
                });
                let receipt = delete(&world, &made).await;
                assert_true(&world, &made, &receipt).await;
                world.objects.heal();
                if !receipt.is_deleted() {
                    assert!(delete(&world, &made).await.is_deleted());
                }
                assert_eq!(there(&world, &objects_of(&made)).await, 0);
            }
        }
    }
}

/// Asserts that a picture that is called gone is gone with its manifest, and that nobody sees the generation.
pub(crate) async fn assert_true(world: &World, made: &Generation, receipt: &DeletionReceipt) {
    for (picture, objects) in receipt.pictures.iter().zip(objects_of(made).chunks(2)) {
        if picture.outcome.is_gone() {
            assert_eq!(there(world, objects).await, 0, "{receipt:?}");
        }
    }
    if receipt.is_deleted() {
        assert_eq!(there(world, &objects_of(made)).await, 0, "{receipt:?}");
    }
    assert_unseen(world, made).await;
}

#[tokio::test(start_paused = true)]
async fn a_record_that_cannot_be_hidden_keeps_its_pictures() {
    let world = World::new();
    let made = world.generate(four()).await.unwrap();
    world
        .store
        .fail_next(StoreCall::Hide, StoreErrorKind::Unavailable);
    let error = world.gallery.delete(&user("7"), &made.id()).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), GalleryErrorKind::Records);
    assert!(error.is_retryable());
    assert_eq!(there(&world, &objects_of(&made)).await, 8);
    let seen = world.library.get(&user("7"), &made.id()).await.unwrap();
    assert_eq!(seen, Some(made));
}

#[tokio::test(start_paused = true)]
async fn a_record_that_cannot_be_removed_is_told_and_stays_hidden() {
    for is_lost in [false, true] {
        let world = World::new();
        let made = world.generate(four()).await.unwrap();
        let kind = StoreErrorKind::Unavailable;
        if is_lost {
            world.store.lose_next(StoreCall::Remove, kind);
        } else {
            world.store.fail_next(StoreCall::Remove, kind);
        }
        let receipt = delete(&world, &made).await;
        assert!(!receipt.record_removed && !receipt.is_deleted());
        assert_eq!(outcomes(&receipt), [PictureDeletion::Deleted; 4]);
        assert_unseen(&world, &made).await;
        // Where only the answer was lost there is nothing left to delete.
        match world.gallery.delete(&user("7"), &made.id()).await {
            Ok(receipt) => assert!(receipt.is_deleted() && !is_lost),
            Err(error) => assert!(error.kind() == GalleryErrorKind::NotFound && is_lost),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_cache_that_may_hold_a_copy_is_told() {
    for operations in [
        &["delete"][..],
        &["bump"],
        &["get"],
        &["delete", "get", "remove", "bump"],
    ] {
        let world = World::new();
        let made = world.generate(four()).await.unwrap();
        let kind = CacheErrorKind::Unavailable;
        world.cache.break_operations(operations, kind);
        let receipt = delete(&world, &made).await;
        assert!(
            receipt.is_deleted() && !receipt.cache_is_clear,
            "{operations:?}"
        );
        world.cache.heal();
        assert_unseen(&world, &made).await;
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_cache_nothing_is_copied() {
    let world = World::new();
    let made = world.generate(four()).await.unwrap();
    let records: Arc<dyn GenerationStore> = Arc::new(world.store.clone());
    let time = Arc::new(world.clock.clone());
    let generator = Arc::new(world.generator.clone());
    let service = GenerateService::new(records, generator, world.pictures.clone(), time);
    let gallery = GalleryService::new(Arc::new(world.store.clone()), service);
    let receipt = gallery.delete(&user("7"), &made.id()).await.unwrap();
    assert!(receipt.is_deleted() && receipt.cache_is_clear);
}

/// Returns a store that says yes to every deletion and does none.
fn liar() -> MockObjectStore {
    let mut store = MockObjectStore::new();
    let info = || storage::ObjectInfo {
        size_bytes: 3,
        content_type: None,
        etag: None,
        last_modified: None,
        sha256: None,
        metadata: storage::Metadata::new(),
    };
    store.expect_head().returning(move |_| Ok(info()));
    store.expect_delete().returning(|_| Ok(()));
    store.expect_delete_many().returning(|_, keys| {
        let deleted = |key: &storage::ObjectKey| Deletion {
            key: key.clone(),
            outcome: Ok(()),
        };
        Ok(keys.iter().map(deleted).collect())
    });
    store
}

#[tokio::test(start_paused = true)]
async fn a_store_that_only_says_so_is_not_believed() {
    for images in [1, 4] {
        let world = World::new();
        let made = world.generate(four().with_images(images)).await.unwrap();
        let records: Arc<dyn GenerationStore> = Arc::new(world.store.clone());
        let source = Arc::new(ScriptedSource::new());
        let buckets = world.pictures.buckets().clone();
        let pictures = PictureStorage::new(Arc::new(liar()), source, buckets);
        let time = Arc::new(world.clock.clone());
        let generator = Arc::new(world.generator.clone());
        let service = GenerateService::new(records, generator, pictures, time);
        let gallery = GalleryService::new(Arc::new(world.store.clone()), service);
        let receipt = gallery.delete(&user("7"), &made.id()).await.unwrap();
        assert!(!receipt.is_deleted() && !receipt.record_removed);
        for outcome in outcomes(&receipt) {
            assert_eq!(outcome, PictureDeletion::StillThere);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn pictures_that_are_with_the_provider_are_told_with_the_day_on_which_their_links_die() {
    let world = World::new();
    world.object_store_down();
    let made = world.generate(four().with_images(1)).await.unwrap();
    world.objects.heal();
    let PictureState::Fallback(fallback) = &made.pictures()[0].state else {
        panic!("{made:?}");
    };
    let receipt = delete(&world, &made).await;
    let until = fallback.dies_at;
    assert_eq!(
        outcomes(&receipt),
        [PictureDeletion::WithProvider { until }]
    );
    assert!(receipt.is_deleted());
    assert_unseen(&world, &made).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_under_way_is_not_deleted() {
    let world = World::new();
    let kind = imagen4_domain::GeneratorErrorKind::TimedOut;
    let timed_out = imagen4_domain::GeneratorError::new(kind);
    world.generator.fail_wait(timed_out);
    let id = world.generate(four()).await.unwrap_err().id().unwrap();
    let error = world.gallery.delete(&user("7"), &id).await.unwrap_err();
    assert_eq!(error.kind(), GalleryErrorKind::UnderWay);
    assert!(world.library.get(&user("7"), &id).await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn two_deletions_at_once_end_with_everything_gone() {
    let world = World::new();
    let made = world.generate(four()).await.unwrap();
    let (user, id) = (user("7"), made.id());
    let both = tokio::join!(
        world.gallery.delete(&user, &id),
        world.gallery.delete(&user, &id)
    );
    for outcome in [both.0, both.1] {
        match outcome {
            Ok(receipt) => assert_true(&world, &made, &receipt).await,
            Err(error) => assert_eq!(error.kind(), GalleryErrorKind::NotFound),
        }
    }
    assert_eq!(there(&world, &objects_of(&made)).await, 0);
    assert_unseen(&world, &made).await;
}
