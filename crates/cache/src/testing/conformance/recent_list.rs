//! The rules of the port [`RecentList`](crate::RecentList).
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "rules panic when they are broken"
)]

mod crowds;
mod fills;
mod races;

use std::num::NonZeroU16;
use std::slice;
use std::sync::Arc;

use super::{Fixture, millis, pass};
use crate::{Cache as _, CacheErrorKind, CacheKey, ListLimits, RecentList as _, RecentPage};

pub use crowds::*;
pub use fills::*;
pub use races::*;

fn limits(cap: u16) -> ListLimits {
    ListLimits {
        cap: NonZeroU16::new(cap).unwrap(),
        ttl: millis(60_000),
    }
}

fn ids(names: &str) -> Vec<String> {
    names.split_whitespace().map(str::to_owned).collect()
}

async fn fill(fixture: &Fixture, key: &CacheKey, names: &str, limits: &ListLimits) {
    let token = fixture.list.token(key).await.unwrap();
    assert!(
        fixture
            .list
            .fill(key, &token, &ids(names), limits)
            .await
            .unwrap()
    );
}

/// The first ids of a warm list.
async fn first(fixture: &Fixture, key: &CacheKey, limit: usize) -> RecentPage {
    fixture.list.page(key, 0, limit).await.unwrap().unwrap()
}

fn page(names: &str, complete: bool) -> RecentPage {
    RecentPage {
        ids: ids(names),
        complete,
    }
}

/// What was never filled is unknown.
pub async fn an_unfilled_list_is_cold(fixture: &Fixture) {
    let key = fixture.key("never");
    assert_eq!(fixture.list.page(&key, 0, 10).await.unwrap(), None);
}

/// A push or a remove on a cold list writes nothing that a reader sees.
pub async fn a_cold_list_stays_cold(fixture: &Fixture) {
    let key = fixture.key("cold");
    assert!(!fixture.list.push(&key, "a", &limits(5)).await.unwrap());
    assert!(!fixture.list.remove(&key, "a", &limits(5)).await.unwrap());
    assert_eq!(fixture.list.page(&key, 0, 10).await.unwrap(), None);
    assert_eq!(fixture.cache.ttl(&key).await.unwrap(), None);
}

/// A fill makes the list warm, in the order given.
pub async fn a_fill_makes_it_warm_in_the_order_given(fixture: &Fixture) {
    let key = fixture.key("filled");
    fill(fixture, &key, "c b a", &limits(5)).await;
    assert_eq!(first(fixture, &key, 10).await, page("c b a", true));
}

/// A list filled with nothing is known to be empty.
pub async fn filled_with_nothing_is_known_to_be_empty(fixture: &Fixture) {
    let key = fixture.key("empty");
    fill(fixture, &key, "", &limits(5)).await;
    assert_eq!(first(fixture, &key, 10).await, page("", true));
}

/// The first id of a new user: pushed after an empty fill, or filled after a push that found the list cold.
pub async fn the_first_id_of_a_new_user_is_listed(fixture: &Fixture) {
    let known = fixture.key("known-empty");
    fill(fixture, &known, "", &limits(5)).await;
    assert!(fixture.list.push(&known, "a", &limits(5)).await.unwrap());
    assert_eq!(first(fixture, &known, 10).await, page("a", true));

    let cold = fixture.key("new");
    assert!(!fixture.list.push(&cold, "a", &limits(5)).await.unwrap());
    fill(fixture, &cold, "a", &limits(5)).await;
    assert_eq!(first(fixture, &cold, 10).await, page("a", true));
}

/// A push puts its id first.
pub async fn a_push_puts_its_id_first(fixture: &Fixture) {
    let key = fixture.key("pushed");
    fill(fixture, &key, "b a", &limits(5)).await;
    assert!(fixture.list.push(&key, "c", &limits(5)).await.unwrap());
    assert_eq!(first(fixture, &key, 10).await, page("c b a", true));
}

/// A push of an id that is listed moves it, so that none stands twice.
pub async fn a_push_of_a_listed_id_moves_it(fixture: &Fixture) {
    let key = fixture.key("moved");
    fill(fixture, &key, "c b a", &limits(5)).await;
    assert!(fixture.list.push(&key, "b", &limits(5)).await.unwrap());
    assert_eq!(first(fixture, &key, 10).await, page("b c a", true));
    assert!(fixture.list.push(&key, "b", &limits(5)).await.unwrap());
    assert_eq!(first(fixture, &key, 10).await, page("b c a", true));
}

