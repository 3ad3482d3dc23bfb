//! The rules of the port [`Cache`](crate::Cache).
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "rules panic when they are broken"
)]

mod versions;

use std::slice;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;

use super::{Fixture, millis, pass};
use crate::{
    Cache as _, CacheError, CacheErrorKind, CacheKey, MAX_KEY_BYTES, MAX_VALUE_BYTES, Ttl,
};

pub use versions::*;

const MINUTE: u64 = 60_000;

fn kind<T>(outcome: Result<T, CacheError>) -> Option<CacheErrorKind> {
    outcome.err().map(|error| error.kind())
}

/// What was never written is not there.
pub async fn a_missing_key_is_none(fixture: &Fixture) {
    assert_eq!(
        fixture.cache.get(&fixture.key("never")).await.unwrap(),
        None
    );
}

/// A value is read as it was written.
pub async fn a_value_comes_back_as_written(fixture: &Fixture) {
    let key = fixture.key("value");
    fixture
        .cache
        .set(&key, "hello".into(), millis(MINUTE))
        .await
        .unwrap();
    assert_eq!(fixture.cache.get(&key).await.unwrap().unwrap(), "hello");
}

/// Nothing written is something.
pub async fn an_empty_value_is_a_value(fixture: &Fixture) {
    let key = fixture.key("empty");
    fixture
        .cache
        .set(&key, Bytes::new(), millis(MINUTE))
        .await
        .unwrap();
    assert_eq!(fixture.cache.get(&key).await.unwrap(), Some(Bytes::new()));
}

/// Every byte may stand in a value.
pub async fn all_bytes_come_back(fixture: &Fixture) {
    let key = fixture.key("bytes");
    let value: Bytes = (0..=u8::MAX).cycle().take(1_000).collect();
    fixture
        .cache
        .set(&key, value.clone(), millis(MINUTE))
        .await
        .unwrap();
    assert_eq!(fixture.cache.get(&key).await.unwrap(), Some(value));
}

/// The largest value is one.
pub async fn the_largest_value_comes_back(fixture: &Fixture) {
    let key = fixture.key("largest");
    let value = Bytes::from(vec![b'x'; MAX_VALUE_BYTES]);
    fixture
        .cache
        .set(&key, value.clone(), millis(MINUTE))
        .await
        .unwrap();
    assert_eq!(fixture.cache.get(&key).await.unwrap(), Some(value));
}

/// A value beyond the largest is refused, and what stood there stays.
pub async fn a_larger_value_is_refused_and_changes_nothing(fixture: &Fixture) {
    let key = fixture.key("too-large");
    fixture
        .cache
        .set(&key, "before".into(), millis(MINUTE))
        .await
        .unwrap();
    let value = Bytes::from(vec![b'x'; MAX_VALUE_BYTES + 1]);
    let outcome = fixture.cache.set(&key, value, millis(MINUTE)).await;
    assert_eq!(kind(outcome), Some(CacheErrorKind::TooLarge));
    assert_eq!(fixture.cache.get(&key).await.unwrap().unwrap(), "before");
}

/// The longest key is one.
pub async fn the_longest_key_holds_a_value(fixture: &Fixture) {
    let start = fixture.key("").to_string();
    let key = CacheKey::new(format!("{start:x<MAX_KEY_BYTES$}")).unwrap();
    fixture
        .cache
        .set(&key, "value".into(), millis(MINUTE))
        .await
        .unwrap();
    assert_eq!(fixture.cache.get(&key).await.unwrap().unwrap(), "value");
}

/// Keys that begin alike don't touch each other.
pub async fn keys_do_not_touch_each_other(fixture: &Fixture) {
    let [one, eleven] = ["1", "11"].map(|name| fixture.key(name));
    fixture
        .cache
        .set(&one, "one".into(), millis(MINUTE))
        .await
        .unwrap();
    fixture
        .cache
        .set(&eleven, "eleven".into(), millis(MINUTE))
        .await
        .unwrap();
    assert!(fixture.cache.delete(&one).await.unwrap());
    assert_eq!(fixture.cache.get(&eleven).await.unwrap().unwrap(), "eleven");
}

