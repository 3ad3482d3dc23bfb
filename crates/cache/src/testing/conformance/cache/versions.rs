//! The rules of versions.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "rules panic when they are broken"
)]

use std::collections::HashSet;

use futures_util::future::join_all;

use super::super::{Fixture, millis, pass};
use super::{MINUTE, kind};
use crate::{Cache as _, CacheErrorKind};

/// A version grows with each bump.
pub async fn a_version_grows_with_each_bump(fixture: &Fixture) {
    let key = fixture.key("version");
    let mut before = 0;
    for _ in 0..20 {
        let version = fixture.cache.bump(&key, millis(MINUTE)).await.unwrap();
        assert!(version > before, "{version} after {before}");
        before = version;
    }
}

/// A bump gives the version a new life in the same step.
pub async fn a_bump_renews_the_life(fixture: &Fixture) {
    let key = fixture.key("version-life");
    fixture.cache.bump(&key, millis(100)).await.unwrap();
    fixture.cache.bump(&key, millis(MINUTE)).await.unwrap();
    let left = fixture.cache.ttl(&key).await.unwrap().unwrap();
    assert!((59..=60).contains(&left.as_secs()), "{left:?}");
    fixture.cache.bump(&key, millis(100)).await.unwrap();
    pass(150).await;
    assert_eq!(fixture.cache.get(&key).await.unwrap(), None);
}

/// A version that was lost is never given again.
pub async fn a_lost_version_is_never_given_again(fixture: &Fixture) {
    let key = fixture.key("version-lost");
    let mut before = 0;
    for _ in 0..5 {
        before = fixture
            .cache
            .bump(&key, millis(MINUTE))
            .await
            .unwrap()
            .max(before);
        fixture.cache.delete(&key).await.unwrap();
        pass(5).await;
        let version = fixture.cache.bump(&key, millis(MINUTE)).await.unwrap();
        assert!(version > before, "{version} after {before}");
        before = version;
    }
}

/// Bumps at the same time give different versions.
pub async fn bumps_at_the_same_time_differ(fixture: &Fixture) {
    let key = fixture.key("version-shared");
    let bumps = (0..100).map(|_| fixture.cache.bump(&key, millis(MINUTE)));
    let versions: HashSet<u64> = join_all(bumps)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(versions.len(), 100);
}

/// A version is read as decimal digits that JSON can hold.
pub async fn a_version_is_read_as_digits(fixture: &Fixture) {
    let key = fixture.key("version-digits");
    let version = fixture.cache.bump(&key, millis(MINUTE)).await.unwrap();
    assert!((1..1 << 53).contains(&version), "{version}");
    let digits = fixture.cache.get(&key).await.unwrap().unwrap();
    assert_eq!(digits, version.to_string());
}

/// What is no version is not bumped, and stays.
pub async fn what_is_no_version_is_not_bumped(fixture: &Fixture) {
    let key = fixture.key("no-version");
    for text in ["words", "-1", "1.5", "", "9007199254740991"] {
        fixture
            .cache
            .set(&key, text.into(), millis(MINUTE))
            .await
            .unwrap();
        let outcome = fixture.cache.bump(&key, millis(MINUTE)).await;
        assert_eq!(kind(outcome), Some(CacheErrorKind::Misused), "{text:?}");
        assert_eq!(fixture.cache.get(&key).await.unwrap().unwrap(), text);
    }
}
