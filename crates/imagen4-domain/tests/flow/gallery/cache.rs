//! Pages in the cache: what they cost, how long they live, and what makes them old.

use std::sync::{Arc, Mutex};

use cache::{Cache, CacheErrorKind, CacheKey, FilterHash};
use chrono::TimeDelta;
use imagen4_domain::testing::{StoreCall, user};
use imagen4_domain::{
    GalleryFilter, GalleryPage, GenerationCache, Progress, SeedChoice, StoreErrorKind,
};

use super::names;
use crate::world::{World, four};

async fn page(world: &World) -> GalleryPage {
    let filter = GalleryFilter::new();
    let page = world.gallery.page(&user("7"), &filter, None, 20).await;
    page.unwrap()
}

/// Returns how often the record store and the cache were called by `work`.
async fn calls_of(
    world: &World,
    work: impl Future<Output = GalleryPage>,
) -> (usize, u64, GalleryPage) {
    let cache = world.cache.clone().into_inner();
    let before = (world.store.all_calls(), cache.total());
    let page = work.await;
    (
        world.store.all_calls() - before.0,
        cache.total() - before.1,
        page,
    )
}

#[tokio::test(start_paused = true)]
async fn a_warm_page_costs_no_call_of_the_record_store_and_one_round_trip_beside_the_version() {
    let world = World::new();
    for _ in 0..3 {
        world.generate(four()).await.unwrap();
        world.clock.advance(TimeDelta::seconds(1));
    }
    let (store, _, cold) = calls_of(&world, page(&world)).await;
    assert_eq!((store, cold.items.len()), (1, 3));
    let gets = world.cache.clone().into_inner().count("get");
    let (store, cache, warm) = calls_of(&world, page(&world)).await;
    assert_eq!((store, cache), (0, 2), "the version and the page");
    assert_eq!(world.cache.clone().into_inner().count("get"), gets + 2);
    assert_eq!(warm, cold);
}

#[tokio::test(start_paused = true)]
async fn a_page_stands_under_its_users_name_for_five_minutes() {
    let world = World::new();
    world.generate(four()).await.unwrap();
    page(&world).await;
    let version = CacheKey::new("gallery:version:7").unwrap();
    let version = world.cache.get(&version).await.unwrap().unwrap();
    let version = std::str::from_utf8(&version).unwrap().parse().unwrap();
    // The hash is over what a page is asked by, and the version, in whichever order it is written.
    let asked = serde_json::json!({
        "limit": 20, "after": null, "newest": null, "favourites": false, "created": null,
        "aspect_ratio": null, "model": null, "kind": null
    });
    let hash = FilterHash::new(&asked, version).unwrap();
    let key = CacheKey::new(format!("gallery:filtered:7:{hash}")).unwrap();
    let life = world.cache.ttl(&key).await.unwrap().unwrap().as_secs_f64();
    assert!((299.0..=300.0).contains(&life), "{life}");
    let text = world.cache.get(&key).await.unwrap().unwrap();
    assert!(!String::from_utf8_lossy(&text).contains("X-Amz-"));
}

#[tokio::test(start_paused = true)]
async fn a_creation_a_deletion_and_a_favourite_make_pages_old() {
    let world = World::new();
    let first = world.generate(four()).await.unwrap();
    assert_eq!(names(&page(&world).await.items), [first.id()]);

    world.clock.advance(TimeDelta::seconds(1));
    let second = world.generate(four()).await.unwrap();
    let (store, _, shown) = calls_of(&world, page(&world)).await;
    assert_eq!(
        (store, names(&shown.items)),
        (1, vec![second.id(), first.id()])
    );

    let marked = world
        .gallery
        .set_favourite(&user("7"), &first.id(), true)
        .await;
    marked.unwrap();
    let (store, _, shown) = calls_of(&world, page(&world)).await;
    let favourites: Vec<_> = shown.items.iter().map(|item| item.favourite).collect();
    assert_eq!((store, favourites), (1, vec![false, true]));

    world.clock.advance(TimeDelta::seconds(1));
    let again = world
        .gallery
        .regenerate(&user("7"), &first.id(), SeedChoice::Keep, |_| {})
        .await;
    let again = again.unwrap();
    let (store, _, shown) = calls_of(&world, page(&world)).await;
    assert_eq!((store, shown.items[0].id()), (1, again.id()));

    world
        .gallery
        .delete(&user("7"), &second.id())
        .await
        .unwrap();
    let (store, _, shown) = calls_of(&world, page(&world)).await;
    assert_eq!(
        (store, names(&shown.items)),
        (1, vec![again.id(), first.id()])
    );
    let (store, ..) = calls_of(&world, page(&world)).await;
    assert_eq!(store, 0);
}