/// A second write replaces the value and its life.
pub async fn a_second_write_replaces_value_and_life(fixture: &Fixture) {
    let key = fixture.key("twice");
    fixture
        .cache
        .set(&key, "first".into(), millis(100))
        .await
        .unwrap();
    fixture
        .cache
        .set(&key, "second".into(), millis(MINUTE))
        .await
        .unwrap();
    pass(150).await;
    assert_eq!(fixture.cache.get(&key).await.unwrap().unwrap(), "second");
    fixture
        .cache
        .set(&key, "third".into(), millis(100))
        .await
        .unwrap();
    pass(150).await;
    assert_eq!(fixture.cache.get(&key).await.unwrap(), None);
}

/// A value is not there after its life, to no method.
pub async fn a_value_is_gone_after_its_life(fixture: &Fixture) {
    let key = fixture.key("short");
    fixture
        .cache
        .set(&key, "value".into(), millis(100))
        .await
        .unwrap();
    pass(150).await;
    assert_eq!(fixture.cache.get(&key).await.unwrap(), None);
    assert_eq!(fixture.cache.ttl(&key).await.unwrap(), None);
    assert_eq!(
        fixture.cache.get_many(slice::from_ref(&key)).await.unwrap(),
        [None]
    );
    assert!(!fixture.cache.delete(&key).await.unwrap());
}

/// The life left is told, and shrinks.
pub async fn the_life_left_is_told(fixture: &Fixture) {
    let key = fixture.key("life");
    fixture
        .cache
        .set(&key, "value".into(), millis(3_600_000))
        .await
        .unwrap();
    let left = fixture.cache.ttl(&key).await.unwrap().unwrap();
    assert!((3_599..=3_600).contains(&left.as_secs()), "{left:?}");
    pass(50).await;
    assert!(fixture.cache.ttl(&key).await.unwrap().unwrap() < left);
}

/// The longest life is kept.
pub async fn the_longest_life_is_kept(fixture: &Fixture) {
    let key = fixture.key("longest-life");
    fixture
        .cache
        .set(&key, "value".into(), Ttl::MAX)
        .await
        .unwrap();
    let left = fixture.cache.ttl(&key).await.unwrap().unwrap();
    let longest = Ttl::MAX.as_duration();
    assert!(
        left <= longest && left + Duration::from_mins(1) > longest,
        "{left:?}"
    );
}

/// What is not there has no life.
pub async fn what_is_missing_has_no_life(fixture: &Fixture) {
    assert_eq!(
        fixture.cache.ttl(&fixture.key("never")).await.unwrap(),
        None
    );
}

/// A removal tells whether the value was there, and afterwards it is not.
pub async fn a_removal_tells_whether_it_was_there(fixture: &Fixture) {
    let key = fixture.key("removed");
    assert!(!fixture.cache.delete(&key).await.unwrap());
    fixture
        .cache
        .set(&key, "value".into(), millis(MINUTE))
        .await
        .unwrap();
    assert!(fixture.cache.delete(&key).await.unwrap());
    assert_eq!(fixture.cache.get(&key).await.unwrap(), None);
    assert!(!fixture.cache.delete(&key).await.unwrap());
}

/// Many values come in the order of their keys, missing and repeated ones in their places.
pub async fn many_values_come_in_the_order_of_their_keys(fixture: &Fixture) {
    let [a, b, c] = ["a", "b", "c"].map(|name| fixture.key(name));
    fixture
        .cache
        .set(&a, "A".into(), millis(MINUTE))
        .await
        .unwrap();
    fixture
        .cache
        .set(&c, "C".into(), millis(MINUTE))
        .await
        .unwrap();
    let found = fixture.cache.get_many(&[c.clone(), b, a, c]).await.unwrap();
    let [a, c] = ["A", "C"].map(|text| Some(Bytes::from(text)));
    assert_eq!(found, [c.clone(), None, a, c]);
}

/// No keys have no values, which is no failure.
pub async fn no_keys_have_no_values(fixture: &Fixture) {
    assert_eq!(
        fixture.cache.get_many(&[]).await.unwrap(),
        Vec::<Option<Bytes>>::new()
    );
}

/// A removal by comparison removes what is equal and leaves what is not.
pub async fn a_removal_by_comparison_removes_only_what_is_equal(fixture: &Fixture) {
    let key = fixture.key("compared");
    fixture
        .cache
        .set(&key, "mine".into(), millis(MINUTE))
        .await
        .unwrap();
    assert!(
        !fixture
            .cache
            .compare_and_delete(&key, &"yours".into())
            .await
            .unwrap()
    );
    assert!(
        !fixture
            .cache
            .compare_and_delete(&key, &"min".into())
            .await
            .unwrap()
    );
    assert_eq!(fixture.cache.get(&key).await.unwrap().unwrap(), "mine");
    assert!(
        fixture
            .cache
            .compare_and_delete(&key, &"mine".into())
            .await
            .unwrap()
    );
    assert_eq!(fixture.cache.get(&key).await.unwrap(), None);
}

