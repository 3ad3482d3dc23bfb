//! An S3 server of our own; the tests of the bot take it too.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use core_config::Secret;
use storage::endpoint::{RunningEndpoint, S3Endpoint};
use storage::{Credentials, MemoryStore, SystemClock};

/// An S3 server of our own, on loopback, with nothing in it.
#[derive(Debug)]
pub(crate) struct PrivateS3 {
    endpoint: RunningEndpoint,
    store: Arc<MemoryStore>,
}

impl PrivateS3 {
    /// What this server takes; it guards nothing but an empty server that lives for one test.
    pub(crate) const ACCESS_KEY: &str = "test-id";
    pub(crate) const SECRET_KEY: &str = "test-word";

    pub(crate) async fn start() -> Self {
        let store = Arc::new(MemoryStore::new(Arc::new(SystemClock)));
        let keys = [Credentials::new(
            Self::ACCESS_KEY,
            Secret::new(Self::SECRET_KEY),
        )];
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let served = Arc::clone(&store);
        let endpoint = S3Endpoint::serve(served, address, &keys, "us-east-1")
            .await
            .unwrap();
        Self { endpoint, store }
    }

    /// Returns what stands behind the endpoint.
    pub(crate) fn store(&self) -> &MemoryStore {
        &self.store
    }

    pub(crate) fn url(&self) -> String {
        self.endpoint.url()
    }

    pub(crate) async fn stop(self) {
        self.endpoint.shutdown().await;
    }
}
