//! The MinIO adapter keeps the contract over our own endpoint, and the endpoint over our own stores.
#![cfg(all(feature = "minio", feature = "s3-endpoint"))]
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up panics")]

use std::sync::Arc;

use core_config::Secret;
use storage::endpoint::S3Endpoint;
use storage::minio::{MinioSettings, MinioStore};
use storage::testing::conformance::{Expectations, Fixture, StoreFixture};
use storage::{Clock, Credentials, MemoryStore, ObjectStore, SystemClock};

const SECRET: &str = "a-secret-for-this-test";

/// Returns the adapter connected to an endpoint over `inside`.
async fn through_the_endpoint(inside: Arc<dyn ObjectStore>) -> StoreFixture {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let keys = Credentials::new("who", Secret::new(SECRET));
    let endpoint = S3Endpoint::serve(
        inside,
        ([127, 0, 0, 1], 0).into(),
        std::slice::from_ref(&keys),
        "us-east-1",
    )
    .await
    .unwrap();
    let settings = MinioSettings::new(endpoint.url().parse().unwrap(), keys);
    let store = MinioStore::new(&settings, Arc::clone(&clock)).unwrap();
    StoreFixture::new(Arc::new(store), clock)
        .with_expectations(Expectations {
            signed_links: true,
            // The answer to a head has no body that could tell which of the two is missing.
            missing_bucket_told_apart_on_head: false,
            // The adapter looks before it creates; of several at once more than one may be told so,
            // unless the server tells them apart, as the endpoint does.
            created_told_once: true,
            secret: Some(SECRET.to_owned()),
            ..Expectations::default()
        })
        .keeping(endpoint)
}

async fn over_memory() -> impl Fixture {
    through_the_endpoint(Arc::new(MemoryStore::new(Arc::new(SystemClock)))).await
}

mod memory {
    storage::object_store_conformance!(fixture = super::over_memory);
}

#[cfg(feature = "fs")]
async fn over_filesystem() -> impl Fixture {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(SystemClock);
    let store = storage::filesystem::FilesystemStore::open(directory.path(), clock)
        .unwrap()
        .with_fsync(false);
    through_the_endpoint(Arc::new(store))
        .await
        .keeping(directory)
}

#[cfg(feature = "fs")]
mod filesystem {
    storage::object_store_conformance!(fixture = super::over_filesystem);
}
