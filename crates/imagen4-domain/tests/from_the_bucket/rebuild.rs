//! The records are lost and come back from the bucket alone.

use std::sync::Arc;

use core_config::Secret;
use imagen4_domain::testing::{FaultyStore, LostWorld, StoreCall, step_to, user};
use imagen4_domain::{
    GenerationStore, JournalEntry, MemoryGenerationStore, NotRebuilt, RebuildService, State,
    StoreErrorKind,
};
use storage::pictures::{BucketMap, KeyLayout, ManifestPolicy, PromptChoice, PromptKey};

fn fresh() -> Arc<dyn GenerationStore> {
    Arc::new(MemoryGenerationStore::new())
}

#[tokio::test]
async fn a_thousand_generations_come_back_field_by_field() {
    let world = LostWorld::made(1000, BucketMap::default(), ManifestPolicy::default()).await;
    world.check_rebuilt(fresh(), 500, str::to_owned).await;
}

#[tokio::test]
async fn so_do_those_of_shards_and_of_pages_that_part_a_generation() {
    let layout = KeyLayout::sharded().with_tenant("acme".parse().unwrap());
    let buckets = BucketMap::default().with_layout(layout);
    let world = LostWorld::made(120, buckets, ManifestPolicy::default()).await;
    for page in [7, 1000] {
        world.check_rebuilt(fresh(), page, str::to_owned).await;
    }
    let world = LostWorld::made(60, BucketMap::default(), ManifestPolicy::default()).await;
    for page in [1, 5] {
        world.check_rebuilt(fresh(), page, str::to_owned).await;
    }
}

#[tokio::test]
async fn without_the_prompts_the_prompts_alone_differ() {
    let key = PromptKey::new(Secret::new("a key of thirty-two bytes or more")).unwrap();
    let hash = key.clone();
    let policy = ManifestPolicy::Written(PromptChoice::Hash(key));
    let world = LostWorld::made(60, BucketMap::default(), policy).await;
    let in_brackets = |text: &str| format!("(prompt not kept; HMAC-SHA-256 {})", hash.hash(text));
    world.check_rebuilt(fresh(), 500, in_brackets).await;

    let policy = ManifestPolicy::Written(PromptChoice::Nothing);
    let world = LostWorld::made(60, BucketMap::default(), policy).await;
    let nothing = |_: &str| "(prompt not kept)".to_owned();
    world.check_rebuilt(fresh(), 500, nothing).await;
}

#[tokio::test]
async fn a_rebuild_that_is_cut_off_after_any_write_goes_on_where_it_stood() {
    let world = LostWorld::made(4, BucketMap::default(), ManifestPolicy::default()).await;
    let steps = ["submitting", "submitted", "generated", "completed"];
    let calls = steps
        .map(StoreCall::Advance)
        .into_iter()
        .chain([StoreCall::Create]);
    for (call, is_lost) in calls.flat_map(|call| [(call.clone(), false), (call, true)]) {
        let store = FaultyStore::new(Arc::new(MemoryGenerationStore::new()));
        let records: Arc<dyn GenerationStore> = Arc::new(store.clone());
        let service = RebuildService::new(records, world.pictures().clone());
        let kind = StoreErrorKind::Unavailable;
        if is_lost {
            store.lose_next(call.clone(), kind);
        } else {
            store.fail_next(call.clone(), kind);
        }
        let first = service.run(None, |_| {}).await.unwrap();
        assert_eq!(first.not_rebuilt, 1, "{call:?}");
        let second = service.run(None, |_| {}).await.unwrap();
        assert_eq!(second.not_rebuilt, 0, "{call:?}");
        // A last step whose answer was lost is written, and all others are written now.
        let all = first.rebuilt + 1;
        assert_eq!(
            second.rebuilt + second.already_there,
            all,
            "{call:?} {is_lost}"
        );
        let third = service.run(None, |_| {}).await.unwrap();
        assert_eq!((third.rebuilt, third.already_there), (0, all), "{call:?}");
    }
}

#[tokio::test]
async fn a_record_that_is_there_is_never_changed_and_an_erased_one_never_comes_back() {
    let world = LostWorld::made(6, BucketMap::default(), ManifestPolicy::default()).await;
    let store = fresh();
    let service = RebuildService::new(Arc::clone(&store), world.pictures().clone());
    let mut rebuilt = Vec::new();
    let told = service
        .run(None, |page| rebuilt.extend(page.rebuilt.clone()))
        .await;
    assert_eq!(told.unwrap().rebuilt, rebuilt.len());
    let one = &rebuilt[0];
    let erase = JournalEntry::new(one.updated_at(), step_to("erased"));
    let erased = store
        .advance(one.owner(), &one.id(), one.revision(), &erase)
        .await;
    let erased = erased.unwrap();
    service.run(None, |_| {}).await.unwrap();
    let found = store.find(one.owner(), &one.id()).await.unwrap().unwrap();
    assert_eq!(*found.state(), State::Erased);
    assert_eq!(found, erased);
}

#[tokio::test]
async fn one_that_is_under_way_and_a_name_that_is_taken_are_told() {
    let world = LostWorld::made(2, BucketMap::default(), ManifestPolicy::default()).await;
    let mut rebuilt = Vec::new();
    let dry = RebuildService::new(fresh(), world.pictures().clone()).with_dry_run(true);
    let pages = dry
        .run(None, |page| rebuilt.extend(page.rebuilt.clone()))
        .await;
    assert_eq!(pages.unwrap().rebuilt, 2);
    let store = fresh();
    // One waits for FAL since another time, the other belongs to somebody else.
    let begun = imagen4_domain::Generation::new(
        rebuilt[0].id(),
        rebuilt[0].owner().clone(),
        rebuilt[0].request().clone(),
        rebuilt[0].created_at(),
    );
    store.create(&begun).await.unwrap();
    let later = begun.created_at() + chrono::TimeDelta::seconds(1);
    let submitting = JournalEntry::new(later, step_to("submitting"));
    store
        .advance(begun.owner(), &begun.id(), 0, &submitting)
        .await
        .unwrap();
    let taken = imagen4_domain::Generation::new(
        rebuilt[1].id(),
        user("somebody"),
        rebuilt[1].request().clone(),
        rebuilt[1].created_at(),
    );
    store.create(&taken).await.unwrap();
    for is_dry in [true, false] {
        let service = RebuildService::new(Arc::clone(&store), world.pictures().clone());
        let mut reasons = Vec::new();
        let told = |page: &imagen4_domain::RebuildPage| {
            reasons.extend(page.not_rebuilt.iter().map(|one| one.reason.clone()));
        };
        service.with_dry_run(is_dry).run(None, told).await.unwrap();
        assert!(reasons.contains(&NotRebuilt::UnderWay), "{reasons:?}");
        assert_eq!(reasons.contains(&NotRebuilt::Taken), !is_dry, "{reasons:?}");
    }
}
