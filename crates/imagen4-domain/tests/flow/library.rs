//! Reading back: through the cache, without it, and by the owner alone.

use std::sync::Arc;

use cache::memory::MemoryCache;
use cache::testing::{CountingCache, FailingCache};
use cache::{Cache, CacheErrorKind, CacheKey};
use chrono::TimeDelta;
use imagen4_domain::testing::{StoreCall, user};
use imagen4_domain::{
    Generation, GenerationCache, GenerationId, GenerationStore, PictureState, StoreErrorKind,
};
use storage::StorageErrorKind;
use storage::testing::{Failure, Operation};

use crate::world::{World, four, link, start};

fn names(found: &[Generation]) -> Vec<GenerationId> {
    found.iter().map(Generation::id).collect()
}

#[tokio::test(start_paused = true)]
async fn what_was_just_made_is_read_without_the_record_store() {
    let world = World::new();
    let made = world.generate(four()).await.unwrap();
    let before = world.store.all_calls();
    for _ in 0..2 {
        assert_eq!(
            world.library.get(&user("7"), &made.id()).await.unwrap(),
            Some(made.clone())
        );
    }
    assert_eq!(world.store.all_calls(), before);
    let committed = world.store.find(&user("7"), &made.id()).await.unwrap();
    assert_eq!(committed, Some(made));
}

#[tokio::test(start_paused = true)]
async fn a_second_read_makes_no_call_on_the_record_store() {
    let world = World::new();
    let made = world.generate(four()).await.unwrap();
    let key = CacheKey::new(format!("imagen4:generation:{}", made.id())).unwrap();
    assert!(world.cache.delete(&key).await.unwrap());

    assert_eq!(
        world.library.get(&user("7"), &made.id()).await.unwrap(),
        Some(made.clone())
    );
    assert_eq!(world.store.calls(&StoreCall::Find), 1);
    assert_eq!(
        world.library.get(&user("7"), &made.id()).await.unwrap(),
        Some(made)
    );
    assert_eq!(world.store.calls(&StoreCall::Find), 1);
    let life = world.cache.ttl(&key).await.unwrap().unwrap().as_secs_f64();
    assert!((3599.0..=3600.0).contains(&life), "{life}");
}

#[tokio::test(start_paused = true)]
async fn what_is_under_way_is_never_kept() {
    let world = World::new();
    let kind = imagen4_domain::GeneratorErrorKind::TimedOut;
    world
        .generator
        .fail_wait(imagen4_domain::GeneratorError::new(kind));
    let error = world.generate(four()).await.unwrap_err();
    let id = error.id().unwrap();
    for reads in 1..=2 {
        let found = world.library.get(&user("7"), &id).await.unwrap().unwrap();
        assert_eq!(found.state().name(), "submitted");
        assert_eq!(world.store.calls(&StoreCall::Find), reads);
    }
}

