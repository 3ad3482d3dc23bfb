//! The object store: MinIO when it is named, otherwise files with an S3 endpoint over them.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use core_config::Secret;
use storage::endpoint::{RunningEndpoint, S3Endpoint};
use storage::filesystem::{FilesystemSettings, FilesystemStore};
use storage::layer::{RetryPolicy, Retrying, Traced};
use storage::minio::{MinioSettings, MinioStore};
use storage::{Clock, Credentials, LinkSigner, ObjectStore, SignedHost};

use crate::error::Cause;

/// The embedded endpoint is nobody's region; this is what S3 tools assume.
const REGION: &str = "us-east-1";

/// An object store and, when it is ours, the endpoint that serves its links.
#[derive(Debug)]
pub(crate) struct OpenStore {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) endpoint: Option<RunningEndpoint>,
    /// The hosts that its links name.
    pub(crate) hosts: Vec<SignedHost>,
}

/// Returns the store at a MinIO or S3 server; nothing is sent yet.
pub(crate) fn minio(settings: &MinioSettings, clock: Arc<dyn Clock>) -> Result<OpenStore, Cause> {
    let store = MinioStore::new(settings, clock)?;
    Ok(OpenStore {
        store: Arc::new(Traced::new(Retrying::new(store, RetryPolicy::default()))),
        endpoint: None,
        hosts: settings.hosts(),
    })
}

/// Opens the files that `settings` name and serves them on a free port of loopback.
///
/// The credentials are drawn anew at each start: there is no secret on disk, and the links die with the process
/// that serves them.
pub(crate) async fn embedded(
    settings: &FilesystemSettings,
    clock: Arc<dyn Clock>,
) -> Result<OpenStore, Cause> {
    let credentials = random_credentials()?;
    let bound = S3Endpoint::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    let host = bound.host()?;
    let links = LinkSigner::new(host.clone(), REGION, credentials.clone());
    let settings = settings.clone();
    // Opening looks at the disk.
    let files =
        tokio::task::spawn_blocking(move || FilesystemStore::from_settings(&settings, clock))
            .await??;
    let store: Arc<dyn ObjectStore> = Arc::new(Traced::new(files.with_links(links)));
    let endpoint = bound.start(Arc::clone(&store), &[credentials], REGION);
    Ok(OpenStore {
        store,
        endpoint: Some(endpoint),
        hosts: vec![host],
    })
}

fn random_credentials() -> Result<Credentials, Cause> {
    let mut bytes = [0_u8; 40];
    getrandom::fill(&mut bytes)?;
    let text = hex::encode(bytes);
    let (access_key, secret_key) = text.split_at(16);
    Ok(Credentials::new(access_key, Secret::new(secret_key)))
}
