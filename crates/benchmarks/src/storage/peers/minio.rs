//! The bare minio crate, as its documentation shows it.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use minio::s3::client::{ConnectionPoolConfig, Method};
use minio::s3::creds::StaticProvider;
use minio::s3::http::BaseUrl;
use minio::s3::segmented_bytes::SegmentedBytes;
use minio::s3::types::{Region, S3Api};
use minio::s3::{MinioClient, MinioClientBuilder};
use storage::ObjectRef;

use super::{IDLE_CONNECTIONS, LINK_SECONDS, Peer, Signs};
use crate::shared::Outcome;
use crate::storage::servers::{BUCKET, REGION, credentials};

/// Its client; without a region it would ask the server for one before each bucket's first call.
pub(crate) struct Minio(MinioClient);

impl Minio {
    pub(crate) fn new(endpoint: &str) -> Outcome<Self> {
        let mut base: BaseUrl = endpoint.parse()?;
        base.region = Region::new(REGION)?;
        let keys = credentials();
        let provider = StaticProvider::new(&keys.access_key, keys.secret_key.expose(), None);
        let pool = ConnectionPoolConfig::default().max_idle_per_host(IDLE_CONNECTIONS);
        let client = MinioClientBuilder::new(base)
            .provider(Some(provider))
            .connection_pool_config(pool)
            .build()?;
        Ok(Self(client))
    }
}

impl fmt::Debug for Minio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The client of the crate would show its credentials.
        f.write_str("Minio")
    }
}

#[async_trait]
impl Peer for Minio {
    async fn put(&self, key: &str, body: Bytes) -> Outcome {
        let put = self.0.put_object(BUCKET, key, SegmentedBytes::from(body))?;
        put.build().send().await?;
        Ok(())
    }

    async fn get(&self, key: &str) -> Outcome<Bytes> {
        let answer = self.0.get_object(BUCKET, key)?.build().send().await?;
        Ok(answer.into_bytes().await?)
    }
}

#[async_trait]
impl Signs for Minio {
    async fn sign_get(&self, object: &ObjectRef) -> Outcome<usize> {
        let key = object.key.as_str();
        let link = self
            .0
            .get_presigned_object_url(BUCKET, key, Method::GET)?
            .expiry_seconds(LINK_SECONDS);
        Ok(link.build().send().await?.url.len())
    }
}
