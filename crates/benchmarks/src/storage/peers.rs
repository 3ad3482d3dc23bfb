//! Ours, the peers and the floor, each at its own best settings and behind one trait.

mod aws;
mod floor;
mod minio;
mod object_store;
mod ours;
mod rusty;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use storage::ObjectRef;

use crate::shared::Outcome;

pub(crate) use aws::Aws;
pub(crate) use floor::Floor;
pub(crate) use minio::Minio;
pub(crate) use object_store::ObjectStoreCrate;
pub(crate) use ours::{Ours, OursAlone};
pub(crate) use rusty::Rusty;

/// The connections that a client may keep for later.
const IDLE_CONNECTIONS: usize = 64;

/// How long a link of the benchmark lives, in seconds.
const LINK_SECONDS: u32 = 86_400;

/// Whoever can put and get an object.
#[async_trait]
pub(crate) trait Peer: fmt::Debug + Send + Sync + 'static {
    /// Puts `body` under `key`.
    async fn put(&self, key: &str, body: Bytes) -> Outcome;

    /// Returns the bytes under `key`, in one piece.
    async fn get(&self, key: &str) -> Outcome<Bytes>;
}

/// Whoever can sign a link.
#[async_trait]
pub(crate) trait Signs: fmt::Debug + Send + Sync + 'static {
    /// Signs a link to read `object` for a day and returns its length, so that nobody pays for a copy.
    async fn sign_get(&self, object: &ObjectRef) -> Outcome<usize>;
}

/// Returns a client as bare as can be, without proxies and delays.
fn bare_client() -> Outcome<reqwest::Client> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .tcp_nodelay(true)
        .pool_max_idle_per_host(IDLE_CONNECTIONS)
        .build()?)
}
