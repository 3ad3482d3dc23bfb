//! The `object_store` crate, with signed and with unsigned payload.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::signer::{Method, Signer};
use object_store::{ClientOptions, ObjectStoreExt};
use storage::ObjectRef;

use super::{IDLE_CONNECTIONS, LINK_SECONDS, Peer, Signs};
use crate::shared::Outcome;
use crate::storage::servers::{ACCESS_KEY, BUCKET, REGION, credentials};

/// Its client of one bucket.
#[derive(Debug)]
pub(crate) struct ObjectStoreCrate(AmazonS3);

impl ObjectStoreCrate {
    pub(crate) fn new(endpoint: &str, unsigned_payload: bool) -> Outcome<Self> {
        let options = ClientOptions::new()
            .with_allow_http(true)
            .with_pool_max_idle_per_host(IDLE_CONNECTIONS);
        let store = AmazonS3Builder::new()
            .with_client_options(options)
            .with_endpoint(endpoint)
            .with_region(REGION)
            .with_bucket_name(BUCKET)
            .with_access_key_id(ACCESS_KEY)
            .with_secret_access_key(credentials().secret_key.expose())
            .with_unsigned_payload(unsigned_payload)
            .build()?;
        Ok(Self(store))
    }
}

#[async_trait]
impl Peer for ObjectStoreCrate {
    async fn put(&self, key: &str, body: Bytes) -> Outcome {
        self.0.put(&Path::parse(key)?, body.into()).await?;
        Ok(())
    }

    async fn get(&self, key: &str) -> Outcome<Bytes> {
        Ok(self.0.get(&Path::parse(key)?).await?.bytes().await?)
    }
}

#[async_trait]
impl Signs for ObjectStoreCrate {
    async fn sign_get(&self, object: &ObjectRef) -> Outcome<usize> {
        let key = object.key.as_str();
        let life = Duration::from_secs(LINK_SECONDS.into());
        let path = Path::parse(key)?;
        let link = self.0.signed_url(Method::GET, &path, life);
        Ok(link.await?.as_str().len())
    }
}
