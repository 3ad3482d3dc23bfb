//! The memory adapter keeps the contract, with and without links.
#![expect(
    clippy::unwrap_used,
    clippy::unused_async,
    reason = "a fixture that cannot be made fails its test; the suite awaits it"
)]

use std::sync::Arc;

use core_config::Secret;
use storage::testing::ManualClock;
use storage::testing::conformance::{Expectations, Fixture, StoreFixture};
use storage::{Clock, Credentials, LinkSigner, MemoryStore};

async fn plain() -> impl Fixture {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::default());
    let store = MemoryStore::new(Arc::clone(&clock));
    StoreFixture::new(Arc::new(store), clock)
}

async fn with_links() -> impl Fixture {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::default());
    let secret = "not-to-be-seen";
    let credentials = Credentials::new("reader", Secret::new(secret));
    let host = "http://127.0.0.1:9000".parse().unwrap();
    let signer = LinkSigner::new(host, "us-east-1", credentials);
    let store = MemoryStore::new(Arc::clone(&clock)).with_links(signer);
    StoreFixture::new(Arc::new(store), clock).with_expectations(Expectations {
        signed_links: true,
        secret: Some(secret.to_owned()),
        ..Expectations::default()
    })
}

mod without_links {
    storage::object_store_conformance!(fixture = super::plain);
}

mod with_links {
    storage::object_store_conformance!(fixture = super::with_links);
}
