//! A deletion whose process dies at any of its calls: nobody sees a record without pictures, and a repeat ends it.

use std::sync::Arc;

use imagen4_domain::testing::user;
use imagen4_domain::{GalleryErrorKind, GalleryFilter, Generation};
use storage::testing::{Lifeline, When};

use super::delete::{assert_unseen, objects_of, there};
use super::mortal::process;
use crate::world::{World, four};

/// Tells whether any way of reading leads to the generation.
async fn is_seen(world: &World, made: &Generation) -> bool {
    let (user, id) = (user("7"), made.id());
    let page = world
        .gallery
        .page(&user, &GalleryFilter::new(), None, 50)
        .await;
    let page = page.unwrap();
    let recent = world.library.recent(&user, 50).await.unwrap();
    page.items.iter().any(|item| item.id() == id)
        || recent.iter().any(|one| one.id() == id)
        || world.library.get(&user, &id).await.unwrap().is_some()
        || world.gallery.item(&user, &id).await.is_ok()
}

/// Deletes with a process that dies at call `last`; `false` when it lived to the end.
async fn dies_at(last: u32, when: When) -> bool {
    let world = World::new();
    let made = world.generate(four()).await.unwrap();
    // All copies are there: the record, the list and a page.
    assert!(is_seen(&world, &made).await);
    let life = Arc::new(Lifeline::ending_at(last, when));
    let dying = process(&world, &life);
    let outcome = dying.delete(&user("7"), &made.id()).await;
    if !life.is_over() {
        assert!(outcome.unwrap().is_deleted());
        return false;
    }
    let left = there(&world, &objects_of(&made)).await;
    if is_seen(&world, &made).await {
        assert_eq!(left, 8, "seen after a death at call {last}, {when:?}");
    }
    match world.gallery.delete(&user("7"), &made.id()).await {
        Ok(receipt) => assert!(receipt.is_deleted(), "{receipt:?}"),
        // The record was removed already, and so was all before it.
        Err(error) => assert_eq!(error.kind(), GalleryErrorKind::NotFound),
    }
    assert_eq!(there(&world, &objects_of(&made)).await, 0);
    assert_unseen(&world, &made).await;
    true
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_dies_at_any_call_goes_on_and_shows_no_record_without_pictures() {
    let mut deaths = 0;
    for when in [When::Before, When::After] {
        for last in 1.. {
            if !dies_at(last, when).await {
                break;
            }
            deaths += 1;
        }
    }
    // Hiding, three changes of the cache, looking and deleting twice over, removing, and the cache again.
    assert!(deaths >= 2 * 20, "{deaths}");
}