/// Over the cap the oldest goes.
pub async fn over_the_cap_the_oldest_goes(fixture: &Fixture) {
    let key = fixture.key("capped");
    fill(fixture, &key, "b a", &limits(3)).await;
    for id in ["c", "d"] {
        assert!(fixture.list.push(&key, id, &limits(3)).await.unwrap());
    }
    assert_eq!(first(fixture, &key, 3).await, page("d c b", true));
    assert_eq!(first(fixture, &key, 4).await, page("d c b", false));
}

/// A removed id is absent at once, and the answer tells whether it was listed.
pub async fn a_removed_id_is_absent_at_once(fixture: &Fixture) {
    let key = fixture.key("removed");
    fill(fixture, &key, "c b a", &limits(5)).await;
    assert!(fixture.list.remove(&key, "b", &limits(5)).await.unwrap());
    assert_eq!(first(fixture, &key, 10).await, page("c a", true));
    assert!(!fixture.list.remove(&key, "b", &limits(5)).await.unwrap());
}

/// After the last id was removed the list is known to be empty, and takes the next push.
pub async fn after_the_last_removal_it_is_known_to_be_empty(fixture: &Fixture) {
    let key = fixture.key("emptied");
    fill(fixture, &key, "a", &limits(5)).await;
    assert!(fixture.list.remove(&key, "a", &limits(5)).await.unwrap());
    assert_eq!(first(fixture, &key, 10).await, page("", true));
    assert!(fixture.list.push(&key, "b", &limits(5)).await.unwrap());
    assert_eq!(first(fixture, &key, 10).await, page("b", true));
}

/// A page is the part asked for, also at and beyond the end.
pub async fn a_page_is_the_part_asked_for(fixture: &Fixture) {
    let key = fixture.key("paged");
    fill(fixture, &key, "e d c b a", &limits(10)).await;
    for (offset, limit, names) in [
        (0, 2, "e d"),
        (2, 2, "c b"),
        (4, 2, "a"),
        (5, 2, ""),
        (9, 9, ""),
        (0, 0, ""),
        (1, usize::MAX, "d c b a"),
        (usize::MAX, 1, ""),
    ] {
        let found = fixture.list.page(&key, offset, limit).await.unwrap();
        assert_eq!(found, Some(page(names, true)), "{offset} {limit}");
    }
}

/// A list that was cut does not claim to hold everything, also not after a removal.
pub async fn a_cut_list_does_not_claim_to_hold_everything(fixture: &Fixture) {
    let key = fixture.key("cut");
    fill(fixture, &key, "d c b a", &limits(3)).await;
    assert_eq!(first(fixture, &key, 3).await, page("d c b", true));
    assert!(fixture.list.remove(&key, "c", &limits(3)).await.unwrap());
    assert_eq!(first(fixture, &key, 2).await, page("d b", true));
    assert_eq!(first(fixture, &key, 3).await, page("d b", false));
    for id in ["d", "b"] {
        assert!(fixture.list.remove(&key, id, &limits(3)).await.unwrap());
    }
    assert_eq!(first(fixture, &key, 3).await, page("", false));
}

/// A fill drops what stands twice and what is over the cap.
pub async fn a_fill_keeps_the_first_of_each_up_to_the_cap(fixture: &Fixture) {
    let key = fixture.key("long-fill");
    fill(fixture, &key, "e d e c d b a", &limits(3)).await;
    assert_eq!(first(fixture, &key, 3).await, page("e d c", true));
    assert_eq!(first(fixture, &key, 4).await, page("e d c", false));
}

/// A fill replaces a warm list.
pub async fn a_fill_replaces_what_was_there(fixture: &Fixture) {
    let key = fixture.key("refilled");
    fill(fixture, &key, "c b a", &limits(5)).await;
    fill(fixture, &key, "e d", &limits(5)).await;
    assert_eq!(first(fixture, &key, 5).await, page("e d", true));
}

/// A list is cold after its life, also one that is known to be empty.
pub async fn a_list_is_cold_after_its_life(fixture: &Fixture) {
    let short = ListLimits {
        ttl: millis(100),
        ..limits(5)
    };
    let [full, empty] = ["short", "short-empty"].map(|name| fixture.key(name));
    fill(fixture, &full, "b a", &short).await;
    fill(fixture, &empty, "", &short).await;
    pass(150).await;
    assert_eq!(fixture.list.page(&full, 0, 5).await.unwrap(), None);
    assert_eq!(fixture.list.page(&empty, 0, 5).await.unwrap(), None);
    assert!(!fixture.list.push(&full, "c", &short).await.unwrap());
}

