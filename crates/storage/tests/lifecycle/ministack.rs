//! The MinIO adapter keeps the rules of the port over ministack, an S3 server that others wrote.
//!
//! `S3_TEST_ENDPOINT` (with `S3_TEST_ACCESS_KEY` and `S3_TEST_SECRET_KEY`) names it.

use std::sync::Arc;

use core_config::{Environment, Secret, TextSource};
use storage::lifecycle::StandingRule;
use storage::minio::{MinioSettings, MinioStore};
use storage::testing::lifecycle_conformance::LifecycleFixture;
use storage::{BucketName, Credentials, ObjectStore, SystemClock};

const FOREIGN: &str = "<Rule><ID>theirs</ID><Filter><Tag><Key>keep</Key><Value>short</Value></Tag></Filter>\
    <Status>Enabled</Status><Expiration><Days>30</Days></Expiration></Rule>";

fn setting(name: &str, usual: &str) -> String {
    match Environment.get(name) {
        Some(found) if !found.value.is_empty() => found.value,
        _ => usual.to_owned(),
    }
}

async fn over_ministack() -> LifecycleFixture {
    let endpoint = setting("S3_TEST_ENDPOINT", "");
    assert!(
        !endpoint.is_empty(),
        "no S3 server is named: run `cargo xtask test`, or set S3_TEST_ENDPOINT"
    );
    let access_key = setting("S3_TEST_ACCESS_KEY", "minioadmin");
    let secret_key = setting("S3_TEST_SECRET_KEY", "minioadmin");
    let keys = Credentials::new(access_key, Secret::new(secret_key));
    let settings = MinioSettings::new(endpoint.parse().unwrap(), keys);
    let store = MinioStore::new(&settings, Arc::new(SystemClock)).unwrap();
    let bucket: BucketName = format!("lifecycle-{:016x}", fastrand::u64(..))
        .parse()
        .unwrap();
    store.ensure_bucket(&bucket).await.unwrap();
    let foreign = StandingRule::foreign(Some("theirs"), FOREIGN);
    LifecycleFixture::new(Arc::new(store), bucket, foreign)
}

storage::bucket_lifecycle_conformance!(
    #[ignore = "needs ministack; cargo xtask test provides it"]
    fixture = over_ministack
);
