//! Rules of making buckets, and of what the store says of itself.

use std::sync::Arc;

use futures_util::future;

use super::fixture::Fixture;
use super::ground::Ground;
use crate::object::BucketOutcome;

/// The first call makes the bucket, the second finds it and leaves what it holds.
pub async fn ensuring_a_bucket_twice_makes_it_once(fixture: &impl Fixture) {
    let ground = Ground::without_bucket(fixture);
    let first = ground.store.ensure_bucket(&ground.bucket).await;
    assert_eq!(first.unwrap(), BucketOutcome::Created);
    ground.put("a", "one").await;
    let second = ground.store.ensure_bucket(&ground.bucket).await;
    assert_eq!(second.unwrap(), BucketOutcome::AlreadyThere);
    assert_eq!(ground.read("a").await, "one");
}

/// Ten calls at once all succeed, and one of them says that it made the bucket.
pub async fn ensuring_a_bucket_ten_times_at_once_makes_it_once(fixture: &impl Fixture) {
    let ground = Arc::new(Ground::without_bucket(fixture));
    let race = (0..10).map(|_| {
        let ground = Arc::clone(&ground);
        tokio::spawn(async move { ground.store.ensure_bucket(&ground.bucket).await })
    });
    let mut created = 0;
    for answer in future::join_all(race).await {
        created += usize::from(answer.unwrap().unwrap() == BucketOutcome::Created);
    }
    if fixture.expectations().created_told_once {
        assert_eq!(created, 1);
    } else {
        assert!(created >= 1);
    }
    ground.put("a", "one").await;
}

/// Buckets whose names have dots and dashes work.
pub async fn bucket_names_with_dots_and_dashes_work(fixture: &impl Fixture) {
    let mut ground = Ground::without_bucket(fixture);
    ground.bucket = format!("{}.dot-1", ground.bucket).parse().unwrap();
    ground.store.ensure_bucket(&ground.bucket).await.unwrap();
    ground.put("a", "one").await;
    assert_eq!(ground.read("a").await, "one");
}

/// The capabilities are those that are declared.
pub async fn the_capabilities_are_those_declared(fixture: &impl Fixture) {
    let told = Ground::new(fixture).await.store.capabilities();
    let expected = fixture.expectations();
    assert_eq!(told.atomic_create, expected.atomic_create);
    assert_eq!(told.signed_links, expected.signed_links);
}
