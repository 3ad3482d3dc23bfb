//! The rules of the port [`Lock`](crate::Lock).
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "rules panic when they are broken"
)]

mod fences;

use futures_util::future::join_all;
use tokio::time::Instant;

use super::{Fixture, millis, pass};
use crate::{Cache as _, CacheErrorKind, CacheKey, Fence, Lease, Lock as _, MAX_VALUE_BYTES};

pub use fences::*;

const MINUTE: u64 = 60_000;

/// Takes a lock that must be free.
async fn take(fixture: &Fixture, key: &CacheKey, life: u64) -> Lease {
    let lease = fixture.lock().acquire(key, millis(life)).await.unwrap();
    lease.unwrap()
}

async fn is_taken(fixture: &Fixture, key: &CacheKey) -> bool {
    let lease = fixture.lock().acquire(key, millis(MINUTE)).await.unwrap();
    lease.is_none()
}

/// A free lock is taken, and a taken one is not, not even by whoever holds it.
pub async fn a_free_lock_is_taken_and_a_taken_one_is_not(fixture: &Fixture) {
    let key = fixture.key("lock");
    let lease = take(fixture, &key, MINUTE).await;
    assert_eq!(lease.key(), &key);
    let left = lease.life_left().as_secs();
    assert!((50..=60).contains(&left), "{left} s");
    assert!(is_taken(fixture, &key).await);
}

/// A released lock is free.
pub async fn a_released_lock_is_free(fixture: &Fixture) {
    let key = fixture.key("lock-released");
    let lease = take(fixture, &key, MINUTE).await;
    assert!(fixture.lock().release(&lease).await.unwrap());
    take(fixture, &key, MINUTE).await;
}

/// A lock is free when its life is over, whatever became of its holder.
pub async fn a_lock_is_free_after_its_life(fixture: &Fixture) {
    let key = fixture.key("lock-life");
    let lease = take(fixture, &key, 100).await;
    pass(150).await;
    assert!(lease.life_left().is_zero());
    take(fixture, &key, MINUTE).await;
}

/// Locks of different keys are taken and freed by themselves.
pub async fn locks_of_different_keys_do_not_touch_each_other(fixture: &Fixture) {
    let [one, other] = ["lock-one", "lock-other"].map(|name| fixture.key(name));
    let lease = take(fixture, &one, MINUTE).await;
    take(fixture, &other, MINUTE).await;
    assert!(fixture.lock().release(&lease).await.unwrap());
    assert!(is_taken(fixture, &other).await);
}

/// Of many at the same time one takes the lock.
pub async fn one_of_many_takes_the_lock(fixture: &Fixture) {
    let key = fixture.key("lock-shared");
    let takes = (0..100).map(|_| fixture.lock().acquire(&key, millis(MINUTE)));
    let leases = join_all(takes).await.into_iter().map(Result::unwrap);
    assert_eq!(leases.flatten().count(), 1);
}

/// An extension counts from now and keeps the number.
pub async fn an_extension_counts_from_now(fixture: &Fixture) {
    let key = fixture.key("lock-extended");
    let lease = take(fixture, &key, 200).await;
    let longer = fixture.lock().extend(&lease, millis(MINUTE)).await.unwrap();
    let longer = longer.unwrap();
    assert_eq!(longer.fence(), lease.fence());
    assert!(longer.life_left() > lease.life_left());
    pass(250).await;
    assert!(is_taken(fixture, &key).await);
    let shorter = fixture.lock().extend(&longer, millis(50)).await.unwrap();
    assert!(shorter.is_some());
    pass(100).await;
    assert!(!is_taken(fixture, &key).await);
}

/// What is over is not extended, although nobody followed.
pub async fn what_is_over_is_not_extended(fixture: &Fixture) {
    let key = fixture.key("lock-over");
    let lease = take(fixture, &key, 50).await;
    pass(100).await;
    let longer = fixture.lock().extend(&lease, millis(MINUTE)).await.unwrap();
    assert_eq!(longer, None);
    assert!(!is_taken(fixture, &key).await);
}

/// Who was followed by another frees and extends nothing of the other's.
pub async fn who_was_followed_frees_and_extends_nothing(fixture: &Fixture) {
    let key = fixture.key("lock-followed");
    let stale = take(fixture, &key, 50).await;
    pass(100).await;
    let lease = take(fixture, &key, MINUTE).await;
    assert!(!fixture.lock().release(&stale).await.unwrap());
    let longer = fixture.lock().extend(&stale, millis(MINUTE)).await.unwrap();
    assert_eq!(longer, None);
    assert!(is_taken(fixture, &key).await);
    assert!(fixture.lock().release(&lease).await.unwrap());
}

/// A second release frees nothing, also when the next holder is there already.
pub async fn a_second_release_frees_nothing(fixture: &Fixture) {
    let key = fixture.key("lock-twice");
    let lease = take(fixture, &key, MINUTE).await;
    assert!(fixture.lock().release(&lease).await.unwrap());
    assert!(!fixture.lock().release(&lease).await.unwrap());
    take(fixture, &key, MINUTE).await;
    assert!(!fixture.lock().release(&lease).await.unwrap());
    assert!(is_taken(fixture, &key).await);
}

/// A lease that was never given changes nothing, even with the right number.
pub async fn a_made_up_lease_changes_nothing(fixture: &Fixture) {
    let key = fixture.key("lock-made-up");
    let lease = take(fixture, &key, MINUTE).await;
    let (soon, fence) = (Instant::now(), lease.fence());
    let next = Fence::new(fence.as_u64() + 1);
    for made_up in [
        Lease::new(&key, fence, "", soon),
        Lease::new(&key, next, lease.holder(), soon),
    ] {
        assert!(!fixture.lock().release(&made_up).await.unwrap());
        let longer = fixture.lock().extend(&made_up, millis(MINUTE)).await;
        assert_eq!(longer.unwrap(), None);
    }
    assert!(fixture.lock().release(&lease).await.unwrap());
}

/// An error names the method and the key.
pub async fn an_error_names_method_and_key(fixture: &Fixture) {
    let key = fixture.key("lock-error");
    let lease = take(fixture, &key, MINUTE).await;
    let value = vec![0; MAX_VALUE_BYTES + 1];
    let outcome = fixture
        .lock()
        .set_fenced(&lease, value.into(), millis(MINUTE))
        .await;
    let error = outcome.unwrap_err();
    assert_eq!((error.operation(), error.key()), ("set_fenced", Some(&key)));
}

/// After a shutdown of the cache every call is refused.
pub async fn after_a_shutdown_every_call_is_closed(fixture: &Fixture) {
    let key = fixture.key("lock-closed");
    let lease = take(fixture, &key, MINUTE).await;
    fixture.cache.shutdown().await;
    let lock = fixture.lock();
    let kinds = [
        lock.acquire(&key, millis(MINUTE)).await.err(),
        lock.extend(&lease, millis(MINUTE)).await.err(),
        lock.release(&lease).await.err(),
        lock.set_fenced(&lease, "value".into(), millis(MINUTE))
            .await
            .err(),
        lock.clear(&key).await.err(),
    ];
    for error in kinds {
        assert_eq!(error.unwrap().kind(), CacheErrorKind::Closed);
    }
}
