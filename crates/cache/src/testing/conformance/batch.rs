//! The rules of the port [`Batch`](crate::Batch).
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "rules panic when they are broken"
)]

use std::num::NonZeroU16;
use std::sync::Arc;

use bytes::Bytes;

use super::{Fixture, millis};
use crate::{
    Batch as _, Cache as _, CacheErrorKind, CacheKey, ListLimits, MAX_VALUE_BYTES, RecentList as _,
    Step,
};

fn limits() -> ListLimits {
    ListLimits {
        cap: NonZeroU16::new(3).unwrap(),
        ttl: millis(60_000),
    }
}

fn set(key: &CacheKey, value: impl Into<Bytes>) -> Step {
    Step::Set {
        key: key.clone(),
        value: value.into(),
        ttl: millis(60_000),
    }
}

fn bump(key: &CacheKey) -> Step {
    Step::Bump {
        key: key.clone(),
        ttl: millis(60_000),
    }
}

fn push(key: &CacheKey, id: &str) -> Step {
    Step::Push {
        key: key.clone(),
        id: id.to_owned(),
        limits: limits(),
    }
}

fn remove(key: &CacheKey, id: &str) -> Step {
    Step::Remove {
        key: key.clone(),
        id: id.to_owned(),
        limits: limits(),
    }
}

async fn fill(fixture: &Fixture, key: &CacheKey, names: &[&str]) {
    let ids: Vec<String> = names.iter().map(ToString::to_string).collect();
    let token = fixture.list.token(key).await.unwrap();
    let filled = fixture.list.fill(key, &token, &ids, &limits()).await;
    assert!(filled.unwrap());
}

/// The ids of a list in one line; `None` when it is cold.
async fn ids(fixture: &Fixture, key: &CacheKey) -> Option<String> {
    let page = fixture.list.page(key, 0, 3).await.unwrap();
    page.map(|page| page.ids.join(" "))
}

async fn text(fixture: &Fixture, key: &CacheKey) -> Option<String> {
    let value = fixture.cache.get(key).await.unwrap();
    value.map(|value| String::from_utf8(value.to_vec()).unwrap())
}

fn kind_of<T>(outcome: Result<T, crate::CacheError>) -> Option<CacheErrorKind> {
    outcome.err().map(|error| error.kind())
}

/// A value, a version and a list are changed by one call, each with its life.
pub async fn every_step_is_done(fixture: &Fixture) {
    let [record, version, list] =
        ["done", "done-version", "done-list"].map(|name| fixture.key(name));
    let before = fixture.cache.bump(&version, millis(60_000)).await.unwrap();
    fill(fixture, &list, &["c", "b", "a"]).await;
    let steps = [set(&record, "new"), push(&list, "d"), bump(&version)];
    fixture.batch().apply(&steps).await.unwrap();
    assert_eq!(text(fixture, &record).await.as_deref(), Some("new"));
    assert_eq!(ids(fixture, &list).await.as_deref(), Some("d c b"));
    let raised: u64 = text(fixture, &version).await.unwrap().parse().unwrap();
    assert!(raised > before, "{raised} {before}");
    for key in [&record, &version, &list] {
        let left = fixture.cache.ttl(key).await.unwrap().unwrap();
        assert!(left <= millis(60_000).as_duration(), "{key} {left:?}");
    }
}

/// A value is removed, an id taken out and a list made cold beside what is written.
pub async fn removals_are_done_beside_writes(fixture: &Fixture) {
    let [gone, kept, list, cold] =
        ["gone", "kept", "shorter", "made-cold"].map(|name| fixture.key(name));
    let old = fixture.cache.set(&gone, "old".into(), millis(60_000)).await;
    old.unwrap();
    fill(fixture, &list, &["b", "a"]).await;
    fill(fixture, &cold, &["a"]).await;
    let steps = [
        set(&kept, "new"),
        Step::Delete { key: gone.clone() },
        remove(&list, "b"),
        Step::Forget { key: cold.clone() },
    ];
    fixture.batch().apply(&steps).await.unwrap();
    assert_eq!(text(fixture, &gone).await, None);
    assert_eq!(text(fixture, &kept).await.as_deref(), Some("new"));
    assert_eq!(ids(fixture, &list).await.as_deref(), Some("a"));
    assert_eq!(ids(fixture, &cold).await, None);
}

/// A batch without steps succeeds.
pub async fn no_steps_change_nothing(fixture: &Fixture) {
    fixture.batch().apply(&[]).await.unwrap();
}

/// A push to a cold list leaves it cold, is no failure, and voids the tokens given before.
pub async fn a_cold_list_stays_cold_and_its_tokens_are_void(fixture: &Fixture) {
    let [record, list, other] = ["beside", "cold", "cold-too"].map(|name| fixture.key(name));
    let tokens = [
        fixture.list.token(&list).await.unwrap(),
        fixture.list.token(&other).await.unwrap(),
    ];
    let steps = [push(&list, "a"), remove(&other, "a"), set(&record, "new")];
    fixture.batch().apply(&steps).await.unwrap();
    assert_eq!(text(fixture, &record).await.as_deref(), Some("new"));
    for (key, token) in [&list, &other].into_iter().zip(&tokens) {
        let filled = fixture.list.fill(key, token, &[], &limits()).await;
        assert!(!filled.unwrap());
        assert_eq!(ids(fixture, key).await, None);
    }
}