/// What is missing equals nothing, not even the empty value.
pub async fn what_is_missing_equals_nothing(fixture: &Fixture) {
    let key = fixture.key("missing");
    assert!(
        !fixture
            .cache
            .compare_and_delete(&key, &Bytes::new())
            .await
            .unwrap()
    );
}

/// Writers at the same time leave one whole value.
pub async fn writers_at_the_same_time_leave_one_whole_value(fixture: &Fixture) {
    let key = fixture.key("contended");
    let writes = (b'a'..=b'z').map(|letter| {
        let value = Bytes::from(vec![letter; 10_000]);
        fixture.cache.set(&key, value, millis(MINUTE))
    });
    join_all(writes).await.into_iter().for_each(Result::unwrap);
    let value = fixture.cache.get(&key).await.unwrap().unwrap();
    assert_eq!(value.len(), 10_000);
    assert!(value.iter().all(|byte| *byte == value[0]));
}

/// Of those who remove by comparison at the same time, one does.
pub async fn one_of_many_removes_by_comparison(fixture: &Fixture) {
    let key = fixture.key("once");
    fixture
        .cache
        .set(&key, "mine".into(), millis(MINUTE))
        .await
        .unwrap();
    let mine = Bytes::from("mine");
    let removals = (0..50).map(|_| fixture.cache.compare_and_delete(&key, &mine));
    let answers = join_all(removals).await;
    let removed = answers
        .into_iter()
        .filter(|answer| *answer.as_ref().unwrap());
    assert_eq!(removed.count(), 1);
}

/// A ping is answered within a second.
pub async fn a_ping_is_answered(fixture: &Fixture) {
    let taken = fixture.cache.ping().await.unwrap();
    assert!(taken < Duration::from_secs(1), "{taken:?}");
}

/// A clone sees what was written through another.
pub async fn clones_share_what_is_written(fixture: &Fixture) {
    let key = fixture.key("shared");
    let clone = Arc::clone(&fixture.cache);
    clone
        .set(&key, "value".into(), millis(MINUTE))
        .await
        .unwrap();
    assert!(fixture.cache.delete(&key).await.unwrap());
    assert_eq!(clone.get(&key).await.unwrap(), None);
}

/// An error names the method and the key.
pub async fn an_error_names_method_and_key(fixture: &Fixture) {
    let key = fixture.key("named");
    let value = Bytes::from(vec![0; MAX_VALUE_BYTES + 1]);
    let error = fixture
        .cache
        .set(&key, value, millis(MINUTE))
        .await
        .unwrap_err();
    assert_eq!((error.operation(), error.key()), ("set", Some(&key)));
}

/// After a shutdown every call is refused as closed, at once.
pub async fn after_a_shutdown_every_call_is_closed(fixture: &Fixture) {
    let key = fixture.key("closed");
    let cache = &fixture.cache;
    cache
        .set(&key, "value".into(), millis(MINUTE))
        .await
        .unwrap();
    cache.shutdown().await;
    let calls = async {
        [
            kind(cache.get(&key).await),
            kind(cache.get_many(slice::from_ref(&key)).await),
            kind(cache.get_many(&[]).await),
            kind(cache.set(&key, "value".into(), millis(MINUTE)).await),
            kind(cache.delete(&key).await),
            kind(cache.compare_and_delete(&key, &"value".into()).await),
            kind(cache.bump(&key, millis(MINUTE)).await),
            kind(cache.ttl(&key).await),
            kind(cache.ping().await),
        ]
    };
    let kinds = tokio::time::timeout(Duration::from_secs(1), calls)
        .await
        .unwrap();
    assert_eq!(kinds, [Some(CacheErrorKind::Closed); 9]);
}

/// A second shutdown, also at the same time, does nothing and does not hang.
pub async fn a_second_shutdown_does_nothing(fixture: &Fixture) {
    fixture.cache.ping().await.unwrap();
    let both = futures_util::future::join(fixture.cache.shutdown(), fixture.cache.shutdown());
    tokio::time::timeout(Duration::from_secs(5), both)
        .await
        .unwrap();
    fixture.cache.shutdown().await;
    assert_eq!(
        kind(fixture.cache.ping().await),
        Some(CacheErrorKind::Closed)
    );
}