#[tokio::test(start_paused = true)]
async fn another_user_finds_nothing_by_any_way() {
    let world = World::new();
    let made = world.generate(four()).await.unwrap();
    let other = user("8");
    assert_eq!(world.library.get(&other, &made.id()).await.unwrap(), None);
    assert_eq!(world.library.recent(&other, 10).await.unwrap(), []);
    world.cache.break_down(CacheErrorKind::Unavailable);
    assert_eq!(world.library.get(&other, &made.id()).await.unwrap(), None);
    assert_eq!(world.library.recent(&other, 10).await.unwrap(), []);
    let missing = GenerationId::new(start());
    assert_eq!(world.library.get(&user("7"), &missing).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn with_the_cache_down_all_goes_on() {
    let world = World::new();
    world.cache.break_down(CacheErrorKind::TimedOut);
    let made = world.generate(four()).await.unwrap();
    assert_eq!(
        world.library.get(&user("7"), &made.id()).await.unwrap(),
        Some(made.clone())
    );
    assert_eq!(
        world.library.recent(&user("7"), 10).await.unwrap(),
        std::slice::from_ref(&made)
    );
    world.cache.heal();
    assert_eq!(
        world.library.get(&user("7"), &made.id()).await.unwrap(),
        Some(made.clone())
    );
    assert_eq!(world.library.recent(&user("7"), 10).await.unwrap(), [made]);
}

#[tokio::test(start_paused = true)]
async fn the_newest_come_from_the_cache_once_it_is_warm() {
    let world = World::new();
    let mut expected = Vec::new();
    for _ in 0..3 {
        expected.insert(0, world.generate(four()).await.unwrap());
        world.clock.advance(TimeDelta::seconds(5));
    }
    assert_eq!(
        world.library.recent(&user("7"), 10).await.unwrap(),
        expected
    );
    let before = world.store.all_calls();
    assert_eq!(
        world.library.recent(&user("7"), 10).await.unwrap(),
        expected
    );
    assert_eq!(
        world.library.recent(&user("7"), 2).await.unwrap(),
        expected[..2]
    );
    assert_eq!(world.store.all_calls(), before);
}

#[tokio::test(start_paused = true)]
async fn a_new_generation_is_in_a_warm_list_at_once() {
    let world = World::new();
    assert_eq!(world.library.recent(&user("7"), 10).await.unwrap(), []);
    let made = world.generate(four()).await.unwrap();
    let before = world.store.all_calls();
    assert_eq!(world.library.recent(&user("7"), 10).await.unwrap(), [made]);
    assert_eq!(world.store.all_calls(), before);
}

#[tokio::test(start_paused = true)]
async fn failed_ones_are_in_the_list_as_well() {
    let world = World::new();
    assert_eq!(world.library.recent(&user("7"), 10).await.unwrap(), []);
    let kind = imagen4_domain::GeneratorErrorKind::Refused;
    world
        .generator
        .fail_submit(imagen4_domain::GeneratorError::new(kind));
    let error = world.generate(four()).await.unwrap_err();
    let found = world.library.recent(&user("7"), 10).await.unwrap();
    assert_eq!(names(&found), [error.id().unwrap()]);
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_the_record_store_is_told() {
    let world = World::new();
    world
        .store
        .fail_next(StoreCall::Find, StoreErrorKind::Unavailable);
    let id = GenerationId::new(start());
    let error = world.library.get(&user("7"), &id).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    world
        .store
        .fail_next(StoreCall::Recent, StoreErrorKind::Unavailable);
    assert!(world.library.recent(&user("7"), 5).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn creating_and_ending_make_gallery_pages_old() {
    let world = World::new();
    let key = CacheKey::new("gallery:version:7").unwrap();
    let mut versions = Vec::new();
    for _ in 0..2 {
        world.generate(four()).await.unwrap();
        versions.push(world.cache.get(&key).await.unwrap().unwrap());
    }
    assert_ne!(versions[0], versions[1]);
}

#[tokio::test(start_paused = true)]
async fn links_are_minted_for_the_reader() {
    let world = World::new();
    let made = world.generate(four()).await.unwrap();
    let views = world.library.links(&made).await;
    assert_eq!(views.len(), 4);
    for view in &views {
        let link = view.link.as_ref().unwrap();
        assert!(
            link.expose()
                .starts_with("https://minio.test:9000/imagen4/2026/11/22/")
        );
        assert!(link.expose().contains("X-Amz-Signature="));
        // Signatures count whole seconds.
        let life = link.expires_at() - start();
        assert!(
            life > TimeDelta::seconds(86_398) && life <= TimeDelta::days(1),
            "{life}"
        );
    }
    assert!(!format!("{views:?}").contains("X-Amz-"));
    assert!(!serde_json::to_string(&made).unwrap().contains("X-Amz-"));
}

#[tokio::test(start_paused = true)]
async fn a_fallback_has_the_providers_link_while_it_lives() {
    let world = World::new();
    world.object_store_down();
    let made = world.generate(four()).await.unwrap();
    let views = world.library.links(&made).await;
    assert!(matches!(views[0].state, PictureState::Fallback(_)));
    assert_eq!(views[0].link.as_ref().unwrap().expose(), link(1, 1));
    world.clock.advance(TimeDelta::days(7));
    assert!(
        world
            .library
            .links(&made)
            .await
            .iter()
            .all(|view| view.link.is_none())
    );
}

#[tokio::test(start_paused = true)]
async fn a_link_that_cannot_be_signed_is_left_out() {
    let world = World::new();
    let made = world.generate(four()).await.unwrap();
    world.objects.fail(Failure::of(
        Operation::SignGet,
        StorageErrorKind::NotSupported,
    ));
    let views = world.library.links(&made).await;
    assert!(views.iter().all(|view| view.link.is_none()) && views.len() == 4);
}

/// Each call of a silent cache costs its limit.
#[tokio::test(start_paused = true)]
async fn while_the_cache_is_away_the_newest_cost_one_call_of_it() {
    let world = World::new();
    for _ in 0..3 {
        world.generate(four()).await.unwrap();
        world.clock.advance(TimeDelta::seconds(1));
    }
    let away = FailingCache::new(MemoryCache::new());
    let counts = Arc::new(CountingCache::new(away.clone()));
    let kept = GenerationCache::new(Arc::clone(&counts) as _, Arc::clone(&counts) as _);
    let library = world.uncached.clone().with_cache(kept);
    away.break_down(CacheErrorKind::TimedOut);
    for _ in 0..3 {
        let before = counts.total();
        let found = library.recent(&user("7"), 10).await.unwrap();
        assert_eq!((found.len(), counts.total() - before), (3, 1));
    }
    away.heal();
    // Filled by one read and kept one by one, so that the third asks the record store nothing.
    for _ in 0..2 {
        library.recent(&user("7"), 10).await.unwrap();
    }
    let before = world.store.all_calls();
    library.recent(&user("7"), 10).await.unwrap();
    assert_eq!(world.store.all_calls(), before);
}