/// Each list of a batch gets its own change.
pub async fn several_lists_are_changed_at_once(fixture: &Fixture) {
    let lists = ["first", "second", "third"].map(|name| fixture.key(name));
    for list in &lists {
        fill(fixture, list, &["b", "a"]).await;
    }
    let steps = [
        push(&lists[0], "c"),
        remove(&lists[1], "b"),
        push(&lists[2], "a"),
    ];
    fixture.batch().apply(&steps).await.unwrap();
    for (list, names) in lists.iter().zip(["c b a", "a", "a b"]) {
        assert_eq!(ids(fixture, list).await.as_deref(), Some(names));
    }
}

/// A byte value where a list is to be changed, or no version where one is to be raised, refuses the whole batch.
pub async fn a_wrong_type_refuses_every_step(fixture: &Fixture) {
    let [record, wrong, list] = ["untouched", "wrong", "unpushed"].map(|name| fixture.key(name));
    for key in [&record, &wrong] {
        let old = fixture.cache.set(key, "old".into(), millis(60_000)).await;
        old.unwrap();
    }
    fill(fixture, &list, &["a"]).await;
    for refused in [push(&wrong, "a"), remove(&wrong, "a"), bump(&wrong)] {
        let steps = [set(&record, "new"), push(&list, "b"), refused];
        let outcome = fixture.batch().apply(&steps).await;
        assert_eq!(kind_of(outcome), Some(CacheErrorKind::Misused), "{steps:?}");
        let found = (text(fixture, &record).await, ids(fixture, &list).await);
        let is_old = found == (Some("old".to_owned()), Some("a".to_owned()));
        let is_miss = fixture.is_in_pieces
            && found.0.is_none_or(|value| value == "old")
            && found.1.is_none_or(|ids| ids == "a");
        assert!(is_old || is_miss, "{steps:?}");
        assert_eq!(text(fixture, &wrong).await.as_deref(), Some("old"));
    }
}

/// A value that is too large refuses the whole batch.
pub async fn a_larger_value_refuses_every_step(fixture: &Fixture) {
    let [record, large] = ["small", "large"].map(|name| fixture.key(name));
    let value = vec![7; MAX_VALUE_BYTES + 1];
    let steps = [set(&record, "new"), set(&large, value)];
    let outcome = fixture.batch().apply(&steps).await;
    assert_eq!(kind_of(outcome), Some(CacheErrorKind::TooLarge));
    assert_eq!(text(fixture, &record).await, None);
}

/// A key that stands in two steps refuses the whole batch: which of them came first could not be told.
pub async fn a_key_that_stands_twice_refuses_every_step(fixture: &Fixture) {
    let [record, twice] = ["once", "twice"].map(|name| fixture.key(name));
    let steps = [set(&record, "new"), set(&twice, "new"), bump(&twice)];
    let outcome = fixture.batch().apply(&steps).await;
    assert_eq!(kind_of(outcome), Some(CacheErrorKind::Misused));
    assert_eq!(text(fixture, &record).await, None);
    assert_eq!(text(fixture, &twice).await, None);
}

/// The second time changes nothing but the version and the lives.
pub async fn a_batch_may_be_repeated(fixture: &Fixture) {
    let [record, version, list] =
        ["again", "again-version", "again-list"].map(|name| fixture.key(name));
    fill(fixture, &list, &["b", "a"]).await;
    let steps = [set(&record, "new"), bump(&version), push(&list, "c")];
    for _ in 0..2 {
        fixture.batch().apply(&steps).await.unwrap();
        assert_eq!(text(fixture, &record).await.as_deref(), Some("new"));
        assert_eq!(ids(fixture, &list).await.as_deref(), Some("c b a"));
    }
}

/// While one writer counts up under two keys, whoever read a number under one reads it, a later one or nothing
/// under the other.
pub async fn who_read_the_new_reads_nothing_old_afterwards(fixture: &Fixture) {
    let keys = ["left", "right"].map(|name| fixture.key(name));
    let (writer, written) = (Arc::clone(fixture.batch()), keys.clone());
    let writing = tokio::spawn(async move {
        for number in 1..=200 {
            let steps = written.each_ref().map(|key| set(key, number.to_string()));
            writer.apply(&steps).await.unwrap();
            tokio::task::yield_now().await;
        }
    });
    let mut reads = 0;
    while !writing.is_finished() || reads == 0 {
        for [first, second] in [[0, 1], [1, 0]] {
            let before = number(fixture, &keys[first]).await;
            let after = number(fixture, &keys[second]).await;
            let is_right = before
                .zip(after)
                .is_none_or(|(before, after)| after >= before);
            assert!(is_right, "{before:?} then {after:?}");
            reads += 1;
            tokio::task::yield_now().await;
        }
    }
    writing.await.unwrap();
    for key in &keys {
        assert_eq!(number(fixture, key).await, Some(200));
    }
}

async fn number(fixture: &Fixture, key: &CacheKey) -> Option<u32> {
    text(fixture, key).await.map(|text| text.parse().unwrap())
}

/// An error names the method and a key of the batch.
pub async fn an_error_names_method_and_key(fixture: &Fixture) {
    let wrong = fixture.key("named");
    let old = fixture
        .cache
        .set(&wrong, "old".into(), millis(60_000))
        .await;
    old.unwrap();
    let error = fixture.batch().apply(&[push(&wrong, "a")]).await;
    let error = error.unwrap_err();
    assert_eq!((error.operation(), error.key()), ("apply", Some(&wrong)));
}

/// After the shutdown of the cache a batch is refused as closed, also one without steps.
pub async fn after_a_shutdown_a_batch_is_closed(fixture: &Fixture) {
    let record = fixture.key("closed");
    fixture.cache.shutdown().await;
    for steps in [vec![set(&record, "new")], Vec::new()] {
        let outcome = fixture.batch().apply(&steps).await;
        assert_eq!(kind_of(outcome), Some(CacheErrorKind::Closed));
    }
}
