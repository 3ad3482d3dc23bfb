//! The filesystem adapter keeps the contract, with and without writing through to the disk.
#![cfg(feature = "fs")]
#![expect(
    clippy::unwrap_used,
    clippy::unused_async,
    reason = "a fixture that cannot be made fails its test; the suite awaits it"
)]

use std::sync::Arc;

use core_config::Secret;
use storage::filesystem::FilesystemStore;
use storage::testing::ManualClock;
use storage::testing::conformance::{Expectations, Fixture, StoreFixture};
use storage::{Clock, Credentials, LinkSigner};

async fn quick() -> impl Fixture {
    let root = tempfile::tempdir().unwrap();
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::default());
    let store = FilesystemStore::open(root.path(), Arc::clone(&clock)).unwrap();
    StoreFixture::new(Arc::new(store.with_fsync(false)), clock).keeping(root)
}

async fn durable_with_links() -> impl Fixture {
    let root = tempfile::tempdir().unwrap();
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::default());
    let secret = "not-to-be-seen";
    let credentials = Credentials::new("reader", Secret::new(secret));
    let host = "http://127.0.0.1:9000".parse().unwrap();
    let signer = LinkSigner::new(host, "us-east-1", credentials);
    let store = FilesystemStore::open(root.path(), Arc::clone(&clock)).unwrap();
    let store = Arc::new(store.with_links(signer));
    StoreFixture::new(store, clock)
        .with_expectations(Expectations {
            signed_links: true,
            secret: Some(secret.to_owned()),
            ..Expectations::default()
        })
        .keeping(root)
}

mod without_fsync {
    storage::object_store_conformance!(fixture = super::quick);
}

mod with_fsync {
    storage::object_store_conformance!(fixture = super::durable_with_links);
}