/// Every change renews the life.
pub async fn every_change_renews_the_life(fixture: &Fixture) {
    let short = ListLimits {
        ttl: millis(400),
        ..limits(5)
    };
    let key = fixture.key("renewed");
    fill(fixture, &key, "b a", &short).await;
    for _ in 0..2 {
        pass(250).await;
        assert!(fixture.list.push(&key, "c", &short).await.unwrap());
        pass(250).await;
        assert!(fixture.list.remove(&key, "c", &short).await.unwrap());
    }
    assert_eq!(first(fixture, &key, 5).await, page("b a", true));
    let left = fixture.cache.ttl(&key).await.unwrap().unwrap();
    assert!(left <= short.ttl.as_duration(), "{left:?}");
}

/// A forgotten list is cold, and tokens given before are void.
pub async fn a_forgotten_list_is_cold(fixture: &Fixture) {
    let key = fixture.key("forgotten");
    assert!(!fixture.list.forget(&key).await.unwrap());
    fill(fixture, &key, "a", &limits(5)).await;
    let token = fixture.list.token(&key).await.unwrap();
    assert!(fixture.list.forget(&key).await.unwrap());
    assert_eq!(fixture.list.page(&key, 0, 5).await.unwrap(), None);
    assert!(
        !fixture
            .list
            .fill(&key, &token, &ids("a"), &limits(5))
            .await
            .unwrap()
    );
    assert_eq!(fixture.list.page(&key, 0, 5).await.unwrap(), None);
}

/// A byte value under the key is told as misuse, and stays until a fill replaces it.
pub async fn a_byte_value_is_misuse(fixture: &Fixture) {
    let key = fixture.key("bytes");
    fixture
        .cache
        .set(&key, "text".into(), millis(60_000))
        .await
        .unwrap();
    let misused = Some(CacheErrorKind::Misused);
    let outcome = fixture.list.page(&key, 0, 5).await;
    assert_eq!(outcome.err().map(|error| error.kind()), misused);
    let outcome = fixture.list.push(&key, "a", &limits(5)).await;
    assert_eq!(outcome.err().map(|error| error.kind()), misused);
    let outcome = fixture.list.remove(&key, "a", &limits(5)).await;
    assert_eq!(outcome.err().map(|error| error.kind()), misused);
    assert_eq!(fixture.cache.get(&key).await.unwrap().unwrap(), "text");
    fill(fixture, &key, "a", &limits(5)).await;
    assert_eq!(first(fixture, &key, 5).await, page("a", true));
}

/// A list under the key is misuse of the byte side, and stays.
pub async fn a_list_is_no_byte_value(fixture: &Fixture) {
    let key = fixture.key("list");
    fill(fixture, &key, "b a", &limits(5)).await;
    let error = fixture.cache.get(&key).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.key()),
        (CacheErrorKind::Misused, Some(&key))
    );
    let outcome = fixture.cache.bump(&key, millis(60_000)).await;
    assert_eq!(outcome.unwrap_err().kind(), CacheErrorKind::Misused);
    assert_eq!(
        fixture.cache.get_many(slice::from_ref(&key)).await.unwrap(),
        [None]
    );
    assert_eq!(first(fixture, &key, 5).await, page("b a", true));
}

/// After the shutdown of the cache every call is refused as closed.
pub async fn after_a_shutdown_every_call_is_closed(fixture: &Fixture) {
    let key = fixture.key("closed");
    let token = fixture.list.token(&key).await.unwrap();
    Arc::clone(&fixture.cache).shutdown().await;
    let list = &fixture.list;
    let kinds = [
        list.page(&key, 0, 1).await.err(),
        list.push(&key, "a", &limits(5)).await.err(),
        list.remove(&key, "a", &limits(5)).await.err(),
        list.token(&key).await.err(),
        list.fill(&key, &token, &ids("a"), &limits(5)).await.err(),
        list.forget(&key).await.err(),
    ];
    for error in kinds {
        assert_eq!(
            error.map(|error| error.kind()),
            Some(CacheErrorKind::Closed)
        );
    }
}
