//! The AWS SDK, without what costs time and is not asked for: checksums, retries, stall watch.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Config, Credentials, Region, RequestChecksumCalculation,
    ResponseChecksumValidation, StalledStreamProtectionConfig,
};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_smithy_http_client::Builder;
use bytes::Bytes;
use storage::ObjectRef;

use super::{IDLE_CONNECTIONS, LINK_SECONDS, Peer, Signs};
use crate::shared::Outcome;
use crate::storage::servers::{ACCESS_KEY, BUCKET, REGION, credentials};

/// Its client; on loopback over plain HTTP it needs no TLS.
#[derive(Debug)]
pub(crate) struct Aws {
    client: Client,
    unsigned_payload: bool,
}

impl Aws {
    pub(crate) fn new(endpoint: &str, unsigned_payload: bool) -> Self {
        let secret = credentials().secret_key;
        let keys = Credentials::new(ACCESS_KEY, secret.expose(), None, None, "benchmark");
        let http = Builder::new()
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .build_http();
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .credentials_provider(keys)
            .endpoint_url(endpoint)
            .force_path_style(true)
            .http_client(http)
            .retry_config(RetryConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .build();
        Self {
            client: Client::from_conf(config),
            unsigned_payload,
        }
    }
}

#[async_trait]
impl Peer for Aws {
    async fn put(&self, key: &str, body: Bytes) -> Outcome {
        let put = self.client.put_object().bucket(BUCKET).key(key);
        let put = put.body(body.into()).customize();
        let put = if self.unsigned_payload {
            put.disable_payload_signing()
        } else {
            put
        };
        put.send().await?;
        Ok(())
    }

    async fn get(&self, key: &str) -> Outcome<Bytes> {
        let get = self.client.get_object().bucket(BUCKET).key(key);
        Ok(get.send().await?.body.collect().await?.into_bytes())
    }
}

#[async_trait]
impl Signs for Aws {
    async fn sign_get(&self, object: &ObjectRef) -> Outcome<usize> {
        let key = object.key.as_str();
        let life = PresigningConfig::expires_in(Duration::from_secs(LINK_SECONDS.into()))?;
        let get = self.client.get_object().bucket(BUCKET).key(key);
        Ok(get.presigned(life).await?.uri().len())
    }
}