#[tokio::test(start_paused = true)]
async fn a_beginning_and_an_end_are_one_call_each_and_make_pages_old() {
    let world = World::new();
    page(&world).await;
    let parts = || Arc::new(world.cache.clone());
    let kept = GenerationCache::new(parts(), parts()).with_batch(parts());
    let service = world.service.clone().with_cache(kept);
    let counts = world.cache.clone().into_inner();
    let version = CacheKey::new("gallery:version:7").unwrap();
    let before = world.cache.get(&version).await.unwrap();
    let calls = counts.total();
    let between = Arc::new(Mutex::new(None));
    let (seen, cache) = (Arc::clone(&between), Arc::clone(&counts));
    let told = move |_: &Progress| {
        // What the cache was told before anything else happened.
        seen.lock().unwrap().get_or_insert(cache.count("apply"));
    };
    service.generate(&user("7"), four(), told).await.unwrap();
    assert_eq!(*between.lock().unwrap(), Some(1));
    assert_eq!((counts.count("apply"), counts.total() - calls), (2, 2));
    assert_ne!(world.cache.get(&version).await.unwrap(), before);
    let (store, _, shown) = calls_of(&world, page(&world)).await;
    assert_eq!((store, shown.items.len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_one_user_changes_leaves_the_pages_of_others_warm() {
    let world = World::new();
    world.generate(four()).await.unwrap();
    page(&world).await;
    let other = world.service.generate(&user("8"), four(), |_| {}).await;
    let other = other.unwrap();
    let marked = world
        .gallery
        .set_favourite(&user("8"), &other.id(), true)
        .await;
    marked.unwrap();
    let (store, _, shown) = calls_of(&world, page(&world)).await;
    assert_eq!((store, shown.items.len()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn other_filters_places_and_limits_are_other_pages() {
    let world = World::new();
    for _ in 0..3 {
        world.generate(four()).await.unwrap();
        world.clock.advance(TimeDelta::seconds(1));
    }
    let (gallery, user, all) = (&world.gallery, user("7"), GalleryFilter::new());
    let first = gallery.page(&user, &all, None, 2).await.unwrap();
    let second = gallery.page(&user, &all, first.next.as_ref(), 2).await;
    let whole = gallery.page(&user, &all, None, 3).await.unwrap();
    let favourites = all.with_favourites(true);
    let none = gallery.page(&user, &favourites, None, 2).await.unwrap();
    let rest = second.unwrap();
    assert_eq!((first.items.len(), rest.items.len()), (2, 1));
    assert_eq!([first.items, rest.items].concat(), whole.items);
    assert_eq!(
        (rest.next, whole.next, none.items),
        (None, None, Vec::new())
    );
    assert_eq!(world.store.calls(&StoreCall::Page), 4);
}

#[tokio::test(start_paused = true)]
async fn a_day_that_is_over_is_another_page() {
    let world = World::new();
    world.generate(four()).await.unwrap();
    let offset = imagen4_domain::UtcOffset::UTC;
    let today = GalleryFilter::new().with_days(imagen4_domain::Days::Today, offset);
    for shown in [1, 0] {
        let page = world.gallery.page(&user("7"), &today, None, 20).await;
        assert_eq!(page.unwrap().items.len(), shown);
        // The world begins two seconds before midnight.
        world.clock.advance(TimeDelta::seconds(2));
    }
}

#[tokio::test(start_paused = true)]
async fn with_the_cache_down_all_goes_on() {
    let world = World::new();
    world.cache.break_down(CacheErrorKind::TimedOut);
    let made = world.generate(four()).await.unwrap();
    let (gallery, user) = (&world.gallery, user("7"));
    assert_eq!(names(&page(&world).await.items), [made.id()]);
    gallery
        .set_favourite(&user, &made.id(), true)
        .await
        .unwrap();
    assert!(page(&world).await.items[0].favourite);
    let receipt = gallery.delete(&user, &made.id()).await.unwrap();
    assert!(receipt.is_deleted() && !receipt.cache_is_clear);
    assert_eq!(page(&world).await.items, []);
    world.cache.heal();
    assert_eq!(page(&world).await.items, []);
}

#[tokio::test(start_paused = true)]
async fn what_others_wrote_under_the_users_key_is_not_shown() {
    let world = World::new();
    let own = world.generate(four()).await.unwrap();
    let version = cache::FamilyKey::gallery_version("7").unwrap();
    page(&world).await;
    let other = world.service.generate(&user("8"), four(), |_| {}).await;
    let number = world.cache.get(version.key()).await.unwrap().unwrap();
    let number = std::str::from_utf8(&number).unwrap().parse().unwrap();
    let asked = serde_json::json!({
        "limit": 20, "after": null, "newest": null, "favourites": false, "created": null,
        "aspect_ratio": null, "model": null, "kind": null
    });
    let hash = FilterHash::new(&asked, number).unwrap();
    let key = cache::FamilyKey::gallery_page("7", &hash).unwrap();
    let item = imagen4_domain::GalleryItem {
        generation: other.unwrap(),
        favourite: false,
    };
    let foreign = GalleryPage {
        items: vec![item],
        next: None,
    };
    let through = cache::ReadThrough::new(Arc::new(world.cache.clone()));
    through.put(&key, &foreign).await;
    assert_eq!(names(&page(&world).await.items), [own.id()]);
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_the_record_store_is_told_and_not_kept() {
    let world = World::new();
    let made = world.generate(four()).await.unwrap();
    world
        .store
        .fail_next(StoreCall::Page, StoreErrorKind::Unavailable);
    let filter = GalleryFilter::new();
    let error = world.gallery.page(&user("7"), &filter, None, 20).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), imagen4_domain::GalleryErrorKind::Records);
    assert!(error.is_retryable());
    assert_eq!(names(&page(&world).await.items), [made.id()]);
}
