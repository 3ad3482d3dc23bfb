//! The rules of favourites, hiding and removing.

use super::{GalleryFixture, all, owner, start};
use crate::testing::conformance::{WELL, entry_after, kind_of};
use crate::{GalleryQuery, Generation, GenerationId, StoreErrorKind};

async fn is_favourite(fixture: &GalleryFixture, generation: &Generation) -> bool {
    let (user, id) = (generation.owner(), generation.id());
    let found = fixture.gallery().item(user, &id).await.unwrap();
    found.unwrap().favourite
}

/// A favourite is one until it is taken back, and a repeat changes nothing.
pub async fn a_favourite_is_kept_until_it_is_taken_back(fixture: &GalleryFixture) {
    let generation = fixture.shown("a", 0).await;
    let (user, id) = (generation.owner(), generation.id());
    let favourites = GalleryQuery {
        favourites: true,
        ..all()
    };
    for favourite in [true, true, false, false, true] {
        let marked = fixture.gallery().set_favourite(user, &id, favourite);
        marked.await.unwrap();
        assert_eq!(is_favourite(fixture, &generation).await, favourite);
        let shown = fixture.page("a", &favourites, None, 5).await;
        assert_eq!(shown.len(), usize::from(favourite));
        assert_eq!(
            fixture.page("a", &all(), None, 5).await[0].favourite,
            favourite
        );
    }
    assert_eq!(fixture.records().found(&generation).await, Some(generation));
}

/// What was marked while it was under way is a favourite when it is shown.
pub async fn a_favourite_stays_one_when_the_record_moves_on(fixture: &GalleryFixture) {
    let generation = fixture.records().made("a", 0).await;
    fixture.mark(&generation).await;
    fixture.records().walk(&generation, &WELL).await;
    assert!(is_favourite(fixture, &generation).await);
}

/// No call of either port finds what is hidden, and none changes it.
pub async fn what_is_hidden_is_found_by_no_call(fixture: &GalleryFixture) {
    let kept = fixture.shown("a", 0).await;
    let hidden = fixture.shown("a", 1).await;
    let failed = fixture.records().made("a", 2).await;
    let failed = fixture.records().walk(&failed, &["failed"]).await;
    let (gallery, user) = (fixture.gallery(), owner("a"));
    for generation in [&hidden, &failed] {
        let id = generation.id();
        gallery.hide(&user, &id).await.unwrap();
        assert_eq!(gallery.item(&user, &id).await.unwrap(), None);
        let beside = gallery.neighbours(&user, &all(), &id).await;
        assert_eq!(kind_of(beside), StoreErrorKind::NotFound);
        let marked = gallery.set_favourite(&user, &id, true).await;
        assert_eq!(kind_of(marked), StoreErrorKind::NotFound);
        let records = fixture.records().store();
        assert_eq!(records.find(&user, &id).await.unwrap(), None);
        assert_eq!(records.journal(&user, &id).await.unwrap(), []);
        let entry = entry_after(generation, "erased");
        let moved = records.advance(&user, &id, generation.revision(), &entry);
        assert_eq!(kind_of(moved.await), StoreErrorKind::NotFound);
        let theft = Generation::new(id, owner("b"), kept.request().clone(), start());
        assert_eq!(
            kind_of(records.create(&theft).await),
            StoreErrorKind::AlreadyExists
        );
    }
    let recent = fixture.records().store().recent(&user, 9, None);
    assert_eq!(recent.await.unwrap(), std::slice::from_ref(&kept));
    assert_eq!(fixture.names("a", &all()).await, [kept.id()]);
    let beside = gallery.neighbours(&user, &all(), &kept.id()).await;
    assert_eq!(beside.unwrap().total, Some(1));
}

/// Hiding again gives the same again: that is how a deletion goes on.
pub async fn what_is_hidden_can_be_hidden_again(fixture: &GalleryFixture) {
    let generation = fixture.shown("a", 0).await;
    for _ in 0..2 {
        let hidden = fixture.gallery().hide(&owner("a"), &generation.id()).await;
        assert_eq!(hidden.unwrap(), generation);
    }
}

