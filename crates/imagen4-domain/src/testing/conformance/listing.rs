//! The rules of the listings: a user's newest, and what is left unfinished.

use chrono::TimeDelta;

use super::{StoreFixture, WELL, owner, start};
use crate::testing::samples::request;
use crate::{Cursor, Generation, GenerationId};

async fn names(
    fixture: &StoreFixture,
    user: &str,
    limit: u32,
    before: Option<Cursor>,
) -> Vec<GenerationId> {
    let found = fixture
        .store()
        .recent(&owner(user), limit, before)
        .await
        .unwrap();
    found.iter().map(Generation::id).collect()
}

/// The newest come first, whatever the order in which they were recorded.
pub async fn the_newest_come_first(fixture: &StoreFixture) {
    let middle = fixture.made("a", 5).await;
    let newest = fixture.made("a", 9).await;
    let oldest = fixture.made("a", 1).await;
    let all = [newest.id(), middle.id(), oldest.id()];
    assert_eq!(names(fixture, "a", 10, None).await, all);
    assert_eq!(names(fixture, "a", 2, None).await, all[..2]);
}

/// A listing holds each generation as it is now.
pub async fn a_listing_holds_the_state_of_now(fixture: &StoreFixture) {
    let first = fixture.made("a", 1).await;
    let first = fixture.walk(&first, &WELL).await;
    let second = fixture.made("a", 2).await;
    let second = fixture.walk(&second, &["submitting"]).await;
    let listed = fixture.store().recent(&owner("a"), 10, None).await.unwrap();
    assert_eq!(listed, [second, first]);
}

/// A listing holds nobody else's.
pub async fn a_listing_holds_no_other_users(fixture: &StoreFixture) {
    let own = fixture.made("a", 1).await;
    fixture.made("b", 2).await;
    fixture.made("aa", 3).await;
    assert_eq!(names(fixture, "a", 10, None).await, [own.id()]);
}

/// Pages one after the other hold each generation once, also when new ones come in between.
pub async fn paging_neither_repeats_nor_skips(fixture: &StoreFixture) {
    let mut expected = Vec::new();
    for second in 0..23 {
        expected.insert(0, fixture.made("a", second).await.id());
    }
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let page = fixture
            .store()
            .recent(&owner("a"), 5, before)
            .await
            .unwrap();
        let Some(last) = page.last() else { break };
        before = Some(Cursor::of(last));
        seen.extend(page.iter().map(Generation::id));
        fixture
            .made("a", 100 + i64::try_from(seen.len()).unwrap())
            .await;
    }
    assert_eq!(seen, expected);
}

/// Generations of one and the same moment are told apart by their names.
pub async fn equal_times_are_paged_by_name(fixture: &StoreFixture) {
    let at = start() + TimeDelta::seconds(1);
    let mut expected = Vec::new();
    for _ in 0..7 {
        let generation = Generation::new(GenerationId::new(at), owner("a"), request(), at);
        fixture.store().create(&generation).await.unwrap();
        expected.push(generation.id());
    }
    expected.sort_unstable();
    expected.reverse();
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let page = fixture
            .store()
            .recent(&owner("a"), 2, before)
            .await
            .unwrap();
        let Some(last) = page.last() else { break };
        before = Some(Cursor::of(last));
        seen.extend(page.iter().map(Generation::id));
    }
    assert_eq!(seen, expected);
}

/// A limit of zero lists nothing.
pub async fn a_limit_of_zero_lists_nothing(fixture: &StoreFixture) {
    fixture.made("a", 1).await;
    assert_eq!(names(fixture, "a", 0, None).await, []);
    let later = start() + TimeDelta::days(1);
    assert_eq!(fixture.store().unfinished(later, 0).await.unwrap(), []);
}

/// A user without any has an empty list, and no error.
pub async fn a_user_without_any_has_an_empty_list(fixture: &StoreFixture) {
    assert_eq!(names(fixture, "nobody", 10, None).await, []);
}

/// What is unfinished is listed for all users, the longest waiting first.
pub async fn the_unfinished_wait_longest_first(fixture: &StoreFixture) {
    let third = fixture.made("a", 30).await;
    let second = fixture.made("b", 1).await;
    let second = fixture.walk(&second, &["submitting", "submitted"]).await;
    let first = fixture.made("c", 2).await;
    let later = start() + TimeDelta::days(1);
    let found = fixture.store().unfinished(later, 10).await.unwrap();
    assert_eq!(found, [first.clone(), second.clone(), third]);
    assert_eq!(
        fixture.store().unfinished(later, 2).await.unwrap(),
        [first, second]
    );
}

/// What is over is not unfinished.
pub async fn what_is_over_is_not_unfinished(fixture: &StoreFixture) {
    for (second, steps) in (0..).zip([
        &WELL[..],
        &["failed"],
        &["cancelled"],
        &["submitting", "refused"],
        &["submitting", "unknown"],
        &["failed", "erased"],
    ]) {
        let generation = fixture.made("a", second).await;
        fixture.walk(&generation, steps).await;
    }
    let later = start() + TimeDelta::days(1);
    assert_eq!(fixture.store().unfinished(later, 10).await.unwrap(), []);
}

/// What moved lately is left alone: the limit is exclusive.
pub async fn what_moved_lately_is_not_unfinished(fixture: &StoreFixture) {
    let generation = fixture.made("a", 0).await;
    let moved = fixture.walk(&generation, &["submitting"]).await;
    let at = moved.updated_at();
    assert_eq!(fixture.store().unfinished(at, 10).await.unwrap(), []);
    let after = at + TimeDelta::microseconds(1);
    assert_eq!(
        fixture.store().unfinished(after, 10).await.unwrap(),
        [moved]
    );
}
