//! What the tests of the programs share: running a program, looking at what it left behind.

mod program;

pub(crate) use program::{Finished, Program};

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use core_config::{Environment, Secret, TextSource};
use storage::endpoint::{RunningEndpoint, S3Endpoint};
use storage::{Credentials, MemoryStore, SystemClock};

/// Returns what `cargo xtask test` provides under `name`.
///
/// # Panics
///
/// Says what to do when it is missing.
pub(crate) fn provided(name: &str) -> String {
    match Environment.get(name) {
        Some(text) => text.value,
        None => panic!("{name} is not set: run these tests through `cargo xtask test --quick`"),
    }
}

/// Returns all files below `folder`, sorted.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

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