/// What is under way cannot be hidden: it could bring pictures.
pub async fn what_is_under_way_cannot_be_hidden(fixture: &GalleryFixture) {
    for (second, steps) in (0..).zip([&[][..], &WELL[..1], &WELL[..2], &WELL[..3]]) {
        let generation = fixture.records().made("a", second).await;
        let now = fixture.records().walk(&generation, steps).await;
        let hidden = fixture.gallery().hide(&owner("a"), &now.id()).await;
        assert_eq!(kind_of(hidden), StoreErrorKind::IllegalStep);
        assert_eq!(fixture.records().found(&now).await, Some(now));
    }
}

/// Whatever is over can be hidden and removed.
pub async fn whatever_is_over_can_be_hidden(fixture: &GalleryFixture) {
    for (second, steps) in (0..).zip([
        &WELL[..],
        &["failed"],
        &["submitting", "refused"],
        &["submitting", "submitted", "cancelled"],
        &["submitting", "unknown"],
        &["failed", "erased"],
    ]) {
        let generation = fixture.records().made("a", second).await;
        let over = fixture.records().walk(&generation, steps).await;
        fixture.delete(&over).await;
    }
    let left = fixture.records().store().recent(&owner("a"), 9, None).await;
    assert_eq!(left.unwrap(), []);
}

/// What is to be seen is not removed.
pub async fn only_what_is_hidden_is_removed(fixture: &GalleryFixture) {
    let generation = fixture.shown("a", 0).await;
    let removed = fixture
        .gallery()
        .remove(&owner("a"), &generation.id())
        .await;
    assert_eq!(kind_of(removed), StoreErrorKind::IllegalStep);
    assert_eq!(fixture.names("a", &all()).await, [generation.id()]);
    assert_eq!(fixture.records().found(&generation).await, Some(generation));
}

/// What was removed is gone for good: nobody finds it, and nobody can make it anew.
pub async fn what_was_removed_is_gone_and_its_name_stays_taken(fixture: &GalleryFixture) {
    let generation = fixture.shown("a", 0).await;
    fixture.delete(&generation).await;
    let (gallery, user, id) = (fixture.gallery(), owner("a"), generation.id());
    let again = gallery.remove(&user, &id).await;
    assert_eq!(kind_of(again), StoreErrorKind::NotFound);
    let hidden = gallery.hide(&user, &id).await;
    assert_eq!(kind_of(hidden), StoreErrorKind::NotFound);
    assert_eq!(gallery.item(&user, &id).await.unwrap(), None);
    assert_eq!(fixture.records().found(&generation).await, None);
    let request = generation.request().clone();
    let anew = Generation::new(id, user, request, generation.created_at());
    let created = fixture.records().store().create(&anew).await;
    assert_eq!(kind_of(created), StoreErrorKind::AlreadyExists);
}

/// Another user neither marks, hides nor removes, and sees nothing.
pub async fn another_user_changes_nothing(fixture: &GalleryFixture) {
    let (shown, hidden) = (fixture.shown("a", 0).await, fixture.shown("a", 1).await);
    let gallery = fixture.gallery();
    gallery.hide(&owner("a"), &hidden.id()).await.unwrap();
    for (id, other) in [&shown, &hidden].map(|one| (one.id(), owner("b"))) {
        assert_eq!(gallery.item(&other, &id).await.unwrap(), None);
        let kinds = [
            kind_of(gallery.neighbours(&other, &all(), &id).await),
            kind_of(gallery.set_favourite(&other, &id, true).await),
            kind_of(gallery.hide(&other, &id).await),
            kind_of(gallery.remove(&other, &id).await),
        ];
        assert_eq!(kinds, [StoreErrorKind::NotFound; 4]);
    }
    let page = fixture.page("a", &all(), None, 5).await;
    assert_eq!(
        (page.len(), page[0].id(), page[0].favourite),
        (1, shown.id(), false)
    );
    gallery.remove(&owner("a"), &hidden.id()).await.unwrap();
}

/// What is not there is not found, by any call.
pub async fn what_is_missing_is_not_found(fixture: &GalleryFixture) {
    let (gallery, user, id) = (fixture.gallery(), owner("a"), GenerationId::new(start()));
    assert_eq!(gallery.item(&user, &id).await.unwrap(), None);
    let kinds = [
        kind_of(gallery.neighbours(&user, &all(), &id).await),
        kind_of(gallery.set_favourite(&user, &id, true).await),
        kind_of(gallery.hide(&user, &id).await),
        kind_of(gallery.remove(&user, &id).await),
    ];
    assert_eq!(kinds, [StoreErrorKind::NotFound; 4]);
}
