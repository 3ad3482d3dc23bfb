//! The MinIO adapter, through the port.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use storage::minio::{MinioSettings, MinioStore};
use storage::{
    Clock, GetOptions, LinkSigner, ObjectRef, ObjectStore, PutOptions, Sha256Digest, SignOptions,
    SystemClock,
};

use super::{Peer, Signs};
use crate::shared::Outcome;
use crate::storage::servers::{BUCKET, REGION, credentials};

/// The adapter as a program wears it.
#[derive(Debug)]
pub(crate) struct Ours {
    store: Arc<dyn ObjectStore>,
    digest: Option<Sha256Digest>,
}

impl Ours {
    /// Returns the adapter; a put says nothing of its body.
    pub(crate) fn new(endpoint: &str) -> Outcome<Self> {
        let settings = MinioSettings::new(endpoint.parse()?, credentials()).with_region(REGION);
        let store = MinioStore::new(&settings, Arc::new(SystemClock))?;
        Ok(Self {
            store: Arc::new(store),
            digest: None,
        })
    }

    /// Returns the adapter that is given the digest of each body, as by a guarded fetch.
    pub(crate) fn with_digest(self, body: &Bytes) -> Self {
        Self {
            digest: Some(Sha256Digest::of(body)),
            ..self
        }
    }

    /// Puts `body` under `key`, with its digest if that is known.
    pub(crate) async fn put_with(
        &self,
        key: &str,
        body: Bytes,
        digest: Option<Sha256Digest>,
    ) -> Outcome {
        let mut options = PutOptions::overwrite().with_content_type("image/png");
        options.sha256 = digest;
        self.store.put(&object(key)?, body.into(), options).await?;
        Ok(())
    }
}

fn object(key: &str) -> Outcome<ObjectRef> {
    Ok(ObjectRef::new(BUCKET.parse()?, key.parse()?))
}

#[async_trait]
impl Peer for Ours {
    async fn put(&self, key: &str, body: Bytes) -> Outcome {
        self.put_with(key, body, self.digest).await
    }

    async fn get(&self, key: &str) -> Outcome<Bytes> {
        let found = self.store.get(&object(key)?, GetOptions::default()).await?;
        Ok(found.body.collect(u64::MAX).await?)
    }
}

#[async_trait]
impl Signs for Ours {
    async fn sign_get(&self, object: &ObjectRef) -> Outcome<usize> {
        let link = self.store.sign_get(object, SignOptions::default());
        Ok(link.await?.expose().len())
    }
}

/// The signer without the port and the adapter around it.
#[derive(Debug)]
pub(crate) struct OursAlone(LinkSigner);

impl OursAlone {
    pub(crate) fn new(endpoint: &str) -> Outcome<Self> {
        let signer = LinkSigner::new(endpoint.parse()?, REGION, credentials());
        Ok(Self(signer))
    }
}

#[async_trait]
impl Signs for OursAlone {
    async fn sign_get(&self, object: &ObjectRef) -> Outcome<usize> {
        let options = SignOptions::default();
        let link = self.0.sign_get(object, &options, SystemClock.now())?;
        Ok(link.expose().len())
    }
}
