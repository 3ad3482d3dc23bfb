//! The rules of the numbers of leases, and of the writes that they guard.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "rules panic when they are broken"
)]

use super::super::{Fixture, millis, pass};
use super::{MINUTE, is_taken, take};
use crate::{Cache as _, CacheErrorKind, CacheKey, Lease, Lock as _, MAX_VALUE_BYTES};

async fn write(fixture: &Fixture, lease: &Lease, value: &'static str) -> bool {
    let outcome = fixture
        .lock()
        .set_fenced(lease, value.into(), millis(MINUTE));
    outcome.await.unwrap()
}

async fn read(fixture: &Fixture, key: &CacheKey) -> Option<String> {
    let value = fixture.cache.get(key).await.unwrap();
    value.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
}

/// Each lease has a larger number, whether the one before was released, ran out or was cleared.
pub async fn numbers_grow_with_each_lease(fixture: &Fixture) {
    let key = fixture.key("fence");
    let mut before = None;
    for round in 0..30 {
        let lease = take(fixture, &key, if round % 3 == 0 { 5 } else { MINUTE }).await;
        assert!(before < Some(lease.fence()), "{before:?} before {lease:?}");
        before = Some(lease.fence());
        match round % 3 {
            0 => pass(10).await,
            1 => assert!(fixture.lock().release(&lease).await.unwrap()),
            _ => assert!(fixture.lock().clear(&key).await.unwrap()),
        }
    }
}

/// A number is at least one and one that every JSON reader understands.
pub async fn a_number_fits_json(fixture: &Fixture) {
    let lease = take(fixture, &fixture.key("fence-size"), MINUTE).await;
    assert!((1..1 << 53).contains(&lease.fence().as_u64()));
}

/// What stands under the key stays as it is while the lock is taken, extended and freed.
pub async fn the_value_under_the_key_is_not_touched(fixture: &Fixture) {
    let key = fixture.key("locked-value");
    let set = fixture.cache.set(&key, "value".into(), millis(MINUTE));
    set.await.unwrap();
    let lease = take(fixture, &key, MINUTE).await;
    fixture.lock().extend(&lease, millis(MINUTE)).await.unwrap();
    assert_eq!(read(fixture, &key).await.unwrap(), "value");
    assert!(fixture.cache.delete(&key).await.unwrap());
    assert!(is_taken(fixture, &key).await);
    assert!(fixture.lock().release(&lease).await.unwrap());
    assert_eq!(read(fixture, &key).await, None);
}

/// Who holds the lock writes under its key, with a life.
pub async fn the_holder_writes_under_the_key(fixture: &Fixture) {
    let key = fixture.key("fenced");
    let lease = take(fixture, &key, MINUTE).await;
    assert!(write(fixture, &lease, "ours").await);
    assert_eq!(read(fixture, &key).await.unwrap(), "ours");
    let left = fixture.cache.ttl(&key).await.unwrap().unwrap();
    assert!((50..=60).contains(&left.as_secs()), "{left:?}");
}

/// Who stood still for longer than the lease and was followed writes nothing any more.
pub async fn who_was_followed_writes_nothing(fixture: &Fixture) {
    let key = fixture.key("fenced-off");
    let stale = take(fixture, &key, 50).await;
    pass(100).await;
    let lease = take(fixture, &key, MINUTE).await;
    assert!(write(fixture, &lease, "new").await);
    assert!(!write(fixture, &stale, "old").await);
    assert!(fixture.lock().release(&lease).await.unwrap());
    assert!(!write(fixture, &stale, "old").await);
    assert_eq!(read(fixture, &key).await.unwrap(), "new");
}

/// Who is over but was not followed by anybody has the newest number, and writes.
pub async fn who_is_over_but_was_not_followed_still_writes(fixture: &Fixture) {
    let key = fixture.key("fenced-late");
    let lease = take(fixture, &key, 50).await;
    pass(100).await;
    assert!(write(fixture, &lease, "late").await);
    assert_eq!(read(fixture, &key).await.unwrap(), "late");
}

/// A value over the limit is refused and leaves what is there.
pub async fn a_larger_value_is_refused_and_changes_nothing(fixture: &Fixture) {
    let key = fixture.key("fenced-large");
    let lease = take(fixture, &key, MINUTE).await;
    assert!(write(fixture, &lease, "small").await);
    let value = vec![0; MAX_VALUE_BYTES + 1];
    let outcome = fixture
        .lock()
        .set_fenced(&lease, value.into(), millis(MINUTE));
    let error = outcome.await.unwrap_err();
    assert_eq!(error.kind(), CacheErrorKind::TooLarge);
    assert_eq!(read(fixture, &key).await.unwrap(), "small");
}

/// A cleared lock is free, and who held it writes and frees nothing.
pub async fn a_cleared_lock_is_free_and_its_holder_writes_nothing(fixture: &Fixture) {
    let key = fixture.key("fence-cleared");
    let stale = take(fixture, &key, MINUTE).await;
    assert!(fixture.lock().clear(&key).await.unwrap());
    assert!(!write(fixture, &stale, "old").await);
    take(fixture, &key, MINUTE).await;
    assert!(!fixture.lock().release(&stale).await.unwrap());
    assert_eq!(read(fixture, &key).await, None);
}

/// Clearing what is free tells so.
pub async fn clearing_what_is_free_changes_nothing(fixture: &Fixture) {
    let key = fixture.key("fence-free");
    assert!(!fixture.lock().clear(&key).await.unwrap());
    let lease = take(fixture, &key, MINUTE).await;
    assert!(fixture.lock().release(&lease).await.unwrap());
    assert!(!fixture.lock().clear(&key).await.unwrap());
}
