//! The memory adapter keeps the rules of the port, and the policy says what is to be.
#![expect(clippy::unused_async, reason = "the suite awaits its fixtures")]

use std::sync::Arc;

use storage::BucketName;
use storage::lifecycle::{
    BucketLifecycle, LifecycleDays, LifecycleDocument, LifecyclePolicy, LifecycleRule,
    MemoryLifecycle, StandingRule,
};
use storage::pictures::{BucketMap, PictureKind};
use storage::testing::lifecycle_conformance::LifecycleFixture;

async fn in_memory() -> LifecycleFixture {
    let bucket: BucketName = "pictures".parse().unwrap();
    let lifecycle = Arc::new(MemoryLifecycle::new([bucket.clone()]));
    let foreign = StandingRule::foreign(Some("theirs"), "a rule of theirs");
    LifecycleFixture::new(lifecycle, bucket, foreign)
}

async fn through_a_handle() -> LifecycleFixture {
    let bucket: BucketName = "pictures".parse().unwrap();
    let lifecycle: Arc<dyn BucketLifecycle> = Arc::new(MemoryLifecycle::new([bucket.clone()]));
    let foreign = StandingRule::foreign(None, "a rule without an id");
    LifecycleFixture::new(Arc::new(lifecycle), bucket, foreign)
}

mod memory_rules {
    storage::bucket_lifecycle_conformance!(fixture = super::in_memory);
}

mod handle {
    storage::bucket_lifecycle_conformance!(fixture = super::through_a_handle);
}

fn days(days: u16) -> LifecycleDays {
    LifecycleDays::new(days).unwrap()
}

#[tokio::test]
async fn the_policy_expires_temporary_pictures_and_aborts_uploads_everywhere() {
    let map = BucketMap::default();
    let buckets: Vec<_> = map.buckets().into_iter().cloned().collect();
    let lifecycle = MemoryLifecycle::new(buckets);
    let foreign = StandingRule::foreign(Some("theirs"), "a rule of theirs");
    let theirs = LifecycleDocument::new([foreign.clone()]);
    lifecycle.set("temp".parse().unwrap(), theirs);
    let policy = LifecyclePolicy::new(&map, days(3), days(1)).unwrap();
    let plans = policy.plan(&lifecycle).await.unwrap();
    let text: String = plans.iter().map(ToString::to_string).collect();
    assert_eq!(
        text,
        "imagen4: + pictures-abort-uploads: abort uploads after 1 days: everything\n\
         generated: + pictures-abort-uploads: abort uploads after 1 days: everything\n\
         avatars: + pictures-abort-uploads: abort uploads after 1 days: everything\n\
         temp: + pictures-expire-temporary: expire after 3 days: everything\n\
         temp: + pictures-abort-uploads: abort uploads after 1 days: everything\n"
    );
    for plan in &plans {
        plan.apply(&lifecycle).await.unwrap();
    }
    let again = policy.plan(&lifecycle).await.unwrap();
    assert!(again.iter().all(|plan| plan.changes().is_empty()));
    let rules = lifecycle.rules(&"temp".parse().unwrap()).await.unwrap();
    assert_eq!(rules.rules()[0], foreign);
}

#[test]
fn in_a_shared_bucket_only_the_folder_of_temporary_pictures_expires() {
    let folder = |text: &str| Some(text.parse().unwrap());
    let one: BucketName = "one".parse().unwrap();
    let map = BucketMap::builder()
        .with(PictureKind::Temporary, one.clone(), folder("temp/"))
        .with(PictureKind::Generated, one.clone(), folder("generated"))
        .build()
        .unwrap();
    let policy = LifecyclePolicy::new(&map, days(3), days(1)).unwrap();
    let (_, rules) = policy
        .rules()
        .iter()
        .find(|(bucket, _)| *bucket == one)
        .unwrap();
    let prefixes: Vec<_> = rules.iter().map(LifecycleRule::prefix).collect();
    assert_eq!(prefixes, ["temp/", ""]);
    let others = policy.rules().iter().filter(|(bucket, _)| *bucket != one);
    assert!(others.into_iter().all(|(_, rules)| rules.len() == 1));
}
