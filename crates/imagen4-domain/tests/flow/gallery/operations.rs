//! Ownership: every operation of the gallery, asked by another user, as a test that is made from the list of them.

use std::collections::BTreeSet;

use imagen4_domain::testing::user;
use imagen4_domain::{
    GalleryError, GalleryErrorKind, GalleryFilter, GalleryService, GenerationId, SeedChoice,
    UserId, UtcOffset,
};

use super::delete::{objects_of, there};
use crate::world::{World, four};

/// Declares the operations: each by its name, with the call that a user makes about a generation.
macro_rules! operations {
    (|$gallery:ident, $user:ident, $id:ident| $($name:ident => $call:expr;)+) => {
        const OPERATIONS: &[&str] = &[$(stringify!($name)),+];

        /// Makes the call of this name; what it answers is of no matter here.
        async fn call(
            name: &str,
            $gallery: &GalleryService,
            $user: &UserId,
            $id: &GenerationId,
        ) -> Result<(), GalleryError> {
            match name {
                $(stringify!($name) => $call.await.map(drop),)+
                other => panic!("there is no operation {other}"),
            }
        }
    };
}

operations! {
    |gallery, user, id|
    page => async {
        let page = gallery.page(user, &GalleryFilter::new(), None, 100).await?;
        found(page.items.iter().any(|item| item.id() == *id))
    };
    neighbours => gallery.neighbours(user, &GalleryFilter::new(), id);
    item => gallery.item(user, id);
    set_favourite => gallery.set_favourite(user, id, true);
    stats => async {
        let stats = gallery.stats(user, UtcOffset::UTC).await?;
        let _ = id;
        found(stats.total > 0)
    };
    regenerate => gallery.regenerate(user, id, SeedChoice::New, |_| {});
    delete => gallery.delete(user, id);
}

/// A list that does not hold it says the same as `NotFound`.
fn found(is_there: bool) -> Result<(), GalleryError> {
    let kind = imagen4_domain::StoreErrorKind::NotFound;
    let missing = imagen4_domain::StoreError::new(kind, "look");
    is_there.then_some(()).ok_or_else(|| missing.into())
}

/// Returns the names of all public asynchronous methods of the service, from its source.
fn declared() -> BTreeSet<&'static str> {
    let sources = [
        include_str!("../../../src/service/gallery.rs"),
        include_str!("../../../src/service/gallery/delete.rs"),
        include_str!("../../../src/service/gallery/pages.rs"),
        include_str!("../../../src/service/gallery/regenerate.rs"),
    ];
    let declared = sources
        .iter()
        .flat_map(|source| source.split("pub async fn ").skip(1));
    declared.filter_map(|rest| rest.split('(').next()).collect()
}

#[test]
fn the_list_names_every_operation() {
    assert_eq!(
        OPERATIONS.iter().copied().collect::<BTreeSet<_>>(),
        declared()
    );
}

#[tokio::test(start_paused = true)]
async fn no_operation_finds_what_is_another_users() {
    for name in OPERATIONS {
        let world = World::new();
        let made = world.generate(four()).await.unwrap();
        let before = (
            world.generator.submits(),
            world.gallery.item(&user("7"), &made.id()).await.unwrap(),
        );
        for other in ["8", "77", "tg:7"] {
            let error = call(name, &world.gallery, &user(other), &made.id()).await;
            assert_eq!(
                error.unwrap_err().kind(),
                GalleryErrorKind::NotFound,
                "{name}"
            );
        }
        let after = (
            world.generator.submits(),
            world.gallery.item(&user("7"), &made.id()).await.unwrap(),
        );
        assert_eq!(after, before, "{name}");
        assert_eq!(there(&world, &objects_of(&made)).await, 8, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_operation_finds_what_is_the_users_own() {
    for name in OPERATIONS {
        let world = World::new();
        let made = world.generate(four()).await.unwrap();
        let outcome = call(name, &world.gallery, &user("7"), &made.id()).await;
        assert!(outcome.is_ok(), "{name}: {outcome:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_operation_finds_what_was_deleted() {
    for name in OPERATIONS {
        let world = World::new();
        let made = world.generate(four()).await.unwrap();
        world.gallery.delete(&user("7"), &made.id()).await.unwrap();
        let error = call(name, &world.gallery, &user("7"), &made.id()).await;
        assert_eq!(
            error.unwrap_err().kind(),
            GalleryErrorKind::NotFound,
            "{name}"
        );
    }
}
